// The OpenShift profile: projects, users, SCCs, the old authorization kinds. Source: kubernetes.md 4.14.
#include <string>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/start_objects.h"

namespace k8s_fake {
namespace {

void project_from_storage(Json& object) {
  Json& spec = object_at(object, "spec");
  if (!spec.contains("finalizers")) spec["finalizers"] = {"kubernetes"};
}

ApiResult<Json> request_project(Call& call, Json body) {
  const std::string name = text_at(body, {"metadata", "name"});
  Json annotations = {{"openshift.io/description", text_at(body, "description")},
                      {"openshift.io/display-name", text_at(body, "displayName")},
                      {"openshift.io/requester", call.user.name}};
  Call inner = call;
  inner.endpoint = call.server.kinds.find("", "v1", "namespaces");
  inner.info.ns = name;
  inner.internal = true;
  auto made = create_object(inner, {{"metadata", {{"name", name}, {"annotations", annotations}}}});
  if (!made) {
    ApiStatus problem = made.error();
    if (problem.code == 409) problem = already_exists({"project.openshift.io", "projects"}, name);
    return problem;
  }
  inner.endpoint = call.server.kinds.find("rbac.authorization.k8s.io", "v1", "rolebindings");
  Json subject = {{"kind", "User"}, {"name", call.user.name}};
  auto bound = create_object(inner, {{"metadata", {{"name", "admin"}}},
                                     {"roleRef", {{"kind", "ClusterRole"}, {"name", "admin"}}},
                                     {"subjects", Json::array({subject})}});
  if (!bound) return bound.error();
  return std::move(made->json);
}

void default_scc(Json& object) {
  for (const auto* key : {"allowPrivilegedContainer", "allowHostDirVolumePlugin", "allowHostNetwork", "allowHostPorts",
                          "allowHostPID", "allowHostIPC", "readOnlyRootFilesystem"})
    default_to(object, key, false);
  for (const auto* key : {"priority", "defaultAddCapabilities", "requiredDropCapabilities", "allowedCapabilities"})
    default_to(object, key, nullptr);
}

constexpr const char* kRbac = "rbac.authorization.k8s.io";

/// Old bindings name users and groups beside their subjects, and roles by name and namespace.
void old_binding_to_storage(Json& object) {
  Json& role = object_at(object, "roleRef");
  if (!role.contains("kind")) role["kind"] = text_at(role, "namespace").empty() ? "ClusterRole" : "Role";
  role.erase("namespace");
  role["apiGroup"] = kRbac;
  Json subjects = Json::array();
  const std::string own = text_at(object, {"metadata", "namespace"});
  for (const auto& subject : at(object, "subjects")) {
    Json one = {{"kind", text_at(subject, "kind")}, {"name", text_at(subject, "name")}};
    if (one["kind"] == "SystemUser") one["kind"] = "User";
    if (one["kind"] == "SystemGroup") one["kind"] = "Group";
    if (one["kind"] == "ServiceAccount")
      one["namespace"] = text_at(subject, "namespace").empty() ? own : text_at(subject, "namespace");
    subjects.push_back(one);
  }
  if (subjects.empty()) {
    for (const auto& name : at(object, "userNames")) {
      const std::string text = name.is_string() ? name.get<std::string>() : "";
      if (text.rfind("system:serviceaccount:", 0) == 0) {
        const auto parts = split_text(text, ':');
        subjects.push_back({{"kind", "ServiceAccount"}, {"name", parts.back()}, {"namespace", parts[2]}});
      } else {
        subjects.push_back({{"kind", "User"}, {"name", text}});
      }
    }
    for (const auto& name : at(object, "groupNames")) subjects.push_back({{"kind", "Group"}, {"name", name}});
  }
  object["subjects"] = subjects;
  object.erase("userNames");
  object.erase("groupNames");
}

void old_binding_from_storage(Json& object) {
  Json users = Json::array(), groups = Json::array(), subjects = Json::array();
  for (const auto& subject : at(object, "subjects")) {
    Json one = subject;
    one.erase("apiGroup");
    subjects.push_back(one);
    const std::string kind = text_at(subject, "kind"), name = text_at(subject, "name");
    if (kind == "User") users.push_back(name);
    else if (kind == "Group") groups.push_back(name);
    else users.push_back("system:serviceaccount:" + text_at(subject, "namespace") + ":" + name);
  }
  object["subjects"] = subjects;
  object["userNames"] = users;
  object["groupNames"] = groups;
  object["roleRef"].erase("apiGroup");
  object["roleRef"].erase("kind");
}

void old_role_to_storage(Json& object) {
  Json rules = Json::array();
  for (auto rule : at(object, "rules")) {
    rule.erase("attributeRestrictions");
    if (!at(rule, "apiGroups").is_array() || rule["apiGroups"].empty())
      if (at(rule, "nonResourceURLs").empty()) rule["apiGroups"] = {""};
    rules.push_back(rule);
  }
  object["rules"] = rules;
}
void old_role_from_storage(Json& object) {
  if (at(object, "rules").is_array())
    for (auto& rule : object["rules"]) rule["attributeRestrictions"] = nullptr;
}

Resource row(const char* group, const char* plural, const char* kind, bool namespaced, unsigned verbs,
             std::vector<std::string> short_names = {}) {
  Resource out;
  out.group = group;
  out.plural = plural;
  out.kind = kind;
  std::string singular = kind;
  for (auto& c : singular) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  out.singular = singular;
  out.namespaced = namespaced;
  out.verbs = verbs;
  out.short_names = std::move(short_names);
  out.names = NameRule::path_segment;
  return out;
}

}  // namespace

void add_openshift(Kinds& kinds) {
  Resource& namespaces = *kinds.resource("", "namespaces");
  kinds.serve({.group = "project.openshift.io",
               .version = "v1",
               .resource = &namespaces,
               .from_storage = project_from_storage,
               .as_plural = "projects",
               .as_kind = "Project"});
  Resource& requests =
      kinds.add(row("project.openshift.io", "projectrequests", "ProjectRequest", false, kVerbCreate | kVerbList));
  requests.answer = request_project;
  kinds.serve({.group = "project.openshift.io", .version = "v1", .resource = &requests});
  for (const auto& [plural, kind] :
       {std::pair{"users", "User"}, std::pair{"groups", "Group"}, std::pair{"identities", "Identity"}}) {
    Resource& each = kinds.add(row("user.openshift.io", plural, kind, false, kVerbsAll));
    kinds.serve({.group = "user.openshift.io", .version = "v1", .resource = &each});
  }
  Resource& scc = kinds.add(row("security.openshift.io", "securitycontextconstraints", "SecurityContextConstraints",
                                false, kVerbsAll, {"scc"}));
  scc.set_defaults = default_scc;
  kinds.serve({.group = "security.openshift.io", .version = "v1", .resource = &scc});
  kinds.serve({.group = "", .version = "v1", .resource = &scc, .legacy = true});
  for (const auto* plural : {"clusterroles", "roles"}) {
    for (const char* group : {"authorization.openshift.io", ""}) {
      kinds.serve({.group = group,
                   .version = "v1",
                   .resource = kinds.resource(kRbac, plural),
                   .legacy = true,
                   .from_storage = old_role_from_storage,
                   .to_storage = old_role_to_storage});
    }
  }
  for (const auto* plural : {"clusterrolebindings", "rolebindings"}) {
    for (const char* group : {"authorization.openshift.io", ""}) {
      kinds.serve({.group = group,
                   .version = "v1",
                   .resource = kinds.resource(kRbac, plural),
                   .legacy = true,
                   .from_storage = old_binding_from_storage,
                   .to_storage = old_binding_to_storage});
    }
  }
}

namespace {

struct ConstraintRow {
  const char* name;
  bool privileged;
  bool host;  // host network, ports, PID and IPC
  const char* run_as_user;
  const char* se_linux;
  const char* groups;
};
constexpr ConstraintRow kConstraints[] = {
    {"anyuid", false, false, "RunAsAny", "MustRunAs", "system:cluster-admins"},
    {"hostaccess", false, true, "MustRunAsRange", "MustRunAs", ""},
    {"hostmount-anyuid", false, false, "RunAsAny", "MustRunAs", ""},
    {"hostnetwork", false, true, "MustRunAsRange", "MustRunAs", ""},
    {"nonroot", false, false, "MustRunAsNonRoot", "MustRunAs", ""},
    {"privileged", true, true, "RunAsAny", "RunAsAny", "system:cluster-admins"},
    {"restricted", false, false, "MustRunAsRange", "MustRunAs", "system:authenticated"},
};

}  // namespace

void create_openshift_objects(Server& server) {
  const auto create = [&](const Json& object) {
    if (auto problem = create_at_start(server, object); problem && problem->code != 409)
      server.logger.error(problem->message);
  };
  for (const auto& constraint : kConstraints) {
    Json object = {{"apiVersion", "security.openshift.io/v1"},
                   {"kind", "SecurityContextConstraints"},
                   {"metadata", {{"name", constraint.name}}}};
    object["allowPrivilegedContainer"] = constraint.privileged;
    for (const auto* key : {"allowHostNetwork", "allowHostPorts", "allowHostPID", "allowHostIPC"})
      object[key] = constraint.host;
    object["runAsUser"]["type"] = constraint.run_as_user;
    object["seLinuxContext"]["type"] = constraint.se_linux;
    object["supplementalGroups"]["type"] = "RunAsAny";
    object["fsGroup"]["type"] = "RunAsAny";
    object["users"] = Json::array();
    object["groups"] = Json::array();
    if (*constraint.groups != '\0') object["groups"].push_back(constraint.groups);
    object["volumes"] = Json::array({"configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "secret"});
    if (std::string(constraint.name) == "anyuid") object["priority"] = 10;
    create(object);
  }
}

}  // namespace k8s_fake
