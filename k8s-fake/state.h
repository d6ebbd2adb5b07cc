#pragma once

#include <memory>
#include <optional>
#include <string>

#include "k8s-fake/server.h"
#include "provisioner/base/result.h"

/// The cluster in a folder: one SQLite file, WAL, synchronous=OFF, one transaction per write, made before the write is
/// answered. Survives SIGKILL of the process; power loss is out of its scope. Source: lab.md decision 10.
namespace k8s_fake {

class State {
 public:
  /// Errors: unavailable, with SQLite's words.
  static base::Result<std::unique_ptr<State>> open(const std::string& folder);
  ~State();

  /// Puts everything that is stored into an empty server: CRDs first, then objects, the version counter and the token
  /// key.
  void load(Server& server);
  /// From now on every commit is stored.
  void follow(Server& server);
  /// Small values that must outlive the process: certificates, keys.
  std::optional<std::string> get(const std::string& key);
  void set(const std::string& key, const std::string& value);

 private:
  struct Database;
  explicit State(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace k8s_fake
