#pragma once

#include "ontap-sim/model/cluster.h"

/// Snapshots of one volume and consistency groups. Errors: 13020 exists, 15661 missing, 13022 too many, 13024 busy,
/// 13040 volume missing, 13042 volume offline. Source: sections 7.5 and 8.3 of the array's specification.
namespace ontap_sim::model {

struct NewSnapshot {
  std::string volume{};
  std::string name{};
  std::string comment{};
  std::string label{};
};
Result<Snapshot*> create_snapshot(Cluster& cluster, Svm& svm, const NewSnapshot& spec);
Result<void> delete_snapshot(Cluster& cluster, Svm& svm, const std::string& volume, const std::string& name,
                             bool ignore_owners);
Result<void> rename_snapshot(Cluster& cluster, Svm& svm, const std::string& volume, const std::string& name,
                             const std::string& new_name);
/// The licence is checked before anything else: a client probes for it with a volume that does not exist.
Result<void> restore_snapshot(Cluster& cluster, Svm& svm, const std::string& volume, const std::string& name);
/// 255 up to 9.3, 1023 from 9.4.
int snapshots_max(const Cluster& cluster);

struct NewConsistencyGroup {
  std::string snapshot{};
  std::string label{};
  std::vector<std::string> volumes{};
  base::Duration fence = std::chrono::seconds(7);
};
Result<std::uint64_t> start_consistency_group(Cluster& cluster, Svm& svm, const NewConsistencyGroup& spec);
Result<void> commit_consistency_group(Cluster& cluster, Svm& svm, std::uint64_t id);

/// "", "busy,vclone", "snapmirror" and so on.
std::string dependency_of(const Snapshot& snapshot);

}  // namespace ontap_sim::model
