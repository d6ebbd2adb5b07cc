#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "provisioner/base/allocator.h"
#include "scenarios/runner/commands.h"

namespace {

int drydock(int argc, char** argv) {
  using namespace scenario;
  CLI::App app{"drydock: a storage lab with no hardware"};
  app.set_version_flag("--version", std::string("drydock ") + DRYDOCK_VERSION);
  app.require_subcommand(1);
  int status = 0;

  UpOptions up_options;
  CLI::App* up_command =
      app.add_subcommand("up", "an ONTAP cluster and a Kubernetes cluster in one process, until Ctrl-C");
  up_command->add_option("--dir", up_options.directory, "where kubeconfig, env, ca.crt and backend files go")
      ->capture_default_str();
  up_command->add_option("--config", up_options.config, "LAB.yaml");
  up_command->add_option("--k8s-listen", up_options.kube, "address:port of the Kubernetes API")->capture_default_str();
  up_command
      ->add_option("--ontap-listen", up_options.ontap,
                   "address:port of cluster management; SVM LIFs listen on the same port")
      ->capture_default_str();
  up_command->add_option("--ontap-listen-ssh", up_options.ontap_ssh,
                         "address:port of the array's command line over SSH; off by default");
  up_command->add_flag("--provisioner", up_options.provisioner, "run the provisioner too");
  up_command->add_option("--provisioner-listen", up_options.rest, "address:port of its REST interface")
      ->capture_default_str();
  up_command->add_flag("--state", up_options.state, "keep both clusters in the directory");
  up_command->add_option("--seed", up_options.seed, "seed of everything random; 0: from the system");
  up_command->callback([&] { status = up(up_options); });

  RunOptions run_options;
  std::uint64_t seed = 0;
  CLI::App* run_command = app.add_subcommand("run", "runs every test below the paths");
  run_command->add_option("paths", run_options.paths, "files and directories (default: scenarios/)");
  run_command->add_flag("--virtual", run_options.in_memory,
                        "in memory, on a virtual clock (default where no step needs a process)");
  run_command->add_flag("--wire", run_options.wire, "over sockets, on the machine's clock");
  CLI::Option* run_seed = run_command->add_option("--seed", seed, "repeats a run");
  run_command->add_option("--parallel", run_options.parallel, "tests at a time, each in a process of its own")
      ->check(CLI::Range(0, 256));
  run_command->add_option("--repeat", run_options.repeat, "each test so many times")->check(CLI::Range(0, 1000000));
  run_command->add_flag("--fail-fast", run_options.fail_fast, "skip what is left after the first failure");
  run_command->add_option("--selector", run_options.selector, "only tests with these labels: a=b,c!=d,e");
  run_command->add_option("--include", run_options.include, "only tests whose name this regular expression finds");
  run_command->add_option("--exclude", run_options.exclude, "not these");
  run_command->add_option("--junit", run_options.junit, "JUnit XML");
  run_command->add_option("--html", run_options.html, "one HTML page");
  run_command->add_option("--json", run_options.json, "JSON lines");
  run_command->add_option("--tap", run_options.tap, "TAP");
  run_command->add_option("--journal", run_options.journal, "everything that happened, one line each");
  run_command->add_flag("--keep", run_options.keep, "leave the lab up after a failure");
  run_command->add_flag("--watch", run_options.watch, "run again when a file below the paths changes");
  run_command->add_flag("--skip-delete", run_options.skip_delete, "do not remove what tests created");
  run_command->add_option("--granularity", run_options.granularity, "what a line and the count are about")
      ->check(CLI::IsMember({"test", "step", "operation"}))
      ->capture_default_str();
  run_command->add_option("--config", run_options.config, "LAB.yaml instead of the nearest lab.yaml above the test");
  run_command->add_option("--chainsaw-config", run_options.chainsaw_config,
                          "a Configuration of Chainsaw instead of the nearest .chainsaw.yaml");
  run_command->add_option("--values", run_options.values, "YAML file that becomes $values");
  run_command
      ->add_option("--set,--template-var", run_options.set, "name=value in $values and in .Vars of KUTTL's templates")
      ->allow_extra_args(false);
  run_command->add_option("--cluster", run_options.cluster,
                          "run against the cluster of this kubeconfig instead of a lab");
  run_command->callback([&] {
    if (run_seed->count() > 0) run_options.seed = seed;
    status = run(run_options);
  });

  ExploreOptions explore_options;
  std::uint64_t explore_seed = 0;
  CLI::App* explore_command =
      app.add_subcommand("explore", "every crash point, or random histories of faults, delays and crashes");
  explore_command->add_option("paths", explore_options.paths, "scenarios; without one: create, delete, resize, clone");
  explore_command->add_flag("--crash-points", explore_options.crash_points,
                            "crash at every point (default without --seeds)");
  explore_command->add_option("--seeds", explore_options.seeds, "this many random histories");
  CLI::Option* first_seed =
      explore_command->add_option("--seed", explore_seed, "the first, or with no --seeds the only, seed");
  explore_command->add_option("--at", explore_options.at,
                              "only this crash point: the number of a message with b (before it) or a (after it)");
  explore_command->add_option("--history", explore_options.history,
                              "only this history, as explore printed it; its journal too");
  explore_command->callback([&] {
    if (first_seed->count() > 0) explore_options.seed = explore_seed;
    status = explore(explore_options);
  });

  OntapOptions ontap_options;
  CLI::App* ontap_command =
      app.add_subcommand("ontap", "clustershell commands on a running lab; answers come from standard input");
  ontap_command->add_option("--dir", ontap_options.directory, "the lab's directory")->capture_default_str();
  ontap_command->footer(
      "What follows is one command, its -options included; without it, lines of standard input are commands.");
  ontap_command->prefix_command();
  ontap_command->callback([&] {
    for (const std::string& word : ontap_command->remaining()) ontap_options.words.push_back(word);
    status = ontap(ontap_options);
  });

  std::string what;
  CLI::App* list_command = app.add_subcommand("list", "what there is");
  list_command->add_option("what", what, "steps, faults, apis, kinds, objects or functions")
      ->required()
      ->check(CLI::IsMember({"steps", "faults", "apis", "kinds", "objects", "functions"}));
  list_command->callback([&] { status = list(what); });

  std::string init_directory = "scenarios";
  CLI::App* init_command = app.add_subcommand("init", "writes a commented sample suite");
  init_command->add_option("directory", init_directory)->capture_default_str();
  init_command->callback([&] { status = init(init_directory); });

  std::string shell;
  CLI::App* completion_command = app.add_subcommand("completion", "completion script for a shell");
  completion_command->add_option("shell", shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion_command->callback([&] { status = completion(shell); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    const int code = app.exit(problem);
    return code == 0 ? 0 : 2;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();
  try {
    return drydock(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "drydock: %s\n", problem.what());
    return 1;
  }
}
