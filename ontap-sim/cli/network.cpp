// network: ports, VLANs, broadcast domains, ipspaces, subnets, routes.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/network_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

std::vector<Record> list_ports(Call& call) {
  std::vector<Record> records;
  if (!call.user.svm.empty()) return records;
  for (const auto& [key, port] : call.cluster.ports) {
    records.push_back(
        {{"node", port.node},
         {"port", port.name},
         {"ipspace", port.ipspace},
         {"broadcast-domain", port.broadcast_domain},
         {"link", port.up ? "up" : "down"},
         {"mtu", Value::count(static_cast<std::uint64_t>(port.mtu))},
         {"speed", "auto/" + port.speed},
         {"speed-oper", port.speed},
         {"up-admin", port.admin_up},
         {"type", port.type == "if_group" ? "if-group" : port.type},
         {"mac", port.mac},
         {"vlan-id", port.vlan_id == 0 ? Value() : Value::count(static_cast<std::uint64_t>(port.vlan_id))},
         {"vlan-port", port.vlan_parent},
         {"health-status", "healthy"}});
  }
  return records;
}
const View kPorts{
    .layouts = {{.flag = "",
                 .header = "                                                  Speed(Mbps) Health\n"
                           "Port      IPspace      Broadcast Domain Link MTU  Admin/Oper  Status\n"
                           "--------- ------------ ---------------- ---- ---- ----------- --------",
                 .columns = {"port", "ipspace", "broadcast-domain", "link", "mtu", "speed", "health-status"},
                 .align = "llllrrl",
                 .heading = "node"}},
    .fields = {{"node", "Node", true},
               {"port", "Port", true},
               {"link", "Link"},
               {"mtu", "MTU"},
               {"up-admin", "Administrative"},
               {"speed", "Speed Admin/Oper"},
               {"speed-oper", "Speed Operational"},
               {"type", "Port Type"},
               {"mac", "MAC Address"},
               {"vlan-id", "VLAN ID"},
               {"vlan-port", "VLAN Parent Port"},
               {"ipspace", "IPspace Name"},
               {"broadcast-domain", "Broadcast Domain"},
               {"health-status", "Port Health Status"}},
    .list = list_ports};

std::vector<Record> list_vlans(Call& call) {
  std::vector<Record> records;
  for (const auto& [key, port] : call.cluster.ports) {
    if (port.type != "vlan" || !call.user.svm.empty()) continue;
    records.push_back({{"node", port.node},
                       {"vlan-name", port.name},
                       {"port", port.vlan_parent},
                       {"vlan-id", Value::count(static_cast<std::uint64_t>(port.vlan_id))},
                       {"mac", port.mac}});
  }
  return records;
}
const View kVlans{.layouts = {{.flag = "",
                               .header = "                 Network Network\n"
                                         "Node   VLAN Name Port    VLAN ID  MAC Address\n"
                                         "------ --------- ------- -------- -----------------",
                               .columns = {"node", "vlan-name", "port", "vlan-id", "mac"},
                               .align = "lllll",
                               .first_on_own_line = true}},
                  .fields = {{"node", "Node", true},
                             {"vlan-name", "VLAN Name", true},
                             {"port", "Network Port"},
                             {"vlan-id", "Network VLAN ID"},
                             {"mac", "MAC Address"}},
                  .list = list_vlans};

// "e2b-199", or -port and -vlan-id.
struct Vlan {
  std::string port;
  int id = 0;
};
std::optional<Vlan> vlan_of(const Call& call) {
  if (call.has("vlan-name")) {
    const std::string name = call.text("vlan-name");
    const std::size_t dash = name.rfind('-');
    const auto id = dash == std::string::npos ? std::nullopt : base::parse_unsigned(name.substr(dash + 1));
    if (!id || *id > 4094) return std::nullopt;
    return Vlan{name.substr(0, dash), static_cast<int>(*id)};
  }
  const auto id = call.number("vlan-id");
  if (!id || *id > 4094 || !call.has("port")) return std::nullopt;
  return Vlan{call.text("port"), static_cast<int>(*id)};
}
Reply vlan_create(Call& call) {
  const auto vlan = vlan_of(call);
  if (!vlan) return refused("Specify -vlan-name as <port>-<VLAN ID>, or both -port and -vlan-id.");
  return done(model::create_vlan(call.cluster, call.text("node"), vlan->port, vlan->id));
}
Reply vlan_delete(Call& call) {
  const auto vlan = vlan_of(call);
  if (!vlan) return refused("Specify -vlan-name as <port>-<VLAN ID>, or both -port and -vlan-id.");
  return done(model::delete_vlan(call.cluster, call.text("node"), vlan->port, vlan->id));
}

