#include "ontap-sim/state.h"

#include <sqlite3.h>

#include <filesystem>

#include "ontap-sim/state_json.h"
#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

using model::ObjectKind;
using model::ObjectRef;
using nlohmann::json;

constexpr int kFormat = 1;

base::Error database_error(sqlite3* db, const std::string& what) {
  return {base::ErrorKind::unavailable,
          "state: " + what + ": " + (db == nullptr ? "out of memory" : sqlite3_errmsg(db))};
}

// CBOR of the fields that differ from those of a fresh T.
template <class T>
std::string encode(const T& value) {
  static const json defaults = T{};
  json fields = value;
  for (auto it = fields.begin(); it != fields.end();)
    it = defaults.at(it.key()) == it.value() ? fields.erase(it) : std::next(it);
  std::string bytes;
  json::to_cbor(fields, bytes);
  return bytes;
}

std::string encode_json(const json& fields) {
  std::string bytes;
  json::to_cbor(fields, bytes);
  return bytes;
}

// The bytes of an object, or nothing when the cluster has none of that name.
std::optional<std::string> encode_object(const model::Cluster& cluster, const ObjectRef& ref) {
  const auto in_svm = [&](const auto& find) -> std::optional<std::string> {
    const model::Svm* svm = cluster.find_svm(ref.svm);
    return svm == nullptr ? std::nullopt : find(*svm);
  };
  const auto optional_bytes = [](const auto* object) {
    return object == nullptr ? std::nullopt : std::optional<std::string>(encode(*object));
  };
  switch (ref.kind) {
    case ObjectKind::cluster: return encode_json(model::cluster_row(cluster));
    case ObjectKind::counters: return encode(cluster.counters);
    case ObjectKind::aggregate: return optional_bytes(cluster.find_aggregate(ref.name));
    case ObjectKind::svm: return optional_bytes(cluster.find_svm(ref.svm));
    case ObjectKind::volume:
      return in_svm([&](const model::Svm& svm) { return optional_bytes(svm.find_volume(ref.name)); });
    case ObjectKind::lun: return in_svm([&](const model::Svm& svm) { return optional_bytes(svm.find_lun(ref.name)); });
    case ObjectKind::igroup:
      return in_svm([&](const model::Svm& svm) { return optional_bytes(svm.find_igroup(ref.name)); });
    case ObjectKind::job: {
      const auto job = cluster.jobs.find(base::parse_unsigned(ref.name).value_or(0));
      return job == cluster.jobs.end() ? std::nullopt : std::optional<std::string>(encode(job->second));
    }
  }
  return std::nullopt;
}

void add_all_of(const model::Svm& svm, std::set<ObjectRef>& refs) {
  refs.insert({ObjectKind::svm, svm.name, ""});
  for (const auto& [name, volume] : svm.volumes) refs.insert({ObjectKind::volume, svm.name, name});
  for (const auto& [path, lun] : svm.luns) refs.insert({ObjectKind::lun, svm.name, path});
  for (const auto& [name, igroup] : svm.igroups) refs.insert({ObjectKind::igroup, svm.name, name});
}

// SVM rows come before volumes, LUNs and igroups (ObjectKind's order), so their SVM is there.
void decode_object(model::Cluster& cluster, const ObjectRef& ref, const json& fields) {
  switch (ref.kind) {
    case ObjectKind::cluster: return model::read_cluster_row(fields, cluster);
    case ObjectKind::counters: cluster.counters = fields.get<model::Counters>(); return;
    case ObjectKind::aggregate: cluster.aggregates[ref.name] = fields.get<model::Aggregate>(); return;
    case ObjectKind::svm: cluster.svms[ref.svm] = fields.get<model::Svm>(); return;
    case ObjectKind::volume:
      cluster.svms.at(ref.svm).volumes.emplace_hint(cluster.svms.at(ref.svm).volumes.end(), ref.name,
                                                    fields.get<model::Volume>());
      return;
    case ObjectKind::lun: cluster.svms.at(ref.svm).luns[ref.name] = fields.get<model::Lun>(); return;
    case ObjectKind::igroup: cluster.svms.at(ref.svm).igroups[ref.name] = fields.get<model::Igroup>(); return;
    case ObjectKind::job: {
      const model::Job job = fields.get<model::Job>();
      cluster.jobs[job.id] = job;
      return;
    }
  }
}

}  // namespace

