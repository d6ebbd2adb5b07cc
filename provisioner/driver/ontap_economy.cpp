#include "provisioner/driver/ontap_economy.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "provisioner/base/text.h"
#include "provisioner/core/locks.h"
#include "provisioner/core/name_table.h"
#include "provisioner/driver/ontap_array.h"
#include "provisioner/driver/ontap_driver.h"

namespace provisioner {

namespace {

using boost::asio::awaitable;
using zapi::Element;
using zapi::Scope;

constexpr std::size_t kTreesMax = 200;  // per FlexVol
constexpr std::size_t kNameMax = 64;
constexpr std::uint64_t kFlexVolStart = 1ULL << 30;
constexpr const char* kExportPolicy = "trident_qtree_pool_export_policy";
constexpr const char* kDeleted = "deleted_";
constexpr int kQuotaWaitSeconds = 60;
constexpr int kQuotasOn = 15672;
constexpr int kQuotasOff = 15673;

struct Tree {
  std::string flexvol;
  std::string name;
};
struct Quotas {
  std::map<std::string, std::uint64_t> bytes;  // target path -> limit
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [path, limit] : bytes) sum += limit;
    return sum;
  }
};

std::string tree_path(const Tree& tree) { return "/vol/" + tree.flexvol + "/" + tree.name; }

class OntapEconomy final : public Driver {
 public:
  OntapEconomy(const DriverContext& context, OntapConfig config)
      : array_(context, std::move(config), Protocol::file), rng_(context.seed), locks_(context.executor) {
    prefix_ = base::replace_all("trident_qtree_pool_" + array_.prefix() + "_", "__", "_");
    prune_period_ = period("qtreePruneFlexvolsPeriod", 600);
    quota_period_ = period("qtreeQuotaResizePeriod", 60);
  }

  awaitable<Result<void>> start() override {
    if (auto started = co_await array_.start("ontapnaseco_"); !started) co_return started;
    if (auto policy = co_await ensure_export_policy(); !policy) co_return policy;
    const auto flexvols = co_await array_.list(prefix_ + "*");
    if (!flexvols)
      array_.log.warning("Could not list the FlexVols for quota resizing.", {{"error", flexvols.error().message}});
    else
      for (const FlexVol& volume : *flexvols) resize_quotas_of_.insert(volume.name);
    co_await tick();
    co_return Result<void>();
  }
  const BackendFacts& facts() const override { return array_.facts; }
  Json stored_config() const override { return to_stored(array_.config); }
  Json config_view() const override { return array_.config_view(); }
  awaitable<Result<void>> check() override { co_return co_await array_.check(); }
  awaitable<void> tick() override;
  std::string internal_name(const std::string& volume) const override;
  awaitable<Result<Made>> create(CreateSpec spec) override;
  awaitable<Result<void>> destroy(DestroySpec spec) override;
  awaitable<Result<std::optional<ArrayVolume>>> find(std::string name) override;
  awaitable<Result<std::vector<ArrayVolume>>> list() override;
  awaitable<Result<void>> resize(std::string name, std::uint64_t size_bytes) override;
  awaitable<Result<Made>> adopt(ImportSpec) override { co_return unsupported("import"); }
  awaitable<Result<void>> undo_adopt(ImportSpec) override { co_return Result<void>(); }
  awaitable<Result<Snapshot>> create_snapshot(std::string, std::string) override { co_return unsupported("snapshots"); }
  awaitable<Result<void>> delete_snapshot(std::string, std::string) override { co_return unsupported("snapshots"); }
  awaitable<Result<std::vector<Snapshot>>> snapshots(std::string) override { co_return std::vector<Snapshot>(); }

