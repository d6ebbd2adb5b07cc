#include "ontap-sim/model/types.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "ontap-sim/model/volume.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Bases of the languages ONTAP knows; each also exists with ".utf_8" unless it has a variant already.
constexpr std::array<std::string_view, 40> kLanguages = {
    "c.utf_8",      "c",     "en",         "en_us",    "ja",          "ja_v1",    "ja_jp.pck",   "ja_jp.932",
    "ja_jp.pck_v2", "de",    "fr",         "es",       "it",          "nl",       "pt",          "sv",
    "da",           "fi",    "no",         "pl",       "cs",          "hu",       "ro",          "ru",
    "sk",           "sl",    "hr",         "tr",       "ar",          "he",       "ko",          "zh",
    "zh.gbk",       "zh_tw", "zh_tw.big5", "en.utf_8", "en_us.utf_8", "ja.utf_8", "ja_v1.utf_8", "utf8mb4"};

// The remaining ".utf_8" variants follow the table: index = kLanguages.size() + index of the base.
std::optional<std::size_t> find_language(std::string_view zapi) {
  const auto at = std::find(kLanguages.begin(), kLanguages.end(), zapi);
  if (at != kLanguages.end()) return static_cast<std::size_t>(at - kLanguages.begin());
  constexpr std::string_view suffix = ".utf_8";
  if (!zapi.ends_with(suffix)) return std::nullopt;
  const auto base = std::find(kLanguages.begin(), kLanguages.end(), zapi.substr(0, zapi.size() - suffix.size()));
  if (base == kLanguages.end() || base->ends_with(suffix) || *base == "utf8mb4") return std::nullopt;
  return kLanguages.size() + static_cast<std::size_t>(base - kLanguages.begin());
}

}  // namespace

std::string Uuid::digits() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text;
}

std::string Uuid::text() const {
  std::string hex = digits();
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, "-");
  return hex;
}

Uuid new_uuid(base::Rng& rng) {
  Uuid id{rng.next(), rng.next()};
  id.high = (id.high & ~0xf000ULL) | 0x1000ULL;  // version 1, as ONTAP's are
  id.low = (id.low & ~(0x3ULL << 62)) | (0x2ULL << 62);
  return id;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto value = static_cast<std::uint64_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
    std::uint64_t& half = digits < 16 ? id.high : id.low;
    half = half << 4 | value;
    ++digits;
  }
  return id;
}

std::optional<Bytes> parse_size(std::string_view text) {
  text = base::trim(text);
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) ++at;
  const auto whole = base::parse_unsigned(text.substr(0, at));
  if (!whole) return std::nullopt;
  std::uint64_t fraction = 0;
  std::uint64_t scale = 1;
  if (at < text.size() && text[at] == '.') {
    const std::size_t from = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == from || at - from > 6) return std::nullopt;
    fraction = *base::parse_unsigned(text.substr(from, at - from));
    for (std::size_t i = from; i < at; ++i) scale *= 10;
  }
  std::string unit = base::to_lower(text.substr(at));
  if (unit.size() == 2 && unit[1] == 'b') unit.pop_back();
  if (unit.size() > 1) return std::nullopt;
  int shift = 0;
  switch (unit.empty() ? 'b' : unit[0]) {
    case 'b': shift = 0; break;
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    case 't': shift = 40; break;
    case 'p': shift = 50; break;
    default: return std::nullopt;
  }
  if (shift == 0 && scale != 1) return std::nullopt;
  if (*whole > (std::uint64_t{1} << 62) >> shift) return std::nullopt;
  return static_cast<Bytes>((*whole << shift) + (fraction << shift) / scale);
}

std::optional<std::uint16_t> parse_permissions(std::string_view text) {
  text = base::trim(text);
  if (text.size() == 12 || text.size() == 9) {
    constexpr std::string_view pattern = "sstrwxrwxrwx";
    const std::size_t offset = 12 - text.size();
    std::uint16_t mode = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      mode = static_cast<std::uint16_t>(mode << 1);
      if (text[i] == '-') continue;
      if (base::to_lower(text.substr(i, 1))[0] != pattern[i + offset]) return std::nullopt;
      mode |= 1;
    }
    return mode;
  }
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode * 8 + static_cast<unsigned>(c - '0');
  }
  if (mode > 07777) return std::nullopt;
  return static_cast<std::uint16_t>(mode);
}

