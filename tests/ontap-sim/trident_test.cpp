// The calls of Trident's three ONTAP drivers (17.10 to 20.10, over ZAPI), in the order and in the layout in which Go's
// encoding/xml writes them, and the elements that its code reads from each answer: a missing one makes the driver panic
// or give a backend up. A row: call, outcome, and XPaths below <results> that must be there; "path=text" must hold that
// text. Source: the drivers' own requests and the fields that their code takes out of the replies.
#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <sstream>

#include "provisioner/base/text.h"
#include "tests/ontap-sim/zapi_world.h"

namespace {

using ontap_test::Reply;
using ontap_test::World;

struct GoCall {
  const char* line;
  const char* outcome;
  const char* reads = "";
  int advance_ms = 0;  // before the call
};

/// The document as encoding/xml's MarshalIndent lays it out: indented by four blanks, no <empty/> elements.
std::string as_go(const std::string& request) {
  pugi::xml_document document;
  document.load_string(request.c_str());
  std::ostringstream body;
  document.first_child().first_child().print(body, "    ", pugi::format_indent | pugi::format_no_empty_element_tags);
  const std::string vfiler = document.first_child().attribute("vfiler").value();
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\t\t  <netapp xmlns=\"http://www.netapp.com/filer/admin\" "
         "version=\"1.21\"" +
         (vfiler.empty() ? "" : " vfiler=\"" + vfiler + "\"") + ">\n            " + body.str() +
         "\n          </netapp>";
}

void expect_reads(const Reply& reply, const GoCall& call) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(reply.body.c_str())) << call.line;
  const pugi::xml_node results = document.child("netapp").child("results");
  for (const auto& word : base::split(call.reads, ' ')) {
    if (word.empty()) continue;
    const std::string text(word);
    const std::size_t predicate = text.rfind(']');
    const std::size_t equals = text.find('=', predicate == std::string::npos ? 0 : predicate);
    const pugi::xpath_node found = results.select_node(text.substr(0, equals).c_str());
    EXPECT_TRUE(found) << call.line << "\nlacks " << text << "\n" << reply.body;
    if (found && equals != std::string::npos) {
      EXPECT_EQ(std::string(found.node().child_value()), text.substr(equals + 1)) << call.line << "\n" << text;
    }
  }
}

void run(World& world, const std::vector<GoCall>& calls) {
  for (const GoCall& call : calls) {
    if (call.advance_ms > 0) world.advance(std::chrono::milliseconds(call.advance_ms));
    const Reply reply = world.post(as_go(ontap_test::request_of(call.line)));
    ASSERT_EQ(reply.http_status, 200) << call.line;
    EXPECT_EQ(reply.passed ? "ok" : std::to_string(reply.error), call.outcome) << call.line << "\n" << reply.body;
    expect_reads(reply, call);
    for (const std::string& finding : ontap_sim::model::check_invariants(world.cluster()))
      ADD_FAILURE() << call.line << ": " << finding;
  }
}

#define VOLUME "query/volume-attributes/volume-id-attributes"
#define RECORD "attributes-list/volume-attributes"

