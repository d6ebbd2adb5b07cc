#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace provisioner::kube {

/// A Kubernetes resource quantity as a whole number, rounded up: "1Gi", "1.5G", "1e9", "100m". Nothing when malformed,
/// negative, or beyond 63 bits. Source: k8s.io/apimachinery/pkg/api/resource.
std::optional<std::uint64_t> parse_quantity(std::string_view text);

}  // namespace provisioner::kube
