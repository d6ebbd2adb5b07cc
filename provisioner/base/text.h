#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small text functions that at least two parts need. No locale, bytes only.
namespace base {

bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
/// Parts between separators; "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Decimal digits only, no sign, no blanks; nothing on overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
/// Optional minus sign and digits; nothing on overflow.
std::optional<std::int64_t> parse_signed(std::string_view text);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// RFC 4648 with padding. Decoding also takes unpadded and URL-safe text; nothing when malformed.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
std::string hex_encode(std::string_view bytes);

/// The whole file, or nothing when it cannot be read.
std::optional<std::string> read_file(const std::string& path);
/// Replaces the file in one step (temporary file in the same folder, then rename), with these permission bits.
bool write_file(const std::string& path, std::string_view content, unsigned mode = 0644);

}  // namespace base
