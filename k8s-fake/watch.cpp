#include "k8s-fake/watch.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/protobuf.h"

namespace k8s_fake {
namespace {

constexpr base::Duration kBookmarkPeriod = std::chrono::minutes(1);

const char* name_of(EventType type) {
  switch (type) {
    case EventType::added: return "ADDED";
    case EventType::modified: return "MODIFIED";
    case EventType::deleted: return "DELETED";
  }
  return "";
}

}  // namespace

bool WatchSpec::matches(const Object& object) const {
  if (!ns.empty() && object.ns != ns) return false;
  return labels.matches(object.labels) && fields.matches(object, *endpoint->resource) && (!visible || visible(object));
}

std::string event_text(const View& view, std::string_view type, std::string_view object) {
  if (view.media == View::Media::protobuf)
    return protobuf_event(type, encode_protobuf(parse_json(object).value).value_or(""));
  std::string out;
  out.reserve(object.size() + 40);
  out += "{\"type\":\"";
  out += type;
  out += "\",\"object\":";
  out += object;
  out += "}\n";
  return out;
}

struct WatchHub::Watcher {
  WatchSpec spec;
  std::shared_ptr<base::Pipe> pipe = std::make_shared<base::Pipe>();
  std::size_t allowed_bytes = 0;
  bool first = true;  // no table sent yet
  base::TimerId bookmark_timer = 0;
  base::TimerId end_timer = 0;
};

struct WatchHub::State {
  base::Clock& clock;
  Store& store;
  base::Rng rng;
  Encoder encode;
  std::map<std::size_t, std::list<std::shared_ptr<Watcher>>> watchers;  // by Resource::id
  std::size_t backlog_max = 0;

  using Ref = std::shared_ptr<Watcher>;
  struct Cached {
    const Endpoint* endpoint;
    View::Media media;
    EventType type;
    base::Chunk chunk;
  };

  void drop(const Ref& watcher) {
    clock.cancel(watcher->bookmark_timer);
    clock.cancel(watcher->end_timer);
    watcher->pipe->close();
    watchers[watcher->spec.endpoint->resource->id].remove(watcher);
  }

  void send(Watcher& watcher, EventType type, const Object& object, std::vector<Cached>* cache) {
    const bool shared = cache != nullptr && watcher.spec.view.shape == View::Shape::object;
    if (shared) {
      for (const auto& each : *cache) {
        if (each.endpoint == watcher.spec.endpoint && each.media == watcher.spec.view.media && each.type == type) {
          watcher.pipe->write(each.chunk);
          return;
        }
      }
    }
    auto chunk = std::make_shared<const std::string>(
        event_text(watcher.spec.view, name_of(type), encode(watcher.spec, object, watcher.first)));
    watcher.first = false;
    if (shared) cache->push_back({watcher.spec.endpoint, watcher.spec.view.media, type, chunk});
    watcher.pipe->write(std::move(chunk));
  }

  /// The filter is applied to old and new state: what starts to match is added, what stops is deleted.
  void deliver(Watcher& watcher, const Event& event, std::vector<Cached>* cache) {
    if (event.version <= watcher.spec.from) return;
    const bool now = watcher.spec.matches(*event.object);
    const bool before = event.previous != nullptr && watcher.spec.matches(*event.previous);
    if (event.type == EventType::deleted) {
      if (before) send(watcher, EventType::deleted, *event.object, cache);
    } else if (now) {
      send(watcher, before ? EventType::modified : EventType::added, *event.object, cache);
    } else if (before) {
      Object last = *event.previous;
      Json shown = last.json();
      shown["metadata"]["resourceVersion"] = std::to_string(event.version);
      last.tail = dump_tail(shown);
      last.version = event.version;
      send(watcher, EventType::deleted, last, nullptr);
    }
  }

  void publish(const Resource& resource, const EventPtr& event) {
    const auto found = watchers.find(resource.id);
    if (found == watchers.end()) return;
    std::vector<Cached> cache;
    std::vector<Ref> slow;
    for (const auto& watcher : found->second) {
      deliver(*watcher, *event, &cache);
      if (watcher->pipe->queued_bytes() > watcher->allowed_bytes + backlog_max) slow.push_back(watcher);
    }
    for (const auto& watcher : slow) drop(watcher);
  }

