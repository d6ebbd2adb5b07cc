#include "provisioner/core/size.h"

#include <array>
#include <limits>

#include "provisioner/base/text.h"

namespace provisioner {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

/// How many times the base is multiplied: k is 1, m is 2 and so on; 0 if the letter is no unit.
unsigned power_of(char letter) {
  const std::size_t at = std::string_view("kmgtpezy").find(letter);
  return at == std::string_view::npos ? 0 : static_cast<unsigned>(at) + 1;
}

struct Unit {
  std::uint64_t base = 1;
  unsigned power = 0;
  std::size_t length = 0;  // of the suffix
};

Unit unit_of(std::string_view text) {
  for (const std::string_view tail : {std::string_view("ib"), std::string_view("i"), std::string_view("")}) {
    if (!text.ends_with(tail) || text.size() <= tail.size()) continue;
    if (const unsigned power = power_of(text[text.size() - tail.size() - 1]))
      return {.base = 1024, .power = power, .length = tail.size() + 1};
  }
  if (text.ends_with("bytes")) return {.length = 5};
  if (text.ends_with("b")) {
    if (text.size() >= 2) {
      if (const unsigned power = power_of(text[text.size() - 2])) return {.base = 1000, .power = power, .length = 2};
    }
    return {.length = 1};
  }
  return {};
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::string lower = base::to_lower(base::trim(text));
  const Unit unit = unit_of(lower);
  const auto number = base::parse_unsigned(std::string_view(lower).substr(0, lower.size() - unit.length));
  if (!number)
    return Error{ErrorKind::invalid,
                 "invalid size \"" + std::string(text) + "\": expected an integer with an optional unit"};
  std::uint64_t size = *number;
  for (unsigned i = 0; i <= unit.power; ++i) {
    const std::uint64_t factor = i == 0 ? 1 : unit.base;
    if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor) {
      return Error{ErrorKind::invalid, "invalid size \"" + std::string(text) + "\": too large"};
    }
    size *= factor;
  }
  return size;
}

}  // namespace provisioner
