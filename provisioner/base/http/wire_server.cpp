#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>

#include "provisioner/base/http/wire_connection.h"
#include "provisioner/base/text.h"

namespace base::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

using StatePtr = std::shared_ptr<Server::State>;

/// Ends what is past its deadline. One timer for all connections: thousands of them cost one walk each time.
void sweep(const StatePtr& state) {
  const TimePoint now = state->clock.now();
  for (const auto& entry : state->connections) {
    Connection& c = *entry.second;
    if (c.deadline > now) continue;
    if (c.timed_out) c.socket.close();  // the second time: it did not end by itself
    else c.socket.cancel();
    c.deadline = c.timed_out ? kNever : now + kLingerMax;
    c.timed_out = true;
    c.reader_done.notify();
  }
  const ServerLimits& limits = state->options.limits;
  const Duration shortest = std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout});
  const Duration period = std::clamp<Duration>(shortest / 8, milliseconds(5), milliseconds(250));
  const std::weak_ptr<Server::State> weak = state;
  state->sweep_timer = state->clock.after(period, [weak] {
    if (const StatePtr still = weak.lock()) sweep(still);
  });
}

asio::awaitable<void> accept_loop(StatePtr state) {
  while (!state->stopping) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    tcp::socket socket = co_await state->acceptor.async_accept(token);
    if (state->stopping) break;
    if (error) {  // out of descriptors, or the client went before we came: go on a little later
      co_await sleep_for(state->clock, milliseconds(20));
      continue;
    }
    auto connection = std::make_shared<Connection>(std::move(socket), state->io.get_executor());
    state->connections.emplace(connection.get(), connection);
    if (state->sweep_timer == 0) sweep(state);
    spawn_io(state->io.get_executor(), serve({state, connection}));
  }
}

/// A listening UNIX socket in the TCP acceptor's place: nothing below differs, since connections are streams either
/// way. A socket that nobody serves any more is replaced.
Result<void> open_unix(tcp::acceptor& acceptor, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Error{ErrorKind::invalid, "listen unix:" + path + ": the path is empty or too long"};
  std::copy(path.begin(), path.end(), address.sun_path);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error{ErrorKind::unavailable, "listen unix:" + path + ": " + std::strerror(errno)};
  const bool served = ::connect(fd, generic, sizeof address) == 0;
  if (!served && errno == ECONNREFUSED) ::unlink(path.c_str());
  if (served || ::bind(fd, generic, sizeof address) != 0 || ::listen(fd, 4096) != 0) {
    const std::string why = served ? "somebody listens there already" : std::strerror(errno);
    ::close(fd);
    return Error{ErrorKind::unavailable, "listen unix:" + path + ": " + why};
  }
  ::chmod(path.c_str(), 0660);
  error_code error;
  acceptor.assign(tcp::v4(), fd, error);
  if (error) return Error{ErrorKind::unavailable, "listen unix:" + path + ": " + error.message()};
  return {};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, Clock& clock, ServerOptions options,
                                              Handler handler) {
  raise_descriptor_limit();
  auto state = std::make_shared<State>(io, clock, std::move(options), std::move(handler));
  const Listen& listen = state->options.listen;
  const std::string where = "listen " + listen.address + ":" + std::to_string(listen.port) + ": ";
  if (state->options.tls) {
    auto context = make_server_context(*state->options.tls);
    if (!context) return context.error();
    state->tls = *context;
  }
  error_code error;
  if (listen.address.starts_with("unix:")) {
    if (const auto opened = open_unix(state->acceptor, listen.address.substr(5)); !opened) return opened.error();
    spawn_io(io.get_executor(), accept_loop(state));
    return std::unique_ptr<Server>(new Server(state));
  }
  const asio::ip::address address = asio::ip::make_address(listen.address, error);
  if (error) return Error{ErrorKind::invalid, where + "not an address"};
  const tcp::endpoint end(address, listen.port);
  state->acceptor.open(end.protocol(), error);
  if (!error) state->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) state->acceptor.bind(end, error);
  if (!error) state->acceptor.listen(4096, error);
  if (error) return Error{ErrorKind::unavailable, where + error.message()};
  state->port = state->acceptor.local_endpoint(error).port();
  spawn_io(io.get_executor(), accept_loop(state));
  return std::unique_ptr<Server>(new Server(state));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(Duration{0}); }
std::uint16_t Server::port() const { return state_->port; }
const std::string& Server::address() const { return state_->address; }
std::size_t Server::connections() const { return state_->connections.size(); }

Result<void> Server::set_identity(const KeyPair& identity) {
  if (!state_->options.tls) return Error{ErrorKind::invalid, "a clear server has no certificate"};
  ServerTls tls = *state_->options.tls;
  tls.identity = identity;
  auto context = make_server_context(tls);
  if (!context) return context.error();
  state_->options.tls = std::move(tls);
  state_->tls = *context;
  return {};
}

void Server::stop(Duration grace) {
  const StatePtr state = state_;
  state->stopping = true;
  error_code ignored;
  state->acceptor.close(ignored);
  for (const auto& entry : state->connections) {
    Connection& c = *entry.second;
    if (c.idle || c.hanging || grace <= Duration{0}) c.socket.close();
    if (c.incoming) c.incoming->close();
    if (c.outgoing) c.outgoing->abandon();
    if (c.later && grace <= Duration{0}) c.later->set(overdue());
    c.woken.notify();
  }
  state->clock.cancel(state->grace_timer);
  state->grace_timer = 0;
  if (state->connections.empty() || grace <= Duration{0}) return;
  const std::weak_ptr<State> weak = state;
  state->grace_timer = state->clock.after(grace, [weak] {
    const StatePtr still = weak.lock();
    if (!still) return;
    for (const auto& entry : still->connections) {
      entry.second->socket.close();
      if (entry.second->later) entry.second->later->set(overdue());
    }
  });
}

}  // namespace base::http
