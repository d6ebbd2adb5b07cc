// delete and deletecollection.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/webhooks.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

/// DeleteOptions from the body, with the query's parameters of the same names behind it.
ApiResult<Json> delete_options(Call& call) {
  Json options = Json::object();
  if (!call.request.body.empty()) {
    auto body = read_options(call);
    if (!body) return body.error();
    if (body->is_object()) options = std::move(*body);
  }
  for (const auto* name : {"propagationPolicy"}) {
    if (!options.contains(name) && call.query.has(name)) options[name] = call.query.get(name);
  }
  if (!options.contains("gracePeriodSeconds") && call.query.has("gracePeriodSeconds")) {
    const auto seconds = base::parse_signed(call.query.get("gracePeriodSeconds"));
    if (!seconds)
      return bad_request("strconv.ParseInt: parsing " + dump(Json(call.query.get("gracePeriodSeconds"))) +
                         ": invalid syntax");
    options["gracePeriodSeconds"] = *seconds;
  }
  if (call.query.has("orphanDependents")) options["orphanDependents"] = call.query.flag("orphanDependents");
  for (const auto& value : at(options, "dryRun"))
    if (value.is_string()) call.query.set("dryRun", value.get<std::string>());
  if (auto problem = check_options(call, "DeleteOptions")) return *problem;
  FieldErrors errors(call.server.version.minor);
  const std::string policy = text_at(options, "propagationPolicy");
  if (!policy.empty() && policy != "Foreground" && policy != "Background" && policy != "Orphan") {
    errors.unsupported("propagationPolicy", policy, {"Foreground", "Background", "Orphan", "nil"});
  }
  if (!policy.empty() && options.contains("orphanDependents"))
    errors.invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set");
  if (int_at(options, {"gracePeriodSeconds"}) < 0) options["gracePeriodSeconds"] = 1;
  if (!errors.empty()) return invalid("meta.k8s.io", "DeleteOptions", "", errors);
  return options;
}

std::optional<ApiStatus> check_preconditions(const Call& call, const Object& object, const Json& options) {
  const std::string uid = text_at(options, {"preconditions", "uid"});
  const std::string version = text_at(options, {"preconditions", "resourceVersion"});
  std::string why;
  if (!uid.empty() && uid != object.uid) {
    why = "the UID in the precondition (" + uid + ") does not match the UID in record (" + object.uid +
          "). The object might have been deleted and then recreated";
  } else if (!version.empty() && version != std::to_string(object.version)) {
    why = "the ResourceVersion in the precondition (" + version + ") does not match the ResourceVersion in record (" +
          std::to_string(object.version) + "). The object might have been modified";
  }
  if (why.empty()) return std::nullopt;
  return conflict({call.endpoint->group, call.resource().kind}, object.name, why);
}

/// Seconds to wait before the object may go; pods only.
std::int64_t grace_of(const Call& call, const Json& object, const Json& options) {
  if (call.resource().plural != "pods" || !call.resource().group.empty()) return 0;
  const std::string phase = text_at(object, {"status", "phase"});
  if (text_at(object, {"spec", "nodeName"}).empty() || phase == "Succeeded" || phase == "Failed") return 0;
  if (options.contains("gracePeriodSeconds")) return int_at(options, {"gracePeriodSeconds"});
  return int_at(object, {"spec", "terminationGracePeriodSeconds"}, 30);
}

/// Kinds whose dependents stay unless the client asks otherwise, as they always did.
bool orphans_by_default(const Call& call) {
  const Resource& resource = call.resource();
  return (resource.plural == "jobs" && resource.group == "batch") ||
         (resource.plural == "replicationcontrollers" && resource.group.empty()) ||
         (resource.plural == "cronjobs" && call.endpoint->version == "v1beta1") ||
         (resource.group == "apps" && call.endpoint->version == "v1beta1") || call.endpoint->group == "extensions";
}

bool add_finalizer_for(const Call& call, Json& object, const Json& options) {
  std::string policy = text_at(options, "propagationPolicy");
  if (policy.empty() && options.contains("orphanDependents"))
    policy = is_true(options, {"orphanDependents"}) ? "Orphan" : "Background";
  if (policy.empty() && orphans_by_default(call) && is_empty_value(at_path(object, {"metadata", "finalizers"})))
    policy = "Orphan";
  const std::string wanted = policy == "Foreground" ? "foregroundDeletion" : policy == "Orphan" ? "orphan" : "";
  Json& metadata = object["metadata"];
  Json finalizers = at(metadata, "finalizers").is_array() ? metadata["finalizers"] : Json::array();
  if (policy == "Background" || policy == "Foreground")
    std::erase(finalizers.get_ref<Json::array_t&>(), Json("orphan"));
  if (policy == "Background" || policy == "Orphan")
    std::erase(finalizers.get_ref<Json::array_t&>(), Json("foregroundDeletion"));
  if (!wanted.empty() && std::find(finalizers.begin(), finalizers.end(), Json(wanted)) == finalizers.end())
    finalizers.push_back(wanted);
  if (finalizers.empty()) metadata.erase("finalizers");
  else metadata["finalizers"] = finalizers;
  return !finalizers.empty();
}

}  // namespace

