#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "provisioner/base/http/transport.h"
#include "provisioner/base/result.h"

namespace base::http {
class WireTransport;
}

/// What the programs of our images need to know about the pod they run in. In the lab a pod is a process with an
/// address and a folder of its own; three variables that no real cluster sets say so: DRYDOCK_POD_IP (what localhost
/// means), DRYDOCK_POD_ROOT (put before absolute paths of the container), DRYDOCK_CONNECT_TO ("HOST:PORT=HOST:PORT,…":
/// what the pod can reach besides loopback addresses). Read by main functions only. Without them everything is as it
/// stands.
namespace provisioner {

struct Pod {
  std::string ip;
  std::string root;
  std::map<std::pair<std::string, std::uint16_t>, std::pair<std::string, std::uint16_t>> connect_to;
  bool restricted = false;  // other addresses are refused

  std::string path(const std::string& absolute) const;
  /// The address to listen on: "" is every interface, "localhost" the loopback one; the pod's own in the lab.
  std::string listen_address(const std::string& address) const;
  /// The URL with a loopback host replaced by the pod's address.
  std::string local_url(const std::string& url) const;
};
Pod pod_from_environment();
std::string environment(const std::string& name);
base::Result<std::string> read_text(const std::string& path);

/// "HOST:PORT=HOST:PORT"; IPv6 addresses in brackets. Errors: invalid.
base::Result<std::pair<std::pair<std::string, std::uint16_t>, std::pair<std::string, std::uint16_t>>> parse_connect_to(
    const std::string& rule);
base::Result<void> add_connect_to(base::http::WireTransport& transport, const std::string& rule);

/// The network as a pod of the lab sees it.
class PodTransport final : public base::http::Transport {
 public:
  /// Gives the pod's rules to `wire`.
  PodTransport(base::http::WireTransport& wire, Pod pod);
  boost::asio::awaitable<base::Result<base::http::Response>> send(base::http::Endpoint to, base::http::Request request,
                                                                  base::http::CallOptions options) override;

 private:
  base::http::WireTransport& wire_;
  Pod pod_;
};

/// The arguments after the program's name, "-name" and "-name=value" turned into "--name" (Go's flags accept both), in
/// the reverse order that CLI11 wants.
std::vector<std::string> two_dashes(int argc, char** argv);

}  // namespace provisioner
