#pragma once

#include <string>
#include <vector>

#include "scenarios/runner/jmespath.h"

/// Assertion trees: a YAML value that a JSON value must satisfy, as kyverno-json defines them.
/// A map is matched key by key (keys it does not name are free); `(expr)` as a key is evaluated first; `~.key`,
/// `~name.key` and
/// `~.(expr)` match every element (name is bound to its index or key); `key->name` and `(expr)->name` bind the value
/// for what follows; `\(text)\` is literal. A list must have the same length and match element by element; a scalar
/// must be equal, `(expr)` is evaluated against the value and compared. Errors: invalid when the tree itself is wrong
/// (bad expression, wrong type), as opposed to a value that does not match. Source: kyverno-json's documentation of
/// assertion trees and projections.
namespace scenario {

struct Mismatch {
  std::string path;  // "spec.ports[0].(a > b)"
  std::string message;
};

struct ExpressionContext {
  jmes::Bindings bindings;
  jmes::Host host;
  std::string compiler = "jp";  // of expressions that do not say theirs: "jp" or "cel"
};

/// Empty when `actual` satisfies `expected`.
base::Result<std::vector<Mismatch>> check_assertion(const nlohmann::json& expected, const nlohmann::json& actual,
                                                    const ExpressionContext& context);
/// True if the text is "(…)", an expression.
bool is_expression(const std::string& text);
/// Replaces every "(expr)" text in `value` by its result; "\(text)\" loses its escape. Keys too.
base::Result<nlohmann::json> evaluate_templates(const nlohmann::json& value, const ExpressionContext& context);
base::Result<nlohmann::json> evaluate_text(const std::string& text, const nlohmann::json& against,
                                           const ExpressionContext& context);

}  // namespace scenario
