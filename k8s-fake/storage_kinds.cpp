// Claims, volumes, classes and the CSI kinds. Source: kubernetes.md 4.1 to 4.4.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "k8s-fake/quantity.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

/// The newest mode came in 1.22.
std::vector<std::string> modes_known(const FieldErrors& errors) {
  std::vector<std::string> out = {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce"};
  if (errors.at_least(22)) out.push_back("ReadWriteOncePod");
  return out;
}

constexpr const char* kBetaClass = "volume.beta.kubernetes.io/storage-class";

bool add_finalizer(Json& object, const char* name) {
  Json& list = object["metadata"]["finalizers"];
  if (!list.is_array()) list = Json::array();
  if (std::find(list.begin(), list.end(), Json(name)) != list.end()) return false;
  list.push_back(name);
  return true;
}

std::string default_class(const Server& server) {
  std::string name, newest;
  for (const auto& [key, object] : server.store.objects(server.resource("storage.k8s.io", "storageclasses"))) {
    if (object->tail.find("is-default-class") == std::string::npos) continue;
    const Json json = object->json();
    const Json& annotations = at_path(json, {"metadata", "annotations"});
    if (text_at(annotations, "storageclass.kubernetes.io/is-default-class") != "true" &&
        text_at(annotations, "storageclass.beta.kubernetes.io/is-default-class") != "true")
      continue;
    const std::string created = text_at(json, {"metadata", "creationTimestamp"});
    if (name.empty() || created > newest) {
      name = object->name;
      newest = created;
    }
  }
  return name;
}

std::string claim_class(const Json& claim) {
  const Json& annotation = at_path(claim, {"metadata", "annotations", kBetaClass});
  return annotation.is_string() ? annotation.get<std::string>() : text_at(claim, {"spec", "storageClassName"});
}

__int128 requested(const Json& claim) {
  return quantity_milli(text_at(claim, {"spec", "resources", "requests", "storage"})).value_or(0);
}

std::optional<ApiStatus> admit_claim(Write& write) {
  if (write.operation == Operation::remove) return std::nullopt;
  Json& claim = write.object;
  const Server& server = write.call.server;
  if (write.operation == Operation::create) {
    claim["status"] = {{"phase", "Pending"}};
    if (server.version.minor > 6) add_finalizer(claim, "kubernetes.io/pvc-protection");
    if (!claim["spec"].contains("storageClassName") &&
        !at_path(claim, {"metadata", "annotations"}).contains(kBetaClass)) {
      if (const std::string name = default_class(server); !name.empty()) claim["spec"]["storageClassName"] = name;
    }
    return std::nullopt;
  }
  if (!write.subresource.empty() || requested(claim) <= requested(*write.old) ||
      text_at(*write.old, {"status", "phase"}) != "Bound")
    return std::nullopt;
  const std::string name = claim_class(claim);
  const Json storage_class = name.empty() ? Json() : server.read("storage.k8s.io", "storageclasses", "", name);
  if (is_true(storage_class, {"allowVolumeExpansion"})) return std::nullopt;
  return forbidden(write.call.what(), text_at(claim, {"metadata", "name"}),
                   "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must "
                   "support resize");
}

void default_claim(Json& claim) {
  default_claim_spec(object_at(claim, "spec"));
  default_to(object_at(claim, "status"), "phase", "Pending");
}

void validate_claim_update(const Json& claim, const Json& old, FieldErrors& errors) {
  Json before = at(old, "spec"), after = at(claim, "spec");
  const bool bound = text_at(old, {"status", "phase"}) == "Bound";
  if (text_at(before, "volumeName").empty()) before["volumeName"] = after["volumeName"] = "";
  if (!before.contains("storageClassName") || at_path(old, {"metadata", "annotations"}).contains(kBetaClass)) {
    before.erase("storageClassName");
    after.erase("storageClassName");
  }
  before.erase("volumeAttributesClassName");
  after.erase("volumeAttributesClassName");
  if (bound) {
    before["resources"].erase("requests");
    after["resources"].erase("requests");
  }
  if (before != after) {
    errors.forbidden("spec", std::string("spec is immutable after creation except resources.requests ") +
                                 (errors.at_least(29) ? "and volumeAttributesClassName " : "") + "for bound claims\n" +
                                 spec_diff(at(old, "spec"), at(claim, "spec")));
  }
  const auto capacity = quantity_milli(text_at(old, {"status", "capacity", "storage"}));
  // Since 1.32 a growth that cannot succeed may be taken back.
  const bool recovers = errors.at_least(32);
  if (bound && requested(claim) < requested(old) && (!recovers || !capacity || requested(claim) < *capacity)) {
    errors.forbidden("spec.resources.requests.storage", recovers ? "field can not be less than status.capacity"
                                                                 : "field can not be less than previous value");
  }
}

void validate_claim(const Json& claim, const Json* old, FieldErrors& errors) {
  validate_claim_spec(at(claim, "spec"), "spec", errors);
  if (old != nullptr) validate_claim_update(claim, *old, errors);
}

// --- volumes

const char* const kSources[] = {"awsElasticBlockStore",
                                "azureDisk",
                                "azureFile",
                                "cephfs",
                                "cinder",
                                "csi",
                                "fc",
                                "flexVolume",
                                "flocker",
                                "gcePersistentDisk",
                                "glusterfs",
                                "hostPath",
                                "iscsi",
                                "local",
                                "nfs",
                                "photonPersistentDisk",
                                "portworxVolume",
                                "quobyte",
                                "rbd",
                                "scaleIO",
                                "storageos",
                                "vsphereVolume"};

void default_volume(Json& volume) {
  Json& spec = object_at(volume, "spec");
  default_to(spec, "persistentVolumeReclaimPolicy", "Retain");
  default_to(spec, "volumeMode", "Filesystem");
  default_to(object_at(volume, "status"), "phase", "Pending");
  if (at(spec, "hostPath").is_object()) default_to(spec["hostPath"], "type", "");
  if (at(spec, "iscsi").is_object()) default_to(spec["iscsi"], "iscsiInterface", "default");
  for (const auto* key : {"claimRef"}) {
    if (at(spec, key).is_object() && !spec[key].contains("kind")) {
      spec[key]["kind"] = "PersistentVolumeClaim";
      spec[key]["apiVersion"] = "v1";
    }
  }
}

std::optional<ApiStatus> admit_volume(Write& write) {
  const Server& server = write.call.server;
  if (write.operation == Operation::create) {
    write.object["status"] = {{"phase", "Pending"}};
    if (server.at_least(31)) write.object["status"]["lastPhaseTransitionTime"] = server.now_text();
    if (server.version.minor > 6) add_finalizer(write.object, "kubernetes.io/pv-protection");
  } else if (write.operation == Operation::update && server.at_least(28) &&
             at_path(write.object, {"status", "phase"}) != at_path(*write.old, {"status", "phase"})) {
    write.object["status"]["lastPhaseTransitionTime"] = server.now_text();
  }
  return std::nullopt;
}

void validate_iscsi(const Json& source, FieldErrors& errors) {
  if (text_at(source, "targetPortal").empty()) errors.required("spec.iscsi.targetPortal");
  const std::string iqn = text_at(source, "iqn");
  if (iqn.empty()) errors.required("spec.iscsi.iqn");
  else if (iqn.rfind("iqn.", 0) != 0 && iqn.rfind("eui.", 0) != 0 && iqn.rfind("naa.", 0) != 0)
    errors.invalid("spec.iscsi.iqn", iqn, "must be valid format");
  const std::int64_t lun = int_at(source, {"lun"});
  if (lun < 0 || lun > 255) errors.invalid("spec.iscsi.lun", lun, "must be between 0 and 255, inclusive");
}

void validate_source(const std::string& kind, const Json& source, FieldErrors& errors) {
  if (kind == "nfs") {
    if (text_at(source, "server").empty()) errors.required("spec.nfs.server");
    const std::string path = text_at(source, "path");
    if (path.empty()) errors.required("spec.nfs.path");
    if (path.empty() || path.front() != '/') errors.invalid("spec.nfs.path", path, "must be an absolute path");
  } else if (kind == "csi") {
    const std::string driver = text_at(source, "driver");
    if (driver.empty()) errors.required("spec.csi.driver");
    if (driver.size() > 63) errors.too_long("spec.csi.driver", 63);
    else if (const auto problem = subdomain_problem(base::to_lower(driver)); !problem.empty())
      errors.invalid("spec.csi.driver", driver, problem);
    if (text_at(source, "volumeHandle").empty()) errors.required("spec.csi.volumeHandle");
    for (const auto* secret : {"controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef",
                               "nodeStageSecretRef", "nodeExpandSecretRef"}) {
      if (!at(source, secret).is_object()) continue;
      for (const auto* key : {"name", "namespace"}) {
        if (text_at(source, {secret, key}).empty()) errors.required(std::string("spec.csi.") + secret + "." + key);
      }
    }
  } else if (kind == "iscsi") {
    validate_iscsi(source, errors);
  } else if (kind == "hostPath") {
    const std::string path = text_at(source, "path");
    if (path.empty()) errors.required("spec.hostPath.path");
    else if (("/" + path + "/").find("/../") != std::string::npos)
      errors.invalid("spec.hostPath.path", path, "must not contain '..'");
  } else if (kind == "local" && text_at(source, "path").empty()) {
    errors.required("spec.local.path");
  }
}

void validate_volume(const Json& volume, const Json* old, FieldErrors& errors) {
  const Json& spec = at(volume, "spec");
  if (at(spec, "accessModes").empty()) errors.required("spec.accessModes");
  for (const auto& mode : at(spec, "accessModes")) one_of(mode, "spec.accessModes", modes_known(errors), errors);
  const Json& capacity = at(spec, "capacity");
  if (capacity.empty()) errors.required("spec.capacity");
  else if (!capacity.contains("storage") || capacity.size() > 1)
    errors.unsupported("spec.capacity", capacity, {"storage"});
  else if (quantity_milli(text_at(capacity, "storage")).value_or(0) <= 0)
    errors.invalid("spec.capacity[storage]", capacity["storage"], "must be greater than zero");
  one_of(at(spec, "persistentVolumeReclaimPolicy"), "spec.persistentVolumeReclaimPolicy",
         {"Delete", "Recycle", "Retain"}, errors);
  one_of(at(spec, "volumeMode"), "spec.volumeMode", {"Block", "Filesystem"}, errors);
  if (text_at(spec, "persistentVolumeReclaimPolicy") == "Recycle" && text_at(spec, {"hostPath", "path"}) == "/") {
    errors.forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
  }
  if (const Json& affinity = at(spec, "nodeAffinity"); affinity.is_object()) {
    if (!at(affinity, "required").is_object())
      errors.required("spec.nodeAffinity.required", "must specify required node constraints");
    else if (at_path(affinity, {"required", "nodeSelectorTerms"}).empty())
      errors.required("spec.nodeAffinity.required.nodeSelectorTerms", "must have at least one node selector term");
  }
  int sources = 0;
  for (const auto* kind : kSources) {
    const Json& source = at(spec, kind);
    if (!source.is_object()) continue;
    if (++sources > 1) errors.forbidden(std::string("spec.") + kind, "may not specify more than 1 volume type");
    else validate_source(kind, source, errors);
  }
  if (sources == 0) errors.required("spec", "must specify a volume type");
  if (at(spec, "local").is_object() && !spec.contains("nodeAffinity"))
    errors.required("spec.nodeAffinity", "Local volume requires node affinity");
  if (const std::string name = text_at(spec, "storageClassName"); !name.empty()) {
    if (const auto problem = subdomain_problem(name); !problem.empty())
      errors.invalid("spec.storageClassName", name, problem);
  }
  if (old == nullptr) return;
  const Json& before = at(*old, "spec");
  const bool changed = std::any_of(std::begin(kSources), std::end(kSources),
                                   [&](const char* kind) { return at(spec, kind) != at(before, kind); });
  if (changed)
    errors.forbidden("spec.persistentvolumesource",
                     "spec.persistentvolumesource is immutable after creation\n" + spec_diff(before, spec));
  if (at(spec, "volumeMode") != at(before, "volumeMode"))
    errors.invalid("spec.volumeMode", at(spec, "volumeMode"), "field is immutable");
  if (before.contains("nodeAffinity") && at(spec, "nodeAffinity") != at(before, "nodeAffinity"))
    errors.invalid("spec.nodeAffinity", at(spec, "nodeAffinity"), "field is immutable");
}

// --- classes and CSI

void default_class_fields(Json& object) {
  default_to(object, "reclaimPolicy", "Delete");
  default_to(object, "volumeBindingMode", "Immediate");
}

void validate_class(const Json& object, const Json* old, FieldErrors& errors) {
  const std::string provisioner = text_at(object, "provisioner");
  if (provisioner.empty()) errors.required("provisioner");
  else if (const auto problem = qualified_name_problem(base::to_lower(provisioner)); !problem.empty())
    errors.invalid("provisioner", provisioner, problem);
  one_of(at(object, "reclaimPolicy"), "reclaimPolicy", {"Delete", "Retain"}, errors);
  one_of(at(object, "volumeBindingMode"), "volumeBindingMode", {"Immediate", "WaitForFirstConsumer"}, errors);
  if (at(object, "parameters").size() > 512) errors.too_long("parameters", 512);
  std::size_t total = 0;
  for (const auto& [key, value] : at(object, "parameters").items()) {
    if (key.empty()) errors.invalid("parameters", key, "field can not be empty.");
    total += key.size() + (value.is_string() ? value.get_ref<const std::string&>().size() : 0);
  }
  if (total > 262144) errors.too_long("parameters", 262144);
  std::size_t term = 0;
  for (const auto& topology : at(object, "allowedTopologies")) {
    std::size_t i = 0;
    for (const auto& each : at(topology, "matchLabelExpressions")) {
      const std::string path =
          "allowedTopologies[" + std::to_string(term) + "].matchLabelExpressions[" + std::to_string(i++) + "]";
      if (at(each, "values").empty()) errors.required(path + ".values");
      if (const auto problem = qualified_name_problem(text_at(each, "key")); !problem.empty())
        errors.invalid(path + ".key", at(each, "key"), problem);
    }
    ++term;
  }
  if (old == nullptr) return;
  for (const auto* key : {"parameters", "provisioner", "reclaimPolicy"}) {
    if (at(object, key) != at(*old, key)) errors.forbidden(key, std::string("updates to ") + key + " are forbidden.");
  }
  if (at(object, "volumeBindingMode") != at(*old, "volumeBindingMode"))
    errors.invalid("volumeBindingMode", at(object, "volumeBindingMode"), "field is immutable");
}

void default_driver(Json& object) {
  Json& spec = object_at(object, "spec");
  default_to(spec, "attachRequired", true);
  default_to(spec, "podInfoOnMount", false);
  default_to(spec, "storageCapacity", false);
  default_to(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
  default_to(spec, "volumeLifecycleModes", Json::array({"Persistent"}));
  default_to(spec, "requiresRepublish", false);
  default_to(spec, "seLinuxMount", false);
}

void validate_driver(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  one_of(at(spec, "fsGroupPolicy"), "spec.fsGroupPolicy", {"File", "None", "ReadWriteOnceWithFSType"}, errors);
  for (const auto& mode : at(spec, "volumeLifecycleModes"))
    one_of(mode, "spec.volumeLifecycleModes", {"Persistent", "Ephemeral"}, errors);
  if (old != nullptr && at(spec, "attachRequired") != at_path(*old, {"spec", "attachRequired"}))
    errors.invalid("spec.attachRequired", at(spec, "attachRequired"), "field is immutable");
}

void validate_csi_node(const Json& object, const Json*, FieldErrors& errors) {
  std::vector<std::string> seen;
  std::size_t i = 0;
  for (const auto& driver : at_path(object, {"spec", "drivers"})) {
    const std::string path = "spec.drivers[" + std::to_string(i++) + "]";
    const std::string name = text_at(driver, "name"), id = text_at(driver, "nodeID");
    if (name.empty()) errors.required(path + ".name");
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) errors.duplicate(path + ".name", name);
    seen.push_back(name);
    if (id.empty()) errors.required(path + ".nodeID");
    else if (id.size() > 192) errors.invalid(path + ".nodeID", id, "must be 192 characters or less");
  }
}

void default_attachment(Json& object) { default_to(object, "status", Json{{"attached", false}}); }

void validate_attachment(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  if (text_at(spec, "attacher").empty()) errors.required("spec.attacher");
  if (text_at(spec, "nodeName").empty()) errors.required("spec.nodeName");
  const Json& source = at(spec, "source");
  if (!source.contains("persistentVolumeName") && !source.contains("inlineVolumeSpec"))
    errors.required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
  if (old != nullptr && spec != at(*old, "spec")) errors.invalid("spec", spec, "field is immutable");
}

void validate_attributes_class(const Json& object, const Json* old, FieldErrors& errors) {
  if (text_at(object, "driverName").empty()) errors.required("driverName");
  if (old == nullptr) return;
  if (at(object, "driverName") != at(*old, "driverName"))
    errors.forbidden("driverName", "updates to driverName are forbidden.");
  if (at(object, "parameters") != at(*old, "parameters"))
    errors.forbidden("parameters", "updates to parameters are forbidden.");
}

}  // namespace

