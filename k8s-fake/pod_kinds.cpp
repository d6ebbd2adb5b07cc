// Pods: defaults, the service account's admission, validation. Source: kubernetes.md 4.5.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "k8s-fake/quantity.h"
#include "k8s-fake/rules.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr const char* kTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr const char* kContainerLists[] = {"initContainers", "containers", "ephemeralContainers"};

void default_probe(Json& probe) {
  default_to(probe, "timeoutSeconds", 1);
  default_to(probe, "periodSeconds", 10);
  default_to(probe, "successThreshold", 1);
  default_to(probe, "failureThreshold", 3);
  if (at(probe, "httpGet").is_object()) {
    default_to(probe["httpGet"], "path", "/");
    default_to(probe["httpGet"], "scheme", "HTTP");
  }
}

void default_container(Json& container) {
  if (!container.is_object()) return;
  default_to(container, "resources", Json::object());
  default_to(container, "terminationMessagePath", "/dev/termination-log");
  default_to(container, "terminationMessagePolicy", "File");
  if (!container.contains("imagePullPolicy")) {
    const std::string image = text_at(container, "image");
    const auto tag = image.find_last_of(":/");
    const bool tagged = tag != std::string::npos && image[tag] == ':';
    const bool latest = image.find('@') == std::string::npos && (!tagged || image.substr(tag) == ":latest");
    container["imagePullPolicy"] = latest ? "Always" : "IfNotPresent";
  }
  for (auto& port : container["ports"])
    if (port.is_object()) default_to(port, "protocol", "TCP");
  if (container["ports"].is_null()) container.erase("ports");
  for (const auto* key : {"livenessProbe", "readinessProbe", "startupProbe"})
    if (at(container, key).is_object()) default_probe(container[key]);
  if (at(container, "env").is_array()) {
    for (auto& env : container["env"]) {
      if (at_path(env, {"valueFrom", "fieldRef"}).is_object())
        default_to(env["valueFrom"]["fieldRef"], "apiVersion", "v1");
    }
  }
  const Json limits = at_path(container, {"resources", "limits"});
  if (limits.is_object()) {
    Json& requests = object_at(container["resources"], "requests");
    for (const auto& [key, value] : limits.items())
      if (!requests.contains(key)) requests[key] = value;
  }
}

void default_volume_source(Json& volume) {
  if (!volume.is_object()) return;
  if (volume.size() == 1 && volume.contains("name")) volume["emptyDir"] = Json::object();
  for (const auto* key : {"secret", "configMap", "projected", "downwardAPI"})
    if (at(volume, key).is_object()) default_to(volume[key], "defaultMode", 420);
  if (at(volume, "hostPath").is_object()) default_to(volume["hostPath"], "type", "");
  if (at(volume, "iscsi").is_object()) default_to(volume["iscsi"], "iscsiInterface", "default");
  for (auto& source : volume.contains("projected") && at(volume["projected"], "sources").is_array()
                          ? volume["projected"]["sources"]
                          : volume["name"]) {
    if (!source.is_object()) continue;
    if (at(source, "serviceAccountToken").is_object())
      default_to(source["serviceAccountToken"], "expirationSeconds", 3600);
    if (!at_path(source, {"downwardAPI", "items"}).is_array()) continue;
    for (auto& item : source["downwardAPI"]["items"])
      if (at(item, "fieldRef").is_object()) default_to(item["fieldRef"], "apiVersion", "v1");
  }
}

