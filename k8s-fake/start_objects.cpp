// What a cluster holds from the start beside its own machinery: the snapshot CRDs and the objects of the settings.
#include <string>
#include <vector>

#include "k8s-fake/crd.h"
#include "k8s-fake/start_objects.h"

namespace k8s_fake {
namespace {

struct ColumnRow {
  const char* name;
  const char* type;
  const char* path;
};

struct CrdRow {
  const char* plural;
  const char* kind;
  bool namespaced;
  std::vector<std::string> short_names;
  bool status;
  std::vector<const char*> required;
  std::vector<ColumnRow> columns;
};

Json loose_object() { return {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}; }

Json snapshot_definition(const CrdRow& row, bool legacy) {
  Json properties = {
      {"apiVersion", {{"type", "string"}}}, {"kind", {{"type", "string"}}}, {"metadata", {{"type", "object"}}}};
  if (row.status) {
    properties["spec"] = loose_object();
    properties["status"] = loose_object();
  } else {
    properties["driver"] = {{"type", "string"}};
    properties["deletionPolicy"] = {{"type", "string"}, {"enum", {"Delete", "Retain"}}};
    properties["parameters"] = {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  }
  Json columns = Json::array();
  for (const auto& column : row.columns)
    columns.push_back({{"name", column.name}, {"type", column.type}, {"jsonPath", column.path}});
  columns.push_back({{"name", "Age"}, {"type", "date"}, {"jsonPath", ".metadata.creationTimestamp"}});
  Json versions = Json::array();
  for (const std::string name : {"v1", "v1beta1"}) {
    if (name != "v1" && !legacy) continue;
    Json version = {
        {"name", name},
        {"served", true},
        {"storage", name == "v1"},
        {"additionalPrinterColumns", columns},
        {"schema",
         {{"openAPIV3Schema", {{"type", "object"}, {"properties", properties}, {"required", row.required}}}}}};
    if (row.status) version["subresources"] = {{"status", Json::object()}};
    versions.push_back(version);
  }
  const std::string plural = row.plural, kind = row.kind;
  Json names = {{"kind", kind}, {"plural", plural}, {"listKind", kind + "List"}, {"shortNames", row.short_names}};
  Json annotations = {
      {"api-approved.kubernetes.io", "https://github.com/kubernetes-csi/external-snapshotter/pull/814"}};
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", plural + ".snapshot.storage.k8s.io"}, {"annotations", annotations}}},
          {"spec",
           {{"group", "snapshot.storage.k8s.io"},
            {"names", names},
            {"scope", row.namespaced ? "Namespaced" : "Cluster"},
            {"versions", versions}}}};
}

std::vector<CrdRow> snapshot_rows() {
  return {
      {"volumesnapshotclasses",
       "VolumeSnapshotClass",
       false,
       {"vsclass", "vsclasses"},
       false,
       {"deletionPolicy", "driver"},
       {{"Driver", "string", ".driver"}, {"DeletionPolicy", "string", ".deletionPolicy"}}},
      {"volumesnapshotcontents",
       "VolumeSnapshotContent",
       false,
       {"vsc", "vscs"},
       true,
       {"spec"},
       {{"ReadyToUse", "boolean", ".status.readyToUse"},
        {"RestoreSize", "integer", ".status.restoreSize"},
        {"DeletionPolicy", "string", ".spec.deletionPolicy"},
        {"Driver", "string", ".spec.driver"},
        {"VolumeSnapshotClass", "string", ".spec.volumeSnapshotClassName"},
        {"VolumeSnapshot", "string", ".spec.volumeSnapshotRef.name"},
        {"VolumeSnapshotNamespace", "string", ".spec.volumeSnapshotRef.namespace"}}},
      {"volumesnapshots",
       "VolumeSnapshot",
       true,
       {"vs"},
       true,
       {"spec"},
       {{"ReadyToUse", "boolean", ".status.readyToUse"},
        {"SourcePVC", "string", ".spec.source.persistentVolumeClaimName"},
        {"SourceSnapshotContent", "string", ".spec.source.volumeSnapshotContentName"},
        {"RestoreSize", "string", ".status.restoreSize"},
        {"SnapshotClass", "string", ".spec.volumeSnapshotClassName"},
        {"SnapshotContent", "string", ".status.boundVolumeSnapshotContentName"},
        {"CreationTime", "date", ".status.creationTime"}}},
  };
}

}  // namespace

std::optional<ApiStatus> create_at_start(Server& server, Json object) {
  const std::string version = text_at(object, "apiVersion"), kind = text_at(object, "kind");
  const auto slash = version.find('/');
  const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
  const Endpoint* endpoint =
      server.kinds.find_kind(group, slash == std::string::npos ? version : version.substr(slash + 1), kind);
  if (endpoint == nullptr) return bad_request("no matches for kind \"" + kind + "\" in version \"" + version + "\"");
  base::http::Request request;
  request.headers.set("User-Agent", "drydock/v1");
  Call call{.server = server, .request = request};
  call.user = {.name = "system:admin", .groups = {"system:masters"}};
  call.endpoint = endpoint;
  call.internal = true;
  call.info.is_resource = true;
  call.info.verb = "create";
  const std::string ns = text_at(object, {"metadata", "namespace"});
  call.info.ns = endpoint->resource->namespaced && ns.empty() ? "default" : ns;
  if (auto problem = check_fields(call, object, {}, true)) return *problem;
  object.erase("kind");
  object.erase("apiVersion");
  const Json status = at(object, "status");
  if (endpoint->to_storage != nullptr) endpoint->to_storage(object);
  auto made = create_object(call, std::move(object));
  if (!made) return made.error();
  if (!status.is_object() || !endpoint->resource->has_status()) return std::nullopt;
  auto updated = update_object(call, call.info.ns, text_at(made->json, {"metadata", "name"}), "status",
                               [&](const Json& current) -> ApiResult<Json> {
                                 Json next = current;
                                 next["status"] = status;
                                 return next;
                               });
  return updated ? std::nullopt : std::optional(updated.error());
}

void create_start_objects(Server& server) {
  if (server.config.snapshots) {
    for (const auto& row : snapshot_rows()) {
      if (auto problem = create_at_start(server, snapshot_definition(row, server.config.legacy_apis));
          problem && problem->code != 409)
        server.logger.error(problem->message);
    }
  }
  if (!server.config.openshift.empty()) create_openshift_objects(server);
  for (const auto& object : server.config.objects) {
    if (auto problem = create_at_start(server, object); problem && problem->code != 409)
      server.logger.error("an object of the settings was refused: " + problem->message);
  }
}

}  // namespace k8s_fake
