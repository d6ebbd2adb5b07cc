// A fresh cluster. Source: section 6 of the array's specification ("minimum seed data"); sizes and serials are
// assumption A3.
#include "ontap-sim/model/cluster.h"

#include <algorithm>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/model/volume_ops.h"

namespace ontap_sim::model {
namespace {

std::string mac_address(base::Rng& rng) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string mac = "02:a0:98";
  for (int i = 0; i < 3; ++i) {
    mac += ':';
    mac += hex[rng.below(16)];
    mac += hex[rng.below(16)];
  }
  return mac;
}

Result<void> add_nodes(Cluster& cluster, const ClusterSpec& spec) {
  int index = 0;
  for (const NodeSpec& want : spec.nodes) {
    if (cluster.nodes.contains(want.name)) return refused("Node \"" + want.name + "\" is given twice.");
    Node node;
    node.name = want.name;
    node.serial = want.serial.empty() ? "40823685" + std::to_string(10 + index) : want.serial;
    node.system_id = "40823685" + std::to_string(10 + index);
    node.model = want.model;
    node.uuid = new_uuid(cluster.rng);
    node.booted = cluster.now() - std::chrono::hours(24 * 7);
    node.epsilon = index == 0;
    cluster.nodes.emplace(want.name, std::move(node));
    std::vector<std::string> names = want.ports;
    names.emplace_back("e0M");
    for (const std::string& name : names) {
      Port port;
      port.node = want.name;
      port.name = name;
      port.mac = mac_address(cluster.rng);
      port.speed = name == "e0M" ? "1000" : "10000";
      const bool cluster_port =
          std::find(want.cluster_ports.begin(), want.cluster_ports.end(), name) != want.cluster_ports.end();
      port.ipspace = cluster_port ? "Cluster" : "Default";
      port.broadcast_domain = port.ipspace;
      port.mtu = cluster_port ? 9000 : 1500;
      BroadcastDomain& domain = cluster.broadcast_domains.at({port.ipspace, port.ipspace});
      domain.ports.insert(port.qualified());
      cluster.ports.emplace(std::pair{want.name, name}, std::move(port));
    }
    ++index;
  }
  // Neighbours are partners: 1 and 2, 3 and 4 and so on.
  for (std::size_t i = 0; i + 1 < spec.nodes.size(); i += 2) {
    cluster.nodes.find(spec.nodes[i].name)->second.partner = spec.nodes[i + 1].name;
    cluster.nodes.find(spec.nodes[i + 1].name)->second.partner = spec.nodes[i].name;
  }
  return {};
}

Result<void> add_aggregate(Cluster& cluster, const AggregateSpec& spec, bool root) {
  if (!cluster.nodes.contains(spec.node))
    return refused("Aggregate \"" + spec.name + "\" names the unknown node \"" + spec.node + "\".");
  if (cluster.aggregates.contains(spec.name)) return refused("Aggregate \"" + spec.name + "\" is given twice.");
  Aggregate aggregate;
  aggregate.name = spec.name;
  aggregate.node = aggregate.home_node = spec.node;
  aggregate.type = spec.type;
  aggregate.size = round_up(spec.size);
  aggregate.root = root;
  aggregate.uuid = new_uuid(cluster.rng);
  aggregate.disk_count = root ? 3 : 12;
  cluster.aggregates.emplace(spec.name, std::move(aggregate));
  return {};
}

std::string aggregate_name_of(const std::string& node) {
  std::string name = "aggr0_" + node;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

void add_node_svms(Cluster& cluster) {
  for (const auto& [name, node] : cluster.nodes) {
    Svm svm;
    svm.name = name;
    svm.uuid = new_uuid(cluster.rng);
    svm.type = SvmType::node;
    svm.export_policies.emplace(
        "default", ExportPolicy{"default", static_cast<std::int64_t>(cluster.counters.next_export_policy++), {}});
    svm.snapshot_policies["none"] = {"none", "", false, {}};
    svm.snapshot_policies["default"] = {"default", "", true, {}};
    Svm& placed = cluster.svms.emplace(name, std::move(svm)).first->second;
    NewVolume vol0;
    vol0.name = "vol0";
    vol0.aggregate = aggregate_name_of(name);
    vol0.size = 350 * kGiB;
    auto made = create_volume(cluster, placed, vol0);
    CHECK(made.ok());
    (*made)->node_root = true;
    (*made)->active = 4 * kGiB;
    recharge(cluster, placed, **made);
    cluster.touch(placed);
  }
}

void add_admin_svm(Cluster& cluster, const ClusterSpec& spec) {
  Svm admin;
  admin.name = cluster.name;
  admin.uuid = new_uuid(cluster.rng);
  admin.type = SvmType::admin;
  Svm& placed = cluster.svms.emplace(cluster.name, std::move(admin)).first->second;
  NewLif management;
  management.name = "cluster_mgmt";
  management.role = "cluster_mgmt";
  management.home_node = spec.nodes.front().name;
  management.home_port = "e0M";
  management.address = spec.management_address;
  management.netmask_length = 24;
  CHECK(create_lif(cluster, placed, management).ok());
  int index = 1;
  for (const NodeSpec& node : spec.nodes) {
    NewLif lif;
    lif.name = node.name + "_mgmt1";
    lif.role = "node_mgmt";
    lif.home_node = node.name;
    lif.home_port = "e0M";
    lif.address = node.management_address.empty() ? "127.0.0." + std::to_string(100 + index) : node.management_address;
    lif.netmask_length = 24;
    (void)create_lif(cluster, placed, lif).ok();  // an address that is taken leaves the node without the LIF
    ++index;
  }
  cluster.touch(placed);
}

void add_licences(Cluster& cluster) {
  constexpr std::pair<std::string_view, std::string_view> packages[] = {
      {"base", "Cluster Base License"},
      {"nfs", "NFS License"},
      {"cifs", "CIFS License"},
      {"iscsi", "iSCSI License"},
      {"fcp", "FCP License"},
      {"snaprestore", "SnapRestore License"},
      {"snapmirror", "SnapMirror License"},
      {"flexclone", "FlexClone License"},
      {"snapvault", "SnapVault License"},
      {"snapmanagersuite", "SnapManagerSuite License"}};
  const std::string node = cluster.nodes.begin()->first;
  for (const auto& [package, description] : packages) {
    const bool base = package == "base";
    cluster.licenses.emplace(std::string(package), License{std::string(package), base ? cluster.name : node,
                                                           base ? "1-80-000008" : "1-81-0000000000000004082368507",
                                                           std::string(description), base ? "site" : "license"});
  }
}

void add_schedules(Cluster& cluster) {
  constexpr std::pair<std::string_view, std::string_view> schedules[] = {
      {"10min", "@:00,:10,:20,:30,:40,:50"},
      {"12-hourly", "@0:15,12:15"},
      {"5min", "@:00,:05,:10,:15,:20,:25,:30,:35,:40,:45,:50,:55"},
      {"6-hourly", "@0:15,6:15,12:15,18:15"},
      {"8hour", "@2:15,10:15,18:15"},
      {"daily", "@0:10"},
      {"hourly", "@:05"},
      {"monthly", "1@0:20"},
      {"pg-15-minutely", "@:05,:20,:35,:50"},
      {"pg-6-hourly", "@3:03,9:03,15:03,21:03"},
      {"pg-daily", "@0:10"},
      {"pg-hourly", "@:07"},
      {"pg-weekly", "Sun@0:08"},
      {"weekly", "Sun@0:15"}};
  for (const auto& [name, text] : schedules)
    cluster.schedules.emplace(std::string(name), Schedule{std::string(name), "cron", std::string(text)});
}

void add_snapmirror_policies(Cluster& cluster) {
  const auto add = [&](const char* name, const char* type, const char* comment,
                       std::vector<SnapMirrorPolicy::Rule> rules) {
    SnapMirrorPolicy policy;
    policy.name = name;
    policy.type = type;
    policy.comment = comment;
    policy.rules = std::move(rules);
    cluster.snapmirror_policies[{"", name}] = std::move(policy);
  };
  add("DPDefault", "async_mirror",
      "Asynchronous SnapMirror policy for mirroring all Snapshot copies and the latest active file system.",
      {{"sm_created", "1", false, 0}, {"all_source_snapshots", "1", false, 0}});
  add("MirrorAllSnapshots", "async_mirror",
      "Asynchronous SnapMirror policy for mirroring all Snapshot copies and the latest active file system.",
      {{"sm_created", "1", false, 0}, {"all_source_snapshots", "1", false, 0}});
  add("MirrorLatest", "async_mirror", "Asynchronous SnapMirror policy for mirroring the latest active file system.",
      {{"sm_created", "1", false, 0}});
  add("MirrorAndVault", "mirror_vault", "A unified Asynchronous SnapMirror and SnapVault policy.",
      {{"sm_created", "1", false, 0}, {"daily", "7", false, 0}, {"weekly", "52", false, 0}});
  add("XDPDefault", "vault", "Vault policy with daily and weekly rules.",
      {{"daily", "7", false, 0}, {"weekly", "52", false, 0}});
  if (cluster.ontapi_minor >= 150) {
    add("Sync", "sync_mirror", "Policy for SnapMirror Synchronous where client access will not be disrupted.",
        {{"sm_created", "2", false, 0}});
    add("StrictSync", "strict_sync_mirror", "Policy for SnapMirror Synchronous where client access will be disrupted.",
        {{"sm_created", "2", false, 0}});
  }
}

}  // namespace

Result<void> build(Cluster& cluster, const ClusterSpec& spec) {
  if (spec.nodes.empty()) return refused("A cluster needs at least one node.");
  cluster.name = spec.name;
  cluster.ontapi_minor = spec.ontapi_minor;
  cluster.uuid = new_uuid(cluster.rng);
  cluster.rdb_uuid = new_uuid(cluster.rng);
  for (const char* name : {"Default", "Cluster"}) {
    if (auto made = create_ipspace(cluster, name); !made) return made;
    if (auto made = create_broadcast_domain(
            cluster, {.name = name, .ipspace = name, .mtu = name[0] == 'D' ? 1500 : 9000, .ports = {}});
        !made)
      return made;
  }
  // Only ipspaces of the user's own and "Cluster" show a system SVM; "Default" is the home of all the others.
  cluster.svms.erase("Default");
  if (auto added = add_nodes(cluster, spec); !added) return added;
  for (const NodeSpec& node : spec.nodes) {
    if (auto added = add_aggregate(cluster, {aggregate_name_of(node.name), node.name, "hdd", 368 * kGiB}, true); !added)
      return added;
  }
  for (const AggregateSpec& aggregate : spec.aggregates) {
    if (auto added = add_aggregate(cluster, aggregate, false); !added) return added;
  }
  add_licences(cluster);
  add_schedules(cluster);
  add_snapmirror_policies(cluster);
  // As shipped: severe events go to the SNMP trap hosts.
  cluster.records["ems-destination"]["snmp-traphost"] = {{{"type", "snmp"}}, {{"destination", {"-"}}}};
  cluster.records["ems-notification"]["1"] = {{{"filter-name", "default-trap-events"}},
                                              {{"destinations", {"snmp-traphost"}}}};
  add_admin_svm(cluster, spec);
  add_node_svms(cluster);
  for (const char* application : {"console", "http", "ontapi", "ssh", "service-processor"}) {
    const AccountKey key{cluster.name, spec.admin_user, application, "password"};
    cluster.accounts.emplace(key, Account{"admin", ""});
  }
  cluster.users[{cluster.name, spec.admin_user}].password = spec.admin_password;
  cluster.touch();
  cluster.changes.insert({ObjectKind::counters, "", ""});
  for (const auto& [name, aggregate] : cluster.aggregates) cluster.touch(aggregate);
  return {};
}

}  // namespace ontap_sim::model
