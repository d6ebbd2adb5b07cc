/// Deployments: one ReplicaSet per template, rolled over within maxSurge and maxUnavailable. Source: kubernetes
/// specification 5.7.
#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/runtime.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

const EventSource kDeploymentSource{"deployment-controller"};
constexpr const char* kRevision = "deployment.kubernetes.io/revision";
constexpr const char* kHash = "pod-template-hash";

std::int64_t replicas_of(const Json& set) { return number(set, "/spec/replicas"); }
std::int64_t revision_of(const Json& object) { return base::parse_signed(annotation(object, kRevision)).value_or(0); }

/// The set whose template is the deployment's, or null.
Object current_set(const Json& deployment, const std::vector<Object>& sets) {
  Json wanted = at(deployment, "/spec/template");
  if (wanted.is_object() && wanted["metadata"].is_object()) wanted["metadata"].erase("creationTimestamp");
  for (const Object& set : sets) {
    Json have = at(*set, "/spec/template");
    if (has(have, std::string("/metadata/labels/") + kHash)) have["metadata"]["labels"].erase(kHash);
    if (have["metadata"].is_object()) have["metadata"].erase("creationTimestamp");
    if (have["metadata"].contains("labels") && have["metadata"]["labels"].empty()) have["metadata"].erase("labels");
    if (have == wanted) return set;
  }
  return nullptr;
}

asio::awaitable<ApiResult> make_set(Context& context, Json deployment, std::int64_t replicas, std::int64_t revision) {
  const Json pod_template = at(deployment, "/spec/template");
  std::string hash = template_hash(pod_template);
  if (context.config.minor < 12) {
    hash = decimal_template_hash(pod_template);
  } else {
    hash.resize(10);
  }
  Json labels = at(pod_template, "/metadata/labels");
  if (!labels.is_object()) labels = Json::object();
  labels[kHash] = hash;
  Json set{
      {"metadata",
       {{"name", name_of(deployment) + "-" + hash},
        {"namespace", namespace_of(deployment)},
        {"labels", labels},
        {"ownerReferences", Json::array({owner_reference(deployment)})}}},
      {"spec", {{"replicas", replicas}, {"selector", at(deployment, "/spec/selector")}, {"template", pod_template}}}};
  Json annotations = at(deployment, "/metadata/annotations");
  if (!annotations.is_object()) annotations = Json::object();
  annotations.erase("kubectl.kubernetes.io/last-applied-configuration");
  annotations[kRevision] = std::to_string(revision);
  annotations["deployment.kubernetes.io/desired-replicas"] = std::to_string(number(deployment, "/spec/replicas", 1));
  const std::int64_t wanted = number(deployment, "/spec/replicas", 1);
  annotations["deployment.kubernetes.io/max-replicas"] =
      std::to_string(wanted + share_of(at(deployment, "/spec/strategy/rollingUpdate/maxSurge"), wanted, true, 1));
  set["metadata"]["annotations"] = annotations;
  set["spec"]["template"]["metadata"]["labels"][kHash] = hash;
  set["spec"]["selector"]["matchLabels"][kHash] = hash;
  if (has(deployment, "/spec/minReadySeconds"))
    set["spec"]["minReadySeconds"] = at(deployment, "/spec/minReadySeconds");
  auto made = co_await context.cluster.create(resources::replica_sets, std::move(set));
  co_return made;
}

asio::awaitable<bool> scale(Context& context, Json deployment, Json set, std::int64_t to) {
  const std::int64_t from = replicas_of(set);
  if (from == to) co_return true;
  const std::string desired = std::to_string(number(deployment, "/spec/replicas", 1));
  const std::function<bool(Json&)> change = [to, desired](Json& object) {
    object["spec"]["replicas"] = to;
    object["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"] = desired;
    return true;
  };
  const auto written =
      co_await context.cluster.modify(resources::replica_sets, namespace_of(set), name_of(set), "", change);
  if (!written) co_return false;
  std::string message = std::string("Scaled ") + (to > from ? "up" : "down") + " replica set " + name_of(set);
  if (context.config.minor >= 27) message += " from " + std::to_string(from);
  context.events.normal(kDeploymentSource, deployment, "ScalingReplicaSet", message + " to " + std::to_string(to));
  co_return true;
}

