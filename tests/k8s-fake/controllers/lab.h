#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "k8s-fake/fake.h"
#include "k8s-fake/runtime.h"
#include "provisioner/base/http/memory.h"

/// A whole cluster in memory under the virtual clock: API, controllers, kubelet. Tests speak to the API only.
namespace k8s_fake::test {

using Json = nlohmann::json;

class Lab {
 public:
  explicit Lab(StorageHooks hooks = {}, std::function<void(RuntimeConfig&)> adjust = nullptr,
               const std::string& version = "");
  ~Lab();

  /// One request as an administrator; the answer's body as JSON. `status` and `body` keep the code and the bytes.
  Json call(const std::string& method, const std::string& path, const Json& object = Json());
  Json get(const std::string& path) { return call("GET", path); }
  Json create(const std::string& path, const Json& object);
  std::string log(const std::string& pod);
  /// Runs until `done` or five minutes (or `limit`) of the cluster's time have passed.
  bool until(const std::function<bool()>& done, base::Duration limit = std::chrono::minutes(5));
  void advance(base::Duration span) { clock.advance(span); }
  std::string phase(const std::string& path);
  /// "REASON: message" of every event about the object, in order.
  std::vector<std::string> events(const std::string& name);

  int status = 0;
  std::string body;
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  std::unique_ptr<Fake> fake;
  base::http::Handler handler;
  std::unique_ptr<base::http::MemoryTransport> transport;
  std::unique_ptr<Runtime> runtime;
};

}  // namespace k8s_fake::test
