#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// k8s-fake as a process with clear HTTP, and a blocking connection that says exactly what it is told to.
class ServerProcess {
 public:
  explicit ServerProcess(std::vector<std::string> arguments);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port = 0;  // 0: it did not start
  void kill();             // SIGKILL, and wait
  int terminate();         // SIGTERM; the exit code
  std::size_t resident_bytes() const;

 private:
  int pid_ = 0;
};

struct Answer {
  int status = 0;  // 0: the connection ended first
  std::string body;
};

class Line {
 public:
  explicit Line(std::uint16_t port);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  bool open() const { return socket_ >= 0; }
  bool send(const std::string& bytes);
  bool request(const std::string& method, const std::string& target, const std::string& body = {},
               const std::string& type = "application/json");
  Answer answer();
  /// Only the head of an answer whose body goes on.
  Answer head();
  /// Some bytes, or "" when the peer has closed.
  std::string some();
  Answer ask(const std::string& method, const std::string& target, const std::string& body = {},
             const std::string& type = "application/json");

 private:
  bool more();
  int socket_ = -1;
  std::string read_;
};
