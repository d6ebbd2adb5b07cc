// SVMs. Source: section 7.3.
#include <algorithm>

#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Svm;
using model::SvmType;

const RecordShape kSvmShape{"vserver-info", {"vserver-name"}};

void write_aggregates(Out& out, const model::Cluster& cluster, const Svm& svm) {
  out.list("aggr-list", "aggr-name", svm.aggregates);
  if (svm.aggregates.empty()) return;
  pugi::xml_node list = out.child_list("vserver-aggr-info-list");
  if (!list) return;
  for (const std::string& name : svm.aggregates) {
    const model::Aggregate* aggregate = cluster.find_aggregate(name);
    pugi::xml_node info = list.append_child("vserver-aggr-info");
    const bool empty = cluster.settings.empty_availsize || aggregate == nullptr;
    append_text(info, "aggr-availsize", empty ? "" : std::to_string(aggregate->available()));
    if (cluster.ontapi_minor >= 32) append_text(info, "aggr-is-cft-precommit", "false");
    append_text(info, "aggr-name", name);
  }
}

void write_svm(Out& out, const model::Cluster& cluster, const Svm& svm) {
  out.text("vserver-name", svm.name);
  out.text("vserver-type", to_string(svm.type));
  out.text("uuid", svm.uuid.text());
  if (cluster.ontapi_minor >= 30) out.text("ipspace", svm.ipspace);
  if (svm.type != SvmType::data) return;
  write_aggregates(out, cluster, svm);
  out.list("allowed-protocols", "protocol", svm.allowed_protocols);
  out.text("antivirus-on-access-policy", svm.antivirus_policy);
  out.text("comment", svm.comment);
  std::vector<std::string_view> disallowed;
  for (const std::string_view protocol : model::kSvmProtocols) {
    if (!svm.allowed_protocols.contains(std::string(protocol))) disallowed.push_back(protocol);
  }
  out.list("disallowed-protocols", "protocol", disallowed);
  if (cluster.ontapi_minor >= 30) out.flag("is-config-locked-for-changes", false);
  out.flag("is-repository-vserver", false);
  if (cluster.ontapi_minor >= 140) {
    out.flag("is-space-enforcement-logical", svm.logical_space_enforcement);
    out.flag("is-space-reporting-logical", svm.logical_space_reporting);
  }
  if (cluster.ontapi_minor >= 100) out.flag("is-vserver-protected", false);
  out.text("language", svm.language);
  out.text("max-volumes", svm.max_volumes);
  out.list("name-mapping-switch", "nmswitch", svm.name_mapping);
  out.list("name-server-switch", "nsswitch", svm.name_services);
  if (cluster.ontapi_minor >= 30) {
    out.text("operational-state", svm.state);
    if (svm.state != "running") out.text("operational-state-stopped-reason", "admin_state_stopped");
  }
  out.text_if("qos-policy-group", svm.qos_policy);
  out.text("quota-policy", svm.quota_policy);
  out.text("root-volume", svm.root_volume);
  out.text("root-volume-aggregate", svm.root_aggregate);
  out.text("root-volume-security-style", to_string(svm.root_security_style));
  out.text("snapshot-policy", svm.snapshot_policy);
  out.text("state", svm.state);
  if (cluster.ontapi_minor >= 30) {
    out.integer("volume-delete-retention-hours", svm.retention_hours);
    out.text("vserver-subtype", svm.subtype);
  }
}

Status vserver_get_iter(Call& call) {
  auto page = Iteration::open(call, kSvmShape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    return (*page)->row({svm.name}, [&](Out& out) { write_svm(out, call.cluster, svm); });
  });
  return (*page)->finish();
}

Status vserver_get(Call& call) {
  auto record = Iteration::single(call, kSvmShape);
  record->row({call.svm().name}, [&](Out& out) { write_svm(out, call.cluster, call.svm()); });
  return record->finish_single();
}

model::NewSvm read_new_svm(const Call& call) {
  model::NewSvm spec;
  spec.name = call.text("vserver-name");
  spec.root_volume = call.text("root-volume");
  spec.root_aggregate = call.text("root-volume-aggregate");
  spec.root_security_style = call.text("root-volume-security-style");
  spec.ipspace = call.optional_text("ipspace").value_or("Default");
  spec.language = call.optional_text("language").value_or("c.utf_8");
  spec.subtype = call.optional_text("vserver-subtype").value_or("default");
  spec.snapshot_policy = call.optional_text("snapshot-policy").value_or("default");
  spec.quota_policy = call.optional_text("quota-policy").value_or("default");
  spec.comment = call.text("comment");
  if (auto list = call.list("name-server-switch", "nsswitch"); list && !list->empty()) spec.name_services = *list;
  if (auto list = call.list("name-mapping-switch", "nmswitch"); list && !list->empty()) spec.name_mapping = *list;
  return spec;
}

