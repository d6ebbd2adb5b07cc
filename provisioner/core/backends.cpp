#include <algorithm>

#include "provisioner/base/text.h"
#include "provisioner/core/core.h"
#include "provisioner/core/json.h"
#include "provisioner/core/secrets.h"

namespace provisioner {

using boost::asio::awaitable;

namespace {

const char* state_name(BackendState state) {
  switch (state) {
    case BackendState::online: return "online";
    case BackendState::offline: return "offline";
    case BackendState::failed: return "failed";
  }
  return "";
}

Json record_of(const Backend& backend, const std::string& secret_key) {
  Json record;
  record["version"] = "1";
  record["config"] = seal_secrets(backend.stored, secret_key);
  record["name"] = backend.name;
  record["online"] = backend.online;
  return record;
}

/// Why a backend may not be replaced by what `next` describes; violations joined with "; ".
std::string update_violations(const Core& core, const Backend& old, const BackendFacts& next) {
  std::vector<std::string> violations;
  if (old.driver && old.driver->facts().type != next.type) {
    violations.push_back("the storage driver of backend " + old.name + " cannot change from " +
                         old.driver->facts().type + " to " + next.type);
  }
  Matcher trial;
  trial.put_backend(next.backend_name, next.protocol, next.pools);
  std::set<std::pair<std::string, std::string>> checked;
  for (const std::string& name : old.volumes) {
    const Volume& volume = core.volumes.at(name);
    if (!checked.emplace(volume.pool, volume.config.storage_class).second) continue;
    if (std::ranges::none_of(next.pools, [&](const PoolInfo& pool) { return pool.name == volume.pool; })) {
      violations.push_back("pool " + volume.pool + " holds volumes and is missing in the new configuration");
      continue;
    }
    const auto config = core.classes.find(volume.config.storage_class);
    if (config == core.classes.end()) continue;
    const auto added = trial.add_class(config->second, rules_for(config->second));
    if (added && !trial.matches(config->first, next.backend_name, volume.pool)) {
      violations.push_back("pool " + volume.pool + " would no longer satisfy storage class " + config->first +
                           ", which its volumes use");
    }
  }
  return base::join(violations, "; ");
}

}  // namespace

DriverContext Core::driver_context() {
  DriverContext context{.executor = executor,
                        .clock = clock,
                        .transport = transport,
                        .logger = log,
                        .instance = instance,
                        .version = options.version,
                        .kubernetes_version = options.kubernetes_version,
                        .host_name = options.host_name};
  context.seed = rng.next();
  return context;
}

void Core::adopt_driver(Backend& backend, std::shared_ptr<Driver> driver) {
  backend.driver = std::move(driver);
  backend.stored = backend.driver->stored_config();
  backend.state = backend.online ? BackendState::online : BackendState::offline;
  backend.reason.clear();
  const BackendFacts& facts = backend.driver->facts();
  if (backend.online) matcher.put_backend(backend.name, facts.protocol, facts.pools);
  else matcher.remove_backend(backend.name);
}

void Core::start_watch(Backend& backend) {
  backend.generation = ++last_generation;
  tasks.spawn(watch_backend(backend.name, backend.generation), nullptr);
}

/// Placement by free space goes by what the array said last, at most a health period ago.
awaitable<void> Core::measure(std::string name) {
  if (options.placement != Placement::free_space) co_return;
  const auto driver = driver_of(name);
  if (!driver) co_return;
  const auto bytes = co_await (*driver)->free_space();
  if (bytes) matcher.set_free(name, *bytes);
  else log.debug("The free space of a backend is not known.", {{"backend", name}, {"error", bytes.error().message}});
}

awaitable<Result<std::string>> Core::put_backend(std::string text, std::optional<std::string> must_be) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  const auto json = parse_json(text);
  if (!json) co_return Error{ErrorKind::invalid, "input failed validation: invalid JSON: " + json.error().message};
  auto made = make_driver(driver_context(), *json);
  if (!made) co_return made.error();
  const std::shared_ptr<Driver> driver = std::move(*made);
  if (const auto started = co_await driver->start(); !started) {
    const Json* type = member(*json, "storageDriverName");
    co_return Error{started.error().kind, "problem initializing storage driver '" + type->get<std::string>() +
                                              "': " + started.error().message};
  }
  const BackendFacts& facts = driver->facts();
  const std::string name = facts.backend_name;
  if (must_be && *must_be != name) {
    co_return Error{ErrorKind::invalid, "the configuration describes backend " + name + ", not " + *must_be +
                                            "; the data LIF of a backend cannot change"};
  }
  const auto lock = co_await locks.take("backend/" + name);
  const auto known = backends.find(name);
  if (must_be && known == backends.end()) co_return Error{ErrorKind::not_found, "backend " + name + " was not found"};
  Backend next;
  next.name = name;
  next.stored = driver->stored_config();
  const bool is_new = known == backends.end();
  if (!is_new) {
    if (const std::string why = update_violations(*this, known->second, facts); !why.empty()) {
      co_return Error{ErrorKind::conflict, "backend " + name + " cannot be updated: " + why};
    }
  }
  std::vector<Write> writes;
  writes.push_back({Write::Kind::set, keys::kBackend + name, record_of(next, options.secret_key).dump()});
  if (const auto done = co_await store.commit(writes); !done) co_return done.error();
  Backend& backend = backends[name];
  backend.name = name;
  backend.online = true;
  adopt_driver(backend, driver);
  start_watch(backend);
  co_await measure(name);
  std::vector<std::string> satisfied;
  for (const PoolInfo& pool : facts.pools) {
    for (const std::string& storage_class : matcher.classes_of(name, pool.name)) {
      if (std::ranges::find(satisfied, storage_class) == satisfied.end()) satisfied.push_back(storage_class);
    }
  }
  std::ranges::sort(satisfied);
  if (satisfied.empty()) log.info("Backend satisfies no storage classes.", {{"backend", name}});
  else
    log.info("Backend satisfies storage classes.",
             {{"backend", name}, {"storageClasses", base::join(satisfied, ", ")}});
  if (!is_new) log.info("Updated an existing backend.", {{"backend", name}});
  co_return name;
}

