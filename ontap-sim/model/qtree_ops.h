#pragma once

#include "ontap-sim/model/cluster.h"

/// Qtrees and quotas of one volume. Errors: 13080 exists, 15669 missing, 15671 not empty, 14958 no rules, 15672 on,
/// 15673 off. Source: section 7.6 of the array's specification.
namespace ontap_sim::model {

struct NewQtree {
  std::string volume{};
  std::string name{};
  std::optional<std::uint16_t> mode{};
  std::optional<SecurityStyle> security_style{};
  std::string export_policy{};
  std::string qos_policy{};
  std::optional<bool> oplocks{};
};
Result<Qtree*> create_qtree(Cluster& cluster, Svm& svm, const NewQtree& spec);
Result<void> modify_qtree(Cluster& cluster, Svm& svm, const NewQtree& change);
/// Also removes the quota rules that name the qtree.
Result<void> delete_qtree(Cluster& cluster, Svm& svm, const std::string& volume, const std::string& name, bool force);
Result<void> rename_qtree(Cluster& cluster, Svm& svm, const std::string& volume, const std::string& name,
                          const std::string& new_name);
/// "/vol/v/q" -> {"v", "q"}; nothing otherwise.
std::optional<std::pair<std::string, std::string>> parse_qtree_path(std::string_view path);

/// A quota target as clients write it ("", "*", "/vol/v/q", "joe") as the key stores it.
Result<QuotaKey> quota_key(const Svm& svm, const std::string& volume, const std::string& policy,
                           const std::string& type, const std::string& target, const std::string& qtree);
/// The other way round: "*" or "/vol/v/q" or the user.
std::string quota_target_text(const std::string& volume, const QuotaKey& key);
Result<void> set_quota_rule(Cluster& cluster, Svm& svm, const std::string& volume, const QuotaKey& key,
                            const QuotaRule& rule);
Result<void> delete_quota_rule(Cluster& cluster, Svm& svm, const std::string& volume, const QuotaKey& key);
/// "-" or a decimal number of KiB (files for file limits); -1 stands for "-". Nothing when malformed.
std::optional<std::int64_t> parse_limit(std::string_view text);

/// Each returns the id of its job; the new state is there when the job has ended.
Result<std::uint64_t> quota_on(Cluster& cluster, Svm& svm, const std::string& volume);
Result<std::uint64_t> quota_off(Cluster& cluster, Svm& svm, const std::string& volume);
Result<std::uint64_t> quota_resize(Cluster& cluster, Svm& svm, const std::string& volume);
/// The tree limit in force for a qtree, in bytes; nothing when there is none.
std::optional<Bytes> tree_limit(const Volume& volume, std::string_view qtree);

/// One line of the quota report of a volume whose quotas are not off.
struct QuotaUse {
  QuotaType type = QuotaType::tree;
  std::string tree{};    // "" = the volume's root
  std::string target{};  // "*" = the default rule itself, else the qtree, user or group
  std::string id{};      // "*", the qtree's number, or 0 of root; the name of a user whose number nobody knows
  QuotaRule limits{};    // in force
  bool derived = false;  // from the default rule
  Bytes used = 0;
  std::int64_t files_used = 0;
};
/// By tree, type and target. The data path writes as root, so all that is in a volume belongs to user and group root;
/// a default rule tracks root without limiting it.
std::vector<QuotaUse> quota_report(const Svm& svm, const Volume& volume);

}  // namespace ontap_sim::model
