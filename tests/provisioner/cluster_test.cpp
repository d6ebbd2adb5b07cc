// The server against the simulated Kubernetes API with RBAC on: its rights are exactly the installer's, its watches
// survive what real ones meet, and secrets appear nowhere.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "k8s-fake/fake.h"
#include "provisioner/base/text.h"
#include "tests/provisioner/server_lab.h"
#include "tests/provisioner/tiny_array.h"
#include "tests/support/paths.h"

namespace provisioner_test {
namespace {

using provisioner::kube::text_at;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kCore = "/api/v1/namespaces/default";

struct RealCluster : Server {
  RealCluster()
      : Server(true),
        fake(io.get_executor(), clock, k8s_fake::Config{}, 1, base::Logger(clock, base::log_to_nowhere())) {
    api_handler = [this, inner = fake.handler()](const Request& request) {
      if (down) {
        Response away;
        away.status = 503;
        return away;
      }
      Response response = inner(request);
      if (response.status == 403) forbidden.insert(request.method + " " + std::string(request.path()));
      return response;
    };
    admin("POST", "/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: trident}}");
    install("trident-serviceaccounts.yaml", "/api/v1/namespaces/trident/serviceaccounts");
    install("trident-clusterroles-k8s.yaml", "/apis/rbac.authorization.k8s.io/v1/clusterroles");
    install("trident-clusterrolebindings-k8s.yaml", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings");
    const Json token = admin("POST", "/api/v1/namespaces/trident/serviceaccounts/trident/token",
                             "{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, spec: {}}");
    config.kubernetes->token = [text = text_at(token, {"status", "token"})] { return text; };
    EXPECT_FALSE(text_at(token, {"status", "token"}).empty());
  }
  ~RealCluster() { crash(); }

  Json admin(const std::string& method, const std::string& target, const std::string& yaml = {},
             const std::string& type = "application/json") {
    Request request;
    request.method = method;
    request.target = target;
    if (!yaml.empty()) {
      request.headers.set("Content-Type", type);
      request.body = yaml_to_json(yaml)->dump();
    }
    const Response response = fake.handle_insecure(request);
    last_status = response.status;
    return Json::parse(response.body, nullptr, false);
  }
  void install(const std::string& file, const std::string& collection) {
    const auto text = base::read_file(test_support::source_dir() + "/provisioner/installer/" + file);
    ASSERT_TRUE(text) << file;
    for (std::string left = *text; !left.empty();) {
      const std::size_t end = left.find("\n---\n");
      admin("POST", collection, left.substr(0, end));
      EXPECT_EQ(last_status, 201) << file;
      left = end == std::string::npos ? "" : left.substr(end + 5);
    }
  }
  void begin() {
    start();
    EXPECT_EQ(call("POST", "/trident/v1/backend", kBackend).status, 201);
    admin("POST", "/apis/storage.k8s.io/v1/storageclasses",
          "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: basic}, provisioner: "
          "netapp.io/trident, allowVolumeExpansion: true, parameters: {backendType: fake}}");
    EXPECT_EQ(last_status, 201);
  }
  std::string claim_it(const std::string& name, const std::string& size = "1Gi", const std::string& annotations = {}) {
    const Json made =
        admin("POST", kCore + "/persistentvolumeclaims",
              "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " + name +
                  ", annotations: {volume.beta.kubernetes.io/storage-provisioner: netapp.io/trident" + annotations +
                  "}}, spec: {storageClassName: basic, accessModes: [ReadWriteOnce], resources: {requests: {storage: " +
                  size + "}}}}");
    EXPECT_EQ(last_status, 201) << made.dump();
    return "default-" + name + "-" + base::replace_all(text_at(made, {"metadata", "uid"}), "-", "").substr(0, 5);
  }
  bool has(const std::string& path) {
    admin("GET", path);
    return last_status == 200;
  }
  bool has_pv(const std::string& name) { return has("/api/v1/persistentvolumes/" + name); }
  void bind(const std::string& claim_name, const std::string& volume) {
    const std::string merge = "application/merge-patch+json";
    admin("PATCH", kCore + "/persistentvolumeclaims/" + claim_name, "{spec: {volumeName: " + volume + "}}", merge);
    admin("PATCH", kCore + "/persistentvolumeclaims/" + claim_name + "/status",
          "{status: {phase: Bound, capacity: {storage: 1Gi}}}", merge);
    admin("PATCH", "/api/v1/persistentvolumes/" + volume + "/status", "{status: {phase: Bound}}", merge);
  }
  std::string all_events() { return admin("GET", "/api/v1/events").dump(); }

  k8s_fake::Fake fake;
  bool down = false;
  int last_status = 0;
  std::set<std::string> forbidden;
};

TEST(Cluster, Row16TheInstallersRoleIsEnoughForAWholeLife) {
  RealCluster lab;
  lab.begin();
  const std::string one = lab.claim_it("one");
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(one); }));
  lab.bind("one", one);
  lab.admin("PATCH", kCore + "/persistentvolumeclaims/one", "{spec: {resources: {requests: {storage: 2Gi}}}}",
            "application/merge-patch+json");
  EXPECT_EQ(lab.last_status, 200);
  ASSERT_TRUE(lab.until([&] {
    return text_at(lab.admin("GET", kCore + "/persistentvolumeclaims/one"), {"status", "capacity", "storage"}) == "2Gi";
  }));
  EXPECT_EQ(text_at(lab.admin("GET", "/api/v1/persistentvolumes/" + one), {"spec", "capacity", "storage"}), "2Gi");
  lab.claim_it("huge", "900Gi");
  ASSERT_TRUE(lab.until([&] { return lab.all_events().find("ProvisioningFailed") != std::string::npos; }));
  lab.clock.advance(minutes(2));  // the same event again raises its count
  // A volume that cannot be deleted marks its PV; then it goes.
  const Json before = lab.admin("GET", kCore + "/persistentvolumeclaims/one");
  lab.admin("PATCH", "/api/v1/persistentvolumes/" + one + "/status", "{status: {phase: Released}}",
            "application/merge-patch+json");
  ASSERT_TRUE(lab.until([&] {
    return !lab.has_pv(one) ||
           !text_at(lab.admin("GET", "/api/v1/persistentvolumes/" + one), {"metadata", "deletionTimestamp"}).empty();
  }));
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[]}\n");
  EXPECT_THAT(lab.all_events(), HasSubstr("ResizeSuccess"));
  EXPECT_THAT(lab.forbidden, IsEmpty());
}

