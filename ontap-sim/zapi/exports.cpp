// Export policies and rules. Source: section 7.10.
#include "ontap-sim/model/nas_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::ExportPolicy;
using model::ExportRule;
using model::Svm;

void write_policy(Out& out, const Svm& svm, const ExportPolicy& policy) {
  out.integer("policy-id", policy.id);
  out.text("policy-name", policy.name);
  out.text("vserver", svm.name);
}

Status export_policy_create(Call& call) {
  auto made = model::create_export_policy(call.cluster, call.svm(), call.text("policy-name"));
  if (!made) return made.error();
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child("export-policy-info"), {}, {}, {});
    write_policy(out, call.svm(), **made);
  }
  return {};
}

Status export_policy_destroy(Call& call) {
  return model::destroy_export_policy(call.cluster, call.svm(), call.text("policy-name"));
}
Status export_policy_rename(Call& call) {
  return model::rename_export_policy(call.cluster, call.svm(), call.text("policy-name"), call.text("new-policy-name"));
}

const RecordShape kPolicyShape{"export-policy-info", {"vserver", "policy-name"}};

Status export_policy_get_iter(Call& call) {
  auto page = Iteration::open(call, kPolicyShape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    if (svm.type != model::SvmType::data) return true;
    return (*page)->each(svm.export_policies, 1, at_svm,
                         [&](const std::string& name, const ExportPolicy& policy, bool) {
                           return (*page)->row({svm.name, name}, [&](Out& out) { write_policy(out, svm, policy); });
                         });
  });
  return (*page)->finish();
}

Status export_policy_get(Call& call) {
  const auto at = call.svm().export_policies.find(call.text("policy-name"));
  if (at == call.svm().export_policies.end()) return model::missing_entry();
  auto record = Iteration::single(call, kPolicyShape);
  record->row({call.svm().name, at->first}, [&](Out& out) { write_policy(out, call.svm(), at->second); });
  return record->finish_single();
}

Status export_rule_create(Call& call) {
  ExportRule rule;
  rule.client_match = call.text("client-match");
  rule.protocols = call.list("protocol", "access-protocol").value_or(std::vector<std::string>{});
  rule.ro = call.list("ro-rule", "security-flavor").value_or(std::vector<std::string>{});
  rule.rw = call.list("rw-rule", "security-flavor").value_or(std::vector<std::string>{});
  rule.superuser = call.list("super-user-security", "security-flavor").value_or(std::vector<std::string>{});
  rule.anonymous_user = call.optional_text("anonymous-user-id").value_or(rule.anonymous_user);
  rule.chown_mode = call.optional_text("export-chown-mode").value_or(rule.chown_mode);
  rule.ntfs_unix_security = call.optional_text("export-ntfs-unix-security-ops").value_or(rule.ntfs_unix_security);
  rule.allow_suid = call.flag("is-allow-set-uid-enabled", true);
  rule.allow_dev = call.flag("is-allow-dev-is-enabled", true);
  std::optional<int> index;
  if (const auto wanted = call.integer("rule-index")) index = static_cast<int>(*wanted);
  auto made = model::create_export_rule(call.cluster, call.svm(), call.text("policy-name"), index, std::move(rule));
  if (!made) return made.error();
  return {};
}

Status export_rule_modify(Call& call) {
  model::ExportRuleChange change;
  change.client_match = call.optional_text("client-match");
  change.anonymous_user = call.optional_text("anonymous-user-id");
  change.chown_mode = call.optional_text("export-chown-mode");
  change.ntfs_unix_security = call.optional_text("export-ntfs-unix-security-ops");
  change.protocols = call.list("protocol", "access-protocol");
  change.ro = call.list("ro-rule", "security-flavor");
  change.rw = call.list("rw-rule", "security-flavor");
  change.superuser = call.list("super-user-security", "security-flavor");
  change.allow_suid = call.boolean("is-allow-set-uid-enabled");
  change.allow_dev = call.boolean("is-allow-dev-is-enabled");
  return model::modify_export_rule(call.cluster, call.svm(), call.text("policy-name"),
                                   static_cast<int>(call.integer("rule-index").value_or(0)), change);
}

