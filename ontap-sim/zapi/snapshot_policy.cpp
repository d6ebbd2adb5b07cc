// Snapshot policies and their schedules. Source: Ansible's na_ontap_snapshot_policy.
#include <algorithm>

#include "ontap-sim/model/aggregate_ops.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

using model::SnapshotSchedule;
using model::Svm;

/// In cluster scope a policy belongs to the cluster and every SVM may use it.
Svm& policy_svm(Call& call) { return call.scope_svm != nullptr ? *call.scope_svm : call.cluster.admin_svm(); }

Status snapshot_policy_create(Call& call) {
  model::SnapshotPolicy policy;
  policy.name = call.text("policy");
  policy.enabled = call.flag("enabled", true);
  policy.comment = call.text("comment");
  for (int i = 1; i <= 5; ++i) {
    const std::string number = std::to_string(i);
    const auto schedule = call.optional_text(("schedule" + number).c_str());
    if (!schedule) continue;
    model::SnapshotSchedule row;
    row.schedule = *schedule;
    row.count = static_cast<int>(call.integer(("count" + number).c_str()).value_or(1));
    row.prefix = call.optional_text(("prefix" + number).c_str()).value_or(*schedule);
    row.label = call.optional_text(("snapmirror-label" + number).c_str()).value_or("");
    policy.schedules.push_back(row);
  }
  return model::create_snapshot_policy(call.cluster, policy_svm(call), policy);
}

Status snapshot_policy_delete(Call& call) {
  return model::destroy_snapshot_policy(call.cluster, policy_svm(call), call.text("policy"));
}

Status snapshot_policy_modify(Call& call) {
  Svm& svm = policy_svm(call);
  const auto at = svm.snapshot_policies.find(call.text("policy"));
  if (at == svm.snapshot_policies.end()) return model::missing_entry();
  if (const auto enabled = call.boolean("enabled")) at->second.enabled = *enabled;
  if (call.has("comment")) at->second.comment = call.text("comment");
  call.cluster.touch(svm);
  return {};
}

model::Result<model::SnapshotPolicy*> find_policy(Call& call) {
  auto& policies = policy_svm(call).snapshot_policies;
  const auto at = policies.find(call.text("policy"));
  if (at == policies.end()) return model::missing_entry();
  return &at->second;
}

std::vector<SnapshotSchedule>::iterator find_schedule(model::SnapshotPolicy& policy, const std::string& name) {
  return std::find_if(policy.schedules.begin(), policy.schedules.end(),
                      [&](const SnapshotSchedule& row) { return row.schedule == name; });
}

Status snapshot_policy_add_schedule(Call& call) {
  auto policy = find_policy(call);
  if (!policy) return policy.error();
  SnapshotSchedule row;
  row.schedule = call.text("schedule");
  row.count = static_cast<int>(call.integer("count").value_or(1));
  row.prefix = call.optional_text("prefix").value_or(row.schedule);
  row.label = call.optional_text("snapmirror-label").value_or("");
  if (!call.cluster.schedules.contains(row.schedule))
    return model::refused("Schedule \"" + row.schedule + "\" does not exist.");
  if (find_schedule(**policy, row.schedule) != (*policy)->schedules.end()) return model::duplicate_entry();
  if ((*policy)->schedules.size() == 5) return model::refused("A snapshot policy has five schedules at most.");
  (*policy)->schedules.push_back(row);
  call.cluster.touch(policy_svm(call));
  return {};
}

Status snapshot_policy_modify_schedule(Call& call) {
  auto policy = find_policy(call);
  if (!policy) return policy.error();
  const auto row = find_schedule(**policy, call.text("schedule"));
  if (row == (*policy)->schedules.end()) return model::missing_entry();
  if (const auto count = call.integer("new-count")) row->count = static_cast<int>(*count);
  if (call.has("new-snapmirror-label"))
    row->label = call.text("new-snapmirror-label") == "-" ? "" : call.text("new-snapmirror-label");
  call.cluster.touch(policy_svm(call));
  return {};
}

Status snapshot_policy_remove_schedule(Call& call) {
  auto policy = find_policy(call);
  if (!policy) return policy.error();
  const auto row = find_schedule(**policy, call.text("schedule"));
  if (row == (*policy)->schedules.end()) return model::missing_entry();
  if ((*policy)->schedules.size() == 1) return model::refused("A snapshot policy needs at least one schedule.");
  (*policy)->schedules.erase(row);
  call.cluster.touch(policy_svm(call));
  return {};
}

}  // namespace

std::vector<ApiEntry> snapshot_policy_apis() {
  return {
      {.name = "snapshot-policy-create",
       .scope = Scope::any,
       .input = "comment count1:i count2:i count3:i count4:i count5:i enabled*:b policy* prefix1 prefix2 prefix3 "
                "prefix4 prefix5 return-record:b schedule1* "
                "schedule2 schedule3 schedule4 schedule5 snapmirror-label1 snapmirror-label2 snapmirror-label3 "
                "snapmirror-label4 snapmirror-label5",
       .run = snapshot_policy_create,
       .source = "Ansible's na_ontap_snapshot_policy"},
      {.name = "snapshot-policy-delete",
       .scope = Scope::any,
       .input = "policy*",
       .run = snapshot_policy_delete,
       .source = "Ansible"},
      {.name = "snapshot-policy-modify",
       .scope = Scope::any,
       .input = "comment enabled:b policy*",
       .run = snapshot_policy_modify,
       .source = "Ansible"},
      {.name = "snapshot-policy-add-schedule",
       .scope = Scope::any,
       .input = "count*:i policy* prefix schedule* snapmirror-label",
       .run = snapshot_policy_add_schedule,
       .source = "Ansible"},
      {.name = "snapshot-policy-modify-schedule",
       .scope = Scope::any,
       .input = "new-count:i new-snapmirror-label policy* schedule*",
       .run = snapshot_policy_modify_schedule,
       .source = "Ansible"},
      {.name = "snapshot-policy-remove-schedule",
       .scope = Scope::any,
       .input = "policy* schedule*",
       .run = snapshot_policy_remove_schedule,
       .source = "Ansible"},
  };
}

}  // namespace ontap_sim::zapi
