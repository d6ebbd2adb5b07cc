/// Looks after nodes: leases that ran out, conditions as taints, pods of nodes that are gone, and the eviction of pods
/// that do not tolerate a NoExecute taint, or no longer. Source: kubernetes specification 5.8.3; upstream's
/// node-lifecycle and taint-eviction controllers.
#include <algorithm>
#include <optional>

#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/runtime.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr const char* kUnreachable = "node.kubernetes.io/unreachable";
constexpr const char* kNotReady = "node.kubernetes.io/not-ready";

/// The node's readiness as taints: NoSchedule and NoExecute of `wanted`, and none of the other; "": neither.
asio::awaitable<ApiResult> set_taints(Context& context, Json node, std::string wanted) {
  const std::string stamp = context.now();
  const std::function<bool(Json&)> change = [stamp, wanted](Json& object) {
    Json kept = Json::array();
    std::set<std::string> have;
    for (const Json& taint : at(object, "/spec/taints")) {
      const std::string key = text(taint, "/key");
      if (key == wanted) have.insert(text(taint, "/effect"));
      if (key == wanted || (key != kUnreachable && key != kNotReady)) kept.push_back(taint);
    }
    for (const char* effect : {"NoSchedule", "NoExecute"}) {
      if (wanted.empty() || have.contains(effect)) continue;
      kept.push_back({{"key", wanted}, {"effect", effect}, {"timeAdded", stamp}});
    }
    if (kept == at(object, "/spec/taints") || (kept.empty() && !has(object, "/spec/taints"))) return false;
    if (kept.empty()) object["spec"].erase("taints");
    else object["spec"]["taints"] = kept;
    return true;
  };
  Json same = node;
  if (!change(same)) co_return node;
  const std::string name = name_of(node);
  auto written = co_await context.cluster.modify(resources::nodes, "", name, "", change);
  co_return written;
}

/// A node whose lease has run out is unknown: conditions, taint, pods not ready, and evictions after their toleration.
asio::awaitable<Outcome> watch_node(Context& context, std::string key) {
  const std::string name = key.substr(1);
  const Object found = context.cluster.find(resources::nodes, "", name);
  const EventSource controller{"node-controller"};
  if (found && context.nodes.emplace(name, *found).second)
    context.events.normal(controller, *found, "RegisteredNode",
                          "Node " + name + " event: Registered Node " + name + " in Controller");
  if (!found) {
    if (const auto known = context.nodes.find(name); known != context.nodes.end()) {
      context.events.normal(controller, known->second, "RemovingNode",
                            "Node " + name + " event: Removing Node " + name + " from Controller");
      context.nodes.erase(known);
    }
    for (const auto& [pod_key, pod] : context.cluster.all(resources::pods)) {
      if (text(*pod, "/spec/nodeName") != name) continue;
      const Json orphan = *pod;
      const Json options{{"gracePeriodSeconds", 0}};
      (void)co_await context.cluster.remove(resources::pods, orphan, options);
    }
    co_return done();
  }
  const Json node = *found;
  const auto lease = co_await context.cluster.client().get(resources::leases, "kube-node-lease", name);
  const base::TimePoint now = context.clock.now();
  const base::TimePoint posted = time_of(text(condition(node, "Ready"), "/lastHeartbeatTime"));
  const base::TimePoint renewed = std::max(
      posted, lease ? time_of(text(*lease, "/spec/renewTime")) : time_of(text(node, "/metadata/creationTimestamp")));
  const std::string ready = text(condition(node, "Ready"), "/status");
  const std::string stamp = context.now();
  if (now - renewed <= 50s) {
    if (ready == "Unknown") co_return again_in(5s);  // the node itself says when it is back
    if (!ready.empty()) {
      const std::string taint = ready == "True" ? "" : kNotReady;
      const auto written = co_await set_taints(context, node, taint);
      if (!written) co_return failed_with(written.error());
    }
    co_return again_in(40s);
  }
  if (ready != "Unknown") {
    const std::function<bool(Json&)> change3 = [stamp, ready](Json& object) {
      for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"}) {
        set_condition(object["status"], type, false, ready.empty() ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
                      ready.empty() ? "Kubelet never posted node status." : "Kubelet stopped posting node status.",
                      stamp);
      }
      for (Json& one : object["status"]["conditions"]) one["status"] = "Unknown";
      return true;
    };
    const auto written = co_await context.cluster.modify(resources::nodes, "", name, "status", change3);
    if (!written) co_return failed_with(written.error());
    const EventSource source{"node-controller"};
    context.events.normal(source, node, "NodeNotReady", "Node " + name + " status is now: NodeNotReady");
  }
  const std::string unreachable = kUnreachable;
  const auto tainted = co_await set_taints(context, node, unreachable);
  if (!tainted) co_return failed_with(tainted.error());
  for (const auto& [pod_key, pod] : Objects(context.cluster.all(resources::pods))) {
    if (text(*pod, "/spec/nodeName") != name || deleting(*pod)) continue;
    const Json one = *pod;
    if (pod_ready(one)) {
      const std::function<bool(Json&)> change5 = [stamp](Json& object) {
        return set_condition(object["status"], "Ready", false, "", "", stamp);
      };
      (void)co_await context.cluster.modify(resources::pods, namespace_of(one), name_of(one), "status", change5);
      const EventSource source{"node-controller"};
      context.events.warning(source, one, "NodeNotReady", "Node is not ready");
    }
  }
  co_return again_in(5s);
}

