#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a `show` command prints: records of named fields, as a table, as `-fields` columns or as `-instance` blocks.
/// A field without value prints as "-". Sizes are bytes with binary units and at most two decimals ("1GB", "972.8MB").
/// Source: ontap-zapi specification 10.2 and 10.5 (layouts of the vendor's published examples).
namespace ontap_sim::cli {

/// One value: its text, and its number where queries compare by size.
struct Value {
  Value() = default;
  Value(std::string content) : text(std::move(content)) {}
  Value(std::string_view content) : text(content) {}
  Value(const char* content) : text(content) {}
  Value(bool content) : text(content ? "true" : "false") {}
  static Value bytes(std::uint64_t count);
  static Value count(std::uint64_t count);
  static Value percent(std::uint64_t count);
  static Value list(const std::vector<std::string>& parts);
  std::string text;
  std::optional<std::uint64_t> number;
  std::vector<std::string> parts = {};  // of a list; a query matches any of them
};

/// "1GB", "972.8MB", "43.65GB", "0B".
std::string size_text(std::uint64_t bytes);

using Record = std::map<std::string_view, Value>;  // by field name; every name stands in the view

struct Field {
  std::string_view name = {};   // "vserver"
  std::string_view label = {};  // "Vserver Name", in instance views and in `?`
  bool key = false;             // part of what names an object; printed first with -fields
};

/// One table. `header` is printed as it stands; its last line is dashes, and each run of dashes is a column.
struct Layout {
  std::string_view flag = {};  // "" for the default one, else the parameter that chooses it ("junction")
  std::string_view header = {};
  std::vector<std::string_view> columns = {};  // one field per column
  std::string_view align = {};                 // per column: l, r or c (centred)
  bool first_on_own_line = false;              // the first column's value stands alone above the rows that share it
  std::string_view heading = {};               // field printed as "Label: value" above each table of rows that share it
};

std::string render_table(const Layout& layout, const std::vector<Field>& fields, const std::vector<Record>& records);
std::string render_fields(const std::vector<Field>& fields, const std::vector<std::string_view>& wanted,
                          const std::vector<Record>& records);
std::string render_instances(const std::vector<Field>& fields, const std::vector<Record>& records);
/// Values joined by `separator`, with a header line; `set -showseparator`.
std::string render_separated(const std::vector<Field>& fields, const std::vector<std::string_view>& wanted,
                             const std::vector<Record>& records, std::string_view separator);

/// Text of a field, "-" when it has none.
const std::string& text_of(const Record& record, std::string_view field);

}  // namespace ontap_sim::cli
