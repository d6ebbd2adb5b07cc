#pragma once

#include "ontap-sim/model/cluster.h"

/// SnapMirror relationships inside one cluster and between peers. Transfers are jobs in virtual time.
/// Errors: 17122 exists, 15661 missing, 17114 destination is no DP volume, 17127 not quiesced, 17130 nothing to abort,
/// 17137 transfer running, 19068 source knows nothing, 13001 with a sentence. Source: section 7.12 of the array's
/// specification.
namespace ontap_sim::model {

struct NewMirror {
  Endpoint source{};
  Endpoint destination{};
  std::string source_cluster{};
  std::string type{};  // "" = data_protection
  std::string policy{};
  std::string schedule{};
  std::string tries{};
  std::int64_t max_transfer_rate = 0;
  bool identity_preserve = false;
};
Result<SnapMirror*> create_mirror(Cluster& cluster, const NewMirror& spec);
Result<SnapMirror*> require_mirror(Cluster& cluster, const Endpoint& destination);
/// "initialize", "update", "resync" or "restore"; the job's id.
Result<std::uint64_t> start_transfer(Cluster& cluster, SnapMirror& mirror, const std::string& kind);
Result<void> quiesce_mirror(Cluster& cluster, SnapMirror& mirror);
Result<void> resume_mirror(Cluster& cluster, SnapMirror& mirror);
Result<void> abort_transfer(Cluster& cluster, SnapMirror& mirror);
Result<void> break_mirror(Cluster& cluster, SnapMirror& mirror);
Result<void> destroy_mirror(Cluster& cluster, const Endpoint& destination);
/// The source side forgets the destination; its snapshots are given free unless `info_only`.
Result<void> release_mirror(Cluster& cluster, const Endpoint& destination, bool info_only);
/// What settle() calls when a transfer's time has come; "" or the problem.
std::string finish_transfer(Cluster& cluster, const Endpoint& destination);

/// Restores job.svm:job.volume from the volume that job.argument names ("SVM\nVOLUME\nSNAPSHOT", "" = the newest);
/// "" or the problem.
std::string finish_restore(Cluster& cluster, const Job& job);

inline constexpr std::string_view kReleaseTable = "snapmirror-destination";

Result<void> create_svm_peer(Cluster& cluster, const SvmPeer& peer);
Result<void> accept_svm_peer(Cluster& cluster, const std::string& svm, const std::string& peer_svm);
Result<void> delete_svm_peer(Cluster& cluster, const std::string& svm, const std::string& peer_svm);

}  // namespace ontap_sim::model
