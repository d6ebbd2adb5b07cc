#include "k8s-fake/kubeconfig.h"

#include <string>

#include "provisioner/base/text.h"

namespace k8s_fake {

base::Result<std::string> make_kubeconfig(const KubeconfigSpec& spec) {
  auto admin = base::http::issue(
      spec.authority,
      {.common_name = "system:admin", .organizations = {"system:masters"}, .names = {}, .client = true});
  if (!admin) return admin.error();
  const auto url = spec.server.find("://");
  const std::string host = url == std::string::npos ? spec.server : spec.server.substr(url + 3);
  const std::string oc_cluster = base::replace_all(host, ".", "-");
  std::string out = "apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: drydock\nclusters:\n";
  for (const auto& name : {std::string("drydock"), oc_cluster}) {
    out += "- name: " + name + "\n  cluster:\n    server: " + spec.server +
           "\n    certificate-authority-data: " + base::base64_encode(spec.authority.certificate_pem) + "\n";
  }
  out += "users:\n";
  for (const auto& name : {std::string("drydock"), "system:admin/" + oc_cluster}) {
    out += "- name: " + name +
           "\n  user:\n    client-certificate-data: " + base::base64_encode(admin->certificate_pem) +
           "\n    client-key-data: " + base::base64_encode(admin->key_pem) + "\n";
  }
  out += "contexts:\n- name: drydock\n  context: {cluster: drydock, user: drydock, namespace: " + spec.ns + "}\n";
  out += "- name: default/" + oc_cluster + "/system:admin\n  context: {cluster: '" + oc_cluster +
         "', user: 'system:admin/" + oc_cluster + "', namespace: default}\n";
  return out;
}

}  // namespace k8s_fake
