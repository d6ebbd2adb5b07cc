#include "k8s-fake/apply.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "k8s-fake/crd.h"
#include "k8s-fake/field_sets.h"
#include "k8s-fake/fields.h"
#include "k8s-fake/shape.h"
#include "k8s-fake/yaml.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr std::size_t kUpdatesMax = 10;
constexpr std::string_view kUntracked[] = {"name",
                                           "namespace",
                                           "uid",
                                           "resourceVersion",
                                           "generation",
                                           "creationTimestamp",
                                           "deletionTimestamp",
                                           "deletionGracePeriodSeconds",
                                           "selfLink",
                                           "managedFields",
                                           "generateName"};

bool is_apply(const Call& call) {
  return call.request.method == "PATCH" &&
         call.request.headers.get("Content-Type").rfind("application/apply-patch", 0) == 0;
}

std::string manager_of(const Call& call) {
  std::string out = call.query.get("fieldManager");
  if (out.empty()) {
    const std::string agent = call.request.headers.get("User-Agent");
    out = agent.substr(0, agent.find('/'));
  }
  return out.empty() ? "unknown" : out;
}

/// What this (sub)resource tracks: not the server's own fields, and status only on /status.
Json tracked(const Resource& resource, const Json& object, const std::string& subresource) {
  Json out = Json::object();
  const bool status_only = subresource == "status";
  for (const auto& [key, value] : object.items()) {
    if (key == "kind" || key == "apiVersion") continue;
    if (status_only ? key != "status" : key == "status" && resource.has_status()) continue;
    if (key != "metadata" || !value.is_object()) {
      out[key] = value;
      continue;
    }
    Json metadata = Json::object();
    for (const auto& [name, member] : value.items()) {
      if (std::find(std::begin(kUntracked), std::end(kUntracked), name) == std::end(kUntracked))
        metadata[name] = member;
    }
    if (!metadata.empty()) out[key] = std::move(metadata);
  }
  return out;
}

bool same_owner(const Json& entry, const std::string& manager, const std::string& operation, const std::string& version,
                const std::string& subresource) {
  return text_at(entry, "manager") == manager && text_at(entry, "operation") == operation &&
         text_at(entry, "subresource") == subresource && (version.empty() || text_at(entry, "apiVersion") == version);
}

Json entry_of(const Call& call, const std::string& manager, const char* operation, Json fields,
              const std::string& subresource) {
  Json out = Json::object();
  out["manager"] = manager;
  out["operation"] = operation;
  out["apiVersion"] = call.endpoint->group_version();
  out["time"] = call.server.now_text();
  out["fieldsType"] = "FieldsV1";
  out["fieldsV1"] = std::move(fields);
  if (!subresource.empty()) out["subresource"] = subresource;
  return out;
}

void tidy(Json& list) {
  std::erase_if(list.get_ref<Json::array_t&>(), [](const Json& each) { return at(each, "fieldsV1").empty(); });
  if (list.size() < 2) return;
  std::stable_sort(list.begin(), list.end(), [](const Json& a, const Json& b) {
    const auto key = [](const Json& each) {
      return std::make_tuple(text_at(each, "operation"), text_at(each, "time"), text_at(each, "manager"));
    };
    return key(a) < key(b);
  });
  std::size_t updates = 0;
  for (const auto& each : list) updates += text_at(each, "operation") == "Update" ? 1 : 0;
  while (updates > kUpdatesMax) {
    const auto first =
        std::find_if(list.begin(), list.end(), [](const Json& each) { return text_at(each, "operation") == "Update"; });
    const auto second =
        std::find_if(first + 1, list.end(), [](const Json& each) { return text_at(each, "operation") == "Update"; });
    (*second)["fieldsV1"] = unite((*second)["fieldsV1"], (*first)["fieldsV1"]);
    (*second)["manager"] = "ancient-changes";
    list.erase(first);
    --updates;
  }
}

std::string conflict_name(const Json& entry) {
  std::string out = "conflict with " + dump(at(entry, "manager"));
  if (const std::string sub = text_at(entry, "subresource"); !sub.empty())
    out += " with subresource " + dump(Json(sub));
  if (text_at(entry, "operation") == "Update") out += " using " + text_at(entry, "apiVersion");
  return out;
}

