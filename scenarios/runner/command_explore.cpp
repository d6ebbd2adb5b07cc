#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

#include "provisioner/base/text.h"
#include "scenarios/runner/commands.h"
#include "scenarios/runner/explore.h"

namespace scenario {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Tally {
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::size_t passed = 0, failed = 0;
  base::Duration virtual_time{0};
  std::set<std::string> kinds;  // of violations that were explained already

  /// True for a violation of a kind not seen before.
  bool add(const HistoryOutcome& outcome) {
    virtual_time += outcome.virtual_time;
    outcome.violations.empty() ? ++passed : ++failed;
    bool fresh = false;
    for (const std::string& sentence : outcome.violations)
      fresh = kinds.insert(violation_kind(sentence)).second || fresh;
    return fresh;
  }
  int end(const char* what) const {
    const double took = std::max(seconds_since(start), 1e-6);
    std::printf("%zu %s, %.0f per second, virtual to real time %.0f to 1\n", passed + failed, what,
                static_cast<double>(passed + failed) / took, static_cast<double>(virtual_time.count()) / 1e9 / took);
    std::printf("%zu passed, %zu failed\n", passed, failed);
    return failed > 0 ? 1 : 0;
  }
};

void print_violations(const HistoryOutcome& outcome, const std::string& found_by) {
  std::printf("violation (%s):\n", found_by.c_str());
  for (const std::string& sentence : outcome.violations) std::printf("  %s\n", sentence.c_str());
}

void explain(const History& history, const HistoryOutcome& outcome, const std::string& found_by, const Player& player) {
  print_violations(outcome, found_by);
  const History shortest = shrink(history, player);
  std::printf("shortest history that shows it:\n%s", describe(shortest).c_str());
  std::printf("repeat with: drydock explore --history '%s'\n", to_json(shortest).dump().c_str());
  std::fflush(stdout);
}

struct CrashAt {
  std::uint64_t message = 0;
  bool before = true;
};
std::string to_text(CrashAt at) { return std::to_string(at.message) + (at.before ? "b" : "a"); }

/// The crash points to try: the one that was asked for, or all.
std::vector<CrashAt> crash_points(const ExploreOptions& options, std::uint64_t messages) {
  if (!options.at.empty())
    return {{base::parse_unsigned(std::string_view(options.at).substr(0, options.at.size() - 1)).value_or(0),
             options.at.ends_with("b")}};
  std::vector<CrashAt> all;
  for (std::uint64_t message = 1; message <= messages; ++message)
    for (const bool before : {true, false}) all.push_back({message, before});
  return all;
}

/// Random crashes and delays for a scenario of a file; faults of the array are the scenario's own business.
History disturbance(std::uint64_t seed, std::uint64_t messages) {
  base::Rng rng(seed);
  History history;
  history.seed = seed;
  for (std::uint64_t i = 1 + rng.below(3); i > 0; --i)
    history.crashes.push_back({1 + rng.below(messages), rng.below(2) == 0, std::chrono::milliseconds(rng.below(3000))});
  if (rng.below(2) == 0) history.jitter = std::chrono::milliseconds(1 + rng.below(300));
  return history;
}

int explore_tests(const ExploreOptions& options) {
  auto tests = find_tests(options.paths);
  if (!tests) {
    std::fprintf(stderr, "%s\n", tests.error().message.c_str());
    return 2;
  }
  Tally tally;
  for (const Test& whole : *tests)
    for (const Test& test : expand_scenarios(whole)) {
      if (needs_process(test)) {
        std::fprintf(stderr, "%s: starts processes and cannot be explored in memory\n", test.name.c_str());
        continue;
      }
      auto world = world_config_of(test, "", options.seed.value_or(1));
      auto config = run_config_of(test, "");
      if (!world || !config) {
        std::fprintf(stderr, "%s\n", (!world ? world.error() : config.error()).message.c_str());
        return 2;
      }
      const HistoryOutcome plain = play_test(test, *config, *world, History{});
      const bool sound = plain.violations.empty();
      if (tally.add(plain)) print_violations(plain, test.name + " undisturbed");
      if (!sound || plain.messages == 0) continue;
      const std::string repeat = "drydock explore " + base::join(options.paths, " ");
      if (options.seeds > 0 && options.at.empty())
        for (std::uint64_t seed = options.seed.value_or(1); seed < options.seed.value_or(1) + options.seeds; ++seed) {
          const HistoryOutcome outcome = play_test(test, *config, *world, disturbance(seed, plain.messages));
          if (!tally.add(outcome)) continue;
          print_violations(outcome, test.name);
          std::printf("%srepeat with: %s --seeds 1 --seed %llu\n", describe(disturbance(seed, plain.messages)).c_str(),
                      repeat.c_str(), static_cast<unsigned long long>(seed));
        }
      if (options.seeds > 0 && !options.crash_points && options.at.empty()) continue;
      for (const CrashAt at : crash_points(options, plain.messages)) {
        History crash;
        crash.crashes = {{at.message, at.before, std::chrono::seconds(1)}};
        const HistoryOutcome outcome = play_test(test, *config, *world, crash);
        if (!tally.add(outcome)) continue;
        print_violations(outcome, test.name);
        std::printf("%srepeat with: %s --at %s\n", describe(crash).c_str(), repeat.c_str(), to_text(at).c_str());
      }
    }
  return tally.end("cases");
}

constexpr std::uint64_t kBatch = 50;  // histories to a copy of the lab

/// Plays the histories of these seeds in one copy of the lab; the seed to go on with.
std::uint64_t play_batch(ForkedPlayer& player, std::uint64_t first, std::uint64_t end, Tally& tally) {
  std::vector<History> histories;
  for (std::uint64_t seed = first; seed < end; ++seed) histories.push_back(make_history(seed));
  const auto outcomes = player.play_all(histories);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::uint64_t seed = first + i;
    if (!tally.add(outcomes[i])) continue;
    const std::string found_by = "seed " + std::to_string(seed);
    const Player alone = [&](const History& history) { return player.play(history); };
    const HistoryOutcome again = alone(histories[i]);
    if (!again.violations.empty()) {
      explain(histories[i], again, found_by, alone);
      continue;
    }
    print_violations(outcomes[i], found_by + ", after those from seed " + std::to_string(first));
    std::printf("repeat with: drydock explore --seed %llu --seeds %zu\n", static_cast<unsigned long long>(first),
                i + 1);
  }
  return first + outcomes.size();
}

}  // namespace

