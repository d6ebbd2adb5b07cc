#include "ontap-sim/model/aggregate_ops.h"

#include <algorithm>

namespace ontap_sim::model {
namespace {

constexpr int kParityDisks = 2;

Result<Portset*> require_portset(Svm& svm, const std::string& name) {
  const auto at = svm.portsets.find(name);
  if (at == svm.portsets.end()) return missing_entry();
  return &at->second;
}

Bytes usable(int disk_count, Bytes disk_size) {
  return round_up(std::max(0, disk_count - kParityDisks) * disk_size / 10 * 9);
}

}  // namespace

Result<Aggregate*> require_aggregate(Cluster& cluster, const std::string& name) {
  Aggregate* aggregate = cluster.find_aggregate(name);
  if (aggregate == nullptr)
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + name + "\" does not exist."};
  return aggregate;
}

Result<Aggregate*> create_aggregate(Cluster& cluster, const NewAggregate& spec) {
  if (!is_identifier(spec.name)) return refused("Aggregate name \"" + spec.name + "\" is invalid.");
  if (cluster.find_aggregate(spec.name) != nullptr)
    return ModelError{Errno::eexist, "Aggregate \"" + spec.name + "\" already exists."};
  if (!cluster.nodes.contains(spec.node)) return refused("Node \"" + spec.node + "\" does not exist.");
  if (spec.disk_count <= kParityDisks)
    return refused("At least " + std::to_string(kParityDisks + 1) + " disks are needed for an aggregate of type \"" +
                   spec.raid_type + "\".");
  Aggregate aggregate;
  aggregate.name = spec.name;
  aggregate.node = aggregate.home_node = spec.node;
  aggregate.type = spec.type;
  aggregate.raid_type = spec.raid_type;
  aggregate.raid_size = spec.raid_size;
  aggregate.disk_count = spec.disk_count;
  aggregate.size = usable(spec.disk_count, spec.disk_size > 0 ? spec.disk_size : kTiB);
  aggregate.uuid = new_uuid(cluster.rng);
  Aggregate& placed = cluster.aggregates.emplace(spec.name, std::move(aggregate)).first->second;
  cluster.touch(placed);
  return &placed;
}

Result<void> add_disks(Cluster& cluster, const std::string& name, int disk_count) {
  auto aggregate = require_aggregate(cluster, name);
  if (!aggregate) return aggregate.error();
  if (disk_count < 1) return refused("The number of disks to add must be positive.");
  const int data = std::max(1, (*aggregate)->disk_count - kParityDisks);
  (*aggregate)->size += round_up((*aggregate)->size / data * disk_count);
  (*aggregate)->disk_count += disk_count;
  cluster.touch(**aggregate);
  return {};
}

Result<void> destroy_aggregate(Cluster& cluster, const std::string& name) {
  auto aggregate = require_aggregate(cluster, name);
  if (!aggregate) return aggregate.error();
  if ((*aggregate)->volume_count > 0)
    return refused("Aggregate \"" + name + "\" contains volumes and cannot be deleted.");
  if ((*aggregate)->root) return refused("Aggregate \"" + name + "\" is a root aggregate and cannot be deleted.");
  for (auto& [svm_name, svm] : cluster.svms) {
    if (std::erase(svm.aggregates, name) > 0) cluster.touch(svm);
  }
  cluster.touch(**aggregate);
  cluster.aggregates.erase(name);
  return {};
}

Result<void> rename_aggregate(Cluster& cluster, const std::string& name, const std::string& new_name) {
  auto aggregate = require_aggregate(cluster, name);
  if (!aggregate) return aggregate.error();
  if (!is_identifier(new_name)) return refused("Aggregate name \"" + new_name + "\" is invalid.");
  if (cluster.find_aggregate(new_name) != nullptr)
    return ModelError{Errno::eexist, "Aggregate \"" + new_name + "\" already exists."};
  cluster.touch(**aggregate);
  auto node = cluster.aggregates.extract(name);
  node.key() = node.mapped().name = new_name;
  cluster.touch(cluster.aggregates.insert(std::move(node)).position->second);
  for (auto& [svm_name, svm] : cluster.svms) {
    for (auto& [volume_name, volume] : svm.volumes) {
      if (volume.aggregate != name) continue;
      volume.aggregate = new_name;
      cluster.touch(svm, volume);
    }
    const auto listed = std::find(svm.aggregates.begin(), svm.aggregates.end(), name);
    if (listed == svm.aggregates.end() && svm.root_aggregate != name) continue;
    if (listed != svm.aggregates.end()) *listed = new_name;
    if (svm.root_aggregate == name) svm.root_aggregate = new_name;
    cluster.touch(svm);
  }
  return {};
}

Result<void> create_snapshot_policy(Cluster& cluster, Svm& svm, const SnapshotPolicy& policy) {
  if (policy.name.empty()) return refused("A snapshot policy needs a name.");
  if (svm.snapshot_policies.contains(policy.name)) return duplicate_entry();
  for (const SnapshotSchedule& schedule : policy.schedules) {
    if (!cluster.schedules.contains(schedule.schedule))
      return refused("Schedule \"" + schedule.schedule + "\" does not exist.");
  }
  svm.snapshot_policies.emplace(policy.name, policy);
  cluster.touch(svm);
  return {};
}

Result<void> destroy_snapshot_policy(Cluster& cluster, Svm& svm, const std::string& name) {
  if (!svm.snapshot_policies.contains(name)) return missing_entry();
  for (const auto& [volume_name, volume] : svm.volumes) {
    if (volume.snapshot_policy == name)
      return refused("Snapshot policy \"" + name + "\" is in use by volume \"" + volume_name + "\".");
  }
  svm.snapshot_policies.erase(name);
  cluster.touch(svm);
  return {};
}

Result<void> create_portset(Cluster& cluster, Svm& svm, const Portset& portset) {
  if (portset.name.empty()) return refused("A portset needs a name.");
  if (portset.protocol != "iscsi" && portset.protocol != "fcp" && portset.protocol != "mixed") {
    return invalid_value("portset-type", "portset-create", portset.protocol);
  }
  if (svm.portsets.contains(portset.name)) return duplicate_entry();
  svm.portsets.emplace(portset.name, portset);
  cluster.touch(svm);
  return {};
}

Result<void> destroy_portset(Cluster& cluster, Svm& svm, const std::string& name, bool force) {
  auto portset = require_portset(svm, name);
  if (!portset) return portset.error();
  for (auto& [igroup_name, igroup] : svm.igroups) {
    if (igroup.portset != name) continue;
    if (!force) return refused("Portset \"" + name + "\" is bound to initiator group \"" + igroup_name + "\".");
    igroup.portset.clear();
    cluster.touch(svm, igroup);
  }
  svm.portsets.erase(name);
  cluster.touch(svm);
  return {};
}

Result<void> add_to_portset(Cluster& cluster, Svm& svm, const std::string& name, const std::string& lif) {
  auto portset = require_portset(svm, name);
  if (!portset) return portset.error();
  if (!svm.lifs.contains(lif)) return refused("LIF \"" + lif + "\" does not exist in Vserver \"" + svm.name + "\".");
  if (!(*portset)->lifs.insert(lif).second) return duplicate_entry();
  cluster.touch(svm);
  return {};
}

Result<void> remove_from_portset(Cluster& cluster, Svm& svm, const std::string& name, const std::string& lif) {
  auto portset = require_portset(svm, name);
  if (!portset) return portset.error();
  if ((*portset)->lifs.erase(lif) == 0) return missing_entry();
  cluster.touch(svm);
  return {};
}

}  // namespace ontap_sim::model
