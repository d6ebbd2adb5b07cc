#include "provisioner/tridentctl/output.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <regex>
#include <set>
#include <utility>

#include "provisioner/base/text.h"
#include "provisioner/core/size.h"

namespace provisioner::tridentctl {

namespace {

/// Columns a text takes: code points, which is what a terminal shows for the names that occur here.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// An optional run of '-', digits, at most one dot, digits: what the table library takes for a number.
bool looks_numeric(const std::string& cell) {
  std::size_t at = 0;
  const auto digits = [&] {
    while (at < cell.size() && cell[at] >= '0' && cell[at] <= '9') ++at;
  };
  while (at < cell.size() && cell[at] == '-') ++at;
  digits();
  if (at < cell.size() && cell[at] == '.') ++at;
  digits();
  return at == cell.size();
}

std::vector<std::string> wrap(const std::string& cell) {
  constexpr std::size_t limit = 30;
  std::vector<std::string> lines;
  for (const std::string_view line : base::split(cell, '\n')) {
    std::string current;
    for (const std::string_view word : base::split(line, ' ')) {
      if (!current.empty() && columns(current) + 1 + word.size() > limit)
        lines.push_back(std::exchange(current, std::string()));
      current += (current.empty() ? "" : " ") + std::string(word);
    }
    lines.push_back(current);
  }
  return lines;
}

std::string title(std::string text) {
  for (char& c : text) {
    if (c == '_' || c == '.') c = ' ';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& name : header) widths.push_back(columns(name));
  std::vector<std::vector<std::vector<std::string>>> wrapped;
  for (const auto& row : rows) {
    auto& cells = wrapped.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells.push_back(wrap(row[i]));
      for (const std::string& line : cells.back()) widths[i] = std::max(widths[i], columns(line));
    }
  }
  std::string rule = "+";
  for (const std::size_t width : widths) rule += std::string(width + 2, '-') + "+";
  rule += "\n";
  std::string text = rule + "|";
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::size_t slack = widths[i] - columns(header[i]);
    text += " " + std::string(slack / 2, ' ') + title(header[i]) + std::string(slack - slack / 2, ' ') + " |";
  }
  text += "\n" + rule;
  for (std::size_t r = 0; r < wrapped.size(); ++r) {
    std::size_t height = 1;
    for (const auto& cell : wrapped[r]) height = std::max(height, cell.size());
    for (std::size_t line = 0; line < height; ++line) {
      text += "|";
      for (std::size_t i = 0; i < wrapped[r].size(); ++i) {
        const std::string part = line < wrapped[r][i].size() ? wrapped[r][i][line] : std::string();
        const std::string pad(widths[i] - columns(part), ' ');
        text += " " + (looks_numeric(part) ? pad + part : part + pad) + " |";
      }
      text += "\n";
    }
  }
  return text + rule;
}

std::string to_go_json(const Json& value) {
  std::string text = value.dump(2, ' ', false, Json::error_handler_t::replace);
  text = base::replace_all(std::move(text), "<", "\\u003c");
  text = base::replace_all(std::move(text), ">", "\\u003e");
  text = base::replace_all(std::move(text), "&", "\\u0026");
  text = base::replace_all(std::move(text), "\xE2\x80\xA8", "\\u2028");
  text = base::replace_all(std::move(text), "\xE2\x80\xA9", "\\u2029");
  return text + "\n";
}

