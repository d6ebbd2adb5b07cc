#include "provisioner/kube/events.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace provisioner::kube {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kKnownMax = 4096;

std::string hex(std::int64_t value) {
  std::array<char, 24> text{};
  const int length = std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(value));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

void Events::forget_oldest() {
  const auto oldest = std::ranges::min_element(known_, {}, [](const auto& entry) { return entry.second.used; });
  if (oldest != known_.end()) known_.erase(oldest);
}

void Events::post(Type type, const std::string& kind, const std::string& api_version, const Json& object,
                  const std::string& reason, const std::string& message) {
  const std::string own_namespace = text_at(object, {"metadata", "namespace"});
  const std::string space = own_namespace.empty() ? "default" : own_namespace;
  const std::string name = text_at(object, {"metadata", "name"});
  const std::string key = text_at(object, {"metadata", "uid"}) + "|" + reason + "|" + message;
  const std::string now = base::to_rfc3339(clock_.now());
  if (known_.size() >= kKnownMax && !known_.contains(key)) forget_oldest();
  Known& known = known_[key];
  known.used = ++used_;
  ++known.count;
  if (!known.path.empty()) {
    Json patch = {{"count", known.count}, {"lastTimestamp", now}};
    tasks_.spawn(raise(known.path, std::move(patch)));
    return;
  }
  if (known.count > 1) return;  // its creation is still on the way
  Json event;
  event["kind"] = "Event";
  event["apiVersion"] = "v1";
  event["metadata"] = {
      {"name", name + "." + hex(clock_.now().time_since_epoch().count() + static_cast<std::int64_t>(used_))},
      {"namespace", space}};
  Json about = {{"kind", kind}};
  if (!own_namespace.empty()) about["namespace"] = own_namespace;
  about["name"] = name;
  about["uid"] = text_at(object, {"metadata", "uid"});
  about["apiVersion"] = api_version;
  about["resourceVersion"] = text_at(object, {"metadata", "resourceVersion"});
  event["involvedObject"] = std::move(about);
  event["reason"] = reason;
  event["message"] = message.substr(0, 1024);
  event["source"] = {{"component", "netapp.io/trident"}};
  event["firstTimestamp"] = now;
  event["lastTimestamp"] = now;
  event["count"] = 1;
  event["type"] = type == Type::normal ? "Normal" : "Warning";
  tasks_.spawn(create(key, "/api/v1/namespaces/" + space + "/events", std::move(event)));
}

asio::awaitable<void> Events::create(std::string key, std::string path, Json event) {
  const std::string name = text_at(event, {"metadata", "name"});
  auto made = co_await client_.create(path, std::move(event));
  const auto known = known_.find(key);
  if (made) {
    if (known != known_.end()) known->second.path = path + "/" + name;
  } else {
    if (known != known_.end()) known_.erase(known);
    logger_.debug("Could not post an event.", {{"event", name}, {"error", made.error().message}});
  }
}

asio::awaitable<void> Events::raise(std::string path, Json patch) {
  const std::string type = "merge";
  auto done = co_await client_.patch(path, type, patch);
  if (done) co_return;
  // The server forgets events after a while; the next one is a new one.
  if (done.error().code == 404) std::erase_if(known_, [&](const auto& entry) { return entry.second.path == path; });
  logger_.debug("Could not update an event.", {{"event", path}, {"error", done.error().message}});
}

}  // namespace provisioner::kube
