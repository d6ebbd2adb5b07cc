#pragma once

#include <cstdint>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/result.h"

/// Cron expressions as CronJobs use them: five fields or "@hourly" and the like, in UTC.
namespace k8s_fake::control {

struct CronSchedule {
  std::uint64_t minutes = 0, hours = 0, days = 0, months = 0, weekdays = 0;  // bit n: value n is meant
  bool any_day = true, any_weekday = true;                                   // "*": the other of the two decides alone
};

/// Errors: invalid, with the text that stands in the event.
base::Result<CronSchedule> parse_cron(const std::string& text);
/// The first moment after `after`; the zero time when there is none within five years.
base::TimePoint next_run(const CronSchedule& schedule, base::TimePoint after);

}  // namespace k8s_fake::control
