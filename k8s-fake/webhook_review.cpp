#include "k8s-fake/webhook_review.h"

#include <algorithm>

#include "k8s-fake/api.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

/// Where a service's port leads: the first ready address of its endpoints. Errors: Go's text of what went wrong.
base::Result<std::pair<std::string, std::uint16_t>, std::string> resolve(const Server& server, const Webhook& hook) {
  const std::string quoted = dump(Json(hook.service));
  const Json service = server.read("", "services", hook.service_namespace, hook.service);
  if (service.is_null()) return "service " + quoted + " not found";
  const Json& ports = at_path(service, {"spec", "ports"});
  const auto port =
      std::find_if(ports.begin(), ports.end(), [&](const Json& each) { return int_at(each, {"port"}) == hook.port; });
  if (port == ports.end()) return "no service port " + std::to_string(hook.port) + " found for service " + quoted;
  if (text_at(service, {"spec", "type"}) == "ExternalName")
    return std::pair(text_at(service, {"spec", "externalName"}), static_cast<std::uint16_t>(hook.port));
  const Json endpoints = server.read("", "endpoints", hook.service_namespace, hook.service);
  for (const auto& subset : at(endpoints, "subsets")) {
    for (const auto& each : at(subset, "ports")) {
      if (text_at(each, "name") != text_at(*port, "name") && ports.size() > 1) continue;
      if (at(subset, "addresses").empty()) continue;
      const Json& first = at(subset, "addresses")[0];
      const std::string ip = text_at(first, "ip");
      const auto number = static_cast<std::uint16_t>(int_at(each, {"port"}));
      return std::pair(ip, number);
    }
  }
  return "no endpoints available for service " + quoted;
}

struct Destination {
  CallOut out;
  std::string shown;  // the URL in error texts
  std::string problem;
};

Destination destination(const Server& server, const Webhook& hook) {
  Destination made;
  const std::string query = "timeout=" + std::to_string(hook.timeout_seconds) + "s";
  base::http::Endpoint& to = made.out.to;
  std::string target;
  if (!hook.url.empty()) {
    const auto url = base::http::parse_url(hook.url);
    if (!url) {
      made.problem = "Unparsable URL: " + url.error().message;
      return made;
    }
    to.tls = url->tls;
    to.host = url->host;
    to.port = url->port;
    target = url->target;
    const auto scheme_end = hook.url.find("://") + 3;
    made.shown = hook.url.substr(0, hook.url.find('/', scheme_end));
  } else {
    to.host = hook.service + "." + hook.service_namespace + ".svc";
    to.port = static_cast<std::uint16_t>(hook.port);
    target = hook.path.empty() ? "/" : hook.path.front() == '/' ? hook.path : "/" + hook.path;
    made.shown = "https://" + to.host + ":" + std::to_string(hook.port);
  }
  target = target.substr(0, target.find('?')) + "?" + query;
  made.shown += target;
  to.ca_pem = hook.ca_pem;
  made.out.dial_host = to.host;
  made.out.dial_port = to.port;
  made.out.request.target = target;
  if (hook.url.empty()) {
    const auto where = resolve(server, hook);
    if (where) {
      made.out.dial_host = where->first;
      made.out.dial_port = where->second;
    } else {
      made.problem = "Post " + dump(Json(made.shown)) + ": " + where.error();
    }
  }
  return made;
}

/// What client-go says of an answer that is not 2xx.
std::string status_problem(const Heard& heard) {
  const ParsedJson parsed = parse_json(heard.body);
  if (parsed.error.empty() && text_at(parsed.value, "kind") == "Status" && !text_at(parsed.value, "message").empty())
    return text_at(parsed.value, "message");
  switch (heard.status) {
    case 400: return "the server rejected our request for an unknown reason";
    case 401: return "the server has asked for the client to provide credentials";
    case 403: return "unknown";
    case 404: return "the server could not find the requested resource";
    case 405: return "the server does not allow this method on the requested resource";
    default: break;
  }
  if (heard.status >= 500)
    return "an error on the server (" + dump(Json(std::string(base::trim(heard.body)))) +
           ") has prevented the request from succeeding";
  return "the server responded with the status code " + std::to_string(heard.status) +
         " but did not return more information";
}

std::string absent_or(const Json& value, const std::string& what) {
  return value.is_string() ? what + value.get<std::string>() : what;
}

/// The answer's patch. "" or what is wrong with it.
std::string read_patch(const Json& response, bool mutating, bool v1, Json& patch) {
  const std::string coded = text_at(response, "patch");
  const bool typed = at(response, "patchType").is_string();
  if (!mutating) {
    if (!v1) return "";
    if (!coded.empty()) return "validating webhook may not return response.patch";
    return typed ? "validating webhook may not return response.patchType" : "";
  }
  if (v1 && !coded.empty() && !typed) return "webhook returned response.patch but not response.patchType";
  if (v1 && coded.empty() && typed) return "webhook returned response.patchType but not response.patch";
  if (coded.empty()) return "";
  if (v1 && text_at(response, "patchType") != "JSONPatch")
    return text_at(response, "patchType").empty()
               ? "webhook returned invalid response.patchType of \"\""
               : "unsupported patch type " + dump(Json(text_at(response, "patchType")));
  const auto bytes = base::base64_decode(coded);
  const ParsedJson parsed = bytes ? parse_json(*bytes) : ParsedJson{.value = {}, .error = "illegal base64 data"};
  if (!parsed.error.empty() || !parsed.value.is_array()) return "the patch cannot be read";
  patch = parsed.value;
  return "";
}

