#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/result.h"

/// What a node asks of the storage array and the network: the only way from the kubelet to the array. The lab's runner
/// fills it; every function may be empty, then mounts succeed with the volume's capacity and nothing used, and only
/// addresses of this cluster answer a ping. All functions answer at once. Sizes are bytes.
namespace k8s_fake {

enum class MountKind { nfs, iscsi, csi };

struct MountRequest {
  MountKind kind = MountKind::nfs;
  std::string node;            // "drydock-node-1"
  std::string node_address;    // where the request comes from, for export rules
  std::string node_initiator;  // "iqn.1994-05.com.redhat:drydock-node-1"
  bool read_only = false;
  bool block = false;  // the device itself, no file system
  std::string fs_type;
  std::vector<std::string> options;
  std::string volume;  // name of the PersistentVolume, "" for one written inline in the pod
  std::uint64_t capacity = 0;
  // nfs
  std::string server;
  std::string path;
  // iscsi
  std::vector<std::string> portals;  // "192.168.1.5:3260", the first is targetPortal
  std::string iqn;
  int lun = 0;
  // csi
  std::string driver;
  std::string handle;
  std::map<std::string, std::string> attributes;
};

struct Mounted {
  std::string source;  // first column of df: "192.168.199.107:/vol" or "/dev/sdb"
  std::string id;      // names the data behind it: the same id is the same content, for every pod and mount
  std::string fs_type = "nfs4";
};

struct MountFailure {
  enum class Why {
    access_denied,   // the export policy does not admit the node, or the LUN is not mapped to it
    no_such_path,    // the server answers but has no such export
    timed_out,       // nobody answers there
    refused,         // the address answers, the service does not
    no_such_target,  // wrong IQN or LUN
    failed,          // anything else: `text` says what
  };
  Why why = Why::failed;
  std::string text;
};

struct Usage {
  std::uint64_t size = 0;
  std::uint64_t used = 0;
  std::uint64_t available = 0;
};

struct StorageHooks {
  std::function<base::Result<Mounted, MountFailure>(const MountRequest&)> mount;
  std::function<void(const MountRequest&, const Mounted&)> unmount;
  /// What df shows of mounted data now; nothing when it is gone (a stale handle).
  std::function<std::optional<Usage>(const Mounted&)> usage;
  /// Called before data changes by `bytes` (negative: freed); false: no space left, the write is refused.
  std::function<bool(const Mounted&, std::int64_t bytes)> write;
  /// Round-trip time to an address from the pod network, or nothing when nobody answers.
  std::function<std::optional<base::Duration>(const std::string& address)> ping;
  /// Value of DRYDOCK_CONNECT_TO for a process that starts now: "HOST:PORT=HOST:PORT,...".
  std::function<std::string()> connect_to;
};

}  // namespace k8s_fake
