// Interface groups, and what can be changed or renamed after it was made.
#include <algorithm>
#include <cctype>
#include <set>

#include "ontap-sim/model/network_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

using NamePair = std::pair<std::string, std::string>;

Result<Port*> find_group(Cluster& cluster, const std::string& node, const std::string& name) {
  const auto at = cluster.ports.find({node, name});
  if (at == cluster.ports.end() || at->second.type != "if_group") return missing_entry();
  return &at->second;
}

bool has_vlans(const Cluster& cluster, const Port& port) {
  for (const auto& [key, other] : cluster.ports) {
    if (other.node == port.node && other.vlan_parent == port.name) return true;
  }
  return false;
}

bool grouped(const Cluster& cluster, const Port& port) {
  for (const auto& [key, other] : cluster.ports) {
    if (other.node == port.node && other.members.contains(port.name)) return true;
  }
  return false;
}

}  // namespace

Result<void> create_port_group(Cluster& cluster, const NewPortGroup& spec) {
  if (!cluster.nodes.contains(spec.node)) return invalid_value("node", "net-port-ifgrp-create", spec.node);
  if (spec.mode != "multimode" && spec.mode != "multimode_lacp" && spec.mode != "singlemode")
    return invalid_value("mode", "net-port-ifgrp-create", spec.mode);
  if (spec.distribution != "mac" && spec.distribution != "ip" && spec.distribution != "sequential" &&
      spec.distribution != "port") {
    return invalid_value("distribution-function", "net-port-ifgrp-create", spec.distribution);
  }
  // "a0a": a letter, digits, a letter.
  const std::string& name = spec.name;
  const bool shaped = name.size() >= 3 && name[0] == 'a' && name.back() >= 'a' && name.back() <= 'z' &&
                      base::parse_unsigned(name.substr(1, name.size() - 2)).has_value();
  if (!shaped) return invalid_value("ifgrp-name", "net-port-ifgrp-create", name);
  if (cluster.ports.contains({spec.node, name})) return duplicate_entry();
  Port group;
  group.node = spec.node;
  group.name = name;
  group.type = "if_group";
  group.group_mode = spec.mode;
  group.group_distribution = spec.distribution;
  group.up = false;
  cluster.ports.emplace(NamePair{spec.node, name}, std::move(group));
  cluster.touch();
  return {};
}

Result<void> destroy_port_group(Cluster& cluster, const std::string& node, const std::string& name) {
  auto group = find_group(cluster, node, name);
  if (!group) return group.error();
  if (!(*group)->broadcast_domain.empty())
    return refused("Port \"" + name + "\" on node \"" + node + "\" is in a broadcast domain.");
  if (has_vlans(cluster, **group)) return refused("Port \"" + name + "\" on node \"" + node + "\" has VLANs.");
  cluster.ports.erase({node, name});
  cluster.touch();
  return {};
}

Result<void> add_group_port(Cluster& cluster, const std::string& node, const std::string& name,
                            const std::string& port) {
  auto group = find_group(cluster, node, name);
  if (!group) return group.error();
  const auto member = cluster.ports.find({node, port});
  if (member == cluster.ports.end()) return missing_entry();
  if ((*group)->members.contains(port)) return duplicate_entry();
  const bool free = member->second.type == "physical" && member->second.broadcast_domain.empty() &&
                    !has_vlans(cluster, member->second) && !grouped(cluster, member->second);
  if (!free)
    return refused("Port \"" + port + "\" on node \"" + node +
                   "\" cannot be added: it is in a broadcast domain or another group, or has VLANs.");
  (*group)->members.insert(port);
  (*group)->mac = member->second.mac;
  (*group)->up = true;
  cluster.touch();
  return {};
}

Result<void> remove_group_port(Cluster& cluster, const std::string& node, const std::string& name,
                               const std::string& port) {
  auto group = find_group(cluster, node, name);
  if (!group) return group.error();
  if ((*group)->members.erase(port) == 0) return missing_entry();
  (*group)->up = !(*group)->members.empty();
  cluster.touch();
  return {};
}

