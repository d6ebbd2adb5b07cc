#include "provisioner/kube/reflector.h"

#include <algorithm>

#include "provisioner/base/http/message.h"
#include "provisioner/base/json_text.h"

namespace provisioner::kube {

namespace asio = boost::asio;
using base::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Leaves the stream however the watch ends, and breaks it when the server has been silent for too long.
struct OpenWatch {
  base::Clock& clock;
  std::shared_ptr<base::Pipe> pipe;
  base::TimerId timer;
  OpenWatch(base::Clock& c, std::shared_ptr<base::Pipe> p, Duration silence)
      : clock(c), pipe(std::move(p)), timer(clock.after(silence, [stream = pipe] { stream->fail(); })) {}
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;
  ~OpenWatch() {
    clock.cancel(timer);
    pipe->abandon();
  }
};

}  // namespace

std::string Reflector::key_of(const Json& object) {
  const std::string space = text_at(object, {"metadata", "namespace"});
  const std::string name = text_at(object, {"metadata", "name"});
  return space.empty() ? name : space + "/" + name;
}

const Json* Reflector::find(const std::string& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : &found->second;
}

void Reflector::learn(const Json& object) {
  const auto found = objects_.find(key_of(object));
  if (found != objects_.end()) found->second = object;
}

void Reflector::put(const std::string& key, Json object) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) {
    const Json& now = objects_[key] = std::move(object);
    options_.on_change(Change::added, key, now, Json());
    return;
  }
  // A new object under an old name: whoever watches must see the old one go.
  if (text_at(found->second, {"metadata", "uid"}) != text_at(object, {"metadata", "uid"})) {
    const Json last = found->second;
    erase(key, last);
    put(key, std::move(object));
    return;
  }
  const Json before = std::exchange(found->second, std::move(object));
  if (text_at(before, {"metadata", "resourceVersion"}) == text_at(found->second, {"metadata", "resourceVersion"}))
    return;
  options_.on_change(Change::updated, key, found->second, before);
}

void Reflector::erase(const std::string& key, const Json& last) {
  if (objects_.erase(key) != 0) options_.on_change(Change::deleted, key, last, last);
}

void Reflector::replace_all(std::map<std::string, Json> found) {
  std::vector<std::pair<std::string, Json>> gone;
  for (const auto& [key, object] : objects_) {
    if (!found.contains(key)) gone.emplace_back(key, object);
  }
  for (const auto& [key, object] : gone) erase(key, object);
  for (auto& [key, object] : found) put(key, std::move(object));
}

asio::awaitable<ApiResult<std::string>> Reflector::list() {
  std::map<std::string, Json> found;
  std::string more;
  std::string resource_version;
  do {
    std::string path = options_.path + "?limit=500";
    if (!more.empty()) path += "&continue=" + base::http::percent_encode(more);
    auto page = co_await client_.get(path);
    if (!page) co_return page.error();
    if (find_at(*page, {"items"}) && (*page)["items"].is_array()) {
      for (Json& item : (*page)["items"]) {
        const std::string key = key_of(item);
        found[key] = std::move(item);
      }
    }
    resource_version = text_at(*page, {"metadata", "resourceVersion"});
    more = text_at(*page, {"metadata", "continue"});
  } while (!more.empty());
  replace_all(std::move(found));
  listed_ = true;
  if (options_.on_listed) options_.on_listed();
  co_return resource_version;
}

bool Reflector::take_event(const std::string& line, std::string& resource_version, Outcome& outcome) {
  std::string text = line;
  base::drop_object_lists(text, "managedFields");
  Json event = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const std::string type = text_at(event, {"type"});
  if (!find_at(event, {"object"}) || type.empty()) {
    outcome = Outcome::pause;
    return false;
  }
  Json object = std::move(event["object"]);
  if (type == "ERROR") {
    const Json* code = find_at(object, {"code"});
    const bool gone = text_at(object, {"reason"}) == "Expired" || text_at(object, {"reason"}) == "Gone" ||
                      (code && code->is_number_integer() && code->get<int>() == 410);
    outcome = gone ? Outcome::relist : Outcome::pause;
    return false;
  }
  const std::string version = text_at(object, {"metadata", "resourceVersion"});
  if (!version.empty()) resource_version = version;
  if (type == "ADDED" || type == "MODIFIED") {
    const std::string key = key_of(object);
    put(key, std::move(object));
  } else if (type == "DELETED") {
    erase(key_of(object), object);
  }
  return true;  // bookmarks only move the version
}

asio::awaitable<Reflector::Outcome> Reflector::watch(std::string& resource_version) {
  const auto span = seconds(300 + static_cast<int>(rng_.below(300)));
  std::string path = options_.path + "?watch=true&allowWatchBookmarks=true&resourceVersion=" +
                     base::http::percent_encode(resource_version) + "&timeoutSeconds=" + std::to_string(span.count());
  auto answer = co_await client_.watch(path);
  if (!answer) {
    logger_.debug("Watch refused.", {{"path", options_.path}, {"error", answer.error().message}});
    co_return answer.error().code == 410 ? Outcome::relist : Outcome::pause;
  }
  Outcome outcome = Outcome::resume;
  std::string buffer = std::move(answer->body);
  if (!answer->outgoing) co_return Outcome::pause;
  const OpenWatch open(clock_, answer->outgoing, span + seconds(30));
  for (;;) {
    std::size_t start = 0;
    for (std::size_t end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n', start)) {
      const std::string line = buffer.substr(start, end - start);
      start = end + 1;
      if (!line.empty() && !take_event(line, resource_version, outcome)) co_return outcome;
    }
    buffer.erase(0, start);
    const base::Chunk chunk = co_await open.pipe->read();
    if (!chunk) break;
    buffer += *chunk;
  }
  co_return outcome;
}

asio::awaitable<void> Reflector::run() {
  Duration pause = milliseconds(500);
  const auto rest = [&] {
    const Duration span = pause + milliseconds(rng_.below(250));
    pause = std::min<Duration>(pause * 2, seconds(30));
    return span;
  };
  for (;;) {
    auto version = co_await list();
    if (!version) {
      logger_.warning("Could not list objects of the Kubernetes API.",
                      {{"path", options_.path}, {"error", version.error().message}});
      const Duration span = rest();
      co_await base::sleep_for(clock_, span);
      continue;
    }
    pause = milliseconds(500);
    std::string resource_version = *version;
    for (;;) {
      const base::TimePoint started = clock_.now();
      const Outcome outcome = co_await watch(resource_version);
      if (outcome == Outcome::relist) break;
      // A watch that lasted has earned a quick return; one that ended at once has not.
      if (clock_.now() - started > seconds(10)) pause = milliseconds(500);
      const Duration span =
          outcome == Outcome::resume && clock_.now() - started > seconds(1) ? milliseconds(rng_.below(100)) : rest();
      co_await base::sleep_for(clock_, span);
    }
  }
}

asio::awaitable<void> Reflector::run_resync() {
  for (;;) {
    co_await base::sleep_for(clock_, options_.resync);
    std::vector<std::string> keys;
    for (const auto& [key, object] : objects_) keys.push_back(key);
    for (const std::string& key : keys) {
      if (const auto found = objects_.find(key); found != objects_.end())
        options_.on_change(Change::resync, key, found->second, found->second);
    }
  }
}

}  // namespace provisioner::kube
