#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "k8s-fake/streams/spdy.h"
#include "k8s-fake/streams/websocket.h"

namespace k8s_fake::streams {
namespace {

using base::http::Request;

std::vector<WsMessage> read_all(WsReader& reader, const std::string& bytes, std::size_t step) {
  std::vector<WsMessage> out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(std::string_view(bytes).substr(at, step));
    while (auto message = reader.next()) out.push_back(*message);
  }
  return out;
}

TEST(WebSocket, ReadsWhatAClientWritesInAnyPieces) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 300000U}) {
    const std::string data(size, 'd');
    const std::string bytes = ws_frame(WsKind::binary, data, 0x01020304) + ws_frame(WsKind::text, "next", 0xfffefdfc);
    for (const std::size_t step : {std::size_t{1000}, bytes.size(), std::size_t{7}}) {
      WsReader reader(1 << 20U);
      const auto messages = read_all(reader, bytes, step);
      ASSERT_EQ(messages.size(), 2U) << size << " by " << step;
      EXPECT_TRUE(messages[0].data == data);
      EXPECT_EQ(messages[1].kind, WsKind::text);
      EXPECT_EQ(messages[1].data, "next");
    }
  }
}

TEST(WebSocket, ServerFramesAreUnmaskedAndReadByAClient) {
  WsReader reader(1000, WsReader::From::server);
  const auto messages = read_all(reader, ws_frame(WsKind::binary, "abc") + ws_close(1000, "bye"), 3);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].data, "abc");
  EXPECT_EQ(messages[1].data, std::string("\x03\xe8") + "bye");
}

TEST(WebSocket, PiecesOfAMessageMayBeOvertakenByAPing) {
  std::string first = ws_frame(WsKind::binary, "one ", 1);
  first[0] = 0x02;  // not the last
  std::string last = ws_frame(WsKind::binary, "two", 2);
  last[0] = static_cast<char>(0x80);  // continuation, last
  WsReader reader(1000);
  const auto messages = read_all(reader, first + ws_frame(WsKind::ping, "p", 3) + last, 5);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].kind, WsKind::ping);
  EXPECT_EQ(messages[1].data, "one two");
}

TEST(WebSocket, BrokenFramesEndTheReading) {
  std::string continuation = ws_frame(WsKind::binary, "x", 1);
  continuation[0] = static_cast<char>(0x80);
  std::string reserved = ws_frame(WsKind::binary, "x", 1);
  reserved[0] = static_cast<char>(0xc2);
  std::string unknown = ws_frame(WsKind::binary, "x", 1);
  unknown[0] = static_cast<char>(0x83);
  std::string part = ws_frame(WsKind::binary, "x", 1);
  part[0] = 0x02;
  std::string split_ping = ws_frame(WsKind::ping, "x", 1);
  split_ping[0] = 0x09;
  const std::string huge("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff....", 14);
  const std::vector<std::pair<std::string, int>> rows{{ws_frame(WsKind::binary, "unmasked"), 1002},
                                                      {continuation, 1002},
                                                      {reserved, 1002},
                                                      {unknown, 1002},
                                                      {part + ws_frame(WsKind::binary, "y", 1), 1002},
                                                      {split_ping, 1002},
                                                      {ws_frame(WsKind::ping, std::string(126, 'p'), 1), 1002},
                                                      {huge, 1009},
                                                      {ws_frame(WsKind::binary, std::string(1001, 'b'), 1), 1009}};
  for (const auto& [bytes, code] : rows) {
    WsReader reader(1000);
    EXPECT_TRUE(read_all(reader, bytes, 1).empty());
    EXPECT_EQ(reader.problem(), code) << testing::PrintToString(bytes.substr(0, 12));
    reader.feed(ws_frame(WsKind::binary, "late", 1));
    EXPECT_FALSE(reader.next());
  }
}

TEST(WebSocket, TheHandshakeIsTheOneOfTheStandard) {
  Request request;
  request.headers.set("Connection", "keep-alive, Upgrade");
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Sec-WebSocket-Version", "13");
  request.headers.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_TRUE(wants_websocket(request));
  const auto accepted = accept_websocket(request, "v4.channel.k8s.io");
  EXPECT_EQ(accepted.status, 101);
  EXPECT_EQ(accepted.headers.get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455, 1.3
  EXPECT_EQ(accepted.headers.get("Sec-WebSocket-Protocol"), "v4.channel.k8s.io");
  request.headers.set("Sec-WebSocket-Key", "short");
  EXPECT_EQ(accept_websocket(request, "").status, 400);
}

TEST(Spdy, SharesItsDictionaryWithEveryoneElse) {
  SpdyWriter writer;
  const std::string frame = writer.syn_reply(1);
  EXPECT_EQ(frame.substr(14, 4), "\xe3\xc6\xa7\xc2");  // the checksum that zlib puts in front names the dictionary
}

TEST(Spdy, FramesSurviveTheTrip) {
  SpdyWriter writer;
  SpdyReader reader;
  const SpdyHeaders headers{{"streamtype", "stdin"}, {"port", "80"}, {"requestid", ""}};
  std::string bytes = writer.syn_stream(1, headers);  // one by one: each block depends on those before it
  bytes += SpdyWriter::data(1, "hello", false);
  bytes += writer.syn_stream(3, {{"streamtype", "error"}});
  bytes += SpdyWriter::data(3, "", true) + SpdyWriter::rst_stream(1, 5) + SpdyWriter::ping(7);
  bytes += writer.syn_reply(3);
  bytes += SpdyWriter::goaway(3);
  std::vector<SpdyFrame> frames;
  for (const char c : bytes) {
    reader.feed(std::string_view(&c, 1));
    while (auto frame = reader.next()) frames.push_back(*frame);
  }
  ASSERT_EQ(frames.size(), 8U) << reader.problem();
  EXPECT_EQ(frames[0].type, SpdyType::syn_stream);
  EXPECT_EQ(frames[0].stream, 1U);
  EXPECT_EQ(frames[0].headers, headers);
  EXPECT_EQ(frames[1].data, "hello");
  EXPECT_EQ(spdy_header(frames[2].headers, "streamtype"), "error");
  EXPECT_TRUE(frames[3].fin);
  EXPECT_EQ(frames[4].value, 5U);
  EXPECT_EQ(frames[5].value, 7U);
  EXPECT_EQ(frames[6].type, SpdyType::syn_reply);
  EXPECT_TRUE(frames[6].headers.empty());
  EXPECT_EQ(frames[7].type, SpdyType::goaway);
}

TEST(Spdy, ABlockTooLargeOrDamagedIsAnError) {
  SpdyWriter writer;
  const std::string bomb = writer.syn_stream(1, {{"a", std::string(1 << 20U, 'z')}});
  std::string damaged = SpdyWriter().syn_stream(1, {{"a", "b"}});
  damaged[21] = static_cast<char>(damaged[21] ^ 0x55);  // the dictionary's checksum
  const std::string shorty("\x80\x03\x00\x01\x00\x00\x00\x02xx", 10);
  const std::string other("\x80\x02\x00\x01\x00\x00\x00\x00", 8);
  const std::string large("\x00\x00\x00\x01\x00\xff\xff\xff", 8);
  for (const std::string& bytes : {bomb, damaged, shorty, other, large}) {
    SpdyReader reader(1 << 20U);
    reader.feed(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_NE(reader.problem(), "") << bytes.size();
  }
}

}  // namespace
}  // namespace k8s_fake::streams
