// network interface: logical interfaces.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/network_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

using base::replace_all;

std::vector<Record> list_lifs(Call& call) {
  std::vector<Record> records;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [name, lif] : svm.lifs) {
      const std::string oper = model::lif_operational(call.cluster, svm, lif) ? "up" : "down";
      const std::string admin = lif.admin_up ? "up" : "down";
      records.push_back(
          {{"vserver", svm_name},
           {"lif", name},
           {"role", replace_all(lif.role, "_", "-")},
           {"data-protocol", Value::list({lif.protocols.begin(), lif.protocols.end()})},
           {"home-node", lif.home_node},
           {"home-port", lif.home_port},
           {"curr-node", lif.current_node},
           {"curr-port", lif.current_port},
           {"status-oper", oper},
           {"status-admin", admin},
           {"status", admin + "/" + oper},
           {"is-home", lif.is_home()},
           {"address", lif.address},
           {"netmask", model::netmask_text(lif.netmask_length)},
           {"netmask-length", Value::count(static_cast<std::uint64_t>(lif.netmask_length))},
           {"network", lif.address.empty() ? std::string() : lif.address + "/" + std::to_string(lif.netmask_length)},
           {"subnet-name", lif.subnet},
           {"ipspace", svm.ipspace},
           {"failover-policy", replace_all(lif.failover_policy, "_", "-")},
           {"firewall-policy", lif.firewall_policy},
           {"auto-revert", lif.auto_revert},
           {"dns-zone", lif.dns_domain},
           {"listen-for-dns-query", lif.listen_for_dns},
           {"failover-group", lif.failover_group},
           {"wwpn", lif.wwpn},
           {"address-family", lif.address.empty() ? "-" : "ipv4"},
           {"comment", lif.comment}});
    }
  }
  return records;
}
const View kLifs{
    .layouts = {{.flag = "",
                 .header = "            Logical    Status     Network            Current       Current Is\n"
                           "Vserver     Interface  Admin/Oper Address/Mask       Node          Port    Home\n"
                           "----------- ---------- ---------- ------------------ ------------- ------- ----",
                 .columns = {"vserver", "lif", "status", "network", "curr-node", "curr-port", "is-home"},
                 .align = "llcllll",
                 .first_on_own_line = true},
                {.flag = "failover",
                 .header = "         Logical         Home                  Failover        Failover\n"
                           "Vserver  Interface       Node:Port             Policy          Group\n"
                           "-------- --------------- --------------------- --------------- ---------------",
                 .columns = {"vserver", "lif", "home-port", "failover-policy", "failover-group"},
                 .align = "lllll",
                 .first_on_own_line = true}},
    .fields = {{"vserver", "Vserver Name", true},
               {"lif", "Logical Interface Name", true},
               {"role", "Role"},
               {"data-protocol", "Data Protocol"},
               {"home-node", "Home Node"},
               {"home-port", "Home Port"},
               {"curr-node", "Current Node"},
               {"curr-port", "Current Port"},
               {"status-oper", "Operational Status"},
               {"is-home", "Is Home"},
               {"address", "Network Address"},
               {"netmask", "Netmask"},
               {"netmask-length", "Bits in the Netmask"},
               {"subnet-name", "Subnet Name"},
               {"status-admin", "Administrative Status"},
               {"status", "Status Admin/Oper"},
               {"network", "Network Address/Mask"},
               {"failover-policy", "Failover Policy"},
               {"firewall-policy", "Firewall Policy"},
               {"auto-revert", "Auto Revert"},
               {"dns-zone", "Fully Qualified DNS Zone Name"},
               {"listen-for-dns-query", "DNS Query Listen Enable"},
               {"failover-group", "Failover Group Name"},
               {"wwpn", "FCP WWPN"},
               {"address-family", "Address family"},
               {"comment", "Comment"},
               {"ipspace", "IPspace of LIF"}},
    .list = list_lifs};

std::string underscored(std::string text) { return replace_all(std::move(text), "-", "_"); }

