#include "provisioner/driver/ontap_economy.h"

#include <algorithm>
#include <cmath>

#include "provisioner/base/text.h"
#include "provisioner/core/name_table.h"
#include "provisioner/driver/economy.h"

namespace provisioner::economy {

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

}  // namespace provisioner::economy

namespace provisioner {

Result<std::unique_ptr<Driver>> make_ontap_economy(const DriverContext& context, const Json& config) {
  auto parsed = parse_ontap(config);
  if (!parsed) return parsed.error();
  return Result<std::unique_ptr<Driver>>(std::make_unique<economy::OntapEconomy>(context, std::move(*parsed)));
}

}  // namespace provisioner
