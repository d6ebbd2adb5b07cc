#include "k8s-fake/controllers/cluster.h"

#include <optional>

#include "provisioner/base/check.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::uint64_t version_of(const Json& object) {
  return base::parse_unsigned(text(object, "/metadata/resourceVersion")).value_or(0);
}

Cluster::Cluster(base::Clock& clock, Client& client, base::TaskGroup& tasks)
    : clock_(clock), client_(client), tasks_(tasks) {}

void Cluster::follow(const Resource& kind, ChangeHook hook) {
  auto& entry = kinds_[{kind.prefix, kind.plural}];
  if (!entry) {
    entry = std::make_unique<Kind>();
    entry->resource = kind;
    ++unsynced_;
  }
  if (hook) entry->hooks.push_back(std::move(hook));
}

void Cluster::start() {
  for (auto& [name, kind] : kinds_) tasks_.spawn(watch(kind.get()));
}

asio::awaitable<void> Cluster::wait_synced() {
  while (unsynced_ > 0) co_await base::sleep_for(clock_, 1ms);
}

const Objects& Cluster::all(const Resource& kind) const {
  const auto found = kinds_.find({kind.prefix, kind.plural});
  CHECK(found != kinds_.end());
  return found->second->objects;
}

Object Cluster::find(const Resource& kind, const std::string& ns, const std::string& name) const {
  const Objects& objects = all(kind);
  const auto found = objects.find((kind.namespaced ? ns : "") + "/" + name);
  return found == objects.end() ? nullptr : found->second;
}

std::vector<Object> Cluster::in(const Resource& kind, const std::string& ns) const {
  const Objects& objects = all(kind);
  std::vector<Object> result;
  const std::string prefix = ns + "/";
  for (auto i = objects.lower_bound(prefix); i != objects.end() && i->first.starts_with(prefix); ++i)
    result.push_back(i->second);
  return result;
}

void Cluster::mark_synced(Kind& kind) {
  if (kind.synced) return;
  kind.synced = true;
  --unsynced_;
}

void Cluster::put(Kind& kind, Json object) {
  if (kind.gone.contains(uid_of(object))) return;
  // Items of a list carry no kind; controllers want one for events and owner references.
  object["kind"] = kind.resource.kind;
  object["apiVersion"] = kind.resource.api_version();
  const std::string key = key_of(object);
  Object& slot = kind.objects[key];
  if (slot && uid_of(*slot) == uid_of(object) && version_of(*slot) >= version_of(object)) return;
  const Object old = slot;
  const Object now = std::make_shared<const Json>(std::move(object));
  slot = now;
  if (old && uid_of(*old) != uid_of(*now)) {
    for (const ChangeHook& hook : kind.hooks) hook(old, nullptr);
    for (const ChangeHook& hook : kind.hooks) hook(nullptr, now);
    return;
  }
  for (const ChangeHook& hook : kind.hooks) hook(old, now);
}

void Cluster::take(Kind& kind, const std::string& key, const std::string& uid) {
  const auto found = kind.objects.find(key);
  if (found == kind.objects.end() || uid_of(*found->second) != uid) return;
  const Object old = found->second;
  kind.objects.erase(found);
  for (const ChangeHook& hook : kind.hooks) hook(old, nullptr);
}

asio::awaitable<bool> Cluster::list(Kind* kind) {
  const auto answer = co_await client_.list(kind->resource, "", kind->resource.filter);
  if (!answer) {
    // A server of another age may not have the kind at all: then there are no objects of it.
    if (answer.error().not_found()) mark_synced(*kind);
    co_await base::sleep_for(clock_, answer.error().not_found() ? 30s : 1s);
    co_return false;
  }
  std::set<std::string> seen;
  for (const Json& item : at(*answer, "/items")) {
    seen.insert(uid_of(item));
    put(*kind, item);
  }
  std::vector<std::pair<std::string, std::string>> missing;
  for (const auto& [key, object] : kind->objects) {
    if (!seen.contains(uid_of(*object))) missing.emplace_back(key, uid_of(*object));
  }
  for (const auto& [key, uid] : missing) take(*kind, key, uid);
  kind->gone.clear();
  kind->version = text(*answer, "/metadata/resourceVersion");
  mark_synced(*kind);
  co_return true;
}

bool Cluster::handle_line(Kind& kind, std::string_view line) {
  Json event = Json::parse(line, nullptr, false);
  if (event.is_discarded()) return false;
  const std::string type = text(event, "/type");
  if (type == "ERROR") {
    kind.version.clear();
    return false;
  }
  Json object = std::move(event["object"]);
  kind.version = text(object, "/metadata/resourceVersion");
  if (type == "BOOKMARK") return true;
  if (type == "DELETED") {
    kind.gone.erase(uid_of(object));
    take(kind, key_of(object), uid_of(object));
  } else {
    put(kind, std::move(object));
  }
  return true;
}

