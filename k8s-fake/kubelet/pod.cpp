#include "k8s-fake/kubelet/pod.h"

#include "k8s-fake/controllers/resources.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

Container make_container(const Json& spec, bool init) {
  Container container;
  container.spec = spec;
  container.name = text(spec, "/name");
  container.init = init;
  container.sidecar = init && text(spec, "/restartPolicy") == "Always";
  return container;
}

}  // namespace

Pod::Pod(PodWorld& w, const RuntimeNode& n, Object o)
    : world(w),
      node(n),
      node_address(n.address),
      object(std::move(o)),
      life(w.executor),
      dirty_(w.executor),
      wake_(w.executor) {
  for (const Json& spec : at(*object, "/spec/initContainers")) init_containers.push_back(make_container(spec, true));
  for (const Json& spec : at(*object, "/spec/containers")) containers.push_back(make_container(spec, false));
  if (!init_containers.empty()) {
    for (Container& container : containers) container.reason = "PodInitializing";
    for (std::size_t i = 1; i < init_containers.size(); ++i) init_containers[i].reason = "PodInitializing";
  }
  bool own = false;
  for (Container* container : all()) own = own || world.images.own(text(container->spec, "/image"));
  if (own && !world.config.folder.empty()) folder = world.config.folder + "/pods/" + uid_of(*object);
  // After a restart of the lab the counts go on from what the API remembers.
  for (Container* container : all()) {
    for (const Json& status :
         at(*object, container->init ? "/status/initContainerStatuses" : "/status/containerStatuses")) {
      if (text(status, "/name") != container->name || text(status, "/containerID").empty()) continue;
      container->restarts = static_cast<int>(number(status, "/restartCount")) + 1;
    }
  }
}

std::vector<Container*> Pod::all() {
  std::vector<Container*> result;
  for (Container& container : init_containers) result.push_back(&container);
  for (Container& container : containers) result.push_back(&container);
  for (Container& container : ephemeral) result.push_back(&container);
  return result;
}

Container* Pod::find(const std::string& name) {
  for (Container* container : all()) {
    if (container->name == name) return container;
  }
  return nullptr;
}

void Pod::update(Object newer) {
  object = std::move(newer);
  wake_.notify();
}

void Pod::force() {
  forced_ = true;
  wake_.notify();
}

asio::awaitable<void> Pod::start_ephemeral() {
  const std::shared_ptr<Pod> self = shared_from_this();
  for (;;) {
    for (const Json& spec : at(*object, "/spec/ephemeralContainers")) {
      if (find(text(spec, "/name"))) continue;
      Container container = make_container(spec, false);
      container.debug = true;
      ephemeral.push_back(std::move(container));
      Container& added = ephemeral.back();
      const bool there = co_await obtain_image(added);
      if (there) (void)co_await start_container(added);
      changed();
    }
    for (Container& container : ephemeral) {
      if (container.state != Container::State::running || !container.process || !container.process->exit_code())
        continue;
      container.state = Container::State::terminated;
      container.exit_code = *container.process->exit_code();
      container.reason = container.exit_code == 0 ? "Completed" : "Error";
      container.started = false;
      changed();
    }
    co_await base::sleep_for(world.clock, 500ms);
    if (at(*object, "/spec/ephemeralContainers").empty()) co_return;
  }
}

