#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "ontap-sim/cli/session.h"
#include "ontap-sim/config.h"
#include "provisioner/base/clock.h"

/// A cluster from a LAB.yaml with a clustershell on it; the invariants are checked after every line.
namespace ontap_sim::cli {

struct Shell {
  explicit Shell(const std::string& yaml = "") {
    const auto config = parse_config(yaml, "lab.yaml");
    CHECK(config.ok());
    if (auto made = populate(cluster, *config); !made) problem = made.error().message;
  }
  std::string operator()(std::string_view line, const std::vector<std::string>& answers = {}) {
    const Outcome outcome = run_line(cluster, user, line, answers, settings);
    for (const std::string& one : model::check_invariants(cluster)) problem += one + "\n";
    failed = outcome.failed;
    return outcome.output + (outcome.question ? outcome.question->prompt : "");
  }
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  model::Cluster cluster{clock, 1};
  User user;
  Settings settings;
  std::string problem;
  bool failed = false;
};

}  // namespace ontap_sim::cli
