#include "provisioner/base/clock.h"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace base {

namespace asio = boost::asio;

struct Signal::State {
  explicit State(const asio::any_io_executor& executor) : timer(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer timer;
  bool notified = false;
};

Signal::Signal(asio::any_io_executor executor) : state_(std::make_shared<State>(executor)) {}
Signal::~Signal() { state_->timer.cancel(); }

asio::awaitable<void> Signal::wait() {
  const std::shared_ptr<State> state = state_;
  while (!state->notified) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await state->timer.async_wait(token);
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);  // asio's own way to unwind a cancelled task
    }
    if (state.use_count() == 1) break;  // the Signal itself is gone
  }
  state->notified = false;
}

void Signal::notify() {
  state_->notified = true;
  state_->timer.cancel();
}

namespace {

/// Takes its timer back when the sleeping task is cancelled.
struct PendingTimer {
  Clock& clock;
  TimerId id;
  PendingTimer(Clock& c, TimerId i) : clock(c), id(i) {}
  PendingTimer(const PendingTimer&) = delete;
  PendingTimer& operator=(const PendingTimer&) = delete;
  ~PendingTimer() { clock.cancel(id); }
};

}  // namespace

asio::awaitable<void> sleep_for(Clock& clock, Duration delay) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Signal signal(executor);
  Signal* wake = &signal;
  const PendingTimer pending(clock, clock.after(delay, [wake] { wake->notify(); }));
  co_await signal.wait();
}

struct RealClock::Timers {
  explicit Timers(asio::io_context& context) : io(context) {}
  asio::io_context& io;
  TimerId last_id = 0;
  std::map<TimerId, std::unique_ptr<asio::steady_timer>> pending;
};

RealClock::RealClock(asio::io_context& io) : timers_(std::make_shared<Timers>(io)) {}
RealClock::~RealClock() { timers_->pending.clear(); }

TimePoint RealClock::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

TimerId RealClock::at(TimePoint when, std::function<void()> action) {
  const TimerId id = ++timers_->last_id;
  auto timer = std::make_unique<asio::steady_timer>(timers_->io);
  timer->expires_after(when - now());
  const std::weak_ptr<Timers> weak = timers_;
  timer->async_wait([weak, id, run = std::move(action)](const boost::system::error_code& error) {
    const std::shared_ptr<Timers> timers = weak.lock();
    if (error || !timers || timers->pending.erase(id) == 0) return;
    run();
  });
  timers_->pending.emplace(id, std::move(timer));
  return id;
}

void RealClock::cancel(TimerId id) { timers_->pending.erase(id); }

VirtualClock::VirtualClock(asio::io_context& io, TimePoint start) : io_(io), now_(start) {}

TimerId VirtualClock::at(TimePoint when, std::function<void()> action) {
  const TimerId id = ++last_id_;
  const TimePoint due = std::max(when, now_);
  timers_.emplace(std::pair(due, id), std::move(action));
  when_.emplace(id, due);
  return id;
}

void VirtualClock::cancel(TimerId id) {
  const auto found = when_.find(id);
  if (found == when_.end()) return;
  timers_.erase(std::pair(found->second, id));
  when_.erase(found);
}

void VirtualClock::run_ready() {
  io_.restart();
  io_.poll();
}

bool VirtualClock::fire_next(TimePoint limit) {
  if (timers_.empty()) return false;
  const auto first = timers_.begin();
  if (first->first.first > limit) return false;
  now_ = first->first.first;
  const std::function<void()> action = std::move(first->second);
  when_.erase(first->first.second);
  timers_.erase(first);
  action();
  return true;
}

bool VirtualClock::run_until(const std::function<bool()>& done, Duration limit) {
  const TimePoint end = now_ + limit;
  run_ready();
  while (!done()) {
    if (!fire_next(end)) return false;
    run_ready();
  }
  return true;
}

void VirtualClock::advance(Duration span) {
  const TimePoint end = now_ + span;
  run_ready();
  while (fire_next(end)) run_ready();
  now_ = end;
}

namespace {

std::tm calendar(TimePoint time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

std::string date_and_time(TimePoint time) {
  const std::tm parts = calendar(time);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return {text.data(), length};
}

/// `value` / `unit` with up to `digits` decimals, trailing zeros removed.
std::string decimal(std::int64_t value, std::int64_t unit, int digits) {
  std::string text = std::to_string(value / unit);
  std::string fraction = std::to_string(value % unit);
  fraction.insert(0, static_cast<std::size_t>(digits) - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

}  // namespace

std::string to_rfc3339(TimePoint time) { return date_and_time(time) + "Z"; }

std::string to_rfc3339_micro(TimePoint time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
  const auto fraction = ((micros % 1'000'000) + 1'000'000) % 1'000'000;
  const std::string digits = std::to_string(fraction);
  return date_and_time(time) + "." + std::string(6 - digits.size(), '0') + digits + "Z";
}

std::string to_go_duration(Duration duration) {
  const std::int64_t total = duration.count();
  if (total == 0) return "0s";
  if (total < 0) return "-" + to_go_duration(-duration);
  if (total < 1'000) return std::to_string(total) + "ns";
  if (total < 1'000'000) return decimal(total, 1'000, 3) + "\u00b5s";
  if (total < 1'000'000'000) return decimal(total, 1'000'000, 6) + "ms";
  const std::int64_t minute = 60'000'000'000;
  const std::int64_t minutes = total / minute;
  std::string out;
  if (minutes >= 60) out += std::to_string(minutes / 60) + "h";
  if (minutes > 0) out += std::to_string(minutes % 60) + "m";
  return out + decimal(total % minute, 1'000'000'000, 9) + "s";
}

std::optional<Duration> parse_go_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  static constexpr std::array units{Unit{"ns", 1},  Unit{"us", 1e3}, Unit{"\u00b5s", 1e3}, Unit{"ms", 1e6},
                                    Unit{"s", 1e9}, Unit{"m", 60e9}, Unit{"h", 3600e9}};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Duration{0};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double value = 0;
    const char* const end = text.data() + digits;
    const auto parsed = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    if (digits == 0 || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789."), text.size());
    const auto* const unit = std::ranges::find(units, text.substr(0, letters), &Unit::name);
    if (unit == units.end()) return std::nullopt;
    text.remove_prefix(letters);
    total += value * unit->nanoseconds;
  }
  if (total > 9e18) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(std::llround(total));
  return Duration{negative ? -whole : whole};
}

}  // namespace base
