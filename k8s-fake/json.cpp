#include "k8s-fake/json.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

const Json kNull;

constexpr std::array<std::string_view, 14> kMetadataOrder = {
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers"};

void append_member(std::string& out, std::string_view key, const Json& value) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_quoted(out, key);
  out += ':';
  out += dump(value);
}

std::string dump_metadata(const Json& metadata) {
  std::string out = "{";
  for (const auto key : kMetadataOrder) {
    if (const auto found = metadata.find(key); found != metadata.end()) append_member(out, key, *found);
  }
  for (const auto& [key, value] : metadata.items()) {
    if (std::find(kMetadataOrder.begin(), kMetadataOrder.end(), key) == kMetadataOrder.end()) append_member(out, key, value);
  }
  out += '}';
  return out;
}

/// What Go's decoder says about text that is not JSON; enough for the messages clients print.
std::string go_error(std::string_view text, std::size_t byte) {
  if (byte > text.size() || text.empty()) return "unexpected end of JSON input";
  const char c = text[byte - 1];
  std::string shown = c == '\'' ? "\\'" : std::string(1, c);
  return "invalid character '" + shown + "' looking for beginning of value";
}

struct Collector final : nlohmann::json_sax<Json> {
  std::size_t where = 0;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { frames.push_back({}); return true; }
  bool key(string_t& name) override {
    auto& frame = frames.back();
    frame.current = name;
    if (std::find(frame.keys.begin(), frame.keys.end(), name) != frame.keys.end()) {
      std::string path;
      for (const auto& each : frames) path += (path.empty() || each.array ? "" : ".") + (each.array ? "[" + std::to_string(each.index) + "]" : each.current);
      duplicates.push_back(path);
    } else {
      frame.keys.push_back(name);
    }
    return true;
  }
  bool end_object() override { frames.pop_back(); next(); return true; }
  bool start_array(std::size_t) override { frames.push_back({.array = true}); return true; }
  bool end_array() override { frames.pop_back(); next(); return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override { where = position; return false; }
  void next() { if (!frames.empty() && frames.back().array) ++frames.back().index; }

  struct Frame {
    bool array = false;
    std::size_t index = 0;
    std::string current{};
    std::vector<std::string> keys{};
  };
  std::vector<Frame> frames;
  std::vector<std::string> duplicates;
};

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
  if (nested_too_deep(text)) return {Json(Json::value_t::discarded), "exceeded max depth"};
  Json value = Json::parse(text, nullptr, false);
  if (!value.is_discarded()) return {std::move(value), {}};
  Collector collector;
  Json::sax_parse(text, &collector);
  return {Json(Json::value_t::discarded), go_error(text, collector.where)};
}

std::vector<std::string> duplicate_fields(std::string_view text) {
  Collector collector;
  Json::sax_parse(text, &collector);
  return collector.duplicates;
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

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

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
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c != '"' && c != '\\' && c < 0x7f; });
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += dump(Json(text));
  }
}

}  // namespace k8s_fake
