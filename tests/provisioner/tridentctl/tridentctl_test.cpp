#include "provisioner/tridentctl/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "provisioner/base/text.h"
#include "provisioner/tridentctl/output.h"

namespace provisioner::tridentctl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const char* const kBackend =
    R"({"backend":{"name":"ontapnas_192.168.199.107","config":{"version":1,"storageDriverName":"ontap-nas","storagePrefix":"trident","serialNumbers":[],"managementLIF":"192.168.199.108","dataLIF":"192.168.199.107","igroupName":"","svm":"tridentsvm"},"storage":{"aggr3":{"name":"aggr3","storageClasses":[],"storageAttributes":{"backendType":{"offer":["ontap-nas"]},"encryption":{"offer":true},"media":{"offer":["hdd"]},"provisioningType":{"offer":["thick","thin"]},"snapshots":{"offer":true}},"volumes":[]}},"online":true,"volumes":[]}})";
const char* const kGold =
    R"({"storageClass":{"Config":{"version":"1","name":"ontap-gold","attributes":{"backendType":"ontap-nas","media":"ssd","provisioningType":"thin","snapshots":"true"}},"storage":{}}})";
const char* const kBasic =
    R"({"storageClass":{"Config":{"version":"1","name":"basic","attributes":{"backendType":"ontap-nas"}},"storage":{"ontapnas_192.168.199.107":["aggr3"]}}})";
const char* const kPinned =
    R"({"storageClass":{"Config":{"version":"1","name":"pinned","requiredStorage":{"b":["p"]}},"storage":{}}})";
const char* const kVolume =
    R"({"volume":{"Config":{"version":"1","name":"trident-basic-f4048","internalName":"trident_trident_basic_f4048","size":"1073741824","protocol":"file","storageClass":"basic","accessMode":"ReadWriteOnce","accessInformation":{"nfsServerIp":"192.168.199.107","nfsPath":"/trident_trident_basic_f4048"},"blockSize":"","fileSystem":""},"backend":"ontapnas_192.168.199.107","pool":"aggr3"}})";

/// A server and a cluster as tables of answers; what tridentctl did stands in `log`.
struct Lab {
  std::map<std::string, HttpAnswer> rest{
      {"GET /trident/v1/version", {200, "OK", R"({"version":"17.10.1"})"}},
      {"GET /trident/v1/backend", {200, "OK", R"({"backends":["ontapnas_192.168.199.107"]})"}},
      {"GET /trident/v1/backend/ontapnas_192.168.199.107", {200, "OK", kBackend}},
      {"GET /trident/v1/storageclass", {200, "OK", R"({"storageClasses":["basic","ontap-gold"]})"}},
      {"GET /trident/v1/storageclass/basic", {200, "OK", kBasic}},
      {"GET /trident/v1/storageclass/ontap-gold", {200, "OK", kGold}},
      {"GET /trident/v1/storageclass/pinned", {200, "OK", kPinned}},
      {"GET /trident/v1/volume", {200, "OK", R"({"volumes":["trident-basic-f4048"]})"}},
      {"GET /trident/v1/volume/trident-basic-f4048", {200, "OK", kVolume}},
      {"POST /trident/v1/backend", {201, "Created", R"({"backend":"ontapnas_192.168.199.107"})"}},
      {"DELETE /trident/v1/volume/trident-basic-f4048", {200, "OK", "{}"}},
  };
  std::map<std::string, Ran> processes{
      {"kubectl version", {0, "", ""}},
      {"kubectl get serviceaccount default -o=json", {0, R"({"metadata":{"namespace":"trident"}})", ""}},
      {"kubectl get pod -n trident -l app=trident.netapp.io -o=json",
       {0, R"({"items":[{"metadata":{"name":"trident-1-x"}}]})", ""}},
      {"kubectl get pod -n empty -l app=trident.netapp.io -o=json", {0, R"({"items":[]})", ""}},
  };
  std::map<std::string, std::string> files{{"backend.json", R"({"version": 1})"},
                                           {"backend.yaml", "version: 1\nsvm: \"1\"\n"}};
  std::map<std::string, std::string> environment;
  std::string out;
  std::string err;
  std::vector<std::string> log;

