#include "scenarios/runner/report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "provisioner/base/text.h"

namespace scenario {

namespace {

/// A step named "env …" lists what the host has to provide; it is shown and not counted.
bool counted(const StepResult& step) { return !step.name.starts_with("env "); }

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::passed: return "PASS";
    case Verdict::failed: return "FAIL";
    case Verdict::skipped: return "SKIP";
  }
  return "";
}

std::string seconds(base::Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(duration.count()) / 1e9);
  return text;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') result += "&amp;";
    else if (c == '<') result += "&lt;";
    else if (c == '>') result += "&gt;";
    else if (c == '"') result += "&quot;";
    else if (byte < 32 && c != '\n' && c != '\t') result += "?";
    else result += c;
  }
  return result;
}

std::string indented(const std::string& text, const std::string& margin) {
  std::string result;
  for (std::string_view line : base::split(text, '\n')) result += margin + std::string(line) + "\n";
  return result;
}

std::string failures_of(const StepResult& step) {
  std::string text;
  for (const OperationResult& operation : step.operations)
    if (operation.verdict == Verdict::failed)
      text += (text.empty() ? "" : "\n") + operation.block + " " + operation.name +
              (operation.line > 0 ? " (line " + std::to_string(operation.line) + ")" : "") + "\n" + operation.message;
  return text;
}

std::string outputs_of(const StepResult& step) {
  std::string text;
  for (const OperationResult& operation : step.operations)
    if (!operation.output.empty()) text += (text.empty() ? "" : "\n") + operation.output;
  return text;
}

struct Item {
  std::string suite, name, message, output;
  Verdict verdict = Verdict::passed;
  base::Duration duration{0};
};

std::vector<Item> items_of(const TestResult& test, Granularity granularity) {
  std::vector<Item> items;
  if (granularity == Granularity::test) {
    Item item{test.file, test.name, test.message, "", test.verdict, test.duration};
    for (const StepResult& step : test.steps) {
      if (step.verdict == Verdict::failed)
        item.message += (item.message.empty() ? "" : "\n") + step.name + ": " + failures_of(step);
      if (test.verdict == Verdict::failed) item.output += outputs_of(step);
    }
    return {item};
  }
  if (test.steps.empty() || !test.message.empty())
    items.push_back({test.file, test.name, test.message, "", test.verdict, test.duration});
  for (const StepResult& step : test.steps) {
    if (!counted(step)) continue;
    if (granularity == Granularity::step) {
      items.push_back({test.name, step.name, failures_of(step), outputs_of(step), step.verdict, step.duration});
      continue;
    }
    for (const OperationResult& operation : step.operations)
      items.push_back({test.name, step.name + ": " + operation.name, operation.message, operation.output,
                       operation.verdict, operation.duration});
  }
  return items;
}

}  // namespace

Counts count(const std::vector<TestResult>& results, Granularity granularity) {
  Counts counts;
  for (const TestResult& test : results)
    for (const Item& item : items_of(test, granularity)) {
      if (item.verdict == Verdict::passed) ++counts.passed;
      else if (item.verdict == Verdict::failed) ++counts.failed;
      else ++counts.skipped;
    }
  return counts;
}

std::string step_lines(const TestResult*, const StepResult& step, Granularity granularity) {
  if (granularity == Granularity::test) return "";
  std::string text;
  if (granularity == Granularity::operation) {
    for (const OperationResult& operation : step.operations) {
      text += std::string(word(operation.verdict)) + "  " + step.name + ": " + operation.name + " (" +
              seconds(operation.duration) + "s)\n";
      if (operation.verdict == Verdict::failed) text += indented(operation.message, "      ");
    }
    return text;
  }
  const std::string shown = counted(step) ? word(step.verdict) : "env ";
  text = shown + "  " + (counted(step) ? step.name : step.name.substr(4)) + " (" + seconds(step.duration) + "s)\n";
  if (step.verdict == Verdict::failed) {
    text += indented(failures_of(step), "      ");
    const std::string output = outputs_of(step);
    if (!output.empty()) text += indented(output, "      | ");
  }
  return text;
}

