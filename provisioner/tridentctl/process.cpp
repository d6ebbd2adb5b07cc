#include "provisioner/tridentctl/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace provisioner::tridentctl {

namespace {

struct Ends {
  int read = -1;
  int write = -1;
};

bool open_pipe(Ends& ends) {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) return false;
  ends = {fds[0], fds[1]};
  return true;
}

void close_fd(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

/// One round of moving bytes; false once both outputs are at their end.
bool pump(int& in, int& out, int& errors, const std::string& input, std::size_t& written, Ran& ran) {
  if (in >= 0 && written == input.size()) close_fd(in);
  std::array<pollfd, 3> fds{pollfd{in, POLLOUT, 0}, pollfd{out, POLLIN, 0}, pollfd{errors, POLLIN, 0}};
  if (out < 0 && errors < 0) return false;
  if (poll(fds.data(), fds.size(), -1) < 0) return errno == EINTR;
  if (fds[0].revents != 0) {
    const ssize_t sent = write(in, input.data() + written, input.size() - written);
    if (sent > 0) written += static_cast<std::size_t>(sent);
    if (sent < 0 && errno != EAGAIN) close_fd(in);
  }
  const auto take = [](const pollfd& ready, int& fd, std::string& into) {
    if (ready.revents == 0) return;
    std::array<char, 65536> buffer{};
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
    if (got <= 0 && errno != EINTR) close_fd(fd);
  };
  take(fds[1], out, ran.output);
  take(fds[2], errors, ran.errors);
  return true;
}

}  // namespace

Ran run_process(const std::vector<std::string>& argv, bool merge_errors, const std::string& input) {
  Ran ran;
  ran.status = 127;
  Ends in;
  Ends out;
  Ends errors;
  if (!open_pipe(in) || !open_pipe(out) || !open_pipe(errors)) {
    ran.errors = std::strerror(errno);
    return ran;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&actions, merge_errors ? out.write : errors.write, 2);
  std::vector<std::string> words = argv;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t pid = 0;
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);  // ignored here, not in the child
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int failure = posix_spawnp(&pid, pointers[0], &actions, &attributes, pointers.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close_fd(in.read);
  close_fd(out.write);
  close_fd(errors.write);
  if (failure != 0) {
    ran.errors = argv[0] + ": " + std::strerror(failure);
  } else {
    std::size_t written = 0;
    fcntl(in.write, F_SETFL, O_NONBLOCK);
    while (pump(in.write, out.read, errors.read, input, written, ran)) {
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  close_fd(in.write);
  close_fd(out.read);
  close_fd(errors.read);
  return ran;
}

}  // namespace provisioner::tridentctl
