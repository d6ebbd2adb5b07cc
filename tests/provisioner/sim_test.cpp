// The three ONTAP drivers against the simulated array: two halves written apart, meeting as bytes only.
#include "ontap-sim/sim.h"

#include <gtest/gtest.h>

#include "provisioner/core/json.h"
#include "tests/provisioner/lab.h"

namespace provisioner_test {
namespace {

struct SimLab : Lab {
  SimLab() {
    ontap_sim::Config config = ontap_sim::default_config();
    config.commands.emplace_back("igroup create -vserver svm1 -igroup trident -protocol iscsi -ostype linux");
    auto opened = ontap_sim::Sim::open(clock, config, 1, base::Logger(clock, base::log_to_nowhere()));
    EXPECT_TRUE(opened) << opened.error().message;
    sim = std::move(*opened);
    handler = [this](const base::http::Request& request) { return sim->handle(request); };
    EXPECT_TRUE(start());
  }
  ~SimLab() { stop(); }
  std::string shell(const std::string& line) { return sim->command(line).output; }

  std::unique_ptr<ontap_sim::Sim> sim;
};

struct Row {
  const char* driver;
  const char* prefix;
  const char* lif;
  bool snapshots;
};

class OverTheSimulator : public testing::TestWithParam<Row> {};

TEST_P(OverTheSimulator, AWholeLife) {
  const Row row = GetParam();
  SimLab lab;
  Json config = {{"version", 1},
                 {"storageDriverName", row.driver},
                 {"managementLIF", "192.168.199.108"},
                 {"dataLIF", row.lif},
                 {"svm", "svm1"}};
  config["username"] = "admin";
  config["password"] = "wrong";
  const auto refused = lab.run(lab.core->add_backend(config.dump()));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("user name or the password"), std::string::npos) << refused.error().message;
  config["password"] = "netapp123";
  for (const auto& [option, wrong, reason] :
       {std::tuple{"svm", "svm9", "Specified vserver not found, Code: 15698"},
        std::tuple{"dataLIF", "10.0.0.9", "data LIF with address 10.0.0.9 on SVM svm1"}}) {
    Json changed = config;
    changed[option] = wrong;
    const auto no = lab.run(lab.core->add_backend(changed.dump()));
    ASSERT_FALSE(no) << option;
    EXPECT_NE(no.error().message.find(reason), std::string::npos) << no.error().message;
  }
  EXPECT_TRUE(lab.core->backends().empty());
  const auto added = lab.run(lab.core->add_backend(config.dump()));
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(*added, std::string(row.prefix) + "_" + row.lif);
  const auto view = lab.core->backend(*added);
  EXPECT_EQ(view->storage.size(), 3U);
  EXPECT_EQ(to_json(view->storage.at("aggr2").attributes.at("media")).dump(), R"({"offer":["ssd"]})");
  ASSERT_TRUE(lab.add_class(R"({"name":"basic","attributes":{"backendType":")" + std::string(row.driver) + R"("}})"));
  ASSERT_TRUE(lab.add_class(R"({"name":"fast","attributes":{"media":"ssd"}})"));

  for (int i = 0; i < 8; ++i) {
    const auto volume = lab.add_volume("v" + std::to_string(i), "1Gi", i % 2 == 0 ? "basic" : "fast");
    ASSERT_TRUE(volume) << volume.error().message;
    if (i % 2 == 1) {
      EXPECT_EQ(volume->pool, "aggr2");
    }
  }
  const AccessInfo access = lab.core->volume("v0")->config.access;
  if (std::string(row.driver) == "ontap-san") {
    EXPECT_TRUE(access.iscsi_target_iqn.starts_with("iqn.")) << access.iscsi_target_iqn;
    EXPECT_EQ(lab.core->volume("v1")->config.access.iscsi_lun_number, 1);
    EXPECT_NE(lab.shell("lun show").find("/vol/trident_v0/lun0"), std::string::npos);
  } else {
    EXPECT_EQ(access.nfs_server_ip, "127.0.1.11");
    const auto mounted = lab.sim->mount_nfs("127.0.1.11", access.nfs_path, "127.0.0.1");
    ASSERT_TRUE(mounted) << mounted.error().message;
    lab.clock.advance(std::chrono::minutes(3));  // quota resize
    const auto usage = lab.sim->nfs_usage(mounted->svm, mounted->volume, mounted->qtree);
    ASSERT_TRUE(usage);
    const bool tree = std::string(row.driver) == "ontap-nas-economy";
    EXPECT_EQ(static_cast<std::uint64_t>(usage->total), tree ? 1073741824U : 1020054733U) << "5 % snapshot reserve";
  }
  EXPECT_EQ(lab.run(lab.core->resize_volume("v0", "2Gi")).value().config.size, "2147483648");
  if (row.snapshots) {
    ASSERT_TRUE(lab.run(lab.core->create_snapshot("v0", "before")));
    ASSERT_EQ(lab.run(lab.core->snapshots("v0"))->size(), 1U);
    VolumeConfig clone;
    clone.name = "clone";
    clone.size = "1Gi";
    clone.clone_source_volume = "v0";
    const auto made = lab.run(lab.core->add_volume(clone));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(lab.run(lab.core->delete_volume("v0")).error().kind, ErrorKind::conflict);
    ASSERT_TRUE(lab.run(lab.core->delete_volume("clone")));
    ASSERT_TRUE(lab.run(lab.core->delete_snapshot("v0", "before")));
    EXPECT_TRUE(lab.run(lab.core->snapshots("v0"))->empty());
  }
  ASSERT_TRUE(lab.start());
  // The deletion that the clone stood in the way of was refused: starting does not finish it.
  EXPECT_EQ(lab.core->volumes().size(), 8U);
  EXPECT_EQ(lab.core->backend(*added)->state, BackendState::online);
  for (const std::string& name : lab.core->volumes()) {
    const auto gone = lab.run(lab.core->delete_volume(name));
    EXPECT_TRUE(gone) << gone.error().message;
  }
  lab.clock.advance(std::chrono::minutes(15));
  EXPECT_EQ(lab.shell("volume show").find("trident"), std::string::npos) << lab.shell("volume show");
}

INSTANTIATE_TEST_SUITE_P(Drivers, OverTheSimulator,
                         testing::Values(Row{"ontap-nas", "ontapnas", "127.0.1.11", true},
                                         Row{"ontap-nas-economy", "ontapnaseco", "127.0.1.11", false},
                                         Row{"ontap-san", "ontapsan", "127.0.1.12", true}),
                         [](const auto& row) { return std::string(row.param.prefix); });

}  // namespace
}  // namespace provisioner_test
