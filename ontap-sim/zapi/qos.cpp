// QoS policy groups, fixed and adaptive. Source: section 7.13.
#include <algorithm>
#include <cctype>

#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::AdaptiveQosPolicy;
using model::QosPolicy;

/// "100iops,40mb/s" -> "100IOPS,40MB/S"; nothing when it is no throughput.
std::optional<std::string> parse_throughput(const std::string& text) {
  std::string upper;
  for (const char c : base::trim(text)) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (upper == "INF" || upper == "0" || upper == "NONE") return upper;
  for (const std::string_view part : base::split(upper, ',')) {
    std::size_t digits = 0;
    while (digits < part.size() && std::isdigit(static_cast<unsigned char>(part[digits])) != 0) ++digits;
    const std::string_view unit = part.substr(digits);
    if (digits == 0) return std::nullopt;
    constexpr std::string_view units[] = {"", "IOPS", "B/S", "KB/S", "MB/S", "GB/S", "TB/S"};
    if (std::find(std::begin(units), std::end(units), unit) == std::end(units)) return std::nullopt;
  }
  return upper;
}

std::int64_t workloads_of(const model::Cluster& cluster, const std::string& svm_name, const std::string& policy) {
  const model::Svm* svm = cluster.find_svm(svm_name);
  if (svm == nullptr) return 0;
  std::int64_t count = 0;
  for (const auto& [name, volume] : svm->volumes) {
    count += volume.qos_policy == policy || (volume.extras && volume.extras->adaptive_qos_policy == policy) ? 1 : 0;
    for (const auto& [path, file] : volume.files) count += file.qos_policy == policy ? 1 : 0;
  }
  for (const auto& [path, lun] : svm->luns) count += lun.qos_policy == policy ? 1 : 0;
  return count + (svm->qos_policy == policy ? 1 : 0);
}

/// A group is named alone in most calls, so all SVMs are looked at; names are unique in practice.
template <class Map>
auto find_group(Map& map, const std::string& name) {
  return std::find_if(map.begin(), map.end(), [&](const auto& row) { return row.first.second == name; });
}

ModelError no_group(const std::string& name) {
  return {Errno::entry_does_not_exist, "Policy group \"" + name + "\" does not exist: entry doesn't exist"};
}

Status read_throughputs(const Call& call, QosPolicy& policy) {
  for (const auto& [element, target] :
       {std::pair{"max-throughput", &policy.max_throughput}, std::pair{"min-throughput", &policy.min_throughput}}) {
    const auto text = call.optional_text(element);
    if (!text) continue;
    const auto parsed = parse_throughput(*text);
    if (!parsed) return call.invalid(element);
    *target = *parsed;
  }
  if (const auto shared = call.boolean("is-shared")) policy.shared = *shared;
  return {};
}

void write_qos(Out& out, const Call& call, const QosPolicy& policy) {
  if (call.cluster.ontapi_minor >= 140) out.flag("is-shared", policy.shared);
  out.text("max-throughput", policy.max_throughput);
  if (call.cluster.ontapi_minor >= 120) out.text("min-throughput", policy.min_throughput);
  if (out.wants("num-workloads")) out.integer("num-workloads", workloads_of(call.cluster, policy.svm, policy.name));
  out.integer("pgid", policy.id);
  out.text("policy-group", policy.name);
  out.text("policy-group-class", policy.policy_class);
  out.text("uuid", policy.uuid.text());
  out.text("vserver", policy.svm);
}

const RecordShape kQosShape{"qos-policy-group-info", {"vserver", "policy-group"}};

Status qos_policy_group_create(Call& call) {
  auto svm = model::require_svm(call.cluster, call.text("vserver"));
  if (!svm) return svm.error();
  QosPolicy policy;
  policy.svm = (*svm)->name;
  policy.name = call.text("policy-group");
  if (policy.name.empty() || policy.name.size() > 127) return call.invalid("policy-group");
  if (call.cluster.qos_policies.contains({policy.svm, policy.name}) ||
      call.cluster.adaptive_qos_policies.contains({policy.svm, policy.name})) {
    return model::duplicate_entry();
  }
  if (const Status read = read_throughputs(call, policy); !read) return read;
  policy.uuid = model::new_uuid(call.cluster.rng);
  policy.id = static_cast<std::int64_t>(call.cluster.counters.next_qos++);
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child(kQosShape.type), {}, {}, {});
    write_qos(out, call, policy);
  }
  call.cluster.qos_policies[{policy.svm, policy.name}] = policy;
  call.cluster.touch();
  return {};
}

Status qos_policy_group_modify(Call& call) {
  const auto at = find_group(call.cluster.qos_policies, call.text("policy-group"));
  if (at == call.cluster.qos_policies.end()) return no_group(call.text("policy-group"));
  QosPolicy changed = at->second;
  if (const Status read = read_throughputs(call, changed); !read) return read;
  at->second = changed;
  call.cluster.touch();
  return {};
}

