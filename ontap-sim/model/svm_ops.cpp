#include "ontap-sim/model/svm_ops.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/model/nas_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

Result<void> check_svm_name(const Cluster& cluster, const std::string& name) {
  const std::size_t longest = cluster.ontapi_minor >= 100 ? 47 : 41;
  const auto fine = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
  };
  const bool bad_start = name.empty() || !(std::isalpha(static_cast<unsigned char>(name[0])) != 0 || name[0] == '_');
  if (bad_start || name.size() > longest || !std::all_of(name.begin(), name.end(), fine)) {
    return refused("Vserver name \"" + name +
                   "\" is invalid. It must start with a letter or an underscore and contain only letters, digits, "
                   "\"_\", \"-\" and \".\", at most " +
                   std::to_string(longest) + " characters.");
  }
  return {};
}

void seed_policies(Cluster& cluster, Svm& svm) {
  CHECK(create_export_policy(cluster, svm, "default").ok());
  svm.snapshot_policies["default"] = {
      "default",
      "Default policy with hourly, daily & weekly schedules.",
      true,
      {{"hourly", 6, "hourly", ""}, {"daily", 2, "daily", "daily"}, {"weekly", 2, "weekly", "weekly"}}};
  svm.snapshot_policies["default-1weekly"] = {
      "default-1weekly",
      "Default policy with 6 hourly, 2 daily & 1 weekly schedule.",
      true,
      {{"hourly", 6, "hourly", ""}, {"daily", 2, "daily", ""}, {"weekly", 1, "weekly", ""}}};
  svm.snapshot_policies["none"] = {"none", "Policy for no automatic snapshots.", false, {}};
}

void seed_certificate(Cluster& cluster, const Svm& svm) {
  Certificate certificate;
  certificate.svm = svm.name;
  certificate.common_name = svm.name;
  certificate.authority = svm.name;
  certificate.serial = base::to_lower(new_uuid(cluster.rng).digits().substr(0, 14));
  for (char& c : certificate.serial) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  certificate.start = cluster.now();
  certificate.end = cluster.now() + std::chrono::hours(24 * 365);
  cluster.certificates.emplace(certificate.serial, std::move(certificate));
}

Result<std::vector<std::string>> resolve_aggregates(const Cluster& cluster, const std::vector<std::string>& asked) {
  std::vector<std::string> list;
  for (const std::string& name : asked) {
    if (name == "*") {
      for (const auto& [have, aggregate] : cluster.aggregates) {
        if (!aggregate.root) list.push_back(have);
      }
      continue;
    }
    if (name == "-" || name.empty()) continue;
    if (cluster.find_aggregate(name) == nullptr) {
      return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + name + "\" does not exist."};
    }
    if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
  }
  return list;
}

Result<void> check_words(const std::vector<std::string>& given, std::initializer_list<std::string_view> known,
                         const std::string& element) {
  for (const std::string& word : given) {
    if (std::find(known.begin(), known.end(), word) == known.end())
      return invalid_value(element, "vserver-modify", word);
  }
  return {};
}

Result<void> check_change(const Cluster& cluster, const Svm& svm, const SvmChange& change) {
  for (const auto* list : {&change.allowed_protocols, &change.disallowed_protocols}) {
    if (!*list) continue;
    if (auto good = check_words(**list, {"nfs", "cifs", "fcp", "iscsi", "ndmp"}, "protocol"); !good) return good;
  }
  if (change.name_services) {
    if (auto good = check_words(*change.name_services, {"file", "nis", "ldap"}, "nsswitch"); !good) return good;
  }
  if (change.name_mapping) {
    if (auto good = check_words(*change.name_mapping, {"file", "ldap"}, "nmswitch"); !good) return good;
  }
  if (change.language && !is_language(*change.language))
    return invalid_value("language", "vserver-modify", *change.language);
  if (change.snapshot_policy && !cluster.has_snapshot_policy(svm, *change.snapshot_policy)) {
    return refused("Snapshot policy \"" + *change.snapshot_policy + "\" does not exist.");
  }
  if (change.quota_policy && !svm.quota_policies.contains(*change.quota_policy)) {
    return ModelError{Errno::quota_policy_not_found, "Quota policy \"" + *change.quota_policy + "\" does not exist."};
  }
  if (change.max_volumes && *change.max_volumes != "unlimited" && !base::parse_unsigned(*change.max_volumes)) {
    return invalid_value("max-volumes", "vserver-modify", *change.max_volumes);
  }
  if (change.comment && change.comment->size() > 255)
    return invalid_value("comment", "vserver-modify", *change.comment);
  if (change.qos_policy && !change.qos_policy->empty() && *change.qos_policy != "none" &&
      !cluster.qos_policies.contains({svm.name, *change.qos_policy})) {
    return refused("Policy group \"" + *change.qos_policy + "\" does not exist.");
  }
  return {};
}

}  // namespace

