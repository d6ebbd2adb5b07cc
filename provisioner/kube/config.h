#pragma once

#include <functional>
#include <string>

#include "provisioner/base/http/transport.h"
#include "provisioner/base/result.h"

/// Where the Kubernetes API is and who we are there. Errors: invalid (naming what is missing or malformed).
/// Source: the service account files of a pod, kubeconfig v1, the flags of provisioner specification 1.2.
namespace provisioner::kube {

/// Reads a file, or says why it cannot.
using FileReader = std::function<base::Result<std::string>(const std::string& path)>;
/// An environment variable, "" when not set.
using Environment = std::function<std::string(const std::string& name)>;

struct ApiServer {
  base::http::Endpoint endpoint;
  std::string path_prefix;             // before /api, without a slash at the end
  std::function<std::string()> token;  // asked for every call, since tokens rotate; empty: none
  std::string basic;                   // "user:password", rarely used
  std::string own_namespace;           // "" when not known
};

/// A pod's: KUBERNETES_SERVICE_HOST and _PORT, and the files below `root`/var/run/secrets/kubernetes.io/serviceaccount.
base::Result<ApiServer> in_cluster(const FileReader& read, const Environment& environment, const std::string& root);
/// The current context of a kubeconfig. File names in it are relative to `folder`.
base::Result<ApiServer> from_kubeconfig(const std::string& text, const FileReader& read, const std::string& folder);
/// A kubeconfig file; `address`, when not empty, replaces the server in it.
base::Result<ApiServer> from_kubeconfig_file(const FileReader& read, const std::string& path,
                                             const std::string& address);
/// `-k8s_api_server`: an URL, or host:port in clear.
base::Result<ApiServer> from_address(const std::string& address);

}  // namespace provisioner::kube
