// Performance objects. There is no data path, so counters grow with time at rates that follow from what exists: the
// same question a minute later shows a minute's worth more. Source: section 7.16 of the array's specification.
#include <algorithm>
#include <functional>

#include "ontap-sim/model/cluster.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

struct CounterRow {
  const char* name;
  const char* properties;  // raw, delta, rate, average, percent, string
  const char* unit;
  const char* base;    // "" when it has none
  double per_second;   // growth; for an array, of each element
  const char* labels;  // comma-joined; "" = a scalar
};

struct PerfInstance {
  std::string name{};
  std::string uuid{};
};

struct PerfObject {
  const char* name;
  const char* description;
  std::vector<CounterRow> counters;
  std::vector<PerfInstance> (*instances)(const model::Cluster&);
};

std::vector<PerfInstance> of_nodes(const model::Cluster& cluster, const std::string& kind,
                                   const std::string& instance) {
  std::vector<PerfInstance> list;
  for (const auto& [name, node] : cluster.nodes)
    list.push_back({instance.empty() ? name : instance, name + ":kernel:" + kind});
  return list;
}
std::vector<PerfInstance> system_instances(const model::Cluster& cluster) { return of_nodes(cluster, "system", ""); }
std::vector<PerfInstance> wafl_instances(const model::Cluster& cluster) { return of_nodes(cluster, "wafl", "wafl"); }
std::vector<PerfInstance> processor_instances(const model::Cluster& cluster) {
  std::vector<PerfInstance> list;
  for (const auto& [name, node] : cluster.nodes) {
    for (const char* cpu : {"processor0", "processor1"}) list.push_back({cpu, name + ":kernel:" + cpu});
  }
  return list;
}
std::vector<PerfInstance> volume_instances(const model::Cluster& cluster) {
  std::vector<PerfInstance> list;
  for (const auto& [svm_name, svm] : cluster.svms) {
    for (const auto& [name, volume] : svm.volumes) list.push_back({name, volume.instance_uuid.text()});
  }
  return list;
}
std::vector<PerfInstance> aggregate_instances(const model::Cluster& cluster) {
  std::vector<PerfInstance> list;
  for (const auto& [name, aggregate] : cluster.aggregates) list.push_back({name, aggregate.uuid.text()});
  return list;
}
std::vector<PerfInstance> lun_instances(const model::Cluster& cluster) {
  std::vector<PerfInstance> list;
  for (const auto& [svm_name, svm] : cluster.svms) {
    for (const auto& [path, lun] : svm.luns) list.push_back({path, lun.uuid.text()});
  }
  return list;
}