ApiStatus conflict_status(const std::vector<std::pair<std::string, std::string>>& conflicts) {
  Json causes = Json::array();
  std::map<std::string, std::vector<std::string>> by_owner;
  for (const auto& [owner, field] : conflicts) {
    causes.push_back({{"reason", "FieldManagerConflict"}, {"message", owner}, {"field", field}});
    by_owner[owner].push_back(field);
  }
  std::string message = "Apply failed with " + std::to_string(conflicts.size()) +
                        (conflicts.size() == 1 ? " conflict: " : " conflicts: ");
  if (conflicts.size() == 1) {
    message += conflicts[0].first + ": " + conflicts[0].second;
  } else {
    std::string list;
    for (const auto& [owner, fields] : by_owner) {
      list += list.empty() ? "" : "\n";
      list += fields.size() == 1 && by_owner.size() > 1 ? owner + ":" : "conflicts" + owner.substr(8) + ":";
      for (const auto& field : fields) list += "\n- " + field;
    }
    message += list;
  }
  return {.code = 409, .reason = "Conflict", .message = message, .details = Json{{"causes", causes}}};
}

std::string object_name(const Call& call) { return call.info.ns + "/" + call.info.name; }

ApiStatus typed_failure(const Call& call, const std::string& why) {
  const Endpoint& endpoint = *call.endpoint;
  return {.code = 500,
          .message = "failed to create typed patch object (" + object_name(call) + "; " +
                     (endpoint.group.empty() ? "/" : "") + endpoint.group_version() + ", Kind=" + endpoint.kind() +
                     "): " + why};
}

/// Two elements of a keyed list with the same keys.
std::string duplicate_elements(const Json& value, const Typed& typed, const std::string& path) {
  if (!value.is_object()) return "";
  for (const auto& [key, member] : value.items()) {
    const ChildInfo info = child_info(typed, key, member);
    const std::string here = path + "." + key;
    if (info.grain == Grain::granular) {
      if (auto found = duplicate_elements(member, info.element, here); !found.empty()) return found;
    }
    if (info.grain != Grain::list_map) continue;
    std::vector<std::string> seen;
    for (const auto& each : member) {
      const std::string name = element_name(info, each);
      if (std::find(seen.begin(), seen.end(), name) != seen.end())
        return here + ": duplicate entries for key " + path_text({name});
      seen.push_back(name);
      if (auto found = duplicate_elements(each, info.element, here + path_text({name})); !found.empty()) return found;
    }
  }
  return "";
}

ApiResult<Json> read_applied(Call& call) {
  auto parsed = yaml_to_json(call.request.body);
  if (!parsed) return bad_request("error decoding YAML: " + parsed.error().message);
  Json applied = std::move(*parsed);
  const Endpoint& endpoint = *call.endpoint;
  const std::string version = text_at(applied, "apiVersion"), kind = text_at(applied, "kind");
  if (version != endpoint.group_version() || kind != endpoint.kind()) {
    const auto slash = version.find('/');
    const std::string shown = version.empty() ? "/" : slash == std::string::npos ? "/" + version : version;
    return bad_request("invalid object type: " + shown + ", Kind=" + kind);
  }
  if (at_path(applied, {"metadata", "managedFields"}).is_array() &&
      !at_path(applied, {"metadata", "managedFields"}).empty())
    return bad_request("metadata.managedFields must be nil");
  const std::string name = text_at(applied, {"metadata", "name"});
  if (!name.empty() && name != call.info.name)
    return bad_request("the name of the object (" + name + ") does not match the name on the URL (" + call.info.name +
                       ")");
  FieldReport report;
  if (endpoint.resource->custom != nullptr) {
    check_custom_fields(*endpoint.resource->custom, endpoint.version, applied, report);
  } else {
    check_known_fields(endpoint.group_version(), endpoint.kind(), applied, report, call.server.version.minor);
  }
  if (!report.error.empty()) return typed_failure(call, report.error);
  if (!report.unknown.empty())
    return typed_failure(call, "." + report.unknown.front() + ": field not declared in schema");
  if (const auto twice = duplicate_elements(applied, typed_root(endpoint), ""); !twice.empty())
    return typed_failure(call, twice);
  return applied;
}

