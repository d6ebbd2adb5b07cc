// The FlexVol half of OntapArray.
#include <algorithm>

#include "provisioner/base/text.h"
#include "provisioner/core/planted.h"
#include "provisioner/driver/ontap_array.h"

namespace provisioner {

using boost::asio::awaitable;
using zapi::Element;
using zapi::Scope;

namespace {

constexpr std::uint64_t kBlock = 4096;  // the array rounds sizes up to it
constexpr int kJobWaitSeconds = 30;
constexpr int kMirrorWaitSeconds = 30;
constexpr base::Duration kMirrorsKnownFor = std::chrono::minutes(10);

Element name_query(const std::string& name) {
  return Element("volume-attributes", {Element("volume-id-attributes", {Element("name", name)})});
}

FlexVol flexvol_from(const Element& record) {
  FlexVol volume;
  volume.name = record.get("volume-id-attributes/name");
  volume.aggregate = record.get("volume-id-attributes/containing-aggregate-name");
  volume.size_bytes = base::parse_unsigned(record.get("volume-space-attributes/size")).value_or(0);
  volume.comment = record.get("volume-id-attributes/comment");
  volume.junction = record.get("volume-id-attributes/junction-path");
  volume.clone_parent = record.get("volume-clone-attributes/volume-clone-parent-attributes/name");
  volume.clone_snapshot = record.get("volume-clone-attributes/volume-clone-parent-attributes/snapshot-name");
  return volume;
}

std::uint64_t rounded(std::uint64_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

bool is_job_exists(const zapi::Failure& failure) {
  return failure.code == zapi::code::kGeneric && failure.reason.ends_with("Job exists");
}

/// After a step that failed although the volume is there: whether trying to clean up makes sense at once.
bool is_lost_contact(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::unknown_outcome;
}

Error foreign(const std::string& name, const std::string& why) {
  return Error{ErrorKind::already_exists,
               "volume " + name + " already exists on the array and is not ours to complete: " + why};
}

}  // namespace

awaitable<Result<std::vector<FlexVol>>> OntapArray::list(std::string name_pattern) {
  Element request("volume-get-iter");
  request.with(Element("query", {name_query(name_pattern)}));
  Element ids("volume-id-attributes");
  for (const char* field : {"name", "containing-aggregate-name", "comment", "junction-path"}) ids.with(Element(field));
  Element parent("volume-clone-parent-attributes", {Element("name"), Element("snapshot-name")});
  request.with(Element("desired-attributes",
                       {Element("volume-attributes", {ids, Element("volume-space-attributes", {Element("size")}),
                                                      Element("volume-clone-attributes", {parent})})}));
  const auto records = co_await zapi.list(request, Scope::svm);
  if (!records) {
    if (records.error().is_absent()) co_return std::vector<FlexVol>();
    co_return records.error().to_error("error listing volumes " + name_pattern);
  }
  std::vector<FlexVol> volumes;
  for (const Element& record : *records) volumes.push_back(flexvol_from(record));
  co_return volumes;
}

awaitable<Result<std::optional<FlexVol>>> OntapArray::find(std::string name) {
  auto volumes = co_await list(name);
  if (!volumes) co_return volumes.error();
  for (FlexVol& volume : *volumes) {
    if (volume.name == name) co_return std::optional<FlexVol>(std::move(volume));
  }
  co_return std::optional<FlexVol>();
}

awaitable<Result<FlexVol>> OntapArray::found_instead(FlexVolOrder order, bool job_runs) {
  for (int waited = 0;; ++waited) {
    auto volume = co_await find(order.name);
    if (!volume) co_return Error{ErrorKind::unknown_outcome, volume.error().message};
    if (*volume) {
      if ((*volume)->owner() != order.owner) co_return foreign(order.name, "it does not carry our owner tag");
      if ((*volume)->size_bytes != rounded(order.size_bytes))
        co_return foreign(order.name, "its size is " + std::to_string((*volume)->size_bytes));
      if (order.aggregates.empty() && (*volume)->aggregate != order.aggregate)
        co_return foreign(order.name, "it is on aggregate " + (*volume)->aggregate);
      co_return std::move(**volume);
    }
    if (!job_runs)
      co_return Error{ErrorKind::busy, "volume " + order.name + " was reported as existing and then not found"};
    if (waited == kJobWaitSeconds)
      co_return Error{ErrorKind::unknown_outcome, "a job creates volume " + order.name + " and does not end"};
    co_await base::sleep_for(context.clock, std::chrono::seconds(1));
  }
}

awaitable<Error> OntapArray::undo(FlexVolOrder order, Error why) {
  if (!is_lost_contact(why)) {
    DestroySpec gone;
    gone.internal_name = order.name;
    gone.owner = order.owner;
    gone.clone_of = order.clone_of;
    const auto destroyed = co_await destroy(gone);
    if (destroyed) co_return why;
    why.message += "; cleaning up failed: " + destroyed.error().message;
  }
  why.kind = ErrorKind::unknown_outcome;
  co_return why;
}

awaitable<Result<FlexVol>> OntapArray::ensure(FlexVolOrder order) {
  if (order.aggregates.empty()) co_return co_await ensure_on(std::move(order));
  std::string causes;
  for (const std::string& aggregate : order.aggregates) {
    FlexVolOrder there = order;
    there.aggregate = aggregate;
    auto made = co_await ensure_on(there);
    if (made || made.error().kind != ErrorKind::invalid) co_return made;
    causes += (causes.empty() ? "" : "; ") + aggregate + ": " + made.error().message;
  }
  co_return Error{ErrorKind::invalid, causes};
}

/// limitAggregateUsage: what is in use, and the new volume if it is thick, as a share of the aggregate. Needs a
/// cluster's login.
awaitable<Result<void>> OntapArray::check_usage(FlexVolOrder order) {
  const std::string& limit = config.option("limitAggregateUsage");
  const auto most = base::parse_unsigned(std::string_view(limit).substr(0, limit.find('%')));
  if (limit.empty() || !most) co_return Result<void>();
  Element request("aggr-space-get-iter");
  request.with(Element("query", {Element("space-information", {Element("aggregate", order.aggregate)})}));
  const auto records = co_await zapi.list(request, Scope::untunnelled);
  if (!records)
    co_return records.error().to_error("limitAggregateUsage is set, but the space of aggregate " + order.aggregate +
                                       " cannot be read");
  for (const Element& record : *records) {
    const auto size = base::parse_unsigned(record.get("aggregate-size")).value_or(0);
    if (record.get("aggregate") != order.aggregate || size == 0) continue;
    const std::uint64_t more = order.space_reserve == "volume" ? order.size_bytes : 0;
    const double percent =
        100.0 *
        static_cast<double>(base::parse_unsigned(record.get("used-including-snapshot-reserve")).value_or(0) + more) /
        static_cast<double>(size);
    if (percent <= static_cast<double>(*most)) co_return Result<void>();
    co_return Error{ErrorKind::invalid, "aggregate " + order.aggregate +
                                            " would be used above the backend's limitAggregateUsage (" + limit + ")"};
  }
  co_return Error{ErrorKind::invalid,
                  "limitAggregateUsage is set, but the array does not tell the space of aggregate " + order.aggregate};
}

awaitable<Result<FlexVol>> OntapArray::ensure_on(FlexVolOrder order) {
  if (const auto fits = co_await check_usage(order); !fits) co_return fits.error();
  Element request("volume-create");
  request.with("containing-aggr-name", order.aggregate)
      .with("export-policy", order.export_policy)
      .with("junction-path", order.junction);
  request.with("percentage-snapshot-reserve", order.snapshot_reserve).with("size", std::to_string(order.size_bytes));
  request.with("snapshot-policy", order.snapshot_policy).with("space-reserve", order.space_reserve);
  request.with("unix-permissions", order.unix_permissions)
      .with("volume", order.name)
      .with("volume-comment", order.comment);
  request.with("volume-security-style", order.security_style);
  if (api_minor >= kMinorEncryption) request.with("encrypt", order.encryption ? "true" : "false");
  const auto created = co_await zapi.call(request, Scope::svm);
  FlexVol volume{order.name, order.aggregate, rounded(order.size_bytes), order.comment, order.junction, "", ""};
  if (!created) {
    const bool job_runs = is_job_exists(created.error());
    if (created.error().code != zapi::code::kExists && !job_runs)
      co_return created.error().to_error("error creating volume " + order.name);
    auto found = co_await found_instead(order, job_runs);
    if (!found) co_return found.error();
    volume = std::move(*found);
  }
  if (!order.snapshot_directory) {
    Element attributes("volume-snapshot-attributes", {Element("snapdir-access-enabled", "false")});
    const auto done =
        co_await modify(order.name, attributes, "error disabling the snapshot directory of volume " + order.name);
    if (!done) co_return co_await undo(order, done.error());
  }
  if (volume.junction.empty() && !order.junction.empty()) {
    const auto mounted = co_await mount(order.name, order.junction);
    if (!mounted) co_return co_await undo(order, mounted.error());
    volume.junction = order.junction;
  }
  if (!order.junction.empty()) co_await refresh_mirrors();
  co_return volume;
}

awaitable<Result<FlexVol>> OntapArray::clone_found(CreateSpec spec, std::string snapshot) {
  auto volume = co_await find(spec.internal_name);
  if (!volume) co_return Error{ErrorKind::unknown_outcome, volume.error().message};
  if (!*volume)
    co_return Error{ErrorKind::busy, "volume " + spec.internal_name + " was reported as existing and then not found"};
  // Between its creation and its comment a clone is known by the snapshot that only we make for it.
  const bool ours_by_birth =
      (*volume)->comment.empty() && (*volume)->clone_parent == spec.clone_of && (*volume)->clone_snapshot == snapshot;
  if (!ours_by_birth && (*volume)->owner() != spec.owner)
    co_return foreign(spec.internal_name, "it does not carry our owner tag");
  co_return std::move(**volume);
}

awaitable<Result<FlexVol>> OntapArray::ensure_clone(CreateSpec spec, std::string junction) {
  const bool own_snapshot = spec.clone_snapshot.empty();
  const std::string snapshot = own_snapshot ? clone_snapshot_name(spec.internal_name) : spec.clone_snapshot;
  FlexVolOrder order;
  order.name = spec.internal_name;
  order.owner = spec.owner;
  if (own_snapshot) order.clone_of = spec.clone_of;
  if (own_snapshot) {
    const auto made = co_await create_snapshot(spec.clone_of, snapshot);
    if (!made) co_return made.error();
  }
  Element request("volume-clone-create");
  request.with("junction-path", junction)
      .with("parent-snapshot", snapshot)
      .with("parent-volume", spec.clone_of)
      .with("volume", spec.internal_name);
  const auto cloned = co_await zapi.call(request, Scope::svm);
  FlexVol volume{spec.internal_name, spec.pool, spec.size_bytes, "", junction, spec.clone_of, snapshot};
  if (!cloned) {
    Error why = cloned.error().to_error("error cloning volume " + spec.clone_of);
    if (cloned.error().code == zapi::code::kNoObject)
      why.message =
          "error cloning volume " + spec.clone_of + ": the volume or its snapshot " + snapshot + " does not exist";
    if (cloned.error().code != zapi::code::kExists) {
      if (own_snapshot && !is_lost_contact(why) && !co_await delete_snapshot(spec.clone_of, snapshot))
        why.kind = ErrorKind::unknown_outcome;
      co_return why;
    }
    auto found = co_await clone_found(spec, snapshot);
    if (!found) co_return found.error();
    volume = std::move(*found);
  }
  // The comment comes last of what cannot be repeated blindly: an own clone without one is still known by its snapshot.
  const auto tagged = co_await set_comment(spec.internal_name, owner_comment(spec.owner, spec.config));
  if (!tagged) {
    Error why = tagged.error();
    why.kind = ErrorKind::unknown_outcome;
    co_return why;
  }
  if (volume.junction.empty() && !junction.empty()) {
    const auto mounted = co_await mount(spec.internal_name, junction);
    if (!mounted) co_return co_await undo(order, mounted.error());
  }
  if (spec.split) {
    Element split("volume-clone-split-start");
    split.with("volume", spec.internal_name);
    const auto started = co_await zapi.call(split, Scope::svm);
    constexpr int kNotAClone = 13170;
    constexpr int kSplitting = 17151;
    if (!started && started.error().code != kNotAClone && started.error().code != kSplitting) {
      co_return co_await undo(order, started.error().to_error("error splitting clone " + spec.internal_name));
    }
  }
  if (!junction.empty()) co_await refresh_mirrors();
  co_return volume;
}

awaitable<Result<void>> OntapArray::destroy(DestroySpec spec) {
  if (spec.owner) {
    const auto volume = co_await find(spec.internal_name);
    if (!volume) co_return volume.error();
    const bool ours_by_birth =
        *volume && (*volume)->comment.empty() && (*volume)->clone_snapshot == clone_snapshot_name(spec.internal_name);
    const bool ours = *volume && ((*volume)->owner() == spec.owner || ours_by_birth);
    if (*volume && !ours) {
      log.warning("A volume of that name exists, but without our owner tag; it stays.",
                  {{"volume", spec.internal_name}});
      co_return Result<void>();
    }
    if (!*volume && spec.clone_of.empty()) co_return Result<void>();
  }
  Element request("volume-destroy");
  request.with("name", spec.internal_name)
      .with("unmount-and-offline", is_planted(Planted::delete_exported) ? "false" : "true");
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply) {
    if (reply.error().code == zapi::code::kCloneParent) {
      co_return Error{ErrorKind::conflict, "volume " + spec.internal_name + " has clones; delete or split them first"};
    }
    if (!reply.error().is_absent()) co_return reply.error().to_error("error destroying volume " + spec.internal_name);
    log.warning("Volume already deleted.", {{"volume", spec.internal_name}});
  }
  if (!spec.clone_of.empty()) {
    const auto cleaned = co_await delete_snapshot(spec.clone_of, clone_snapshot_name(spec.internal_name));
    if (!cleaned && cleaned.error().kind != ErrorKind::busy) co_return cleaned.error();
  }
  co_return Result<void>();
}

awaitable<Result<void>> OntapArray::modify(std::string name, Element attributes, std::string what) {
  Element request("volume-modify-iter");
  request.with(Element("attributes", {Element("volume-attributes", {std::move(attributes)})}))
      .with(Element("query", {name_query(name)}));
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply) co_return reply.error().to_error(what);
  if (const std::string failed = reply->get("num-failed"); !failed.empty() && failed != "0") {
    const std::string why = reply->get("failure-list/volume-modify-iter-info/error-message");
    co_return Error{ErrorKind::invalid, what + ": " + (why.empty() ? "the array changed nothing" : why)};
  }
  co_return Result<void>();
}

