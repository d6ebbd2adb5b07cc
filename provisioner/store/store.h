#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/result.h"

/// Durable texts by key. The keys are those of the provisioner specification 2.1 ("/trident/v1/volume/NAME"), whatever
/// is behind. commit() is atomic and durable when it returns success. Errors: already_exists, not_found (the condition
/// of a write failed: nothing was written), unavailable (nothing was written), unknown_outcome (it may have been).
namespace provisioner {

struct Write {
  enum class Kind {
    create,  // the key must not exist
    update,  // the key must exist
    set,     // either way
    erase,   // either way
  };
  Kind kind = Kind::set;
  std::string key;
  std::string value;
};

/// Who leads among several replicas, and since which term of their lease.
struct Leadership {
  std::string holder;  // different for every process
  std::string lease;   // the lease's uid; terms of different leases cannot be compared
  std::int64_t term = 0;
};

using Records = std::map<std::string, std::string>;  // key without the prefix -> value

class Store {
 public:
  virtual ~Store() = default;
  /// Every record below `prefix`, which ends in '/'. No record is not an error.
  virtual boost::asio::awaitable<base::Result<Records>> list(std::string prefix) = 0;
  virtual boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) = 0;
  /// From now on only we may write: every commit of ours carries the condition that nobody called lead() after us.
  /// Errors: conflict (somebody with a later term did already), invalid (a store for one instance only).
  virtual boost::asio::awaitable<base::Result<void>> lead(Leadership who);
};

/// What outlives a provisioner in memory: the World owns it.
struct MemoryDatabase {
  std::map<std::string, std::string> records;
  std::size_t commits = 0;
  Leadership leader;
};

/// `-no_persistence`, and the store of in-memory labs. After kill() every call is without effect and never returns
/// success.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryDatabase& database) : database_(database) {}
  boost::asio::awaitable<base::Result<Records>> list(std::string prefix) override;
  boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) override;
  boost::asio::awaitable<base::Result<void>> lead(Leadership who) override;
  void kill() { dead_ = true; }

 private:
  MemoryDatabase& database_;
  std::string leader_;  // "" : never led
  bool dead_ = false;
};

/// Applies the writes if every condition holds, else nothing.
base::Result<void> apply_writes(std::map<std::string, std::string>& records, const std::vector<Write>& writes);

}  // namespace provisioner
