// Bad input of every kind, by REST and from claims and classes: each gets an answer that says why, and nothing is made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provisioner/base/text.h"
#include "provisioner/core/json.h"
#include "tests/provisioner/server_lab.h"

namespace provisioner_test {
namespace {

using testing::HasSubstr;

const std::string kBackends = "/trident/v1/backend";
const std::string kClasses = "/trident/v1/storageclass";
const std::string kVolumes = "/trident/v1/volume";

struct BadBody {
  std::string target;
  std::string body;
  std::string why;  // in the answer's error
};

std::string fake_with(const std::string& pools) {
  return R"({"version":1,"storageDriverName":"fake","instanceName":"m","protocol":"file","pools":)" + pools + "}";
}
std::string ontap_with(const std::string& more) {
  return R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","username":"u","password":"p",)" +
         more + "}";
}

std::vector<BadBody> bad_bodies() {
  std::vector<BadBody> rows = {
      // Backend files.
      {kBackends, R"({"version":"1","storageDriverName":"fake"})", ""},
      {kBackends, R"({"version":1})", "missing storage driver name"},
      {kBackends, R"({"version":1,"storageDriverName":7})", "storage driver"},
      {kBackends, R"({"version":1,"storageDriverName":"eseries-iscsi"})", "ONTAP systems only"},
      {kBackends, R"({"version":1,"storageDriverName":"fake","protocol":"file"})", "instanceName"},
      {kBackends, R"({"version":1,"storageDriverName":"fake","instanceName":"m","protocol":"smb"})", "protocol"},
      {kBackends, fake_with("[]"), "pools"},
      {kBackends, fake_with(R"({"p":{}})"), "sizeBytes"},
      {kBackends, fake_with(R"({"p":{"sizeBytes":-1}})"), "sizeBytes"},
      {kBackends, fake_with(R"({"p":{"sizeBytes":1,"attributes":{"colour":{"offer":["red"]}}}})"), "colour"},
      {kBackends, fake_with(R"({"p":{"sizeBytes":1,"attributes":{"media":{"offer":"ssd"}}}})"), "media"},
      {kBackends, fake_with(R"({"p":{"sizeBytes":1,"attributes":{"snapshots":{"offer":"yes"}}}})"), "snapshots"},
      {kBackends, fake_with(R"({"p":{"sizeBytes":1,"attributes":{"IOPS":{"min":1}}}})"), "IOPS"},
      {kBackends, fake_with(R"({"p":{"sizeBytes":1,"attributes":[]}})"), "attributes"},
      {kBackends, ontap_with(R"("svm":5)"), "svm"},
      {kBackends, ontap_with(R"("defaults":[])"), "defaults"},
      {kBackends, ontap_with(R"("defaults":{"encryption":"perhaps"})"), "encryption"},
      {kBackends, ontap_with(R"("limitVolumeSize":"huge")"), "limitVolumeSize"},
      {kBackends, ontap_with(R"("storage":[{"labels":[]}])"), "labels"},
      // Classes.
      {kClasses, R"({"name":5})", "name"},
      {kClasses, R"({"name":"c","attributes":[]})", "attributes"},
      {kClasses, R"({"name":"c","attributes":{"media":5}})", "media"},
      {kClasses, R"({"name":"c","attributes":{"colour":"red"}})", "colour"},
      {kClasses, R"({"name":"c","attributes":{"snapshots":"perhaps"}})", "perhaps"},
      {kClasses, R"({"name":"c","attributes":{"IOPS":"many"}})", "many"},
      {kClasses, R"({"name":"c","requiredStorage":[]})", "requiredStorage"},
      {kClasses, R"({"name":"c","requiredStorage":{"b":"p"}})", "expected a list of texts"},
      {kClasses, R"({"name":"c","storagePools":{"b(":["p"]}})", "b("},
      {kClasses, R"({"name":"c","excludeStoragePools":{"b":["[p"]}})", "[p"},
      {kClasses, R"({"name":"c","additionalStoragePools":{"b":[1]}})", "expected a list of texts"},
      {kClasses, R"({"name":"c","selector":"a=b="})", "selector"},
      // Volumes.
      {kVolumes, R"({"size":"1Gi","storageClass":"basic"})", "mandatory: name and size"},
      {kVolumes, R"({"name":"v","storageClass":"basic"})", "mandatory: name and size"},
      {kVolumes, R"({"name":5,"size":"1Gi"})", "name"},
      {kVolumes, R"({"name":"v","size":1073741824})", "size"},
      {kVolumes, R"({"name":"v","size":"much","storageClass":"basic"})", "much"},
      {kVolumes, R"({"name":"v","size":"-1","storageClass":"basic"})", "-1"},
      {kVolumes, R"({"name":"v","size":"99999999999999999999Gi","storageClass":"basic"})", "99999999999999999999Gi"},
      {kVolumes, R"({"name":"v","size":"1Ti","storageClass":"basic"})", "too large"},
      {kVolumes, R"({"name":"v","size":"1Gi"})", "storage class"},
      {kVolumes, R"({"name":"v","size":"1Gi","storageClass":"none"})", "none"},
      {kVolumes, R"({"name":"v","size":"1Gi","storageClass":"basic","protocol":"smb"})", "smb"},
      {kVolumes, R"({"name":"v","size":"1Gi","storageClass":"basic","protocol":"block"})", "no available backends"},
      {kVolumes, R"({"name":"v","size":"1Gi","storageClass":"basic","accessMode":"ReadSometimes"})", "ReadSometimes"},
      {kVolumes, R"({"name":"v","size":"1Gi","storageClass":"basic","accessMode":"ReadWriteMany","protocol":"block"})",
       "ReadWriteMany"},
      {kVolumes, R"({"name":"v","size":"1Gi","storageClass":"basic","accessInformation":[]})", "accessInformation"},
      {kVolumes, R"({"name":"v","size":"1Gi","cloneSourceVolume":"nobody"})", "nobody"},
      {kVolumes, R"({"name":"v","size":"1Gi","importNotManaged":"no"})", "importNotManaged"},
      // Claims in an import.
      {"/trident/v1/volume/import", R"({"backend":"mock"})", "mandatory"},
      {"/trident/v1/volume/import", R"({"backend":"mock","internalName":"x","pvcData":"!!"})", "base64"},
      {"/trident/v1/volume/import", R"({"backend":"mock","internalName":"x","pvcData":"ew=="})", "could not parse"},
      {"/trident/v1/volume/import", R"({"backend":"nobody","internalName":"x","name":"y"})", "nobody"},
  };
  // What no parser takes, wherever it is sent.
  const std::vector<std::string> broken = {
      "",      "{", "null", "[]", "7", "\"text\"", "{\"name\":\"\xff\"}", "{\"name\":\"v\"}}", std::string(2000, '['),
      "<xml/>"};
  for (const std::string& target : {kBackends, kClasses, kVolumes, std::string("/trident/v1/volume/import")}) {
    for (const std::string& body : broken) rows.push_back({target, body, ""});
  }
  return rows;
}

TEST(BadInput, EveryBodyIsAnsweredWithItsReasonAndNothingIsMade) {
  Server server(false);
  server.start();
  ASSERT_EQ(server.call("POST", kBackends, kBackend).status, 201);
  ASSERT_EQ(server.call("POST", kClasses, R"({"name":"basic","attributes":{"backendType":"fake"}})").status, 201);
  const auto state = [&] {
    return server.call("GET", kBackends).body + server.call("GET", kClasses).body + server.call("GET", kVolumes).body;
  };
  const std::string before = state();
  const auto records = server.database.records;
  for (const BadBody& row : bad_bodies()) {
    const std::string where = row.target + " " + row.body.substr(0, 200);
    const Response answer = server.call("POST", row.target, row.body);
    EXPECT_THAT(answer.status, testing::AnyOf(400, 404)) << where << ": " << answer.body;
    const auto json = parse_json(answer.body);
    ASSERT_TRUE(json) << where << ": " << answer.body;
    const std::string why = json->value("error", std::string());
    EXPECT_FALSE(why.empty()) << where;
    EXPECT_THAT(why, HasSubstr(row.why)) << where;
    EXPECT_EQ(state(), before) << where;
    EXPECT_EQ(server.database.records, records) << where;
  }
}

TEST(BadInput, EveryAnnotationAndSizeOfAClaimIsAnsweredByAnEvent) {
  struct Row {
    const char* name;
    const char* annotations;
    const char* size;
    const char* why;
  };
  const std::vector<Row> rows = {
      {"size0", "", "0x10", "is not a quantity"},
      {"size1", "", "lots", "is not a quantity"},
      {"size2", "", "99999999999999999999Ei", "is not a quantity"},
      {"size3", "", "1Ti", "too large"},
      {"smb", ", trident.netapp.io/protocol: smb", "1Gi", "smb"},
      {"block", ", trident.netapp.io/protocol: block", "1Gi", "no available backends"},
      {"clone", ", trident.netapp.io/cloneFromPVC: nobody", "1Gi", "was not found"},
      {"itself", ", trident.netapp.io/cloneFromPVC: itself", "1Gi", "is not bound yet"},
  };
  Server server(true);
  server.start();
  ASSERT_EQ(server.call("POST", kBackends, kBackend).status, 201);
  server.add_class();
  server.clock.advance(seconds(1));
  for (const Row& row : rows) {
    Json claim = server.claim(row.name, row.annotations);
    claim["spec"]["resources"]["requests"]["storage"] = row.size;
    server.put_claim(claim);
  }
  server.clock.advance(seconds(3));
  for (const Row& row : rows) {
    const std::string place = std::string("PVC=\"test/") + row.name + "\"";
    const bool said = std::ranges::any_of(server.lines, [&](const std::string& line) {
      return line.find(place) != std::string::npos && line.find("level=warning") != std::string::npos &&
             line.find(row.why) != std::string::npos;
    });
    EXPECT_TRUE(said) << row.name << ": " << row.why;
  }
  EXPECT_EQ(server.volumes(), "{\"volumes\":[]}\n");
}

}  // namespace
}  // namespace provisioner_test
