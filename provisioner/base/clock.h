#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace boost::asio {
class io_context;
}

/// Time as an input. `TimePoint` is wall-clock time (UTC, nanoseconds since 1970); timers run on the loop's thread.
/// RealClock follows the machine. VirtualClock stands still while anything is ready to run and then jumps to the next
/// timer; timers fire by (time, sequence). It is used with the memory transport only: a socket's progress is invisible
/// to it.
namespace base {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::sys_time<Duration>;
using TimerId = std::uint64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  /// Calls `action` once, at `when` or as soon as the loop can. Never runs it inside the call itself.
  virtual TimerId at(TimePoint when, std::function<void()> action) = 0;
  /// Forgets a timer; one that has fired or is unknown is ignored.
  virtual void cancel(TimerId id) = 0;

  TimerId after(Duration delay, std::function<void()> action) { return at(now() + delay, std::move(action)); }
};

/// One coroutine waits until another part notifies. A notification with no waiter is kept for the next wait.
class Signal {
 public:
  explicit Signal(boost::asio::any_io_executor executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  boost::asio::awaitable<void> wait();
  void notify();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Ends early only by cancellation of the calling task (which unwinds it).
boost::asio::awaitable<void> sleep_for(Clock& clock, Duration delay);

class RealClock final : public Clock {
 public:
  explicit RealClock(boost::asio::io_context& io);
  ~RealClock() override;
  TimePoint now() const override;
  TimerId at(TimePoint when, std::function<void()> action) override;
  void cancel(TimerId id) override;

 private:
  struct Timers;
  std::shared_ptr<Timers> timers_;
};

class VirtualClock final : public Clock {
 public:
  /// Starts at 2017-11-28T07:46:32Z unless told otherwise.
  explicit VirtualClock(boost::asio::io_context& io, TimePoint start = TimePoint(std::chrono::seconds(1511855192)));
  TimePoint now() const override { return now_; }
  TimerId at(TimePoint when, std::function<void()> action) override;
  void cancel(TimerId id) override;

  /// Runs ready work and jumps from timer to timer until `done` holds (true), or until neither work nor a timer is left
  /// or `limit` of virtual time has passed (false).
  bool run_until(const std::function<bool()>& done, Duration limit);
  /// Runs everything due within `span`; afterwards exactly `span` has passed.
  void advance(Duration span);
  /// Runs what is ready now, without moving time.
  void run_ready();
  bool has_timers() const { return !timers_.empty(); }

 private:
  bool fire_next(TimePoint limit);

  boost::asio::io_context& io_;
  TimePoint now_;
  TimerId last_id_ = 0;
  std::map<std::pair<TimePoint, TimerId>, std::function<void()>> timers_;
  std::map<TimerId, TimePoint> when_;
};

/// "2017-11-28T07:46:32Z". Fractions are cut off.
std::string to_rfc3339(TimePoint time);
/// "2017-11-28T07:46:32.123456Z", always six digits (Kubernetes MicroTime).
std::string to_rfc3339_micro(TimePoint time);
/// Go's notation: "0s", "234.586055ms", "1m2.5s", "1h0m0s".
std::string to_go_duration(Duration duration);
/// Go's notation back: "0", "300ms", "-1.5h", "2m30s". Nothing when malformed or too large.
std::optional<Duration> parse_go_duration(std::string_view text);

}  // namespace base
