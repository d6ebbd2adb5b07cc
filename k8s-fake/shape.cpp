#include "k8s-fake/shape.h"

#include <map>
#include <string>
#include <utility>

namespace k8s_fake {
namespace {

/// Message, fields, release. Where a field was behind a gate that was off, the release that turned it on.
struct Age {
  const char* message;
  const char* fields;
  int since;
};
constexpr Age kAges[] = {
    {"MutatingWebhook", "matchConditions", 28},
    {"ValidatingWebhook", "matchConditions", 28},
    {"CustomResourceDefinitionCondition", "observedGeneration", 35},
    {"CustomResourceDefinitionStatus", "observedGeneration", 35},
    {"CustomResourceDefinitionVersion", "selectableFields", 31},
    {"JSONSchemaProps", "x-kubernetes-validations", 25},
    {"DeploymentStatus", "terminatingReplicas", 35},
    {"ReplicaSetStatus", "terminatingReplicas", 35},
    {"RollingUpdateDaemonSet", "maxSurge", 22},
    {"RollingUpdateStatefulSetStrategy", "maxUnavailable", 35},
    {"StatefulSetSpec", "minReadySeconds", 23},
    {"StatefulSetSpec", "persistentVolumeClaimRetentionPolicy ordinals", 27},
    {"StatefulSetStatus", "availableReplicas", 22},
    {"ResourceAttributes", "fieldSelector labelSelector", 32},
    {"HPAScalingRules", "tolerance", 35},
    {"CronJobSpec", "timeZone", 25},
    {"CronJobStatus", "lastSuccessfulTime", 21},
    {"JobSpec", "ttlSecondsAfterFinished", 21},
    {"JobSpec", "completionMode suspend", 22},
    {"JobSpec", "podFailurePolicy", 26},
    {"JobSpec", "backoffLimitPerIndex maxFailedIndexes podReplacementPolicy", 29},
    {"JobSpec", "successPolicy", 31},
    {"JobSpec", "managedBy", 32},
    {"JobStatus", "completedIndexes", 22},
    {"JobStatus", "uncountedTerminatedPods", 23},
    {"JobStatus", "ready", 24},
    {"JobStatus", "terminating failedIndexes", 29},
    {"CertificateSigningRequestSpec", "expirationSeconds", 22},
    {"LeaseSpec", "strategy preferredHolder", 33},
    {"CSIPersistentVolumeSource", "nodeExpandSecretRef", 27},
    {"Container", "restartPolicy", 29},
    {"Container", "resizePolicy", 33},
    {"Container", "restartPolicyRules", 35},
    {"ContainerStatus", "volumeMounts allocatedResourcesStatus", 31},
    {"ContainerStatus", "allocatedResources resources user stopSignal", 33},
    {"EnvVarSource", "fileKeyRef", 35},
    {"Lifecycle", "stopSignal", 33},
    {"LoadBalancerIngress", "ipMode", 30},
    {"NodeStatus", "runtimeHandlers features", 31},
    {"NodeStatus", "declaredFeatures", 35},
    {"NodeSystemInfo", "swap", 34},
    {"PersistentVolumeClaimSpec", "dataSourceRef", 24},
    {"PersistentVolumeClaimSpec", "volumeAttributesClassName", 31},
    {"PersistentVolumeClaimStatus", "allocatedResources allocatedResourceStatuses", 32},
    {"PersistentVolumeClaimStatus", "currentVolumeAttributesClassName modifyVolumeStatus", 31},
    {"PersistentVolumeSpec", "volumeAttributesClassName", 31},
    {"PersistentVolumeStatus", "lastPhaseTransitionTime", 28},
    {"PodAffinityTerm", "namespaceSelector", 22},
    {"PodAffinityTerm", "matchLabelKeys mismatchLabelKeys", 31},
    {"PodCondition", "observedGeneration", 33},
    {"PodSecurityContext", "appArmorProfile", 30},
    {"PodSecurityContext", "supplementalGroupsPolicy seLinuxChangePolicy", 33},
    {"PodSpec", "ephemeralContainers", 23},
    {"PodSpec", "os", 24},
    {"PodSpec", "schedulingGates", 27},
    {"PodSpec", "hostUsers", 30},
    {"PodSpec", "resourceClaims resources", 34},
    {"PodSpec", "hostnameOverride workloadRef", 35},
    {"PodStatus", "hostIPs", 29},
    {"PodStatus", "observedGeneration resize resourceClaimStatuses", 33},
    {"PodStatus", "extendedResourceClaimStatus allocatedResources resources", 34},
    {"Probe", "terminationGracePeriodSeconds", 22},
    {"ProbeHandler", "grpc", 24},
    {"LifecycleHandler", "sleep", 30},
    {"ResourceRequirements", "claims", 34},
    {"SecurityContext", "appArmorProfile", 30},
    {"ServiceSpec", "ipFamilies ipFamilyPolicy", 21},
    {"ServiceSpec", "loadBalancerClass internalTrafficPolicy allocateLoadBalancerNodePorts", 22},
    {"ServiceSpec", "trafficDistribution", 31},
    {"TopologySpreadConstraint", "minDomains", 25},
    {"TopologySpreadConstraint", "nodeAffinityPolicy nodeTaintsPolicy", 26},
    {"TopologySpreadConstraint", "matchLabelKeys", 27},
    {"VolumeMount", "recursiveReadOnly", 31},
    {"VolumeProjection", "clusterTrustBundle", 33},
    {"VolumeProjection", "podCertificate", 35},
    {"WindowsSecurityContextOptions", "hostProcess", 23},
    {"NetworkPolicyPort", "endPort", 22},
    {"PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy", 27},
    {"PodDisruptionBudgetStatus", "conditions", 21},
    {"CSIDriverSpec", "storageCapacity requiresRepublish tokenRequests", 21},
    {"CSIDriverSpec", "seLinuxMount", 27},
    {"CSIDriverSpec", "nodeAllocatableUpdatePeriodSeconds", 34},
    {"CSIDriverSpec", "serviceAccountTokenInSecrets", 35},
    {"VolumeError", "errorCode", 34},
    {"ManagedFieldsEntry", "subresource", 22},
};

constexpr int kNoNullTimestamps = 34;  // from here on an unset creationTimestamp is left out

/// The value of a member that is always written; discarded when it may be left out.
Json zero_of(const Field& field, int minor) {
  const Json nothing(Json::value_t::discarded);
  if (field.pointer && field.omit) return nothing;
  if (field.many != Field::Many::one) return field.omit ? nothing : Json(nullptr);
  if (field.pointer) return nullptr;
  switch (field.type) {
    case Field::Type::message: {
      if (field.message == nullptr || field.message->fields.empty()) return nothing;
      if (field.message->name.rfind("JSONSchemaProps", 0) == 0) return nothing;
      Json inner = Json::object();
      complete_object(*field.message, inner, minor);
      return inner;
    }
    case Field::Type::time:
    case Field::Type::micro_time:
      return field.name == "creationTimestamp" && minor >= kNoNullTimestamps ? nothing : Json(nullptr);
    case Field::Type::quantity: return "0";
    case Field::Type::text: return field.omit ? nothing : Json("");
    case Field::Type::integer: return field.omit ? nothing : Json(0);
    case Field::Type::real: return field.omit ? nothing : Json(0.0);
    case Field::Type::boolean: return field.omit ? nothing : Json(false);
    case Field::Type::bytes:
    case Field::Type::duration:
    case Field::Type::int_or_string:
    case Field::Type::raw:
    case Field::Type::items:
    case Field::Type::unknown: return nothing;
  }
  return nothing;
}

void complete_members(const Field& field, Json& value, int minor) {
  if (field.type != Field::Type::message || field.message == nullptr || field.message->fields.empty()) return;
  if (field.message->name.rfind("JSONSchemaProps", 0) == 0) return;
  if (field.many == Field::Many::one) {
    if (value.is_object()) complete_object(*field.message, value, minor);
    return;
  }
  if (!value.is_structured()) return;
  for (auto& each : value) {
    if (each.is_object()) complete_object(*field.message, each, minor);
  }
}

}  // namespace

int field_since(std::string_view message, std::string_view field) {
  static const std::map<std::pair<std::string, std::string>, int> kSince = [] {
    std::map<std::pair<std::string, std::string>, int> out;
    for (const auto& age : kAges) {
      for (const auto& name : split_text(age.fields, ' ')) out[{age.message, name}] = age.since;
    }
    return out;
  }();
  const auto found = kSince.find({std::string(message), std::string(field)});
  return found == kSince.end() ? 0 : found->second;
}

void complete_object(const Message& message, Json& object, int minor) {
  for (const auto& field : message.fields) {
    if (field.inlined) {
      if (field.message != nullptr) complete_object(*field.message, object, minor);
      continue;
    }
    const auto found = object.find(field.name);
    if (field.since > minor) {
      if (found != object.end()) object.erase(found);
      continue;
    }
    if (found != object.end() && !found->is_null()) {
      // An empty list that is always written comes back from the store as none.
      if (field.many != Field::Many::one && !field.omit && !field.pointer && found->empty()) *found = nullptr;
      else complete_members(field, *found, minor);
      continue;
    }
    Json zero = zero_of(field, minor);
    if (!zero.is_discarded()) object[field.name] = std::move(zero);
  }
}

}  // namespace k8s_fake
