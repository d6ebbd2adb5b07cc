// Storage efficiency. Source: section 7.14.
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Volume;

ModelError sis_already(const std::string& reason) { return {Errno::sis_already, reason}; }

/// "/vol/v" names the volume in the plain forms, `volume-name` in the asynchronous ones.
model::Result<Volume*> sis_volume(Call& call) {
  std::string name = call.has("volume-name") ? call.text("volume-name") : call.text("path");
  if (name.starts_with("/vol/")) name = name.substr(5);
  auto volume = model::require_volume(call.svm(), name);
  if (!volume) return volume.error();
  if ((*volume)->state != model::VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + name + "\" is offline."};
  return *volume;
}

Status sis_enable(Call& call) {
  auto found = sis_volume(call);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.efficiency && volume.efficiency->enabled) {
    return sis_already("Failed to enable efficiency on volume \"" + volume.name + "\" of Vserver \"" + call.svm().name +
                       "\": Efficiency has already been enabled on this volume.");
  }
  if (!volume.efficiency) volume.efficiency = model::Efficiency{};
  volume.efficiency->enabled = true;
  call.cluster.touch(call.svm(), volume);
  return {};
}

Status sis_disable(Call& call) {
  auto found = sis_volume(call);
  if (!found) return found.error();
  Volume& volume = **found;
  if (!volume.efficiency || !volume.efficiency->enabled) {
    return sis_already("Failed to disable efficiency on volume \"" + volume.name +
                       "\": efficiency is not enabled, or a sis operation is currently active.");
  }
  volume.efficiency->enabled = false;
  volume.efficiency->compression = volume.efficiency->inline_compression = false;
  call.cluster.touch(call.svm(), volume);
  return {};
}

Status sis_set_config(Call& call) {
  auto found = sis_volume(call);
  if (!found) return found.error();
  Volume& volume = **found;
  const auto compression = call.boolean("enable-compression");
  const auto inline_compression = call.boolean("enable-inline-compression");
  const bool enabled = volume.efficiency && volume.efficiency->enabled;
  if (!enabled)
    return sis_already("Failed to modify efficiency configuration for volume \"" + volume.name +
                       "\": efficiency is not enabled on this volume.");
  if (inline_compression.value_or(false) && !compression.value_or(volume.efficiency->compression)) {
    return model::refused("Inline compression needs compression on volume \"" + volume.name + "\".");
  }
  if (compression) volume.efficiency->compression = *compression;
  if (inline_compression) volume.efficiency->inline_compression = *inline_compression;
  if (const auto policy = call.optional_text("policy-name")) volume.efficiency->policy = *policy;
  if (const auto schedule = call.optional_text("schedule")) volume.efficiency->schedule = *schedule;
  call.cluster.touch(call.svm(), volume);
  return {};
}

/// A scan reads the volume as fast as a copy does.
bool sis_running(const model::Cluster& cluster, const Volume& volume) {
  return volume.efficiency && volume.efficiency->last_end > cluster.now();
}

Status sis_start(Call& call) {
  auto found = sis_volume(call);
  if (!found) return found.error();
  if (!(*found)->efficiency || !(*found)->efficiency->enabled)
    return sis_already("Efficiency is not enabled on volume \"" + (*found)->name + "\".");
  if (sis_running(call.cluster, **found))
    return sis_already("An efficiency operation is already active on volume \"" + (*found)->name + "\".");
  (*found)->efficiency->last_begin = call.cluster.now();
  (*found)->efficiency->last_end = call.cluster.now() + model::copy_time(call.cluster, (*found)->active);
  call.cluster.touch(call.svm(), **found);
  return {};
}

Status sis_stop(Call& call) {
  auto found = sis_volume(call);
  if (!found) return found.error();
  if (!sis_running(call.cluster, **found))
    return sis_already("No efficiency operation is active on volume \"" + (*found)->name + "\".");
  (*found)->efficiency->last_end = call.cluster.now();
  call.cluster.touch(call.svm(), **found);
  return {};
}

template <Status (*plain)(Call&)>
Status sis_async(Call& call) {
  if (const Status done = plain(call); !done) return done;
  call.put_job(model::record_job(call.cluster,
                                 {.kind = model::JobKind::finished,
                                  .name = std::string(call.api.name) + " " + call.text("volume-name"),
                                  .type = "SIS",
                                  .svm = call.svm().name},
                                 "Successful"));
  return {};
}

