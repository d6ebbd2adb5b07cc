// Roles and bindings that every cluster has from the start. Source: kubernetes.md 6.7 and appendix C.
#include <map>
#include <string>
#include <vector>

#include "k8s-fake/rbac.h"
#include "k8s-fake/server.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr const char* kReadOnly = "get,list,watch";
constexpr const char* kWrite = "create,delete,deletecollection,patch,update";
constexpr const char* kBoth = "create,delete,deletecollection,get,list,patch,update,watch";

struct RuleRow {
  const char* role;
  const char* groups;  // comma-joined; "core" is the core group; empty: `resources` are URLs
  const char* resources;
  const char* verbs;
};

constexpr const char* kWorkloads =
    "daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/"
    "scale,statefulsets,statefulsets/scale";

constexpr RuleRow kRules[] = {
    {"cluster-admin", "*", "*", "*"},
    {"cluster-admin", "", "*", "*"},
    {"system:aggregate-to-admin", "authorization.k8s.io", "localsubjectaccessreviews", "create"},
    {"system:aggregate-to-admin", "rbac.authorization.k8s.io", "rolebindings,roles", kBoth},
    {"system:aggregate-to-edit", "core", "pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy",
     kReadOnly},
    {"system:aggregate-to-edit", "core", "serviceaccounts", "impersonate"},
    {"system:aggregate-to-edit", "core", "pods,pods/attach,pods/exec,pods/portforward,pods/proxy", kWrite},
    {"system:aggregate-to-edit", "core", "pods/eviction", "create"},
    {"system:aggregate-to-edit", "core",
     "configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/"
     "scale,secrets,serviceaccounts,services,services/proxy",
     kWrite},
    {"system:aggregate-to-edit", "core", "serviceaccounts/token", "create"},
    {"system:aggregate-to-edit", "core,events.k8s.io", "events", kWrite},
    {"system:aggregate-to-edit", "apps", kWorkloads, kWrite},
    {"system:aggregate-to-edit", "autoscaling", "horizontalpodautoscalers", kWrite},
    {"system:aggregate-to-edit", "batch", "cronjobs,jobs", kWrite},
    {"system:aggregate-to-edit", "extensions",
     "daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/"
     "scale,replicationcontrollers/scale",
     kWrite},
    {"system:aggregate-to-edit", "policy", "poddisruptionbudgets", kWrite},
    {"system:aggregate-to-edit", "networking.k8s.io", "ingresses,networkpolicies", kWrite},
    {"system:aggregate-to-edit", "coordination.k8s.io", "leases", kBoth},
    {"system:aggregate-to-view", "core",
     "configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/"
     "status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,"
     "services,services/status",
     kReadOnly},
    {"system:aggregate-to-view", "core",
     "bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/"
     "status,resourcequotas,resourcequotas/status",
     kReadOnly},
    {"system:aggregate-to-view", "core", "namespaces", kReadOnly},
    {"system:aggregate-to-view", "core,events.k8s.io", "events", kReadOnly},
    {"system:aggregate-to-view", "discovery.k8s.io", "endpointslices", kReadOnly},
    {"system:aggregate-to-view", "apps",
     "controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/"
     "status,replicasets,replicasets/scale,replicasets/status,"
     "statefulsets,statefulsets/scale,statefulsets/status",
     kReadOnly},
    {"system:aggregate-to-view", "autoscaling", "horizontalpodautoscalers,horizontalpodautoscalers/status", kReadOnly},
    {"system:aggregate-to-view", "batch", "cronjobs,cronjobs/status,jobs,jobs/status", kReadOnly},
    {"system:aggregate-to-view", "extensions",
     "daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/"
     "status,networkpolicies,replicasets,replicasets/scale,"
     "replicasets/status,replicationcontrollers/scale",
     kReadOnly},
    {"system:aggregate-to-view", "policy", "poddisruptionbudgets,poddisruptionbudgets/status", kReadOnly},
    {"system:aggregate-to-view", "networking.k8s.io", "ingresses,ingresses/status,networkpolicies", kReadOnly},
    {"system:basic-user", "authorization.k8s.io", "selfsubjectaccessreviews,selfsubjectrulesreviews", "create"},
    {"system:basic-user", "authentication.k8s.io", "selfsubjectreviews", "create"},
    {"system:discovery", "", "/api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/",
     "get"},
    {"system:public-info-viewer", "", "/healthz,/livez,/readyz,/version,/version/", "get"},
    {"system:service-account-issuer-discovery", "",
     "/.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/", "get"},
    {"system:auth-delegator", "authentication.k8s.io", "tokenreviews", "create"},
    {"system:auth-delegator", "authorization.k8s.io", "subjectaccessreviews", "create"},
    {"system:persistent-volume-provisioner", "core", "persistentvolumes", "create,delete,get,list,watch"},
    {"system:persistent-volume-provisioner", "core", "persistentvolumeclaims", "get,list,update,watch"},
    {"system:persistent-volume-provisioner", "storage.k8s.io", "storageclasses", kReadOnly},
    {"system:persistent-volume-provisioner", "core", "events", "watch"},
    {"system:persistent-volume-provisioner", "core,events.k8s.io", "events", "create,patch,update"},
    {"system:controller:persistent-volume-binder", "core", "persistentvolumes", "create,delete,get,list,update,watch"},
    {"system:controller:persistent-volume-binder", "core", "persistentvolumes/status,persistentvolumeclaims/status",
     "update"},
    {"system:controller:persistent-volume-binder", "core", "persistentvolumeclaims", "get,list,update,watch"},
    {"system:controller:persistent-volume-binder", "core", "pods", "create,delete,get,list,watch"},
    {"system:controller:persistent-volume-binder", "storage.k8s.io", "storageclasses", kReadOnly},
    {"system:controller:persistent-volume-binder", "core", "nodes", "list,watch"},
    {"system:controller:persistent-volume-binder", "core,events.k8s.io", "events", "create,patch,update"},
    {"system:controller:attachdetach-controller", "core", "persistentvolumeclaims,persistentvolumes,pods",
     "list,watch"},
    {"system:controller:attachdetach-controller", "core", "nodes", kReadOnly},
    {"system:controller:attachdetach-controller", "core", "nodes/status", "patch,update"},
    {"system:controller:attachdetach-controller", "storage.k8s.io", "volumeattachments",
     "create,delete,get,list,watch"},
    {"system:controller:attachdetach-controller", "storage.k8s.io", "csidrivers,csinodes", kReadOnly},
    {"system:controller:attachdetach-controller", "core,events.k8s.io", "events", "create,patch,update"},
    {"system:monitoring", "", "/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*", "get"},
    {"system:node", "core", "*", "*"},
    {"system:node",
     "storage.k8s.io,coordination.k8s.io,events.k8s.io,node.k8s.io,certificates.k8s.io,authentication.k8s.io,"
     "authorization.k8s.io",
     "*", "*"},
    {"system:kubelet-api-admin", "core", "nodes", kReadOnly},
    {"system:kubelet-api-admin", "core", "nodes/proxy,nodes/log,nodes/metrics,nodes/stats", "*"},
    {"system:kube-scheduler", "core,events.k8s.io,coordination.k8s.io,apps,policy,storage.k8s.io", "*", kBoth},
    {"system:volume-scheduler", "core", "persistentvolumes,persistentvolumeclaims", "get,list,patch,update,watch"},
    {"system:volume-scheduler", "storage.k8s.io", "storageclasses", kReadOnly},
    {"system:kube-controller-manager", "*", "*", "list,watch"},
    {"system:kube-controller-manager", "core,events.k8s.io,coordination.k8s.io",
     "events,leases,secrets,serviceaccounts,serviceaccounts/token", "create,get,patch,update"},
    {"system:heapster", "core", "events,namespaces,nodes,pods", kReadOnly},
    {"system:kube-dns", "core", "endpoints,services", "list,watch"},
    {"system:node-proxier", "core", "nodes,services,endpoints", "get,list,watch"},
    {"system:node-proxier", "discovery.k8s.io", "endpointslices", "list,watch"},
    {"system:node-problem-detector", "core", "nodes", "get"},
    {"system:node-bootstrapper", "certificates.k8s.io", "certificatesigningrequests", "create,get,list,watch"},
    {"system:kube-aggregator", "core", "endpoints,services", kReadOnly},
    {"system:certificates.k8s.io:certificatesigningrequests:nodeclient", "certificates.k8s.io",
     "certificatesigningrequests/nodeclient", "create"},
    {"system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "certificates.k8s.io",
     "certificatesigningrequests/selfnodeclient", "create"},
    {"system:certificates.k8s.io:kube-apiserver-client-approver", "certificates.k8s.io", "signers", "approve"},
    {"system:certificates.k8s.io:kube-apiserver-client-kubelet-approver", "certificates.k8s.io", "signers", "approve"},
    {"system:certificates.k8s.io:kubelet-serving-approver", "certificates.k8s.io", "signers", "approve"},
    {"system:certificates.k8s.io:legacy-unknown-approver", "certificates.k8s.io", "signers", "approve"},
};

