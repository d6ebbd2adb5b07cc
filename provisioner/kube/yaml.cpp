#include "provisioner/kube/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <set>

namespace provisioner {

namespace {

using Json = nlohmann::ordered_json;
using base::Error;
using base::ErrorKind;
using base::Result;

std::optional<Json> number_of(const std::string& text) {
  const char* const end = text.data() + text.size();
  const char* const start = text.data() + (text.starts_with("+") ? 1 : 0);
  if (start == end || (*start != '-' && *start != '.' && (*start < '0' || *start > '9'))) return std::nullopt;
  std::int64_t whole = 0;
  if (const auto got = std::from_chars(start, end, whole); got.ec == std::errc() && got.ptr == end) return Json(whole);
  double real = 0;
  if (const auto got = std::from_chars(start, end, real);
      got.ec == std::errc() && got.ptr == end && std::isfinite(real))
    return Json(real);
  return std::nullopt;
}

Json scalar(const YAML::Node& node) {
  const std::string text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (node.Tag() == "tag:yaml.org,2002:str") return text;
  static const std::set<std::string, std::less<>> nothing{"", "~", "null", "Null", "NULL"};
  if (nothing.contains(text)) return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return number_of(text).value_or(Json(text));
}

/// Aliases can make a small text a huge tree; `budget` bounds the nodes made.
Result<Json> convert(const YAML::Node& node, std::size_t& budget) {
  if (budget-- == 0) return Error{ErrorKind::invalid, "the YAML document is too large"};
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null: return Json();
    case YAML::NodeType::Scalar: return scalar(node);
    case YAML::NodeType::Sequence: {
      Json out = Json::array();
      for (const YAML::Node& item : node) {
        auto value = convert(item, budget);
        if (!value) return value.error();
        out.push_back(std::move(*value));
      }
      return out;
    }
    case YAML::NodeType::Map: {
      Json out = Json::object();
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) return Error{ErrorKind::invalid, "a key in a YAML map is not a plain value"};
        auto value = convert(entry.second, budget);
        if (!value) return value.error();
        out[entry.first.Scalar()] = std::move(*value);
      }
      return out;
    }
  }
  return Json();
}

}  // namespace

Result<std::vector<Json>> yaml_documents(const std::string& text) {
  std::vector<Json> out;
  std::size_t budget = 200'000;
  try {
    for (const YAML::Node& node : YAML::LoadAll(text)) {
      auto value = convert(node, budget);
      if (!value) return value.error();
      if (!value->is_null()) out.push_back(std::move(*value));
    }
  } catch (const YAML::Exception& failure) {
    return Error{ErrorKind::invalid, failure.what()};
  }
  return out;
}

Result<Json> yaml_to_json(const std::string& text) {
  auto all = yaml_documents(text);
  if (!all) return all.error();
  if (all->empty()) return Error{ErrorKind::invalid, "the YAML text holds no document"};
  Json first = std::move(all->front());
  return first;
}

}  // namespace provisioner
