#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "provisioner/store/store.h"

/// The default store: one SQLite file, mode 0600, WAL with synchronous=FULL, so that a commit that returned survives a
/// power cut. The file is locked as long as it is open: a second server is refused. locking_mode=EXCLUSIVE comes before
/// WAL, which spares shared memory and so works on an NFS claim. This folder is the only place with SQL. Over the wire
/// a worker thread does what blocks: it takes values and posts values back, and all commits that wait while one is
/// under way share the next transaction and its fsync. Under the virtual clock the same calls run inline. Errors:
/// unavailable (locked, full, not a database), invalid (made by a later version).
namespace provisioner {

class SqliteStore final : public Store {
 public:
  enum class Work { inline_calls, worker_thread };
  static base::Result<std::unique_ptr<SqliteStore>> open(const std::string& file, boost::asio::any_io_executor executor,
                                                         Work work);
  ~SqliteStore() override;

  boost::asio::awaitable<base::Result<Records>> list(std::string prefix) override;
  boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) override;

  /// How many transactions have carried the commits so far.
  std::size_t transactions() const;

 private:
  struct State;
  explicit SqliteStore(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace provisioner
