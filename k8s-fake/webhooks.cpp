#include "k8s-fake/webhooks.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "k8s-fake/api.h"
#include "k8s-fake/patch.h"
#include "k8s-fake/shape.h"
#include "k8s-fake/webhook_review.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr const char* kAdmissionGroup = "admissionregistration.k8s.io";

std::vector<std::string> string_list(const Json& list) {
  std::vector<std::string> out;
  for (const auto& each : list)
    if (each.is_string()) out.push_back(each.get<std::string>());
  return out;
}

Webhook read_webhook(const std::string& configuration, const Json& hook) {
  Webhook out;
  out.configuration = configuration;
  out.name = text_at(hook, "name");
  for (const auto& rule : at(hook, "rules"))
    out.rules.push_back({string_list(at(rule, "operations")), string_list(at(rule, "apiGroups")),
                         string_list(at(rule, "apiVersions")), string_list(at(rule, "resources")),
                         text_at(rule, "scope")});
  out.review_versions = string_list(at(hook, "admissionReviewVersions"));
  if (out.review_versions.empty()) out.review_versions = {"v1beta1"};
  out.ignore_failure = text_at(hook, "failurePolicy") == "Ignore";
  out.equivalent = text_at(hook, "matchPolicy") != "Exact";
  out.reinvoke = text_at(hook, "reinvocationPolicy") == "IfNeeded";
  const std::string effects = text_at(hook, "sideEffects");
  out.dry_run_safe = effects == "None" || effects == "NoneOnDryRun";
  const Json& namespaces = at(hook, "namespaceSelector");
  const Json& objects = at(hook, "objectSelector");
  const auto everything = [](const Json& selector) {
    return is_empty_value(at(selector, "matchLabels")) && is_empty_value(at(selector, "matchExpressions"));
  };
  out.any_namespace = everything(namespaces);
  out.any_object = everything(objects);
  if (!out.any_namespace) out.namespaces = label_selector_of(namespaces);
  if (!out.any_object) out.objects = label_selector_of(objects);
  out.timeout_seconds = static_cast<int>(int_at(hook, {"timeoutSeconds"}, 10));
  const Json& client = at(hook, "clientConfig");
  out.url = text_at(client, "url");
  out.service = text_at(client, {"service", "name"});
  out.service_namespace = text_at(client, {"service", "namespace"});
  out.path = text_at(client, {"service", "path"});
  out.port = static_cast<int>(int_at(client, {"service", "port"}, 443));
  out.ca_pem = base::base64_decode(text_at(client, "caBundle")).value_or("");
  return out;
}

const Webhooks& configured(Server& server) {
  Webhooks& all = *server.webhooks;
  if (!all.dirty) return all;
  all.dirty = false;
  for (auto [list, plural] : {std::pair(&all.mutating, "mutatingwebhookconfigurations"),
                              std::pair(&all.validating, "validatingwebhookconfigurations")}) {
    list->clear();
    for (const auto& [key, object] : server.store.objects(server.resource(kAdmissionGroup, plural))) {
      const Json configuration = object->json();
      for (const auto& hook : at(configuration, "webhooks")) list->push_back(read_webhook(object->name, hook));
    }
  }
  return all;
}

/// What a write is about, as the matching rules see it.
struct Subject {
  Call& call;
  std::string operation;  // CREATE, UPDATE, DELETE, CONNECT
  std::string subresource;
  const Json* object = nullptr;  // in storage shape, or already of its own kind (`as_is`)
  const Json* old = nullptr;
  bool as_is = false;
  std::string name{}, ns{};  // ns: of a Namespace its own name
  bool about_namespaces() const { return call.resource().plural == "namespaces" && call.resource().group.empty(); }
};

bool one_of_or_star(const std::vector<std::string>& list, const std::string& wanted) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each == "*" || each == wanted; });
}

bool rule_matches(const WebhookRule& rule, const Subject& subject, const Endpoint& endpoint) {
  const bool cluster = subject.about_namespaces() || subject.ns.empty();
  if ((rule.scope == "Namespaced" && cluster) || (rule.scope == "Cluster" && !cluster)) return false;
  if (!one_of_or_star(rule.operations, subject.operation) || !one_of_or_star(rule.groups, endpoint.group) ||
      !one_of_or_star(rule.versions, endpoint.version))
    return false;
  return std::any_of(rule.resources.begin(), rule.resources.end(), [&](const std::string& each) {
    const auto slash = each.find('/');
    const std::string plural = each.substr(0, slash), sub = slash == std::string::npos ? "" : each.substr(slash + 1);
    return (plural == "*" || plural == endpoint.plural()) && (sub == "*" || sub == subject.subresource);
  });
}

