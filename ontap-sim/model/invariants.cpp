// check_invariants: what must hold between any two calls.
#include <algorithm>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

struct Findings {
  std::vector<std::string> list;
  void expect(bool holds, const std::string& sentence) {
    if (!holds) list.push_back(sentence);
  }
};

void check_volume(const Cluster& cluster, const Svm& svm, const Volume& volume, Findings& findings) {
  const std::string name = "volume " + svm.name + ":" + volume.name;
  findings.expect(volume.size >= 0 && volume.active >= 0 && volume.shared >= 0 && volume.lun_reserve >= 0,
                  name + " has a negative size");
  findings.expect(volume.shared <= volume.active, name + " shares more than it has");
  Bytes held = 0;
  for (const Snapshot& snapshot : volume.snapshots) held += snapshot.held;
  findings.expect(held == volume.snapshot_held, name + ": snapshots hold " + std::to_string(held) +
                                                    ", the volume says " + std::to_string(volume.snapshot_held));
  Bytes reserve = 0;
  std::int32_t luns = 0;
  const std::string prefix = "/vol/" + volume.name + "/";
  for (auto at = svm.luns.lower_bound(prefix); at != svm.luns.end() && at->first.starts_with(prefix); ++at) {
    ++luns;
    if (at->second.content.reserved) reserve += std::max<Bytes>(0, at->second.content.size - at->second.content.used);
  }
  findings.expect(luns == volume.lun_count, name + " counts its LUNs wrongly");
  if (volume.snapshots.empty())
    findings.expect(reserve == volume.lun_reserve, name + " reserves " + std::to_string(volume.lun_reserve) +
                                                       " for LUNs that need " + std::to_string(reserve));
  findings.expect(volume.flexgroup() || cluster.find_aggregate(volume.aggregate) != nullptr,
                  name + " is on the unknown aggregate " + volume.aggregate);
  if (volume.clone) {
    const Svm* parent_svm = cluster.find_svm(volume.clone->svm);
    const Volume* parent = parent_svm == nullptr ? nullptr : parent_svm->find_volume(volume.clone->volume);
    findings.expect(parent != nullptr && parent->find_snapshot(volume.clone->snapshot) != nullptr,
                    name + " has lost its parent");
  }
  if (!volume.junction_path.empty()) {
    const auto at = svm.junctions.find(base::to_lower(volume.junction_path));
    findings.expect(at != svm.junctions.end() && at->second == volume.name,
                    name + " is not found at its junction " + volume.junction_path);
  }
}

void check_svm(const Cluster& cluster, const Svm& svm, Findings& findings) {
  std::map<std::string, std::int32_t> clones;
  for (const auto& [name, volume] : svm.volumes) {
    findings.expect(name == volume.name, "volume " + svm.name + ":" + name + " is filed under another name");
    check_volume(cluster, svm, volume, findings);
  }
  for (const auto& [path, volume] : svm.junctions)
    findings.expect(svm.find_volume(volume) != nullptr, "junction " + path + " leads nowhere");
  for (const auto& [path, lun] : svm.luns) {
    findings.expect(path == lun.path && svm.find_volume(lun.volume()) != nullptr, "LUN " + path + " has no volume");
    for (const auto& [igroup, id] : lun.maps) {
      const Igroup* group = svm.find_igroup(igroup);
      const bool known = group != nullptr && group->luns.contains(id) && group->luns.at(id) == path;
      findings.expect(known, "map of LUN " + path + " to " + igroup + " stands on one side only");
    }
  }
  for (const auto& [name, igroup] : svm.igroups) {
    for (const auto& [id, path] : igroup.luns) {
      const Lun* lun = svm.find_lun(path);
      findings.expect(lun != nullptr && lun->maps.contains(name),
                      "map of igroup " + name + " to " + path + " stands on one side only");
    }
  }
}

}  // namespace

std::vector<std::string> check_invariants(const Cluster& cluster) {
  Findings findings;
  struct Sum {
    Bytes charged = 0;
    Bytes written = 0;
    std::int64_t volumes = 0;
  };
  std::map<std::string, Sum> sums;
  std::map<Uuid, std::int32_t> children;
  std::map<Uuid, std::int32_t> expected_children;
  for (const auto& [name, svm] : cluster.svms) {
    findings.expect(name == svm.name, "SVM " + name + " is filed under another name");
    check_svm(cluster, svm, findings);
    for (const auto& [volume_name, volume] : svm.volumes) {
      Sum& sum = sums[volume.aggregate];
      sum.charged += volume.charged;
      sum.written += volume.written;
      ++sum.volumes;
      if (volume.clone) ++children[volume.clone->parent_uuid];
      if (volume.clone_children != 0) expected_children[volume.uuid] = volume.clone_children;
    }
  }
  for (const auto& [name, aggregate] : cluster.aggregates) {
    const Sum& sum = sums[name];
    findings.expect(sum.charged == aggregate.charged, "aggregate " + name + " is charged " +
                                                          std::to_string(aggregate.charged) + ", its volumes say " +
                                                          std::to_string(sum.charged));
    findings.expect(sum.written == aggregate.written, "aggregate " + name + " holds " +
                                                          std::to_string(aggregate.written) + ", its volumes say " +
                                                          std::to_string(sum.written));
    findings.expect(sum.volumes == aggregate.volume_count, "aggregate " + name + " counts its volumes wrongly");
  }
  findings.expect(children == expected_children, "clones and the counts of their parents differ");
  return findings.list;
}

}  // namespace ontap_sim::model
