#include "ontap-sim/model/lun_ops.h"

#include <algorithm>
#include <array>

#include "ontap-sim/model/volume_ops.h"

namespace ontap_sim::model {
namespace {

constexpr Bytes kLunMax = 16 * kTiB;
constexpr Bytes kLunMin = 4096;
constexpr std::array<std::string_view, 14> kLunOsTypes = {
    "aix",     "hpux",        "hyper_v", "image",   "linux",        "netware",     "openvms",
    "solaris", "solaris_efi", "vmware",  "windows", "windows_2008", "windows_gpt", "xen"};

ModelError no_lun(std::string_view path) {
  return {Errno::entry_does_not_exist, "LUN \"" + std::string(path) + "\" does not exist: No such LUN exists"};
}

/// The Volume that holds the path, with its lun_reserve and blocks open for change.
Volume& home_of(Svm& svm, const Lun& lun) {
  Volume* volume = svm.find_volume(lun.volume());
  CHECK(volume != nullptr);
  return *volume;
}

Bytes reservation(const LunContent& content) {
  return content.reserved ? std::max<Bytes>(0, content.size - content.used) : 0;
}

std::string next_serial(Cluster& cluster) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz/-#$%*+=?@[!]^~";
  std::string serial;
  for (int i = 0; i < 7; ++i) serial += alphabet[cluster.rng.below(alphabet.size())];
  std::uint64_t number = cluster.counters.next_lun_serial++;  // five digits of base 62 keep it unique
  for (int i = 0; i < 5; ++i, number /= 62) serial += alphabet[number % 62];
  cluster.changes.insert({ObjectKind::counters, "", ""});
  return serial;
}

Bytes rounded_size(const NewLun& spec) {
  if (spec.exact_size) return spec.size;
  return round_up(spec.size, spec.os_type == "image" ? 512 : kMiB);
}

Result<void> check_lun_name(const std::string& name) {
  const bool bad = name.size() > 255 || std::any_of(name.begin(), name.end(), [](char c) {
                     const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
                     return !word && std::string_view("-_.{}").find(c) == std::string_view::npos;
                   });
  if (bad) return refused("The LUN name \"" + name + "\" is invalid.");
  return {};
}

Result<Volume*> check_lun_place(Svm& svm, const std::string& path) {
  const auto parts = parse_lun_path(path);
  if (!parts)
    return refused("The LUN path \"" + path +
                   "\" is invalid. It must have the form /vol/volume/lun or /vol/volume/qtree/lun.");
  if (auto good = check_lun_name(parts->name); !good) return good.error();
  Volume* volume = svm.find_volume(parts->volume);
  if (volume == nullptr)
    return ModelError{Errno::no_such_lun_volume,
                      "Volume \"" + parts->volume + "\" does not exist in Vserver \"" + svm.name + "\"."};
  if (volume->flexgroup()) return refused("LUNs are not supported in a FlexGroup.");
  if (!parts->qtree.empty() && !volume->qtrees.contains(parts->qtree)) {
    return ModelError{Errno::no_such_directory,
                      "No such directory: \"" + parts->qtree + "\" in volume \"" + parts->volume + "\"."};
  }
  if (svm.find_lun(path) != nullptr)
    return ModelError{Errno::lun_exists, "LUN \"" + path + "\" already exists in Vserver \"" + svm.name + "\"."};
  if (volume->state != VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + volume->name + "\" is offline."};
  return volume;
}

}  // namespace

bool is_lun_os_type(std::string_view text) {
  return std::find(kLunOsTypes.begin(), kLunOsTypes.end(), text) != kLunOsTypes.end();
}

Result<Lun*> require_lun(Svm& svm, std::string_view path) {
  Lun* lun = svm.find_lun(path);
  if (lun == nullptr) return no_lun(path);
  return lun;
}

Result<const Lun*> require_lun(const Svm& svm, std::string_view path) {
  const Lun* lun = svm.find_lun(path);
  if (lun == nullptr) return no_lun(path);
  return lun;
}

std::vector<const Lun*> luns_of(const Svm& svm, std::string_view volume) {
  std::vector<const Lun*> luns;
  const std::string prefix = "/vol/" + std::string(volume) + "/";
  for (auto at = svm.luns.lower_bound(prefix); at != svm.luns.end() && at->first.starts_with(prefix); ++at)
    luns.push_back(&at->second);
  return luns;
}

