/// postStart and preStop hooks, and the end of a container: hook, SIGTERM, and SIGKILL when its grace is over.
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/kubelet/pod.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kLeastGrace = 2s;  // what remains for the container when its hook used everything up

std::string go_list(const Json& words) {
  std::vector<std::string> list;
  for (const Json& word : words) list.push_back(word.is_string() ? word.get<std::string>() : "");
  return "[" + base::join(list, " ") + "]";
}

}  // namespace

/// "" or the event's text.
asio::awaitable<std::string> Pod::run_hook(Container& container, std::string which, base::Duration limit) {
  Json handler = at(container.spec, "/lifecycle/" + which);
  if (handler.is_null() || handler.empty()) co_return "";
  if (has(handler, "/sleep")) {
    base::Duration span = std::chrono::seconds(number(handler, "/sleep/seconds"));
    if (limit.count() > 0) span = std::min(span, limit);
    co_await base::sleep_for(world.clock, span);
    co_return "";
  }
  if (limit.count() > 0)
    handler["timeoutSeconds"] =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(limit).count());
  else handler["timeoutSeconds"] = 86400;
  const std::string problem = co_await probe_once(container, handler);
  if (problem.empty()) co_return "";
  if (world.config.minor >= 25) co_return which == "postStart" ? "PostStartHook failed" : "PreStopHook failed";
  const std::string where = "for Container \"" + container.name + "\" in Pod \"" + name_of(*object) + "_" +
                            namespace_of(*object) + "(" + uid_of(*object) + ")\" failed - error: ";
  if (has(handler, "/exec")) {
    const std::string command = go_list(at(handler, "/exec/command"));
    co_return "Exec lifecycle hook (" + command + ") " + where + "command '" + command.substr(1, command.size() - 2) +
        "' exited with non-zero code: , message: \"" + problem + "\"";
  }
  co_return "Http lifecycle hook (" + text(handler, "/httpGet/path") + ") " + where + problem + ", message: \"\"";
}

/// Ends the run that `container` is in: its preStop hook, SIGTERM, and after `grace` (and the hook) SIGKILL.
asio::awaitable<void> Pod::end_container(Container& container, base::Duration grace) {
  const std::shared_ptr<Pod> self = shared_from_this();
  const std::shared_ptr<Process> process = container.process;
  if (!process || process->exit_code()) co_return;
  const base::TimePoint begun = world.clock.now();
  if (grace.count() > 0 && has(container.spec, "/lifecycle/preStop")) {
    const std::string problem = co_await run_hook(container, "preStop", grace);
    if (!problem.empty()) world.events.warning(source(), *object, "FailedPreStopHook", problem, field_path(container));
  }
  if (process->exit_code()) co_return;
  process->signal(SIGTERM);
  const base::TimePoint limit = std::max(begun + grace, world.clock.now() + kLeastGrace);
  const base::TimePoint end = grace.count() > 0 ? limit : begun;
  while (!process->exit_code() && world.clock.now() < end) co_await base::sleep_for(world.clock, 5ms);
  if (!process->exit_code()) process->signal(SIGKILL);
}

}  // namespace k8s_fake::control
