#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "provisioner/base/result.h"

/// Storage attributes: what pools offer and classes request. Source: provisioner specification 1.4; labels: 19.04.
namespace provisioner {

struct IntRange {
  std::int64_t min = 0;
  std::int64_t max = 0;  // inclusive
  bool operator==(const IntRange&) const = default;
  auto operator<=>(const IntRange&) const = default;
};
using Labels = std::map<std::string, std::string>;
/// bool, string list (order kept), int range, labels.
using Offer = std::variant<bool, std::vector<std::string>, IntRange, Labels>;
using Offers = std::map<std::string, Offer>;

enum class AttributeType { boolean, string, integer, labels };

/// One term of a label selector: k=v, k!=v, k in (a, b), k notin (a, b), k, !k.
struct LabelTerm {
  enum class Op { in, not_in, exists, absent };
  std::string key;
  Op op = Op::exists;
  std::vector<std::string> values;
  bool operator==(const LabelTerm&) const = default;
  auto operator<=>(const LabelTerm&) const = default;
};
using Request = std::variant<bool, std::string, std::int64_t, LabelTerm>;

/// The known attributes and their types, sorted by name.
const std::map<std::string, AttributeType, std::less<>>& attribute_types();

/// Errors: invalid (unknown attribute, value of the wrong type), naming both.
base::Result<Request> parse_request(const std::string& attribute, const std::string& value);
/// The canonical text: booleans "true" or "false", integers without sign and zeros in front.
std::string to_text(const Request& request);
/// Terms joined with ';' (or ',' outside parentheses), all of which must hold. Errors: invalid.
base::Result<std::vector<LabelTerm>> parse_selector(std::string_view selector);

/// Types must be equal. bool: an offered true matches anything; string: one of the list; int: within the range, bounds
/// included.
bool matches(const Offer& offer, const Request& request);

/// "1 t T TRUE true True" and their opposites; nothing otherwise.
bool parse_bool(std::string_view text, bool& value);

}  // namespace provisioner
