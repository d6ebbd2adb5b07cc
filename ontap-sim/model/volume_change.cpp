// Changing attributes and options of volumes.
#include <algorithm>

#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

std::string on_off(bool value) { return value ? "on" : "off"; }

Result<void> check_space_change(const Cluster& cluster, const Volume& volume, const VolumeChange& change) {
  if (change.snapshot_reserve && (*change.snapshot_reserve < 0 || *change.snapshot_reserve > 90)) {
    return invalid_value("percentage-snapshot-reserve", "volume-space-attributes",
                         std::to_string(*change.snapshot_reserve));
  }
  if (change.fractional_reserve && *change.fractional_reserve != 0 && *change.fractional_reserve != 100) {
    return invalid_value("percentage-fractional-reserve", "volume-space-attributes",
                         std::to_string(*change.fractional_reserve));
  }
  if (change.guarantee == Guarantee::volume && volume.guarantee != Guarantee::volume) {
    return require_aggregate_space(cluster, volume.aggregate, volume.name, volume.size - volume.charged);
  }
  if (change.files_total) {
    const std::int64_t allocated = std::max<std::int64_t>(volume.files_used, 566);
    if (*change.files_total < allocated) {
      return ModelError{Errno::volume_op_not_supported,
                        "Unable to set volume attribute \"files-total\" for volume \"" + volume.name +
                            "\" on Vserver. Reason: the number of inodes cannot be less than the allocated count " +
                            std::to_string(allocated) + "."};
    }
    if (*change.files_total > volume.size / kBlock) {
      return refused("Unable to set volume attribute \"files-total\" for volume \"" + volume.name +
                     "\": the volume is too small for so many files.");
    }
  }
  return {};
}

