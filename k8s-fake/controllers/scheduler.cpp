/// The scheduler: finds a node for every pod that has none, with the real one's filters, reasons and wording. It keeps
/// no state: a claim's selected-node annotation is its memory. Source: kubernetes specification 5.4.
#include "k8s-fake/controllers/quantity.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/controllers/storage.h"
#include "k8s-fake/runtime.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSelectedNode = "volume.kubernetes.io/selected-node";

EventSource source(const char* action) { return {"default-scheduler", "default-scheduler-drydock", true, action}; }

bool waits(const Json& pod) {
  const std::string scheduler = text(pod, "/spec/schedulerName");
  const std::string phase = text(pod, "/status/phase");
  return text(pod, "/spec/nodeName").empty() && !deleting(pod) && phase != "Succeeded" && phase != "Failed" &&
         at(pod, "/spec/schedulingGates").empty() && (scheduler.empty() || scheduler == "default-scheduler");
}

/// What a pod asks of a node, in thousandths, by resource name. Init containers count by their largest.
std::map<std::string, std::int64_t> demand(const Json& pod) {
  std::map<std::string, std::int64_t> sum;
  const auto add = [](std::map<std::string, std::int64_t>& into, const Json& container) {
    const Json& requests = at(container, "/resources/requests");
    if (!requests.is_object()) return;
    for (const auto& [name, value] : requests.items()) {
      into[name] += value.is_string()   ? quantity_or_zero(value.get<std::string>(), 1000)
                    : value.is_number() ? value.get<std::int64_t>() * 1000
                                        : 0;
    }
  };
  for (const Json& container : at(pod, "/spec/containers")) add(sum, container);
  for (const Json& container : at(pod, "/spec/initContainers")) {
    std::map<std::string, std::int64_t> one;
    add(one, container);
    for (const auto& [name, value] : one) sum[name] = std::max(sum[name], value);
  }
  sum["pods"] = 1000;
  return sum;
}

bool tolerates(const Json& pod, const Json& taint) {
  const Json& tolerations = at(pod, "/spec/tolerations");
  return std::any_of(tolerations.begin(), tolerations.end(),
                     [&](const Json& each) { return tolerates_taint(each, taint); });
}

struct Load {
  std::map<std::string, std::int64_t> used;
  std::set<std::pair<std::string, std::int64_t>> host_ports;
  int pods = 0;
};

std::map<std::string, Load> loads(const Cluster& cluster) {
  std::map<std::string, Load> result;
  for (const auto& [key, pod] : cluster.all(resources::pods)) {
    const std::string node = text(*pod, "/spec/nodeName");
    const std::string phase = text(*pod, "/status/phase");
    if (node.empty() || phase == "Succeeded" || phase == "Failed") continue;
    Load& load = result[node];
    ++load.pods;
    for (const auto& [name, value] : demand(*pod)) load.used[name] += value;
    for (const Json& container : at(*pod, "/spec/containers")) {
      for (const Json& port : at(container, "/ports")) {
        if (number(port, "/hostPort") > 0) load.host_ports.emplace(text(port, "/protocol"), number(port, "/hostPort"));
      }
    }
  }
  return result;
}

struct Wanted {
  Json pod;
  std::vector<Object> bound;    // volumes of bound claims
  std::vector<Object> delayed;  // claims that wait for a node
};

/// True when the pod's required anti-affinity or affinity rules keep it off this node.
bool repelled(const Cluster& cluster, const Json& pod, const Json& node, const char* which, bool anti) {
  for (const Json& rule :
       at(pod, std::string("/spec/affinity/") + which + "/requiredDuringSchedulingIgnoredDuringExecution")) {
    const std::string topology = label(node, text(rule, "/topologyKey"));
    bool found = false;
    bool any = false;
    for (const Object& other : cluster.in(resources::pods, namespace_of(pod))) {
      if (!selects(at(rule, "/labelSelector"), at(*other, "/metadata/labels")) ||
          text(*other, "/spec/nodeName").empty())
        continue;
      any = true;
      const Object other_node = cluster.find(resources::nodes, "", text(*other, "/spec/nodeName"));
      found = found || (other_node && label(*other_node, text(rule, "/topologyKey")) == topology);
    }
    if (anti && found) return true;
    const bool first_of_its_kind = !any && selects(at(rule, "/labelSelector"), at(pod, "/metadata/labels"));
    if (!anti && !found && !first_of_its_kind) return true;
  }
  return false;
}

