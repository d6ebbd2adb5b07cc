#include "scenarios/runner/memory_world.h"

#include <boost/asio/io_context.hpp>

#include "k8s-fake/runtime.h"
#include "k8s-fake/server.h"
#include "provisioner/base/check.h"
#include "provisioner/base/http/memory.h"
#include "provisioner/base/task_group.h"
#include "provisioner/server.h"
#include "scenarios/runner/product.h"
#include "scenarios/runner/duration.h"

namespace scenario {

using base::Result;
using boost::asio::awaitable;
namespace http = base::http;

namespace {

constexpr std::uint16_t kKubePort = 6443;
constexpr std::uint16_t kRestPort = 8000;

/// A provisioner's view of the network. After kill() nothing it sends leaves, and no answer reaches it.
class MortalTransport final : public http::Transport {
 public:
  /// `point` is asked before a message leaves and after it was answered; true: the process dies there.
  MortalTransport(http::Transport& under, std::function<bool(bool before)> point) : under_(under), point_(std::move(point)) {}
  awaitable<Result<http::Response>> send(http::Endpoint to, http::Request request, http::CallOptions options) override {
    if (dead_ || point_(true)) co_return base::Error{base::ErrorKind::unavailable, "the process has ended"};
    Result<http::Response> answer = co_await under_.send(std::move(to), std::move(request), options);
    if (!dead_) (void)point_(false);
    if (dead_) co_return base::Error{base::ErrorKind::unknown_outcome, "the process has ended"};
    co_return answer;
  }
  void kill() { dead_ = true; }

 private:
  http::Transport& under_;
  std::function<bool(bool)> point_;
  bool dead_ = false;
};

}  // namespace

struct MemoryWorld::Parts {
  explicit Parts(const WorldConfig& config) : clock(io), rng(config.seed) {}

  struct Instance {
    Instance(boost::asio::io_context& io_context, http::Transport& network, provisioner::MemoryDatabase& database, std::function<bool(bool)> point)
        : transport(network, std::move(point)), store(database), tasks(io_context.get_executor()), stop(io_context.get_executor()) {}
    MortalTransport transport;
    provisioner::MemoryStore store;
    base::TaskGroup tasks;
    base::Signal stop;
    bool dead = false;
  };

  static awaitable<void> serve(Instance* instance, provisioner::ServerConfig config, provisioner::ServerParts parts) {
    (void)co_await provisioner::run(std::move(config), std::move(parts));
    instance->dead = true;
  }

