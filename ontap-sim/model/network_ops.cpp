#include "ontap-sim/model/network_ops.h"

#include <algorithm>

#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

using PortKey = std::pair<std::string, std::string>;

Result<PortKey> parse_port(const Cluster& cluster, const std::string& qualified) {
  const std::size_t colon = qualified.find(':');
  PortKey key{qualified.substr(0, colon), colon == std::string::npos ? "" : qualified.substr(colon + 1)};
  if (!cluster.ports.contains(key)) return refused("Port \"" + qualified + "\" does not exist.");
  return key;
}

bool lif_on_port(const Cluster& cluster, const std::string& node, const std::string& port) {
  for (const auto& [svm_name, svm] : cluster.svms) {
    for (const auto& [lif_name, lif] : svm.lifs) {
      if ((lif.home_node == node && lif.home_port == port) || (lif.current_node == node && lif.current_port == port))
        return true;
    }
  }
  return false;
}

Result<void> place_port(Cluster& cluster, const PortKey& key, const BroadcastDomain& domain) {
  Port& port = cluster.ports.at(key);
  if (!port.broadcast_domain.empty()) {
    return ModelError{
        Errno::port_in_broadcast_domain,
        "Port \"" + port.qualified() + "\" is already assigned to broadcast domain \"" + port.broadcast_domain + "\"."};
  }
  port.broadcast_domain = domain.name;
  port.ipspace = domain.ipspace;
  if (port.vlan_id == 0 || port.mtu > domain.mtu) port.mtu = domain.mtu;
  return {};
}

}  // namespace

Result<void> create_ipspace(Cluster& cluster, const std::string& name) {
  if (name.empty() || name.size() > 255 || name.find(' ') != std::string::npos)
    return refused("Invalid IPspace name \"" + name + "\".");
  if (cluster.ipspaces.contains(name)) return duplicate_entry();
  if (cluster.svms.contains(name))
    return refused("Vserver \"" + name + "\" already exists. Reason: the name is in use.");
  Ipspace ipspace{name, static_cast<std::int64_t>(cluster.counters.next_ipspace++), new_uuid(cluster.rng)};
  cluster.ipspaces.emplace(name, ipspace);
  Svm system;  // every ipspace contains a system SVM of its name
  system.name = name;
  system.uuid = new_uuid(cluster.rng);
  system.type = SvmType::system;
  system.ipspace = name;
  cluster.touch(cluster.svms.emplace(name, std::move(system)).first->second);
  cluster.touch();
  return {};
}

Result<void> destroy_ipspace(Cluster& cluster, const std::string& name) {
  if (!cluster.ipspaces.contains(name))
    return ModelError{Errno::ipspace_does_not_exist, "IPspace \"" + name + "\" does not exist."};
  if (name == "Default" || name == "Cluster") return refused("IPspace \"" + name + "\" cannot be deleted.");
  for (const auto& [svm_name, svm] : cluster.svms) {
    if (svm.ipspace == name && svm.type != SvmType::system) {
      return refused("IPspace \"" + name + "\" cannot be deleted because Vserver \"" + svm_name + "\" is using it.");
    }
  }
  for (const auto& [key, domain] : cluster.broadcast_domains) {
    if (key.first == name) {
      return refused("IPspace \"" + name + "\" cannot be deleted because broadcast domain \"" + key.second +
                     "\" is using it.");
    }
  }
  for (auto& [key, port] : cluster.ports) {
    if (port.ipspace == name) port.ipspace = "Default";
  }
  cluster.ipspaces.erase(name);
  if (const Svm* system = cluster.find_svm(name)) {
    cluster.touch(*system);
    cluster.svms.erase(name);
  }
  cluster.touch();
  return {};
}

