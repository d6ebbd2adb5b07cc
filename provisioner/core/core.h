#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "provisioner/base/task_group.h"
#include "provisioner/core/locks.h"
#include "provisioner/core/matcher.h"
#include "provisioner/core/orchestrator.h"
#include "provisioner/driver/driver.h"

/// The inside of Orchestrator. Everything here is touched on the loop's thread only; between two co_awaits nothing
/// changes, across one anything may, except what a held lock of `locks` guards: "backend/NAME", "class/NAME",
/// "volume/NAME".
namespace provisioner {

struct Backend {
  std::string name;
  // Shared, since calls may be under way on a driver while an update replaces it. Null until its first start succeeded.
  std::shared_ptr<Driver> driver;
  Json stored;  // its configuration as the store has it
  bool online = true;
  BackendState state = BackendState::online;
  std::string reason;
  std::set<std::string> volumes;
  int creating = 0;              // volumes on their way here
  std::uint64_t generation = 0;  // of its background loop
};

enum class IntentOp { add, remove, resize };

/// What is durable before anything is done to the array. Key: the volume's name.
struct Intent {
  IntentOp op = IntentOp::add;
  VolumeConfig config;
  std::string backend;  // "" in records of 17.10.1: could be on any
  std::string pool;
};
Json to_json(const Intent& intent);
std::string record_text(const Intent& intent);  // to_json().dump(), without the tree
Result<Intent> intent_from_json(const Json& json);

namespace keys {
inline const std::string kMeta = "/trident/v1/meta/";
inline const std::string kBackend = "/trident/v1/backend/";
inline const std::string kVolume = "/trident/v1/volume/";
inline const std::string kClass = "/trident/v1/storageclass/";
inline const std::string kIntent = "/trident/v1/txn/";
}  // namespace keys

class Core {
 public:
  using Awaited = boost::asio::awaitable<Result<void>>;

  Core(boost::asio::any_io_executor executor, base::Clock& clock, base::Rng rng, base::Logger logger, Store& store,
       base::http::Transport& transport, OrchestratorOptions options);

  // recovery.cpp
  Awaited bootstrap();
  boost::asio::awaitable<void> settle(std::function<bool(const std::string&)> wanted);
  Awaited roll_back(std::string volume);
  Awaited finish(std::string volume);
  boost::asio::awaitable<void> undo_again(std::string volume, base::TimePoint when);
  boost::asio::awaitable<void> finish_on(std::string backend);
  boost::asio::awaitable<Result<std::vector<std::string>>> rediscover(std::string backend);

  // backends.cpp
  boost::asio::awaitable<Result<std::string>> put_backend(std::string config, std::optional<std::string> must_be);
  Awaited delete_backend(std::string name);
  Result<BackendView> view(const std::string& name) const;
  DriverContext driver_context();
  void adopt_driver(Backend& backend, std::shared_ptr<Driver> driver);
  boost::asio::awaitable<void> start_backend(std::string name);
  boost::asio::awaitable<void> watch_backend(std::string name, std::uint64_t generation);
  void start_watch(Backend& backend);
  boost::asio::awaitable<void> measure(std::string name);
  Awaited purge_if_empty(std::string name);

  // classes.cpp
  Awaited add_class(StorageClassConfig config);
  Awaited delete_class(std::string name);

  // volumes.cpp
  boost::asio::awaitable<Result<Volume>> add_volume(VolumeConfig config);
  /// The next four leave what they made in `volumes`, and `config` with whoever awaits them: it is large to move.
  Awaited place(VolumeConfig& config, std::optional<Protocol> protocol);
  Awaited place_clone(VolumeConfig& config);
  Awaited attempt(VolumeConfig& config, const std::string& backend, const std::string& pool, bool resuming);
  Awaited record(const VolumeConfig& config, const std::string& backend, const std::string& pool, Made made,
                 std::shared_ptr<Driver> driver);
  Awaited delete_volume(std::string name);
  Awaited abandon_volume(std::string name);
  Awaited destroy_recorded(std::string name);
  boost::asio::awaitable<Result<Volume>> resize_volume(std::string name, std::string size);
  Awaited apply_resize(Intent intent);
  boost::asio::awaitable<Result<Volume>> import_volume(ImportRequest request);
  Result<std::vector<PoolVerdict>> explain(const VolumeConfig& config) const;

  // Shared.
  Result<void> require_ready() const;
  Result<std::shared_ptr<Driver>> driver_of(const std::string& backend) const;
  Awaited commit(std::vector<Write> writes);
  void confirm(std::string volume);
  boost::asio::awaitable<void> flush_confirmed();
  Awaited write_intent(const Intent& intent);
  Awaited erase_intent(std::string volume);
  void keep(Volume&& volume);
  void forget(const std::string& volume);
  Owner owner(const std::string& volume) const { return {instance, volume}; }
  DestroySpec destroy_spec(const VolumeConfig& config) const;
  /// Runs the tasks side by side until all have ended or the patience is over (then the rest goes on in the
  /// background).
  boost::asio::awaitable<void> side_by_side(std::vector<boost::asio::awaitable<void>> tasks, base::Duration patience);

  boost::asio::any_io_executor executor;
  base::Clock& clock;
  base::Rng rng;
  base::Logger log;
  Store& store;
  base::http::Transport& transport;
  OrchestratorOptions options;

  CorePhase phase = CorePhase::starting;
  std::string phase_error;
  std::string instance;  // who we are in owner tags
  std::map<std::string, Backend> backends;
  std::map<std::string, StorageClassConfig> classes;
  std::map<std::string, Volume> volumes;
  std::map<std::string, Intent> intents;          // durable and not finished
  std::map<std::string, std::string> quarantine;  // store key -> why it cannot be used
  Matcher matcher;
  KeyedLocks locks;
  std::set<std::string> unconfirmed;                  // volumes whose intent outlives their record until confirm()
  std::set<std::string> confirmed;                    // intents that the next commit erases
  bool flushing = false;                              // a task waits to do so if none comes
  std::map<std::string, base::TimePoint> late_until;  // intents with a call that may still be under way, until then
  std::set<std::string>
      undone_once;  // intents that were undone and will be once more, when no late call can come any more
  std::uint64_t last_generation = 0;
  base::TaskGroup tasks;  // last: its tasks use all of the above
};

/// Rules of 18.07 (specification 1.9). Errors: invalid.
Result<std::optional<Protocol>> protocol_for(const VolumeConfig& config);
std::string to_text(Protocol protocol);

}  // namespace provisioner