/// How long the pod bears every NoExecute taint of its node: nothing = for ever, else so many seconds.
std::optional<std::int64_t> bears(const Json& pod, const Json& node) {
  std::optional<std::int64_t> least;
  for (const Json& taint : at(node, "/spec/taints")) {
    if (text(taint, "/effect") != "NoExecute") continue;
    bool tolerated = false;
    for (const Json& toleration : at(pod, "/spec/tolerations")) {
      if (!tolerates_taint(toleration, taint)) continue;
      tolerated = true;
      if (!has(toleration, "/tolerationSeconds")) continue;
      const std::int64_t seconds = std::max<std::int64_t>(0, number(toleration, "/tolerationSeconds"));
      least = std::min(least.value_or(seconds), seconds);
    }
    if (!tolerated) return 0;
  }
  return least;
}

asio::awaitable<Outcome> evict(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::pods, ns, name);
  const std::string node_name = found ? text(*found, "/spec/nodeName") : "";
  const Object node = node_name.empty() ? nullptr : context.cluster.find(resources::nodes, "", node_name);
  const auto since = context.tainted_since.find(key);
  if (!found || deleting(*found) || !node) {
    if (since != context.tainted_since.end()) context.tainted_since.erase(since);
    co_return done();
  }
  const Json pod = *found;
  const EventSource source{context.config.minor >= 29 ? "taint-eviction-controller" : "taint-controller"};
  const auto seconds = bears(pod, *node);
  if (!seconds) {
    if (since != context.tainted_since.end()) {
      context.tainted_since.erase(since);
      context.events.normal(source, pod, "TaintManagerEviction", "Cancelling deletion of Pod " + key);
    }
    co_return done();
  }
  const base::TimePoint begun = context.tainted_since.emplace(key, context.clock.now()).first->second;
  const base::Duration left = begun + std::chrono::seconds(*seconds) - context.clock.now();
  if (left > base::Duration(0)) co_return again_in(left);
  context.tainted_since.erase(key);
  context.events.normal(source, pod, "TaintManagerEviction", "Marking for deletion Pod " + key);
  if (context.config.minor >= 26) {
    const std::string stamp = context.now();
    const std::function<bool(Json&)> mark = [stamp](Json& object) {
      return set_condition(object["status"], "DisruptionTarget", true, "DeletionByTaintManager",
                           "Taint manager: deleting due to NoExecute taint", stamp);
    };
    (void)co_await context.cluster.modify(resources::pods, ns, name, "status", mark);
  }
  const auto gone = co_await context.cluster.remove(resources::pods, pod);
  co_return gone ? done() : failed_with(gone.error());
}

Keys new_or_ready(Context&, const Object& old, const Object& now) {
  if (old && now && condition(*old, "Ready") == condition(*now, "Ready")) return {};
  return {key_of(now ? *now : *old)};
}

Keys pods_of_tainted(Context& context, const Object& old, const Object& now) {
  const Json none;
  const Json before = old ? at(*old, "/spec/taints") : none, after = now ? at(*now, "/spec/taints") : none;
  if (before == after || !now) return {};
  Keys keys;
  for (const auto& [key, pod] : context.cluster.all(resources::pods))
    if (text(*pod, "/spec/nodeName") == name_of(*now)) keys.push_back(key);
  return keys;
}

Keys assigned_pod(Context&, const Object& old, const Object& now) {
  if (!now) return {key_of(*old)};
  const bool moved = !old || text(*old, "/spec/nodeName") != text(*now, "/spec/nodeName") ||
                     at(*old, "/spec/tolerations") != at(*now, "/spec/tolerations");
  return moved ? Keys{key_of(*now)} : Keys{};
}

}  // namespace

std::vector<Controller> node_rows() {
  return {{.name = "node-lifecycle", .triggers = {{resources::nodes, new_or_ready}}, .reconcile = watch_node},
          {.name = "taint-eviction",
           .triggers = {{resources::nodes, pods_of_tainted}, {resources::pods, assigned_pod}},
           .reconcile = evict}};
}

}  // namespace k8s_fake::control