struct State::Database {
  sqlite3* db = nullptr;
  sqlite3_stmt* put = nullptr;
  sqlite3_stmt* drop = nullptr;
  sqlite3_stmt* drop_svm = nullptr;
  std::set<std::string> svms;  // those that have rows

  ~Database() {
    for (sqlite3_stmt* statement : {put, drop, drop_svm}) sqlite3_finalize(statement);
    sqlite3_close(db);
  }
  base::Result<void> run(const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return database_error(db, sql);
    return {};
  }
  bool step(sqlite3_stmt* statement, const ObjectRef& ref, const std::string* bytes) {
    int at = 1;
    if (statement != drop_svm) sqlite3_bind_int(statement, at++, static_cast<int>(ref.kind));
    sqlite3_bind_text(statement, at++, ref.svm.data(), static_cast<int>(ref.svm.size()), SQLITE_STATIC);
    if (statement != drop_svm)
      sqlite3_bind_text(statement, at++, ref.name.data(), static_cast<int>(ref.name.size()), SQLITE_STATIC);
    if (bytes != nullptr)
      sqlite3_bind_blob(statement, at, bytes->data(), static_cast<int>(bytes->size()), SQLITE_STATIC);
    const bool done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
  }
  base::Result<void> write(const model::Cluster& cluster, const std::set<ObjectRef>& refs) {
    for (const ObjectRef& ref : refs) {
      const auto bytes = encode_object(cluster, ref);
      bool done = bytes ? step(put, ref, &*bytes) : step(drop, ref, nullptr);
      if (ref.kind == ObjectKind::svm) {
        if (bytes) svms.insert(ref.svm);
        if (!bytes && svms.erase(ref.svm) > 0) done = done && step(drop_svm, ref, nullptr);
      }
      if (!done) return database_error(db, "write");
    }
    return {};
  }
};

State::State(std::unique_ptr<Database> database) : database_(std::move(database)) {}
State::~State() = default;

base::Result<std::unique_ptr<State>> State::open(const std::string& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return base::Error{base::ErrorKind::unavailable, "state: " + dir + ": " + error.message()};
  auto database = std::make_unique<Database>();
  const std::string path = dir + "/ontap.db";
  if (sqlite3_open_v2(path.c_str(), &database->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK)
    return database_error(database->db, path);
  for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF",
                          "PRAGMA wal_autocheckpoint=4000",
                          "CREATE TABLE IF NOT EXISTS objects(kind INTEGER, svm TEXT, name TEXT, data BLOB, PRIMARY "
                          "KEY(kind, svm, name)) WITHOUT ROWID",
                          "CREATE TABLE IF NOT EXISTS notes(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID"}) {
    if (auto done = database->run(sql); !done) return done.error();
  }
  for (const auto& [statement, sql] :
       {std::pair{&database->put, "INSERT OR REPLACE INTO objects VALUES(?, ?, ?, ?)"},
        std::pair{&database->drop, "DELETE FROM objects WHERE kind = ? AND svm = ? AND name = ?"},
        std::pair{&database->drop_svm, "DELETE FROM objects WHERE svm = ?"}}) {
    if (sqlite3_prepare_v2(database->db, sql, -1, statement, nullptr) != SQLITE_OK)
      return database_error(database->db, sql);
  }
  std::unique_ptr<State> state(new State(std::move(database)));
  const auto format = state->note("format");
  if (format && *format != std::to_string(kFormat))
    return base::Error{base::ErrorKind::invalid,
                       "state: " + path + " has format " + *format + ", this program reads " + std::to_string(kFormat)};
  if (!format) {
    if (auto set = state->set_note("format", std::to_string(kFormat)); !set) return set.error();
  }
  return state;
}

