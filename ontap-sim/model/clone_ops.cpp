// Clones, splits, moves, rehosting and FlexGroups. Source: sections 7.4.5 to 7.4.7 and 8.4.
#include <algorithm>

#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/snapshot_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/model/volume_ops.h"

namespace ontap_sim::model {
namespace {

struct Parent {
  Svm* svm = nullptr;
  Volume* volume = nullptr;
  Snapshot* snapshot = nullptr;
};

Result<Parent> find_parent(Cluster& cluster, Svm& svm, const NewClone& spec) {
  Parent parent;
  parent.svm = &svm;
  if (!spec.parent_svm.empty() && spec.parent_svm != svm.name) {
    auto other = require_svm(cluster, spec.parent_svm);
    if (!other) return other.error();
    parent.svm = *other;
  }
  auto volume = require_volume(*parent.svm, spec.parent, Errno::entry_does_not_exist);
  if (!volume) return volume.error();
  parent.volume = *volume;
  if (parent.volume->state != VolumeState::online) {
    return ModelError{Errno::clone_parent_not_online, "Parent volume \"" + spec.parent + "\" is not online."};
  }
  if (spec.parent_snapshot.empty()) {
    if (parent.volume->type == VolumeType::dp)
      return refused("A snapshot must be given for a parent volume of type DP.");
    const std::string name = "clone_" + spec.name + "." + std::to_string(cluster.counters.next_dsid);
    auto made =
        create_snapshot(cluster, *parent.svm, {.volume = spec.parent, .name = name, .comment = "", .label = ""});
    if (!made) return made.error();
    parent.snapshot = *made;
  } else {
    parent.snapshot = parent.volume->find_snapshot(spec.parent_snapshot);
    if (parent.snapshot == nullptr) {
      return ModelError{Errno::entry_does_not_exist,
                        "Snapshot \"" + spec.parent_snapshot + "\" does not exist in volume \"" + spec.parent + "\"."};
    }
  }
  return parent;
}

/// The clone gets the LUNs that the snapshot remembers: same relative paths, new identity, unmapped.
void restore_luns(Cluster& cluster, Svm& svm, Volume& clone, const VolumeImage& image) {
  for (const LunImage& from : image.luns) {
    NewLun spec;
    spec.path = "/vol/" + clone.name + "/" + from.path_in_volume;
    spec.size = from.content.size;
    spec.os_type = from.content.os_type;
    spec.reserved = false;  // room was counted with the volume's blocks
    spec.exact_size = true;
    auto lun = create_lun(cluster, svm, spec);
    if (!lun) continue;
    (*lun)->content = from.content;
    (*lun)->clone = true;
    if (from.content.reserved) clone.lun_reserve += std::max<Bytes>(0, from.content.size - from.content.used);
    cluster.touch(svm, **lun);
  }
}

/// The constituents of a FlexGroup's clone, each a clone of its counterpart.
Result<std::vector<std::string>> clone_constituents(Cluster& cluster, Svm& svm, const NewClone& spec,
                                                    const Parent& parent) {
  std::vector<std::string> made;
  const std::string snapshot = parent.snapshot->name;
  for (const std::string& part : std::vector<std::string>(parent.volume->constituents)) {
    NewClone one;
    one.name = spec.name + part.substr(parent.volume->name.size());
    one.parent = part;
    one.parent_svm = parent.svm->name;
    one.parent_snapshot = snapshot;
    one.guarantee = spec.guarantee;
    auto volume = clone_volume(cluster, svm, one);
    if (!volume) {
      for (const std::string& name : made)
        CHECK(destroy_volume(cluster, svm, name, {.unmount_and_offline = true, .force = true}).ok());
      return volume.error();
    }
    made.push_back(one.name);
  }
  return made;
}

Result<Volume*> require_splittable(Svm& svm, const std::string& name) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  if (!(*found)->clone) return ModelError{Errno::volume_not_clone, "Volume \"" + name + "\" is not a clone."};
  return *found;
}

}  // namespace

