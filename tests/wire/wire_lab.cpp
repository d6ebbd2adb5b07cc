#include "tests/wire/wire_lab.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>

namespace wire_lab {

namespace asio = boost::asio;

const Identities& identities() {
  static const Identities made = [] {
    Identities out;
    out.authority = *http::make_authority("wire test CA");
    out.server = *http::issue(out.authority,
                              {.common_name = "server", .organizations = {}, .names = {"localhost", "127.0.0.1"}});
    out.client = *http::issue(out.authority,
                              {.common_name = "alice", .organizations = {"devs", "ops"}, .names = {}, .client = true});
    return out;
  }();
  return made;
}

struct ServerThread::Loop {
  asio::io_context io;
  base::RealClock clock{io};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::unique_ptr<http::Server> server;
};

ServerThread::ServerThread(http::ServerOptions options, http::Handler handler) : loop_(std::make_unique<Loop>()) {
  auto started = http::Server::start(loop_->io, loop_->clock, std::move(options), std::move(handler));
  CHECK(started);
  loop_->server = std::move(*started);
  port_ = loop_->server->port();
  thread_ = std::thread([loop = loop_.get()] { loop->io.run(); });
}

std::size_t ServerThread::connections() {
  std::promise<std::size_t> answer;
  asio::post(loop_->io, [&] { answer.set_value(loop_->server->connections()); });
  return answer.get_future().get();
}

void ServerThread::stop() {
  asio::post(loop_->io, [loop = loop_.get()] { loop->server->stop(); });
}

ServerThread::~ServerThread() {
  stop();
  loop_->work.reset();
  thread_.join();  // ends only if stopping leaves the loop nothing to do
  loop_->server.reset();
}

RawClient::RawClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0);
}
RawClient::~RawClient() { close(fd_); }

void RawClient::send(const std::string& bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t sent = ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has closed: what it said is checked by the caller
    at += static_cast<std::size_t>(sent);
  }
}

void RawClient::finish_sending() { shutdown(fd_, SHUT_WR); }

std::string RawClient::read_until(const std::string& marker) {
  while (seen_.find(marker) == std::string::npos) {
    pollfd one{fd_, POLLIN, 0};
    if (poll(&one, 1, 5000) != 1) break;
    std::array<char, 4096> buffer{};
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    seen_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const std::size_t at = seen_.find(marker);
  const std::size_t end = at == std::string::npos ? seen_.size() : at + marker.size();
  std::string out = seen_.substr(0, end);
  seen_.erase(0, end);
  return out;
}

std::string RawClient::read_all(bool& closed) {
  closed = false;
  while (true) {
    pollfd one{fd_, POLLIN, 0};
    if (poll(&one, 1, 5000) != 1) break;
    std::array<char, 4096> buffer{};
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      closed = true;
      break;
    }
    seen_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return std::exchange(seen_, {});
}

}  // namespace wire_lab
