// Answers in Kubernetes' protobuf envelope, written by the field table.
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "k8s-fake/field_table.h"
#include "k8s-fake/protobuf.h"
#include "k8s-fake/table.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

enum class Wire : unsigned { varint = 0, fixed64 = 1, bytes = 2 };

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
void put_tag(std::string& out, unsigned number, Wire wire) {
  put_varint(out, number << 3 | static_cast<unsigned>(wire));
}
void put_number(std::string& out, unsigned number, std::int64_t value) {
  put_tag(out, number, Wire::varint);
  put_varint(out, static_cast<std::uint64_t>(value));
}
void put_bytes(std::string& out, unsigned number, std::string_view bytes) {
  put_tag(out, number, Wire::bytes);
  put_varint(out, bytes.size());
  out += bytes;
}
std::string wrapped(unsigned number, std::string_view bytes) {
  std::string out;
  put_bytes(out, number, bytes);
  return out;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : dump(value); }

/// {1: seconds, 2: nanoseconds}; empty, which means "no time", when it cannot be read.
std::string encode_time(const Json& value) {
  const std::string text = text_of(value);
  const auto time = parse_time(text);
  std::string out;
  if (!time) return out;
  put_number(out, 1, std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count());
  std::int64_t nanos = 0, digit = 100000000;
  if (const auto dot = text.find('.'); dot != std::string::npos) {
    for (std::size_t i = dot + 1; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, digit /= 10)
      nanos += (text[i] - '0') * digit;
  }
  put_number(out, 2, nanos);
  return out;
}

std::string encode_message(const Message& shape, const Json& object);

std::string encode_int_or_string(const Json& value) {
  std::string out;
  const bool text = value.is_string();
  put_number(out, 1, text ? 1 : 0);
  put_number(out, 2, text ? 0 : value.is_number() ? value.get<std::int64_t>() : 0);
  put_bytes(out, 3, text ? value.get<std::string>() : std::string());
  return out;
}

/// Which arm of a union is set follows from the JSON value's type.
std::string encode_union(const Message& shape, const Json& value) {
  std::string out;
  if (shape.name == "JSONSchemaPropsOrBool") {
    put_number(out, 1, value.is_boolean() ? value.get<bool>() : true);
    if (value.is_object()) put_bytes(out, 2, encode_message(*shape.by_number(2)->message, value));
    return out;
  }
  const Field& list = *shape.by_number(2);
  if (value.is_object()) put_bytes(out, 1, encode_message(*shape.by_number(1)->message, value));
  else if (value.is_array())
    for (const auto& each : value)
      put_bytes(out, 2, list.message == nullptr ? text_of(each) : encode_message(*list.message, each));
  return out;
}

bool is_union(const Message& shape) { return shape.name.rfind("JSONSchemaPropsOr", 0) == 0; }

/// One value behind its tag.
void put_value(std::string& out, const Field& field, unsigned number, const Json& value) {
  switch (field.type) {
    case Field::Type::text: return put_bytes(out, number, text_of(value));
    case Field::Type::integer: return put_number(out, number, value.is_number() ? value.get<std::int64_t>() : 0);
    case Field::Type::boolean: return put_number(out, number, value.is_boolean() && value.get<bool>() ? 1 : 0);
    case Field::Type::real: {
      const auto bits = std::bit_cast<std::uint64_t>(value.is_number() ? value.get<double>() : 0.0);
      put_tag(out, number, Wire::fixed64);
      for (unsigned shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift);
      return;
    }
    case Field::Type::bytes: return put_bytes(out, number, base::base64_decode(text_of(value)).value_or(""));
    case Field::Type::quantity: return put_bytes(out, number, wrapped(1, text_of(value)));
    case Field::Type::int_or_string: return put_bytes(out, number, encode_int_or_string(value));
    case Field::Type::time:
    case Field::Type::micro_time: return put_bytes(out, number, encode_time(value));
    case Field::Type::duration: {
      std::string inner;
      put_number(inner, 1, base::parse_go_duration(text_of(value)).value_or(base::Duration(0)).count());
      return put_bytes(out, number, inner);
    }
    case Field::Type::raw: return put_bytes(out, number, wrapped(1, dump(value)));
    case Field::Type::items: {
      std::string inner;
      if (value.is_array())
        for (const auto& each : value) put_bytes(inner, 1, text_of(each));
      return put_bytes(out, number, inner);
    }
    case Field::Type::message:
      return put_bytes(
          out, number,
          is_union(*field.message) ? encode_union(*field.message, value) : encode_message(*field.message, value));
    case Field::Type::unknown: return;
  }
}

std::string encode_message(const Message& shape, const Json& object) {
  std::string out;
  if (!object.is_object()) return out;
  for (const auto& field : shape.fields) {
    if (field.number == 0) continue;
    if (field.inlined) {
      if (field.message != nullptr) put_bytes(out, field.number, encode_message(*field.message, object));
      continue;
    }
    const auto found = object.find(field.name);
    if (found == object.end() || found->is_null()) continue;
    switch (field.many) {
      case Field::Many::one: put_value(out, field, field.number, *found); break;
      case Field::Many::list:
        if (found->is_array())
          for (const auto& each : *found) put_value(out, field, field.number, each);
        break;
      case Field::Many::map:
        if (!found->is_object()) break;
        for (const auto& [key, value] : found->items()) {
          std::string entry;
          put_bytes(entry, 1, key);
          put_value(entry, field, 2, value);
          put_bytes(out, field.number, entry);
        }
        break;
    }
  }
  return out;
}

std::string enveloped(std::string_view api_version, std::string_view kind, std::string_view raw) {
  std::string type;
  put_bytes(type, 1, api_version);
  put_bytes(type, 2, kind);
  std::string out("k8s\0", 4);
  out.reserve(raw.size() + 64);
  put_bytes(out, 1, type);
  put_bytes(out, 2, raw);
  put_bytes(out, 3, "");
  put_bytes(out, 4, "");
  return out;
}

}  // namespace

std::optional<std::string> encode_protobuf(const Json& object) {
  const std::string kind = text_at(object, "kind"), api = text_at(object, "apiVersion");
  if (kind == "Table" || kind.empty()) return std::nullopt;
  // Statuses and discovery documents are versioned with the core and described with the metadata.
  const bool of_meta = api == "meta.k8s.io/v1" || api == "meta.k8s.io/v1beta1" ||
                       ((api == "v1" || api.empty()) && find_message("meta/v1", kind) != nullptr);
  const std::string home = of_meta ? "meta/v1" : api;
  if (const Message* shape = find_message(home, kind)) return enveloped(api, kind, encode_message(*shape, object));
  if (kind.size() < 5 || kind.compare(kind.size() - 4, 4, "List") != 0) return std::nullopt;
  const Message* item = find_message(home, std::string_view(kind).substr(0, kind.size() - 4));
  if (item == nullptr) return std::nullopt;
  std::string raw;
  put_bytes(raw, 1, encode_message(*find_message("meta/v1", "ListMeta"), at(object, "metadata")));
  for (const auto& each : at(object, "items")) put_bytes(raw, 2, encode_message(*item, each));
  return enveloped(api, kind, raw);
}

std::string protobuf_event(std::string_view type, std::string_view object) {
  std::string event;
  put_bytes(event, 1, type);
  put_bytes(event, 2, wrapped(1, object));
  std::string out;
  out.reserve(event.size() + 4);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(event.size() >> shift);
  return out + event;
}

}  // namespace k8s_fake
