#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "provisioner/base/result.h"

/// Sizes as users write them: an integer and an optional unit, letters of any case. "1g" = "1Gi" = "1GiB" = 2^30,
/// "1GB" = 10^9, "512" = 512 bytes. Fractions, signs and what does not fit into 63 bits are refused.
/// Source: provisioner specification 1.8.
namespace provisioner {
base::Result<std::uint64_t> parse_size(std::string_view text);
}  // namespace provisioner
