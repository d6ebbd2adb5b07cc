#include "k8s-fake/cells.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/table.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

std::string join_map(const Json& map) {
  std::string out;
  if (map.is_object())
    for (const auto& [key, value] : map.items())
      out += (out.empty() ? "" : ",") + key + "=" + (value.is_string() ? value.get<std::string>() : dump(value));
  return out.empty() ? "<none>" : out;
}

std::string selector_cell(const Json& selector) {
  std::string out = join_map(at(selector, "matchLabels"));
  for (const auto& each : at(selector, "matchExpressions")) {
    std::string values;
    for (const auto& value : at(each, "values"))
      values += (values.empty() ? "" : ",") + (value.is_string() ? value.get<std::string>() : "");
    const std::string op = text_at(each, "operator"), key = text_at(each, "key");
    const std::string text = op == "Exists"         ? key
                             : op == "DoesNotExist" ? "!" + key
                                                    : key + (op == "In" ? " in (" : " notin (") + values + ")";
    out = out == "<none>" ? text : out + "," + text;
  }
  return out;
}

namespace {

std::string join_texts(const Json& list, const char* key) {
  std::string out;
  for (const auto& each : list) out += (out.empty() ? "" : ",") + text_at(each, key);
  return out;
}

std::string name_of(const RowInput& in) { return text_at(in.object, {"metadata", "name"}); }
std::string or_else(std::string text, const char* other) { return text.empty() ? other : text; }
const Json& spec(const RowInput& in) { return at(in.object, "spec"); }
const Json& status(const RowInput& in) { return at(in.object, "status"); }
std::int64_t count(const Json& value, std::string_view key, std::int64_t other = 0) {
  return int_at(value, {key}, other);
}
std::string text_count(const Json& value, std::string_view key, std::int64_t other = 0) {
  return std::to_string(count(value, key, other));
}

std::string access_modes(const Json& modes) {
  static const std::pair<const char*, const char*> kShort[] = {
      {"ReadWriteOnce", "RWO"}, {"ReadOnlyMany", "ROX"}, {"ReadWriteMany", "RWX"}, {"ReadWriteOncePod", "RWOP"}};
  std::string out;
  for (const auto& [mode, text] : kShort) {
    if (std::find(modes.begin(), modes.end(), Json(mode)) != modes.end())
      out += (out.empty() ? "" : ",") + std::string(text);
  }
  return out;
}

std::string class_of(const RowInput& in) {
  const Json& annotation = at_path(in.object, {"metadata", "annotations", "volume.beta.kubernetes.io/storage-class"});
  return annotation.is_string() ? annotation.get<std::string>() : text_at(spec(in), "storageClassName");
}

/// What an autoscaler wants of its metrics; nothing is measured here.
std::string targets_of(const RowInput& in) {
  std::string out;
  for (const auto& metric : at(spec(in), "metrics")) {
    const Json& target = at_path(metric, {"resource", "target"});
    const Json& share = at(target, "averageUtilization");
    const std::string prefix = in.server.at_least(30) ? text_at(metric, {"resource", "name"}) + ": " : "";
    std::string wanted = share.is_number() ? dump(share) + "%" : text_at(target, "averageValue");
    out += (out.empty() ? "" : ", ") + prefix + "<unknown>/" + (wanted.empty() ? "<auto>" : wanted);
  }
  return out.empty() ? "<none>" : out;
}

bool terminating(const RowInput& in) { return at_path(in.object, {"metadata", "deletionTimestamp"}).is_string(); }
std::string phase_of(const RowInput& in) {
  return terminating(in) && !in.before_1_20 ? "Terminating" : text_at(status(in), "phase");
}
std::string or_unset(const Json& value) { return value.is_string() ? value.get<std::string>() : "<unset>"; }

Json claim_cells(const RowInput& in) {
  const std::string volume = text_at(spec(in), "volumeName");
  const Json& capacity = at_path(in.object, {"status", "capacity", "storage"});
  return {name_of(in),
          phase_of(in),
          volume,
          volume.empty()         ? ""
          : capacity.is_string() ? capacity.get<std::string>()
                                 : "0",
          volume.empty() ? "" : access_modes(at(status(in), "accessModes")),
          volume.empty() ? "" : access_modes(at(status(in), "accessModes")),
          class_of(in),
          or_unset(at(spec(in), "volumeAttributesClassName")),
          in.age,
          or_unset(at(spec(in), "volumeMode"))};
}

Json volume_cells(const RowInput& in) {
  const std::string claim = text_at(spec(in), {"claimRef", "name"});
  const std::string modes = access_modes(at(spec(in), "accessModes"));
  const std::string policy = text_at(spec(in), "persistentVolumeReclaimPolicy");
  return {name_of(in),
          or_else(text_at(spec(in), {"capacity", "storage"}), "0"),
          modes,
          modes,
          policy,
          policy,
          phase_of(in),
          claim.empty() ? "" : text_at(spec(in), {"claimRef", "namespace"}) + "/" + claim,
          class_of(in),
          or_unset(at(spec(in), "volumeAttributesClassName")),
          text_at(status(in), "reason"),
          in.age,
          or_unset(at(spec(in), "volumeMode"))};
}

Json class_cells(const RowInput& in) {
  std::string name = name_of(in);
  for (const auto* key :
       {"storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"}) {
    if (text_at(in.object, {"metadata", "annotations", key}) == "true" && name.find(' ') == std::string::npos)
      name += " (default)";
  }
  const std::string provisioner = text_at(in.object, "provisioner");
  return {name,
          provisioner,
          provisioner,
          or_else(text_at(in.object, "reclaimPolicy"), "Delete"),
          or_else(text_at(in.object, "volumeBindingMode"), "Immediate"),
          is_true(in.object, {"allowVolumeExpansion"}),
          in.age};
}

Json node_cells(const RowInput& in) {
  std::string state = "Unknown";
  for (const auto& each : at(status(in), "conditions"))
    if (text_at(each, "type") == "Ready") state = text_at(each, "status") == "True" ? "Ready" : "NotReady";
  if (is_true(in.object, {"spec", "unschedulable"})) state += ",SchedulingDisabled";
  std::vector<std::string> roles;
  for (const auto& [key, value] : at_path(in.object, {"metadata", "labels"}).items()) {
    if (key.rfind("node-role.kubernetes.io/", 0) == 0 && key.size() > 24) roles.push_back(key.substr(24));
    else if (key == "kubernetes.io/role" && value.is_string() && !value.get<std::string>().empty())
      roles.push_back(value.get<std::string>());
  }
  std::sort(roles.begin(), roles.end());
  const auto address = [&](const char* type) -> std::string {
    for (const auto& each : at(status(in), "addresses"))
      if (text_at(each, "type") == type) return text_at(each, "address");
    return "<none>";
  };
  const auto info = [&](const char* key) { return or_else(text_at(status(in), {"nodeInfo", key}), "<unknown>"); };
  return {name_of(in),
          state,
          roles.empty() ? "<none>" : base::join(roles, ","),
          in.age,
          text_at(status(in), {"nodeInfo", "kubeletVersion"}),
          address("InternalIP"),
          address("ExternalIP"),
          info("osImage"),
          info("kernelVersion"),
          info("containerRuntimeVersion")};
}

Json event_cells(const RowInput& in) {
  const auto since = [&](const std::string& text) { return text.empty() ? std::string() : human_age(in.server, text); };
  std::string first = since(text_at(in.object, "firstTimestamp"));
  if (first.empty()) first = since(text_at(in.object, "eventTime"));
  if (first.empty()) first = "<unknown>";
  std::string last = since(text_at(in.object, {"series", "lastObservedTime"}));
  if (last.empty()) last = since(text_at(in.object, "lastTimestamp"));
  if (last.empty()) last = first;
  const Json& about = at(in.object, "involvedObject");
  std::string component = text_at(in.object, {"source", "component"}), host = text_at(in.object, {"source", "host"});
  if (component.empty()) {
    component = text_at(in.object, "reportingComponent");
    host = text_at(in.object, "reportingInstance");
  }
  std::int64_t times = int_at(in.object, {"series", "count"}, 0);
  if (times == 0) times = count(in.object, "count", 1);
  return {last,
          text_at(in.object, "type"),
          text_at(in.object, "reason"),
          base::to_lower(text_at(about, "kind")) + (text_at(about, "name").empty() ? "" : "/" + text_at(about, "name")),
          text_at(about, "fieldPath"),
          host.empty() ? component : component + ", " + host,
          std::string(base::trim(text_at(in.object, "message"))),
          first,
          times == 0 ? 1 : times,
          name_of(in)};
}

std::string service_ports(const Json& ports) {
  std::string out;
  for (const auto& each : ports) {
    out += out.empty() ? "" : ",";
    out += text_count(each, "port");
    if (count(each, "nodePort") > 0) out += ":" + text_count(each, "nodePort");
    out += "/" + or_else(text_at(each, "protocol"), "TCP");
  }
  return out.empty() ? "<none>" : out;
}

Json service_cells(const RowInput& in) {
  const std::string type = text_at(spec(in), "type");
  std::string external;
  for (const auto& each : at_path(in.object, {"status", "loadBalancer", "ingress"}))
    external += (external.empty() ? "" : ",") + or_else(text_at(each, "ip"), text_at(each, "hostname").c_str());
  if (type == "LoadBalancer" && external.empty()) external = "<pending>";
  for (const auto& each : at(spec(in), "externalIPs"))
    external += (external.empty() ? "" : ",") + each.get<std::string>();
  if (type == "ExternalName") external = text_at(spec(in), "externalName");
  return {name_of(in),
          type,
          or_else(text_at(spec(in), "clusterIP"), "<none>"),
          or_else(external, "<none>"),
          service_ports(at(spec(in), "ports")),
          in.age,
          join_map(at(spec(in), "selector"))};
}

Json endpoints_cells(const RowInput& in) {
  std::vector<std::string> all;
  for (const auto& subset : at(in.object, "subsets")) {
    for (const auto& address : at(subset, "addresses")) {
      if (at(subset, "ports").empty()) all.push_back(text_at(address, "ip"));
      for (const auto& port : at(subset, "ports"))
        all.push_back(text_at(address, "ip") + ":" + text_count(port, "port"));
    }
  }
  std::string out;
  for (std::size_t i = 0; i < all.size() && i < 3; ++i) out += (i == 0 ? "" : ",") + all[i];
  if (all.size() > 3) out += " + " + std::to_string(all.size() - 3) + " more...";
  return {name_of(in), or_else(out, "<none>"), in.age};
}

const Json& containers(const RowInput& in) { return at_path(in.object, {"spec", "template", "spec", "containers"}); }

Json deployment_cells(const RowInput& in) {
  const std::string desired = text_count(spec(in), "replicas", 0);
  const std::string ready = text_count(status(in), "readyReplicas") + "/" + desired;
  return {name_of(in),
          desired,
          text_count(status(in), "replicas"),
          ready,
          count(status(in), "updatedReplicas"),
          count(status(in), "availableReplicas"),
          in.age,
          join_texts(containers(in), "name"),
          join_texts(containers(in), "image"),
          selector_cell(at(spec(in), "selector"))};
}

Json replicaset_cells(const RowInput& in) {
  return {name_of(in),
          count(spec(in), "replicas"),
          count(status(in), "replicas"),
          count(status(in), "readyReplicas"),
          in.age,
          join_texts(containers(in), "name"),
          join_texts(containers(in), "image"),
          in.object.contains("spec") && at(spec(in), "selector").contains("matchLabels")
              ? selector_cell(at(spec(in), "selector"))
              : join_map(at(spec(in), "selector"))};
}

Json statefulset_cells(const RowInput& in) {
  return {name_of(in), text_count(status(in), "readyReplicas") + "/" + text_count(spec(in), "replicas"), in.age,
          join_texts(containers(in), "name"), join_texts(containers(in), "image")};
}

Json daemonset_cells(const RowInput& in) {
  const Json& s = status(in);
  return {name_of(in),
          count(s, "desiredNumberScheduled"),
          count(s, "currentNumberScheduled"),
          count(s, "numberReady"),
          count(s, "updatedNumberScheduled"),
          count(s, "numberAvailable"),
          join_map(at_path(in.object, {"spec", "template", "spec", "nodeSelector"})),
          in.age,
          join_texts(containers(in), "name"),
          join_texts(containers(in), "image"),
          selector_cell(at(spec(in), "selector"))};
}

Json job_cells(const RowInput& in) {
  std::string state = "Running";
  for (const auto& each : at(status(in), "conditions"))
    if (text_at(each, "status") == "True") state = text_at(each, "type");
  if (terminating(in)) state = "Terminating";
  const Json& completions = at(spec(in), "completions");
  const std::string parallelism = text_count(spec(in), "parallelism", 1);
  const std::string done = text_count(status(in), "succeeded") + "/" +
                           (completions.is_number() ? dump(completions)
                            : parallelism == "1"    ? "1"
                                                    : "1 of " + parallelism);
  std::string duration;
  if (const auto start = parse_time(text_at(status(in), "startTime"))) {
    const auto end = parse_time(text_at(status(in), "completionTime"));
    duration = human_duration((end ? *end : in.server.clock.now()) - *start);
  }
  return {name_of(in),
          state,
          done,
          duration,
          in.age,
          join_texts(containers(in), "name"),
          join_texts(containers(in), "image"),
          selector_cell(at(spec(in), "selector"))};
}

Json cronjob_cells(const RowInput& in) {
  const std::string last = text_at(status(in), "lastScheduleTime");
  const Json& pods = at_path(in.object, {"spec", "jobTemplate", "spec", "template", "spec", "containers"});
  return {name_of(in),
          text_at(spec(in), "schedule"),
          or_else(text_at(spec(in), "timeZone"), "<none>"),
          is_true(in.object, {"spec", "suspend"}) ? "True" : "False",
          at(status(in), "active").size(),
          last.empty() ? "<none>" : human_age(in.server, last),
          in.age,
          join_texts(pods, "name"),
          join_texts(pods, "image"),
          selector_cell(at_path(in.object, {"spec", "jobTemplate", "spec", "selector"}))};
}

std::string bound_subjects(const Json& subjects, const std::string& kind) {
  std::string out;
  for (const auto& each : subjects) {
    if (text_at(each, "kind") != kind) continue;
    out += (out.empty() ? "" : ", ") + (kind == "ServiceAccount" ? text_at(each, "namespace") + "/" : std::string()) +
           text_at(each, "name");
  }
  return out;
}

Json binding_cells(const RowInput& in) {
  const Json& subjects = at(in.object, "subjects");
  return {name_of(in),
          text_at(in.object, {"roleRef", "kind"}) + "/" + text_at(in.object, {"roleRef", "name"}),
          in.age,
          bound_subjects(subjects, "User"),
          bound_subjects(subjects, "Group"),
          bound_subjects(subjects, "ServiceAccount")};
}

Json driver_cells(const RowInput& in) {
  std::string audiences, modes;
  for (const auto& each : at(spec(in), "tokenRequests"))
    audiences += (audiences.empty() ? "" : ",") + text_at(each, "audience");
  for (const auto& each : at(spec(in), "volumeLifecycleModes"))
    modes += (modes.empty() ? "" : ",") + each.get<std::string>();
  const auto flag = [&](const char* key, bool other) {
    return at(spec(in), key).is_boolean() ? at(spec(in), key).get<bool>() : other;
  };
  return {name_of(in),
          flag("attachRequired", true),
          flag("podInfoOnMount", false),
          flag("storageCapacity", false),
          at(spec(in), "tokenRequests").empty() ? "<unset>" : audiences,
          flag("requiresRepublish", false),
          or_else(modes, "<none>"),
          in.age};
}

Json attachment_cells(const RowInput& in) {
  return {name_of(in),
          text_at(spec(in), "attacher"),
          text_at(spec(in), {"source", "persistentVolumeName"}),
          text_at(spec(in), "nodeName"),
          is_true(in.object, {"status", "attached"}),
          in.age};
}

std::string quota_list(const Json& hard, const Json& used, bool limits) {
  std::string out;
  if (!hard.is_object()) return out;
  for (const auto& [key, value] : hard.items()) {
    if ((key.rfind("limits.", 0) == 0) != limits) continue;
    out += (out.empty() ? "" : ", ") + key + ": " + or_else(text_at(used, key), "0") + "/" +
           (value.is_string() ? value.get<std::string>() : "");
  }
  return out;
}

Json slice_cells(const RowInput& in) {
  std::string ports, addresses;
  for (const auto& each : at(in.object, "ports")) ports += (ports.empty() ? "" : ",") + text_count(each, "port");
  std::size_t total = 0;
  for (const auto& each : at(in.object, "endpoints")) {
    for (const auto& address : at(each, "addresses"))
      if (total++ < 3) addresses += (addresses.empty() ? "" : ",") + address.get<std::string>();
  }
  if (total > 3) addresses += " + " + std::to_string(total - 3) + " more...";
  return {name_of(in), text_at(in.object, "addressType"), or_else(ports, "<unset>"), or_else(addresses, "<unset>"),
          in.age};
}

std::string any_text(const Json& value, const char* other) {
  return value.is_string() ? value.get<std::string>() : value.is_number() ? dump(value) : other;
}

std::string condition_of(const RowInput& in, const char* type) {
  for (const auto& each : at(status(in), "conditions"))
    if (text_at(each, "type") == type) return text_at(each, "status");
  return "";
}

std::string signing_state(const RowInput& in) {
  std::string out;
  for (const auto* type : {"Approved", "Denied", "Failed"})
    if (!condition_of(in, type).empty()) out += (out.empty() ? "" : ",") + std::string(type);
  if (out.empty()) out = "Pending";
  return text_at(status(in), "certificate").empty() ? out : out + ",Issued";
}

Json ingress_cells(const RowInput& in) {
  std::string hosts, addresses;
  for (const auto& each : at(spec(in), "rules"))
    hosts += (hosts.empty() ? "" : ",") + or_else(text_at(each, "host"), "*");
  for (const auto& each : at_path(in.object, {"status", "loadBalancer", "ingress"}))
    addresses += (addresses.empty() ? "" : ",") + or_else(text_at(each, "ip"), text_at(each, "hostname").c_str());
  return {name_of(in), or_else(text_at(spec(in), "ingressClassName"), "<none>"), or_else(hosts, "*"),
          addresses,   at(spec(in), "tls").empty() ? "80" : "80, 443",           in.age};
}

}  // namespace

