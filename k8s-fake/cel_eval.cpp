#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "k8s-fake/cel.h"
#include "provisioner/base/text.h"

namespace k8s_fake::cel {
namespace {

using Value = base::Result<Json, std::string>;

const std::string kNoOverload = "no such overload";

Value no_overload() { return kNoOverload; }
Value truth(bool value) { return Json(value); }

/// Members that are no CEL names are written in another way: "__dash__", "__dot__", "__slash__", "__underscores__",
/// and reserved words between double underscores.
std::string unescaped(const std::string& name) {
  if (name.find("__") == std::string::npos) return name;
  std::string out = name;
  for (const auto& [from, to] : {std::pair("__underscores__", "__"), std::pair("__dot__", "."),
                                 std::pair("__dash__", "-"), std::pair("__slash__", "/")})
    out = base::replace_all(out, from, to);
  if (out.size() > 4 && out.starts_with("__") && out.ends_with("__")) return out.substr(2, out.size() - 4);
  return out;
}

bool equal(const Json& a, const Json& b) { return a == b; }  // numbers compare by value

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Byte position of the n-th character.
std::size_t byte_of(const std::string& text, std::int64_t n) {
  std::size_t at = 0;
  while (at < text.size() && n > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    --n;
  }
  return at;
}

Value compare(const std::string& op, const Json& a, const Json& b) {
  if (op == "==") return truth(equal(a, b));
  if (op == "!=") return truth(!equal(a, b));
  const bool comparable =
      (a.is_number() && b.is_number()) || (a.is_string() && b.is_string()) || (a.is_boolean() && b.is_boolean());
  if (!comparable) return no_overload();
  const bool less = a < b, same = equal(a, b);
  if (op == "<") return truth(less);
  if (op == "<=") return truth(less || same);
  if (op == ">") return truth(!less && !same);
  return truth(!less);
}

Value contained(const Json& item, const Json& in) {
  if (in.is_array())
    return truth(std::any_of(in.begin(), in.end(), [&](const Json& each) { return equal(each, item); }));
  if (in.is_object() && item.is_string()) return truth(in.contains(item.get_ref<const std::string&>()));
  return no_overload();
}

Value arithmetic(const std::string& op, const Json& a, const Json& b) {
  if (op == "+" && a.is_string() && b.is_string()) return Json(a.get<std::string>() + b.get<std::string>());
  if (op == "+" && a.is_array() && b.is_array()) {
    Json out = a;
    for (const auto& each : b) out.push_back(each);
    return out;
  }
  if (a.is_number_integer() && b.is_number_integer()) {
    const auto x = a.get<std::int64_t>(), y = b.get<std::int64_t>();
    std::int64_t out = 0;
    const bool lowest = x == std::numeric_limits<std::int64_t>::min() && y == -1;
    if (op == "/" || op == "%") {
      if (y == 0) return std::string(op == "/" ? "division by zero" : "modulus by zero");
      if (lowest) return std::string("return error for overflow");
      return Json(op == "/" ? x / y : x % y);
    }
    const bool over = op == "+"   ? __builtin_add_overflow(x, y, &out)
                      : op == "-" ? __builtin_sub_overflow(x, y, &out)
                                  : __builtin_mul_overflow(x, y, &out);
    if (over) return std::string("return error for overflow");
    return Json(out);
  }
  if (!a.is_number_float() || !b.is_number_float()) return no_overload();
  const double x = a.get<double>(), y = b.get<double>();
  if (op == "+") return Json(x + y);
  if (op == "-") return Json(x - y);
  if (op == "*") return Json(x * y);
  if (op == "/") return Json(x / y);
  return no_overload();
}

Value member(const Json& of, const std::string& name) {
  if (!of.is_object()) return no_overload();
  const auto found = of.find(unescaped(name));
  if (found == of.end()) return "no such key: " + unescaped(name);
  return *found;
}

Value element(const Json& of, const Json& index) {
  if (of.is_array() && index.is_number_integer()) {
    const auto at = index.get<std::int64_t>();
    if (at < 0 || at >= static_cast<std::int64_t>(of.size())) return "index out of bounds: " + std::to_string(at);
    return of[static_cast<std::size_t>(at)];
  }
  if (of.is_object() && index.is_string()) {
    const auto found = of.find(index.get<std::string>());
    if (found == of.end()) return "no such key: " + index.get<std::string>();
    return *found;
  }
  return no_overload();
}

Json pieces(const std::string& text, const std::string& by, std::int64_t limit) {
  Json out = Json::array();
  if (limit == 0) return out;
  std::size_t start = 0;
  while (limit < 0 || static_cast<std::int64_t>(out.size()) + 1 < limit) {
    const std::size_t end = by.empty()
                                ? (start + 1 < text.size() ? byte_of(text.substr(start), 1) + start : std::string::npos)
                                : text.find(by, start);
    if (end == std::string::npos || (by.empty() && end >= text.size())) break;
    out.push_back(text.substr(start, end - start));
    start = end + by.size();
  }
  out.push_back(text.substr(start));
  return out;
}

Value number_of(const Json& value) {
  if (value.is_number_integer() || value.is_number_unsigned()) return value;
  if (value.is_number_float()) return Json(static_cast<std::int64_t>(value.get<double>()));
  if (value.is_string()) {
    if (const auto number = base::parse_signed(value.get<std::string>())) return Json(*number);
    return "strconv.ParseInt: parsing " + dump(value) + ": invalid syntax";
  }
  return no_overload();
}

Value on_text(const std::string& name, const std::vector<Json>& args) {
  const std::string& text = args[0].get_ref<const std::string&>();
  const auto second = [&] {
    return args.size() > 1 && args[1].is_string() ? args[1].get<std::string>() : std::string();
  };
  const bool text_second = args.size() > 1 && args[1].is_string(),
             number_second = args.size() > 1 && args[1].is_number();
  if (name == "size") return Json(characters(text));
  if (name == "lowerAscii" || name == "upperAscii") {
    std::string out = text;
    for (char& c : out) {
      if (name[0] == 'l' && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      if (name[0] == 'u' && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return Json(out);
  }
  if (name == "trim") return Json(std::string(base::trim(text)));
  if (text_second) {
    if (name == "startsWith") return truth(text.starts_with(second()));
    if (name == "endsWith") return truth(text.ends_with(second()));
    if (name == "contains") return truth(text.find(second()) != std::string::npos);
    if (name == "split")
      return pieces(text, second(), args.size() > 2 && args[2].is_number() ? args[2].get<std::int64_t>() : -1);
    if (name == "indexOf" || name == "lastIndexOf") {
      const auto at = name[0] == 'i' ? text.find(second()) : text.rfind(second());
      return Json(at == std::string::npos ? std::int64_t{-1}
                                          : static_cast<std::int64_t>(characters(text.substr(0, at))));
    }
    if (name == "replace" && args[2].is_string())
      return Json(base::replace_all(text, second(), args[2].get<std::string>()));
    if (name == "matches" || name == "find" || name == "findAll") {
      const RE2 pattern(second(), RE2::Quiet);
      if (!pattern.ok()) return "error parsing regexp: " + pattern.error();
      if (name == "matches") return truth(RE2::PartialMatch(text, pattern));
      Json all = Json::array();
      re2::StringPiece rest(text), hit;
      while (pattern.Match(text, static_cast<std::size_t>(rest.data() - text.data()), text.size(), RE2::UNANCHORED,
                           &hit, 1)) {
        all.push_back(std::string(hit));
        const std::size_t next =
            static_cast<std::size_t>(hit.data() - text.data()) + std::max<std::size_t>(hit.size(), 1);
        if (next > text.size()) break;
        rest = re2::StringPiece(text.data() + next, text.size() - next);
      }
      if (name == "findAll") return all;
      return all.empty() ? Json("") : all[0];
    }
  }
  if (number_second && (name == "substring" || name == "charAt")) {
    const auto from = args[1].get<std::int64_t>(), length = static_cast<std::int64_t>(characters(text));
    const auto to = args.size() > 2 && args[2].is_number() ? args[2].get<std::int64_t>()
                    : name == "charAt"                     ? std::min(from + 1, length)
                                                           : length;
    if (from < 0 || from > length || to < from || to > length) return "index out of range: " + std::to_string(from);
    const auto start = byte_of(text, from);
    return Json(text.substr(start, byte_of(text, to) - start));
  }
  return no_overload();
}

Value on_list(const std::string& name, const std::vector<Json>& args) {
  const Json& list = args[0];
  if (name == "size") return Json(list.size());
  if (name == "isSorted") return truth(std::is_sorted(list.begin(), list.end()));
  if (name == "min" || name == "max") {
    if (list.empty()) return name + " called on empty list";
    return name == "min" ? *std::min_element(list.begin(), list.end()) : *std::max_element(list.begin(), list.end());
  }
  if (name == "sum") {
    Json total = list.empty() || list[0].is_number_integer() ? Json(std::int64_t{0}) : Json(0.0);
    for (const auto& each : list) {
      auto next = arithmetic("+", total, each);
      if (!next) return next.error();
      total = std::move(*next);
    }
    return total;
  }
  if (name == "join") {
    std::string out;
    const std::string between = args.size() > 1 && args[1].is_string() ? args[1].get<std::string>() : "";
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!list[i].is_string()) return no_overload();
      out += (i == 0 ? "" : between) + list[i].get<std::string>();
    }
    return Json(out);
  }
  if (name == "indexOf" || name == "lastIndexOf") {
    std::int64_t found = -1;
    for (std::size_t i = 0; i < list.size(); ++i)
      if (equal(list[i], args[1]) && (found < 0 || name[0] == 'l')) found = static_cast<std::int64_t>(i);
    return Json(found);
  }
  return no_overload();
}

Value call(const std::string& name, const std::vector<Json>& args) {
  const Json& first = args[0];
  if (name == "dyn") return first;
  if (name == "int" || name == "uint") return number_of(first);
  if (name == "double") {
    if (first.is_number()) return Json(first.get<double>());
    return no_overload();
  }
  if (name == "string") {
    if (first.is_string()) return first;
    if (first.is_number() || first.is_boolean()) return Json(dump(first));
    return no_overload();
  }
  if (name == "bool") {
    if (first.is_boolean()) return first;
    if (first == "true" || first == "false") return truth(first == "true");
    return no_overload();
  }
  if (name == "type")
    return Json(first.is_string()           ? "string"
                : first.is_boolean()        ? "bool"
                : first.is_number_float()   ? "double"
                : first.is_number_integer() ? "int"
                : first.is_array()          ? "list"
                : first.is_object()         ? "map"
                                            : "null_type");
  if (name == "isURL") {
    const std::string text = first.is_string() ? first.get<std::string>() : "";
    return truth(text.find("://") != std::string::npos || text.starts_with("/"));
  }
  if (first.is_string()) return on_text(name, args);
  if (first.is_array()) return on_list(name, args);
  if (first.is_object() && name == "size") return Json(first.size());
  return no_overload();
}

/// all, exists, exists_one, map and filter over a list's elements or a map's keys.
Value macro(const Node& node, const Values& values) {
  if (node.text == "has") {
    const Node& asked = *node.args[0];
    auto of = evaluate(*asked.args[0], values);
    if (!of) return of.error();
    if (!of->is_object()) return no_overload();
    return truth(of->contains(unescaped(asked.text)));
  }
  auto range = evaluate(*node.args[0], values);
  if (!range) return range.error();
  Json items = Json::array();
  if (range->is_array()) items = *range;
  else if (range->is_object())
    for (const auto& [key, unused] : range->items()) items.push_back(key);
  else return no_overload();
  Values inner = values;
  Json out = Json::array();
  std::size_t hits = 0;
  std::string error;
  for (const auto& item : items) {
    inner[node.variable] = item;
    auto result = evaluate(*node.args[1], inner);
    if (node.text == "map" && node.args.size() == 2) {
      if (!result) return result.error();
      out.push_back(std::move(*result));
      continue;
    }
    if (!result || !result->is_boolean()) {
      // An error counts only when no other element decides.
      if (error.empty()) error = result ? kNoOverload : result.error();
      if (node.text == "all" || node.text == "exists") continue;
      return error;
    }
    const bool hit = result->get<bool>();
    hits += hit ? 1 : 0;
    if (node.text == "all" && !hit) return truth(false);
    if (node.text == "exists" && hit) return truth(true);
    if (node.text == "filter" && hit) out.push_back(item);
    if (node.text == "map" && hit) {
      auto made = evaluate(*node.args[2], inner);
      if (!made) return made.error();
      out.push_back(std::move(*made));
    }
  }
  if (!error.empty()) return error;
  if (node.text == "all") return truth(true);
  if (node.text == "exists") return truth(false);
  if (node.text == "exists_one") return truth(hits == 1);
  return out;
}

/// && and || decide from either side: an error counts only when the other side does not decide.
Value logical(const Node& node, const Values& values) {
  const bool decides = node.text == "||";
  const auto left = evaluate(*node.args[0], values);
  if (left && left->is_boolean() && left->get<bool>() == decides) return truth(decides);
  const auto right = evaluate(*node.args[1], values);
  if (right && right->is_boolean() && right->get<bool>() == decides) return truth(decides);
  for (const Value* side : {&left, &right}) {
    if (!*side) return side->error();
    if (!(*side)->is_boolean()) return no_overload();
  }
  return truth(!decides);
}

}  // namespace

Value evaluate(const Node& node, const Values& values) {
  if (node.kind == Node::Kind::literal) return node.value;
  if (node.kind == Node::Kind::macro) return macro(node, values);
  if (node.kind == Node::Kind::name) {
    const auto found = values.find(node.text);
    if (found == values.end()) return "no such attribute(s): " + node.text;
    return found->second;
  }
  if (node.kind == Node::Kind::binary && (node.text == "&&" || node.text == "||")) return logical(node, values);
  if (node.kind == Node::Kind::conditional) {
    const auto condition = evaluate(*node.args[0], values);
    if (!condition) return condition.error();
    if (!condition->is_boolean()) return no_overload();
    return evaluate(*node.args[condition->get<bool>() ? 1 : 2], values);
  }
  std::vector<Json> args;
  for (const auto& each : node.args) {
    auto value = evaluate(*each, values);
    if (!value) return value.error();
    args.push_back(std::move(*value));
  }
  switch (node.kind) {
    case Node::Kind::member: return member(args[0], node.text);
    case Node::Kind::index: return element(args[0], args[1]);
    case Node::Kind::call: return call(node.text, args);
    case Node::Kind::list: return Json(args);
    case Node::Kind::map: {
      Json out = Json::object();
      for (std::size_t i = 0; i + 1 < args.size(); i += 2)
        out[args[i].is_string() ? args[i].get<std::string>() : dump(args[i])] = args[i + 1];
      return out;
    }
    case Node::Kind::unary:
      if (node.text == "!" && args[0].is_boolean()) return truth(!args[0].get<bool>());
      if (node.text == "-" && args[0].is_number_integer()) return arithmetic("-", Json(std::int64_t{0}), args[0]);
      if (node.text == "-" && args[0].is_number()) return Json(-args[0].get<double>());
      return no_overload();
    default: break;
  }
  if (node.text == "in") return contained(args[0], args[1]);
  if (node.text.find_first_of("<>=!") != std::string::npos) return compare(node.text, args[0], args[1]);
  return arithmetic(node.text, args[0], args[1]);
}

}  // namespace k8s_fake::cel
