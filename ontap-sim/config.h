#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/result.h"

/// The `ontap:` section of LAB.yaml as plain values, and the cluster it describes. Every key has a default and an empty
/// file is the default lab (lab specification, section 4); a list that is given replaces the default list. Unknown keys
/// and values of a wrong type are errors that name file and line. Nesting is limited (512; the YAML library stops at
/// 500 by itself). The keys are listed in README.md.
namespace ontap_sim {

struct LifConfig {
  std::string name, address, netmask = "255.255.255.0", subnet, node, port, role = "data", firewall_policy,
                             failover_policy;
  std::vector<std::string> protocols;
};

struct ExportRuleConfig {
  std::string policy = "default", clientmatch = "0.0.0.0/0";
  std::vector<std::string> ro{"any"}, rw{"any"}, superuser{"any"}, protocols{"any"};
};

struct UserConfig {
  std::string name, password, role;
  std::vector<std::string> applications{"http", "ontapi", "ssh"};
};

struct VolumeConfig {
  std::string name, aggregate, junction, guarantee = "none";
  model::Bytes size = model::kGiB;
};

struct SvmConfig {
  std::string name, ipspace = "Default", root_aggregate, root_volume, security_style = "unix", language = "c.utf_8",
                    comment;
  std::vector<std::string> aggregates;  // aggr-list
  bool nfs = true;
  bool nfs_v4 = true;
  bool iscsi = true;
  std::vector<UserConfig> users;
  std::vector<LifConfig> lifs;
  std::vector<ExportRuleConfig> export_rules;
  std::vector<VolumeConfig> volumes;
};

struct SubnetConfig {
  std::string name, broadcast_domain, subnet, gateway;
  std::vector<std::string> ranges;
};
struct BroadcastDomainConfig {
  std::string name;
  int mtu = 1500;
  std::vector<std::string> ports;  // "node:port"
};
struct IpspaceConfig {
  std::string name;
  std::vector<BroadcastDomainConfig> broadcast_domains;
  std::vector<SubnetConfig> subnets;
};

/// How long answers take. Chance comes from the lab's seed. All zero: at once.
struct LatencyConfig {
  base::Duration fixed{0};
  base::Duration deviation{0};   // added: uniform between 0 and this
  double tail_probability = 0;   // this share of calls …
  base::Duration tail{0};        // … takes this much longer
  base::Duration per_object{0};  // times the number of records in an iterator's answer
  int at_most = 0;               // calls at a time; the others wait their turn; 0 = no limit
};

struct Config {
  model::ClusterSpec cluster;
  std::vector<std::string> vlans;  // "node:e2b-199"
  std::vector<IpspaceConfig> ipspaces;
  std::vector<SvmConfig> svms;
  std::vector<UserConfig> users;  // of the cluster, besides the administrator
  LatencyConfig latency;
  std::vector<std::string> faults;    // JSON texts of fault rules
  std::vector<std::string> commands;  // clustershell lines run at start, as the administrator
  model::Settings settings;
};

/// The default lab.
Config default_config();

/// Reads the `ontap:` section. `file` is the name in messages. Errors: invalid, "FILE:LINE: …".
base::Result<Config> parse_config(const std::string& yaml, const std::string& file);

/// Builds what the config describes into a fresh cluster. Errors: invalid, naming the object that is refused and why.
base::Result<void> populate(model::Cluster& cluster, const Config& config);

}  // namespace ontap_sim
