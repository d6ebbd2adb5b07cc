#include "ontap-sim/model/nas_ops.h"

#include <algorithm>
#include <array>

#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

constexpr std::array<std::string_view, 9> kFlavors = {"any",   "none", "never", "krb5", "krb5i",
                                                      "krb5p", "ntlm", "sys",   "krb5_"};
constexpr std::array<std::string_view, 8> kProtocols = {"any",  "nfs2", "nfs3",      "nfs",
                                                        "cifs", "nfs4", "flexcache", "nfs4_1"};

bool valid_client_match(std::string_view text) {
  if (text.empty()) return false;
  for (const std::string_view raw : base::split(text, ',')) {
    const std::string_view part = base::trim(raw);
    if (part.empty() || part.find(' ') != std::string_view::npos) return false;
    if (part[0] == '@' || part[0] == '.') {
      if (part.size() < 2) return false;
      continue;
    }
    if (part.find(':') != std::string_view::npos) continue;  // IPv6, taken as it is
    const std::size_t slash = part.find('/');
    const std::string_view host = part.substr(0, slash);
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    if (numeric && !parse_ipv4(host)) return false;
    if (slash == std::string_view::npos) continue;
    const std::string_view mask = part.substr(slash + 1);
    const auto length = base::parse_unsigned(mask);
    if (!numeric || (!(length && *length <= 32) && !netmask_length(mask))) return false;
  }
  return true;
}

bool matches_client(std::string_view match, const std::string& client) {
  const auto address = parse_ipv4(client);
  for (const std::string_view raw : base::split(match, ',')) {
    const std::string_view part = base::trim(raw);
    if (part == client || part == "::/0") return true;
    const std::size_t slash = part.find('/');
    const auto network = parse_ipv4(part.substr(0, slash));
    if (!network || !address) continue;
    int length = 32;
    if (slash != std::string_view::npos) {
      const std::string_view mask = part.substr(slash + 1);
      const auto number = base::parse_unsigned(mask);
      length = number ? static_cast<int>(*number) : netmask_length(mask).value_or(32);
    }
    const std::uint32_t bits = length <= 0 ? 0 : ~std::uint32_t{0} << (32 - length);
    if ((*network & bits) == (*address & bits)) return true;
  }
  return false;
}

Result<void> check_rule(const ExportRule& rule) {
  if (!valid_client_match(rule.client_match))
    return invalid_value("client-match", "export-rule-create", rule.client_match);
  for (const auto* list : {&rule.ro, &rule.rw, &rule.superuser}) {
    for (const std::string& flavor : *list) {
      if (std::find(kFlavors.begin(), kFlavors.end(), flavor) == kFlavors.end()) {
        return invalid_value("security-flavor", "export-rule-create", flavor);
      }
    }
  }
  for (const std::string& protocol : rule.protocols) {
    if (std::find(kProtocols.begin(), kProtocols.end(), protocol) == kProtocols.end()) {
      return invalid_value("access-protocol", "export-rule-create", protocol);
    }
  }
  return {};
}

bool allows_sys(const std::vector<std::string>& flavors) {
  return std::any_of(flavors.begin(), flavors.end(), [](const std::string& f) { return f == "any" || f == "sys"; });
}

bool allows_nfs(const std::vector<std::string>& protocols) {
  return protocols.empty() || std::any_of(protocols.begin(), protocols.end(),
                                          [](const std::string& p) { return p == "any" || p.starts_with("nfs"); });
}

struct RuleAccess {
  NfsAccess access = NfsAccess::none;
  bool squashed = false;
};

RuleAccess evaluate(const Svm& svm, const std::string& policy, const std::string& client) {
  const auto at = svm.export_policies.find(policy);
  if (at == svm.export_policies.end()) return {};
  for (const auto& [index, rule] : at->second.rules) {
    if (!allows_nfs(rule.protocols) || !matches_client(rule.client_match, client)) continue;
    const bool squashed = !allows_sys(rule.superuser);
    if (!allows_sys(rule.ro)) return {};
    return {allows_sys(rule.rw) ? NfsAccess::read_write : NfsAccess::read_only, squashed};
  }
  return {};
}

}  // namespace

