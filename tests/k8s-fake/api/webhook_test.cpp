#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/text.h"
#include "tests/k8s-fake/api/client.h"

namespace {

using k8s_fake::CallOut;
using k8s_fake::Heard;
using k8s_fake::Json;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const std::string kValidating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const std::string kMutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

/// A cluster whose webhooks are a function: it gets each AdmissionRequest and the host it was sent to.
struct HookWorld : World {
  explicit HookWorld(k8s_fake::Config config = {}) : World(std::move(config)) {
    fake.set_call_out([this](CallOut out, std::function<void(Heard)> done) {
      const Json review = Json::parse(out.request.body);
      asked.push_back(out.to.host + out.request.target);
      reviews.push_back(review);
      dialled = out.dial_host + ":" + std::to_string(out.dial_port);
      done(answer(review["request"], out));
    });
  }
  static Heard reply(const Json& request, Json response) {
    response["uid"] = request["uid"];
    return {
        .problem = {},
        .status = 200,
        .body =
            Json{{"kind", "AdmissionReview"}, {"apiVersion", "admission.k8s.io/v1"}, {"response", response}}.dump()};
  }
  base::http::Response settle(base::http::Response response) {
    if (response.later == nullptr) return response;
    EXPECT_TRUE(response.later->ready());
    base::http::Response out;
    response.later->before_delivery([&](base::http::Response& made) { out = made; });
    return out;
  }
  base::http::Response make(const std::string& target, const Json& body) { return settle(post(target, body)); }

