// The simulator as one handler: scopes, the control endpoint, faults, latency, state, and what hosts see.
#include "ontap-sim/sim.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

using base::http::Delivery;
using base::http::Request;
using base::http::Response;
using nlohmann::json;
using testing::HasSubstr;

struct Lab {
  explicit Lab(const std::string& yaml = "", const std::string& state = "") {
    const auto config = parse_config(yaml, "lab.yaml");
    CHECK(config.ok());
    auto opened = Sim::open(clock, *config, 1, base::Logger(clock, base::log_to_nowhere()), state);
    if (opened) sim = std::move(*opened);
    else problem = opened.error().message;
  }
  Response send(const std::string& host, const std::string& method, const std::string& target, const std::string& body,
                const std::string& user = "admin:netapp123") {
    Request request;
    request.method = method;
    request.target = target;
    request.headers.set("Host", host);
    request.headers.set("Content-Type", "text/xml");
    request.headers.set("Authorization", "Basic " + base::base64_encode(user));
    request.body = body;
    request.peer.local_address = "127.0.0.1";
    return sim->handle(request);
  }
  Response zapi(const std::string& host, const std::string& call, const std::string& user = "admin:netapp123") {
    return send(host, "POST", "/servlets/netapp.servlets.admin.XMLrequest_filer",
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><netapp xmlns=\"http://www.netapp.com/filer/admin\" "
                "version=\"1.21\">" +
                    call + "</netapp>",
                user);
  }
  json control(const std::string& method, const std::string& what, const json& body = {}) {
    const Response response = send("cluster", method, "/drydock/v1/" + what, body.is_null() ? "" : body.dump());
    return json{{"status", response.status}, {"body", json::parse(response.body)}};
  }
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  std::unique_ptr<Sim> sim;
  std::string problem;
};

TEST(Sim, TheHostHeaderDecidesTheScope) {
  Lab lab;
  ASSERT_EQ(lab.problem, "");
  EXPECT_THAT(lab.zapi("127.0.0.1:8443", "<system-get-version/>").body, HasSubstr("NetApp Release 9.1"));
  EXPECT_THAT(lab.zapi("127.0.1.10", "<system-node-get-iter/>").body, HasSubstr("errno=\"13005\""));
  EXPECT_THAT(lab.zapi("somewhere", "<system-node-get-iter/>").body, HasSubstr("cluster1-02"));
  EXPECT_EQ(lab.zapi("somewhere", "<system-get-version/>", "admin:wrong").status, 401);
  EXPECT_EQ(lab.zapi("127.0.1.11", "<system-get-version/>").delivery.fate, Delivery::Fate::drop_reply);
}

TEST(Sim, CommandsOverTheControlEndpoint) {
  Lab lab;
  const json reply = lab.control("POST", "commands",
                                 {{"commands",
                                   {"vserver create -vserver s2 -aggregate aggr1 -rootvolume r",
                                    "security login password -vserver s2 -username vsadmin", "version"}},
                                  {"answers", {"netapp123", "netapp123"}}});
  ASSERT_EQ(reply["body"]["results"].size(), 3U) << reply;
  EXPECT_THAT(reply["body"]["results"][0]["output"].get<std::string>(), HasSubstr("Vserver creation completed"));
  EXPECT_EQ(reply["body"]["results"][1]["failed"], false);
  const json open = lab.control("POST", "commands",
                                {{"commands", {"security login password -vserver s2 -username vsadmin", "version"}}});
  EXPECT_EQ(open["body"]["results"].size(), 1U);
  EXPECT_EQ(open["body"]["results"][0]["question"], "\nEnter a new password: ");
  EXPECT_EQ(lab.control("POST", "commands", {{"command", 1}})["status"], 400);
  EXPECT_EQ(lab.control("GET", "nothing")["status"], 404);
  EXPECT_EQ(lab.send("cluster", "GET", "/drydock/v1/faults", "", "admin:wrong").status, 401);
  EXPECT_NE(lab.send("127.0.1.10", "GET", "/drydock/v1/faults", "").status, 200);
}