/// Volumes, LUNs and files follow the new name.
void rename_uses(Call& call, const std::string& svm_name, const std::string& name, const std::string& new_name) {
  model::Svm* svm = call.cluster.find_svm(svm_name);
  if (svm == nullptr) return;
  for (auto& [volume_name, volume] : svm->volumes) {
    bool changed = volume.qos_policy == name;
    if (changed) volume.qos_policy = new_name;
    if (volume.extras && volume.extras->adaptive_qos_policy == name) {
      volume.extras->adaptive_qos_policy = new_name;
      changed = true;
    }
    for (auto& [path, file] : volume.files) {
      if (file.qos_policy != name) continue;
      file.qos_policy = new_name;
      changed = true;
    }
    if (changed) call.cluster.touch(*svm, volume);
  }
  for (auto& [path, lun] : svm->luns) {
    if (lun.qos_policy != name) continue;
    lun.qos_policy = new_name;
    call.cluster.touch(*svm, lun);
  }
  if (svm->qos_policy == name) svm->qos_policy = new_name;
}

template <class Map>
Status rename_group(Call& call, Map& map) {
  const std::string name = call.text("policy-group-name");
  const std::string new_name = call.text("new-name");
  const auto at = find_group(map, name);
  if (at == map.end()) return no_group(name);
  const std::string svm = at->first.first;
  if (map.contains({svm, new_name})) return model::duplicate_entry();
  auto node = map.extract(at);
  node.key().second = node.mapped().name = new_name;
  map.insert(std::move(node));
  rename_uses(call, svm, name, new_name);
  call.cluster.touch();
  return {};
}

template <class Map>
Status delete_group(Call& call, Map& map, const std::string& svm, const std::string& name) {
  const auto at = svm.empty() ? find_group(map, name) : map.find({svm, name});
  if (at == map.end()) return no_group(name);
  if (workloads_of(call.cluster, at->first.first, name) > 0 && !call.flag("force")) {
    return model::refused("Policy group \"" + name + "\" cannot be deleted because workloads use it.");
  }
  if (call.flag("force")) rename_uses(call, at->first.first, name, "");
  map.erase(at);
  call.cluster.touch();
  return {};
}

Status qos_policy_group_rename(Call& call) { return rename_group(call, call.cluster.qos_policies); }
Status qos_policy_group_delete(Call& call) {
  return delete_group(call, call.cluster.qos_policies, "", call.text("policy-group"));
}

void walk_qos(Iteration& page, const Call& call) {
  for (const auto& entry : call.cluster.qos_policies) {
    const auto& key = entry.first;
    const auto& policy = entry.second;
    if (!page.row({key.first, key.second}, [&](Out& out) { write_qos(out, call, policy); })) break;
  }
}

Status qos_policy_group_get_iter(Call& call) {
  auto page = Iteration::open(call, kQosShape);
  if (!page) return page.error();
  walk_qos(**page, call);
  return (*page)->finish();
}

Status qos_policy_group_delete_iter(Call& call) {
  auto found = Iteration::collect(call, kQosShape);
  if (!found) return found.error();
  walk_qos(**found, call);
  return change_each(call, kQosShape, **found, {"qos-policy-group-delete-iter-info", "qos-policy-group-key"},
                     [&](const Key& key) { return delete_group(call, call.cluster.qos_policies, key[0], key[1]); });
}

const RecordShape kAdaptiveQosShape{"qos-adaptive-policy-group-info", {"vserver", "policy-group"}};

void write_adaptive(Out& out, const Call& call, const AdaptiveQosPolicy& policy) {
  out.text("absolute-min-iops", policy.absolute_min_iops);
  if (call.cluster.ontapi_minor >= 150) out.text("block-size", policy.block_size);
  out.text("expected-iops", policy.expected_iops);
  if (call.cluster.ontapi_minor >= 150) out.text("expected-iops-allocation", policy.expected_allocation);
  if (out.wants("num-workloads")) out.integer("num-workloads", workloads_of(call.cluster, policy.svm, policy.name));
  out.text("peak-iops", policy.peak_iops);
  out.text("peak-iops-allocation", policy.peak_allocation);
  out.integer("pgid", policy.id);
  out.text("policy-group", policy.name);
  out.text("uuid", policy.uuid.text());
  out.text("vserver", policy.svm);
}

/// "5000iops/TB", "5000IOPS/gb" or a bare number.
bool is_iops_rate(std::string_view text) {
  const std::string lower = base::to_lower(text);
  const std::size_t digits = lower.find_first_not_of("0123456789");
  if (digits == 0) return false;
  if (digits == std::string::npos) return true;
  const std::string unit = lower.substr(digits);
  return unit == "iops/tb" || unit == "iops/gb" || unit == "iops";
}