Result<Volume*> clone_volume(Cluster& cluster, Svm& svm, const NewClone& spec) {
  if (!cluster.licensed("flexclone")) return ModelError{Errno::clone_not_licensed, "FlexClone is not licensed."};
  if (auto good = check_volume_name(spec.name); !good) return good.error();
  if (svm.find_volume(spec.name) != nullptr) {
    return ModelError{Errno::eexist,
                      "Volume name \"" + spec.name + "\" is already in use by Vserver \"" + svm.name + "\"."};
  }
  auto found = find_parent(cluster, svm, spec);
  if (!found) return found.error();
  const Parent parent = *found;
  if (parent.volume->flexgroup() && cluster.ontapi_minor < 170)
    return refused("Cloning a FlexGroup is not supported in this release.");
  auto constituents = clone_constituents(cluster, svm, spec, parent);
  if (!constituents) return constituents.error();
  Volume clone = *parent.volume;
  clone.constituents = std::move(*constituents);
  clone.name = spec.name;
  clone.uuid = new_uuid(cluster.rng);
  clone.instance_uuid = new_uuid(cluster.rng);
  clone.dsid = cluster.counters.next_dsid++;
  clone.msid = cluster.counters.next_msid++;
  clone.created = cluster.now();
  clone.comment.clear();
  clone.junction_path.clear();
  clone.snapshots.clear();
  clone.clone_children = 0;
  clone.lun_count = 0;
  clone.snapshot_held = 0;
  clone.charged = 0;
  clone.written = 0;
  clone.lun_reserve = 0;
  clone.quota_state = QuotaState::off;
  clone.quota_rules.clear();
  clone.move.reset();
  clone.svm_root = clone.node_root = false;
  clone.type = spec.type;
  clone.qos_policy = spec.qos_policy;
  clone.size = parent.snapshot->volume_size;
  clone.active = parent.snapshot->active;
  clone.shared = parent.snapshot->active;
  if (spec.guarantee) clone.guarantee = *spec.guarantee;
  clone.qtrees.clear();
  clone.files.clear();
  if (parent.snapshot->image) {
    for (const auto& [key, qtree] : parent.snapshot->image->qtrees) clone.qtrees.emplace(key, qtree);
    for (const auto& [key, file] : parent.snapshot->image->files) clone.files.emplace(key, file);
  }
  if (!svm.export_policies.contains(clone.export_policy)) clone.export_policy = "default";
  if (!cluster.has_snapshot_policy(svm, clone.snapshot_policy)) clone.snapshot_policy = "none";
  clone.clone = CloneOrigin{parent.svm->name, parent.volume->name, parent.snapshot->name, parent.volume->uuid, 0, 0};
  if (clone.guarantee == Guarantee::volume && !clone.flexgroup()) {
    if (auto room = require_aggregate_space(cluster, clone.aggregate, clone.name, clone.size - clone.shared); !room)
      return room.error();
  }
  Volume& placed = svm.volumes.emplace(spec.name, std::move(clone)).first->second;
  if (Aggregate* aggregate = cluster.find_aggregate(placed.aggregate)) ++aggregate->volume_count;
  ++parent.volume->clone_children;
  ++parent.snapshot->clones;
  cluster.touch(*parent.svm, *parent.volume);
  if (parent.snapshot->image) restore_luns(cluster, svm, placed, *parent.snapshot->image);
  placed.active = parent.snapshot->active;
  recharge(cluster, svm, placed);
  cluster.changes.insert({ObjectKind::counters, "", ""});
  if (!spec.junction_path.empty()) {
    if (auto mounted = mount_volume(cluster, svm, spec.name, spec.junction_path, spec.junction_active); !mounted) {
      CHECK(destroy_volume(cluster, svm, spec.name, {.unmount_and_offline = true, .force = true}).ok());
      return mounted.error();
    }
  }
  return &placed;
}

