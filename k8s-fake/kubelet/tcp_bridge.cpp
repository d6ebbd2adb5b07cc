#include "k8s-fake/kubelet/tcp_bridge.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace k8s_fake::control {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

asio::awaitable<void> to_socket(tcp::socket& socket, std::shared_ptr<base::Pipe> from) {
  while (const base::Chunk chunk = co_await from->read()) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await asio::async_write(socket, asio::buffer(*chunk), token);
    if (error) break;
  }
  from->abandon();
  boost::system::error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> from_socket(tcp::socket& socket, std::shared_ptr<base::Pipe> to) {
  std::array<char, 16384> buffer;
  for (;;) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const std::size_t size = co_await socket.async_read_some(asio::buffer(buffer), token);
    if (error || !to->write(std::string(buffer.data(), size))) break;
    const bool open = co_await to->room(1U << 20);
    if (!open) break;
  }
  to->close();
}

}  // namespace

asio::awaitable<void> bridge(std::string address, std::uint16_t port, std::shared_ptr<ForwardConnection> connection,
                             std::string refused) {
  using namespace asio::experimental::awaitable_operators;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  boost::system::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const asio::ip::address parsed = asio::ip::make_address(address, error);
  const tcp::endpoint to(parsed, port);
  if (!error) co_await socket.async_connect(to, token);
  if (error) {
    connection->fail(refused);
    co_return;
  }
  co_await (to_socket(socket, connection->from_client) && from_socket(socket, connection->to_client));
}

}  // namespace k8s_fake::control
