#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/kubelet/pod.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> words(const Json& list, const Variables& variables) {
  std::vector<std::string> result;
  for (const Json& one : list) {
    if (one.is_string()) result.push_back(substitute(one.get<std::string>(), variables));
  }
  return result;
}

std::string seconds_text(base::Duration delay) {
  return base::to_go_duration(std::chrono::duration_cast<std::chrono::seconds>(delay));
}

}  // namespace

ProcessSpec Pod::process_spec(const Container& container) const {
  ProcessSpec spec;
  spec.env = container.variables;
  const std::string folder_in = text(container.spec, "/workingDir");
  spec.cwd = folder_in.empty() ? "/" : folder_in;
  spec.node = node.name;
  spec.ns = namespace_of(*object);
  spec.pod = name_of(*object);
  spec.pod_uid = uid_of(*object);
  spec.container = container.name;
  spec.image = text(container.spec, "/image");
  spec.pod_ip = address;
  spec.host_name = text(*object, "/spec/hostname").empty() ? name_of(*object) : text(*object, "/spec/hostname");
  spec.pod_root = folder.empty() ? "" : folder + "/root";
  spec.files = container.files;
  if (world.images.own(spec.image)) {
    spec.env["DRYDOCK_POD_IP"] = address;
    if (!spec.pod_root.empty()) spec.env["DRYDOCK_POD_ROOT"] = spec.pod_root;
    if (world.hooks.connect_to) spec.env["DRYDOCK_CONNECT_TO"] = world.hooks.connect_to();
  }
  return spec;
}

/// Pulls until the image is there. False: it never will be, or the name is none.
asio::awaitable<bool> Pod::obtain_image(Container& container) {
  const std::string image = text(container.spec, "/image");
  const auto full = full_image_name(image);
  std::string policy = text(container.spec, "/imagePullPolicy");
  if (policy.empty()) policy = is_latest(image) ? "Always" : "IfNotPresent";
  if (!full) {
    container.reason = "InvalidImageName";
    container.message = "Failed to apply default image tag \"" + image + "\": couldn't parse image name \"" + image +
                        "\": invalid reference format";
    world.events.warning(source(), *object, "InspectFailed", container.message, field_path(container));
    world.events.warning(source(), *object, "Failed", "Error: InvalidImageName", field_path(container));
    changed();
    co_return false;
  }
  const std::pair<std::string, std::string> here{node.name, *full};
  if (policy == "Never" && !world.pulled.contains(here)) {
    container.reason = "ErrImageNeverPull";
    container.message = "Container image \"" + image + "\" is not present with pull policy of Never";
    world.events.warning(source(), *object, "ErrImageNeverPull", container.message, field_path(container));
    world.events.warning(source(), *object, "Failed", "Error: ErrImageNeverPull", field_path(container));
    changed();
    co_return false;
  }
  if (policy != "Always" && world.pulled.contains(here)) {
    world.events.normal(source(), *object, "Pulled",
                        "Container image \"" + image + "\" already present on machine" +
                            (world.config.minor >= 35 ? " and can be accessed by the pod" : ""),
                        field_path(container));
    co_return true;
  }
  for (base::Duration backoff = 10s;; backoff = std::min<base::Duration>(backoff * 2, 300s)) {
    world.events.normal(source(), *object, "Pulling",
                        (world.config.minor >= 19 ? "Pulling image \"" : "pulling image \"") + image + "\"",
                        field_path(container));
    co_await base::sleep_for(world.clock, world.config.pull_time);
    if (!world.images.missing(image)) break;
    const std::string error = "rpc error: code = NotFound desc = failed to pull and unpack image \"" + *full +
                              "\": failed to resolve reference \"" + *full + "\": " + *full + ": not found";
    container.reason = "ErrImagePull";
    container.message = error;
    world.events.warning(source(), *object, "Failed", "Failed to pull image \"" + image + "\": " + error,
                         field_path(container));
    world.events.warning(source(), *object, "Failed", "Error: ErrImagePull", field_path(container));
    changed();
    co_await base::sleep_for(world.clock, 2s);
    container.reason = "ImagePullBackOff";
    container.message =
        "Back-off pulling image \"" + image + "\"" + (world.config.minor >= 31 ? ": ErrImagePull: " + error : "");
    world.events.normal(source(), *object, "BackOff", "Back-off pulling image \"" + image + "\"",
                        field_path(container));
    world.events.warning(source(), *object, "Failed", "Error: ImagePullBackOff", field_path(container));
    changed();
    co_await base::sleep_for(world.clock, backoff);
  }
  world.pulled.insert(here);
  const std::string took = base::to_go_duration(world.config.pull_time);
  std::string message = "Successfully pulled image \"" + image + "\"";
  if (world.config.minor >= 20) message += " in " + took;
  if (world.config.minor >= 27) message += " (" + took + " including waiting)";
  const std::string digest = sha256_hex(*full);
  if (world.config.minor >= 29)
    message += ". Image size: " +
               std::to_string(1000000 + static_cast<unsigned>(digest[0]) * 40961U +
                              static_cast<unsigned>(digest[1]) * 977U + static_cast<unsigned>(digest[2])) +
               " bytes.";
  world.events.normal(source(), *object, "Pulled", message, field_path(container));
  co_return true;
}