Result<std::uint64_t> start_split(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = require_splittable(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.state != VolumeState::online)
    return ModelError{Errno::volume_not_online, "Volume \"" + name + "\" is not online."};
  if (volume.clone->split_job != 0)
    return ModelError{Errno::clone_being_split, "Volume \"" + name + "\" is already being split."};
  if (auto room = require_aggregate_space(cluster, volume.aggregate, name, volume.shared); !room) return room.error();
  volume.clone->split_total = volume.shared;
  volume.clone->split_job = start_job(cluster,
                                      {.kind = JobKind::clone_split,
                                       .name = "Split " + name,
                                       .type = "VOL_CLONE_SPLIT",
                                       .svm = svm.name,
                                       .volume = name,
                                       .argument = "",
                                       .node = ""},
                                      copy_time(cluster, volume.shared));
  cluster.touch(svm, volume);
  return volume.clone->split_job;
}

Result<void> stop_split(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = require_splittable(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.clone->split_job == 0)
    return ModelError{Errno::volume_op_not_underway, "No split is running on volume \"" + name + "\"."};
  const auto status = split_status(cluster, svm, name);
  if (auto stopped = cancel_job(cluster, volume.clone->split_job); !stopped) return stopped;
  // What was copied already stays copied.
  if (status) volume.shared -= volume.shared * status->percent / 100;
  volume.clone->split_job = 0;
  recharge(cluster, svm, volume);
  return {};
}

Result<SplitStatus> split_status(const Cluster& cluster, const Svm& svm, const std::string& name) {
  const Volume* volume = svm.find_volume(name);
  if (volume == nullptr) return ModelError{Errno::volume_does_not_exist, "Volume \"" + name + "\" does not exist."};
  if (!volume->clone) return ModelError{Errno::volume_not_clone, "Volume \"" + name + "\" is not a clone."};
  if (volume->state != VolumeState::online)
    return ModelError{Errno::volume_not_online, "Volume \"" + name + "\" is not online."};
  const Svm* parent_svm = cluster.find_svm(volume->clone->svm);
  const Volume* parent = parent_svm == nullptr ? nullptr : parent_svm->find_volume(volume->clone->volume);
  if (parent != nullptr && parent->state != VolumeState::online) {
    return ModelError{Errno::clone_parent_not_online, "Parent volume \"" + parent->name + "\" is not online."};
  }
  if (volume->clone->split_job == 0)
    return ModelError{Errno::volume_op_not_underway, "No split is running on volume \"" + name + "\"."};
  const Job& job = cluster.jobs.at(volume->clone->split_job);
  SplitStatus status;
  status.volume = name;
  const auto whole = std::max<std::int64_t>(1, (job.due - job.started).count());
  status.percent = static_cast<int>(std::clamp<double>(
      100.0 * static_cast<double>((cluster.now() - job.started).count()) / static_cast<double>(whole), 0, 99));
  status.blocks_scanned = volume->clone->split_total / kBlock * status.percent / 100;
  status.blocks_updated = status.blocks_scanned;
  return status;
}

