#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/runner/world.h"

/// The lab in memory: everything that waits waits on a VirtualClock, everything that calls goes through a
/// MemoryTransport, and the provisioner is a task. One seed gives one journal, byte for byte. Errors: as World.
namespace scenario {

class MemoryWorld {
 public:
  static base::Result<std::unique_ptr<MemoryWorld>> make(WorldConfig config);
  ~MemoryWorld();

  World& world();
  Lab& lab();
  /// Runs one test to its end.
  TestResult run(const Test& test, const RunConfig& config, int id,
                 const std::function<void(const StepResult&)>& on_step);
  /// Runs the lab until `done` holds; false when nothing more can happen or `limit` of virtual time has passed.
  bool run_until(const std::function<bool()>& done, base::Duration limit);
  void advance(base::Duration span);
  base::Duration elapsed() const;

  // The product. 0 is the one beside the cluster (WorldConfig::provisioner); 1 is another, with a store of its own and
  // no cluster: what it makes is asked for over REST.
  void start_provisioner(int which = 0);
  /// Dead at once: nothing it does from now on has an effect. Its database stays.
  void crash_provisioner(int which = 0);
  bool provisioner_runs(int which = 0) const;
  /// Messages that provisioners of this lab have sent so far, to the array and to the API: each is two crash points.
  std::uint64_t messages() const;
  /// Crash at message number `message` (from 1, counted over the lab's life), before it leaves or when its effect is
  /// done and the answer is not there yet; a new one starts after `pause`.
  struct CrashPoint {
    std::uint64_t message = 0;
    bool before = true;
    base::Duration pause = std::chrono::seconds(1);
  };
  void plan_crash(CrashPoint point);
  /// No crash that was planned and has not happened yet happens any more.
  void cancel_crashes();
  /// From now on each message of a provisioner leaves up to `longest` later than it was sent, so that messages overtake
  /// each other.
  void set_jitter(base::Duration longest, std::uint64_t seed);
  /// The store's records: "/trident/v1/volume/NAME", "/trident/v1/txn/NAME" and so on.
  const std::map<std::string, std::string>& records(int which = 0) const;
  /// Any call to a provisioner's REST interface, to its end.
  base::Result<base::http::Response> rest(const std::string& method, const std::string& path, const Json& body,
                                          int which = 0);
  /// The same without waiting for the answer.
  void tell(const std::string& method, const std::string& path, const Json& body, int which);

 private:
  MemoryWorld();
  bool at_crash_point(int which, bool before, std::uint64_t& number, const std::string& name);
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace scenario
