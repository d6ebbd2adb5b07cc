// FlexClones, splits and moves. Source: sections 7.4.5 and 7.4.7.
#include <algorithm>

#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Svm;
using model::Volume;

model::Result<model::NewClone> read_clone(const Call& call) {
  model::NewClone spec;
  spec.name = call.text("volume");
  spec.parent = call.text("parent-volume");
  spec.parent_svm = call.optional_text("parent-vserver").value_or("");
  spec.parent_snapshot = call.optional_text("parent-snapshot").value_or("");
  spec.junction_path = call.optional_text("junction-path").value_or("");
  spec.junction_active = call.flag("junction-active", true);
  spec.qos_policy = call.optional_text("qos-policy-group-name").value_or("");
  if (const auto text = call.optional_text("space-reserve")) {
    spec.guarantee = model::parse_guarantee(*text);
    if (!spec.guarantee) return call.invalid("space-reserve");
  }
  if (const auto text = call.optional_text("volume-type")) {
    const auto type = model::parse_volume_type(*text);
    if (!type) return call.invalid("volume-type");
    spec.type = *type;
  }
  return spec;
}

Status volume_clone_create(Call& call) {
  auto spec = read_clone(call);
  if (!spec) return spec.error();
  auto made = model::clone_volume(call.cluster, call.svm(), *spec);
  if (!made) return made.error();
  if (const auto policy = call.optional_text("qos-adaptive-policy-group-name")) {
    model::VolumeChange change;
    change.adaptive_qos_policy = *policy;
    return model::modify_volume(call.cluster, call.svm(), spec->name, change);
  }
  return {};
}

Status volume_clone_create_async(Call& call) {
  auto spec = read_clone(call);
  if (!spec) return spec.error();
  auto made = model::clone_volume(call.cluster, call.svm(), *spec);
  if (!made) return made.error();
  call.put_job(model::start_job(call.cluster,
                                {.kind = model::JobKind::other,
                                 .name = "Clone " + spec->name,
                                 .type = "VOL_CLONE",
                                 .svm = call.svm().name,
                                 .volume = spec->name},
                                call.cluster.settings.job_time));
  return {};
}

Status volume_clone_split_start(Call& call) {
  auto job = model::start_split(call.cluster, call.svm(), call.text("volume"));
  if (!job) return job.error();
  call.put_job(*job);
  return {};
}

void put_split(pugi::xml_node list, const model::SplitStatus& status) {
  pugi::xml_node info = list.append_child("clone-split-detail-info");
  append_text(info, "block-percentage-complete", std::to_string(status.percent));
  append_text(info, "blocks-scanned", std::to_string(status.blocks_scanned));
  append_text(info, "blocks-updated", std::to_string(status.blocks_updated));
  append_text(info, "inode-percentage-complete", std::to_string(status.percent));
  append_text(info, "inodes-processed", std::to_string(status.percent));
  append_text(info, "inodes-total", "100");
  append_text(info, "name", status.volume);
}

Status volume_clone_split_status(Call& call) {
  const auto wanted = call.optional_text("volume");
  if (wanted) {
    const auto status = model::split_status(call.cluster, call.svm(), *wanted);
    if (!status) return status.error();
    put_split(call.put("clone-split-details"), *status);
    return {};
  }
  pugi::xml_node list = call.put("clone-split-details");
  for (const auto& [name, volume] : call.svm().volumes) {
    if (const auto status = model::split_status(call.cluster, call.svm(), name)) put_split(list, *status);
  }
  return {};
}

Status volume_clone_split_stop(Call& call) { return model::stop_split(call.cluster, call.svm(), call.text("volume")); }

const RecordShape kCloneShape{"volume-clone-info", {"vserver", "volume"}};

void write_clone(Out& out, const model::Cluster& cluster, const Svm& svm, const Volume& volume) {
  const model::VolumeSpace space = space_of(cluster, svm, volume);
  const auto status = model::split_status(cluster, svm, volume.name);
  out.text("aggregate", volume.aggregate);
  if (status) {
    out.integer("block-percentage-complete", status->percent);
    out.integer("blocks-scanned", status->blocks_scanned);
    out.integer("blocks-updated", status->blocks_updated);
    out.integer("inode-percentage-complete", status->percent);
  }
  out.integer("dsid", static_cast<std::int64_t>(volume.dsid));
  if (!volume.junction_path.empty()) {
    out.flag("junction-active", volume.junction_active);
    out.text("junction-path", volume.junction_path);
  }
  out.integer("msid", static_cast<std::int64_t>(volume.msid));
  out.text("parent-snapshot", volume.clone->snapshot);
  out.text("parent-volume", volume.clone->volume);
  out.text("parent-vserver", volume.clone->svm);
  out.text_if("qos-policy-group-name", volume.qos_policy);
  out.integer("size", volume.size);
  out.flag("space-guarantee-enabled", volume.guarantee_enabled);
  out.text("space-reserve", to_string(volume.guarantee));
  out.integer("split-estimate", volume.shared / model::kBlock);
  out.text("state", to_string(volume.state));
  out.integer("used", space.used);
  out.text("volume", volume.name);
  out.text("volume-type", to_string(volume.type));
  out.text("vserver", svm.name);
}