TEST(Sim, WhatClientsOfTheDataPathHoldIsListedUntilItIsBroken) {
  Lab lab;
  ASSERT_EQ(lab.problem, "");
  const json lock = {{"svm", "svm1"}, {"lock", "id1"}, {"fields", {{"volume", "v"}, {"lock-state", "granted"}}}};
  EXPECT_EQ(lab.control("POST", "clients", lock)["status"], 201);
  EXPECT_EQ(lab.control("POST", "clients", {{"svm", "none"}, {"lock", "id1"}})["status"], 404);
  EXPECT_EQ(lab.control("POST", "clients", {{"svm", "svm1"}})["status"], 400);
  EXPECT_EQ(lab.control("GET", "clients")["status"], 405);
  EXPECT_THAT(lab.zapi("cluster", "<lock-get-iter/>").body, HasSubstr("<lock-state>granted</lock-state>"));
  EXPECT_EQ(lab.sim->command("vserver locks break -vserver svm1 -lockid id1").failed, false);
  EXPECT_THAT(lab.zapi("cluster", "<lock-get-iter/>").body, HasSubstr("<num-records>0</num-records>"));
}

TEST(Sim, TheClockIsMovedForJobs) {
  Lab lab;
  const json before = lab.control("GET", "clock");
  const json after = lab.control("POST", "clock", {{"advance", 3600}});
  EXPECT_EQ(after["body"]["offset_seconds"], 3600);
  EXPECT_NE(before["body"]["now"], after["body"]["now"]);
  EXPECT_EQ(lab.control("POST", "clock", {{"advance", "soon"}})["status"], 400);
}

const std::string kCreate =
    "<volume-create><volume>v</volume><containing-aggr-name>aggr1</containing-aggr-name><size>1g</"
    "size><space-reserve>none</space-reserve></volume-create>";

TEST(Sim, EveryPresetIsAcceptedAndListed) {
  Lab lab;
  for (const PresetInfo& preset : fault_presets()) {
    Lab fresh;
    const std::string object = preset.name.starts_with("aggregate") ? "aggr1"
                               : preset.name.starts_with("node")    ? "cluster1-01"
                               : preset.name.starts_with("lif")     ? "svm1:svm1_data1"
                               : preset.name.starts_with("volume-") ? "svm1:svm1_root"
                                                                    : "svm1";
    if (preset.name == "svm-started") fresh.control("POST", "faults", {{"preset", "svm-stopped"}, {"object", "svm1"}});
    EXPECT_EQ(fresh.control("POST", "faults", {{"preset", preset.name}, {"object", object}})["status"], 201)
        << preset.name << fresh.control("POST", "faults", {{"preset", preset.name}, {"object", object}});
    EXPECT_THAT(model::check_invariants(fresh.sim->cluster()), testing::IsEmpty()) << preset.name;
  }
  EXPECT_EQ(lab.control("POST", "faults", {{"preset", "bad luck"}})["status"], 400);
  EXPECT_EQ(lab.control("POST", "faults", {{"action", "drop-reply"}, {"nths", 1}})["status"], 400);
}

TEST(Sim, FaultsSpoilTheCallsTheyName) {
  Lab lab;
  lab.control("POST", "faults", {{"name", "lost"}, {"call", "volume-create"}, {"nth", 1}, {"action", "drop-reply"}});
  const Response lost = lab.zapi("127.0.1.10", kCreate);
  EXPECT_EQ(lost.delivery.fate, Delivery::Fate::drop_reply);
  EXPECT_NE(lab.sim->cluster().find_svm("svm1")->find_volume("v"), nullptr) << "it ran";
  EXPECT_THAT(lab.zapi("127.0.1.10", kCreate).body, HasSubstr("errno=\"17\""));
  lab.control("DELETE", "faults/lost");
  lab.control("POST", "faults", {{"preset", "volume-busy"}, {"times", 1}});
  const std::string destroy =
      "<volume-destroy><name>v</name><unmount-and-offline>true</unmount-and-offline></volume-destroy>";
  EXPECT_THAT(lab.zapi("127.0.1.10", destroy).body, HasSubstr("errno=\"13158\""));
  EXPECT_THAT(lab.zapi("127.0.1.10", destroy).body, HasSubstr("status=\"passed\""));
  lab.control("DELETE", "faults");
  lab.control("POST", "faults", {{"preset", "slow"}});
  EXPECT_EQ(lab.zapi("127.0.1.10", "<system-get-version/>").delivery.delay, std::chrono::seconds(60));
  lab.control("DELETE", "faults");
  lab.control("POST", "faults", {{"preset", "service-restarting"}});
  EXPECT_EQ(lab.zapi("127.0.1.10", "<system-get-version/>").status, 503);
  lab.control("DELETE", "faults");
  lab.control("POST", "faults", {{"preset", "missing-num-records"}});
  EXPECT_THAT(lab.zapi("127.0.1.10", "<volume-get-iter/>").body, testing::Not(HasSubstr("num-records")));
}

