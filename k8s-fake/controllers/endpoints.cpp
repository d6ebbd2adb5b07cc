/// Endpoints and EndpointSlices of services with a selector. Source: kubernetes specification 4.8, 5.7.
#include <optional>

#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/runtime.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

/// A service port's number on one pod: a number, or the name of one of the pod's ports. Zero when there is none.
std::int64_t target_port(const Json& port, const Json& pod) {
  const Json& target = at(port, "/targetPort");
  if (target.is_number()) return target.get<std::int64_t>();
  if (!target.is_string()) return number(port, "/port");
  for (const Json& container : at(pod, "/spec/containers")) {
    for (const Json& one : at(container, "/ports")) {
      if (text(one, "/name") == target.get<std::string>()) return number(one, "/containerPort");
    }
  }
  return 0;
}

struct Backend {
  Object pod;
  bool ready = false;
};

std::vector<Backend> backends(const Cluster& cluster, const Json& service) {
  std::vector<Backend> result;
  const Json selector{{"matchLabels", at(service, "/spec/selector")}};
  for (const Object& pod : cluster.in(resources::pods, namespace_of(service))) {
    if (text(*pod, "/status/podIP").empty() || pod_finished(*pod) || !selects(selector, at(*pod, "/metadata/labels")))
      continue;
    const bool always = at(service, "/spec").value("publishNotReadyAddresses", false);
    result.push_back({pod, always || (pod_ready(*pod) && !deleting(*pod))});
  }
  return result;
}

Json target_ref(const Json& pod) {
  return {{"kind", "Pod"}, {"namespace", namespace_of(pod)}, {"name", name_of(pod)}, {"uid", uid_of(pod)}};
}

asio::awaitable<Outcome> keep_endpoints(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::services, ns, name);
  const Object known = context.cluster.find(resources::endpoints, ns, name);
  if (!found) {
    if (!known || label(*known, "endpoints.kubernetes.io/managed-by").empty()) co_return done();
    const Json old = *known;
    const auto gone = co_await context.cluster.remove(resources::endpoints, old);
    co_return gone ? done() : failed_with(gone.error());
  }
  const Json service = *found;
  if (at(service, "/spec/selector").empty()) co_return done();
  Json subset = Json::object();
  for (const Backend& backend : backends(context.cluster, service)) {
    Json address{{"ip", text(*backend.pod, "/status/podIP")},
                 {"nodeName", text(*backend.pod, "/spec/nodeName")},
                 {"targetRef", target_ref(*backend.pod)}};
    const std::string host = text(*backend.pod, "/spec/hostname");
    if (!host.empty() && text(*backend.pod, "/spec/subdomain") == name) address["hostname"] = host;
    subset[backend.ready ? "addresses" : "notReadyAddresses"].push_back(address);
    if (subset.contains("ports")) continue;
    for (const Json& port : at(service, "/spec/ports")) {
      Json one{{"port", target_port(port, *backend.pod)},
               {"protocol", text(port, "/protocol").empty() ? "TCP" : text(port, "/protocol")}};
      if (has(port, "/name")) one["name"] = port["name"];
      if (one["port"] != 0) subset["ports"].push_back(one);
    }
  }
  const Json subsets = subset.empty() ? Json() : Json::array({subset});
  if (known && at(*known, "/subsets") == subsets) co_return done();
  Json object = known ? *known : Json{{"metadata", {{"name", name}, {"namespace", ns}}}};
  Json labels = at(service, "/metadata/labels").is_object() ? at(service, "/metadata/labels") : Json::object();
  if (context.config.minor >= 33) labels["endpoints.kubernetes.io/managed-by"] = "endpoint-controller";
  if (!labels.empty()) object["metadata"]["labels"] = labels;
  object["metadata"]["annotations"]["endpoints.kubernetes.io/last-change-trigger-time"] = context.now();
  if (subsets.is_null()) object.erase("subsets");
  else object["subsets"] = subsets;
  std::optional<ApiResult> outcome;  // not one conditional expression: gcc 12 destroys an awaited branch twice
  if (known) outcome.emplace(co_await context.cluster.update(resources::endpoints, object));
  else outcome.emplace(co_await context.cluster.create(resources::endpoints, object));
  const ApiResult written = std::move(*outcome);
  co_return written || written.error().already_exists() ? done() : failed_with(written.error());
}

