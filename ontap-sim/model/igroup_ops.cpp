// Igroups, maps, iSCSI and FC services.
#include <algorithm>
#include <array>

#include "ontap-sim/model/lun_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

constexpr std::array<std::string_view, 11> kIgroupOsTypes = {
    "aix", "default", "hpux", "hyper_v", "linux", "netware", "openvms", "solaris", "vmware", "windows", "xen"};

ModelError no_igroup(const std::string& name) {
  return {Errno::no_such_igroup, "No such initiator group exists: \"" + name + "\"."};
}

Result<Igroup*> require_igroup(Svm& svm, const std::string& name) {
  Igroup* igroup = svm.find_igroup(name);
  if (igroup == nullptr) return no_igroup(name);
  return igroup;
}

/// An initiator may see a LUN through one igroup only.
bool seen_elsewhere(const Svm& svm, const Lun& lun, const Igroup& igroup) {
  for (const auto& [name, id] : lun.maps) {
    const Igroup* other = svm.find_igroup(name);
    if (other == nullptr || other == &igroup) continue;
    for (const std::string& initiator : igroup.initiators) {
      if (other->initiators.contains(initiator)) return true;
    }
  }
  return false;
}

}  // namespace

bool is_igroup_os_type(std::string_view text) {
  return std::find(kIgroupOsTypes.begin(), kIgroupOsTypes.end(), text) != kIgroupOsTypes.end();
}

Result<Igroup*> create_igroup(Cluster& cluster, Svm& svm, const NewIgroup& spec) {
  if (spec.protocol != "iscsi" && spec.protocol != "fcp" && spec.protocol != "mixed") {
    return invalid_value("initiator-group-type", "igroup-create", spec.protocol);
  }
  if (!is_igroup_os_type(spec.os_type)) return invalid_value("os-type", "igroup-create", spec.os_type);
  if (spec.name.empty() || spec.name.size() > 96 || spec.name.find(' ') != std::string::npos ||
      spec.name.find('/') != std::string::npos) {
    return refused("Igroup name \"" + spec.name + "\" is invalid.");
  }
  if (svm.igroups.contains(spec.name))
    return ModelError{Errno::igroup_exists, "Initiator group already exists: \"" + spec.name + "\"."};
  if (!spec.portset.empty() && !svm.portsets.contains(spec.portset))
    return refused("Portset \"" + spec.portset + "\" does not exist.");
  Igroup igroup;
  igroup.name = spec.name;
  igroup.protocol = spec.protocol;
  igroup.os_type = spec.os_type;
  igroup.portset = spec.portset;
  igroup.uuid = new_uuid(cluster.rng);
  Igroup& placed = svm.igroups.emplace(spec.name, std::move(igroup)).first->second;
  cluster.touch(svm, placed);
  return &placed;
}

Result<void> destroy_igroup(Cluster& cluster, Svm& svm, const std::string& name, bool force) {
  auto found = require_igroup(svm, name);
  if (!found) return found.error();
  if (!(*found)->luns.empty() && !force)
    return ModelError{Errno::igroup_maps_exist, "LUN maps for this initiator group exist: \"" + name + "\"."};
  const auto luns = (*found)->luns;
  for (const auto& [id, path] : luns) CHECK(unmap_lun(cluster, svm, path, name).ok());
  cluster.touch(svm, **found);
  svm.igroups.erase(name);
  return {};
}

Result<void> rename_igroup(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name) {
  auto found = require_igroup(svm, name);
  if (!found) return found.error();
  if (new_name.empty() || new_name.size() > 96 || new_name.find(' ') != std::string::npos)
    return refused("Igroup name \"" + new_name + "\" is invalid.");
  if (svm.igroups.contains(new_name))
    return ModelError{Errno::igroup_exists, "Initiator group already exists: \"" + new_name + "\"."};
  cluster.touch(svm, **found);
  auto node = svm.igroups.extract(name);
  node.key() = node.mapped().name = new_name;
  Igroup& igroup = svm.igroups.insert(std::move(node)).position->second;
  for (const auto& [id, path] : igroup.luns) {
    Lun& lun = *svm.find_lun(path);
    lun.maps.erase(name);
    lun.maps[new_name] = id;
    cluster.touch(svm, lun);
  }
  cluster.touch(svm, igroup);
  return {};
}

