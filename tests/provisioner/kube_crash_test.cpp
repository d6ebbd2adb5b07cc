// The whole server is broken off at every boundary of what a claim or a class sets going: every store write, array call
// and Kubernetes call, with every driver. The next instance must bring the cluster and the array to where they should
// be.
#include <cstdio>

#include "tests/provisioner/crash.h"
#include "tests/provisioner/server_lab.h"
#include "tests/provisioner/tiny_array.h"

namespace provisioner_test {
namespace {

using provisioner::kube::text_at;

const std::string kClaims = "/api/v1/namespaces/test/persistentvolumeclaims";
const std::string kClasses = "/apis/storage.k8s.io/v1/storageclasses";

struct ClusterWorld : Server {
  explicit ClusterWorld(const std::string& driver_name) : Server(true), driver(driver_name) {
    api_handler = dying([this](const Request& request) { return api.handle(request); }, crash_point);
    array_handler = dying([this](const Request& request) { return array.handle(request); }, crash_point);
    open = [this] { return std::make_unique<DyingStore>(database, crash_point); };
    array.volumes["foreign"] = {.size = 5, .aggregate = "aggr3", .comment = "not ours"};
    put_class("basic");
    boot();
    EXPECT_EQ(call("POST", "/trident/v1/backend", backend()).status, 201);
  }
  ~ClusterWorld() { die(); }
  void die() {
    crash_point.dead = true;
    crash();
  }
  void boot() {
    die();
    crash_point = Crash{};
    start();
  }
  void put_class(const std::string& name) {
    api.put(kClasses,
            *yaml_to_json("{metadata: {name: " + name + ", uid: class-" + name +
                          "}, provisioner: netapp.io/trident, allowVolumeExpansion: true, parameters: {backendType: " +
                          driver + "}}"));
  }
  std::string backend() const {
    if (driver == "fake")
      return R"({"version":1,"storageDriverName":"fake","instanceName":"fake0","protocol":"file","pools":{"p1":{"sizeBytes":100000000000}}})";
    return R"({"version":1,"storageDriverName":")" + driver +
           R"(","managementLIF":"192.168.199.108","dataLIF":"192.168.199.107","svm":"tridentsvm","username":"u","password":"p"})";
  }
  void want(const std::string& name, const std::string& size = "1Gi", const std::string& more = {}) {
    Json object = claim(name, more);
    object["spec"]["resources"]["requests"]["storage"] = size;
    if (const Json* before = api.find(kClaims + "/" + name)) {
      object["status"] = (*before)["status"];
      object["spec"]["volumeName"] = (*before)["spec"]["volumeName"];
    }
    put_claim(object);
    wanted[name] = size;
  }
  void drop(const std::string& name) {
    api.erase(kClaims + "/" + name);
    wanted.erase(name);
    dropped.insert(name);
  }
  static std::string volume_of(const std::string& name) { return "test-" + name + "-" + (name + "aaaaa").substr(0, 5); }

  /// What Kubernetes' own controller does: binds claims, releases the volumes of those that have gone.
  void bind() {
    for (const auto& [name, size] : wanted) {
      const Json* object = pv(volume_of(name));
      Json request = *api.find(kClaims + "/" + name);
      if (!object || text_at(request, {"status", "phase"}) != "Pending") continue;
      request["spec"]["volumeName"] = volume_of(name);
      request["status"] = {{"phase", "Bound"},
                           {"capacity", {{"storage", text_at(*object, {"spec", "capacity", "storage"})}}}};
      api.put(kClaims, request);
      set_phase(volume_of(name), "Bound");
    }
    for (const std::string& name : dropped) {
      const Json* object = pv(volume_of(name));
      if (object && text_at(*object, {"status", "phase"}) != "Released") set_phase(volume_of(name), "Released");
    }
  }
  void live(int steps, base::Duration step) {
    for (int i = 0; i < steps; ++i) {
      clock.advance(step);
      bind();
    }
  }
  bool on_array(const std::string& volume, const std::string& size) {
    const std::uint64_t bytes = size == "1Gi" ? 1073741824 : 2147483648;
    std::string name = "trident_" + volume;
    std::ranges::replace(name, '-', '_');
    if (driver == "ontap-nas")
      return array.volumes.contains(name) && array.volumes[name].size == bytes && !array.volumes[name].junction.empty();
    if (driver == "ontap-san")
      return array.luns.contains("/vol/" + name + "/lun0") && array.luns["/vol/" + name + "/lun0"].size == bytes &&
             array.luns["/vol/" + name + "/lun0"].mapped >= 0;
    if (driver == "fake") return true;
    int found = 0;
    for (const auto& [flexvol, trees] : array.trees) found += trees.contains(name) && trees.at(name) == bytes ? 1 : 0;
    return found == 1;
  }
  /// Nothing lost, orphaned, doubled or wrong-sized, in the store, on the array and in the cluster.
  void check(const std::string& where) {
    std::string names;
    for (const auto& [name, size] : wanted) {
      const std::string volume = volume_of(name);
      names += (names.empty() ? "\"" : ",\"") + volume + "\"";
      const Json* object = pv(volume);
      ASSERT_TRUE(object) << where << ": no PV for " << name;
      EXPECT_EQ(text_at(*object, {"spec", "capacity", "storage"}), size) << where;
      EXPECT_EQ(text_at(*api.find(kClaims + "/" + name), {"status", "phase"}), "Bound") << where;
      EXPECT_EQ(text_at(*api.find(kClaims + "/" + name), {"status", "capacity", "storage"}), size) << where;
      EXPECT_TRUE(on_array(volume, size)) << where << ": lost or wrong-sized " << volume;
    }
    for (const std::string& name : dropped) EXPECT_FALSE(pv(volume_of(name))) << where << ": the PV stays";
    EXPECT_EQ(volumes(), "{\"volumes\":[" + names + "]}\n") << where;
    std::size_t things = 0;
    for (const auto& [name, volume] : array.volumes)
      things += name == "foreign" || driver == "ontap-nas-economy" ? 0U : 1U;
    for (const auto& [flexvol, trees] : array.trees) things += driver == "ontap-nas-economy" ? trees.size() : 0U;
    if (driver != "fake") {
      EXPECT_EQ(things, wanted.size()) << where << ": orphaned";
    }
    EXPECT_EQ(array.volumes.at("foreign").comment, "not ours") << where;
    for (const auto& [key, text] : database.records)
      EXPECT_FALSE(key.starts_with("/trident/v1/txn/")) << where << ": unfinished " << text;
    if (testing::Test::HasFailure()) {
      for (const std::string& line : lines) std::fputs(line.c_str(), stderr);
    }
  }

  std::string driver;
  Crash crash_point;
  TinyArray array;
  std::map<std::string, std::string> wanted;  // claim -> size
  std::set<std::string> dropped;
};

