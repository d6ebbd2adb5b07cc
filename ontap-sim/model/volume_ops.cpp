#include "ontap-sim/model/volume_ops.h"

#include <algorithm>

#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

constexpr Bytes kVolumeMin = 20 * kMiB;
constexpr Bytes kVolumeMax = 100 * kTiB;

std::string in_svm(const std::string& volume, const Svm& svm) {
  return "Volume \"" + volume + "\" in Vserver \"" + svm.name + "\"";
}

ModelError offline_error(const std::string& volume, const Svm& svm) {
  return {Errno::volume_offline, in_svm(volume, svm) + " is offline."};
}

Result<void> check_policies(const Cluster& cluster, const Svm& svm, const NewVolume& spec) {
  if (!svm.export_policies.contains(spec.export_policy))
    return refused("Export policy \"" + spec.export_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  if (spec.snapshot_policy && !cluster.has_snapshot_policy(svm, *spec.snapshot_policy)) {
    return refused("Snapshot policy \"" + *spec.snapshot_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  if (!spec.qos_policy.empty() && !spec.adaptive_qos_policy.empty())
    return refused("A volume cannot have both a QoS policy group and an adaptive QoS policy group.");
  if (!spec.qos_policy.empty() && !cluster.qos_policies.contains({svm.name, spec.qos_policy})) {
    return refused("Policy group \"" + spec.qos_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  if (!spec.adaptive_qos_policy.empty() &&
      !cluster.adaptive_qos_policies.contains({svm.name, spec.adaptive_qos_policy})) {
    return refused("Adaptive policy group \"" + spec.adaptive_qos_policy + "\" does not exist in Vserver \"" +
                   svm.name + "\".");
  }
  return {};
}

Result<void> check_aggregate(const Cluster& cluster, const Svm& svm, const NewVolume& spec) {
  const Aggregate* aggregate = cluster.find_aggregate(spec.aggregate);
  if (aggregate == nullptr)
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + spec.aggregate + "\" does not exist."};
  if (aggregate->state != "online")
    return ModelError{Errno::aggregate_not_online, "Aggregate \"" + spec.aggregate + "\" is not online."};
  if (aggregate->root && svm.type == SvmType::data)
    return refused("Aggregate \"" + spec.aggregate +
                   "\" is a root aggregate and cannot hold volumes of a data Vserver.");
  const bool listed = std::find(svm.aggregates.begin(), svm.aggregates.end(), spec.aggregate) != svm.aggregates.end();
  if (spec.by_svm_admin && !listed) {
    return ModelError{
        Errno::aggregate_not_in_svm_list,
        "Aggregate \"" + spec.aggregate + "\" is not in the aggregate list of Vserver \"" + svm.name + "\"."};
  }
  return {};
}

/// The junction at the path, without case.
std::string junction_key(std::string_view path) { return base::to_lower(path); }

Result<void> check_junction(const Svm& svm, const std::string& path) {
  const auto bad = [&] { return invalid_value("junction-path", "volume-mount", path); };
  if (path.size() < 2 || path[0] != '/' || path.back() == '/') return bad();
  const auto parts = base::split(std::string_view(path).substr(1), '/');
  for (const std::string_view part : parts) {
    if (part.empty() || part.size() > 255 || part == "." || part == "..") return bad();
  }
  if (svm.junctions.contains(junction_key(path))) {
    return ModelError{Errno::junction_exists,
                      "Junction path \"" + path + "\" already exists in Vserver \"" + svm.name + "\"."};
  }
  if (parts.size() == 1) return {};
  // The parent must be a mounted volume, or a qtree or directory right inside one.
  const std::string parent = path.substr(0, path.rfind('/'));
  if (svm.junctions.contains(junction_key(parent))) return {};
  const std::size_t slash = parent.rfind('/');
  const auto above = svm.junctions.find(slash == 0 ? "/" : junction_key(parent.substr(0, slash)));
  if (above != svm.junctions.end()) {
    const Volume* volume = svm.find_volume(above->second);
    const std::string leaf = parent.substr(slash + 1);
    if (volume != nullptr && (volume->qtrees.contains(leaf) || volume->files.contains(leaf))) return {};
  }
  return ModelError{Errno::junction_create_failed,
                    "Failed to create or determine if a junction exists within volume. Parent directory of \"" + path +
                        "\" does not exist."};
}

void forget_junction(Svm& svm, Volume& volume) {
  if (volume.junction_path.empty()) return;
  svm.junctions.erase(junction_key(volume.junction_path));
  volume.junction_path.clear();
}

bool has_child_junction(const Svm& svm, const Volume& volume) {
  const std::string prefix = junction_key(volume.junction_path) == "/" ? "/" : junction_key(volume.junction_path) + "/";
  const auto at = svm.junctions.upper_bound(prefix);
  return at != svm.junctions.end() && at->first.starts_with(prefix);
}

Volume make_volume(Cluster& cluster, const Svm& svm, const NewVolume& spec) {
  const Volume* root = svm.find_volume(svm.root_volume);
  Volume volume;
  volume.name = spec.name;
  volume.aggregate = spec.aggregate;
  volume.comment = spec.comment;
  volume.export_policy = spec.export_policy;
  volume.snapshot_policy = spec.type == VolumeType::dp ? "none" : spec.snapshot_policy.value_or(svm.snapshot_policy);
  volume.qos_policy = spec.qos_policy;
  volume.uuid = new_uuid(cluster.rng);
  volume.instance_uuid = new_uuid(cluster.rng);
  volume.dsid = cluster.counters.next_dsid++;
  volume.msid = cluster.counters.next_msid++;
  volume.created = cluster.now();
  volume.size = round_up(spec.size);
  volume.active = cluster.settings.volume_used_when_empty;
  volume.files_total = std::max<std::int64_t>(566, volume.size / (32 * kKiB) * 19 / 20);
  volume.user_id = spec.user_id;
  volume.group_id = spec.group_id;
  volume.security_style =
      spec.security_style.value_or(root != nullptr ? root->security_style : SecurityStyle::unix_style);
  volume.mode =
      spec.mode.value_or(volume.security_style == SecurityStyle::ntfs ? std::uint16_t{0} : std::uint16_t{0755});
  volume.snapshot_reserve_percent = spec.snapshot_reserve.value_or(5);
  volume.guarantee = spec.guarantee;
  volume.fractional_reserve_percent = spec.guarantee == Guarantee::volume ? 100 : 0;
  volume.type = spec.type;
  volume.state = spec.state;
  volume.language = language_index(spec.language.value_or(svm.language)).value_or(0);
  volume.encrypt = spec.encrypt;
  for (std::size_t i = 0; i < std::size(kTieringPolicies); ++i) {
    if (kTieringPolicies[i] == spec.tiering_policy) volume.tiering_policy = static_cast<std::uint8_t>(i);
  }
  if (!spec.adaptive_qos_policy.empty()) volume.edit_extras().adaptive_qos_policy = spec.adaptive_qos_policy;
  if (spec.snaplock_type != "non_snaplock") volume.edit_extras().snaplock_type = spec.snaplock_type;
  if (!spec.efficiency_policy.empty()) volume.edit_extras().efficiency_policy = spec.efficiency_policy;
  return volume;
}

}  // namespace

Result<Volume*> require_volume(Svm& svm, std::string_view name, Errno missing) {
  Volume* volume = svm.find_volume(name);
  if (volume == nullptr) return ModelError{missing, in_svm(std::string(name), svm) + " does not exist."};
  return volume;
}

Result<Volume*> create_volume(Cluster& cluster, Svm& svm, const NewVolume& spec) {
  if (auto good = check_volume_name(spec.name); !good) return good.error();
  if (svm.find_volume(spec.name) != nullptr) {
    return ModelError{Errno::eexist,
                      "Volume name \"" + spec.name + "\" is already in use by Vserver \"" + svm.name + "\"."};
  }
  if (svm.type == SvmType::data) {
    if (auto running = require_running(svm); !running) return running.error();
  }
  if (auto good = check_aggregate(cluster, svm, spec); !good) return good.error();
  if (spec.size < kVolumeMin)
    return refused("Volume \"" + spec.name + "\": size is too small. The minimum size is 20MB.");
  if (spec.size > kVolumeMax)
    return refused("Volume \"" + spec.name + "\": size is too large. The maximum size is 100TB.");
  if (spec.snapshot_reserve.value_or(5) > 90)
    return invalid_value("percentage-snapshot-reserve", "volume-create", std::to_string(*spec.snapshot_reserve));
  if (auto good = check_policies(cluster, svm, spec); !good) return good.error();
  if (spec.language && !is_language(*spec.language))
    return invalid_value("language-code", "volume-create", *spec.language);
  if (spec.comment.size() > 1023) return invalid_value("volume-comment", "volume-create", spec.comment);
  if (svm.max_volumes != "unlimited" && svm.volumes.size() >= base::parse_unsigned(svm.max_volumes).value_or(0)) {
    return refused("The maximum number of volumes of Vserver \"" + svm.name + "\" (" + svm.max_volumes +
                   ") has been reached.");
  }
  if (!spec.junction_path.empty()) {
    if (spec.type == VolumeType::dp) return refused("A junction path cannot be given for a volume of type DP.");
    if (auto good = check_junction(svm, spec.junction_path); !good) return good.error();
  }
  Volume volume = make_volume(cluster, svm, spec);
  if (spec.guarantee == Guarantee::volume && spec.state != VolumeState::offline) {
    if (auto room = require_aggregate_space(cluster, spec.aggregate, spec.name, volume.size); !room)
      return room.error();
  } else if (cluster.find_aggregate(spec.aggregate)->available() < kMiB) {
    return require_aggregate_space(cluster, spec.aggregate, spec.name, volume.size).error();
  }
  volume.guarantee_enabled = volume.state != VolumeState::offline;
  Volume& placed = svm.volumes.emplace(spec.name, std::move(volume)).first->second;
  ++cluster.find_aggregate(spec.aggregate)->volume_count;
  if (!spec.junction_path.empty()) {
    placed.junction_path = spec.junction_path;
    svm.junctions[junction_key(spec.junction_path)] = placed.name;
  }
  recharge(cluster, svm, placed);
  cluster.changes.insert({ObjectKind::counters, "", ""});
  return &placed;
}

namespace {

Result<void> check_destroy(const Cluster& cluster, const Svm& svm, const Volume& volume, DestroyVolume how) {
  if (volume.constituent() && !how.force)
    return refused(in_svm(volume.name, svm) + " is a constituent of a FlexGroup and cannot be deleted alone.");
  if (volume.clone_children > 0) {
    return ModelError{Errno::clone_parent,
                      "Failed to delete volume \"" + volume.name + "\" in Vserver \"" + svm.name +
                          "\" because it has one or more clones. Delete or split the clones first."};
  }
  for (const auto& [key, mirror] : cluster.snapmirrors) {
    const bool source = mirror.source.svm == svm.name && mirror.source.volume == volume.name && mirror.source_known;
    const bool destination = key.svm == svm.name && key.volume == volume.name;
    if (source || destination)
      return refused(in_svm(volume.name, svm) +
                     " is in a SnapMirror relationship. Delete or release the relationship first.");
  }
  if (volume.svm_root && svm.volumes.size() > 1)
    return refused(in_svm(volume.name, svm) + " is the root volume of the Vserver and other volumes are left.");
  if (volume.state == VolumeState::online && !how.unmount_and_offline && !how.force) {
    return refused(in_svm(volume.name, svm) + " must be offline to be deleted");
  }
  if (how.unmount_and_offline && !volume.junction_path.empty() && !volume.svm_root && has_child_junction(svm, volume)) {
    return refused(in_svm(volume.name, svm) + " has volumes mounted below it. Unmount them first.");
  }
  return {};
}

void drop_luns(Cluster& cluster, Svm& svm, const Volume& volume) {
  for (const Lun* lun : luns_of(svm, volume.name)) {
    CHECK(destroy_lun(cluster, svm, std::string(lun->path), true).ok());
  }
}

void drop_clone_link(Cluster& cluster, const Volume& volume) {
  if (!volume.clone) return;
  Svm* parent_svm = cluster.find_svm(volume.clone->svm);
  Volume* parent = parent_svm == nullptr ? nullptr : parent_svm->find_volume(volume.clone->volume);
  if (parent == nullptr) return;
  --parent->clone_children;
  if (Snapshot* snapshot = parent->find_snapshot(volume.clone->snapshot)) --snapshot->clones;
  cluster.touch(*parent_svm, *parent);
}

/// What is destroyed without force stands in the SVM's recovery queue for its retention time, under the name that ONTAP
/// gives it there. Its blocks are free at once all the same (assumption A8), so it cannot come back.
void enter_recovery_queue(Cluster& cluster, Svm& svm, const Volume& volume) {
  constexpr std::size_t queue_max = 100;  // the oldest leave early
  auto& queue = svm.records["volume-recovery-queue"];
  expire_recovery_queue(cluster, svm);
  while (queue.size() >= queue_max) {
    const auto oldest = std::min_element(queue.begin(), queue.end(), [](const auto& a, const auto& b) {
      return a.second.fields.at("deletion-time") < b.second.fields.at("deletion-time");
    });
    queue.erase(oldest);
  }
  queue[volume.name + "_" + std::to_string(volume.dsid)].fields = {
      {"deletion-time", std::to_string(epoch_seconds(cluster.now()))},
      {"retention-period", std::to_string(svm.retention_hours)}};
  cluster.touch(svm);
}

}  // namespace

void expire_recovery_queue(const Cluster& cluster, Svm& svm) {
  const auto queue = svm.records.find("volume-recovery-queue");
  if (queue == svm.records.end()) return;
  std::erase_if(queue->second, [&](const auto& entry) {
    const auto deleted = base::parse_signed(entry.second.fields.at("deletion-time")).value_or(0);
    return deleted + std::int64_t{3600} * svm.retention_hours <= epoch_seconds(cluster.now());
  });
}

Result<void> destroy_volume(Cluster& cluster, Svm& svm, const std::string& name, DestroyVolume how) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (auto good = check_destroy(cluster, svm, volume, how); !good) return good;
  if (!volume.svm_root) forget_junction(svm, volume);
  if (volume.svm_root) svm.junctions.erase("/");
  drop_luns(cluster, svm, volume);
  drop_clone_link(cluster, volume);
  const std::vector<std::string> constituents = volume.constituents;
  cluster.touch(svm, volume);
  if (Aggregate* aggregate = cluster.find_aggregate(volume.aggregate)) {
    aggregate->charged -= volume.charged;
    aggregate->written -= volume.written;
    --aggregate->volume_count;
  }
  const bool kept = !how.force && !volume.svm_root && !volume.flexgroup() && !volume.constituent() &&
                    svm.retention_hours > 0 && (volume.type == VolumeType::rw || volume.type == VolumeType::dp);
  if (kept) enter_recovery_queue(cluster, svm, volume);
  svm.volumes.erase(name);
  for (const std::string& part : constituents) {
    if (auto gone = destroy_volume(cluster, svm, part, {.unmount_and_offline = true, .force = true}); !gone)
      return gone;
  }
  return {};
}

Result<void> mount_volume(Cluster& cluster, Svm& svm, const std::string& name, const std::string& path, bool active) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (auto running = require_running(svm); !running) return running;
  if (volume.constituent())
    return refused(in_svm(name, svm) + " is a constituent of a FlexGroup and cannot be mounted.");
  if (path.size() < 2 || path[0] != '/') return invalid_value("junction-path", "volume-mount", path);
  if (!volume.junction_path.empty()) {
    return ModelError{Errno::volume_already_mounted,
                      in_svm(name, svm) + " is already mounted at \"" + volume.junction_path + "\"."};
  }
  if (volume.state != VolumeState::online) return offline_error(name, svm);
  if (auto good = check_junction(svm, path); !good) return good;
  volume.junction_path = path;
  volume.junction_active = active;
  svm.junctions[junction_key(path)] = name;
  cluster.touch(svm, volume);
  return {};
}

Result<void> unmount_volume(Cluster& cluster, Svm& svm, const std::string& name, bool force) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.junction_path.empty())
    return ModelError{Errno::volume_not_mounted, in_svm(name, svm) + " is not mounted."};
  if (volume.svm_root) return refused(in_svm(name, svm) + " is the root volume and cannot be unmounted.");
  for (const auto& [key, id] : cluster.due_jobs) {
    const Job& job = cluster.jobs.at(id);
    if (job.svm == svm.name && job.volume == name && job.kind == JobKind::volume_modify) {
      return refused("Another operation is running on volume \"" + name + "\": job ID " + std::to_string(id) + ".");
    }
  }
  if (has_child_junction(svm, volume) && !force)
    return refused(in_svm(name, svm) + " has volumes mounted below it. Unmount them first.");
  forget_junction(svm, volume);
  cluster.touch(svm, volume);
  return {};
}

