#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "provisioner/core/locks.h"
#include "provisioner/driver/config.h"
#include "provisioner/driver/driver.h"
#include "provisioner/zapi/client.h"

/// What the three ONTAP drivers share: how a backend starts, and FlexVols. Not a driver itself.
/// Source: provisioner specification 6.1 to 6.5; behaviour of the array: ONTAP ZAPI specification 7.4.
namespace provisioner {

inline constexpr std::uint64_t kOntapVolumeMin = 20971520;  // 20 MiB
inline constexpr int kMinorEncryption = 110;                // ONTAPI 1.110 = 9.1

struct FlexVol {
  std::string name;
  std::string aggregate;
  std::uint64_t size_bytes = 0;
  std::string comment;
  std::string junction;  // "" when not mounted
  std::string clone_parent;
  std::string clone_snapshot;
  std::optional<Owner> owner() const;
};

/// What a FlexVol is to be. `junction` empty: not mounted.
struct FlexVolOrder {
  std::string name;
  std::string aggregate;
  std::uint64_t size_bytes = 0;
  std::string comment;
  Owner owner;
  std::string junction;
  std::string space_reserve;
  std::string snapshot_policy;
  std::string snapshot_reserve;
  std::string unix_permissions;
  std::string export_policy;
  std::string security_style;
  bool snapshot_directory = false;
  bool encryption = false;
  std::vector<std::string> aggregates;  // of a virtual pool: to be tried in this order, instead of `aggregate`
  std::string clone_of;                 // when undone, our snapshot of that volume goes too
};

class OntapArray {
 public:
  OntapArray(const DriverContext& context, OntapConfig config, Protocol protocol);

  /// The calls of 6.2 that every driver makes; fills facts() except backend_name.
  boost::asio::awaitable<Result<void>> start(std::string name_prefix);
  boost::asio::awaitable<Result<void>> check();
  /// Of the aggregates, as the pools that they are; a virtual pool has what all of them have.
  boost::asio::awaitable<Result<std::map<std::string, std::uint64_t>>> free_space();
  /// The "heartbeat" entry of the array's event log, when due.
  boost::asio::awaitable<void> heartbeat();
  Json config_view() const;
  std::string prefix() const { return config.common.prefix.value_or(context.default_prefix); }

  /// The order that a Trident volume stands for: config, then class, then the backend's defaults (6.3). Errors:
  /// invalid.
  Result<FlexVolOrder> order_for(const CreateSpec& spec) const;
  /// Makes the volume, or finds what an earlier attempt of the same owner left. Then its snapshot directory and mount.
  boost::asio::awaitable<Result<FlexVol>> ensure(FlexVolOrder order);
  boost::asio::awaitable<Result<FlexVol>> ensure_clone(CreateSpec spec, std::string junction);
  boost::asio::awaitable<Result<void>> destroy(DestroySpec spec);
  boost::asio::awaitable<Result<std::optional<FlexVol>>> find(std::string name);
  boost::asio::awaitable<Result<std::vector<FlexVol>>> list(std::string name_pattern);
  boost::asio::awaitable<Result<void>> mount(std::string name, std::string junction);
  /// Sets the comment (and with it the owner).
  boost::asio::awaitable<Result<void>> set_comment(std::string name, std::string comment);
  boost::asio::awaitable<Result<void>> rename(std::string from, std::string to);
  boost::asio::awaitable<Result<void>> resize(std::string name, std::uint64_t size_bytes);
  /// Load-sharing mirrors of the SVM's root volume learn of a new junction. Never fails: problems are warnings.
  boost::asio::awaitable<void> refresh_mirrors();

  boost::asio::awaitable<Result<Snapshot>> create_snapshot(std::string volume, std::string snapshot);
  boost::asio::awaitable<Result<void>> delete_snapshot(std::string volume, std::string snapshot);
  boost::asio::awaitable<Result<std::vector<Snapshot>>> snapshots(std::string volume);

  DriverContext context;
  OntapConfig config;
  base::Logger log;
  zapi::Client zapi;
  BackendFacts facts;
  std::vector<std::string> data_addresses;  // of LIFs with our protocol, in the array's order
  int api_minor = 0;                        // ONTAPI 1.x

 private:
  boost::asio::awaitable<Result<void>> find_svm();
  boost::asio::awaitable<Result<void>> read_version();
  boost::asio::awaitable<void> read_serials();
  boost::asio::awaitable<Result<void>> find_data_lif();
  boost::asio::awaitable<Result<void>> read_pools();
  boost::asio::awaitable<std::map<std::string, std::string>> read_media();
  boost::asio::awaitable<void> find_mirrors();
  boost::asio::awaitable<zapi::Outcome<std::vector<zapi::Element>>> read_mirrors();
  boost::asio::awaitable<void> log_event(std::string category);
  boost::asio::awaitable<Result<void>> modify(std::string name, zapi::Element attributes, std::string what);
  boost::asio::awaitable<Result<FlexVol>> ensure_on(FlexVolOrder order);
  boost::asio::awaitable<Result<void>> check_usage(FlexVolOrder order);
  const VirtualPool* virtual_pool(const std::string& name) const;
  boost::asio::awaitable<Result<FlexVol>> found_instead(FlexVolOrder order, bool job_runs);
  boost::asio::awaitable<Result<FlexVol>> clone_found(CreateSpec spec, std::string snapshot);
  boost::asio::awaitable<Error> undo(FlexVolOrder order, Error why);

  std::vector<std::string> aggregates_;       // of the SVM, sorted
  std::map<std::string, std::string> media_;  // aggregate -> hdd, hybrid or ssd, where known
  std::set<std::string> without_encryption_;  // aggregates that say they cannot encrypt (no licence, no key manager)
  std::vector<std::string> serials_;
  base::TimePoint next_heartbeat_{};
  base::TimePoint mirrors_known_until_{};
  std::string mirrored_root_;
  std::string mirror_source_;  // "" when the root volume has no mirrors
  KeyedLocks locks_;
};

/// Between 20 MiB and the backend's limitVolumeSize. Errors: invalid.
Result<void> check_size(const OntapConfig& config, std::uint64_t size_bytes);
/// The comment of a volume of ours, at most 1023 characters: who made it, for what, and, where it fits, its whole
/// configuration, so that a lost store can be rebuilt.
std::string owner_comment(const Owner& owner, const VolumeConfig& config);
std::optional<Owner> owner_from_comment(const std::string& comment);
/// The snapshot that a clone without a given one is made from.
std::string clone_snapshot_name(const std::string& internal_name);

}  // namespace provisioner
