// What a lost reply leaves is brought to an end by the running server, and volumes that are on the array already are
// imported with their claim.
#include <gmock/gmock.h>

#include "provisioner/base/text.h"
#include "tests/provisioner/server_lab.h"
#include "tests/provisioner/tiny_array.h"

namespace provisioner_test {
namespace {

using provisioner::kube::text_at;
using testing::HasSubstr;

constexpr const char* kOntap =
    R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","svm":"tridentsvm","username":"u","password":"p"})";

struct OntapServer : Server {
  explicit OntapServer(bool kubernetes) : Server(kubernetes) {
    config.late_calls = minutes(2);
    array_handler = [this](const Request& request) {
      const bool create = request.body.find("<volume-create>") != std::string::npos;
      if (create && --lose_reply_of == 0) {
        static_cast<void>(array.handle(request));
        Response lost;
        lost.delivery.fate = base::http::Delivery::Fate::drop_reply;
        return lost;
      }
      return array.handle(request);
    };
    start();
    EXPECT_EQ(call("POST", "/trident/v1/backend", kOntap).status, 201);
    if (kubernetes) {
      api.put("/apis/storage.k8s.io/v1/storageclasses",
              *yaml_to_json("{metadata: {name: basic, uid: class-basic}, provisioner: netapp.io/trident, parameters: "
                            "{backendType: ontap-nas}}"));
      EXPECT_TRUE(until([&] { return call("GET", "/trident/v1/storageclass/basic").status == 200; }));
    } else {
      EXPECT_EQ(call("POST", "/trident/v1/storageclass", R"({"name":"basic","attributes":{"backendType":"ontap-nas"}})")
                    .status,
                201);
    }
  }
  ~OntapServer() { crash(); }
  bool has_intent(const std::string& name) const { return database.records.contains("/trident/v1/txn/" + name); }

  TinyArray array;
  int lose_reply_of = 0;
};

TEST(Recovery, ALostReplyToACreateByRestIsUndoneWhileTheServerRuns) {
  for (const bool kubernetes : {false, true}) {
    OntapServer lab(kubernetes);
    const std::string order = R"({"name":"v","size":"1Gi","storageClass":"basic"})";
    lab.lose_reply_of = 1;
    EXPECT_EQ(lab.call("POST", "/trident/v1/volume", order).status, 400);
    EXPECT_TRUE(lab.has_intent("v"));
    ASSERT_TRUE(lab.array.volumes.contains("trident_v"));
    const auto late = lab.array.volumes.at("trident_v");
    lab.clock.advance(seconds(90));
    EXPECT_FALSE(lab.array.volumes.contains("trident_v"));
    EXPECT_TRUE(lab.has_intent("v")) << "the call may still arrive";
    lab.array.volumes["trident_v"] = late;  // it does
    lab.clock.advance(minutes(2));
    EXPECT_FALSE(lab.array.volumes.contains("trident_v")) << "orphaned";
    EXPECT_FALSE(lab.has_intent("v"));
    EXPECT_EQ(lab.call("POST", "/trident/v1/volume", order).status, 201);
    EXPECT_EQ(lab.array.volumes.size(), 1U);
    lab.clock.advance(minutes(10));
    EXPECT_EQ(lab.volumes(), "{\"volumes\":[\"v\"]}\n");
    EXPECT_TRUE(lab.array.volumes.contains("trident_v"));
  }
}

TEST(Recovery, ARepeatWithinThatTimeCompletesTheVolumeAndItStays) {
  OntapServer lab(false);
  const std::string order = R"({"name":"v","size":"1Gi","storageClass":"basic"})";
  lab.lose_reply_of = 1;
  EXPECT_EQ(lab.call("POST", "/trident/v1/volume", order).status, 400);
  lab.clock.advance(seconds(90));  // undone once
  EXPECT_EQ(lab.call("POST", "/trident/v1/volume", order).status, 201);
  lab.clock.advance(minutes(10));
  EXPECT_TRUE(lab.array.volumes.contains("trident_v"));
  EXPECT_FALSE(lab.has_intent("v"));
  lab.lose_reply_of = 1;
  EXPECT_EQ(lab.call("POST", "/trident/v1/volume", R"({"name":"w","size":"1Gi","storageClass":"basic"})").status, 400);
  const Response other = lab.call("POST", "/trident/v1/volume", R"({"name":"w","size":"2Gi","storageClass":"basic"})");
  EXPECT_EQ(other.status, 400);
  EXPECT_THAT(other.body, HasSubstr("is being undone; try again later"));
  lab.clock.advance(minutes(4));
  EXPECT_EQ(lab.call("POST", "/trident/v1/volume", R"({"name":"w","size":"2Gi","storageClass":"basic"})").status, 201);
  EXPECT_EQ(lab.array.volumes.at("trident_w").size, 2147483648U);
}

std::string import_body(const std::string& claim, const std::string& more = {}) {
  return R"({"backend":"ontapnas_192.168.199.107","internalName":"legacy")" + more + R"(,"pvcData":")" +
         base::base64_encode(claim) + "\"}";
}

const std::string kClaim =
    R"({"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"data","namespace":"test","uid":"dataaaaaa"},"spec":{"storageClassName":"basic","accessModes":["ReadWriteOnce"]}})";