/// The endpoint whose version the hook wants to see, or null when it does not match.
const Endpoint* matching_endpoint(const Webhook& hook, const Subject& subject) {
  const auto matches = [&](const Endpoint& endpoint) {
    return std::any_of(hook.rules.begin(), hook.rules.end(),
                       [&](const auto& rule) { return rule_matches(rule, subject, endpoint); });
  };
  if (matches(*subject.call.endpoint)) return subject.call.endpoint;
  if (!hook.equivalent || subject.as_is) return nullptr;
  for (const auto& each : subject.call.server.kinds.endpoints())
    if (each->resource == subject.call.endpoint->resource && !each->hidden && matches(*each)) return each.get();
  return nullptr;
}

Labels labels_of(const Json& object) {
  Labels out;
  for (const auto& [key, value] : at_path(object, {"metadata", "labels"}).items())
    if (value.is_string()) out.emplace_back(key, value.get<std::string>());
  return out;
}

bool selectors_match(const Webhook& hook, const Subject& subject) {
  if (!hook.any_object) {
    const bool now = subject.object != nullptr && hook.objects.matches(labels_of(*subject.object));
    const bool before = subject.old != nullptr && hook.objects.matches(labels_of(*subject.old));
    if (!now && !before) return false;
  }
  if (hook.any_namespace) return true;
  if (subject.about_namespaces() && subject.object != nullptr)
    return hook.namespaces.matches(labels_of(*subject.object));
  if (subject.ns.empty()) return true;  // cluster-wide objects are nobody's to select
  return hook.namespaces.matches(labels_of(subject.call.server.read("", "namespaces", "", subject.ns)));
}

Json served(const Endpoint& endpoint, const Json* object, bool as_is) {
  if (object == nullptr) return Json();
  if (as_is) return *object;
  Json out = *object;
  if (endpoint.from_storage != nullptr) endpoint.from_storage(out);
  out["kind"] = endpoint.kind();
  out["apiVersion"] = endpoint.group_version();
  return out;
}

Json served_name(const Endpoint& endpoint, const char* what, const std::string& name) {
  return {{"group", endpoint.group}, {"version", endpoint.version}, {what, name}};
}

Json options_of(const Subject& subject) {
  const Call& call = subject.call;
  if (subject.operation == "CONNECT") return Json();
  Json out = Json::object();
  if (subject.operation == "DELETE" && call.delete_options.is_object()) out = call.delete_options;
  out["kind"] = subject.operation == "CREATE"   ? "CreateOptions"
                : subject.operation == "UPDATE" ? "UpdateOptions"
                                                : "DeleteOptions";
  out["apiVersion"] = "meta.k8s.io/v1";
  if (call.dry_run) out["dryRun"] = Json::array({"All"});
  for (const auto* name : {"fieldManager", "fieldValidation"})
    if (call.query.has(name) && subject.operation != "DELETE") out[name] = call.query.get(name);
  return out;
}

Json user_info(const User& user) {
  Json out = Json::object();
  if (!user.name.empty()) out["username"] = user.name;
  if (!user.uid.empty()) out["uid"] = user.uid;
  if (!user.groups.empty()) out["groups"] = user.groups;
  if (!user.extra.empty()) out["extra"] = user.extra;
  return out;
}

/// AdmissionRequest without its uid.
Json admission_request(const Subject& subject, const Endpoint& endpoint, const Json& object) {
  const Call& call = subject.call;
  const auto kind_of = [&](const Endpoint& each) {
    if (!subject.as_is || call.sub == nullptr || call.sub->kind.empty()) return served_name(each, "kind", each.kind());
    Json out = served_name(each, "kind", call.sub->kind);
    if (const auto slash = call.sub->group_version.find('/'); slash != std::string::npos) {
      out["group"] = call.sub->group_version.substr(0, slash);
      out["version"] = call.sub->group_version.substr(slash + 1);
    }
    return out;
  };
  Json out = {{"kind", kind_of(endpoint)},
              {"resource", served_name(endpoint, "resource", endpoint.plural())},
              {"requestKind", kind_of(*call.endpoint)},
              {"requestResource", served_name(*call.endpoint, "resource", call.endpoint->plural())},
              {"operation", subject.operation},
              {"userInfo", user_info(call.user)},
              {"object", object},
              {"oldObject", served(endpoint, subject.old, subject.as_is)},
              {"dryRun", call.dry_run},
              {"options", options_of(subject)}};
  if (!subject.subresource.empty()) out["subResource"] = out["requestSubResource"] = subject.subresource;
  if (!subject.name.empty()) out["name"] = subject.name;
  if (!subject.ns.empty()) out["namespace"] = subject.ns;
  return out;
}