Result<Svm*> require_svm(Cluster& cluster, std::string_view name) {
  Svm* svm = cluster.find_svm(name);
  if (svm == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  return svm;
}

Result<void> require_running(const Svm& svm) {
  if (svm.state == "running") return {};
  return ModelError{Errno::svm_not_running, "Vserver \"" + svm.name + "\" is not running."};
}

Result<Svm*> create_svm(Cluster& cluster, const NewSvm& spec) {
  if (auto good = check_svm_name(cluster, spec.name); !good) return good.error();
  if (cluster.svms.contains(spec.name)) {
    return ModelError{Errno::svm_name_exists,
                      "Vserver name \"" + spec.name + "\" already exists. Specify a different name."};
  }
  if (!cluster.ipspaces.contains(spec.ipspace)) {
    return ModelError{Errno::ipspace_does_not_exist, "IPspace \"" + spec.ipspace + "\" does not exist."};
  }
  const Aggregate* aggregate = cluster.find_aggregate(spec.root_aggregate);
  if (aggregate == nullptr) {
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + spec.root_aggregate + "\" does not exist."};
  }
  if (aggregate->root)
    return refused("Aggregate \"" + spec.root_aggregate +
                   "\" is a root aggregate and cannot hold the root volume of a data Vserver.");
  const auto style = parse_security_style(spec.root_security_style);
  if (!style || *style == SecurityStyle::unified)
    return invalid_value("root-volume-security-style", "vserver-create", spec.root_security_style);
  if (!is_language(spec.language)) return invalid_value("language", "vserver-create", spec.language);
  if (auto good = check_words(spec.name_services, {"file", "nis", "ldap"}, "nsswitch"); !good) return good.error();
  if (auto good = check_volume_name(spec.root_volume); !good) return good.error();
  if (aggregate->available() < kGiB)
    return require_aggregate_space(cluster, spec.root_aggregate, spec.root_volume, kGiB).error();

  Svm svm;
  svm.name = spec.name;
  svm.uuid = new_uuid(cluster.rng);
  svm.subtype = spec.subtype;
  svm.ipspace = spec.ipspace;
  svm.language = normalise_language(spec.language);
  svm.root_volume = spec.root_volume;
  svm.root_aggregate = spec.root_aggregate;
  svm.comment = spec.comment;
  svm.root_security_style = *style;
  svm.name_services = spec.name_services;
  svm.name_mapping = spec.name_mapping;
  svm.number = static_cast<int>(++cluster.counters.next_svm);
  seed_policies(cluster, svm);
  if (!cluster.has_snapshot_policy(svm, spec.snapshot_policy))
    return refused("Snapshot policy \"" + spec.snapshot_policy + "\" does not exist.");
  svm.snapshot_policy = spec.snapshot_policy;
  Svm& placed = cluster.svms.emplace(spec.name, std::move(svm)).first->second;
  NewVolume root;
  root.name = spec.root_volume;
  root.aggregate = spec.root_aggregate;
  root.size = kGiB;
  root.security_style = *style;
  root.snapshot_policy = "none";
  auto volume = create_volume(cluster, placed, root);
  if (!volume) {
    cluster.svms.erase(spec.name);
    return volume.error();
  }
  (*volume)->svm_root = true;
  (*volume)->junction_path = "/";
  placed.junctions["/"] = spec.root_volume;
  for (const char* application : {"http", "ontapi", "ssh"}) {
    CHECK(create_account(cluster, {spec.name, "vsadmin", application, "password"}, "vsadmin", "").ok());
  }
  cluster.users[{spec.name, "vsadmin"}].locked = true;
  seed_certificate(cluster, placed);
  cluster.touch(placed);
  cluster.touch();
  cluster.changes.insert({ObjectKind::counters, "", ""});
  return &placed;
}

