/// StatefulSets with their claims, and DaemonSets. Source: kubernetes specification 5.7.
#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/controllers/storage.h"
#include "k8s-fake/runtime.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

const EventSource kStatefulSource{"statefulset-controller"};
constexpr const char* kRevisionLabel = "controller-revision-hash";

std::string verb(const Context& context, const char* word) {
  std::string text = word;
  if (context.config.minor < 35) text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

/// Makes the ControllerRevision of the present template unless it is there; its name.
asio::awaitable<std::string> keep_revision(Context& context, Json owner) {
  const std::string hash = template_hash(at(owner, "/spec/template"));
  const std::string name = name_of(owner) + "-" + hash;
  std::int64_t newest = 0;
  for (const Object& revision : owned(context.cluster, resources::revisions, owner)) {
    newest = std::max(newest, number(*revision, "/revision"));
    if (name_of(*revision) == name) co_return name;
  }
  Json labels = at(owner, "/spec/template/metadata/labels");
  if (!labels.is_object()) labels = Json::object();
  labels["controller.kubernetes.io/hash"] = hash;
  const Json revision{{"metadata",
                       {{"name", name},
                        {"namespace", namespace_of(owner)},
                        {"labels", labels},
                        {"ownerReferences", Json::array({owner_reference(owner)})}}},
                      {"data", {{"spec", {{"template", at(owner, "/spec/template")}}}}},
                      {"revision", newest + 1}};
  (void)co_await context.cluster.create(resources::revisions, revision);
  co_return name;
}

asio::awaitable<bool> make_claims(Context& context, Json set, std::string pod) {
  for (const Json& wanted : at(set, "/spec/volumeClaimTemplates")) {
    const std::string name = name_of(wanted) + "-" + pod;
    if (context.cluster.find(resources::claims, namespace_of(set), name)) continue;
    Json claim{{"metadata", {{"name", name}, {"namespace", namespace_of(set)}}}, {"spec", at(wanted, "/spec")}};
    Json labels = at(wanted, "/metadata/labels").is_object() ? at(wanted, "/metadata/labels") : Json::object();
    const Json& selected = at(set, "/spec/selector/matchLabels");
    if (selected.is_object()) labels.update(selected);
    if (!labels.empty()) claim["metadata"]["labels"] = labels;
    if (has(wanted, "/metadata/annotations")) claim["metadata"]["annotations"] = at(wanted, "/metadata/annotations");
    if (text(set, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete") {
      Json owner = owner_reference(set);
      owner.erase("controller");
      owner.erase("blockOwnerDeletion");
      claim["metadata"]["ownerReferences"] = Json::array({owner});
    }
    const auto made = co_await context.cluster.create(resources::claims, std::move(claim));
    if (!made && !made.error().already_exists()) {
      context.events.warning(kStatefulSource, set, "FailedCreate",
                             verb(context, "Create") + " Claim " + name + " for Pod " + pod + " in StatefulSet " +
                                 name_of(set) + " failed error: " + made.error().message);
      co_return false;
    }
    context.events.normal(
        kStatefulSource, set, "SuccessfulCreate",
        verb(context, "Create") + " Claim " + name + " Pod " + pod + " in StatefulSet " + name_of(set) + " success");
  }
  co_return true;
}

asio::awaitable<bool> make_pod(Context& context, Json set, std::int64_t index, std::string revision) {
  const std::string name = name_of(set) + "-" + std::to_string(index);
  const bool claims = co_await make_claims(context, set, name);
  if (!claims) co_return false;
  Json pod = pod_from(at(set, "/spec/template"), set);
  pod["metadata"]["name"] = name;
  pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = name;
  if (context.config.minor >= 28) pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] = std::to_string(index);
  pod["metadata"]["labels"][kRevisionLabel] = revision;
  pod["spec"]["hostname"] = name;
  const std::string service = text(set, "/spec/serviceName");
  if (!service.empty()) pod["spec"]["subdomain"] = service;
  for (const Json& wanted : at(set, "/spec/volumeClaimTemplates")) {
    Json& volumes = pod["spec"]["volumes"];
    if (!volumes.is_array()) volumes = Json::array();
    const std::string volume_name = name_of(wanted);
    volumes.erase(std::remove_if(volumes.begin(), volumes.end(),
                                 [&](const Json& one) { return text(one, "/name") == volume_name; }),
                  volumes.end());
    volumes.push_back({{"name", volume_name}, {"persistentVolumeClaim", {{"claimName", volume_name + "-" + name}}}});
  }
  const auto made = co_await context.cluster.create(resources::pods, std::move(pod));
  if (!made) {
    if (made.error().already_exists()) co_return true;
    context.events.warning(kStatefulSource, set, "FailedCreate",
                           verb(context, "Create") + " Pod " + name + " in StatefulSet " + name_of(set) +
                               " failed error: " + made.error().message);
    co_return false;
  }
  context.events.normal(kStatefulSource, set, "SuccessfulCreate",
                        verb(context, "Create") + " Pod " + name + " in StatefulSet " + name_of(set) + " successful");
  co_return true;
}

asio::awaitable<bool> drop_pod(Context& context, Json set, Json pod) {
  if (deleting(pod)) co_return true;
  const auto gone = co_await context.cluster.remove(resources::pods, pod);
  if (!gone) co_return gone.error().not_found();
  context.events.normal(
      kStatefulSource, set, "SuccessfulDelete",
      verb(context, "Delete") + " Pod " + name_of(pod) + " in StatefulSet " + name_of(set) + " successful");
  co_return true;
}

/// One pass over the ordinals. False: a write failed.
asio::awaitable<bool> keep_ordinals(Context& context, Json set, std::string revision) {
  const std::int64_t first = number(set, "/spec/ordinals/start");
  const std::int64_t wanted = number(set, "/spec/replicas", 1);
  const bool parallel = text(set, "/spec/podManagementPolicy") == "Parallel";
  const std::string ns = namespace_of(set);
  for (std::int64_t i = first; i < first + wanted; ++i) {
    const Object pod = context.cluster.find(resources::pods, ns, name_of(set) + "-" + std::to_string(i));
    if (!pod) {
      const bool made = co_await make_pod(context, set, i, revision);
      if (!made) co_return false;
      if (!parallel) co_return true;
      continue;
    }
    if (pod_finished(*pod) && !deleting(*pod)) {  // it is made again under its name
      const Json over = *pod;
      co_return co_await drop_pod(context, set, over);
    }
    if (!parallel && (!pod_ready(*pod) || deleting(*pod))) co_return true;
  }
  const std::vector<Object> pods = owned(context.cluster, resources::pods, set);
  std::vector<std::pair<std::int64_t, Object>> beyond;
  for (const Object& pod : pods) {
    const std::string name = name_of(*pod);
    const std::int64_t index =
        static_cast<std::int64_t>(std::strtoll(name.substr(name.rfind('-') + 1).c_str(), nullptr, 10));
    if (index < first || index >= first + wanted) beyond.emplace_back(-index, pod);
  }
  std::sort(beyond.begin(), beyond.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [order, pod] : beyond) {
    const Json surplus_pod = *pod;
    const bool dropped = co_await drop_pod(context, set, surplus_pod);
    if (!dropped) co_return false;
    if (!parallel) co_return true;
  }
  if (!beyond.empty() || text(set, "/spec/updateStrategy/type") == "OnDelete") co_return true;
  const std::int64_t partition = number(set, "/spec/updateStrategy/rollingUpdate/partition");
  for (std::int64_t i = first + wanted - 1; i >= first + partition; --i) {
    const Object pod = context.cluster.find(resources::pods, ns, name_of(set) + "-" + std::to_string(i));
    if (!pod) co_return true;
    if (label(*pod, kRevisionLabel) != revision) {
      const Json old = *pod;
      co_return co_await drop_pod(context, set, old);
    }
    if (!pod_ready(*pod)) co_return true;
  }
  co_return true;
}

asio::awaitable<Outcome> keep_stateful_set(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::stateful_sets, ns, name);
  if (!found || deleting(*found)) co_return done();
  const Json set = *found;
  const std::string revision = co_await keep_revision(context, set);
  const bool good = co_await keep_ordinals(context, set, revision);
  std::int64_t replicas = 0, ready = 0, available = 0, updated = 0;
  for (const Object& pod : owned(context.cluster, resources::pods, set)) {
    if (deleting(*pod)) continue;
    ++replicas;
    ready += pod_ready(*pod) ? 1 : 0;
    available += pod_available(*pod, number(set, "/spec/minReadySeconds"), context.clock.now()) ? 1 : 0;
    updated += label(*pod, kRevisionLabel) == revision ? 1 : 0;
  }
  const std::int64_t generation = number(set, "/metadata/generation");
  const std::int64_t wanted = number(set, "/spec/replicas", 1);
  const std::function<bool(Json&)> change = [=](Json& object) {
    Json status = at(object, "/status").is_object() ? object["status"] : Json::object();
    const auto put = [&](const char* field, std::int64_t value) {
      if (value > 0) status[field] = value;
      else status.erase(field);
    };
    status["replicas"] = replicas;
    status["observedGeneration"] = generation;
    status["collisionCount"] = 0;
    status["availableReplicas"] = available;
    put("readyReplicas", ready);
    const bool complete = updated == replicas && ready == replicas && replicas == wanted;
    if (text(status, "/currentRevision").empty() || complete) status["currentRevision"] = revision;
    status["updateRevision"] = revision;
    put("updatedReplicas", updated);
    put("currentReplicas", text(status, "/currentRevision") == revision ? updated : replicas - updated);
    if (status == at(object, "/status")) return false;
    object["status"] = status;
    return true;
  };
  const auto written = co_await context.cluster.modify(resources::stateful_sets, ns, name, "status", change);
  if (!written) co_return failed_with(written.error());
  co_return good ? done() : Outcome{true, {}};
}