Status volume_clone_get_iter(Call& call) {
  auto page = Iteration::open(call, kCloneShape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_cursor) {
    return (*page)->each(svm.volumes, 1, at_cursor, [&](const std::string& name, const Volume& volume, bool) {
      return !volume.clone ||
             (*page)->row({svm.name, name}, [&](Out& out) { write_clone(out, call.cluster, svm, volume); });
    });
  });
  return (*page)->finish();
}

Status volume_clone_get(Call& call) {
  const Volume* volume = call.svm().find_volume(call.text("volume"));
  if (volume == nullptr || !volume->clone) return model::missing_entry();
  auto record = Iteration::single(call, kCloneShape);
  record->row({call.svm().name, volume->name}, [&](Out& out) { write_clone(out, call.cluster, call.svm(), *volume); });
  return record->finish_single();
}

/// The SVM that a move names, or the one that the request is for.
model::Result<Svm*> move_svm(Call& call) {
  if (const auto name = call.optional_text("vserver")) {
    if (call.scope_svm != nullptr && call.scope_svm->name != *name)
      return ModelError{Errno::svm_not_found, "Specified vserver not found"};
    return model::require_svm(call.cluster, *name);
  }
  if (call.scope_svm == nullptr) return model::refused("Vserver API missing vserver parameter.");
  return call.scope_svm;
}

Status volume_move_start(Call& call) {
  auto svm = move_svm(call);
  if (!svm) return svm.error();
  model::NewMove spec;
  spec.volume = call.text("source-volume");
  spec.aggregate = call.text("dest-aggr");
  spec.validation_only = call.flag("perform-validation-only");
  if (const auto action = call.optional_text("cutover-action")) {
    spec.cutover_action = base::to_lower(*action);
    constexpr std::string_view known[] = {"defer_on_failure", "abort_on_failure", "force", "wait", "retry_on_failure"};
    if (std::find(std::begin(known), std::end(known), spec.cutover_action) == std::end(known))
      return call.invalid("cutover-action");
  }
  auto job = model::start_move(call.cluster, **svm, spec);
  if (!job) return job.error();
  call.put_job(*job);
  return {};
}