const std::map<std::string, std::string, std::less<>>& nfs_defaults() {
  static const std::map<std::string, std::string, std::less<>> defaults = {
      {"chown-mode", "use_export_policy"},
      {"default-windows-group", ""},
      {"default-windows-user", ""},
      {"enable-ejukebox", "true"},
      {"is-mount-rootonly-enabled", "true"},
      {"is-nfs-access-enabled", "true"},
      {"is-nfs-rootonly-enabled", "false"},
      {"is-nfsv2-enabled", "false"},
      {"is-nfsv3-64bit-identifiers-enabled", "false"},
      {"is-nfsv3-connection-drop-enabled", "true"},
      {"is-nfsv3-enabled", "true"},
      {"is-nfsv3-fsid-change-enabled", "true"},
      {"is-nfsv4-fsid-change-enabled", "true"},
      {"is-nfsv4-numeric-ids-enabled", "true"},
      {"is-nfsv40-acl-enabled", "false"},
      {"is-nfsv40-enabled", "false"},
      {"is-nfsv40-migration-enabled", "false"},
      {"is-nfsv40-read-delegation-enabled", "false"},
      {"is-nfsv40-referrals-enabled", "false"},
      {"is-nfsv40-req-open-confirm-enabled", "false"},
      {"is-nfsv40-write-delegation-enabled", "false"},
      {"is-nfsv41-acl-enabled", "false"},
      {"is-nfsv41-acl-preserve-enabled", "true"},
      {"is-nfsv41-enabled", "false"},
      {"is-nfsv41-migration-enabled", "false"},
      {"is-nfsv41-pnfs-enabled", "false"},
      {"is-nfsv41-pnfs-striped-volumes-enabled", "false"},
      {"is-nfsv41-read-delegation-enabled", "false"},
      {"is-nfsv41-referrals-enabled", "false"},
      {"is-nfsv41-state-protection-enabled", "true"},
      {"is-nfsv41-write-delegation-enabled", "false"},
      {"is-qtree-export-enabled", "false"},
      {"is-tcp-enabled", "true"},
      {"is-udp-enabled", "true"},
      {"is-v3-ms-dos-client-enabled", "false"},
      {"is-validate-qtree-export-enabled", "true"},
      {"is-vstorage-enabled", "false"},
      {"nfsv4-acl-max-aces", "400"},
      {"nfsv4-grace-seconds", "45"},
      {"nfsv4-id-domain", "defaultv4iddomain.com"},
      {"nfsv4-lease-seconds", "30"},
      {"nfsv41-implementation-id-domain", "netapp.com"},
      {"nfsv41-implementation-id-name", "NetApp Release"},
      {"nfsv41-implementation-id-time", "0"},
      {"nfsv4x-session-num-slots", "180"},
      {"nfsv4x-session-slot-reply-cache-size", "640"},
      {"ntfs-unix-security-ops", "use_export_policy"},
      {"rpcsec-ctx-high", "0"},
      {"rpcsec-ctx-idle", "0"},
      {"showmount", "true"},
      {"tcp-max-xfer-size", "65536"},
      {"udp-max-xfer-size", "32768"}};
  return defaults;
}

Result<void> create_nfs(Cluster& cluster, Svm& svm, const std::map<std::string, std::string>& settings,
                        bool enable_only) {
  if (!cluster.licensed("nfs")) return refused("NFS is not licensed in the cluster.");
  if (svm.nfs) {
    if (!enable_only) return duplicate_entry();
    return modify_nfs(cluster, svm, {{"is-nfs-access-enabled", "true"}});
  }
  NfsService service;
  service.settings = nfs_defaults();
  svm.nfs = std::move(service);
  if (auto changed = modify_nfs(cluster, svm, settings); !changed) {
    svm.nfs.reset();
    return changed;
  }
  return {};
}

