// vserver, vserver nfs, vserver iscsi, vserver export-policy, vserver services.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/nas_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

using model::Svm;

std::vector<Record> list_svms(Call& call) {
  std::vector<Record> records;
  for (const auto& [name, svm] : call.cluster.svms) {
    if (!may_see(call, name) || svm.type == model::SvmType::system) continue;
    Record record{{"vserver", name}, {"type", model::to_string(svm.type)}, {"uuid", svm.uuid.text()}};
    if (svm.type == model::SvmType::data) {
      std::vector<std::string> refused_protocols;
      for (const std::string_view protocol : model::kSvmProtocols) {
        if (!svm.allowed_protocols.contains(std::string(protocol))) refused_protocols.emplace_back(protocol);
      }
      record.insert({{"subtype", svm.subtype},
                     {"admin-state", svm.state},
                     {"operational-state", svm.state == "running" ? "running" : "stopped"},
                     {"rootvolume", svm.root_volume},
                     {"aggregate", svm.root_aggregate},
                     {"rootvolume-security-style", model::to_string(svm.root_security_style)},
                     {"language", model::language_for_cli(svm.language)},
                     {"ipspace", svm.ipspace},
                     {"ns-switch", Value::list(svm.name_services)},
                     {"nm-switch", Value::list(svm.name_mapping)},
                     {"snapshot-policy", svm.snapshot_policy},
                     {"quota-policy", svm.quota_policy},
                     {"comment", svm.comment},
                     {"aggr-list", Value::list(svm.aggregates)},
                     {"max-volumes", svm.max_volumes},
                     {"allowed-protocols", Value::list({svm.allowed_protocols.begin(), svm.allowed_protocols.end()})},
                     {"disallowed-protocols", Value::list(refused_protocols)},
                     {"qos-policy-group", svm.qos_policy}});
    }
    records.push_back(std::move(record));
  }
  return records;
}

const View kVservers{
    .layouts = {{.flag = "",
                 .header = "                               Admin      Operational Root\n"
                           "Vserver     Type    Subtype    State      State       Volume     Aggregate\n"
                           "----------- ------- ---------- ---------- ----------- ---------- ----------",
                 .columns = {"vserver", "type", "subtype", "admin-state", "operational-state", "rootvolume",
                             "aggregate"},
                 .align = "lllllll"},
                {.flag = "protocols",
                 .header = "Vserver       Allowed Protocols   Disallowed Protocols\n"
                           "------------- ------------------- --------------------",
                 .columns = {"vserver", "allowed-protocols", "disallowed-protocols"},
                 .align = "lll"}},
    .fields = {{"vserver", "Vserver", true},
               {"type", "Vserver Type"},
               {"subtype", "Vserver Subtype"},
               {"uuid", "Vserver UUID"},
               {"rootvolume", "Root Volume"},
               {"aggregate", "Aggregate"},
               {"ns-switch", "Name Service Switch"},
               {"nm-switch", "Name Mapping Switch"},
               {"rootvolume-security-style", "Root Volume Security Style"},
               {"language", "Language Code"},
               {"snapshot-policy", "Snapshot Policy"},
               {"comment", "Comment"},
               {"quota-policy", "Quota Policy"},
               {"aggr-list", "List of Aggregates Assigned"},
               {"max-volumes", "Limit on Maximum Number of Volumes allowed"},
               {"admin-state", "Vserver Admin State"},
               {"operational-state", "Vserver Operational State"},
               {"allowed-protocols", "Allowed Protocols"},
               {"disallowed-protocols", "Disallowed Protocols"},
               {"qos-policy-group", "QoS Policy Group"},
               {"ipspace", "IPspace Name"}},
    .list = list_svms};