bool State::empty() const {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database_->db, "SELECT 1 FROM objects LIMIT 1", -1, &statement, nullptr);
  const bool none = sqlite3_step(statement) != SQLITE_ROW;
  sqlite3_finalize(statement);
  return none;
}

base::Result<void> State::load(model::Cluster& cluster) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_->db, "SELECT kind, svm, name, data FROM objects ORDER BY kind, svm, name", -1,
                         &statement, nullptr) != SQLITE_OK)
    return database_error(database_->db, "read");
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, sqlite3_finalize);
  const auto text = [&](int column) {
    return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
  };
  while (sqlite3_step(statement) == SQLITE_ROW) {
    const ObjectRef ref{static_cast<ObjectKind>(sqlite3_column_int(statement, 0)), text(1), text(2)};
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, 3));
    try {
      decode_object(cluster, ref, json::from_cbor(data, data + sqlite3_column_bytes(statement, 3)));
    } catch (const std::exception& error) {
      return base::Error{base::ErrorKind::invalid, "state: object " + ref.svm + "/" + ref.name + ": " + error.what()};
    }
    if (ref.kind == ObjectKind::svm) database_->svms.insert(ref.svm);
  }
  model::rebuild_derived(cluster);
  cluster.changes.clear();
  return {};
}

base::Result<void> State::save(model::Cluster& cluster) {
  if (cluster.changes.empty()) return {};
  std::set<ObjectRef> refs = std::move(cluster.changes);
  cluster.changes.clear();
  refs.insert({ObjectKind::counters, "", ""});
  // An SVM without rows is new or renamed: all it holds is written with it.
  const std::set<ObjectRef> changed = refs;
  for (const ObjectRef& ref : changed) {
    const model::Svm* svm = ref.svm.empty() ? nullptr : cluster.find_svm(ref.svm);
    if (svm != nullptr && !database_->svms.contains(ref.svm)) add_all_of(*svm, refs);
  }
  if (auto begun = database_->run("BEGIN IMMEDIATE"); !begun) return begun;
  if (auto written = database_->write(cluster, refs); !written) {
    (void)database_->run("ROLLBACK").ok();
    return written;
  }
  return database_->run("COMMIT");
}

base::Result<void> State::save_all(model::Cluster& cluster) {
  std::set<ObjectRef> refs{{ObjectKind::cluster, "", ""}, {ObjectKind::counters, "", ""}};
  for (const auto& [name, aggregate] : cluster.aggregates) refs.insert({ObjectKind::aggregate, "", name});
  for (const auto& [id, job] : cluster.jobs) refs.insert({ObjectKind::job, "", std::to_string(id)});
  for (const auto& [name, svm] : cluster.svms) add_all_of(svm, refs);
  if (auto begun = database_->run("BEGIN IMMEDIATE; DELETE FROM objects"); !begun) return begun;
  database_->svms.clear();
  if (auto written = database_->write(cluster, refs); !written) {
    (void)database_->run("ROLLBACK").ok();
    return written;
  }
  cluster.changes.clear();
  return database_->run("COMMIT");
}

std::optional<std::string> State::note(const std::string& key) const {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database_->db, "SELECT value FROM notes WHERE key = ?", -1, &statement, nullptr);
  sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  std::optional<std::string> value;
  if (sqlite3_step(statement) == SQLITE_ROW)
    value = std::string(static_cast<const char*>(sqlite3_column_blob(statement, 0)),
                        static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
  sqlite3_finalize(statement);
  return value;
}

base::Result<void> State::set_note(const std::string& key, const std::string& value) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database_->db, "INSERT OR REPLACE INTO notes VALUES(?, ?)", -1, &statement, nullptr);
  sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
  sqlite3_bind_blob(statement, 2, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  const bool done = sqlite3_step(statement) == SQLITE_DONE;
  sqlite3_finalize(statement);
  if (!done) return database_error(database_->db, "note");
  return {};
}

}  // namespace ontap_sim