TEST(Cluster, Row16WithoutTheRoleItWouldNotWork) {
  RealCluster lab;
  lab.admin("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/trident");
  lab.begin();
  const std::string one = lab.claim_it("one");
  lab.clock.advance(minutes(2));
  EXPECT_FALSE(lab.has_pv(one));
  EXPECT_THAT(lab.forbidden, Not(IsEmpty()));
}

TEST(Cluster, Row16AReplicaNeedsTheLeasesRoleBesides) {
  RealCluster lab;
  lab.config.leader_election = true;
  lab.config.lease_namespace = "trident";
  lab.config.identity = "me";
  lab.start();
  lab.clock.advance(seconds(30));
  EXPECT_THAT(lab.forbidden, Contains("GET /apis/coordination.k8s.io/v1/namespaces/trident/leases/trident"));
  EXPECT_EQ(lab.call("GET", "/trident/v1/backend").status, 503);
  lab.forbidden.clear();
  const auto text = base::read_file(test_support::source_dir() + "/provisioner/installer/sample-input/replicas.yaml");
  ASSERT_TRUE(text);
  const std::vector<std::string> paths{"/apis/rbac.authorization.k8s.io/v1/namespaces/trident/roles",
                                       "/apis/rbac.authorization.k8s.io/v1/namespaces/trident/rolebindings"};
  std::string rest = *text;
  for (const std::string& path : paths) {
    lab.admin("POST", path, rest.substr(0, rest.find("\n---\n")));
    EXPECT_EQ(lab.last_status, 201);
    rest = rest.substr(rest.find("\n---\n") + 5);
  }
  ASSERT_TRUE(lab.until([&] { return lab.call("GET", "/trident/v1/backend").status == 200; }));
  lab.clock.advance(minutes(5));  // it renews
  EXPECT_EQ(text_at(lab.admin("GET", "/apis/coordination.k8s.io/v1/namespaces/trident/leases/trident"),
                    {"spec", "holderIdentity"}),
            "me");
  EXPECT_THAT(lab.forbidden, IsEmpty());
  lab.stop_signal->notify();
  ASSERT_TRUE(lab.until([&] { return lab.status.has_value(); }));
  EXPECT_EQ(*lab.status, 0);
  EXPECT_EQ(text_at(lab.admin("GET", "/apis/coordination.k8s.io/v1/namespaces/trident/leases/trident"),
                    {"spec", "holderIdentity"}),
            "");
}

