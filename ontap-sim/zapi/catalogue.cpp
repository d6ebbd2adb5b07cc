// The names of the catalogue with tier and scope: every API that a known client sends. A row of a family's own table
// takes the place of the row here. Source: appendix A of the array's specification.
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

struct Names {
  int tier;
  Scope scope;
  std::string_view names;
};

// clang-format off
constexpr Names kNames[] = {
    {1, Scope::any,
     "ems-autosupport-log export-rule-get-iter igroup-get-iter iscsi-service-get-iter net-interface-get-iter qtree-list-iter "
     "quota-list-entries-iter snapmirror-get-iter snapmirror-update-ls-set snapshot-get-iter system-get-ontapi-version "
     "system-get-version volume-get-iter vserver-get-iter vserver-show-aggr-get-iter"},
    {1, Scope::svm,
     "export-policy-create export-rule-create igroup-add igroup-create igroup-destroy igroup-remove lun-create-by-size "
     "lun-destroy lun-get-attribute lun-get-serial-number lun-map lun-map-list-info lun-offline lun-online lun-set-attribute "
     "qtree-create qtree-delete-async qtree-rename quota-off quota-on quota-resize quota-set-entry quota-status snapshot-create "
     "volume-clone-create volume-clone-split-start volume-create volume-destroy volume-get-root-name volume-modify-iter "
     "volume-mount volume-offline volume-size volume-unmount"},
    {1, Scope::cluster,
     "aggr-get-iter system-node-get-iter"},
    {2, Scope::any,
     "cifs-server-get-iter cifs-share-access-control-get-iter cifs-share-get-iter export-policy-get-iter fcp-interface-get-iter "
     "fcp-port-name-get-iter file-assign-qos file-copy-get-iter file-list-directory-iter fpolicy-policy-event-get-iter "
     "fpolicy-policy-get-iter fpolicy-policy-scope-get-iter fpolicy-policy-status-get-iter iscsi-initiator-auth-get-iter "
     "iscsi-initiator-get-iter iscsi-interface-get-iter job-get-iter job-schedule-get-iter lun-copy-cancel lun-copy-get-iter "
     "lun-copy-start lun-get-iter lun-map-get-iter lun-move-get-iter lun-move-start net-interface-create net-interface-delete "
     "net-interface-modify nfs-service-get-iter perf-object-counter-list-info perf-object-get-instances "
     "perf-object-instance-list-info-iter security-certificate-create security-certificate-delete security-certificate-get-iter "
     "security-ssl-modify sis-get-iter snapmirror-abort snapmirror-break snapmirror-create snapmirror-destroy "
     "snapmirror-destroy-iter snapmirror-get snapmirror-get-destination-iter snapmirror-initialize snapmirror-modify "
     "snapmirror-policy-add-rule snapmirror-policy-create snapmirror-policy-delete snapmirror-policy-get-iter "
     "snapmirror-quiesce snapmirror-release snapmirror-release-iter snapmirror-restore snapmirror-resume snapmirror-resync "
     "snapmirror-update system-user-capability-get-iter volume-clone-get-iter volume-move-get-iter volume-move-start "
     "volume-move-trigger-abort volume-move-trigger-cutover vserver-peer-get-iter"},
    {2, Scope::svm,
     "cg-commit cg-start cifs-domain-preferred-dc-add cifs-domain-preferred-dc-remove cifs-domain-server-discovery-mode-modify "
     "cifs-local-user-rename cifs-local-user-set-password cifs-security-modify cifs-server-create cifs-server-delete "
     "cifs-server-modify cifs-share-access-control-create cifs-share-access-control-delete cifs-share-access-control-modify "
     "cifs-share-create cifs-share-delete clone-create clone-split-status export-policy-destroy export-policy-get "
     "export-policy-rename export-rule-destroy export-rule-modify fcp-node-get-name file-copy-destroy file-copy-start "
     "file-delete-file file-rename-file file-usage-get fpolicy-disable-policy fpolicy-enable-policy fpolicy-policy-create "
     "fpolicy-policy-delete fpolicy-policy-event-create fpolicy-policy-event-delete fpolicy-policy-scope-create "
     "fpolicy-policy-scope-delete fpolicy-policy-scope-modify iscsi-initiator-add-auth iscsi-initiator-delete-auth "
     "iscsi-initiator-get-auth iscsi-initiator-get-default-auth iscsi-initiator-modify-chap-params "
     "iscsi-initiator-set-default-auth iscsi-node-get-name kerberos-config-get kerberos-config-modify kerberos-realm-create "
     "kerberos-realm-modify ldap-client-create ldap-client-delete ldap-config-create ldap-config-delete lun-get-geometry "
     "lun-initiator-list-map-info lun-move lun-resize lun-set-qos-policy-group lun-set-space-reservation-info lun-unmap "
     "net-dns-create net-dns-get net-dns-modify net-routes-create nfs-enable nfs-service-get-create-defaults nfs-service-modify "
     "qtree-modify sis-disable sis-disable-async sis-enable sis-enable-async sis-set-config sis-set-config-async "
     "snapshot-delete snapshot-rename snapshot-restore-volume volume-autosize-get volume-clone-create-async "
     "volume-clone-split-status volume-clone-split-stop volume-create-async volume-destroy-async volume-get-volume-path "
     "volume-modify-iter-async volume-online volume-options-list-info volume-rename volume-set-snaplock-attrs volume-size-async "
     "vserver-get"},
    {2, Scope::cluster,
     "aggr-options-list-info aggr-space-get-iter cf-get-partner cluster-identity-get cluster-peer-create cluster-peer-delete "
     "cluster-peer-get-iter cluster-peer-policy-get cluster-peer-policy-modify data-lif-capacity-details license-v2-list-info "
     "net-ipspaces-assign-vserver net-ipspaces-create net-ipspaces-destroy net-ipspaces-get-iter net-options-get "
     "net-port-broadcast-domain-add-ports net-port-broadcast-domain-create net-port-broadcast-domain-destroy "
     "net-port-broadcast-domain-get-iter net-port-broadcast-domain-modify net-port-broadcast-domain-remove-ports net-port-get "
     "net-port-get-iter net-vlan-create net-vlan-delete qos-adaptive-policy-group-create qos-adaptive-policy-group-delete "
     "qos-adaptive-policy-group-delete-iter qos-adaptive-policy-group-get-iter qos-adaptive-policy-group-modify "
     "qos-adaptive-policy-group-rename qos-policy-group-create qos-policy-group-delete qos-policy-group-delete-iter "
     "qos-policy-group-get-iter qos-policy-group-modify qos-policy-group-rename "
     "security-key-manager-volume-encryption-supported snaplock-get-node-compliance-clock storage-disk-get-iter "
     "volume-recovery-queue-get-iter volume-recovery-queue-purge volume-rehost vserver-create vserver-destroy vserver-modify "
     "vserver-peer-accept vserver-peer-create vserver-peer-delete vserver-rename vserver-start vserver-stop"},
    {3, Scope::any,
     "active-directory-account-get-iter api-list-info cifs-local-group-members-get-iter cifs-local-user-get-iter "
     "cifs-options-get-iter cifs-security-get-iter cifs-session-get-iter ems-event-notification-destination-get-iter "
     "ems-event-notification-get-iter fcp-service-get-iter fcp-wwpnalias-get-iter file-directory-security-ntfs-dacl-get-iter "
     "file-directory-security-ntfs-get-iter file-directory-security-policy-get-iter "
     "file-directory-security-policy-task-get-iter fileservice-audit-config-get-iter flexcache-get-iter "
     "fpolicy-policy-external-engine-get-iter job-get job-schedule-cron-create job-schedule-cron-destroy "
     "job-schedule-cron-get-iter job-schedule-cron-modify kerberos-config-get-iter kerberos-realm-get-iter ldap-client-get-iter "
     "ldap-config-get-iter lock-get-iter name-mapping-unix-group-get-iter name-mapping-unix-user-get-iter "
     "nameservice-nsswitch-get-iter ndmp-vserver-attributes-get-iter net-dns-get-iter net-failover-group-get-iter "
     "net-firewall-policy-get-iter net-interface-migrate net-interface-rename net-interface-service-policy-get-iter "
     "net-routes-get-iter nis-get-iter nvme-get-iter nvme-interface-get-iter nvme-namespace-get-iter nvme-subsystem-get-iter "
     "nvme-subsystem-host-get-iter nvme-subsystem-map-get-iter perf-object-instance-list-info perf-object-list-info "
     "portset-get-iter quota-policy-get-iter quota-report-iter security-login-create security-login-delete "
     "security-login-get-iter security-login-lock security-login-modify security-login-modify-password "
     "security-login-role-config-get-iter security-login-role-create security-login-role-delete security-login-role-get-iter "
     "security-login-role-modify security-login-unlock security-ssh-get-iter security-ssl-get-iter sis-policy-get-iter "
     "snapmirror-initialize-ls-set snapmirror-policy-modify snapshot-policy-get-iter system-api-get-elements system-api-list "
     "system-api-list-types volume-encryption-conversion-get-iter volume-footprint-get-iter volume-move-target-aggr-get-iter "
     "volume-space-get-iter vscan-connection-extended-stats-get-iter vscan-connection-status-all-get-iter "
     "vscan-on-access-policy-get-iter vscan-on-demand-task-get-iter vscan-scanner-pool-get-iter vscan-status-get-iter "
     "vserver-login-banner-get-iter vserver-motd-get-iter"},
    {3, Scope::svm,
     "active-directory-account-create active-directory-account-delete active-directory-account-modify "
     "cifs-local-group-members-add-members cifs-local-group-members-remove-members cifs-local-user-modify cifs-server-start "
     "cifs-server-stop cifs-share-modify fcp-service-create fcp-service-destroy fcp-service-start fcp-service-status "
     "fcp-service-stop file-directory-security-ntfs-create file-directory-security-ntfs-dacl-add "
     "file-directory-security-ntfs-dacl-modify file-directory-security-ntfs-dacl-remove file-directory-security-ntfs-delete "
     "file-directory-security-ntfs-modify file-directory-security-policy-create file-directory-security-policy-delete "
     "file-directory-security-policy-task-add file-directory-security-policy-task-modify "
     "file-directory-security-policy-task-remove file-directory-security-set flexcache-create-async flexcache-destroy-async "
     "fpolicy-policy-event-modify fpolicy-policy-external-engine-create fpolicy-policy-external-engine-delete "
     "fpolicy-policy-external-engine-modify fpolicy-policy-modify igroup-rename iscsi-service-create iscsi-service-destroy "
     "iscsi-service-start iscsi-service-stop kerberos-realm-delete ldap-client-modify ldap-config-modify "
     "name-mapping-unix-group-add-user name-mapping-unix-group-create name-mapping-unix-group-delete-user "
     "name-mapping-unix-group-destroy name-mapping-unix-group-modify name-mapping-unix-user-create "
     "name-mapping-unix-user-destroy name-mapping-unix-user-modify nameservice-nsswitch-create nameservice-nsswitch-destroy "
     "nameservice-nsswitch-modify ndmp-vserver-attributes-modify net-dns-destroy net-firewall-config-get "
     "net-firewall-config-modify net-firewall-policy-create net-firewall-policy-destroy net-firewall-policy-modify "
     "net-routes-destroy net-routes-get nfs-disable nfs-service-destroy nfs-status nvme-create nvme-delete nvme-modify "
     "nvme-namespace-create nvme-namespace-delete nvme-subsystem-create nvme-subsystem-delete nvme-subsystem-host-add "
     "nvme-subsystem-host-remove nvme-subsystem-map-add nvme-subsystem-map-remove object-store-information portset-add "
     "portset-create portset-destroy portset-remove qtree-delete quota-delete-entry quota-modify-entry quota-policy-create "
     "quota-policy-delete quota-policy-rename security-config-get security-config-modify security-protocol-get "
     "sis-policy-create sis-policy-delete sis-policy-modify sis-start sis-stop snapshot-modify-iter snapshot-policy-create "
     "snapshot-policy-delete snapshot-policy-modify space-information volume-autosize-set volume-clone-get "
     "volume-encryption-conversion-start volume-get-snaplock-attrs volume-offline-async volume-online-async volume-rename-async "
     "volume-restrict vscan-on-access-policy-create vscan-on-access-policy-delete vscan-on-access-policy-modify "
     "vscan-on-access-policy-status-modify vscan-on-demand-task-create vscan-on-demand-task-delete "
     "vscan-scanner-pool-apply-policy vscan-scanner-pool-create vscan-scanner-pool-delete vscan-scanner-pool-modify "
     "vscan-status-modify vserver-login-banner-modify-iter vserver-motd-modify-iter"},
    {3, Scope::cluster,
     "aggr-add aggr-create aggr-destroy aggr-efficiency-get-iter aggr-object-store-attach aggr-object-store-config-create "
     "aggr-object-store-config-delete aggr-object-store-config-get aggr-object-store-config-get-iter aggr-object-store-get-iter "
     "aggr-offline aggr-online aggr-rename aggr-status-get-iter autosupport-check-iter autosupport-config-get "
     "autosupport-config-get-iter autosupport-config-modify autosupport-invoke cf-get-iter cf-modify-iter cf-service-disable "
     "cf-service-enable cluster-add-node cluster-add-node-status-get-iter cluster-create cluster-create-join-progress-get "
     "cluster-ha-get cluster-ha-modify cluster-identity-modify cluster-image-get cluster-image-get-iter "
     "cluster-image-package-delete cluster-image-package-local-get-iter cluster-image-update cluster-log-forward-create "
     "cluster-log-forward-destroy cluster-log-forward-get cluster-log-forward-get-iter cluster-node-get-iter "
     "cluster-remove-node cluster-switch-get-iter diagnosis-alert-get-iter diagnosis-status-get "
     "diagnosis-subsystem-config-get-iter disk-encrypt-get-iter environment-sensors-get-iter license-v2-add license-v2-delete "
     "license-v2-status-list-info metrocluster-check-get-iter metrocluster-get metrocluster-interconnect-adapter-get-iter "
     "metrocluster-node-get-iter net-device-discovery-get-iter net-ipspaces-rename net-port-ifgrp-add-port "
     "net-port-ifgrp-create net-port-ifgrp-destroy net-port-ifgrp-get net-port-ifgrp-remove-port net-port-modify "
     "net-subnet-create net-subnet-destroy net-subnet-get-iter net-subnet-modify net-subnet-rename net-vlan-get-iter "
     "ntp-server-create ntp-server-delete ntp-server-get-iter ntp-server-modify options-get-iter options-list-info options-set "
     "qos-workload-get-iter security-key-manager-add security-key-manager-delete security-key-manager-get-iter "
     "security-key-manager-key-get-iter security-key-manager-setup service-processor-get service-processor-get-iter "
     "service-processor-image-update service-processor-image-update-progress-get service-processor-network-get-iter "
     "service-processor-network-modify service-processor-reboot snmp-community-add snmp-community-delete snmp-status "
     "storage-bridge-get-iter storage-shelf-acp-firmware-update storage-shelf-acp-module-get-iter "
     "storage-shelf-environment-list-info storage-shelf-firmware-update storage-shelf-info-get-iter system-cli system-get-info "
     "system-get-node-info-iter system-image-update-progress-get system-node-get system-node-modify system-node-rename "
     "ucm-adapter-get ucm-adapter-get-iter ucm-adapter-modify"},
};
// clang-format on

}  // namespace

std::vector<ApiEntry> catalogue() {
  std::vector<ApiEntry> rows;
  for (const Names& group : kNames) {
    for (const std::string_view name : base::split(group.names, ' ')) {
      if (!name.empty())
        rows.push_back(
            {.name = name, .tier = group.tier, .scope = group.scope, .source = "catalogue only: not modelled"});
    }
  }
  return rows;
}

}  // namespace ontap_sim::zapi
