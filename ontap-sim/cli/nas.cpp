// vserver nfs, vserver export-policy, vserver services name-service dns.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/nas_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

// Parameters of `nfs create|modify` and the fields of nfs-info they set. "enabled|disabled" ones are booleans there.
struct NfsSwitch {
  std::string_view param;
  std::string_view field;
  bool enabled_disabled;
  std::string_view label;
};
constexpr NfsSwitch kNfsSwitches[] = {
    {"access", "is-nfs-access-enabled", false, "General NFS Access"},
    {"v3", "is-nfsv3-enabled", true, "NFS v3"},
    {"v4.0", "is-nfsv40-enabled", true, "NFS v4.0"},
    {"v4.1", "is-nfsv41-enabled", true, "NFS v4.1"},
    {"v4.1-pnfs", "is-nfsv41-pnfs-enabled", true, "NFSv4.1 Parallel NFS Support"},
    {"tcp", "is-tcp-enabled", true, "TCP Protocol"},
    {"udp", "is-udp-enabled", true, "UDP Protocol"},
    {"v3-fsid-change", "is-nfsv3-fsid-change-enabled", true, "NFSv3 FSID Change"},
    {"v4.0-acl", "is-nfsv40-acl-enabled", true, "NFSv4.0 ACL Support"},
    {"v4.1-acl", "is-nfsv41-acl-enabled", true, "NFSv4.1 ACL Support"},
    {"vstorage", "is-vstorage-enabled", true, "Vstorage Feature"},
    {"showmount", "showmount", true, "Showmount Enabled"},
    {"mount-rootonly", "is-mount-rootonly-enabled", true, "Mount Root Only"},
    {"nfs-rootonly", "is-nfs-rootonly-enabled", true, "NFS Root Only"},
};
constexpr std::pair<std::string_view, std::string_view> kNfsTexts[] = {
    {"v4-id-domain", "nfsv4-id-domain"},
    {"default-win-user", "default-windows-user"},
    {"tcp-max-xfer-size", "tcp-max-xfer-size"},
};

std::map<std::string, std::string> nfs_settings(const Call& call) {
  std::map<std::string, std::string> settings;
  for (const NfsSwitch& one : kNfsSwitches) {
    if (call.has(one.param))
      settings[std::string(one.field)] =
          call.text(one.param) == "enabled" || call.text(one.param) == "true" ? "true" : "false";
  }
  for (const auto& [param, field] : kNfsTexts) {
    if (call.has(param)) settings[std::string(field)] = call.text(param);
  }
  return settings;
}

std::vector<Param> nfs_params() {
  std::vector<Param> params{positional("vserver", "vserver name", "Vserver")};
  for (const NfsSwitch& one : kNfsSwitches)
    params.push_back(one.enabled_disabled ? choice(one.param, "enabled|disabled", one.label)
                                          : boolean(one.param, one.label));
  params.push_back(optional("v4-id-domain", "nis domain", "NFSv4 ID Mapping Domain"));
  params.push_back(optional("default-win-user", "text", "Default Windows User"));
  params.push_back(number("tcp-max-xfer-size", "TCP Maximum Transfer Size (bytes)"));
  return params;
}

Reply nfs_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::create_nfs(call.cluster, *svm, nfs_settings(call), false));
}
Reply nfs_modify(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::modify_nfs(call.cluster, *svm, nfs_settings(call)));
}
Reply nfs_delete(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::destroy_nfs(call.cluster, *svm));
}
Reply nfs_switch(Call& call, std::string_view value) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::modify_nfs(call.cluster, *svm, {{"is-nfs-access-enabled", std::string(value)}}));
}
Reply nfs_on(Call& call) { return nfs_switch(call, "true"); }
Reply nfs_off(Call& call) { return nfs_switch(call, "false"); }
Reply nfs_status(Call& call) {
  const model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  if (!svm->nfs) return failed("entry doesn't exist");
  return ok("The NFS server is " + std::string(svm->nfs->access ? "running" : "not running") + " on Vserver \"" +
            svm->name + "\".\n");
}

