#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/log.h"
#include "provisioner/base/task_group.h"
#include "provisioner/kube/client.h"

/// Events about claims, volumes and classes, with source component netapp.io/trident. The same event again raises the
/// count of the one that is there. Posting never delays the caller, and a failure is only logged at debug level.
/// Source: provisioner specification 7.8 and section 11, row 15.
namespace provisioner::kube {

class Events {
 public:
  Events(Client& client, base::TaskGroup& tasks, base::Clock& clock, base::Logger logger)
      : client_(client), tasks_(tasks), clock_(clock), logger_(std::move(logger)) {}

  enum class Type { normal, warning };
  /// `object` is a whole API object; `kind` and `api_version` are given because list items may lack them.
  void post(Type type, const std::string& kind, const std::string& api_version, const Json& object,
            const std::string& reason, const std::string& message);

 private:
  struct Known {
    std::string path;  // of the event object; "" until it was created
    int count = 0;
    std::uint64_t used = 0;
  };
  boost::asio::awaitable<void> create(std::string key, std::string path, Json event);
  boost::asio::awaitable<void> raise(std::string path, Json patch);
  void forget_oldest();

  Client& client_;
  base::TaskGroup& tasks_;
  base::Clock& clock_;
  base::Logger logger_;
  std::map<std::string, Known> known_;
  std::uint64_t used_ = 0;
};

}  // namespace provisioner::kube