asio::awaitable<Outcome> keep_slices(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::services, ns, name);
  if (!found || deleting(*found) || at(*found, "/spec/selector").empty()) co_return done();
  const Json service = *found;
  Object known;
  for (const Object& slice : context.cluster.in(resources::endpoint_slices, ns)) {
    if (text(controller_of(*slice), "/uid") == uid_of(service)) known = slice;
  }
  Json list = Json::array();
  Json ports = Json::array();
  for (const Backend& backend : backends(context.cluster, service)) {
    Json endpoint{
        {"addresses", Json::array({text(*backend.pod, "/status/podIP")})},
        {"conditions",
         {{"ready", backend.ready}, {"serving", pod_ready(*backend.pod)}, {"terminating", deleting(*backend.pod)}}},
        {"nodeName", text(*backend.pod, "/spec/nodeName")},
        {"targetRef", target_ref(*backend.pod)}};
    const std::string host = text(*backend.pod, "/spec/hostname");
    if (!host.empty() && text(*backend.pod, "/spec/subdomain") == name) endpoint["hostname"] = host;
    list.push_back(std::move(endpoint));
    if (!ports.empty()) continue;
    for (const Json& port : at(service, "/spec/ports")) {
      const std::int64_t target = target_port(port, *backend.pod);
      if (target != 0)
        ports.push_back({{"name", text(port, "/name")},
                         {"port", target},
                         {"protocol", text(port, "/protocol").empty() ? "TCP" : text(port, "/protocol")}});
    }
  }
  if (known && at(*known, "/endpoints") == list && at(*known, "/ports") == ports) co_return done();
  Json slice = known ? *known : Json::object();
  if (!known) {
    slice["metadata"] = {
        {"generateName", name + "-"}, {"namespace", ns}, {"ownerReferences", Json::array({owner_reference(service)})}};
    slice["addressType"] = "IPv4";
  }
  Json labels = at(service, "/metadata/labels").is_object() ? at(service, "/metadata/labels") : Json::object();
  labels["kubernetes.io/service-name"] = name;
  labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
  slice["metadata"]["labels"] = labels;
  slice["endpoints"] = list;
  slice["ports"] = ports;
  std::optional<ApiResult> outcome;  // not one conditional expression: gcc 12 destroys an awaited branch twice
  if (known) outcome.emplace(co_await context.cluster.update(resources::endpoint_slices, slice));
  else outcome.emplace(co_await context.cluster.create(resources::endpoint_slices, slice));
  const ApiResult written = std::move(*outcome);
  co_return written ? done() : failed_with(written.error());
}

Keys services_of_pod(Context& context, const Object& old, const Object& now) {
  const bool same = old && now && at(*old, "/metadata/labels") == at(*now, "/metadata/labels") &&
                    at(*old, "/status/podIP") == at(*now, "/status/podIP") && pod_ready(*old) == pod_ready(*now) &&
                    pod_finished(*old) == pod_finished(*now) && deleting(*old) == deleting(*now);
  Keys keys;
  if (same) return keys;
  for (const Object& service : context.cluster.in(resources::services, namespace_of(now ? *now : *old))) {
    const Json& selector = at(*service, "/spec/selector");
    if (selector.empty()) continue;
    const Json wrapped{{"matchLabels", selector}};
    const bool concerned = (old && selects(wrapped, at(*old, "/metadata/labels"))) ||
                           (now && selects(wrapped, at(*now, "/metadata/labels")));
    if (concerned) keys.push_back(key_of(*service));
  }
  return keys;
}

/// Ours only, when somebody else removed it.
Keys service_of_slice(Context&, const Object& old, const Object& now) {
  return now ? Keys{} : owner_key(old, now, "Service");
}
Keys service_of_endpoints(Context&, const Object& old, const Object& now) { return now ? Keys{} : Keys{key_of(*old)}; }

}  // namespace

std::vector<Controller> endpoint_rows() {
  return {
      {.name = "endpoints",
       .triggers = {{resources::services, own_key},
                    {resources::pods, services_of_pod},
                    {resources::endpoints, service_of_endpoints}},
       .reconcile = keep_endpoints},
      {.name = "endpointslices",
       .triggers = {{resources::services, own_key},
                    {resources::pods, services_of_pod},
                    {resources::endpoint_slices, service_of_slice}},
       .reconcile = keep_slices},
  };
}

}  // namespace k8s_fake::control
