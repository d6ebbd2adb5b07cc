#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "provisioner/base/allocator.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/base/task_group.h"
#include "provisioner/base/text.h"
#include "provisioner/pod.h"
#include "provisioner/server.h"
#include "provisioner/store/open.h"

// trident_orchestrator: flags (17.10.1's, with one or two dashes, and lab.md section 5) -> ServerConfig -> run().
namespace {

struct Flags {
  bool debug = false;
  std::string k8s_api_server;
  std::string k8s_config_path;
  bool k8s_pod = false;
  std::string etcd_v2;
  bool no_persistence = false;
  std::string address = "localhost";
  std::uint16_t port = 8000;
  std::string store;
  std::vector<std::string> connect_to;
  std::string secret_key_file;
  std::string rest_token_file;
};

std::string program_time() {
  struct stat about{};
  if (stat("/proc/self/exe", &about) != 0) return "unknown";
  return base::to_rfc3339(base::TimePoint(std::chrono::seconds(about.st_mtime)));
}

/// Exactly one store, or what is wrong with the choice.
base::Result<std::string> store_of(const Flags& flags, const provisioner::Pod& pod) {
  const int chosen = (flags.etcd_v2.empty() ? 0 : 1) + (flags.no_persistence ? 1 : 0) + (flags.store.empty() ? 0 : 1);
  if (chosen == 0) return base::Error{base::ErrorKind::invalid, "no store given; use one of -store, -etcd_v2 and -no_persistence"};
  if (chosen > 1) return base::Error{base::ErrorKind::invalid, "more than one store given; use only one of -store, -etcd_v2 and -no_persistence"};
  if (flags.no_persistence) return std::string("memory");
  if (!flags.etcd_v2.empty()) return "etcd_v2:" + pod.local_url(flags.etcd_v2);
  if (flags.store.starts_with("sqlite:")) return "sqlite:" + pod.path(flags.store.substr(7));
  if (flags.store.starts_with("etcd:")) return "etcd:" + pod.local_url(flags.store.substr(5));
  return flags.store;
}

base::Result<std::string> secret(const std::string& path, const provisioner::Pod& pod) {
  if (path.empty()) return std::string();
  const auto content = base::read_file(pod.path(path));
  if (!content) return base::Error{base::ErrorKind::invalid, "could not read " + path};
  return std::string(base::trim(*content));
}

base::Result<std::optional<provisioner::kube::ApiServer>> api_server(const Flags& flags, const provisioner::Pod& pod) {
  using provisioner::kube::ApiServer;
  if (flags.k8s_api_server.empty() && !flags.k8s_pod && flags.k8s_config_path.empty()) return std::optional<ApiServer>();
  auto server = flags.k8s_pod                     ? provisioner::kube::in_cluster(provisioner::read_text, provisioner::environment, pod.root)
                : flags.k8s_config_path.empty() ? provisioner::kube::from_address(flags.k8s_api_server)
                                                : provisioner::kube::from_kubeconfig_file(provisioner::read_text, flags.k8s_config_path, flags.k8s_api_server);
  if (!server) return server.error();
  return std::optional<ApiServer>(std::move(*server));
}

boost::asio::awaitable<void> run_server(provisioner::ServerConfig config, provisioner::ServerParts parts, int& status, boost::asio::io_context& io) {
  status = co_await provisioner::run(std::move(config), std::move(parts));
  io.stop();
}

int run(const Flags& flags) {
  boost::asio::io_context io;
  base::RealClock clock(io);
  const base::Logger logger(clock, base::log_to_stderr(), flags.debug ? base::LogLevel::debug : base::LogLevel::info);
  const auto fatal = [&](const std::string& message) {
    logger.fatal(message);
    return 1;
  };
  const provisioner::Pod pod = provisioner::pod_from_environment();
  const auto store_spec = store_of(flags, pod);
  if (!store_spec) return fatal(store_spec.error().message);
  base::http::WireTransport wire(io, clock);
  provisioner::PodTransport transport(wire, pod);
  for (const std::string& rule : flags.connect_to) {
    if (auto done = provisioner::add_connect_to(wire, rule); !done) return fatal(done.error().message);
  }
  auto store = provisioner::open_store(*store_spec, io, clock, transport);
  if (!store) return fatal("could not open the store: " + store.error().message);
  provisioner::ServerConfig config;
  auto api = api_server(flags, pod);
  if (!api) return fatal("Kubernetes frontend failed: " + api.error().message);
  config.kubernetes = std::move(*api);
  for (const auto& [path, into] : {std::pair(&flags.secret_key_file, &config.secret_key), std::pair(&flags.rest_token_file, &config.rest_token)}) {
    auto content = secret(*path, pod);
    if (!content) return fatal(content.error().message);
    *into = *content;
  }
  config.build_time = program_time();
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) config.host_name = host.data();
  config.rest_address = flags.address;
  config.rest_port = flags.port;
  base::Signal stop(io.get_executor());
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) stop.notify();
  });
  const auto listen = [&](std::string address, std::uint16_t port, base::http::Handler handler) -> base::Result<std::shared_ptr<void>> {
    base::http::ServerOptions options;
    options.listen = {.address = pod.listen_address(address), .port = port};
    options.limits.body_bytes = 1024 * 1024;
    auto server = base::http::Server::start(io, clock, options, std::move(handler));
    if (!server) return server.error();
    if (options.listen.address == "0.0.0.0") logger.warning("REST listens on every interface and may be reached by anyone who can reach this host.");
    std::shared_ptr<base::http::Server> shared = std::move(*server);
    return std::shared_ptr<void>(shared.get(), [shared](void*) { shared->stop(); });
  };
  const base::Rng rng(base::seed_from_system());
  provisioner::ServerParts parts{.clock = clock, .transport = transport, .rng = rng, .logger = logger, .store = **store, .listen = listen, .stop = &stop};
  int status = 1;
  boost::asio::co_spawn(io, run_server(std::move(config), std::move(parts), status, io), boost::asio::detached);
  io.run();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"trident_orchestrator: dynamic storage provisioner for Kubernetes", "trident_orchestrator"};
  app.set_version_flag("--version", "17.10.1");
  Flags flags;
  app.add_flag("--debug", flags.debug, "Log at debug level");
  app.add_option("--k8s_api_server", flags.k8s_api_server, "Kubernetes API server (insecure) address to enable the Kubernetes frontend");
  app.add_option("--k8s_config_path", flags.k8s_config_path, "Path to a kubeconfig, used with --k8s_api_server");
  app.add_flag("--k8s_pod", flags.k8s_pod, "Enable the Kubernetes frontend with the pod's service account");
  app.add_option("--etcd_v2", flags.etcd_v2, "URL of an etcd whose v2 keyspace is the store");
  app.add_flag("--no_persistence", flags.no_persistence, "Keep no state over an exit");
  app.add_option("--address", flags.address, "REST listen address; empty: all interfaces")->capture_default_str();
  app.add_option("--port", flags.port, "REST listen port")->capture_default_str();
  app.add_option("--store", flags.store, "sqlite:FILE, etcd:URL (v3) or memory");
  app.add_option("--connect_to", flags.connect_to, "HOST:PORT=HOST:PORT: dial another address for a given one; repeatable");
  app.add_option("--secret_key_file", flags.secret_key_file, "File with the key that encrypts passwords in the store");
  app.add_option("--rest_token_file", flags.rest_token_file, "File with the token that REST callers must present");
  std::vector<std::string> args = provisioner::two_dashes(argc, argv);
  try {
    app.parse(args);
    return run(flags);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (...) {
    std::fprintf(stderr, "trident_orchestrator: ended by an unexpected failure\n");
    return 1;
  }
}