Status export_rule_destroy(Call& call) {
  return model::destroy_export_rule(call.cluster, call.svm(), call.text("policy-name"),
                                    static_cast<int>(call.integer("rule-index").value_or(0)));
}

void write_rule(Out& out, const Svm& svm, const std::string& policy, int index, const ExportRule& rule) {
  out.text("anonymous-user-id", rule.anonymous_user);
  out.text("client-match", rule.client_match);
  out.text("export-chown-mode", rule.chown_mode);
  out.text("export-ntfs-unix-security-ops", rule.ntfs_unix_security);
  out.flag("is-allow-dev-is-enabled", rule.allow_dev);
  out.flag("is-allow-set-uid-enabled", rule.allow_suid);
  out.text("policy-name", policy);
  out.list("protocol", "access-protocol", rule.protocols);
  out.list("ro-rule", "security-flavor", rule.ro);
  out.integer("rule-index", index);
  out.list("rw-rule", "security-flavor", rule.rw);
  out.list("super-user-security", "security-flavor", rule.superuser);
  out.text("vserver-name", svm.name);
}

Status export_rule_get_iter(Call& call) {
  static const RecordShape shape{"export-rule-info", {"vserver-name", "policy-name", "rule-index"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.export_policies, 1, at_svm,
                         [&](const std::string& name, const ExportPolicy& policy, bool) {
                           for (const auto& entry : policy.rules) {
                             const auto& index = entry.first;
                             const auto& rule = entry.second;
                             if (!(*page)->row({svm.name, name, std::to_string(index)},
                                               [&](Out& out) { write_rule(out, svm, name, index, rule); }))
                               return false;
                           }
                           return true;
                         });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> export_apis() {
  constexpr std::string_view change =
      "anonymous-user-id client-match export-chown-mode export-ntfs-unix-security-ops is-allow-dev-is-enabled:b "
      "is-allow-set-uid-enabled:b policy-name* "
      "protocol:r ro-rule:r rule-index*:i rw-rule:r super-user-security:r";
  return {
      {.name = "export-policy-create",
       .scope = Scope::svm,
       .input = "policy-name* return-record:b",
       .run = export_policy_create,
       .source = "13130: nDVP"},
      {.name = "export-policy-destroy",
       .scope = Scope::svm,
       .input = "policy-name*",
       .run = export_policy_destroy,
       .source = "15661: Manila"},
      {.name = "export-policy-rename",
       .scope = Scope::svm,
       .input = "new-policy-name* policy-name*",
       .run = export_policy_rename,
       .source = "Manila"},
      {.name = "export-policy-get",
       .scope = Scope::svm,
       .input = "desired-attributes:r policy-name*",
       .run = export_policy_get,
       .source = "appendix B"},
      {.name = "export-policy-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = export_policy_get_iter,
       .source = "Manila"},
      {.name = "export-rule-create",
       .scope = Scope::svm,
       .input = "anonymous-user-id client-match* export-chown-mode export-ntfs-unix-security-ops "
                "is-allow-dev-is-enabled:b is-allow-set-uid-enabled:b "
                "policy-name* protocol:r ro-rule*:r rule-index:i rw-rule*:r super-user-security:r",
       .run = export_rule_create,
       .source = "nDVP economy, Manila"},
      {.name = "export-rule-modify",
       .scope = Scope::svm,
       .input = change,
       .run = export_rule_modify,
       .source = "appendix B"},
      {.name = "export-rule-destroy",
       .scope = Scope::svm,
       .input = "policy-name* rule-index*:i",
       .run = export_rule_destroy,
       .source = "15661: Manila"},
      {.name = "export-rule-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = export_rule_get_iter,
       .source = "nDVP economy, Manila"},
  };
}

}  // namespace ontap_sim::zapi
