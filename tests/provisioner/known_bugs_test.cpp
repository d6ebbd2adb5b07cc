// Section 11 of the provisioner specification: what 17.10.1 did wrong, row by row. Each test is named after its row and fails on
// the old behaviour. Rows of the frontends, the command line and the installer stand with those.
#include <gtest/gtest.h>

#include "provisioner/core/json.h"
#include "tests/provisioner/lab.h"

namespace provisioner_test {
namespace {

constexpr const char* kName = "ontapnas_192.168.199.107";

struct KnownBug : testing::Test, Lab {
  KnownBug() {
    EXPECT_TRUE(start());
    EXPECT_EQ(add_backend().value(), kName);
    EXPECT_TRUE(add_class(R"({"name":"basic","attributes":{"backendType":"ontap-nas"}})"));
    EXPECT_TRUE(add_class(R"({"name":"any","attributes":{"snapshots":"false"}})"));
    array.calls.clear();
  }
  Result<Volume> add(VolumeConfig config) { return run(core->add_volume(std::move(config))); }
  static VolumeConfig wish(const std::string& name, const std::string& mode = "ReadWriteOnce", const std::string& storage_class = "basic") {
    VolumeConfig config;
    config.name = name;
    config.size = "1Gi";
    config.access_mode = mode;
    config.storage_class = storage_class;
    return config;
  }
  std::string fake(const std::string& protocol) {
    return R"({"version":1,"storageDriverName":"fake","instanceName":"fake1","protocol":")" + protocol +
           R"(","pools":{"p":{"attributes":{"snapshots":{"offer":true}},"sizeBytes":100000000000}}})";
  }
  /// Answers one call in the test's own way, everything else as the array does.
  void answer(const std::string& call, std::function<std::string()> body) {
    const auto others = handler;
    handler = [this, call, body, others](const base::http::Request& request) {
      if (request.body.find("<" + call + ">") == std::string::npos) return others(request);
      array.calls.push_back(call);
      base::http::Response response;
      response.body = body();
      return response;
    };
  }
  static std::string failed(int code, const std::string& reason) {
    return "<netapp><results status=\"failed\" reason=\"" + reason + "\" errno=\"" + std::to_string(code) + "\"/></netapp>";
  }
};

TEST_F(KnownBug, Row01_AccessModeRestrictsTheProtocol) {
  ASSERT_TRUE(run(core->add_backend(fake("block"))));
  ASSERT_TRUE(add_class(R"({"name":"blocky","attributes":{"backendType":"fake"}})"));
  EXPECT_FALSE(add(wish("shared", "ReadWriteMany", "blocky")));
  EXPECT_TRUE(add(wish("single", "ReadWriteOnce", "blocky")));
  for (int i = 0; i < 20; ++i) {
    const auto volume = add(wish("many" + std::to_string(i), "ReadWriteMany", "any"));
    ASSERT_TRUE(volume);
    EXPECT_EQ(volume->config.protocol, "file");
  }
  VolumeConfig contradiction = wish("c", "ReadWriteMany");
  contradiction.protocol = "block";
  EXPECT_FALSE(add(contradiction));
}

TEST_F(KnownBug, Row02_AForeignOrDifferentVolumeIsNotAdopted) {
  array.volumes["trident_foreign"] = {.size = 1073741824, .aggregate = "aggr3", .junction = "/x"};
  EXPECT_FALSE(add(wish("foreign")));
  ASSERT_TRUE(add(wish("mine")));
  const std::string tag = array.volumes["trident_mine"].comment;
  database.records.erase("/trident/v1/volume/mine");
  ASSERT_TRUE(start());
  VolumeConfig larger = wish("mine");
  larger.size = "2Gi";
  EXPECT_FALSE(add(larger));
  EXPECT_EQ(array.volumes["trident_mine"].comment, tag);
}

