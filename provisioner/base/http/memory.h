#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "provisioner/base/http/transport.h"

/// Transport without sockets: the handler is called through the clock, and its Delivery is obeyed in the clock's time.
/// The World routes by host and port, as a network would; an address nobody has is refused at once (unavailable).
namespace base::http {

/// The handler behind an address, or null.
using Router = std::function<const Handler*(const std::string& host, std::uint16_t port)>;

class MemoryTransport final : public Transport {
 public:
  MemoryTransport(Clock& clock, Router router) : clock_(clock), router_(std::move(router)) {}
  boost::asio::awaitable<Result<Response>> send(Endpoint to, Request request, CallOptions options) override;

  /// What every request says of where it comes from (default 127.0.0.1).
  std::string source_address = "127.0.0.1";

 private:
  Clock& clock_;
  Router router_;
};

/// What the router knows is called in memory, everything else goes over `wire`: for parts of a program that are clients
/// of its own server and need no socket to reach it.
class NearTransport final : public Transport {
 public:
  NearTransport(Clock& clock, Router router, Transport& wire)
      : router_(router), memory_(clock, std::move(router)), wire_(wire) {}
  boost::asio::awaitable<Result<Response>> send(Endpoint to, Request request, CallOptions options) override;

 private:
  Router router_;
  MemoryTransport memory_;
  Transport& wire_;
};

}  // namespace base::http
