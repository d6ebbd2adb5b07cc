#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/result.h"

namespace boost::asio {
class io_context;
}

/// Runs a program of the host and collects what it prints. It gets a process group of its own, which is ended with it
/// when the time is up (TERM, then KILL). Only for the wire world: its progress is invisible to a virtual clock.
/// Errors: not_found and invalid (cannot be started), unavailable (timed out; what it printed so far is in the
/// message's tail).
namespace scenario {

struct Command {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  // added to the runner's own
  std::string directory;
  std::string input;
};

struct Outcome {
  int exit_code = 0;  // 128 + signal when a signal ended it
  bool timed_out = false;
  std::string out, err;
};

boost::asio::awaitable<base::Result<Outcome>> run_command(boost::asio::io_context& io, base::Clock& clock,
                                                          Command command, base::Duration timeout);

}  // namespace scenario