std::vector<Record> list_domains(Call& call) {
  std::vector<Record> records;
  for (const auto& [key, domain] : call.cluster.broadcast_domains) {
    records.push_back({{"ipspace", domain.ipspace},
                       {"broadcast-domain", domain.name},
                       {"mtu", Value::count(static_cast<std::uint64_t>(domain.mtu))},
                       {"ports", Value::list({domain.ports.begin(), domain.ports.end()})},
                       {"port-update-status-combined", "complete"}});
  }
  return records;
}
const View kDomains{
    .layouts = {{.flag = "",
                 .header = "IPspace Broadcast                                         Update\n"
                           "Name    Domain Name    MTU  Port List                     Status Details\n"
                           "------- ----------- ------  ----------------------------- --------------",
                 .columns = {"ipspace", "broadcast-domain", "mtu", "ports", "port-update-status-combined"},
                 .align = "llrll"}},
    .fields = {{"ipspace", "IPspace Name", true},
               {"broadcast-domain", "Layer 2 Broadcast Domain", true},
               {"mtu", "Configured MTU"},
               {"ports", "Ports"},
               {"port-update-status-combined", "Status"}},
    .list = list_domains};
Reply domain_create(Call& call) {
  return done(model::create_broadcast_domain(call.cluster, {.name = call.text("broadcast-domain"),
                                                            .ipspace = call.text_or("ipspace", "Default"),
                                                            .mtu = static_cast<int>(call.number("mtu").value_or(1500)),
                                                            .ports = call.list("ports")}));
}
Reply domain_modify(Call& call) {
  return done(model::modify_broadcast_domain(call.cluster, call.text_or("ipspace", "Default"),
                                             call.text("broadcast-domain"),
                                             static_cast<int>(call.number("mtu").value_or(1500))));
}
Reply domain_delete(Call& call) {
  return done(
      model::destroy_broadcast_domain(call.cluster, call.text_or("ipspace", "Default"), call.text("broadcast-domain")));
}
Reply domain_add(Call& call) {
  return done(model::add_broadcast_ports(call.cluster, call.text_or("ipspace", "Default"),
                                         call.text("broadcast-domain"), call.list("ports")));
}
Reply domain_remove(Call& call) {
  return done(model::remove_broadcast_ports(call.cluster, call.text_or("ipspace", "Default"),
                                            call.text("broadcast-domain"), call.list("ports")));
}

std::vector<Record> list_ipspaces(Call& call) {
  std::vector<Record> records;
  for (const auto& [name, ipspace] : call.cluster.ipspaces) {
    std::vector<std::string> svms;
    std::vector<std::string> domains;
    for (const auto& [svm_name, svm] : call.cluster.svms) {
      if (svm.ipspace == name) svms.push_back(svm_name);
    }
    for (const auto& [key, domain] : call.cluster.broadcast_domains) {
      if (key.first == name) domains.push_back(key.second);
    }
    records.push_back(
        {{"ipspace", name}, {"vservers", Value::list(svms)}, {"broadcast-domains", Value::list(domains)}});
  }
  return records;
}
const View kIpspaces{
    .layouts = {{.flag = "",
                 .header = "IPspace             Vserver List                  Broadcast Domains\n"
                           "------------------- ----------------------------- ----------------------------",
                 .columns = {"ipspace", "vservers", "broadcast-domains"},
                 .align = "lll"}},
    .fields = {{"ipspace", "IPspace name", true}, {"vservers", "Vservers"}, {"broadcast-domains", "Broadcast Domains"}},
    .list = list_ipspaces};
Reply ipspace_create(Call& call) { return done(model::create_ipspace(call.cluster, call.text("ipspace"))); }
Reply ipspace_delete(Call& call) { return done(model::destroy_ipspace(call.cluster, call.text("ipspace"))); }