const std::map<std::string, TableKind, std::less<>>& table_kinds() {
  using In = const RowInput&;
  static const auto created = [](In in) -> Json {
    return {name_of(in), text_at(in.object, {"metadata", "creationTimestamp"})};
  };
  static const std::map<std::string, TableKind, std::less<>> kKinds = {
      {"pods",
       {"Name | Ready | Status | Restarts:integer{-1.21} | Restarts{1.22+} | Age | IP* | Node* | Nominated "
        "Node*{1.20+} | Readiness Gates*{1.20+}",
        pod_cells}},
      {"persistentvolumeclaims",
       {"Name | Status | Volume | Capacity | AccessModes{-1.19} | Access Modes{1.20+} | StorageClass | "
        "VolumeAttributesClass{1.29+} | Age | VolumeMode*{1.20+}",
        claim_cells}},
      {"persistentvolumes",
       {"Name | Capacity | AccessModes{-1.19} | Access Modes{1.20+} | ReclaimPolicy{-1.19} | Reclaim Policy{1.20+} | "
        "Status | Claim | StorageClass | VolumeAttributesClass{1.29+} | Reason | Age | VolumeMode*{1.20+}",
        volume_cells}},
      {"storageclasses.storage.k8s.io",
       {"Name | Type{-1.19} | Provisioner{1.20+} | ReclaimPolicy{1.20+} | VolumeBindingMode{1.20+} | "
        "AllowVolumeExpansion{1.20+} | Age{1.20+}",
        class_cells}},
      {"nodes",
       {"Name | Status | Roles{1.20+} | Age | Version | Internal-IP* | External-IP* | OS-Image* | Kernel-Version* | "
        "Container-Runtime*",
        node_cells}},
      {"namespaces",
       {"Name | Status | Age",
        [](In in) -> Json {
          return {name_of(in), text_at(status(in), "phase"), in.age};
        }}},
      {"projects.project.openshift.io",
       {"Name | Display Name | Status",
        [](In in) -> Json {
          return {name_of(in), text_at(in.object, {"metadata", "annotations", "openshift.io/display-name"}),
                  text_at(status(in), "phase")};
        }}},
      {"events",
       {"Last Seen | Type | Reason | Object | Subobject* | Source* | Message | First Seen* | Count* | Name*",
        event_cells}},
      {"services", {"Name | Type{1.20+} | Cluster-IP | External-IP | Port(s) | Age | Selector*", service_cells}},
      {"endpoints", {"Name | Endpoints | Age", endpoints_cells}},
      {"configmaps",
       {"Name | Data | Age",
        [](In in) -> Json {
          return {name_of(in), at(in.object, "data").size() + at(in.object, "binaryData").size(), in.age};
        }}},
      {"secrets",
       {"Name | Type | Data | Age",
        [](In in) -> Json {
          return {name_of(in), text_at(in.object, "type"), at(in.object, "data").size(), in.age};
        }}},
      {"serviceaccounts",
       {"Name | Secrets{-1.32} | Age",
        [](In in) -> Json {
          return {name_of(in), at(in.object, "secrets").size(), in.age};
        }}},
      {"limitranges", {"Name | Created At:date", created}},
      {"roles.rbac.authorization.k8s.io", {"Name | Created At:date", created}},
      {"clusterroles.rbac.authorization.k8s.io", {"Name | Created At:date", created}},
      {"customresourcedefinitions.apiextensions.k8s.io", {"Name | Created At:date", created}},
      {"csistoragecapacities.storage.k8s.io", {"Name | Created At:date", created}},
      {"rolebindings.rbac.authorization.k8s.io",
       {"Name | Role | Age | Users* | Groups* | ServiceAccounts*", binding_cells}},
      {"clusterrolebindings.rbac.authorization.k8s.io",
       {"Name | Role | Age | Users* | Groups* | ServiceAccounts*", binding_cells}},
      {"deployments.apps",
       {"Name | Desired{-1.19} | Current{-1.19} | Ready{1.20+} | Up-to-date | Available | Age | Containers* | Images* "
        "| Selector*",
        deployment_cells}},
      {"replicasets.apps",
       {"Name | Desired:integer | Current:integer | Ready:integer | Age | Containers* | Images* | Selector*",
        replicaset_cells}},
      {"replicationcontrollers",
       {"Name | Desired:integer | Current:integer | Ready:integer | Age | Containers* | Images* | Selector*",
        replicaset_cells}},
      {"statefulsets.apps", {"Name | Ready | Age | Containers* | Images*", statefulset_cells}},
      {"daemonsets.apps",
       {"Name | Desired:integer | Current:integer | Ready:integer | Up-to-date:integer | Available:integer | Node "
        "Selector | Age | Containers* | Images* | Selector*",
        daemonset_cells}},
      {"jobs.batch",
       {"Name | Status{1.30+} | Completions | Duration | Age | Containers* | Images* | Selector*", job_cells}},
      {"cronjobs.batch",
       {"Name | Schedule | Timezone{1.30+} | Suspend:boolean | Active:integer | Last Schedule | Age | Containers* | "
        "Images* | Selector*",
        cronjob_cells}},
      {"controllerrevisions.apps",
       {"Name | Controller | Revision | Age",
        [](In in) -> Json {
          std::string owner = "<none>";
          for (const auto& each : at_path(in.object, {"metadata", "ownerReferences"}))
            if (is_true(each, {"controller"}))
              owner = base::to_lower(text_at(each, "kind")) + ".apps/" + text_at(each, "name");
          return {name_of(in), owner, count(in.object, "revision"), in.age};
        }}},
      {"csidrivers.storage.k8s.io",
       {"Name | AttachRequired:boolean | PodInfoOnMount:boolean | StorageCapacity:boolean{1.21+} | "
        "TokenRequests{1.22+} | "
        "RequiresRepublish:boolean{1.22+} | Modes | Age",
        driver_cells}},
      {"csinodes.storage.k8s.io",
       {"Name | Drivers:integer | Age",
        [](In in) -> Json {
          return {name_of(in), at(spec(in), "drivers").size(), in.age};
        }}},
      {"volumeattachments.storage.k8s.io", {"Name | Attacher | PV | Node | Attached:boolean | Age", attachment_cells}},
      {"volumeattributesclasses.storage.k8s.io",
       {"Name | DriverName | Age",
        [](In in) -> Json {
          return {name_of(in), text_at(in.object, "driverName"), in.age};
        }}},
      {"resourcequotas",
       {"Name | Age{-1.30} | Request | Limit | Age{1.31+}",
        [](In in) -> Json {
          return {name_of(in), in.age, quota_list(at(status(in), "hard"), at(status(in), "used"), false),
                  quota_list(at(status(in), "hard"), at(status(in), "used"), true), in.age};
        }}},
      {"leases.coordination.k8s.io",
       {"Name | Holder | Age",
        [](In in) -> Json {
          return {name_of(in), text_at(spec(in), "holderIdentity"), in.age};
        }}},
      {"endpointslices.discovery.k8s.io", {"Name | AddressType | Ports | Endpoints | Age", slice_cells}},
      {"poddisruptionbudgets.policy",
       {"Name | Min Available | Max Unavailable | Allowed Disruptions:integer | Age",
        [](In in) -> Json {
          return {name_of(in), any_text(at(spec(in), "minAvailable"), "N/A"),
                  any_text(at(spec(in), "maxUnavailable"), "N/A"), count(status(in), "disruptionsAllowed"), in.age};
        }}},
      {"podtemplates",
       {"Name | Containers | Images | Pod Labels",
        [](In in) -> Json {
          const Json& inner = at_path(in.object, {"template", "spec", "containers"});
          return {name_of(in), join_texts(inner, "name"), join_texts(inner, "image"),
                  join_map(at_path(in.object, {"template", "metadata", "labels"}))};
        }}},
      {"priorityclasses.scheduling.k8s.io",
       {"Name | Value:integer | Global-Default:boolean | Age | PreemptionPolicy{1.30+}",
        [](In in) -> Json {
          return {name_of(in), count(in.object, "value"), is_true(in.object, {"globalDefault"}), in.age,
                  or_else(text_at(in.object, "preemptionPolicy"), "PreemptLowerPriority")};
        }}},
      {"runtimeclasses.node.k8s.io",
       {"Name | Handler | Age",
        [](In in) -> Json {
          return {name_of(in), text_at(in.object, "handler"), in.age};
        }}},
      {"ingressclasses.networking.k8s.io",
       {"Name | Controller | Parameters | Age",
        [](In in) -> Json {
          const std::string kind = text_at(spec(in), {"parameters", "kind"});
          return {name_of(in), text_at(spec(in), "controller"),
                  kind.empty() ? "<none>" : kind + "/" + text_at(spec(in), {"parameters", "name"}), in.age};
        }}},
      {"ingresses.networking.k8s.io", {"Name | Class | Hosts | Address | Ports | Age", ingress_cells}},
      {"networkpolicies.networking.k8s.io",
       {"Name | Pod-Selector | Age",
        [](In in) -> Json {
          return {name_of(in), selector_cell(at(spec(in), "podSelector")), in.age};
        }}},
      {"certificatesigningrequests.certificates.k8s.io",
       {"Name | Age | SignerName | Requestor | RequestedDuration | Condition",
        [](In in) -> Json {
          const Json& seconds = at(spec(in), "expirationSeconds");
          return {name_of(in),
                  in.age,
                  or_else(text_at(spec(in), "signerName"), "<none>"),
                  text_at(spec(in), "username"),
                  seconds.is_number() ? human_duration(std::chrono::seconds(seconds.get<std::int64_t>())) : "<none>",
                  signing_state(in)};
        }}},
      {"mutatingwebhookconfigurations.admissionregistration.k8s.io",
       {"Name | Webhooks:integer | Age",
        [](In in) -> Json {
          return {name_of(in), at(in.object, "webhooks").size(), in.age};
        }}},
      {"validatingwebhookconfigurations.admissionregistration.k8s.io",
       {"Name | Webhooks:integer | Age",
        [](In in) -> Json {
          return {name_of(in), at(in.object, "webhooks").size(), in.age};
        }}},
      {"apiservices.apiregistration.k8s.io",
       {"Name | Service | Available | Age",
        [](In in) -> Json {
          const std::string service = text_at(spec(in), {"service", "name"});
          return {name_of(in), service.empty() ? "Local" : text_at(spec(in), {"service", "namespace"}) + "/" + service,
                  or_else(condition_of(in, "Available"), "Unknown"), in.age};
        }}},
      {"horizontalpodautoscalers.autoscaling",
       {"Name | Reference | Targets | MinPods | MaxPods | Replicas | Age",
        [](In in) -> Json {
          return {name_of(in),
                  text_at(spec(in), {"scaleTargetRef", "kind"}) + "/" + text_at(spec(in), {"scaleTargetRef", "name"}),
                  targets_of(in),
                  text_count(spec(in), "minReplicas", 1),
                  count(spec(in), "maxReplicas"),
                  count(status(in), "currentReplicas"),
                  in.age};
        }}},
  };
  return kKinds;
}

}  // namespace k8s_fake