Reply vserver_create(Call& call) {
  model::NewSvm spec;
  spec.name = call.text("vserver");
  spec.root_volume = call.text("rootvolume");
  spec.root_aggregate = call.text("aggregate");
  spec.root_security_style = call.text_or("rootvolume-security-style", spec.root_security_style);
  spec.ipspace = call.text_or("ipspace", spec.ipspace);
  spec.subtype = call.text_or("subtype", spec.subtype);
  spec.snapshot_policy = call.text_or("snapshot-policy", spec.snapshot_policy);
  spec.quota_policy = call.text_or("quota-policy", spec.quota_policy);
  spec.comment = call.text("comment");
  if (call.has("language")) spec.language = call.text("language");
  if (call.has("ns-switch")) spec.name_services = call.list("ns-switch");
  if (call.has("nm-switch")) spec.name_mapping = call.list("nm-switch");
  if (spec.root_volume.empty()) spec.root_volume = spec.name + "_root";
  const auto created = model::create_svm(call.cluster, spec);
  if (!created) return failed(created.error().reason);
  const std::uint64_t job = model::record_job(call.cluster,
                                              {.kind = model::JobKind::finished,
                                               .name = "Vserver Create",
                                               .type = "VSERVER_CREATE",
                                               .svm = spec.name,
                                               .volume = {},
                                               .argument = {},
                                               .node = {}},
                                              "Vserver creation completed");
  return ok(job_succeeded(job, "\nVserver creation completed"));
}

Reply vserver_modify_one(Call& call, const Record& record) {
  model::SvmChange change;
  if (call.has("aggr-list")) change.aggregates = call.list("aggr-list");
  if (call.has("allowed-protocols")) change.allowed_protocols = call.list("allowed-protocols");
  if (call.has("disallowed-protocols")) change.disallowed_protocols = call.list("disallowed-protocols");
  if (call.has("ns-switch")) change.name_services = call.list("ns-switch");
  if (call.has("nm-switch")) change.name_mapping = call.list("nm-switch");
  for (const auto& [name, field] :
       {std::pair{"language", &model::SvmChange::language}, std::pair{"comment", &model::SvmChange::comment},
        std::pair{"snapshot-policy", &model::SvmChange::snapshot_policy},
        std::pair{"quota-policy", &model::SvmChange::quota_policy},
        std::pair{"max-volumes", &model::SvmChange::max_volumes},
        std::pair{"qos-policy-group", &model::SvmChange::qos_policy}}) {
    if (call.has(name)) change.*field = call.text(name);
  }
  return done(model::modify_svm(call.cluster, text_of(record, "vserver"), change));
}
Reply vserver_modify(Call& call) { return for_each_selected(call, vserver_modify_one, "modified"); }

Reply vserver_delete(Call& call) {
  bool declined = false;
  if (auto question = confirm(call, 0,
                              "When Vserver \"" + call.text("vserver") +
                                  "\" is deleted, the following objects are automatically removed as well: LIFs, "
                                  "routes, and other configuration.\n"
                                  "         Do you want to continue?",
                              declined)) {
    return *question;
  }
  if (declined) return ok();
  const std::string name = call.text("vserver");
  const auto gone = model::destroy_svm(call.cluster, name);
  if (!gone) return failed(gone.error().reason);
  const std::uint64_t job = model::record_job(call.cluster,
                                              {.kind = model::JobKind::finished,
                                               .name = "Vserver Delete",
                                               .type = "VSERVER_DELETE",
                                               .svm = {},
                                               .volume = {},
                                               .argument = {},
                                               .node = {}},
                                              "Successful");
  return ok(job_succeeded(job, "Successful"));
}

Reply vserver_start(Call& call) { return done(model::start_svm(call.cluster, call.text("vserver"))); }
Reply vserver_stop(Call& call) { return done(model::stop_svm(call.cluster, call.text("vserver"))); }
Reply vserver_rename(Call& call) {
  return done(model::rename_svm(call.cluster, call.text("vserver"), call.text("newname")));
}

std::vector<Record> list_svm_aggregates(Call& call) {
  std::vector<Record> records;
  for (const auto& [name, svm] : call.cluster.svms) {
    if (!may_see(call, name)) continue;
    for (const std::string& one : svm.aggregates) {
      const model::Aggregate* aggregate = call.cluster.find_aggregate(one);
      if (aggregate == nullptr) continue;
      records.push_back({{"vserver", name},
                         {"aggregate", one},
                         {"state", aggregate->state},
                         {"available", Value::bytes(static_cast<std::uint64_t>(aggregate->available()))},
                         {"type", aggregate->type},
                         {"snaplock-type", base::replace_all(aggregate->snaplock_type, "_", "-")}});
    }
  }
  return records;
}

