#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "provisioner/base/http/message.h"
#include "provisioner/base/http/tls.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/result.h"

/// What wire's server and client share: one TCP connection, clear or TLS. Heavy; included by wire_*.cpp only.
/// At most one read and one write at a time. Every operation ends when cancel() or close() is called.
namespace base::http {

using TlsContext = boost::asio::ssl::context;

/// A context that serves `identity` and, with a client CA, asks for (but does not demand) a certificate.
/// A certificate that the CA does not vouch for still completes the handshake; Socket::client_certificate tells them
/// apart.
Result<std::shared_ptr<TlsContext>> make_server_context(const ServerTls& tls);
Result<std::shared_ptr<TlsContext>> make_client_context(const Endpoint& to);

struct IoResult {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

class Socket {
 public:
  explicit Socket(boost::asio::ip::tcp::socket socket) : tcp_(std::move(socket)) {}

  /// Server's side of the handshake. `context` must outlive nothing: the stream keeps a reference of its own.
  boost::asio::awaitable<boost::system::error_code> accept_tls(std::shared_ptr<TlsContext> context);
  /// Client's side; `name` is verified unless `insecure`. On failure tls_problem() says why.
  boost::asio::awaitable<boost::system::error_code> connect_tls(std::shared_ptr<TlsContext> context, std::string name,
                                                                bool insecure);

  boost::asio::awaitable<IoResult> read_some(char* data, std::size_t size);
  /// Writes everything, or stops at an error; `bytes` says how many went out.
  boost::asio::awaitable<IoResult> write(std::string_view bytes);
  /// Tells the peer that no more bytes follow (TLS: close_notify first).
  boost::asio::awaitable<void> finish_sending();

  void tune();    // no delay, keep-alive probes
  void cancel();  // ends pending operations; the connection stays usable
  void close();
  void reset_on_close();  // the peer sees a reset instead of an end
  bool open() const { return tcp().is_open(); }
  bool tls() const { return stream_ != nullptr; }
  /// True when nothing has arrived, the end included: an idle connection that is still good.
  bool quiet();

  boost::asio::ip::tcp::socket& tcp() { return stream_ ? stream_->next_layer() : tcp_; }
  const boost::asio::ip::tcp::socket& tcp() const { return stream_ ? stream_->next_layer() : tcp_; }
  void fill_peer(Peer& peer);
  std::string tls_problem() const;

 private:
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  boost::asio::ip::tcp::socket tcp_;
  std::shared_ptr<TlsContext> context_;
  std::unique_ptr<Stream> stream_;
};

/// Runs a coroutine whose shared state keeps itself alive; an exception other than cancellation ends the process.
void spawn_io(boost::asio::any_io_executor executor, boost::asio::awaitable<void> task);

}  // namespace base::http
