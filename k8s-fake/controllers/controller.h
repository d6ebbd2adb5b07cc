#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/controllers/cluster.h"
#include "k8s-fake/controllers/events.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/random.h"

/// What a controller is: a row with the kinds that wake it and one function that brings one key ("namespace/name", or
/// whatever the row makes of it) closer to what it should be. The function reads the cluster's maps and writes through
/// the API; it is called again after an error, with back-off. All controllers run on one thread, one key at a time
/// each.
namespace k8s_fake {
struct RuntimeConfig;
}

namespace k8s_fake::control {

struct Context {
  base::Clock& clock;
  Cluster& cluster;
  Events& events;
  base::Rng& rng;
  const RuntimeConfig& config;
  /// Pods whose time on a tainted node is running, and since when.
  std::map<std::string, base::TimePoint> tainted_since = {};
  std::map<std::string, Json> nodes = {};  // that were registered, as they were then

  std::string now() const { return base::to_rfc3339(clock.now()); }
};

struct Outcome {
  bool failed = false;                  // try again with back-off
  std::optional<base::Duration> again;  // look again after this long
};
inline Outcome done() { return {}; }
inline Outcome again_in(base::Duration delay) { return {false, delay}; }
/// An object that went meanwhile needs nothing more; any other error is repeated.
inline Outcome failed_with(const ApiError& error) { return {!error.not_found(), {}}; }

/// Which keys a change of an object wakes.
using Keys = std::vector<std::string>;
struct Trigger {
  Resource kind;
  Keys (*keys)(Context&, const Object& old, const Object& now);
};

struct Controller {
  const char* name;
  std::vector<Trigger> triggers;
  boost::asio::awaitable<Outcome> (*reconcile)(Context&, std::string key);
};

/// The usual trigger: an object wakes its own key.
Keys own_key(Context&, const Object& old, const Object& now);
/// An object wakes its controlling owner ("namespace/name"), if that is of the given kind.
Keys owner_key(const Object& old, const Object& now, const char* kind);

/// Keys in order, each at most once, some of them later.
class WorkQueue {
 public:
  WorkQueue(boost::asio::any_io_executor executor, base::Clock& clock) : clock_(clock), ready_(std::move(executor)) {}
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  void add(const std::string& key);
  /// An earlier wish for the same key wins.
  void add_after(const std::string& key, base::Duration delay);
  boost::asio::awaitable<std::string> next();
  bool empty() const { return queue_.empty(); }

 private:
  base::Clock& clock_;
  base::Signal ready_;
  std::deque<std::string> queue_;
  std::set<std::string> queued_;
  std::map<std::string, std::pair<base::TimePoint, base::TimerId>> later_;
};

/// Hooks one row into the cluster and returns its loop, to be spawned after the cluster has started.
class ControllerLoop {
 public:
  ControllerLoop(boost::asio::any_io_executor executor, Context& context, const Controller& row);
  boost::asio::awaitable<void> run();

 private:
  Context& context_;
  const Controller& row_;
  WorkQueue queue_;
  std::map<std::string, int> failures_;
};

}  // namespace k8s_fake::control
