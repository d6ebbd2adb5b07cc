#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Kubernetes quantities ("1Gi", "500M", "1.5", "100m", "1e3") as whole numbers, rounded up.
namespace k8s_fake::control {

/// Nothing when malformed. `scale` multiplies before rounding (1000 gives thousandths).
std::optional<std::int64_t> parse_quantity(std::string_view text, std::int64_t scale = 1);
inline std::int64_t quantity_or_zero(std::string_view text, std::int64_t scale = 1) {
  return parse_quantity(text, scale).value_or(0);
}

}  // namespace k8s_fake::control
