// Logical interfaces and routes.
#include <algorithm>

#include "ontap-sim/model/network_ops.h"

namespace ontap_sim::model {
namespace {

bool address_used(const Cluster& cluster, const std::string& ipspace, const std::string& address) {
  const auto at = cluster.lif_by_address.find(address);
  if (at == cluster.lif_by_address.end()) return false;
  if (const Svm* owner = cluster.find_svm(at->second.svm); owner != nullptr && owner->ipspace == ipspace) return true;
  for (const auto& [name, svm] : cluster.svms) {  // the same address in several ipspaces: rare, so look at all
    if (svm.ipspace != ipspace) continue;
    for (const auto& [lif_name, lif] : svm.lifs) {
      if (lif.address == address) return true;
    }
  }
  return false;
}

void index_address(Cluster& cluster, const Svm& svm, const Lif& lif) {
  if (!lif.address.empty()) cluster.lif_by_address.try_emplace(lif.address, LifRef{svm.name, lif.name});
}

void unindex_address(Cluster& cluster, const Svm& svm, const Lif& lif) {
  const auto at = cluster.lif_by_address.find(lif.address);
  if (at != cluster.lif_by_address.end() && at->second.svm == svm.name && at->second.lif == lif.name)
    cluster.lif_by_address.erase(at);
}

std::optional<std::uint32_t> free_address(const Cluster& cluster, const Subnet& subnet) {
  for (const IpRange& range : subnet.ranges) {
    for (std::uint32_t address = range.first;; ++address) {
      if (!address_used(cluster, subnet.ipspace, ipv4_text(address))) return address;
      if (address == range.last) break;
    }
  }
  return std::nullopt;
}

std::string default_failover_policy(const Lif& lif) {
  if (lif.protocols.contains("iscsi") || lif.protocols.contains("fcp")) return "disabled";
  if (lif.role == "cluster_mgmt") return "broadcast_domain_wide";
  if (lif.role == "node_mgmt" || lif.role == "cluster" || lif.role == "intercluster") return "local_only";
  return "system_defined";
}

}  // namespace

Result<Lif*> create_lif(Cluster& cluster, Svm& svm, const NewLif& spec) {
  if (spec.name.empty() || spec.name.size() > 255)
    return invalid_value("interface-name", "net-interface-create", spec.name);
  if (svm.lifs.contains(spec.name)) {
    return ModelError{Errno::eexist, "Vserver \"" + svm.name + "\" already has a LIF named \"" + spec.name + "\"."};
  }
  const auto port = cluster.ports.find({spec.home_node, spec.home_port});
  if (!cluster.nodes.contains(spec.home_node)) return refused("Node \"" + spec.home_node + "\" does not exist.");
  if (port == cluster.ports.end()) {
    return refused("The port \"" + spec.home_port + "\" does not exist on node \"" + spec.home_node + "\".");
  }
  if (port->second.ipspace != svm.ipspace) {
    return refused("Port \"" + spec.home_port + "\" on node \"" + spec.home_node + "\" is in IPspace \"" +
                   port->second.ipspace + "\", but Vserver \"" + svm.name + "\" is in IPspace \"" + svm.ipspace +
                   "\".");
  }
  Lif lif;
  lif.name = spec.name;
  lif.role = spec.role;
  lif.protocols.insert(spec.protocols.begin(), spec.protocols.end());
  if (lif.role == "data" && lif.protocols.empty()) lif.protocols = {"nfs", "cifs"};
  if (lif.role != "data") lif.protocols = {"none"};
  const bool san = lif.protocols.contains("iscsi") || lif.protocols.contains("fcp");
  if (san && (lif.protocols.contains("nfs") || lif.protocols.contains("cifs"))) {
    return refused("A LIF cannot serve both NAS and SAN protocols.");
  }
  const bool fcp = lif.protocols.contains("fcp");
  if (!spec.subnet.empty()) {
    const auto at = cluster.subnets.find({svm.ipspace, spec.subnet});
    if (at == cluster.subnets.end())
      return refused("Subnet \"" + spec.subnet + "\" does not exist in IPspace \"" + svm.ipspace + "\".");
    const Subnet& subnet = at->second;
    if (port->second.broadcast_domain != subnet.broadcast_domain) {
      return refused("Port \"" + spec.home_port + "\" is not in broadcast domain \"" + subnet.broadcast_domain +
                     "\" of subnet \"" + spec.subnet + "\".");
    }
    lif.subnet = spec.subnet;
    lif.netmask_length = subnet.prefix_length;
    if (spec.address.empty()) {
      const auto address = free_address(cluster, subnet);
      if (!address) return refused("There are no available IP addresses in subnet \"" + spec.subnet + "\".");
      lif.address = ipv4_text(*address);
    } else {
      const auto address = parse_ipv4(spec.address);
      const std::uint32_t mask = ~std::uint32_t{0} << (32 - subnet.prefix_length);
      if (!address || (*address & mask) != subnet.network) {
        return refused("Address \"" + spec.address + "\" is not in subnet \"" + spec.subnet + "\".");
      }
      lif.address = spec.address;
    }
  } else if (!fcp) {
    if (spec.address.empty()) return refused("An IP address or a subnet name must be given.");
    if (!parse_ipv4(spec.address) && spec.address.find(':') == std::string::npos) {
      return invalid_value("address", "net-interface-create", spec.address);
    }
    if (!spec.netmask.empty()) {
      const auto length = netmask_length(spec.netmask);
      if (!length) return invalid_value("netmask", "net-interface-create", spec.netmask);
      lif.netmask_length = *length;
    } else if (spec.netmask_length > 0 && spec.netmask_length <= 128) {
      lif.netmask_length = spec.netmask_length;
    } else {
      return refused("A netmask or a netmask length must be given.");
    }
    lif.address = spec.address;
  }
  if (!lif.address.empty() && address_used(cluster, svm.ipspace, lif.address)) {
    return refused("Duplicate address: IP address \"" + lif.address + "\" is already in use in IPspace \"" +
                   svm.ipspace + "\".");
  }
  lif.home_node = lif.current_node = spec.home_node;
  lif.home_port = lif.current_port = spec.home_port;
  lif.firewall_policy = spec.firewall_policy;
  if (lif.firewall_policy.empty()) {
    lif.firewall_policy = lif.role == "data"           ? (lif.protocols.contains("none") ? "mgmt" : "data")
                          : lif.role == "intercluster" ? "intercluster"
                          : lif.role == "cluster"      ? "cluster"
                                                       : "mgmt";
  }
  lif.failover_policy = spec.failover_policy.empty() || san ? default_failover_policy(lif) : spec.failover_policy;
  lif.failover_group = spec.failover_group.empty() ? port->second.broadcast_domain : spec.failover_group;
  lif.auto_revert = !san && spec.auto_revert.value_or(lif.role != "data");
  lif.admin_up = spec.admin_up;
  lif.service_policy = spec.service_policy;
  if (!spec.dns_domain.empty()) lif.dns_domain = spec.dns_domain;
  lif.listen_for_dns = spec.listen_for_dns;
  lif.comment = spec.comment;
  lif.uuid = new_uuid(cluster.rng);
  if (lif.protocols.contains("iscsi")) lif.tpgroup_tag = static_cast<std::int32_t>(cluster.counters.next_tpgroup++);
  if (fcp) {
    const std::string digits = lif.uuid.digits();
    lif.wwpn = "20:" + digits.substr(0, 2);
    for (std::size_t i = 2; i < 14; i += 2) lif.wwpn += ":" + digits.substr(i, 2);
  }
  Lif& placed = svm.lifs.emplace(spec.name, std::move(lif)).first->second;
  index_address(cluster, svm, placed);
  if (!placed.subnet.empty()) {
    const Subnet& subnet = cluster.subnets.at({svm.ipspace, placed.subnet});
    const bool has_default =
        std::any_of(svm.routes.begin(), svm.routes.end(), [](const Route& r) { return r.destination == "0.0.0.0/0"; });
    if (!subnet.gateway.empty() && !has_default) svm.routes.push_back({"0.0.0.0/0", subnet.gateway, 20});
  }
  cluster.touch(svm);
  cluster.changes.insert({ObjectKind::counters, "", ""});
  return &placed;
}

Result<void> modify_lif(Cluster& cluster, Svm& svm, const std::string& name, const LifChange& change) {
  const auto at = svm.lifs.find(name);
  if (at == svm.lifs.end()) return missing_entry();
  Lif changed = at->second;
  if (change.home_node) changed.home_node = *change.home_node;
  if (change.home_port) changed.home_port = *change.home_port;
  if (!cluster.ports.contains({changed.home_node, changed.home_port})) {
    return refused("The port \"" + changed.home_port + "\" does not exist on node \"" + changed.home_node + "\".");
  }
  if (change.netmask) {
    const auto length = netmask_length(*change.netmask);
    if (!length) return invalid_value("netmask", "net-interface-modify", *change.netmask);
    changed.netmask_length = *length;
  }
  if (change.netmask_length) changed.netmask_length = *change.netmask_length;
  if (change.address && *change.address != changed.address) {
    if (!parse_ipv4(*change.address)) return invalid_value("address", "net-interface-modify", *change.address);
    if (address_used(cluster, svm.ipspace, *change.address))
      return refused("Duplicate address: IP address \"" + *change.address + "\" is in use.");
    changed.address = *change.address;
  }
  if (change.firewall_policy) changed.firewall_policy = *change.firewall_policy;
  if (change.failover_policy) changed.failover_policy = *change.failover_policy;
  if (change.failover_group) changed.failover_group = *change.failover_group;
  if (change.dns_domain) changed.dns_domain = *change.dns_domain;
  if (change.comment) changed.comment = *change.comment;
  if (change.service_policy) changed.service_policy = *change.service_policy;
  if (change.admin_up) changed.admin_up = *change.admin_up;
  if (change.auto_revert) changed.auto_revert = *change.auto_revert;
  if (change.listen_for_dns) changed.listen_for_dns = *change.listen_for_dns;
  unindex_address(cluster, svm, at->second);
  at->second = std::move(changed);
  index_address(cluster, svm, at->second);
  cluster.touch(svm);
  return {};
}

Result<void> delete_lif(Cluster& cluster, Svm& svm, const std::string& name) {
  const auto at = svm.lifs.find(name);
  if (at == svm.lifs.end()) return missing_entry();
  unindex_address(cluster, svm, at->second);
  svm.lifs.erase(at);
  cluster.touch(svm);
  return {};
}

Result<void> migrate_lif(Cluster& cluster, Svm& svm, const std::string& name, const std::string& node,
                         const std::string& port) {
  const auto at = svm.lifs.find(name);
  if (at == svm.lifs.end()) return missing_entry();
  const auto target = cluster.ports.find({node, port});
  if (target == cluster.ports.end())
    return refused("The port \"" + port + "\" does not exist on node \"" + node + "\".");
  if (at->second.protocols.contains("iscsi") || at->second.protocols.contains("fcp"))
    return refused("A LIF for SAN cannot be migrated.");
  if (target->second.ipspace != svm.ipspace)
    return refused("Port \"" + port + "\" is not in IPspace \"" + svm.ipspace + "\".");
  at->second.current_node = node;
  at->second.current_port = port;
  cluster.touch(svm);
  return {};
}

Result<void> revert_lif(Cluster& cluster, Svm& svm, const std::string& name) {
  const auto at = svm.lifs.find(name);
  if (at == svm.lifs.end()) return missing_entry();
  at->second.current_node = at->second.home_node;
  at->second.current_port = at->second.home_port;
  cluster.touch(svm);
  return {};
}

bool lif_operational(const Cluster& cluster, const Svm& svm, const Lif& lif) {
  const auto port = cluster.ports.find({lif.current_node, lif.current_port});
  const bool port_up = port != cluster.ports.end() && port->second.up && port->second.admin_up;
  return lif.admin_up && port_up && svm.state == "running";
}

Result<void> create_route(Cluster& cluster, Svm& svm, const Route& route) {
  for (const Route& have : svm.routes) {
    if (have.destination == route.destination && have.gateway == route.gateway) {
      return refused("Duplicate route exists: a route to \"" + route.destination + "\" by \"" + route.gateway +
                     "\" already exists");
    }
  }
  const std::size_t slash = route.destination.find('/');
  if (slash == std::string::npos ||
      (!parse_ipv4(route.destination.substr(0, slash)) && route.destination.find(':') == std::string::npos)) {
    return invalid_value("destination", "net-routes-create", route.destination);
  }
  if (!parse_ipv4(route.gateway) && route.gateway.find(':') == std::string::npos)
    return invalid_value("gateway", "net-routes-create", route.gateway);
  svm.routes.push_back(route);
  cluster.touch(svm);
  return {};
}

Result<void> delete_route(Cluster& cluster, Svm& svm, const std::string& destination, const std::string& gateway) {
  const auto at = std::find_if(svm.routes.begin(), svm.routes.end(),
                               [&](const Route& r) { return r.destination == destination && r.gateway == gateway; });
  if (at == svm.routes.end()) return missing_entry();
  svm.routes.erase(at);
  cluster.touch(svm);
  return {};
}

}  // namespace ontap_sim::model
