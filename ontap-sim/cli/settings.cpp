// Settings that the array only keeps and shows: NIS domains, auditing, event destinations, switches, bridges, WWPN
// aliases, SSH and CIFS options. One line of the table gives a directory its create, modify, delete and show; the ZAPI
// lists of the same things read the same records (zapi/registers.cpp). Source: the vendor's command reference for paths
// and parameters.
#include <algorithm>
#include <deque>

#include "ontap-sim/cli/families.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

using SettingRows = std::map<std::string, model::Record, std::less<>>;

struct Setting {
  std::string_view path;
  std::string_view thing;   // "a NIS domain", for the help
  const char* store;        // table of the model's records
  bool cluster;             // kept by the cluster, not by an SVM
  std::string_view verbs;   // "create modify delete show"
  std::string_view key;     // parameter that names a row besides -vserver; "" = one row for each SVM
  std::string_view fields;  // "parameter:field=initial …"; the field's name is the ZAPI record's
  std::string_view lists;   // "parameter:field …"
  std::string_view always;  // rows that are always there: "telnet rsh"; "*" = the one row of every SVM
};

// clang-format off
constexpr Setting kSettings[] = {
    {"vserver services name-service nis-domain", "a NIS domain", "nis", false, "create modify delete show", "domain",
     "active:is-active=true", "servers:nis-servers", ""},
    {"vserver audit", "the auditing configuration", "audit", false, "create modify delete show", "",
     "destination:destination format:format=evtx rotate-size:rotate-size=104857600 rotate-limit:rotate-limit=0 state:is-enabled=false",
     "events:events", ""},
    {"vserver cifs options", "CIFS options", "cifs-options", false, "modify show", "",
     "default-unix-user:default-unix-user=pcuser read-grants-exec:read-grants-exec=false smb2-enabled:is-smb2-enabled=true "
     "smb3-enabled:is-smb3-enabled=true max-mpx:max-mpx=255", "", "*"},
    {"vserver cifs session", "CIFS sessions", "cifs-session", false, "close show", "session-id",
     "address:address auth-mechanism:auth-mechanism connection-count:connection-count connection-id:connection-id lif-address:lif-address node:node "
     "protocol-version:protocol-version windows-user:windows-user unix-user:unix-user", "", ""},
    {"vserver locks", "locks", "lock", false, "break show", "lockid",
     "volume:volume lif:lif path:path lock-state:lock-state node:node client-address:client-address", "", ""},
    {"fcp wwpn-alias", "WWPN aliases", "wwpn-alias", false, "set remove show", "alias", "wwpn:aliases-wwpn", "", ""},
    {"volume recovery-queue", "volumes in the recovery queue", "volume-recovery-queue", false, "purge show", "volume",
     "deletion-request-time:deletion-time retention-hours:retention-period", "", ""},
    {"event notification destination", "event notification destinations", "ems-destination", true, "create modify delete show", "name",
     "email:email syslog:syslog rest-api-url:rest-api-url certificate-authority:certificate-authority", "", ""},
    {"event notification", "event notifications", "ems-notification", true, "create modify delete show", "ID",
     "filter-name:filter-name", "destinations:destinations", ""},
    {"system switch ethernet", "switches", "cluster-switch", true, "create modify delete show", "device",
     "address:ip-address model:model=OTHER serial-number:serial-number=Unknown snmp-version:snmp-version=SNMPv2c type:switch-type=cluster-network "
     "is-monitoring-enabled-admin:is-monitoring-enabled=true", "", ""},
    {"storage bridge", "bridges", "storage-bridge", true, "add remove show", "name",
     "address:ip-address managed-by:managed-by=SNMP snmp-community:snmp-community=public model:model=FibreBridge vendor:vendor=atto", "", ""},
    {"security protocol", "the protocols Telnet and RSH", "security-protocol", true, "modify show", "application", "enabled:enabled=false", "",
     "rsh telnet"},
    {"security ssh", "SSH", "ssh", false, "modify show", "",
     "ciphers:ciphers=aes256_ctr,aes192_ctr,aes128_ctr key-exchange-algorithms:key-exchange-algorithms=diffie_hellman_group_exchange_sha256 "
     "mac-algorithms:mac-algorithms=hmac_sha2_256,hmac_sha2_512", "", "*"},
};
// clang-format on

struct SettingName {
  std::string_view param{};
  std::string_view field{};
  std::string_view initial{};
};
std::vector<SettingName> setting_names(std::string_view words) {
  std::vector<SettingName> names;
  for (const std::string_view word : base::split(words, ' ')) {
    if (word.empty()) continue;
    const std::size_t colon = word.find(':');
    const std::size_t equals = word.find('=');
    names.push_back({word.substr(0, colon), word.substr(colon + 1, equals - colon - 1),
                     equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1)});
  }
  return names;
}

