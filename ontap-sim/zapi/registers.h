#pragma once

#include <string_view>
#include <vector>

#include "ontap-sim/zapi/call.h"

/// The rows of registers, facilities, administration, nodes, flexcache, snapshot_policy and encryption.cpp, joined in
/// table.cpp.
namespace ontap_sim::zapi {

std::vector<ApiEntry> register_apis();
std::vector<ApiEntry> facility_apis();
std::vector<ApiEntry> administration_apis();
std::vector<ApiEntry> node_apis();
std::vector<ApiEntry> flexcache_apis();
std::vector<ApiEntry> snapshot_policy_apis();
std::vector<ApiEntry> encryption_apis();
/// A reply that is not made from the model: a list of what the modelled cluster cannot have (always empty, with a
/// warning in the log), or a setting that cannot be changed. --list-apis says "no".
bool constant_reply(std::string_view api);

}  // namespace ontap_sim::zapi
