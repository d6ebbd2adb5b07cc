#include "k8s-fake/controllers/cron.h"

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace {

std::optional<std::uint64_t> value_of(std::string_view text, const std::vector<std::string_view>& names,
                                      unsigned first) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (base::equals_ignoring_case(text, names[i])) return i + first;
  }
  return base::parse_unsigned(text);
}

/// One field: lists of values, ranges and steps.
std::optional<std::uint64_t> parse_field(std::string_view field, unsigned low, unsigned high,
                                         const std::vector<std::string_view>& names) {
  std::uint64_t bits = 0;
  for (std::string_view part : base::split(field, ',')) {
    std::uint64_t step = 1;
    const std::size_t slash = part.find('/');
    if (slash != std::string_view::npos) {
      const auto parsed = base::parse_unsigned(part.substr(slash + 1));
      if (!parsed || *parsed == 0) return std::nullopt;
      step = *parsed;
      part = part.substr(0, slash);
    }
    std::uint64_t from = low, to = high;
    if (part != "*" && part != "?") {
      const std::size_t dash = part.find('-');
      const auto start = value_of(part.substr(0, dash), names, low);
      const auto end = dash == std::string_view::npos ? start : value_of(part.substr(dash + 1), names, low);
      if (!start || !end) return std::nullopt;
      from = *start;
      to = dash == std::string_view::npos && slash != std::string_view::npos ? high : *end;
    }
    if (from < low || to > high || from > to) return std::nullopt;
    for (std::uint64_t i = from; i <= to; i += step) bits |= 1ULL << i;
  }
  return bits;
}

}  // namespace

base::Result<CronSchedule> parse_cron(const std::string& text) {
  static const std::map<std::string_view, std::string_view> kNamed = {
      {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
      {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};
  const auto named = kNamed.find(text);
  std::vector<std::string_view> fields;
  for (const std::string_view field :
       base::split(named == kNamed.end() ? std::string_view(text) : named->second, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != 5)
    return base::Error{base::ErrorKind::invalid,
                       "expected exactly 5 fields, found " + std::to_string(fields.size()) + ": [" + text + "]"};
  const auto minutes = parse_field(fields[0], 0, 59, {});
  const auto hours = parse_field(fields[1], 0, 23, {});
  const auto days = parse_field(fields[2], 1, 31, {});
  const auto months = parse_field(fields[3], 1, 12,
                                  {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"});
  const auto weekdays = parse_field(fields[4], 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"});
  if (!minutes || !hours || !days || !months || !weekdays)
    return base::Error{base::ErrorKind::invalid, "failed to parse int from " + text};
  CronSchedule schedule{*minutes,
                        *hours,
                        *days,
                        *months,
                        *weekdays,
                        fields[2][0] == '*' || fields[2][0] == '?',
                        fields[4][0] == '*' || fields[4][0] == '?'};
  if (schedule.weekdays & (1ULL << 7)) schedule.weekdays |= 1;
  return schedule;
}

base::TimePoint next_run(const CronSchedule& schedule, base::TimePoint after) {
  using namespace std::chrono;
  auto day = floor<days>(after);
  const auto set = [](std::uint64_t bits, unsigned i) { return (bits >> i & 1U) != 0; };
  for (int tried = 0; tried < 5 * 366; ++tried, day += days(1)) {
    const year_month_day date{day};
    const bool by_day = set(schedule.days, static_cast<unsigned>(date.day()));
    const bool by_weekday = set(schedule.weekdays, weekday(day).c_encoding());
    const bool fits = schedule.any_day || schedule.any_weekday ? by_day && by_weekday : by_day || by_weekday;
    if (!set(schedule.months, static_cast<unsigned>(date.month())) || !fits) continue;
    for (unsigned hour = 0; hour < 24; ++hour) {
      if (!set(schedule.hours, hour)) continue;
      for (unsigned minute = 0; minute < 60; ++minute) {
        const base::TimePoint when = day + hours(hour) + minutes(minute);
        if (when > after && set(schedule.minutes, minute)) return when;
      }
    }
  }
  return {};
}

}  // namespace k8s_fake::control
