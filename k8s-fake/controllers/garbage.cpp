#include "k8s-fake/controllers/garbage.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct Reader {
  std::shared_ptr<base::Pipe> pipe;
  explicit Reader(std::shared_ptr<base::Pipe> p) : pipe(std::move(p)) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { pipe->abandon(); }
};

/// Most events are about objects without owners and need not be parsed at all.
bool concerns_us(std::string_view line) {
  return line.find("\"ownerReferences\"") != std::string_view::npos ||
         line.find("\"deletionTimestamp\"") != std::string_view::npos ||
         line.substr(0, 40).find("\"DELETED\"") != std::string_view::npos ||
         line.substr(0, 40).find("\"ERROR\"") != std::string_view::npos;
}

std::string last_version(std::string_view line) {
  const Json event = Json::parse(line, nullptr, false);
  return event.is_discarded() ? "" : text(event, "/object/metadata/resourceVersion");
}

}  // namespace

Json GarbageCollector::Node::object() const {
  return {{"kind", resource.kind},
          {"apiVersion", resource.api_version()},
          {"metadata", {{"name", name}, {"namespace", ns}, {"uid", uid}}}};
}

GarbageCollector::GarbageCollector(asio::any_io_executor executor, base::Clock& clock, Client& client, Events& events,
                                   base::TaskGroup& tasks)
    : clock_(clock), client_(client), events_(events), tasks_(tasks), ready_(executor), look_again_(executor) {}

void GarbageCollector::rediscover() { look_again_.notify(); }

void GarbageCollector::enqueue(const std::string& uid) {
  if (!queued_.insert(uid).second) return;
  queue_.push_back(uid);
  ready_.notify();
}

void GarbageCollector::forget(const std::string& uid) {
  alive_.erase(uid);
  const auto found = nodes_.find(uid);
  if (found != nodes_.end()) {
    for (const Json& owner : found->second.owners) {
      const std::string owner_uid = text(owner, "/uid");
      dependents_[owner_uid].erase(uid);
      if (dependents_[owner_uid].empty()) dependents_.erase(owner_uid);
      enqueue(owner_uid);  // it may be waiting for this one
    }
    nodes_.erase(found);
  }
  const auto left = dependents_.find(uid);
  if (left == dependents_.end()) return;
  for (const std::string& dependent : left->second) enqueue(dependent);
}

void GarbageCollector::notice(const Resource& resource, const Json& object) {
  const std::string uid = uid_of(object);
  const Json& owners = at(object, "/metadata/ownerReferences");
  const bool waits =
      deleting(object) && (has_finalizer(object, "foregroundDeletion") || has_finalizer(object, "orphan"));
  const auto known = nodes_.find(uid);
  if (known != nodes_.end()) {
    for (const Json& owner : known->second.owners) dependents_[text(owner, "/uid")].erase(uid);
  }
  if (owners.empty() && !waits) {
    nodes_.erase(uid);
    return;
  }
  Node node{resource,
            namespace_of(object),
            name_of(object),
            uid,
            owners.is_array() ? owners : Json::array(),
            deleting(object),
            false,
            false};
  node.foreground = waits && has_finalizer(object, "foregroundDeletion");
  node.orphan = waits && has_finalizer(object, "orphan");
  for (const Json& owner : node.owners) dependents_[text(owner, "/uid")].insert(uid);
  if (waits) alive_.erase(uid);  // its standing changed
  nodes_[uid] = std::move(node);
  enqueue(uid);
}

asio::awaitable<bool> GarbageCollector::list(Resource resource, std::string* version) {
  const auto answer = co_await client_.list(resource, "", "");
  if (!answer) co_return false;
  std::set<std::string> seen;
  for (const Json& item : at(*answer, "/items")) {
    seen.insert(uid_of(item));
    notice(resource, item);
  }
  std::vector<std::string> missing;
  for (const auto& [uid, node] : nodes_) {
    if (node.resource.prefix == resource.prefix && node.resource.plural == resource.plural && !seen.contains(uid))
      missing.push_back(uid);
  }
  for (const std::string& uid : missing) forget(uid);
  *version = text(*answer, "/metadata/resourceVersion");
  co_return true;
}

bool GarbageCollector::handle_line(const Resource& resource, std::string_view line) {
  const Json event = Json::parse(line, nullptr, false);
  if (event.is_discarded()) return false;
  const std::string type = text(event, "/type");
  if (type == "ERROR") return false;
  const Json& object = at(event, "/object");
  if (type == "DELETED") {
    forget(uid_of(object));
  } else if (type != "BOOKMARK") {
    notice(resource, object);
  }
  return true;
}

