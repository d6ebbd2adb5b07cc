#pragma once

#include <deque>
#include <optional>
#include <string>

#include "k8s-fake/server.h"
#include "provisioner/base/http/faults.h"

/// The lab's own door into the API server, for administrators: JSON under /drydock/v1/{faults,clock,writes,history}.
///   GET /drydock/v1/faults; POST one rule (provisioner/base/http/faults.h); DELETE /drydock/v1/faults[/NAME]
///   GET /drydock/v1/clock -> {"now"}; POST {"advance": "1h"} where the clock is virtual
///   GET /drydock/v1/writes -> the latest writes: version, verb, resource, namespace, name, user
///   DELETE /drydock/v1/history: forget watch history, so that old versions answer 410
/// Source: lab.md decision 7; kubernetes.md 5.11.
namespace k8s_fake {

class LabDoor {
 public:
  LabDoor(Server& server, std::uint64_t seed);
  base::http::Faults& faults() { return faults_; }
  /// The handler with faults around it.
  base::http::Handler wrap(base::http::Handler inner) { return faults_.wrap(std::move(inner)); }
  /// Set by those who own a virtual clock.
  std::function<bool(base::Duration)> advance;

 private:
  std::optional<base::http::Response> answer(const base::http::Request& request, const User& user);
  base::http::Response answer_faults(const base::http::Request& request, const std::string& name);

  Server& server_;
  base::http::Faults faults_;
  std::deque<std::pair<const Resource*, EventPtr>> writes_;  // the last of them
};

}  // namespace k8s_fake
