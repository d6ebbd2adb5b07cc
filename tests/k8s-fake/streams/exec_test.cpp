#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "k8s-fake/streams/spdy.h"
#include "provisioner/base/text.h"
#include "tests/k8s-fake/streams/stream_lab.h"

namespace k8s_fake::streams {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::string_literals;

const std::string kSuccess = R"({"metadata":{},"status":"Success"})";
const std::string kSeven =
    R"({"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 7","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}})";

struct ExecLab : StreamLab {
  std::shared_ptr<ExecSession> session;
  ExecRunner runner = [this](std::shared_ptr<ExecSession> started) { session = std::move(started); };

  void open(const base::http::Request& request) {
    answer = serve_exec(request, loop, runner);
    clock.advance(std::chrono::milliseconds(500));  // the start of a command with a terminal and no size
  }
};

TEST(ExecWebSocket, CarriesOutputErrorAndExitCode) {
  ExecLab lab;
  lab.open(StreamLab::websocket("/exec?command=x&stdout=1&stderr=true", "v5.channel.k8s.io, v4.channel.k8s.io"));
  ASSERT_EQ(lab.answer.status, 101);
  EXPECT_EQ(lab.answer.headers.get("Sec-WebSocket-Protocol"), "v5.channel.k8s.io");
  ASSERT_TRUE(lab.session);
  EXPECT_TRUE(lab.session->input->at_end());
  EXPECT_THAT(lab.messages(), ElementsAre("\1"));
  lab.session->output->write("out\n");
  lab.session->error->write("err\n");
  EXPECT_THAT(lab.messages(), ElementsAre("\1out\n", "\2err\n"));
  lab.session->output->write("last");
  lab.session->finish({.code = 7, .failure = {}});
  lab.session->finish({});
  EXPECT_THAT(lab.messages(), ElementsAre("\1last", "\3" + kSeven, "close 1000"));
  EXPECT_TRUE(lab.closed());
}

TEST(ExecWebSocket, EveryProtocolHasItsOwnWayToSayTheEnd) {
  struct Row {
    const char* offered;
    std::string first;
    std::string output;
    std::string failed;  // "" when the protocol has nothing to say
  };
  const std::string text = "command terminated with non-zero exit code: exit status 7";
  for (const Row& row :
       {Row{"v4.channel.k8s.io", "\1", "\1x", "\3" + kSeven}, Row{"v3.channel.k8s.io", "\1", "\1x", "\3" + text},
        Row{"channel.k8s.io", "\1", "\1x", "\3" + text}, Row{"", "\1", "\1x", "\3" + text},
        Row{"unknown, base64.channel.k8s.io", "1", "1eA==", "3" + base::base64_encode(text)},
        Row{"v4.base64.channel.k8s.io", "1", "1eA==", "3" + base::base64_encode(kSeven)}}) {
    SCOPED_TRACE(row.offered);
    ExecLab lab;
    lab.open(StreamLab::websocket("/exec?stdout=1", row.offered));
    ASSERT_EQ(lab.answer.status, 101);
    lab.session->output->write("x");
    EXPECT_THAT(lab.messages(), ElementsAre(row.first, row.output));
    lab.session->finish({.code = 7, .failure = {}});
    EXPECT_THAT(lab.messages(), ElementsAre(row.failed, "close 1000"));
  }
}

TEST(ExecWebSocket, InputEndsByMessageInVersionFiveOnly) {
  for (const int version : {4, 5}) {
    ExecLab lab;
    lab.open(StreamLab::websocket("/exec?stdin=1&stdout=1", "v" + std::to_string(version) + ".channel.k8s.io"));
    lab.send_message("\0"s);
    lab.send_message("\0abc"s);
    EXPECT_EQ(*lab.session->input->try_read(), "abc");
    lab.send_message("\xff\0"s);
    EXPECT_EQ(lab.session->input->at_end(), version == 5);
    lab.session->finish({.code = 0, .failure = "no such file"});
    const auto said = lab.messages();
    EXPECT_THAT(
        said,
        ElementsAre(
            "\1", HasSubstr(R"("reason":"InternalError","details":{"causes":[{"message":"no such file"}]},"code":500)"),
            "close 1000"));
  }
}

TEST(ExecWebSocket, ATerminalEchoesEditsAndResizes) {
  ExecLab lab;
  lab.open(StreamLab::websocket("/exec?stdin=1&stdout=1&stderr=1&tty=1", "v4.channel.k8s.io"));
  std::vector<int> widths;
  int interrupts = 0;
  lab.session->on_resize = [&](TerminalSize size) { widths.push_back(size.width * 1000 + size.height); };
  lab.session->on_interrupt = [&] { ++interrupts; };
  lab.messages();
  lab.send_message("\4{\"Width\":120,\"Hei"s);
  lab.send_message("\4ght\":40}\n{\"Width\":80,\"Height\":24}\n"s);
  EXPECT_THAT(widths, ElementsAre(120040, 80024));
  lab.send_message("\0lx\x7fs\r"s);
  EXPECT_EQ(*lab.session->input->try_read(), "ls\n");
  std::string echoed;
  for (const std::string& message : lab.messages()) echoed += message.substr(1);
  EXPECT_EQ(echoed, "lx\b \bs\r\n");
  lab.session->output->write("a\nb\r\n");
  lab.session->error->write("e\n");
  EXPECT_THAT(lab.messages(), ElementsAre("\1a\r\nb\r\n", "\1e\r\n"));
  lab.send_message("\0\3"s);
  EXPECT_EQ(interrupts, 1);
  lab.send_message("\0\4"s);
  EXPECT_TRUE(lab.session->input->at_end());
}

