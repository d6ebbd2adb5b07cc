#include <httplib.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "provisioner/base/http/message.h"
#include "provisioner/base/random.h"
#include "provisioner/base/text.h"
#include "provisioner/tridentctl/cli.h"
#include "provisioner/tridentctl/process.h"

// The real Host of tridentctl: processes, cpp-httplib, files. DRYDOCK_POD_IP (never set on a real cluster) is what
// localhost means inside a pod of the lab.
namespace {

using provisioner::tridentctl::Host;
using provisioner::tridentctl::HttpAnswer;

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

std::string real_host(const std::string& host) {
  const std::string pod_ip = environment("DRYDOCK_POD_IP");
  const bool local = host.empty() || host == "localhost" || host == "127.0.0.1";
  if (local && !pod_ip.empty()) return pod_ip;
  return host.empty() ? "localhost" : host;
}

base::Result<HttpAnswer> call(const std::string& server, const std::string& method, const std::string& target,
                              const std::string& body) {
  const std::size_t colon = server.rfind(':');
  const auto port =
      colon == std::string::npos ? std::optional<std::uint64_t>(80) : base::parse_unsigned(server.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535)
    return base::Error{base::ErrorKind::invalid, "not a server address: " + server};
  std::string host = server.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  httplib::Client client(real_host(host), static_cast<int>(*port));
  client.set_connection_timeout(30);
  client.set_read_timeout(30);
  client.set_write_timeout(30);
  httplib::Request request;
  request.method = method;
  request.path = target;
  request.body = body;
  if (!body.empty()) request.set_header("Content-Type", "application/json");
  static const std::string operation = base::Rng(base::seed_from_system()).uuid();  // all calls of one command
  request.set_header("X-Request-Id", operation);
  const httplib::Result got = client.send(request);
  if (!got)
    return base::Error{base::ErrorKind::unavailable,
                       method + " http://" + server + target + ": " + httplib::to_string(got.error())};
  return HttpAnswer{got->status, std::string(base::http::reason_phrase(got->status)), got->body,
                    got->get_header_value("X-Request-Id")};
}

base::Result<std::string> read_file(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  auto content = base::read_file(path);
  if (!content) return base::Error{base::ErrorKind::not_found, "could not read file " + path};
  return *content;
}

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H-%M-%S-%Z", &parts)};
}

void print(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Host host;
  host.run = provisioner::tridentctl::run_process;
  host.http = call;
  host.environment = environment;
  host.read_file = read_file;
  host.write_file = [](const std::string& path, const std::string& content) { return base::write_file(path, content); };
  host.local_time = local_time;
  host.sleep = [](int seconds) {
    timespec left{seconds, 0};
    while (nanosleep(&left, &left) != 0) {
    }
  };
  host.out = [](const std::string& text) { print(stdout, text); };
  host.err = [](const std::string& text) { print(stderr, text); };
  try {
    return provisioner::tridentctl::run(std::vector<std::string>(argv + 1, argv + argc), host);
  } catch (const std::exception& failure) {
    host.err(std::string("Error: ") + failure.what() + "\n");
    return 1;
  }
}
