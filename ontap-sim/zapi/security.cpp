// Accounts and certificates. Source: section 7.15.
#include <algorithm>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::AccountKey;
using model::Certificate;

/// The SVM that a call about accounts or certificates is for: its own scope, else the one it names, else the cluster.
model::Result<std::string> owner_svm(const Call& call) {
  const std::string named = call.text("vserver");
  if (call.scope_svm != nullptr) {
    if (!named.empty() && named != call.scope_svm->name)
      return ModelError{Errno::svm_not_found, "Specified vserver not found"};
    return call.scope_svm->name;
  }
  if (named.empty()) return call.cluster.name;
  if (call.cluster.find_svm(named) == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  return named;
}

model::Result<AccountKey> account_key(const Call& call) {
  auto svm = owner_svm(call);
  if (!svm) return svm.error();
  return AccountKey{*svm, call.text("user-name"), call.text("application"),
                    call.optional_text("authentication-method").value_or("password")};
}

Status security_login_create(Call& call) {
  auto key = account_key(call);
  if (!key) return key.error();
  return model::create_account(call.cluster, *key, call.text("role-name"), call.text("password"));
}

Status security_login_modify(Call& call) {
  auto key = account_key(call);
  if (!key) return key.error();
  const auto role = call.optional_text("role-name");
  if (!role) return {};
  return model::modify_account_role(call.cluster, *key, *role);
}

Status security_login_delete(Call& call) {
  auto key = account_key(call);
  if (!key) return key.error();
  return model::delete_account(call.cluster, *key);
}

Status security_login_modify_password(Call& call) {
  auto svm = owner_svm(call);
  if (!svm) return svm.error();
  return model::set_password(call.cluster, *svm, call.text("user-name"), call.text("new-password"));
}

Status security_login_lock(Call& call) {
  auto svm = owner_svm(call);
  if (!svm) return svm.error();
  return model::lock_user(call.cluster, *svm, call.text("user-name"));
}

Status security_login_unlock(Call& call) {
  auto svm = owner_svm(call);
  if (!svm) return svm.error();
  return model::unlock_user(call.cluster, *svm, call.text("user-name"));
}

Status security_login_get_iter(Call& call) {
  static const RecordShape shape{"security-login-account-info",
                                 {"vserver", "user-name", "application", "authentication-method"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& entry : call.cluster.accounts) {
    const auto& key = entry.first;
    const auto& account = entry.second;
    if (call.scope_svm != nullptr && key.svm != call.scope_svm->name) continue;
    const auto user = call.cluster.users.find({key.svm, key.user});
    const bool more = (*page)->row({key.svm, key.user, key.application, key.method}, [&](Out& out) {
      out.text("application", key.application);
      out.text("authentication-method", key.method);
      out.text_if("comment", account.comment);
      out.flag("is-locked", user != call.cluster.users.end() && user->second.locked);
      if (key.method == "password") out.text("password-hash-algorithm", "sha512");
      out.text("role-name", account.role);
      out.text("user-name", key.user);
      out.text("vserver", key.svm);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

const RecordShape kCertificateShape{"certificate-info", {"vserver", "common-name", "serial-number"}};

Status security_certificate_get_iter(Call& call) {
  auto page = Iteration::open(call, kCertificateShape);
  if (!page) return page.error();
  std::map<Key, const Certificate*> rows;
  for (const auto& [serial, certificate] : call.cluster.certificates) {
    if (call.scope_svm == nullptr || certificate.svm == call.scope_svm->name)
      rows[{certificate.svm, certificate.common_name, serial}] = &certificate;
  }
  for (const auto& [key, row] : rows) {
    const Certificate& certificate = *row;
    const bool more = (*page)->row(key, [&](Out& out) {
      if (!certificate.fields.contains("cert-name"))
        out.text("cert-name", certificate.common_name + "_" + certificate.serial);
      out.text("certificate-authority", certificate.authority);
      out.text("common-name", certificate.common_name);
      for (const auto& [name, value] : certificate.fields) out.text(name.c_str(), value);
      out.time("expiration-date", certificate.end);
      out.integer("expire-days", certificate.expire_days);
      out.text("hash-function", certificate.hash);
      out.text("protocol", "ssl");
      out.text("serial-number", certificate.serial);
      out.text("size", certificate.size);
      out.time("start-date", certificate.start);
      out.text("type", certificate.type);
      out.text("vserver", certificate.svm);
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status security_certificate_create(Call& call) {
  auto svm = owner_svm(call);
  if (!svm) return svm.error();
  Certificate certificate;
  certificate.svm = *svm;
  certificate.common_name = certificate.authority = call.text("common-name");
  certificate.type = call.text("type");
  constexpr std::string_view types[] = {"server", "root_ca", "client", "server_ca", "client_ca"};
  if (std::find(std::begin(types), std::end(types), certificate.type) == std::end(types)) return call.invalid("type");
  certificate.hash = call.optional_text("hash-function").value_or(certificate.hash);
  certificate.size = call.optional_text("size").value_or(certificate.size);
  certificate.expire_days = static_cast<int>(call.integer("expire-days").value_or(365));
  if (certificate.expire_days < 1 || certificate.expire_days > 3652) return call.invalid("expire-days");
  for (const char* field : {"country", "email-address", "locality", "organization", "organization-unit", "state"}) {
    if (const auto value = call.optional_text(field)) certificate.fields[field] = *value;
  }
  certificate.start = call.cluster.now();
  certificate.end = call.cluster.now() + std::chrono::hours(24 * certificate.expire_days);
  certificate.serial = model::new_uuid(call.cluster.rng).digits().substr(0, 14);
  std::transform(certificate.serial.begin(), certificate.serial.end(), certificate.serial.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  call.cluster.certificates.emplace(certificate.serial, std::move(certificate));
  call.cluster.touch();
  return {};
}

Status security_certificate_delete(Call& call) {
  auto svm = owner_svm(call);
  if (!svm) return svm.error();
  const auto serial = call.optional_text("serial-number");
  const auto at =
      std::find_if(call.cluster.certificates.begin(), call.cluster.certificates.end(), [&](const auto& row) {
        const Certificate& certificate = row.second;
        return certificate.svm == *svm && certificate.common_name == call.text("common-name") &&
               certificate.type == call.text("type") && (!serial || *serial == row.first);
      });
  if (at == call.cluster.certificates.end()) return model::missing_entry();
  call.cluster.certificates.erase(at);
  call.cluster.touch();
  return {};
}

Status security_ssl_modify(Call& call) {
  auto svm = owner_svm(call);
  if (!svm) return svm.error();
  const auto serial = call.optional_text("certificate-serial-number");
  if (serial) {
    const auto at = call.cluster.certificates.find(*serial);
    if (at == call.cluster.certificates.end() || at->second.svm != *svm) return model::missing_entry();
  }
  model::Record& record = call.cluster.records["ssl"][*svm];
  for (const char* field : {"certificate-authority", "certificate-serial-number", "common-name",
                            "client-authentication-enabled", "server-authentication-enabled"}) {
    if (const auto value = call.optional_text(field)) record.fields[field] = *value;
  }
  call.cluster.touch();
  return {};
}

}  // namespace

std::vector<ApiEntry> security_apis() {
  constexpr std::string_view login =
      "application* authentication-method* user-name* vserver role-name comment second-authentication-method";
  return {
      {.name = "security-login-create",
       .scope = Scope::any,
       .input = "application* authentication-method* comment password role-name* user-name* vserver "
                "second-authentication-method",
       .run = security_login_create,
       .source = "Ansible's na_ontap_user"},
      {.name = "security-login-modify",
       .scope = Scope::any,
       .input = login,
       .run = security_login_modify,
       .source = "Ansible's na_ontap_user"},
      {.name = "security-login-delete",
       .scope = Scope::any,
       .input = "application* authentication-method* user-name* vserver",
       .run = security_login_delete,
       .source = "16034: Ansible"},
      {.name = "security-login-modify-password",
       .scope = Scope::any,
       .input = "new-password* user-name* vserver",
       .run = security_login_modify_password,
       .source = "13214: Ansible"},
      {.name = "security-login-lock",
       .scope = Scope::any,
       .input = "user-name* vserver",
       .run = security_login_lock,
       .source = "13114: Ansible"},
      {.name = "security-login-unlock",
       .scope = Scope::any,
       .input = "user-name* vserver",
       .run = security_login_unlock,
       .source = "13114: Ansible"},
      {.name = "security-login-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = security_login_get_iter,
       .source = "Ansible, Harvest"},
      {.name = "security-certificate-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = security_certificate_get_iter,
       .source = "Manila"},
      {.name = "security-certificate-create",
       .scope = Scope::any,
       .input = "common-name* country email-address expire-days:i hash-function locality organization-unit "
                "organization size state type* vserver",
       .run = security_certificate_create,
       .source = "Manila"},
      {.name = "security-certificate-delete",
       .scope = Scope::any,
       .input = "certificate-authority common-name* serial-number type* vserver",
       .run = security_certificate_delete,
       .source = "Manila"},
      {.name = "security-ssl-modify",
       .scope = Scope::any,
       .input = "certificate-authority certificate-serial-number client-authentication-enabled:b common-name "
                "server-authentication-enabled:b vserver",
       .run = security_ssl_modify,
       .source = "Manila"},
  };
}

}  // namespace ontap_sim::zapi
