// Logical interfaces, routes and DNS of SVMs. Source: section 7.9.
#include "ontap-sim/model/network_ops.h"

#include <algorithm>
#include <tuple>

#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Lif;
using model::Svm;

/// What a LIF serves, as the service policies that came with 9.6 call it.
std::vector<std::string> services_of(const Lif& lif) {
  std::vector<std::string> services;
  if (lif.role == "intercluster") services = {"intercluster-core", "management-https"};
  if (lif.role == "data") services = {"data-core"};
  for (const auto& [protocol, service] :
       {std::pair{"cifs", "data-cifs"}, std::pair{"fc_nvme", "data-fc-nvme"}, std::pair{"fcp", "data-fcp"},
        std::pair{"iscsi", "data-iscsi"}, std::pair{"nfs", "data-nfs"}}) {
    if (lif.protocols.contains(protocol)) services.emplace_back(service);
  }
  if (lif.management()) {
    services.emplace_back("management-https");
    services.emplace_back("management-ssh");
  }
  return services;
}

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
  if (cluster.ontapi_minor >= 160) out.list("service-names", "lif-service-name", services_of(lif));
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

/// The SVM that a call on interfaces names; in an SVM's scope it can only be that one.
model::Result<Svm*> lif_svm(Call& call) {
  const std::string name = call.text("vserver");
  if (call.scope_svm != nullptr && !name.empty() && name != call.scope_svm->name)
    return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  if (call.scope_svm != nullptr) return call.scope_svm;
  return model::require_svm(call.cluster, name);
}

Status read_admin_status(const Call& call, std::optional<bool>& up) {
  const auto text = call.optional_text("administrative-status");
  if (!text) return {};
  if (*text != "up" && *text != "down") return call.invalid("administrative-status");
  up = *text == "up";
  return {};
}

Status net_interface_create(Call& call) {
  auto svm = lif_svm(call);
  if (!svm) return svm.error();
  constexpr std::string_view roles[] = {"undef", "cluster", "data", "node_mgmt", "intercluster", "cluster_mgmt"};
  model::NewLif spec;
  spec.name = call.text("interface-name");
  spec.role = call.optional_text("role").value_or("data");
  if (std::find(std::begin(roles), std::end(roles), spec.role) == std::end(roles)) return call.invalid("role");
  spec.protocols = call.list("data-protocols", "data-protocol").value_or(std::vector<std::string>{});
  for (const std::string& protocol : spec.protocols) {
    constexpr std::string_view known[] = {"nfs", "cifs", "iscsi", "fcp", "fcache", "none", "fc_nvme"};
    if (std::find(std::begin(known), std::end(known), protocol) == std::end(known))
      return model::invalid_value("data-protocol", "data-protocols", protocol);
  }
  spec.home_node = call.text("home-node");
  spec.home_port = call.text("home-port");
  spec.address = call.optional_text("address").value_or("");
  spec.netmask = call.optional_text("netmask").value_or("");
  spec.netmask_length = static_cast<int>(call.integer("netmask-length").value_or(0));
  spec.subnet = call.optional_text("subnet-name").value_or("");
  spec.firewall_policy = call.optional_text("firewall-policy").value_or("");
  spec.failover_policy = call.optional_text("failover-policy").value_or("");
  spec.failover_group = call.optional_text("failover-group").value_or("");
  spec.dns_domain = call.optional_text("dns-domain-name").value_or("");
  spec.service_policy = call.optional_text("service-policy").value_or("");
  spec.comment = call.text("comment");
  spec.auto_revert = call.boolean("is-auto-revert");
  std::optional<bool> up;
  if (const Status read = read_admin_status(call, up); !read) return read;
  spec.admin_up = up.value_or(true);
  spec.listen_for_dns = call.flag("listen-for-dns-query");
  auto made = model::create_lif(call.cluster, **svm, spec);
  if (!made) return made.error();
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child("net-interface-info"), {}, {}, {});
    write_lif(out, call.cluster, **svm, **made);
  }
  return {};
}

Status net_interface_modify(Call& call) {
  auto svm = lif_svm(call);
  if (!svm) return svm.error();
  model::LifChange change;
  change.address = call.optional_text("address");
  change.netmask = call.optional_text("netmask");
  change.home_node = call.optional_text("home-node");
  change.home_port = call.optional_text("home-port");
  change.firewall_policy = call.optional_text("firewall-policy");
  change.failover_policy = call.optional_text("failover-policy");
  change.failover_group = call.optional_text("failover-group");
  change.dns_domain = call.optional_text("dns-domain-name");
  change.comment = call.optional_text("comment");
  change.service_policy = call.optional_text("service-policy");
  if (const auto length = call.integer("netmask-length")) change.netmask_length = static_cast<int>(*length);
  if (const Status read = read_admin_status(call, change.admin_up); !read) return read;
  change.auto_revert = call.boolean("is-auto-revert");
  change.listen_for_dns = call.boolean("listen-for-dns-query");
  return model::modify_lif(call.cluster, **svm, call.text("interface-name"), change);
}

