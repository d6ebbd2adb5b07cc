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
/// Errors on the server's side (bad requests, limits, time-outs) are answered in HTTP's own form and never reach the
/// handler.
namespace base::http {

struct Listen {
  std::string address = "127.0.0.1";  // or "unix:/path/of/a.sock", for clear HTTP; the port is not used then
  std::uint16_t port = 0;             // 0: any free port
};
/// "127.0.0.1:8443", "[::1]:0"; ":8443" and "8443" stand for 127.0.0.1. Errors: invalid.
Result<Listen> parse_listen(const std::string& text);

struct ServerLimits {
  std::size_t header_bytes = 64 * 1024;       // more: 431
  std::size_t body_bytes = 16 * 1024 * 1024;  // more, announced or sent: 413
  Duration header_timeout =
      std::chrono::seconds(10);  // from the first byte to the end of the head; also the TLS handshake
  Duration body_timeout = std::chrono::seconds(60);   // the whole body in; and each 256 KiB of an answer out
  Duration idle_timeout = std::chrono::seconds(120);  // before the first request and between requests
};

struct ServerOptions {
  Listen listen;
  std::optional<ServerTls> tls;  // clear HTTP when absent
  ServerLimits limits;
  /// Makes the answer for a request that never became one (status 400, 408, 413, 417, 431, 501, 505); a plain text
  /// answer when empty.
  std::function<Response(int status, const std::string& reason)> refuse;
};

/// A listening socket and its connections. Starts accepting at once; must be stopped and the loop run before it dies.
class Server {
 public:
  /// Errors: unavailable (address in use or not ours).
  static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io, Clock& clock, ServerOptions options,
                                               Handler handler);
  ~Server();
  std::uint16_t port() const;
  const std::string& address() const;
  std::size_t connections() const;
  /// Serves this certificate on connections accepted from now on. Errors: invalid. Clear HTTP: invalid.
  Result<void> set_identity(const KeyPair& identity);
  /// Closes the listener and idle connections at once, lets answers under way finish, and ends open streams cleanly;
  /// what is left after `grace` is cut off. The loop has nothing of the server left to do afterwards.
  void stop(Duration grace = std::chrono::seconds(2));

  struct State;

 private:
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// Raises the soft limit of open files to the hard one: thousands of connections need it. Server::start calls it.
void raise_descriptor_limit();

/// Keeps idle connections per endpoint. One that the server has closed meanwhile is replaced before anything is sent.
/// When it closes without a byte of answer after a request was sent on a kept connection, a reading request (GET, HEAD,
/// OPTIONS) is repeated once on a fresh one, as Go's client does; any other has an unknown outcome, since it may have
/// run.
class WireTransport final : public Transport {
 public:
  WireTransport(boost::asio::io_context& io, Clock& clock);
  ~WireTransport() override;
  boost::asio::awaitable<Result<Response>> send(Endpoint to, Request request, CallOptions options) override;
  /// Dial another address for a given host and port, as curl's --connect-to; the Host header and TLS name stay.
  void connect_to(const std::string& host, std::uint16_t port, const std::string& other_host, std::uint16_t other_port);
  /// Closes idle connections and breaks streams; calls under way end with an error.
  void close();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace base::http
