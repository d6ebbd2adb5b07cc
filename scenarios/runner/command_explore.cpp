#include <chrono>
#include <cstdio>

#include "scenarios/runner/commands.h"
#include "scenarios/runner/explore.h"

namespace scenario {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

void print_violation(const History& history, const std::vector<std::string>& violations, const std::string& repeat) {
  std::printf("violation:\n");
  for (const std::string& sentence : violations) std::printf("  %s\n", sentence.c_str());
  std::printf("shortest history that shows it:\n%s", describe(shrink(history)).c_str());
  std::printf("repeat with: %s\n", repeat.c_str());
}

}  // namespace

int explore(const ExploreOptions& options) {
  if (!options.paths.empty()) {
    std::fprintf(stderr, "drydock: explore has its own story (create, clone, resize, delete); scenarios of a path cannot be explored yet\n");
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  std::size_t passed = 0, failed = 0;
  base::Duration virtual_time{0};
  const bool histories = options.seeds > 0 || (options.seed && !options.crash_points);
  if (histories) {
    const std::uint64_t first = options.seed.value_or(1), count = std::max<std::uint64_t>(options.seeds, 1);
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      const History history = make_history(seed);
      const HistoryOutcome outcome = play(history);
      virtual_time += outcome.virtual_time;
      outcome.violations.empty() ? ++passed : ++failed;
      if (!outcome.violations.empty()) print_violation(history, outcome.violations, "drydock explore --seed " + std::to_string(seed));
    }
  } else {
    History history = plain_history();
    history.seed = options.seed.value_or(1);
    const HistoryOutcome whole = play(history);
    whole.violations.empty() ? ++passed : ++failed;
    if (!whole.violations.empty()) print_violation(history, whole.violations, "drydock explore --crash-points");
    for (std::uint64_t message = 1; message <= whole.messages - whole.messages_ready; ++message)
      for (const bool before : {true, false}) {
        history.crashes = {{message, before, std::chrono::seconds(1)}};
        const HistoryOutcome outcome = play(history);
        virtual_time += outcome.virtual_time;
        outcome.violations.empty() ? ++passed : ++failed;
        if (!outcome.violations.empty()) print_violation(history, outcome.violations, "drydock explore --crash-points --seed " + std::to_string(history.seed));
      }
  }
  const double took = seconds_since(start);
  std::printf("%zu %s, %.0f per second, virtual to real time %.0f to 1\n", passed + failed, histories ? "histories" : "cases", static_cast<double>(passed + failed) / took,
              static_cast<double>(virtual_time.count()) / 1e9 / took);
  std::printf("%zu passed, %zu failed\n", passed, failed);
  return failed > 0 ? 1 : 0;
}

}  // namespace scenario
