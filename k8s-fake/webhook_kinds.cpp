// Webhook configurations: defaults of both versions, and what a configuration must hold.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct HookDefaults {
  const char* failure_policy;
  const char* match_policy;
  int timeout_seconds;
};
constexpr HookDefaults kNewest = {"Fail", "Equivalent", 10}, kBeta = {"Ignore", "Exact", 30};

void fill_hooks(Json& object, const HookDefaults& defaults) {
  if (!at(object, "webhooks").is_array()) return;
  for (auto& hook : object["webhooks"]) {
    if (!hook.is_object()) continue;
    default_to(hook, "failurePolicy", defaults.failure_policy);
    default_to(hook, "matchPolicy", defaults.match_policy);
    default_to(hook, "namespaceSelector", Json::object());
    default_to(hook, "objectSelector", Json::object());
    default_to(hook, "timeoutSeconds", defaults.timeout_seconds);
    if (at_path(hook, {"clientConfig", "service"}).is_object())
      default_to(hook["clientConfig"]["service"], "port", 443);
    if (!at(hook, "rules").is_array()) continue;
    for (auto& rule : hook["rules"])
      if (rule.is_object()) default_to(rule, "scope", "*");
  }
}

void default_validating(Json& object) { fill_hooks(object, kNewest); }

void default_mutating(Json& object) {
  fill_hooks(object, kNewest);
  if (!at(object, "webhooks").is_array()) return;
  for (auto& hook : object["webhooks"])
    if (hook.is_object()) default_to(hook, "reinvocationPolicy", "Never");
}

/// v1beta1 has defaults of its own; once they are written down both versions are alike.
void beta_hooks_to_storage(Json& object) {
  fill_hooks(object, kBeta);
  if (!at(object, "webhooks").is_array()) return;
  for (auto& hook : object["webhooks"]) {
    if (!hook.is_object()) continue;
    default_to(hook, "sideEffects", "Unknown");
    default_to(hook, "admissionReviewVersions", Json::array({"v1beta1"}));
  }
}

bool has_star(const Json& list) { return std::find(list.begin(), list.end(), Json("*")) != list.end(); }

void check_resources(const Json& list, const std::string& path, FieldErrors& errors) {
  if (list.empty()) errors.required(path);
  std::set<std::string> starred_resources, starred_subresources;
  bool everything = false, star = false, plain = false;
  std::size_t i = 0;
  for (const auto& each : list) {
    const std::string here = path + "[" + std::to_string(i++) + "]", text = each.is_string() ? each : Json("");
    if (text.empty()) {
      errors.required(here);
      continue;
    }
    everything = everything || text == "*/*";
    star = star || text == "*";
    const auto slash = text.find('/');
    if (slash == std::string::npos) {
      plain = text != "*";
      continue;
    }
    const std::string resource = text.substr(0, slash), sub = text.substr(slash + 1);
    if (starred_resources.contains(resource))
      errors.invalid(here, each, "if '" + resource + "/*' is present, must not specify " + text);
    if (starred_subresources.contains(sub))
      errors.invalid(here, each, "if '*/" + sub + "' is present, must not specify " + text);
    if (sub == "*") starred_resources.insert(resource);
    if (resource == "*") starred_subresources.insert(sub);
  }
  if (list.size() > 1 && everything)
    errors.invalid(path, list, "if '*/*' is present, must not specify other resources");
  if (star && plain)
    errors.invalid(path, list, "if '*' is present, must not specify other resources without subresources");
}