struct Merge {
  Json object;
  std::vector<std::pair<std::string, std::string>> conflicts;
};

Merge merge_applied(Call& call, const Json& live, const Json& applied, const std::string& manager, bool force) {
  const std::string& sub = call.info.subresource;
  const Typed typed = typed_root(*call.endpoint);
  const Json config = tracked(call.resource(), applied, sub);
  const Json wanted = set_of(config, typed, false);
  Json managers =
      at_path(live, {"metadata", "managedFields"}).is_array() ? live["metadata"]["managedFields"] : Json::array();
  Merge out;
  Json previous = Json::object();
  std::string previous_time;
  for (auto& entry : managers) {
    if (same_owner(entry, manager, "Apply", "", sub)) {
      previous = at(entry, "fieldsV1");
      previous_time = text_at(entry, "time");
      continue;
    }
    Json lost = Json::object();
    each_path(wanted, [&](const std::vector<std::string>& path) {
      if (!contains_path(at(entry, "fieldsV1"), path)) return;
      const Json* mine = value_at(config, path);
      const Json* theirs = value_at(live, path);
      if (mine == nullptr || (theirs != nullptr && *mine == *theirs)) return;
      if (path.back()[0] != 'f' || mine->is_object()) return;  // the element or map itself is no value
      if (!force) out.conflicts.emplace_back(conflict_name(entry), path_text(path));
      Json* node = &lost;
      for (const auto& each : path) node = &(*node)[each];
      *node = Json::object();
    });
    if (force && !lost.empty()) entry["fieldsV1"] = subtract(at(entry, "fieldsV1"), lost);
  }
  if (!out.conflicts.empty()) return out;
  out.object = merge_typed(live, config, typed);
  const Json dropped = subtract(previous, wanted);
  std::vector<std::vector<std::string>> gone;
  each_path(dropped, [&](const std::vector<std::string>& path) {
    for (const auto& entry : managers) {
      if (!same_owner(entry, manager, "Apply", "", sub) && contains_path(at(entry, "fieldsV1"), path)) return;
    }
    gone.push_back(path);
  });
  for (auto each = gone.rbegin(); each != gone.rend(); ++each) {
    const Json* value = value_at(out.object, *each);
    // A map or element goes only when nobody else left anything in it.
    if (value != nullptr && each->back()[0] == 'k') {
      const bool shared = std::any_of(managers.begin(), managers.end(), [&](const Json& entry) {
        return !same_owner(entry, manager, "Apply", "", sub) && [&] {
          const Json* node = &at(entry, "fieldsV1");
          for (const auto& part : *each) node = &at(*node, part);
          return !node->is_null();
        }();
      });
      if (shared) continue;
    }
    if (value != nullptr && value->is_object() && each->back()[0] == 'f' && !value->empty()) continue;
    erase_at(out.object, *each);
  }
  std::erase_if(managers.get_ref<Json::array_t&>(),
                [&](const Json& entry) { return same_owner(entry, manager, "Apply", "", sub); });
  Json entry = entry_of(call, manager, "Apply", wanted, sub);
  if (previous == wanted && !previous_time.empty()) entry["time"] = previous_time;
  managers.push_back(entry);
  tidy(managers);
  out.object["metadata"]["managedFields"] = managers;
  return out;
}

ApiResult<Response> create_applied(Call& call, Json applied, const std::string& manager) {
  const Resource& resource = call.resource();
  if (const std::string uid = text_at(applied, {"metadata", "uid"}); !uid.empty()) {
    return conflict(call.what(), call.info.name,
                    "uid mismatch: the provided object specified uid " + uid + ", and no existing object was found");
  }
  const Json wanted = set_of(tracked(resource, applied, ""), typed_root(*call.endpoint), false);
  applied["metadata"]["name"] = call.info.name;
  applied["metadata"].erase("resourceVersion");
  applied["metadata"]["managedFields"] = Json::array({entry_of(call, manager, "Apply", wanted, "")});
  applied.erase("kind");
  applied.erase("apiVersion");
  if (call.endpoint->to_storage != nullptr) call.endpoint->to_storage(applied);
  const std::string name = call.info.name;
  auto made = create_object(call, std::move(applied));
  if (!made) return made.error();
  return stored_response(call, 201, *made);
}

}  // namespace