TEST_F(KnownBug, Row03_JobExistsIsWaitedForAndThenCompleted) {
  int asked = 0;
  const auto others = handler;
  handler = [&, others](const base::http::Request& request) {
    if (request.body.find("<volume-create>") != std::string::npos) {
      base::http::Response response;
      response.body = failed(13001, "Job exists");
      others(request);
      array.volumes["trident_v"].junction.clear();  // the job has not mounted it
      return response;
    }
    if (request.body.find("<volume-get-iter>") != std::string::npos && ++asked < 5) {
      base::http::Response response;
      response.body = "<netapp><results status=\"passed\"><num-records>0</num-records></results></netapp>";
      return response;
    }
    return others(request);
  };
  const auto volume = add(wish("v"));
  ASSERT_TRUE(volume) << volume.error().message;
  EXPECT_EQ(array.volumes["trident_v"].junction, "/trident_v");
  EXPECT_FALSE(array.volumes["trident_v"].snapshot_directory);
}

TEST_F(KnownBug, Row04_StartsWithUnreachableBackendsAndMissingRecords) {
  ASSERT_TRUE(add(wish("v")));
  database.records["/trident/v1/volume/lost"] = database.records["/trident/v1/volume/v"];
  Json record = Json::parse(database.records["/trident/v1/volume/v"]);
  record["Config"]["name"] = "lost";
  record["backend"] = "gone";
  database.records["/trident/v1/volume/lost"] = record.dump();
  database.records["/trident/v1/volume/broken"] = "{";
  database.records["/trident/v1/backend/broken"] = R"({"config":{}})";
  database.records["/trident/v1/txn/broken"] = R"({"Op":"dance"})";
  array.aggregates.clear();
  ASSERT_TRUE(start());
  EXPECT_EQ(core->volumes(), (std::vector<std::string>{"lost", "v"}));
  EXPECT_TRUE(core->volume("lost")->orphaned);
  EXPECT_EQ(core->backend(kName)->state, BackendState::failed);
  EXPECT_NE(core->backend(kName)->state_reason.find("has no assigned aggregates"), std::string::npos);
  EXPECT_TRUE(database.records.contains("/trident/v1/txn/broken"));
}

boost::asio::awaitable<void> add_later(Orchestrator& core, VolumeConfig config, std::optional<Result<Volume>>& out) {
  out = co_await core.add_volume(std::move(config));
}

TEST_F(KnownBug, Row05_AHangingArrayDelaysNobodyElseAndEndsInTime) {
  ASSERT_TRUE(run(core->add_backend(fake("file"))));
  ASSERT_TRUE(add_class(R"({"name":"fakes","attributes":{"backendType":"fake"}})"));
  handler = [](const base::http::Request&) {
    base::http::Response response;
    response.delivery.fate = base::http::Delivery::Fate::hang;
    return response;
  };
  base::TaskGroup tasks(io.get_executor());
  std::optional<Result<Volume>> slow;
  tasks.spawn(add_later(*core, wish("slow"), slow));
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(add(wish("quick", "ReadWriteOnce", "fakes")));
  EXPECT_TRUE(core->backend(kName).ok());
  EXPECT_FALSE(slow.has_value());
  clock.advance(std::chrono::seconds(100));
  ASSERT_TRUE(slow.has_value());
  EXPECT_EQ(slow->error().kind, ErrorKind::unknown_outcome);
}

TEST_F(KnownBug, Row20_AnUpdatedBackendHasOneSetOfTimers) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(add_backend());
  clock.advance(std::chrono::minutes(2));
  array.calls.clear();
  clock.advance(std::chrono::hours(24));
  EXPECT_EQ(array.count("ems-autosupport-log"), 1U);
  EXPECT_LE(array.count("system-get-ontapi-version"), 24U * 60 + 1);
}

TEST_F(KnownBug, Row26_BothNumbersForAnAbsentVolumeCountAsGone) {
  for (const int code : {13040, 15661}) {
    ASSERT_TRUE(add(wish("v")));
    const auto others = handler;
    answer("volume-destroy", [&] { return failed(code, "gone"); });
    EXPECT_TRUE(run(core->delete_volume("v"))) << code;
    handler = others;
    array.volumes.clear();
  }
}

TEST_F(KnownBug, Row27_FailuresInsideAPassedReplyAreSeen) {
  answer("volume-modify-iter", [] {
    return std::string("<netapp><results status=\"passed\"><num-succeeded>0</num-succeeded><num-failed>1</num-failed><failure-list><volume-modify-iter-info>"
                       "<error-message>no such thing</error-message></volume-modify-iter-info></failure-list></results></netapp>");
  });
  const auto volume = add(wish("v"));
  ASSERT_FALSE(volume);
  EXPECT_NE(volume.error().message.find("no such thing"), std::string::npos);
  EXPECT_TRUE(array.volumes.empty());
}