/// A scale is not its object: serve_scale() asks about it by itself.
bool exempt(const Call& call, const std::string& subresource = {}) {
  if (subresource == "scale") return true;
  return call.talk == nullptr || call.internal || call.endpoint->group == kAdmissionGroup ||
         call.resource().answer != nullptr;
}

Subject subject_of(const Write& write) {
  Call& call = write.call;
  Subject out{.call = call,
              .operation = write.operation == Operation::create   ? "CREATE"
                           : write.operation == Operation::update ? "UPDATE"
                                                                  : "DELETE",
              .subresource = write.subresource,
              .object = write.operation == Operation::remove ? nullptr : &write.object,
              .old = write.old};
  out.name = text_at(write.old != nullptr ? *write.old : write.object, {"metadata", "name"});
  out.ns = call.resource().namespaced
               ? text_at(write.old != nullptr ? *write.old : write.object, {"metadata", "namespace"})
               : "";
  if (out.about_namespaces()) out.ns = out.name;
  return out;
}

/// What a new object has only when it is stored: mutating webhooks see it without.
Json unstored(const Subject& subject, Json object) {
  if (subject.operation != "CREATE" || subject.as_is) return object;
  Json& metadata = object["metadata"];
  for (const auto* key : {"uid", "generation", "selfLink"}) metadata.erase(key);
  metadata["creationTimestamp"] = nullptr;
  if (!text_at(metadata, "generateName").empty()) metadata.erase("name");
  return object;
}

enum class Outcome { skipped, passed, failed };

/// One call, up to the decision; `answer` and `problem` say what came of it.
Outcome consult(const Webhook& hook, const Subject& subject, const Endpoint& endpoint, const Json& object,
                bool mutating, ReviewAnswer& answer, std::optional<ApiStatus>& problem) {
  if (subject.call.dry_run && !hook.dry_run_safe) {
    problem = bad_request("admission webhook " + dump(Json(hook.name)) + " does not support dry run");
    return Outcome::failed;
  }
  auto heard = review(subject.call, hook, admission_request(subject, endpoint, object), mutating);
  if (!heard) {
    problem = pending();
    return Outcome::failed;
  }
  answer = std::move(*heard);
  if (!answer.problem.empty()) {
    if (hook.ignore_failure) return Outcome::skipped;
    problem = internal_error("failed calling webhook " + dump(Json(hook.name)) + ": " + answer.problem);
    return Outcome::failed;
  }
  for (const auto& text : answer.warnings) subject.call.warnings.push_back(text);
  if (answer.allowed) return Outcome::passed;
  problem = refusal(hook, answer.result);
  return Outcome::failed;
}

/// Applies the answer's patch to `object` (storage shape). Errors: 500, 400.
std::optional<ApiStatus> apply_patch(const Webhook& hook, const Subject& subject, const Endpoint& endpoint,
                                     const Json& seen, const Json& patch, Json& object) {
  if (subject.operation == "DELETE" || subject.operation == "CONNECT" || subject.as_is)
    return internal_error("admission webhook " + dump(Json(hook.name)) +
                          " attempted to modify the object, which is not supported for this operation");
  auto patched = apply_json_patch(seen, patch, subject.call.server.at_least(22));
  if (!patched || !patched->is_object())
    return internal_error(patched ? "the patch left no object" : patched.error().message);
  Json next = std::move(*patched);
  if (text_at(next, "kind") != endpoint.kind() || text_at(next, "apiVersion") != endpoint.group_version())
    return internal_error("admission webhook " + dump(Json(hook.name)) + " changed the object's kind");
  next.erase("kind");
  next.erase("apiVersion");
  if (endpoint.to_storage != nullptr) endpoint.to_storage(next);
  Json& metadata = next["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  for (const auto* key : {"uid", "generation", "selfLink", "creationTimestamp", "name", "namespace", "resourceVersion",
                          "deletionTimestamp", "managedFields"}) {
    const Json& kept = at_path(object, {"metadata", key});
    if (kept.is_null()) metadata.erase(key);
    else metadata[key] = kept;
  }
  object = std::move(next);
  return std::nullopt;
}

}  // namespace

