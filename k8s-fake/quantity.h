#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Kubernetes quantities ("1Gi", "500m", "1e3"): the canonical text a real server stores, and values to compare.
namespace k8s_fake {

/// Nothing when the text is not a quantity.
std::optional<std::string> canonical_quantity(std::string_view text);
/// In thousandths, saturating; nothing when the text is not a quantity.
std::optional<__int128> quantity_milli(std::string_view text);

}  // namespace k8s_fake
