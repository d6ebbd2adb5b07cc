// LDAP, Kerberos and fpolicy: tables of settings of which the array keeps the fields and the rules between them.
// Source: section 7.11 and appendix C of the array's specification.
#include <algorithm>

#include "ontap-sim/model/cluster.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Record;
using model::Svm;

struct ListField {
  const char* name;
  const char* child;
};

/// One table of an SVM's records: its record type, its key and what a row holds.
struct SettingsTable {
  const char* table = "";
  RecordShape shape{};   // keys: vserver, then the row's own
  const char* key = "";  // the input that names a row
  std::vector<const char*> fields{};
  std::vector<ListField> lists{};
  Errno missing = Errno::entry_does_not_exist;
  std::vector<const char*> secrets{};  // taken, never shown
  const char* svm_field = "vserver";
};

ModelError no_row(const SettingsTable& table, const std::string& key) {
  return {table.missing, std::string(table.table) + " \"" + key + "\" does not exist: entry doesn't exist"};
}

void read_row(const Call& call, const SettingsTable& table, Record& record) {
  for (const char* field : table.fields) {
    if (call.has(field)) record.fields[field] = call.text(field);
  }
  for (const ListField& list : table.lists) {
    if (auto values = call.list(list.name, list.child)) record.lists[list.name] = std::move(*values);
  }
}

void write_row(Out& out, const SettingsTable& table, const Svm& svm, const std::string& key, const Record& record) {
  for (const auto& pair : record.fields) {
    const auto& field = pair.first;
    const auto& value = pair.second;
    const bool secret =
        std::any_of(table.secrets.begin(), table.secrets.end(), [&](const char* name) { return field == name; });
    if (!secret) out.text(field.c_str(), value);
  }
  for (const ListField& list : table.lists) {
    if (const auto at = record.lists.find(list.name); at != record.lists.end())
      out.list(list.name, list.child, at->second);
  }
  out.text(table.key, key);
  out.text(table.svm_field, svm.name);
}

Status create_row(Call& call, const SettingsTable& table, const Record& defaults = {}) {
  auto& rows = call.svm().records[table.table];
  const std::string key = call.text(table.key);
  if (key.empty()) return call.invalid(table.key);
  if (rows.contains(key)) return model::duplicate_entry();
  Record record = defaults;
  read_row(call, table, record);
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child(table.shape.type), {}, {}, {});
    write_row(out, table, call.svm(), key, record);
  }
  rows.emplace(key, std::move(record));
  call.cluster.touch(call.svm());
  return {};
}

model::Result<Record*> find_row(Call& call, const SettingsTable& table) {
  auto& rows = call.svm().records[table.table];
  const auto at = rows.find(call.text(table.key));
  if (at == rows.end()) return no_row(table, call.text(table.key));
  return &at->second;
}

Status modify_row(Call& call, const SettingsTable& table) {
  auto record = find_row(call, table);
  if (!record) return record.error();
  read_row(call, table, **record);
  call.cluster.touch(call.svm());
  return {};
}

Status delete_row(Call& call, const SettingsTable& table) {
  if (call.svm().records[table.table].erase(call.text(table.key)) == 0) return no_row(table, call.text(table.key));
  call.cluster.touch(call.svm());
  return {};
}

Status list_rows(Call& call, const SettingsTable& table) {
  auto page = Iteration::open(call, table.shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    const auto rows = svm.records.find(table.table);
    if (rows == svm.records.end()) return true;
    return (*page)->each(rows->second, 1, at_svm, [&](const std::string& key, const Record& record, bool) {
      return (*page)->row({svm.name, key}, [&](Out& out) { write_row(out, table, svm, key, record); });
    });
  });
  return (*page)->finish();
}

