#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

/// JSON as this server uses it: nlohmann's sorted values, a reader that refuses deep nesting before anything recursive
/// sees it, and a writer that puts the members of an object in the order a real server does (metadata, ..., status).
/// Errors: parse_json gives the text of the problem. Source: kubernetes.md 2.1 (field order), lab.md decision 15.
namespace k8s_fake {

using Json = nlohmann::json;

inline constexpr std::size_t kNestingMax = 512;

struct ParsedJson {
  Json value;                             // discarded when `error` is set
  std::string error{};                    // in the words of Go's decoder where clients see them
  std::vector<std::string> duplicates{};  // paths of members given twice, the last of which counts
};
ParsedJson parse_json(std::string_view text);
/// True if brackets nest deeper than kNestingMax outside of strings.
bool nested_too_deep(std::string_view text);

/// Member or null; works on anything.
const Json& at(const Json& value, std::string_view key);
/// Nested member or null: at_path(object, {"spec", "nodeName"}).
const Json& at_path(const Json& value, std::initializer_list<std::string_view> path);
/// The text of a string member, else "".
std::string text_at(const Json& value, std::initializer_list<std::string_view> path);
inline std::string text_at(const Json& value, std::string_view key) { return text_at(value, {key}); }
/// The integer of a number member, else `other`.
std::int64_t int_at(const Json& value, std::initializer_list<std::string_view> path, std::int64_t other = 0);
bool is_true(const Json& value, std::initializer_list<std::string_view> path);
/// True for null, absent, "", 0, false, {} and [].
bool is_empty_value(const Json& value);

/// Parts between separators, as strings of their own.
std::vector<std::string> split_text(std::string_view text, char separator);
/// Compact text of any value; bytes that are not UTF-8 become U+FFFD.
std::string dump(const Json& value);
/// All members except kind and apiVersion, without the opening brace: `"metadata":{...},"spec":{...}}`.
std::string dump_tail(const Json& object);
/// `{"kind":"K","apiVersion":"V",` to stand before a tail.
std::string head_of(std::string_view kind, std::string_view api_version);
/// Appends a JSON string literal.
void append_quoted(std::string& out, std::string_view text);

}  // namespace k8s_fake
