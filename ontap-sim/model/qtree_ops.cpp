#include "ontap-sim/model/qtree_ops.h"

#include <algorithm>
#include <tuple>

#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

Result<void> check_qtree_name(const std::string& name) {
  const bool bad = name.empty() || name.find('/') != std::string::npos || name.find('"') != std::string::npos;
  if (bad) return refused("Qtree name \"" + name + "\" is invalid.");
  if (name.size() > 64) return refused("Qtree name \"" + name + "\" is too long. The maximum length is 64 characters.");
  return {};
}

ModelError no_qtree(const std::string& volume, const std::string& name) {
  return {Errno::qtree_does_not_exist, "Qtree \"" + name + "\" in volume \"" + volume + "\" does not exist."};
}

Result<Volume*> writable_volume(Svm& svm, const std::string& name, Errno missing) {
  auto volume = require_volume(svm, name, missing);
  if (!volume) return volume.error();
  if ((*volume)->state != VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + name + "\" is offline."};
  if ((*volume)->type == VolumeType::dp) return refused("Volume \"" + name + "\" is read-only.");
  return *volume;
}

bool has_rules(const Svm& svm, const Volume& volume) {
  return std::any_of(volume.quota_rules.begin(), volume.quota_rules.end(),
                     [&](const auto& row) { return row.first.policy == svm.quota_policy; });
}

std::uint64_t quota_job(Cluster& cluster, const Svm& svm, const Volume& volume, JobKind kind, const std::string& verb) {
  return start_job(cluster,
                   {.kind = kind,
                    .name = verb + " quotas on volume \"" + volume.name + "\"",
                    .type = "QUOTA",
                    .svm = svm.name,
                    .volume = volume.name,
                    .argument = "",
                    .node = ""},
                   cluster.settings.job_time);
}

}  // namespace

std::optional<std::pair<std::string, std::string>> parse_qtree_path(std::string_view path) {
  const auto parts = base::split(path, '/');
  if (parts.size() < 4 || !parts[0].empty() || parts[1] != "vol" || parts[2].empty()) return std::nullopt;
  std::string name(path.substr(6 + parts[2].size()));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  if (name.empty()) return std::nullopt;
  return std::pair{std::string(parts[2]), name};
}

