#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/runner/jmespath.h"

/// The parsed form of a JMESPath expression; only jmespath*.cpp look inside.
namespace scenario::jmes {

enum class NodeKind {
  current,
  root,
  literal,
  field,
  variable,
  index,
  slice,
  chain,  // children 0 then 1: sub-expressions and pipes
  either,
  both,
  negation,
  compare,
  arithmetic,
  list_projection,
  value_projection,   // children: source, each
  filter_projection,  // children: source, each, condition
  flatten,
  multi_list,
  multi_hash,
  expression,
  let,
  function,
};

struct Node {
  NodeKind kind = NodeKind::current;
  std::string text;  // field, variable, function, operator
  Json literal;
  std::vector<std::optional<long>> numbers;  // index; slice: start, stop, step
  std::vector<std::string> names;            // multi_hash, let
  std::vector<std::shared_ptr<const Node>> children;
};
using NodePtr = std::shared_ptr<const Node>;

base::Result<NodePtr> parse_expression(std::string_view text);

}  // namespace scenario::jmes
