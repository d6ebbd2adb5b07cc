#include "ontap-sim/model/mirror_ops.h"

#include <algorithm>

#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/snapshot_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

Volume* mirror_volume(Cluster& cluster, const Endpoint& end) {
  Svm* svm = cluster.find_svm(end.svm);
  return svm == nullptr ? nullptr : svm->find_volume(end.volume);
}

bool are_peers(const Cluster& cluster, const std::string& a, const std::string& b) {
  return std::any_of(cluster.svm_peers.begin(), cluster.svm_peers.end(), [&](const SvmPeer& peer) {
    return peer.state == "peered" && ((peer.svm == a && peer.peer_svm == b) || (peer.svm == b && peer.peer_svm == a));
  });
}

/// "2017-11-28_074632"
std::string mirror_stamp(TimePoint time) {
  std::string text = base::to_rfc3339(time).substr(0, 19);
  text[10] = '_';
  return base::replace_all(std::move(text), ":", "");
}

ModelError already_transferring(const SnapMirror& mirror) {
  return {Errno::snapmirror_transferring,
          "Transfer already in progress for \"" + mirror.destination.location() + "\"."};
}

/// Replaces the relationship's older snapshot on the source by a new one.
void renew_base_snapshot(Cluster& cluster, SnapMirror& mirror) {
  Svm* svm = cluster.find_svm(mirror.source.svm);
  Volume* source = mirror_volume(cluster, mirror.source);
  if (source == nullptr) return;
  const std::string old = mirror.newest_snapshot;
  const std::string name =
      "snapmirror." + mirror.id.text() + "_" + std::to_string(source->msid) + "." + mirror_stamp(cluster.now());
  if (name == old || !create_snapshot(cluster, *svm, {.volume = source->name, .name = name})) return;
  source->find_snapshot(name)->owners = {"snapmirror"};
  if (!old.empty()) (void)delete_snapshot(cluster, *svm, source->name, old, true).ok();  // a clone may hold it
  mirror.newest_snapshot = name;
  mirror.newest_snapshot_time = cluster.now();
}

/// The newest snapshot that both ends have; from it a transfer can go on.
const Snapshot* common_snapshot(const Volume* source, const Volume* target) {
  if (source == nullptr || target == nullptr) return nullptr;
  for (auto at = target->snapshots.rbegin(); at != target->snapshots.rend(); ++at) {
    const Snapshot* other = source->find_snapshot(at->name);
    if (other != nullptr && other->version_uuid == at->version_uuid) return &*at;
  }
  return nullptr;
}

/// The destination's snapshots become the source's (only the newest with MirrorLatest); one that a clone holds stays.
void copy_snapshots(const SnapMirror& mirror, const Volume& source, Volume& target) {
  std::vector<Snapshot> wanted;
  for (const Snapshot& theirs : source.snapshots) {
    if (mirror.policy == "MirrorLatest" && theirs.name != mirror.newest_snapshot) continue;
    const Snapshot* ours = target.find_snapshot(theirs.name);
    Snapshot copy = ours != nullptr && ours->version_uuid == theirs.version_uuid ? *ours : theirs;
    if (ours == nullptr || ours->version_uuid != theirs.version_uuid) copy.clones = 0;
    copy.held = theirs.held;
    copy.owners.clear();
    if (theirs.name == mirror.newest_snapshot) copy.owners = {"snapmirror"};
    wanted.push_back(std::move(copy));
  }
  for (const Snapshot& ours : target.snapshots) {
    const bool stays = ours.clones > 0 && std::none_of(wanted.begin(), wanted.end(),
                                                       [&](const Snapshot& each) { return each.name == ours.name; });
    if (stays) wanted.push_back(ours);
  }
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const Snapshot& a, const Snapshot& b) { return a.created < b.created; });
  target.snapshots = std::move(wanted);
  target.snapshot_held = 0;
  for (const Snapshot& each : target.snapshots) target.snapshot_held += each.held;
}

}  // namespace