 private:
  static Error unsupported(const std::string& what) {
    return {ErrorKind::invalid, "the ontap-nas-economy driver does not support " + what};
  }
  base::Duration period(const char* key, long fallback) {
    bool warn = false;
    const long seconds = number_or(array_.config.option(key), fallback, warn);
    if (warn)
      array_.log.warning("Invalid period, using the default.",
                         {{"option", key}, {"value", array_.config.option(key)}, {"seconds", fallback}});
    return std::chrono::seconds(seconds);
  }
  awaitable<Result<void>> ensure_export_policy();
  awaitable<Result<std::vector<Tree>>> trees(std::string name);
  awaitable<Result<std::optional<Tree>>> locate(std::string name);
  awaitable<Result<bool>> is_ours(std::string flexvol, std::string instance);
  awaitable<Result<std::string>> flexvol_for(CreateSpec spec, FlexVolOrder wanted);
  awaitable<Result<std::string>> new_flexvol(CreateSpec spec, FlexVolOrder wanted);
  awaitable<Result<void>> start_quotas(std::string flexvol);
  awaitable<Result<void>> await_quotas(std::string flexvol, std::string wanted);
  awaitable<Result<Quotas>> quotas(std::string flexvol);
  awaitable<Result<void>> make_room(std::string flexvol, std::uint64_t more);
  awaitable<Result<void>> set_quota(std::string flexvol, std::string target, std::string limit);
  awaitable<Result<void>> remove_tree(Tree tree);
  awaitable<void> prune();
  awaitable<void> reap();
  awaitable<void> resize_quotas();

  OntapArray array_;
  base::Rng rng_;
  KeyedLocks locks_;
  std::string prefix_;  // of our FlexVols
  base::Duration prune_period_{};
  base::Duration quota_period_{};
  base::TimePoint next_prune_{};
  base::TimePoint next_quota_{};
  std::set<std::string> resize_quotas_of_;
};

std::string OntapEconomy::internal_name(const std::string& volume) const {
  std::string name = ontap_name(array_.prefix(), volume);
  if (name.size() <= kNameMax) return name;
  std::array<char, 24> hash{};
  std::snprintf(hash.data(), hash.size(), "_%016llx", static_cast<unsigned long long>(fnv(name)));
  return name.substr(0, kNameMax - 17) + hash.data();
}

awaitable<Result<void>> OntapEconomy::ensure_export_policy() {
  Element policy("export-policy-create");
  policy.with("policy-name", kExportPolicy);
  const auto created = co_await array_.zapi.call(policy, Scope::svm);
  if (!created && created.error().code != zapi::code::kDuplicate)
    co_return created.error().to_error(std::string("error creating export policy ") + kExportPolicy);
  Element rules("export-rule-get-iter");
  rules.with(Element("query", {Element("export-rule-info", {Element("policy-name", kExportPolicy)})}));
  const auto found = co_await array_.zapi.list(rules, Scope::svm);
  if (!found)
    co_return found.error().to_error(std::string("error reading the rules of export policy ") + kExportPolicy);
  if (!found->empty()) co_return Result<void>();
  Element rule("export-rule-create");
  rule.with("client-match", "0.0.0.0/0").with("policy-name", kExportPolicy);
  rule.with(Element("protocol", {Element("access-protocol", "nfs")}));
  for (const char* who : {"ro-rule", "rw-rule", "super-user-security"})
    rule.with(Element(who, {Element("security-flavor", "any")}));
  const auto made = co_await array_.zapi.call(rule, Scope::svm);
  if (!made) co_return made.error().to_error(std::string("error creating a rule of export policy ") + kExportPolicy);
  co_return Result<void>();
}

/// Qtrees of that name ("" for all) in every FlexVol with our prefix; the FlexVols' own trees are not among them.
awaitable<Result<std::vector<Tree>>> OntapEconomy::trees(std::string name) {
  Element info("qtree-info");
  info.with("qtree", name).with("volume", prefix_ + "*");
  Element request("qtree-list-iter");
  request.with(Element("query", {info}));
  const auto records = co_await array_.zapi.list(request, Scope::svm);
  if (!records) co_return records.error().to_error("error listing qtrees");
  std::vector<Tree> found;
  for (const Element& record : *records) {
    if (!record.get("qtree").empty()) found.push_back({record.get("volume"), record.get("qtree")});
  }
  co_return found;
}