Result<void> add_initiator(Cluster& cluster, Svm& svm, const std::string& name, const std::string& initiator,
                           bool force) {
  auto found = require_igroup(svm, name);
  if (!found) return found.error();
  Igroup& igroup = **found;
  const InitiatorKind kind = initiator_kind(initiator);
  if (kind == InitiatorKind::invalid)
    return refused("The initiator name \"" + initiator + "\" is not a valid iSCSI or FC initiator name.");
  const bool wrong = (kind == InitiatorKind::fcp && igroup.protocol == "iscsi") ||
                     (kind == InitiatorKind::iscsi && igroup.protocol == "fcp");
  if (wrong)
    return ModelError{Errno::igroup_wrong_type, "The initiator \"" + initiator + "\" does not fit the type \"" +
                                                    igroup.protocol + "\" of the initiator group."};
  const std::string key = base::to_lower(initiator);
  if (igroup.initiators.contains(key))
    return ModelError{Errno::initiator_in_igroup, "Initiator group already has the initiator \"" + initiator + "\"."};
  if (!force) {
    for (const auto& [id, path] : igroup.luns) {
      for (const auto& [other, other_id] : svm.find_lun(path)->maps) {
        if (other != name && svm.find_igroup(other)->initiators.contains(key)) {
          return ModelError{Errno::initiator_has_lun, "LUN \"" + path + "\" is already mapped to the initiator \"" +
                                                          initiator + "\" through initiator group \"" + other + "\"."};
        }
      }
    }
  }
  igroup.initiators.insert(key);
  cluster.touch(svm, igroup);
  return {};
}

Result<void> remove_initiator(Cluster& cluster, Svm& svm, const std::string& name, const std::string& initiator,
                              bool force) {
  auto found = require_igroup(svm, name);
  if (!found) return found.error();
  Igroup& igroup = **found;
  if (!igroup.initiators.contains(base::to_lower(initiator))) {
    return ModelError{Errno::initiator_not_in_igroup, "Initiator \"" + initiator + "\" is not in the initiator group."};
  }
  if (!igroup.luns.empty() && !force)
    return ModelError{Errno::igroup_maps_exist, "LUN maps for this initiator group exist: \"" + name + "\"."};
  igroup.initiators.erase(base::to_lower(initiator));
  cluster.touch(svm, igroup);
  return {};
}

Result<std::int32_t> map_lun(Cluster& cluster, Svm& svm, const std::string& path, const std::string& name,
                             std::optional<std::int32_t> id) {
  auto lun = require_lun(svm, path);
  if (!lun) return lun.error();
  auto found = require_igroup(svm, name);
  if (!found) return found.error();
  Igroup& igroup = **found;
  if ((*lun)->maps.contains(name))
    return ModelError{Errno::lun_already_mapped,
                      "LUN already mapped to this group: \"" + path + "\", \"" + name + "\"."};
  constexpr std::int32_t id_max = 4095;
  if (id && (*id < 0 || *id > id_max)) return invalid_value("lun-id", "lun-map", std::to_string(*id));
  if (id && igroup.luns.contains(*id))
    return ModelError{Errno::lun_id_taken,
                      "Initiator group already has a LUN with the LUN ID " + std::to_string(*id) + "."};
  if (seen_elsewhere(svm, **lun, igroup)) {
    return ModelError{Errno::lun_mapping_conflict, "LUN mapping conflict: \"" + path +
                                                       "\" is already mapped to an initiator of \"" + name +
                                                       "\" through another group."};
  }
  std::int32_t chosen = id.value_or(0);
  if (!id) {
    for (const auto& [used, used_path] : igroup.luns) {
      if (used != chosen) break;
      ++chosen;
    }
    if (chosen > id_max) return refused("No LUN ID is free in initiator group \"" + name + "\".");
  }
  igroup.luns[chosen] = path;
  (*lun)->maps[name] = chosen;
  cluster.touch(svm, igroup);
  cluster.touch(svm, **lun);
  return chosen;
}

