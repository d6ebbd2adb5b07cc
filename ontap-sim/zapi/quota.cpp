// Quotas. Source: section 7.6.
#include "ontap-sim/model/qtree_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::QuotaKey;
using model::QuotaRule;
using model::QuotaType;
using model::Svm;
using model::Volume;

std::string limit_text(std::int64_t limit) { return limit < 0 ? "-" : std::to_string(limit); }

model::Result<QuotaKey> read_key(const Call& call) {
  return model::quota_key(call.svm(), call.text("volume"), call.optional_text("policy").value_or(""),
                          call.text("quota-type"), call.text("quota-target"), call.text("qtree"));
}

/// Overwrites the limits that are given; the others keep what `rule` says.
Status read_limits(const Call& call, QuotaRule& rule) {
  const std::pair<const char*, std::int64_t*> limits[] = {{"disk-limit", &rule.disk_limit},
                                                          {"soft-disk-limit", &rule.soft_disk_limit},
                                                          {"threshold", &rule.threshold},
                                                          {"file-limit", &rule.file_limit},
                                                          {"soft-file-limit", &rule.soft_file_limit}};
  for (const auto& [element, target] : limits) {
    if (!call.has(element)) continue;
    const auto limit = model::parse_limit(call.text(element));
    if (!limit) return call.invalid(element);
    *target = *limit;
  }
  if (const auto mapping = call.boolean("perform-user-mapping")) rule.user_mapping = *mapping;
  return {};
}

Status quota_set_entry(Call& call) {
  auto key = read_key(call);
  if (!key) return key.error();
  QuotaRule rule;
  if (const Status read = read_limits(call, rule); !read) return read;
  return model::set_quota_rule(call.cluster, call.svm(), call.text("volume"), *key, rule);
}

const QuotaRule* find_rule(const Svm& svm, const std::string& volume_name, const QuotaKey& key) {
  const Volume* volume = svm.find_volume(volume_name);
  if (volume == nullptr) return nullptr;
  const auto at = volume->quota_rules.find(key);
  return at == volume->quota_rules.end() ? nullptr : &at->second;
}

Status quota_add_entry(Call& call) {
  auto key = read_key(call);
  if (!key) return key.error();
  if (find_rule(call.svm(), call.text("volume"), *key) != nullptr) return model::duplicate_entry();
  return quota_set_entry(call);
}

Status quota_modify_entry(Call& call) {
  auto key = read_key(call);
  if (!key) return key.error();
  const QuotaRule* have = find_rule(call.svm(), call.text("volume"), *key);
  if (have == nullptr) return model::missing_entry();
  QuotaRule rule = *have;
  if (const Status read = read_limits(call, rule); !read) return read;
  return model::set_quota_rule(call.cluster, call.svm(), call.text("volume"), *key, rule);
}

Status quota_delete_entry(Call& call) {
  auto key = read_key(call);
  if (!key) return key.error();
  return model::delete_quota_rule(call.cluster, call.svm(), call.text("volume"), *key);
}

void write_entry(Out& out, const Svm& svm, const Volume& volume, const QuotaKey& key, const QuotaRule& rule) {
  out.text("disk-limit", limit_text(rule.disk_limit));
  out.text("file-limit", limit_text(rule.file_limit));
  if (key.type == QuotaType::user) out.flag("perform-user-mapping", rule.user_mapping);
  out.text("policy", key.policy);
  out.text("qtree", key.qtree);
  out.text("quota-target", model::quota_target_text(volume.name, key));
  out.text("quota-type", to_string(key.type));
  out.text("soft-disk-limit", limit_text(rule.soft_disk_limit));
  out.text("soft-file-limit", limit_text(rule.soft_file_limit));
  out.text("threshold", limit_text(rule.threshold));
  out.text("volume", volume.name);
  out.text("vserver", svm.name);
}

Status quota_get_entry(Call& call) {
  auto key = read_key(call);
  if (!key) return key.error();
  const QuotaRule* rule = find_rule(call.svm(), call.text("volume"), *key);
  if (rule == nullptr) return model::missing_entry();
  Out out(call.out, {}, {}, {});
  write_entry(out, call.svm(), *call.svm().find_volume(call.text("volume")), *key, *rule);
  return {};
}

