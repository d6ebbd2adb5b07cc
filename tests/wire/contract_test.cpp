#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/http/memory.h"
#include "provisioner/base/task_group.h"
#include "tests/wire/wire_lab.h"

// The same cases over memory, clear sockets and TLS: a program cannot tell which one carries its calls.
namespace base::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

enum class Carrier { memory, clear, tls };
std::string name_of(Carrier carrier) {
  return carrier == Carrier::memory ? "memory" : carrier == Carrier::clear ? "clear" : "tls";
}

/// Echoes what was sent, turns it into a stream, an upgrade, or a spoilt delivery, by path.
struct Site {
  int calls = 0;
  std::shared_ptr<Pipe> stream;
  bool reader_gone = false;
  std::shared_ptr<Deferred> owed;
  std::shared_ptr<Pipe> upgraded_in;
  std::shared_ptr<Pipe> upgraded_out;

  Response handle(const Request& request) {
    ++calls;
    Response response;
    response.headers.set("X-Method", request.method);
    const std::string path(request.path());
    if (path == "/echo") {
      response.headers.set("X-Query", std::string(request.query()));
      response.headers.set("X-Header", request.headers.get("x-some"));
      response.body = request.body;
    } else if (path == "/status") {
      response.status = 409;
      response.body = "no";
    } else if (path == "/empty") {
      response.status = 204;
    } else if (path == "/peer") {
      response.body = request.peer.local_address + (request.peer.tls ? " tls" : " clear");
      if (request.peer.certificate)
        response.body +=
            " " + request.peer.certificate->common_name + " " + join(request.peer.certificate->organizations, "+");
    } else if (path == "/stream" || path == "/finished" || path == "/broken") {
      stream = response.outgoing = std::make_shared<Pipe>();
      stream->on_reader_gone([this] { reader_gone = true; });
      response.body = "head ";
      stream->write("one ");
      if (path == "/finished") stream->write("two"), stream->close();
      if (path == "/broken") stream->fail();
    } else if (path == "/upgrade") {
      response.status = 101;
      response.headers.set("Upgrade", "raw");
      upgraded_out = response.outgoing = std::make_shared<Pipe>();
      upgraded_in = response.incoming = std::make_shared<Pipe>();
      upgraded_out->write("hello");
    } else if (path == "/delay") {
      response.delivery.delay = milliseconds(30);
    } else if (path == "/later") {
      owed = response.later = std::make_shared<Deferred>();
    } else if (path == "/refuse") {
      response.delivery.fate = Delivery::Fate::refuse;
    } else if (path == "/drop") {
      response.delivery.fate = Delivery::Fate::drop_reply;
    } else if (path == "/cut") {
      response.body = std::string(1000, 'x');
      response.delivery.fate = Delivery::Fate::cut_reply;
      response.delivery.cut_after = 10;
    } else if (path == "/hang") {
      response.delivery.fate = Delivery::Fate::hang;
    } else {
      response.status = 404;
    }
    return response;
  }
  static std::string join(const std::vector<std::string>& parts, const std::string& by) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : by) + part;
    return out;
  }
};

boost::asio::awaitable<void> call(Transport& transport, Endpoint to, Request request, CallOptions options,
                                  std::optional<Result<Response>>& out) {
  out = co_await transport.send(to, request, options);
}

boost::asio::awaitable<void> read_into(std::shared_ptr<Pipe> pipe, std::string& out, bool& ended) {
  while (const Chunk chunk = co_await pipe->read()) out += *chunk;
  ended = true;
}

class Contract : public testing::TestWithParam<Carrier> {
 protected:
  boost::asio::io_context io;
  VirtualClock virtual_clock{io};
  RealClock real_clock{io};
  Site site;
  Handler handler = [this](const Request& request) { return site.handle(request); };
  std::unique_ptr<Server> server;
  std::unique_ptr<Transport> transport;
  TaskGroup tasks{io.get_executor()};
  Endpoint to;

  bool in_memory() const { return GetParam() == Carrier::memory; }

  void SetUp() override {
    to.host = "127.0.0.1";
    to.tls = GetParam() == Carrier::tls;
    if (in_memory()) {
      transport = std::make_unique<MemoryTransport>(
          virtual_clock, [this](const std::string&, std::uint16_t port) { return port == 1 ? nullptr : &handler; });
      return;
    }
    ServerOptions options;
    if (to.tls) {
      const wire_lab::Identities& ids = wire_lab::identities();
      options.tls = ServerTls{ids.server, ids.authority.certificate_pem};
      to.ca_pem = ids.authority.certificate_pem;
      to.client_cert_pem = ids.client.certificate_pem;
      to.client_key_pem = ids.client.key_pem;
    }
    auto started = Server::start(io, real_clock, options, handler);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    to.port = server->port();
    transport = std::make_unique<WireTransport>(io, real_clock);
  }

