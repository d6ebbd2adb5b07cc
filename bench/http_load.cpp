// Loads any HTTP/1.1 server in clear and prints one line of JSON. {n} in the path and the body is the request's number.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "bench/load.h"

namespace {

std::string with_number(const std::string& text, std::size_t number) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find("{n}"); at != std::string::npos; at = text.find("{n}", from)) {
    out.append(text, from, at - from);
    out += std::to_string(number);
    from = at + 3;
  }
  return out.append(text, from);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Loads an HTTP server on 127.0.0.1 and prints requests per second and latency as one line of JSON."};
  bench::LoadPlan plan;
  std::string method = "GET";
  std::string path = "/";
  std::string body_file;
  std::vector<std::string> headers;
  std::size_t first = 0;
  std::size_t wrap = 0;
  app.add_option("--port", plan.port, "where the server listens")->required();
  app.add_option("--method", method, "HTTP method")->capture_default_str();
  app.add_option("--path", path, "path; {n} is the request's number")->capture_default_str();
  app.add_option("--header", headers, "further headers, Name: value");
  app.add_option("--body", body_file, "file with the body; {n} is the request's number");
  app.add_option("--first", first, "number of the first request");
  app.add_option("--wrap", wrap, "numbers start again after so many; 0: never");
  app.add_option("--connections", plan.connections, "keep-alive connections")->capture_default_str();
  app.add_option("--seconds", plan.seconds, "how long at most")->capture_default_str();
  app.add_option("--requests", plan.requests_max, "how many at most; 0: any");
  CLI11_PARSE(app, argc, argv);

  std::string body;
  if (!body_file.empty()) {
    std::ifstream in(body_file);
    if (!in) {
      std::fprintf(stderr, "cannot read %s\n", body_file.c_str());
      return 2;
    }
    body.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::string fixed = "Host: 127.0.0.1\r\n";
  for (const std::string& header : headers) fixed += header + "\r\n";
  plan.request = [&](std::size_t count) {
    const std::size_t number = first + (wrap > 0 ? count % wrap : count);
    const std::string text = with_number(body, number);
    return method + " " + with_number(path, number) + " HTTP/1.1\r\n" + fixed +
           "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  };
  const bench::LoadResult result = bench::drive(plan);
  if (!result.problem.empty()) std::fprintf(stderr, "%s\n", result.problem.c_str());
  if (result.refused > 0)
    std::fprintf(stderr, "%zu answers outside 2xx, the first: %s\n", result.refused, result.first_refusal.c_str());
  std::printf(
      "{\"requests\":%zu,\"refused\":%zu,\"body_bytes\":%zu,\"per_second\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_"
      "us\":%.1f}\n",
      result.took_us.size(), result.refused, result.body_bytes, result.per_second(), result.quantile_us(0.5),
      result.quantile_us(0.99), result.quantile_us(1));
  return result.problem.empty() ? 0 : 1;
}
