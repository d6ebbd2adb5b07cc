#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/signal_set.hpp>

#include "provisioner/base/allocator.h"
#include "provisioner/base/task_group.h"
#include "provisioner/base/text.h"
#include "provisioner/core/copy.h"
#include "provisioner/program.h"
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
  std::string etcd_v3;
  std::string etcd_v3_cacert;
  std::string etcd_v3_cert;
  std::string etcd_v3_key;
  bool no_persistence = false;
  std::string address = "localhost";
  std::uint16_t port = 8000;
  std::string store;
  std::vector<std::string> connect_to;
  std::string secret_key_file;
  std::string rest_token_file;
  std::string copy_from;
  std::optional<bool> leader_election;
  std::string lease_namespace;
  int lease_seconds = 15;
  std::string placement = "uniform";
  int late_call_seconds =
      120;  // a request to an array ends within 100 s of its start; the rest is for clocks and queues
};

std::string program_time() {
  struct stat about {};
  if (stat("/proc/self/exe", &about) != 0) return "unknown";
  return base::to_rfc3339(base::TimePoint(std::chrono::seconds(about.st_mtime)));
}

/// Exactly one store, or what is wrong with the choice.
base::Result<std::string> store_of(const Flags& flags, const provisioner::Pod& pod) {
  const int chosen = (flags.etcd_v2.empty() ? 0 : 1) + (flags.etcd_v3.empty() ? 0 : 1) +
                     (flags.no_persistence ? 1 : 0) + (flags.store.empty() ? 0 : 1);
  if (chosen == 0)
    return base::Error{base::ErrorKind::invalid,
                       "no store given; use one of -store, -etcd_v2, -etcd_v3 and -no_persistence"};
  if (chosen > 1)
    return base::Error{base::ErrorKind::invalid,
                       "more than one store given; use only one of -store, -etcd_v2, -etcd_v3 and -no_persistence"};
  if (flags.no_persistence) return std::string("memory");
  if (!flags.etcd_v2.empty()) return "etcd_v2:" + pod.local_url(flags.etcd_v2);
  if (!flags.etcd_v3.empty()) return "etcd:" + pod.local_url(flags.etcd_v3);
  if (flags.store.starts_with("sqlite:")) return "sqlite:" + pod.path(flags.store.substr(7));
  if (flags.store.starts_with("etcd:")) return "etcd:" + pod.local_url(flags.store.substr(5));
  return flags.store;
}

/// -copy_from: fills the store from another one and ends.
boost::asio::awaitable<int> copy(provisioner::Store& from, provisioner::Store& to, std::string key, bool seal,
                                 const base::Logger& logger) {
  const auto copied = co_await provisioner::copy_records(from, to, std::move(key), seal);
  if (!copied) {
    logger.fatal("The store could not be copied: " + copied.error().message);
    co_return 1;
  }
  logger.info("The store was copied.", {{"records", *copied}});
  co_return 0;
}

base::Result<std::string> secret(const std::string& path, const provisioner::Pod& pod) {
  if (path.empty()) return std::string();
  const auto content = base::read_file(pod.path(path));
  if (!content) return base::Error{base::ErrorKind::invalid, "could not read " + path};
  return std::string(base::trim(*content));
}

base::Result<provisioner::EtcdTls> tls_of(const Flags& flags, const provisioner::Pod& pod) {
  provisioner::EtcdTls tls;
  for (const auto& [path, into] :
       {std::pair(&flags.etcd_v3_cacert, &tls.ca), std::pair(&flags.etcd_v3_cert, &tls.certificate),
        std::pair(&flags.etcd_v3_key, &tls.key)}) {
    const auto text = secret(*path, pod);
    if (!text) return text.error();
    if (!text->empty()) *into = *text + "\n";
  }
  if (tls.certificate.empty() != tls.key.empty())
    return base::Error{base::ErrorKind::invalid, "-etcd_v3_cert and -etcd_v3_key belong together"};
  return tls;
}

base::Result<std::optional<provisioner::kube::ApiServer>> api_server(const Flags& flags, const provisioner::Pod& pod) {
  using provisioner::kube::ApiServer;
  if (flags.k8s_api_server.empty() && !flags.k8s_pod && flags.k8s_config_path.empty())
    return std::optional<ApiServer>();
  auto server =
      flags.k8s_pod ? provisioner::kube::in_cluster(provisioner::read_text, provisioner::environment, pod.root)
      : flags.k8s_config_path.empty() ? provisioner::kube::from_address(flags.k8s_api_server)
                                      : provisioner::kube::from_kubeconfig_file(
                                            provisioner::read_text, flags.k8s_config_path, flags.k8s_api_server);
  if (!server) return server.error();
  return std::optional<ApiServer>(std::move(*server));
}

