#include "k8s-fake/fields.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "k8s-fake/field_table.h"
#include "k8s-fake/quantity.h"
#include "k8s-fake/table.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

const char* json_name(const Json& value) {
  if (value.is_number()) return "number";
  if (value.is_boolean()) return "bool";
  return value.type_name();
}

class Checker {
 public:
  Checker(FieldReport& report, int minor) : report_(report), minor_(minor) {}

  void object(const Message& message, Json& value, const std::string& path, bool top) {
    std::vector<std::string> gone;
    for (auto& [key, member] : value.get_ref<Json::object_t&>()) {
      if (top && (key == "kind" || key == "apiVersion")) continue;
      const std::string here = path.empty() ? key : path + "." + key;
      const Field* field = message.find(key);
      if (field == nullptr || field->since > minor_) {
        // Templates of claims and raw objects carry their own type.
        if (key != "kind" && key != "apiVersion") report_.unknown.push_back(here);
        else if (message.name != "PersistentVolumeClaim") report_.unknown.push_back(here);
        else continue;
        gone.push_back(key);
        continue;
      }
      if (!member.is_null()) many(message, *field, member, here);
      if (!report_.error.empty()) return;
      if (member.is_null() || (field->omit && !field->pointer && droppable(*field, member))) gone.push_back(key);
    }
    for (const auto& key : gone) value.erase(key);
  }

 private:
  static bool droppable(const Field& field, const Json& value) {
    if (field.many == Field::Many::one && field.type == Field::Type::message) return false;
    return is_empty_value(value);
  }

  void mismatch(const Message& message, const Field& field, const Json& value, const std::string& path) {
    // Go prints positions without list indexes.
    std::string plain;
    bool inside = false;
    for (const char c : path) {
      if (c == '[') inside = true;
      if (!inside) plain += c;
      if (c == ']') inside = false;
    }
    report_.error = std::string("json: cannot unmarshal ") + json_name(value) + " into Go struct field " +
                    message.name + "." + plain + " of type " + field.type_name;
  }

  void many(const Message& message, const Field& field, Json& value, const std::string& path) {
    switch (field.many) {
      case Field::Many::one: one(message, field, value, path); return;
      case Field::Many::list: {
        if (!value.is_array()) return mismatch(message, field, value, path);
        std::size_t i = 0;
        for (auto& each : value) {
          one(message, field, each, path + "[" + std::to_string(i++) + "]");
          if (!report_.error.empty()) return;
        }
        return;
      }
      case Field::Many::map:
        if (!value.is_object()) return mismatch(message, field, value, path);
        for (auto& [key, each] : value.items()) {
          if (each.is_null() && field.type == Field::Type::text) each = "";
          one(message, field, each, path + "." + key);
          if (!report_.error.empty()) return;
        }
        return;
    }
  }

  void one(const Message& message, const Field& field, Json& value, const std::string& path) {
    const auto wrong = [&] {
      Field single = field;
      if (field.many != Field::Many::one && field.type != Field::Type::message) {
        single.type_name = field.type_name.substr(field.type_name.find(']') + 1);
      }
      mismatch(message, single, value, path);
    };
    switch (field.type) {
      case Field::Type::text:
      case Field::Type::duration:
        if (!value.is_string()) wrong();
        return;
      case Field::Type::time:
      case Field::Type::micro_time:
        if (!value.is_string() && !value.is_null()) wrong();
        else if (value.is_string()) moment(value, field.type == Field::Type::micro_time);
        return;
      case Field::Type::integer:
        if (value.is_number_float() &&
            value.get<double>() == static_cast<double>(static_cast<std::int64_t>(value.get<double>()))) {
          value = static_cast<std::int64_t>(value.get<double>());
        }
        if (!value.is_number_integer()) wrong();
        return;
      case Field::Type::real:
        if (!value.is_number()) wrong();
        return;
      case Field::Type::boolean:
        if (!value.is_boolean()) wrong();
        return;
      case Field::Type::bytes: bytes(value, wrong); return;
      case Field::Type::quantity: quantity(value); return;
      case Field::Type::int_or_string:
        if (!value.is_string() && !value.is_number_integer()) wrong();
        return;
      case Field::Type::items:
        if (!value.is_array()) wrong();
        return;
      case Field::Type::message: nested(field, value, path, wrong); return;
      case Field::Type::raw:
      case Field::Type::unknown: return;
    }
  }

  /// Stored in UTC, whatever zone the client thinks in.
  void moment(Json& value, bool micro) {
    const std::string text = value.get<std::string>();
    if (text.empty()) {
      value = nullptr;
      return;
    }
    const auto time = parse_time(text);
    // What counts microseconds wants to see them.
    const bool bare = micro && time && text.find('.') == std::string::npos;
    if (bare) {
      const auto zone = text.find_first_of("Zz+-", std::string_view("2006-01-02T").size());
      report_.error = "parsing time \"" + text + "\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"" +
                      text.substr(std::min(zone, text.size())) + "\" as \".000000\"";
    } else if (time) value = micro ? base::to_rfc3339_micro(*time) : base::to_rfc3339(*time);
    else
      report_.error = "parsing time \"" + text + "\" as \"2006-01-02T15:04:05" + (micro ? ".000000" : "") +
                      "Z07:00\": cannot parse \"" + text + "\" as \"2006\"";
  }

  template <class Wrong>
  void bytes(const Json& value, const Wrong& wrong) {
    if (!value.is_string()) return wrong();
    const auto& text = value.get_ref<const std::string&>();
    if (base::base64_decode(text) && text.size() % 4 == 0) return;
    std::size_t where = 0;
    const auto fine = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    while (where < text.size() && fine(text[where])) ++where;
    if (where == text.size()) where = text.size() / 4 * 4;
    report_.error = "illegal base64 data at input byte " + std::to_string(where);
  }

  void quantity(Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.is_number() ? dump(value) : "?";
    const auto canonical = canonical_quantity(text);
    if (canonical) value = *canonical;
    else report_.error = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  }

  template <class Wrong>
  void nested(const Field& field, Json& value, const std::string& path, const Wrong& wrong) {
    const Message& inner = *field.message;
    if (inner.name.rfind("JSONSchemaPropsOr", 0) == 0) {
      if (value.is_object())
        object(*inner.fields[inner.name == "JSONSchemaPropsOrBool" ? 1 : 0].message, value, path, false);
      return;
    }
    if (!value.is_object()) return value.is_null() ? void() : wrong();
    if (!inner.fields.empty()) object(inner, value, path, false);
  }

  FieldReport& report_;
  int minor_;
};

}  // namespace

void check_known_fields(std::string_view group_version, std::string_view kind, Json& object, FieldReport& report,
                        int minor) {
  const Message* message = find_message(group_version, kind);
  if (message == nullptr || !object.is_object()) return;
  Checker(report, minor).object(*message, object, "", true);
}

}  // namespace k8s_fake
