/// ReplicaSet and ReplicationController: as many pods as wanted. Source: kubernetes specification 5.7.
#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

asio::awaitable<bool> add_pods(Context& context, Json owner, std::string source, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    Json pod = pod_from(at(owner, "/spec/template"), owner);
    pod["metadata"]["generateName"] = name_of(owner) + "-";
    const auto made = co_await context.cluster.create(resources::pods, std::move(pod));
    if (!made) {
      const EventSource emitter{source};
      context.events.warning(emitter, owner, "FailedCreate", "Error creating: " + made.error().message);
      co_return false;
    }
    const EventSource emitter{source};
    context.events.normal(emitter, owner, "SuccessfulCreate", "Created pod: " + name_of(*made));
  }
  co_return true;
}

asio::awaitable<bool> remove_pods(Context& context, Json owner, std::string source, std::vector<Object> pods) {
  for (const Object& pod : pods) {
    const Json doomed = *pod;
    const auto gone = co_await context.cluster.remove(resources::pods, doomed);
    if (!gone && !gone.error().not_found()) co_return false;
    const EventSource emitter{source};
    context.events.normal(emitter, owner, "SuccessfulDelete", "Deleted pod: " + name_of(doomed));
  }
  co_return true;
}

bool matches_owner(const Json& owner, const Json& pod, bool plain_selector) {
  const Json& selector = at(owner, "/spec/selector");
  const Json wrapped = plain_selector ? Json{{"matchLabels", selector}} : selector;
  return !selector.empty() && selects(wrapped, at(pod, "/metadata/labels"));
}

/// Pods that fit the selector and belong to nobody are taken over; owned ones that no longer fit are let go.
asio::awaitable<bool> adopt(Context& context, Json owner, bool plain_selector) {
  for (const Object& pod : context.cluster.in(resources::pods, namespace_of(owner))) {
    const Json& controller = controller_of(*pod);
    const bool fits = matches_owner(owner, *pod, plain_selector);
    if (deleting(*pod) || deleting(owner)) continue;
    if (controller.is_null() && fits && !pod_finished(*pod)) {
      Json changed = *pod;
      changed["metadata"]["ownerReferences"].push_back(owner_reference(owner));
      const auto written = co_await context.cluster.update(resources::pods, std::move(changed));
      if (!written) co_return false;
    } else if (text(controller, "/uid") == uid_of(owner) && !fits) {
      Json changed = *pod;
      Json& owners = changed["metadata"]["ownerReferences"];
      const std::string uid = uid_of(owner);
      owners.erase(
          std::remove_if(owners.begin(), owners.end(), [&](const Json& one) { return text(one, "/uid") == uid; }),
          owners.end());
      const auto written = co_await context.cluster.update(resources::pods, std::move(changed));
      if (!written) co_return false;
    }
  }
  co_return true;
}

asio::awaitable<Outcome> keep_replicas(Context& context, std::string key, Resource kind, std::string source,
                                       bool plain_selector) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(kind, ns, name);
  if (!found) co_return done();
  const Json owner = *found;
  const bool adopted = co_await adopt(context, owner, plain_selector);
  if (!adopted) co_return Outcome{true, {}};
  std::vector<Object> active;
  for (const Object& pod : owned(context.cluster, resources::pods, owner)) {
    if (!deleting(*pod) && !pod_finished(*pod)) active.push_back(pod);
  }
  const std::int64_t wanted = number(owner, "/spec/replicas", 1);
  const auto have = static_cast<std::int64_t>(active.size());
  bool good = true;
  if (!deleting(owner) && have < wanted) good = co_await add_pods(context, owner, source, wanted - have);
  if (!deleting(owner) && have > wanted)
    good = co_await remove_pods(context, owner, source, surplus(active, static_cast<std::size_t>(wanted)));

  std::int64_t replicas = 0, ready = 0, available = 0, labeled = 0;
  const std::int64_t min_ready = number(owner, "/spec/minReadySeconds");
  for (const Object& pod : owned(context.cluster, resources::pods, owner)) {
    if (deleting(*pod) || pod_finished(*pod)) continue;
    ++replicas;
    const Json wanted_labels{{"matchLabels", at(owner, "/spec/template/metadata/labels")}};
    if (selects(wanted_labels, at(*pod, "/metadata/labels"))) ++labeled;
    if (pod_ready(*pod)) ++ready;
    if (pod_available(*pod, min_ready, context.clock.now())) ++available;
  }
  Json status{{"replicas", replicas}, {"observedGeneration", number(owner, "/metadata/generation")}};
  if (labeled > 0) status["fullyLabeledReplicas"] = labeled;
  if (ready > 0) status["readyReplicas"] = ready;
  if (available > 0) status["availableReplicas"] = available;
  if (has(owner, "/status/conditions")) status["conditions"] = at(owner, "/status/conditions");
  if (status != at(owner, "/status")) {
    const std::function<bool(Json&)> change = [status](Json& object) {
      object["status"] = status;
      return true;
    };
    const auto written = co_await context.cluster.modify(kind, ns, name, "status", change);
    if (!written) co_return failed_with(written.error());
  }
  if (!good) co_return Outcome{true, {}};
  if (available < ready) co_return again_in(std::chrono::seconds(1));
  co_return done();
}

asio::awaitable<Outcome> replica_set(Context& context, std::string key) {
  return keep_replicas(context, std::move(key), resources::replica_sets, "replicaset-controller", false);
}

asio::awaitable<Outcome> replication_controller(Context& context, std::string key) {
  return keep_replicas(context, std::move(key), resources::replication_controllers, "replication-controller", true);
}

/// An owned pod wakes its owner, a free one everybody whose selector it fits.
Keys wake_owners(Context& context, const Object& old, const Object& now, const Resource& kind, bool plain_selector) {
  Keys keys = owner_key(old, now, kind.kind.c_str());
  if (!keys.empty() || !now) return keys;
  for (const Object& owner : context.cluster.in(kind, namespace_of(*now))) {
    if (matches_owner(*owner, *now, plain_selector)) keys.push_back(key_of(*owner));
  }
  return keys;
}

Keys set_of_pod(Context& context, const Object& old, const Object& now) {
  return wake_owners(context, old, now, resources::replica_sets, false);
}
Keys controller_of_pod(Context& context, const Object& old, const Object& now) {
  return wake_owners(context, old, now, resources::replication_controllers, true);
}

}  // namespace

std::vector<Controller> replica_set_rows() {
  return {
      {.name = "replicaset",
       .triggers = {{resources::replica_sets, own_key}, {resources::pods, set_of_pod}},
       .reconcile = replica_set},
      {.name = "replicationcontroller",
       .triggers = {{resources::replication_controllers, own_key}, {resources::pods, controller_of_pod}},
       .reconcile = replication_controller},
  };
}

}  // namespace k8s_fake::control
