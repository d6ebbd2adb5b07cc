// Roles and bindings: defaults, validation, the escalation check. Source: kubernetes.md 4.11.
#include <string>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/rbac.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr const char* kGroup = "rbac.authorization.k8s.io";

void default_binding(Json& object) {
  Json& role = object_at(object, "roleRef");
  if (text_at(role, "apiGroup").empty()) role["apiGroup"] = kGroup;
  if (!at(object, "subjects").is_array()) return;
  for (auto& subject : object["subjects"]) {
    const std::string kind = text_at(subject, "kind");
    if ((kind == "User" || kind == "Group") && text_at(subject, "apiGroup").empty()) subject["apiGroup"] = kGroup;
    if (kind == "ServiceAccount") subject.erase("apiGroup");
  }
}

void validate_binding(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& role = at(object, "roleRef");
  const std::string kind = text_at(role, "kind");
  const bool cluster = text_at(object, {"metadata", "namespace"}).empty();
  if (const std::string group = text_at(role, "apiGroup"); group != kGroup)
    errors.unsupported("roleRef.apiGroup", group, {kGroup});
  if (cluster ? kind != "ClusterRole" : kind != "ClusterRole" && kind != "Role") {
    errors.unsupported(
        "roleRef.kind", kind,
        cluster ? std::vector<std::string>{"ClusterRole"} : std::vector<std::string>{"ClusterRole", "Role"});
  }
  if (text_at(role, "name").empty()) errors.required("roleRef.name");
  std::size_t i = 0;
  for (const auto& subject : at(object, "subjects")) {
    const std::string path = "subjects[" + std::to_string(i++) + "]";
    const std::string subject_kind = text_at(subject, "kind");
    if (text_at(subject, "name").empty()) errors.required(path + ".name");
    if (subject_kind == "ServiceAccount") {
      if (cluster && text_at(subject, "namespace").empty()) errors.required(path + ".namespace");
    } else if (subject_kind == "User" || subject_kind == "Group") {
      if (const std::string group = text_at(subject, "apiGroup"); group != kGroup)
        errors.unsupported(path + ".apiGroup", group, {kGroup});
    } else {
      errors.unsupported(path + ".kind", subject_kind, {"Group", "ServiceAccount", "User"});
    }
  }
  if (old != nullptr && role != at(*old, "roleRef")) {
    const std::string shown = "{\"APIGroup\":" + dump(at(role, "apiGroup")) + ",\"Kind\":" + dump(at(role, "kind")) +
                              ",\"Name\":" + dump(at(role, "name")) + "}";
    errors.add({"FieldValueInvalid", "roleRef", "Invalid value: " + shown + ": cannot change roleRef"});
  }
}

void validate_role(const Json& object, const Json*, FieldErrors& errors) {
  const bool cluster = text_at(object, {"metadata", "namespace"}).empty();
  std::size_t i = 0;
  for (const auto& rule : at(object, "rules")) {
    const std::string path = "rules[" + std::to_string(i++) + "]";
    if (at(rule, "verbs").empty()) errors.required(path + ".verbs", "verbs must contain at least one value");
    if (!at(rule, "nonResourceURLs").empty()) {
      if (!cluster)
        errors.invalid(path + ".nonResourceURLs", at(rule, "nonResourceURLs"),
                       "namespaced rules cannot apply to non-resource URLs");
      if (!at(rule, "apiGroups").empty() || !at(rule, "resources").empty() || !at(rule, "resourceNames").empty())
        errors.invalid(path + ".nonResourceURLs", at(rule, "nonResourceURLs"),
                       "rules cannot apply to both regular resources and non-resource URLs");
      continue;
    }
    if (at(rule, "apiGroups").empty())
      errors.required(path + ".apiGroups", "resource rules must supply at least one api group");
    if (at(rule, "resources").empty())
      errors.required(path + ".resources", "resource rules must supply at least one resource");
  }
  if (at(object, "aggregationRule").is_object() && at(object["aggregationRule"], "clusterRoleSelectors").empty())
    errors.required("aggregationRule.clusterRoleSelectors",
                    "at least one clusterRoleSelector required if aggregationRule is non-nil");
}

