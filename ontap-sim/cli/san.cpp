// lun, lun igroup, lun mapping, vserver iscsi.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

std::vector<Record> list_luns(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [path, lun] : svm.luns) {
      records.push_back({{"vserver", svm_name},
                         {"path", path},
                         {"volume", lun.volume()},
                         {"qtree", lun.qtree().empty() ? "\"\"" : std::string(lun.qtree())},
                         {"lun", lun.name()},
                         {"size", bytes_value(lun.content.size)},
                         {"size-used", bytes_value(lun.content.used)},
                         {"ostype", lun.content.os_type},
                         {"space-reserve", lun.content.reserved ? "enabled" : "disabled"},
                         {"space-allocation", lun.content.space_allocation ? "enabled" : "disabled"},
                         {"serial", lun.serial},
                         {"comment", lun.content.comment},
                         {"state", lun.online ? "online" : "offline"},
                         {"uuid", lun.uuid.text()},
                         {"mapped", lun.maps.empty() ? "unmapped" : "mapped"},
                         {"class", lun.lun_class},
                         {"creation-time", base::to_rfc3339(lun.created)},
                         {"qos-policy-group", lun.qos_policy}});
    }
  }
  return records;
}
const View kLuns{.layouts = {{.flag = "",
                              .header = "Vserver   Path                            State   Mapped   Type        Size\n"
                                        "--------- ------------------------------- ------- -------- -------- --------",
                              .columns = {"vserver", "path", "state", "mapped", "ostype", "size"},
                              .align = "lllllr"}},
                 .fields = {{"vserver", "Vserver Name", true},
                            {"path", "LUN Path", true},
                            {"volume", "Volume Name"},
                            {"qtree", "Qtree Name"},
                            {"lun", "LUN Name"},
                            {"size", "LUN Size"},
                            {"ostype", "OS Type"},
                            {"space-reserve", "Space Reservation"},
                            {"serial", "Serial Number"},
                            {"comment", "Comment"},
                            {"space-allocation", "Space Allocation"},
                            {"state", "State"},
                            {"uuid", "LUN UUID"},
                            {"mapped", "Mapped"},
                            {"size-used", "Used Size"},
                            {"creation-time", "Creation Time"},
                            {"class", "Class"},
                            {"qos-policy-group", "QoS Policy Group"}},
                 .list = list_luns};

// -path, or -volume with -lun and perhaps -qtree.
std::string lun_path(const Call& call) {
  if (call.has("path")) return call.text("path");
  if (!call.has("volume") || !call.has("lun")) return {};
  return "/vol/" + call.text("volume") + "/" + (call.has("qtree") ? call.text("qtree") + "/" : "") + call.text("lun");
}