  void TearDown() override {
    tasks.stop();
    transport.reset();
    if (server) server->stop();
    // Everything must come to an end by itself: a loop that still has work here is a leak.
    until([this] { return tasks.size() == 0; });
    io.restart();
    if (!in_memory()) io.run_for(seconds(5));
    EXPECT_TRUE(in_memory() || io.stopped());
  }

  /// Runs the loop until `done`, at most ten seconds.
  bool until(const std::function<bool()>& done) {
    if (in_memory()) return virtual_clock.run_until(done, seconds(10));
    const auto end = std::chrono::steady_clock::now() + seconds(10);
    io.restart();
    while (!done()) {
      if (std::chrono::steady_clock::now() > end || io.run_one_for(seconds(1)) == 0) return false;
    }
    return true;
  }

  Result<Response> send(const std::string& method, const std::string& target, std::string body = "",
                        CallOptions options = {}) {
    std::optional<Result<Response>> out;
    Request request;
    request.method = method;
    request.target = target;
    request.headers.set("X-Some", "thing");
    request.body = std::move(body);
    tasks.spawn(call(*transport, to, request, options, out));
    EXPECT_TRUE(until([&] { return out.has_value(); }));
    return *out;
  }
};

class OnSockets : public Contract {};  // what only connections have

TEST_P(Contract, CarriesMethodTargetHeadersAndBodyBothWays) {
  const std::string big(3 * 1024 * 1024, 'b');
  for (const std::string& body : {std::string(), std::string("x"), std::string("a\0b", 3), big}) {
    const auto answer = send("POST", "/echo?a=%2F&b", body);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->headers.get("x-method"), "POST");
    EXPECT_EQ(answer->headers.get("X-QUERY"), "a=%2F&b");
    EXPECT_EQ(answer->headers.get("X-Header"), "thing");
    EXPECT_TRUE(answer->body == body);
  }
}

TEST_P(Contract, StatusAndEmptyAnswersArrive) {
  EXPECT_EQ(send("GET", "/status")->status, 409);
  EXPECT_EQ(send("GET", "/status")->body, "no");
  EXPECT_EQ(send("DELETE", "/empty")->status, 204);
  EXPECT_EQ(send("GET", "/nowhere")->status, 404);
}

TEST_P(Contract, TellsTheHandlerWhereTheRequestCameIn) {
  const std::string expected = GetParam() == Carrier::tls ? "127.0.0.1 tls alice devs+ops" : "127.0.0.1 clear";
  EXPECT_EQ(send("GET", "/peer")->body, expected);
}

TEST_P(Contract, CollectsAStreamThatEnds) { EXPECT_EQ(send("GET", "/finished")->body, "head one two"); }

TEST_P(Contract, StreamsChunksAsTheyComeAndTellsWhenTheReaderGoes) {
  CallOptions options;
  options.stream = true;
  const auto answer = send("GET", "/stream", "", options);
  ASSERT_TRUE(answer) << answer.error().message;
  const std::shared_ptr<Pipe> pipe = answer->outgoing;
  ASSERT_TRUE(pipe);
  std::string got = answer->body;
  bool ended = false;
  tasks.spawn(read_into(pipe, got, ended));
  ASSERT_TRUE(until([&] { return got == "head one "; })) << got;
  site.stream->write("now ");
  ASSERT_TRUE(until([&] { return got == "head one now "; })) << got;
  pipe->abandon();
  EXPECT_TRUE(until([&] { return site.reader_gone; }));
  EXPECT_FALSE(site.stream->write("late"));
}

TEST_P(Contract, ABrokenStreamIsNotMistakenForACompleteOne) {
  const auto answer = send("GET", "/broken");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unknown_outcome);
}

TEST_P(Contract, AnUpgradeIsRawBytesBothWays) {
  const auto answer = send("GET", "/upgrade");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 101);
  EXPECT_EQ(answer->headers.get("Upgrade"), "raw");
  std::string from_server;
  std::string from_client;
  bool server_ended = false;
  bool client_ended = false;
  tasks.spawn(read_into(answer->outgoing, from_server, server_ended));
  tasks.spawn(read_into(site.upgraded_in, from_client, client_ended));
  answer->incoming->write(std::string("\0raw\xff", 5));
  site.upgraded_out->write(" there");
  EXPECT_TRUE(until([&] { return from_server == "hello there" && from_client.size() == 5; }));
  answer->incoming->close();
  EXPECT_TRUE(until([&] { return client_ended; }));
  site.upgraded_out->write(" bye");  // the other half still works
  site.upgraded_out->close();
  EXPECT_TRUE(until([&] { return server_ended; }));
  EXPECT_EQ(from_server, "hello there bye");
  EXPECT_FALSE(answer->outgoing->failed());
}

