#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/k8s-fake/controllers/lab.h"

namespace {

using k8s_fake::test::Json;
using k8s_fake::test::Lab;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const std::string kPods = "/api/v1/namespaces/default/pods";
const std::string kNode = "/api/v1/nodes/drydock-node-1";

Json sleeper(const std::string& name, const Json& container_more = Json::object(),
             const Json& spec_more = Json::object()) {
  Json container{{"name", "main"}, {"image", "busybox"}, {"command", {"sh", "-c", "sleep 100000"}}};
  container.update(container_more);
  Json spec{{"containers", Json::array({container})}};
  spec.update(spec_more);
  return {{"metadata", {{"name", name}}}, {"spec", spec}};
}

bool runs(Lab& lab, const std::string& name) {
  return lab.until([&] { return lab.phase(kPods + "/" + name) == "Running"; });
}
bool exists(Lab& lab, const std::string& name) {
  lab.get(kPods + "/" + name);
  return lab.status == 200;
}

TEST(Taints, NoExecuteEvictsWhoDoesNotBearIt) {
  Lab lab;
  const Json forever{{"key", "maintenance"}, {"operator", "Exists"}, {"effect", "NoExecute"}};
  Json a_while = forever;
  a_while["tolerationSeconds"] = 60;
  lab.create(kPods, sleeper("none"));
  lab.create(kPods, sleeper("forever", Json::object(), {{"tolerations", Json::array({forever})}}));
  lab.create(kPods, sleeper("while", Json::object(), {{"tolerations", Json::array({a_while})}}));
  for (const char* name : {"none", "forever", "while"}) ASSERT_TRUE(runs(lab, name)) << name;
  const Json taint{{"key", "maintenance"}, {"value", "now"}, {"effect", "NoExecute"}};
  lab.call("PATCH", kNode, {{"spec", {{"taints", Json::array({taint})}}}});
  ASSERT_EQ(lab.status, 200);
  EXPECT_TRUE(lab.until([&] { return !exists(lab, "none"); }, 40s));
  EXPECT_THAT(lab.events("none"), Contains("TaintManagerEviction: Marking for deletion Pod default/none"));
  EXPECT_TRUE(exists(lab, "while"));
  EXPECT_TRUE(lab.until([&] { return !exists(lab, "while"); }, 100s));
  lab.advance(600s);
  EXPECT_TRUE(exists(lab, "forever"));
}

TEST(Taints, ATaintThatGoesInTimeEvictsNobody) {
  Lab lab;
  const Json toleration{
      {"key", "maintenance"}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 60}};
  lab.create(kPods, sleeper("p", Json::object(), {{"tolerations", Json::array({toleration})}}));
  ASSERT_TRUE(runs(lab, "p"));
  const Json taint{{"key", "maintenance"}, {"effect", "NoExecute"}};
  lab.call("PATCH", kNode, {{"spec", {{"taints", Json::array({taint})}}}});
  lab.advance(30s);
  lab.call("PATCH", kNode, {{"spec", {{"taints", nullptr}}}});
  lab.advance(120s);
  EXPECT_TRUE(exists(lab, "p"));
  EXPECT_THAT(lab.events("p"), Contains("TaintManagerEviction: Cancelling deletion of Pod default/p"));
}

TEST(Taints, ANewNodeIsNotReadyUntilItSaysSo) {
  Lab lab;
  const std::string node = "/api/v1/nodes/other";
  const Json made = lab.create("/api/v1/nodes", {{"metadata", {{"name", "other"}}}});
  EXPECT_EQ(made["spec"]["taints"],
            Json::array({Json{{"key", "node.kubernetes.io/not-ready"}, {"effect", "NoSchedule"}}}));
  const auto ready = [&](const char* status) {
    const Json condition{{"type", "Ready"}, {"status", status}, {"lastHeartbeatTime", "2017-11-28T07:46:32Z"}};
    lab.call("PATCH", node + "/status", {{"status", {{"conditions", Json::array({condition})}}}});
  };
  lab.advance(1s);
  EXPECT_THAT(lab.events("other"), Contains("RegisteredNode: Node other event: Registered Node other in Controller"));
  ready("True");
  EXPECT_TRUE(lab.until([&] { return !lab.get(node)["spec"].contains("taints"); }, 20s)) << lab.get(node);
  ready("False");
  EXPECT_TRUE(lab.until([&] { return lab.get(node)["spec"]["taints"].size() == 2; }, 20s)) << lab.get(node);
}

