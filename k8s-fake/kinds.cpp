#include "k8s-fake/kinds.h"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct Row {
  const char* group_version;
  const char* plural;
  const char* kind;
  char scope;  // n or c
  const char* short_names = "";
  const char* categories = "";
  /// "name=Kind(verbs)" joined by ';'; verbs as letters (c create, d delete, g get, p patch, u update; "gpu" when left
  /// out).
  const char* subresources = "";
  unsigned verbs = kVerbsAll;
  /// g tracks generation, u create on update, o deletion returns the object, v PUT needs a resourceVersion
  const char* flags = "";
  const char* selectable = "";
};

constexpr Row kRows[] = {
    {"v1", "bindings", "Binding", 'n', "", "", "", kVerbCreate},
    {"v1", "componentstatuses", "ComponentStatus", 'c', "cs", "", "", kVerbGet | kVerbList},
    {"v1", "configmaps", "ConfigMap", 'n', "cm"},
    {"v1", "endpoints", "Endpoints", 'n', "ep", "", "", kVerbsAll, "u"},
    {"v1", "events", "Event", 'n', "ev", "", "", kVerbsAll, "u",
     "involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid involvedObject.apiVersion "
     "involvedObject.resourceVersion "
     "involvedObject.fieldPath reason reportingComponent source type"},
    {"v1", "limitranges", "LimitRange", 'n', "limits", "", "", kVerbsAll, "u"},
    {"v1", "namespaces", "Namespace", 'c', "ns", "", "finalize=Namespace(u);status=Namespace",
     kVerbsAll & ~kVerbDeleteCollection, "o", "status.phase"},
    {"v1", "nodes", "Node", 'c', "no", "", "proxy=NodeProxyOptions(cdgpu);status=Node", kVerbsAll, "",
     "spec.unschedulable"},
    {"v1", "persistentvolumeclaims", "PersistentVolumeClaim", 'n', "pvc", "", "status=PersistentVolumeClaim", kVerbsAll,
     "o"},
    {"v1", "persistentvolumes", "PersistentVolume", 'c', "pv", "", "status=PersistentVolume", kVerbsAll, "o"},
    {"v1", "pods", "Pod", 'n', "po", "all",
     "attach=PodAttachOptions(cg);binding=Binding(c);ephemeralcontainers=Pod;eviction=policy/"
     "v1.Eviction(c);exec=PodExecOptions(cg);log=Pod(g);"
     "portforward=PodPortForwardOptions(cg);proxy=PodProxyOptions(cdgpu);resize=Pod;status=Pod",
     kVerbsAll, "o",
     "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase "
     "status.podIP status.podIPs "
     "status.nominatedNodeName spec.host"},
    {"v1", "podtemplates", "PodTemplate", 'n', "", "", "", kVerbsAll, "o"},
    {"v1", "replicationcontrollers", "ReplicationController", 'n', "rc", "all",
     "scale=autoscaling/v1.Scale;status=ReplicationController", kVerbsAll, "g", "status.replicas"},
    {"v1", "resourcequotas", "ResourceQuota", 'n', "quota", "", "status=ResourceQuota", kVerbsAll, "o"},
    {"v1", "secrets", "Secret", 'n', "", "", "", kVerbsAll, "", "type"},
    {"v1", "serviceaccounts", "ServiceAccount", 'n', "sa", "", "token=authentication.k8s.io/v1.TokenRequest(c)",
     kVerbsAll, "o"},
    {"v1", "services", "Service", 'n', "svc", "all", "proxy=ServiceProxyOptions(cdgpu);status=Service", kVerbsAll, "ou",
     "spec.clusterIP spec.type"},
    {"apiregistration.k8s.io/v1", "apiservices", "APIService", 'c', "", "api-extensions", "status=APIService"},
    {"apps/v1", "controllerrevisions", "ControllerRevision", 'n'},
    {"apps/v1", "daemonsets", "DaemonSet", 'n', "ds", "all", "status=DaemonSet", kVerbsAll, "g"},
    {"apps/v1", "deployments", "Deployment", 'n', "deploy", "all", "scale=autoscaling/v1.Scale;status=Deployment",
     kVerbsAll, "g"},
    {"apps/v1", "replicasets", "ReplicaSet", 'n', "rs", "all", "scale=autoscaling/v1.Scale;status=ReplicaSet",
     kVerbsAll, "g", "status.replicas"},
    {"apps/v1", "statefulsets", "StatefulSet", 'n', "sts", "all", "scale=autoscaling/v1.Scale;status=StatefulSet",
     kVerbsAll, "g"},
    {"authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview", 'c', "", "", "", kVerbCreate},
    {"authentication.k8s.io/v1", "tokenreviews", "TokenReview", 'c', "", "", "", kVerbCreate},
    {"authorization.k8s.io/v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", 'n', "", "", "", kVerbCreate},
    {"authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", 'c', "", "", "", kVerbCreate},
    {"authorization.k8s.io/v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", 'c', "", "", "", kVerbCreate},
    {"authorization.k8s.io/v1", "subjectaccessreviews", "SubjectAccessReview", 'c', "", "", "", kVerbCreate},
    {"autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", 'n', "hpa", "all",
     "status=HorizontalPodAutoscaler", kVerbsAll, "g"},
    {"batch/v1", "cronjobs", "CronJob", 'n', "cj", "all", "status=CronJob", kVerbsAll, "g"},
    {"batch/v1", "jobs", "Job", 'n', "", "all", "status=Job", kVerbsAll, "g", "status.successful"},
    {"certificates.k8s.io/v1", "certificatesigningrequests", "CertificateSigningRequest", 'c', "csr", "",
     "approval=CertificateSigningRequest;status=CertificateSigningRequest", kVerbsAll, "", "spec.signerName"},
    {"networking.k8s.io/v1", "ingressclasses", "IngressClass", 'c', "", "", "", kVerbsAll, "g"},
    {"networking.k8s.io/v1", "ingresses", "Ingress", 'n', "ing", "", "status=Ingress", kVerbsAll, "g"},
    {"networking.k8s.io/v1", "ipaddresses", "IPAddress", 'c', "ip"},
    {"networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", 'n', "netpol", "", "", kVerbsAll, "g"},
    {"networking.k8s.io/v1", "servicecidrs", "ServiceCIDR", 'c', "", "", "status=ServiceCIDR"},
    {"policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", 'n', "pdb", "", "status=PodDisruptionBudget",
     kVerbsAll, "g"},
    {"rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", 'c', "", "", "", kVerbsAll, "u"},
    {"rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", 'c', "", "", "", kVerbsAll, "u"},
    {"rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding", 'n', "", "", "", kVerbsAll, "u"},
    {"rbac.authorization.k8s.io/v1", "roles", "Role", 'n', "", "", "", kVerbsAll, "u"},
    {"storage.k8s.io/v1", "csidrivers", "CSIDriver", 'c', "", "", "", kVerbsAll, "ov"},
    {"storage.k8s.io/v1", "csinodes", "CSINode", 'c', "", "", "", kVerbsAll, "ov"},
    {"storage.k8s.io/v1", "csistoragecapacities", "CSIStorageCapacity", 'n', "", "", "", kVerbsAll, "v"},
    {"storage.k8s.io/v1", "storageclasses", "StorageClass", 'c', "sc", "", "", kVerbsAll, "o"},
    {"storage.k8s.io/v1", "volumeattachments", "VolumeAttachment", 'c', "", "", "status=VolumeAttachment", kVerbsAll,
     "ov"},
    {"storage.k8s.io/v1", "volumeattributesclasses", "VolumeAttributesClass", 'c', "vac", "", "", kVerbsAll, "o"},
    {"admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", 'c', "",
     "api-extensions", "", kVerbsAll, "g"},
    {"admissionregistration.k8s.io/v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", 'c', "",
     "api-extensions", "status=ValidatingAdmissionPolicy", kVerbsAll, "g"},
    {"admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", 'c',
     "", "api-extensions", "", kVerbsAll, "g"},
    {"admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", 'c', "",
     "api-extensions", "", kVerbsAll, "g"},
    {"apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", 'c', "crd crds",
     "api-extensions", "status=CustomResourceDefinition", kVerbsAll, "g"},
    {"scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", 'c', "pc", "", "", kVerbsAll, "g"},
    {"coordination.k8s.io/v1", "leases", "Lease", 'n', "", "", "", kVerbsAll, "uv"},
    {"node.k8s.io/v1", "runtimeclasses", "RuntimeClass", 'c'},
    {"discovery.k8s.io/v1", "endpointslices", "EndpointSlice", 'n', "", "", "", kVerbsAll, "g"},
    {"resource.k8s.io/v1", "deviceclasses", "DeviceClass", 'c', "", "", "", kVerbsAll, "g"},
    {"resource.k8s.io/v1", "resourceclaims", "ResourceClaim", 'n', "", "", "status=ResourceClaim"},
    {"resource.k8s.io/v1", "resourceclaimtemplates", "ResourceClaimTemplate", 'n'},
    {"resource.k8s.io/v1", "resourceslices", "ResourceSlice", 'c', "", "", "", kVerbsAll, "g"},
    {"flowcontrol.apiserver.k8s.io/v1", "flowschemas", "FlowSchema", 'c', "", "", "status=FlowSchema", kVerbsAll, "g"},
    {"flowcontrol.apiserver.k8s.io/v1", "prioritylevelconfigurations", "PriorityLevelConfiguration", 'c', "", "",
     "status=PriorityLevelConfiguration", kVerbsAll, "g"},
};

