// Request bodies in Kubernetes' protobuf envelope, read by the field table. Source: kubernetes.md 1.8.
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "k8s-fake/field_table.h"
#include "k8s-fake/protobuf.h"
#include "k8s-fake/quantity.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr std::size_t kDepthMax = 100;

struct Reader {
  std::string_view bytes;
  std::size_t at = 0;
  bool bad = false;

  bool done() const { return bad || at >= bytes.size(); }
  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at >= bytes.size()) break;
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return out;
    }
    bad = true;
    return 0;
  }
  std::string_view take(std::uint64_t length) {
    if (length > bytes.size() - at) {
      bad = true;
      return {};
    }
    const auto out = bytes.substr(at, length);
    at += length;
    return out;
  }
};

struct Item {
  unsigned number = 0;
  unsigned wire = 0;
  std::uint64_t value = 0;   // wire types 0, 1 and 5
  std::string_view bytes{};  // wire type 2
};

bool next(Reader& reader, Item& item) {
  if (reader.done()) return false;
  const std::uint64_t tag = reader.varint();
  item = {static_cast<unsigned>(tag >> 3), static_cast<unsigned>(tag & 7), 0, {}};
  switch (item.wire) {
    case 0: item.value = reader.varint(); break;
    case 1:
    case 5: {
      const auto raw = reader.take(item.wire == 1 ? 8 : 4);
      for (std::size_t i = raw.size(); i > 0; --i)
        item.value = item.value << 8 | static_cast<unsigned char>(raw[i - 1]);
      break;
    }
    case 2: item.bytes = reader.take(reader.varint()); break;
    default: reader.bad = true;
  }
  return !reader.bad;
}

class Decoder {
 public:
  bool bad = false;

  Json message(const Message& shape, std::string_view bytes, std::size_t depth) {
    Json out = Json::object();
    if (depth > kDepthMax) {
      bad = true;
      return out;
    }
    Reader reader{bytes};
    Item item;
    while (next(reader, item)) {
      const Field* field = shape.by_number(item.number);
      if (field != nullptr) put(out, *field, item, depth);
    }
    bad = bad || reader.bad;
    tidy(shape, out);
    return out;
  }

 private:
  /// Encoders write the zeros of fields that have no presence; they mean "absent".
  static void tidy(const Message& shape, Json& out) {
    for (const auto& field : shape.fields) {
      const auto found = out.find(field.name);
      if (found == out.end() || field.pointer || field.inlined) continue;
      if (found->is_null() || (field.type != Field::Type::message && is_empty_value(*found)) ||
          (field.type == Field::Type::message && field.many != Field::Many::one && found->empty()) ||
          (field.name == "metadata" && found->empty())) {
        if (field.type == Field::Type::message && field.many == Field::Many::one && field.name != "metadata") continue;
        out.erase(found);
      }
    }
  }

  void put(Json& out, const Field& field, const Item& item, std::size_t depth) {
    if (field.name.empty()) return;
    if (field.many == Field::Many::map) {
      Reader reader{item.bytes};
      Item part;
      std::string key;
      Json value = field.type == Field::Type::text ? Json("") : Json();
      while (next(reader, part)) {
        if (part.number == 1) key = std::string(part.bytes);
        else if (part.number == 2) value = one(field, part, depth);
      }
      bad = bad || reader.bad;
      out[field.name][key] = value;
    } else if (field.many == Field::Many::list) {
      Json& list = out[field.name];
      if (!list.is_array()) list = Json::array();
      const bool packed = item.wire == 2 && (field.type == Field::Type::integer || field.type == Field::Type::boolean);
      if (!packed) {
        list.push_back(one(field, item, depth));
        return;
      }
      Reader reader{item.bytes};
      while (!reader.done()) list.push_back(one(field, {item.number, 0, reader.varint(), {}}, depth));
    } else if (field.inlined) {
      const Json inner = one(field, item, depth);
      if (inner.is_object())
        for (const auto& [key, value] : inner.items()) out[key] = value;
    } else {
      out[field.name] = one(field, item, depth);
    }
  }

