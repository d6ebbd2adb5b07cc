#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/http/memory.h"
#include "provisioner/base/task_group.h"
#include "provisioner/kube/yaml.h"
#include "provisioner/server.h"
#include "tests/provisioner/tiny_api.h"

/// The whole provisioner in memory under a virtual clock: REST and the Kubernetes frontend over the core. Clusters and
/// arrays are handlers by host name; database and cluster outlive the instance.
namespace provisioner_test {

using namespace provisioner;
using base::Result;
using base::http::Request;
using base::http::Response;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr const char* kBackend =
    R"({"version":1,"storageDriverName":"fake","instanceName":"mock","protocol":"file","pools":{"gold":{"attributes":{"media":{"offer":["ssd"]}},"sizeBytes":10737418240}}})";

inline boost::asio::awaitable<void> serve(ServerConfig config, ServerParts parts, std::optional<int>& status) {
  status = co_await run(std::move(config), std::move(parts));
}

inline boost::asio::awaitable<void> send(base::http::Transport& transport, Request request,
                                         std::optional<Result<Response>>& out) {
  base::http::Endpoint to;
  to.host = "trident";
  to.port = 8000;
  const base::http::CallOptions options;
  out = co_await transport.send(to, std::move(request), options);
}

struct Server {
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  TinyApi api;
  base::http::Handler api_handler = [this](const Request& request) { return api.handle(request); };
  base::http::Handler array_handler;  // answers at 192.168.199.108, if set
  base::http::Handler rest;
  base::http::MemoryTransport transport{clock,
                                        [this](const std::string& host, std::uint16_t) -> const base::http::Handler* {
                                          if (host == "api") return &api_handler;
                                          if (host == "192.168.199.108" && array_handler) return &array_handler;
                                          return host == "trident" && rest ? &rest : nullptr;
                                        }};
  MemoryDatabase database;
  std::vector<std::string> lines;
  ServerConfig config;
  base::LogLevel level = base::LogLevel::info;
  std::function<std::unique_ptr<Store>()> open = [this] { return std::make_unique<MemoryStore>(database); };
  std::unique_ptr<Store> store;
  std::unique_ptr<base::TaskGroup> tasks;
  std::unique_ptr<base::Signal> stop_signal;
  std::optional<int> status;

  explicit Server(bool kubernetes) {
    if (!kubernetes) return;
    config.kubernetes.emplace();
    config.kubernetes->endpoint.host = "api";
  }
  ~Server() { crash(); }

  void start() {
    store = open();
    tasks = std::make_unique<base::TaskGroup>(io.get_executor());
    stop_signal = std::make_unique<base::Signal>(io.get_executor());
    status.reset();
    const auto listen = [this](std::string, std::uint16_t,
                               base::http::Handler handler) -> Result<std::shared_ptr<void>> {
      rest = std::move(handler);
      return std::shared_ptr<void>(nullptr, [this](void*) { rest = nullptr; });
    };
    const base::Logger logger(
        clock, [this](std::string_view line) { lines.emplace_back(line); }, level);
    ServerParts parts{.clock = clock,
                      .transport = transport,
                      .rng = base::Rng(7),
                      .logger = logger,
                      .store = *store,
                      .listen = listen,
                      .stop = stop_signal.get()};
    tasks->spawn(serve(config, std::move(parts), status));
    clock.advance(seconds(1));
  }
  void crash() {
    if (!tasks) return;
    if (auto* memory = dynamic_cast<MemoryStore*>(store.get())) memory->kill();
    tasks->stop();
    clock.run_ready();
    tasks.reset();
  }
  Response call(const std::string& method, const std::string& target, const std::string& body = {}) {
    Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    std::optional<Result<Response>> out;
    base::TaskGroup calls(io.get_executor());
    calls.spawn(send(transport, request, out));
    EXPECT_TRUE(clock.run_until([&] { return out.has_value(); }, minutes(10))) << method << " " << target;
    clock.run_ready();
    EXPECT_TRUE(out->ok()) << method << " " << target;
    return out->value_or(Response());
  }
  bool until(const std::function<bool()>& done) { return clock.run_until(done, minutes(30)); }

  void add_class(const std::string& extra = {}) {
    api.put("/apis/storage.k8s.io/v1/storageclasses",
            *yaml_to_json("{metadata: {name: basic, uid: class-basic" + extra +
                          "}, provisioner: netapp.io/trident, parameters: {backendType: fake}}"));
  }
  Json claim(const std::string& name, const std::string& more = {}) {
    return *yaml_to_json("{metadata: {name: " + name + ", namespace: test, uid: " + name +
                         "aaaaa, annotations: {volume.beta.kubernetes.io/storage-provisioner: "
                         "netapp.io/trident" +
                         more +
                         "}}, spec: {storageClassName: basic, accessModes: [ReadWriteOnce], resources: {requests: "
                         "{storage: 1Gi}}}, status: {phase: Pending}}");
  }
  void put_claim(const Json& object) { api.put("/api/v1/namespaces/test/persistentvolumeclaims", object); }
  const Json* pv(const std::string& name) { return api.find("/api/v1/persistentvolumes/" + name); }
  void set_phase(const std::string& name, const std::string& phase) {
    Json object = *pv(name);
    object["status"]["phase"] = phase;
    api.put("/api/v1/persistentvolumes", object);
  }
  std::string volumes() { return call("GET", "/trident/v1/volume").body; }
};

}  // namespace provisioner_test