std::vector<Record> list_subnets(Call& call) {
  std::vector<Record> records;
  for (const auto& [key, subnet] : call.cluster.subnets) {
    const model::SubnetCount count = model::count_subnet(call.cluster, subnet);
    std::vector<std::string> ranges;
    for (const model::IpRange& range : subnet.ranges) {
      ranges.push_back(model::ipv4_text(range.first) +
                       (range.last == range.first ? "" : "-" + model::ipv4_text(range.last)));
    }
    records.push_back({{"ipspace", subnet.ipspace},
                       {"subnet-name", subnet.name},
                       {"subnet", model::ipv4_text(subnet.network) + "/" + std::to_string(subnet.prefix_length)},
                       {"broadcast-domain", subnet.broadcast_domain},
                       {"gateway", subnet.gateway},
                       {"available", std::to_string(count.total - count.used) + "/" + std::to_string(count.total)},
                       {"ip-ranges", Value::list(ranges)},
                       {"total-count", count_value(count.total)},
                       {"used-count", count_value(count.used)},
                       {"available-count", count_value(count.total - count.used)}});
  }
  return records;
}
const View kSubnets{
    .layouts = {{.flag = "",
                 .header = "Subnet                     Broadcast                   Avail/\n"
                           "Name      Subnet           Domain    Gateway         Total     Ranges\n"
                           "--------- ---------------- --------- --------------- --------- ---------------",
                 .columns = {"subnet-name", "subnet", "broadcast-domain", "gateway", "available", "ip-ranges"},
                 .align = "llllll",
                 .heading = "ipspace"}},
    .fields = {{"ipspace", "IPspace", true},
               {"subnet-name", "Subnet Name", true},
               {"broadcast-domain", "Broadcast Domain"},
               {"subnet", "Subnet"},
               {"gateway", "Gateway"},
               {"available", "Available/Total"},
               {"ip-ranges", "IP Addresses or IP Address Ranges"},
               {"total-count", "Total Address Count"},
               {"used-count", "Used Address Count"},
               {"available-count", "Available Address Count"}},
    .list = list_subnets};
Reply subnet_create(Call& call) {
  return done(model::create_subnet(call.cluster, {.name = call.text("subnet-name"),
                                                  .ipspace = call.text_or("ipspace", "Default"),
                                                  .broadcast_domain = call.text("broadcast-domain"),
                                                  .subnet = call.text("subnet"),
                                                  .gateway = call.text("gateway"),
                                                  .ranges = call.list("ip-ranges")}));
}
Reply subnet_delete(Call& call) {
  return done(model::destroy_subnet(call.cluster, call.text_or("ipspace", "Default"), call.text("subnet-name")));
}

std::vector<Record> list_routes(Call& call) {
  std::vector<Record> records;
  for (const auto& [name, svm] : call.cluster.svms) {
    if (!may_see(call, name)) continue;
    for (const model::Route& route : svm.routes) {
      records.push_back({{"vserver", name},
                         {"destination", route.destination},
                         {"gateway", route.gateway},
                         {"metric", Value::count(static_cast<std::uint64_t>(route.metric))}});
    }
  }
  return records;
}
const View kRoutes{.layouts = {{.flag = "",
                                .header = "Vserver             Destination     Gateway         Metric\n"
                                          "------------------- --------------- --------------- ------",
                                .columns = {"vserver", "destination", "gateway", "metric"},
                                .align = "llll",
                                .first_on_own_line = true}},
                   .fields = {{"vserver", "Vserver Name", true},
                              {"destination", "Destination/Mask", true},
                              {"gateway", "Gateway IP Address", true},
                              {"metric", "Metric"}},
                   .list = list_routes};
Reply route_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::Route route{.destination = call.text("destination"), .gateway = call.text("gateway")};
  route.metric = static_cast<int>(call.number("metric").value_or(20));
  return done(model::create_route(call.cluster, *svm, route));
}
Reply route_delete_one(Call& call, const Record& record) {
  return done(model::delete_route(call.cluster, *call.cluster.find_svm(text_of(record, "vserver")),
                                  text_of(record, "destination"), text_of(record, "gateway")));
}
Reply route_delete(Call& call) { return for_each_selected(call, route_delete_one, "deleted"); }

}  // namespace

