#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/log.h"
#include "provisioner/base/random.h"
#include "provisioner/core/types.h"
#include "provisioner/store/store.h"

/// The core: backends, storage classes and the life of volumes. Reads answer at once from memory. Calls that touch an
/// array or the store are coroutines on the one loop; they run concurrently, in order per object (one volume, one
/// backend, one class), and bounded per array. What returned success is durable. Errors: not_found (text contains "not
/// found"), already_exists, invalid (the request can never work), conflict (not in this state), busy (start-up still
/// runs), unavailable and unknown_outcome (array or store; repeat later). Source: provisioner specification 1.7 to 1.12
/// and 2; transactions: README.md, "Crash safety".
namespace provisioner {

class Core;

enum class CorePhase { starting, ready, failed };

/// Which of the pools that satisfy a class is tried first: any, as 17.10.1 does, or rather one with much free space.
enum class Placement { uniform, free_space };

struct OrchestratorOptions {
  std::string version = "17.10.1";
  std::string host_name = "unknown";  // computer-name in the array's event log
  std::string kubernetes_version;     // GitVersion, "" without Kubernetes
  std::string instance;               // who we are in owner tags; "" : what the store has, or a new one
  std::string secret_key;             // encrypts passwords in the store; "" keeps them in clear
  base::Duration bootstrap_patience = std::chrono::seconds(10);  // start-up waits that long for slow backends
  base::Duration late_calls = {};  // how long calls of an earlier instance may still arrive at an array
  base::Duration health_period = std::chrono::seconds(60);
  Placement placement = Placement::uniform;
};

class Orchestrator {
 public:
  Orchestrator(boost::asio::any_io_executor executor, base::Clock& clock, base::Rng rng, base::Logger logger,
               Store& store, base::http::Transport& transport, OrchestratorOptions options);
  /// stop() must have been awaited, or nothing have been started.
  ~Orchestrator();
  Orchestrator(const Orchestrator&) = delete;
  Orchestrator& operator=(const Orchestrator&) = delete;

  // Life.
  /// Loads the store, starts the backends side by side, finishes what a crash left half-done. Unreachable backends are
  /// marked failed and tried again in the background; only an unreadable store is an error (then phase() is failed).
  boost::asio::awaitable<Result<void>> bootstrap();
  /// The version goes into the array's event log from then on. Call before bootstrap().
  void set_kubernetes_version(std::string git_version);
  /// Ends the background loops, cancelling what they wait for. Only destruction may follow.
  boost::asio::awaitable<void> stop();
  CorePhase phase() const;
  const std::string& phase_error() const;
  /// Half-made volumes that bootstrap() kept for the claims to decide about. add_volume() with such a name completes
  /// it.
  std::vector<std::string> unfinished_volumes() const;
  /// Undoes the unfinished volumes for which `wanted` is false. Called by a frontend that knows all claims, or, without
  /// one, with a function that wants none.
  boost::asio::awaitable<void> settle_unfinished(std::function<bool(const std::string& volume)> wanted);

  // Backends. `config` is the text of a backend file (JSON).
  /// The name of the new or updated backend.
  boost::asio::awaitable<Result<std::string>> add_backend(std::string config);
  /// As add_backend(), but the name must exist and stay (18.04).
  boost::asio::awaitable<Result<std::string>> update_backend(std::string name, std::string config);
  /// Takes it offline; it vanishes at once or with its last volume.
  boost::asio::awaitable<Result<void>> delete_backend(std::string name);
  std::vector<std::string> backends() const;                   // online and failed ones, sorted
  Result<BackendView> backend(const std::string& name) const;  // offline ones too

  // Storage classes.
  boost::asio::awaitable<Result<void>> add_storage_class(StorageClassConfig config);
  boost::asio::awaitable<Result<void>> delete_storage_class(std::string name);
  std::vector<std::string> storage_classes() const;
  Result<StorageClassView> storage_class(const std::string& name) const;

  // Volumes.
  /// A config with clone_source_volume makes a clone.
  boost::asio::awaitable<Result<Volume>> add_volume(VolumeConfig config);
  /// As add_volume(), but until confirm_volume() a restart treats it as unfinished: settle_unfinished() decides about
  /// it. For a frontend that makes an object of its own for the volume, so that a crash in between leaves no volume
  /// without one.
  boost::asio::awaitable<Result<Volume>> add_unconfirmed_volume(VolumeConfig config);
  void confirm_volume(const std::string& name);
  boost::asio::awaitable<Result<void>> delete_volume(std::string name);
  /// Grows only. Returns the volume with its new size (bytes, decimal).
  boost::asio::awaitable<Result<Volume>> resize_volume(std::string name, std::string size);
  boost::asio::awaitable<Result<Volume>> import_volume(ImportRequest request);
  /// As import_volume(), until confirm_volume().
  boost::asio::awaitable<Result<Volume>> import_unconfirmed_volume(ImportRequest request);
  /// Undoes a volume that is not confirmed yet; an imported one gets its first name back and stays on the array. Others
  /// are deleted.
  boost::asio::awaitable<Result<void>> abandon_volume(std::string name);
  /// Bytes of a volume on the array, managed or not.
  boost::asio::awaitable<Result<std::uint64_t>> array_volume_size(std::string backend, std::string internal_name);
  std::vector<std::string> volumes() const;
  Result<Volume> volume(const std::string& name) const;
  /// The backend's driver ("ontap-nas", "fake") and protocol, which decide the shape of a PV.
  Result<std::string> volume_driver(const std::string& name) const;
  /// After the loss of a store: records again the volumes on the backend that carry our instance's tag and are not
  /// known.
  boost::asio::awaitable<Result<std::vector<std::string>>> rediscover_volumes(std::string backend);
  /// Every pool with the reason why it would be used or not, sorted by backend and pool.
  Result<std::vector<PoolVerdict>> explain(const VolumeConfig& config) const;

  // Snapshots (19.07).
  boost::asio::awaitable<Result<Snapshot>> create_snapshot(std::string volume, std::string snapshot);
  boost::asio::awaitable<Result<void>> delete_snapshot(std::string volume, std::string snapshot);
  boost::asio::awaitable<Result<std::vector<Snapshot>>> snapshots(std::string volume);

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace provisioner