const std::vector<GoCall> kStart = {
    {"@ vserver-get-iter max-records=100", "ok",
     "num-records attributes-list/vserver-info/vserver-name attributes-list/vserver-info/uuid"},
    {"@svm1 system-get-ontapi-version", "ok", "major-version=1 minor-version=110"},
    {"@svm1 system-get-version", "ok", "version version-tuple/system-version-tuple/generation is-clustered=true"},
    {"@ system-node-get-iter desired-attributes/node-details-info/node-serial-number max-records=100", "ok",
     "num-records=2 attributes-list/node-details-info/node-serial-number"},
    {"@svm1 vserver-get", "ok",
     "attributes/vserver-info/vserver-name=svm1 attributes/vserver-info/uuid attributes/vserver-info/state=running"},
    {"@svm1 net-interface-get-iter max-records=100", "ok",
     "num-records=3 attributes-list/net-interface-info[1]/data-protocols/data-protocol "
     "attributes-list/net-interface-info[2]/data-protocols/data-protocol "
     "attributes-list/net-interface-info[3]/data-protocols/data-protocol "
     "attributes-list/net-interface-info[address='127.0.1.11']/operational-status=up "
     "attributes-list/net-interface-info[address='127.0.1.11']/current-node "
     "attributes-list/net-interface-info[address='127.0.1.12']/data-protocols/data-protocol=iscsi"},
    {"@svm1 vserver-get-iter max-records=100 query/vserver-info/vserver-name=svm1", "ok",
     "num-records=1 attributes-list/vserver-info/vserver-aggr-info-list/vserver-aggr-info[3]/aggr-name=aggr3"},
    {"@ vserver-get-iter desired-attributes/vserver-info/vserver-name desired-attributes/vserver-info/vserver-type "
     "max-records=100 query/vserver-info/vserver-type=admin",
     "ok",
     "num-records=1 attributes-list/vserver-info/vserver-name=cluster1 "
     "attributes-list/vserver-info/vserver-type=admin"},
    {"@svm1 vserver-show-aggr-get-iter max-records=100", "ok",
     "num-records=3 attributes-list/show-aggregates[aggregate-name='aggr1']/aggregate-type=hybrid "
     "attributes-list/show-aggregates[aggregate-name='aggr2']/aggregate-type=ssd "
     "attributes-list/show-aggregates[aggregate-name='aggr3']/aggregate-type=hdd"},
    {"@svm1 vserver-show-aggr-get-iter max-records=4294967294", "ok", "num-records=3"},
    {"@ aggr-get-iter max-records=100 query/aggr-attributes/aggregate-name=aggr3", "ok",
     "attributes-list/aggr-attributes/aggregate-name=aggr3 "
     "attributes-list/aggr-attributes/aggr-raid-attributes/aggregate-type=hdd"},
    {"@ aggr-space-get-iter query/space-information/aggregate=aggr1", "ok",
     "attributes-list/space-information/aggregate=aggr1 attributes-list/space-information/aggregate-size "
     "attributes-list/space-information/volume-footprints "
     "attributes-list/space-information/volume-footprints-percent "
     "attributes-list/space-information/used-including-snapshot-reserve "
     "attributes-list/space-information/used-including-snapshot-reserve-percent"},
    {"@ aggr-space-get-iter query/space-information", "ok", "attributes-list/space-information/aggregate"},
    {"@svm1 ems-autosupport-log app-version=17.10.1 auto-support=false category=initialized computer-name=host "
     "event-description={\"version\":\"17.10.1\"} event-id=1 "
     "event-source=trident log-level=6",
     "ok"},
};

