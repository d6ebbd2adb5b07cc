#pragma once

#include <vector>

#include "ontap-sim/zapi/get_iter.h"

/// The rows of every family, joined in table.cpp. To add a call, add a function and its row to the family's file.
namespace ontap_sim::zapi {

std::vector<ApiEntry> catalogue();
std::vector<ApiEntry> system_apis();
std::vector<ApiEntry> aggr_apis();
std::vector<ApiEntry> vserver_apis();
std::vector<ApiEntry> volume_apis();
std::vector<ApiEntry> volume_record_apis();
std::vector<ApiEntry> volume_async_apis();
std::vector<ApiEntry> clone_apis();
std::vector<ApiEntry> snapshot_apis();
std::vector<ApiEntry> qtree_apis();
std::vector<ApiEntry> quota_apis();
std::vector<ApiEntry> lun_apis();
std::vector<ApiEntry> lun_map_apis();
std::vector<ApiEntry> igroup_apis();
std::vector<ApiEntry> iscsi_apis();
std::vector<ApiEntry> file_apis();
std::vector<ApiEntry> policy_apis();
std::vector<ApiEntry> security_apis();
std::vector<ApiEntry> perf_apis();
std::vector<ApiEntry> settings_apis();
std::vector<ApiEntry> cifs_apis();
std::vector<ApiEntry> job_apis();
std::vector<ApiEntry> nfs_apis();
std::vector<ApiEntry> sis_apis();
std::vector<ApiEntry> qos_apis();
std::vector<ApiEntry> port_apis();
std::vector<ApiEntry> network_apis();
std::vector<ApiEntry> export_apis();
std::vector<ApiEntry> mirror_apis();
std::vector<ApiEntry> peer_apis();

/// Offline volumes in the way of a query for one: `volume-errors` with 13023. True when that was written.
void put_volume_error(Call& call, const model::Svm& svm, const std::string& volume, Errno code,
                      const std::string& reason);

}  // namespace ontap_sim::zapi
