// Starting from a store, and finishing or undoing what was under way when the last instance ended.
#include "provisioner/core/core.h"
#include "provisioner/core/json.h"
#include "provisioner/core/secrets.h"

namespace provisioner {

using boost::asio::awaitable;

namespace {

constexpr int kStoreTries = 10;
constexpr std::string_view kKnownVersion = "1";

struct Loaded {
  Records meta;
  Records backends;
  Records classes;
  Records volumes;
  Records intents;
};

awaitable<Result<Records>> read(Core& core, std::string prefix) {
  for (int tries = 1;; ++tries) {
    auto records = co_await core.store.list(prefix);
    if (records || tries == kStoreTries) co_return records;
    co_await base::sleep_for(core.clock, std::chrono::seconds(1));
  }
}

awaitable<Result<Loaded>> load(Core& core) {
  Loaded loaded;
  const std::vector<std::pair<std::string, Records*>> parts = {{keys::kMeta, &loaded.meta},
                                                               {keys::kBackend, &loaded.backends},
                                                               {keys::kClass, &loaded.classes},
                                                               {keys::kVolume, &loaded.volumes},
                                                               {keys::kIntent, &loaded.intents}};
  for (const auto& [prefix, records] : parts) {
    auto found = co_await read(core, prefix);
    if (!found) co_return found.error();
    *records = std::move(*found);
  }
  co_return loaded;
}

/// A record that cannot be used stays where it is and stops nobody.
void set_aside(Core& core, const std::string& key, const std::string& why) {
  core.quarantine[key] = why;
  core.log.error("A record of the store cannot be used; it is left alone.",
                 {{"handler", "Bootstrap"}, {"key", key}, {"error", why}});
}

void load_backend(Core& core, const std::string& name, const std::string& text) {
  const auto record = parse_json(text);
  const Json* config = record ? member(*record, "config") : nullptr;
  if (config == nullptr || !config->is_object() || config->empty())
    return set_aside(core, keys::kBackend + name, "not a backend record");
  const Json* version = member(*record, "version");
  if (version != nullptr && *version != kKnownVersion)
    return set_aside(core, keys::kBackend + name, "unknown version " + version->dump());
  Backend backend;
  backend.name = name;
  auto opened = open_secrets(*config, core.options.secret_key);
  if (opened) backend.stored = std::move(*opened);
  else backend.stored = *config;
  const Json* online = member(*record, "online");
  backend.online = online == nullptr || !online->is_boolean() || online->get<bool>();
  backend.state = backend.online ? BackendState::failed : BackendState::offline;
  backend.reason = opened ? "not started yet" : opened.error().message;
  core.backends[name] = std::move(backend);
}

void load_class(Core& core, const std::string& name, const std::string& text) {
  const auto record = parse_json(text);
  const Json* config = record ? member(*record, "config") : nullptr;
  if (config == nullptr) return set_aside(core, keys::kClass + name, "not a storage class record");
  auto parsed = storage_class_config_from_json(*config);
  if (!parsed) return set_aside(core, keys::kClass + name, parsed.error().message);
  if (auto added = core.matcher.add_class(*parsed, rules_for(*parsed)); !added)
    return set_aside(core, keys::kClass + name, added.error().message);
  core.classes[name] = std::move(*parsed);
  core.log.info("Added an existing storage class.", {{"handler", "Bootstrap"}, {"storageClass", name}});
}

void load_volume(Core& core, const std::string& name, const std::string& text) {
  const auto record = parse_json(text);
  if (!record) return set_aside(core, keys::kVolume + name, record.error().message);
  auto volume = volume_from_json(*record);
  if (!volume) return set_aside(core, keys::kVolume + name, volume.error().message);
  if (volume->config.version != kKnownVersion)
    return set_aside(core, keys::kVolume + name, "unknown version " + volume->config.version);
  volume->orphaned = !core.backends.contains(volume->backend);
  if (volume->orphaned)
    core.log.warning("The backend of a volume is missing.",
                     {{"handler", "Bootstrap"}, {"volume", name}, {"backend", volume->backend}});
  core.keep(std::move(*volume));
}

void load_intent(Core& core, const std::string& name, const std::string& text) {
  const auto record = parse_json(text);
  if (!record) return set_aside(core, keys::kIntent + name, record.error().message);
  auto intent = intent_from_json(*record);
  if (!intent) return set_aside(core, keys::kIntent + name, intent.error().message);
  if (intent->config.name != name)
    return set_aside(core, keys::kIntent + name, "it names another volume, " + intent->config.name);
  core.intents[name] = std::move(*intent);
}

awaitable<void> finish_logged(Core& core, std::string volume) {
  const auto done = co_await core.finish(volume);
  if (!done)
    core.log.warning("A transaction could not be finished; trying again later.",
                     {{"volume", volume}, {"error", done.error().message}});
}

}  // namespace

Core::Awaited Core::bootstrap() {
  auto loaded = co_await load(*this);
  if (!loaded) {
    phase = CorePhase::failed;
    phase_error = "the persistent store cannot be read: " + loaded.error().message;
    co_return Error{loaded.error().kind, phase_error};
  }
  instance = options.instance.empty() ? loaded->meta["instance"] : options.instance;
  if (instance.empty()) instance = rng.uuid();
  if (instance != loaded->meta["instance"]) {
    std::vector<Write> writes;
    writes.push_back({Write::Kind::set, keys::kMeta + "instance", instance});
    if (const auto stored = co_await store.commit(writes); !stored) {
      phase = CorePhase::failed;
      phase_error = "the persistent store cannot be written: " + stored.error().message;
      co_return Error{stored.error().kind, phase_error};
    }
  }
  for (const auto& [name, text] : loaded->backends) load_backend(*this, name, text);
  for (const auto& [name, text] : loaded->classes) load_class(*this, name, text);
  for (const auto& [name, text] : loaded->volumes) load_volume(*this, name, text);
  for (const auto& [name, text] : loaded->intents) load_intent(*this, name, text);
  for (const auto& [name, intent] : intents) {
    late_until[name] = clock.now() + options.late_calls;
    if (intent.op == IntentOp::add) unconfirmed.insert(name);
  }
  std::vector<awaitable<void>> starts;
  for (auto& [name, backend] : backends) starts.push_back(start_backend(name));
  co_await side_by_side(std::move(starts), options.bootstrap_patience);
  std::vector<std::string> names;
  for (auto& [name, backend] : backends) {
    names.push_back(name);
    start_watch(backend);
  }
  std::vector<awaitable<void>> finishing;
  for (const auto& [name, intent] : intents) {
    if (intent.op != IntentOp::add) finishing.push_back(finish_logged(*this, name));
  }
  co_await side_by_side(std::move(finishing), options.bootstrap_patience);
  for (const std::string& name : names) {
    if (const auto purged = co_await purge_if_empty(name); !purged)
      log.warning("Could not delete an empty offline backend.", {{"backend", name}});
  }
  phase = CorePhase::ready;
  log.info("trident bootstrapped successfully.");
  co_return Result<void>();
}

awaitable<void> Core::settle(std::function<bool(const std::string&)> wanted) {
  std::vector<awaitable<void>> undoing;
  for (const auto& [name, intent] : intents) {
    if (confirmed.contains(name) || undone_once.contains(name)) continue;
    if (intent.op == IntentOp::add && !wanted(name) && !locks.is_held("volume/" + name))
      undoing.push_back(finish_logged(*this, name));
  }
  co_await side_by_side(std::move(undoing), options.bootstrap_patience);
}

/// Takes the name's lock and brings its transaction to an end: adds are undone, deletions and resizes are done.
Core::Awaited Core::finish(std::string volume) {
  const auto lock = co_await locks.take("volume/" + volume);
  const auto found = intents.find(volume);
  if (found == intents.end()) co_return Result<void>();
  const Intent intent = found->second;
  log.info("Processing a transaction of an earlier run.", {{"volume", volume},
                                                           {"size", intent.config.size},
                                                           {"storageClass", intent.config.storage_class},
                                                           {"op", to_json(intent)["Op"].get<std::string>()}});
  if (intent.op == IntentOp::add) co_return co_await roll_back(volume);
  if (!volumes.contains(volume)) co_return co_await erase_intent(volume);
  if (intent.op == IntentOp::remove) co_return co_await destroy_recorded(volume);
  co_return co_await apply_resize(intent);
}

awaitable<void> Core::finish_on(std::string backend) {
  std::vector<std::string> names;
  for (const auto& [name, intent] : intents) {
    if (intent.op != IntentOp::add && intent.backend == backend && !locks.is_held("volume/" + name))
      names.push_back(name);
  }
  for (const std::string& name : names) co_await finish_logged(*this, name);
}

/// A call whose reply was lost may reach the array after what it made was undone: undo it again, then forget it.
awaitable<void> Core::undo_again(std::string volume, base::TimePoint when) {
  co_await base::sleep_for(clock, when - clock.now());
  if (undone_once.erase(volume) > 0) co_await finish_logged(*this, volume);  // or the volume was wanted again meanwhile
}

/// Undoes an add. With the name's lock. A record that got into the store all the same is undone too: nobody was told of
/// it.
Core::Awaited Core::roll_back(std::string volume) {
  const Intent intent = intents.at(volume);
  const bool imported = !intent.config.import_original_name.empty();  // then nothing is destroyed, whatever is recorded
  if (volumes.contains(volume) && !imported) co_return co_await destroy_recorded(volume);
  std::vector<std::string> places;
  if (!intent.backend.empty()) places.push_back(intent.backend);
  for (const auto& [name, backend] : backends) {
    if (intent.backend.empty() && backend.online) places.push_back(name);
  }
  for (const std::string& place : places) {
    if (!backends.contains(place)) {
      log.warning("The backend of an unfinished volume has gone; whatever is on it stays.",
                  {{"volume", volume}, {"backend", place}});
      continue;
    }
    const auto driver = driver_of(place);
    if (!driver) co_return driver.error();
    if (imported) {
      const ImportSpec spec{intent.config.import_original_name, intent.config.internal_name, intent.config,
                            owner(volume)};
      if (const auto undone = co_await (*driver)->undo_adopt(spec); !undone) co_return undone.error();
      continue;
    }
    DestroySpec spec = destroy_spec(intent.config);
    spec.internal_name = (*driver)->internal_name(volume);
    spec.owner = owner(volume);
    if (const auto gone = co_await (*driver)->destroy(spec); !gone) co_return gone.error();
  }
  if (const auto late = late_until.find(volume); late != late_until.end()) {
    const base::TimePoint when = late->second;
    late_until.erase(late);
    if (clock.now() < when) {
      undone_once.insert(volume);
      tasks.spawn(undo_again(volume, when), nullptr);
      co_return Result<void>();  // the intent stays until then
    }
  }
  // Its record, too: the commit that wrote it may have come through although its reply was lost.
  std::vector<Write> writes;
  writes.push_back({Write::Kind::erase, keys::kVolume + volume, ""});
  writes.push_back({Write::Kind::erase, keys::kIntent + volume, ""});
  auto done = co_await commit(std::move(writes));
  if (done) {
    intents.erase(volume);
    forget(volume);
  }
  co_return done;
}

/// The comment of a volume carries its configuration where it fits; making it again then finds what is there.
awaitable<Result<std::vector<std::string>>> Core::rediscover(std::string backend) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  const auto driver = driver_of(backend);
  if (!driver) co_return driver.error();
  const auto found = co_await (*driver)->list();
  if (!found) co_return found.error();
  std::vector<std::string> names;
  for (const ArrayVolume& seen : *found) {
    if (!seen.owner || seen.owner->instance != instance || seen.owner->volume.empty()) continue;
    const std::string name = seen.owner->volume;
    const auto lock = co_await locks.take("volume/" + name);
    if (volumes.contains(name) || intents.contains(name)) continue;
    const auto comment = parse_json(seen.comment);
    const Json* text = comment ? member(*comment, "config") : nullptr;
    auto config = text == nullptr ? Result<VolumeConfig>(VolumeConfig{}) : volume_config_from_json(*text);
    if (!config) co_return config.error();
    config->name = name;
    if ((*driver)->facts().protocol == Protocol::file || config->size.empty())
      config->size = std::to_string(seen.size_bytes);
    const auto made = co_await attempt(*config, backend, seen.pool, false);
    if (made) names.push_back(name);
    else
      log.warning("A volume of ours could not be recorded again.", {{"volume", name}, {"error", made.error().message}});
  }
  co_return names;
}

}  // namespace provisioner