const std::vector<GoCall> kNas = {
    {"@svm1 volume-size volume=trident_a", "15661"},
    {"@svm1 volume-create containing-aggr-name=aggr1 encrypt=false export-policy=default "
     "percentage-snapshot-reserve=10 size=1073741824 snapshot-policy=none space-reserve=none "
     "unix-permissions=---rwxrwxrwx volume=trident_a volume-security-style=unix",
     "ok"},
    {"@svm1 volume-modify-iter "
     "attributes/volume-attributes/volume-snapshot-attributes/snapdir-access-enabled=false " VOLUME "/name=trident_a",
     "ok", "num-failed=0 num-succeeded=1"},
    {"@svm1 volume-mount junction-path=/trident_a volume-name=trident_a", "ok"},
    {"@svm1 volume-get-root-name", "ok", "volume=svm1_root"},
    {"@svm1 snapmirror-get-iter max-records=100 query/snapmirror-info/relationship-type=load_sharing "
     "query/snapmirror-info/source-volume=svm1_root "
     "query/snapmirror-info/source-vserver=svm1",
     "ok", "num-records=0"},
    {"@svm1 volume-size volume=trident_a", "ok", "volume-size"},
    {"@svm1 volume-get-iter max-records=100 " VOLUME "/name=trident_a " VOLUME
     "/style-extended=flexvol query/volume-attributes/volume-state-attributes/state=online",
     "ok",
     "num-records=1 " RECORD "/volume-id-attributes/name=trident_a " RECORD
     "/volume-id-attributes/containing-aggregate-name=aggr1 " RECORD "/volume-export-attributes/policy=default " RECORD
     "/volume-security-attributes/volume-security-unix-attributes/permissions=777 " RECORD
     "/volume-space-attributes/size=1073741824 " RECORD "/volume-space-attributes/space-guarantee=none " RECORD
     "/volume-space-attributes/percentage-snapshot-reserve=10 " RECORD
     "/volume-snapshot-attributes/snapdir-access-enabled=false " RECORD
     "/volume-snapshot-attributes/snapshot-policy=none " RECORD "/encrypt=false"},
    {"@svm1 volume-get-iter desired-attributes/volume-attributes/volume-export-attributes/policy "
     "desired-attributes/volume-attributes/volume-id-attributes/containing-aggregate-name "
     "desired-attributes/volume-attributes/volume-id-attributes/name "
     "desired-attributes/volume-attributes/volume-security-attributes/volume-security-unix-attributes/permissions "
     "desired-attributes/volume-attributes/volume-snapshot-attributes/snapdir-access-enabled=true "
     "desired-attributes/volume-attributes/volume-snapshot-attributes/snapshot-policy "
     "desired-attributes/volume-attributes/volume-space-attributes/size=0 "
     "desired-attributes/volume-attributes/volume-space-attributes/space-guarantee max-records=4294967294 " VOLUME
     "/name=trident_* " VOLUME "/style-extended=flexvol query/volume-attributes/volume-state-attributes/state=online",
     "ok",
     "num-records=1 " RECORD "/volume-export-attributes/policy " RECORD "/volume-id-attributes/name " RECORD
     "/volume-id-attributes/containing-aggregate-name " RECORD
     "/volume-security-attributes/volume-security-unix-attributes/permissions " RECORD
     "/volume-snapshot-attributes/snapdir-access-enabled " RECORD "/volume-snapshot-attributes/snapshot-policy " RECORD
     "/volume-space-attributes/size " RECORD "/volume-space-attributes/space-guarantee"},
    {"@ volume-get-iter max-records=100 " VOLUME
     "/containing-aggregate-name=aggr1 query/volume-attributes/volume-space-attributes",
     "ok",
     RECORD "/volume-id-attributes/name " RECORD "/volume-space-attributes/size-total " RECORD
            "/volume-sis-attributes/total-space-saved"},
    {"@svm1 snapshot-create snapshot=20171101T010203Z volume=trident_a", "ok"},
    {"@svm1 snapshot-create snapshot=20171101T010203Z volume=trident_a", "13020"},
    {"@svm1 snapshot-get-iter max-records=100 query/snapshot-info/volume=trident_a", "ok",
     "num-records=1 attributes-list/snapshot-info/name=20171101T010203Z attributes-list/snapshot-info/access-time "
     "attributes-list/snapshot-info/busy=false"},
    {"@svm1 volume-clone-create parent-snapshot=nope parent-volume=trident_a volume=trident_b", "15661"},
    {"@svm1 volume-clone-create parent-snapshot=20171101T010203Z parent-volume=trident_a volume=trident_b", "ok"},
    {"@svm1 volume-mount junction-path=/trident_b volume-name=trident_b", "ok"},
    {"@svm1 volume-get-iter desired-attributes/volume-attributes/volume-id-attributes/name max-records=100 "
     "query/volume-attributes/volume-clone-attributes/volume-clone-parent-attributes/name=trident_a "
     "query/volume-attributes/volume-clone-attributes/volume-clone-parent-attributes/snapshot-name=20171101T010203Z",
     "ok", "num-records=1 " RECORD "/volume-id-attributes/name=trident_b"},
    {"@svm1 snapshot-delete ignore-owners=true snapshot=20171101T010203Z volume=trident_a", "13024"},
    {"@svm1 volume-clone-split-start volume=trident_b", "ok"},
    {"@svm1 snapshot-delete ignore-owners=true snapshot=20171101T010203Z volume=trident_a", "ok", "", 5000},
    {"@svm1 snapshot-create snapshot=s2 volume=trident_a", "ok"},
    {"@svm1 snapshot-restore-volume preserve-lun-ids=true snapshot=s2 volume=trident_a", "ok"},
    {"@svm1 volume-size new-size=2147483648 volume=trident_a", "ok", "volume-size"},
    {"@svm1 volume-size new-size=2147483648 volume=trident_none", "15661"},
    {"@svm1 volume-rename new-volume-name=trident_c volume=trident_b", "ok"},
    {"@svm1 volume-destroy name=trident_c unmount-and-offline=true", "ok"},
    {"@svm1 volume-destroy name=trident_c unmount-and-offline=true", "13040"},
    {"@svm1 volume-unmount force=true volume-name=trident_a", "ok"},
    {"@svm1 volume-offline name=trident_a", "ok"},
    {"@svm1 volume-get-iter max-records=100 " VOLUME "/name=trident_a " VOLUME
     "/style-extended=flexvol query/volume-attributes/volume-state-attributes/state=online",
     "ok", "num-records=0"},
    {"@svm1 volume-destroy name=trident_a unmount-and-offline=true", "ok"},
};

