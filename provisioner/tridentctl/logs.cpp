#include <algorithm>
#include <array>

#include "provisioner/base/text.h"
#include "provisioner/tridentctl/command.h"
#include "provisioner/tridentctl/zip.h"

/// `logs`: what the pods of an installation wrote (specification 4.7), on the console or into a zip file.
namespace provisioner::tridentctl {

namespace {

struct Log {
  std::string name;
  std::string text;
};

struct Collected {
  std::vector<Log> logs;
  std::vector<std::string> failures;
};

struct Source {
  std::string_view name;
  std::string_view pod;        // "": the server's pod
  std::string_view container;  // "": the pod's only one
};
constexpr std::array<Source, 4> kSources{{{"trident", "", "trident-main"},
                                          {"etcd", "", "etcd"},
                                          {"launcher", "trident-launcher", ""},
                                          {"ephemeral", "trident-ephemeral", ""}}};

bool collect(const Context& context, std::string_view name, Collected& into) {
  const Source& source = *std::ranges::find(kSources, name, &Source::name);
  if (source.pod.empty() && context.mode != Mode::tunnel) {
    into.failures.push_back("no Trident pod to get the " + std::string(name) + " log from");
    return false;
  }
  std::vector<std::string> argv{context.cli, "logs", source.pod.empty() ? context.pod : std::string(source.pod), "-n",
                                context.pod_namespace};
  if (!source.container.empty()) {
    argv.emplace_back("-c");
    argv.emplace_back(source.container);
  }
  argv.emplace_back("--limit-bytes=10485760");
  const Ran ran = context.command(argv, /*merge_errors=*/true);
  if (ran.status != 0) {
    into.failures.push_back("exit status " + std::to_string(ran.status) + "; " + std::string(base::trim(ran.output)));
    return false;
  }
  into.logs.push_back({std::string(name), ran.output});
  return true;
}

/// What `-l` asks for: every name is tried; with `first_only` the first that answers is enough.
struct Plan {
  std::vector<std::string_view> names;
  bool first_only = false;
};

Plan plan_for(const Context& context, const std::string& wanted) {
  const bool tunnel = context.mode == Mode::tunnel;
  if (wanted == "auto")
    return tunnel ? Plan{.names = {"trident"}} : Plan{.names = {"ephemeral", "launcher"}, .first_only = true};
  if (wanted != "all") return Plan{.names = {wanted}};
  if (tunnel) return {.names = {"trident", "etcd", "launcher", "ephemeral"}, .first_only = false};
  return {.names = {"ephemeral", "launcher"}, .first_only = false};
}

int archive(const Context& context, const Collected& collected) {
  const std::string file = "support-" + context.host.local_time() + ".zip";
  std::vector<std::pair<std::string, std::string>> entries;
  for (const Log& log : collected.logs) entries.emplace_back(log.name, log.text);
  if (!collected.failures.empty()) entries.emplace_back("error", base::join(collected.failures, "\n") + "\n");
  if (!context.host.write_file(file, zip_archive(entries))) return context.fail("could not write " + file);
  for (const auto& [name, content] : entries) context.host.out("Wrote " + name + " log to " + file + " archive.\n");
  return 0;
}

int logs_command(Context& context) {
  if (context.mode == Mode::direct)
    return context.fail("the logs command works only against a Trident pod, not with a server address");
  std::string wanted = context.parsed.has("log") ? context.parsed.text("log") : "auto";
  const bool known =
      wanted == "auto" || wanted == "all" || std::ranges::find(kSources, wanted, &Source::name) != kSources.end();
  if (!known) return context.fail(wanted + " is not a valid Trident log");
  const bool to_archive = context.parsed.on("archive");
  if (to_archive && wanted == "auto") wanted = "all";
  const Plan plan = plan_for(context, wanted);
  Collected collected;
  for (const std::string_view name : plan.names) {
    const bool got = collect(context, name, collected);
    if (got && plan.first_only) break;
  }
  if (collected.logs.empty()) {
    return context.fail("no Trident logs were collected" +
                        (collected.failures.empty() ? "" : "; " + base::join(collected.failures, "; ")));
  }
  if (to_archive) return archive(context, collected);
  for (const Log& log : collected.logs) context.host.out(log.name + " log:\n" + log.text + "\n");
  return 0;
}

}  // namespace

std::vector<Command> logs_commands() {
  return {{.path = "logs",
           .aliases = "",
           .args = "",
           .summary = "Print the logs from Trident",
           .flags = {{.letter = 'a',
                      .name = "archive",
                      .boolean = true,
                      .help = "Create a support archive with all logs unless otherwise specified",
                      .initial = {},
                      .hidden = false},
                     {.letter = 'l',
                      .name = "log",
                      .boolean = false,
                      .help = "Trident log to display. One of trident|etcd|launcher|ephemeral|auto|all",
                      .initial = "auto",
                      .hidden = false}},
           .needs = Needs::server,
           .run = logs_command,
           .logs_without_server = true}};
}

}  // namespace provisioner::tridentctl
