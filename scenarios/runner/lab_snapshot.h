#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "k8s-fake/store.h"
#include "ontap-sim/model/cluster.h"
#include "scenarios/runner/kube_client.h"

/// Snapshot objects: the whole lab as it stands (array, Kubernetes objects, the provisioner's store), kept until the
/// object is deleted and put back by another Snapshot with `spec: {restore: NAME}`. Time goes on, and what scenarios do
/// to the lab (objects of lab.drydock.dev: faults, loads) stays as it is. To watchers a restore is a series of changes,
/// so resourceVersions never go back; the provisioner dies before it and starts again on its old store. Errors: in the
/// object's status.
namespace scenario {

class World;

class Snapshots {
 public:
  explicit Snapshots(World& world) : world_(world) {}
  /// Saves, or begins to restore; the object's status.
  Json run(const Json& object);
  void forget(const Json& object);

 private:
  struct Saved {
    ontap_sim::model::Cluster array;
    std::map<std::pair<std::string, std::string>, k8s_fake::Objects> objects;  // by group and plural
    std::function<void()> product;  // puts the provisioner's store back; may be empty
  };
  Json save(const std::string& name);
  void restore(const Saved& saved);

  World& world_;
  std::map<std::string, Saved> saved_;
};

}  // namespace scenario
