#include "provisioner/core/attributes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "provisioner/base/text.h"

namespace provisioner {

using base::Error;
using base::ErrorKind;
using base::Result;

const std::map<std::string, AttributeType, std::less<>>& attribute_types() {
  static const std::map<std::string, AttributeType, std::less<>> kTypes = {
      {"IOPS", AttributeType::integer},
      {"backendType", AttributeType::string},
      {"clones", AttributeType::boolean},
      {"encryption", AttributeType::boolean},
      {"labels", AttributeType::labels},
      {"media", AttributeType::string},
      {"nonexistentBool", AttributeType::boolean},
      {"provisioningType", AttributeType::string},
      {"recoveryTest", AttributeType::boolean},
      {"region", AttributeType::string},
      {"snapshots", AttributeType::boolean},
      {"testingAttribute", AttributeType::boolean},
      {"uniqueOptions", AttributeType::string},
      {"zone", AttributeType::string},
  };
  return kTypes;
}

bool parse_bool(std::string_view text, bool& value) {
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  static constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) {
    value = true;
    return true;
  }
  value = false;
  return std::ranges::find(kFalse, text) != kFalse.end();
}

Result<Request> parse_request(const std::string& attribute, const std::string& value) {
  const auto type = attribute_types().find(attribute);
  if (type == attribute_types().end())
    return Error{ErrorKind::invalid, "unrecognized storage attribute \"" + attribute + "\""};
  switch (type->second) {
    case AttributeType::boolean: {
      bool flag = false;
      if (!parse_bool(value, flag)) {
        return Error{ErrorKind::invalid,
                     "storage attribute \"" + attribute + "\" expects a boolean, not \"" + value + "\""};
      }
      return Request(flag);
    }
    case AttributeType::integer: {
      const std::string_view digits =
          value.starts_with('+') ? std::string_view(value).substr(1) : std::string_view(value);
      const auto number = base::parse_signed(digits);
      if (!number || value.starts_with("+-")) {
        return Error{ErrorKind::invalid,
                     "storage attribute \"" + attribute + "\" expects an integer, not \"" + value + "\""};
      }
      return Request(*number);
    }
    case AttributeType::string: return Request(value);
    case AttributeType::labels: break;
  }
  return Error{ErrorKind::invalid,
               "storage attribute \"" + attribute + "\" is requested with a selector, not with a value"};
}

std::string to_text(const Request& request) {
  if (const bool* flag = std::get_if<bool>(&request)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&request)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&request)) return *text;
  const auto& term = std::get<LabelTerm>(request);
  switch (term.op) {
    case LabelTerm::Op::exists: return term.key;
    case LabelTerm::Op::absent: return "!" + term.key;
    case LabelTerm::Op::in: return term.key + " in (" + base::join(term.values, ",") + ")";
    case LabelTerm::Op::not_in: return term.key + " notin (" + base::join(term.values, ",") + ")";
  }
  return "";
}

namespace {

Error bad_term(std::string_view term) {
  return Error{ErrorKind::invalid, "malformed selector term \"" + std::string(term) + "\""};
}

bool is_label_word(std::string_view word) {
  return !word.empty() && std::ranges::none_of(word, [](char c) {
    return c == ' ' || c == '=' || c == '!' || c == '(' || c == ')' || c == ',';
  });
}

Result<std::vector<std::string>> parse_set(std::string_view text) {
  text = base::trim(text);
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return bad_term(text);
  std::vector<std::string> values;
  for (const std::string_view part : base::split(text.substr(1, text.size() - 2), ','))
    values.emplace_back(base::trim(part));
  return values;
}

Result<LabelTerm> parse_term(std::string_view text) {
  if (text.starts_with('!')) {
    const std::string key(base::trim(text.substr(1)));
    if (!is_label_word(key)) return bad_term(text);
    return LabelTerm{.key = key, .op = LabelTerm::Op::absent, .values = {}};
  }
  for (const auto& [mark, op] : {std::pair{"!=", LabelTerm::Op::not_in}, std::pair{"==", LabelTerm::Op::in},
                                 std::pair{"=", LabelTerm::Op::in}}) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) continue;
    const std::string key(base::trim(text.substr(0, at)));
    const std::string value(base::trim(text.substr(at + std::string_view(mark).size())));
    if (!is_label_word(key) || value.find_first_of("=!() ") != std::string::npos) return bad_term(text);
    return LabelTerm{.key = key, .op = op, .values = {value}};
  }
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    if (!is_label_word(text)) return bad_term(text);
    return LabelTerm{.key = std::string(text), .op = LabelTerm::Op::exists, .values = {}};
  }
  const std::string key(text.substr(0, space));
  const std::string_view rest = base::trim(text.substr(space));
  const bool negated = rest.starts_with("notin");
  if (!is_label_word(key) || (!negated && !rest.starts_with("in"))) return bad_term(text);
  auto values = parse_set(rest.substr(negated ? 5 : 2));
  if (!values) return bad_term(text);
  return LabelTerm{.key = key, .op = negated ? LabelTerm::Op::not_in : LabelTerm::Op::in, .values = std::move(*values)};
}

}  // namespace

Result<std::vector<LabelTerm>> parse_selector(std::string_view selector) {
  std::vector<LabelTerm> terms;
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= selector.size(); ++i) {
    const bool at_end = i == selector.size();
    if (!at_end && selector[i] == '(') ++depth;
    if (!at_end && selector[i] == ')') --depth;
    if (!at_end && (depth > 0 || (selector[i] != ';' && selector[i] != ','))) continue;
    const std::string_view text = base::trim(selector.substr(start, i - start));
    start = i + 1;
    if (text.empty()) {
      if (at_end && terms.empty()) break;
      return bad_term(selector);
    }
    auto term = parse_term(text);
    if (!term) return term.error();
    terms.push_back(std::move(*term));
  }
  return terms;
}

namespace {

bool labels_match(const Labels& labels, const LabelTerm& term) {
  const auto found = labels.find(term.key);
  const bool listed = found != labels.end() && std::ranges::find(term.values, found->second) != term.values.end();
  switch (term.op) {
    case LabelTerm::Op::exists: return found != labels.end();
    case LabelTerm::Op::absent: return found == labels.end();
    case LabelTerm::Op::in: return listed;
    case LabelTerm::Op::not_in: return !listed;
  }
  return false;
}

}  // namespace

bool matches(const Offer& offer, const Request& request) {
  if (const bool* flag = std::get_if<bool>(&request)) {
    const bool* offered = std::get_if<bool>(&offer);
    return offered != nullptr && (*offered || !*flag);
  }
  if (const auto* number = std::get_if<std::int64_t>(&request)) {
    const auto* range = std::get_if<IntRange>(&offer);
    return range != nullptr && range->min <= *number && *number <= range->max;
  }
  if (const auto* text = std::get_if<std::string>(&request)) {
    const auto* list = std::get_if<std::vector<std::string>>(&offer);
    return list != nullptr && std::ranges::find(*list, *text) != list->end();
  }
  const auto* labels = std::get_if<Labels>(&offer);
  return labels != nullptr && labels_match(*labels, std::get<LabelTerm>(request));
}

}  // namespace provisioner
