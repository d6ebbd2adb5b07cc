#include "k8s-fake/runtime.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/controllers/garbage.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/kubelet/kubelet.h"

namespace k8s_fake {

using namespace control;

struct Runtime::Parts {
  Parts(boost::asio::any_io_executor executor, base::Clock& clock, base::http::Transport& network, RuntimeConfig c,
        StorageHooks h, Images i, std::uint64_t seed)
      : config(std::move(c)),
        hooks(std::move(h)),
        rng(seed),
        tasks(executor),
        transport(network),
        client(network, ClientConfig{config.api, config.token, "drydock-controller-manager/v1"}),
        cluster(clock, client, tasks),
        events(executor, clock, client),
        context{clock, cluster, events, rng, config},
        garbage(executor, clock, client, events, tasks),
        kubelet(executor, clock, cluster, events, tasks, network, config, hooks, std::move(i)),
        rows(all_controllers()) {
    for (const Controller& row : rows) loops.push_back(std::make_unique<ControllerLoop>(executor, context, row));
    GarbageCollector* collector = &garbage;
    cluster.follow(crds, [collector](const Object& old, const Object& now) {
      if (!old || !now || at(*old, "/status/conditions") != at(*now, "/status/conditions")) collector->rediscover();
    });
  }

  const Resource crds{"/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", false};
  RuntimeConfig config;
  StorageHooks hooks;
  base::Rng rng;
  base::TaskGroup tasks;
  base::http::Transport& transport;
  Client client;
  Cluster cluster;
  Events events;
  Context context;
  GarbageCollector garbage;
  Kubelet kubelet;
  std::vector<Controller> rows;
  std::vector<std::unique_ptr<ControllerLoop>> loops;
};

Runtime::Runtime(boost::asio::any_io_executor executor, base::Clock& clock, base::http::Transport& transport,
                 RuntimeConfig config, StorageHooks hooks, Images images, std::uint64_t seed, base::Logger)
    : parts_(std::make_unique<Parts>(std::move(executor), clock, transport, std::move(config), std::move(hooks),
                                     std::move(images), seed)) {}

Runtime::~Runtime() = default;

void Runtime::start() {
  Parts& parts = *parts_;
  parts.cluster.start();
  parts.tasks.spawn(parts.events.run());
  for (const auto& loop : parts.loops) parts.tasks.spawn(loop->run());
  parts.tasks.spawn(parts.garbage.run());
  if (parts.config.kubelet) parts.kubelet.start();
}

void Runtime::start_only(const std::set<std::string>& controllers) {
  Parts& parts = *parts_;
  parts.cluster.start();
  parts.tasks.spawn(parts.events.run());
  for (std::size_t i = 0; i < parts.rows.size(); ++i)
    if (controllers.contains(parts.rows[i].name)) parts.tasks.spawn(parts.loops[i]->run());
  if (parts.config.kubelet) parts.kubelet.start();
}

void Runtime::stop() {
  parts_->kubelet.stop();
  parts_->tasks.stop();
}
bool Runtime::stopped() const { return parts_->tasks.size() == 0 && parts_->kubelet.stopped(); }

namespace {

/// The words of Go's dialler and HTTP client for what kept an answer away.
std::string why_unheard(const CallOut& out, const base::Error& error) {
  if (error.kind == base::ErrorKind::unknown_outcome) {
    return error.message.find("tim") != std::string::npos || error.message.find("no answer") != std::string::npos
               ? "context deadline exceeded"
               : "EOF";
  }
  if (error.message.find("certificate") != std::string::npos) return "x509: " + error.message;
  const std::string where = "dial tcp " + out.dial_host + ":" + std::to_string(out.dial_port) + ": ";
  if (error.message.find("refused") != std::string::npos) return where + "connect: connection refused";
  return where + error.message;
}

boost::asio::awaitable<void> carry_out(base::http::Transport* transport, CallOut out, std::function<void(Heard)> done) {
  base::http::CallOptions options;
  options.timeout = out.timeout;
  options.connect_timeout = out.timeout;
  const base::Result<base::http::Response> answer = co_await transport->send(out.to, out.request, options);
  Heard heard;
  if (answer) {
    heard.status = answer->status;
    heard.body = answer->body;
  } else {
    heard.problem = why_unheard(out, answer.error());
  }
  done(std::move(heard));
}

}  // namespace

void Runtime::call_out(CallOut out, std::function<void(Heard)> done) {
  Parts& parts = *parts_;
  if (out.dial_host != out.to.host || out.dial_port != out.to.port) {
    if (parts.config.connect_to) {
      parts.config.connect_to(out.to.host, out.to.port, out.dial_host, out.dial_port);
    } else {
      out.to.host = out.dial_host;
      out.to.port = out.dial_port;
    }
  }
  parts.tasks.spawn(carry_out(&parts.transport, std::move(out), std::move(done)));
}

void Runtime::set_node_down(const std::string& node, bool down) { parts_->kubelet.set_node_down(node, down); }

base::http::Response Runtime::pod_stream(const base::http::Request& request, const nlohmann::json& pod,
                                         const std::string& subresource) {
  return parts_->kubelet.stream(request, pod, subresource);
}

}  // namespace k8s_fake