namespace {
/// Tells the writer's end when the reading task goes, also by cancellation.
struct Reader {
  std::shared_ptr<base::Pipe> pipe;
  explicit Reader(std::shared_ptr<base::Pipe> p) : pipe(std::move(p)) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { pipe->abandon(); }
};
}  // namespace

asio::awaitable<void> Cluster::read_events(Kind* kind, std::shared_ptr<base::Pipe> pipe) {
  const Reader reader(pipe);
  std::string pending;
  while (const base::Chunk chunk = co_await pipe->read()) {
    pending += *chunk;
    std::size_t start = 0;
    for (std::size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', start)) {
      const std::string_view line = std::string_view(pending).substr(start, end - start);
      start = end + 1;
      if (!line.empty() && !handle_line(*kind, line)) co_return;
    }
    pending.erase(0, start);
  }
}

asio::awaitable<void> Cluster::watch(Kind* kind) {
  for (;;) {
    if (kind->version.empty()) {
      const bool listed = co_await list(kind);
      if (!listed) continue;
    }
    std::string target = kind->resource.path("") + "?resourceVersion=" + kind->version + "&watch=true";
    if (!kind->resource.filter.empty()) target += "&" + kind->resource.filter;
    auto answer = co_await client_.stream(std::move(target));
    if (answer && answer->status == 200 && answer->outgoing) {
      co_await read_events(kind, answer->outgoing);
      continue;
    }
    if (answer && answer->outgoing) answer->outgoing->abandon();
    if (answer && answer->status == 410) kind->version.clear();
    co_await base::sleep_for(clock_, 1s);
  }
}

void Cluster::observe(const Resource& kind, const ApiResult& result) {
  const auto found = kinds_.find({kind.prefix, kind.plural});
  if (!result || found == kinds_.end() || !has(*result, "/metadata/uid")) return;
  put(*found->second, *result);
}

asio::awaitable<ApiResult> Cluster::create(Resource kind, Json object) {
  auto result = co_await client_.create(kind, std::move(object));
  observe(kind, result);
  co_return result;
}

asio::awaitable<ApiResult> Cluster::update(Resource kind, Json object, std::string sub) {
  auto result = co_await client_.update(kind, std::move(object), std::move(sub));
  observe(kind, result);
  co_return result;
}

asio::awaitable<ApiResult> Cluster::patch(Resource kind, std::string ns, std::string name, std::string sub, Json body,
                                          PatchType type) {
  auto result = co_await client_.patch(kind, std::move(ns), std::move(name), std::move(sub), std::move(body), type);
  observe(kind, result);
  co_return result;
}

asio::awaitable<ApiResult> Cluster::remove(Resource kind, Json object, Json options) {
  options["preconditions"]["uid"] = uid_of(object);
  auto result = co_await client_.remove(kind, namespace_of(object), name_of(object), std::move(options));
  if (!result) co_return result;
  // The answer is the object, or a Status when it went at once; an object without grace and finalizers went too.
  const bool stays = deleting(*result) && (has(*result, "/metadata/finalizers") ||
                                           number(*result, "/metadata/deletionGracePeriodSeconds") > 0);
  if (stays) {
    observe(kind, result);
    co_return result;
  }
  const auto found = kinds_.find({kind.prefix, kind.plural});
  if (found != kinds_.end() && found->second->objects.contains(key_of(object))) {
    found->second->gone.insert(uid_of(object));
    take(*found->second, key_of(object), uid_of(object));
  }
  co_return result;
}

asio::awaitable<ApiResult> Cluster::modify(Resource kind, std::string ns, std::string name, std::string sub,
                                           std::function<bool(Json&)> change) {
  const auto followed = kinds_.find({kind.prefix, kind.plural});
  for (int attempt = 0;; ++attempt) {
    // What the map holds is nearly always new enough; a conflict tells when it is not.
    Object known;
    if (attempt == 0 && followed != kinds_.end()) known = find(kind, ns, name);
    // Not one conditional expression: gcc 12 destroys the awaited branch's result twice.
    std::optional<ApiResult> looked_up;
    if (!known) looked_up.emplace(co_await client_.get(kind, ns, name));
    ApiResult current = known ? ApiResult(*known) : std::move(*looked_up);
    if (!current) co_return current;
    if (!change(*current)) co_return current;
    auto written = co_await client_.update(kind, *current, sub);
    if (!written && written.error().conflict() && attempt < 10) continue;
    observe(kind, written);
    co_return written;
  }
}

}  // namespace k8s_fake::control
