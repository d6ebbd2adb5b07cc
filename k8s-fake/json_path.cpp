// The JSON paths of printer columns and scale subresources.
#include <string>
#include <vector>

#include "k8s-fake/crd.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct Step {
  std::string key;    // of an object
  bool list = false;  // an index or a filter of a list
  std::string filter_key{}, filter_value{};
};

std::vector<Step> steps_of(std::string_view path) {
  std::vector<Step> out;
  std::size_t i = 0;
  while (i < path.size()) {
    if (path[i] == '.') {
      std::string key;
      for (++i; i < path.size() && path[i] != '.' && path[i] != '['; ++i) {
        if (path[i] == '\\' && i + 1 < path.size()) ++i;
        key += path[i];
      }
      if (!key.empty()) out.push_back({key});
    } else if (path[i] == '[') {
      const auto end = path.find(']', i);
      if (end == std::string_view::npos) return out;
      std::string inner(path.substr(i + 1, end - i - 1));
      i = end + 1;
      if (!inner.empty() && (inner.front() == '\'' || inner.front() == '"')) {
        out.push_back({inner.substr(1, inner.size() - 2)});
      } else if (inner.rfind("?(@.", 0) == 0) {
        const auto equals = inner.find("==");
        std::string value = equals == std::string::npos ? "" : inner.substr(equals + 2);
        std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == ')' || c == ' '; });
        std::string key = inner.substr(4, equals - 4);
        out.push_back({"", true, std::string(base::trim(key)), value});
      } else {
        out.push_back({inner, true});
      }
    } else {
      ++i;
    }
  }
  return out;
}

}  // namespace

Json json_path(const Json& object, std::string_view path) {
  const Json* here = &object;
  for (const auto& step : steps_of(path)) {
    if (!step.list) {
      here = &at(*here, step.key);
      continue;
    }
    if (!here->is_array()) return nullptr;
    const Json* found = nullptr;
    if (step.filter_key.empty()) {
      const std::size_t index = step.key == "*" ? 0 : base::parse_unsigned(step.key).value_or(here->size());
      if (index < here->size()) found = &(*here)[index];
    } else {
      for (const auto& each : *here)
        if (found == nullptr && text_at(each, step.filter_key) == step.filter_value) found = &each;
    }
    if (found == nullptr) return nullptr;
    here = found;
  }
  return *here;
}

bool set_json_path(Json& object, std::string_view path, Json value) {
  Json* here = &object;
  for (const auto& step : steps_of(path)) {
    if (step.list || !(here->is_object() || here->is_null())) return false;
    here = &(*here)[step.key];
  }
  *here = std::move(value);
  return true;
}

}  // namespace k8s_fake