Reply lun_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::NewLun spec;
  spec.path = lun_path(call);
  if (spec.path.empty()) return refused("Specify -path, or both -volume and -lun.");
  spec.size = static_cast<model::Bytes>(call.bytes("size").value_or(0));
  spec.os_type = call.text("ostype");
  spec.comment = call.text("comment");
  spec.qos_policy = call.text("qos-policy-group");
  spec.reserved = call.text_or("space-reserve", "enabled") == "enabled";
  spec.space_allocation = call.text("space-allocation") == "enabled";
  const auto created = model::create_lun(call.cluster, *svm, spec);
  if (!created) return failed(created.error().reason);
  return ok("\nCreated a LUN of size " +
            base::to_lower(size_text(static_cast<std::uint64_t>((*created)->content.size))) + " (" +
            std::to_string((*created)->content.size) + ")\n");
}
model::Svm& svm_of_lun(Call& call, const Record& record) { return *call.cluster.find_svm(text_of(record, "vserver")); }
Reply lun_delete_one(Call& call, const Record& record) {
  return done(model::destroy_lun(call.cluster, svm_of_lun(call, record), text_of(record, "path"), call.flag("force")));
}
Reply lun_delete(Call& call) { return for_each_selected(call, lun_delete_one, "deleted"); }
Reply lun_online_one(Call& call, const Record& record) {
  return done(model::set_lun_online(call.cluster, svm_of_lun(call, record), text_of(record, "path"), true));
}
Reply lun_online(Call& call) { return for_each_selected(call, lun_online_one, "acted on"); }
Reply lun_offline_one(Call& call, const Record& record) {
  return done(model::set_lun_online(call.cluster, svm_of_lun(call, record), text_of(record, "path"), false));
}
Reply lun_offline(Call& call) {
  for (std::size_t i = 0; i < 1; ++i) {
    bool declined = false;
    if (auto question = confirm(
            call, i, "This command will take LUN \"" + call.text("path") + "\" offline.\nDo you want to continue?",
            declined))
      return *question;
    if (declined) return ok();
  }
  return for_each_selected(call, lun_offline_one, "acted on");
}
Reply lun_resize_one(Call& call, const Record& record) {
  const auto size = model::new_size_from(base::to_lower(call.text("size")),
                                         static_cast<model::Bytes>(record.at("size").number.value_or(0)));
  if (!size) return failed(size.error().reason);
  return done(model::resize_lun(call.cluster, svm_of_lun(call, record), text_of(record, "path"),
                                {.size = *size, .force = call.flag("force")}));
}
Reply lun_resize(Call& call) { return for_each_selected(call, lun_resize_one, "acted on"); }
Reply lun_modify_one(Call& call, const Record& record) {
  model::Svm& svm = svm_of_lun(call, record);
  const std::string& path = text_of(record, "path");
  if (call.has("comment")) {
    if (auto set = model::set_lun_comment(call.cluster, svm, path, call.text("comment")); !set)
      return failed(set.error().reason);
  }
  if (call.has("space-reserve")) {
    if (auto set = model::set_lun_reservation(call.cluster, svm, path, call.text("space-reserve") == "enabled"); !set)
      return failed(set.error().reason);
  }
  if (call.has("qos-policy-group")) {
    if (auto set = model::set_lun_qos(call.cluster, svm, path, call.text("qos-policy-group")); !set)
      return failed(set.error().reason);
  }
  return ok();
}
Reply lun_modify(Call& call) { return for_each_selected(call, lun_modify_one, "modified"); }
Reply lun_move(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::move_lun(call.cluster, *svm, call.text("path"), call.text("new-path")));
}
Reply lun_map(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  std::optional<std::int32_t> id;
  if (const auto given = call.number("lun-id")) id = static_cast<std::int32_t>(std::min<std::uint64_t>(*given, 100000));
  const std::string path = lun_path(call);
  if (path.empty()) return refused("Specify -path, or both -volume and -lun.");
  return done(model::map_lun(call.cluster, *svm, path, call.text("igroup"), id));
}
Reply lun_unmap(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::unmap_lun(call.cluster, *svm, call.text("path"), call.text("igroup")));
}

std::vector<Record> list_maps(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [path, lun] : svm.luns) {
      for (const auto& [igroup, id] : lun.maps) {
        const model::Igroup* group = svm.find_igroup(igroup);
        records.push_back({{"vserver", svm_name},
                           {"path", path},
                           {"igroup", igroup},
                           {"lun-id", Value::count(static_cast<std::uint64_t>(id))},
                           {"protocol", group == nullptr ? std::string() : group->protocol}});
      }
    }
  }
  return records;
}
const View kMaps{
    .layouts = {{.flag = "",
                 .header = "Vserver    Path                                      Igroup   LUN ID  Protocol\n"
                           "---------- ----------------------------------------  -------  ------  --------",
                 .columns = {"vserver", "path", "igroup", "lun-id", "protocol"},
                 .align = "lllrl"}},
    .fields = {{"vserver", "Vserver Name", true},
               {"path", "LUN Path", true},
               {"igroup", "Igroup Name", true},
               {"lun-id", "LUN ID"},
               {"protocol", "Protocol Type"}},
    .list = list_maps};

std::vector<Record> list_igroups(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [name, igroup] : svm.igroups) {
      records.push_back({{"vserver", svm_name},
                         {"igroup", name},
                         {"protocol", igroup.protocol},
                         {"ostype", igroup.os_type},
                         {"portset", igroup.portset},
                         {"initiator", Value::list({igroup.initiators.begin(), igroup.initiators.end()})},
                         {"uuid", igroup.uuid.text()},
                         {"alua", igroup.alua}});
    }
  }
  return records;
}
const View kIgroups{
    .layouts = {{.flag = "",
                 .header = "Vserver   Igroup       Protocol OS Type  Initiators\n"
                           "--------- ------------ -------- -------- ------------------------------------",
                 .columns = {"vserver", "igroup", "protocol", "ostype", "initiator"},
                 .align = "lllll"}},
    .fields = {{"vserver", "Vserver Name", true},
               {"igroup", "Igroup Name", true},
               {"protocol", "Protocol"},
               {"ostype", "OS Type"},
               {"portset", "Portset Binding Igroup"},
               {"uuid", "Igroup UUID"},
               {"alua", "ALUA"},
               {"initiator", "Initiators"}},
    .list = list_igroups};
