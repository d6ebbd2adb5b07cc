#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "provisioner/base/http/message.h"

/// WebSocket framing over bytes, without sockets. Reading takes client frames (masked), also fragmented; writing makes
/// server frames. Errors are close codes: 1002 protocol, 1009 too big. Source: RFC 6455.
namespace k8s_fake::streams {

enum class WsKind : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct WsMessage {
  WsKind kind = WsKind::binary;
  std::string data;  // close: two bytes of code, big-endian, then a reason
};

class WsReader {
 public:
  enum class From { client, server };  // clients mask their frames, servers must not
  explicit WsReader(std::size_t message_max, From from = From::client) : message_max_(message_max), from_(from) {}

  void feed(std::string_view bytes) { in_.append(bytes); }
  /// The next whole message, or nothing until more bytes come. Control frames may overtake the pieces of a message.
  std::optional<WsMessage> next();
  /// A close code once the bytes made no sense; nothing is read after that.
  std::uint16_t problem() const { return problem_; }

 private:
  std::optional<WsMessage> fail(std::uint16_t code);

  std::size_t message_max_;
  From from_;
  std::string in_;
  std::optional<WsMessage> partial_;
  std::uint16_t problem_ = 0;
};

/// A whole message in one frame; masked with `mask` when given (what a client must do).
std::string ws_frame(WsKind kind, std::string_view data, std::optional<std::uint32_t> mask = std::nullopt);
std::string ws_close(std::uint16_t code, std::string_view reason = "");

/// True if the request asks for a WebSocket.
bool wants_websocket(const base::http::Request& request);
/// The 101 for it, with the chosen subprotocol ("" for none); or 400 when key or version are wrong.
base::http::Response accept_websocket(const base::http::Request& request, const std::string& protocol);

}  // namespace k8s_fake::streams
