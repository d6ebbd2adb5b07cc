// security login.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/access_ops.h"

namespace ontap_sim::cli {
namespace {

// Accounts of the cluster stand under the admin SVM, whose name is the cluster's.
std::string account_svm(const Call& call) {
  const std::string named = call.vserver();
  return named.empty() ? call.cluster.name : named;
}

std::string user_param(const Call& call) {
  for (const std::string_view name : {"user-or-group-name", "username"}) {
    if (call.has(name)) return call.text(name);
  }
  return call.user.name;
}

std::vector<Record> list_logins(Call& call) {
  std::vector<Record> records;
  for (const auto& [key, account] : call.cluster.accounts) {
    if (!may_see(call, key.svm)) continue;
    const auto user = call.cluster.users.find({key.svm, key.user});
    records.push_back({{"vserver", key.svm},
                       {"user-or-group-name", key.user},
                       {"application", key.application},
                       {"authentication-method", key.method},
                       {"role", account.role},
                       {"is-account-locked", user != call.cluster.users.end() && user->second.locked ? "yes" : "no"},
                       {"comment", account.comment}});
  }
  return records;
}
const View kLogins{
    .layouts = {{.flag = "",
                 .header = "User/Group                 Authentication                 Acct\n"
                           "Name           Application Method        Role Name        Locked\n"
                           "-------------- ----------- ------------- ---------------- ------",
                 .columns = {"user-or-group-name", "application", "authentication-method", "role", "is-account-locked"},
                 .align = "lllll",
                 .heading = "vserver"}},
    .fields = {{"vserver", "Vserver", true},
               {"user-or-group-name", "User Name or Group Name", true},
               {"application", "Application", true},
               {"authentication-method", "Authentication Method", true},
               {"role", "Role Name"},
               {"is-account-locked", "Account Locked"},
               {"comment", "Comment Text"}},
    .list = list_logins};

// Asks twice; nothing when both answers are there and equal.
std::optional<Reply> new_password(Call& call, std::string& password) {
  if (!call.answered(1)) return ask("\nEnter a new password: ", true);
  if (!call.answered(2)) return ask("Enter it again: ", true);
  if (call.answer(0) != call.answer(1)) return failed("Passwords do not match.");
  password = call.answer(0);
  return std::nullopt;
}

Reply login_password(Call& call) {
  const std::string svm = account_svm(call);
  const std::string user = user_param(call);
  if (!call.cluster.users.contains({svm, user})) return failed("entry doesn't exist");
  std::string password;
  if (auto early = new_password(call, password)) return *early;
  return done(model::set_password(call.cluster, svm, user, password));
}
Reply login_unlock(Call& call) { return done(model::unlock_user(call.cluster, account_svm(call), user_param(call))); }
Reply login_lock(Call& call) { return done(model::lock_user(call.cluster, account_svm(call), user_param(call))); }

model::AccountKey key_of(const Call& call) {
  return {.svm = account_svm(call),
          .user = user_param(call),
          .application = call.text("application"),
          .method = call.text_or("authentication-method", "password")};
}
Reply login_create(Call& call) {
  const model::AccountKey key = key_of(call);
  const std::string role = call.text_or("role", key.svm == call.cluster.name ? "admin" : "vsadmin");
  const bool known = call.cluster.users.contains({key.svm, key.user});
  std::string password;
  if (key.method == "password" && !known && call.cluster.find_svm(key.svm) != nullptr &&
      model::role_exists(call.cluster, key.svm, role)) {
    if (!call.answered(1)) return ask("\nPlease enter a password for user '" + key.user + "': ", true);
    if (!call.answered(2)) return ask("Please enter it again: ", true);
    if (call.answer(0) != call.answer(1)) return failed("Passwords do not match.");
    password = call.answer(0);
  }
  return done(model::create_account(call.cluster, key, role, password));
}
Reply login_modify(Call& call) {
  return done(model::modify_account_role(call.cluster, key_of(call), call.text("role")));
}
Reply login_delete_one(Call& call, const Record& record) {
  return done(model::delete_account(call.cluster, {.svm = text_of(record, "vserver"),
                                                   .user = text_of(record, "user-or-group-name"),
                                                   .application = text_of(record, "application"),
                                                   .method = text_of(record, "authentication-method")}));
}
Reply login_delete(Call& call) { return for_each_selected(call, login_delete_one, "deleted"); }

// Keys are counted from 0, as -index says.
std::vector<Record> list_keys(Call& call) {
  std::vector<Record> records;
  for (const auto& [name, user] : call.cluster.users) {
    if (!may_see(call, name.first)) continue;
    for (std::size_t i = 0; i < user.public_keys.size(); ++i) {
      records.push_back({{"vserver", name.first},
                         {"username", name.second},
                         {"index", std::to_string(i)},
                         {"publickey", user.public_keys[i]}});
    }
  }
  return records;
}
const View kKeys{.layouts = {{.flag = "",
                              .header = "User Name    Index Public Key\n"
                                        "------------ ----- ----------------------------------------",
                              .columns = {"username", "index", "publickey"},
                              .align = "lrl",
                              .heading = "vserver"}},
                 .fields = {{"vserver", "Vserver", true},
                            {"username", "UserName", true},
                            {"index", "Index", true},
                            {"publickey", "Public Key"}},
                 .list = list_keys};
Reply publickey_create(Call& call) {
  return done(model::add_public_key(call.cluster, account_svm(call), user_param(call), call.number("index"),
                                    call.text("publickey")));
}
Reply publickey_delete_one(Call& call, const Record& record) {
  return done(model::delete_public_key(call.cluster, text_of(record, "vserver"), text_of(record, "username"),
                                       base::parse_unsigned(text_of(record, "index")).value_or(0)));
}
Reply publickey_delete(Call& call) { return for_each_selected(call, publickey_delete_one, "deleted"); }

}  // namespace

std::vector<Command> security_commands() {
  const Param vserver = optional("vserver", "Vserver Name", "Vserver");
  Param username = positional("username", "text", "User Name");
  username.required = false;
  const Param user = required("user-or-group-name", "text", "User Name or Group Name");
  const Param application =
      required_choice("application", "console|http|ontapi|rsh|snmp|service-processor|ssh|telnet", "Application");
  const std::string_view methods = "password|publickey|domain|cert|usm|nsswitch|community";
  const Param method = choice("authentication-method", methods, "Authentication Method");
  const std::string_view source = "specification 10.3, 10.4, 7.15";
  return {
      {.path = "security login password",
       .help = "Modify a password for a user",
       .params = {vserver, username},
       .run = login_password,
       .source = source},
      {.path = "security login unlock",
       .help = "Unlock a user account with password authentication method",
       .params = {vserver, username},
       .run = login_unlock,
       .source = source},
      {.path = "security login lock",
       .help = "Lock a user account with password authentication method",
       .params = {vserver, username},
       .run = login_lock,
       .source = source},
      {.path = "security login create",
       .help = "Add a login method",
       .params = {vserver, user, application, method, optional("role", "text", "Role Name"),
                  optional("comment", "text", "Comment Text")},
       .run = login_create,
       .source = source},
      {.path = "security login modify",
       .help = "Modify a login method",
       .params = {vserver, user, application, method, required("role", "text", "Role Name")},
       .run = login_modify,
       .source = source},
      {.path = "security login delete",
       .help = "Delete a login method",
       .params = {vserver, user, application, method},
       .run = login_delete,
       .view = &kLogins,
       .source = source},
      {.path = "security login publickey create",
       .help = "Add a new public key",
       .params = {vserver, required("username", "text", "User Name"), number("index", "Index"),
                  required("publickey", "certificate", "Public Key"), optional("comment", "text", "Comment")},
       .run = publickey_create,
       .source = source},
      {.path = "security login publickey delete",
       .help = "Delete a public key",
       .params = {vserver, required("username", "text", "User Name"), number("index", "Index")},
       .run = publickey_delete,
       .view = &kKeys,
       .source = source},
      {.path = "security login publickey show", .help = "Display public keys", .view = &kKeys, .source = source},
      {.path = "security login show", .help = "Show user login methods", .view = &kLogins, .source = source},
  };
}

}  // namespace ontap_sim::cli
