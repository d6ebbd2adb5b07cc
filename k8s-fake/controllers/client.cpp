#include "k8s-fake/controllers/client.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using base::http::percent_encode;

std::string Resource::path(const std::string& ns, const std::string& name, const std::string& sub) const {
  std::string result = prefix;
  if (namespaced && !ns.empty()) result += "/namespaces/" + percent_encode(ns);
  result += "/" + plural;
  if (!name.empty()) result += "/" + percent_encode(name);
  if (!sub.empty()) result += "/" + sub;
  return result;
}

base::http::Request Client::request(std::string method, std::string target) const {
  base::http::Request made;
  made.method = std::move(method);
  made.target = std::move(target);
  made.headers.set("Accept", "application/json");
  made.headers.set("User-Agent", config_.user_agent);
  if (!config_.token.empty()) made.headers.set("Authorization", "Bearer " + config_.token);
  return made;
}

asio::awaitable<ApiResult> Client::call(std::string method, std::string target, std::string body,
                                        std::string content_type) {
  base::http::Request made = request(std::move(method), std::move(target));
  if (!content_type.empty()) made.headers.set("Content-Type", content_type);
  made.body = std::move(body);
  const base::http::CallOptions options;
  auto answer = co_await transport_.send(config_.api, std::move(made), options);
  if (!answer) co_return ApiError{0, "", answer.error().message};
  Json json = Json::parse(answer->body, nullptr, false);
  if (answer->status >= 200 && answer->status < 300 && !json.is_discarded()) co_return json;
  if (json.is_discarded() || !json.is_object()) co_return ApiError{answer->status, "", answer->body};
  co_return ApiError{answer->status, text(json, "/reason"), text(json, "/message")};
}

asio::awaitable<ApiResult> Client::get(Resource kind, std::string ns, std::string name) {
  return call("GET", kind.path(ns, name), "", "");
}

asio::awaitable<ApiResult> Client::list(Resource kind, std::string ns, std::string query) {
  return call("GET", kind.path(ns) + (query.empty() ? "" : "?" + query), "", "");
}

asio::awaitable<ApiResult> Client::create(Resource kind, Json object) {
  object["kind"] = kind.kind;
  object["apiVersion"] = kind.api_version();
  return call("POST", kind.path(namespace_of(object)), object.dump(), "application/json");
}

asio::awaitable<ApiResult> Client::create_sub(Resource kind, std::string ns, std::string name, std::string sub,
                                              Json object) {
  return call("POST", kind.path(ns, name, sub), object.dump(), "application/json");
}

asio::awaitable<ApiResult> Client::update(Resource kind, Json object, std::string sub) {
  object["kind"] = kind.kind;
  object["apiVersion"] = kind.api_version();
  return call("PUT", kind.path(namespace_of(object), name_of(object), sub), object.dump(), "application/json");
}

asio::awaitable<ApiResult> Client::patch(Resource kind, std::string ns, std::string name, std::string sub, Json body,
                                         PatchType type) {
  const char* content = type == PatchType::merge  ? "application/merge-patch+json"
                        : type == PatchType::json ? "application/json-patch+json"
                                                  : "application/strategic-merge-patch+json";
  return call("PATCH", kind.path(ns, name, sub), body.dump(), content);
}

asio::awaitable<ApiResult> Client::remove(Resource kind, std::string ns, std::string name, Json options) {
  options["kind"] = "DeleteOptions";
  options["apiVersion"] = "v1";
  return call("DELETE", kind.path(ns, name), options.dump(), "application/json");
}

asio::awaitable<base::Result<base::http::Response>> Client::stream(std::string target) {
  base::http::CallOptions options;
  options.stream = true;
  base::http::Request made = request("GET", std::move(target));
  co_return co_await transport_.send(config_.api, std::move(made), options);
}