Status read_adaptive(const Call& call, AdaptiveQosPolicy& policy) {
  for (const auto& [element, target] :
       {std::pair{"expected-iops", &policy.expected_iops}, std::pair{"peak-iops", &policy.peak_iops},
        std::pair{"absolute-min-iops", &policy.absolute_min_iops}}) {
    const auto text = call.optional_text(element);
    if (!text) continue;
    if (!is_iops_rate(*text)) return call.invalid(element);
    *target = *text;
  }
  for (const auto& [element, target] : {std::pair{"expected-iops-allocation", &policy.expected_allocation},
                                        std::pair{"peak-iops-allocation", &policy.peak_allocation}}) {
    const auto text = call.optional_text(element);
    if (!text) continue;
    // Manila writes used-space, Ansible used_space; each reads what it wrote.
    const std::string value = base::to_lower(*text);
    const std::string plain = base::replace_all(value, "_", "-");
    if (plain != "used-space" && plain != "allocated-space") return call.invalid(element);
    *target = value;
  }
  if (const auto size = call.optional_text("block-size")) policy.block_size = *size;
  return {};
}

Status qos_adaptive_create(Call& call) {
  auto svm = model::require_svm(call.cluster, call.text("vserver"));
  if (!svm) return svm.error();
  AdaptiveQosPolicy policy;
  policy.svm = (*svm)->name;
  policy.name = call.text("policy-group");
  if (call.cluster.qos_policies.contains({policy.svm, policy.name}) ||
      call.cluster.adaptive_qos_policies.contains({policy.svm, policy.name})) {
    return model::duplicate_entry();
  }
  if (const Status read = read_adaptive(call, policy); !read) return read;
  policy.uuid = model::new_uuid(call.cluster.rng);
  policy.id = static_cast<std::int64_t>(call.cluster.counters.next_qos++);
  call.cluster.adaptive_qos_policies[{policy.svm, policy.name}] = policy;
  call.cluster.touch();
  return {};
}

Status qos_adaptive_modify(Call& call) {
  const auto at = find_group(call.cluster.adaptive_qos_policies, call.text("policy-group"));
  if (at == call.cluster.adaptive_qos_policies.end()) return no_group(call.text("policy-group"));
  AdaptiveQosPolicy changed = at->second;
  if (const Status read = read_adaptive(call, changed); !read) return read;
  at->second = changed;
  call.cluster.touch();
  return {};
}

Status qos_adaptive_rename(Call& call) { return rename_group(call, call.cluster.adaptive_qos_policies); }
Status qos_adaptive_delete(Call& call) {
  return delete_group(call, call.cluster.adaptive_qos_policies, "", call.text("policy-group"));
}

void walk_adaptive(Iteration& page, const Call& call) {
  for (const auto& entry : call.cluster.adaptive_qos_policies) {
    const auto& key = entry.first;
    const auto& policy = entry.second;
    if (!page.row({key.first, key.second}, [&](Out& out) { write_adaptive(out, call, policy); })) break;
  }
}

Status qos_adaptive_get_iter(Call& call) {
  auto page = Iteration::open(call, kAdaptiveQosShape);
  if (!page) return page.error();
  walk_adaptive(**page, call);
  return (*page)->finish();
}

Status qos_adaptive_delete_iter(Call& call) {
  auto found = Iteration::collect(call, kAdaptiveQosShape);
  if (!found) return found.error();
  walk_adaptive(**found, call);
  return change_each(
      call, kAdaptiveQosShape, **found, {"qos-adaptive-policy-group-delete-iter-info", "qos-adaptive-policy-group-key"},
      [&](const Key& key) { return delete_group(call, call.cluster.adaptive_qos_policies, key[0], key[1]); });
}

struct Workload {
  std::string svm{}, volume{}, lun{}, qtree{}, policy{}, uuid{};
  bool adaptive = false;
  std::uint64_t id = 0;
};

