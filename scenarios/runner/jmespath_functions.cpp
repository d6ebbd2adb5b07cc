#include "scenarios/runner/jmespath_functions.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "provisioner/base/text.h"

namespace scenario::jmes {

std::string type_name(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "boolean";
  if (value.is_string()) return "string";
  if (value.is_array()) return "array";
  return value.is_object() ? "object" : "number";
}

Json number(double value) {
  if (std::isfinite(value) && value == std::floor(value) && std::abs(value) < 9e15)
    return static_cast<std::int64_t>(value);
  return value;
}

bool wildcard_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

namespace {

bool fits(char letter, const Json& value, bool expression) {
  if (letter == 'e') return expression;
  if (expression) return false;
  const auto all = [&](bool (*test)(const Json&)) {
    return value.is_array() && std::all_of(value.begin(), value.end(), test);
  };
  switch (letter) {
    case 'a': return true;
    case 'n': return value.is_number();
    case 's': return value.is_string();
    case 'b': return value.is_boolean();
    case 'l': return value.is_array();
    case 'o': return value.is_object();
    case 'N': return all([](const Json& v) { return v.is_number(); });
    case 'S': return all([](const Json& v) { return v.is_string(); });
  }
  return false;
}

struct Parameter {
  std::string letters;
};
struct Signature {
  std::vector<Parameter> parameters;
  std::size_t required = 0;
  bool repeats = false;
};

Signature read_signature(std::string_view text) {
  Signature signature;
  bool optional = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '?') {
      if (!optional) signature.required = signature.parameters.size() - 1;
      optional = true;
    } else if (text[i] == '*') {
      signature.repeats = true;
    } else if (text[i] == '[') {
      const std::size_t end = text.find(']', i);
      signature.parameters.push_back({std::string(text.substr(i + 1, end - i - 1))});
      i = end;
    } else {
      signature.parameters.push_back({std::string(1, text[i])});
    }
  }
  if (!optional) signature.required = signature.parameters.size();
  return signature;
}

// --- numbers
// -------------------------------------------------------------------------------------------------------------------
double as_number(const Json& value) { return value.get<double>(); }
Json abs_(Call& c) { return number(std::abs(as_number(c.args[0]))); }
Json ceil_(Call& c) { return number(std::ceil(as_number(c.args[0]))); }
Json floor_(Call& c) { return number(std::floor(as_number(c.args[0]))); }
Json avg(Call& c) {
  if (c.args[0].empty()) return nullptr;
  double total = 0;
  for (const Json& v : c.args[0]) total += as_number(v);
  return number(total / static_cast<double>(c.args[0].size()));
}
Json to_number(Call& c) {
  if (c.args[0].is_number()) return c.args[0];
  if (!c.args[0].is_string()) return nullptr;
  const std::string& text = c.text(0);
  const bool shaped = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string::npos && text[0] != '+';
  char* end = nullptr;
  const double value = shaped ? std::strtod(text.c_str(), &end) : 0;
  return shaped && *end == '\0' ? number(value) : Json();
}

