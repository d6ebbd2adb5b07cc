// The life of a volume. Every change of the array stands between two commits: the intent before it, the result after
// it.
#include <algorithm>

#include "provisioner/base/text.h"
#include "provisioner/core/core.h"
#include "provisioner/core/json.h"
#include "provisioner/core/planted.h"
#include "provisioner/core/record_text.h"
#include "provisioner/core/size.h"

namespace provisioner {

using boost::asio::awaitable;

namespace {

/// The backend counts a volume on its way, so that it is not purged meanwhile.
struct CreatingMark {
  CreatingMark(Core& owner, std::string backend) : core(owner), name(std::move(backend)) {
    ++core.backends.at(name).creating;
  }
  CreatingMark(const CreatingMark&) = delete;
  CreatingMark& operator=(const CreatingMark&) = delete;
  ~CreatingMark() {
    if (const auto backend = core.backends.find(name); backend != core.backends.end()) --backend->second.creating;
  }
  Core& core;
  std::string name;
};

std::map<std::string, Request> requests_of(const StorageClassConfig& config) {
  std::map<std::string, Request> requests;
  if (!config.attributes) return requests;
  for (const auto& [name, value] : *config.attributes) {
    if (auto request = parse_request(name, value)) requests.emplace(name, std::move(*request));
  }
  return requests;
}

/// What an earlier attempt wanted is what this one wants: its volume may be completed instead of made anew.
bool same_wish(const VolumeConfig& before, const VolumeConfig& now) {
  VolumeConfig plain = before;
  plain.internal_name = now.internal_name;
  plain.access = now.access;
  plain.file_system = now.file_system;
  plain.protocol = now.protocol;
  plain.version = now.version;
  return plain == now;
}

bool is_open(const Error& error, bool resuming) {
  if (is_planted(Planted::lost_reply_failed)) return false;
  return error.kind == ErrorKind::unknown_outcome || (resuming && error.kind == ErrorKind::unavailable);
}

}  // namespace

awaitable<Result<Volume>> Core::add_volume(VolumeConfig config) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  if (config.name.empty()) co_return Error{ErrorKind::invalid, "a volume needs a name"};
  const auto lock = co_await locks.take("volume/" + config.name);
  if (volumes.contains(config.name))
    co_return Error{ErrorKind::already_exists, "volume " + config.name + " already exists"};
  config.version = "1";
  config.access = {};
  config.internal_name.clear();
  if (!config.clone_source_volume.empty()) {
    if (const auto cloned = co_await place_clone(config); !cloned) co_return cloned.error();
    co_return volumes.at(config.name);
  }
  if (!classes.contains(config.storage_class))
    co_return Error{ErrorKind::invalid, "unknown storage class: " + config.storage_class};
  const auto protocol = protocol_for(config);
  if (!protocol) co_return protocol.error();
  const auto bytes = parse_size(config.size);
  if (!bytes) co_return bytes.error();

  if (const auto earlier = intents.find(config.name); earlier != intents.end()) {
    const Intent intent = earlier->second;
    const bool fits = !intent.backend.empty() && same_wish(intent.config, config) &&
                      matcher.matches(config.storage_class, intent.backend, intent.pool);
    if (fits) {
      const auto resumed = co_await attempt(config, intent.backend, intent.pool, true);
      if (resumed) co_return volumes.at(config.name);
      if (intents.contains(config.name)) co_return resumed.error();
    } else if (auto undone = co_await roll_back(config.name); !undone) {
      co_return Error{undone.error().kind, "an earlier attempt to create volume " + config.name +
                                               " could not be undone: " + undone.error().message};
    } else if (intents.contains(config.name)) {
      co_return Error{ErrorKind::busy, "an earlier, different attempt to create volume " + config.name +
                                           " is being undone; try again later"};
    }
  }
  if (const auto placed = co_await place(config, *protocol); !placed) co_return placed.error();
  co_return volumes.at(config.name);
}

