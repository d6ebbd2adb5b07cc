#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ontap-sim/model/lun.h"
#include "ontap-sim/model/types.h"

/// Volumes with what lives inside them: snapshots, qtrees, quota rules, files. Plain data; operations are in
/// volume_ops.h. All sizes are bytes. Space (source: section 8 of the array's specification):
///   active        blocks of the active file system, 192 KiB when empty
///   lun_reserve   promised to space-reserved LUNs and not written yet
///   snapshot_held blocks that only snapshots hold
///   shared        blocks of a clone that still belong to its parent
///   charged       what the aggregate was charged for this volume at the last change
namespace ontap_sim::model {

enum class VolumeState : std::uint8_t { online, offline, restricted };
enum class VolumeType : std::uint8_t { rw, dp, ls, dc };
enum class VolumeStyle : std::uint8_t { flexvol, flexgroup, flexgroup_constituent };
enum class Guarantee : std::uint8_t { none, file, volume };
enum class SecurityStyle : std::uint8_t { unix_style, ntfs, mixed, unified };
enum class QuotaState : std::uint8_t { off, initializing, on, resizing, corrupt };
enum class QuotaType : std::uint8_t { tree, user, group };

std::string_view to_string(VolumeState state);
std::string_view to_string(VolumeType type);
std::string_view to_string(VolumeStyle style);
std::string_view to_string(Guarantee guarantee);
std::string_view to_string(SecurityStyle style);
std::string_view to_string(QuotaState state);
std::string_view to_string(QuotaType type);
std::optional<VolumeState> parse_volume_state(std::string_view text);
std::optional<VolumeType> parse_volume_type(std::string_view text);
std::optional<Guarantee> parse_guarantee(std::string_view text);
std::optional<SecurityStyle> parse_security_style(std::string_view text);
std::optional<QuotaType> parse_quota_type(std::string_view text);

/// A qtree with a name. Qtree 0 (the volume itself) is not stored.
struct Qtree {
  std::string name{};
  std::string export_policy{};  // "" = the volume's
  std::string qos_policy{};
  Bytes used = 0;
  std::int32_t id = 1;
  std::uint32_t files_used = 1;
  std::uint16_t mode = 0755;
  SecurityStyle security_style = SecurityStyle::unix_style;
  bool oplocks = true;
};

struct QuotaKey {
  std::string policy{};
  QuotaType type = QuotaType::tree;
  std::string target{};  // "" = default rule; tree: name of the qtree; user and group: name or id
  std::string qtree{};   // user and group rules inside a qtree
  auto operator<=>(const QuotaKey&) const = default;
};

/// Limits in KiB or files; -1 = no limit ("-").
struct QuotaRule {
  std::int64_t disk_limit = -1;
  std::int64_t soft_disk_limit = -1;
  std::int64_t threshold = -1;
  std::int64_t file_limit = -1;
  std::int64_t soft_file_limit = -1;
  bool user_mapping = false;
  /// The disk limit in force since the last activation or resize; -1 = none.
  std::int64_t enforced_disk_limit = -1;
  bool enforced = false;
};

/// A plain file for the NFS clients that clone and copy files. The key of the map is the path inside the volume
/// ("a/b").
struct File {
  Bytes size = 0;
  Bytes used = 0;
  TimePoint created{};
  std::string qos_policy{};
  bool directory = false;
};

/// A LUN as a snapshot remembers it.
struct LunImage {
  std::string path_in_volume{};  // "lun0" or "q/lun0"
  LunContent content{};
};

/// What a snapshot keeps besides blocks; absent when the volume held none of it.
struct VolumeImage {
  std::map<std::string, Qtree> qtrees{};
  std::vector<LunImage> luns{};
  std::map<std::string, File> files{};
};

struct Snapshot {
  std::string name{};
  std::string comment{};
  std::string snapmirror_label{};
  std::vector<std::string> owners{};  // "snapmirror", "volume clone" and so on
  Uuid instance_uuid{};
  Uuid version_uuid{};
  TimePoint created{};
  Bytes active = 0;  // the active file system at that moment
  Bytes lun_reserve = 0;
  Bytes volume_size = 0;
  Bytes held = 0;  // blocks that only this snapshot holds
  std::int32_t clones = 0;
  Box<VolumeImage> image{};

