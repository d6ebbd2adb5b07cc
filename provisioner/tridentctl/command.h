#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provisioner/tridentctl/cli.h"
#include "provisioner/tridentctl/flags.h"
#include "provisioner/tridentctl/output.h"

/// A command is one row: how it is called, what its help says, and the function that runs it.
/// Rows live next to their functions (create.cpp, get.cpp, …) and are joined by commands() in cli.cpp.
namespace provisioner::tridentctl {

/// How the server is reached, found before every command that needs it (specification 4.2).
enum class Mode { direct, tunnel, logs_only };

struct Context {
  Host& host;
  Parsed parsed;
  std::string path;  // "get backend"
  Mode mode = Mode::direct;
  std::string server;  // host:port, mode direct
  std::string cli;     // "oc" or "kubectl", the other modes
  std::string pod_namespace;
  std::string pod;  // mode tunnel

  bool debug() const { return parsed.on("debug"); }
  std::string format() const { return parsed.text("output"); }
  /// Prints "Error: message" and returns 1.
  int fail(const std::string& message) const;
  /// A process, traced when debugging.
  Ran command(const std::vector<std::string>& argv, bool merge_errors = false, const std::string& input = {}) const;
  /// A REST call below /trident/v1, traced when debugging.
  base::Result<HttpAnswer> rest(const std::string& method, const std::string& path_below,
                                const std::string& body = {}) const;
  /// Runs tridentctl inside the server's pod.
  Ran tunnel(const std::vector<std::string>& words, const std::string& format_wanted) const;
  /// tunnel() and pass on what it printed and its status.
  int forward(const std::vector<std::string>& words) const;
};

enum class Needs { nothing, kubernetes, server };

struct Command {
  std::string_view path;     // words from the root: "get backend"
  std::string_view aliases;  // of the last word: "b, backends"
  std::string_view args;     // what follows in the usage line
  std::string_view summary;
  std::vector<Flag> flags;
  Needs needs = Needs::nothing;
  int (*run)(Context&) = nullptr;  // null: a group, which only has help
  bool logs_without_server = false;
};

std::vector<Command> create_commands();
std::vector<Command> get_commands();
std::vector<Command> delete_commands();
std::vector<Command> logs_commands();
std::vector<Command> version_commands();

/// Finds the server; 0, or the exit status of a printed error.
int find_server(Context& context, const Command& command);

/// A kind of object that REST and the command line know.
struct Kind {
  std::string_view word;  // "backend", also the path below /trident/v1
  std::string_view one;   // key of the object in a GET answer
  std::string_view many;  // key of the names in a list
};
const Kind& kind_named(std::string_view word);

/// Prints objects as --output says.
void print_objects(const Context& context, const Kind& kind, const std::vector<Json>& objects);
/// "could not get backend x. 404 Not Found: why". The reason is what the server's `error` says.
std::string refusal(const std::string& what, const HttpAnswer& answer);
/// One object, or the error's text.
base::Result<Json> get_object(const Context& context, const Kind& kind, const std::string& name);
base::Result<std::vector<std::string>> list_names(const Context& context, const Kind& kind);

}  // namespace provisioner::tridentctl
