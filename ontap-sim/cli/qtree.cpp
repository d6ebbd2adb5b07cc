// volume qtree and volume quota.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/qtree_ops.h"
#include "ontap-sim/model/volume_ops.h"

namespace ontap_sim::cli {
namespace {

std::vector<Record> list_qtrees(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name) || svm.type != model::SvmType::data) continue;
    for (const auto& [name, volume] : svm.volumes) {
      if (volume.constituent()) continue;
      records.push_back({{"vserver", svm_name},
                         {"volume", name},
                         {"qtree", "\"\""},
                         {"security-style", model::to_string(volume.security_style)},
                         {"oplock-mode", "enable"},
                         {"status", "normal"},
                         {"export-policy", volume.export_policy},
                         {"id", Value::count(0)}});
      for (const auto& [qtree_name, qtree] : volume.qtrees) {
        records.push_back({{"vserver", svm_name},
                           {"volume", name},
                           {"qtree", qtree_name},
                           {"security-style", model::to_string(qtree.security_style)},
                           {"oplock-mode", qtree.oplocks ? "enable" : "disable"},
                           {"status", "normal"},
                           {"export-policy", qtree.export_policy.empty() ? volume.export_policy : qtree.export_policy},
                           {"id", Value::count(static_cast<std::uint64_t>(qtree.id))}});
      }
    }
  }
  return records;
}
const View kQtrees{.layouts = {{.flag = "",
                                .header = "Vserver    Volume        Qtree        Style        Oplocks   Status\n"
                                          "---------- ------------- ------------ ------------ --------- --------",
                                .columns = {"vserver", "volume", "qtree", "security-style", "oplock-mode", "status"},
                                .align = "llllll"}},
                   .fields = {{"vserver", "Vserver Name", true},
                              {"volume", "Volume Name", true},
                              {"qtree", "Qtree Name", true},
                              {"security-style", "Security Style"},
                              {"oplock-mode", "Oplock Mode"},
                              {"id", "Qtree ID"},
                              {"status", "Qtree Status"},
                              {"export-policy", "Export Policy"}},
                   .list = list_qtrees};

Reply qtree_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::NewQtree spec;
  spec.volume = call.text("volume");
  spec.name = call.text("qtree");
  if (call.has("unix-permissions")) spec.mode = model::parse_permissions(call.text("unix-permissions"));
  if (call.has("security-style")) spec.security_style = model::parse_security_style(call.text("security-style"));
  spec.export_policy = call.text("export-policy");
  if (call.has("oplock-mode")) spec.oplocks = call.text("oplock-mode") == "enable";
  return done(model::create_qtree(call.cluster, *svm, spec));
}
Reply qtree_modify(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::NewQtree change;
  change.volume = call.text("volume");
  change.name = call.text("qtree");
  if (call.has("unix-permissions")) change.mode = model::parse_permissions(call.text("unix-permissions"));
  if (call.has("security-style")) change.security_style = model::parse_security_style(call.text("security-style"));
  change.export_policy = call.text("export-policy");
  if (call.has("oplock-mode")) change.oplocks = call.text("oplock-mode") == "enable";
  return done(model::modify_qtree(call.cluster, *svm, change));
}
Reply qtree_delete(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  bool declined = false;
  const std::string question_text = "Are you sure you want to delete qtree " + call.text("qtree") + " in volume " +
                                    call.text("volume") + " of Vserver " + svm->name + "?";
  if (auto question = confirm(call, 0, question_text, declined)) return *question;
  if (declined) return ok();
  return done(model::delete_qtree(call.cluster, *svm, call.text("volume"), call.text("qtree"), call.flag("force")));
}
Reply qtree_rename(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::rename_qtree(call.cluster, *svm, call.text("volume"), call.text("qtree"), call.text("newname")));
}

std::string limit_text(std::int64_t kib) { return kib < 0 ? "-" : size_text(static_cast<std::uint64_t>(kib) * 1024); }

