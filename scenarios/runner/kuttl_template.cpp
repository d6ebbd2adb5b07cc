#include "scenarios/runner/kuttl_template.h"

#include <algorithm>

#include "provisioner/base/text.h"

namespace scenario {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view kMark = "__kuttl.", kMarkEnd = ".kuttl__";

/// What a mark stands for: "Namespace", "Vars.NAME", "Vars.NAME.MEMBER".
Result<Json> meaning(std::string_view name, const std::string& ns, const Json& variables) {
  if (name == "Namespace") return Json(ns);
  const Json* found = &variables;
  for (const std::string_view part : base::split(name.substr(name.find('.') + 1), '.')) {
    const std::string key(part);
    if (!found->is_object() || !found->contains(key))
      return Error{ErrorKind::not_found, "." + std::string(name) + " is not given: say --template-var NAME=VALUE"};
    found = &(*found)[key];
  }
  return *found;
}

bool is_path(std::string_view name) {
  return name == "Namespace" ||
         (name.starts_with("Vars.") && name.size() > 5 && std::all_of(name.begin(), name.end(), [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
          }));
}

Result<Json> fill_text(const std::string& text, const std::string& ns, const Json& variables) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, from)) {
    const std::size_t start = at + kMark.size(), end = text.find(kMarkEnd, start);
    if (end == std::string::npos) break;
    auto value = meaning(std::string_view(text).substr(start, end - start), ns, variables);
    if (!value) return value.error();
    if (at == 0 && end + kMarkEnd.size() == text.size()) return value;
    out += text.substr(from, at - from) + (value->is_string() ? value->get<std::string>() : value->dump());
    from = end + kMarkEnd.size();
  }
  return Json(out + text.substr(from));
}

}  // namespace

std::string marked_template(const std::string& text, Problems& problems) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find("{{"); at != std::string::npos; at = text.find("{{", from)) {
    out += text.substr(from, at - from);
    const auto line =
        static_cast<int>(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    const std::size_t end = text.find("}}", at);
    if (end == std::string::npos) {
      problems.add(line, "an action of a Go template is not closed");
      return out;
    }
    std::string_view action = std::string_view(text).substr(at + 2, end - at - 2);
    from = end + 2;
    // "{{-" and "-}}" take the white space beside them away.
    if (action.starts_with("- ")) {
      action.remove_prefix(1);
      while (!out.empty() && std::isspace(static_cast<unsigned char>(out.back())) != 0) out.pop_back();
    }
    if (action.ends_with(" -")) {
      action.remove_suffix(1);
      from = std::min(text.find_first_not_of(" \t\r\n", from), text.size());
    }
    action = base::trim(action);
    if (action.starts_with("/*")) continue;
    if (!action.starts_with(".") || !is_path(action.substr(1)))
      problems.add(line, "Go templates (.gotmpl.yaml) know .Namespace and .Vars.NAME here, found {{ " +
                             std::string(action) + " }}");
    else out += std::string(kMark) + std::string(action.substr(1)) + std::string(kMarkEnd);
  }
  return out + text.substr(from);
}

bool has_marks(const std::string& text) { return text.find(kMark) != std::string::npos; }

Result<Json> fill_marks(const Json& value, const std::string& ns, const Json& variables) {
  if (value.is_string()) return fill_text(value.get<std::string>(), ns, variables);
  if (!value.is_structured()) return value;
  Json filled = value.is_array() ? Json::array() : Json::object();
  for (const auto& entry : value.items()) {
    auto inner = fill_marks(entry.value(), ns, variables);
    if (!inner) return inner;
    if (value.is_array()) {
      filled.push_back(std::move(*inner));
      continue;
    }
    auto key = fill_text(entry.key(), ns, variables);
    if (!key) return key;
    filled[key->is_string() ? key->get<std::string>() : key->dump()] = std::move(*inner);
  }
  return filled;
}

}  // namespace scenario
