// create, update and patch, and the steps they share.
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "k8s-fake/api.h"
#include "k8s-fake/apply.h"
#include "k8s-fake/field_table.h"
#include "k8s-fake/names.h"
#include "k8s-fake/patch.h"
#include "k8s-fake/quota.h"
#include "k8s-fake/rules.h"
#include "k8s-fake/shape.h"
#include "k8s-fake/table.h"
#include "k8s-fake/webhooks.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr std::string_view kNameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/// Nothing new in a namespace that is not there or on its way out.
std::optional<ApiStatus> check_namespace(const Call& call, const std::string& ns) {
  const ObjectPtr found = call.server.store.find(call.server.resource("", "namespaces"), "", ns);
  if (found == nullptr) return not_found({"", "namespaces"}, ns);
  if (found->tail.find("\"deletionTimestamp\"") == std::string::npos) return std::nullopt;
  ApiStatus status = forbidden(call.what(), call.info.name,
                               "unable to create new content in namespace " + ns + " because it is being terminated");
  status.details["causes"] = Json::array({Json{{"reason", "NamespaceTerminating"},
                                               {"message", "namespace " + ns + " is being terminated"},
                                               {"field", "metadata.namespace"}}});
  return status;
}

/// Jobs, cron jobs and autoscalers count their specs only in newer releases.
bool tracks_generation(const Server& server, const Resource& resource) {
  return resource.tracks_generation &&
         (server.at_least(24) || (resource.group != "batch" && resource.group != "autoscaling"));
}

void prepare_metadata(Call& call, Json& object) {
  Server& server = call.server;
  Json& metadata = object["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  for (const auto* key : {"uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds",
                          "selfLink", "resourceVersion"})
    metadata.erase(key);
  if (call.resource().namespaced) metadata["namespace"] = call.info.ns;
  else metadata.erase("namespace");
  if (text_at(metadata, "name").empty()) {
    metadata.erase("name");
    if (const std::string prefix = text_at(metadata, "generateName"); !prefix.empty()) {
      for (int tries = 0; tries < (server.at_least(32) ? 8 : 1); ++tries) {
        const std::string name = prefix.substr(0, 58) + server.rng.text(5, kNameAlphabet);
        metadata["name"] = name;
        if (server.store.find(call.resource(), call.resource().namespaced ? call.info.ns : "", name) == nullptr) break;
      }
    }
  }
  metadata["uid"] = server.rng.uuid();
  if (call.talk != nullptr && call.talk->created.empty()) call.talk->created = server.now_text();
  metadata["creationTimestamp"] = call.talk == nullptr ? server.now_text() : call.talk->created;
  if (tracks_generation(server, call.resource()) || (call.resource().plural == "pods" && server.at_least(33)))
    metadata["generation"] = 1;
  if (server.version.minor < 20) {
    metadata["selfLink"] = (call.endpoint->group.empty() ? "/api/" : "/apis/") + call.endpoint->group_version() +
                           (call.resource().namespaced ? "/namespaces/" + call.info.ns : "") + "/" +
                           call.resource().plural + "/" + text_at(metadata, "name");
  }
}

void drop_empty_metadata(Json& object) {
  Json& metadata = object["metadata"];
  for (const auto* key :
       {"labels", "annotations", "finalizers", "ownerReferences", "managedFields", "generateName", "selfLink"}) {
    if (const auto found = metadata.find(key); found != metadata.end() && is_empty_value(*found)) metadata.erase(found);
  }
}

const Message* stored_shape(const Server& server, const Resource& resource) {
  const Endpoint* endpoint = server.kinds.preferred(resource);
  return endpoint == nullptr ? nullptr : find_message(endpoint->group_version(), resource.kind);
}

/// What a writer may not change is put back as it was.
void keep_server_fields(const Json& current, Json& next) {
  Json& metadata = next["metadata"];
  if (!metadata.is_object()) metadata = Json::object();
  const Json& before = at(current, "metadata");
  for (const auto* key : {"name", "generateName", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
                          "deletionGracePeriodSeconds", "generation", "selfLink", "resourceVersion"}) {
    if (const auto found = before.find(key); found != before.end()) metadata[key] = *found;
    else metadata.erase(key);
  }
}

