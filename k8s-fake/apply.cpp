#include "k8s-fake/apply.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
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

/// What is tracked of an object, taken out of it for a while instead of copied.
class Taken {
 public:
  Taken(const Resource& resource, Json& object, const std::string& subresource) : object_(object) {
    const bool status_only = subresource == "status";
    for (auto& [key, value] : object.get_ref<Json::object_t&>()) {
      if (key == "kind" || key == "apiVersion") continue;
      if (status_only ? key != "status" : key == "status" && resource.has_status()) continue;
      if (key != "metadata" || !value.is_object()) {
        part[key] = std::move(value);
        continue;
      }
      Json metadata = Json::object();
      for (auto& [name, member] : value.get_ref<Json::object_t&>()) {
        if (std::find(std::begin(kUntracked), std::end(kUntracked), name) == std::end(kUntracked))
          metadata[name] = std::move(member);
      }
      if (!metadata.empty()) part[key] = std::move(metadata);
    }
  }
  ~Taken() {
    for (auto& [key, value] : part.get_ref<Json::object_t&>()) {
      Json& home = object_[key];
      if (key != "metadata" || !home.is_object()) {
        home = std::move(value);
        continue;
      }
      for (auto& [name, member] : value.get_ref<Json::object_t&>()) home[name] = std::move(member);
    }
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

  Json part = Json::object();

 private:
  Json& object_;
};

/// What an object of this kind has before anybody says anything of it.
const Json& blank_of(const Message& message, const Resource& resource, const std::string& subresource, int minor) {
  static thread_local std::map<std::tuple<const Message*, bool, int>, Json> blanks;
  const bool whole = subresource != "status";
  const auto [place, fresh] = blanks.try_emplace({&message, whole, minor});
  if (fresh) {
    Json blank = Json::object();
    complete_object(message, blank, minor);
    place->second = tracked(resource, blank, subresource);
  }
  return place->second;
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
      list += "conflicts" + owner.substr(8) + ":";
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

/// A value as Go's %v prints it inside "&{...}".
std::string go_value(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<nil>";
  if (!value.is_structured()) return dump(value);
  std::string out;
  for (const auto& [key, member] : value.items())
    out += (out.empty() ? "" : " ") + (value.is_object() ? key + ":" : "") + go_value(member);
  return (value.is_object() ? "map[" : "[") + out + "]";
}

const char* expected_scalar(const Field& field) {
  switch (field.type) {
    case Field::Type::text:
    case Field::Type::bytes:
    case Field::Type::duration: return "string";
    case Field::Type::integer:
    case Field::Type::real: return "numeric (int or float)";
    case Field::Type::boolean: return "boolean";
    default: return nullptr;
  }
}

/// What the typed form of an applied object refuses, in its own words: fields that no schema knows and values of
/// another shape.
void typed_problems(const Message& message, const Json& value, const std::string& path, bool root,
                    std::vector<std::string>& out);

void typed_one(const Field& field, const Json& value, const std::string& path, std::vector<std::string>& out) {
  if (value.is_null()) return;
  if (field.type == Field::Type::message && !field.message->fields.empty() &&
      field.message->name.rfind("JSONSchemaPropsOr", 0) != 0) {
    if (value.is_object()) typed_problems(*field.message, value, path, false, out);
    else out.push_back(path + ": expected map, got &{" + go_value(value) + "}");
    return;
  }
  const char* wanted = expected_scalar(field);
  if (wanted == nullptr) return;
  const bool fits = wanted[0] == 's' ? value.is_string() : wanted[0] == 'n' ? value.is_number() : value.is_boolean();
  if (fits) return;
  const std::string shown = value.is_structured() ? go_value(value) : dump(value);
  if (wanted[0] == 'n') out.push_back(path + ": expected " + wanted + ", got *value.valueUnstructured");
  else out.push_back(path + ": expected " + wanted + ", got &value.valueUnstructured{Value:" + shown + "}");
}

void typed_problems(const Message& message, const Json& value, const std::string& path, bool root,
                    std::vector<std::string>& out) {
  for (const auto& [key, member] : value.items()) {
    if ((root || message.name == "PersistentVolumeClaim") && (key == "kind" || key == "apiVersion")) continue;
    const std::string here = path + "." + key;
    const Field* field = message.find(key);
    if (field == nullptr) {
      out.push_back(here + ": field not declared in schema");
      continue;
    }
    if (member.is_null()) continue;
    if (field->many == Field::Many::one) {
      typed_one(*field, member, here, out);
    } else if (field->many == Field::Many::map) {
      if (!member.is_object()) out.push_back(here + ": expected map, got &{" + go_value(member) + "}");
      else
        for (const auto& [name, each] : member.items()) typed_one(*field, each, here + "." + name, out);
    } else {
      if (!member.is_array()) {
        out.push_back(here + ": expected list, got &{" + go_value(member) + "}");
        continue;
      }
      const ChildInfo info = child_info({.message = &message, .root = root}, key, member);
      std::size_t i = 0;
      for (const auto& each : member) {
        const bool keyed = info.grain == Grain::list_map && each.is_object();
        typed_one(*field, each, here + (keyed ? path_text({element_name(info, each)}) : "[" + std::to_string(i) + "]"),
                  out);
        ++i;
      }
    }
  }
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
  const bool nothing = base::trim(call.request.body).empty();
  auto parsed = nothing ? base::Result<Json>(Json::object()) : yaml_to_json(call.request.body);
  if (!parsed) return bad_request("error decoding YAML: " + parsed.error().message);
  Json applied = parsed->is_null() ? Json::object() : std::move(*parsed);
  if (!applied.is_object()) {
    const char* shape = applied.is_array()     ? "array"
                        : applied.is_string()  ? "string"
                        : applied.is_boolean() ? "bool"
                                               : "number";
    return bad_request(std::string("error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot "
                                   "unmarshal ") +
                       shape + " into Go value of type map[string]interface {}");
  }
  const Endpoint& endpoint = *call.endpoint;
  const std::string version = text_at(applied, "apiVersion"), kind = text_at(applied, "kind");
  if (version != endpoint.group_version() || kind != endpoint.kind()) {
    const auto slash = version.find('/');
    const std::string shown = version.empty() ? "/" : slash == std::string::npos ? "/" + version : version;
    return bad_request("invalid object type: " + shown + ", Kind=" + kind);
  }
  if (at_path(applied, {"metadata", "managedFields"}).is_array())
    return bad_request("metadata.managedFields must be nil");
  const std::string name = text_at(applied, {"metadata", "name"});
  if (!name.empty() && name != call.info.name)
    return bad_request("the name of the object (" + name + ") does not match the name on the URL (" + call.info.name +
                       ")");
  if (const Message* message = find_message(version, kind);
      message != nullptr && endpoint.resource->custom == nullptr) {
    std::vector<std::string> problems;
    typed_problems(*message, applied, "", true, problems);
    std::string list;
    for (const auto& each : problems) list += "\n  " + each;
    if (!problems.empty()) return typed_failure(call, problems.size() == 1 ? problems.front() : "errors:" + list);
  }
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
  // Fields whose owners were forgotten belong to nobody in particular: they conflict all the same.
  if (managers.empty())
    managers.push_back(
        entry_of(call, "before-first-apply", "Update", set_of(tracked(call.resource(), live, ""), typed, true), ""));
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

namespace {

/// Whether a client's managedFields can be read; what cannot is as if it had not been sent.
bool readable(const Json& managers) {
  if (!managers.is_array() || managers.empty()) return false;
  return std::all_of(managers.begin(), managers.end(), [](const Json& each) {
    const std::string operation = text_at(each, "operation");
    return (operation == "Update" || operation == "Apply") && text_at(each, "fieldsType") == "FieldsV1" &&
           at(each, "fieldsV1").is_object();
  });
}

}  // namespace

void track_fields(Call& call, const Json* old, Json& next, const std::string& subresource) {
  if (is_apply(call)) return;
  Json& metadata = next["metadata"];
  Json managers = Json::array();
  const Json& given = at(metadata, "managedFields");
  const bool cleared = given.is_array() && (given.empty() || (given.size() == 1 && given[0].empty()));
  if (old != nullptr && readable(given)) managers = given;
  else if (old != nullptr && !cleared && at_path(*old, {"metadata", "managedFields"}).is_array())
    managers = old->at("metadata").at("managedFields");
  if (old != nullptr && managers.empty()) {  // whose owners were forgotten, has none until somebody applies it
    metadata.erase("managedFields");
    return;
  }
  const Typed typed = typed_root(*call.server.kinds.preferred(call.resource()));
  Json changed = Json::object(), removed = Json::object();
  if (old == nullptr) {
    // What an object without any field already has belongs to nobody.
    static const Json kNothing = Json::object();
    const Json& blank = typed.message == nullptr
                            ? kNothing
                            : blank_of(*typed.message, call.resource(), subresource, call.server.version.minor);
    const Taken now(call.resource(), next, subresource);
    compare(blank, now.part, typed, changed, removed);
    removed = Json::object();
  } else {
    const std::string part = subresource == "scale" || subresource == "binding" ? "" : subresource;
    const Taken now(call.resource(), next, part);
    compare(tracked(call.resource(), *old, part), now.part, typed, changed, removed);
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