namespace {

/// Would a YAML 1.1 reader take this plain text for something other than a string?
bool resolves_to_other(const std::string& text) {
  static const std::set<std::string, std::less<>> words{
      "",      "~",    "null", "Null",  "NULL",  "true",  "True",  "TRUE",  "false", "False",
      "FALSE", "y",    "Y",    "yes",   "Yes",   "YES",   "n",     "N",     "no",    "No",
      "NO",    "on",   "On",   "ON",    "off",   "Off",   "OFF",   ".nan",  ".NaN",  ".NAN",
      ".inf",  ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", "<<"};
  if (words.contains(text)) return true;
  static const std::regex number(
      R"([-+]?(0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?))");
  static const std::regex date(R"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?)");
  return std::regex_match(text, number) || std::regex_match(text, date);
}

bool plain_allowed(const std::string& text) {
  static constexpr std::string_view indicators = ",[]{}#&*!|>'\"%@`";
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (indicators.find(text.front()) != std::string_view::npos) return false;
  if ((text.front() == '-' || text.front() == '?' || text.front() == ':') && (text.size() == 1 || text[1] == ' '))
    return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  return text.find(": ") == std::string::npos && text.find(" #") == std::string::npos;
}

std::string yaml_text(const std::string& text) {
  const bool special =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (special || resolves_to_other(text)) return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!plain_allowed(text)) return "'" + base::replace_all(text, "'", "''") + "'";
  return text;
}

void emit_yaml(const Json& value, std::size_t indent, bool inside_list_item, std::string& out);

std::string yaml_scalar(const Json& value) {
  if (value.is_string()) return yaml_text(value.get<std::string>());
  if (value.is_array()) return "[]";
  if (value.is_object()) return "{}";
  return value.dump();
}

bool is_block(const Json& value) { return (value.is_object() || value.is_array()) && !value.empty(); }

void emit_object(const Json& value, std::size_t indent, bool inside_list_item, std::string& out) {
  std::vector<std::string> keys;
  for (const auto& [key, unused] : value.items()) keys.push_back(key);
  std::ranges::sort(keys);
  bool first = inside_list_item;
  for (const std::string& key : keys) {
    if (!first) out += std::string(indent, ' ');
    first = false;
    const Json& member = value[key];
    out += yaml_text(key) + ":";
    if (!is_block(member)) {
      out += " " + yaml_scalar(member) + "\n";
      continue;
    }
    out += "\n";
    emit_yaml(member, member.is_array() ? indent : indent + 2, false, out);
  }
}

void emit_yaml(const Json& value, std::size_t indent, bool inside_list_item, std::string& out) {
  if (!is_block(value)) {
    out += yaml_scalar(value) + "\n";
  } else if (value.is_object()) {
    emit_object(value, indent, inside_list_item, out);
  } else {
    bool first = inside_list_item;
    for (const Json& item : value) {
      if (!first) out += std::string(indent, ' ');
      first = false;
      out += "- ";
      emit_yaml(item, indent + 2, true, out);
    }
  }
}

}  // namespace

std::string to_go_yaml(const Json& value) {
  std::string out;
  emit_yaml(value, 0, false, out);
  return out + "\n";
}

std::string human_size(const std::string& size) {
  static constexpr std::array<const char*, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  const std::uint64_t bytes = parse_size(size).value_or(0);
  if (bytes < 10) return std::to_string(bytes) + " B";
  std::size_t unit = 0;
  double value = static_cast<double>(bytes);
  while (unit + 1 < units.size() && value >= 1024) {
    value /= 1024;
    ++unit;
  }
  value = std::floor(value * 10 + 0.5) / 10;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  return text.data();
}

namespace {

Json pick(const Json& from, const std::vector<std::string>& keys) {
  Json out = Json::object();
  for (const std::string& key : keys) out[key] = from.is_object() && from.contains(key) ? from[key] : Json();
  return out;
}

}  // namespace

Json reduce_backend(const Json& backend) {
  Json out = pick(backend, {"name", "config", "storage", "online", "volumes"});
  // 17.10.1 keeps the pools as plain maps, which Go prints with sorted keys, whatever the server's order.
  if (out.contains("storage")) out["storage"] = Json::parse(nlohmann::json::parse(out["storage"].dump()).dump());
  out["config"] = pick(out["config"], {"version", "storageDriverName", "storagePrefix", "serialNumbers"});
  if (out["config"]["storagePrefix"].is_null()) out["config"]["storagePrefix"] = "";
  return out;
}

Json reduce_storage_class(const Json& storage_class) {
  Json out = pick(storage_class, {"Config", "storage"});
  const Json config = out["Config"];
  out["Config"] = pick(config, {"version", "name"});
  const Json attributes = config.is_object() ? config.value("attributes", Json::object()) : Json::object();
  out["Config"]["attributes"] = pick(attributes, {"backendType"});
  return out;
}

}  // namespace provisioner::tridentctl