TEST(Import, MakesTheClaimAndThePVAndTakesTheVolumeOver) {
  for (const bool managed : {true, false}) {
    OntapServer lab(true);
    lab.array.volumes["legacy"] = {.size = 3221225472, .aggregate = "aggr3", .junction = "/legacy"};
    const Response imported = lab.call("POST", "/trident/v1/volume/import",
                                       import_body(kClaim, managed ? R"(,"noManage":false)" : R"(,"noManage":true)"));
    ASSERT_EQ(imported.status, 201) << imported.body;
    const Json volume = Json::parse(imported.body)["volume"];
    const std::string name = text_at(volume, {"Config", "name"});
    EXPECT_TRUE(name.starts_with("test-data-")) << imported.body;
    EXPECT_EQ(text_at(volume, {"Config", "size"}), "3221225472");
    const Json* claim = lab.api.find("/api/v1/namespaces/test/persistentvolumeclaims/data");
    ASSERT_TRUE(claim);
    EXPECT_EQ(text_at(*claim, {"spec", "resources", "requests", "storage"}), "3221225472");
    EXPECT_EQ(text_at(*claim, {"metadata", "annotations", "trident.netapp.io/notManaged"}), managed ? "false" : "true");
    ASSERT_TRUE(lab.pv(name));
    EXPECT_EQ(text_at(*lab.pv(name), {"spec", "persistentVolumeReclaimPolicy"}), "Retain") << "until it is bound";
    const std::string internal = "trident_" + base::replace_all(name, "-", "_");
    EXPECT_TRUE(lab.array.volumes.contains(managed ? internal : "legacy"));
    EXPECT_EQ(lab.array.volumes.size(), 1U);
    Json bound = *claim;
    bound["spec"]["volumeName"] = name;
    bound["status"] = {{"phase", "Bound"}};
    lab.put_claim(bound);
    ASSERT_TRUE(lab.until([&] {
      return text_at(*lab.pv(name), {"spec", "persistentVolumeReclaimPolicy"}) == "Delete";
    }));
    Json kept = *lab.pv(name);
    kept["spec"]["persistentVolumeReclaimPolicy"] = "Retain";  // what an administrator changes stays
    lab.api.put("/api/v1/persistentvolumes", kept);
    lab.clock.advance(minutes(5));
    EXPECT_EQ(text_at(*lab.pv(name), {"spec", "persistentVolumeReclaimPolicy"}), "Retain");
    kept["spec"]["persistentVolumeReclaimPolicy"] = "Delete";
    kept["status"]["phase"] = "Released";
    lab.api.put("/api/v1/persistentvolumes", kept);
    ASSERT_TRUE(lab.until([&] { return !lab.pv(name); }));
    EXPECT_EQ(lab.array.volumes.contains("legacy"), !managed) << "an unmanaged volume is never destroyed";
    EXPECT_EQ(lab.array.volumes.size(), managed ? 0U : 1U);
  }
}