void Pod::fail_start(Container& container, std::string message) {
  container.state = Container::State::terminated;
  container.reason = world.config.minor >= 24 ? "StartError" : "ContainerCannotRun";
  container.message = message;
  container.exit_code = world.config.minor >= 24 ? 128 : 127;
  container.started_at = base::TimePoint{};
  container.finished_at = world.clock.now();
  world.events.warning(source(), *object, "Failed", "Error: " + message, field_path(container));
}

/// Creates and starts; false when that failed (the state says why).
asio::awaitable<bool> Pod::start_container(Container& container) {
  Variables start{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                  {"HOME", "/root"},
                  {"HOSTNAME", name_of(*object)},
                  {"KUBERNETES_SERVICE_HOST", world.config.api_host},
                  {"KUBERNETES_SERVICE_PORT", std::to_string(world.config.api_port)},
                  {"KUBERNETES_SERVICE_PORT_HTTPS", std::to_string(world.config.api_port)},
                  {"KUBERNETES_PORT", "tcp://" + world.config.api_host + ":" + std::to_string(world.config.api_port)}};
  if (container.spec.value("tty", false)) start["TERM"] = "xterm";
  const PodFacts known = facts();
  const Json spec = container.spec;
  const auto variables = co_await container_variables(world.cluster.client(), known, spec, start);
  if (!variables) {
    container.state = Container::State::waiting;
    container.reason = "CreateContainerConfigError";
    container.message = variables.error().text;
    world.events.warning(source(), *object, "Failed", "Error: " + container.message, field_path(container));
    changed();
    co_return false;
  }
  container.variables = *variables;
  container.files = make_files(container);
  container.id = "containerd://" + sha256_hex(uid_of(*object) + container.name + std::to_string(container.restarts));
  const std::vector<std::string> command = words(at(container.spec, "/command"), container.variables);
  const std::vector<std::string> args = words(at(container.spec, "/args"), container.variables);
  ImageCatalogue::Start program = world.images.main_program(text(container.spec, "/image"), command, args);
  const int minor = world.config.minor;
  world.events.normal(
      source(), *object, "Created",
      minor >= 35 ? "Container created" : (minor >= 32 ? "Created container: " : "Created container ") + container.name,
      field_path(container));
  co_await base::sleep_for(world.clock, world.config.start_time);
  if (!program.program) {
    const std::string name = program.argv.empty() ? "" : program.argv[0];
    fail_start(container,
               "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
               "failed: unable to start container process: exec: \"" +
                   name + "\": executable file not found in $PATH: unknown");
    co_return false;
  }
  ProcessSpec process = process_spec(container);
  process.argv = program.argv;
  process.tty = container.spec.value("tty", false);
  process.stdin_open = container.spec.value("stdin", false);
  container.log = std::make_shared<ContainerLog>();
  container.state = Container::State::running;
  container.reason.clear();
  container.message.clear();
  container.started_at = world.clock.now();
  container.started = !has(container.spec, "/startupProbe");
  container.ready = container.started && !has(container.spec, "/readinessProbe");
  container.liveness_failed = false;
  container.has_attached = false;
  container.ended = std::make_unique<base::Signal>(world.executor);
  const std::shared_ptr<Pod> self = shared_from_this();
  Container* raw = &container;
  container.process = world.processes.start(std::move(process), program.program,
                                            [self, raw](int code) { self->container_ended(*raw, code); });
  if (!container.spec.value("stdin", false)) container.process->in->close();
  const bool two = container.process->out != container.process->err;
  container.open_outputs = two ? 2 : 1;
  world.pumps.spawn(pump(container, container.process->out, false));
  if (two) world.pumps.spawn(pump(container, container.process->err, true));
  world.events.normal(source(), *object, "Started",
                      minor >= 35 ? "Container started" : "Started container " + container.name, field_path(container));
  if (has(container.spec, "/lifecycle/postStart")) {
    changed();
    const std::string problem = co_await run_hook(container, "postStart", base::Duration(0));
    if (!problem.empty() && container.process && !container.process->exit_code()) {
      world.events.warning(source(), *object, "FailedPostStartHook", problem, field_path(container));
      world.events.normal(source(), *object, "Killing", "FailedPostStartHook", field_path(container));
      life.spawn(end_container(container, std::chrono::seconds(30)));
    }
  }
  begin_probes(container);
  changed();
  co_return true;
}

