#include "provisioner/kube/version.h"

#include <tuple>

#include "provisioner/base/text.h"

namespace provisioner::kube {

std::optional<Version> parse_version(std::string_view text) {
  if (text.starts_with("v")) text.remove_prefix(1);
  text = text.substr(0, text.find('+'));
  Version version;
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) version.pre_release = text.substr(dash + 1);
  const auto parts = base::split(text.substr(0, dash), '.');
  if (parts.size() != 3) return std::nullopt;
  int* const into[] = {&version.major, &version.minor, &version.patch};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = base::parse_unsigned(parts[i]);
    if (!number || *number > 100'000) return std::nullopt;
    *into[i] = static_cast<int>(*number);
  }
  return version;
}

bool at_least(const Version& version, int major, int minor) {
  const auto numbers = std::tuple(version.major, version.minor, version.patch);
  const auto wanted = std::tuple(major, minor, 0);
  return numbers > wanted || (numbers == wanted && version.pre_release.empty());
}

}  // namespace provisioner::kube
