#include "ontap-sim/ssh.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <set>

#include "ontap-sim/cli/terminal.h"

namespace ontap_sim {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kLoginTries = 6;
constexpr std::size_t kMostConnections = 64;  // as a node of the real thing takes
constexpr std::size_t kMostUnsent = 8 * 1024 * 1024;

struct BindFree {
  void operator()(ssh_bind bind) const { ssh_bind_free(bind); }
};
using Bind = std::unique_ptr<std::remove_pointer_t<ssh_bind>, BindFree>;

/// One channel: a shell or a command.
struct SshChannel {
  ssh_channel channel = nullptr;
  ssh_channel_callbacks_struct callbacks{};
  std::unique_ptr<cli::Terminal> terminal{};
  std::string unsent{};  // the other side's window is full
  std::uint64_t rows = 0;
  bool pty = false;
  bool finished = false;  // its exit status was sent
};

}  // namespace

/// One connection. It lives as long as one of its waits: `self` in each handler.
struct SshConnection : std::enable_shared_from_this<SshConnection> {
  SshConnection(asio::io_context& io, Sim& sim_in, std::string local_in, int fd)
      : sim(sim_in), local(std::move(local_in)), readable(io, fd), writable(io, ::dup(fd)) {}
  ~SshConnection() {
    channels.clear();
    if (event != nullptr) {
      ssh_event_remove_session(event, session);
      ssh_event_free(event);
    }
    if (session != nullptr) ssh_free(session);
  }

  bool begin(ssh_bind bind);
  void wait_read();
  void wait_write();
  void progress();
  void pump(SshChannel& channel, const std::string& text);
  void flush(SshChannel& channel);
  void finish(SshChannel& channel);
  void close();
  bool shell(ssh_channel which, const char* command);
  SshChannel* find(ssh_channel which);

  Sim& sim;
  std::string local;
  asio::posix::stream_descriptor readable;  // waits only: libssh reads and writes its own descriptor
  asio::posix::stream_descriptor writable;
  ssh_session session = nullptr;
  ssh_event event = nullptr;
  ssh_server_callbacks_struct callbacks{};
  std::vector<std::unique_ptr<SshChannel>> channels{};
  std::optional<cli::User> user{};
  std::function<void()> ended{};
  int tries = 0;
  bool exchanged = false;  // keys
  bool writing = false;
  bool closed = false;
};

namespace {

SshConnection& self_of(void* data) { return *static_cast<SshConnection*>(data); }

int admit(SshConnection& connection, std::optional<cli::User> user) {
  if (user) {
    connection.user = std::move(user);
    return SSH_AUTH_SUCCESS;
  }
  ++connection.tries;
  return SSH_AUTH_DENIED;
}

int on_password(ssh_session, const char* user, const char* password, void* data) {
  SshConnection& connection = self_of(data);
  if (connection.tries >= kLoginTries) return SSH_AUTH_DENIED;
  return admit(connection, connection.sim.login(connection.local, user, password));
}

int on_key(ssh_session, const char* user, ssh_key key, char state, void* data) {
  SshConnection& connection = self_of(data);
  char* text = nullptr;
  if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK) return SSH_AUTH_DENIED;
  const std::string line = std::string(ssh_key_type_to_char(ssh_key_type(key))) + " " + text;
  ssh_string_free_char(text);
  auto known = connection.sim.login_key(connection.local, user, line);
  if (state == SSH_PUBLICKEY_STATE_NONE) return known ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;  // an offer, not a proof
  return state == SSH_PUBLICKEY_STATE_VALID ? admit(connection, std::move(known)) : SSH_AUTH_DENIED;
}

int on_pty(ssh_session, ssh_channel which, const char*, int, int height, int, int, void* data) {
  SshChannel* channel = self_of(data).find(which);
  if (channel == nullptr) return -1;
  channel->pty = true;
  channel->rows = height > 0 ? static_cast<std::uint64_t>(height) : 24;
  return 0;
}

