// Histories as values: random ones, written down and read back, shrunk, and played in a copy of the lab.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>

#include "provisioner/base/text.h"
#include "scenarios/runner/duration.h"
#include "scenarios/runner/explore.h"
#include "scenarios/runner/report.h"

namespace scenario {

namespace {

constexpr const char* kActionNames[] = {"create", "delete", "resize", "clone"};

std::int64_t milliseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

Action next_action(base::Rng& rng, std::vector<Action>& living, std::size_t index) {
  Action action;
  action.gib = static_cast<int>(1 + rng.below(4));
  const std::uint64_t what = living.empty() ? 0 : rng.below(10);
  if (what < 4) {
    action.claim = "claim-" + std::to_string(index);
    action.block = rng.below(4) == 0;
    action.provisioner = rng.below(5) == 0 ? 1 : 0;
    if (action.provisioner == 1) action.block = false;
    living.push_back(action);
    return action;
  }
  const Action& of = living[rng.below(living.size())];
  action.claim = of.claim;
  action.block = of.block;
  action.provisioner = of.provisioner;
  action.kind = what < 7 ? Action::Kind::remove : what < 9 ? Action::Kind::resize : Action::Kind::clone;
  if (of.provisioner == 1 || (of.block && action.kind == Action::Kind::resize)) action.kind = Action::Kind::remove;
  if (action.kind == Action::Kind::resize) action.gib += 4;
  if (action.kind != Action::Kind::clone) return action;
  action.source = of.claim;
  action.gib = of.gib;
  action.claim = "clone-" + std::to_string(index);
  living.push_back(action);
  return action;
}

bool write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(to, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

std::string read_all(int from) {
  std::string text;
  char buffer[65536];
  while (true) {
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

HistoryOutcome broken(std::string why) {
  HistoryOutcome outcome;
  outcome.violations.push_back(std::move(why));
  return outcome;
}

}  // namespace

History plain_history() {
  using std::chrono::seconds;
  History history;
  history.actions = {{seconds(1), Action::Kind::create, "a", "", 1, false, 0},
                     {seconds(2), Action::Kind::create, "l", "", 1, true, 0},
                     {seconds(10), Action::Kind::create, "b", "", 2, false, 0},
                     {seconds(12), Action::Kind::create, "o", "", 1, false, 1},
                     {seconds(20), Action::Kind::clone, "clone-c", "a", 1, false, 0},
                     {seconds(30), Action::Kind::resize, "b", "", 3, false, 0},
                     {seconds(40), Action::Kind::remove, "a", "", 1, false, 0},
                     {seconds(45), Action::Kind::remove, "b", "", 1, false, 0},
                     {seconds(46), Action::Kind::remove, "l", "", 1, true, 0},
                     {seconds(47), Action::Kind::remove, "o", "", 1, false, 1}};
  return history;
}

History make_history(std::uint64_t seed) {
  base::Rng rng(seed);
  History history;
  history.seed = seed;
  std::vector<Action> living;
  const auto moment = [&] { return std::chrono::milliseconds(500 + rng.below(40000)); };
  const std::size_t count = 2 + rng.below(5);
  base::Duration at{0};
  for (std::size_t i = 0; i < count; ++i) {
    at += std::chrono::milliseconds(rng.below(8000));
    Action action = next_action(rng, living, i);
    action.at = at;
    history.actions.push_back(action);
  }
  static constexpr const char* kCalls[] = {"volume-create",
                                           "volume-mount",
                                           "volume-size",
                                           "volume-destroy",
                                           "volume-offline",
                                           "volume-unmount",
                                           "volume-clone-create",
                                           "volume-get-iter",
                                           "lun-create-by-size",
                                           "lun-map",
                                           "*"};
  static constexpr const char* kActions[] = {"drop-reply", "drop-request", "error", "delay", "hang"};
  for (std::uint64_t i = rng.below(4); i > 0; --i) {
    Json rule = {{"name", "f" + std::to_string(i)},
                 {"call", kCalls[rng.below(std::size(kCalls))]},
                 {"action", kActions[rng.below(std::size(kActions))]},
                 {"times", 1 + rng.below(2)}};
    if (rule["action"] == "delay") rule["delay"] = std::to_string(1 + rng.below(20)) + "s";
    history.faults.emplace_back(moment(), std::move(rule));
  }
  for (std::uint64_t i = rng.below(3); i > 0; --i)
    history.crashes.push_back({1 + rng.below(60), rng.below(2) == 0, std::chrono::milliseconds(rng.below(5000))});
  if (rng.below(3) == 0) history.jitter = std::chrono::milliseconds(1 + rng.below(400));
  return history;
}

Json to_json(const History& history) {
  Json json = {{"seed", history.seed}};
  for (const Action& action : history.actions) {
    Json row = {{"at", milliseconds(action.at)},
                {"do", kActionNames[static_cast<int>(action.kind)]},
                {"claim", action.claim},
                {"gib", action.gib}};
    if (!action.source.empty()) row["of"] = action.source;
    if (action.block) row["block"] = true;
    if (action.provisioner != 0) row["provisioner"] = action.provisioner;
    json["actions"].push_back(std::move(row));
  }
  for (const auto& [at, rule] : history.faults) json["faults"].push_back({{"at", milliseconds(at)}, {"rule", rule}});
  for (const auto& crash : history.crashes)
    json["crashes"].push_back(
        {{"message", crash.message}, {"before", crash.before}, {"pause", milliseconds(crash.pause)}});
  if (history.jitter.count() > 0) json["jitter"] = milliseconds(history.jitter);
  return json;
}

base::Result<History> history_from_json(const std::string& text) {
  const base::Error malformed{base::ErrorKind::invalid, "not a history; take the line that explore printed"};
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return malformed;
  History history;
  // The text is typed by hand at worst: what has a wrong type is told by the library's exception.
  try {
    history.seed = json.value("seed", std::uint64_t{1});
    history.jitter = std::chrono::milliseconds(json.value("jitter", 0));
    for (const Json& row : json.value("actions", Json::array())) {
      const auto* const kind =
          std::find(std::begin(kActionNames), std::end(kActionNames), row.value("do", std::string()));
      if (kind == std::end(kActionNames)) return malformed;
      history.actions.push_back({std::chrono::milliseconds(row.value("at", 0)),
                                 static_cast<Action::Kind>(kind - std::begin(kActionNames)), row.value("claim", ""),
                                 row.value("of", ""), row.value("gib", 1), row.value("block", false),
                                 row.value("provisioner", 0)});
    }
    for (const Json& row : json.value("faults", Json::array()))
      history.faults.emplace_back(std::chrono::milliseconds(row.value("at", 0)), row.value("rule", Json::object()));
    for (const Json& row : json.value("crashes", Json::array()))
      history.crashes.push_back({row.value("message", std::uint64_t{0}), row.value("before", true),
                                 std::chrono::milliseconds(row.value("pause", 1000))});
  } catch (const Json::exception&) {
    return malformed;
  }
  return history;
}

std::string describe(const History& history) {
  std::string text;
  for (const Action& action : history.actions)
    text += "  " + base::to_go_duration(action.at) + " " + kActionNames[static_cast<int>(action.kind)] + " " +
            action.claim + (action.source.empty() ? "" : " of " + action.source) + " " + std::to_string(action.gib) +
            "Gi" + (action.block ? " block" : "") + (action.provisioner != 0 ? " second provisioner" : "") + "\n";
  for (const auto& [at, rule] : history.faults)
    text += "  " + base::to_go_duration(at) + " fault " + rule.dump() + "\n";
  for (const auto& crash : history.crashes)
    text += "  crash " + std::string(crash.before ? "before" : "after") + " message " + std::to_string(crash.message) +
            ", again after " + base::to_go_duration(crash.pause) + "\n";
  if (history.jitter.count() > 0) text += "  messages up to " + base::to_go_duration(history.jitter) + " late\n";
  return text;
}

std::string violation_kind(const std::string& sentence) {
  std::string kind;
  for (const std::string_view word : base::split(sentence, ' '))
    if (word.find_first_of("0123456789_-/\"") == std::string_view::npos) kind += std::string(word) + " ";
  return kind;
}

History shrink(History history, const Player& player) {
  std::set<std::string> kinds;
  for (const std::string& sentence : player(history).violations) kinds.insert(violation_kind(sentence));
  const auto still_wrong = [&](const History& candidate) {
    const auto outcome = player(candidate);
    return std::any_of(outcome.violations.begin(), outcome.violations.end(),
                       [&](const std::string& sentence) { return kinds.contains(violation_kind(sentence)); });
  };
  bool smaller = true;
  const auto attempt = [&](const History& candidate) {
    if (smaller || !still_wrong(candidate)) return;
    history = candidate;
    smaller = true;
  };
  const auto without = [](auto list, std::size_t i) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
    return list;
  };
  while (smaller) {
    smaller = false;
    const History whole = history;
    for (std::size_t i = whole.faults.size(); i-- > 0 && !smaller;) {
      History candidate = whole;
      candidate.faults = without(whole.faults, i);
      attempt(candidate);
    }
    for (std::size_t i = whole.crashes.size(); i-- > 0 && !smaller;) {
      History candidate = whole;
      candidate.crashes = without(whole.crashes, i);
      attempt(candidate);
    }
    for (std::size_t i = whole.actions.size(); i-- > 0 && !smaller;) {
      History candidate = whole;
      candidate.actions = without(whole.actions, i);
      attempt(candidate);
    }
    if (whole.jitter.count() > 0 && !smaller) {
      History candidate = whole;
      candidate.jitter = base::Duration{0};
      attempt(candidate);
    }
  }
  return history;
}

base::Result<std::unique_ptr<ForkedPlayer>> ForkedPlayer::make() {
  std::unique_ptr<ForkedPlayer> player(new ForkedPlayer());
  auto lab = prepare_lab();
  if (!lab) return lab.error();
  player->prepared_ = std::move(*lab);
  return player;
}

HistoryOutcome ForkedPlayer::play(const History& history) {
  auto outcomes = play_all({history});
  return std::move(outcomes.front());
}

namespace {

std::string to_line(const HistoryOutcome& outcome) {
  const Json json = {{"violations", outcome.violations},
                     {"messages", outcome.messages},
                     {"time", outcome.virtual_time.count()},
                     {"journal", outcome.violations.empty() ? std::vector<std::string>{} : outcome.journal}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<HistoryOutcome> from_line(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  HistoryOutcome outcome;
  outcome.violations = json["violations"].get<std::vector<std::string>>();
  outcome.journal = json["journal"].get<std::vector<std::string>>();
  outcome.messages = json["messages"].get<std::uint64_t>();
  outcome.virtual_time = base::Duration(json["time"].get<std::int64_t>());
  return outcome;
}

/// In the child: plays until one violates and writes a line for each.
void play_into(MemoryWorld& memory, const std::vector<History>& histories, int to) {
  for (std::size_t i = 0; i < histories.size(); ++i) {
    HistoryOutcome outcome = play_on(memory, histories[i]);
    const bool more = outcome.violations.empty() && i + 1 < histories.size();
    if (more)
      for (const std::string& sentence : tidy(memory)) outcome.violations.push_back("afterwards: " + sentence);
    if (!write_all(to, to_line(outcome)) || !outcome.violations.empty()) return;
  }
}

}  // namespace

std::vector<HistoryOutcome> ForkedPlayer::play_all(const std::vector<History>& histories) {
  int ends[2];
  if (::pipe(ends) != 0) return {broken("no pipe for a child process")};
  const pid_t child = ::fork();
  if (child < 0) return {broken("no child process")};
  if (child == 0) {
    ::close(ends[0]);
    play_into(*prepared_, histories, ends[1]);
    ::_exit(0);  // the parent's lab is not ours to end
  }
  ::close(ends[1]);
  const std::string text = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::vector<HistoryOutcome> outcomes;
  for (const std::string_view line : base::split(text, '\n'))
    if (auto outcome = from_line(line)) outcomes.push_back(std::move(*outcome));
  if (outcomes.empty() || (outcomes.size() < histories.size() && outcomes.back().violations.empty()))
    outcomes.push_back(
        broken("the process ended with status " + std::to_string(status) + " while the history was played"));
  return outcomes;
}

HistoryOutcome play_test(const Test& test, const RunConfig& config, const WorldConfig& world,
                         const History& disturbance) {
  auto made = MemoryWorld::make(world);
  if (!made) return broken(made.error().message);
  MemoryWorld& memory = **made;
  memory.set_jitter(disturbance.jitter, disturbance.seed);
  for (const MemoryWorld::CrashPoint& point : disturbance.crashes) memory.plan_crash(point);
  const TestResult result = memory.run(test, config, 1, nullptr);
  HistoryOutcome outcome;
  if (result.verdict == Verdict::failed)
    outcome.violations.push_back("the test " + test.name + " failed: " + first_failure(result));
  memory.world().array().faults().remove("");
  memory.cancel_crashes();
  memory.advance(std::chrono::minutes(5));
  if (world.provisioner)
    for (std::string& sentence : check_lab(memory, {})) outcome.violations.push_back(std::move(sentence));
  outcome.journal = memory.world().journal().lines();
  outcome.messages = memory.messages();
  outcome.virtual_time = memory.elapsed();
  return outcome;
}

}  // namespace scenario