std::vector<Record> list_quota_rules(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [name, volume] : svm.volumes) {
      for (const auto& [key, rule] : volume.quota_rules) {
        records.push_back({{"vserver", svm_name},
                           {"policy-name", key.policy},
                           {"volume", name},
                           {"type", model::to_string(key.type)},
                           {"target", key.target.empty() ? "\"\"" : key.target},
                           {"qtree", key.qtree.empty() ? "\"\"" : key.qtree},
                           {"user-mapping", rule.user_mapping ? "on" : "off"},
                           {"disk-limit", limit_text(rule.disk_limit)},
                           {"soft-disk-limit", limit_text(rule.soft_disk_limit)},
                           {"file-limit", rule.file_limit < 0 ? "-" : std::to_string(rule.file_limit)},
                           {"soft-file-limit", rule.soft_file_limit < 0 ? "-" : std::to_string(rule.soft_file_limit)},
                           {"threshold", limit_text(rule.threshold)}});
      }
    }
  }
  return records;
}
const View kQuotaRules{
    .layouts = {{.flag = "",
                 .header = "                                               Soft             Soft\n"
                           "                         User         Disk     Disk   Files    Files\n"
                           "Type   Target    Qtree   Mapping     Limit    Limit   Limit    Limit  Threshold\n"
                           "-----  --------  ------- -------  --------  -------  ------  -------  ---------",
                 .columns = {"type", "target", "qtree", "user-mapping", "disk-limit", "soft-disk-limit", "file-limit",
                             "soft-file-limit", "threshold"},
                 .align = "llllrrrrr",
                 .heading = "volume"}},
    .fields = {{"vserver", "Vserver", true},
               {"policy-name", "Policy Name", true},
               {"volume", "Volume Name", true},
               {"type", "Type", true},
               {"target", "Target", true},
               {"qtree", "Qtree Name", true},
               {"user-mapping", "User Mapping"},
               {"disk-limit", "Disk Limit"},
               {"soft-disk-limit", "Soft Disk Limit"},
               {"file-limit", "Files Limit"},
               {"soft-file-limit", "Soft Files Limit"},
               {"threshold", "Threshold for Disk Limit"}},
    .list = list_quota_rules};

std::int64_t kib(const Call& call, std::string_view name) {
  const auto bytes = call.bytes(name);
  return bytes ? static_cast<std::int64_t>(*bytes / 1024) : -1;
}
std::int64_t files(const Call& call, std::string_view name) {
  const auto count = call.number(name);
  return count ? static_cast<std::int64_t>(*count) : -1;
}
model::QuotaRule quota_rule_from(const Call& call) {
  model::QuotaRule rule;
  rule.disk_limit = kib(call, "disk-limit");
  rule.soft_disk_limit = kib(call, "soft-disk-limit");
  rule.threshold = kib(call, "threshold");
  rule.file_limit = files(call, "file-limit");
  rule.soft_file_limit = files(call, "soft-file-limit");
  rule.user_mapping = call.text("user-mapping") == "on";
  return rule;
}
model::Result<model::QuotaKey> key_from(const Call& call, const model::Svm& svm) {
  return model::quota_key(svm, call.text("volume"), call.text_or("policy-name", svm.quota_policy), call.text("type"),
                          call.text("target"), call.text("qtree"));
}
Reply quota_rule_set(Call& call, bool create) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  const auto volume = model::require_volume(*svm, call.text("volume"));
  if (!volume) return failed(volume.error().reason);
  const auto key = key_from(call, *svm);
  if (!key) return failed(key.error().reason);
  if ((*volume)->quota_rules.contains(*key) == create)
    return failed(create ? "duplicate entry" : "entry doesn't exist");
  return done(model::set_quota_rule(call.cluster, *svm, call.text("volume"), *key, quota_rule_from(call)));
}
Reply quota_rule_create(Call& call) { return quota_rule_set(call, true); }
Reply quota_rule_modify(Call& call) { return quota_rule_set(call, false); }
Reply quota_rule_delete(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  const auto key = key_from(call, *svm);
  if (!key) return failed(key.error().reason);
  return done(model::delete_quota_rule(call.cluster, *svm, call.text("volume"), *key));
}