Status sis_get_iter(Call& call) {
  static const RecordShape shape{"sis-status-info", {"vserver", "path"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  const std::string wanted = (*page)->query_text("path");
  const auto row = [&](const model::Svm& svm, const Volume& volume) {
    if (!volume.efficiency || volume.state != model::VolumeState::online) return true;
    const model::Efficiency& sis = *volume.efficiency;
    return (*page)->row({svm.name, "/vol/" + volume.name}, [&](Out& out) {
      out.flag("is-compression-enabled", sis.compression);
      out.flag("is-constituent", volume.constituent());
      out.flag("is-idd-enabled", false);
      out.flag("is-inline-compression-enabled", sis.inline_compression);
      const bool active = sis_running(call.cluster, volume);
      if (sis.last_begin != model::TimePoint{} && !active) {
        out.time("last-op-begin-timestamp", sis.last_begin);
        out.time("last-op-end-timestamp", sis.last_end);
      }
      out.integer("last-op-size", 0);
      out.text("last-op-state", "Success");
      out.integer("logical-data-limit", 703687441776640);
      out.integer("logical-data-size", volume.active);
      out.integer("minimum-blocks-shared", 1);
      out.text("path", "/vol/" + volume.name);
      out.text("policy", sis.policy.empty() ? "-" : sis.policy);
      out.text("progress", active ? "Scanning" : "Idle for 00:00:00");
      out.integer("quick-check-fsize", 0);
      out.text("schedule", sis.schedule);
      out.text("state", sis.enabled ? "enabled" : "disabled");
      out.text("status", active ? "running" : "idle");
      out.text("type", "regular");
      out.text("vserver", svm.name);
    });
  };
  (*page)->each_svm(0, [&](const model::Svm& svm, bool) {
    if (wanted.starts_with("/vol/") && wanted.find_first_of("*|!<>\"") == std::string::npos) {
      const Volume* volume = svm.find_volume(wanted.substr(5));
      return volume == nullptr || row(svm, *volume);
    }
    for (const auto& [name, volume] : svm.volumes) {
      if (!row(svm, volume)) return false;
    }
    return true;
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> sis_apis() {
  constexpr std::string_view config =
      "enable-compression:b enable-idd:b enable-inline-compression:b path* policy-name quick-check-fsize:i schedule "
      "enable-data-compaction:b enable-inline-dedupe:b enable-cross-volume-background-dedupe:b "
      "enable-cross-volume-inline-dedupe:b";
  constexpr std::string_view config_async =
      "enable-compression:b enable-idd:b enable-inline-compression:b policy-name quick-check-fsize:i schedule "
      "volume-name*";
  return {
      {.name = "sis-enable",
       .scope = Scope::svm,
       .input = "path*",
       .run = sis_enable,
       .source = "40043: Manila, Ansible"},
      {.name = "sis-disable", .scope = Scope::svm, .input = "path*", .run = sis_disable, .source = "40043: Manila"},
      {.name = "sis-set-config",
       .scope = Scope::svm,
       .input = config,
       .run = sis_set_config,
       .source = "Manila, Cinder"},
      {.name = "sis-start",
       .scope = Scope::svm,
       .input = "path* delete-checkpoint:b qos-policy queue-operation:b scan:b scan-all:b scan-options:r",
       .run = sis_start,
       .source = "Ansible's na_ontap_volume_efficiency"},
      {.name = "sis-stop",
       .scope = Scope::svm,
       .input = "path* all-operations:b",
       .run = sis_stop,
       .source = "Ansible's na_ontap_volume_efficiency"},
      {.name = "sis-enable-async",
       .scope = Scope::svm,
       .input = "volume-name*",
       .run = sis_async<sis_enable>,
       .source = "Manila's FlexGroups"},
      {.name = "sis-disable-async",
       .scope = Scope::svm,
       .input = "volume-name*",
       .run = sis_async<sis_disable>,
       .source = "Manila's FlexGroups"},
      {.name = "sis-set-config-async",
       .scope = Scope::svm,
       .input = config_async,
       .run = sis_async<sis_set_config>,
       .source = "Manila's FlexGroups"},
      {.name = "sis-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = sis_get_iter,
       .source = "absent when never enabled: Manila, Cinder"},
  };
}

}  // namespace ontap_sim::zapi
