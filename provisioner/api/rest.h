#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/log.h"
#include "provisioner/base/random.h"
#include "provisioner/base/task_group.h"
#include "provisioner/core/orchestrator.h"

/// The REST interface of Trident: one row per route in rest_routes.cpp. Reads answer at once; what touches an array or
/// the store answers later. While the core starts every route but the version says 503, after a failed start 500.
/// Answers are one line of JSON with HTML characters escaped; an unknown path or method is Go's plain 404. Each call is
/// an operation (base/operation.h) whose id is the caller's X-Request-Id, or a new one, and stands in the answer.
/// Source: provisioner specification section 3; update, import, snapshots: 18.04 to 19.07; rows 6 and 8 of section 11.
namespace provisioner::api {

struct RestOptions {
  std::string version = "17.10.1";
  base::Rng ids = base::Rng(0);  // for the ids of requests that bring none
  std::string token;             // when set, every call but the version needs "Authorization: Bearer TOKEN"
  /// More lines for /metrics, or nothing.
  std::function<std::string()> more_metrics;
  /// Explains a claim ("namespace/name") as the core would be told of it; empty without Kubernetes.
  std::function<Result<VolumeConfig>(const std::string& claim)> claim_config;
  /// Imports a volume with its claim (19.04); empty without Kubernetes.
  std::function<boost::asio::awaitable<Result<Volume>>(ImportRequest request, Json claim)> import_claim;
};

class Rest {
 public:
  Rest(boost::asio::any_io_executor executor, base::Clock& clock, base::Logger logger, Orchestrator& core,
       RestOptions options);
  /// stop() must have been awaited.
  ~Rest();
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;

  base::http::Response handle(const base::http::Request& request);
  /// The answer to a request that never became one (413 and so on), for the transport.
  static base::http::Response refuse(int status, const std::string& reason);
  boost::asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace provisioner::api
