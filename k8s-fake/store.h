#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/json.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/http/pipe.h"

/// Objects by (resource, namespace, name), one resourceVersion counter for all, and the history that watches replay.
/// Only put() and remove() raise the counter and publish. Objects are immutable; stored as the JSON text that clients
/// get, without kind and apiVersion, so that every version of a kind is served from the same bytes. History: at least
/// `history_min` events per resource and everything of the last five minutes.
namespace k8s_fake {

struct Resource;

struct Object {
  std::string ns;
  std::string name;
  std::string uid;
  std::uint64_t version = 0;
  std::string tail;  // see dump_tail()
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::string> fields;  // values of Resource::selectable, in its order

  Json json() const;  // without kind and apiVersion
};
using ObjectPtr = std::shared_ptr<const Object>;
using ObjectKey = std::pair<std::string, std::string>;  // namespace, name
using Objects = std::map<ObjectKey, ObjectPtr, std::less<>>;

enum class EventType { added, modified, deleted };

struct Event {
  EventType type = EventType::added;
  std::uint64_t version = 0;
  base::TimePoint time;
  ObjectPtr object;    // for deleted: the last state with the deletion's version
  ObjectPtr previous;  // null for added
};
using EventPtr = std::shared_ptr<const Event>;

class Store {
 public:
  using Listener = std::function<void(const Resource&, const EventPtr&)>;

  explicit Store(base::Clock& clock) : clock_(clock) {}

  /// The version of the last write.
  std::uint64_t version() const { return version_; }
  const Objects& objects(const Resource& resource) const;
  ObjectPtr find(const Resource& resource, std::string_view ns, std::string_view name) const;

  /// Creates or replaces; sets metadata.resourceVersion in `object`.
  ObjectPtr put(const Resource& resource, Json& object);
  /// Removes; the returned object carries the deletion's version. Null if there is none.
  ObjectPtr remove(const Resource& resource, std::string_view ns, std::string_view name);

  /// The objects of a resource as they stood at `version`; nothing when history does not reach back.
  std::optional<Objects> at_version(const Resource& resource, std::uint64_t version) const;
  /// Events after `version`, oldest first; nothing when history does not reach back.
  std::optional<std::vector<EventPtr>> since(const Resource& resource, std::uint64_t version) const;
  /// Forgets all history, so that old versions answer 410.
  void drop_history();

  /// Called for every commit, after the state changed. Listeners stay for the store's life.
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  /// Puts back what an earlier process stored; raises the counter to at least its version. Publishes nothing.
  void restore(const Resource& resource, const Json& object);
  void restore_version(std::uint64_t version) {
    version_ = std::max(version_, version);
    forgotten_ = version_;
  }

  std::size_t history_min = 1000;
  std::size_t history_max = 100000;

 private:
  struct Kept {
    Objects objects;
    std::deque<EventPtr> events;
    std::uint64_t forgotten = 0;  // events up to this version are gone
  };
  Kept& kept(const Resource& resource);
  void publish(const Resource& resource, Kept& kept, EventPtr event);

  base::Clock& clock_;
  std::uint64_t version_ = 0;
  std::uint64_t forgotten_ = 0;
  mutable std::vector<Kept> kept_;  // by Resource::id
  std::vector<Listener> listeners_;
};

/// What is selectable of an object, beside its labels.
ObjectPtr make_object(const Resource& resource, const Json& object);

}  // namespace k8s_fake