awaitable<Result<std::optional<Tree>>> OntapEconomy::locate(std::string name) {
  const auto found = co_await trees(name);
  if (!found) co_return found.error();
  if (found->size() > 1)
    co_return Error{ErrorKind::conflict, "qtree " + name + " exists in several FlexVols: " + found->front().flexvol +
                                             ", " + (*found)[1].flexvol};
  co_return found->empty() ? std::optional<Tree>() : std::optional<Tree>(found->front());
}

awaitable<Result<bool>> OntapEconomy::is_ours(std::string flexvol, std::string instance) {
  const auto volume = co_await array_.find(flexvol);
  if (!volume) co_return volume.error();
  const auto owner = *volume ? (*volume)->owner() : std::nullopt;
  co_return owner && owner->instance == instance && owner->volume.empty();
}

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

awaitable<Result<Made>> OntapEconomy::create(CreateSpec spec) {
  if (!spec.clone_of.empty()) co_return unsupported("clones");
  if (auto fits = check_size(array_.config, spec.size_bytes); !fits) co_return fits.error();
  const auto order = array_.order_for(spec);
  if (!order) co_return order.error();
  const auto lock = co_await locks_.take("provisioning");
  const auto existing = co_await locate(spec.internal_name);
  if (!existing) co_return existing.error();
  Tree tree{"", spec.internal_name};
  if (*existing) {
    tree = **existing;
    const auto ours = co_await is_ours(tree.flexvol, spec.owner.instance);
    if (!ours) co_return Error{ErrorKind::unknown_outcome, ours.error().message};
    if (!*ours)
      co_return Error{ErrorKind::already_exists, "qtree " + spec.internal_name + " already exists in FlexVol " +
                                                     tree.flexvol + ", which is not ours"};
    const auto limits = co_await quotas(tree.flexvol);
    if (!limits) co_return Error{ErrorKind::unknown_outcome, limits.error().message};
    const auto limit = limits->bytes.find(tree_path(tree));
    if (limit != limits->bytes.end() && limit->second / 1024 != spec.size_bytes / 1024) {
      co_return Error{ErrorKind::already_exists, "qtree " + spec.internal_name + " already exists with another size, " +
                                                     std::to_string(limit->second)};
    }
  } else {
    const auto flexvol = co_await flexvol_for(spec, *order);
    if (!flexvol) co_return flexvol.error();
    tree.flexvol = *flexvol;
    if (auto room = co_await make_room(tree.flexvol, spec.size_bytes); !room) co_return room.error();
    Element request("qtree-create");
    request.with("export-policy", order->export_policy).with("mode", order->unix_permissions).with("qtree", tree.name);
    request.with("security-style", order->security_style).with("volume", tree.flexvol);
    const auto created = co_await array_.zapi.call(request, Scope::svm);
    if (!created)
      co_return created.error().to_error("error creating qtree " + tree.name + " in FlexVol " + tree.flexvol);
  }
  resize_quotas_of_.insert(tree.flexvol);
  const auto limited = co_await set_quota(tree.flexvol, tree_path(tree), std::to_string(spec.size_bytes / 1024));
  if (!limited) {
    Error why = limited.error();
    const bool lost = why.kind == ErrorKind::unavailable || why.kind == ErrorKind::unknown_outcome;
    if (lost) co_return left_behind(why);
    if (const auto removed = co_await remove_tree(tree); !removed) co_return left_behind(why);
    co_return why;
  }
  Made made;
  made.access.nfs_server_ip = array_.config.option("dataLIF");
  made.access.nfs_path = "/" + tree.flexvol + "/" + tree.name;
  made.size_bytes = spec.size_bytes;
  co_return made;
}