ApiResult<Response> apply(Call& call) {
  const std::string manager = call.query.get("fieldManager");
  if (manager.empty()) {
    FieldErrors errors(call.server.version.minor);
    errors.required("fieldManager", "is required for apply patch");
    return invalid("meta.k8s.io", "PatchOptions", "", errors);
  }
  auto applied = read_applied(call);
  if (!applied) return applied.error();
  const bool exists = call.server.store.find(call.resource(), call.resource().namespaced ? call.info.ns : "",
                                             call.info.name) != nullptr;
  if (!exists) {
    if (call.sub != nullptr) return not_found(call.what(), call.info.name);
    return create_applied(call, std::move(*applied), manager);
  }
  std::vector<std::pair<std::string, std::string>> conflicts;
  auto done = update_object(
      call, call.info.ns, call.info.name, call.info.subresource, [&](const Json& current) -> ApiResult<Json> {
        Json live = current;
        if (call.endpoint->from_storage != nullptr) call.endpoint->from_storage(live);
        Merge merged = merge_applied(call, live, *applied, manager, call.query.flag("force"));
        if (!merged.conflicts.empty()) return conflict_status(merged.conflicts);
        if (call.endpoint->to_storage != nullptr) call.endpoint->to_storage(merged.object);
        if (const std::string version = text_at(*applied, {"metadata", "resourceVersion"}); !version.empty())
          merged.object["metadata"]["resourceVersion"] = version;
        return std::move(merged.object);
      });
  if (!done) return done.error();
  return stored_response(call, 200, *done);
}

void track_fields(Call& call, const Json* old, Json& next, const std::string& subresource) {
  if (is_apply(call)) return;
  Json& metadata = next["metadata"];
  Json managers = Json::array();
  const Json& given = at(metadata, "managedFields");
  const bool cleared = given.is_array() && (given.empty() || (given.size() == 1 && given[0].empty()));
  if (given.is_array() && !cleared && old != nullptr) managers = given;
  else if (old != nullptr && !cleared && at_path(*old, {"metadata", "managedFields"}).is_array())
    managers = old->at("metadata").at("managedFields");
  const Typed typed = typed_root(*call.server.kinds.preferred(call.resource()));
  Json changed = Json::object(), removed = Json::object();
  if (old == nullptr) {
    // What an object without any field already has belongs to nobody.
    Json blank = Json::object();
    if (typed.message != nullptr) complete_object(*typed.message, blank, call.server.version.minor);
    compare(tracked(call.resource(), blank, subresource), tracked(call.resource(), next, subresource), typed, changed,
            removed);
    removed = Json::object();
  } else {
    const std::string part = subresource == "scale" || subresource == "binding" ? "" : subresource;
    compare(tracked(call.resource(), *old, part), tracked(call.resource(), next, part), typed, changed, removed);
  }
  if (!changed.empty() || !removed.empty()) {
    const std::string manager = manager_of(call);
    const std::string version = call.endpoint->group_version();
    const Json taken = unite(changed, removed);
    Json own = Json::object();
    for (auto& entry : managers) {
      if (same_owner(entry, manager, "Update", version, subresource)) own = subtract(at(entry, "fieldsV1"), removed);
      else entry["fieldsV1"] = subtract(at(entry, "fieldsV1"), taken);
    }
    std::erase_if(managers.get_ref<Json::array_t&>(),
                  [&](const Json& entry) { return same_owner(entry, manager, "Update", version, subresource); });
    managers.push_back(entry_of(call, manager, "Update", unite(std::move(own), changed), subresource));
    tidy(managers);
  }
  if (managers.empty()) metadata.erase("managedFields");
  else metadata["managedFields"] = std::move(managers);
}

}  // namespace k8s_fake