ReviewAnswer read_answer(const Heard& heard, const std::string& uid, const std::string& version, bool mutating) {
  ReviewAnswer out;
  if (heard.status < 200 || heard.status > 299) {
    out.problem = status_problem(heard);
    return out;
  }
  const ParsedJson parsed = parse_json(heard.body);
  if (!parsed.error.empty() || !parsed.value.is_object()) {
    out.problem = "couldn't get version/kind; json parse error: " +
                  (parsed.error.empty() ? "cannot unmarshal into Go value" : parsed.error);
    return out;
  }
  const Json& response = at(parsed.value, "response");
  const bool v1 = version == "v1";
  if (!response.is_object()) {
    out.problem = "webhook response was absent";
    return out;
  }
  if (v1 && text_at(response, "uid") != uid) {
    out.problem = "expected response.uid=" + dump(Json(uid)) + ", got " + dump(Json(text_at(response, "uid")));
    return out;
  }
  const std::string api_version = text_at(parsed.value, "apiVersion"), kind = text_at(parsed.value, "kind");
  if (v1 && (api_version != "admission.k8s.io/v1" || kind != "AdmissionReview")) {
    out.problem = "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got " +
                  (api_version.empty() ? "/" : api_version) + absent_or(at(parsed.value, "kind"), ", Kind=");
    return out;
  }
  out.problem = read_patch(response, mutating, v1, out.patch);
  if (!out.problem.empty()) return out;
  out.allowed = is_true(response, {"allowed"});
  if (at(response, "status").is_object()) out.result = response["status"];
  for (const auto& each : at(response, "warnings"))
    if (each.is_string()) out.warnings.push_back(each.get<std::string>());
  return out;
}

}  // namespace

const Heard* ask(Call& call, const std::string& key, CallOut out) {
  if (const auto found = call.talk->heard.find(key); found != call.talk->heard.end()) return &found->second;
  call.talk->wanted = {key, std::move(out)};
  return nullptr;
}

ApiStatus pending() { return {.code = 503, .reason = "ServiceUnavailable", .message = "waiting for others"}; }

std::optional<ReviewAnswer> review(Call& call, const Webhook& hook, const Json& request, bool mutating) {
  std::string version;
  for (const auto& each : hook.review_versions)
    if (version.empty() && (each == "v1" || each == "v1beta1")) version = each;
  ReviewAnswer failed;
  if (version.empty()) {
    failed.problem = "webhook does not accept known AdmissionReview versions (v1, v1beta1)";
    return failed;
  }
  const std::string prefix = call.server.at_least(22) ? "failed to call webhook: " : "";
  Destination where = destination(call.server, hook);
  if (!where.problem.empty()) {
    failed.problem = prefix + where.problem;
    return failed;
  }
  // Who changed what and when is no part of the question: it may differ when the request is handled again.
  Json plain = request;
  for (const auto* key : {"object", "oldObject"})
    if (plain[key].is_object() && plain[key].contains("metadata")) plain[key]["metadata"].erase("managedFields");
  const std::string key = hook.configuration + "/" + hook.name + (mutating ? " mutate " : " validate ") + dump(plain);
  Json asked = request;
  std::string& uid = call.talk->review_uids[key];
  const std::string fresh = call.server.rng.uuid();  // drawn every time, as everything else is
  if (uid.empty()) uid = fresh;
  asked["uid"] = uid;
  where.out.timeout = std::chrono::seconds(hook.timeout_seconds);
  where.out.request.method = "POST";
  where.out.request.headers.set("Content-Type", "application/json");
  where.out.request.headers.set("Accept", "application/json, */*");
  where.out.request.headers.set("User-Agent", "kube-apiserver-admission");
  where.out.request.body =
      dump(Json{{"kind", "AdmissionReview"}, {"apiVersion", "admission.k8s.io/" + version}, {"request", asked}});
  const Heard* heard = ask(call, key, std::move(where.out));
  if (heard == nullptr) return std::nullopt;
  if (!heard->problem.empty()) {
    failed.problem = prefix + "Post " + dump(Json(where.shown)) + ": " + heard->problem;
    return failed;
  }
  ReviewAnswer answer = read_answer(*heard, uid, version, mutating);
  if (!answer.problem.empty() && (heard->status < 200 || heard->status > 299)) answer.problem = prefix + answer.problem;
  return answer;
}

ApiStatus refusal(const Webhook& hook, const Json& result) {
  const std::string denied = "admission webhook " + dump(Json(hook.name)) + " denied the request";
  ApiStatus out{.code = static_cast<int>(std::clamp<std::int64_t>(int_at(result, {"code"}), 400, 599)),
                .reason = text_at(result, "reason"),
                .message = {}};
  const std::string message = text_at(result, "message");
  if (!message.empty()) out.message = denied + ": " + message;
  else if (!out.reason.empty()) out.message = denied + ": " + out.reason;
  else out.message = denied + " without explanation";
  if (at(result, "details").is_object()) out.details = result["details"];
  return out;
}

}  // namespace k8s_fake