Result<void> assign_svm_to_ipspace(Cluster& cluster, const std::string& ipspace, const std::string& name) {
  if (!cluster.ipspaces.contains(ipspace)) {
    return ModelError{Errno::ipspace_does_not_exist, "IPspace \"" + ipspace + "\" does not exist."};
  }
  Svm* svm = cluster.find_svm(name);
  if (svm == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  if (svm->type != SvmType::data) return refused("Vserver \"" + name + "\" is not a data Vserver.");
  if (!svm->lifs.empty() && svm->ipspace != ipspace) {
    return refused("Vserver \"" + name + "\" cannot be assigned to another IPspace while it has LIFs.");
  }
  svm->ipspace = ipspace;
  cluster.touch(*svm);
  return {};
}

Result<void> create_broadcast_domain(Cluster& cluster, const NewBroadcastDomain& spec) {
  if (!cluster.ipspaces.contains(spec.ipspace)) {
    return ModelError{Errno::ipspace_does_not_exist, "IPspace \"" + spec.ipspace + "\" does not exist."};
  }
  const PortKey key{spec.ipspace, spec.name};
  if (cluster.broadcast_domains.contains(key)) return duplicate_entry();
  if (spec.mtu < 68 || spec.mtu > 9000)
    return invalid_value("mtu", "net-port-broadcast-domain-create", std::to_string(spec.mtu));
  BroadcastDomain domain{spec.name, spec.ipspace, spec.mtu, {}};
  std::vector<PortKey> ports;
  for (const std::string& name : spec.ports) {
    auto port = parse_port(cluster, name);
    if (!port) return port.error();
    if (!cluster.ports.at(*port).broadcast_domain.empty()) return place_port(cluster, *port, domain);
    ports.push_back(*port);
  }
  for (const PortKey& port : ports) {
    if (auto placed = place_port(cluster, port, domain); !placed) return placed;
    domain.ports.insert(port.first + ":" + port.second);
  }
  cluster.broadcast_domains.emplace(key, std::move(domain));
  cluster.touch();
  return {};
}

Result<void> modify_broadcast_domain(Cluster& cluster, const std::string& ipspace, const std::string& name, int mtu) {
  const auto at = cluster.broadcast_domains.find({ipspace, name});
  if (at == cluster.broadcast_domains.end()) return missing_entry();
  if (mtu < 68 || mtu > 9000) return invalid_value("mtu", "net-port-broadcast-domain-modify", std::to_string(mtu));
  at->second.mtu = mtu;
  for (auto& [key, port] : cluster.ports) {
    if (port.ipspace == ipspace && port.broadcast_domain == name) port.mtu = mtu;
  }
  cluster.touch();
  return {};
}

Result<void> destroy_broadcast_domain(Cluster& cluster, const std::string& ipspace, const std::string& name) {
  const auto at = cluster.broadcast_domains.find({ipspace, name});
  if (at == cluster.broadcast_domains.end()) return missing_entry();
  for (const auto& [key, subnet] : cluster.subnets) {
    if (key.first == ipspace && subnet.broadcast_domain == name) {
      return refused("Broadcast domain \"" + name + "\" cannot be deleted because subnet \"" + key.second +
                     "\" is using it.");
    }
  }
  for (const std::string& qualified : at->second.ports) {
    const auto port = parse_port(cluster, qualified);
    if (port && lif_on_port(cluster, port->first, port->second)) {
      return refused("Broadcast domain \"" + name + "\" cannot be deleted because port \"" + qualified +
                     "\" has LIFs.");
    }
  }
  for (auto& [key, port] : cluster.ports) {
    if (port.ipspace == ipspace && port.broadcast_domain == name) port.broadcast_domain.clear();
  }
  cluster.broadcast_domains.erase(at);
  cluster.touch();
  return {};
}

Result<void> add_broadcast_ports(Cluster& cluster, const std::string& ipspace, const std::string& name,
                                 const std::vector<std::string>& ports) {
  const auto at = cluster.broadcast_domains.find({ipspace, name});
  if (at == cluster.broadcast_domains.end()) return missing_entry();
  for (const std::string& qualified : ports) {
    const auto port = parse_port(cluster, qualified);
    if (!port) return port.error();
    if (auto placed = place_port(cluster, *port, at->second); !placed) return placed;
    at->second.ports.insert(qualified);
    cluster.touch();
  }
  return {};
}

Result<void> remove_broadcast_ports(Cluster& cluster, const std::string& ipspace, const std::string& name,
                                    const std::vector<std::string>& ports) {
  const auto at = cluster.broadcast_domains.find({ipspace, name});
  if (at == cluster.broadcast_domains.end()) return missing_entry();
  for (const std::string& qualified : ports) {
    const auto port = parse_port(cluster, qualified);
    if (!port) return port.error();
    if (!at->second.ports.contains(qualified)) {
      return refused("Port \"" + qualified + "\" is not in broadcast domain \"" + name + "\".");
    }
    if (lif_on_port(cluster, port->first, port->second))
      return refused("Port \"" + qualified + "\" has LIFs and cannot be removed.");
  }
  for (const std::string& qualified : ports) {
    cluster.ports.at(*parse_port(cluster, qualified)).broadcast_domain.clear();
    at->second.ports.erase(qualified);
  }
  cluster.touch();
  return {};
}

Result<void> create_vlan(Cluster& cluster, const std::string& node, const std::string& port, int vlan_id) {
  const auto parent = cluster.ports.find({node, port});
  if (parent == cluster.ports.end() || parent->second.type == "vlan") {
    return refused("Port \"" + port + "\" on node \"" + node + "\" does not exist or cannot carry VLANs.");
  }
  if (vlan_id < 1 || vlan_id > 4094) return invalid_value("vlanid", "vlan-info", std::to_string(vlan_id));
  const std::string name = port + "-" + std::to_string(vlan_id);
  if (cluster.ports.contains({node, name})) return duplicate_entry();
  Port vlan = parent->second;
  vlan.name = name;
  vlan.type = "vlan";
  vlan.vlan_id = vlan_id;
  vlan.vlan_parent = port;
  vlan.members.clear();
  vlan.broadcast_domain.clear();
  vlan.ipspace = "Default";
  cluster.ports.emplace(PortKey{node, name}, std::move(vlan));
  cluster.touch();
  return {};
}

Result<void> delete_vlan(Cluster& cluster, const std::string& node, const std::string& port, int vlan_id) {
  const std::string name = port + "-" + std::to_string(vlan_id);
  const auto at = cluster.ports.find({node, name});
  if (at == cluster.ports.end()) return missing_entry();
  if (lif_on_port(cluster, node, name)) return refused("port already has a lif bound");
  for (auto& [key, domain] : cluster.broadcast_domains) domain.ports.erase(at->second.qualified());
  cluster.ports.erase(at);
  cluster.touch();
  return {};
}

Result<void> create_subnet(Cluster& cluster, const NewSubnet& spec) {
  if (!cluster.ipspaces.contains(spec.ipspace)) {
    return ModelError{Errno::ipspace_does_not_exist, "IPspace \"" + spec.ipspace + "\" does not exist."};
  }
  if (!cluster.broadcast_domains.contains({spec.ipspace, spec.broadcast_domain})) {
    return refused("Broadcast domain \"" + spec.broadcast_domain + "\" does not exist in IPspace \"" + spec.ipspace +
                   "\".");
  }
  if (cluster.subnets.contains({spec.ipspace, spec.name})) return duplicate_entry();
  Subnet subnet{spec.name, spec.ipspace, spec.broadcast_domain, 0, 0, spec.gateway, {}};
  const std::size_t slash = spec.subnet.find('/');
  const auto network = parse_ipv4(spec.subnet.substr(0, slash));
  const auto length = slash == std::string::npos ? std::nullopt : base::parse_unsigned(spec.subnet.substr(slash + 1));
  if (!network || !length || *length > 31 || *length < 1)
    return invalid_value("subnet", "net-subnet-create", spec.subnet);
  subnet.prefix_length = static_cast<int>(*length);
  const std::uint32_t mask = ~std::uint32_t{0} << (32 - subnet.prefix_length);
  subnet.network = *network & mask;
  const auto inside = [&](std::uint32_t address) { return (address & mask) == subnet.network; };
  if (!spec.gateway.empty()) {
    const auto gateway = parse_ipv4(spec.gateway);
    if (!gateway || !inside(*gateway))
      return refused("Gateway \"" + spec.gateway + "\" is not in subnet \"" + spec.subnet + "\".");
  }
  for (const std::string& text : spec.ranges) {
    const std::size_t dash = text.find('-');
    const auto first = parse_ipv4(base::trim(std::string_view(text).substr(0, dash)));
    const auto last =
        dash == std::string::npos ? first : parse_ipv4(base::trim(std::string_view(text).substr(dash + 1)));
    if (!first || !last || *first > *last || !inside(*first) || !inside(*last)) {
      return refused("The specified IP range \"" + text + "\" is not valid for subnet \"" + spec.subnet + "\".");
    }
    subnet.ranges.push_back({*first, *last});
  }
  cluster.subnets.emplace(PortKey{spec.ipspace, spec.name}, std::move(subnet));
  cluster.touch();
  return {};
}

Result<void> destroy_subnet(Cluster& cluster, const std::string& ipspace, const std::string& name) {
  const auto at = cluster.subnets.find({ipspace, name});
  if (at == cluster.subnets.end()) return missing_entry();
  if (count_subnet(cluster, at->second).used > 0)
    return refused("Subnet \"" + name + "\" cannot be deleted because LIFs use its addresses.");
  cluster.subnets.erase(at);
  cluster.touch();
  return {};
}

SubnetCount count_subnet(const Cluster& cluster, const Subnet& subnet) {
  SubnetCount count;
  for (const IpRange& range : subnet.ranges) {
    count.total += static_cast<std::int64_t>(range.last) - static_cast<std::int64_t>(range.first) + 1;
    for (const auto& [address, ref] : cluster.lif_by_address) {
      const auto number = parse_ipv4(address);
      const Svm* svm = cluster.find_svm(ref.svm);
      if (number && svm != nullptr && svm->ipspace == subnet.ipspace && *number >= range.first && *number <= range.last)
        ++count.used;
    }
  }
  return count;
}

}  // namespace ontap_sim::model