Result<void> rename_subnet(Cluster& cluster, const std::string& ipspace, const std::string& name,
                           const std::string& new_name) {
  if (!cluster.subnets.contains({ipspace, name})) return missing_entry();
  if (new_name.empty()) return invalid_value("new-name", "net-subnet-rename", new_name);
  if (cluster.subnets.contains({ipspace, new_name})) return duplicate_entry();
  auto node = cluster.subnets.extract({ipspace, name});
  node.key().second = new_name;
  node.mapped().name = new_name;
  cluster.subnets.insert(std::move(node));
  for (auto& [svm_name, svm] : cluster.svms) {
    for (auto& [lif_name, lif] : svm.lifs) {
      if (lif.subnet != name || svm.ipspace != ipspace) continue;
      lif.subnet = new_name;
      cluster.touch(svm);
    }
  }
  cluster.touch();
  return {};
}

Result<void> modify_subnet(Cluster& cluster, const NewSubnet& spec) {
  const auto at = cluster.subnets.find({spec.ipspace, spec.name});
  if (at == cluster.subnets.end()) return missing_entry();
  const Subnet old = at->second;
  NewSubnet wanted = spec;
  wanted.broadcast_domain = old.broadcast_domain;
  if (wanted.subnet.empty()) wanted.subnet = ipv4_text(old.network) + "/" + std::to_string(old.prefix_length);
  if (wanted.gateway.empty()) wanted.gateway = old.gateway;
  if (wanted.ranges.empty()) {
    for (const IpRange& range : old.ranges)
      wanted.ranges.push_back(ipv4_text(range.first) + "-" + ipv4_text(range.last));
  }
  cluster.subnets.erase(at);
  auto made = create_subnet(cluster, wanted);
  if (!made) cluster.subnets.emplace(NamePair{spec.ipspace, spec.name}, old);
  return made;
}

Result<void> rename_lif(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name) {
  const auto at = svm.lifs.find(name);
  if (at == svm.lifs.end()) return missing_entry();
  if (svm.lifs.contains(new_name)) return duplicate_entry();
  if (new_name.empty()) return invalid_value("new-name", "net-interface-rename", new_name);
  auto node = svm.lifs.extract(at);
  node.key() = new_name;
  node.mapped().name = new_name;
  svm.lifs.insert(std::move(node));
  for (auto& [address, ref] : cluster.lif_by_address) {
    if (ref.svm == svm.name && ref.lif == name) ref.lif = new_name;
  }
  cluster.touch(svm);
  return {};
}

Result<void> rename_ipspace(Cluster& cluster, const std::string& name, const std::string& new_name) {
  if (!cluster.ipspaces.contains(name))
    return ModelError{Errno::ipspace_does_not_exist, "IPspace \"" + name + "\" does not exist."};
  if (name == "Default" || name == "Cluster") return refused("IPspace \"" + name + "\" cannot be renamed.");
  if (new_name.empty() || new_name.find(' ') != std::string::npos)
    return refused("Invalid IPspace name \"" + new_name + "\".");
  if (cluster.ipspaces.contains(new_name) || cluster.svms.contains(new_name)) return duplicate_entry();
  auto node = cluster.ipspaces.extract(name);
  node.key() = new_name;
  node.mapped().name = new_name;
  cluster.ipspaces.insert(std::move(node));
  std::map<NamePair, BroadcastDomain> domains;
  for (auto& [key, domain] : cluster.broadcast_domains) {
    if (domain.ipspace == name) domain.ipspace = new_name;
    domains.emplace(NamePair{domain.ipspace, key.second}, domain);
  }
  cluster.broadcast_domains = std::move(domains);
  std::map<NamePair, Subnet> subnets;
  for (auto& [key, subnet] : cluster.subnets) {
    if (subnet.ipspace == name) subnet.ipspace = new_name;
    subnets.emplace(NamePair{subnet.ipspace, key.second}, subnet);
  }
  cluster.subnets = std::move(subnets);
  for (auto& [key, port] : cluster.ports) {
    if (port.ipspace == name) port.ipspace = new_name;
  }
  if (auto system = cluster.svms.extract(name); !system.empty()) {
    cluster.touch(system.mapped());
    system.key() = new_name;
    system.mapped().name = new_name;
    cluster.svms.insert(std::move(system));
  }
  for (auto& [svm_name, svm] : cluster.svms) {
    if (svm.ipspace != name) continue;
    svm.ipspace = new_name;
    cluster.touch(svm);
  }
  cluster.touch();
  return {};
}

