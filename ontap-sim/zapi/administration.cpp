// What administrators set beside storage: messages, roles, options, security and SNMP. Source: Ansible's na_ontap_info
// and modules; appendix A of the array's specification.
#include <algorithm>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/zapi/each.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

using model::Record;
using model::Svm;

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
/// Roles that are there from the start; of those of an SVM only what they allow at all, not each directory.
struct Predefined {
  bool cluster;
  const char* role;
  const char* directory;
  const char* access;
};
constexpr Predefined kPredefined[] = {{true, "admin", "DEFAULT", "all"},
                                      {true, "autosupport", "DEFAULT", "none"},
                                      {true, "backup", "DEFAULT", "none"},
                                      {true, "backup", "vserver services ndmp", "readonly"},
                                      {true, "none", "DEFAULT", "none"},
                                      {true, "readonly", "DEFAULT", "readonly"},
                                      {true, "readonly", "security", "none"},
                                      {true, "readonly", "security login password", "all"},
                                      {false, "vsadmin", "DEFAULT", "none"},
                                      {false, "vsadmin", "lun", "all"},
                                      {false, "vsadmin", "network interface", "readonly"},
                                      {false, "vsadmin", "snapmirror", "all"},
                                      {false, "vsadmin", "volume", "all"},
                                      {false, "vsadmin", "vserver", "all"},
                                      {false, "vsadmin-backup", "DEFAULT", "none"},
                                      {false, "vsadmin-protocol", "DEFAULT", "none"},
                                      {false, "vsadmin-protocol", "vserver", "all"},
                                      {false, "vsadmin-readonly", "DEFAULT", "readonly"},
                                      {false, "vsadmin-snaplock", "DEFAULT", "none"},
                                      {false, "vsadmin-volume", "DEFAULT", "none"},
                                      {false, "vsadmin-volume", "volume", "all"}};

Status role_get_iter(Call& call) {
  static const RecordShape shape{"security-login-role-info", {"vserver", "role-name", "command-directory-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  std::map<model::RoleKey, model::RoleRule> rules = call.cluster.roles;
  for (const auto& [name, svm] : call.cluster.svms) {
    if (svm.type != model::SvmType::admin && svm.type != model::SvmType::data) continue;
    for (const Predefined& one : kPredefined) {
      if (one.cluster == (svm.type == model::SvmType::admin))
        rules.try_emplace({name, one.role, one.directory}, model::RoleRule{one.access, ""});
    }
  }
  for (const auto& entry : rules) {
    const auto& key = entry.first;
    const auto& rule = entry.second;
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
/// Set by `security ssh modify`.
Status security_ssh_get_iter(Call& call) {
  return each_vserver(
      call, "seccomp-ssh-info", true,
      [](Out& out, const Svm& svm) {
        struct List {
          const char* name;
          const char* child;
          const char* normal;
        };
        for (const List& list :
             {List{"ciphers", "sshd-cipher", "aes256_ctr,aes192_ctr,aes128_ctr"},
              List{"key-exchange-algorithms", "sshd-key-exch-algorithm", "diffie_hellman_group_exchange_sha256"},
              List{"mac-algorithms", "sshd-mac-algorithm", "hmac_sha2_256,hmac_sha2_512"}}) {
          const std::string values = kept(svm.records, "ssh", "", list.name, list.normal);
          std::vector<std::string> each;
          for (const auto& value : base::split(values, ',')) each.emplace_back(value);
          out.list(list.name, list.child, each);
        }
      },
      "vserver-name");
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

/// Telnet and rsh, set by `security protocol modify`.
Status security_protocol_get(Call& call) {
  const std::string application = call.text("application");
  if (application != "telnet" && application != "rsh") return call.invalid("application");
  pugi::xml_node info = call.put("attributes").append_child("security-protocol-info");
  append_text(info, "application", application);
  append_text(info, "enabled", kept(call.cluster.records, "security-protocol", application, "enabled", "false"));
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

}  // namespace

std::vector<ApiEntry> administration_apis() {
  constexpr std::string_view messages =
      "attributes:r continue-on-failure:b is-cluster-message-enabled:b max-failure-count:i max-records:i message "
      "query:r return-failure-list:b return-success-list:b tag";
  constexpr std::string_view role =
      "access-level command-directory-name* return-record:b role-name* role-query vserver";
  std::vector<ApiEntry> rows = {
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
  };
  for (ApiEntry& row : rows) row.source = "Ansible's na_ontap_info and modules";
  return rows;
}

}  // namespace ontap_sim::zapi
