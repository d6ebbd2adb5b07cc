#include "k8s-fake/state.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <vector>

#include "k8s-fake/crd.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

namespace {

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

std::string column(sqlite3_stmt* statement, int index) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
  return text == nullptr ? "" : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
}

constexpr const char* kSchema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
    "CREATE TABLE IF NOT EXISTS objects(resource TEXT, ns TEXT, name TEXT, tail TEXT, PRIMARY KEY(resource, ns, name)) "
    "WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT);";

std::string resource_key(const Resource& resource) { return resource.group + "/" + resource.plural; }

}  // namespace

struct State::Database {
  sqlite3* handle = nullptr;
  Statement put, remove, meta_set, begin, commit;

  ~Database() {
    put.reset();
    remove.reset();
    meta_set.reset();
    begin.reset();
    commit.reset();
    sqlite3_close(handle);
  }
  Statement prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    CHECK(sqlite3_prepare_v2(handle, sql, -1, &made, nullptr) == SQLITE_OK);
    return Statement(made);
  }
  static void run(const Statement& statement) {
    // A disk that takes no more writes cannot keep what would be acknowledged.
    CHECK(sqlite3_step(statement.get()) == SQLITE_DONE);
    sqlite3_reset(statement.get());
  }
  void store(const Resource& resource, const Event& event) {
    run(begin);
    const Statement& change = event.type == EventType::deleted ? remove : put;
    bind_text(change.get(), 1, resource_key(resource));
    bind_text(change.get(), 2, event.object->ns);
    bind_text(change.get(), 3, event.object->name);
    if (event.type != EventType::deleted) bind_text(change.get(), 4, event.object->tail);
    run(change);
    bind_text(meta_set.get(), 1, "version");
    bind_text(meta_set.get(), 2, std::to_string(event.version));
    run(meta_set);
    run(commit);
  }
};

State::State(std::unique_ptr<Database> database) : database_(std::move(database)) {}
State::~State() = default;

base::Result<std::unique_ptr<State>> State::open(const std::string& folder) {
  ::mkdir(folder.c_str(), 0700);
  auto database = std::make_unique<Database>();
  const std::string file = folder + "/k8s-fake.db";
  if (sqlite3_open(file.c_str(), &database->handle) != SQLITE_OK ||
      sqlite3_exec(database->handle, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return base::Error{base::ErrorKind::unavailable, file + ": " + sqlite3_errmsg(database->handle)};
  }
  database->put = database->prepare("INSERT OR REPLACE INTO objects VALUES(?,?,?,?)");
  database->remove = database->prepare("DELETE FROM objects WHERE resource=? AND ns=? AND name=?");
  database->meta_set = database->prepare("INSERT OR REPLACE INTO meta VALUES(?,?)");
  database->begin = database->prepare("BEGIN");
  database->commit = database->prepare("COMMIT");
  return std::unique_ptr<State>(new State(std::move(database)));
}

void State::load(Server& server) {
  if (const auto key = get("token-key")) server.token_key_pem = *key;
  else set("token-key", server.token_key_pem);
  struct Row {
    std::string resource;
    Json object;
  };
  std::vector<Row> rows;
  const Statement select = database_->prepare("SELECT resource, tail FROM objects");
  while (sqlite3_step(select.get()) == SQLITE_ROW)
    rows.push_back({column(select.get(), 0), Json::parse("{" + column(select.get(), 1), nullptr, false)});
  const std::string definitions = "apiextensions.k8s.io/customresourcedefinitions";
  for (const auto& row : rows)
    if (row.resource == definitions) install_definition(server, text_at(row.object, {"metadata", "name"}), &row.object);
  for (const auto& row : rows) {
    const auto slash = row.resource.rfind('/');
    const Resource* resource = server.kinds.resource(row.resource.substr(0, slash), row.resource.substr(slash + 1));
    if (resource != nullptr && row.object.is_object()) server.store.restore(*resource, row.object);
  }
  if (const auto version = get("version")) server.store.restore_version(base::parse_unsigned(*version).value_or(0));
}

void State::follow(Server& server) {
  server.store.listen([this](const Resource& resource, const EventPtr& event) { database_->store(resource, *event); });
}

std::optional<std::string> State::get(const std::string& key) {
  const Statement select = database_->prepare("SELECT value FROM meta WHERE key=?");
  bind_text(select.get(), 1, key);
  if (sqlite3_step(select.get()) != SQLITE_ROW) return std::nullopt;
  return column(select.get(), 0);
}

void State::set(const std::string& key, const std::string& value) {
  bind_text(database_->meta_set.get(), 1, key);
  bind_text(database_->meta_set.get(), 2, value);
  Database::run(database_->meta_set);
}

}  // namespace k8s_fake
