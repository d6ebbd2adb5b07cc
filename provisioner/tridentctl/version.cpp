#include "provisioner/base/text.h"
#include "provisioner/tridentctl/command.h"

/// `version`: the server's by REST, the client's compiled in.
namespace provisioner::tridentctl {

namespace {

/// "17.10.1-custom+abc" taken apart (specification 1.3).
Json describe(const std::string& version) {
  const std::size_t plus = version.find('+');
  const std::string head = version.substr(0, plus);
  const std::size_t dash = head.find('-');
  const std::vector<std::string_view> numbers = base::split(std::string_view(head).substr(0, dash), '.');
  const auto number = [&](std::size_t i) {
    return i < numbers.size() ? base::parse_unsigned(numbers[i]).value_or(0) : 0;
  };
  Json out = Json::object();
  out["version"] = version;
  out["majorVersion"] = number(0);
  out["minorVersion"] = number(1);
  out["patchVersion"] = number(2);
  out["preRelease"] = dash == std::string::npos ? "" : head.substr(dash + 1);
  out["buildMetadata"] = plus == std::string::npos ? "" : version.substr(plus + 1);
  out["apiVersion"] = "1";
  return out;
}

base::Result<std::string> server_version(const Context& context, int& status) {
  if (context.mode == Mode::tunnel) {
    const Ran ran = context.tunnel({"version"}, "json");
    status = ran.status;
    if (ran.status != 0) return base::Error{base::ErrorKind::unavailable, ran.output};
    const std::size_t start = ran.output.find('{');  // debug lines may come first
    const Json body =
        Json::parse(start == std::string::npos ? "" : ran.output.substr(start), nullptr, /*allow_exceptions=*/false);
    if (body.is_object() && body.contains("server") && body["server"].is_object() &&
        body["server"].contains("version") && body["server"]["version"].is_string()) {
      return body["server"]["version"].get<std::string>();
    }
    return base::Error{base::ErrorKind::invalid, "could not get version. The answer is not understood"};
  }
  const auto answer = context.rest("GET", "/version");
  if (!answer) return answer.error();
  if (answer->status != 200)
    return base::Error{base::ErrorKind::unavailable, refusal("could not get version. ", *answer)};
  const Json body = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (body.is_object() && body.contains("version") && body["version"].is_string())
    return body["version"].get<std::string>();
  return base::Error{base::ErrorKind::invalid, "could not get version. The answer is not understood"};
}

int version_command(Context& context) {
  int tunnel_status = 0;
  const auto server = server_version(context, tunnel_status);
  if (!server) {
    if (tunnel_status == 0) return context.fail(server.error().message);
    context.host.err(server.error().message);
    return tunnel_status;
  }
  const std::string format = context.format();
  if (format == "json" || format == "yaml") {
    Json both = Json::object();
    both["server"] = describe(*server);
    both["client"] = describe(kVersion);
    context.host.out(format == "json" ? to_go_json(both) : to_go_yaml(both));
  } else if (format == "wide") {
    context.host.out(table({"Server Version", "Server API Version", "Client Version", "Client API Version"},
                           {{*server, "1", kVersion, "1"}}));
  } else {
    context.host.out(table({"Server Version", "Client Version"}, {{*server, kVersion}}));
  }
  return 0;
}

}  // namespace

std::vector<Command> version_commands() {
  return {{.path = "version",
           .aliases = "",
           .args = "",
           .summary = "Print the version of Trident",
           .flags = {},
           .needs = Needs::server,
           .run = version_command}};
}

}  // namespace provisioner::tridentctl
