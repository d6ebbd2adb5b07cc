#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "k8s-fake/controllers/cluster.h"
#include "k8s-fake/controllers/discovery.h"
#include "k8s-fake/controllers/events.h"

/// Deletes what has lost its owners, holds owners that wait for their dependents, and lets orphans go. Watches every
/// kind that discovery lists (new ones too), but remembers only objects that name an owner; owners are asked for by
/// name. Source: kubernetes specification 2.5.
namespace k8s_fake::control {

class GarbageCollector {
 public:
  GarbageCollector(boost::asio::any_io_executor executor, base::Clock& clock, Client& client, Events& events,
                   base::TaskGroup& tasks);
  /// Finds the kinds, follows them, and works until the end.
  boost::asio::awaitable<void> run();
  /// New kinds may have appeared.
  void rediscover();

 private:
  struct Node {
    Resource resource;
    std::string ns, name, uid;
    Json owners;
    bool deleting = false;
    bool foreground = false;
    bool orphan = false;
    Json object() const;
  };
  enum class Standing { there, waiting, absent, unknown };

  boost::asio::awaitable<void> follow(Resource resource);
  boost::asio::awaitable<bool> list(Resource resource, std::string* version);
  bool handle_line(const Resource& resource, std::string_view line);
  void notice(const Resource& resource, const Json& object);
  void forget(const std::string& uid);
  void enqueue(const std::string& uid);
  boost::asio::awaitable<void> find_kinds();
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<bool> examine(std::string uid);
  boost::asio::awaitable<bool> examine_owner(Node node);
  boost::asio::awaitable<Standing> standing(Json owner, Node dependent);
  boost::asio::awaitable<bool> strip_owners(Node node, std::set<std::string> uids);
  boost::asio::awaitable<bool> strip_finalizer(Node node, std::string finalizer);

  base::Clock& clock_;
  Client& client_;
  Events& events_;
  base::TaskGroup& tasks_;
  base::Signal ready_;
  base::Signal look_again_;
  std::set<std::pair<std::string, std::string>> followed_;
  std::map<std::pair<std::string, std::string>, Resource> by_kind_;  // (apiVersion, kind)
  std::map<std::string, Node> nodes_;                                // by uid
  std::map<std::string, std::set<std::string>> dependents_;          // owner uid -> uids
  std::set<std::string> alive_;                                      // owners seen by name, until their DELETED
  std::deque<std::string> queue_;
  std::set<std::string> queued_;
};

}  // namespace k8s_fake::control