Core::Awaited Core::place(VolumeConfig& config, std::optional<Protocol> protocol) {
  std::set<std::pair<std::string, std::string>> tried;
  std::string causes;
  ErrorKind worst = ErrorKind::invalid;
  std::uint64_t version = matcher.version();
  const Draw draw = options.placement == Placement::free_space ? Draw::free_space : Draw::uniform;
  auto candidates = matcher.candidates(config.storage_class, protocol, rng, draw);
  if (candidates.size() == 0) {
    co_return Error{ErrorKind::invalid, "no available backends for storage class " + config.storage_class};
  }
  while (true) {
    if (version != matcher.version()) {  // backends or classes changed while we waited for an array
      version = matcher.version();
      candidates = matcher.candidates(config.storage_class, protocol, rng, draw);
    }
    PoolRef next;
    if (!candidates.next(next)) break;
    const std::string backend(next.backend());
    const std::string pool(next.pool());
    if (!tried.emplace(backend, pool).second) continue;
    auto made = co_await attempt(config, backend, pool, false);
    if (made) co_return made;
    log.warning("Failed to create the volume on this pool.",
                {{"backend", backend}, {"pool", pool}, {"volume", config.name}, {"error", made.error().message}});
    causes += std::string(causes.empty() ? "" : ", ") + "[Failed to create volume " + config.name +
              " on storage pool " + pool + " from backend " + backend + ": " + made.error().message + "]";
    worst = made.error().kind;
    if (is_open(made.error(), false))
      co_return Error{ErrorKind::unknown_outcome, "encountered error(s) in creating the volume: " + causes};
  }
  if (intents.contains(config.name)) {
    if (const auto erased = co_await erase_intent(config.name); !erased) causes += "\n\t" + erased.error().message;
  }
  co_return Error{worst, "encountered error(s) in creating the volume: " + causes};
}

Core::Awaited Core::place_clone(VolumeConfig& config) {
  const auto source = volumes.find(config.clone_source_volume);
  if (source == volumes.end())
    co_return Error{ErrorKind::not_found, "source volume " + config.clone_source_volume + " was not found"};
  const Volume from = source->second;
  if (config.storage_class.empty()) config.storage_class = from.config.storage_class;
  if (config.storage_class != from.config.storage_class) {
    co_return Error{ErrorKind::invalid,
                    "a clone must have the storage class of its source, " + from.config.storage_class};
  }
  const auto bytes = parse_size(config.size);
  if (!bytes) co_return bytes.error();
  if (const auto have = parse_size(from.config.size); have && *bytes > *have) {
    co_return Error{ErrorKind::invalid,
                    "requested clone size is larger than the source volume " + config.clone_source_volume};
  }
  config.size = from.config.size;
  if (intents.contains(config.name) && !same_wish(intents.at(config.name).config, config)) {
    if (auto undoing = co_await roll_back(config.name); !undoing) co_return undoing.error();
    if (intents.contains(config.name))
      co_return Error{ErrorKind::busy, "an earlier, different attempt to clone to volume " + config.name +
                                           " is being undone; try again later"};
  }
  const bool resuming = intents.contains(config.name);
  auto made = co_await attempt(config, from.backend, from.pool, resuming);
  if (!made && !is_open(made.error(), resuming) && intents.contains(config.name)) {
    if (const auto erased = co_await erase_intent(config.name); !erased)
      co_return Error{made.error().kind, made.error().message + "\n\t" + erased.error().message};
  }
  co_return made;
}