Core::Awaited Core::delete_backend(std::string name) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  const auto lock = co_await locks.take("backend/" + name);
  const auto found = backends.find(name);
  if (found == backends.end()) co_return Error{ErrorKind::not_found, "backend " + name + " was not found"};
  Backend offline = found->second;
  offline.online = false;
  const bool empty = offline.volumes.empty() && offline.creating == 0;
  std::vector<Write> writes;
  if (empty) writes.push_back({Write::Kind::erase, keys::kBackend + name, ""});
  else writes.push_back({Write::Kind::set, keys::kBackend + name, record_of(offline, options.secret_key).dump()});
  if (const auto done = co_await store.commit(writes); !done) co_return done.error();
  matcher.remove_backend(name);
  if (empty) {
    backends.erase(name);
  } else {
    Backend& backend = backends.at(name);
    backend.online = false;
    backend.state = BackendState::offline;
  }
  co_return Result<void>();
}

Core::Awaited Core::purge_if_empty(std::string name) {
  const auto lock = co_await locks.take("backend/" + name);
  const auto found = backends.find(name);
  if (found == backends.end() || found->second.online || !found->second.volumes.empty() || found->second.creating > 0)
    co_return Result<void>();
  std::vector<Write> writes;
  writes.push_back({Write::Kind::erase, keys::kBackend + name, ""});
  if (const auto done = co_await store.commit(writes); !done) co_return done.error();
  backends.erase(name);
  log.info("Deleted an offline backend with its last volume.", {{"backend", name}});
  co_return Result<void>();
}

