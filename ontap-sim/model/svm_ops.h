#pragma once

#include "ontap-sim/model/cluster.h"

/// Life of SVMs: create, change, stop and start, rename, destroy. Errors carry the numbers that ZAPI clients act on:
/// 14922 name taken, 14420 unknown aggregate, 14636 unknown ipspace, 15698 unknown SVM, 14923 running, 14924 stopped.
namespace ontap_sim::model {

struct NewSvm {
  std::string name{};
  std::string root_volume{};
  std::string root_aggregate{};
  std::string root_security_style = "unix";
  std::string ipspace = "Default";
  std::string language = "c.utf_8";
  std::string subtype = "default";
  std::string snapshot_policy = "default";
  std::string quota_policy = "default";
  std::string comment{};
  std::vector<std::string> name_services{"file"};
  std::vector<std::string> name_mapping{"file"};
};
/// Makes the SVM, its root volume (1 GiB at "/"), default policies, certificate, and the locked user vsadmin.
Result<Svm*> create_svm(Cluster& cluster, const NewSvm& spec);

struct SvmChange {
  std::optional<std::vector<std::string>> aggregates{};  // {"*"} = all data aggregates
  std::optional<std::vector<std::string>> allowed_protocols{};
  std::optional<std::vector<std::string>> disallowed_protocols{};
  std::optional<std::vector<std::string>> name_services{};
  std::optional<std::vector<std::string>> name_mapping{};
  std::optional<std::string> language{}, comment{}, snapshot_policy{}, quota_policy{}, max_volumes{}, qos_policy{},
      state{}, antivirus_policy{};
  std::optional<int> retention_hours{};
  std::optional<bool> logical_space_reporting{}, logical_space_enforcement{};
};
Result<void> modify_svm(Cluster& cluster, const std::string& name, const SvmChange& change);
Result<void> start_svm(Cluster& cluster, const std::string& name);
Result<void> stop_svm(Cluster& cluster, const std::string& name);
Result<void> rename_svm(Cluster& cluster, const std::string& name, const std::string& new_name);
/// Only the root volume may be left: Ansible leaves it there, and it goes too; Manila has destroyed it before.
Result<void> destroy_svm(Cluster& cluster, const std::string& name);

/// The SVM, or 15698.
Result<Svm*> require_svm(Cluster& cluster, std::string_view name);
/// 14924 unless the SVM is running.
Result<void> require_running(const Svm& svm);

/// Every protocol ONTAP can allow, in its order.
inline constexpr std::string_view kSvmProtocols[] = {"nfs", "cifs", "fcp", "iscsi", "ndmp"};

}  // namespace ontap_sim::model
