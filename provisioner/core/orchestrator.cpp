#include "provisioner/core/orchestrator.h"

#include "provisioner/core/core.h"

namespace provisioner {

using boost::asio::awaitable;

Orchestrator::Orchestrator(boost::asio::any_io_executor executor, base::Clock& clock, base::Rng rng,
                           base::Logger logger, Store& store, base::http::Transport& transport,
                           OrchestratorOptions options)
    : core_(std::make_unique<Core>(std::move(executor), clock, rng, std::move(logger), store, transport,
                                   std::move(options))) {}

Orchestrator::~Orchestrator() = default;

awaitable<Result<void>> Orchestrator::bootstrap() { return core_->bootstrap(); }
void Orchestrator::set_kubernetes_version(std::string git_version) {
  core_->options.kubernetes_version = std::move(git_version);
}
awaitable<void> Orchestrator::stop() {
  core_->tasks.stop();
  co_await core_->tasks.join();
}
CorePhase Orchestrator::phase() const { return core_->phase; }
const std::string& Orchestrator::phase_error() const { return core_->phase_error; }
std::vector<std::string> Orchestrator::unfinished_volumes() const {
  std::vector<std::string> names;
  for (const auto& [name, intent] : core_->intents) {
    if (intent.op == IntentOp::add && !core_->confirmed.contains(name)) names.push_back(name);
  }
  return names;
}
awaitable<Result<Volume>> Orchestrator::add_unconfirmed_volume(VolumeConfig config) {
  core_->unconfirmed.insert(config.name);
  return core_->add_volume(std::move(config));
}
void Orchestrator::confirm_volume(const std::string& name) { core_->confirm(name); }
awaitable<void> Orchestrator::settle_unfinished(std::function<bool(const std::string&)> wanted) {
  return core_->settle(std::move(wanted));
}

awaitable<Result<std::string>> Orchestrator::add_backend(std::string config) {
  return core_->put_backend(std::move(config), std::nullopt);
}
awaitable<Result<std::string>> Orchestrator::update_backend(std::string name, std::string config) {
  return core_->put_backend(std::move(config), std::move(name));
}
awaitable<Result<void>> Orchestrator::delete_backend(std::string name) {
  return core_->delete_backend(std::move(name));
}
std::vector<std::string> Orchestrator::backends() const {
  std::vector<std::string> names;
  for (const auto& [name, backend] : core_->backends) {
    if (backend.state != BackendState::offline) names.push_back(name);
  }
  return names;
}
Result<BackendView> Orchestrator::backend(const std::string& name) const { return core_->view(name); }

awaitable<Result<void>> Orchestrator::add_storage_class(StorageClassConfig config) {
  return core_->add_class(std::move(config));
}
awaitable<Result<void>> Orchestrator::delete_storage_class(std::string name) {
  return core_->delete_class(std::move(name));
}
std::vector<std::string> Orchestrator::storage_classes() const {
  std::vector<std::string> names;
  for (const auto& [name, config] : core_->classes) names.push_back(name);
  return names;
}
Result<StorageClassView> Orchestrator::storage_class(const std::string& name) const {
  const auto found = core_->classes.find(name);
  if (found == core_->classes.end()) return Error{ErrorKind::not_found, "storage class " + name + " was not found"};
  return StorageClassView{found->second, core_->matcher.pools_of(name)};
}

awaitable<Result<Volume>> Orchestrator::add_volume(VolumeConfig config) {
  core_->unconfirmed.erase(config.name);  // whoever asks here makes no object of its own
  return core_->add_volume(std::move(config));
}
awaitable<Result<void>> Orchestrator::delete_volume(std::string name) { return core_->delete_volume(std::move(name)); }
awaitable<Result<Volume>> Orchestrator::resize_volume(std::string name, std::string size) {
  return core_->resize_volume(std::move(name), std::move(size));
}
awaitable<Result<Volume>> Orchestrator::import_volume(ImportRequest request) {
  core_->unconfirmed.erase(request.config.name);
  return core_->import_volume(std::move(request));
}
awaitable<Result<Volume>> Orchestrator::import_unconfirmed_volume(ImportRequest request) {
  core_->unconfirmed.insert(request.config.name);
  return core_->import_volume(std::move(request));
}
awaitable<Result<void>> Orchestrator::abandon_volume(std::string name) {
  return core_->abandon_volume(std::move(name));
}
awaitable<Result<std::uint64_t>> Orchestrator::array_volume_size(std::string backend, std::string internal_name) {
  if (auto ready = core_->require_ready(); !ready) co_return ready.error();
  const auto driver = core_->driver_of(backend);
  if (!driver) co_return driver.error();
  const auto seen = co_await (*driver)->find(internal_name);
  if (!seen) co_return seen.error();
  if (!*seen) co_return Error{ErrorKind::not_found, "volume " + internal_name + " was not found on backend " + backend};
  co_return (*seen)->size_bytes;
}
std::vector<std::string> Orchestrator::volumes() const {
  std::vector<std::string> names;
  for (const auto& [name, volume] : core_->volumes) names.push_back(name);
  return names;
}
Result<Volume> Orchestrator::volume(const std::string& name) const {
  const auto found = core_->volumes.find(name);
  if (found == core_->volumes.end()) return Error{ErrorKind::not_found, "volume " + name + " was not found"};
  return found->second;
}
Result<std::string> Orchestrator::volume_driver(const std::string& name) const {
  const auto found = volume(name);
  if (!found) return found.error();
  const auto backend = core_->backends.find(found->backend);
  if (backend == core_->backends.end())
    return Error{ErrorKind::not_found, "backend " + found->backend + " was not found"};
  if (backend->second.driver) return backend->second.driver->facts().type;
  for (const auto& [key, config] : backend->second.stored.items()) {
    if (config.is_object()) return config.value("storageDriverName", std::string());
  }
  return Error{ErrorKind::unavailable, "the driver of backend " + found->backend + " is unknown"};
}
awaitable<Result<std::vector<std::string>>> Orchestrator::rediscover_volumes(std::string backend) {
  return core_->rediscover(std::move(backend));
}
Result<std::vector<PoolVerdict>> Orchestrator::explain(const VolumeConfig& config) const {
  return core_->explain(config);
}

namespace {

struct Place {
  Volume volume;
  std::shared_ptr<Driver> driver;
};

Result<Place> place_of(const Core& core, const std::string& volume) {
  const auto found = core.volumes.find(volume);
  if (found == core.volumes.end()) return Error{ErrorKind::not_found, "volume " + volume + " was not found"};
  auto driver = core.driver_of(found->second.backend);
  if (!driver) return driver.error();
  return Place{found->second, *driver};
}

}  // namespace

awaitable<Result<Snapshot>> Orchestrator::create_snapshot(std::string volume, std::string snapshot) {
  const auto lock = co_await core_->locks.take("volume/" + volume);
  const auto place = place_of(*core_, volume);
  if (!place) co_return place.error();
  auto made = co_await place->driver->create_snapshot(place->volume.config.internal_name, snapshot);
  if (made) made->volume = volume;
  co_return made;
}
awaitable<Result<void>> Orchestrator::delete_snapshot(std::string volume, std::string snapshot) {
  const auto lock = co_await core_->locks.take("volume/" + volume);
  const auto place = place_of(*core_, volume);
  if (!place) co_return place.error();
  co_return co_await place->driver->delete_snapshot(place->volume.config.internal_name, snapshot);
}
awaitable<Result<std::vector<Snapshot>>> Orchestrator::snapshots(std::string volume) {
  const auto place = place_of(*core_, volume);
  if (!place) co_return place.error();
  auto all = co_await place->driver->snapshots(place->volume.config.internal_name);
  if (!all) co_return all.error();
  for (Snapshot& entry : *all) entry.volume = volume;
  co_return all;
}

}  // namespace provisioner