bool any_webhooks(Server& server) {
  const Webhooks& all = configured(server);
  return !all.mutating.empty() || !all.validating.empty();
}

bool has_mutating_webhooks(const Write& write) {
  return !exempt(write.call, write.subresource) && !configured(write.call.server).mutating.empty();
}

std::optional<ApiStatus> call_mutating_webhooks(Write& write) {
  if (exempt(write.call, write.subresource)) return std::nullopt;
  const auto& hooks = configured(write.call.server).mutating;
  if (hooks.empty()) return std::nullopt;
  std::set<const Webhook*> again;  // those that want to see what others changed after them
  std::set<const Webhook*> invoked;
  for (int pass = 0; pass < 2; ++pass) {
    for (const auto& hook : hooks) {
      const Subject subject = subject_of(write);
      if (pass == 1 && !again.contains(&hook)) continue;
      const Endpoint* endpoint = matching_endpoint(hook, subject);
      if (endpoint == nullptr || !selectors_match(hook, subject)) continue;
      const Json seen =
          subject.object == nullptr ? Json() : unstored(subject, served(*endpoint, subject.object, false));
      ReviewAnswer answer;
      std::optional<ApiStatus> problem;
      const Outcome outcome = consult(hook, subject, *endpoint, seen, true, answer, problem);
      if (outcome == Outcome::failed) return problem;
      if (outcome == Outcome::passed && !answer.patch.empty()) {
        const Json before = write.object;
        if (auto wrong = apply_patch(hook, subject, *endpoint, seen, answer.patch, write.object)) return wrong;
        if (write.object != before) again.insert(invoked.begin(), invoked.end());
      }
      if (hook.reinvoke && pass == 0) invoked.insert(&hook);
    }
    if (again.empty()) break;
  }
  return std::nullopt;
}

std::optional<ApiStatus> call_validating_webhooks(const Write& write) {
  if (exempt(write.call, write.subresource)) return std::nullopt;
  const auto& hooks = configured(write.call.server).validating;
  if (hooks.empty()) return std::nullopt;
  const Subject subject = subject_of(write);
  for (const auto& hook : hooks) {
    const Endpoint* endpoint = matching_endpoint(hook, subject);
    if (endpoint == nullptr || !selectors_match(hook, subject)) continue;
    ReviewAnswer answer;
    std::optional<ApiStatus> problem;
    if (consult(hook, subject, *endpoint, served(*endpoint, subject.object, false), false, answer, problem) ==
        Outcome::failed)
      return problem;
  }
  return std::nullopt;
}

std::optional<ApiStatus> call_webhooks_about(Call& call, const std::string& operation, const Json& object) {
  if (exempt(call)) return std::nullopt;
  const Webhooks& all = configured(call.server);
  Subject subject{.call = call,
                  .operation = operation,
                  .subresource = call.info.subresource,
                  .object = &object,
                  .as_is = true,
                  .name = call.info.name,
                  .ns = call.info.ns};
  for (const auto* hooks : {&all.mutating, &all.validating}) {
    for (const auto& hook : *hooks) {
      const Endpoint* endpoint = matching_endpoint(hook, subject);
      if (endpoint == nullptr || !selectors_match(hook, subject)) continue;
      ReviewAnswer answer;
      std::optional<ApiStatus> problem;
      const bool mutating = hooks == &all.mutating;
      if (consult(hook, subject, *endpoint, object, mutating, answer, problem) == Outcome::failed) return problem;
      if (answer.patch.empty()) continue;
      Json copy = object;
      if (auto wrong = apply_patch(hook, subject, *endpoint, object, answer.patch, copy)) return wrong;
    }
  }
  return std::nullopt;
}

void follow_webhooks(Server& server) {
  server.store.listen([&server](const Resource& resource, const EventPtr&) {
    if (resource.group == kAdmissionGroup) server.webhooks->dirty = true;
  });
}

}  // namespace k8s_fake
