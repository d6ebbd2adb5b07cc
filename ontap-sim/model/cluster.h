#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/model/access.h"
#include "ontap-sim/model/lun.h"
#include "ontap-sim/model/nas.h"
#include "ontap-sim/model/network.h"
#include "ontap-sim/model/protection.h"
#include "ontap-sim/model/types.h"
#include "ontap-sim/model/version.h"
#include "ontap-sim/model/volume.h"

/// The whole array as plain data in sorted containers. Rules live in the *_ops.h headers; nothing else may change a
/// Cluster. Every change is noted in `changes`, so that a store can write exactly what a call touched. Time comes from
/// the Clock, ids and chance from the Rng. Work that takes time is a Job with a due time; settle() finishes everything
/// that is due, and every reader calls it first.
namespace ontap_sim::model {

struct Node {
  std::string name{};
  std::string serial{};
  std::string system_id{};
  std::string model = "SIMBOX";
  std::string location{};
  std::string owner{};
  std::string asset_tag{};
  std::string partner{};
  Uuid uuid{};
  TimePoint booted{};
  bool healthy = true;
  bool eligible = true;
  bool epsilon = false;
  bool taken_over = false;
  bool all_flash = false;
};

struct Aggregate {
  std::string name{};
  std::string node{};  // owner now
  std::string home_node{};
  std::string type = "hdd";  // hdd, ssd, hybrid, vmdisk
  std::string raid_type = "raid_dp";
  std::string state = "online";
  Uuid uuid{};
  Bytes size = 0;  // size-total of the record
  int disk_count = 12;
  int raid_size = 16;
  bool root = false;
  std::string snaplock_type = "non_snaplock";
  // Derived from the volumes, kept at each change.
  Bytes charged = 0;  // sum of Volume::charged
  Bytes written = 0;  // sum of blocks really written
  std::int64_t volume_count = 0;

  Bytes metadata() const { return 0; }
  Bytes used() const { return charged + metadata(); }
  Bytes available() const { return used() >= size ? 0 : size - used(); }
};

struct SnapshotSchedule {
  std::string schedule{};
  int count = 1;
  std::string prefix{};
  std::string label{};
};
struct SnapshotPolicy {
  std::string name{};
  std::string comment{};
  bool enabled = true;
  std::vector<SnapshotSchedule> schedules{};
};

struct QosPolicy {
  std::string name{};
  std::string svm{};
  std::string max_throughput = "INF";
  std::string min_throughput = "0";
  std::string policy_class = "user_defined";
  bool shared = true;
  Uuid uuid{};
  std::int64_t id = 0;
};
struct AdaptiveQosPolicy {
  std::string name{};
  std::string svm{};
  std::string expected_iops{};
  std::string peak_iops{};
  std::string absolute_min_iops = "75IOPS";
  std::string expected_allocation = "allocated-space";
  std::string peak_allocation = "used-space";
  std::string block_size = "ANY";
  Uuid uuid{};
  std::int64_t id = 0;
};

struct Schedule {
  std::string name{};
  std::string type = "cron";
  std::string description{};
};

struct License {
  std::string package{};
  std::string owner{};
  std::string serial{};
  std::string description{};
  std::string type = "license";
};

struct Certificate {
  std::string svm{};
  std::string common_name{};
  std::string authority{};
  std::string serial{};
  std::string type = "server";
  std::string hash = "SHA256";
  std::string size = "2048";
  TimePoint start{};
  TimePoint end{};
  int expire_days = 365;
  std::map<std::string, std::string> fields{};  // country, locality and so on
};

/// What a job does when its time has come. `volume`, `svm` and `argument` name its object.
enum class JobKind : std::uint8_t {
  finished,  // nothing to do: it was done at once and is only listed
  quota_on,
  quota_off,
  quota_resize,
  clone_split,
  volume_move,
  volume_create,
  volume_destroy,
  volume_modify,
  snapmirror,
  other,
  restore,  // a volume gets back what a SnapMirror destination holds; `argument`: see finish_restore()
};

struct Job {
  std::uint64_t id = 0;
  Uuid uuid{};
  JobKind kind = JobKind::finished;
  std::string name{};  // "Split clone1"
  std::string type{};  // "VOL_CLONE_SPLIT"
  std::string description{};
  std::string node{};
  std::string svm{};
  std::string volume{};
  std::string argument{};
  std::string user = "admin";
  std::string state = "queued";  // queued, running, success, failure ...
  std::string progress{};
  std::string completion{};
  int status_code = 0;
  TimePoint queued{};
  TimePoint started{};
  TimePoint due{};
  TimePoint ended{};
};

enum class SvmType : std::uint8_t { data, admin, node, system };
std::string_view to_string(SvmType type);

struct Svm {
  std::string name{};
  Uuid uuid{};
  SvmType type = SvmType::data;
  std::string subtype = "default";
  std::string state = "running";  // running, stopped ...
  std::string ipspace = "Default";
  std::string language = "c.utf_8";
  std::string root_volume{};
  std::string root_aggregate{};
  std::string comment{};
  std::string snapshot_policy = "default";
  std::string quota_policy = "default";
  std::string qos_policy{};
  std::string antivirus_policy = "default";
  std::string max_volumes = "unlimited";
  SecurityStyle root_security_style = SecurityStyle::unix_style;
  int retention_hours = 12;
  int number = 0;  // for the iSCSI node name
  bool logical_space_reporting = false;
  bool logical_space_enforcement = false;
  std::vector<std::string> aggregates{};  // aggr-list, in the order given
  std::set<std::string> allowed_protocols{"nfs", "cifs", "fcp", "iscsi", "ndmp"};
  std::vector<std::string> name_mapping{"file"};
  std::vector<std::string> name_services{"file"};