Status vserver_create(Call& call) {
  auto made = model::create_svm(call.cluster, read_new_svm(call));
  if (!made) return made.error();
  (*made)->logical_space_reporting = call.flag("is-space-reporting-logical");
  (*made)->logical_space_enforcement = call.flag("is-space-enforcement-logical");
  if (call.flag("return-record")) {
    pugi::xml_node record = call.put("result").append_child(kSvmShape.type);
    Out out(record, {}, {}, {});
    write_svm(out, call.cluster, **made);
  }
  return {};
}

Status vserver_create_async(Call& call) {
  const model::NewSvm spec = read_new_svm(call);
  auto made = model::create_svm(call.cluster, spec);
  if (!made) return made.error();
  call.put_job(model::record_job(
      call.cluster,
      {.kind = model::JobKind::finished, .name = "Create " + spec.name, .type = "VSERVER_CREATE", .svm = spec.name},
      "Vserver creation completed"));
  return {};
}

Status vserver_modify(Call& call) {
  model::SvmChange change;
  change.aggregates = call.list("aggr-list", "aggr-name");
  change.allowed_protocols = call.list("allowed-protocols", "protocol");
  change.disallowed_protocols = call.list("disallowed-protocols", "protocol");
  change.name_services = call.list("name-server-switch", "nsswitch");
  change.name_mapping = call.list("name-mapping-switch", "nmswitch");
  change.language = call.optional_text("language");
  if (call.has("comment")) change.comment = call.text("comment");
  change.snapshot_policy = call.optional_text("snapshot-policy");
  change.quota_policy = call.optional_text("quota-policy");
  change.max_volumes = call.optional_text("max-volumes");
  change.qos_policy = call.optional_text("qos-policy-group");
  change.state = call.optional_text("state");
  change.antivirus_policy = call.optional_text("antivirus-on-access-policy");
  if (const auto hours = call.integer("volume-delete-retention-hours"))
    change.retention_hours = static_cast<int>(*hours);
  change.logical_space_reporting = call.boolean("is-space-reporting-logical");
  change.logical_space_enforcement = call.boolean("is-space-enforcement-logical");
  return model::modify_svm(call.cluster, call.text("vserver-name"), change);
}

Status vserver_destroy(Call& call) { return model::destroy_svm(call.cluster, call.text("vserver-name")); }
Status vserver_start(Call& call) { return model::start_svm(call.cluster, call.text("vserver-name")); }
Status vserver_stop(Call& call) { return model::stop_svm(call.cluster, call.text("vserver-name")); }
Status vserver_rename(Call& call) {
  return model::rename_svm(call.cluster, call.text("vserver-name"), call.text("new-name"));
}

}  // namespace

std::vector<ApiEntry> vserver_apis() {
  constexpr std::string_view create =
      "antivirus-on-access-policy comment is-repository-vserver:b language name-mapping-switch:r name-server-switch:r "
      "quota-policy return-record:b "
      "root-volume* root-volume-aggregate* root-volume-security-style* snapshot-policy vserver-name* ipspace@30 "
      "vserver-subtype@30 "
      "is-space-reporting-logical:b@140 is-space-enforcement-logical:b@140 aggr-list:r is-vserver-protected:b@100";
  return {
      {.name = "vserver-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = vserver_get_iter,
       .source = "one record in an SVM: nDVP derives its name from it"},
      {.name = "vserver-get",
       .scope = Scope::svm,
       .input = "desired-attributes:r",
       .run = vserver_get,
       .source = "Trident needs name and uuid"},
      {.name = "vserver-create",
       .scope = Scope::cluster,
       .input = create,
       .run = vserver_create,
       .source = "14922, 14420, 14636: Manila and the SDK's list"},
      {.name = "vserver-create-async",
       .scope = Scope::cluster,
       .input = create,
       .run = vserver_create_async,
       .source = "result block of section 3.8"},
      {.name = "vserver-modify",
       .scope = Scope::cluster,
       .input = "aggr-list:r allowed-protocols:r antivirus-on-access-policy comment disallowed-protocols:r language "
                "max-volumes name-mapping-switch:r "
                "name-server-switch:r qos-policy-group quota-policy snapshot-policy state vserver-name* "
                "volume-delete-retention-hours:i@30 "
                "is-space-reporting-logical:b@140 is-space-enforcement-logical:b@140",
       .run = vserver_modify,
       .source = "Manila; the list replaces the old one"},
      {.name = "vserver-destroy",
       .scope = Scope::cluster,
       .input = "vserver-name*",
       .run = vserver_destroy,
       .source = "Manila's tear-down order"},
      {.name = "vserver-start",
       .scope = Scope::cluster,
       .input = "vserver-name* force:b",
       .run = vserver_start,
       .source = "14923: Manila"},
      {.name = "vserver-stop",
       .scope = Scope::cluster,
       .input = "vserver-name*",
       .run = vserver_stop,
       .source = "Manila"},
      {.name = "vserver-rename",
       .scope = Scope::cluster,
       .input = "vserver-name* new-name*",
       .run = vserver_rename,
       .source = "Manila"},
  };
}

}  // namespace ontap_sim::zapi