const std::vector<GoCall> kEconomy = {
    {"@svm1 export-policy-create policy-name=docker_qtree_pool_export_policy", "ok"},
    {"@svm1 export-policy-create policy-name=docker_qtree_pool_export_policy", "13130"},
    {"@svm1 export-rule-get-iter max-records=100 query/export-rule-info/policy-name=docker_qtree_pool_export_policy",
     "ok", "num-records=0"},
    {"@svm1 export-rule-create client-match=0.0.0.0/0 policy-name=docker_qtree_pool_export_policy "
     "protocol/access-protocol=nfs ro-rule/security-flavor=any "
     "rw-rule/security-flavor=any super-user-security/security-flavor=any",
     "ok"},
    {"@svm1 export-rule-get-iter max-records=100 query/export-rule-info/policy-name=docker_qtree_pool_export_policy",
     "ok", "num-records=1"},
    {"@svm1 qtree-list-iter desired-attributes/qtree-info/qtree desired-attributes/qtree-info/volume max-records=100 "
     "query/qtree-info/qtree=q1 "
     "query/qtree-info/volume=trident_qtree_pool_*",
     "ok", "num-records=0"},
    {"@svm1 volume-get-iter desired-attributes/volume-attributes/volume-id-attributes/name max-records=100 "
     "query/volume-attributes/encrypt=false " VOLUME "/containing-aggregate-name=aggr1 " VOLUME
     "/name=trident_qtree_pool_* " VOLUME "/style-extended=flexvol "
     "query/volume-attributes/volume-snapshot-attributes/snapdir-access-enabled=false "
     "query/volume-attributes/volume-snapshot-attributes/snapshot-policy=none "
     "query/volume-attributes/volume-space-attributes/space-guarantee=none "
     "query/volume-attributes/volume-state-attributes/state=online",
     "ok", "num-records=0"},
    {"@svm1 volume-create containing-aggr-name=aggr1 encrypt=false export-policy=docker_qtree_pool_export_policy "
     "size=1g snapshot-policy=none space-reserve=none "
     "unix-permissions=0700 volume=trident_qtree_pool_x volume-security-style=unix",
     "ok"},
    {"@svm1 volume-modify-iter "
     "attributes/volume-attributes/volume-snapshot-attributes/snapdir-access-enabled=false " VOLUME
     "/name=trident_qtree_pool_x",
     "ok", "num-succeeded=1"},
    {"@svm1 volume-mount junction-path=/trident_qtree_pool_x volume-name=trident_qtree_pool_x", "ok"},
    {"@svm1 volume-get-iter desired-attributes/volume-attributes/volume-id-attributes/name max-records=100 "
     "query/volume-attributes/encrypt=false " VOLUME "/containing-aggregate-name=aggr1 " VOLUME
     "/name=trident_qtree_pool_* " VOLUME "/style-extended=flexvol "
     "query/volume-attributes/volume-snapshot-attributes/snapdir-access-enabled=false "
     "query/volume-attributes/volume-snapshot-attributes/snapshot-policy=none "
     "query/volume-attributes/volume-space-attributes/space-guarantee=none "
     "query/volume-attributes/volume-state-attributes/state=online",
     "ok", "num-records=1 " RECORD "/volume-id-attributes/name=trident_qtree_pool_x"},
    {"@svm1 quota-set-entry disk-limit=- qtree quota-target quota-type=tree volume=trident_qtree_pool_x", "ok"},
    {"@svm1 quota-status volume=trident_qtree_pool_x", "ok", "status=off"},
    {"@svm1 quota-on volume=trident_qtree_pool_x", "ok", "result-status=in_progress result-jobid"},
    {"@svm1 quota-status volume=trident_qtree_pool_x", "ok", "status=on", 5000},
    {"@svm1 quota-list-entries-iter desired-attributes/quota-entry/disk-limit "
     "desired-attributes/quota-entry/quota-target max-records=100 query/quota-entry/quota-type=tree "
     "query/quota-entry/volume=trident_qtree_pool_x",
     "ok", "num-records=1 attributes-list/quota-entry/disk-limit=-"},
    {"@svm1 qtree-list-iter desired-attributes/qtree-info/qtree desired-attributes/qtree-info/volume max-records=100 "
     "query/qtree-info/volume=trident_qtree_pool_x",
     "ok", "num-records=1 attributes-list/qtree-info/qtree attributes-list/qtree-info/volume=trident_qtree_pool_x"},
    {"@svm1 volume-get-iter max-records=100 " VOLUME "/name=trident_qtree_pool_x " VOLUME
     "/style-extended=flexvol query/volume-attributes/volume-state-attributes/state=online",
     "ok",
     RECORD "/volume-space-attributes/percentage-snapshot-reserve " RECORD "/volume-space-attributes/size=1073741824"},
    {"@svm1 volume-size new-size=+1073741824 volume=trident_qtree_pool_x", "ok", "volume-size"},
    {"@svm1 qtree-create export-policy=docker_qtree_pool_export_policy mode=0777 qtree=q1 security-style=unix "
     "volume=trident_qtree_pool_x",
     "ok"},
    {"@svm1 quota-set-entry disk-limit=1048576 qtree quota-target=/vol/trident_qtree_pool_x/q1 quota-type=tree "
     "volume=trident_qtree_pool_x",
     "ok"},
    {"@svm1 quota-resize volume=trident_qtree_pool_x", "ok", "result-status"},
    {"@svm1 quota-resize volume=trident_qtree_pool_none", "13040"},
    {"@svm1 quota-list-entries-iter desired-attributes/quota-entry/disk-limit "
     "desired-attributes/quota-entry/quota-target max-records=100 "
     "query/quota-entry/quota-target=/vol/trident_qtree_pool_x/q1 query/quota-entry/quota-type=tree",
     "ok",
     "num-records=1 attributes-list/quota-entry/disk-limit=1048576 "
     "attributes-list/quota-entry/quota-target=/vol/trident_qtree_pool_x/q1",
     5000},
    {"@svm1 qtree-list-iter desired-attributes/qtree-info/qtree desired-attributes/qtree-info/volume max-records=100 "
     "query/qtree-info/qtree=q1 "
     "query/qtree-info/volume=trident_qtree_pool_*",
     "ok", "num-records=1 attributes-list/qtree-info/volume=trident_qtree_pool_x"},
    {"@svm1 qtree-list-iter desired-attributes/qtree-info/export-policy desired-attributes/qtree-info/mode "
     "desired-attributes/qtree-info/qtree "
     "desired-attributes/qtree-info/security-style desired-attributes/qtree-info/volume max-records=100 "
     "query/qtree-info/volume=trident_qtree_pool_*",
     "ok",
     "num-records=2 attributes-list/qtree-info[qtree='q1']/export-policy=docker_qtree_pool_export_policy "
     "attributes-list/qtree-info[qtree='q1']/mode "
     "attributes-list/qtree-info[qtree='q1']/security-style=unix"},
    {"@svm1 qtree-rename new-qtree-name=/vol/trident_qtree_pool_x/deleted_q1_abcde qtree=/vol/trident_qtree_pool_x/q1",
     "ok"},
    {"@svm1 qtree-list-iter desired-attributes/qtree-info/qtree desired-attributes/qtree-info/volume max-records=100 "
     "query/qtree-info/qtree=deleted_* "
     "query/qtree-info/volume=trident_qtree_pool_*",
     "ok", "num-records=1 attributes-list/qtree-info/qtree=deleted_q1_abcde"},
    {"@svm1 qtree-delete-async force=true qtree=/vol/trident_qtree_pool_x/deleted_q1_abcde", "ok", "result-status"},
    {"@svm1 qtree-list-iter desired-attributes/qtree-info/qtree desired-attributes/qtree-info/volume max-records=100 "
     "query/qtree-info/volume=trident_qtree_pool_x",
     "ok", "num-records=1", 5000},
    {"@svm1 volume-destroy name=trident_qtree_pool_x unmount-and-offline=true", "ok"},
};

