#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/pipe.h"

/// A running command of a container, whatever is behind it: a built-in command, a process of the host (host_process.h)
/// or a task that the lab's runner supplies. All three are a Program: a coroutine that gets a Process and returns the
/// exit code. Input, output and errors are pipes of raw bytes; with a terminal, `err` is the same pipe as `out`.
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
  std::string host_name;
  std::string pod_root;  // the pod's own folder on the host ("" when the lab has no folder: in memory)
  std::shared_ptr<FileTree> files;
};

class Process;
/// Runs until its end and returns the exit code, 0 to 255. SIGKILL cancels the coroutine at its current wait.
using Program = std::function<boost::asio::awaitable<int>(std::shared_ptr<Process>)>;

class Process {
 public:
  Process(base::Clock& clock, ProcessSpec spec);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const ProcessSpec& spec() const { return spec_; }
  base::Clock& clock() const { return clock_; }

  std::shared_ptr<base::Pipe> in, out, err;

  /// Sends a signal. Without a handler TERM, INT, HUP, QUIT and KILL end the program with 128 + number, others do
  /// nothing.
  void signal(int number);
  /// The program's own handler; returns true when it dealt with the signal (KILL never asks).
  std::function<bool(int number)> on_signal;
  /// Size of the terminal, and who wants to know when it changes.
  int columns = 80, rows = 24;
  std::function<void()> on_resize;

  /// Nothing while it runs.
  std::optional<int> exit_code() const { return exit_code_; }

 private:
  friend class Processes;
  struct Running;
  ProcessSpec spec_;
  base::Clock& clock_;
  std::optional<int> exit_code_;
  int killed_by_ = 0;
  std::unique_ptr<Running> running_;
};

/// All running processes of a kubelet. Must be empty before it dies: kill_all() and let the loop run.
class Processes {
 public:
  Processes(boost::asio::any_io_executor executor, base::Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}
  ~Processes();
  /// Starts with the loop's next turn. `on_exit` is called once, after `out` and `err` were closed.
  std::shared_ptr<Process> start(ProcessSpec spec, Program program, std::function<void(int)> on_exit);
  void kill_all();
  std::size_t size() const { return running_.size(); }

 private:
  boost::asio::any_io_executor executor_;
  base::Clock& clock_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Process>> running_;
};

/// What an image holds beyond the built-in commands. Commands are found by the base name of argv[0].
struct Image {
  std::vector<std::string> command;         // used when the container names none
  std::map<std::string, Program> commands;  // "trident_orchestrator" -> program
};
/// Keyed by the image's name as pods write it ("netapp/trident:17.10.1").
using Images = std::map<std::string, Image>;

}  // namespace k8s_fake
