#include "scenarios/runner/assertion.h"

#include <cctype>

#include "provisioner/base/text.h"
#include "scenarios/runner/cel.h"
#include "scenarios/runner/jmespath_functions.h"

namespace scenario {

using base::Error;
using base::ErrorKind;
using base::Result;
using Json = nlohmann::json;

namespace {

struct Key {
  bool each = false;
  std::string each_name;
  std::string binding;
  bool expression = false;
  bool escaped = false;
  std::string compiler;  // "" is the one of the place
  std::string statement;
  std::string problem;
};

bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                              std::string_view::npos;
}

Key parse_key(std::string_view text) {
  Key key;
  if (text.starts_with("~")) {
    const std::size_t dot = text.find('.');
    const std::string_view name = dot == std::string_view::npos ? "" : text.substr(1, dot - 1);
    if (dot != std::string_view::npos && (name.empty() || is_word(name))) {
      key.each = true;
      key.each_name = name;
      text.remove_prefix(dot + 1);
    }
  }
  if (const std::size_t arrow = text.rfind("->"); arrow != std::string_view::npos) {
    std::string_view name = text.substr(arrow + 2);
    while (name.starts_with(' ')) name.remove_prefix(1);
    if (is_word(name)) {
      key.binding = name;
      text = text.substr(0, arrow);
      while (text.ends_with(' ')) text.remove_suffix(1);
    }
  }
  if (text.size() > 2 && text.starts_with('\\') && text.ends_with('\\')) {
    key.escaped = true;
    text = text.substr(1, text.size() - 2);
  } else if (text.size() > 2 && text.starts_with('(') && text.ends_with(')')) {
    key.expression = true;
    text = text.substr(1, text.size() - 2);
    const std::size_t semicolon = text.find(';');
    if (semicolon != std::string_view::npos && is_word(text.substr(0, semicolon))) {
      key.compiler = text.substr(0, semicolon);
      if (key.compiler != "jp" && key.compiler != "cel")
        key.problem = "the compiler \"" + key.compiler + "\" is not known: jp and cel are";
      text = base::trim(text.substr(semicolon + 1));
    }
  }
  key.statement = text;
  return key;
}

Result<Json> evaluate(const Key& key, const Json& value, const jmes::Bindings& scope,
                      const ExpressionContext& context) {
  const std::string& compiler = key.compiler.empty() ? context.compiler : key.compiler;
  return compiler == "cel" ? cel_search(key.statement, value, scope)
                           : jmes::search(key.statement, value, scope, context.host);
}

std::string show(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 300) text = text.substr(0, 300) + "…";
  return text;
}

class Checker {
 public:
  explicit Checker(const ExpressionContext& context) : context_(context) {}

  void check(const Json& expected, const Json& actual, const std::string& path, const jmes::Bindings& scope) {
    if (problem) return;
    if (expected.is_object()) return check_map(expected, actual, path, scope);
    if (expected.is_array()) return check_list(expected, actual, path, scope);
    Json wanted = expected;
    if (expected.is_string()) {
      const Key key = parse_key(expected.get<std::string>());
      if (!key.problem.empty()) return fail(path, key.problem);
      if (key.each) return fail(path, "~ stands only in a key");
      if (!key.binding.empty() && (key.expression || key.escaped)) return fail(path, "-> stands only in a key");
      if (key.expression) {
        auto result = evaluate(key, actual, scope, context_);
        if (!result) return fail(path, result.error().message);
        wanted = std::move(*result);
      } else if (key.escaped) {
        wanted = key.statement;
      }
    }
    if (!equal(wanted, actual)) miss(path, "expected " + show(wanted) + ", found " + show(actual));
  }

  std::vector<Mismatch> mismatches;
  std::optional<Error> problem;

 private:
  void fail(const std::string& path, const std::string& why) {
    if (!problem) problem = Error{ErrorKind::invalid, (path.empty() ? "" : path + ": ") + why};
  }
  void miss(const std::string& path, std::string why) { mismatches.push_back({path, std::move(why)}); }

