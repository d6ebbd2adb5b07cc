#include "scenarios/runner/jmespath.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "provisioner/base/text.h"
#include "scenarios/runner/jmespath_ast.h"
#include "scenarios/runner/jmespath_functions.h"

namespace scenario::jmes {

using base::Error;
using base::ErrorKind;
using base::Result;

Bindings Bindings::with(std::string name, Json value) const {
  Bindings more;
  more.top_ = std::make_shared<const Link>(Link{std::move(name), std::move(value), top_});
  return more;
}

Json Bindings::all() const {
  Json object = Json::object();
  for (const Link* link = top_.get(); link != nullptr; link = link->next.get())
    if (!object.contains(link->name)) object[link->name] = link->value;
  return object;
}

const Json* Bindings::find(std::string_view name) const {
  for (const Link* link = top_.get(); link != nullptr; link = link->next.get())
    if (link->name == name) return &link->value;
  return nullptr;
}

namespace {

bool truthy(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  if (value.is_structured()) return !value.empty();
  return true;
}

std::vector<std::string> code_points(const std::string& text) {
  std::vector<std::string> points;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0U) == 0x80U) ++length;
    points.push_back(text.substr(i, length));
    i += length;
  }
  return points;
}

class Evaluator {
 public:
  Evaluator(const Json& root, const Host& host) : root_(root), host_(host) {}

  Json run(const Node& node, const Json& value, const Bindings& scope) {
    if (!problem.empty()) return nullptr;
    switch (node.kind) {
      case NodeKind::current: return value;
      case NodeKind::root: return root_;
      case NodeKind::literal: return node.literal;
      case NodeKind::field: return value.is_object() && value.contains(node.text) ? value[node.text] : Json();
      case NodeKind::variable: return variable(node.text, scope);
      case NodeKind::index: return index(value, node.numbers[0].value_or(0));
      case NodeKind::slice: return slice(node, value);
      case NodeKind::chain: return run(*node.children[1], run(*node.children[0], value, scope), scope);
      case NodeKind::either: {
        Json left = run(*node.children[0], value, scope);
        return truthy(left) ? left : run(*node.children[1], value, scope);
      }
      case NodeKind::both: {
        Json left = run(*node.children[0], value, scope);
        return truthy(left) ? run(*node.children[1], value, scope) : left;
      }
      case NodeKind::negation: return !truthy(run(*node.children[0], value, scope));
      case NodeKind::compare:
        return compare(node.text, run(*node.children[0], value, scope), run(*node.children[1], value, scope));
      case NodeKind::arithmetic: return arithmetic(node, value, scope);
      case NodeKind::list_projection:
      case NodeKind::value_projection:
      case NodeKind::filter_projection: return project(node, value, scope);
      case NodeKind::flatten: return flatten(run(*node.children[0], value, scope));
      case NodeKind::multi_list: {
        Json list = Json::array();
        for (const auto& child : node.children) list.push_back(run(*child, value, scope));
        return list;
      }
      case NodeKind::multi_hash: {
        Json object = Json::object();
        for (std::size_t i = 0; i < node.children.size(); ++i)
          object[node.names[i]] = run(*node.children[i], value, scope);
        return object;
      }
      case NodeKind::expression: return fail("syntax: & stands only in an argument");
      case NodeKind::let: {
        Bindings inner = scope;
        for (std::size_t i = 0; i < node.names.size(); ++i)
          inner = inner.with(node.names[i], run(*node.children[i], value, scope));
        return run(*node.children.back(), value, inner);
      }
      case NodeKind::function: return function(node, value, scope);
    }
    return nullptr;
  }

  std::string problem;

