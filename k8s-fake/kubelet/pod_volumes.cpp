#include <filesystem>

#include "k8s-fake/controllers/quantity.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/storage.h"
#include "k8s-fake/kubelet/pod.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

std::string kind_folder(MountKind kind) {
  return kind == MountKind::nfs     ? "kubernetes.io~nfs"
         : kind == MountKind::iscsi ? "kubernetes.io~iscsi"
                                    : "kubernetes.io~csi";
}

/// The kubelet's own words for a refused mount.
std::string failure_text(const MountRequest& request, const MountFailure& failure, const std::string& where) {
  using Why = MountFailure::Why;
  if (request.kind == MountKind::nfs) {
    const std::string source = request.server + ":" + request.path;
    std::string output = "mount.nfs: access denied by server while mounting " + source;
    if (failure.why == Why::timed_out) output = "mount.nfs: Connection timed out";
    if (failure.why == Why::refused) output = "mount.nfs: Connection refused";
    if (failure.why == Why::no_such_path || failure.why == Why::no_such_target)
      output = "mount.nfs: mounting " + source + " failed, reason given by server: No such file or directory";
    if (failure.why == Why::failed) output = "mount.nfs: " + failure.text;
    const std::string options = request.options.empty() ? "" : " -o " + base::join(request.options, ",");
    return "mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs" + options + " " +
           source + " " + where + "\nOutput: " + output + "\n";
  }
  if (request.kind == MountKind::iscsi) {
    const std::string portal = request.portals.empty() ? "" : request.portals[0];
    if (failure.why == Why::timed_out || failure.why == Why::refused) {
      return "failed to get any path for iscsi disk, last err seen:\niscsi: failed to sendtargets to portal " + portal +
             " output: iscsiadm: cannot make connection to " + portal.substr(0, portal.find(':')) +
             (failure.why == Why::refused ? ": Connection refused" : ": Connection timed out") +
             "\niscsiadm: Could not perform SendTargets discovery: encountered connection failure\n, err exit status 4";
    }
    if (failure.why == Why::no_such_target) {
      return "failed to get any path for iscsi disk, last err seen:\niscsi: failed to sendtargets to portal " + portal +
             " output: iscsiadm: No portals found\n, err exit status 21";
    }
    if (failure.why == Why::failed) return failure.text;
    return "failed to get any path for iscsi disk, last err seen:\nTimed out waiting for device at path "
           "/dev/disk/by-path/ip-" +
           portal + "-iscsi-" + request.iqn + "-lun-" + std::to_string(request.lun) + " after 30s";
  }
  if (failure.why == Why::failed || !failure.text.empty()) return failure.text;
  return "rpc error: code = Internal desc = mount of volume " + request.handle + " was refused";
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> result;
  for (const Json& one : list) {
    if (one.is_string()) result.push_back(one.get<std::string>());
  }
  return result;
}

}  // namespace

/// Asks the array (or the node's own disk) and fills in volume.mount. "" or the text of the event.
std::string Pod::mount_now(PodVolume& volume) {
  MountRequest& request = volume.request;
  request.node = node.name;
  request.node_address = node_address;
  request.node_initiator = "iqn.1994-05.com.redhat:" + node.name;
  const std::string where = "/var/lib/kubelet/pods/" + uid_of(*object) + "/volumes/" + kind_folder(request.kind) + "/" +
                            (request.volume.empty() ? volume.name : request.volume);
  if (world.hooks.mount) {
    auto mounted = world.hooks.mount(request);
    if (!mounted) return failure_text(request, mounted.error(), where);
    volume.data = std::move(*mounted);
  } else {
    const bool nfs = request.kind == MountKind::nfs;
    volume.data.source = nfs ? request.server + ":" + request.path : "/dev/sdb";
    volume.data.id = nfs                                ? volume.data.source
                     : request.kind == MountKind::iscsi ? request.iqn + "/" + std::to_string(request.lun)
                                                        : request.driver + "^" + request.handle;
    volume.data.fs_type = nfs ? "nfs4" : request.fs_type.empty() ? "ext4" : request.fs_type;
  }
  volume.real = true;
  FilePtr& root = world.volume_data[volume.data.id];
  if (!root) root = make_directory();
  volume.mount.root = root;
  volume.mount.source = volume.data.source;
  volume.mount.fs_type = volume.data.fs_type;
  volume.mount.options = std::string(request.read_only ? "ro" : "rw") + ",relatime" +
                         (request.options.empty() ? "" : "," + base::join(request.options, ","));
  volume.mount.read_only = request.read_only;
  const StorageHooks* hooks = &world.hooks;
  const Mounted data = volume.data;
  const std::uint64_t capacity = request.capacity;
  volume.mount.usage = [hooks, data, capacity](std::uint64_t& size, std::uint64_t& used, std::uint64_t& available) {
    if (!hooks->usage) {
      size = available = capacity;
      used = 0;
      return true;
    }
    const auto usage = hooks->usage(data);
    if (!usage) return false;
    size = usage->size;
    used = usage->used;
    available = usage->available;
    return true;
  };
  if (hooks->write) volume.mount.grow = [hooks, data](std::int64_t bytes) { return hooks->write(data, bytes); };
  return "";
}

