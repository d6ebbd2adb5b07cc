// The cluster that a config describes, built with the same operations that clients use.
#include "ontap-sim/config.h"
#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/nas_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

using Outcome = base::Result<void>;

base::Error refusal(const std::string& what, const model::ModelError& error) {
  return {base::ErrorKind::invalid, what + ": " + error.reason};
}

template <class T>
Outcome checked(const std::string& what, const model::Result<T>& result) {
  if (!result) return refusal(what, result.error());
  return {};
}

struct QualifiedPort {
  std::string node;
  std::string port;
};
std::optional<QualifiedPort> parse_port(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return QualifiedPort{text.substr(0, colon), text.substr(colon + 1)};
}

Outcome add_vlans(model::Cluster& cluster, const Config& config) {
  for (const std::string& vlan : config.vlans) {
    const auto port = parse_port(vlan);
    if (!port) continue;
    const std::size_t dash = port->port.rfind('-');
    const auto id = base::parse_unsigned(port->port.substr(dash + 1));
    auto made = checked("VLAN port " + vlan, model::create_vlan(cluster, port->node, port->port.substr(0, dash),
                                                                static_cast<int>(id.value_or(0))));
    if (!made) return made;
  }
  return {};
}

// A fresh cluster has its ports in the domain Default; a domain of the config takes them over.
Outcome add_domain(model::Cluster& cluster, const std::string& ipspace, const BroadcastDomainConfig& domain) {
  const std::string what = "broadcast domain " + domain.name;
  for (const std::string& text : domain.ports) {
    const auto name = parse_port(text);
    const auto port = name ? cluster.ports.find({name->node, name->port}) : cluster.ports.end();
    if (port == cluster.ports.end())
      return base::Error{base::ErrorKind::invalid,
                         what + ": there is no port \"" + text + "\" (ports are named node:port)"};
    if (port->second.broadcast_domain.empty()) continue;
    auto freed = checked(
        what, model::remove_broadcast_ports(cluster, port->second.ipspace, port->second.broadcast_domain, {text}));
    if (!freed) return freed;
  }
  if (!cluster.broadcast_domains.contains({ipspace, domain.name})) {
    return checked(what,
                   model::create_broadcast_domain(
                       cluster, {.name = domain.name, .ipspace = ipspace, .mtu = domain.mtu, .ports = domain.ports}));
  }
  if (domain.ports.empty()) return {};
  return checked(what, model::add_broadcast_ports(cluster, ipspace, domain.name, domain.ports));
}

Outcome add_ipspaces(model::Cluster& cluster, const Config& config) {
  for (const IpspaceConfig& ipspace : config.ipspaces) {
    if (!cluster.ipspaces.contains(ipspace.name)) {
      if (auto made = checked("ipspace " + ipspace.name, model::create_ipspace(cluster, ipspace.name)); !made)
        return made;
    }
    for (const BroadcastDomainConfig& domain : ipspace.broadcast_domains) {
      if (auto made = add_domain(cluster, ipspace.name, domain); !made) return made;
    }
    for (const SubnetConfig& subnet : ipspace.subnets) {
      const std::string domain = subnet.broadcast_domain.empty() && !ipspace.broadcast_domains.empty()
                                     ? ipspace.broadcast_domains[0].name
                                     : subnet.broadcast_domain;
      const model::NewSubnet spec{.name = subnet.name,
                                  .ipspace = ipspace.name,
                                  .broadcast_domain = domain,
                                  .subnet = subnet.subnet,
                                  .gateway = subnet.gateway,
                                  .ranges = subnet.ranges};
      if (auto made = checked("subnet " + subnet.name, model::create_subnet(cluster, spec)); !made) return made;
    }
  }
  return {};
}

Outcome add_user(model::Cluster& cluster, const std::string& svm, const UserConfig& user,
                 const std::string& default_role) {
  const std::string what = "user " + user.name;
  if (!cluster.users.contains({svm, user.name})) {
    for (const std::string& application : user.applications) {
      const model::AccountKey key{.svm = svm, .user = user.name, .application = application, .method = "password"};
      if (auto made = checked(
              what, model::create_account(cluster, key, user.role.empty() ? default_role : user.role, user.password));
          !made)
        return made;
    }
    return {};
  }
  if (!user.password.empty()) {
    if (auto set = checked(what, model::set_password(cluster, svm, user.name, user.password)); !set) return set;
  }
  if (!cluster.users.at({svm, user.name}).locked) return {};
  return checked(what, model::unlock_user(cluster, svm, user.name));
}