  /// What an evaluated expression is compared with may be a map or a list: a map as a subset, a list element by
  /// element.
  static bool equal(const Json& wanted, const Json& actual) {
    if (wanted.is_object() && actual.is_object()) {
      for (const auto& entry : wanted.items())
        if (!actual.contains(entry.key()) || !equal(entry.value(), actual[entry.key()])) return false;
      return true;
    }
    if (wanted.is_array() && actual.is_array()) {
      if (wanted.size() != actual.size()) return false;
      for (std::size_t i = 0; i < wanted.size(); ++i)
        if (!equal(wanted[i], actual[i])) return false;
      return true;
    }
    return wanted == actual;
  }

  void check_list(const Json& expected, const Json& actual, const std::string& path, const jmes::Bindings& scope) {
    if (actual.is_null()) return miss(path, "expected a list, found null");
    if (!actual.is_array()) return fail(path, "expected a list, found " + jmes::type_name(actual));
    if (actual.size() != expected.size())
      return miss(path, "lengths differ: expected " + std::to_string(expected.size()) + ", found " +
                            std::to_string(actual.size()));
    for (std::size_t i = 0; i < expected.size(); ++i)
      check(expected[i], actual[i], path + "[" + std::to_string(i) + "]", scope);
  }

  void check_map(const Json& expected, const Json& actual, const std::string& path, jmes::Bindings scope) {
    if (expected.empty()) {
      if (actual.is_null()) miss(path, "expected a value, found null");
      return;
    }
    for (const auto& entry : expected.items()) {
      const Key key = parse_key(entry.key());
      const std::string here = (path.empty() ? "" : path + ".") + entry.key();
      if (!key.problem.empty()) return fail(here, key.problem);
      Json projected;
      if (key.expression) {
        auto result = evaluate(key, actual, scope, context_);
        if (!result) return fail(here, result.error().message);
        projected = std::move(*result);
      } else if (actual.is_null() || (actual.is_object() && !actual.contains(key.statement))) {
        miss(here, "field not found");
        continue;
      } else if (!actual.is_object()) {
        return fail(here, "expected an object, found " + jmes::type_name(actual));
      } else {
        projected = actual[key.statement];
      }
      if (!key.binding.empty()) scope = scope.with(key.binding, projected);
      if (!key.each) {
        check(entry.value(), projected, here, scope);
      } else if (projected.is_array()) {
        for (std::size_t i = 0; i < projected.size(); ++i)
          check(entry.value(), projected[i], here + "[" + std::to_string(i) + "]",
                key.each_name.empty() ? scope : scope.with(key.each_name, i));
      } else if (projected.is_object()) {
        for (const auto& item : projected.items())
          check(entry.value(), item.value(), here + "." + item.key(),
                key.each_name.empty() ? scope : scope.with(key.each_name, item.key()));
      } else {
        return fail(here, "~ needs a list or an object, found " + jmes::type_name(projected));
      }
    }
  }

  const ExpressionContext& context_;
};

}  // namespace

bool is_expression(const std::string& text) { return text.size() > 2 && text.front() == '(' && text.back() == ')'; }

Result<std::vector<Mismatch>> check_assertion(const Json& expected, const Json& actual,
                                              const ExpressionContext& context) {
  Checker checker(context);
  checker.check(expected, actual, "", context.bindings);
  if (checker.problem) return *checker.problem;
  return std::move(checker.mismatches);
}

Result<Json> evaluate_text(const std::string& text, const Json& against, const ExpressionContext& context) {
  const Key key = parse_key(text);
  if (!key.problem.empty()) return Error{ErrorKind::invalid, key.problem};
  if (key.escaped) return Json(key.statement);
  if (!key.expression || key.each) return Json(text);
  return evaluate(key, against, context.bindings, context);
}

Result<Json> evaluate_templates(const Json& value, const ExpressionContext& context) {
  if (value.is_string()) return evaluate_text(value.get<std::string>(), nullptr, context);
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) {
      auto result = evaluate_templates(item, context);
      if (!result) return result;
      list.push_back(std::move(*result));
    }
    return list;
  }
  if (value.is_object()) {
    Json object = Json::object();
    for (const auto& entry : value.items()) {
      auto key = evaluate_text(entry.key(), nullptr, context);
      if (!key) return key.error();
      auto result = evaluate_templates(entry.value(), context);
      if (!result) return result;
      object[key->is_string() ? key->get<std::string>() : key->dump()] = std::move(*result);
    }
    return object;
  }
  return value;
}

}  // namespace scenario
