#include "ontap-sim/model/snapshot_ops.h"

#include <algorithm>

#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/volume_ops.h"

namespace ontap_sim::model {
namespace {

Result<void> check_snapshot_name(const std::string& name) {
  const bool bad = name.empty() || name.size() > 255 || std::any_of(name.begin(), name.end(), [](char c) {
                     return c == '/' || static_cast<unsigned char>(c) < 32;
                   });
  if (bad) return refused("Snapshot name \"" + name + "\" is invalid.");
  return {};
}

Result<Volume*> online_volume_of(Svm& svm, const std::string& name) {
  auto volume = require_volume(svm, name);
  if (!volume) return volume.error();
  if ((*volume)->state != VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + name + "\" is offline."};
  return *volume;
}

ModelError no_snapshot(const std::string& volume, const std::string& name) {
  return {Errno::entry_does_not_exist,
          "Snapshot copy \"" + name + "\" of volume \"" + volume + "\" does not exist: entry doesn't exist"};
}

Box<VolumeImage> image_of(const Svm& svm, const Volume& volume) {
  const auto luns = luns_of(svm, volume.name);
  if (luns.empty() && volume.qtrees.empty() && volume.files.empty()) return {};
  VolumeImage image;
  image.qtrees = {volume.qtrees.begin(), volume.qtrees.end()};
  image.files = {volume.files.begin(), volume.files.end()};
  const std::string prefix = "/vol/" + volume.name + "/";
  for (const Lun* lun : luns) image.luns.push_back({lun->path.substr(prefix.size()), lun->content});
  return image;
}

std::string busy_reason(const Volume& volume, const Snapshot& snapshot) {
  std::string owners;
  if (snapshot.clones > 0) owners = "volume clone";
  for (const std::string& owner : snapshot.owners) owners += (owners.empty() ? "" : ", ") + owner;
  return "Snapshot copy \"" + snapshot.name + "\" of volume \"" + volume.name +
         "\" has not expired or is locked. Owners: " + owners + ".";
}

/// LUNs of the volume become those of the image. A LUN at the same path keeps its identity and maps.
void revert_luns(Cluster& cluster, Svm& svm, const Volume& volume, const VolumeImage& image) {
  const std::string prefix = "/vol/" + volume.name + "/";
  std::vector<std::string> gone;
  for (const Lun* lun : luns_of(svm, volume.name)) {
    const bool kept = std::any_of(image.luns.begin(), image.luns.end(),
                                  [&](const LunImage& i) { return prefix + i.path_in_volume == lun->path; });
    if (!kept) gone.push_back(lun->path);
  }
  for (const std::string& path : gone) CHECK(destroy_lun(cluster, svm, path, true).ok());
  for (const LunImage& from : image.luns) {
    const std::string path = prefix + from.path_in_volume;
    if (svm.find_lun(path) == nullptr) {
      NewLun spec;
      spec.path = path;
      spec.size = from.content.size;
      spec.os_type = from.content.os_type;
      spec.reserved = false;
      spec.exact_size = true;
      if (!create_lun(cluster, svm, spec)) continue;
    }
    Lun& lun = *svm.find_lun(path);
    lun.content = from.content;
    cluster.touch(svm, lun);
  }
}

}  // namespace

int snapshots_max(const Cluster& cluster) { return cluster.ontapi_minor >= 140 ? 1023 : 255; }

std::string dependency_of(const Snapshot& snapshot) {
  std::string text;
  if (snapshot.clones > 0) text = "busy,vclone";
  for (const std::string& owner : snapshot.owners) {
    const std::string word = owner == "snapmirror" ? "snapmirror" : owner;
    text += (text.empty() ? (word == "snapmirror" ? "" : "busy,") : ",") + word;
  }
  return text;
}

Result<Snapshot*> create_snapshot(Cluster& cluster, Svm& svm, const NewSnapshot& spec) {
  auto found = online_volume_of(svm, spec.volume);
  if (!found) return found.error();
  Volume& volume = **found;
  if (auto good = check_snapshot_name(spec.name); !good) return good.error();
  if (spec.comment.size() > 255) return invalid_value("comment", "snapshot-create", spec.comment);
  if (spec.label.size() > 31) return invalid_value("snapmirror-label", "snapshot-create", spec.label);
  if (volume.type == VolumeType::dp) return refused("Snapshot copies can only be created on volumes of type RW.");
  if (volume.clone && volume.clone->split_job != 0)
    return refused("Volume \"" + spec.volume + "\" is undergoing a clone split.");
  if (volume.find_snapshot(spec.name) != nullptr) {
    return ModelError{Errno::snapshot_exists,
                      "Snapshot copy \"" + spec.name + "\" already exists in volume \"" + spec.volume + "\"."};
  }
  if (static_cast<int>(volume.snapshots.size()) >= snapshots_max(cluster)) {
    return ModelError{Errno::snapshot_too_many,
                      "Volume \"" + spec.volume + "\" already has the maximum number of Snapshot copies."};
  }
  if (!volume.flexgroup() && space_of(cluster, svm, volume).snapshot_available <= 0) {
    return ModelError{Errno::snapshot_no_space,
                      "No space left on device for a Snapshot copy of volume \"" + spec.volume + "\"."};
  }
  Snapshot snapshot;
  snapshot.name = spec.name;
  snapshot.comment = spec.comment;
  snapshot.snapmirror_label = spec.label;
  snapshot.instance_uuid = new_uuid(cluster.rng);
  snapshot.version_uuid = new_uuid(cluster.rng);
  snapshot.created = cluster.now();
  snapshot.active = volume.active;
  snapshot.lun_reserve = volume.lun_reserve;
  snapshot.volume_size = volume.size;
  snapshot.image = image_of(svm, volume);
  volume.snapshots.push_back(std::move(snapshot));
  for (const std::string& part : std::vector<std::string>(volume.constituents)) {
    if (auto made = create_snapshot(cluster, svm, {part, spec.name, spec.comment, spec.label}); !made)
      return made.error();
  }
  cluster.touch(svm, volume);
  return &svm.find_volume(spec.volume)->snapshots.back();
}

Result<void> delete_snapshot(Cluster& cluster, Svm& svm, const std::string& volume_name, const std::string& name,
                             bool ignore_owners) {
  auto found = online_volume_of(svm, volume_name);
  if (!found) return found.error();
  Volume& volume = **found;
  Snapshot* snapshot = volume.find_snapshot(name);
  if (snapshot == nullptr) return no_snapshot(volume_name, name);
  const bool locked = snapshot->clones > 0 || (!snapshot->owners.empty() && !ignore_owners);
  if (locked) return ModelError{Errno::snapshot_busy, busy_reason(volume, *snapshot)};
  if (volume.clone && volume.clone->split_job != 0)
    return refused("Volume \"" + volume_name + "\" is undergoing a clone split.");
  volume.snapshot_held -= snapshot->held;
  volume.snapshots.erase(volume.snapshots.begin() + (snapshot - volume.snapshots.data()));
  for (const std::string& part : std::vector<std::string>(volume.constituents)) {
    (void)delete_snapshot(cluster, svm, part, name, ignore_owners)
        .ok();  // a constituent added later has no such snapshot
  }
  recharge(cluster, svm, volume);
  return {};
}

Result<void> rename_snapshot(Cluster& cluster, Svm& svm, const std::string& volume_name, const std::string& name,
                             const std::string& new_name) {
  auto found = online_volume_of(svm, volume_name);
  if (!found) return found.error();
  Volume& volume = **found;
  Snapshot* snapshot = volume.find_snapshot(name);
  if (snapshot == nullptr) return no_snapshot(volume_name, name);
  if (auto good = check_snapshot_name(new_name); !good) return good;
  if (volume.find_snapshot(new_name) != nullptr) {
    return ModelError{Errno::snapshot_exists,
                      "Snapshot copy \"" + new_name + "\" already exists in volume \"" + volume_name + "\"."};
  }
  if (snapshot->clones > 0) {
    for (auto& [svm_name, other] : cluster.svms) {
      for (auto& [child_name, child] : other.volumes) {
        if (!child.clone || child.clone->parent_uuid != volume.uuid || child.clone->snapshot != name) continue;
        child.clone->snapshot = new_name;
        cluster.touch(other, child);
      }
    }
  }
  snapshot->name = new_name;
  cluster.touch(svm, volume);
  return {};
}

Result<void> restore_snapshot(Cluster& cluster, Svm& svm, const std::string& volume_name, const std::string& name) {
  if (!cluster.licensed("snaprestore"))
    return refused("SnapRestore is not licensed on node \"" + cluster.nodes.begin()->first + "\".");
  auto found = online_volume_of(svm, volume_name);
  if (!found) return found.error();
  Volume& volume = **found;
  const Snapshot* target = volume.find_snapshot(name);
  if (target == nullptr) return no_snapshot(volume_name, name);
  if (volume.type == VolumeType::dp)
    return refused("Volume \"" + volume_name + "\" is a SnapMirror destination and cannot be restored.");
  const auto index = target - volume.snapshots.data();
  for (std::size_t i = static_cast<std::size_t>(index) + 1; i < volume.snapshots.size(); ++i) {
    if (volume.snapshots[i].busy()) return ModelError{Errno::snapshot_busy, busy_reason(volume, volume.snapshots[i])};
  }
  const VolumeImage image = target->image ? *target->image : VolumeImage{};
  revert_luns(cluster, svm, volume, image);
  volume.snapshots.resize(static_cast<std::size_t>(index) + 1);
  Snapshot& kept = volume.snapshots.back();
  kept.held = 0;
  volume.snapshot_held = 0;
  for (const Snapshot& snapshot : volume.snapshots) volume.snapshot_held += snapshot.held;
  volume.active = kept.active;
  volume.lun_reserve = kept.lun_reserve;
  volume.size = kept.volume_size;
  volume.qtrees = {image.qtrees.begin(), image.qtrees.end()};
  volume.files = {image.files.begin(), image.files.end()};
  volume.shared = std::min(volume.shared, volume.active);
  recharge(cluster, svm, volume);
  return {};
}

Result<std::uint64_t> start_consistency_group(Cluster& cluster, Svm& svm, const NewConsistencyGroup& spec) {
  if (auto good = check_snapshot_name(spec.snapshot); !good) return good.error();
  for (const std::string& name : spec.volumes) {
    auto volume = require_volume(svm, name, Errno::entry_does_not_exist);
    if (!volume) return volume.error();
    if ((*volume)->find_snapshot(spec.snapshot) != nullptr) {
      return ModelError{Errno::snapshot_exists,
                        "Snapshot copy \"" + spec.snapshot + "\" already exists in volume \"" + name + "\"."};
    }
  }
  const std::uint64_t id = cluster.counters.next_cg++;
  cluster.consistency_groups.emplace(
      id, ConsistencyGroup{svm.name, spec.snapshot, spec.label, spec.volumes, cluster.now() + spec.fence});
  cluster.touch();
  return id;
}

Result<void> commit_consistency_group(Cluster& cluster, Svm& svm, std::uint64_t id) {
  const auto at = cluster.consistency_groups.find(id);
  if (at == cluster.consistency_groups.end() || at->second.svm != svm.name)
    return refused("Consistency group " + std::to_string(id) + " does not exist.");
  const ConsistencyGroup group = at->second;
  cluster.consistency_groups.erase(at);
  cluster.touch();
  if (cluster.now() > group.expires)
    return refused("The fence of consistency group " + std::to_string(id) + " has expired.");
  for (const std::string& name : group.volumes) {
    auto made = create_snapshot(cluster, svm, {name, group.snapshot, "", group.label});
    if (!made) return made.error();
  }
  return {};
}

}  // namespace ontap_sim::model