struct Counts {
  std::int64_t replicas = 0, updated = 0, ready = 0, available = 0;
};

Counts count(const std::vector<Object>& sets, const Object& current) {
  Counts counts;
  for (const Object& set : sets) {
    counts.replicas += number(*set, "/status/replicas");
    counts.ready += number(*set, "/status/readyReplicas");
    counts.available += number(*set, "/status/availableReplicas");
    if (current && uid_of(*set) == uid_of(*current)) counts.updated = number(*set, "/status/replicas");
  }
  return counts;
}

/// One step of the roll-over. False: a write failed.
asio::awaitable<bool> roll(Context& context, Json deployment, std::vector<Object> sets, Json current) {
  const std::int64_t wanted = number(deployment, "/spec/replicas", 1);
  const std::int64_t surge = share_of(at(deployment, "/spec/strategy/rollingUpdate/maxSurge"), wanted, true, 1);
  std::int64_t unavailable = share_of(at(deployment, "/spec/strategy/rollingUpdate/maxUnavailable"), wanted, false, 0);
  if (surge == 0 && unavailable == 0) unavailable = 1;
  std::int64_t total = 0, available = 0, old_replicas = 0;
  for (const Object& set : sets) {
    total += replicas_of(*set);
    available += number(*set, "/status/availableReplicas");
    if (uid_of(*set) != uid_of(current)) old_replicas += replicas_of(*set);
  }
  const std::int64_t room = wanted + surge - total;
  std::int64_t target = replicas_of(current);
  if (target > wanted) target = wanted;
  else if (target < wanted && room > 0) target = std::min(wanted, target + room);
  const bool grown = co_await scale(context, deployment, current, target);
  if (!grown) co_return false;
  if (target != replicas_of(current) || old_replicas == 0) co_return true;
  // Old pods go: unhealthy ones first (they count for nothing), then as many as may be unavailable.
  std::int64_t may_go = total - (wanted - unavailable) -
                        std::max<std::int64_t>(0, replicas_of(current) - number(current, "/status/availableReplicas"));
  for (const Object& set : sets) {
    if (uid_of(*set) == uid_of(current) || replicas_of(*set) == 0 || may_go <= 0) continue;
    const std::int64_t sick = std::max<std::int64_t>(0, replicas_of(*set) - number(*set, "/status/availableReplicas"));
    const std::int64_t healthy_limit = std::max<std::int64_t>(0, available - (wanted - unavailable));
    const std::int64_t step = std::min({replicas_of(*set), may_go, sick + healthy_limit});
    if (step <= 0) continue;
    const Json shrinking = *set;
    const bool shrunk = co_await scale(context, deployment, shrinking, replicas_of(shrinking) - step);
    if (!shrunk) co_return false;
    may_go -= step;
    available -= std::max<std::int64_t>(0, step - sick);
  }
  co_return true;
}

asio::awaitable<bool> recreate(Context& context, Json deployment, std::vector<Object> sets, Json current) {
  bool old_pods = false;
  for (const Object& set : sets) {
    if (uid_of(*set) == uid_of(current)) continue;
    const Json old = *set;
    const bool shrunk = co_await scale(context, deployment, old, 0);
    if (!shrunk) co_return false;
    old_pods = old_pods || !owned(context.cluster, resources::pods, old).empty();
  }
  if (old_pods) co_return true;
  co_return co_await scale(context, deployment, current, number(deployment, "/spec/replicas", 1));
}

