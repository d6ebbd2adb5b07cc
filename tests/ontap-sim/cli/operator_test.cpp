// Abbreviations, directories, queries, confirmations, and the commands operators use beyond the tutorial.
#include <gmock/gmock.h>

#include "ontap-sim/cli/resolve.h"
#include "tests/ontap-sim/cli/shell.h"

namespace ontap_sim::cli {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Operator, EveryCommandIsDescribed) {
  for (const Command& command : commands()) {
    EXPECT_FALSE(command.help.empty()) << command.path;
    EXPECT_FALSE(command.source.empty()) << command.path;
    EXPECT_TRUE(command.run != nullptr || command.view != nullptr) << command.path;
  }
}

TEST(Operator, EveryRecordKeepsToItsView) {
  Shell shell;
  shell(
      "volume create -vserver svm1 -volume v -aggregate aggr1 -size 1GB; qtree create -vserver svm1 -volume v -qtree "
      "q; snap create -vserver svm1 -volume v -snapshot s; "
      "lun create -vserver svm1 -path /vol/v/l -size 20MB -ostype linux; igroup create -vserver svm1 -igroup g "
      "-protocol iscsi -ostype linux -initiator iqn.1994-05.com.redhat:a; "
      "lun map -vserver svm1 -path /vol/v/l -igroup g; net route create -vserver svm1 -destination 0.0.0.0/0 -gateway "
      "127.0.0.254");
  for (const Command& command : commands()) {
    if (command.run != nullptr) continue;
    Call call(shell.cluster, command, shell.user, shell.settings);
    for (const Record& record : command.view->list(call)) {
      for (const auto& entry : record)
        EXPECT_TRUE(
            std::ranges::any_of(command.view->fields, [&](const Field& field) { return field.name == entry.first; }))
            << command.path << " " << entry.first;
    }
    EXPECT_FALSE(shell(std::string(command.path)).starts_with("Error")) << command.path;
    EXPECT_FALSE(shell(std::string(command.path) + " -instance").starts_with("Error")) << command.path;
  }
}

TEST(Operator, WordsMayBeShortened) {
  Shell shell;
  for (const char* line :
       {"vs show", "vol show -vs svm1", "net int sh", "storage aggregate show", "aggr show", "lun show", "ig show",
        "snapshot show", "snap show", "qtree show", "st a sh", "vserver show -instance"}) {
    const std::string output = shell(line);
    EXPECT_FALSE(shell.failed) << line << ": " << output;
  }
  EXPECT_THAT(shell("v show"), StartsWith("Error: Ambiguous argument. Possible matches include:\n  version\n"));
}

TEST(Operator, DirectoriesAreEntered) {
  Shell shell;
  Session session(shell.cluster, shell.user);
  EXPECT_EQ(session.prompt(), "cluster1::> ");
  EXPECT_EQ(session.line("storage aggregate").output, "");
  EXPECT_EQ(session.prompt(), "cluster1::storage aggregate> ");
  EXPECT_THAT(session.line("show").output, HasSubstr("aggr1"));
  EXPECT_THAT(session.line("vserver show -vserver svm1 -fields type").output, HasSubstr("svm1    data"));
  session.line("up");
  EXPECT_EQ(session.prompt(), "cluster1::storage> ");
  session.line("top");
  EXPECT_EQ(session.line("set -privilege advanced").output, "");
  EXPECT_THAT(session.prompt(), HasSubstr("Do you want to continue? {y|n}: "));
  session.line("maybe");
  EXPECT_THAT(session.prompt(), HasSubstr("{y|n}"));
  session.line("y");
  EXPECT_EQ(session.prompt(), "cluster1::*> ");
  EXPECT_TRUE(session.line("exit").output == "Goodbye\n" && session.ended());
}

TEST(Operator, QuestionMarkAndCompletion) {
  Shell shell;
  EXPECT_THAT(shell("vol ?"), HasSubstr("  create                                  Create a new volume\n"));
  EXPECT_THAT(shell("?"), HasSubstr("  volume>  "));
  EXPECT_THAT(shell("network interface create ?"), HasSubstr("[-vserver] <vserver>"));
  Session session(shell.cluster, shell.user);
  EXPECT_THAT(session.complete("vol cr"), testing::ElementsAre("create"));
  EXPECT_THAT(session.complete("volume create -space-g"), testing::ElementsAre("-space-guarantee"));
  EXPECT_THAT(session.complete("volume create -space-guarantee "), testing::ElementsAre("file", "none", "volume"));
}