constexpr const char* kControllers =
    "certificate-controller clusterrole-aggregation-controller cronjob-controller daemon-set-controller "
    "deployment-controller disruption-controller "
    "endpoint-controller endpointslice-controller endpointslicemirroring-controller ephemeral-volume-controller "
    "expand-controller generic-garbage-collector "
    "horizontal-pod-autoscaler job-controller legacy-service-account-token-cleaner namespace-controller "
    "node-controller pod-garbage-collector "
    "pv-protection-controller pvc-protection-controller replicaset-controller replication-controller "
    "resourcequota-controller root-ca-cert-publisher "
    "route-controller selinux-warning-controller service-account-controller service-cidrs-controller "
    "service-controller statefulset-controller "
    "ttl-after-finished-controller ttl-controller validatingadmissionpolicy-status-controller "
    "volumeattributesclass-protection-controller";

Json metadata(const std::string& name) {
  return {{"name", name},
          {"labels", {{"kubernetes.io/bootstrapping", "rbac-defaults"}}},
          {"annotations", {{"rbac.authorization.kubernetes.io/autoupdate", "true"}}}};
}

void put(Server& server, const char* plural, Json object) {
  const Resource& resource = server.resource("rbac.authorization.k8s.io", plural);
  if (server.store.find(resource, text_at(object, {"metadata", "namespace"}), text_at(object, {"metadata", "name"})) !=
      nullptr)
    return;
  object["metadata"]["uid"] = server.rng.uuid();
  object["metadata"]["creationTimestamp"] = server.now_text();
  server.store.put(resource, object);
}

