// The nodes: fail-over, images, service processors, shelves, firewall, AutoSupport. Hardware that the model does not
// have in detail is described as a healthy node has it; settings are kept per node. Source: Ansible's modules and
// na_ontap_info, Harvest's templates; appendix A of the array's specification.
#include "ontap-sim/zapi/each.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

using model::Node;
using model::Record;

Status cluster_node_get_iter(Call& call) {
  return each_node(call, "cluster-node-info", "node-name", [](Out& out, const Node& node) {
    out.flag("is-node-eligible", node.eligible);
    out.flag("is-node-epsilon", node.epsilon);
    out.flag("is-node-healthy", node.healthy);
    out.text("node-uuid", node.uuid.text());
  });
}
Status cluster_image_get_iter(Call& call) {
  const std::string version(call.cluster.release().name);
  return each_node(call, "cluster-image-info", "node-id", [&](Out& out, const Node& node) {
    out.text("current-version", version);
    out.time("date-installed", node.booted);
  });
}
void write_service_processor(Out& out, const Call& call, const std::string& node) {
  const std::string address = kept(call.cluster.records, "sp-network", node, "ip-address", "");
  out.text("firmware-version", "4.1");
  out.text_if("ip-address", address);
  out.flag("is-ip-configured", !address.empty());
  out.text("status", "online");
  out.text("type", "sp");
}
Status service_processor_get_iter(Call& call) {
  return each_node(call, "service-processor-info", "node",
                   [&](Out& out, const Node& node) { write_service_processor(out, call, node.name); });
}
Status service_processor_network_get_iter(Call& call) {
  return each_node(call, "service-processor-network-info", "node", [&](Out& out, const Node& node) {
    for (const auto& [field, normal] :
         {std::pair{"address-type", "ipv4"}, std::pair{"dhcp", "none"}, std::pair{"gateway-ip-address", ""},
          std::pair{"ip-address", ""}, std::pair{"is-enabled", "false"}, std::pair{"netmask", ""},
          std::pair{"prefix-length", ""}}) {
      out.text_if(field, kept(call.cluster.records, "sp-network", node.name, field, normal));
    }
  });
}
Status service_processor_network_modify(Call& call) {
  if (!call.cluster.nodes.contains(call.text("node"))) return model::missing_entry();
  Record& record = call.cluster.records["sp-network"][call.text("node")];
  for (const char* field :
       {"address-type", "dhcp", "gateway-ip-address", "ip-address", "is-enabled", "netmask", "prefix-length"}) {
    if (call.has(field)) record.fields[field] = call.text(field);
  }
  call.cluster.touch();
  return {};
}
Status storage_shelf_get_iter(Call& call) {
  int number = 0;
  return each_node(call, "storage-shelf-info", "node-name", [&](Out& out, const Node& node) {
    std::int64_t disks = 0;
    for (const auto& [name, aggregate] : call.cluster.aggregates)
      disks += aggregate.home_node == node.name ? aggregate.disk_count : 0;
    out.integer("disk-count", disks);
    out.text("module-type", "iom12");
    out.text("op-status", "normal");
    out.text("serial-number", "SHF" + node.serial);
    out.text("shelf", "1." + std::to_string(number));
    out.integer("shelf-id", number++);
    out.text("shelf-model", "DS224-12");
    out.text("shelf-uid", "50:05:0c:" + node.uuid.text().substr(0, 8));
    out.text("state", "online");
    out.text("vendor-name", "NETAPP");
  });
}

constexpr std::pair<const char*, const char*> kAutosupport[] = {
    {"is-enabled", "true"},
    {"is-support-enabled", "true"},
    {"transport", "https"},
    {"post-url", "support.netapp.com/asupprod/post/1.0/postAsup"},
    {"proxy-url", ""},
    {"from", "Postmaster"},
    {"noteto", ""},
    {"retry-count", "15"},
    {"retry-interval", "240"},
    {"max-http-size", "52428800"},
    {"max-smtp-size", "5242880"},
    {"is-node-in-subject", "true"},
    {"is-nht-data-enabled", "true"},
    {"is-perf-data-enabled", "true"},
    {"is-reminder-enabled", "true"},
    {"is-private-data-removed", "false"},
    {"is-local-collection-enabled", "true"},
    {"is-ondemand-enabled", "true"},
    {"validate-digital-certificate", "true"}};
constexpr std::pair<const char*, const char*> kAutosupportLists[] = {
    {"mail-hosts", "string"}, {"to", "mail-address"}, {"partner-address", "mail-address"}};

