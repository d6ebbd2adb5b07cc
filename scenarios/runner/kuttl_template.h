#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "scenarios/runner/test_file.h"

/// KUTTL's `.gotmpl.yaml` files, for the two things that KUTTL gives a template: `{{ .Namespace }}` and
/// `{{ .Vars.NAME }}`. The file is read before the namespace is chosen, so each stands as a mark until its operation
/// runs. Errors: invalid for any other action, "FILE:LINE: reason"; not_found for a variable that was not given.
/// Source: KUTTL's documentation of templating.
namespace scenario {

/// The text with marks in the places of actions.
std::string marked_template(const std::string& text, Problems& problems);
bool has_marks(const std::string& text);
/// The value with marks replaced; a text that is one mark takes the variable's type.
base::Result<Json> fill_marks(const Json& value, const std::string& ns, const Json& variables);

}  // namespace scenario
