// Registers: what the array keeps for its administrators and shows again, with no rule of storage behind it (UNIX
// users, name service order, NTP servers, firewall and virus-scan policies, NVMe objects and so on). One line of the
// table below gives a register its four or five calls. A row that is made, changed or removed is seen by the register's
// get-iter. Source: Ansible's modules and Harvest's templates for names; appendix A of the array's specification.
#include <algorithm>

#include "ontap-sim/model/cluster.h"
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

using model::Record;
using model::Svm;
using Rows = std::map<std::string, Record, std::less<>>;

struct Register {
  const char* store;      // table of the model's records
  const char* record;     // record type
  bool cluster;           // kept by the cluster, not by an SVM
  std::string_view keys;  // inputs that name a row
  std::string_view
      fields;  // further inputs, each with its value in a new row: "version=auto max-file-size enabled=true"
  std::string_view lists;  // "allow-list/ip-and-mask"
  const char* create;      // names of its calls; null: there is none
  const char* modify;
  const char* destroy;
  const char* get_iter;
  const char* get = nullptr;
  int since = 0;
  const char* svm_field = "vserver";
};

// clang-format off
constexpr Register kRegisters[] = {
    {"unix-user", "unix-user-info", false, "user-name", "user-id group-id full-name", "",
     "name-mapping-unix-user-create", "name-mapping-unix-user-modify", "name-mapping-unix-user-destroy", "name-mapping-unix-user-get-iter"},
    {"unix-group", "unix-group-info", false, "group-name", "group-id skip-name-validation", "",
     "name-mapping-unix-group-create", "name-mapping-unix-group-modify", "name-mapping-unix-group-destroy", "name-mapping-unix-group-get-iter"},
    {"nsswitch", "namservice-nsswitch-config-info", false, "nameservice-database", "", "nameservice-sources/nss-source-type",
     "nameservice-nsswitch-create", "nameservice-nsswitch-modify", "nameservice-nsswitch-destroy", "nameservice-nsswitch-get-iter", nullptr, 0,
     "vserver-name"},
    {"ntp-server", "ntp-server-info", true, "server-name", "version=auto is-preferred=false key-id=0", "",
     "ntp-server-create", "ntp-server-modify", "ntp-server-delete", "ntp-server-get-iter"},
    {"log-forward", "cluster-log-forward-info", true, "destination port", "facility=user protocol=udp_unencrypted verify-server=false force", "",
     "cluster-log-forward-create", nullptr, "cluster-log-forward-destroy", "cluster-log-forward-get-iter", "cluster-log-forward-get"},
    {"firewall-policy", "net-firewall-policy-info", false, "policy service", "", "allow-list/ip-and-mask",
     "net-firewall-policy-create", "net-firewall-policy-modify", "net-firewall-policy-destroy", "net-firewall-policy-get-iter"},
    {"sis-policy", "sis-policy-info", false, "policy-name",
     "policy-type=scheduled enabled=true schedule duration comment qos-policy=best_effort changelog-threshold-percent", "",
     "sis-policy-create", "sis-policy-modify", "sis-policy-delete", "sis-policy-get-iter"},
    {"vscan-on-access-policy", "vscan-on-access-policy-info", false, "policy-name",
     "protocol=cifs is-policy-enabled=false max-file-size=2147483648 is-scan-mandatory=true scan-files-with-no-ext=true policy-config-scope=vserver",
     "filters/vscan-on-access-policy-ui-filter file-ext-to-exclude/file-extension file-ext-to-include/file-extension paths-to-exclude/file-path",
     "vscan-on-access-policy-create", "vscan-on-access-policy-modify", "vscan-on-access-policy-delete", "vscan-on-access-policy-get-iter"},
    {"vscan-on-demand-task", "vscan-on-demand-task-info", false, "task-name",
     "report-directory schedule cross-junction=false directory-recursion=true max-file-size=10737418240 report-log-level=error request-timeout=30m "
     "scan-files-with-no-ext=true scan-priority=low",
     "scan-paths/string file-ext-to-exclude/file-extension file-ext-to-include/file-extension paths-to-exclude/string",
     "vscan-on-demand-task-create", nullptr, "vscan-on-demand-task-delete", "vscan-on-demand-task-get-iter"},
    {"vscan-scanner-pool", "vscan-scanner-pool-info", false, "scanner-pool", "scanner-policy=idle is-currently-active=false",
     "hostnames/string privileged-users/privileged-user",
     "vscan-scanner-pool-create", "vscan-scanner-pool-modify", "vscan-scanner-pool-delete", "vscan-scanner-pool-get-iter"},
    {"ntfs-sd", "file-directory-security-ntfs", false, "ntfs-sd", "owner group control-flags-raw=0", "",
     "file-directory-security-ntfs-create", "file-directory-security-ntfs-modify", "file-directory-security-ntfs-delete", "file-directory-security-ntfs-get-iter"},
    {"ntfs-dacl", "file-directory-security-ntfs-dacl", false, "ntfs-sd access-type account",
     "rights=full_control readable-access-rights", "advanced-rights/advanced-access-rights apply-to/inheritance-level",
     "file-directory-security-ntfs-dacl-add", "file-directory-security-ntfs-dacl-modify", "file-directory-security-ntfs-dacl-remove",
     "file-directory-security-ntfs-dacl-get-iter"},
    {"file-policy", "file-directory-security-policy", false, "policy-name", "", "",
     "file-directory-security-policy-create", nullptr, "file-directory-security-policy-delete", "file-directory-security-policy-get-iter"},
    {"file-policy-task", "file-directory-security-policy-task", false, "policy-name path",
     "access-control=file_directory ntfs-mode=propagate security-type=ntfs index-num", "ntfs-sd/file-security-ntfs-sd",
     "file-directory-security-policy-task-add", "file-directory-security-policy-task-modify", "file-directory-security-policy-task-remove",
     "file-directory-security-policy-task-get-iter"},
    {"active-directory", "active-directory-account-config", false, "account-name",
     "domain organizational-unit=CN=Computers !admin-username !admin-password force-account-overwrite", "",
     "active-directory-account-create", "active-directory-account-modify", "active-directory-account-delete", "active-directory-account-get-iter"},
    {"fpolicy-engine", "fpolicy-external-engine-info", false, "engine-name",
     "port-number ssl-option=no_auth extern-engine-type=asynchronous certificate-ca certificate-common-name certificate-serial is-resiliency-enabled=false "
     "resiliency-directory-path max-connection-retries=5 max-server-requests=500 recv-buffer-size=262144 send-buffer-size=262144",
     "primary-servers/ip-address secondary-servers/ip-address",
     "fpolicy-policy-external-engine-create", "fpolicy-policy-external-engine-modify", "fpolicy-policy-external-engine-delete",
     "fpolicy-policy-external-engine-get-iter"},
    {"key-manager", "key-manager-info", true, "key-manager-ip-address", "key-manager-tcp-port=5696 key-manager-server-status=available", "",
     "security-key-manager-add", nullptr, "security-key-manager-delete", "security-key-manager-get-iter"},
    {"object-store", "aggr-object-store-config-info", true, "object-store-name",
     "provider-type server s3-name access-key !secret-password port=443 is-ssl-enabled=true certificate-validation-enabled is-certificate-validation-enabled "
     "ssl-enabled ipspace=Default", "",
     "aggr-object-store-config-create", nullptr, "aggr-object-store-config-delete", "aggr-object-store-config-get-iter", "aggr-object-store-config-get", 120},
    {"nvme", "nvme-target-service-info", false, "", "is-available=true", "",
     "nvme-create", "nvme-modify", "nvme-delete", "nvme-get-iter", nullptr, 140},
    {"nvme-subsystem", "nvme-subsystem-info", false, "subsystem", "ostype comment skip-host-check skip-mapped-check", "",
     "nvme-subsystem-create", nullptr, "nvme-subsystem-delete", "nvme-subsystem-get-iter", nullptr, 140},
    {"nvme-namespace", "nvme-namespace-info", false, "path", "size ostype comment block-size=4096 state=online", "",
     "nvme-namespace-create", nullptr, "nvme-namespace-delete", "nvme-namespace-get-iter", nullptr, 140},
    {"nvme-host", "nvme-target-subsystem-host-info", false, "subsystem host-nqn", "", "",
     "nvme-subsystem-host-add", nullptr, "nvme-subsystem-host-remove", "nvme-subsystem-host-get-iter", nullptr, 140},
    {"nvme-map", "nvme-target-subsystem-map-info", false, "subsystem path", "", "",
     "nvme-subsystem-map-add", nullptr, "nvme-subsystem-map-remove", "nvme-subsystem-map-get-iter", nullptr, 140},
    // Set on the command line (cli/settings.cpp), or held by clients of the data path (/drydock/v1/clients).
    {"nis", "nis-domain-config-info", false, "nis-domain", "", "nis-servers/ip-address", nullptr, nullptr, nullptr, "nis-get-iter"},
    {"audit", "fileservice-audit-config", false, "", "", "events/audit-event", nullptr, nullptr, nullptr, "fileservice-audit-config-get-iter"},
    {"ems-destination", "event-notification-destination-info", true, "name", "", "destination/string", nullptr, nullptr, nullptr,
     "ems-event-notification-destination-get-iter"},
    {"ems-notification", "event-notification", true, "id", "", "destinations/string", nullptr, nullptr, nullptr, "ems-event-notification-get-iter"},
    {"cluster-switch", "cluster-switch-info", true, "device", "", "", nullptr, nullptr, nullptr, "cluster-switch-get-iter", nullptr, 160},
    {"storage-bridge", "storage-bridge-info", true, "name", "", "", nullptr, nullptr, nullptr, "storage-bridge-get-iter"},
    {"wwpn-alias", "aliases-info", false, "aliases-alias", "", "", nullptr, nullptr, nullptr, "fcp-wwpnalias-get-iter"},
    {"cifs-session", "cifs-session", false, "session-id", "", "", nullptr, nullptr, nullptr, "cifs-session-get-iter"},
    {"lock", "lock-info", false, "lockid", "", "", nullptr, nullptr, nullptr, "lock-get-iter"},
};
// clang-format on

