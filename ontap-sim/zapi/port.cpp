// Ports, VLANs, ipspaces, broadcast domains and subnets of the cluster. Source: section 7.9.
#include <algorithm>

#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::BroadcastDomain;
using model::Port;

const RecordShape kPortShape{"net-port-info", {"node", "port"}};

constexpr std::pair<const char*, const char*> kAdministrative[] = {{"administrative-duplex", "auto"},
                                                                   {"administrative-flowcontrol", "full"},
                                                                   {"administrative-speed", "auto"},
                                                                   {"is-administrative-auto-negotiate", "true"}};

void write_port(Out& out, const model::Cluster& cluster, const Port& port) {
  for (const auto& [field, normal] : kAdministrative) {
    const auto set = port.administrative.find(field);
    out.text(field, set == port.administrative.end() ? normal : set->second);
  }
  if (cluster.ontapi_minor >= 30) out.text_if("broadcast-domain", port.broadcast_domain);
  if (cluster.ontapi_minor >= 30) {
    out.text("health-status", port.up ? "healthy" : "degraded");
    out.flag("ignore-health-status", false);
    out.text("ipspace", port.ipspace);
  }
  out.flag("is-administrative-up", port.admin_up);
  out.flag("is-operational-auto-negotiate", true);
  out.text("link-status", port.up && port.admin_up ? "up" : "down");
  out.text("mac-address", port.mac);
  out.integer("mtu", port.mtu);
  out.text("node", port.node);
  out.text("operational-duplex", "full");
  out.text("operational-flowcontrol", "none");
  out.text("operational-speed", port.speed);
  out.text("port", port.name);
  out.text("port-type", port.type);
  // Old by 8.3, but still there: Manila asks every release for ports of role data.
  out.text("role", port.ipspace == "Cluster" ? "cluster" : port.name == "e0M" ? "node_mgmt" : "data");
  if (port.type == "if_group") {
    out.text("ifgrp-distribution-function", port.group_distribution);
    out.text("ifgrp-mode", port.group_mode);
    out.text("ifgrp-node", port.node);
  } else {
    for (const auto& [key, group] : cluster.ports) {
      if (group.node == port.node && group.members.contains(port.name)) out.text("ifgrp-port", group.name);
    }
  }
  if (port.vlan_id > 0) {
    out.integer("vlan-id", port.vlan_id);
    out.text("vlan-node", port.node);
    out.text("vlan-port", port.vlan_parent);
  }
}

Status net_port_get_iter(Call& call) {
  auto page = Iteration::open(call, kPortShape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.ports) {
    const auto& key = entry.first;
    const auto& port = entry.second;
    if (!(*page)->row({key.first, key.second}, [&](Out& out) { write_port(out, call.cluster, port); })) break;
  }
  return (*page)->finish();
}

Status net_port_get(Call& call) {
  const auto at = call.cluster.ports.find({call.text("node"), call.text("port")});
  if (at == call.cluster.ports.end()) return model::missing_entry();
  auto record = Iteration::single(call, kPortShape);
  record->row({at->first.first, at->first.second}, [&](Out& out) { write_port(out, call.cluster, at->second); });
  return record->finish_single();
}

Status net_port_modify(Call& call) {
  const auto at = call.cluster.ports.find({call.text("node"), call.text("port")});
  if (at == call.cluster.ports.end()) return model::missing_entry();
  const auto mtu = call.integer("mtu");
  if (mtu && (*mtu < 68 || *mtu > 9000)) return call.invalid("mtu");
  if (mtu) at->second.mtu = static_cast<int>(*mtu);
  for (const auto& [field, normal] : kAdministrative) {
    if (call.has(field)) at->second.administrative[field] = base::to_lower(call.text(field));
  }
  if (const auto up = call.boolean("is-administrative-up")) at->second.admin_up = *up;
  call.cluster.touch();
  return {};
}

struct VlanInput {
  std::string node{};
  std::string parent{};
  int id = 0;
};

