#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "ontap-sim/config.h"
#include "ontap-sim/sim.h"
#include "provisioner/base/check.h"

/// A whole simulator with the default lab, for inputs that reach it from outside.
struct FuzzedArray {
  FuzzedArray() {
    const auto config = ontap_sim::parse_config("", "lab.yaml");
    CHECK(config.ok());
    auto opened = ontap_sim::Sim::open(clock, *config, 1, base::Logger(clock, base::log_to_nowhere()));
    CHECK(opened.ok());
    sim = std::move(*opened);
  }

  boost::asio::io_context io;
  base::VirtualClock clock{io};
  std::unique_ptr<ontap_sim::Sim> sim;
};