TEST(Cluster, Row18ClaimsAreReadAndNeverWritten) {
  RealCluster lab;
  lab.begin();
  const std::string one = lab.claim_it("one");
  const std::string before = lab.admin("GET", kCore + "/persistentvolumeclaims/one").dump();
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(one); }));
  lab.clock.advance(minutes(5));
  EXPECT_EQ(lab.admin("GET", kCore + "/persistentvolumeclaims/one").dump(), before);
}

TEST(Cluster, AnOutageIsCaughtUpWithAndOldVersionsAreListedAnew) {
  RealCluster lab;
  lab.begin();
  const std::string one = lab.claim_it("one");
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(one); }));
  lab.down = true;
  lab.clock.advance(minutes(20));  // every watch has ended by now
  const std::string two = lab.claim_it("two");
  lab.admin("POST", "/apis/storage.k8s.io/v1/storageclasses",
            "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: other}, provisioner: "
            "netapp.io/trident, parameters: {backendType: fake}}");
  lab.admin("DELETE", "/apis/storage.k8s.io/v1/storageclasses/basic");
  lab.admin("POST", "/apis/storage.k8s.io/v1/storageclasses",
            "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: basic}, provisioner: "
            "netapp.io/trident, parameters: {backendType: fake}}");
  lab.admin("DELETE", "/drydock/v1/history");  // 410 for who resumes
  lab.clock.advance(minutes(5));
  EXPECT_FALSE(lab.has_pv(two));
  lab.down = false;
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(two); }));
  const std::string both = "{\"storageClasses\":[\"basic\",\"other\"]}\n";
  EXPECT_TRUE(lab.until([&] { return lab.call("GET", "/trident/v1/storageclass").body == both; }))
      << lab.call("GET", "/trident/v1/storageclass").body;
  EXPECT_THAT(lab.forbidden, IsEmpty());
}

TEST(BadInput, ClaimsAndClassesGetAnEventWithTheReason) {
  RealCluster lab;
  TinyArray array;
  lab.array_handler = [&](const Request& request) { return array.handle(request); };
  lab.start();
  EXPECT_EQ(
      lab.call(
             "POST", "/trident/v1/backend",
             R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","svm":"tridentsvm","username":"u","password":"p"})")
          .status,
      201);
  const auto put_class = [&](const std::string& name, const std::string& parameters) {
    lab.admin("POST", "/apis/storage.k8s.io/v1/storageclasses",
              "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " + name +
                  "}, provisioner: netapp.io/trident, parameters: {" + parameters + "}}");
    EXPECT_EQ(lab.last_status, 201) << parameters;
  };
  put_class("basic", "backendType: ontap-nas");
  struct Row {
    const char* size;
    const char* annotations;
    const char* reason;  // in the event
  };
  const std::vector<Row> claims = {
      {"1Mi", "", "minimum volume size"},
      {"1Gi", ", trident.netapp.io/protocol: smb", "smb"},
      {"1Gi", ", trident.netapp.io/protocol: block", "no available backends"},
      {"1Gi", ", trident.netapp.io/snapshotDirectory: maybe", "invalid boolean value for snapshotDir"},
      {"1Gi", ", trident.netapp.io/cloneFromPVC: nobody", "was not found"}};
  for (std::size_t i = 0; i < claims.size(); ++i)
    lab.claim_it("c" + std::to_string(i), claims[i].size, claims[i].annotations);
  const std::vector<std::pair<const char*, const char*>> classes = {{"colour: red", "colour"},
                                                                    {"snapshots: perhaps", "perhaps"},
                                                                    {"requiredStorage: x", "malformed"},
                                                                    {"storagePools: 'b:('", "("},
                                                                    {"selector: 'a=b='", "selector"},
                                                                    {"IOPS: many", "many"},
                                                                    {"excludeStoragePools: ':'", "malformed"}};
  for (std::size_t i = 0; i < classes.size(); ++i) put_class("s" + std::to_string(i), classes[i].first);
  lab.clock.advance(minutes(1));
  const Json events = lab.admin("GET", "/api/v1/events");
  const auto said_of = [&](const std::string& name) {
    std::string text;
    for (const Json& event : events["items"]) {
      if (text_at(event, {"involvedObject", "name"}) == name)
        text += text_at(event, {"type"}) + " " + text_at(event, {"reason"}) + " " + text_at(event, {"message"}) + "\n";
    }
    return text;
  };
  for (std::size_t i = 0; i < claims.size(); ++i) {
    EXPECT_THAT(said_of("c" + std::to_string(i)),
                testing::AllOf(HasSubstr("Warning ProvisioningFailed"), HasSubstr(claims[i].reason)))
        << claims[i].annotations;
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    EXPECT_THAT(said_of("s" + std::to_string(i)),
                testing::AllOf(HasSubstr("Warning InvalidParameters"), HasSubstr(classes[i].second)))
        << classes[i].first;
  }
  EXPECT_EQ(lab.volumes(), "{\"volumes\":[]}\n");
  EXPECT_EQ(lab.call("GET", "/trident/v1/storageclass").body, "{\"storageClasses\":[\"basic\"]}\n");
  EXPECT_TRUE(array.volumes.empty());
}

