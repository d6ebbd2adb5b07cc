// LimitRange, ResourceQuota, PriorityLevelConfiguration: defaults and validation. Source: kubernetes.md 4.5, 4.13;
// upstream's validation for order and wording.
#include <set>
#include <string>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "k8s-fake/quantity.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

const std::set<std::string, std::less<>> kCounted = {"configmaps",
                                                     "persistentvolumeclaims",
                                                     "pods",
                                                     "replicationcontrollers",
                                                     "resourcequotas",
                                                     "secrets",
                                                     "services",
                                                     "services.loadbalancers",
                                                     "services.nodeports"};
const std::set<std::string, std::less<>> kMeasured = {"cpu",
                                                      "ephemeral-storage",
                                                      "limits.cpu",
                                                      "limits.ephemeral-storage",
                                                      "limits.memory",
                                                      "memory",
                                                      "requests.cpu",
                                                      "requests.ephemeral-storage",
                                                      "requests.memory",
                                                      "requests.storage"};
const std::set<std::string, std::less<>> kScopes = {
    "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"};

/// A container's limit stands in for its default, and that for the default of requests.
void default_limit_range(Json& object) {
  if (!at_path(object, {"spec", "limits"}).is_array()) return;
  for (auto& item : object["spec"]["limits"]) {
    if (text_at(item, "type") != "Container") continue;
    for (const auto& [to, from] :
         {std::pair("default", "max"), std::pair("defaultRequest", "default"), std::pair("defaultRequest", "min")}) {
      const Json source = at(item, from);
      if (!source.is_object()) continue;
      for (const auto& [key, value] : source.items()) default_to(object_at(item, to), key.c_str(), value);
    }
  }
}

bool standard_for_quota(const std::string& name) {
  return kCounted.contains(name) || kMeasured.contains(name) || name.rfind("hugepages-", 0) == 0 ||
         name.rfind("requests.hugepages-", 0) == 0;
}

__int128 milli(const Json& quantity) {
  return quantity.is_string() ? quantity_milli(quantity.get<std::string>()).value_or(0) : 0;
}

void check_hard(const std::string& name, const Json& value, FieldErrors& errors) {
  const std::string path = "spec.hard[" + name + "]";
  if (const auto problem = qualified_name_problem(name); !problem.empty()) errors.invalid(path, name, problem);
  if (name.find('/') == std::string::npos && !standard_for_quota(name)) {
    if (!name.starts_with("count")) errors.invalid(path, name, "must be a standard resource type or fully qualified");
    errors.invalid(path, name, "must be a standard resource for quota");
  }
  const __int128 amount = milli(value);
  if (amount < 0) errors.invalid(path, value, "must be greater than or equal to 0");
  const bool whole = kCounted.contains(name) || (name.find('/') != std::string::npos && !name.starts_with("count/"));
  if (whole && amount % 1000 != 0) errors.invalid(path, value, "must be an integer");
}

void validate_quota(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  if (const Json& hard = at(spec, "hard"); hard.is_object())
    for (const auto& [name, value] : hard.items()) check_hard(name, value, errors);
  const Json& scopes = at(spec, "scopes");
  std::set<std::string> given;
  for (const auto& each : scopes) {
    const std::string scope = each.is_string() ? each.get<std::string>() : "";
    if (!kScopes.contains(scope)) errors.invalid("spec.scopes", scopes, "unsupported scope");
    const bool pods_only = scope == "BestEffort";
    for (const auto& [name, value] : at(spec, "hard").items()) {
      const bool computed = kMeasured.contains(name) && name != "requests.storage";
      if (kScopes.contains(scope) && standard_for_quota(name) && name != "pods" && (pods_only || !computed))
        errors.invalid("spec.scopes", scopes, "unsupported scope applied to resource");
    }
    given.insert(scope);
  }
  for (const auto& [one, other] :
       {std::pair("BestEffort", "NotBestEffort"), std::pair("Terminating", "NotTerminating")})
    if (given.contains(one) && given.contains(other)) errors.invalid("spec.scopes", scopes, "conflicting scopes");
  if (old != nullptr && scopes != at_path(*old, {"spec", "scopes"}))
    errors.invalid("spec.scopes", scopes, "field is immutable");
}

/// Two of a limit's members, compared for one resource.
struct Compared {
  const char* smaller;
  const char* larger;
  const char* at;        // the member that the error names
  const char* shown;     // the member whose value it shows
  const char* relation;  // "min value % is greater than max value %": the smaller, then the larger
};
constexpr Compared kCompared[] = {
    {"min", "max", "min", "min", "min value % is greater than max value %"},
    {"min", "defaultRequest", "defaultRequest", "defaultRequest",
     "min value % is greater than default request value %"},
    {"defaultRequest", "max", "defaultRequest", "defaultRequest",
     "default request value % is greater than max value %"},
    {"defaultRequest", "default", "defaultRequest", "defaultRequest",
     "default request value % is greater than default limit value %"},
    {"min", "default", "default", "min", "min value % is greater than default value %"},
    {"default", "max", "default", "max", "default value % is greater than max value %"},
};

