// What administrators and collectors read of the cluster beside its storage and its nodes (nodes.cpp): security
// settings, messages, roles, options; and the lists of what this cluster has none of (bridges, MetroCluster, key
// managers …). Source: Ansible's na_ontap_info, Harvest's templates; appendix A of the array's specification.
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

/// Lists of things that the modelled hardware and configuration cannot have.
constexpr std::string_view kNoneCluster =
    "metrocluster-check-get-iter metrocluster-node-get-iter metrocluster-interconnect-adapter-get-iter "
    "storage-bridge-get-iter cluster-switch-get-iter "
    "net-device-discovery-get-iter security-key-manager-key-get-iter ucm-adapter-get-iter "
    "storage-shelf-acp-module-get-iter disk-encrypt-get-iter autosupport-check-iter "
    "cluster-image-package-local-get-iter cluster-add-node-status-get-iter";
constexpr std::string_view kNoneAny =
    "ems-event-notification-destination-get-iter ems-event-notification-get-iter fcp-wwpnalias-get-iter "
    "cifs-session-get-iter lock-get-iter nis-get-iter fileservice-audit-config-get-iter";

Status none_get_iter(Call& call) {
  static const RecordShape shape{"none", {}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  call.log.warning("known ZAPI call is not modelled: its list is always empty", {{"api", std::string(call.api.name)}});
  return (*page)->finish();
}

// The message of the day and the login banner: one row for each SVM and the cluster, always there.
Status message_get_iter(Call& call) {
  const bool motd = call.api.name == "vserver-motd-get-iter";
  const char* table = motd ? "motd" : "login-banner";
  return each_vserver(
      call, motd ? "vserver-motd-info" : "vserver-login-banner-info", true, [&](Out& out, const Svm& svm) {
        out.text("message", kept(svm.records, table, "", "message", ""));
        if (motd)
          out.text("is-cluster-message-enabled", kept(svm.records, table, "", "is-cluster-message-enabled", "true"));
      });
}
Status message_modify_iter(Call& call) {
  const char* table = call.api.name == "vserver-motd-modify-iter" ? "motd" : "login-banner";
  std::vector<Svm*> wanted;
  const std::string asked = leaf_text(call.in.child("query").first_child().child("vserver"));
  const std::string named(base::trim(asked));
  for (auto& [name, svm] : call.cluster.svms) {
    const bool seen = call.scope_svm == nullptr ? svm.type == model::SvmType::data || svm.type == model::SvmType::admin
                                                : &svm == call.scope_svm;
    if (seen && (named.empty() || text_matches(named, name, "vserver"))) wanted.push_back(&svm);
  }
  for (const char* field : {"message", "is-cluster-message-enabled"}) {
    const pugi::xml_node value = call.in.child("message") || call.in.child("is-cluster-message-enabled")
                                     ? call.in.child(field)
                                     : call.in.child("attributes").first_child().child(field);
    for (Svm* svm : wanted) {
      if (value)
        svm->records[table][""].fields[field] =
            std::string_view(field) == "message" ? leaf_text(value) : base::to_lower(leaf_text(value));
      if (value) call.cluster.touch(*svm);
    }
  }
  call.put("num-failed", std::int64_t{0});
  call.put("num-succeeded", static_cast<std::int64_t>(wanted.size()));
  return {};
}

std::string role_svm(const Call& call) {
  return call.scope_svm != nullptr ? call.scope_svm->name : call.optional_text("vserver").value_or(call.cluster.name);
}

Status role_create(Call& call) {
  const model::RoleKey key{role_svm(call), call.text("role-name"), call.text("command-directory-name")};
  if (call.cluster.find_svm(key.svm) == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  if (call.cluster.roles.contains(key)) return model::duplicate_entry();
  const std::string access = call.optional_text("access-level").value_or("all");
  if (access != "none" && access != "readonly" && access != "all") return call.invalid("access-level");
  call.cluster.roles.emplace(key, model::RoleRule{access, call.text("role-query")});
  call.cluster.touch();
  return {};
}
Status role_modify(Call& call) {
  const auto at =
      call.cluster.roles.find({role_svm(call), call.text("role-name"), call.text("command-directory-name")});
  if (at == call.cluster.roles.end()) return model::missing_entry();
  if (const auto access = call.optional_text("access-level")) at->second.access = *access;
  if (call.has("role-query")) at->second.query = call.text("role-query");
  call.cluster.touch();
  return {};
}
Status role_delete(Call& call) {
  if (call.cluster.roles.erase({role_svm(call), call.text("role-name"), call.text("command-directory-name")}) == 0)
    return model::missing_entry();
  call.cluster.touch();
  return {};
}
Status role_get_iter(Call& call) {
  static const RecordShape shape{"security-login-role-info", {"vserver", "role-name", "command-directory-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& [key, rule] : call.cluster.roles) {
    if (call.scope_svm != nullptr && key.svm != call.scope_svm->name) continue;
    const bool more = (*page)->row({key.svm, key.role, key.command_directory}, [&](Out& out) {
      out.text("access-level", rule.access);
      out.text("command-directory-name", key.command_directory);
      out.text("role-name", key.role);
      out.text("role-query", rule.query);
      out.text("vserver", key.svm);
    });
    if (!more) break;
  }
  return (*page)->finish();
}
Status role_config_get_iter(Call& call) {
  static const RecordShape shape{"security-login-role-config-info", {"vserver", "role-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  std::set<std::pair<std::string, std::string>> roles;
  for (const auto& [key, rule] : call.cluster.roles) roles.emplace(key.svm, key.role);
  for (const auto& [key, account] : call.cluster.accounts) roles.emplace(key.svm, account.role);
  for (const auto& [svm, role] : roles) {
    const std::string& owner = svm;
    const std::string& name = role;
    if (call.scope_svm != nullptr && owner != call.scope_svm->name) continue;
    const bool more = (*page)->row({owner, name}, [&](Out& out) {
      out.integer("disallowed-reuse", 6);
      out.flag("is-passwd-alphanum-enabled", true);
      out.integer("min-passwd-length", 8);
      out.integer("min-username-length", 3);
      out.text("role-name", name);
      out.text("vserver", owner);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

// Options are kept by the SVM, or by the admin SVM in cluster scope.
Svm& options_svm(Call& call) { return call.scope_svm != nullptr ? *call.scope_svm : call.cluster.admin_svm(); }
Status options_set(Call& call) {
  Svm& svm = options_svm(call);
  svm.records["options"][call.text("name")].fields["value"] = call.text("value");
  call.cluster.touch(svm);
  return {};
}
Status options_list_info(Call& call) {
  pugi::xml_node list = call.put("options");
  for (const auto& [name, record] : options_svm(call).records["options"]) {
    pugi::xml_node info = list.append_child("option-info");
    append_text(info, "name", name);
    append_text(info, "value", record.fields.at("value"));
  }
  return {};
}
Status options_get_iter(Call& call) {
  static const RecordShape shape{"option-info", {"vserver", "name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    const auto rows = svm.records.find("options");
    if (rows == svm.records.end()) return true;
    return (*page)->each(rows->second, 1, at_svm, [&](const std::string& name, const Record& record, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) {
        out.text("name", name);
        out.text("value", record.fields.at("value"));
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

constexpr const char* kCiphers = "ALL:!LOW:!aNULL:!EXP:!eNULL";
Status security_config_get(Call& call) {
  if (call.text("interface") != "ssl") return call.invalid("interface");
  pugi::xml_node info = call.put("attributes").append_child("security-config-info");
  append_text(info, "interface", "ssl");
  append_text(info, "is-fips-enabled",
              kept(call.cluster.records, "security-config", "ssl", "is-fips-enabled", "false"));
  append_text(info, "supported-ciphers",
              kept(call.cluster.records, "security-config", "ssl", "supported-ciphers", kCiphers));
  pugi::xml_node protocols = info.append_child("supported-protocols");
  const std::string listed =
      kept(call.cluster.records, "security-config", "ssl", "supported-protocols", "TLSv1.2,TLSv1.1");
  for (const auto& each : base::split(listed, ',')) append_text(protocols, "string", each);
  return {};
}
Status security_config_modify(Call& call) {
  if (call.text("interface") != "ssl") return call.invalid("interface");
  Record& record = call.cluster.records["security-config"]["ssl"];
  if (const auto fips = call.boolean("is-fips-enabled")) record.fields["is-fips-enabled"] = *fips ? "true" : "false";
  if (call.has("supported-ciphers")) record.fields["supported-ciphers"] = call.text("supported-ciphers");
  if (const auto protocols = call.list("supported-protocols", "string"))
    record.fields["supported-protocols"] = base::join(*protocols, ",");
  call.cluster.touch();
  return {};
}
Status security_ssh_get_iter(Call& call) {
  return each_vserver(call, "seccomp-ssh-info", true, [](Out& out, const Svm&) {
    out.list("ciphers", "sshd-cipher", std::vector<std::string>{"aes256_ctr", "aes192_ctr", "aes128_ctr"});
    out.list("key-exchange-algorithms", "sshd-key-exch-algorithm",
             std::vector<std::string>{"diffie_hellman_group_exchange_sha256"});
    out.list("mac-algorithms", "sshd-mac-algorithm", std::vector<std::string>{"hmac_sha2_256", "hmac_sha2_512"});
  });
}
Status security_ssl_get_iter(Call& call) {
  return each_vserver(call, "vserver-ssl-info", true, [&](Out& out, const Svm& svm) {
    for (const auto& [field, normal] :
         {std::pair{"certificate-authority", ""}, std::pair{"certificate-serial-number", ""},
          std::pair{"client-authentication-enabled", "false"}, std::pair{"common-name", ""},
          std::pair{"server-authentication-enabled", "true"}}) {
      out.text_if(field, kept(call.cluster.records, "ssl", svm.name, field, normal));
    }
  });
}

/// Telnet and rsh: neither can be switched on here.
Status security_protocol_get(Call& call) {
  const std::string application = call.text("application");
  if (application != "telnet" && application != "rsh") return call.invalid("application");
  pugi::xml_node info = call.put("attributes").append_child("security-protocol-info");
  append_text(info, "application", application);
  append_text(info, "enabled", "false");
  return {};
}

Status snmp_community_add(Call& call) {
  auto& rows = call.cluster.records["snmp"];
  if (rows.contains(call.text("community"))) return model::duplicate_entry();
  rows[call.text("community")].fields["access-control"] = call.text("access-control");
  call.cluster.touch();
  return {};
}
Status snmp_community_delete(Call& call) {
  if (call.cluster.records["snmp"].erase(call.text("community")) == 0) return model::missing_entry();
  call.cluster.touch();
  return {};
}
Status snmp_status(Call& call) {
  pugi::xml_node list = call.put("communities");
  for (const auto& [name, record] : call.cluster.records["snmp"]) {
    pugi::xml_node info = list.append_child("community-info");
    append_text(info, "access-control", record.fields.at("access-control"));
    append_text(info, "community", name);
  }
  call.put_flag("is-trap-enabled", false);
  return {};
}

Status failover_group_get_iter(Call& call) {
  static const RecordShape shape{"net-failover-group-info", {"vserver", "failover-group"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& [key, domain] : call.cluster.broadcast_domains) {
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
                    for (const auto& [svm_name, svm] : call.cluster.svms) {
                      for (const auto& [volume_name, volume] : svm.volumes)
                        logical += volume.aggregate == name ? volume.active + volume.snapshot_held : 0;
                    }
                    out.integer("total-logical-used", logical);
                    out.integer("total-physical-used", aggregate.used());
                    out.close();
                  });
                });
  return (*page)->finish();
}

Status metrocluster_get(Call& call) {
  append_text(call.put("attributes").append_child("metrocluster-info"), "local-configuration-state", "not_configured");
  return {};
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
Status cifs_options_get_iter(Call& call) {
  static const RecordShape shape{"cifs-options", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.cifs) return true;
    return (*page)->row({svm.name}, [&](Out& out) {
      out.flag("is-smb2-enabled", true);
      out.flag("is-smb3-enabled", true);
      out.integer("max-mpx", 255);
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

constexpr std::string_view kNoneNvme = "nvme-interface-get-iter";
/// Answered alike whatever the cluster holds.
constexpr std::string_view kConstant =
    "metrocluster-get security-protocol-get security-ssh-get-iter cifs-options-get-iter";

}  // namespace

bool constant_reply(std::string_view api) {
  for (const std::string_view names : {kNoneCluster, kNoneAny, kNoneNvme, kConstant}) {
    for (const auto& name : base::split(names, ' ')) {
      if (name == api) return true;
    }
  }
  return false;
}

std::vector<ApiEntry> facility_apis() {
  constexpr std::string_view messages =
      "attributes:r continue-on-failure:b is-cluster-message-enabled:b max-failure-count:i max-records:i message "
      "query:r return-failure-list:b return-success-list:b tag";
  constexpr std::string_view role =
      "access-level command-directory-name* return-record:b role-name* role-query vserver";
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
      {.name = "vserver-motd-get-iter", .scope = Scope::any, .input = kIter, .run = message_get_iter},
      {.name = "vserver-motd-modify-iter", .scope = Scope::any, .input = messages, .run = message_modify_iter},
      {.name = "vserver-login-banner-get-iter", .scope = Scope::any, .input = kIter, .run = message_get_iter},
      {.name = "vserver-login-banner-modify-iter", .scope = Scope::any, .input = messages, .run = message_modify_iter},
      {.name = "security-login-role-create", .scope = Scope::any, .input = role, .run = role_create},
      {.name = "security-login-role-modify", .scope = Scope::any, .input = role, .run = role_modify},
      {.name = "security-login-role-delete", .scope = Scope::any, .input = role, .run = role_delete},
      {.name = "security-login-role-get-iter", .scope = Scope::any, .input = kIter, .run = role_get_iter},
      {.name = "security-login-role-config-get-iter", .scope = Scope::any, .input = kIter, .run = role_config_get_iter},
      {.name = "options-set", .scope = Scope::any, .input = "name* value*", .run = options_set},
      {.name = "options-list-info", .scope = Scope::any, .run = options_list_info},
      {.name = "options-get-iter", .scope = Scope::any, .input = kIter, .run = options_get_iter},
      {.name = "security-config-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r interface*",
       .run = security_config_get},
      {.name = "security-config-modify",
       .scope = Scope::cluster,
       .input = "interface* is-fips-enabled:b supported-ciphers supported-protocols:r",
       .run = security_config_modify},
      {.name = "security-protocol-get",
       .scope = Scope::cluster,
       .input = "application* desired-attributes:r",
       .run = security_protocol_get},
      {.name = "security-ssh-get-iter", .scope = Scope::any, .input = kIter, .run = security_ssh_get_iter},
      {.name = "security-ssl-get-iter", .scope = Scope::any, .input = kIter, .run = security_ssl_get_iter},
      {.name = "snmp-community-add",
       .scope = Scope::cluster,
       .input = "access-control* community*",
       .run = snmp_community_add},
      {.name = "snmp-community-delete",
       .scope = Scope::cluster,
       .input = "access-control community*",
       .run = snmp_community_delete},
      {.name = "snmp-status", .scope = Scope::cluster, .run = snmp_status},
      {.name = "net-failover-group-get-iter", .scope = Scope::any, .input = kIter, .run = failover_group_get_iter},
      {.name = "aggr-efficiency-get-iter", .scope = Scope::cluster, .input = kIter, .run = aggr_efficiency_get_iter},
      {.name = "metrocluster-get", .scope = Scope::cluster, .input = "desired-attributes:r", .run = metrocluster_get},
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
  for (const auto& [names, scope] : {std::pair{kNoneCluster, Scope::cluster}, std::pair{kNoneAny, Scope::any}}) {
    for (const auto& name : base::split(names, ' '))
      rows.push_back({.name = name, .scope = scope, .input = kIter, .run = none_get_iter});
  }
  for (const auto& name : base::split(kNoneNvme, ' '))
    rows.push_back({.name = name, .scope = Scope::any, .input = kIter, .run = none_get_iter, .since = 140});
  for (ApiEntry& row : rows) row.source = "Ansible's na_ontap_info and modules, Harvest's templates";
  return rows;
}

}  // namespace ontap_sim::zapi
