// Two replicas of the real program on Debian's etcd: the leader is killed, stopped and cut off, etcd is restarted. The
// cluster and the array are our simulators on sockets of this process. Whatever a replaced leader still had under way
// makes no second, orphaned or lost volume.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "k8s-fake/fake.h"
#include "ontap-sim/sim.h"
#include "provisioner/base/http/deferred.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/base/task_group.h"
#include "provisioner/base/text.h"
#include "provisioner/core/copy.h"
#include "provisioner/core/secrets.h"
#include "provisioner/core/types.h"
#include "provisioner/kube/client.h"
#include "provisioner/kube/yaml.h"
#include "provisioner/store/etcd_store.h"
#include "provisioner/store/open.h"
#include "tests/provisioner/child.h"

namespace provisioner_test {
namespace {

using namespace provisioner;
using base::http::Request;
using base::http::Response;
using kube::text_at;
using std::chrono::seconds;

constexpr auto kPatience = seconds(60);  // far beyond what is expected; only a failure waits that long

template <class T>
boost::asio::awaitable<void> keep(boost::asio::awaitable<T> call, std::optional<T>& out) {
  out = co_await std::move(call);
}

struct Lab {
  Lab() {
    std::string pattern = (std::filesystem::temp_directory_path() / "drydock_replicas_XXXXXX").string();
    folder = mkdtemp(pattern.data());
    ontap_sim::Config config = ontap_sim::default_config();
    auto opened = ontap_sim::Sim::open(clock, config, 1, quiet);
    EXPECT_TRUE(opened);
    array = std::move(*opened);
    cluster = std::make_unique<k8s_fake::Fake>(io.get_executor(), clock, k8s_fake::Config{}, 1, quiet);
    const auto authority = base::http::make_authority("replicas");
    base::http::LeafRequest leaf;
    leaf.common_name = "array";
    leaf.names = {"10.9.8.7"};
    array_tls = base::http::ServerTls{*base::http::issue(*authority, leaf), {}};
    array_server = serve([this](const Request& request) { return array_call(request); }, true);
    for (auto& door : doors) door = serve([this](const Request& request) { return cluster->handle_insecure(request); });
    start_etcd();
    put("/apis/storage.k8s.io/v1/storageclasses",
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: basic}, provisioner: netapp.io/trident, "
        "parameters: {backendType: ontap-nas}}");
    EXPECT_TRUE(etcd->started()) << "Debian's etcd-server is missing (packages.txt)";
  }
  ~Lab() {
    for (auto& replica : replicas) replica.reset();
    etcd.reset();
    for (const auto& answer : owed) answer->set(Response());  // nobody waits for these any more
    for (auto& door : doors) door->stop();
    array_server->stop();
    io.restart();
    io.run_for(std::chrono::milliseconds(50));
    if (testing::Test::HasFailure()) {
      for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".log") continue;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        std::fprintf(stderr, "--- %s\n%s\n", entry.path().c_str(), text.str().c_str());
      }
    }
    std::filesystem::remove_all(folder);
  }

  std::unique_ptr<base::http::Server> serve(base::http::Handler handler, bool tls = false) {
    base::http::ServerOptions options;
    options.listen = {.address = "127.0.0.1", .port = 0};
    if (tls) options.tls = array_tls;
    auto server = base::http::Server::start(io, clock, options, std::move(handler));
    EXPECT_TRUE(server) << server.error().message;
    return std::move(*server);
  }
  void start_etcd() {
    etcd.reset();
    if (etcd_port == 0) {
      etcd_port = free_port();
      peer_port = free_port();
    }
    const std::string url = "http://127.0.0.1:" + std::to_string(etcd_port);
    const std::string peer = "http://127.0.0.1:" + std::to_string(peer_port);
    etcd = std::make_unique<Child>(
        std::vector<std::string>{"etcd", "--data-dir", folder + "/etcd", "--listen-client-urls", url,
                                 "--advertise-client-urls", url, "--listen-peer-urls", peer,
                                 "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
                                 "--enable-v2=true", "--log-level", "error"},
        folder + "/etcd.log");
  }
  std::string etcd_url() const { return "http://127.0.0.1:" + std::to_string(etcd_port); }
  void start_replica(int number) {
    const std::string door = std::to_string(doors[static_cast<std::size_t>(number)]->port());
    rest[static_cast<std::size_t>(number)] = free_port();
    replicas[static_cast<std::size_t>(number)] = std::make_unique<Child>(
        std::vector<std::string>{bin() + "/trident_orchestrator", "-debug", "-store", "etcd:" + etcd_url(),
                                 "-k8s_api_server", "http://127.0.0.1:" + door, "-address", "127.0.0.1", "-port",
                                 std::to_string(rest[static_cast<std::size_t>(number)]), "-lease_seconds", "3",
                                 "-late_call_seconds", "12", "-connect_to",
                                 "10.9.8.7:443=127.0.0.1:" + std::to_string(array_port())},
        folder + "/replica" + std::to_string(number) + ".log");
  }
  static std::string bin() {
    std::error_code failed;
    return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path().string();
  }
  std::uint16_t array_port() const { return array_server->port(); }

  /// Runs the loop, which serves the replicas, until the condition holds.
  bool until(const std::function<bool()>& done) {
    const base::TimePoint deadline = clock.now() + kPatience;
    while (!done()) {
      if (clock.now() > deadline) return false;
      io.restart();
      io.run_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  template <class T>
  T run(boost::asio::awaitable<T> call) {
    std::optional<T> out;
    base::TaskGroup tasks(io.get_executor());
    tasks.spawn(keep(std::move(call), out));
    EXPECT_TRUE(until([&] { return out.has_value(); }));
    return std::move(*out);
  }

  Response cluster_call(const std::string& method, const std::string& target, const std::string& body = {}) {
    Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    return cluster->handle_insecure(request);
  }
  void put(const std::string& collection, const std::string& yaml) {
    const Response made = cluster_call("POST", collection, yaml_to_json(yaml)->dump());
    EXPECT_EQ(made.status, 201) << made.body;
  }
  std::string add_claim(const std::string& name) {
    const Response made = cluster_call(
        "POST", "/api/v1/namespaces/default/persistentvolumeclaims",
        yaml_to_json(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " + name +
            ", annotations: {volume.beta.kubernetes.io/storage-provisioner: netapp.io/trident}}, "
            "spec: {storageClassName: basic, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}")
            ->dump());
    EXPECT_EQ(made.status, 201) << made.body;
    const Json object = Json::parse(made.body);
    return "default-" + name + "-" + base::replace_all(text_at(object, {"metadata", "uid"}), "-", "").substr(0, 5);
  }
  void drop_claim(const std::string& name) {
    const std::string path = "/api/v1/namespaces/default/persistentvolumeclaims/" + name;
    const Response gone = cluster_call("DELETE", path);
    EXPECT_EQ(gone.status, 200) << gone.body;
    Request unprotect;  // what the controller manager does when no pod uses the claim
    unprotect.method = "PATCH";
    unprotect.target = path;
    unprotect.headers.set("Content-Type", "application/merge-patch+json");
    unprotect.body = R"({"metadata":{"finalizers":null}})";
    static_cast<void>(cluster->handle_insecure(unprotect));
    EXPECT_EQ(cluster_call("GET", path).status, 404);
  }
  bool has_pv(const std::string& name) {
    return cluster_call("GET", "/api/v1/persistentvolumes/" + name).status == 200;
  }
  bool on_array(const std::string& name) {
    const std::string internal = "trident_" + base::replace_all(name, "-", "_");
    return array->command("volume show -vserver svm1 -volume " + internal).output.find(internal) != std::string::npos;
  }
  std::string leader() {
    const Response lease = cluster_call("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/trident");
    return lease.status == 200 ? text_at(Json::parse(lease.body), {"spec", "holderIdentity"}) : "";
  }
  /// The answer of a replica's REST interface, "" when it has none.
  std::string ask(int number, const std::string& method, const std::string& target, const std::string& body = {}) {
    base::http::WireTransport wire(io, clock);
    base::http::Endpoint to;
    to.tls = false;
    to.host = "127.0.0.1";
    to.port = rest[static_cast<std::size_t>(number)];
    Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    const base::http::CallOptions options;
    const auto answer = run(wire.send(to, request, options));
    return answer ? std::to_string(answer->status) + " " + answer->body : "";
  }
  bool leads(int number) { return ask(number, "GET", "/trident/v1/backend").starts_with("200 "); }
  bool add_backend(int number) {
    const std::string backend =
        R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"10.9.8.7","dataLIF":"127.0.1.11","svm":"svm1","username":"admin","password":"netapp123"})";
    return ask(number, "POST", "/trident/v1/backend", backend).starts_with("201 ");
  }

  /// The array; while `hold` is set a volume-create is kept on its way and arrives with release().
  Response array_call(const Request& request) {
    if (!hold || request.body.find("<volume-create>") == std::string::npos) return array->handle(request);
    hold = false;
    held = request;
    Response response;
    response.later = std::make_shared<base::http::Deferred>();
    owed.push_back(response.later);
    return response;
  }
  Response release() {
    const Request request = *held;
    held.reset();
    return array->handle(request);
  }

  boost::asio::io_context io;
  base::RealClock clock{io};
  base::Logger quiet{clock, base::log_to_nowhere()};
  std::string folder;
  std::optional<base::http::ServerTls> array_tls;
  std::unique_ptr<ontap_sim::Sim> array;
  std::unique_ptr<k8s_fake::Fake> cluster;
  std::unique_ptr<base::http::Server> array_server;
  std::array<std::unique_ptr<base::http::Server>, 2> doors;  // to the cluster, one for each replica
  std::unique_ptr<Child> etcd;
  std::uint16_t etcd_port = 0, peer_port = 0;
  std::array<std::unique_ptr<Child>, 2> replicas;
  std::array<std::uint16_t, 2> rest{};
  bool hold = false;
  std::optional<Request> held;
  std::vector<std::shared_ptr<base::http::Deferred>> owed;  // of calls that were held
};