void check_hook_rule(const Json& rule, const std::string& path, FieldErrors& errors) {
  const Json& operations = at(rule, "operations");
  if (operations.empty()) errors.required(path + ".operations");
  if (operations.size() > 1 && has_star(operations))
    errors.invalid(path + ".operations", operations, "if '*' is present, must not specify other operations");
  std::size_t i = 0;
  for (const auto& each : operations) {
    const std::string here = path + ".operations[" + std::to_string(i++) + "]";
    one_of(each, here, {"*", "CONNECT", "CREATE", "DELETE", "UPDATE"}, errors);
  }
  for (const auto& [name, what] : {std::pair("apiGroups", "API groups"), std::pair("apiVersions", "API versions")}) {
    const Json& list = at(rule, name);
    const std::string here = path + "." + name;
    if (list.empty()) errors.required(here);
    if (list.size() > 1 && has_star(list))
      errors.invalid(here, list, std::string("if '*' is present, must not specify other ") + what);
    i = 0;
    for (const auto& each : list) {
      if (each == "" && std::string(name) == "apiVersions") errors.required(here + "[" + std::to_string(i) + "]");
      ++i;
    }
  }
  check_resources(at(rule, "resources"), path + ".resources", errors);
  one_of(at(rule, "scope"), path + ".scope", {"*", "Cluster", "Namespaced"}, errors);
}

void check_hook_url(const std::string& text, const std::string& path, FieldErrors& errors) {
  const char* form = "; desired format: https://host[/path]";
  const auto scheme_end = text.find("://");
  const std::string scheme = scheme_end == std::string::npos ? "" : text.substr(0, scheme_end);
  if (scheme != "https") errors.invalid(path, scheme, std::string("'https' is the only allowed URL scheme") + form);
  const std::string rest = scheme_end == std::string::npos ? "" : text.substr(scheme_end + 3);
  std::string host = rest.substr(0, rest.find_first_of("/?#"));
  const auto part = [&](char mark) {
    const auto at_mark = rest.find(mark);
    return at_mark == std::string::npos ? std::string() : rest.substr(at_mark + 1);
  };
  std::string user;
  if (const auto sign = host.rfind('@'); sign != std::string::npos) {
    user = host.substr(0, sign);
    host.erase(0, sign + 1);
  }
  if (host.empty()) errors.invalid(path, host, std::string("host must be provided") + form);
  if (!user.empty()) errors.invalid(path, user, "user information is not permitted in the URL");
  if (!part('#').empty()) errors.invalid(path, part('#'), "fragments are not permitted in the URL");
  const std::string query = part('?').substr(0, part('?').find('#'));
  if (!query.empty()) errors.invalid(path, query, "query parameters are not permitted in the URL");
}

void check_hook_service(const Json& service, const std::string& path, FieldErrors& errors) {
  // Upstream takes name for namespace and the other way round in its call, so the messages come in this order.
  if (text_at(service, "namespace").empty()) errors.required(path + ".name", "service name is required");
  if (text_at(service, "name").empty()) errors.required(path + ".namespace", "service namespace is required");
  const std::int64_t port = int_at(service, {"port"}, 443);
  if (port < 1 || port > 65535)
    errors.invalid(path + ".port", port, "port is not valid: must be between 1 and 65535, inclusive");
  const std::string text = text_at(service, "path");
  if (text.empty() || text == "/") return;
  const Json shown = text;
  if (text == "//") {
    errors.invalid(path + ".path", shown, "segment[0] may not be empty");
    return;
  }
  if (text.front() != '/') errors.invalid(path + ".path", shown, "must start with a '/'");
  std::string checked = text.substr(1);
  if (!checked.empty() && checked.back() == '/') checked.pop_back();
  std::size_t i = 0;
  for (const auto& step : split_text(checked, '/')) {
    const std::string here = "segment[" + std::to_string(i++) + "]";
    if (step.empty()) errors.invalid(path + ".path", shown, here + " may not be empty");
    else if (const auto problem = subdomain_problem(step); !problem.empty())
      errors.invalid(path + ".path", shown, here + ": " + problem);
  }
}

