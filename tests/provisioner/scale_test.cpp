// Many at once: claims on a slow array, and the start with many volumes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "provisioner/core/json.h"
#include "tests/provisioner/lab.h"

namespace provisioner_test {
namespace {

boost::asio::awaitable<void> add_one(Orchestrator& core, int number, int& done) {
  VolumeConfig config;
  config.name = "v" + std::to_string(number);
  config.size = "1Gi";
  config.storage_class = "basic";
  const auto made = co_await core.add_volume(config);
  if (made) ++done;
}

struct Ready : Lab {
  Ready() {
    EXPECT_TRUE(start());
    EXPECT_TRUE(add_backend());
    EXPECT_TRUE(add_class(R"({"name":"basic","attributes":{"backendType":"ontap-nas"}})"));
  }
};

TEST(Scale, ClaimsOnASlowArrayTakeTheArraysOwnTime) {
  for (const int claims : {200, 400}) {
    Ready lab;
    // 20 servers inside the array, one second per volume-create.
    std::vector<base::TimePoint> free_at(20, lab.clock.now());
    const auto answering = lab.handler;
    lab.handler = [&](const base::http::Request& request) {
      auto response = answering(request);
      if (request.body.find("<volume-create>") == std::string::npos) return response;
      auto& server = *std::ranges::min_element(free_at);
      server = std::max(server, lab.clock.now()) + std::chrono::seconds(1);
      response.delivery.delay = server - lab.clock.now();
      return response;
    };
    base::TaskGroup tasks(lab.io.get_executor());
    int done = 0;
    const base::TimePoint begin = lab.clock.now();
    for (int i = 0; i < claims; ++i) tasks.spawn(add_one(*lab.core, i, done));
    EXPECT_TRUE(lab.clock.run_until([&] { return done == claims; }, std::chrono::minutes(10)));
    const double seconds = std::chrono::duration<double>(lab.clock.now() - begin).count();
    const double bound = claims / 20.0;
    std::printf("%d claims: %.2f s, the array's own bound is %.2f s\n", claims, seconds, bound);
    EXPECT_LE(seconds, 1.1 * bound);
    EXPECT_EQ(lab.array.volumes.size(), static_cast<std::size_t>(claims));
    EXPECT_EQ(lab.array.count("volume-get-root-name"), 1U);  // mirrors of the SVM's root: one asks for all
    EXPECT_EQ(lab.array.count("snapmirror-get-iter"), 1U);
    lab.clock.run_ready();
  }
}

TEST(Scale, ReadsAnswerWhileClaimsFail) {
  Ready lab;
  lab.handler = [](const base::http::Request&) {
    base::http::Response response;
    response.delivery.fate = base::http::Delivery::Fate::hang;
    return response;
  };
  base::TaskGroup tasks(lab.io.get_executor());
  int done = 0;
  for (int i = 0; i < 40; ++i) tasks.spawn(add_one(*lab.core, i, done));
  lab.clock.run_ready();
  const base::TimePoint before = lab.clock.now();
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(lab.core->backend("ontapnas_192.168.199.107").ok());
    EXPECT_TRUE(lab.core->storage_class("basic").ok());
    EXPECT_TRUE(lab.core->volumes().empty());
  }
  EXPECT_EQ(lab.clock.now(), before);
  lab.clock.advance(std::chrono::minutes(20));
  EXPECT_EQ(done, 0);
}

TEST(Scale, TenThousandVolumesStartWithAHandfulOfCalls) {
  Ready lab;
  ASSERT_TRUE(lab.add_volume("first"));
  Json record = Json::parse(lab.database.records["/trident/v1/volume/first"]);
  for (int i = 0; i < 10000; ++i) {
    const std::string name = "v" + std::to_string(i);
    record["Config"]["name"] = name;
    record["Config"]["internalName"] = "trident_" + name;
    lab.database.records["/trident/v1/volume/" + name] = record.dump();
  }
  lab.array.calls.clear();
  ASSERT_TRUE(lab.start());
  EXPECT_EQ(lab.core->volumes().size(), 10001U);
  EXPECT_LE(lab.array.calls.size(), 110U);
  std::printf("10001 volumes: %zu array calls\n", lab.array.calls.size());
}

}  // namespace
}  // namespace provisioner_test