std::string test_lines(const TestResult& test) {
  std::string text = std::string(word(test.verdict)) + "  " + test.name + " (" + seconds(test.duration) + "s)\n";
  if (test.verdict != Verdict::failed) return text;
  if (!test.message.empty()) text += indented(test.message, "      ");
  for (const StepResult& step : test.steps) {
    if (step.verdict != Verdict::failed) continue;
    text += indented(step.name + ": " + failures_of(step), "      ");
    const std::string output = outputs_of(step);
    if (!output.empty()) text += indented(output, "      | ");
  }
  return text;
}

std::string first_failure(const TestResult& test) {
  if (!test.message.empty()) return test.message.substr(0, test.message.find('\n'));
  for (const StepResult& step : test.steps)
    for (const OperationResult& operation : step.operations)
      if (operation.verdict == Verdict::failed)
        return step.name + ": " + operation.name + ": " + base::replace_all(operation.message, "\n", "; ");
  return "";
}

std::string junit(const std::vector<TestResult>& results, Granularity granularity) {
  std::string body;
  Counts total;
  base::Duration time{0};
  for (const TestResult& test : results) {
    const Counts counts = count({test}, granularity);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    time += test.duration;
    body += "  <testsuite name=\"" + escaped(test.name) + "\" tests=\"" +
            std::to_string(counts.passed + counts.failed + counts.skipped) + "\" failures=\"" +
            std::to_string(counts.failed) + "\" errors=\"0\" skipped=\"" + std::to_string(counts.skipped) +
            "\" time=\"" + seconds(test.duration) + "\">\n";
    for (const Item& item : items_of(test, granularity)) {
      body += "    <testcase classname=\"" + escaped(item.suite) + "\" name=\"" + escaped(item.name) + "\" time=\"" +
              seconds(item.duration) + "\"";
      if (item.verdict == Verdict::passed) {
        body += "/>\n";
        continue;
      }
      body += ">\n";
      if (item.verdict == Verdict::skipped) body += "      <skipped/>\n";
      else
        body += "      <failure message=\"" + escaped(item.message.substr(0, item.message.find('\n'))) + "\">" +
                escaped(item.message) + "</failure>\n";
      if (!item.output.empty()) body += "      <system-out>" + escaped(item.output) + "</system-out>\n";
      body += "    </testcase>\n";
    }
    body += "  </testsuite>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"drydock\" tests=\"" +
         std::to_string(total.passed + total.failed + total.skipped) + "\" failures=\"" + std::to_string(total.failed) +
         "\" errors=\"0\" time=\"" + seconds(time) + "\">\n" + body + "</testsuites>\n";
}

std::string json_lines(const std::vector<TestResult>& results) {
  std::string text;
  for (const TestResult& test : results) {
    for (const StepResult& step : test.steps)
      for (const OperationResult& operation : step.operations)
        text += Json({{"test", test.name},
                      {"step", step.name},
                      {"block", operation.block},
                      {"operation", operation.name},
                      {"line", operation.line},
                      {"verdict", word(operation.verdict)},
                      {"message", operation.message},
                      {"start", static_cast<double>(operation.start.count()) / 1e9},
                      {"seconds", static_cast<double>(operation.duration.count()) / 1e9}})
                    .dump(-1, ' ', false, Json::error_handler_t::replace) +
                "\n";
    text += Json({{"test", test.name},
                  {"file", test.file},
                  {"verdict", word(test.verdict)},
                  {"message", test.message},
                  {"seconds", static_cast<double>(test.duration.count()) / 1e9}})
                .dump(-1, ' ', false, Json::error_handler_t::replace) +
            "\n";
  }
  return text;
}

std::string tap(const std::vector<TestResult>& results, Granularity granularity) {
  std::string body;
  std::size_t number = 0;
  for (const TestResult& test : results)
    for (const Item& item : items_of(test, granularity)) {
      body += (item.verdict == Verdict::failed ? "not ok " : "ok ") + std::to_string(++number) + " - " + item.suite +
              " " + base::replace_all(item.name, "#", "") + (item.verdict == Verdict::skipped ? " # SKIP" : "") + "\n";
      if (item.verdict == Verdict::failed)
        body += "  ---\n" + indented("message: |\n" + indented(item.message, "  "), "  ") + "  ...\n";
    }
  return "TAP version 13\n1.." + std::to_string(number) + "\n" + body;
}

}  // namespace scenario
