#include "provisioner/api/rest_routes.h"

#include <optional>
#include <tuple>

#include "provisioner/base/text.h"

namespace provisioner::api {

namespace asio = boost::asio;

Answer fail(int status, std::string_view key, bool empty_is_text, const std::string& why) {
  Json body = Json::object();
  if (!key.empty()) body[std::string(key)] = empty_is_text ? Json("") : Json();
  body["error"] = why;
  return {status, std::move(body)};
}

namespace {

int delete_status(const Error& error) { return error.kind == ErrorKind::not_found ? 404 : 500; }

Answer added(Desk& desk, const char* handler, const char* what, std::string_view key, const Result<std::string>& name,
             const char* field) {
  if (!name) {
    desk.logger.error(name.error().message, {{"handler", handler}});
    return fail(400, key, true, name.error().message);
  }
  desk.logger.info(what, {{"handler", handler}, {field, *name}});
  Json body;
  body[std::string(key)] = *name;
  return {201, std::move(body)};
}

Result<Json> body_of(const Call& call) {
  auto json = parse_json(call.body);
  if (!json) return Error{ErrorKind::invalid, "invalid JSON: " + json.error().message};
  return json;
}

Answer names_answer(const char* key, const std::vector<std::string>& names) {
  Json body;
  body[key] = names;
  return {200, std::move(body)};
}

// Version and diagnosis.
Answer get_version(Desk& desk, const Call&) {
  Json body;
  body["version"] = desk.options.version;
  return {200, std::move(body)};
}

Answer explain(Desk& desk, const Call& call) {
  Result<VolumeConfig> config =
      Error{ErrorKind::invalid, "name a claim as NAMESPACE/NAME, or give a volume's configuration as the body"};
  if (call.names.size() == 2) {
    if (!desk.options.claim_config) return fail(404, "", false, "claims are not found without the Kubernetes frontend");
    config = desk.options.claim_config(call.names[0] + "/" + call.names[1]);
  } else {
    auto json = body_of(call);
    config = json ? volume_config_from_json(*json) : Result<VolumeConfig>(json.error());
  }
  if (!config) return fail(delete_status(config.error()) == 404 ? 404 : 400, "", false, config.error().message);
  auto verdicts = desk.core.explain(*config);
  if (!verdicts) return fail(delete_status(verdicts.error()) == 404 ? 404 : 400, "", false, verdicts.error().message);
  Json body;
  body["volume"] = config->name;
  body["storageClass"] = config->storage_class;
  body["pools"] = Json::array();
  for (const PoolVerdict& verdict : *verdicts) {
    Json row;
    row["backend"] = verdict.backend;
    row["pool"] = verdict.pool;
    row["suitable"] = verdict.suitable;
    row["reason"] = verdict.reason;
    body["pools"].push_back(std::move(row));
  }
  return {200, std::move(body)};
}

// Backends.
asio::awaitable<Answer> add_backend(Desk& desk, Call call) {
  auto name = co_await desk.core.add_backend(call.body);
  co_return added(desk, "AddBackend", "Added a new backend.", "backend", name, "backend");
}

asio::awaitable<Answer> update_backend(Desk& desk, Call call) {
  auto name = co_await desk.core.update_backend(call.names[0], call.body);
  if (!name) {
    desk.logger.error(name.error().message, {{"handler", "UpdateBackend"}});
    co_return fail(name.error().kind == ErrorKind::not_found ? 404 : 400, "backend", true, name.error().message);
  }
  desk.logger.info("Updated a backend.", {{"handler", "UpdateBackend"}, {"backend", *name}});
  Json body;
  body["backend"] = *name;
  co_return Answer{200, std::move(body)};
}

Answer list_backends(Desk& desk, const Call&) { return names_answer("backends", desk.core.backends()); }

Answer get_backend(Desk& desk, const Call& call) {
  const auto backend = desk.core.backend(call.names[0]);
  if (!backend) return fail(404, "backend", false, backend.error().message);
  Json body;
  body["backend"] = to_json(*backend);
  return {200, std::move(body)};
}

Answer deleted(Desk& desk, const char* handler, const Result<void>& done) {
  if (done) return {200, Json::object()};
  desk.logger.error(done.error().message, {{"handler", handler}});
  return fail(delete_status(done.error()), "", false, done.error().message);
}

asio::awaitable<Answer> delete_backend(Desk& desk, Call call) {
  auto done = co_await desk.core.delete_backend(call.names[0]);
  co_return deleted(desk, "DeleteBackend", done);
}

// Volumes.
Result<VolumeConfig> volume_from(const Call& call) {
  const auto json = body_of(call);
  if (!json) return json.error();
  auto config = volume_config_from_json(*json);
  if (!config) return Error{ErrorKind::invalid, "invalid JSON: " + config.error().message};
  if (config->name.empty() || config->size.empty())
    return Error{ErrorKind::invalid, "the following fields are mandatory: name and size"};
  if (!config->protocol.empty() && config->protocol != "file" && config->protocol != "block") {
    return Error{ErrorKind::invalid, "\"" + config->protocol + "\" is no protocol; it must be file, block or empty"};
  }
  config->internal_name.clear();
  return config;
}

asio::awaitable<Answer> add_volume(Desk& desk, Call call) {
  auto config = volume_from(call);
  Result<std::string> backend = Error{};
  if (config) {
    auto volume = co_await desk.core.add_volume(std::move(*config));
    backend = volume ? Result<std::string>(volume->backend) : Result<std::string>(volume.error());
  } else {
    backend = config.error();
  }
  co_return added(desk, "AddVolume", "Added a new volume.", "backend", backend, "backend");
}

/// 19.04 sends {"backend":…,"internalName":…,"noManage":…,"pvcData":base64 of a claim}; without Kubernetes there is
/// "name" (and "storageClass", "accessMode") instead of the claim.
Result<std::pair<ImportRequest, Json>> import_from(const Call& call) {
  const auto json = body_of(call);
  if (!json) return json.error();
  const auto text = [&](const char* key) {
    const Json* value = member(*json, key);
    return value && value->is_string() ? value->get<std::string>() : std::string();
  };
  ImportRequest request{
      .backend = text("backend"), .internal_name = text("internalName"), .config = {}, .managed = true};
  request.config.name = text("name");
  request.config.storage_class = text("storageClass");
  request.config.access_mode = text("accessMode");
  const Json* unmanaged = member(*json, "noManage");
  request.managed = !(unmanaged && unmanaged->is_boolean() && unmanaged->get<bool>());
  const std::string data = text("pvcData");
  if (request.backend.empty() || request.internal_name.empty() || (request.config.name.empty() && data.empty())) {
    return Error{ErrorKind::invalid, "the following fields are mandatory: backend, internalName and pvcData"};
  }
  Json claim;
  if (!data.empty()) {
    const auto decoded = base::base64_decode(data);
    if (!decoded) return Error{ErrorKind::invalid, "the pvcData field does not contain valid base64-encoded data"};
    auto parsed = parse_json(*decoded);
    if (!parsed) return Error{ErrorKind::invalid, "could not parse JSON PVC: " + parsed.error().message};
    claim = std::move(*parsed);
  }
  return std::pair(std::move(request), std::move(claim));
}

asio::awaitable<Answer> import_volume(Desk& desk, Call call) {
  auto request = import_from(call);
  Result<Volume> volume = Error{ErrorKind::invalid, "importing a volume with a claim needs the Kubernetes frontend"};
  if (!request) {
    volume = request.error();
  } else if (request->second.is_null()) {
    volume = co_await desk.core.import_volume(std::move(request->first));
  } else if (desk.options.import_claim) {
    volume = co_await desk.options.import_claim(std::move(request->first), std::move(request->second));
  }
  if (!volume) {
    desk.logger.error(volume.error().message, {{"handler", "ImportVolume"}});
    co_return fail(400, "volume", false, volume.error().message);
  }
  desk.logger.info("Imported an existing volume.",
                   {{"handler", "ImportVolume"}, {"backend", volume->backend}, {"volume", volume->config.name}});
  Json body;
  body["volume"] = to_json(*volume);
  co_return Answer{201, std::move(body)};
}

Answer list_volumes(Desk& desk, const Call&) { return names_answer("volumes", desk.core.volumes()); }

Answer get_volume(Desk& desk, const Call& call) {
  const auto volume = desk.core.volume(call.names[0]);
  if (!volume) return fail(404, "volume", false, volume.error().message);
  Json body;
  body["volume"] = to_json(*volume);
  return {200, std::move(body)};
}

asio::awaitable<Answer> delete_volume(Desk& desk, Call call) {
  auto done = co_await desk.core.delete_volume(call.names[0]);
  co_return deleted(desk, "DeleteVolume", done);
}

asio::awaitable<Answer> resize_volume(Desk& desk, Call call) {
  auto json = body_of(call);
  const Json* size = json ? member(*json, "size") : nullptr;
  if (!size || !size->is_string())
    co_return fail(400, "volume", false, json ? "the field size is mandatory" : json.error().message);
  auto volume = co_await desk.core.resize_volume(call.names[0], size->get<std::string>());
  if (!volume) {
    desk.logger.error(volume.error().message, {{"handler", "ResizeVolume"}});
    co_return fail(volume.error().kind == ErrorKind::not_found ? 404 : 400, "volume", false, volume.error().message);
  }
  Json body;
  body["volume"] = to_json(*volume);
  co_return Answer{200, std::move(body)};
}

// Storage classes.
asio::awaitable<Answer> add_storage_class(Desk& desk, Call call) {
  auto json = body_of(call);
  auto config = json ? storage_class_config_from_json(*json) : Result<StorageClassConfig>(json.error());
  Result<std::string> name = Error{};
  if (!config) {
    name = json ? Error{ErrorKind::invalid, "invalid JSON: " + config.error().message} : config.error();
  } else {
    config->origin.clear();
    name = config->name;
    auto done = co_await desk.core.add_storage_class(std::move(*config));
    if (!done) name = done.error();
  }
  co_return added(desk, "AddStorageClass", "Added a new storage class.", "storageClass", name, "storageClass");
}

Answer list_storage_classes(Desk& desk, const Call&) {
  return names_answer("storageClasses", desk.core.storage_classes());
}

Answer get_storage_class(Desk& desk, const Call& call) {
  const auto storage_class = desk.core.storage_class(call.names[0]);
  if (!storage_class) return fail(404, "storageClass", false, storage_class.error().message);
  Json body;
  body["storageClass"] = to_json(*storage_class);
  return {200, std::move(body)};
}

asio::awaitable<Answer> delete_storage_class(Desk& desk, Call call) {
  auto done = co_await desk.core.delete_storage_class(call.names[0]);
  co_return deleted(desk, "DeleteStorageClass", done);
}

// Snapshots.
asio::awaitable<Answer> add_snapshot(Desk& desk, Call call) {
  auto json = body_of(call);
  Result<std::string> name =
      json ? Result<std::string>(Error{ErrorKind::invalid, "the following fields are mandatory: volumeName and name"})
           : Result<std::string>(json.error());
  const Json* volume = json ? member(*json, "volumeName") : nullptr;
  const Json* snapshot = json ? member(*json, "name") : nullptr;
  if (volume && snapshot && volume->is_string() && snapshot->is_string()) {
    auto made = co_await desk.core.create_snapshot(volume->get<std::string>(), snapshot->get<std::string>());
    name = made ? Result<std::string>(made->volume + "/" + made->name) : Result<std::string>(made.error());
  }
  co_return added(desk, "AddSnapshot", "Added a new snapshot.", "snapshotID", name, "snapshot");
}

asio::awaitable<Answer> list_snapshots(Desk& desk, Call call) {
  std::vector<std::string> ids;
  std::vector<std::string> volumes = call.names.empty() ? desk.core.volumes() : call.names;
  for (const std::string& volume : volumes) {
    auto found = co_await desk.core.snapshots(volume);
    if (!found && !call.names.empty())
      co_return fail(delete_status(found.error()), "snapshots", false, found.error().message);
    if (!found) continue;
    for (const Snapshot& snapshot : *found) ids.push_back(snapshot.volume + "/" + snapshot.name);
  }
  co_return names_answer("snapshots", ids);
}

asio::awaitable<Answer> get_snapshot(Desk& desk, Call call) {
  auto found = co_await desk.core.snapshots(call.names[0]);
  if (!found) co_return fail(delete_status(found.error()), "snapshot", false, found.error().message);
  for (const Snapshot& snapshot : *found) {
    if (snapshot.name != call.names[1]) continue;
    Json body;
    body["snapshot"] = to_json(snapshot);
    co_return Answer{200, std::move(body)};
  }
  co_return fail(404, "snapshot", false,
                 "snapshot " + call.names[1] + " of volume " + call.names[0] + " was not found");
}

asio::awaitable<Answer> delete_snapshot(Desk& desk, Call call) {
  auto done = co_await desk.core.delete_snapshot(call.names[0], call.names[1]);
  co_return deleted(desk, "DeleteSnapshot", done);
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> rows{
      {.name = "GetVersion",
       .method = "GET",
       .path = "/trident/version",
       .key = "version",
       .now = get_version,
       .always = true},
      {.name = "GetVersion",
       .method = "GET",
       .path = "/trident/v1/version",
       .key = "version",
       .now = get_version,
       .always = true},
      {.name = "AddBackend", .method = "POST", .path = "/trident/v1/backend", .key = "backend", .later = add_backend},
      {.name = "UpdateBackend",
       .method = "POST",
       .path = "/trident/v1/backend/{backend}",
       .key = "backend",
       .later = update_backend},
      {.name = "ListBackends",
       .method = "GET",
       .path = "/trident/v1/backend",
       .key = "backends",
       .now = list_backends,
       .empty_is_text = false},
      {.name = "GetBackend",
       .method = "GET",
       .path = "/trident/v1/backend/{backend}",
       .key = "backend",
       .now = get_backend,
       .empty_is_text = false},
      {.name = "DeleteBackend",
       .method = "DELETE",
       .path = "/trident/v1/backend/{backend}",
       .key = "",
       .later = delete_backend},
      {.name = "AddVolume", .method = "POST", .path = "/trident/v1/volume", .key = "backend", .later = add_volume},
      {.name = "ImportVolume",
       .method = "POST",
       .path = "/trident/v1/volume/import",
       .key = "volume",
       .later = import_volume,
       .empty_is_text = false},
      {.name = "ListVolumes",
       .method = "GET",
       .path = "/trident/v1/volume",
       .key = "volumes",
       .now = list_volumes,
       .empty_is_text = false},
      {.name = "GetVolume",
       .method = "GET",
       .path = "/trident/v1/volume/{volume}",
       .key = "volume",
       .now = get_volume,
       .empty_is_text = false},
      {.name = "DeleteVolume",
       .method = "DELETE",
       .path = "/trident/v1/volume/{volume}",
       .key = "",
       .later = delete_volume},
      {.name = "ResizeVolume",
       .method = "POST",
       .path = "/trident/v1/volume/{volume}/resize",
       .key = "volume",
       .later = resize_volume,
       .empty_is_text = false},
      {.name = "ListVolumeSnapshots",
       .method = "GET",
       .path = "/trident/v1/volume/{volume}/snapshot",
       .key = "snapshots",
       .later = list_snapshots,
       .empty_is_text = false},
      {.name = "AddStorageClass",
       .method = "POST",
       .path = "/trident/v1/storageclass",
       .key = "storageClass",
       .later = add_storage_class},
      {.name = "ListStorageClasses",
       .method = "GET",
       .path = "/trident/v1/storageclass",
       .key = "storageClasses",
       .now = list_storage_classes,
       .empty_is_text = false},
      {.name = "GetStorageClass",
       .method = "GET",
       .path = "/trident/v1/storageclass/{storageClass}",
       .key = "storageClass",
       .now = get_storage_class,
       .empty_is_text = false},
      {.name = "DeleteStorageClass",
       .method = "DELETE",
       .path = "/trident/v1/storageclass/{storageClass}",
       .key = "",
       .later = delete_storage_class},
      {.name = "AddSnapshot",
       .method = "POST",
       .path = "/trident/v1/snapshot",
       .key = "snapshotID",
       .later = add_snapshot},
      {.name = "ListSnapshots",
       .method = "GET",
       .path = "/trident/v1/snapshot",
       .key = "snapshots",
       .later = list_snapshots,
       .empty_is_text = false},
      {.name = "GetSnapshot",
       .method = "GET",
       .path = "/trident/v1/snapshot/{volume}/{snapshot}",
       .key = "snapshot",
       .later = get_snapshot,
       .empty_is_text = false},
      {.name = "DeleteSnapshot",
       .method = "DELETE",
       .path = "/trident/v1/snapshot/{volume}/{snapshot}",
       .key = "",
       .later = delete_snapshot},
      {.name = "ExplainVolume", .method = "POST", .path = "/trident/v1/explain", .key = "", .now = explain},
      {.name = "ExplainClaim",
       .method = "GET",
       .path = "/trident/v1/explain/{namespace}/{claim}",
       .key = "",
       .now = explain},
  };
  return rows;
}

}  // namespace provisioner::api