std::vector<Record> list_nfs(Call& call) {
  std::vector<Record> records;
  for (const auto& pair : call.cluster.svms) {
    const auto& name = pair.first;
    const auto& svm = pair.second;
    if (!may_see(call, name) || !svm.nfs) continue;
    Record record{{"vserver", name}, {"access", svm.nfs->access}};
    const auto setting = [&](std::string_view field) {
      const auto found = svm.nfs->settings.find(field);
      return found == svm.nfs->settings.end() ? std::string() : found->second;
    };
    for (const NfsSwitch& one : kNfsSwitches) {
      if (one.enabled_disabled) record[one.param] = setting(one.field) == "true" ? "enabled" : "disabled";
    }
    for (const auto& [param, field] : kNfsTexts) record[param] = setting(field);
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<Field> nfs_fields() {
  std::vector<Field> fields{{"vserver", "Vserver", true}};
  for (const NfsSwitch& one : kNfsSwitches) fields.push_back({one.param, one.label});
  fields.push_back({"v4-id-domain", "NFSv4 ID Mapping Domain"});
  fields.push_back({"default-win-user", "Default Windows User"});
  fields.push_back({"tcp-max-xfer-size", "TCP Maximum Transfer Size (bytes)"});
  return fields;
}

const View kNfs{.layouts = {{.flag = "",
                             .header = "            General\n"
                                       "Vserver     Access   v3       v4.0     v4.1     UDP      TCP\n"
                                       "----------- -------- -------- -------- -------- -------- --------",
                             .columns = {"vserver", "access", "v3", "v4.0", "v4.1", "udp", "tcp"},
                             .align = "lllllll"}},
                .fields = nfs_fields(),
                .list = list_nfs};

std::vector<Record> list_policies(Call& call) {
  std::vector<Record> records;
  for (const auto& [name, svm] : call.cluster.svms) {
    if (!may_see(call, name)) continue;
    for (const auto& [policy_name, policy] : svm.export_policies) {
      records.push_back({{"vserver", name}, {"policyname", policy_name}, {"policyid", std::to_string(policy.id)}});
    }
  }
  return records;
}
const View kPolicies{
    .layouts = {{.flag = "",
                 .header = "Vserver          Policy Name\n---------------  -------------------",
                 .columns = {"vserver", "policyname"},
                 .align = "ll"}},
    .fields = {{"vserver", "Vserver", true}, {"policyname", "Policy Name", true}, {"policyid", "Policy ID"}},
    .list = list_policies};

std::vector<Record> list_rules(Call& call) {
  std::vector<Record> records;
  for (const auto& [name, svm] : call.cluster.svms) {
    if (!may_see(call, name)) continue;
    for (const auto& [policy_name, policy] : svm.export_policies) {
      for (const auto& [index, rule] : policy.rules) {
        records.push_back({{"vserver", name},
                           {"policyname", policy_name},
                           {"ruleindex", Value::count(static_cast<std::uint64_t>(index))},
                           {"protocol", Value::list(rule.protocols)},
                           {"clientmatch", rule.client_match},
                           {"rorule", Value::list(rule.ro)},
                           {"rwrule", Value::list(rule.rw)},
                           {"superuser", Value::list(rule.superuser)},
                           {"anon", rule.anonymous_user},
                           {"allow-suid", rule.allow_suid},
                           {"allow-dev", rule.allow_dev},
                           {"ntfs-unix-security-ops", rule.ntfs_unix_security},
                           {"chown-mode", rule.chown_mode}});
      }
    }
  }
  return records;
}
const View kRules{
    .layouts = {{.flag = "",
                 .header = "             Policy          Rule    Access   Client                RO\n"
                           "Vserver      Name            Index   Protocol Match                 Rule\n"
                           "------------ --------------- ------  -------- --------------------- ---------",
                 .columns = {"vserver", "policyname", "ruleindex", "protocol", "clientmatch", "rorule"},
                 .align = "llllll"}},
    .fields = {{"vserver", "Vserver", true},
               {"policyname", "Policy Name", true},
               {"ruleindex", "Rule Index", true},
               {"protocol", "Access Protocol"},
               {"clientmatch", "List of Client Match Hostnames, IP Addresses, Netgroups, or Domains"},
               {"rorule", "RO Access Rule"},
               {"rwrule", "RW Access Rule"},
               {"anon", "User ID To Which Anonymous Users Are Mapped"},
               {"superuser", "Superuser Security Types"},
               {"allow-suid", "Honor SetUID Bits in SETATTR"},
               {"allow-dev", "Allow Creation of Devices"},
               {"ntfs-unix-security-ops", "NTFS Unix Security Options"},
               {"chown-mode", "Vserver Change Ownership Mode"}},
    .list = list_rules};

Reply policy_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::create_export_policy(call.cluster, *svm, call.text("policyname")));
}
Reply policy_delete_one(Call& call, const Record& record) {
  model::Svm* svm = call.cluster.find_svm(text_of(record, "vserver"));
  return done(model::destroy_export_policy(call.cluster, *svm, text_of(record, "policyname")));
}
Reply policy_delete(Call& call) { return for_each_selected(call, policy_delete_one, "deleted"); }
Reply policy_rename(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::rename_export_policy(call.cluster, *svm, call.text("policyname"), call.text("newpolicyname")));
}

