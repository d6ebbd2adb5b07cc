#include "provisioner/store/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <optional>

#include "provisioner/base/clock.h"

namespace provisioner {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::asio::awaitable;

namespace {

/// The n-th step brings a database of version n to n + 1.
const std::vector<const char*>& migrations() {
  static const std::vector<const char*> kSteps = {
      "CREATE TABLE record (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID",
  };
  return kSteps;
}

class Statement {
 public:
  Statement(sqlite3* db, const char* sql) { code_ = sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }
  Statement& bind(int at, const std::string& text) {
    if (code_ == SQLITE_OK)
      code_ = sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  /// SQLITE_ROW, SQLITE_DONE or an error.
  int step() { return code_ == SQLITE_OK ? sqlite3_step(statement_) : code_; }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? std::string()
                            : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
};

/// The database itself. Used by one thread at a time.
class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(db_); }

  Result<void> open(const std::string& file) {
    std::error_code ignored;
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
    // Made by us first, so that nobody else can read it even for a moment; SQLite gives its side files the same mode.
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (made < 0) return Error{ErrorKind::unavailable, "cannot open the store " + file};
    ::fchmod(made, 0600);
    ::close(made);
    if (sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
      return failure("cannot open the store " + file);
    for (const char* pragma : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                               "BEGIN EXCLUSIVE", "COMMIT"}) {
      if (auto done = run(pragma); !done) {
        return Error{done.error().kind,
                     "cannot use the store " + file + " (is another server using it?): " + done.error().message};
      }
    }
    return migrate();
  }

  Result<Records> list(const std::string& prefix) {
    Statement rows(db_, "SELECT key, value FROM record WHERE key >= ?1 AND key < ?2");
    std::string end = prefix;
    ++end.back();  // '/' becomes '0'
    rows.bind(1, prefix).bind(2, end);
    Records records;
    int code = SQLITE_ROW;
    while ((code = rows.step()) == SQLITE_ROW) records[rows.text(0).substr(prefix.size())] = rows.text(1);
    if (code != SQLITE_DONE) return failure("cannot read the store");
    return records;
  }

  /// One transaction for all; a batch whose condition fails leaves the others alone.
  std::vector<Result<void>> commit(const std::vector<std::vector<Write>>& batches) {
    std::vector<Result<void>> results;
    Result<void> begun = run("BEGIN IMMEDIATE");
    for (const auto& batch : batches) results.push_back(begun ? apply_batch(batch) : begun);
    if (!begun) return results;
    ++transactions;
    if (const auto done = run("COMMIT"); !done) {
      const bool undone = run("ROLLBACK").ok();
      for (auto& result : results)
        result = Error{undone ? ErrorKind::unavailable : ErrorKind::unknown_outcome, done.error().message};
    }
    return results;
  }

  std::size_t transactions = 0;

 private:
  Error failure(const std::string& what) const {
    return {ErrorKind::unavailable, what + ": " + (db_ == nullptr ? "out of memory" : sqlite3_errmsg(db_))};
  }
  Result<void> run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(sql);
    return {};
  }
  Result<void> migrate() {
    Statement asked(db_, "PRAGMA user_version");
    if (asked.step() != SQLITE_ROW) return failure("cannot read the version of the store");
    const auto version = static_cast<std::size_t>(std::stoul(asked.text(0)));
    if (version > migrations().size()) {
      return Error{ErrorKind::invalid, "the store was made by a later version (schema " + std::to_string(version) +
                                           ", known are up to " + std::to_string(migrations().size()) + ")"};
    }
    for (std::size_t step = version; step < migrations().size(); ++step) {
      const std::string sql = "BEGIN; " + std::string(migrations()[step]) +
                              "; PRAGMA user_version=" + std::to_string(step + 1) + "; COMMIT";
      if (auto done = run(sql.c_str()); !done) return done;
    }
    return {};
  }
  Result<void> apply_batch(const std::vector<Write>& batch) {
    if (auto marked = run("SAVEPOINT batch"); !marked) return marked;
    Result<void> result;
    for (const Write& write : batch) {
      result = apply_one(write);
      if (!result) break;
    }
    if (!result) static_cast<void>(run("ROLLBACK TO batch"));
    static_cast<void>(run("RELEASE batch"));
    return result;
  }
  Result<void> apply_one(const Write& write) {
    const char* sql = nullptr;
    switch (write.kind) {
      case Write::Kind::create: sql = "INSERT OR IGNORE INTO record (key, value) VALUES (?1, ?2)"; break;
      case Write::Kind::update: sql = "UPDATE record SET value = ?2 WHERE key = ?1"; break;
      case Write::Kind::set:
        sql = "INSERT INTO record (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
        break;
      case Write::Kind::erase: sql = "DELETE FROM record WHERE key = ?1"; break;
    }
    Statement statement(db_, sql);
    statement.bind(1, write.key);
    if (write.kind != Write::Kind::erase) statement.bind(2, write.value);
    if (statement.step() != SQLITE_DONE) return failure("cannot write to the store");
    const bool changed = sqlite3_changes(db_) > 0;
    if (write.kind == Write::Kind::create && !changed)
      return Error{ErrorKind::already_exists, "record " + write.key + " already exists in the store"};
    if (write.kind == Write::Kind::update && !changed)
      return Error{ErrorKind::not_found, "record " + write.key + " was not found in the store"};
    return {};
  }