/// A volume source as it stands in a pod or a PersistentVolume.
asio::awaitable<std::string> Pod::prepare(PodVolume& volume, Json source, std::string pv_name, std::uint64_t capacity) {
  MountRequest request;
  request.volume = pv_name;
  request.capacity = capacity;
  const Json& pod_claim = at(volume.spec, "/persistentVolumeClaim");
  request.read_only = pod_claim.is_object() && pod_claim.value("readOnly", false);
  request.options = strings(at(source, "/mountOptions"));
  request.block = text(source, "/volumeMode") == "Block";
  if (has(source, "/nfs")) {
    request.server = text(source, "/nfs/server");
    request.path = text(source, "/nfs/path");
    request.read_only = request.read_only || at(source, "/nfs").value("readOnly", false);
  } else if (has(source, "/iscsi")) {
    request.kind = MountKind::iscsi;
    request.portals = {text(source, "/iscsi/targetPortal")};
    for (std::string& portal : strings(at(source, "/iscsi/portals"))) request.portals.push_back(std::move(portal));
    for (std::string& portal : request.portals) {
      if (portal.find(':') == std::string::npos) portal += ":3260";
    }
    request.iqn = text(source, "/iscsi/iqn");
    request.lun = static_cast<int>(number(source, "/iscsi/lun"));
    request.fs_type = text(source, "/iscsi/fsType");
    request.read_only = request.read_only || at(source, "/iscsi").value("readOnly", false);
  } else if (has(source, "/csi")) {
    request.kind = MountKind::csi;
    request.driver = text(source, "/csi/driver");
    request.handle = text(source, "/csi/volumeHandle");
    request.fs_type = text(source, "/csi/fsType");
    const Json& attributes = at(source, "/csi/volumeAttributes");
    if (attributes.is_object()) {
      for (const auto& [key, value] : attributes.items())
        request.attributes[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  } else {
    const std::string path = has(source, "/local") ? text(source, "/local/path") : text(source, "/hostPath/path");
    if (path.empty())
      co_return "MountVolume.SetUp failed for volume \"" + volume.name + "\" : this lab has no volume plugin for it";
    FilePtr& root = world.volume_data["host:" + node.name + ":" + path];
    if (!root) root = make_directory();
    volume.mount.root = root;
    volume.mount.source = "/dev/sda1";
    volume.mount.fs_type = "ext4";
    volume.mount.options = "rw,relatime";
    co_return "";
  }
  volume.request = std::move(request);
  const std::string problem = mount_now(volume);
  if (problem.empty()) co_return "";
  const char* step = volume.request.block                      ? "MapVolume.SetUpDevice"
                     : volume.request.kind == MountKind::iscsi ? "MountVolume.WaitForAttach"
                                                               : "MountVolume.SetUp";
  co_return std::string(step) + " failed for volume \"" + (pv_name.empty() ? volume.name : pv_name) + "\" : " + problem;
}

asio::awaitable<std::string> Pod::try_mount(PodVolume& volume) {
  const std::string ns = namespace_of(*object);
  for (const char* kind : {"configMap", "secret", "projected", "downwardAPI"}) {
    if (!has(volume.spec, std::string("/") + kind)) continue;
    const PodFacts known = facts();
    const auto files = co_await volume_files(world.cluster.client(), known, volume.spec);
    if (!files) co_return "MountVolume.SetUp failed for volume \"" + volume.name + "\" : " + files.error().text;
    volume.mount.root = *files;
    volume.mount.read_only = true;
    volume.mount.source = "tmpfs";
    volume.mount.fs_type = "tmpfs";
    volume.mount.options = "ro,relatime";
    co_return "";
  }
  const std::string claim_named = claim_name(*object, volume.spec);
  if (claim_named.empty()) {
    const bool inlined = has(volume.spec, "/nfs") || has(volume.spec, "/iscsi") || has(volume.spec, "/csi") ||
                         has(volume.spec, "/hostPath");
    const Json spec = volume.spec;
    if (inlined) co_return co_await prepare(volume, spec, "", 0);
    volume.mount.root = make_directory(0777);  // emptyDir
    volume.mount.source = text(volume.spec, "/emptyDir/medium") == "Memory" ? "tmpfs" : "/dev/sda1";
    volume.mount.fs_type = "ext4";
    volume.mount.options = "rw,relatime";
    co_return "";
  }
  const auto claim = co_await world.cluster.client().get(resources::claims, ns, claim_named);
  if (!claim)
    co_return "Unable to attach or mount volumes: error processing PVC " + ns + "/" + claim_named +
        ": failed to fetch PVC from API server: " + claim.error().message;
  const std::string pv_name = text(*claim, "/spec/volumeName");
  if (text(*claim, "/status/phase") != "Bound" || pv_name.empty())
    co_return "error processing PVC " + ns + "/" + claim_named + ": PVC is not bound";
  const auto pv = co_await world.cluster.client().get(resources::volumes, "", pv_name);
  if (!pv)
    co_return "error processing PVC " + ns + "/" + claim_named + ": failed to get PV " + pv_name + ": " +
        pv.error().message;
  if (has(*pv, "/spec/csi")) {
    const std::string driver = text(*pv, "/spec/csi/driver");
    const Object known = world.cluster.find(resources::csi_drivers, "", driver);
    const bool attach = !known || at(*known, "/spec").value("attachRequired", true);
    const std::string name = "csi-" + sha256_hex(text(*pv, "/spec/csi/volumeHandle") + driver + node.name);
    const Object attachment = attach ? world.cluster.find(resources::attachments, "", name) : nullptr;
    const bool attached = attachment && at(*attachment, "/status").value("attached", false);
    if (attach && !attached) co_return "wait";
  }
  const Json spec = at(*pv, "/spec");
  const auto capacity = static_cast<std::uint64_t>(std::max<std::int64_t>(0, capacity_bytes(*pv)));
  co_return co_await prepare(volume, spec, pv_name, capacity);
}

asio::awaitable<void> Pod::mount_volumes() {
  for (const Json& spec : at(*object, "/spec/volumes")) {
    PodVolume volume;
    volume.spec = spec;
    volume.name = text(spec, "/name");
    volumes_.push_back(std::move(volume));
  }
  const base::TimePoint begun = world.clock.now();
  base::TimePoint next_summary = begun + 123s;
  for (;;) {
    bool all = true;
    base::TimePoint next = world.clock.now() + 123s;
    for (PodVolume& volume : volumes_) {
      if (volume.mounted) continue;
      if (volume.next_try <= world.clock.now()) {
        const std::string problem = co_await try_mount(volume);
        if (problem.empty()) {
          volume.mounted = true;
          continue;
        }
        const bool attaching = problem == "wait";
        if (!attaching) world.events.warning(source(), *object, "FailedMount", problem);
        volume.backoff = attaching
                             ? base::Duration(100ms)
                             : std::min<base::Duration>(std::max<base::Duration>(volume.backoff * 2, 500ms), 122s);
        volume.next_try = world.clock.now() + volume.backoff;
      }
      all = false;
      next = std::min(next, volume.next_try);
    }
    if (all) break;
    if (world.clock.now() >= next_summary) {
      std::vector<std::string> missing;
      for (const PodVolume& volume : volumes_) {
        if (!volume.mounted) missing.push_back(volume.name);
      }
      const char* why = world.config.minor >= 29 ? "context deadline exceeded" : "timed out waiting for the condition";
      world.events.warning(source(), *object, "FailedMount",
                           "Unable to attach or mount volumes: unmounted volumes=[" + base::join(missing, " ") +
                               "], unattached volumes=[], failed to process volumes=[]: " + why);
      next_summary = world.clock.now() + 123s;
    }
    co_await base::sleep_for(world.clock,
                             std::max<base::Duration>(std::min(next, next_summary) - world.clock.now(), 1ms));
  }
}

void Pod::unmount_volumes() {
  if (std::exchange(unmounted_, true)) return;
  for (const PodVolume& volume : volumes_) {
    if (volume.mounted && volume.real && world.hooks.unmount) world.hooks.unmount(volume.request, volume.data);
  }
  if (folder.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

std::shared_ptr<FileTree> Pod::make_files(const Container& container) const {
  auto files = std::make_shared<FileTree>(world.clock);
  for (const char* path : {"/bin", "/dev", "/etc", "/home", "/proc", "/root", "/tmp", "/usr/bin",
                           "/usr/share/nginx/html", "/var/log", "/var/run"}) {
    const bool web = std::string_view(path).starts_with("/usr/share");
    if (!web || text(container.spec, "/image").find("nginx") != std::string::npos)
      (void)files->make_directory_at(path, true).ok();
  }
  (void)files->write("/etc/hostname", name_of(*object) + "\n", false).ok();
  (void)files->write("/etc/hosts", "127.0.0.1\tlocalhost\n" + address + "\t" + name_of(*object) + "\n", false).ok();
  (void)files
      ->write("/etc/resolv.conf",
              "search " + namespace_of(*object) +
                  ".svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
              false)
      .ok();
  if (files->exists("/usr/share/nginx/html")) {
    (void)files
        ->write("/usr/share/nginx/html/index.html",
                "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to "
                "nginx!</h1>\n</body>\n</html>\n",
                false)
        .ok();
  }
  for (const Json& wanted : at(container.spec, "/volumeMounts")) {
    const auto volume = std::find_if(volumes_.begin(), volumes_.end(),
                                     [&](const PodVolume& one) { return one.name == text(wanted, "/name"); });
    if (volume == volumes_.end() || !volume->mounted) continue;
    FileMount mount = volume->mount;
    mount.path = absolute_path(text(wanted, "/mountPath"), "/");
    mount.read_only = mount.read_only || wanted.value("readOnly", false);
    std::string sub = text(wanted, "/subPath");
    if (sub.empty()) sub = substitute(text(wanted, "/subPathExpr"), container.variables);
    for (const std::string_view step : base::split(sub, '/')) {
      if (step.empty()) continue;
      FilePtr& child = mount.root->children[std::string(step)];
      if (!child) child = make_directory();
      mount.root = child;
    }
    if (!mount.root->directory) {  // a subPath may name a single file
      (void)files->write(mount.path, mount.root->data, false).ok();
      continue;
    }
    files->mount(std::move(mount));
  }
  return files;
}

namespace {

void write_tree(const FileNode& node, const std::filesystem::path& where) {
  std::error_code ignored;
  std::filesystem::create_directories(where, ignored);
  for (const auto& [name, child] : node.children) {
    if (child->directory) {
      write_tree(*child, where / name);
    } else {
      (void)base::write_file((where / name).string(), child->data, child->mode & 0777U);
    }
  }
}

}  // namespace

/// Puts what the containers mount under the pod's folder, for programs of the host. Data of real volumes lives outside
/// of it and is linked, so that it outlives the pod.
void Pod::materialise() {
  if (folder.empty()) return;
  std::error_code ignored;
  const std::filesystem::path root = std::filesystem::path(folder) / "root";
  std::filesystem::create_directories(root, ignored);
  for (Container* container : all()) {
    for (const Json& wanted : at(container->spec, "/volumeMounts")) {
      const auto volume = std::find_if(volumes_.begin(), volumes_.end(),
                                       [&](const PodVolume& one) { return one.name == text(wanted, "/name"); });
      if (volume == volumes_.end() || !volume->mounted) continue;
      const std::filesystem::path where =
          root / std::filesystem::path(absolute_path(text(wanted, "/mountPath"), "/")).relative_path();
      if (std::filesystem::exists(where, ignored)) continue;
      std::filesystem::create_directories(where.parent_path(), ignored);
      if (volume->real) {
        const std::filesystem::path data =
            std::filesystem::path(world.config.folder) / "volumes" / sha256_hex(volume->data.id).substr(0, 24);
        std::filesystem::create_directories(data, ignored);
        std::filesystem::create_directory_symlink(std::filesystem::absolute(data), where, ignored);
      } else {
        write_tree(*volume->mount.root, where);
      }
    }
  }
}

}  // namespace k8s_fake::control
