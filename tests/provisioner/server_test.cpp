#include "tests/provisioner/server_lab.h"

#include <gmock/gmock.h>

#include <algorithm>

// The whole provisioner in memory: REST and the Kubernetes frontend over the core with the `fake` driver.
namespace provisioner_test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(Rest, AnswersAndRefusals) {
  struct Row {
    const char* method;
    const char* target;
    std::string body;
    int status;
    std::string answer;  // the whole body, or its start when it ends in "…"
  };
  const std::vector<Row> rows{
      {"GET", "/trident/version", "", 200, "{\"version\":\"17.10.1\"}\n"},
      {"GET", "/trident/v1/backend", "", 200, "{\"backends\":[]}\n"},
      {"POST", "/trident/v1/backend", "{", 400, "{\"backend\":\"\",\"error\":\"…"},
      {"POST", "/trident/v1/backend", "{\"version\":1,\"storageDriverName\":\"pizza\"}", 400,
       "{\"backend\":\"\",\"error\":\"…"},
      {"POST", "/trident/v1/backend", std::string(10241, ' '), 413,
       "{\"backend\":\"\",\"error\":\"the request's body is longer…"},  // section 11, row 8
      {"POST", "/trident/v1/backend", kBackend, 201, "{\"backend\":\"mock\"}\n"},
      {"GET", "/trident/v1/backend", "", 200, "{\"backends\":[\"mock\"]}\n"},
      {"GET", "/trident/v1/backend/mock", "", 200, "{\"backend\":{\"name\":\"mock\",…"},
      {"GET", "/trident/v1/backend/nope", "", 404, "{\"backend\":null,\"error\":\"…"},
      {"POST", "/trident/v1/storageclass", "[]", 400, "{\"storageClass\":\"\",\"error\":\"invalid JSON…"},
      {"POST", "/trident/v1/storageclass", "{\"name\":\"c\",\"attributes\":{\"colour\":\"red\"}}", 400,
       "{\"storageClass\":\"\",\"error\":\"…"},
      {"POST", "/trident/v1/storageclass", "{\"name\":\"c\",\"attributes\":{\"media\":\"ssd\"}}", 201,
       "{\"storageClass\":\"c\"}\n"},
      {"POST", "/trident/v1/storageclass", "{\"name\":\"c\",\"attributes\":{\"media\":\"ssd\"}}", 400,
       "{\"storageClass\":\"\",\"error\":\"…"},
      {"GET", "/trident/v1/storageclass/c", "", 200,
       "{\"storageClass\":{\"Config\":{\"version\":\"1\",\"name\":\"c\",\"attributes\":{\"media\":\"ssd\"}},"
       "\"storage\":{\"mock\":[\"gold\"]}}}\n"},
      {"POST", "/trident/v1/volume", "{\"name\":\"v\"}", 400,
       "{\"backend\":\"\",\"error\":\"the following fields are mandatory: name and size\"}\n"},
      {"POST", "/trident/v1/volume", "{\"name\":\"v\",\"size\":\"1\",\"protocol\":\"<smb>\"}", 400,
       "{\"backend\":\"\",\"error\":\"\\\"\\u003csmb\\u003e\\\" is no protocol…"},
      {"POST", "/trident/v1/volume", "{\"name\":\"v\",\"size\":\"1Gi\",\"storageClass\":\"c\"}", 201,
       "{\"backend\":\"mock\"}\n"},
      {"GET", "/trident/v1/volume/v", "", 200, "{\"volume\":{\"Config\":{\"version\":\"1\",\"name\":\"v\",…"},
      {"POST", "/trident/v1/explain", "{\"name\":\"w\",\"size\":\"1Gi\",\"storageClass\":\"c\"}", 200,
       "{\"volume\":\"w\",\"storageClass\":\"c\",\"pools\":[{\"backend\":\"mock\",\"pool\":\"gold\",\"suitable\":"
       "true…"},
      {"DELETE", "/trident/v1/volume/v", "", 200, "{}\n"},
      {"DELETE", "/trident/v1/volume/v", "", 404, "{\"error\":\"…"},
      {"DELETE", "/trident/v1/storageclass/c", "", 200, "{}\n"},
      {"DELETE", "/trident/v1/storageclass/c", "", 404, "{\"error\":\"…"},
      {"DELETE", "/trident/v1/backend/mock", "", 200, "{}\n"},
      {"DELETE", "/trident/v1/backend/mock", "", 404, "{\"error\":\"…"},
      {"GET", "/trident/v1/pizza", "", 404, "404 page not found\n"},
      {"PUT", "/trident/v1/backend", "", 404, "404 page not found\n"},
      {"GET", "/trident/v1/backend/", "", 301, "<a href=\"/trident/v1/backend\">Moved Permanently</a>.\n\n"},
      {"GET", "/trident//v1/./volume?x=1", "", 301, "<a href=\"/trident/v1/volume?x=1\">Moved Permanently</a>.\n\n"},
  };
  Server server(false);
  server.start();
  for (const Row& row : rows) {
    const Response response = server.call(row.method, row.target, row.body);
    EXPECT_EQ(response.status, row.status) << row.method << " " << row.target << ": " << response.body;
    if (row.answer.ends_with("…")) {
      EXPECT_THAT(response.body, StartsWith(row.answer.substr(0, row.answer.size() - 3))) << row.target;
    } else {
      EXPECT_EQ(response.body, row.answer) << row.target;
    }
  }
  EXPECT_THAT(server.lines,
              Contains(HasSubstr("level=info msg=\"Added a new backend.\" backend=mock handler=AddBackend \n")));
  EXPECT_THAT(server.lines, Contains(AllOf(HasSubstr("level=info msg=\"API server REST call.\" duration="),
                                           HasSubstr(" method=POST route=AddBackend uri=\"/trident/v1/backend\" \n"))));
  EXPECT_THAT(server.call("GET", "/metrics").body,
              AllOf(HasSubstr("trident_build_info{"),
                    HasSubstr("trident_rest_ops_total{method=\"POST\",route=\"AddBackend\",status_code=\"201\"} 1\n")));
}

