#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "provisioner/base/text.h"
#include "scenarios/runner/duration.h"
#include "scenarios/runner/jmespath_functions.h"

// Kyverno's arithmetic over numbers, quantities and durations, and its functions on instants.
namespace scenario::jmes {

namespace {

enum class Sort { number, quantity, duration };
struct Scalar {
  Sort sort = Sort::number;
  double value = 0;
  bool binary = false;  // a quantity written with Ki, Mi …
};

constexpr std::pair<std::string_view, double> kSuffixes[] = {{"Ki", 1024.0},
                                                             {"Mi", 1048576.0},
                                                             {"Gi", 1073741824.0},
                                                             {"Ti", 1099511627776.0},
                                                             {"Pi", 1125899906842624.0},
                                                             {"n", 1e-9},
                                                             {"u", 1e-6},
                                                             {"m", 1e-3},
                                                             {"k", 1e3},
                                                             {"M", 1e6},
                                                             {"G", 1e9},
                                                             {"T", 1e12},
                                                             {"P", 1e15},
                                                             {"", 1}};

std::optional<Scalar> scalar_of(const Json& json) {
  if (json.is_number()) return Scalar{Sort::number, json.get<double>(), false};
  if (!json.is_string()) return std::nullopt;
  const std::string& text = json.get_ref<const std::string&>();
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (failure == std::errc()) {
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const auto& [name, size] : kSuffixes)
      if (suffix == name) return Scalar{Sort::quantity, value * size, name.ends_with('i')};
  }
  if (const auto duration = parse_duration(text))
    return Scalar{Sort::duration, static_cast<double>(duration->count()), false};
  return std::nullopt;
}

std::string quantity_text(const Scalar& s) {
  const auto print = [](double value) { return Json(number(value)).dump(); };
  if (s.value == 0) return "0";
  if (s.binary) {
    for (std::string_view name : {"Pi", "Ti", "Gi", "Mi", "Ki"})
      for (const auto& [suffix, size] : kSuffixes)
        if (suffix == name && std::fmod(s.value, size) == 0) return print(s.value / size) + std::string(name);
    return print(s.value);
  }
  for (std::string_view name : {"P", "T", "G", "M", "k", "", "m", "u"})
    for (const auto& [suffix, size] : kSuffixes)
      if (suffix == name && std::abs(std::fmod(s.value, size)) < size * 1e-9)
        return print(std::round(s.value / size)) + std::string(name);
  return print(std::round(s.value * 1e9)) + "n";
}

Json to_json(const Scalar& s) {
  if (s.sort == Sort::number) return number(s.value);
  if (s.sort == Sort::quantity) return quantity_text(s);
  return base::to_go_duration(base::Duration(static_cast<std::int64_t>(s.value)));
}

/// "30m" is a quantity beside another one and half an hour beside a duration.
void align(const Json& x, const Json& y, std::optional<Scalar>& a, std::optional<Scalar>& b) {
  const auto reread = [](const Json& json, std::optional<Scalar>& scalar) {
    const auto span = json.is_string() ? parse_duration(json.get_ref<const std::string&>()) : std::nullopt;
    if (span) scalar = Scalar{Sort::duration, static_cast<double>(span->count()), false};
  };
  if (!a || !b) return;
  if (a->sort == Sort::quantity && b->sort == Sort::duration) reread(x, a);
  if (b->sort == Sort::quantity && a->sort == Sort::duration) reread(y, b);
}

Json combine(Call& c, char op) {
  auto a = scalar_of(c.args[0]), b = scalar_of(c.args[1]);
  align(c.args[0], c.args[1], a, b);
  if (!a || !b) return c.fail("type: needs numbers, quantities or durations");
  const bool additive = op == '+' || op == '-' || op == '%';
  if (additive && a->sort != b->sort) return c.fail("type: operands differ in kind");
  if (!additive && a->sort != Sort::number && b->sort != Sort::number && op == '*')
    return c.fail("type: one operand must be a number");
  if ((op == '/' || op == '%') && b->value == 0) return c.fail("value: division by zero");
  Scalar result = a->sort != Sort::number ? *a : *b;
  if (op == '+') result.value = a->value + b->value;
  if (op == '-') result.value = a->value - b->value;
  if (op == '*') result.value = a->value * b->value;
  if (op == '%') result.value = std::fmod(a->value, b->value);
  if (op == '/') {
    if (a->sort == Sort::number && b->sort != Sort::number) return c.fail("type: a number is not divided by that");
    result.value = a->value / b->value;
    if (a->sort == b->sort) result.sort = Sort::number;
  }
  return to_json(result);
}
Json add(Call& c) { return combine(c, '+'); }
Json subtract(Call& c) { return combine(c, '-'); }
Json multiply(Call& c) { return combine(c, '*'); }
Json divide(Call& c) { return combine(c, '/'); }
Json modulo(Call& c) { return combine(c, '%'); }
Json sum(Call& c) {
  if (c.args[0].empty()) return 0;
  auto total = scalar_of(c.args[0][0]);
  if (!total) return c.fail("type: needs numbers, quantities or durations");
  for (std::size_t i = 1; i < c.args[0].size(); ++i) {
    const auto next = scalar_of(c.args[0][i]);
    if (!next || next->sort != total->sort) return c.fail("type: elements differ in kind");
    total->value += next->value;
  }
  return to_json(*total);
}
Json round_(Call& c) {
  const double scale = std::pow(10.0, c.has(1) ? c.args[1].get<double>() : 0);
  return number(std::round(c.args[0].get<double>() * scale) / scale);
}

// --- instants
// ------------------------------------------------------------------------------------------------------------------
/// Reads `text` by a Go layout (the parts of 2006-01-02T15:04:05Z07:00 with names of months); "" means RFC 3339.
std::optional<base::TimePoint> parse_layout(std::string_view layout, std::string_view text) {
  if (layout.empty()) return parse_rfc3339(text);
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, offset = 0;
  bool afternoon = false;
  const auto take = [&](std::size_t least, std::size_t most) -> int {
    std::size_t n = 0;
    while (n < most && n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
    if (n < least) return -1;
    const int value = static_cast<int>(*base::parse_unsigned(text.substr(0, n)));
    text.remove_prefix(n);
    return value;
  };
  const auto zone = [&](bool colon) {
    if (!text.empty() && text[0] == 'Z') {
      text.remove_prefix(1);
      return true;
    }
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    const int hours = take(2, 2);
    if (colon && (text.empty() || text[0] != ':')) return false;
    if (colon) text.remove_prefix(1);
    const int minutes = take(2, 2);
    offset = sign * (hours * 60 + minutes);
    return hours >= 0 && minutes >= 0;
  };
  while (!layout.empty()) {
    const auto token = [&](std::string_view word) {
      if (!layout.starts_with(word)) return false;
      layout.remove_prefix(word.size());
      return true;
    };
    if (token("2006")) {
      if ((year = take(4, 4)) < 0) return std::nullopt;
    } else if (token("Jan")) {
      const std::size_t at = text.size() >= 3 ? kMonths.find(text.substr(0, 3)) : std::string_view::npos;
      if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
      month = static_cast<int>(at / 3) + 1;
      text.remove_prefix(3);
    } else if (token("Monday") || token("Mon") || token("MST")) {
      std::size_t n = 0;
      while (n < text.size() && ((text[n] >= 'A' && text[n] <= 'Z') || (text[n] >= 'a' && text[n] <= 'z'))) ++n;
      if (n == 0) return std::nullopt;
      text.remove_prefix(n);
    } else if (token("01")) {
      if ((month = take(2, 2)) < 0) return std::nullopt;
    } else if (token("02")) {
      if ((day = take(2, 2)) < 0) return std::nullopt;
    } else if (token("_2")) {
      if (text.starts_with(' ')) text.remove_prefix(1);
      if ((day = take(1, 2)) < 0) return std::nullopt;
    } else if (token("15")) {
      if ((hour = take(2, 2)) < 0) return std::nullopt;
    } else if (token("03")) {
      if ((hour = take(2, 2)) < 0) return std::nullopt;
    } else if (token("04")) {
      if ((minute = take(2, 2)) < 0) return std::nullopt;
    } else if (token("05")) {
      if ((second = take(2, 2)) < 0) return std::nullopt;
      if (text.starts_with('.') && !layout.starts_with('.')) {
        text.remove_prefix(1);
        if (take(1, 9) < 0) return std::nullopt;
      }
    } else if (token("PM")) {
      afternoon = text.starts_with("PM");
      text.remove_prefix(std::min<std::size_t>(2, text.size()));
    } else if (token("Z07:00") || token("-07:00")) {
      if (!zone(true)) return std::nullopt;
    } else if (token("Z0700") || token("-0700")) {
      if (!zone(false)) return std::nullopt;
    } else if (token("1")) {
      if ((month = take(1, 2)) < 0) return std::nullopt;
    } else if (token("2")) {
      if ((day = take(1, 2)) < 0) return std::nullopt;
    } else if (token("3")) {
      if ((hour = take(1, 2)) < 0) return std::nullopt;
    } else {
      if (text.empty() || text[0] != layout[0]) return std::nullopt;
      text.remove_prefix(1);
      layout.remove_prefix(1);
    }
  }
  if (!text.empty() || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  if (afternoon && hour < 12) hour += 12;
  return base::TimePoint(std::chrono::sys_days(date).time_since_epoch()) + std::chrono::hours(hour) +
         std::chrono::minutes(minute - offset) + std::chrono::seconds(second);
}

std::optional<base::TimePoint> instant(Call& c, std::size_t index) {
  auto when = parse_rfc3339(c.text(index));
  if (!when) (void)c.fail("value: not an RFC 3339 time: " + c.text(index));
  return when;
}
Json time_now(Call& c) { return c.host.now ? Json(base::to_rfc3339(c.host.now())) : c.fail("no clock here"); }
Json time_since(Call& c) {
  const auto from = parse_layout(c.text(0), c.text(1));
  if (!from) return c.fail("value: time and layout do not fit: " + c.text(1));
  if (c.text(2).empty()) return c.host.now ? Json(base::to_go_duration(c.host.now() - *from)) : c.fail("no clock here");
  const auto to = parse_layout(c.text(0), c.text(2));
  return to ? Json(base::to_go_duration(*to - *from)) : c.fail("value: time and layout do not fit: " + c.text(2));
}
Json time_add(Call& c) {
  const auto when = instant(c, 0);
  const auto span = parse_duration(c.text(1));
  if (!span) return c.fail("value: not a duration: " + c.text(1));
  return when ? Json(base::to_rfc3339(*when + *span)) : Json();
}
Json time_parse(Call& c) {
  if (const auto epoch = base::parse_signed(c.text(1)); epoch && base::parse_unsigned(c.text(0)))
    return base::to_rfc3339(base::TimePoint(std::chrono::seconds(*epoch)));
  const auto when = parse_layout(c.text(0), c.text(1));
  return when ? Json(base::to_rfc3339(*when)) : c.fail("value: time and layout do not fit: " + c.text(1));
}
Json time_utc(Call& c) {
  const auto when = instant(c, 0);
  return when ? Json(base::to_rfc3339(*when)) : Json();
}
Json time_diff(Call& c) {
  const auto from = instant(c, 0), to = instant(c, 1);
  return from && to ? Json(base::to_go_duration(*to - *from)) : Json();
}
Json time_before(Call& c) {
  const auto a = instant(c, 0), b = instant(c, 1);
  return a && b ? Json(*a < *b) : Json();
}
Json time_after(Call& c) {
  const auto a = instant(c, 0), b = instant(c, 1);
  return a && b ? Json(*a > *b) : Json();
}
Json time_between(Call& c) {
  const auto when = instant(c, 0), low = instant(c, 1), high = instant(c, 2);
  return when && low && high ? Json(*when > *low && *when < *high) : Json();
}
Json time_truncate(Call& c) {
  const auto when = instant(c, 0);
  const auto span = parse_duration(c.text(1));
  if (!when || !span || span->count() <= 0) return c.fail("value: not a positive duration: " + c.text(1));
  // Go counts from the year 1, 719162 days before 1970; nanoseconds since then do not fit into 64 bits.
  const __int128 since =
      static_cast<__int128>(when->time_since_epoch().count()) + static_cast<__int128>(719162LL * 86400) * 1000000000;
  return base::to_rfc3339(*when - base::Duration(static_cast<std::int64_t>(since % span->count())));
}
Json time_to_cron(Call& c) {
  const auto when = instant(c, 0);
  if (!when) return nullptr;
  const auto day = std::chrono::floor<std::chrono::days>(*when);
  const std::chrono::year_month_day date(day);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*when - day).count();
  return std::to_string(seconds / 60 % 60) + " " + std::to_string(seconds / 3600) + " " +
         std::to_string(static_cast<unsigned>(date.day())) + " " + std::to_string(static_cast<unsigned>(date.month())) +
         " " + std::to_string(std::chrono::weekday(day).c_encoding());
}

}  // namespace

std::vector<FunctionRow> time_functions() {
  constexpr std::string_view kKyverno = "Chainsaw's function reference";
  return {
      {"add", "aa", add, kKyverno},
      {"subtract", "aa", subtract, kKyverno},
      {"multiply", "aa", multiply, kKyverno},
      {"divide", "aa", divide, kKyverno},
      {"modulo", "aa", modulo, kKyverno},
      {"sum", "l", sum, kKyverno},
      {"round", "nn?", round_, kKyverno},
      {"time_now", "", time_now, kKyverno},
      {"time_now_utc", "", time_now, kKyverno},
      {"time_since", "sss", time_since, kKyverno},
      {"time_add", "ss", time_add, kKyverno},
      {"time_parse", "ss", time_parse, kKyverno},
      {"time_utc", "s", time_utc, kKyverno},
      {"time_diff", "ss", time_diff, kKyverno},
      {"time_before", "ss", time_before, kKyverno},
      {"time_after", "ss", time_after, kKyverno},
      {"time_between", "sss", time_between, kKyverno},
      {"time_truncate", "ss", time_truncate, kKyverno},
      {"time_to_cron", "s", time_to_cron, kKyverno},
  };
}

}  // namespace scenario::jmes
