#pragma once

#include "ontap-sim/model/cluster.h"

/// NFS service and export policies. Errors: 13130 duplicate, 15661 missing, 13001 in use. Source: section 7.10.
namespace ontap_sim::model {

/// `settings` by the names of nfs-info; repeating is an error 13130 unless `enable_only`.
Result<void> create_nfs(Cluster& cluster, Svm& svm, const std::map<std::string, std::string>& settings,
                        bool enable_only);
Result<void> modify_nfs(Cluster& cluster, Svm& svm, const std::map<std::string, std::string>& settings);
Result<void> destroy_nfs(Cluster& cluster, Svm& svm);
/// The defaults of a new service, by the names of nfs-info.
const std::map<std::string, std::string, std::less<>>& nfs_defaults();

Result<ExportPolicy*> create_export_policy(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> destroy_export_policy(Cluster& cluster, Svm& svm, const std::string& name);
Result<void> rename_export_policy(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name);
/// Inserts at `index` (later rules move up) or after the last one. Empty lists take the defaults.
Result<int> create_export_rule(Cluster& cluster, Svm& svm, const std::string& policy, std::optional<int> index,
                               ExportRule rule);
struct ExportRuleChange {
  std::optional<std::string> client_match{}, anonymous_user{}, chown_mode{}, ntfs_unix_security{};
  std::optional<std::vector<std::string>> protocols{}, ro{}, rw{}, superuser{};
  std::optional<bool> allow_suid{}, allow_dev{};
};
Result<void> modify_export_rule(Cluster& cluster, Svm& svm, const std::string& policy, int index,
                                const ExportRuleChange& change);
Result<void> destroy_export_rule(Cluster& cluster, Svm& svm, const std::string& policy, int index);

/// What a client at `address` may do over NFS below a junction path: both the root volume's and the volume's policy
/// count.
enum class NfsAccess { none, read_only, read_write };
struct ExportedPath {
  NfsAccess access = NfsAccess::none;
  std::string volume{};
  std::string qtree{};  // "" = the volume itself
  bool root_squashed = false;
};
Result<ExportedPath> nfs_access(const Svm& svm, const std::string& path, const std::string& client_address);

}  // namespace ontap_sim::model
