#include "k8s-fake/controllers/events.h"

#include <cstdio>

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
const Resource kEvents{"/api/v1", "events", "Event", true};
constexpr std::size_t kKnownMax = 4096;
}  // namespace

bool Events::allowed(const std::string& who) {
  const base::TimePoint now = clock_.now();
  const auto [found, fresh] = buckets_.try_emplace(who, Bucket{25, now});
  Bucket& bucket = found->second;
  bucket.tokens = std::min(25.0, bucket.tokens + std::chrono::duration<double>(now - bucket.last).count() / 300.0);
  bucket.last = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

void Events::emit(const EventSource& source, const Json& about, const std::string& type, const std::string& reason,
                  const std::string& message, const std::string& field_path) {
  const std::string who = source.component + "|" + source.host + "|" + uid_of(about);
  if (!allowed(who)) return;
  // Names carry the time in hex; two events of one moment must still differ.
  last_time_ = std::max(clock_.now(), last_time_ + 1ns);
  char stamp[20];
  std::snprintf(stamp, sizeof stamp, "%016llx", static_cast<unsigned long long>(last_time_.time_since_epoch().count()));
  const std::string ns = namespace_of(about).empty() ? "default" : namespace_of(about);
  Json event{{"metadata", {{"name", name_of(about) + "." + stamp}, {"namespace", ns}}},
             {"involvedObject",
              {{"kind", text(about, "/kind")},
               {"name", name_of(about)},
               {"uid", uid_of(about)},
               {"apiVersion", text(about, "/apiVersion")},
               {"resourceVersion", text(about, "/metadata/resourceVersion")}}},
             {"reason", reason},
             {"message", message},
             {"type", type}};
  if (!namespace_of(about).empty()) event["involvedObject"]["namespace"] = ns;
  if (!field_path.empty()) event["involvedObject"]["fieldPath"] = field_path;
  event["reportingComponent"] = source.component;
  event["reportingInstance"] = source.host;
  if (source.new_api) {
    event["source"] = Json::object();
    event["eventTime"] = base::to_rfc3339_micro(clock_.now());
    event["action"] = source.action;
    event["firstTimestamp"] = nullptr;
    event["lastTimestamp"] = nullptr;
  } else {
    event["source"] = {{"component", source.component}};
    if (!source.host.empty()) event["source"]["host"] = source.host;
    event["firstTimestamp"] = event["lastTimestamp"] = base::to_rfc3339(clock_.now());
    event["count"] = 1;
    event["eventTime"] = nullptr;
  }
  queue_.push_back({who + "|" + type + "|" + reason + "|" + message + "|" + field_path, std::move(event)});
  ready_.notify();
}

asio::awaitable<void> Events::write(Pending pending) {
  const auto known = known_.find(pending.key);
  if (known != known_.end() && clock_.now() - known->second.last < 10min) {
    known->second.count += 1;
    known->second.last = clock_.now();
    Json change =
        has(pending.event, "/count")
            ? Json{{"count", known->second.count}, {"lastTimestamp", pending.event["lastTimestamp"]}}
            : Json{{"series", {{"count", known->second.count}, {"lastObservedTime", pending.event["eventTime"]}}}};
    const auto written =
        co_await client_.patch(kEvents, known->second.ns, known->second.name, "", std::move(change), PatchType::merge);
    if (written || !written.error().not_found()) co_return;
  }
  if (known_.size() > kKnownMax) known_.clear();
  Known entry{namespace_of(pending.event), name_of(pending.event), 1, clock_.now()};
  const auto written = co_await client_.create(kEvents, std::move(pending.event));
  if (written) known_[pending.key] = std::move(entry);
}

asio::awaitable<void> Events::run() {
  for (;;) {
    while (queue_.empty()) co_await ready_.wait();
    Pending next = std::move(queue_.front());
    queue_.pop_front();
    co_await write(std::move(next));
  }
}

}  // namespace k8s_fake::control