/// The same stored kinds under another group-version. `legacy` ones can be switched off.
struct Alias {
  const char* group_version;
  const char* storage_group;
  const char* plurals;
  bool legacy = true;
  int since = 0;  // minor releases
  int deprecated = 0;
  int removed = 0;
  const char* replacement = "";
};
constexpr Alias kAliases[] = {
    {"events.k8s.io/v1", "", "events", false},
    {"autoscaling/v1", "autoscaling", "horizontalpodautoscalers", false},
    {"autoscaling/v2beta2", "autoscaling", "horizontalpodautoscalers", true, 12, 23, 26, "autoscaling/v2"},
    {"apps/v1beta2", "apps", "controllerrevisions daemonsets deployments replicasets statefulsets", true, 8, 9, 16,
     "apps/v1"},
    {"apps/v1beta1", "apps", "controllerrevisions deployments statefulsets", true, 6, 8, 16, "apps/v1"},
    {"extensions/v1beta1", "apps", "daemonsets deployments replicasets", true, 1, 8, 16, "apps/v1"},
    {"extensions/v1beta1", "networking.k8s.io", "networkpolicies", true, 1, 8, 16, "networking.k8s.io/v1"},
    {"extensions/v1beta1", "networking.k8s.io", "ingresses", true, 1, 14, 22, "networking.k8s.io/v1"},
    {"batch/v1beta1", "batch", "cronjobs", true, 8, 21, 25, "batch/v1"},
    {"rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io",
     "clusterrolebindings clusterroles rolebindings roles", true, 6, 17, 22, "rbac.authorization.k8s.io/v1"},
    {"rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io",
     "clusterrolebindings clusterroles rolebindings roles", true, 6, 17, 20, "rbac.authorization.k8s.io/v1"},
    {"storage.k8s.io/v1beta1", "storage.k8s.io", "csidrivers csinodes storageclasses volumeattachments", true, 6, 19,
     22, "storage.k8s.io/v1"},
    {"storage.k8s.io/v1beta1", "storage.k8s.io", "csistoragecapacities", true, 21, 24, 27, "storage.k8s.io/v1"},
    {"storage.k8s.io/v1beta1", "storage.k8s.io", "volumeattributesclasses", true, 31, 34, 37, "storage.k8s.io/v1"},
    {"authorization.k8s.io/v1beta1", "authorization.k8s.io",
     "localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews", true, 6, 19, 22,
     "authorization.k8s.io/v1"},
    {"authentication.k8s.io/v1beta1", "authentication.k8s.io", "tokenreviews", true, 6, 19, 22,
     "authentication.k8s.io/v1"},
    {"authentication.k8s.io/v1beta1", "authentication.k8s.io", "selfsubjectreviews", true, 27, 0, 0, ""},
    {"policy/v1beta1", "policy", "poddisruptionbudgets", true, 5, 21, 25, "policy/v1"},
    {"events.k8s.io/v1beta1", "", "events", true, 8, 22, 25, "events.k8s.io/v1"},
    {"coordination.k8s.io/v1beta1", "coordination.k8s.io", "leases", true, 12, 19, 22, "coordination.k8s.io/v1"},
    {"networking.k8s.io/v1beta1", "networking.k8s.io", "ingressclasses ingresses", true, 14, 19, 22,
     "networking.k8s.io/v1"},
    {"scheduling.k8s.io/v1beta1", "scheduling.k8s.io", "priorityclasses", true, 11, 14, 22, "scheduling.k8s.io/v1"},
    {"discovery.k8s.io/v1beta1", "discovery.k8s.io", "endpointslices", true, 17, 21, 25, "discovery.k8s.io/v1"},
    {"node.k8s.io/v1beta1", "node.k8s.io", "runtimeclasses", true, 14, 22, 25, "node.k8s.io/v1"},
    {"certificates.k8s.io/v1beta1", "certificates.k8s.io", "certificatesigningrequests", true, 6, 19, 22,
     "certificates.k8s.io/v1"},
    {"apiregistration.k8s.io/v1beta1", "apiregistration.k8s.io", "apiservices", true, 7, 19, 22,
     "apiregistration.k8s.io/v1"},
    {"admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io",
     "mutatingwebhookconfigurations validatingwebhookconfigurations", true, 9, 16, 22,
     "admissionregistration.k8s.io/v1"},
    {"flowcontrol.apiserver.k8s.io/v1beta1", "flowcontrol.apiserver.k8s.io", "flowschemas prioritylevelconfigurations",
     true, 20, 23, 26, "flowcontrol.apiserver.k8s.io/v1beta3"},
    {"flowcontrol.apiserver.k8s.io/v1beta2", "flowcontrol.apiserver.k8s.io", "flowschemas prioritylevelconfigurations",
     true, 23, 26, 29, "flowcontrol.apiserver.k8s.io/v1"},
    {"flowcontrol.apiserver.k8s.io/v1beta3", "flowcontrol.apiserver.k8s.io", "flowschemas prioritylevelconfigurations",
     true, 26, 29, 32, "flowcontrol.apiserver.k8s.io/v1"},
    {"apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io", "customresourcedefinitions", true, 7, 16, 22,
     "apiextensions.k8s.io/v1"},
};

