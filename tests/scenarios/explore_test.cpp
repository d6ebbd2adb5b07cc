// Exploration: it finds nothing in the product, and finds and shrinks each fault that was planted in this build's copy
// of the core.
#include <gtest/gtest.h>

#include <cstdlib>

#include "provisioner/core/planted.h"
#include "scenarios/runner/explore.h"

namespace provisioner {
Planted planted = Planted::none;
}

namespace {

using scenario::History;

std::string text(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

class Explore : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto made = scenario::ForkedPlayer::make();
    ASSERT_TRUE(made.ok()) << made.error().message;
    player = made->release();
  }
  static void TearDownTestSuite() {
    delete player;
    player = nullptr;
  }
  void TearDown() override { provisioner::planted = provisioner::Planted::none; }
  static scenario::ForkedPlayer* player;
};
scenario::ForkedPlayer* Explore::player = nullptr;

constexpr std::uint64_t kHistories = 60;  // 2,000 in a soak

TEST_F(Explore, EveryCrashPointOfCreateCloneResizeDelete) {
  History history = scenario::plain_history();
  const auto whole = player->play(history);
  EXPECT_EQ(text(whole.violations), "");
  ASSERT_GT(whole.messages, 20U);
  // All of them in a soak; otherwise every third, so that the program stays short under the sanitizers.
  const std::uint64_t stride = std::getenv("DRYDOCK_SOAK") != nullptr ? 1 : 3;
  for (std::uint64_t message = 1; message <= whole.messages; message += stride)
    for (const bool before : {true, false}) {
      history.crashes = {{message, before, std::chrono::seconds(1)}};
      EXPECT_EQ(text(player->play(history).violations), "") << scenario::to_json(history).dump();
    }
}

TEST_F(Explore, RandomHistories) {
  const std::uint64_t count = std::getenv("DRYDOCK_SOAK") != nullptr ? 2000 : kHistories;
  std::uint64_t played = 0;
  for (std::uint64_t first = 1; first <= count;) {
    std::vector<History> histories;
    for (std::uint64_t seed = first; seed < first + 50 && seed <= count; ++seed)
      histories.push_back(scenario::make_history(seed));
    const auto outcomes = player->play_all(histories);
    ASSERT_FALSE(outcomes.empty());
    EXPECT_EQ(text(outcomes.back().violations), "")
        << "drydock explore --seed " << first << " --seeds " << outcomes.size();
    played += outcomes.size();
    first += outcomes.size();
  }
  EXPECT_EQ(played, count);
}

TEST_F(Explore, AHistoryIsWrittenDownAndReadBack) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const History history = scenario::make_history(seed);
    const auto again = scenario::history_from_json(scenario::to_json(history).dump());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(scenario::to_json(*again), scenario::to_json(history));
  }
  for (const char* bad : {"", "[]", R"({"actions":[{"do":"paint"}]})", R"({"seed":"x"})"})
    EXPECT_FALSE(scenario::history_from_json(bad).ok()) << bad;
}

TEST_F(Explore, OneHistoryHasOneJournal) {
  const History history = scenario::make_history(7);
  std::vector<std::string> journals[2];
  for (auto& journal : journals) {
    auto lab = scenario::prepare_lab();
    ASSERT_TRUE(lab.ok()) << lab.error().message;
    (void)scenario::play_on(**lab, history);
    journal = (*lab)->world().journal().lines();
  }
  EXPECT_EQ(journals[0], journals[1]);
  EXPECT_GT(journals[0].size(), 50U);
}

struct PlantedCase {
  const char* name;
  provisioner::Planted fault;
  std::uint64_t from;  // the search begins shortly before the first seed that shows it; in a soak at 1
};

class PlantedFaults : public Explore, public testing::WithParamInterface<PlantedCase> {};

TEST_P(PlantedFaults, AreFoundAndShrunk) {
  provisioner::planted = GetParam().fault;
  const scenario::Player play = [](const History& history) { return player->play(history); };
  const std::uint64_t first = std::getenv("DRYDOCK_SOAK") != nullptr ? 1 : GetParam().from;
  for (std::uint64_t seed = first; seed < first + 400; ++seed) {
    const History history = scenario::make_history(seed);
    if (play(history).violations.empty()) continue;
    const History shortest = scenario::shrink(history, play);
    const auto shown = play(shortest);
    EXPECT_FALSE(shown.violations.empty());
    // Nothing can be left out of it.
    EXPECT_LE(shortest.actions.size() + shortest.faults.size() + shortest.crashes.size(), 4U)
        << scenario::describe(shortest);
    std::printf("seed %llu:\n%s%s", static_cast<unsigned long long>(seed), text(shown.violations).c_str(),
                scenario::describe(shortest).c_str());
    provisioner::planted = provisioner::Planted::none;
    EXPECT_EQ(text(play(shortest).violations), "") << "without the planted fault";
    return;
  }
  FAIL() << "not found in 400 histories";
}

INSTANTIATE_TEST_SUITE_P(All, PlantedFaults,
                         testing::Values(PlantedCase{"NoIntent", provisioner::Planted::no_intent, 60},
                                         PlantedCase{"DeleteExported", provisioner::Planted::delete_exported, 1},
                                         PlantedCase{"LostReplyFailed", provisioner::Planted::lost_reply_failed, 173}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
