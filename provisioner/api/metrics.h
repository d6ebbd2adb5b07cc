#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "provisioner/core/orchestrator.h"

/// What /metrics says, in Prometheus' text format under Trident's own names (frontend/rest and core of 20.01).
namespace provisioner::api {

struct RestMetrics {
  struct Sum {
    std::uint64_t calls = 0;
    double seconds = 0;
  };
  std::map<std::tuple<std::string, std::string, int>, Sum> calls;  // method, route, status
  void count(const std::string& method, const std::string& route, int status, double seconds);
};

std::string metrics_text(const Orchestrator& core, const std::string& version, const RestMetrics& rest);
/// A label's value with backslash, quote and newline escaped.
std::string label(const std::string& value);

}  // namespace provisioner::api