  std::map<std::string, Volume, std::less<>> volumes{};
  std::map<std::string, Lun, std::less<>> luns{};  // by path
  std::map<std::string, Igroup, std::less<>> igroups{};
  std::map<std::string, Lif, std::less<>> lifs{};
  std::map<std::string, ExportPolicy, std::less<>> export_policies{};
  std::map<std::string, SnapshotPolicy, std::less<>> snapshot_policies{};
  std::set<std::string> quota_policies{"default"};
  std::map<std::string, Portset, std::less<>> portsets{};
  std::vector<Route> routes{};
  Box<NfsService> nfs{};
  Box<IscsiService> iscsi{};
  Box<FcpService> fcp{};
  Box<CifsServer> cifs{};
  std::map<std::string, CifsShare, std::less<>> cifs_shares{};
  Box<Dns> dns{};
  /// Settings records by table ("ldap-client", "kerberos-realm", "fpolicy-policy" ...) and key.
  std::map<std::string, std::map<std::string, Record, std::less<>>, std::less<>> records{};

  /// Derived: junction path in lower case -> volume.
  std::map<std::string, std::string, std::less<>> junctions{};

  Volume* find_volume(std::string_view volume);
  const Volume* find_volume(std::string_view volume) const;
  Lun* find_lun(std::string_view path);
  const Lun* find_lun(std::string_view path) const;
  Igroup* find_igroup(std::string_view igroup);
  const Igroup* find_igroup(std::string_view igroup) const;
};

/// What can change by itself and is stored as one row. `svm` rows are without volumes, LUNs and igroups; `cluster` is
/// all the rest.
enum class ObjectKind : std::uint8_t { cluster, counters, aggregate, svm, volume, lun, igroup, job };
struct ObjectRef {
  ObjectKind kind = ObjectKind::cluster;
  std::string svm{};
  std::string name{};
  auto operator<=>(const ObjectRef&) const = default;
};

struct Counters {
  std::uint64_t next_dsid = 1025;
  std::uint64_t next_msid = 2147484673;
  std::uint64_t next_job = 2001;
  std::uint64_t next_lun_serial = 1;
  std::uint64_t next_export_policy = 12884901889;
  std::uint64_t next_ipspace = 1;
  std::uint64_t next_svm = 1;
  std::uint64_t next_qos = 100;
  std::uint64_t next_tpgroup = 1025;
  std::uint64_t next_cg = 1;
};

/// Limits and durations that a lab may change. Durations are virtual time.
struct Settings {
  int luns_per_volume = 512;
  int qtrees_per_volume = 4994;
  int volumes_per_node = 1000000;
  base::Duration job_time = std::chrono::milliseconds(200);
  base::Duration job_retention = std::chrono::minutes(30);
  Bytes copy_bytes_per_second = 1 * kGiB;
  Bytes volume_used_when_empty = 192 * kKiB;
  bool strict_typedefs = false;
  bool strict_version = false;
  bool strict_lif_auth = false;
  bool realistic_tags = false;
  bool empty_availsize = false;
};

/// Snapshots that wait between cg-start and cg-commit.
struct ConsistencyGroup {
  std::string svm{};
  std::string snapshot{};
  std::string label{};
  std::vector<std::string> volumes{};
  TimePoint expires{};
};

struct LifRef {
  std::string svm{};
  std::string lif{};
};

struct Cluster {
  Cluster(base::Clock& clock_in, std::uint64_t seed) : clock(&clock_in), rng(seed) {}

  base::Clock* clock;
  base::Rng rng;

  std::string name = "cluster1";
  std::string contact{};
  std::string location = "-";
  std::string serial = "1-80-000000";
  Uuid uuid{};
  Uuid rdb_uuid{};
  int ontapi_minor = 110;
  Settings settings;
  Counters counters;

