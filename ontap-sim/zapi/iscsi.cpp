// iSCSI and FC services and interfaces. Source: section 7.8.
#include <algorithm>

#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::ChapEntry;
using model::IscsiService;
using model::Svm;

ModelError no_service() {
  return {Errno::entry_does_not_exist, "The iSCSI service does not exist: entry doesn't exist"};
}

Status iscsi_node_get_name(Call& call) {
  if (!call.svm().iscsi) return no_service();
  call.put("node-name", call.svm().iscsi->node_name);
  return {};
}

Status iscsi_service_get_iter(Call& call) {
  static const RecordShape shape{"iscsi-service-info", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.iscsi) return true;
    return (*page)->row({svm.name}, [&](Out& out) {
      out.text("alias-name", svm.iscsi->alias);
      out.flag("is-available", svm.iscsi->available);
      if (call.cluster.ontapi_minor >= 30) {
        out.integer("login-timeout", 15);
        out.integer("max-cmds-per-session", 128);
        out.integer("max-conn-per-session", 4);
        out.integer("max-error-recovery-level", 0);
        out.integer("retain-timeout", 20);
        out.integer("tcp-window-size", 131400);
      }
      out.text("node-name", svm.iscsi->node_name);
      out.text("vserver", svm.name);
    });
  });
  return (*page)->finish();
}

Status iscsi_service_create(Call& call) {
  auto made = model::create_iscsi(call.cluster, call.svm(), call.optional_text("node-name").value_or(""),
                                  call.flag("start", true));
  if (!made) return made.error();
  if (const auto alias = call.optional_text("alias-name")) (*made)->alias = *alias;
  return {};
}
Status iscsi_service_start(Call& call) { return model::set_iscsi_up(call.cluster, call.svm(), true); }
Status iscsi_service_stop(Call& call) { return model::set_iscsi_up(call.cluster, call.svm(), false); }
Status iscsi_service_destroy(Call& call) { return model::destroy_iscsi(call.cluster, call.svm()); }

