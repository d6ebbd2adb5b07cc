// Strategic merge patch: lists merge by the keys of the field table. Source: kubernetes.md 3.4.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/field_table.h"
#include "k8s-fake/patch.h"

namespace k8s_fake {
namespace {

constexpr std::string_view kOrder = "$setElementOrder/";
constexpr std::string_view kDelete = "$deleteFromPrimitiveList/";

/// Go's print of a decoded value, as errors show it.
std::string go_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<nil>";
  std::string out;
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) out += (out.empty() ? "" : " ") + key + ":" + go_text(member);
    return "map[" + out + "]";
  }
  if (value.is_array()) {
    for (const auto& each : value) out += (out.empty() ? "" : " ") + go_text(each);
    return "[" + out + "]";
  }
  return dump(value);
}

class Merger {
 public:
  std::optional<ApiStatus> problem;

  Json map(Json live, const Json& patch, const Message* shape) {
    if (const std::string directive = text_at(patch, "$patch"); directive == "replace")
      return without_directives(patch);
    else if (directive == "delete") return Json::object();
    if (!live.is_object()) live = Json::object();
    if (const Json& keep = at(patch, "$retainKeys"); keep.is_array()) {
      std::vector<std::string> gone;
      for (const auto& [key, value] : live.items())
        if (std::find(keep.begin(), keep.end(), Json(key)) == keep.end()) gone.push_back(key);
      for (const auto& key : gone) live.erase(key);
    }
    for (const auto& [key, value] : patch.items()) {
      if (key == "$patch" || key == "$retainKeys") continue;
      if (key.rfind(kOrder, 0) == 0) {
        const std::string list = key.substr(kOrder.size());
        if (!patch.contains(list) && at(live, list).is_array())
          live[list] = ordered(live[list], value, merge_key(shape, list));
        continue;
      }
      if (key.rfind(kDelete, 0) == 0) {
        const std::string list = key.substr(kDelete.size());
        if (!at(live, list).is_array() || !value.is_array()) continue;
        Json kept = Json::array();
        for (const auto& each : live[list])
          if (std::find(value.begin(), value.end(), each) == value.end()) kept.push_back(each);
        live[list] = kept;
        continue;
      }
      member(live, key, value, patch, shape);
      if (problem) return live;
    }
    return live;
  }

 private:
  static const Field* field_of(const Message* shape, const std::string& name) {
    return shape == nullptr ? nullptr : shape->find(name);
  }
  static std::string merge_key(const Message* shape, const std::string& name) {
    const Field* field = field_of(shape, name);
    return field == nullptr ? "" : field->patch_key;
  }

  static Json without_directives(const Json& patch) {
    Json out = patch;
    out.erase("$patch");
    return out;
  }

  void member(Json& live, const std::string& key, const Json& value, const Json& patch, const Message* shape) {
    const Field* field = field_of(shape, key);
    if (value.is_null()) {
      live.erase(key);
    } else if (value.is_object()) {
      if (text_at(value, "$patch") == "delete") {
        live.erase(key);
        return;
      }
      const Message* inner = field != nullptr && field->many == Field::Many::one ? field->message : nullptr;
      Json before = at(live, key);
      live[key] = map(std::move(before), value, inner);
    } else if (value.is_array() && field != nullptr && field->patch_merge) {
      const Json& order = at(patch, std::string(kOrder) + key);
      const Json before = at(live, key).is_array() ? live[key] : Json::array();
      Json merged = field->patch_key.empty() ? scalars(before, value) : elements(before, value, *field);
      if (!problem && order.is_array()) {
        check_order(value, order, field->patch_key);
        if (!problem) merged = ordered(merged, order, field->patch_key);
      }
      live[key] = std::move(merged);
    } else {
      live[key] = value;
    }
  }

  static Json scalars(Json live, const Json& patch) {
    for (const auto& each : patch)
      if (std::find(live.begin(), live.end(), each) == live.end()) live.push_back(each);
    return live;
  }

  Json elements(Json live, const Json& patch, const Field& field) {
    const std::string& key = field.patch_key;
    bool replace = false;
    for (const auto& each : patch)
      if (each.is_object() && text_at(each, "$patch") == "replace" && each.size() == 1) replace = true;
    if (replace) live = Json::array();
    for (const auto& each : patch) {
      if (!each.is_object()) continue;
      if (text_at(each, "$patch") == "replace" && each.size() == 1) continue;
      if (!each.contains(key)) {
        problem =
            ApiStatus{.code = 500, .message = "map: " + go_text(each) + " does not contain declared merge key: " + key};
        return live;
      }
      const auto found =
          std::find_if(live.begin(), live.end(), [&](const Json& have) { return at(have, key) == each[key]; });
      if (text_at(each, "$patch") == "delete") {
        if (found != live.end()) live.erase(found);
      } else if (found != live.end()) {
        Json before = *found;
        *found = map(std::move(before), each, field.message);
      } else {
        live.push_back(map(Json::object(), each, field.message));
      }
      if (problem) return live;
    }
    return live;
  }

  void check_order(const Json& patch, const Json& order, const std::string& key) {
    for (const auto& each : patch) {
      if (each.is_object() && each.contains("$patch")) continue;
      const bool listed = std::any_of(order.begin(), order.end(), [&](const Json& one) {
        return key.empty() ? one == each : at(one, key) == at(each, key);
      });
      if (listed) continue;
      problem = ApiStatus{.code = 500,
                          .message = "The order in patch list:\n" + go_text(patch) +
                                     "\n doesn't match $setElementOrder list:\n" + go_text(order) + "\n"};
      return;
    }
  }

  /// Elements named in `order` come in its order; the others keep their place relative to what stood before them.
  static Json ordered(const Json& list, const Json& order, const std::string& key) {
    const auto rank = [&](const Json& each) -> std::size_t {
      for (std::size_t i = 0; i < order.size(); ++i) {
        if (key.empty() ? order[i] == each : at(order[i], key) == at(each, key)) return i;
      }
      return order.size();
    };
    std::vector<Json> named, out;
    for (const auto& each : list)
      if (rank(each) < order.size()) named.push_back(each);
    std::stable_sort(named.begin(), named.end(), [&](const Json& a, const Json& b) { return rank(a) < rank(b); });
    std::size_t next = 0;
    for (const auto& each : list) out.push_back(rank(each) < order.size() ? named[next++] : each);
    return out;
  }
};

}  // namespace

ApiResult<Json> apply_strategic_patch(Json document, const Json& patch, const Endpoint& endpoint) {
  const Message* shape = find_message(endpoint.group_version(), endpoint.kind());
  for (const auto* key : {"metadata", "spec", "status"}) {
    const Json& part = at(patch, key);
    if (part.is_null() || part.is_object()) continue;
    FieldErrors errors;
    errors.add({"FieldValueInvalid", "patch",
                "Invalid value: \"" + go_text(patch) + "\": cannot restore struct from: " +
                    (part.is_array()    ? "slice"
                     : part.is_string() ? "string"
                                        : "int64")});
    return invalid("", "", "", errors);
  }
  Merger merger;
  Json out = merger.map(std::move(document), patch, shape);
  if (merger.problem) return *merger.problem;
  return out;
}

}  // namespace k8s_fake
