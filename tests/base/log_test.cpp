#include "provisioner/base/log.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace base {
namespace {

TEST(Logger, WritesTheTutorialsLine) {
  boost::asio::io_context io;
  const VirtualClock clock(io);
  std::string out;
  const Logger log(clock, [&](std::string_view line) { out += line; });
  log.info("Added a new backend.", {{"handler", "AddBackend"}, {"backend", "ontapnas_192.168.199.107"}});
  log.debug("not shown");
  log.warning("say \"hi\"\n", {{"count", 3}, {"took", Duration(1500000)}, {"empty", ""}});
  EXPECT_EQ(
      out,
      "time=\"2017-11-28T07:46:32Z\" level=info msg=\"Added a new backend.\" backend=\"ontapnas_192.168.199.107\" "
      "handler=AddBackend \n"
      "time=\"2017-11-28T07:46:32Z\" level=warning msg=\"say \\\"hi\\\"\\n\" count=3 empty= took=1.5ms \n");
}

}  // namespace
}  // namespace base