TEST(Rest, Row08ALongBodyIsRefusedAndNotCut) {
  Server server(false);
  server.start();
  const std::string longest = std::string(kBackend) + std::string(10240 - std::string(kBackend).size(), ' ');
  EXPECT_EQ(server.call("POST", "/trident/v1/backend", longest + " ").status, 413);
  EXPECT_EQ(server.call("POST", "/trident/v1/backend", longest).status, 201);
}

TEST(Server, Row39EndsInOrderWithStatusZero) {
  Server server(false);
  server.start();
  EXPECT_THAT(server.lines, Contains(HasSubstr("msg=\"trident bootstrapped successfully.\"")));
  server.stop_signal->notify();
  ASSERT_TRUE(server.until([&] { return server.status.has_value(); }));
  EXPECT_EQ(*server.status, 0);
  EXPECT_FALSE(server.rest);
}

TEST(Server, AnOldOrAbsentApiServerIsFatal) {
  Server old(true);
  old.api.git_version = "v1.3.9";
  old.start();
  ASSERT_TRUE(old.until([&] { return old.status.has_value(); }));
  EXPECT_EQ(*old.status, 1);
  EXPECT_THAT(old.lines, Contains(AllOf(HasSubstr("level=fatal"), HasSubstr("v1.3.9"))));
}

TEST(Server, Row44OldKubeletsWithIscsiAreWarnedAbout) {
  for (const auto& [version, warns] : {std::pair("v1.5.2", true), std::pair("v1.6.0", false)}) {
    Server lab(true);
    lab.api.git_version = version;
    lab.start();
    EXPECT_EQ(std::ranges::any_of(
                  lab.lines,
                  [](const std::string& line) { return line.find("iSCSI volumes are unsafe") != std::string::npos; }),
              warns)
        << version;
  }
}