Outcome add_lif(model::Cluster& cluster, model::Svm& svm, const LifConfig& lif) {
  model::NewLif spec;
  spec.name = lif.name;
  spec.role = base::replace_all(lif.role, "-", "_");
  spec.protocols = lif.protocols;
  spec.home_node = lif.node.empty() ? cluster.nodes.begin()->first : lif.node;
  spec.home_port = lif.port.empty() ? "e0c" : lif.port;
  spec.address = lif.address;
  spec.netmask = lif.address.empty() ? std::string() : lif.netmask;
  spec.subnet = lif.subnet;
  spec.firewall_policy = lif.firewall_policy;
  spec.failover_policy = base::replace_all(lif.failover_policy, "-", "_");
  return checked("LIF " + lif.name, model::create_lif(cluster, svm, spec));
}

Outcome add_services(model::Cluster& cluster, model::Svm& svm, const SvmConfig& config) {
  if (config.nfs) {
    if (auto made =
            checked("NFS of SVM " + svm.name,
                    model::create_nfs(cluster, svm, {{"is-nfsv40-enabled", config.nfs_v4 ? "true" : "false"}}, false));
        !made)
      return made;
  }
  if (config.iscsi) {
    if (auto made = checked("iSCSI of SVM " + svm.name, model::create_iscsi(cluster, svm, "", true)); !made)
      return made;
  }
  for (const ExportRuleConfig& rule : config.export_rules) {
    if (!svm.export_policies.contains(rule.policy)) {
      if (auto made = checked("export policy " + rule.policy, model::create_export_policy(cluster, svm, rule.policy));
          !made)
        return made;
    }
    model::ExportRule made;
    made.client_match = rule.clientmatch;
    made.protocols = rule.protocols;
    made.ro = rule.ro;
    made.rw = rule.rw;
    made.superuser = rule.superuser;
    if (auto added = checked("export rule of " + rule.policy,
                             model::create_export_rule(cluster, svm, rule.policy, std::nullopt, made));
        !added)
      return added;
  }
  return {};
}

Outcome add_volume(model::Cluster& cluster, model::Svm& svm, const VolumeConfig& config) {
  model::NewVolume spec;
  spec.name = config.name;
  spec.aggregate = config.aggregate.empty() ? svm.root_aggregate : config.aggregate;
  spec.size = config.size;
  spec.junction_path = config.junction;
  const auto guarantee = model::parse_guarantee(config.guarantee);
  if (!guarantee)
    return base::Error{base::ErrorKind::invalid,
                       "volume " + config.name + ": \"" + config.guarantee + "\" is no guarantee (none, file, volume)"};
  spec.guarantee = *guarantee;
  return checked("volume " + config.name, model::create_volume(cluster, svm, spec));
}

Outcome add_svm(model::Cluster& cluster, const SvmConfig& config) {
  model::NewSvm spec;
  spec.name = config.name;
  spec.root_volume = config.root_volume.empty() ? config.name + "_root" : config.root_volume;
  spec.root_aggregate = config.root_aggregate;
  if (spec.root_aggregate.empty() && !config.aggregates.empty()) spec.root_aggregate = config.aggregates[0];
  spec.root_security_style = config.security_style;
  spec.ipspace = config.ipspace;
  spec.language = config.language;
  spec.comment = config.comment;
  const auto created = model::create_svm(cluster, spec);
  if (!created) return refusal("SVM " + config.name, created.error());
  model::Svm& svm = **created;
  model::SvmChange change;
  change.aggregates = config.aggregates;
  if (auto changed = checked("aggregates of SVM " + config.name, model::modify_svm(cluster, config.name, change));
      !changed)
    return changed;
  if (auto added = add_services(cluster, svm, config); !added) return added;
  for (const LifConfig& lif : config.lifs) {
    if (auto added = add_lif(cluster, svm, lif); !added) return added;
  }
  for (const UserConfig& user : config.users) {
    if (auto added = add_user(cluster, config.name, user, "vsadmin"); !added) return added;
  }
  for (const VolumeConfig& volume : config.volumes) {
    if (auto added = add_volume(cluster, svm, volume); !added) return added;
  }
  return {};
}

}  // namespace

Outcome populate(model::Cluster& cluster, const Config& config) {
  cluster.settings = config.settings;
  if (auto built = checked("cluster", model::build(cluster, config.cluster)); !built) return built;
  if (auto added = add_vlans(cluster, config); !added) return added;
  if (auto added = add_ipspaces(cluster, config); !added) return added;
  for (const SvmConfig& svm : config.svms) {
    if (auto added = add_svm(cluster, svm); !added) return added;
  }
  for (const UserConfig& user : config.users) {
    if (auto added = add_user(cluster, cluster.name, user, "admin"); !added) return added;
  }
  return {};
}

}  // namespace ontap_sim