int run(const Flags& flags) {
  provisioner::Program program(flags.debug);
  const provisioner::Pod& pod = program.pod;
  const auto fatal = [&](const std::string& message) { return program.fatal(message); };
  const auto store_spec = store_of(flags, pod);
  if (!store_spec) return fatal(store_spec.error().message);
  for (const std::string& rule : flags.connect_to) {
    if (auto done = provisioner::add_connect_to(program.wire, rule); !done) return fatal(done.error().message);
  }
  const auto etcd_tls = tls_of(flags, pod);
  if (!etcd_tls) return fatal(etcd_tls.error().message);
  auto store = provisioner::open_store(*store_spec, program.io, program.clock, program.transport, *etcd_tls);
  if (!store) return fatal("could not open the store: " + store.error().message);
  provisioner::ServerConfig config;
  if (!flags.copy_from.empty()) {
    auto from = provisioner::open_store(flags.copy_from, program.io, program.clock, program.transport, *etcd_tls);
    const auto key = secret(flags.secret_key_file, pod);
    if (!from || !key)
      return fatal("could not open the store to copy: " + (!from ? from.error() : key.error()).message);
    return program.run(copy(**from, **store, *key, !store_spec->starts_with("etcd_v2:"), program.logger));
  }
  auto api = api_server(flags, pod);
  if (!api) return fatal("Kubernetes frontend failed: " + api.error().message);
  config.kubernetes = std::move(*api);
  for (const auto& [path, into] :
       {std::pair(&flags.secret_key_file, &config.secret_key), std::pair(&flags.rest_token_file, &config.rest_token)}) {
    auto content = secret(*path, pod);
    if (!content) return fatal(content.error().message);
    *into = *content;
  }
  config.build_time = program_time();
  config.leader_election =
      flags.leader_election.value_or(store_spec->starts_with("etcd:") && config.kubernetes.has_value());
  config.lease_namespace = flags.lease_namespace;
  if (flags.placement == "free_space") config.placement = provisioner::Placement::free_space;
  config.lease_duration = std::chrono::seconds(flags.lease_seconds);
  config.late_calls = std::chrono::seconds(flags.late_call_seconds);
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) config.host_name = host.data();
  config.rest_address = flags.address;
  config.rest_port = flags.port;
  base::Signal stop(program.io.get_executor());
  boost::asio::signal_set signals(program.io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) stop.notify();
  });
  const auto listen = [&](std::string address, std::uint16_t port,
                          base::http::Handler handler) -> base::Result<std::shared_ptr<void>> {
    base::http::ServerOptions options;
    options.listen = {.address = pod.listen_address(address), .port = port};
    options.limits.body_bytes = 1024 * 1024;
    auto server = base::http::Server::start(program.io, program.clock, options, std::move(handler));
    if (!server) return server.error();
    if (options.listen.address == "0.0.0.0")
      program.logger.warning("REST listens on every interface and may be reached by anyone who can reach this host.");
    std::shared_ptr<base::http::Server> shared = std::move(*server);
    return std::shared_ptr<void>(shared.get(), [shared](void*) { shared->stop(); });
  };
  const base::Rng rng(base::seed_from_system());
  provisioner::ServerParts parts{.clock = program.clock,
                                 .transport = program.transport,
                                 .rng = rng,
                                 .logger = program.logger,
                                 .store = **store,
                                 .listen = listen,
                                 .stop = &stop};
  return program.run(provisioner::run(std::move(config), std::move(parts)));
}

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();
  CLI::App app{"trident_orchestrator: dynamic storage provisioner for Kubernetes", "trident_orchestrator"};
  Flags flags;
  app.add_flag("--debug", flags.debug, "Log at debug level");
  app.add_option("--k8s_api_server", flags.k8s_api_server,
                 "Kubernetes API server (insecure) address to enable the Kubernetes frontend");
  app.add_option("--k8s_config_path", flags.k8s_config_path, "Path to a kubeconfig, used with --k8s_api_server");
  app.add_flag("--k8s_pod", flags.k8s_pod, "Enable the Kubernetes frontend with the pod's service account");
  app.add_option("--etcd_v2", flags.etcd_v2, "URL of an etcd whose v2 keyspace is the store");
  app.add_option("--etcd_v3", flags.etcd_v3,
                 "URLs of the members of an etcd (v3) that is the store, separated by commas");
  app.add_option("--etcd_v3_cacert", flags.etcd_v3_cacert,
                 "File with the authority (PEM) that etcd's certificates are verified with");
  app.add_option("--etcd_v3_cert", flags.etcd_v3_cert, "File with the certificate (PEM) to present to etcd");
  app.add_option("--etcd_v3_key", flags.etcd_v3_key, "File with its key (PEM)");
  app.add_flag("--no_persistence", flags.no_persistence, "Keep no state over an exit");
  app.add_option("--address", flags.address, "REST listen address; empty: all interfaces")->capture_default_str();
  app.add_option("--port", flags.port, "REST listen port")->capture_default_str();
  app.add_option("--store", flags.store, "sqlite:FILE, etcd:URL (v3) or memory");
  app.add_option("--connect_to", flags.connect_to,
                 "HOST:PORT=HOST:PORT: dial another address for a given one; repeatable");
  app.add_option("--secret_key_file", flags.secret_key_file, "File with the key that encrypts passwords in the store");
  app.add_option("--rest_token_file", flags.rest_token_file, "File with the token that REST callers must present");
  app.add_option("--copy_from", flags.copy_from,
                 "Fill the empty store of the other flags from this one (sqlite:FILE, etcd:URL, etcd_v2:URL) and end");
  app.add_option("--leader_election", flags.leader_election,
                 "Act only while holding the Lease \"trident\"; default: with an etcd store and Kubernetes");
  app.add_option("--lease_namespace", flags.lease_namespace, "Namespace of the Lease; default: the pod's own");
  app.add_option("--lease_seconds", flags.lease_seconds, "How long a dead leader keeps the others waiting")
      ->capture_default_str()
      ->check(CLI::Range(3, 600));
  app.add_option("--placement", flags.placement,
                 "Which pool of a storage class is tried first: \"uniform\", any, or \"free_space\", each as often as "
                 "its share of the free space")
      ->capture_default_str()
      ->check(CLI::IsMember({"uniform", "free_space"}));
  app.add_option("--late_call_seconds", flags.late_call_seconds,
                 "How long calls of an earlier instance may still reach an array")
      ->capture_default_str()
      ->check(CLI::Range(0, 3600));
  return provisioner::run_program(app, argc, argv, [&] { return run(flags); });
}
