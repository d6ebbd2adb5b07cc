#include "scenarios/runner/memory_world.h"

#include <array>
#include <boost/asio/io_context.hpp>

#include "k8s-fake/runtime.h"
#include "k8s-fake/server.h"
#include "provisioner/base/check.h"
#include "provisioner/base/http/memory.h"
#include "provisioner/base/task_group.h"
#include "provisioner/server.h"
#include "scenarios/runner/jmespath_functions.h"
#include "scenarios/runner/product.h"

namespace scenario {

using base::Result;
using boost::asio::awaitable;
namespace http = base::http;

namespace {

constexpr std::uint16_t kKubePort = 6443;
constexpr std::uint16_t kRestPort = 8000;

/// Asked before a message leaves (it gives the message its number) and when its answer has come; true: the process dies
/// there.
using Point = std::function<bool(bool before, std::uint64_t& number, const std::string& name)>;

/// A provisioner's view of the network. After kill() nothing it sends leaves, and no answer reaches it.
class MortalTransport final : public http::Transport {
 public:
  /// `delay` says how much later a message leaves than it was sent.
  MortalTransport(http::Transport& under, base::Clock& clock, Point point, std::function<base::Duration()> delay)
      : under_(under), clock_(clock), point_(std::move(point)), delay_(std::move(delay)) {}
  awaitable<Result<http::Response>> send(http::Endpoint to, http::Request request, http::CallOptions options) override {
    const base::Duration late = delay_();
    if (late > base::Duration{0}) co_await base::sleep_for(clock_, late);
    std::uint64_t number = 0;
    const std::string call = ontap_sim::api_of(request.body);
    const std::string name = call.empty() ? request.method + " " + std::string(request.path()) : call;
    if (dead_ || point_(true, number, name))
      co_return base::Error{base::ErrorKind::unavailable, "the process has ended"};
    Result<http::Response> answer = co_await under_.send(std::move(to), std::move(request), options);
    if (!dead_) (void)point_(false, number, name);
    if (dead_) co_return base::Error{base::ErrorKind::unknown_outcome, "the process has ended"};
    co_return answer;
  }
  void kill() { dead_ = true; }

 private:
  http::Transport& under_;
  base::Clock& clock_;
  Point point_;
  std::function<base::Duration()> delay_;
  bool dead_ = false;
};

}  // namespace

struct MemoryWorld::Parts {
  explicit Parts(const WorldConfig& config) : clock(io), rng(config.seed) {}

