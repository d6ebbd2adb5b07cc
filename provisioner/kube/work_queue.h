#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/random.h"
#include "provisioner/base/task_group.h"

/// Work by key: one run per key at a time, keys side by side. Work asked for while its key runs is done once more
/// afterwards. A failed key waits 5 s, 10 s, … 5 min (less up to a tenth) before its next run; other keys do not
/// notice. Each run is an operation of its own (base/operation.h).
namespace provisioner::kube {

class WorkQueue {
 public:
  /// Returns true when nothing more is to be done until the next add().
  using Run = std::function<boost::asio::awaitable<bool>(std::string key)>;
  WorkQueue(base::TaskGroup& tasks, base::Clock& clock, base::Rng rng, Run run)
      : tasks_(tasks), clock_(clock), rng_(rng), ids_(rng.next()), run_(std::move(run)) {}
  ~WorkQueue();

  /// Runs the key now, or when its pause after a failure ends.
  void add(const std::string& key);
  /// Runs the key now: what made it fail may have changed.
  void add_afresh(const std::string& key);
  bool idle() const;  // nothing runs; keys in a pause do not count
  std::function<void()> on_idle;

 private:
  struct Item {
    bool running = false;
    bool again = false;
    int failures = 0;
    base::TimePoint not_before{};
    base::TimerId timer = 0;  // 0: none
  };
  void start(const std::string& key, Item& item);
  boost::asio::awaitable<void> work(std::string key);
  void finished(const std::string& key, bool done);

  base::TaskGroup& tasks_;
  base::Clock& clock_;
  base::Rng rng_;
  base::Rng ids_;
  Run run_;
  std::map<std::string, Item> items_;
};

}  // namespace provisioner::kube
