#include "tests/k8s-fake/controllers/lab.h"

#include <gtest/gtest.h>

namespace k8s_fake::test {

Lab::Lab(StorageHooks hooks, std::function<void(RuntimeConfig&)> adjust, const std::string& version) {
  const base::Logger log(clock, base::log_to_nowhere());
  Config settings;
  if (!version.empty()) settings.version = version;
  fake = std::make_unique<Fake>(io.get_executor(), clock, settings, 7, log);
  handler = fake->handler();
  transport = std::make_unique<base::http::MemoryTransport>(
      clock, [this](const std::string& host, std::uint16_t) { return host == "api" ? &handler : nullptr; });
  RuntimeConfig config;
  config.api.host = "api";
  config.api.port = 6443;
  config.token = fake->admin_token();
  config.ca_pem = "test authority";
  if (adjust) adjust(config);
  runtime = std::make_unique<Runtime>(io.get_executor(), clock, *transport, config, std::move(hooks), Images{}, 7, log);
  Runtime* raw = runtime.get();
  fake->set_pod_streams([raw](const base::http::Request& request, const Json& pod, const std::string& what) {
    return raw->pod_stream(request, pod, what);
  });
  fake->set_call_out(
      [raw](CallOut out, std::function<void(Heard)> done) { raw->call_out(std::move(out), std::move(done)); });
  runtime->start();
  EXPECT_TRUE(
      until([&] { return !get("/api/v1/namespaces/default/serviceaccounts/default").is_null() && status == 200; }));
}

Lab::~Lab() {
  runtime->stop();
  for (int i = 0; i < 100 && !runtime->stopped(); ++i) clock.run_ready();
  EXPECT_TRUE(runtime->stopped());
}

Json Lab::call(const std::string& method, const std::string& path, const Json& object) {
  base::http::Request request;
  request.method = method;
  request.target = path;
  request.headers.set("Authorization", "Bearer " + fake->admin_token());
  request.headers.set("Accept", "application/json");
  if (!object.is_null()) {
    request.headers.set("Content-Type", method == "PATCH" ? "application/merge-patch+json" : "application/json");
    request.body = object.dump();
  }
  const base::http::Response response = handler(request);
  status = response.status;
  body = response.body;
  Json parsed = Json::parse(response.body, nullptr, false);
  return parsed.is_discarded() ? Json() : parsed;
}

Json Lab::create(const std::string& path, const Json& object) {
  Json made = call("POST", path, object);
  EXPECT_EQ(status, 201) << made.dump();
  return made;
}

std::string Lab::log(const std::string& pod) {
  call("GET", "/api/v1/namespaces/default/pods/" + pod + "/log");
  return body;
}

bool Lab::until(const std::function<bool()>& done, base::Duration limit) { return clock.run_until(done, limit); }

std::string Lab::phase(const std::string& path) {
  const Json object = get(path);
  return object.value("status", Json::object()).is_object() ? object["status"].value("phase", "") : "";
}

std::vector<std::string> Lab::events(const std::string& name) {
  clock.advance(std::chrono::milliseconds(50));
  std::vector<std::string> result;
  for (const Json& event :
       get("/api/v1/events?fieldSelector=involvedObject.name%3D" + name).value("items", Json::array())) {
    result.push_back(event.value("reason", "") + ": " + event.value("message", ""));
  }
  return result;
}

}  // namespace k8s_fake::test
