#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/runner/jmespath.h"

/// The functions of jmespath.h: one function and one row each. Types are checked from the row before the function runs.
namespace scenario::jmes {

struct Node;

/// One call under way. `args[i]` is null where `expressions[i]` is set (an `&expression` argument).
struct Call {
  std::vector<Json> args;
  std::vector<const Node*> expressions;
  const Host& host;
  /// Evaluates argument `index`, an expression, against a value.
  std::function<Json(std::size_t index, const Json& value)> apply;
  std::string problem;  // set by fail()

  Json fail(std::string why) {
    if (problem.empty()) problem = std::move(why);
    return nullptr;
  }
  bool has(std::size_t index) const { return index < args.size(); }
  const std::string& text(std::size_t index) const { return args[index].get_ref<const std::string&>(); }
};

struct FunctionRow {
  std::string_view name;
  /// One letter per argument: a any, n number, s string, b boolean, l list, o object, e expression, N list of numbers,
  /// S list of strings; "[sn]" is either, '?' after one makes it and all that follow optional, '*' repeats the last.
  std::string_view signature;
  Json (*run)(Call&);
  std::string_view source;
};

const FunctionRow* find_function(std::string_view name);
std::vector<FunctionRow> standard_functions();
std::vector<FunctionRow> text_functions();
std::vector<FunctionRow> time_functions();
std::vector<FunctionRow> cluster_functions();
std::vector<FunctionRow> certificate_functions();
/// "" or why the arguments do not fit the row.
std::string check_signature(const FunctionRow& row, const Call& call);

/// A whole number without a fraction, as Go prints it.
Json number(double value);
std::string type_name(const Json& value);
/// `*` any run of characters, `?` one.
bool wildcard_match(std::string_view pattern, std::string_view text);

}  // namespace scenario::jmes
