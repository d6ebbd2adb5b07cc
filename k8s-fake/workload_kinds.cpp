// Deployments and their kin, jobs, budgets. Source: kubernetes.md 4.10, 4.15.
#include <string>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "k8s-fake/rules.h"
#include "k8s-fake/selector.h"
#include "provisioner/base/text.h"

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

/// Counts the changes of a DaemonSet's pods; only the server writes it.
constexpr const char* kTemplateGeneration = "deprecated.daemonset.template.generation";

void default_daemonset(Json& object) {
  template_of(object);
  default_to(object_at(object_at(object, "metadata"), "annotations"), kTemplateGeneration, "1");
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
  default_to(spec, "podReplacementPolicy", "TerminatingOrFailed");
}

/// A workload without labels takes those of its pods.
void labels_of_template(Json& object) {
  const Json labels = at_path(object, {"spec", "template", "metadata", "labels"});
  if (labels.is_object() && !labels.empty() && is_empty_value(at_path(object, {"metadata", "labels"})))
    object_at(object, "metadata")["labels"] = labels;
}

void default_job(Json& object) {
  template_of(object);
  default_job_spec(object["spec"]);
  labels_of_template(object);
  object_at(object, "status");
}

void default_replication_controller(Json& object) {
  template_of(object);
  Json& spec = object["spec"];
  default_to(spec, "replicas", 1);
  const Json labels = at_path(spec, {"template", "metadata", "labels"});
  if (labels.is_object() && is_empty_value(at(spec, "selector"))) spec["selector"] = labels;
  labels_of_template(object);
}

void default_pod_template(Json& object) {
  Json& made = object_at(object, "template");
  default_pod_spec(object_at(made, "spec"));
}

std::optional<ApiStatus> admit_job(Write& write) {
  if (write.operation != Operation::create) return std::nullopt;
  Json& spec = write.object["spec"];
  const std::string uid = text_at(write.object, {"metadata", "uid"}),
                    name = text_at(write.object, {"metadata", "name"});
  if (write.call.server.at_least(31)) default_to(spec, "manualSelector", false);
  if (is_true(spec, {"manualSelector"})) return std::nullopt;
  Json& labels = object_at(object_at(object_at(spec, "template"), "metadata"), "labels");
  labels["controller-uid"] = uid;
  labels["job-name"] = name;
  if (write.call.server.at_least(27)) {
    labels["batch.kubernetes.io/controller-uid"] = uid;
    labels["batch.kubernetes.io/job-name"] = name;
  }
  labels_of_template(write.object);
  const char* key = write.call.server.at_least(27) ? "batch.kubernetes.io/controller-uid" : "controller-uid";
  object_at(object_at(spec, "selector"), "matchLabels")[key] = uid;
  return std::nullopt;
}