const std::string kTwoRoots = "<vserver-get-iter><max-records>4</max-records></vserver-get-iter>";
const std::string kMove =
    "<volume-move-start><source-volume>v</source-volume><vserver>svm1</vserver><dest-aggr>aggr2</dest-aggr>"
    "</volume-move-start>";
const std::string kGroup =
    "<volume-create-async><volume-name>g</volume-name><size>1073741824</size><aggr-list><aggr-name>aggr1</aggr-name>"
    "<aggr-name>aggr2</aggr-name></aggr-list></volume-create-async>";

/// What each of the array's own actions makes of a call: text that the answer has, and text that it has not.
TEST(Sim, EveryActionOfTheArrayShows) {
  struct Row {
    json rule;
    std::string host, call, has, has_not;
    Delivery::Fate fate = Delivery::Fate::answer;
  };
  const std::vector<Row> rows = {
      {{{"action", "error"}, {"errno", 13158}, {"reason", "busy"}}, "127.0.1.10", kCreate, "errno=\"13158\"", "passed"},
      {{{"action", "error"}}, "127.0.1.10", kCreate, "reason=\"Injected fault\" errno=\"13001\"", "passed"},
      {{{"preset", "unknown-api"}}, "x", kTwoRoots, "Unable to find API: vserver-get-iter", "passed"},
      {{{"preset", "credentials-changed"}}, "x", kTwoRoots, "401 Unauthorized", "netapp version"},
      {{{"action", "http"}, {"status", 500}, {"body", "oops"}}, "x", kTwoRoots, "oops", "netapp"},
      {{{"action", "cut-reply"}}, "x", kTwoRoots, "passed", "", Delivery::Fate::cut_reply},
      {{{"action", "invalid-xml"}}, "x", kTwoRoots, "passed", "</netapp>"},
      {{{"action", "async-failed"}, {"errno", 7}, {"reason", "a<b"}},
       "127.0.1.10",
       kGroup,
       "<result-error-code>7</result-error-code><result-error-message>a&lt;b</result-error-message>"
       "<result-status>failed</result-status>",
       "result-jobid"},
      {{{"action", "short-page"}}, "x", kTwoRoots, "<num-records>2</num-records>", "num-records>4"},
      {{{"action", "empty-page"}},
       "x",
       kTwoRoots,
       "<num-records>0</num-records><next-tag>empty-page:</next-tag>",
       "attributes-list"},
      {{{"action", "no-count"}}, "x", kTwoRoots, "attributes-list", "num-records"},
      {{{"action", "drop-request"}}, "127.0.1.10", kCreate, "", "passed", Delivery::Fate::drop_reply},
      {{{"action", "hang"}, {"svm", "svm1"}}, "127.0.1.10", kCreate, "passed", "", Delivery::Fate::hang},
      {{{"action", "hang"}, {"svm", "other"}}, "127.0.1.10", kCreate, "passed", ""},
      {{{"action", "hang"}, {"user", "vs*"}}, "127.0.1.10", kCreate, "passed", ""},
      {{{"action", "hang"}, {"input", "<volume>w</volume>"}}, "127.0.1.10", kCreate, "passed", ""},
      {{{"action", "hang"}, {"every", 2}}, "127.0.1.10", kCreate, "passed", ""},
      {{{"action", "hang"}, {"after", "1h"}}, "127.0.1.10", kCreate, "passed", ""},
      {{{"action", "hang"}, {"probability", 0}}, "127.0.1.10", kCreate, "passed", ""},
  };
  for (const Row& row : rows) {
    Lab lab("ontap: {ontapi: \"1.170\"}");
    const json added = lab.control("POST", "faults", row.rule);
    ASSERT_EQ(added["status"], 201) << added;
    const Response response = lab.zapi(row.host, row.call);
    EXPECT_EQ(response.delivery.fate, row.fate) << row.rule;
    EXPECT_THAT(response.body, HasSubstr(row.has)) << row.rule;
    if (!row.has_not.empty()) {
      EXPECT_THAT(response.body, testing::Not(HasSubstr(row.has_not))) << row.rule;
    }
    EXPECT_THAT(model::check_invariants(lab.sim->cluster()), testing::IsEmpty()) << row.rule;
  }
  for (const json& wrong : {json{{"action", "hang"}, {"errno", 1}}, json{{"action", "nothing"}}, json{{"call", "x"}},
                            json{{"action", "hang"}, {"nth", "first"}}, json{{"preset", "slow"}, {"delay", "soon"}}}) {
    Lab lab;
    EXPECT_EQ(lab.control("POST", "faults", wrong)["status"], 400) << wrong;
  }
}

