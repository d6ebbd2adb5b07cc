#include "provisioner/base/text.h"
#include "provisioner/tridentctl/later.h"

/// `install` and `uninstall` run the scripts of the installer's folder and then see what came of it: unlike the
/// scripts, they wait, and their exit status tells whether the server runs (specification 8.8).
namespace provisioner::tridentctl {

namespace {

std::string folder_of(const Context& context) {
  const std::string folder = context.parsed.text("dir");
  return folder.empty() ? "." : folder;
}

/// The object that the Kubernetes CLI prints; null when there is none.
Json kube_object(const Context& context, const std::vector<std::string>& words) {
  std::vector<std::string> argv{context.cli, "-n", context.pod_namespace};
  argv.insert(argv.end(), words.begin(), words.end());
  argv.insert(argv.end(), {"-o", "json"});
  const Ran ran = context.command(argv);
  Json object = ran.status == 0 ? Json::parse(ran.output, nullptr, /*allow_exceptions=*/false) : Json();
  return object.is_object() ? object : Json();
}

std::string status_text(const Json& object, const char* key) {
  const Json status = object.is_object() ? object.value("status", Json::object()) : Json::object();
  if (!status.is_object() || !status.contains(key)) return {};
  return status[key].is_string() ? status[key].get<std::string>() : status[key].dump();
}

int script(const Context& context, const std::vector<std::string>& argv) {
  const Ran ran = context.command(argv, /*merge_errors=*/true);
  if (ran.status == 0) context.host.out(ran.output);
  else context.host.err(ran.output);
  return ran.status;
}

/// 0 once the deployment is available.
int wait_for_server(const Context& context, std::uint64_t patience) {
  std::string phase;
  for (std::uint64_t waited = 0; waited < patience; ++waited) {
    phase = status_text(kube_object(context, {"get", "pod", "trident-launcher"}), "phase");
    const std::string available =
        status_text(kube_object(context, {"get", "deployment", "trident"}), "availableReplicas");
    if (!available.empty() && available != "0") {
      context.host.out("Trident is running in namespace \"" + context.pod_namespace + "\".\n");
      return 0;
    }
    if (phase == "Failed" || (phase == "Succeeded" && waited > patience / 2)) break;
    context.host.sleep(1);
  }
  const Ran logs =
      context.command({context.cli, "-n", context.pod_namespace, "logs", "trident-launcher"}, /*merge_errors=*/true);
  context.host.err(logs.output);
  return context.fail("Trident does not run in namespace " + context.pod_namespace +
                      "; the launcher's log is above, its pod is " + (phase.empty() ? "not there" : phase));
}

int install(Context& context) {
  const std::string backend = folder_of(context) + "/setup/backend.json";
  const auto text = context.host.read_file(backend);
  if (!text) return context.fail("could not read " + backend + "; put the backend's configuration there");
  if (!Json::accept(*text)) return context.fail(backend + " is not valid JSON");
  const auto patience =
      base::parse_unsigned(context.parsed.has("k8s-timeout") ? context.parsed.text("k8s-timeout") : "180");
  if (!patience) return context.fail("--k8s-timeout must be a number of seconds");
  std::vector<std::string> argv{folder_of(context) + "/install_trident.sh", "-n", context.pod_namespace};
  if (context.debug()) argv.emplace_back("-d");
  if (context.parsed.on("insecure")) argv.emplace_back("-i");
  if (const int status = script(context, argv); status != 0) return status;
  return wait_for_server(context, *patience);
}

int uninstall(Context& context) {
  std::vector<std::string> argv{folder_of(context) + "/uninstall_trident.sh", "-n", context.pod_namespace};
  if (context.parsed.on("all")) argv.emplace_back("-a");
  return script(context, argv);
}

const Flag kFolder{
    .letter = 0, .name = "dir", .boolean = false, .help = "Folder of the installer", .initial = ".", .hidden = false};

}  // namespace

std::vector<Command> install_commands() {
  return {{.path = "install",
           .aliases = "",
           .args = "",
           .summary = "Install Trident with the backend of setup/backend.json",
           .flags = {kFolder,
                     {.letter = 'i',
                      .name = "insecure",
                      .boolean = true,
                      .help = "Skip the RBAC objects",
                      .initial = {},
                      .hidden = false},
                     {.letter = 0,
                      .name = "k8s-timeout",
                      .boolean = false,
                      .help = "Seconds to wait for the server",
                      .initial = "180",
                      .hidden = false}},
           .needs = Needs::kubernetes,
           .run = install},
          {.path = "uninstall",
           .aliases = "",
           .args = "",
           .summary = "Remove Trident; its volumes stay",
           .flags = {kFolder,
                     {.letter = 'a',
                      .name = "all",
                      .boolean = true,
                      .help = "Delete Trident's own claim and volume object too",
                      .initial = {},
                      .hidden = false}},
           .needs = Needs::kubernetes,
           .run = uninstall}};
}

}  // namespace provisioner::tridentctl