TEST(Etcd, KeepsTheStoreContractAndFencesOldLeaders) {
  Lab lab;
  base::http::WireTransport wire(lab.io, lab.clock);
  const std::string a = "/trident/v1/volume/a";
  for (const char* kind : {"etcd:", "etcd_v2:"}) {
    auto store = open_store(kind + lab.etcd_url(), lab.io, lab.clock, wire);
    ASSERT_TRUE(store);
    ASSERT_TRUE(lab.until([&] { return lab.run((*store)->list("/trident/v1/volume/")).ok(); })) << kind;
    EXPECT_TRUE(lab.run((*store)->list("/trident/v1/volume/"))->empty()) << kind;
    const std::string value = "{\"text\":\"\xC3\xA4 & = + %\"}";
    EXPECT_TRUE(
        lab.run((*store)->commit({{Write::Kind::create, a, value}, {Write::Kind::set, "/trident/v1/txn/a", "t"}})));
    EXPECT_EQ(lab.run((*store)->commit({{Write::Kind::create, a, "2"}})).error().kind, base::ErrorKind::already_exists);
    EXPECT_EQ(lab.run((*store)->commit({{Write::Kind::update, "/trident/v1/volume/b", "2"}})).error().kind,
              base::ErrorKind::not_found);
    EXPECT_TRUE(
        lab.run((*store)->commit({{Write::Kind::update, a, value}, {Write::Kind::erase, "/trident/v1/txn/a", ""}})));
    EXPECT_EQ(lab.run((*store)->list("/trident/v1/volume/")).value(), (Records{{"a", value}}));
    EXPECT_TRUE(lab.run((*store)->list("/trident/v1/txn/"))->empty());
  }
  base::http::Endpoint member;
  member.tls = false;
  member.host = "127.0.0.1";
  member.port = lab.etcd_port;
  EtcdV3Store first(wire, {member});
  EtcdV3Store second(wire, {member});
  for (int batch = 0; batch < 25; ++batch) {  // more than one page of a listing
    std::vector<Write> writes;
    for (int i = 0; i < 100; ++i)
      writes.push_back({Write::Kind::set, "/trident/v1/volume/v" + std::to_string(batch * 100 + i), "x"});
    ASSERT_TRUE(lab.run(first.commit(writes)));
  }
  EXPECT_EQ(lab.run(first.list("/trident/v1/volume/"))->size(), 2501U);
  ASSERT_TRUE(lab.run(first.lead({"one", "lease", 1})));
  EXPECT_TRUE(lab.run(first.commit({{Write::Kind::set, a, "by one"}})));
  ASSERT_TRUE(lab.run(second.lead({"two", "lease", 2})));
  EXPECT_EQ(lab.run(first.commit({{Write::Kind::set, a, "late"}})).error().kind, base::ErrorKind::unavailable);
  EXPECT_EQ(lab.run(first.commit({{Write::Kind::create, "/trident/v1/volume/late", "late"}})).error().kind,
            base::ErrorKind::unavailable);
  EXPECT_EQ(lab.run(first.lead({"one", "lease", 1})).error().kind, base::ErrorKind::conflict);
  EXPECT_TRUE(lab.run(second.commit({{Write::Kind::update, a, "by two"}})));
  EXPECT_EQ(lab.run(second.commit({{Write::Kind::create, a, "x"}})).error().kind, base::ErrorKind::already_exists);
  EXPECT_EQ(lab.run(first.list("/trident/v1/volume/"))->at("a"), "by two");
  EXPECT_TRUE(lab.run(first.lead({"one", "made anew", 0}))) << "the lease was deleted and made again";
}

