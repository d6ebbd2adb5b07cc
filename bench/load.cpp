#include "bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

namespace bench {

namespace {

using Steady = std::chrono::steady_clock;

/// What has arrived of one answer; knows when it is complete.
struct Answer {
  std::string text;
  std::size_t body_at = 0;  // 0: the head is not complete
  std::size_t length = 0;
  bool chunked = false;

  /// 0 while more must come; else the size of head and body.
  std::size_t complete() {
    if (body_at == 0) {
      const std::size_t head_end = text.find("\r\n\r\n");
      if (head_end == std::string::npos) return 0;
      body_at = head_end + 4;
      read_head(std::string_view(text).substr(0, head_end + 2));
    }
    if (chunked) return text.size() >= body_at + 5 && text.ends_with("0\r\n\r\n") ? text.size() : 0;
    return text.size() >= body_at + length ? body_at + length : 0;
  }
  bool good() const { return text.size() > 9 && text[9] == '2'; }
  void clear() { *this = Answer{}; }

 private:
  void read_head(std::string_view head) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();
         at = head.find("\r\n", at + 2)) {
      const std::string_view line = head.substr(at + 2);
      if (strncasecmp(line.data(), "content-length:", std::min<std::size_t>(line.size(), 15)) == 0) {
        std::size_t from = 15;
        while (from < line.size() && line[from] == ' ') ++from;
        std::from_chars(line.data() + from, line.data() + line.size(), length);
      }
      if (strncasecmp(line.data(), "transfer-encoding: chunked", std::min<std::size_t>(line.size(), 26)) == 0)
        chunked = true;
    }
  }
};

struct Client {
  int fd = -1;
  Answer answer;
  Steady::time_point sent;
};

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (done <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

/// The run itself: every answer is followed by the next request on its connection.
class Run {
 public:
  Run(const LoadPlan& plan, LoadResult& result) : plan_(plan), result_(result), poll_(epoll_create1(EPOLL_CLOEXEC)) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    for (const Client& client : clients_) {
      if (client.fd >= 0) close(client.fd);
    }
    close(poll_);
  }

  void run() {
    clients_.resize(static_cast<std::size_t>(plan_.connections));
    const auto start = Steady::now();
    for (std::size_t i = 0; i < clients_.size() && result_.problem.empty(); ++i) {
      clients_[i].fd = dial(plan_.port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      if (clients_[i].fd < 0 || epoll_ctl(poll_, EPOLL_CTL_ADD, clients_[i].fd, &event) != 0)
        result_.problem = "cannot connect";
      else ask(clients_[i]);
    }
    const auto end = start + std::chrono::duration<double>(plan_.seconds);
    std::array<epoll_event, 256> events{};
    while (result_.problem.empty() && Steady::now() < end && under_way_ > 0) {
      const int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < ready && result_.problem.empty(); ++i)
        receive(clients_[events[static_cast<std::size_t>(i)].data.u64]);
    }
    result_.seconds = std::chrono::duration<double>(Steady::now() - start).count();
  }

 private:
  void ask(Client& client) {
    if (plan_.requests_max > 0 && next_ == plan_.requests_max) return;
    client.answer.clear();
    const std::string text = plan_.request(next_++);
    client.sent = Steady::now();
    if (!send_all(client.fd, text)) result_.problem = "the server closed a connection";
    else ++under_way_;
  }
  void receive(Client& client) {
    const ssize_t got = recv(client.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got <= 0) {
      result_.problem = "the server closed a connection";
      return;
    }
    client.answer.text.append(buffer_.data(), static_cast<std::size_t>(got));
    const std::size_t size = client.answer.complete();
    if (size == 0) return;
    --under_way_;
    result_.took_us.push_back(std::chrono::duration<double, std::micro>(Steady::now() - client.sent).count());
    result_.body_bytes = size - client.answer.body_at;
    if (!client.answer.good()) {
      if (result_.refused++ == 0) result_.first_refusal = client.answer.text.substr(0, 600);
    }
    ask(client);
  }

  const LoadPlan& plan_;
  LoadResult& result_;
  int poll_;
  std::vector<Client> clients_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::array<char, 256 * 1024> buffer_{};
};

}  // namespace

int dial(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

double LoadResult::quantile_us(double share) const {
  return took_us.empty() ? 0 : took_us[static_cast<std::size_t>(share * static_cast<double>(took_us.size() - 1))];
}

LoadResult drive(const LoadPlan& plan) {
  LoadResult result;
  Run(plan, result).run();
  std::ranges::sort(result.took_us);
  if (result.took_us.empty() && result.problem.empty()) result.problem = "no answer in time";
  return result;
}

}  // namespace bench
