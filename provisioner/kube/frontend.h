#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <set>
#include <string>

#include "provisioner/base/task_group.h"
#include "provisioner/core/orchestrator.h"
#include "provisioner/kube/client.h"
#include "provisioner/kube/events.h"
#include "provisioner/kube/mapping.h"
#include "provisioner/kube/reflector.h"
#include "provisioner/kube/version.h"
#include "provisioner/kube/work_queue.h"

/// The Kubernetes frontend: watches claims, volumes and storage classes, lets the core make and destroy volumes, and
/// keeps PersistentVolume objects in step. Work on different objects runs side by side; each object's own is in order.
/// It acts on what the mirrors hold (level-triggered), so a missed event costs at most a resync. Source: provisioner
/// specification section 7; rows 12 to 18, 47 and 48 of section 11.
namespace provisioner::kube {

struct FrontendStats {
  std::uint64_t provisioned = 0;
  std::uint64_t provision_failed = 0;
  double provision_seconds = 0;  // sum over the successful ones
  std::uint64_t deleted = 0;
  std::uint64_t delete_failed = 0;
};

class Frontend {
 public:
  Frontend(boost::asio::any_io_executor executor, base::Clock& clock, base::Rng rng, base::Logger logger,
           Client& client, Orchestrator& core, Version version);
  /// stop() must have been awaited, unless start() was never called.
  ~Frontend() = default;
  Frontend(const Frontend&) = delete;
  Frontend& operator=(const Frontend&) = delete;

  void start();
  boost::asio::awaitable<void> stop();
  const std::map<std::string, FrontendStats>& stats() const { return stats_; }  // by storage class
  /// The volume a claim asks for, as the core would be told. Errors: not_found, invalid.
  Result<VolumeConfig> explainable(const std::string& claim_key) const;
  /// Makes the claim, takes the volume that is on the array over and makes the PV; `request.config` is not used. After
  /// an error the claim is gone again and the volume on the array as it was. Errors: invalid, not_found,
  /// already_exists, busy, unavailable.
  boost::asio::awaitable<Result<Volume>> import_volume(ImportRequest request, Json claim);

 private:
  struct Imported {
    Volume volume;
    Json object;
  };
  struct Decision {
    bool ours = false;
    std::string class_name;
    std::string why_not;
  };
  // frontend.cpp
  Reflector::Options claims_options();
  Reflector::Options volumes_options();
  Reflector::Options classes_options();
  void check_ready();
  boost::asio::awaitable<void> settle();
  boost::asio::awaitable<void> settle_regularly();
  bool wanted(const std::string& volume) const;
  // claims.cpp
  void claim_changed(Change change, const std::string& key, const Json& now, const Json& before);
  boost::asio::awaitable<bool> work_claim(std::string key);
  Decision decide(const Json& claim) const;
  ClassExtras extras_of(const std::string& class_name) const;
  boost::asio::awaitable<bool> claim_pending(Json claim, std::string class_name);
  boost::asio::awaitable<bool> claim_bound(Json claim);
  boost::asio::awaitable<bool> claim_lost(Json claim);
  /// What these two are given stays with whoever awaits them.
  boost::asio::awaitable<Result<Volume>> make_volume(const Json& claim, const std::string& class_name);
  boost::asio::awaitable<Result<Json>> make_object(const Json& claim, const Volume& volume,
                                                   const std::string& class_name);
  boost::asio::awaitable<Result<void>> drop_volume_and_object(std::string name);
  boost::asio::awaitable<bool> expand(Json claim, Json object);
  bool still_wanted(const Json& claim) const;
  bool at_rest(const Json& claim) const;
  bool grows(const Json& claim, const Json& volume) const;
  // import.cpp
  boost::asio::awaitable<Result<Imported>> import_for(Json claim, std::string class_name);
  boost::asio::awaitable<bool> claim_importing(Json claim, std::string class_name);
  boost::asio::awaitable<bool> end_import(Json claim, Json object);
  // volumes.cpp
  void volume_changed(Change change, const std::string& key, const Json& now);
  boost::asio::awaitable<bool> work_volume(std::string key);
  boost::asio::awaitable<void> mark_failed(Json object, std::string why);
  // classes.cpp
  void class_changed(Change change, const std::string& key, const Json& now, const Json& before);
  boost::asio::awaitable<bool> work_class(std::string key);
  std::optional<std::string> default_class() const;
  void drop_forgotten_classes();

  base::Clock& clock_;
  base::Logger logger_;
  Client& client_;
  Orchestrator& core_;
  Version version_;
  base::TaskGroup tasks_;
  Events events_;
  Reflector claims_;
  Reflector volumes_;
  Reflector classes_;
  WorkQueue claim_work_;
  WorkQueue volume_work_;
  WorkQueue class_work_;
  bool ready_ = false;                   // everything was listed once and the classes are known to the core
  bool classes_asked_ = false;           // the classes' first work was queued
  std::multiset<std::string> making_;    // volumes that a claim's work or an import is busy with
  std::map<std::string, Json> pending_;  // volume name -> the PV made for a claim that is not bound yet
  std::map<std::string, std::string> class_complaints_;  // class -> what was last said about it
  std::map<std::string, FrontendStats> stats_;
};

}  // namespace provisioner::kube