std::string rule_text(const Rule& rule) {
  const auto list = [](const std::vector<std::string>& values) {
    std::string out;
    for (const auto& each : values) out += (out.empty() ? "" : ", ") + dump(Json(each));
    return "[" + out + "]";
  };
  if (!rule.urls.empty()) return "{NonResourceURLs:" + list(rule.urls) + ", Verbs:" + list(rule.verbs) + "}";
  return "{APIGroups:" + list(rule.groups) + ", Resources:" + list(rule.resources) +
         (rule.names.empty() ? "" : ", ResourceNames:" + list(rule.names)) + ", Verbs:" + list(rule.verbs) + "}";
}

/// Nobody may grant what he does not hold, unless the verb `lift` says so.
std::optional<ApiStatus> check_escalation(Write& write, const std::vector<Rule>& wanted, const std::string& lift,
                                          const Attributes& what) {
  Call& call = write.call;
  if (call.internal || call.user.in("system:masters")) return std::nullopt;
  Attributes asked = what;
  asked.verb = lift;
  if (authorize(call.server, call.user, asked).allowed) return std::nullopt;
  std::vector<Rule> missing;
  if (rules_cover(rules_for(call.server, call.user, call.info.ns), wanted, &missing)) return std::nullopt;
  std::string groups, list;
  for (const auto& group : call.user.groups) groups += (groups.empty() ? "" : " ") + dump(Json(group));
  for (const auto& rule : missing) list += (list.empty() ? "" : "\n") + rule_text(rule);
  return forbidden(call.what(), text_at(write.object, {"metadata", "name"}),
                   "user " + dump(Json(call.user.name)) + " (groups=[" + groups +
                       "]) is attempting to grant RBAC permissions not currently held:\n" + list);
}

std::optional<ApiStatus> admit_role(Write& write) {
  if (write.operation == Operation::remove) return std::nullopt;
  return check_escalation(write, rules_of(write.object), "escalate",
                          {.group = kGroup,
                           .resource = write.call.resource().plural,
                           .ns = write.call.info.ns,
                           .name = text_at(write.object, {"metadata", "name"})});
}

std::optional<ApiStatus> admit_binding(Write& write) {
  if (write.operation == Operation::remove) return std::nullopt;
  const std::string kind = text_at(write.object, {"roleRef", "kind"}),
                    name = text_at(write.object, {"roleRef", "name"});
  const char* plural = kind == "Role" ? "roles" : "clusterroles";
  const Json role = write.call.server.read(kGroup, plural, kind == "Role" ? write.call.info.ns : "", name);
  if (role.is_null()) return std::nullopt;
  return check_escalation(write, rules_of(role), "bind",
                          {.group = kGroup, .resource = plural, .ns = write.call.info.ns, .name = name});
}

/// v1alpha1 subjects say apiVersion instead of apiGroup.
void alpha_to_storage(Json& object) {
  if (!at(object, "subjects").is_array()) return;
  for (auto& subject : object["subjects"]) {
    const std::string version = text_at(subject, "apiVersion");
    subject.erase("apiVersion");
    if (version.rfind(kGroup, 0) == 0) subject["apiGroup"] = kGroup;
    // "*" was how v1alpha1 named everybody.
    if (text_at(subject, "kind") == "User" && text_at(subject, "name") == "*") {
      subject["kind"] = "Group";
      subject["name"] = "system:authenticated";
    }
  }
}
void alpha_from_storage(Json& object) {
  if (!at(object, "subjects").is_array()) return;
  for (auto& subject : object["subjects"]) {
    const std::string group = text_at(subject, "apiGroup");
    subject.erase("apiGroup");
    subject["apiVersion"] = group.empty() ? "v1" : std::string(kGroup) + "/v1alpha1";
  }
}

}  // namespace

void add_rbac_behaviour(Kinds& kinds) {
  for (const auto* plural : {"roles", "clusterroles"}) {
    Resource& role = *kinds.resource(kGroup, plural);
    role.validate = validate_role;
    role.admit = admit_role;
  }
  for (const auto* plural : {"rolebindings", "clusterrolebindings"}) {
    Resource& binding = *kinds.resource(kGroup, plural);
    binding.set_defaults = default_binding;
    binding.validate = validate_binding;
    binding.admit = admit_binding;
  }
  for (const auto& each : kinds.endpoints()) {
    if (each->group != kGroup || each->version != "v1alpha1" ||
        each->resource->plural.find("bindings") == std::string::npos)
      continue;
    each->from_storage = alpha_from_storage;
    each->to_storage = alpha_to_storage;
  }
}

}  // namespace k8s_fake
