#include "ontap-sim/model/job_ops.h"

#include <algorithm>

namespace ontap_sim::model {

std::uint64_t start_job(Cluster& cluster, const NewJob& spec, base::Duration duration) {
  Job job;
  job.id = cluster.counters.next_job++;
  job.uuid = new_uuid(cluster.rng);
  job.kind = spec.kind;
  job.name = spec.name;
  job.type = spec.type;
  job.description = spec.name;
  job.svm = spec.svm;
  job.volume = spec.volume;
  job.argument = spec.argument;
  job.node = spec.node.empty() && !cluster.nodes.empty() ? cluster.nodes.begin()->first : spec.node;
  job.state = "running";
  job.queued = job.started = cluster.now();
  job.due = cluster.now() + duration;
  cluster.due_jobs.emplace(std::pair{job.due, job.id}, job.id);
  cluster.touch(job);
  cluster.changes.insert({ObjectKind::counters, "", ""});
  const std::uint64_t id = job.id;
  cluster.jobs.emplace(id, std::move(job));
  return id;
}

std::uint64_t record_job(Cluster& cluster, const NewJob& spec, const std::string& completion) {
  const std::uint64_t id = start_job(cluster, spec, base::Duration{0});
  Job& job = cluster.jobs.at(id);
  cluster.due_jobs.erase({job.due, id});
  job.state = "success";
  job.completion = completion;
  job.progress = "Complete: " + completion + " [0]";
  job.ended = cluster.now();
  return id;
}

Result<void> cancel_job(Cluster& cluster, std::uint64_t id) {
  const auto at = cluster.jobs.find(id);
  if (at == cluster.jobs.end()) return missing_entry();
  Job& job = at->second;
  if (job.state != "running" && job.state != "queued")
    return refused("Job " + std::to_string(id) + " is already in state \"" + job.state + "\".");
  cluster.due_jobs.erase({job.due, id});
  job.state = "quit";
  job.completion = "Job was stopped";
  job.ended = cluster.now();
  cluster.touch(job);
  return {};
}

base::Duration copy_time(const Cluster& cluster, Bytes bytes) {
  const double seconds = static_cast<double>(bytes) / static_cast<double>(cluster.settings.copy_bytes_per_second);
  return std::max(cluster.settings.job_time,
                  std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds)));
}

}  // namespace ontap_sim::model
