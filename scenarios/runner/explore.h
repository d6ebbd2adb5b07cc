#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "scenarios/runner/memory_world.h"

/// Histories nobody wrote down: claims made, grown, cloned and deleted while calls fail, answers get lost and the provisioner
/// crashes. A history is a value; the same value gives the same journal. After the last fault the lab has five virtual minutes
/// to settle, then array, store and cluster must agree. Source: the invariants of the project's scenario issue.
namespace scenario {

struct Action {
  enum class Kind { create, remove, resize, clone };
  base::Duration at{0};
  Kind kind = Kind::create;
  std::string claim;
  std::string source;  // of a clone
  int gib = 1;
};

struct History {
  std::uint64_t seed = 1;
  std::vector<Action> actions;
  std::vector<std::pair<base::Duration, Json>> faults;  // when, the rule
  std::vector<MemoryWorld::CrashPoint> crashes;
};

struct HistoryOutcome {
  std::vector<std::string> violations;
  std::vector<std::string> journal;
  std::uint64_t messages = 0;      // what the provisioners sent
  std::uint64_t messages_ready = 0;  // of these, before the first action
  base::Duration virtual_time{0};
};

/// A random history; equal seeds give equal histories.
History make_history(std::uint64_t seed);
/// Create, clone, resize, delete without any fault.
History plain_history();
HistoryOutcome play(const History& history);
/// What is wrong with the lab now; empty when nothing is.
std::vector<std::string> check_lab(MemoryWorld& memory, const History& history);
/// The shortest history found that still violates something, by leaving out one thing after another.
History shrink(History history);
std::string describe(const History& history);

}  // namespace scenario
