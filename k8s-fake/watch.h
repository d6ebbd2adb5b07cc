#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/kinds.h"
#include "k8s-fake/selector.h"
#include "k8s-fake/store.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/http/pipe.h"
#include "provisioner/base/random.h"

/// Fan-out of commits to watchers. An event is serialised once per shape and shared by all its watchers; a watcher that
/// falls more than `backlog_max` bytes behind is ended and resumes from its last version, never delaying a writer.
/// Source: kubernetes.md 1.11.
namespace k8s_fake {

/// How an object is shown.
struct View {
  enum class Shape { object, table, partial } shape = Shape::object;
  enum class Include { metadata, object, none } include = Include::metadata;
  enum class Media { json, yaml, protobuf } media = Media::json;
  std::string api_version = "meta.k8s.io/v1";  // of the Table or PartialObjectMetadata
};

struct WatchSpec {
  const Endpoint* endpoint = nullptr;
  std::string ns;
  LabelSelector labels;
  FieldSelector fields;
  View view;
  bool bookmarks = false;
  base::Duration timeout{0};
  std::uint64_t from = 0;                      // only later events
  std::function<bool(const Object&)> visible;  // empty: everything

  bool matches(const Object& object) const;
};

/// Turns an object into the text of a view; set by the server, which knows columns and conversions.
using Encoder = std::function<std::string(const WatchSpec& spec, const Object& object, bool first)>;

class WatchHub {
 public:
  WatchHub(base::Clock& clock, Store& store, base::Rng rng, Encoder encode);
  ~WatchHub();

  struct Start {
    std::vector<ObjectPtr> initial;     // sent as ADDED
    bool initial_end_bookmark = false;  // then the marker of a streaming list
    std::vector<EventPtr> replay;
  };
  std::shared_ptr<base::Pipe> open(WatchSpec spec, const Start& start);
  /// Ends every watch of a resource, as when its CRD goes.
  void end(const Resource& resource);
  void end_all();
  std::size_t size() const;

  std::size_t backlog_max = 4 * 1024 * 1024;

 private:
  struct Watcher;
  struct State;
  std::shared_ptr<State> state_;
};

/// One event as a view's media wants it: {"type":T,"object":O}\n or a protobuf frame. `object` is JSON text that names
/// its kind.
std::string event_text(const View& view, std::string_view type, std::string_view object);

}  // namespace k8s_fake
