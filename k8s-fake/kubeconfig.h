#pragma once

#include <string>

#include "provisioner/base/http/tls.h"
#include "provisioner/base/result.h"

/// The kubeconfig of a lab: cluster, user and context "drydock" with the CA and an administrator's client certificate
/// (CN system:admin, O system:masters) embedded, and a second context under the name that oc looks for. Source:
/// kubernetes.md 6.1, 4.14.
namespace k8s_fake {

struct KubeconfigSpec {
  std::string server;  // "https://127.0.0.1:6443"
  base::http::KeyPair authority;
  std::string ns = "default";
};
base::Result<std::string> make_kubeconfig(const KubeconfigSpec& spec);

}  // namespace k8s_fake
