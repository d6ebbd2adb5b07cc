#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/log.h"
#include "provisioner/base/random.h"
#include "provisioner/kube/client.h"

/// A mirror of all objects of one kind, kept by list and watch. The watch resumes from its last resourceVersion; 410
/// means list again; an API server that is away is asked again with growing pauses. What vanished while nobody watched
/// is reported as deleted after the next list. Every `resync` each object is delivered once more, unchanged. Source:
/// provisioner specification 7.2 and section 11, rows 17 and 18 (objects are never modified in place).
namespace provisioner::kube {

enum class Change { added, updated, deleted, resync };

class Reflector {
 public:
  struct Options {
    std::string path;  // "/api/v1/persistentvolumes"
    base::Duration resync = std::chrono::seconds(60);
    /// `before` is the null value when there was none; `now` is the last known state for a deletion.
    std::function<void(Change change, const std::string& key, const Json& now, const Json& before)> on_change;
    std::function<void()> on_listed;  // after every complete list
  };
  Reflector(Client& client, base::Clock& clock, base::Rng rng, base::Logger logger, Options options)
      : client_(client), clock_(clock), rng_(rng), logger_(std::move(logger)), options_(std::move(options)) {}

  /// Runs until cancelled. One call at a time.
  boost::asio::awaitable<void> run();
  /// Delivers every object again each `resync`; runs until cancelled.
  boost::asio::awaitable<void> run_resync();

  /// "namespace/name", or "name" for a cluster-scoped object.
  static std::string key_of(const Json& object);
  const Json* find(const std::string& key) const;
  const std::map<std::string, Json>& objects() const { return objects_; }
  bool listed() const { return listed_; }
  /// Takes a newer state that a write of ours returned, so that the next decision is not made on an older one.
  void learn(const Json& object);

 private:
  enum class Outcome { resume, relist, pause };
  boost::asio::awaitable<ApiResult<std::string>> list();
  boost::asio::awaitable<Outcome> watch(std::string& resource_version);
  /// One line of the watch; false when the watch must end.
  bool take_event(const std::string& line, std::string& resource_version, Outcome& outcome);
  void replace_all(std::map<std::string, Json> found);
  void put(const std::string& key, Json object);
  void erase(const std::string& key, const Json& last);

  Client& client_;
  base::Clock& clock_;
  base::Rng rng_;
  base::Logger logger_;
  Options options_;
  std::map<std::string, Json> objects_;
  bool listed_ = false;
};

}  // namespace provisioner::kube
