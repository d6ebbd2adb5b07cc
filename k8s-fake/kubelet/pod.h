#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/controllers/cluster.h"
#include "k8s-fake/controllers/events.h"
#include "k8s-fake/kubelet/container_log.h"
#include "k8s-fake/kubelet/environment.h"
#include "k8s-fake/kubelet/images.h"
#include "k8s-fake/runtime.h"
#include "provisioner/base/random.h"
#include "provisioner/base/task_group.h"

/// One pod on its node: volumes, containers and the status that the API sees. A pod is a set of coroutines in its own
/// TaskGroup; a deletion stops them and goes through terminate(). Source: kubernetes specification 5.8.
namespace k8s_fake::control {

/// What all pods of the lab share.
struct PodWorld {
  boost::asio::any_io_executor executor;
  base::Clock& clock;
  Cluster& cluster;
  Events& events;
  base::http::Transport& transport;
  const RuntimeConfig& config;
  const StorageHooks& hooks;
  const ImageCatalogue& images;
  Processes& processes;
  base::TaskGroup& pumps;
  std::map<std::string, FilePtr> volume_data;            // by Mounted::id or "host:/path"
  std::set<std::pair<std::string, std::string>> pulled;  // (node, image)
  std::set<std::string> addresses;                       // of living pods
};

struct Container {
  enum class State { waiting, running, terminated };
  Json spec;
  std::string name;
  bool init = false;
  bool debug = false;    // an ephemeral container
  bool sidecar = false;  // an init container with restartPolicy Always
  State state = State::waiting;
  std::string reason = "ContainerCreating";
  std::string message;
  std::string id;
  base::TimePoint started_at, finished_at;
  int exit_code = 0;
  int restarts = 0;
  Json last_state = Json::object();
  bool ready = false;
  bool started = false;
  bool finished = false;  // will not run again
  bool liveness_failed = false;
  bool has_attached = false;
  std::shared_ptr<Process> process;
  std::shared_ptr<ContainerLog> log, previous_log;
  std::shared_ptr<FileTree> files;
  Variables variables;
  std::vector<std::pair<std::shared_ptr<base::Pipe>, std::shared_ptr<base::Pipe>>> attached;  // output, error
  std::unique_ptr<base::Signal> ended;  // the process ended and its output was read
  int open_outputs = 0;
};

struct PodVolume {
  Json spec;
  std::string name;
  bool mounted = false;
  bool real = false;  // came through StorageHooks::mount
  FileMount mount;    // `path` is filled in per container
  MountRequest request;
  Mounted data;
  base::TimePoint next_try;
  base::Duration backoff{0};
};

class Pod : public std::enable_shared_from_this<Pod> {
 public:
  Pod(PodWorld& world, const RuntimeNode& node, Object object);

  /// The pod's life until all containers are finished. Spawned into `life`.
  boost::asio::awaitable<void> live();
  /// Ends everything and confirms the deletion. Spawned outside `life`.
  boost::asio::awaitable<void> terminate();
  /// The API has another version of the pod.
  void update(Object object);
  /// The object is gone from the API: no grace.
  void force();

  Container* find(const std::string& name);
  std::vector<Container*> all();
  PodFacts facts() const { return {*object, address, node_address}; }
  ProcessSpec process_spec(const Container& container) const;
  std::string phase() const { return phase_; }

  PodWorld& world;
  RuntimeNode node;
  std::string node_address;
  Object object;
  std::string address;
  std::string folder;                                            // on the host, "" when there is none
  std::deque<Container> init_containers, containers, ephemeral;  // their elements never move
  base::TaskGroup life;
  bool terminating = false;

 private:
  // pod_volumes.cpp
  boost::asio::awaitable<void> mount_volumes();
  boost::asio::awaitable<std::string> try_mount(PodVolume& volume);
  boost::asio::awaitable<std::string> prepare(PodVolume& volume, Json source, std::string pv_name,
                                              std::uint64_t capacity);
  std::string mount_now(PodVolume& volume);
  void unmount_volumes();
  void materialise();
  // pod_containers.cpp
  boost::asio::awaitable<void> run_container(Container& container);
  boost::asio::awaitable<bool> obtain_image(Container& container);
  boost::asio::awaitable<bool> start_container(Container& container);
  boost::asio::awaitable<void> pump(Container& container, std::shared_ptr<base::Pipe> from, bool error);
  void container_ended(Container& container, int code);
  std::shared_ptr<FileTree> make_files(const Container& container) const;
  void fail_start(Container& container, std::string message);
  boost::asio::awaitable<void> start_ephemeral();
  // hooks.cpp
  boost::asio::awaitable<std::string> run_hook(Container& container, std::string which, base::Duration limit);
  boost::asio::awaitable<void> end_container(Container& container, base::Duration grace);
  // probes.cpp
  boost::asio::awaitable<void> probe(Container& container, std::string kind, std::string run_id);
  boost::asio::awaitable<std::string> probe_once(Container& container, Json probe);
  void begin_probes(Container& container);
  // pod_status.cpp
  void changed() { dirty_.notify(); }
  boost::asio::awaitable<void> write_loop();
  boost::asio::awaitable<void> write_status();
  bool apply_status(Json& pod);
  Json container_status(const Container& container) const;
  void conditions(Json& status);
  void settle_phase();

  EventSource source() const { return {"kubelet", node.name}; }
  std::string field_path(const Container& container) const;
  std::string restart_policy() const;

  std::vector<PodVolume> volumes_;
  std::string phase_ = "Pending";
  bool initialized_ = false;
  bool sandbox_ = false;
  bool unmounted_ = false;
  bool forced_ = false;
  base::Signal dirty_;
  base::Signal wake_;  // something the current wait may care about happened
};

}  // namespace k8s_fake::control