TEST(Operator, QueriesSelect) {
  Shell shell;
  for (const char* name : {"data1", "data2", "logs"}) {
    EXPECT_THAT(shell("volume create -vserver svm1 -volume " + std::string(name) +
                      " -aggregate aggr1 -size 1GB -junction-path /" + name + " -space-guarantee none"),
                HasSubstr("Job succeeded: Successful"))
        << name;
  }
  shell("volume size -vserver svm1 -volume logs -new-size 3g");
  EXPECT_THAT(shell("volume show -volume data* -fields size"), HasSubstr("2 entries were displayed."));
  EXPECT_THAT(shell("volume show -size >2g -fields volume"), HasSubstr("logs"));
  EXPECT_EQ(shell("volume show -volume none*"), "There are no entries matching your query.\n");
  EXPECT_THAT(shell("volume modify -vserver svm1 -volume data* -comment \"two words\""),
              HasSubstr("2 entries were modified."));
  EXPECT_EQ(shell.cluster.find_svm("svm1")->find_volume("data2")->comment, "two words");
  EXPECT_THAT(shell("volume modify { -size >2g } -comment big"), HasSubstr("modified"));
  EXPECT_EQ(shell.cluster.find_svm("svm1")->find_volume("logs")->comment, "big");
  EXPECT_EQ(shell.cluster.find_svm("svm1")->find_volume("data1")->comment, "two words");
  EXPECT_EQ(shell.problem, "");
}

TEST(Operator, DeletingAsksFirst) {
  Shell shell;
  shell("volume create -vserver svm1 -volume v -aggregate aggr1 -size 1GB -space-guarantee none");
  EXPECT_THAT(shell("volume delete -vserver svm1 -volume v"),
              HasSubstr("Warning: Are you sure you want to delete volume \"v\" in Vserver \"svm1\" ? {y|n}: "));
  shell("volume offline -vserver svm1 -volume v");
  shell("volume delete -vserver svm1 -volume v", {"n"});
  EXPECT_NE(shell.cluster.find_svm("svm1")->find_volume("v"), nullptr);
  EXPECT_THAT(shell("volume delete -vserver svm1 -volume v", {"y"}), HasSubstr("Job succeeded: Successful"));
  EXPECT_EQ(shell.cluster.find_svm("svm1")->find_volume("v"), nullptr);
  shell.settings.confirmations = false;
  EXPECT_THAT(shell("volume delete -vserver svm1 -volume v"), StartsWith("Error: command failed: "));
}

// Commands in order, each with a text its answer must contain; "" means silent success.
TEST(Operator, ALongDay) {
  Shell shell;
  struct Step {
    const char* line;
    const char* expected;
    std::vector<std::string> answers = {};
  };
  const Step steps[] = {
      {"network ipspace create -ipspace blue", ""},
      {"network port vlan create -node cluster1-01 -vlan-name e0d-42", ""},
      {"network port broadcast-domain create -ipspace blue -broadcast-domain bd42 -mtu 1500 -ports cluster1-01:e0d-42",
       ""},
      {"network subnet create -subnet-name net42 -ipspace blue -broadcast-domain bd42 -subnet 10.42.0.0/24 -gateway "
       "10.42.0.1 -ip-ranges 10.42.0.10-10.42.0.12",
       ""},
      {"vserver create -vserver s2 -ipspace blue -aggregate aggr2 -rootvolume r -rootvolume-security-style unix",
       "Vserver creation completed"},
      {"network interface create -vserver s2 -lif l1 -role data -data-protocol nfs -home-node cluster1-01 -home-port "
       "e0d-42 -subnet-name net42",
       ""},
      {"network subnet show", "2/3"},
      {"network interface modify -vserver s2 -lif l1 -status-admin down", ""},
      {"network interface show -vserver s2 -lif l1 -fields status-oper", "down"},
      {"network interface delete -vserver s2 -lif l1", ""},
      {"vserver modify -vserver s2 -aggr-list *", ""},
      {"volume create -vserver s2 -volume v1 -aggregate aggr2 -size 2GB -junction-path /v1 -space-guarantee none",
       "Successful"},
      {"volume qtree create -vserver s2 -volume v1 -qtree q1", ""},
      {"volume quota policy rule create -vserver s2 -policy-name default -volume v1 -type tree -target q1 -disk-limit "
       "1GB",
       ""},
      {"volume quota on -vserver s2 -volume v1", "Job is queued"},
      {"snapshot create -vserver s2 -volume v1 -snapshot s", ""},
      {"snapshot show -vserver s2 -volume v1", "v1       s "},
      {"volume clone create -vserver s2 -flexclone c1 -parent-volume v1 -parent-snapshot s", "Successful"},
      {"volume clone show -vserver s2", "c1"},
      {"snapshot delete -vserver s2 -volume v1 -snapshot s", "Error: command failed: ", {"y"}},
      {"volume clone split start -vserver s2 -flexclone c1", "Job is queued: Split c1.", {"y"}},
      {"iscsi create -vserver s2", ""},
      {"lun create -vserver s2 -path /vol/v1/l1 -size 100MB -ostype linux", "Created a LUN of size 100mb (104857600)"},
      {"igroup create -vserver s2 -igroup g -protocol iscsi -ostype linux -initiator iqn.1994-05.com.redhat:x", ""},
      {"lun map -vserver s2 -path /vol/v1/l1 -igroup g", ""},
      {"lun mapping show -vserver s2", "/vol/v1/l1"},
      {"lun delete -vserver s2 -path /vol/v1/l1", "Error: command failed: "},
      {"lun unmap -vserver s2 -path /vol/v1/l1 -igroup g", ""},
      {"lun delete -vserver s2 -path /vol/v1/l1", ""},
      {"security login create -user-or-group-name bob -application ontapi -authentication-method password -role "
       "vsadmin -vserver s2",
       "Please enter it again",
       {"secret123", "secret123"}},
      {"security login show -vserver s2 -user-or-group-name bob", "bob"},
      {"vserver stop -vserver s2", ""},
      {"vserver start -vserver s2", ""},
      {"vserver rename -vserver s2 -newname s3", ""},
      {"vserver show-aggregates -vserver s3", "aggr2"},
      {"job show", "Success"},
      {"version", "NetApp Release 9.1"},
  };
  for (const Step& step : steps) {
    const std::string output = shell(step.line, step.answers);
    if (*step.expected == '\0') EXPECT_EQ(output, "") << step.line;
    else EXPECT_THAT(output, HasSubstr(step.expected)) << step.line;
    ASSERT_EQ(shell.problem, "") << step.line;
  }
}