model::Result<VlanInput> read_vlan(const Call& call) {
  const pugi::xml_node info = call.in.child("vlan-info");
  VlanInput vlan;
  vlan.node = base::trim(leaf_text(info.child("node")));
  vlan.parent = base::trim(leaf_text(info.child("parent-interface")));
  for (const char* name : {"node", "parent-interface", "vlanid"}) {
    if (!info.child(name)) return ModelError{Errno::invalid_input, std::string("Missing input: ") + name};
  }
  const auto id = base::parse_unsigned(base::trim(leaf_text(info.child("vlanid"))));
  if (!id || *id > 4094) return model::invalid_value("vlanid", "vlan-info", leaf_text(info.child("vlanid")));
  vlan.id = static_cast<int>(*id);
  return vlan;
}

Status net_vlan_create(Call& call) {
  auto vlan = read_vlan(call);
  if (!vlan) return vlan.error();
  return model::create_vlan(call.cluster, vlan->node, vlan->parent, vlan->id);
}

Status net_vlan_delete(Call& call) {
  auto vlan = read_vlan(call);
  if (!vlan) return vlan.error();
  return model::delete_vlan(call.cluster, vlan->node, vlan->parent, vlan->id);
}

Status net_vlan_get_iter(Call& call) {
  static const RecordShape shape{"vlan-info", {"node", "interface-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.ports) {
    const auto& key = entry.first;
    const auto& port = entry.second;
    if (port.vlan_id == 0) continue;
    const bool more = (*page)->row({key.first, key.second}, [&](Out& out) {
      out.flag("gvrp-enabled", false);
      out.text("interface-name", port.name);
      out.text("node", port.node);
      out.text("parent-interface", port.vlan_parent);
      out.integer("vlanid", port.vlan_id);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

void write_ipspace(Out& out, const model::Cluster& cluster, const model::Ipspace& ipspace) {
  std::vector<std::string> domains;
  for (const auto& [key, domain] : cluster.broadcast_domains) {
    if (key.first == ipspace.name) domains.push_back(key.second);
  }
  std::vector<std::string> ports;
  for (const auto& [key, port] : cluster.ports) {
    if (port.ipspace == ipspace.name) ports.push_back(port.qualified());
  }
  std::vector<std::string> svms;
  for (const auto& [name, svm] : cluster.svms) {
    if (svm.ipspace == ipspace.name && svm.type != model::SvmType::node) svms.push_back(name);
  }
  out.list("broadcast-domains", "broadcast-domain-name", domains);
  out.integer("id", ipspace.id);
  out.text("ipspace", ipspace.name);
  out.list("ports", "net-qualified-port-name", ports);
  out.text("uuid", ipspace.uuid.text());
  out.list("vservers", "vserver-name", svms);
}

Status net_ipspaces_get_iter(Call& call) {
  static const RecordShape shape{"net-ipspaces-info", {"ipspace"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.ipspaces, 0, true, [&](const std::string& name, const model::Ipspace& ipspace, bool) {
    return (*page)->row({name}, [&](Out& out) { write_ipspace(out, call.cluster, ipspace); });
  });
  return (*page)->finish();
}

Status net_ipspaces_create(Call& call) {
  const std::string name = call.text("ipspace");
  if (const Status made = model::create_ipspace(call.cluster, name); !made) return made;
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child("net-ipspaces-info"), {}, {}, {});
    write_ipspace(out, call.cluster, call.cluster.ipspaces.find(name)->second);
  }
  return {};
}

Status net_ipspaces_destroy(Call& call) { return model::destroy_ipspace(call.cluster, call.text("ipspace")); }
Status net_ipspaces_assign_vserver(Call& call) {
  return model::assign_svm_to_ipspace(call.cluster, call.text("ipspace"), call.text("vserver"));
}

std::string domain_ipspace(const Call& call) { return call.optional_text("ipspace").value_or("Default"); }

/// All changes of ports are done at once, so the combined status is always complete.
Status port_update(Call& call, const Status& done) {
  if (done) call.put("port-update-status-combined", "complete");
  return done;
}

Status net_port_broadcast_domain_create(Call& call) {
  model::NewBroadcastDomain spec;
  spec.name = call.text("broadcast-domain");
  spec.ipspace = domain_ipspace(call);
  spec.mtu = static_cast<int>(call.integer("mtu").value_or(1500));
  spec.ports = call.list("ports", "net-qualified-port-name").value_or(std::vector<std::string>{});
  return port_update(call, model::create_broadcast_domain(call.cluster, spec));
}

Status net_port_broadcast_domain_modify(Call& call) {
  return port_update(call,
                     model::modify_broadcast_domain(call.cluster, domain_ipspace(call), call.text("broadcast-domain"),
                                                    static_cast<int>(call.integer("mtu").value_or(1500))));
}

Status net_port_broadcast_domain_destroy(Call& call) {
  return port_update(
      call, model::destroy_broadcast_domain(call.cluster, domain_ipspace(call), call.text("broadcast-domain")));
}

Status net_port_broadcast_domain_add_ports(Call& call) {
  return port_update(call, model::add_broadcast_ports(
                               call.cluster, domain_ipspace(call), call.text("broadcast-domain"),
                               call.list("ports", "net-qualified-port-name").value_or(std::vector<std::string>{})));
}

Status net_port_broadcast_domain_remove_ports(Call& call) {
  return port_update(call, model::remove_broadcast_ports(
                               call.cluster, domain_ipspace(call), call.text("broadcast-domain"),
                               call.list("ports", "net-qualified-port-name").value_or(std::vector<std::string>{})));
}

Status net_port_broadcast_domain_get_iter(Call& call) {
  static const RecordShape shape{"net-port-broadcast-domain-info", {"ipspace", "broadcast-domain"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.broadcast_domains) {
    const auto& key = entry.first;
    const auto& domain = entry.second;
    const bool more = (*page)->row({key.first, key.second}, [&](Out& out) {
      out.text("broadcast-domain", domain.name);
      out.list("failover-groups", "failover-group", std::vector<std::string>{domain.name});
      out.text("ipspace", domain.ipspace);
      out.integer("mtu", domain.mtu);
      out.text("port-update-status-combined", "complete");
      if (pugi::xml_node list = domain.ports.empty() ? pugi::xml_node() : out.child_list("ports")) {
        for (const std::string& port : domain.ports) {
          pugi::xml_node info = list.append_child("port-info");
          append_text(info, "port", port);
          append_text(info, "port-update-status", "complete");
        }
      }
      std::vector<std::string> subnets;
      for (const auto& [subnet_key, subnet] : call.cluster.subnets) {
        if (subnet_key.first == domain.ipspace && subnet.broadcast_domain == domain.name)
          subnets.push_back(subnet.name);
      }
      out.list("subnet-names", "subnet-name", subnets);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status net_subnet_create(Call& call) {
  model::NewSubnet spec;
  spec.name = call.text("subnet-name");
  spec.ipspace = domain_ipspace(call);
  spec.broadcast_domain = call.text("broadcast-domain");
  spec.subnet = call.text("subnet");
  spec.gateway = call.optional_text("gateway").value_or("");
  spec.ranges = call.list("ip-ranges", "ip-range").value_or(std::vector<std::string>{});
  return model::create_subnet(call.cluster, spec);
}

Status net_subnet_destroy(Call& call) {
  return model::destroy_subnet(call.cluster, domain_ipspace(call), call.text("subnet-name"));
}

Status net_subnet_get_iter(Call& call) {
  static const RecordShape shape{"net-subnet-info", {"ipspace", "subnet-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.subnets) {
    const auto& key = entry.first;
    const auto& subnet = entry.second;
    const model::SubnetCount count = model::count_subnet(call.cluster, subnet);
    std::vector<std::string> ranges;
    for (const model::IpRange& range : subnet.ranges) {
      ranges.push_back(model::ipv4_text(range.first) +
                       (range.last == range.first ? "" : "-" + model::ipv4_text(range.last)));
    }
    const bool more = (*page)->row({key.first, key.second}, [&](Out& out) {
      out.integer("available-count", count.total - count.used);
      out.text("broadcast-domain", subnet.broadcast_domain);
      out.text_if("gateway", subnet.gateway);
      out.list("ip-ranges", "ip-range", ranges);
      out.text("ipspace", subnet.ipspace);
      out.text("subnet", model::ipv4_text(subnet.network) + "/" + std::to_string(subnet.prefix_length));
      out.text("subnet-name", subnet.name);
      out.integer("total-count", count.total);
      out.integer("used-count", count.used);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status net_subnet_modify(Call& call) {
  model::NewSubnet spec;
  spec.name = call.text("subnet-name");
  spec.ipspace = domain_ipspace(call);
  spec.subnet = call.optional_text("subnet").value_or("");
  spec.gateway = call.optional_text("gateway").value_or("");
  spec.ranges = call.list("ip-ranges", "ip-range").value_or(std::vector<std::string>{});
  return model::modify_subnet(call.cluster, spec);
}
Status net_subnet_rename(Call& call) {
  return model::rename_subnet(call.cluster, domain_ipspace(call), call.text("subnet-name"), call.text("new-name"));
}
Status net_ipspaces_rename(Call& call) {
  return model::rename_ipspace(call.cluster, call.text("ipspace"), call.text("new-name"));
}

Status ifgrp_create(Call& call) {
  return model::create_port_group(call.cluster, {call.text("node"), call.text("ifgrp-name"), call.text("mode"),
                                                 call.text("distribution-function")});
}
Status ifgrp_destroy(Call& call) {
  return model::destroy_port_group(call.cluster, call.text("node"), call.text("ifgrp-name"));
}
Status ifgrp_add_port(Call& call) {
  return model::add_group_port(call.cluster, call.text("node"), call.text("ifgrp-name"), call.text("port"));
}
Status ifgrp_remove_port(Call& call) {
  return model::remove_group_port(call.cluster, call.text("node"), call.text("ifgrp-name"), call.text("port"));
}

Status ifgrp_get(Call& call) {
  static const RecordShape shape{"net-ifgrp-info", {"node", "ifgrp-name"}};
  const auto at = call.cluster.ports.find({call.text("node"), call.text("ifgrp-name")});
  if (at == call.cluster.ports.end() || at->second.type != "if_group") return model::missing_entry();
  const Port& group = at->second;
  auto record = Iteration::single(call, shape);
  record->row({group.node, group.name}, [&](Out& out) {
    out.text("distribution-function", group.group_distribution);
    out.text("ifgrp-name", group.name);
    out.text("mac-address", group.mac);
    out.text("mode", group.group_mode);
    out.text("node", group.node);
    out.text("port-participation", group.members.empty() ? "none" : "full");
    out.list("ports", "lif-bindable", group.members);
    out.list("up-ports", "lif-bindable", group.members);
  });
  return record->finish_single();
}

}  // namespace

std::vector<ApiEntry> port_apis() {
  constexpr std::string_view ports = "broadcast-domain* ipspace ports*:r";
  return {
      {.name = "net-port-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = net_port_get_iter,
       .source = "Manila picks its ports"},
      {.name = "net-port-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r node* port*",
       .run = net_port_get,
       .source = "15661: Manila"},
      {.name = "net-port-modify",
       .scope = Scope::cluster,
       .input = "node* port* mtu:i is-administrative-up:b is-administrative-auto-negotiate:b administrative-duplex "
                "administrative-flowcontrol administrative-speed "
                "autorevert-delay:i ipspace",
       .run = net_port_modify,
       .source = "Ansible's na_ontap_net_port"},
      {.name = "net-vlan-create",
       .scope = Scope::cluster,
       .input = "vlan-info*:r",
       .run = net_vlan_create,
       .source = "13130: Manila"},
      {.name = "net-vlan-delete",
       .scope = Scope::cluster,
       .input = "vlan-info*:r",
       .run = net_vlan_delete,
       .source = "text of 13001: Manila"},
      {.name = "net-vlan-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = net_vlan_get_iter,
       .source = "Ansible's gather-facts"},
      {.name = "net-ipspaces-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = net_ipspaces_get_iter,
       .source = "Manila",
       .since = 30},
      {.name = "net-ipspaces-create",
       .scope = Scope::cluster,
       .input = "ipspace* return-record:b",
       .run = net_ipspaces_create,
       .source = "Manila",
       .since = 30},
      {.name = "net-ipspaces-destroy",
       .scope = Scope::cluster,
       .input = "ipspace*",
       .run = net_ipspaces_destroy,
       .source = "14636: Ansible",
       .since = 30},
      {.name = "net-ipspaces-assign-vserver",
       .scope = Scope::cluster,
       .input = "ipspace* vserver*",
       .run = net_ipspaces_assign_vserver,
       .source = "Manila",
       .since = 30},
      {.name = "net-port-broadcast-domain-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = net_port_broadcast_domain_get_iter,
       .source = "Manila",
       .since = 30},
      {.name = "net-port-broadcast-domain-create",
       .scope = Scope::cluster,
       .input = "broadcast-domain* ipspace mtu*:i ports:r",
       .run = net_port_broadcast_domain_create,
       .source = "Manila",
       .since = 30},
      {.name = "net-port-broadcast-domain-modify",
       .scope = Scope::cluster,
       .input = "broadcast-domain* ipspace mtu:i",
       .run = net_port_broadcast_domain_modify,
       .source = "Manila",
       .since = 30},
      {.name = "net-port-broadcast-domain-destroy",
       .scope = Scope::cluster,
       .input = "broadcast-domain* ipspace",
       .run = net_port_broadcast_domain_destroy,
       .source = "Manila",
       .since = 30},
      {.name = "net-port-broadcast-domain-add-ports",
       .scope = Scope::cluster,
       .input = ports,
       .run = net_port_broadcast_domain_add_ports,
       .source = "18605: Manila",
       .since = 30},
      {.name = "net-port-broadcast-domain-remove-ports",
       .scope = Scope::cluster,
       .input = ports,
       .run = net_port_broadcast_domain_remove_ports,
       .source = "Manila",
       .since = 30},
      {.name = "net-subnet-create",
       .scope = Scope::cluster,
       .input = "broadcast-domain* force-update-lif-associations:b gateway ip-ranges:r ipspace subnet* subnet-name*",
       .run = net_subnet_create,
       .source = "Ansible's na_ontap_net_subnet",
       .since = 30},
      {.name = "net-subnet-destroy",
       .scope = Scope::cluster,
       .input = "force-update-lif-associations:b ipspace subnet-name*",
       .run = net_subnet_destroy,
       .source = "Ansible",
       .since = 30},
      {.name = "net-subnet-modify",
       .scope = Scope::cluster,
       .input = "force-update-lif-associations:b gateway ip-ranges:r ipspace subnet subnet-name* broadcast-domain",
       .run = net_subnet_modify,
       .source = "Ansible's na_ontap_net_subnet",
       .since = 30},
      {.name = "net-subnet-rename",
       .scope = Scope::cluster,
       .input = "ipspace new-name* subnet-name*",
       .run = net_subnet_rename,
       .source = "Ansible's na_ontap_net_subnet",
       .since = 30},
      {.name = "net-ipspaces-rename",
       .scope = Scope::cluster,
       .input = "ipspace* new-name*",
       .run = net_ipspaces_rename,
       .source = "Ansible's na_ontap_ipspace",
       .since = 30},
      {.name = "net-port-ifgrp-create",
       .scope = Scope::cluster,
       .input = "distribution-function* ifgrp-name* mode* node*",
       .run = ifgrp_create,
       .source = "Ansible's na_ontap_net_ifgrp"},
      {.name = "net-port-ifgrp-destroy",
       .scope = Scope::cluster,
       .input = "ifgrp-name* node*",
       .run = ifgrp_destroy,
       .source = "Ansible's na_ontap_net_ifgrp"},
      {.name = "net-port-ifgrp-add-port",
       .scope = Scope::cluster,
       .input = "ifgrp-name* node* port*",
       .run = ifgrp_add_port,
       .source = "Ansible's na_ontap_net_ifgrp"},
      {.name = "net-port-ifgrp-remove-port",
       .scope = Scope::cluster,
       .input = "ifgrp-name* node* port*",
       .run = ifgrp_remove_port,
       .source = "Ansible's na_ontap_net_ifgrp"},
      {.name = "net-port-ifgrp-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r ifgrp-name* node*",
       .run = ifgrp_get,
       .source = "Ansible's na_ontap_net_ifgrp"},
      {.name = "net-subnet-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = net_subnet_get_iter,
       .source = "Ansible",
       .since = 30},
  };
}

}  // namespace ontap_sim::zapi
