#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "provisioner/base/http/memory.h"
#include "provisioner/base/task_group.h"
#include "provisioner/base/text.h"
#include "provisioner/store/etcd_store.h"
#include "provisioner/store/open.h"
#include "provisioner/store/sqlite_store.h"

namespace provisioner {
namespace {

using boost::asio::awaitable;

struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("drydock_store_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file() const { return (path / "trident.db").string(); }
  std::filesystem::path path;
};

template <class T>
awaitable<void> keep(awaitable<T> call, std::optional<T>& out) {
  out = co_await std::move(call);
}

template <class T>
T run(boost::asio::io_context& io, awaitable<T> call) {
  std::optional<T> out;
  base::TaskGroup tasks(io.get_executor());
  tasks.spawn(keep(std::move(call), out));
  io.restart();
  io.run();
  return std::move(*out);
}

/// What every store must do, whatever is behind it.
void check_contract(boost::asio::io_context& io, Store& store) {
  EXPECT_TRUE(run(io, store.list("/trident/v1/volume/"))->empty());
  const std::string a = "/trident/v1/volume/a";
  const std::string b = "/trident/v1/volume/b";
  const std::string value = "{\"text\":\"\xC3\xA4 & = + %\"}";
  EXPECT_TRUE(run(io, store.commit({{Write::Kind::create, a, value}, {Write::Kind::set, "/trident/v1/txn/a", "t"}})));
  EXPECT_EQ(run(io, store.commit({{Write::Kind::create, a, "2"}})).error().kind, base::ErrorKind::already_exists);
  EXPECT_EQ(run(io, store.commit({{Write::Kind::update, b, "2"}})).error().kind, base::ErrorKind::not_found);
  EXPECT_TRUE(run(io, store.commit({{Write::Kind::set, b, "1"}, {Write::Kind::erase, "/trident/v1/txn/a", ""}})));
  EXPECT_TRUE(run(io, store.commit({{Write::Kind::update, b, "2"}, {Write::Kind::erase, "/trident/v1/txn/a", ""}})));
  EXPECT_EQ(run(io, store.list("/trident/v1/volume/")).value(), (Records{{"a", value}, {"b", "2"}}));
  EXPECT_TRUE(run(io, store.list("/trident/v1/txn/"))->empty());
}

TEST(Stores, MemoryKeepsTheContract) {
  boost::asio::io_context io;
  MemoryDatabase database;
  MemoryStore store(database);
  check_contract(io, store);
  EXPECT_EQ(run(io, store.commit({{Write::Kind::set, "/trident/v1/txn/c", "c"},
                                  {Write::Kind::create, "/trident/v1/volume/a", "2"}}))
                .error()
                .kind,
            base::ErrorKind::already_exists);
  EXPECT_FALSE(database.records.contains("/trident/v1/txn/c"));
  store.kill();
  EXPECT_FALSE(run(io, store.commit({{Write::Kind::set, "/x/y", "z"}})));
  EXPECT_FALSE(database.records.contains("/x/y"));
}

TEST(Stores, SqliteKeepsTheContractInlineAndOnItsWorker) {
  for (const auto work : {SqliteStore::Work::inline_calls, SqliteStore::Work::worker_thread}) {
    Folder folder;
    boost::asio::io_context io;
    {
      auto store = SqliteStore::open(folder.file(), io.get_executor(), work);
      ASSERT_TRUE(store) << store.error().message;
      check_contract(io, **store);
      const std::vector<Write> half = {{Write::Kind::set, "/trident/v1/txn/c", "c"},
                                       {Write::Kind::create, "/trident/v1/volume/a", "2"}};
      EXPECT_EQ(run(io, (*store)->commit(half)).error().kind, base::ErrorKind::already_exists);
      EXPECT_TRUE(run(io, (*store)->list("/trident/v1/txn/"))->empty());
      const auto second = SqliteStore::open(folder.file(), io.get_executor(), work);
      ASSERT_FALSE(second);
      EXPECT_EQ(second.error().kind, base::ErrorKind::unavailable);
      struct stat status {};
      ASSERT_EQ(::stat(folder.file().c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 0777, 0600U);
    }
    auto again = SqliteStore::open(folder.file(), io.get_executor(), work);
    ASSERT_TRUE(again);
    EXPECT_EQ(run(io, (*again)->list("/trident/v1/volume/"))->size(), 2U);
  }
}

awaitable<void> commit_one(Store& store, int number, int& done) {
  std::vector<Write> writes;
  writes.push_back({Write::Kind::create, "/trident/v1/volume/v" + std::to_string(number), "x"});
  const auto committed = co_await store.commit(writes);
  if (committed) ++done;
}

TEST(Stores, SqliteCommitsWhatWaitsTogether) {
  Folder folder;
  boost::asio::io_context io;
  auto store = SqliteStore::open(folder.file(), io.get_executor(), SqliteStore::Work::worker_thread);
  ASSERT_TRUE(store);
  base::TaskGroup tasks(io.get_executor());
  int done = 0;
  for (int i = 0; i < 200; ++i) tasks.spawn(commit_one(**store, i, done));
  io.run();
  EXPECT_EQ(done, 200);
  EXPECT_LE((*store)->transactions(), 3U);
}

TEST(Stores, AFileThatIsNoDatabaseIsRefused) {
  Folder folder;
  boost::asio::io_context io;
  base::write_file(folder.file(), std::string(5000, 'x'));
  EXPECT_FALSE(SqliteStore::open(folder.file(), io.get_executor(), SqliteStore::Work::inline_calls));
  EXPECT_FALSE(SqliteStore::open("/proc/none/x.db", io.get_executor(), SqliteStore::Work::inline_calls));
}

/// The same under the virtual clock, which the memory transport needs.
template <class T>
T run(base::VirtualClock& clock, boost::asio::io_context& io, awaitable<T> call) {
  std::optional<T> out;
  base::TaskGroup tasks(io.get_executor());
  tasks.spawn(keep(std::move(call), out));
  EXPECT_TRUE(clock.run_until([&] { return out.has_value(); }, std::chrono::hours(1)));
  clock.run_ready();
  return std::move(*out);
}

/// Just enough of etcd's answers to see that ours are read; the real server has its own test.
TEST(Stores, EtcdGarbageIsAnErrorAndNotASurprise) {
  boost::asio::io_context io;
  base::VirtualClock clock(io);
  for (const char* body : {"", "[]", "7", "{", R"({"kvs":[7]})", R"({"kvs":[{"key":"!","value":"!"}]})", "<html>"}) {
    const base::http::Handler handler = [body](const base::http::Request&) {
      base::http::Response response;
      response.body = body;
      return response;
    };
    base::http::MemoryTransport transport(clock, [&](const std::string&, std::uint16_t) { return &handler; });
    for (const char* spec : {"etcd:http://etcd:2379", "etcd_v2:http://etcd:2379"}) {
      auto store = open_store(spec, io, clock, transport);
      ASSERT_TRUE(store);
      const auto listed = run(clock, io, (*store)->list("/trident/v1/volume/"));
      EXPECT_TRUE(!listed || listed->empty()) << body;
      EXPECT_FALSE(run(clock, io, (*store)->commit({{Write::Kind::create, "/trident/v1/volume/a", "x"}})).ok() &&
                   std::string(spec).starts_with("etcd:"))
          << body;
    }
  }
  base::http::MemoryTransport nobody(clock, [](const std::string&, std::uint16_t) { return nullptr; });
  for (const char* spec : {"", "sqlite:", "redis:x", "etcd:nonsense"})
    EXPECT_FALSE(open_store(spec, io, clock, nobody)) << spec;
  EXPECT_TRUE(open_store("memory", io, clock, nobody));
}

}  // namespace
}  // namespace provisioner