Result<void> modify_svm(Cluster& cluster, const std::string& name, const SvmChange& change) {
  auto found = require_svm(cluster, name);
  if (!found) return found.error();
  Svm& svm = **found;
  if (auto good = check_change(cluster, svm, change); !good) return good;
  if (change.aggregates) {
    auto list = resolve_aggregates(cluster, *change.aggregates);
    if (!list) return list.error();
    svm.aggregates = std::move(*list);
  }
  if (change.state) {
    const std::string state = base::to_lower(*change.state);
    if (state != "running" && state != "stopped") return invalid_value("state", "vserver-modify", *change.state);
    svm.state = state;
  }
  const std::set<std::string> all(std::begin(kSvmProtocols), std::end(kSvmProtocols));
  if (change.allowed_protocols)
    svm.allowed_protocols = {change.allowed_protocols->begin(), change.allowed_protocols->end()};
  if (change.disallowed_protocols) {
    svm.allowed_protocols = all;
    for (const std::string& protocol : *change.disallowed_protocols) svm.allowed_protocols.erase(protocol);
  }
  if (change.name_services) svm.name_services = *change.name_services;
  if (change.name_mapping) svm.name_mapping = *change.name_mapping;
  if (change.language) svm.language = normalise_language(*change.language);
  if (change.comment) svm.comment = *change.comment;
  if (change.snapshot_policy) svm.snapshot_policy = *change.snapshot_policy;
  if (change.quota_policy) svm.quota_policy = *change.quota_policy;
  if (change.max_volumes) svm.max_volumes = *change.max_volumes;
  if (change.qos_policy) svm.qos_policy = *change.qos_policy == "none" ? "" : *change.qos_policy;
  if (change.antivirus_policy) svm.antivirus_policy = *change.antivirus_policy;
  if (change.retention_hours) svm.retention_hours = *change.retention_hours;
  if (change.logical_space_reporting) svm.logical_space_reporting = *change.logical_space_reporting;
  if (change.logical_space_enforcement) svm.logical_space_enforcement = *change.logical_space_enforcement;
  cluster.touch(svm);
  return {};
}

Result<void> start_svm(Cluster& cluster, const std::string& name) {
  auto svm = require_svm(cluster, name);
  if (!svm) return svm.error();
  if ((*svm)->state == "running")
    return ModelError{Errno::svm_already_started, "Vserver \"" + name + "\" is already running."};
  (*svm)->state = "running";
  cluster.touch(**svm);
  return {};
}

Result<void> stop_svm(Cluster& cluster, const std::string& name) {
  auto svm = require_svm(cluster, name);
  if (!svm) return svm.error();
  if ((*svm)->type != SvmType::data)
    return ModelError{Errno::svm_op_not_allowed, "Vserver \"" + name + "\" cannot be stopped."};
  if ((*svm)->state != "running") return ModelError{Errno::svm_not_running, "Vserver \"" + name + "\" is not running."};
  (*svm)->state = "stopped";
  cluster.touch(**svm);
  return {};
}

