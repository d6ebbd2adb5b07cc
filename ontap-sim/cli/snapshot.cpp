// volume snapshot.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/snapshot_ops.h"

namespace ontap_sim::cli {
namespace {

std::vector<Record> list_snapshots(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [name, volume] : svm.volumes) {
      for (const model::Snapshot& snapshot : volume.snapshots) {
        records.push_back(
            {{"vserver", svm_name},
             {"volume", name},
             {"snapshot", snapshot.name},
             {"create-time", base::to_rfc3339(snapshot.created)},
             {"size", bytes_value(snapshot.held)},
             {"blocks", Value::percent(static_cast<std::uint64_t>(model::percent(snapshot.held, volume.size)))},
             {"usedblocks",
              Value::percent(static_cast<std::uint64_t>(model::percent(snapshot.held, snapshot.held + volume.active)))},
             {"comment", snapshot.comment},
             {"busy", snapshot.busy()},
             {"owners", Value::list(snapshot.owners)},
             {"snapmirror-label", snapshot.snapmirror_label},
             {"instance-uuid", snapshot.instance_uuid.text()}});
      }
    }
  }
  return records;
}
const View kSnapshots{
    .layouts = {{.flag = "",
                 .header = "                                                                 ---Blocks---\n"
                           "Vserver  Volume   Snapshot                                  Size Total% Used%\n"
                           "-------- -------- ------------------------------------- -------- ------ -----",
                 .columns = {"vserver", "volume", "snapshot", "size", "blocks", "usedblocks"},
                 .align = "lllrrr"}},
    .fields = {{"vserver", "Vserver", true},
               {"volume", "Volume", true},
               {"snapshot", "Snapshot", true},
               {"create-time", "Creation Time"},
               {"busy", "Snapshot Busy"},
               {"owners", "List of Owners"},
               {"size", "Snapshot Size"},
               {"blocks", "Percentage of Total Blocks"},
               {"usedblocks", "Percentage of Used Blocks"},
               {"comment", "Comment"},
               {"snapmirror-label", "Label for SnapMirror Operations"},
               {"instance-uuid", "Snapshot Instance UUID"}},
    .list = list_snapshots};

Reply snapshot_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::create_snapshot(call.cluster, *svm,
                                     {.volume = call.text("volume"),
                                      .name = call.text("snapshot"),
                                      .comment = call.text("comment"),
                                      .label = call.text("snapmirror-label")}));
}
Reply snapshot_delete(Call& call) {
  const std::vector<Record> records = select(call);
  for (std::size_t i = 0; i < records.size(); ++i) {
    bool declined = false;
    const std::string warning =
        "Deleting a Snapshot copy permanently removes data that is stored only in that Snapshot copy. Are you sure you "
        "want to delete Snapshot copy \"" +
        text_of(records[i], "snapshot") + "\" for volume \"" + text_of(records[i], "volume") + "\" in Vserver \"" +
        text_of(records[i], "vserver") + "\" ?";
    if (auto question = confirm(call, i, warning, declined)) return *question;
  }
  const auto one = [](Call& within, const Record& record) {
    return done(model::delete_snapshot(within.cluster, *within.cluster.find_svm(text_of(record, "vserver")),
                                       text_of(record, "volume"), text_of(record, "snapshot"),
                                       within.flag("ignore-owners")));
  };
  if (records.empty() || !call.settings.confirmations) return for_each_selected(call, one, "deleted");
  Reply whole;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (call.answer(i) != "y") continue;
    const Reply reply = one(call, records[i]);
    whole.output += reply.output;
    whole.failed = whole.failed || reply.failed;
  }
  return whole;
}
Reply snapshot_rename(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(
      model::rename_snapshot(call.cluster, *svm, call.text("volume"), call.text("snapshot"), call.text("new-name")));
}
Reply snapshot_restore(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::restore_snapshot(call.cluster, *svm, call.text("volume"), call.text("snapshot")));
}

}  // namespace

std::vector<Command> snapshot_commands() {
  const Param vserver = required("vserver", "vserver name", "Vserver");
  const Param volume = required("volume", "volume name", "Volume");
  const Param snapshot = required("snapshot", "snapshot name", "Snapshot");
  const std::string_view source = "specification 10.4, 10.5, 7.5";
  return {
      {.path = "volume snapshot create",
       .help = "Create a snapshot",
       .params = {vserver, volume, snapshot, optional("comment", "text", "Comment"),
                  optional("snapmirror-label", "text", "Label for SnapMirror Operations")},
       .run = snapshot_create,
       .source = source},
      {.path = "volume snapshot delete",
       .help = "Delete a snapshot",
       .params = {vserver, volume, snapshot, flag("ignore-owners", "Ignore Snapshot Owners"),
                  flag("force", "Force Delete")},
       .run = snapshot_delete,
       .view = &kSnapshots,
       .source = source},
      {.path = "volume snapshot rename",
       .help = "Rename a snapshot",
       .params = {vserver, volume, snapshot, required("new-name", "snapshot name", "Snapshot New Name")},
       .run = snapshot_rename,
       .source = source},
      {.path = "volume snapshot restore",
       .help = "Restore the volume to a snapshot",
       .params = {vserver, volume, snapshot, flag("force", "Force Restore")},
       .run = snapshot_restore,
       .source = source},
      {.path = "volume snapshot show", .help = "Display a list of snapshots", .view = &kSnapshots, .source = source},
  };
}

}  // namespace ontap_sim::cli
