// Section 11, the drivers for qtrees and LUNs. See known_bugs.h.
#include "tests/provisioner/known_bugs.h"

namespace provisioner_test {
namespace {

// The economy driver.

struct EconomyBug : KnownBug {
  EconomyBug() {
    EXPECT_TRUE(add_backend(R"({"storageDriverName":"ontap-nas-economy"})"));
    EXPECT_TRUE(add_class(R"({"name":"trees","attributes":{"backendType":"ontap-nas-economy"}})"));
  }
  Result<Volume> add_tree(const std::string& name) { return add(wish(name, "ReadWriteOnce", "trees")); }
  std::size_t tree_count() const {
    std::size_t count = 0;
    for (const auto& [flexvol, trees] : array.trees) count += trees.size();
    return count;
  }
};

TEST_F(EconomyBug, Row21_QuotaErrorsFailTheVolumeAndWaitsAreBounded) {
  array.refusals["quota-set-entry"] = "13001";
  EXPECT_FALSE(add_tree("v"));
  EXPECT_EQ(tree_count(), 0U);
  array.refusals.clear();
  array.refusals["quota-on"] = "13001";
  EXPECT_FALSE(add_tree("v"));
  EXPECT_EQ(tree_count(), 0U);
  array.refusals.clear();
  const auto others = handler;
  answer("quota-status", [] {
    return std::string("<netapp><results status=\"passed\"><status>initializing</status></results></netapp>");
  });
  const base::TimePoint before = clock.now();
  EXPECT_FALSE(add_tree("v"));
  EXPECT_LE(clock.now() - before, std::chrono::minutes(10));
  handler = others;
  EXPECT_TRUE(add_tree("v"));
}

TEST_F(EconomyBug, Row22_TheFlexVolHoldsItsQuotasBesideTheSnapshotReserve) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(add_tree("v" + std::to_string(i)));
  for (const auto& [flexvol, trees] : array.trees) {
    std::uint64_t quotas = 0;
    for (const auto& [tree, bytes] : trees) quotas += bytes;
    EXPECT_GE(array.volumes.at(flexvol).size * 95 / 100, quotas) << flexvol;
  }
}

TEST_F(EconomyBug, Row23_NamesThatAreDoubledOrLong) {
  ASSERT_TRUE(add_tree("v"));
  array.volumes["trident_qtree_pool_trident_OTHER"] = {.size = 1073741824, .aggregate = "aggr3"};
  array.trees["trident_qtree_pool_trident_OTHER"]["trident_w"] = 0;
  array.trees["trident_qtree_pool_trident_THIRD"]["trident_w"] = 0;
  const auto doubled = add_tree("w");
  ASSERT_FALSE(doubled);
  EXPECT_NE(doubled.error().message.find("several FlexVols"), std::string::npos) << doubled.error().message;
  const std::string long_name(90, 'n');
  const auto volume = add_tree(long_name);
  ASSERT_TRUE(volume) << volume.error().message;
  EXPECT_EQ(volume->config.internal_name.size(), 64U);
  const auto twin = add_tree(long_name + "2");
  ASSERT_TRUE(twin);
  EXPECT_NE(twin->config.internal_name, volume->config.internal_name);
  // What a crash leaves between renaming and deleting is found by its prefix and reaped.
  array.refusals["qtree-delete-async"] = "13001";
  const auto others = handler;
  int renames = 0;
  handler = [&, others](const base::http::Request& request) {
    if (request.body.find("<qtree-rename>") == std::string::npos || renames++ == 0) return others(request);
    base::http::Response response;
    response.body = failed(13001, "not back");
    return response;
  };
  EXPECT_TRUE(run(core->delete_volume(long_name)));
  std::string left;
  for (const auto& [flexvol, trees] : array.trees) {
    for (const auto& [tree, bytes] : trees) left = tree.starts_with("deleted_") ? tree : left;
  }
  EXPECT_TRUE(left.starts_with("deleted_trident_")) << left;
  EXPECT_LE(left.size(), 64U);
  array.refusals.clear();
  clock.advance(std::chrono::minutes(12));
  for (const auto& [flexvol, trees] : array.trees) EXPECT_FALSE(trees.contains(left));
}

TEST_F(EconomyBug, Row24_ErrorsTellTheirCause) {
  for (const char* call : {"volume-create", "qtree-list-iter", "qtree-create", "quota-set-entry"}) {
    array.refusals[call] = "13001";
    const auto volume = add_tree(std::string("v-") + call);
    ASSERT_FALSE(volume) << call;
    EXPECT_NE(volume.error().message.find("refused by the test"), std::string::npos)
        << call << ": " << volume.error().message;
    array.refusals.clear();
  }
}

TEST_F(EconomyBug, Row25_AForeignEmptyFlexVolWithOurPrefixIsNotPruned) {
  array.volumes["trident_qtree_pool_trident_FOREIGN"] = {.size = 1073741824, .aggregate = "aggr3"};
  array.trees["trident_qtree_pool_trident_FOREIGN"];
  ASSERT_TRUE(add_tree("v"));
  ASSERT_TRUE(run(core->delete_volume("v")));
  clock.advance(std::chrono::minutes(30));
  EXPECT_TRUE(array.volumes.contains("trident_qtree_pool_trident_FOREIGN"));
  EXPECT_EQ(array.volumes.size(), 1U) << "our own empty one is pruned";
}

// The SAN driver.

struct SanBug : KnownBug {
  SanBug() {
    EXPECT_TRUE(add_backend(R"({"storageDriverName":"ontap-san"})"));
    EXPECT_TRUE(add_class(R"({"name":"luns","attributes":{"backendType":"ontap-san"}})"));
  }
};

TEST_F(SanBug, Row28_TheFlexVolHasHeadRoomForItsLun) {
  ASSERT_TRUE(add(wish("v", "ReadWriteOnce", "luns")));
  EXPECT_EQ(array.luns.at("/vol/trident_v/lun0").size, 1073741824U);
  EXPECT_GE(array.volumes.at("trident_v").size, 1073741824U * 11 / 10);
  ASSERT_TRUE(run(core->resize_volume("v", "2Gi")));
  EXPECT_GE(array.volumes.at("trident_v").size, 2147483648U * 11 / 10);
}

TEST_F(SanBug, Row29_AllPortalsAndTheVolumesOwnFileSystem) {
  answer("net-interface-get-iter", [] {
    std::string lifs;
    for (const char* address : {"192.168.199.107", "192.168.199.117", "192.168.199.127"}) {
      lifs += std::string("<net-interface-info><address>") + address +
              "</address><data-protocols><data-protocol>iscsi</data-protocol></data-protocols></net-interface-info>";
    }
    return "<netapp><results status=\"passed\"><num-records>3</num-records><attributes-list>" + lifs +
           "</attributes-list></results></netapp>";
  });
  ASSERT_TRUE(add_backend(R"({"storageDriverName":"ontap-san"})"));
  VolumeConfig config = wish("v", "ReadWriteOnce", "luns");
  config.file_system = "xfs";
  const auto volume = add(config);
  ASSERT_TRUE(volume) << volume.error().message;
  EXPECT_EQ(volume->config.access.iscsi_target_portal, "192.168.199.107");
  EXPECT_EQ(volume->config.access.iscsi_portals, (std::vector<std::string>{"192.168.199.117", "192.168.199.127"}));
  EXPECT_EQ(array.luns.at("/vol/trident_v/lun0").file_system, "xfs");
}

TEST_F(SanBug, Row30_ACloneOfALunIsNotMounted) {
  ASSERT_TRUE(add(wish("v", "ReadWriteOnce", "luns")));
  VolumeConfig clone = wish("c", "ReadWriteOnce", "luns");
  clone.clone_source_volume = "v";
  ASSERT_TRUE(add(clone));
  EXPECT_EQ(array.volumes.at("trident_c").junction, "");
  EXPECT_GE(array.luns.at("/vol/trident_c/lun0").mapped, 0);
}

TEST_F(SanBug, Row31_TheInitiatorGroupIsManagedOnRequest) {
  const auto others = handler;
  answer("igroup-get-iter", [] {
    return std::string("<netapp><results status=\"passed\"><num-records>0</num-records></results></netapp>");
  });
  const auto by_hand = add_backend(R"({"storageDriverName":"ontap-san"})");
  ASSERT_FALSE(by_hand);
  EXPECT_NE(by_hand.error().message.find("create it by hand"), std::string::npos);
  std::vector<std::string> asked;
  const auto without_group = handler;
  handler = [&, without_group](const base::http::Request& request) {
    for (const char* call : {"igroup-create", "igroup-add"}) {
      if (request.body.find(std::string("<") + call + ">") == std::string::npos) continue;
      asked.push_back(request.body);
      base::http::Response response;
      response.body =
          asked.size() == 3 ? failed(9008, "already there") : "<netapp><results status=\"passed\"/></netapp>";
      return response;
    }
    return without_group(request);
  };
  ASSERT_TRUE(add_backend(
      R"({"storageDriverName":"ontap-san","manageIgroup":"true","igroupInitiators":"iqn.1994-05.com.redhat:a, iqn.1994-05.com.redhat:b"})"));
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_NE(asked[0].find("<initiator-group-name>trident</initiator-group-name><initiator-group-type>iscsi</"
                          "initiator-group-type><os-type>linux</os-type>"),
            std::string::npos)
      << asked[0];
  EXPECT_NE(asked[2].find("<initiator>iqn.1994-05.com.redhat:b</initiator>"), std::string::npos) << asked[2];
}

}  // namespace
}  // namespace provisioner_test
