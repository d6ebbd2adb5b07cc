// SnapMirror relationships. Source: section 7.12.
#include "ontap-sim/model/mirror_ops.h"

#include <algorithm>

#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Endpoint;
using model::SnapMirror;

/// "svm:vol", "cluster://svm/vol" or the pair of vserver and volume.
Endpoint read_end(const Call& call, const std::string& side) {
  std::string location = call.text((side + "-location").c_str());
  if (const std::size_t scheme = location.find("://"); scheme != std::string::npos) {
    location = location.substr(scheme + 3);
    std::replace(location.begin(), location.end(), '/', ':');
  }
  if (!location.empty()) {
    const std::size_t colon = location.find(':');
    return {location.substr(0, colon), colon == std::string::npos ? "" : location.substr(colon + 1)};
  }
  Endpoint end{call.text((side + "-vserver").c_str()), call.text((side + "-volume").c_str())};
  if (end.svm.empty() && !end.volume.empty() && call.scope_svm != nullptr) end.svm = call.scope_svm->name;
  return end;
}

bool mirror_visible(const Call& call, const SnapMirror& mirror) {
  return call.scope_svm == nullptr || mirror.destination.svm == call.scope_svm->name ||
         (mirror.type == "load_sharing" && mirror.source.svm == call.scope_svm->name);
}

/// The relationship that a call names by its destination, or by its source when it gives only that.
model::Result<SnapMirror*> named_mirror(Call& call) {
  const Endpoint destination = read_end(call, "destination");
  if (destination.svm.empty()) {
    const Endpoint source = read_end(call, "source");
    for (auto& [key, mirror] : call.cluster.snapmirrors) {
      if (mirror.source == source && mirror_visible(call, mirror)) return &mirror;
    }
  }
  auto mirror = model::require_mirror(call.cluster, destination);
  if (mirror && !mirror_visible(call, **mirror)) return model::missing_entry();
  return mirror;
}

/// The node that holds the volume of an endpoint; "" for one in another cluster.
std::string endpoint_node(const model::Cluster& cluster, const Endpoint& end) {
  const Svm* svm = cluster.find_svm(end.svm);
  const model::Volume* volume = svm == nullptr ? nullptr : svm->find_volume(end.volume);
  const model::Aggregate* aggregate = volume == nullptr ? nullptr : cluster.find_aggregate(volume->aggregate);
  return aggregate == nullptr ? std::string() : aggregate->node;
}

void write_mirror(Out& out, const model::Cluster& cluster, const SnapMirror& mirror) {
  const auto seconds = [](base::Duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
  };
  const bool done_once = mirror.last_transfer_end != model::TimePoint{};
  if (mirror.status == "transferring") out.text("current-transfer-type", mirror.pending);
  out.text("destination-location", mirror.destination.location());
  out.text("destination-volume", mirror.destination.volume);
  out.text_if("destination-volume-node", endpoint_node(cluster, mirror.destination));
  out.text("destination-vserver", mirror.destination.svm);
  out.text_if("exported-snapshot", mirror.newest_snapshot);
  if (!mirror.newest_snapshot.empty()) out.time("exported-snapshot-timestamp", mirror.newest_snapshot_time);
  if (cluster.ontapi_minor >= 30) out.flag("identity-preserve", mirror.identity_preserve);
  out.flag("is-constituent", false);
  out.flag("is-healthy", mirror.healthy);
  if (!mirror.newest_snapshot.empty()) out.integer("lag-time", seconds(cluster.now() - mirror.newest_snapshot_time));
  if (done_once) {
    out.integer("last-transfer-duration", seconds(mirror.last_transfer_end - mirror.last_transfer_begin));
    out.time("last-transfer-end-timestamp", mirror.last_transfer_end);
    out.text("last-transfer-from", mirror.source.location());
    out.integer("last-transfer-size", mirror.last_transfer_size);
    out.text("last-transfer-type", mirror.last_transfer_type);
  }
  out.text_if("last-transfer-error", mirror.last_transfer_error);
  out.integer("max-transfer-rate", mirror.max_transfer_rate);
  out.text("mirror-state", mirror.mirror_state);
  out.text_if("newest-snapshot", mirror.newest_snapshot);
  if (!mirror.newest_snapshot.empty()) out.time("newest-snapshot-timestamp", mirror.newest_snapshot_time);
  if (cluster.ontapi_minor >= 30) out.text("opmask", "18446744073709551615");
  out.text("policy", mirror.policy);
  if (cluster.ontapi_minor >= 30) {
    const auto policy = cluster.snapmirror_policies.find({"", mirror.policy});
    out.text("policy-type", policy == cluster.snapmirror_policies.end() ? "async_mirror" : policy->second.type);
    out.text("relationship-group-type", mirror.destination.volume.empty() ? "vserver" : "none");
  }
  out.text("relationship-control-plane", "v2");
  out.text("relationship-id", mirror.id.text());
  if (mirror.status == "transferring") out.integer("relationship-progress", mirror.last_transfer_size / 2);
  out.text("relationship-status", mirror.status);
  out.text("relationship-type", mirror.type);
  out.text_if("schedule", mirror.schedule);
  out.text("source-location", mirror.source.location());
  out.text_if("source-node", endpoint_node(cluster, mirror.source));
  out.text("source-volume", mirror.source.volume);
  out.text("source-vserver", mirror.source.svm);
  out.text("tries", mirror.tries);
  out.text_if("unhealthy-reason", mirror.unhealthy_reason);
  if (cluster.ontapi_minor >= 30) {
    // A break or a resync is refused, or it succeeds; only an update can fail on its way.
    out.integer("break-failed-count", 0);
    out.integer("break-successful-count", mirror.break_successful);
    out.integer("resync-failed-count", 0);
    out.integer("resync-successful-count", mirror.resync_successful);
    out.integer("total-transfer-bytes", mirror.total_bytes);
    out.integer("total-transfer-time-secs", mirror.total_seconds);
    out.integer("update-failed-count", mirror.update_failed);
    out.integer("update-successful-count", mirror.update_successful);
  }
  out.text("vserver", mirror.destination.svm);
}

