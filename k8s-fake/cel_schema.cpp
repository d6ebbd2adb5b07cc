// x-kubernetes-validations of structural schemas: checked when a definition is written, evaluated when an object is.
#include <string>
#include <utility>

#include "k8s-fake/cel.h"
#include "k8s-fake/structural.h"

namespace k8s_fake {
namespace {

constexpr const char* kValidations = "x-kubernetes-validations";

/// The item of a list-map that has the same keys, or null.
const Json* same_item(const Json& schema, const Json& item, const Json* old) {
  if (old == nullptr || !old->is_array() || text_at(schema, "x-kubernetes-list-type") != "map") return nullptr;
  for (const auto& each : *old) {
    bool same = true;
    for (const auto& key : at(schema, "x-kubernetes-list-map-keys"))
      same = same && key.is_string() && at(each, key.get<std::string>()) == at(item, key.get<std::string>());
    if (same) return &each;
  }
  return nullptr;
}

std::string schema_type(const Json& schema) {
  const std::string type = text_at(schema, "type");
  return type.empty() ? "object" : type;
}

FieldError field_error(const Json& rule, std::string field, const std::string& type, const std::string& detail) {
  const std::string reason = text_at(rule, "reason");
  if (const std::string below = text_at(rule, "fieldPath"); !below.empty()) field += below;
  if (!field.empty() && field.front() == '.') field.erase(0, 1);
  if (reason == "FieldValueForbidden") return {reason, field, "Forbidden: " + detail};
  if (reason == "FieldValueRequired") return {reason, field, "Required value: " + detail};
  if (reason == "FieldValueDuplicate") return {reason, field, "Duplicate value: \"" + type + "\""};
  return {"FieldValueInvalid", field, "Invalid value: \"" + type + "\": " + detail};
}

/// "" when the rule holds.
std::string broken(const Json& rule, const cel::Values& values) {
  const std::string source = text_at(rule, "rule"), message = text_at(rule, "message");
  const std::string said = message.empty() ? "failed rule: " + source : message;
  const auto compiled = cel::compile(source, {"self", "oldSelf"});
  if (!compiled) return "rule compile error: " + compiled.error().text;
  const auto result = cel::evaluate(**compiled, values);
  if (!result) return result.error() + " evaluating rule: " + (message.empty() ? source : message);
  if (*result == true) return "";
  if (const std::string expression = text_at(rule, "messageExpression"); !expression.empty()) {
    const auto text = cel::compile(expression, {"self", "oldSelf"});
    const auto made = text ? cel::evaluate(**text, values) : base::Result<Json, std::string>(text.error().text);
    if (made && made->is_string() && !made->get<std::string>().empty()) return made->get<std::string>();
  }
  return said;
}

}  // namespace

void check_rules(const Json& schema, const std::string& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const auto& rule : at(schema, kValidations)) {
    const std::string here = path + "." + kValidations + "[" + std::to_string(i++) + "]";
    const std::string source = text_at(rule, "rule");
    if (source.empty()) {
      errors.required(here + ".rule", "rule is not specified");
      continue;
    }
    for (const auto& [member, text] :
         {std::pair("rule", source), std::pair("messageExpression", text_at(rule, "messageExpression"))}) {
      if (text.empty()) continue;
      const auto compiled = cel::compile(text, {"self", "oldSelf"});
      if (compiled) continue;
      const std::string shown = std::string(member) == "rule"
                                    ? "apiextensions.ValidationRule{Rule:" + dump(Json(source)) +
                                          ", Message:" + dump(Json(text_at(rule, "message"))) +
                                          ", MessageExpression:" + dump(Json(text_at(rule, "messageExpression"))) +
                                          ", Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:" +
                                          dump(Json(text_at(rule, "fieldPath"))) + ", OptionalOldSelf:(*bool)(nil)}"
                                    : dump(Json(text));
      errors.add(
          {"FieldValueInvalid", here + "." + member,
           "Invalid value: " + shown + ": " +
               (std::string(member) == "rule" ? "compilation failed: " : "messageExpression compilation failed: ") +
               cel::describe(text, compiled.error())});
    }
  }
}

void validate_by_rules(const Json& schema, const Json& value, const Json* old, const std::string& path,
                       FieldErrors& errors) {
  if (!schema.is_object() || value.is_null()) return;
  for (const auto& rule : at(schema, kValidations)) {
    cel::Values values = {{"self", value}};
    const std::string source = text_at(rule, "rule");
    if (old != nullptr) values["oldSelf"] = *old;
    if (old == nullptr) {
      // A transition rule speaks of updates only.
      const auto compiled = cel::compile(source, {"self", "oldSelf"});
      if (compiled && cel::mentions(**compiled, "oldSelf")) continue;
    }
    if (const std::string why = broken(rule, values); !why.empty())
      errors.add(field_error(rule, path, schema_type(schema), why));
  }
  if (value.is_object()) {
    const Json& properties = at(schema, "properties");
    const Json& more = at(schema, "additionalProperties");
    for (const auto& [key, member] : value.items()) {
      const Json* before = old != nullptr && old->is_object() && old->contains(key) ? &(*old)[key] : nullptr;
      const bool named = properties.is_object() && properties.contains(key);
      const std::string here = named ? (path.empty() ? key : path + "." + key) : path + "[" + key + "]";
      validate_by_rules(named ? properties[key] : more, member, before, here, errors);
    }
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      validate_by_rules(at(schema, "items"), value[i], same_item(schema, value[i], old),
                        path + "[" + std::to_string(i) + "]", errors);
  }
}

}  // namespace k8s_fake