Result<void> online_volume(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.state == VolumeState::online)
    return ModelError{Errno::volume_online, in_svm(name, svm) + " is already online."};
  const Aggregate* aggregate = cluster.find_aggregate(volume.aggregate);
  if (aggregate != nullptr && aggregate->state != "online") {
    return ModelError{Errno::aggregate_not_online, "Aggregate \"" + volume.aggregate + "\" is not online."};
  }
  volume.state = VolumeState::online;
  volume.guarantee_enabled = volume.guarantee == Guarantee::none || aggregate == nullptr ||
                             volume.size - volume.charged <= aggregate->available();
  for (const std::string& part : volume.constituents)
    (void)online_volume(cluster, svm, part).ok();  // some may be online already
  recharge(cluster, svm, volume);
  return {};
}

namespace {

Result<void> take_down(Cluster& cluster, Svm& svm, const std::string& name, VolumeState state) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.state == state)
    return ModelError{Errno::volume_offline, in_svm(name, svm) + " is already " + std::string(to_string(state)) + "."};
  if (!volume.junction_path.empty() && !volume.svm_root) {
    return ModelError{Errno::volume_op_not_supported, in_svm(name, svm) + " is mounted. Unmount it first."};
  }
  if (volume.svm_root && svm.junctions.size() > 1) {
    return ModelError{Errno::volume_op_not_supported,
                      in_svm(name, svm) + " is the root volume and other volumes are mounted below it."};
  }
  volume.state = state;
  volume.guarantee_enabled = state != VolumeState::offline && volume.guarantee_enabled;
  for (const std::string& part : volume.constituents)
    (void)take_down(cluster, svm, part, state).ok();  // some may be down already
  recharge(cluster, svm, volume);
  return {};
}

}  // namespace

