#pragma once

#include <nlohmann/json.hpp>

#include "ontap-sim/model/cluster.h"

/// The model's structs as JSON, field by field under their own names, for state.cpp. A field that is absent keeps its
/// default, so that a database of an earlier program still opens. A new field of the model must be listed here:
/// state_test compares.
namespace nlohmann {
template <>
struct adl_serializer<base::TimePoint> {
  static void to_json(json& j, const base::TimePoint& time) { j = time.time_since_epoch().count(); }
  static void from_json(const json& j, base::TimePoint& time) {
    time = base::TimePoint(base::Duration(j.get<std::int64_t>()));
  }
};
template <>
struct adl_serializer<base::Duration> {
  static void to_json(json& j, const base::Duration& duration) { j = duration.count(); }
  static void from_json(const json& j, base::Duration& duration) { duration = base::Duration(j.get<std::int64_t>()); }
};
template <class T>
struct adl_serializer<ontap_sim::model::Box<T>> {
  static void to_json(json& j, const ontap_sim::model::Box<T>& box) {
    if (box) j = *box;
    else j = nullptr;
  }
  static void from_json(const json& j, ontap_sim::model::Box<T>& box) {
    if (j.is_null()) box.reset();
    else box = ontap_sim::model::Box<T>(j.get<T>());
  }
};
}  // namespace nlohmann

