// CIFS servers, shares and their access lists. Source: section 7.11.
#include <algorithm>

#include "ontap-sim/model/cluster.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::CifsServer;
using model::CifsShare;
using model::Svm;

ModelError no_cifs() { return {Errno::entry_does_not_exist, "The CIFS server does not exist: entry doesn't exist"}; }

Status cifs_server_create(Call& call) {
  Svm& svm = call.svm();
  if (!call.cluster.licensed("cifs")) return model::refused("CIFS is not licensed in the cluster.");
  if (svm.cifs) return model::duplicate_entry();
  CifsServer server;
  server.name = call.text("cifs-server");
  for (char& c : server.name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  if (server.name.empty() || server.name.size() > 15) return call.invalid("cifs-server");
  if (!svm.dns)
    return model::refused("Failed to create the CIFS server: DNS is not configured for Vserver \"" + svm.name + "\".");
  server.domain = call.text("domain");
  for (char& c : server.domain) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  server.workgroup = server.domain.substr(0, server.domain.find('.'));
  server.organizational_unit = call.optional_text("organizational-unit").value_or(server.organizational_unit);
  server.default_site = call.optional_text("default-site").value_or("");
  server.up = call.text("administrative-status") != "down";
  svm.cifs = std::move(server);
  call.cluster.touch(svm);
  return {};
}

Status cifs_server_modify(Call& call) {
  if (!call.svm().cifs) return no_cifs();
  CifsServer& server = *call.svm().cifs;
  if (const auto status = call.optional_text("administrative-status")) {
    if (*status != "up" && *status != "down") return call.invalid("administrative-status");
    server.up = *status == "up";
  }
  if (const auto name = call.optional_text("cifs-server")) server.name = *name;
  if (const auto site = call.optional_text("default-site")) server.default_site = *site;
  if (const auto domain = call.optional_text("domain")) server.domain = *domain;
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_server_delete(Call& call) {
  if (!call.svm().cifs) return no_cifs();
  call.svm().cifs.reset();
  call.svm().cifs_shares.clear();
  call.cluster.touch(call.svm());
  return {};
}

Status set_cifs(Call& call, bool up) {
  if (!call.svm().cifs) return no_cifs();
  if (call.svm().cifs->up == up)
    return model::refused(up ? "The CIFS server is already started." : "The CIFS server is already stopped.");
  call.svm().cifs->up = up;
  call.cluster.touch(call.svm());
  return {};
}
Status cifs_server_start(Call& call) { return set_cifs(call, true); }
Status cifs_server_stop(Call& call) { return set_cifs(call, false); }

Status cifs_server_get_iter(Call& call) {
  static const RecordShape shape{"cifs-server-config", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.cifs) return true;
    return (*page)->row({svm.name}, [&](Out& out) {
      out.text("administrative-status", svm.cifs->up ? "up" : "down");
      out.text("auth-style", "domain");
      out.text("cifs-server", svm.cifs->name);
      out.text_if("default-site", svm.cifs->default_site);
      out.text("domain", svm.cifs->domain);
      out.text("domain-workgroup", svm.cifs->workgroup);
      out.text("organizational-unit", svm.cifs->organizational_unit);
      out.text("vserver", svm.name);
    });
  });
  return (*page)->finish();
}