awaitable<Result<void>> OntapArray::set_comment(std::string name, std::string comment) {
  Element attributes("volume-id-attributes", {Element("comment", std::move(comment))});
  co_return co_await modify(name, attributes, "error setting the comment of volume " + name);
}

awaitable<Result<void>> OntapArray::mount(std::string name, std::string junction) {
  Element request("volume-mount");
  request.with("junction-path", junction).with("volume-name", name);
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply && reply.error().code != zapi::code::kAlreadyMounted)
    co_return reply.error().to_error("error mounting volume " + name + " at " + junction);
  co_return Result<void>();
}

awaitable<Result<void>> OntapArray::rename(std::string from, std::string to) {
  Element request("volume-rename");
  request.with("new-volume-name", to).with("volume", from);
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply) co_return reply.error().to_error("error renaming volume " + from + " to " + to);
  co_return Result<void>();
}

awaitable<Result<void>> OntapArray::resize(std::string name, std::uint64_t size_bytes) {
  Element request("volume-size");
  request.with("new-size", std::to_string(size_bytes)).with("volume", name);
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply) co_return reply.error().to_error("error resizing volume " + name);
  co_return Result<void>();
}

/// Whoever makes volumes at once asks once.
awaitable<void> OntapArray::find_mirrors() {
  const auto lock = co_await locks_.take("mirrors");
  if (context.clock.now() < mirrors_known_until_) co_return;
  const auto root = co_await zapi.call(Element("volume-get-root-name"), Scope::svm);
  if (!root) {
    log.warning("Could not read the name of the SVM's root volume.", {{"error", root.error().message}});
    co_return;
  }
  mirrored_root_ = root->get("volume");
  const auto mirrors = co_await read_mirrors();
  if (!mirrors) {
    log.warning("Could not read the load-sharing mirrors.", {{"error", mirrors.error().message}});
    co_return;
  }
  mirrors_known_until_ = context.clock.now() + kMirrorsKnownFor;
  mirror_source_ = mirrors->empty() ? "" : mirrors->front().get("source-location");
}

