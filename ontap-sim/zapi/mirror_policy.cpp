// SnapMirror policies. Those of the cluster have no owner; an SVM sees its own and the cluster's. Source: section 7.12.
#include "ontap-sim/model/mirror_ops.h"

#include <algorithm>

#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

using model::SnapMirrorPolicy;

const RecordShape kMirrorPolicyShape{"snapmirror-policy-info", {"vserver-name", "policy-name"}};

std::string policy_owner(const Call& call) { return call.scope_svm == nullptr ? "" : call.scope_svm->name; }

void write_mirror_policy(Out& out, const model::Cluster& cluster, const SnapMirrorPolicy& policy) {
  out.text("comment", policy.comment);
  out.flag("create-snapshot", policy.create_snapshot);
  out.list("discard-configs", "svmdr-config-obj", policy.discard_configs);
  out.flag("ignore-atime", policy.ignore_atime);
  out.flag("is-network-compression-enabled", policy.network_compression);
  out.text("owner", policy.owner_svm.empty() ? "cluster_admin" : "vserver_admin");
  out.text("policy-name", policy.name);
  out.text("restart", policy.restart);
  std::int64_t keep = 0;
  for (const SnapMirrorPolicy::Rule& rule : policy.rules)
    keep += static_cast<std::int64_t>(base::parse_unsigned(rule.keep).value_or(0));
  if (pugi::xml_node list = policy.rules.empty() ? pugi::xml_node() : out.child_list("snapmirror-policy-rules")) {
    for (const SnapMirrorPolicy::Rule& rule : policy.rules) {
      pugi::xml_node info = list.append_child("snapmirror-policy-rule-info");
      append_text(info, "keep", rule.keep);
      append_text(info, "preserve", rule.preserve ? "true" : "false");
      append_text(info, "snapmirror-label", rule.label);
      append_text(info, "warn", std::to_string(rule.warn));
    }
  }
  out.integer("total-keep", keep);
  out.integer("total-rules", static_cast<std::int64_t>(policy.rules.size()));
  out.text("transfer-priority", policy.transfer_priority);
  out.text("tries", policy.tries);
  out.text("type", policy.type);
  out.text("vserver-name", policy.owner_svm.empty() ? cluster.name : policy.owner_svm);
}

Status snapmirror_policy_get_iter(Call& call) {
  auto page = Iteration::open(call, kMirrorPolicyShape);
  if (!page) return page.error();
  std::map<std::pair<std::string, std::string>, const SnapMirrorPolicy*> rows;
  for (const auto& [key, policy] : call.cluster.snapmirror_policies) {
    if (call.scope_svm != nullptr && !key.first.empty() && key.first != call.scope_svm->name) continue;
    rows[{key.first.empty() ? call.cluster.name : key.first, key.second}] = &policy;
  }
  for (const auto& [key, policy] : rows) {
    const SnapMirrorPolicy& one = *policy;
    if (!(*page)->row({key.first, key.second}, [&](Out& out) { write_mirror_policy(out, call.cluster, one); })) break;
  }
  return (*page)->finish();
}

Status snapmirror_policy_create(Call& call) {
  SnapMirrorPolicy policy;
  policy.owner_svm = policy_owner(call);
  policy.name = call.text("policy-name");
  if (call.cluster.snapmirror_policies.contains({policy.owner_svm, policy.name}) ||
      call.cluster.snapmirror_policies.contains({"", policy.name}))
    return model::duplicate_entry();
  policy.comment = call.text("comment");
  policy.type = call.optional_text("type").value_or("async_mirror");
  policy.tries = call.optional_text("tries").value_or(policy.tries);
  policy.transfer_priority = call.optional_text("transfer-priority").value_or(policy.transfer_priority);
  policy.restart = call.optional_text("restart").value_or(policy.restart);
  policy.ignore_atime = call.flag("ignore-atime");
  policy.network_compression = call.flag("is-network-compression-enabled");
  if (const auto discard = call.list("discard-configs", "svmdr-config-obj"))
    policy.discard_configs = {discard->begin(), discard->end()};
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child(kMirrorPolicyShape.type), {}, {}, {});
    write_mirror_policy(out, call.cluster, policy);
  }
  call.cluster.snapmirror_policies[{policy.owner_svm, policy.name}] = std::move(policy);
  call.cluster.touch();
  return {};
}

model::Result<SnapMirrorPolicy*> own_policy(Call& call) {
  const auto at = call.cluster.snapmirror_policies.find({policy_owner(call), call.text("policy-name")});
  if (at == call.cluster.snapmirror_policies.end()) return model::missing_entry();
  return &at->second;
}

Status snapmirror_policy_add_rule(Call& call) {
  auto policy = own_policy(call);
  if (!policy) return policy.error();
  const std::string label = call.text("snapmirror-label");
  for (const SnapMirrorPolicy::Rule& rule : (*policy)->rules) {
    if (rule.label == label) return model::duplicate_entry();
  }
  (*policy)->rules.push_back(
      {label, call.text("keep"), call.flag("preserve"), static_cast<int>(call.integer("warn").value_or(0))});
  call.cluster.touch();
  return {};
}

Status snapmirror_policy_modify(Call& call) {
  auto policy = own_policy(call);
  if (!policy) return policy.error();
  if (call.has("comment")) (*policy)->comment = call.text("comment");
  (*policy)->network_compression = call.flag("is-network-compression-enabled", (*policy)->network_compression);
  (*policy)->tries = call.optional_text("tries").value_or((*policy)->tries);
  (*policy)->transfer_priority = call.optional_text("transfer-priority").value_or((*policy)->transfer_priority);
  (*policy)->restart = call.optional_text("restart").value_or((*policy)->restart);
  call.cluster.touch();
  return {};
}

Status snapmirror_policy_delete(Call& call) {
  auto policy = own_policy(call);
  if (!policy) return policy.error();
  for (const auto& [destination, mirror] : call.cluster.snapmirrors) {
    if (mirror.policy == (*policy)->name)
      return model::refused("SnapMirror policy \"" + mirror.policy + "\" is in use by \"" + destination.location() +
                            "\".");
  }
  call.cluster.snapmirror_policies.erase({policy_owner(call), call.text("policy-name")});
  call.cluster.touch();
  return {};
}

}  // namespace

std::vector<ApiEntry> mirror_policy_apis() {
  return {
      {.name = "snapmirror-policy-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = snapmirror_policy_get_iter,
       .source = "Trident, Manila"},
      {.name = "snapmirror-policy-create",
       .scope = Scope::any,
       .input = "comment common-snapshot-schedule ignore-atime:b is-network-compression-enabled:b policy-name* restart "
                "return-record:b transfer-priority tries type discard-configs:r",
       .run = snapmirror_policy_create,
       .source = "Manila"},
      {.name = "snapmirror-policy-add-rule",
       .scope = Scope::any,
       .input = "keep* policy-name* preserve:b snapmirror-label* warn:i",
       .run = snapmirror_policy_add_rule,
       .source = "Manila"},
      {.name = "snapmirror-policy-modify",
       .scope = Scope::any,
       .input = "comment common-snapshot-schedule ignore-atime:b is-network-compression-enabled:b policy-name* restart "
                "transfer-priority tries",
       .run = snapmirror_policy_modify,
       .source = "Ansible's na_ontap_snapmirror_policy"},
      {.name = "snapmirror-policy-delete",
       .scope = Scope::any,
       .input = "policy-name*",
       .run = snapmirror_policy_delete,
       .source = "Manila"},
  };
}

}  // namespace ontap_sim::zapi