  int run(const std::string& line) {
    Host host;
    host.run = [this](const std::vector<std::string>& argv, bool, const std::string&) {
      const std::string command = base::join(argv, " ");
      log.push_back(command);
      const auto found = processes.find(command);
      return found == processes.end() ? Ran{127, "", argv[0] + ": not found"} : found->second;
    };
    host.http = [this](const std::string& server, const std::string& method, const std::string& target,
                       const std::string& body) -> base::Result<HttpAnswer> {
      log.push_back(server + " " + method + " " + target + (body.empty() ? "" : " " + body));
      const auto found = rest.find(method + " " + target);
      if (server == "down:1") return base::Error{base::ErrorKind::unavailable, "connection refused"};
      if (found == rest.end()) return HttpAnswer{404, "Not Found", R"({"error":"it was not found"})"};
      return found->second;
    };
    host.environment = [this](const std::string& name) { return environment[name]; };
    host.read_file = [this](const std::string& path) -> base::Result<std::string> {
      const auto found = files.find(path);
      if (found == files.end()) return base::Error{base::ErrorKind::not_found, "could not read file " + path};
      return found->second;
    };
    host.write_file = [this](const std::string& path, const std::string& content) {
      files[path] = content;
      return true;
    };
    host.local_time = [] { return std::string("2017-11-28T07-46-32-UTC"); };
    host.out = [this](const std::string& text) { out += text; };
    host.err = [this](const std::string& text) { err += text; };
    std::vector<std::string> args;
    for (const std::string_view word : base::split(line, ' ')) {
      if (!word.empty()) args.emplace_back(word);
    }
    return tridentctl::run(args, host);
  }
};

struct Exact {
  const char* command;
  const char* output;
};

const char* const kBackendTable =
    "+--------------------------+----------------+--------+---------+\n"
    "|           NAME           | STORAGE DRIVER | ONLINE | VOLUMES |\n"
    "+--------------------------+----------------+--------+---------+\n"
    "| ontapnas_192.168.199.107 | ontap-nas      | true   |       0 |\n"
    "+--------------------------+----------------+--------+---------+\n";