Status quota_list_entries_iter(Call& call) {
  static const RecordShape shape{"quota-entry", {"vserver", "policy", "volume", "quota-type", "quota-target", "qtree"}};
  auto opened = Iteration::open(call, shape);
  if (!opened) return opened.error();
  Iteration& page = **opened;
  page.each_svm(0, [&](const Svm& svm, bool at_svm) {
    for (const std::string& policy : svm.quota_policies) {
      const bool more = page.each(svm.volumes, 2, at_svm, [&](const std::string& name, const Volume& volume, bool) {
        for (const auto& pair : volume.quota_rules) {
          const auto& key = pair.first;
          const auto& rule = pair.second;
          if (key.policy != policy) continue;
          // Within a volume: by type, then target, then qtree, as the map has it; the type's number stands for its
          // order.
          const Key cursor{
              svm.name, policy, name, std::to_string(static_cast<int>(key.type)), model::quota_target_text(name, key),
              key.qtree};
          if (!page.row(cursor, [&](Out& out) { write_entry(out, svm, volume, key, rule); })) return false;
        }
        return true;
      });
      if (!more) return false;
    }
    return true;
  });
  return page.finish();
}

Status quota_status(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"));
  if (!found) return found.error();
  const Volume& volume = **found;
  const bool scanning =
      volume.quota_state == model::QuotaState::initializing || volume.quota_state == model::QuotaState::resizing;
  if (volume.quota_state == model::QuotaState::initializing) call.put("percent-complete", std::int64_t{50});
  call.put("status", to_string(volume.quota_state));
  call.put("substatus", scanning ? "scanning" : "none");
  return {};
}

Status quota_job(Call& call, model::Result<std::uint64_t> job) {
  if (!job) return job.error();
  call.put_job(*job);
  return {};
}

Status quota_on(Call& call) { return quota_job(call, model::quota_on(call.cluster, call.svm(), call.text("volume"))); }
Status quota_off(Call& call) {
  return quota_job(call, model::quota_off(call.cluster, call.svm(), call.text("volume")));
}
Status quota_resize(Call& call) {
  return quota_job(call, model::quota_resize(call.cluster, call.svm(), call.text("volume")));
}

/// A limit and how much of it is used; "-" and no percentage without a limit.
void write_limit(Out& out, const char* name, const char* percent, std::int64_t limit, std::int64_t used) {
  out.text(name, limit < 0 ? "-" : std::to_string(limit));
  if (limit > 0) out.integer(percent, used * 100 / limit);
}

void write_use(Out& out, const Svm& svm, const std::string& volume, const model::QuotaUse& use) {
  const std::int64_t used = use.used / model::kKiB;
  out.text("disk-used", std::to_string(used));
  out.text("files-used", std::to_string(use.files_used));
  write_limit(out, "disk-limit", "disk-used-pct-disk-limit", use.limits.disk_limit, used);
  write_limit(out, "soft-disk-limit", "disk-used-pct-soft-disk-limit", use.limits.soft_disk_limit, used);
  write_limit(out, "threshold", "disk-used-pct-threshold", use.limits.threshold, used);
  write_limit(out, "file-limit", "files-used-pct-file-limit", use.limits.file_limit, use.files_used);
  write_limit(out, "soft-file-limit", "files-used-pct-soft-file-limit", use.limits.soft_file_limit, use.files_used);
  const bool tree = use.type == QuotaType::tree;
  out.text("quota-target", tree && use.target != "*" ? "/vol/" + volume + "/" + use.target : use.target);
  out.text("quota-type", to_string(use.type));
  out.text("tree", use.tree);
  if (!tree && use.target != "*") {
    if (pugi::xml_node users = out.child_list("quota-users")) {
      pugi::xml_node user = users.append_child("quota-user");
      append_text(user, "quota-user-id", use.id);
      append_text(user, "quota-user-name", use.target);
      append_text(user, "quota-user-type", use.target.find('\\') == std::string::npos ? "unix" : "windows");
    }
  }
  out.text("volume", volume);
  out.text("vserver", svm.name);
}

Status quota_report_iter(Call& call) {
  static const RecordShape shape{"quota", {"vserver", "volume", "tree", "quota-type", "quota-target"}};
  auto opened = Iteration::open(call, shape);
  if (!opened) return opened.error();
  Iteration& page = **opened;
  page.each_svm(0, [&](const Svm& svm, bool at_svm) {
    return page.each(svm.volumes, 1, at_svm, [&](const std::string& name, const Volume& volume, bool) {
      for (const model::QuotaUse& use : model::quota_report(svm, volume)) {
        const bool tree = use.type == QuotaType::tree && use.target != "*";
        const Key key{svm.name, name, use.tree, std::string(to_string(use.type)),
                      tree ? "/vol/" + name + "/" + use.target : use.target};
        if (!page.row(key, [&](Out& out) { write_use(out, svm, name, use); })) return false;
      }
      return true;
    });
  });
  return page.finish();
}