Status volume_move_get_iter(Call& call) {
  static const RecordShape shape{"volume-move-info", {"vserver", "volume"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_cursor) {
    return (*page)->each(svm.volumes, 1, at_cursor, [&](const std::string& name, const Volume& volume, bool) {
      if (!volume.move) return true;
      const model::Move& move = *volume.move;
      const auto whole = std::max<std::int64_t>(1, (move.due - move.started).count());
      const bool ended = move.state != "healthy";
      const std::int64_t done =
          ended ? 100 : std::min<std::int64_t>(99, (call.cluster.now() - move.started).count() * 100 / whole);
      return (*page)->row({svm.name, name}, [&](Out& out) {
        if (ended) out.time("actual-completion-timestamp", move.ended);
        out.integer("bytes-remaining", move.bytes * (100 - done) / 100);
        out.integer("bytes-sent", move.bytes * done / 100);
        out.text("cutover-action", move.cutover_action);
        out.integer("cutover-window", 45);
        out.text("destination-aggregate", move.destination_aggregate);
        const model::Aggregate* target = call.cluster.find_aggregate(move.destination_aggregate);
        if (target != nullptr) out.text("destination-node", target->node);
        out.text("details", move.details.empty() ? "Volume move job in progress" : move.details);
        out.time("estimated-completion-time", move.due);
        out.integer("estimated-remaining-duration",
                    ended ? 0
                          : std::max<std::int64_t>(
                                0, model::epoch_seconds(move.due) - model::epoch_seconds(call.cluster.now())));
        out.integer("job-id", static_cast<std::int64_t>(move.job));
        out.integer("percent-complete", done);
        out.text("phase", move.phase);
        out.text("source-aggregate", move.source_aggregate);
        out.time("start-timestamp", move.started);
        out.text("state", move.state);
        out.text("volume", name);
        out.text("volume-instance-uuid", volume.instance_uuid.text());
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

Status volume_move_trigger_cutover(Call& call) {
  auto svm = move_svm(call);
  if (!svm) return svm.error();
  return model::trigger_cutover(call.cluster, **svm, call.text("source-volume"));
}

Status volume_move_trigger_abort(Call& call) {
  auto svm = move_svm(call);
  if (!svm) return svm.error();
  return model::abort_move(call.cluster, **svm, call.text("source-volume"));
}

Status volume_rehost(Call& call) {
  auto from = model::require_svm(call.cluster, call.text("vserver"));
  if (!from) return from.error();
  auto to = model::require_svm(call.cluster, call.text("destination-vserver"));
  if (!to) return to.error();
  return model::rehost_volume(call.cluster, **from, call.text("volume"), **to);
}

/// Nothing in the simulator leaves file or LUN clones unsplit.
Status clone_split_status(Call& call) {
  auto volume = model::require_volume(call.svm(), call.text("volume-name"));
  if (!volume) return volume.error();
  pugi::xml_node info = call.put("clone-split-info");
  append_text(info, "unsplit-clone-count", "0");
  append_text(info, "unsplit-size", "0");
  return {};
}

}  // namespace

std::vector<ApiEntry> clone_apis() {
  return {
      {.name = "volume-clone-create",
       .scope = Scope::svm,
       .input = "caching-policy force-worm-clone:b junction-active:b junction-path parent-snapshot parent-volume* "
                "parent-vserver qos-policy-group-name "
                "qos-adaptive-policy-group-name@130 space-reserve use-snaprestore-license:b volume* volume-type "
                "vserver uid:i gid:i",
       .run = volume_clone_create,
       .source = "15661 for an unknown snapshot: nDVP"},
      {.name = "volume-clone-create-async",
       .scope = Scope::svm,
       .input = "gid:i junction-active:b junction-path parent-snapshot parent-volume* space-reserve uid:i "
                "use-snaprestore-license:b volume* vserver-dr-protection",
       .run = volume_clone_create_async,
       .source = "Trident's FlexGroup clones"},
      {.name = "volume-clone-split-start",
       .scope = Scope::svm,
       .input = "volume*",
       .run = volume_clone_split_start,
       .source = "17151, 13170: Manila"},
      {.name = "volume-clone-split-status",
       .scope = Scope::svm,
       .input = "volume",
       .run = volume_clone_split_status,
       .source = "13157, 13170, 13171, 17003: Manila"},
      {.name = "volume-clone-split-stop",
       .scope = Scope::svm,
       .input = "volume*",
       .run = volume_clone_split_stop,
       .source = "Manila"},
      {.name = "volume-clone-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = volume_clone_get_iter,
       .source = "Manila"},
      {.name = "volume-clone-get",
       .scope = Scope::svm,
       .input = "desired-attributes:r volume*",
       .run = volume_clone_get,
       .source = "Ansible's na_ontap_volume_clone"},
      {.name = "volume-move-start",
       .scope = Scope::any,
       .input = "cutover-action cutover-attempts:i cutover-window:i dest-aggr* is-keep-source:b is-manual-cutover:b "
                "is-override-warnings:b "
                "perform-validation-only:b source-volume* vserver encrypt-destination:b encrypt-with-aggr-key:b",
       .run = volume_move_start,
       .source = "13633, 16025: Manila and the SDK's list"},
      {.name = "volume-move-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = volume_move_get_iter,
       .source = "Manila reads six fields"},
      {.name = "volume-move-trigger-cutover",
       .scope = Scope::any,
       .input = "force:b source-volume* vserver",
       .run = volume_move_trigger_cutover,
       .source = "Manila"},
      {.name = "volume-move-trigger-abort",
       .scope = Scope::any,
       .input = "source-volume* vserver*",
       .run = volume_move_trigger_abort,
       .source = "Manila"},
      {.name = "volume-rehost",
       .scope = Scope::cluster,
       .input = "volume* vserver* destination-vserver* auto-remap-luns:b force-unmap-luns:b",
       .run = volume_rehost,
       .source = "Manila"},
      {.name = "clone-split-status",
       .scope = Scope::svm,
       .input = "volume-name*",
       .run = clone_split_status,
       .source = "Cinder; may be empty"},
  };
}

}  // namespace ontap_sim::zapi