void check_limit(const Json& limit, const std::string& path, FieldErrors& errors) {
  const std::string type = text_at(limit, "type");
  std::set<std::string> names;
  for (const auto* member : {"max", "min", "default", "defaultRequest", "maxLimitRequestRatio"})
    if (at(limit, member).is_object())
      for (const auto& [name, value] : limit[member].items()) names.insert(name);
  if (type == "Pod") {
    for (const auto* member : {"default", "defaultRequest"})
      if (!is_empty_value(at(limit, member)))
        errors.forbidden(path + "." + member, "may not be specified when `type` is 'Pod'");
  }
  if (type == "PersistentVolumeClaim" && !at(limit, "min").contains("storage") && !at(limit, "max").contains("storage"))
    errors.required(path + ".limits", "either minimum or maximum storage value is required, but neither was provided");
  for (const auto& name : names) {
    for (const auto& rule : kCompared) {
      const Json& small = at_path(limit, {rule.smaller, name});
      const Json& large = at_path(limit, {rule.larger, name});
      if (small.is_null() || large.is_null() || milli(small) <= milli(large)) continue;
      std::string text = rule.relation;
      for (const Json* value : {&small, &large})
        text.replace(text.find('%'), 1, value->is_string() ? value->get<std::string>() : dump(*value));
      errors.invalid(path + "." + rule.at + "[" + name + "]", at_path(limit, {rule.shown, name}), text);
    }
    const Json& ratio = at_path(limit, {"maxLimitRequestRatio", name});
    if (!ratio.is_null() && milli(ratio) < 1000)
      errors.invalid(path + ".maxLimitRequestRatio[" + name + "]", ratio,
                     "ratio " + (ratio.is_string() ? ratio.get<std::string>() : dump(ratio)) + " is less than 1");
  }
}

void validate_limit_range(const Json& object, const Json*, FieldErrors& errors) {
  std::set<std::string> types;
  std::size_t i = 0;
  for (const auto& limit : at_path(object, {"spec", "limits"})) {
    const std::string path = "spec.limits[" + std::to_string(i++) + "]", type = text_at(limit, "type");
    const bool standard = type == "Pod" || type == "Container" || type == "PersistentVolumeClaim";
    if (!standard && !type.empty() && type.find('/') == std::string::npos && qualified_name_problem(type).empty())
      errors.invalid(path + ".type", type, "must be a standard limit type or fully qualified");
    if (!types.insert(type).second) errors.duplicate(path + ".type", type);
    check_limit(limit, path, errors);
  }
}

/// The first two versions of a priority level name its shares in another way.
void rename_shares(Json& object, const char* from, const char* to) {
  if (!at_path(object, {"spec", "limited"}).is_object()) return;
  Json& limited = object["spec"]["limited"];
  if (!limited.contains(from)) return;
  limited[to] = limited[from];
  limited.erase(from);
}
void level_to_storage(Json& object) { rename_shares(object, "assuredConcurrencyShares", "nominalConcurrencyShares"); }
void level_from_storage(Json& object) { rename_shares(object, "nominalConcurrencyShares", "assuredConcurrencyShares"); }

void default_level(Json& object) {
  Json& spec = object_at(object, "spec");
  if (text_at(spec, "type") != "Limited") return;
  Json& limited = object_at(spec, "limited");
  default_to(limited, "nominalConcurrencyShares", 30);
  Json& response = object_at(limited, "limitResponse");
  default_to(response, "type", "Reject");
  if (text_at(response, "type") != "Queue") return;
  Json& queuing = object_at(response, "queuing");
  default_to(queuing, "queues", 64);
  default_to(queuing, "handSize", 8);
  default_to(queuing, "queueLengthLimit", 50);
}

void default_flow_schema(Json& object) { default_to(object_at(object, "spec"), "matchingPrecedence", 1000); }

}  // namespace

void add_limit_behaviour(Kinds& kinds) {
  Resource& ranges = *kinds.resource("", "limitranges");
  ranges.set_defaults = default_limit_range;
  ranges.validate = validate_limit_range;
  kinds.resource("", "resourcequotas")->validate = validate_quota;
  constexpr const char* kFlow = "flowcontrol.apiserver.k8s.io";
  kinds.resource(kFlow, "prioritylevelconfigurations")->set_defaults = default_level;
  kinds.resource(kFlow, "flowschemas")->set_defaults = default_flow_schema;
  for (const auto& each : kinds.endpoints()) {
    const bool old_names = each->version == "v1beta1" || each->version == "v1beta2";
    if (each->group != kFlow || !old_names || each->resource->plural != "prioritylevelconfigurations") continue;
    each->to_storage = level_to_storage;
    each->from_storage = level_from_storage;
  }
}

}  // namespace k8s_fake