/// Numbered by their order: the first iSCSI interface is port 1.
Status iscsi_interface_get_iter(Call& call) {
  static const RecordShape shape{"iscsi-interface-list-entry-info", {"vserver", "interface-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.iscsi) return true;
    int number = 0;
    for (const auto& pair : svm.lifs) {
      const auto& name = pair.first;
      const auto& lif = pair.second;
      if (!lif.protocols.contains("iscsi")) continue;
      ++number;
      const bool more = (*page)->row({svm.name, name}, [&](Out& out) {
        out.text("current-node", lif.current_node);
        out.text("current-port", lif.current_port);
        out.text("interface-name", name);
        out.text("ip-address", lif.address);
        out.integer("ip-port", 3260);
        out.flag("is-interface-enabled", model::lif_operational(call.cluster, svm, lif));
        out.integer("relative-port-id", number);
        out.text("tpgroup-name", name);
        out.integer("tpgroup-tag", lif.tpgroup_tag);
        out.text("vserver", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*page)->finish();
}

Status read_chap(const Call& call, ChapEntry& entry) {
  if (const auto type = call.optional_text("auth-type")) {
    if (!base::equals_ignoring_case(*type, "none") && !base::equals_ignoring_case(*type, "CHAP") &&
        !base::equals_ignoring_case(*type, "deny")) {
      return call.invalid("auth-type");
    }
    entry.auth_type = base::equals_ignoring_case(*type, "CHAP") ? "CHAP" : base::to_lower(*type);
  }
  if (const auto user = call.optional_text("user-name")) entry.user = *user;
  if (const auto user = call.optional_text("outbound-user-name")) entry.outbound_user = *user;
  for (const char* element : {"password", "passphrase"}) {
    if (const auto password = call.optional_text(element)) entry.password = *password;
  }
  for (const char* element : {"outbound-password", "outbound-passphrase"}) {
    if (const auto password = call.optional_text(element)) entry.outbound_password = *password;
  }
  if (auto ranges = call.list("initiator-address-ranges", "ip-range-or-mask"))
    entry.address_ranges = std::move(*ranges);
  if (entry.auth_type == "CHAP" && (entry.user.empty() || entry.password.empty())) {
    return model::refused("A user name and a password are required for CHAP authentication.");
  }
  return {};
}

void put_chap(Call& call, const ChapEntry& entry) {
  call.put("auth-chap-policy", "local");
  call.put("auth-type", entry.auth_type);
  if (!entry.outbound_user.empty()) call.put("outbound-user-name", entry.outbound_user);
  if (!entry.user.empty()) call.put("user-name", entry.user);
}

Status iscsi_initiator_get_default_auth(Call& call) {
  if (!call.svm().iscsi) return no_service();
  put_chap(call, call.svm().iscsi->default_auth);
  return {};
}

Status iscsi_initiator_set_default_auth(Call& call) {
  if (!call.svm().iscsi) return no_service();
  ChapEntry entry;
  if (const Status read = read_chap(call, entry); !read) return read;
  call.svm().iscsi->default_auth = entry;
  call.cluster.touch(call.svm());
  return {};
}

Status iscsi_initiator_add_auth(Call& call) {
  if (!call.svm().iscsi) return no_service();
  const std::string initiator = base::to_lower(call.text("initiator"));
  if (model::initiator_kind(initiator) != model::InitiatorKind::iscsi) return call.invalid("initiator");
  if (call.svm().iscsi->auth.contains(initiator)) return model::duplicate_entry();
  ChapEntry entry;
  if (const Status read = read_chap(call, entry); !read) return read;
  call.svm().iscsi->auth.emplace(initiator, entry);
  call.cluster.touch(call.svm());
  return {};
}

model::Result<ChapEntry*> require_auth(Call& call) {
  if (!call.svm().iscsi) return no_service();
  const auto at = call.svm().iscsi->auth.find(base::to_lower(call.text("initiator")));
  if (at == call.svm().iscsi->auth.end()) {
    return ModelError{Errno::iscsi_initiator_not_found,
                      "Initiator " + call.text("initiator") + " not found, please use default authentication."};
  }
  return &at->second;
}

Status iscsi_initiator_get_auth(Call& call) {
  auto entry = require_auth(call);
  if (!entry) return entry.error();
  put_chap(call, **entry);
  return {};
}

Status iscsi_initiator_modify_chap_params(Call& call) {
  auto entry = require_auth(call);
  if (!entry) return entry.error();
  ChapEntry changed = **entry;
  if (const Status read = read_chap(call, changed); !read) return read;
  if (call.flag("remove-outbound")) changed.outbound_user.clear();
  **entry = changed;
  call.cluster.touch(call.svm());
  return {};
}

Status iscsi_initiator_delete_auth(Call& call) {
  if (!call.svm().iscsi) return no_service();
  if (call.svm().iscsi->auth.erase(base::to_lower(call.text("initiator"))) == 0) return model::missing_entry();
  call.cluster.touch(call.svm());
  return {};
}

Status iscsi_initiator_auth_get_iter(Call& call) {
  static const RecordShape shape{"iscsi-security-entry-info", {"vserver", "initiator"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.iscsi) return true;
    const auto write = [&](const std::string& initiator, const ChapEntry& entry) {
      return (*page)->row({svm.name, initiator}, [&](Out& out) {
        out.text("auth-chap-policy", "local");
        out.text("auth-type", entry.auth_type);
        out.text("initiator", initiator);
        out.list("initiator-address-ranges", "ip-range-or-mask", entry.address_ranges);
        out.text_if("outbound-user-name", entry.outbound_user);
        out.text_if("user-name", entry.user);
        out.text("vserver", svm.name);
      });
    };
    if (!write("default", svm.iscsi->default_auth)) return false;
    for (const auto& [initiator, entry] : svm.iscsi->auth) {
      if (!write(initiator, entry)) return false;
    }
    return true;
  });
  return (*page)->finish();
}

/// Sessions exist only with a data path, which the array does not have: the list comes from what a lab put into the
/// records.
Status iscsi_initiator_get_iter(Call& call) {
  static const RecordShape shape{"iscsi-initiator-list-entry-info", {"vserver", "initiator-nodename"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    const auto sessions = svm.records.find("iscsi-session");
    if (sessions == svm.records.end()) return true;
    for (const auto& pair : sessions->second) {
      const auto& name = pair.first;
      const auto& record = pair.second;
      const auto& fields = record.fields;
      const bool more = (*page)->row({svm.name, name}, [&](Out& out) {
        for (const auto& [field, value] : fields) out.text(field.c_str(), value);
        out.text("initiator-nodename", name);
        out.text("vserver", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*page)->finish();
}

Status fcp_node_get_name(Call& call) {
  if (!call.svm().fcp)
    return ModelError{Errno::entry_does_not_exist, "The FCP service does not exist: entry doesn't exist"};
  call.put("node-name", call.svm().fcp->node_name);
  return {};
}

Status fcp_service_get_iter(Call& call) {
  static const RecordShape shape{"fcp-service-info", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    if (!svm.fcp) return true;
    return (*page)->row({svm.name}, [&](Out& out) {
      out.flag("is-available", svm.fcp->available);
      out.text("node-name", svm.fcp->node_name);
      out.text("vserver", svm.name);
    });
  });
  return (*page)->finish();
}

Status fcp_service_create(Call& call) { return model::create_fcp(call.cluster, call.svm()); }

Status set_fcp(Call& call, bool up) {
  if (!call.svm().fcp) return model::missing_entry();
  if (call.svm().fcp->available == up) {
    return up ? ModelError{Errno::already_started, "The FCP service is already started."}
              : model::refused("The FCP service is already stopped.");
  }
  call.svm().fcp->available = up;
  call.cluster.touch(call.svm());
  return {};
}
Status fcp_service_start(Call& call) { return set_fcp(call, true); }
Status fcp_service_stop(Call& call) { return set_fcp(call, false); }
Status fcp_service_destroy(Call& call) {
  if (!call.svm().fcp) return model::missing_entry();
  if (call.svm().fcp->available) return model::refused("The FCP service must be stopped before it is deleted.");
  call.svm().fcp.reset();
  call.cluster.touch(call.svm());
  return {};
}
Status fcp_service_status(Call& call) {
  if (!call.svm().fcp) return model::missing_entry();
  call.put_flag("is-available", call.svm().fcp->available);
  return {};
}

/// The FC interfaces of an SVM are its LIFs with that protocol; both FC iterators show them.
Status fcp_lifs(Call& call, const RecordShape& shape, bool as_ports) {
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    int number = 0;
    for (const auto& pair : svm.lifs) {
      const auto& name = pair.first;
      const auto& lif = pair.second;
      if (!lif.protocols.contains("fcp")) continue;
      ++number;
      const bool more = (*page)->row({svm.name, as_ports ? lif.wwpn : name}, [&](Out& out) {
        if (as_ports) {
          out.text("fcp-adapter", lif.current_port);
          out.flag("is-used", model::lif_operational(call.cluster, svm, lif));
        } else {
          out.text("current-node", lif.current_node);
          out.text("current-port", lif.current_port);
          out.text("interface-name", name);
          out.text("node-name", svm.fcp ? svm.fcp->node_name : "");
          out.text("port-address", std::to_string(10000 + number));
          out.integer("relative-port-id", number);
        }
        out.text("port-name", lif.wwpn);
        out.text("vserver", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*page)->finish();
}

Status fcp_interface_get_iter(Call& call) {
  static const RecordShape shape{"fcp-interface-info", {"vserver", "interface-name"}};
  return fcp_lifs(call, shape, false);
}
Status fcp_port_name_get_iter(Call& call) {
  static const RecordShape shape{"fcp-port-name-info", {"vserver", "port-name"}};
  return fcp_lifs(call, shape, true);
}

}  // namespace

std::vector<ApiEntry> iscsi_apis() {
  constexpr std::string_view chap =
      "auth-type* initiator* initiator-address-ranges:r outbound-passphrase outbound-password outbound-user-name "
      "passphrase password radius:b user-name";
  return {
      {.name = "iscsi-node-get-name", .scope = Scope::svm, .run = iscsi_node_get_name, .source = "Trident"},
      {.name = "iscsi-service-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = iscsi_service_get_iter,
       .source = "nDVP, Cinder"},
      {.name = "iscsi-service-create",
       .scope = Scope::svm,
       .input = "alias-name force-node-name:b node-name return-record:b start:b",
       .run = iscsi_service_create,
       .source = "Ansible's na_ontap_iscsi"},
      {.name = "iscsi-service-start",
       .scope = Scope::svm,
       .run = iscsi_service_start,
       .source = "Ansible's na_ontap_iscsi"},
      {.name = "iscsi-service-stop",
       .scope = Scope::svm,
       .run = iscsi_service_stop,
       .source = "Ansible's na_ontap_iscsi"},
      {.name = "iscsi-service-destroy",
       .scope = Scope::svm,
       .run = iscsi_service_destroy,
       .source = "Ansible's na_ontap_iscsi"},
      {.name = "iscsi-interface-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = iscsi_interface_get_iter,
       .source = "Trident, Cinder"},
      {.name = "iscsi-initiator-get-default-auth",
       .scope = Scope::svm,
       .run = iscsi_initiator_get_default_auth,
       .source = "Trident"},
      {.name = "iscsi-initiator-set-default-auth",
       .scope = Scope::svm,
       .input =
           "auth-type* outbound-passphrase outbound-password outbound-user-name passphrase password radius:b user-name",
       .run = iscsi_initiator_set_default_auth,
       .source = "Trident"},
      {.name = "iscsi-initiator-add-auth",
       .scope = Scope::svm,
       .input = chap,
       .run = iscsi_initiator_add_auth,
       .source = "Cinder"},
      {.name = "iscsi-initiator-get-auth",
       .scope = Scope::svm,
       .input = "initiator*",
       .run = iscsi_initiator_get_auth,
       .source = "13112: Cinder"},
      {.name = "iscsi-initiator-modify-chap-params",
       .scope = Scope::svm,
       .input = "initiator* outbound-passphrase outbound-password outbound-user-name passphrase password radius:b "
                "remove-outbound:b user-name",
       .run = iscsi_initiator_modify_chap_params,
       .source = "Cinder"},
      {.name = "iscsi-initiator-delete-auth",
       .scope = Scope::svm,
       .input = "initiator*",
       .run = iscsi_initiator_delete_auth,
       .source = "15661 is assumption A7"},
      {.name = "iscsi-initiator-auth-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = iscsi_initiator_auth_get_iter,
       .source = "Trident"},
      {.name = "iscsi-initiator-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = iscsi_initiator_get_iter,
       .source = "Trident"},
      {.name = "fcp-node-get-name", .scope = Scope::svm, .run = fcp_node_get_name, .source = "Trident"},
      {.name = "fcp-interface-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = fcp_interface_get_iter,
       .source = "Trident"},
      {.name = "fcp-port-name-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = fcp_port_name_get_iter,
       .source = "Cinder uses ports in use"},
      {.name = "fcp-service-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = fcp_service_get_iter,
       .source = "Ansible's na_ontap_fcp"},
      {.name = "fcp-service-create",
       .scope = Scope::svm,
       .input = "force-node-name:b node-name start:b",
       .run = fcp_service_create,
       .source = "Ansible"},
      {.name = "fcp-service-start", .scope = Scope::svm, .run = fcp_service_start, .source = "13013: Ansible"},
      {.name = "fcp-service-stop", .scope = Scope::svm, .run = fcp_service_stop, .source = "Ansible"},
      {.name = "fcp-service-destroy", .scope = Scope::svm, .run = fcp_service_destroy, .source = "Ansible"},
      {.name = "fcp-service-status", .scope = Scope::svm, .run = fcp_service_status, .source = "Ansible"},
  };
}

}  // namespace ontap_sim::zapi
