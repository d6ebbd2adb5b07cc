#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/k8s-fake/controllers/lab.h"

namespace k8s_fake::test {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

namespace {

const std::string kClaims = "/api/v1/namespaces/default/persistentvolumeclaims";
const std::string kVolumes = "/api/v1/persistentvolumes";
const std::string kPods = "/api/v1/namespaces/default/pods";

Json claim(const std::string& name, const Json& storage_class, const std::string& size = "1Gi") {
  Json object{{"metadata", {{"name", name}}},
              {"spec", {{"accessModes", {"ReadWriteOnce"}}, {"resources", {{"requests", {{"storage", size}}}}}}}};
  if (!storage_class.is_null()) object["spec"]["storageClassName"] = storage_class;
  return object;
}

Json volume(const std::string& name, const std::string& size, const std::string& policy = "Retain",
            const std::string& storage_class = "") {
  return {{"metadata", {{"name", name}}},
          {"spec",
           {{"capacity", {{"storage", size}}},
            {"accessModes", {"ReadWriteOnce"}},
            {"persistentVolumeReclaimPolicy", policy},
            {"storageClassName", storage_class},
            {"nfs", {{"server", "192.168.199.107"}, {"path", "/trident_trident_basic_f4048"}}}}}};
}

Json pod(const std::string& name, const std::string& image, const std::vector<std::string>& command,
         const std::string& restart = "Never", const std::string& claim_name = "") {
  Json object{{"metadata", {{"name", name}, {"labels", {{"app", name}}}}},
              {"spec", {{"restartPolicy", restart}, {"containers", Json::array({{{"name", "c"}, {"image", image}}})}}}};
  Json& container = object["spec"]["containers"][0];
  if (!command.empty()) container["command"] = command;
  if (!claim_name.empty()) {
    container["volumeMounts"] = Json::array({{{"name", "data"}, {"mountPath", "/usr/share/nginx/html"}}});
    object["spec"]["volumes"] =
        Json::array({{{"name", "data"}, {"persistentVolumeClaim", {{"claimName", claim_name}}}}});
  }
  return object;
}

}  // namespace

TEST(Binder, BindsTheSmallestVolumeThatFitsAndReleasesIt) {
  Lab lab;
  lab.create(kVolumes, volume("big", "10Gi"));
  lab.create(kVolumes, volume("small", "2Gi"));
  ASSERT_TRUE(lab.until(
      [&] { return lab.phase(kVolumes + "/big") == "Available" && lab.phase(kVolumes + "/small") == "Available"; }));
  lab.create(kClaims, claim("data", ""));
  ASSERT_TRUE(lab.until([&] { return lab.phase(kClaims + "/data") == "Bound"; }));
  const Json bound = lab.get(kClaims + "/data");
  EXPECT_EQ(bound["spec"]["volumeName"], "small");
  EXPECT_EQ(bound["status"]["capacity"]["storage"], "2Gi");
  EXPECT_EQ(bound["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"], "yes");
  EXPECT_EQ(lab.phase(kVolumes + "/small"), "Bound");
  lab.call("DELETE", kClaims + "/data");
  EXPECT_TRUE(lab.until([&] { return lab.phase(kVolumes + "/small") == "Released"; }));
  EXPECT_EQ(lab.phase(kVolumes + "/big"), "Available");
}

TEST(Binder, AsksTheProvisionerAndSaysWhyAClaimWaits) {
  Lab lab;
  lab.create(kClaims, claim("none", ""));
  lab.create(kClaims, claim("unknown", "basic"));
  lab.advance(1s);
  EXPECT_THAT(lab.events("none"),
              Contains("FailedBinding: no persistent volumes available for this claim and no storage class is set"));
  EXPECT_THAT(lab.events("unknown"), Contains("ProvisioningFailed: storageclass.storage.k8s.io \"basic\" not found"));
  lab.create("/apis/storage.k8s.io/v1/storageclasses",
             {{"metadata", {{"name", "basic"}}}, {"provisioner", "netapp.io/trident"}});
  ASSERT_TRUE(lab.until([&] { return lab.get(kClaims + "/unknown")["metadata"].contains("annotations"); }));
  const Json waiting = lab.get(kClaims + "/unknown");
  EXPECT_EQ(waiting["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-provisioner"], "netapp.io/trident");
  EXPECT_THAT(lab.events("unknown"), Contains(HasSubstr("ExternalProvisioning: Waiting for a volume to be created "
                                                        "either by the external provisioner 'netapp.io/trident'")));
  Json made = volume("trident-basic", "1Gi", "Delete", "basic");
  made["metadata"]["annotations"] = {{"pv.kubernetes.io/provisioned-by", "netapp.io/trident"}};
  made["spec"]["claimRef"] = {{"kind", "PersistentVolumeClaim"},
                              {"namespace", "default"},
                              {"name", "unknown"},
                              {"uid", waiting["metadata"]["uid"]}};
  lab.create(kVolumes, made);
  EXPECT_TRUE(lab.until([&] { return lab.phase(kClaims + "/unknown") == "Bound"; }));
  lab.call("DELETE", kClaims + "/unknown");
  EXPECT_TRUE(
      lab.until([&] { return lab.phase(kVolumes + "/trident-basic") == "Released"; }));  // its provisioner deletes it
}

TEST(Binder, LosesAClaimWithItsVolume) {
  Lab lab;
  lab.create(kVolumes, volume("v", "1Gi"));
  lab.create(kClaims, claim("data", ""));
  ASSERT_TRUE(lab.until([&] { return lab.phase(kClaims + "/data") == "Bound"; }));
  lab.call("PATCH", kVolumes + "/v", {{"metadata", {{"finalizers", nullptr}}}});
  lab.call("DELETE", kVolumes + "/v");
  EXPECT_TRUE(lab.until([&] { return lab.phase(kClaims + "/data") == "Lost"; }));
  EXPECT_THAT(lab.events("data"),
              Contains("ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"));
}

TEST(Protection, KeepsAClaimWhileAPodUsesIt) {
  Lab lab;
  lab.create(kVolumes, volume("v", "1Gi"));
  lab.create(kClaims, claim("data", ""));
  lab.create(kPods, pod("user", "nginx", {}, "Always", "data"));
  ASSERT_TRUE(lab.until([&] { return lab.phase(kPods + "/user") == "Running"; }));
  lab.call("DELETE", kClaims + "/data");
  lab.advance(10s);
  EXPECT_TRUE(lab.get(kClaims + "/data")["metadata"].contains("deletionTimestamp"));
  lab.call("DELETE", kPods + "/user");
  EXPECT_TRUE(lab.until([&] { return lab.get(kClaims + "/data"), lab.status == 404; }));
}

TEST(Kubelet, RunsAPodAndShowsTheArraysFigures) {
  StorageHooks hooks;
  hooks.mount = [](const MountRequest& request) -> base::Result<Mounted, MountFailure> {
    return Mounted{request.server + ":" + request.path, "vol1", "nfs4"};
  };
  hooks.usage = [](const Mounted&) { return std::optional<Usage>(Usage{1020055552, 196608, 1020055552 - 196608}); };
  Lab lab(hooks);
  lab.create(kVolumes, volume("v", "1Gi"));
  lab.create(kClaims, claim("data", ""));
  lab.create(kPods, pod("task", "nginx", {"df", "-h", "/usr/share/nginx/html"}, "Never", "data"));
  ASSERT_TRUE(lab.until([&] { return lab.phase(kPods + "/task") == "Succeeded"; }));
  EXPECT_EQ(lab.log("task"),
            "Filesystem                                    Size  Used Avail Use% Mounted on\n"
            "192.168.199.107:/trident_trident_basic_f4048  973M  192K  973M   1% /usr/share/nginx/html\n");
  for (const char* said :
       {"Pulling: Pulling image \"nginx\"", "Created: Created container: c", "Started: Started container c"})
    EXPECT_THAT(lab.events("task"), Contains(said));
}

TEST(Kubelet, SaysWhyAMountIsRefusedAndTriesAgain) {
  bool open = false;
  StorageHooks hooks;
  hooks.mount = [&open](const MountRequest& request) -> base::Result<Mounted, MountFailure> {
    if (!open) return MountFailure{MountFailure::Why::access_denied, ""};
    return Mounted{request.server + ":" + request.path, "vol1", "nfs4"};
  };
  Lab lab(hooks);
  lab.create(kVolumes, volume("v", "1Gi"));
  lab.create(kClaims, claim("data", ""));
  lab.create(kPods, pod("task", "nginx", {}, "Always", "data"));
  lab.advance(5s);
  EXPECT_THAT(
      lab.events("task"),
      Contains(HasSubstr(
          "Output: mount.nfs: access denied by server while mounting 192.168.199.107:/trident_trident_basic_f4048")));
  EXPECT_EQ(lab.phase(kPods + "/task"), "Pending");
  open = true;
  EXPECT_TRUE(lab.until([&] { return lab.phase(kPods + "/task") == "Running"; }));
}

TEST(Kubelet, PingsAsBusyboxDoes) {
  StorageHooks hooks;
  hooks.ping = [](const std::string& address) {
    return address == "192.168.199.108" ? std::optional<base::Duration>(267us) : std::nullopt;
  };
  Lab lab(hooks);
  lab.create(kPods, pod("ping", "busybox", {"ping", "-c", "2", "192.168.199.108"}));
  ASSERT_TRUE(lab.until([&] { return lab.phase(kPods + "/ping") == "Succeeded"; }));
  EXPECT_EQ(
      lab.log("ping"),
      "PING 192.168.199.108 (192.168.199.108): 56 data bytes\n64 bytes from 192.168.199.108: seq=0 ttl=254 time=0.267 "
      "ms\n"
      "64 bytes from 192.168.199.108: seq=1 ttl=254 time=0.267 ms\n\n--- 192.168.199.108 ping statistics ---\n"
      "2 packets transmitted, 2 packets received, 0% packet loss\nround-trip min/avg/max = 0.267/0.267/0.267 ms\n");
}

TEST(Kubelet, ShellKeepsFilesOnAVolumeAcrossPods) {
  Lab lab;
  lab.create(kVolumes, volume("v", "1Gi"));
  lab.create(kClaims, claim("data", ""));
  lab.create(
      kPods,
      pod("writer", "busybox",
          {"sh", "-c", "cd /usr/share/nginx/html && for i in 1 2 3; do echo line $i >> log; done; wc -l < log; exit 3"},
          "Never", "data"));
  ASSERT_TRUE(lab.until([&] { return lab.phase(kPods + "/writer") == "Failed"; }));
  EXPECT_EQ(lab.log("writer"), "3\n");
  EXPECT_EQ(lab.get(kPods + "/writer")["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
  lab.create(kPods, pod("reader", "busybox",
                        {"sh", "-c",
                         "if [ -f /usr/share/nginx/html/log ]; then grep 2 /usr/share/nginx/html/log | tr a-z A-Z; fi; "
                         "nosuch 2>&1; echo $?"},
                        "Never", "data"));
  ASSERT_TRUE(lab.until([&] { return lab.phase(kPods + "/reader") == "Succeeded"; }));
  EXPECT_EQ(lab.log("reader"), "LINE 2\nsh: nosuch: not found\n127\n");
}

TEST(Kubelet, BacksOffFromCrashesAndMissingImages) {
  Lab lab({}, [](RuntimeConfig& config) { config.missing_images = {"nobody/nothing:1"}; });
  lab.create(kPods, pod("crash", "busybox", {"false"}, "Always"));
  lab.create(kPods, pod("lost", "nobody/nothing:1", {}, "Always"));
  const auto waiting = [&](const std::string& name) {
    return lab.get(kPods + "/" + name).value("/status/containerStatuses/0/state/waiting/reason"_json_pointer, "");
  };
  EXPECT_TRUE(lab.until([&] { return waiting("crash") == "CrashLoopBackOff"; }));
  EXPECT_TRUE(lab.until([&] { return waiting("lost") == "ImagePullBackOff"; }));
  lab.advance(60s);
  EXPECT_GE(lab.get(kPods + "/crash")["status"]["containerStatuses"][0]["restartCount"], 3);
  EXPECT_THAT(lab.events("lost"), Contains("Failed: Error: ErrImagePull"));
}

TEST(Kubelet, KeepsItsNodeReadyWithAndWithoutLeases) {
  for (const char* version : {"v1.6.1", "v1.32.0"}) {
    SCOPED_TRACE(version);
    Lab lab({}, nullptr, version);
    lab.advance(10min);
    const std::string node = lab.call("GET", "/api/v1/nodes")["items"][0]["metadata"]["name"];
    const Json shown = lab.get("/api/v1/nodes/" + node);
    for (const Json& one : shown["status"]["conditions"]) {
      if (one["type"] == "Ready") {
        EXPECT_EQ(one["status"], "True");
      }
    }
    EXPECT_FALSE(shown["spec"].contains("taints"));
    lab.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/" + node);
    EXPECT_EQ(lab.status, std::string(version) == "v1.6.1" ? 404 : 200);
  }
}

TEST(Workloads, DeploymentRollsAndScales) {
  Lab lab;
  const std::string path = "/apps/v1/namespaces/default/deployments";
  Json deployment{{"metadata", {{"name", "web"}}},
                  {"spec",
                   {{"replicas", 3},
                    {"selector", {{"matchLabels", {{"app", "web"}}}}},
                    {"template",
                     {{"metadata", {{"labels", {{"app", "web"}}}}},
                      {"spec", {{"containers", Json::array({{{"name", "c"}, {"image", "nginx"}}})}}}}}}}};
  lab.create("/apis" + path, deployment);
  const auto available = [&] {
    return lab.get("/apis" + path + "/web").value("/status/availableReplicas"_json_pointer, 0);
  };
  ASSERT_TRUE(lab.until([&] { return available() == 3; }));
  lab.call("PATCH", "/apis" + path + "/web",
           {{"spec", {{"template", {{"metadata", {{"annotations", {{"v", "2"}}}}}}}}}});
  ASSERT_TRUE(lab.until([&] {
    const Json object = lab.get("/apis" + path + "/web");
    const Json& status = object["status"];
    return status.value("observedGeneration", 0) == object["metadata"]["generation"] &&
           status.value("updatedReplicas", 0) == 3 && status.value("replicas", 0) == 3 &&
           status.value("availableReplicas", 0) == 3;
  }));
  EXPECT_EQ(lab.get("/apis/apps/v1/namespaces/default/replicasets")["items"].size(), 2U);
  lab.call("PATCH", "/apis" + path + "/web", {{"spec", {{"replicas", 1}}}});
  EXPECT_TRUE(lab.until([&] { return available() == 1 && lab.get(kPods)["items"].size() == 1; }));
  lab.call("DELETE", "/apis" + path + "/web");
  EXPECT_TRUE(lab.until([&] { return lab.get(kPods)["items"].empty(); }));
}

TEST(Workloads, StatefulSetMakesItsClaimsAndKeepsThem) {
  Lab lab;
  for (const char* name : {"a", "b"}) lab.create(kVolumes, volume(name, "1Gi"));
  Json set{{"metadata", {{"name", "db"}}},
           {"spec",
            {{"replicas", 2},
             {"serviceName", "db"},
             {"selector", {{"matchLabels", {{"app", "db"}}}}},
             {"template",
              {{"metadata", {{"labels", {{"app", "db"}}}}},
               {"spec",
                {{"containers",
                  Json::array({{{"name", "c"},
                                {"image", "busybox"},
                                {"command", {"sleep", "1000000"}},
                                {"volumeMounts", Json::array({{{"name", "data"}, {"mountPath", "/data"}}})}}})}}}}},
             {"volumeClaimTemplates",
              Json::array({{{"metadata", {{"name", "data"}}}, {"spec", claim("data", "")["spec"]}}})}}}};
  lab.create("/apis/apps/v1/namespaces/default/statefulsets", set);
  ASSERT_TRUE(lab.until([&] {
    return lab.get("/apis/apps/v1/namespaces/default/statefulsets/db").value("/status/readyReplicas"_json_pointer, 0) ==
           2;
  }));
  EXPECT_EQ(lab.phase(kClaims + "/data-db-1"), "Bound");
  lab.call("DELETE", "/apis/apps/v1/namespaces/default/statefulsets/db");
  EXPECT_TRUE(lab.until([&] { return lab.get(kPods)["items"].empty(); }));
  EXPECT_EQ(lab.phase(kClaims + "/data-db-0"), "Bound");
}

TEST(Workloads, JobCompletes) {
  Lab lab;
  Json job{
      {"metadata", {{"name", "j"}}},
      {"spec",
       {{"completions", 2},
        {"template",
         {{"spec",
           {{"restartPolicy", "Never"},
            {"containers", Json::array({{{"name", "c"}, {"image", "busybox"}, {"command", {"echo", "done"}}}})}}}}}}}};
  lab.create("/apis/batch/v1/namespaces/default/jobs", job);
  ASSERT_TRUE(lab.until([&] {
    return lab.get("/apis/batch/v1/namespaces/default/jobs/j").value("/status/succeeded"_json_pointer, 0) == 2;
  }));
  EXPECT_THAT(lab.events("j"), Contains("Completed: Job completed"));
}

TEST(Scheduler, SaysWhyNoNodeFits) {
  Lab lab;
  lab.create(kPods, pod("waits", "nginx", {}, "Always", "missing"));
  Json picky = pod("picky", "nginx", {}, "Always");
  picky["spec"]["nodeSelector"] = {{"disk", "ssd"}};
  lab.create(kPods, picky);
  lab.advance(1s);
  EXPECT_THAT(lab.events("waits"), Contains(HasSubstr("persistentvolumeclaim \"missing\" not found")));
  EXPECT_THAT(lab.events("picky"), Contains("FailedScheduling: 0/1 nodes are available: 1 node(s) didn't match Pod's "
                                            "node affinity/selector. preemption: 0/1 nodes are available: 1 "
                                            "Preemption is not helpful for scheduling."));
}

TEST(Namespaces, GoWithEverythingInThem) {
  Lab lab;
  lab.create("/api/v1/namespaces", {{"metadata", {{"name", "x"}}}});
  ASSERT_TRUE(
      lab.until([&] { return lab.get("/api/v1/namespaces/x/configmaps/kube-root-ca.crt"), lab.status == 200; }));
  lab.create("/api/v1/namespaces/x/configmaps", {{"metadata", {{"name", "m"}}}});
  ASSERT_TRUE(lab.until([&] { return lab.get("/api/v1/namespaces/x/serviceaccounts/default"), lab.status == 200; }));
  lab.create("/api/v1/namespaces/x/pods", pod("p", "nginx", {}, "Always"));
  ASSERT_TRUE(lab.until([&] { return lab.phase("/api/v1/namespaces/x/pods/p") == "Running"; }));
  lab.call("DELETE", "/api/v1/namespaces/x");
  EXPECT_TRUE(lab.until([&] { return lab.get("/api/v1/namespaces/x"), lab.status == 404; }));
}

}  // namespace k8s_fake::test
