#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "k8s-fake/callouts.h"
#include "k8s-fake/config.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/log.h"

/// A Kubernetes API server as a function over plain state. Serve `handler()` behind any transport: it authenticates by
/// client certificate (Peer::certificate) or bearer token and evaluates RBAC. `insecure_handler()` asks nobody.
/// Controllers and kubelet are ordinary clients with tokens of their own (`client_token`).
namespace k8s_fake {

struct Server;
class State;
class LabDoor;

class Fake {
 public:
  Fake(boost::asio::any_io_executor executor, base::Clock& clock, Config config, std::uint64_t seed,
       base::Logger logger);
  ~Fake();
  Fake(const Fake&) = delete;
  Fake& operator=(const Fake&) = delete;

  base::http::Response handle(const base::http::Request& request);
  base::http::Response handle_insecure(const base::http::Request& request);
  base::http::Handler handler();
  base::http::Handler insecure_handler();

  /// Why the cluster could not be found in Config::state_dir; "" if nothing is wrong.
  const std::string& problem() const { return problem_; }
  /// What is kept with the state, or nullptr without one.
  State* state() { return state_.get(); }
  /// Faults and the paths below /drydock/v1.
  LabDoor& lab_door() { return *lab_door_; }

  /// A bearer token of group system:masters.
  const std::string& admin_token() const;
  /// A bearer token for a component such as "system:kube-scheduler"; may do anything.
  std::string client_token(const std::string& user);
  /// Tells the server where it is reached ("127.0.0.1:6443"): discovery, its own service and endpoints follow.
  void set_address(const std::string& host_port);
  /// Who answers log, exec, attach and port-forward of pods (kubelet/node_server.h).
  void set_pod_streams(std::function<base::http::Response(const base::http::Request& request, const nlohmann::json& pod,
                                                          const std::string& subresource)>
                           handler);
  /// Who carries the server's own requests to webhooks (Runtime::call_out). Without: they cannot be called.
  void set_call_out(std::function<void(CallOut out, std::function<void(Heard)> done)> call_out);
  /// The authority that pods find in their service account's ca.crt.
  void set_ca(const std::string& pem);
  /// For kubelet and controllers that need what is not an API: the clock they share and the settings.
  const Config& config() const;
  Server& server() { return *server_; }

 private:
  std::string problem_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<LabDoor> lab_door_;
  base::http::Handler checked_, unchecked_;
  boost::asio::any_io_executor executor_;
};

}  // namespace k8s_fake
