// status, scale, binding, eviction, token, finalize, approval, ephemeralcontainers. Source: kubernetes.md 2.11, 6.4.
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "k8s-fake/api.h"
#include "k8s-fake/patch.h"
#include "k8s-fake/proxy.h"
#include "k8s-fake/selector.h"
#include "k8s-fake/table.h"
#include "k8s-fake/tokens.h"
#include "k8s-fake/webhooks.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

ObjectPtr stored(const Call& call) {
  return call.server.store.find(call.resource(), call.resource().namespaced ? call.info.ns : "", call.info.name);
}

Json success(int code) {
  Json out = {{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Success"}};
  if (code != 0) out["code"] = code;
  return out;
}

std::string selector_text(const Json& selector) {
  std::string out;
  for (const auto& [key, value] : at(selector, "matchLabels").items())
    out += (out.empty() ? "" : ",") + key + "=" + (value.is_string() ? value.get<std::string>() : "");
  for (const auto& each : at(selector, "matchExpressions")) {
    std::string values;
    for (const auto& value : at(each, "values"))
      values += (values.empty() ? "" : ",") + (value.is_string() ? value.get<std::string>() : "");
    const std::string op = text_at(each, "operator");
    const std::string key = text_at(each, "key");
    out += out.empty() ? "" : ",";
    if (op == "Exists") out += key;
    else if (op == "DoesNotExist") out += "!" + key;
    else out += key + (op == "In" ? " in (" : " notin (") + values + ")";
  }
  return out;
}

Json scale_of(const Resource& resource, const Json& object) {
  Json metadata = Json::object();
  for (const auto* key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const Json& value = at_path(object, {"metadata", key}); !value.is_null()) metadata[key] = value;
  }
  Json spec = Json::object(), status = Json{{"replicas", int_at(object, {"status", "replicas"})}};
  if (const std::int64_t replicas = int_at(object, {"spec", "replicas"}, resource.custom != nullptr ? 0 : 1);
      replicas != 0)
    spec["replicas"] = replicas;
  const Json& selector = at_path(object, {"spec", "selector"});
  std::string text;
  if (resource.plural == "replicationcontrollers") text = selector_text(Json{{"matchLabels", selector}});
  else text = selector_text(selector);
  if (!text.empty()) status["selector"] = text;
  return {
      {"kind", "Scale"}, {"apiVersion", "autoscaling/v1"}, {"metadata", metadata}, {"spec", spec}, {"status", status}};
}

ApiResult<Response> serve_scale(Call& call) {
  const ObjectPtr object = stored(call);
  if (object == nullptr) return not_found(call.what(), call.info.name);
  const Json scale = scale_of(call.resource(), object->json());
  if (call.info.verb == "get") return json_response(200, scale);
  Json wanted;
  if (call.info.verb == "update") {
    auto body = read_body(call);
    if (!body) return body.error();
    wanted = std::move(*body);
  } else {
    if (auto problem = check_options(call, "PatchOptions")) return *problem;
    const ParsedJson parsed = parse_json(call.request.body);
    if (!parsed.error.empty()) return bad_request("error decoding patch: " + parsed.error);
    auto next = parsed.value.is_array() ? apply_json_patch(scale, parsed.value, call.server.at_least(22))
                                        : apply_merge_patch(scale, parsed.value);
    if (!next) return next.error();
    wanted = std::move(*next);
  }
  const std::int64_t replicas = int_at(wanted, {"spec", "replicas"});
  if (replicas < 0) {
    FieldErrors errors(call.server.version.minor);
    errors.invalid("spec.replicas", replicas, "must be greater than or equal to 0");
    return invalid("autoscaling", "Scale", call.info.name, errors);
  }
  const std::string version = text_at(wanted, {"metadata", "resourceVersion"});
  Json shown = scale;
  shown["spec"]["replicas"] = replicas;
  if (auto problem = call_webhooks_about(call, "UPDATE", shown)) return *problem;
  auto done = update_object(call, call.info.ns, call.info.name, "scale", [&](const Json& current) -> ApiResult<Json> {
    Json next = current;
    next["spec"]["replicas"] = replicas;
    if (!version.empty()) next["metadata"]["resourceVersion"] = version;
    return next;
  });
  if (!done) return done.error();
  return json_response(200, scale_of(call.resource(), done->json));
}

void set_condition(Json& object, const std::string& now, Json condition) {
  Json& conditions = object["status"]["conditions"];
  if (!conditions.is_array()) conditions = Json::array();
  for (auto& each : conditions) {
    if (at(each, "type") != condition["type"]) continue;
    if (at(each, "status") == condition["status"]) condition["lastTransitionTime"] = at(each, "lastTransitionTime");
    else condition["lastTransitionTime"] = now;
    each = condition;
    return;
  }
  condition["lastTransitionTime"] = now;
  conditions.push_back(condition);
}

ApiResult<Response> bind_pod(Call& call, const Json& binding, const std::string& pod) {
  const std::string node = text_at(binding, {"target", "name"});
  if (node.empty()) {
    FieldErrors errors(call.server.version.minor);
    errors.required("target.name");
    return invalid("", "Binding", pod, errors);
  }
  const Endpoint* pods = call.server.kinds.find("", "v1", "pods");
  call.endpoint = pods;
  call.internal = true;
  const ApiStatus none{};
  auto done = update_object(call, call.info.ns, pod, "binding", [&](const Json& current) -> ApiResult<Json> {
    const std::string bound = text_at(current, {"spec", "nodeName"});
    if (!text_at(current, {"metadata", "deletionTimestamp"}).empty()) {
      return conflict({"", "pods/binding"}, pod, "pod " + pod + " is being deleted, cannot be assigned to a host");
    }
    if (!bound.empty())
      return conflict({"", "pods/binding"}, pod, "pod " + pod + " is already assigned to node " + dump(Json(bound)));
    Json next = current;
    next["spec"]["nodeName"] = node;
    for (const auto& [key, value] : at_path(binding, {"metadata", "annotations"}).items())
      next["metadata"]["annotations"][key] = value;
    set_condition(next, call.server.now_text(),
                  {{"type", "PodScheduled"}, {"status", "True"}, {"lastProbeTime", nullptr}});
    return next;
  });
  if (!done) return done.error();
  return json_response(201, success(201));
}

ApiResult<Response> serve_binding(Call& call) {
  auto body = read_body(call);
  if (!body) return body.error();
  const std::string name = text_at(*body, {"metadata", "name"});
  if (!name.empty() && name != call.info.name) return bad_request("name in URL does not match name in Binding object");
  Json shown = *body;
  shown["kind"] = "Binding";
  shown["apiVersion"] = "v1";
  if (auto problem = call_webhooks_about(call, "CREATE", shown)) return *problem;
  return bind_pod(call, *body, call.info.name);
}

std::int64_t count_of(const Json& value, std::int64_t of) {
  if (value.is_number()) return value.get<std::int64_t>();
  const std::string text = value.is_string() ? value.get<std::string>() : "0";
  const auto number = base::parse_signed(text.substr(0, text.find('%'))).value_or(0);
  return text.find('%') == std::string::npos ? number : (number * of + 99) / 100;
}

/// The budget that an eviction would break, as its message; "" if none.
std::string broken_budget(Call& call, const Object& pod) {
  const Resource& pods = call.resource();
  for (const auto& [key, object] : call.server.store.objects(call.server.resource("policy", "poddisruptionbudgets"))) {
    if (object->ns != pod.ns) continue;
    const Json budget = object->json();
    const LabelSelector selector = label_selector_of(at_path(budget, {"spec", "selector"}));
    if (!selector.matches(pod.labels)) continue;
    std::int64_t total = 0, healthy = 0;
    for (const auto& [pod_key, each] : call.server.store.objects(pods)) {
      if (each->ns != pod.ns || !selector.matches(each->labels)) continue;
      const Json json = each->json();
      ++total;
      for (const auto& condition : at_path(json, {"status", "conditions"})) {
        if (text_at(condition, "type") == "Ready" && text_at(condition, "status") == "True" &&
            text_at(json, {"metadata", "deletionTimestamp"}).empty())
          ++healthy;
      }
    }
    const Json& minimum = at_path(budget, {"spec", "minAvailable"});
    const Json& maximum = at_path(budget, {"spec", "maxUnavailable"});
    const std::int64_t needed = minimum.is_null() ? total - count_of(maximum, total) : count_of(minimum, total);
    if (healthy - 1 < needed) {
      return "The disruption budget " + object->name + " needs " + std::to_string(needed) + " healthy pods and has " +
             std::to_string(healthy) + " currently";
    }
  }
  return "";
}

ApiResult<Response> serve_eviction(Call& call) {
  if (auto problem = check_options(call, "CreateOptions")) return *problem;
  // policy/v1beta1 bodies are the same shape.
  auto body = read_options(call);
  if (!body) return body.error();
  const ObjectPtr pod = stored(call);
  if (pod == nullptr) return not_found(call.what(), call.info.name);
  if (auto problem = call_webhooks_about(call, "CREATE", *body)) return *problem;
  const std::string phase = text_at(pod->json(), {"status", "phase"});
  if (phase != "Succeeded" && phase != "Failed" && phase != "Pending") {
    if (const std::string broken = broken_budget(call, *pod); !broken.empty()) {
      Json causes = Json::array({Json{{"reason", "DisruptionBudget"}, {"message", broken}}});
      return ApiStatus{.code = 429,
                       .reason = "TooManyRequests",
                       .message = "Cannot evict pod as it would violate the pod's disruption budget.",
                       .details = Json{{"causes", causes}}};
    }
  }
  if (!call.dry_run) {
    call.internal = true;
    auto marked = update_object(call, pod->ns, pod->name, "status", [&](const Json& current) -> ApiResult<Json> {
      Json next = current;
      set_condition(next, call.server.now_text(),
                    {{"type", "DisruptionTarget"},
                     {"status", "True"},
                     {"reason", "EvictionByEvictionAPI"},
                     {"message", "Eviction API: evicting"},
                     {"lastProbeTime", nullptr}});
      return next;
    });
    if (!marked) return marked.error();
    auto gone = remove_object(call, stored(call), at(*body, "deleteOptions"));
    if (!gone) return gone.error();
  }
  return json_response(201, success(201));
}

ApiResult<Response> serve_token(Call& call) {
  if (auto problem = check_options(call, "CreateOptions")) return *problem;
  auto body = read_body(call);
  if (!body) return body.error();
  const ObjectPtr account = stored(call);
  if (account == nullptr) return not_found(call.what(), call.info.name);
  TokenSpec spec{.ns = call.info.ns,
                 .account = account->name,
                 .account_uid = account->uid,
                 .pod = {},
                 .pod_uid = {},
                 .node = {},
                 .secret = {}};
  if (const Json& audiences = at_path(*body, {"spec", "audiences"}); audiences.is_array() && !audiences.empty()) {
    spec.audiences.clear();
    for (const auto& each : audiences)
      if (each.is_string()) spec.audiences.push_back(each.get<std::string>());
  }
  spec.lifetime_seconds = int_at(*body, {"spec", "expirationSeconds"}, 3600);
  if (spec.lifetime_seconds < 600) {
    FieldErrors errors(call.server.version.minor);
    errors.invalid("spec.expirationSeconds", spec.lifetime_seconds, "may not specify a duration less than 10 minutes");
    return invalid("authentication.k8s.io", "TokenRequest", "", errors);
  }
  if (const Json& bound = at_path(*body, {"spec", "boundObjectRef"}); text_at(bound, "kind") == "Pod") {
    const Json pod = call.server.read("", "pods", call.info.ns, text_at(bound, "name"));
    if (pod.is_null()) return not_found({"", "pods"}, text_at(bound, "name"));
    const std::string uid = text_at(bound, "uid");
    if (!uid.empty() && uid != text_at(pod, {"metadata", "uid"})) {
      return conflict({"", "pods"}, text_at(bound, "name"),
                      "the UID in the bound object reference (" + uid +
                          ") does not match the UID in record. The object might have been deleted and then recreated");
    }
    spec.pod = text_at(bound, "name");
    spec.pod_uid = text_at(pod, {"metadata", "uid"});
    spec.node = text_at(pod, {"spec", "nodeName"});
  }
  Json out = {{"kind", "TokenRequest"},
              {"apiVersion", "authentication.k8s.io/v1"},
              {"metadata",
               {{"name", account->name}, {"namespace", account->ns}, {"creationTimestamp", call.server.now_text()}}}};
  out["spec"] = at(*body, "spec").is_object() ? (*body)["spec"] : Json::object();
  out["spec"]["audiences"] = spec.audiences;
  out["spec"]["expirationSeconds"] = spec.lifetime_seconds;
  if (!out["spec"].contains("boundObjectRef")) out["spec"]["boundObjectRef"] = nullptr;
  out["status"] = {
      {"token", make_service_token(call.server, spec)},
      {"expirationTimestamp", base::to_rfc3339(call.server.clock.now() + std::chrono::seconds(spec.lifetime_seconds))}};
  return json_response(201, out);
}

/// What exec, attach, port-forward and proxy ask for, as the object that admission sees.
Json connect_options(const Call& call) {
  Json out = {{"kind", call.sub->kind}, {"apiVersion", "v1"}};
  for (const auto* flag : {"stdin", "stdout", "stderr", "tty"})
    if (call.query.has(flag)) out[flag] = call.query.flag(flag);
  if (call.query.has("container")) out["container"] = call.query.get("container");
  if (call.query.has("path")) out["path"] = call.query.get("path");
  if (call.query.has("command")) out["command"] = call.query.all("command");
  return out;
}

/// PUT of a namespace's spec.finalizers.
ApiResult<Response> serve_finalize(Call& call) {
  auto body = read_body(call);
  if (!body) return body.error();
  call.internal = true;
  auto done = update_object(call, "", call.info.name, "finalize", [&](const Json& current) -> ApiResult<Json> {
    Json next = current;
    const Json& finalizers = at_path(*body, {"spec", "finalizers"});
    if (finalizers.is_array() && !finalizers.empty()) next["spec"]["finalizers"] = finalizers;
    else next["spec"].erase("finalizers");
    return next;
  });
  if (!done) return done.error();
  return stored_response(call, 200, *done);
}

}  // namespace