Result<BackendView> Core::view(const std::string& name) const {
  const auto found = backends.find(name);
  if (found == backends.end()) return Error{ErrorKind::not_found, "backend " + name + " was not found"};
  const Backend& backend = found->second;
  BackendView view;
  view.name = name;
  view.online = backend.state == BackendState::online;
  view.state = backend.state;
  view.state_reason = backend.reason;
  view.volumes.assign(backend.volumes.begin(), backend.volumes.end());
  if (!backend.driver) {
    for (const auto& [key, config] : backend.stored.items()) {
      if (!config.is_object()) continue;
      view.config = config;
      for (const char* secret : {"username", "password"}) view.config.erase(secret);
      view.driver = config.value("storageDriverName", std::string());
    }
    return view;
  }
  const BackendFacts& facts = backend.driver->facts();
  view.driver = facts.type;
  view.protocol = to_text(facts.protocol);
  view.config = backend.driver->config_view();
  // 17.10.1 makes the view twice per request and says so each time.
  for (int i = 0; i < 2; ++i) log.debug("Sanitizing common config.", {{"name", facts.type}});
  for (const PoolInfo& pool : facts.pools) {
    PoolView& entry = view.storage[pool.name];
    entry.name = pool.name;
    entry.attributes = pool.offers;
    entry.storage_classes = matcher.classes_of(name, pool.name);
  }
  for (const std::string& volume : backend.volumes) {
    const auto pool = view.storage.find(volumes.at(volume).pool);
    if (pool != view.storage.end()) pool->second.volumes.push_back(volume);
  }
  return view;
}

awaitable<void> Core::start_backend(std::string name) {
  const auto lock = co_await locks.take("backend/" + name);
  const auto found = backends.find(name);
  if (found == backends.end() || found->second.driver) co_return;
  const auto opened = open_secrets(found->second.stored, options.secret_key);
  auto made = opened ? make_driver(driver_context(), *opened) : Result<std::unique_ptr<Driver>>(opened.error());
  Result<void> started = made ? Result<void>() : Result<void>(made.error());
  std::shared_ptr<Driver> driver;
  if (made) {
    driver = std::move(*made);
    started = co_await driver->start();
  }
  if (started && driver->facts().backend_name != name) {
    started = Error{ErrorKind::invalid, "the array now describes backend " + driver->facts().backend_name};
  }
  Backend& backend = backends.at(name);
  if (!started) {
    backend.state = backend.online ? BackendState::failed : BackendState::offline;
    backend.reason = started.error().message;
    log.warning("Backend could not be started; trying again in the background.",
                {{"backend", name}, {"error", backend.reason}});
    co_return;
  }
  adopt_driver(backend, driver);
  co_await measure(name);
  log.info("Backend is ready.", {{"backend", name}, {"state", state_name(backend.state)}});
}

awaitable<void> Core::watch_backend(std::string name, std::uint64_t generation) {
  while (true) {
    co_await base::sleep_for(clock, options.health_period);
    auto found = backends.find(name);
    if (found == backends.end() || found->second.generation != generation) co_return;
    if (!found->second.driver) {
      co_await start_backend(name);
      co_await finish_on(name);
      continue;
    }
    const std::shared_ptr<Driver> driver = found->second.driver;
    const auto healthy = co_await driver->check();
    found = backends.find(name);
    if (found == backends.end() || found->second.generation != generation) co_return;
    Backend& backend = found->second;
    if (!healthy && backend.state == BackendState::online) {
      backend.state = BackendState::failed;
      backend.reason = healthy.error().message;
      matcher.remove_backend(name);
      log.warning("Backend failed its health check; no volumes are placed on it.",
                  {{"backend", name}, {"error", backend.reason}});
    } else if (healthy && backend.state == BackendState::failed) {
      adopt_driver(backend, driver);
      log.info("Backend is healthy again.", {{"backend", name}});
    }
    if (!healthy) continue;
    co_await driver->tick();
    co_await measure(name);
    co_await finish_on(name);
  }
}

}  // namespace provisioner
