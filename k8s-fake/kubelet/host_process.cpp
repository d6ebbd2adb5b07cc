#include "k8s-fake/kubelet/host_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace k8s_fake {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

namespace {

/// A child that leads a group of its own; neither outlives this object, as nothing in a container outlives its first
/// process.
struct Child {
  pid_t pid = -1;
  bool reaped = false;
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Only while the leader is not reaped: its number is nobody else's until then.
  void kill_group() const { ::kill(-pid, SIGKILL); }
  ~Child() {
    if (pid <= 0 || reaped) return;
    kill_group();
    ::kill(pid, SIGKILL);  // before it has made the group
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
};

struct PipeEnds {
  int read = -1;
  int write = -1;
};

bool open_pipe(PipeEnds& ends) {
  int both[2];
  if (::pipe2(both, O_CLOEXEC) != 0) return false;
  ends = {both[0], both[1]};
  return true;
}

/// Between fork and exec only calls that are safe after fork in a program with threads.
[[noreturn]] void become(const char* path, char* const* argv, char* const* envp, const char* folder, int in, int out,
                         int err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(137);
  ::setpgid(0, 0);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  if (folder[0] != '\0' && ::chdir(folder) != 0) (void)::chdir("/");
  ::execve(path, argv, envp);
  ::_exit(127);
}

asio::awaitable<void> feed(Descriptor& to, std::shared_ptr<base::Pipe> from, base::Clock& clock) {
  while (const base::Chunk chunk = co_await from->read()) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await asio::async_write(to, asio::buffer(*chunk), token);
    if (error) break;
  }
  boost::system::error_code ignored;
  to.close(ignored);
  for (;;) co_await base::sleep_for(clock, std::chrono::hours(24));  // the end of input is not the end of the program
}

asio::awaitable<void> collect(Descriptor& from, std::shared_ptr<base::Pipe> to, base::Clock& clock) {
  std::array<char, 16384> buffer;
  for (;;) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const std::size_t size = co_await from.async_read_some(asio::buffer(buffer), token);
    if (error) break;
    to->write(std::string(buffer.data(), size));
    const bool open = co_await to->room(4U << 20);
    (void)open;
  }
  for (;;) co_await base::sleep_for(clock, std::chrono::hours(24));  // it may close its output and go on
}

/// What is left in the pipe after the program's end. Other holders of the pipe are not waited for.
void drain(Descriptor& from, base::Pipe& to) {
  std::array<char, 16384> buffer;
  boost::system::error_code error;
  from.non_blocking(true, error);
  for (;;) {
    const std::size_t size = from.read_some(asio::buffer(buffer), error);
    if (error || size == 0) return;
    to.write(std::string(buffer.data(), size));
  }
}

asio::awaitable<void> wait_for_end(Descriptor& pidfd) {
  boost::system::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await pidfd.async_wait(Descriptor::wait_read, token);
}

asio::awaitable<int> run_on_host(std::shared_ptr<Process> process, std::vector<std::string> paths) {
  using namespace asio::experimental::awaitable_operators;
  std::string path;
  for (const std::string& one : paths) {
    if (path.empty() && ::access(one.c_str(), X_OK) == 0) path = one;
  }
  if (path.empty()) {
    process->err->write("exec " + process->spec().argv[0] + ": no such file or directory\n");
    co_return 127;
  }
  std::vector<std::string> variables;
  for (const auto& [name, value] : process->spec().env) variables.push_back(name + "=" + value);
  std::vector<std::string> words = process->spec().argv;
  std::vector<char*> argv, envp;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& word : variables) envp.push_back(word.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  PipeEnds in, out, err;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(err)) {
    process->err->write(std::string("cannot make a pipe: ") + std::strerror(errno) + "\n");
    co_return 126;
  }
  const std::string folder = process->spec().pod_root;
  Child child;
  const pid_t parent = ::getpid();
  child.pid = ::fork();
  if (child.pid == 0)
    become(path.c_str(), argv.data(), envp.data(), folder.c_str(), in.read, out.write, err.write, parent);
  for (const int fd : {in.read, out.write, err.write}) ::close(fd);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Descriptor to_child(executor, in.write);
  Descriptor from_out(executor, out.read);
  Descriptor from_err(executor, err.read);
  if (child.pid < 0) {
    process->err->write(std::string("cannot start a process: ") + std::strerror(errno) + "\n");
    co_return 126;
  }
  Descriptor pidfd(executor, static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  const pid_t pid = child.pid;
  process->on_signal = [pid](int number) { return ::kill(pid, number) == 0; };
  base::Clock& clock = process->clock();
  co_await (wait_for_end(pidfd) || feed(to_child, process->in, clock) || collect(from_out, process->out, clock) ||
            collect(from_err, process->err, clock));
  process->on_signal = nullptr;
  child.kill_group();
  int status = 0;
  const pid_t ended = ::waitpid(child.pid, &status, WNOHANG);
  if (ended == 0) co_return 128 + SIGKILL;  // this task was cancelled before the program's end: Child kills it
  child.reaped = true;
  drain(from_out, *process->out);
  drain(from_err, *process->err);
  co_return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Program host_program(std::vector<std::string> paths) {
  return [paths](std::shared_ptr<Process> process) { return run_on_host(std::move(process), paths); };
}

Images host_images(asio::io_context&, const std::string& directory) {
  const auto program = [&](const std::string& name) {
    return host_program({directory + "/" + name, directory + "/../trident-installer/" + name,
                         directory + "/../trident-installer/extras/" + name});
  };
  Images images;
  images["netapp/trident:17.10.1"] = {
      {"/usr/local/bin/trident_orchestrator"},
      {{"trident_orchestrator", program("trident_orchestrator")}, {"tridentctl", program("tridentctl")}}};
  images["netapp/trident-launcher:17.10.1"] = {{"/usr/local/bin/launcher"}, {{"launcher", program("launcher")}}};
  return images;
}

}  // namespace k8s_fake
