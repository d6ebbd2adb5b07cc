#include "provisioner/kube/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provisioner/kube/config.h"
#include "provisioner/kube/quantity.h"
#include "provisioner/kube/yaml.h"

namespace provisioner::kube {
namespace {

using testing::HasSubstr;

TEST(Quantity, WholeNumbersRoundedUp) {
  struct Row {
    const char* text;
    std::optional<std::uint64_t> value;
  };
  const std::vector<Row> rows{{"1Gi", 1073741824},
                              {"1", 1},
                              {"1G", 1000000000},
                              {"1.5Gi", 1610612736},
                              {"100m", 1},
                              {"1500m", 2},
                              {"1e9", 1000000000},
                              {"2E", 2000000000000000000},
                              {"0.5Ki", 512},
                              {"1.", 1},
                              {"+3k", 3000},
                              {"12E6", 12000000},
                              {"1e-3", 1},
                              {"0", 0},
                              {"8Ei", std::nullopt},
                              {"", std::nullopt},
                              {"-1", std::nullopt},
                              {"Gi", std::nullopt},
                              {"1gi", std::nullopt},
                              {"1GiB", std::nullopt},
                              {"1 Gi", std::nullopt},
                              {"99999999999999999999", std::nullopt},
                              {"1e99", std::nullopt},
                              {"1_", std::nullopt}};
  for (const Row& row : rows) EXPECT_EQ(parse_quantity(row.text), row.value) << row.text;
}

TEST(Version, OrderOfReleasesAndPreReleases) {
  EXPECT_TRUE(at_least(*parse_version("v1.6.1+5115d708d7"), 1, 6));
  EXPECT_TRUE(at_least(*parse_version("v1.6.0"), 1, 6));
  EXPECT_FALSE(at_least(*parse_version("v1.6.0-beta.1"), 1, 6));
  EXPECT_TRUE(at_least(*parse_version("v1.32.4"), 1, 8));
  EXPECT_FALSE(at_least(*parse_version("v1.5.9"), 1, 6));
  for (const char* text : {"", "v1", "1.6", "v1.x.0", "one.two.three"}) EXPECT_FALSE(parse_version(text)) << text;
}

Json claim() {
  return *yaml_to_json(R"(
metadata:
  name: basic
  namespace: trident
  uid: f4-0_48abc-1111
  annotations: {volume.beta.kubernetes.io/storage-class: basic, trident.netapp.io/snapshotPolicy: daily, trident.netapp.io/exportPolicy: lab,
    trident.netapp.io/snapshotDirectory: "true", trident.netapp.io/unixPermissions: "0755", trident.netapp.io/protocol: file}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
)");
}

TEST(Mapping, AClaimBecomesAVolumeConfig) {
  const auto config = volume_config(claim(), "basic", {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->name, "trident-basic-f4048");
  EXPECT_EQ(config->size, "1073741824");
  EXPECT_EQ(config->access_mode, "ReadWriteOnce");
  EXPECT_EQ(config->snapshot_policy, "daily");
  EXPECT_EQ(config->export_policy, "lab");
  EXPECT_EQ(config->snapshot_directory, "true");
  EXPECT_EQ(config->unix_permissions, "0755");
  EXPECT_EQ(config->protocol, "file");
  EXPECT_EQ(config->file_system, "ext4");
  Json several = claim();
  several["spec"]["accessModes"] = {"ReadWriteOnce", "ReadOnlyMany"};
  EXPECT_EQ(access_mode(several), "ReadWriteMany");
  Json broken = claim();
  broken["spec"]["resources"]["requests"]["storage"] = "lots";
  const auto refused = volume_config(broken, "basic", {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("lots"));
}

TEST(Mapping, AVolumeBecomesAPersistentVolume) {
  Volume volume;
  volume.config.name = "trident-basic-f4048";
  volume.config.access.nfs_server_ip = "192.168.199.107";
  volume.config.access.nfs_path = "/trident_trident_basic_f4048";
  const Json expected = *yaml_to_json(R"(
kind: PersistentVolume
apiVersion: v1
metadata:
  name: trident-basic-f4048
  annotations: {pv.kubernetes.io/provisioned-by: netapp.io/trident, volume.beta.kubernetes.io/storage-class: basic}
spec:
  capacity: {storage: 1Gi}
  nfs: {server: 192.168.199.107, path: /trident_trident_basic_f4048}
  accessModes: [ReadWriteOnce]
  claimRef: {kind: PersistentVolumeClaim, namespace: trident, name: basic, uid: f4-0_48abc-1111, apiVersion: v1}
  persistentVolumeReclaimPolicy: Delete
  storageClassName: basic
)");
  EXPECT_EQ(persistent_volume(claim(), volume, "basic", {}, *parse_version("v1.6.1"))->dump(1), expected.dump(1));
  EXPECT_FALSE(persistent_volume(claim(), volume, "basic", {}, *parse_version("v1.5.0"))
                   ->at("spec")
                   .contains("storageClassName"));

  Json kept = claim();
  kept["metadata"]["annotations"]["trident.netapp.io/reclaimPolicy"] = "Retain";
  EXPECT_EQ(persistent_volume(kept, volume, "basic", {}, {1, 8, 0, ""})->at("spec").at("persistentVolumeReclaimPolicy"),
            "Retain");
  kept["metadata"]["annotations"]["trident.netapp.io/reclaimPolicy"] = "retain";
  EXPECT_EQ(persistent_volume(kept, volume, "basic", {.reclaim_policy = "Retain", .mount_options = {}, .fs_type = {}},
                              {1, 8, 0, ""})
                ->at("spec")
                .at("persistentVolumeReclaimPolicy"),
            "Delete");
  volume.config.mount_options = "-o nfsvers=3,hard";
  EXPECT_EQ(persistent_volume(claim(), volume, "basic", {}, {1, 8, 0, ""})->at("spec").at("mountOptions"),
            Json({"nfsvers=3", "hard"}));

  Volume lun;
  lun.config.access.iscsi_target_portal = "10.0.0.1";
  lun.config.access.iscsi_target_iqn = "iqn.x";
  lun.config.access.iscsi_lun_number = 0;
  lun.config.file_system = "xfs";
  EXPECT_EQ(persistent_volume(claim(), lun, "basic", {}, {1, 8, 0, ""})->at("spec").at("iscsi").dump(),
            R"({"targetPortal":"10.0.0.1","iqn":"iqn.x","lun":0,"fsType":"xfs"})");
  EXPECT_FALSE(persistent_volume(claim(), Volume{}, "basic", {}, {1, 8, 0, ""}));
}

// Specification section 11, row 48: 17.10.1 added the class without the malformed parameter.
TEST(Mapping, Row48AMalformedPoolListIsRefused) {
  Json object = *yaml_to_json(
      "metadata: {name: c}\nparameters: {requiredStorage: 'b:p1,p2;c:q', media: ssd, snapshots: 'True', fsType: "
      "xfs}\n");
  const auto config = class_config(object);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->required_storage, (PoolLists{{"b", {"p1", "p2"}}, {"c", {"q"}}}));
  EXPECT_EQ(*config->attributes, (std::map<std::string, std::string>{{"media", "ssd"}, {"snapshots", "true"}}));
  EXPECT_EQ(class_extras(object).fs_type, "xfs");
  for (const char* bad : {":p", "b:", "b", "b:p;;"}) {
    object["parameters"]["requiredStorage"] = bad;
    EXPECT_FALSE(class_config(object)) << bad;
  }
}

TEST(Mapping, WhoseClaimItIs) {
  const Version now{1, 6, 1, ""};
  EXPECT_EQ(claim_provisioner(claim(), now), Provisioner::other);
  EXPECT_EQ(claim_provisioner(claim(), {1, 4, 0, ""}), Provisioner::ours);
  for (const char* name :
       {"volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"}) {
    Json told = claim();
    told["metadata"]["annotations"][name] = "netapp.io/trident";
    EXPECT_EQ(claim_provisioner(told, now), Provisioner::ours);
  }
}

TEST(ApiServer, FromPodFilesAndKubeconfig) {
  std::map<std::string, std::string> files{{"/root/var/run/secrets/kubernetes.io/serviceaccount/token", "t1\n"},
                                           {"/root/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", "PEM"},
                                           {"/root/var/run/secrets/kubernetes.io/serviceaccount/namespace", "trident"},
                                           {"/etc/k/ca.pem", "CA"}};
  const FileReader read = [&](const std::string& path) -> base::Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return Error{ErrorKind::not_found, "no file " + path};
    return found->second;
  };
  std::map<std::string, std::string> variables{{"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                                               {"KUBERNETES_SERVICE_PORT", "6443"}};
  const Environment environment = [&](const std::string& name) { return variables[name]; };
  const auto pod = in_cluster(read, environment, "/root");
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->endpoint.host, "10.0.0.1");
  EXPECT_EQ(pod->endpoint.port, 6443);
  EXPECT_EQ(pod->own_namespace, "trident");
  EXPECT_EQ(pod->token(), "t1");
  files["/root/var/run/secrets/kubernetes.io/serviceaccount/token"] = "t2";
  EXPECT_EQ(pod->token(), "t2");  // tokens rotate
  EXPECT_FALSE(in_cluster(read, environment, "/elsewhere"));
  variables.clear();
  EXPECT_FALSE(in_cluster(read, environment, "/root"));

  const auto config = from_kubeconfig(
      "clusters: [{name: c, cluster: {server: 'https://h:1/k/', certificate-authority: ca.pem}}]\n"
      "users: [{name: u, user: {token: secret}}]\ncontexts: [{name: x, context: {cluster: c, user: "
      "u}}]\ncurrent-context: x\n",
      read, "/etc/k");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->endpoint.ca_pem, "CA");
  EXPECT_EQ(config->path_prefix, "/k");
  EXPECT_EQ(config->token(), "secret");
  for (const char* bad : {"", "[]", "a: [", "current-context: x\n"})
    EXPECT_FALSE(from_kubeconfig(bad, read, "/")) << bad;
  EXPECT_EQ(from_address("localhost:8080")->endpoint.port, 8080);
}

}  // namespace
}  // namespace provisioner::kube
