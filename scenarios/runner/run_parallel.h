#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/runner/runner.h"

/// Several tests at a time, each in a child process of its own, because a lab has one thread. A test with `concurrent:
/// false` runs alone. Errors: a child that dies is a failed test.
namespace scenario {

struct FinishedTest {
  TestResult result;
  std::vector<std::string> journal;
};

/// `run` is called in the child, `done` here in the order in which the tests end; when it returns false no further test
/// begins.
void run_side_by_side(const std::vector<Test>& tests, std::size_t most,
                      const std::function<FinishedTest(std::size_t)>& run,
                      const std::function<bool(std::size_t, FinishedTest)>& done);

Json to_json(const TestResult& result);
TestResult test_result_from_json(const Json& json);

}  // namespace scenario