Result<SnapMirror*> require_mirror(Cluster& cluster, const Endpoint& destination) {
  const auto at = cluster.snapmirrors.find(destination);
  if (at == cluster.snapmirrors.end()) {
    return ModelError{Errno::entry_does_not_exist, "There is no SnapMirror relationship with the destination \"" +
                                                       destination.location() + "\" (entry doesn't exist)."};
  }
  return &at->second;
}

Result<SnapMirror*> create_mirror(Cluster& cluster, const NewMirror& spec) {
  if (cluster.snapmirrors.contains(spec.destination)) {
    return ModelError{Errno::snapmirror_exists, "A SnapMirror relationship with the destination \"" +
                                                    spec.destination.location() +
                                                    "\" already exists (duplicate entry)."};
  }
  if (cluster.find_svm(spec.destination.svm) == nullptr)
    return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  const std::string type = spec.type.empty() ? "data_protection" : spec.type;
  const Snapshot* base = nullptr;  // a writable destination that was a mirror, or the source, before: to be resynced
  if (spec.source.svm != spec.destination.svm && !are_peers(cluster, spec.source.svm, spec.destination.svm)) {
    return refused("Vserver \"" + spec.destination.svm + "\" is not peered with Vserver \"" + spec.source.svm + "\".");
  }
  if (!spec.destination.volume.empty()) {
    const Volume* volume = mirror_volume(cluster, spec.destination);
    if (volume == nullptr)
      return ModelError{Errno::entry_does_not_exist,
                        "Volume \"" + spec.destination.volume + "\" does not exist: entry doesn't exist"};
    const VolumeType wanted = type == "load_sharing" ? VolumeType::ls : VolumeType::dp;
    if (volume->type == VolumeType::rw && wanted == VolumeType::dp)
      base = common_snapshot(mirror_volume(cluster, spec.source), volume);
    if (volume->type != wanted && base == nullptr)
      return ModelError{Errno::snapmirror_not_dp, "Volume \"" + volume->name + "\" is not a volume of type " +
                                                      (wanted == VolumeType::ls ? "LS." : "DP.")};
  }
  if (cluster.find_svm(spec.source.svm) != nullptr && !spec.source.volume.empty() &&
      mirror_volume(cluster, spec.source) == nullptr) {
    return ModelError{Errno::entry_does_not_exist,
                      "Volume \"" + spec.source.volume + "\" does not exist: entry doesn't exist"};
  }
  if (!spec.policy.empty() && !cluster.snapmirror_policies.contains({"", spec.policy}) &&
      !cluster.snapmirror_policies.contains({spec.destination.svm, spec.policy})) {
    return ModelError{Errno::entry_does_not_exist,
                      "SnapMirror policy \"" + spec.policy + "\" does not exist: entry doesn't exist"};
  }
  if (!spec.schedule.empty() && !cluster.schedules.contains(spec.schedule))
    return refused("Schedule \"" + spec.schedule + "\" does not exist.");
  SnapMirror mirror;
  mirror.source = spec.source;
  mirror.destination = spec.destination;
  mirror.source_cluster = spec.source_cluster;
  mirror.type = type;
  mirror.policy = spec.policy.empty()
                      ? (type == "data_protection" || type == "load_sharing" ? "DPDefault" : "XDPDefault")
                      : spec.policy;
  mirror.schedule = spec.schedule;
  if (!spec.tries.empty()) mirror.tries = spec.tries;
  mirror.max_transfer_rate = spec.max_transfer_rate;
  mirror.identity_preserve = spec.identity_preserve;
  mirror.id = new_uuid(cluster.rng);
  if (base != nullptr) {
    mirror.mirror_state = "broken-off";
    mirror.newest_snapshot = base->name;
    mirror.newest_snapshot_time = base->created;
  }
  Record known;
  known.fields = {{"destination-location", spec.destination.location()},
                  {"destination-volume", spec.destination.volume},
                  {"destination-vserver", spec.destination.svm},
                  {"policy-type", "async_mirror"},
                  {"relationship-id", mirror.id.text()},
                  {"relationship-type", type},
                  {"relationship-status", "idle"},
                  {"source-location", spec.source.location()},
                  {"source-volume", spec.source.volume},
                  {"source-vserver", spec.source.svm}};
  cluster.records[std::string(kReleaseTable)][spec.destination.location()] = std::move(known);
  cluster.touch();
  return &cluster.snapmirrors.emplace(spec.destination, std::move(mirror)).first->second;
}

