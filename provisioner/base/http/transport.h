#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/result.h"

/// The client's side of HTTP: one call, two transports. MemoryTransport (memory.h) runs a Handler through the clock;
/// WireTransport (wire.h) uses sockets and TLS, keeping connections for reuse.
namespace base::http {

/// Whom to call, and what to trust. PEM texts, empty when not used.
struct Endpoint {
  bool tls = true;
  std::string host;  // name or address; also the Host header unless the request sets one
  std::uint16_t port = 443;
  std::string ca_pem;           // trust only these; empty: the system's, unless `insecure`
  bool insecure = false;        // do not verify the server
  std::string client_cert_pem;  // present this certificate …
  std::string client_key_pem;   // … with this key
};

struct CallOptions {
  Duration timeout = std::chrono::seconds(90);  // until the whole answer (its head, when `stream`) is there
  Duration connect_timeout = std::chrono::seconds(10);
  /// Leave the body in Response::outgoing instead of collecting it. Always so with status 101.
  bool stream = false;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// Errors: unavailable (refused or not sent: nothing ran), unknown_outcome (cut or timed out after sending).
  /// Endpoint and request are taken by value because the call outlives the statement that makes it.
  virtual boost::asio::awaitable<Result<Response>> send(Endpoint to, Request request, CallOptions options) = 0;
};

struct Url {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::string target = "/";
};
/// "https://host[:port][/path]"; IPv6 hosts in brackets. Errors: invalid.
Result<Url> parse_url(const std::string& text);

}  // namespace base::http
