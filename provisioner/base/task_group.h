#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

#include "provisioner/base/operation.h"

/// Owner of coroutines: nothing runs detached. Whoever starts loops keeps a TaskGroup that is stopped and joined before
/// what the loops use dies. Stopping cancels every task at its current wait, which unwinds it.
/// A task that ends by an exception other than cancellation is our own mistake and ends the process.
namespace base {

class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  /// Everything must have ended; call stop() and let the loop run, or co_await join(), before.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// The task belongs to the operation of whoever spawns it. After stop() a new task is dropped without running.
  void spawn(boost::asio::awaitable<void> task) { spawn(std::move(task), current_operation()); }
  /// The task belongs to `operation`; a loop that outlives the caller's belongs to none (null).
  void spawn(boost::asio::awaitable<void> task, OperationPtr operation);
  void stop();
  /// Waits until no task is left.
  boost::asio::awaitable<void> join();
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace base
