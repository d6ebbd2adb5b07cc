#pragma once

#include "ontap-sim/model/cluster.h"

/// Life of volumes in one SVM: create, mount, resize, change, clone, split, move, destroy, and their space.
/// Sizes are rounded up to 4 KiB; the smallest volume is 20 MiB, the largest 100 TiB.
/// Errors: 17 exists, 13040 missing, 14420/14421 aggregate, 160 offline while mounted, 13042/13060 already
/// offline/online, 15894 clone parent, 13001 with a sentence for everything else. Source: section 7.4 and 8 of the
/// array's specification.
namespace ontap_sim::model {

struct NewVolume {
  std::string name{};
  std::string aggregate{};
  Bytes size = 0;
  Guarantee guarantee = Guarantee::volume;
  std::optional<std::uint8_t> snapshot_reserve{};  // 5
  std::optional<std::string> snapshot_policy{};    // the SVM's
  std::optional<std::uint16_t> mode{};             // 0755; 0 for ntfs
  std::string export_policy = "default";
  std::optional<SecurityStyle> security_style{};  // the root volume's
  std::string junction_path{};
  std::optional<std::string> language{};  // the SVM's
  VolumeType type = VolumeType::rw;
  VolumeState state = VolumeState::online;
  std::string comment{};
  std::string qos_policy{};
  std::string adaptive_qos_policy{};
  std::string tiering_policy = "none";
  std::string snaplock_type = "non_snaplock";
  std::string efficiency_policy{};
  std::uint32_t user_id = 0;
  std::uint32_t group_id = 0;
  bool encrypt = false;
  /// The caller is no cluster administrator: the aggregate must be in the SVM's list.
  bool by_svm_admin = false;
};
Result<Volume*> create_volume(Cluster& cluster, Svm& svm, const NewVolume& spec);

struct DestroyVolume {
  bool unmount_and_offline = false;
  bool force = false;
};
Result<void> destroy_volume(Cluster& cluster, Svm& svm, const std::string& name, DestroyVolume how);
/// Drops what has been in the SVM's recovery queue (records "volume-recovery-queue") for its retention time.
void expire_recovery_queue(const Cluster& cluster, Svm& svm);

Result<void> mount_volume(Cluster& cluster, Svm& svm, const std::string& name, const std::string& path, bool active);
Result<void> unmount_volume(Cluster& cluster, Svm& svm, const std::string& name, bool force);
Result<void> online_volume(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> offline_volume(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> restrict_volume(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> rename_volume(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name);
Result<void> resize_volume(Cluster& cluster, Svm& svm, const std::string& name, Bytes size);
/// "+20m", "-1g" or an absolute size for a volume of `current` bytes. Errno 13115 when malformed.
Result<Bytes> new_size_from(const std::string& text, Bytes current);

struct VolumeChange {
  std::optional<Bytes> size{};
  std::optional<Guarantee> guarantee{};
  std::optional<int> snapshot_reserve{}, fractional_reserve{};
  std::optional<bool> size_fixed{}, snapdir_access{};
  std::optional<std::string> snapshot_policy, export_policy, comment, language, qos_policy, adaptive_qos_policy,
      tiering_policy, antivirus_policy{};
  std::optional<SecurityStyle> security_style{};
  std::optional<std::uint16_t> mode{};
  std::optional<std::uint32_t> user_id{}, group_id{};
  std::optional<std::int64_t> files_total{};
  std::optional<std::string> autosize_mode{};
  std::optional<Bytes> autosize_maximum{}, autosize_minimum{};
  std::optional<int> autosize_grow{}, autosize_shrink{};
  bool autosize_reset = false;
  std::optional<Autodelete> autodelete{};
  std::optional<std::string> caching_policy{};
};
/// All or nothing.
Result<void> modify_volume(Cluster& cluster, Svm& svm, const std::string& name, const VolumeChange& change);
/// The names of volume-options-list-info, in ONTAP's order.
std::vector<std::pair<std::string, std::string>> volume_options(const Volume& volume);
Result<void> set_volume_option(Cluster& cluster, Svm& svm, const std::string& name, const std::string& option,
                               const std::string& value);

struct NewClone {
  std::string name{};
  std::string parent{};
  std::string parent_svm{};       // "" = the same
  std::string parent_snapshot{};  // "" = make one
  std::string junction_path{};
  bool junction_active = true;
  std::optional<Guarantee> guarantee{};
  std::string qos_policy{};
  VolumeType type = VolumeType::rw;
};
Result<Volume*> clone_volume(Cluster& cluster, Svm& svm, const NewClone& spec);
/// The job that splits. Errors 13170 no clone, 17151 splitting already, 13157 offline, 17003 parent offline.
Result<std::uint64_t> start_split(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> stop_split(Cluster& cluster, Svm& svm, const std::string& name);
struct SplitStatus {
  std::string volume{};
  int percent = 0;
  std::int64_t blocks_scanned = 0;
  std::int64_t blocks_updated = 0;
};
Result<SplitStatus> split_status(const Cluster& cluster, const Svm& svm, const std::string& name);

struct NewMove {
  std::string volume{};
  std::string aggregate{};
  std::string cutover_action = "defer_on_failure";
  bool validation_only = false;
};
Result<std::uint64_t> start_move(Cluster& cluster, Svm& svm, const NewMove& spec);
Result<void> trigger_cutover(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> abort_move(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> rehost_volume(Cluster& cluster, Svm& from, const std::string& name, Svm& to);

struct NewFlexGroup {
  NewVolume common{};                     // aggregate unused
  std::vector<std::string> aggregates{};  // one constituent per entry; empty = every data aggregate of the SVM
  int multiplier = 1;
};
Result<Volume*> create_flexgroup(Cluster& cluster, Svm& svm, const NewFlexGroup& spec);

/// The volume, or the given number.
Result<Volume*> require_volume(Svm& svm, std::string_view name, Errno missing = Errno::volume_does_not_exist);

VolumeSpace space_of(const Cluster& cluster, const Svm& svm, const Volume& volume);
/// Recomputes what the aggregate is charged; every change of a size or block count ends here.
void recharge(Cluster& cluster, Svm& svm, Volume& volume);
/// True when the aggregate can take `more` bytes; otherwise ONTAP's sentence about `what` ("create volume", "resize
/// volume").
Result<void> require_aggregate_space(const Cluster& cluster, const std::string& aggregate, const std::string& volume,
                                     Bytes more);

/// The data path: `added` new bytes and `overwritten` old ones, in a qtree when named. Errors: 28 no space, 69-like
/// text over quota.
struct DataWrite {
  std::string qtree{};
  Bytes added = 0;
  Bytes overwritten = 0;
};
Result<void> write_data(Cluster& cluster, Svm& svm, const std::string& volume, const DataWrite& write);
/// Frees bytes of the active file system; what a snapshot references stays as its own.
Result<void> remove_data(Cluster& cluster, Svm& svm, const std::string& volume, const std::string& qtree, Bytes bytes);

}  // namespace ontap_sim::model