Result<std::uint64_t> start_transfer(Cluster& cluster, SnapMirror& mirror, const std::string& kind) {
  if (mirror.status == "transferring") return already_transferring(mirror);
  if (mirror.status == "quiesced" || mirror.status == "quiescing")
    return refused("The relationship \"" + mirror.destination.location() + "\" is quiesced.");
  const bool initialized = mirror.mirror_state != "uninitialized";
  if (kind == "initialize" && initialized)
    return refused("The relationship \"" + mirror.destination.location() + "\" is already initialized.");
  if (kind == "update" && mirror.mirror_state != "snapmirrored")
    return refused("The relationship \"" + mirror.destination.location() + "\" is not initialized.");
  if (kind == "resync" && mirror.mirror_state != "broken-off")
    return refused("The relationship \"" + mirror.destination.location() + "\" is not broken-off.");
  if (kind == "resync" && mirror.newest_snapshot.empty())
    return refused("No common Snapshot copy was found between source and destination.");
  const Volume* source = mirror_volume(cluster, mirror.source);
  if (source != nullptr && source->state != VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + source->name + "\" is offline."};
  if (kind == "resync") {
    if (Volume* destination = mirror_volume(cluster, mirror.destination)) {
      destination->type = VolumeType::dp;
      cluster.touch(*cluster.find_svm(mirror.destination.svm), *destination);
    }
  }
  mirror.status = "transferring";
  mirror.pending = kind;
  mirror.last_transfer_begin = cluster.now();
  const Bytes bytes = source == nullptr ? 0 : (kind == "initialize" ? source->written : source->written / 100);
  mirror.last_transfer_size = bytes;
  const std::uint64_t job = start_job(cluster,
                                      {.kind = JobKind::snapmirror,
                                       .name = "SnapMirror " + kind + " of " + mirror.destination.location(),
                                       .type = "SNAPMIRROR",
                                       .svm = mirror.destination.svm,
                                       .volume = mirror.destination.volume,
                                       .argument = kind},
                                      copy_time(cluster, bytes));
  mirror.due = cluster.jobs.at(job).due;
  cluster.touch();
  return job;
}

std::string finish_transfer(Cluster& cluster, const Endpoint& destination) {
  const auto at = cluster.snapmirrors.find(destination);
  if (at == cluster.snapmirrors.end()) return "The relationship \"" + destination.location() + "\" is gone.";
  SnapMirror& mirror = at->second;
  if (mirror.status != "transferring") return "";
  Volume* target = mirror_volume(cluster, destination);
  const Volume* source = mirror_volume(cluster, mirror.source);
  renew_base_snapshot(cluster, mirror);
  if (target != nullptr && source != nullptr) {
    Svm& svm = *cluster.find_svm(destination.svm);
    target->active = source->active;
    target->files_used = source->files_used;
    copy_snapshots(mirror, *source, *target);
    recharge(cluster, svm, *target);
  }
  mirror.last_transfer_type = mirror.pending;
  if (mirror.pending == "resync") ++mirror.resync_successful;
  if (mirror.pending == "update") ++mirror.update_successful;
  mirror.pending.clear();
  mirror.last_transfer_end = mirror.due;
  mirror.total_bytes += mirror.last_transfer_size;
  mirror.total_seconds +=
      std::chrono::duration_cast<std::chrono::seconds>(mirror.due - mirror.last_transfer_begin).count();
  mirror.mirror_state = "snapmirrored";
  mirror.status = "idle";
  cluster.touch();
  return "";
}

