// SIGKILL in the middle of writes, again and again: nothing acknowledged is lost, and the resourceVersion never goes
// back.
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "provisioner/base/random.h"
#include "provisioner/base/text.h"
#include "tests/k8s-fake/server/process.h"

namespace {

using Json = nlohmann::json;

constexpr const char* kMaps = "/api/v1/namespaces/default/configmaps";

std::uint64_t version_of(const Json& object) {
  return base::parse_unsigned(object["metadata"].value("resourceVersion", "0")).value_or(0);
}

/// What the clients were told: the last acknowledged state of every object; null for a deleted one.
struct Told {
  std::map<std::string, Json> objects;
  std::uint64_t version = 0;  // the highest that anybody saw
  std::string unsure;         // the object of a request without an answer
};

struct Change {
  std::string method, target, name, body;
};

Change next_change(base::Rng& rng, const Told& told) {
  const std::string name = "c" + std::to_string(rng.below(20));
  const std::string text = Json{{"metadata", {{"name", name}}}, {"data", {{"v", rng.text(64)}}}}.dump();
  const auto found = told.objects.find(name);
  if (found == told.objects.end() || found->second.is_null()) return {"POST", kMaps, name, text};
  if (rng.below(4) == 0) return {"DELETE", std::string(kMaps) + "/" + name, name, ""};
  return {"PUT", std::string(kMaps) + "/" + name, name, text};
}

void note(Told& told, const Change& change, const Answer& answer) {
  ASSERT_TRUE(answer.status == 200 || answer.status == 201)
      << change.method << " " << change.name << ": " << answer.status << " " << answer.body;
  const Json object = Json::parse(answer.body);
  if (change.method == "DELETE") {
    told.objects[change.name] = nullptr;
    return;
  }
  ASSERT_GT(version_of(object), told.version) << "a version was given out twice";
  told.version = version_of(object);
  told.objects[change.name] = object;
}

void compare(Told& told, std::uint16_t port) {
  Line line(port);
  const Answer answer = line.ask("GET", kMaps);
  ASSERT_EQ(answer.status, 200);
  const Json list = Json::parse(answer.body);
  ASSERT_GE(version_of(list), told.version) << "the resourceVersion went back";
  std::map<std::string, Json> have;
  for (Json each : list["items"]) {
    each["kind"] = "ConfigMap";
    each["apiVersion"] = "v1";
    have[each["metadata"]["name"]] = each;
  }
  for (const auto& [name, object] : told.objects) {
    if (name == told.unsure) continue;
    ASSERT_EQ(have.contains(name), !object.is_null()) << name;
    if (object.is_null()) continue;
    ASSERT_EQ(have[name], object) << name;
  }
  told.version = version_of(list);
  if (!told.unsure.empty()) {
    told.objects[told.unsure] = have.contains(told.unsure) ? have[told.unsure] : Json();
    told.unsure.clear();
  }
}

TEST(Kill, NothingAcknowledgedIsLost) {
  char folder[] = "/tmp/k8s-fake-kill-XXXXXX";
  const std::string dir = ::mkdtemp(folder);
  const int rounds = std::getenv("DRYDOCK_SOAK") != nullptr ? 1000 : 12;
  base::Rng rng(20171128);
  Told told;
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    ServerProcess server({"--state", dir, "--no-kubelet"});
    ASSERT_NE(server.port, 0);
    compare(told, server.port);
    Line line(server.port);
    for (std::uint64_t writes = 1 + rng.below(60); writes > 0 && !HasFatalFailure(); --writes) {
      const Change change = next_change(rng, told);
      note(told, change, line.ask(change.method, change.target, change.body));
    }
    const Change last = next_change(rng, told);
    ASSERT_TRUE(line.request(last.method, last.target, last.body));
    told.unsure = last.name;
    for (std::uint64_t turns = rng.below(40); turns > 0; --turns) ::sched_yield();
    server.kill();
  }
  ServerProcess server({"--state", dir, "--no-kubelet"});
  compare(told, server.port);
  EXPECT_EQ(server.terminate(), 0);
  ::system(("rm -rf " + dir).c_str());
}

}  // namespace
