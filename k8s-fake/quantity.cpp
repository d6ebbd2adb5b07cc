#include "k8s-fake/quantity.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace k8s_fake {
namespace {

using Wide = __int128;

struct Parsed {
  Wide nano = 0;  // value times 10^9
  enum class Format { decimal, binary, exponent } format = Format::decimal;
};

constexpr std::array<std::pair<std::string_view, int>, 10> kDecimal = {
    {{"n", -9}, {"u", -6}, {"m", -3}, {"", 0}, {"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}, {"P", 15}, {"E", 18}}};
constexpr std::array<std::pair<std::string_view, int>, 6> kBinary = {
    {{"Ki", 10}, {"Mi", 20}, {"Gi", 30}, {"Ti", 40}, {"Pi", 50}, {"Ei", 60}}};

Wide power(int base, int exponent) {
  Wide out = 1;
  while (exponent-- > 0) out *= base;
  return out;
}

std::optional<Parsed> parse(std::string_view text) {
  std::size_t i = 0;
  bool negative = false;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
  Wide digits = 0;
  int fraction = -1, count = 0;
  for (; i < text.size() && ((text[i] >= '0' && text[i] <= '9') || text[i] == '.'); ++i) {
    if (text[i] == '.') {
      if (fraction >= 0) return std::nullopt;
      fraction = 0;
      continue;
    }
    if (++count > 27) return std::nullopt;
    if (fraction >= 9) continue;  // finer than a nano is lost
    digits = digits * 10 + (text[i] - '0');
    if (fraction >= 0) ++fraction;
  }
  if (count == 0) return std::nullopt;
  const int decimals = fraction < 0 ? 0 : fraction;
  const std::string_view suffix = text.substr(i);
  Parsed out;
  int exponent = 9 - decimals;
  Wide factor = 1;
  bool known = false;
  for (const auto& [name, shift] : kBinary) {
    if (suffix != name) continue;
    factor = power(2, shift);
    out.format = Parsed::Format::binary;
    known = true;
  }
  for (const auto& [name, tens] : kDecimal) {
    if (suffix != name) continue;
    exponent += tens;
    known = true;
  }
  if (!known && (suffix.front() == 'e' || suffix.front() == 'E') && suffix.size() > 1) {
    std::size_t j = 1;
    const bool minus = suffix[j] == '-';
    if (suffix[j] == '+' || suffix[j] == '-') ++j;
    int tens = 0;
    if (j == suffix.size()) return std::nullopt;
    for (; j < suffix.size(); ++j) {
      if (suffix[j] < '0' || suffix[j] > '9' || tens > 18) return std::nullopt;
      tens = tens * 10 + (suffix[j] - '0');
    }
    exponent += minus ? -tens : tens;
    out.format = Parsed::Format::exponent;
    known = true;
  }
  if (!known) return std::nullopt;
  Wide value = digits;
  if (exponent > 0) {
    if (exponent > 28) return std::nullopt;
    value *= power(10, exponent);
  }
  value *= factor;
  for (; exponent < 0; ++exponent) value = (value + 9) / 10;
  out.nano = negative ? -value : value;
  return out;
}

std::string text_of(Wide value) {
  if (value == 0) return "0";
  std::string out;
  const bool negative = value < 0;
  for (Wide rest = negative ? -value : value; rest > 0; rest /= 10)
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  return (negative ? "-" : "") + out;
}

}  // namespace

std::optional<std::string> canonical_quantity(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed) return std::nullopt;
  constexpr Wide kUnit = 1000000000;
  if (parsed->nano == 0) return "0";
  if (parsed->format == Parsed::Format::binary) {
    if (parsed->nano % kUnit != 0) return text_of(parsed->nano / (kUnit / 1000)) + "m";
    Wide value = parsed->nano / kUnit;
    std::string_view suffix;
    for (const auto& [name, shift] : kBinary) {
      const Wide size = power(2, shift);
      if (value % size == 0) suffix = name;
    }
    for (const auto& [name, shift] : kBinary)
      if (name == suffix) value /= power(2, shift);
    return text_of(value) + std::string(suffix);
  }
  Wide value = parsed->nano;
  int exponent = -9;
  while (value % 1000 == 0 && exponent < 18) {
    value /= 1000;
    exponent += 3;
  }
  if (parsed->format == Parsed::Format::exponent)
    return text_of(value) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
  for (const auto& [name, tens] : kDecimal)
    if (tens == exponent) return text_of(value) + std::string(name);
  return text_of(value);
}

std::optional<__int128> quantity_milli(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed) return std::nullopt;
  return parsed->nano / 1000000;
}

}  // namespace k8s_fake