const SettingsTable kLdapClient{
    "ldap-client",
    {"ldap-client", {"vserver", "ldap-client-config"}},
    "ldap-client-config",
    {"ad-domain", "base-dn", "base-scope", "bind-as-cifs-server", "bind-dn", "bind-password", "group-dn", "group-scope",
     "min-bind-level", "netgroup-dn", "netgroup-scope", "query-timeout", "schema", "session-security", "tcp-port",
     "use-start-tls", "user-dn", "user-scope"},
    {{"preferred-ad-servers", "ip-address"}, {"servers", "ip-address"}, {"ldap-servers", "string"}},
    Errno::entry_does_not_exist,
    {"bind-password"}};

Status ldap_client_create(Call& call) {
  Record defaults;
  defaults.fields = {{"base-scope", "subtree"}, {"min-bind-level", "anonymous"},
                     {"query-timeout", "3"},    {"session-security", "none"},
                     {"tcp-port", "389"},       {"use-start-tls", "false"}};
  return create_row(call, kLdapClient, defaults);
}
Status ldap_client_modify(Call& call) { return modify_row(call, kLdapClient); }
Status ldap_client_delete(Call& call) {
  const auto config = call.svm().records.find("ldap-config");
  if (config != call.svm().records.end() && config->second.contains("ldap") &&
      config->second.find("ldap")->second.fields["client-config"] == call.text("ldap-client-config")) {
    return model::refused("LDAP client configuration \"" + call.text("ldap-client-config") + "\" is in use.");
  }
  return delete_row(call, kLdapClient);
}
Status ldap_client_get_iter(Call& call) { return list_rows(call, kLdapClient); }

/// One row per SVM, so its key is fixed.
Status ldap_config_create(Call& call) {
  auto& rows = call.svm().records["ldap-config"];
  if (rows.contains("ldap")) return model::duplicate_entry();
  if (!call.svm().records["ldap-client"].contains(call.text("client-config"))) {
    return model::refused("LDAP client configuration \"" + call.text("client-config") + "\" does not exist.");
  }
  rows["ldap"].fields = {{"client-config", call.text("client-config")},
                         {"client-enabled", call.flag("client-enabled") ? "true" : "false"}};
  if (call.has("skip-config-validation"))
    rows["ldap"].fields["skip-config-validation"] = call.text("skip-config-validation");
  call.cluster.touch(call.svm());
  return {};
}
Status ldap_config_modify(Call& call) {
  auto& rows = call.svm().records["ldap-config"];
  const auto at = rows.find("ldap");
  if (at == rows.end()) return model::missing_entry();
  if (const auto client = call.optional_text("client-config")) {
    if (!call.svm().records["ldap-client"].contains(*client))
      return model::refused("LDAP client configuration \"" + *client + "\" does not exist.");
    at->second.fields["client-config"] = *client;
  }
  for (const char* field : {"client-enabled", "skip-config-validation"}) {
    if (call.has(field)) at->second.fields[field] = call.text(field);
  }
  call.cluster.touch(call.svm());
  return {};
}
Status ldap_config_delete(Call& call) {
  if (call.svm().records["ldap-config"].erase("ldap") == 0) return model::missing_entry();
  call.cluster.touch(call.svm());
  return {};
}
Status ldap_config_get_iter(Call& call) {
  static const RecordShape shape{"ldap-config", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    const auto rows = svm.records.find("ldap-config");
    if (rows == svm.records.end() || rows->second.empty()) return true;
    const Record& record = rows->second.begin()->second;
    return (*page)->row({svm.name}, [&](Out& out) {
      for (const auto& [field, value] : record.fields) out.text(field.c_str(), value);
      out.text("vserver", svm.name);
    });
  });
  return (*page)->finish();
}

const SettingsTable kKerberosRealm{
    "kerberos-realm",
    {"kerberos-realm", {"vserver-name", "realm"}},
    "realm",
    {"ad-server-ip", "ad-server-name", "admin-server-ip", "admin-server-port", "clock-skew", "comment", "kdc-ip",
     "kdc-port", "kdc-vendor", "password-server-ip", "password-server-port", "config-name"},
    {},
    Errno::entry_does_not_exist,
    {},
    "vserver-name"};

