// The fields of the record types, from appendix C of the array's specification. A trailing + marks fields that only
// newer releases have.
#include "ontap-sim/zapi/schema.h"

#include <algorithm>
#include <map>
#include <set>

#include "ontap-sim/zapi/call.h"

namespace ontap_sim::zapi {
namespace {

struct TypeRow {
  std::string_view type;
  std::string_view fields;
};

// clang-format off
constexpr TypeRow kTypes[] = {
    {"aggr-64bit-upgrade-attributes", "aggr-check-attributes aggr-start-attributes aggr-status-attributes"},
    {"aggr-attributes", 
      "aggr-64bit-upgrade-attributes aggr-fs-attributes aggr-inode-attributes aggr-ownership-attributes "
      "aggr-performance-attributes aggr-raid-attributes aggr-snaplock-attributes aggr-snapmirror-attributes "
      "aggr-snapshot-attributes aggr-space-attributes aggr-striping-attributes aggr-volume-count-attributes "
      "aggr-wafliron-attributes aggregate-name aggregate-uuid nodes striping-type"},
    {"aggr-check-attributes", "added-space check-last-errno cookie is-space-estimate-complete"},
    {"aggr-fs-attributes", "block-type fsid type"},
    {"aggr-inode-attributes", 
      "files-private-used files-total files-used inodefile-private-capacity inodefile-public-capacity maxfiles-available "
      "maxfiles-possible maxfiles-used percent-inode-used-capacity"},
    {"aggr-option-info", "name value"},
    {"aggr-ownership-attributes", "home-id home-name owner-id owner-name cluster dr-home-id dr-home-name"},
    {"aggr-performance-attributes", "free-space-realloc max-write-alloc-blocks"},
    {"aggr-raid-attributes", 
      "cache-raid-group-size checksum-status checksum-style disk-count ha-policy has-local-root has-partner-root "
      "is-checksum-enabled is-hybrid is-hybrid-enabled is-inconsistent mirror-status mount-state plex-count plexes "
      "raid-lost-write-state raid-size raid-status raid-type state aggregate-type encrypt-with-aggr-key+ is-root-aggregate+ "
      "is-flash-pool-caching-enabled+"},
    {"aggr-snaplock-attributes", "is-snaplock snaplock-type"},
    {"aggr-snapmirror-attributes", "dp-snapmirror-destinations ls-snapmirror-destinations mv-snapmirror-destinations"},
    {"aggr-snapshot-attributes", 
      "files-total files-used is-snapshot-auto-create-enabled is-snapshot-auto-delete-enabled maxfiles-available "
      "maxfiles-possible maxfiles-used percent-inode-used-capacity percent-used-capacity size-available size-total size-used "
      "snapshot-reserve-percent"},
    {"aggr-space-attributes", 
      "aggregate-metadata hybrid-cache-size-total percent-used-capacity size-available size-total size-used "
      "total-reserved-space used-including-snapshot-reserve volume-footprints physical-used+ physical-used-percent+ "
      "capacity-tier-used+"},
    {"aggr-start-attributes", "min-space-for-upgrade start-last-errno"},
    {"aggr-status-attributes", "is-64-bit-upgrade-in-progress"},
    {"aggr-striping-attributes", "member-count"},
    {"aggr-volume-count-attributes", 
      "flexvol-count flexvol-count-collective flexvol-count-not-online flexvol-count-quiesced flexvol-count-striped"},
    {"aggr-wafliron-attributes", "last-start-errno last-start-error-info scan-percentage state summary-scan-percentage"},
    {"aggregation-data", "constituent-count result"},
    {"block-range", "block-count destination-block-number source-block-number"},
    {"capability-info", "object-name operation-list"},
    {"certificate-info", 
      "certificate-authority common-name country email-address expiration-date expire-days hash-function locality "
      "organization organization-unit protocol public-certificate serial-number size start-date state type vserver"},
    {"cifs-server-config", 
      "administrative-status auth-style cifs-server default-site domain domain-workgroup organizational-unit vserver"},
    {"cifs-share", 
      "acl attribute-cache-ttl cifs-server comment dir-umask file-umask offline-files-mode path share-name share-properties "
      "symlink-properties volume vscan-fileop-profile vserver force-group-for-create+ max-connections-per-share+"},
    {"cifs-share-access-control", "permission share user-or-group vserver winsid"},
    {"clone-split-detail-info", 
      "blocks-scanned blocks-updated inode-percentage-complete inodes-processed inodes-total name block-percentage-complete"},
    {"cluster-identity-info", "cluster-contact cluster-location cluster-name cluster-serial-number cluster-uuid rdb-uuid"},
    {"cluster-peer-info", 
      "active-addresses availability cluster-name cluster-uuid peer-addresses remote-cluster-name serial-number timeout"},
    {"cluster-peer-policy", "is-unauthenticated-access-permitted passphrase-minimum-length"},
    {"counter-data", "name value"},
    {"counter-info", 
      "aggregation-style base-counter desc is-key labels name privilege-level properties translation-input-counter type unit"},
    {"data-lif-capacity-details-info", "capacity-for-node count-for-node limit-for-node node"},
    {"disk-aggregate-info", 
      "aggregate-name checksum-type copy-destination-name copy-percent-complete copy-reason is-evacuating is-media-scrubbing "
      "is-offline is-prefailed is-reconstructing is-replacing is-zeroed is-zeroing plex-name raid-group-name "
      "reconstruct-percent-complete zeroing-percent-complete"},
    {"disk-info", "name"},
    {"disk-inventory-info", 
      "bytes-per-sector capacity-sectors carrier-id carrier-serialno checksum-compatibility disk-type disk-uid "
      "firmware-revision grown-defect-list-count health-monitor-time-interval import-in-progress is-dynamically-qualified "
      "is-foreign is-multidisk-carrier media-scrub-count media-scrub-last-done-time-interval model right-size-sectors rpm "
      "serial-number shelf shelf-bay storage-ssd-info vendor vmdisk-backing-info"},
    {"disk-outage-info", "is-in-fdr reason"},
    {"disk-ownership-info", 
      "disk-uid dr-home-node-id dr-home-node-name home-node-id home-node-name is-failed owner-node-id owner-node-name pool "
      "reserved-by-node-id"},
    {"disk-path-info", 
      "array-name disk-name disk-port disk-port-name disk-uid initiator-io-kbps initiator-iops initiator-lun-in-use-count "
      "initiator-port initiator-port-speed initiator-side-switch-port lun-io-kbps lun-iops lun-number lun-path-use-state node "
      "path-io-kbps path-iops path-link-errors path-lun-in-use-count path-quality preferred-target-port target-io-kbps "
      "target-iops target-lun-in-use-count target-port-access-state target-side-switch-port target-wwpn tpgn vmdisk-device-id "
      "vmdisk-hypervisor-area-name vmdisk-hypervisor-file-name"},
    {"disk-raid-info", 
      "active-node-name container-type disk-aggregate-info disk-outage-info disk-spare-info disk-uid effective-disk-type "
      "effective-rpm physical-blocks position spare-pool used-blocks disk-shared-info"},
    {"disk-spare-info", "is-media-scrubbing is-offline is-sparecore is-zeroed is-zeroing zeroing-percent-complete"},
    {"disk-stats-info", 
      "average-latency bytes-per-sector disk-io-kbps disk-iops disk-uid path-error-count power-on-time-interval sectors-read "
      "sectors-written"},
    {"errors-warnings-info", "error-warning"},
    {"export-policy-info", "policy-id policy-name vserver"},
    {"export-rule-info", 
      "anonymous-user-id client-match export-chown-mode export-ntfs-unix-security-ops is-allow-dev-is-enabled "
      "is-allow-set-uid-enabled policy-name protocol ro-rule rule-index rw-rule super-user-security vserver-name"},
    {"fcp-interface-info", 
      "current-node current-port interface-name node-name port-address port-name relative-port-id vserver"},
    {"fcp-port-name-info", "fcp-adapter is-used port-name vserver"},
    {"fcp-service-info", "is-available node-name vserver"},
    {"file-copy-info", 
      "destination-file-generation-id destination-file-path destination-fileid destination-path destination-volume-dsid "
      "file-index is-destination-ready is-scanner-active is-scanner-paused is-snapshot-fenced job-uuid last-failure-reason "
      "report-time scanner-progress-bytes scanner-progress-percentage scanner-status scanner-total-size "
      "source-file-generation-id source-file-path source-fileid source-volume-dsid source-volume-msid vserver"},
    {"file-info", 
      "accessed-timestamp acl-type bytes-used changed-timestamp creation-timestamp dsid file-size file-type group-id "
      "hard-links-count inode-gen-number inode-number is-empty is-junction is-vm-aligned modified-timestamp msid name "
      "owner-id perm"},
    {"fpolicy-event-options-config", "event-name file-operations filter-string protocol volume-operation vserver"},
    {"fpolicy-policy-info", 
      "allow-privileged-access engine-name events is-mandatory policy-name privileged-user-name vserver"},
    {"fpolicy-policy-status-info", "policy-name sequence-number status vserver"},
    {"fpolicy-scope-config", 
      "check-extensions-on-directories export-policies-to-exclude export-policies-to-include file-extensions-to-exclude "
      "file-extensions-to-include policy-name shares-to-exclude shares-to-include volumes-to-exclude volumes-to-include "
      "vserver"},
    {"initiator-group-info", 
      "initiator-group-alua-enabled initiator-group-name initiator-group-os-type initiator-group-portset-name "
      "initiator-group-report-scsi-name-enabled initiator-group-throttle-borrow initiator-group-throttle-reserve "
      "initiator-group-type initiator-group-use-partner initiator-group-uuid initiator-group-vsa-enabled initiators lun-id "
      "vserver initiator-group-delete-on-unmap+"},
    {"initiator-group-list-info", "initiator-group-name"},
    {"initiator-info", "initiator-name"},
    {"instance-data", "aggregation counters name uuid"},
    {"instance-info", "name uuid"},
    {"ipv6-options-info", "enabled"},
    {"iscsi-initiator-list-entry-info", 
      "initiator-aliasname initiator-group-list initiator-nodename isid target-session-id tpgroup-name tpgroup-tag vserver"},
    {"iscsi-interface-list-entry-info", 
      "current-node current-port interface-name ip-address ip-port is-interface-enabled relative-port-id tpgroup-name "
      "tpgroup-tag vserver sendtargets-fqdn+"},
    {"iscsi-security-entry-info", 
      "auth-chap-policy auth-type initiator outbound-user-name user-name vserver initiator-address-ranges+"},
    {"iscsi-service-info", 
      "alias-name is-available node-name vserver login-timeout+ max-cmds-per-session+ max-conn-per-session+ "
      "max-error-recovery-level+ retain-timeout+ tcp-window-size+"},
    {"job-info", 
      "is-restarted job-affinity job-category job-completion job-description job-dropdead-time job-end-time job-id job-name "
      "job-node job-priority job-process job-progress job-queue-time job-schedule job-start-time job-state job-status-code "
      "job-type job-username job-uuid job-vserver"},
    {"job-schedule-info", "job-schedule-description job-schedule-name job-schedule-type job-schedule-cluster+"},
    {"kerberos-config-info", 
      "admin-password admin-user-name interface-name ip-address is-kerberos-enabled keytab-uri organizational-unit "
      "service-principal-name vserver"},
    {"kerberos-realm", 
      "ad-server-ip ad-server-name admin-server-ip admin-server-port clock-skew comment config-name kdc-ip kdc-port "
      "kdc-vendor password-server-ip password-server-port realm"},
    {"ldap-client", 
      "ad-domain base-dn base-scope bind-as-cifs-server bind-dn bind-password group-dn group-scope is-owner "
      "ldap-client-config min-bind-level netgroup-dn netgroup-scope preferred-ad-servers query-timeout schema servers "
      "tcp-port use-start-tls user-dn user-scope vserver"},
    {"ldap-config", "client-config client-enabled vserver"},
    {"license-v2-info", 
      "customer-id description expiration-time grace-period-expiration is-in-grace-period legacy owner package serial-number "
      "type"},
    {"lun-copy-info", 
      "cutover-time destination-node destination-path destination-ready elapsed-time is-snapshot-fenced job-uuid "
      "last-failure-reason max-throughput promote-early scanner-progress-bytes scanner-progress-percent scanner-status "
      "scanner-total source-path vserver"},
    {"lun-info", 
      "alignment backing-snapshot block-size class clone-backing-snapshot comment creation-timestamp device-binary-id "
      "device-id device-text-id is-clone is-clone-autodelete-enabled is-restore-inaccessible is-space-alloc-enabled "
      "is-space-reservation-enabled mapped multiprotocol-type online path prefix-size qos-policy-group qtree read-only "
      "serial-number share-state size size-used staging suffix-size uuid volume vserver application-uuid+ application+ "
      "caching-policy+ is-inconsistent-import+ node+ qos-adaptive-policy-group+ serial-7-mode+ state+"},
    {"lun-map-info", "initiator-group initiator-group-uuid lun-id lun-uuid path vserver node+ reporting-nodes+"},
    {"lun-move-info", 
      "destination-path elapsed-time job-status job-uuid last-failure-reason scanner-progress source-path vserver"},
    {"net-dns-info", "attempts dns-state domains name-servers timeout vserver-name"},
    {"net-interface-info", 
      "address address-family administrative-status comment current-node current-port data-protocols dns-domain-name "
      "failover-group failover-policy firewall-policy home-node home-port interface-name is-auto-revert is-home "
      "is-ipv4-link-local lif-uuid listen-for-dns-query netmask netmask-length operational-status role routing-group-name "
      "use-failover-group vserver extended-status+ force-subnet-association+ ipspace+ is-dns-update-enabled+ is-vip+ "
      "probe-port+ service-names+ service-policy+ subnet-name+ wwpn+"},
    {"net-ipspaces-info", "broadcast-domains id ipspace ports uuid vservers"},
    {"net-options", "ipv6-options-info switchless-cluster-info"},
    {"net-port-broadcast-domain-info", 
      "broadcast-domain failover-groups ipspace mtu port-update-status-combined ports subnet-names"},
    {"net-port-info", 
      "administrative-duplex administrative-flowcontrol administrative-speed autorevert-delay ifgrp-distribution-function "
      "ifgrp-mode ifgrp-node ifgrp-port is-administrative-auto-negotiate is-administrative-up is-operational-auto-negotiate "
      "link-status mac-address mtu node operational-duplex operational-flowcontrol operational-speed port port-type "
      "remote-device-id role vlan-id vlan-node vlan-port ipspace broadcast-domain health-status ignore-health-status "
      "mtu-admin"},
    {"net-subnet-info", 
      "available-count broadcast-domain gateway ip-ranges ipspace subnet subnet-name total-count used-count"},
    {"net-vs-routes-info", "address-family destination gateway metric vserver"},
    {"nfs-info", 
      "chown-mode default-windows-group default-windows-user enable-ejukebox is-mount-rootonly-enabled is-nfs-access-enabled "
      "is-nfs-rootonly-enabled is-nfsv2-enabled is-nfsv3-connection-drop-enabled is-nfsv3-enabled "
      "is-nfsv3-fsid-change-enabled is-nfsv4-fsid-change-enabled is-nfsv4-numeric-ids-enabled is-nfsv40-acl-enabled "
      "is-nfsv40-enabled is-nfsv40-migration-enabled is-nfsv40-read-delegation-enabled is-nfsv40-referrals-enabled "
      "is-nfsv40-req-open-confirm-enabled is-nfsv40-write-delegation-enabled is-nfsv41-acl-enabled "
      "is-nfsv41-acl-preserve-enabled is-nfsv41-enabled is-nfsv41-migration-enabled is-nfsv41-pnfs-enabled "
      "is-nfsv41-pnfs-striped-volumes-enabled is-nfsv41-read-delegation-enabled is-nfsv41-referrals-enabled "
      "is-nfsv41-state-protection-enabled is-nfsv41-write-delegation-enabled is-qtree-export-enabled "
      "is-validate-qtree-export-enabled is-vstorage-enabled nfsv4-acl-max-aces nfsv4-grace-seconds nfsv4-id-domain "
      "nfsv4-lease-seconds nfsv41-implementation-id-domain nfsv41-implementation-id-name nfsv41-implementation-id-time "
      "nfsv4x-session-num-slots nfsv4x-session-slot-reply-cache-size ntfs-unix-security-ops rpcsec-ctx-high rpcsec-ctx-idle "
      "vserver showmount tcp-max-xfer-size udp-max-xfer-size is-tcp-enabled is-udp-enabled is-v3-ms-dos-client-enabled "
      "is-nfsv3-64bit-identifiers-enabled"},
    {"node-details-info", 
      "cpu-busytime cpu-firmware-release env-failed-fan-count env-failed-fan-message env-failed-power-supply-count "
      "env-failed-power-supply-message env-over-temperature is-epsilon-node is-node-cluster-eligible is-node-healthy "
      "maximum-aggregate-size maximum-number-of-volumes maximum-volume-size node node-asset-tag node-location node-model "
      "node-nvram-id node-owner node-serial-number node-system-id node-uptime node-uuid node-vendor nvram-battery-status "
      "product-version vm-system-disks vmhost-info is-all-flash-optimized+ is-all-flash-select-optimized+ "
      "is-capacity-optimized+ is-cloud-optimized+ is-diff-svcs+ is-perf-optimized+ node-storage-configuration+ "
      "sas2-sas3-mixed-stack-support+ storage-configuration"},
    {"node-ontapi-detail-info", "major-version minor-version node-name node-uuid"},
    {"node-version-detail-info", "build-timestamp node-name node-uuid version"},
    {"operation-info", "api-name command-path name"},
    {"plex-attributes", "is-online is-resyncing plex-name plex-status pool raidgroups resync-level resyncing-percentage"},
    {"qos-adaptive-policy-group-info", 
      "absolute-min-iops block-size expected-iops expected-iops-allocation num-workloads peak-iops peak-iops-allocation pgid "
      "policy-group uuid vserver"},
    {"qos-policy-group-delete-iter-info", "error-code error-message qos-policy-group-key"},
    {"qos-policy-group-info", 
      "max-throughput num-workloads pgid policy-group policy-group-class uuid vserver min-throughput is-shared"},
    {"qtree-info", 
      "export-policy id is-export-policy-inherited oplocks owning-vfiler qtree security-style status volume vserver mode+ "
      "qos-policy-group+"},
    {"qtree-list-iter-key-td", "key-0 key-1"},
    {"quota-entry", 
      "disk-limit file-limit line perform-user-mapping policy qtree quota-error quota-target quota-type soft-disk-limit "
      "soft-file-limit threshold volume vserver"},
    {"quota-error", "detail errno reason"},
    {"quota-list-entries-iter-key-td", "key-0 key-1 key-2 key-3 key-4 key-5"},
    {"raidgroup-attributes", 
      "checksum-style is-cache-tier is-recomputing-parity is-reconstructing raidgroup-name recomputing-parity-percentage "
      "reconstruction-percentage"},
    {"security-login-account-info", "application authentication-method comment is-locked role-name user-name vserver"},
    {"show-aggregates", "aggregate-name aggregate-type available-size is-nve-capable snaplock-type vserver-name"},
    {"sis-status-info", 
      "blocks-skipped-sharing changelog-size changelog-used-percent checkpoint-op-type checkpoint-progress checkpoint-stage "
      "checkpoint-sub-stage checkpoint-time compression-changelog-size is-compression-enabled is-constituent "
      "is-content-available is-idd-enabled is-inline-compression-enabled last-op-begin-timestamp last-op-end-timestamp "
      "last-op-error last-op-size last-op-state last-success-op-begin-timestamp last-success-op-end-timestamp "
      "logical-data-limit logical-data-size minimum-blocks-shared path policy progress queued-job-type quick-check-fsize "
      "schedule stale-fingerprint-percentage state status type vault-transfer-log-size vserver"},
    {"snapmirror-destination-info", 
      "destination-location destination-volume destination-vserver is-constituent progress-last-updated relationship-id "
      "relationship-status relationship-type source-location source-volume source-volume-node source-vserver "
      "transfer-progress cg-item-mappings+ policy-type+ relationship-group-type+"},
    {"snapmirror-destroy-iter-info", "error-code error-message snapmirror-key"},
    {"snapmirror-info", 
      "current-max-transfer-rate current-transfer-error current-transfer-priority current-transfer-type destination-cluster "
      "destination-location destination-volume destination-volume-node destination-vserver exported-snapshot "
      "exported-snapshot-timestamp is-constituent is-healthy lag-time last-transfer-duration last-transfer-end-timestamp "
      "last-transfer-error last-transfer-error-codes last-transfer-from last-transfer-size last-transfer-type "
      "max-transfer-rate mirror-state newest-snapshot newest-snapshot-timestamp policy progress-last-updated "
      "relationship-control-plane relationship-id relationship-progress relationship-status relationship-type schedule "
      "snapshot-checkpoint snapshot-progress source-cluster source-location source-volume source-vserver transfer-snapshot "
      "tries unhealthy-reason vserver break-failed-count+ break-successful-count+ catalog-status+ catalog-total-progress+ "
      "catalog-transfer-snapshot+ cg-item-mappings+ current-operation-id+ destination-endpoint-uuid+ "
      "destination-vserver-uuid+ file-restore-file-count+ file-restore-file-list+ identity-preserve+ is-auto-expand-enabled+ "
      "is-catalog-enabled+ last-transfer-network-compression-ratio+ network-compression-ratio+ opmask+ policy-type+ "
      "relationship-group-type+ resync-failed-count+ resync-successful-count+ source-endpoint-uuid+ source-vserver-uuid+ "
      "total-transfer-bytes+ total-transfer-time-secs+ update-failed-count+ update-successful-count+"},
    {"snapmirror-policy-info", 
      "comment ignore-atime owner policy-name restart snapmirror-policy-rules total-keep total-rules transfer-priority tries "
      "vserver-name archive-after-days+ are-data-ops-sequentially-split+ common-snapshot-schedule+ create-snapshot+ "
      "discard-configs+ is-network-compression-enabled+ type+ window-size-for-tdp-mirror+"},
    {"snapmirror-policy-rule-info", "keep preserve snapmirror-label warn prefix+ schedule+"},
    {"snapmirror-release-iter-info", "error-code error-message snapmirror-key result-operation-id+"},
    {"snapshot-info", 
      "access-time busy contains-lun-clones cumulative-percentage-of-total-blocks cumulative-percentage-of-used-blocks "
      "cumulative-total dependency fs-block-format is-7-mode-snapshot is-constituent-snapshot name percentage-of-total-blocks "
      "percentage-of-used-blocks snapmirror-label snapshot-instance-uuid snapshot-owners-list snapshot-version-uuid state "
      "total volume volume-provenance-uuid vserver afs-used+ comment+ compress-savings+ compression-type+ convert-recovery+ "
      "dedup-savings+ expiry-time+ infinite-snaplock-expiry-time+ inofile-version+ performance-metadata+ "
      "snaplock-expiry-time+ vbn0-savings+"},
    {"snapshot-owner", "owner"},
    {"snapshot-policy-info", "comment enabled policy snapshot-policy-schedules total-schedules vserver-name"},
    {"space-information", 
      "aggregate aggregate-metadata aggregate-metadata-percent aggregate-size object-store-metadata "
      "object-store-metadata-percent object-store-physical-used object-store-physical-used-percent "
      "object-store-referenced-capacity object-store-referenced-capacity-percent object-store-sis-space-saved "
      "object-store-sis-space-saved-percent object-store-size object-store-unreclaimed-space "
      "object-store-unreclaimed-space-percent percent-snapshot-space physical-used physical-used-percent snap-size-total "
      "snapshot-reserve-unusable snapshot-reserve-unusable-percent tier-name used-including-snapshot-reserve "
      "used-including-snapshot-reserve-percent volume-footprints volume-footprints-percent"},
    {"storage-disk-info", 
      "disk-inventory-info disk-name disk-ownership-info disk-paths disk-raid-info disk-stats-info disk-uid node-name"},
    {"storage-ssd-info", "percent-rated-life-used percent-spares-consumed percent-spares-consumed-limit"},
    {"switchless-cluster-info", "enabled"},
    {"system-node-kernel-info", "compilation-flags firmware-info kernel-info node-name"},
    {"system-path-version", "path-info version-info"},
    {"system-version-tuple", "generation major minor"},
    {"vlan-info", "gvrp-enabled interface-name node parent-interface vlanid"},
    {"vm-system-disks", 
      "vm-bootdisk-area-name vm-bootdisk-file-name vm-coredisk-area-name vm-coredisk-file-name vm-logdisk-area-name "
      "vm-logdisk-file-name"},
    {"vmdisk-backing-info", 
      "vmdisk-backing-device-id vmdisk-backing-disk-model vmdisk-backing-serial-number vmdisk-backing-vendor-id"},
    {"vmhost-info", 
      "vmhost-bios-release-date vmhost-bios-version vmhost-cpu-clock-rate vmhost-cpu-core-count vmhost-cpu-socket-count "
      "vmhost-cpu-thread-count vmhost-hardware-vendor vmhost-hypervisor vmhost-memory vmhost-model vmhost-name vmhost-uuid "
      "vm-custom-max-capacity+ vm-uuid+ vmhost-boot-time+ vmhost-error+ vmhost-gateway+ vmhost-ip-address+ vmhost-netmask+ "
      "vmhost-processor-id+ vmhost-processor-type+ vmhost-software-vendor+"},
    {"volume-64bit-upgrade-attributes", "volume-64bit-upgrade-check-attributes"},
    {"volume-64bit-upgrade-check-attributes", "age available-space capacity check-last-errno grow-space used-space"},
    {"volume-antivirus-attributes", "on-access-policy"},
    {"volume-attributes", 
      "volume-64bit-upgrade-attributes volume-antivirus-attributes volume-autosize-attributes volume-clone-attributes "
      "volume-directory-attributes volume-export-attributes volume-flexcache-attributes volume-hybrid-cache-attributes "
      "volume-id-attributes volume-infinitevol-attributes volume-inode-attributes volume-language-attributes "
      "volume-mirror-attributes volume-performance-attributes volume-qos-attributes volume-security-attributes "
      "volume-sis-attributes volume-snapshot-attributes volume-snapshot-autodelete-attributes volume-space-attributes "
      "volume-state-attributes volume-transition-attributes volume-vm-align-attributes encrypt+ encryption-state+ "
      "encryption-type+ key-id+ volume-autobalance-attributes+ volume-comp-aggr-attributes+ volume-snaplock-attributes+ "
      "volume-vserver-dr-protection-attributes+"},
    {"volume-autobalance-attributes", "is-autobalance-eligible"},
    {"volume-autosize-attributes", 
      "grow-threshold-percent increment-percent increment-size is-enabled maximum-size minimum-size mode reset "
      "shrink-threshold-percent"},
    {"volume-clone-attributes", "clone-child-count volume-clone-parent-attributes"},
    {"volume-clone-info", 
      "aggregate blocks-scanned blocks-updated dsid inode-percentage-complete inodes-processed inodes-total junction-active "
      "junction-path msid parent-snapshot parent-volume qos-policy-group-name size space-guarantee-enabled space-reserve "
      "split-estimate state used volume volume-type vserver parent-vserver"},
    {"volume-clone-parent-attributes", "dsid msid name snapshot-id snapshot-name uuid vserver-name+"},
    {"volume-comp-aggr-attributes", 
      "cloud-retrieval-policy needs-object-retagging tiering-minimum-cooling-days tiering-object-tags tiering-policy"},
    {"volume-directory-attributes", "i2p-enabled max-dir-size root-dir-gen"},
    {"volume-error", "errno name reason vserver"},
    {"volume-export-attributes", "policy"},
    {"volume-flexcache-attributes", "cache-policy fill-policy min-reserve origin"},
    {"volume-hybrid-cache-attributes", 
      "eligibility write-cache-ineligibility-reason cache-retention-priority+ caching-policy+"},
    {"volume-id-attributes", 
      "comment containing-aggregate-name containing-aggregate-uuid creation-time dsid fsid instance-uuid junction-parent-name "
      "junction-path msid name name-ordinal owning-vserver-name owning-vserver-uuid provenance-uuid style type uuid "
      "aggr-list+ application-uuid+ application+ extent-size+ flexcache-endpoint-type+ flexgroup-index+ flexgroup-msid+ "
      "flexgroup-uuid+ node+ nodes+ style-extended+"},
    {"volume-infinitevol-attributes", 
      "constituent-role enable-snapdiff is-managed-by-service max-data-constituent-size max-namespace-constituent-size "
      "namespace-mirror-aggr-list storage-service"},
    {"volume-inode-attributes", 
      "block-type files-private-used files-total files-used inodefile-private-capacity inodefile-public-capacity "
      "inofile-version+"},
    {"volume-language-attributes", 
      "is-convert-ucode-enabled is-create-ucode-enabled language language-code nfs-character-set oem-character-set"},
    {"volume-mirror-attributes", 
      "is-data-protection-mirror is-load-sharing-mirror is-move-mirror is-replica-volume mirror-transfer-in-progress "
      "redirect-snapshot-id is-snapmirror-source+"},
    {"volume-modify-iter-async-info", "error-code error-message jobid status volume-key"},
    {"volume-modify-iter-info", "error-code error-message volume-key"},
    {"volume-move-info", 
      "actual-completion-timestamp actual-duration bytes-remaining bytes-sent completion-code completion-status "
      "cutover-action cutover-attempted-count cutover-attempts cutover-hard-deferred-count cutover-trigger-timestamp "
      "cutover-window cutovers-soft-deferred-count destination-aggregate destination-node details estimated-completion-time "
      "estimated-remaining-duration execution-progress internal-state job-id job-uuid last-cutover-trigger-timestamp "
      "managing-node percent-complete phase prior-issues replication-throughput source-aggregate source-node start-timestamp "
      "state volume volume-instance-uuid vserver"},
    {"volume-option-info", "name value"},
    {"volume-performance-attributes", 
      "extent-enabled fc-delegs-enabled is-atime-update-enabled max-write-alloc-blocks minimal-read-ahead read-realloc "
      "single-instance-data-logging+"},
    {"volume-qos-attributes", "policy-group-name adaptive-policy-group-name+"},
    {"volume-recovery-queue-info", "deletion-time retention-period volume-name vserver-name"},
    {"volume-security-attributes", "style volume-security-unix-attributes"},
    {"volume-security-unix-attributes", "group-id permissions user-id"},
    {"volume-sis-attributes", 
      "compression-space-saved deduplication-space-saved deduplication-space-shared is-sis-logging-enabled is-sis-volume "
      "percentage-compression-space-saved percentage-deduplication-space-saved percentage-total-space-saved total-space-saved "
      "is-sis-state-enabled+"},
    {"volume-snaplock-attributes", "snaplock-type"},
    {"volume-snapshot-attributes", 
      "auto-snapshots-enabled snapdir-access-enabled snapshot-clone-dependency-enabled snapshot-count snapshot-policy"},
    {"volume-snapshot-autodelete-attributes", 
      "commitment defer-delete delete-order destroy-list is-autodelete-enabled prefix target-free-space trigger"},
    {"volume-space-attributes", 
      "filesystem-size is-filesys-size-fixed is-space-guarantee-enabled overwrite-reserve overwrite-reserve-required "
      "overwrite-reserve-used overwrite-reserve-used-actual percentage-fractional-reserve percentage-size-used "
      "percentage-snapshot-reserve percentage-snapshot-reserve-used size size-available size-available-for-snapshots "
      "size-total size-used size-used-by-snapshots snapshot-reserve-size space-full-threshold-percent space-guarantee "
      "space-mgmt-option-try-first space-nearly-full-threshold-percent expected-available+ is-space-enforcement-logical+ "
      "is-space-reporting-logical+ is-space-slo-enabled+ logical-available+ logical-used-by-afs+ logical-used-by-snapshots+ "
      "logical-used-percent+ logical-used+ max-constituent-size+ over-provisioned+ "
      "performance-tier-inactive-user-data-percent+ performance-tier-inactive-user-data+ physical-used-percent+ "
      "physical-used+ snapshot-reserve-available+ space-slo+"},
    {"volume-state-attributes", 
      "become-node-root-after-reboot ignore-inconsistent in-nvfailed-state is-cluster-volume is-constituent is-inconsistent "
      "is-invalid is-junction-active is-moving is-node-root is-nvfail-enabled is-quiesced-in-memory is-quiesced-on-disk "
      "is-unrecoverable is-volume-in-cutover is-vserver-root state constituent-count+ force-nvfail-on-dr+ "
      "is-flexgroup-qtree-enabled+ is-flexgroup+ is-move-destination-in-cutover+ is-protocol-access-fenced+ "
      "is-smbc-failover-capable+ is-smbc-master+ protocol-access-fenced-by+ smbc-consensus+ status+"},
    {"volume-transition-attributes", "is-copied-for-transition is-transitioned transition-behavior is-cft-precommit+"},
    {"volume-vm-align-attributes", "vm-align-sector vm-align-suffix"},
    {"volume-vserver-dr-protection-attributes", "vserver-dr-protection"},
    {"vserver-aggr-info", "aggr-availsize aggr-name aggr-is-cft-precommit+"},
    {"vserver-info", 
      "aggr-list allowed-protocols antivirus-on-access-policy comment disallowed-protocols is-repository-vserver language "
      "ldap-domain max-volumes name-mapping-switch name-server-switch nis-domain qos-policy-group quota-policy root-volume "
      "root-volume-aggregate root-volume-security-style snapshot-policy state uuid vserver-aggr-info-list vserver-name "
      "vserver-type caching-policy+ ipspace+ is-config-locked-for-changes+ is-space-enforcement-logical+ "
      "is-space-reporting-logical+ is-vserver-protected+ operational-state-stopped-reason+ operational-state+ "
      "volume-delete-retention-hours+ vserver-subtype+"},
    {"vserver-peer-info", 
      "applications peer-cluster peer-state peer-vserver vserver peer-vserver-uuid+ remote-vserver-name+ vserver-uuid+"},
};
// clang-format on

using Fields = std::set<std::string_view>;

const std::map<std::string_view, Fields>& types() {
  static const std::map<std::string_view, Fields> all = [] {
    std::map<std::string_view, Fields> made;
    for (const TypeRow& row : kTypes) {
      Fields& fields = made[row.type];
      for (std::string_view name : base::split(row.fields, ' ')) {
        if (name.ends_with('+')) name.remove_suffix(1);
        fields.insert(name);
      }
    }
    return made;
  }();
  return all;
}

}  // namespace

bool schema_has(std::string_view type, std::string_view field) {
  const auto at = types().find(type);
  return at == types().end() || at->second.contains(field);
}

std::string unknown_field(pugi::xml_node record, int ontapi_minor) {
  const auto at = types().find(record.name());
  for (const pugi::xml_node child : record.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = child.name();
    const bool too_new = (name == "volume-comp-aggr-attributes" && ontapi_minor < 120) ||
                         (name == "encrypt" && ontapi_minor < 110) || (name == "style-extended" && ontapi_minor < 100);
    if (too_new || (at != types().end() && !at->second.contains(name))) return std::string(name);
    if (std::string inner = unknown_field(child, ontapi_minor); !inner.empty()) return inner;
  }
  return "";
}

bool case_sensitive(std::string_view name) {
  constexpr std::string_view words[] = {
      "name",   "path",     "volume",           "vserver",  "qtree", "comment", "target", "policy", "aggr",
      "serial", "snapshot", "initiator-group",  "location", "label", "lif",     "user",   "file",   "share",
      "node",   "ipspace",  "broadcast-domain", "port"};
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return name.find(word) != std::string_view::npos; }) &&
         name != "volume-type" && name != "vserver-type" && name != "aggregate-type" && name != "port-type" &&
         name != "space-guarantee" && name != "vserver-subtype" && name != "failover-policy" &&
         name != "firewall-policy" && name != "is-snapmirror-source" && name != "initiator-name" &&
         !name.starts_with("is-");
}

}  // namespace ontap_sim::zapi
