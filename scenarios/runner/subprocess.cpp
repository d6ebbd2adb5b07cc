#include "scenarios/runner/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "provisioner/base/task_group.h"

extern char** environ;

namespace scenario {

using base::Error;
using base::ErrorKind;
using boost::asio::awaitable;
using Descriptor = boost::asio::posix::stream_descriptor;

namespace {

awaitable<void> collect(std::shared_ptr<Descriptor> from, std::shared_ptr<std::string> to) {
  std::string buffer(16384, '\0');
  while (true) {
    boost::system::error_code failure;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, failure);
    const std::size_t n = co_await from->async_read_some(boost::asio::buffer(buffer), token);
    if (failure) co_return;
    if (to->size() < 64U << 20U) to->append(buffer, 0, n);
  }
}

awaitable<void> feed(std::shared_ptr<Descriptor> to, std::shared_ptr<std::string> text) {
  boost::system::error_code failure;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, failure);
  co_await boost::asio::async_write(*to, boost::asio::buffer(*text), token);
  to->close(failure);
}

struct Pipe {
  int read = -1, write = -1;
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

base::Result<pid_t> spawn(const Command& command, int in, int out, int err) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (command.environment.find(text.substr(0, text.find('='))) == command.environment.end())
      environment.push_back(text);
  }
  for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
  std::vector<char*> env, argv;
  for (std::string& entry : environment) env.push_back(entry.data());
  env.push_back(nullptr);
  std::vector<std::string> words = command.argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  if (!command.directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, command.directory.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  // The search for the program uses the command's PATH, not ours.
  std::string program = words[0];
  if (program.find('/') == std::string::npos) {
    const auto own = command.environment.find("PATH");
    const char* inherited = ::getenv("PATH");
    const std::string path = own != command.environment.end() ? own->second
                             : inherited != nullptr           ? inherited
                                                              : "/usr/bin:/bin";
    for (std::size_t at = 0; at <= path.size();) {
      const std::size_t end = std::min(path.find(':', at), path.size());
      const std::string candidate = path.substr(at, end - at) + "/" + words[0];
      if (::access(candidate.c_str(), X_OK) == 0) {
        program = candidate;
        break;
      }
      at = end + 1;
    }
  }
  const int failure = program.find('/') == std::string::npos
                          ? ENOENT
                          : ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0)
    return Error{failure == ENOENT ? ErrorKind::not_found : ErrorKind::invalid,
                 words[0] + ": " + std::strerror(failure)};
  return pid;
}

}  // namespace

awaitable<base::Result<Outcome>> run_command(boost::asio::io_context& io, base::Clock& clock, Command command,
                                             base::Duration timeout) {
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open())
    co_return Error{ErrorKind::unavailable, std::string("pipe: ") + std::strerror(errno)};
  base::Result<pid_t> pid = spawn(command, in.read, out.write, err.write);
  for (int end : {in.read, out.write, err.write}) ::close(end);
  if (!pid) {
    for (int end : {in.write, out.read, err.read}) ::close(end);
    co_return pid.error();
  }
  const pid_t child = *pid;
  auto from_out = std::make_shared<Descriptor>(io, out.read);
  auto from_err = std::make_shared<Descriptor>(io, err.read);
  auto to_in = std::make_shared<Descriptor>(io, in.write);
  auto text_out = std::make_shared<std::string>();
  auto text_err = std::make_shared<std::string>();
  auto text_in = std::make_shared<std::string>(std::move(command.input));
  base::TaskGroup readers(io.get_executor());
  readers.spawn(collect(from_out, text_out));
  readers.spawn(collect(from_err, text_err));
  readers.spawn(feed(to_in, text_in));

  Outcome outcome;
  Descriptor handle(io, static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  auto timed_out = std::make_shared<bool>(false);
  const base::TimerId stop = clock.after(timeout, [child, timed_out] {
    *timed_out = true;
    ::kill(-child, SIGTERM);
  });
  const base::TimerId kill = clock.after(timeout + std::chrono::seconds(2), [child] { ::kill(-child, SIGKILL); });
  boost::system::error_code failure;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, failure);
  co_await handle.async_wait(Descriptor::wait_read, token);
  int status = 0;
  ::waitpid(child, &status, 0);
  clock.cancel(stop);
  clock.cancel(kill);
  // What the program left behind in its group (a stand-in's child, a pipeline) ends with it when the time was up.
  if (*timed_out) ::kill(-child, SIGKILL);
  // Output that is still in the pipes is read; a background child that keeps them open is not waited for.
  for (int i = 0; i < 20 && readers.size() > 0; ++i) {
    co_await base::sleep_for(clock, std::chrono::milliseconds(i < 3 ? 0 : 5));
    if (readers.size() == 0) break;
  }
  readers.stop();
  co_await readers.join();
  outcome.timed_out = *timed_out;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = std::move(*text_out);
  outcome.err = std::move(*text_err);
  co_return outcome;
}

}  // namespace scenario
