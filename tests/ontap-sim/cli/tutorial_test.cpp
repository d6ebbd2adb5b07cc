// Step B of the tutorial in both forms, and what the show commands then print.
#include <gmock/gmock.h>

#include "tests/ontap-sim/cli/shell.h"

namespace ontap_sim::cli {
namespace {

constexpr const char* kLab = R"(
ontap:
  nodes:
  - {name: SI-3270-01, ports: [e0a, e0b, e0c, e2b]}
  - {name: SI-3270-02, ports: [e0a, e0b, e0c, e2b, e2b-199]}
  ipspaces:
  - name: watanabe_ipspace_199
    broadcast_domains: [{name: bd199, ports: ["SI-3270-02:e2b-199"]}]
    subnets: [{name: watanabe_subnet, subnet: 192.168.199.0/24, gateway: 192.168.199.1, ranges: [192.168.199.107-192.168.199.150]}]
  aggregates: [{name: aggr3, node: SI-3270-02, type: hdd}]
)";

using testing::HasSubstr;
using testing::MatchesRegex;

const std::string kLif = " -home-node SI-3270-02 -home-port e2b-199 ";
const std::string kLifEnd = " -status-admin up -failover-policy system-defined -auto-revert true -firewall-policy ";

void prepare(Shell& shell, const std::string& data, const std::string& management) {
  ASSERT_EQ(shell.problem, "");
  EXPECT_THAT(shell("vserver create -vserver tridentsvm -ipspace watanabe_ipspace_199 -aggregate aggr3 -language "
                    "C.UTF-8 -rootvolume root -rootvolume-security-style unix"),
              MatchesRegex("\\[Job [0-9]+\\] Job succeeded:\nVserver creation completed\n"));
  EXPECT_EQ(shell.cluster.find_svm("tridentsvm")->aggregates, std::vector<std::string>{});
  EXPECT_EQ(shell("nfs create -vserver tridentsvm -access true -v3 enabled -v4.0 enabled -tcp enabled"), "");
  EXPECT_EQ(shell("export-policy rule create -vserver tridentsvm -policyname default -clientmatch 0.0.0.0/0 -rorule "
                  "any -rwrule any -superuser any"),
            "");
  EXPECT_EQ(shell("network interface create -vserver tridentsvm -lif tridentlif -role data -data-protocol nfs" + kLif +
                  data + kLifEnd + "data"),
            "");
  EXPECT_EQ(shell("network interface create -vserver tridentsvm -lif svm-mgmt -role data -data-protocol none" + kLif +
                  management + kLifEnd + "mgmt"),
            "");
  EXPECT_EQ(shell("security login password -username vsadmin -vserver tridentsvm", {"netapp123", "netapp123"}),
            "\nEnter a new password: \nEnter it again: \n");
  EXPECT_EQ(shell("security login unlock -vserver tridentsvm -username vsadmin"), "");
  EXPECT_EQ(shell("vserver modify -vserver tridentsvm -aggr-list aggr3"), "");
  EXPECT_EQ(shell.problem, "");
}

TEST(Tutorial, AddressesFromASubnet) {
  Shell shell(kLab);
  prepare(shell, "-subnet-name watanabe_subnet", "-subnet-name watanabe_subnet");
  EXPECT_EQ(shell("network interface show -vserver tridentsvm"),
            "            Logical    Status     Network            Current       Current Is\n"
            "Vserver     Interface  Admin/Oper Address/Mask       Node          Port    Home\n"
            "----------- ---------- ---------- ------------------ ------------- ------- ----\n"
            "tridentsvm\n"
            "            svm-mgmt     up/up    192.168.199.108/24 SI-3270-02    e2b-199 true\n"
            "            tridentlif   up/up    192.168.199.107/24 SI-3270-02    e2b-199 true\n"
            "2 entries were displayed.\n");
  EXPECT_EQ(shell("vserver show -type data|node -fields rootvolume,aggr-list"),
            "vserver    rootvolume aggr-list\n---------- ---------- ---------\nSI-3270-01 -          -\nSI-3270-02 -   "
            "       -\ntridentsvm root       aggr3\n3 entries were displayed.\n");
  EXPECT_THAT(shell("volume show -vserver tridentsvm"),
              HasSubstr("Vserver   Volume       Aggregate    State      Type       Size  Available Used%\n"
                        "--------- ------------ ------------ ---------- ---- ---------- ---------- -----\n"
                        "tridentsvm root        aggr3        online     RW          1GB    972.6MB    0%\n"));
  EXPECT_THAT(
      shell("df -h"),
      HasSubstr(
          "/vol/root/              972MB      192KB      972MB       0%  /                          tridentsvm\n"
          "/vol/root/.snapshot      51MB        0KB       51MB       0%  /.snapshot                 tridentsvm\n"));
  EXPECT_THAT(shell("aggr show -aggregate aggr3 -fields storage-type,volcount"), HasSubstr("aggr3     hdd          1"));
  EXPECT_THAT(shell("vserver show -vserver tridentsvm"),
              HasSubstr("             List of Aggregates Assigned: aggr3\n"));
}

TEST(Tutorial, AddressesGiven) {
  Shell shell(kLab);
  prepare(shell, "-address 192.168.199.107 -netmask 255.255.255.0", "-address 192.168.199.108 -netmask-length 24");
  EXPECT_EQ(shell.cluster.find_svm("tridentsvm")->lifs.at("svm-mgmt").address, "192.168.199.108");
}

TEST(Tutorial, RefusalsInTheShellsOwnWords) {
  Shell shell(kLab);
  prepare(shell, "-subnet-name watanabe_subnet", "-subnet-name watanabe_subnet");
  const std::pair<const char*, const char*> rows[] = {
      {"vserver create -vserver tridentsvm -aggregate aggr3 -rootvolume root", "Error: command failed: "},
      {"vserver create -vserver other -aggregate aggr9 -rootvolume root", "Error: command failed: "},
      {"nfs create -vserver tridentsvm", "Error: command failed: "},
      {"nfs create -vserver nobody", "Error: command failed: Vserver \"nobody\" does not exist"},
      {"export-policy rule create -vserver tridentsvm -policyname none -clientmatch 0.0.0.0/0 -rorule any -rwrule any",
       "Error: command failed: "},
      {"network interface create -vserver tridentsvm -lif l -role data -home-node SI-3270-02 -home-port e9z -address "
       "1.2.3.4 -netmask 255.0.0.0",
       "Error: command failed: "},
      {"vserver modify -vserver tridentsvm -aggr-list nope", "Error: command failed: "},
      {"vserver modify -vserver nobody -aggr-list aggr3", "Error: command failed: entry doesn't exist"},
      {"security login unlock -vserver tridentsvm -username nobody", "Error: command failed: "},
      {"vserver creat3", "Error: \"creat3\" is not a recognized command"},
      {"frobnicate", "Error: \"frobnicate\" is not a recognized command"},
      {"vserver create", "Error: Missing required argument \"-vserver <vserver name>\""},
      {"vserver show -nonsense x", "Error: invalid argument \"-nonsense\""},
      {"vserver create -vserver a -aggregate", "Error: Missing value for \"-aggregate\""},
      {"nfs create -vserver tridentsvm -v3 perhaps",
       "Error: \"perhaps\" is an invalid value for field \"-v3 {enabled|disabled}\""},
      {"volume create -vserver tridentsvm -volume v -aggregate aggr3 -size big",
       "Error: \"big\" is an invalid value for field \"-size {<integer>[KB|MB|GB|TB|PB]}\""},
      {"volume show -s x", "Error: Ambiguous argument. Possible matches include:\n"},
      {"network interface show -vserver a b c", "Error: invalid argument \"c\""},
  };
  for (const auto& [line, expected] : rows) {
    EXPECT_THAT(shell(line), testing::StartsWith(expected)) << line;
    EXPECT_TRUE(shell.failed) << line;
  }
  EXPECT_THAT(shell("security login password -username vsadmin -vserver tridentsvm", {"netapp456", "netapp457"}),
              HasSubstr("Error: command failed: Passwords do not match."));
  EXPECT_EQ(shell("security login password -username vsadmin -vserver tridentsvm"), "\nEnter a new password: ");
  EXPECT_TRUE(shell.failed);
  EXPECT_EQ(shell.problem, "");
}

}  // namespace
}  // namespace ontap_sim::cli
