#include "k8s-fake/controllers/quantity.h"

#include <cmath>
#include <map>

#include "provisioner/base/text.h"

namespace k8s_fake::control {

std::optional<std::int64_t> parse_quantity(std::string_view text, std::int64_t scale) {
  static const std::map<std::string_view, long double> kSuffixes = {{"", 1.0L},
                                                                    {"n", 1e-9L},
                                                                    {"u", 1e-6L},
                                                                    {"m", 1e-3L},
                                                                    {"k", 1e3L},
                                                                    {"M", 1e6L},
                                                                    {"G", 1e9L},
                                                                    {"T", 1e12L},
                                                                    {"P", 1e15L},
                                                                    {"E", 1e18L},
                                                                    {"Ki", 1024.0L},
                                                                    {"Mi", 1048576.0L},
                                                                    {"Gi", 1073741824.0L},
                                                                    {"Ti", 1099511627776.0L},
                                                                    {"Pi", 1125899906842624.0L},
                                                                    {"Ei", 1152921504606846976.0L}};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  long double value = 0;
  long double place = 1;
  bool digits = false, fraction = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      value = value * 10 + (c - '0');
      if (fraction) place *= 10;
    } else {
      break;
    }
  }
  if (!digits) return std::nullopt;
  std::string_view suffix = text.substr(i);
  long double factor = 0;
  const auto known = kSuffixes.find(suffix);
  if (known != kSuffixes.end()) {
    factor = known->second;
  } else if (suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E')) {
    suffix.remove_prefix(1);
    if (suffix.starts_with('+')) suffix.remove_prefix(1);
    const auto exponent = base::parse_signed(suffix);
    if (!exponent || *exponent > 18 || *exponent < -18) return std::nullopt;
    factor = std::pow(10.0L, static_cast<long double>(*exponent));
  } else {
    return std::nullopt;
  }
  const long double result = std::ceil(value / place * factor * static_cast<long double>(scale));
  if (result > 9.2e18L) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(result);
  return negative ? -whole : whole;
}

}  // namespace k8s_fake::control
