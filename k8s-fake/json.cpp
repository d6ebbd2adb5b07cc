#include "k8s-fake/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

const Json kNull;

constexpr std::array<std::string_view, 14> kMetadataOrder = {"name",
                                                             "generateName",
                                                             "namespace",
                                                             "selfLink",
                                                             "uid",
                                                             "resourceVersion",
                                                             "generation",
                                                             "creationTimestamp",
                                                             "deletionTimestamp",
                                                             "deletionGracePeriodSeconds",
                                                             "labels",
                                                             "annotations",
                                                             "ownerReferences",
                                                             "finalizers"};

/// What Go's decoder says about text that is not JSON; enough for the messages clients print.
std::string go_error(std::string_view text, std::size_t byte) {
  if (byte > text.size() || text.empty()) return "unexpected end of JSON input";
  const char c = text[byte - 1];
  // What came before decides what Go was looking for.
  std::size_t before = byte - 1;
  while (before > 0 && std::string_view(" \t\r\n").find(text[before - 1]) != std::string_view::npos) --before;
  std::string want = " looking for beginning of value";
  if (before > 0 && text[before - 1] == '{') want = " looking for beginning of object key string";
  else if (before > 0 && Json::accept(text.substr(0, before))) want = " after top-level value";
  const std::string shown = c == '\'' ? "\\'" : std::string(1, c);
  return "invalid character '" + shown + "'" + want;
}

/// Builds the value in one pass and notes what strict decoding complains of. nlohmann drives it without recursion.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::value_t::object); }
  bool start_array(std::size_t) override { return open(Json::value_t::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    const auto [place, fresh] = open_.back()->get_ref<Json::object_t&>().try_emplace(std::move(name));
    slot_ = &place->second;
    if (!fresh) duplicates.push_back(path_of(place->first));
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    where = position;
    return false;
  }

  Json root;
  std::vector<std::string> duplicates;
  std::size_t where = 0;  // of a syntax error
  bool too_deep = false;

 private:
  template <class Value>
  Json* add(Value&& value) {
    Json* place = &root;
    if (!open_.empty() && open_.back()->is_array()) place = &open_.back()->get_ref<Json::array_t&>().emplace_back();
    else if (!open_.empty()) place = slot_;
    *place = std::forward<Value>(value);
    return place;
  }

  bool open(Json::value_t type) {
    too_deep = open_.size() >= kNestingMax;
    if (too_deep) return false;
    open_.push_back(add(Json(type)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  /// "spec.containers[0].name"; only a duplicate pays for looking up the way to it.
  std::string path_of(const std::string& last) const {
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const Json* child = open_[i + 1];
      if (open_[i]->is_array()) {
        path += "[" + std::to_string(open_[i]->size() - 1) + "]";
        continue;
      }
      for (const auto& [name, member] : open_[i]->get_ref<const Json::object_t&>()) {
        if (&member == child) path += (path.empty() ? "" : ".") + name;
      }
    }
    return path + (path.empty() ? "" : ".") + last;
  }

  std::vector<Json*> open_;  // the objects and arrays around the next value; an array grows only while it is the last
  Json* slot_ = nullptr;     // where the last key's value goes
};

void append_number(std::string& out, const Json& value) {
  char text[24];
  const auto end = value.is_number_unsigned()
                       ? std::to_chars(text, text + sizeof text, value.get_ref<const std::uint64_t&>()).ptr
                       : std::to_chars(text, text + sizeof text, value.get_ref<const std::int64_t&>()).ptr;
  out.append(text, end);
}

void append_json(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      out += '{';
      bool first = true;
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
        if (!first) out += ',';
        first = false;
        append_quoted(out, name);
        out += ':';
        append_json(out, member);
      }
      out += '}';
      return;
    }
    case Json::value_t::array: {
      out += '[';
      bool first = true;
      for (const auto& each : value.get_ref<const Json::array_t&>()) {
        if (!first) out += ',';
        first = false;
        append_json(out, each);
      }
      out += ']';
      return;
    }
    case Json::value_t::string: append_quoted(out, value.get_ref<const std::string&>()); return;
    case Json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; return;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: append_number(out, value); return;
    case Json::value_t::null: out += "null"; return;
    case Json::value_t::number_float:
    case Json::value_t::binary:
    case Json::value_t::discarded: out += value.dump(); return;
  }
}

void append_member(std::string& out, std::string_view key, const Json& value) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_quoted(out, key);
  out += ':';
  append_json(out, value);
}

std::string dump_metadata(const Json& metadata) {
  std::string out = "{";
  for (const auto key : kMetadataOrder) {
    if (const auto found = metadata.find(key); found != metadata.end()) append_member(out, key, *found);
  }
  for (const auto& [key, value] : metadata.items()) {
    if (std::find(kMetadataOrder.begin(), kMetadataOrder.end(), key) == kMetadataOrder.end())
      append_member(out, key, value);
  }
  out += '}';
  return out;
}

}  // namespace

bool nested_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kNestingMax) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

ParsedJson parse_json(std::string_view text) {
  Builder builder;
  if (Json::sax_parse(text, &builder)) return {std::move(builder.root), {}, std::move(builder.duplicates)};
  return {Json(Json::value_t::discarded), builder.too_deep ? "exceeded max depth" : go_error(text, builder.where)};
}

const Json& at(const Json& value, std::string_view key) {
  if (!value.is_object()) return kNull;
  const auto found = value.find(key);
  return found == value.end() ? kNull : *found;
}

const Json& at_path(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* here = &value;
  for (const auto key : path) here = &at(*here, key);
  return *here;
}

std::string text_at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json& found = at_path(value, path);
  return found.is_string() ? found.get_ref<const std::string&>() : std::string();
}

std::int64_t int_at(const Json& value, std::initializer_list<std::string_view> path, std::int64_t other) {
  const Json& found = at_path(value, path);
  return found.is_number() ? found.get<std::int64_t>() : other;
}

bool is_true(const Json& value, std::initializer_list<std::string_view> path) {
  const Json& found = at_path(value, path);
  return found.is_boolean() && found.get<bool>();
}

bool is_empty_value(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null: return true;
    case Json::value_t::object:
    case Json::value_t::array: return value.empty();
    case Json::value_t::string: return value.get_ref<const std::string&>().empty();
    case Json::value_t::boolean: return !value.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: return value.get<std::int64_t>() == 0;
    case Json::value_t::number_float: return value.get<double>() == 0;
    case Json::value_t::binary:
    case Json::value_t::discarded: return false;
  }
  return false;
}

std::vector<std::string> split_text(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (const auto part : base::split(text, separator)) out.emplace_back(part);
  return out;
}

std::string dump(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string dump_tail(const Json& object) {
  std::string out;
  const auto metadata = object.find("metadata");
  out += "\"metadata\":";
  out += metadata != object.end() && metadata->is_object() ? dump_metadata(*metadata) : "{}";
  for (const auto& [key, value] : object.items()) {
    if (key == "kind" || key == "apiVersion" || key == "metadata" || key == "status") continue;
    append_member(out, key, value);
  }
  if (const auto status = object.find("status"); status != object.end()) append_member(out, "status", *status);
  out += '}';
  return out;
}

std::string head_of(std::string_view kind, std::string_view api_version) {
  std::string out = "{\"kind\":";
  append_quoted(out, kind);
  out += ",\"apiVersion\":";
  append_quoted(out, api_version);
  out += ',';
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c != '"' && c != '\\' && c < 0x7f; });
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

}  // namespace k8s_fake