Result<void> check_names(const Cluster& cluster, const Svm& svm, const Volume& volume, const VolumeChange& change) {
  if (change.export_policy && !svm.export_policies.contains(*change.export_policy)) {
    return refused("Export policy \"" + *change.export_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  if (change.snapshot_policy && !cluster.has_snapshot_policy(svm, *change.snapshot_policy)) {
    return refused("Snapshot policy \"" + *change.snapshot_policy + "\" does not exist in Vserver \"" + svm.name +
                   "\".");
  }
  const auto real = [](const std::string& name) { return !name.empty() && name != "none"; };
  if (change.qos_policy && real(*change.qos_policy) && !cluster.qos_policies.contains({svm.name, *change.qos_policy})) {
    return refused("Policy group \"" + *change.qos_policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  if (change.adaptive_qos_policy && real(*change.adaptive_qos_policy) &&
      !cluster.adaptive_qos_policies.contains({svm.name, *change.adaptive_qos_policy})) {
    return refused("Adaptive policy group \"" + *change.adaptive_qos_policy + "\" does not exist in Vserver \"" +
                   svm.name + "\".");
  }
  if (change.language && !is_language(*change.language))
    return invalid_value("language", "volume-language-attributes", *change.language);
  if (change.comment && change.comment->size() > 1023)
    return invalid_value("comment", "volume-id-attributes", *change.comment);
  if (change.security_style && volume.type == VolumeType::dp)
    return refused("The security style of a volume of type DP cannot be changed.");
  if (change.tiering_policy && std::find(std::begin(kTieringPolicies), std::end(kTieringPolicies),
                                         *change.tiering_policy) == std::end(kTieringPolicies)) {
    return invalid_value("tiering-policy", "volume-comp-aggr-attributes", *change.tiering_policy);
  }
  if (change.autosize_mode && *change.autosize_mode != "off" && *change.autosize_mode != "grow" &&
      *change.autosize_mode != "grow_shrink") {
    return invalid_value("mode", "volume-autosize-attributes", *change.autosize_mode);
  }
  return {};
}

void change_autosize(Volume& volume, const VolumeChange& change) {
  const bool any = change.autosize_mode || change.autosize_maximum || change.autosize_minimum || change.autosize_grow ||
                   change.autosize_shrink || change.autosize_reset;
  if (!any) return;
  Autosize& autosize = volume.edit_extras().autosize;
  if (autosize.maximum == 0 || change.autosize_reset) {
    autosize = Autosize{};
    autosize.maximum = round_up(volume.size * 12 / 10);
    autosize.minimum = volume.size;
  }
  if (change.autosize_mode) autosize.mode = *change.autosize_mode;
  if (change.autosize_maximum) autosize.maximum = *change.autosize_maximum;
  if (change.autosize_minimum) autosize.minimum = *change.autosize_minimum;
  if (change.autosize_grow) autosize.grow_threshold = *change.autosize_grow;
  if (change.autosize_shrink) autosize.shrink_threshold = *change.autosize_shrink;
}

}  // namespace

Result<void> modify_volume(Cluster& cluster, Svm& svm, const std::string& name, const VolumeChange& change) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (auto good = check_space_change(cluster, volume, change); !good) return good;
  if (auto good = check_names(cluster, svm, volume, change); !good) return good;
  if (change.size && *change.size != volume.size) {  // the last thing that can fail
    if (auto resized = resize_volume(cluster, svm, name, *change.size); !resized) return resized;
  }
  if (change.guarantee) {
    volume.guarantee = *change.guarantee;
    volume.guarantee_enabled = volume.state != VolumeState::offline;
  }
  if (change.snapshot_reserve) volume.snapshot_reserve_percent = static_cast<std::uint8_t>(*change.snapshot_reserve);
  if (change.fractional_reserve)
    volume.fractional_reserve_percent = static_cast<std::uint8_t>(*change.fractional_reserve);
  if (change.size_fixed) volume.edit_extras().size_fixed = *change.size_fixed;
  if (change.snapdir_access) volume.snapdir_access = *change.snapdir_access;
  if (change.snapshot_policy) volume.snapshot_policy = *change.snapshot_policy;
  if (change.export_policy) volume.export_policy = *change.export_policy;
  if (change.comment) volume.comment = *change.comment;
  if (change.language) volume.language = language_index(*change.language).value_or(volume.language);
  if (change.qos_policy) {
    volume.qos_policy = *change.qos_policy == "none" ? "" : *change.qos_policy;
    if (volume.extras && !volume.qos_policy.empty()) volume.extras->adaptive_qos_policy.clear();
  }
  if (change.adaptive_qos_policy) {
    volume.edit_extras().adaptive_qos_policy = *change.adaptive_qos_policy == "none" ? "" : *change.adaptive_qos_policy;
    if (!volume.extras->adaptive_qos_policy.empty()) volume.qos_policy.clear();
  }
  if (change.tiering_policy) {
    const auto at = std::find(std::begin(kTieringPolicies), std::end(kTieringPolicies), *change.tiering_policy);
    volume.tiering_policy = static_cast<std::uint8_t>(at - std::begin(kTieringPolicies));
  }
  if (change.antivirus_policy) volume.edit_extras().antivirus_policy = *change.antivirus_policy;
  if (change.caching_policy) volume.edit_extras().caching_policy = *change.caching_policy;
  if (change.security_style) volume.security_style = *change.security_style;
  if (change.mode) volume.mode = *change.mode;
  if (change.user_id) volume.user_id = *change.user_id;
  if (change.group_id) volume.group_id = *change.group_id;
  if (change.files_total) volume.files_total = *change.files_total;
  if (change.autodelete) volume.edit_extras().autodelete = *change.autodelete;
  change_autosize(volume, change);
  recharge(cluster, svm, volume);
  return {};
}

std::vector<std::pair<std::string, std::string>> volume_options(const Volume& volume) {
  const bool fixed = volume.extras && volume.extras->size_fixed;
  std::string guarantee(to_string(volume.guarantee));
  if (volume.guarantee != Guarantee::none && !volume.guarantee_enabled) guarantee += "(disabled)";
  std::vector<std::pair<std::string, std::string>> options = {
      {"nosnap", on_off(volume.snapshot_policy == "none")},
      {"nosnapdir", on_off(!volume.snapdir_access)},
      {"minra", "off"},
      {"no_atime_update", "off"},
      {"nvfail", on_off(volume.extras && volume.extras->nvfail)},
      {"ignore_inconsistent", "off"},
      {"snapmirrored", on_off(volume.type == VolumeType::dp)},
      {"create_ucode", "on"},
      {"convert_ucode", "on"},
      {"maxdirsize", "73400"},
      {"schedsnapname", "ordinal"},
      {"fs_size_fixed", on_off(fixed)},
      {"guarantee", guarantee},
      {"svo_enable", "off"},
      {"svo_checksum", "off"},
      {"svo_allow_rman", "off"},
      {"svo_reject_errors", "off"},
      {"no_i2p", "off"},
      {"fractional_reserve", std::to_string(volume.fractional_reserve_percent)},
      {"extent", "off"},
      {"try_first", "volume_grow"},
      {"read_realloc", "off"},
      {"snapshot_clone_dependency", "off"},
  };
  if (volume.extras) {
    for (auto& [name, value] : options) {
      if (const auto at = volume.extras->options.find(name); at != volume.extras->options.end()) value = at->second;
    }
  }
  return options;
}

Result<void> set_volume_option(Cluster& cluster, Svm& svm, const std::string& name, const std::string& option,
                               const std::string& value) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  const auto known = volume_options(volume);
  if (std::none_of(known.begin(), known.end(), [&](const auto& row) { return row.first == option; })) {
    return ModelError{Errno::enoent, "No such option \"" + option + "\"."};
  }
  const bool is_switch = value == "on" || value == "off";
  VolumeChange change;
  if (option == "nosnapdir") {
    if (!is_switch) return invalid_value("option-value", "volume-set-option", value);
    change.snapdir_access = value == "off";
  } else if (option == "fs_size_fixed") {
    if (!is_switch) return invalid_value("option-value", "volume-set-option", value);
    change.size_fixed = value == "on";
  } else if (option == "guarantee") {
    change.guarantee = parse_guarantee(value);
    if (!change.guarantee) return invalid_value("option-value", "volume-set-option", value);
  } else if (option == "fractional_reserve") {
    const auto number = base::parse_unsigned(value);
    if (!number) return invalid_value("option-value", "volume-set-option", value);
    change.fractional_reserve = static_cast<int>(*number);
  } else if (option == "nvfail") {
    if (!is_switch) return invalid_value("option-value", "volume-set-option", value);
    volume.edit_extras().nvfail = value == "on";
  } else {
    volume.edit_extras().options[option] = value;
  }
  return modify_volume(cluster, svm, name, change);
}

}  // namespace ontap_sim::model
