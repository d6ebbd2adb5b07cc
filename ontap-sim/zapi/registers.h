#pragma once

#include <string_view>
#include <vector>

#include "ontap-sim/zapi/call.h"

/// The rows of registers, facilities, administration, nodes, flexcache, snapshot_policy, mirror_policy, encryption and
/// equipment.cpp, joined in table.cpp.
namespace ontap_sim::zapi {

std::vector<ApiEntry> register_apis();
std::vector<ApiEntry> facility_apis();
std::vector<ApiEntry> administration_apis();
std::vector<ApiEntry> node_apis();
std::vector<ApiEntry> flexcache_apis();
std::vector<ApiEntry> snapshot_policy_apis();
std::vector<ApiEntry> mirror_policy_apis();
std::vector<ApiEntry> encryption_apis();
std::vector<ApiEntry> equipment_apis();

}  // namespace ontap_sim::zapi
