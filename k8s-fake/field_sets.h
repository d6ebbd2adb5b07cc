#pragma once

#include <functional>
#include <string>
#include <vector>

#include "k8s-fake/field_table.h"
#include "k8s-fake/json.h"
#include "k8s-fake/kinds.h"

/// Sets of fields as managedFields writes them: nested objects whose keys are path elements ("f:name",
/// `k:{"name":"c"}`, `v:"x"`). A node is itself in the set when it is empty or has the member ".". Source:
/// kubernetes.md 2.7, 3.5.
namespace k8s_fake {

/// Where a value stands in its kind's schema: a message of the field table, a CRD's JSON schema, or nothing (then maps
/// are granular and lists atomic).
struct Typed {
  const Message* message = nullptr;
  const Field* map_of = nullptr;  // a map whose values are of this field's type
  const Json* schema = nullptr;   // a JSON schema of an object
  bool root = false;
};
Typed typed_root(const Endpoint& endpoint);

enum class Grain { leaf, granular, list_map, list_set };
struct ChildInfo {
  Grain grain = Grain::leaf;
  std::vector<std::string> keys;
  Typed element;
  bool created = true;  // owned as itself when it appears
  bool known = true;
};
ChildInfo child_info(const Typed& parent, const std::string& key, const Json& value);
/// The path element of a list's element.
std::string element_name(const ChildInfo& info, const Json& element);

/// All fields of `value`. With `updating`, maps and elements that come to be are owned as themselves.
Json set_of(const Json& value, const Typed& typed, bool updating);
/// What `now` has that is new or different, and what only `old` had.
void compare(const Json& old, const Json& now, const Typed& typed, Json& changed, Json& removed);
Json unite(Json a, const Json& b);
Json subtract(const Json& a, const Json& b);
/// Calls `visit` with the elements of each path in the set.
void each_path(const Json& set, const std::function<void(const std::vector<std::string>&)>& visit);
bool contains_path(const Json& set, const std::vector<std::string>& path);
/// ".spec.containers[name=\"c\"].image"
std::string path_text(const std::vector<std::string>& path);
/// The value at a path of `object`, or null if there is none.
const Json* value_at(const Json& object, const std::vector<std::string>& path);
void erase_at(Json& object, const std::vector<std::string>& path);
/// `live` with everything that `applied` says on top.
Json merge_typed(Json live, const Json& applied, const Typed& typed);

}  // namespace k8s_fake
