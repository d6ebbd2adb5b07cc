#include "k8s-fake/structural.h"

#include <re2/re2.h>

#include <cmath>

#include "k8s-fake/crd.h"
#include "k8s-fake/table.h"

namespace k8s_fake {
namespace {

std::string type_of(const Json& value) {
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  if (value.is_object()) return "object";
  if (value.is_array()) return "array";
  if (value.is_boolean()) return "boolean";
  return value.is_null() ? "null" : "string";
}

bool type_matches(const std::string& type, const Json& value) {
  const std::string have = type_of(value);
  return type.empty() || have == type || (type == "number" && have == "integer") ||
         (type == "integer" && value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
}

std::string join_path(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

void wrong_type(const std::string& type, const Json& value, const std::string& path, FieldErrors& errors) {
  const std::string have = "\"" + type_of(value) + "\"";
  errors.add({"FieldValueTypeInvalid", path,
              "Invalid value: " + have + ": " + path + " in body must be of type " + type + ": " + have});
}

void validate_string(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors) {
  const auto& text = value.get_ref<const std::string&>();
  std::size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  if (const Json& max = at(schema, "maxLength"); max.is_number() && length > max.get<std::size_t>())
    errors.too_long(path, max.get<std::size_t>());
  if (const Json& min = at(schema, "minLength"); min.is_number() && length < min.get<std::size_t>())
    errors.invalid(path, value, path + " in body should be at least " + dump(min) + " chars long");
  if (const std::string pattern = text_at(schema, "pattern"); !pattern.empty()) {
    const RE2 compiled(pattern, RE2::Quiet);
    if (compiled.ok() && !RE2::PartialMatch(text, compiled))
      errors.invalid(path, value, path + " in body should match '" + pattern + "'");
  }
  const std::string format = text_at(schema, "format");
  bool fits = true;
  if (format == "date-time") fits = parse_time(text).has_value();
  else if (format == "ipv4") fits = RE2::FullMatch(text, R"((\d{1,3}\.){3}\d{1,3})");
  else if (format == "uuid")
    fits = RE2::FullMatch(text, "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}");
  else if (format == "email") fits = RE2::FullMatch(text, "[^@ ]+@[^@ ]+");
  else if (format == "date") fits = RE2::FullMatch(text, R"(\d{4}-\d{2}-\d{2})");
  if (!fits) errors.invalid(path, value, path + " in body must be of type " + format + ": " + dump(value));
}

void validate_number(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors) {
  const double number = value.get<double>();
  if (const Json& min = at(schema, "minimum"); min.is_number()) {
    const bool open = is_true(schema, {"exclusiveMinimum"});
    if (open ? number <= min.get<double>() : number < min.get<double>())
      errors.invalid(path, value, path + " in body should be greater than " + (open ? "" : "or equal to ") + dump(min));
  }
  if (const Json& max = at(schema, "maximum"); max.is_number()) {
    const bool open = is_true(schema, {"exclusiveMaximum"});
    if (open ? number >= max.get<double>() : number > max.get<double>())
      errors.invalid(path, value, path + " in body should be less than " + (open ? "" : "or equal to ") + dump(max));
  }
  if (const Json& factor = at(schema, "multipleOf");
      factor.is_number() && factor.get<double>() != 0 && std::fmod(number, factor.get<double>()) != 0) {
    errors.invalid(path, value, path + " in body should be a multiple of " + dump(factor));
  }
}

void validate_list(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors) {
  if (const Json& max = at(schema, "maxItems"); max.is_number() && value.size() > max.get<std::size_t>())
    errors.too_many(path, value.size(), max.get<std::size_t>());
  if (const Json& min = at(schema, "minItems"); min.is_number() && value.size() < min.get<std::size_t>()) {
    errors.invalid(path, value.size(), path + " in body should have at least " + dump(min) + " items");
  }
  const std::string list = text_at(schema, "x-kubernetes-list-type");
  const Json& keys = at(schema, "x-kubernetes-list-map-keys");
  const auto identity = [&](const Json& each) {
    if (list != "map") return each;
    Json out = Json::object();
    for (const auto& key : keys)
      if (key.is_string() && each.is_object() && each.contains(key.get<std::string>()))
        out[key.get<std::string>()] = each[key.get<std::string>()];
    return out;
  };
  std::vector<Json> seen;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string here = path + "[" + std::to_string(i) + "]";
    if (list == "map" || list == "set") {
      const Json id = identity(value[i]);
      if (std::find(seen.begin(), seen.end(), id) != seen.end()) errors.duplicate(here, id);
      seen.push_back(id);
    }
    if (at(schema, "items").is_object()) validate_by_schema(schema["items"], value[i], here, errors);
  }
  if (is_true(schema, {"uniqueItems"})) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      for (std::size_t j = i + 1; j < value.size(); ++j)
        if (value[i] == value[j]) return errors.invalid(path, value, path + " in body shouldn't contain duplicates");
    }
  }
}

void validate_map(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors) {
  for (const auto& key : at(schema, "required"))
    if (key.is_string() && !value.contains(key.get<std::string>()))
      errors.required(join_path(path, key.get<std::string>()));
  if (const Json& max = at(schema, "maxProperties"); max.is_number() && value.size() > max.get<std::size_t>())
    errors.too_many(path, value.size(), max.get<std::size_t>());
  if (const Json& min = at(schema, "minProperties"); min.is_number() && value.size() < min.get<std::size_t>()) {
    errors.invalid(path, value.size(), path + " in body should have at least " + dump(min) + " properties");
  }
  for (const auto& [key, member] : value.items()) {
    if (path.empty() && (key == "metadata" || key == "kind" || key == "apiVersion")) continue;
    const Json& inner = at_path(schema, {"properties", key});
    if (inner.is_object()) validate_by_schema(inner, member, join_path(path, key), errors);
    else if (at(schema, "additionalProperties").is_object())
      validate_by_schema(schema["additionalProperties"], member, join_path(path, key), errors);
  }
}

bool valid(const Json& schema, const Json& value, const std::string& path) {
  FieldErrors errors;
  validate_by_schema(schema, value, path, errors);
  return errors.empty();
}

void validate_logic(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors) {
  const auto passing = [&](const char* key) {
    std::size_t count = 0;
    for (const auto& each : at(schema, key)) count += valid(each, value, path) ? 1 : 0;
    return count;
  };
  for (const auto& each : at(schema, "allOf")) validate_by_schema(each, value, path, errors);
  const auto fail = [&](const std::string& text) {
    errors.invalid(path, value.is_object() ? Json("") : value, path + " in body " + text);
  };
  if (at(schema, "anyOf").is_array() && passing("anyOf") == 0) fail("must validate at least one schema (anyOf)");
  if (at(schema, "oneOf").is_array() && passing("oneOf") != 1)
    fail(std::string("must validate one and only one schema (oneOf). Found ") +
         (passing("oneOf") == 0 ? "none valid" : std::to_string(passing("oneOf")) + " valid alternatives"));
  if (at(schema, "not").is_object() && valid(schema["not"], value, path)) fail("must not validate the schema (not)");
}

}  // namespace