/// Carries one output to the log and to whoever is attached.
asio::awaitable<void> Pod::pump(Container& container, std::shared_ptr<base::Pipe> from, bool error) {
  const std::shared_ptr<Pod> self = shared_from_this();
  const std::shared_ptr<ContainerLog> log = container.log;
  while (const base::Chunk chunk = co_await from->read()) {
    log->write(world.clock.now(), error, *chunk);
    for (const auto& [out, err] : container.attached) (error ? err : out)->write(chunk);
  }
  if (--container.open_outputs == 0) {
    log->close(world.clock.now());
    if (container.ended) container.ended->notify();
  }
}

void Pod::container_ended(Container& container, int code) {
  container.exit_code = code;
  container.finished_at = world.clock.now();
}

/// One container through all its runs.
asio::awaitable<void> Pod::run_container(Container& container) {
  const std::shared_ptr<Pod> self = shared_from_this();
  base::Duration backoff = 10s;
  for (;;) {
    const bool there = co_await obtain_image(container);
    if (!there) {
      co_await base::sleep_for(world.clock, 60s);
      continue;
    }
    const bool begun = co_await start_container(container);
    if (!begun && container.state == Container::State::waiting) {  // its configuration is not complete yet
      co_await base::sleep_for(world.clock, 10s);
      continue;
    }
    if (begun) {
      while (container.open_outputs > 0 || !container.process->exit_code()) co_await container.ended->wait();
      container.state = Container::State::terminated;
      container.exit_code = *container.process->exit_code();
      container.reason = container.exit_code == 0 ? "Completed" : "Error";
    }
    container.ready = false;
    container.started = false;
    const std::string policy = container.sidecar                                ? "Always"
                               : container.init && restart_policy() == "Always" ? "OnFailure"
                                                                                : restart_policy();
    if (policy == "Never" || (policy == "OnFailure" && container.exit_code == 0)) {
      container.finished = true;
      changed();
      wake_.notify();
      co_return;
    }
    const base::Duration ran = container.finished_at - container.started_at;
    if (ran >= 600s) backoff = 10s;
    const bool first = container.restarts == 0;
    if (first || container.liveness_failed) {  // the first restart comes at once
      changed();
      co_await base::sleep_for(world.clock, 10ms);
    }
    container.last_state = container_status(container)["state"];
    container.previous_log = container.log;
    if (!first && !container.liveness_failed) {
      container.state = Container::State::waiting;
      container.reason = "CrashLoopBackOff";
      const std::string where =
          container.name + " pod=" + name_of(*object) + "_" + namespace_of(*object) + "(" + uid_of(*object) + ")";
      container.message = "back-off " + seconds_text(backoff) + " restarting failed container=" + where;
      world.events.warning(source(), *object, "BackOff",
                           "Back-off restarting failed container " + container.name + " in pod " + name_of(*object) +
                               "_" + namespace_of(*object) + "(" + uid_of(*object) + ")",
                           field_path(container));
      changed();
      co_await base::sleep_for(world.clock, backoff);
      backoff = std::min<base::Duration>(backoff * 2, 300s);
    }
    ++container.restarts;
  }
}

}  // namespace k8s_fake::control
