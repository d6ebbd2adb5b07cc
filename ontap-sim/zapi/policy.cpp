// Aggregates' life, snapshot policies, portsets, licences: calls of tier 3 over families above. Source: Ansible's
// modules.
#include "ontap-sim/model/aggregate_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Svm;

Status aggr_create(Call& call) {
  model::NewAggregate spec;
  spec.name = call.text("aggregate");
  const auto nodes = call.list("nodes", "node-name");
  spec.node = nodes && !nodes->empty() ? nodes->front() : call.cluster.nodes.begin()->first;
  spec.disk_count = static_cast<int>(call.integer("disk-count").value_or(0));
  if (const auto list = call.in.child("disks"))
    spec.disk_count = static_cast<int>(std::distance(list.begin(), list.end()));
  spec.raid_type = call.optional_text("raid-type").value_or(spec.raid_type);
  spec.raid_size = static_cast<int>(call.integer("raid-size").value_or(spec.raid_size));
  const std::string disk_type = call.optional_text("disk-type").value_or("SAS");
  spec.type = disk_type == "SSD" ? "ssd" : disk_type == "VMDISK" ? "vmdisk" : "hdd";
  if (const auto size = call.optional_text("disk-size-with-unit")) {
    const auto bytes = model::parse_size(*size);
    if (!bytes) return call.invalid("disk-size-with-unit");
    spec.disk_size = *bytes;
  } else if (const auto gigabytes = call.integer("disk-size")) {
    spec.disk_size = *gigabytes * model::kGiB;
  }
  auto made = model::create_aggregate(call.cluster, spec);
  if (!made) return made.error();
  return {};
}

Status aggr_add(Call& call) {
  return model::add_disks(call.cluster, call.text("aggregate"),
                          static_cast<int>(call.integer("disk-count").value_or(0)));
}
Status aggr_destroy(Call& call) { return model::destroy_aggregate(call.cluster, call.text("aggregate")); }
Status aggr_rename(Call& call) {
  return model::rename_aggregate(call.cluster, call.text("aggregate"), call.text("new-aggregate-name"));
}