const std::vector<PerfObject>& perf_objects() {
  constexpr const char* phases =
      "SETUP,PRE_P0,P0_SNAP_DEL,P1_CLEAN,P1_QUOTA,IPU_DISK_ADD,P2V_INOFILE,P2_FLUSH,P2_FINISH,P3_WAIT,P4_FINISH";
  constexpr const char* domains = "idle,kahuna,storage,exempt,raid,target,netcache,netcache2,cifs,wafl_exempt,protocol";
  const std::vector<CounterRow> system = {{"instance_name", "string", "none", "", 0, ""},
                                          {"instance_uuid", "string", "none", "", 0, ""},
                                          {"avg_processor_busy", "percent", "percent", "cpu_elapsed_time", 120000, ""},
                                          {"cpu_busy", "percent", "percent", "cpu_elapsed_time", 150000, ""},
                                          {"cpu_elapsed_time", "delta,no-display", "none", "", 1000000, ""},
                                          {"cpu_elapsed_time1", "delta,no-display", "none", "", 1000000, ""},
                                          {"nfs_ops", "rate", "per_sec", "", 100, ""},
                                          {"cifs_ops", "rate", "per_sec", "", 0, ""},
                                          {"iscsi_ops", "rate", "per_sec", "", 40, ""},
                                          {"fcp_ops", "rate", "per_sec", "", 0, ""},
                                          {"net_data_recv", "rate", "kb_per_sec", "", 2000, ""},
                                          {"net_data_sent", "rate", "kb_per_sec", "", 3000, ""},
                                          {"disk_data_read", "rate", "kb_per_sec", "", 1500, ""},
                                          {"disk_data_written", "rate", "kb_per_sec", "", 1800, ""},
                                          {"total_ops", "rate", "per_sec", "", 140, ""},
                                          {"domain_busy", "percent", "percent", "cpu_elapsed_time", 10000, domains}};
  const std::vector<CounterRow> io = {{"instance_name", "string", "none", "", 0, ""},
                                      {"instance_uuid", "string", "none", "", 0, ""},
                                      {"total_ops", "rate", "per_sec", "", 30, ""},
                                      {"read_ops", "rate", "per_sec", "", 15, ""},
                                      {"write_ops", "rate", "per_sec", "", 10, ""},
                                      {"other_ops", "rate", "per_sec", "", 5, ""},
                                      {"read_data", "rate", "b_per_sec", "", 122880, ""},
                                      {"write_data", "rate", "b_per_sec", "", 81920, ""},
                                      {"avg_latency", "average", "microsec", "total_ops", 9000, ""},
                                      {"read_latency", "average", "microsec", "read_ops", 4500, ""},
                                      {"write_latency", "average", "microsec", "write_ops", 3000, ""},
                                      {"other_latency", "average", "microsec", "other_ops", 500, ""}};
  static const std::vector<PerfObject> objects = {
      {"aggregate", "The aggregates of the cluster", io, aggregate_instances},
      {"lun", "The LUNs of the cluster", io, lun_instances},
      {"processor",
       "The processors of each node",
       {{"instance_name", "string", "none", "", 0, ""},
        {"instance_uuid", "string", "none", "", 0, ""},
        {"domain_busy", "percent", "percent", "processor_elapsed_time", 8000, domains},
        {"processor_busy", "percent", "percent", "processor_elapsed_time", 120000, ""},
        {"processor_elapsed_time", "delta,no-display", "none", "", 1000000, ""}},
       processor_instances},
      {"system", "Each node as a whole", system, system_instances},
      {"system:constituent", "Each node as a whole", system, system_instances},
      {"volume", "The volumes of the cluster", io, volume_instances},
      {"wafl",
       "The file system of each node",
       {{"instance_name", "string", "none", "", 0, ""},
        {"instance_uuid", "string", "none", "", 0, ""},
        {"cp_phase_times", "percent", "percent", "total_cp_msecs", 20, phases},
        {"total_cp_msecs", "delta,no-display", "none", "", 220, ""}},
       wafl_instances},
  };
  return objects;
}

model::Result<const PerfObject*> require_object(const Call& call) {
  const std::string name = call.text("objectname");
  for (const PerfObject& object : perf_objects()) {
    if (name == object.name) return &object;
  }
  return model::refused("Object \"" + name + "\" was not found.");
}

Status perf_object_list_info(Call& call) {
  pugi::xml_node list = call.put("objects");
  for (const PerfObject& object : perf_objects()) {
    pugi::xml_node info = list.append_child("object-info");
    append_text(info, "description", object.description);
    append_text(info, "name", object.name);
    append_text(info, "privilege-level", "admin");
  }
  return {};
}

Status perf_object_counter_list_info(Call& call) {
  auto object = require_object(call);
  if (!object) return object.error();
  pugi::xml_node list = call.put("counters");
  for (const CounterRow& counter : (*object)->counters) {
    pugi::xml_node info = list.append_child("counter-info");
    if (*counter.base != 0) append_text(info, "base-counter", counter.base);
    append_text(info, "desc", std::string("Counter ") + counter.name);
    append_text(info, "is-deprecated", "false");
    if (*counter.labels != 0) append_text(info.append_child("labels"), "label-info", counter.labels);
    append_text(info, "name", counter.name);
    append_text(info, "privilege-level", "admin");
    append_text(info, "properties", counter.properties);
    if (*counter.labels != 0) append_text(info, "type", "array");
    append_text(info, "unit", counter.unit);
  }
  return {};
}

