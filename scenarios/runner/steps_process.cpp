#include <cstdlib>
#include <filesystem>

#include "provisioner/base/text.h"
#include "scenarios/runner/duration.h"
#include "scenarios/runner/steps.h"
#include "scenarios/runner/subprocess.h"

namespace scenario {

using boost::asio::awaitable;
namespace fs = std::filesystem;

namespace {

/// The environment of a script: the lab's, NAMESPACE, and the rows of `env`.
base::Result<std::map<std::string, std::string>> environment_of(OperationCall& call, const std::string& directory) {
  std::map<std::string, std::string> environment = call.run.lab.environment;
  environment["NAMESPACE"] = call.run.ns;
  if (!call.run.kubeconfig.empty()) environment["KUBECONFIG"] = call.run.kubeconfig;
  const std::string own_bin = fs::absolute(directory).lexically_normal().string() + "/bin";
  const char* path = std::getenv("PATH");
  const std::string before = environment.contains("PATH") ? environment["PATH"]
                             : path != nullptr            ? path
                                                          : "/usr/bin:/bin";
  if (fs::is_directory(own_bin)) environment["PATH"] = own_bin + ":" + before;
  for (const Json& row : call.operation.spec.value("env", Json::array())) {
    const Json value = row.value("value", Json());
    auto result = call.templates ? evaluate_templates(value, call.context) : base::Result<Json>(value);
    if (!result)
      return base::Error{base::ErrorKind::invalid, "env " + row.value("name", "") + ": " + result.error().message};
    environment[row.value("name", "")] = result->is_string() ? result->get<std::string>() : result->dump();
  }
  return environment;
}

/// `$NAME` and `${NAME}` in the arguments of a command; what is not set is empty.
std::string expand(const std::string& text, const std::map<std::string, std::string>& environment) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const bool braced = text[i + 1] == '{';
    std::size_t end = i + (braced ? 2 : 1);
    const std::size_t from = end;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    const std::string name = text.substr(from, end - from);
    if (name.empty() || (braced && (end >= text.size() || text[end] != '}'))) {
      result += text[i];
      continue;
    }
    const auto found = environment.find(name);
    const char* inherited = std::getenv(name.c_str());
    result += found != environment.end() ? found->second : inherited != nullptr ? inherited : "";
    i = braced ? end : end - 1;
  }
  return result;
}

awaitable<OperationOutcome> run_process(OperationCall& call, Command command) {
  if (call.run.lab.io == nullptr) co_return OperationOutcome{"a script needs the wire world (drydock run --wire)", ""};
  const Json& spec = call.operation.spec;
  base::Result<Outcome> outcome =
      co_await run_command(*call.run.lab.io, *call.run.lab.clock, std::move(command), call.timeout);
  const std::string out = outcome ? std::string(base::trim(outcome->out)) : "";
  const std::string err = outcome ? std::string(base::trim(outcome->err)) : "";
  std::optional<std::string> error;
  if (!outcome) error = outcome.error().message;
  else if (outcome->timed_out) error = "signal: killed";  // what Go says of a process whose time was up
  else if (outcome->exit_code != 0) error = "exit status " + std::to_string(outcome->exit_code);
  OperationOutcome result;
  if (!spec.value("skipLogOutput", false)) result.output = out + (err.empty() ? "" : (out.empty() ? "" : "\n") + err);
  call.context.bindings =
      call.context.bindings.with("stdout", out).with("stderr", err).with("error", error ? Json(*error) : Json());
  if (spec.contains("check") && outcome) {
    const auto mismatches = check_assertion(spec["check"], nullptr, call.context);
    if (!mismatches) result.failure = "check: " + mismatches.error().message;
    else if (!mismatches->empty()) result.failure = "check not met\n" + describe_mismatches(*mismatches);
  } else if (error) {
    result.failure =
        (outcome && outcome->timed_out ? "timed out after " + base::to_go_duration(call.timeout) : *error) +
        (err.empty() ? "" : ": " + err);
  }
  if (!result.failure) result.failure = add_outputs(call, nullptr);
  co_return result;
}

base::Result<std::string> directory_of(OperationCall& call) {
  auto own = evaluated(call, call.operation.spec, "workDir");
  if (!own) return own.error();
  return own->empty() ? call.run.test.directory : own->starts_with("/") ? *own : call.run.test.directory + "/" + *own;
}

}  // namespace

awaitable<OperationOutcome> run_script(OperationCall& call) {
  const Json& spec = call.operation.spec;
  Command command;
  auto directory = directory_of(call);
  if (!directory) co_return OperationOutcome{directory.error().message, ""};
  command.directory = *directory;
  auto environment = environment_of(call, *directory);
  if (!environment) co_return OperationOutcome{environment.error().message, ""};
  command.environment = std::move(*environment);
  std::string content = spec.value("content", "");
  if (spec.contains("file")) {
    auto files = expand_files(call.run.test.directory, spec.value("file", ""), call.run.test.root);
    if (!files) co_return OperationOutcome{files.error().message, ""};
    content = base::read_file(files->front()).value_or("");
  }
  command.argv.push_back(spec.value("shell", "sh"));
  for (const Json& argument : spec.value("shellArgs", Json::array({"-c"})))
    command.argv.push_back(argument.get<std::string>());
  command.argv.push_back(std::move(content));
  co_return co_await run_process(call, std::move(command));
}

awaitable<OperationOutcome> run_command_step(OperationCall& call) {
  const Json& spec = call.operation.spec;
  Command command;
  auto directory = directory_of(call);
  if (!directory) co_return OperationOutcome{directory.error().message, ""};
  command.directory = *directory;
  auto environment = environment_of(call, *directory);
  if (!environment) co_return OperationOutcome{environment.error().message, ""};
  command.environment = *environment;
  command.argv.push_back(spec.value("entrypoint", ""));
  for (const Json& argument : spec.value("args", Json::array()))
    command.argv.push_back(expand(argument.get<std::string>(), *environment));
  co_return co_await run_process(call, std::move(command));
}

}  // namespace scenario