Result<void> rename_svm(Cluster& cluster, const std::string& name, const std::string& new_name) {
  auto found = require_svm(cluster, name);
  if (!found) return found.error();
  if ((*found)->type != SvmType::data)
    return ModelError{Errno::svm_op_not_allowed, "Vserver \"" + name + "\" cannot be renamed."};
  if (auto good = check_svm_name(cluster, new_name); !good) return good;
  if (cluster.svms.contains(new_name)) {
    return ModelError{Errno::svm_name_exists,
                      "Vserver name \"" + new_name + "\" already exists. Specify a different name."};
  }
  const auto touch_all = [&](const Svm& svm) {
    cluster.touch(svm);
    for (const auto& [key, volume] : svm.volumes) cluster.touch(svm, volume);
    for (const auto& [key, lun] : svm.luns) cluster.touch(svm, lun);
    for (const auto& [key, igroup] : svm.igroups) cluster.touch(svm, igroup);
  };
  touch_all(**found);
  auto node = cluster.svms.extract(name);
  node.key() = new_name;
  node.mapped().name = new_name;
  Svm& svm = cluster.svms.insert(std::move(node)).position->second;
  touch_all(svm);
  // Everything that names the SVM follows.
  std::map<AccountKey, Account> accounts;
  for (auto& [key, account] : cluster.accounts) {
    AccountKey moved = key;
    if (moved.svm == name) moved.svm = new_name;
    accounts.emplace(std::move(moved), std::move(account));
  }
  cluster.accounts = std::move(accounts);
  const auto rekey = [&](auto& map) {
    for (auto at = map.lower_bound({name, ""}); at != map.end() && at->first.first == name;) {
      auto moved = map.extract(at++);
      moved.key().first = new_name;
      if constexpr (requires { moved.mapped().svm; }) moved.mapped().svm = new_name;
      map.insert(std::move(moved));
    }
  };
  rekey(cluster.users);
  rekey(cluster.qos_policies);
  rekey(cluster.adaptive_qos_policies);
  std::map<Endpoint, SnapMirror> mirrors;
  for (auto& [key, mirror] : cluster.snapmirrors) {
    if (mirror.source.svm == name) mirror.source.svm = new_name;
    if (mirror.destination.svm == name) mirror.destination.svm = new_name;
    const Endpoint moved = mirror.destination;
    mirrors.emplace(moved, std::move(mirror));
  }
  cluster.snapmirrors = std::move(mirrors);
  for (SvmPeer& peer : cluster.svm_peers) {
    if (peer.svm == name) peer.svm = new_name;
    if (peer.peer_svm == name) peer.peer_svm = new_name;
  }
  for (auto& [serial, certificate] : cluster.certificates) {
    if (certificate.svm == name) certificate.svm = new_name;
  }
  for (auto& [address, ref] : cluster.lif_by_address) {
    if (ref.svm == name) ref.svm = new_name;
  }
  for (auto& [other_name, other] : cluster.svms) {
    for (auto& [volume_name, volume] : other.volumes) {
      if (volume.clone && volume.clone->svm == name) volume.clone->svm = new_name;
    }
  }
  cluster.touch();
  return {};
}

Result<void> destroy_svm(Cluster& cluster, const std::string& name) {
  auto found = require_svm(cluster, name);
  if (!found) return found.error();
  Svm& svm = **found;
  if (svm.type != SvmType::data)
    return ModelError{Errno::svm_op_not_allowed, "Vserver \"" + name + "\" cannot be deleted."};
  for (const auto& [volume_name, volume] : svm.volumes) {
    if (volume.svm_root) continue;
    return refused("Cannot delete Vserver \"" + name + "\" because volume \"" + volume_name +
                   "\" is still in it. Delete all data volumes first.");
  }
  if (svm.cifs)
    return refused("Cannot delete Vserver \"" + name +
                   "\" because it has a CIFS server. Delete the CIFS server first.");
  for (const SvmPeer& peer : cluster.svm_peers) {
    if (peer.svm == name)
      return refused("Cannot delete Vserver \"" + name + "\" because it has Vserver peer relationships.");
  }
  while (!svm.volumes.empty()) {
    Volume& root = svm.volumes.begin()->second;
    root.state = VolumeState::offline;
    root.junction_path.clear();
    svm.junctions.clear();
    root.svm_root = false;
    if (auto gone = destroy_volume(cluster, svm, std::string(root.name), {.force = true}); !gone) return gone;
  }
  while (!svm.lifs.empty()) {
    if (auto gone = delete_lif(cluster, svm, std::string(svm.lifs.begin()->first)); !gone) return gone;
  }
  for (const auto& [key, igroup] : svm.igroups) cluster.touch(svm, igroup);
  std::erase_if(cluster.accounts, [&](const auto& row) { return row.first.svm == name; });
  std::erase_if(cluster.users, [&](const auto& row) { return row.first.first == name; });
  std::erase_if(cluster.qos_policies, [&](const auto& row) { return row.first.first == name; });
  std::erase_if(cluster.adaptive_qos_policies, [&](const auto& row) { return row.first.first == name; });
  std::erase_if(cluster.roles, [&](const auto& row) { return row.first.svm == name; });
  std::erase_if(cluster.certificates, [&](const auto& row) { return row.second.svm == name; });
  cluster.touch(svm);
  cluster.touch();
  cluster.svms.erase(name);
  return {};
}

}  // namespace ontap_sim::model
