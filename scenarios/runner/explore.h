#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "scenarios/runner/memory_world.h"

/// Histories nobody wrote down: claims made, grown, cloned and deleted while calls fail, answers get lost, messages
/// overtake each other and provisioners crash. A history is a value; the same value gives the same journal. After the
/// last fault the lab has five virtual minutes to settle, then array, stores and cluster must agree. Source: the
/// invariants of the project's scenario issue.
namespace scenario {

struct Action {
  enum class Kind { create, remove, resize, clone };
  base::Duration at{0};
  Kind kind = Kind::create;
  std::string claim;
  std::string source;  // of a clone
  int gib = 1;
  bool block = false;   // a LUN instead of an export
  int provisioner = 0;  // 1: the second one, asked over REST
};

struct History {
  std::uint64_t seed = 1;
  std::vector<Action> actions;
  std::vector<std::pair<base::Duration, Json>> faults;  // when, the rule
  std::vector<MemoryWorld::CrashPoint> crashes;         // message counts from the first action
  base::Duration jitter{0};                             // see MemoryWorld::set_jitter
};

struct HistoryOutcome {
  std::vector<std::string> violations;
  std::vector<std::string> journal;
  std::uint64_t messages = 0;  // what the provisioners sent since the first action
  base::Duration virtual_time{0};
};

/// A random history; equal seeds give equal histories.
History make_history(std::uint64_t seed);
/// Create, clone, resize, delete without any fault.
History plain_history();
/// One line that repeats it, and back.
Json to_json(const History& history);
base::Result<History> history_from_json(const std::string& text);
std::string describe(const History& history);

/// A lab with its backends and classes, from which histories start.
base::Result<std::unique_ptr<MemoryWorld>> prepare_lab();
/// Plays the history on a lab that prepare_lab() made. Another may follow when tidy() has been.
HistoryOutcome play_on(MemoryWorld& memory, const History& history);
/// Deletes what the history left and waits until the lab is as prepare_lab() made it; what then is still there.
std::vector<std::string> tidy(MemoryWorld& memory);
HistoryOutcome play(const History& history);
/// What is wrong with the lab now; empty when nothing is. `removed`: claims that must have gone.
std::vector<std::string> check_lab(MemoryWorld& memory, const std::vector<std::string>& removed);

using Player = std::function<HistoryOutcome(const History&)>;
/// The shortest history found that still violates one of the same invariants, by leaving out one thing after another.
History shrink(History history, const Player& player);
/// What kind of violation a sentence tells of: the sentence without names and numbers.
std::string violation_kind(const std::string& sentence);

/// Plays histories from one prepared lab, in child processes that start as its copy.
class ForkedPlayer {
 public:
  static base::Result<std::unique_ptr<ForkedPlayer>> make();
  HistoryOutcome play(const History& history);
  /// One after another in one copy, tidied in between: a copy costs more than a history. The same list gives the same
  /// outcomes. The last outcome is the first with a violation, or that of the last history.
  std::vector<HistoryOutcome> play_all(const std::vector<History>& histories);

 private:
  std::unique_ptr<MemoryWorld> prepared_;
};

/// A scenario under exploration: the test must pass, and the lab must agree afterwards.
HistoryOutcome play_test(const Test& test, const RunConfig& config, const WorldConfig& world,
                         const History& disturbance);

}  // namespace scenario