const std::vector<Exact>& exact_outputs() {
  static const std::vector<Exact> rows{
      {"version",
       "+----------------+----------------+\n| SERVER VERSION | CLIENT VERSION |\n+----------------+----------------+\n"
       "| 17.10.1        | 17.10.1        |\n+----------------+----------------+\n"},
      {"version -o wide",
       "+----------------+--------------------+----------------+--------------------+\n"
       "| SERVER VERSION | SERVER API VERSION | CLIENT VERSION | CLIENT API VERSION |\n"
       "+----------------+--------------------+----------------+--------------------+\n"
       "| 17.10.1        |                  1 | 17.10.1        |                  1 |\n"
       "+----------------+--------------------+----------------+--------------------+\n"},
      {"version -o json",
       "{\n  \"server\": {\n    \"version\": \"17.10.1\",\n    \"majorVersion\": 17,\n    \"minorVersion\": 10,\n    "
       "\"patchVersion\": 1,\n"
       "    \"preRelease\": \"\",\n    \"buildMetadata\": \"\",\n    \"apiVersion\": \"1\"\n  },\n  \"client\": {\n    "
       "\"version\": \"17.10.1\",\n"
       "    \"majorVersion\": 17,\n    \"minorVersion\": 10,\n    \"patchVersion\": 1,\n    \"preRelease\": \"\",\n    "
       "\"buildMetadata\": \"\",\n"
       "    \"apiVersion\": \"1\"\n  }\n}\n"},
      {"get backend", kBackendTable},
      {"create backend -f backend.json", kBackendTable},
      {"get b -o wide", kBackendTable},
      {"get backends -o name", "ontapnas_192.168.199.107\n"},
      {"get backend -o json", R"({
  "items": [
    {
      "name": "ontapnas_192.168.199.107",
      "config": {
        "version": 1,
        "storageDriverName": "ontap-nas",
        "storagePrefix": "trident",
        "serialNumbers": []
      },
      "storage": {
        "aggr3": {
          "name": "aggr3",
          "storageAttributes": {
            "backendType": {
              "offer": [
                "ontap-nas"
              ]
            },
            "encryption": {
              "offer": true
            },
            "media": {
              "offer": [
                "hdd"
              ]
            },
            "provisioningType": {
              "offer": [
                "thick",
                "thin"
              ]
            },
            "snapshots": {
              "offer": true
            }
          },
          "storageClasses": [],
          "volumes": []
        }
      },
      "online": true,
      "volumes": []
    }
  ]
}
)"},
      {"get backend -o yaml", R"(items:
- config:
    serialNumbers: []
    storageDriverName: ontap-nas
    storagePrefix: trident
    version: 1
  name: ontapnas_192.168.199.107
  online: true
  storage:
    aggr3:
      name: aggr3
      storageAttributes:
        backendType:
          offer:
          - ontap-nas
        encryption:
          offer: true
        media:
          offer:
          - hdd
        provisioningType:
          offer:
          - thick
          - thin
        snapshots:
          offer: true
      storageClasses: []
      volumes: []
  volumes: []

)"},
      {"get storageclass",
       "+------------+\n|    NAME    |\n+------------+\n| basic      |\n| ontap-gold |\n+------------+\n"},
      {"get storageclass basic -o json",
       "{\n  \"items\": [\n    {\n      \"Config\": {\n        \"version\": \"1\",\n        \"name\": \"basic\",\n     "
       "   \"attributes\": {\n"
       "          \"backendType\": \"ontap-nas\"\n        }\n      },\n      \"storage\": {\n        "
       "\"ontapnas_192.168.199.107\": [\n"
       "          \"aggr3\"\n        ]\n      }\n    }\n  ]\n}\n"},
      {"get sc -ojson ontap-gold",
       "{\n  \"items\": [\n    {\n      \"Config\": {\n        \"version\": \"1\",\n        \"name\": "
       "\"ontap-gold\",\n        \"attributes\": {\n"
       "          \"backendType\": \"ontap-nas\"\n        }\n      },\n      \"storage\": {}\n    }\n  ]\n}\n"},
      {"get storageclasses -o yaml pinned",
       "items:\n- Config:\n    attributes:\n      backendType: null\n    name: pinned\n    version: \"1\"\n  storage: "
       "{}\n\n"},
      {"get volume",
       "+---------------------+---------+---------------+----------+--------------------------+-------+\n"
       "|        NAME         |  SIZE   | STORAGE CLASS | PROTOCOL |         BACKEND          | POOL  |\n"
       "+---------------------+---------+---------------+----------+--------------------------+-------+\n"
       "| trident-basic-f4048 | 1.0 GiB | basic         | file     | ontapnas_192.168.199.107 | aggr3 |\n"
       "+---------------------+---------+---------------+----------+--------------------------+-------+\n"},
      {"get v -o wide trident-basic-f4048",
       "+---------------------+-----------------------------+---------+---------------+----------+---------------------"
       "-----+-------+---------------+\n"
       "|        NAME         |        INTERNAL NAME        |  SIZE   | STORAGE CLASS | PROTOCOL |         BACKEND     "
       "     | POOL  |  ACCESS MODE  |\n"
       "+---------------------+-----------------------------+---------+---------------+----------+---------------------"
       "-----+-------+---------------+\n"
       "| trident-basic-f4048 | trident_trident_basic_f4048 | 1.0 GiB | basic         | file     | "
       "ontapnas_192.168.199.107 | aggr3 | ReadWriteOnce |\n"
       "+---------------------+-----------------------------+---------+---------------+----------+---------------------"
       "-----+-------+---------------+\n"},
      {"get volume -o json", R"({
  "items": [
    {
      "Config": {
        "version": "1",
        "name": "trident-basic-f4048",
        "internalName": "trident_trident_basic_f4048",
        "size": "1073741824",
        "protocol": "file",
        "storageClass": "basic",
        "accessMode": "ReadWriteOnce",
        "accessInformation": {
          "nfsServerIp": "192.168.199.107",
          "nfsPath": "/trident_trident_basic_f4048"
        },
        "blockSize": "",
        "fileSystem": ""
      },
      "backend": "ontapnas_192.168.199.107",
      "pool": "aggr3"
    }
  ]
}
)"},
      {"delete volume trident-basic-f4048", ""},
      {"delete volume --all", ""},
  };
  return rows;
}