TEST(Import, WhatFailsLeavesNoClaimAndTheVolumeAsItWas) {
  OntapServer lab(true);
  lab.array.volumes["legacy"] = {.size = 3221225472, .aggregate = "aggr3", .junction = "/legacy"};
  const auto without = [](const std::string& cut, const std::string& put = {}) {
    return base::replace_all(kClaim, cut, put);
  };
  const std::vector<std::pair<std::string, const char*>> rows{
      {R"({"backend":"b","internalName":"legacy"})", "mandatory"},
      {R"({"backend":"b","internalName":"legacy","pvcData":"%%"})", "base64"},
      {import_body("{"), "could not parse JSON PVC"},
      {import_body("[]"), "no PersistentVolumeClaim"},
      {import_body(without("PersistentVolumeClaim", "Pod")), "no PersistentVolumeClaim"},
      {import_body(without(R"("namespace":"test",)")), "a valid PVC namespace is required"},
      {import_body(without("basic", "nobody")), "storage class nobody"},
      {base::replace_all(import_body(kClaim), "legacy", "absent"), "failed to get size of volume"},
      {base::replace_all(import_body(kClaim), "ontapnas_192.168.199.107", "nowhere"), "was not found"}};
  for (const auto& [body, why] : rows) {
    const Response refused = lab.call("POST", "/trident/v1/volume/import", body);
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_THAT(refused.body, HasSubstr(R"({"volume":null,"error":")"));
    EXPECT_THAT(refused.body, HasSubstr(why));
  }
  lab.array.refusals["volume-rename"] = "13001";
  EXPECT_EQ(lab.call("POST", "/trident/v1/volume/import", import_body(kClaim)).status, 400);
  lab.clock.advance(minutes(2));
  EXPECT_FALSE(lab.api.find("/api/v1/namespaces/test/persistentvolumeclaims/data"));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[]}\n");
  ASSERT_EQ(lab.array.volumes.size(), 1U);
  EXPECT_EQ(lab.array.volumes.begin()->first, "legacy");
  EXPECT_EQ(lab.array.volumes.at("legacy").comment, "");
}

TEST(Import, ACrashBeforeThePVIsCompletedByTheClaimAndWithoutTheClaimNothingIsDestroyed) {
  for (const bool claim_stays : {true, false}) {
    OntapServer lab(true);
    lab.array.volumes["legacy"] = {.size = 3221225472, .aggregate = "aggr3", .junction = "/legacy"};
    lab.api.refuse.insert("POST /api/v1/persistentvolumes");
    Json claim = *yaml_to_json(
        "{metadata: {name: data, namespace: test, uid: dataaaaaa, annotations: {trident.netapp.io/importOriginalName: "
        "legacy, "
        "trident.netapp.io/importBackend: ontapnas_192.168.199.107, trident.netapp.io/notManaged: 'false', "
        "volume.beta.kubernetes.io/storage-provisioner: netapp.io/trident}}, spec: {storageClassName: basic, "
        "accessModes: [ReadWriteOnce], "
        "resources: {requests: {storage: '3221225472'}}}, status: {phase: Pending}}");
    lab.put_claim(claim);  // as a crash leaves it: the claim is there, its PV is not
    lab.clock.advance(minutes(1));
    EXPECT_TRUE(lab.array.volumes.contains("trident_test_data_dataa"));
    lab.crash();
    if (!claim_stays) lab.api.erase("/api/v1/namespaces/test/persistentvolumeclaims/data");
    lab.api.refuse.clear();
    lab.start();
    lab.clock.advance(minutes(10));
    EXPECT_EQ(lab.pv("test-data-dataa") != nullptr, claim_stays);
    EXPECT_EQ(lab.array.volumes.size(), 1U);
    EXPECT_EQ(lab.array.volumes.begin()->first, claim_stays ? "trident_test_data_dataa" : "legacy");
  }
}

}  // namespace
}  // namespace provisioner_test