bool describe(Context& context, const Json& deployment, Json& status, const Counts& counts, const std::string& set_name,
              bool just_made) {
  const std::int64_t wanted = number(deployment, "/spec/replicas", 1);
  const std::string now = context.now();
  const auto set = [&](const char* field, std::int64_t value) {
    if (value > 0) status[field] = value;
    else status.erase(field);
  };
  const Json before = status;
  status["observedGeneration"] = number(deployment, "/metadata/generation");
  set("replicas", counts.replicas);
  set("updatedReplicas", counts.updated);
  set("readyReplicas", counts.ready);
  set("availableReplicas", counts.available);
  set("unavailableReplicas", std::max<std::int64_t>(0, std::max(counts.replicas, wanted) - counts.available));
  const auto condition_update = [&](const char* type, bool value, const std::string& reason,
                                    const std::string& message) {
    if (!set_condition(status, type, value, reason, message, now)) return;
    for (Json& one : status["conditions"]) {
      if (text(one, "/type") == type) one["lastUpdateTime"] = now;
    }
  };
  const std::int64_t unavailable =
      share_of(at(deployment, "/spec/strategy/rollingUpdate/maxUnavailable"), wanted, false, 0);
  const bool enough = counts.available >= wanted - unavailable;
  condition_update("Available", enough, enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                   enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.");
  const bool complete = counts.updated == wanted && counts.replicas == wanted && counts.available == wanted;
  const Json earlier = Json::object({{"status", before}});
  const Json& progressing = condition(earlier, "Progressing");
  const std::int64_t deadline = number(deployment, "/spec/progressDeadlineSeconds", 600);
  const bool moved = counts.updated != number(before, "/updatedReplicas") ||
                     counts.available > number(before, "/availableReplicas") ||
                     counts.ready > number(before, "/readyReplicas");
  if (complete) {
    condition_update("Progressing", true, "NewReplicaSetAvailable",
                     "ReplicaSet \"" + set_name + "\" has successfully progressed.");
  } else if (just_made || progressing.is_null()) {
    condition_update("Progressing", true, "NewReplicaSetCreated", "Created new replica set \"" + set_name + "\"");
  } else if (moved) {
    condition_update("Progressing", true, "ReplicaSetUpdated", "ReplicaSet \"" + set_name + "\" is progressing.");
    for (Json& one : status["conditions"]) {
      if (text(one, "/type") == "Progressing") one["lastUpdateTime"] = now;
    }
  } else if (text(progressing, "/reason") != "NewReplicaSetAvailable" && deadline < 2147483647 &&
             time_of(text(progressing, "/lastUpdateTime")) + std::chrono::seconds(deadline) <= context.clock.now()) {
    condition_update("Progressing", false, "ProgressDeadlineExceeded",
                     "ReplicaSet \"" + set_name + "\" has timed out progressing.");
  } else if (text(progressing, "/reason") == "NewReplicaSetAvailable" && counts.updated < wanted) {
    condition_update("Progressing", true, "ReplicaSetUpdated", "ReplicaSet \"" + set_name + "\" is progressing.");
  }
  return status != before;
}

asio::awaitable<Outcome> keep_deployment(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::deployments, ns, name);
  if (!found || deleting(*found)) co_return done();
  const Json deployment = *found;
  std::vector<Object> sets = owned(context.cluster, resources::replica_sets, deployment);
  std::int64_t newest = 0;
  for (const Object& set : sets) newest = std::max(newest, revision_of(*set));
  Object current = current_set(deployment, sets);
  const bool paused = at(deployment, "/spec").value("paused", false);
  const std::int64_t wanted = number(deployment, "/spec/replicas", 1);
  bool just_made = false;
  if (!current && !paused) {
    std::int64_t others = 0;
    for (const Object& set : sets) others += replicas_of(*set);
    const bool rolling = text(deployment, "/spec/strategy/type") != "Recreate";
    const std::int64_t surge = share_of(at(deployment, "/spec/strategy/rollingUpdate/maxSurge"), wanted, true, 1);
    const std::int64_t start = rolling       ? std::clamp<std::int64_t>(wanted + surge - others, 0, wanted)
                               : others == 0 ? wanted
                                             : 0;
    const auto made = co_await make_set(context, deployment, start, newest + 1);
    if (!made) co_return failed_with(made.error());
    current = std::make_shared<const Json>(*made);
    just_made = true;
    sets = owned(context.cluster, resources::replica_sets, deployment);
    if (start > 0) {
      context.events.normal(kDeploymentSource, deployment, "ScalingReplicaSet",
                            "Scaled up replica set " + name_of(*made) + (context.config.minor >= 27 ? " from 0" : "") +
                                " to " + std::to_string(start));
    }
  } else if (current && !paused) {
    if (revision_of(*current) < newest) {  // a roll-back makes an old set the newest again
      const std::string revision = std::to_string(newest + 1);
      const std::function<bool(Json&)> change2 = [revision](Json& object) {
        object["metadata"]["annotations"][kRevision] = revision;
        return true;
      };
      const auto written = co_await context.cluster.modify(resources::replica_sets, ns, name_of(*current), "", change2);
      if (!written) co_return failed_with(written.error());
      co_return again_in(base::Duration{0});
    }
    const Json present = *current;
    bool good = true;
    if (text(deployment, "/spec/strategy/type") == "Recreate") {
      good = co_await recreate(context, deployment, sets, present);
    } else {
      good = co_await roll(context, deployment, sets, present);
    }
    if (!good) co_return Outcome{true, {}};
    sets = owned(context.cluster, resources::replica_sets, deployment);
  } else if (paused && current) {
    const Json present = *current;
    if (sets.size() == 1) (void)co_await scale(context, deployment, present, wanted);
  }
  if (current && annotation(deployment, kRevision) != std::to_string(std::max(newest, revision_of(*current)))) {
    const std::string revision = std::to_string(std::max(newest, revision_of(*current)));
    const std::function<bool(Json&)> change3 = [revision](Json& object) {
      object["metadata"]["annotations"][kRevision] = revision;
      return true;
    };
    // As the real one does: an annotation written with the status leaves the generation alone.
    const auto written = co_await context.cluster.modify(resources::deployments, ns, name, "status", change3);
    if (!written) co_return failed_with(written.error());
  }
  const Counts counts = count(sets, current);
  const std::string set_name = current ? name_of(*current) : "";
  Context* world = &context;
  const std::function<bool(Json&)> change4 = [world, counts, set_name, just_made](Json& object) {
    const Json spec = object;
    return describe(*world, spec, object["status"], counts, set_name, just_made);
  };
  const auto status = co_await context.cluster.modify(resources::deployments, ns, name, "status", change4);
  if (!status) co_return failed_with(status.error());
  // Old sets beyond the history limit go once they are empty.
  const std::int64_t keep = number(deployment, "/spec/revisionHistoryLimit", 10);
  std::vector<Object> history;
  for (const Object& set : sets) {
    if ((!current || uid_of(*set) != uid_of(*current)) && replicas_of(*set) == 0 &&
        number(*set, "/status/replicas") == 0 && !deleting(*set))
      history.push_back(set);
  }
  std::stable_sort(history.begin(), history.end(),
                   [](const Object& a, const Object& b) { return revision_of(*a) < revision_of(*b); });
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(history.size()) - keep; ++i) {
    const Json old = *history[static_cast<std::size_t>(i)];
    (void)co_await context.cluster.remove(resources::replica_sets, old);
  }
  const bool complete = counts.updated == wanted && counts.available == wanted && counts.replicas == wanted;
  if (!complete && number(deployment, "/spec/progressDeadlineSeconds", 600) < 2147483647) {
    co_return again_in(
        std::chrono::seconds(std::max<std::int64_t>(1, number(deployment, "/spec/progressDeadlineSeconds", 600))));
  }
  co_return done();
}

Keys deployment_of_set(Context&, const Object& old, const Object& now) { return owner_key(old, now, "Deployment"); }

}  // namespace

std::vector<Controller> deployment_rows() {
  return {{.name = "deployment",
           .triggers = {{resources::deployments, own_key}, {resources::replica_sets, deployment_of_set}},
           .reconcile = keep_deployment}};
}

}  // namespace k8s_fake::control
