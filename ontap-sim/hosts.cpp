// What hosts see of the array: reachability, NFS mounts, space, LUNs.
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/model/qtree_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/sim.h"

namespace ontap_sim {
namespace {

struct FoundLif {
  const model::Svm* svm = nullptr;
  const model::Lif* lif = nullptr;
  bool up = false;
};

FoundLif lif_at(const model::Cluster& cluster, const std::string& address) {
  const auto found = cluster.lif_by_address.find(address);
  if (found == cluster.lif_by_address.end()) return {};
  const model::Svm* svm = cluster.find_svm(found->second.svm);
  const auto lif = svm->lifs.find(found->second.lif);
  return {svm, &lif->second, model::lif_operational(cluster, *svm, lif->second)};
}

}  // namespace

std::vector<ManagementLif> Sim::management_lifs() const {
  std::vector<ManagementLif> lifs;
  for (const auto& [address, ref] : cluster_->lif_by_address) {
    const FoundLif found = lif_at(*cluster_, address);
    if (found.up && found.lif->management())
      lifs.push_back({ref.svm, ref.lif, address, found.svm->type == model::SvmType::admin});
  }
  return lifs;
}

std::vector<std::string> Sim::addresses() const {
  std::vector<std::string> all;
  for (const auto& [address, ref] : cluster_->lif_by_address) all.push_back(address);
  return all;
}

bool Sim::answers_ping(const std::string& address) const { return lif_at(*cluster_, address).up; }

base::Result<NfsMount> Sim::mount_nfs(const std::string& address, const std::string& path,
                                      const std::string& client) const {
  const FoundLif found = lif_at(*cluster_, address);
  if (!found.up) return base::Error{base::ErrorKind::unavailable, "mount.nfs: Connection timed out"};
  if (!found.lif->protocols.contains("nfs") || !found.svm->nfs || !found.svm->nfs->access)
    return base::Error{base::ErrorKind::unavailable, "mount.nfs: Connection refused"};
  const auto exported = model::nfs_access(*found.svm, path, client);
  const base::Error denied{base::ErrorKind::invalid,
                           "mount.nfs: access denied by server while mounting " + address + ":" + path};
  if (!exported && exported.error().code == model::Errno::eacces) return denied;
  if (!exported) {
    return base::Error{base::ErrorKind::not_found, "mount.nfs: mounting " + address + ":" + path +
                                                       " failed, reason given by server: No such file or directory"};
  }
  if (exported->access == model::NfsAccess::none) return denied;
  return NfsMount{found.svm->name, exported->volume, exported->qtree, exported->access == model::NfsAccess::read_only};
}

base::Result<Usage> Sim::nfs_usage(const std::string& svm_name, const std::string& volume_name,
                                   const std::string& qtree_name) const {
  const model::Svm* svm = cluster_->find_svm(svm_name);
  const model::Volume* volume = svm == nullptr ? nullptr : svm->find_volume(volume_name);
  if (volume == nullptr || volume->state != model::VolumeState::online)
    return base::Error{base::ErrorKind::not_found, "Stale file handle"};
  const model::VolumeSpace space = model::space_of(*cluster_, *svm, *volume);
  Usage usage{space.total, space.used, space.available};
  if (qtree_name.empty()) return usage;
  const auto qtree = volume->qtrees.find(qtree_name);
  if (qtree == volume->qtrees.end()) return base::Error{base::ErrorKind::not_found, "Stale file handle"};
  const auto limit = model::tree_limit(*volume, qtree_name);
  if (!limit) return usage;
  usage.total = *limit;
  usage.used = qtree->second.used;
  usage.available = std::min(space.available, std::max<model::Bytes>(0, usage.total - usage.used));
  return usage;
}

std::string Sim::target_name(const std::string& portal) const {
  const FoundLif found = lif_at(*cluster_, portal);
  const bool serves =
      found.up && found.lif->protocols.contains("iscsi") && found.svm->iscsi && found.svm->iscsi->available;
  return serves ? found.svm->iscsi->node_name : std::string();
}

base::Result<std::vector<MappedLun>> Sim::luns_for(const std::string& portal, const std::string& initiator) const {
  if (target_name(portal).empty()) return base::Error{base::ErrorKind::unavailable, "iscsiadm: no portal at " + portal};
  const model::Svm& svm = *lif_at(*cluster_, portal).svm;
  std::map<std::int32_t, MappedLun> seen;
  for (const auto& [name, igroup] : svm.igroups) {
    if (!igroup.initiators.contains(initiator)) continue;
    for (const auto& [id, path] : igroup.luns) {
      const model::Lun* lun = svm.find_lun(path);
      if (lun == nullptr) continue;
      const model::Volume* volume = svm.find_volume(lun->volume());
      const bool online = lun->online && volume != nullptr && volume->state == model::VolumeState::online;
      seen.emplace(id, MappedLun{svm.name, path, lun->serial, id, lun->content.size, online});
    }
  }
  std::vector<MappedLun> luns;
  for (auto& [id, lun] : seen) luns.push_back(std::move(lun));
  return luns;
}

}  // namespace ontap_sim
