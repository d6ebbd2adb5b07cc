#include "provisioner/kube/quantity.h"

#include "provisioner/base/text.h"

namespace provisioner::kube {

namespace {

using Wide = unsigned __int128;
constexpr Wide kMax = static_cast<Wide>(INT64_MAX);

struct Scale {
  Wide multiply = 1;
  Wide divide = 1;
};

std::optional<Scale> decimal_scale(int exponent) {
  Scale scale;
  if (exponent > 18 || exponent < -18) return std::nullopt;
  for (int i = 0; i < exponent; ++i) scale.multiply *= 10;
  for (int i = 0; i > exponent; --i) scale.divide *= 10;
  return scale;
}

std::optional<Scale> scale_of(std::string_view suffix) {
  if (suffix.empty()) return Scale{};
  static constexpr std::string_view binary = "KMGTPE";
  if (suffix.size() == 2 && suffix[1] == 'i') {
    const std::size_t power = binary.find(suffix[0]);
    if (power == std::string_view::npos) return std::nullopt;
    return Scale{.multiply = static_cast<Wide>(1) << (10 * (power + 1)), .divide = 1};
  }
  if (suffix.size() == 1) {
    static constexpr std::string_view decimal = "num_kMGTPE";
    const std::size_t power = decimal.find(suffix[0]);
    if (power != std::string_view::npos && suffix[0] != '_') return decimal_scale((static_cast<int>(power) - 3) * 3);
  }
  if (suffix[0] == 'e' || suffix[0] == 'E') {
    const std::string_view digits = suffix.substr(suffix.size() > 1 && suffix[1] == '+' ? 2 : 1);
    const auto exponent = base::parse_signed(digits);
    if (!exponent || *exponent > 18 || *exponent < -18) return std::nullopt;
    return decimal_scale(static_cast<int>(*exponent));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_quantity(std::string_view text) {
  if (text.starts_with("+")) text.remove_prefix(1);
  Wide digits = 0;
  Wide fraction = 1;  // what the digits must be divided by
  bool seen_dot = false;
  bool seen_digit = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !seen_dot) {
      seen_dot = true;
    } else if (text[at] >= '0' && text[at] <= '9') {
      if (digits > kMax || fraction > kMax) return std::nullopt;
      digits = digits * 10 + static_cast<Wide>(text[at] - '0');
      if (seen_dot) fraction *= 10;
      seen_digit = true;
    } else {
      break;
    }
  }
  const auto scale = scale_of(text.substr(at));
  if (!seen_digit || !scale) return std::nullopt;
  while (fraction > 1 && digits % 10 == 0) {
    digits /= 10;
    fraction /= 10;
  }
  if (digits > kMax) return std::nullopt;
  const Wide divide = fraction * scale->divide;
  const Wide product = digits * scale->multiply;
  if (product / scale->multiply != digits) return std::nullopt;
  const Wide value = product / divide + (product % divide != 0 ? 1 : 0);
  if (value > kMax) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

}  // namespace provisioner::kube