/// The part of `next` that this (sub)resource may write, on top of `current`.
Json restrict(const Resource& resource, const Json& current, Json next, const std::string& subresource) {
  if (subresource == "status") {
    Json out = current;
    out["metadata"] = next["metadata"];
    if (resource.custom != nullptr) {
      out["metadata"] = current.at("metadata");
      if (next["metadata"].contains("managedFields"))
        out["metadata"]["managedFields"] = next["metadata"]["managedFields"];
    }
    if (next.contains("status")) out["status"] = next["status"];
    else out.erase("status");
    return out;
  }
  if (resource.has_status() && subresource.empty()) {
    if (current.contains("status")) next["status"] = current.at("status");
    else next.erase("status");
  }
  return next;
}

std::optional<ApiStatus> admit_built_in(Write& write) {
  if (const Resource& resource = write.call.resource(); resource.admit != nullptr) {
    if (auto problem = resource.admit(write)) return problem;
  }
  return apply_limit_ranges(write);
}

/// Runs defaults, admission and validation on the new state of an object.
std::optional<ApiStatus> admit(Call& call, Json& object, const Json* old, const std::string& subresource) {
  const Resource& resource = call.resource();
  if (resource.set_defaults != nullptr) resource.set_defaults(object);
  const Message* shape = resource.custom == nullptr ? stored_shape(call.server, resource) : nullptr;
  if (shape != nullptr) complete_object(*shape, object, call.server.version.minor);
  // What admission adds belongs to nobody.
  track_fields(call, old, object, subresource);
  Write write{call, old == nullptr ? Operation::create : Operation::update, object, old, subresource};
  if (auto problem = admit_built_in(write)) return problem;
  const bool asks = has_mutating_webhooks(write);
  const Json before = asks ? object : Json();
  if (asks) {
    if (auto problem = call_mutating_webhooks(write)) return problem;
  }
  if (asks && object != before) {
    // What webhooks made is completed like what a user sent.
    if (old != nullptr) {
      keep_server_fields(*old, object);
      object = restrict(resource, *old, std::move(object), subresource);
    }
    if (resource.set_defaults != nullptr) resource.set_defaults(object);
    if (shape != nullptr) complete_object(*shape, object, call.server.version.minor);
    if (auto problem = admit_built_in(write)) return problem;
  }
  drop_empty_metadata(object);
  // Nobody added to what has been completed above.
  const bool as_completed = resource.admit == nullptr && !asks;
  if (shape != nullptr && !as_completed) complete_object(*shape, object, call.server.version.minor);
  FieldErrors errors(call.server.version.minor);
  validate_metadata(resource, object, old, errors);
  if (resource.validate != nullptr) resource.validate(object, old, errors);
  if (resource.custom == nullptr) check_kind_rules(resource.kind, object, errors);
  const bool moved = resource.group == "networking.k8s.io" &&
                     (resource.plural == "ingresses" || resource.plural == "networkpolicies") &&
                     !call.server.at_least(22);
  if (!errors.empty())
    return invalid(moved ? "extensions" : call.endpoint->group, resource.kind, text_at(object, {"metadata", "name"}),
                   errors);
  if (auto problem = call_validating_webhooks(write)) return problem;
  return check_quotas(write);
}

bool spec_changed(const Resource& resource, const Json& old, const Json& next) {
  if (resource.custom == nullptr) {
    const bool annotated = resource.plural == "deployments" &&
                           at_path(old, {"metadata", "annotations"}) != at_path(next, {"metadata", "annotations"});
    return annotated || at(old, "spec") != at(next, "spec");
  }
  Json a = old, b = next;
  for (Json* each : {&a, &b}) {
    each->erase("metadata");
    each->erase("kind");
    each->erase("apiVersion");
    if (resource.has_status()) each->erase("status");
  }
  return a != b;
}

bool gone_after(const Resource& resource, const Json& object) {
  const Json& metadata = at(object, "metadata");
  if (!metadata.contains("deletionTimestamp")) return false;
  if (!is_empty_value(at(metadata, "finalizers"))) return false;
  if (resource.plural == "namespaces" && !is_empty_value(at_path(object, {"spec", "finalizers"}))) return false;
  return int_at(metadata, {"deletionGracePeriodSeconds"}) == 0;
}