void default_claim_spec(Json& spec) {
  default_to(spec, "volumeMode", "Filesystem");
  const Json& source = at(spec, "dataSource");
  if (source.is_object()) {
    const bool claim = text_at(source, "apiGroup").empty() && text_at(source, "kind") == "PersistentVolumeClaim";
    const bool snapshot =
        text_at(source, "apiGroup") == "snapshot.storage.k8s.io" && text_at(source, "kind") == "VolumeSnapshot";
    if (!claim && !snapshot) spec.erase("dataSource");
  }
  if (spec.contains("dataSource") && !spec.contains("dataSourceRef")) spec["dataSourceRef"] = spec["dataSource"];
  else if (spec.contains("dataSourceRef") && !spec.contains("dataSource") &&
           text_at(spec["dataSourceRef"], "namespace").empty())
    spec["dataSource"] = spec["dataSourceRef"];
}

void validate_claim_spec(const Json& spec, const std::string& path, FieldErrors& errors) {
  const Json& modes = at(spec, "accessModes");
  if (modes.empty()) errors.required(path + ".accessModes", "at least 1 access mode is required");
  for (const auto& mode : modes) one_of(mode, path + ".accessModes", modes_known(errors), errors);
  if (modes.size() > 1 && std::find(modes.begin(), modes.end(), Json("ReadWriteOncePod")) != modes.end()) {
    errors.forbidden(path + ".accessModes", "may not use ReadWriteOncePod with other access modes");
  }
  const Json& storage = at_path(spec, {"resources", "requests", "storage"});
  if (storage.is_null()) errors.required(path + ".resources[storage]");
  else if (quantity_milli(storage.is_string() ? storage.get<std::string>() : "").value_or(0) <= 0)
    errors.invalid(path + ".resources[storage]", storage, "must be greater than zero");
  if (const std::string name = text_at(spec, "storageClassName"); !name.empty()) {
    if (const auto problem = subdomain_problem(name); !problem.empty())
      errors.invalid(path + ".storageClassName", name, problem);
  }
  one_of(at(spec, "volumeMode"), path + ".volumeMode", {"Block", "Filesystem"}, errors);
  validate_labels(at_path(spec, {"selector", "matchLabels"}), path + ".selector.matchLabels", errors);
}

void add_storage_behaviour(Kinds& kinds) {
  const auto set = [&](const char* group, const char* plural, void (*defaults)(Json&),
                       void (*validate)(const Json&, const Json*, FieldErrors&),
                       std::optional<ApiStatus> (*admit)(Write&)) {
    Resource& resource = *kinds.resource(group, plural);
    resource.set_defaults = defaults;
    resource.validate = validate;
    resource.admit = admit;
  };
  set("", "persistentvolumeclaims", default_claim, validate_claim, admit_claim);
  set("", "persistentvolumes", default_volume, validate_volume, admit_volume);
  set("storage.k8s.io", "storageclasses", default_class_fields, validate_class, nullptr);
  set("storage.k8s.io", "csidrivers", default_driver, validate_driver, nullptr);
  set("storage.k8s.io", "csinodes", nullptr, validate_csi_node, nullptr);
  set("storage.k8s.io", "volumeattachments", default_attachment, validate_attachment, nullptr);
  set("storage.k8s.io", "volumeattributesclasses", nullptr, validate_attributes_class, nullptr);
}

}  // namespace k8s_fake