  void bookmark(Watcher& watcher, bool initial_end) {
    const Endpoint& endpoint = *watcher.spec.endpoint;
    std::string metadata = "\"metadata\":{\"resourceVersion\":\"" +
                           std::to_string(std::max(store.version(), watcher.spec.from)) +
                           "\",\"creationTimestamp\":null";
    if (initial_end) metadata += ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}";
    metadata += "}";
    std::string object = endpoint.head() + metadata + "}";
    if (watcher.spec.view.shape == View::Shape::table) {
      object = head_of("Table", watcher.spec.view.api_version) + "\"metadata\":{\"resourceVersion\":\"" +
               std::to_string(store.version()) + "\"},\"columnDefinitions\":null,\"rows\":[{\"cells\":[],\"object\":" +
               head_of("PartialObjectMetadata", watcher.spec.view.api_version) + metadata + "}}]}";
    } else if (watcher.spec.view.shape == View::Shape::partial) {
      object = head_of("PartialObjectMetadata", watcher.spec.view.api_version) + metadata + "}";
    }
    watcher.pipe->write(event_text(watcher.spec.view, "BOOKMARK", object));
  }
};

WatchHub::WatchHub(base::Clock& clock, Store& store, base::Rng rng, Encoder encode)
    : state_(std::make_shared<State>(State{clock, store, rng, std::move(encode), {}, backlog_max})) {
  store.listen([state = state_](const Resource& resource, const EventPtr& event) { state->publish(resource, event); });
}

WatchHub::~WatchHub() { end_all(); }

namespace {

/// Each bookmark schedules the next; ends with its watcher.
template <class State, class Ref>
void schedule_bookmark(const std::shared_ptr<State>& state, const Ref& watcher) {
  std::weak_ptr<State> weak = state;
  std::weak_ptr<typename Ref::element_type> target = watcher;
  watcher->bookmark_timer = state->clock.after(kBookmarkPeriod, [weak, target] {
    const auto alive = weak.lock();
    const auto here = target.lock();
    if (!alive || !here || !here->pipe->writable()) return;
    alive->bookmark(*here, false);
    schedule_bookmark(alive, here);
  });
}

}  // namespace

std::shared_ptr<base::Pipe> WatchHub::open(WatchSpec spec, const Start& start) {
  auto watcher = std::make_shared<Watcher>();
  watcher->spec = std::move(spec);
  State& state = *state_;
  state.backlog_max = backlog_max;
  for (const auto& object : start.initial) state.send(*watcher, EventType::added, *object, nullptr);
  if (start.initial_end_bookmark) state.bookmark(*watcher, true);
  for (const auto& event : start.replay) state.deliver(*watcher, *event, nullptr);
  watcher->allowed_bytes = watcher->pipe->queued_bytes();

  std::weak_ptr<State> weak = state_;
  std::weak_ptr<Watcher> target = watcher;
  base::Duration timeout = watcher->spec.timeout;
  if (timeout.count() <= 0) timeout = std::chrono::seconds(1800 + static_cast<std::int64_t>(state.rng.below(1800)));
  watcher->end_timer = state.clock.after(timeout, [weak, target] {
    const auto alive = weak.lock();
    const auto here = target.lock();
    if (!alive || !here) return;
    if (here->spec.bookmarks) alive->bookmark(*here, false);
    alive->drop(here);
  });
  if (watcher->spec.bookmarks) schedule_bookmark(state_, watcher);
  watcher->pipe->on_reader_gone([weak, target] {
    const auto alive = weak.lock();
    const auto here = target.lock();
    if (alive && here) alive->drop(here);
  });
  state.watchers[watcher->spec.endpoint->resource->id].push_back(watcher);
  return watcher->pipe;
}

void WatchHub::end(const Resource& resource) {
  const auto found = state_->watchers.find(resource.id);
  if (found == state_->watchers.end()) return;
  const auto all = found->second;
  for (const auto& watcher : all) state_->drop(watcher);
}

void WatchHub::end_all() {
  const auto all = state_->watchers;
  for (const auto& [id, list] : all) {
    for (const auto& watcher : list) state_->drop(watcher);
  }
}

std::size_t WatchHub::size() const {
  std::size_t total = 0;
  for (const auto& [id, list] : state_->watchers) total += list.size();
  return total;
}

}  // namespace k8s_fake
