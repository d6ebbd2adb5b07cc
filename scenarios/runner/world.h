#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "k8s-fake/fake.h"
#include "k8s-fake/kubelet/storage_hooks.h"
#include "ontap-sim/sim.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "scenarios/runner/kube_faults.h"
#include "scenarios/runner/runner.h"

/// The lab: one array, one Kubernetes cluster and what ties them together (mounts, exports, ping), without transport.
/// MemoryWorld (memory_world.h) runs it under a virtual clock, WireWorld (wire_world.h) over sockets.
/// Errors: invalid, with file and line, for what LAB.yaml says.
namespace scenario {

struct WorldConfig {
  std::string lab_text;  // LAB.yaml; "" is the default lab
  std::string lab_name = "LAB.yaml";
  std::uint64_t seed = 1;
  bool provisioner = false;  // the product too, beside the cluster
  bool lean = false;         // nothing but claims, volumes and classes: no history needs pods and owners
  std::string state_dir;     // "" keeps nothing
  base::Logger::Sink log = base::log_to_nowhere();
};

/// What happened, one line each: "+12.345 kube POST /api/v1/pods 201". Secrets never get in.
class Journal {
 public:
  explicit Journal(base::Clock& clock) : clock_(clock), start_(clock.now()) {}
  void add(const std::string& line);
  const std::vector<std::string>& lines() const { return lines_; }
  std::string text() const;

 private:
  base::Clock& clock_;
  base::TimePoint start_;
  std::vector<std::string> lines_;
};

class LabObjects;
class Loads;
class Snapshots;

class World {
 public:
  /// `kube_address` is where pods and kubeconfigs find the API ("127.0.0.1:6443").
  static base::Result<std::unique_ptr<World>> make(boost::asio::any_io_executor executor, base::Clock& clock,
                                                   const WorldConfig& config, const std::string& kube_address);
  ~World();

  ontap_sim::Sim& array() { return *array_; }
  k8s_fake::Fake& cluster() { return *cluster_; }
  Journal& journal() { return journal_; }
  const k8s_fake::Config& cluster_config() const { return cluster_config_; }
  std::uint64_t seed() const { return seed_; }
  base::Clock& clock() { return clock_; }
  const base::Logger& logger() const { return logger_; }
  boost::asio::any_io_executor executor() const { return executor_; }

  /// The two handlers as clients meet them: journaled, lab objects behind the Kubernetes one, faults in front of both.
  base::http::Response kube(const base::http::Request& request);
  base::http::Response ontap(const base::http::Request& request);
  k8s_fake::StorageHooks storage_hooks();
  /// GET on the API at once, as the administrator.
  base::Result<Json> kube_get(const std::string& target);
  /// Any call on the API at once, past authentication.
  base::http::Response kube_internal(const std::string& method, const std::string& target, const Json& body);
  /// True if a management request to this host reaches the array.
  bool array_has(const std::string& host) const;
  /// The value of DRYDOCK_CONNECT_TO: management LIFs at their port 443 -> this address.
  std::string connect_to(const std::string& array_address) const;

  /// Runs the action later unless the name's actions are cancelled before.
  void later(const std::string& name, base::Duration delay, std::function<void()> action);
  void cancel_later(const std::string& name);
  /// What Fault and Load objects act through.
  KubeFaults& kube_faults() { return kube_faults_; }
  Loads& loads() { return *loads_; }
  Snapshots& snapshots() { return *snapshots_; }

  /// Called by the worlds: what a lab object may do beyond the two simulators.
  std::function<std::string(const Json& crash)> crash;  // "" or why not
  bool whole_clock = false;  // the lab's clock is virtual: a Clock object's answer comes when the time has passed
  /// Hands a backend file to the provisioner; `done` gets the object's status later. Empty: there is none.
  std::function<void(Json config, std::function<void(Json status)> done)> add_backend;
  /// Copies the stores of the provisioners; what it returns kills them, puts the copies back and starts them again.
  /// Empty: cannot.
  std::function<std::function<void()>()> save_product;

 private:
  World(boost::asio::any_io_executor executor, base::Clock& clock, const WorldConfig& config);

  boost::asio::any_io_executor executor_;
  base::Clock& clock_;
  std::uint64_t seed_;
  base::Logger logger_;
  Journal journal_;
  k8s_fake::Config cluster_config_;
  std::unique_ptr<ontap_sim::Sim> array_;
  std::unique_ptr<k8s_fake::Fake> cluster_;
  KubeFaults kube_faults_;
  std::multimap<std::string, base::TimerId> later_;
  std::unique_ptr<Loads> loads_;
  std::unique_ptr<Snapshots> snapshots_;
  std::unique_ptr<LabObjects> objects_;
};

}  // namespace scenario