std::string quality_of(const Json& pod) {
  bool any = false, guaranteed = true;
  for (const auto* list : {"initContainers", "containers"}) {
    for (const auto& container : at_path(pod, {"spec", list})) {
      const Json& limits = at_path(container, {"resources", "limits"});
      const Json& requests = at_path(container, {"resources", "requests"});
      if (!limits.empty() || !requests.empty()) any = true;
      for (const auto* key : {"cpu", "memory"}) {
        if (!limits.contains(key) || at(limits, key) != at(requests, key)) guaranteed = false;
      }
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

/// Before 1.21 pods mounted the token secret of their account.
Json secret_volume(const Server& server, const Json& account, const std::string& ns) {
  if (server.at_least(21)) return nullptr;
  for (const auto& each : at(account, "secrets")) {
    const std::string name = text_at(each, "name");
    if (text_at(server.read("", "secrets", ns, name), "type") != "kubernetes.io/service-account-token") continue;
    return {{"name", name}, {"secret", {{"secretName", name}, {"defaultMode", 420}}}};
  }
  return nullptr;
}

void add_token_volume(Server& server, Json& pod, const Json& account) {
  Json& spec = pod["spec"];
  for (const auto* list : kContainerLists) {
    for (const auto& container : at(spec, list)) {
      for (const auto& mount : at(container, "volumeMounts"))
        if (text_at(mount, "mountPath") == kTokenPath) return;
    }
  }
  const Json secret = secret_volume(server, account, text_at(pod, {"metadata", "namespace"}));
  const std::string name = secret.is_object() ? text_at(secret, "name")
                                              : "kube-api-access-" + server.rng.text(5, "bcdfghjklmnpqrstvwxz2456789");
  Json item = {{"path", "namespace"}, {"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}}}};
  Json sources = Json::array();
  sources.push_back({{"serviceAccountToken", {{"expirationSeconds", 3607}, {"path", "token"}}}});
  sources.push_back(
      {{"configMap",
        {{"name", "kube-root-ca.crt"}, {"items", Json::array({Json{{"key", "ca.crt"}, {"path", "ca.crt"}}})}}}});
  sources.push_back({{"downwardAPI", {{"items", Json::array({item})}}}});
  Json volume = {{"name", name}, {"projected", {{"defaultMode", 420}, {"sources", sources}}}};
  if (secret.is_object()) volume = secret;
  if (!at(spec, "volumes").is_array()) spec["volumes"] = Json::array();
  spec["volumes"].push_back(volume);
  for (const auto* list : {"initContainers", "containers"}) {
    if (!at(spec, list).is_array()) continue;
    for (auto& container : spec[list]) {
      if (!at(container, "volumeMounts").is_array()) container["volumeMounts"] = Json::array();
      container["volumeMounts"].push_back({{"name", name}, {"readOnly", true}, {"mountPath", kTokenPath}});
    }
  }
}

std::optional<ApiStatus> admit_account(Write& write) {
  Server& server = write.call.server;
  Json& spec = object_at(write.object, "spec");
  std::string name = text_at(spec, "serviceAccountName");
  if (name.empty()) name = text_at(spec, "serviceAccount");
  if (name.empty()) name = "default";
  spec["serviceAccountName"] = spec["serviceAccount"] = name;
  const std::string ns = text_at(write.object, {"metadata", "namespace"});
  const Json account = server.read("", "serviceaccounts", ns, name);
  if (account.is_null()) {
    return forbidden(
        write.call.what(), text_at(write.object, {"metadata", "name"}),
        "error looking up service account " + ns + "/" + name + ": serviceaccount \"" + name + "\" not found");
  }
  const Json& own = at(spec, "automountServiceAccountToken");
  const Json& theirs = at(account, "automountServiceAccountToken");
  const bool mount = own.is_boolean() ? own.get<bool>() : theirs.is_boolean() ? theirs.get<bool>() : true;
  if (mount) add_token_volume(server, write.object, account);
  if (!spec.contains("imagePullSecrets") && at(account, "imagePullSecrets").is_array())
    spec["imagePullSecrets"] = account["imagePullSecrets"];
  return std::nullopt;
}

void add_toleration(Json& spec, const char* key) {
  Json& list = spec["tolerations"];
  if (!list.is_array()) list = Json::array();
  for (const auto& each : list) {
    const std::string have = text_at(each, "key"), effect = text_at(each, "effect");
    if ((have == key || (have.empty() && text_at(each, "operator") == "Exists")) &&
        (effect.empty() || effect == "NoExecute"))
      return;
  }
  list.push_back({{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}});
}

std::optional<ApiStatus> admit_pod(Write& write) {
  if (write.operation != Operation::create) return std::nullopt;
  if (auto problem = admit_account(write)) return problem;
  Json& spec = write.object["spec"];
  const Server& server = write.call.server;
  if (const std::string name = text_at(spec, "priorityClassName"); !name.empty()) {
    const Json found = server.read("scheduling.k8s.io", "priorityclasses", "", name);
    const bool built_in = name == "system-node-critical" || name == "system-cluster-critical";
    if (found.is_null() && !built_in)
      return forbidden(write.call.what(), text_at(write.object, {"metadata", "name"}),
                       "no PriorityClass with name " + name + " was found");
    spec["priority"] = built_in ? (name == "system-node-critical" ? 2000001000 : 2000000000) : int_at(found, {"value"});
  }
  if (spec.contains("priority") && text_at(spec, "priorityClassName").empty() && int_at(spec, {"priority"}) != 0) {
    return forbidden(write.call.what(), text_at(write.object, {"metadata", "name"}),
                     "the integer value of priority (" + dump(spec["priority"]) +
                         ") must not be provided in pod spec; priority admission controller computed 0 from the given "
                         "PriorityClass name");
  }
  if (const std::string name = text_at(spec, "runtimeClassName");
      !name.empty() && server.read("node.k8s.io", "runtimeclasses", "", name).is_null()) {
    return forbidden(write.call.what(), text_at(write.object, {"metadata", "name"}),
                     "pod rejected: RuntimeClass \"" + name + "\" not found");
  }
  default_to(spec, "priority", 0);
  default_to(spec, "preemptionPolicy", "PreemptLowerPriority");
  add_toleration(spec, "node.kubernetes.io/not-ready");
  add_toleration(spec, "node.kubernetes.io/unreachable");
  write.object["status"] = {{"phase", "Pending"}, {"qosClass", quality_of(write.object)}};
  return std::nullopt;
}

void default_pod(Json& pod) {
  default_pod_spec(object_at(pod, "spec"));
  default_to(pod["spec"], "enableServiceLinks", true);
  if (is_true(pod["spec"], {"hostNetwork"})) {  // ports of the node itself
    for (const auto* list : kContainerLists) {
      if (!at(pod["spec"], list).is_array()) continue;
      for (auto& container : pod["spec"][list])
        for (auto& port : at(container, "ports").is_array() ? container["ports"] : pod["spec"]["hostNetwork"])
          if (port.is_object() && int_at(port, {"hostPort"}) == 0) port["hostPort"] = at(port, "containerPort");
    }
  }
  default_to(object_at(pod, "status"), "phase", "Pending");
}

void validate_resources(const Json& container, const std::string& path, FieldErrors& errors) {
  const Json& limits = at_path(container, {"resources", "limits"});
  const Json& requests = at_path(container, {"resources", "requests"});
  if (!requests.is_object()) return;
  for (const auto& [key, value] : requests.items()) {
    if (!limits.contains(key) || !value.is_string()) continue;
    if (quantity_milli(value.get<std::string>()).value_or(0) > quantity_milli(text_at(limits, key)).value_or(0)) {
      errors.invalid(path + ".resources.requests", value,
                     "must be less than or equal to " + key + " limit" +
                         (errors.at_least(24) ? " of " + text_at(limits, key) : ""));
    }
  }
}

void validate_container(const Json& container, const std::string& path, const std::set<std::string>& volumes,
                        std::set<std::string>& names, FieldErrors& errors) {
  const std::string name = text_at(container, "name");
  if (name.empty()) errors.required(path + ".name");
  else if (const auto problem = label_problem(name); !problem.empty()) errors.invalid(path + ".name", name, problem);
  else if (!names.insert(name).second) errors.duplicate(path + ".name", name);
  if (text_at(container, "image").empty()) errors.required(path + ".image");
  std::size_t i = 0;
  for (const auto& port : at(container, "ports")) {
    const std::string where = path + ".ports[" + std::to_string(i++) + "].containerPort";
    const std::int64_t number = int_at(port, {"containerPort"});
    if (number == 0) errors.required(where);
    else if (number < 1 || number > 65535) errors.invalid(where, number, "must be between 1 and 65535, inclusive");
  }
  i = 0;
  for (const auto& env : at(container, "env")) {
    if (text_at(env, "name").empty()) errors.required(path + ".env[" + std::to_string(i) + "].name");
    ++i;
  }
  std::set<std::string> paths;
  i = 0;
  for (const auto& mount : at(container, "volumeMounts")) {
    const std::string where = path + ".volumeMounts[" + std::to_string(i++) + "]";
    const std::string volume = text_at(mount, "name"), target = text_at(mount, "mountPath");
    if (volume.empty()) errors.required(where + ".name");
    if (!volumes.contains(volume)) errors.not_found(where + ".name", volume);
    if (target.empty()) errors.required(where + ".mountPath");
    else if (!paths.insert(target).second) errors.invalid(where + ".mountPath", target, "must be unique");
  }
  one_of(at(container, "imagePullPolicy"), path + ".imagePullPolicy", {"Always", "IfNotPresent", "Never"}, errors);
  validate_resources(container, path, errors);
}

std::set<std::string> validate_volumes(const Json& spec, const std::string& path, FieldErrors& errors) {
  std::set<std::string> out;
  std::size_t i = 0;
  for (const auto& volume : at(spec, "volumes")) {
    const std::string where = path + ".volumes[" + std::to_string(i++) + "]";
    const std::string name = text_at(volume, "name");
    if (name.empty()) errors.required(where + ".name");
    else if (const auto problem = label_problem(name); !problem.empty()) errors.invalid(where + ".name", name, problem);
    else if (!out.insert(name).second) errors.duplicate(where + ".name", name);
    std::size_t sources = 0;
    for (const auto& [key, value] : volume.items()) {
      if (key == "name") continue;
      if (++sources > 1) errors.forbidden(where + "." + key, "may not specify more than 1 volume type");
    }
    if (at(volume, "persistentVolumeClaim").is_object() &&
        text_at(volume, {"persistentVolumeClaim", "claimName"}).empty())
      errors.required(where + ".persistentVolumeClaim.claimName");
    if (at(volume, "nfs").is_object()) {
      if (text_at(volume, {"nfs", "server"}).empty()) errors.required(where + ".nfs.server");
      if (text_at(volume, {"nfs", "path"}).empty()) {
        errors.required(where + ".nfs.path");
        errors.invalid(where + ".nfs.path", "", "must be an absolute path");
      }
    }
    if (at(volume, "hostPath").is_object() && text_at(volume, {"hostPath", "path"}).empty())
      errors.required(where + ".hostPath.path");
  }
  return out;
}

void validate_pod_update(const Json& pod, const Json& old, FieldErrors& errors) {
  Json before = at(old, "spec"), after = at(pod, "spec");
  const auto same_count = [&](const char* key) { return at(before, key).size() == at(after, key).size(); };
  if (!same_count("containers") || !same_count("initContainers")) {
    errors.forbidden("spec.containers", "pod updates may not add or remove containers");
    return;
  }
  for (Json* spec : {&before, &after}) {
    for (const auto* key : {"activeDeadlineSeconds", "tolerations", "schedulingGates", "ephemeralContainers",
                            "nodeName", "terminationGracePeriodSeconds"})
      spec->erase(key);
    for (const auto* list : {"containers", "initContainers"}) {
      if (!at(*spec, list).is_array()) continue;
      for (auto& container : (*spec)[list]) {
        container.erase("image");
        container.erase("resources");
      }
    }
  }
  if (before == after) return;
  errors.forbidden("spec",
                   "pod updates may not change fields other than "
                   "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec."
                   "tolerations` (only additions to "
                   "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
                   "previously negative)\n" +
                       spec_diff(at(old, "spec"), at(pod, "spec")));
}

void validate_pod(const Json& pod, const Json* old, FieldErrors& errors) {
  validate_pod_spec(at(pod, "spec"), "spec", errors);
  if (old != nullptr) validate_pod_update(pod, *old, errors);
}

}  // namespace

void default_pod_spec(Json& spec) {
  default_to(spec, "restartPolicy", "Always");
  default_to(spec, "terminationGracePeriodSeconds", 30);
  default_to(spec, "dnsPolicy", "ClusterFirst");
  default_to(spec, "schedulerName", "default-scheduler");
  default_to(spec, "securityContext", Json::object());
  if (!spec.contains("serviceAccountName") && spec.contains("serviceAccount"))
    spec["serviceAccountName"] = spec["serviceAccount"];
  else if (spec.contains("serviceAccountName")) spec["serviceAccount"] = spec["serviceAccountName"];
  for (const auto* list : kContainerLists)
    if (at(spec, list).is_array())
      for (auto& container : spec[list]) default_container(container);
  if (at(spec, "volumes").is_array())
    for (auto& volume : spec["volumes"]) default_volume_source(volume);
}

void validate_pod_spec(const Json& spec, const std::string& path, FieldErrors& errors) {
  const std::set<std::string> volumes = validate_volumes(spec, path, errors);
  if (at(spec, "containers").empty()) errors.required(path + ".containers");
  std::set<std::string> names;
  for (const auto* list : {"containers", "initContainers", "ephemeralContainers"}) {
    std::size_t i = 0;
    for (const auto& container : at(spec, list))
      validate_container(container, path + "." + list + "[" + std::to_string(i++) + "]", volumes, names, errors);
  }
  one_of(at(spec, "restartPolicy"), path + ".restartPolicy", {"Always", "OnFailure", "Never"}, errors);
  one_of(at(spec, "dnsPolicy"), path + ".dnsPolicy", {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"},
         errors);
  check_pod_rules(spec, path, errors);
}

void add_pod_behaviour(Kinds& kinds) {
  Resource& pods = *kinds.resource("", "pods");
  pods.set_defaults = default_pod;
  pods.admit = admit_pod;
  pods.validate = validate_pod;
}

}  // namespace k8s_fake
