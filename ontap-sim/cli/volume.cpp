// volume and volume clone.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

using model::Svm;
using model::Volume;

void add_space(Record& record, const Call& call, const Svm& svm, const Volume& volume) {
  const model::VolumeSpace space = model::space_of(call.cluster, svm, volume);
  record.insert({{"available", bytes_value(space.available)},
                 {"total", bytes_value(space.total)},
                 {"used", bytes_value(space.used)},
                 {"percent-used", Value::percent(static_cast<std::uint64_t>(space.percent_used))},
                 {"size-used-by-snapshots", bytes_value(space.snapshot_used)},
                 {"snapshot-reserve-size", bytes_value(space.reserve)},
                 {"files", count_value(volume.files_total)},
                 {"files-used", count_value(volume.files_used)},
                 {"snapshot-count", count_value(static_cast<std::int64_t>(volume.snapshots.size()))}});
}

Record volume_record(const Call& call, const Svm& svm, const Volume& volume) {
  std::string type(model::to_string(volume.type));
  for (char& c : type) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  Record record{{"vserver", svm.name},
                {"volume", volume.name},
                {"aggregate", volume.aggregate},
                {"size", bytes_value(volume.size)},
                {"dsid", std::to_string(volume.dsid)},
                {"msid", std::to_string(volume.msid)},
                {"state", model::to_string(volume.state)},
                {"type", type},
                {"style", volume.flexgroup() ? "flexgroup" : "flex"},
                {"volume-style-extended", base::replace_all(std::string(model::to_string(volume.style)), "_", "-")},
                {"user", std::to_string(volume.user_id)},
                {"group", std::to_string(volume.group_id)},
                {"security-style", model::to_string(volume.security_style)},
                {"unix-permissions",
                 [&] {
                   std::string text = "---";
                   static constexpr std::string_view kLetters = "rwxrwxrwx";
                   for (std::size_t bit = 0; bit < 9; ++bit)
                     text += (volume.mode >> (8 - bit)) & 1 ? kLetters[bit] : '-';
                   return text;
                 }()},
                {"junction-path", volume.junction_path},
                {"junction-active", volume.junction_path.empty() ? Value() : Value(volume.junction_active)},
                {"junction-path-source", volume.junction_path.empty() ? "-" : "RW_volume"},
                {"policy", volume.export_policy},
                {"space-guarantee", model::to_string(volume.guarantee)},
                {"percent-snapshot-space", Value::percent(volume.snapshot_reserve_percent)},
                {"snapshot-policy", volume.snapshot_policy},
                {"snapdir-access", volume.snapdir_access},
                {"create-time", base::to_rfc3339(volume.created)},
                {"language", model::language_for_cli(model::language_name(volume.language))},
                {"filesys-size-fixed", volume.extras && volume.extras->size_fixed},
                {"comment", volume.comment},
                {"qos-policy-group", volume.qos_policy},
                {"encrypt", volume.encrypt},
                {"tiering-policy", model::kTieringPolicies[volume.tiering_policy]},
                {"is-flexclone", static_cast<bool>(volume.clone)},
                {"autosize-mode", volume.extras ? volume.extras->autosize.mode : std::string("off")},
                {"instance-uuid", volume.instance_uuid.text()}};
  if (const auto aggregate = call.cluster.aggregates.find(volume.aggregate); aggregate != call.cluster.aggregates.end())
    record["node"] = aggregate->second.node;
  if (volume.clone) {
    record.insert({{"clone-parent-vserver", volume.clone->svm},
                   {"clone-parent-name", volume.clone->volume},
                   {"clone-parent-snapshot", volume.clone->snapshot}});
  }
  if (volume.state == model::VolumeState::online) add_space(record, call, svm, volume);
  return record;
}

// A plain name given for a key, so that one volume of many is found without listing them all.
const std::string* plain_key(const Call& call, std::string_view key) {
  const auto given = call.given.find(key);
  if (given == call.given.end()) return nullptr;
  const bool pattern = !given->second.quoted && given->second.text.find_first_of("*|!<>.\"") != std::string::npos;
  return pattern ? nullptr : &given->second.text;
}