const View kSvmAggregates{
    .layouts = {{.flag = "",
                 .header = "Vserver        Aggregate      State         Size Type    SnapLock Type\n"
                           "-------------- -------------- ------- ---------- ------- --------------",
                 .columns = {"vserver", "aggregate", "state", "available", "type", "snaplock-type"},
                 .align = "lllrll"}},
    .fields = {{"vserver", "Vserver", true},
               {"aggregate", "Aggregate", true},
               {"state", "State"},
               {"available", "Available Size"},
               {"type", "Type"},
               {"snaplock-type", "SnapLock Type"}},
    .list = list_svm_aggregates};

}  // namespace

std::vector<Command> vserver_commands() {
  const std::vector<Param> changes{
      optional("comment", "text", "Comment"),
      optional("language", "language code", "Language Code"),
      optional("snapshot-policy", "snapshot policy", "Snapshot Policy"),
      optional("quota-policy", "text", "Quota Policy"),
      optional_list("ns-switch", "nis|file|ldap", "Name Service Switch"),
      optional_list("nm-switch", "file|ldap", "Name Mapping Switch"),
  };
  std::vector<Param> create{
      positional("vserver", "vserver name", "Vserver"),
      optional("rootvolume", "volume name", "Root Volume"),
      required("aggregate", "aggregate name", "Aggregate"),
      choice("rootvolume-security-style", "unix|ntfs|mixed|unified", "Root Volume Security Style"),
      optional("ipspace", "IPspace", "IPspace Name"),
      choice("subtype", "default|dp-destination|sync-source|sync-destination", "Vserver Subtype")};
  create.insert(create.end(), changes.begin(), changes.end());
  std::vector<Param> modify{
      positional("vserver", "vserver name", "Vserver"),
      optional_list("aggr-list", "aggregate name", "List of Aggregates Assigned"),
      optional_list("allowed-protocols", "protocol", "Allowed Protocols"),
      optional_list("disallowed-protocols", "protocol", "Disallowed Protocols"),
      optional("max-volumes", "unlimited|<integer>", "Limit on Maximum Number of Volumes allowed"),
      optional("qos-policy-group", "text", "QoS Policy Group")};
  modify.insert(modify.end(), changes.begin(), changes.end());
  const Param vserver = positional("vserver", "vserver name", "Vserver");
  return {
      {.path = "vserver create",
       .help = "Create a Vserver",
       .reach = Reach::cluster,
       .params = create,
       .run = vserver_create,
       .source = "specification 10.3"},
      {.path = "vserver delete",
       .help = "Delete an existing Vserver",
       .reach = Reach::cluster,
       .params = {vserver},
       .run = vserver_delete,
       .source = "specification 10.4"},
      {.path = "vserver modify",
       .help = "Modify a Vserver",
       .reach = Reach::cluster,
       .params = modify,
       .run = vserver_modify,
       .view = &kVservers,
       .source = "specification 10.3"},
      {.path = "vserver rename",
       .help = "Rename a Vserver",
       .reach = Reach::cluster,
       .params = {vserver, required("newname", "vserver name", "Vserver New Name")},
       .run = vserver_rename,
       .source = "specification 10.4"},
      {.path = "vserver show", .help = "Display Vservers", .view = &kVservers, .source = "specification 10.5"},
      {.path = "vserver show-aggregates",
       .help = "Show details of aggregates in a Vserver",
       .view = &kSvmAggregates,
       .source = "specification 10.5"},
      {.path = "vserver start",
       .help = "Start a Vserver",
       .reach = Reach::cluster,
       .params = {vserver},
       .run = vserver_start,
       .source = "specification 10.4"},
      {.path = "vserver stop",
       .help = "Stop a Vserver",
       .reach = Reach::cluster,
       .params = {vserver},
       .run = vserver_stop,
       .source = "specification 10.4"},
  };
}

}  // namespace ontap_sim::cli
