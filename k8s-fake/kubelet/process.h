#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/pipe.h"
#include "provisioner/base/task_group.h"

/// A running command of a container, whatever is behind it: a built-in command, a process of the host (host_process.h) or a
/// task that the lab's runner supplies. All three are a Program: a coroutine that gets a Process and returns the exit code.
/// Input, output and errors are pipes of raw bytes; with a terminal, `err` is the same pipe as `out`.
namespace k8s_fake {

class FileTree;

/// Everything the program may know about where it runs.
struct ProcessSpec {
  std::vector<std::string> argv;  // never empty
  std::map<std::string, std::string> env;
  std::string cwd = "/";
  bool tty = false;
  bool stdin_open = false;
  std::string node;
  std::string ns;
  std::string pod;
  std::string pod_uid;
  std::string container;
  std::string image;
  std::string pod_ip;
  std::string pod_root;  // the pod's own folder on the host ("" when the lab has no folder: in memory)
  std::shared_ptr<FileTree> files;
};

class Process;
/// Runs until its end and returns the exit code, 0 to 255. SIGKILL cancels the coroutine at its current wait.
using Program = std::function<boost::asio::awaitable<int>(std::shared_ptr<Process>)>;

class Process : public std::enable_shared_from_this<Process> {
 public:
  /// Starts at once. `tasks` must outlive the process. `on_exit` is called once, with the exit code.
  static std::shared_ptr<Process> start(base::TaskGroup& tasks, base::Clock& clock, ProcessSpec spec, Program program,
                                        std::function<void(int)> on_exit);

  const ProcessSpec& spec() const { return spec_; }
  base::Clock& clock() const { return clock_; }

  std::shared_ptr<base::Pipe> in, out, err;

  /// Sends a signal. Without a handler TERM, INT, HUP, QUIT and KILL end the program with 128 + number.
  void signal(int number);
  /// The program's own handler; returns true when it dealt with the signal (KILL never asks).
  std::function<bool(int number)> on_signal;

  std::optional<int> exit_code() const { return exit_code_; }

  void print(std::string text) { out->write(std::move(text)); }
  void print_error(std::string text) { err->write(std::move(text)); }

 private:
  Process(base::Clock& clock, ProcessSpec spec) : spec_(std::move(spec)), clock_(clock) {}
  static boost::asio::awaitable<void> run(std::shared_ptr<Process> self, Program program);
  void finish(int code);

  ProcessSpec spec_;
  base::Clock& clock_;
  std::function<void(int)> on_exit_;
  std::optional<int> exit_code_;
  int killed_by_ = 0;
  std::unique_ptr<base::TaskGroup> own_;
};

/// What an image holds beyond the built-in commands. Commands are found by the base name of argv[0].
struct Image {
  std::vector<std::string> command;          // used when the container names none
  std::map<std::string, Program> commands;   // "trident_orchestrator" -> program
};
/// Keyed by the image's name as pods write it ("netapp/trident:17.10.1").
using Images = std::map<std::string, Image>;

}  // namespace k8s_fake
