#include "provisioner/pod.h"

#include <algorithm>
#include <cstdlib>

#include "provisioner/base/http/wire.h"
#include "provisioner/base/text.h"

namespace provisioner {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using HostPort = std::pair<std::string, std::uint16_t>;

Result<HostPort> parse_host_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : base::parse_unsigned(text.substr(colon + 1));
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (!port || *port == 0 || *port > 65535 || host.empty()) return Error{ErrorKind::invalid, "not HOST:PORT: " + text};
  return HostPort(host, static_cast<std::uint16_t>(*port));
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

Result<std::string> read_text(const std::string& path) {
  auto content = base::read_file(path);
  if (!content) return Error{ErrorKind::not_found, "could not read " + path};
  return *content;
}

Pod pod_from_environment() {
  Pod pod;
  pod.ip = environment("DRYDOCK_POD_IP");
  pod.root = environment("DRYDOCK_POD_ROOT");
  pod.restricted = !pod.ip.empty();
  const std::string rules = environment("DRYDOCK_CONNECT_TO");
  for (const std::string_view rule : base::split(rules, ',')) {
    if (rule.empty()) continue;
    if (auto parsed = parse_connect_to(std::string(rule))) pod.connect_to.insert(*parsed);
  }
  return pod;
}

std::string Pod::path(const std::string& absolute) const {
  return absolute.starts_with("/") ? root + absolute : absolute;
}

std::string Pod::listen_address(const std::string& address) const {
  if (!ip.empty() && (address.empty() || is_loopback(address))) return ip;
  if (address.empty()) return "0.0.0.0";
  return address == "localhost" ? "127.0.0.1" : address;
}

std::string Pod::local_url(const std::string& url) const {
  if (ip.empty()) return url;
  std::string out = url;
  for (const char* host : {"//127.0.0.1", "//localhost"}) out = base::replace_all(std::move(out), host, "//" + ip);
  return out;
}

Result<std::pair<HostPort, HostPort>> parse_connect_to(const std::string& rule) {
  const std::size_t equal = rule.find('=');
  if (equal == std::string::npos) return Error{ErrorKind::invalid, "not HOST:PORT=HOST:PORT: " + rule};
  const auto from = parse_host_port(rule.substr(0, equal));
  const auto to = parse_host_port(rule.substr(equal + 1));
  if (!from) return from.error();
  if (!to) return to.error();
  return std::pair(*from, *to);
}

Result<void> add_connect_to(base::http::WireTransport& transport, const std::string& rule) {
  const auto parsed = parse_connect_to(rule);
  if (!parsed) return parsed.error();
  transport.connect_to(parsed->first.first, parsed->first.second, parsed->second.first, parsed->second.second);
  return {};
}

PodTransport::PodTransport(base::http::WireTransport& wire, Pod pod) : wire_(wire), pod_(std::move(pod)) {
  for (const auto& [from, to] : pod_.connect_to) wire_.connect_to(from.first, from.second, to.first, to.second);
}

boost::asio::awaitable<Result<base::http::Response>> PodTransport::send(base::http::Endpoint to,
                                                                        base::http::Request request,
                                                                        base::http::CallOptions options) {
  if (pod_.restricted && !is_loopback(to.host) && !pod_.connect_to.contains({to.host, to.port})) {
    co_return Error{ErrorKind::unavailable,
                    "connect to " + to.host + ":" + std::to_string(to.port) + ": connection refused"};
  }
  co_return co_await wire_.send(std::move(to), std::move(request), options);
}

std::vector<std::string> two_dashes(int argc, char** argv) {
  std::vector<std::string> args;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word.size() > 2 && word[0] == '-' && word[1] != '-' && (word[1] < '0' || word[1] > '9')) word.insert(0, "-");
    args.push_back(std::move(word));
  }
  std::ranges::reverse(args);
  return args;
}

}  // namespace provisioner