TEST(Tridentctl, DirectModePrintsExactly) {
  for (const Exact& row : exact_outputs()) {
    Lab lab;
    EXPECT_EQ(lab.run("-s here:8000 " + std::string(row.command)), 0) << row.command << lab.err;
    EXPECT_EQ(lab.out, row.output) << row.command;
    EXPECT_EQ(lab.err, "");
    Lab by_environment;
    by_environment.environment["TRIDENT_SERVER"] = "there:1";
    EXPECT_EQ(by_environment.run(row.command), 0);
    EXPECT_EQ(by_environment.out, row.output) << row.command;
    EXPECT_THAT(by_environment.log.front(), StartsWith("there:1 "));
  }
}

TEST(Tridentctl, NoBackendsIsAnEmptyTable) {
  Lab lab;
  lab.rest["GET /trident/v1/backend"].body = R"({"backends":[]})";
  EXPECT_EQ(lab.run("get backend -s here:8000"), 0);
  EXPECT_EQ(lab.out,
            "+------+----------------+--------+---------+\n| NAME | STORAGE DRIVER | ONLINE | VOLUMES |\n"
            "+------+----------------+--------+---------+\n+------+----------------+--------+---------+\n");
  lab.out.clear();
  EXPECT_EQ(lab.run("get backend -s here:8000 -o json"), 0);
  EXPECT_EQ(lab.out, "{\n  \"items\": []\n}\n");
}

struct Refused {
  const char* command;
  const char* error;
};

TEST(Tridentctl, FailuresAreOneErrorLineAndStatusOne) {
  const std::vector<Refused> rows{
      {"-s here:1 get backend nope", "Error: could not get backend nope. 404 Not Found: it was not found\n"},
      {"-s here:1 delete volume nope", "Error: could not delete volume nope. 404 Not Found: it was not found\n"},
      {"-s here:1 delete volume", "Error: volume name not specified\n"},
      {"-s here:1 delete volume x --all", "Error: cannot use --all together with names of a volume\n"},
      {"-s here:1 create backend", "Error: no input file was specified\n"},
      {"-s here:1 create backend -f none", "Error: could not read file none\n"},
      {"-s here:1 create backend --base64 !!", "Error: the backend configuration is not valid base64\n"},
      {"-s down:1 version", "Error: connection refused\n"},
      {"-s here:1 logs", "Error: the logs command works only against a Trident pod, not with a server address\n"},
      {"logs -l nothing", "Error: nothing is not a valid Trident log\n"},
      {"-n empty version",
       "Error: could not find a Trident pod in the empty namespace. You may need to use the -n option to specify the "
       "correct namespace\n"},
      {"--nope", "Error: unknown flag: --nope\n"},
      {"get backend -x", "Error: unknown shorthand flag: 'x' in -x\n"},
      {"get backend -o", "Error: flag needs an argument: 'o' in -o\n"},
      {"get backend --debug=maybe",
       "Error: invalid argument \"maybe\" for \"-d, --debug\" flag: strconv.ParseBool: parsing \"maybe\": invalid "
       "syntax\n"},
      {"verison",
       "Error: unknown command \"verison\" for \"tridentctl\"\n\nDid you mean this?\n\tversion\n\nRun 'tridentctl "
       "--help' for usage.\n"},
      {"get pizza",
       "Error: unknown command \"pizza\" for \"tridentctl get\"\nRun 'tridentctl get --help' for usage.\n"},
  };
  for (const Refused& row : rows) {
    Lab lab;
    EXPECT_EQ(lab.run(row.command), 1) << row.command;
    EXPECT_EQ(lab.err, row.error) << row.command;
    EXPECT_EQ(lab.out, "") << row.command;
  }
}