Reply lif_create(Call& call) {
  model::Svm* svm = svm_of(call);
  if (svm == nullptr) return no_svm(call);
  model::NewLif spec;
  spec.name = call.text("lif");
  spec.role = underscored(call.text_or("role", "data"));
  spec.protocols = call.list("data-protocol");
  spec.home_node = call.text("home-node");
  spec.home_port = call.text("home-port");
  spec.address = call.text("address");
  spec.netmask = call.text("netmask");
  spec.netmask_length = static_cast<int>(call.number("netmask-length").value_or(0));
  spec.subnet = call.text("subnet-name");
  spec.firewall_policy = call.text("firewall-policy");
  spec.failover_policy = underscored(call.text("failover-policy"));
  spec.failover_group = call.text("failover-group");
  spec.dns_domain = call.text("dns-zone");
  spec.service_policy = call.text("service-policy");
  spec.comment = call.text("comment");
  spec.auto_revert = call.maybe_flag("auto-revert");
  spec.admin_up = call.text_or("status-admin", "up") == "up";
  spec.listen_for_dns = call.flag("listen-for-dns-query");
  return done(model::create_lif(call.cluster, *svm, spec));
}
Reply lif_modify_one(Call& call, const Record& record) {
  model::LifChange change;
  for (const auto& [name, field] :
       {std::pair{"address", &model::LifChange::address}, std::pair{"netmask", &model::LifChange::netmask},
        std::pair{"home-node", &model::LifChange::home_node}, std::pair{"home-port", &model::LifChange::home_port},
        std::pair{"firewall-policy", &model::LifChange::firewall_policy},
        std::pair{"failover-group", &model::LifChange::failover_group},
        std::pair{"dns-zone", &model::LifChange::dns_domain}, std::pair{"comment", &model::LifChange::comment}}) {
    if (call.has(name)) change.*field = call.text(name);
  }
  if (call.has("failover-policy")) change.failover_policy = underscored(call.text("failover-policy"));
  if (const auto length = call.number("netmask-length")) change.netmask_length = static_cast<int>(*length);
  if (call.has("status-admin")) change.admin_up = call.text("status-admin") == "up";
  change.auto_revert = call.maybe_flag("auto-revert");
  change.listen_for_dns = call.maybe_flag("listen-for-dns-query");
  return done(model::modify_lif(call.cluster, *call.cluster.find_svm(text_of(record, "vserver")),
                                text_of(record, "lif"), change));
}
Reply lif_modify(Call& call) { return for_each_selected(call, lif_modify_one, "modified"); }
Reply lif_delete_one(Call& call, const Record& record) {
  return done(
      model::delete_lif(call.cluster, *call.cluster.find_svm(text_of(record, "vserver")), text_of(record, "lif")));
}
Reply lif_delete(Call& call) { return for_each_selected(call, lif_delete_one, "deleted"); }
Reply lif_migrate_one(Call& call, const Record& record) {
  const std::string node = call.text_or("destination-node", text_of(record, "curr-node"));
  const std::string port = call.text_or("destination-port", text_of(record, "curr-port"));
  return done(model::migrate_lif(call.cluster, *call.cluster.find_svm(text_of(record, "vserver")),
                                 text_of(record, "lif"), node, port));
}
Reply lif_migrate(Call& call) { return for_each_selected(call, lif_migrate_one, "acted on"); }
Reply lif_revert_one(Call& call, const Record& record) {
  return done(
      model::revert_lif(call.cluster, *call.cluster.find_svm(text_of(record, "vserver")), text_of(record, "lif")));
}
Reply lif_revert(Call& call) { return for_each_selected(call, lif_revert_one, "acted on"); }

}  // namespace

std::vector<Command> lif_commands() {
  const Param vserver = positional("vserver", "vserver", "Vserver Name");
  const Param lif = positional("lif", "lif-name", "Logical Interface Name");
  const std::vector<Param> common{
      optional("address", "IP Address", "Network Address"),
      optional("netmask", "IP Address", "Netmask"),
      number("netmask-length", "Bits in the Netmask"),
      choice("status-admin", "up|down", "Administrative Status"),
      choice("failover-policy",
             "system-defined|local-only|sfo-partner-only|disabled|broadcast-domain-wide|nextavail|priority",
             "Failover Policy"),
      optional("firewall-policy", "policy", "Firewall Policy"),
      boolean("auto-revert", "Auto Revert"),
      optional("dns-zone", "zone-name|none", "Fully Qualified DNS Zone Name"),
      boolean("listen-for-dns-query", "DNS Query Listen Enable"),
      optional("failover-group", "failover-group", "Failover Group Name"),
      optional("comment", "text", "Comment")};
  std::vector<Param> create{vserver,
                            lif,
                            choice("role", "cluster|data|node-mgmt|intercluster|cluster-mgmt", "Role"),
                            choice("data-protocol", "nfs|cifs|iscsi|fcp|fcache|none", "Data Protocol"),
                            required("home-node", "nodename", "Home Node"),
                            required("home-port", "netport|ifgrp", "Home Port"),
                            optional("subnet-name", "subnet name", "Subnet Name"),
                            optional("service-policy", "text", "Service Policy")};
  create[3].list = true;
  create.insert(create.end(), common.begin(), common.end());
  std::vector<Param> modify{vserver, lif, optional("home-node", "nodename", "Home Node"),
                            optional("home-port", "netport|ifgrp", "Home Port")};
  modify.insert(modify.end(), common.begin(), common.end());
  const std::vector<Param> migrate{vserver, lif, optional("destination-node", "nodename", "Destination Node"),
                                   optional("destination-port", "netport|ifgrp", "Destination Port")};
  const std::string_view source = "specification 10.3, 10.4, 7.9";
  return {
      {.path = "network interface create",
       .help = "Create a logical interface",
       .reach = Reach::cluster,
       .params = create,
       .run = lif_create,
       .source = source},
      {.path = "network interface modify",
       .help = "Modify a logical interface",
       .params = modify,
       .run = lif_modify,
       .view = &kLifs,
       .source = source},
      {.path = "network interface delete",
       .help = "Delete a logical interface",
       .reach = Reach::cluster,
       .params = {vserver, lif},
       .run = lif_delete,
       .view = &kLifs,
       .source = source},
      {.path = "network interface migrate",
       .help = "Migrate a logical interface to a different node/port",
       .reach = Reach::cluster,
       .params = migrate,
       .run = lif_migrate,
       .view = &kLifs,
       .source = source},
      {.path = "network interface revert",
       .help = "Revert a logical interface to its home node/port",
       .reach = Reach::cluster,
       .params = {vserver, lif},
       .run = lif_revert,
       .view = &kLifs,
       .source = source},
      {.path = "network interface show", .help = "Display logical interfaces", .view = &kLifs, .source = source},
  };
}

}  // namespace ontap_sim::cli
