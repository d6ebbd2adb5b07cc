#include "ontap-sim/config.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "ontap-sim/model/nas_ops.h"
#include "ontap-sim/state.h"

namespace ontap_sim {
namespace {

using testing::HasSubstr;

TEST(Config, ErrorsNameFileAndLine) {
  const std::pair<const char*, const char*> rows[] = {
      {"ontap:\n  nam: x\n", "lab.yaml:2: unknown key \"nam\" in \"ontap\""},
      {"other: 1\n", "lab.yaml:1: unknown key \"other\""},
      {"ontap:\n  nodes: x\n", "lab.yaml:2: \"nodes\" must be a list"},
      {"ontap:\n  nodes:\n  - {port: [a]}\n", "lab.yaml:3: "},
      {"ontap:\n  aggregates:\n  - {name: a, node: cluster1-01, size: big}\n", "lab.yaml:3: \"size\" must be a size"},
      {"ontap:\n  ontapi: 3.1\n", "lab.yaml:2: \"ontapi\" must be a version"},
      {"ontap: {latency: {fixed: 5 parsecs}}\n", "lab.yaml:1: \"fixed\" must be a duration"},
      {"ontap: [\n", "lab.yaml:"},
  };
  for (const auto& [yaml, expected] : rows) {
    const auto config = parse_config(yaml, "lab.yaml");
    ASSERT_FALSE(config.ok()) << yaml;
    EXPECT_THAT(config.error().message, testing::StartsWith(expected)) << yaml;
  }
  const auto deep = parse_config("ontap: " + std::string(100000, '['), "lab.yaml");
  EXPECT_FALSE(deep.ok());
}

struct Lab {
  explicit Lab(const std::string& yaml) {
    const auto config = parse_config(yaml, "lab.yaml");
    if (!config) problem = config.error().message;
    else if (auto made = populate(cluster, *config); !made) problem = made.error().message;
  }
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  model::Cluster cluster{clock, 1};
  std::string problem;
};

TEST(Config, TheDefaultLab) {
  Lab lab("");
  ASSERT_EQ(lab.problem, "");
  EXPECT_THAT(model::check_invariants(lab.cluster), testing::IsEmpty());
  const model::Svm& svm = *lab.cluster.find_svm("svm1");
  EXPECT_THAT(svm.aggregates, testing::ElementsAre("aggr1", "aggr2", "aggr3"));
  EXPECT_EQ(lab.cluster.lif_by_address.at("127.0.1.10").lif, "svm1_mgmt");
  EXPECT_TRUE(svm.lifs.at("svm1_mgmt").management());
  EXPECT_FALSE(lab.cluster.users.at({"svm1", "vsadmin"}).locked);
  EXPECT_EQ(model::nfs_access(svm, "/", "10.1.1.1")->access, model::NfsAccess::read_write);
  EXPECT_EQ(lab.cluster.find_aggregate("aggr2")->type, "ssd");
}

TEST(Config, RefusalsNameTheObject) {
  Lab lab("ontap: {aggregates: [{name: a, node: nowhere}]}");
  EXPECT_THAT(lab.problem, HasSubstr("nowhere"));
}

}  // namespace
}  // namespace ontap_sim