const RecordShape kMirrorShape{"snapmirror-info", {"destination-location"}};

void walk_mirrors(Iteration& page, const Call& call) {
  std::vector<std::pair<std::string, const SnapMirror*>> rows;
  for (const auto& [destination, mirror] : call.cluster.snapmirrors) {
    if (mirror_visible(call, mirror)) rows.emplace_back(destination.location(), &mirror);
  }
  std::sort(rows.begin(), rows.end());
  for (const auto& [location, mirror] : rows) {
    const SnapMirror& one = *mirror;
    if (!page.row({location}, [&](Out& out) { write_mirror(out, call.cluster, one); })) break;
  }
}

Status snapmirror_get_iter(Call& call) {
  auto page = Iteration::open(call, kMirrorShape);
  if (!page) return page.error();
  walk_mirrors(**page, call);
  return (*page)->finish();
}

Status snapmirror_get(Call& call) {
  auto mirror = named_mirror(call);
  if (!mirror) return mirror.error();
  auto record = Iteration::single(call, kMirrorShape);
  record->row({(*mirror)->destination.location()}, [&](Out& out) { write_mirror(out, call.cluster, **mirror); });
  return record->finish_single();
}

Status snapmirror_create(Call& call) {
  model::NewMirror spec;
  spec.source = read_end(call, "source");
  spec.destination = read_end(call, "destination");
  spec.source_cluster = call.text("source-cluster");
  if (spec.destination.svm.empty()) return ModelError{Errno::invalid_input, "Missing input: destination-location"};
  spec.type = call.optional_text("relationship-type").value_or("");
  constexpr std::string_view types[] = {"",      "data_protection", "extended_data_protection",  "load_sharing",
                                        "vault", "restore",         "transition_data_protection"};
  if (std::find(std::begin(types), std::end(types), spec.type) == std::end(types))
    return call.invalid("relationship-type");
  spec.policy = call.optional_text("policy").value_or("");
  spec.schedule = call.optional_text("schedule").value_or("");
  spec.tries = call.optional_text("tries").value_or("");
  spec.max_transfer_rate = call.integer("max-transfer-rate").value_or(0);
  spec.identity_preserve = call.flag("identity-preserve");
  auto made = model::create_mirror(call.cluster, spec);
  if (!made) return made.error();
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child(kMirrorShape.type), {}, {}, {});
    write_mirror(out, call.cluster, **made);
  }
  return {};
}

