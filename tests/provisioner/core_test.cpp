#include <gtest/gtest.h>

#include "provisioner/core/json.h"
#include "tests/provisioner/lab.h"

namespace provisioner_test {
namespace {

constexpr const char* kBasic = R"({"name":"basic","attributes":{"backendType":"ontap-nas"}})";
constexpr const char* kName = "ontapnas_192.168.199.107";

struct Ready : Lab {
  Ready() {
    EXPECT_TRUE(start());
    EXPECT_EQ(add_backend().value(), kName);
    EXPECT_TRUE(add_class(kBasic));
    array.calls.clear();
  }
};

TEST(Core, ABackendBecomesWhatTheTutorialShows) {
  Ready lab;
  const auto view = lab.core->backend(kName);
  ASSERT_TRUE(view);
  EXPECT_EQ(
      to_json(*view).dump(),
      R"({"name":"ontapnas_192.168.199.107","config":{"version":1,"storageDriverName":"ontap-nas","storagePrefix":"trident","serialNumbers":[],)"
      R"("managementLIF":"192.168.199.108","dataLIF":"192.168.199.107","igroupName":"","svm":"tridentsvm"},"storage":{"aggr3":{"name":"aggr3",)"
      R"("storageClasses":["basic"],"storageAttributes":{"backendType":{"offer":["ontap-nas"]},"encryption":{"offer":true},"media":{"offer":["hdd"]},)"
      R"("provisioningType":{"offer":["thick","thin"]},"snapshots":{"offer":true}},"volumes":[]}},"online":true,"volumes":[]})");
  EXPECT_EQ(
      lab.database.records["/trident/v1/backend/ontapnas_192.168.199.107"],
      R"({"version":"1","config":{"ontap_config":{"version":1,"storageDriverName":"ontap-nas","debug":false,"debugTraceFlags":null,"disableDelete":false,)"
      R"("storagePrefix":{},"managementLIF":"192.168.199.108","dataLIF":"192.168.199.107","igroupName":"","svm":"tridentsvm","username":"admin",)"
      R"("password":"netapp123","aggregate":"","usageHeartbeat":"","qtreePruneFlexvolsPeriod":"","qtreeQuotaResizePeriod":"",)"
      R"("nfsMountOptions":"-o nfsvers=3","defaults":{"spaceReserve":"none","snapshotPolicy":"none","unixPermissions":"---rwxrwxrwx",)"
      R"("snapshotDir":"false","exportPolicy":"default","securityStyle":"unix","splitOnClone":"false","fileSystemType":"ext4","encryption":"false"}}},)"
      R"("name":"ontapnas_192.168.199.107","online":true})");
}

TEST(Core, AVolumeLivesAndDiesInTheFewestCalls) {
  Ready lab;
  const auto volume = lab.add_volume("trident-basic-f4048");
  ASSERT_TRUE(volume) << volume.error().message;
  EXPECT_EQ(lab.array.count("volume-create"), 1U);
  EXPECT_EQ(lab.array.count("volume-mount"), 0U);
  EXPECT_EQ(lab.array.volumes["trident_trident_basic_f4048"].junction, "/trident_trident_basic_f4048");
  EXPECT_FALSE(lab.array.volumes["trident_trident_basic_f4048"].snapshot_directory);
  EXPECT_EQ(
      lab.database.records["/trident/v1/volume/trident-basic-f4048"],
      R"({"Config":{"version":"1","name":"trident-basic-f4048","internalName":"trident_trident_basic_f4048","size":"1Gi","protocol":"file",)"
      R"("storageClass":"basic","accessMode":"ReadWriteOnce","accessInformation":{"nfsServerIp":"192.168.199.107",)"
      R"("nfsPath":"/trident_trident_basic_f4048"},"blockSize":"","fileSystem":""},"backend":"ontapnas_192.168.199.107","pool":"aggr3"})");
  EXPECT_FALSE(lab.database.records.contains("/trident/v1/txn/trident-basic-f4048"));
  lab.array.calls.clear();
  EXPECT_TRUE(lab.add_volume("second"));
  EXPECT_EQ(lab.array.calls, (std::vector<std::string>{"volume-create", "volume-modify-iter"}));
  lab.array.calls.clear();
  ASSERT_TRUE(lab.run(lab.core->delete_volume("trident-basic-f4048")));
  EXPECT_EQ(lab.array.calls, std::vector<std::string>{"volume-destroy"});
  EXPECT_EQ(lab.run(lab.core->delete_volume("trident-basic-f4048")).error().kind, ErrorKind::not_found);
  EXPECT_EQ(lab.core->volumes(), std::vector<std::string>{"second"});
}

TEST(Core, RefusesWhatCannotWork) {
  Ready lab;
  ASSERT_TRUE(lab.add_volume("here"));
  EXPECT_EQ(lab.add_volume("here").error().kind, ErrorKind::already_exists);
  EXPECT_EQ(lab.add_volume("v", "1Gi", "none").error().message, "unknown storage class: none");
  EXPECT_FALSE(lab.add_volume("v", "1.5Gi"));
  EXPECT_FALSE(lab.add_volume("small", "10Mi"));
  EXPECT_TRUE(lab.add_class(R"({"name":"gold","attributes":{"media":"ssd"}})"));
  EXPECT_EQ(lab.add_volume("v", "1Gi", "gold").error().message, "no available backends for storage class gold");
  EXPECT_EQ(lab.add_class(kBasic).error().kind, ErrorKind::already_exists);
  EXPECT_FALSE(lab.add_class(R"({"name":"odd","attributes":{"colour":"red"}})"));
  EXPECT_EQ(lab.database.records.count("/trident/v1/storageclass/odd"), 0U);
  lab.array.refusals["volume-create"] = "13001";
  EXPECT_EQ(lab.add_volume("v").error().message,
            "encountered error(s) in creating the volume: [Failed to create volume v on storage pool aggr3 from "
            "backend ontapnas_192.168.199.107: error creating "
            "volume trident_v: API status: failed, Reason: refused by the test, Code: 13001]");
  EXPECT_EQ(lab.database.records.count("/trident/v1/txn/v"), 0U);
}

struct BadBackend {
  const char* changes;
  const char* message;
};
TEST(Core, BadBackendFilesAreNamed) {
  const std::vector<BadBackend> rows = {
      {R"({"version":2})", "input failed validation: unexpected config file version; found 2, expected 1"},
      {R"({"storageDriverName":null})", "input failed validation: missing storage driver name in configuration file"},
      {R"({"storageDriverName":"nfs"})", "unknown storage driver: nfs"},
      {R"({"storageDriverName":"solidfire-san"})",
       "storage driver solidfire-san is not supported by this provisioner; it serves ONTAP systems only"},
      {R"({"dataLIF":"10.0.0.9"})",
       "problem initializing storage driver 'ontap-nas': could not find NFS data LIF with address 10.0.0.9 on SVM "
       "tridentsvm"},
      {R"({"svm":5})", "input failed validation: could not decode \"svm\": expected a text"},
      {R"({"defaults":{"splitOnClone":"maybe"}})",
       "input failed validation: invalid boolean value for \"splitOnClone\": \"maybe\""},
      {R"({"managementLIF":"192.168.199.1"})", nullptr},
  };
  Lab lab;
  ASSERT_TRUE(lab.start());
  for (const BadBackend& row : rows) {
    const auto added = lab.add_backend(row.changes);
    ASSERT_FALSE(added) << row.changes;
    if (row.message != nullptr) {
      EXPECT_EQ(added.error().message, row.message);
    }
  }
  EXPECT_TRUE(lab.core->backends().empty());
  EXPECT_FALSE(lab.run(lab.core->add_backend("{")));
}

TEST(Core, ABackendGoesWithItsLastVolume) {
  Ready lab;
  ASSERT_TRUE(lab.add_volume("v"));
  ASSERT_TRUE(lab.run(lab.core->delete_backend(kName)));
  EXPECT_TRUE(lab.core->backends().empty());
  EXPECT_FALSE(lab.core->backend(kName)->online);
  EXPECT_FALSE(lab.add_volume("w"));
  ASSERT_TRUE(lab.start());
  EXPECT_FALSE(lab.core->backend(kName)->online);
  ASSERT_TRUE(lab.run(lab.core->delete_volume("v")));
  EXPECT_FALSE(lab.core->backend(kName));
  EXPECT_EQ(lab.database.records.count("/trident/v1/backend/ontapnas_192.168.199.107"), 0U);
}

TEST(Core, GrowsAndNeverShrinks) {
  Ready lab;
  ASSERT_TRUE(lab.add_volume("v"));
  EXPECT_EQ(lab.run(lab.core->resize_volume("v", "2Gi")).value().config.size, "2147483648");
  EXPECT_EQ(lab.array.volumes["trident_v"].size, 2147483648U);
  EXPECT_FALSE(lab.run(lab.core->resize_volume("v", "1Gi")));
  EXPECT_FALSE(lab.run(lab.core->resize_volume("w", "1Gi")));
}

TEST(Core, ClonesAndImports) {
  Ready lab;
  ASSERT_TRUE(lab.add_volume("source"));
  VolumeConfig clone;
  clone.name = "copy";
  clone.size = "1Gi";
  clone.storage_class = "basic";
  clone.clone_source_volume = "source";
  const auto made = lab.run(lab.core->add_volume(clone));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(lab.array.volumes["trident_copy"].parent, "trident_source");
  EXPECT_EQ(lab.run(lab.core->delete_volume("source")).error().kind, ErrorKind::conflict);
  ASSERT_TRUE(lab.run(lab.core->delete_volume("copy")));
  EXPECT_TRUE(lab.array.volumes["trident_source"].snapshots.empty());
  ASSERT_TRUE(lab.run(lab.core->delete_volume("source")));

  lab.array.volumes["legacy"] = {.size = 30000000, .aggregate = "aggr3", .junction = "/old"};
  ImportRequest request{kName, "legacy", {}, true};
  request.config.name = "new";
  request.config.storage_class = "basic";
  const auto imported = lab.run(lab.core->import_volume(request));
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->config.access.nfs_path, "/old");
  EXPECT_EQ(imported->config.size, "30000000");
  EXPECT_TRUE(lab.array.volumes.contains("trident_new"));
}

TEST(Core, AForeignVolumeOfThatNameIsNeverAdopted) {
  Ready lab;
  lab.array.volumes["trident_v"] = {
      .size = 1073741824, .aggregate = "aggr3", .comment = "mine", .junction = "/trident_v"};
  EXPECT_FALSE(lab.add_volume("v"));
  EXPECT_EQ(lab.array.volumes["trident_v"].comment, "mine");
  EXPECT_EQ(lab.database.records.count("/trident/v1/txn/v"), 0U);
}

TEST(Core, StartsWithoutItsArrayAndFindsItLater) {
  Ready lab;
  ASSERT_TRUE(lab.add_volume("v"));
  const auto answering = lab.handler;
  lab.handler = [](const base::http::Request&) {
    base::http::Response response;
    response.delivery.fate = base::http::Delivery::Fate::hang;
    return response;
  };
  ASSERT_TRUE(lab.start());
  EXPECT_EQ(lab.core->volumes(), std::vector<std::string>{"v"});
  EXPECT_EQ(lab.core->backend(kName)->state, BackendState::failed);
  EXPECT_FALSE(lab.add_volume("w"));
  lab.handler = answering;
  lab.clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(lab.core->backend(kName)->state, BackendState::online);
  EXPECT_TRUE(lab.add_volume("w"));
}

TEST(Core, ALostReplyToVolumeCreateMakesOneVolume) {
  Ready lab;
  const auto answering = lab.handler;
  bool lose = true;
  lab.handler = [&](const base::http::Request& request) {
    auto response = answering(request);
    if (lose && request.body.find("<volume-create>") != std::string::npos)
      response.delivery.fate = base::http::Delivery::Fate::drop_reply;
    return response;
  };
  EXPECT_EQ(lab.add_volume("v").error().kind, ErrorKind::unknown_outcome);
  lose = false;
  const auto volume = lab.add_volume("v");
  ASSERT_TRUE(volume) << volume.error().message;
  EXPECT_EQ(lab.array.volumes.size(), 1U);
  EXPECT_EQ(lab.array.count("volume-create"), 2U);
}

TEST(Core, PasswordsAreSealedWithAKey) {
  Lab lab;
  lab.options.secret_key = "a key";
  ASSERT_TRUE(lab.start());
  ASSERT_TRUE(lab.add_backend());
  for (const auto& [key, text] : lab.database.records) EXPECT_EQ(text.find("netapp123"), std::string::npos) << key;
  ASSERT_TRUE(lab.start());
  EXPECT_EQ(lab.core->backend(kName)->state, BackendState::online);
  lab.options.secret_key = "another";
  ASSERT_TRUE(lab.start());
  EXPECT_EQ(lab.core->backend(kName)->state, BackendState::failed);
  EXPECT_FALSE(lab.logged("netapp123"));
}

TEST(Core, ALostStoreIsRebuiltFromTheArray) {
  Ready lab;
  ASSERT_TRUE(lab.add_volume("a"));
  ASSERT_TRUE(lab.add_volume("b"));
  lab.array.volumes["trident_foreign"] = {.size = 30000000, .aggregate = "aggr3", .junction = "/x"};
  const std::string before = lab.database.records["/trident/v1/volume/a"];
  lab.options.instance = lab.database.records["/trident/v1/meta/instance"];
  lab.database.records.clear();
  ASSERT_TRUE(lab.start());
  ASSERT_TRUE(lab.add_backend());
  EXPECT_EQ(lab.run(lab.core->rediscover_volumes(kName)).value(), (std::vector<std::string>{"a", "b"}));
  Json wanted = Json::parse(before);
  wanted["Config"]["size"] = "1073741824";
  EXPECT_EQ(lab.database.records["/trident/v1/volume/a"], wanted.dump());
  EXPECT_EQ(lab.array.volumes.size(), 3U);
}

TEST(Core, VirtualPoolsHaveLabelsAndDefaultsOfTheirOwn) {
  Lab lab;
  lab.array.aggregates = {"aggr1", "aggr2"};
  ASSERT_TRUE(lab.start());
  const auto added = lab.add_backend(
      R"({"labels":{"site":"north"},"storage":[{"labels":{"tier":"gold"},"defaults":{"snapshotDir":"true"}},{"labels":{"tier":"tin"},"zone":"z2"}]})");
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_TRUE(lab.add_class(R"({"name":"gold","selector":"tier=gold; site=north"})"));
  EXPECT_TRUE(lab.add_class(R"({"name":"far","attributes":{"zone":"z2"}})"));
  EXPECT_EQ(lab.core->storage_class("gold")->storage, (PoolLists{{kName, {"ontapnas_192.168.199.107_pool_0"}}}));
  EXPECT_EQ(lab.core->storage_class("far")->storage, (PoolLists{{kName, {"ontapnas_192.168.199.107_pool_1"}}}));
  const auto volume = lab.add_volume("v", "1Gi", "gold");
  ASSERT_TRUE(volume) << volume.error().message;
  EXPECT_EQ(volume->pool, "ontapnas_192.168.199.107_pool_0");
  EXPECT_TRUE(lab.array.volumes["trident_v"].snapshot_directory);
  ASSERT_TRUE(lab.start());
  EXPECT_EQ(lab.core->storage_class("gold")->storage.size(), 1U);
  EXPECT_FALSE(lab.add_backend(R"({"storage":{}})"));
  EXPECT_FALSE(lab.add_backend(R"({"labels":{"a":1}})"));
}

TEST(Core, PlacementMayFollowTheFreeSpaceThatTheArrayTells) {
  for (const char* driver : {"ontap-nas", "ontap-san", "ontap-nas-economy"}) {
    Lab lab;
    lab.array.aggregates = {"empty", "full"};
    lab.array.free_bytes = {{"empty", std::uint64_t{1} << 46}, {"full", std::uint64_t{1} << 20}};
    lab.options.placement = Placement::free_space;
    ASSERT_TRUE(lab.start());
    ASSERT_TRUE(lab.add_backend(std::string(R"({"storageDriverName":")") + driver + "\"}")) << driver;
    ASSERT_TRUE(
        lab.add_class(std::string(R"({"version":"1","name":"basic","attributes":{"backendType":")") + driver + "\"}}"));
    for (int i = 0; i < 20; ++i) {
      const auto made = lab.add_volume("v" + std::to_string(i));
      ASSERT_TRUE(made) << driver << ": " << made.error().message;
      EXPECT_EQ(made->pool, "empty") << driver;
    }
    // What changes on the array is known a health period later.
    std::swap(lab.array.free_bytes["empty"], lab.array.free_bytes["full"]);
    lab.clock.advance(std::chrono::seconds(61));
    const auto later = lab.add_volume("later");
    ASSERT_TRUE(later) << later.error().message;
    EXPECT_EQ(later->pool, "full") << driver;
    // And after a restart it is asked for anew.
    ASSERT_TRUE(lab.start());
    const auto restarted = lab.add_volume("restarted");
    ASSERT_TRUE(restarted) << restarted.error().message;
    EXPECT_EQ(restarted->pool, "full") << driver;
  }
}

TEST(Core, UniformPlacementAsksForNoFreeSpace) {
  Lab lab;
  ASSERT_TRUE(lab.start());
  ASSERT_TRUE(lab.add_backend());
  EXPECT_EQ(lab.array.count("vserver-show-aggr-get-iter"), 1U);  // the media types
  lab.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(lab.array.count("vserver-show-aggr-get-iter"), 1U);
}

}  // namespace
}  // namespace provisioner_test