  struct Instance {
    Instance(boost::asio::io_context& io_context, http::Transport& network, base::Clock& clock,
             provisioner::MemoryDatabase& database, Point point, std::function<base::Duration()> delay)
        : transport(network, clock, std::move(point), std::move(delay)),
          store(database),
          tasks(io_context.get_executor()),
          stop(io_context.get_executor()) {}
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
  /// One of the provisioners of the lab, over all its lives.
  struct Seat {
    provisioner::MemoryDatabase database;
    std::vector<std::unique_ptr<Instance>> instances;  // the last one is alive or the last to have been
  };
  std::array<Seat, 2> seats;
  std::uint64_t messages = 0;
  std::vector<CrashPoint> crash_points;
  struct NamedPoint {
    std::string call;  // "volume-create", "POST /api/v1/persistentvolumes", a pattern
    bool before = false;
    bool restart = true;
  };
  std::vector<NamedPoint> named_points;  // each is used once
  base::Duration jitter{0};
  base::Rng jitter_rng{1};
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
  parts.network = std::make_unique<http::MemoryTransport>(
      parts.clock, [all](const std::string& host, std::uint16_t port) -> const http::Handler* {
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
  for (const k8s_fake::ImageConfig& image : parts.world->cluster_config().images)
    runtime.behaviours[image.name] = image.behaviour;
  runtime.missing_images.insert(parts.world->cluster_config().missing_images.begin(),
                                parts.world->cluster_config().missing_images.end());
  parts.runtime = std::make_unique<k8s_fake::Runtime>(parts.io.get_executor(), parts.clock, *parts.network, runtime,
                                                      parts.world->storage_hooks(), k8s_fake::Images{},
                                                      parts.rng.next(), parts.world->logger());
  k8s_fake::Runtime* node = parts.runtime.get();
  parts.world->cluster().set_pod_streams(
      [node](const http::Request& request, const nlohmann::json& pod, const std::string& subresource) {
        return node->pod_stream(request, pod, subresource);
      });
  parts.world->cluster().set_call_out([node](k8s_fake::CallOut out, std::function<void(k8s_fake::Heard)> done) {
    node->call_out(std::move(out), std::move(done));
  });
  static const std::set<std::string> kStorage = {"persistent-volume-binder", "persistent-volume-phases",
                                                 "pvc-protection", "pv-protection", "expand"};
  if (config.lean) parts.runtime->start_only(kStorage);
  else parts.runtime->start();

  parts.lab.executor = parts.io.get_executor();
  parts.lab.clock = &parts.clock;
  parts.lab.transport = parts.network.get();
  parts.lab.kube.endpoint = runtime.api;
  parts.lab.kube.token = runtime.token;
  parts.lab.kube_get = [lab_world](const std::string& target) { return lab_world->kube_get(target); };
  parts.lab.journal = [lab_world](std::string line) { lab_world->journal().add(line); };
  parts.lab.rng = base::Rng(parts.rng.next());
  MemoryWorld* self = memory.get();
  parts.world->whole_clock = true;
  parts.world->crash = [self, has = config.provisioner](const Json& spec) -> std::string {
    for (const auto& entry : spec.items())
      if (entry.key() != "component" && entry.key() != "restart" && entry.key() != "at" && entry.key() != "moment")
        return "unknown key " + entry.key() + ": component, restart, at and moment are known";
    if (spec.value("component", Json("provisioner")) != "provisioner") return "only the provisioner can crash";
    if (!has) return "no provisioner runs here";
    const Json restart = spec.value("restart", Json(true)), at = spec.value("at", Json("")),
               moment = spec.value("moment", Json("after"));
    if (!restart.is_boolean() || !at.is_string() || (moment != "before" && moment != "after"))
      return "restart is true or false, at a call's name, moment before or after";
    if (at != "") {
      self->parts_->named_points.push_back({at.get<std::string>(), moment == "before", restart.get<bool>()});
      return "";
    }
    // Not from inside the call that reported it: the world is in the middle of answering.
    self->parts_->clock.after(base::Duration{0}, [self, again = restart.get<bool>()] {
      if (self->provisioner_runs()) self->crash_provisioner();
      if (again) self->start_provisioner();
    });
    return "";
  };
  parts.tasks = std::make_unique<base::TaskGroup>(parts.io.get_executor());
  parts.world->save_product = [self]() -> std::function<void()> {
    std::array<provisioner::MemoryDatabase, 2> copies = {self->parts_->seats[0].database,
                                                         self->parts_->seats[1].database};
    return [self, copies] {
      for (int which = 0; which < 2; ++which) {
        Parts::Seat& seat = self->parts_->seats[static_cast<std::size_t>(which)];
        const bool ran = self->provisioner_runs(which);
        if (ran) self->crash_provisioner(which);
        seat.database = copies[static_cast<std::size_t>(which)];
        if (ran) self->parts_->clock.after(std::chrono::seconds(1), [self, which] { self->start_provisioner(which); });
      }
    };
  };
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
  for (auto& seat : parts_->seats)
    for (auto& instance : seat.instances) {
      instance->transport.kill();
      instance->store.kill();
      instance->tasks.stop();
    }
  if (parts_->runtime) parts_->runtime->stop();
  if (parts_->tasks) parts_->tasks->stop();
  parts_->clock.run_until(
      [this] {
        for (auto& seat : parts_->seats)
          for (auto& instance : seat.instances)
            if (instance->tasks.size() > 0) return false;
        if (parts_->tasks && parts_->tasks->size() > 0) return false;
        return !parts_->runtime || parts_->runtime->stopped();
      },
      std::chrono::hours(1));
}

World& MemoryWorld::world() { return *parts_->world; }
Lab& MemoryWorld::lab() { return parts_->lab; }

namespace {
awaitable<void> run_one(Lab* lab, const Test* test, const RunConfig* config, int id,
                        std::function<void(const StepResult&)> on_step, std::optional<TestResult>* into) {
  *into = co_await run_test(*lab, *test, *config, id, std::move(on_step));
}
}  // namespace

TestResult MemoryWorld::run(const Test& test, const RunConfig& config, int id,
                            const std::function<void(const StepResult&)>& on_step) {
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

bool MemoryWorld::run_until(const std::function<bool()>& done, base::Duration limit) {
  return parts_->clock.run_until(done, limit);
}
void MemoryWorld::advance(base::Duration span) { parts_->clock.advance(span); }
base::Duration MemoryWorld::elapsed() const {
  return parts_->clock.now() - base::TimePoint(std::chrono::seconds(1511855192));
}

void MemoryWorld::start_provisioner(int which) {
  Parts& parts = *parts_;
  Parts::Seat& seat = parts.seats[static_cast<std::size_t>(which)];
  auto point = [this, which](bool before, std::uint64_t& number, const std::string& name) {
    return at_crash_point(which, before, number, name);
  };
  auto delay = [all = parts_.get()] {
    return all->jitter > base::Duration{0}
               ? base::Duration(
                     static_cast<std::int64_t>(all->jitter_rng.below(static_cast<std::uint64_t>(all->jitter.count()))))
               : base::Duration{0};
  };
  seat.instances.push_back(
      std::make_unique<Parts::Instance>(parts.io, *parts.network, parts.clock, seat.database, point, delay));
  Parts::Instance* instance = seat.instances.back().get();
  provisioner::ServerConfig config;
  config.host_name = which == 0 ? "drydock" : "drydock-2";
  config.rest_port = static_cast<std::uint16_t>(kRestPort + which);
  if (which == 0) {
    provisioner::kube::ApiServer api;
    api.endpoint = parts.lab.kube.endpoint;
    api.token = [token = parts.lab.kube.token] { return token; };
    config.kubernetes = api;
  }
  Parts* all = parts_.get();
  provisioner::ServerParts server{
      parts.clock,
      instance->transport,
      base::Rng(parts.rng.next()),
      parts.world->logger(),
      instance->store,
      [all](std::string, std::uint16_t port, http::Handler handler) -> Result<std::shared_ptr<void>> {
        all->listeners[{"127.0.0.1", port}] = std::move(handler);
        return std::shared_ptr<void>(nullptr, [all, port](void*) { all->listeners.erase({"127.0.0.1", port}); });
      },
      &instance->stop};
  parts.world->journal().add(which == 0 ? "provisioner starts" : "second provisioner starts");
  instance->tasks.spawn(Parts::serve(instance, std::move(config), std::move(server)));
}

void MemoryWorld::crash_provisioner(int which) {
  Parts::Seat& seat = parts_->seats[static_cast<std::size_t>(which)];
  CHECK(!seat.instances.empty());
  Parts::Instance& instance = *seat.instances.back();
  parts_->world->journal().add(which == 0 ? "provisioner crashes" : "second provisioner crashes");
  instance.transport.kill();
  instance.store.kill();
  instance.dead = true;
  instance.tasks.stop();
}

bool MemoryWorld::at_crash_point(int which, bool before, std::uint64_t& number, const std::string& name) {
  if (before) number = ++parts_->messages;
  auto& named = parts_->named_points;
  for (std::size_t i = 0; i < named.size(); ++i)
    if (which == 0 && named[i].before == before && jmes::wildcard_match(named[i].call, name)) {
      const bool restart = named[i].restart;
      named.erase(named.begin() + static_cast<std::ptrdiff_t>(i));
      crash_provisioner(which);
      if (restart) parts_->clock.after(std::chrono::seconds(1), [this] { start_provisioner(); });
      return true;
    }
  for (const CrashPoint& planned : parts_->crash_points)
    if (planned.message == number && planned.before == before) {
      const base::Duration pause = planned.pause;
      crash_provisioner(which);
      parts_->clock.after(pause, [this, which] { start_provisioner(which); });
      return true;
    }
  return false;
}

void MemoryWorld::plan_crash(CrashPoint point) { parts_->crash_points.push_back(point); }
void MemoryWorld::cancel_crashes() {
  parts_->crash_points.clear();
  parts_->named_points.clear();
}
void MemoryWorld::set_jitter(base::Duration longest, std::uint64_t seed) {
  parts_->jitter = longest;
  parts_->jitter_rng = base::Rng(seed);
}
std::uint64_t MemoryWorld::messages() const { return parts_->messages; }
const std::map<std::string, std::string>& MemoryWorld::records(int which) const {
  return parts_->seats[static_cast<std::size_t>(which)].database.records;
}

namespace {
awaitable<void> ask_rest(http::Transport* network, http::Endpoint to, http::Request request,
                         std::optional<Result<http::Response>>* into) {
  http::CallOptions options;
  *into = co_await network->send(std::move(to), std::move(request), options);
}
}  // namespace

namespace {
http::Endpoint rest_of(int which) {
  http::Endpoint to;
  to.tls = false;
  to.host = "127.0.0.1";
  to.port = static_cast<std::uint16_t>(kRestPort + which);
  return to;
}

http::Request rest_request(const std::string& method, const std::string& path, const Json& body) {
  http::Request request;
  request.method = method;
  request.target = path;
  if (!body.is_null()) request.body = body.dump();
  return request;
}

awaitable<void> tell_rest(http::Transport* network, http::Endpoint to, http::Request request) {
  http::CallOptions options;
  options.timeout = std::chrono::minutes(10);
  (void)co_await network->send(std::move(to), std::move(request), options);
}
}  // namespace

void MemoryWorld::tell(const std::string& method, const std::string& path, const Json& body, int which) {
  parts_->tasks->spawn(tell_rest(parts_->network.get(), rest_of(which), rest_request(method, path, body)));
}

Result<http::Response> MemoryWorld::rest(const std::string& method, const std::string& path, const Json& body,
                                         int which) {
  http::Endpoint to = rest_of(which);
  http::Request request = rest_request(method, path, body);
  std::optional<Result<http::Response>> answer;
  base::TaskGroup tasks(parts_->io.get_executor());
  tasks.spawn(ask_rest(parts_->network.get(), to, std::move(request), &answer));
  parts_->clock.run_until([&] { return tasks.size() == 0; }, std::chrono::minutes(5));
  CHECK(answer.has_value());
  return *answer;
}

bool MemoryWorld::provisioner_runs(int which) const {
  const Parts::Seat& seat = parts_->seats[static_cast<std::size_t>(which)];
  return !seat.instances.empty() && !seat.instances.back()->dead;
}

}  // namespace scenario