void write_autosupport(Out& out, const Call& call, const std::string& node) {
  for (const auto& [field, normal] : kAutosupport)
    out.text_if(field, kept(call.cluster.records, "autosupport", node, field, normal));
  const auto rows = call.cluster.records.find("autosupport");
  if (rows == call.cluster.records.end() || !rows->second.contains(node)) return;
  for (const auto& [list, child] : kAutosupportLists) {
    const auto values = rows->second.find(node)->second.lists.find(list);
    if (values != rows->second.find(node)->second.lists.end()) out.list(list, child, values->second);
  }
}
Status autosupport_config_get_iter(Call& call) {
  return each_node(call, "autosupport-config-info", "node-name",
                   [&](Out& out, const Node& node) { write_autosupport(out, call, node.name); });
}
Status autosupport_config_get(Call& call) {
  static const RecordShape shape{"autosupport-config-info", {"node-name"}};
  const std::string node = call.text("node-name");
  if (!call.cluster.nodes.contains(node)) return model::missing_entry();
  auto record = Iteration::single(call, shape);
  record->row({node}, [&](Out& out) {
    out.text("node-name", node);
    write_autosupport(out, call, node);
  });
  return record->finish_single();
}
Status autosupport_config_modify(Call& call) {
  if (!call.cluster.nodes.contains(call.text("node-name"))) return model::missing_entry();
  Record& record = call.cluster.records["autosupport"][call.text("node-name")];
  for (const auto& [field, normal] : kAutosupport) {
    if (call.has(field)) record.fields[field] = base::to_lower(call.text(field));
  }
  for (const auto& [list, child] : kAutosupportLists) {
    if (auto values = call.list(list, child)) record.lists[list] = std::move(*values);
  }
  call.cluster.touch();
  return {};
}

/// Options of storage fail-over; all are on in a fresh cluster.
std::string sfo(const Call& call, const std::string& node, const char* option) {
  return kept(call.cluster.records, "sfo", node, option, "true");
}