Result<void> unmap_lun(Cluster& cluster, Svm& svm, const std::string& path, const std::string& name) {
  auto lun = require_lun(svm, path);
  if (!lun) return lun.error();
  auto igroup = require_igroup(svm, name);
  if (!igroup) return igroup.error();
  const auto at = (*lun)->maps.find(name);
  if (at == (*lun)->maps.end())
    return ModelError{Errno::no_such_lun_map, "LUN \"" + path + "\" is not mapped to this group: \"" + name + "\"."};
  (*igroup)->luns.erase(at->second);
  (*lun)->maps.erase(at);
  cluster.touch(svm, **igroup);
  cluster.touch(svm, **lun);
  return {};
}

std::vector<std::string> reporting_nodes(const Cluster& cluster, const Svm& svm, const Lun& lun) {
  std::vector<std::string> nodes;
  const Volume* volume = svm.find_volume(lun.volume());
  const Aggregate* aggregate = volume == nullptr ? nullptr : cluster.find_aggregate(volume->aggregate);
  if (aggregate == nullptr) return nodes;
  nodes.push_back(aggregate->node);
  const auto node = cluster.nodes.find(aggregate->node);
  if (node != cluster.nodes.end() && !node->second.partner.empty()) nodes.push_back(node->second.partner);
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

Result<IscsiService*> create_iscsi(Cluster& cluster, Svm& svm, const std::string& node_name, bool up) {
  if (!cluster.licensed("iscsi")) return refused("iSCSI is not licensed in the cluster.");
  if (svm.iscsi)
    return ModelError{Errno::already_started, "The iSCSI service of Vserver \"" + svm.name + "\" already exists."};
  IscsiService service;
  service.node_name = node_name.empty()
                          ? "iqn.1992-08.com.netapp:sn." + svm.uuid.digits() + ":vs." + std::to_string(svm.number)
                          : node_name;
  service.alias = svm.name;
  service.available = up;
  svm.iscsi = std::move(service);
  cluster.touch(svm);
  return &*svm.iscsi;
}

Result<void> set_iscsi_up(Cluster& cluster, Svm& svm, bool up) {
  if (!svm.iscsi) return missing_entry();
  if (svm.iscsi->available == up) {
    if (up) return ModelError{Errno::already_started, "The iSCSI service is already started."};
    return refused("The iSCSI service is already stopped.");
  }
  svm.iscsi->available = up;
  cluster.touch(svm);
  return {};
}

Result<void> destroy_iscsi(Cluster& cluster, Svm& svm) {
  if (!svm.iscsi) return missing_entry();
  if (svm.iscsi->available) return refused("The iSCSI service must be stopped before it is deleted.");
  svm.iscsi.reset();
  cluster.touch(svm);
  return {};
}

Result<void> create_fcp(Cluster& cluster, Svm& svm) {
  if (!cluster.licensed("fcp")) return refused("FCP is not licensed in the cluster.");
  if (svm.fcp)
    return ModelError{Errno::already_started, "The FCP service of Vserver \"" + svm.name + "\" already exists."};
  const std::string digits = svm.uuid.digits();
  FcpService service;
  service.node_name = "20:00";
  for (std::size_t i = 0; i < 12; i += 2) service.node_name += ":" + digits.substr(i, 2);
  svm.fcp = std::move(service);
  cluster.touch(svm);
  return {};
}

}  // namespace ontap_sim::model