 private:
  Json fail(std::string why) {
    if (problem.empty()) problem = std::move(why);
    return nullptr;
  }
  Json variable(const std::string& name, const Bindings& scope) {
    const Json* found = scope.find(name);
    return found != nullptr ? *found : fail("variable not defined: $" + name);
  }
  static Json index(const Json& value, long position) {
    if (!value.is_array()) return nullptr;
    const long size = static_cast<long>(value.size());
    if (position < 0) position += size;
    return position >= 0 && position < size ? value[static_cast<std::size_t>(position)] : Json();
  }
  Json slice(const Node& node, const Json& value) {
    std::vector<std::string> points;
    if (value.is_string()) points = code_points(value.get<std::string>());
    else if (!value.is_array()) return nullptr;
    const long size = static_cast<long>(value.is_string() ? points.size() : value.size());
    const long step = node.numbers[2].value_or(1);
    if (step == 0) return fail("invalid slice: step cannot be 0");
    const auto clamp = [&](std::optional<long> bound, long missing) {
      if (!bound) return missing;
      const long at = *bound < 0 ? *bound + size : *bound;
      return step > 0 ? std::clamp(at, 0L, size) : std::clamp(at, -1L, size - 1);
    };
    const long start = clamp(node.numbers[0], step > 0 ? 0 : size - 1);
    const long stop = clamp(node.numbers[1], step > 0 ? size : -1);
    Json list = Json::array();
    std::string text;
    for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
      if (value.is_string()) text += points[static_cast<std::size_t>(i)];
      else list.push_back(value[static_cast<std::size_t>(i)]);
      if (std::abs(step) > size) break;
    }
    return value.is_string() ? Json(text) : list;
  }
  static Json compare(const std::string& op, const Json& left, const Json& right) {
    if (op == "==") return left == right;
    if (op == "!=") return left != right;
    if (!left.is_number() || !right.is_number()) return nullptr;
    const double a = left.get<double>();
    const double b = right.get<double>();
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    return op == ">" ? a > b : a >= b;
  }
  Json arithmetic(const Node& node, const Json& value, const Bindings& scope) {
    const Json left = run(*node.children[0], value, scope);
    if (!left.is_number()) return fail("type: arithmetic needs numbers, found " + type_name(left));
    if (node.children.size() == 1) return node.text == "-" ? number(-left.get<double>()) : left;
    const Json right = run(*node.children[1], value, scope);
    if (!right.is_number()) return fail("type: arithmetic needs numbers, found " + type_name(right));
    const double a = left.get<double>();
    const double b = right.get<double>();
    if (node.text == "+") return number(a + b);
    if (node.text == "-") return number(a - b);
    if (node.text == "*") return number(a * b);
    if (b == 0) return fail("type: division by zero");
    if (node.text == "/") return number(a / b);
    return node.text == "%" ? number(std::fmod(a, b)) : number(std::floor(a / b));
  }
  Json project(const Node& node, const Json& value, const Bindings& scope) {
    const Json left = run(*node.children[0], value, scope);
    Json list = Json::array();
    if (node.kind == NodeKind::value_projection) {
      if (!left.is_object()) return nullptr;
      for (const auto& entry : left) keep(list, run(*node.children[1], entry, scope));
      return list;
    }
    if (left.is_string() && node.children[0]->kind == NodeKind::chain &&
        node.children[0]->children[1]->kind == NodeKind::slice)
      return run(*node.children[1], left, scope);  // a slice of a text is a text
    if (!left.is_array()) return nullptr;
    for (const auto& entry : left)
      if (node.kind == NodeKind::list_projection || truthy(run(*node.children[2], entry, scope)))
        keep(list, run(*node.children[1], entry, scope));
    return list;
  }
  static void keep(Json& list, Json value) {
    if (!value.is_null()) list.push_back(std::move(value));
  }
  static Json flatten(const Json& value) {
    if (!value.is_array()) return nullptr;
    Json list = Json::array();
    for (const auto& entry : value) {
      if (!entry.is_array()) list.push_back(entry);
      else
        for (const auto& inner : entry) list.push_back(inner);
    }
    return list;
  }
  Json function(const Node& node, const Json& value, const Bindings& scope) {
    const FunctionRow* row = find_function(node.text);
    if (row == nullptr) return fail("unknown function: " + node.text + "()");
    Call call{{}, {}, host_, {}, {}};
    for (const auto& child : node.children) {
      const bool expression = child->kind == NodeKind::expression;
      call.expressions.push_back(expression ? child->children[0].get() : nullptr);
      call.args.push_back(expression ? Json() : run(*child, value, scope));
    }
    if (!problem.empty()) return nullptr;
    call.apply = [&](std::size_t i, const Json& item) { return run(*call.expressions[i], item, scope); };
    call.problem = check_signature(*row, call);
    if (!call.problem.empty()) return fail(call.problem);
    Json result = row->run(call);
    if (!call.problem.empty()) return fail(node.text + "(): " + call.problem);
    return result;
  }

  const Json& root_;
  const Host& host_;
};

}  // namespace

Result<Expression> Expression::parse(std::string_view text) {
  Result<std::shared_ptr<const Node>> root = parse_expression(text);
  if (!root) return root.error();
  Expression expression;
  expression.root_ = std::move(*root);
  return expression;
}

Result<Json> Expression::evaluate(const Json& value, const Bindings& bindings, const Host& host) const {
  Evaluator evaluator(value, host);
  Json result = evaluator.run(*root_, value, bindings);
  if (!evaluator.problem.empty()) return Error{ErrorKind::invalid, evaluator.problem};
  return result;
}

Result<Json> search(std::string_view text, const Json& value, const Bindings& bindings, const Host& host) {
  Result<Expression> expression = Expression::parse(text);
  if (!expression) return expression.error();
  return expression->evaluate(value, bindings, host);
}

}  // namespace scenario::jmes
