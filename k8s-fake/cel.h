#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "k8s-fake/json.h"
#include "provisioner/base/result.h"

/// The Common Expression Language as schemas of custom resources use it (x-kubernetes-validations): literals, members,
/// indexes, operators, macros, and the functions on strings and lists. What is not known fails at compile time, so a
/// definition that needs more is refused. Values are Json; times, durations, quantities and optionals do not exist.
/// Errors: texts as cel-go gives them. Source: the CEL language definition, kubernetes.md 4.12.
namespace k8s_fake::cel {

struct Node {
  enum class Kind { literal, name, member, index, call, list, map, conditional, binary, unary, macro };
  Kind kind = Kind::literal;
  std::string text;  // name, member, function, operator or macro
  Json value;        // literal
  std::size_t at = 0;
  std::vector<std::shared_ptr<const Node>> args;  // receiver first, where there is one
  bool has_receiver = false;
  std::string variable;  // of a macro
};
using NodePtr = std::shared_ptr<const Node>;

struct Problem {
  std::size_t at = 0;  // byte in the source
  std::string text;
};

/// `variables`: the names that exist. Errors: syntax, unknown names and functions.
base::Result<NodePtr, Problem> compile(const std::string& source, const std::vector<std::string>& variables);
/// "ERROR: <input>:1:5: text" with the line and a mark below it.
std::string describe(const std::string& source, const Problem& problem);
/// True if the expression uses the name.
bool mentions(const Node& node, const std::string& name);

using Values = std::map<std::string, Json, std::less<>>;
/// Errors: "no such key: x", "no such overload", "index out of bounds: 3", "division by zero".
base::Result<Json, std::string> evaluate(const Node& node, const Values& values);

}  // namespace k8s_fake::cel
