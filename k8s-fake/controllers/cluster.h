#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/controllers/client.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/task_group.h"

/// The cluster as its controllers see it: one list+watch per followed kind, kept as a map, shared by all of them.
/// A watch resumes from its last resourceVersion and lists again after 410. Writes made through this class show in the
/// maps at once (a real controller waits for its own events; the effect is the same), and never go back in time.
namespace k8s_fake::control {

/// An object appeared (old is null), changed, or went (now is null).
using ChangeHook = std::function<void(const Object& old, const Object& now)>;
using Objects = std::map<std::string, Object>;  // by "namespace/name"

class Cluster {
 public:
  Cluster(base::Clock& clock, Client& client, base::TaskGroup& tasks);

  /// Call before start(). Hooks of a kind run in the order of their registration.
  void follow(const Resource& kind, ChangeHook hook);
  void start();
  /// True once every followed kind was listed.
  bool synced() const { return unsynced_ == 0; }
  boost::asio::awaitable<void> wait_synced();

  const Objects& all(const Resource& kind) const;
  /// Null when there is none.
  Object find(const Resource& kind, const std::string& ns, const std::string& name) const;
  /// The objects of one namespace, in the order of their names.
  std::vector<Object> in(const Resource& kind, const std::string& ns) const;

  boost::asio::awaitable<ApiResult> create(Resource kind, Json object);
  boost::asio::awaitable<ApiResult> update(Resource kind, Json object, std::string sub = "");
  boost::asio::awaitable<ApiResult> patch(Resource kind, std::string ns, std::string name, std::string sub, Json body,
                                          PatchType type = PatchType::merge);
  boost::asio::awaitable<ApiResult> remove(Resource kind, Json object, Json options = Json::object());
  /// Reads, changes and writes until no one else got in between. `change` returns false when there is nothing to write.
  boost::asio::awaitable<ApiResult> modify(Resource kind, std::string ns, std::string name, std::string sub,
                                           std::function<bool(Json&)> change);
  Client& client() { return client_; }

 private:
  struct Kind {
    Resource resource;
    Objects objects;
    std::vector<ChangeHook> hooks;
    std::set<std::string> gone;  // uids that we removed and whose DELETED has not come yet
    std::string version;         // where the watch goes on; "" = list first
    bool synced = false;
  };
  boost::asio::awaitable<void> watch(Kind* kind);
  boost::asio::awaitable<bool> list(Kind* kind);
  boost::asio::awaitable<void> read_events(Kind* kind, std::shared_ptr<base::Pipe> pipe);
  bool handle_line(Kind& kind, std::string_view line);
  void put(Kind& kind, Json object);
  void take(Kind& kind, const std::string& key, const std::string& uid);
  void observe(const Resource& kind, const ApiResult& result);
  void mark_synced(Kind& kind);

  base::Clock& clock_;
  Client& client_;
  base::TaskGroup& tasks_;
  std::size_t unsynced_ = 0;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Kind>> kinds_;
};

/// The resourceVersion as a number; 0 when absent.
std::uint64_t version_of(const Json& object);

}  // namespace k8s_fake::control