/// When the newest versions came; servers configured as older ones do not list them.
struct Newcomer {
  const char* group_version;
  const char* plurals;  // "*": the whole version
  int since;
};
constexpr Newcomer kNewcomers[] = {
    {"batch/v1", "cronjobs", 21},
    {"policy/v1", "*", 21},
    {"discovery.k8s.io/v1", "*", 21},
    {"autoscaling/v2", "*", 23},
    {"storage.k8s.io/v1", "csistoragecapacities", 24},
    {"storage.k8s.io/v1", "volumeattributesclasses", 34},
    {"networking.k8s.io/v1", "ipaddresses servicecidrs", 33},
    {"admissionregistration.k8s.io/v1", "validatingadmissionpolicies validatingadmissionpolicybindings", 30},
    {"authentication.k8s.io/v1", "selfsubjectreviews", 28},
    {"resource.k8s.io/v1", "*", 34},
    {"flowcontrol.apiserver.k8s.io/v1", "*", 29},
};
constexpr Newcomer kNewSubresources[] = {{"v1", "pods/ephemeralcontainers", 23}, {"v1", "pods/resize", 33}};

/// Discovery order of groups; others (custom ones) follow by name.
constexpr std::string_view kGroupOrder[] = {"",
                                            "apiregistration.k8s.io",
                                            "apps",
                                            "extensions",
                                            "events.k8s.io",
                                            "authentication.k8s.io",
                                            "authorization.k8s.io",
                                            "autoscaling",
                                            "batch",
                                            "certificates.k8s.io",
                                            "networking.k8s.io",
                                            "policy",
                                            "rbac.authorization.k8s.io",
                                            "storage.k8s.io",
                                            "admissionregistration.k8s.io",
                                            "apiextensions.k8s.io",
                                            "scheduling.k8s.io",
                                            "coordination.k8s.io",
                                            "node.k8s.io",
                                            "discovery.k8s.io",
                                            "resource.k8s.io",
                                            "flowcontrol.apiserver.k8s.io"};

