// Times and durations as tables print them.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "k8s-fake/table.h"

namespace k8s_fake {

std::optional<base::TimePoint> parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  base::TimePoint time = base::TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
                         std::chrono::minutes(minute) + std::chrono::seconds(second);
  std::size_t at = static_cast<std::size_t>(used);
  if (at < copy.size() && copy[at] == '.') {
    std::int64_t scale = 100000000;
    for (++at; at < copy.size() && copy[at] >= '0' && copy[at] <= '9'; ++at, scale /= 10)
      time += std::chrono::nanoseconds((copy[at] - '0') * scale);
  }
  const std::string zone = copy.substr(at);
  if (zone == "Z" || zone == "z") return time;
  int hours = 0, minutes = 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') ||
      std::sscanf(zone.c_str() + 1, "%2d:%2d", &hours, &minutes) != 2)
    return std::nullopt;
  const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return zone[0] == '+' ? time - offset : time + offset;
}

std::string human_duration(base::Duration span) {
  const std::int64_t s = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  const auto two = [](std::int64_t a, const char* ua, std::int64_t b, const char* ub) {
    return std::to_string(a) + ua + (b == 0 ? std::string() : std::to_string(b) + ub);
  };
  if (s < 120) return std::to_string(s) + "s";
  const std::int64_t m = s / 60, h = m / 60, d = h / 24;
  if (m < 10) return two(m, "m", s % 60, "s");
  if (m < 180) return std::to_string(m) + "m";
  if (h < 8) return two(h, "h", m % 60, "m");
  if (h < 48) return std::to_string(h) + "h";
  if (d < 8) return two(d, "d", h % 24, "h");
  if (d < 730) return std::to_string(d) + "d";
  if (d < 2920) return two(d / 365, "y", d % 365, "d");
  return std::to_string(d / 365) + "y";
}

std::string human_age(const Server& server, const std::string& text) {
  const auto time = parse_time(text);
  return time ? human_duration(server.clock.now() - *time) : "<unknown>";
}

}  // namespace k8s_fake
