#include "k8s-fake/proxy.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct ProxyName {
  std::string scheme, name, port;
};

std::optional<ProxyName> split_proxy_name(const std::string& id) {
  const std::vector<std::string> parts = split_text(id, ':');
  ProxyName out;
  if (parts.size() == 1) out = {"", parts[0], ""};
  else if (parts.size() == 2) out = {"", parts[0], parts[1]};
  else if (parts.size() == 3) out = {parts[0], parts[1], parts[2]};
  else return std::nullopt;
  if (out.name.empty() || (!out.scheme.empty() && out.scheme != "http" && out.scheme != "https")) return std::nullopt;
  return out;
}

ApiStatus unavailable(std::string message) {
  return ApiStatus{.code = 503, .reason = "ServiceUnavailable", .message = std::move(message), .details = {}};
}

/// What follows ".../NAME/proxy" in the path as it was sent: "" or "/…".
std::string path_below(const Call& call) {
  std::string_view rest = call.request.path();
  // /api/v1/[namespaces/NS/]RESOURCE/NAME/proxy
  for (int segments = call.info.namespaced_path ? 7 : 5; segments > 0; --segments) {
    const std::size_t slash = rest.find('/', rest.empty() ? 0 : 1);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  }
  return std::string(rest);
}

/// The request as the pod gets it, handed to the kubelet of its node.
ApiResult<Response> to_pod(Call& call, const std::string& scheme, const std::string& pod, std::uint64_t port,
                           const std::string& ip) {
  if (!call.server.streams) return unavailable("the server is currently unable to handle the request");
  base::http::Request request = call.request;
  const std::string query(call.request.query());
  request.target = path_below(call) + (query.empty() ? "" : "?" + query);
  request.headers.remove("Authorization");
  request.headers.set("Host", ip + ":" + std::to_string(port));
  request.headers.set("X-Forwarded-Uri", std::string(call.request.path()));
  request.peer.tls = scheme == "https";
  Call there{.server = call.server,
             .request = request,
             .info = call.info,
             .query = call.query,
             .user = call.user,
             .endpoint = call.server.kinds.find("", "v1", "pods")};
  there.info.name = pod;
  return call.server.streams(there);
}

ApiResult<Response> pod_proxy(Call& call, const ProxyName& to) {
  const Json pod = call.server.read("", "pods", call.info.ns, to.name);
  if (pod.is_null()) return not_found(call.what(), to.name);
  std::uint64_t port = base::parse_unsigned(to.port).value_or(0);
  if (!to.port.empty() && (port == 0 || port > 65535))
    return bad_request("invalid pod request " + dump(Json(call.info.name)));
  for (const Json& container : at_path(pod, {"spec", "containers"}))
    for (const Json& each : at(container, "ports"))
      if (port == 0 && text_at(each, "protocol") != "UDP")
        port = static_cast<std::uint64_t>(int_at(each, {"containerPort"}));
  const std::string ip = text_at(pod, {"status", "podIP"});
  if (ip.empty()) return bad_request("address not allowed");
  return to_pod(call, to.scheme, to.name, port == 0 ? 80 : port, ip);
}

ApiResult<Response> service_proxy(Call& call, const ProxyName& to) {
  const Json service = call.server.read("", "services", call.info.ns, to.name);
  if (service.is_null()) return not_found(call.what(), to.name);
  std::string port_name = to.port;
  if (const auto number = base::parse_unsigned(to.port)) {
    const Json* found = nullptr;
    for (const Json& port : at_path(service, {"spec", "ports"}))
      if (found == nullptr && int_at(port, {"port"}) == static_cast<std::int64_t>(*number)) found = &port;
    if (found == nullptr)
      return unavailable("no service port " + to.port + " found for service " + dump(Json(to.name)));
    port_name = text_at(*found, "name");
  }
  const Json endpoints = call.server.read("", "endpoints", call.info.ns, to.name);
  for (const Json& subset : at(endpoints, "subsets"))
    for (const Json& port : at(subset, "ports")) {
      if (text_at(port, "name") != port_name) continue;
      for (const Json& address : at(subset, "addresses")) {
        const Json& target = at(address, "targetRef");
        if (text_at(target, "kind") != "Pod") continue;
        if (call.server.read("", "pods", call.info.ns, text_at(target, "name")).is_null()) continue;
        return to_pod(call, to.scheme, text_at(target, "name"), static_cast<std::uint64_t>(int_at(port, {"port"})),
                      text_at(address, "ip"));
      }
    }
  const bool any = !at(endpoints, "subsets").empty();
  return unavailable("no endpoints available for service " + dump(Json(any ? call.info.name : to.name)));
}

/// The kubelet's own paths that say something about a lab: its health and its pods.
ApiResult<Response> node_proxy(Call& call, const ProxyName& to) {
  if (call.server.read("", "nodes", "", to.name).is_null()) return not_found(call.what(), to.name);
  if (!to.port.empty() && to.port != "10250")
    return unavailable("error trying to reach service: dial tcp " + to.name + ":" + to.port +
                       ": connect: connection refused");
  const std::string path = path_below(call);
  Response response;
  if (path == "/healthz") {
    response.headers.set("Content-Type", "text/plain; charset=utf-8");
    response.body = "ok";
    return response;
  }
  if (path == "/pods" || path == "/pods/" || path == "/runningpods/") {
    Json items = Json::array();
    for (const auto& [key, object] : call.server.store.objects(call.server.resource("", "pods"))) {
      Json pod = object->json();
      if (text_at(pod, {"spec", "nodeName"}) == to.name) items.push_back(std::move(pod));
    }
    return json_response(
        200, Json{{"kind", "PodList"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"items", items}});
  }
  response.status = 404;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.body = "404 page not found\n";
  return response;
}

}  // namespace

ApiResult<Response> serve_proxy(Call& call) {
  const std::string& plural = call.endpoint->plural();
  const std::string singular = plural.substr(0, plural.size() - 1);
  const auto to = split_proxy_name(call.info.name);
  if (!to) return bad_request("invalid " + singular + " request " + dump(Json(call.info.name)));
  if (path_below(call).empty() && (call.request.method == "GET" || call.request.method == "HEAD")) {
    Response moved;
    moved.status = 301;
    const std::string query(call.request.query());
    moved.headers.set("Location", std::string(call.request.path()) + "/" + (query.empty() ? "" : "?" + query));
    return moved;
  }
  if (plural == "pods") return pod_proxy(call, *to);
  if (plural == "services") return service_proxy(call, *to);
  return node_proxy(call, *to);
}

}  // namespace k8s_fake