/// The calls that start a transfer differ in its kind only.
Status transfer(Call& call, const std::string& kind) {
  auto mirror = named_mirror(call);
  if (!mirror) return mirror.error();
  auto job = model::start_transfer(call.cluster, **mirror, kind);
  if (!job) return job.error();
  call.put("result-jobid", static_cast<std::int64_t>(*job));
  call.put("result-operation-id", call.cluster.jobs.at(*job).uuid.text());
  call.put("result-status", "succeeded");  // the request is queued; clients poll the relationship
  return {};
}

/// Every mirror of the set that is not initialized yet; the last one's job stands for all.
Status snapmirror_initialize_ls_set(Call& call) {
  const Endpoint source = read_end(call, "source");
  std::uint64_t job = 0;
  bool any = false;
  for (auto& [destination, mirror] : call.cluster.snapmirrors) {
    if (mirror.type != "load_sharing" || mirror.source != source || !mirror_visible(call, mirror)) continue;
    any = true;
    if (mirror.mirror_state != "uninitialized") continue;
    auto started = model::start_transfer(call.cluster, mirror, "initialize");
    if (!started) return started.error();
    job = *started;
  }
  if (!any) return model::missing_entry();
  if (job == 0) return model::refused("The load-sharing set of \"" + source.location() + "\" is already initialized.");
  call.put_job(job);
  return {};
}

Status snapmirror_initialize(Call& call) { return transfer(call, "initialize"); }
Status snapmirror_update(Call& call) { return transfer(call, "update"); }
Status snapmirror_resync(Call& call) { return transfer(call, "resync"); }

Status snapmirror_restore(Call& call) {
  const Endpoint source = read_end(call, "source");
  const Endpoint destination = read_end(call, "destination");
  model::Svm* svm = call.cluster.find_svm(destination.svm);
  if (svm == nullptr || svm->find_volume(destination.volume) == nullptr) return model::missing_entry();
  const model::Svm* from = call.cluster.find_svm(source.svm);
  const model::Volume* volume = from == nullptr ? nullptr : from->find_volume(source.volume);
  if (volume == nullptr) return model::missing_entry();
  const std::string snapshot = call.text("source-snapshot");
  if (!snapshot.empty() && volume->find_snapshot(snapshot) == nullptr)
    return model::refused("Snapshot \"" + snapshot + "\" does not exist.");
  call.put_job(model::start_job(call.cluster,
                                {.kind = model::JobKind::restore,
                                 .name = "SnapMirror restore of " + destination.location(),
                                 .type = "SNAPMIRROR",
                                 .svm = destination.svm,
                                 .volume = destination.volume,
                                 .argument = source.svm + "\n" + source.volume + "\n" + snapshot},
                                model::copy_time(call.cluster, volume->written)));
  return {};
}

template <Status (*operation)(model::Cluster&, SnapMirror&)>
Status on_mirror(Call& call) {
  auto mirror = named_mirror(call);
  if (!mirror) return mirror.error();
  return operation(call.cluster, **mirror);
}

Status snapmirror_modify(Call& call) {
  auto mirror = named_mirror(call);
  if (!mirror) return mirror.error();
  const auto policy = call.optional_text("policy");
  if (policy && !call.cluster.snapmirror_policies.contains({"", *policy}) &&
      !call.cluster.snapmirror_policies.contains({(*mirror)->destination.svm, *policy})) {
    return ModelError{Errno::entry_does_not_exist,
                      "SnapMirror policy \"" + *policy + "\" does not exist: entry doesn't exist"};
  }
  const auto schedule = call.optional_text("schedule");
  if (schedule && !call.cluster.schedules.contains(*schedule))
    return model::refused("Schedule \"" + *schedule + "\" does not exist.");
  if (policy) (*mirror)->policy = *policy;
  if (schedule) (*mirror)->schedule = *schedule;
  if (const auto tries = call.optional_text("tries")) (*mirror)->tries = *tries;
  if (const auto rate = call.integer("max-transfer-rate")) (*mirror)->max_transfer_rate = *rate;
  call.cluster.touch();
  return {};
}

Status snapmirror_destroy(Call& call) {
  auto mirror = named_mirror(call);
  if (!mirror) return mirror.error();
  return model::destroy_mirror(call.cluster, Endpoint((*mirror)->destination));
}