constexpr char kSeparator = '\n';

std::string store_key(const Call& call, const Register& row) {
  std::string key;
  for (const auto& name : base::split(row.keys, ' ')) {
    if (!name.empty()) key += (key.empty() ? "" : std::string(1, kSeparator)) + call.text(std::string(name).c_str());
  }
  return key;
}

const Register& register_of(const Call& call) {
  const Register* found = nullptr;
  for (const Register& row : kRegisters) {
    for (const char* name : {row.create, row.modify, row.destroy, row.get_iter, row.get}) {
      if (name != nullptr && call.api.name == name) found = &row;
    }
  }
  CHECK(found != nullptr);
  return *found;
}

/// The owner's table: the cluster's, or the SVM's to which the call is tunnelled or that its input `vserver` names.
struct Owner {
  Svm* svm = nullptr;  // null: the cluster
  Rows* rows = nullptr;
};

model::Result<Owner> owner_of(Call& call, const Register& row) {
  if (row.cluster) return Owner{nullptr, &call.cluster.records[row.store]};
  Svm* svm = call.scope_svm;
  if (svm == nullptr) {
    const auto named = call.optional_text("vserver");
    if (!named) return model::refused("Vserver API missing vserver parameter.");
    svm = call.cluster.find_svm(*named);
    if (svm == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  }
  return Owner{svm, &svm->records[row.store]};
}

void touch_rows(Call& call, const Owner& owner) {
  if (owner.svm == nullptr) {
    call.cluster.touch();
  } else {
    call.cluster.touch(*owner.svm);
  }
}

struct FieldName {
  std::string name{};
  std::string initial{};
  bool secret = false;
};
std::vector<FieldName> fields_of(const Register& row) {
  std::vector<FieldName> fields;
  for (const auto& word : base::split(row.fields, ' ')) {
    if (word.empty()) continue;
    FieldName field;
    field.secret = word[0] == '!';
    const std::string text(word.substr(field.secret ? 1 : 0));
    field.name = text.substr(0, text.find('='));
    if (text.find('=') != std::string::npos) field.initial = text.substr(text.find('=') + 1);
    fields.push_back(std::move(field));
  }
  return fields;
}

void read_register(const Call& call, const Register& row, Record& record) {
  for (const FieldName& field : fields_of(row)) {
    if (field.secret || !call.has(field.name.c_str())) continue;
    const std::string value = call.text(field.name.c_str());
    const std::string lower = base::to_lower(value);
    record.fields[field.name] = lower == "true" || lower == "false" ? lower : value;
  }
  for (const auto& word : base::split(row.lists, ' ')) {
    const auto parts = base::split(word, '/');
    if (parts.size() != 2) continue;
    const std::string name(parts[0]);
    if (auto values = call.list(name.c_str(), std::string(parts[1]).c_str())) record.lists[name] = std::move(*values);
  }
}

void write_register(Out& out, const Register& row, const std::string& svm, const std::string& key,
                    const Record& record) {
  const auto values = base::split(key, kSeparator);
  std::size_t at = 0;
  for (const auto& name : base::split(row.keys, ' ')) {
    if (!name.empty() && at < values.size()) out.text(std::string(name).c_str(), values[at++]);
  }
  for (const auto& [name, value] : record.fields) out.text_if(name.c_str(), value);
  if (std::string_view(row.store) == "ntp-server") {
    const auto key_id = record.fields.find("key-id");
    out.flag("is-authentication-enabled", key_id != record.fields.end() && key_id->second != "0");
  }
  for (const auto& word : base::split(row.lists, ' ')) {
    const auto parts = base::split(word, '/');
    const auto found = parts.size() == 2 ? record.lists.find(std::string(parts[0])) : record.lists.end();
    if (found != record.lists.end()) out.list(found->first.c_str(), std::string(parts[1]).c_str(), found->second);
  }
  if (!row.cluster) out.text(row.svm_field, svm);
}

/// What a row refers to has to be there.
Status check_references(Call& call, const Register& row, const Owner& owner) {
  const std::string_view store = row.store;
  const auto there = [&](const char* table, const char* element) {
    const auto rows = owner.svm->records.find(table);
    return rows != owner.svm->records.end() && rows->second.contains(call.text(element));
  };
  if ((store == "nvme-host" || store == "nvme-map") && !there("nvme-subsystem", "subsystem"))
    return model::missing_entry();
  if (store == "nvme-map" && !there("nvme-namespace", "path")) return model::missing_entry();
  if (store == "ntfs-dacl" && !there("ntfs-sd", "ntfs-sd")) return model::missing_entry();
  if (store == "file-policy-task" && !there("file-policy", "policy-name")) return model::missing_entry();
  if (store == "nvme-namespace") {
    const std::string text = call.text("path");
    const auto parts = base::split(text, '/');
    const bool path = parts.size() >= 4 && parts[0].empty() && parts[1] == "vol";
    if (!path) return call.invalid("path");
    if (owner.svm->find_volume(std::string(parts[2])) == nullptr)
      return ModelError{Errno::volume_does_not_exist, "Volume \"" + std::string(parts[2]) + "\" does not exist"};
  }
  return {};
}

/// What the array adds to a new row by itself.
void derive_fields(Call& call, const Register& row, const Owner& owner, Record& record) {
  const std::string_view store = row.store;
  if (store == "object-store") {
    record.fields["object-store-uuid"] = model::new_uuid(call.cluster.rng).text();
    record.fields["used-space"] = "0";
    record.fields.try_emplace("auth-type", "key");
  } else if (store == "nvme-namespace") {
    const std::string path = call.text("path");
    const std::string volume(base::split(path, '/')[2]);
    const model::Aggregate* aggregate = call.cluster.find_aggregate(owner.svm->find_volume(volume)->aggregate);
    record.fields["is-read-only"] = "false";
    record.fields["node"] = aggregate == nullptr ? "" : aggregate->node;
    record.fields["size-used"] = "0";
    record.fields["uuid"] = model::new_uuid(call.cluster.rng).text();
    record.fields["volume"] = volume;
  } else if (store == "nvme-subsystem") {
    record.fields["target-nqn"] =
        "nqn.1992-08.com.netapp:sn." + owner.svm->uuid.text() + ":subsystem." + call.text("subsystem");
  } else if (store == "nvme-map") {
    Record& space = owner.svm->records["nvme-namespace"][call.text("path")];
    std::set<std::string> taken;
    for (const auto& [path, other] : owner.svm->records["nvme-namespace"]) {
      const auto nsid = other.fields.find("nsid");
      const auto subsystem = other.fields.find("subsystem");
      const bool same = subsystem != other.fields.end() && subsystem->second == call.text("subsystem");
      if (same && nsid != other.fields.end()) taken.insert(nsid->second);
    }
    int number = 1;
    while (taken.contains(std::to_string(number))) ++number;
    space.fields["nsid"] = std::to_string(number);
    space.fields["subsystem"] = call.text("subsystem");
    record.fields["nsid"] = std::to_string(number);
    record.fields["namespace-uuid"] = space.fields["uuid"];
  }
}

Status register_create(Call& call) {
  const Register& row = register_of(call);
  auto owner = owner_of(call, row);
  if (!owner) return owner.error();
  Rows& rows = *owner->rows;
  const std::string key = store_key(call, row);
  if (rows.contains(key)) return model::duplicate_entry();
  if (const Status good = check_references(call, row, *owner); !good) return good;
  Record record;
  for (const FieldName& field : fields_of(row)) {
    if (!field.initial.empty()) record.fields[field.name] = field.initial;
  }
  read_register(call, row, record);
  derive_fields(call, row, *owner, record);
  rows.emplace(key, std::move(record));
  touch_rows(call, *owner);
  return {};
}

Status register_modify(Call& call) {
  const Register& row = register_of(call);
  auto owner = owner_of(call, row);
  if (!owner) return owner.error();
  const auto at = owner->rows->find(store_key(call, row));
  if (at == owner->rows->end()) return model::missing_entry();
  read_register(call, row, at->second);
  touch_rows(call, *owner);
  return {};
}

Status register_destroy(Call& call) {
  const Register& row = register_of(call);
  auto owner = owner_of(call, row);
  if (!owner) return owner.error();
  if (std::string_view(row.store) == "object-store") {
    for (const auto& [aggregate, attached] : call.cluster.records["aggr-object-store"]) {
      if (attached.fields.at("object-store-name") != store_key(call, row)) continue;
      return model::refused("Object store \"" + store_key(call, row) + "\" is attached to aggregate \"" + aggregate +
                            "\".");
    }
  }
  if (owner->rows->erase(store_key(call, row)) == 0) return model::missing_entry();
  if (std::string_view(row.store) == "nvme-map") {
    Record& space = owner->svm->records["nvme-namespace"][call.text("path")];
    space.fields.erase("nsid");
    space.fields.erase("subsystem");
  }
  touch_rows(call, *owner);
  return {};
}

RecordShape shape_of(const Register& row) {
  RecordShape shape{row.record, {}};
  if (!row.cluster) shape.keys.emplace_back(row.svm_field);
  for (const auto& name : base::split(row.keys, ' ')) {
    if (!name.empty())
      shape.keys.push_back(
          row.keys.substr(static_cast<std::size_t>(std::string_view(name).data() - row.keys.data()), name.size()));
  }
  return shape;
}

Key iteration_key(const Register& row, const std::string& svm, const std::string& key) {
  Key parts;
  if (!row.cluster) parts.push_back(svm);
  if (!row.keys.empty()) {
    for (const auto& part : base::split(key, kSeparator)) parts.emplace_back(part);
  }
  return parts;
}

Status register_get_iter(Call& call) {
  const Register& row = register_of(call);
  const RecordShape shape = shape_of(row);
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  const auto walk = [&](const std::string& svm, const auto& records) {
    const auto rows = records.find(row.store);
    if (rows == records.end()) return true;
    for (const auto& [key, record] : rows->second) {
      const Record& each = record;
      const std::string& name = key;
      if (!(*page)->row(iteration_key(row, svm, name), [&](Out& out) { write_register(out, row, svm, name, each); }))
        return false;
    }
    return true;
  };
  if (row.cluster) walk(std::string(), call.cluster.records);
  else (*page)->each_svm(0, [&](const Svm& svm, bool) { return walk(svm.name, svm.records); });
  return (*page)->finish();
}

Status register_get(Call& call) {
  const Register& row = register_of(call);
  auto owner = owner_of(call, row);
  if (!owner) return owner.error();
  const auto at = owner->rows->find(store_key(call, row));
  if (at == owner->rows->end()) return model::missing_entry();
  const RecordShape shape = shape_of(row);
  auto record = Iteration::single(call, shape);
  const std::string svm = owner->svm == nullptr ? std::string() : owner->svm->name;
  record->row(iteration_key(row, svm, at->first),
              [&](Out& out) { write_register(out, row, svm, at->first, at->second); });
  return record->finish_single();
}

/// The inputs of a register's calls; kept for the rows' string views.
std::string_view inputs_of(const Register& row, bool with_fields) {
  static std::map<std::pair<std::string_view, bool>, std::string> texts;
  std::string& text = texts[{row.store, with_fields}];
  if (!text.empty()) return text;
  text = "desired-attributes:r return-record:b vserver";
  for (const auto& name : base::split(row.keys, ' ')) text += name.empty() ? "" : " " + std::string(name) + "*";
  for (const FieldName& field : fields_of(row))
    text += with_fields || field.secret || field.initial.empty() ? " " + field.name : "";
  if (with_fields) {
    for (const auto& word : base::split(row.lists, ' '))
      text += word.empty() ? "" : " " + std::string(base::split(word, '/')[0]) + ":r";
  }
  return text;
}

Status unix_group_user(Call& call, bool add) {
  Rows& rows = call.svm().records["unix-group"];
  const auto at = rows.find(call.text("group-name"));
  if (at == rows.end()) return model::missing_entry();
  auto& users = at->second.lists["users"];
  const std::string user = call.text("user-name");
  const auto found = std::find(users.begin(), users.end(), user);
  if (add == (found != users.end())) return add ? model::duplicate_entry() : model::missing_entry();
  if (add) users.push_back(user);
  else users.erase(found);
  call.cluster.touch(call.svm());
  return {};
}
Status unix_group_add_user(Call& call) { return unix_group_user(call, true); }
Status unix_group_delete_user(Call& call) { return unix_group_user(call, false); }

// The members stand two levels deep, as no other register's lists do.
Status unix_group_get_iter(Call& call) {
  static const RecordShape shape{"unix-group-info", {"vserver", "group-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    const auto rows = svm.records.find("unix-group");
    if (rows == svm.records.end()) return true;
    return (*page)->each(rows->second, 1, at_svm, [&](const std::string& name, const Record& record, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) {
        for (const auto& [field, value] : record.fields) out.text(field.c_str(), value);
        out.text("group-name", name);
        const auto users = record.lists.find("users");
        if (users != record.lists.end() && !users->second.empty()) {
          pugi::xml_node list = out.child_list("users");
          for (const std::string& user : users->second) {
            if (list) append_text(list.append_child("unix-group-user-info"), "user-name", user);
          }
        }
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

Status vscan_policy_status(Call& call) {
  Rows& rows = call.svm().records["vscan-on-access-policy"];
  const auto at = rows.find(call.text("policy-name"));
  if (at == rows.end()) return model::missing_entry();
  at->second.fields["is-policy-enabled"] = call.flag("policy-status") ? "true" : "false";
  call.cluster.touch(call.svm());
  return {};
}

Status vscan_pool_policy(Call& call) {
  Rows& rows = call.svm().records["vscan-scanner-pool"];
  const auto at = rows.find(call.text("scanner-pool"));
  if (at == rows.end()) return model::missing_entry();
  at->second.fields["scanner-policy"] = call.text("scanner-policy");
  at->second.fields["is-currently-active"] = call.text("scanner-policy") == "primary" ? "true" : "false";
  call.cluster.touch(call.svm());
  return {};
}

Status group_members(Call& call, bool add) {
  if (!call.svm().cifs) return model::refused("The CIFS server of Vserver \"" + call.svm().name + "\" does not exist.");
  const std::string group = call.text("group-name");
  auto& groups = call.svm().records["cifs-local-group"];
  if (!groups.contains(group) && !group.starts_with("BUILTIN\\")) return model::missing_entry();
  auto& members = groups[group].lists["members"];
  for (const std::string& name : call.list("member-names", "cifs-name").value_or(std::vector<std::string>())) {
    const auto found = std::find(members.begin(), members.end(), name);
    if (add && found != members.end()) return model::duplicate_entry();
    if (!add && found == members.end()) return model::missing_entry();
    if (add) {
      members.push_back(name);
    } else {
      members.erase(found);
    }
  }
  call.cluster.touch(call.svm());
  return {};
}
Status group_add_members(Call& call) { return group_members(call, true); }
Status group_remove_members(Call& call) { return group_members(call, false); }

Status group_members_get_iter(Call& call) {
  static const RecordShape shape{"cifs-local-group-members", {"vserver", "group-name", "member"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    const auto groups = svm.records.find("cifs-local-group");
    if (groups == svm.records.end()) return true;
    return (*page)->each(groups->second, 1, at_svm, [&](const std::string& group, const Record& record, bool) {
      const auto members = record.lists.find("members");
      if (members == record.lists.end()) return true;
      const std::set<std::string> sorted(members->second.begin(), members->second.end());
      for (const std::string& name : sorted) {
        const bool more = (*page)->row({svm.name, group, name}, [&](Out& out) {
          out.text("group-name", group);
          out.text("member", name);
          out.text("vserver", svm.name);
        });
        if (!more) return false;
      }
      return true;
    });
  });
  return (*page)->finish();
}

/// Applies the tasks of a policy to the files: a job, since files of this array have no access lists of their own.
Status file_security_set(Call& call) {
  if (!call.svm().records["file-policy"].contains(call.text("policy-name"))) return model::missing_entry();
  model::NewJob job;
  job.name = "Fsecurity Apply";
  job.type = "FSECURITY_APPLY";
  job.svm = call.svm().name;
  call.put_job(model::start_job(call.cluster, job, call.cluster.settings.job_time));
  return {};
}

}  // namespace

std::vector<ApiEntry> register_apis() {
  std::vector<ApiEntry> rows;
  for (const Register& row : kRegisters) {
    const Scope change = row.cluster ? Scope::cluster : Scope::any;
    const Scope read = row.cluster ? Scope::cluster : Scope::any;
    const auto add = [&](const char* name, Scope scope, std::string_view input, Status (*run)(Call&)) {
      if (name != nullptr)
        rows.push_back({.name = name,
                        .scope = scope,
                        .input = input,
                        .run = run,
                        .source = "Ansible's module of that name",
                        .since = row.since});
    };
    add(row.create, change, inputs_of(row, true), register_create);
    add(row.modify, change, inputs_of(row, true), register_modify);
    add(row.destroy, change, inputs_of(row, false), register_destroy);
    add(row.get, change, inputs_of(row, false), register_get);
    if (std::string_view(row.store) != "unix-group") add(row.get_iter, read, kIter, register_get_iter);
  }
  const std::vector<ApiEntry> own = {
      {.name = "cifs-local-group-members-add-members",
       .scope = Scope::svm,
       .input = "group-name* member-names*:r",
       .run = group_add_members,
       .source = "Ansible's na_ontap_cifs_local_group_member"},
      {.name = "cifs-local-group-members-remove-members",
       .scope = Scope::svm,
       .input = "group-name* member-names*:r",
       .run = group_remove_members,
       .source = "Ansible's na_ontap_cifs_local_group_member"},
      {.name = "cifs-local-group-members-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = group_members_get_iter,
       .source = "Ansible's na_ontap_cifs_local_group_member"},
      {.name = "file-directory-security-set",
       .scope = Scope::svm,
       .input = "policy-name* ignore-broken-symlinks:b",
       .run = file_security_set,
       .source = "Ansible's na_ontap_file_directory_policy"},
      {.name = "name-mapping-unix-group-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = unix_group_get_iter,
       .source = "Ansible's na_ontap_unix_group"},
      {.name = "name-mapping-unix-group-add-user",
       .scope = Scope::svm,
       .input = "group-name* user-name* skip-name-validation:b",
       .run = unix_group_add_user,
       .source = "Ansible's na_ontap_unix_group"},
      {.name = "name-mapping-unix-group-delete-user",
       .scope = Scope::svm,
       .input = "group-name* user-name*",
       .run = unix_group_delete_user,
       .source = "Ansible's na_ontap_unix_group"},
      {.name = "vscan-on-access-policy-status-modify",
       .scope = Scope::svm,
       .input = "policy-name* policy-status*:b",
       .run = vscan_policy_status,
       .source = "Ansible's na_ontap_vscan_on_access_policy"},
      {.name = "vscan-scanner-pool-apply-policy",
       .scope = Scope::svm,
       .input = "scanner-pool* scanner-policy*",
       .run = vscan_pool_policy,
       .source = "Ansible's na_ontap_vscan_scanner_pool"},
  };
  rows.insert(rows.end(), own.begin(), own.end());
  return rows;
}

}  // namespace ontap_sim::zapi
