#pragma once

#include <map>
#include <memory>

#include "k8s-fake/kubelet/pod.h"
#include "provisioner/base/http/message.h"

/// The nodes of the lab and the pods on them: registers the nodes, keeps their leases, lives every pod's life, answers
/// for log, exec, attach and port-forward. Source: kubernetes specification 4.7, 5.8 to 5.10.
namespace k8s_fake::control {

class Kubelet {
 public:
  Kubelet(boost::asio::any_io_executor executor, base::Clock& clock, Cluster& cluster, Events& events,
          base::TaskGroup& tasks, base::http::Transport& transport, const RuntimeConfig& config,
          const StorageHooks& hooks, Images images);
  void start();
  void stop();
  bool stopped() const;
  base::http::Response stream(const base::http::Request& request, const Json& pod, const std::string& subresource);
  /// A node that is down renews no lease and starts nothing; its processes are lost.
  void set_node_down(const std::string& node, bool down);

 private:
  void pod_changed(const Object& old, const Object& now);
  const RuntimeNode* node_of(const Json& pod) const;
  boost::asio::awaitable<void> keep_node(RuntimeNode node);
  boost::asio::awaitable<void> register_node(RuntimeNode node);
  boost::asio::awaitable<void> end_pod(std::shared_ptr<Pod> pod);
  base::http::Response log(const base::http::Request& request, const Json& pod);
  base::http::Response exec(const base::http::Request& request, const Json& pod, bool attach);
  base::http::Response forward(const base::http::Request& request, const Json& pod);
  /// The Host header names the pod's address and port; peer.tls asks for HTTPS.
  base::http::Response proxy(const base::http::Request& request, const Json& pod);
  base::Result<Container*, base::http::Response> choose(const Json& pod, const std::string& name);

  RuntimeConfig config_;
  base::Clock& clock_;
  Cluster& cluster_;
  Events& events_;
  base::TaskGroup& tasks_;
  ImageCatalogue images_;
  Processes processes_;
  base::TaskGroup pumps_;
  base::TaskGroup sessions_;
  PodWorld world_;
  std::map<std::string, std::shared_ptr<Pod>> pods_;  // by uid
  std::set<std::string> down_;
};

}  // namespace k8s_fake::control
