// What collectors read of the cluster beside its storage, its nodes (nodes.cpp) and what administrators set
// (administration.cpp): NDMP, object stores, virus scan, services. Source: Ansible's na_ontap_info, Harvest's
// templates; appendix A of the array's specification.
#include <algorithm>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/zapi/each.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

using model::Node;
using model::Record;
using model::Svm;

Status failover_group_get_iter(Call& call) {
  static const RecordShape shape{"net-failover-group-info", {"vserver", "failover-group"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.broadcast_domains) {
    const auto& key = entry.first;
    const auto& domain = entry.second;
    const std::string owner = key.first == "Default" ? call.cluster.name : key.first;
    const bool more = (*page)->row({owner, key.second}, [&](Out& out) {
      out.text("failover-group", key.second);
      out.list("targets", "net-qualified-port-name", domain.ports);
      out.text("vserver", owner);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status aggr_efficiency_get_iter(Call& call) {
  static const RecordShape shape{"aggr-efficiency-info", {"aggregate"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.aggregates, 0, true,
                [&](const std::string& name, const model::Aggregate& aggregate, bool) {
                  return (*page)->row({name}, [&](Out& out) {
                    out.text("aggregate", name);
                    out.text("node", aggregate.node);
                    if (!out.open("aggr-efficiency-cumulative-info")) return;
                    model::Bytes logical = 0;
                    model::Bytes active = 0;         // without Snapshot copies
                    model::Bytes active_parent = 0;  // and without clones
                    model::Bytes written = 0;
                    model::Bytes written_parent = 0;
                    for (const auto& [svm_name, svm] : call.cluster.svms) {
                      for (const auto& [volume_name, volume] : svm.volumes) {
                        if (volume.aggregate != name) continue;
                        const model::Bytes own = std::max<model::Bytes>(0, volume.written - volume.snapshot_held);
                        logical += volume.active + volume.snapshot_held;
                        active += volume.active;
                        written += own;
                        if (!volume.clone) active_parent += volume.active;
                        if (!volume.clone) written_parent += own;
                      }
                    }
                    out.integer("total-data-reduction-logical-used-wo-snapshots", active);
                    out.integer("total-data-reduction-logical-used-wo-snapshots-flexclones", active_parent);
                    out.integer("total-data-reduction-physical-used-wo-snapshots", written);
                    out.integer("total-data-reduction-physical-used-wo-snapshots-flexclones", written_parent);
                    out.integer("total-logical-used", logical);
                    out.integer("total-physical-used", aggregate.used());
                    out.close();
                    if (!out.open("aggr-efficiency-volume-info")) return;
                    out.integer("volume-compression-saved", 0);  // nothing is compressed here
                    out.close();
                  });
                });
  return (*page)->finish();
}

Status cluster_ha_get(Call& call) {
  append_text(call.put("attributes").append_child("cluster-ha-info"), "ha-configured",
              kept(call.cluster.records, "cluster-ha", "", "ha-configured", "true"));
  return {};
}
Status cluster_ha_modify(Call& call) {
  call.cluster.records["cluster-ha"][""].fields["ha-configured"] = call.flag("ha-configured") ? "true" : "false";
  call.cluster.touch();
  return {};
}
Status diagnosis_status_get(Call& call) {
  const bool healthy = std::all_of(call.cluster.nodes.begin(), call.cluster.nodes.end(),
                                   [](const auto& entry) { return entry.second.healthy; });
  append_text(call.put("attributes").append_child("diagnosis-status"), "status", healthy ? "ok" : "degraded");
  return {};
}
Status diagnosis_subsystem_get_iter(Call& call) {
  static const RecordShape shape{"diagnosis-subsystem-config-info", {"subsystem"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  const bool healthy = std::all_of(call.cluster.nodes.begin(), call.cluster.nodes.end(),
                                   [](const auto& entry) { return entry.second.healthy; });
  for (const char* name :
       {"cifs_ndo", "environment", "fhm_bridge", "io", "memory", "motherboard", "sas_connect", "switch_health"}) {
    const bool more = (*page)->row({name}, [&](Out& out) {
      out.text("health", healthy ? "ok" : "degraded");
      out.integer("outstanding-alert-count", 0);
      out.text("subsystem", name);
      out.integer("suppressed-alert-count", 0);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status vscan_status_get_iter(Call& call) {
  return each_vserver(call, "vscan-status-info", false, [](Out& out, const Svm& svm) {
    out.text("is-vscan-enabled", kept(svm.records, "vscan-status", "", "is-vscan-enabled", "false"));
  });
}
Status vscan_status_modify(Call& call) {
  call.svm().records["vscan-status"][""].fields["is-vscan-enabled"] = call.flag("is-vscan-enabled") ? "true" : "false";
  call.cluster.touch(call.svm());
  return {};
}
/// Set by `vserver cifs options modify`.
Status cifs_options_get_iter(Call& call) {
  static const RecordShape shape{"cifs-options", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.cifs) return true;
    return (*page)->row({svm.name}, [&](Out& out) {
      for (const auto& [field, normal] :
           {std::pair{"default-unix-user", "pcuser"}, std::pair{"is-smb2-enabled", "true"},
            std::pair{"is-smb3-enabled", "true"}, std::pair{"max-mpx", "255"}, std::pair{"read-grants-exec", "false"}})
        out.text(field, kept(svm.records, "cifs-options", "", field, normal));
      out.text("vserver", svm.name);
    });
  });
  return (*page)->finish();
}
Status service_policy_get_iter(Call& call) {
  static const RecordShape shape{"net-interface-service-policy-info", {"vserver", "policy"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (svm.type != model::SvmType::data) return true;
    for (const auto& [policy, services] :
         {std::pair{"default-data-blocks", "data-core,data-iscsi"},
          std::pair{"default-data-files", "data-core,data-nfs,data-cifs"},
          std::pair{"default-management", "data-core,management-ssh,management-https"}}) {
      const char* name = policy;
      const auto listed = base::split(services, ',');
      if (!(*page)->row({svm.name, name}, [&](Out& out) {
            out.text("policy", name);
            out.list("services", "lif-service-name", listed);
            out.text("vserver", svm.name);
          }))
        return false;
    }
    return true;
  });
  return (*page)->finish();
}

constexpr std::pair<const char*, const char*> kNdmp[] = {
    {"abort-on-disk-error", "false"},  {"backup-log-enable", "true"},
    {"data-port-range", "all"},        {"debug-enable", "false"},
    {"debug-filter", "none"},          {"dump-detailed-stats", "false"},
    {"dump-logical-find", "default"},  {"enable", "false"},
    {"fh-dir-retry-interval", "250"},  {"fh-node-retry-interval", "250"},
    {"ignore-ctime-enabled", "false"}, {"is-secure-control-connection-enabled", "false"},
    {"offset-map-enable", "true"},     {"per-qtree-exclude-enable", "false"},
    {"restore-vm-cache-size", "64"},   {"secondary-debug-filter", ""},
    {"tcpnodelay", "false"},           {"tcpwinsize", "32768"}};
struct NdmpList {
  const char* name;
  const char* child;
  std::vector<std::string> normal;
};
const std::vector<NdmpList>& ndmp_lists() {
  static const std::vector<NdmpList> lists = {{"authtype", "ndmpd-authtypes", {"challenge"}},
                                              {"preferred-interface-role", "netport-role", {"intercluster", "data"}}};
  return lists;
}

Status ndmp_get_iter(Call& call) {
  return each_vserver(call, "ndmp-vserver-attributes-info", false, [](Out& out, const Svm& svm) {
    for (const auto& [field, normal] : kNdmp) out.text(field, kept(svm.records, "ndmp", "", field, normal));
    const auto rows = svm.records.find("ndmp");
    for (const NdmpList& list : ndmp_lists()) {
      const std::vector<std::string>* values = &list.normal;
      if (rows != svm.records.end() && rows->second.contains("")) {
        const auto& set = rows->second.find("")->second.lists;
        if (const auto at = set.find(list.name); at != set.end()) values = &at->second;
      }
      out.list(list.name, list.child, *values);
    }
  });
}

Status ndmp_modify(Call& call) {
  Record& record = call.svm().records["ndmp"][""];
  for (const auto& [field, normal] : kNdmp) {
    if (!call.has(field)) continue;
    const auto flag = parse_boolean(call.text(field));
    const bool boolean = std::string_view(normal) == "true" || std::string_view(normal) == "false";
    if (boolean && !flag) return call.invalid(field);
    record.fields[field] = boolean ? (*flag ? "true" : "false") : call.text(field);
  }
  for (const NdmpList& list : ndmp_lists()) {
    if (auto values = call.list(list.name, list.child)) record.lists[list.name] = std::move(*values);
  }
  call.cluster.touch(call.svm());
  return {};
}

/// Object stores behind aggregates: each is attached once.
Status object_store_attach(Call& call) {
  const std::string aggregate = call.text("aggregate");
  const std::string store = call.text("object-store-name");
  if (!call.cluster.aggregates.contains(aggregate))
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + aggregate + "\" does not exist."};
  if (!call.cluster.records["object-store"].contains(store)) return model::missing_entry();
  auto& rows = call.cluster.records["aggr-object-store"];
  if (rows.contains(aggregate)) return model::duplicate_entry();
  rows[aggregate].fields = {{"object-store-name", store}};
  call.cluster.touch();
  return {};
}

Status object_store_get_iter(Call& call) {
  static const RecordShape shape{"object-store-information", {"aggregate", "object-store-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& [aggregate, record] : call.cluster.records["aggr-object-store"]) {
    const std::string& name = aggregate;
    const std::string store = record.fields.at("object-store-name");
    const bool more = (*page)->row({name, store}, [&](Out& out) {
      out.text("aggregate", name);
      out.text("object-store-availability", "available");
      out.text("object-store-name", store);
      out.text("provider-type", kept(call.cluster.records, "object-store", store, "provider-type", ""));
    });
    if (!more) break;
  }
  return (*page)->finish();
}

/// No virus scanner ever connects here: every host of a scanner pool is shown as gone.
Status vscan_connections(Call& call) {
  const bool statistics = call.api.name == "vscan-connection-extended-stats-get-iter";
  const RecordShape shape{statistics ? "vscan-connection-extended-stats-info" : "vscan-connection-status-all-info",
                          {"vserver", "server", "node"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    const auto pools = svm.records.find("vscan-scanner-pool");
    if (pools == svm.records.end()) return true;
    std::set<std::string> hosts;
    for (const auto& [name, pool] : pools->second) {
      const auto listed = pool.lists.find("hostnames");
      if (listed != pool.lists.end()) hosts.insert(listed->second.begin(), listed->second.end());
    }
    for (const std::string& host : hosts) {
      for (const auto& entry : call.cluster.nodes) {
        const std::string& node = entry.first;
        const bool more = (*page)->row({svm.name, host, node}, [&](Out& out) {
          out.text("node", node);
          out.text("server", host);
          if (statistics) {
            out.integer("scan-request-sent", 0);
          } else {
            out.text("server-status", "disconnected");
          }
          out.text("vserver", svm.name);
        });
        if (!more) return false;
      }
    }
    return true;
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> facility_apis() {
  std::vector<ApiEntry> rows = {
      {.name = "ndmp-vserver-attributes-get-iter", .scope = Scope::any, .input = kIter, .run = ndmp_get_iter},
      {.name = "ndmp-vserver-attributes-modify",
       .scope = Scope::svm,
       .input = "abort-on-disk-error authtype:r backup-log-enable data-port-range debug-enable debug-filter "
                "dump-detailed-stats dump-logical-find enable "
                "fh-dir-retry-interval fh-node-retry-interval ignore-ctime-enabled "
                "is-secure-control-connection-enabled offset-map-enable per-qtree-exclude-enable "
                "preferred-interface-role:r restore-vm-cache-size secondary-debug-filter tcpnodelay tcpwinsize",
       .run = ndmp_modify},
      {.name = "aggr-object-store-attach",
       .scope = Scope::cluster,
       .input = "aggregate* allow-flexgroup:b object-store-name*",
       .run = object_store_attach,
       .since = 120},
      {.name = "aggr-object-store-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = object_store_get_iter,
       .since = 120},
      {.name = "net-failover-group-get-iter", .scope = Scope::any, .input = kIter, .run = failover_group_get_iter},
      {.name = "aggr-efficiency-get-iter", .scope = Scope::cluster, .input = kIter, .run = aggr_efficiency_get_iter},
      {.name = "cluster-ha-get", .scope = Scope::cluster, .input = "desired-attributes:r", .run = cluster_ha_get},
      {.name = "cluster-ha-modify", .scope = Scope::cluster, .input = "ha-configured*:b", .run = cluster_ha_modify},
      {.name = "diagnosis-status-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r",
       .run = diagnosis_status_get},
      {.name = "diagnosis-subsystem-config-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = diagnosis_subsystem_get_iter},
      {.name = "vscan-connection-extended-stats-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = vscan_connections},
      {.name = "vscan-connection-status-all-get-iter", .scope = Scope::any, .input = kIter, .run = vscan_connections},
      {.name = "vscan-status-get-iter", .scope = Scope::any, .input = kIter, .run = vscan_status_get_iter},
      {.name = "vscan-status-modify", .scope = Scope::svm, .input = "is-vscan-enabled*:b", .run = vscan_status_modify},
      {.name = "cifs-options-get-iter", .scope = Scope::any, .input = kIter, .run = cifs_options_get_iter},
      {.name = "net-interface-service-policy-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = service_policy_get_iter,
       .since = 150},
  };
  for (ApiEntry& row : rows) row.source = "Ansible's na_ontap_info and modules, Harvest's templates";
  return rows;
}

}  // namespace ontap_sim::zapi
