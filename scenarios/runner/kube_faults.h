#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/random.h"
#include "provisioner/base/result.h"

/// Faults of the Kubernetes API: rules that select requests and spoil them before or after they are served. A Fault
/// object with `target: kubernetes` has these keys: name, preset, method, path and client (patterns with * and ?,
/// client is the User-Agent), nth (only that occurrence, from 1), times (at most so often), probability, action (error,
/// delay, drop-request, drop-reply, hang), status, reason, message, delay. The runner's own requests are never spoiled.
/// Errors: invalid (an unknown key, action or preset, a value of the wrong type). Source: the API's documented error
/// answers.
namespace scenario {

/// The User-Agent of the runner's own client.
inline constexpr std::string_view kRunnerAgent = "drydock";

struct KubeFaultPreset {
  std::string_view name;
  int status;
  std::string_view reason;
  std::string_view purpose;
};
const std::vector<KubeFaultPreset>& kube_fault_presets();

class KubeFaults {
 public:
  explicit KubeFaults(std::uint64_t seed) : rng_(seed) {}
  base::Result<void> add(const nlohmann::json& rule);
  void remove(const std::string& name);
  base::http::Response serve(const base::http::Request& request,
                             const std::function<base::http::Response(const base::http::Request&)>& next);

 private:
  struct Rule {
    std::string name, method = "*", path = "*", client = "*", action = "error", reason = "InternalError", message;
    std::uint64_t nth = 0, times = 0, seen = 0, hit = 0;
    double probability = 1;
    int status = 500;
    base::Duration delay{0};
  };
  Rule* find(const base::http::Request& request);

  base::Rng rng_;
  std::vector<Rule> rules_;
};

}  // namespace scenario
