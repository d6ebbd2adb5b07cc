// One id per operation, in every line that it logs, down to the calls to the array.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/provisioner/server_lab.h"
#include "tests/provisioner/tiny_array.h"

namespace provisioner_test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kNasBackend =
    R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","dataLIF":"192.168.199.107",)"
    R"("svm":"tridentsvm","username":"admin","password":"netapp123"})";

std::string id_in(const std::string& line) {
  std::smatch found;
  return std::regex_search(line, found, std::regex("requestID=\"?([^\" ]+)\"? ")) ? found[1].str() : "";
}

std::vector<std::string> lines_with(const std::vector<std::string>& lines, const std::string& text) {
  std::vector<std::string> found;
  std::ranges::copy_if(lines, std::back_inserter(found),
                       [&](const std::string& line) { return line.find(text) != std::string::npos; });
  return found;
}

struct RequestIds : testing::Test {
  RequestIds() : server(true) {
    server.level = base::LogLevel::debug;
    server.array_handler = [this](const Request& request) { return array.handle(request); };
  }
  void begin() {
    server.start();
    ASSERT_EQ(server.call("POST", "/trident/v1/backend", kNasBackend).status, 201);
    server.api.put("/apis/storage.k8s.io/v1/storageclasses",
                   *yaml_to_json("{metadata: {name: basic, uid: class-basic}, provisioner: netapp.io/trident, "
                                 "parameters: {backendType: ontap-nas}}"));
    server.clock.advance(seconds(1));
    server.lines.clear();
  }
  Response call(const std::string& method, const std::string& target, const std::string& body, const std::string& id) {
    Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers.set("X-Request-Id", id);
    std::optional<Result<Response>> out;
    base::TaskGroup calls(server.io.get_executor());
    calls.spawn(send(server.transport, request, out));
    EXPECT_TRUE(server.clock.run_until([&] { return out.has_value(); }, minutes(10)));
    server.clock.run_ready();
    return out->value_or(Response());
  }
  TinyArray array;
  Server server;
};

TEST_F(RequestIds, AClaimsIdGoesThroughToTheArrayAndTwoClaimsDoNotMix) {
  begin();
  server.put_claim(server.claim("one"));
  server.put_claim(server.claim("two"));
  ASSERT_TRUE(server.until([&] { return lines_with(server.lines, "provisioned a volume").size() == 2; }));
  std::vector<std::string> ids;
  for (const std::string name : {"one", "two"}) {
    const auto told = lines_with(server.lines, "PVC=\"test/" + name + "\"");
    ASSERT_FALSE(told.empty());
    ids.push_back(id_in(told.back()));
    EXPECT_THAT(ids.back(), SizeIs(36)) << told.back();
    const auto own = lines_with(server.lines, ids.back());
    EXPECT_THAT(lines_with(own, "msg=\"ZAPI call.\" call=volume-create "), SizeIs(1)) << name;
    EXPECT_THAT(lines_with(own, "msg=\"Volume created.\""), SizeIs(1)) << name;
    EXPECT_THAT(lines_with(own, "requestSource=Kubernetes "), SizeIs(own.size())) << name;
    const std::string other = name == "one" ? "test-two" : "test-one";
    EXPECT_THAT(lines_with(own, other), SizeIs(0)) << name;
  }
  EXPECT_NE(ids[0], ids[1]);
  // Nothing that a claim's creation calls is without an id.
  for (const std::string& line : lines_with(server.lines, "call=volume-create ")) EXPECT_NE(id_in(line), "") << line;
}

TEST_F(RequestIds, ACallersIdIsTakenAnsweredAndLogged) {
  begin();
  const std::string volume = R"({"name":"v1","size":"1Gi","storageClass":"basic"})";
  const Response made = call("POST", "/trident/v1/volume", volume, "ticket-4711");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.headers.get("X-Request-Id"), "ticket-4711");
  const auto own = lines_with(server.lines, "requestID=ticket-4711 requestSource=REST ");
  EXPECT_THAT(lines_with(own, "call=volume-create "), SizeIs(1));
  EXPECT_THAT(lines_with(own, "msg=\"API server REST call.\""), SizeIs(1));
  // One that could break the log is not taken; one that is missing is made.
  const std::vector<std::string> refusals = {"", "two words", "quote\"", "line\nbreak", std::string(65, 'x')};
  for (const std::string& bad : refusals) {
    const Response answer = call("GET", "/trident/v1/volume", "", bad);
    EXPECT_THAT(answer.headers.get("X-Request-Id"), SizeIs(36)) << bad;
    EXPECT_THAT(lines_with(server.lines, answer.headers.get("X-Request-Id")), SizeIs(1)) << bad;
  }
  // Failures too.
  const Response refused = call("POST", "/trident/v1/volume", volume, "again");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(lines_with(lines_with(server.lines, "requestID=again "), "level=error"), SizeIs(1));
}

TEST_F(RequestIds, LoopsThatOutliveAnOperationAreNotItsOwn) {
  begin();
  const Response made = call("PUT", "/trident/v1/backend", kNasBackend, "none");
  EXPECT_EQ(made.status, 404);
  ASSERT_EQ(call("POST", "/trident/v1/backend", kNasBackend, "adds-a-backend").status, 201);
  const std::size_t before = lines_with(server.lines, "adds-a-backend").size();
  EXPECT_GT(before, 3U);
  server.clock.advance(minutes(10));  // health checks go on
  EXPECT_GT(lines_with(server.lines, "call=system-get-ontapi-version ").size(), 9U);
  EXPECT_EQ(lines_with(server.lines, "adds-a-backend").size(), before);
}

TEST_F(RequestIds, WithoutDebuggingInfoLinesAreThoseOf17_10AndOthersNameTheirOperation) {
  server.level = base::LogLevel::info;
  begin();
  const std::string volume = R"({"name":"v1","size":"1Gi","storageClass":"basic"})";
  ASSERT_EQ(call("POST", "/trident/v1/volume", volume, "quiet").status, 201);
  EXPECT_THAT(
      lines_with(server.lines, "msg=\"Added a new volume.\" backend=\"ontapnas_192.168.199.107\" handler=AddVolume \n"),
      SizeIs(1));
  EXPECT_THAT(lines_with(server.lines, "quiet"), SizeIs(0));
  ASSERT_EQ(call("POST", "/trident/v1/volume", volume, "loud").status, 400);
  EXPECT_THAT(lines_with(server.lines, "requestID=loud "), SizeIs(1));
}

}  // namespace
}  // namespace provisioner_test