const Setting& setting_of(const Call& call) {
  const auto owner = call.command.path.substr(0, call.command.path.rfind(' '));
  const auto found = std::find_if(std::begin(kSettings), std::end(kSettings),
                                  [&](const Setting& setting) { return setting.path == owner; });
  CHECK(found != std::end(kSettings));
  return *found;
}

SettingRows* setting_rows(Call& call, const Setting& setting, const std::string& svm) {
  if (setting.cluster) return &call.cluster.records[setting.store];
  model::Svm* owner = call.cluster.find_svm(svm);
  return owner == nullptr ? nullptr : &owner->records[setting.store];
}

void touch_setting(Call& call, const Setting& setting, const std::string& svm) {
  if (setting.cluster) call.cluster.touch();
  else call.cluster.touch(*call.cluster.find_svm(svm));
}

/// Where an event goes decides the type of its destination.
void settle_destination(model::Record& record) {
  for (const auto& [given, type] :
       {std::pair{"email", "email"}, std::pair{"syslog", "syslog"}, std::pair{"rest-api-url", "rest_api"}}) {
    const auto value = record.fields.find(given);
    if (value == record.fields.end()) continue;
    record.lists["destination"] = {value->second};
    record.fields["type"] = type;
    record.fields.erase(value);
  }
}

void read_setting(const Call& call, const Setting& setting, model::Record& record) {
  for (const SettingName& name : setting_names(setting.fields)) {
    if (call.has(name.param)) record.fields[std::string(name.field)] = call.text(name.param);
  }
  for (const SettingName& name : setting_names(setting.lists)) {
    if (call.has(name.param)) record.lists[std::string(name.field)] = call.list(name.param);
  }
  if (std::string_view(setting.store) == "ems-destination") settle_destination(record);
}

Reply setting_create(Call& call) {
  const Setting& setting = setting_of(call);
  if (!setting.cluster && svm_of(call) == nullptr) return no_svm(call);
  const std::string svm = setting.cluster ? std::string() : call.vserver();
  SettingRows& rows = *setting_rows(call, setting, svm);
  std::string key = setting.key.empty() ? std::string() : call.text(setting.key);
  if (std::string_view(setting.store) == "ems-notification" && key.empty()) {
    for (int id = 1; key.empty() || rows.contains(key); ++id) key = std::to_string(id);
  }
  if (rows.contains(key)) return failed("duplicate entry");
  model::Record record;
  for (const SettingName& name : setting_names(setting.fields)) {
    if (!name.initial.empty()) record.fields[std::string(name.field)] = name.initial;
  }
  read_setting(call, setting, record);
  if (std::string_view(setting.store) == "ems-destination" && !record.fields.contains("type"))
    return failed("a destination needs -email, -syslog or -rest-api-url");
  rows.emplace(key, std::move(record));
  touch_setting(call, setting, svm);
  return ok();
}

std::string key_of_record(const Setting& setting, const Record& record) {
  return setting.key.empty() ? std::string() : text_of(record, setting.key);
}
std::string svm_of_record(const Setting& setting, const Record& record) {
  return setting.cluster ? std::string() : text_of(record, "vserver");
}

Reply setting_modify_one(Call& call, const Record& record) {
  const Setting& setting = setting_of(call);
  const std::string svm = svm_of_record(setting, record);
  read_setting(call, setting, (*setting_rows(call, setting, svm))[key_of_record(setting, record)]);
  touch_setting(call, setting, svm);
  return ok();
}
Reply setting_modify(Call& call) { return for_each_selected(call, setting_modify_one, "modified"); }

Reply setting_delete_one(Call& call, const Record& record) {
  const Setting& setting = setting_of(call);
  const std::string svm = svm_of_record(setting, record);
  setting_rows(call, setting, svm)->erase(key_of_record(setting, record));
  touch_setting(call, setting, svm);
  return ok();
}
Reply setting_delete(Call& call) { return for_each_selected(call, setting_delete_one, "deleted"); }

Record setting_record(const Setting& setting, const std::string& svm, const std::string& key,
                      const model::Record* kept) {
  Record record;
  if (!setting.cluster) record["vserver"] = svm;
  if (!setting.key.empty()) record[setting.key] = key;
  for (const SettingName& name : setting_names(setting.fields)) {
    std::string value(kept == nullptr || !setting.always.empty() ? name.initial : std::string_view());
    if (kept != nullptr) {
      if (const auto at = kept->fields.find(name.field); at != kept->fields.end()) value = at->second;
    }
    if (!value.empty()) record[name.param] = value;
  }
  for (const SettingName& name : setting_names(setting.lists)) {
    if (kept == nullptr) continue;
    if (const auto at = kept->lists.find(name.field); at != kept->lists.end())
      record[name.param] = Value::list(at->second);
  }
  if (std::string_view(setting.store) == "ems-destination" && kept != nullptr) {
    const auto type = kept->fields.find("type");
    const auto places = kept->lists.find("destination");
    if (type != kept->fields.end() && places != kept->lists.end())
      record[type->second == "rest_api" ? "rest-api-url"
             : type->second == "email"  ? "email"
                                        : "syslog"] = Value::list(places->second);
  }
  return record;
}