Reply rule_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::ExportRule rule;
  rule.client_match = call.text("clientmatch");
  rule.protocols = call.list("protocol");
  rule.ro = call.list("rorule");
  rule.rw = call.list("rwrule");
  rule.superuser = call.list("superuser");
  rule.anonymous_user = call.text_or("anon", rule.anonymous_user);
  rule.chown_mode = call.text_or("chown-mode", rule.chown_mode);
  rule.ntfs_unix_security = call.text_or("ntfs-unix-security-ops", rule.ntfs_unix_security);
  rule.allow_suid = call.flag("allow-suid", true);
  rule.allow_dev = call.flag("allow-dev", true);
  std::optional<int> index;
  if (const auto given = call.number("ruleindex")) index = static_cast<int>(*given);
  return done(model::create_export_rule(call.cluster, *svm, call.text("policyname"), index, std::move(rule)));
}
Reply rule_modify_one(Call& call, const Record& record) {
  model::Svm* svm = call.cluster.find_svm(text_of(record, "vserver"));
  model::ExportRuleChange change;
  if (call.has("clientmatch")) change.client_match = call.text("clientmatch");
  if (call.has("protocol")) change.protocols = call.list("protocol");
  if (call.has("rorule")) change.ro = call.list("rorule");
  if (call.has("rwrule")) change.rw = call.list("rwrule");
  if (call.has("superuser")) change.superuser = call.list("superuser");
  if (call.has("anon")) change.anonymous_user = call.text("anon");
  if (call.has("chown-mode")) change.chown_mode = call.text("chown-mode");
  if (call.has("ntfs-unix-security-ops")) change.ntfs_unix_security = call.text("ntfs-unix-security-ops");
  change.allow_suid = call.maybe_flag("allow-suid");
  change.allow_dev = call.maybe_flag("allow-dev");
  const int index = static_cast<int>(*record.at("ruleindex").number);
  return done(model::modify_export_rule(call.cluster, *svm, text_of(record, "policyname"), index, change));
}
Reply rule_modify(Call& call) { return for_each_selected(call, rule_modify_one, "modified"); }
Reply rule_delete_one(Call& call, const Record& record) {
  model::Svm* svm = call.cluster.find_svm(text_of(record, "vserver"));
  return done(model::destroy_export_rule(call.cluster, *svm, text_of(record, "policyname"),
                                         static_cast<int>(*record.at("ruleindex").number)));
}
Reply rule_delete(Call& call) { return for_each_selected(call, rule_delete_one, "deleted"); }

}  // namespace

