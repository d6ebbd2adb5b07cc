#include "provisioner/base/clock.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "provisioner/base/task_group.h"

namespace base {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

boost::asio::awaitable<void> note_after(VirtualClock& clock, Duration delay, int id, std::vector<int>& order) {
  co_await sleep_for(clock, delay);
  order.push_back(id);
}

TEST(VirtualClock, FiresByTimeThenSequence) {
  boost::asio::io_context io;
  VirtualClock clock(io);
  std::vector<int> order;
  clock.after(seconds(2), [&] { order.push_back(3); });
  clock.after(seconds(1), [&] { order.push_back(1); });
  clock.after(seconds(1), [&] { order.push_back(2); });
  clock.advance(seconds(2));
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(VirtualClock, AnHourOfSleepPassesAndRunUntilSaysWhenNothingIsLeft) {
  boost::asio::io_context io;
  VirtualClock clock(io);
  TaskGroup tasks(io.get_executor());
  std::vector<int> order;
  const TimePoint start = clock.now();
  tasks.spawn(note_after(clock, hours(1), 1, order));
  EXPECT_TRUE(clock.run_until([&] { return !order.empty(); }, hours(2)));
  EXPECT_EQ(clock.now() - start, hours(1));
  EXPECT_FALSE(clock.run_until([] { return false; }, hours(2)));
  EXPECT_EQ(tasks.size(), 0U);
}

TEST(VirtualClock, ACancelledTimerNeverFires) {
  boost::asio::io_context io;
  VirtualClock clock(io);
  bool fired = false;
  clock.cancel(clock.after(seconds(1), [&] { fired = true; }));
  clock.advance(seconds(5));
  EXPECT_FALSE(fired);
}

TEST(TaskGroup, StopUnwindsSleepersAndTakesTheirTimersBack) {
  boost::asio::io_context io;
  VirtualClock clock(io);
  TaskGroup tasks(io.get_executor());
  std::vector<int> order;
  tasks.spawn(note_after(clock, seconds(1), 1, order));
  clock.run_ready();
  ASSERT_EQ(tasks.size(), 1U);
  tasks.stop();
  clock.run_ready();
  EXPECT_EQ(tasks.size(), 0U);
  EXPECT_FALSE(clock.has_timers());
  tasks.spawn(note_after(clock, seconds(1), 2, order));
  clock.advance(seconds(3));
  EXPECT_TRUE(order.empty());
}

TEST(RealClock, RunsTimersOnTheLoop) {
  boost::asio::io_context io;
  RealClock clock(io);
  int fired = 0;
  clock.after(milliseconds(1), [&] { ++fired; });
  clock.cancel(clock.after(milliseconds(1), [&] { fired += 10; }));
  io.run();
  EXPECT_EQ(fired, 1);
}

TEST(Text, TimesAndGoDurations) {
  EXPECT_EQ(to_rfc3339(TimePoint(seconds(1511855192))), "2017-11-28T07:46:32Z");
  EXPECT_EQ(to_rfc3339_micro(TimePoint(seconds(1511855192) + milliseconds(5))), "2017-11-28T07:46:32.005000Z");
  EXPECT_EQ(to_go_duration(Duration(0)), "0s");
  EXPECT_EQ(to_go_duration(Duration(234586055)), "234.586055ms");
  EXPECT_EQ(to_go_duration(Duration(209772)), "209.772\u00b5s");
  EXPECT_EQ(to_go_duration(milliseconds(62500)), "1m2.5s");
  EXPECT_EQ(to_go_duration(hours(1)), "1h0m0s");
}

}  // namespace
}  // namespace base
