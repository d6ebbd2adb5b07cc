// Containers that are processes of this machine.
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/kubelet/host_process.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct Host {
  boost::asio::io_context io;
  base::RealClock clock{io};
  Processes processes{io.get_executor(), clock};
  std::optional<int> exit_code;
  std::string out, err;

  std::shared_ptr<Process> start(std::vector<std::string> argv, std::vector<std::string> paths,
                                 std::map<std::string, std::string> env = {}) {
    ProcessSpec spec;
    spec.argv = std::move(argv);
    spec.env = std::move(env);
    return processes.start(std::move(spec), host_program(std::move(paths)), [this](int code) { exit_code = code; });
  }

  static void take(base::Pipe& from, std::string& into) {
    while (const auto chunk = from.try_read()) into += *chunk;
  }

  /// Lets the loop run until `done` says so, ten seconds at most.
  template <class Done>
  bool run(Process& process, Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      io.run_one_for(std::chrono::milliseconds(20));
      take(*process.out, out);
      take(*process.err, err);
    }
    return done();
  }
  bool run_to_end(Process& process) {
    return run(process, [this] { return exit_code.has_value() && processes.size() == 0; });
  }
};

TEST(HostProcess, OutputErrorsAndExitCodeComeThrough) {
  Host host;
  const auto process = host.start({"sh", "-c", "echo said; echo failed >&2; exit 7"}, {"/nowhere/sh", "/bin/sh"});
  ASSERT_TRUE(host.run_to_end(*process));
  EXPECT_EQ(host.exit_code, 7);
  EXPECT_EQ(host.out, "said\n");
  EXPECT_EQ(host.err, "failed\n");
}

TEST(HostProcess, InputArrivesAndEnds) {
  Host host;
  const auto process = host.start({"cat"}, {"/bin/cat"});
  process->in->write("one\ntwo\n");
  process->in->close();
  ASSERT_TRUE(host.run_to_end(*process));
  EXPECT_EQ(host.exit_code, 0);
  EXPECT_EQ(host.out, "one\ntwo\n");
}

TEST(HostProcess, OnlyTheContainersOwnVariablesAreThere) {
  Host host;
  const auto process = host.start({"env"}, {"/usr/bin/env"}, {{"MODE", "lab"}});
  ASSERT_TRUE(host.run_to_end(*process));
  EXPECT_EQ(host.out, "MODE=lab\n");
}

TEST(HostProcess, AMissingProgramIsSaid) {
  Host host;
  const auto process = host.start({"launcher"}, {"/nowhere/launcher"});
  ASSERT_TRUE(host.run_to_end(*process));
  EXPECT_EQ(host.exit_code, 127);
  EXPECT_EQ(host.err, "exec launcher: no such file or directory\n");
}

TEST(HostProcess, SignalsReachIt) {
  Host host;
  const auto process = host.start({"sh", "-c", "echo ready; exec sleep 1000"}, {"/bin/sh"});
  ASSERT_TRUE(host.run(*process, [&] { return host.out == "ready\n"; }));
  process->signal(SIGTERM);
  ASSERT_TRUE(host.run_to_end(*process));
  EXPECT_EQ(host.exit_code, 128 + SIGTERM);
}

bool runs(const std::string& pid) {
  const auto stat = base::read_file("/proc/" + pid + "/stat");
  return stat && stat->find(") Z") == std::string::npos;
}

TEST(HostProcess, OneThatIgnoresSignalsIsKilledWithAllItStarted) {
  Host host;
  const auto process = host.start({"sh", "-c", "trap '' TERM INT HUP; sleep 1000 & echo $$ $!; wait"}, {"/bin/sh"});
  ASSERT_TRUE(host.run(*process, [&] { return host.out.ends_with('\n'); }));
  const std::string leader = host.out.substr(0, host.out.find(' '));
  const std::string other = host.out.substr(leader.size() + 1, host.out.size() - leader.size() - 2);
  ASSERT_TRUE(runs(leader) && runs(other)) << host.out;
  process->signal(SIGKILL);
  ASSERT_TRUE(host.run_to_end(*process));
  EXPECT_EQ(host.exit_code, 128 + SIGKILL);
  EXPECT_TRUE(host.run(*process, [&] { return !runs(leader) && !runs(other); }));
}

TEST(HostProcess, WhatItLeavesBehindEndsWithIt) {
  Host host;
  const auto process = host.start({"sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"}, {"/bin/sh"});
  ASSERT_TRUE(host.run_to_end(*process));
  EXPECT_EQ(host.exit_code, 0);
  EXPECT_TRUE(host.run(*process, [&] { return !runs(host.out.substr(0, host.out.size() - 1)); }));
}

}  // namespace
}  // namespace k8s_fake
