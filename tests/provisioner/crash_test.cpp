// Every operation of the core is broken off at every boundary: before a store write or an array call leaves, after it
// was done but before its answer arrives, and right after the answer. Then the next instance starts, and nothing may be
// lost, orphaned, doubled or of the wrong size, whether the claim still wants the volume or not.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "provisioner/core/json.h"
#include "provisioner/core/size.h"
#include "provisioner/driver/ontap_array.h"
#include "tests/provisioner/crash.h"
#include "tests/provisioner/lab.h"

namespace provisioner_test {
namespace {

using boost::asio::awaitable;

/// A world whose instances can die.
struct World : Lab {
  World() { handler = provisioner_test::dying(handler, crash); }
  ~World() { halt(); }
  void halt() {
    crash.dead = true;
    stop();
    dying.reset();
  }
  Result<void> boot(int at = -1, Moment moment = Moment::before) {
    halt();
    crash = Crash{0, at, moment, false};
    store = std::make_unique<MemoryStore>(database);  // unused; Lab::stop wants one
    transport = std::make_unique<base::http::MemoryTransport>(clock, [this](const std::string& host, std::uint16_t) {
      return host == "192.168.199.108" ? &handler : nullptr;
    });
    dying = std::make_unique<DyingStore>(database, crash);
    const base::Logger logger(
        clock, [this](std::string_view line) { lines.emplace_back(line); }, base::LogLevel::warning);
    core = std::make_unique<Orchestrator>(io.get_executor(), clock, base::Rng(1), logger, *dying, *transport, options);
    return run(core->bootstrap());
  }
  void settle(bool wanted) { run(settled(*core, wanted)); }
  static awaitable<bool> settled(Orchestrator& core, bool wanted) {
    co_await core.settle_unfinished([wanted](const std::string&) { return wanted; });
    co_return true;
  }

  bool economy() const { return driver == "ontap-nas-economy"; }
  bool san() const { return driver == "ontap-san"; }
  bool fake() const { return driver == "fake"; }
  std::string backend_name() const {
    if (fake()) return "fake0";
    return (economy() ? "ontapnaseco_" : san() ? "ontapsan_" : "ontapnas_") + array.lif;
  }
  Result<std::string> put_backend(const std::string& policy = "default") {
    if (fake()) {  // an update is one pool more
      const std::string more = policy == "default" ? "" : R"(,"other":{"sizeBytes":1})";
      return run(core->add_backend(
          R"({"version":1,"storageDriverName":"fake","instanceName":"fake0","protocol":"file","pools":{"p1":{"sizeBytes":100000000000})" +
          more + "}}"));
    }
    return add_backend(R"({"storageDriverName":")" + driver + R"(","defaults":{"exportPolicy":")" + policy + R"("}})");
  }
  /// The size of what stands for that name on the array; nothing when it is not there or not reachable by clients.
  std::optional<std::uint64_t> on_array(const std::string& name) const {
    if (fake()) {  // that driver's array is its process: what the core knows is all there is
      for (const std::string& known : core->volumes()) {
        if (core->volume(known)->config.internal_name == name)
          return parse_size(core->volume(known)->config.size).value_or(0);
      }
      return std::nullopt;
    }
    if (economy()) {
      std::optional<std::uint64_t> size;
      for (const auto& [flexvol, trees] : array.trees) {
        if (const auto tree = trees.find(name); tree != trees.end()) size = size ? 0 : tree->second;
      }
      return size;
    }
    const auto volume = array.volumes.find(name);
    if (volume == array.volumes.end()) return std::nullopt;
    if (!san()) return volume->second.junction.empty() ? std::nullopt : std::optional(volume->second.size);
    const auto lun = array.luns.find("/vol/" + name + "/lun0");
    return lun == array.luns.end() || lun->second.mapped < 0 ? std::nullopt : std::optional(lun->second.size);
  }