/// One try on one pool. On an error the intent is still there if something may be left on the array.
Core::Awaited Core::attempt(VolumeConfig& config, const std::string& backend, const std::string& pool, bool resuming) {
  const auto driver = driver_of(backend);
  if (!driver) co_return driver.error();
  const CreatingMark mark(*this, backend);
  config.internal_name = (*driver)->internal_name(config.name);
  CreateSpec spec;
  spec.internal_name = config.internal_name;
  spec.size_bytes = parse_size(config.size).value_or(0);
  spec.pool = pool;
  if (const auto storage_class = classes.find(config.storage_class); storage_class != classes.end())
    spec.requests = requests_of(storage_class->second);
  spec.owner = owner(config.name);
  if (!config.clone_source_volume.empty()) {
    spec.clone_of = volumes.at(config.clone_source_volume).config.internal_name;
    spec.clone_snapshot = config.clone_source_snapshot;
    parse_bool(config.split_on_clone, spec.split);
  }
  if (!resuming && !is_planted(Planted::no_intent)) {
    const Intent intent{IntentOp::add, config, backend, pool};
    if (const auto durable = co_await write_intent(intent); !durable) co_return durable.error();
  }
  const std::string& name = config.name;
  undone_once.erase(name);
  spec.config = config;
  auto made = co_await (*driver)->create(std::move(spec));
  if (!made && made.error().kind == ErrorKind::unknown_outcome) late_until[name] = clock.now() + options.late_calls;
  if (!made) {
    if (resuming && !is_open(made.error(), true)) {
      // The earlier attempt may have left what this one could not complete.
      const auto undone = co_await roll_back(name);
      if (!undone)
        co_return Error{ErrorKind::unknown_outcome,
                        made.error().message + "; undoing the earlier attempt: " + undone.error().message};
    }
    co_return made.error();
  }
  co_return co_await record(config, backend, pool, std::move(*made), *driver);
}

/// Makes what is on the array official: the volume's record appears and the intent goes in one commit.
Core::Awaited Core::record(const VolumeConfig& config, const std::string& backend, const std::string& pool, Made made,
                           std::shared_ptr<Driver> driver) {
  Volume volume;
  volume.config = config;
  volume.config.access = std::move(made.access);
  const BackendFacts& facts = driver->facts();
  if (volume.config.protocol.empty()) volume.config.protocol = to_text(facts.protocol);
  if (facts.protocol == Protocol::file && facts.type != "fake") volume.config.file_system.clear();
  if (!made.file_system.empty()) volume.config.file_system = made.file_system;
  volume.backend = backend;
  volume.pool = pool;
  std::vector<Write> writes;
  writes.push_back({Write::Kind::set, keys::kVolume + volume.config.name, record_text(volume)});
  const bool open = unconfirmed.contains(volume.config.name);
  if (!open) writes.push_back({Write::Kind::erase, keys::kIntent + volume.config.name, ""});
  const auto stored = co_await commit(std::move(writes));
  if (stored) {
    if (!open) intents.erase(volume.config.name);
    late_until.erase(volume.config.name);
    keep(std::move(volume));
    if (log.enabled(base::LogLevel::debug))
      log.debug("Volume created.", {{"volume", config.name}, {"backend", backend}, {"pool", pool}});
    co_return Result<void>();
  }
  // The intent stays: a repeat completes it, or recovery undoes it.
  co_return Error{ErrorKind::unknown_outcome,
                  "volume " + volume.config.name + " was created but could not be recorded: " + stored.error().message};
}

Core::Awaited Core::delete_volume(std::string name) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  const auto lock = co_await locks.take("volume/" + name);
  const auto found = volumes.find(name);
  if (found == volumes.end()) {
    if (!intents.contains(name) || undone_once.contains(name))
      co_return Error{ErrorKind::not_found, "volume " + name + " was not found"};
    co_return co_await roll_back(name);
  }
  const Volume volume = found->second;
  if (!intents.contains(name) || intents.at(name).op != IntentOp::remove) {
    const Intent intent{IntentOp::remove, volume.config, volume.backend, volume.pool};
    if (const auto durable = co_await write_intent(intent); !durable) co_return durable.error();
  }
  co_return co_await destroy_recorded(name);
}

Core::Awaited Core::abandon_volume(std::string name) {
  {
    const auto lock = co_await locks.take("volume/" + name);
    const auto intent = intents.find(name);
    if (intent != intents.end() && intent->second.op == IntentOp::add) co_return co_await roll_back(name);
    const auto found = volumes.find(name);
    if (found != volumes.end() && !found->second.config.import_original_name.empty()) {
      co_return Error{ErrorKind::conflict,
                      "volume " + name + " was imported; it is not deleted because its PV cannot be made"};
    }
  }
  co_return co_await delete_volume(name);
}

