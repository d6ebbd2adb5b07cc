#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/zapi/call.h"

/// Input checks from a call's row: unknown, missing and ill-typed elements. Source: section 3.2 of the array's
/// specification.
namespace ontap_sim::zapi {

enum class InputType : std::uint8_t { text, integer, boolean, record };
struct InputSpec {
  std::string_view name;
  InputType type = InputType::text;
  bool required = false;
  int since = 0;
};
/// Reads the notation of ApiEntry::input.
std::vector<InputSpec> parse_inputs(std::string_view inputs);

/// 13115 "Extra input: x", "Missing input: x" or "Invalid value specified for …".
Status check_input(const Call& call);

}  // namespace ontap_sim::zapi