Status perf_instances_iter(Call& call) {
  static const RecordShape shape{"instance-info", {"name", "uuid"}};
  auto object = require_object(call);
  if (!object) return object.error();
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  std::vector<PerfInstance> instances = (*object)->instances(call.cluster);
  std::sort(instances.begin(), instances.end(), [](const PerfInstance& a, const PerfInstance& b) {
    return std::tie(a.name, a.uuid) < std::tie(b.name, b.uuid);
  });
  for (const PerfInstance& instance : instances) {
    const bool more = (*page)->row({instance.name, instance.uuid}, [&](Out& out) {
      out.text("name", instance.name);
      out.text("uuid", instance.uuid);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status perf_object_instance_list_info(Call& call) {
  auto object = require_object(call);
  if (!object) return object.error();
  pugi::xml_node list = call.put("instances");
  for (const PerfInstance& instance : (*object)->instances(call.cluster)) {
    pugi::xml_node info = list.append_child("instance-info");
    append_text(info, "name", instance.name);
    append_text(info, "uuid", instance.uuid);
  }
  return {};
}

/// Seconds since the cluster's nodes booted times the rate, a little different for each instance.
std::string counter_value(const model::Cluster& cluster, const CounterRow& counter, const PerfInstance& instance) {
  if (std::string_view(counter.name) == "instance_name") return instance.name;
  if (std::string_view(counter.name) == "instance_uuid") return instance.uuid;
  const double seconds = std::chrono::duration<double>(cluster.now() - cluster.nodes.begin()->second.booted).count();
  std::uint64_t hash = 1469598103934665603ULL;
  for (const char c : instance.uuid) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  const double scale = 0.8 + static_cast<double>(hash % 1000) / 2500.0;
  const bool clock = std::string_view(counter.name).find("elapsed_time") != std::string_view::npos;
  const auto value = static_cast<std::int64_t>(seconds * counter.per_second * (clock ? 1.0 : scale));
  if (*counter.labels == 0) return std::to_string(value);
  std::string text;
  const std::size_t count = base::split(counter.labels, ',').size();
  for (std::size_t i = 0; i < count; ++i)
    text += (i == 0 ? "" : ",") + std::to_string(value / static_cast<std::int64_t>(i + 1));
  return text;
}

Status perf_object_get_instances(Call& call) {
  auto found = require_object(call);
  if (!found) return found.error();
  const PerfObject& object = **found;
  const auto names = call.list("instances", "instance");
  const auto uuids = call.list("instance-uuids", "instance-uuid");
  if (names && uuids && !names->empty() && !uuids->empty()) return call.invalid("instance-uuids");
  constexpr std::size_t instances_max = 500;
  if ((names && names->size() > instances_max) || (uuids && uuids->size() > instances_max))
    return model::refused("The request failed: resource limit exceeded.");
  const auto wanted = call.list("counters", "counter");
  const auto has = [](const std::optional<std::vector<std::string>>& list, const std::string& text) {
    return list && std::find(list->begin(), list->end(), text) != list->end();
  };
  pugi::xml_node list = call.put("instances");
  for (const PerfInstance& instance : object.instances(call.cluster)) {
    const bool all = (!names || names->empty()) && (!uuids || uuids->empty());
    if (!all && !has(names, instance.name) && !has(uuids, instance.uuid)) continue;
    pugi::xml_node data = list.append_child("instance-data");
    pugi::xml_node counters = data.append_child("counters");
    for (const CounterRow& counter : object.counters) {
      if (wanted && !wanted->empty() && !has(wanted, counter.name)) continue;
      pugi::xml_node row = counters.append_child("counter-data");
      append_text(row, "name", counter.name);
      append_text(row, "value", counter_value(call.cluster, counter, instance));
    }
    append_text(data, "name", instance.name);
    append_text(data, "uuid", instance.uuid);
  }
  call.put("timestamp", std::to_string(model::epoch_seconds(call.cluster.now())));
  return {};
}

}  // namespace

std::vector<ApiEntry> perf_apis() {
  return {
      {.name = "perf-object-list-info",
       .scope = Scope::any,
       .input = "filter-data",
       .run = perf_object_list_info,
       .source = "Harvest"},
      {.name = "perf-object-counter-list-info",
       .scope = Scope::any,
       .input = "filter-data objectname*",
       .run = perf_object_counter_list_info,
       .source = "Manila and Cinder look for the base counter"},
      {.name = "perf-object-instance-list-info-iter",
       .scope = Scope::any,
       .input = "desired-attributes:r filter-data max-records:i objectname* query:r tag",
       .run = perf_instances_iter,
       .source = "query by node: Manila, Cinder"},
      {.name = "perf-object-instance-list-info",
       .scope = Scope::any,
       .input = "filter-data objectname*",
       .run = perf_object_instance_list_info,
       .source = "Harvest"},
      {.name = "perf-object-get-instances",
       .scope = Scope::any,
       .input = "counters:r filter-data instance-uuids:r instances:r objectname* privilege-level",
       .run = perf_object_get_instances,
       .source = "Harvest, Manila, Cinder"},
  };
}

}  // namespace ontap_sim::zapi
