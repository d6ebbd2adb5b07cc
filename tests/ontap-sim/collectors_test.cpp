// Two collectors that nobody here wrote, request by request: NetApp Harvest's ZAPI templates (with the calls of its
// plugins) and Ansible's na_ontap_info. Every query of theirs runs against a populated array. For Harvest the request
// carries the desired-attributes that a template's counters make, and each counter has to come back: a key in every
// record, another one in some record. For na_ontap_info every record has to hold a text for each key.
#include <gtest/gtest.h>

#include <functional>
#include <pugixml.hpp>

#include "provisioner/base/text.h"
#include "tests/ontap-sim/zapi_world.h"

namespace {

using ontap_test::Reply;
using ontap_test::World;

/// `counters`: paths below the record; `^` marks an instance key. `-` marks what a healthy, fresh array leaves out.
struct Template {
  const char* query;
  const char* record;
  std::string_view counters;
  const char* inputs = "";
};

// clang-format off
constexpr Template kHarvest[] = {
    {"aggr-get-iter", "aggr-attributes",
     "^aggregate-uuid aggregate-name aggr-ownership-attributes/home-name aggr-raid-attributes/aggregate-type aggr-raid-attributes/disk-count "
     "aggr-raid-attributes/plex-count aggr-raid-attributes/raid-size aggr-raid-attributes/state aggr-inode-attributes/files-private-used "
     "aggr-inode-attributes/files-total aggr-inode-attributes/files-used aggr-inode-attributes/inodefile-private-capacity "
     "aggr-inode-attributes/inodefile-public-capacity aggr-inode-attributes/maxfiles-available aggr-inode-attributes/maxfiles-possible "
     "aggr-inode-attributes/maxfiles-used aggr-inode-attributes/percent-inode-used-capacity aggr-space-attributes/capacity-tier-used "
     "aggr-space-attributes/data-compacted-count aggr-space-attributes/data-compaction-space-saved "
     "aggr-space-attributes/data-compaction-space-saved-percent aggr-space-attributes/hybrid-cache-size-total aggr-space-attributes/percent-used-capacity "
     "aggr-space-attributes/performance-tier-inactive-user-data aggr-space-attributes/performance-tier-inactive-user-data-percent "
     "aggr-space-attributes/physical-used aggr-space-attributes/physical-used-percent aggr-space-attributes/sis-shared-count "
     "aggr-space-attributes/sis-space-saved aggr-space-attributes/sis-space-saved-percent aggr-space-attributes/size-available "
     "aggr-space-attributes/size-total aggr-space-attributes/size-used aggr-space-attributes/total-reserved-space "
     "aggr-volume-count-attributes/flexvol-count aggr-snapshot-attributes/files-total aggr-snapshot-attributes/files-used "
     "aggr-snapshot-attributes/maxfiles-available aggr-snapshot-attributes/maxfiles-possible aggr-snapshot-attributes/maxfiles-used "
     "aggr-snapshot-attributes/percent-inode-used-capacity aggr-snapshot-attributes/percent-used-capacity aggr-snapshot-attributes/size-available "
     "aggr-snapshot-attributes/size-total aggr-snapshot-attributes/size-used aggr-snapshot-attributes/snapshot-reserve-percent"},
    {"aggr-efficiency-get-iter", "aggr-efficiency-info",
     "^aggregate node aggr-efficiency-cumulative-info/total-physical-used aggr-efficiency-cumulative-info/total-logical-used "
     "aggr-efficiency-cumulative-info/total-data-reduction-logical-used-wo-snapshots "
     "aggr-efficiency-cumulative-info/total-data-reduction-logical-used-wo-snapshots-flexclones "
     "aggr-efficiency-cumulative-info/total-data-reduction-physical-used-wo-snapshots "
     "aggr-efficiency-cumulative-info/total-data-reduction-physical-used-wo-snapshots-flexclones "
     "aggr-efficiency-volume-info/volume-compression-saved"},
    {"aggr-object-store-config-get-iter", "aggr-object-store-config-info",
     "^object-store-uuid access-key auth-type ipspace is-certificate-validation-enabled object-store-name port provider-type s3-name server ssl-enabled "
     "used-space"},
    {"aggr-object-store-get-iter", "object-store-information", "^aggregate ^object-store-name object-store-availability provider-type"},
    {"aggr-space-get-iter", "space-information", "^aggregate volume-footprints volume-footprints-percent -tier-name"},
    {"autosupport-config-get-iter", "autosupport-config-info", "^node-name is-enabled transport is-private-data-removed"},
    {"cifs-security-get-iter", "cifs-security", "^vserver lm-compatibility-level"},
    {"cifs-server-get-iter", "cifs-server-config", "^vserver administrative-status"},
    {"cifs-session-get-iter", "cifs-session",
     "^session-id address auth-mechanism connection-id is-large-mtu-enabled is-session-signed lif-address node protocol-version smb-encryption-status "
     "unix-user vserver windows-user connection-count"},
    {"cifs-share-get-iter", "cifs-share",
     "^share-name ^vserver path volume share-properties/cifs-share-properties symlink-properties/cifs-share-symlink-properties"},
    {"cluster-log-forward-get-iter", "cluster-log-forward-info", "^protocol ^destination facility"},
    {"cluster-peer-get-iter", "cluster-peer-info", "^cluster-uuid cluster-name encryption-protocol"},
    {"diagnosis-subsystem-config-get-iter", "diagnosis-subsystem-config-info", "^subsystem health outstanding-alert-count suppressed-alert-count"},
    {"ems-event-notification-destination-get-iter", "event-notification-destination-info",
     "^name ^type ^destination/string certificate-authority"},
    {"environment-sensors-get-iter", "environment-sensors-info",
     "^node-name ^sensor-name sensor-type critical-high-threshold critical-low-threshold discrete-sensor-state discrete-sensor-value "
     "threshold-sensor-state threshold-sensor-value value-units warning-high-threshold warning-low-threshold"},
    {"fileservice-audit-config-get-iter", "fileservice-audit-config", "^vserver is-enabled"},
    {"flexcache-get-iter", "flexcache-info", "^volume ^vserver origin-cluster origin-volume origin-vserver size aggr-list/aggr-name"},
    {"fpolicy-policy-status-get-iter", "fpolicy-policy-status-info", "^vserver policy-name status"},
    {"iscsi-service-get-iter", "iscsi-service-info", "^vserver is-available"},
    {"iscsi-initiator-auth-get-iter", "iscsi-security-entry-info", "-vserver"},
    {"kerberos-config-get-iter", "kerberos-config-info", "-vserver"},
    {"ldap-client-get-iter", "ldap-client", "^vserver session-security"},
    {"lock-get-iter", "lock-info", "^lockid lif lock-state node path volume vserver"},
    {"lun-get-iter", "lun-info", "^uuid node path qtree state volume vserver size size-used"},
    {"nameservice-nsswitch-get-iter", "namservice-nsswitch-config-info", "^vserver-name ^nameservice-database nameservice-sources/nss-source-type"},
    {"net-interface-get-iter", "net-interface-info",
     "^interface-name ^vserver address current-node current-port home-node home-port ipspace is-home operational-status subnet-name "
     "data-protocols/data-protocol service-names/lif-service-name"},
    {"net-port-get-iter", "net-port-info",
     "^port ^node broadcast-domain ifgrp-distribution-function ifgrp-mode ifgrp-port ipspace is-administrative-up link-status vlan-id vlan-node vlan-port "
     "operational-speed mtu"},
    {"nfs-service-get-iter", "nfs-info", "^vserver is-nfs-access-enabled"},
    {"nis-get-iter", "nis-domain-config-info", "^vserver nis-domain"},
    {"ntp-server-get-iter", "ntp-server-info", "^server-name is-authentication-enabled"},
    {"nvme-namespace-get-iter", "nvme-namespace-info",
     "^uuid nsid path node ostype is-read-only state subsystem volume vserver size size-used block-size"},
    {"qos-adaptive-policy-group-get-iter", "qos-adaptive-policy-group-info",
     "^uuid absolute-min-iops expected-iops expected-iops-allocation num-workloads peak-iops peak-iops-allocation policy-group vserver"},
    {"qos-policy-group-get-iter", "qos-policy-group-info",
     "^uuid is-shared max-throughput min-throughput num-workloads policy-group policy-group-class vserver"},
    {"qos-workload-get-iter", "qos-workload-info",
     "^workload-uuid -file is-adaptive lun max-throughput policy-group -qtree volume vserver wid workload-class workload-name"},
    {"qtree-list-iter", "qtree-info", "^volume ^vserver qtree export-policy oplocks security-style status"},
    {"quota-report-iter", "quota",
     "^volume ^vserver ^quota-type tree disk-limit disk-used disk-used-pct-disk-limit disk-used-pct-soft-disk-limit disk-used-pct-threshold file-limit "
     "files-used files-used-pct-file-limit files-used-pct-soft-file-limit soft-disk-limit soft-file-limit threshold -quota-users/quota-user/quota-user-id "
     "-quota-users/quota-user/quota-user-name"},
    {"security-certificate-get-iter", "certificate-info", "^serial-number ^vserver cert-name -public-certificate type expiration-date"},
    {"security-login-get-iter", "security-login-account-info",
     "^application ^authentication-method ^user-name ^vserver is-locked password-hash-algorithm role-name -remote-switch-ipaddress"},
    {"security-ssh-get-iter", "seccomp-ssh-info", "^vserver-name ciphers/sshd-cipher"},
    {"service-processor-get-iter", "service-processor-info", "^node firmware-version"},
    {"snapmirror-get-iter", "snapmirror-info",
     "^relationship-id break-failed-count break-successful-count destination-volume destination-volume-node destination-vserver is-healthy lag-time "
     "last-transfer-duration last-transfer-end-timestamp last-transfer-size last-transfer-type newest-snapshot-timestamp relationship-status "
     "relationship-type relationship-group-type resync-failed-count resync-successful-count schedule source-volume source-vserver source-node "
     "total-transfer-bytes total-transfer-time-secs -unhealthy-reason update-failed-count update-successful-count destination-location policy-type"},
    {"snapshot-policy-get-iter", "snapshot-policy-info", "^policy ^vserver-name comment total-schedules"},
    {"storage-disk-get-iter", "storage-disk-info",
     "^disk-uid ^disk-name disk-inventory-info/bytes-per-sector disk-inventory-info/capacity-sectors disk-inventory-info/disk-type "
     "disk-inventory-info/is-shared disk-inventory-info/model disk-inventory-info/serial-number disk-inventory-info/shelf disk-inventory-info/shelf-bay "
     "disk-ownership-info/home-node-name disk-ownership-info/owner-node-name disk-ownership-info/is-failed disk-stats-info/average-latency "
     "disk-stats-info/disk-io-kbps disk-stats-info/power-on-time-interval disk-stats-info/sectors-read disk-stats-info/sectors-written "
     "-disk-raid-info/disk-outage-info/reason -disk-raid-info/disk-shared-info/aggregate-list/shared-aggregate-info/aggregate-name"},
    {"storage-shelf-info-get-iter", "storage-shelf-info",
     "^shelf-uid disk-count module-type serial-number shelf shelf-model state vendor-name op-status"},
    {"system-get-node-info-iter", "system-info", "^system-name partner-system-name"},
    {"system-node-get-iter", "node-details-info",
     "^node cpu-firmware-release env-failed-fan-message env-failed-power-supply-message env-over-temperature is-node-healthy maximum-aggregate-size "
     "maximum-number-of-volumes maximum-volume-size node-location node-model node-serial-number node-uuid node-vendor product-version cpu-busytime "
     "env-failed-fan-count env-failed-power-supply-count node-uptime"},
    {"volume-footprint-get-iter", "footprint-info",
     "^volume ^vserver volume-blocks-footprint-bin0 volume-blocks-footprint-bin0-percent -volume-blocks-footprint-bin1 "
     "-volume-blocks-footprint-bin1-percent"},
    {"volume-get-iter", "volume-attributes",
     "volume-autosize-attributes/maximum-size volume-autosize-attributes/grow-threshold-percent ^volume-id-attributes/instance-uuid "
     "^volume-id-attributes/name volume-id-attributes/node ^volume-id-attributes/owning-vserver-name volume-id-attributes/containing-aggregate-name "
     "volume-id-attributes/style-extended volume-inode-attributes/files-used volume-inode-attributes/files-total "
     "volume-sis-attributes/compression-space-saved volume-sis-attributes/deduplication-space-saved volume-sis-attributes/total-space-saved "
     "volume-sis-attributes/percentage-compression-space-saved volume-sis-attributes/percentage-deduplication-space-saved "
     "volume-sis-attributes/percentage-total-space-saved volume-space-attributes/expected-available volume-space-attributes/filesystem-size "
     "volume-space-attributes/logical-available volume-space-attributes/logical-used volume-space-attributes/logical-used-by-afs "
     "volume-space-attributes/logical-used-by-snapshots volume-space-attributes/logical-used-percent volume-space-attributes/physical-used "
     "volume-space-attributes/physical-used-percent volume-space-attributes/size volume-space-attributes/size-available volume-space-attributes/size-total "
     "volume-space-attributes/size-used volume-space-attributes/percentage-size-used volume-space-attributes/size-used-by-snapshots "
     "volume-space-attributes/size-available-for-snapshots volume-space-attributes/snapshot-reserve-available "
     "volume-space-attributes/snapshot-reserve-size volume-space-attributes/percentage-snapshot-reserve "
     "volume-space-attributes/percentage-snapshot-reserve-used volume-state-attributes/state -volume-state-attributes/status"},
    {"vserver-get-iter", "vserver-info", "^uuid vserver-name state name-server-switch/nsswitch"},
    {"vserver-login-banner-get-iter", "vserver-login-banner-info", "^vserver message"},
};

/// Single objects: the element below `attributes`, or below `results`.
constexpr Template kHarvestSingle[] = {
    {"cluster-identity-get", "cluster-identity-info", "cluster-uuid cluster-name"},
    {"diagnosis-status-get", "diagnosis-status", "status"},
    {"security-config-get", "security-config-info", "is-fips-enabled", " interface=ssl"},
    {"security-protocol-get", "security-protocol-info", "enabled", " application=telnet"},
    {"security-protocol-get", "security-protocol-info", "enabled", " application=rsh"},
    {"system-get-version", "results", "version is-clustered version-tuple/system-version-tuple/generation"},
};

struct Subset {
  const char* call;
  const char* record;
  const char* keys;
  const char* container = "attributes-list";
};
constexpr Subset kInfo[] = {
    {"cluster-identity-get", "cluster-identity-info", "cluster-name", "attributes"},
    {"cluster-image-get-iter", "cluster-image-info", "node-id"},
    {"cluster-log-forward-get-iter", "cluster-log-forward-info", "destination port"},
    {"cluster-node-get-iter", "cluster-node-info", "node-name"},
    {"security-login-get-iter", "security-login-account-info", "vserver user-name application authentication-method"},
    {"security-login-role-config-get-iter", "security-login-role-config-info", "vserver role-name"},
    {"security-login-role-get-iter", "security-login-role-info", "vserver role-name command-directory-name access-level"},
    {"active-directory-account-get-iter", "active-directory-account-config", "vserver account-name"},
    {"aggr-get-iter", "aggr-attributes", "aggregate-name"},
    {"volume-get-iter", "volume-attributes", "name owning-vserver-name"},
    {"lun-get-iter", "lun-info", "vserver path"},
    {"metrocluster-get", "metrocluster-info", "local-configuration-state", "attributes"},
    {"metrocluster-node-get-iter", "metrocluster-node-info", "cluster-name node-name"},
    {"net-dns-get-iter", "net-dns-info", "vserver-name"},
    {"net-interface-get-iter", "net-interface-info", "interface-name vserver"},
    {"net-interface-service-policy-get-iter", "net-interface-service-policy-info", "vserver policy"},
    {"net-port-get-iter", "net-port-info", "node port port-type"},
    {"security-key-manager-key-get-iter", "security-key-manager-key-info", "node key-id"},
    {"cf-get-iter", "storage-failover-info", "node"},
    {"vserver-motd-get-iter", "vserver-motd-info", "vserver"},
    {"vserver-login-banner-get-iter", "vserver-login-banner-info", "vserver"},
    {"vserver-get-iter", "vserver-info", "vserver-name"},
    {"nfs-service-get-iter", "nfs-info", "vserver"},
    {"system-node-get-iter", "node-details-info", "node"},
    {"igroup-get-iter", "initiator-group-info", "vserver initiator-group-name"},
    {"iscsi-service-get-iter", "iscsi-service-info", "vserver"},
    {"qos-policy-group-get-iter", "qos-policy-group-info", "policy-group"},
    {"qtree-list-iter", "qtree-info", "vserver volume id"},
    {"quota-policy-get-iter", "quota-policy-info", "vserver policy-name"},
    {"quota-report-iter", "quota", "vserver volume tree quota-type quota-target"},
    {"vscan-status-get-iter", "vscan-status-info", "vserver"},
    {"vscan-scanner-pool-get-iter", "vscan-scanner-pool-info", "vserver"},
    {"vscan-connection-status-all-get-iter", "vscan-connection-status-all-info", "vserver"},
    {"vscan-connection-extended-stats-get-iter", "vscan-connection-extended-stats-info", "vserver"},
    {"snapshot-get-iter", "snapshot-info", "vserver volume name"},
    {"storage-bridge-get-iter", "storage-bridge-info", "name"},
    {"qos-adaptive-policy-group-get-iter", "qos-adaptive-policy-group-info", "policy-group"},
    {"nvme-get-iter", "nvme-target-service-info", "vserver"},
    {"nvme-interface-get-iter", "nvme-interface-info", "vserver"},
    {"nvme-subsystem-get-iter", "nvme-subsystem-info", "subsystem"},
    {"nvme-namespace-get-iter", "nvme-namespace-info", "path"},
    {"aggr-efficiency-get-iter", "aggr-efficiency-info", "aggregate"},
    {"autosupport-check-iter", "autosupport-check-info", "node-name check-type error-detail"},
    {"cifs-options-get-iter", "cifs-options", "vserver"},
    {"cifs-server-get-iter", "cifs-server-config", "vserver domain cifs-server"},
    {"cifs-share-get-iter", "cifs-share", "share-name path cifs-server"},
    {"cifs-security-get-iter", "cifs-security", "vserver"},
    {"cluster-peer-get-iter", "cluster-peer-info", "cluster-name remote-cluster-name"},
    {"cluster-switch-get-iter", "cluster-switch-info", "device model serial-number"},
    {"storage-disk-get-iter", "storage-disk-info", "disk-name"},
    {"environment-sensors-get-iter", "environment-sensors-info", "node-name sensor-name"},
    {"ems-event-notification-destination-get-iter", "event-notification-destination-info", "name type"},
    {"ems-event-notification-get-iter", "event-notification", "id"},
    {"export-policy-get-iter", "export-policy-info", "vserver policy-name"},
    {"export-rule-get-iter", "export-rule-info", "vserver-name policy-name rule-index"},
    {"ucm-adapter-get-iter", "uc-adapter-info", "adapter-name node-name"},
    {"fcp-wwpnalias-get-iter", "aliases-info", "aliases-alias vserver"},
    {"fcp-service-get-iter", "fcp-service-info", "vserver"},
    {"job-schedule-cron-get-iter", "job-schedule-cron-info", "job-schedule-name"},
    {"kerberos-realm-get-iter", "kerberos-realm", "vserver-name realm"},
    {"ldap-client-get-iter", "ldap-client", "vserver"},
    {"ldap-config-get-iter", "ldap-config", "vserver"},
    {"lun-map-get-iter", "lun-map-info", "initiator-group lun-id node path vserver"},
    {"net-device-discovery-get-iter", "net-device-discovery-info", "port"},
    {"net-failover-group-get-iter", "net-failover-group-info", "vserver failover-group"},
    {"net-firewall-policy-get-iter", "net-firewall-policy-info", "policy vserver service"},
    {"net-ipspaces-get-iter", "net-ipspaces-info", "ipspace"},
    {"net-port-broadcast-domain-get-iter", "net-port-broadcast-domain-info", "broadcast-domain ipspace"},
    {"net-routes-get-iter", "net-vs-routes-info", "vserver destination gateway"},
    {"net-vlan-get-iter", "vlan-info", "interface-name node"},
    {"file-directory-security-ntfs-dacl-get-iter", "file-directory-security-ntfs-dacl", "vserver ntfs-sd account access-type"},
    {"file-directory-security-ntfs-get-iter", "file-directory-security-ntfs", "vserver ntfs-sd"},
    {"ntp-server-get-iter", "ntp-server-info", "server-name"},
    {"service-processor-get-iter", "service-processor-info", "node"},
    {"service-processor-network-get-iter", "service-processor-network-info", "node"},
    {"storage-shelf-info-get-iter", "storage-shelf-info", "shelf-id serial-number"},
    {"sis-get-iter", "sis-status-info", "path"},
    {"sis-policy-get-iter", "sis-policy-info", "vserver policy-name"},
    {"snapmirror-get-iter", "snapmirror-info", "destination-location"},
    {"snapmirror-get-destination-iter", "snapmirror-destination-info", "destination-location"},
    {"snapmirror-policy-get-iter", "snapmirror-policy-info", "vserver-name policy-name"},
    {"snapshot-policy-get-iter", "snapshot-policy-info", "vserver-name policy"},
    {"diagnosis-subsystem-config-get-iter", "diagnosis-subsystem-config-info", "subsystem"},
    {"system-get-node-info-iter", "system-info", "system-name"},
    {"volume-space-get-iter", "space-info", "vserver volume"},
    {"vserver-peer-get-iter", "vserver-peer-info", "vserver remote-vserver-name"},
    {"diagnosis-alert-get-iter", "diagnosis-alert-info", "node alerting-resource"},
};

/// One object at least of everything that the collectors list.
constexpr const char* kPopulation[] = {
    "@svm1 volume-create volume=v size=1g containing-aggr-name=aggr1 junction-path=/v encrypt=true", "@svm1 qtree-create volume=v qtree=q",
    "@svm1 snapshot-create volume=v snapshot=s", "@svm1 sis-enable path=/vol/v",
    "@svm1 quota-set-entry volume=v quota-target=/vol/v/q quota-type=tree qtree= disk-limit=1024 file-limit=10 threshold=512 soft-disk-limit=512 "
    "soft-file-limit=5",
    "@svm1 quota-on volume=v", "@svm1 lun-create-by-size path=/vol/v/l size=10485760 qos-policy-group=qp",
    "@svm1 igroup-create initiator-group-name=i initiator-group-type=iscsi", "@svm1 igroup-add initiator-group-name=i initiator=iqn.1994-05.com.redhat:a",
    "@svm1 lun-create-by-size path=/vol/v/q/inside size=10485760", "@svm1 lun-map path=/vol/v/l initiator-group=i",
    "system-node-modify node=cluster1-01 node-location=here",
    "vserver-login-banner-modify-iter query/vserver-login-banner-info/vserver=svm1 attributes/vserver-login-banner-info/message=hello",
    "@svm1 net-dns-create domains/string=ad.example name-servers/ip-address=10.0.0.5 dns-state=enabled skip-config-validation=true",
    "@svm1 cifs-server-create cifs-server=CIFS domain=ad.example admin-username=a admin-password=b organizational-unit=CN=Computers",
    "@svm1 cifs-share-create share-name=sh path=/v", "cluster-log-forward-create destination=10.0.0.8 port=514",
    "security-login-create user-name=ops vserver=cluster1 application=ssh authentication-method=password role-name=readonly password=Secret1234",
    "ntp-server-create server-name=10.0.0.7", "@svm1 nameservice-nsswitch-create nameservice-database=hosts nameservice-sources/nss-source-type=files",
    "@svm1 net-routes-create destination=0.0.0.0/0 gateway=127.0.1.1", "net-vlan-create vlan-info/node=cluster1-01 "
    "vlan-info/parent-interface=e0d vlan-info/vlanid=55",
    "net-port-broadcast-domain-remove-ports broadcast-domain=Default ports/net-qualified-port-name=cluster1-01:e0f",
    "net-port-ifgrp-create node=cluster1-01 ifgrp-name=a0a mode=multimode distribution-function=ip",
    "net-port-ifgrp-add-port node=cluster1-01 ifgrp-name=a0a port=e0f",
    "@svm1 kerberos-realm-create realm=X.EXAMPLE kdc-ip=10.0.0.6 kdc-vendor=other clock-skew=5",
    "@svm1 ldap-client-create ldap-client-config=l base-dn=dc=x ldap-servers/string=10.0.0.1 schema=RFC-2307 session-security=sign",
    "@svm1 ldap-config-create client-config=l client-enabled=true", "@svm1 fcp-service-create start=true",
    "@svm1 file-directory-security-ntfs-create ntfs-sd=sd owner=o", "@svm1 file-directory-security-ntfs-dacl-add ntfs-sd=sd access-type=allow account=a",
    "@svm1 active-directory-account-create account-name=AD admin-username=a admin-password=b domain=ad.example",
    "@svm1 vscan-scanner-pool-create scanner-pool=sp hostnames/string=10.0.0.3 privileged-users/privileged-user=d\\u scanner-policy=primary",
    "@svm1 fpolicy-policy-event-create event-name=e protocol=cifs file-operations/fpolicy-operation=open",
    "@svm1 fpolicy-policy-create policy-name=fp engine-name=native events/event-name=e",
    "@svm1 sis-policy-create policy-name=eff", "@svm1 net-firewall-policy-create policy=fw service=http allow-list/ip-and-mask=10.0.0.0/8",
    "qos-adaptive-policy-group-create policy-group=ad vserver=svm1 expected-iops=100iops/TB peak-iops=200iops/TB",
    "aggr-object-store-config-create object-store-name=os provider-type=aws_s3 server=s3.example s3-name=bucket access-key=k secret-password=p "
    "is-certificate-validation-enabled=true ssl-enabled=true",
    "aggr-object-store-attach aggregate=aggr2 object-store-name=os", "security-key-manager-setup passphrase=12345678901234567890123",
    "@svm1 nvme-create", "@svm1 nvme-subsystem-create subsystem=ns ostype=linux", "@svm1 nvme-namespace-create path=/vol/v/ns1 size=1048576 ostype=linux",
    "@svm1 nvme-subsystem-map-add path=/vol/v/ns1 subsystem=ns",
    "net-interface-create vserver=svm1 interface-name=nvme1 role=data home-node=cluster1-01 home-port=e0d address=127.0.1.40 netmask=255.255.255.0 "
    "data-protocols/data-protocol=fc_nvme",
    "security-certificate-create common-name=cn type=server vserver=svm1",
    "net-subnet-create broadcast-domain=Default ipspace=Default subnet-name=sub subnet=10.9.0.0/24 ip-ranges/ip-range=10.9.0.10-10.9.0.20",
    "@svm1 net-interface-create interface-name=onsub role=data home-node=cluster1-01 home-port=e0c subnet-name=sub data-protocols/data-protocol=nfs",
    "cluster-peer-create peer-addresses/remote-inet-address=10.8.0.1 passphrase=Secret12345 cluster-name=other",
    "vserver-create vserver-name=svm2 root-volume=r2 root-volume-aggregate=aggr2 root-volume-security-style=unix",
    "vserver-peer-create vserver=svm2 peer-vserver=svm1 applications/vserver-peer-application=snapmirror",
    "@svm2 volume-create volume=dp size=1g containing-aggr-name=aggr2 volume-type=dp",
    "snapmirror-create source-location=svm1:v destination-location=svm2:dp schedule=daily policy=MirrorAllSnapshots "
    "relationship-type=extended_data_protection",
    "snapmirror-initialize destination-location=svm2:dp",
    "@svm1 flexcache-create-async volume=fc size=1073741824 origin-volume=v origin-vserver=svm1 aggr-list/aggr-name=aggr1",
};
// clang-format on

void populate(World& world) {
  ontap_sim::model::QosPolicy policy;
  policy.svm = "svm1";
  policy.name = "qp";
  world.cluster().qos_policies[{"svm1", "qp"}] = policy;
  ASSERT_TRUE(world.call("qos-policy-group-create policy-group=fixed vserver=svm1 max-throughput=100iops").passed);
  for (const char* line : kPopulation) {
    const Reply reply = world.call(line);
    EXPECT_TRUE(reply.passed) << line << "\n" << reply.body;
  }
  world.advance(std::chrono::hours(2));
  // What no ZAPI call of the catalogue makes: the command line and the control endpoint do (sim_test).
  auto& svm = world.cluster().find_svm("svm1")->records;
  svm["nis"]["nis.example"] = {{{"is-active", "true"}}, {}};
  svm["audit"][""] = {{{"destination", "/v"}, {"is-enabled", "true"}}, {}};
  svm["wwpn-alias"]["host1"] = {{{"aliases-wwpn", "10:00:00:00:c9:2b:cc:39"}}, {}};
  svm["lock"]["id1"].fields = {
      {"lif", "svm1_nfs"}, {"lock-state", "granted"}, {"node", "cluster1-01"}, {"path", "/v/f"}, {"volume", "v"}};
  for (const char* field :
       {"address", "auth-mechanism", "connection-id", "is-large-mtu-enabled", "is-session-signed", "lif-address",
        "node", "protocol-version", "smb-encryption-status", "unix-user", "windows-user", "connection-count"})
    svm["cifs-session"]["1"].fields[field] = "x";
  auto& cluster = world.cluster().records;
  cluster["cluster-switch"]["sw1"].fields = {{"model", "OTHER"}, {"serial-number", "Unknown"}};
  cluster["storage-bridge"]["b1"].fields = {{"ip-address", "10.0.0.2"}};
  cluster["ems-destination"]["mail"] = {{{"type", "syslog"}, {"certificate-authority", "ca"}},
                                        {{"destination", {"10.0.0.4"}}}};
}

struct Counter {
  std::string path{};
  bool key = false;
  bool optional = false;
};
std::vector<Counter> counters_of(std::string_view text) {
  std::vector<Counter> counters;
  for (const std::string_view word : base::split(text, ' ')) {
    if (word.empty()) continue;
    const bool marked = word[0] == '^' || word[0] == '-';
    counters.push_back({std::string(word.substr(marked ? 1 : 0)), word[0] == '^', word[0] == '-'});
  }
  return counters;
}

bool has_text(pugi::xml_node record, const std::string& path) {
  for (const std::string_view part : base::split(path, '/')) record = record.child(std::string(part).c_str());
  return record && (*record.child_value() != 0 || record.first_child());
}

/// Depth first, as na_ontap_info looks for a key.
bool finds_text(pugi::xml_node record, const char* name) {
  const pugi::xml_node found =
      record.find_node([&](pugi::xml_node node) { return std::string_view(node.name()) == name; });
  return found && *found.child_value() != 0;
}

std::vector<pugi::xml_node> records_of(const pugi::xml_document& document, const char* container, const char* record) {
  std::vector<pugi::xml_node> records;
  const pugi::xml_node results = document.child("netapp").child("results");
  if (std::string_view(record) == "results") return {results};
  for (const pugi::xml_node node : results.child(container).children()) {
    EXPECT_STREQ(node.name(), record);
    records.push_back(node);
  }
  return records;
}

void expect_counters(const Template& row, const std::vector<pugi::xml_node>& records) {
  for (const Counter& counter : counters_of(row.counters)) {
    if (counter.optional) continue;
    std::size_t found = 0;
    for (const pugi::xml_node record : records) found += has_text(record, counter.path) ? 1 : 0;
    EXPECT_GE(found, counter.key ? records.size() : 1U) << row.query << ": " << counter.path;
  }
}

TEST(Collectors, HarvestFindsEveryCounterOfItsTemplates) {
  World world(200);
  populate(world);
  for (const Template& row : kHarvest) {
    std::string request = std::string(row.query) + row.inputs + " max-records=500";
    bool any = false;
    for (const Counter& counter : counters_of(row.counters)) {
      request += " desired-attributes/" + std::string(row.record) + "/" + counter.path;
      any = any || !counter.optional;
    }
    const Reply reply = world.call(request);
    EXPECT_TRUE(reply.passed) << row.query << reply.body;
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(reply.body.c_str()));
    const auto records = records_of(document, "attributes-list", row.record);
    EXPECT_FALSE(any && records.empty()) << row.query << " lists nothing";
    expect_counters(row, records);
  }
  for (const Template& row : kHarvestSingle) {
    const Reply reply = world.call(std::string(row.query) + row.inputs);
    EXPECT_TRUE(reply.passed) << row.query << reply.body;
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(reply.body.c_str()));
    auto records = records_of(document, "attributes", row.record);
    EXPECT_EQ(records.size(), 1U) << row.query;
    expect_counters(row, records);
  }
}

TEST(Collectors, NaOntapInfoFindsItsKeysInEveryRecord) {
  World world(200);
  populate(world);
  for (const Subset& row : kInfo) {
    const bool list = std::string_view(row.container) == "attributes-list";
    const Reply reply = world.call(std::string(row.call) + (list ? " max-records=1024" : ""));
    EXPECT_TRUE(reply.passed) << row.call << reply.body;
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(reply.body.c_str()));
    const auto records = records_of(document, row.container, row.record);
    EXPECT_FALSE(records.empty() && std::string_view(row.call) != "diagnosis-alert-get-iter")
        << row.call << " lists nothing";
    for (const pugi::xml_node record : records) {
      for (const std::string_view key : base::split(row.keys, ' '))
        EXPECT_TRUE(finds_text(record, std::string(key).c_str())) << row.call << ": " << key;
    }
  }
}

}  // namespace
