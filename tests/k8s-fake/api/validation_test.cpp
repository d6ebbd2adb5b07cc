#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/k8s-fake/api/client.h"

/// Refusals and columns as real servers have them; the texts were seen at one of release 1.20.
namespace {

using k8s_fake::Json;
using testing::HasSubstr;

const std::string kCore = "/api/v1/namespaces/default/";

k8s_fake::Config release(const std::string& version) {
  k8s_fake::Config config;
  config.version = version;
  return config;
}

TEST(Validation, LimitsQuotasAndBudgets) {
  struct Case {
    std::string target;
    Json spec;
    std::string wanted;
  };
  const auto limits = [](Json limit) { return Json{{"limits", Json::array({std::move(limit)})}}; };
  const std::string ranges = kCore + "limitranges", quotas = kCore + "resourcequotas",
                    budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  const Case cases[] = {
      {ranges, limits({{"type", "X"}}),
       "spec.limits[0].type: Invalid value: \"X\": must be a standard limit type or fully qualified"},
      {ranges, limits({{"type", "Container"}, {"min", {{"cpu", "2"}}}, {"max", {{"cpu", "1"}}}}),
       "min value 2 is greater than max value 1"},
      {ranges, limits({{"type", "Container"}, {"defaultRequest", {{"cpu", "2"}}}, {"default", {{"cpu", "1"}}}}),
       "default request value 2 is greater than default limit value 1"},
      {ranges, limits({{"type", "Pod"}, {"default", {{"cpu", "1"}}}}),
       "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"},
      {ranges, limits({{"type", "PersistentVolumeClaim"}}),
       "spec.limits[0].limits: Required value: either minimum or maximum storage value is required"},
      {ranges, limits({{"type", "Container"}, {"maxLimitRequestRatio", {{"cpu", "500m"}}}}),
       "ratio 500m is less than 1"},
      {quotas,
       {{"hard", {{"pods", "-1"}}}},
       "spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0"},
      {quotas, {{"hard", {{"pods", "1500m"}}}}, "must be an integer"},
      {quotas,
       {{"hard", {{"foo", "1"}}}},
       "[spec.hard[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified, spec.hard[foo]: "
       "Invalid value: \"foo\": must be a standard resource for quota]"},
      {quotas, {{"scopes", {"X"}}}, "unsupported scope"},
      {quotas, {{"scopes", {"BestEffort", "NotBestEffort"}}}, "conflicting scopes"},
      {quotas,
       {{"scopes", {"BestEffort"}}, {"hard", {{"requests.cpu", "1"}}}},
       "unsupported scope applied to resource"},
      {budgets, {{"minAvailable", "x%"}}, "a valid percent string must be a numeric string followed by an ending '%'"},
      {budgets,
       {{"maxUnavailable", "150%"}},
       "spec.maxUnavailable: Invalid value: \"150%\": must not be greater than 100%"},
  };
  World world;
  for (const auto& each : cases) {
    const auto refused = world.post(each.target, {{"metadata", {{"name", "x"}}}, {"spec", each.spec}});
    EXPECT_EQ(refused.status, 422) << each.wanted;
    EXPECT_THAT(body_of(refused).value("message", ""), HasSubstr(each.wanted));
  }
  const Json good = {
      {"hard", {{"count/things.ex.com", "1"}, {"requests.example.com/gpu", "2"}, {"limits.memory", "1Gi"}}}};
  EXPECT_EQ(world.post(quotas, {{"metadata", {{"name", "good"}}}, {"spec", good}}).status, 201);
  const auto revision = world.post("/apis/apps/v1/namespaces/default/controllerrevisions",
                                   {{"metadata", {{"name", "x"}}}, {"revision", 1}});
  EXPECT_THAT(body_of(revision).value("message", ""), HasSubstr("data: Required value: data is mandatory"));
}

TEST(Validation, AClaimShrinksAsItsReleaseAllows) {
  const std::pair<const char*, const char*> cases[] = {
      {"1.20.2", "spec.resources.requests.storage: Forbidden: field can not be less than previous value"},
      {"1.32.4", ""},
  };
  for (const auto& [version, wanted] : cases) {
    World world(release(version));
    world.post("/apis/storage.k8s.io/v1/storageclasses",
               {{"metadata", {{"name", "c"}}}, {"provisioner", "p"}, {"allowVolumeExpansion", true}});
    const Json spec = {{"storageClassName", "c"},
                       {"volumeName", "v"},
                       {"accessModes", {"ReadWriteOnce"}},
                       {"resources", {{"requests", {{"storage", "1Gi"}}}}}};
    const std::string claims = kCore + "persistentvolumeclaims";
    ASSERT_EQ(world.post(claims, {{"metadata", {{"name", "x"}}}, {"spec", spec}}).status, 201);
    world.patch(claims + "/x/status", "merge-patch+json",
                R"({"status":{"phase":"Bound","capacity":{"storage":"1Gi"}}})");
    const auto sized = [&](const std::string& size) {
      return world.patch(claims + "/x", "merge-patch+json",
                         R"({"spec":{"resources":{"requests":{"storage":")" + size + R"("}}}})");
    };
    ASSERT_EQ(sized("3Gi").status, 200);
    const auto shrunk = sized("2Gi");
    EXPECT_EQ(shrunk.status, *wanted == '\0' ? 200 : 422) << version;
    EXPECT_THAT(shrunk.body, HasSubstr(wanted));
  }
}

TEST(Validation, ServedVersionsAndColumnsFollowTheRelease) {
  const auto columns = [](World& world, const std::string& target) {
    const auto table =
        body_of(world.send("GET", target, "", {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}}));
    std::string out;
    for (const auto& each : table.value("columnDefinitions", Json::array())) out += each.value("name", "") + " ";
    return out;
  };
  World old(release("1.20.2"));
  EXPECT_EQ(columns(old, kCore + "resourcequotas"), "Name Age Request Limit ");
  EXPECT_EQ(columns(old, "/apis/storage.k8s.io/v1/csidrivers"), "Name AttachRequired PodInfoOnMount Modes Age ");
  World recent;
  EXPECT_EQ(columns(recent, kCore + "resourcequotas"), "Name Request Limit Age ");
  const std::string levels = "/apis/flowcontrol.apiserver.k8s.io/v1beta1/prioritylevelconfigurations";
  const Json level = {{"metadata", {{"name", "x"}}},
                      {"spec", {{"type", "Limited"}, {"limited", {{"assuredConcurrencyShares", 7}}}}}};
  ASSERT_EQ(old.post(levels, level).status, 201);
  EXPECT_EQ(old.get(levels + "/x")["spec"]["limited"]["assuredConcurrencyShares"], 7);
  EXPECT_EQ(old.get("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/x")["spec"]["limited"]
                                                                                          ["nominalConcurrencyShares"],
            7);
}

