// The bare HTTP server as a yardstick: a handler that answers a constant, many keep-alive connections, requests per second and
// latency. What any program built on the server achieves is at most this. The client is a plain epoll loop on its own thread.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/wire.h"

namespace {

using Steady = std::chrono::steady_clock;

struct Options {
  int connections = 64;
  int idle = 0;  // further connections that say nothing
  double seconds = 3;
  int body_bytes = 200;
};

int dial(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) return -1;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

/// Sends one request after the other on every connection and notes how long each took, in microseconds.
std::vector<double> drive(std::uint16_t port, const Options& options) {
  const std::string request = "GET /constant HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nUser-Agent: http_bench\r\n\r\n";
  struct Client {
    int fd = -1;
    std::size_t missing = 0;  // bytes of the answer; 0: its head is not there yet
    std::string head;
    Steady::time_point sent;
  };
  std::vector<Client> clients(static_cast<std::size_t>(options.connections));
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  const auto ask = [&request](Client& client) {
    client.sent = Steady::now();
    client.missing = 0;
    client.head.clear();
    return send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  };
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i].fd = dial(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    if (clients[i].fd < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd, &event) != 0 || !ask(clients[i])) return {};
  }
  std::vector<double> took;
  const auto end = Steady::now() + std::chrono::duration<double>(options.seconds);
  std::array<epoll_event, 256> events{};
  std::array<char, 64 * 1024> buffer{};
  while (Steady::now() < end) {
    const int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < ready; ++i) {
      Client& client = clients[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t got = recv(client.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) return {};
      auto bytes = static_cast<std::size_t>(got);
      if (client.missing == 0) {
        client.head.append(buffer.data(), bytes);
        const std::size_t body = client.head.find("\r\n\r\n");
        if (body == std::string::npos) continue;
        bytes = client.head.size() - body - 4;
        client.missing = static_cast<std::size_t>(options.body_bytes);
      }
      client.missing -= bytes;
      if (client.missing > 0) continue;
      took.push_back(std::chrono::duration<double, std::micro>(Steady::now() - client.sent).count());
      if (!ask(client)) return {};
    }
  }
  for (const Client& client : clients) close(client.fd);
  close(poll);
  return took;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Requests per second and latency of the bare HTTP server; prints one line of JSON."};
  Options options;
  app.add_option("--connections", options.connections, "busy keep-alive connections");
  app.add_option("--idle", options.idle, "further connections that say nothing");
  app.add_option("--seconds", options.seconds, "how long to measure");
  app.add_option("--body", options.body_bytes, "bytes of the answer's body")->check(CLI::Range(1, 1 << 24));
  CLI11_PARSE(app, argc, argv);

  boost::asio::io_context io(1);
  base::RealClock clock(io);
  const std::string body(static_cast<std::size_t>(options.body_bytes), 'x');
  auto server = base::http::Server::start(io, clock, {}, [&body](const base::http::Request&) {
    base::http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = body;
    return response;
  });
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::thread loop([&io] { io.run(); });
  std::vector<int> idle;
  for (int i = 0; i < options.idle; ++i) idle.push_back(dial((*server)->port()));
  std::vector<double> took = drive((*server)->port(), options);
  for (const int fd : idle) close(fd);
  boost::asio::post(io, [&server] { (*server)->stop(); });
  loop.join();
  if (took.empty()) {
    std::fprintf(stderr, "the server closed a connection\n");
    return 1;
  }
  std::ranges::sort(took);
  const auto at = [&took](double share) { return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))]; };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"bench\":\"http\",\"connections\":%d,\"idle\":%d,\"body_bytes\":%d,\"requests\":%zu,\"requests_per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f,\"max_rss_kib\":%ld}\n",
              options.connections, options.idle, options.body_bytes, took.size(), static_cast<double>(took.size()) / options.seconds, at(0.5), at(0.99), took.back(), usage.ru_maxrss);
  return 0;
}