namespace {

/// The node's own SVM has its name.
void rename_node_svm(Cluster& cluster, const std::string& name, const std::string& new_name) {
  auto moved = cluster.svms.extract(name);
  if (moved.empty()) return;
  const auto touch_all = [&](const Svm& svm) {
    cluster.touch(svm);
    for (const auto& [key, volume] : svm.volumes) cluster.touch(svm, volume);
  };
  touch_all(moved.mapped());
  moved.key() = moved.mapped().name = new_name;
  touch_all(cluster.svms.insert(std::move(moved)).position->second);
}

/// Settings that are kept by node: "NODE" or "NODE\n…".
void rename_node_settings(Cluster& cluster, const std::string& name, const std::string& new_name) {
  for (const char* table : {"sp-network", "autosupport", "sfo", "firewall", "ucm"}) {
    const auto rows = cluster.records.find(table);
    if (rows == cluster.records.end()) continue;
    for (auto at = rows->second.lower_bound(name); at != rows->second.end() && at->first.starts_with(name);) {
      const std::string rest = at->first.substr(name.size());
      if (!rest.empty() && rest[0] != '\n') {
        ++at;
        continue;
      }
      auto moved = rows->second.extract(at++);
      moved.key() = new_name + rest;
      rows->second.insert(std::move(moved));
      at = rows->second.lower_bound(name);
    }
  }
  if (auto clock = cluster.options.extract("compliance-clock:" + name); !clock.empty()) {
    clock.key() = "compliance-clock:" + new_name;
    cluster.options.insert(std::move(clock));
  }
}

}  // namespace

Result<void> rename_node(Cluster& cluster, const std::string& name, const std::string& new_name) {
  if (!cluster.nodes.contains(name)) return missing_entry();
  if (cluster.nodes.contains(new_name) || cluster.find_svm(new_name) != nullptr) return duplicate_entry();
  const bool good = !new_name.empty() && std::all_of(new_name.begin(), new_name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  if (!good) return refused("\"" + new_name + "\" is no name for a node.");
  auto moved = cluster.nodes.extract(name);
  moved.key() = moved.mapped().name = new_name;
  cluster.nodes.insert(std::move(moved));
  const auto follow = [&](std::string& text) {
    if (text == name) text = new_name;
  };
  for (auto& [key, node] : cluster.nodes) follow(node.partner);
  for (auto& [key, aggregate] : cluster.aggregates) {
    follow(aggregate.node);
    follow(aggregate.home_node);
    cluster.touch(aggregate);
  }
  std::map<std::pair<std::string, std::string>, Port> ports;
  for (auto& [key, port] : cluster.ports) {
    follow(port.node);
    ports.emplace(std::pair{port.node, key.second}, std::move(port));
  }
  cluster.ports = std::move(ports);
  for (auto& [key, domain] : cluster.broadcast_domains) {
    std::set<std::string> members;
    for (const std::string& port : domain.ports)
      members.insert(port.starts_with(name + ":") ? new_name + port.substr(name.size()) : port);
    domain.ports = std::move(members);
  }
  for (auto& [key, svm] : cluster.svms) {
    for (auto& [lif_name, lif] : svm.lifs) {
      follow(lif.home_node);
      follow(lif.current_node);
    }
    cluster.touch(svm);
  }
  for (auto& [id, job] : cluster.jobs) {
    follow(job.node);
    cluster.touch(job);
  }
  for (EmsEvent& event : cluster.events) follow(event.node);
  rename_node_svm(cluster, name, new_name);
  rename_node_settings(cluster, name, new_name);
  cluster.touch();
  return {};
}

}  // namespace ontap_sim::model
