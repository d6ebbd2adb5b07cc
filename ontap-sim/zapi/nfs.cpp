// The NFS service. Source: section 7.10.
#include "ontap-sim/model/nas_ops.h"

#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

/// The inputs are the names of nfs-info; booleans are brought to "true" and "false".
model::Result<std::map<std::string, std::string>> read_nfs(const Call& call) {
  std::map<std::string, std::string> settings;
  for (const auto& [name, normal] : model::nfs_defaults()) {
    const auto value = call.optional_text(name.c_str());
    if (!value) continue;
    if (normal != "true" && normal != "false") {
      settings[name] = *value;
      continue;
    }
    const auto flag = parse_boolean(*value);
    if (!flag) return call.invalid(name.c_str());
    settings[name] = *flag ? "true" : "false";
  }
  return settings;
}

Status nfs_enable(Call& call) { return model::create_nfs(call.cluster, call.svm(), {}, true); }

Status nfs_service_create(Call& call) {
  auto settings = read_nfs(call);
  if (!settings) return settings.error();
  return model::create_nfs(call.cluster, call.svm(), *settings, false);
}

Status nfs_service_modify(Call& call) {
  auto settings = read_nfs(call);
  if (!settings) return settings.error();
  return model::modify_nfs(call.cluster, call.svm(), *settings);
}

Status nfs_service_destroy(Call& call) { return model::destroy_nfs(call.cluster, call.svm()); }
Status nfs_disable(Call& call) {
  return model::modify_nfs(call.cluster, call.svm(), {{"is-nfs-access-enabled", "false"}});
}

Status nfs_status(Call& call) {
  if (!call.svm().nfs) return model::missing_entry();
  call.put_flag("is-enabled", call.svm().nfs->access);
  return {};
}

Status nfs_service_get_iter(Call& call) {
  static const RecordShape shape{"nfs-info", {"vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const model::Svm& svm, bool) {
    if (!svm.nfs) return true;
    return (*page)->row({svm.name}, [&](Out& out) {
      for (const auto& [name, value] : svm.nfs->settings) out.text(name.c_str(), value);
      out.text("vserver", svm.name);
    });
  });
  return (*page)->finish();
}

Status nfs_service_get_create_defaults(Call& call) {
  pugi::xml_node info = call.put("defaults").append_child("nfs-info");
  for (const auto& [name, value] : model::nfs_defaults()) append_text(info, name.c_str(), value);
  return {};
}

constexpr std::string_view kNfsInput =
    "chown-mode default-windows-group default-windows-user enable-ejukebox is-mount-rootonly-enabled "
    "is-nfs-access-enabled is-nfs-rootonly-enabled "
    "is-nfsv2-enabled is-nfsv3-64bit-identifiers-enabled@30 is-nfsv3-connection-drop-enabled@30 is-nfsv3-enabled "
    "is-nfsv3-fsid-change-enabled "
    "is-nfsv4-fsid-change-enabled is-nfsv4-numeric-ids-enabled is-nfsv40-acl-enabled is-nfsv40-enabled "
    "is-nfsv40-migration-enabled "
    "is-nfsv40-read-delegation-enabled is-nfsv40-referrals-enabled is-nfsv40-req-open-confirm-enabled "
    "is-nfsv40-write-delegation-enabled is-nfsv41-acl-enabled "
    "is-nfsv41-acl-preserve-enabled is-nfsv41-enabled is-nfsv41-migration-enabled is-nfsv41-pnfs-enabled "
    "is-nfsv41-pnfs-striped-volumes-enabled "
    "is-nfsv41-read-delegation-enabled is-nfsv41-referrals-enabled is-nfsv41-state-protection-enabled "
    "is-nfsv41-write-delegation-enabled "
    "is-qtree-export-enabled is-tcp-enabled is-udp-enabled is-v3-ms-dos-client-enabled@30 "
    "is-validate-qtree-export-enabled is-vstorage-enabled "
    "nfsv4-acl-max-aces nfsv4-grace-seconds nfsv4-id-domain nfsv4-lease-seconds nfsv41-implementation-id-domain "
    "nfsv41-implementation-id-name "
    "nfsv41-implementation-id-time nfsv4x-session-num-slots nfsv4x-session-slot-reply-cache-size "
    "ntfs-unix-security-ops rpcsec-ctx-high rpcsec-ctx-idle "
    "showmount@30 tcp-max-xfer-size udp-max-xfer-size return-record:b";

}  // namespace

std::vector<ApiEntry> nfs_apis() {
  return {
      {.name = "nfs-enable", .scope = Scope::svm, .run = nfs_enable, .source = "Manila; a repeat succeeds"},
      {.name = "nfs-disable", .scope = Scope::svm, .run = nfs_disable, .source = "Ansible's na_ontap_nfs"},
      {.name = "nfs-status", .scope = Scope::svm, .run = nfs_status, .source = "Ansible's na_ontap_nfs"},
      {.name = "nfs-service-create",
       .scope = Scope::svm,
       .input = kNfsInput,
       .run = nfs_service_create,
       .source = "section 7.10"},
      {.name = "nfs-service-modify",
       .scope = Scope::svm,
       .input = kNfsInput,
       .run = nfs_service_modify,
       .source = "gates of the release: Manila"},
      {.name = "nfs-service-destroy",
       .scope = Scope::svm,
       .run = nfs_service_destroy,
       .source = "Ansible's na_ontap_nfs"},
      {.name = "nfs-service-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = nfs_service_get_iter,
       .source = "Manila"},
      {.name = "nfs-service-get-create-defaults",
       .scope = Scope::svm,
       .input = "attributes:r",
       .run = nfs_service_get_create_defaults,
       .source = "Manila"},
  };
}

}  // namespace ontap_sim::zapi