int on_resize(ssh_session, ssh_channel which, int, int height, int, int, void* data) {
  SshChannel* channel = self_of(data).find(which);
  if (channel != nullptr && channel->terminal && height > 0)
    channel->terminal->resize(static_cast<std::uint64_t>(height));
  return 0;
}

int on_shell(ssh_session, ssh_channel which, void* data) { return self_of(data).shell(which, nullptr) ? 0 : 1; }
int on_exec(ssh_session, ssh_channel which, const char* command, void* data) {
  return self_of(data).shell(which, command) ? 0 : 1;
}

int on_data(ssh_session, ssh_channel which, void* bytes, std::uint32_t length, int, void* data) {
  SshConnection& connection = self_of(data);
  SshChannel* channel = connection.find(which);
  if (channel != nullptr && channel->terminal && !channel->finished) {
    connection.pump(*channel, channel->terminal->feed({static_cast<const char*>(bytes), length}));
  }
  return static_cast<int>(length);
}

void on_eof(ssh_session, ssh_channel which, void* data) {
  SshConnection& connection = self_of(data);
  SshChannel* channel = connection.find(which);
  if (channel == nullptr || !channel->terminal || channel->finished || channel->terminal->ended()) return;
  connection.pump(*channel, channel->terminal->end_of_input());
}

void on_close(ssh_session, ssh_channel which, void* data) {
  if (SshChannel* channel = self_of(data).find(which)) channel->finished = true;
}

int on_room(ssh_session, ssh_channel which, std::uint32_t, void* data) {
  SshConnection& connection = self_of(data);
  if (SshChannel* channel = connection.find(which)) connection.flush(*channel);
  return 0;
}

ssh_channel on_open(ssh_session session, void* data) {
  SshConnection& connection = self_of(data);
  if (!connection.user) return nullptr;
  auto made = std::make_unique<SshChannel>();
  made->channel = ssh_channel_new(session);
  if (made->channel == nullptr) return nullptr;
  ssh_channel_callbacks_struct& callbacks = made->callbacks;
  callbacks.userdata = data;
  callbacks.channel_pty_request_function = on_pty;
  callbacks.channel_pty_window_change_function = on_resize;
  callbacks.channel_shell_request_function = on_shell;
  callbacks.channel_exec_request_function = on_exec;
  callbacks.channel_data_function = on_data;
  callbacks.channel_eof_function = on_eof;
  callbacks.channel_close_function = on_close;
  callbacks.channel_write_wontblock_function = on_room;
  callbacks.size = sizeof callbacks;
  ssh_set_channel_callbacks(made->channel, &callbacks);
  const ssh_channel channel = made->channel;
  connection.channels.push_back(std::move(made));
  return channel;
}

}  // namespace

SshChannel* SshConnection::find(ssh_channel which) {
  for (const auto& each : channels) {
    if (each->channel == which) return each.get();
  }
  return nullptr;
}

bool SshConnection::begin(ssh_bind bind) {
  session = ssh_new();
  event = ssh_event_new();
  // libssh closes the descriptor that it gets.
  if (session == nullptr || event == nullptr ||
      ssh_bind_accept_fd(bind, session, ::dup(readable.native_handle())) != SSH_OK)
    return false;
  ssh_set_blocking(session, 0);
  callbacks.userdata = this;
  callbacks.auth_password_function = on_password;
  callbacks.auth_pubkey_function = on_key;
  callbacks.channel_open_request_session_function = on_open;
  callbacks.size = sizeof callbacks;
  ssh_set_server_callbacks(session, &callbacks);
  ssh_set_auth_methods(session, SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY);
  progress();
  wait_read();
  return true;
}

void SshConnection::wait_read() {
  if (closed) return;
  readable.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (error || self->closed) return;
                        self->progress();
                        self->wait_read();
                      });
}