std::vector<Command> nas_commands() {
  const Param vserver = required("vserver", "vserver name", "Vserver");
  const Param policy = required("policyname", "export policy name", "Policy Name");
  std::vector<Param> rule{vserver,
                          policy,
                          required_choice("rorule", "any|none|never|krb5|krb5i|krb5p|ntlm|sys", "RO Access Rule"),
                          required_choice("rwrule", "any|none|never|krb5|krb5i|krb5p|ntlm|sys", "RW Access Rule"),
                          choice("superuser", "any|none|krb5|krb5i|krb5p|ntlm|sys", "Superuser Security Types"),
                          choice("protocol", "any|nfs|nfs3|nfs4|cifs|flexcache", "Access Protocol"),
                          {.name = "clientmatch", .label = "Client Match", .required = true},
                          number("ruleindex", "Rule Index"),
                          optional("anon", "text", "User ID To Which Anonymous Users Are Mapped"),
                          choice("chown-mode", "restricted|unrestricted", "Vserver Change Ownership Mode"),
                          choice("ntfs-unix-security-ops", "ignore|fail", "NTFS Unix Security Options"),
                          boolean("allow-suid", "Honor SetUID Bits in SETATTR"),
                          boolean("allow-dev", "Allow Creation of Devices")};
  for (std::size_t i = 2; i <= 5; ++i) rule[i].list = true;
  std::vector<Param> change = rule;
  for (std::size_t i = 2; i < change.size(); ++i) change[i].required = change[i].name == "ruleindex";
  const Param index = {.name = "ruleindex", .hint = "integer", .label = "Rule Index", .required = true};
  const std::string_view source = "specification 10.3, 10.4";
  return {
      {.path = "vserver nfs create",
       .help = "Create an NFS configuration for a Vserver",
       .params = nfs_params(),
       .run = nfs_create,
       .source = source},
      {.path = "vserver nfs modify",
       .help = "Modify the NFS configuration of a Vserver",
       .params = nfs_params(),
       .run = nfs_modify,
       .source = source},
      {.path = "vserver nfs delete",
       .help = "Delete the NFS configuration of a Vserver",
       .params = {positional("vserver", "vserver name", "Vserver")},
       .run = nfs_delete,
       .source = source},
      {.path = "vserver nfs on",
       .help = "Enable the NFS service of a Vserver",
       .params = {positional("vserver", "vserver name", "Vserver")},
       .run = nfs_on,
       .source = source},
      {.path = "vserver nfs off",
       .help = "Disable the NFS service of a Vserver",
       .params = {positional("vserver", "vserver name", "Vserver")},
       .run = nfs_off,
       .source = source},
      {.path = "vserver nfs status",
       .help = "Display the status of the NFS service",
       .params = {positional("vserver", "vserver name", "Vserver")},
       .run = nfs_status,
       .source = source},
      {.path = "vserver nfs show",
       .help = "Display the NFS configurations of Vservers",
       .view = &kNfs,
       .source = source},
      {.path = "vserver export-policy create",
       .help = "Create an export policy",
       .params = {vserver, policy},
       .run = policy_create,
       .source = source},
      {.path = "vserver export-policy delete",
       .help = "Delete an export policy",
       .params = {vserver, policy},
       .run = policy_delete,
       .view = &kPolicies,
       .source = source},
      {.path = "vserver export-policy rename",
       .help = "Rename an export policy",
       .params = {vserver, policy, required("newpolicyname", "export policy name", "New Export Policy Name")},
       .run = policy_rename,
       .source = source},
      {.path = "vserver export-policy show",
       .help = "Display a list of export policies",
       .view = &kPolicies,
       .source = source},
      {.path = "vserver export-policy rule create",
       .help = "Create a rule",
       .params = rule,
       .run = rule_create,
       .source = source},
      {.path = "vserver export-policy rule modify",
       .help = "Modify a rule",
       .params = change,
       .run = rule_modify,
       .view = &kRules,
       .source = source},
      {.path = "vserver export-policy rule delete",
       .help = "Delete a rule",
       .params = {vserver, policy, index},
       .run = rule_delete,
       .view = &kRules,
       .source = source},
      {.path = "vserver export-policy rule show", .help = "Display a list of rules", .view = &kRules, .source = source},
  };
}

}  // namespace ontap_sim::cli