Result<Qtree*> create_qtree(Cluster& cluster, Svm& svm, const NewQtree& spec) {
  auto found = writable_volume(svm, spec.volume, Errno::entry_does_not_exist);
  if (!found) return found.error();
  Volume& volume = **found;
  if (auto good = check_qtree_name(spec.name); !good) return good.error();
  if (volume.flexgroup() && cluster.ontapi_minor < 130)
    return refused("Qtrees are not supported on a FlexGroup in this release.");
  if (volume.qtrees.contains(spec.name) || volume.files.contains(spec.name)) {
    return ModelError{Errno::qtree_exists,
                      "Qtree \"" + spec.name + "\" already exists in volume \"" + spec.volume + "\"."};
  }
  if (static_cast<int>(volume.qtrees.size()) >= cluster.settings.qtrees_per_volume) {
    return refused("Volume \"" + spec.volume + "\" already has the maximum number of qtrees.");
  }
  if (!spec.export_policy.empty() && !svm.export_policies.contains(spec.export_policy)) {
    return refused("Export policy \"" + spec.export_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  Qtree qtree;
  qtree.name = spec.name;
  qtree.id = volume.next_qtree_id++;
  qtree.mode =
      spec.mode.value_or(volume.security_style == SecurityStyle::ntfs ? std::uint16_t{0} : std::uint16_t{0755});
  qtree.security_style = spec.security_style.value_or(volume.security_style);
  qtree.export_policy = spec.export_policy;
  qtree.qos_policy = spec.qos_policy;
  qtree.oplocks = spec.oplocks.value_or(true);
  volume.files_used += 1;
  Qtree& placed = volume.qtrees.emplace(spec.name, std::move(qtree)).first->second;
  cluster.touch(svm, volume);
  return &placed;
}

Result<void> modify_qtree(Cluster& cluster, Svm& svm, const NewQtree& change) {
  auto found = writable_volume(svm, change.volume, Errno::entry_does_not_exist);
  if (!found) return found.error();
  const auto at = (*found)->qtrees.find(change.name);
  if (at == (*found)->qtrees.end()) return no_qtree(change.volume, change.name);
  if (!change.export_policy.empty() && !svm.export_policies.contains(change.export_policy)) {
    return refused("Export policy \"" + change.export_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  Qtree& qtree = at->second;
  if (change.mode) qtree.mode = *change.mode;
  if (change.security_style) qtree.security_style = *change.security_style;
  if (!change.export_policy.empty()) qtree.export_policy = change.export_policy;
  if (!change.qos_policy.empty()) qtree.qos_policy = change.qos_policy == "none" ? "" : change.qos_policy;
  if (change.oplocks) qtree.oplocks = *change.oplocks;
  cluster.touch(svm, **found);
  return {};
}

Result<void> delete_qtree(Cluster& cluster, Svm& svm, const std::string& volume_name, const std::string& name,
                          bool force) {
  auto found = writable_volume(svm, volume_name, Errno::volume_does_not_exist);
  if (!found) return found.error();
  Volume& volume = **found;
  const auto at = volume.qtrees.find(name);
  if (at == volume.qtrees.end()) return no_qtree(volume_name, name);
  const std::string prefix = "/vol/" + volume_name + "/" + name + "/";
  std::vector<std::string> luns;
  for (auto lun = svm.luns.lower_bound(prefix); lun != svm.luns.end() && lun->first.starts_with(prefix); ++lun)
    luns.push_back(lun->first);
  if (!force && (at->second.used > 0 || !luns.empty())) {
    return ModelError{Errno::qtree_has_files, "Qtree \"" + name + "\" in volume \"" + volume_name + "\" is not empty."};
  }
  for (const std::string& path : luns) {
    if (auto gone = destroy_lun(cluster, svm, path, true); !gone) return gone;
  }
  const Bytes used = at->second.used;
  volume.qtrees.erase(at);
  if (used > 0) {
    if (auto freed = remove_data(cluster, svm, volume_name, "", used); !freed) return freed;
  }
  std::erase_if(volume.quota_rules, [&](const auto& row) {
    return (row.first.type == QuotaType::tree && row.first.target == name) || row.first.qtree == name;
  });
  volume.files_used -= 1;
  cluster.touch(svm, volume);
  return {};
}

Result<void> rename_qtree(Cluster& cluster, Svm& svm, const std::string& volume_name, const std::string& name,
                          const std::string& new_name) {
  auto found = writable_volume(svm, volume_name, Errno::volume_does_not_exist);
  if (!found) return found.error();
  Volume& volume = **found;
  if (!volume.qtrees.contains(name)) return no_qtree(volume_name, name);
  if (auto good = check_qtree_name(new_name); !good) return good;
  if (volume.qtrees.contains(new_name)) {
    return ModelError{Errno::qtree_exists,
                      "Qtree \"" + new_name + "\" already exists in volume \"" + volume_name + "\"."};
  }
  auto node = volume.qtrees.extract(name);
  node.key() = new_name;
  node.mapped().name = new_name;
  volume.qtrees.insert(std::move(node));
  std::map<QuotaKey, QuotaRule> rules;
  for (auto& [key, rule] : volume.quota_rules) {
    QuotaKey moved = key;
    if (moved.type == QuotaType::tree && moved.target == name) moved.target = new_name;
    if (moved.qtree == name) moved.qtree = new_name;
    rules.emplace(std::move(moved), rule);
  }
  volume.quota_rules = std::move(rules);
  const std::string prefix = "/vol/" + volume_name + "/" + name + "/";
  std::vector<std::string> paths;
  for (auto lun = svm.luns.lower_bound(prefix); lun != svm.luns.end() && lun->first.starts_with(prefix); ++lun)
    paths.push_back(lun->first);
  for (const std::string& path : paths) {
    const std::string moved = "/vol/" + volume_name + "/" + new_name + "/" + path.substr(prefix.size());
    auto lun = svm.luns.extract(path);
    cluster.touch(svm, lun.mapped());
    lun.key() = lun.mapped().path = moved;
    for (const auto& [igroup, id] : lun.mapped().maps) {
      svm.find_igroup(igroup)->luns[id] = moved;
      cluster.touch(svm, *svm.find_igroup(igroup));
    }
    cluster.touch(svm, svm.luns.insert(std::move(lun)).position->second);
  }
  cluster.touch(svm, volume);
  return {};
}

Result<QuotaKey> quota_key(const Svm& svm, const std::string& volume, const std::string& policy,
                           const std::string& type, const std::string& target, const std::string& qtree) {
  const auto kind = parse_quota_type(type);
  if (!kind) return invalid_value("quota-type", "quota-set-entry", type);
  QuotaKey key{policy.empty() ? svm.quota_policy : policy, *kind, target, qtree};
  if (!svm.quota_policies.contains(key.policy))
    return ModelError{Errno::quota_policy_not_found, "Quota policy \"" + key.policy + "\" does not exist."};
  if (key.target == "*") key.target.clear();
  if (key.qtree == "\"\"") key.qtree.clear();
  if (*kind != QuotaType::tree || key.target.empty()) return key;
  if (key.target.starts_with("/")) {
    const auto path = parse_qtree_path(key.target);
    if (!path || path->first != volume)
      return refused("Quota target \"" + target + "\" is not a qtree of volume \"" + volume + "\".");
    key.target = path->second;
  }
  return key;
}

std::string quota_target_text(const std::string& volume, const QuotaKey& key) {
  if (key.target.empty()) return "*";
  return key.type == QuotaType::tree ? "/vol/" + volume + "/" + key.target : key.target;
}

std::optional<std::int64_t> parse_limit(std::string_view text) {
  text = base::trim(text);
  if (text.empty() || text == "-") return -1;
  const auto number = base::parse_unsigned(text);
  if (!number || *number > (std::uint64_t{1} << 40)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

Result<void> set_quota_rule(Cluster& cluster, Svm& svm, const std::string& volume_name, const QuotaKey& key,
                            const QuotaRule& rule) {
  auto found = require_volume(svm, volume_name, Errno::entry_does_not_exist);
  if (!found) return found.error();
  Volume& volume = **found;
  if (key.type == QuotaType::tree && !key.target.empty() && !volume.qtrees.contains(key.target)) {
    return ModelError{Errno::entry_does_not_exist,
                      "Qtree \"" + key.target + "\" does not exist in volume \"" + volume_name + "\"."};
  }
  constexpr std::size_t rules_max = 10000;
  if (volume.quota_rules.size() >= rules_max && !volume.quota_rules.contains(key)) {
    return refused("The maximum number of quota rules of volume \"" + volume_name + "\" has been reached.");
  }
  QuotaRule& have = volume.quota_rules[key];
  const QuotaRule old = have;
  have = rule;
  have.enforced = old.enforced;  // limits take effect with the next activation or resize
  have.enforced_disk_limit = old.enforced_disk_limit;
  cluster.touch(svm, volume);
  return {};
}

Result<void> delete_quota_rule(Cluster& cluster, Svm& svm, const std::string& volume_name, const QuotaKey& key) {
  auto found = require_volume(svm, volume_name, Errno::entry_does_not_exist);
  if (!found) return found.error();
  if ((*found)->quota_rules.erase(key) == 0) return missing_entry();
  cluster.touch(svm, **found);
  return {};
}

Result<std::uint64_t> quota_on(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = writable_volume(svm, name, Errno::volume_does_not_exist);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.quota_state == QuotaState::on)
    return ModelError{Errno::quotas_on, "Quotas are already on for volume \"" + name + "\"."};
  if (volume.quota_state != QuotaState::off) {
    return ModelError{Errno::quotas_operation_mismatch,
                      "A quota operation is already running on volume \"" + name + "\"."};
  }
  if (!has_rules(svm, volume))
    return ModelError{Errno::quotas_no_valid_rules, "No valid quota rules found in quota policy \"" + svm.quota_policy +
                                                        "\" for volume \"" + name + "\"."};
  volume.quota_state = QuotaState::initializing;
  cluster.touch(svm, volume);
  return quota_job(cluster, svm, volume, JobKind::quota_on, "Enable");
}

Result<std::uint64_t> quota_off(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.quota_state == QuotaState::off)
    return ModelError{Errno::quotas_off, "Quotas are already off for volume \"" + name + "\"."};
  volume.quota_state = QuotaState::off;
  for (auto& [key, rule] : volume.quota_rules) rule.enforced = false;
  cluster.touch(svm, volume);
  return record_job(cluster,
                    {.kind = JobKind::finished,
                     .name = "Disable quotas on volume \"" + name + "\"",
                     .type = "QUOTA",
                     .svm = svm.name,
                     .volume = name,
                     .argument = "",
                     .node = ""},
                    "Successful");
}

Result<std::uint64_t> quota_resize(Cluster& cluster, Svm& svm, const std::string& name) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.quota_state == QuotaState::off)
    return ModelError{Errno::quotas_off, "Quotas are off for volume \"" + name + "\"."};
  if (volume.quota_state != QuotaState::on) {
    return ModelError{Errno::quotas_operation_mismatch,
                      "A quota operation is already running on volume \"" + name + "\"."};
  }
  if (!has_rules(svm, volume))
    return ModelError{Errno::quotas_no_valid_rules, "No valid quota rules found in quota policy \"" + svm.quota_policy +
                                                        "\" for volume \"" + name + "\"."};
  volume.quota_state = QuotaState::resizing;
  cluster.touch(svm, volume);
  return quota_job(cluster, svm, volume, JobKind::quota_resize, "Resize");
}

std::optional<Bytes> tree_limit(const Volume& volume, std::string_view qtree) {
  if (volume.quota_state == QuotaState::off) return std::nullopt;
  std::int64_t general = -1;
  for (const auto& [key, rule] : volume.quota_rules) {
    if (key.type != QuotaType::tree || !rule.enforced) continue;
    if (key.target == qtree)
      return rule.enforced_disk_limit < 0 ? std::nullopt : std::optional<Bytes>(rule.enforced_disk_limit * kKiB);
    if (key.target.empty()) general = rule.enforced_disk_limit;
  }
  if (general < 0) return std::nullopt;
  return general * kKiB;
}

namespace {

bool is_root(std::string_view name) { return name == "root" || name == "0"; }

/// What user or group root has in the volume, or in one of its qtrees.
void add_use_of_root(const Volume& volume, const std::string& tree, QuotaUse& use) {
  const auto qtree = volume.qtrees.find(tree);
  if (tree.empty()) {
    use.used = volume.active;
    use.files_used = volume.files_used;
  } else if (qtree != volume.qtrees.end()) {
    use.used = qtree->second.used;
    use.files_used = qtree->second.files_used;
  }
}

}  // namespace

std::vector<QuotaUse> quota_report(const Svm& svm, const Volume& volume) {
  std::vector<QuotaUse> report;
  if (volume.quota_state == QuotaState::off) return report;
  const QuotaRule* all_trees = nullptr;
  for (const auto& [key, rule] : volume.quota_rules) {
    if (!rule.enforced || key.policy != svm.quota_policy) continue;
    QuotaUse use{.type = key.type, .tree = key.qtree, .target = key.target, .id = key.target, .limits = rule};
    use.limits.disk_limit = rule.enforced_disk_limit;
    if (key.target.empty()) use.target = use.id = "*";
    if (key.type == QuotaType::tree) {
      if (key.target.empty()) all_trees = &rule;
      use.tree = key.target;
      const auto qtree = volume.qtrees.find(key.target);
      if (qtree != volume.qtrees.end()) {
        use.id = std::to_string(qtree->second.id);
        use.used = qtree->second.used;
        use.files_used = qtree->second.files_used;
      }
    } else if (is_root(key.target)) {
      use.id = "0";
      add_use_of_root(volume, key.qtree, use);
    } else if (key.target.empty() && !volume.quota_rules.contains({key.policy, key.type, "root", key.qtree})) {
      QuotaUse root{.type = key.type, .tree = key.qtree, .target = "root", .id = "0", .limits = {}, .derived = true};
      add_use_of_root(volume, key.qtree, root);
      report.push_back(std::move(root));
    }
    report.push_back(std::move(use));
  }
  for (const auto& [name, qtree] : volume.qtrees) {
    const auto own = volume.quota_rules.find({svm.quota_policy, QuotaType::tree, name, ""});
    if (all_trees == nullptr || (own != volume.quota_rules.end() && own->second.enforced)) continue;
    report.push_back({.type = QuotaType::tree,
                      .tree = name,
                      .target = name,
                      .id = std::to_string(qtree.id),
                      .limits = *all_trees,
                      .derived = true,
                      .used = qtree.used,
                      .files_used = qtree.files_used});
    report.back().limits.disk_limit = all_trees->enforced_disk_limit;
  }
  const auto order = [](const QuotaUse& use) {
    return std::tuple(std::string_view(use.tree), to_string(use.type), std::string_view(use.target));
  };
  std::ranges::sort(report, {}, order);
  return report;
}

}  // namespace ontap_sim::model
