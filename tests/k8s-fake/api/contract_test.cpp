// Every kind of the table goes through the same life: created, read, listed, watched, updated, patched, applied,
// deleted.
#include <gtest/gtest.h>

#include <map>

#include "k8s-fake/server.h"
#include "provisioner/base/text.h"
#include "tests/k8s-fake/api/client.h"

namespace {

using k8s_fake::Json;

Json pod_spec() { return {{"containers", Json::array({Json{{"name", "c"}, {"image", "nginx"}}})}}; }
Json pod_template() { return {{"metadata", {{"labels", {{"a", "b"}}}}}, {"spec", pod_spec()}}; }
Json job_spec() {
  Json out = {{"template", {{"spec", pod_spec()}}}};
  out["template"]["spec"]["restartPolicy"] = "Never";
  return out;
}
Json selector() { return {{"matchLabels", {{"a", "b"}}}}; }

/// What a kind needs beyond its metadata.
Json sample(const std::string& kind) {
  static const std::map<std::string, Json> kSamples = {
      {"Event", {{"involvedObject", {{"namespace", "default"}, {"name", "x"}, {"kind", "Pod"}}}}},
      {"Pod", {{"spec", pod_spec()}}},
      {"PodTemplate", {{"template", pod_template()}}},
      {"ReplicationController", {{"spec", {{"selector", {{"a", "b"}}}, {"template", pod_template()}}}}},
      {"Deployment", {{"spec", {{"selector", selector()}, {"template", pod_template()}}}}},
      {"ReplicaSet", {{"spec", {{"selector", selector()}, {"template", pod_template()}}}}},
      {"DaemonSet", {{"spec", {{"selector", selector()}, {"template", pod_template()}}}}},
      {"StatefulSet", {{"spec", {{"selector", selector()}, {"template", pod_template()}, {"serviceName", "s"}}}}},
      {"ControllerRevision", {{"revision", 1}, {"data", {{"spec", Json::object()}}}}},
      {"IngressClass", {{"spec", {{"controller", "example.com/c"}}}}},
      {"Job", {{"spec", job_spec()}}},
      {"CronJob", {{"spec", {{"schedule", "* * * * *"}, {"jobTemplate", {{"spec", job_spec()}}}}}}},
      {"Service", {{"spec", {{"ports", Json::array({Json{{"port", 80}}})}}}}},
      {"PersistentVolumeClaim",
       {{"spec", {{"accessModes", {"ReadWriteOnce"}}, {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}}},
      {"PersistentVolume",
       {{"spec",
         {{"accessModes", {"ReadWriteOnce"}},
          {"capacity", {{"storage", "1Gi"}}},
          {"nfs", {{"server", "s"}, {"path", "/p"}}}}}}},
      {"StorageClass", {{"provisioner", "netapp.io/trident"}}},
      {"VolumeAttachment",
       {{"spec", {{"attacher", "d"}, {"nodeName", "n"}, {"source", {{"persistentVolumeName", "v"}}}}}}},
      {"CSINode", {{"spec", {{"drivers", Json::array()}}}}},
      {"CSIDriver", {{"spec", Json::object()}}},
      {"CSIStorageCapacity", {{"storageClassName", "s"}}},
      {"VolumeAttributesClass", {{"driverName", "d"}}},
      {"EndpointSlice", {{"addressType", "IPv4"}}},
      {"FlowSchema", {{"spec", {{"priorityLevelConfiguration", {{"name", "x"}}}}}}},
      {"PriorityLevelConfiguration", {{"spec", {{"type", "Limited"}}}}},
      {"ClusterRoleBinding", {{"roleRef", {{"kind", "ClusterRole"}, {"name", "view"}}}}},
      {"RoleBinding", {{"roleRef", {{"kind", "ClusterRole"}, {"name", "view"}}}}},
      {"HorizontalPodAutoscaler",
       {{"spec", {{"maxReplicas", 3}, {"scaleTargetRef", {{"kind", "Deployment"}, {"name", "d"}}}}}}},
      {"CustomResourceDefinition",
       {{"spec",
         {{"group", "example.com"},
          {"scope", "Namespaced"},
          {"names", {{"plural", "things"}, {"kind", "Thing"}}},
          {"versions", Json::array({Json{{"name", "v1"},
                                         {"served", true},
                                         {"storage", true},
                                         {"schema", {{"openAPIV3Schema", {{"type", "object"}}}}}}})}}}}},
  };
  const auto found = kSamples.find(kind);
  return found == kSamples.end() ? Json::object() : found->second;
}

struct Contract : testing::Test {
  World world;
  void SetUp() override {
    ASSERT_EQ(world.post("/api/v1/namespaces/default/serviceaccounts", {{"metadata", {{"name", "default"}}}}).status,
              201);
  }
};

TEST_F(Contract, EveryKind) {
  int kinds = 0;
  for (const auto& endpoint : world.fake.server().kinds.endpoints()) {
    const k8s_fake::Resource& resource = *endpoint->resource;
    if (resource.answer != nullptr || (resource.verbs & k8s_fake::kVerbUpdate) == 0 || endpoint->legacy ||
        resource.custom != nullptr)
      continue;
    const std::string root = (endpoint->group.empty() ? "/api/" : "/apis/") + endpoint->group_version() +
                             (resource.namespaced ? "/namespaces/default/" : "/") + endpoint->plural();
    const std::string name = endpoint->kind() == "CustomResourceDefinition" ? "things.example.com" : "contract";
    SCOPED_TRACE(root);
    Json object = sample(endpoint->kind());
    if (endpoint->group == "events.k8s.io") object = {{"regarding", {{"namespace", "default"}}}};
    object["metadata"] = {{"name", name}, {"finalizers", {"example.com/hold"}}};

    const Json list = world.get(root);
    ASSERT_EQ(list["kind"], endpoint->kind() + "List");
    const auto watch =
        world.send("GET", root + "?watch=true&fieldSelector=metadata.name%3D" + name +
                              "&resourceVersion=" + list["metadata"]["resourceVersion"].get<std::string>());
    const auto made = world.post(root, object);
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(world.post(root, object).status, 409);
    EXPECT_EQ(world.send("POST", root, "{\"metadata\":{}}").status, 422);
    EXPECT_EQ(world.send("GET", root + "/absent").status, 404);
    Json stored = world.get(root + "/" + name);
    EXPECT_EQ(stored["kind"], endpoint->kind());
    EXPECT_EQ(stored["apiVersion"], endpoint->group_version());

    Json changed = stored;
    changed["metadata"]["labels"]["x"] = "1";
    EXPECT_EQ(world.send("PUT", root + "/" + name, changed.dump()).status, 200);
    EXPECT_EQ(world.send("PUT", root + "/" + name, changed.dump()).status, 409) << "a stale version";
    EXPECT_EQ(world.patch(root + "/" + name, "merge-patch+json", R"({"metadata":{"labels":{"y":"2"}}})").status, 200);
    EXPECT_EQ(
        world.patch(root + "/" + name, "json-patch+json", R"([{"op":"add","path":"/metadata/labels/z","value":"3"}])")
            .status,
        200);
    EXPECT_EQ(
        world.patch(root + "/" + name, "json-patch+json", R"([{"op":"remove","path":"/metadata/labels/nope"}])").status,
        422);
    EXPECT_EQ(
        world.patch(root + "/" + name, "strategic-merge-patch+json", R"({"metadata":{"labels":{"y":null}}})").status,
        200);
    EXPECT_EQ(world.patch(root + "/" + name, "json", "{}").status, 415);
    const std::string applied = Json{{"apiVersion", endpoint->group_version()},
                                     {"kind", endpoint->kind()},
                                     {"metadata", {{"name", name}, {"labels", {{"applied", "yes"}}}}}}
                                    .dump();
    const auto once = world.patch(root + "/" + name + "?fieldManager=m", "apply-patch+yaml", applied);
    EXPECT_EQ(once.status, 200) << once.body;
    const auto twice = world.patch(root + "/" + name + "?fieldManager=m", "apply-patch+yaml", applied);
    EXPECT_EQ(body_of(once)["metadata"]["resourceVersion"], body_of(twice)["metadata"]["resourceVersion"]);
    const auto refused = world.patch(root + "/" + name + "?fieldManager=other", "apply-patch+yaml",
                                     base::replace_all(applied, "yes", "no"));
    EXPECT_EQ(refused.status, 409) << refused.body;

    EXPECT_EQ(world.send("DELETE", root + "/" + name).status, 200);
    const Json held = world.get(root + "/" + name);
    EXPECT_TRUE(held["metadata"].contains("deletionTimestamp")) << held;
    EXPECT_EQ(world.patch(root + "/" + name, "merge-patch+json", R"({"metadata":{"finalizers":null}})").status, 200);
    if (endpoint->kind() == "Namespace")
      world.send("PUT", root + "/" + name + "/finalize",
                 R"({"metadata":{"name":"contract"},"spec":{"finalizers":[]}})");
    if (endpoint->kind() == "Pod") world.send("DELETE", root + "/" + name + "?gracePeriodSeconds=0");
    EXPECT_EQ(world.send("GET", root + "/" + name).status, 404);

    std::string last;
    int events = 0;
    while (const auto chunk = watch.outgoing->try_read()) {
      last = Json::parse(*chunk)["type"];
      ++events;
    }
    EXPECT_EQ(last, "DELETED");
    EXPECT_GE(events, 7);
    ++kinds;
  }
  EXPECT_GT(kinds, 50);
}

}  // namespace