/// DaemonSets: one pod per node, bound to it by affinity.
asio::awaitable<Outcome> keep_daemon_set(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::daemon_sets, ns, name);
  if (!found || deleting(*found)) co_return done();
  const Json set = *found;
  const EventSource source{"daemonset-controller"};
  const std::string revision = co_await keep_revision(context, set);
  const std::string hash = revision.substr(name.size() + 1);
  std::map<std::string, Object> by_node;
  bool waiting_for_old = false;
  for (const Object& pod : owned(context.cluster, resources::pods, set)) {
    std::string node = text(*pod, "/spec/nodeName");
    if (node.empty())
      node = text(*pod,
                  "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/"
                  "matchFields/0/values/0");
    by_node[node] = pod;
    waiting_for_old = waiting_for_old || deleting(*pod) || !pod_ready(*pod);
  }
  std::int64_t desired = 0, current = 0, ready = 0, available = 0, updated = 0, misplaced = 0;
  for (const auto& [node_key, node] : context.cluster.all(resources::nodes)) {
    const Json selector{{"matchLabels", at(set, "/spec/template/spec/nodeSelector")}};
    const Json& required =
        at(set, "/spec/template/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution");
    const bool fits = selects(selector, at(*node, "/metadata/labels")) &&
                      (required.is_null() || node_selector_matches(required, *node));
    const auto pod = by_node.find(name_of(*node));
    if (!fits) {
      if (pod != by_node.end() && !deleting(*pod->second)) {
        const Json doomed = *pod->second;
        ++misplaced;
        (void)co_await context.cluster.remove(resources::pods, doomed);
      }
      continue;
    }
    ++desired;
    if (pod == by_node.end()) {
      Json made = pod_from(at(set, "/spec/template"), set);
      made["metadata"]["generateName"] = name + "-";
      made["metadata"]["labels"][kRevisionLabel] = hash;
      made["metadata"]["labels"]["pod-template-generation"] = std::to_string(number(set, "/metadata/generation", 1));
      const Json field{{"key", "metadata.name"}, {"operator", "In"}, {"values", Json::array({name_of(*node)})}};
      made["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] = {
          {"nodeSelectorTerms", Json::array({{{"matchFields", Json::array({field})}}})}};
      Json& tolerations = made["spec"]["tolerations"];
      if (!tolerations.is_array()) tolerations = Json::array();
      for (const char* taint : {"not-ready", "unreachable"})
        tolerations.push_back(
            {{"key", std::string("node.kubernetes.io/") + taint}, {"operator", "Exists"}, {"effect", "NoExecute"}});
      for (const char* taint : {"disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"}) {
        tolerations.push_back(
            {{"key", std::string("node.kubernetes.io/") + taint}, {"operator", "Exists"}, {"effect", "NoSchedule"}});
      }
      const auto created = co_await context.cluster.create(resources::pods, std::move(made));
      if (!created) {
        context.events.warning(source, set, "FailedCreate", "Error creating: " + created.error().message);
        co_return Outcome{true, {}};
      }
      context.events.normal(source, set, "SuccessfulCreate", "Created pod: " + name_of(*created));
      ++current;
      ++updated;
      continue;
    }
    const Json& one = *pod->second;
    const bool old = label(one, kRevisionLabel) != hash;
    if ((pod_finished(one) || (old && !waiting_for_old && text(set, "/spec/updateStrategy/type") != "OnDelete")) &&
        !deleting(one)) {
      const Json doomed = one;
      const auto gone = co_await context.cluster.remove(resources::pods, doomed);
      if (gone) context.events.normal(source, set, "SuccessfulDelete", "Deleted pod: " + name_of(doomed));
      waiting_for_old = true;
      continue;
    }
    if (deleting(one)) continue;
    ++current;
    ready += pod_ready(one) ? 1 : 0;
    available += pod_available(one, number(set, "/spec/minReadySeconds"), context.clock.now()) ? 1 : 0;
    updated += old ? 0 : 1;
  }
  Json status{{"currentNumberScheduled", current},
              {"numberMisscheduled", misplaced},
              {"desiredNumberScheduled", desired},
              {"numberReady", ready},
              {"observedGeneration", number(set, "/metadata/generation")}};
  if (updated > 0) status["updatedNumberScheduled"] = updated;
  if (available > 0) status["numberAvailable"] = available;
  if (desired > available) status["numberUnavailable"] = desired - available;
  const std::function<bool(Json&)> change2 = [status](Json& object) {
    if (at(object, "/status") == status) return false;
    object["status"] = status;
    return true;
  };
  const auto written = co_await context.cluster.modify(resources::daemon_sets, ns, name, "status", change2);
  co_return written ? done() : failed_with(written.error());
}

Keys stateful_of(Context&, const Object& old, const Object& now) { return owner_key(old, now, "StatefulSet"); }
Keys daemon_of(Context&, const Object& old, const Object& now) { return owner_key(old, now, "DaemonSet"); }

Keys all_daemon_sets(Context& context, const Object& old, const Object& now) {
  const bool same = old && now && at(*old, "/metadata/labels") == at(*now, "/metadata/labels");
  Keys keys;
  if (same) return keys;
  for (const auto& [key, set] : context.cluster.all(resources::daemon_sets)) keys.push_back(key);
  return keys;
}

}  // namespace

std::vector<Controller> stateful_set_rows() {
  return {{.name = "statefulset",
           .triggers = {{resources::stateful_sets, own_key},
                        {resources::pods, stateful_of},
                        {resources::revisions, [](Context&, const Object&, const Object&) { return Keys{}; }}},
           .reconcile = keep_stateful_set}};
}

std::vector<Controller> daemon_set_rows() {
  return {{.name = "daemonset",
           .triggers = {{resources::daemon_sets, own_key},
                        {resources::pods, daemon_of},
                        {resources::nodes, all_daemon_sets}},
           .reconcile = keep_daemon_set}};
}

}  // namespace k8s_fake::control
