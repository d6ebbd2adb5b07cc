// What lies below the qtrees: FlexVols that come and go, their room, and their quotas.
#include <algorithm>
#include <cmath>

#include "provisioner/base/text.h"
#include "provisioner/core/name_table.h"
#include "provisioner/driver/economy.h"

namespace provisioner::economy {

awaitable<Result<Quotas>> OntapEconomy::quotas(std::string flexvol) {
  Element request("quota-list-entries-iter");
  request.with(Element("query", {Element("quota-entry", {Element("volume", flexvol)})}));
  const auto records = co_await array_.zapi.list(request, Scope::svm);
  if (!records) co_return records.error().to_error("error listing the quotas of FlexVol " + flexvol);
  Quotas all;
  for (const Element& entry : *records) {
    const auto limit = base::parse_unsigned(entry.get("disk-limit"));  // KiB; "-" for none
    if (limit) all.bytes[entry.get("quota-target")] = *limit * 1024;
  }
  co_return all;
}

awaitable<Result<void>> OntapEconomy::set_quota(std::string flexvol, std::string target, std::string limit) {
  Element request("quota-set-entry");
  request.with("disk-limit", limit).with(Element("qtree", std::string())).with(Element("quota-target", target));
  request.with("quota-type", "tree").with("volume", flexvol);
  const auto reply = co_await array_.zapi.call(request, Scope::svm);
  if (!reply) co_return reply.error().to_error("error setting the quota of " + (target.empty() ? flexvol : target));
  co_return Result<void>();
}

awaitable<Result<void>> OntapEconomy::await_quotas(std::string flexvol, std::string wanted) {
  for (int waited = 0; waited <= kQuotaWaitSeconds; ++waited) {
    Element request("quota-status");
    request.with("volume", flexvol);
    const auto reply = co_await array_.zapi.call(request, Scope::svm);
    if (!reply) co_return reply.error().to_error("error reading the quota status of FlexVol " + flexvol);
    const std::string status = reply->get("status");
    if (status == wanted) co_return Result<void>();
    if (status == "corrupt") co_return Error{ErrorKind::invalid, "the quotas of FlexVol " + flexvol + " are corrupt"};
    co_await base::sleep_for(array_.context.clock, std::chrono::seconds(1));
  }
  co_return Error{ErrorKind::invalid, "the quotas of FlexVol " + flexvol + " were not " + wanted + " within " +
                                          std::to_string(kQuotaWaitSeconds) + " s"};
}

awaitable<Result<void>> OntapEconomy::start_quotas(std::string flexvol) {
  if (auto set = co_await set_quota(flexvol, "", "-"); !set) co_return set;
  // Quotas of a new FlexVol are off; that quota-off then fails is what is expected of it.
  Element off("quota-off");
  off.with("volume", flexvol);
  static_cast<void>(co_await array_.zapi.call(off, Scope::svm));
  if (auto reached = co_await await_quotas(flexvol, "off"); !reached) co_return reached;
  Element on("quota-on");
  on.with("volume", flexvol);
  const auto reply = co_await array_.zapi.call(on, Scope::svm);
  if (!reply && reply.error().code != kQuotasOn)
    co_return reply.error().to_error("error activating the quotas of FlexVol " + flexvol);
  co_return co_await await_quotas(flexvol, "on");
}

awaitable<Result<std::string>> OntapEconomy::new_flexvol(CreateSpec spec, FlexVolOrder wanted) {
  FlexVolOrder order = wanted;
  order.name = prefix_ + rng_.text(10, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  order.size_bytes = kFlexVolStart;
  order.owner = {spec.owner.instance, ""};
  order.comment = owner_comment(order.owner, VolumeConfig{});
  order.junction = "/" + order.name;
  order.unix_permissions = "0700";
  order.security_style = "unix";
  order.export_policy = kExportPolicy;
  const auto made = co_await array_.ensure(order);
  if (!made) co_return made.error();
  if (const auto quotas_on = co_await start_quotas(order.name); !quotas_on) {
    DestroySpec gone;
    gone.internal_name = order.name;
    // An empty FlexVol of ours that stays is found and removed by the next pruning.
    if (const auto destroyed = co_await array_.destroy(gone); !destroyed)
      array_.log.warning("Could not remove a FlexVol.", {{"volume", order.name}});
    co_return quotas_on.error();
  }
  co_return order.name;
}

awaitable<Result<std::string>> OntapEconomy::flexvol_for(CreateSpec spec, FlexVolOrder wanted) {
  Element ids("volume-id-attributes");
  ids.with("containing-aggregate-name", wanted.aggregate).with("name", prefix_ + "*");
  Element snapshots("volume-snapshot-attributes");
  snapshots.with("snapdir-access-enabled", wanted.snapshot_directory ? "true" : "false")
      .with("snapshot-policy", wanted.snapshot_policy);
  Element attributes(
      "volume-attributes",
      {ids, snapshots, Element("volume-space-attributes", {Element("space-guarantee", wanted.space_reserve)})});
  if (array_.api_minor >= kMinorEncryption) attributes.with("encrypt", wanted.encryption ? "true" : "false");
  Element request("volume-get-iter");
  request.with(Element("query", {attributes}));
  request.with(Element(
      "desired-attributes",
      {Element("volume-attributes", {Element("volume-id-attributes", {Element("name"), Element("comment")})})}));
  const auto records = co_await array_.zapi.list(request, Scope::svm);
  if (!records) co_return records.error().to_error("error listing FlexVols " + prefix_ + "*");
  std::map<std::string, std::size_t> counts;
  for (const Element& record : *records) {
    const auto owner = owner_from_comment(record.get("volume-id-attributes/comment"));
    if (owner && owner->instance == spec.owner.instance) counts[record.get("volume-id-attributes/name")] = 0;
  }
  if (!counts.empty()) {
    const auto all = co_await trees("");
    if (!all) co_return all.error();
    for (const Tree& tree : *all) {
      if (const auto count = counts.find(tree.flexvol); count != counts.end()) ++count->second;
    }
    std::erase_if(counts, [](const auto& entry) { return entry.second >= kTreesMax; });
  }
  if (counts.empty()) co_return co_await new_flexvol(spec, wanted);
  auto chosen = counts.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(rng_.below(counts.size())));
  co_return chosen->first;
}

/// The FlexVol holds the sum of its quotas and, besides, its snapshot reserve.
awaitable<Result<void>> OntapEconomy::make_room(std::string flexvol, std::uint64_t more) {
  Element request("volume-get-iter");
  request.with(
      Element("query", {Element("volume-attributes", {Element("volume-id-attributes", {Element("name", flexvol)})})}));
  request.with(Element(
      "desired-attributes",
      {Element("volume-attributes",
               {Element("volume-space-attributes", {Element("percentage-snapshot-reserve"), Element("size")})})}));
  const auto records = co_await array_.zapi.list(request, Scope::svm);
  if (!records) co_return records.error().to_error("error reading FlexVol " + flexvol);
  if (records->empty()) co_return Error{ErrorKind::not_found, "FlexVol " + flexvol + " was not found"};
  const auto limits = co_await quotas(flexvol);
  if (!limits) co_return limits.error();
  const auto percent =
      base::parse_unsigned(records->front().get("volume-space-attributes/percentage-snapshot-reserve")).value_or(0);
  const auto have = base::parse_unsigned(records->front().get("volume-space-attributes/size")).value_or(0);
  if (percent >= 100)
    co_return Error{ErrorKind::invalid,
                    "FlexVol " + flexvol + " has a snapshot reserve of " + std::to_string(percent) + " %"};
  const std::uint64_t wanted = (limits->total() + more) * 100 / (100 - percent) + 1;
  if (wanted <= have) co_return Result<void>();
  co_return co_await array_.resize(flexvol, wanted);
}

awaitable<void> OntapEconomy::tick() {
  co_await array_.heartbeat();
  const base::TimePoint now = array_.context.clock.now();
  if (now >= next_prune_) {
    next_prune_ = now + prune_period_;
    co_await prune();
    co_await reap();
  }
  if (now >= next_quota_) {
    next_quota_ = now + quota_period_;
    co_await resize_quotas();
  }
}

awaitable<void> OntapEconomy::prune() {
  const auto lock = co_await locks_.take("provisioning");
  const auto flexvols = co_await array_.list(prefix_ + "*");
  const auto all = co_await trees("");
  if (!flexvols || !all) {
    array_.log.warning("Could not look for empty FlexVols.",
                       {{"error", (!flexvols ? flexvols.error() : all.error()).message}});
    co_return;
  }
  for (const FlexVol& volume : *flexvols) {
    const bool used = std::ranges::any_of(*all, [&](const Tree& tree) { return tree.flexvol == volume.name; });
    const auto owner = volume.owner();
    if (used || !owner || owner->instance != array_.context.instance || !owner->volume.empty()) continue;
    DestroySpec gone;
    gone.internal_name = volume.name;
    if (const auto destroyed = co_await array_.destroy(gone); !destroyed)
      array_.log.warning("Could not remove an empty FlexVol.",
                         {{"volume", volume.name}, {"error", destroyed.error().message}});
    resize_quotas_of_.erase(volume.name);
  }
}

awaitable<void> OntapEconomy::reap() {
  const auto all = co_await trees(std::string(kDeleted) + array_.prefix() + "*");
  if (!all) {
    array_.log.warning("Could not look for deleted qtrees.", {{"error", all.error().message}});
    co_return;
  }
  for (const Tree& tree : *all) {
    const auto ours = co_await is_ours(tree.flexvol, array_.context.instance);
    if (!ours || !*ours) continue;
    Element remove("qtree-delete-async");
    remove.with("force", "true").with("qtree", tree_path(tree));
    const auto deleted = co_await array_.zapi.call(remove, Scope::svm);
    if (!deleted)
      array_.log.warning("Could not delete a qtree.", {{"qtree", tree_path(tree)}, {"error", deleted.error().message}});
  }
}

awaitable<void> OntapEconomy::resize_quotas() {
  const auto lock = co_await locks_.take("provisioning");
  const std::set<std::string> marked = resize_quotas_of_;
  for (const std::string& flexvol : marked) {
    Element request("quota-resize");
    request.with("volume", flexvol);
    const auto reply = co_await array_.zapi.call(request, Scope::svm);
    if (!reply && reply.error().code == kQuotasOff) {
      // A crash came between making the FlexVol and activating its quotas.
      if (const auto started = co_await start_quotas(flexvol); !started)
        array_.log.warning("Could not activate quotas.", {{"volume", flexvol}, {"error", started.error().message}});
      continue;
    }
    if (reply || reply.error().is_absent()) resize_quotas_of_.erase(flexvol);
    else
      array_.log.debug("Quota resize failed, trying again.", {{"volume", flexvol}, {"error", reply.error().message}});
  }
}

}  // namespace provisioner::economy
