// The envelope, logins, scopes, the query language and paging: what is the same for all calls.
#include <gtest/gtest.h>

#include "ontap-sim/zapi/get_iter.h"
#include "tests/ontap-sim/zapi_world.h"

namespace {

using ontap_test::Reply;
using ontap_test::World;
namespace zapi = ontap_sim::zapi;

TEST(ZapiProtocol, AnswersInOntapsEnvelope) {
  World world;
  const Reply reply = world.call("system-get-ontapi-version");
  EXPECT_EQ(reply.body.find(
                "<?xml version='1.0' encoding='UTF-8' ?>\n<!DOCTYPE netapp SYSTEM 'file:/etc/netapp_gx.dtd'>\n"
                "<netapp version='1.110' xmlns='http://www.netapp.com/filer/admin'>\n<results status=\"passed\">"),
            0U)
      << reply.body;
  EXPECT_EQ(reply.text("minor-version"), "110");
}

TEST(ZapiProtocol, RefusesBadDocumentsInItsOwnForm) {
  struct Case {
    const char* body;
    int error;
    const char* reason;
  };
  const Case cases[] = {
      {"", 13001, "Error parsing"},
      {"<netapp", 13001, "Error parsing"},
      {"<netapp><a></b></netapp>", 13001, "Error parsing"},
      {"<netapp/>", 13001, "No elements in API request"},
      {"<other><system-get-version/></other>", 13001, "root element"},
      {"<netapp><no-such-api/></netapp>", 13005, "Unable to find API: no-such-api"},
      {"<netapp vfiler='nobody'><volume-get-iter/></netapp>", 15698, "Specified vserver not found"},
      {"<netapp vfiler='svm1'><system-node-get-iter/></netapp>", 13005,
       "Unable to find API: system-node-get-iter on data vserver svm1"},
      {"<netapp vfiler='cluster1-01'><volume-get-iter/></netapp>", 13005,
       "Unable to find API: volume-get-iter on node vserver cluster1-01"},
      {"<netapp><volume-size><volume>v</volume></volume-size></netapp>", 13001,
       "Vserver API missing vserver parameter."},
      {"<netapp vfiler='svm1'><volume-size/></netapp>", 13115, "Missing input: volume"},
      {"<netapp vfiler='svm1'><volume-size><volume>v</volume><colour>red</colour></volume-size></netapp>", 13115,
       "Extra input: colour"},
      {"<netapp vfiler='svm1'><lun-create-by-size><path>/vol/v/l</path><size>big</size></lun-create-by-size></netapp>",
       13115, "Invalid value specified for \"size\" element within \"lun-create-by-size\": \"big\"."},
  };
  World world;
  for (const Case& c : cases) {
    const Reply reply = world.post(c.body);
    EXPECT_EQ(reply.http_status, 200);
    EXPECT_EQ(reply.error, c.error) << c.body << reply.body;
    EXPECT_NE(reply.reason.find(c.reason), std::string::npos) << reply.reason;
  }
}

TEST(ZapiProtocol, TakesEveryKnownPrologue) {
  World world;
  for (const char* prologue :
       {"", "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE netapp SYSTEM 'file:/etc/netapp_filer.dtd'>",
        "<?xml version=\"1.0\"?>\n  "}) {
    EXPECT_TRUE(world
                    .post(std::string(prologue) +
                          "<netapp version='1.3' xmlsns='x' nmsdk_app='a'>\n <system-get-version/>\n</netapp>")
                    .passed)
        << prologue;
  }
  // Entities are not expanded and nothing is fetched.
  EXPECT_EQ(world
                .post("<!DOCTYPE netapp [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><netapp "
                      "vfiler='svm1'><volume-size><volume>&x;</volume></volume-size></netapp>")
                .error,
            15661);
}

TEST(ZapiProtocol, LimitsNesting) {
  World world;
  for (const int depth : {600, 100000}) {
    std::string body = "<netapp>";
    for (int i = 0; i < depth; ++i) body += "<a>";
    const Reply reply = world.post(body);
    EXPECT_EQ(reply.error, 13001);
    EXPECT_NE(reply.reason.find("nested too deeply"), std::string::npos);
  }
}

TEST(ZapiProtocol, LogsInByLif) {
  World world;
  const std::string body = ontap_test::request_of("vserver-get-iter");
  EXPECT_EQ(world.post(body, "", "").http_status, 401);
  EXPECT_EQ(world.post(body, "admin", "wrong").http_status, 401);
  EXPECT_EQ(world.post(body, "vsadmin", "netapp123").http_status, 401);  // no account of the cluster
  EXPECT_TRUE(world.post(body, "vsadmin", "netapp123", "127.0.1.10").passed);
  EXPECT_EQ(world.post(body, "vsadmin", "netapp123", "127.0.1.10").text("num-records"), "1");
  EXPECT_TRUE(world.post(body, "admin", "netapp123", "127.0.1.10:443").passed);
  EXPECT_EQ(world.post(body, "admin", "netapp123", "127.0.1.11").http_status, 404);  // a data LIF
  world.cluster().settings.strict_lif_auth = true;
  EXPECT_EQ(world.post(body, "admin", "netapp123", "127.0.1.10").http_status, 401);
  EXPECT_EQ(world.post(ontap_test::request_of("@other volume-get-iter"), "vsadmin", "netapp123", "127.0.1.10").error,
            15698);
}

TEST(ZapiProtocol, ReadersMayOnlyRead) {
  World world;
  auto& cluster = world.cluster();
  cluster.accounts[{"cluster1", "joe", "ontapi", "password"}] = {"readonly", ""};
  cluster.users[{"cluster1", "joe"}].password = "secret12";
  EXPECT_TRUE(world.post(ontap_test::request_of("aggr-get-iter"), "joe", "secret12").passed);
  const Reply reply = world.post(ontap_test::request_of("@svm1 volume-destroy name=v1"), "joe", "secret12");
  EXPECT_EQ(reply.error, 13003);
  EXPECT_EQ(reply.reason, "Insufficient privileges: user 'joe' does not have write access to this resource");
}

TEST(ZapiProtocol, WhateverIsKnownButNotModelledFailsAndIsLogged) {
  World world(200);
  std::size_t failed = 0;
  for (const auto& row : zapi::table()) {
    if (row.run != nullptr) continue;
    const Reply reply = world.call((row.scope == zapi::Scope::svm ? "@svm1 " : "@ ") + std::string(row.name));
    EXPECT_EQ(reply.error, 13007) << row.name << reply.body;
    ++failed;
    ASSERT_EQ(world.log().size(), failed) << row.name;
    EXPECT_NE(world.log().back().find(row.name), std::string::npos) << world.log().back();
  }
  EXPECT_GT(failed, 0U);
}

TEST(ZapiProtocol, TheCatalogueIsWhole) {
  int tiers[4] = {};
  for (const auto& row : zapi::table()) ++tiers[row.tier];
  EXPECT_EQ(tiers[1], 51);
  EXPECT_EQ(tiers[2], 208);
  EXPECT_EQ(tiers[3], 311);
  for (const auto& row : zapi::table()) {
    if (row.tier == 1 || row.tier == 2) {
      EXPECT_NE(row.run, nullptr) << row.name;
    }
  }
}

TEST(ZapiQuery, Operators) {
  struct Case {
    const char* pattern;
    const char* value;
    bool hit;
  };
  const Case cases[] = {
      {"abc", "abc", true},     {"ABC", "abc", false},    {"a*", "abc", true},    {"*c", "abc", true},
      {"a*c*", "abc", true},    {"b*", "abc", false},     {"a|abc", "abc", true}, {"a | b", "b", true},
      {"a|b", "c", false},      {"!abc", "abc", false},   {"!a*", "bcd", true},   {"\"a*\"", "a*", true},
      {"\"a*\"", "abc", false}, {"\"a|b\"", "a|b", true}, {">5", "10", true},     {">5", "5", false},
      {">=5", "5", true},       {"<1g", "1048576", true}, {"3..7", "5", true},    {"3..7", "8", false},
      {"a..c", "b", true},      {"*", "", true},          {"", "", true},         {"20m..1g", "33554432", true}};
  for (const Case& c : cases)
    EXPECT_EQ(zapi::text_matches(c.pattern, c.value, "name"), c.hit) << c.pattern << " " << c.value;
  EXPECT_TRUE(zapi::text_matches("TRUE", "true", "is-vserver-root"));
  EXPECT_TRUE(zapi::text_matches("DP", "dp", "type"));
  EXPECT_TRUE(zapi::text_matches("1g", "1073741824", "size"));
}

TEST(ZapiIterators, TagsGoThereAndBack) {
  const zapi::Key key{"svm1", "v_1 ä", ""};
  for (const bool realistic : {false, true})
    EXPECT_EQ(zapi::decode_tag("x-get-iter", zapi::encode_tag("x-get-iter", key, realistic), 3), key);
  EXPECT_FALSE(zapi::decode_tag("x-get-iter", "garbage", 1));
  EXPECT_FALSE(zapi::decode_tag("x-get-iter", zapi::encode_tag("x-get-iter", key, false), 2));
}

/// Every iterator that answers at cluster scope: pages of one give the same records as one big page, and no tag
/// repeats.
TEST(ZapiIterators, PagesOfOneAddUpForEveryIterator) {
  World world(160);
  for (const char* line :
       {"@svm1 volume-create volume=a size=100m containing-aggr-name=aggr1",
        "@svm1 volume-create volume=b size=100m containing-aggr-name=aggr1", "@svm1 qtree-create volume=a qtree=q",
        "@svm1 snapshot-create volume=a snapshot=s1", "@svm1 snapshot-create volume=a snapshot=r2",
        "@svm1 lun-create-by-size path=/vol/a/l size=10485760", "@svm1 lun-create-by-size path=/vol/b/l size=10485760",
        "@svm1 igroup-create initiator-group-name=i initiator-group-type=iscsi",
        "@svm1 igroup-create initiator-group-name=j initiator-group-type=iscsi",
        "@svm1 lun-map path=/vol/a/l initiator-group=i", "@svm1 lun-map path=/vol/a/l initiator-group=j",
        "@svm1 export-policy-create policy-name=p",
        "@svm1 quota-set-entry volume=a quota-target= quota-type=tree qtree= disk-limit=-",
        "@svm1 quota-set-entry volume=a quota-target=/vol/a/q quota-type=tree qtree= disk-limit=1024"}) {
    EXPECT_TRUE(world.call(line).passed) << line;
  }
  for (const bool realistic : {false, true}) {
    world.cluster().settings.realistic_tags = realistic;
    for (const auto& row : zapi::table()) {
      if (row.run == nullptr || row.input != zapi::kIter) continue;
      const std::string name(row.name);
      const std::string scope = row.scope == zapi::Scope::svm ? "@svm1 " : "@ ";
      const Reply all = world.call(scope + name + " max-records=4294967294");
      ASSERT_TRUE(all.passed) << name << all.body;
      const int total = std::stoi(all.text("num-records"));
      EXPECT_EQ(all.text("next-tag"), "") << name;
      EXPECT_EQ(total == 0, all.body.find("attributes-list") == std::string::npos) << name;
      int counted = 0;
      std::string tag;
      std::string last_tag;
      do {
        const Reply page = world.call(scope + name + " max-records=1" + (tag.empty() ? "" : " 'tag=" + tag + "'"));
        ASSERT_TRUE(page.passed) << name << page.body;
        counted += std::stoi(page.text("num-records"));
        last_tag = tag;
        tag = page.text("next-tag");
        ASSERT_TRUE(tag.empty() || tag != last_tag) << name;
        ASSERT_LE(counted, total) << name;
      } while (!tag.empty());
      EXPECT_EQ(counted, total) << name;
      EXPECT_EQ(world.call(scope + name + " tag=garbage").error, 13115) << name;
    }
  }
}

TEST(ZapiIterators, ProjectsWithKeysAndIgnoresUnknownLeaves) {
  World world;
  ASSERT_TRUE(world.call("@svm1 volume-create volume=v1 size=1g containing-aggr-name=aggr1").passed);
  const Reply reply = world.call(
      "@svm1 volume-get-iter query/volume-attributes/volume-id-attributes/name=v1 "
      "query/volume-attributes/volume-id-attributes/shoe-size=9 "
      "desired-attributes/volume-attributes/volume-space-attributes/size=0");
  EXPECT_NE(
      reply.body.find("<volume-attributes><volume-id-attributes><name>v1</name><owning-vserver-name>svm1</"
                      "owning-vserver-name></volume-id-attributes>"
                      "<volume-space-attributes><size>1073741824</size></volume-space-attributes></volume-attributes>"),
      std::string::npos)
      << reply.body;
  EXPECT_EQ(world.call("@svm1 volume-get-iter query/volume-attributes/volume-id-attributes/junction-path=/x")
                .text("num-records"),
            "0");
  EXPECT_EQ(world.call("@svm1 volume-get-iter query/volume-attributes/volume-space-attributes").text("num-records"),
            "2");
  world.cluster().settings.strict_typedefs = true;
  EXPECT_EQ(world.call("@svm1 volume-get-iter desired-attributes/volume-attributes/volume-comp-aggr-attributes").reason,
            "Extra input: volume-comp-aggr-attributes");
}

/// The tutorial's figures: a 1 GiB volume shows 973M in all and 192K used.
TEST(ZapiVolumes, EmptyGibibyteShows973MAnd192K) {
  World world;
  ASSERT_TRUE(world.call("@svm1 volume-create volume=v1 size=1g containing-aggr-name=aggr3 space-reserve=none").passed);
  const Reply reply = world.call("@svm1 volume-get-iter query/volume-attributes/volume-id-attributes/name=v1");
  EXPECT_EQ(reply.text("size-total"), "1020054733");  // 972.8 MiB
  EXPECT_EQ(reply.text("size-used"), "196608");
  EXPECT_EQ(reply.text("percentage-size-used"), "0");
}

}  // namespace