std::optional<ApiStatus> admit_daemonset(Write& write) {
  if (write.operation != Operation::update) return std::nullopt;
  const auto before =
      base::parse_signed(text_at(*write.old, {"metadata", "annotations", kTemplateGeneration})).value_or(1);
  const bool changed = at_path(write.object, {"spec", "template"}) != at_path(*write.old, {"spec", "template"});
  object_at(object_at(write.object, "metadata"), "annotations")[kTemplateGeneration] =
      std::to_string(before + (changed ? 1 : 0));
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

void validate_template(const char* what, const Json& object, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  const Json& selector = at(spec, "selector");
  const std::string kind = what;
  if (!selector.is_object() && kind != "DaemonSet") errors.required("spec.selector");
  for (std::size_t i = 0; i < at(selector, "matchExpressions").size(); ++i) {
    const Json& each = at(selector, "matchExpressions")[i];
    const std::string op = text_at(each, "operator"),
                      path = "spec.selector.matchExpressions[" + std::to_string(i) + "]";
    if ((op == "Exists" || op == "DoesNotExist") && !at(each, "values").empty())
      errors.forbidden(path + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    else if ((op == "In" || op == "NotIn") && at(each, "values").empty())
      errors.required(path + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
    else if (op != "In" && op != "NotIn" && op != "Exists" && op != "DoesNotExist")
      errors.invalid(path + ".operator", op, "not a valid selector operator");
  }
  const bool empty =
      selector.is_object() && at(selector, "matchLabels").empty() && at(selector, "matchExpressions").empty();
  if (empty) {
    const std::string shown = errors.at_least(31) ? dump(selector) : go_selector(selector);
    errors.add({"FieldValueInvalid", "spec.selector",
                "Invalid value: " + shown + ": empty selector is invalid for " +
                    (kind == "ReplicaSet" ? "deployment" : base::to_lower(kind))});
  } else {
    Labels labels;
    const Json& given = at_path(spec, {"template", "metadata", "labels"});
    if (given.is_object())
      for (const auto& [key, value] : given.items())
        if (value.is_string()) labels.emplace_back(key, value.get<std::string>());
    if (!selector.is_object() || !label_selector_of(selector).matches(labels)) {
      const std::string shown = errors.at_least(31) ? dump(given) : go_text_map(given);
      errors.add({"FieldValueInvalid", "spec.template.metadata.labels",
                  "Invalid value: " + shown + ": `selector` does not match template `labels`"});
    }
  }
  validate_labels(at_path(spec, {"template", "metadata", "labels"}), "spec.template.metadata.labels", errors);
  // A StatefulSet's pods are looked at when they are made: only then its claims are among their volumes.
  if (kind != "StatefulSet") validate_pod_spec(at_path(spec, {"template", "spec"}), "spec.template.spec", errors);
  if (at_path(spec, {"template", "spec"}).contains("activeDeadlineSeconds")) {
    errors.forbidden("spec.template.spec.activeDeadlineSeconds",
                     "activeDeadlineSeconds in " + (kind == "Deployment" ? "ReplicaSet" : kind) + " is not Supported");
  }
  if (int_at(spec, {"replicas"}) < 0)
    errors.invalid("spec.replicas", at(spec, "replicas"), "must be greater than or equal to 0");
}

void validate_rolling(const Json& strategy, const std::string& path, bool surge, FieldErrors& errors) {
  const Json& rolling = at(strategy, "rollingUpdate");
  const auto amount = [](const Json& value) {
    return value.is_number()   ? value.get<std::int64_t>()
           : value.is_string() ? std::int64_t{value == "0%" ? 0 : 1}
                               : std::int64_t{0};
  };
  if (!rolling.is_object()) return;
  if (text_at(strategy, "type") == "Recreate")
    return errors.forbidden(path + ".rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
  for (const auto* key : {"maxUnavailable", "maxSurge"}) {
    const std::string text = text_at(rolling, key);
    if (text.empty() || (text.back() == '%' && base::parse_unsigned(text.substr(0, text.size() - 1)))) continue;
    const std::string shown = errors.at_least(31)
                                  ? dump(Json(text))
                                  : "intstr.IntOrString{Type:1, IntVal:0, StrVal:" + dump(Json(text)) + "}";
    errors.add({"FieldValueInvalid", path + ".rollingUpdate." + key,
                "Invalid value: " + shown +
                    ": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
                    "'93%', regex used for validation is '[0-9]+%')"});
  }
  if (amount(at(rolling, "maxUnavailable")) == 0 && amount(at(rolling, "maxSurge")) == 0) {
    const std::string shown = errors.at_least(31) ? "0" : "intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}";
    errors.add({"FieldValueInvalid", path + ".rollingUpdate.maxUnavailable",
                "Invalid value: " + shown + ": " +
                    (surge || errors.at_least(22) ? "may not be 0 when `maxSurge` is 0" : "cannot be 0")});
  }
}

void validate_strategy(const std::string& kind, const Json& spec, FieldErrors& errors) {
  const char* key = kind == "Deployment" ? "strategy" : "updateStrategy";
  const Json& strategy = at(spec, key);
  const std::string type = text_at(strategy, "type"), path = std::string("spec.") + key;
  if (kind == "ReplicaSet" || !strategy.is_object()) return;
  const bool known = type == "RollingUpdate" || type == (kind == "Deployment" ? "Recreate" : "OnDelete");
  if (known) return kind == "StatefulSet" ? void() : validate_rolling(strategy, path, kind == "Deployment", errors);
  const std::string name = kind + (kind == "Deployment" ? "Strategy" : "UpdateStrategy");
  const std::string rolling = kind == "StatefulSet" ? "RollingUpdateStatefulSetStrategy" : "RollingUpdate" + kind;
  const std::string shown = errors.at_least(31) ? dump(Json{{"Type", type}, {"RollingUpdate", nullptr}})
                                                : "apps." + name + "{Type:" + dump(Json(type)) +
                                                      ", RollingUpdate:(*apps." + rolling + ")(nil)}";
  if (kind == "StatefulSet") {
    errors.add({"FieldValueInvalid", path, "Invalid value: " + shown + ": must be 'RollingUpdate' or 'OnDelete'"});
  } else {
    errors.add({"FieldValueNotSupported", path,
                "Unsupported value: " + shown + ": supported values: " +
                    (kind == "Deployment" ? "\"Recreate\", \"RollingUpdate\"" : "\"RollingUpdate\", \"OnDelete\"")});
  }
}

void validate_workload(const char* what, const Json& object, const Json* old, FieldErrors& errors) {
  validate_template(what, object, errors);
  validate_strategy(what, at(object, "spec"), errors);
  const Json& deadline = at_path(object, {"spec", "progressDeadlineSeconds"});
  if (std::string_view(what) == "Deployment" && deadline.is_number() &&
      deadline <= int_at(object, {"spec", "minReadySeconds"})) {
    errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
  }
  const Json& policy = at_path(object, {"spec", "template", "spec", "restartPolicy"});
  one_of(policy, "spec.template.spec.restartPolicy", {"Always"}, errors);
  if (old != nullptr && at_path(object, {"spec", "selector"}) != at_path(*old, {"spec", "selector"})) {
    errors.invalid("spec.selector", at_path(object, {"spec", "selector"}), "field is immutable");
  }
}

void validate_deployment(const Json& object, const Json* old, FieldErrors& errors) {
  validate_workload("Deployment", object, old, errors);
}
void validate_replicaset(const Json& object, const Json* old, FieldErrors& errors) {
  validate_workload("ReplicaSet", object, old, errors);
}
void validate_daemonset(const Json& object, const Json* old, FieldErrors& errors) {
  validate_workload("DaemonSet", object, old, errors);
}

void validate_statefulset(const Json& object, const Json* old, FieldErrors& errors) {
  validate_workload("StatefulSet", object, nullptr, errors);
  if (old == nullptr) return;
  Json before = at(*old, "spec"), after = at(object, "spec");
  for (Json* spec : {&before, &after}) {
    for (const auto* key : {"replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
                            "persistentVolumeClaimRetentionPolicy", "minReadySeconds"})
      spec->erase(key);
  }
  if (before != after) {
    errors.forbidden("spec",
                     "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                     "'updateStrategy', 'revisionHistoryLimit', "
                     "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
  }
}

void validate_job(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  validate_pod_spec(at_path(spec, {"template", "spec"}), "spec.template.spec", errors);
  const std::string policy = text_at(spec, {"template", "spec", "restartPolicy"});
  if (policy == "Always") errors.required("spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
  const Json& labels_now = at_path(spec, {"selector", "matchLabels"});
  if (old == nullptr && !is_true(spec, {"manualSelector"}) &&
      (labels_now.size() > 1 || at(spec, "selector").size() > 1)) {
    const std::string shown = errors.at_least(31) ? dump(at(spec, "selector")) : go_selector(at(spec, "selector"));
    errors.add({"FieldValueInvalid", "spec.selector", "Invalid value: " + shown + ": `selector` not auto-generated"});
  }
  {
    const Json& given = at_path(spec, {"template", "metadata", "labels"});
    Labels labels;
    if (given.is_object())
      for (const auto& [key, value] : given.items())
        if (value.is_string()) labels.emplace_back(key, value.get<std::string>());
    if (!at(spec, "selector").is_object()) errors.required("spec.selector");
    if (!at(spec, "selector").is_object() || !label_selector_of(at(spec, "selector")).matches(labels)) {
      errors.add({"FieldValueInvalid", "spec.template.metadata.labels",
                  "Invalid value: " + (errors.at_least(31) ? dump(given) : go_text_map(given)) +
                      ": `selector` does not match template `labels`"});
    }
  }
  if (old == nullptr) return;
  for (const auto* key : {"template", "selector", "completions"}) {
    if (at(spec, key) != at_path(*old, {"spec", key}))
      errors.invalid(std::string("spec.") + key, at(spec, key), "field is immutable");
  }
}

void validate_replication_controller(const Json& object, const Json*, FieldErrors& errors) {
  const Json& selector = at_path(object, {"spec", "selector"});
  const Json& labels = at_path(object, {"spec", "template", "metadata", "labels"});
  if (is_empty_value(selector)) {
    errors.required("spec.selector");
    if (is_empty_value(at_path(object, {"spec", "template", "spec", "containers"})) && is_empty_value(labels))
      errors.required("spec.template");
    return;
  }
  for (const auto& [key, value] : selector.items()) {
    if (at(labels, key) == value) continue;
    const std::string shown = errors.at_least(31) ? dump(labels) : go_text_map(labels);
    errors.add({"FieldValueInvalid", "spec.template.metadata.labels",
                "Invalid value: " + shown + ": `selector` does not match template `labels`"});
    break;
  }
  validate_pod_spec(at_path(object, {"spec", "template", "spec"}), "spec.template.spec", errors);
}

void validate_pod_template(const Json& object, const Json*, FieldErrors& errors) {
  validate_pod_spec(at_path(object, {"template", "spec"}), "template.spec", errors);
}

void validate_cronjob(const Json& object, const Json*, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  const std::string schedule = text_at(spec, "schedule");
  if (schedule.empty()) errors.required("spec.schedule");
  else if (schedule.front() != '@' && split_text(schedule, ' ').size() != 5) {
    const std::string count = std::to_string(split_text(schedule, ' ').size());
    errors.invalid("spec.schedule", schedule,
                   errors.at_least(21) ? "expected exactly 5 fields, found " + count + ": [" + schedule + "]"
                                       : "Expected exactly 5 fields, found " + count + ": " + schedule);
  } else if (schedule.front() != '@') {
    static constexpr std::int64_t kMost[] = {59, 23, 31, 12, 6};
    std::size_t i = 0;
    for (const auto& field : split_text(schedule, ' ')) {
      const std::int64_t most = kMost[i++];
      const auto number = base::parse_signed(field);
      if (number && *number > most)
        errors.invalid("spec.schedule", schedule,
                       std::string(errors.at_least(21) ? "e" : "E") + "nd of range (" + field + ") above maximum (" +
                           std::to_string(most) + "): " + field);
    }
  }
  if (text_at(object, {"metadata", "name"}).size() > 52)
    errors.invalid("metadata.name", at_path(object, {"metadata", "name"}), "must be no more than 52 characters");
  one_of(at(spec, "concurrencyPolicy"), "spec.concurrencyPolicy", {"Allow", "Forbid", "Replace"}, errors);
  validate_pod_spec(at_path(spec, {"jobTemplate", "spec", "template", "spec"}), "spec.jobTemplate.spec.template.spec",
                    errors);
  if (text_at(spec, {"jobTemplate", "spec", "template", "spec", "restartPolicy"}) == "Always") {
    errors.required("spec.jobTemplate.spec.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
  }
}

void validate_budget(const Json& object, const Json*, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  if (spec.contains("minAvailable") && spec.contains("maxUnavailable"))
    errors.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
  for (const auto* key : {"minAvailable", "maxUnavailable"}) {
    const std::string text = text_at(spec, key), path = std::string("spec.") + key;
    if (text.empty()) continue;
    const auto share = base::parse_unsigned(std::string_view(text).substr(0, text.size() - 1));
    if (text.back() != '%' || !share)
      errors.invalid(path, text,
                     "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
                     "regex used for validation is '[0-9]+%')");
    else if (*share > 100) errors.invalid(path, text, "must not be greater than 100%");
  }
}

void validate_revision(const Json& object, const Json*, FieldErrors& errors) {
  if (at(object, "data").is_null()) errors.required("data", "data is mandatory");
  if (int_at(object, {"revision"}) < 0)
    errors.invalid("revision", at(object, "revision"), "must be greater than or equal to 0");
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
    spec["metrics"] = Json::array(
        {Json{{"type", "Resource"},
              {"resource", {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", 80}}}}}}});
  }
}

void autoscaler_to_storage(Json& object) {
  if (!at(object, "spec").is_object()) return;
  Json& spec = object["spec"];
  if (const Json target = at(spec, "targetCPUUtilizationPercentage"); target.is_number()) {
    spec["metrics"] = Json::array(
        {Json{{"type", "Resource"},
              {"resource", {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", target}}}}}}});
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
    if (text_at(metric, {"resource", "name"}) == "cpu" && text_at(target, "type") == "Utilization")
      spec["targetCPUUtilizationPercentage"] = at(target, "averageUtilization");
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
    if (text_at(object, {"spec", "scaleTargetRef", key}).empty())
      errors.required(std::string("spec.scaleTargetRef.") + key);
  }
}

}  // namespace

void add_workload_behaviour(Kinds& kinds) {
  const auto set = [&](const char* group, const char* plural, void (*defaults)(Json&),
                       void (*validate)(const Json&, const Json*, FieldErrors&)) {
    Resource& resource = *kinds.resource(group, plural);
    resource.set_defaults = defaults;
    resource.validate = validate;
  };
  set("apps", "deployments", default_deployment, validate_deployment);
  set("apps", "replicasets", default_replicaset, validate_replicaset);
  set("apps", "statefulsets", default_statefulset, validate_statefulset);
  set("apps", "daemonsets", default_daemonset, validate_daemonset);
  set("", "replicationcontrollers", default_replication_controller, validate_replication_controller);
  set("", "podtemplates", default_pod_template, validate_pod_template);
  set("batch", "jobs", default_job, validate_job);
  set("batch", "cronjobs", default_cronjob, validate_cronjob);
  kinds.resource("apps", "controllerrevisions")->validate = validate_revision;
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
    if (each->group == "extensions")
      each->to_storage =
          each->resource->plural == "deployments" ? extensions_deployment_to_storage : extensions_to_storage;
    if (each->group == "apps" && each->version == "v1beta1") each->to_storage = extensions_to_storage;
  }
}

}  // namespace k8s_fake
