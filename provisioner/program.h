#pragma once

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>

#include "provisioner/base/http/wire.h"
#include "provisioner/base/log.h"
#include "provisioner/pod.h"

/// What the server's and the launcher's main functions share: a loop with a clock, a log and the pod's network, and the
/// way from arguments to an exit status (0 done, 1 failed, 2 wrong usage).
namespace provisioner {

struct Program {
  explicit Program(bool debug)
      : logger(clock, base::log_to_stderr(), debug ? base::LogLevel::debug : base::LogLevel::info) {}
  int fatal(const std::string& message) const {
    logger.fatal(message);
    return 1;
  }
  /// Runs the loop until the task has ended; its result.
  int run(boost::asio::awaitable<int> task) {
    int status = 1;
    boost::asio::co_spawn(io, finish(std::move(task), status), boost::asio::detached);
    io.run();
    return status;
  }

  boost::asio::io_context io;
  base::RealClock clock{io};
  base::Logger logger;
  Pod pod = pod_from_environment();
  base::http::WireTransport wire{io, clock};
  PodTransport transport{wire, pod};

 private:
  boost::asio::awaitable<void> finish(boost::asio::awaitable<int> task, int& status) {
    status = co_await std::move(task);
    io.stop();
  }
};

inline int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  std::signal(SIGPIPE, SIG_IGN);
  app.set_version_flag("--version", "17.10.1");
  std::vector<std::string> args = two_dashes(argc, argv);
  try {
    app.parse(args);
    return body();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s: ended by an unexpected failure: %s\n", app.get_name().c_str(), failure.what());
    return 1;
  }
}

}  // namespace provisioner