std::vector<Record> list_volumes_where(Call& call, bool (*wanted)(const Volume&)) {
  std::vector<Record> records;
  const std::string* only_svm = plain_key(call, "vserver");
  const std::string* only = plain_key(call, "volume");
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name) || (only_svm != nullptr && *only_svm != svm_name)) continue;
    if (only != nullptr) {
      const Volume* volume = svm.find_volume(*only);
      if (volume != nullptr && wanted(*volume)) records.push_back(volume_record(call, svm, *volume));
      continue;
    }
    for (const auto& [name, volume] : svm.volumes) {
      if (wanted(volume)) records.push_back(volume_record(call, svm, volume));
    }
  }
  return records;
}
std::vector<Record> list_volumes(Call& call) {
  return list_volumes_where(call, [](const Volume& volume) { return !volume.constituent(); });
}
std::vector<Record> list_clones(Call& call) {
  return list_volumes_where(call, [](const Volume& volume) { return static_cast<bool>(volume.clone); });
}

const std::vector<Field> kVolumeFields{{"vserver", "Vserver Name", true},
                                       {"volume", "Volume Name", true},
                                       {"aggregate", "Aggregate Name"},
                                       {"node", "Name of the Node Hosting the Volume"},
                                       {"size", "Volume Size"},
                                       {"dsid", "Volume Data Set ID"},
                                       {"msid", "Volume Master Data Set ID"},
                                       {"state", "Volume State"},
                                       {"type", "Volume Type"},
                                       {"style", "Volume Style"},
                                       {"volume-style-extended", "Extended Volume Style"},
                                       {"policy", "Export Policy"},
                                       {"user", "User ID"},
                                       {"group", "Group ID"},
                                       {"security-style", "Security Style"},
                                       {"unix-permissions", "UNIX Permissions"},
                                       {"junction-path", "Junction Path"},
                                       {"junction-path-source", "Junction Path Source"},
                                       {"junction-active", "Junction Active"},
                                       {"comment", "Comment"},
                                       {"available", "Available Size"},
                                       {"total", "Total User-Visible Size"},
                                       {"used", "Used Size"},
                                       {"percent-used", "Used Percentage"},
                                       {"autosize-mode", "Autosize Mode"},
                                       {"files", "Total Files (for user-visible data)"},
                                       {"files-used", "Files Used (for user-visible data)"},
                                       {"space-guarantee", "Space Guarantee Style"},
                                       {"snapdir-access", "Snapshot Directory Access Enabled"},
                                       {"percent-snapshot-space", "Space Reserved for Snapshot Copies"},
                                       {"snapshot-reserve-size", "Snapshot Reserve Size"},
                                       {"size-used-by-snapshots", "Size Used by Snapshot Copies"},
                                       {"snapshot-count", "Number of Snapshot Copies"},
                                       {"snapshot-policy", "Snapshot Policy"},
                                       {"create-time", "Creation Time"},
                                       {"language", "Language"},
                                       {"filesys-size-fixed", "Is File System Size Fixed"},
                                       {"is-flexclone", "Is Volume a FlexClone"},
                                       {"clone-parent-vserver", "FlexClone Parent Vserver"},
                                       {"clone-parent-name", "FlexClone Parent Volume"},
                                       {"clone-parent-snapshot", "FlexClone Parent Snapshot"},
                                       {"qos-policy-group", "QoS Policy Group Name"},
                                       {"encrypt", "Encryption Enabled"},
                                       {"tiering-policy", "Tiering Policy"},
                                       {"instance-uuid", "Volume Instance UUID"}};

const View kVolumes{
    .layouts = {{.flag = "",
                 .header = "Vserver   Volume       Aggregate    State      Type       Size  Available Used%\n"
                           "--------- ------------ ------------ ---------- ---- ---------- ---------- -----",
                 .columns = {"vserver", "volume", "aggregate", "state", "type", "size", "available", "percent-used"},
                 .align = "lllllrrr"},
                {.flag = "junction",
                 .header = "                                Junction                 Junction\n"
                           "Vserver   Volume       Language Active   Junction Path   Path Source\n"
                           "--------- ------------ -------- -------- --------------- -----------",
                 .columns = {"vserver", "volume", "language", "junction-active", "junction-path",
                             "junction-path-source"},
                 .align = "llllll"}},
    .fields = kVolumeFields,
    .list = list_volumes};