  std::map<std::string, Node, std::less<>> nodes{};
  std::map<std::string, Aggregate, std::less<>> aggregates{};
  std::map<std::string, Svm, std::less<>> svms{};
  std::map<std::pair<std::string, std::string>, Port> ports{};  // (node, port)
  std::map<std::string, Ipspace, std::less<>> ipspaces{};
  std::map<std::pair<std::string, std::string>, BroadcastDomain> broadcast_domains{};  // (ipspace, name)
  std::map<std::pair<std::string, std::string>, Subnet> subnets{};                     // (ipspace, name)
  std::map<AccountKey, Account> accounts{};
  std::map<std::pair<std::string, std::string>, User> users{};  // (svm, user)
  std::map<RoleKey, RoleRule> roles{};
  std::map<std::string, License, std::less<>> licenses{};
  std::map<std::string, Schedule, std::less<>> schedules{};
  std::map<std::pair<std::string, std::string>, QosPolicy> qos_policies{};  // (svm, name)
  std::map<std::pair<std::string, std::string>, AdaptiveQosPolicy> adaptive_qos_policies{};
  std::map<Endpoint, SnapMirror> snapmirrors{};  // by destination
  std::map<std::pair<std::string, std::string>, SnapMirrorPolicy> snapmirror_policies{};
  std::vector<SvmPeer> svm_peers{};
  std::map<std::string, ClusterPeer, std::less<>> cluster_peers{};
  std::map<std::string, std::string> options{};       // cluster-wide switches by name
  std::map<std::string, Certificate> certificates{};  // by serial number
  std::map<std::uint64_t, ConsistencyGroup> consistency_groups{};
  std::map<std::uint64_t, Job> jobs{};
  std::vector<EmsEvent> events{};
  std::map<std::string, std::map<std::string, Record, std::less<>>, std::less<>> records{};  // as in Svm

  // Derived.
  std::map<std::string, LifRef, std::less<>> lif_by_address{};
  std::map<std::pair<TimePoint, std::uint64_t>, std::uint64_t> due_jobs{};  // (due, id) -> id

  /// What changed since a store last looked and cleared it.
  std::set<ObjectRef> changes{};

  TimePoint now() const { return clock->now(); }
  const Release& release() const { return release_for(ontapi_minor); }
  Svm* find_svm(std::string_view svm);
  const Svm* find_svm(std::string_view svm) const;
  Svm& admin_svm();
  const Svm& admin_svm() const;
  Aggregate* find_aggregate(std::string_view aggregate);
  const Aggregate* find_aggregate(std::string_view aggregate) const;
  /// Of the SVM, or of the cluster for all its SVMs.
  bool has_snapshot_policy(const Svm& svm, const std::string& policy) const;
  bool licensed(std::string_view package) const { return licenses.find(package) != licenses.end(); }

  void touch() { changes.insert({ObjectKind::cluster, "", ""}); }
  void touch(const Svm& svm) { changes.insert({ObjectKind::svm, svm.name, ""}); }
  void touch(const Svm& svm, const Volume& volume) { changes.insert({ObjectKind::volume, svm.name, volume.name}); }
  void touch(const Svm& svm, const Lun& lun) { changes.insert({ObjectKind::lun, svm.name, lun.path}); }
  void touch(const Svm& svm, const Igroup& igroup) { changes.insert({ObjectKind::igroup, svm.name, igroup.name}); }
  void touch(const Aggregate& aggregate) { changes.insert({ObjectKind::aggregate, "", aggregate.name}); }
  void touch(const Job& job) { changes.insert({ObjectKind::job, "", std::to_string(job.id)}); }
};

struct NodeSpec {
  std::string name{};
  std::string serial{};
  std::string model = "SIMBOX";
  std::vector<std::string> ports{"e0a", "e0b", "e0c", "e0d", "e0e", "e0f"};
  std::vector<std::string> cluster_ports{"e0a", "e0b"};  // in ipspace Cluster
  std::string management_address{};                      // "" = made up
};
struct AggregateSpec {
  std::string name{};
  std::string node{};
  std::string type = "hdd";
  Bytes size = 10 * kTiB;
};
struct ClusterSpec {
  std::string name = "cluster1";
  int ontapi_minor = 110;
  std::string management_address = "127.0.0.1";
  std::vector<NodeSpec> nodes{{.name = "cluster1-01"}, {.name = "cluster1-02"}};
  std::vector<AggregateSpec> aggregates{};
  std::string admin_user = "admin";
  std::string admin_password = "netapp123";
};

/// A fresh cluster: admin and node SVMs with vol0, root and data aggregates, ports, ipspaces, licences, roles,
/// schedules and the administrator. Errors: a node or aggregate named twice, an aggregate on an unknown node.
Result<void> build(Cluster& cluster, const ClusterSpec& spec);

/// Ends every job and transfer whose time has come, in order of due time; forgets jobs older than the retention.
void settle(Cluster& cluster);

/// Recomputes everything derived (junctions, addresses, aggregate totals, due jobs) from the rest; for stores after
/// loading.
void rebuild_derived(Cluster& cluster);

/// Sentences about what does not add up; empty when all is well. For tests: costs a walk over everything.
std::vector<std::string> check_invariants(const Cluster& cluster);

}  // namespace ontap_sim::model