  std::function<Heard(const Json& request, const CallOut& out)> answer = [](const Json& request, const CallOut&) {
    return reply(request, {{"allowed", true}});
  };
  std::vector<std::string> asked;
  std::vector<Json> reviews;
  std::string dialled;
};

Json hook(const std::string& name, Json more = Json::object()) {
  Json rule = {{"operations", {"CREATE", "UPDATE", "DELETE"}},
               {"apiGroups", {""}},
               {"apiVersions", {"v1"}},
               {"resources", {"configmaps"}}};
  Json out = {{"name", name + ".drydock.test"},
              {"sideEffects", "None"},
              {"admissionReviewVersions", {"v1"}},
              {"clientConfig", {{"url", "https://" + name + ".test/check"}}},
              {"rules", Json::array({rule})}};
  out.update(more);
  return out;
}
Json configuration(const std::string& name, Json hooks) {
  return {{"metadata", {{"name", name}}}, {"webhooks", std::move(hooks)}};
}
Json map_of(const std::string& name) { return {{"metadata", {{"name", name}}}, {"data", {{"k", "v"}}}}; }
Json patch_of(const Json& operations) {
  return {{"allowed", true}, {"patchType", "JSONPatch"}, {"patch", base::base64_encode(operations.dump())}};
}

TEST(Webhooks, ARefusalReachesTheClient) {
  HookWorld world;
  ASSERT_EQ(world.make(kValidating, configuration("w", {hook("a")})).status, 201);
  struct Case {
    Json response;
    int status;
    std::string message;
  };
  const Case cases[] = {
      {{{"allowed", false}}, 400, "admission webhook \"a.drydock.test\" denied the request without explanation"},
      {{{"allowed", false}, {"status", {{"message", "no maps"}, {"code", 403}, {"reason", "Forbidden"}}}},
       403,
       "admission webhook \"a.drydock.test\" denied the request: no maps"},
      {{{"allowed", false}, {"status", {{"reason", "Because"}}}},
       400,
       "admission webhook \"a.drydock.test\" denied the request: Because"},
  };
  for (const auto& each : cases) {
    world.answer = [&](const Json& request, const CallOut&) { return HookWorld::reply(request, each.response); };
    const auto refused = world.make(kMaps, map_of("m"));
    EXPECT_EQ(refused.status, each.status);
    EXPECT_EQ(body_of(refused)["message"], each.message);
    EXPECT_EQ(world.send("GET", kMaps + "/m").status, 404);
  }
}

TEST(Webhooks, TheReviewSaysWhatIsAsked) {
  HookWorld world;
  world.make(kValidating, configuration("w", {hook("a", {{"timeoutSeconds", 3}})}));
  ASSERT_EQ(world.make(kMaps + "?fieldManager=me", map_of("m")).status, 201);
  ASSERT_EQ(world.reviews.size(), 1u);
  EXPECT_EQ(world.asked[0], "a.test/check?timeout=3s");
  const Json& request = world.reviews[0]["request"];
  EXPECT_EQ(world.reviews[0]["apiVersion"], "admission.k8s.io/v1");
  EXPECT_EQ(request["kind"], (Json{{"group", ""}, {"version", "v1"}, {"kind", "ConfigMap"}}));
  EXPECT_EQ(request["resource"], (Json{{"group", ""}, {"version", "v1"}, {"resource", "configmaps"}}));
  EXPECT_EQ(request["name"], "m");
  EXPECT_EQ(request["namespace"], "default");
  EXPECT_EQ(request["operation"], "CREATE");
  EXPECT_EQ(request["userInfo"]["username"], "system:admin");
  EXPECT_EQ(request["options"],
            (Json{{"kind", "CreateOptions"}, {"apiVersion", "meta.k8s.io/v1"}, {"fieldManager", "me"}}));
  EXPECT_EQ(request["dryRun"], false);
  EXPECT_TRUE(request["oldObject"].is_null());
  // What the webhook saw is what was stored.
  EXPECT_EQ(request["object"]["metadata"]["uid"], world.get(kMaps + "/m")["metadata"]["uid"]);

  ASSERT_EQ(world.settle(world.patch(kMaps + "/m", "merge-patch+json", R"({"data":{"k":"w"}})")).status, 200);
  EXPECT_EQ(world.reviews[1]["request"]["operation"], "UPDATE");
  EXPECT_EQ(world.reviews[1]["request"]["options"]["kind"], "UpdateOptions");
  EXPECT_EQ(world.reviews[1]["request"]["oldObject"]["data"]["k"], "v");
  EXPECT_EQ(world.reviews[1]["request"]["object"]["data"]["k"], "w");
  ASSERT_EQ(world.settle(world.send("DELETE", kMaps + "/m")).status, 200);
  EXPECT_EQ(world.reviews[2]["request"]["operation"], "DELETE");
  EXPECT_TRUE(world.reviews[2]["request"]["object"].is_null());
  EXPECT_EQ(world.reviews[2]["request"]["oldObject"]["data"]["k"], "w");
}

TEST(Webhooks, MutatingOnesComeFirstInOrderAndAgainWhenAsked) {
  HookWorld world;
  world.make(kMutating, configuration("1", {hook("one", {{"reinvocationPolicy", "IfNeeded"}})}));
  world.make(kMutating, configuration("2", {hook("two")}));
  world.make(kValidating, configuration("0", {hook("zero")}));
  world.answer = [](const Json& request, const CallOut& out) {
    if (out.to.host == "zero.test") return HookWorld::reply(request, {{"allowed", true}});
    EXPECT_TRUE(request["object"]["metadata"]["creationTimestamp"].is_null());
    EXPECT_FALSE(request["object"]["metadata"].contains("uid"));
    const std::string name = out.to.host == "one.test" ? "one" : "two";
    const std::string seen = request["object"]["data"].value("seen", "");
    return HookWorld::reply(
        request, patch_of(Json::array({Json{{"op", "add"}, {"path", "/data/seen"}, {"value", seen + name + ";"}}})));
  };
  const auto made = world.make(kMaps, map_of("m"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(body_of(made)["data"]["seen"], "one;two;one;");
  EXPECT_THAT(world.asked, ElementsAre(HasSubstr("one"), HasSubstr("two"), HasSubstr("one"), HasSubstr("zero")));
  EXPECT_EQ(world.reviews[3]["request"]["object"]["data"]["seen"], "one;two;one;");
}

TEST(Webhooks, WhatTheyAddToAPodIsCompleted) {
  HookWorld world;
  world.make("/api/v1/namespaces/default/serviceaccounts", {{"metadata", {{"name", "default"}}}});
  Json rule = {{"operations", {"CREATE"}}, {"apiGroups", {""}}, {"apiVersions", {"v1"}}, {"resources", {"pods"}}};
  world.make(kMutating, configuration("w", {hook("a", {{"rules", Json::array({rule})}})}));
  world.answer = [](const Json& request, const CallOut&) {
    const Json side = {{"name", "side"}, {"image", "proxy"}};
    return HookWorld::reply(
        request, patch_of(Json::array({Json{{"op", "add"}, {"path", "/spec/containers/-"}, {"value", side}}})));
  };
  const Json container = {{"name", "c"}, {"image", "nginx"}};
  const auto made =
      world.make("/api/v1/namespaces/default/pods",
                 {{"metadata", {{"generateName", "p-"}}}, {"spec", {{"containers", Json::array({container})}}}});
  ASSERT_EQ(made.status, 201) << made.body;
  const Json pod = body_of(made);
  EXPECT_EQ(world.asked.size(), 1u);
  EXPECT_EQ(pod["spec"]["containers"][1]["terminationMessagePath"], "/dev/termination-log");
  EXPECT_EQ(pod["spec"]["containers"][1]["imagePullPolicy"], "Always");
}

TEST(Webhooks, OnlyWhatMatchesIsAsked) {
  struct Case {
    Json more;
    std::string target;
    Json body;
    bool asked;
  };
  const auto rules = [](Json rule) { return Json{{"rules", Json::array({std::move(rule)})}}; };
  const Json any = {{"operations", {"*"}}, {"apiGroups", {"*"}}, {"apiVersions", {"*"}}, {"resources", {"*"}}};
  Json cluster = any, old_apps = any;
  cluster["scope"] = "Cluster";
  old_apps["apiGroups"] = {"extensions"};
  old_apps["resources"] = {"deployments"};
  Json exact = rules(old_apps);
  exact["matchPolicy"] = "Exact";
  const Json deployment = {{"metadata", {{"name", "d"}}},
                           {"spec",
                            {{"replicas", 0},
                             {"selector", {{"matchLabels", {{"a", "b"}}}}},
                             {"template",
                              {{"metadata", {{"labels", {{"a", "b"}}}}},
                               {"spec", {{"containers", Json::array({Json{{"name", "c"}, {"image", "i"}}})}}}}}}}};
  const std::string apps = "/apis/apps/v1/namespaces/default/deployments";
  Json labelled = map_of("m");
  labelled["metadata"]["labels"] = {{"check", "yes"}};
  const Json by_object = {{"objectSelector", {{"matchLabels", {{"check", "yes"}}}}}};
  const Json by_namespace = {{"namespaceSelector", {{"matchLabels", {{"check", "yes"}}}}}};
  const Json namespaces_too = {
      {"namespaceSelector",
       {{"matchExpressions",
         Json::array({Json{{"key", "kubernetes.io/metadata.name"}, {"operator", "In"}, {"values", {"default"}}}})}}}};
  const Case cases[] = {
      {Json::object(), kMaps, map_of("m"), true},
      {Json::object(), "/api/v1/namespaces/default/secrets", map_of("m"), false},
      {rules(any), "/api/v1/namespaces/default/secrets", {{"metadata", {{"name", "m"}}}}, true},
      {rules(cluster), kMaps, map_of("m"), false},
      {rules(cluster), "/api/v1/namespaces", {{"metadata", {{"name", "m"}}}}, true},
      {rules(old_apps), apps, deployment, true},
      {exact, apps, deployment, false},
      {by_object, kMaps, map_of("m"), false},
      {by_object, kMaps, labelled, true},
      {by_namespace, kMaps, map_of("m"), false},
      {namespaces_too, kMaps, map_of("m"), true},
  };
  int number = 0;
  for (const auto& each : cases) {
    HookWorld world;
    ASSERT_EQ(world.make(kValidating, configuration("w", {hook("a", each.more)})).status, 201) << number;
    world.make(each.target, each.body);
    EXPECT_EQ(world.asked.size(), each.asked ? 1u : 0u) << number;
    ++number;
  }
}

TEST(Webhooks, AnEquivalentVersionIsShownInItsOwnForm) {
  HookWorld world;
  Json rule = {{"operations", {"CREATE"}}, {"apiGroups", {"apps"}}, {"apiVersions", {"v1"}}, {"resources", {"*"}}};
  world.make(kValidating, configuration("w", {hook("a", {{"rules", Json::array({rule})}})}));
  const Json body = {{"metadata", {{"name", "d"}}},
                     {"spec",
                      {{"template",
                        {{"metadata", {{"labels", {{"a", "b"}}}}},
                         {"spec", {{"containers", Json::array({Json{{"name", "c"}, {"image", "i"}}})}}}}}}}};
  const auto made = world.make("/apis/extensions/v1beta1/namespaces/default/deployments", body);
  ASSERT_EQ(made.status, 201) << made.body;
  ASSERT_EQ(world.reviews.size(), 1u);
  const Json& request = world.reviews[0]["request"];
  EXPECT_EQ(request["kind"]["group"], "apps");
  EXPECT_EQ(request["requestKind"]["group"], "extensions");
  EXPECT_EQ(request["object"]["apiVersion"], "apps/v1");
}

TEST(Webhooks, AFailedCallFollowsItsPolicy) {
  struct Case {
    Heard heard;
    std::string why;
  };
  const std::string post = "failed to call webhook: Post \"https://a.test/check?timeout=10s\": ";
  const Case cases[] = {
      {{.problem = "dial tcp 192.0.2.1:443: connect: connection refused", .status = 0, .body = {}},
       post + "dial tcp 192.0.2.1:443: connect: connection refused"},
      {{.problem = "context deadline exceeded", .status = 0, .body = {}}, post + "context deadline exceeded"},
      {{.problem = {}, .status = 404, .body = "no"},
       "failed to call webhook: the server could not find the requested resource"},
      {{.problem = {}, .status = 500, .body = "oops\n"},
       "failed to call webhook: an error on the server (\"oops\") has prevented the request from succeeding"},
      {{.problem = {}, .status = 200, .body = "{}"}, "webhook response was absent"},
      {{.problem = {}, .status = 200, .body = R"({"response":{"uid":"x","allowed":true}})"}, "expected response.uid="},
  };
  for (const auto& each : cases) {
    HookWorld world;
    world.answer = [&](const Json&, const CallOut&) { return each.heard; };
    world.make(kValidating, configuration("w", {hook("a")}));
    const auto failed = world.make(kMaps, map_of("m"));
    EXPECT_EQ(failed.status, 500);
    EXPECT_EQ(body_of(failed)["reason"], "InternalError");
    EXPECT_THAT(body_of(failed)["message"].get<std::string>(),
                HasSubstr("Internal error occurred: failed calling webhook \"a.drydock.test\": " + each.why));
    Json lenient = world.get(kValidating + "/w");
    lenient["webhooks"][0]["failurePolicy"] = "Ignore";
    ASSERT_EQ(world.settle(world.send("PUT", kValidating + "/w", lenient.dump())).status, 200);
    EXPECT_EQ(world.make(kMaps, map_of("m")).status, 201);
  }
}

TEST(Webhooks, DryRunsAskOnlyTheHarmless) {
  HookWorld world;
  const std::string beta = "/apis/admissionregistration.k8s.io/v1beta1/validatingwebhookconfigurations";
  Json some = hook("a", {{"sideEffects", "Some"}});
  const auto refused = world.make(kValidating, configuration("w", {some}));
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("webhooks[0].sideEffects: Unsupported value: \\\"Some\\\""));
  ASSERT_EQ(world.make(beta, configuration("w", {some})).status, 201);
  const auto dry = world.make(kMaps + "?dryRun=All", map_of("m"));
  EXPECT_EQ(dry.status, 400);
  EXPECT_EQ(body_of(dry)["message"], "admission webhook \"a.drydock.test\" does not support dry run");
  EXPECT_TRUE(world.asked.empty());
  world.settle(world.send("DELETE", beta + "/w"));
  world.make(kValidating, configuration("w", {hook("a")}));
  EXPECT_EQ(world.make(kMaps + "?dryRun=All", map_of("m")).status, 201);
  EXPECT_EQ(world.reviews.at(0)["request"]["dryRun"], true);
  EXPECT_EQ(world.send("GET", kMaps + "/m").status, 404);
}

TEST(Webhooks, ServicesAreResolved) {
  HookWorld world;
  const Json at_service = {
      {"clientConfig", {{"service", {{"name", "hooks"}, {"namespace", "default"}, {"path", "/v"}}}}}};
  world.make(kValidating, configuration("w", {hook("a", at_service)}));
  const auto message = [&] { return body_of(world.make(kMaps, map_of("m")))["message"].get<std::string>(); };
  EXPECT_THAT(message(),
              HasSubstr("Post \"https://hooks.default.svc:443/v?timeout=10s\": service \"hooks\" not found"));
  const Json port = {{"port", 443}, {"targetPort", 8443}};
  world.make("/api/v1/namespaces/default/services",
             {{"metadata", {{"name", "hooks"}}}, {"spec", {{"ports", Json::array({port})}}}});
  EXPECT_THAT(message(), HasSubstr("no endpoints available for service \"hooks\""));
  const Json subset = {{"addresses", Json::array({Json{{"ip", "127.1.0.9"}}})},
                       {"ports", Json::array({Json{{"port", 8443}}})}};
  world.make("/api/v1/namespaces/default/endpoints",
             {{"metadata", {{"name", "hooks"}}}, {"subsets", Json::array({subset})}});
  EXPECT_EQ(world.make(kMaps, map_of("m")).status, 201);
  EXPECT_THAT(world.asked, ElementsAre("hooks.default.svc/v?timeout=10s"));
  EXPECT_EQ(world.dialled, "127.1.0.9:8443");
}

TEST(Webhooks, WarningsAndConnectionsToo) {
  HookWorld world;
  Json rule = {{"operations", {"CONNECT"}}, {"apiGroups", {""}}, {"apiVersions", {"v1"}}, {"resources", {"pods/exec"}}};
  world.make("/api/v1/namespaces/default/serviceaccounts", {{"metadata", {{"name", "default"}}}});
  world.make(kValidating, configuration("w", {hook("a"), hook("b", {{"rules", Json::array({rule})}})}));
  world.answer = [](const Json& request, const CallOut&) {
    return HookWorld::reply(request, {{"allowed", request["operation"] != "CONNECT"}, {"warnings", {"look out"}}});
  };
  const auto made = world.make(kMaps, map_of("m"));
  EXPECT_EQ(made.headers.get("Warning"), "299 - \"look out\"");
  world.make(
      "/api/v1/namespaces/default/pods",
      {{"metadata", {{"name", "p"}}}, {"spec", {{"containers", Json::array({Json{{"name", "c"}, {"image", "i"}}})}}}});
  world.fake.set_pod_streams([](const base::http::Request&, const Json&, const std::string&) {
    ADD_FAILURE() << "exec was let through";
    return base::http::Response{};
  });
  const auto refused = world.settle(world.send("POST", "/api/v1/namespaces/default/pods/p/exec?command=ls&stdout=1"));
  EXPECT_EQ(refused.status, 400);
  const Json& request = world.reviews.back()["request"];
  EXPECT_EQ(request["kind"]["kind"], "PodExecOptions");
  EXPECT_EQ(request["subResource"], "exec");
  EXPECT_EQ(request["object"]["command"], Json::array({"ls"}));
}

TEST(Webhooks, ConfigurationsAreChecked) {
  struct Case {
    Json more;
    std::string wanted;
  };
  const Case cases[] = {
      {{{"name", "short.name"}},
       "webhooks[0].name: Invalid value: \"short.name\": should be a domain with at least three"},
      {{{"sideEffects", nullptr}}, "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"},
      {{{"timeoutSeconds", 31}},
       "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30"},
      {{{"admissionReviewVersions", {"v9"}}}, "must include at least one of v1, v1beta1"},
      {{{"clientConfig", Json::object()}}, "webhooks[0].clientConfig: Required value: exactly one of url or service"},
      {{{"clientConfig", {{"url", "http://x/"}}}},
       "'https' is the only allowed URL scheme; desired format: https://host"},
      {{{"rules", Json::array({Json{
                      {"operations", {"READ"}}, {"apiGroups", {""}}, {"apiVersions", {"v1"}}, {"resources", {"x"}}}})}},
       "webhooks[0].rules[0].operations[0]: Unsupported value: \"READ\""},
      {{{"matchConditions", Json::array({Json{{"name", "x"}, {"expression", "true"}}})}},
       "webhooks[0].matchConditions: Forbidden: this server does not evaluate CEL expressions"},
  };
  HookWorld world;
  for (const auto& each : cases) {
    const auto refused = world.make(kValidating, configuration("w", {hook("a", each.more)}));
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(body_of(refused)["message"].get<std::string>(), HasSubstr(each.wanted));
  }
}

}  // namespace