const View kClones{
    .layouts = {{.flag = "",
                 .header = "                      Parent  Parent        Parent\n"
                           "Vserver FlexClone     Vserver Volume        Snapshot             State     Type\n"
                           "------- ------------- ------- ------------- -------------------- --------- ----",
                 .columns = {"vserver", "volume", "clone-parent-vserver", "clone-parent-name", "clone-parent-snapshot",
                             "state", "type"},
                 .align = "lllllll"}},
    .fields = kVolumeFields,
    .list = list_clones};

std::uint64_t recorded(Call& call, std::string_view name, std::string_view type, std::string_view volume) {
  return model::record_job(call.cluster,
                           {.kind = model::JobKind::finished,
                            .name = std::string(name) + " " + std::string(volume),
                            .type = std::string(type),
                            .svm = call.vserver(),
                            .volume = std::string(volume),
                            .argument = {},
                            .node = {}},
                           "Successful");
}

// Jobs that fail are told as such; refusals before the job starts are plain errors.
Reply job_reply(Call& call, std::string_view name, std::string_view type, std::string_view volume) {
  return ok(job_succeeded(recorded(call, name, type, volume), "Successful"));
}

Reply volume_create(Call& call) {
  Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::NewVolume spec;
  spec.name = call.text("volume");
  spec.aggregate = call.text("aggregate");
  spec.size = static_cast<model::Bytes>(call.bytes("size").value_or(20 * 1024 * 1024));
  if (const auto guarantee = model::parse_guarantee(call.text_or("space-guarantee", "volume")))
    spec.guarantee = *guarantee;
  if (const auto reserve = call.number("percent-snapshot-space"))
    spec.snapshot_reserve = static_cast<std::uint8_t>(std::min<std::uint64_t>(*reserve, 255));
  if (call.has("snapshot-policy")) spec.snapshot_policy = call.text("snapshot-policy");
  if (call.has("unix-permissions")) {
    const auto mode = model::parse_permissions(call.text("unix-permissions"));
    if (!mode)
      return refused("\"" + call.text("unix-permissions") +
                     "\" is an invalid value for field \"-unix-permissions <unix perm>\"");
    spec.mode = *mode;
  }
  spec.export_policy = call.text_or("policy", spec.export_policy);
  if (call.has("security-style")) spec.security_style = model::parse_security_style(call.text("security-style"));
  spec.junction_path = call.text("junction-path");
  if (call.has("language")) spec.language = call.text("language");
  if (const auto type = model::parse_volume_type(base::to_lower(call.text_or("type", "rw")))) spec.type = *type;
  if (const auto state = model::parse_volume_state(call.text_or("state", "online"))) spec.state = *state;
  spec.comment = call.text("comment");
  spec.qos_policy = call.text("qos-policy-group");
  spec.tiering_policy = call.text_or("tiering-policy", spec.tiering_policy);
  spec.user_id = static_cast<std::uint32_t>(call.number("user").value_or(0));
  spec.group_id = static_cast<std::uint32_t>(call.number("group").value_or(0));
  spec.encrypt = call.flag("encrypt");
  spec.by_svm_admin = !call.user.svm.empty();
  const auto created = model::create_volume(call.cluster, *svm, spec);
  if (!created) return failed(created.error().reason);
  return job_reply(call, "Create", "VOLUME_CREATE", spec.name);
}

Svm& svm_in(Call& call, const Record& record) { return *call.cluster.find_svm(text_of(record, "vserver")); }

