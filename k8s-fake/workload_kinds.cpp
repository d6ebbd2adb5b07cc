// Deployments and their kin, jobs, budgets. Source: kubernetes.md 4.10, 4.15.
#include <string>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "k8s-fake/selector.h"

namespace k8s_fake {
namespace {

Json& template_of(Json& object) {
  Json& made = object_at(object_at(object, "spec"), "template");
  default_pod_spec(object_at(made, "spec"));
  object_at(made, "metadata");
  return made;
}

void default_deployment(Json& object) {
  template_of(object);
  Json& spec = object["spec"];
  default_to(spec, "replicas", 1);
  default_to(spec, "revisionHistoryLimit", 10);
  default_to(spec, "progressDeadlineSeconds", 600);
  Json& strategy = object_at(spec, "strategy");
  default_to(strategy, "type", "RollingUpdate");
  if (text_at(strategy, "type") == "RollingUpdate") {
    Json& rolling = object_at(strategy, "rollingUpdate");
    default_to(rolling, "maxUnavailable", "25%");
    default_to(rolling, "maxSurge", "25%");
  }
  object_at(object, "status");
}

/// extensions/v1beta1: the selector may be left out, and what later became a default was unlimited.
void extensions_to_storage(Json& object) {
  Json& spec = object_at(object, "spec");
  const Json labels = at_path(spec, {"template", "metadata", "labels"});
  if (!at(spec, "selector").is_object() && labels.is_object()) spec["selector"] = {{"matchLabels", labels}};
  if (!at(object["metadata"], "labels").is_object() && labels.is_object()) object["metadata"]["labels"] = labels;
  if (spec.contains("rollbackTo")) spec.erase("rollbackTo");
}
void extensions_deployment_to_storage(Json& object) {
  extensions_to_storage(object);
  Json& spec = object["spec"];
  default_to(spec, "revisionHistoryLimit", 2147483647);
  default_to(spec, "progressDeadlineSeconds", 2147483647);
  Json& strategy = object_at(spec, "strategy");
  if (text_at(strategy, "type").empty() || text_at(strategy, "type") == "RollingUpdate") {
    Json& rolling = object_at(strategy, "rollingUpdate");
    default_to(rolling, "maxUnavailable", 1);
    default_to(rolling, "maxSurge", 1);
  }
}

void default_replicaset(Json& object) {
  template_of(object);
  default_to(object["spec"], "replicas", 1);
  object_at(object, "status");
}

void default_statefulset(Json& object) {
  template_of(object);
  Json& spec = object["spec"];
  default_to(spec, "replicas", 1);
  default_to(spec, "revisionHistoryLimit", 10);
  default_to(spec, "podManagementPolicy", "OrderedReady");
  Json& strategy = object_at(spec, "updateStrategy");
  default_to(strategy, "type", "RollingUpdate");
  if (text_at(strategy, "type") == "RollingUpdate") default_to(object_at(strategy, "rollingUpdate"), "partition", 0);
  Json& retention = object_at(spec, "persistentVolumeClaimRetentionPolicy");
  default_to(retention, "whenDeleted", "Retain");
  default_to(retention, "whenScaled", "Retain");
  if (at(spec, "volumeClaimTemplates").is_array()) {
    for (auto& claim : spec["volumeClaimTemplates"]) {
      claim["kind"] = "PersistentVolumeClaim";
      claim["apiVersion"] = "v1";
      default_claim_spec(object_at(claim, "spec"));
      default_to(object_at(claim, "status"), "phase", "Pending");
    }
  }
  object_at(object, "status");
}

void default_daemonset(Json& object) {
  template_of(object);
  Json& spec = object["spec"];
  default_to(spec, "revisionHistoryLimit", 10);
  Json& strategy = object_at(spec, "updateStrategy");
  default_to(strategy, "type", "RollingUpdate");
  if (text_at(strategy, "type") == "RollingUpdate") {
    Json& rolling = object_at(strategy, "rollingUpdate");
    default_to(rolling, "maxUnavailable", 1);
    default_to(rolling, "maxSurge", 0);
  }
  object_at(object, "status");
}

void default_job_spec(Json& spec) {
  const bool completions = spec.contains("completions"), parallelism = spec.contains("parallelism");
  if (!completions && !parallelism) spec["completions"] = 1;
  default_to(spec, "parallelism", 1);
  default_to(spec, "backoffLimit", 6);
  default_to(spec, "completionMode", "NonIndexed");
  default_to(spec, "suspend", false);
  default_to(spec, "manualSelector", false);
  default_to(spec, "podReplacementPolicy", "TerminatingOrFailed");
}

void default_job(Json& object) {
  template_of(object);
  default_job_spec(object["spec"]);
  object_at(object, "status");
}

std::optional<ApiStatus> admit_job(Write& write) {
  if (write.operation != Operation::create) return std::nullopt;
  Json& spec = write.object["spec"];
  const std::string uid = text_at(write.object, {"metadata", "uid"}), name = text_at(write.object, {"metadata", "name"});
  if (is_true(spec, {"manualSelector"})) return std::nullopt;
  spec.erase("manualSelector");
  Json& labels = object_at(object_at(object_at(spec, "template"), "metadata"), "labels");
  labels["batch.kubernetes.io/controller-uid"] = labels["controller-uid"] = uid;
  labels["batch.kubernetes.io/job-name"] = labels["job-name"] = name;
  const char* key = write.call.server.at_least(27) ? "batch.kubernetes.io/controller-uid" : "controller-uid";
  spec["selector"] = {{"matchLabels", {{key, uid}}}};
  return std::nullopt;
}

std::optional<ApiStatus> admit_daemonset(Write& write) {
  Json& annotations = object_at(object_at(write.object, "metadata"), "annotations");
  if (write.operation == Operation::create) annotations["deprecated.daemonset.template.generation"] = "1";
  else if (write.operation == Operation::update && write.subresource.empty() && at_path(write.object, {"spec", "template"}) != at_path(*write.old, {"spec", "template"})) {
    annotations["deprecated.daemonset.template.generation"] = std::to_string(int_at(*write.old, {"metadata", "generation"}) + 1);
  }
  return std::nullopt;
}

void default_cronjob(Json& object) {
  Json& spec = object_at(object, "spec");
  default_to(spec, "concurrencyPolicy", "Allow");
  default_to(spec, "suspend", false);
  default_to(spec, "successfulJobsHistoryLimit", 3);
  default_to(spec, "failedJobsHistoryLimit", 1);
  Json& job = object_at(spec, "jobTemplate");
  object_at(job, "metadata");
  template_of(job);
  object_at(object, "status");
}

void validate_template(const Json& object, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  const Json& selector = at(spec, "selector");
  if (!selector.is_object() || selector.empty()) {
    errors.required("spec.selector");
  } else {
    Labels labels;
    const Json& given = at_path(spec, {"template", "metadata", "labels"});
    if (given.is_object()) for (const auto& [key, value] : given.items()) if (value.is_string()) labels.emplace_back(key, value.get<std::string>());
    if (!label_selector_of(selector).matches(labels)) {
      errors.invalid("spec.template.metadata.labels", given.is_null() ? Json::object() : given, "`selector` does not match template `labels`");
    }
  }
  validate_labels(at_path(spec, {"template", "metadata", "labels"}), "spec.template.metadata.labels", errors);
  Json pod_spec = at_path(spec, {"template", "spec"});
  // A StatefulSet's claims become volumes of their names in its pods.
  for (const auto& claim : at(spec, "volumeClaimTemplates")) {
    if (!pod_spec.is_object()) break;
    if (!at(pod_spec, "volumes").is_array()) pod_spec["volumes"] = Json::array();
    pod_spec["volumes"].push_back({{"name", text_at(claim, {"metadata", "name"})}, {"emptyDir", Json::object()}});
  }
  validate_pod_spec(pod_spec, "spec.template.spec", errors);
  if (int_at(spec, {"replicas"}) < 0) errors.invalid("spec.replicas", at(spec, "replicas"), "must be greater than or equal to 0");
}

void validate_deployment(const Json& object, const Json* old, FieldErrors& errors) {
  validate_template(object, errors);
  const Json& policy = at_path(object, {"spec", "template", "spec", "restartPolicy"});
  one_of(policy, "spec.template.spec.restartPolicy", {"Always"}, errors);
  if (old != nullptr && at_path(object, {"spec", "selector"}) != at_path(*old, {"spec", "selector"})) {
    errors.invalid("spec.selector", at_path(object, {"spec", "selector"}), "field is immutable");
  }
}

void validate_statefulset(const Json& object, const Json* old, FieldErrors& errors) {
  validate_deployment(object, nullptr, errors);
  if (old == nullptr) return;
  Json before = at(*old, "spec"), after = at(object, "spec");
  for (Json* spec : {&before, &after}) {
    for (const auto* key : {"replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"}) spec->erase(key);
  }
  if (before != after) {
    errors.forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
                             "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
  }
}

void validate_job(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  validate_pod_spec(at_path(spec, {"template", "spec"}), "spec.template.spec", errors);
  const std::string policy = text_at(spec, {"template", "spec", "restartPolicy"});
  if (policy == "Always") errors.required("spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
  if (old == nullptr) return;
  for (const auto* key : {"template", "selector", "completions"}) {
    if (at(spec, key) != at_path(*old, {"spec", key})) errors.invalid(std::string("spec.") + key, at(spec, key), "field is immutable");
  }
}

void validate_cronjob(const Json& object, const Json*, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  const std::string schedule = text_at(spec, "schedule");
  if (schedule.empty()) errors.required("spec.schedule");
  else if (schedule.front() != '@' && split_text(schedule, ' ').size() != 5) {
    errors.invalid("spec.schedule", schedule, "expected exactly 5 fields, found " + std::to_string(split_text(schedule, ' ').size()) + ": [" + schedule + "]");
  }
  one_of(at(spec, "concurrencyPolicy"), "spec.concurrencyPolicy", {"Allow", "Forbid", "Replace"}, errors);
  validate_pod_spec(at_path(spec, {"jobTemplate", "spec", "template", "spec"}), "spec.jobTemplate.spec.template.spec", errors);
}

void validate_budget(const Json& object, const Json*, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  if (spec.contains("minAvailable") && spec.contains("maxUnavailable")) errors.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
}

void default_budget(Json& object) { object_at(object, "status"); }

}  // namespace

namespace {

/// Without metrics an autoscaler looks at the processor: 80 %.
void default_autoscaler(Json& object) {
  Json& spec = object["spec"];
  if (!spec.is_object()) spec = Json::object();
  if (!spec.contains("minReplicas")) spec["minReplicas"] = 1;
  if (is_empty_value(at(spec, "metrics"))) {
    spec["metrics"] = Json::array({Json{{"type", "Resource"}, {"resource", {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", 80}}}}}}});
  }
}

void autoscaler_to_storage(Json& object) {
  if (!at(object, "spec").is_object()) return;
  Json& spec = object["spec"];
  if (const Json target = at(spec, "targetCPUUtilizationPercentage"); target.is_number()) {
    spec["metrics"] = Json::array({Json{{"type", "Resource"}, {"resource", {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", target}}}}}}});
  }
  spec.erase("targetCPUUtilizationPercentage");
  if (at(object, "status").is_object()) object["status"].erase("currentCPUUtilizationPercentage");
}

/// The first version knows only the processor's utilization.
void autoscaler_from_storage(Json& object) {
  if (!at(object, "spec").is_object()) return;
  Json& spec = object["spec"];
  for (const auto& metric : at(spec, "metrics")) {
    const Json& target = at_path(metric, {"resource", "target"});
    if (text_at(metric, {"resource", "name"}) == "cpu" && text_at(target, "type") == "Utilization") spec["targetCPUUtilizationPercentage"] = at(target, "averageUtilization");
  }
  spec.erase("metrics");
  spec.erase("behavior");
  if (!at(object, "status").is_object()) return;
  for (const auto* key : {"currentMetrics", "conditions"}) object["status"].erase(key);
}

void validate_autoscaler(const Json& object, const Json*, FieldErrors& errors) {
  const std::int64_t most = int_at(object, {"spec", "maxReplicas"}), least = int_at(object, {"spec", "minReplicas"}, 1);
  if (least < 1) errors.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
  if (most < 1) errors.invalid("spec.maxReplicas", most, "must be greater than 0");
  if (most < least) errors.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
  for (const auto* key : {"kind", "name"}) {
    if (text_at(object, {"spec", "scaleTargetRef", key}).empty()) errors.required(std::string("spec.scaleTargetRef.") + key);
  }
}

}  // namespace

void add_workload_behaviour(Kinds& kinds) {
  const auto set = [&](const char* group, const char* plural, void (*defaults)(Json&), void (*validate)(const Json&, const Json*, FieldErrors&)) {
    Resource& resource = *kinds.resource(group, plural);
    resource.set_defaults = defaults;
    resource.validate = validate;
  };
  set("apps", "deployments", default_deployment, validate_deployment);
  set("apps", "replicasets", default_replicaset, validate_deployment);
  set("apps", "statefulsets", default_statefulset, validate_statefulset);
  set("apps", "daemonsets", default_daemonset, validate_deployment);
  set("batch", "jobs", default_job, validate_job);
  set("batch", "cronjobs", default_cronjob, validate_cronjob);
  set("policy", "poddisruptionbudgets", default_budget, validate_budget);
  set("autoscaling", "horizontalpodautoscalers", default_autoscaler, validate_autoscaler);
  kinds.resource("batch", "jobs")->admit = admit_job;
  kinds.resource("apps", "daemonsets")->admit = admit_daemonset;
  for (const auto& each : kinds.endpoints()) {
    if (each->group == "autoscaling" && each->version == "v1") {
      each->to_storage = autoscaler_to_storage;
      each->from_storage = autoscaler_from_storage;
    }
    if (each->resource->group != "apps") continue;
    if (each->group == "extensions") each->to_storage = each->resource->plural == "deployments" ? extensions_deployment_to_storage : extensions_to_storage;
    if (each->group == "apps" && each->version == "v1beta1") each->to_storage = extensions_to_storage;
  }
}

}  // namespace k8s_fake
