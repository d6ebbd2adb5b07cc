#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace provisioner::kube {

/// A semantic version as the API server states it: "v1.6.1+5115d708d7". Build metadata does not count; a pre-release
/// comes before its release ("v1.6.0-beta.1" < "v1.6.0"). Source: semver.org 2.0, provisioner specification 7.1.
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string pre_release;
};
std::optional<Version> parse_version(std::string_view text);
/// Is `version` at least major.minor.0?
bool at_least(const Version& version, int major, int minor);

}  // namespace provisioner::kube