Status net_interface_rename(Call& call) {
  auto svm = lif_svm(call);
  if (!svm) return svm.error();
  return model::rename_lif(call.cluster, **svm, call.text("interface-name"), call.text("new-name"));
}

Status net_interface_delete(Call& call) {
  auto svm = lif_svm(call);
  if (!svm) return svm.error();
  return model::delete_lif(call.cluster, **svm, call.text("interface-name"));
}

Status net_interface_migrate(Call& call) {
  auto svm = lif_svm(call);
  if (!svm) return svm.error();
  return model::migrate_lif(call.cluster, **svm, call.text("lif"), call.text("destination-node"),
                            call.text("destination-port"));
}

Status net_interface_revert(Call& call) {
  auto svm = lif_svm(call);
  if (!svm) return svm.error();
  return model::revert_lif(call.cluster, **svm, call.text("lif"));
}

void write_route(Out& out, const Svm& svm, const model::Route& route) {
  out.text("address-family", route.destination.find(':') == std::string::npos ? "ipv4" : "ipv6");
  out.text("destination", route.destination);
  out.text("gateway", route.gateway);
  out.integer("metric", route.metric);
  out.text("vserver", svm.name);
}

Status net_routes_create(Call& call) {
  const model::Route route{call.text("destination"), call.text("gateway"),
                           static_cast<int>(call.integer("metric").value_or(20))};
  if (const Status made = model::create_route(call.cluster, call.svm(), route); !made) return made;
  Out out(call.put("result").append_child("net-vs-routes-info"), {}, {}, {});
  write_route(out, call.svm(), route);
  return {};
}

Status net_routes_destroy(Call& call) {
  return model::delete_route(call.cluster, call.svm(), call.text("destination"), call.text("gateway"));
}

Status net_routes_get(Call& call) {
  static const RecordShape shape{"net-vs-routes-info", {"vserver", "destination", "gateway"}};
  for (const model::Route& route : call.svm().routes) {
    if (route.destination != call.text("destination") || route.gateway != call.text("gateway")) continue;
    auto record = Iteration::single(call, shape);
    record->row({call.svm().name, route.destination, route.gateway},
                [&](Out& out) { write_route(out, call.svm(), route); });
    return record->finish_single();
  }
  return model::missing_entry();
}

Status net_routes_get_iter(Call& call) {
  static const RecordShape shape{"net-vs-routes-info", {"vserver", "destination", "gateway"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    std::vector<model::Route> routes = svm.routes;
    std::sort(routes.begin(), routes.end(), [](const auto& a, const auto& b) {
      return std::tie(a.destination, a.gateway) < std::tie(b.destination, b.gateway);
    });
    for (const model::Route& route : routes) {
      if (!(*page)->row({svm.name, route.destination, route.gateway}, [&](Out& out) { write_route(out, svm, route); }))
        return false;
    }
    return true;
  });
  return (*page)->finish();
}

void write_dns(Out& out, const Svm& svm) {
  const model::Dns& dns = *svm.dns;
  out.integer("attempts", dns.attempts);
  out.text("dns-state", dns.enabled ? "enabled" : "disabled");
  out.list("domains", "string", dns.domains);
  out.list("name-servers", "ip-address", dns.servers);
  out.integer("timeout", dns.timeout);
  out.text("vserver-name", svm.name);
}

Status read_dns(const Call& call, model::Dns& dns) {
  if (auto domains = call.list("domains", "string")) dns.domains = std::move(*domains);
  if (auto servers = call.list("name-servers", "ip-address")) dns.servers = std::move(*servers);
  if (const auto state = call.optional_text("dns-state")) {
    if (*state != "enabled" && *state != "disabled") return call.invalid("dns-state");
    dns.enabled = *state == "enabled";
  }
  dns.attempts = static_cast<int>(call.integer("attempts").value_or(dns.attempts));
  dns.timeout = static_cast<int>(call.integer("timeout").value_or(dns.timeout));
  return {};
}

ModelError no_dns() { return {Errno::entry_does_not_exist, "entry doesn't exist"}; }

Status net_dns_create(Call& call) {
  if (call.svm().dns) return model::duplicate_entry();
  model::Dns dns;
  if (const Status read = read_dns(call, dns); !read) return read;
  call.svm().dns = dns;
  call.cluster.touch(call.svm());
  return {};
}