Status kerberos_realm_create(Call& call) {
  const std::string vendor = base::to_lower(call.text("kdc-vendor"));
  if (vendor != "microsoft" && vendor != "other") return call.invalid("kdc-vendor");
  Record defaults;
  defaults.fields = {
      {"admin-server-port", "749"}, {"clock-skew", "5"}, {"kdc-port", "88"}, {"password-server-port", "464"}};
  return create_row(call, kKerberosRealm, defaults);
}
Status kerberos_realm_modify(Call& call) { return modify_row(call, kKerberosRealm); }
Status kerberos_realm_delete(Call& call) { return delete_row(call, kKerberosRealm); }
Status kerberos_realm_get_iter(Call& call) { return list_rows(call, kKerberosRealm); }

const RecordShape kKerberosConfigShape{"kerberos-config-info", {"vserver", "interface-name"}};

void write_kerberos_config(Out& out, const Svm& svm, const model::Lif& lif) {
  const auto rows = svm.records.find("kerberos-config");
  const bool set = rows != svm.records.end() && rows->second.contains(lif.name);
  const Record record = set ? rows->second.find(lif.name)->second : Record{};
  const auto enabled = record.fields.find("is-kerberos-enabled");
  out.text("interface-name", lif.name);
  out.text("ip-address", lif.address);
  out.text("is-kerberos-enabled", enabled == record.fields.end() ? "false" : enabled->second);
  const auto principal = record.fields.find("service-principal-name");
  if (principal != record.fields.end()) out.text("service-principal-name", principal->second);
  out.text("vserver", svm.name);
}

Status kerberos_config_get(Call& call) {
  const auto lif = call.svm().lifs.find(call.text("interface-name"));
  if (lif == call.svm().lifs.end()) return model::missing_entry();
  auto record = Iteration::single(call, kKerberosConfigShape);
  record->row({call.svm().name, lif->first}, [&](Out& out) { write_kerberos_config(out, call.svm(), lif->second); });
  return record->finish_single();
}

Status kerberos_config_modify(Call& call) {
  const auto lif = call.svm().lifs.find(call.text("interface-name"));
  if (lif == call.svm().lifs.end()) return model::missing_entry();
  Record& record = call.svm().records["kerberos-config"][lif->first];
  if (const auto enable = call.boolean("is-kerberos-enabled")) {
    const bool enabled = record.fields["is-kerberos-enabled"] == "true";
    if (!*enable && !enabled) return model::refused("Kerberos is already disabled");
    if (*enable && call.svm().records["kerberos-realm"].empty())
      return model::refused("No Kerberos realm is configured for Vserver \"" + call.svm().name + "\".");
    record.fields["is-kerberos-enabled"] = *enable ? "true" : "false";
  }
  if (const auto principal = call.optional_text("service-principal-name"))
    record.fields["service-principal-name"] = *principal;
  call.cluster.touch(call.svm());
  return {};
}

Status kerberos_config_get_iter(Call& call) {
  auto page = Iteration::open(call, kKerberosConfigShape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    if (svm.type != model::SvmType::data) return true;
    return (*page)->each(svm.lifs, 1, at_svm, [&](const std::string& name, const model::Lif& lif, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) { write_kerberos_config(out, svm, lif); });
    });
  });
  return (*page)->finish();
}

const SettingsTable kFpolicyEvent{"fpolicy-event",
                                  {"fpolicy-event-options-config", {"vserver", "event-name"}},
                                  "event-name",
                                  {"protocol", "volume-operation"},
                                  {{"file-operations", "fpolicy-operation"}, {"filter-string", "fpolicy-filter"}},
                                  Errno::fpolicy_event_not_found};
const SettingsTable kFpolicyPolicy{"fpolicy-policy",
                                   {"fpolicy-policy-info", {"vserver", "policy-name"}},
                                   "policy-name",
                                   {"allow-privileged-access", "engine-name", "is-mandatory", "privileged-user-name"},
                                   {{"events", "event-name"}},
                                   Errno::fpolicy_policy_not_found};