void SshConnection::wait_write() {
  if (closed || writing) return;
  writing = true;
  writable.async_wait(asio::posix::stream_descriptor::wait_write,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        self->writing = false;
                        if (!error && !self->closed) self->progress();
                      });
}

/// Lets libssh read, answer and write what it can without waiting.
void SshConnection::progress() {
  if (!exchanged) {
    const int state = ssh_handle_key_exchange(session);
    if (state == SSH_ERROR) return close();
    if (state == SSH_OK) {
      exchanged = true;
      ssh_event_add_session(event, session);
    }
  }
  if (exchanged && ssh_event_dopoll(event, 0) == SSH_ERROR) return close();
  for (const auto& channel : channels) flush(*channel);
  if (!ssh_is_connected(session) || tries >= kLoginTries) return close();
  // The other side ends the connection: a disconnect from here would overtake what its terminal has not shown yet.
  if ((ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0) wait_write();
}

bool SshConnection::shell(ssh_channel which, const char* command) {
  SshChannel* channel = find(which);
  if (channel == nullptr || channel->terminal || !user) return false;
  channel->terminal = std::make_unique<cli::Terminal>(
      sim.session(*user), channel->pty, command == nullptr ? channel->rows : 0, [this] { sim.after_change(); });
  if (command == nullptr) pump(*channel, channel->terminal->begin());
  else pump(*channel, channel->terminal->run_only(command));
  return true;
}

void SshConnection::pump(SshChannel& channel, const std::string& text) {
  channel.unsent += text;
  if (channel.unsent.size() > kMostUnsent) return close();
  // The reply to the request that is being handled goes first.
  asio::post(readable.get_executor(), [self = shared_from_this()] {
    if (!self->closed) self->progress();
  });
}

void SshConnection::flush(SshChannel& channel) {
  while (!channel.unsent.empty() && ssh_channel_is_open(channel.channel) != 0) {
    const auto piece = static_cast<std::uint32_t>(
        std::min<std::size_t>({channel.unsent.size(), 32768, ssh_channel_window_size(channel.channel)}));
    if (piece == 0) return;
    const int sent = ssh_channel_write(channel.channel, channel.unsent.data(), piece);
    if (sent <= 0) return;
    channel.unsent.erase(0, static_cast<std::size_t>(sent));
  }
  if (channel.unsent.empty() && channel.terminal && channel.terminal->ended()) finish(channel);
}

void SshConnection::finish(SshChannel& channel) {
  if (channel.finished) return;
  channel.finished = true;
  ssh_channel_request_send_exit_status(channel.channel, channel.terminal->failed() ? 1 : 0);
  ssh_channel_send_eof(channel.channel);
  ssh_channel_close(channel.channel);
}

void SshConnection::close() {
  if (closed) return;
  closed = true;
  boost::system::error_code ignored;
  readable.close(ignored);
  writable.close(ignored);
  // Not while a callback of the session is running.
  asio::post(readable.get_executor(), [self = shared_from_this()] {
    if (ssh_is_connected(self->session)) ssh_disconnect(self->session);
    if (self->ended) std::exchange(self->ended, nullptr)();
  });
}

struct SshServer::Impl : std::enable_shared_from_this<SshServer::Impl> {
  Impl(asio::io_context& io_in, Sim& sim_in, const base::Logger& logger_in)
      : io(io_in), sim(sim_in), logger(logger_in), acceptor(io_in) {}
  base::Result<void> keys();
  void accept();
  void adopt(tcp::socket socket);

  asio::io_context& io;
  Sim& sim;
  const base::Logger& logger;
  tcp::acceptor acceptor;
  Bind bind{};
  std::set<std::shared_ptr<SshConnection>> connections{};
  std::string address{};
};

/// An Ed25519 and an ECDSA host key, made once.
base::Result<void> SshServer::Impl::keys() {
  State* state = sim.state();
  for (const auto& [type, bits, note] : {std::tuple{SSH_KEYTYPE_ED25519, 0, "ssh_host_ed25519"},
                                         std::tuple{SSH_KEYTYPE_ECDSA_P256, 256, "ssh_host_ecdsa"}}) {
    ssh_key key = nullptr;
    const auto kept = state == nullptr ? std::optional<std::string>() : state->note(note);
    if (kept) {
      if (ssh_pki_import_privkey_base64(kept->c_str(), nullptr, nullptr, nullptr, &key) != SSH_OK)
        return base::Error{base::ErrorKind::invalid, std::string("unreadable host key ") + note};
    } else if (ssh_pki_generate(type, bits, &key) != SSH_OK) {
      return base::Error{base::ErrorKind::unavailable, "cannot make an SSH host key"};
    }
    char* text = nullptr;
    if (!kept && state != nullptr && ssh_pki_export_privkey_base64(key, nullptr, nullptr, nullptr, &text) == SSH_OK) {
      auto written = state->set_note(note, text);
      ssh_string_free_char(text);
      if (!written) {
        ssh_key_free(key);
        return written.error();
      }
    }
    if (ssh_bind_options_set(bind.get(), SSH_BIND_OPTIONS_IMPORT_KEY, key) != SSH_OK)
      return base::Error{base::ErrorKind::invalid, std::string("unusable host key ") + note};
  }
  return {};
}

void SshServer::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](const boost::system::error_code& error, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!error && self->connections.size() < kMostConnections) self->adopt(std::move(socket));
    self->accept();
  });
}