// Specification section 11, row 7: 17.10.1 showed the status line only.
TEST(Tridentctl, Row7AFailedCreateShowsTheServersReason) {
  Lab lab;
  lab.rest["POST /trident/v1/backend"] = {
      400, "Bad Request",
      R"({"backend":"","error":"problem initializing storage driver 'ontap-nas': no NFS data LIF"})"};
  EXPECT_EQ(lab.run("-s here:1 create backend -f backend.json"), 1);
  EXPECT_EQ(lab.err, "Error: 400 Bad Request: problem initializing storage driver 'ontap-nas': no NFS data LIF\n");
}

// Specification section 11, row 36.
TEST(Tridentctl, Row36SizesWithUnitsAndYamlInput) {
  EXPECT_EQ(human_size("1GB"), "954 MiB");
  EXPECT_EQ(human_size("1Gi"), "1.0 GiB");
  EXPECT_EQ(human_size("20971520"), "20 MiB");
  EXPECT_EQ(human_size("9"), "9 B");
  EXPECT_EQ(human_size("1000"), "1000 B");
  EXPECT_EQ(human_size("-1"), "0 B");
  EXPECT_EQ(human_size("99999999999E"), "0 B");
  Lab lab;
  EXPECT_EQ(lab.run("-s here:1 create backend -f backend.yaml"), 0);
  EXPECT_EQ(lab.log.front(), R"(here:1 POST /trident/v1/backend {"version":1,"svm":"1"})");
  for (const char* line : {"delete v nope", "delete volumes nope", "delete volume nope"}) {
    Lab aliased;
    EXPECT_EQ(aliased.run(std::string("-s here:1 ") + line), 1) << line;
    EXPECT_EQ(aliased.err, "Error: could not delete volume nope. 404 Not Found: it was not found\n") << line;
  }
  for (const char* line : {"get pizza", "create pizza", "delete pizza"}) {
    Lab unknown;
    EXPECT_EQ(unknown.run(line), 1) << line;
  }
  for (const char* line : {"get", "create", "delete"}) {
    Lab bare;
    EXPECT_EQ(bare.run(line), 0) << line;
  }
}

TEST(Tridentctl, Row9TheFullViewShowsWhatTheTutorialsViewDrops) {
  Lab lab;
  EXPECT_EQ(lab.run("-s here:1 get storageclass ontap-gold -o json --full"), 0);
  EXPECT_THAT(lab.out, HasSubstr("\"provisioningType\": \"thin\""));
  Lab backend;
  EXPECT_EQ(backend.run("-s here:1 get backend -o json --full"), 0);
  EXPECT_THAT(backend.out, HasSubstr("\"dataLIF\": \"192.168.199.107\""));
}

