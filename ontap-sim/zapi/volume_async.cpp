// The asynchronous forms, made for FlexGroups. Source: sections 3.8 and 7.4.6.
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/read_volume.h"

namespace ontap_sim::zapi {
namespace {

using model::JobKind;

std::uint64_t job_for(Call& call, JobKind kind, const std::string& verb, const std::string& volume) {
  return model::start_job(call.cluster,
                          {.kind = kind,
                           .name = verb + " " + volume,
                           .type = "FLEXGROUP",
                           .svm = call.svm().name,
                           .volume = kind == JobKind::volume_destroy ? "" : volume},
                          call.cluster.settings.job_time);
}

Status volume_create_async(Call& call) {
  auto common = read_new_volume(call);
  if (!common) return common.error();
  common->name = call.text("volume-name");
  common->size = call.integer("size").value_or(0);
  if (common->size <= 0 && common->type == model::VolumeType::dp) common->size = 800 * model::kMiB;
  model::NewFlexGroup spec;
  spec.aggregates = call.list("aggr-list", "aggr-name").value_or(std::vector<std::string>{});
  const bool flexgroup = !spec.aggregates.empty() || call.text("auto-provision-as") == "flexgroup";
  if (!flexgroup) {
    if (!call.has("containing-aggr-name"))
      return ModelError{Errno::invalid_input, "Missing input: containing-aggr-name"};
    auto made = model::create_volume(call.cluster, call.svm(), *common);
    if (!made) return made.error();
  } else {
    spec.multiplier = static_cast<int>(call.integer("aggr-list-multiplier").value_or(1));
    if (spec.multiplier < 1 || spec.multiplier > 100) return call.invalid("aggr-list-multiplier");
    spec.common = *common;
    auto made = model::create_flexgroup(call.cluster, call.svm(), spec);
    if (!made) return made.error();
  }
  call.put_job(job_for(call, JobKind::volume_create, "Create", common->name));
  return {};
}

Status volume_destroy_async(Call& call) {
  const std::string name = call.text("volume-name");
  if (const Status gone = model::destroy_volume(call.cluster, call.svm(), name,
                                                {.unmount_and_offline = call.flag("unmount-and-offline")});
      !gone)
    return gone;
  call.put_job(model::start_job(
      call.cluster, {.kind = JobKind::other, .name = "Delete " + name, .type = "VOLUME_DELETE", .svm = call.svm().name},
      call.cluster.settings.job_time));
  return {};
}

Status volume_size_async(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume-name"), Errno::entry_does_not_exist);
  if (!found) return found.error();
  const std::string name = (*found)->name;
  if (const auto text = call.optional_text("new-size")) {
    auto size = model::new_size_from(*text, (*found)->size);
    if (!size) return size.error();
    if (const Status resized = model::resize_volume(call.cluster, call.svm(), name, *size); !resized) return resized;
    call.put_job(job_for(call, JobKind::other, "Resize", name));
  } else {
    call.put_job(0);
  }
  call.put("volume-size", std::to_string((*found)->size));
  return {};
}

/// Runs a plain operation and reports it as a job.
template <class Operation>
Status as_job(Call& call, const std::string& verb, Operation&& operation) {
  const std::string name = call.text("volume-name");
  if (const Status done = operation(name); !done) return done;
  call.put_job(job_for(call, JobKind::other, verb, name));
  return {};
}

Status volume_offline_async(Call& call) {
  return as_job(call, "Offline",
                [&](const std::string& name) { return model::offline_volume(call.cluster, call.svm(), name); });
}
Status volume_online_async(Call& call) {
  return as_job(call, "Online",
                [&](const std::string& name) { return model::online_volume(call.cluster, call.svm(), name); });
}
Status volume_rename_async(Call& call) {
  return as_job(call, "Rename", [&](const std::string& name) {
    return model::rename_volume(call.cluster, call.svm(), name, call.text("new-volume-name"));
  });
}
Status volume_mount_async(Call& call) {
  return as_job(call, "Mount", [&](const std::string& name) {
    return model::mount_volume(call.cluster, call.svm(), name, call.text("junction-path"), true);
  });
}
Status volume_unmount_async(Call& call) {
  return as_job(call, "Unmount", [&](const std::string& name) {
    return model::unmount_volume(call.cluster, call.svm(), name, call.flag("force"));
  });
}

constexpr std::string_view kAsyncCreateInput =
    "aggr-list-multiplier:i aggr-list:r auto-provision-as cache-retention-priority caching-policy containing-aggr-name "
    "data-aggr-list:r efficiency-policy "
    "enable-object-store:b enable-snapdiff:b encrypt:b@110 excluded-from-autobalance:b export-policy "
    "flexcache-cache-policy flexcache-fill-policy "
    "flexcache-origin-volume-name group-id:i is-junction-active:b is-managed-by-service:b is-nvfail-enabled:b "
    "is-vserver-root:b junction-path language-code "
    "max-constituent-size:i max-data-constituent-size:i max-dir-size:i max-namespace-constituent-size:i "
    "namespace-aggregate namespace-mirror-aggr-list:r "
    "object-write-sync-period:i ols-aggr-list:r ols-constituent-count:i ols-constituent-size:i "
    "percentage-snapshot-reserve:i "
    "qos-adaptive-policy-group-name@130 qos-policy-group-name size:i snapshot-policy space-guarantee space-reserve "
    "space-slo storage-service "
    "tiering-policy@120 unix-permissions user-id:i vm-align-sector:i vm-align-suffix volume-comment volume-name* "
    "volume-security-style volume-state "
    "volume-type vserver-dr-protection snaplock-type";

}  // namespace

std::vector<ApiEntry> volume_async_apis() {
  return {
      {.name = "volume-create-async",
       .scope = Scope::svm,
       .input = kAsyncCreateInput,
       .run = volume_create_async,
       .source = "Trident's FlexGroups",
       .since = 100},
      {.name = "volume-destroy-async",
       .scope = Scope::svm,
       .input = "unmount-and-offline:b volume-name*",
       .run = volume_destroy_async,
       .source = "Trident"},
      {.name = "volume-size-async",
       .scope = Scope::svm,
       .input = "new-size volume-name*",
       .run = volume_size_async,
       .source = "Trident"},
      {.name = "volume-offline-async",
       .scope = Scope::svm,
       .input = "volume-name*",
       .run = volume_offline_async,
       .source = "Ansible's na_ontap_volume"},
      {.name = "volume-online-async",
       .scope = Scope::svm,
       .input = "volume-name*",
       .run = volume_online_async,
       .source = "Ansible's na_ontap_volume"},
      {.name = "volume-rename-async",
       .scope = Scope::svm,
       .input = "new-volume-name* volume-name*",
       .run = volume_rename_async,
       .source = "Ansible"},
      {.name = "volume-mount-async",
       .scope = Scope::svm,
       .input = "activate-junction:b junction-path* volume-name*",
       .run = volume_mount_async,
       .source = "section 7.4.6"},
      {.name = "volume-unmount-async",
       .scope = Scope::svm,
       .input = "force:b volume-name*",
       .run = volume_unmount_async,
       .source = "section 7.4.6"},
  };
}

}  // namespace ontap_sim::zapi
