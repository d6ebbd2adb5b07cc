#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/log.h"
#include "provisioner/base/random.h"
#include "provisioner/core/types.h"

/// What the core asks of a kind of storage. One driver object stands for one backend: one array, one login, one SVM.
/// Everything that makes something is repeatable: a second call with the same owner finds what the first left and
/// completes it. An error of any kind but unknown_outcome means that nothing of this call is left on the array (and,
/// unless the call was resuming, nothing at all); after unknown_outcome something may be there, and destroy() with the
/// owner cleans. Objects that carry another owner's tag, or none, are never changed by create, clone or an owned
/// destroy. Errors: already_exists (a foreign object of that name), invalid (the array or the options say no), busy,
/// not_found, conflict (from destroy: refused, and nothing was changed), unavailable (nothing ran), unknown_outcome.
/// Source: provisioner specification 5, 6.
namespace provisioner {

/// What becomes known while a backend starts.
struct BackendFacts {
  std::string type;  // "ontap-nas"
  Protocol protocol = Protocol::file;
  std::string backend_name;
  std::vector<PoolInfo> pools;
};

/// Who made a volume: this installation, for this Trident volume. Written where the array keeps comments.
struct Owner {
  std::string instance;
  std::string volume;
  bool operator==(const Owner&) const = default;
};

struct CreateSpec {
  std::string internal_name;
  std::uint64_t size_bytes = 0;
  std::string pool;
  VolumeConfig config;
  std::map<std::string, Request> requests;  // of the storage class
  Owner owner;
  // A clone: the source's internal name, and the snapshot of it (made when empty). Size and pool are the source's.
  std::string clone_of;
  std::string clone_snapshot;
  bool split = false;
};

struct Made {
  AccessInfo access;
  std::string file_system;
  std::uint64_t size_bytes = 0;
};

struct ArrayVolume {
  std::string internal_name;
  std::uint64_t size_bytes = 0;
  std::string pool;
  std::optional<Owner> owner;
  std::string comment;  // as the array keeps it
};

struct DestroySpec {
  std::string internal_name;
  std::optional<Owner> owner;  // absent: the store knows that the volume is ours
  std::string clone_of;        // a clone whose snapshot we made: that snapshot of this volume goes too
};

struct ImportSpec {
  std::string original_name;
  std::string internal_name;  // the new name; equal to the original when not managed
  VolumeConfig config;
  Owner owner;
};

class Driver {
 public:
  virtual ~Driver() = default;

  /// Talks to the array until facts() are complete.
  virtual boost::asio::awaitable<Result<void>> start() = 0;
  virtual const BackendFacts& facts() const = 0;
  /// The effective configuration as the store keeps it, {"ontap_config":{…}}, passwords in clear.
  virtual Json stored_config() const = 0;
  /// What REST shows: without user and password.
  virtual Json config_view() const = 0;
  /// Cheap question whether the array answers.
  virtual boost::asio::awaitable<Result<void>> check() = 0;
  /// Housekeeping that is due; called about once a minute.
  virtual boost::asio::awaitable<void> tick() = 0;
  /// Free bytes per pool; pools of which the array does not tell are missing. Asked for only when placement goes by it.
  virtual boost::asio::awaitable<Result<std::map<std::string, std::uint64_t>>> free_space() = 0;

  virtual std::string internal_name(const std::string& volume) const = 0;
  virtual boost::asio::awaitable<Result<Made>> create(CreateSpec spec) = 0;
  /// Absent is success. With an owner, only an object with that owner's tag is touched: one with another tag, or none,
  /// is success too, since it is not what is looked for.
  virtual boost::asio::awaitable<Result<void>> destroy(DestroySpec spec) = 0;
  virtual boost::asio::awaitable<Result<std::optional<ArrayVolume>>> find(std::string internal_name) = 0;
  /// All volumes with our prefix.
  virtual boost::asio::awaitable<Result<std::vector<ArrayVolume>>> list() = 0;
  /// Grows to at least `size_bytes`; growing to the present size is success.
  virtual boost::asio::awaitable<Result<void>> resize(std::string internal_name, std::uint64_t size_bytes) = 0;
  /// Takes over a volume that exists (an import).
  virtual boost::asio::awaitable<Result<Made>> adopt(ImportSpec spec) = 0;
  /// Gives an imported volume its first name back.
  virtual boost::asio::awaitable<Result<void>> undo_adopt(ImportSpec spec) = 0;

  virtual boost::asio::awaitable<Result<Snapshot>> create_snapshot(std::string internal_name, std::string snapshot) = 0;
  virtual boost::asio::awaitable<Result<void>> delete_snapshot(std::string internal_name, std::string snapshot) = 0;
  virtual boost::asio::awaitable<Result<std::vector<Snapshot>>> snapshots(std::string internal_name) = 0;
};

struct DriverContext {
  boost::asio::any_io_executor executor;
  base::Clock& clock;
  base::http::Transport& transport;
  base::Logger logger;
  std::uint64_t seed = 0;
  std::string instance;  // this installation, as in owner tags
  std::string default_prefix = "trident";
  std::string version;             // "17.10.1"
  std::string kubernetes_version;  // or ""
  std::string host_name = "unknown";
};

/// A driver for a backend file (the user's JSON) or a stored one ({"ontap_config":{…}}). Not started yet.
/// Errors: invalid, "input failed validation: …".
Result<std::unique_ptr<Driver>> make_driver(const DriverContext& context, const Json& config);
/// The names that make_driver knows, sorted.
std::vector<std::string> driver_names();

}  // namespace provisioner
