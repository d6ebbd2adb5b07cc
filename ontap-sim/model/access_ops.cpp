#include "ontap-sim/model/access_ops.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

constexpr std::array<std::string_view, 9> kApplications = {"console", "http", "ontapi", "rsh", "service-processor",
                                                           "snmp",    "ssh",  "telnet", "amqp"};
constexpr std::array<std::string_view, 4> kClusterRoles = {"admin", "backup", "none", "readonly"};
constexpr std::array<std::string_view, 6> kSvmRoles = {"vsadmin",          "vsadmin-backup",   "vsadmin-protocol",
                                                       "vsadmin-readonly", "vsadmin-snaplock", "vsadmin-volume"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool has_account(const Cluster& cluster, const std::string& svm, const std::string& user) {
  const auto at = cluster.accounts.lower_bound(AccountKey{svm, user, "", ""});
  return at != cluster.accounts.end() && at->first.svm == svm && at->first.user == user;
}

ModelError no_user(const std::string& user) { return {Errno::user_not_found, "User \"" + user + "\" does not exist."}; }

Result<void> check_password(const User& user, const std::string& name, const std::string& password) {
  const auto bad = [](std::string text) { return ModelError{Errno::invalid_password, std::move(text)}; };
  if (password.size() < 8) return bad("The new password must be at least 8 characters long.");
  const bool letter =
      std::any_of(password.begin(), password.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  const bool digit =
      std::any_of(password.begin(), password.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!letter || !digit) return bad("The new password must contain both letters and numbers.");
  if (password == name) return bad("The password cannot be the same as the username.");
  const bool repeated = password == user.password || std::find(user.old_passwords.begin(), user.old_passwords.end(),
                                                               password) != user.old_passwords.end();
  if (repeated) return bad("New password must be different from last 6 passwords.");
  return {};
}

}  // namespace

bool role_exists(const Cluster& cluster, const std::string& svm, const std::string& role) {
  if (svm == cluster.name ? contains(kClusterRoles, role) : contains(kSvmRoles, role)) return true;
  const auto at = cluster.roles.lower_bound(RoleKey{svm, role, ""});
  return at != cluster.roles.end() && at->first.svm == svm && at->first.role == role;
}

Result<void> create_account(Cluster& cluster, const AccountKey& key, const std::string& role,
                            const std::string& password) {
  if (cluster.find_svm(key.svm) == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  if (key.user.empty()) return refused("A user name must be given.");
  if (!contains(kApplications, key.application)) {
    return ModelError{Errno::application_not_found, "Application \"" + key.application + "\" does not exist."};
  }
  if (!role_exists(cluster, key.svm, role))
    return ModelError{Errno::role_not_found, "Role \"" + role + "\" does not exist."};
  if (cluster.accounts.contains(key)) return duplicate_entry();
  const std::pair user_key{key.svm, key.user};
  const bool known = cluster.users.contains(user_key);
  if (!password.empty() && !known) {
    if (auto good = check_password(User{}, key.user, password); !good) return good;
  }
  User& user = cluster.users[user_key];
  if (!password.empty()) user.password = password;
  cluster.accounts.emplace(key, Account{role, ""});
  cluster.touch();
  return {};
}

Result<void> delete_account(Cluster& cluster, const AccountKey& key) {
  const auto at = cluster.accounts.find(key);
  if (at == cluster.accounts.end())
    return has_account(cluster, key.svm, key.user) ? missing_entry() : no_user(key.user);
  cluster.accounts.erase(at);
  if (!has_account(cluster, key.svm, key.user)) cluster.users.erase({key.svm, key.user});
  cluster.touch();
  return {};
}

Result<void> modify_account_role(Cluster& cluster, const AccountKey& key, const std::string& role) {
  const auto at = cluster.accounts.find(key);
  if (at == cluster.accounts.end())
    return has_account(cluster, key.svm, key.user) ? missing_entry() : no_user(key.user);
  if (!role_exists(cluster, key.svm, role))
    return ModelError{Errno::role_not_found, "Role \"" + role + "\" does not exist."};
  at->second.role = role;
  cluster.touch();
  return {};
}

Result<void> set_password(Cluster& cluster, const std::string& svm, const std::string& name,
                          const std::string& password) {
  const auto at = cluster.users.find({svm, name});
  if (at == cluster.users.end()) return no_user(name);
  User& user = at->second;
  if (auto good = check_password(user, name, password); !good) return good;
  if (!user.password.empty()) user.old_passwords.insert(user.old_passwords.begin(), user.password);
  if (user.old_passwords.size() > 5) user.old_passwords.resize(5);
  user.password = password;
  cluster.touch();
  return {};
}

Result<void> lock_user(Cluster& cluster, const std::string& svm, const std::string& name) {
  const auto at = cluster.users.find({svm, name});
  if (at == cluster.users.end()) return no_user(name);
  if (at->second.locked) return ModelError{Errno::internal_error, "Account \"" + name + "\" is already locked."};
  at->second.locked = true;
  cluster.touch();
  return {};
}

Result<void> unlock_user(Cluster& cluster, const std::string& svm, const std::string& name) {
  const auto at = cluster.users.find({svm, name});
  if (at == cluster.users.end()) return no_user(name);
  if (!at->second.locked) return ModelError{Errno::internal_error, "Account \"" + name + "\" is already unlocked."};
  if (at->second.password.empty())
    return ModelError{Errno::internal_error, "Account \"" + name + "\" has no password; set one first."};
  at->second.locked = false;
  cluster.touch();
  return {};
}

Result<void> add_public_key(Cluster& cluster, const std::string& svm, const std::string& name,
                            std::optional<std::uint64_t> index, const std::string& key) {
  const auto at = cluster.users.find({svm, name});
  if (at == cluster.users.end()) return no_user(name);
  std::vector<std::string>& keys = at->second.public_keys;
  const auto words = base::split(base::trim(key), ' ');
  if (words.size() < 2 || words[0].empty() || words[1].empty())
    return invalid_value("publickey", "security-login-publickey-create", key);
  if (index && *index < keys.size()) return duplicate_entry();
  if (index && *index > 99) return invalid_value("index", "security-login-publickey-create", std::to_string(*index));
  keys.push_back(std::string(base::trim(key)));
  cluster.touch();
  return {};
}

Result<void> delete_public_key(Cluster& cluster, const std::string& svm, const std::string& name, std::uint64_t index) {
  const auto at = cluster.users.find({svm, name});
  if (at == cluster.users.end() || index >= at->second.public_keys.size()) return missing_entry();
  at->second.public_keys.erase(at->second.public_keys.begin() + static_cast<std::ptrdiff_t>(index));
  cluster.touch();
  return {};
}

std::optional<std::string> role_of(const Cluster& cluster, const std::string& svm, const std::string& user,
                                   const std::string& application) {
  const auto at = cluster.users.find({svm, user});
  if (at == cluster.users.end() || at->second.locked) return std::nullopt;
  for (auto row = cluster.accounts.lower_bound(AccountKey{svm, user, application, ""});
       row != cluster.accounts.end() && row->first.svm == svm && row->first.user == user &&
       row->first.application == application;
       ++row) {
    return row->second.role;
  }
  return std::nullopt;
}

std::optional<std::string> check_login(const Cluster& cluster, const std::string& svm, const std::string& user,
                                       const std::string& password, const std::string& application) {
  const auto at = cluster.users.find({svm, user});
  if (at == cluster.users.end() || at->second.locked || at->second.password.empty() || at->second.password != password)
    return std::nullopt;
  const auto row = cluster.accounts.find(AccountKey{svm, user, application, "password"});
  if (row == cluster.accounts.end()) return std::nullopt;
  return row->second.role;
}

void add_event(Cluster& cluster, EmsEvent event) {
  constexpr std::size_t events_max = 10000;
  event.time = cluster.now();
  if (cluster.events.size() >= events_max)
    cluster.events.erase(cluster.events.begin(), cluster.events.begin() + events_max / 10);
  cluster.events.push_back(std::move(event));
  cluster.touch();
}

}  // namespace ontap_sim::model