std::size_t group_rank(std::string_view group) {
  return static_cast<std::size_t>(std::find(std::begin(kGroupOrder), std::end(kGroupOrder), group) -
                                  std::begin(kGroupOrder));
}

std::vector<std::string> words(std::string_view text) {
  return text.empty() ? std::vector<std::string>{} : split_text(text, ' ');
}

std::pair<std::string, std::string> split_group_version(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {"", std::string(text)};
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

unsigned verbs_of_letters(std::string_view letters) {
  unsigned verbs = 0;
  for (const char c : letters) {
    if (c == 'c') verbs |= kVerbCreate;
    if (c == 'd') verbs |= kVerbDelete;
    if (c == 'g') verbs |= kVerbGet;
    if (c == 'p') verbs |= kVerbPatch;
    if (c == 'u') verbs |= kVerbUpdate;
  }
  return verbs;
}

Subresource parse_subresource(const std::string& text) {
  Subresource out;
  const auto equals = text.find('=');
  out.name = text.substr(0, equals);
  std::string kind = text.substr(equals + 1);
  if (const auto open = kind.find('('); open != std::string::npos) {
    out.verbs = verbs_of_letters(std::string_view(kind).substr(open + 1));
    kind.resize(open);
  }
  const auto dot = kind.rfind('.');
  out.kind = dot == std::string::npos ? kind : kind.substr(dot + 1);
  if (dot != std::string::npos) out.group_version = kind.substr(0, dot);
  return out;
}

Resource resource_of(const Row& row) {
  Resource out;
  out.group = split_group_version(row.group_version).first;
  out.plural = row.plural;
  out.kind = row.kind;
  out.singular = base::to_lower(row.kind);
  out.namespaced = row.scope == 'n';
  out.short_names = words(row.short_names);
  out.categories = words(row.categories);
  out.verbs = row.verbs;
  if (*row.subresources != '\0') {
    for (const auto& each : split_text(row.subresources, ';')) out.subresources.push_back(parse_subresource(each));
  }
  const std::string_view flags = row.flags;
  out.tracks_generation = flags.find('g') != std::string_view::npos;
  out.create_on_update = flags.find('u') != std::string_view::npos;
  out.deletion_returns_object = flags.find('o') != std::string_view::npos;
  out.needs_resource_version = flags.find('v') != std::string_view::npos;
  out.selectable = words(row.selectable);
  if (out.group == "rbac.authorization.k8s.io") out.names = NameRule::path_segment;
  if (out.plural == "namespaces") out.names = NameRule::label;
  if (out.plural == "services") out.names = NameRule::label_1035;
  return out;
}

bool came_after(std::string_view group_version, const std::string& plural, int minor) {
  for (const auto& each : kNewcomers) {
    if (each.group_version != group_version || minor >= each.since) continue;
    if (std::string_view(each.plurals) == "*") return true;
    for (const auto& name : words(each.plurals))
      if (name == plural) return true;
  }
  return false;
}

std::string path_key(std::string_view group, std::string_view version, std::string_view plural) {
  std::string key(group);
  key += '/';
  key += version;
  key += '/';
  key += plural;
  return key;
}

/// Kubernetes' own order of version names: v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > others by name.
std::tuple<int, int, int, std::string> version_rank(const std::string& version) {
  int major = 0, minor = 0, stage = 3;
  std::size_t i = 1;
  if (version.size() > 1 && version[0] == 'v' && version[1] >= '0' && version[1] <= '9') {
    while (i < version.size() && version[i] >= '0' && version[i] <= '9') major = major * 10 + (version[i++] - '0');
    const std::string rest = version.substr(i);
    stage = rest.empty() ? 0 : rest.rfind("beta", 0) == 0 ? 1 : rest.rfind("alpha", 0) == 0 ? 2 : 3;
    for (const char c : rest)
      if (c >= '0' && c <= '9') minor = minor * 10 + (c - '0');
  }
  return {stage, -major, -minor, version};
}

}  // namespace

