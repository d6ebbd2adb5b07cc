#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/log.h"
#include "provisioner/kube/config.h"

/// The launcher: brings the provisioner up inside a cluster. It runs a temporary server without a store
/// (pod trident-ephemeral), lets it make the volume for the provisioner's own data, makes claim and volume objects for
/// it, and then creates the Deployment. Source: provisioner specification 8.4 and 8.5; section 11, row 37.
namespace provisioner::installer {

struct LauncherConfig {
  std::string backend_json;     // text of backend.json
  std::string deployment_yaml;  // text of trident-deployment.yaml
  std::string volume_name = "trident";
  std::uint64_t volume_size = 1;  // GiB
  std::string pvc_name = "trident";
  std::string pv_name = "trident";
  base::Duration trident_timeout = std::chrono::seconds(10);
  base::Duration k8s_timeout = std::chrono::seconds(60);
  bool debug = false;
};

struct LauncherParts {
  base::Clock& clock;
  base::http::Transport& transport;
  base::Logger logger;
  kube::ApiServer api;  // own_namespace says where to install
};

/// The exit status: 1 when it could not even begin (bad deployment file, no API server), else 0, also after a failure
/// that the log explains: the pod is to show Completed, as 17.10.1's does.
boost::asio::awaitable<int> launch(LauncherConfig config, LauncherParts parts);

}  // namespace provisioner::installer