Endpoint end_of_location(const std::string& location) {
  const std::size_t colon = location.find(':');
  return {location.substr(0, colon), colon == std::string::npos ? "" : location.substr(colon + 1)};
}

Status snapmirror_destroy_iter(Call& call) {
  auto found = Iteration::collect(call, kMirrorShape);
  if (!found) return found.error();
  walk_mirrors(**found, call);
  return change_each(call, kMirrorShape, **found, {"snapmirror-destroy-iter-info", "snapmirror-key"},
                     [&](const Key& key) { return model::destroy_mirror(call.cluster, end_of_location(key[0])); });
}

const RecordShape kDestinationShape{"snapmirror-destination-info", {"destination-location"}};

void walk_destinations(Iteration& page, const Call& call) {
  const auto table = call.cluster.records.find(model::kReleaseTable);
  if (table == call.cluster.records.end()) return;
  for (const auto& [location, record] : table->second) {
    const auto& fields = record.fields;
    if (call.scope_svm != nullptr && fields.at("source-vserver") != call.scope_svm->name) continue;
    const bool more = page.row({location}, [&](Out& out) {
      for (const auto& [name, value] : fields) out.text(name.c_str(), value);
      out.flag("is-constituent", false);
    });
    if (!more) break;
  }
}

Status snapmirror_get_destination_iter(Call& call) {
  auto page = Iteration::open(call, kDestinationShape);
  if (!page) return page.error();
  walk_destinations(**page, call);
  return (*page)->finish();
}

Status snapmirror_release(Call& call) {
  return model::release_mirror(call.cluster, read_end(call, "destination"), call.flag("relationship-info-only"));
}

Status snapmirror_release_iter(Call& call) {
  auto found = Iteration::collect(call, kDestinationShape);
  if (!found) return found.error();
  walk_destinations(**found, call);
  return change_each(
      call, kDestinationShape, **found, {"snapmirror-release-iter-info", "snapmirror-key"}, [&](const Key& key) {
        return model::release_mirror(call.cluster, end_of_location(key[0]), call.flag("relationship-info-only"));
      });
}

Status snapmirror_update_ls_set(Call& call) {
  const Endpoint source = read_end(call, "source");
  bool any = false;
  for (auto& [destination, mirror] : call.cluster.snapmirrors) {
    if (mirror.type != "load_sharing" || mirror.source != source || !mirror_visible(call, mirror)) continue;
    any = true;
    mirror.last_transfer_begin = mirror.last_transfer_end = call.cluster.now();
    mirror.last_transfer_type = "update";
    ++mirror.update_successful;
  }
  if (!any) return model::missing_entry();
  call.cluster.touch();
  call.put_job(model::record_job(call.cluster,
                                 {.kind = model::JobKind::finished,
                                  .name = "SnapMirror update of the set " + source.location(),
                                  .type = "SNAPMIRROR",
                                  .svm = source.svm,
                                  .volume = source.volume},
                                 "Successful"));
  return {};
}

}  // namespace