TEST(ExecWebSocket, ACommandStartsWhenItsClientIsReady) {
  struct Row {
    const char* target;
    bool sends;
    int after;  // ms
  };
  for (const Row& row : {Row{"/exec?stdout=1&tty=1", true, 2}, Row{"/exec?stdout=1&tty=1", false, 500},
                         Row{"/exec?stdout=1", false, 20}}) {
    SCOPED_TRACE(row.target);
    ExecLab lab;
    lab.answer = serve_exec(StreamLab::websocket(row.target, "v5.channel.k8s.io"), lab.loop, lab.runner);
    lab.clock.run_ready();
    EXPECT_FALSE(lab.session);
    EXPECT_THAT(lab.messages(), IsEmpty());
    if (row.sends) lab.send_message("\4{\"Width\":80,\"Height\":24}\n"s);
    lab.clock.advance(std::chrono::milliseconds(row.after));
    ASSERT_TRUE(lab.session);
    EXPECT_THAT(lab.messages(), ElementsAre("\1"));
  }
}

TEST(ExecWebSocket, AClientThatGoesBeforeTheStartIsNoticed) {
  ExecLab lab;
  bool gone = false;
  lab.answer = serve_exec(StreamLab::websocket("/exec?stdout=1&tty=1", "v5.channel.k8s.io"), lab.loop,
                          [&](std::shared_ptr<ExecSession> session) {
                            lab.session = std::move(session);
                            lab.session->on_gone = [&gone] { gone = true; };
                          });
  lab.answer.incoming->close();
  lab.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(gone);
}

TEST(ExecWebSocket, PingsAreAnsweredAndAClosingClientIsGone) {
  ExecLab lab;
  lab.open(StreamLab::websocket("/exec?stdout=1&stdin=1", "v4.channel.k8s.io"));
  bool gone = false;
  lab.session->on_gone = [&] { gone = true; };
  lab.messages();
  lab.send_message("beat", WsKind::ping);
  EXPECT_THAT(lab.messages(), ElementsAre("beat"));
  lab.send_message("\x03\xe8", WsKind::close);
  EXPECT_THAT(lab.messages(), ElementsAre("close 1000"));
  EXPECT_TRUE(gone);
  EXPECT_TRUE(lab.session->input->at_end());
  EXPECT_FALSE(lab.session->output->write("late"));
  lab.session->finish({});  // allowed, and says nothing
  EXPECT_THAT(lab.messages(), IsEmpty());
}

TEST(ExecWebSocket, BrokenFramesCloseWithTheirCode) {
  ExecLab lab;
  lab.open(StreamLab::websocket("/exec?stdout=1", "v4.channel.k8s.io"));
  lab.messages();
  lab.send("\x82\x01x"s);
  EXPECT_THAT(lab.messages(), ElementsAre("close 1002"));
  EXPECT_TRUE(lab.closed());
}

TEST(ExecWebSocket, ACommandWithMuchToSayWaitsForItsClient) {
  ExecLab lab;
  lab.open(StreamLab::websocket("/exec?stdout=1", "v4.channel.k8s.io"));
  const std::string much(4 << 20U, 'm');
  lab.session->output->write(much);
  lab.session->finish({});
  lab.clock.run_ready();
  EXPECT_LT(lab.answer.outgoing->queued_bytes(), 512U * 1024);
  std::size_t got = 0;
  std::string last;
  while (true) {
    const auto some = lab.messages();
    if (some.empty()) break;
    for (const std::string& message : some) got += message.size() > 1 && message[0] == 1 ? message.size() - 1 : 0;
    last = some.back();
  }
  EXPECT_EQ(got, much.size());
  EXPECT_EQ(last, "close 1000");
}

/// A client-go of old: one SPDY connection, one stream per channel.
struct SpdyClient {
  ExecLab& lab;
  SpdyWriter writer{};
  SpdyReader reader{};
  void open(std::uint32_t stream, const std::string& type) {
    lab.send(writer.syn_stream(stream, {{"streamtype", type}}));
  }
  /// "1:data", "3:FIN", "reply 1", "goaway".
  std::vector<std::string> frames() {
    reader.feed(lab.bytes());
    std::vector<std::string> out;
    while (const auto frame = reader.next()) {
      if (frame->type == SpdyType::data)
        out.push_back(std::to_string(frame->stream) + ":" + frame->data + (frame->fin ? "FIN" : ""));
      else if (frame->type == SpdyType::syn_reply) out.push_back("reply " + std::to_string(frame->stream));
      else if (frame->type == SpdyType::goaway) out.push_back("goaway");
      else if (frame->type == SpdyType::ping) out.push_back("ping " + std::to_string(frame->value));
      else if (frame->type == SpdyType::rst_stream) out.push_back("reset " + std::to_string(frame->stream));
    }
    EXPECT_EQ(reader.problem(), "");
    return out;
  }
};

