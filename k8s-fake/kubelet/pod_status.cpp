#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/kubelet/pod.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

std::string Pod::restart_policy() const {
  const std::string policy = text(*object, "/spec/restartPolicy");
  return policy.empty() ? "Always" : policy;
}

std::string Pod::field_path(const Container& container) const {
  return std::string(container.init    ? "spec.initContainers{"
                     : container.debug ? "spec.ephemeralContainers{"
                                       : "spec.containers{") +
         container.name + "}";
}

Json Pod::container_status(const Container& container) const {
  const std::string image = text(container.spec, "/image");
  const std::string full = full_image_name(image).value_or(image);
  const bool ran = !container.id.empty();
  Json state;
  switch (container.state) {
    case Container::State::waiting:
      state["waiting"]["reason"] = container.reason;
      if (!container.message.empty()) state["waiting"]["message"] = container.message;
      break;
    case Container::State::running: state["running"]["startedAt"] = base::to_rfc3339(container.started_at); break;
    case Container::State::terminated:
      state["terminated"] = {{"exitCode", container.exit_code},
                             {"reason", container.reason},
                             {"startedAt", base::to_rfc3339(container.started_at)},
                             {"finishedAt", base::to_rfc3339(container.finished_at)}};
      if (ran) state["terminated"]["containerID"] = container.id;
      if (!container.message.empty()) state["terminated"]["message"] = container.message;
      break;
  }
  const std::string repository = full.substr(0, full.rfind(':'));
  return {{"name", container.name},
          {"state", state},
          {"lastState", container.last_state},
          {"ready", container.ready},
          {"restartCount", container.restarts},
          {"image", ran && world.config.minor >= 20 ? full : image},
          {"imageID", ran ? repository + "@sha256:" + sha256_hex(full) : ""},
          {"started", container.started},
          {"containerID", container.id}};
}

/// The phase follows from the containers once they have begun.
void Pod::settle_phase() {
  bool all_finished = true;
  bool any_failed = false;
  bool any_started = false;
  for (const Container& container : containers) {
    all_finished = all_finished && container.finished;
    any_failed = any_failed || container.exit_code != 0;
    any_started = any_started || !container.id.empty() || container.finished;
  }
  for (const Container& container : init_containers) {
    if (container.finished && container.exit_code != 0) {  // will not be tried again
      phase_ = "Failed";
      return;
    }
  }
  if (all_finished) phase_ = any_failed ? "Failed" : "Succeeded";
  else if (any_started && initialized_) phase_ = "Running";
}

void Pod::conditions(Json& status) {
  const std::string now = base::to_rfc3339(world.clock.now());
  std::vector<std::string> unready, incomplete;
  for (const Container& container : containers) {
    if (!container.ready) unready.push_back(container.name);
  }
  for (const Container& container : init_containers) {
    const bool done = container.sidecar ? container.started : container.finished && container.exit_code == 0;
    if (!done) incomplete.push_back(container.name);
  }
  if (world.config.minor >= 29)
    set_condition(status, "PodReadyToStartContainers", sandbox_ && phase_ != "Succeeded" && phase_ != "Failed", "", "",
                  now);
  const bool over = phase_ == "Succeeded" || phase_ == "Failed";
  const std::string over_reason = phase_ == "Succeeded"      ? "PodCompleted"
                                  : world.config.minor >= 23 ? "PodFailed"
                                                             : "ContainersNotReady";
  if (phase_ == "Succeeded") set_condition(status, "Initialized", true, "PodCompleted", "", now);
  else if (incomplete.empty()) set_condition(status, "Initialized", true, "", "", now);
  else
    set_condition(status, "Initialized", false, "ContainersNotInitialized",
                  "containers with incomplete status: [" + base::join(incomplete, " ") + "]", now);
  bool gates = true;
  for (const Json& gate : at(*object, "/spec/readinessGates"))
    gates = gates && text(condition(Json{{"status", status}}, text(gate, "/conditionType")), "/status") == "True";
  const std::string unready_text = "containers with unready status: [" + base::join(unready, " ") + "]";
  const bool containers_ready = unready.empty() && !over;
  const bool ready = containers_ready && gates;
  const std::string why = over ? over_reason : containers_ready ? "ReadinessGatesNotReady" : "ContainersNotReady";
  const std::string message = over && phase_ == "Succeeded" ? ""
                              : containers_ready            ? "the status of pod readiness gate is not \"True\""
                                                            : unready_text;
  set_condition(status, "Ready", ready, ready ? "" : why, ready ? "" : message, now);
  set_condition(status, "ContainersReady", containers_ready,
                containers_ready ? "" : (over ? over_reason : "ContainersNotReady"),
                containers_ready || phase_ == "Succeeded" ? "" : unready_text, now);
  set_condition(status, "PodScheduled", true, "", "", now);
}

bool Pod::apply_status(Json& pod) {
  if (uid_of(pod) != uid_of(*object)) return false;
  const Json before = at(pod, "/status");
  Json& status = pod["status"];
  if (!status.is_object()) status = Json::object();
  status["phase"] = phase_;
  conditions(status);
  status["hostIP"] = node_address;
  if (world.config.minor >= 28) status["hostIPs"] = Json::array({{{"ip", node_address}}});
  if (!address.empty()) {
    status["podIP"] = address;
    if (world.config.minor >= 16) status["podIPs"] = Json::array({{{"ip", address}}});
  }
  if (!has(status, "/startTime")) status["startTime"] = base::to_rfc3339(world.clock.now());
  const auto list = [&](const std::deque<Container>& from, const char* name) {
    if (from.empty()) return;
    Json statuses = Json::array();
    for (const Container& container : from) {
      statuses.push_back(container_status(container));
      if (container.id.empty()) statuses.back().erase("containerID");
    }
    status[name] = std::move(statuses);
  };
  list(init_containers, "initContainerStatuses");
  list(containers, "containerStatuses");
  list(ephemeral, "ephemeralContainerStatuses");
  return status != before;
}

asio::awaitable<void> Pod::write_status() {
  const std::shared_ptr<Pod> self = shared_from_this();
  const std::function<bool(Json&)> change = [this](Json& pod) { return apply_status(pod); };  // `self` keeps us
  const auto written =
      co_await world.cluster.modify(resources::pods, namespace_of(*object), name_of(*object), "status", change);
  if (written && uid_of(*written) == uid_of(*object) && version_of(*written) > version_of(*object))
    object = std::make_shared<const Json>(*written);
  const bool retry = !written && !written.error().not_found();
  if (retry) {
    co_await base::sleep_for(world.clock, std::chrono::seconds(1));
    dirty_.notify();
  }
}

asio::awaitable<void> Pod::write_loop() {
  for (;;) {
    co_await dirty_.wait();
    co_await write_status();
  }
}

}  // namespace k8s_fake::control