void check_hook(const Json& hook, const std::string& path, FieldErrors& errors) {
  const std::string name = text_at(hook, "name");
  if (name.empty()) errors.required(path + ".name");
  else if (const auto problem = subdomain_problem(name); !problem.empty())
    errors.invalid(path + ".name", name, problem);
  else if (std::count(name.begin(), name.end(), '.') < 2)
    errors.invalid(path + ".name", name, "should be a domain with at least three segments separated by dots");
  std::size_t i = 0;
  for (const auto& rule : at(hook, "rules"))
    check_hook_rule(rule, path + ".rules[" + std::to_string(i++) + "]", errors);
  one_of(at(hook, "failurePolicy"), path + ".failurePolicy", {"Fail", "Ignore"}, errors);
  one_of(at(hook, "matchPolicy"), path + ".matchPolicy", {"Equivalent", "Exact"}, errors);
  if (!at(hook, "sideEffects").is_string())
    errors.required(path + ".sideEffects", "must specify one of None, NoneOnDryRun");
  else one_of(at(hook, "sideEffects"), path + ".sideEffects", {"None", "NoneOnDryRun", "Some", "Unknown"}, errors);
  one_of(at(hook, "reinvocationPolicy"), path + ".reinvocationPolicy", {"IfNeeded", "Never"}, errors);
  const std::int64_t timeout = int_at(hook, {"timeoutSeconds"}, 10);
  if (timeout < 1 || timeout > 30)
    errors.invalid(path + ".timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds");
  const Json& client = at(hook, "clientConfig");
  const bool url = at(client, "url").is_string(), service = at(client, "service").is_object();
  if (url == service) errors.required(path + ".clientConfig", "exactly one of url or service is required");
  else if (url) check_hook_url(text_at(client, "url"), path + ".clientConfig.url", errors);
  else check_hook_service(client["service"], path + ".clientConfig.service", errors);
  const Json& versions = at(hook, "admissionReviewVersions");
  const std::string where = path + ".admissionReviewVersions";
  if (versions.empty()) errors.required(where, "must specify one of v1, v1beta1");
  else if (std::find(versions.begin(), versions.end(), Json("v1")) == versions.end() &&
           std::find(versions.begin(), versions.end(), Json("v1beta1")) == versions.end())
    errors.invalid(where, versions, "must include at least one of v1, v1beta1");
  if (!is_empty_value(at(hook, "matchConditions")))
    errors.forbidden(path + ".matchConditions", "this server does not evaluate CEL expressions");
}

void validate_hooks(const Json& object, const Json*, FieldErrors& errors) {
  std::set<std::string> names;
  std::size_t i = 0;
  for (const auto& hook : at(object, "webhooks")) {
    const std::string path = "webhooks[" + std::to_string(i++) + "]", name = text_at(hook, "name");
    check_hook(hook, path, errors);
    if (!name.empty() && !names.insert(name).second) errors.duplicate(path + ".name", name);
  }
}

/// Only v1beta1 may leave open what a webhook does besides answering.
std::optional<ApiStatus> admit_hooks(Write& write) {
  if (write.operation == Operation::remove || write.call.endpoint->version != "v1") return std::nullopt;
  FieldErrors errors(write.call.server.version.minor);
  std::size_t i = 0;
  for (const auto& hook : at(write.object, "webhooks")) {
    const std::string path = "webhooks[" + std::to_string(i++) + "].sideEffects";
    if (at(hook, "sideEffects") == "Some" || at(hook, "sideEffects") == "Unknown")
      one_of(at(hook, "sideEffects"), path, {"None", "NoneOnDryRun"}, errors);
  }
  if (errors.empty()) return std::nullopt;
  return invalid(write.call.endpoint->group, write.call.resource().kind, text_at(write.object, {"metadata", "name"}),
                 errors);
}

}  // namespace

void add_webhook_behaviour(Kinds& kinds) {
  for (const auto& [plural, defaults] : {std::pair("validatingwebhookconfigurations", &default_validating),
                                         std::pair("mutatingwebhookconfigurations", &default_mutating)}) {
    Resource& resource = *kinds.resource("admissionregistration.k8s.io", plural);
    resource.set_defaults = defaults;
    resource.admit = admit_hooks;
    resource.validate = validate_hooks;
  }
  for (const auto& each : kinds.endpoints()) {
    if (each->group == "admissionregistration.k8s.io" && each->version == "v1beta1" &&
        each->resource->plural.find("webhookconfigurations") != std::string::npos)
      each->to_storage = beta_hooks_to_storage;
  }
}

}  // namespace k8s_fake