TEST_P(Contract, DeliveryIsObeyed) {
  struct Row {
    const char* path;
    std::optional<ErrorKind> error;
  };
  for (const Row& row : {Row{"/delay", std::nullopt}, Row{"/drop", ErrorKind::unknown_outcome},
                         Row{"/cut", ErrorKind::unknown_outcome}, Row{"/hang", ErrorKind::unknown_outcome}}) {
    SCOPED_TRACE(row.path);
    site.calls = 0;
    CallOptions options;
    options.timeout = milliseconds(row.error ? 100 : 5000);
    ASSERT_TRUE(send("POST", "/echo"));  // so that the next one finds a kept connection
    const auto answer = send("POST", row.path, "x", options);
    ASSERT_EQ(answer.ok(), !row.error) << (answer ? "" : answer.error().message);
    if (row.error) {
      EXPECT_EQ(answer.error().kind, *row.error);
    }
    EXPECT_EQ(site.calls, 2) << "a call that may have run is never repeated";
  }
}

TEST_P(Contract, AnAnswerMayComeLater) {
  std::optional<Result<Response>> out;
  Request request;
  request.target = "/later";
  tasks.spawn(call(*transport, to, request, {}, out));
  ASSERT_TRUE(until([&] { return site.owed != nullptr; }));
  EXPECT_FALSE(out);
  site.owed->before_delivery([](Response& response) { response.body += "!"; });
  Response late;
  late.body = "at last";
  site.owed->set(late);
  ASSERT_TRUE(until([&] { return out.has_value(); }));
  EXPECT_EQ((*out)->body, "at last!");
}

TEST_P(Contract, RefusedOnPurpose) {
  const auto answer = send("POST", "/refuse");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, in_memory() ? ErrorKind::unavailable : ErrorKind::unknown_outcome);
}

TEST_P(Contract, NobodyThereMeansNothingWasSent) {
  if (!in_memory()) {  // a port that was free a moment ago
    auto other = Server::start(io, real_clock, {}, handler);
    ASSERT_TRUE(other);
    to.port = (*other)->port();
    (*other)->stop();
  } else {
    to.port = 1;
  }
  const auto answer = send("POST", "/echo");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("refused"));
  EXPECT_EQ(site.calls, 0);
}

TEST_P(Contract, AHeadAnswerHasNoBody) {
  const auto answer = send("HEAD", "/status");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "");
  if (!in_memory()) {
    EXPECT_EQ(answer->headers.get("Content-Length"), "2");
  }
  EXPECT_EQ(send("GET", "/status")->body, "no") << "and the connection is still in step";
}

TEST_P(OnSockets, ManyCallsShareOneConnection) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(send("GET", "/echo"));
  EXPECT_EQ(server->connections(), 1U);
}

TEST_P(OnSockets, AConnectionClosedWhileIdleIsReplaced) {
  ASSERT_TRUE(send("GET", "/echo"));
  const std::uint16_t port = server->port();
  server->stop();
  ASSERT_TRUE(until([&] { return server->connections() == 0; }));
  ServerOptions options;
  options.listen.port = port;
  if (to.tls) options.tls = ServerTls{wire_lab::identities().server, ""};
  auto again = Server::start(io, real_clock, options, handler);
  ASSERT_TRUE(again) << again.error().message;
  server = std::move(*again);
  const auto answer = send("POST", "/echo", "once");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(site.calls, 2);
}

TEST_P(OnSockets, StoppingTheServerEndsOpenStreamsCleanly) {
  CallOptions options;
  options.stream = true;
  const auto answer = send("GET", "/stream", "", options);
  ASSERT_TRUE(answer);
  std::string got;
  bool ended = false;
  tasks.spawn(read_into(answer->outgoing, got, ended));
  ASSERT_TRUE(until([&] { return !got.empty(); }));
  server->stop();
  EXPECT_TRUE(until([&] { return ended && server->connections() == 0; }));
  EXPECT_FALSE(answer->outgoing->failed());
  EXPECT_TRUE(site.reader_gone);
}

const auto name_of_row = [](const testing::TestParamInfo<Carrier>& row) { return name_of(row.param); };
INSTANTIATE_TEST_SUITE_P(Carriers, Contract, testing::Values(Carrier::memory, Carrier::clear, Carrier::tls),
                         name_of_row);
INSTANTIATE_TEST_SUITE_P(Carriers, OnSockets, testing::Values(Carrier::clear, Carrier::tls), name_of_row);

}  // namespace
}  // namespace base::http