struct Story {
  const char* name;
  std::function<void(ClusterWorld&)> prepare;
  std::function<void(ClusterWorld&)> act;
  std::function<void(ClusterWorld&)> meanwhile;  // while no instance runs; null: nothing else to try
  bool economy;
  bool fake;
};

void nothing(ClusterWorld&) {}
void bound_claim(ClusterWorld& world) {
  world.want("one");
  world.live(10, seconds(2));
}

const std::vector<Story>& stories() {
  static const std::vector<Story> kStories = {
      {"provision", nothing, [](ClusterWorld& w) { w.want("one"); }, [](ClusterWorld& w) { w.drop("one"); }, true,
       true},
      {"release", bound_claim, [](ClusterWorld& w) { w.drop("one"); }, nullptr, true, true},
      {"expand", bound_claim, [](ClusterWorld& w) { w.want("one", "2Gi"); }, [](ClusterWorld& w) { w.drop("one"); },
       true, false},
      {"clone", bound_claim, [](ClusterWorld& w) { w.want("two", "1Gi", ", trident.netapp.io/cloneFromPVC: one"); },
       [](ClusterWorld& w) { w.drop("two"); }, false, false},
      {"class-add", nothing,
       [](ClusterWorld& w) {
         w.put_class("other");
         Json object = w.claim("one");
         object["spec"]["storageClassName"] = "other";
         w.put_claim(object);
         w.wanted["one"] = "1Gi";
       },
       nullptr, true, true},
      {"class-delete", bound_claim, [](ClusterWorld& w) { w.api.erase(kClasses + "/basic"); },
       [](ClusterWorld& w) { w.put_class("basic"); }, true, true}};
  return kStories;
}

class KubeCrashes : public testing::TestWithParam<const char*> {};

TEST_P(KubeCrashes, AtEveryBoundaryOfEveryStory) {
  const std::string driver = GetParam();
  int cases = 0;
  for (const Story& story : stories()) {
    if ((driver == "ontap-nas-economy" && !story.economy) || (driver == "fake" && !story.fake)) continue;
    int count = 0;
    {
      ClusterWorld world(driver);
      story.prepare(world);
      world.crash_point.seen = 0;
      story.act(world);
      world.live(10, seconds(2));
      count = world.crash_point.seen;
      world.check(driver + " " + story.name + " without a crash");
      ASSERT_FALSE(HasFailure());
    }
    ASSERT_GT(count, 0);
    for (int at = 0; at < count; ++at) {
      for (const Moment moment : kMoments) {
        for (const bool changes : {false, true}) {
          if (changes && !story.meanwhile) continue;
          const std::string where = driver + " " + story.name + " boundary " + std::to_string(at) + " moment " +
                                    std::to_string(static_cast<int>(moment)) + (changes ? " changed meanwhile" : "");
          ClusterWorld world(driver);
          story.prepare(world);
          world.crash_point.seen = 0;
          world.crash_point.at = at;
          world.crash_point.moment = moment;
          story.act(world);
          world.live(10, seconds(2));
          EXPECT_TRUE(world.crash_point.dead) << where;
          world.die();
          if (changes) story.meanwhile(world);
          world.boot();
          world.live(30, seconds(30));
          world.check(where);
          ++cases;
          ASSERT_FALSE(HasFailure()) << where;
        }
      }
    }
  }
  std::printf("%s: %d single crashes of the whole server, 0 violations\n", driver.c_str(), cases);
}

INSTANTIATE_TEST_SUITE_P(Drivers, KubeCrashes, testing::Values("ontap-nas", "ontap-nas-economy", "ontap-san", "fake"));

}  // namespace
}  // namespace provisioner_test
