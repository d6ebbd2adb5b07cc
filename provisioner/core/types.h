#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/result.h"
#include "provisioner/core/attributes.h"

/// The values that the core, the drivers, the store and the frontends exchange. Plain data, no behaviour.
/// Sizes are bytes. JSON names and order stand in json.cpp. Source: provisioner specification 1.5, 1.6, 2.2, 2.3, 3.3;
/// fields of later releases are marked with theirs.
namespace provisioner {

/// Keeps the order of keys, as the wire formats demand.
using Json = nlohmann::ordered_json;
using base::Error;
using base::ErrorKind;
using base::Result;

enum class Protocol { file, block };

struct PoolInfo {
  std::string name;
  Offers offers;
};

/// What a client needs to reach a volume.
struct AccessInfo {
  std::string nfs_server_ip;
  std::string nfs_path;
  std::string iscsi_target_portal;
  std::vector<std::string> iscsi_portals;  // the other portals, without the first (18.07)
  std::string iscsi_target_iqn;
  std::int32_t iscsi_lun_number = 0;
  std::string iscsi_interface;
  std::string iscsi_igroup;
  std::vector<std::int64_t> iscsi_vags;
  bool operator==(const AccessInfo&) const = default;
};

/// What somebody wants, and after creation what there is. Texts as the user gave them; empty means not given.
struct VolumeConfig {
  std::string version = "1";
  std::string name;           // Trident volume = PV name
  std::string internal_name;  // on the array; computed
  std::string size;           // size grammar, see size.h
  std::string protocol;       // "file", "block" or ""
  std::string snapshot_policy;
  std::string snapshot_reserve;  // 18.10
  std::string export_policy;
  std::string snapshot_directory;
  std::string unix_permissions;
  std::string storage_class;
  std::string access_mode;  // ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ""
  AccessInfo access;
  std::string block_size;
  std::string file_system;
  std::string mount_options;          // 19.01
  std::string encryption;             // 18.01: "true" or "false"
  std::string clone_source_volume;    // 18.01: Trident volume name
  std::string clone_source_snapshot;  // 19.07
  std::string split_on_clone;         // 18.01: "true" or "false"
  std::string import_original_name;   // 19.04: name on the array before the import
  bool import_not_managed = false;    // 19.04: never renamed, never destroyed
  bool operator==(const VolumeConfig&) const = default;
};

struct Volume {
  VolumeConfig config;
  std::string backend;
  std::string pool;
  bool orphaned = false;  // its pool or backend has gone (18.01)
  std::string state;      // "" or "deleting" (19.07: waits for its snapshots)
  bool operator==(const Volume&) const = default;
};

using PoolLists = std::map<std::string, std::vector<std::string>>;  // backend (or its pattern) -> pools (or patterns)

struct StorageClassConfig {
  std::string version;
  std::string name;
  std::optional<std::map<std::string, std::string>> attributes;  // absent and empty are told apart
  PoolLists required_storage;                                    // exact names; 17.10
  PoolLists storage_pools;                                       // patterns; 18.01
  PoolLists additional_storage_pools;                            // patterns; 18.01
  PoolLists exclude_storage_pools;                               // patterns; 18.07
  std::string selector;                                          // over labels; 19.04
  std::string origin;  // "kubernetes": lives as long as that object does; stored, never shown
  bool operator==(const StorageClassConfig&) const = default;
};

struct StorageClassView {
  StorageClassConfig config;
  PoolLists storage;  // what matches now, sorted
};

struct PoolView {
  std::string name;
  std::vector<std::string> storage_classes;
  Offers attributes;
  std::vector<std::string> volumes;
};

enum class BackendState { online, offline, failed };

/// A backend as REST shows it: never a user name or a password.
struct BackendView {
  std::string name;
  Json config;  // the driver's external view, ready to print
  std::map<std::string, PoolView> storage;
  bool online = true;
  std::vector<std::string> volumes;
  // Not in 17.10's JSON:
  BackendState state = BackendState::online;
  std::string state_reason;  // why failed
  std::string driver;        // "ontap-nas"
  std::string protocol;      // "file" or "block"
};

struct Snapshot {
  std::string volume;
  std::string name;
  std::string created;  // RFC 3339, seconds, UTC
  std::uint64_t size_bytes = 0;
};

struct ImportRequest {
  std::string backend;
  std::string internal_name;  // name on the array today
  VolumeConfig config;        // name, storage class, access mode; size is read from the array
  bool managed = true;        // managed volumes are renamed and destroyed with their PV
};

/// One line of an explanation: every pool, chosen or not, with the reason.
struct PoolVerdict {
  std::string backend;
  std::string pool;
  bool suitable = false;
  std::string reason;
};

}  // namespace provisioner
