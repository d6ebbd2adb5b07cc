#include "k8s-fake/field_sets.h"

#include <algorithm>
#include <set>

#include "k8s-fake/crd.h"

namespace k8s_fake {
namespace {

/// Messages that are one value to server-side apply.
bool atomic_message(const Field& field) {
  static const std::set<std::string> kAtomic = {"ConfigMapKeySelector",
                                                "EndpointAddress",
                                                "EndpointPort",
                                                "LocalObjectReference",
                                                "NodeSelector",
                                                "NodeSelectorTerm",
                                                "ObjectFieldSelector",
                                                "ObjectReference",
                                                "ResourceFieldSelector",
                                                "ScopeSelector",
                                                "ScopedResourceSelectorRequirement",
                                                "SecretKeySelector",
                                                "SecretReference",
                                                "TopologySelectorTerm",
                                                "TypedLocalObjectReference",
                                                "LabelSelector",
                                                "RoleRef",
                                                "Subject",
                                                "CrossVersionObjectReference"};
  return field.message != nullptr && kAtomic.contains(field.message->name) && field.list_type != "struct:granular";
}

ChildInfo info_of_field(const Field& field) {
  ChildInfo out;
  if (field.many == Field::Many::list) {
    if (field.list_type == "map") {
      out.grain = Grain::list_map;
      out.keys = field.list_keys;
      out.element.message = field.message;
    } else if (field.list_type == "set") {
      out.grain = Grain::list_set;
    }
  } else if (field.many == Field::Many::map) {
    if (field.list_type == "map:atomic") return out;
    out.grain = Grain::granular;
    out.element.map_of = &field;
  } else if (field.type == Field::Type::message) {
    out.created = field.pointer;
    if (field.list_type == "struct:atomic" || atomic_message(field)) return out;
    out.grain = Grain::granular;
    out.element.message = field.message;
  } else if (field.type == Field::Type::raw) {
    out.grain = Grain::granular;
  }
  return out;
}

ChildInfo info_of_schema(const Json& schema, const std::string& key, bool root) {
  ChildInfo out;
  if (root && key == "metadata") {
    out.grain = Grain::granular;
    out.element.message = find_message("meta/v1", "ObjectMeta");
    out.created = false;
    return out;
  }
  const Json* child = &at_path(schema, {"properties", key});
  if (child->is_null()) child = &at(schema, "additionalProperties");
  if (!child->is_object()) {
    out.grain = Grain::granular;  // deduced; child_info() looks at the value
    out.known =
        is_true(schema, {"x-kubernetes-preserve-unknown-fields"}) || child->is_boolean() || schema.empty() || root;
    return out;
  }
  const std::string type = text_at(*child, "type");
  if (type == "array") {
    const std::string list = text_at(*child, "x-kubernetes-list-type");
    if (list == "map") {
      out.grain = Grain::list_map;
      for (const auto& each : at(*child, "x-kubernetes-list-map-keys"))
        if (each.is_string()) out.keys.push_back(each.get<std::string>());
      out.element.schema = &at(*child, "items");
    } else if (list == "set") {
      out.grain = Grain::list_set;
    }
  } else if (type == "object" || is_true(*child, {"x-kubernetes-preserve-unknown-fields"})) {
    if (text_at(*child, "x-kubernetes-map-type") == "atomic") return out;
    out.grain = Grain::granular;
    out.element.schema = child;
  }
  return out;
}

bool is_member(const Json& node) { return node.empty() || node.contains("."); }

}  // namespace

Typed typed_root(const Endpoint& endpoint) {
  Typed out;
  out.root = true;
  if (endpoint.resource->custom != nullptr) {
    const auto found = endpoint.resource->custom->versions.find(endpoint.version);
    static const Json kNothing = Json::object();
    out.schema = found != endpoint.resource->custom->versions.end() && found->second.schema.is_object()
                     ? &found->second.schema
                     : &kNothing;
  } else {
    out.message = find_message(endpoint.group_version(), endpoint.kind());
  }
  return out;
}

ChildInfo child_info(const Typed& parent, const std::string& key, const Json& value) {
  ChildInfo out;
  if (parent.message != nullptr && !parent.message->fields.empty()) {
    const Field* field = parent.message->find(key);
    if (field != nullptr) {
      out = info_of_field(*field);
    } else {
      out.known = parent.root && (key == "kind" || key == "apiVersion");
    }
  } else if (parent.map_of != nullptr) {
    if (parent.map_of->type == Field::Type::message) {
      out.grain = Grain::granular;
      out.element.message = parent.map_of->message;
    }
  } else if (parent.schema != nullptr) {
    out = info_of_schema(*parent.schema, key, parent.root);
  } else {
    out.grain = value.is_object() ? Grain::granular : Grain::leaf;
  }
  if (out.grain == Grain::granular && !value.is_object()) out.grain = Grain::leaf;
  if ((out.grain == Grain::list_map || out.grain == Grain::list_set) && !value.is_array()) out.grain = Grain::leaf;
  return out;
}

std::string element_name(const ChildInfo& info, const Json& element) {
  if (info.grain == Grain::list_set) return "v:" + dump(element);
  Json keys = Json::object();
  for (const auto& key : info.keys) {
    if (element.is_object() && element.contains(key)) keys[key] = element.at(key);
    else if (key == "protocol") keys[key] = "TCP";
  }
  return "k:" + dump(keys);
}

namespace {

Json set_of_value(const Json& value, const ChildInfo& info, bool updating) {
  Json out = Json::object();
  switch (info.grain) {
    case Grain::leaf: return out;
    case Grain::granular:
      out = set_of(value, info.element, updating);
      if (updating && info.created && !out.empty()) out["."] = Json::object();
      return out;
    case Grain::list_map:
      for (const auto& each : value) {
        Json inner = set_of(each, info.element, updating);
        inner["."] = Json::object();
        out[element_name(info, each)] = std::move(inner);
      }
      break;
    case Grain::list_set:
      for (const auto& each : value) out[element_name(info, each)] = Json::object();
      break;
  }
  if (updating && !out.empty()) out["."] = Json::object();
  return out;
}

const Json* find_element(const Json& list, const ChildInfo& info, const std::string& name) {
  for (const auto& each : list)
    if (element_name(info, each) == name) return &each;
  return nullptr;
}

void compare_lists(const Json& old, const Json& now, const ChildInfo& info, Json& changed, Json& removed) {
  for (const auto& each : now) {
    const std::string name = element_name(info, each);
    const Json* before = find_element(old, info, name);
    if (before == nullptr) {
      Json inner = info.grain == Grain::list_map ? set_of(each, info.element, true) : Json::object();
      if (info.grain == Grain::list_map) inner["."] = Json::object();
      changed[name] = std::move(inner);
    } else if (info.grain == Grain::list_map && *before != each) {
      Json inner_changed = Json::object(), inner_removed = Json::object();
      compare(*before, each, info.element, inner_changed, inner_removed);
      if (!inner_changed.empty()) changed[name] = std::move(inner_changed);
      if (!inner_removed.empty()) removed[name] = std::move(inner_removed);
    }
  }
  for (const auto& each : old) {
    const std::string name = element_name(info, each);
    if (find_element(now, info, name) != nullptr) continue;
    Json inner = info.grain == Grain::list_map ? set_of(each, info.element, true) : Json::object();
    if (info.grain == Grain::list_map) inner["."] = Json::object();
    removed[name] = std::move(inner);
  }
}

}  // namespace

Json set_of(const Json& value, const Typed& typed, bool updating) {
  Json out = Json::object();
  if (!value.is_object()) return out;
  for (const auto& [key, member] : value.items()) {
    if (typed.root && (key == "kind" || key == "apiVersion")) continue;
    out["f:" + key] = set_of_value(member, child_info(typed, key, member), updating);
  }
  return out;
}

void compare(const Json& old, const Json& now, const Typed& typed, Json& changed, Json& removed) {
  for (const auto& [key, member] : now.items()) {
    if (typed.root && (key == "kind" || key == "apiVersion")) continue;
    const ChildInfo info = child_info(typed, key, member);
    const Json& before = at(old, key);
    if (before == member) continue;
    const std::string name = "f:" + key;
    if (before.is_null() || info.grain == Grain::leaf || before.type() != member.type()) {
      changed[name] = set_of_value(member, info, true);
      // A list that was there as null is not made by this writer; its elements are.
      if (before.is_null() && old.contains(key) && changed[name].size() > 1) changed[name].erase(".");
      continue;
    }
    Json inner_changed = Json::object(), inner_removed = Json::object();
    if (info.grain == Grain::granular) compare(before, member, info.element, inner_changed, inner_removed);
    else compare_lists(before, member, info, inner_changed, inner_removed);
    if (!inner_changed.empty()) changed[name] = std::move(inner_changed);
    if (!inner_removed.empty()) removed[name] = std::move(inner_removed);
  }
  for (const auto& [key, member] : old.items()) {
    if (now.contains(key)) continue;
    Json all = set_of_value(member, child_info(typed, key, member), true);
    all["."] = Json::object();
    removed["f:" + key] = std::move(all);
  }
}

Json unite(Json a, const Json& b) {
  for (const auto& [key, node] : b.items()) {
    const auto found = a.find(key);
    if (found == a.end()) {
      a[key] = node;
      continue;
    }
    const bool member = key != "." && (is_member(*found) || is_member(node));
    Json both = unite(*found, node);
    if (member && !both.empty()) both["."] = Json::object();
    *found = std::move(both);
  }
  return a;
}

Json subtract(const Json& a, const Json& b) {
  Json out = Json::object();
  for (const auto& [key, node] : a.items()) {
    const auto found = b.find(key);
    if (found == b.end()) {
      out[key] = node;
      continue;
    }
    if (key == ".") continue;
    const bool keep_self = is_member(node) && !is_member(*found);
    Json rest = subtract(node, *found);
    rest.erase(".");
    if (keep_self && !rest.empty()) rest["."] = Json::object();
    if (keep_self || !rest.empty()) out[key] = std::move(rest);
  }
  return out;
}

namespace {

void visit_paths(const Json& set, std::vector<std::string>& path,
                 const std::function<void(const std::vector<std::string>&)>& visit) {
  for (const auto& [key, node] : set.items()) {
    if (key == ".") continue;
    path.push_back(key);
    if (is_member(node)) visit(path);
    visit_paths(node, path, visit);
    path.pop_back();
  }
}

template <class Value>
Value* step(Value& here, const std::string& element) {
  const std::string rest = element.substr(2);
  if (element[0] == 'f') {
    if (!here.is_object()) return nullptr;
    const auto found = here.find(rest);
    return found == here.end() ? nullptr : &*found;
  }
  if (!here.is_array()) return nullptr;
  const Json wanted = Json::parse(rest, nullptr, false);
  for (auto& each : here) {
    if (element[0] == 'v'
            ? each == wanted
            : each.is_object() && std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& one) {
                return each.contains(one.key()) ? each.at(one.key()) == one.value()
                                                : one.key() == "protocol" && one.value() == "TCP";
              })) {
      return &each;
    }
  }
  return nullptr;
}

}  // namespace

