#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/log.h"
#include "provisioner/base/random.h"
#include "provisioner/core/orchestrator.h"
#include "provisioner/kube/config.h"
#include "provisioner/store/store.h"

/// The whole provisioner as one task: core, REST and Kubernetes frontend, started and ended in order. The same function
/// runs in memory under a virtual clock and in trident_orchestrator. Source: provisioner specification 1.2 and 2.5.
namespace provisioner {

struct ServerConfig {
  std::string version = "17.10.1";
  std::string build_time = "unknown";
  std::string host_name = "unknown";
  std::string rest_address = "localhost";  // "" : every interface
  std::uint16_t rest_port = 8000;
  Placement placement = Placement::uniform;
  std::string rest_token;                     // "": the REST interface asks for none
  std::optional<kube::ApiServer> kubernetes;  // none: REST only
  std::string secret_key;                     // encrypts passwords in the store
  /// Several replicas on one store: only the holder of a Kubernetes Lease acts, and run() ends with 1 when it loses it.
  bool leader_election = false;
  std::string lease_namespace;  // "": the pod's own, or "default"
  base::Duration lease_duration = std::chrono::seconds(15);
  std::string identity;  // of this process in the lease; "": host name and a random part
  /// How long a call of an earlier instance may still be under way on an array; what is undone at start is undone again
  /// then.
  base::Duration late_calls = {};
};

struct ServerParts {
  base::Clock& clock;
  base::http::Transport& transport;
  base::Rng rng;
  base::Logger logger;
  Store& store;
  /// Opens the REST listener; it closes when the returned value goes. Errors: unavailable.
  std::function<base::Result<std::shared_ptr<void>>(std::string address, std::uint16_t port,
                                                    base::http::Handler handler)>
      listen;
  /// Notified when the server is to end in order; null: it runs until cancelled.
  base::Signal* stop = nullptr;
};

/// The exit status: 0 after an orderly end, 1 after a fatal error, which was logged. REST listens before the core has
/// started and says 503 until then. Cancellation ends everything that was started and returns too.
boost::asio::awaitable<int> run(ServerConfig config, ServerParts parts);

}  // namespace provisioner