Reply volume_modify_one(Call& call, const Record& record) {
  model::VolumeChange change;
  if (const auto size = call.bytes("size")) change.size = static_cast<model::Bytes>(*size);
  if (call.has("space-guarantee")) change.guarantee = model::parse_guarantee(call.text("space-guarantee"));
  if (const auto reserve = call.number("percent-snapshot-space")) change.snapshot_reserve = static_cast<int>(*reserve);
  change.snapdir_access = call.maybe_flag("snapdir-access");
  change.size_fixed = call.maybe_flag("filesys-size-fixed");
  for (const auto& [name, field] :
       {std::pair{"snapshot-policy", &model::VolumeChange::snapshot_policy},
        std::pair{"policy", &model::VolumeChange::export_policy}, std::pair{"comment", &model::VolumeChange::comment},
        std::pair{"language", &model::VolumeChange::language},
        std::pair{"qos-policy-group", &model::VolumeChange::qos_policy},
        std::pair{"tiering-policy", &model::VolumeChange::tiering_policy},
        std::pair{"autosize-mode", &model::VolumeChange::autosize_mode}}) {
    if (call.has(name)) change.*field = call.text(name);
  }
  if (call.has("security-style")) change.security_style = model::parse_security_style(call.text("security-style"));
  if (call.has("unix-permissions")) {
    change.mode = model::parse_permissions(call.text("unix-permissions"));
    if (!change.mode)
      return refused("\"" + call.text("unix-permissions") +
                     "\" is an invalid value for field \"-unix-permissions <unix perm>\"");
  }
  if (const auto user = call.number("user")) change.user_id = static_cast<std::uint32_t>(*user);
  if (const auto group = call.number("group")) change.group_id = static_cast<std::uint32_t>(*group);
  if (const auto files = call.number("files")) change.files_total = static_cast<std::int64_t>(*files);
  const auto changed = model::modify_volume(call.cluster, svm_in(call, record), text_of(record, "volume"), change);
  if (!changed) return failed(changed.error().reason);
  return ok("Volume modify successful on volume " + text_of(record, "volume") + " of Vserver " +
            text_of(record, "vserver") + ".\n");
}
Reply volume_modify(Call& call) { return for_each_selected(call, volume_modify_one, "modified"); }

Reply volume_mount_one(Call& call, const Record& record) {
  const std::string path = call.text_or("junction-path", "/" + text_of(record, "volume"));
  return done(model::mount_volume(call.cluster, svm_in(call, record), text_of(record, "volume"), path,
                                  call.flag("active", true)));
}
Reply volume_mount(Call& call) { return for_each_selected(call, volume_mount_one, "acted on"); }
Reply volume_unmount_one(Call& call, const Record& record) {
  return done(model::unmount_volume(call.cluster, svm_in(call, record), text_of(record, "volume"), false));
}
Reply volume_unmount(Call& call) { return for_each_selected(call, volume_unmount_one, "acted on"); }
Reply stated(const model::Result<void>& result, const Record& record, std::string_view state) {
  return result ? ok("Volume \"" + text_of(record, "vserver") + ":" + text_of(record, "volume") + "\" is now " +
                     std::string(state) + ".\n")
                : failed(result.error().reason);
}
Reply volume_offline_one(Call& call, const Record& record) {
  return stated(model::offline_volume(call.cluster, svm_in(call, record), text_of(record, "volume")), record,
                "offline");
}
Reply volume_offline(Call& call) { return for_each_selected(call, volume_offline_one, "acted on"); }
Reply volume_online_one(Call& call, const Record& record) {
  return stated(model::online_volume(call.cluster, svm_in(call, record), text_of(record, "volume")), record, "online");
}
Reply volume_online(Call& call) { return for_each_selected(call, volume_online_one, "acted on"); }
Reply volume_restrict_one(Call& call, const Record& record) {
  return stated(model::restrict_volume(call.cluster, svm_in(call, record), text_of(record, "volume")), record,
                "restricted");
}
Reply volume_restrict(Call& call) { return for_each_selected(call, volume_restrict_one, "acted on"); }

Reply volume_delete(Call& call) {
  const std::vector<Record> records = select(call);
  for (std::size_t i = 0; i < records.size(); ++i) {
    bool declined = false;
    if (auto question = confirm(call, i,
                                "Are you sure you want to delete volume \"" + text_of(records[i], "volume") +
                                    "\" in Vserver \"" + text_of(records[i], "vserver") + "\" ?",
                                declined))
      return *question;
  }
  std::size_t at = 0;
  Reply whole;
  for (const Record& record : records) {
    if (call.settings.confirmations && call.answer(at++) != "y") continue;
    const std::string& volume = text_of(record, "volume");
    const auto gone = model::destroy_volume(call.cluster, svm_in(call, record), volume,
                                            {.unmount_and_offline = false, .force = call.flag("force")});
    if (!gone) {
      Reply reply = failed(gone.error().reason);
      whole.output += reply.output;
      whole.failed = true;
      continue;
    }
    whole.output += job_succeeded(recorded(call, "Delete", "VOLUME_DELETE", volume), "Successful");
  }
  if (records.empty()) return for_each_selected(call, volume_offline_one, "deleted");  // only says that there is none
  return whole;
}

Reply volume_rename(Call& call) {
  Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  const auto renamed = model::rename_volume(call.cluster, *svm, call.text("volume"), call.text("newname"));
  if (!renamed) return failed(renamed.error().reason);
  return job_reply(call, "Rename", "VOLUME_RENAME", call.text("newname"));
}