  boost::asio::io_context io;
  base::VirtualClock clock;
  base::Rng rng;
  std::unique_ptr<World> world;
  std::unique_ptr<http::MemoryTransport> network;
  std::unique_ptr<k8s_fake::Runtime> runtime;
  http::Handler kube, ontap;
  std::map<std::pair<std::string, std::uint16_t>, http::Handler> listeners;
  provisioner::MemoryDatabase database;
  std::uint64_t messages = 0;
  std::vector<CrashPoint> crash_points;
  std::vector<std::unique_ptr<Instance>> instances;  // the last one is alive or the last to have been
  std::unique_ptr<base::TaskGroup> tasks;  // of lab objects
  Lab lab;
};

MemoryWorld::MemoryWorld() = default;

Result<std::unique_ptr<MemoryWorld>> MemoryWorld::make(WorldConfig config) {
  std::unique_ptr<MemoryWorld> memory(new MemoryWorld());
  memory->parts_ = std::make_unique<Parts>(config);
  Parts& parts = *memory->parts_;
  auto world = World::make(parts.io.get_executor(), parts.clock, config, "127.0.0.1:" + std::to_string(kKubePort));
  if (!world) return world.error();
  parts.world = std::move(*world);
  World* lab_world = parts.world.get();
  parts.kube = [lab_world](const http::Request& request) { return lab_world->kube(request); };
  parts.ontap = [lab_world](const http::Request& request) { return lab_world->ontap(request); };
  Parts* all = &parts;
  parts.network = std::make_unique<http::MemoryTransport>(parts.clock, [all](const std::string& host, std::uint16_t port) -> const http::Handler* {
    if (port == kKubePort) return &all->kube;
    if ((port == 443 || port == 8443) && all->world->array_has(host)) return &all->ontap;
    const auto listener = all->listeners.find({host, port});
    return listener != all->listeners.end() ? &listener->second : nullptr;
  });

  k8s_fake::RuntimeConfig runtime;
  runtime.api.host = "127.0.0.1";
  runtime.api.port = kKubePort;
  runtime.token = parts.world->cluster().admin_token();
  runtime.minor = parts.world->cluster().server().version.minor;
  runtime.nodes.clear();
  for (const k8s_fake::NodeConfig& node : parts.world->cluster_config().nodes)
    runtime.nodes.push_back({node.name, node.address, node.labels, node.cpu, node.memory, node.pods});
  for (const k8s_fake::ImageConfig& image : parts.world->cluster_config().images) runtime.behaviours[image.name] = image.behaviour;
  runtime.missing_images.insert(parts.world->cluster_config().missing_images.begin(), parts.world->cluster_config().missing_images.end());
  parts.runtime = std::make_unique<k8s_fake::Runtime>(parts.io.get_executor(), parts.clock, *parts.network, runtime, parts.world->storage_hooks(), k8s_fake::Images{}, parts.rng.next(),
                                                      parts.world->logger());
  k8s_fake::Runtime* node = parts.runtime.get();
  parts.world->cluster().set_pod_streams([node](const http::Request& request, const nlohmann::json& pod, const std::string& subresource) { return node->pod_stream(request, pod, subresource); });
  parts.runtime->start();

  parts.lab.executor = parts.io.get_executor();
  parts.lab.clock = &parts.clock;
  parts.lab.transport = parts.network.get();
  parts.lab.kube.endpoint = runtime.api;
  parts.lab.kube.token = runtime.token;
  parts.lab.kube_get = [lab_world](const std::string& target) { return lab_world->kube_get(target); };
  parts.lab.journal = [lab_world](std::string line) { lab_world->journal().add(line); };
  parts.lab.rng = base::Rng(parts.rng.next());
  MemoryWorld* self = memory.get();
  parts.world->move_clock = [all](const Json& spec) -> std::string {
    const auto span = parse_duration(spec.value("advance", ""));
    if (!span) return "spec.advance must be a duration";
    all->world->array().clock().offset += *span;  // the whole lab's clock moves when everyone waits; the array's now
    return "";
  };
  parts.world->crash = [self](const Json& spec) -> std::string {
    if (spec.value("component", "provisioner") != "provisioner") return "only the provisioner can crash";
    if (!self->provisioner_runs()) return "no provisioner runs here";
    // Not from inside the call that reported it: the world is in the middle of answering.
    self->parts_->clock.after(base::Duration{0}, [self, restart = spec.value("restart", true)] {
      self->crash_provisioner();
      if (restart) self->start_provisioner();
    });
    return "";
  };
  parts.tasks = std::make_unique<base::TaskGroup>(parts.io.get_executor());
  if (config.provisioner) {
    parts.world->add_backend = [all](Json spec, std::function<void(Json)> done) {
      http::Endpoint rest;
      rest.tls = false;
      rest.host = "127.0.0.1";
      rest.port = kRestPort;
      all->tasks->spawn(add_backend(*all->network, all->clock, rest, std::move(spec), std::move(done)));
    };
    memory->start_provisioner();
  }
  return memory;
}

MemoryWorld::~MemoryWorld() {
  if (!parts_ || !parts_->world) return;
  for (auto& instance : parts_->instances) {
    instance->transport.kill();
    instance->store.kill();
    instance->tasks.stop();
  }
  if (parts_->runtime) parts_->runtime->stop();
  if (parts_->tasks) parts_->tasks->stop();
  parts_->clock.run_until(
      [this] {
        for (auto& instance : parts_->instances)
          if (instance->tasks.size() > 0) return false;
        if (parts_->tasks && parts_->tasks->size() > 0) return false;
        return !parts_->runtime || parts_->runtime->stopped();
      },
      std::chrono::hours(1));
}

World& MemoryWorld::world() { return *parts_->world; }
Lab& MemoryWorld::lab() { return parts_->lab; }

namespace {
awaitable<void> run_one(Lab* lab, const Test* test, const RunConfig* config, int id, std::function<void(const StepResult&)> on_step, std::optional<TestResult>* into) {
  *into = co_await run_test(*lab, *test, *config, id, std::move(on_step));
}
}  // namespace

TestResult MemoryWorld::run(const Test& test, const RunConfig& config, int id, const std::function<void(const StepResult&)>& on_step) {
  std::optional<TestResult> result;
  base::TaskGroup tasks(parts_->io.get_executor());
  tasks.spawn(run_one(&parts_->lab, &test, &config, id, on_step, &result));
  parts_->clock.run_until([&] { return tasks.size() == 0; }, std::chrono::hours(24 * 7));
  if (!result) {
    tasks.stop();
    parts_->clock.run_until([&] { return tasks.size() == 0; }, std::chrono::hours(1));
    result = TestResult{};
    result->name = test.name;
    result->file = test.file;
    result->verdict = Verdict::failed;
    result->message = "the test did not end within a week of virtual time";
  }
  return *result;
}

bool MemoryWorld::run_until(const std::function<bool()>& done, base::Duration limit) { return parts_->clock.run_until(done, limit); }
void MemoryWorld::advance(base::Duration span) { parts_->clock.advance(span); }
base::Duration MemoryWorld::elapsed() const { return parts_->clock.now() - base::TimePoint(std::chrono::seconds(1511855192)); }

void MemoryWorld::start_provisioner() {
  Parts& parts = *parts_;
  auto point = [this, number = std::uint64_t{0}](bool before) mutable { return at_crash_point(before ? (number = ++parts_->messages) : number, before); };
  parts.instances.push_back(std::make_unique<Parts::Instance>(parts.io, *parts.network, parts.database, point));
  Parts::Instance* instance = parts.instances.back().get();
  provisioner::ServerConfig config;
  config.host_name = "drydock";
  config.rest_port = kRestPort;
  provisioner::kube::ApiServer api;
  api.endpoint = parts.lab.kube.endpoint;
  api.token = [token = parts.lab.kube.token] { return token; };
  config.kubernetes = api;
  Parts* all = parts_.get();
  provisioner::ServerParts server{parts.clock, instance->transport, base::Rng(parts.rng.next()), parts.world->logger(), instance->store,
                                  [all](std::string, std::uint16_t port, http::Handler handler) -> Result<std::shared_ptr<void>> {
                                    all->listeners[{"127.0.0.1", port}] = std::move(handler);
                                    return std::shared_ptr<void>(nullptr, [all, port](void*) { all->listeners.erase({"127.0.0.1", port}); });
                                  },
                                  &instance->stop};
  parts.world->journal().add("provisioner starts");
  instance->tasks.spawn(Parts::serve(instance, std::move(config), std::move(server)));
}

void MemoryWorld::crash_provisioner() {
  CHECK(!parts_->instances.empty());
  Parts::Instance& instance = *parts_->instances.back();
  parts_->world->journal().add("provisioner crashes");
  instance.transport.kill();
  instance.store.kill();
  instance.dead = true;
  instance.tasks.stop();
}

bool MemoryWorld::at_crash_point(std::uint64_t message, bool before) {
  for (const CrashPoint& planned : parts_->crash_points)
    if (planned.message == message && planned.before == before) {
      const base::Duration pause = planned.pause;
      crash_provisioner();
      parts_->clock.after(pause, [this] { start_provisioner(); });
      return true;
    }
  return false;
}

void MemoryWorld::plan_crash(CrashPoint point) { parts_->crash_points.push_back(point); }
std::uint64_t MemoryWorld::messages() const { return parts_->messages; }
const std::map<std::string, std::string>& MemoryWorld::records() const { return parts_->database.records; }

namespace {
awaitable<void> ask_rest(http::Transport* network, http::Endpoint to, http::Request request, std::optional<Result<http::Response>>* into) {
  http::CallOptions options;
  *into = co_await network->send(std::move(to), std::move(request), options);
}
}  // namespace

Result<http::Response> MemoryWorld::rest(const std::string& method, const std::string& path, const Json& body) {
  http::Endpoint to;
  to.tls = false;
  to.host = "127.0.0.1";
  to.port = kRestPort;
  http::Request request;
  request.method = method;
  request.target = path;
  if (!body.is_null()) request.body = body.dump();
  std::optional<Result<http::Response>> answer;
  base::TaskGroup tasks(parts_->io.get_executor());
  tasks.spawn(ask_rest(parts_->network.get(), to, std::move(request), &answer));
  parts_->clock.run_until([&] { return tasks.size() == 0; }, std::chrono::minutes(5));
  CHECK(answer.has_value());
  return *answer;
}

bool MemoryWorld::provisioner_runs() const { return !parts_->instances.empty() && !parts_->instances.back()->dead; }

}  // namespace scenario
