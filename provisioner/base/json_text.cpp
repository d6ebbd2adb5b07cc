#include "provisioner/base/json_text.h"

namespace base {

namespace {

/// Behind the value that begins at `at` with a bracket; npos when it does not end.
std::size_t end_of_value(std::string_view json, std::size_t at) {
  int depth = 0;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      for (++at; at < json.size() && json[at] != '"'; ++at) {
        if (json[at] == '\\') ++at;
      }
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t skip_space(std::string_view json, std::size_t at) {
  while (at < json.size() && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) ++at;
  return at;
}

}  // namespace

void drop_object_lists(std::string& json, std::string_view key) {
  const std::string quoted = "\"" + std::string(key) + "\"";
  for (std::size_t at = json.find(quoted); at != std::string::npos; at = json.find(quoted, at)) {
    const std::size_t found = at;
    at += quoted.size();
    if (found > 0 && json[found - 1] == '\\') continue;  // inside a text: only there is a quote escaped
    std::size_t value = skip_space(json, at);
    if (value >= json.size() || json[value] != ':') continue;
    value = skip_space(json, value + 1);
    if (value >= json.size() || json[value] != '[') continue;
    const std::size_t first = skip_space(json, value + 1);
    if (first >= json.size() || json[first] != '{') continue;
    std::size_t end = end_of_value(json, value);
    if (end == std::string::npos) return;
    std::size_t begin = found;
    const std::size_t next = skip_space(json, end);
    if (next < json.size() && json[next] == ',') {
      end = next + 1;
    } else {
      const std::size_t before = json.find_last_not_of(" \n\r\t", begin == 0 ? 0 : begin - 1);
      if (before != std::string::npos && json[before] == ',') begin = before;
    }
    json.erase(begin, end - begin);
    at = begin;
  }
}

}  // namespace base
