#include "provisioner/base/text.h"
#include "provisioner/installer/launcher.h"
#include "provisioner/program.h"

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

int run(Flags flags) {
  provisioner::Program program(flags.config.debug);
  const provisioner::Pod& pod = program.pod;
  const auto fatal = [&](const std::string& message) { return program.fatal(message); };
  auto backend = provisioner::read_text(pod.path(flags.backend));
  if (!backend) return fatal(backend.error().message);
  auto deployment = provisioner::read_text(pod.path(flags.deployment_file));
  if (!deployment) return fatal(deployment.error().message);
  auto api = flags.apiserver.empty()
                 ? provisioner::kube::in_cluster(provisioner::read_text, provisioner::environment, pod.root)
                 : provisioner::kube::from_address(flags.apiserver);
  if (!api) return fatal(api.error().message);
  if (api->own_namespace.empty()) {
    api->own_namespace = base::trim(
        provisioner::read_text(pod.path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")).value_or(""));
  }
  flags.config.backend_json = *backend;
  flags.config.deployment_yaml = *deployment;
  flags.config.trident_timeout = std::chrono::seconds(flags.trident_timeout);
  flags.config.k8s_timeout = std::chrono::seconds(flags.k8s_timeout);
  provisioner::installer::LauncherParts parts{
      .clock = program.clock, .transport = program.transport, .logger = program.logger, .api = std::move(*api)};
  return program.run(provisioner::installer::launch(flags.config, std::move(parts)));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"launcher: starts Trident inside a Kubernetes cluster", "launcher"};
  Flags flags;
  app.add_option("--apiserver", flags.apiserver,
                 "Kubernetes API server (insecure); default: the pod's service account");
  app.add_option("--backend", flags.backend, "Backend file")->capture_default_str();
  app.add_option("--deployment_file", flags.deployment_file, "Deployment of Trident")->capture_default_str();
  app.add_option("--volume_name", flags.config.volume_name, "Volume for Trident's own data")->capture_default_str();
  app.add_option("--volume_size", flags.config.volume_size, "Its size in GiB")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--pvc_name", flags.config.pvc_name, "Its claim")->capture_default_str();
  app.add_option("--pv_name", flags.config.pv_name, "Its PersistentVolume")->capture_default_str();
  app.add_option("--trident_timeout", flags.trident_timeout, "Seconds to wait for an answer of Trident")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  app.add_option("--k8s_timeout", flags.k8s_timeout, "Seconds to wait for the cluster")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  app.add_flag("--debug", flags.config.debug, "Log at debug level");
  return provisioner::run_program(app, argc, argv, [&] { return run(flags); });
}
