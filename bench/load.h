#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// A client that loads an HTTP/1.1 server in clear on 127.0.0.1: one thread, an epoll loop, keep-alive connections with
/// one request under way each. It uses nothing of the servers it measures. Shapes: times in microseconds, sorted.
/// Errors: `problem` says what ended the run; answers outside 2xx are counted, not fatal.
namespace bench {

struct LoadPlan {
  std::uint16_t port = 0;
  int connections = 16;
  double seconds = 2;
  std::size_t requests_max = 0;                            // 0: as many as the time allows
  std::function<std::string(std::size_t number)> request;  // whole text of the request with this number, from 0
};

struct LoadResult {
  std::vector<double> took_us;
  std::size_t refused = 0;     // answers outside 2xx
  std::size_t body_bytes = 0;  // of the last answer
  double seconds = 0;
  std::string first_refusal;
  std::string problem;
  double per_second() const { return seconds > 0 ? static_cast<double>(took_us.size()) / seconds : 0; }
  double quantile_us(double share) const;
};

LoadResult drive(const LoadPlan& plan);
/// A connected socket, or -1.
int dial(std::uint16_t port);

}  // namespace bench
