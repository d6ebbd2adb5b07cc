#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/wire/wire_lab.h"

// What a badly behaved or merely old client sees, byte for byte.
namespace wire_lab {
namespace {

using base::Pipe;
using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

http::Response echo(const http::Request& request) {
  http::Response response;
  response.body = request.method + " " + request.target + " [" + request.body + "]";
  if (request.path() == "/stream") {
    response.outgoing = std::make_shared<Pipe>();
    response.outgoing->write("more");
    response.outgoing->close();
  }
  return response;
}

http::ServerOptions strict() {
  http::ServerOptions options;
  options.limits.header_bytes = 2000;
  options.limits.body_bytes = 1000;
  options.limits.header_timeout = milliseconds(80);
  options.limits.body_timeout = milliseconds(80);
  options.limits.idle_timeout = milliseconds(160);
  return options;
}

struct Case {
  const char* name;
  std::string sent;
  std::vector<std::string> expected;  // in this order
  const char* absent = nullptr;
};

std::vector<Case> cases() {
  const std::string host = "Host: x\r\n";
  return {
      {"KeepAliveAndPipelining",
       "GET /a HTTP/1.1\r\n" + host + "\r\nGET /b HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n",
       {"200 OK", "GET /a []", "200 OK", "Connection: close", "GET /b []"}},
      {"ChunkedRequest",
       "POST /c HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: "
           "t\r\n\r\n",
       {"200 OK", "[abcdefg]"}},
      {"ExpectContinue",
       "POST /e HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n",
       {"413 Payload Too Large", "Connection: close"},
       "100 Continue"},
      {"UnknownExpectation",
       "POST /e HTTP/1.1\r\n" + host + "Expect: magic\r\nContent-Length: 1\r\n\r\n",
       {"HTTP/1.1 417"}},
      {"AnnouncedTooLong", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1001\r\n\r\n", {"HTTP/1.1 413"}},
      {"ChunksTooLong",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') +
           "\r\n0\r\n\r\n",
       {"HTTP/1.1 413"}},
      {"HeaderTooLong", "GET / HTTP/1.1\r\n" + host + "X: " + std::string(3000, 'y') + "\r\n\r\n", {"HTTP/1.1 431"}},
      {"Garbage", "\x16\x03\x01 what is this\r\n\r\n", {"HTTP/1.1 400 Bad Request"}},
      {"NoHost", "GET / HTTP/1.1\r\n\r\n", {"HTTP/1.1 400", "missing required Host header"}},
      {"TwoLengths",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
       {"HTTP/1.1 400"}},
      {"LengthAndChunked",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {"HTTP/1.1 400"}},
      {"OtherCoding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", {"HTTP/1.1 501"}},
      {"OldClient", "GET /old HTTP/1.0\r\n\r\n", {"200 OK", "Content-Length: 11", "Connection: close", "GET /old []"}},
      {"OldClientGetsAStreamUntilTheEnd",
       "GET /stream HTTP/1.0\r\n\r\n",
       {"200 OK", "Connection: close", "GET /stream []more"},
       "chunked"},
      {"StreamIsChunked",
       "GET /stream HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n",
       {"Transfer-Encoding: chunked", "\r\n\r\ne\r\nGET /stream []\r\n", "4\r\nmore\r\n0\r\n\r\n"}},
      {"AbsoluteForm", "GET http://x/y?z HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", {"GET /y?z []"}},
      {"SlowHead", "GET / HTT", {"HTTP/1.1 408", "the head did not arrive in time"}},
      {"SlowBody",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 10\r\n\r\nabc",
       {"HTTP/1.1 408", "the body did not arrive in time"}},
      {"Silence", "", {}, "HTTP"},
      {"IdleAfterARequest", "GET / HTTP/1.1\r\n" + host + "\r\n", {"200 OK"}, "408"},
  };
}

TEST(RawClient, EveryCaseIsAnsweredAndTheConnectionEnds) {
  ServerThread server(strict(), echo);
  std::deque<RawClient> clients;  // at once: the waits overlap, and one client's trouble is not another's
  for (const Case& row : cases()) clients.emplace_back(server.port()).send(row.sent);
  std::size_t index = 0;
  for (const Case& row : cases()) {
    SCOPED_TRACE(row.name);
    bool closed = false;
    const std::string answer = clients[index++].read_all(closed);
    EXPECT_TRUE(closed);
    std::size_t at = 0;
    for (const std::string& expected : row.expected) {
      const std::size_t found = answer.find(expected, at);
      ASSERT_NE(found, std::string::npos) << expected << " is missing in " << answer;
      at = found + expected.size();
    }
    if (row.absent) {
      EXPECT_THAT(answer, Not(HasSubstr(row.absent)));
    }
  }
}

TEST(RawClient, IsToldToContinueBeforeItSendsTheBody) {
  ServerThread server({}, echo);
  RawClient client(server.port());
  client.send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.read_until("[abc]"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(RawClient, AClientThatDoesNotReadItsStreamIsCutOff) {
  std::atomic<bool> gone = false;
  ServerThread server(strict(), [&gone](const http::Request&) {
    http::Response response;
    response.outgoing = std::make_shared<Pipe>();
    response.outgoing->on_reader_gone([&gone] { gone = true; });
    const auto piece = std::make_shared<const std::string>(1024 * 1024, 'z');
    for (int i = 0; i < 64; ++i) response.outgoing->write(piece);
    return response;
  });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 100 && !gone; ++i) {  // each probe waits until the server has ended it for idleness
    bool closed = false;
    RawClient(server.port()).read_all(closed);
    ASSERT_TRUE(closed);
  }
  EXPECT_TRUE(gone);
}

TEST(RawClient, AThousandIdleConnectionsDoNotDisturbOne) {
  http::ServerOptions options;
  ServerThread server(options, echo);
  std::deque<RawClient> idle;
  for (int i = 0; i < 1000; ++i) idle.emplace_back(server.port());
  RawClient client(server.port());
  client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("[]"), HasSubstr("200 OK"));
  EXPECT_EQ(server.connections(), 1001U);
}

}  // namespace
}  // namespace wire_lab