/// The name and namespace that an object says it has, against those of the path.
std::optional<ApiStatus> check_name(const Call& call, const Json& object) {
  const std::string name = text_at(object, {"metadata", "name"}), ns = text_at(object, {"metadata", "namespace"});
  if (name.empty())
    return bad_request("the name of the object (" + call.info.name +
                       " based on URL) was undeterminable: name must be provided");
  if (name != call.info.name)
    return bad_request("the name of the object (" + name + ") does not match the name on the URL (" + call.info.name +
                       ")");
  if (!call.resource().namespaced || ns.empty() || ns == call.info.ns) return std::nullopt;
  if (call.server.at_least(22))
    return bad_request("the namespace of the provided object does not match the namespace sent on the request");
  return bad_request("the namespace of the object (" + ns + ") does not match the namespace on the request (" +
                     call.info.ns + ")");
}

/// A patch may not say what only the server says.
std::optional<ApiStatus> check_kept(const Call& call, const Json& current, const Json& next) {
  if (call.info.verb != "patch" && call.info.verb != "update") return std::nullopt;
  const std::string name = text_at(current, {"metadata", "name"});
  FieldErrors errors(call.server.version.minor);
  for (const auto* key : {"uid", "deletionTimestamp"}) {
    const Json& wanted = at_path(next, {"metadata", key});
    if (wanted.is_null() || wanted == at_path(current, {"metadata", key})) continue;
    if (std::string_view(key) == "uid" && call.info.verb == "update") continue;
    Json shown = wanted;
    const auto moment = wanted.is_string() && key[0] == 'd' ? parse_time(wanted.get<std::string>()) : std::nullopt;
    std::string text = dump(wanted);
    if (moment)
      text = base::replace_all(base::replace_all(base::to_rfc3339(*moment), "T", " "), "Z", "") + " +0000 UTC";
    errors.add(
        {"FieldValueInvalid", std::string("metadata.") + key, "Invalid value: " + text + ": field is immutable"});
  }
  if (errors.empty()) return std::nullopt;
  return invalid(call.endpoint->group, call.resource().kind, name, errors);
}

std::optional<ApiStatus> check_versions(Call& call, const Json& current, const Json& next, bool put) {
  const std::string wanted = text_at(next, {"metadata", "resourceVersion"});
  const std::string name = text_at(current, {"metadata", "name"});
  if (wanted.empty() || wanted == "0") {
    if (put && (call.resource().needs_resource_version || call.resource().custom != nullptr)) {
      FieldErrors errors(call.server.version.minor);
      errors.add({"FieldValueInvalid", "metadata.resourceVersion",
                  std::string("Invalid value: ") + (call.server.version.minor <= 20 ? "0x0" : "0") +
                      ": must be specified for an update"});
      return invalid(call.endpoint->group, call.resource().plural, name, errors);
    }
  } else if (!base::parse_unsigned(wanted)) {
    const std::string why = "strconv.ParseUint: parsing " + dump(Json(wanted)) + ": invalid syntax";
    if (call.server.at_least(21)) return bad_request("invalid resourceVersion: " + why);
    return ApiStatus{.code = 500, .reason = "", .message = why};
  } else if (wanted != text_at(current, {"metadata", "resourceVersion"})) {
    return stale(call.what(), name);
  }
  const std::string uid = text_at(next, {"metadata", "uid"});
  const std::string have = text_at(current, {"metadata", "uid"});
  if (!uid.empty() && uid != have && call.info.verb != "patch") {
    return conflict(call.what(), name,
                    "StorageError: invalid object, Code: 4, Key: /registry/" + call.resource().plural + "/" +
                        (call.resource().namespaced ? call.info.ns + "/" : "") + name +
                        ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: " + uid +
                        ", UID in object meta: " + have);
  }
  return std::nullopt;
}

bool is_apply_request(const Call& call) {
  return call.request.headers.get("Content-Type").rfind("application/apply-patch", 0) == 0;
}

}  // namespace