TEST(Etcd, Row38AMemberThatIsAwayIsPassedOver) {
  Lab lab;
  base::http::WireTransport wire(lab.io, lab.clock);
  const std::string dead = "http://127.0.0.1:" + std::to_string(free_port());
  const std::vector<Write> writes{{Write::Kind::set, "/trident/v1/volume/a", "1"}};
  for (const char* kind : {"etcd:", "etcd_v2:"}) {
    auto store = open_store(kind + dead + "," + lab.etcd_url(), lab.io, lab.clock, wire);
    ASSERT_TRUE(store);
    ASSERT_TRUE(lab.until([&] { return lab.run((*store)->list("/trident/v1/volume/")).ok(); })) << kind;
    EXPECT_TRUE(lab.run((*store)->commit(writes))) << kind;
  }
}

TEST(Etcd, TheV2KeyspaceIsExportedAndImported) {
  Lab lab;
  base::http::WireTransport wire(lab.io, lab.clock);
  MemoryDatabase database;
  MemoryStore ours(database);
  const Json backend = {
      {"version", "1"}, {"config", {{"ontap_config", {{"password", "netapp123"}}}}}, {"name", "b"}, {"online", true}};
  Json sealed = backend;
  sealed["config"] = seal_secrets(backend["config"], "key");
  database.records = {{"/trident/v1/meta/instance", "me"},
                      {"/trident/v1/backend/ontapnas_192.168.199.107", sealed.dump()},
                      {"/trident/v1/storageclass/basic", R"({"config":{"version":"1","name":"basic"}})"},
                      {"/trident/v1/txn/x", "{}"}};
  for (int i = 0; i < 250; ++i)
    database.records["/trident/v1/volume/v" + std::to_string(i)] =
        R"({"Config":{"name":"v"},"backend":"b","pool":"p"})";
  auto v2 = open_store("etcd_v2:" + lab.etcd_url(), lab.io, lab.clock, wire);
  ASSERT_TRUE(lab.until([&] { return lab.run((*v2)->list("/trident/v1/volume/")).ok(); }));
  EXPECT_EQ(lab.run(copy_records(ours, **v2, "another key", false)).error().kind, base::ErrorKind::invalid);
  const auto copied = lab.run(copy_records(ours, **v2, "key", false));
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(*copied, 254U);
  EXPECT_EQ(lab.run((*v2)->list("/trident/v1/backend/"))->at("ontapnas_192.168.199.107"), backend.dump())
      << "17.10.1 reads it as it stands";
  MemoryDatabase back;
  MemoryStore imported(back);
  EXPECT_EQ(lab.run(copy_records(**v2, imported, "key", true)).value(), 254U);
  EXPECT_EQ(back.records.at("/trident/v1/backend/ontapnas_192.168.199.107").find("netapp123"), std::string::npos);
  back.records["/trident/v1/backend/ontapnas_192.168.199.107"] =
      database.records["/trident/v1/backend/ontapnas_192.168.199.107"];  // sealed anew each time
  EXPECT_EQ(back.records, database.records);
  EXPECT_EQ(lab.run(copy_records(ours, imported, "key", true)).error().kind, base::ErrorKind::already_exists);
  const std::string file = "sqlite:" + lab.folder + "/copied.db";
  for (const int expected : {0, 1}) {  // the program's own flag; the second time the store is not empty
    Child copy({Lab::bin() + "/trident_orchestrator", "-copy_from", "etcd_v2:" + lab.etcd_url(), "-store", file},
               lab.folder + "/copy.log");
    std::optional<int> status;
    ASSERT_TRUE(lab.until([&] {
      status = copy.ended();
      return status.has_value();
    }));
    EXPECT_EQ(*status, expected);
  }
  auto copied_store = open_store(file, lab.io, lab.clock, wire);
  ASSERT_TRUE(copied_store);
  EXPECT_EQ(lab.run((*copied_store)->list("/trident/v1/volume/"))->size(), 250U);
}

