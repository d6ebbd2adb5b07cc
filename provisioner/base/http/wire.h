#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "provisioner/base/http/tls.h"
#include "provisioner/base/http/transport.h"

namespace boost::asio {
class io_context;
}

/// HTTP/1.1 on sockets: the same Handler behind Beast and TLS, and the same Transport over a socket. One thread.
/// Errors on the server's side (bad requests, limits, time-outs) are answered in HTTP's own form and never reach the handler.
namespace base::http {

struct Listen {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
};
/// "127.0.0.1:8443", ":8443", "[::1]:0". Errors: invalid.
Result<Listen> parse_listen(const std::string& text);

struct ServerLimits {
  std::size_t header_bytes = 64 * 1024;       // more: 431
  std::size_t body_bytes = 16 * 1024 * 1024;  // more, announced or sent: 413
  Duration header_timeout = std::chrono::seconds(10);  // from the first byte to the end of the body's head
  Duration body_timeout = std::chrono::seconds(60);
  Duration idle_timeout = std::chrono::seconds(120);  // between requests
};

struct ServerOptions {
  Listen listen;
  std::optional<ServerTls> tls;  // clear HTTP when absent
  ServerLimits limits;
  /// Makes the answer for a request that never became one (status 400, 408, 413, 431); a plain text answer when empty.
  std::function<Response(int status, const std::string& reason)> refuse;
};

/// A listening socket and its connections. Starts accepting at once; must be stopped and the loop run before it dies.
class Server {
 public:
  /// Errors: unavailable (address in use or not ours).
  static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io, Clock& clock, ServerOptions options, Handler handler);
  ~Server();
  std::uint16_t port() const;
  const std::string& address() const;
  std::size_t connections() const;
  /// Closes the listener and every connection, open streams included.
  void stop();

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// Keeps idle connections per endpoint; a stale one is replaced and an idempotent request repeated once.
class WireTransport final : public Transport {
 public:
  WireTransport(boost::asio::io_context& io, Clock& clock);
  ~WireTransport() override;
  boost::asio::awaitable<Result<Response>> send(Endpoint to, Request request, CallOptions options) override;
  /// Dial another address for a given host and port, as curl's --connect-to; the Host header and TLS name stay.
  void connect_to(const std::string& host, std::uint16_t port, const std::string& other_host, std::uint16_t other_port);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace base::http