  sqlite3* db_ = nullptr;
};

/// A call that waits for the worker.
struct Call {
  explicit Call(boost::asio::any_io_executor executor) : signal(std::move(executor)) {}
  std::string prefix;         // of a list,
  std::vector<Write> writes;  // or what to commit
  bool is_list = false;
  std::optional<Result<Records>> records;
  std::optional<Result<void>> done;
  bool finished = false;  // known on the loop, which does not look at the answers before
  base::Signal signal;
};
using Calls = std::vector<std::shared_ptr<Call>>;

}  // namespace

struct SqliteStore::State : std::enable_shared_from_this<SqliteStore::State> {
  State(boost::asio::any_io_executor loop, Work how) : executor(std::move(loop)), work(how), worker(1) {}

  /// On the worker (or inline): fills the answers of calls that nobody else touches meanwhile.
  void execute(const Calls& calls) {
    std::vector<std::vector<Write>> batches;
    for (const auto& call : calls) {
      if (call->is_list) call->records = database.list(call->prefix);
      else batches.push_back(std::move(call->writes));
    }
    if (batches.empty()) return;
    std::vector<Result<void>> results = database.commit(batches);
    std::size_t next = 0;
    for (const auto& call : calls) {
      if (!call->is_list) call->done = std::move(results[next++]);
    }
  }
  /// On the loop: sends everything that waits to the worker, unless it is busy.
  void start() {
    if (busy || waiting.empty()) return;
    busy = true;
    Calls calls = std::move(waiting);
    waiting.clear();
    auto guard = boost::asio::make_work_guard(executor);
    boost::asio::post(worker, [self = shared_from_this(), calls, guard]() mutable {
      self->execute(calls);
      boost::asio::post(guard.get_executor(), [self, calls = std::move(calls)] {
        self->busy = false;
        for (const auto& call : calls) {
          call->finished = true;
          call->signal.notify();
        }
        self->start();
      });
      guard.reset();
    });
  }
  awaitable<void> run(std::shared_ptr<Call> call) {
    if (work == Work::inline_calls) {
      execute({call});
      co_return;
    }
    waiting.push_back(call);
    start();
    while (!call->finished) co_await call->signal.wait();
  }

  boost::asio::any_io_executor executor;
  Work work;
  Database database;
  Calls waiting;
  bool busy = false;
  boost::asio::thread_pool worker;  // last: joined before the database closes
};

SqliteStore::SqliteStore(std::shared_ptr<State> state) : state_(std::move(state)) {}

SqliteStore::~SqliteStore() {
  state_->waiting.clear();
  state_->worker.join();
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& file, boost::asio::any_io_executor executor,
                                                       Work work) {
  auto state = std::make_shared<State>(std::move(executor), work);
  if (auto opened = state->database.open(file); !opened) return opened.error();
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(state)));
}

awaitable<Result<Records>> SqliteStore::list(std::string prefix) {
  const auto call = std::make_shared<Call>(state_->executor);
  call->prefix = std::move(prefix);
  call->is_list = true;
  co_await state_->run(call);
  co_return std::move(*call->records);
}

awaitable<Result<void>> SqliteStore::commit(std::vector<Write> writes) {
  const auto call = std::make_shared<Call>(state_->executor);
  call->writes = std::move(writes);
  co_await state_->run(call);
  co_return std::move(*call->done);
}

std::size_t SqliteStore::transactions() const { return state_->database.transactions; }

}  // namespace provisioner