Result<void> modify_nfs(Cluster& cluster, Svm& svm, const std::map<std::string, std::string>& settings) {
  if (!svm.nfs) return missing_entry();
  for (const auto& [name, value] : settings) {
    if (!nfs_defaults().contains(name)) return refused("Unknown NFS setting \"" + name + "\".");
  }
  for (const auto& [name, value] : settings) svm.nfs->settings[name] = value;
  svm.nfs->access = svm.nfs->settings["is-nfs-access-enabled"] == "true";
  cluster.touch(svm);
  return {};
}

Result<void> destroy_nfs(Cluster& cluster, Svm& svm) {
  if (!svm.nfs) return missing_entry();
  svm.nfs.reset();
  cluster.touch(svm);
  return {};
}

Result<ExportPolicy*> create_export_policy(Cluster& cluster, Svm& svm, const std::string& name) {
  if (name.empty() || name.size() > 256 || name.find(' ') != std::string::npos) {
    return refused("\"" + name + "\" is an invalid value for field \"-policyname <export policy name>\".");
  }
  if (svm.export_policies.contains(name)) return duplicate_entry();
  ExportPolicy policy;
  policy.name = name;
  policy.id = static_cast<std::int64_t>(cluster.counters.next_export_policy++);
  cluster.touch(svm);
  cluster.changes.insert({ObjectKind::counters, "", ""});
  return &svm.export_policies.emplace(name, std::move(policy)).first->second;
}

Result<void> destroy_export_policy(Cluster& cluster, Svm& svm, const std::string& name) {
  const auto at = svm.export_policies.find(name);
  if (at == svm.export_policies.end()) return missing_entry();
  if (name == "default") return refused("The default export policy cannot be deleted.");
  for (const auto& [volume_name, volume] : svm.volumes) {
    const bool by_qtree = std::any_of(volume.qtrees.begin(), volume.qtrees.end(),
                                      [&](const auto& q) { return q.second.export_policy == name; });
    if (volume.export_policy == name || by_qtree) {
      return refused("Export policy \"" + name + "\" cannot be deleted because it is in use by volume \"" +
                     volume_name + "\".");
    }
  }
  svm.export_policies.erase(at);
  cluster.touch(svm);
  return {};
}

Result<void> rename_export_policy(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name) {
  if (!svm.export_policies.contains(name)) return missing_entry();
  if (svm.export_policies.contains(new_name)) return duplicate_entry();
  auto node = svm.export_policies.extract(name);
  node.key() = new_name;
  node.mapped().name = new_name;
  svm.export_policies.insert(std::move(node));
  for (auto& [volume_name, volume] : svm.volumes) {
    bool changed = volume.export_policy == name;
    if (changed) volume.export_policy = new_name;
    for (auto& [qtree_name, qtree] : volume.qtrees) {
      if (qtree.export_policy != name) continue;
      qtree.export_policy = new_name;
      changed = true;
    }
    if (changed) cluster.touch(svm, volume);
  }
  cluster.touch(svm);
  return {};
}

Result<int> create_export_rule(Cluster& cluster, Svm& svm, const std::string& policy, std::optional<int> index,
                               ExportRule rule) {
  const auto at = svm.export_policies.find(policy);
  if (at == svm.export_policies.end()) return missing_entry();
  if (auto good = check_rule(rule); !good) return good.error();
  auto& rules = at->second.rules;
  const int last = rules.empty() ? 0 : rules.rbegin()->first;
  const int place = index.value_or(last + 1);
  if (place < 1 || place > 2147483646) return invalid_value("rule-index", "export-rule-create", std::to_string(place));
  if (rule.protocols.empty()) rule.protocols = {"any"};
  if (rule.superuser.empty()) rule.superuser = {"none"};
  if (rules.contains(place)) {
    std::map<int, ExportRule> moved;
    for (auto& [old, have] : rules) moved.emplace(old >= place ? old + 1 : old, std::move(have));
    rules = std::move(moved);
  }
  rules.emplace(place, std::move(rule));
  cluster.touch(svm);
  return place;
}