awaitable<zapi::Outcome<std::vector<Element>>> OntapArray::read_mirrors() {
  Element query("snapmirror-info");
  query.with("relationship-type", "load_sharing").with("source-volume", mirrored_root_);
  Element request("snapmirror-get-iter");
  request.with(Element("query", {query}));
  request.with(Element("desired-attributes",
                       {Element("snapmirror-info", {Element("relationship-status"), Element("source-location")})}));
  co_return co_await zapi.list(request, Scope::svm);
}

awaitable<void> OntapArray::refresh_mirrors() {
  if (context.clock.now() >= mirrors_known_until_) co_await find_mirrors();
  if (mirror_source_.empty()) co_return;
  Element update("snapmirror-update-ls-set");
  update.with("source-location", mirror_source_);
  if (const auto done = co_await zapi.call(update, Scope::svm); !done) {
    log.warning("Could not update the load-sharing mirrors.", {{"error", done.error().message}});
    co_return;
  }
  for (int waited = 0; waited < kMirrorWaitSeconds; ++waited) {
    co_await base::sleep_for(context.clock, std::chrono::seconds(1));
    const auto mirrors = co_await read_mirrors();
    if (!mirrors) {
      log.warning("Could not read the load-sharing mirrors.", {{"error", mirrors.error().message}});
      co_return;
    }
    if (std::ranges::all_of(*mirrors,
                            [](const Element& mirror) { return mirror.get("relationship-status") == "idle"; }))
      co_return;
  }
  log.warning("The load-sharing mirrors are not idle after 30 seconds.", {{"volume", mirrored_root_}});
}

