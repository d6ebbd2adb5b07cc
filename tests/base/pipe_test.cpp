#include "provisioner/base/http/pipe.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "provisioner/base/clock.h"
#include "provisioner/base/task_group.h"

namespace base {
namespace {

boost::asio::awaitable<void> read_all(std::shared_ptr<Pipe> pipe, std::string& text, bool& ended) {
  while (const Chunk chunk = co_await pipe->read()) text += *chunk;
  ended = true;
}

TEST(Pipe, GivesChunksInOrderThenTheEnd) {
  boost::asio::io_context io;
  VirtualClock clock(io);
  TaskGroup tasks(io.get_executor());
  const auto pipe = std::make_shared<Pipe>();
  std::string text;
  bool ended = false;
  tasks.spawn(read_all(pipe, text, ended));
  clock.run_ready();
  EXPECT_TRUE(pipe->write("ab"));
  clock.run_ready();
  EXPECT_EQ(text, "ab");
  EXPECT_TRUE(pipe->write("c"));
  pipe->close();
  EXPECT_FALSE(pipe->write("dropped"));
  clock.run_ready();
  EXPECT_EQ(text, "abc");
  EXPECT_TRUE(ended);
  EXPECT_FALSE(pipe->failed());
}

TEST(Pipe, ReaderThatGoesIsReportedOnceAndWritesFail) {
  Pipe pipe;
  int gone = 0;
  pipe.on_reader_gone([&] { ++gone; });
  EXPECT_TRUE(pipe.write("x"));
  pipe.abandon();
  pipe.abandon();
  EXPECT_EQ(gone, 1);
  EXPECT_FALSE(pipe.write("y"));
  EXPECT_EQ(pipe.queued_bytes(), 0U);
}

TEST(Pipe, FailureDropsWhatIsQueued) {
  Pipe pipe;
  EXPECT_TRUE(pipe.write("x"));
  pipe.fail();
  EXPECT_TRUE(pipe.at_end());
  EXPECT_TRUE(pipe.failed());
}

}  // namespace
}  // namespace base