const std::vector<GoCall> kSan = {
    {"@svm1 iscsi-service-get-iter max-records=100", "ok",
     "num-records=1 attributes-list/iscsi-service-info/vserver=svm1 attributes-list/iscsi-service-info/node-name"},
    {"@svm1 iscsi-node-get-name", "ok", "node-name"},
    {"@svm1 iscsi-interface-get-iter max-records=100", "ok",
     "num-records=1 attributes-list/iscsi-interface-list-entry-info/is-interface-enabled=true "
     "attributes-list/iscsi-interface-list-entry-info/ip-address=127.0.1.12 "
     "attributes-list/iscsi-interface-list-entry-info/ip-port=3260"},
    {"@svm1 iscsi-initiator-get-default-auth", "ok", "auth-type=none"},
    {"@svm1 igroup-create initiator-group-name=trident initiator-group-type=iscsi os-type=linux", "ok"},
    {"@svm1 igroup-create initiator-group-name=trident initiator-group-type=iscsi os-type=linux", "9004"},
    {"@svm1 igroup-add initiator=iqn.1993-08.org.debian:01:9031309bbebd initiator-group-name=trident", "ok"},
    {"@svm1 igroup-add initiator=iqn.1993-08.org.debian:01:9031309bbebd initiator-group-name=trident", "9008"},
    {"@svm1 igroup-get-iter max-records=100", "ok",
     "num-records=1 attributes-list/initiator-group-info/initiator-group-name=trident "
     "attributes-list/initiator-group-info/initiators/initiator-info/initiator-name"},
    {"@svm1 volume-create containing-aggr-name=aggr2 encrypt=false export-policy=default size=1181116007 "
     "snapshot-policy=none space-reserve=none unix-permissions=0755 "
     "volume=trident_s volume-security-style=unix",
     "ok"},
    {"@svm1 lun-create-by-size ostype=linux path=/vol/trident_s/lun0 size=1073741824 space-allocation-enabled=true "
     "space-reservation-enabled=false",
     "ok", "actual-size=1073741824"},
    {"@svm1 lun-create-by-size ostype=linux path=/vol/trident_s/lun0 size=1073741824 space-reservation-enabled=false",
     "9012"},
    {"@svm1 lun-set-attribute name=com.netapp.ndvp.fstype path=/vol/trident_s/lun0 value=ext4", "ok"},
    {"@svm1 lun-get-attribute name=com.netapp.ndvp.fstype path=/vol/trident_s/lun0", "ok", "value=ext4"},
    {"@svm1 lun-get-attribute name=com.netapp.ndvp.none path=/vol/trident_s/lun0", "9011"},
    {"@svm1 lun-map-list-info path=/vol/trident_s/lun0", "ok"},
    {"@svm1 lun-map initiator-group=trident path=/vol/trident_s/lun0", "ok", "lun-id-assigned=0"},
    {"@svm1 lun-map-list-info path=/vol/trident_s/lun0", "ok",
     "initiator-groups/initiator-group-info/initiator-group-name=trident "
     "initiator-groups/initiator-group-info/lun-id=0"},
    {"@svm1 lun-map initiator-group=trident lun-id=7 path=/vol/trident_s/lun0", "9023"},
    {"@svm1 lun-map-get-iter max-records=100 query/lun-map-info/initiator-group=trident "
     "query/lun-map-info/path=/vol/trident_s/lun0",
     "ok",
     "num-records=1 attributes-list/lun-map-info/lun-id=0 attributes-list/lun-map-info/reporting-nodes/node-name"},
    {"@svm1 lun-get-serial-number path=/vol/trident_s/lun0", "ok", "serial-number"},
    {"@svm1 lun-get-iter desired-attributes/lun-info/path desired-attributes/lun-info/size=0 "
     "desired-attributes/lun-info/volume max-records=100 "
     "query/lun-info/path=/vol/trident_*/lun0",
     "ok",
     "num-records=1 attributes-list/lun-info/path=/vol/trident_s/lun0 attributes-list/lun-info/size=1073741824 "
     "attributes-list/lun-info/volume=trident_s"},
    {"@svm1 lun-get-iter max-records=100 query/lun-info/path=/vol/trident_s/lun0", "ok",
     "attributes-list/lun-info/serial-number attributes-list/lun-info/uuid"},
    {"@svm1 lun-get-geometry path=/vol/trident_s/lun0", "ok", "max-resize-size size"},
    {"@svm1 volume-size new-size=2362232013 volume=trident_s", "ok"},
    {"@svm1 lun-resize path=/vol/trident_s/lun0 size=2147483648", "ok", "actual-size=2147483648"},
    {"@svm1 lun-resize path=/vol/trident_s/none size=2147483648", "15661"},
    {"@svm1 lun-unmap initiator-group=trident path=/vol/trident_s/lun0", "ok"},
    {"@svm1 lun-offline path=/vol/trident_s/lun0", "ok"},
    {"@svm1 lun-online path=/vol/trident_s/lun0", "ok"},
    {"@svm1 lun-offline path=/vol/trident_s/lun0", "ok"},
    {"@svm1 lun-destroy path=/vol/trident_s/lun0", "ok"},
    {"@svm1 igroup-remove force=true initiator=iqn.1993-08.org.debian:01:9031309bbebd initiator-group-name=trident",
     "ok"},
    {"@svm1 igroup-destroy initiator-group-name=trident", "ok"},
    {"@svm1 igroup-destroy initiator-group-name=trident", "9003"},
    {"@svm1 volume-destroy name=trident_s unmount-and-offline=true", "ok"},
};

