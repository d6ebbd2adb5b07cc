// Start-up with ten thousand volumes against the simulated array: each driver in memory, and the program over sockets.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "ontap-sim/model/qtree_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/sim.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/base/text.h"
#include "provisioner/core/json.h"
#include "provisioner/store/open.h"
#include "tests/provisioner/child.h"
#include "tests/provisioner/lab.h"

namespace provisioner_test {
namespace {

constexpr int kVolumes = 10000;
constexpr std::size_t kCallsMax = 110;  // to the array, until the server is ready

std::unique_ptr<ontap_sim::Sim> open_array(base::Clock& clock) {
  ontap_sim::Config config = ontap_sim::default_config();
  config.commands.emplace_back("igroup create -vserver svm1 -igroup trident -protocol iscsi -ostype linux");
  auto opened = ontap_sim::Sim::open(clock, config, 1, base::Logger(clock, base::log_to_nowhere()));
  EXPECT_TRUE(opened) << opened.error().message;
  return std::move(*opened);
}

/// The volumes whose records follow from `first`, put on the array beside it. Qtrees go into FlexVols of 200 each that
/// look like the one that `first` is in.
void fill(ontap_sim::Sim& sim, const Volume& first, std::map<std::string, std::string>& records) {
  ontap_sim::model::Cluster& cluster = sim.cluster();
  ontap_sim::model::Svm& svm = *cluster.find_svm("svm1");
  const std::string path = first.config.access.nfs_path;
  const bool trees = path.find('/', 1) != std::string::npos;
  std::string flexvol = trees ? path.substr(1, path.find('/', 1) - 1) : "";
  Json record = to_json(first);
  for (int i = 0; i < kVolumes; ++i) {
    const std::string number = std::to_string(i);
    const std::string internal = "trident_v" + number;
    if (!trees || i % 200 == 199) {
      ontap_sim::model::NewVolume wanted{.name = internal, .aggregate = first.pool, .size = 20971520};
      wanted.guarantee = ontap_sim::model::Guarantee::none;
      if (trees) {
        wanted.name = flexvol.substr(0, flexvol.size() - number.size()) + number;
        wanted.comment = svm.volumes.at(flexvol).comment;
        flexvol = wanted.name;
      }
      wanted.junction_path = "/" + wanted.name;
      ASSERT_TRUE(ontap_sim::model::create_volume(cluster, svm, wanted));
    }
    if (trees) {
      ASSERT_TRUE(ontap_sim::model::create_qtree(cluster, svm, {.volume = flexvol, .name = internal}));
    }
    record["Config"]["name"] = "v" + number;
    record["Config"]["internalName"] = internal;
    records["/trident/v1/volume/v" + number] = record.dump();
  }
}

class TenThousand : public testing::TestWithParam<const char*> {};

TEST_P(TenThousand, StartWithFewCallsToTheArray) {
  Lab lab;
  const auto sim = open_array(lab.clock);
  std::size_t count = 0;
  lab.handler = [&](const base::http::Request& request) {
    ++count;
    return sim->handle(request);
  };
  ASSERT_TRUE(lab.start());
  const std::string driver = GetParam();
  const Json config = {{"version", 1},
                       {"storageDriverName", driver},
                       {"managementLIF", "192.168.199.108"},
                       {"dataLIF", driver == "ontap-san" ? "127.0.1.12" : "127.0.1.11"},
                       {"svm", "svm1"},
                       {"username", "admin"},
                       {"password", "netapp123"}};
  const auto backend = lab.run(lab.core->add_backend(config.dump()));
  ASSERT_TRUE(backend) << backend.error().message;
  ASSERT_TRUE(lab.add_class(R"({"name":"basic","attributes":{"backendType":")" + driver + R"("}})"));
  const auto first = lab.add_volume("first", "20Mi");
  ASSERT_TRUE(first) << first.error().message;
  fill(*sim, *first, lab.database.records);
  lab.stop();
  count = 0;
  ASSERT_TRUE(lab.start());
  std::printf("%s, %d volumes: %zu calls to the array until ready\n", driver.c_str(), kVolumes + 1, count);
  EXPECT_LE(count, kCallsMax);
  EXPECT_GT(count, 0U);
  EXPECT_EQ(lab.core->volumes().size(), static_cast<std::size_t>(kVolumes + 1));
  EXPECT_EQ(lab.core->backend(*backend)->state, BackendState::online);
  EXPECT_EQ(lab.core->backend(*backend)->volumes.size(), static_cast<std::size_t>(kVolumes + 1));
  const auto next = lab.add_volume("next", "20Mi");
  EXPECT_TRUE(next) << next.error().message;
}

INSTANTIATE_TEST_SUITE_P(Drivers, TenThousand, testing::Values("ontap-nas", "ontap-san"),
                         [](const auto& row) { return base::replace_all(std::string(row.param), "-", "_"); });

template <class T>
T run_real(boost::asio::io_context& io, boost::asio::awaitable<T> call) {
  std::optional<T> out;
  base::TaskGroup tasks(io.get_executor());
  tasks.spawn(store_result(std::move(call), out));
  while (!out) {
    io.restart();
    io.run_one_for(std::chrono::seconds(1));
  }
  return std::move(*out);
}

/// The answer to one GET, once the program listens and is ready.
base::http::Response ask_until_ready(boost::asio::io_context& io, base::Clock& clock, std::uint16_t port,
                                     const std::string& target) {
  base::http::WireTransport wire(io, clock);
  base::http::Endpoint to;
  to.tls = false;
  to.host = "127.0.0.1";
  to.port = port;
  const base::TimePoint deadline = clock.now() + std::chrono::minutes(2);
  while (clock.now() < deadline) {
    base::http::Request request;
    request.method = "GET";
    request.target = target;
    const base::http::CallOptions options;
    auto answer = run_real(io, wire.send(to, request, options));
    if (answer && answer->status == 200) return std::move(*answer);
    io.restart();
    io.run_for(std::chrono::milliseconds(2));
  }
  base::http::Response never;
  never.status = 504;
  return never;
}

TEST(Program, IsReadyWithTenThousandVolumesOverSockets) {
  boost::asio::io_context io;
  base::RealClock clock(io);
  const auto sim = open_array(clock);
  std::size_t count = 0;
  const auto authority = base::http::make_authority("start");
  base::http::LeafRequest leaf;
  leaf.common_name = "array";
  leaf.names = {"10.9.8.7"};
  base::http::ServerOptions options;
  options.listen = {.address = "127.0.0.1", .port = 0};
  options.tls = base::http::ServerTls{*base::http::issue(*authority, leaf), {}};
  auto server = base::http::Server::start(io, clock, options, [&](const base::http::Request& request) {
    ++count;
    return sim->handle(request);
  });
  ASSERT_TRUE(server) << server.error().message;
  std::string folder = (std::filesystem::temp_directory_path() / "drydock_start_XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  {
    base::http::WireTransport wire(io, clock);
    auto store = open_store("sqlite:" + folder + "/trident.db", io, clock, wire);
    ASSERT_TRUE(store);
    Volume first;
    first.config.version = "1";
    first.config.name = "first";
    first.config.size = "20971520";
    first.config.storage_class = "basic";
    first.config.internal_name = "trident_first";
    first.config.access.nfs_path = "/trident_first";
    first.backend = "ontapnas_127.0.1.11";
    first.pool = "aggr1";
    std::map<std::string, std::string> records;
    fill(*sim, first, records);
    records["/trident/v1/meta/instance"] = "start";
    records["/trident/v1/storageclass/basic"] =
        R"({"config":{"version":"1","name":"basic","attributes":{"backendType":"ontap-nas"}}})";
    records["/trident/v1/backend/ontapnas_127.0.1.11"] =
        R"({"version":"1","config":{"ontap_config":{"version":1,"storageDriverName":"ontap-nas","managementLIF":"10.9.8.7",)"
        R"("dataLIF":"127.0.1.11","svm":"svm1","username":"admin","password":"netapp123"}},"name":"ontapnas_127.0.1.11","online":true})";
    std::vector<Write> writes;
    for (const auto& [key, value] : records) writes.push_back({Write::Kind::set, key, value});
    ASSERT_TRUE(run_real(io, (*store)->commit(std::move(writes))));
  }
  const std::uint16_t port = free_port();
  const std::string bin = std::filesystem::read_symlink("/proc/self/exe").parent_path().string();
  const char* other = std::getenv("DRYDOCK_START_PROGRAM");  // to measure another build of it
  const base::TimePoint begin = clock.now();
  Child program({other != nullptr ? other : bin + "/trident_orchestrator", "-store", "sqlite:" + folder + "/trident.db",
                 "-address", "127.0.0.1", "-port", std::to_string(port), "-connect_to",
                 "10.9.8.7:443=127.0.0.1:" + std::to_string((*server)->port())},
                folder + "/program.log");
  ASSERT_TRUE(program.started());
  const base::http::Response ready = ask_until_ready(io, clock, port, "/trident/v1/volume");
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begin);
  std::printf("the program, %d volumes: ready %lld ms after its start, %zu calls to the array\n", kVolumes,
              static_cast<long long>(took.count()), count);
  ASSERT_EQ(ready.status, 200) << ready.body;
  EXPECT_EQ(Json::parse(ready.body)["volumes"].size(), static_cast<std::size_t>(kVolumes));
  EXPECT_LE(count, kCallsMax);
  EXPECT_GT(count, 0U);
  const base::http::Response backend = ask_until_ready(io, clock, port, "/trident/v1/backend/ontapnas_127.0.1.11");
  EXPECT_TRUE(Json::parse(backend.body)["backend"]["online"].get<bool>()) << backend.body.substr(0, 300);
  program.kill_now();
  (*server)->stop();
  io.restart();
  io.run_for(std::chrono::milliseconds(50));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace provisioner_test