Reply quota_job(Call& call, model::Result<std::uint64_t> (*start)(model::Cluster&, model::Svm&, const std::string&),
                std::string_view what) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  const auto job = start(call.cluster, *svm, call.text("volume"));
  if (!job) return failed(job.error().reason);
  return ok(job_queued(*job, "\"" + std::string(what) + "\" performed for quota policy \"" + svm->quota_policy +
                                 "\" on volume \"" + call.text("volume") + "\" in Vserver \"" + svm->name + "\""));
}
Reply quota_on(Call& call) { return quota_job(call, model::quota_on, "quota on"); }
Reply quota_off(Call& call) { return quota_job(call, model::quota_off, "quota off"); }
Reply quota_resize(Call& call) { return quota_job(call, model::quota_resize, "quota resize"); }
Reply quota_modify(Call& call) {
  const std::string state = call.text("state");
  if (state == "on") return quota_on(call);
  if (state == "off") return quota_off(call);
  return quota_resize(call);
}

std::vector<Record> list_quotas(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name) || svm.type != model::SvmType::data) continue;
    for (const auto& [name, volume] : svm.volumes) {
      if (!volume.constituent())
        records.push_back({{"vserver", svm_name},
                           {"volume", name},
                           {"state", model::to_string(volume.quota_state)},
                           {"scan-status", "0%"}});
    }
  }
  return records;
}
const View kQuotas{.layouts = {{.flag = "",
                                .header = "                                   Scan\n"
                                          "Vserver    Volume        State     Status\n"
                                          "---------- ------------- --------- ------",
                                .columns = {"vserver", "volume", "state", "scan-status"},
                                .align = "lllr"}},
                   .fields = {{"vserver", "Vserver Name", true},
                              {"volume", "Volume Name", true},
                              {"state", "Quota State"},
                              {"scan-status", "Scan Status"}},
                   .list = list_quotas};

std::vector<Record> list_report(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [name, volume] : svm.volumes) {
      for (const model::QuotaUse& use : model::quota_report(svm, volume)) {
        const std::string target = use.type == model::QuotaType::tree && use.target != "*" ? use.tree : use.target;
        records.push_back(
            {{"vserver", svm_name},
             {"volume", name},
             {"tree", use.tree.empty() ? "\"\"" : use.tree},
             {"quota-type", model::to_string(use.type)},
             {"id", use.type == model::QuotaType::tree || use.target == "*" ? use.id : use.target},
             {"disk-used", bytes_value(use.used)},
             {"disk-limit", limit_text(use.limits.disk_limit)},
             {"files-used", Value::count(static_cast<std::uint64_t>(use.files_used))},
             {"file-limit", use.limits.file_limit < 0 ? "-" : std::to_string(use.limits.file_limit)},
             {"quota-specifier", use.derived ? (use.type == model::QuotaType::tree ? "*" : "") : target}});
      }
    }
  }
  return records;
}
const View kReport{
    .layouts = {{.flag = "",
                 .header = "                                    ----Disk----  ----Files-----   Quota\n"
                           "Volume   Tree      Type    ID        Used  Limit    Used   Limit   Specifier\n"
                           "-------  --------  ------  -------  -----  -----  ------  ------   ---------",
                 .columns = {"volume", "tree", "quota-type", "id", "disk-used", "disk-limit", "files-used",
                             "file-limit", "quota-specifier"},
                 .align = "llllrrrrl"}},
    .fields = {{"vserver", "Vserver", true},
               {"volume", "Volume Name", true},
               {"tree", "Tree Name", true},
               {"quota-type", "Quota Type"},
               {"id", "Quota Target ID"},
               {"disk-used", "Disk Space Used"},
               {"disk-limit", "Disk Space Limit"},
               {"files-used", "Files Used"},
               {"file-limit", "Files Limit"},
               {"quota-specifier", "Quota Specifier"}},
    .list = list_report};

}  // namespace