Result<Lun*> create_lun(Cluster& cluster, Svm& svm, const NewLun& spec) {
  if (!is_lun_os_type(spec.os_type)) return invalid_value("ostype", "lun-create-by-size", spec.os_type);
  if (spec.comment.size() > 254) return invalid_value("comment", "lun-create-by-size", spec.comment);
  auto place = check_lun_place(svm, spec.path);
  if (!place) return place.error();
  Volume& volume = **place;
  if (spec.size < kLunMin)
    return ModelError{Errno::lun_too_small, "Invalid size specified: the LUN size is too small."};
  if (spec.size > kLunMax)
    return ModelError{Errno::lun_too_large, "Invalid size specified: the LUN size is too large."};
  if (volume.lun_count >= cluster.settings.luns_per_volume) {
    return ModelError{Errno::too_many_luns, "Volume \"" + volume.name + "\" already has the maximum number of LUNs."};
  }
  if (!spec.qos_policy.empty() && !cluster.qos_policies.contains({svm.name, spec.qos_policy})) {
    return refused("Policy group \"" + spec.qos_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  Lun lun;
  lun.path = spec.path;
  lun.content.size = rounded_size(spec);
  lun.content.os_type = spec.os_type;
  lun.content.comment = spec.comment;
  lun.content.reserved = spec.reserved;
  lun.content.space_allocation = spec.space_allocation;
  lun.qos_policy = spec.qos_policy;
  lun.lun_class = spec.lun_class;
  lun.max_resize = spec.os_type == "linux" || spec.os_type == "vmware" || spec.os_type == "image"
                       ? kLunMax
                       : std::min(kLunMax, std::max<Bytes>(lun.content.size * 10, 512 * kGiB));
  if (reservation(lun.content) > space_of(cluster, svm, volume).available) {
    return ModelError{Errno::enospc, "No space left on device: failed to create LUN \"" + spec.path +
                                         "\", there is not enough space in volume \"" + volume.name + "\"."};
  }
  lun.serial = next_serial(cluster);
  lun.uuid = new_uuid(cluster.rng);
  lun.created = cluster.now();
  volume.lun_reserve += reservation(lun.content);
  ++volume.lun_count;
  ++volume.files_used;
  Lun& placed = svm.luns.emplace(spec.path, std::move(lun)).first->second;
  cluster.touch(svm, placed);
  recharge(cluster, svm, volume);
  return &placed;
}

Result<Bytes> resize_lun(Cluster& cluster, Svm& svm, const std::string& path, ResizeLun how) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  Lun& lun = **found;
  if (how.size < kLunMin) return ModelError{Errno::lun_too_small, "Invalid size specified: the LUN size is too small."};
  const Bytes size = round_up(how.size, 512);
  if (size == lun.content.size)
    return ModelError{Errno::lun_size_unchanged, "New LUN size is the same as the old LUN size"};
  if (size > kLunMax) return ModelError{Errno::lun_too_large, "Invalid size specified: the LUN size is too large."};
  if (size > lun.max_resize)
    return ModelError{Errno::lun_resize_too_large, "New LUN size exceeds the initial geometry of the LUN."};
  if (size < lun.content.size && !how.force)
    return refused(
        "Reducing the LUN size without coordination with the host system may cause permanent data loss or corruption. "
        "Use the force option to reduce the size.");
  Volume& volume = home_of(svm, lun);
  LunContent changed = lun.content;
  changed.size = size;
  changed.used = std::min(changed.used, size);
  const Bytes more = reservation(changed) - reservation(lun.content);
  if (more > space_of(cluster, svm, volume).available)
    return ModelError{Errno::enospc, "No space left on device: not enough space in volume \"" + volume.name + "\"."};
  volume.lun_reserve += more;
  volume.active -= lun.content.used - changed.used;
  lun.content = std::move(changed);
  cluster.touch(svm, lun);
  recharge(cluster, svm, volume);
  return size;
}

Result<void> move_lun(Cluster& cluster, Svm& svm, const std::string& path, const std::string& new_path) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  const auto from = parse_lun_path(path);
  const auto to = parse_lun_path(new_path);
  if (to && from && to->volume != from->volume) return refused("A LUN can only be moved within its volume.");
  if (auto place = check_lun_place(svm, new_path); !place) return place.error();
  cluster.touch(svm, **found);
  auto node = svm.luns.extract(path);
  node.key() = node.mapped().path = new_path;
  for (const auto& [igroup, id] : node.mapped().maps) {
    svm.find_igroup(igroup)->luns[id] = new_path;
    cluster.touch(svm, *svm.find_igroup(igroup));
  }
  cluster.touch(svm, svm.luns.insert(std::move(node)).position->second);
  return {};
}

Result<void> set_lun_online(Cluster& cluster, Svm& svm, const std::string& path, bool online) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  Lun& lun = **found;
  if (lun.online == online) {
    return online ? ModelError{Errno::lun_not_offline, "LUN \"" + path + "\" is already online."}
                  : ModelError{Errno::lun_not_online, "LUN \"" + path + "\" is already offline."};
  }
  lun.online = online;
  cluster.touch(svm, lun);
  return {};
}

Result<void> destroy_lun(Cluster& cluster, Svm& svm, const std::string& path, bool force) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  Lun& lun = **found;
  if (lun.online && !lun.maps.empty() && !force)
    return ModelError{Errno::lun_exported, "LUN \"" + path + "\" is mapped and online."};
  for (const auto& [name, id] : lun.maps) {
    Igroup* igroup = svm.find_igroup(name);
    CHECK(igroup != nullptr);
    igroup->luns.erase(id);
    cluster.touch(svm, *igroup);
  }
  Volume& volume = home_of(svm, lun);
  volume.lun_reserve -= reservation(lun.content);
  volume.active -= lun.content.used;
  volume.shared = std::min(volume.shared, volume.active);
  --volume.lun_count;
  --volume.files_used;
  cluster.touch(svm, lun);
  svm.luns.erase(path);
  recharge(cluster, svm, volume);
  return {};
}