std::string permissions_text(std::uint16_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%03o", mode);
  return text;
}

bool is_identifier(std::string_view text) {
  if (text.empty() || !(is_letter(text[0]) || text[0] == '_')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

Result<void> check_volume_name(const std::string& name) {
  std::string illegal;
  for (const char c : name) {
    if (!(is_letter(c) || is_digit(c) || c == '_') && illegal.find(c) == std::string::npos) illegal += c;
  }
  if (name.empty()) return refused("Volume name: The name cannot be empty.");
  const bool bad_start = !(is_letter(name[0]) || name[0] == '_');
  if (bad_start || !illegal.empty()) {
    std::string reason = "Volume name:";
    if (bad_start) reason += " The first character must be a letter or underscore.";
    if (!illegal.empty()) reason += " Illegal characters found: \"" + illegal + "\".";
    return refused(reason);
  }
  if (name.size() > 203) return refused("Volume name: The name is too long. The maximum length is 203 characters.");
  return {};
}

InitiatorKind initiator_kind(std::string_view name) {
  const std::string text = base::to_lower(name);
  if (text.starts_with("iqn.")) {
    if (text.size() > 223 || text.size() < 13) return InitiatorKind::invalid;
    for (std::size_t i = 4; i < 12; ++i) {
      if (i == 8 ? text[i] != '-' : (i == 11 ? text[i] != '.' : !is_digit(text[i]))) return InitiatorKind::invalid;
    }
    const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || c == '-' || c == ':' || c == '_';
    });
    return clean ? InitiatorKind::iscsi : InitiatorKind::invalid;
  }
  const auto hex = [](std::string_view digits) {
    return std::all_of(digits.begin(), digits.end(),
                       [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
  };
  if (text.starts_with("eui."))
    return text.size() == 20 && hex(text.substr(4)) ? InitiatorKind::iscsi : InitiatorKind::invalid;
  if (text.size() == 16 && hex(text)) return InitiatorKind::fcp;
  if (text.size() == 23) {
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % 3 == 2) {
        if (text[i] != ':') return InitiatorKind::invalid;
      } else {
        digits += text[i];
      }
    }
    return hex(digits) ? InitiatorKind::fcp : InitiatorKind::invalid;
  }
  return InitiatorKind::invalid;
}

std::string normalise_language(std::string_view text) {
  std::string lower = base::to_lower(base::trim(text));
  std::replace(lower.begin(), lower.end(), '-', '_');
  return lower;
}

bool is_language(std::string_view text) { return find_language(normalise_language(text)).has_value(); }

std::optional<std::uint8_t> language_index(std::string_view text) {
  const auto found = find_language(normalise_language(text));
  if (!found) return std::nullopt;
  return static_cast<std::uint8_t>(*found);
}

std::string_view language_name(std::uint8_t index) {
  if (index < kLanguages.size()) return kLanguages[index];
  // One variant name each, made once.
  static const std::vector<std::string> variants = [] {
    std::vector<std::string> names;
    for (const std::string_view base : kLanguages) names.push_back(std::string(base) + ".utf_8");
    return names;
  }();
  return variants[std::min<std::size_t>(index - kLanguages.size(), variants.size() - 1)];
}

std::string language_for_cli(std::string_view zapi) {
  std::string text(zapi);
  if (text == "c") return "C";
  if (text.starts_with("c.")) text[0] = 'C';
  const std::size_t dot = text.find(".utf_8");
  if (dot != std::string::npos) text.replace(dot, 6, ".UTF-8");
  return text;
}

std::int64_t epoch_seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  const auto parts = base::split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view part : parts) {
    const auto value = base::parse_unsigned(part);
    if (!value || *value > 255 || part.size() > 3) return std::nullopt;
    address = address << 8 | static_cast<std::uint32_t>(*value);
  }
  return address;
}

std::string ipv4_text(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!text.empty()) text += '.';
    text += std::to_string(address >> shift & 255U);
  }
  return text;
}

std::optional<int> netmask_length(std::string_view mask) {
  const auto bits = parse_ipv4(mask);
  if (!bits) return std::nullopt;
  for (int length = 0; length <= 32; ++length) {
    if (netmask_text(length) == ipv4_text(*bits)) return length;
  }
  return std::nullopt;
}

std::string netmask_text(int length) { return ipv4_text(length <= 0 ? 0U : ~std::uint32_t{0} << (32 - length)); }

}  // namespace ontap_sim::model
