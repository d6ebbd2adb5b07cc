#include "provisioner/base/task_group.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>

#include "provisioner/base/check.h"
#include "provisioner/base/clock.h"

namespace base {

namespace asio = boost::asio;

struct TaskGroup::State {
  explicit State(asio::any_io_executor e) : executor(std::move(e)), changed(executor) {}
  asio::any_io_executor executor;
  Signal changed;
  std::uint64_t last_id = 0;
  bool stopped = false;
  std::map<std::uint64_t, std::unique_ptr<asio::cancellation_signal>> running;
};

namespace {

/// What a finished task threw: nothing and cancellation are fine.
void expect_clean_end(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return;
    std::fprintf(stderr, "task ended by %s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "task ended by %s\n", error.what());
  }
  CHECK(!"a task ended by an exception");
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { CHECK(state_->running.empty()); }

void TaskGroup::spawn(asio::awaitable<void> task, OperationPtr operation) {
  if (state_->stopped) return;
  const std::uint64_t id = ++state_->last_id;
  auto signal = std::make_unique<asio::cancellation_signal>();
  const asio::cancellation_slot slot = signal->slot();
  state_->running.emplace(id, std::move(signal));
  const std::shared_ptr<State> state = state_;
  asio::co_spawn(executor_for(state_->executor, std::move(operation)), std::move(task),
                 asio::bind_cancellation_slot(slot, [state, id](const std::exception_ptr& failure) {
                   expect_clean_end(failure);
                   state->running.erase(id);
                   state->changed.notify();
                 }));
}

void TaskGroup::stop() {
  state_->stopped = true;
  // Emitting may end a task at once and change the map, so walk it by id.
  for (std::uint64_t id = 0;;) {
    const auto next = state_->running.upper_bound(id);
    if (next == state_->running.end()) break;
    id = next->first;
    next->second->emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> TaskGroup::join() {
  const std::shared_ptr<State> state = state_;
  while (!state->running.empty()) co_await state->changed.wait();
}

std::size_t TaskGroup::size() const { return state_->running.size(); }

}  // namespace base
