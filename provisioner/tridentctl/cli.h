#pragma once

#include <functional>
#include <string>
#include <vector>

#include "provisioner/base/result.h"

/// `tridentctl`: the command line of the provisioner, as a function of its arguments and of what stands around it.
/// run() is synchronous: it sends REST calls to the server, or finds the server's pod with `oc` or `kubectl` and lets
/// the tridentctl inside that pod do the same. Texts that scripts rely on (tables, JSON, YAML) are byte-exact. Source:
/// provisioner specification section 4; rows of section 11 that concern the command line are mended (7, 36).
namespace provisioner::tridentctl {

inline constexpr const char* kVersion = "17.10.1";

/// What a finished process left behind. `status` is 127 when it could not be started.
struct Ran {
  int status = 0;
  std::string output;  // standard output
  std::string errors;  // standard error, unless merged into `output`
};

struct HttpAnswer {
  int status = 0;
  std::string reason;  // "Not Found"
  std::string body;
  std::string request_id{};  // as the server's log has it; "" from 17.10.1
};

/// Everything outside the command: the machine in main(), a table in tests.
struct Host {
  std::function<Ran(const std::vector<std::string>& argv, bool merge_errors, const std::string& input)> run;
  /// `server` is host:port, `target` starts with a slash. Errors: unavailable.
  std::function<base::Result<HttpAnswer>(const std::string& server, const std::string& method,
                                         const std::string& target, const std::string& body)>
      http;
  std::function<std::string(const std::string& name)> environment;              // "" when not set
  std::function<base::Result<std::string>(const std::string& path)> read_file;  // "-" is standard input
  std::function<bool(const std::string& path, const std::string& content)> write_file;
  std::function<std::string()> local_time;  // "2017-11-28T07-46-32-UTC"
  std::function<void(int seconds)> sleep;
  std::function<void(const std::string&)> out;  // standard output
  std::function<void(const std::string&)> err;  // standard error
};

/// Arguments without the program's name. Returns the exit status: 0 or 1, or that of the tunnel.
int run(const std::vector<std::string>& args, Host& host);

}  // namespace provisioner::tridentctl