ApiResult<Stored> create_object(Call& call, Json object) {
  Server& server = call.server;
  const Resource& resource = call.resource();
  if (!text_at(object, {"metadata", "resourceVersion"}).empty()) {
    return ApiStatus{
        .code = 500, .reason = "", .message = "resourceVersion should not be set on objects to be created"};
  }
  if (resource.namespaced) {
    if (auto problem = check_namespace(call, call.info.ns)) return *problem;
  }
  prepare_metadata(call, object);
  if (resource.custom != nullptr && resource.has_status()) object.erase("status");
  if (auto problem = admit(call, object, nullptr, "")) return *problem;
  const std::string name = text_at(object, {"metadata", "name"});
  if (server.store.find(resource, resource.namespaced ? call.info.ns : "", name) != nullptr) {
    ApiStatus taken = already_exists(call.what(), name);
    if (!text_at(object, {"metadata", "generateName"}).empty())
      taken.message += ", the server was not able to generate a unique name for the object";
    return taken;
  }
  Stored out;
  if (!call.dry_run) out.object = server.store.put(resource, object);
  out.json = std::move(object);
  return out;
}

ApiResult<Stored> update_object(Call& call, const std::string& ns, const std::string& name,
                                const std::string& subresource,
                                const std::function<ApiResult<Json>(const Json& current)>& mutate) {
  Server& server = call.server;
  const Resource& resource = call.resource();
  const ObjectPtr stored = server.store.find(resource, resource.namespaced ? ns : "", name);
  if (stored == nullptr) return not_found(call.what(), name);
  const Json current = stored->json();
  auto made = mutate(current);
  if (!made) return made.error();
  Json next = std::move(*made);
  if (!next.is_object()) {  // a JSON patch can replace the whole
    return ApiStatus{.code = 422,
                     .reason = "Invalid",
                     .message = "the server rejected our request due to an error in our request",
                     .details = Json::object()};
  }
  next.erase("kind");
  next.erase("apiVersion");
  if (call.info.verb == "patch" && call.endpoint->resource == &resource && !call.internal && !is_apply_request(call)) {
    if (auto problem = check_name(call, next)) return *problem;
  }
  if (subresource.empty()) {
    if (auto problem = check_kept(call, current, next)) return *problem;
  }
  if (auto problem = check_versions(call, current, next, call.info.verb == "update" && !call.internal)) return *problem;
  keep_server_fields(current, next);
  next = restrict(resource, current, std::move(next), subresource);
  if (auto problem = admit(call, next, &current, subresource)) return *problem;
  const bool tracked = tracks_generation(server, resource) ||
                       (resource.plural == "pods" && current.at("metadata").contains("generation"));
  if (tracked && subresource != "status" && spec_changed(resource, current, next)) {
    next["metadata"]["generation"] = int_at(current, {"metadata", "generation"}) + 1;
  }
  Stored out;
  if (next == current) {
    out.object = stored;
    out.json = current;
    out.changed = false;
    return out;
  }
  if (!call.dry_run) {
    if (gone_after(resource, next)) {
      // The last finalizer went: the answer shows the final object, and watchers see it deleted.
      out.object = server.store.put(resource, next);
      server.store.remove(resource, resource.namespaced ? ns : "", name);
    } else {
      out.object = server.store.put(resource, next);
    }
  }
  out.json = std::move(next);
  return out;
}

Response stored_response(Call& call, int status, const Stored& stored) {
  WatchSpec spec;
  spec.endpoint = call.endpoint;
  if (call.request.headers.get("Accept").find("as=") != std::string::npos) {
    if (auto view = negotiate_view(call, false)) spec.view = *view;
  }
  if (stored.object != nullptr)
    return json_response(status, encode_view(call.server, spec, *stored.object, true) + "\n");
  Json shown = stored.json;
  if (shown.contains("metadata") && !call.info.name.empty() && !stored.changed)
    shown["metadata"].erase("resourceVersion");
  const ObjectPtr made = make_object(call.resource(), shown);
  return json_response(status, encode_view(call.server, spec, *made, true) + "\n");
}

