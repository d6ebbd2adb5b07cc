// The launcher against a tiny API server and a temporary server that answers as told. Section 11, row 37.
#include "provisioner/installer/launcher.h"

#include <gmock/gmock.h>

#include "provisioner/base/text.h"
#include "tests/provisioner/server_lab.h"
#include "tests/support/paths.h"

namespace provisioner_test {
namespace {

using provisioner::kube::text_at;
using testing::Contains;
using testing::HasSubstr;

boost::asio::awaitable<void> keep_status(boost::asio::awaitable<int> task, std::optional<int>& out) {
  out = co_await std::move(task);
}

struct LaunchLab {
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  TinyApi api;
  base::http::Handler api_handler = [this](const Request& request) { return cluster(request); };
  base::http::Handler pod_handler = [this](const Request& request) { return temporary_server(request); };
  base::http::MemoryTransport transport{
      clock, [this](const std::string& host, std::uint16_t) {
        return host == "api" ? &api_handler : host == "10.1.2.3" ? &pod_handler : nullptr;
      }};
  std::vector<std::string> lines, asked;
  int backend_status = 201;
  bool binds = true;

  const std::string space = "/api/v1/namespaces/trident/";

  /// Pods run at once; the claim is bound once its PV is there.
  Response cluster(const Request& request) {
    Response response = api.handle(request);
    if (request.method != "POST") return response;
    Json object = Json::parse(response.body);
    if (text_at(object, {"kind"}) == "Pod") {
      object["status"] = {{"phase", "Running"}, {"podIP", "10.1.2.3"}};
      api.put(space + "pods", object);
    }
    if (text_at(object, {"kind"}) == "PersistentVolume" && binds) {
      Json claim = *api.find(space + "persistentvolumeclaims/trident");
      claim["spec"]["volumeName"] = text_at(object, {"metadata", "name"});
      claim["status"] = {{"phase", "Bound"}};
      api.put(space + "persistentvolumeclaims", claim);
    }
    return response;
  }
  Response temporary_server(const Request& request) {
    asked.push_back(request.method + " " + request.target + " " + request.body);
    Response response;
    const std::string path(request.path());
    if (request.method == "POST" && path == "/trident/v1/backend") {
      response.status = backend_status;
      response.body =
          backend_status == 201 ? R"({"backend":"b"})" : R"({"backend":"","error":"could not find NFS data LIF"})";
    } else if (request.method == "POST") {
      response.status = 201;
      response.body = "{}";
    } else if (path == "/trident/v1/backend/b") {
      response.body = R"({"backend":{"name":"b","storage":{"aggr1":{"name":"aggr1"}}}})";
    } else if (request.method == "GET" && path == "/trident/v1/volume/trident") {
      response.body =
          R"({"volume":{"Config":{"name":"trident","accessInformation":{"nfsServerIp":"1.2.3.4","nfsPath":"/trident_trident"}},"backend":"b","pool":"aggr1"}})";
    } else {
      response.body = "{\"backends\":[]}";
    }
    return response;
  }
  int launch(std::string backend = R"({"version":1})") {
    installer::LauncherConfig config;
    config.backend_json = std::move(backend);
    config.deployment_yaml =
        base::read_file(test_support::source_dir() + "/provisioner/installer/setup/trident-deployment.yaml")
            .value_or("");
    config.volume_size = 2;
    kube::ApiServer server;
    server.endpoint.host = "api";
    server.own_namespace = "trident";
    const base::Logger logger(clock, [this](std::string_view line) { lines.emplace_back(line); });
    installer::LauncherParts parts{.clock = clock, .transport = transport, .logger = logger, .api = server};
    std::optional<int> status;
    base::TaskGroup tasks(io.get_executor());
    tasks.spawn(keep_status(installer::launch(config, std::move(parts)), status));
    EXPECT_TRUE(clock.run_until([&] { return status.has_value(); }, minutes(30)));
    clock.run_ready();
    return status.value_or(-1);
  }
};

TEST(Launcher, Row37TheClaimFitsItsVolumeAndNoDefaultClassTakesIt) {
  LaunchLab lab;
  EXPECT_EQ(lab.launch(), 0);
  const Json* claim = lab.api.find(lab.space + "persistentvolumeclaims/trident");
  ASSERT_TRUE(claim);
  EXPECT_EQ((*claim)["spec"]["storageClassName"], "");
  EXPECT_EQ(text_at(*claim, {"spec", "resources", "requests", "storage"}), "2Gi");
  const Json* object = lab.api.find("/api/v1/persistentvolumes/trident");
  ASSERT_TRUE(object);
  EXPECT_EQ(text_at(*object, {"spec", "persistentVolumeReclaimPolicy"}), "Retain");
  EXPECT_EQ(text_at(*object, {"spec", "capacity", "storage"}), "2Gi");
  EXPECT_THAT(lab.asked, Contains(HasSubstr("POST /trident/v1/volume {")));
  EXPECT_THAT(lab.asked, Contains(testing::AnyOf(HasSubstr("2147483648"), HasSubstr("2GiB"), HasSubstr("2Gi\""))));
  EXPECT_FALSE(lab.api.find(lab.space + "pods/trident-ephemeral")) << "the temporary pod is gone";
  EXPECT_TRUE(lab.api.find("/apis/extensions/v1beta1/namespaces/trident/deployments/trident"));
  EXPECT_EQ(lab.launch(), 0);
  EXPECT_THAT(lab.lines, Contains(HasSubstr("is there already")));
}

TEST(Launcher, ARefusedBackendLeavesTheTemporaryPodForItsLog) {
  LaunchLab lab;
  lab.backend_status = 400;
  EXPECT_EQ(lab.launch(), 0);
  EXPECT_TRUE(lab.api.find(lab.space + "pods/trident-ephemeral"));
  EXPECT_FALSE(lab.api.find(lab.space + "persistentvolumeclaims/trident"));
  EXPECT_THAT(lab.lines, Contains(testing::AllOf(HasSubstr("level=error"), HasSubstr("could not find NFS data LIF"))));
}

TEST(Launcher, Row37WhatFailsLaterIsTakenBack) {
  LaunchLab lab;
  lab.binds = false;
  EXPECT_EQ(lab.launch(), 0);
  EXPECT_THAT(lab.asked, Contains(HasSubstr("DELETE /trident/v1/volume/trident")));
  for (const char* path :
       {"/api/v1/persistentvolumes/trident", "/api/v1/namespaces/trident/persistentvolumeclaims/trident",
        "/api/v1/namespaces/trident/pods/trident-ephemeral",
        "/apis/extensions/v1beta1/namespaces/trident/deployments/trident"}) {
    EXPECT_FALSE(lab.api.find(path)) << path;
  }
}

}  // namespace
}  // namespace provisioner_test