Status aggr_status_get_iter(Call& call) {
  static const RecordShape shape{"aggr-status-attributes", {"aggregate"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.aggregates, 0, true,
                [&](const std::string& name, const model::Aggregate& aggregate, bool) {
                  return (*page)->row({name}, [&](Out& out) {
                    out.text("aggregate", name);
                    out.text("node-name", aggregate.node);
                    out.text("owner-node", aggregate.node);
                    out.text("raid-type", aggregate.raid_type);
                    out.text("state", aggregate.state);
                  });
                });
  return (*page)->finish();
}

Status volume_move_target_aggr_get_iter(Call& call) {
  static const RecordShape shape{"volume-move-target-aggr-info", {"aggregate-name"}};
  const std::string volume_name = call.text("volume-name");
  const model::Volume* volume = nullptr;
  if (call.scope_svm != nullptr) volume = call.scope_svm->find_volume(volume_name);
  if (const Svm* svm = call.cluster.find_svm(call.text("vserver")); svm != nullptr)
    volume = svm->find_volume(volume_name);
  if (volume == nullptr)
    return ModelError{Errno::volume_does_not_exist, "Volume \"" + volume_name + "\" does not exist."};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(
      call.cluster.aggregates, 0, true, [&](const std::string& name, const model::Aggregate& aggregate, bool) {
        const bool fits = !aggregate.root && name != volume->aggregate && aggregate.available() >= volume->charged;
        return !fits || (*page)->row({name}, [&](Out& out) {
          out.text("aggregate-name", name);
          out.integer("available-size", aggregate.available());
          out.text("storage-type", aggregate.type);
        });
      });
  return (*page)->finish();
}

Status portset_create(Call& call) {
  model::Portset portset;
  portset.name = call.text("portset-name");
  portset.protocol = call.text("portset-type");
  return model::create_portset(call.cluster, call.svm(), portset);
}
Status portset_destroy(Call& call) {
  return model::destroy_portset(call.cluster, call.svm(), call.text("portset-name"), call.flag("force"));
}
Status portset_add(Call& call) {
  return model::add_to_portset(call.cluster, call.svm(), call.text("portset-name"), call.text("portset-port-name"));
}
Status portset_remove(Call& call) {
  return model::remove_from_portset(call.cluster, call.svm(), call.text("portset-name"),
                                    call.text("portset-port-name"));
}

Status portset_get_iter(Call& call) {
  static const RecordShape shape{"portset-info", {"vserver", "portset-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.portsets, 1, at_svm, [&](const std::string& name, const model::Portset& portset, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) {
        out.text("portset-name", name);
        if (pugi::xml_node list = portset.lifs.empty() ? pugi::xml_node() : out.child_list("portset-port-info")) {
          for (const std::string& lif : portset.lifs) append_text(list, "portset-port-name", lif);
        }
        out.integer("portset-port-total", static_cast<std::int64_t>(portset.lifs.size()));
        out.text("portset-type", portset.protocol);
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

Status quota_policy_rename(Call& call) {
  Svm& svm = call.svm();
  const std::string name = call.text("policy-name");
  const std::string new_name = call.text("new-policy-name");
  if (!svm.quota_policies.contains(name))
    return ModelError{Errno::quota_policy_not_found, "Quota policy \"" + name + "\" does not exist."};
  if (!svm.quota_policies.insert(new_name).second) return model::duplicate_entry();
  svm.quota_policies.erase(name);
  if (svm.quota_policy == name) svm.quota_policy = new_name;
  for (auto& [volume_name, volume] : svm.volumes) {
    std::map<model::QuotaKey, model::QuotaRule> rules;
    bool changed = false;
    for (const auto& [key, rule] : volume.quota_rules) {
      model::QuotaKey moved = key;
      if (moved.policy == name) {
        moved.policy = new_name;
        changed = true;
      }
      rules.emplace(moved, rule);
    }
    if (!changed) continue;
    volume.quota_rules = std::move(rules);
    call.cluster.touch(svm, volume);
  }
  call.cluster.touch(svm);
  return {};
}

Status license_v2_delete(Call& call) {
  if (call.cluster.licenses.erase(call.text("package")) == 0) return model::missing_entry();
  call.cluster.touch();
  return {};
}

Status license_v2_status_list_info(Call& call) {
  pugi::xml_node list = call.put("license-v2-status");
  for (const auto& [package, license] : call.cluster.licenses) {
    pugi::xml_node info = list.append_child("license-v2-status-info");
    append_text(info, "license-method", license.type);
    append_text(info, "package", package);
  }
  return {};
}

}  // namespace

std::vector<ApiEntry> policy_apis() {
  return {
      {.name = "aggr-create",
       .scope = Scope::cluster,
       .input = "aggregate* aggregate-type block-type checksum-style disk-count:i disk-size:i disk-size-with-unit "
                "disk-type disks:r encrypt-with-aggr-key:b "
                "force-small-aggregate:b is-mirrored:b mirror-disks:r nodes:r raid-size:i raid-type snaplock-type "
                "spare-pool disk-class",
       .run = aggr_create,
       .source = "Ansible's na_ontap_aggregate"},
      {.name = "aggr-add",
       .scope = Scope::cluster,
       .input = "aggregate* disk-count:i disk-size:i disk-size-with-unit disks:r mirror-disks:r",
       .run = aggr_add,
       .source = "Ansible's na_ontap_aggregate"},
      {.name = "aggr-destroy",
       .scope = Scope::cluster,
       .input = "aggregate* plex",
       .run = aggr_destroy,
       .source = "Ansible's na_ontap_aggregate"},
      {.name = "aggr-rename",
       .scope = Scope::cluster,
       .input = "aggregate* new-aggregate-name*",
       .run = aggr_rename,
       .source = "Ansible's na_ontap_aggregate"},
      {.name = "aggr-status-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = aggr_status_get_iter,
       .source = "Harvest"},
      {.name = "volume-move-target-aggr-get-iter",
       .scope = Scope::any,
       .input = "desired-attributes:r max-records:i query:r tag volume-name* vserver",
       .run = volume_move_target_aggr_get_iter,
       .source = "Ansible's gather-facts"},
      {.name = "portset-create",
       .scope = Scope::svm,
       .input = "portset-name* portset-type*",
       .run = portset_create,
       .source = "Ansible's na_ontap_portset"},
      {.name = "portset-destroy",
       .scope = Scope::svm,
       .input = "force:b portset-name*",
       .run = portset_destroy,
       .source = "Ansible"},
      {.name = "portset-add",
       .scope = Scope::svm,
       .input = "portset-name* portset-port-name*",
       .run = portset_add,
       .source = "Ansible"},
      {.name = "portset-remove",
       .scope = Scope::svm,
       .input = "portset-name* portset-port-name*",
       .run = portset_remove,
       .source = "Ansible"},
      {.name = "portset-get-iter", .scope = Scope::any, .input = kIter, .run = portset_get_iter, .source = "Ansible"},
      {.name = "quota-policy-rename",
       .scope = Scope::svm,
       .input = "new-policy-name* policy-name* vserver",
       .run = quota_policy_rename,
       .source = "Ansible's na_ontap_quota_policy"},
      {.name = "license-v2-delete",
       .scope = Scope::cluster,
       .input = "package* serial-number*",
       .run = license_v2_delete,
       .source = "Ansible's na_ontap_license"},
      {.name = "license-v2-status-list-info",
       .scope = Scope::cluster,
       .run = license_v2_status_list_info,
       .source = "Ansible's na_ontap_license"},
  };
}

}  // namespace ontap_sim::zapi