Result<std::uint64_t> start_move(Cluster& cluster, Svm& svm, const NewMove& spec) {
  auto found = require_volume(svm, spec.volume);
  if (!found) return found.error();
  Volume& volume = **found;
  const Aggregate* target = cluster.find_aggregate(spec.aggregate);
  if (target == nullptr)
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + spec.aggregate + "\" does not exist."};
  if (target->root)
    return ModelError{Errno::move_cannot_move_to_cfo,
                      "Cannot move volume \"" + spec.volume + "\" to the root aggregate \"" + spec.aggregate + "\"."};
  if (volume.flexgroup()) return refused("A FlexGroup cannot be moved as a whole.");
  if (volume.aggregate == spec.aggregate)
    return refused("The destination aggregate is the same as the source aggregate.");
  if (!svm.aggregates.empty() &&
      std::find(svm.aggregates.begin(), svm.aggregates.end(), spec.aggregate) == svm.aggregates.end()) {
    return ModelError{
        Errno::aggregate_not_in_svm_list,
        "Aggregate \"" + spec.aggregate + "\" is not in the aggregate list of Vserver \"" + svm.name + "\"."};
  }
  if (volume.state != VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + spec.volume + "\" is offline."};
  if (volume.move && volume.move->state == "healthy" && volume.move->phase != "completed") {
    return refused("A move of volume \"" + spec.volume + "\" is already running.");
  }
  if (target->available() < volume.charged) {
    return refused("There is not enough space in aggregate \"" + spec.aggregate + "\" to hold volume \"" + spec.volume +
                   "\".");
  }
  if (spec.validation_only) return std::uint64_t{0};
  Move move;
  move.source_aggregate = volume.aggregate;
  move.destination_aggregate = spec.aggregate;
  move.cutover_action = spec.cutover_action;
  move.phase = "replicating";
  move.bytes = volume.written;
  move.started = cluster.now();
  const base::Duration span = copy_time(cluster, volume.written + volume.shared);
  move.due = cluster.now() + span;
  move.job = start_job(
      cluster,
      {.kind = JobKind::volume_move,
       .name = "Move \"" + spec.volume + "\" in Vserver \"" + svm.name + "\" to aggregate \"" + spec.aggregate + "\"",
       .type = "VOL_MOVE",
       .svm = svm.name,
       .volume = spec.volume,
       .argument = spec.aggregate,
       .node = ""},
      span);
  volume.move = move;
  cluster.touch(svm, volume);
  return volume.move->job;
}

Result<void> trigger_cutover(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = require_volume(svm, name, Errno::entry_does_not_exist);
  if (!found) return found.error();
  if (!(*found)->move || !(*found)->move->phase.starts_with("cutover_"))
    return refused("There is no move of volume \"" + name + "\" that waits for its cutover.");
  Move& move = *(*found)->move;
  move.cutover_action = "force";
  move.phase = "cutover";
  const std::uint64_t old = move.job;
  move.job = start_job(cluster,
                       {.kind = JobKind::volume_move,
                        .name = "Cutover of \"" + name + "\"",
                        .type = "VOL_MOVE",
                        .svm = svm.name,
                        .volume = name,
                        .argument = move.destination_aggregate,
                        .node = ""},
                       cluster.settings.job_time);
  if (const auto job = cluster.jobs.find(old); job != cluster.jobs.end()) cluster.touch(job->second);
  cluster.touch(svm, **found);
  return {};
}

Result<void> abort_move(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = require_volume(svm, name, Errno::entry_does_not_exist);
  if (!found) return found.error();
  if (!(*found)->move || (*found)->move->state != "healthy")
    return refused("There is no move of volume \"" + name + "\" to abort.");
  Move& move = *(*found)->move;
  (void)cancel_job(cluster, move.job).ok();  // it has ended already when the move waits for its cutover
  move.state = "failed";
  move.phase = "failed";
  move.details = "Volume move job was aborted by the administrator";
  move.ended = cluster.now();
  cluster.touch(svm, **found);
  return {};
}

