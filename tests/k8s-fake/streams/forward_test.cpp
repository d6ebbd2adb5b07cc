#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "k8s-fake/streams/spdy.h"
#include "tests/k8s-fake/streams/stream_lab.h"

namespace k8s_fake::streams {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::string_literals;

struct ForwardLab : StreamLab {
  std::vector<std::shared_ptr<ForwardConnection>> connections;
  bool tunnelled = false;
  SpdyWriter writer;
  SpdyReader reader;

  void open(const base::http::Request& request) {
    answer = serve_forward(request, loop,
                           [this](std::shared_ptr<ForwardConnection> made) { connections.push_back(std::move(made)); });
    clock.run_ready();
  }
  void spdy_send(const std::string& bytes) {
    if (tunnelled) send_message(bytes);
    else send(bytes);
  }
  void stream(std::uint32_t id, const std::string& type, const std::string& port, const std::string& request_id) {
    SpdyHeaders headers{{"streamtype", type}, {"port", port}};
    if (!request_id.empty()) headers.emplace_back("requestid", request_id);
    spdy_send(writer.syn_stream(id, headers));
  }
  std::vector<std::string> frames() {
    std::string raw;
    if (tunnelled) {
      for (const std::string& message : messages()) raw += message;
    } else {
      raw = bytes();
    }
    reader.feed(raw);
    std::vector<std::string> out;
    while (const auto frame = reader.next()) {
      if (frame->type == SpdyType::data)
        out.push_back(std::to_string(frame->stream) + ":" + frame->data + (frame->fin ? "FIN" : ""));
      if (frame->type == SpdyType::rst_stream) out.push_back("reset " + std::to_string(frame->stream));
    }
    return out;
  }
};

TEST(ForwardSpdy, EachPairOfStreamsIsAConnection) {
  for (const bool tunnelled : {false, true}) {
    SCOPED_TRACE(tunnelled);
    ForwardLab lab;
    lab.tunnelled = tunnelled;
    if (tunnelled) lab.open(StreamLab::websocket("/portforward", "SPDY/3.1+portforward.k8s.io"));
    else lab.open(StreamLab::spdy("/portforward", {"portforward.k8s.io"}));
    ASSERT_EQ(lab.answer.status, 101);
    lab.stream(1, "error", "8000", "0");
    lab.stream(3, "data", "8000", "0");
    lab.stream(5, "error", "80", "1");
    lab.stream(7, "data", "80", "1");
    ASSERT_EQ(lab.connections.size(), 2U);
    EXPECT_EQ(lab.connections[0]->port, 8000);
    lab.spdy_send(SpdyWriter::data(3, "GET /", false));
    EXPECT_EQ(*lab.connections[0]->from_client->try_read(), "GET /");
    lab.spdy_send(SpdyWriter::data(3, "", true));
    EXPECT_TRUE(lab.connections[0]->from_client->at_end());
    lab.connections[0]->to_client->write("200 OK");
    lab.connections[0]->to_client->close();
    EXPECT_THAT(lab.frames(), ElementsAre("3:200 OK", "1:FIN", "3:FIN"));
    lab.connections[1]->fail("error forwarding port 80 to pod x, uid : exit status 1: connection refused");
    lab.connections[1]->fail("said once");
    EXPECT_THAT(
        lab.frames(),
        ElementsAre("5:error forwarding port 80 to pod x, uid : exit status 1: connection refused", "5:FIN", "7:FIN"));
    EXPECT_FALSE(lab.closed());
  }
}

TEST(ForwardSpdy, OldClientsSendNoRequestId) {
  ForwardLab lab;
  lab.open(StreamLab::spdy("/portforward", {"portforward.k8s.io"}));
  lab.stream(1, "error", "80", "");
  lab.stream(3, "data", "80", "");
  EXPECT_EQ(lab.connections.size(), 1U);
  lab.stream(5, "data", "no port", "");
  EXPECT_THAT(lab.frames(), ElementsAre("reset 5"));
}

TEST(ForwardSpdy, AClientThatGoesTakesItsConnectionsAlong) {
  for (const bool tunnelled : {false, true}) {
    ForwardLab lab;
    lab.tunnelled = tunnelled;
    if (tunnelled) lab.open(StreamLab::websocket("/portforward", "SPDY/3.1+portforward.k8s.io"));
    else lab.open(StreamLab::spdy("/portforward", {"portforward.k8s.io"}));
    lab.stream(1, "error", "80", "0");
    lab.stream(3, "data", "80", "0");
    lab.answer.incoming->fail();
    lab.clock.run_ready();
    EXPECT_TRUE(lab.connections[0]->from_client->at_end());
    EXPECT_FALSE(lab.connections[0]->to_client->write("late"));
    EXPECT_EQ(lab.tasks.size(), 0U);
  }
}

TEST(ForwardChannels, TwoChannelsForEachPort) {
  ForwardLab lab;
  lab.open(StreamLab::websocket("/portforward?ports=80&ports=443", "v4.channel.k8s.io"));
  ASSERT_EQ(lab.answer.status, 101);
  ASSERT_EQ(lab.connections.size(), 2U);
  EXPECT_THAT(lab.messages(), ElementsAre("\0\x50\0"s, "\1\x50\0"s, "\2\xbb\1"s, "\3\xbb\1"s));
  lab.send_message("\2hello"s);
  lab.send_message("\3ignored"s);
  lab.send_message("\x09nobody"s);
  EXPECT_EQ(*lab.connections[1]->from_client->try_read(), "hello");
  lab.connections[1]->to_client->write("world");
  lab.connections[0]->fail("refused");
  EXPECT_THAT(lab.messages(), testing::UnorderedElementsAre("\2world"s, "\1refused"s));
  lab.connections[1]->to_client->close();
  EXPECT_THAT(lab.messages(), ElementsAre("close 1000"));
}

TEST(Forward, WhatCannotBeServedIsRefusedInWords) {
  struct Row {
    base::http::Request request;
    int status;
    const char* says;
  };
  for (const Row& row :
       {Row{{}, 400, "Upgrade request required"},
        Row{StreamLab::websocket("/portforward", "v4.channel.k8s.io"), 400, "\\\"ports\\\" is required"},
        Row{StreamLab::websocket("/portforward?ports=80,x", "v4.channel.k8s.io"), 400, "invalid value x"},
        Row{StreamLab::websocket("/portforward?ports=80", "v9"), 400, "no common"},
        Row{StreamLab::spdy("/portforward", {}), 400, "is missing"},
        Row{StreamLab::spdy("/portforward", {"x"}), 403, "server accepts [portforward.k8s.io]"}}) {
    ForwardLab lab;
    lab.open(row.request);
    EXPECT_EQ(lab.answer.status, row.status);
    EXPECT_THAT(lab.answer.body, HasSubstr(row.says));
    EXPECT_THAT(lab.connections, IsEmpty());
  }
}

}  // namespace
}  // namespace k8s_fake::streams