asio::awaitable<void> GarbageCollector::follow(Resource resource) {
  std::string version;
  for (;;) {
    if (version.empty()) {
      const bool listed = co_await list(resource, &version);
      if (!listed) {
        co_await base::sleep_for(clock_, 5s);
        if (!followed_.contains({resource.prefix, resource.plural})) co_return;
        continue;
      }
    }
    auto answer = co_await client_.stream(resource.path("") + "?resourceVersion=" + version + "&watch=true");
    if (!answer || answer->status != 200 || !answer->outgoing) {
      if (answer && (answer->status == 404 || answer->status == 405)) {  // the kind went, or cannot be watched
        followed_.erase({resource.prefix, resource.plural});
        co_return;
      }
      version.clear();
      co_await base::sleep_for(clock_, 1s);
      continue;
    }
    const Reader reader(answer->outgoing);
    std::string pending;
    std::string last;
    bool good = true;
    while (good) {
      const base::Chunk chunk = co_await reader.pipe->read();
      if (!chunk) break;
      pending += *chunk;
      std::size_t start = 0;
      for (std::size_t end = pending.find('\n'); good && end != std::string::npos; end = pending.find('\n', start)) {
        const std::string_view line = std::string_view(pending).substr(start, end - start);
        start = end + 1;
        if (!line.empty()) last = line;
        if (concerns_us(line)) good = handle_line(resource, line);
      }
      pending.erase(0, start);
    }
    if (!good) {
      version.clear();
    } else if (!last.empty()) {
      version = last_version(last);
    }
  }
}

asio::awaitable<void> GarbageCollector::find_kinds() {
  const auto served = co_await discover(client_);
  if (!served) {
    co_await base::sleep_for(clock_, 1s);
    look_again_.notify();
    co_return;
  }
  for (const Discovered& kind : *served) {
    by_kind_[{kind.resource.api_version(), kind.resource.kind}] = kind.resource;
    const bool second_view = kind.resource.plural == "events";
    if (!kind.can_list || !kind.can_watch || !kind.can_delete || second_view) continue;
    if (followed_.insert({kind.resource.prefix, kind.resource.plural}).second) tasks_.spawn(follow(kind.resource));
  }
}

asio::awaitable<void> GarbageCollector::run() {
  tasks_.spawn(work());
  for (;;) {
    co_await find_kinds();
    co_await look_again_.wait();
  }
}

asio::awaitable<void> GarbageCollector::work() {
  for (;;) {
    while (queue_.empty()) co_await ready_.wait();
    const std::string uid = queue_.front();
    queue_.pop_front();
    queued_.erase(uid);
    const bool settled = co_await examine(uid);
    if (!settled) {
      co_await base::sleep_for(clock_, 5ms);
      enqueue(uid);
    }
  }
}

asio::awaitable<GarbageCollector::Standing> GarbageCollector::standing(Json owner, Node dependent) {
  const std::string uid = text(owner, "/uid");
  if (alive_.contains(uid)) co_return Standing::there;
  const auto known = nodes_.find(uid);
  if (known != nodes_.end()) co_return known->second.foreground ? Standing::waiting : Standing::there;
  auto kind = by_kind_.find({text(owner, "/apiVersion"), text(owner, "/kind")});
  if (kind == by_kind_.end()) {
    const std::string version = text(owner, "/apiVersion");
    const std::string prefix = version.find('/') == std::string::npos ? "/api/" + version : "/apis/" + version;
    const auto document = co_await client_.call("GET", prefix, "", "");
    if (!document) co_return Standing::unknown;
    for (const Json& entry : at(*document, "/resources")) {
      if (text(entry, "/name").find('/') == std::string::npos) {
        by_kind_[{version, text(entry, "/kind")}] = {prefix, text(entry, "/name"), text(entry, "/kind"),
                                                     entry.value("namespaced", false)};
      }
    }
    kind = by_kind_.find({version, text(owner, "/kind")});
    if (kind == by_kind_.end()) co_return Standing::unknown;
  }
  if (kind->second.namespaced && dependent.ns.empty())
    co_return Standing::unknown;  // such a reference can never be resolved
  const auto live = co_await client_.get(kind->second, dependent.ns, text(owner, "/name"));
  if (!live && !live.error().not_found()) co_return Standing::unknown;
  if (!live || uid_of(*live) != uid) co_return Standing::absent;
  if (deleting(*live) && has_finalizer(*live, "foregroundDeletion")) co_return Standing::waiting;
  alive_.insert(uid);
  co_return Standing::there;
}

