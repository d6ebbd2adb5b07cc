// The row of a pod. Source: kubernetes.md 1.12.11.
#include <cstdint>
#include <string>

#include "k8s-fake/cells.h"
#include "k8s-fake/table.h"

namespace k8s_fake {
namespace {

std::string ended_text(const Json& ended, const std::string& prefix) {
  if (const std::string reason = text_at(ended, "reason"); !reason.empty()) return prefix + reason;
  const std::int64_t signal = int_at(ended, {"signal"});
  return signal != 0 ? prefix + "Signal:" + std::to_string(signal)
                     : prefix + "ExitCode:" + std::to_string(int_at(ended, {"exitCode"}));
}

bool always_restarts(const Json& pod, const std::string& container) {
  for (const auto& each : at_path(pod, {"spec", "initContainers"})) {
    if (text_at(each, "name") == container) return text_at(each, "restartPolicy") == "Always";
  }
  return false;
}

struct Summary {
  std::string reason;
  std::int64_t ready = 0, total = 0, restarts = 0;
  std::string last_end;  // of the latest restart
};

void count_restarts(const Json& status, Summary& out) {
  out.restarts += int_at(status, {"restartCount"});
  const std::string end = text_at(status, {"lastState", "terminated", "finishedAt"});
  if (end > out.last_end) out.last_end = end;
}

/// True when an init container is not done, so that it decides the text.
bool init_decides(const Json& pod, Summary& out) {
  const Json& statuses = at_path(pod, {"status", "initContainerStatuses"});
  const std::size_t total = at_path(pod, {"spec", "initContainers"}).size();
  std::size_t index = 0;
  for (const auto& each : statuses) {
    count_restarts(each, out);
    const bool sidecar = always_restarts(pod, text_at(each, "name"));
    if (sidecar && is_true(each, {"ready"})) ++out.ready;
    const Json& ended = at_path(each, {"state", "terminated"});
    const std::string waiting = text_at(each, {"state", "waiting", "reason"});
    if (ended.is_object() && int_at(ended, {"exitCode"}) == 0) {
      ++index;
      continue;
    }
    if (sidecar && is_true(each, {"started"})) {
      ++index;
      continue;
    }
    if (ended.is_object()) out.reason = ended_text(ended, "Init:");
    else if (!waiting.empty() && waiting != "PodInitializing") out.reason = "Init:" + waiting;
    else out.reason = "Init:" + std::to_string(index) + "/" + std::to_string(total);
    return true;
  }
  return false;
}

void containers_decide(const Json& pod, Summary& out) {
  const Json& statuses = at_path(pod, {"status", "containerStatuses"});
  out.restarts = 0;
  out.last_end.clear();
  bool running = false;
  for (std::size_t i = statuses.size(); i > 0; --i) {
    const Json& each = statuses[i - 1];
    count_restarts(each, out);
    const std::string waiting = text_at(each, {"state", "waiting", "reason"});
    const Json& ended = at_path(each, {"state", "terminated"});
    if (!waiting.empty()) {
      out.reason = waiting;
    } else if (ended.is_object()) {
      out.reason = ended_text(ended, "");
    } else if (is_true(each, {"ready"}) && at_path(each, {"state", "running"}).is_object()) {
      running = true;
      ++out.ready;
    }
  }
  if (out.reason != "Completed" || !running) return;
  out.reason = "NotReady";
  for (const auto& each : at_path(pod, {"status", "conditions"})) {
    if (text_at(each, "type") == "Ready" && text_at(each, "status") == "True") out.reason = "Running";
  }
}

Summary summary_of(const RowInput& in) {
  const Json& pod = in.object;
  Summary out;
  const std::string phase = text_at(pod, {"status", "phase"});
  const std::string reason = text_at(pod, {"status", "reason"});
  out.reason = reason.empty() ? phase : reason;
  for (const auto& each : at_path(pod, {"status", "conditions"})) {
    if (text_at(each, "type") == "PodScheduled" && text_at(each, "reason") == "SchedulingGated")
      out.reason = "SchedulingGated";
  }
  out.total = static_cast<std::int64_t>(at_path(pod, {"spec", "containers"}).size());
  for (const auto& each : at_path(pod, {"spec", "initContainers"}))
    if (text_at(each, "restartPolicy") == "Always") ++out.total;
  if (!init_decides(pod, out)) containers_decide(pod, out);
  if (!text_at(pod, {"metadata", "deletionTimestamp"}).empty()) {
    const bool ended = phase == "Succeeded" || phase == "Failed";
    if (reason == "NodeLost") out.reason = "Unknown";
    else if (!ended || !in.server.at_least(27)) out.reason = "Terminating";
  }
  return out;
}

}  // namespace

Json pod_cells(const RowInput& in) {
  const Summary summary = summary_of(in);
  const auto or_none = [](std::string text) { return text.empty() ? std::string("<none>") : text; };
  std::string restarts = std::to_string(summary.restarts);
  if (summary.restarts > 0 && !summary.last_end.empty() && in.server.at_least(22))
    restarts += " (" + human_age(in.server, summary.last_end) + " ago)";
  std::string ip = text_at(in.object, {"status", "podIP"});
  std::string gates = "<none>";
  if (const Json& wanted = at_path(in.object, {"spec", "readinessGates"}); wanted.is_array() && !wanted.empty()) {
    std::size_t met = 0;
    for (const auto& gate : wanted) {
      for (const auto& each : at_path(in.object, {"status", "conditions"})) {
        if (at(each, "type") == at(gate, "conditionType") && text_at(each, "status") == "True") ++met;
      }
    }
    gates = std::to_string(met) + "/" + std::to_string(wanted.size());
  }
  return {text_at(in.object, {"metadata", "name"}),
          std::to_string(summary.ready) + "/" + std::to_string(summary.total),
          summary.reason,
          summary.restarts,
          restarts,
          in.age,
          or_none(ip),
          or_none(text_at(in.object, {"spec", "nodeName"})),
          or_none(text_at(in.object, {"status", "nominatedNodeName"})),
          gates};
}

}  // namespace k8s_fake
