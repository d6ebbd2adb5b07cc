// What nodes hold and check by themselves: FC adapters, neighbours on the cluster network, AutoSupport's own checks,
// keys of encrypted volumes, NVMe interfaces, MetroCluster's view of the nodes. All of it follows from the model.
// Source: Ansible's na_ontap_info and na_ontap_ucadapter, Trident's bindings for field names; appendix A of the array's
// specification.
#include "ontap-sim/zapi/each.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

using model::Node;
using model::Svm;

/// Every node has these two unified target adapters; what was set is kept in table "ucm".
constexpr const char* kAdapters[] = {"0e", "0f"};

std::string adapter_key(const std::string& node, const std::string& adapter) { return node + "\n" + adapter; }

void write_adapter(Out& out, const Call& call, const std::string& node, const std::string& adapter) {
  const std::string key = adapter_key(node, adapter);
  const auto field = [&](const char* name, const char* normal) {
    return kept(call.cluster.records, "ucm", key, name, normal);
  };
  out.text("adapter-name", adapter);
  out.text("fc4-type", field("fc4-type", "target"));
  out.text("mode", field("mode", "fc"));
  out.text("node-name", node);
  out.text_if("pending-fc4-type", field("pending-fc4-type", ""));
  out.text_if("pending-mode", field("pending-mode", ""));
  out.text("status", field("status", "up"));
}

/// The key of the adapter that the call names, in the model's table.
model::Result<std::string> adapter_of(const Call& call, const char* node_element, const char* adapter_element) {
  const std::string node = call.text(node_element);
  const std::string adapter = call.text(adapter_element);
  const bool known = std::find(std::begin(kAdapters), std::end(kAdapters), adapter) != std::end(kAdapters);
  if (!call.cluster.nodes.contains(node) || !known) return model::missing_entry();
  return adapter_key(node, adapter);
}