Reply igroup_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  for (const std::string& initiator : call.list("initiator")) {
    if (model::initiator_kind(initiator) == model::InitiatorKind::invalid)
      return failed("Invalid initiator name \"" + initiator + "\".");
  }
  const auto created = model::create_igroup(call.cluster, *svm,
                                            {.name = call.text("igroup"),
                                             .protocol = call.text_or("protocol", "mixed"),
                                             .os_type = call.text("ostype"),
                                             .portset = call.text("portset")});
  if (!created) return failed(created.error().reason);
  for (const std::string& initiator : call.list("initiator")) {
    if (auto added = model::add_initiator(call.cluster, *svm, call.text("igroup"), initiator, false); !added)
      return failed(added.error().reason);
  }
  return ok();
}
Reply igroup_delete_one(Call& call, const Record& record) {
  return done(
      model::destroy_igroup(call.cluster, svm_of_lun(call, record), text_of(record, "igroup"), call.flag("force")));
}
Reply igroup_delete(Call& call) { return for_each_selected(call, igroup_delete_one, "deleted"); }
Reply igroup_rename(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::rename_igroup(call.cluster, *svm, call.text("igroup"), call.text("new-name")));
}
Reply igroup_members(Call& call, model::Result<void> (*change)(model::Cluster&, model::Svm&, const std::string&,
                                                               const std::string&, bool)) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  for (const std::string& initiator : call.list("initiator")) {
    if (auto changed = change(call.cluster, *svm, call.text("igroup"), initiator, call.flag("force")); !changed)
      return failed(changed.error().reason);
  }
  return ok();
}
Reply igroup_add(Call& call) { return igroup_members(call, model::add_initiator); }
Reply igroup_remove(Call& call) { return igroup_members(call, model::remove_initiator); }

std::vector<Record> list_iscsi(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name) || !svm.iscsi) continue;
    records.push_back({{"vserver", svm_name},
                       {"target-name", svm.iscsi->node_name},
                       {"target-alias", svm.iscsi->alias.empty() ? svm_name : svm.iscsi->alias},
                       {"status-admin", svm.iscsi->available ? "up" : "down"}});
  }
  return records;
}
const View kIscsi{
    .layouts = {{.flag = "",
                 .header = "           Target                           Target                       Status\n"
                           "Vserver    Name                             Alias                        Admin\n"
                           "---------- -------------------------------- ---------------------------- ------",
                 .columns = {"vserver", "target-name", "target-alias", "status-admin"},
                 .align = "llll"}},
    .fields = {{"vserver", "Vserver Name", true},
               {"target-name", "Target Name"},
               {"target-alias", "Target Alias"},
               {"status-admin", "Administrative Status"}},
    .list = list_iscsi};
Reply iscsi_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(
      model::create_iscsi(call.cluster, *svm, call.text("target-name"), call.text_or("status-admin", "up") == "up"));
}
Reply iscsi_set(Call& call, bool up) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::set_iscsi_up(call.cluster, *svm, up));
}
Reply iscsi_start(Call& call) { return iscsi_set(call, true); }
Reply iscsi_stop(Call& call) { return iscsi_set(call, false); }
Reply iscsi_modify(Call& call) {
  return call.has("status-admin") ? iscsi_set(call, call.text("status-admin") == "up") : ok();
}
Reply iscsi_delete(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::destroy_iscsi(call.cluster, *svm));
}

}  // namespace

