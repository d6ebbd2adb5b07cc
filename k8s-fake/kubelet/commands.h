#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "k8s-fake/kubelet/files.h"
#include "k8s-fake/kubelet/process.h"
#include "k8s-fake/kubelet/storage_hooks.h"

/// The built-in commands of containers: busybox and coreutils as far as people use them in a lab, a small POSIX shell,
/// nginx and etcd. A command is one row: a name and a function. Wording follows busybox in busybox images, GNU
/// elsewhere.
namespace k8s_fake {

/// What a command works with. It outlives the command.
struct Command {
  std::shared_ptr<Process> process;
  const StorageHooks* hooks = nullptr;
  std::vector<std::string> args;  // args[0] is the name it was called by
  std::map<std::string, std::string> env;
  std::string cwd = "/";
  std::shared_ptr<base::Pipe> in;
  std::function<void(std::string)> out;
  std::function<void(std::string)> err;

  FileTree& files() const { return *process->spec().files; }
  bool busybox() const;
  std::string path(const std::string& name) const { return absolute_path(name, cwd); }
  /// "name: text" on the error output; returns 1.
  int fail(const std::string& text, int code = 1) const;
};

/// Everything that comes in until its end.
boost::asio::awaitable<std::string> read_all(std::shared_ptr<base::Pipe> in);

using QuickCommand = int (*)(Command&);
using SlowCommand = boost::asio::awaitable<int> (*)(Command&);
struct CommandRow {
  const char* name;
  QuickCommand quick = nullptr;
  SlowCommand slow = nullptr;
};

const std::vector<CommandRow>& file_commands();    // ls cat touch mkdir rm tar dd ...
const std::vector<CommandRow>& system_commands();  // df mount ping sleep env hostname date nginx etcd ...
const std::vector<CommandRow>& text_commands();    // echo grep head tail wc sort tee ...

/// Null when there is no such command.
const CommandRow* find_command(const std::string& name);
/// Runs the command that `args` names; 127 with a message when there is none.
boost::asio::awaitable<int> run_command(Command& command);
/// The shell: `sh -c TEXT`, `sh FILE`, or lines from the input with a prompt on a terminal.
boost::asio::awaitable<int> run_shell(Command& command);
/// A Program that runs a built-in command; `hooks` must outlive it.
Program builtin_program(const StorageHooks& hooks);

}  // namespace k8s_fake