awaitable<Result<Snapshot>> OntapArray::create_snapshot(std::string volume, std::string snapshot) {
  Element request("snapshot-create");
  request.with("snapshot", snapshot).with("volume", volume);
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply && reply.error().code != zapi::code::kSnapshotExists) {
    co_return reply.error().to_error("error creating snapshot " + snapshot + " of volume " + volume);
  }
  co_return Snapshot{volume, snapshot, base::to_rfc3339(context.clock.now()), 0};
}

awaitable<Result<void>> OntapArray::delete_snapshot(std::string volume, std::string snapshot) {
  Element request("snapshot-delete");
  request.with("snapshot", snapshot).with("volume", volume);
  const auto reply = co_await zapi.call(request, Scope::svm);
  if (!reply && reply.error().kind != ErrorKind::not_found) {
    co_return reply.error().to_error("error deleting snapshot " + snapshot + " of volume " + volume);
  }
  co_return Result<void>();
}

awaitable<Result<std::vector<Snapshot>>> OntapArray::snapshots(std::string volume) {
  Element request("snapshot-get-iter");
  request.with(Element("query", {Element("snapshot-info", {Element("volume", volume)})}));
  const auto records = co_await zapi.list(request, Scope::svm);
  if (!records) co_return records.error().to_error("error listing the snapshots of volume " + volume);
  std::vector<Snapshot> all;
  for (const Element& record : *records) {
    const auto seconds = static_cast<long>(base::parse_unsigned(record.get("access-time")).value_or(0));
    const std::uint64_t blocks = base::parse_unsigned(record.get("total")).value_or(0);  // KiB
    all.push_back(
        {volume, record.get("name"), base::to_rfc3339(base::TimePoint(std::chrono::seconds(seconds))), blocks * 1024});
  }
  std::ranges::sort(all, {}, [](const Snapshot& entry) { return std::pair(entry.created, entry.name); });
  co_return all;
}

}  // namespace provisioner