const SettingsTable kFpolicyScope{"fpolicy-scope",
                                  {"fpolicy-scope-config", {"vserver", "policy-name"}},
                                  "policy-name",
                                  {"check-extensions-on-directories"},
                                  {{"export-policies-to-exclude", "string"},
                                   {"export-policies-to-include", "string"},
                                   {"file-extensions-to-exclude", "string"},
                                   {"file-extensions-to-include", "string"},
                                   {"shares-to-exclude", "string"},
                                   {"shares-to-include", "string"},
                                   {"volumes-to-exclude", "string"},
                                   {"volumes-to-include", "string"}},
                                  Errno::fpolicy_scope_not_found};

Status fpolicy_event_create(Call& call) { return create_row(call, kFpolicyEvent); }
Status fpolicy_event_delete(Call& call) {
  for (const auto& [name, policy] : call.svm().records["fpolicy-policy"]) {
    const auto events = policy.lists.find("events");
    if (events == policy.lists.end()) continue;
    const bool used =
        std::find(events->second.begin(), events->second.end(), call.text("event-name")) != events->second.end();
    if (used)
      return model::refused("FPolicy event \"" + call.text("event-name") + "\" is in use by policy \"" + name + "\".");
  }
  return delete_row(call, kFpolicyEvent);
}
Status fpolicy_event_modify(Call& call) { return modify_row(call, kFpolicyEvent); }
Status fpolicy_event_get_iter(Call& call) { return list_rows(call, kFpolicyEvent); }

Status fpolicy_policy_create(Call& call) {
  for (const std::string& event : call.list("events", "event-name").value_or(std::vector<std::string>{})) {
    if (!call.svm().records["fpolicy-event"].contains(event)) return no_row(kFpolicyEvent, event);
  }
  Record defaults;
  defaults.fields = {{"allow-privileged-access", "false"}, {"is-mandatory", "true"}};
  return create_row(call, kFpolicyPolicy, defaults);
}
Status fpolicy_policy_delete(Call& call) {
  if (call.svm().records["fpolicy-status"].contains(call.text("policy-name")))
    return model::refused("FPolicy policy \"" + call.text("policy-name") + "\" is enabled. Disable it first.");
  if (const Status gone = delete_row(call, kFpolicyPolicy); !gone) return gone;
  call.svm().records["fpolicy-scope"].erase(call.text("policy-name"));
  return {};
}
Status fpolicy_policy_modify(Call& call) { return modify_row(call, kFpolicyPolicy); }
Status fpolicy_policy_get_iter(Call& call) { return list_rows(call, kFpolicyPolicy); }

Status fpolicy_scope_create(Call& call) {
  if (!call.svm().records["fpolicy-policy"].contains(call.text("policy-name")))
    return no_row(kFpolicyPolicy, call.text("policy-name"));
  return create_row(call, kFpolicyScope);
}
Status fpolicy_scope_modify(Call& call) { return modify_row(call, kFpolicyScope); }
Status fpolicy_scope_delete(Call& call) { return delete_row(call, kFpolicyScope); }
Status fpolicy_scope_get_iter(Call& call) { return list_rows(call, kFpolicyScope); }