std::vector<ApiEntry> mirror_apis() {
  constexpr std::string_view ends =
      "destination-cluster destination-location destination-volume destination-vserver source-cluster source-location "
      "source-volume source-vserver";
  constexpr std::string_view quiesce = ends;
  constexpr std::string_view move =
      "destination-cluster destination-location destination-snapshot destination-volume destination-vserver "
      "enable-storage-efficiency:b is-adaptive:b "
      "is-catalog-enabled:b max-transfer-rate:i source-cluster source-location source-snapshot source-volume "
      "source-vserver transfer-priority preserve:b "
      "quick-resync:b remove-catalog-base-owners:b destination-endpoint-uuid";
  return {
      {.name = "snapmirror-get-iter",
       .scope = Scope::any,
       .input = "desired-attributes:r expand:b max-records:i query:r tag",
       .run = snapmirror_get_iter,
       .source = "nDVP needs num-records"},
      {.name = "snapmirror-get",
       .scope = Scope::any,
       .input = "desired-attributes:r destination-cluster destination-location destination-volume destination-vserver "
                "source-cluster source-location source-volume "
                "source-vserver",
       .run = snapmirror_get,
       .source = "15661 means none: Trident"},
      {.name = "snapmirror-create",
       .scope = Scope::any,
       .input = "cg-item-mappings:r destination-cluster destination-endpoint-uuid destination-location "
                "destination-volume destination-vserver identity-preserve:b "
                "is-auto-expand-enabled:b is-catalog-enabled:b max-transfer-rate:i policy relationship-type "
                "return-record:b schedule source-cluster "
                "source-endpoint-uuid source-location source-volume source-vserver tries vserver",
       .run = snapmirror_create,
       .source = "17122: Manila, Cinder"},
      {.name = "snapmirror-initialize",
       .scope = Scope::any,
       .input = move,
       .run = snapmirror_initialize,
       .source = "Manila polls the relationship"},
      {.name = "snapmirror-update",
       .scope = Scope::any,
       .input = move,
       .run = snapmirror_update,
       .source = "17137 tolerated: Manila"},
      {.name = "snapmirror-resync", .scope = Scope::any, .input = move, .run = snapmirror_resync, .source = "Trident"},
      {.name = "snapmirror-restore",
       .scope = Scope::any,
       .input = "clean-up-failure:b destination-cluster destination-location destination-volume destination-vserver "
                "disable-storage-efficiency:b max-transfer-rate:i "
                "source-cluster source-location source-snapshot source-volume source-vserver transfer-priority tries",
       .run = snapmirror_restore,
       .source = "appendix B"},
      {.name = "snapmirror-quiesce",
       .scope = Scope::any,
       .input = quiesce,
       .run = on_mirror<model::quiesce_mirror>,
       .source = "Manila"},
      {.name = "snapmirror-resume",
       .scope = Scope::any,
       .input = quiesce,
       .run = on_mirror<model::resume_mirror>,
       .source = "17127 tolerated: Manila"},
      {.name = "snapmirror-abort",
       .scope = Scope::any,
       .input = "check-only:b clear-checkpoint:b destination-cluster destination-location destination-volume "
                "destination-vserver source-cluster source-location "
                "source-volume source-vserver",
       .run = on_mirror<model::abort_transfer>,
       .source = "17130 tolerated: Manila"},
      {.name = "snapmirror-break",
       .scope = Scope::any,
       .input = "destination-cluster destination-location destination-volume destination-vserver recover:b "
                "restore-destination-to-snapshot source-cluster "
                "source-location source-volume source-vserver",
       .run = on_mirror<model::break_mirror>,
       .source = "17114, 13001: Trident, Manila"},
      {.name = "snapmirror-modify",
       .scope = Scope::any,
       .input = "destination-cluster destination-location destination-volume destination-vserver max-transfer-rate:i "
                "policy schedule source-cluster source-location "
                "source-volume source-vserver tries vserver",
       .run = snapmirror_modify,
       .source = "Manila"},
      {.name = "snapmirror-destroy",
       .scope = Scope::any,
       .input = ends,
       .run = snapmirror_destroy,
       .source = "15661: Trident"},
      {.name = "snapmirror-destroy-iter",
       .scope = Scope::any,
       .input = kDestroyIter,
       .run = snapmirror_destroy_iter,
       .source = "Manila"},
      {.name = "snapmirror-get-destination-iter",
       .scope = Scope::any,
       .input = "desired-attributes:r expand:b max-records:i query:r tag",
       .run = snapmirror_get_destination_iter,
       .source = "Manila"},
      {.name = "snapmirror-release",
       .scope = Scope::any,
       .input = "destination-endpoint-uuid destination-location destination-volume destination-vserver relationship-id "
                "relationship-info-only:b source-location "
                "source-volume source-vserver",
       .run = snapmirror_release,
       .source = "19068: Trident"},
      {.name = "snapmirror-release-iter",
       .scope = Scope::any,
       .input = "continue-on-failure:b destination-endpoint-uuid max-failure-count:i max-records:i query*:r "
                "relationship-info-only:b return-failure-list:b "
                "return-success-list:b tag",
       .run = snapmirror_release_iter,
       .source = "Manila, Cinder"},
      {.name = "snapmirror-initialize-ls-set",
       .scope = Scope::any,
       .input = "source-cluster source-location source-volume source-vserver",
       .run = snapmirror_initialize_ls_set,
       .source = "Ansible's na_ontap_snapmirror"},
      {.name = "snapmirror-update-ls-set",
       .scope = Scope::any,
       .input = "source-cluster source-location source-volume source-vserver",
       .run = snapmirror_update_ls_set,
       .source = "nDVP"},
  };
}

}  // namespace ontap_sim::zapi
