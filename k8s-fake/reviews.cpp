// Kinds that are answered and never stored: who am I, may I. Source: kubernetes.md 4.11, 6.3.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/rbac.h"
#include "k8s-fake/tokens.h"

namespace k8s_fake {

ApiResult<Response> answer_binding(Call& call, const Json& body);

namespace {

Json with_empty_time(Json body) {
  body["metadata"]["creationTimestamp"] = nullptr;
  return body;
}

User user_of(const Json& spec) {
  User out;
  out.name = text_at(spec, "user");
  out.uid = text_at(spec, "uid");
  for (const auto* key : {"groups", "group"})
    for (const auto& each : at(spec, key))
      if (each.is_string()) out.groups.push_back(each.get<std::string>());
  return out;
}

ApiResult<Json> access_review(Call& call, Json body, const User& user) {
  const Json& spec = at(body, "spec");
  const Json& resource = at(spec, "resourceAttributes");
  const Json& path = at(spec, "nonResourceAttributes");
  FieldErrors errors(call.server.version.minor);
  if (resource.is_object() == path.is_object()) {
    const std::string detail = resource.is_object()
                                   ? "cannot be specified in combination with resourceAttributes"
                                   : "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    if (resource.is_object()) errors.invalid("spec.nonResourceAttributes", path, detail);
    else errors.invalid("spec.resourceAttributes", nullptr, detail);
  }
  if (call.resource().kind != "SelfSubjectAccessReview" && user.name.empty() && user.groups.empty()) {
    errors.invalid("spec.user", "", "at least one of user or group must be specified");
  }
  if (call.resource().kind == "LocalSubjectAccessReview" && text_at(resource, "namespace") != call.info.ns) {
    errors.invalid("spec.resourceAttributes.namespace", text_at(resource, "namespace"),
                   "must match metadata.namespace");
  }
  if (!errors.empty())
    return invalid(call.endpoint->group, errors.all()[0].field == "spec.resourceAttributes" ? "" : call.resource().kind,
                   "", errors);
  Attributes what;
  if (path.is_object()) {
    what.verb = text_at(path, "verb");
    what.path = text_at(path, "path");
  } else {
    what.verb = text_at(resource, "verb");
    what.group = text_at(resource, "group");
    what.resource = text_at(resource, "resource");
    if (const std::string sub = text_at(resource, "subresource"); !sub.empty()) what.resource += "/" + sub;
    what.ns = text_at(resource, "namespace");
    what.name = text_at(resource, "name");
  }
  const Decision decision = authorize(call.server, user, what);
  Json status = {{"allowed", decision.allowed}};
  if (!decision.reason.empty()) status["reason"] = decision.reason;
  body["status"] = status;
  return with_empty_time(std::move(body));
}

ApiResult<Json> self_access(Call& call, Json body) { return access_review(call, std::move(body), call.user); }
ApiResult<Json> subject_access(Call& call, Json body) {
  const User user = user_of(at(body, "spec"));
  return access_review(call, std::move(body), user);
}

ApiResult<Json> self_rules(Call& call, Json body) {
  const std::string ns = text_at(body, {"spec", "namespace"});
  if (ns.empty()) return bad_request("no namespace on request");
  Json resources = Json::array(), paths = Json::array();
  for (const auto& rule : rules_for(call.server, call.user, ns))
    (rule.urls.empty() ? resources : paths).push_back(to_json(rule));
  body["status"] = {{"resourceRules", resources}, {"nonResourceRules", paths}, {"incomplete", false}};
  return with_empty_time(std::move(body));
}

ApiResult<Json> self_review(Call& call, Json body) {
  body["metadata"]["creationTimestamp"] = call.server.now_text();
  body.erase("spec");
  body["status"] = {{"userInfo", to_json(call.user)}};
  return body;
}

ApiResult<Json> token_review(Call& call, Json body) {
  const std::string token = text_at(body, {"spec", "token"});
  if (token.empty()) return bad_request("token is required for TokenReview in authentication");
  Json status = {{"user", Json::object()}};
  std::vector<std::string> audiences;
  const auto user = authenticate_token(call.server, token);
  if (user) user_of_service_token(call.server, token, &audiences);
  if (!user) {
    status["error"] = "invalid bearer token";
  } else {
    Json shared = Json::array();
    const Json& wanted = at_path(body, {"spec", "audiences"});
    for (const auto& each : audiences) {
      if (wanted.is_array() && !wanted.empty() ? std::find(wanted.begin(), wanted.end(), Json(each)) != wanted.end()
                                               : each == "https://kubernetes.default.svc")
        shared.push_back(each);
    }
    if (!audiences.empty() && shared.empty()) {
      const auto spaced = [](const auto& list) {
        std::string out;
        for (const auto& each : list) out += (out.empty() ? "" : " ") + (std::string("\"") + std::string(each) + "\"");
        return out;
      };
      std::vector<std::string> targets;
      for (const auto& each : wanted)
        if (each.is_string()) targets.push_back(each.get<std::string>());
      if (targets.empty()) targets = {"https://kubernetes.default.svc"};
      status["error"] =
          "token audiences [" + spaced(audiences) + "] is invalid for the target audiences [" + spaced(targets) + "]";
    } else {
      status["authenticated"] = true;
      status["user"] = to_json(*user);
      if (!shared.empty()) status["audiences"] = shared;
    }
  }
  body["status"] = status;
  return with_empty_time(std::move(body));
}

ApiResult<Json> binding(Call& call, Json body) {
  auto done = answer_binding(call, body);
  if (!done) return done.error();
  return body;
}

}  // namespace

void add_review_behaviour(Kinds& kinds) {
  kinds.resource("authorization.k8s.io", "selfsubjectaccessreviews")->answer = self_access;
  kinds.resource("authorization.k8s.io", "subjectaccessreviews")->answer = subject_access;
  kinds.resource("authorization.k8s.io", "localsubjectaccessreviews")->answer = subject_access;
  kinds.resource("authorization.k8s.io", "selfsubjectrulesreviews")->answer = self_rules;
  kinds.resource("authentication.k8s.io", "selfsubjectreviews")->answer = self_review;
  kinds.resource("authentication.k8s.io", "tokenreviews")->answer = token_review;
  kinds.resource("", "bindings")->answer = binding;
}

}  // namespace k8s_fake