Result<void> modify_export_rule(Cluster& cluster, Svm& svm, const std::string& policy, int index,
                                const ExportRuleChange& change) {
  const auto at = svm.export_policies.find(policy);
  if (at == svm.export_policies.end()) return missing_entry();
  const auto have = at->second.rules.find(index);
  if (have == at->second.rules.end()) return missing_entry();
  ExportRule rule = have->second;
  if (change.client_match) rule.client_match = *change.client_match;
  if (change.anonymous_user) rule.anonymous_user = *change.anonymous_user;
  if (change.chown_mode) rule.chown_mode = *change.chown_mode;
  if (change.ntfs_unix_security) rule.ntfs_unix_security = *change.ntfs_unix_security;
  if (change.protocols) rule.protocols = *change.protocols;
  if (change.ro) rule.ro = *change.ro;
  if (change.rw) rule.rw = *change.rw;
  if (change.superuser) rule.superuser = *change.superuser;
  if (change.allow_suid) rule.allow_suid = *change.allow_suid;
  if (change.allow_dev) rule.allow_dev = *change.allow_dev;
  if (auto good = check_rule(rule); !good) return good;
  have->second = std::move(rule);
  cluster.touch(svm);
  return {};
}

Result<void> destroy_export_rule(Cluster& cluster, Svm& svm, const std::string& policy, int index) {
  const auto at = svm.export_policies.find(policy);
  if (at == svm.export_policies.end() || at->second.rules.erase(index) == 0) return missing_entry();
  cluster.touch(svm);
  return {};
}

Result<ExportedPath> nfs_access(const Svm& svm, const std::string& path, const std::string& client) {
  if (svm.state != "running") return ModelError{Errno::svm_not_running, "Vserver \"" + svm.name + "\" is not running."};
  if (!svm.nfs || !svm.nfs->access) return refused("NFS is not enabled on Vserver \"" + svm.name + "\".");
  // Longest junction that the path starts with, at a component's border.
  std::string lower = base::to_lower(path);
  std::string rest;
  auto at = svm.junctions.find(lower);
  while (at == svm.junctions.end() && lower.size() > 1) {
    const std::size_t slash = lower.rfind('/');
    rest = path.substr(slash + 1, lower.size() - slash - 1) + (rest.empty() ? "" : "/" + rest);
    lower = slash == 0 ? "/" : lower.substr(0, slash);
    at = svm.junctions.find(lower);
  }
  if (at == svm.junctions.end()) return ModelError{Errno::enoent, "No such file or directory"};
  const Volume* volume = svm.find_volume(at->second);
  if (volume == nullptr || volume->state != VolumeState::online)
    return ModelError{Errno::enoent, "No such file or directory"};
  ExportedPath exported;
  exported.volume = volume->name;
  std::string policy = volume->export_policy;
  if (!rest.empty()) {
    const auto qtree = volume->qtrees.find(rest.substr(0, rest.find('/')));
    if (qtree == volume->qtrees.end() && !volume->files.contains(rest))
      return ModelError{Errno::enoent, "No such file or directory"};
    if (qtree != volume->qtrees.end()) {
      exported.qtree = qtree->first;
      if (!qtree->second.export_policy.empty()) policy = qtree->second.export_policy;
    }
  }
  const Volume* root = svm.find_volume(svm.root_volume);
  if (root != nullptr && root != volume && evaluate(svm, root->export_policy, client).access == NfsAccess::none) {
    return ModelError{Errno::eacces, "Permission denied"};
  }
  const RuleAccess allowed = evaluate(svm, policy, client);
  if (allowed.access == NfsAccess::none) return ModelError{Errno::eacces, "Permission denied"};
  exported.access = allowed.access;
  exported.root_squashed = allowed.squashed;
  return exported;
}

}  // namespace ontap_sim::model
