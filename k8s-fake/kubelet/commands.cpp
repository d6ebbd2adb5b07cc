#include "k8s-fake/kubelet/commands.h"

#include "provisioner/base/text.h"

namespace k8s_fake {

namespace asio = boost::asio;

bool Command::busybox() const {
  return process->spec().image.find("busybox") != std::string::npos ||
         process->spec().image.find("alpine") != std::string::npos;
}

int Command::fail(const std::string& text, int code) const {
  err(args[0] + ": " + text + "\n");
  return code;
}

asio::awaitable<std::string> read_all(std::shared_ptr<base::Pipe> in) {
  std::string all;
  while (const base::Chunk chunk = co_await in->read()) all += *chunk;
  co_return all;
}

const CommandRow* find_command(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  const std::string base_name = slash == std::string::npos ? name : name.substr(slash + 1);
  for (const auto* table : {&file_commands(), &system_commands(), &text_commands()}) {
    for (const CommandRow& row : *table) {
      if (base_name == row.name) return &row;
    }
  }
  return nullptr;
}

asio::awaitable<int> run_command(Command& command) {
  const CommandRow* row = find_command(command.args[0]);
  if (!row) {
    command.err("sh: " + command.args[0] + ": not found\n");
    co_return 127;
  }
  if (row->quick) co_return row->quick(command);
  co_return co_await row->slow(command);
}

namespace {

asio::awaitable<int> run_builtin(std::shared_ptr<Process> process, const StorageHooks* hooks) {
  Command command;
  command.process = process;
  command.hooks = hooks;
  command.args = process->spec().argv;
  command.env = process->spec().env;
  command.cwd = process->spec().cwd;
  command.in = process->in;
  Process* raw = process.get();
  command.out = [raw](std::string text) { raw->out->write(std::move(text)); };
  command.err = [raw](std::string text) { raw->err->write(std::move(text)); };
  co_return co_await run_command(command);
}

}  // namespace

Program builtin_program(const StorageHooks& hooks) {
  const StorageHooks* kept = &hooks;
  return [kept](std::shared_ptr<Process> process) { return run_builtin(std::move(process), kept); };
}

}  // namespace k8s_fake