const Json& at(const Json& object, std::string_view pointer) {
  static const Json nothing;
  const Json* here = &object;
  while (!pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string_view step = pointer.substr(1, end - 1);
    pointer.remove_prefix(end);
    if (here->is_array()) {
      std::size_t index = 0;
      for (const char c : step) index = index * 10 + static_cast<std::size_t>(c - '0');
      if (index >= here->size()) return nothing;
      here = &(*here)[index];
      continue;
    }
    if (!here->is_object()) return nothing;
    const auto found = here->find(step);
    if (found == here->end()) return nothing;
    here = &*found;
  }
  return *here;
}

bool has(const Json& object, std::string_view pointer) { return !at(object, pointer).is_null(); }

std::string text(const Json& object, std::string_view pointer) {
  const Json& value = at(object, pointer);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t number(const Json& object, std::string_view pointer, std::int64_t otherwise) {
  const Json& value = at(object, pointer);
  return value.is_number() ? value.get<std::int64_t>() : otherwise;
}

std::pair<std::string, std::string> split_key(const std::string& key) {
  const std::size_t slash = key.find('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

namespace {
std::string map_entry(const Json& map, const std::string& name) {
  if (!map.is_object()) return "";
  const auto found = map.find(name);
  return found != map.end() && found->is_string() ? found->get<std::string>() : "";
}
}  // namespace

std::string annotation(const Json& object, const std::string& name) {
  return map_entry(at(object, "/metadata/annotations"), name);
}
std::string label(const Json& object, const std::string& name) {
  return map_entry(at(object, "/metadata/labels"), name);
}

bool has_finalizer(const Json& object, const std::string& name) {
  const Json& list = at(object, "/metadata/finalizers");
  return list.is_array() && std::find(list.begin(), list.end(), name) != list.end();
}

void drop_finalizer(Json& object, const std::string& name) {
  if (!has_finalizer(object, name)) return;
  Json& list = object["metadata"]["finalizers"];
  list.erase(std::remove(list.begin(), list.end(), Json(name)), list.end());
  if (list.empty()) object["metadata"].erase("finalizers");
}

const Json& controller_of(const Json& object) {
  static const Json none;
  for (const Json& owner : at(object, "/metadata/ownerReferences")) {
    const Json& flag = at(owner, "/controller");
    if (flag.is_boolean() && flag.get<bool>()) return owner;
  }
  return none;
}

bool selects(const Json& selector, const Json& labels) {
  const Json& wanted = at(selector, "/matchLabels");
  if (wanted.is_object()) {
    for (const auto& [name, value] : wanted.items()) {
      if (!labels.is_object() || !labels.contains(name) || labels[name] != value) return false;
    }
  }
  for (const Json& rule : at(selector, "/matchExpressions")) {
    const std::string op = text(rule, "/operator");
    const std::string name = text(rule, "/key");
    const bool present = labels.is_object() && labels.contains(name);
    bool listed = false;
    for (const Json& value : at(rule, "/values")) listed = listed || (present && labels[name] == value);
    if (op == "In" && !listed) return false;
    if (op == "NotIn" && listed) return false;
    if (op == "Exists" && !present) return false;
    if (op == "DoesNotExist" && present) return false;
  }
  return true;
}

const Json& condition(const Json& object, const std::string& type) {
  static const Json none;
  for (const Json& one : at(object, "/status/conditions")) {
    if (text(one, "/type") == type) return one;
  }
  return none;
}

bool set_condition(Json& status, const std::string& type, bool value, const std::string& reason,
                   const std::string& message, const std::string& now) {
  Json wanted{{"type", type}, {"status", value ? "True" : "False"}, {"lastTransitionTime", now}};
  if (!reason.empty()) wanted["reason"] = reason;
  if (!message.empty()) wanted["message"] = message;
  Json& list = status["conditions"];
  if (!list.is_array()) list = Json::array();
  for (Json& one : list) {
    if (text(one, "/type") != type) continue;
    if (one["status"] == wanted["status"]) wanted["lastTransitionTime"] = at(one, "/lastTransitionTime");
    for (const char* kept : {"lastProbeTime", "lastUpdateTime", "observedGeneration"}) {
      if (one.contains(kept)) wanted[kept] = one[kept];
    }
    if (one == wanted) return false;
    one = wanted;
    return true;
  }
  list.push_back(wanted);
  return true;
}

}  // namespace k8s_fake::control
