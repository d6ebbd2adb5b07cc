#pragma once

#include "ontap-sim/model/cluster.h"

/// Accounts and roles. `svm` is the admin SVM's name for cluster accounts. Errors: 16034 user, 16043 application, 16031
/// role, 13214 password rules, 13114 nothing to lock or unlock, 13130 duplicate. Source: section 7.15.
namespace ontap_sim::model {

Result<void> create_account(Cluster& cluster, const AccountKey& key, const std::string& role,
                            const std::string& password);
Result<void> delete_account(Cluster& cluster, const AccountKey& key);
Result<void> modify_account_role(Cluster& cluster, const AccountKey& key, const std::string& role);
/// At least 8 characters, a letter and a digit, not the user's name, none of the last six.
Result<void> set_password(Cluster& cluster, const std::string& svm, const std::string& user,
                          const std::string& password);
Result<void> lock_user(Cluster& cluster, const std::string& svm, const std::string& user);
Result<void> unlock_user(Cluster& cluster, const std::string& svm, const std::string& user);
/// The role of a user that may log in with this password, or nothing.
std::optional<std::string> check_login(const Cluster& cluster, const std::string& svm, const std::string& user,
                                       const std::string& password, const std::string& application);
/// The role of a user that is vouched for by other means (certificate, public key), or nothing.
std::optional<std::string> role_of(const Cluster& cluster, const std::string& svm, const std::string& user,
                                   const std::string& application);
/// At `index`, or after the last one. Errors: 16034 user, 13130 index taken, 13115 no key ("TYPE BASE64 [COMMENT]").
Result<void> add_public_key(Cluster& cluster, const std::string& svm, const std::string& user,
                            std::optional<std::uint64_t> index, const std::string& key);
/// Errors: 15661.
Result<void> delete_public_key(Cluster& cluster, const std::string& svm, const std::string& user, std::uint64_t index);
bool role_exists(const Cluster& cluster, const std::string& svm, const std::string& role);

void add_event(Cluster& cluster, EmsEvent event);

}  // namespace ontap_sim::model