ApiResult<Response> create(Call& call) {
  if (auto problem = check_options(call, "CreateOptions")) return *problem;
  if (!call.info.name.empty() && call.sub == nullptr) return method_not_allowed();
  auto body = read_body(call);
  if (!body) return body.error();
  if (call.resource().answer != nullptr) {
    auto answer = call.resource().answer(call, std::move(*body));
    if (!answer) return answer.error();
    return json_response(201, call.endpoint->head() + dump_tail(*answer) + "\n");
  }
  if (call.resource().namespaced && call.info.ns.empty()) return method_not_allowed();
  const std::string ns = text_at(*body, {"metadata", "namespace"});
  if (call.resource().namespaced && !ns.empty() && ns != call.info.ns) {
    return bad_request("the namespace of the provided object does not match the namespace sent on the request");
  }
  auto stored = create_object(call, std::move(*body));
  if (!stored) return stored.error();
  return stored_response(call, 201, *stored);
}

ApiResult<Response> update(Call& call) {
  if (auto problem = check_options(call, "UpdateOptions")) return *problem;
  auto body = read_body(call);
  if (!body) return body.error();
  const bool named =
      call.sub == nullptr || call.resource().custom != nullptr || !text_at(*body, {"metadata", "name"}).empty();
  if (named) {
    if (auto problem = check_name(call, *body)) return *problem;
  }
  const bool exists = call.server.store.find(call.resource(), call.resource().namespaced ? call.info.ns : "",
                                             call.info.name) != nullptr;
  if (!exists && call.resource().create_on_update && call.sub == nullptr) {
    body->at("metadata").erase("resourceVersion");
    auto made = create_object(call, std::move(*body));
    if (!made) return made.error();
    return stored_response(call, 201, *made);
  }
  auto stored = update_object(call, call.info.ns, call.info.name, call.info.subresource,
                              [&](const Json&) -> ApiResult<Json> { return std::move(*body); });
  if (!stored) return stored.error();
  return stored_response(call, 200, *stored);
}

namespace {

ApiStatus unprocessable() {
  return {.code = 422,
          .reason = "Invalid",
          .message = "the server rejected our request due to an error in our request",
          .details = Json::object()};
}

enum class PatchKind { json, merge, strategic, apply };

ApiResult<PatchKind> patch_kind(const Call& call) {
  std::string type = call.request.headers.get("Content-Type");
  type = std::string(base::trim(type.substr(0, type.find(';'))));
  const bool custom =
      call.resource().custom != nullptr || call.endpoint->group.find("openshift.io") != std::string::npos;
  if (type == "application/json-patch+json") return PatchKind::json;
  if (type == "application/merge-patch+json") return PatchKind::merge;
  if (type == "application/apply-patch+yaml") return PatchKind::apply;
  if (type == "application/strategic-merge-patch+json") {
    if (!custom) return PatchKind::strategic;
    return unsupported_media(
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
        "application/merge-patch+json, application/apply-patch+yaml");
  }
  return ApiStatus{.code = 415,
                   .reason = "UnsupportedMediaType",
                   .message = "415: Unsupported Media Type",
                   .details = Json::object()};
}

/// A value as Go's %v prints it.
std::string go_map(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    std::string out;
    for (const auto& each : value) out += (out.empty() ? "" : " ") + go_map(each);
    return "[" + out + "]";
  }
  if (!value.is_object()) return value.is_null() ? "<nil>" : dump(value);
  std::string out;
  for (const auto& [key, member] : value.items()) {
    const bool nested = member.is_object();
    out += (out.empty() ? "" : " ") + key + ":" + (nested ? "map" : "") + go_map(member);
  }
  return "[" + out + "]";
}

