// Versions, nodes, the EMS log, licences and other small calls of the cluster. Source: section 7.1.
#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/zapi/dispatch.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Node;

Status system_get_ontapi_version(Call& call) {
  call.put("major-version", std::int64_t{1});
  call.put("minor-version", std::int64_t{call.cluster.ontapi_minor});
  if (call.scope_svm == nullptr) {
    pugi::xml_node details = call.put("node-ontapi-details");
    for (const auto& [name, node] : call.cluster.nodes) {
      pugi::xml_node info = details.append_child("node-ontapi-detail-info");
      append_text(info, "major-version", "1");
      append_text(info, "minor-version", std::to_string(call.cluster.ontapi_minor));
      append_text(info, "node-name", name);
      append_text(info, "node-uuid", node.uuid.text());
    }
  }
  return {};
}

void put_tuple(pugi::xml_node parent, const model::Release& release) {
  pugi::xml_node tuple = parent.append_child("version-tuple").append_child("system-version-tuple");
  append_text(tuple, "generation", std::to_string(release.generation));
  append_text(tuple, "major", std::to_string(release.major));
  append_text(tuple, "minor", std::to_string(release.minor));
}

Status system_get_version(Call& call) {
  const model::Release& release = call.cluster.release();
  call.put("build-timestamp", std::int64_t{release.build_timestamp});
  call.put_flag("is-clustered", true);
  pugi::xml_node details = call.put("node-version-details");
  for (const auto& [name, node] : call.cluster.nodes) {
    pugi::xml_node info = details.append_child("node-version-detail-info");
    append_text(info, "build-timestamp", std::to_string(release.build_timestamp));
    append_text(info, "node-name", name);
    append_text(info, "node-uuid", node.uuid.text());
    append_text(info, "version", release.version);
  }
  call.put("version", release.version);
  put_tuple(call.out, release);
  return {};
}

Status cluster_identity_get(Call& call) {
  static const RecordShape shape{"cluster-identity-info", {"cluster-uuid"}};
  auto record = Iteration::single(call, shape);
  const model::Cluster& cluster = call.cluster;
  record->row({cluster.uuid.text()}, [&](Out& out) {
    out.text("cluster-contact", cluster.contact);
    out.text("cluster-location", cluster.location);
    out.text("cluster-name", cluster.name);
    out.text("cluster-serial-number", cluster.serial);
    out.text("cluster-uuid", cluster.uuid.text());
    out.text("rdb-uuid", cluster.rdb_uuid.text());
  });
  return record->finish_single();
}

Status cluster_identity_modify(Call& call) {
  if (const auto name = call.optional_text("cluster-name"); name && *name != call.cluster.name) {
    return model::refused("Renaming the cluster \"" + call.cluster.name +
                          "\" is not possible while it serves requests.");
  }
  if (call.has("cluster-contact")) call.cluster.contact = call.text("cluster-contact");
  if (call.has("cluster-location")) call.cluster.location = call.text("cluster-location");
  call.cluster.touch();
  return {};
}

void write_node(Out& out, const model::Cluster& cluster, const Node& node) {
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(cluster.now() - node.booted).count();
  out.integer("cpu-busytime", uptime / 50);
  out.text("cpu-firmware-release", "8.3.0");
  out.integer("env-failed-fan-count", 0);
  out.text("env-failed-fan-message", "There are no failed fans.");
  out.integer("env-failed-power-supply-count", 0);
  out.text("env-failed-power-supply-message", "There are no failed power supplies.");
  out.flag("env-over-temperature", false);
  if (cluster.ontapi_minor >= 30) {
    out.flag("is-all-flash-optimized", node.all_flash);
    out.flag("is-all-flash-select-optimized", false);
    out.flag("is-cloud-optimized", false);
  }
  out.flag("is-epsilon-node", node.epsilon);
  out.flag("is-node-cluster-eligible", node.eligible);
  out.flag("is-node-healthy", node.healthy);
  out.integer("maximum-aggregate-size", 175921860444160);
  out.integer("maximum-number-of-volumes", cluster.settings.volumes_per_node);
  out.integer("maximum-volume-size", 109951162777600);
  out.text("node", node.name);
  out.text("node-asset-tag", node.asset_tag);
  out.text("node-location", node.location);
  out.text("node-model", node.model);
  out.text("node-nvram-id", node.system_id);
  out.text("node-owner", node.owner);
  out.text("node-serial-number", node.serial);
  out.text("node-storage-configuration", node.partner.empty() ? "single_path" : "multi_path_ha");
  out.text("node-system-id", node.system_id);
  out.text_if("node-tag", node.asset_tag);  // where Ansible's na_ontap_node reads the asset tag
  out.integer("node-uptime", uptime);
  out.text("node-uuid", node.uuid.text());
  out.text("node-vendor", "NetApp");
  out.text("nvram-battery-status", "battery_ok");
  out.text("product-version", cluster.release().version);
}

