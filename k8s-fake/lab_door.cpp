#include "k8s-fake/lab_door.h"

#include <chrono>
#include <string>

#include "k8s-fake/api.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr std::string_view kRoot = "/drydock/v1/";
constexpr std::size_t kWritesMax = 1000;

/// A call is named as RBAC names it: "create persistentvolumeclaims", its object "ns/name".
base::http::CallName name_call(const base::http::Request& request) {
  const RequestInfo info = parse_request(request, Query(request.query()));
  base::http::CallName out;
  out.call = info.is_resource
                 ? info.verb + " " + info.resource + (info.subresource.empty() ? "" : "/" + info.subresource)
                 : info.verb + " " + info.path;
  out.object = info.ns.empty() ? info.name : info.ns + "/" + info.name;
  return out;
}

/// "90s", "1h30m", "250ms".
std::optional<base::Duration> parse_duration(const std::string& text) {
  base::Duration total{0};
  std::size_t i = 0;
  if (text.empty()) return std::nullopt;
  while (i < text.size()) {
    std::size_t digits = i;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    const auto number = base::parse_unsigned(text.substr(i, digits - i));
    std::size_t end = digits;
    while (end < text.size() && (text[end] < '0' || text[end] > '9')) ++end;
    const std::string unit = text.substr(digits, end - digits);
    if (!number) return std::nullopt;
    const auto count = static_cast<std::int64_t>(*number);
    if (unit == "ms") total += std::chrono::milliseconds(count);
    else if (unit == "s") total += std::chrono::seconds(count);
    else if (unit == "m") total += std::chrono::minutes(count);
    else if (unit == "h") total += std::chrono::hours(count);
    else return std::nullopt;
    i = end;
  }
  return total;
}

const char* verb_of(EventType type) {
  return type == EventType::added ? "create" : type == EventType::modified ? "update" : "delete";
}

}  // namespace

LabDoor::LabDoor(Server& server, std::uint64_t seed) : server_(server), faults_(server.clock, seed, name_call) {
  server.intercept = [this](const base::http::Request& request, const User& user) { return answer(request, user); };
  server.store.listen([this](const Resource& resource, const EventPtr& event) {
    writes_.emplace_back(&resource, event);
    if (writes_.size() > kWritesMax) writes_.pop_front();
  });
}

std::optional<base::http::Response> LabDoor::answer(const base::http::Request& request, const User& user) {
  const std::string path(request.path());
  if (path.rfind(kRoot, 0) != 0) return std::nullopt;
  if (!user.in("system:masters"))
    return to_response(denied(user, {.verb = base::to_lower(request.method), .path = path}, ""));
  const std::string rest = path.substr(kRoot.size());
  const auto slash = rest.find('/');
  const std::string door = rest.substr(0, slash),
                    name = slash == std::string::npos ? "" : base::http::percent_decode(rest.substr(slash + 1));
  if (door == "faults") return answer_faults(request, name);
  if (door == "writes" && request.method == "GET") {
    Json writes = Json::array();
    for (const auto& [resource, event] : writes_) {
      writes.push_back({{"version", event->version},
                        {"verb", verb_of(event->type)},
                        {"resource", resource->name_of().text()},
                        {"namespace", event->object->ns},
                        {"name", event->object->name},
                        {"time", base::to_rfc3339(event->time)}});
    }
    return json_response(200, Json{{"writes", std::move(writes)}});
  }
  if (door == "history" && request.method == "DELETE") {
    server_.store.drop_history();
    return json_response(200, Json::object());
  }
  if (door == "clock" && request.method == "POST") {
    const ParsedJson body = parse_json(request.body);
    const auto span = body.error.empty() ? parse_duration(text_at(body.value, "advance")) : std::nullopt;
    if (!span) return to_response(bad_request("the body must be {\"advance\": \"1h\"}"));
    if (!advance || !advance(*span))
      return to_response({.code = 409, .reason = "Conflict", .message = "this cluster follows the machine's clock"});
  }
  if (door == "clock" && (request.method == "GET" || request.method == "POST"))
    return json_response(200, Json{{"now", server_.now_text()}});
  return to_response(no_such_resource());
}

base::http::Response LabDoor::answer_faults(const base::http::Request& request, const std::string& name) {
  if (request.method == "GET") return json_response(200, Json{{"faults", faults_.list()}});
  if (request.method == "DELETE") {
    if (name.empty()) faults_.clear();
    else if (!faults_.remove(name)) return to_response(not_found({"", "faults"}, name));
    return json_response(200, Json::object());
  }
  if (request.method != "POST") return to_response(method_not_allowed());
  const ParsedJson body = parse_json(request.body);
  if (!body.error.empty()) return to_response(bad_request(body.error));
  const auto added = faults_.add(body.value);
  if (!added)
    return to_response(added.error().kind == base::ErrorKind::already_exists
                           ? already_exists({"", "faults"}, text_at(body.value, "name"))
                           : bad_request(added.error().message));
  return json_response(201, Json{{"name", *added}});
}

}  // namespace k8s_fake
