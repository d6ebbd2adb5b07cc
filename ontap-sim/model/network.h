#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ontap-sim/model/types.h"

/// Ports, VLANs, ipspaces, broadcast domains, subnets and logical interfaces. Plain data; operations are in
/// network_ops.h. Lists of ports hold qualified names ("node:port"). Source: net-* record types of ONTAP.
namespace ontap_sim::model {

struct Port {
  std::string node{};
  std::string name{};
  std::string type = "physical";  // physical, vlan, if_group
  std::string ipspace = "Default";
  std::string broadcast_domain{};  // "" = in none
  std::string mac{};
  std::string speed = "10000";
  int mtu = 1500;
  int vlan_id = 0;
  std::string vlan_parent{};
  /// What net-port-modify sets: administrative-flowcontrol, -speed, -duplex, is-administrative-auto-negotiate …
  std::map<std::string, std::string> administrative{};
  /// Of an interface group: how its members share the load, and their names.
  std::string group_mode{};
  std::string group_distribution{};
  std::set<std::string> members{};
  bool up = true;  // the link
  bool admin_up = true;

  std::string qualified() const { return node + ":" + name; }
};

struct Ipspace {
  std::string name{};
  std::int64_t id = 0;
  Uuid uuid{};
};

struct BroadcastDomain {
  std::string name{};
  std::string ipspace{};
  int mtu = 1500;
  std::set<std::string> ports{};  // qualified
};

struct IpRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

struct Subnet {
  std::string name{};
  std::string ipspace{};
  std::string broadcast_domain{};
  std::uint32_t network = 0;
  int prefix_length = 24;
  std::string gateway{};
  std::vector<IpRange> ranges{};
};

struct Lif {
  std::string name{};
  std::string address{};
  int netmask_length = 24;
  std::string role = "data";          // data, cluster, cluster_mgmt, node_mgmt, intercluster
  std::set<std::string> protocols{};  // nfs, cifs, iscsi, fcp, none
  std::string home_node{};
  std::string home_port{};
  std::string current_node{};
  std::string current_port{};
  std::string firewall_policy = "data";
  std::string failover_policy = "system_defined";
  std::string failover_group{};
  std::string subnet{};
  std::string service_policy{};
  std::string dns_domain = "none";
  std::string comment{};
  std::string wwpn{};
  Uuid uuid{};
  std::int32_t tpgroup_tag = 0;
  bool admin_up = true;
  bool auto_revert = false;
  bool listen_for_dns = false;

  bool is_home() const { return home_node == current_node && home_port == current_port; }
  /// ZAPI may come in here: a management role, or firewall policy "mgmt".
  bool management() const { return role == "cluster_mgmt" || role == "node_mgmt" || firewall_policy == "mgmt"; }
};

struct Route {
  std::string destination = "0.0.0.0/0";
  std::string gateway{};
  int metric = 20;
};

struct Dns {
  std::vector<std::string> domains{};
  std::vector<std::string> servers{};
  bool enabled = true;
  int attempts = 1;
  int timeout = 2;
};

}  // namespace ontap_sim::model