/// What the ZAPI lists of NIS domains, audits, event destinations and so on show is made here.
TEST(Operator, SettingsAreMadeShownChangedAndDeleted) {
  Shell shell;
  struct Line {
    const char* line;
    const char* expected;  // part of the output; "" = none at all
  };
  for (const Line& line : {
           Line{
               "vserver services name-service nis-domain create -vserver svm1 -domain nis.x -servers 10.0.0.1,10.0.0.2",
               ""},
           {"vserver services name-service nis-domain create -vserver svm1 -domain nis.x", "duplicate entry"},
           {"vserver services name-service nis-domain show -vserver svm1 -domain nis.x", "10.0.0.1, 10.0.0.2"},
           {"vserver services name-service nis-domain modify -vserver svm1 -domain nis.x -active false", ""},
           {"vserver services name-service nis-domain show -fields active", "false"},
           {"vserver services name-service nis-domain delete -vserver svm1 -domain nis.x", ""},
           {"vserver services name-service nis-domain delete -vserver svm1 -domain nis.x", "entry doesn't exist"},
           {"vserver audit create -vserver svm1 -destination /v -state true", ""},
           {"vserver audit show", "evtx"},
           {"event notification destination create -name d -syslog 10.0.0.4", ""},
           {"event notification destination create -name e", "needs -email"},
           {"event notification destination show -name d", "10.0.0.4"},
           {"event notification create -filter-name f -destinations d", ""},
           {"event notification show -ID 2", "filter-name: f"},
           {"security protocol modify -application telnet -enabled true", ""},
           {"security protocol show -fields enabled", "true"},
           {"security ssh modify -vserver svm1 -ciphers aes256_ctr", ""},
           {"security ssh show -vserver svm1 -fields ciphers", "aes256_ctr"},
           {"fcp wwpn-alias set -vserver svm1 -alias h -wwpn 10:00:00:00:c9:2b:cc:39", ""},
           {"fcp wwpn-alias show", "10:00:00:00:c9:2b:cc:39"},
           {"storage bridge add -name b -address 10.0.0.5", ""},
           {"storage bridge remove -name b", ""},
           {"system switch ethernet create -device sw -address 10.0.0.6", ""},
           {"system switch ethernet show", "OTHER"},
           {"volume create -vserver svm1 -volume v -aggregate aggr1 -size 1GB; volume offline -vserver svm1 -volume v",
            ""},
           {"volume recovery-queue show", "no entries"},
       }) {
    const std::string output = shell(line.line);
    if (*line.expected == '\0') EXPECT_THAT(output, testing::Not(HasSubstr("Error"))) << line.line;
    else EXPECT_THAT(output, HasSubstr(line.expected)) << line.line;
  }
}

TEST(Operator, AnSvmAdministratorSeesItsOwnSvm) {
  Shell shell;
  shell("vserver create -vserver s2 -aggregate aggr2 -rootvolume r -rootvolume-security-style unix");
  shell.user = {.name = "vsadmin", .role = "vsadmin", .svm = "s2"};
  EXPECT_THAT(shell("vserver show -fields type"), testing::Not(HasSubstr("svm1")));
  EXPECT_THAT(shell("volume show -fields size"), testing::Not(HasSubstr("svm1")));
  EXPECT_EQ(shell("storage aggregate show"), "Error: \"storage\" is not a recognized command\n");
  EXPECT_EQ(shell("nfs create"), "");
  EXPECT_TRUE(static_cast<bool>(shell.cluster.find_svm("s2")->nfs));
  EXPECT_THAT(shell("nfs off -vserver svm1"), StartsWith("Error: \"svm1\" is an invalid value"));
}

}  // namespace
}  // namespace ontap_sim::cli