/// Renamed first, so that the name is free at once; what a crash leaves under the new name is reaped later.
awaitable<Result<void>> OntapEconomy::remove_tree(Tree tree) {
  std::string name = kDeleted + tree.name;
  if (name.size() > kNameMax - 6) name.resize(kNameMax - 6);
  const Tree gone{tree.flexvol, name + "_" + rng_.text(5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")};
  Element rename("qtree-rename");
  rename.with("new-qtree-name", tree_path(gone)).with("qtree", tree_path(tree));
  const auto renamed = co_await array_.zapi.call(rename, Scope::svm);
  if (!renamed) {
    if (renamed.error().kind == ErrorKind::not_found) co_return Result<void>();
    co_return renamed.error().to_error("error renaming qtree " + tree_path(tree));
  }
  Element remove("qtree-delete-async");
  remove.with("force", "true").with("qtree", tree_path(gone));
  const auto deleted = co_await array_.zapi.call(remove, Scope::svm);
  if (deleted || deleted.error().kind == ErrorKind::not_found) co_return Result<void>();
  Element back("qtree-rename");
  back.with("new-qtree-name", tree_path(tree)).with("qtree", tree_path(gone));
  if (const auto undone = co_await array_.zapi.call(back, Scope::svm); !undone) {
    array_.log.warning("Could not rename a qtree back; it will be reaped.",
                       {{"qtree", tree_path(gone)}, {"error", undone.error().message}});
    co_return Result<void>();
  }
  co_return deleted.error().to_error("error deleting qtree " + tree_path(tree));
}

awaitable<Result<void>> OntapEconomy::destroy(DestroySpec spec) {
  const auto tree = co_await locate(spec.internal_name);
  if (!tree) co_return tree.error();
  if (!*tree) co_return Result<void>();
  if (spec.owner) {
    const auto ours = co_await is_ours((*tree)->flexvol, spec.owner->instance);
    if (!ours) co_return ours.error();
    if (!*ours) {
      array_.log.warning("A qtree of that name exists in a FlexVol that is not ours; it stays.",
                         {{"qtree", tree_path(**tree)}});
      co_return Result<void>();
    }
  }
  co_return co_await remove_tree(**tree);
}

awaitable<Result<std::optional<ArrayVolume>>> OntapEconomy::find(std::string name) {
  const auto tree = co_await locate(name);
  if (!tree) co_return tree.error();
  if (!*tree) co_return std::optional<ArrayVolume>();
  const auto limits = co_await quotas((*tree)->flexvol);
  if (!limits) co_return limits.error();
  const auto limit = limits->bytes.find(tree_path(**tree));
  const auto flexvol = co_await array_.find((*tree)->flexvol);
  if (!flexvol) co_return flexvol.error();
  ArrayVolume volume{name, limit == limits->bytes.end() ? 0 : limit->second, *flexvol ? (*flexvol)->aggregate : "",
                     *flexvol ? (*flexvol)->owner() : std::nullopt, ""};
  co_return std::optional<ArrayVolume>(std::move(volume));
}

awaitable<Result<std::vector<ArrayVolume>>> OntapEconomy::list() {
  const auto all = co_await trees("");
  if (!all) co_return all.error();
  std::vector<ArrayVolume> volumes;
  const std::string ours = internal_name("");
  for (const Tree& tree : *all) {
    if (tree.name.starts_with(ours)) volumes.push_back({tree.name, 0, "", std::nullopt, ""});
  }
  co_return volumes;
}

awaitable<Result<void>> OntapEconomy::resize(std::string name, std::uint64_t size_bytes) {
  if (auto fits = check_size(array_.config, size_bytes); !fits) co_return fits.error();
  const auto lock = co_await locks_.take("provisioning");
  const auto tree = co_await locate(name);
  if (!tree) co_return tree.error();
  if (!*tree) co_return Error{ErrorKind::not_found, "qtree " + name + " was not found"};
  // Its present quota is counted in the sum, so this is a little more than needed.
  if (auto room = co_await make_room((*tree)->flexvol, size_bytes); !room) co_return room;
  resize_quotas_of_.insert((*tree)->flexvol);
  co_return co_await set_quota((*tree)->flexvol, tree_path(**tree), std::to_string(size_bytes / 1024));
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

}  // namespace

Result<std::unique_ptr<Driver>> make_ontap_economy(const DriverContext& context, const Json& config) {
  auto parsed = parse_ontap(config);
  if (!parsed) return parsed.error();
  return Result<std::unique_ptr<Driver>>(std::make_unique<OntapEconomy>(context, std::move(*parsed)));
}

}  // namespace provisioner
