#pragma once

#include "ontap-sim/model/cluster.h"

/// Ipspaces, broadcast domains, VLANs, subnets, LIFs and routes. Errors: 13130 duplicate, 15661 missing, 17 LIF exists,
/// 18605 port assigned already, 14636 unknown ipspace, 13001 with a sentence. Source: section 7.9 of the array's
/// specification.
namespace ontap_sim::model {

Result<void> create_ipspace(Cluster& cluster, const std::string& name);
Result<void> destroy_ipspace(Cluster& cluster, const std::string& name);
Result<void> assign_svm_to_ipspace(Cluster& cluster, const std::string& ipspace, const std::string& svm);

struct NewBroadcastDomain {
  std::string name{};
  std::string ipspace = "Default";
  int mtu = 1500;
  std::vector<std::string> ports{};  // "node:port"
};
Result<void> create_broadcast_domain(Cluster& cluster, const NewBroadcastDomain& spec);
Result<void> modify_broadcast_domain(Cluster& cluster, const std::string& ipspace, const std::string& name, int mtu);
Result<void> destroy_broadcast_domain(Cluster& cluster, const std::string& ipspace, const std::string& name);
Result<void> add_broadcast_ports(Cluster& cluster, const std::string& ipspace, const std::string& name,
                                 const std::vector<std::string>& ports);
Result<void> remove_broadcast_ports(Cluster& cluster, const std::string& ipspace, const std::string& name,
                                    const std::vector<std::string>& ports);

Result<void> create_vlan(Cluster& cluster, const std::string& node, const std::string& port, int vlan_id);
Result<void> delete_vlan(Cluster& cluster, const std::string& node, const std::string& port, int vlan_id);

/// Interface groups ("a0a"): ports of one node that belong to no broadcast domain, VLAN or other group.
struct NewPortGroup {
  std::string node{};
  std::string name{};
  std::string mode{};          // multimode, multimode_lacp, singlemode
  std::string distribution{};  // mac, ip, sequential, port
};
Result<void> create_port_group(Cluster& cluster, const NewPortGroup& spec);
Result<void> destroy_port_group(Cluster& cluster, const std::string& node, const std::string& name);
Result<void> add_group_port(Cluster& cluster, const std::string& node, const std::string& name,
                            const std::string& port);
Result<void> remove_group_port(Cluster& cluster, const std::string& node, const std::string& name,
                               const std::string& port);

Result<void> rename_ipspace(Cluster& cluster, const std::string& name, const std::string& new_name);
Result<void> rename_subnet(Cluster& cluster, const std::string& ipspace, const std::string& name,
                           const std::string& new_name);
Result<void> rename_lif(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name);

struct NewSubnet {
  std::string name{};
  std::string ipspace = "Default";
  std::string broadcast_domain{};
  std::string subnet{};  // "192.168.199.0/24"
  std::string gateway{};
  std::vector<std::string> ranges{};  // "192.168.199.100-192.168.199.150"
};
Result<void> create_subnet(Cluster& cluster, const NewSubnet& spec);
/// What is given replaces what is there; nothing of an empty field.
Result<void> modify_subnet(Cluster& cluster, const NewSubnet& spec);
Result<void> destroy_subnet(Cluster& cluster, const std::string& ipspace, const std::string& name);
struct SubnetCount {
  std::int64_t total = 0;
  std::int64_t used = 0;
};
SubnetCount count_subnet(const Cluster& cluster, const Subnet& subnet);

struct NewLif {
  std::string name{};
  std::string role = "data";
  std::vector<std::string> protocols{};  // empty = nfs, cifs
  std::string home_node{};
  std::string home_port{};
  std::string address{};
  std::string netmask{};   // either this ...
  int netmask_length = 0;  // ... or this ...
  std::string subnet{};    // ... or an address out of a subnet
  std::string firewall_policy{};
  std::string failover_policy{};
  std::string failover_group{};
  std::string dns_domain{};
  std::string service_policy{};
  std::string comment{};
  std::optional<bool> auto_revert{};
  bool admin_up = true;
  bool listen_for_dns = false;
};
Result<Lif*> create_lif(Cluster& cluster, Svm& svm, const NewLif& spec);
struct LifChange {
  std::optional<std::string> address, netmask, home_node, home_port, firewall_policy, failover_policy, failover_group,
      dns_domain, comment, service_policy{};
  std::optional<int> netmask_length{};
  std::optional<bool> admin_up{}, auto_revert{}, listen_for_dns{};
};
Result<void> modify_lif(Cluster& cluster, Svm& svm, const std::string& name, const LifChange& change);
Result<void> delete_lif(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> migrate_lif(Cluster& cluster, Svm& svm, const std::string& name, const std::string& node,
                         const std::string& port);
Result<void> revert_lif(Cluster& cluster, Svm& svm, const std::string& name);
/// Administratively up, port up, SVM running.
bool lif_operational(const Cluster& cluster, const Svm& svm, const Lif& lif);

Result<void> create_route(Cluster& cluster, Svm& svm, const Route& route);
Result<void> delete_route(Cluster& cluster, Svm& svm, const std::string& destination, const std::string& gateway);

/// Everything that names the node follows: aggregates, ports, LIFs, its own SVM, jobs, settings.
/// Errors: 15661 no such node, 13130 the name is taken, 13001 no name.
Result<void> rename_node(Cluster& cluster, const std::string& name, const std::string& new_name);

}  // namespace ontap_sim::model