/// Whatever has a policy: volumes, qtrees and LUNs, by the workload's name.
std::map<std::string, Workload> workloads_of(const model::Cluster& cluster) {
  std::map<std::string, Workload> found;
  const auto add = [&](const std::string& name, Workload workload) {
    if (workload.policy.empty()) return;
    found.emplace(name + "-wid" + std::to_string(workload.id), std::move(workload));
  };
  for (const auto& [svm_name, svm] : cluster.svms) {
    for (const auto& [name, volume] : svm.volumes) {
      const bool adaptive = volume.extras && !volume.extras->adaptive_qos_policy.empty();
      add(name, {svm_name, name, "", "", adaptive ? volume.extras->adaptive_qos_policy : volume.qos_policy,
                 volume.uuid.text(), adaptive, volume.dsid});
      for (const auto& [qtree_name, qtree] : volume.qtrees)
        add(name + "-" + qtree_name, {svm_name, name, "", qtree_name, qtree.qos_policy,
                                      volume.uuid.text() + ":" + std::to_string(qtree.id), false, volume.dsid});
    }
    for (const auto& [path, lun] : svm.luns) {
      const auto parts = model::parse_lun_path(path);
      const Volume* volume = parts ? svm.find_volume(parts->volume) : nullptr;
      if (volume != nullptr)
        add(parts->volume + "-" + parts->name,
            {svm_name, parts->volume, parts->name, parts->qtree, lun.qos_policy, lun.uuid.text(), false, volume->dsid});
    }
  }
  return found;
}

Status qos_workload_get_iter(Call& call) {
  static const RecordShape shape{"qos-workload-info", {"workload-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& [name, each] : workloads_of(call.cluster)) {
    const Workload& workload = each;
    const std::string& key = name;
    const bool more = (*page)->row({key}, [&](Out& out) {
      const auto policy = call.cluster.qos_policies.find({workload.svm, workload.policy});
      out.flag("is-adaptive", workload.adaptive);
      out.text_if("lun", workload.lun);
      if (policy != call.cluster.qos_policies.end()) out.text("max-throughput", policy->second.max_throughput);
      out.text("policy-group", workload.policy);
      out.text_if("qtree", workload.qtree);
      out.text("volume", workload.volume);
      out.text("vserver", workload.svm);
      out.integer("wid", static_cast<std::int64_t>(workload.id));
      out.text("workload-class", "user_defined");
      out.text("workload-name", key);
      out.text("workload-uuid", workload.uuid);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> qos_apis() {
  constexpr std::string_view adaptive =
      "policy-group* vserver* peak-iops* expected-iops* peak-iops-allocation expected-iops-allocation@150 "
      "absolute-min-iops block-size@150 return-record:b";
  return {
      {.name = "qos-policy-group-create",
       .scope = Scope::cluster,
       .input = "max-throughput min-throughput@120 is-shared:b@140 policy-group* return-record:b vserver*",
       .run = qos_policy_group_create,
       .source = "Manila and Cinder, un-tunnelled"},
      {.name = "qos-policy-group-modify",
       .scope = Scope::cluster,
       .input = "max-throughput min-throughput@120 is-shared:b@140 policy-group*",
       .run = qos_policy_group_modify,
       .source = "Manila"},
      {.name = "qos-policy-group-rename",
       .scope = Scope::cluster,
       .input = "new-name* policy-group-name*",
       .run = qos_policy_group_rename,
       .source = "Manila's deletion"},
      {.name = "qos-policy-group-delete",
       .scope = Scope::cluster,
       .input = "policy-group* force:b",
       .run = qos_policy_group_delete,
       .source = "13001 in use"},
      {.name = "qos-policy-group-delete-iter",
       .scope = Scope::cluster,
       .input = kDestroyIter,
       .run = qos_policy_group_delete_iter,
       .source = "Manila: max-records 3500"},
      {.name = "qos-policy-group-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = qos_policy_group_get_iter,
       .source = "Manila, Cinder, Harvest"},
      {.name = "qos-adaptive-policy-group-create",
       .scope = Scope::cluster,
       .input = adaptive,
       .run = qos_adaptive_create,
       .source = "Cinder",
       .since = 130},
      {.name = "qos-adaptive-policy-group-modify",
       .scope = Scope::cluster,
       .input = "policy-group* peak-iops expected-iops peak-iops-allocation expected-iops-allocation@150 "
                "absolute-min-iops block-size@150",
       .run = qos_adaptive_modify,
       .source = "Cinder",
       .since = 130},
      {.name = "qos-adaptive-policy-group-rename",
       .scope = Scope::cluster,
       .input = "new-name* policy-group-name*",
       .run = qos_adaptive_rename,
       .source = "Cinder",
       .since = 130},
      {.name = "qos-adaptive-policy-group-delete",
       .scope = Scope::cluster,
       .input = "policy-group* force:b",
       .run = qos_adaptive_delete,
       .source = "Ansible",
       .since = 130},
      {.name = "qos-adaptive-policy-group-delete-iter",
       .scope = Scope::cluster,
       .input = kDestroyIter,
       .run = qos_adaptive_delete_iter,
       .source = "Cinder",
       .since = 130},
      {.name = "qos-adaptive-policy-group-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = qos_adaptive_get_iter,
       .source = "Cinder",
       .since = 130},
      {.name = "qos-workload-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = qos_workload_get_iter,
       .source = "Harvest"},
  };
}

}  // namespace ontap_sim::zapi