TEST(ExecSpdy, CarriesAllStreamsAndTheStatus) {
  ExecLab lab;
  lab.open(StreamLab::spdy("/exec?stdin=1&stdout=1&stderr=1",
                           {"v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io"}));
  ASSERT_EQ(lab.answer.status, 101);
  EXPECT_EQ(lab.answer.headers.get("X-Stream-Protocol-Version"), "v4.channel.k8s.io");
  EXPECT_EQ(lab.answer.headers.get("Upgrade"), "SPDY/3.1");
  SpdyClient client{lab};
  client.open(1, "error");
  client.open(5, "stdout");
  client.open(3, "stdin");
  EXPECT_FALSE(lab.session);
  client.open(7, "stderr");
  ASSERT_TRUE(lab.session);
  EXPECT_THAT(client.frames(), ElementsAre("reply 1", "reply 5", "reply 3", "reply 7"));
  lab.send(SpdyWriter::data(3, "in", false) + SpdyWriter::data(3, "", true) + SpdyWriter::ping(9));
  EXPECT_EQ(*lab.session->input->try_read(), "in");
  EXPECT_TRUE(lab.session->input->at_end());
  lab.session->output->write("out");
  lab.session->error->write("err");
  EXPECT_THAT(client.frames(), ElementsAre("ping 9", "5:out", "7:err"));
  lab.session->finish({});
  EXPECT_THAT(client.frames(), ElementsAre("5:FIN", "7:FIN", "1:" + kSuccess, "1:FIN", "goaway"));
  EXPECT_TRUE(lab.closed());
}

TEST(ExecSpdy, WaitsThirtySecondsForItsStreamsAndNoLonger) {
  ExecLab lab;
  lab.open(StreamLab::spdy("/exec?stdin=1&stdout=1&tty=1", {"v4.channel.k8s.io"}));
  SpdyClient client{lab};
  client.open(1, "error");
  client.open(3, "stdin");
  client.open(5, "stdout");
  client.open(7, "nonsense");
  EXPECT_THAT(client.frames(), ElementsAre("reply 1", "reply 3", "reply 5", "reset 7"));
  lab.clock.advance(std::chrono::seconds(29));
  EXPECT_FALSE(lab.closed());
  lab.clock.advance(std::chrono::seconds(2));
  EXPECT_TRUE(lab.closed());
  EXPECT_FALSE(lab.session);
}

TEST(ExecSpdy, AClientThatGoesIsNoticed) {
  for (const bool politely : {true, false}) {
    ExecLab lab;
    lab.open(StreamLab::spdy("/exec?stdout=1", {"channel.k8s.io"}));
    SpdyClient client{lab};
    client.open(1, "error");
    client.open(3, "stdout");
    bool gone = false;
    lab.session->on_gone = [&] { gone = true; };
    if (politely) lab.send(SpdyWriter::goaway(0));
    else lab.answer.incoming->fail();
    lab.clock.run_ready();
    EXPECT_TRUE(gone);
    EXPECT_FALSE(lab.session->output->write("late"));
  }
}

TEST(Exec, WhatCannotBeServedIsRefusedInWords) {
  struct Row {
    base::http::Request request;
    int status;
    const char* says;
  };
  base::http::Request plain;
  plain.target = "/exec?stdout=1";
  for (const Row& row : {Row{plain, 400, "Upgrade request required"},
                         Row{StreamLab::websocket("/exec?tty=1", "v4.channel.k8s.io"), 400,
                             "you must specify at least 1 of stdin, stdout, stderr"},
                         Row{StreamLab::websocket("/exec?stdout=1", "chat"), 400, "no common WebSocket subprotocol"},
                         Row{StreamLab::spdy("/exec?stdout=1", {}), 400, "X-Stream-Protocol-Version is missing"},
                         Row{StreamLab::spdy("/exec?stdout=1", {"v9"}), 403,
                             "client supports [v9], server accepts [v4.channel.k8s.io v3.channel.k8s.io "
                             "v2.channel.k8s.io channel.k8s.io]"}}) {
    ExecLab lab;
    lab.open(row.request);
    EXPECT_EQ(lab.answer.status, row.status);
    EXPECT_THAT(lab.answer.body, HasSubstr(row.says));
    EXPECT_FALSE(lab.session);
  }
}

TEST(Exec, StoppingTheLoopEndsASession) {
  ExecLab lab;
  lab.open(StreamLab::websocket("/exec?stdout=1", "v4.channel.k8s.io"));
  lab.tasks.stop();
  lab.clock.run_ready();
  EXPECT_EQ(lab.tasks.size(), 0U);
  lab.session->finish({});  // nobody is there any more
}

}  // namespace
}  // namespace k8s_fake::streams
