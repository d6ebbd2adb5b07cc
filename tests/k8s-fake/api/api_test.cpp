#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/k8s-fake/api/client.h"

namespace {

using k8s_fake::Json;
using testing::HasSubstr;

Json config_map(const std::string& name) {
  return {{"metadata", {{"name", name}, {"labels", {{"app", name}}}}}, {"data", {{"k", "v"}}}};
}
const std::string kMaps = "/api/v1/namespaces/default/configmaps";

TEST(Api, RefusesStrangers) {
  World world;
  EXPECT_EQ(world.send("GET", "/api/v1/pods", "", {{"Authorization", "Bearer nobody"}}).status, 401);
  EXPECT_EQ(world.send("GET", "/api/v1/pods").status, 200);
}

TEST(Api, KeepsAnObject) {
  World world;
  const auto made = world.post(kMaps, config_map("a"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(body_of(world.post(kMaps, config_map("a")))["message"], "configmaps \"a\" already exists");
  Json object = world.get(kMaps + "/a");
  EXPECT_EQ(object["kind"], "ConfigMap");
  EXPECT_EQ(object["data"]["k"], "v");
  object["data"]["k"] = "w";
  EXPECT_EQ(world.send("PUT", kMaps + "/a", object.dump()).status, 200);
  const auto stale = world.send("PUT", kMaps + "/a", object.dump());
  EXPECT_EQ(stale.status, 409);
  EXPECT_THAT(stale.body,
              HasSubstr("the object has been modified; please apply your changes to the latest version and try again"));
  EXPECT_EQ(body_of(world.send("DELETE", kMaps + "/a"))["status"], "Success");
  EXPECT_EQ(body_of(world.send("GET", kMaps + "/a"))["message"], "configmaps \"a\" not found");
}

TEST(Api, ListsInPagesOfOneState) {
  World world;
  for (const auto* name : {"a", "b", "c"}) world.post(kMaps, config_map(name));
  Json first = world.get(kMaps + "?limit=2");
  EXPECT_EQ(first["items"].size(), 2u);
  EXPECT_EQ(first["metadata"]["remainingItemCount"], 1);
  world.post(kMaps, config_map("d"));
  const Json rest = world.get(kMaps + "?limit=5&continue=" + first["metadata"]["continue"].get<std::string>());
  ASSERT_EQ(rest["items"].size(), 1u);
  EXPECT_EQ(rest["items"][0]["metadata"]["name"], "c");
  EXPECT_EQ(rest["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
}

TEST(Api, WatchSeesWhatComesAfterTheList) {
  World world;
  const Json list = world.get(kMaps);
  const auto watch = world.send("GET", kMaps + "?watch=1&labelSelector=app%3Da&resourceVersion=" +
                                           list["metadata"]["resourceVersion"].get<std::string>());
  ASSERT_NE(watch.outgoing, nullptr);
  world.post(kMaps, config_map("a"));
  world.post(kMaps, config_map("b"));
  world.patch(kMaps + "/a", "merge-patch+json", R"({"metadata":{"labels":{"app":"z"}}})");
  const auto added = watch.outgoing->try_read();
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(Json::parse(*added)["type"], "ADDED");
  const auto gone = watch.outgoing->try_read();
  ASSERT_NE(gone, nullptr);
  EXPECT_EQ(Json::parse(*gone)["type"], "DELETED");
  EXPECT_EQ(watch.outgoing->try_read(), nullptr);
}

TEST(Api, TellsWhatIsWrongWithAnObject) {
  World world;
  const struct {
    const char* target;
    Json body;
    int status;
    const char* message;
  } rows[] = {
      {"/api/v1/namespaces/default/configmaps",
       {{"metadata", {{"name", "Foo"}}}},
       422,
       "ConfigMap \"Foo\" is invalid: metadata.name: Invalid value: \"Foo\": a lowercase RFC 1123 subdomain"},
      {"/api/v1/namespaces/nons/configmaps", {{"metadata", {{"name", "a"}}}}, 404, "namespaces \"nons\" not found"},
      {"/api/v1/namespaces/default/configmaps",
       {{"kind", "Pod"}, {"apiVersion", "v1"}},
       400,
       "Pod in version \"v1\" cannot be handled as a ConfigMap"},
      {"/api/v1/namespaces/default/persistentvolumeclaims",
       {{"metadata", {{"name", "a"}}}, {"spec", Json::object()}},
       422,
       "at least 1 access mode is required"},
      {"/api/v1/namespaces/default/persistentvolumeclaims",
       {{"metadata", {{"name", "a"}}}, {"spec", {{"accessModes", "x"}}}},
       400,
       "json: cannot unmarshal string into Go struct field PersistentVolumeClaimSpec.spec.accessModes of type "
       "[]string"},
      {"/apis/storage.k8s.io/v1beta1/storageclasses",
       {{"metadata", {{"name", "a"}}}},
       422,
       "provisioner: Required value"},
      {"/api/v1/namespaces/default/pods",
       {{"metadata", {{"name", "a"}}}, {"spec", {{"containers", Json::array({Json{{"name", "c"}, {"image", "i"}}})}}}},
       403,
       "error looking up service account default/default: serviceaccount \\\"default\\\" not found"},
  };
  for (const auto& row : rows) {
    const auto response = world.post(row.target, row.body);
    EXPECT_EQ(response.status, row.status) << response.body;
    EXPECT_THAT(response.body,
                HasSubstr(std::string(row.message).find("\\\"") != std::string::npos
                              ? row.message
                              : Json(row.message).dump().substr(1, Json(row.message).dump().size() - 2)));
  }
}

TEST(Api, ServesOldVersionsOfAKind) {
  World world;
  const auto made = world.post("/apis/storage.k8s.io/v1beta1/storageclasses",
                               {{"metadata", {{"name", "basic"}}}, {"provisioner", "netapp.io/trident"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(body_of(made)["apiVersion"], "storage.k8s.io/v1beta1");
  EXPECT_EQ(world.get("/apis/storage.k8s.io/v1/storageclasses/basic")["reclaimPolicy"], "Delete");
}

TEST(Api, ReadsProtobuf) {
  World world;
  const std::string body = std::string("k8s\0", 4) + "\x0a\x0f\x0a\x02v1\x12\x09Namespace" +
                           std::string(
                               "\x12\x1f\x0a\x17\x0a\x07trident\x12\x00\x1a\x00\x22\x00\x2a\x00\x32\x00\x38\x00\x42\x00"
                               "\x12\x00\x1a\x02\x0a\x00\x1a\x00\x22\x00",
                               37);
  const auto made =
      world.send("POST", "/api/v1/namespaces", body, {{"Content-Type", "application/vnd.kubernetes.protobuf"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(body_of(made)["metadata"]["name"], "trident");
  EXPECT_EQ(body_of(made)["status"]["phase"], "Active");
}

TEST(Api, RolesDecide) {
  k8s_fake::Config config;
  config.users = {{"bob", {}, "bobs-token"}};
  World world(config);
  const base::http::Headers bob = {{"Authorization", "Bearer bobs-token"}};
  EXPECT_EQ(
      body_of(world.send("GET", "/api/v1/namespaces/default/pods", "", bob))["message"],
      "pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"");
  EXPECT_EQ(world.send("GET", "/version", "", bob).status, 200);
  const auto bound = world.post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
                                {{"metadata", {{"name", "v"}}},
                                 {"roleRef", {{"kind", "ClusterRole"}, {"name", "view"}}},
                                 {"subjects", Json::array({Json{{"kind", "User"}, {"name", "bob"}}})}});
  ASSERT_EQ(bound.status, 201) << bound.body;
  EXPECT_EQ(world.send("GET", "/api/v1/namespaces/default/pods", "", bob).status, 200);
  EXPECT_EQ(world.send("GET", "/api/v1/namespaces/default/secrets", "", bob).status, 403);
}

TEST(Api, RefusesWhatItDoesNotServe) {
  World world;
  const struct {
    const char* method;
    const char* target;
    const char* type;
    int status;
    const char* says;
  } rows[] = {
      {"GET", "/.well-known/oauth-authorization-server", "", 404, "paths"},
      {"GET", "/oauth/authorize", "", 404, "paths"},
      {"POST", "/api/v1/namespaces/default/configmaps", "application/cbor", 415,
       "the body of the request was in an unknown format - accepted media types include"},
      {"PATCH", "/api/v1/namespaces/default/configmaps/a", "application/apply-patch+cbor", 415,
       "415: Unsupported Media Type"},
      {"OPTIONS", "/api/v1/namespaces/default/configmaps", "", 405,
       "the server does not allow this method on the requested resource"},
      {"GET", "/apis/nobody.example.com/v1/things", "", 404, "404 page not found\n"},
      {"GET", "/apis/apps/v9/deployments", "", 404, "the server could not find the requested resource"},
      {"GET", "/api/v1/namespaces/default/configmaps?watch=true&sendInitialEvents=true", "", 422,
       "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"},
      {"GET", "/api/v1/namespaces/default/configmaps?sendInitialEvents=true&resourceVersionMatch=NotOlderThan", "", 422,
       "sendInitialEvents is forbidden for list"},
      {"GET", "/api/v1/configmaps?resourceVersion=abc", "", 400, "strconv.ParseUint"},
      {"GET", "/api/v1/configmaps?resourceVersion=999999", "", 504, "Too large resource version"},
      {"GET", "/api/v1/configmaps?fieldSelector=data.a%3Db", "", 400, "is not a known field selector: only"},
      {"GET", "/api/v1/configmaps?continue=rubbish", "", 400, "invalid continue token"},
      {"DELETE", "/api/v1/namespaces/kube-system", "", 403, "this namespace may not be deleted"},
  };
  for (const auto& row : rows) {
    const auto answer = world.send(row.method, row.target, "", {{"Content-Type", row.type}});
    EXPECT_EQ(answer.status, row.status) << row.target << " " << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(row.says)) << row.target;
  }
}

TEST(Api, EveryAnswerHasAnAuditId) {
  World world;
  const std::string first = world.send("GET", kMaps).headers.get("Audit-Id");
  EXPECT_EQ(first.size(), 36u);
  EXPECT_NE(world.send("GET", kMaps + "/none").headers.get("Audit-Id"), first);
  EXPECT_EQ(world.send("GET", kMaps, "", {{"Audit-ID", "mine"}}).headers.get("Audit-Id"), "mine");
}

TEST(Api, EvictionKeepsADisruptionBudget) {
  World world;
  ASSERT_EQ(world.post("/api/v1/namespaces/default/serviceaccounts", {{"metadata", {{"name", "default"}}}}).status,
            201);
  const Json pod = {{"metadata", {{"name", "p"}, {"labels", {{"app", "x"}}}}},
                    {"spec", {{"containers", Json::array({Json{{"name", "c"}, {"image", "i"}}})}}}};
  ASSERT_EQ(world.post("/api/v1/namespaces/default/pods", pod).status, 201);
  const Json running = {
      {"status", {{"phase", "Running"}, {"conditions", Json::array({Json{{"type", "Ready"}, {"status", "True"}}})}}}};
  ASSERT_EQ(world.patch("/api/v1/namespaces/default/pods/p/status", "merge-patch+json", running.dump()).status, 200);
  ASSERT_EQ(world
                .post("/apis/policy/v1/namespaces/default/poddisruptionbudgets",
                      {{"metadata", {{"name", "b"}}},
                       {"spec", {{"minAvailable", 1}, {"selector", {{"matchLabels", {{"app", "x"}}}}}}}})
                .status,
            201);
  const Json eviction = {
      {"apiVersion", "policy/v1"}, {"kind", "Eviction"}, {"metadata", {{"name", "p"}, {"namespace", "default"}}}};
  const auto refused = world.post("/api/v1/namespaces/default/pods/p/eviction", eviction);
  EXPECT_EQ(refused.status, 429) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("Cannot evict pod as it would violate the pod's disruption budget."));
  world.send("DELETE", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b");
  EXPECT_EQ(world.post("/api/v1/namespaces/default/pods/p/eviction", eviction).status, 201);
}

TEST(Api, BookmarksEndAStreamedList) {
  World world;
  world.post(kMaps, config_map("a"));
  const auto watch = world.send(
      "GET", kMaps + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  const auto first = watch.outgoing->try_read();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(Json::parse(*first)["object"]["metadata"]["name"], "a");
  const auto mark = watch.outgoing->try_read();
  ASSERT_NE(mark, nullptr);
  EXPECT_EQ(Json::parse(*mark)["type"], "BOOKMARK");
  EXPECT_EQ(Json::parse(*mark)["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

TEST(Api, QuotasCountWhatANamespaceHolds) {
  World world;
  const std::string claims = "/api/v1/namespaces/default/persistentvolumeclaims";
  const auto claim = [&](const std::string& name, const std::string& size) {
    return world.post(claims, {{"metadata", {{"name", name}}},
                               {"spec",
                                {{"accessModes", {"ReadWriteOnce"}},
                                 {"storageClassName", "gold"},
                                 {"resources", {{"requests", {{"storage", size}}}}}}}});
  };
  ASSERT_EQ(claim("a", "1Gi").status, 201);
  const Json hard = {{"requests.storage", "3Gi"},
                     {"gold.storageclass.storage.k8s.io/persistentvolumeclaims", "2"},
                     {"count/configmaps", "1"}};
  ASSERT_EQ(world
                .post("/api/v1/namespaces/default/resourcequotas",
                      {{"metadata", {{"name", "q"}}}, {"spec", {{"hard", hard}}}})
                .status,
            201);
  EXPECT_EQ(world.get("/api/v1/namespaces/default/resourcequotas/q")["status"]["used"]["requests.storage"], "1Gi");
  const auto refused = claim("b", "2.5Gi");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(body_of(refused)["message"],
            "persistentvolumeclaims \"b\" is forbidden: exceeded quota: q, requested: requests.storage=2560Mi, used: "
            "requests.storage=1Gi, limited: requests.storage=3Gi");
  EXPECT_EQ(claim("b", "2Gi").status, 201);
  EXPECT_EQ(
      world.get(
          "/api/v1/namespaces/default/resourcequotas/q")["status"]["used"]
                                                        ["gold.storageclass.storage.k8s.io/persistentvolumeclaims"],
      "2");
  EXPECT_EQ(world.post(kMaps, config_map("one")).status, 201);
  EXPECT_EQ(world.post(kMaps, config_map("two")).status, 403);
  world.send("DELETE", kMaps + "/one");
  EXPECT_EQ(world.get("/api/v1/namespaces/default/resourcequotas/q")["status"]["used"]["count/configmaps"], "0");
  EXPECT_EQ(world.post(kMaps, config_map("two")).status, 201);
}

TEST(Api, LimitRangesFillInAndBound) {
  World world;
  ASSERT_EQ(world.post("/api/v1/namespaces/default/serviceaccounts", {{"metadata", {{"name", "default"}}}}).status,
            201);
  const Json limits = Json::array(
      {Json{{"type", "Container"},
            {"default", {{"cpu", "500m"}}},
            {"defaultRequest", {{"cpu", "100m"}}},
            {"max", {{"cpu", "1"}}}},
       Json{{"type", "PersistentVolumeClaim"}, {"min", {{"storage", "1Gi"}}}, {"max", {{"storage", "10Gi"}}}}});
  ASSERT_EQ(world
                .post("/api/v1/namespaces/default/limitranges",
                      {{"metadata", {{"name", "l"}}}, {"spec", {{"limits", limits}}}})
                .status,
            201);
  const auto pod = [&](const std::string& name, const Json& resources) {
    return world.post(
        "/api/v1/namespaces/default/pods",
        {{"metadata", {{"name", name}}},
         {"spec", {{"containers", Json::array({Json{{"name", "c"}, {"image", "i"}, {"resources", resources}}})}}}});
  };
  const Json made = body_of(pod("p", Json::object()));
  EXPECT_EQ(made["spec"]["containers"][0]["resources"],
            (Json{{"limits", {{"cpu", "500m"}}}, {"requests", {{"cpu", "100m"}}}}));
  EXPECT_EQ(made["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
            "LimitRanger plugin set: cpu request for container c; cpu limit for container c");
  EXPECT_EQ(body_of(pod("q", {{"limits", {{"cpu", "2"}}}}))["message"],
            "pods \"q\" is forbidden: maximum cpu usage per Container is 1, but limit is 2");
  const auto claim = world.post(
      "/api/v1/namespaces/default/persistentvolumeclaims",
      {{"metadata", {{"name", "c"}}},
       {"spec", {{"accessModes", {"ReadWriteOnce"}}, {"resources", {{"requests", {{"storage", "20Gi"}}}}}}}});
  EXPECT_EQ(body_of(claim)["message"],
            "persistentvolumeclaims \"c\" is forbidden: maximum storage usage per PersistentVolumeClaim is 10Gi, but "
            "request is 20Gi");
}

TEST(Apply, OwnersAndConflicts) {
  World world;
  const std::string target = kMaps + "/ssa";
  const auto apply = [&](const std::string& manager, const std::string& data, const std::string& more = {}) {
    return world.patch(
        target + "?fieldManager=" + manager + more, "apply-patch+yaml",
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"ssa\"},\"data\":" + data + "}");
  };
  EXPECT_EQ(apply("a", R"({"x":"1","y":"1"})").status, 201);
  EXPECT_EQ(body_of(apply("b", R"({"x":"2"})"))["message"],
            "Apply failed with 1 conflict: conflict with \"a\": .data.x");
  EXPECT_EQ(apply("b", R"({"x":"2"})", "&force=true").status, 200);
  const Json after = body_of(apply("a", R"({"z":"1"})"));
  EXPECT_EQ(after["data"], (Json{{"x", "2"}, {"z", "1"}}));
  const std::string version = after["metadata"]["resourceVersion"];
  EXPECT_EQ(body_of(apply("a", R"({"z":"1"})"))["metadata"]["resourceVersion"], version);
  // Several owners: each has its own paragraph, sorted.
  EXPECT_EQ(body_of(apply("c", R"({"x":"9","z":"9"})"))["message"],
            "Apply failed with 2 conflicts: conflicts with \"a\":\n- .data.z\nconflicts with \"b\":\n- .data.x");
}

TEST(Apply, OwnersCanBeForgottenAndNobodyInventsThem) {
  World world;
  const std::string target = kMaps + "/m";
  const auto owners = [](const base::http::Response& response) {
    std::string out;
    for (const auto& each : body_of(response)["metadata"].value("managedFields", Json::array()))
      out += each.value("manager", "?") + "/" + each.value("operation", "?") + " ";
    return out;
  };
  ASSERT_EQ(world.post(kMaps, Json::parse(R"({"metadata":{"name":"m"},"data":{"k":"v"}})")).status, 201);
  // What cannot be read as owners is as if it had not been sent.
  EXPECT_EQ(owners(world.patch(target, "merge-patch+json",
                               R"({"metadata":{"managedFields":[{"manager":"x","operation":"Foo"}]}})")),
            "unknown/Update ");
  EXPECT_EQ(owners(world.patch(target, "json-patch+json",
                               R"([{"op":"replace","path":"/metadata/managedFields","value":[{}]}])")),
            "");
  EXPECT_EQ(owners(world.patch(target, "merge-patch+json", R"({"data":{"l":"w"}})")), "") << "nobody owns it any more";
  const std::string applied = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"k":"other"}})";
  EXPECT_EQ(body_of(world.patch(target + "?fieldManager=a", "apply-patch+yaml", applied))["message"],
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.k");
  EXPECT_EQ(owners(world.patch(target + "?fieldManager=a&force=true", "apply-patch+yaml", applied)),
            "a/Apply before-first-apply/Update ");
}

}  // namespace