/// A row of fpolicy-status stands for an enabled policy.
Status fpolicy_enable(Call& call) {
  const std::string name = call.text("policy-name");
  if (!call.svm().records["fpolicy-policy"].contains(name)) return no_row(kFpolicyPolicy, name);
  if (!call.svm().records["fpolicy-scope"].contains(name))
    return model::refused("FPolicy policy \"" + name + "\" has no scope.");
  auto& rows = call.svm().records["fpolicy-status"];
  if (rows.contains(name)) return model::refused("FPolicy policy \"" + name + "\" is already enabled.");
  rows[name].fields["sequence-number"] = call.text("sequence-number");
  call.cluster.touch(call.svm());
  return {};
}
Status fpolicy_disable(Call& call) {
  const std::string name = call.text("policy-name");
  if (!call.svm().records["fpolicy-policy"].contains(name)) return no_row(kFpolicyPolicy, name);
  if (call.svm().records["fpolicy-status"].erase(name) == 0)
    return ModelError{Errno::invalid_input, "FPolicy policy \"" + name + "\" is already disabled."};
  call.cluster.touch(call.svm());
  return {};
}
Status fpolicy_status_get_iter(Call& call) {
  static const RecordShape shape{"fpolicy-policy-status-info", {"vserver", "policy-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    const auto policies = svm.records.find("fpolicy-policy");
    if (policies == svm.records.end()) return true;
    const auto enabled = svm.records.find("fpolicy-status");
    return (*page)->each(policies->second, 1, at_svm, [&](const std::string& name, const Record&, bool) {
      const Record* on = enabled != svm.records.end() && enabled->second.contains(name)
                             ? &enabled->second.find(name)->second
                             : nullptr;
      return (*page)->row({svm.name, name}, [&](Out& out) {
        out.text("policy-name", name);
        if (on != nullptr) out.text("sequence-number", on->fields.at("sequence-number"));
        out.flag("status", on != nullptr);
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> settings_apis() {
  constexpr std::string_view ldap =
      "ad-domain base-dn base-scope bind-as-cifs-server:b bind-dn bind-password group-dn group-scope "
      "ldap-client-config* min-bind-level netgroup-dn "
      "netgroup-scope preferred-ad-servers:r query-timeout:i return-record:b schema servers:r ldap-servers:r "
      "session-security@100 tcp-port:i use-start-tls:b user-dn user-scope "
      "skip-config-validation:b";
  constexpr std::string_view realm =
      "ad-server-ip ad-server-name admin-server-ip admin-server-port:i clock-skew:i comment config-name kdc-ip* "
      "kdc-port:i kdc-vendor* password-server-ip "
      "password-server-port:i realm* return-record:b";
  constexpr std::string_view realm_modify =
      "ad-server-ip ad-server-name admin-server-ip admin-server-port:i clock-skew:i comment config-name kdc-ip "
      "kdc-port:i kdc-vendor password-server-ip "
      "password-server-port:i realm";
  constexpr std::string_view scope =
      "check-extensions-on-directories:b export-policies-to-exclude:r export-policies-to-include:r "
      "file-extensions-to-exclude:r file-extensions-to-include:r "
      "policy-name* return-record:b shares-to-exclude:r shares-to-include:r volumes-to-exclude:r volumes-to-include:r "
      "is-monitoring-of-objects-with-no-extension-enabled:b";
  return {
      {.name = "ldap-client-create", .scope = Scope::svm, .input = ldap, .run = ldap_client_create, .source = "Manila"},
      {.name = "ldap-client-modify",
       .scope = Scope::svm,
       .input = ldap,
       .run = ldap_client_modify,
       .source = "Ansible's na_ontap_ldap_client"},
      {.name = "ldap-client-delete",
       .scope = Scope::svm,
       .input = "ldap-client-config*",
       .run = ldap_client_delete,
       .source = "15661: Manila"},
      {.name = "ldap-client-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = ldap_client_get_iter,
       .source = "Ansible, Harvest"},
      {.name = "ldap-config-create",
       .scope = Scope::svm,
       .input = "client-config* client-enabled*:b return-record:b skip-config-validation:b",
       .run = ldap_config_create,
       .source = "Manila"},
      {.name = "ldap-config-modify",
       .scope = Scope::svm,
       .input = "client-config client-enabled:b skip-config-validation:b",
       .run = ldap_config_modify,
       .source = "Ansible"},
      {.name = "ldap-config-delete", .scope = Scope::svm, .run = ldap_config_delete, .source = "15661: Manila"},
      {.name = "ldap-config-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = ldap_config_get_iter,
       .source = "Ansible"},
      {.name = "kerberos-realm-create",
       .scope = Scope::svm,
       .input = realm,
       .run = kerberos_realm_create,
       .source = "13130: Manila"},
      {.name = "kerberos-realm-modify",
       .scope = Scope::svm,
       .input = realm_modify,
       .run = kerberos_realm_modify,
       .source = "Manila"},
      {.name = "kerberos-realm-delete",
       .scope = Scope::svm,
       .input = "realm*",
       .run = kerberos_realm_delete,
       .source = "Ansible"},
      {.name = "kerberos-realm-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = kerberos_realm_get_iter,
       .source = "Ansible"},
      {.name = "kerberos-config-get",
       .scope = Scope::svm,
       .input = "desired-attributes:r interface-name*",
       .run = kerberos_config_get,
       .source = "Manila"},
      {.name = "kerberos-config-modify",
       .scope = Scope::svm,
       .input = "admin-password admin-user-name interface-name* is-kerberos-enabled:b keytab-uri organizational-unit "
                "service-principal-name",
       .run = kerberos_config_modify,
       .source = "text of 13001: Manila"},
      {.name = "kerberos-config-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = kerberos_config_get_iter,
       .source = "Harvest"},
      {.name = "fpolicy-policy-event-create",
       .scope = Scope::svm,
       .input = "event-name* file-operations:r filter-string:r protocol return-record:b volume-operation:b",
       .run = fpolicy_event_create,
       .source = "Manila"},
      {.name = "fpolicy-policy-event-modify",
       .scope = Scope::svm,
       .input = "event-name* file-operations:r filter-string:r protocol volume-operation:b",
       .run = fpolicy_event_modify,
       .source = "Ansible"},
      {.name = "fpolicy-policy-modify",
       .scope = Scope::svm,
       .input = "allow-privileged-access:b engine-name events:r is-mandatory:b policy-name* privileged-user-name",
       .run = fpolicy_policy_modify,
       .source = "Ansible"},
      {.name = "fpolicy-policy-event-delete",
       .scope = Scope::svm,
       .input = "event-name*",
       .run = fpolicy_event_delete,
       .source = "18253: Manila"},
      {.name = "fpolicy-policy-event-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = fpolicy_event_get_iter,
       .source = "Manila"},
      {.name = "fpolicy-policy-create",
       .scope = Scope::svm,
       .input = "allow-privileged-access:b engine-name* events*:r is-mandatory:b policy-name* privileged-user-name "
                "return-record:b",
       .run = fpolicy_policy_create,
       .source = "Manila"},
      {.name = "fpolicy-policy-delete",
       .scope = Scope::svm,
       .input = "policy-name*",
       .run = fpolicy_policy_delete,
       .source = "18251: Manila"},
      {.name = "fpolicy-policy-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = fpolicy_policy_get_iter,
       .source = "Manila"},
      {.name = "fpolicy-policy-scope-create",
       .scope = Scope::svm,
       .input = scope,
       .run = fpolicy_scope_create,
       .source = "Manila"},
      {.name = "fpolicy-policy-scope-modify",
       .scope = Scope::svm,
       .input = scope,
       .run = fpolicy_scope_modify,
       .source = "18259: Manila"},
      {.name = "fpolicy-policy-scope-delete",
       .scope = Scope::svm,
       .input = "policy-name*",
       .run = fpolicy_scope_delete,
       .source = "18259: Manila"},
      {.name = "fpolicy-policy-scope-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = fpolicy_scope_get_iter,
       .source = "Manila"},
      {.name = "fpolicy-enable-policy",
       .scope = Scope::svm,
       .input = "policy-name* sequence-number*:i",
       .run = fpolicy_enable,
       .source = "Manila"},
      {.name = "fpolicy-disable-policy",
       .scope = Scope::svm,
       .input = "policy-name*",
       .run = fpolicy_disable,
       .source = "13115 when disabled: Manila"},
      {.name = "fpolicy-policy-status-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = fpolicy_status_get_iter,
       .source = "Manila"},
  };
}

}  // namespace ontap_sim::zapi