namespace ontap_sim::model {

inline void to_json(nlohmann::json& j, const Uuid& uuid) { j = nlohmann::json::array({uuid.high, uuid.low}); }
inline void from_json(const nlohmann::json& j, Uuid& uuid) {
  uuid = {j.at(0).get<std::uint64_t>(), j.at(1).get<std::uint64_t>()};
}

#define FIELDS NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT
// access.h
FIELDS(AccountKey, svm, user, application, method)
FIELDS(Account, role, comment)
FIELDS(User, password, old_passwords, public_keys, locked)
FIELDS(RoleKey, svm, role, command_directory)
FIELDS(RoleRule, access, query)
FIELDS(EmsEvent, time, node, severity, name, text, svm)
// lun.h
FIELDS(LunContent, size, used, os_type, comment, reserved, space_allocation, attributes)
FIELDS(Lun, path, serial, uuid, created, content, qos_policy, lun_class, max_resize, online, clone, maps)
FIELDS(Igroup, name, protocol, os_type, portset, uuid, initiators, luns, alua)
FIELDS(Portset, name, protocol, lifs)
FIELDS(ChapEntry, auth_type, user, password, outbound_user, outbound_password, address_ranges)
FIELDS(IscsiService, node_name, alias, available, default_auth, auth)
FIELDS(FcpService, node_name, available)
// nas.h
FIELDS(ExportRule, client_match, protocols, ro, rw, superuser, anonymous_user, chown_mode, ntfs_unix_security,
       allow_suid, allow_dev)
FIELDS(ExportPolicy, name, id, rules)
FIELDS(NfsService, access, settings)
FIELDS(CifsServer, name, domain, workgroup, organizational_unit, default_site, up, security, preferred_dcs,
       discovery_mode)
FIELDS(CifsShare, name, path, comment, properties, symlink_properties, fields, acl)
FIELDS(Record, fields, lists)
// network.h
FIELDS(Port, node, name, type, ipspace, broadcast_domain, mac, speed, mtu, vlan_id, vlan_parent, administrative,
       group_mode, group_distribution, members, up, admin_up)
FIELDS(Ipspace, name, id, uuid)
FIELDS(BroadcastDomain, name, ipspace, mtu, ports)
FIELDS(IpRange, first, last)
FIELDS(Subnet, name, ipspace, broadcast_domain, network, prefix_length, gateway, ranges)
FIELDS(Lif, name, address, netmask_length, role, protocols, home_node, home_port, current_node, current_port,
       firewall_policy, failover_policy, failover_group, subnet, service_policy, dns_domain, comment, wwpn, uuid,
       tpgroup_tag, admin_up, auto_revert, listen_for_dns)
FIELDS(Route, destination, gateway, metric)
FIELDS(Dns, domains, servers, enabled, attempts, timeout)
// protection.h
FIELDS(Endpoint, svm, volume)
FIELDS(SnapMirror, source, destination, source_cluster, type, mirror_state, status, policy, schedule, tries,
       last_transfer_type, last_transfer_error, unhealthy_reason, newest_snapshot, id, max_transfer_rate,
       last_transfer_size, last_transfer_begin, last_transfer_end, newest_snapshot_time, due, pending,
       update_successful, resync_successful, break_successful, healthy, identity_preserve, source_known, update_failed,
       total_bytes, total_seconds)
FIELDS(SnapMirrorPolicy::Rule, label, keep, preserve, warn)
FIELDS(SnapMirrorPolicy, name, owner_svm, type, comment, tries, transfer_priority, restart, discard_configs, rules,
       ignore_atime, network_compression, create_snapshot)
FIELDS(SvmPeer, svm, peer_svm, peer_cluster, state, applications)
FIELDS(ClusterPeer, name, remote_name, serial, availability, addresses, uuid, timeout)
// volume.h
FIELDS(Qtree, name, export_policy, qos_policy, used, id, files_used, mode, security_style, oplocks)
FIELDS(QuotaKey, policy, type, target, qtree)
FIELDS(QuotaRule, disk_limit, soft_disk_limit, threshold, file_limit, soft_file_limit, user_mapping,
       enforced_disk_limit, enforced)
FIELDS(File, size, used, created, qos_policy, directory)
FIELDS(LunImage, path_in_volume, content)
FIELDS(VolumeImage, qtrees, luns, files)
FIELDS(Snapshot, name, comment, snapmirror_label, owners, instance_uuid, version_uuid, created, active, lun_reserve,
       volume_size, held, clones, image)
FIELDS(CloneOrigin, svm, volume, snapshot, parent_uuid, split_job, split_total)
FIELDS(Autosize, mode, maximum, minimum, grow_threshold, shrink_threshold)
FIELDS(Autodelete, enabled, commitment, trigger, delete_order, defer_delete, destroy_list, prefix, target_free_space)
FIELDS(Efficiency, enabled, compression, inline_compression, policy, schedule, last_begin, last_end)
FIELDS(Move, source_aggregate, destination_aggregate, cutover_action, phase, state, details, job, started, due, ended,
       bytes)
FIELDS(VolumeExtras, autosize, autodelete, efficiency_policy, antivirus_policy, caching_policy, snaplock_type,
       adaptive_qos_policy, snaplock_attributes, options, size_fixed, nvfail)
FIELDS(Volume, name, aggregate, junction_path, comment, export_policy, snapshot_policy, qos_policy, uuid, instance_uuid,
       dsid, msid, created, size, active, lun_reserve, snapshot_held, shared, charged, files_total, files_used, user_id,
       group_id, clone_children, lun_count, next_qtree_id, mode, snapshot_reserve_percent, fractional_reserve_percent,
       state, type, style, guarantee, security_style, quota_state, language, tiering_policy, guarantee_enabled,
       snapdir_access, encrypt, junction_active, node_root, svm_root, snapshots, qtrees, quota_rules, files,
       constituents, clone, efficiency, move, extras)
// cluster.h
FIELDS(Node, name, serial, system_id, model, location, owner, asset_tag, partner, uuid, booted, healthy, eligible,
       epsilon, taken_over, all_flash)
FIELDS(Aggregate, name, node, home_node, type, raid_type, state, uuid, size, disk_count, raid_size, root, snaplock_type,
       charged, written, volume_count)
FIELDS(SnapshotSchedule, schedule, count, prefix, label)
FIELDS(SnapshotPolicy, name, comment, enabled, schedules)
FIELDS(QosPolicy, name, svm, max_throughput, min_throughput, policy_class, shared, uuid, id)
FIELDS(AdaptiveQosPolicy, name, svm, expected_iops, peak_iops, absolute_min_iops, expected_allocation, peak_allocation,
       block_size, uuid, id)
FIELDS(Schedule, name, type, description)
FIELDS(License, package, owner, serial, description, type)
FIELDS(Certificate, svm, common_name, authority, serial, type, hash, size, start, end, expire_days, fields)
FIELDS(Job, id, uuid, kind, name, type, description, node, svm, volume, argument, user, state, progress, completion,
       status_code, queued, started, due, ended)
// Without volumes, LUNs and igroups, which are rows of their own; `junctions` is derived.
FIELDS(Svm, name, uuid, type, subtype, state, ipspace, language, root_volume, root_aggregate, comment, snapshot_policy,
       quota_policy, qos_policy, antivirus_policy, max_volumes, root_security_style, retention_hours, number,
       logical_space_reporting, logical_space_enforcement, aggregates, allowed_protocols, name_mapping, name_services,
       lifs, export_policies, snapshot_policies, quota_policies, portsets, routes, nfs, iscsi, fcp, cifs, cifs_shares,
       dns, records)
FIELDS(Counters, next_dsid, next_msid, next_job, next_lun_serial, next_export_policy, next_ipspace, next_svm, next_qos,
       next_tpgroup, next_cg)
FIELDS(Settings, luns_per_volume, qtrees_per_volume, volumes_per_node, job_time, job_retention, copy_bytes_per_second,
       volume_used_when_empty, strict_typedefs, strict_version, strict_lif_auth, realistic_tags, empty_availsize)
FIELDS(ConsistencyGroup, svm, snapshot, label, volumes, expires)
#undef FIELDS

// The cluster's own row: everything that is not an aggregate, an SVM, a job or the counters.
#define CLUSTER_FIELDS                                                                                                \
  name, contact, location, serial, uuid, rdb_uuid, ontapi_minor, settings, nodes, ports, ipspaces, broadcast_domains, \
      subnets, accounts, users, roles, licenses, schedules, qos_policies, adaptive_qos_policies, snapmirrors,         \
      snapmirror_policies, svm_peers, cluster_peers, options, certificates, consistency_groups, events, records
inline nlohmann::json cluster_row(const Cluster& nlohmann_json_t) {
  nlohmann::json nlohmann_json_j;
  NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(NLOHMANN_JSON_TO, CLUSTER_FIELDS))
  return nlohmann_json_j;
}
inline void read_cluster_row(const nlohmann::json& nlohmann_json_j, Cluster& nlohmann_json_t) {
  const Cluster& nlohmann_json_default_obj = nlohmann_json_t;
  NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(NLOHMANN_JSON_FROM_WITH_DEFAULT, CLUSTER_FIELDS))
}
#undef CLUSTER_FIELDS

}  // namespace ontap_sim::model