std::string finish_restore(Cluster& cluster, const Job& job) {
  const auto parts = base::split(job.argument, '\n');
  Volume* target = mirror_volume(cluster, {job.svm, job.volume});
  const Volume* source =
      parts.size() == 3 ? mirror_volume(cluster, {std::string(parts[0]), std::string(parts[1])}) : nullptr;
  if (target == nullptr || source == nullptr) return "A volume of the restore is gone.";
  const Snapshot* from = source->find_snapshot(parts[2]);
  if (from == nullptr && !source->snapshots.empty()) from = &source->snapshots.back();
  target->active = from == nullptr ? source->active : from->active;
  target->files_used = source->files_used;
  if (from != nullptr && target->find_snapshot(from->name) == nullptr) {
    Snapshot copy = *from;
    copy.clones = 0;
    copy.owners.clear();
    target->snapshot_held += copy.held;
    target->snapshots.push_back(std::move(copy));
  }
  Svm& svm = *cluster.find_svm(job.svm);
  recharge(cluster, svm, *target);
  cluster.touch(svm, *target);
  return "";
}

Result<void> quiesce_mirror(Cluster& cluster, SnapMirror& mirror) {
  if (mirror.mirror_state == "uninitialized" && mirror.status == "transferring")
    return refused("The relationship is being initialized and cannot be quiesced.");
  if (mirror.status == "transferring") (void)abort_transfer(cluster, mirror).ok();
  mirror.status = "quiesced";
  cluster.touch();
  return {};
}

Result<void> resume_mirror(Cluster& cluster, SnapMirror& mirror) {
  if (mirror.status != "quiesced")
    return ModelError{Errno::snapmirror_not_quiesced,
                      "The relationship \"" + mirror.destination.location() + "\" is not quiesced."};
  mirror.status = "idle";
  cluster.touch();
  return {};
}

Result<void> abort_transfer(Cluster& cluster, SnapMirror& mirror) {
  if (mirror.status != "transferring")
    return ModelError{Errno::snapmirror_no_transfer,
                      "No transfer to abort for \"" + mirror.destination.location() + "\"."};
  for (const auto& [key, id] : std::map(cluster.due_jobs)) {
    const Job& job = cluster.jobs.at(id);
    if (job.kind == JobKind::snapmirror && job.svm == mirror.destination.svm && job.volume == mirror.destination.volume)
      (void)cancel_job(cluster, id).ok();
  }
  mirror.status = "idle";
  if (mirror.pending == "update") ++mirror.update_failed;
  mirror.pending.clear();
  mirror.last_transfer_error = "Transfer aborted";
  cluster.touch();
  return {};
}

Result<void> break_mirror(Cluster& cluster, SnapMirror& mirror) {
  if (mirror.status == "transferring")
    return ModelError{Errno::snapmirror_other_operation,
                      "Another operation is active for \"" + mirror.destination.location() + "\"."};
  if (mirror.mirror_state == "uninitialized")
    return refused("The relationship \"" + mirror.destination.location() + "\" is not initialized.");
  Volume* target = mirror_volume(cluster, mirror.destination);
  if (target != nullptr) {
    if (target->type != VolumeType::dp)
      return ModelError{Errno::snapmirror_not_dp, "Volume \"" + target->name + "\" is not a volume of type DP."};
    target->type = VolumeType::rw;
    cluster.touch(*cluster.find_svm(mirror.destination.svm), *target);
  }
  mirror.mirror_state = "broken-off";
  mirror.status = "idle";
  ++mirror.break_successful;
  cluster.touch();
  return {};
}

Result<void> destroy_mirror(Cluster& cluster, const Endpoint& destination) {
  auto mirror = require_mirror(cluster, destination);
  if (!mirror) return mirror.error();
  if ((*mirror)->status == "transferring") return already_transferring(**mirror);
  cluster.snapmirrors.erase(destination);
  cluster.touch();
  return {};
}