Status cf_get_iter(Call& call) {
  static const RecordShape shape{"storage-failover-info", {"sfo-node-info/node-related-info/node"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.nodes, 0, true, [&](const std::string& name, const Node& node, bool) {
    return (*page)->row({name}, [&](Out& out) {
      if (out.open("sfo-node-info")) {
        if (out.open("node-related-info")) {
          out.text("current-mode", node.partner.empty() ? "non_ha" : "ha");
          out.text("node", name);
          out.text_if("partner-name", node.partner);
          out.close();
        }
        out.close();
      }
      if (out.open("sfo-options-info")) {
        if (out.open("options-related-info")) {
          out.text("auto-giveback-enabled", sfo(call, name, "auto-giveback-enabled"));
          out.text("node", name);
          if (out.open("sfo-giveback-options-info")) {
            if (out.open("giveback-options")) {
              out.text("auto-giveback-after-panic-enabled", sfo(call, name, "auto-giveback-after-panic-enabled"));
              out.close();
            }
            out.close();
          }
          out.close();
        }
        out.close();
      }
      if (out.open("sfo-takeover-info")) {
        out.flag("takeover-of-partner-possible", !node.partner.empty() && !node.taken_over);
        out.text("takeover-state", node.taken_over ? "sfo_takeover_complete" : "sfo_takeover_not_attempted");
        out.close();
      }
    });
  });
  return (*page)->finish();
}

model::Result<std::string> known_node(const Call& call, const char* element) {
  const std::string node = call.text(element);
  if (!call.cluster.nodes.contains(node)) return call.invalid(element);
  return node;
}

Status cf_status(Call& call) {
  auto node = known_node(call, "node");
  if (!node) return node.error();
  const Node& state = call.cluster.nodes.find(*node)->second;
  call.put("current-mode", state.partner.empty() ? "non_ha" : "ha");
  call.put("is-enabled", sfo(call, *node, "enabled"));
  call.put_flag("is-interconnect-up", !state.partner.empty());
  if (!state.partner.empty()) call.put("partner", state.partner);
  call.put("state", state.partner.empty() ? "error" : state.taken_over ? "taken_over" : "connected");
  return {};
}

Status cf_service(Call& call) {
  auto node = known_node(call, "node");
  if (!node) return node.error();
  call.cluster.records["sfo"][*node].fields["enabled"] = call.api.name == "cf-service-enable" ? "true" : "false";
  call.cluster.touch();
  return {};
}

Status cf_modify_iter(Call& call) {
  const pugi::xml_node wanted = call.in.child("query").first_child();
  const pugi::xml_node set = call.in.child("attributes").first_child();
  const pugi::xml_node panic = set.child("sfo-giveback-options-info-modify").child("giveback-options-modify");
  // The node stands in the query, or, as Ansible has it, among the attributes.
  std::string node = leaf_text(wanted.child("node"));
  if (node.empty()) node = leaf_text(set.child("node"));
  std::int64_t changed = 0;
  for (const auto& [name, state] : call.cluster.nodes) {
    if (!node.empty() && !text_matches(node, name, "node")) continue;
    for (const auto& [from, option] :
         {std::pair{set, "auto-giveback-enabled"}, std::pair{panic, "auto-giveback-after-panic-enabled"}}) {
      if (!from.child(option)) continue;
      const auto flag = parse_boolean(leaf_text(from.child(option)));
      if (!flag) return model::invalid_value(option, "cf-modify-iter", leaf_text(from.child(option)));
      call.cluster.records["sfo"][name].fields[option] = *flag ? "true" : "false";
    }
    ++changed;
  }
  call.cluster.touch();
  call.put("num-failed", std::int64_t{0});
  call.put("num-succeeded", changed);
  return {};
}

Status clock_get_clock(Call& call) {
  const std::int64_t now = model::epoch_seconds(call.cluster.now());
  call.put("compliance-time", now);
  call.put("local-time", now);
  call.put("utc-time", now);
  return {};
}

/// It is set once, to the time of the node; later calls only set it again.
Status compliance_clock_set(Call& call) {
  auto node = known_node(call, "node");
  if (!node) return node.error();
  call.cluster.options["compliance-clock:" + *node] =
      "initialized at " + std::to_string(model::epoch_seconds(call.cluster.now()));
  call.cluster.touch();
  return {};
}

/// The key servers are set up before the first one is added; the passphrase itself is not kept.
Status key_manager_setup(Call& call) {
  const auto passphrase = call.optional_text("passphrase");
  if (passphrase && passphrase->size() < 20)
    return model::refused("The passphrase needs between 20 and 256 characters.");
  call.cluster.records["key-manager-setup"][""].fields["onboard"] = passphrase ? "true" : "false";
  call.cluster.touch();
  return {};
}

Status cluster_image_get(Call& call) {
  static const RecordShape shape{"cluster-image-info", {"node-id"}};
  auto node = known_node(call, "node-id");
  if (!node) return node.error();
  auto record = Iteration::single(call, shape);
  record->row({*node}, [&](Out& out) {
    out.text("current-version", call.cluster.release().name);
    out.time("date-installed", call.cluster.nodes.find(*node)->second.booted);
    out.text("node-id", *node);
  });
  return record->finish_single();
}

Status service_processor_get(Call& call) {
  static const RecordShape shape{"service-processor-info", {"node"}};
  auto node = known_node(call, "node");
  if (!node) return node.error();
  auto record = Iteration::single(call, shape);
  record->row({*node}, [&](Out& out) { write_service_processor(out, call, *node); });
  return record->finish_single();
}

struct Sensor {
  const char* name;
  const char* type;
  int value;
  const char* units;
  int low_critical, low_warning, high_warning, high_critical;
};
constexpr Sensor kSensors[] = {{"Bat Temp", "thermal", 27, "C", 0, 5, 50, 60},
                               {"CPU0 Temp Margin", "thermal", -42, "C", -128, -127, -5, 0},
                               {"PSU1 Fan1", "fan", 8100, "RPM", 2000, 2500, 30000, 32000},
                               {"PSU1 Power", "power", 180, "W", 0, 1, 800, 900},
                               {"PSU1 Present", "discrete", 0, "", 0, 0, 0, 0},
                               {"PSU2 Fan1", "fan", 8100, "RPM", 2000, 2500, 30000, 32000},
                               {"PSU2 Power", "power", 178, "W", 0, 1, 800, 900},
                               {"PSU2 Present", "discrete", 0, "", 0, 0, 0, 0}};

Status sensors_get_iter(Call& call) {
  static const RecordShape shape{"environment-sensors-info", {"node-name", "sensor-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.nodes) {
    const Node& node = entry.second;
    for (const Sensor& sensor : kSensors) {
      const bool more = (*page)->row({node.name, sensor.name}, [&](Out& out) {
        out.text("node-name", node.name);
        out.text("sensor-name", sensor.name);
        out.text("sensor-type", sensor.type);
        if (std::string_view(sensor.type) == "discrete") {
          out.text("discrete-sensor-state", "normal");
          out.text("discrete-sensor-value", "PRESENT");
          return;
        }
        out.integer("critical-high-threshold", sensor.high_critical);
        out.integer("critical-low-threshold", sensor.low_critical);
        out.integer("warning-high-threshold", sensor.high_warning);
        out.integer("warning-low-threshold", sensor.low_warning);
        out.text("threshold-sensor-state", node.healthy ? "normal" : "failed");
        out.integer("threshold-sensor-value", sensor.value);
        out.text("value-units", sensor.units);
      });
      if (!more) return (*page)->finish();
    }
  }
  return (*page)->finish();
}

Status alerts_get_iter(Call& call) {
  static const RecordShape shape{"diagnosis-alert-info", {"node", "monitor", "alert-id", "alerting-resource"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.nodes) {
    const Node& node = entry.second;
    if (node.healthy) continue;
    const bool more = (*page)->row({node.name, "system-connect", "NodeUnhealthy_Alert", node.name}, [&](Out& out) {
      out.text("alert-id", "NodeUnhealthy_Alert");
      out.text("alerting-resource", node.name);
      out.text("alerting-resource-name", node.name);
      out.text("monitor", "system-connect");
      out.text("node", node.name);
      out.text("perceived-severity", "major");
      out.text("subsystem", "motherboard");
      out.flag("acknowledge", false);
      out.flag("suppress", false);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status firewall_config_get(Call& call) {
  auto node = known_node(call, "node-name");
  if (!node) return node.error();
  pugi::xml_node info = call.put("attributes").append_child("net-firewall-config-info");
  append_text(info, "is-enabled", kept(call.cluster.records, "firewall", *node, "is-enabled", "true"));
  append_text(info, "is-logging", kept(call.cluster.records, "firewall", *node, "is-logging", "false"));
  append_text(info, "node-name", *node);
  return {};
}

Status firewall_config_modify(Call& call) {
  auto node = known_node(call, "node-name");
  if (!node) return node.error();
  for (const char* field : {"is-enabled", "is-logging"}) {
    if (const auto flag = call.boolean(field))
      call.cluster.records["firewall"][*node].fields[field] = *flag ? "true" : "false";
  }
  call.cluster.touch();
  return {};
}

}  // namespace

std::vector<ApiEntry> node_apis() {
  constexpr std::string_view autosupport =
      "node-name* is-enabled:b is-support-enabled:b transport post-url proxy-url from noteto retry-count:i "
      "retry-interval max-http-size:i max-smtp-size:i "
      "is-node-in-subject:b is-nht-data-enabled:b is-perf-data-enabled:b is-reminder-enabled:b "
      "is-private-data-removed:b is-local-collection-enabled:b "
      "is-ondemand-enabled:b validate-digital-certificate:b mail-hosts:r to:r partner-address:r";
  std::vector<ApiEntry> rows = {
      {.name = "cluster-node-get-iter", .scope = Scope::cluster, .input = kIter, .run = cluster_node_get_iter},
      {.name = "cluster-image-get-iter", .scope = Scope::cluster, .input = kIter, .run = cluster_image_get_iter},
      {.name = "service-processor-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = service_processor_get_iter},
      {.name = "service-processor-network-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = service_processor_network_get_iter},
      {.name = "service-processor-network-modify",
       .scope = Scope::cluster,
       .input = "address-type* dhcp gateway-ip-address ip-address is-enabled:b netmask node* prefix-length:i",
       .run = service_processor_network_modify},
      {.name = "storage-shelf-info-get-iter", .scope = Scope::cluster, .input = kIter, .run = storage_shelf_get_iter},
      {.name = "autosupport-config-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = autosupport_config_get_iter},
      {.name = "autosupport-config-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r node-name*",
       .run = autosupport_config_get},
      {.name = "autosupport-config-modify",
       .scope = Scope::cluster,
       .input = autosupport,
       .run = autosupport_config_modify},
      {.name = "cf-get-iter", .scope = Scope::cluster, .input = kIter, .run = cf_get_iter},
      {.name = "cf-status", .scope = Scope::cluster, .input = "node*", .run = cf_status},
      {.name = "cf-service-enable", .scope = Scope::cluster, .input = "node*", .run = cf_service},
      {.name = "cf-service-disable", .scope = Scope::cluster, .input = "node*", .run = cf_service},
      {.name = "cf-modify-iter", .scope = Scope::cluster, .input = kModifyIter, .run = cf_modify_iter},
      {.name = "environment-sensors-get-iter", .scope = Scope::cluster, .input = kIter, .run = sensors_get_iter},
      {.name = "diagnosis-alert-get-iter", .scope = Scope::cluster, .input = kIter, .run = alerts_get_iter},
      {.name = "snaplock-set-node-compliance-clock",
       .scope = Scope::cluster,
       .input = "node*",
       .run = compliance_clock_set},
      {.name = "security-key-manager-setup",
       .scope = Scope::cluster,
       .input = "enable-cc-mode:b passphrase",
       .run = key_manager_setup},
      {.name = "clock-get-clock", .scope = Scope::cluster, .run = clock_get_clock},
      {.name = "cluster-image-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r node-id*",
       .run = cluster_image_get},
      {.name = "service-processor-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r node*",
       .run = service_processor_get},
      {.name = "net-firewall-config-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r node-name*",
       .run = firewall_config_get},
      {.name = "net-firewall-config-modify",
       .scope = Scope::cluster,
       .input = "is-enabled:b is-logging:b node-name*",
       .run = firewall_config_modify},
  };
  for (ApiEntry& row : rows) row.source = "Ansible's na_ontap_info and modules, Harvest's templates";
  return rows;
}

}  // namespace ontap_sim::zapi