TEST(Tridentctl, CommandsOfLaterReleases) {
  const std::string snapshot =
      R"({"snapshot":{"name":"s1","volume":"v","created":"2017-11-28T07:46:32Z","sizeBytes":1048576}})";
  const std::string narrow =
      "+------+--------+\n| NAME | VOLUME |\n+------+--------+\n| s1   | v      |\n+------+--------+\n";
  const std::string backend_table =
      "+--------------------------+----------------+--------+---------+\n|           NAME           | STORAGE DRIVER | "
      "ONLINE | VOLUMES |\n"
      "+--------------------------+----------------+--------+---------+\n| ontapnas_192.168.199.107 | ontap-nas      | "
      "true   |       0 |\n"
      "+--------------------------+----------------+--------+---------+\n";
  struct Row {
    const char* command;
    std::string output;
    std::string called;  // the last call before the object is fetched, or ""
  };
  const std::string claim =
      R"({"kind":"PersistentVolumeClaim","metadata":{"name":"data","namespace":"shop"},"spec":{"storageClassName":"basic","accessModes":["ReadWriteOnce"]}})";
  const std::vector<Row> rows{
      {"update backend ontapnas_192.168.199.107 -f backend.json", backend_table,
       R"(here:1 POST /trident/v1/backend/ontapnas_192.168.199.107 {"version": 1})"},
      {"get snapshot", narrow, ""},
      {"get snapshots --volume v -o name", "v/s1\n", ""},
      {"get snap v/s1 -o wide",
       "+------+--------+----------------------+---------+\n| NAME | VOLUME |       CREATED        |  SIZE   "
       "|\n+------+--------+----------------------+---------+\n"
       "| s1   | v      | 2017-11-28T07:46:32Z | 1048576 |\n+------+--------+----------------------+---------+\n",
       ""},
      {"get snapshot v/s1 -o json",
       "{\n  \"items\": [\n    {\n      \"name\": \"s1\",\n      \"volume\": \"v\",\n      \"created\": "
       "\"2017-11-28T07:46:32Z\",\n      \"sizeBytes\": 1048576\n    }\n  ]\n}\n",
       ""},
      {"create snapshot v/s1", narrow, R"(here:1 POST /trident/v1/snapshot {"volumeName":"v","name":"s1"})"},
      {"delete snapshot v/s1", "", ""},
      {"import volume ontapnas_192.168.199.107 legacy -f claim.yaml --no-manage",
       "+-----------+---------+---------------+----------+--------------------------+-------+\n|   NAME    |  SIZE   | "
       "STORAGE CLASS | PROTOCOL |         BACKEND          | POOL  |\n"
       "+-----------+---------+---------------+----------+--------------------------+-------+\n| shop-data | 1.0 GiB | "
       "basic         | file     | ontapnas_192.168.199.107 | aggr3 |\n"
       "+-----------+---------+---------------+----------+--------------------------+-------+\n",
       R"(here:1 POST /trident/v1/volume/import {"backend":"ontapnas_192.168.199.107","internalName":"legacy","noManage":true,"pvcData":")" +
           base::base64_encode(claim) + "\"}"},
      {"explain pvc shop/data",
       "+---------+------+----------+-----------------------+\n| BACKEND | POOL | SUITABLE |        REASON         "
       "|\n+---------+------+----------+-----------------------+\n"
       "| b       | p    | true     | fits                  |\n| b       | q    | false    | media is hdd, not ssd "
       "|\n+---------+------+----------+-----------------------+\n",
       ""},
      {"explain pvc shop/data -o name", "b:p\n", ""},
  };
  for (const Row& row : rows) {
    Lab lab;
    lab.files["claim.yaml"] =
        "kind: PersistentVolumeClaim\nmetadata: {name: data, namespace: shop}\nspec: {storageClassName: basic, "
        "accessModes: [ReadWriteOnce]}\n";
    lab.rest["GET /trident/v1/snapshot"] = {200, "OK", R"({"snapshots":["v/s1"]})"};
    lab.rest["GET /trident/v1/volume/v/snapshot"] = {200, "OK", R"({"snapshots":["v/s1"]})"};
    lab.rest["GET /trident/v1/snapshot/v/s1"] = {200, "OK", snapshot};
    lab.rest["POST /trident/v1/snapshot"] = {201, "Created", R"({"snapshotID":"v/s1"})"};
    lab.rest["DELETE /trident/v1/snapshot/v/s1"] = {200, "OK", "{}"};
    lab.rest["POST /trident/v1/backend/ontapnas_192.168.199.107"] = {200, "OK",
                                                                     R"({"backend":"ontapnas_192.168.199.107"})"};
    lab.rest["POST /trident/v1/volume/import"] = {
        201, "Created", base::replace_all(kVolume, "trident-basic-f4048\",\"internal", "shop-data\",\"internal")};
    lab.rest["GET /trident/v1/explain/shop/data"] = {
        200, "OK",
        R"({"pools":[{"backend":"b","pool":"p","suitable":true,"reason":"fits"},{"backend":"b","pool":"q","suitable":false,"reason":"media is hdd, not ssd"}]})"};
    EXPECT_EQ(lab.run("-s here:1 " + std::string(row.command)), 0) << row.command << lab.err;
    EXPECT_EQ(lab.out, row.output) << row.command;
    if (!row.called.empty()) {
      EXPECT_EQ(lab.log.front(), row.called);
    }
  }
  for (const char* bad :
       {"update backend", "update backend x", "import volume b", "import volume b v", "explain pvc x", "explain pvc",
        "create snapshot v", "delete snapshot", "delete snapshot v", "get snapshot v"}) {
    Lab lab;
    EXPECT_EQ(lab.run("-s here:1 " + std::string(bad)), 1) << bad;
    EXPECT_THAT(lab.err, StartsWith("Error: ")) << bad;
  }
}