TEST(Replicas, ALeaderThatIsKilledIsReplacedAndEtcdMayRestart) {
  Lab lab;
  lab.start_replica(0);
  ASSERT_TRUE(lab.until([&] { return lab.leads(0); }));
  lab.start_replica(1);
  ASSERT_TRUE(lab.add_backend(0));
  const std::string one = lab.add_claim("one");
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(one); }));
  EXPECT_TRUE(lab.until([&] { return lab.ask(1, "GET", "/trident/v1/volume").starts_with("503 "); })) << "one leads";
  lab.replicas[0]->kill_now();
  base::TimePoint began = lab.clock.now();
  const std::string two = lab.add_claim("two");
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(two); }));
  std::printf("SIGKILL of the leader: provisioning resumed after %.1f s (lease of 3 s)\n",
              std::chrono::duration<double>(lab.clock.now() - began).count());
  EXPECT_TRUE(lab.leads(1));
  lab.etcd->kill_now();
  const std::string three = lab.add_claim("three");
  lab.until([&, until = lab.clock.now() + seconds(1)] { return lab.clock.now() > until; });
  EXPECT_FALSE(lab.has_pv(three));
  lab.start_etcd();
  began = lab.clock.now();
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(three); }));
  std::printf("restart of etcd: provisioning resumed after %.1f s\n",
              std::chrono::duration<double>(lab.clock.now() - began).count());
  for (const std::string& name : {one, two, three}) EXPECT_TRUE(lab.on_array(name)) << name;
  lab.replicas[1]->signal(SIGTERM);
  ASSERT_TRUE(lab.until([&] { return lab.replicas[1]->ended() == 0; }));
  EXPECT_EQ(lab.leader(), "") << "an orderly end releases the lease";
}

