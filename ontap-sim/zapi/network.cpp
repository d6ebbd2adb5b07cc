// Logical interfaces. Source: section 7.9.
#include "ontap-sim/model/network_ops.h"

#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Lif;
using model::Svm;

void write_lif(Out& out, const model::Cluster& cluster, const Svm& svm, const Lif& lif) {
  const bool san = lif.protocols.contains("iscsi") || lif.protocols.contains("fcp");
  out.text_if("address", lif.address);
  out.text("address-family", lif.address.find(':') == std::string::npos ? "ipv4" : "ipv6");
  out.text("administrative-status", lif.admin_up ? "up" : "down");
  out.text("comment", lif.comment.empty() ? "-" : lif.comment);
  out.text("current-node", lif.current_node);
  out.text("current-port", lif.current_port);
  out.list("data-protocols", "data-protocol", lif.protocols);
  out.text("dns-domain-name", lif.dns_domain);
  if (!san) out.text_if("failover-group", lif.failover_group);
  out.text("failover-policy", lif.failover_policy);
  out.text("firewall-policy", lif.firewall_policy);
  out.text("home-node", lif.home_node);
  out.text("home-port", lif.home_port);
  out.text("interface-name", lif.name);
  if (cluster.ontapi_minor >= 30) out.text("ipspace", svm.ipspace);
  out.flag("is-auto-revert", lif.auto_revert);
  if (cluster.ontapi_minor >= 100) out.flag("is-dns-update-enabled", false);
  out.flag("is-home", lif.is_home());
  out.flag("is-ipv4-link-local", false);
  if (cluster.ontapi_minor >= 150) out.flag("is-vip", false);
  out.text("lif-uuid", lif.uuid.text());
  out.flag("listen-for-dns-query", lif.listen_for_dns);
  if (!lif.address.empty()) {
    out.text("netmask", model::netmask_text(lif.netmask_length));
    out.integer("netmask-length", lif.netmask_length);
  }
  out.text("operational-status", model::lif_operational(cluster, svm, lif) ? "up" : "down");
  out.text("role", lif.role);
  if (cluster.ontapi_minor >= 160) out.text_if("service-policy", lif.service_policy);
  if (cluster.ontapi_minor >= 30) out.text_if("subnet-name", lif.subnet);
  out.text("use-failover-group", "unused");
  out.text("vserver", svm.name);
  out.text_if("wwpn", lif.wwpn);
}

Status net_interface_get_iter(Call& call) {
  static const RecordShape shape{"net-interface-info", {"vserver", "interface-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.lifs, 1, at_svm, [&](const std::string& name, const Lif& lif, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) { write_lif(out, call.cluster, svm, lif); });
    });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> network_apis() {
  return {
      {.name = "net-interface-get-iter", .scope = Scope::any, .input = kIter, .run = net_interface_get_iter, .source = "nDVP, Trident, Manila, Cinder"},
  };
}

}  // namespace ontap_sim::zapi