void SshServer::Impl::adopt(tcp::socket socket) {
  boost::system::error_code failed;
  const std::string local = socket.local_endpoint(failed).address().to_string();
  socket.set_option(tcp::no_delay(true), failed);
  socket.native_non_blocking(true, failed);
  const int fd = socket.release(failed);
  if (failed) return;
  auto connection = std::make_shared<SshConnection>(io, sim, local, fd);
  connections.insert(connection);
  std::weak_ptr<Impl> weak = weak_from_this();
  connection->ended = [weak, raw = std::weak_ptr<SshConnection>(connection)] {
    const auto impl = weak.lock();
    const auto gone = raw.lock();
    if (impl && gone) impl->connections.erase(gone);
  };
  if (!connection->begin(bind.get())) {
    logger.warning("No SSH session for a connection.", {{"error", ssh_get_error(bind.get())}});
    connection->close();
  }
}

base::Result<std::unique_ptr<SshServer>> SshServer::start(asio::io_context& io, Sim& sim,
                                                          const base::http::Listen& where, const base::Logger& logger) {
  ssh_init();
  auto impl = std::make_shared<Impl>(io, sim, logger);
  impl->bind.reset(ssh_bind_new());
  bool no_config = false;
  ssh_bind_options_set(impl->bind.get(), SSH_BIND_OPTIONS_PROCESS_CONFIG, &no_config);
  if (auto made = impl->keys(); !made) return made.error();
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(where.address, failed);
  if (failed) return base::Error{base::ErrorKind::invalid, "\"" + where.address + "\" is not an IP address"};
  const tcp::endpoint endpoint(address, where.port);
  impl->acceptor.open(endpoint.protocol(), failed);
  if (!failed) impl->acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) impl->acceptor.bind(endpoint, failed);
  if (!failed) impl->acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (failed)
    return base::Error{base::ErrorKind::unavailable, "cannot listen for SSH on " + where.address + ":" +
                                                         std::to_string(where.port) + ": " + failed.message()};
  impl->address = where.address;
  impl->accept();
  return std::unique_ptr<SshServer>(new SshServer(std::move(impl)));
}

SshServer::~SshServer() { stop(); }
const std::string& SshServer::address() const { return impl_->address; }
std::uint16_t SshServer::port() const {
  boost::system::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}
std::size_t SshServer::connections() const { return impl_->connections.size(); }

void SshServer::stop() {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  for (const auto& connection : std::set(impl_->connections)) connection->close();
}

}  // namespace ontap_sim