TEST(Tridentctl, InstallWaitsForTheServerAndSaysWhenItDoesNotCome) {
  Lab lab;
  EXPECT_EQ(lab.run("install -n trident"), 1);
  EXPECT_THAT(lab.err, HasSubstr("could not read ./setup/backend.json"));
  lab.files["./setup/backend.json"] = "{}";
  lab.err.clear();
  EXPECT_NE(lab.run("install -n trident"), 0) << "the script is missing";
  lab.processes["./install_trident.sh -n trident"] = {0, "Started launcher in namespace \"trident\".\n", ""};
  lab.processes["kubectl -n trident logs trident-launcher"] = {0, "level=fatal\n", ""};
  lab.processes["kubectl -n trident get pod trident-launcher -o json"] = {0, R"({"status":{"phase":"Failed"}})", ""};
  lab.err.clear();
  EXPECT_EQ(lab.run("install -n trident"), 1);
  EXPECT_THAT(lab.err, HasSubstr("level=fatal\nError: Trident does not run in namespace trident"));
  lab.processes["kubectl -n trident get deployment trident -o json"] = {0, R"({"status":{"availableReplicas":1}})", ""};
  lab.out.clear();
  EXPECT_EQ(lab.run("install -n trident"), 0);
  EXPECT_EQ(lab.out, "Started launcher in namespace \"trident\".\nTrident is running in namespace \"trident\".\n");
  lab.processes["./uninstall_trident.sh -n trident -a"] = {0, "gone\n", ""};
  lab.out.clear();
  EXPECT_EQ(lab.run("uninstall -n trident -a"), 0);
  EXPECT_EQ(lab.out, "gone\n");
}

TEST(Tridentctl, TunnelsThroughTheOnlyPod) {
  Lab lab;
  const std::string exec = "kubectl exec trident-1-x -n trident -c trident-main -- tridentctl -s 127.0.0.1:8000";
  lab.processes[exec + " --output json get backend ontapnas"] = {0, "answer\n", ""};
  lab.processes[exec + " get volume x"] = {
      1, "Error: could not get volume x. 404 Not Found\ncommand terminated with exit code 1\n", ""};
  lab.processes[exec + " --output json version"] = {0, R"({"server":{"version":"17.10.2"}})", ""};
  lab.processes[exec + " create backend --base64 eyJ2ZXJzaW9uIjogMX0="] = {0, "made\n", ""};
  EXPECT_EQ(lab.run("get backend ontapnas -o json"), 0);
  EXPECT_EQ(lab.out, "answer\n");
  EXPECT_EQ(lab.log,
            (std::vector<std::string>{"oc version", "kubectl version", "kubectl get serviceaccount default -o=json",
                                      "kubectl get pod -n trident -l app=trident.netapp.io -o=json",
                                      exec + " --output json get backend ontapnas"}));
  lab.out.clear();
  EXPECT_EQ(lab.run("-n trident get volume x"), 1);
  EXPECT_EQ(lab.out, "");
  EXPECT_EQ(lab.err, "Error: could not get volume x. 404 Not Found\ncommand terminated with exit code 1\n");
  EXPECT_EQ(lab.run("version"), 0);
  EXPECT_THAT(lab.out, HasSubstr("| 17.10.2        | 17.10.1        |"));
  lab.out.clear();
  EXPECT_EQ(lab.run("create backend -f backend.json"), 0);
  EXPECT_EQ(lab.out, "made\n");
}

TEST(Tridentctl, PrefersOcAndNeedsSomeCli) {
  Lab lab;
  lab.processes["oc version"] = {0, "", ""};
  lab.processes["oc get pod -n t -l app=trident.netapp.io -o=json"] = {0, R"({"items":[]})", ""};
  EXPECT_EQ(lab.run("-n t version"), 1);
  EXPECT_THAT(lab.err, HasSubstr("in the t namespace"));
  Lab bare;
  bare.processes.clear();
  EXPECT_EQ(bare.run("version"), 1);
  EXPECT_THAT(bare.err, HasSubstr("could not find a Kubernetes CLI"));
}