Status quota_policy_get_iter(Call& call) {
  static const RecordShape shape{"quota-policy-info", {"vserver", "policy-name"}};
  auto opened = Iteration::open(call, shape);
  if (!opened) return opened.error();
  (*opened)->each_svm(0, [&](const Svm& svm, bool) {
    if (svm.type != model::SvmType::data) return true;
    for (const std::string& policy : svm.quota_policies) {
      const bool more = (*opened)->row({svm.name, policy}, [&](Out& out) {
        out.text("policy-name", policy);
        out.text("vserver", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*opened)->finish();
}

Status quota_policy_create(Call& call) {
  if (!call.svm().quota_policies.insert(call.text("policy-name")).second) return model::duplicate_entry();
  call.cluster.touch(call.svm());
  return {};
}

Status quota_policy_delete(Call& call) {
  const std::string name = call.text("policy-name");
  if (!call.svm().quota_policies.contains(name))
    return ModelError{Errno::quota_policy_not_found, "Quota policy \"" + name + "\" does not exist."};
  if (name == call.svm().quota_policy)
    return model::refused("Quota policy \"" + name + "\" is assigned to the Vserver and cannot be deleted.");
  for (auto& [volume_name, volume] : call.svm().volumes) {
    if (std::erase_if(volume.quota_rules, [&](const auto& row) { return row.first.policy == name; }) > 0)
      call.cluster.touch(call.svm(), volume);
  }
  call.svm().quota_policies.erase(name);
  call.cluster.touch(call.svm());
  return {};
}

}  // namespace

std::vector<ApiEntry> quota_apis() {
  constexpr std::string_view entry =
      "disk-limit file-limit perform-user-mapping:b policy qtree* quota-target* quota-type* soft-disk-limit "
      "soft-file-limit threshold volume*";
  constexpr std::string_view key = "policy qtree* quota-target* quota-type* volume*";
  return {
      {.name = "quota-set-entry",
       .scope = Scope::svm,
       .input = entry,
       .run = quota_set_entry,
       .source = "upsert: nDVP economy"},
      {.name = "quota-add-entry", .scope = Scope::svm, .input = entry, .run = quota_add_entry, .source = "section 7.6"},
      {.name = "quota-modify-entry",
       .scope = Scope::svm,
       .input = entry,
       .run = quota_modify_entry,
       .source = "Ansible's na_ontap_quotas"},
      {.name = "quota-delete-entry",
       .scope = Scope::svm,
       .input = key,
       .run = quota_delete_entry,
       .source = "15661 when missing: Ansible"},
      {.name = "quota-get-entry", .scope = Scope::svm, .input = key, .run = quota_get_entry, .source = "section 7.6"},
      {.name = "quota-list-entries-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = quota_list_entries_iter,
       .source = "limits always present: nDVP"},
      {.name = "quota-status",
       .scope = Scope::svm,
       .input = "volume*",
       .run = quota_status,
       .source = "states: nDVP economy"},
      {.name = "quota-on",
       .scope = Scope::svm,
       .input = "volume*",
       .run = quota_on,
       .source = "14958, 15672: Ansible and the SDK's list"},
      {.name = "quota-off",
       .scope = Scope::svm,
       .input = "volume*",
       .run = quota_off,
       .source = "15673 is assumption A7"},
      {.name = "quota-resize",
       .scope = Scope::svm,
       .input = "volume*",
       .run = quota_resize,
       .source = "13040 when the volume is gone: nDVP"},
      {.name = "quota-report-iter", .scope = Scope::any, .input = kIter, .run = quota_report_iter, .source = "Harvest"},
      {.name = "quota-policy-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = quota_policy_get_iter,
       .source = "Ansible's na_ontap_quota_policy"},
      {.name = "quota-policy-create",
       .scope = Scope::svm,
       .input = "policy-name* return-record:b vserver",
       .run = quota_policy_create,
       .source = "Ansible"},
      {.name = "quota-policy-delete",
       .scope = Scope::svm,
       .input = "policy-name*",
       .run = quota_policy_delete,
       .source = "Ansible"},
  };
}

}  // namespace ontap_sim::zapi
