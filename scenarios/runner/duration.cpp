#include "scenarios/runner/duration.h"

#include <charconv>
#include <chrono>
#include <string>

#include "provisioner/base/text.h"

namespace scenario {

std::optional<base::Duration> parse_duration(std::string_view text) {
  double sign = 1;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
  }
  if (text == "0") return base::Duration{0};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double value = 0;
    const auto [end, failure] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (failure != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    static constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1},        {"us", 1e3},  {"\u00b5s", 1e3},
                                                                     {"\u03bcs", 1e3}, {"ms", 1e6},  {"s", 1e9},
                                                                     {"m", 60e9},      {"h", 3600e9}};
    bool known = false;
    for (const auto& [name, size] : kUnits) {
      if (!text.starts_with(name)) continue;
      total += value * size;
      text.remove_prefix(name.size());
      known = true;
      break;
    }
    if (!known || total > 9.2e18) return std::nullopt;
  }
  return base::Duration{static_cast<std::int64_t>(sign * total)};
}

std::optional<base::TimePoint> parse_rfc3339(std::string_view text) {
  const auto digits = [&](std::size_t at, std::size_t length) -> std::optional<int> {
    if (at + length > text.size()) return std::nullopt;
    const auto value = base::parse_unsigned(text.substr(at, length));
    return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
  };
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const auto year = digits(0, 4), month = digits(5, 2), day = digits(8, 2), hour = digits(11, 2),
             minute = digits(14, 2), second = digits(17, 2);
  if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::size_t at = 19;
  base::Duration fraction{0};
  if (text[at] == '.') {
    base::Duration unit = std::chrono::milliseconds(100);
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += unit * (text[at] - '0');
  }
  base::Duration offset{0};
  if (at >= text.size()) return std::nullopt;
  if (text[at] == 'Z' || text[at] == 'z') {
    if (at + 1 != text.size()) return std::nullopt;
  } else {
    const auto hours = digits(at + 1, 2), minutes = digits(at + 4, 2);
    if ((text[at] != '+' && text[at] != '-') || at + 6 != text.size() || text[at + 3] != ':' || !hours || !minutes)
      return std::nullopt;
    offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    if (text[at] == '-') offset = -offset;
  }
  return base::TimePoint(std::chrono::sys_days(date).time_since_epoch()) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) + fraction - offset;
}

}  // namespace scenario