// --- lists
// ---------------------------------------------------------------------------------------------------------------------
bool less(const Json& a, const Json& b) {
  return a.is_number() ? as_number(a) < as_number(b)
                       : a.get_ref<const std::string&>() < b.get_ref<const std::string&>();
}
Json extreme(const Json& list, bool largest) {
  if (list.empty()) return nullptr;
  const auto found =
      largest ? std::max_element(list.begin(), list.end(), less) : std::min_element(list.begin(), list.end(), less);
  return *found;
}
Json max(Call& c) { return extreme(c.args[0], true); }
Json min(Call& c) { return extreme(c.args[0], false); }
Json sort(Call& c) {
  Json list = c.args[0];
  std::stable_sort(list.begin(), list.end(), less);
  return list;
}
/// (key, element) pairs; all keys numbers or all texts, else a failure.
std::vector<std::pair<Json, Json>> keyed(Call& c) {
  std::vector<std::pair<Json, Json>> pairs;
  for (const Json& item : c.args[0]) {
    Json key = c.apply(1, item);
    if ((!key.is_number() && !key.is_string()) || (!pairs.empty() && pairs[0].first.is_number() != key.is_number())) {
      (void)c.fail("type: keys must be all numbers or all strings, found " + type_name(key));
      return {};
    }
    pairs.emplace_back(std::move(key), item);
  }
  return pairs;
}
bool pair_less(const std::pair<Json, Json>& a, const std::pair<Json, Json>& b) { return less(a.first, b.first); }
Json sort_by(Call& c) {
  auto pairs = keyed(c);
  std::stable_sort(pairs.begin(), pairs.end(), pair_less);
  Json list = Json::array();
  for (auto& pair : pairs) list.push_back(std::move(pair.second));
  return list;
}
Json max_by(Call& c) {
  const auto pairs = keyed(c);
  return pairs.empty() ? Json() : std::max_element(pairs.begin(), pairs.end(), pair_less)->second;
}
Json min_by(Call& c) {
  const auto pairs = keyed(c);
  return pairs.empty() ? Json() : std::min_element(pairs.begin(), pairs.end(), pair_less)->second;
}
Json group_by(Call& c) {
  Json groups = Json::object();
  for (const Json& item : c.args[0]) {
    const Json key = c.apply(1, item);
    if (!key.is_string()) return key.is_null() ? groups : c.fail("type: keys must be strings, found " + type_name(key));
    groups[key.get<std::string>()].push_back(item);
  }
  return groups;
}
Json map(Call& c) {
  Json list = Json::array();
  for (const Json& item : c.args[1]) list.push_back(c.apply(0, item));
  return list;
}
Json contains(Call& c) {
  if (c.args[0].is_string()) return c.args[1].is_string() && c.text(0).find(c.text(1)) != std::string::npos;
  return std::find(c.args[0].begin(), c.args[0].end(), c.args[1]) != c.args[0].end();
}
Json length(Call& c) {
  if (!c.args[0].is_string()) return c.args[0].size();
  return std::count_if(c.text(0).begin(), c.text(0).end(),
                       [](char ch) { return (static_cast<unsigned char>(ch) & 0xC0U) != 0x80U; });
}
Json reverse(Call& c) {
  if (c.args[0].is_array()) {
    Json list = c.args[0];
    std::reverse(list.begin(), list.end());
    return list;
  }
  std::string reversed;
  const std::string& text = c.text(0);
  for (std::size_t end = text.size(); end > 0;) {
    std::size_t start = end - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) --start;
    reversed += text.substr(start, end - start);
    end = start;
  }
  return reversed;
}
Json zip(Call& c) {
  Json rows = Json::array();
  std::size_t shortest = c.args[0].size();
  for (const Json& list : c.args) shortest = std::min(shortest, list.size());
  for (std::size_t i = 0; i < shortest; ++i) {
    Json row = Json::array();
    for (const Json& list : c.args) row.push_back(list[i]);
    rows.push_back(std::move(row));
  }
  return rows;
}
Json to_array(Call& c) { return c.args[0].is_array() ? c.args[0] : Json::array({c.args[0]}); }
Json at(Call& c) {
  if (!c.args[1].is_number_integer()) return c.fail("type: the index must be a whole number");
  const auto i = c.args[1].get<std::int64_t>();
  if (i < 0 || static_cast<std::size_t>(i) >= c.args[0].size()) return c.fail("index out of range");
  return c.args[0][static_cast<std::size_t>(i)];
}

// --- objects
// -------------------------------------------------------------------------------------------------------------------
Json keys(Call& c) {
  Json list = Json::array();
  for (const auto& entry : c.args[0].items()) list.push_back(entry.key());
  return list;
}
Json values(Call& c) {
  Json list = Json::array();
  for (const auto& entry : c.args[0]) list.push_back(entry);
  return list;
}
Json merge(Call& c) {
  Json object = Json::object();
  for (const Json& other : c.args) object.update(other);
  return object;
}
Json not_null(Call& c) {
  for (const Json& value : c.args)
    if (!value.is_null()) return value;
  return nullptr;
}
/// items(object): pairs; items(object|array, keyName, valueName): kyverno's form.
Json items(Call& c) {
  Json list = Json::array();
  if (c.args.size() == 1) {
    if (!c.args[0].is_object()) return c.fail("type: items() of one argument needs an object");
    for (const auto& entry : c.args[0].items()) list.push_back(Json::array({entry.key(), entry.value()}));
    return list;
  }
  if (c.args.size() == 2) return c.fail("wrong number of arguments");
  std::size_t i = 0;
  for (const auto& entry : c.args[0].items()) {
    const Json key = c.args[0].is_array() ? Json(i++) : Json(entry.key());
    list.push_back({{c.text(1), key}, {c.text(2), entry.value()}});
  }
  return list;
}
Json from_items(Call& c) {
  Json object = Json::object();
  for (const Json& pair : c.args[0]) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string()) return c.fail("type: needs [name, value] pairs");
    object[pair[0].get<std::string>()] = pair[1];
  }
  return object;
}
Json object_from_lists(Call& c) {
  Json object = Json::object();
  for (std::size_t i = 0; i < c.args[0].size(); ++i) {
    if (!c.args[0][i].is_string()) return c.fail("type: names must be strings");
    object[c.args[0][i].get<std::string>()] = i < c.args[1].size() ? c.args[1][i] : Json();
  }
  return object;
}
Json lookup(Call& c) {
  if (c.args[0].is_object())
    return c.args[1].is_string() ? c.args[0].value(c.text(1), Json())
                                 : c.fail("type: an object is looked up by string");
  if (!c.args[1].is_number_integer()) return c.fail("type: an array is looked up by number");
  const auto i = c.args[1].get<std::int64_t>();
  return i >= 0 && static_cast<std::size_t>(i) < c.args[0].size() ? c.args[0][static_cast<std::size_t>(i)] : Json();
}
Json type_(Call& c) { return type_name(c.args[0]); }

