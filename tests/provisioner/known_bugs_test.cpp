// Section 11, the core. See known_bugs.h.
#include <set>

#include "provisioner/core/json.h"
#include "tests/provisioner/known_bugs.h"

namespace provisioner_test {
namespace {

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

TEST_F(KnownBug, Row04_EveryUnreadableRowIsSetAsideAndNamed) {
  ASSERT_TRUE(add(wish("v")));
  const auto sound = database.records;
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"backend/x", ""},
      {"backend/x", "null"},
      {"backend/x", "[]"},
      {"backend/x", R"({"config":5})"},
      {"backend/x", R"({"config":{}})"},
      {"backend/x", R"({"version":"9","config":{"ontap_config":{}}})"},
      {"storageclass/x", "{"},
      {"storageclass/x", "7"},
      {"storageclass/x", R"({"config":{"name":"x","attributes":{"colour":"red"}}})"},
      {"storageclass/x", R"({"config":{"name":"x","attributes":[]}})"},
      {"volume/x", ""},
      {"volume/x", "[1]"},
      {"volume/x", R"({"Config":{"version":"2","name":"x","size":"1"},"backend":"b","pool":"p"})"},
      {"volume/x", R"({"Config":"x"})"},
      {"txn/x", "}"},
      {"txn/x", R"({"Op":"addVolume"})"},
      {"txn/x", R"({"Op":"dance","Config":{"name":"x"}})"},
      {"txn/x", R"({"Op":"addVolume","Config":{"name":"y"}})"}};
  for (const auto& [key, text] : rows) {
    database.records = sound;
    database.records["/trident/v1/" + key] = text;
    lines.clear();
    ASSERT_TRUE(start()) << key << " " << text;
    EXPECT_TRUE(logged("/trident/v1/" + key)) << key << " " << text;
    EXPECT_EQ(database.records["/trident/v1/" + key], text) << "left as it was";
    EXPECT_EQ(core->volumes(), std::vector<std::string>{"v"}) << key << " " << text;
    EXPECT_TRUE(add(wish("w"))) << key << " " << text;
    ASSERT_TRUE(run(core->delete_volume("w")));
  }
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
    return std::string(
        "<netapp><results "
        "status=\"passed\"><num-succeeded>0</num-succeeded><num-failed>1</"
        "num-failed><failure-list><volume-modify-iter-info>"
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
  const std::vector<std::pair<const char*, const char*>> rows = {{R"({"storagePrefix":null})", "trident_v"},
                                                                 {R"({"storagePrefix":""})", "v"},
                                                                 {R"({"storagePrefix":"a\u002db"})", "a_b_v"},
                                                                 {R"({"storagePrefix":{}})", "trident_v"}};
  for (const auto& [changes, name] : rows) {
    Json config = Json::parse(
        R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","svm":"tridentsvm","username":"u","password":"p"})");
    const Json more = Json::parse(changes);
    config["storagePrefix"] = more["storagePrefix"];
    ASSERT_TRUE(run(core->add_backend(config.dump()))) << changes;
    const auto volume = add(wish("v"));
    ASSERT_TRUE(volume);
    EXPECT_EQ(volume->config.internal_name, name);
    ASSERT_TRUE(run(core->delete_volume("v")));
  }
  ASSERT_TRUE(add_backend(R"({"defaults":{"size":"5Gi"}})"));
  EXPECT_NE(database.records["/trident/v1/backend/ontapnas_192.168.199.107"].find(R"("size":"5Gi")"),
            std::string::npos);
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
  EXPECT_FALSE(database.records.contains("/trident/v1/txn/parent")) << "nothing is under way";
  ASSERT_TRUE(run(core->delete_volume("clone")));
  clock.advance(std::chrono::minutes(10));
  EXPECT_TRUE(core->volume("parent")) << "who was refused must ask again";
  EXPECT_TRUE(run(core->delete_volume("parent")));
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

TEST_F(KnownBug, Row10_PasswordsAreSealedInTheStore) {
  options.secret_key = "a key";
  ASSERT_TRUE(start());
  ASSERT_TRUE(add_backend());
  for (const auto& [key, text] : database.records) EXPECT_EQ(text.find("netapp123"), std::string::npos) << key;
  ASSERT_TRUE(start());
  EXPECT_EQ(core->backend(kName)->state, BackendState::online);
}

/// Sees whom the drivers trust.
struct TrustTransport final : base::http::Transport {
  boost::asio::awaitable<base::Result<base::http::Response>> send(base::http::Endpoint to, base::http::Request request,
                                                                  base::http::CallOptions call) override {
    trusted.insert(to.insecure ? "anybody" : to.ca_pem);
    co_return co_await inner->send(std::move(to), std::move(request), std::move(call));
  }
  base::http::Transport* inner = nullptr;
  std::set<std::string> trusted;
};

TEST_F(KnownBug, Row11_TheArraysCertificateIsVerifiedWhenABackendNamesAnAuthority) {
  TrustTransport watching;
  watching.inner = transport.get();
  stop();
  watching.inner = nullptr;
  transport = std::make_unique<base::http::MemoryTransport>(
      clock, [this](const std::string& host, std::uint16_t) { return host == "192.168.199.108" ? &handler : nullptr; });
  watching.inner = transport.get();
  store = std::make_unique<MemoryStore>(database);
  const base::Logger logger(clock, base::log_to_nowhere());
  core = std::make_unique<Orchestrator>(io.get_executor(), clock, base::Rng(1), logger, *store, watching, options);
  ASSERT_TRUE(run(core->bootstrap()));
  EXPECT_EQ(watching.trusted, std::set<std::string>{"anybody"});  // as 17.10.1, unless told otherwise
  watching.trusted.clear();
  const std::string pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  static_cast<void>(add_backend(Json{{"trustedCACertificate", pem}}.dump()));
  EXPECT_TRUE(watching.trusted.contains(pem));
  stop();  // before the transport goes
}

boost::asio::awaitable<void> churn_class(Orchestrator& core, int number, int& done) {
  StorageClassConfig config;
  config.name = "churned";
  config.attributes = std::map<std::string, std::string>{{"snapshots", "true"}};
  if (number % 2 == 0) static_cast<void>(co_await core.add_storage_class(config));
  else static_cast<void>(co_await core.delete_storage_class("churned"));
  ++done;
}

TEST_F(KnownBug, Row19_AddingAndDeletingAClassAtTheSameTimeKeepsStoreAndMemoryInStep) {
  for (int count = 1; count < 12; ++count) {
    base::TaskGroup tasks(io.get_executor());
    int done = 0;
    for (int i = 0; i < count; ++i) tasks.spawn(churn_class(*core, i, done));
    ASSERT_TRUE(clock.run_until([&] { return done == count; }, std::chrono::minutes(1)));
    clock.run_ready();
    EXPECT_EQ(core->storage_class("churned").ok(), database.records.contains("/trident/v1/storageclass/churned"))
        << count;
  }
}

TEST_F(KnownBug, Row32_EncryptionIsNotOfferedWhereTheArrayCannotEncrypt) {
  EXPECT_EQ(to_json(core->backend(kName)->storage.at("aggr3").attributes.at("encryption")).dump(), R"({"offer":true})");
  answer("vserver-show-aggr-get-iter", [] {
    return std::string(
        "<netapp><results "
        "status=\"passed\"><num-records>1</num-records><attributes-list><show-aggregates><aggregate-name>aggr3</"
        "aggregate-name>"
        "<aggregate-type>hdd</aggregate-type><is-nve-capable>false</is-nve-capable></show-aggregates></"
        "attributes-list></results></netapp>");
  });
  ASSERT_TRUE(add_backend());
  EXPECT_EQ(to_json(core->backend(kName)->storage.at("aggr3").attributes.at("encryption")).dump(),
            R"({"offer":false})");
}

TEST_F(KnownBug, Row33_AnAggregateAboveItsLimitIsLeftAlone) {
  int used = 70;
  answer("aggr-space-get-iter", [&] {
    return "<netapp><results "
           "status=\"passed\"><num-records>1</num-records><attributes-list><space-information><aggregate>aggr3</"
           "aggregate>"
           "<aggregate-size>100000000000</aggregate-size><used-including-snapshot-reserve>" +
           std::to_string(used) +
           "000000000</used-including-snapshot-reserve>"
           "</space-information></attributes-list></results></netapp>";
  });
  ASSERT_TRUE(add_backend(R"({"limitAggregateUsage":"80%"})"));
  EXPECT_TRUE(add(wish("fits")));
  used = 81;
  const auto refused = add(wish("full"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("limitAggregateUsage (80%)"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(array.volumes.contains("trident_full"));
  used = 79;
  ASSERT_TRUE(add_backend(R"({"limitAggregateUsage":"80%","defaults":{"spaceReserve":"volume"}})"));
  EXPECT_FALSE(add(wish("thick"))) << "a thick volume counts";
  for (const char* bad : {"80%%", "x", "101%", "-1"})
    EXPECT_FALSE(add_backend(Json{{"limitAggregateUsage", bad}}.dump())) << bad;
}

TEST_F(KnownBug, Row40_ValuesInTheLogAreEscaped) {
  static_cast<void>(add(wish("a\"b\nlevel=fatal", "ReadWriteOnce", "no \"such\nclass")));
  static_cast<void>(run(core->delete_volume("quoted\"\nname")));
  ASSERT_TRUE(add_class(R"({"name":"we\"ird\nname","attributes":{"snapshots":"true"}})"));
  ASSERT_TRUE(start());
  EXPECT_TRUE(logged(R"(storageClass="we\"ird\nname")"));
  for (const std::string& line : lines) EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
}

}  // namespace
}  // namespace provisioner_test
