#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/result.h"

/// `--state DIR`: the cluster in DIR/ontap.db (SQLite, WAL, synchronous=OFF), one row per object that can change by
/// itself (model::ObjectRef) as CBOR without the fields that have their default. save() writes what the model noted in
/// `changes`, in one transaction, before the call's answer leaves: SIGKILL at any moment loses no acknowledged call.
/// Power loss is out of scope. Errors: unavailable (file or database), invalid (a row that does not read back). Source:
/// lab specification, decision 10.
namespace ontap_sim {

class State {
 public:
  static base::Result<std::unique_ptr<State>> open(const std::string& dir);
  ~State();

  /// True if no cluster was ever saved here.
  bool empty() const;
  /// Fills a cluster that has nothing in it yet, and recomputes what is derived.
  base::Result<void> load(model::Cluster& cluster);
  /// Everything in cluster.changes; clears it. Does nothing when there is none.
  base::Result<void> save(model::Cluster& cluster);
  /// The whole cluster, replacing what is there.
  base::Result<void> save_all(model::Cluster& cluster);

  /// Small values beside the cluster (the TLS identity).
  std::optional<std::string> note(const std::string& key) const;
  base::Result<void> set_note(const std::string& key, const std::string& value);

 private:
  struct Database;
  explicit State(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace ontap_sim
