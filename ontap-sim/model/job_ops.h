#pragma once

#include "ontap-sim/model/cluster.h"

/// Jobs: work that takes virtual time. Source: section 3.8 of the array's specification.
namespace ontap_sim::model {

struct NewJob {
  JobKind kind = JobKind::finished;
  std::string name{};
  std::string type{};
  std::string svm{};
  std::string volume{};
  std::string argument{};
  std::string node{};
};
/// Queues a job that is done `duration` from now; with zero it is done at the next settle(). Returns its id.
std::uint64_t start_job(Cluster& cluster, const NewJob& spec, base::Duration duration);
/// Records work that is done already ("Vserver creation completed").
std::uint64_t record_job(Cluster& cluster, const NewJob& spec, const std::string& completion);
/// 15661 when unknown; a finished job cannot be stopped.
Result<void> cancel_job(Cluster& cluster, std::uint64_t id);
/// Time to copy that many bytes at the lab's rate, never less than the time of a job.
base::Duration copy_time(const Cluster& cluster, Bytes bytes);

}  // namespace ontap_sim::model