Status net_dns_modify(Call& call) {
  if (!call.svm().dns) return no_dns();
  model::Dns dns = *call.svm().dns;
  if (const Status read = read_dns(call, dns); !read) return read;
  call.svm().dns = dns;
  call.cluster.touch(call.svm());
  return {};
}

Status net_dns_destroy(Call& call) {
  if (!call.svm().dns) return no_dns();
  call.svm().dns.reset();
  call.cluster.touch(call.svm());
  return {};
}

const RecordShape kDnsShape{"net-dns-info", {"vserver-name"}};

Status net_dns_get(Call& call) {
  if (!call.svm().dns) return no_dns();
  auto record = Iteration::single(call, kDnsShape);
  record->row({call.svm().name}, [&](Out& out) { write_dns(out, call.svm()); });
  return record->finish_single();
}

Status net_dns_get_iter(Call& call) {
  auto page = Iteration::open(call, kDnsShape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    return !svm.dns || (*page)->row({svm.name}, [&](Out& out) { write_dns(out, svm); });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> network_apis() {
  constexpr std::string_view dns =
      "attempts:i dns-state domains:r name-servers:r return-record:b timeout:i skip-config-validation:b";
  return {
      {.name = "net-interface-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = net_interface_get_iter,
       .source = "nDVP, Trident, Manila, Cinder"},
      {.name = "net-interface-create",
       .scope = Scope::any,
       .input = "address administrative-status comment data-protocols:r dns-domain-name failover-group failover-policy "
                "firewall-policy home-node* home-port* "
                "interface-name* is-auto-revert:b is-ipv4-link-local:b listen-for-dns-query:b netmask-length:i netmask "
                "return-record:b role routing-group-name "
                "use-failover-group vserver subnet-name@30 ipspace@30 service-policy@160 force-subnet-association:b@30 "
                "is-dns-update-enabled:b@100",
       .run = net_interface_create,
       .source = "17 for a name in use: Ansible"},
      {.name = "net-interface-modify",
       .scope = Scope::any,
       .input = "address administrative-status comment dns-domain-name failover-group failover-policy firewall-policy "
                "home-node home-port interface-name* "
                "is-auto-revert:b is-ipv4-link-local:b listen-for-dns-query:b netmask-length:i netmask "
                "routing-group-name use-failover-group vserver "
                "service-policy@160 is-dns-update-enabled:b@100",
       .run = net_interface_modify,
       .source = "Manila's first step of deletion"},
      {.name = "net-interface-rename",
       .scope = Scope::any,
       .input = "interface-name* new-name* vserver",
       .run = net_interface_rename,
       .source = "Ansible's na_ontap_interface"},
      {.name = "net-interface-delete",
       .scope = Scope::any,
       .input = "interface-name* vserver",
       .run = net_interface_delete,
       .source = "Manila"},
      {.name = "net-interface-migrate",
       .scope = Scope::any,
       .input = "destination-node* destination-port* lif* vserver force:b source-node",
       .run = net_interface_migrate,
       .source = "Ansible's na_ontap_interface"},
      {.name = "net-interface-revert",
       .scope = Scope::any,
       .input = "lif* vserver",
       .run = net_interface_revert,
       .source = "section 7.9"},
      {.name = "net-routes-create",
       .scope = Scope::svm,
       .input = "destination* gateway* metric:i return-record:b",
       .run = net_routes_create,
       .source = "text of 13001: Manila",
       .since = 30},
      {.name = "net-routes-destroy",
       .scope = Scope::svm,
       .input = "destination* gateway*",
       .run = net_routes_destroy,
       .source = "Ansible",
       .since = 30},
      {.name = "net-routes-get",
       .scope = Scope::svm,
       .input = "desired-attributes:r destination* gateway*",
       .run = net_routes_get,
       .source = "Ansible",
       .since = 30},
      {.name = "net-routes-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = net_routes_get_iter,
       .source = "Ansible",
       .since = 30},
      {.name = "net-dns-create", .scope = Scope::svm, .input = dns, .run = net_dns_create, .source = "Manila"},
      {.name = "net-dns-modify", .scope = Scope::svm, .input = dns, .run = net_dns_modify, .source = "Manila"},
      {.name = "net-dns-destroy", .scope = Scope::svm, .run = net_dns_destroy, .source = "Ansible's na_ontap_dns"},
      {.name = "net-dns-get",
       .scope = Scope::svm,
       .input = "desired-attributes:r",
       .run = net_dns_get,
       .source = "15661 when none: Manila"},
      {.name = "net-dns-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = net_dns_get_iter,
       .source = "Ansible's gather-facts"},
  };
}

}  // namespace ontap_sim::zapi
