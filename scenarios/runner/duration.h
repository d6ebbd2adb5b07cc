#pragma once

#include <optional>
#include <string_view>

#include "provisioner/base/clock.h"

/// Go's notation of durations ("1h30m", "500ms", "-1.5s", "0"), and RFC 3339 instants with any offset and fraction.
/// Nothing when malformed. Source: Go's time.ParseDuration; RFC 3339.
namespace scenario {
std::optional<base::Duration> parse_duration(std::string_view text);
std::optional<base::TimePoint> parse_rfc3339(std::string_view text);
}  // namespace scenario
