#include "tests/k8s-fake/server/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "provisioner/base/text.h"
#include "tests/support/paths.h"

ServerProcess::ServerProcess(std::vector<std::string> arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], 1);
    const std::string program = test_support::binary_dir() + "/bin/k8s-fake";
    std::vector<std::string> all = {program, "--listen", "127.0.0.1:0", "--insecure-listen", "127.0.0.1:0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> raw;
    for (auto& each : all) raw.push_back(each.data());
    raw.push_back(nullptr);
    ::execv(program.c_str(), raw.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string text;
  char c = 0;
  while (text.find("ready\n") == std::string::npos && ::read(ends[0], &c, 1) == 1) text += c;
  ::close(ends[0]);
  const std::string mark = "kubernetes-insecure http://127.0.0.1:";
  if (const auto at = text.find(mark); at != std::string::npos && text.find("ready\n") != std::string::npos) {
    port = static_cast<std::uint16_t>(std::atoi(text.c_str() + at + mark.size()));
  }
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) kill();
}

void ServerProcess::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

int ServerProcess::terminate() {
  int status = 0;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

std::size_t ServerProcess::resident_bytes() const {
  const auto text = base::read_file("/proc/" + std::to_string(pid_) + "/statm");
  if (!text) return 0;
  const auto parts = base::split(*text, ' ');
  return parts.size() < 2
             ? 0
             : base::parse_unsigned(parts[1]).value_or(0) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

Line::Line(std::uint16_t port) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
    return;
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Line::~Line() {
  if (socket_ >= 0) ::close(socket_);
}

bool Line::send(const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto sent = ::send(socket_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += static_cast<std::size_t>(sent);
  }
  return true;
}

bool Line::request(const std::string& method, const std::string& target, const std::string& body,
                   const std::string& type) {
  return send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool Line::more() {
  char buffer[65536];
  const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  read_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

Answer Line::head() {
  while (read_.find("\r\n\r\n") == std::string::npos)
    if (!more()) return {};
  const Answer out{std::atoi(read_.c_str() + 9), read_.substr(0, read_.find("\r\n\r\n"))};
  read_.erase(0, out.body.size() + 4);
  return out;
}

Answer Line::answer() {
  Answer out = head();
  const std::string mark = "content-length: ";
  const std::string lower = base::to_lower(out.body);
  const auto at = lower.find(mark);
  const std::size_t size =
      at == std::string::npos ? 0 : static_cast<std::size_t>(std::atoll(lower.c_str() + at + mark.size()));
  while (read_.size() < size)
    if (!more()) return {};
  out.body = read_.substr(0, size);
  read_.erase(0, size);
  return out;
}

std::string Line::some() {
  if (read_.empty()) more();
  return std::exchange(read_, {});
}

Answer Line::ask(const std::string& method, const std::string& target, const std::string& body,
                 const std::string& type) {
  return request(method, target, body, type) ? answer() : Answer{};
}