  Json one(const Field& field, const Item& item, std::size_t depth) {
    switch (field.type) {
      case Field::Type::text: return std::string(item.bytes);
      case Field::Type::integer: return static_cast<std::int64_t>(item.value);
      case Field::Type::boolean: return item.value != 0;
      case Field::Type::real: {
        double out = 0;
        static_assert(sizeof out == sizeof item.value);
        std::memcpy(&out, &item.value, sizeof out);
        return out;
      }
      case Field::Type::bytes: return base::base64_encode(item.bytes);
      case Field::Type::quantity: return canonical_quantity(inner_text(item.bytes)).value_or("0");
      case Field::Type::int_or_string: return int_or_string(item.bytes);
      case Field::Type::time: return time(item.bytes, false);
      case Field::Type::micro_time: return time(item.bytes, true);
      case Field::Type::duration: return duration(item.bytes);
      case Field::Type::raw: {
        ParsedJson parsed = parse_json(inner_text(item.bytes));
        return parsed.error.empty() ? std::move(parsed.value) : Json();
      }
      case Field::Type::items: {
        Json out = Json::array();
        Reader reader{item.bytes};
        Item part;
        while (next(reader, part)) out.push_back(std::string(part.bytes));
        return out;
      }
      case Field::Type::message: return nested(*field.message, item.bytes, depth + 1);
      case Field::Type::unknown: return nullptr;
    }
    return nullptr;
  }

  /// A union's JSON form is the bare value of the arm that is set.
  Json nested(const Message& shape, std::string_view bytes, std::size_t depth) {
    if (shape.name.rfind("JSONSchemaPropsOr", 0) != 0) return message(shape, bytes, depth);
    Reader reader{bytes};
    Item item;
    Json out, list = Json::array();
    while (next(reader, item)) {
      const Field* field = shape.by_number(item.number);
      if (field == nullptr) continue;
      if (field->many == Field::Many::list) list.push_back(one(*field, item, depth));
      else if (out.is_null() || field->type == Field::Type::message) out = one(*field, item, depth);
    }
    return list.empty() ? out : list;
  }

  static std::string inner_text(std::string_view bytes) {
    Reader reader{bytes};
    Item item;
    std::string out;
    while (next(reader, item))
      if (item.number == 1 && item.wire == 2) out = std::string(item.bytes);
    return out;
  }

  static Json int_or_string(std::string_view bytes) {
    Reader reader{bytes};
    Item item;
    bool text = false;
    std::int64_t number = 0;
    std::string string;
    while (next(reader, item)) {
      if (item.number == 1) text = item.value == 1;
      else if (item.number == 2) number = static_cast<std::int32_t>(item.value);
      else if (item.number == 3) string = std::string(item.bytes);
    }
    return text ? Json(string) : Json(number);
  }

  static Json time(std::string_view bytes, bool micro) {
    Reader reader{bytes};
    Item item;
    std::int64_t seconds = 0, nanos = 0;
    while (next(reader, item)) (item.number == 1 ? seconds : nanos) = static_cast<std::int64_t>(item.value);
    if (seconds == 0 && nanos == 0) return nullptr;
    const base::TimePoint when{std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos)};
    return micro ? base::to_rfc3339_micro(when) : base::to_rfc3339(when);
  }

  static Json duration(std::string_view bytes) {
    Reader reader{bytes};
    Item item;
    std::int64_t nanos = 0;
    while (next(reader, item))
      if (item.number == 1) nanos = static_cast<std::int64_t>(item.value);
    return base::to_go_duration(std::chrono::nanoseconds(nanos));
  }
};

}  // namespace

base::Result<Json> decode_protobuf(std::string_view body, std::string_view group_version, std::string_view kind) {
  const base::Error bad{base::ErrorKind::invalid,
                        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"};
  if (body.substr(0, 4) != std::string_view("k8s\0", 4)) return bad;
  Reader reader{body.substr(4)};
  Item item;
  std::string api(group_version), name(kind);
  std::string_view raw;
  while (next(reader, item)) {
    if (item.number == 2) raw = item.bytes;
    if (item.number != 1) continue;
    Reader inner{item.bytes};
    Item part;
    while (next(inner, part)) {
      if (part.number == 1 && !part.bytes.empty()) api = std::string(part.bytes);
      if (part.number == 2 && !part.bytes.empty()) name = std::string(part.bytes);
    }
  }
  if (reader.bad) return base::Error{base::ErrorKind::invalid, "unexpected EOF"};
  const Message* shape = name == "DeleteOptions" ? nullptr : find_message(api, name);
  if (shape == nullptr) shape = find_message("meta/v1", name);  // options, statuses, bare metadata
  if (shape == nullptr)
    return base::Error{base::ErrorKind::invalid, "no kind \"" + name + "\" is registered for version \"" + api + "\""};
  Decoder decoder;
  Json out = decoder.message(*shape, raw, 0);
  if (decoder.bad) return base::Error{base::ErrorKind::invalid, "proto: illegal wireType or truncated message"};
  out["kind"] = name;
  out["apiVersion"] = api;
  return out;
}

}  // namespace k8s_fake
