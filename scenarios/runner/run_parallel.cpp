// Tests side by side: each in a child process, which hands its result back through a pipe.
#include "scenarios/runner/run_parallel.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace scenario {

namespace {

Json to_json(const OperationResult& operation) {
  return {{"name", operation.name},
          {"block", operation.block},
          {"verb", operation.verb},
          {"line", operation.line},
          {"verdict", static_cast<int>(operation.verdict)},
          {"message", operation.message},
          {"output", operation.output},
          {"start", operation.start.count()},
          {"duration", operation.duration.count()}};
}

OperationResult operation_from(const Json& json) {
  OperationResult operation;
  operation.name = json["name"];
  operation.block = json["block"];
  operation.verb = json["verb"];
  operation.line = json["line"];
  operation.verdict = static_cast<Verdict>(json["verdict"].get<int>());
  operation.message = json["message"];
  operation.output = json["output"];
  operation.start = base::Duration(json["start"].get<std::int64_t>());
  operation.duration = base::Duration(json["duration"].get<std::int64_t>());
  return operation;
}

struct Child {
  pid_t pid = 0;
  int from = -1;
  std::size_t job = 0;
  std::string text;
};

/// False when the pipe has ended.
bool read_some(Child& child) {
  char buffer[65536];
  const ssize_t count = ::read(child.from, buffer, sizeof buffer);
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;
  child.text.append(buffer, static_cast<std::size_t>(count));
  return true;
}

FinishedTest finished(const Child& child, const Test& test, int status) {
  const Json json = Json::parse(child.text, nullptr, false);
  if (json.is_object()) return {test_result_from_json(json["result"]), json["journal"].get<std::vector<std::string>>()};
  FinishedTest lost;
  lost.result.name = test.name;
  lost.result.file = test.file;
  lost.result.verdict = Verdict::failed;
  lost.result.message = "the process that ran the test ended with status " + std::to_string(status);
  return lost;
}

}  // namespace

Json to_json(const TestResult& result) {
  Json steps = Json::array();
  for (const StepResult& step : result.steps) {
    Json operations = Json::array();
    for (const OperationResult& operation : step.operations) operations.push_back(to_json(operation));
    steps.push_back({{"name", step.name},
                     {"verdict", static_cast<int>(step.verdict)},
                     {"operations", operations},
                     {"start", step.start.count()},
                     {"duration", step.duration.count()}});
  }
  return {{"name", result.name},
          {"file", result.file},
          {"ns", result.ns},
          {"verdict", static_cast<int>(result.verdict)},
          {"message", result.message},
          {"steps", steps},
          {"start", result.start.count()},
          {"duration", result.duration.count()}};
}

TestResult test_result_from_json(const Json& json) {
  TestResult result;
  result.name = json["name"];
  result.file = json["file"];
  result.ns = json["ns"];
  result.verdict = static_cast<Verdict>(json["verdict"].get<int>());
  result.message = json["message"];
  result.start = base::Duration(json["start"].get<std::int64_t>());
  result.duration = base::Duration(json["duration"].get<std::int64_t>());
  for (const Json& row : json["steps"]) {
    StepResult step;
    step.name = row["name"];
    step.verdict = static_cast<Verdict>(row["verdict"].get<int>());
    for (const Json& operation : row["operations"]) step.operations.push_back(operation_from(operation));
    step.start = base::Duration(row["start"].get<std::int64_t>());
    step.duration = base::Duration(row["duration"].get<std::int64_t>());
    result.steps.push_back(std::move(step));
  }
  return result;
}

void run_side_by_side(const std::vector<Test>& tests, std::size_t most,
                      const std::function<FinishedTest(std::size_t)>& run,
                      const std::function<bool(std::size_t, FinishedTest)>& done) {
  std::vector<Child> running;
  std::size_t next = 0;
  bool more = true;
  const auto alone = [&](std::size_t job) { return tests[job].spec.value("concurrent", true) == false; };
  while ((more && next < tests.size()) || !running.empty()) {
    while (more && next < tests.size() && running.size() < most &&
           (running.empty() || (!alone(next) && !alone(running.front().job)))) {
      int ends[2];
      if (::pipe(ends) != 0) break;
      std::fflush(nullptr);
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::close(ends[0]);
        const FinishedTest mine = run(next);
        const std::string text = Json({{"result", to_json(mine.result)}, {"journal", mine.journal}})
                                     .dump(-1, ' ', false, Json::error_handler_t::replace);
        for (std::size_t sent = 0; sent < text.size();) {
          const ssize_t count = ::write(ends[1], text.data() + sent, text.size() - sent);
          if (count < 0 && errno != EINTR) break;
          if (count > 0) sent += static_cast<std::size_t>(count);
        }
        ::_exit(0);
      }
      ::close(ends[1]);
      if (pid < 0) {
        ::close(ends[0]);
        break;
      }
      running.push_back({pid, ends[0], next++, ""});
    }
    if (running.empty()) {  // no process to be had: one after another
      if (more && next < tests.size()) more = done(next, run(next)), ++next;
      continue;
    }
    std::vector<pollfd> waiting;
    for (const Child& child : running) waiting.push_back({child.from, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    for (std::size_t i = running.size(); i-- > 0;) {
      if (waiting[i].revents == 0 || read_some(running[i])) continue;
      Child child = std::move(running[i]);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      ::close(child.from);
      int status = 0;
      while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
      }
      if (!done(child.job, finished(child, tests[child.job], status))) more = false;
    }
  }
}

}  // namespace scenario
