#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"

/// Load objects: N claims over a time with a profile, measured from the claim's creation to its becoming Bound, and
/// thresholds that turn the figures into a verdict. spec: {claims, over: "10s", profile: constant|ramp|spike,
/// storageClass, size: 1Gi, accessModes, namespace: default, timeout: "5m", thresholds: ["p(95) < 200ms", "bound ==
/// 100", "rate > 5"]}. A threshold is one of p(N), avg, min, max (durations), bound, unbound (counts) and rate (bound
/// claims per second), with < <= > >= ==. The claims, named LOAD-1 and so on, carry the label lab.drydock.dev/load and
/// go with the object. Errors: in the status, phase Failed with a message.
namespace scenario {

class World;

class Loads {
 public:
  explicit Loads(World& world) : world_(world) {}
  ~Loads();
  /// Starts the load that the object describes; the status for now.
  nlohmann::json start(const nlohmann::json& object);
  /// Its claims are deleted.
  void stop(const nlohmann::json& object);
  /// Every answered request of the API, to see claims become Bound.
  void watch(const base::http::Request& request, const base::http::Response& response);

 private:
  struct Run;
  void create(const std::shared_ptr<Run>& run, std::size_t index);
  void finish(const std::shared_ptr<Run>& run);

  World& world_;
  std::map<std::string, std::shared_ptr<Run>> runs_;  // by the object's name
};

/// Whether the figures satisfy "p(95) < 200ms"; `why` says what the figure was, or what is wrong with the threshold
/// (then false). `seconds` are sorted.
bool meets_threshold(const std::string& threshold, const std::vector<double>& seconds, std::size_t wanted, double took,
                     std::string& why);

}  // namespace scenario