std::vector<std::string> verb_names(unsigned verbs) {
  static constexpr std::pair<Verb, const char*> kNames[] = {
      {kVerbCreate, "create"}, {kVerbDelete, "delete"}, {kVerbDeleteCollection, "deletecollection"},
      {kVerbGet, "get"},       {kVerbList, "list"},     {kVerbPatch, "patch"},
      {kVerbUpdate, "update"}, {kVerbWatch, "watch"}};
  std::vector<std::string> out;
  for (const auto& [verb, name] : kNames)
    if ((verbs & verb) != 0) out.emplace_back(name);
  return out;
}

const Subresource* Resource::find_subresource(std::string_view name) const {
  for (const auto& each : subresources)
    if (each.name == name) return &each;
  return nullptr;
}

Kinds::Kinds(Profile profile) {
  for (const auto& row : kRows) {
    Resource& resource = add(resource_of(row));
    const auto [group, version] = split_group_version(row.group_version);
    serve({.group = group,
           .version = version,
           .resource = &resource,
           .hidden = came_after(row.group_version, row.plural, profile.minor)});
    for (auto& sub : resource.subresources) {
      for (const auto& each : kNewSubresources)
        sub.hidden |= each.plurals == resource.plural + "/" + sub.name && profile.minor < each.since;
      if (sub.kind == "Eviction" && profile.minor < 22) sub.group_version = "policy/v1beta1";
    }
    if (resource.plural == "services" && profile.minor < 23) {
      resource.verbs &= ~static_cast<unsigned>(kVerbDeleteCollection);
      resource.deletion_returns_object = false;
    }
  }
  for (const auto& alias : kAliases) {
    const bool current = alias.since <= profile.minor && (alias.removed == 0 || alias.removed > profile.minor);
    if (alias.legacy && !profile.legacy && !current) continue;
    const auto [group, version] = split_group_version(alias.group_version);
    for (const auto& plural : words(alias.plurals)) {
      Resource* stored = resource(alias.storage_group, plural);
      CHECK(stored != nullptr);
      serve({.group = group,
             .version = version,
             .resource = stored,
             .legacy = alias.legacy,
             .hidden = alias.since > profile.minor,
             .deprecated = alias.deprecated,
             .removed = alias.removed,
             .replacement = alias.replacement});
    }
  }
  add_core_behaviour(*this);
  add_pod_behaviour(*this);
  add_storage_behaviour(*this);
  add_workload_behaviour(*this);
  add_rbac_behaviour(*this);
  add_review_behaviour(*this);
  add_crd_behaviour(*this);
  add_webhook_behaviour(*this);
  add_limit_behaviour(*this);
  if (profile.openshift) add_openshift(*this);
}