ApiResult<Stored> remove_object(Call& call, const ObjectPtr& object, const Json& options) {
  Server& server = call.server;
  const Resource& resource = call.resource();
  if (auto problem = check_preconditions(call, *object, options)) return *problem;
  const Json current = object->json();
  if (resource.admit != nullptr) {
    Json seen = current;
    Write write{call, Operation::remove, seen, &current, ""};
    if (auto problem = resource.admit(write)) return *problem;
  }
  {
    Json nothing;
    call.delete_options = options;
    Write write{call, Operation::remove, nothing, &current, ""};
    if (auto problem = call_mutating_webhooks(write)) return *problem;
    if (auto problem = call_validating_webhooks(write)) return *problem;
  }
  Stored out;
  out.json = current;
  Json next = current;
  const bool terminating = next["metadata"].contains("deletionTimestamp");
  const bool finalizers = add_finalizer_for(call, next, options);
  const bool namespace_content = resource.plural == "namespaces" && resource.group.empty() &&
                                 !is_empty_value(at_path(next, {"spec", "finalizers"}));
  std::int64_t grace = grace_of(call, next, options);
  if (terminating) {
    const std::int64_t before = int_at(next, {"metadata", "deletionGracePeriodSeconds"});
    if (grace >= before && (before > 0 || finalizers || namespace_content) && next == current) {
      out.object = object;
      out.changed = false;
      return out;
    }
    grace = std::min(grace, before);
  }
  const bool goes = grace == 0 && !finalizers && !namespace_content;
  if (goes && resource.plural == "pods" && resource.group.empty() && !terminating) {
    next["metadata"]["deletionTimestamp"] = server.now_text();
    next["metadata"]["deletionGracePeriodSeconds"] = 0;
    out.json = next;
  }
  if (call.dry_run) {
    out.changed = !goes;
    return out;
  }
  if (grace == 0 && !finalizers && !namespace_content) {
    out.object = server.store.remove(resource, object->ns, object->name);
    if (out.object != nullptr) {
      const Json before = out.json["metadata"];
      out.json = out.object->json();
      for (const auto* key : {"deletionTimestamp", "deletionGracePeriodSeconds"}) {
        if (before.contains(key)) out.json["metadata"][key] = before[key];
      }
      out.object = make_object(resource, out.json);
    }
    return out;
  }
  Json& metadata = next["metadata"];
  if (!terminating || grace != int_at(metadata, {"deletionGracePeriodSeconds"})) {
    metadata["deletionTimestamp"] = base::to_rfc3339(server.clock.now() + std::chrono::seconds(grace));
    metadata["deletionGracePeriodSeconds"] = grace;
    if (metadata.contains("generation")) metadata["generation"] = int_at(metadata, {"generation"}) + 1;
    if (namespace_content) next["status"]["phase"] = "Terminating";
  }
  out.object = server.store.put(resource, next);
  out.json = std::move(next);
  return out;
}

ApiResult<Response> remove(Call& call) {
  auto options = delete_options(call);
  if (!options) return options.error();
  const ObjectPtr object =
      call.server.store.find(call.resource(), call.resource().namespaced ? call.info.ns : "", call.info.name);
  if (object == nullptr) return not_found(call.what(), call.info.name);
  auto stored = remove_object(call, object, *options);
  if (!stored) return stored.error();
  const bool still_there =
      stored->object != nullptr && call.server.store.find(call.resource(), object->ns, object->name) != nullptr;
  const bool would_stay = call.dry_run && stored->changed;
  if (call.resource().deletion_returns_object || still_there || would_stay) {
    if (stored->object == nullptr) stored->object = object;
    return stored_response(call, 200, *stored);
  }
  Json details = {{"name", object->name}, {"kind", call.resource().plural}, {"uid", object->uid}};
  if (!call.endpoint->group.empty()) details["group"] = call.endpoint->group;
  return json_response(200, Json{{"kind", "Status"},
                                 {"apiVersion", "v1"},
                                 {"metadata", Json::object()},
                                 {"status", "Success"},
                                 {"details", details}});
}

ApiResult<Response> remove_collection(Call& call) {
  auto options = delete_options(call);
  if (!options) return options.error();
  const auto labels = parse_label_selector(call.query.get("labelSelector"));
  if (!labels) return labels.error();
  const auto fields = parse_field_selector(call.query.get("fieldSelector"), call.resource());
  if (!fields) return fields.error();
  WatchSpec spec;
  spec.endpoint = call.endpoint;
  if (call.resource().namespaced) spec.ns = call.info.ns;
  spec.labels = *labels;
  spec.fields = *fields;
  std::vector<ObjectPtr> matched;
  for (const auto& [key, object] : call.server.store.objects(call.resource()))
    if (spec.matches(*object)) matched.push_back(object);
  std::string items;
  for (const auto& object : matched) {
    auto stored = remove_object(call, object, *options);
    if (!stored) return stored.error();
    items += (items.empty() ? "" : ",") + encode_object(*call.endpoint, *object);
  }
  return json_response(200, head_of(call.endpoint->kind() + "List", call.endpoint->group_version()) +
                                "\"metadata\":{\"resourceVersion\":\"" + std::to_string(call.server.store.version()) +
                                "\"},\"items\":[" + items + "]}\n");
}

}  // namespace k8s_fake