std::vector<Command> qtree_commands() {
  const Param vserver = required("vserver", "vserver name", "Vserver Name");
  const Param volume = required("volume", "volume name", "Volume Name");
  const Param qtree = required("qtree", "qtree name", "Qtree Name");
  const std::vector<Param> qtree_params{vserver,
                                        volume,
                                        qtree,
                                        choice("security-style", "unix|ntfs|mixed", "Security Style"),
                                        choice("oplock-mode", "enable|disable", "Oplock Mode"),
                                        optional("unix-permissions", "unix perm", "UNIX Permissions"),
                                        optional("export-policy", "text", "Export Policy")};
  std::vector<Param> key{vserver,
                         optional("policy-name", "text", "Policy Name"),
                         volume,
                         required_choice("type", "tree|user|group", "Type"),
                         required("target", "text", "Target"),
                         optional("qtree", "qtree name", "Qtree Name")};
  std::vector<Param> rule = key;
  for (const Param& param : {choice("user-mapping", "on|off", "User Mapping"), size("disk-limit", "Disk Limit"),
                             size("soft-disk-limit", "Soft Disk Limit"), size("threshold", "Threshold for Disk Limit"),
                             number("file-limit", "Files Limit"), number("soft-file-limit", "Soft Files Limit")})
    rule.push_back(param);
  const std::string_view source = "specification 10.4, 10.5, 7.6";
  return {
      {.path = "volume qtree create",
       .help = "Create a new qtree",
       .params = qtree_params,
       .run = qtree_create,
       .source = source},
      {.path = "volume qtree modify",
       .help = "Modify qtree attributes",
       .params = qtree_params,
       .run = qtree_modify,
       .source = source},
      {.path = "volume qtree delete",
       .help = "Delete a qtree",
       .params = {vserver, volume, qtree, flag("force", "Force Delete")},
       .run = qtree_delete,
       .source = source},
      {.path = "volume qtree rename",
       .help = "Rename an existing qtree",
       .params = {vserver, volume, qtree, required("newname", "qtree name", "Qtree New Name")},
       .run = qtree_rename,
       .source = source},
      {.path = "volume qtree show", .help = "Display a list of qtrees", .view = &kQtrees, .source = source},
      {.path = "volume quota policy rule create",
       .help = "Create a new quota rule",
       .params = rule,
       .run = quota_rule_create,
       .source = source},
      {.path = "volume quota policy rule modify",
       .help = "Modify an existing quota rule",
       .params = rule,
       .run = quota_rule_modify,
       .source = source},
      {.path = "volume quota policy rule delete",
       .help = "Delete an existing quota rule",
       .params = key,
       .run = quota_rule_delete,
       .source = source},
      {.path = "volume quota policy rule show",
       .help = "Display the quota rules",
       .view = &kQuotaRules,
       .source = source},
      {.path = "volume quota on",
       .help = "Turn quotas on for volumes",
       .params = {vserver, volume},
       .run = quota_on,
       .source = source},
      {.path = "volume quota off",
       .help = "Turn quotas off for volumes",
       .params = {vserver, volume},
       .run = quota_off,
       .source = source},
      {.path = "volume quota resize",
       .help = "Resize quotas on volumes",
       .params = {vserver, volume},
       .run = quota_resize,
       .source = source},
      {.path = "volume quota modify",
       .help = "Modify quota state for volumes",
       .params = {vserver, volume, required_choice("state", "on|off|resize", "Quota State")},
       .run = quota_modify,
       .source = source},
      {.path = "volume quota show", .help = "Display quota state for volumes", .view = &kQuotas, .source = source},
      {.path = "volume quota report",
       .help = "Display the quota report for volumes",
       .view = &kReport,
       .source = source},
  };
}

}  // namespace ontap_sim::cli
