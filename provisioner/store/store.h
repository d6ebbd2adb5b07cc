#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/result.h"

/// Durable texts by key. The keys are those of the provisioner specification 2.1 ("/trident/v1/volume/NAME"), whatever is
/// behind. commit() is atomic and durable when it returns success.
/// Errors: already_exists, not_found (the condition of a write failed: nothing was written), unavailable (nothing was
/// written), unknown_outcome (it may have been).
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

using Records = std::map<std::string, std::string>;  // key without the prefix -> value

class Store {
 public:
  virtual ~Store() = default;
  /// Every record below `prefix`, which ends in '/'. No record is not an error.
  virtual boost::asio::awaitable<base::Result<Records>> list(std::string prefix) = 0;
  virtual boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) = 0;
};

/// What outlives a provisioner in memory: the World owns it.
struct MemoryDatabase {
  std::map<std::string, std::string> records;
  std::size_t commits = 0;
};

/// `-no_persistence`, and the store of in-memory labs. After kill() every call is without effect and never returns success.
class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryDatabase& database) : database_(database) {}
  boost::asio::awaitable<base::Result<Records>> list(std::string prefix) override;
  boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) override;
  void kill() { dead_ = true; }

 private:
  MemoryDatabase& database_;
  bool dead_ = false;
};

/// Applies the writes if every condition holds, else nothing.
base::Result<void> apply_writes(std::map<std::string, std::string>& records, const std::vector<Write>& writes);

}  // namespace provisioner