/// Why the pod cannot go to the node: the reasons that the event lists; none when it fits.
std::vector<std::string> refusals(Context& context, const Wanted& wanted, const Json& node, const Load& load) {
  const Json& pod = wanted.pod;
  const Json& unschedulable = at(node, "/spec/unschedulable");
  if (unschedulable.is_boolean() && unschedulable.get<bool>()) {
    const Json taint{{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}};
    if (!tolerates(pod, taint)) return {"node(s) were unschedulable"};
  }
  for (const Json& taint : at(node, "/spec/taints")) {
    if (text(taint, "/effect") == "PreferNoSchedule" || tolerates(pod, taint)) continue;
    return {context.config.minor >= 34
                ? "node(s) had untolerated taint(s)"
                : "node(s) had untolerated taint {" + text(taint, "/key") + ": " + text(taint, "/value") + "}"};
  }
  const Json selector{{"matchLabels", at(pod, "/spec/nodeSelector")}};
  const Json& required = at(pod, "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution");
  if (!selects(selector, at(node, "/metadata/labels")) ||
      (!required.is_null() && !node_selector_matches(required, node))) {
    return {"node(s) didn't match Pod's node affinity/selector"};
  }
  std::vector<std::string> reasons;
  for (const auto& [name, value] : demand(pod)) {
    if (value == 0) continue;
    const auto used = load.used.find(name);
    const Json& allocatable = at(node, "/status/allocatable");
    const bool known = allocatable.is_object() && allocatable.contains(name) && allocatable[name].is_string();
    const std::int64_t there = known ? quantity_or_zero(allocatable[name].get<std::string>(), 1000) : 0;
    if ((used == load.used.end() ? 0 : used->second) + value > there)
      reasons.push_back(name == "pods" ? "Too many pods" : "Insufficient " + name);
  }
  if (!reasons.empty()) return reasons;
  for (const Json& container : at(pod, "/spec/containers")) {
    for (const Json& port : at(container, "/ports")) {
      if (load.host_ports.contains({text(port, "/protocol"), number(port, "/hostPort")}))
        return {"node(s) didn't have free ports for the requested pod ports"};
    }
  }
  for (const Object& volume : wanted.bound) {
    if (!volume_fits_node(*volume, node)) {
      return {context.config.minor >= 34 ? "node(s) didn't match PersistentVolume's node affinity"
                                         : "node(s) had volume node affinity conflict"};
    }
  }
  for (const Object& claim : wanted.delayed) {
    const std::string chosen = annotation(*claim, kSelectedNode);
    if (!chosen.empty() && chosen != name_of(node)) return {"node(s) didn't find available persistent volumes to bind"};
    if (find_volume(context.cluster, *claim, &node)) continue;
    const Object storage_class = context.cluster.find(resources::classes, "", class_of(*claim));
    if (!storage_class || text(*storage_class, "/provisioner") == "kubernetes.io/no-provisioner") {
      return {"node(s) didn't find available persistent volumes to bind"};
    }
    const Json& topologies = at(*storage_class, "/allowedTopologies");
    bool allowed = topologies.empty();
    for (const Json& term : topologies) {
      bool all = true;
      for (const Json& rule : at(term, "/matchLabelExpressions")) {
        const Json& values = at(rule, "/values");
        all = all && std::find(values.begin(), values.end(), label(node, text(rule, "/key"))) != values.end();
      }
      allowed = allowed || all;
    }
    if (!allowed) return {"node(s) didn't find available persistent volumes to bind"};
  }
  if (repelled(context.cluster, pod, node, "podAffinity", false)) return {"node(s) didn't match pod affinity rules"};
  if (repelled(context.cluster, pod, node, "podAntiAffinity", true))
    return {"node(s) didn't match pod anti-affinity rules"};
  return {};
}