/// With the name's lock and a durable intent.
Core::Awaited Core::destroy_recorded(std::string name) {
  const Volume volume = volumes.at(name);
  if (!volume.config.import_not_managed && backends.contains(volume.backend)) {
    const auto driver = driver_of(volume.backend);
    if (!driver) co_return driver.error();
    const auto gone = co_await (*driver)->destroy(destroy_spec(volume.config));
    if (!gone) {
      log.error("Failed to delete the volume.",
                {{"volume", name}, {"backend", volume.backend}, {"error", gone.error().message}});
      // Refused before anything was changed: who asked was told so, and must ask again once the reason has gone.
      if (gone.error().kind == ErrorKind::conflict && intents.at(name).op == IntentOp::remove) {
        if (const auto erased = co_await erase_intent(name); !erased)
          log.warning("Could not erase a transaction.", {{"volume", name}, {"error", erased.error().message}});
      }
      co_return gone.error();
    }
  }
  std::vector<Write> writes;
  writes.push_back({Write::Kind::erase, keys::kVolume + name, ""});
  writes.push_back({Write::Kind::erase, keys::kIntent + name, ""});
  if (const auto stored = co_await commit(writes); !stored) co_return stored.error();
  intents.erase(name);
  forget(name);
  if (const auto purged = co_await purge_if_empty(volume.backend); !purged) {
    log.warning("Could not delete the empty offline backend.",
                {{"backend", volume.backend}, {"error", purged.error().message}});
  }
  co_return Result<void>();
}

awaitable<Result<Volume>> Core::resize_volume(std::string name, std::string size) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  const auto lock = co_await locks.take("volume/" + name);
  const auto found = volumes.find(name);
  if (found == volumes.end()) co_return Error{ErrorKind::not_found, "volume " + name + " was not found"};
  const auto wanted = parse_size(size);
  if (!wanted) co_return wanted.error();
  const auto have = parse_size(found->second.config.size);
  if (have && *wanted < *have) {
    co_return Error{ErrorKind::invalid, "requested size " + size + " is less than the existing size " +
                                            found->second.config.size + " of volume " + name};
  }
  if (have && *wanted == *have) co_return found->second;
  if (intents.contains(name) && intents.at(name).op == IntentOp::remove)
    co_return Error{ErrorKind::conflict, "volume " + name + " is being deleted"};
  Intent intent{IntentOp::resize, found->second.config, found->second.backend, found->second.pool};
  intent.config.size = std::to_string(*wanted);
  if (const auto durable = co_await write_intent(intent); !durable) co_return durable.error();
  if (const auto done = co_await apply_resize(intent); !done) co_return done.error();
  co_return volumes.at(name);
}

Core::Awaited Core::apply_resize(Intent intent) {
  const std::string name = intent.config.name;
  const auto driver = driver_of(intent.backend);
  if (!driver) co_return driver.error();
  const auto done = co_await (*driver)->resize(intent.config.internal_name, parse_size(intent.config.size).value_or(0));
  if (!done) {
    // The array said no: nothing has changed and nothing is left to finish.
    if (!is_open(done.error(), true)) {
      if (const auto erased = co_await erase_intent(name); !erased)
        log.warning("Could not erase a transaction.", {{"volume", name}, {"error", erased.error().message}});
    }
    co_return done.error();
  }
  Volume volume = volumes.at(name);
  volume.config.size = intent.config.size;
  std::vector<Write> writes;
  writes.push_back({Write::Kind::set, keys::kVolume + name, record_text(volume)});
  writes.push_back({Write::Kind::erase, keys::kIntent + name, ""});
  if (const auto stored = co_await commit(writes); !stored) co_return stored.error();
  intents.erase(name);
  keep(std::move(volume));
  co_return Result<void>();
}

