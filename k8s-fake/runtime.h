#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/callouts.h"
#include "k8s-fake/kubelet/node_server.h"
#include "k8s-fake/kubelet/process.h"
#include "k8s-fake/kubelet/storage_hooks.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/log.h"

/// The moving half of the cluster: every controller, the scheduler and the kubelets of all nodes, as clients of the
/// API. Start it once the API answers; stop it, then let the loop run until stopped() before anything it uses dies.
namespace k8s_fake {

struct RuntimeNode {
  std::string name = "drydock-node-1";
  std::string address = {};  // "": made up from its place in the list
  std::map<std::string, std::string> labels;
  std::string cpu = "4";
  std::string memory = "8Gi";
  std::string pods = "110";
};

struct RuntimeConfig {
  base::http::Endpoint api;            // how the controllers reach the API
  std::string token;                   // a bearer token of group system:masters
  std::string ca_pem;                  // for kube-root-ca.crt and the pods' ca.crt
  int minor = 32;                      // the server version's minor number: wording and columns follow it
  std::string api_host = "127.0.0.1";  // KUBERNETES_SERVICE_HOST and _PORT of pods
  std::uint16_t api_port = 6443;
  std::vector<RuntimeNode> nodes = {RuntimeNode{}};
  std::set<std::string> missing_images;           // their pull fails
  std::map<std::string, std::string> behaviours;  // image -> "busybox", "nginx", "etcd" or "pause"
  bool kubelet = true;
  bool attach_csi = true;  // play the external-attacher for drivers that have none
  bool resize = false;     // play the external-resizer
  std::string folder;      // pods' folders on the host; "" = none (in memory)
  /// Dial another address for a host and port (WireTransport::connect_to). Empty: the transport knows addresses only.
  std::function<void(const std::string& host, std::uint16_t port, const std::string& other, std::uint16_t other_port)>
      connect_to = {};
  base::Duration pull_time = std::chrono::milliseconds(20);
  base::Duration start_time = std::chrono::milliseconds(5);
};

class Runtime {
 public:
  Runtime(boost::asio::any_io_executor executor, base::Clock& clock, base::http::Transport& transport,
          RuntimeConfig config, StorageHooks hooks, Images images, std::uint64_t seed, base::Logger log);
  ~Runtime();
  void start();
  /// Only these controllers, by name, and no garbage collector.
  void start_only(const std::set<std::string>& controllers);
  void stop();
  bool stopped() const;
  /// Log, exec, attach and port-forward of a pod.
  void set_node_down(const std::string& node, bool down);
  /// Carries a request of the API server's own: Fake::set_call_out.
  void call_out(CallOut out, std::function<void(Heard)> done);
  base::http::Response pod_stream(const base::http::Request& request, const nlohmann::json& pod,
                                  const std::string& subresource);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace k8s_fake
