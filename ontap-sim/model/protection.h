#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ontap-sim/model/types.h"

/// SnapMirror relationships and peers. Source: snapmirror-* and *-peer-* record types of ONTAP.
namespace ontap_sim::model {

struct Endpoint {
  std::string svm{};
  std::string volume{};  // "" for a whole SVM
  auto operator<=>(const Endpoint&) const = default;
  std::string location() const { return svm + ":" + volume; }
};

struct SnapMirror {
  Endpoint source{};
  Endpoint destination{};
  std::string source_cluster{};
  std::string type = "data_protection";
  std::string mirror_state = "uninitialized";
  std::string status = "idle";
  std::string policy = "DPDefault";
  std::string schedule{};
  std::string tries = "unlimited";
  std::string last_transfer_type{};
  std::string last_transfer_error{};
  std::string unhealthy_reason{};
  std::string newest_snapshot{};
  Uuid id{};
  std::int64_t max_transfer_rate = 0;
  Bytes last_transfer_size = 0;
  TimePoint last_transfer_begin{};
  TimePoint last_transfer_end{};
  TimePoint newest_snapshot_time{};
  TimePoint due{};        // when the running transfer or change of state ends
  std::string pending{};  // what then happens: initialize, update, resync, quiesce ...
  std::int64_t update_successful = 0;
  std::int64_t resync_successful = 0;
  std::int64_t break_successful = 0;
  std::int64_t update_failed = 0;
  Bytes total_bytes = 0;  // of all ended transfers
  std::int64_t total_seconds = 0;
  bool healthy = true;
  bool identity_preserve = false;
  /// The source side forgets with snapmirror-release.
  bool source_known = true;
};

struct SnapMirrorPolicy {
  std::string name{};
  std::string owner_svm{};  // "" = the cluster
  std::string type = "async_mirror";
  std::string comment{};
  std::string tries = "8";
  std::string transfer_priority = "normal";
  std::string restart = "always";
  std::set<std::string> discard_configs{};
  struct Rule {
    std::string label;
    std::string keep;
    bool preserve = false;
    int warn = 0;
  };
  std::vector<Rule> rules{};
  bool ignore_atime = false;
  bool network_compression = false;
  bool create_snapshot = true;
};

struct SvmPeer {
  std::string svm{};
  std::string peer_svm{};
  std::string peer_cluster{};
  std::string state = "peered";
  std::set<std::string> applications{"snapmirror"};
};

struct ClusterPeer {
  std::string name{};  // local name
  std::string remote_name{};
  std::string serial{};
  std::string availability = "available";
  std::vector<std::string> addresses{};
  Uuid uuid{};
  int timeout = 60;
};

}  // namespace ontap_sim::model