Json groups_of(const char* text) {
  Json out = Json::array();
  for (const auto& each : split_text(text, ',')) out.push_back(each == "core" ? "" : each);
  return out;
}

void bind(Server& server, const std::string& name, const char* kind, const std::vector<std::string>& subjects,
          const std::string& ns = {}) {
  Json list = Json::array();
  for (const auto& subject : subjects) {
    Json one = {{"kind", kind}, {"name", subject}};
    if (ns.empty()) one["apiGroup"] = "rbac.authorization.k8s.io";
    else one["namespace"] = ns;
    list.push_back(one);
  }
  put(server, "clusterrolebindings",
      {{"metadata", metadata(name)},
       {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", name}}},
       {"subjects", list}});
}

}  // namespace

void bootstrap_rbac(Server& server) {
  std::map<std::string, Json> roles;
  for (const auto& row : kRules) {
    Json& rules = roles[row.role];
    if (rules.is_null()) rules = Json::array();
    Json rule = {{"verbs", split_text(row.verbs, ',')}};
    if (*row.groups == '\0') {
      rule["nonResourceURLs"] = split_text(row.resources, ',');
    } else {
      rule["apiGroups"] = groups_of(row.groups);
      rule["resources"] = split_text(row.resources, ',');
    }
    rules.push_back(rule);
  }
  for (const auto& name : split_text(kControllers, ' ')) {
    roles["system:controller:" + name] = Json::array({Json{
        {"apiGroups", {"", "events.k8s.io"}}, {"resources", {"events"}}, {"verbs", {"create", "patch", "update"}}}});
  }
  for (auto& [name, rules] : roles) {
    Json role = {{"metadata", metadata(name)}, {"rules", rules}};
    if (name.rfind("system:aggregate-to-", 0) == 0) {
      role["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-" + name.substr(20)] = "true";
    }
    put(server, "clusterroles", role);
  }
  for (const std::string name : {"admin", "edit", "view"}) {
    Json selector = {{"matchLabels", {{"rbac.authorization.k8s.io/aggregate-to-" + name, "true"}}}};
    Json role = {{"metadata", metadata(name)},
                 {"aggregationRule", {{"clusterRoleSelectors", Json::array({selector})}}}};
    if (name == "edit") role["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-admin"] = "true";
    if (name == "view") role["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-edit"] = "true";
    put(server, "clusterroles", role);
  }
  refresh_aggregates(server);
  bind(server, "cluster-admin", "Group", {"system:masters"});
  bind(server, "system:basic-user", "Group", {"system:authenticated"});
  bind(server, "system:discovery", "Group", {"system:authenticated"});
  bind(server, "system:public-info-viewer", "Group", {"system:authenticated", "system:unauthenticated"});
  bind(server, "system:service-account-issuer-discovery", "Group", {"system:serviceaccounts"});
  bind(server, "system:monitoring", "Group", {"system:monitoring"});
  bind(server, "system:node", "Group", {"system:nodes"});
  bind(server, "system:kube-scheduler", "User", {"system:kube-scheduler"});
  bind(server, "system:volume-scheduler", "User", {"system:kube-scheduler"});
  bind(server, "system:kube-controller-manager", "User", {"system:kube-controller-manager"});
  bind(server, "system:kube-dns", "ServiceAccount", {"kube-dns"}, "kube-system");
  bind(server, "system:node-proxier", "User", {"system:kube-proxy"});
  for (const auto& [name, rules] : roles) {
    if (name.rfind("system:controller:", 0) == 0)
      bind(server, name, "ServiceAccount", {name.substr(18)}, "kube-system");
  }
}

}  // namespace k8s_fake
