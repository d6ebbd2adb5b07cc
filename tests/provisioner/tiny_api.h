#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "provisioner/base/http/message.h"
#include "provisioner/base/http/pipe.h"
#include "provisioner/kube/client.h"

/// As much of a Kubernetes API server as the frontend's unit tests need: lists, watches, create, delete, patch and
/// replace over a map of paths. What it does to claims and volumes (binding, release) is done by the test, step by
/// step.
namespace provisioner_test {

using provisioner::kube::Json;

class TinyApi {
 public:
  base::http::Response handle(const base::http::Request& request);
  /// Stores the object below its collection and tells the watchers, as the API server would.
  void put(const std::string& collection, Json object);
  void erase(const std::string& path);
  const Json* find(const std::string& path) const;
  /// "reason message" of every event posted about an object of that name, repeated by count.
  std::vector<std::string> events(const std::string& name) const;
  /// Ends every watch; with `forget` the next ones get 410 until they list again.
  void cut_watches(bool forget);

  std::string git_version = "v1.20.0";
  std::set<std::string> refuse;  // "METHOD /path": 500
  std::vector<std::string> calls;

 private:
  struct Watch {
    std::string collection;
    std::shared_ptr<base::Pipe> pipe;
  };
  base::http::Response read(const base::http::Request& request);
  void publish(const std::string& type, const std::string& path, const Json& object);

  std::map<std::string, Json> objects_;  // by path
  std::vector<Watch> watches_;
  int version_ = 0;
  int oldest_ = 0;
};

}  // namespace provisioner_test