std::vector<Command> san_commands() {
  const Param vserver = required("vserver", "vserver name", "Vserver Name");
  const Param path = required("path", "path", "LUN Path");
  const Param igroup = required("igroup", "text", "Igroup Name");
  const Param reserve = choice("space-reserve", "enabled|disabled", "Space Reservation");
  const Param allocation = choice("space-allocation", "enabled|disabled", "Space Allocation");
  const std::vector<Param> where{vserver, optional("path", "path", "LUN Path"),
                                 optional("volume", "volume name", "Volume Name"),
                                 optional("qtree", "qtree name", "Qtree Name"), optional("lun", "text", "LUN Name")};
  std::vector<Param> create = where;
  for (const Param& param :
       {Param{.name = "size", .label = "LUN Size", .kind = Kind::size, .required = true},
        required("ostype", "LUN OS type", "OS Type"), reserve, allocation, optional("comment", "text", "Comment"),
        optional("qos-policy-group", "text", "QoS Policy Group")})
    create.push_back(param);
  std::vector<Param> map = where;
  map.push_back(igroup);
  map.push_back(number("lun-id", "LUN ID"));
  const Param protocol = choice("protocol", "fcp|iscsi|mixed", "Protocol");
  const Param initiators = {.name = "initiator", .label = "Initiators", .required = true, .list = true};
  const Param admin = choice("status-admin", "down|up", "Administrative Status");
  const std::string_view source = "specification 10.4, 10.5, 7.7";
  return {
      {.path = "lun create", .help = "Create a new LUN", .params = create, .run = lun_create, .source = source},
      {.path = "lun delete",
       .help = "Delete the LUN",
       .params = {vserver, path, flag("force", "Force Deletion of an Online and Mapped LUN")},
       .run = lun_delete,
       .view = &kLuns,
       .source = source},
      {.path = "lun modify",
       .help = "Modify a LUN",
       .params = {vserver, path, reserve, optional("comment", "text", "Comment"),
                  optional("qos-policy-group", "text", "QoS Policy Group")},
       .run = lun_modify,
       .view = &kLuns,
       .source = source},
      {.path = "lun move",
       .help = "Move (rename) a LUN",
       .params = {vserver, path, required("new-path", "path", "New LUN Path")},
       .run = lun_move,
       .source = source},
      {.path = "lun online",
       .help = "Bring a LUN online",
       .params = {vserver, path},
       .run = lun_online,
       .view = &kLuns,
       .source = source},
      {.path = "lun offline",
       .help = "Take a LUN offline",
       .params = {vserver, path},
       .run = lun_offline,
       .view = &kLuns,
       .source = source},
      {.path = "lun resize",
       .help = "Changes the size of the LUN to the input value size.",
       .params = {vserver,
                  path,
                  {.name = "size", .label = "New Size", .kind = Kind::size, .required = true},
                  flag("force", "Force Reduce LUN Size")},
       .run = lun_resize,
       .view = &kLuns,
       .source = source},
      {.path = "lun show", .help = "Display a list of LUNs", .view = &kLuns, .source = source},
      {.path = "lun map", .help = "Map a LUN to an initiator group", .params = map, .run = lun_map, .source = source},
      {.path = "lun unmap",
       .help = "Unmap a LUN",
       .params = {vserver, path, igroup},
       .run = lun_unmap,
       .source = source},
      {.path = "lun mapping create",
       .help = "Map a LUN to an initiator group",
       .params = map,
       .run = lun_map,
       .source = source},
      {.path = "lun mapping delete",
       .help = "Unmap a LUN from an initiator group",
       .params = {vserver, path, igroup},
       .run = lun_unmap,
       .source = source},
      {.path = "lun mapping show",
       .help = "Lists the mappings between LUNs and initiator groups",
       .view = &kMaps,
       .source = source},
      {.path = "lun igroup create",
       .help = "Create a new initiator group",
       .params = {vserver, igroup, protocol, required("ostype", "igroup OS type", "OS Type"),
                  optional("portset", "text", "Portset Binding Igroup"),
                  optional_list("initiator", "text", "Initiators")},
       .run = igroup_create,
       .source = source},
      {.path = "lun igroup delete",
       .help = "Delete an initiator group",
       .params = {vserver, igroup, flag("force", "Force")},
       .run = igroup_delete,
       .view = &kIgroups,
       .source = source},
      {.path = "lun igroup rename",
       .help = "Rename an initiator group",
       .params = {vserver, igroup, required("new-name", "text", "New Igroup Name")},
       .run = igroup_rename,
       .source = source},
      {.path = "lun igroup add",
       .help = "Add initiators to an initiator group",
       .params = {vserver, igroup, initiators, flag("force", "Force")},
       .run = igroup_add,
       .source = source},
      {.path = "lun igroup remove",
       .help = "Remove initiators from an initiator group",
       .params = {vserver, igroup, initiators, flag("force", "Force")},
       .run = igroup_remove,
       .source = source},
      {.path = "lun igroup show", .help = "Display a list of initiator groups", .view = &kIgroups, .source = source},
      {.path = "vserver iscsi create",
       .help = "Create a Vserver's iSCSI service",
       .params = {vserver, optional("target-name", "text", "Target Name"), admin},
       .run = iscsi_create,
       .source = source},
      {.path = "vserver iscsi start",
       .help = "Starts the iSCSI service",
       .params = {vserver},
       .run = iscsi_start,
       .source = source},
      {.path = "vserver iscsi stop",
       .help = "Stops the iSCSI service",
       .params = {vserver},
       .run = iscsi_stop,
       .source = source},
      {.path = "vserver iscsi modify",
       .help = "Modify a Vserver's iSCSI service",
       .params = {vserver, admin},
       .run = iscsi_modify,
       .source = source},
      {.path = "vserver iscsi delete",
       .help = "Delete a Vserver's iSCSI service",
       .params = {vserver},
       .run = iscsi_delete,
       .source = source},
      {.path = "vserver iscsi show",
       .help = "Display a Vserver's iSCSI configuration",
       .view = &kIscsi,
       .source = source},
  };
}

}  // namespace ontap_sim::cli