TEST(Frontend, Row41VolumesAndClassesOfRestStayWithoutObjects) {
  Server lab(true);
  lab.start();
  EXPECT_EQ(lab.call("POST", "/trident/v1/backend", kBackend).status, 201);
  EXPECT_EQ(
      lab.call("POST", "/trident/v1/storageclass", R"({"name":"mine","attributes":{"backendType":"fake"}})").status,
      201);
  EXPECT_EQ(lab.call("POST", "/trident/v1/volume", R"({"name":"v","size":"1Gi","storageClass":"mine"})").status, 201);
  lab.clock.advance(minutes(5));
  lab.crash();
  lab.start();
  lab.clock.advance(minutes(5));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[\"v\"]}\n");
  EXPECT_EQ(lab.call("GET", "/trident/v1/storageclass").body, "{\"storageClasses\":[\"mine\"]}\n");
  EXPECT_FALSE(lab.pv("v"));
}

TEST(Server, Row06RestAnswersBeforeAndWithoutTheStart) {
  Server alone(true);
  alone.config.kubernetes->endpoint.host = "nowhere";
  alone.start();
  EXPECT_EQ(alone.call("GET", "/trident/v1/backend").status, 503);
  EXPECT_EQ(alone.call("GET", "/trident/version").status, 200);
  ASSERT_TRUE(alone.until([&] { return alone.status.has_value(); }));
  EXPECT_EQ(*alone.status, 1);
}

TEST(Server, Row46TheRestTokenIsAskedFor) {
  Server server(false);
  server.config.rest_token = "secret";
  server.start();
  EXPECT_EQ(server.call("GET", "/trident/v1/backend").status, 401);
  EXPECT_EQ(server.call("GET", "/trident/v1/version").status, 200);
}

struct Cluster : Server {
  Cluster() : Server(true) {
    add_class();
    start();
    EXPECT_EQ(call("POST", "/trident/v1/backend", kBackend).status, 201);
  }
};

TEST(Frontend, AClaimGetsItsVolumeAndReleasesIt) {
  Cluster lab;
  lab.put_claim(lab.claim("data"));
  ASSERT_TRUE(lab.until([&] { return lab.pv("test-data-dataa"); }));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[\"test-data-dataa\"]}\n");
  EXPECT_EQ(provisioner::kube::text_at(*lab.pv("test-data-dataa"), {"spec", "nfs", "server"}), "192.0.2.1");
  lab.clock.advance(seconds(5));
  EXPECT_THAT(lab.api.events("data"), ElementsAre(StartsWith("Normal ProvisioningSuccess")));
  lab.clock.advance(minutes(5));  // resyncs change nothing
  EXPECT_THAT(lab.api.events("data"), ElementsAre(StartsWith("Normal ProvisioningSuccess")));
  lab.set_phase("test-data-dataa", "Released");
  ASSERT_TRUE(lab.until([&] { return !lab.pv("test-data-dataa"); }));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[]}\n");
}

TEST(Frontend, WhatIsNotOursIsLeftAlone) {
  Cluster lab;
  Json other = lab.claim("other");
  other["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-provisioner"] = "somebody/else";
  Json no_class = lab.claim("noclass");
  no_class["spec"].erase("storageClassName");
  Json empty_class = lab.claim("emptyclass");
  empty_class["spec"]["storageClassName"] = "";
  Json no_size = lab.claim("nosize");
  no_size["spec"].erase("resources");
  for (const Json& claim : {other, no_class, empty_class, no_size}) lab.put_claim(claim);
  lab.api.put(
      "/api/v1/persistentvolumes",
      *yaml_to_json(
          "{metadata: {name: foreign}, spec: {persistentVolumeReclaimPolicy: Delete}, status: {phase: Released}}"));
  lab.clock.advance(minutes(3));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[]}\n");
  EXPECT_TRUE(lab.pv("foreign"));
  Json selector = lab.claim("selector");
  selector["spec"]["selector"] = {{"matchLabels", {{"a", "b"}}}};
  lab.put_claim(selector);
  lab.clock.advance(seconds(5));
  EXPECT_THAT(lab.api.events("selector"), ElementsAre(StartsWith("Warning IgnoredClaim")));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[]}\n");
}

