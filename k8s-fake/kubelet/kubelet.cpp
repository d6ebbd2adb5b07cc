#include "k8s-fake/kubelet/kubelet.h"

#include "k8s-fake/controllers/resources.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

std::string version_text(int minor) { return minor == 6 ? "v1.6.1+5115d708d7" : "v1." + std::to_string(minor) + ".0"; }

Json node_conditions(const std::string& now, const Json& before) {
  Json holder{{"conditions", before.is_array() ? before : Json::array()}};
  struct Row {
    const char* type;
    bool value;
    const char* reason;
    const char* message;
  };
  static constexpr Row kRows[] = {
      {"MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"},
      {"DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
      {"PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
      {"Ready", true, "KubeletReady", "kubelet is posting ready status"}};
  for (const Row& row : kRows) set_condition(holder, row.type, row.value, row.reason, row.message, now);
  for (Json& one : holder["conditions"]) one["lastHeartbeatTime"] = now;
  return holder["conditions"];
}

Json node_status(const RuntimeNode& node, const RuntimeConfig& config, const std::string& now, const Json& before) {
  const Json resources{{"cpu", node.cpu},
                       {"memory", node.memory},
                       {"pods", node.pods},
                       {"ephemeral-storage", "40Gi"},
                       {"hugepages-2Mi", "0"}};
  const std::string id = sha256_hex(node.name).substr(0, 32);
  Json status = before.is_object() ? before : Json::object();
  status["capacity"] = resources;
  status["allocatable"] = resources;
  status["addresses"] = Json::array(
      {{{"type", "InternalIP"}, {"address", node.address}}, {{"type", "Hostname"}, {"address", node.name}}});
  status["conditions"] = node_conditions(now, at(before, "/conditions"));
  status["daemonEndpoints"]["kubeletEndpoint"]["Port"] = 10250;
  status["nodeInfo"] = {{"machineID", id},
                        {"systemUUID", id},
                        {"bootID", id},
                        {"kernelVersion", "6.1.0"},
                        {"osImage", "Debian GNU/Linux 12 (bookworm)"},
                        {"containerRuntimeVersion", config.minor >= 24 ? "containerd://1.7.27" : "docker://17.10.0-ce"},
                        {"kubeletVersion", version_text(config.minor)},
                        {"kubeProxyVersion", version_text(config.minor)},
                        {"operatingSystem", "linux"},
                        {"architecture", "amd64"}};
  return status;
}

}  // namespace

Kubelet::Kubelet(asio::any_io_executor executor, base::Clock& clock, Cluster& cluster, Events& events,
                 base::TaskGroup& tasks, base::http::Transport& transport, const RuntimeConfig& config,
                 const StorageHooks& hooks, Images images)
    : config_(config),
      clock_(clock),
      cluster_(cluster),
      events_(events),
      tasks_(tasks),
      images_(std::move(images), config.behaviours, config.missing_images, hooks),
      processes_(executor, clock),
      pumps_(executor),
      sessions_(executor),
      world_{executor, clock, cluster, events, transport, config_, hooks, images_, processes_, pumps_, {}, {}, {}} {
  for (std::size_t i = 0; i < config_.nodes.size(); ++i) {
    if (config_.nodes[i].address.empty()) config_.nodes[i].address = "10.0.2." + std::to_string(15 + i);
  }
  cluster.follow(resources::pods, [this](const Object& old, const Object& now) { pod_changed(old, now); });
  cluster.follow(resources::nodes, nullptr);
  cluster.follow(resources::csi_drivers, nullptr);
  cluster.follow(resources::attachments, nullptr);
}

void Kubelet::start() {
  for (const RuntimeNode& node : config_.nodes) tasks_.spawn(keep_node(node));
}

void Kubelet::stop() {
  for (const auto& [uid, pod] : pods_) pod->life.stop();
  sessions_.stop();
  processes_.kill_all();
  pumps_.stop();
}

bool Kubelet::stopped() const {
  for (const auto& [uid, pod] : pods_) {
    if (pod->life.size() > 0) return false;
  }
  return sessions_.size() == 0 && processes_.size() == 0 && pumps_.size() == 0;
}

void Kubelet::set_node_down(const std::string& node, bool down) {
  if (down) down_.insert(node);
  else down_.erase(node);
}

const RuntimeNode* Kubelet::node_of(const Json& pod) const {
  const std::string name = text(pod, "/spec/nodeName");
  for (const RuntimeNode& node : config_.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

void Kubelet::pod_changed(const Object& old, const Object& now) {
  const Json& any = now ? *now : *old;
  const auto known = pods_.find(uid_of(any));
  if (!now) {
    if (known == pods_.end()) return;
    known->second->force();
    if (!std::exchange(known->second->terminating, true)) tasks_.spawn(end_pod(known->second));
    return;
  }
  if (known != pods_.end()) {
    known->second->update(now);
    if (deleting(*now) && !std::exchange(known->second->terminating, true)) tasks_.spawn(end_pod(known->second));
    return;
  }
  const RuntimeNode* node = node_of(*now);
  const std::string phase = text(*now, "/status/phase");
  if (!node || down_.contains(node->name)) return;
  const bool over = phase == "Succeeded" || phase == "Failed";
  if (over && !deleting(*now)) return;
  auto pod = std::make_shared<Pod>(world_, *node, now);
  pods_[uid_of(*now)] = pod;
  if (deleting(*now)) {
    pod->terminating = true;
    tasks_.spawn(end_pod(pod));
  } else {
    pod->life.spawn(pod->live());
  }
}

asio::awaitable<void> Kubelet::end_pod(std::shared_ptr<Pod> pod) {
  co_await pod->terminate();
  pods_.erase(uid_of(*pod->object));
}

asio::awaitable<void> Kubelet::register_node(RuntimeNode node) {
  for (;;) {
    const auto existing = co_await cluster_.client().get(resources::nodes, "", node.name);
    if (existing) break;
    Json labels{{"kubernetes.io/hostname", node.name},
                {"kubernetes.io/os", "linux"},
                {"kubernetes.io/arch", "amd64"},
                {"beta.kubernetes.io/os", "linux"},
                {"beta.kubernetes.io/arch", "amd64"}};
    for (const auto& [name, value] : node.labels) labels[name] = value;
    const Json object{{"metadata",
                       {{"name", node.name},
                        {"labels", labels},
                        {"annotations",
                         {{"node.alpha.kubernetes.io/ttl", "0"},
                          {"volumes.kubernetes.io/controller-managed-attach-detach", "true"}}}}},
                      {"spec", Json::object()}};
    const auto made = co_await cluster_.create(resources::nodes, object);
    if (made || made.error().already_exists()) break;
    co_await base::sleep_for(clock_, 1s);
  }
  for (;;) {
    const RuntimeNode wanted = node;
    const RuntimeConfig* config = &config_;
    const std::string now = base::to_rfc3339(clock_.now());
    const std::function<bool(Json&)> change = [wanted, config, now](Json& object) {
      object["status"] = node_status(wanted, *config, now, at(object, "/status"));
      return true;
    };
    const auto written = co_await cluster_.modify(resources::nodes, "", node.name, "status", change);
    if (written) break;
    co_await base::sleep_for(clock_, 1s);
  }
  const auto ready = co_await cluster_.modify(resources::nodes, "", node.name, "", [](Json& object) {
    if (at(object, "/spec/taints").empty()) return false;
    Json kept = Json::array();
    for (const Json& taint : object["spec"]["taints"]) {
      const std::string key = text(taint, "/key");
      if (key != "node.kubernetes.io/not-ready" && key != "node.kubernetes.io/unreachable") kept.push_back(taint);
    }
    if (kept == object["spec"]["taints"]) return false;
    object["spec"]["taints"] = kept;
    if (kept.empty()) object["spec"].erase("taints");
    return true;
  });
  if (!ready) co_await base::sleep_for(clock_, 0s);
}

asio::awaitable<void> Kubelet::keep_node(RuntimeNode node) {
  bool registered = false;
  for (;;) {
    if (down_.contains(node.name)) {
      registered = false;
      co_await base::sleep_for(clock_, 1s);
      continue;
    }
    if (!registered) co_await register_node(node);
    registered = true;
    const std::string now = base::to_rfc3339_micro(clock_.now());
    const Json renew{{"spec", {{"renewTime", now}}}};
    const auto renewed =
        co_await cluster_.client().patch(resources::leases, "kube-node-lease", node.name, "", renew, PatchType::merge);
    if (!renewed && renewed.error().not_found()) {
      const Object known = cluster_.find(resources::nodes, "", node.name);
      const Json owner{
          {"apiVersion", "v1"}, {"kind", "Node"}, {"name", node.name}, {"uid", known ? uid_of(*known) : ""}};
      Json lease{{"metadata", {{"name", node.name}, {"namespace", "kube-node-lease"}}},
                 {"spec", {{"holderIdentity", node.name}, {"leaseDurationSeconds", 40}, {"renewTime", now}}}};
      if (known) lease["metadata"]["ownerReferences"] = Json::array({owner});
      const auto made = co_await cluster_.client().create(resources::leases, lease);
      // Before 1.13 there is no namespace for leases: the node's status is the heartbeat.
      if (!made && made.error().not_found()) {
        const std::string beat = base::to_rfc3339(clock_.now());
        const std::function<bool(Json&)> change = [beat](Json& object) {
          for (Json& one : object["status"]["conditions"]) one["lastHeartbeatTime"] = beat;
          return true;
        };
        const auto written = co_await cluster_.modify(resources::nodes, "", node.name, "status", change);
        if (!written) co_await base::sleep_for(clock_, 1s);
      } else if (!made) {
        co_await base::sleep_for(clock_, 1s);
      }
    }
    co_await base::sleep_for(clock_, 10s);
  }
}

}  // namespace k8s_fake::control
