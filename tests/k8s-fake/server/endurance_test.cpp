// Clients that misbehave, and very many that do nothing: they are answered or cut off, and the others notice nothing.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "tests/k8s-fake/server/process.h"

namespace {

constexpr const char* kMaps = "/api/v1/namespaces/default/configmaps";
/// All ten thousand take their time under the sanitizers.
const int kWatches = std::getenv("DRYDOCK_SOAK") != nullptr ? 10000 : 1500;

/// Descriptors for both ends; the number of watches they allow.
int allowed_watches() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, static_cast<rlim_t>(kWatches) + 500);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return std::min(static_cast<int>(limit.rlim_cur) - 500, kWatches);
}

struct Endurance : testing::Test {
  int watches = allowed_watches();
  ServerProcess server{{"--no-kubelet"}};

  void SetUp() override { ASSERT_NE(server.port, 0); }
  void expect_well() {
    Line other(server.port);
    EXPECT_EQ(other.ask("GET", "/api/v1/namespaces/default").status, 200) << "another client";
  }
};

TEST_F(Endurance, DeepAndHugeBodies) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  const std::string object = "{\"metadata\":{\"name\":\"deep\"},\"data\":" + deep + "}";
  for (const auto& [type, method, target, body] :
       std::vector<std::tuple<std::string, std::string, std::string, std::string>>{
           {"application/json", "POST", kMaps, object},
           {"application/json", "POST", kMaps, deep},
           {"application/yaml", "POST", kMaps, object},
           {"application/json", "POST", kMaps, std::string(100000, '{')},
           {"application/merge-patch+json", "PATCH", "/api/v1/namespaces/default", object},
           {"application/strategic-merge-patch+json", "PATCH", "/api/v1/namespaces/default", object},
           {"application/json-patch+json", "PATCH", "/api/v1/namespaces/default", deep},
           {"application/apply-patch+yaml", "PATCH", "/api/v1/namespaces/default?fieldManager=m", object},
           {"application/json", "DELETE", "/api/v1/namespaces/kube-public", object}}) {
    Line line(server.port);
    const Answer answer = line.ask(method, target, body, type);
    const bool as_the_real_one = method == "DELETE" && answer.status == 500;  // options that cannot be read
    EXPECT_TRUE(answer.status == 400 || answer.status == 422 || as_the_real_one)
        << method << " " << type << ": " << answer.status;
    EXPECT_NE(answer.body.find("\"kind\":\"Status\""), std::string::npos) << answer.body;
  }
  Line line(server.port);
  line.send("POST " + std::string(kMaps) +
            " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000000000\r\n\r\n{");
  EXPECT_EQ(line.answer().status, 413);
  Line chunked(server.port);
  chunked.send("POST " + std::string(kMaps) +
               " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string piece = "100000\r\n" + std::string(0x100000, 'x') + "\r\n";
  for (int i = 0; i < 8 && chunked.send(piece); ++i) {
  }
  EXPECT_TRUE(chunked.answer().status == 413 || chunked.some().empty());
  expect_well();
}

TEST_F(Endurance, HalfOpenAndSlowConnections) {
  std::vector<std::unique_ptr<Line>> lines;
  for (int i = 0; i < 500; ++i) {
    lines.push_back(std::make_unique<Line>(server.port));
    Line& line = *lines.back();
    if (i % 5 == 1) line.send("GET /api/v1/na");
    if (i % 5 == 2)
      line.send("POST " + std::string(kMaps) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"meta");
    if (i % 5 == 3) line.send("GET " + std::string(kMaps) + "?watch=true HTTP/1.1\r\nHost: x\r\n\r\n");
    if (i % 5 == 4) line.send("\x16\x03\x01 not http at all\r\n\r\n");
  }
  expect_well();
  EXPECT_EQ(lines[4]->answer().status, 400);
  // A byte at a time is slow, not wrong.
  Line slow(server.port);
  for (const char c : std::string("GET /version HTTP/1.1\r\nHost: x\r\n\r\n")) slow.send(std::string(1, c));
  EXPECT_EQ(slow.answer().status, 200);
  lines.clear();
  expect_well();
}

TEST_F(Endurance, ThousandsOfIdleWatches) {
  ASSERT_GE(watches, 1000) << "too few descriptors allowed here";
  std::vector<std::unique_ptr<Line>> idle;
  const std::size_t before = server.resident_bytes();
  for (int i = 0; i < watches; ++i) {
    idle.push_back(std::make_unique<Line>(server.port));
    ASSERT_TRUE(idle.back()->request(
        "GET", "/api/v1/namespaces/default/secrets?watch=true&resourceVersion=0&timeoutSeconds=3600"));
    ASSERT_EQ(idle.back()->head().status, 200);
  }
  const std::size_t each = (server.resident_bytes() - before) / static_cast<std::size_t>(watches);
#ifdef __SANITIZE_ADDRESS__
  constexpr std::size_t kMost = 256 * 1024;  // red zones and quarantine included
#else
  constexpr std::size_t kMost = 64 * 1024;
#endif
  EXPECT_LT(each, kMost) << "bytes a watch";
  expect_well();
  Line writer(server.port);
  ASSERT_EQ(writer.ask("POST", "/api/v1/namespaces/default/secrets", R"({"metadata":{"name":"s"}})").status, 201);
  for (const auto& line : idle) {
    std::string text;
    while (text.find("\"ADDED\"") == std::string::npos) {
      const std::string more = line->some();
      ASSERT_FALSE(more.empty());
      text += more;
    }
  }
  idle.clear();
  expect_well();
  EXPECT_EQ(server.terminate(), 0);
}

}  // namespace