TEST(Validation, AConversionWebhookIsNotCalled) {
  World world;
  const Json schema = {{"openAPIV3Schema", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}};
  const auto version = [&](const char* name, bool storage) {
    return Json{{"name", name}, {"served", true}, {"storage", storage}, {"schema", schema}};
  };
  const Json webhook = {{"conversionReviewVersions", {"v1"}}, {"clientConfig", {{"url", "https://convert.test/"}}}};
  const Json spec = {{"group", "ex.com"},
                     {"scope", "Namespaced"},
                     {"names", {{"plural", "things"}, {"kind", "Thing"}}},
                     {"versions", Json::array({version("v1", true), version("v2", false)})},
                     {"conversion", {{"strategy", "Webhook"}, {"webhook", webhook}}}};
  ASSERT_EQ(world
                .post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                      {{"metadata", {{"name", "things.ex.com"}}}, {"spec", spec}})
                .status,
            201);
  const Json thing = {{"apiVersion", "ex.com/v1"}, {"kind", "Thing"}, {"metadata", {{"name", "t"}}}};
  EXPECT_EQ(world.post("/apis/ex.com/v1/namespaces/default/things", thing).status, 201);
  for (const char* path :
       {"/apis/ex.com/v2/namespaces/default/things/t", "/apis/ex.com/v2/things", "/apis/ex.com/v2/things?watch=1"}) {
    const auto refused = world.send("GET", path);
    EXPECT_EQ(refused.status, 500) << path;
    EXPECT_THAT(refused.body, HasSubstr("conversion webhook for ex.com/v2, Kind=Thing failed: ")) << path;
  }
}

TEST(Validation, LocalApiServicesAreAvailable) {
  World world;
  const std::string services = "/apis/apiregistration.k8s.io/v1/apiservices";
  const auto made = [&](const std::string& group, Json spec) {
    spec.update({{"group", group}, {"version", "v1"}, {"groupPriorityMinimum", 1000}, {"versionPriority", 15}});
    return body_of(
        world.post(services, {{"metadata", {{"name", "v1." + group}}}, {"spec", spec}}))["status"]["conditions"][0];
  };
  const Json local = made("ex.com", Json::object());
  EXPECT_EQ(local["status"], "True");
  EXPECT_EQ(local["reason"], "Local");
  EXPECT_EQ(local["message"], "Local APIServices are always available");
  const Json remote = made("far.com", {{"service", {{"name", "s"}, {"namespace", "n"}}}});
  EXPECT_EQ(remote["status"], "False");
  EXPECT_EQ(remote["reason"], "ServiceNotFound");
  EXPECT_EQ(remote["message"], "service/s in \"n\" is not present");
}

}  // namespace