/// A sample's value as Prometheus writes it: no exponent, no zeros that say nothing.
std::string sample_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char shortest[64];
  const auto end = std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::fixed);
  return end.ec == std::errc() ? std::string(shortest, end.ptr) : std::to_string(value);
}

/// What x_metrics_decode yields is, as text, what Prometheus' HTTP API says of a sample: {metric, value: [seconds,
/// "text"]}.
Json samples_as_sent(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(samples_as_sent(item));
    return list;
  }
  if (!value.is_object()) return value;
  if (value.size() == 3 && value.contains("metric") && value.contains("value") && value["value"].is_number() &&
      value.contains("timestamp") && value["timestamp"].is_number()) {
    return {{"metric", value["metric"]},
            {"value", {number(value["timestamp"].get<double>() / 1000), sample_text(value["value"].get<double>())}}};
  }
  Json object = Json::object();
  for (const auto& entry : value.items()) object[entry.key()] = samples_as_sent(entry.value());
  return object;
}

Json to_string_(Call& c) { return c.args[0].is_string() ? c.args[0] : Json(samples_as_sent(c.args[0]).dump()); }

}  // namespace

std::string check_signature(const FunctionRow& row, const Call& call) {
  const Signature signature = read_signature(row.signature);
  const std::size_t count = call.args.size();
  const std::string name = std::string(row.name) + "()";
  if (count < signature.required || (!signature.repeats && count > signature.parameters.size()))
    return "arity: " + name + " got " + std::to_string(count) + " arguments";
  for (std::size_t i = 0; i < count; ++i) {
    const Parameter& parameter = signature.parameters[std::min(i, signature.parameters.size() - 1)];
    const bool good = std::any_of(parameter.letters.begin(), parameter.letters.end(), [&](char letter) {
      return fits(letter, call.args[i], call.expressions[i] != nullptr);
    });
    if (!good)
      return "type: argument " + std::to_string(i + 1) + " of " + name + " may not be " +
             (call.expressions[i] != nullptr ? "an expression" : type_name(call.args[i]));
  }
  return "";
}

std::vector<FunctionRow> standard_functions() {
  constexpr std::string_view kStandard = "jmespath.org, built-in functions";
  constexpr std::string_view kCommunity = "JMESPath community edition, JEP 13 to 20";
  constexpr std::string_view kKyverno = "Chainsaw's function reference";
  return {
      {"abs", "n", abs_, kStandard},
      {"avg", "N", avg, kStandard},
      {"ceil", "n", ceil_, kStandard},
      {"contains", "[ls]a", contains, kStandard},
      {"floor", "n", floor_, kStandard},
      {"keys", "o", keys, kStandard},
      {"length", "[slo]", length, kStandard},
      {"map", "el", map, kStandard},
      {"max", "[NS]", max, kStandard},
      {"max_by", "le", max_by, kStandard},
      {"merge", "o*", merge, kStandard},
      {"min", "[NS]", min, kStandard},
      {"min_by", "le", min_by, kStandard},
      {"not_null", "a*", not_null, kStandard},
      {"reverse", "[ls]", reverse, kStandard},
      {"sort", "[NS]", sort, kStandard},
      {"sort_by", "le", sort_by, kStandard},
      {"to_array", "a", to_array, kStandard},
      {"to_number", "a", to_number, kStandard},
      {"to_string", "a", to_string_, kStandard},
      {"type", "a", type_, kStandard},
      {"values", "o", values, kStandard},
      {"from_items", "l", from_items, kCommunity},
      {"group_by", "le", group_by, kCommunity},
      {"zip", "l*", zip, kCommunity},
      {"items", "[ol]s?s", items, kKyverno},
      {"object_from_lists", "ll", object_from_lists, kKyverno},
      {"lookup", "[ol][sn]", lookup, kKyverno},
      {"at", "la", at, kKyverno},
  };
}

const FunctionRow* find_function(std::string_view name) {
  static const std::map<std::string_view, FunctionRow> kTable = [] {
    std::map<std::string_view, FunctionRow> table;
    for (const auto& rows :
         {standard_functions(), text_functions(), time_functions(), cluster_functions(), certificate_functions()})
      for (const FunctionRow& row : rows) table.emplace(row.name, row);
    return table;
  }();
  const auto found = kTable.find(name);
  return found != kTable.end() ? &found->second : nullptr;
}

}  // namespace scenario::jmes
