#pragma once

#include <string>

#include "provisioner/base/result.h"

/// Why an operation of the model was refused: ONTAP's own error number and a sentence.
/// ZAPI sends both; the command line prints the sentence. Source of the numbers: NetApp's SDK error list.
namespace ontap_sim::model {

enum class Errno : int {
  enoent = 2,
  eacces = 13,
  ebusy = 16,
  eexist = 17,
  einval = 22,
  enospc = 28,
  enospc_aggregate = 159,
  volume_op_not_supported = 160,
  no_such_igroup = 9003,
  igroup_exists = 9004,
  bad_wwn = 9005,
  bad_iqn = 9006,
  initiator_not_in_igroup = 9007,
  initiator_in_igroup = 9008,
  lun_mapping_conflict = 9009,
  igroup_wrong_type = 9010,
  no_such_lun_attribute = 9011,
  lun_exists = 9012,
  lun_exported = 9013,
  lun_not_online = 9014,
  lun_not_offline = 9015,
  no_such_lun_map = 9016,
  no_such_lun = 9017,
  no_such_directory = 9020,
  lun_already_mapped = 9023,
  lun_id_taken = 9024,
  igroup_maps_exist = 9029,
  lun_too_large = 9034,
  lun_resize_too_large = 9035,
  no_such_lun_volume = 9036,
  initiator_has_lun = 9039,
  lun_too_small = 9041,
  lun_size_unchanged = 9042,
  too_many_luns = 9158,
  api_error = 13001,
  api_privilege = 13003,
  api_not_found = 13005,
  api_missing_argument = 13006,
  api_not_implemented = 13007,
  api_license = 13008,
  api_unsupported_version = 13010,
  already_started = 13013,
  snapshot_exists = 13020,
  snapshot_does_not_exist = 13021,
  snapshot_too_many = 13022,
  snapshot_not_allowed = 13023,
  snapshot_busy = 13024,
  snapshot_no_space = 13025,
  volume_does_not_exist = 13040,
  volume_offline = 13042,
  volume_online = 13060,
  ipspace_not_found = 13073,
  qtree_exists = 13080,
  iscsi_initiator_not_found = 13112,
  internal_error = 13114,
  invalid_input = 13115,
  duplicate_entry = 13130,
  volume_not_online = 13157,
  volume_busy = 13158,
  volume_not_clone = 13170,
  volume_op_not_underway = 13171,
  invalid_password = 13214,
  move_cannot_move_to_cfo = 13633,
  junction_exists = 14004,
  junction_does_not_exist = 14005,
  aggregate_does_not_exist = 14420,
  aggregate_not_online = 14421,
  ipspace_does_not_exist = 14636,
  volume_already_mounted = 14713,
  junction_create_failed = 14715,
  volume_not_mounted = 14716,
  svm_op_not_allowed = 14719,
  svm_name_exists = 14922,
  svm_already_started = 14923,
  svm_not_running = 14924,
  clone_not_licensed = 14956,
  quotas_no_valid_rules = 14958,
  quota_policy_not_found = 14959,
  entry_does_not_exist = 15661,
  qtree_does_not_exist = 15669,
  qtree_has_shares = 15670,
  qtree_has_files = 15671,
  quotas_on = 15672,
  quotas_off = 15673,
  quotas_operation_mismatch = 15680,
  svm_not_found = 15698,
  clone_parent = 15894,
  aggregate_not_in_svm_list = 16025,
  role_not_found = 16031,
  user_not_found = 16034,
  command_directory_not_found = 16039,
  application_not_found = 16043,
  clone_parent_not_online = 17003,
  snapmirror_source_different = 17105,
  snapmirror_not_dp = 17114,
  snapmirror_exists = 17122,
  snapmirror_not_quiesced = 17127,
  snapmirror_no_transfer = 17130,
  snapmirror_other_operation = 17131,
  snapmirror_transferring = 17137,
  clone_being_split = 17151,
  fpolicy_policy_not_found = 18251,
  fpolicy_event_not_found = 18253,
  fpolicy_scope_not_found = 18259,
  port_in_broadcast_domain = 18605,
  svm_dr_state = 18815,
  snapmirror_no_source_info = 19068,
  sis_already = 40043,
  ontapi_suspended = 61253,
};

struct ModelError {
  Errno code = Errno::api_error;
  std::string reason;
};

template <class T>
using Result = base::Result<T, ModelError>;

/// The generic refusal of the management layer, errno 13001; clients match its text.
inline ModelError refused(std::string reason) { return {Errno::api_error, std::move(reason)}; }
inline ModelError missing_entry() { return {Errno::entry_does_not_exist, "entry doesn't exist"}; }
inline ModelError duplicate_entry() { return {Errno::duplicate_entry, "duplicate entry"}; }
/// errno 13115 in the fixed wording of ONTAP.
inline ModelError invalid_value(const std::string& element, const std::string& parent, const std::string& value) {
  return {Errno::invalid_input,
          "Invalid value specified for \"" + element + "\" element within \"" + parent + "\": \"" + value + "\"."};
}

}  // namespace ontap_sim::model
