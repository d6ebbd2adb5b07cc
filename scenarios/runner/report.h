#pragma once

#include <string>
#include <vector>

#include "scenarios/runner/runner.h"

/// Results as text: lines for people, JUnit for CI, JSON lines, TAP and one HTML page.
/// Durations are seconds. Source: the JUnit schema that Jenkins and GitLab read; TAP 13.
namespace scenario {

enum class Granularity { test, step, operation };

struct Counts {
  std::size_t passed = 0, failed = 0, skipped = 0;
};
Counts count(const std::vector<TestResult>& results, Granularity granularity);
/// One line per item of the step, e.g. "PASS  B1 create the SVM (0.02s)"; a failure's difference stands below it.
std::string step_lines(const TestResult* test, const StepResult& step, Granularity granularity);
std::string test_lines(const TestResult& test);
/// The first thing that went wrong, one line.
std::string first_failure(const TestResult& test);
std::string junit(const std::vector<TestResult>& results, Granularity granularity);
std::string json_lines(const std::vector<TestResult>& results);
std::string tap(const std::vector<TestResult>& results, Granularity granularity);
/// One page that needs nothing else: a timeline of steps, events, calls and faults for each test, the journal of those
/// that failed.
std::string html(const std::vector<TestResult>& results, const std::string& title);

}  // namespace scenario
