#include "provisioner/base/text.h"
#include "provisioner/tridentctl/command.h"

/// Finding the server (specification 4.2) and talking to it: directly, or through the tridentctl inside its pod.
namespace provisioner::tridentctl {

Ran Context::command(const std::vector<std::string>& argv, bool merge_errors, const std::string& input) const {
  if (debug()) host.out("Invoking command: " + base::join(argv, " ") + "\n");
  return host.run(argv, merge_errors, input);
}

base::Result<HttpAnswer> Context::rest(const std::string& method, const std::string& path_below,
                                       const std::string& body) const {
  const std::string target = "/trident/v1" + path_below;
  if (debug())
    host.out("\nREQUEST: " + method + " http://" + server + target + "\n" + (body.empty() ? "" : body + "\n"));
  auto answer = host.http(server, method, target, body);
  if (debug() && answer)
    host.out("RESPONSE: " + std::to_string(answer->status) + " " + answer->reason + "\n" +
             (answer->request_id.empty() ? "" : "Request ID: " + answer->request_id + "\n") + answer->body + "\n");
  return answer;
}

Ran Context::tunnel(const std::vector<std::string>& words, const std::string& format_wanted) const {
  std::vector<std::string> argv{
      cli, "exec", pod, "-n", pod_namespace, "-c", "trident-main", "--", "tridentctl", "-s", "127.0.0.1:8000"};
  if (debug()) argv.emplace_back("--debug");
  if (!format_wanted.empty()) {
    argv.emplace_back("--output");
    argv.push_back(format_wanted);
  }
  argv.insert(argv.end(), words.begin(), words.end());
  return command(argv, /*merge_errors=*/true);
}

int Context::forward(const std::vector<std::string>& words) const {
  const Ran ran = tunnel(words, format());
  if (ran.status == 0) {
    host.out(ran.output);
  } else {
    host.err(ran.output);
  }
  return ran.status;
}

namespace {

bool find_cli(Context& context) {
  for (const char* name : {"oc", "kubectl"}) {
    if (context.command({name, "version"}).status == 0) {
      context.cli = name;
      return true;
    }
  }
  return false;
}

/// Standard output of a Kubernetes CLI's `get … -o=json`, or what went wrong.
base::Result<Json> get_json(const Context& context, std::vector<std::string> argv) {
  argv.insert(argv.begin(), context.cli);
  const Ran ran = context.command(argv);
  if (ran.status != 0)
    return base::Error{base::ErrorKind::unavailable, std::string(base::trim(ran.output + ran.errors))};
  Json json = Json::parse(ran.output, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return base::Error{base::ErrorKind::invalid, context.cli + " did not answer with JSON"};
  return json;
}

}  // namespace

int find_server(Context& context, const Command& command) {
  if (command.needs == Needs::nothing) return 0;
  if (command.needs == Needs::server) {
    context.server = context.parsed.text("server");
    if (context.server.empty()) context.server = context.host.environment("TRIDENT_SERVER");
    if (!context.server.empty()) {
      if (context.debug())
        context.host.out("Operating mode = direct\nTrident API server = http://" + context.server + "/trident/v1\n");
      return 0;
    }
  }
  if (!find_cli(context)) return context.fail("could not find a Kubernetes CLI; neither oc nor kubectl answered");
  context.pod_namespace = context.parsed.text("namespace");
  if (context.pod_namespace.empty()) {
    const auto account = get_json(context, {"get", "serviceaccount", "default", "-o=json"});
    if (!account) return context.fail("could not determine the current namespace; " + account.error().message);
    const Json metadata = account->value("metadata", Json::object());
    if (!metadata.is_object() || !metadata.contains("namespace") || !metadata["namespace"].is_string()) {
      return context.fail("could not determine the current namespace");
    }
    context.pod_namespace = metadata["namespace"].get<std::string>();
  }
  if (command.needs == Needs::kubernetes) return 0;
  const auto pods =
      get_json(context, {"get", "pod", "-n", context.pod_namespace, "-l", "app=trident.netapp.io", "-o=json"});
  const Json items = pods ? pods->value("items", Json::array()) : Json::array();
  if (items.is_array() && items.size() == 1) {
    context.mode = Mode::tunnel;
    const Json metadata = items[0].value("metadata", Json::object());
    context.pod = metadata.is_object() && metadata.contains("name") && metadata["name"].is_string()
                      ? metadata["name"].get<std::string>()
                      : "";
    if (context.debug()) context.host.out("Operating mode = tunnel\nTrident pod = " + context.pod + "\n");
    return 0;
  }
  if (command.logs_without_server) {
    context.mode = Mode::logs_only;
    return 0;
  }
  if (!pods)
    return context.fail("could not find a Trident pod in the " + context.pod_namespace + " namespace; " +
                        pods.error().message);
  return context.fail("could not find a Trident pod in the " + context.pod_namespace +
                      " namespace. You may need to use the -n option to specify the correct namespace");
}

}  // namespace provisioner::tridentctl
