// One explicit list of families; the table is sorted and searched by name.
#include <algorithm>

#include "ontap-sim/zapi/dispatch.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {

const std::vector<ApiEntry>& table() {
  static const std::vector<ApiEntry> rows = [] {
    std::map<std::string_view, ApiEntry> by_name;
    for (const ApiEntry& row : catalogue()) by_name.emplace(row.name, row);
    for (const auto family :
         {system_apis,       aggr_apis,           vserver_apis,      volume_apis,    volume_record_apis,
          volume_async_apis, clone_apis,          snapshot_apis,     qtree_apis,     quota_apis,
          lun_apis,          lun_map_apis,        igroup_apis,       iscsi_apis,     file_apis,
          policy_apis,       security_apis,       perf_apis,         settings_apis,  register_apis,
          facility_apis,     administration_apis, node_apis,         flexcache_apis, snapshot_policy_apis,
          encryption_apis,   cifs_apis,           job_apis,          nfs_apis,       sis_apis,
          qos_apis,          port_apis,           network_apis,      export_apis,    mirror_apis,
          peer_apis,         equipment_apis,      mirror_policy_apis}) {
      for (ApiEntry row : family()) {
        const auto at = by_name.find(row.name);
        row.tier = at == by_name.end() ? 0 : at->second.tier;  // 0: modelled, but no client in the catalogue sends it
        by_name.insert_or_assign(row.name, row);
      }
    }
    std::vector<ApiEntry> sorted;
    for (const auto& [name, row] : by_name) sorted.push_back(row);
    return sorted;
  }();
  return rows;
}

const ApiEntry* find_api(std::string_view name) {
  const auto& rows = table();
  const auto at = std::lower_bound(rows.begin(), rows.end(), name,
                                   [](const ApiEntry& row, std::string_view want) { return row.name < want; });
  return at == rows.end() || at->name != name ? nullptr : &*at;
}

}  // namespace ontap_sim::zapi