/// Sorts the pod's claims into bound volumes and claims that wait for a node; a text says why neither will do.
std::string look_at_claims(Context& context, Wanted& wanted) {
  for (const Json& volume : at(wanted.pod, "/spec/volumes")) {
    const std::string name = claim_name(wanted.pod, volume);
    if (name.empty()) continue;
    const Object claim = context.cluster.find(resources::claims, namespace_of(wanted.pod), name);
    if (!claim) {
      if (has(volume, "/ephemeral"))
        return "waiting for ephemeral volume controller to create the persistentvolumeclaim \"" + name + "\"";
      return "persistentvolumeclaim \"" + name + "\" not found";
    }
    if (deleting(*claim)) return "persistentvolumeclaim \"" + name + "\" is being deleted";
    if (text(*claim, "/status/phase") == "Lost")
      return "persistentvolumeclaim \"" + name + "\" bound to non-existent persistentvolume \"" +
             text(*claim, "/spec/volumeName") + "\"";
    if (!annotation(*claim, "pv.kubernetes.io/bind-completed").empty()) {
      const std::string bound = text(*claim, "/spec/volumeName");
      const Object found = context.cluster.find(resources::volumes, "", bound);
      if (!found)
        return "persistentvolumeclaim \"" + name + "\" bound to non-existent persistentvolume \"" + bound + "\"";
      wanted.bound.push_back(found);
      continue;
    }
    if (!waits_for_consumer(context.cluster, class_of(*claim)) || !text(*claim, "/spec/volumeName").empty()) {
      return "pod has unbound immediate PersistentVolumeClaims";
    }
    wanted.delayed.push_back(claim);
  }
  return "";
}

asio::awaitable<Outcome> report(Context& context, Json pod, std::string message) {
  context.events.warning(source("Scheduling"), pod, "FailedScheduling", message);
  const std::string now = context.now();
  const std::function<bool(Json&)> change = [message, now](Json& object) {
    return text(object, "/spec/nodeName").empty() &&
           set_condition(object["status"], "PodScheduled", false, "Unschedulable", message, now);
  };
  const auto written =
      co_await context.cluster.modify(resources::pods, namespace_of(pod), name_of(pod), "status", change);
  if (!written && !written.error().not_found()) co_return Outcome{true, {}};
  co_return again_in(60s);
}

std::string suffix(Context& context, std::size_t nodes) {
  if (context.config.minor < 24) return "";
  const std::string count = std::to_string(nodes);
  return " preemption: 0/" + count + " nodes are available: " + (nodes == 1 ? "1" : count) +
         " Preemption is not helpful for scheduling.";
}

/// Reserves what the chosen node offers for claims that waited. False: something was written, the claims will wake us.
asio::awaitable<base::Result<bool, ApiError>> settle_claims(Context& context, std::vector<Object> delayed, Json node) {
  for (const Object& claim : delayed) {
    const Object volume = find_volume(context.cluster, *claim, &node);
    if (volume && !has(*volume, "/spec/claimRef")) {
      Json changed = *volume;
      changed["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"] = "yes";
      changed["spec"]["claimRef"] = {{"kind", "PersistentVolumeClaim"},
                                     {"namespace", namespace_of(*claim)},
                                     {"name", name_of(*claim)},
                                     {"uid", uid_of(*claim)},
                                     {"apiVersion", "v1"},
                                     {"resourceVersion", text(*claim, "/metadata/resourceVersion")}};
      const auto written = co_await context.cluster.update(resources::volumes, std::move(changed));
      if (!written) co_return written.error();
    } else if (!volume && annotation(*claim, kSelectedNode) != name_of(node)) {
      Json changed = *claim;
      changed["metadata"]["annotations"][kSelectedNode] = name_of(node);
      const auto written = co_await context.cluster.update(resources::claims, std::move(changed));
      if (!written) co_return written.error();
    }
  }
  co_return delayed.empty();
}

