#include "provisioner/base/http/memory.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/task_group.h"

namespace base::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

boost::asio::awaitable<void> call(Transport& transport, Endpoint to, CallOptions options,
                                  std::optional<Result<Response>>& out) {
  Request request;
  request.target = "/x?y=1";
  out = co_await transport.send(to, request, options);
}

struct Lab {
  boost::asio::io_context io;
  VirtualClock clock{io};
  Handler handler;
  MemoryTransport transport{
      clock, [this](const std::string& host, std::uint16_t) { return host == "here" ? &handler : nullptr; }};

  Result<Response> get(const std::string& host, CallOptions options = {}) {
    TaskGroup tasks(io.get_executor());
    std::optional<Result<Response>> out;
    Endpoint to;
    to.host = host;
    tasks.spawn(call(transport, to, options, out));
    EXPECT_TRUE(clock.run_until([&] { return out.has_value(); }, std::chrono::hours(1)));
    clock.run_ready();
    return *out;
  }
};

TEST(MemoryTransport, DeliversTheAnswerAfterItsDelay) {
  Lab lab;
  lab.handler = [](const Request& request) {
    Response response;
    response.body = request.peer.local_address + std::string(request.path());
    response.delivery.delay = milliseconds(300);
    return response;
  };
  const TimePoint start = lab.clock.now();
  const auto answer = lab.get("here");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "here/x");
  EXPECT_EQ(lab.clock.now() - start, milliseconds(300));
}

TEST(MemoryTransport, AnAddressNobodyHasIsRefusedAtOnce) {
  Lab lab;
  const auto answer = lab.get("elsewhere");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
}

TEST(MemoryTransport, LostCutAndLateAnswersHaveAnUnknownOutcome) {
  for (const auto fate : {Delivery::Fate::drop_reply, Delivery::Fate::cut_reply, Delivery::Fate::hang}) {
    Lab lab;
    lab.handler = [fate](const Request&) {
      Response response;
      response.delivery.fate = fate;
      return response;
    };
    const TimePoint start = lab.clock.now();
    CallOptions options;
    options.timeout = seconds(5);
    const auto answer = lab.get("here", options);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::unknown_outcome);
    EXPECT_EQ(lab.clock.now() - start, fate == Delivery::Fate::hang ? seconds(5) : seconds(0));
  }
}

TEST(MemoryTransport, CollectsAStreamUnlessAskedNotTo) {
  Lab lab;
  lab.handler = [](const Request&) {
    Response response;
    response.outgoing = std::make_shared<Pipe>();
    response.outgoing->write("one ");
    response.outgoing->write("two");
    response.outgoing->close();
    return response;
  };
  EXPECT_EQ(lab.get("here")->body, "one two");
  CallOptions options;
  options.stream = true;
  const auto streamed = lab.get("here", options);
  ASSERT_TRUE(streamed->outgoing);
  EXPECT_EQ(*streamed->outgoing->try_read(), "one ");
}

TEST(MemoryTransport, WaitsForADeferredAnswerAsLongAsTheCallerWould) {
  for (const auto delay : {seconds(3), seconds(30)}) {
    Lab lab;
    lab.handler = [&lab, delay](const Request&) {
      Response response;
      response.later = std::make_shared<Deferred>();
      lab.clock.after(delay, [later = response.later] {
        Response done;
        done.status = 201;
        later->set(done);
      });
      return response;
    };
    CallOptions options;
    options.timeout = seconds(10);
    const auto answer = lab.get("here", options);
    ASSERT_EQ(answer.ok(), delay == seconds(3));
    if (answer) {
      EXPECT_EQ(answer->status, 201);
    } else {
      EXPECT_EQ(answer.error().kind, ErrorKind::unknown_outcome);
    }
    lab.clock.advance(seconds(60));  // an answer nobody waits for does no harm
  }
}

}  // namespace
}  // namespace base::http
