// What happens by itself with time: jobs that end, old jobs that are forgotten. And what is derived from the rest.
#include <algorithm>

#include "ontap-sim/model/cluster.h"
#include "ontap-sim/model/mirror_ops.h"
#include "ontap-sim/model/qtree_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

void enforce_rules(const Svm& svm, Volume& volume) {
  for (auto& [key, rule] : volume.quota_rules) {
    rule.enforced = key.policy == svm.quota_policy;
    rule.enforced_disk_limit = rule.disk_limit;
  }
}

/// A resize applies to targets that are tracked already and, where a default rule exists, to every other.
void resize_rules(const Svm& svm, Volume& volume) {
  const bool has_default = std::any_of(volume.quota_rules.begin(), volume.quota_rules.end(), [&](const auto& row) {
    return row.first.type == QuotaType::tree && row.first.target.empty() && row.second.enforced;
  });
  for (auto& [key, rule] : volume.quota_rules) {
    if (key.policy != svm.quota_policy || !(rule.enforced || has_default)) continue;
    rule.enforced = true;
    rule.enforced_disk_limit = rule.disk_limit;
  }
}

void finish_split(Cluster& cluster, Svm& svm, Volume& volume) {
  if (!volume.clone) return;
  Svm* parent_svm = cluster.find_svm(volume.clone->svm);
  if (Volume* parent = parent_svm == nullptr ? nullptr : parent_svm->find_volume(volume.clone->volume)) {
    --parent->clone_children;
    if (Snapshot* snapshot = parent->find_snapshot(volume.clone->snapshot)) --snapshot->clones;
    cluster.touch(*parent_svm, *parent);
  }
  volume.clone.reset();
  volume.shared = 0;
  recharge(cluster, svm, volume);
  for (const std::string& name : volume.constituents) {
    if (Volume* part = svm.find_volume(name)) finish_split(cluster, svm, *part);
  }
}

std::string finish_move(Cluster& cluster, Svm& svm, Volume& volume, Job& job) {
  if (!volume.move || volume.move->job != job.id) return "";
  Move& move = *volume.move;
  if (move.cutover_action == "wait") {  // the client triggers the cutover itself
    move.phase = "cutover_hard_deferred";
    move.details = "Volume move job is waiting for the cutover to be triggered";
    cluster.touch(svm, volume);
    return "";
  }
  Aggregate* from = cluster.find_aggregate(volume.aggregate);
  Aggregate* to = cluster.find_aggregate(move.destination_aggregate);
  if (to == nullptr || to->available() < volume.charged) {
    move.state = move.phase = "failed";
    move.ended = cluster.now();
    cluster.touch(svm, volume);
    return "There is not enough space in aggregate \"" + move.destination_aggregate + "\".";
  }
  if (from != nullptr) {
    from->charged -= volume.charged;
    from->written -= volume.written;
    --from->volume_count;
  }
  volume.charged = volume.written = 0;
  volume.aggregate = move.destination_aggregate;
  volume.instance_uuid = new_uuid(cluster.rng);
  ++to->volume_count;
  move.phase = "completed";
  move.state = "done";
  move.details = "Successful";
  move.ended = job.due;
  if (volume.svm_root) {
    svm.root_aggregate = volume.aggregate;
    cluster.touch(svm);
  }
  recharge(cluster, svm, volume);
  return "";
}

/// "" when it went well.
std::string perform(Cluster& cluster, Job& job) {
  if (job.kind == JobKind::snapmirror) return finish_transfer(cluster, {job.svm, job.volume});
  if (job.kind == JobKind::restore) return finish_restore(cluster, job);
  Svm* svm = cluster.find_svm(job.svm);
  Volume* volume = svm == nullptr ? nullptr : svm->find_volume(job.volume);
  if (volume == nullptr)
    return job.kind == JobKind::finished || job.kind == JobKind::other
               ? ""
               : "Volume \"" + job.volume + "\" does not exist.";
  switch (job.kind) {
    case JobKind::quota_on:
      if (volume->quota_state == QuotaState::initializing) {
        volume->quota_state = QuotaState::on;
        enforce_rules(*svm, *volume);
        cluster.touch(*svm, *volume);
      }
      return "";
    case JobKind::quota_resize:
      if (volume->quota_state == QuotaState::resizing) {
        volume->quota_state = QuotaState::on;
        resize_rules(*svm, *volume);
        cluster.touch(*svm, *volume);
      }
      return "";
    case JobKind::clone_split: finish_split(cluster, *svm, *volume); return "";
    case JobKind::volume_move: return finish_move(cluster, *svm, *volume, job);
    case JobKind::finished:
    case JobKind::quota_off:
    case JobKind::volume_create:
    case JobKind::volume_destroy:
    case JobKind::volume_modify:
    case JobKind::snapmirror:
    case JobKind::restore:
    case JobKind::other: return "";
  }
  return "";
}

}  // namespace

void settle(Cluster& cluster) {
  const TimePoint now = cluster.now();
  while (!cluster.due_jobs.empty() && cluster.due_jobs.begin()->first.first <= now) {
    const std::uint64_t id = cluster.due_jobs.begin()->second;
    cluster.due_jobs.erase(cluster.due_jobs.begin());
    Job& job = cluster.jobs.at(id);
    const std::string problem = perform(cluster, job);
    job.state = problem.empty() ? "success" : "failure";
    job.completion = problem.empty() ? "Successful" : problem;
    job.status_code = problem.empty() ? 0 : 1;
    job.progress = "Complete: " + job.completion + " [" + std::to_string(job.status_code) + "]";
    job.ended = job.due;
    cluster.touch(job);
  }
  while (!cluster.jobs.empty()) {
    const auto oldest = cluster.jobs.begin();
    const bool ended = oldest->second.state != "running" && oldest->second.state != "queued";
    if (!ended || oldest->second.ended + cluster.settings.job_retention > now) break;
    cluster.touch(oldest->second);
    cluster.jobs.erase(oldest);
  }
}

void rebuild_derived(Cluster& cluster) {
  cluster.lif_by_address.clear();
  cluster.due_jobs.clear();
  for (auto& [name, aggregate] : cluster.aggregates) aggregate.charged = aggregate.written = aggregate.volume_count = 0;
  for (auto& [name, svm] : cluster.svms) {
    svm.junctions.clear();
    for (const auto& [volume_name, volume] : svm.volumes) {
      if (!volume.junction_path.empty()) svm.junctions[base::to_lower(volume.junction_path)] = volume_name;
      if (Aggregate* aggregate = cluster.find_aggregate(volume.aggregate)) {
        aggregate->charged += volume.charged;
        aggregate->written += volume.written;
        ++aggregate->volume_count;
      }
    }
    for (const auto& [lif_name, lif] : svm.lifs) {
      if (!lif.address.empty()) cluster.lif_by_address.try_emplace(lif.address, LifRef{name, lif_name});
    }
  }
  for (const auto& [id, job] : cluster.jobs) {
    if (job.state == "running" || job.state == "queued") cluster.due_jobs.emplace(std::pair{job.due, id}, id);
  }
}

}  // namespace ontap_sim::model