/// What the drivers of 19.x to 23.x send besides: comments, QoS and policies of a volume, CHAP, LUNs cloned and renamed
/// within a volume (ontap-san-economy), export rules of a backend's own, and the answers that they tell apart by
/// number.
const std::vector<GoCall> kLater = {
    {"@svm1 volume-create containing-aggr-name=aggr1 encrypt=false export-policy=default "
     "percentage-snapshot-reserve=10 "
     "size=1073741824 snapshot-policy=none space-reserve=none tiering-policy=none unix-permissions=777 "
     "volume=trident_p volume-comment={\"a\":1} volume-security-style=unix",
     "ok"},
    {"@svm1 volume-modify-iter attributes/volume-attributes/volume-id-attributes/comment={\"b\":{\"c\":\"d\"}} " VOLUME
     "/name=trident_p",
     "ok", "num-succeeded=1"},
    {"@svm1 volume-modify-iter attributes/volume-attributes/volume-export-attributes/policy=none " VOLUME
     "/name=trident_p",
     "ok", "num-failed=1 failure-list/volume-modify-iter-info/error-code=13001"},
    {"@svm1 volume-get-iter desired-attributes/volume-attributes/volume-id-attributes max-records=4294967294 " VOLUME
     "/name=trident_p",
     "ok", RECORD "/volume-id-attributes/comment={\"b\":{\"c\":\"d\"}} " RECORD "/volume-id-attributes/type=rw"},
    {"@svm1 iscsi-initiator-set-default-auth auth-type=CHAP outbound-passphrase=passwordpass34 outbound-user-name=tu "
     "passphrase=passwordpass12 user-name=u",
     "ok"},
    {"@svm1 iscsi-initiator-get-default-auth", "ok", "auth-type=CHAP user-name=u outbound-user-name=tu"},
    {"@svm1 lun-create-by-size ostype=linux path=/vol/trident_p/l1 size=104857600 space-allocation-enabled=false "
     "space-reservation-enabled=false",
     "ok", "actual-size=104857600"},
    {"@svm1 lun-get-iter max-records=4294967294 query/lun-info/path=/vol/*/l1", "ok",
     "num-records=1 attributes-list/lun-info/serial-number attributes-list/lun-info/state=online"},
    {"@svm1 snapshot-create snapshot=s1 volume=trident_p", "ok"},
    {"@svm1 clone-create destination-path=l2 source-path=l1 volume=trident_p", "ok"},
    {"@svm1 clone-create destination-path=l2 source-path=l1 volume=trident_p", "9012"},
    {"@svm1 clone-create destination-path=l3 source-path=none volume=trident_p", "15661"},
    {"@svm1 clone-create destination-path=l3 snapshot-name=none source-path=l1 volume=trident_p", "15661"},
    {"@svm1 clone-create destination-path=l3 snapshot-name=s1 source-path=l1 volume=trident_p", "ok"},
    {"@svm1 lun-move new-path=/vol/trident_p/l4 path=/vol/trident_p/l3", "ok"},
    {"@svm1 lun-set-attribute name=context path=/vol/trident_p/l4 value=csi", "ok"},
    {"@svm1 lun-get-attribute name=context path=/vol/trident_p/l4", "ok", "value=csi"},
    {"@svm1 lun-get-attribute name=context path=/vol/trident_p/l3", "15661"},
    {"@svm1 igroup-create initiator-group-name=node1 initiator-group-type=iscsi os-type=linux", "ok"},
    {"@svm1 igroup-remove force=true initiator=iqn.1993-08.org.debian:01:9 initiator-group-name=node1", "9007"},
    {"@svm1 lun-map force=true initiator-group=none path=/vol/trident_p/l4", "9003"},
    {"@svm1 lun-map force=true initiator-group=node1 path=/vol/trident_p/l4", "ok", "lun-id-assigned=0"},
    {"@svm1 igroup-destroy initiator-group-name=node1", "9029"},
    {"@svm1 lun-unmap initiator-group=node1 path=/vol/trident_p/l4", "ok"},
    {"@svm1 lun-unmap initiator-group=node1 path=/vol/trident_p/l4", "9016"},
    {"@svm1 export-policy-get policy-name=default", "ok", "attributes/export-policy-info/policy-name=default"},
    {"@svm1 export-policy-get policy-name=none", "15661"},
    {"@svm1 export-policy-destroy policy-name=none", "15661"},
    {"@svm1 export-rule-destroy policy-name=default rule-index=77", "15661"},
    {"@svm1 qtree-modify export-policy=default qtree=none volume=trident_p", "15669"},
    {"@svm1 quota-get-entry qtree quota-target=/vol/trident_p/none quota-type=tree volume=trident_p", "15661"},
    {"@svm1 snapmirror-get destination-location=svm1:trident_p", "15661"},
    {"@svm1 snapmirror-policy-get-iter query/snapmirror-policy-info/policy-name=MirrorAllSnapshots", "ok",
     "num-records=1 attributes-list/snapmirror-policy-info/policy-name"},
    {"@svm1 job-schedule-get-iter query/job-schedule-info/job-schedule-name=daily", "ok", "num-records=1"},
    {"@svm1 snapshot-get-iter max-records=100 query/snapshot-info/volume=none", "15661"},
    {"@svm1 snapshot-restore-volume preserve-lun-ids=true snapshot=none volume=trident_p", "15661"},
    {"@svm1 volume-offline name=none", "13040"},
    {"@svm1 volume-destroy name=trident_p unmount-and-offline=true", "ok"},
    {"@ volume-recovery-queue-get-iter query/volume-recovery-queue-info/volume-name=trident_p*", "ok", "num-records"},
};

