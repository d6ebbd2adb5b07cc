// The bare HTTP server as a yardstick: a handler that answers a constant, many keep-alive connections, requests per
// second and latency. What any program built on the server achieves is at most this. The client is a plain epoll loop
// on its own thread (load.h).
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/load.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/http/wire.h"

int main(int argc, char** argv) {
  CLI::App app{"Requests per second and latency of the bare HTTP server; prints one line of JSON."};
  bench::LoadPlan plan;
  plan.connections = 64;
  plan.seconds = 3;
  int idle_count = 0;
  int body_bytes = 200;
  int request_bytes = 0;
  app.add_option("--connections", plan.connections, "busy keep-alive connections");
  app.add_option("--idle", idle_count, "further connections that say nothing");
  app.add_option("--seconds", plan.seconds, "how long to measure");
  app.add_option("--body", body_bytes, "bytes of the answer's body")->check(CLI::Range(1, 1 << 24));
  app.add_option("--post", request_bytes, "bytes of the request's body; 0: GET")->check(CLI::Range(0, 1 << 24));
  CLI11_PARSE(app, argc, argv);

  boost::asio::io_context io(1);
  base::RealClock clock(io);
  const std::string body(static_cast<std::size_t>(body_bytes), 'x');
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
  for (int i = 0; i < idle_count; ++i) idle.push_back(bench::dial((*server)->port()));
  plan.port = (*server)->port();
  std::string request = std::string(request_bytes > 0 ? "POST" : "GET") +
                        " /constant HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nUser-Agent: http_bench\r\n";
  if (request_bytes > 0) request += "Content-Length: " + std::to_string(request_bytes) + "\r\n";
  request += "\r\n" + std::string(static_cast<std::size_t>(request_bytes), 'y');
  plan.request = [&request](std::size_t) { return request; };
  const bench::LoadResult result = bench::drive(plan);
  for (const int fd : idle) close(fd);
  boost::asio::post(io, [&server] { (*server)->stop(); });
  loop.join();
  if (!result.problem.empty()) {
    std::fprintf(stderr, "%s\n", result.problem.c_str());
    return 1;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"bench\":\"http\",\"connections\":%d,\"idle\":%d,\"body_bytes\":%d,\"requests\":%zu,\"per_second\":%.0f,\"p50_"
      "us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f,\"max_rss_kib\":%ld}\n",
      plan.connections, idle_count, body_bytes, result.took_us.size(), result.per_second(), result.quantile_us(0.5),
      result.quantile_us(0.99), result.quantile_us(1), usage.ru_maxrss);
  return 0;
}
