/// Keeps the counts of PodDisruptionBudgets: what `kubectl get pdb` shows and drains wait for. Source: kubernetes
/// specification 4.10; upstream's disruption controller.
#include <algorithm>
#include <map>
#include <optional>

#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/runtime.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

/// Whom a budget protects. Since policy/v1 an empty selector means every pod of the namespace, none means nobody.
bool protects(const Json& budget, const Json& pod) {
  const Json& selector = at(budget, "/spec/selector");
  return namespace_of(budget) == namespace_of(pod) && selector.is_object() &&
         selects(selector, at(pod, "/metadata/labels"));
}

struct Scale {
  std::string uid;
  std::int64_t replicas = 0;
};

/// How many pods the controller of a pod wants; nothing when it has none that scales.
std::optional<Scale> scale_of(const Cluster& cluster, const Json& pod) {
  Json owner = controller_of(pod);
  const std::string ns = namespace_of(pod);
  if (text(owner, "/kind") == "ReplicaSet") {
    const Object set = cluster.find(resources::replica_sets, ns, text(owner, "/name"));
    if (!set) return std::nullopt;
    const Json& above = controller_of(*set);
    const Object deployment =
        text(above, "/kind") == "Deployment" ? cluster.find(resources::deployments, ns, text(above, "/name")) : nullptr;
    const Object scaled = deployment ? deployment : set;
    return Scale{uid_of(*scaled), number(*scaled, "/spec/replicas", 1)};
  }
  for (const auto& [kind, resource] : {std::pair("StatefulSet", &resources::stateful_sets),
                                       std::pair("ReplicationController", &resources::replication_controllers)}) {
    if (text(owner, "/kind") != kind) continue;
    const Object found = cluster.find(*resource, ns, text(owner, "/name"));
    if (found) return Scale{uid_of(*found), number(*found, "/spec/replicas", 1)};
  }
  return std::nullopt;
}

struct BudgetCounts {
  std::int64_t expected = 0, desired = 0, healthy = 0, allowed = 0;
  std::string orphan;  // a pod without a controller where one is needed
};

BudgetCounts count_protected(const Cluster& cluster, const Json& budget) {
  BudgetCounts out;
  std::map<std::string, std::int64_t> scales;
  std::int64_t pods = 0;
  for (const Object& pod : cluster.in(resources::pods, namespace_of(budget))) {
    if (!protects(budget, *pod) || pod_finished(*pod)) continue;
    ++pods;
    if (pod_ready(*pod) && !deleting(*pod)) ++out.healthy;
    if (const auto scale = scale_of(cluster, *pod)) scales[scale->uid] = scale->replicas;
    else out.orphan = name_of(*pod);
  }
  std::int64_t scaled = 0;
  for (const auto& [uid, replicas] : scales) scaled += replicas;
  const Json& least = at(budget, "/spec/minAvailable");
  const Json& most = at(budget, "/spec/maxUnavailable");
  if (!most.is_null()) {
    out.expected = scaled;
    out.desired = std::max<std::int64_t>(0, scaled - share_of(most, scaled, true, 0));
  } else if (least.is_string()) {
    out.expected = scaled;
    out.desired = share_of(least, scaled, true, 0);
  } else {
    out.expected = pods;
    out.desired = number(budget, "/spec/minAvailable", 1);
    out.orphan.clear();
  }
  out.allowed = out.expected > 0 && out.orphan.empty() ? std::max<std::int64_t>(0, out.healthy - out.desired) : 0;
  return out;
}

asio::awaitable<Outcome> count_budget(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::disruption_budgets, ns, name);
  if (!found || deleting(*found)) co_return done();
  const Json budget = *found;
  const BudgetCounts counts = count_protected(context.cluster, budget);
  const EventSource source{"controllermanager"};
  if (!counts.orphan.empty() && !has(budget, "/status/observedGeneration"))
    context.events.warning(
        source, budget, "CalculateExpectedPodCountFailed",
        "Failed to calculate the number of expected pods: found no controllers for pod \"" + counts.orphan + "\"");
  else if (counts.expected == 0 && counts.healthy == 0 && !has(budget, "/status/observedGeneration"))
    context.events.normal(source, budget, "NoPods", "No matching pods found");
  const std::string now = context.now();
  const bool conditions = context.config.minor >= 21;
  const std::function<bool(Json&)> change = [counts, conditions, now](Json& object) {
    Json status = at(object, "/status").is_object() ? at(object, "/status") : Json::object();
    const Json before = status;
    status["observedGeneration"] = number(object, "/metadata/generation");
    status["disruptionsAllowed"] = counts.allowed;
    status["currentHealthy"] = counts.healthy;
    status["desiredHealthy"] = counts.desired;
    status["expectedPods"] = counts.expected;
    if (conditions) {
      const bool some = counts.allowed > 0;
      const char* reason = !counts.orphan.empty() ? "SyncFailed" : some ? "SufficientPods" : "InsufficientPods";
      set_condition(status, "DisruptionAllowed", some, reason, "", now);
      for (Json& one : status["conditions"]) {
        one["message"] = counts.orphan.empty() ? "" : "found no controllers for pod \"" + counts.orphan + "\"";
        one["observedGeneration"] = number(object, "/metadata/generation");
      }
    }
    if (status == before) return false;
    object["status"] = status;
    return true;
  };
  const auto written = co_await context.cluster.modify(resources::disruption_budgets, ns, name, "status", change);
  co_return written ? done() : failed_with(written.error());
}

Keys budgets_of_pod(Context& context, const Object& old, const Object& now) {
  Keys keys;
  for (const Object& budget : context.cluster.in(resources::disruption_budgets, namespace_of(now ? *now : *old)))
    if ((now && protects(*budget, *now)) || (old && protects(*budget, *old))) keys.push_back(key_of(*budget));
  return keys;
}

Keys budgets_of_owner(Context& context, const Object& old, const Object& now) {
  if (old && now && at(*old, "/spec/replicas") == at(*now, "/spec/replicas")) return {};
  Keys keys;
  for (const Object& budget : context.cluster.in(resources::disruption_budgets, namespace_of(now ? *now : *old)))
    keys.push_back(key_of(*budget));
  return keys;
}

}  // namespace

std::vector<Controller> disruption_rows() {
  return {{.name = "disruption",
           .triggers = {{resources::disruption_budgets, own_key},
                        {resources::pods, budgets_of_pod},
                        {resources::deployments, budgets_of_owner},
                        {resources::replica_sets, budgets_of_owner},
                        {resources::stateful_sets, budgets_of_owner},
                        {resources::replication_controllers, budgets_of_owner}},
           .reconcile = count_budget}};
}

}  // namespace k8s_fake::control