/// An emptied page loses nothing; a rule of the same name takes the former's place; jobs fail or last.
TEST(Sim, FaultsOfPagesAndJobsAndTheirNames) {
  Lab lab("ontap: {ontapi: \"1.170\"}");
  lab.control("POST", "faults", {{"preset", "empty-page"}, {"times", 1}});
  EXPECT_THAT(lab.zapi("x", kTwoRoots).body, HasSubstr("<num-records>0</num-records>"));
  EXPECT_THAT(lab.zapi("x", "<vserver-get-iter><tag>empty-page:</tag></vserver-get-iter>").body, HasSubstr("cluster1"));
  const json replaced = lab.control("POST", "faults", {{"preset", "empty-page"}, {"nth", 3}});
  ASSERT_EQ(replaced["body"].size(), 1U) << replaced;
  EXPECT_EQ(replaced["body"][0]["matched"], 0);
  EXPECT_EQ(lab.control("DELETE", "faults/empty-page")["body"].size(), 0U);
  EXPECT_EQ(lab.control("DELETE", "faults/empty-page")["status"], 404);
  lab.zapi("127.0.1.10", kCreate);
  const auto last_job = [&] { return lab.sim->cluster().jobs.rbegin()->second; };
  lab.control("POST", "faults", {{"preset", "job-failure"}, {"call", "*"}, {"times", 1}});
  lab.zapi("127.0.1.10", kMove);
  EXPECT_EQ(last_job().state, "failure");
  EXPECT_EQ(last_job().completion, "Job failed");
  lab.control("DELETE", "faults");
  lab.control("POST", "faults", {{"action", "slow-job"}, {"delay", 7200}});
  lab.zapi("127.0.1.10", kGroup);
  lab.control("POST", "clock", {{"advance", 7000}});
  EXPECT_NE(last_job().state, "success");
  lab.control("POST", "clock", {{"advance", 300}});
  EXPECT_EQ(last_job().state, "success");
}

TEST(Sim, LatencyQueuesCallsBehindOneAnother) {
  Lab lab("ontap: {latency: {fixed: 100ms, at_most: 1}}");
  EXPECT_EQ(lab.zapi("x", "<system-get-version/>").delivery.delay, std::chrono::milliseconds(100));
  EXPECT_EQ(lab.zapi("x", "<system-get-version/>").delivery.delay, std::chrono::milliseconds(200));
  lab.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(lab.zapi("x", "<system-get-version/>").delivery.delay, std::chrono::milliseconds(100));
}