void prune(const Json& schema, Json& value, const std::string& path, bool root, std::vector<std::string>& unknown) {
  if (value.is_array()) {
    std::size_t i = 0;
    for (auto& each : value) {
      if (at(schema, "items").is_object())
        prune(schema["items"], each, path + "[" + std::to_string(i) + "]", false, unknown);
      ++i;
    }
    return;
  }
  if (!value.is_object()) return;
  const bool keep = is_true(schema, {"x-kubernetes-preserve-unknown-fields"});
  const bool embedded = is_true(schema, {"x-kubernetes-embedded-resource"});
  std::vector<std::string> gone;
  for (auto& [key, member] : value.items()) {
    if ((root || embedded) && (key == "metadata" || key == "kind" || key == "apiVersion")) continue;
    const Json& inner = at_path(schema, {"properties", key});
    const std::string here = join_path(path, key);
    if (inner.is_object()) {
      if (member.is_null() && !is_true(inner, {"nullable"})) gone.push_back(key);
      else prune(inner, member, here, false, unknown);
    } else if (at(schema, "additionalProperties").is_object()) {
      prune(schema["additionalProperties"], member, here, false, unknown);
    } else if (!keep && !at(schema, "additionalProperties").is_boolean()) {
      unknown.push_back(here);
      gone.push_back(key);
    }
  }
  for (const auto& key : gone) value.erase(key);
}

void apply_schema_defaults(const Json& schema, Json& value) {
  if (value.is_array()) {
    for (auto& each : value)
      if (at(schema, "items").is_object()) apply_schema_defaults(schema["items"], each);
    return;
  }
  if (!value.is_object()) return;
  if (const Json& properties = at(schema, "properties"); properties.is_object()) {
    for (const auto& [key, inner] : properties.items()) {
      if (!value.contains(key) && inner.contains("default")) value[key] = inner["default"];
      if (value.contains(key)) apply_schema_defaults(inner, value[key]);
    }
  }
  if (at(schema, "additionalProperties").is_object())
    for (auto& [key, member] : value.items()) apply_schema_defaults(schema["additionalProperties"], member);
}

void validate_by_schema(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors) {
  if (value.is_null() && is_true(schema, {"nullable"})) return;
  const std::string type = text_at(schema, "type");
  if (is_true(schema, {"x-kubernetes-int-or-string"})) {
    if (!value.is_string() && !value.is_number_integer()) return wrong_type("integer,string", value, path, errors);
  } else if (!type_matches(type, value)) {
    return wrong_type(type, value, path, errors);
  }
  if (const Json& allowed = at(schema, "enum");
      allowed.is_array() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    std::vector<std::string> texts;
    for (const auto& each : allowed) texts.push_back(each.is_string() ? each.get<std::string>() : dump(each));
    errors.unsupported(path, value, texts);
  }
  if (value.is_string()) validate_string(schema, value, path, errors);
  else if (value.is_number()) validate_number(schema, value, path, errors);
  else if (value.is_array()) validate_list(schema, value, path, errors);
  else if (value.is_object()) validate_map(schema, value, path, errors);
  validate_logic(schema, value, path, errors);
}

void check_custom_fields(const CustomKind& custom, std::string_view version, Json& object, FieldReport& report) {
  const auto found = custom.versions.find(version);
  if (found == custom.versions.end() || !object.is_object()) return;
  if (object.contains("metadata")) {
    FieldReport metadata;
    Json wrapped = {{"metadata", object["metadata"]}};
    check_known_fields("v1", "Binding", wrapped,
                       metadata);  // any kind that has nothing but metadata before its own fields
    object["metadata"] = at(wrapped, "metadata").is_object() ? wrapped["metadata"] : Json::object();
    report.unknown = metadata.unknown;
    report.error = metadata.error;
  }
  if (found->second.schema.is_object() && !custom.preserve_unknown)
    prune(found->second.schema, object, "", true, report.unknown);
}

}  // namespace k8s_fake