  std::string driver = "ontap-nas";
  Crash crash;
  std::unique_ptr<DyingStore> dying;
};

constexpr const char* kFake =
    R"({"version":1,"storageDriverName":"fake","instanceName":"fake1","protocol":"file","pools":{"p1":{"sizeBytes":100000000000}}})";

VolumeConfig config(const std::string& name, const std::string& storage_class = "basic") {
  VolumeConfig wanted;
  wanted.name = name;
  wanted.size = "1Gi";
  wanted.storage_class = storage_class;
  return wanted;
}

template <class T>
bool succeeded(const Result<T>& result) {
  return result.ok() || result.error().kind == ErrorKind::already_exists;
}

struct Operation {
  const char* name;
  std::function<void(World&)> prepare;
  std::function<bool(World&)> run;         // true: the caller was told of success (or that it is already so)
  std::function<bool(const World&)> done;  // the world is as after the operation
  bool economy;                            // the economy driver can do it
};

bool skipped(const std::string& driver, const Operation& operation) {
  return (driver == "ontap-nas-economy" || driver == "fake") && !operation.economy;
}

bool has_volume(const World& world, const std::string& name, std::uint64_t size = 1073741824) {
  const auto found = world.core->volume(name);
  return found && parse_size(found->config.size).value_or(0) == size;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> kOperations = {
      {"create", [](World&) {}, [](World& w) { return succeeded(w.run(w.core->add_volume(config("v")))); },
       [](const World& w) { return has_volume(w, "v"); }, true},
      {"clone", [](World& w) { EXPECT_TRUE(w.run(w.core->add_volume(config("source")))); },
       [](World& w) {
         VolumeConfig clone = config("v");
         clone.clone_source_volume = "source";
         return succeeded(w.run(w.core->add_volume(clone)));
       },
       [](const World& w) { return has_volume(w, "v") && w.array.volumes.at("trident_v").parent == "trident_source"; },
       false},
      {"import",
       [](World& w) {
         w.array.volumes["legacy"] = {.size = 1073741824, .aggregate = "aggr3", .junction = "/legacy"};
         w.array.luns["/vol/legacy/lun0"].size = 1073741824;
       },
       [](World& w) {
         ImportRequest request{w.backend_name(), "legacy", config("v"), true};
         return succeeded(w.run(w.core->import_volume(request)));
       },
       [](const World& w) {
         return has_volume(w, "v") && w.array.volumes.contains("trident_v") && !w.array.volumes.contains("legacy");
       },
       false},
      {"resize", [](World& w) { EXPECT_TRUE(w.run(w.core->add_volume(config("v")))); },
       [](World& w) { return w.run(w.core->resize_volume("v", "2Gi")).ok(); },
       [](const World& w) {
         return has_volume(w, "v", 2147483648) && w.on_array(w.fake() ? "trident-v" : "trident_v") == 2147483648;
       },
       true},
      {"delete", [](World& w) { EXPECT_TRUE(w.run(w.core->add_volume(config("v")))); },
       [](World& w) {
         const auto gone = w.run(w.core->delete_volume("v"));
         return gone.ok() || gone.error().kind == ErrorKind::not_found;
       },
       [](const World& w) {
         return !w.core->volume("v") && !w.on_array("trident_v") && !w.on_array("trident-v") &&
                !w.array.volumes.contains("trident_v");
       },
       true},
      {"snapshot-create", [](World& w) { EXPECT_TRUE(w.run(w.core->add_volume(config("v")))); },
       [](World& w) { return w.run(w.core->create_snapshot("v", "s")).ok(); },
       [](const World& w) { return w.array.volumes.at("trident_v").snapshots.contains("s"); }, false},
      {"snapshot-delete",
       [](World& w) {
         EXPECT_TRUE(w.run(w.core->add_volume(config("v"))));
         EXPECT_TRUE(w.run(w.core->create_snapshot("v", "s")));
       },
       [](World& w) { return w.run(w.core->delete_snapshot("v", "s")).ok(); },
       [](const World& w) { return w.array.volumes.at("trident_v").snapshots.empty(); }, false},
      {"class-add", [](World&) {},
       [](World& w) { return succeeded(w.add_class(R"({"name":"new","attributes":{"snapshots":"true"}})")); },
       [](const World& w) { return w.core->storage_class("new").ok(); }, true},
      {"class-delete", [](World&) {},
       [](World& w) {
         const auto gone = w.run(w.core->delete_storage_class("basic"));
         return gone.ok() || gone.error().kind == ErrorKind::not_found;
       },
       [](const World& w) { return !w.core->storage_class("basic"); }, true},
      {"backend-add", [](World&) {}, [](World& w) { return succeeded(w.run(w.core->add_backend(kFake))); },
       [](const World& w) { return w.core->backend("fake1").ok(); }, true},
      {"backend-update", [](World& w) { EXPECT_TRUE(w.run(w.core->add_volume(config("v")))); },
       [](World& w) { return w.put_backend("other").ok(); },
       [](const World& w) {
         return w.core->backend(w.backend_name())->volumes == std::vector<std::string>{"v"} &&
                w.database.records.at("/trident/v1/backend/" + w.backend_name()).find("\"other\"") != std::string::npos;
       },
       true},
      {"backend-delete", [](World& w) { EXPECT_TRUE(w.run(w.core->add_backend(kFake))); },
       [](World& w) {
         const auto gone = w.run(w.core->delete_backend("fake1"));
         return gone.ok() || gone.error().kind == ErrorKind::not_found;
       },
       [](const World& w) { return !w.core->backend("fake1"); }, true},
  };
  return kOperations;
}

/// Nothing lost, orphaned, doubled or wrong-sized; foreign volumes untouched; no rubbish.
void check(World& world, const std::string& where) {
  std::map<std::string, std::string> known;  // on the array -> Trident volume
  for (const std::string& name : world.core->volumes()) {
    const Volume volume = world.core->volume(name).value();
    EXPECT_TRUE(known.emplace(volume.config.internal_name, name).second) << where << ": doubled";
    const auto size = world.on_array(volume.config.internal_name);
    EXPECT_TRUE(size.has_value()) << where << ": lost " << name;
    EXPECT_EQ(size.value_or(0), parse_size(volume.config.size).value_or(0)) << where << ": wrong size or doubled";
    EXPECT_TRUE(world.database.records.contains("/trident/v1/volume/" + name)) << where;
  }
  if (world.economy()) world.clock.advance(std::chrono::minutes(12));  // housekeeping
  for (const auto& [name, volume] : world.array.volumes) {
    if (name == "foreign" || name == "legacy") continue;
    if (world.economy()) {
      EXPECT_FALSE(world.array.trees[name].empty()) << where << ": empty FlexVol " << name;
      for (const auto& [tree, quota] : world.array.trees[name])
        EXPECT_TRUE(known.contains(tree)) << where << ": orphaned qtree " << tree;
      continue;
    }
    EXPECT_TRUE(known.contains(name)) << where << ": orphaned " << name;
    EXPECT_EQ(owner_from_comment(volume.comment).value_or(Owner{}).volume, known[name]) << where;
    for (const std::string& snapshot : volume.snapshots) {
      EXPECT_TRUE(!snapshot.starts_with("for_") || known.contains(snapshot.substr(4)))
          << where << ": orphaned snapshot " << snapshot;
    }
  }
  EXPECT_EQ(world.array.volumes.at("foreign").comment, "not ours") << where;
  for (const auto& [key, text] : world.database.records)
    EXPECT_FALSE(key.starts_with("/trident/v1/txn/")) << where << ": unfinished " << text;
}

void set_up(World& world, const Operation& operation) {
  world.array.volumes["foreign"] = {.size = 5, .aggregate = "aggr3", .comment = "not ours"};
  ASSERT_TRUE(world.boot());
  ASSERT_TRUE(world.put_backend());
  ASSERT_TRUE(world.add_class(R"({"name":"basic","attributes":{"backendType":")" + world.driver + R"("}})"));
  operation.prepare(world);
}

/// Starts, lets the claims decide, and repeats the operation if it is still wanted.
void recover(World& world, const Operation& operation, bool wanted, const std::string& where) {
  ASSERT_TRUE(world.boot()) << where;
  if (wanted) {
    EXPECT_TRUE(operation.run(world)) << where << ": the repeat failed";
    EXPECT_TRUE(operation.done(world)) << where << ": not done after the repeat";
  }
  world.settle(wanted);
  check(world, where);
  if (testing::Test::HasFailure()) {
    for (const std::string& line : world.lines) std::fputs(line.c_str(), stderr);
  }
}

/// How many boundaries the operation has when nothing goes wrong.
int boundaries(const std::string& driver, const Operation& operation) {
  World world;
  world.driver = driver;
  set_up(world, operation);
  world.crash.seen = 0;
  EXPECT_TRUE(operation.run(world)) << operation.name;
  EXPECT_TRUE(operation.done(world)) << operation.name;
  return world.crash.seen;
}

class Crashes : public testing::TestWithParam<const char*> {};

TEST_P(Crashes, AtEveryBoundaryOfEveryOperation) {
  const std::string driver = GetParam();
  int cases = 0;
  for (const Operation& operation : operations()) {
    if (skipped(driver, operation)) continue;
    const int count = boundaries(driver, operation);
    ASSERT_GT(count, 0);
    for (int at = 0; at < count; ++at) {
      for (const Moment moment : kMoments) {
        for (const bool wanted : {true, false}) {
          const std::string where = driver + " " + operation.name + " boundary " + std::to_string(at) + " moment " +
                                    std::to_string(static_cast<int>(moment)) + (wanted ? " wanted" : " not wanted");
          World world;
          world.driver = driver;
          set_up(world, operation);
          world.crash.seen = 0;
          world.crash.at = at;
          world.crash.moment = moment;
          static_cast<void>(operation.run(world));
          EXPECT_TRUE(world.crash.dead) << where;
          recover(world, operation, wanted, where);
          ++cases;
          ASSERT_FALSE(HasFailure()) << where;
        }
      }
    }
  }
  std::printf("%s: %d single crashes, 0 violations\n", driver.c_str(), cases);
}

/// One crash, then another during the recovery from it.
void crash_twice(const std::string& driver, const Operation& operation, int at, Moment moment, int second,
                 Moment second_moment, bool wanted, bool& reached) {
  const std::string where = driver + " " + operation.name + " boundary " + std::to_string(at) + " moment " +
                            std::to_string(static_cast<int>(moment)) + ", then " + std::to_string(second) + " moment " +
                            std::to_string(static_cast<int>(second_moment)) + (wanted ? " wanted" : " not wanted");
  World world;
  world.driver = driver;
  set_up(world, operation);
  world.crash.seen = 0;
  world.crash.at = at;
  world.crash.moment = moment;
  static_cast<void>(operation.run(world));
  static_cast<void>(world.boot(second, second_moment));
  if (world.core->phase() == CorePhase::ready && wanted) static_cast<void>(operation.run(world));
  if (world.core->phase() == CorePhase::ready) world.settle(wanted);
  reached = world.crash.dead;
  recover(world, operation, wanted, where);
}

/// With DRYDOCK_SOAK=1 every combination (well over 10,000), else a sample of them.
TEST_P(Crashes, DuringTheRecoveryFromACrash) {
  const std::string driver = GetParam();
  const char* soak = std::getenv("DRYDOCK_SOAK");
  const bool whole = soak != nullptr && std::string(soak) == "1";
  int cases = 0;
  for (const Operation& operation : operations()) {
    if (skipped(driver, operation)) continue;
    const int count = boundaries(driver, operation);
    for (int at = 0; at < count; ++at) {
      for (const Moment moment : kMoments) {
        if (!whole && moment != kMoments[at % 3]) continue;
        bool reached = true;
        for (int second = 0; second < 60 && reached; ++second) {  // until recovery has no more boundaries
          for (const Moment second_moment : kMoments) {
            if (!whole && second_moment != kMoments[second % 3]) continue;
            for (const bool wanted : {true, false}) {
              if (!whole && wanted != ((at + second) % 2 == 0)) continue;
              bool here = false;
              crash_twice(driver, operation, at, moment, second, second_moment, wanted, here);
              reached = here;
              ++cases;
              ASSERT_FALSE(HasFailure());
            }
          }
        }
      }
    }
  }
  std::printf("%s: %d crashes during recovery from a crash, 0 violations\n", driver.c_str(), cases);
}

INSTANTIATE_TEST_SUITE_P(Drivers, Crashes, testing::Values("ontap-nas", "ontap-nas-economy", "ontap-san", "fake"));

}  // namespace
}  // namespace provisioner_test