TEST(Secrets, AppearInNoLogNoAnswerNoEventAndNoRecord) {
  const std::string secret = "hunter2-s3cret";
  RealCluster lab;
  TinyArray array;
  lab.level = base::LogLevel::debug;
  lab.config.secret_key = "the-key-of-the-store";
  lab.config.rest_token = "the-token-of-rest";
  lab.array_handler = [&](const Request& request) { return array.handle(request); };
  lab.start();
  std::string seen;
  const auto ask = [&](const std::string& method, const std::string& target, const std::string& body) {
    Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers.set("Authorization", "Bearer the-token-of-rest");
    std::optional<Result<Response>> out;
    base::TaskGroup calls(lab.io.get_executor());
    calls.spawn(send(lab.transport, request, out));
    EXPECT_TRUE(lab.clock.run_until([&] { return out.has_value(); }, minutes(10)));
    lab.clock.run_ready();
    for (const auto& [name, value] : out->value().headers) seen += name + ": " + value + "\n";
    seen += out->value().body;
    return out->value().status;
  };
  const std::string good =
      R"({"version":1,"storageDriverName":"ontap-nas","debugTraceFlags":{"api":true,"method":true},"managementLIF":"192.168.199.108","svm":"tridentsvm","username":"someone","password":")" +
      secret + "\"}";
  EXPECT_EQ(ask("POST", "/trident/v1/backend", good), 201);
  EXPECT_EQ(ask("POST", "/trident/v1/backend", good.substr(0, good.size() - 1)), 400);  // cut JSON
  EXPECT_EQ(ask("POST", "/trident/v1/backend", base::replace_all(good, "\"password\":", "\"password\" ")), 400);
  EXPECT_EQ(ask("POST", "/trident/v1/backend", base::replace_all(good, "192.168.199.108", "10.0.0.1")),
            400);  // nobody there
  EXPECT_EQ(ask("POST", "/trident/v1/backend", base::replace_all(good, "\"" + secret + "\"", "[\"" + secret + "\"]")),
            400);
  EXPECT_EQ(ask("POST", "/trident/v1/backend", base::replace_all(good, "ontap-nas", "ontap-san")), 201);
  array.refusals["system-get-ontapi-version"] = "13002";
  EXPECT_EQ(ask("POST", "/trident/v1/backend", good), 400);
  lab.clock.advance(minutes(3));  // the health check fails
  for (const char* target : {"/trident/v1/backend", "/trident/v1/backend/ontapnas_192.168.199.107",
                             "/trident/v1/backend/ontapsan_192.168.199.107", "/trident/v1/volume", "/metrics"})
    ask("GET", target, "");
  lab.admin("POST", "/apis/storage.k8s.io/v1/storageclasses",
            "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: basic}, provisioner: "
            "netapp.io/trident, parameters: {backendType: ontap-nas}}");
  lab.claim_it("one");
  lab.clock.advance(minutes(3));
  seen += lab.all_events();
  for (const auto& [key, text] : lab.database.records) seen += text;
  for (const std::string& line : lab.lines) seen += line;
  for (const std::string& word : {secret, std::string("the-key-of-the-store"), std::string("the-token-of-rest"),
                                  base::base64_encode("someone:" + secret)}) {
    const std::size_t at = seen.find(word);
    EXPECT_EQ(at, std::string::npos) << word << " in: " << seen.substr(at > 200 ? at - 200 : 0, 300);
  }
}

}  // namespace
}  // namespace provisioner_test