TEST(Taints, ASilentNodeLosesItsPods) {
  Lab lab;
  lab.create(kPods, sleeper("p"));
  ASSERT_TRUE(runs(lab, "p"));
  lab.runtime->set_node_down("drydock-node-1", true);
  const auto keys = [&] {
    std::string out;
    for (const Json& taint : lab.get(kNode)["spec"].value("taints", Json::array()))
      out += taint.value("key", "") + ":" + taint.value("effect", "") + " ";
    return out;
  };
  const std::string unreachable = "node.kubernetes.io/unreachable:NoSchedule node.kubernetes.io/unreachable:NoExecute ";
  EXPECT_TRUE(lab.until([&] { return keys() == unreachable; }, 120s)) << keys();
  lab.advance(200s);
  EXPECT_FALSE(lab.get(kPods + "/p")["metadata"].contains("deletionTimestamp"));
  EXPECT_TRUE(lab.until([&] { return lab.get(kPods + "/p")["metadata"].contains("deletionTimestamp"); }, 200s));
  lab.runtime->set_node_down("drydock-node-1", false);
  EXPECT_TRUE(lab.until([&] { return keys().empty(); }, 60s)) << keys();
  EXPECT_TRUE(lab.until([&] { return !exists(lab, "p"); }, 60s));
}

TEST(Budgets, CountsFollowThePods) {
  Lab lab;
  const Json labels{{"app", "web"}};
  const Json container{{"name", "c"}, {"image", "nginx"}};
  lab.create(
      "/apis/apps/v1/namespaces/default/deployments",
      {{"metadata", {{"name", "web"}}},
       {"spec",
        {{"replicas", 3},
         {"selector", {{"matchLabels", labels}}},
         {"template", {{"metadata", {{"labels", labels}}}, {"spec", {{"containers", Json::array({container})}}}}}}}});
  const std::string budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  const auto budget = [&](const std::string& name, Json spec, const Json& selected) {
    spec["selector"] = {{"matchLabels", selected}};
    lab.create(budgets, {{"metadata", {{"name", name}}}, {"spec", spec}});
  };
  budget("least", {{"minAvailable", 2}}, labels);
  budget("most", {{"maxUnavailable", "50%"}}, labels);
  budget("nobody", {{"minAvailable", 1}}, {{"app", "none"}});
  const auto status = [&](const std::string& name, const char* member) {
    return lab.get(budgets + "/" + name)["status"].value(member, -1);
  };
  ASSERT_TRUE(lab.until([&] { return status("least", "currentHealthy") == 3; }));
  EXPECT_TRUE(lab.until([&] { return status("least", "disruptionsAllowed") == 1; }, 10s));
  EXPECT_TRUE(lab.until([&] { return status("most", "disruptionsAllowed") == 2; }, 10s));
  EXPECT_EQ(status("most", "desiredHealthy"), 1);
  EXPECT_EQ(status("nobody", "expectedPods"), 0);
  EXPECT_EQ(status("nobody", "disruptionsAllowed"), 0);
  EXPECT_THAT(lab.events("nobody"), Contains("NoPods: No matching pods found"));
  const Json condition = lab.get(budgets + "/least")["status"]["conditions"][0];
  EXPECT_EQ(condition["type"], "DisruptionAllowed");
  EXPECT_EQ(condition["reason"], "SufficientPods");
}

TEST(Hooks, PreStopRunsBeforeTheSignalWithinTheGrace) {
  struct Case {
    const char* name;
    Json hook;
    base::Duration least, most;
  };
  const Case cases[] = {
      {"exec", {{"exec", {{"command", {"sleep", "5"}}}}}, 5s, 8s},
      {"sleep", {{"sleep", {{"seconds", 7}}}}, 7s, 10s},
      {"endless", {{"exec", {{"command", {"sleep", "1000"}}}}}, 20s, 26s},
  };
  Lab lab;
  for (const Case& each : cases) {
    lab.create(kPods,
               sleeper(each.name, {{"lifecycle", {{"preStop", each.hook}}}}, {{"terminationGracePeriodSeconds", 20}}));
    ASSERT_TRUE(runs(lab, each.name)) << each.name;
    const base::TimePoint begun = lab.clock.now();
    lab.call("DELETE", kPods + "/" + each.name);
    ASSERT_TRUE(lab.until([&] { return !exists(lab, each.name); }, 120s)) << each.name;
    EXPECT_GE(lab.clock.now() - begun, each.least) << each.name;
    EXPECT_LE(lab.clock.now() - begun, each.most) << each.name;
  }
}

