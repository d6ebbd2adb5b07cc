// The operators of the query language. Source: section 3.4 of the array's specification.
#include <algorithm>

#include "ontap-sim/zapi/get_iter.h"
#include "ontap-sim/zapi/schema.h"

namespace ontap_sim::zapi {
namespace {

bool same_text(std::string_view a, std::string_view b, bool exact) {
  return exact ? a == b : base::equals_ignoring_case(a, b);
}

/// A number, or a size with a unit; nothing for other text.
std::optional<std::int64_t> number(std::string_view text) {
  if (const auto value = base::parse_signed(text)) return value;
  return model::parse_size(text);
}

bool glob(std::string_view pattern, std::string_view text, bool exact) {
  const std::string folded_pattern = exact ? std::string(pattern) : base::to_lower(pattern);
  const std::string folded_text = exact ? std::string(text) : base::to_lower(text);
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string::npos;
  std::size_t mark = 0;
  while (t < folded_text.size()) {
    if (p < folded_pattern.size() && folded_pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < folded_pattern.size() && folded_pattern[p] == folded_text[t]) {
      ++p;
      ++t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < folded_pattern.size() && folded_pattern[p] == '*') ++p;
  return p == folded_pattern.size();
}

/// -1, 0, 1 by value when both are numbers, else by bytes.
int compare(std::string_view a, std::string_view b) {
  const auto left = number(a);
  const auto right = number(b);
  if (left && right) return *left < *right ? -1 : (*left > *right ? 1 : 0);
  const int order = a.compare(b);
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

bool term_matches(std::string_view term, std::string_view value, bool exact);

bool ordered(std::string_view term, std::string_view value) {
  const bool greater = term[0] == '>';
  const bool or_equal = term.size() > 1 && term[1] == '=';
  const int order = compare(value, base::trim(term.substr(or_equal ? 2 : 1)));
  if (order == 0) return or_equal;
  return greater ? order > 0 : order < 0;
}

bool term_matches(std::string_view term, std::string_view value, bool exact) {
  term = base::trim(term);
  if (term.empty()) return value.empty();
  if (term[0] == '!') return !term_matches(term.substr(1), value, exact);
  if (term.size() >= 2 && term.front() == '"' && term.back() == '"')
    return same_text(term.substr(1, term.size() - 2), value, exact);
  if (term[0] == '<' || term[0] == '>') return ordered(term, value);
  if (const std::size_t dots = term.find(".."); dots != std::string_view::npos && dots > 0 && dots + 2 < term.size()) {
    return compare(value, base::trim(term.substr(0, dots))) >= 0 &&
           compare(value, base::trim(term.substr(dots + 2))) <= 0;
  }
  if (term.find('*') != std::string_view::npos) return glob(term, value, exact);
  if (same_text(term, value, exact)) return true;
  if (exact) return false;
  const auto wanted = model::parse_size(term);  // "20MB" equals 20971520
  return wanted && base::parse_signed(value) == wanted;
}

}  // namespace

bool text_matches(std::string_view pattern, std::string_view value, std::string_view name) {
  const bool exact = case_sensitive(name);
  if (exact && pattern == value) return true;
  // Alternatives are separated by bars outside quotes.
  std::size_t from = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= pattern.size(); ++i) {
    if (i < pattern.size() && pattern[i] == '"') quoted = !quoted;
    if (i == pattern.size() || (pattern[i] == '|' && !quoted)) {
      if (term_matches(pattern.substr(from, i - from), value, exact)) return true;
      from = i + 1;
    }
  }
  return false;
}

}  // namespace ontap_sim::zapi
