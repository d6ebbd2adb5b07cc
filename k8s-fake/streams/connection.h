#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "k8s-fake/streams/spdy.h"
#include "k8s-fake/streams/websocket.h"
#include "provisioner/base/http/pipe.h"

/// Reading loops over the raw bytes of an upgraded connection, and the tunnel that carries one protocol in another.
namespace k8s_fake::streams {

inline constexpr std::size_t kMessageMax = 1024 * 1024;  // of a client's WebSocket message
inline constexpr std::size_t kQueueMax = 256 * 1024;     // on a connection, before its writers have to wait

/// The two raw halves of an upgraded connection.
struct RawConnection {
  std::shared_ptr<base::Pipe> in;   // what the client sends
  std::shared_ptr<base::Pipe> out;  // what we send
};

/// Hands over messages until the client closes, breaks the rules or goes; answers pings and the closing handshake.
boost::asio::awaitable<void> read_messages(RawConnection raw, std::function<void(const WsMessage&)> on_message,
                                           std::function<void()> on_end);

/// Hands over frames until the client says goodbye, breaks the rules or goes; answers pings.
boost::asio::awaitable<void> read_frames(RawConnection raw, std::function<void(const SpdyFrame&)> on_frame,
                                         std::function<void()> on_end);

/// Sends what `inner` yields as binary messages; at its end closes with 1000.
boost::asio::awaitable<void> write_messages(std::shared_ptr<base::Pipe> inner, std::shared_ptr<base::Pipe> out);

}  // namespace k8s_fake::streams
