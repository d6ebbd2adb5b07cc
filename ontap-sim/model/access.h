#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "ontap-sim/model/types.h"

/// Accounts, roles and the event log. Source: security-login-* record types of ONTAP.
namespace ontap_sim::model {

/// One row of `security login`: user, application and method, in the admin SVM or a data SVM.
struct AccountKey {
  std::string svm{};
  std::string user{};
  std::string application{};  // console, http, ontapi, ssh, service-processor ...
  std::string method = "password";
  auto operator<=>(const AccountKey&) const = default;
};

struct Account {
  std::string role = "admin";
  std::string comment{};
};

/// What all applications of one user share.
struct User {
  std::string password{};  // "" = none set: nobody can log in
  std::vector<std::string> old_passwords{};
  std::vector<std::string> public_keys{};
  bool locked = false;
};

struct RoleKey {
  std::string svm{};
  std::string role{};
  std::string command_directory{};
  auto operator<=>(const RoleKey&) const = default;
};
struct RoleRule {
  std::string access = "all";  // none, readonly, all
  std::string query{};
};

struct EmsEvent {
  TimePoint time{};
  std::string node{};
  std::string severity{};
  std::string name{};
  std::string text{};
  std::string svm{};
};

}  // namespace ontap_sim::model