Result<void> offline_volume(Cluster& cluster, Svm& svm, const std::string& name) {
  return take_down(cluster, svm, name, VolumeState::offline);
}
Result<void> restrict_volume(Cluster& cluster, Svm& svm, const std::string& name) {
  return take_down(cluster, svm, name, VolumeState::restricted);
}

Result<void> rename_volume(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  if (auto good = check_volume_name(new_name); !good) return good;
  if (svm.find_volume(new_name) != nullptr) {
    return ModelError{Errno::eexist,
                      "Volume name \"" + new_name + "\" is already in use by Vserver \"" + svm.name + "\"."};
  }
  if ((*found)->constituent())
    return refused(in_svm(name, svm) + " is a constituent of a FlexGroup and cannot be renamed.");
  cluster.touch(svm, **found);
  for (const Lun* lun : luns_of(svm, name)) {  // paths change, maps stay
    const std::string old_path = lun->path;
    const std::string new_path = "/vol/" + new_name + old_path.substr(5 + name.size());
    auto node = svm.luns.extract(old_path);
    cluster.touch(svm, node.mapped());
    node.key() = new_path;
    node.mapped().path = new_path;
    for (const auto& [igroup, id] : node.mapped().maps) {
      svm.find_igroup(igroup)->luns[id] = new_path;
      cluster.touch(svm, *svm.find_igroup(igroup));
    }
    cluster.touch(svm, svm.luns.insert(std::move(node)).position->second);
  }
  auto node = svm.volumes.extract(name);
  node.key() = new_name;
  node.mapped().name = new_name;
  Volume& volume = svm.volumes.insert(std::move(node)).position->second;
  cluster.touch(svm, volume);
  if (!volume.junction_path.empty()) svm.junctions[junction_key(volume.junction_path)] = new_name;
  if (volume.svm_root) {
    svm.root_volume = new_name;
    cluster.touch(svm);
  }
  if (volume.clone_children > 0) {
    for (auto& [other_name, other] : cluster.svms) {
      for (auto& [child_name, child] : other.volumes) {
        if (child.clone && child.clone->parent_uuid == volume.uuid) {
          child.clone->volume = new_name;
          cluster.touch(other, child);
        }
      }
    }
  }
  std::map<Endpoint, SnapMirror> mirrors;
  for (auto& [key, mirror] : cluster.snapmirrors) {
    for (Endpoint* end : {&mirror.source, &mirror.destination}) {
      if (end->svm == svm.name && end->volume == name) end->volume = new_name;
    }
    const Endpoint moved = mirror.destination;
    mirrors.emplace(moved, std::move(mirror));
  }
  cluster.snapmirrors = std::move(mirrors);
  return {};
}

