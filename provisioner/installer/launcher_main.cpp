#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>

#include "provisioner/base/http/wire.h"
#include "provisioner/base/text.h"
#include "provisioner/installer/launcher.h"
#include "provisioner/pod.h"

// launcher: flags (one or two dashes) and the files of its config map -> launch().
namespace {

struct Flags {
  std::string apiserver;
  std::string backend = "/etc/config/backend.json";
  std::string deployment_file = "/etc/config/trident-deployment.yaml";
  std::int64_t trident_timeout = 10;
  std::int64_t k8s_timeout = 60;
  provisioner::installer::LauncherConfig config;
};

boost::asio::awaitable<void> run_launcher(provisioner::installer::LauncherConfig config, provisioner::installer::LauncherParts parts, int& status,
                                          boost::asio::io_context& io) {
  status = co_await provisioner::installer::launch(std::move(config), std::move(parts));
  io.stop();
}

int run(Flags flags) {
  boost::asio::io_context io;
  base::RealClock clock(io);
  const base::Logger logger(clock, base::log_to_stderr(), flags.config.debug ? base::LogLevel::debug : base::LogLevel::info);
  const auto fatal = [&](const std::string& message) {
    logger.fatal(message);
    return 1;
  };
  const provisioner::Pod pod = provisioner::pod_from_environment();
  auto backend = provisioner::read_text(pod.path(flags.backend));
  if (!backend) return fatal(backend.error().message);
  auto deployment = provisioner::read_text(pod.path(flags.deployment_file));
  if (!deployment) return fatal(deployment.error().message);
  auto api = flags.apiserver.empty() ? provisioner::kube::in_cluster(provisioner::read_text, provisioner::environment, pod.root)
                                     : provisioner::kube::from_address(flags.apiserver);
  if (!api) return fatal(api.error().message);
  if (api->own_namespace.empty()) {
    api->own_namespace = base::trim(provisioner::read_text(pod.path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")).value_or(""));
  }
  flags.config.backend_json = *backend;
  flags.config.deployment_yaml = *deployment;
  flags.config.trident_timeout = std::chrono::seconds(flags.trident_timeout);
  flags.config.k8s_timeout = std::chrono::seconds(flags.k8s_timeout);
  base::http::WireTransport wire(io, clock);
  provisioner::PodTransport transport(wire, pod);
  int status = 1;
  provisioner::installer::LauncherParts parts{.clock = clock, .transport = transport, .logger = logger, .api = std::move(*api)};
  boost::asio::co_spawn(io, run_launcher(flags.config, std::move(parts), status, io), boost::asio::detached);
  io.run();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"launcher: starts Trident inside a Kubernetes cluster", "launcher"};
  app.set_version_flag("--version", "17.10.1");
  Flags flags;
  app.add_option("--apiserver", flags.apiserver, "Kubernetes API server (insecure); default: the pod's service account");
  app.add_option("--backend", flags.backend, "Backend file")->capture_default_str();
  app.add_option("--deployment_file", flags.deployment_file, "Deployment of Trident")->capture_default_str();
  app.add_option("--volume_name", flags.config.volume_name, "Volume for Trident's own data")->capture_default_str();
  app.add_option("--volume_size", flags.config.volume_size, "Its size in GiB")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--pvc_name", flags.config.pvc_name, "Its claim")->capture_default_str();
  app.add_option("--pv_name", flags.config.pv_name, "Its PersistentVolume")->capture_default_str();
  app.add_option("--trident_timeout", flags.trident_timeout, "Seconds to wait for an answer of Trident")->capture_default_str()->check(CLI::Range(1, 86400));
  app.add_option("--k8s_timeout", flags.k8s_timeout, "Seconds to wait for the cluster")->capture_default_str()->check(CLI::Range(1, 86400));
  app.add_flag("--debug", flags.config.debug, "Log at debug level");
  std::vector<std::string> args = provisioner::two_dashes(argc, argv);
  try {
    app.parse(args);
    return run(flags);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (...) {
    std::fprintf(stderr, "launcher: ended by an unexpected failure\n");
    return 1;
  }
}