TEST(Hooks, AFailedPreStopIsReportedAndHoldsNothingUp) {
  Lab lab;
  const Json hook{{"preStop", {{"exec", {{"command", {"false"}}}}}}};
  lab.create(kPods, sleeper("p", {{"lifecycle", hook}}));
  ASSERT_TRUE(runs(lab, "p"));
  lab.call("DELETE", kPods + "/p");
  ASSERT_TRUE(lab.until([&] { return !exists(lab, "p"); }, 10s));
  EXPECT_THAT(lab.events("p"), Contains("FailedPreStopHook: PreStopHook failed"));
}

TEST(Hooks, PostStartSharesTheContainerAndItsFailureEndsIt) {
  Lab lab;
  const auto post_start = [](const Json& command) {
    return Json{{"lifecycle", {{"postStart", {{"exec", {{"command", command}}}}}}},
                {"command", {"sh", "-c", "sleep 1; cat /tmp/made; sleep 100000"}}};
  };
  lab.create(kPods, sleeper("good", post_start({"sh", "-c", "echo from the hook > /tmp/made"})));
  ASSERT_TRUE(runs(lab, "good"));
  lab.advance(3s);
  EXPECT_EQ(lab.log("good"), "from the hook\n");
  lab.create(kPods, sleeper("bad", post_start({"false"})));
  EXPECT_TRUE(lab.until([&] {
    const Json pod = lab.get(kPods + "/bad");
    return pod.value("/status/containerStatuses/0/restartCount"_json_pointer, 0) > 0;
  }));
  EXPECT_THAT(lab.events("bad"), Contains("FailedPostStartHook: PostStartHook failed"));
  EXPECT_THAT(lab.events("bad"), Contains("Killing: FailedPostStartHook"));
}

TEST(Probes, EveryKindSaysWhyItFails) {
  struct Case {
    const char* name;
    Json handler;
    const char* image;
    std::string wanted;  // "": the probe passes
  };
  const Case cases[] = {
      {"exec", {{"exec", {{"command", {"sh", "-c", "echo sick; exit 1"}}}}}, "busybox", "Readiness probe failed: sick"},
      {"execok", {{"exec", {{"command", {"true"}}}}}, "busybox", ""},
      {"http", {{"httpGet", {{"port", 80}, {"path", "/none"}}}}, "nginx", "HTTP probe failed with statuscode: 404"},
      {"httpok", {{"httpGet", {{"port", 80}, {"path", "/"}}}}, "nginx", ""},
      {"tcp", {{"tcpSocket", {{"port", 81}}}}, "nginx", ":81: connect: connection refused"},
      {"tcpok", {{"tcpSocket", {{"port", 80}}}}, "nginx", ""},
      {"grpc", {{"grpc", {{"port", 9000}}}}, "busybox", "timeout: failed to connect service"},
  };
  Lab lab;
  for (const Case& each : cases) {
    Json container{{"image", each.image}, {"readinessProbe", each.handler}};
    container["readinessProbe"]["periodSeconds"] = 1;
    Json pod = sleeper(each.name, container);
    if (std::string(each.image) == "nginx") pod["spec"]["containers"][0].erase("command");
    lab.create(kPods, pod);
    ASSERT_TRUE(runs(lab, each.name)) << each.name;
    lab.advance(5s);
    const bool ready = lab.get(kPods + "/" + each.name).value("/status/containerStatuses/0/ready"_json_pointer, false);
    EXPECT_EQ(ready, each.wanted.empty()) << each.name;
    if (each.wanted.empty()) EXPECT_THAT(lab.events(each.name), Not(Contains(HasSubstr("Unhealthy")))) << each.name;
    else EXPECT_THAT(lab.events(each.name), Contains(HasSubstr(each.wanted))) << each.name;
  }
}

TEST(Probes, ALivenessFailureKillsAContainerThatIgnoresSigterm) {
  Lab lab;
  Json container{
      {"command", {"sh", "-c", "trap '' TERM; while true; do sleep 1; done"}},
      {"livenessProbe", {{"exec", {{"command", {"false"}}}}, {"periodSeconds", 1}, {"failureThreshold", 2}}}};
  lab.create(kPods, sleeper("p", container, {{"terminationGracePeriodSeconds", 4}}));
  ASSERT_TRUE(runs(lab, "p"));
  EXPECT_TRUE(lab.until(
      [&] { return lab.get(kPods + "/p").value("/status/containerStatuses/0/restartCount"_json_pointer, 0) > 0; },
      60s));
  EXPECT_THAT(lab.events("p"), Contains("Killing: Container main failed liveness probe, will be restarted"));
}

}  // namespace
