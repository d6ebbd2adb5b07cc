#include "k8s-fake/openapi_v2.h"

#include <cstdint>

namespace k8s_fake {
namespace {

void varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void bytes(std::string& out, unsigned number, const std::string& content) {
  varint(out, number << 3 | 2);
  varint(out, content.size());
  out += content;
}

std::string named(const std::string& name, const std::string& value) {
  std::string out;
  bytes(out, 1, name);
  bytes(out, 2, value);
  return out;
}

/// Vendor extensions travel as YAML text; JSON is YAML.
std::string any(const Json& value) {
  std::string out;
  bytes(out, 2, dump(value) + "\n");
  return out;
}

std::string schema(const Json& json) {
  std::string out;
  if (at(json, "$ref").is_string()) bytes(out, 1, json["$ref"].get<std::string>());
  if (at(json, "format").is_string()) bytes(out, 2, json["format"].get<std::string>());
  if (at(json, "description").is_string()) bytes(out, 4, json["description"].get<std::string>());
  for (const auto& name : at(json, "required"))
    if (name.is_string()) bytes(out, 19, name.get<std::string>());
  if (const Json& more = at(json, "additionalProperties"); more.is_object()) {
    std::string item;
    bytes(item, 1, schema(more));
    bytes(out, 21, item);
  }
  if (at(json, "type").is_string()) {
    std::string item;
    bytes(item, 1, json["type"].get<std::string>());
    bytes(out, 22, item);
  }
  if (const Json& items = at(json, "items"); items.is_object()) {
    std::string item;
    bytes(item, 1, schema(items));
    bytes(out, 23, item);
  }
  if (const Json& properties = at(json, "properties"); properties.is_object()) {
    std::string all;
    for (const auto& [name, inner] : properties.items()) bytes(all, 1, named(name, schema(inner)));
    bytes(out, 25, all);
  }
  if (json.is_object()) {
    for (const auto& [name, value] : json.items())
      if (name.rfind("x-", 0) == 0) bytes(out, 31, named(name, any(value)));
  }
  return out;
}

}  // namespace

std::string encode_openapi_v2(const Json& document) {
  std::string out, info, definitions;
  bytes(out, 1, "2.0");
  bytes(info, 1, text_at(document, {"info", "title"}));
  bytes(info, 2, text_at(document, {"info", "version"}));
  bytes(out, 2, info);
  bytes(out, 8, "");
  for (const auto& [name, json] : at(document, "definitions").items()) bytes(definitions, 1, named(name, schema(json)));
  bytes(out, 9, definitions);
  return out;
}

}  // namespace k8s_fake
