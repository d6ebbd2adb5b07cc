#include "k8s-fake/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace k8s_fake {
namespace {

bool is_one_of(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return text == word; });
}

Json plain_scalar(const std::string& text) {
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  const bool numeric = text.find_first_not_of("+-0123456789.eE_xabcdefABCDEFo") == std::string::npos &&
                       text.find_first_of("0123456789") != std::string::npos;
  if (!numeric) return text;
  char* end = nullptr;
  errno = 0;
  const bool hex = text.size() > 2 && text[0] == '0' && text[1] == 'x';
  const bool octal = text.size() > 1 && text[0] == '0' && text.find_first_not_of("01234567") == std::string::npos;
  const long long integer = std::strtoll(text.c_str(), &end, hex ? 16 : octal ? 8 : 10);
  if (*end == '\0' && errno == 0) return integer;
  if (text.find_first_not_of("+-0123456789.eE") != std::string::npos) return text;
  const double real = std::strtod(text.c_str(), &end);
  if (*end == '\0') return real;
  return text;
}

Json convert(const YAML::Node& node, std::size_t depth) {
  if (depth > kNestingMax) return nullptr;
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null: return nullptr;
    case YAML::NodeType::Scalar:
      if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return node.Scalar();
      return plain_scalar(node.Scalar());
    case YAML::NodeType::Sequence: {
      Json out = Json::array();
      for (const auto& each : node) out.push_back(convert(each, depth + 1));
      return out;
    }
    case YAML::NodeType::Map: {
      Json out = Json::object();
      for (const auto& each : node) out[each.first.Scalar()] = convert(each.second, depth + 1);
      return out;
    }
  }
  return nullptr;
}

/// A text that would be read back as something else needs quotes, and what JSON escapes does too.
std::string yaml_text(const std::string& text) {
  const bool odd = text.empty() || text.find_first_of("\n\t\r\"\\:#{}[],&*!|>'%@`") != std::string::npos ||
                   text.front() == ' ' || text.back() == ' ' || text.front() == '-' || text.front() == '?' ||
                   text.front() == '=' || text.front() == '<' || !plain_scalar(text).is_string();
  return odd ? dump(text) : text;
}

void write_yaml(const Json& value, std::size_t indent, bool in_list, std::string& out) {
  const std::string margin(indent, ' ');
  bool first = in_list;
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items()) {
      out += (first ? "" : margin) + yaml_text(key) + ":";
      first = false;
      const bool nested = (member.is_object() || member.is_array()) && !member.empty();
      out += nested ? "\n" : " ";
      write_yaml(member, member.is_array() ? indent : indent + 2, false, out);
    }
  } else if (value.is_array() && !value.empty()) {
    for (const auto& each : value) {
      out += (first ? "" : margin) + "- ";
      first = false;
      write_yaml(each, indent + 2, true, out);
    }
  } else {
    out += (value.is_string() ? yaml_text(value.get<std::string>()) : dump(value)) + "\n";
  }
}

}  // namespace

std::string json_to_yaml(const Json& value) {
  std::string out;
  write_yaml(value, 0, false, out);
  return out;
}

base::Result<std::vector<Json>> yaml_documents(std::string_view text) {
  if (const auto first = text.find_first_not_of(" \t\r\n"); first != std::string_view::npos && text[first] == '{') {
    ParsedJson parsed = parse_json(text);
    if (parsed.error.empty()) return std::vector<Json>{std::move(parsed.value)};
  }
  if (nested_too_deep(text)) return base::Error{base::ErrorKind::invalid, "exceeded max depth"};
  try {
    std::vector<Json> out;
    for (const auto& node : YAML::LoadAll(std::string(text))) {
      Json value = convert(node, 0);
      if (!value.is_null()) out.push_back(std::move(value));
    }
    return out;
  } catch (const YAML::Exception& failure) {
    return base::Error{base::ErrorKind::invalid, "error converting YAML to JSON: yaml: line " +
                                                     std::to_string(failure.mark.line + 1) + ": " + failure.msg};
  }
}

base::Result<Json> yaml_to_json(std::string_view text) {
  auto all = yaml_documents(text);
  if (!all) return all.error();
  if (all->empty()) return base::Error{base::ErrorKind::invalid, "unexpected end of JSON input"};
  return std::move(all->front());
}

}  // namespace k8s_fake
