#include "provisioner/core/core.h"

#include <utility>

#include "provisioner/core/json.h"
#include "provisioner/core/record_text.h"

namespace provisioner {

using boost::asio::awaitable;

Core::Core(boost::asio::any_io_executor loop, base::Clock& the_clock, base::Rng chance, base::Logger logger,
           Store& the_store, base::http::Transport& the_transport, OrchestratorOptions the_options)
    : executor(loop),
      clock(the_clock),
      rng(chance),
      log(std::move(logger)),
      store(the_store),
      transport(the_transport),
      options(std::move(the_options)),
      locks(loop),
      tasks(loop) {}

namespace {

struct OpName {
  IntentOp op;
  const char* name;
};
// 17.10.1 knows the first two; resizeVolume came with 18.10.
constexpr OpName kOpNames[] = {
    {IntentOp::add, "addVolume"}, {IntentOp::remove, "deleteVolume"}, {IntentOp::resize, "resizeVolume"}};

}  // namespace

Json to_json(const Intent& intent) {
  Json json;
  json["Config"] = to_json(intent.config);
  for (const OpName& row : kOpNames) {
    if (row.op == intent.op) json["Op"] = row.name;
  }
  if (!intent.backend.empty()) json["backend"] = intent.backend;
  if (!intent.pool.empty()) json["pool"] = intent.pool;
  return json;
}

std::string record_text(const Intent& intent) {
  std::string out = "{\"Config\":" + record_text(intent.config);
  const auto field = [&out](const char* key, std::string_view value) {
    out.append(",\"").append(key).append("\":");
    append_json_text(out, value);
  };
  for (const OpName& row : kOpNames) {
    if (row.op == intent.op) field("Op", row.name);
  }
  if (!intent.backend.empty()) field("backend", intent.backend);
  if (!intent.pool.empty()) field("pool", intent.pool);
  return out + "}";
}

Result<Intent> intent_from_json(const Json& json) {
  const Json* config = member(json, "Config");
  const Json* op = member(json, "Op");
  if (config == nullptr || op == nullptr)
    return Error{ErrorKind::invalid, "a transaction record without \"Config\" or \"Op\""};
  auto parsed = volume_config_from_json(*config);
  if (!parsed) return parsed.error();
  Intent intent;
  intent.config = std::move(*parsed);
  bool known = false;
  for (const OpName& row : kOpNames) {
    if (*op != row.name) continue;
    intent.op = row.op;
    known = true;
  }
  if (!known) return Error{ErrorKind::invalid, "a transaction record with the unknown operation " + op->dump()};
  for (const auto& [key, text] : {std::pair{"backend", &intent.backend}, std::pair{"pool", &intent.pool}}) {
    const Json* value = member(json, key);
    if (value != nullptr && value->is_string()) *text = value->get<std::string>();
  }
  return intent;
}

std::string to_text(Protocol protocol) { return protocol == Protocol::file ? "file" : "block"; }

Result<std::optional<Protocol>> protocol_for(const VolumeConfig& config) {
  std::optional<Protocol> wanted;
  if (config.protocol == "file") wanted = Protocol::file;
  else if (config.protocol == "block") wanted = Protocol::block;
  else if (!config.protocol.empty())
    return Error{ErrorKind::invalid, "unsupported protocol \"" + config.protocol + "\"; expected file or block"};
  const std::string& mode = config.access_mode;
  if (mode == "ReadWriteMany") {
    if (wanted == Protocol::block)
      return Error{ErrorKind::invalid, "access mode ReadWriteMany cannot be served by the block protocol"};
    return std::optional<Protocol>(Protocol::file);
  }
  if (!mode.empty() && mode != "ReadWriteOnce" && mode != "ReadOnlyMany")
    return Error{ErrorKind::invalid, "unsupported access mode \"" + mode + "\""};
  return wanted;
}

Result<void> Core::require_ready() const {
  if (phase == CorePhase::ready) return {};
  if (phase == CorePhase::failed)
    return Error{ErrorKind::unavailable, "the provisioner could not start: " + phase_error};
  return Error{ErrorKind::busy, "the provisioner is starting"};
}

Result<std::shared_ptr<Driver>> Core::driver_of(const std::string& name) const {
  const auto backend = backends.find(name);
  if (backend == backends.end()) return Error{ErrorKind::not_found, "backend " + name + " was not found"};
  if (backend->second.driver) return backend->second.driver;
  return Error{ErrorKind::unavailable, "backend " + name + " is not available: " + backend->second.reason};
}

/// Commits, and erases confirmed intents with it, so that a confirmation costs no commit of its own.
Core::Awaited Core::commit(std::vector<Write> writes) {
  constexpr std::size_t kErasedAtOnce = 50;  // etcd allows 128 operations in a transaction
  for (const Write& write : writes) {
    if (write.key.starts_with(keys::kIntent)) confirmed.erase(write.key.substr(keys::kIntent.size()));
  }
  std::vector<std::string> erased;
  for (const std::string& name : confirmed) {
    if (erased.size() == kErasedAtOnce) break;
    erased.push_back(name);
    writes.push_back({Write::Kind::erase, keys::kIntent + name, ""});
  }
  auto done = co_await store.commit(std::move(writes));
  for (const std::string& name : erased) {
    if (!done || confirmed.erase(name) == 0) continue;  // or another commit was about that name meanwhile
    const auto intent = intents.find(name);
    if (intent != intents.end() && intent->second.op == IntentOp::add && volumes.contains(name)) intents.erase(intent);
  }
  co_return done;
}

/// The volume's PV is there: what a crash would leave is no longer ours to undo.
void Core::confirm(std::string volume) {
  unconfirmed.erase(volume);
  const auto intent = intents.find(volume);
  if (intent == intents.end() || intent->second.op != IntentOp::add || !volumes.contains(volume)) return;
  confirmed.insert(std::move(volume));
  if (std::exchange(flushing, true)) return;
  tasks.spawn(flush_confirmed(), nullptr);
}

awaitable<void> Core::flush_confirmed() {
  const base::Duration pause = std::chrono::seconds(1);  // most of the time another commit takes them along
  while (true) {
    co_await base::sleep_for(clock, pause);
    if (confirmed.empty()) {
      flushing = false;
      co_return;
    }
    std::vector<Write> nothing_else;
    const auto done = co_await commit(std::move(nothing_else));
    if (!done) log.debug("Finished transactions could not be erased yet.", {{"error", done.error().message}});
  }
}

Core::Awaited Core::write_intent(const Intent& intent) {
  std::vector<Write> writes;
  writes.push_back({Write::Kind::set, keys::kIntent + intent.config.name, record_text(intent)});
  auto done = co_await commit(std::move(writes));
  if (done || done.error().kind == ErrorKind::unknown_outcome) intents[intent.config.name] = intent;
  co_return done;
}

Core::Awaited Core::erase_intent(std::string volume) {
  std::vector<Write> writes;
  writes.push_back({Write::Kind::erase, keys::kIntent + volume, ""});
  auto done = co_await commit(writes);
  if (done) intents.erase(volume);
  co_return done;
}

void Core::keep(Volume&& volume) {
  if (const auto backend = backends.find(volume.backend); backend != backends.end())
    backend->second.volumes.insert(volume.config.name);
  Volume& place = volumes[volume.config.name];
  place = std::move(volume);
}

void Core::forget(const std::string& name) {
  const auto volume = volumes.find(name);
  if (volume == volumes.end()) return;
  if (const auto backend = backends.find(volume->second.backend); backend != backends.end())
    backend->second.volumes.erase(name);
  volumes.erase(volume);
}

DestroySpec Core::destroy_spec(const VolumeConfig& config) const {
  DestroySpec spec;
  spec.internal_name = config.internal_name;
  if (!config.clone_source_volume.empty() && config.clone_source_snapshot.empty()) {
    const auto source = volumes.find(config.clone_source_volume);
    if (source != volumes.end()) spec.clone_of = source->second.config.internal_name;
  }
  return spec;
}

namespace {

struct Latch {
  explicit Latch(boost::asio::any_io_executor executor) : signal(std::move(executor)) {}
  base::Signal signal;
  std::size_t left = 0;
};

awaitable<void> counted(awaitable<void> task, std::shared_ptr<Latch> latch) {
  co_await std::move(task);
  --latch->left;
  latch->signal.notify();
}

}  // namespace

awaitable<void> Core::side_by_side(std::vector<awaitable<void>> list, base::Duration patience) {
  // Shared: tasks may go on after the patience is over.
  const auto latch = std::make_shared<Latch>(executor);
  latch->left = list.size();
  for (auto& task : list) tasks.spawn(counted(std::move(task), latch));
  const base::TimePoint deadline = clock.now() + patience;
  const base::TimerId timer = clock.at(deadline, [latch] { latch->signal.notify(); });
  while (latch->left > 0 && clock.now() < deadline) co_await latch->signal.wait();
  clock.cancel(timer);
}

}  // namespace provisioner
