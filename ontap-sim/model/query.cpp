#include "ontap-sim/model/query.h"

#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

// "1g" -> 1073741824, "12" -> 12, "1.5t", "20MB", "-3", "5%"; nothing for other texts.
std::optional<double> number_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  double value = 0;
  double fraction = 0;
  std::size_t at = 0;
  for (; at < text.size() && ((text[at] >= '0' && text[at] <= '9') || (text[at] == '.' && fraction == 0)); ++at) {
    if (text[at] == '.') {
      fraction = 1;
      continue;
    }
    value = value * 10 + (text[at] - '0');
    fraction *= 10;
  }
  if (at == 0 || text[0] == '.' || text[at - 1] == '.') return std::nullopt;
  if (fraction > 1) value /= fraction;
  std::string unit = base::to_lower(text.substr(at));
  if (unit.size() == 2 && unit[1] == 'b') unit.pop_back();
  static constexpr std::string_view kUnits = "bkmgtp";
  if (unit.size() > 1) return std::nullopt;
  if (!unit.empty() && unit != "%") {
    const std::size_t power = kUnits.find(unit[0]);
    if (power == std::string_view::npos) return std::nullopt;
    for (std::size_t i = 0; i < power; ++i) value *= 1024;
  }
  return negative ? -value : value;
}

int compare(std::string_view a, std::string_view b) {
  const auto x = number_of(a);
  const auto y = number_of(b);
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  return a.compare(b);
}

bool equal(std::string_view a, std::string_view b, QueryCase letters) {
  return letters == QueryCase::ignored ? base::equals_ignoring_case(a, b) : a == b;
}

bool wildcard(std::string_view pattern, std::string_view value, QueryCase letters) {
  const std::vector<std::string_view> parts = base::split(pattern, '*');
  const std::string_view first = parts.front();
  const std::string_view last = parts.back();
  if (value.size() < first.size() + last.size()) return false;
  if (!equal(value.substr(0, first.size()), first, letters)) return false;
  if (!equal(value.substr(value.size() - last.size()), last, letters)) return false;
  std::string middle(value.substr(first.size(), value.size() - first.size() - last.size()));
  if (letters == QueryCase::ignored) middle = base::to_lower(middle);
  std::size_t at = 0;
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    const std::string part = letters == QueryCase::ignored ? base::to_lower(parts[i]) : std::string(parts[i]);
    at = middle.find(part, at);
    if (at == std::string::npos) return false;
    at += part.size();
  }
  return true;
}

bool one_matches(std::string_view query, std::string_view value, QueryCase letters) {
  query = base::trim(query);
  if (query.size() >= 2 && query.front() == '"' && query.back() == '"')
    return equal(query.substr(1, query.size() - 2), value, letters);
  if (query.starts_with('!')) return !one_matches(query.substr(1), value, letters);
  if (query.starts_with(">=")) return compare(value, base::trim(query.substr(2))) >= 0;
  if (query.starts_with("<=")) return compare(value, base::trim(query.substr(2))) <= 0;
  if (query.starts_with('>')) return compare(value, base::trim(query.substr(1))) > 0;
  if (query.starts_with('<')) return compare(value, base::trim(query.substr(1))) < 0;
  if (const std::size_t dots = query.find("..");
      dots != std::string_view::npos && dots > 0 && dots + 2 < query.size()) {
    return compare(value, base::trim(query.substr(0, dots))) >= 0 &&
           compare(value, base::trim(query.substr(dots + 2))) <= 0;
  }
  if (query.find('*') != std::string_view::npos) return wildcard(query, value, letters);
  if (equal(query, value, letters)) return true;
  if (letters == QueryCase::name) return false;
  const auto x = number_of(query);
  const auto y = number_of(value);
  return x && y && *x == *y && !query.empty() &&
         (query.back() < '0' || query.back() > '9' || value.back() < '0' || value.back() > '9');
}

}  // namespace

bool query_matches(std::string_view query, std::string_view value, QueryCase letters) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= query.size(); ++at) {
    if (at < query.size() && query[at] == '"') quoted = !quoted;
    if (at < query.size() && (query[at] != '|' || quoted)) continue;
    if (one_matches(query.substr(begin, at - begin), value, letters)) return true;
    begin = at + 1;
  }
  return false;
}

bool is_pattern(std::string_view query) {
  if (query.size() >= 2 && query.front() == '"' && query.back() == '"') return false;
  return query.find_first_of("*|<>") != std::string_view::npos || query.starts_with('!') ||
         query.find("..") != std::string_view::npos;
}

}  // namespace ontap_sim::model
