#pragma once

#include "ontap-sim/model/cluster.h"

/// Life of aggregates, and the small policies of an SVM. Errors: 14420 unknown aggregate, 13130 duplicate, 15661
/// missing, 13001 in use. Source: sections 7.2 and 7.5 of the array's specification.
namespace ontap_sim::model {

struct NewAggregate {
  std::string name{};
  std::string node{};
  std::string type = "hdd";
  std::string raid_type = "raid_dp";
  int disk_count = 5;
  int raid_size = 16;
  Bytes disk_size = 0;  // 0 = 1 TiB
};
Result<Aggregate*> create_aggregate(Cluster& cluster, const NewAggregate& spec);
Result<void> add_disks(Cluster& cluster, const std::string& name, int disk_count);
/// Only an empty aggregate goes.
Result<void> destroy_aggregate(Cluster& cluster, const std::string& name);
/// Volumes and the lists of SVMs follow.
Result<void> rename_aggregate(Cluster& cluster, const std::string& name, const std::string& new_name);
Result<Aggregate*> require_aggregate(Cluster& cluster, const std::string& name);

Result<void> create_snapshot_policy(Cluster& cluster, Svm& svm, const SnapshotPolicy& policy);
Result<void> destroy_snapshot_policy(Cluster& cluster, Svm& svm, const std::string& name);

Result<void> create_portset(Cluster& cluster, Svm& svm, const Portset& portset);
Result<void> destroy_portset(Cluster& cluster, Svm& svm, const std::string& name, bool force);
Result<void> add_to_portset(Cluster& cluster, Svm& svm, const std::string& name, const std::string& lif);
Result<void> remove_from_portset(Cluster& cluster, Svm& svm, const std::string& name, const std::string& lif);

}  // namespace ontap_sim::model