asio::awaitable<void> Pod::live() {
  const std::shared_ptr<Pod> self = shared_from_this();
  life.spawn(write_loop());
  changed();
  co_await mount_volumes();
  if (at(*object, "/spec").value("hostNetwork", false)) {
    address = node_address;
  } else {
    // 127.A.B.n, chosen by the API's port so that two labs on one machine do not meet.
    const unsigned port = world.config.api_port;
    const std::string prefix =
        "127." + std::to_string(20 + (port >> 8) % 200) + "." + std::to_string(port & 255U) + ".";
    for (int last = 2; last < 255 && address.empty(); ++last) {
      if (world.addresses.insert(prefix + std::to_string(last)).second) address = prefix + std::to_string(last);
    }
    while (address.empty()) {
      world.events.warning(source(), *object, "FailedCreatePodSandBox",
                           "Failed to create pod sandbox: no free address in the pod network");
      co_await base::sleep_for(world.clock, 10s);
      for (int last = 2; last < 255 && address.empty(); ++last) {
        if (world.addresses.insert(prefix + std::to_string(last)).second) address = prefix + std::to_string(last);
      }
    }
  }
  sandbox_ = true;
  materialise();
  changed();
  for (Container& container : init_containers) {
    life.spawn(run_container(container));
    while (container.sidecar ? !container.started : !container.finished) {
      co_await base::sleep_for(world.clock, 5ms);
    }
    changed();
    if (!container.sidecar && container.exit_code != 0) break;
  }
  const bool may_start = std::all_of(init_containers.begin(), init_containers.end(), [](const Container& one) {
    return one.sidecar || (one.finished && one.exit_code == 0);
  });
  initialized_ = may_start;
  if (may_start) {
    for (Container& container : containers) {
      if (container.reason == "PodInitializing") changed();
      life.spawn(run_container(container));
    }
  }
  for (;;) {
    settle_phase();
    changed();
    if (phase_ == "Succeeded" || phase_ == "Failed") break;
    if (may_start && phase_ == "Running" && !at(*object, "/spec/ephemeralContainers").empty() && ephemeral.empty())
      life.spawn(start_ephemeral());
    co_await wake_.wait();
  }
  for (Container& container : init_containers) {
    if (container.sidecar && container.process) container.process->signal(SIGTERM);
  }
  unmount_volumes();
  changed();
  co_await base::sleep_for(world.clock, 0s);
}

asio::awaitable<void> Pod::terminate() {
  const std::shared_ptr<Pod> self = shared_from_this();
  const base::TimePoint begun = world.clock.now();
  const auto grace = std::chrono::seconds(number(*object, "/metadata/deletionGracePeriodSeconds", 30));
  life.stop();
  co_await life.join();
  for (Container* container : all()) {
    if (container->state != Container::State::running || !container->process || container->process->exit_code())
      continue;
    if (!forced_)
      world.events.normal(source(), *object, "Killing", "Stopping container " + container->name,
                          field_path(*container));
    if (forced_) container->process->signal(SIGTERM);
    else world.pumps.spawn(end_container(*container, grace));
  }
  for (;;) {
    bool running = false;
    for (Container* container : all())
      running = running || (container->process && (!container->process->exit_code() || container->open_outputs > 0));
    if (!running) break;
    // Somebody may have asked for a shorter grace meanwhile.
    const auto left = std::chrono::seconds(number(*object, "/metadata/deletionGracePeriodSeconds", 30));
    if (forced_ || (left < grace && world.clock.now() - begun >= left)) {
      for (Container* container : all()) {
        if (container->process) container->process->signal(SIGKILL);
      }
    }
    co_await base::sleep_for(world.clock, 5ms);
  }
  bool failed = false;
  for (Container* container : all()) {
    if (container->state != Container::State::running) continue;
    container->state = Container::State::terminated;
    container->reason = container->exit_code == 0 ? "Completed" : "Error";
    container->ready = container->started = false;
    failed = failed || (container->exit_code != 0 && !container->sidecar);
  }
  unmount_volumes();
  if (phase_ == "Running" && world.config.minor >= 27) phase_ = failed ? "Failed" : "Succeeded";
  if (!forced_) {
    co_await write_status();
    for (;;) {
      Json options{{"gracePeriodSeconds", 0}};
      const Json current = *object;
      const auto gone = co_await world.cluster.remove(resources::pods, current, std::move(options));
      if (gone || gone.error().not_found() || gone.error().conflict()) break;
      co_await base::sleep_for(world.clock, 1s);
    }
  }
  if (address != node_address) world.addresses.erase(address);
}

}  // namespace k8s_fake::control