Status ucm_adapter_get_iter(Call& call) {
  static const RecordShape shape{"uc-adapter-info", {"node-name", "adapter-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.nodes) {
    const std::string& node = entry.first;
    for (const std::string adapter : kAdapters) {
      if (!(*page)->row({node, adapter}, [&](Out& out) { write_adapter(out, call, node, adapter); }))
        return (*page)->finish();
    }
  }
  return (*page)->finish();
}

Status ucm_adapter_get(Call& call) {
  static const RecordShape shape{"uc-adapter-info", {"node-name", "adapter-name"}};
  const auto key = adapter_of(call, "node-name", "adapter-name");
  if (!key) return key.error();
  auto record = Iteration::single(call, shape);
  record->row({call.text("node-name"), call.text("adapter-name")},
              [&](Out& out) { write_adapter(out, call, call.text("node-name"), call.text("adapter-name")); });
  return record->finish_single();
}

/// A new mode waits for the node's next boot; only an adapter that was taken down may get one.
Status ucm_adapter_modify(Call& call) {
  const auto key = adapter_of(call, "node-name", "adapter-name");
  if (!key) return key.error();
  if (call.has("mode") && call.text("mode") != "fc" && call.text("mode") != "cna") return call.invalid("mode");
  const std::string type = call.text("fc4-type");
  if (call.has("fc4-type") && type != "target" && type != "initiator" && type != "fcvi")
    return call.invalid("fc4-type");
  if (kept(call.cluster.records, "ucm", *key, "status", "up") == "up")
    return model::refused("Adapter \"" + call.text("adapter-name") + "\" on node \"" + call.text("node-name") +
                          "\" is online. Take it offline before modifying it.");
  model::Record& record = call.cluster.records["ucm"][*key];
  for (const auto& [element, pending] :
       {std::pair{"mode", "pending-mode"}, std::pair{"fc4-type", "pending-fc4-type"}}) {
    if (call.has(element)) record.fields[pending] = call.text(element);
  }
  call.cluster.touch();
  return {};
}

Status fcp_adapter_switch(Call& call) {
  const auto key = adapter_of(call, "node", "fcp-adapter");
  if (!key) return key.error();
  call.cluster.records["ucm"][*key].fields["status"] = call.api.name == "fcp-adapter-config-up" ? "up" : "down";
  call.cluster.touch();
  return {};
}

/// The two nodes of a switchless cluster see each other on the ports of the cluster network.
Status device_discovery_get_iter(Call& call) {
  static const RecordShape shape{"net-device-discovery-info", {"node", "port", "discovered-device"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& [key, port] : call.cluster.ports) {
    if (call.cluster.nodes.size() != 2) break;
    const auto node = call.cluster.nodes.find(port.node);
    const auto other = node == call.cluster.nodes.end() ? node : call.cluster.nodes.find(node->second.partner);
    if (port.ipspace != "Cluster" || other == call.cluster.nodes.end()) continue;
    if (!call.cluster.ports.contains({other->first, port.name})) continue;
    const model::Port& here = port;
    const bool more = (*page)->row({here.node, here.name, other->first}, [&](Out& out) {
      out.text("discovered-device", other->first);
      out.text("interface", here.name);
      out.text("node", here.node);
      out.text("platform", other->second.model);
      out.text("port", here.name);
      out.text("version", "NetApp Release " + std::string(call.cluster.release().name));
    });
    if (!more) break;
  }
  return (*page)->finish();
}

/// What AutoSupport says about its own configuration; the configuration is autosupport-config-modify's.
Status autosupport_check_iter(Call& call) {
  static const RecordShape shape{"autosupport-check-info", {"node-name", "check-type"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  const auto list_set = [&](const std::string& node, const char* list) {
    const auto rows = call.cluster.records.find("autosupport");
    if (rows == call.cluster.records.end()) return false;
    const auto row = rows->second.find(node);
    return row != rows->second.end() && row->second.lists.contains(list) && !row->second.lists.at(list).empty();
  };
  for (const auto& entry : call.cluster.nodes) {
    const std::string& node = entry.first;
    const auto field = [&](const char* name, const char* normal) {
      return kept(call.cluster.records, "autosupport", node, name, normal);
    };
    const bool enabled = field("is-enabled", "true") == "true";
    const bool mail = field("transport", "https") == "smtp";
    const bool addressed = list_set(node, "to") || list_set(node, "partner-address") || !field("noteto", "").empty();
    struct Check {
      const char* type;
      bool good;
      const char* problem;
    };
    for (const Check& check : {Check{"http_https_config", enabled && !mail,
                                     enabled ? "The transport is not HTTP or HTTPS." : "AutoSupport is disabled."},
                               Check{"mail_addresses_config", addressed, "No mail address is configured."},
                               Check{"smtp_config", enabled && list_set(node, "mail-hosts"),
                                     enabled ? "No mail host is configured." : "AutoSupport is disabled."}}) {
      const bool more = (*page)->row({node, check.type}, [&](Out& out) {
        out.text("check-type", check.type);
        out.text("error-detail", check.good ? "The configuration is complete." : check.problem);
        out.text("node-name", node);
        out.text("status", check.good ? "ok" : "failed");
      });
      if (!more) return (*page)->finish();
    }
  }
  return (*page)->finish();
}

/// One key for each encrypted volume, known to every node once key management was set up.
Status key_manager_key_get_iter(Call& call) {
  static const RecordShape shape{"security-key-manager-key-info", {"node", "key-id"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  const auto has = [&](const char* table) {
    const auto rows = call.cluster.records.find(table);
    return rows != call.cluster.records.end() && !rows->second.empty();
  };
  if (!has("key-manager-setup") && !has("key-manager")) return (*page)->finish();
  std::map<std::string, std::string> keys;  // id -> volume
  for (const auto& [name, svm] : call.cluster.svms) {
    for (const auto& [volume_name, volume] : svm.volumes) {
      if (volume.encrypt) keys.emplace(base::replace_all(volume.uuid.text(), "-", ""), volume_name);
    }
  }
  for (const auto& entry : call.cluster.nodes) {
    const std::string& node = entry.first;
    for (const auto& key : keys) {
      const bool more = (*page)->row({node, key.first}, [&](Out& out) {
        out.text("key-id", key.first);
        out.text("key-tag", key.second);
        out.text("key-type", "vek");
        out.text("node", node);
        out.flag("restored", true);
      });
      if (!more) return (*page)->finish();
    }
  }
  return (*page)->finish();
}

/// The LIFs that carry NVMe, over Fibre Channel or TCP.
Status nvme_interface_get_iter(Call& call) {
  static const RecordShape shape{"nvme-interface-info", {"vserver", "lif"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.lifs, 1, at_svm, [&](const std::string& name, const model::Lif& lif, bool) {
      const bool fc = lif.protocols.contains("fc_nvme");
      if (!fc && !lif.protocols.contains("nvme_tcp")) return true;
      return (*page)->row({svm.name, name}, [&](Out& out) {
        out.text_if("comment", lif.comment);
        out.text_if("fc-wwpn", lif.wwpn);
        out.text("home-node", lif.home_node);
        out.text("home-port", lif.home_port);
        out.text("lif", name);
        out.text("lif-uuid", lif.uuid.text());
        out.text("physical-protocol", fc ? "fibre_channel" : "ethernet");
        out.text("status-admin", lif.admin_up ? "up" : "down");
        out.text_if("transport-address", fc ? lif.wwpn : lif.address);
        out.list("transport-protocols", "nvme-transport", std::vector<std::string>{fc ? "fc_nvme" : "nvme_tcp"});
        out.text("vserver", svm.name);
        out.text("vserver-uuid", svm.uuid.text());
      });
    });
  });
  return (*page)->finish();
}

/// This cluster is never half of a MetroCluster; it says so under its own name.
Status metrocluster_get(Call& call) {
  pugi::xml_node info = call.put("attributes").append_child("metrocluster-info");
  append_text(info, "local-cluster-name", call.cluster.name);
  append_text(info, "local-configuration-state", "not_configured");
  return {};
}
Status metrocluster_node_get_iter(Call& call) {
  static const RecordShape shape{"metrocluster-node-info", {"cluster-name", "node-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.nodes) {
    const Node& node = entry.second;
    const bool more = (*page)->row({call.cluster.name, node.name}, [&](Out& out) {
      out.text("cluster-name", call.cluster.name);
      out.text("node-configuration-state", "not_configured");
      out.text("node-name", node.name);
      out.text("node-systemid", node.system_id);
      out.text("node-uuid", node.uuid.text());
    });
    if (!more) break;
  }
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> equipment_apis() {
  std::vector<ApiEntry> rows = {
      {.name = "ucm-adapter-get-iter", .scope = Scope::cluster, .input = kIter, .run = ucm_adapter_get_iter},
      {.name = "ucm-adapter-get",
       .scope = Scope::cluster,
       .input = "adapter-name* desired-attributes:r node-name*",
       .run = ucm_adapter_get},
      {.name = "ucm-adapter-modify",
       .scope = Scope::cluster,
       .input = "adapter-name* fc4-type mode node-name*",
       .run = ucm_adapter_modify},
      {.name = "fcp-adapter-config-up",
       .scope = Scope::cluster,
       .input = "fcp-adapter* node*",
       .run = fcp_adapter_switch},
      {.name = "fcp-adapter-config-down",
       .scope = Scope::cluster,
       .input = "fcp-adapter* node*",
       .run = fcp_adapter_switch},
      {.name = "net-device-discovery-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = device_discovery_get_iter},
      {.name = "autosupport-check-iter", .scope = Scope::cluster, .input = kIter, .run = autosupport_check_iter},
      {.name = "security-key-manager-key-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = key_manager_key_get_iter},
      {.name = "nvme-interface-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = nvme_interface_get_iter,
       .since = 140},
      {.name = "metrocluster-get", .scope = Scope::cluster, .input = "desired-attributes:r", .run = metrocluster_get},
      {.name = "metrocluster-node-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = metrocluster_node_get_iter},
  };
  for (ApiEntry& row : rows) row.source = "Ansible's na_ontap_info and na_ontap_ucadapter";
  return rows;
}

}  // namespace ontap_sim::zapi