Reply volume_size(Call& call) {
  Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  const auto volume = model::require_volume(*svm, call.text("volume"), model::Errno::entry_does_not_exist);
  if (!volume) return failed(volume.error().reason);
  const std::string name = "vol size: Volume \"" + svm->name + ":" + (*volume)->name + "\"";
  if (!call.has("new-size"))
    return ok(name + " has size " + size_text(static_cast<std::uint64_t>((*volume)->size)) + ".\n");
  const auto size = model::new_size_from(base::to_lower(call.text("new-size")), (*volume)->size);
  if (!size) return refused("\"" + call.text("new-size") + "\" is an invalid value for field \"-new-size <text>\"");
  const auto resized = model::resize_volume(call.cluster, *svm, (*volume)->name, *size);
  if (!resized) return failed(resized.error().reason);
  return ok(name + " size set to " + size_text(static_cast<std::uint64_t>((*volume)->size)) + ".\n");
}

Reply clone_create(Call& call) {
  Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::NewClone spec;
  spec.name = call.text("flexclone");
  spec.parent = call.text("parent-volume");
  spec.parent_svm = call.text("parent-vserver");
  spec.parent_snapshot = call.text("parent-snapshot");
  spec.junction_path = call.text("junction-path");
  spec.junction_active = call.flag("junction-active", true);
  if (call.has("space-guarantee")) spec.guarantee = model::parse_guarantee(call.text("space-guarantee"));
  spec.qos_policy = call.text("qos-policy-group");
  const auto created = model::clone_volume(call.cluster, *svm, spec);
  if (!created) return failed(created.error().reason);
  return job_reply(call, "Create", "VOL_CLONE_CREATE", spec.name);
}

Reply split_start(Call& call) {
  Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  const std::string name = call.text("flexclone");
  bool declined = false;
  if (auto question = confirm(
          call, 0, "Are you sure you want to split clone volume " + name + " in Vserver " + svm->name + " ?", declined))
    return *question;
  if (declined) return ok();
  const auto job = model::start_split(call.cluster, *svm, name);
  if (!job) return failed(job.error().reason);
  return ok(job_queued(*job, "Split " + name));
}
Reply split_stop(Call& call) {
  Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  return done(model::stop_split(call.cluster, *svm, call.text("flexclone")));
}
Reply move_start(Call& call) {
  Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  const auto job = model::start_move(call.cluster, *svm,
                                     {.volume = call.text("volume"),
                                      .aggregate = call.text("destination-aggregate"),
                                      .validation_only = call.flag("perform-validation-only")});
  if (!job) return failed(job.error().reason);
  return ok(job_queued(*job, "Move \"" + call.text("volume") + "\" in Vserver \"" + svm->name + "\" to aggregate \"" +
                                 call.text("destination-aggregate") + "\". Use the \"volume move show -vserver " +
                                 svm->name + " -volume " + call.text("volume") +
                                 "\" command to view the status of this operation"));
}

}  // namespace