Result<void> release_mirror(Cluster& cluster, const Endpoint& destination, bool info_only) {
  auto& known = cluster.records[std::string(kReleaseTable)];
  const auto at = known.find(destination.location());
  if (at == known.end()) {
    return ModelError{Errno::snapmirror_no_source_info, "Source information for relationship of destination \"" +
                                                            destination.location() +
                                                            "\" not found (entry doesn't exist)."};
  }
  const Endpoint source{at->second.fields["source-vserver"], at->second.fields["source-volume"]};
  const std::string prefix = "snapmirror." + at->second.fields["relationship-id"];
  known.erase(at);
  Svm* svm = cluster.find_svm(source.svm);
  if (Volume* volume = mirror_volume(cluster, source); volume != nullptr && !info_only) {
    std::vector<std::string> names;
    for (const Snapshot& snapshot : volume->snapshots) {
      if (snapshot.name.starts_with(prefix)) names.push_back(snapshot.name);
    }
    for (const std::string& name : names)
      (void)delete_snapshot(cluster, *svm, volume->name, name, true).ok();  // a clone may hold it
  }
  const auto mirror = cluster.snapmirrors.find(destination);
  if (mirror != cluster.snapmirrors.end()) mirror->second.source_known = false;
  cluster.touch();
  return {};
}

Result<void> create_svm_peer(Cluster& cluster, const SvmPeer& spec) {
  if (cluster.find_svm(spec.svm) == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  const auto same = [&](const SvmPeer& peer) { return peer.svm == spec.svm && peer.peer_svm == spec.peer_svm; };
  if (std::any_of(cluster.svm_peers.begin(), cluster.svm_peers.end(), same)) return duplicate_entry();
  SvmPeer peer = spec;
  const bool local = peer.peer_cluster.empty() || peer.peer_cluster == cluster.name;
  if (local && cluster.find_svm(peer.peer_svm) == nullptr)
    return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  if (!local && !cluster.cluster_peers.contains(peer.peer_cluster))
    return refused("Cluster \"" + peer.peer_cluster + "\" is not a peer of this cluster.");
  peer.peer_cluster = local ? cluster.name : peer.peer_cluster;
  peer.state = local ? "peered" : "initiated";
  cluster.svm_peers.push_back(peer);
  if (local && peer.svm != peer.peer_svm) {
    std::swap(peer.svm, peer.peer_svm);
    cluster.svm_peers.push_back(peer);
  }
  cluster.touch();
  return {};
}

Result<void> accept_svm_peer(Cluster& cluster, const std::string& svm, const std::string& peer_svm) {
  for (SvmPeer& peer : cluster.svm_peers) {
    if (peer.svm != svm || peer.peer_svm != peer_svm) continue;
    if (peer.state == "peered") return refused("The Vserver peer relationship is already in the state \"peered\".");
    peer.state = "peered";
    cluster.touch();
    return {};
  }
  return missing_entry();
}

Result<void> delete_svm_peer(Cluster& cluster, const std::string& svm, const std::string& peer_svm) {
  for (const auto& [destination, mirror] : cluster.snapmirrors) {
    const bool uses = (mirror.source.svm == peer_svm && destination.svm == svm) ||
                      (mirror.source.svm == svm && destination.svm == peer_svm);
    if (uses && svm != peer_svm)
      return refused("The Vserver peer relationship is in use by the SnapMirror relationship \"" +
                     destination.location() + "\".");
  }
  const auto gone = std::erase_if(cluster.svm_peers, [&](const SvmPeer& peer) {
    return (peer.svm == svm && peer.peer_svm == peer_svm) || (peer.svm == peer_svm && peer.peer_svm == svm);
  });
  if (gone == 0) return missing_entry();
  cluster.touch();
  return {};
}

}  // namespace ontap_sim::model