const RecordShape kNodeShape{"node-details-info", {"node"}};

Status system_node_get_iter(Call& call) {
  auto page = Iteration::open(call, kNodeShape);
  if (!page) return page.error();
  (*page)->each(call.cluster.nodes, 0, true, [&](const std::string& name, const Node& node, bool) {
    return (*page)->row({name}, [&](Out& out) { write_node(out, call.cluster, node); });
  });
  return (*page)->finish();
}

model::Result<const Node*> require_node(const Call& call, const char* element) {
  const auto at = call.cluster.nodes.find(call.text(element));
  if (at == call.cluster.nodes.end()) return call.invalid(element);
  return &at->second;
}

Status system_node_get(Call& call) {
  auto node = require_node(call, "node");
  if (!node) return node.error();
  auto record = Iteration::single(call, kNodeShape);
  record->row({(*node)->name}, [&](Out& out) { write_node(out, call.cluster, **node); });
  return record->finish_single();
}

Status system_node_modify(Call& call) {
  auto found = require_node(call, "node");
  if (!found) return found.error();
  Node& node = call.cluster.nodes.find((*found)->name)->second;
  if (call.has("node-location")) node.location = call.text("node-location");
  if (call.has("node-asset-tag")) node.asset_tag = call.text("node-asset-tag");
  if (call.has("node-owner")) node.owner = call.text("node-owner");
  if (const auto eligible = call.boolean("is-node-cluster-eligible")) node.eligible = *eligible;
  call.cluster.touch();
  return {};
}

Status system_node_rename(Call& call) {
  return model::rename_node(call.cluster, call.text("node"), call.text("new-name"));
}

Status system_get_info(Call& call) {
  const Node& node = call.cluster.nodes.begin()->second;
  pugi::xml_node info = call.put("system-info");
  append_text(info, "board-speed", "2000");
  append_text(info, "board-type", "System Board XX");
  append_text(info, "cpu-microcode-version", "13");
  append_text(info, "cpu-processor-id", "0x40661");
  append_text(info, "cpu-serial-number", node.serial);
  append_text(info, "maximum-aggregate-size", "175921860444160");
  append_text(info, "maximum-flexible-volume-count", "500");
  append_text(info, "maximum-flexible-volume-size", "17592186044416");
  append_text(info, "memory-size", "8192");
  append_text(info, "number-of-processors", "2");
  append_text(info, "supports-raid-array", "true");
  append_text(info, "system-id", node.system_id);
  append_text(info, "system-machine-type", node.model);
  append_text(info, "system-model", node.model);
  append_text(info, "system-name", node.name);
  append_text(info, "system-serial-number", node.serial);
  append_text(info, "vendor-id", "NetApp");
  return {};
}

Status ems_autosupport_log(Call& call) {
  model::EmsEvent event;
  event.node = call.cluster.nodes.begin()->first;
  event.severity = "NOTICE";
  event.name = "app.log.notice";
  event.svm = call.scope_svm == nullptr ? "" : call.scope_svm->name;
  event.text = call.text("computer-name") + ": " + call.text("event-source") + " " + call.text("app-version") + ": (" +
               call.text("event-id") + ") " + call.text("category") + ": " + call.text("event-description");
  model::add_event(call.cluster, std::move(event));
  return {};
}

