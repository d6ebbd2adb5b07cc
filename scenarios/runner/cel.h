#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/runner/jmespath.h"

/// CEL as Chainsaw (`compiler: cel`, `(cel; …)`) and KUTTL (`assertAll`, `assertAny`) offer it; the language itself is
/// k8s-fake/cel.h. In Chainsaw `object` is the value at hand and `bindings.resolve("name")` a binding. Errors: invalid,
/// in cel-go's words. Source: kyverno-json's documentation of compilers, KUTTL's reference of expressions.
namespace scenario {

/// The value of a Chainsaw expression.
base::Result<nlohmann::json> cel_search(std::string_view text, const nlohmann::json& object,
                                        const jmes::Bindings& bindings);
/// The value of an expression over named objects.
base::Result<nlohmann::json> cel_evaluate(const std::string& text,
                                          const std::map<std::string, nlohmann::json, std::less<>>& names);

/// Why the text is not an expression over these names; nothing if it is.
std::optional<std::string> cel_problem(const std::string& text, const std::vector<std::string>& names);

}  // namespace scenario
