#include "ontap-sim/model/cluster.h"
#include "provisioner/base/text.h"
#include "scenarios/runner/lab_objects.h"
#include "scenarios/runner/world.h"

// The array's state as objects of ontap.drydock.dev/v1. Names are the array's own in lower case with '-' for what
// Kubernetes does not allow; an object of an SVM is "svm.name". status holds the real names.
namespace scenario {

namespace {

namespace model = ontap_sim::model;

std::string object_name(const std::string& text) {
  std::string name;
  for (char c : base::to_lower(text)) name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ? c : '-';
  while (!name.empty() && (name.front() == '-' || name.front() == '.')) name.erase(0, 1);
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name;
}

const char* state_name(model::VolumeState state) {
  switch (state) {
    case model::VolumeState::online: return "online";
    case model::VolumeState::offline: return "offline";
    case model::VolumeState::restricted: return "restricted";
    default: return "mixed";
  }
}
const char* guarantee_name(model::Guarantee guarantee) {
  return guarantee == model::Guarantee::none ? "none" : guarantee == model::Guarantee::volume ? "volume" : "file";
}

bool data_svm(const model::Svm& svm) { return svm.type == model::SvmType::data; }

std::map<std::string, Json> volumes(World& world) {
  std::map<std::string, Json> all;
  for (const auto& [svm_name, svm] : world.array().cluster().svms) {
    if (!data_svm(svm)) continue;
    for (const auto& [name, volume] : svm.volumes) {
      std::vector<std::string> snapshots;
      for (const auto& snapshot : volume.snapshots) snapshots.push_back(snapshot.name);
      Json qtrees = Json::array();
      for (const auto& qtree : volume.qtrees)
        if (!qtree.first.empty()) qtrees.push_back(qtree.first);
      all[object_name(svm_name + "." + name)] = {
          {"name", name},
          {"svm", svm_name},
          {"aggregate", volume.aggregate},
          {"size", volume.size},
          {"state", state_name(volume.state)},
          {"junctionPath", volume.junction_path},
          {"exportPolicy", volume.export_policy},
          {"snapshotPolicy", volume.snapshot_policy},
          {"spaceGuarantee", guarantee_name(volume.guarantee)},
          {"snapshotReservePercent", static_cast<int>(volume.snapshot_reserve_percent)},
          {"root", volume.svm_root},
          {"encrypted", volume.encrypt},
          {"luns", volume.lun_count},
          {"qtrees", qtrees},
          {"snapshots", snapshots},
          {"clone", static_cast<bool>(volume.clone)},
          {"comment", volume.comment}};
    }
  }
  return all;
}

std::map<std::string, Json> svms(World& world) {
  std::map<std::string, Json> all;
  for (const auto& [name, svm] : world.array().cluster().svms) {
    if (!data_svm(svm)) continue;
    all[object_name(name)] = {{"name", name},
                              {"state", svm.state},
                              {"ipspace", svm.ipspace},
                              {"rootVolume", svm.root_volume},
                              {"aggregates", svm.aggregates},
                              {"volumes", svm.volumes.size()},
                              {"luns", svm.luns.size()},
                              {"igroups", svm.igroups.size()},
                              {"lifs", svm.lifs.size()},
                              {"exportPolicies", svm.export_policies.size()},
                              {"nfs", static_cast<bool>(svm.nfs)},
                              {"iscsi", static_cast<bool>(svm.iscsi)},
                              {"language", svm.language}};
  }
  return all;
}

std::map<std::string, Json> aggregates(World& world) {
  std::map<std::string, Json> all;
  for (const auto& [name, aggregate] : world.array().cluster().aggregates)
    if (!aggregate.root)
      all[object_name(name)] = {{"name", name},
                                {"node", aggregate.node},
                                {"type", aggregate.type},
                                {"state", aggregate.state},
                                {"size", aggregate.size},
                                {"used", aggregate.used()},
                                {"available", aggregate.available()},
                                {"volumes", aggregate.volume_count}};
  return all;
}

std::map<std::string, Json> lifs(World& world) {
  std::map<std::string, Json> all;
  for (const auto& [svm_name, svm] : world.array().cluster().svms)
    for (const auto& [name, lif] : svm.lifs)
      if (data_svm(svm))
        all[object_name(svm_name + "." + name)] = {{"name", name},
                                                   {"svm", svm_name},
                                                   {"address", lif.address},
                                                   {"role", lif.role},
                                                   {"protocols", lif.protocols},
                                                   {"node", lif.current_node},
                                                   {"port", lif.current_port},
                                                   {"up", lif.admin_up},
                                                   {"firewallPolicy", lif.firewall_policy}};
  return all;
}

std::map<std::string, Json> luns(World& world) {
  std::map<std::string, Json> all;
  for (const auto& [svm_name, svm] : world.array().cluster().svms)
    for (const auto& [path, lun] : svm.luns) {
      Json maps = Json::array();
      for (const auto& [igroup, id] : lun.maps) maps.push_back({{"igroup", igroup}, {"id", id}});
      all[object_name(svm_name + "." + path.substr(1))] = {{"path", path},         {"svm", svm_name},
                                                           {"serial", lun.serial}, {"size", lun.content.size},
                                                           {"online", lun.online}, {"mapped", !lun.maps.empty()},
                                                           {"maps", maps}};
    }
  return all;
}

std::map<std::string, Json> igroups(World& world) {
  std::map<std::string, Json> all;
  for (const auto& [svm_name, svm] : world.array().cluster().svms)
    for (const auto& [name, igroup] : svm.igroups)
      all[object_name(svm_name + "." + name)] = {{"name", name}, {"svm", svm_name}, {"initiators", igroup.initiators}};
  return all;
}

std::map<std::string, Json> export_policies(World& world) {
  std::map<std::string, Json> all;
  for (const auto& [svm_name, svm] : world.array().cluster().svms) {
    if (!data_svm(svm)) continue;
    for (const auto& [name, policy] : svm.export_policies) {
      Json rules = Json::array();
      for (const auto& [index, rule] : policy.rules)
        rules.push_back({{"index", index},
                         {"clientMatch", rule.client_match},
                         {"protocols", rule.protocols},
                         {"ro", rule.ro},
                         {"rw", rule.rw},
                         {"superuser", rule.superuser}});
      all[object_name(svm_name + "." + name)] = {{"name", name}, {"svm", svm_name}, {"rules", rules}};
    }
  }
  return all;
}

}  // namespace

const std::vector<ArrayKind>& array_kinds() {
  static const std::vector<ArrayKind> kTable = {
      {"OntapVolume",
       "ontapvolumes",
       {{"SVM", "string", ".status.svm"},
        {"Aggregate", "string", ".status.aggregate"},
        {"Size", "integer", ".status.size"},
        {"State", "string", ".status.state"},
        {"Junction", "string", ".status.junctionPath"}},
       volumes},
      {"OntapSvm",
       "ontapsvms",
       {{"State", "string", ".status.state"},
        {"Volumes", "integer", ".status.volumes"},
        {"LUNs", "integer", ".status.luns"},
        {"IPspace", "string", ".status.ipspace"}},
       svms},
      {"OntapAggregate",
       "ontapaggregates",
       {{"Node", "string", ".status.node"},
        {"Type", "string", ".status.type"},
        {"Size", "integer", ".status.size"},
        {"Used", "integer", ".status.used"},
        {"State", "string", ".status.state"}},
       aggregates},
      {"OntapLif",
       "ontaplifs",
       {{"SVM", "string", ".status.svm"},
        {"Address", "string", ".status.address"},
        {"Node", "string", ".status.node"},
        {"Port", "string", ".status.port"},
        {"Up", "boolean", ".status.up"}},
       lifs},
      {"OntapLun",
       "ontapluns",
       {{"Path", "string", ".status.path"},
        {"Size", "integer", ".status.size"},
        {"Mapped", "boolean", ".status.mapped"}},
       luns},
      {"OntapIgroup", "ontapigroups", {{"SVM", "string", ".status.svm"}}, igroups},
      {"OntapExportPolicy", "ontapexportpolicies", {{"SVM", "string", ".status.svm"}}, export_policies},
  };
  return kTable;
}

}  // namespace scenario