TEST_F(KnownBug, Row33_TooSmallAndTooLargeAreRefusedBeforeTheArrayIsAsked) {
  VolumeConfig small = wish("small");
  small.size = "19Mi";
  EXPECT_NE(add(small).error().message.find("minimum volume size is 20971520"), std::string::npos);
  ASSERT_TRUE(add_backend(R"({"limitVolumeSize":"2Gi"})"));
  VolumeConfig large = wish("large");
  large.size = "3Gi";
  EXPECT_NE(add(large).error().message.find("limitVolumeSize"), std::string::npos);
  EXPECT_EQ(array.count("volume-create"), 0U);
}

TEST_F(KnownBug, Row34_ThePrefixHasThreeStates) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {R"({"storagePrefix":null})", "trident_v"}, {R"({"storagePrefix":""})", "v"}, {R"({"storagePrefix":"a\u002db"})", "a_b_v"}, {R"({"storagePrefix":{}})", "trident_v"}};
  for (const auto& [changes, name] : rows) {
    Json config = Json::parse(R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","svm":"tridentsvm","username":"u","password":"p"})");
    const Json more = Json::parse(changes);
    config["storagePrefix"] = more["storagePrefix"];
    ASSERT_TRUE(run(core->add_backend(config.dump()))) << changes;
    const auto volume = add(wish("v"));
    ASSERT_TRUE(volume);
    EXPECT_EQ(volume->config.internal_name, name);
    ASSERT_TRUE(run(core->delete_volume("v")));
  }
  ASSERT_TRUE(add_backend(R"({"defaults":{"size":"5Gi"}})"));
  EXPECT_NE(database.records["/trident/v1/backend/ontapnas_192.168.199.107"].find(R"("size":"5Gi")"), std::string::npos);
}

TEST_F(KnownBug, Row35_AnUnexpectedErrorOfMediaDiscoveryIsLogged) {
  array.refusals["vserver-show-aggr-get-iter"] = "13114";
  ASSERT_TRUE(add_backend());
  EXPECT_FALSE(core->backend(kName)->storage.at("aggr3").attributes.contains("media"));
  EXPECT_TRUE(logged("Code: 13114"));
}

TEST_F(KnownBug, Row42_TwoInstallationsOnOneSvmDoNotTouchEachOther) {
  ASSERT_TRUE(add(wish("v")));
  database.records.clear();  // another installation with the same prefix
  options.instance = "another";
  ASSERT_TRUE(start());
  ASSERT_TRUE(add_backend());
  ASSERT_TRUE(add_class(R"({"name":"basic","attributes":{"backendType":"ontap-nas"}})"));
  const auto volume = add(wish("v"));
  ASSERT_FALSE(volume);
  EXPECT_NE(volume.error().message.find("owner tag"), std::string::npos);
  EXPECT_EQ(array.volumes.size(), 1U);
}

TEST_F(KnownBug, Row43_DeletingACloneParentIsRefusedInClearWords) {
  ASSERT_TRUE(add(wish("parent")));
  VolumeConfig clone = wish("clone");
  clone.clone_source_volume = "parent";
  ASSERT_TRUE(add(clone));
  const auto gone = run(core->delete_volume("parent"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().message, "volume trident_parent has clones; delete or split them first");
}

TEST_F(KnownBug, Row45_OnlineIsReevaluated) {
  const auto answering = handler;
  handler = [](const base::http::Request&) {
    base::http::Response response;
    response.status = 500;
    return response;
  };
  clock.advance(std::chrono::minutes(2));
  EXPECT_FALSE(core->backend(kName)->online);
  EXPECT_TRUE(core->storage_class("basic")->storage.empty());
  handler = answering;
  clock.advance(std::chrono::minutes(2));
  EXPECT_TRUE(core->backend(kName)->online);
  EXPECT_FALSE(core->storage_class("basic")->storage.empty());
}

}  // namespace
}  // namespace provisioner_test