Result<void> rehost_volume(Cluster& cluster, Svm& from, const std::string& name, Svm& to) {
  auto found = require_volume(from, name);
  if (!found) return found.error();
  if (!(*found)->junction_path.empty())
    return refused("Volume \"" + name + "\" must be unmounted before it is rehosted.");
  if ((*found)->svm_root) return refused("The root volume of a Vserver cannot be rehosted.");
  if ((*found)->flexgroup() || (*found)->constituent() || (*found)->clone || (*found)->clone_children > 0) {
    return refused("Volume \"" + name + "\" is part of a FlexGroup or has clone relations and cannot be rehosted.");
  }
  if (to.find_volume(name) != nullptr)
    return ModelError{Errno::eexist, "Volume name \"" + name + "\" is already in use by Vserver \"" + to.name + "\"."};
  std::vector<std::string> paths;
  for (const Lun* lun : luns_of(from, name)) paths.push_back(lun->path);
  for (const std::string& path : paths) {
    const auto maps = from.find_lun(path)->maps;
    for (const auto& [igroup, id] : maps) CHECK(unmap_lun(cluster, from, path, igroup).ok());
    auto node = from.luns.extract(path);
    cluster.touch(from, node.mapped());
    cluster.touch(to, to.luns.insert(std::move(node)).position->second);
  }
  cluster.touch(from, **found);
  auto node = from.volumes.extract(name);
  Volume& volume = to.volumes.insert(std::move(node)).position->second;
  volume.export_policy = "default";
  volume.snapshot_policy = cluster.has_snapshot_policy(to, volume.snapshot_policy) ? volume.snapshot_policy : "none";
  volume.qos_policy.clear();
  volume.quota_rules.clear();
  volume.quota_state = QuotaState::off;
  cluster.touch(to, volume);
  return {};
}

Result<Volume*> create_flexgroup(Cluster& cluster, Svm& svm, const NewFlexGroup& spec) {
  if (auto good = check_volume_name(spec.common.name); !good) return good.error();
  if (svm.find_volume(spec.common.name) != nullptr) {
    return ModelError{Errno::eexist,
                      "Volume name \"" + spec.common.name + "\" is already in use by Vserver \"" + svm.name + "\"."};
  }
  std::vector<std::string> places;
  const std::vector<std::string>& list = spec.aggregates.empty() ? svm.aggregates : spec.aggregates;
  for (int round = 0; round < std::max(1, spec.multiplier); ++round)
    places.insert(places.end(), list.begin(), list.end());
  if (places.empty())
    return refused("No aggregates are available for the FlexGroup. Assign aggregates to Vserver \"" + svm.name + "\".");
  const auto count = static_cast<Bytes>(places.size());
  if (spec.common.size < count * 100 * kMiB) {
    return refused("The size of the FlexGroup is too small. Each of its " + std::to_string(count) +
                   " constituents needs at least 100MB.");
  }
  std::vector<std::string> made;
  const auto undo = [&] {
    for (const std::string& part : made)
      CHECK(destroy_volume(cluster, svm, part, {.unmount_and_offline = true, .force = true}).ok());
  };
  NewVolume part = spec.common;
  part.junction_path.clear();
  part.size = round_up(spec.common.size / count);
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::string number = std::to_string(i + 1);
    number.insert(0, 4 - std::min<std::size_t>(4, number.size()), '0');
    part.name = spec.common.name + "__" + number;
    part.aggregate = places[i];
    auto volume = create_volume(cluster, svm, part);
    if (!volume) {
      undo();
      return volume.error();
    }
    (*volume)->style = VolumeStyle::flexgroup_constituent;
    made.push_back(part.name);
  }
  Volume group = *svm.find_volume(made.front());
  group.name = spec.common.name;
  group.aggregate.clear();
  group.style = VolumeStyle::flexgroup;
  group.uuid = new_uuid(cluster.rng);
  group.instance_uuid = new_uuid(cluster.rng);
  group.dsid = cluster.counters.next_dsid++;
  group.msid = cluster.counters.next_msid++;
  group.size = part.size * count;
  group.active = 0;
  group.charged = group.written = 0;
  group.constituents = made;
  Volume& placed = svm.volumes.emplace(group.name, std::move(group)).first->second;
  cluster.touch(svm, placed);
  if (!spec.common.junction_path.empty()) {
    if (auto mounted = mount_volume(cluster, svm, placed.name, spec.common.junction_path, true); !mounted) {
      CHECK(destroy_volume(cluster, svm, spec.common.name, {.unmount_and_offline = true, .force = true}).ok());
      return mounted.error();
    }
  }
  return &placed;
}

}  // namespace ontap_sim::model