TEST(Sim, HostsSeeExportsPingsAndLuns) {
  Lab lab;
  lab.sim->command(
      "volume create -vserver svm1 -volume v -aggregate aggr1 -size 1GB -junction-path /v -space-guarantee none");
  EXPECT_TRUE(lab.sim->answers_ping("127.0.1.11"));
  EXPECT_FALSE(lab.sim->answers_ping("10.9.9.9"));
  const auto mounted = lab.sim->mount_nfs("127.0.1.11", "/v", "10.0.0.1");
  ASSERT_TRUE(mounted.ok()) << mounted.error().message;
  const auto usage = lab.sim->nfs_usage(mounted->svm, mounted->volume, mounted->qtree);
  EXPECT_EQ(usage->total / 4096, (1LL << 30) * 95 / 100 / 4096);
  EXPECT_EQ(usage->used, 196608);
  EXPECT_FALSE(lab.sim->mount_nfs("127.0.1.11", "/w", "10.0.0.1").ok());
  EXPECT_FALSE(lab.sim->mount_nfs("127.0.1.10", "/v", "10.0.0.1").ok());
  lab.sim->command("export-policy rule delete -vserver svm1 -policyname default -ruleindex 1");
  EXPECT_THAT(lab.sim->mount_nfs("127.0.1.11", "/v", "10.0.0.1").error().message, HasSubstr("access denied"));
  lab.sim->command(
      "lun create -vserver svm1 -path /vol/v/l -size 20MB -ostype linux; igroup create -vserver svm1 -igroup g "
      "-protocol iscsi -ostype linux -initiator iqn.1994-05.com.redhat:a; lun map -vserver svm1 -path /vol/v/l -igroup "
      "g");
  const auto luns = lab.sim->luns_for("127.0.1.12", "iqn.1994-05.com.redhat:a");
  ASSERT_TRUE(luns.ok());
  ASSERT_EQ(luns->size(), 1U);
  EXPECT_EQ((*luns)[0].path, "/vol/v/l");
  EXPECT_TRUE(lab.sim->luns_for("127.0.1.12", "iqn.other")->empty());
}

TEST(Sim, StateIsFoundAgain) {
  const std::string dir = testing::TempDir() + "/ontap_state_" + std::to_string(::getpid());
  std::filesystem::remove_all(dir);
  std::map<std::string, std::string> before;
  const char* const shows[] = {"vserver show -instance",
                               "volume show -fields size,comment,junction-path,uuid",
                               "network interface show",
                               "network port show",
                               "lun show -instance",
                               "lun mapping show",
                               "qtree show",
                               "snapshot show",
                               "security login show",
                               "export-policy rule show -instance",
                               "storage aggregate show",
                               "network subnet show",
                               "volume quota show"};
  {
    Lab lab("", dir);
    ASSERT_EQ(lab.problem, "");
    lab.sim->command("vserver create -vserver s2 -aggregate aggr1 -rootvolume r");
    lab.zapi("127.0.1.10", kCreate);
    for (const char* line :
         {"volume modify -vserver svm1 -volume v -comment kept", "qtree create -vserver svm1 -volume v -qtree q",
          "snap create -vserver svm1 -volume v -snapshot s",
          "lun create -vserver svm1 -path /vol/v/l -size 20MB -ostype linux",
          "igroup create -vserver svm1 -igroup g -protocol iscsi -ostype linux -initiator iqn.1994-05.com.redhat:a",
          "lun map -vserver svm1 -path /vol/v/l -igroup g", "vserver rename -vserver s2 -newname s3",
          "network port vlan create -node cluster1-01 -vlan-name e0d-9",
          "volume create -vserver svm1 -volume gone -aggregate aggr1 -size 1GB; volume offline -vserver svm1 -volume "
          "gone; volume delete -vserver svm1 -volume gone"}) {
      EXPECT_FALSE(lab.sim->command(line, {"y"}).failed) << line;
    }
    for (const char* show : shows) before[show] = lab.sim->command(show).output;
  }
  Lab again("", dir);
  ASSERT_EQ(again.problem, "");
  for (const char* show : shows) EXPECT_EQ(again.sim->command(show).output, before[show]) << show;
  EXPECT_THAT(model::check_invariants(again.sim->cluster()), testing::IsEmpty());
  EXPECT_EQ(again.zapi("127.0.1.10", "<system-get-version/>", "vsadmin:netapp123").status, 200);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace ontap_sim