const Endpoint* Kinds::find(std::string_view group, std::string_view version, std::string_view plural) const {
  const auto found = by_path_.find(path_key(group, version, plural));
  return found == by_path_.end() ? nullptr : found->second;
}

bool Kinds::has_group(std::string_view group) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(), [&](const auto& each) { return each->group == group; });
}

bool Kinds::has_group_version(std::string_view group, std::string_view version) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(),
                     [&](const auto& each) { return each->group == group && each->version == version; });
}

Resource* Kinds::resource(std::string_view group, std::string_view plural) const {
  for (const auto& each : resources_)
    if (each->group == group && each->plural == plural && preferred(*each) != nullptr) return each.get();
  for (const auto& each : resources_)
    if (each->group == group && each->plural == plural) return each.get();
  return nullptr;
}

const Endpoint* Kinds::find_kind(std::string_view group, std::string_view version, std::string_view kind) const {
  for (const auto& each : endpoints_) {
    if (each->group == group && each->version == version && each->kind() == kind) return each.get();
  }
  return nullptr;
}

const Endpoint* Kinds::preferred(const Resource& resource) const {
  for (const auto& each : endpoints_)
    if (each->resource == &resource && each->group == resource.group) return each.get();
  return nullptr;
}

std::vector<std::string> Kinds::groups() const {
  std::vector<std::string> out;
  for (const auto& each : endpoints_) {
    if (!each->hidden && std::find(out.begin(), out.end(), each->group) == out.end()) out.push_back(each->group);
  }
  return out;
}

std::vector<std::string> Kinds::versions(std::string_view group) const {
  std::vector<std::string> out;
  for (const auto& each : endpoints_) {
    if (!each->hidden && each->group == group && std::find(out.begin(), out.end(), each->version) == out.end())
      out.push_back(each->version);
  }
  return out;
}

Resource& Kinds::add(Resource row) {
  row.id = resources_.size();
  resources_.push_back(std::make_unique<Resource>(std::move(row)));
  return *resources_.back();
}

Endpoint& Kinds::serve(Endpoint row) {
  auto made = std::make_unique<Endpoint>(std::move(row));
  Endpoint& out = *made;
  by_path_[path_key(out.group, out.version, out.plural())] = &out;
  const auto rank = [](const Endpoint& each) {
    return std::make_tuple(group_rank(each.group), each.group, version_rank(each.version), each.plural());
  };
  const auto where =
      std::find_if(endpoints_.begin(), endpoints_.end(), [&](const auto& each) { return rank(out) < rank(*each); });
  endpoints_.insert(where, std::move(made));
  ++generation_;
  return out;
}

void Kinds::remove_endpoints(const Resource& resource) {
  for (auto& each : endpoints_) {
    if (each->resource != &resource) continue;
    by_path_.erase(path_key(each->group, each->version, each->plural()));
    retired_.push_back(std::move(each));
  }
  std::erase_if(endpoints_, [](const auto& each) { return each == nullptr; });
  ++generation_;
}

}  // namespace k8s_fake