const std::vector<GoCall> kFlexgroup = {
    {"@svm1 volume-size-async volume-name=trident_g", "15661"},
    {"@svm1 volume-create-async aggr-list/aggr-name=aggr1 aggr-list/aggr-name+=aggr2 encrypt=false "
     "export-policy=default junction-path=/trident_g percentage-snapshot-reserve=5 "
     "size=1099511627776 snapshot-policy=none space-reserve=none unix-permissions=0777 volume-name=trident_g "
     "volume-security-style=unix",
     "ok", "result-status=in_progress result-jobid"},
    {"@ job-get-iter query/job-info/job-id=2001", "ok", "attributes-list/job-info/job-state=success", 5000},
    {"@svm1 volume-get-iter max-records=100 " VOLUME "/name=trident_g " VOLUME
     "/style-extended=flexgroup query/volume-attributes/volume-state-attributes/state=online",
     "ok",
     "num-records=1 " RECORD "/volume-id-attributes/name=trident_g " RECORD
     "/volume-space-attributes/size=1099511627776"},
    {"@svm1 volume-modify-iter-async "
     "attributes/volume-attributes/volume-snapshot-attributes/snapdir-access-enabled=false " VOLUME "/name=trident_g",
     "ok", "num-succeeded=1 success-list/volume-modify-iter-async-info/status"},
    {"@svm1 volume-size-async new-size=2199023255552 volume-name=trident_g", "ok", "result-status"},
    {"@svm1 volume-destroy-async unmount-and-offline=true volume-name=trident_g", "ok", "result-status", 5000},
    {"@svm1 volume-destroy-async unmount-and-offline=true volume-name=trident_g", "13040", "", 5000},
};