asio::awaitable<bool> GarbageCollector::strip_owners(Node node, std::set<std::string> uids) {
  const auto live = co_await client_.get(node.resource, node.ns, node.name);
  if (!live) co_return live.error().not_found();
  if (uid_of(*live) != node.uid) co_return true;
  Json kept = Json::array();
  for (const Json& owner : at(*live, "/metadata/ownerReferences")) {
    if (!uids.contains(text(owner, "/uid"))) kept.push_back(owner);
  }
  const Json body{{"metadata",
                   {{"uid", node.uid},
                    {"resourceVersion", text(*live, "/metadata/resourceVersion")},
                    {"ownerReferences", kept.empty() ? Json() : kept}}}};
  const auto written = co_await client_.patch(node.resource, node.ns, node.name, "", body, PatchType::merge);
  co_return written || written.error().not_found();
}

asio::awaitable<bool> GarbageCollector::strip_finalizer(Node node, std::string finalizer) {
  const auto live = co_await client_.get(node.resource, node.ns, node.name);
  if (!live) co_return live.error().not_found();
  if (uid_of(*live) != node.uid || !has_finalizer(*live, finalizer)) co_return true;
  Json changed = *live;
  drop_finalizer(changed, finalizer);
  const Json kept = at(changed, "/metadata/finalizers");
  const Json body{
      {"metadata",
       {{"uid", node.uid}, {"resourceVersion", text(*live, "/metadata/resourceVersion")}, {"finalizers", kept}}}};
  const auto written = co_await client_.patch(node.resource, node.ns, node.name, "", body, PatchType::merge);
  co_return written || written.error().not_found();
}

/// An owner in foreground or orphan deletion.
asio::awaitable<bool> GarbageCollector::examine_owner(Node node) {
  std::set<std::string> dependents;
  if (const auto found = dependents_.find(node.uid); found != dependents_.end()) dependents = found->second;
  if (node.orphan) {
    for (const std::string& uid : dependents) {
      const auto dependent = nodes_.find(uid);
      if (dependent == nodes_.end()) continue;
      const Node orphan = dependent->second;
      const std::set<std::string> owner{node.uid};
      const bool stripped = co_await strip_owners(orphan, owner);
      if (!stripped) co_return false;
    }
    co_return co_await strip_finalizer(std::move(node), "orphan");
  }
  bool blocked = false;
  for (const std::string& uid : dependents) {
    const auto dependent = nodes_.find(uid);
    if (dependent == nodes_.end()) continue;
    for (const Json& owner : dependent->second.owners) {
      const bool blocks = text(owner, "/uid") == node.uid && owner.value("blockOwnerDeletion", false);
      blocked = blocked || blocks;
    }
    if (!dependent->second.deleting) enqueue(uid);
  }
  if (blocked) co_return true;
  co_return co_await strip_finalizer(std::move(node), "foregroundDeletion");
}

asio::awaitable<bool> GarbageCollector::examine(std::string uid) {
  const auto found = nodes_.find(uid);
  if (found == nodes_.end()) co_return true;
  const Node node = found->second;
  if (node.foreground || node.orphan) co_return co_await examine_owner(node);
  if (node.deleting || node.owners.empty()) co_return true;
  std::set<std::string> dangling;
  bool there = false;
  bool waiting = false;
  for (const Json& owner : node.owners) {
    const Standing is = co_await standing(owner, node);
    there = there || is == Standing::there || is == Standing::unknown;
    waiting = waiting || is == Standing::waiting;
    if (is == Standing::absent || is == Standing::waiting) dangling.insert(text(owner, "/uid"));
  }
  if (dangling.empty()) co_return true;
  if (there) co_return co_await strip_owners(node, dangling);
  // What was seen may be old: an object that was orphaned meanwhile stays, and its change is on the way.
  const auto live = co_await client_.get(node.resource, node.ns, node.name);
  if (!live) co_return live.error().not_found();
  if (uid_of(*live) != uid || at(*live, "/metadata/ownerReferences") != Json(node.owners)) co_return true;
  const bool has_dependents = dependents_.contains(uid);
  const Json options{{"preconditions", {{"uid", uid}}},
                     {"propagationPolicy", waiting && has_dependents ? "Foreground" : "Background"}};
  const auto removed = co_await client_.remove(node.resource, node.ns, node.name, options);
  co_return removed || removed.error().not_found() || removed.error().conflict();
}

}  // namespace k8s_fake::control