asio::awaitable<Outcome> schedule(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::pods, ns, name);
  if (!found || !waits(*found)) co_return done();
  Wanted wanted{*found, {}, {}};
  const Objects& nodes = context.cluster.all(resources::nodes);
  if (nodes.empty()) co_return co_await report(context, wanted.pod, "no nodes available to schedule pods");
  const std::string start = "0/" + std::to_string(nodes.size()) + " nodes are available: ";
  if (const std::string why = look_at_claims(context, wanted); !why.empty()) {
    std::string message = context.config.minor >= 34   ? start + why + ". not found"
                          : context.config.minor >= 24 ? start + why + "." + suffix(context, nodes.size())
                                                       : why;
    co_return co_await report(context, wanted.pod, message);
  }
  const std::map<std::string, Load> load = loads(context.cluster);
  std::map<std::string, int> reasons;
  Object best;
  int best_pods = 0;
  for (const auto& [node_key, node] : nodes) {
    const auto at_node = load.find(name_of(*node));
    const Load none;
    const Load& here = at_node == load.end() ? none : at_node->second;
    const std::vector<std::string> why = refusals(context, wanted, *node, here);
    for (const std::string& reason : why) ++reasons[reason];
    if (!why.empty() || (best && here.pods >= best_pods)) continue;
    best = node;
    best_pods = here.pods;
  }
  if (!best) {
    std::vector<std::string> parts;
    for (const auto& [reason, count] : reasons) parts.push_back(std::to_string(count) + " " + reason);
    std::sort(parts.begin(), parts.end());
    co_return co_await report(context, wanted.pod,
                              start + base::join(parts, ", ") + "." + suffix(context, nodes.size()));
  }
  const std::string node = name_of(*best);
  const auto settled = co_await settle_claims(context, wanted.delayed, *best);
  if (!settled) co_return failed_with(settled.error());
  if (!*settled) co_return again_in(600s);
  const Json binding{{"kind", "Binding"},
                     {"apiVersion", "v1"},
                     {"metadata", {{"name", name}, {"namespace", ns}, {"uid", uid_of(wanted.pod)}}},
                     {"target", {{"kind", "Node"}, {"apiVersion", "v1"}, {"name", node}}}};
  const auto bound = co_await context.cluster.client().create_sub(resources::pods, ns, name, "binding", binding);
  if (!bound) co_return failed_with(bound.error());
  context.events.normal(source("Binding"), wanted.pod, "Scheduled",
                        "Successfully assigned " + ns + "/" + name + " to " + node);
  co_return done();
}

Keys waiting_pods(Context& context) {
  Keys keys;
  for (const auto& [key, pod] : context.cluster.all(resources::pods)) {
    if (waits(*pod)) keys.push_back(key);
  }
  return keys;
}

/// A change of our own condition is no reason to try again; a pod that went made room.
Keys pod_trigger(Context& context, const Object& old, const Object& now) {
  if (!now) return text(*old, "/spec/nodeName").empty() ? Keys{} : waiting_pods(context);
  if (!waits(*now)) return {};
  if (old && at(*old, "/spec") == at(*now, "/spec")) return {};
  return {key_of(*now)};
}

Keys node_trigger(Context& context, const Object& old, const Object& now) {
  if (!now) return {};
  const bool same = old && at(*old, "/spec") == at(*now, "/spec") &&
                    at(*old, "/metadata/labels") == at(*now, "/metadata/labels") &&
                    at(*old, "/status/allocatable") == at(*now, "/status/allocatable");
  return same ? Keys{} : waiting_pods(context);
}

Keys claim_trigger(Context& context, const Object& old, const Object& now) {
  Keys keys;
  const Json& claim = now ? *now : *old;
  for (const Object& pod : pods_using(context.cluster, namespace_of(claim), name_of(claim))) {
    if (waits(*pod)) keys.push_back(key_of(*pod));
  }
  return keys;
}

Keys volume_trigger(Context& context, const Object& old, const Object& now) {
  return !old && now ? waiting_pods(context) : Keys{};
}

}  // namespace

std::vector<Controller> scheduler_rows() {
  return {{.name = "scheduler",
           .triggers = {{resources::pods, pod_trigger},
                        {resources::nodes, node_trigger},
                        {resources::claims, claim_trigger},
                        {resources::volumes, volume_trigger},
                        {resources::classes, volume_trigger}},
           .reconcile = schedule}};
}

}  // namespace k8s_fake::control