  bool busy() const { return clones > 0 || !owners.empty(); }
};

struct CloneOrigin {
  std::string svm{};
  std::string volume{};
  std::string snapshot{};
  Uuid parent_uuid{};
  std::uint64_t split_job = 0;  // 0 = not splitting
  Bytes split_total = 0;
};

struct Autosize {
  std::string mode = "off";  // off, grow, grow_shrink
  Bytes maximum = 0;
  Bytes minimum = 0;
  std::int32_t grow_threshold = 85;
  std::int32_t shrink_threshold = 50;
};

struct Autodelete {
  bool enabled = false;
  std::string commitment = "try";
  std::string trigger = "volume";
  std::string delete_order = "oldest_first";
  std::string defer_delete = "user_created";
  std::string destroy_list = "none";
  std::string prefix{};
  std::int32_t target_free_space = 20;
};

struct Efficiency {
  bool enabled = false;
  bool compression = false;
  bool inline_compression = false;
  std::string policy{};
  std::string schedule = "-";
  TimePoint last_begin{};
  TimePoint last_end{};
};

struct Move {
  std::string source_aggregate{};
  std::string destination_aggregate{};
  std::string cutover_action = "defer_on_failure";
  std::string phase = "queued";
  std::string state = "healthy";
  std::string details{};
  std::uint64_t job = 0;
  TimePoint started{};
  TimePoint due{};
  TimePoint ended{};
  Bytes bytes = 0;
};

/// Attributes that few volumes change.
struct VolumeExtras {
  Autosize autosize;
  Autodelete autodelete;
  std::string efficiency_policy{};
  std::string antivirus_policy = "default";
  std::string caching_policy{};
  std::string snaplock_type = "non_snaplock";
  std::string adaptive_qos_policy{};
  std::map<std::string, std::string> snaplock_attributes{};
  std::map<std::string, std::string> options{};  // names of volume-set-option
  bool size_fixed = false;
  bool nvfail = false;
};

struct Volume {
  std::string name{};
  std::string aggregate{};      // "" for a FlexGroup
  std::string junction_path{};  // "" when not mounted
  std::string comment{};
  std::string export_policy = "default";
  std::string snapshot_policy = "default";
  std::string qos_policy{};
  Uuid uuid{};
  Uuid instance_uuid{};
  std::uint64_t dsid = 0;
  std::uint64_t msid = 0;
  TimePoint created{};
  Bytes size = 0;
  Bytes active = 192 * kKiB;
  Bytes lun_reserve = 0;
  Bytes snapshot_held = 0;
  Bytes shared = 0;
  Bytes charged = 0;
  Bytes written = 0;  // its part of Aggregate::written
  std::int64_t files_total = 0;
  std::int64_t files_used = 96;
  std::uint32_t user_id = 0;
  std::uint32_t group_id = 0;
  std::int32_t clone_children = 0;
  std::int32_t lun_count = 0;
  std::int32_t next_qtree_id = 1;
  std::uint16_t mode = 0755;
  std::uint8_t snapshot_reserve_percent = 5;
  std::uint8_t fractional_reserve_percent = 100;
  VolumeState state = VolumeState::online;
  VolumeType type = VolumeType::rw;
  VolumeStyle style = VolumeStyle::flexvol;
  Guarantee guarantee = Guarantee::volume;
  SecurityStyle security_style = SecurityStyle::unix_style;
  QuotaState quota_state = QuotaState::off;
  std::uint8_t language = 0;        // index into the SVM's languages table (types.h: language names)
  std::uint8_t tiering_policy = 0;  // index into kTieringPolicies
  bool guarantee_enabled = true;
  bool snapdir_access = true;
  bool encrypt = false;
  bool junction_active = true;
  bool node_root = false;
  bool svm_root = false;
  std::vector<Snapshot> snapshots{};  // oldest first
  std::map<std::string, Qtree, std::less<>> qtrees{};
  std::map<QuotaKey, QuotaRule> quota_rules{};
  std::map<std::string, File, std::less<>> files{};
  std::vector<std::string> constituents{};  // FlexGroup: names of its constituent volumes
  Box<CloneOrigin> clone{};
  Box<Efficiency> efficiency{};  // absent = never enabled
  Box<Move> move{};
  Box<VolumeExtras> extras{};

  bool flexgroup() const { return style == VolumeStyle::flexgroup; }
  bool constituent() const { return style == VolumeStyle::flexgroup_constituent; }
  const Snapshot* find_snapshot(std::string_view snapshot) const;
  Snapshot* find_snapshot(std::string_view snapshot);
  VolumeExtras& edit_extras() {
    if (!extras) extras = VolumeExtras{};
    return *extras;
  }
};

/// The derived figures of section 8.2.
struct VolumeSpace {
  Bytes size = 0;
  Bytes reserve = 0;
  Bytes total = 0;
  Bytes used = 0;
  Bytes available = 0;
  Bytes snapshot_used = 0;
  Bytes snapshot_available = 0;
  Bytes physical_used = 0;
  std::int64_t percent_used = 0;
  std::int64_t reserve_used_percent = 0;
};

inline constexpr std::string_view kTieringPolicies[] = {"none", "snapshot-only", "auto", "all", "backup"};

/// Languages are kept as a number: index into kLanguages (types.cpp), 0 = "c.utf_8".
std::string_view language_name(std::uint8_t index);
std::optional<std::uint8_t> language_index(std::string_view text);

}  // namespace ontap_sim::model