Status license_v2_list_info(Call& call) {
  pugi::xml_node list = call.put("licenses");
  for (const auto& [package, license] : call.cluster.licenses) {
    pugi::xml_node info = list.append_child("license-v2-info");
    append_text(info, "customer-id", "none");
    append_text(info, "description", license.description);
    append_text(info, "legacy", "false");
    append_text(info, "owner", license.owner);
    append_text(info, "package", package);
    append_text(info, "serial-number", license.serial);
    append_text(info, "type", license.type);
  }
  return {};
}

Status cf_get_partner(Call& call) {
  auto node = require_node(call, "node");
  if (!node) return node.error();
  if ((*node)->partner.empty()) return model::refused("Node \"" + (*node)->name + "\" has no partner.");
  call.put("partner", (*node)->partner);
  return {};
}

Status net_options_get(Call& call) {
  const auto at = call.cluster.options.find("ipv6");
  append_text(call.put("net-options").append_child("ipv6-options-info"), "enabled",
              at == call.cluster.options.end() ? "false" : at->second);
  return {};
}

Status data_lif_capacity_details(Call& call) {
  static const RecordShape shape{"data-lif-capacity-details-info", {"node"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.nodes) {
    const auto& name = entry.first;
    std::int64_t count = 0;
    for (const auto& [svm_name, svm] : call.cluster.svms) {
      for (const auto& [lif_name, lif] : svm.lifs) count += lif.role == "data" && lif.home_node == name ? 1 : 0;
    }
    const bool more = (*page)->row({name}, [&](Out& out) {
      out.integer("capacity-for-node", 512);
      out.integer("count-for-node", count);
      out.integer("limit-for-node", 512);
      out.text("node", name);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status volume_encryption_supported(Call& call) {
  auto node = require_node(call, "node");
  if (!node) return node.error();
  call.put_flag("vol-encryption-supported", call.cluster.licensed("ve") || call.cluster.ontapi_minor >= 110);
  return {};
}

Status compliance_clock(Call& call) {
  auto node = require_node(call, "node");
  if (!node) return node.error();
  pugi::xml_node info = call.put("snaplock-node-compliance-clock").append_child("compliance-clock-info");
  const auto at = call.cluster.options.find("compliance-clock:" + (*node)->name);
  append_text(info, "formatted-snaplock-compliance-clock",
              at == call.cluster.options.end() ? "ComplianceClock is not configured." : at->second);
  if (at != call.cluster.options.end())
    append_text(info, "snaplock-compliance-clock", std::to_string(model::epoch_seconds(call.cluster.now())));
  return {};
}

/// Which ZAPI names a caller may use for an object: Cinder asks with the CLI's object names.
Status system_user_capability_get_iter(Call& call) {
  static const RecordShape shape{"capability-info", {"object-name"}};
  struct Capability {
    std::string_view object;
    std::string_view show;
  };
  constexpr Capability capabilities[] = {
      {"cluster.identity", "cluster-identity-get"},
      {"job", "job-get-iter"},
      {"lun", "lun-get-iter,lun-map-get-iter"},
      {"snapmirror", "snapmirror-get-iter"},
      {"statistics", "perf-object-get-instances,perf-object-counter-list-info,perf-object-instance-list-info-iter"},
      {"storage.aggregate", "aggr-get-iter,aggr-options-list-info,aggr-space-get-iter"},
      {"storage.disk", "storage-disk-get-iter"},
      {"system.node", "system-node-get-iter"},
      {"volume", "volume-get-iter"},
      {"volume.efficiency", "sis-get-iter"},
      {"volume.snapshot", "snapshot-get-iter"},
      {"vserver", "vserver-get-iter"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const Capability& capability : capabilities) {
    std::vector<std::string> allowed;
    for (const std::string_view name : base::split(capability.show, ',')) {
      const ApiEntry* api = find_api(name);
      if (api != nullptr && api->run != nullptr && (call.scope_svm == nullptr || api->scope != Scope::cluster))
        allowed.emplace_back(name);
    }
    if (allowed.empty()) continue;
    const bool more = (*page)->row({std::string(capability.object)}, [&](Out& out) {
      out.text("object-name", capability.object);
      if (pugi::xml_node list = out.child_list("operation-list")) {
        pugi::xml_node operation = list.append_child("operation-info");
        append_text(operation, "api-name", base::join(allowed, ","));
        append_text(operation, "name", "show");
      }
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status system_cli(Call& call) {
  if (!call.shell) return ModelError{Errno::api_not_implemented, "The command line is not attached to this endpoint."};
  std::string line;
  for (const std::string& word : call.list("args", "arg").value_or(std::vector<std::string>{})) {
    const bool quote = word.empty() || word.find(' ') != std::string::npos;
    line += (line.empty() ? "" : " ") + (quote ? "\"" + word + "\"" : word);
  }
  if (line.empty()) return ModelError{Errno::invalid_input, "Missing input: args"};
  const auto [output, good] = call.shell(line, call.optional_text("priv").value_or("admin"), call.user);
  call.put("cli-output", output);
  call.put("cli-result-value", std::int64_t{good ? 1 : 0});
  return {};
}

Status system_get_node_info_iter(Call& call) {
  static const RecordShape shape{"system-info", {"system-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.nodes, 0, true, [&](const std::string& name, const Node& node, bool) {
    return (*page)->row({name}, [&](Out& out) {
      out.text("board-type", "System Board XX");
      out.integer("maximum-aggregate-size", 175921860444160);
      out.integer("maximum-flexible-volume-count", call.cluster.settings.volumes_per_node);
      out.integer("memory-size", 8192);
      out.integer("number-of-processors", 2);
      out.text_if("partner-system-name", node.partner);
      out.text("system-id", node.system_id);
      out.text("system-machine-type", node.model);
      out.text("system-model", node.model);
      out.text("system-name", name);
      out.text("system-serial-number", node.serial);
      out.text("vendor-id", "NetApp");
    });
  });
  return (*page)->finish();
}

/// The names that this release and scope have and that are modelled.
Status system_api_list(Call& call) {
  pugi::xml_node list = call.put("apis");
  for (const ApiEntry& row : table()) {
    const bool absent = row.run == nullptr || call.cluster.ontapi_minor < row.since ||
                        (call.scope_svm != nullptr && row.scope == Scope::cluster);
    if (absent) continue;
    pugi::xml_node info = list.append_child("system-api-info");
    append_text(info, "is-streaming", "false");
    append_text(info, "name", row.name);
  }
  return {};
}

/// Inputs of the calls that `api-list` names, as the table has them, and what every iterator answers with.
Status system_api_get_elements(Call& call) {
  const auto names = call.list("api-list", "api-list-info").value_or(std::vector<std::string>());
  for (const std::string& name : names) {
    const ApiEntry* row = find_api(name);
    if (row == nullptr || call.cluster.ontapi_minor < row->since)
      return ModelError{Errno::api_not_found, "Unable to find API: " + name};
  }
  pugi::xml_node entries = call.put("api-entries");
  for (const std::string& name : names) {
    const ApiEntry& row = *find_api(name);
    pugi::xml_node entry = entries.append_child("system-api-entry-info");
    pugi::xml_node elements = entry.append_child("api-elements");
    const auto add = [&](std::string_view element, const char* type, bool optional, bool output) {
      pugi::xml_node info = elements.append_child("system-api-element-info");
      append_text(info, "is-array", std::string_view(type) == "list" ? "true" : "false");
      append_text(info, "is-nonempty", "false");
      append_text(info, "is-optional", optional ? "true" : "false");
      append_text(info, "is-output", output ? "true" : "false");
      append_text(info, "name", element);
      append_text(info, "type", type);
    };
    for (const std::string_view input : base::split(row.input, ' ')) {
      if (input.empty()) continue;
      const std::string_view element = input.substr(0, input.find_first_of("*:@"));
      const std::size_t colon = input.find(':');
      const char kind = colon == std::string_view::npos || colon + 1 >= input.size() ? 's' : input[colon + 1];
      add(element,
          kind == 'i'   ? "integer"
          : kind == 'b' ? "boolean"
          : kind == 'r' ? "list"
                        : "string",
          input.find('*') == std::string_view::npos, false);
    }
    if (row.input == kIter) {
      add("attributes-list", "list", true, true);
      add("next-tag", "string", true, true);
      add("num-records", "integer", false, true);
    }
    append_text(entry, "name", name);
  }
  return {};
}

}  // namespace

std::vector<ApiEntry> system_apis() {
  return {
      {.name = "system-get-ontapi-version",
       .scope = Scope::any,
       .run = system_get_ontapi_version,
       .source = "shape: appendix B; nDVP reads both numbers"},
      {.name = "system-get-version",
       .scope = Scope::any,
       .run = system_get_version,
       .source = "Manila and Cinder need the tuple, Harvest is-clustered"},
      {.name = "cluster-identity-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r",
       .run = cluster_identity_get,
       .source = "fields: Manila's fixtures"},
      {.name = "cluster-identity-modify",
       .scope = Scope::cluster,
       .input = "cluster-name cluster-contact cluster-location",
       .run = cluster_identity_modify,
       .source = "Ansible's na_ontap_cluster"},
      {.name = "system-node-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = system_node_get_iter,
       .source = "13005 in an SVM is load-bearing"},
      {.name = "system-node-get",
       .scope = Scope::cluster,
       .input = "desired-attributes:r node*",
       .run = system_node_get,
       .source = "13115 for an unknown node"},
      {.name = "system-node-modify",
       .scope = Scope::cluster,
       .input = "node* node-location node-owner node-asset-tag is-node-cluster-eligible:b",
       .run = system_node_modify,
       .source = "Ansible's na_ontap_node"},
      {.name = "system-node-rename",
       .scope = Scope::cluster,
       .input = "node* new-name*",
       .run = system_node_rename,
       .source = "Ansible's na_ontap_node"},
      {.name = "system-get-info",
       .scope = Scope::cluster,
       .run = system_get_info,
       .source = "fields: Cinder's fixtures"},
      {.name = "ems-autosupport-log",
       .scope = Scope::any,
       .input = "app-version* auto-support*:b category* computer-name* event-description* event-id*:i event-source* "
                "log-level*:i",
       .run = ems_autosupport_log,
       .source = "nDVP's heartbeat"},
      {.name = "license-v2-list-info",
       .scope = Scope::cluster,
       .run = license_v2_list_info,
       .source = "Manila's licence check"},
      {.name = "cf-get-partner", .scope = Scope::cluster, .input = "node*", .run = cf_get_partner, .source = "Manila"},
      {.name = "net-options-get", .scope = Scope::cluster, .run = net_options_get, .source = "Manila's IPv6 check"},
      {.name = "data-lif-capacity-details",
       .scope = Scope::cluster,
       .input = kIter,
       .run = data_lif_capacity_details,
       .source = "Manila"},
      {.name = "security-key-manager-volume-encryption-supported",
       .scope = Scope::cluster,
       .input = "node*",
       .run = volume_encryption_supported,
       .source = "Manila",
       .since = 110},
      {.name = "snaplock-get-node-compliance-clock",
       .scope = Scope::cluster,
       .input = "node*",
       .run = compliance_clock,
       .source = "Manila"},
      {.name = "system-cli",
       .scope = Scope::cluster,
       .input = "args*:r priv",
       .run = system_cli,
       .source = "Ansible's na_ontap_command"},
      {.name = "system-get-node-info-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = system_get_node_info_iter,
       .source = "Ansible, Harvest"},
      {.name = "system-api-list", .scope = Scope::any, .run = system_api_list, .source = "Harvest"},
      {.name = "system-api-get-elements",
       .scope = Scope::any,
       .input = "api-list*:r",
       .run = system_api_get_elements,
       .source = "Harvest's zapi tool"},
      {.name = "system-user-capability-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = system_user_capability_get_iter,
       .source = "Cinder's permission probe"},
  };
}

}  // namespace ontap_sim::zapi