ApiResult<Json> patched(Call& call, PatchKind kind, const Json& patch, const Json& current) {
  Json shown = current;
  if (call.endpoint->from_storage != nullptr) call.endpoint->from_storage(shown);
  shown["kind"] = call.endpoint->kind();
  shown["apiVersion"] = call.endpoint->group_version();
  ApiResult<Json> next = Json();
  if (kind == PatchKind::json) next = apply_json_patch(shown, patch, call.server.at_least(22));
  else if (kind == PatchKind::merge) next = apply_merge_patch(shown, patch);
  else next = apply_strategic_patch(shown, patch, *call.endpoint);
  if (!next) return next;
  if (!next->is_object()) return unprocessable();
  const std::string kind_now = text_at(*next, "kind"), version_now = text_at(*next, "apiVersion");
  if (call.resource().custom == nullptr && kind != PatchKind::strategic) {
    if (kind_now.empty() || version_now.empty()) return unprocessable();
    if (call.sub == nullptr && (kind_now != call.endpoint->kind() || version_now != call.endpoint->group_version())) {
      const std::string why =
          call.server.kinds.find_kind(call.endpoint->group, call.endpoint->version, kind_now) == nullptr
              ? "no kind \"" + kind_now + "\" is registered for version \"" + version_now +
                    "\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
              : kind_now + " in version \"" + version_now + "\" cannot be handled as a " + call.endpoint->kind();
      FieldErrors errors(call.server.version.minor);
      errors.invalid("patch", dump(*next), why);
      return invalid("", "", "", errors);
    }
  }
  if (auto problem = check_fields(call, *next, {}, true)) {
    if (problem->message.find("strict decoding error") != std::string::npos) return *problem;
    FieldErrors errors(call.server.version.minor);
    errors.invalid("patch", kind == PatchKind::strategic ? "map" + go_map(patch) : dump(*next),
                   problem->message.substr(problem->message.find(": ") + 2));
    return invalid("", "", "", errors);
  }
  if (call.endpoint->to_storage != nullptr) call.endpoint->to_storage(*next);
  return next;
}

}  // namespace

namespace {

const char* go_type(const Json& value) {
  return value.is_array()     ? "array"
         : value.is_string()  ? "string"
         : value.is_number()  ? "number"
         : value.is_boolean() ? "bool"
                              : "object";
}

/// What the decoder of each patch type says about a body that is no such patch.
std::optional<ApiStatus> check_patch(const Call& call, PatchKind kind, const ParsedJson& parsed) {
  const bool before = !call.server.at_least(21);
  if (!parsed.error.empty()) {
    if (kind == PatchKind::merge && before)
      return ApiStatus{.code = 500, .reason = "", .message = "Invalid JSON Patch"};
    if (kind == PatchKind::strategic && call.request.body.empty()) return bad_request("EOF");
    return bad_request((before || kind == PatchKind::strategic ? "" : "error decoding patch: ") + parsed.error);
  }
  const std::string mismatch =
      std::string("json: cannot unmarshal ") + go_type(parsed.value) + " into Go value of type ";
  if (kind == PatchKind::json) {
    if (!parsed.value.is_array())
      return bad_request(before ? mismatch + "jsonpatch.Patch"
                                : "error decoding patch: " + mismatch + "[]handlers.jsonPatchOp");
    for (const auto& step : parsed.value) {
      if (!step.is_object())
        return bad_request(std::string("json: cannot unmarshal ") + go_type(step) +
                           " into Go value of type jsonpatch.Operation");
    }
    return std::nullopt;
  }
  if (parsed.value.is_object()) return std::nullopt;
  if (kind == PatchKind::merge && before && !parsed.value.is_array())
    return ApiStatus{.code = 500, .reason = "", .message = "Invalid JSON Patch"};
  return bad_request((kind == PatchKind::merge ? "error decoding patch: " : "") + mismatch + "map[string]interface {}");
}

}  // namespace

ApiResult<Response> patch(Call& call) {
  const auto kind = patch_kind(call);
  if (!kind) return kind.error();
  if (auto problem = check_options(call, "PatchOptions")) return *problem;
  if (call.query.has("force") && *kind != PatchKind::apply) {
    FieldErrors errors(call.server.version.minor);
    errors.forbidden("force", "may not be specified for non-apply patch");
    return invalid("meta.k8s.io", "PatchOptions", "", errors);
  }
  if (*kind == PatchKind::apply) return apply(call);
  const ParsedJson parsed = parse_json(call.request.body);
  if (auto problem = check_patch(call, *kind, parsed)) return *problem;
  auto stored = update_object(call, call.info.ns, call.info.name, call.info.subresource,
                              [&](const Json& current) { return patched(call, *kind, parsed.value, current); });
  if (!stored) return stored.error();
  return stored_response(call, 200, *stored);
}

}  // namespace k8s_fake