TEST(Frontend, RetainKeepsAndAPVDeletedFirstTakesItsVolumeWithIt) {
  Cluster lab;
  lab.put_claim(lab.claim("keep", ", trident.netapp.io/reclaimPolicy: Retain"));
  lab.put_claim(lab.claim("gone"));
  ASSERT_TRUE(lab.until([&] { return lab.pv("test-keep-keepa") && lab.pv("test-gone-gonea"); }));
  lab.set_phase("test-keep-keepa", "Released");
  lab.clock.advance(minutes(3));
  EXPECT_TRUE(lab.pv("test-keep-keepa"));
  lab.api.erase("/api/v1/persistentvolumes/test-gone-gonea");
  Json lost = lab.claim("gone");
  lost["spec"]["volumeName"] = "test-gone-gonea";
  lost["status"]["phase"] = "Lost";
  lab.put_claim(lost);
  lab.clock.advance(minutes(2));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[\"test-keep-keepa\"]}\n");
  EXPECT_THAT(lab.api.events("gone"), Contains(StartsWith("Normal VolumeDelete")));
}

TEST(Frontend, Row12AVolumeWhosePVWasNeverMadeGetsOneAfterTheCrash) {
  Cluster lab;
  lab.api.refuse.insert("POST /api/v1/persistentvolumes");
  lab.put_claim(lab.claim("data"));
  lab.clock.advance(seconds(3));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[\"test-data-dataa\"]}\n");
  lab.crash();
  lab.api.refuse.clear();
  lab.start();
  ASSERT_TRUE(lab.until([&] { return lab.pv("test-data-dataa"); }));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[\"test-data-dataa\"]}\n");
}

TEST(Frontend, Row13And14ClassesAreReconciledAtStart) {
  Cluster lab;
  lab.clock.advance(seconds(1));
  EXPECT_EQ(lab.call("GET", "/trident/v1/storageclass").body, "{\"storageClasses\":[\"basic\"]}\n");
  EXPECT_EQ(
      lab.call("POST", "/trident/v1/storageclass", "{\"name\":\"byrest\",\"attributes\":{\"media\":\"ssd\"}}").status,
      201);
  lab.crash();
  lab.api.erase("/apis/storage.k8s.io/v1/storageclasses/basic");
  lab.start();
  lab.clock.advance(seconds(5));
  EXPECT_EQ(lab.call("GET", "/trident/v1/storageclass").body, "{\"storageClasses\":[\"byrest\"]}\n");
  lab.crash();
  lab.add_class(", annotations: {storageclass.kubernetes.io/is-default-class: 'true'}");
  lab.start();
  lab.clock.advance(seconds(5));
  lab.crash();
  lab.start();  // the class is known to the core; its flag must be known at once
  Json claim = lab.claim("data");
  claim["spec"].erase("storageClassName");
  lab.put_claim(claim);
  lab.clock.advance(seconds(5));
  EXPECT_TRUE(lab.pv("test-data-dataa"));
}