ApiResult<Response> answer_binding(Call& call, const Json& body) {
  return bind_pod(call, body, text_at(body, {"metadata", "name"}));
}

ApiResult<Response> serve_subresource(Call& call) {
  const std::string& name = call.info.subresource;
  const auto is = [&](std::string_view verb) { return call.info.verb == verb; };
  const unsigned verbs = call.sub->verbs;
  const bool allowed = (is("get") && (verbs & kVerbGet) != 0) || (is("create") && (verbs & kVerbCreate) != 0) ||
                       (is("update") && (verbs & kVerbUpdate) != 0) || (is("patch") && (verbs & kVerbPatch) != 0) ||
                       (is("delete") && (verbs & kVerbDelete) != 0);
  if (!allowed) return method_not_allowed();
  if (name == "scale") return serve_scale(call);
  if (name == "binding") return serve_binding(call);
  if (name == "eviction") return serve_eviction(call);
  if (name == "token") return serve_token(call);
  if (name == "finalize") return serve_finalize(call);
  if (name == "status" || name == "approval" || name == "ephemeralcontainers" || name == "resize") {
    if (is("get")) return get_object(call);
    return is("update") ? update(call) : patch(call);
  }
  if (name == "proxy") {
    if (auto problem = call_webhooks_about(call, "CONNECT", connect_options(call))) return *problem;
    return serve_proxy(call);
  }
  if (call.server.streams) {
    if (stored(call) == nullptr) return not_found(call.what(), call.info.name);
    if (name != "log") {
      if (auto problem = call_webhooks_about(call, "CONNECT", connect_options(call))) return *problem;
    }
    return call.server.streams(call);
  }
  return ApiStatus{.code = 503,
                   .reason = "ServiceUnavailable",
                   .message = "the server is currently unable to handle the request",
                   .details = Json::object()};
}

}  // namespace k8s_fake
