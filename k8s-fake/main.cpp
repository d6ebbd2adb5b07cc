// k8s-fake: the Kubernetes API with its controllers and kubelet, alone.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "k8s-fake/api.h"
#include "k8s-fake/config_file.h"
#include "k8s-fake/fake.h"
#include "k8s-fake/kubeconfig.h"
#include "k8s-fake/runtime.h"
#include "k8s-fake/state.h"
#include "provisioner/base/allocator.h"
#include "provisioner/base/http/memory.h"
#include "provisioner/base/http/tls.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/base/random.h"
#include "provisioner/base/text.h"

namespace {

using k8s_fake::Config;
namespace http = base::http;

struct Options {
  std::string config, listen = "127.0.0.1:6443", insecure_listen, kubeconfig, state, version;
  bool no_kubelet = false, list_kinds = false;
};

int fail(const std::string& text) {
  std::cerr << "k8s-fake: " << text << "\n";
  return 1;
}

void print_kinds(const Config& config) {
  const k8s_fake::Kinds kinds({.legacy = config.legacy_apis,
                               .openshift = !config.openshift.empty(),
                               .minor = k8s_fake::parse_version(config.version)->minor});
  for (const auto& each : kinds.endpoints()) {
    std::cout << each->group_version() << " " << each->resource->plural << " " << each->kind() << " "
              << (each->resource->namespaced ? "namespaced" : "cluster") << "\n";
  }
}

void warn_if_open(const std::string& address) {
  if (address.rfind("127.", 0) == 0 || address == "::1" || address == "localhost") return;
  std::cerr << "k8s-fake: warning: listening on " << address
            << " lets other machines control this cluster and the processes it starts\n";
}

std::string host_port(const std::string& address, std::uint16_t port) {
  return (address.find(':') != std::string::npos ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

k8s_fake::RuntimeConfig runtime_config(const Config& config, const http::Endpoint& api, const std::string& token,
                                       const std::string& ca, bool kubelet, int minor) {
  k8s_fake::RuntimeConfig out;
  out.api = api;
  out.token = token;
  out.ca_pem = ca;
  out.minor = minor;
  out.api_host = api.host;
  out.api_port = api.port;
  out.kubelet = kubelet;
  out.nodes.clear();
  for (const auto& node : config.nodes) {
    k8s_fake::RuntimeNode made;
    made.name = node.name;
    if (!node.address.empty()) made.address = node.address;
    made.labels = node.labels;
    made.cpu = node.cpu;
    made.memory = node.memory;
    made.pods = node.pods;
    out.nodes.push_back(made);
  }
  for (const auto& image : config.images) out.behaviours[image.name] = image.behaviour;
  for (const auto& image : config.missing_images) out.missing_images.insert(image);
  return out;
}

/// The lab's CA: kept with the state, so that a kubeconfig outlives a restart.
base::Result<http::KeyPair> authority_of(k8s_fake::Fake& fake) {
  k8s_fake::State* state = fake.state();
  if (state != nullptr) {
    const auto certificate = state->get("ca.crt"), key = state->get("ca.key");
    if (certificate && key) return http::KeyPair{*certificate, *key};
  }
  auto made = http::make_authority("drydock-ca");
  if (made && state != nullptr) {
    state->set("ca.crt", made->certificate_pem);
    state->set("ca.key", made->key_pem);
  }
  return made;
}

int run(const Options& options, Config config) {
  boost::asio::io_context io(1);
  base::RealClock clock(io);
  const base::Logger log(clock, base::log_to_stderr(), base::LogLevel::warning);
  const auto listen = http::parse_listen(options.listen);
  if (!listen) return fail(listen.error().message);
  config.state_dir = options.state;
  k8s_fake::Fake fake(io.get_executor(), clock, config, base::seed_from_system(), log);
  if (!fake.problem().empty()) return fail(fake.problem());
  const auto authority = authority_of(fake);
  if (!authority) return fail(authority.error().message);
  const auto identity = http::issue(
      *authority, {.common_name = "kube-apiserver",
                   .organizations = {},
                   .names = {"localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                             "kubernetes.default.svc.cluster.local", "10.96.0.1", listen->address},
                   .client = false});
  if (!identity) return fail(identity.error().message);
  fake.set_ca(authority->certificate_pem);

  const auto refuse = [](int status, const std::string& reason) {
    return k8s_fake::to_response(
        {.code = status, .reason = status == 413 ? "RequestEntityTooLarge" : "BadRequest", .message = reason});
  };
  http::ServerOptions secure{.listen = *listen,
                             .tls = http::ServerTls{.identity = *identity, .client_ca_pem = authority->certificate_pem},
                             .limits = {},
                             .refuse = refuse};
  auto server = http::Server::start(io, clock, secure, fake.handler());
  if (!server) return fail(server.error().message);
  const std::string where = host_port((*server)->address(), (*server)->port());
  fake.set_address(where);
  std::unique_ptr<http::Server> insecure;
  if (!options.insecure_listen.empty()) {
    const auto at = http::parse_listen(options.insecure_listen);
    if (!at) return fail(at.error().message);
    auto made = http::Server::start(io, clock, {.listen = *at, .tls = std::nullopt, .limits = {}, .refuse = refuse},
                                    fake.insecure_handler());
    if (!made) return fail(made.error().message);
    insecure = std::move(*made);
  }
  if (!options.kubeconfig.empty()) {
    const auto text = k8s_fake::make_kubeconfig({.server = "https://" + where, .authority = *authority});
    if (!text) return fail(text.error().message);
    if (!base::write_file(options.kubeconfig, *text, 0600)) return fail(options.kubeconfig + ": cannot be written");
  }

  // Controllers and kubelets are clients of the same server like everybody else, but need no socket to reach it.
  http::WireTransport wire(io, clock);
  const http::Handler api_handler = fake.handler();
  const std::string api_host = (*server)->address();
  const std::uint16_t api_port = (*server)->port();
  http::NearTransport transport(
      clock,
      [&](const std::string& host, std::uint16_t port) {
        return host == api_host && port == api_port ? &api_handler : nullptr;
      },
      wire);
  http::Endpoint api;
  api.host = api_host;
  api.port = api_port;
  api.ca_pem = authority->certificate_pem;
  auto settings = runtime_config(config, api, fake.client_token("system:kube-controller-manager"),
                                 authority->certificate_pem, !options.no_kubelet, fake.server().version.minor);
  settings.connect_to = [&wire](const std::string& host, std::uint16_t port, const std::string& other,
                                std::uint16_t other_port) { wire.connect_to(host, port, other, other_port); };
  k8s_fake::Runtime runtime(io.get_executor(), clock, transport, std::move(settings), {}, {}, base::seed_from_system(),
                            log);
  fake.set_pod_streams([&](const http::Request& request, const nlohmann::json& pod, const std::string& subresource) {
    return runtime.pod_stream(request, pod, subresource);
  });
  fake.set_call_out([&](k8s_fake::CallOut out, std::function<void(k8s_fake::Heard)> done) {
    runtime.call_out(std::move(out), std::move(done));
  });
  runtime.start();

  warn_if_open((*server)->address());
  std::cout << "listening kubernetes https://" << where << "\n";
  if (insecure) {
    warn_if_open(insecure->address());
    std::cout << "listening kubernetes-insecure http://" << host_port(insecure->address(), insecure->port()) << "\n";
  }
  std::cout << "ready" << std::endl;

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  bool ending = false;
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    ending = true;
    runtime.stop();
    fake.server().hub->end_all();
    (*server)->stop();
    if (insecure) insecure->stop();
    clock.after(std::chrono::milliseconds(300), [&] { io.stop(); });
  });
  io.run();
  return ending ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();
  Options options;
  CLI::App app("A Kubernetes API server with controllers and kubelet, in one process.", "k8s-fake");
  app.set_version_flag("--version", std::string("k8s-fake ") + DRYDOCK_VERSION);
  app.add_option("--config", options.config, "LAB.yaml");
  app.add_option("--listen", options.listen, "HTTPS address:port")->capture_default_str();
  app.add_option("--insecure-listen", options.insecure_listen, "clear HTTP without authentication, off by default");
  app.add_option("--kubeconfig", options.kubeconfig, "write an administrator's kubeconfig to this file");
  app.add_option("--kubernetes-version", options.version, "1.6, 1.20 to 1.35, or a full version");
  app.add_option("--state", options.state, "keep the cluster in this folder");
  app.add_flag("--no-kubelet", options.no_kubelet, "no kubelet: pods stay as they are scheduled");
  app.add_flag("--list-kinds", options.list_kinds, "print the kinds served and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  Config config;
  if (!options.config.empty()) {
    auto read = k8s_fake::read_config(options.config);
    if (!read) return fail(read.error().message);
    config = std::move(*read);
  }
  if (!options.version.empty()) config.version = options.version;
  if (const auto parsed = k8s_fake::parse_version(config.version); !parsed) return fail(parsed.error().message);
  if (options.list_kinds) {
    print_kinds(config);
    return 0;
  }
  return run(options, std::move(config));
}