Result<Bytes> new_size_from(const std::string& text, Bytes current) {
  const std::string_view trimmed = base::trim(text);
  const bool relative = !trimmed.empty() && (trimmed[0] == '+' || trimmed[0] == '-');
  const auto size = parse_size(relative ? trimmed.substr(1) : trimmed);
  if (!size) return invalid_value("new-size", "volume-size", text);
  if (!relative) return *size;
  return trimmed[0] == '+' ? current + *size : current - *size;
}

Result<void> resize_volume(Cluster& cluster, Svm& svm, const std::string& name, Bytes size) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.state != VolumeState::online) return offline_error(name, svm);
  if (volume.extras && volume.extras->size_fixed)
    return ModelError{Errno::internal_error, "The size of volume \"" + name + "\" is fixed."};
  if (volume.clone && volume.clone->split_job != 0) return refused(in_svm(name, svm) + " is undergoing a clone split.");
  size = round_up(size);
  if (volume.flexgroup()) {
    const auto parts = static_cast<Bytes>(volume.constituents.size());
    for (const std::string& part : std::vector<std::string>(volume.constituents)) {
      if (auto done = resize_volume(cluster, svm, part, round_up(size / parts)); !done) return done;
    }
    volume.size = size;
    cluster.touch(svm, volume);
    return {};
  }
  if (size < kVolumeMin) return refused("New volume size is too small. The minimum size is 20MB.");
  if (size > kVolumeMax) return refused("New volume size is too large. The maximum size is 100TB.");
  if (size < volume.size) {
    const Bytes used = volume.active + volume.lun_reserve + volume.snapshot_held;
    if (volume.type == VolumeType::dp && used > size)
      return ModelError{Errno::enospc, "A replica volume cannot be smaller than its source."};
    if (size - size * volume.snapshot_reserve_percent / 100 < space_of(cluster, svm, volume).used) {
      return refused("Selected volume size is too small to hold the current volume data.");
    }
  } else if (volume.guarantee == Guarantee::volume && volume.guarantee_enabled) {
    if (auto room = require_aggregate_space(cluster, volume.aggregate, name, size - volume.size); !room) return room;
  }
  volume.size = size;
  volume.files_total = std::max(volume.files_total, size / (32 * kKiB) * 19 / 20);
  recharge(cluster, svm, volume);
  return {};
}

}  // namespace ontap_sim::model