int explore(const ExploreOptions& options) {
  if (!options.at.empty() &&
      (options.at.size() < 2 || !base::parse_unsigned(std::string_view(options.at).substr(0, options.at.size() - 1)) ||
       (options.at.back() != 'a' && options.at.back() != 'b'))) {
    std::fprintf(stderr, "drydock: --at needs the number of a message and b (before it) or a (after it), as in 17b\n");
    return 2;
  }
  if (!options.paths.empty()) return explore_tests(options);
  auto player = ForkedPlayer::make();
  if (!player) {
    std::fprintf(stderr, "drydock: %s\n", player.error().message.c_str());
    return 1;
  }
  const Player play_copy = [&](const History& history) { return (*player)->play(history); };
  Tally tally;
  if (!options.history.empty()) {
    const auto history = history_from_json(options.history);
    if (!history) {
      std::fprintf(stderr, "drydock: --history: %s\n", history.error().message.c_str());
      return 2;
    }
    const HistoryOutcome outcome = play_copy(*history);
    std::printf("%s", describe(*history).c_str());
    if (tally.add(outcome)) print_violations(outcome, "this history");
    for (const std::string& line : outcome.journal) std::printf("  | %s\n", line.c_str());
    return tally.end("histories");
  }
  if (options.seeds > 0 || (options.seed && !options.crash_points && options.at.empty())) {
    const std::uint64_t first = options.seed.value_or(1), count = std::max<std::uint64_t>(options.seeds, 1);
    for (std::uint64_t seed = first; seed < first + count;)
      seed = play_batch(**player, seed, std::min(seed + kBatch, first + count), tally);
    if (!options.crash_points) return tally.end("histories");
  }
  History history = plain_history();
  const HistoryOutcome whole = play_copy(history);
  if (tally.add(whole)) explain(history, whole, "undisturbed", play_copy);
  for (const CrashAt at : crash_points(options, whole.messages)) {
    history.crashes = {{at.message, at.before, std::chrono::seconds(1)}};
    const HistoryOutcome outcome = play_copy(history);
    if (tally.add(outcome)) explain(history, outcome, "crash at " + to_text(at), play_copy);
  }
  return tally.end("cases");
}

}  // namespace scenario