std::vector<Command> volume_commands() {
  const Param vserver = required("vserver", "vserver name", "Vserver Name");
  const Param volume = positional("volume", "volume name", "Volume Name");
  const Param flexclone = positional("flexclone", "volume name", "FlexClone Volume");
  const std::vector<Param> common{
      choice("space-guarantee", "none|file|volume", "Space Guarantee Style"),
      {.name = "percent-snapshot-space", .label = "Space Reserved for Snapshot Copies", .kind = Kind::percent},
      optional("snapshot-policy", "snapshot policy", "Snapshot Policy"),
      optional("unix-permissions", "unix perm", "UNIX Permissions"),
      optional("policy", "text", "Export Policy"),
      choice("security-style", "unix|ntfs|mixed|unified", "Security Style"),
      optional("language", "language code", "Language"),
      optional("comment", "text", "Comment"),
      optional("qos-policy-group", "text", "QoS Policy Group Name"),
      choice("tiering-policy", "none|snapshot-only|auto|all|backup", "Tiering Policy"),
      number("user", "User ID"),
      number("group", "Group ID")};
  std::vector<Param> create{vserver,
                            volume,
                            positional("aggregate", "aggregate name", "Aggregate Name"),
                            {.name = "size", .label = "Volume Size", .kind = Kind::size, .positional = true},
                            choice("state", "online|restricted|offline", "Volume State"),
                            choice("type", "rw|dp|ls", "Volume Type"),
                            optional("junction-path", "junction path", "Junction Path"),
                            boolean("encrypt", "Enable Encryption")};
  create.insert(create.end(), common.begin(), common.end());
  std::vector<Param> modify{vserver,
                            volume,
                            size("size", "Volume Size"),
                            boolean("snapdir-access", "Snapshot Directory Access Enabled"),
                            boolean("filesys-size-fixed", "Is File System Size Fixed"),
                            number("files", "Total Files"),
                            choice("autosize-mode", "off|grow|grow_shrink", "Autosize Mode")};
  modify.insert(modify.end(), common.begin(), common.end());
  Param junction_path = optional("junction-path", "junction path", "Junction Path Of The Mounting Volume");
  const std::string_view source = "specification 10.4, 10.5, 7.4";
  const auto on_volume = [&](std::string_view path, std::string_view help, Reply (*run)(Call&)) {
    return Command{.path = path,
                   .help = help,
                   .params = {vserver, volume},
                   .run = run,
                   .view = &kVolumes,
                   .source = "specification 10.4"};
  };
  std::vector<Command> rows{
      {.path = "volume create",
       .help = "Create a new volume",
       .params = create,
       .run = volume_create,
       .source = source},
      {.path = "volume delete",
       .help = "Delete an existing volume",
       .params = {vserver, volume, flag("force", "Force Delete")},
       .run = volume_delete,
       .view = &kVolumes,
       .source = source},
      {.path = "volume modify",
       .help = "Modify volume attributes",
       .params = modify,
       .run = volume_modify,
       .view = &kVolumes,
       .source = source},
      {.path = "volume mount",
       .help = "Mount a volume on another volume with a junction-path",
       .params = {vserver, volume, junction_path, boolean("active", "Activate Junction Path")},
       .run = volume_mount,
       .view = &kVolumes,
       .source = source},
      {.path = "volume rename",
       .help = "Rename an existing volume",
       .params = {vserver, volume, required("newname", "volume name", "Vserver New Name")},
       .run = volume_rename,
       .source = source},
      {.path = "volume size",
       .help = "Set/Display the size of the volume",
       .params = {vserver, volume, {.name = "new-size", .label = "[+|-]<New Size>", .positional = true}},
       .run = volume_size,
       .source = source},
      {.path = "volume show", .help = "Display a list of volumes", .view = &kVolumes, .source = source},
      {.path = "volume clone create",
       .help = "Create a FlexClone volume",
       .params =
           {vserver,
            flexclone,
            {.name = "parent-volume", .hint = "volume name", .label = "FlexClone Parent Volume", .required = true},
            optional("parent-vserver", "vserver name", "FlexClone Parent Vserver"),
            optional("parent-snapshot", "snapshot name", "FlexClone Parent Snapshot"),
            junction_path,
            boolean("junction-active", "Junction Active"),
            choice("space-guarantee", "none|volume", "Space Guarantee Style"),
            optional("qos-policy-group", "text", "QoS Policy Group Name")},
       .run = clone_create,
       .source = source},
      {.path = "volume clone show", .help = "Display a list of FlexClones", .view = &kClones, .source = source},
      {.path = "volume clone split start",
       .help = "Split a FlexClone from its parent volume",
       .params = {vserver, flexclone},
       .run = split_start,
       .source = source},
      {.path = "volume clone split stop",
       .help = "Stop an ongoing job for a FlexClone split",
       .params = {vserver, flexclone},
       .run = split_stop,
       .source = source},
      {.path = "volume move start",
       .help = "Start moving a volume from one aggregate to another aggregate",
       .params = {vserver, volume, required("destination-aggregate", "aggregate name", "Destination Aggregate"),
                  flag("perform-validation-only", "Perform Validation Only")},
       .run = move_start,
       .source = source},
  };
  rows.push_back(on_volume("volume unmount", "Unmount a volume", volume_unmount));
  rows.push_back(on_volume("volume offline", "Take an existing volume offline", volume_offline));
  rows.push_back(on_volume("volume online", "Bring an existing volume online", volume_online));
  rows.push_back(on_volume("volume restrict", "Restrict an existing volume", volume_restrict));
  return rows;
}

}  // namespace ontap_sim::cli