awaitable<Result<Volume>> Core::import_volume(ImportRequest request) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  VolumeConfig config = request.config;
  if (config.name.empty()) co_return Error{ErrorKind::invalid, "a volume needs a name"};
  const auto lock = co_await locks.take("volume/" + config.name);
  if (volumes.contains(config.name))
    co_return Error{ErrorKind::already_exists, "volume " + config.name + " already exists"};
  const auto driver = driver_of(request.backend);
  if (!driver) co_return driver.error();
  for (const auto& [name, volume] : volumes) {
    if (volume.backend == request.backend && volume.config.internal_name == request.internal_name) {
      co_return Error{ErrorKind::already_exists, "volume " + request.internal_name + " is already managed as " + name};
    }
  }
  if (intents.contains(config.name) && intents.at(config.name).config.import_original_name != request.internal_name) {
    if (auto undone = co_await roll_back(config.name); !undone) co_return undone.error();
    if (intents.contains(config.name))
      co_return Error{ErrorKind::busy,
                      "an earlier attempt to make volume " + config.name + " is being undone; try again later"};
  }
  const auto seen = co_await (*driver)->find(request.internal_name);
  if (!seen) co_return seen.error();
  if (!*seen && !intents.contains(config.name))
    co_return Error{ErrorKind::not_found,
                    "volume " + request.internal_name + " was not found on backend " + request.backend};
  const CreatingMark mark(*this, request.backend);
  Intent intent{IntentOp::add, config, request.backend, *seen ? (*seen)->pool : intents.at(config.name).pool};
  if (*seen && (*seen)->owner && (*seen)->owner->instance != instance) {
    co_return Error{ErrorKind::conflict, "volume " + request.internal_name + " belongs to another provisioner"};
  }
  intent.config.import_original_name = request.internal_name;
  intent.config.import_not_managed = !request.managed;
  intent.config.internal_name = request.managed ? (*driver)->internal_name(config.name) : request.internal_name;
  intent.config.size =
      std::to_string(*seen ? (*seen)->size_bytes : parse_size(intents.at(config.name).config.size).value_or(0));
  if (const auto durable = co_await write_intent(intent); !durable) co_return durable.error();
  const ImportSpec spec{request.internal_name, intent.config.internal_name, intent.config, owner(config.name)};
  undone_once.erase(config.name);
  const auto made = co_await (*driver)->adopt(spec);
  if (!made && made.error().kind == ErrorKind::unknown_outcome)
    late_until[config.name] = clock.now() + options.late_calls;
  if (!made) {
    if (!is_open(made.error(), false)) {
      if (const auto erased = co_await erase_intent(config.name); !erased) co_return erased.error();
    }
    co_return made.error();
  }
  if (const auto done = co_await record(intent.config, intent.backend, intent.pool, *made, *driver); !done)
    co_return done.error();
  co_return volumes.at(config.name);
}

Result<std::vector<PoolVerdict>> Core::explain(const VolumeConfig& config) const {
  const auto storage_class = classes.find(config.storage_class);
  if (storage_class == classes.end())
    return Error{ErrorKind::not_found, "storage class " + config.storage_class + " was not found"};
  const auto protocol = protocol_for(config);
  std::vector<PoolVerdict> verdicts;
  const auto requests = requests_of(storage_class->second);
  for (const auto& [name, backend] : backends) {
    if (!backend.driver) {
      verdicts.push_back({name, "", false, "backend is not available: " + backend.reason});
      continue;
    }
    const BackendFacts& facts = backend.driver->facts();
    for (const PoolInfo& pool : facts.pools) {
      PoolVerdict verdict{name, pool.name, false, ""};
      if (backend.state != BackendState::online)
        verdict.reason =
            backend.state == BackendState::offline ? "backend is offline" : "backend failed: " + backend.reason;
      else if (!protocol) verdict.reason = protocol.error().message;
      else if (*protocol && **protocol != facts.protocol)
        verdict.reason = "backend serves the " + to_text(facts.protocol) + " protocol";
      else if (matcher.matches(config.storage_class, name, pool.name))
        verdict = {name, pool.name, true, "satisfies the storage class"};
      for (const auto& [attribute, request] : requests) {
        if (verdict.suitable || !verdict.reason.empty()) break;
        const auto offer = pool.offers.find(attribute);
        if (offer == pool.offers.end()) verdict.reason = "does not offer " + attribute;
        else if (!matches(offer->second, request))
          verdict.reason = attribute + " is " + to_json(offer->second).dump() + ", not " + to_text(request);
      }
      if (verdict.reason.empty()) verdict.reason = "is not among the pools that the storage class lists";
      verdicts.push_back(std::move(verdict));
    }
  }
  return verdicts;
}

}  // namespace provisioner
