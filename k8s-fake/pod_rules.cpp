// What a pod's spec must keep, as tables and a few functions of several members.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "k8s-fake/quantity.h"
#include "k8s-fake/rules.h"

namespace k8s_fake {
namespace {

constexpr MemberRule kContainerRules[] = {
    {"", "image", Check::trimmed},
    {"", "ports[].protocol", Check::one_of, "SCTP,TCP,UDP"},
    {"", "ports[].hostPort", Check::between, "or none", 1, 65535},
    {"", "ports[].name", Check::port_name},
    {"", "env[].name", Check::env_name},
    {"", "env[].valueFrom.secretKeyRef.key", Check::required},
    {"", "env[].valueFrom.configMapKeyRef.key", Check::required},
    {"", "terminationMessagePolicy", Check::one_of_text,
     "File,FallbackToLogsOnError|must be 'File' or 'FallbackToLogsOnError'"},
    {"", "securityContext.runAsUser", Check::between},
    {"", "securityContext.runAsGroup", Check::between},
};

constexpr MemberRule kSpecRules[] = {
    {"", "activeDeadlineSeconds", Check::between, "", 1, 2147483647},
    {"", "nodeName", Check::subdomain},
    {"", "nodeSelector", Check::label_map},
    {"", "hostname", Check::label},
    {"", "subdomain", Check::label},
    {"", "serviceAccountName", Check::subdomain},
    {"", "securityContext.fsGroup", Check::between},
    {"", "securityContext.runAsUser", Check::between},
    {"", "securityContext.runAsGroup", Check::between},
    {"", "readinessGates[].conditionType", Check::qualified},
    {"", "hostAliases[].ip", Check::address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
    {"", "volumes[].nfs.path", Check::absolute_path},
    {"", "volumes[].iscsi.targetPortal", Check::required},
    {"", "volumes[].iscsi.iqn", Check::required},
    {"", "volumes[].configMap.name", Check::required},
    {"", "volumes[].secret.secretName", Check::required},
    {"", "volumes[].csi.driver", Check::required},
    {"", "volumes[].hostPath.path", Check::no_backsteps},
    {"", "volumes[].hostPath.type", Check::one_of,
     ",BlockDevice,CharDevice,Directory,DirectoryOrCreate,File,FileOrCreate,Socket"},
    {"", "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms", Check::required,
     "must have at least one node selector term"},
    {"",
     "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchExpressions[]."
     "operator",
     Check::one_of_text, "In,NotIn,Exists,DoesNotExist,Gt,Lt|not a valid selector operator"},
    {"", "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].topologyKey", Check::required,
     "can not be empty"},
    {"", "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[].topologyKey", Check::required,
     "can not be empty"},
    {"", "topologySpreadConstraints[].maxSkew", Check::positive, "must be greater than zero"},
    {"", "topologySpreadConstraints[].topologyKey", Check::required, "can not be empty"},
};

/// Exactly one way to run a probe or a hook.
void check_handler(const Json& handler, const std::string& path, FieldErrors& errors) {
  int ways = 0;
  for (const auto* key : {"exec", "httpGet", "tcpSocket", "grpc", "sleep"}) {
    const Json& way = at(handler, key);
    if (!way.is_object()) continue;
    if (++ways > 1) {
      errors.forbidden(path + "." + key, "may not specify more than 1 handler type");
      continue;
    }
    if (std::string_view(key) == "exec" && at(way, "command").empty()) errors.required(path + ".exec.command");
    if (std::string_view(key) == "exec" || std::string_view(key) == "sleep") continue;
    const Json& port = at(way, "port");
    if (port.is_number() && (port < 1 || port > 65535))
      errors.invalid(path + "." + key + ".port", port, "must be between 1 and 65535, inclusive");
  }
  if (ways == 0) errors.required(path, "must specify a handler type");
}

void check_probes(const Json& container, const std::string& path, FieldErrors& errors) {
  for (const auto* name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    const Json& probe = at(container, name);
    if (!probe.is_object()) continue;
    const std::string here = path + "." + name;
    check_handler(probe, here, errors);
    for (const auto* key :
         {"initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"}) {
      if (int_at(probe, {key}) < 0)
        errors.invalid(here + "." + key, at(probe, key), "must be greater than or equal to 0");
    }
    if (std::string_view(name) != "readinessProbe" && int_at(probe, {"successThreshold"}, 1) > 1)
      errors.invalid(here + ".successThreshold", at(probe, "successThreshold"), "must be 1");
  }
  for (const auto* name : {"postStart", "preStop"}) {
    const Json& hook = at_path(container, {"lifecycle", name});
    if (hook.is_object()) check_handler(hook, path + ".lifecycle." + name, errors);
  }
}

bool known_field(const std::string& path) {
  static const std::set<std::string> kKnown = {"metadata.name",           "metadata.namespace",   "metadata.uid",
                                               "metadata.labels",         "metadata.annotations", "spec.nodeName",
                                               "spec.serviceAccountName", "status.hostIP",        "status.podIP",
                                               "status.podIPs",           "status.hostIPs"};
  return kKnown.contains(path) || path.rfind("metadata.labels[", 0) == 0 || path.rfind("metadata.annotations[", 0) == 0;
}

void check_environment(const Json& container, const std::string& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const auto& env : at(container, "env")) {
    const std::string here = path + ".env[" + std::to_string(i++) + "].valueFrom";
    const Json& from = at(env, "valueFrom");
    if (!from.is_object()) continue;
    int ways = 0;
    for (const auto* key : {"fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"})
      ways += at(from, key).is_object() ? 1 : 0;
    if (ways == 0)
      errors.invalid(here, "",
                     "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
    if (ways > 0 && !text_at(env, "value").empty())
      errors.invalid(here, "", "may not be specified when `value` is not empty");
    if (ways > 1) errors.invalid(here, "", "may not have more than one field specified at a time");
    const std::string field = text_at(from, {"fieldRef", "fieldPath"});
    if (at(from, "fieldRef").is_object() && !known_field(field))
      errors.invalid(here + ".fieldRef.fieldPath", field,
                     "error converting fieldPath: field label not supported: " + field);
  }
  i = 0;
  for (const auto& from : at(container, "envFrom")) {
    ++i;
    const int ways = (at(from, "configMapRef").is_object() ? 1 : 0) + (at(from, "secretRef").is_object() ? 1 : 0);
    if (ways == 0) errors.invalid(path + ".envFrom", "", "must specify one of: `configMapRef` or `secretRef`");
    if (ways > 1) errors.invalid(path + ".envFrom", "", "may not have more than one field specified at a time");
  }
}

bool standard_resource(const std::string& name) {
  return name == "cpu" || name == "memory" || name == "ephemeral-storage" || name.rfind("hugepages-", 0) == 0;
}

void check_amounts(const Json& container, const std::string& path, FieldErrors& errors) {
  for (const auto* list : {"limits", "requests"}) {
    const Json& amounts = at_path(container, {"resources", list});
    if (!amounts.is_object()) continue;
    for (const auto& [name, value] : amounts.items()) {
      const std::string here = path + ".resources." + list + "[" + name + "]";
      if (name.find('/') == std::string::npos && !standard_resource(name)) {
        errors.invalid(here, name, "must be a standard resource type or fully qualified");
        errors.invalid(here, name, "must be a standard resource for containers");
      }
      if (value.is_string() && quantity_milli(value.get<std::string>()).value_or(0) < 0)
        errors.invalid(here, value, "must be greater than or equal to 0");
    }
  }
}

void check_port_names(const Json& container, const std::string& path, FieldErrors& errors) {
  std::set<std::string> names;
  std::size_t i = 0;
  for (const auto& port : at(container, "ports")) {
    const std::string name = text_at(port, "name");
    if (!name.empty() && !names.insert(name).second)
      errors.duplicate(path + ".ports[" + std::to_string(i) + "].name", name);
    ++i;
  }
}

void check_tolerations(const Json& spec, const std::string& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const auto& each : at(spec, "tolerations")) {
    const std::string here = path + ".tolerations[" + std::to_string(i++) + "]";
    const std::string key = text_at(each, "key"), op = text_at(each, "operator"), effect = text_at(each, "effect");
    if (!key.empty()) {
      if (const auto problem = qualified_name_problem(key); !problem.empty())
        errors.invalid(here + ".key", key, problem);
    } else if (op != "Exists") {
      errors.invalid(here + ".operator", op,
                     "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
    }
    if (each.contains("tolerationSeconds") && effect != "NoExecute")
      errors.invalid(here + ".effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (op == "Exists" && !text_at(each, "value").empty())
      errors.invalid(here + ".operator", at(each, "value"), "value must be empty when `operator` is 'Exists'");
    if (!op.empty() && op != "Exists" && op != "Equal") errors.unsupported(here + ".operator", op, {"Equal", "Exists"});
    if (!effect.empty()) one_of(effect, here + ".effect", {"NoSchedule", "PreferNoSchedule", "NoExecute"}, errors);
  }
}

/// What only a container that stays may have.
void check_init_container(const Json& container, const std::string& path, FieldErrors& errors) {
  if (text_at(container, "restartPolicy") == "Always") return;
  for (const auto* key : {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
    const Json& member = at(container, key);
    if (!member.is_object()) continue;
    if (errors.at_least(28))
      errors.forbidden(path + "." + key, "may not be set for init containers without restartPolicy=Always");
    else errors.invalid(path + "." + key, member, "must not be set for init containers");
  }
}

void check_volume_rules(const Json& spec, const std::string& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const auto& volume : at(spec, "volumes")) {
    const std::string here = path + ".volumes[" + std::to_string(i++) + "]";
    const Json& size = at_path(volume, {"emptyDir", "sizeLimit"});
    if (size.is_string() && quantity_milli(size.get<std::string>()).value_or(0) < 0)
      errors.forbidden(here + ".emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity");
    for (const auto& item : at_path(volume, {"downwardAPI", "items"})) {
      const std::string target = text_at(item, "path");
      if (("/" + target + "/").find("/../") != std::string::npos)
        errors.invalid(here + ".downwardAPI.path", target, "must not contain '..'");
    }
  }
}

}  // namespace

void check_pod_rules(const Json& spec, const std::string& path, FieldErrors& errors) {
  for (const auto* list : {"initContainers", "containers"}) {
    std::size_t i = 0;
    for (const auto& container : at(spec, list)) {
      const std::string here = path + "." + list + "[" + std::to_string(i++) + "]";
      for (const auto& rule : kContainerRules) check_rule(rule, container, here, errors);
      check_port_names(container, here, errors);
      check_environment(container, here, errors);
      check_probes(container, here, errors);
      check_amounts(container, here, errors);
      if (list[0] == 'i') check_init_container(container, here, errors);
      const Json& context = at(container, "securityContext");
      if (is_true(context, {"privileged"}) && at(context, "allowPrivilegeEscalation") == false)
        errors.invalid(here + ".securityContext", context,
                       "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    }
  }
  check_volume_rules(spec, path, errors);
  for (const auto& rule : kSpecRules) check_rule(rule, spec, path, errors);
  check_tolerations(spec, path, errors);
  if (text_at(spec, "dnsPolicy") == "None" && !at(spec, "dnsConfig").is_object())
    errors.required(path + ".dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
  if (is_true(spec, {"shareProcessNamespace"}) && is_true(spec, {"hostPID"})) {
    errors.invalid(path + ".securityContext.shareProcessNamespace", true,
                   "ShareProcessNamespace and HostPID cannot both be enabled");
  }
  std::size_t i = 0;
  for (const auto& each : at(spec, "topologySpreadConstraints")) {
    const std::string when = text_at(each, "whenUnsatisfiable");
    one_of(when, path + ".topologySpreadConstraints[" + std::to_string(i++) + "].whenUnsatisfiable",
           {"DoNotSchedule", "ScheduleAnyway"}, errors);
  }
}

}  // namespace k8s_fake