TEST(Replicas, AStoppedLeadersLateCallLeavesNothingBehind) {
  Lab lab;
  lab.start_replica(0);
  ASSERT_TRUE(lab.until([&] { return lab.leads(0); }));
  lab.start_replica(1);
  ASSERT_TRUE(lab.add_backend(0));
  // Still wanted when the new leader starts: it makes the volume, the late call finds it there.
  lab.hold = true;
  const std::string kept = lab.add_claim("kept");
  ASSERT_TRUE(lab.until([&] { return lab.held.has_value(); }));
  lab.replicas[0]->signal(SIGSTOP);
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(kept); }));
  EXPECT_NE(lab.release().body.find("status=\"failed\""), std::string::npos);
  lab.replicas[0]->signal(SIGCONT);
  ASSERT_TRUE(lab.until([&] { return lab.replicas[0]->ended() == 1; })) << "the old leader ends";
  EXPECT_TRUE(lab.on_array(kept));
  // Not wanted any more: the call lands after the new leader has undone the volume, which is undone again.
  lab.start_replica(0);
  lab.hold = true;
  const std::string dropped = lab.add_claim("dropped");
  ASSERT_TRUE(lab.until([&] { return lab.held.has_value(); }));
  lab.replicas[1]->signal(SIGSTOP);
  lab.drop_claim("dropped");
  ASSERT_TRUE(lab.until([&] { return lab.leads(0); }));
  lab.until([&, until = lab.clock.now() + seconds(1)] { return lab.clock.now() > until; });
  EXPECT_EQ(lab.release().body.find("status=\"failed\""), std::string::npos);
  EXPECT_TRUE(lab.on_array(dropped));
  lab.replicas[1]->signal(SIGCONT);
  ASSERT_TRUE(lab.until([&] { return lab.replicas[1]->ended() == 1; }));
  EXPECT_TRUE(lab.until([&] { return !lab.on_array(dropped); })) << "orphaned";
  EXPECT_FALSE(lab.has_pv(dropped));
  EXPECT_EQ(lab.ask(0, "GET", "/trident/v1/volume"), "200 {\"volumes\":[\"" + kept + "\"]}\n");
}

TEST(Replicas, ALeaderThatIsCutOffFromTheApiServerStopsActing) {
  Lab lab;
  lab.start_replica(0);
  ASSERT_TRUE(lab.until([&] { return lab.leads(0); }));
  ASSERT_TRUE(lab.add_backend(0));
  lab.start_replica(1);
  const std::string before = lab.leader();
  lab.doors[0]->stop();
  const std::string one = lab.add_claim("one");
  ASSERT_TRUE(lab.until([&] { return lab.has_pv(one); }));
  EXPECT_NE(lab.leader(), before);
  ASSERT_TRUE(lab.until([&] { return lab.replicas[0]->ended() == 1; }));
  EXPECT_TRUE(lab.leads(1));
}

}  // namespace
}  // namespace provisioner_test