/// 17.10.1 wrote the default class into its cached copy of the claim, which then kept a default that was one no more.
TEST(Frontend, Row18TheMirrorKeepsClaimsAsTheyCame) {
  Server lab(true);
  const std::string marked = ", annotations: {storageclass.kubernetes.io/is-default-class: 'true'}";
  const auto put_far = [&](const std::string& extra) {
    lab.api.put("/apis/storage.k8s.io/v1/storageclasses",
                *yaml_to_json("{metadata: {name: far, uid: class-far" + extra +
                              "}, provisioner: netapp.io/trident, parameters: {media: hdd}}"));
  };
  put_far(marked);
  lab.start();
  EXPECT_EQ(lab.call("POST", "/trident/v1/backend", kBackend).status, 201);
  Json claim = lab.claim("data");
  claim["spec"].erase("storageClassName");
  lab.put_claim(claim);
  lab.clock.advance(seconds(30));
  EXPECT_FALSE(lab.pv("test-data-dataa")) << "no pool suits the default class";
  put_far("");
  lab.add_class(marked);
  lab.clock.advance(minutes(10));
  ASSERT_TRUE(lab.pv("test-data-dataa"));
  EXPECT_EQ(provisioner::kube::text_at(*lab.pv("test-data-dataa"), {"spec", "storageClassName"}), "basic");
}

TEST(Frontend, Row15FailuresWarnBackOffAndAreOneEvent) {
  Cluster lab;
  Json claim = lab.claim("huge");
  claim["spec"]["resources"]["requests"]["storage"] = "100Gi";
  lab.put_claim(claim);
  lab.clock.advance(minutes(30));
  const auto events = lab.api.events("huge");
  EXPECT_GE(events.size(), 4U);
  EXPECT_LE(events.size(), 20U);  // every minute would be 30
  for (const std::string& event : events) EXPECT_THAT(event, StartsWith("Warning ProvisioningFailed"));
  claim["spec"]["resources"]["requests"]["storage"] = "2Gi";  // the claim changes: no back-off
  lab.put_claim(claim);
  lab.clock.advance(seconds(2));
  EXPECT_TRUE(lab.pv("test-huge-hugea"));
}

TEST(Frontend, Row17WatchesResumeRelistAndFindWhatWasDeletedMeanwhile) {
  Cluster lab;
  lab.put_claim(lab.claim("one"));
  ASSERT_TRUE(lab.until([&] { return lab.pv("test-one-oneaa"); }));
  lab.api.cut_watches(/*forget=*/true);
  lab.put_claim(lab.claim("two"));
  lab.api.erase("/apis/storage.k8s.io/v1/storageclasses/basic");
  ASSERT_TRUE(
      lab.until([&] { return lab.call("GET", "/trident/v1/storageclass").body == "{\"storageClasses\":[]}\n"; }));
  lab.add_class();
  ASSERT_TRUE(lab.until([&] { return lab.pv("test-two-twoaa"); }));
  lab.api.cut_watches(/*forget=*/false);
  lab.put_claim(lab.claim("three"));
  ASSERT_TRUE(lab.until([&] { return lab.pv("test-three-three"); }));
}

TEST(Frontend, Row47And48ClassesThatCannotBeFollowedSaySo) {
  Cluster lab;
  lab.clock.advance(seconds(2));
  lab.api.put(
      "/apis/storage.k8s.io/v1/storageclasses",
      *yaml_to_json("{metadata: {name: bad}, provisioner: netapp.io/trident, parameters: {requiredStorage: 'x'}}"));
  lab.api.put("/apis/storage.k8s.io/v1/storageclasses",
              *yaml_to_json("{metadata: {name: basic, uid: class-basic}, provisioner: netapp.io/trident, parameters: "
                            "{backendType: fake, media: hdd}}"));
  lab.clock.advance(minutes(3));
  EXPECT_THAT(lab.api.events("bad"), ElementsAre(StartsWith("Warning InvalidParameters")));
  EXPECT_THAT(lab.api.events("basic"), ElementsAre(StartsWith("Warning IgnoredChange")));
  EXPECT_EQ(lab.call("GET", "/trident/v1/storageclass").body, "{\"storageClasses\":[\"basic\"]}\n");
}

}  // namespace
}  // namespace provisioner_test
