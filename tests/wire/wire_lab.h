#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "provisioner/base/http/transport.h"
#include "provisioner/base/http/wire.h"

/// What the wire tests share: one authority, a server on a thread of its own, a raw blocking client.
namespace wire_lab {

namespace http = base::http;

struct Identities {
  http::KeyPair authority;
  http::KeyPair server;
  http::KeyPair client;  // CN=alice, O=devs, O=ops
};
const Identities& identities();

/// A server whose loop runs on its own thread until the object dies.
class ServerThread {
 public:
  ServerThread(http::ServerOptions options, http::Handler handler);
  ~ServerThread();
  ServerThread(const ServerThread&) = delete;
  ServerThread& operator=(const ServerThread&) = delete;
  std::uint16_t port() const { return port_; }
  /// Runs on the server's thread and returns its result.
  std::size_t connections();
  void stop();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// A client that writes what it is told, byte for byte.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  void send(const std::string& bytes);
  void finish_sending();
  /// Reads until `marker` was seen, the server closed, or five seconds passed.
  std::string read_until(const std::string& marker);
  /// Everything until the server closes; `closed` false when it did not within five seconds.
  std::string read_all(bool& closed);

 private:
  int fd_ = -1;
  std::string seen_;
};

}  // namespace wire_lab