std::vector<Command> network_commands() {
  const Param vserver = positional("vserver", "vserver", "Vserver Name");
  const Param node = required("node", "nodename", "Node");
  const std::vector<Param> vlan{node, optional("vlan-name", "netport", "VLAN Name"),
                                optional("port", "netport|ifgrp", "Associated Network Port"),
                                number("vlan-id", "Network Switch VLAN Identifier")};
  const Param ipspace = optional("ipspace", "IPspace", "IPspace Name");
  const Param domain = required("broadcast-domain", "broadcast domain", "Layer 2 Broadcast Domain");
  const Param ports = optional_list("ports", "node:port", "Ports to be added to the broadcast domain");
  const std::string_view source = "specification 10.3, 10.4, 7.9";
  return {
      {.path = "network port show",
       .help = "Display network port attributes",
       .reach = Reach::cluster,
       .view = &kPorts,
       .source = source},
      {.path = "network port vlan create",
       .help = "Create a virtual LAN (VLAN)",
       .reach = Reach::cluster,
       .params = vlan,
       .run = vlan_create,
       .source = source},
      {.path = "network port vlan delete",
       .help = "Delete a virtual LAN (VLAN)",
       .reach = Reach::cluster,
       .params = vlan,
       .run = vlan_delete,
       .source = source},
      {.path = "network port vlan show",
       .help = "Display network virtual LANs (VLANs)",
       .reach = Reach::cluster,
       .view = &kVlans,
       .source = source},
      {.path = "network port broadcast-domain create",
       .help = "Create a layer 2 broadcast domain",
       .reach = Reach::cluster,
       .params =
           {ipspace, domain, {.name = "mtu", .label = "Configured MTU", .kind = Kind::number, .required = true}, ports},
       .run = domain_create,
       .source = source},
      {.path = "network port broadcast-domain modify",
       .help = "Modify a layer 2 broadcast domain",
       .reach = Reach::cluster,
       .params = {ipspace, domain, {.name = "mtu", .label = "Configured MTU", .kind = Kind::number, .required = true}},
       .run = domain_modify,
       .source = source},
      {.path = "network port broadcast-domain delete",
       .help = "Delete a layer 2 broadcast domain",
       .reach = Reach::cluster,
       .params = {ipspace, domain},
       .run = domain_delete,
       .source = source},
      {.path = "network port broadcast-domain add-ports",
       .help = "Add ports to a layer 2 broadcast domain",
       .reach = Reach::cluster,
       .params = {ipspace, domain, ports},
       .run = domain_add,
       .source = source},
      {.path = "network port broadcast-domain remove-ports",
       .help = "Remove ports from a layer 2 broadcast domain",
       .reach = Reach::cluster,
       .params = {ipspace, domain, ports},
       .run = domain_remove,
       .source = source},
      {.path = "network port broadcast-domain show",
       .help = "Display layer 2 broadcast domain information",
       .reach = Reach::cluster,
       .view = &kDomains,
       .source = source},
      {.path = "network ipspace create",
       .help = "Create a new IPspace",
       .reach = Reach::cluster,
       .params = {positional("ipspace", "IPspace", "IPspace Name")},
       .run = ipspace_create,
       .source = source},
      {.path = "network ipspace delete",
       .help = "Delete an IPspace",
       .reach = Reach::cluster,
       .params = {positional("ipspace", "IPspace", "IPspace Name")},
       .run = ipspace_delete,
       .source = source},
      {.path = "network ipspace show",
       .help = "Display IPspace information",
       .reach = Reach::cluster,
       .view = &kIpspaces,
       .source = source},
      {.path = "network subnet create",
       .help = "Create a new layer 3 subnet",
       .reach = Reach::cluster,
       .params = {ipspace, positional("subnet-name", "subnet name", "Subnet Name"), domain,
                  required("subnet", "IP Address/Mask", "Layer 3 Subnet"), optional("gateway", "IP Address", "Gateway"),
                  optional_list("ip-ranges", "ipaddr|ipaddr-ipaddr", "IP Addresses or IP Address Ranges"),
                  boolean("force-update-lif-associations", "Change the subnet association")},
       .run = subnet_create,
       .source = source},
      {.path = "network subnet delete",
       .help = "Delete an existing subnet object",
       .reach = Reach::cluster,
       .params = {ipspace, positional("subnet-name", "subnet name", "Subnet Name")},
       .run = subnet_delete,
       .source = source},
      {.path = "network subnet show",
       .help = "Display subnet information",
       .reach = Reach::cluster,
       .view = &kSubnets,
       .source = source},
      {.path = "network route create",
       .help = "Create a static route",
       .params = {vserver, required("destination", "IP Address/Mask", "Destination/Mask"),
                  required("gateway", "IP Address", "Gateway"), number("metric", "Metric")},
       .run = route_create,
       .source = source},
      {.path = "network route delete",
       .help = "Delete a static route",
       .params = {vserver, required("destination", "IP Address/Mask", "Destination/Mask"),
                  optional("gateway", "IP Address", "Gateway")},
       .run = route_delete,
       .view = &kRoutes,
       .source = source},
      {.path = "network route show", .help = "Display static routes", .view = &kRoutes, .source = source},
  };
}

}  // namespace ontap_sim::cli