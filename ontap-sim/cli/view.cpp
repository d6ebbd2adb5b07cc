#include "ontap-sim/cli/view.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "provisioner/base/check.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

struct Column {
  std::size_t start;
  std::size_t width;
};

// The runs of dashes in the header's last line.
std::vector<Column> columns_of(std::string_view header) {
  const std::size_t newline = header.rfind('\n');
  const std::string_view dashes = newline == std::string_view::npos ? header : header.substr(newline + 1);
  std::vector<Column> columns;
  for (std::size_t at = dashes.find('-'); at != std::string_view::npos; at = dashes.find('-', at)) {
    const std::size_t end = std::min(dashes.find(' ', at), dashes.size());
    columns.push_back({at, end - at});
    at = end;
  }
  return columns;
}

// Prints one row: a value that is too long for its column ends the line, and the next column goes on in the line below.
// One character too many only pushes the next column.
void append_row(std::string& out, const std::vector<Column>& columns, std::string_view align,
                const std::vector<std::string>& values) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::size_t last = line.find_last_not_of(' ');
    const std::size_t used = last == std::string::npos ? 0 : last + 1;
    const std::string& value = values[i];
    const std::size_t spare = value.size() < columns[i].width ? columns[i].width - value.size() : 0;
    std::size_t start = columns[i].start + (align[i] == 'c' ? spare / 2 : 0);
    if (used > start) {
      line.resize(used);
      out += line + "\n";
      line.clear();
    }
    if (align[i] == 'r') start += spare;
    if (line.size() < start) line.resize(start, ' ');
    else if (!line.empty() && line.back() != ' ') line += ' ';
    line += value;
  }
  const std::size_t last = line.find_last_not_of(' ');
  line.resize(last == std::string::npos ? 0 : last + 1);
  out += line + "\n";
}

std::string_view label_of(const std::vector<Field>& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  CHECK(found != fields.end());
  return found->label;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  static constexpr std::array<const char*, 6> kUnits{"B", "KB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  std::uint64_t scale = 1;
  while (unit + 1 < kUnits.size() && bytes / 1024 >= scale) {
    scale *= 1024;
    ++unit;
  }
  if (bytes % scale == 0) return std::to_string(bytes / scale) + kUnits[unit];
  const double value = static_cast<double>(bytes) / static_cast<double>(scale);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value >= 100 ? "%.1f%s" : "%.2f%s", value, kUnits[unit]);
  return text.data();
}

Value Value::bytes(std::uint64_t count) {
  Value value(size_text(count));
  value.number = count;
  return value;
}

Value Value::count(std::uint64_t count) {
  Value value(std::to_string(count));
  value.number = count;
  return value;
}

Value Value::percent(std::uint64_t count) {
  Value value(std::to_string(count) + "%");
  value.number = count;
  return value;
}

Value Value::list(const std::vector<std::string>& parts) {
  Value value(base::join(parts, ", "));
  value.parts = parts;
  return value;
}

const std::string& text_of(const Record& record, std::string_view field) {
  static const std::string none = "-";
  const auto found = record.find(field);
  return found == record.end() || found->second.text.empty() ? none : found->second.text;
}

std::string render_table(const Layout& layout, const std::vector<Field>& fields, const std::vector<Record>& records) {
  const std::vector<Column> columns = columns_of(layout.header);
  CHECK(columns.size() == layout.columns.size() && layout.align.size() == columns.size());
  std::string out;
  const std::string* group = nullptr;
  if (layout.heading.empty()) out += std::string(layout.header) + "\n";
  for (const Record& record : records) {
    if (!layout.heading.empty() && (group == nullptr || *group != text_of(record, layout.heading))) {
      if (group != nullptr) out += "\n";
      group = &text_of(record, layout.heading);
      out += std::string(label_of(fields, layout.heading)) + ": " + *group + "\n" + std::string(layout.header) + "\n";
    }
    std::vector<std::string> values;
    for (const std::string_view name : layout.columns) values.push_back(text_of(record, name));
    if (layout.first_on_own_line) {
      if (group == nullptr || *group != text_of(record, layout.columns[0])) {
        group = &text_of(record, layout.columns[0]);
        out += *group + "\n";
      }
      values[0].clear();
    }
    append_row(out, columns, layout.align, values);
  }
  return out;
}

std::string render_fields(const std::vector<Field>& fields, const std::vector<std::string_view>& wanted,
                          const std::vector<Record>& records) {
  std::vector<std::string_view> names;
  for (const Field& field : fields) {
    if (field.key) names.push_back(field.name);
  }
  for (const std::string_view name : wanted) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::vector<std::size_t> widths;
  for (const std::string_view name : names) {
    std::size_t width = name.size();
    for (const Record& record : records) width = std::max(width, text_of(record, name).size());
    widths.push_back(width);
  }
  const auto line = [&](const auto& text_at) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::string cell(text_at(i));
      if (i + 1 < names.size()) cell.resize(widths[i] + 1, ' ');
      text += cell;
    }
    return text + "\n";
  };
  std::string out = line([&](std::size_t i) { return std::string(names[i]); });
  out += line([&](std::size_t i) { return std::string(widths[i], '-'); });
  for (const Record& record : records) out += line([&](std::size_t i) { return text_of(record, names[i]); });
  return out;
}

std::string render_instances(const std::vector<Field>& fields, const std::vector<Record>& records) {
  std::size_t width = 0;
  for (const Field& field : fields) width = std::max(width, field.label.size());
  std::string out;
  for (const Record& record : records) {
    if (!out.empty()) out += "\n";
    for (const Field& field : fields) {
      out += std::string(width - field.label.size(), ' ') + std::string(field.label) + ": " +
             text_of(record, field.name) + "\n";
    }
  }
  return out;
}

std::string render_separated(const std::vector<Field>& fields, const std::vector<std::string_view>& wanted,
                             const std::vector<Record>& records, std::string_view separator) {
  std::vector<std::string_view> names;
  for (const Field& field : fields) {
    if (field.key || std::ranges::find(wanted, field.name) != wanted.end()) names.push_back(field.name);
  }
  std::string out;
  const auto line = [&](const auto& text_at) {
    for (const std::string_view name : names) out += std::string(text_at(name)) + std::string(separator);
    out += "\n";
  };
  line([](std::string_view name) { return name; });
  line([&](std::string_view name) { return label_of(fields, name); });
  for (const Record& record : records)
    line([&](std::string_view name) { return std::string_view(text_of(record, name)); });
  return out;
}

}  // namespace ontap_sim::cli