Status cifs_preferred_dc_add(Call& call) {
  if (!call.svm().cifs) return no_cifs();
  for (const std::string& address : call.list("preferred-dc", "string").value_or(std::vector<std::string>{})) {
    const std::pair entry{call.text("domain"), address};
    auto& list = call.svm().cifs->preferred_dcs;
    if (std::find(list.begin(), list.end(), entry) != list.end()) return model::duplicate_entry();
    list.push_back(entry);
  }
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_preferred_dc_remove(Call& call) {
  if (!call.svm().cifs) return no_cifs();
  const auto addresses = call.list("preferred-dc", "string");
  const auto gone = std::erase_if(call.svm().cifs->preferred_dcs, [&](const auto& entry) {
    return entry.first == call.text("domain") &&
           (!addresses || std::find(addresses->begin(), addresses->end(), entry.second) != addresses->end());
  });
  if (gone == 0) return model::missing_entry();
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_discovery_mode_modify(Call& call) {
  if (!call.svm().cifs) return no_cifs();
  const std::string mode = call.text("mode");
  if (mode != "all" && mode != "site" && mode != "none") return call.invalid("mode");
  call.svm().cifs->discovery_mode = mode;
  call.cluster.touch(call.svm());
  return {};
}

constexpr const char* kSecurityFields[] = {"is-aes-encryption-enabled", "is-password-complexity-required",
                                           "is-signing-required",       "is-smb-encryption-required",
                                           "kerberos-clock-skew",       "kerberos-renew-age",
                                           "kerberos-ticket-age",       "lm-compatibility-level",
                                           "use-start-tls-for-ad-ldap"};

Status cifs_security_modify(Call& call) {
  if (!call.svm().cifs) return no_cifs();
  for (const char* field : kSecurityFields) {
    if (const auto value = call.optional_text(field)) call.svm().cifs->security[field] = *value;
  }
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_security_get_iter(Call& call) {
  static const RecordShape shape{"cifs-security", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.cifs) return true;
    std::map<std::string, std::string> fields = {{"is-aes-encryption-enabled", "false"},
                                                 {"is-password-complexity-required", "true"},
                                                 {"is-signing-required", "false"},
                                                 {"kerberos-clock-skew", "5"},
                                                 {"kerberos-renew-age", "7"},
                                                 {"kerberos-ticket-age", "10"},
                                                 {"lm-compatibility-level", "lm-ntlm-ntlmv2-krb"}};
    for (const auto& [name, value] : svm.cifs->security) fields[name] = value;
    return (*page)->row({svm.name}, [&](Out& out) {
      for (const auto& [name, value] : fields) out.text(name.c_str(), value);
      out.text("vserver", svm.name);
    });
  });
  return (*page)->finish();
}

/// Local users live in the records of the SVM; an Administrator is there as soon as the CIFS server is.
model::Result<std::map<std::string, model::Record, std::less<>>*> local_users(Call& call) {
  if (!call.svm().cifs) return no_cifs();
  auto& users = call.svm().records["cifs-local-user"];
  if (users.empty())
    users["Administrator"].fields = {{"description", ""}, {"full-name", ""}, {"is-account-disabled", "false"}};
  return &users;
}

Status cifs_local_user_set_password(Call& call) {
  auto users = local_users(call);
  if (!users) return users.error();
  const auto at = (*users)->find(call.text("user-name"));
  if (at == (*users)->end()) return model::missing_entry();
  if (call.text("user-password").size() < 8)
    return model::refused("The password does not meet the complexity requirements.");
  at->second.fields["password-set"] = std::to_string(model::epoch_seconds(call.cluster.now()));
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_local_user_rename(Call& call) {
  auto users = local_users(call);
  if (!users) return users.error();
  if (!(*users)->contains(call.text("user-name"))) return model::missing_entry();
  if ((*users)->contains(call.text("new-user-name"))) return model::duplicate_entry();
  auto node = (*users)->extract(call.text("user-name"));
  node.key() = call.text("new-user-name");
  (*users)->insert(std::move(node));
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_local_user_modify(Call& call) {
  auto users = local_users(call);
  if (!users) return users.error();
  const auto at = (*users)->find(call.text("user-name"));
  if (at == (*users)->end()) return model::missing_entry();
  for (const char* field : {"full-name", "description"}) {
    if (call.has(field)) at->second.fields[field] = call.text(field);
  }
  if (const auto disabled = call.boolean("is-account-disabled"))
    at->second.fields["is-account-disabled"] = *disabled ? "true" : "false";
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_local_user_get_iter(Call& call) {
  static const RecordShape shape{"cifs-local-user", {"vserver", "user-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const model::Svm& svm, bool at_svm) {
    const auto users = svm.records.find("cifs-local-user");
    const bool some = svm.cifs && users != svm.records.end() && !users->second.empty();
    if (!some) {
      if (!svm.cifs) return true;
      return (*page)->row({svm.name, "Administrator"}, [&](Out& out) {
        out.text("description", "");
        out.text("full-name", "");
        out.flag("is-account-disabled", false);
        out.text("user-name", "Administrator");
        out.text("vserver", svm.name);
      });
    }
    return (*page)->each(users->second, 1, at_svm, [&](const std::string& name, const model::Record& record, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) {
        for (const char* field : {"description", "full-name", "is-account-disabled"}) {
          const auto at = record.fields.find(field);
          if (at != record.fields.end()) out.text(field, at->second);
        }
        out.text("user-name", name);
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

constexpr const char* kShareFields[] = {
    "attribute-cache-ttl",       "dir-umask",          "file-umask",          "force-group-for-create",
    "max-connections-per-share", "offline-files-mode", "vscan-fileop-profile"};

/// The volume at the longest junction that begins the path; "" when the path is not in the namespace.
std::string volume_of_path(const Svm& svm, const std::string& path) {
  std::string prefix = base::to_lower(path);
  while (!prefix.empty()) {
    const auto at = svm.junctions.find(prefix);
    if (at != svm.junctions.end()) {
      const bool whole = prefix.size() == path.size() || prefix == "/";
      const model::Volume* volume = svm.find_volume(at->second);
      const std::string rest = whole ? "" : path.substr(prefix.size() + 1);
      return whole || (volume != nullptr && volume->qtrees.contains(rest.substr(0, rest.find('/')))) ? at->second : "";
    }
    if (prefix == "/") break;
    const std::size_t slash = prefix.rfind('/');
    prefix = slash == 0 ? "/" : prefix.substr(0, slash);
    if (prefix == "/") return "";  // only "/" itself is in the root volume
  }
  return "";
}

void write_share(Out& out, const Svm& svm, const CifsShare& share) {
  std::vector<std::string> acl;
  for (const auto& [user, permission] : share.acl) acl.push_back(user + " / " + permission);
  out.list("acl", "string", acl);
  out.text("cifs-server", svm.cifs ? svm.cifs->name : "");
  out.text("comment", share.comment);
  for (const auto& [field, value] : share.fields) out.text(field.c_str(), value);
  out.text("path", share.path);
  out.text("share-name", share.name);
  out.list("share-properties", "cifs-share-properties", share.properties);
  out.list("symlink-properties", "cifs-share-symlink-properties", share.symlink_properties);
  out.text("volume", volume_of_path(svm, share.path));
  out.text("vserver", svm.name);
}

Status read_share(Call& call, CifsShare& share) {
  if (const auto path = call.optional_text("path")) {
    if (path->front() != '/' || volume_of_path(call.svm(), *path).empty())
      return model::refused("The specified path \"" + *path +
                            "\" does not exist in the namespace belonging to Vserver \"" + call.svm().name + "\".");
    share.path = *path;
  }
  if (call.has("comment")) share.comment = call.text("comment");
  if (const auto list = call.list("share-properties", "cifs-share-properties"))
    share.properties = {list->begin(), list->end()};
  if (const auto list = call.list("symlink-properties", "cifs-share-symlink-properties"))
    share.symlink_properties = {list->begin(), list->end()};
  for (const char* field : kShareFields) {
    if (const auto value = call.optional_text(field)) share.fields[field] = *value;
  }
  return {};
}

Status cifs_share_create(Call& call) {
  if (!call.svm().cifs) return model::refused("The CIFS server of Vserver \"" + call.svm().name + "\" does not exist.");
  CifsShare share;
  share.name = call.text("share-name");
  if (share.name.empty() || share.name.size() > 80) return call.invalid("share-name");
  if (call.svm().cifs_shares.contains(share.name)) return model::duplicate_entry();
  if (const Status read = read_share(call, share); !read) return read;
  share.acl["Everyone"] = "full_control";
  if (call.flag("return-record")) {
    Out out(call.put("result").append_child("cifs-share"), {}, {}, {});
    write_share(out, call.svm(), share);
  }
  call.svm().cifs_shares.emplace(share.name, std::move(share));
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_share_modify(Call& call) {
  const auto at = call.svm().cifs_shares.find(call.text("share-name"));
  if (at == call.svm().cifs_shares.end()) return model::missing_entry();
  CifsShare changed = at->second;
  if (const Status read = read_share(call, changed); !read) return read;
  at->second = changed;
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_share_delete(Call& call) {
  if (call.svm().cifs_shares.erase(call.text("share-name")) == 0) return model::missing_entry();
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_share_get_iter(Call& call) {
  static const RecordShape shape{"cifs-share", {"vserver", "share-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.cifs_shares, 1, at_svm, [&](const std::string& name, const CifsShare& share, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) { write_share(out, svm, share); });
    });
  });
  return (*page)->finish();
}

model::Result<CifsShare*> acl_share(Call& call) {
  const auto at = call.svm().cifs_shares.find(call.text("share"));
  if (at == call.svm().cifs_shares.end()) return model::missing_entry();
  return &at->second;
}

bool is_permission(const std::string& text) {
  return text == "no_access" || text == "read" || text == "change" || text == "full_control";
}

Status cifs_acl_create(Call& call) {
  auto share = acl_share(call);
  if (!share) return share.error();
  if (!is_permission(call.text("permission"))) return call.invalid("permission");
  if (!(*share)->acl.emplace(call.text("user-or-group"), call.text("permission")).second)
    return model::duplicate_entry();
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_acl_modify(Call& call) {
  auto share = acl_share(call);
  if (!share) return share.error();
  const auto at = (*share)->acl.find(call.text("user-or-group"));
  if (at == (*share)->acl.end()) return model::missing_entry();
  if (const auto permission = call.optional_text("permission")) {
    if (!is_permission(*permission)) return call.invalid("permission");
    at->second = *permission;
  }
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_acl_delete(Call& call) {
  auto share = acl_share(call);
  if (!share) return share.error();
  if ((*share)->acl.erase(call.text("user-or-group")) == 0) return model::missing_entry();
  call.cluster.touch(call.svm());
  return {};
}

Status cifs_acl_get_iter(Call& call) {
  static const RecordShape shape{"cifs-share-access-control", {"vserver", "share", "user-or-group"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.cifs_shares, 1, at_svm,
                         [&](const std::string& name, const CifsShare& share, bool at_share) {
                           return (*page)->each(share.acl, 2, at_share,
                                                [&](const std::string& user, const std::string& permission, bool) {
                                                  return (*page)->row({svm.name, name, user}, [&](Out& out) {
                                                    out.text("permission", permission);
                                                    out.text("share", name);
                                                    out.text("user-group-type", "windows");
                                                    out.text("user-or-group", user);
                                                    out.text("vserver", svm.name);
                                                  });
                                                });
                         });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> cifs_apis() {
  constexpr std::string_view share =
      "attribute-cache-ttl:i comment dir-umask:i file-umask:i force-group-for-create max-connections-per-share:i "
      "offline-files-mode path* return-record:b share-name* "
      "share-properties:r symlink-properties:r volume-name vscan-fileop-profile";
  constexpr std::string_view share_modify =
      "attribute-cache-ttl:i comment dir-umask:i file-umask:i force-group-for-create max-connections-per-share:i "
      "offline-files-mode path share-name* "
      "share-properties:r symlink-properties:r vscan-fileop-profile";
  return {
      {.name = "cifs-server-create",
       .scope = Scope::svm,
       .input = "admin-password* admin-username* administrative-status cifs-server* default-site domain* "
                "force-account-overwrite:b organizational-unit",
       .run = cifs_server_create,
       .source = "Manila"},
      {.name = "cifs-server-modify",
       .scope = Scope::svm,
       .input = "admin-password admin-username administrative-status cifs-server default-site domain "
                "force-account-overwrite:b",
       .run = cifs_server_modify,
       .source = "Manila"},
      {.name = "cifs-server-delete",
       .scope = Scope::svm,
       .input = "admin-password admin-username force-account-delete:b",
       .run = cifs_server_delete,
       .source = "Manila"},
      {.name = "cifs-server-start",
       .scope = Scope::svm,
       .run = cifs_server_start,
       .source = "Ansible's na_ontap_cifs_server"},
      {.name = "cifs-server-stop",
       .scope = Scope::svm,
       .run = cifs_server_stop,
       .source = "Ansible's na_ontap_cifs_server"},
      {.name = "cifs-server-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = cifs_server_get_iter,
       .source = "Manila, Harvest"},
      {.name = "cifs-domain-preferred-dc-add",
       .scope = Scope::svm,
       .input = "domain* preferred-dc*:r skip-config-validation:b",
       .run = cifs_preferred_dc_add,
       .source = "Manila"},
      {.name = "cifs-domain-preferred-dc-remove",
       .scope = Scope::svm,
       .input = "domain* preferred-dc:r",
       .run = cifs_preferred_dc_remove,
       .source = "Manila"},
      {.name = "cifs-domain-server-discovery-mode-modify",
       .scope = Scope::svm,
       .input = "mode*",
       .run = cifs_discovery_mode_modify,
       .source = "Manila"},
      {.name = "cifs-security-modify",
       .scope = Scope::svm,
       .input = "advertised-enc-types:r is-aes-encryption-enabled:b@30 is-password-complexity-required:b "
                "is-signing-required:b is-smb-encryption-required:b "
                "kerberos-clock-skew:i kerberos-renew-age:i kerberos-ticket-age:i lm-compatibility-level "
                "use-start-tls-for-ad-ldap:b",
       .run = cifs_security_modify,
       .source = "Manila"},
      {.name = "cifs-security-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = cifs_security_get_iter,
       .source = "Ansible, Harvest"},
      {.name = "cifs-local-user-set-password",
       .scope = Scope::svm,
       .input = "user-name* user-password*",
       .run = cifs_local_user_set_password,
       .source = "Manila"},
      {.name = "cifs-local-user-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = cifs_local_user_get_iter,
       .source = "Ansible's na_ontap_cifs_local_user_modify"},
      {.name = "cifs-local-user-modify",
       .scope = Scope::svm,
       .input = "description full-name is-account-disabled:b user-name*",
       .run = cifs_local_user_modify,
       .source = "Ansible's na_ontap_cifs_local_user_modify"},
      {.name = "cifs-local-user-rename",
       .scope = Scope::svm,
       .input = "new-user-name* user-name*",
       .run = cifs_local_user_rename,
       .source = "Manila"},
      {.name = "cifs-share-create",
       .scope = Scope::svm,
       .input = share,
       .run = cifs_share_create,
       .source = "13001 for a path that is none: Manila"},
      {.name = "cifs-share-modify",
       .scope = Scope::svm,
       .input = share_modify,
       .run = cifs_share_modify,
       .source = "Ansible's na_ontap_cifs"},
      {.name = "cifs-share-delete",
       .scope = Scope::svm,
       .input = "share-name*",
       .run = cifs_share_delete,
       .source = "15661: Manila"},
      {.name = "cifs-share-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = cifs_share_get_iter,
       .source = "Manila"},
      {.name = "cifs-share-access-control-create",
       .scope = Scope::svm,
       .input = "permission* return-record:b share* user-group-type user-or-group*",
       .run = cifs_acl_create,
       .source = "13130: Manila"},
      {.name = "cifs-share-access-control-modify",
       .scope = Scope::svm,
       .input = "permission share* user-group-type user-or-group*",
       .run = cifs_acl_modify,
       .source = "Manila"},
      {.name = "cifs-share-access-control-delete",
       .scope = Scope::svm,
       .input = "share* user-group-type user-or-group*",
       .run = cifs_acl_delete,
       .source = "15661: Manila"},
      {.name = "cifs-share-access-control-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = cifs_acl_get_iter,
       .source = "Manila"},
  };
}

}  // namespace ontap_sim::zapi