void each_path(const Json& set, const std::function<void(const std::vector<std::string>&)>& visit) {
  std::vector<std::string> path;
  visit_paths(set, path, visit);
}

bool contains_path(const Json& set, const std::vector<std::string>& path) {
  const Json* here = &set;
  for (const auto& each : path) {
    const auto found = here->find(each);
    if (found == here->end()) return false;
    here = &*found;
  }
  return is_member(*here);
}

std::string path_text(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& each : path) {
    const std::string rest = each.substr(2);
    if (each[0] == 'f') {
      out += "." + rest;
    } else if (each[0] == 'v') {
      out += "[=" + rest + "]";
    } else {
      std::string keys;
      const Json parsed = Json::parse(rest, nullptr, false);
      for (const auto& [key, value] : parsed.items()) keys += (keys.empty() ? "" : ",") + key + "=" + dump(value);
      out += "[" + keys + "]";
    }
  }
  return out;
}

const Json* value_at(const Json& object, const std::vector<std::string>& path) {
  const Json* here = &object;
  for (const auto& each : path) {
    here = step(*here, each);
    if (here == nullptr) return nullptr;
  }
  return here;
}

void erase_at(Json& object, const std::vector<std::string>& path) {
  Json* here = &object;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    here = step(*here, path[i]);
    if (here == nullptr) return;
  }
  const std::string& last = path.back();
  if (last[0] == 'f' && here->is_object()) {
    here->erase(last.substr(2));
  } else if (here->is_array()) {
    if (const Json* target = step(*here, last); target != nullptr)
      here->erase(static_cast<std::size_t>(target - &(*here)[0]));
  }
}

Json merge_typed(Json live, const Json& applied, const Typed& typed) {
  if (!live.is_object()) live = Json::object();
  for (const auto& [key, value] : applied.items()) {
    const ChildInfo info = child_info(typed, key, value);
    Json& slot = live[key];
    switch (info.grain) {
      case Grain::leaf: slot = value; break;
      case Grain::granular: slot = merge_typed(std::move(slot), value, info.element); break;
      case Grain::list_map:
      case Grain::list_set:
        if (!slot.is_array()) slot = Json::array();
        for (const auto& each : value) {
          const std::string name = element_name(info, each);
          const auto found = std::find_if(slot.begin(), slot.end(),
                                          [&](const Json& have) { return element_name(info, have) == name; });
          if (found == slot.end())
            slot.push_back(info.grain == Grain::list_map ? merge_typed(Json::object(), each, info.element) : each);
          else if (info.grain == Grain::list_map) *found = merge_typed(*found, each, info.element);
        }
        break;
    }
  }
  return live;
}

}  // namespace k8s_fake