std::vector<Record> list_settings(Call& call) {
  const Setting& setting = setting_of(call);
  std::vector<Record> records;
  const auto add = [&](const std::string& svm, const SettingRows* rows) {
    std::set<std::string> keys;
    if (rows != nullptr) {
      for (const auto& [key, record] : *rows) keys.insert(key);
    }
    if (setting.always == "*") keys.insert(std::string());
    else
      for (const std::string_view key : base::split(setting.always, ' ')) {
        if (!key.empty()) keys.emplace(key);
      }
    for (const std::string& key : keys) {
      const auto at = rows == nullptr ? SettingRows::const_iterator() : rows->find(key);
      records.push_back(
          setting_record(setting, svm, key, rows == nullptr || at == rows->end() ? nullptr : &at->second));
    }
  };
  const auto table = [&](const auto& tables) -> const SettingRows* {
    const auto at = tables.find(setting.store);
    return at == tables.end() ? nullptr : &at->second;
  };
  if (setting.cluster) {
    add("", table(call.cluster.records));
    return records;
  }
  const bool cifs = std::string_view(setting.store) == "cifs-options";
  for (const auto& [name, svm] : call.cluster.svms) {
    const bool administered =
        svm.type == model::SvmType::data || (svm.type == model::SvmType::admin && setting.path == "security ssh");
    if (may_see(call, name) && administered && (!cifs || svm.cifs)) add(name, table(svm.records));
  }
  return records;
}

/// A table of the keys and the first columns; `-instance` shows all.
View view_of(const Setting& setting, std::deque<std::string>& texts) {
  View view;
  view.list = list_settings;
  Layout layout;
  std::string names;
  std::string rules;
  std::string align;
  const auto column = [&](std::string_view name) {
    std::string word(name);
    word.resize(std::max<std::size_t>(word.size(), 16), ' ');
    names += (names.empty() ? "" : " ") + word;
    rules += (rules.empty() ? "" : " ") + std::string(word.size(), '-');
    align += 'l';
    layout.columns.push_back(name);
  };
  const auto field = [&](std::string_view name, bool key) {
    view.fields.push_back({name, name, key});
    if (layout.columns.size() < 4) column(name);
  };
  if (!setting.cluster) field("vserver", true);
  if (!setting.key.empty()) field(setting.key, true);
  for (const SettingName& name : setting_names(setting.fields)) field(name.param, false);
  for (const SettingName& name : setting_names(setting.lists)) field(name.param, false);
  layout.header = texts.emplace_back(names + "\n" + rules);
  layout.align = texts.emplace_back(align);
  view.layouts.push_back(std::move(layout));
  return view;
}

std::vector<Param> setting_params(const Setting& setting, bool with_fields, bool key_required) {
  std::vector<Param> params;
  if (!setting.cluster) params.push_back(optional("vserver", "vserver name", "Vserver"));
  if (!setting.key.empty())
    params.push_back(key_required ? required(setting.key, "text", setting.key)
                                  : optional(setting.key, "text", setting.key));
  if (!with_fields) return params;
  for (const SettingName& name : setting_names(setting.fields)) {
    const bool is_flag = name.initial == "true" || name.initial == "false";
    params.push_back(is_flag ? boolean(name.param, name.param) : optional(name.param, "text", name.param));
  }
  for (const SettingName& name : setting_names(setting.lists))
    params.push_back(optional_list(name.param, "text", name.param));
  return params;
}

}  // namespace

std::vector<Command> settings_commands() {
  static std::deque<std::string> texts;
  static std::deque<View> views;
  std::vector<Command> rows;
  for (const Setting& setting : kSettings) {
    const View& view = views.emplace_back(view_of(setting, texts));
    for (const std::string_view verb : base::split(setting.verbs, ' ')) {
      const bool makes = verb == "create" || verb == "add" || verb == "set";
      const bool changes = verb == "modify";
      const bool shows = verb == "show";
      Command row;
      row.path = texts.emplace_back(std::string(setting.path) + " " + std::string(verb));
      const char* help = makes ? "Create " : changes ? "Modify " : shows ? "Display " : "Delete ";
      row.help = texts.emplace_back(help + std::string(setting.thing));
      row.reach = setting.cluster ? Reach::cluster : Reach::any;
      row.source = "the vendor's command reference";
      row.view = makes ? nullptr : &view;
      row.run = makes ? setting_create : changes ? setting_modify : shows ? nullptr : setting_delete;
      if (!shows)
        row.params =
            setting_params(setting, makes || changes, makes && setting.store != std::string_view("ems-notification"));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace ontap_sim::cli