TEST(Trident, OntapNasReadsWhatItNeeds) {
  World world;
  run(world, kStart);
  run(world, kNas);
}

TEST(Trident, OntapNasEconomyReadsWhatItNeeds) {
  World world;
  run(world, kStart);
  run(world, kEconomy);
}

TEST(Trident, OntapSanReadsWhatItNeeds) {
  World world;
  run(world, kStart);
  run(world, kSan);
}

TEST(Trident, LaterReleasesReadWhatTheyNeed) {
  World world(150);
  run(world, kLater);
}

TEST(Trident, FlexgroupsAreJobs) {
  World world(120);
  run(world, kFlexgroup);
}

/// With the credentials of an SVM on its own LIF, calls that are not tunnelled end in the SVM: what belongs to the
/// cluster is refused with 13005.
TEST(Trident, AnSvmsOwnAccountSeesItsSvm) {
  World world;
  for (const char* call : {"system-node-get-iter", "aggr-get-iter"}) {
    EXPECT_EQ(
        world.post(as_go(ontap_test::request_of(std::string("@ ") + call)), "vsadmin", "netapp123", "127.0.1.10").error,
        13005)
        << call;
  }
  EXPECT_TRUE(world.post(as_go(ontap_test::request_of("@ vserver-get")), "vsadmin", "netapp123", "127.0.1.10").passed);
  const Reply one = world.post(as_go(ontap_test::request_of("@ vserver-get-iter max-records=100")), "vsadmin",
                               "netapp123", "127.0.1.10");
  EXPECT_EQ(one.text("num-records"), "1");
}

}  // namespace