TEST(Tridentctl, LogsOfAllSourcesAndTheArchive) {
  Lab lab;
  const auto add = [&](const std::string& what, const std::string& where) {
    lab.processes["kubectl logs " + what + " --limit-bytes=10485760"] = {0, where + " text\n", ""};
  };
  add("trident-1-x -n trident -c trident-main", "trident");
  add("trident-1-x -n trident -c etcd", "etcd");
  add("trident-launcher -n empty", "launcher");
  EXPECT_EQ(lab.run("logs"), 0);
  EXPECT_EQ(lab.out, "trident log:\ntrident text\n\n");
  lab.out.clear();
  EXPECT_EQ(lab.run("logs -n empty"), 0);  // no server, no ephemeral pod: the launcher's
  EXPECT_EQ(lab.out, "launcher log:\nlauncher text\n\n");
  EXPECT_EQ(lab.run("logs -n empty -l trident"), 1);
  EXPECT_THAT(lab.err, HasSubstr("no Trident pod"));
  lab.out.clear();
  EXPECT_EQ(lab.run("logs -a"), 0);
  const std::string file = "support-2017-11-28T07-46-32-UTC.zip";
  EXPECT_EQ(lab.out, "Wrote trident log to " + file + " archive.\nWrote etcd log to " + file +
                         " archive.\nWrote error log to " + file + " archive.\n");
  EXPECT_THAT(lab.files[file], StartsWith("PK\x03\x04"));
  EXPECT_THAT(lab.files[file], HasSubstr("etcd text\n"));
}

TEST(Tridentctl, HelpNeedsNoServer) {
  Lab lab;
  lab.processes.clear();
  for (const char* line : {"", "-h", "help", "get", "create", "delete", "get backend -h", "help get volume"})
    EXPECT_EQ(lab.run(line), 0) << line;
  EXPECT_TRUE(lab.log.empty());
  lab.out.clear();
  lab.run("delete");
  EXPECT_EQ(
      lab.out,
      "Remove one or more resources from Trident\n\nUsage:\n  tridentctl delete [command]\n\nAvailable Commands:\n"
      "  backend      Delete one or more storage backends from Trident\n"
      "  snapshot     Delete one or more snapshots from Trident\n"
      "  storageclass Delete one or more storage classes from Trident\n"
      "  volume       Delete one or more storage volumes from Trident\n\nFlags:\n  -h, --help   help for delete\n\n"
      "Global Flags:\n  -d, --debug              Debug output\n  -n, --namespace string   Namespace of Trident "
      "deployment\n"
      "  -o, --output string      Output format. One of json|yaml|name|wide|ps (default)\n"
      "  -s, --server string      Address/port of Trident REST interface\n\n"
      "Use \"tridentctl delete [command] --help\" for more information about a command.\n");
  lab.out.clear();
  EXPECT_EQ(lab.run("completion bash"), 0);
  EXPECT_THAT(lab.out, HasSubstr("\" get\") COMPREPLY=($(compgen -W \"--debug --namespace --output --server backend "
                                 "snapshot storageclass volume\""));
}

TEST(Tridentctl, YamlQuotesWhatWouldReadAsSomethingElse) {
  Json value = Json::object();
  value["a"] = {"1", "true", "", "x: y", "- z", "plain", "0x1f", "it's", "two\nlines", "2017-11-28", "17.10.1", "1.5"};
  EXPECT_EQ(to_go_yaml(value),
            "a:\n- \"1\"\n- \"true\"\n- \"\"\n- 'x: y'\n- '- z'\n- plain\n- \"0x1f\"\n- it's\n- \"two\\nlines\"\n- "
            "\"2017-11-28\"\n- 17.10.1\n- \"1.5\"\n\n");
  EXPECT_EQ(to_go_json(Json("a<b>&c")), "\"a\\u003cb\\u003e\\u0026c\"\n");
}

}  // namespace
}  // namespace provisioner::tridentctl