Result<void> set_lun_reservation(Cluster& cluster, Svm& svm, const std::string& path, bool reserved) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  Lun& lun = **found;
  if (lun.content.reserved == reserved) return {};
  Volume& volume = home_of(svm, lun);
  LunContent changed = lun.content;
  changed.reserved = reserved;
  if (reservation(changed) > space_of(cluster, svm, volume).available) {
    return ModelError{Errno::enospc, "No space left on device: not enough space in volume \"" + volume.name +
                                         "\" to reserve the LUN."};
  }
  volume.lun_reserve += reservation(changed) - reservation(lun.content);
  lun.content.reserved = reserved;
  cluster.touch(svm, lun);
  recharge(cluster, svm, volume);
  return {};
}

Result<void> set_lun_attribute(Cluster& cluster, Svm& svm, const std::string& path, const std::string& name,
                               const std::string& value) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  if (name.empty() || name.size() > 255) return invalid_value("name", "lun-set-attribute", name);
  (*found)->content.attributes[name] = value;
  cluster.touch(svm, **found);
  return {};
}

Result<std::string> lun_attribute(const Svm& svm, const std::string& path, const std::string& name) {
  const auto found = require_lun(svm, path);
  if (!found) return found.error();
  const auto at = (*found)->content.attributes.find(name);
  if (at == (*found)->content.attributes.end())
    return ModelError{Errno::no_such_lun_attribute, "No such attribute \"" + name + "\"."};
  return at->second;
}

Result<void> delete_lun_attribute(Cluster& cluster, Svm& svm, const std::string& path, const std::string& name) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  if ((*found)->content.attributes.erase(name) == 0)
    return ModelError{Errno::no_such_lun_attribute, "No such attribute \"" + name + "\"."};
  cluster.touch(svm, **found);
  return {};
}

Result<void> set_lun_comment(Cluster& cluster, Svm& svm, const std::string& path, const std::string& comment) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  if (comment.size() > 254) return invalid_value("comment", "lun-set-comment", comment);
  (*found)->content.comment = comment;
  cluster.touch(svm, **found);
  return {};
}

Result<void> set_lun_qos(Cluster& cluster, Svm& svm, const std::string& path, const std::string& policy) {
  auto found = require_lun(svm, path);
  if (!found) return found.error();
  const bool none = policy.empty() || policy == "none";
  if (!none && !cluster.qos_policies.contains({svm.name, policy}) &&
      !cluster.adaptive_qos_policies.contains({svm.name, policy})) {
    return refused("Policy group \"" + policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  (*found)->qos_policy = none ? "" : policy;
  cluster.touch(svm, **found);
  return {};
}

Result<Lun*> clone_lun(Cluster& cluster, Svm& svm, const CloneLun& spec) {
  if (!cluster.licensed("flexclone")) return ModelError{Errno::clone_not_licensed, "FlexClone is not licensed."};
  LunContent content;
  if (spec.snapshot.empty()) {
    auto source = require_lun(svm, spec.source);
    if (!source) return source.error();
    content = (*source)->content;
  } else {
    const auto parts = parse_lun_path(spec.source);
    const Volume* volume = parts ? svm.find_volume(parts->volume) : nullptr;
    const Snapshot* snapshot = volume == nullptr ? nullptr : volume->find_snapshot(spec.snapshot);
    if (snapshot == nullptr)
      return ModelError{Errno::entry_does_not_exist, "Snapshot \"" + spec.snapshot + "\" does not exist."};
    const std::string inside = spec.source.substr(6 + parts->volume.size());
    const LunImage* image = nullptr;
    if (snapshot->image) {
      for (const LunImage& have : snapshot->image->luns) {
        if (have.path_in_volume == inside) image = &have;
      }
    }
    if (image == nullptr) return no_lun(spec.source);
    content = image->content;
  }
  if (spec.reserved) content.reserved = *spec.reserved;
  NewLun copy;
  copy.path = spec.destination;
  copy.size = content.size;
  copy.os_type = content.os_type;
  copy.qos_policy = spec.qos_policy;
  copy.reserved = content.reserved;
  copy.exact_size = true;
  auto lun = create_lun(cluster, svm, copy);
  if (!lun) return lun.error();
  (*lun)->clone = true;
  (*lun)->content.attributes = content.attributes;
  (*lun)->content.space_allocation = content.space_allocation;
  return *lun;
}

LunGeometry lun_geometry(const Lun& lun) {
  LunGeometry geometry;
  geometry.size = lun.content.size;
  geometry.max_resize = lun.max_resize;
  geometry.cylinders = lun.content.size / (512 * 63 * 255);
  return geometry;
}

}  // namespace ontap_sim::model
