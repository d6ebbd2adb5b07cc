#include "scenarios/runner/kube_client.h"

#include "provisioner/base/text.h"
#include "scenarios/runner/kube_faults.h"

namespace scenario {

using boost::asio::awaitable;
namespace http = base::http;

namespace {

ApiFailure failure_of(int status, const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_object() && json.value("kind", "") == "Status")
    return ApiFailure{json.value("code", status), json.value("reason", ""), json.value("message", "")};
  return ApiFailure{status, "", "HTTP " + std::to_string(status) + ": " + body.substr(0, 200)};
}

std::string group_path(const std::string& api_version) {
  return (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
}

std::string text_field(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

ObjectRef ref_of(const Json& object) {
  ObjectRef ref{text_field(object, "apiVersion"), text_field(object, "kind"), "", "", ""};
  const auto metadata = object.find("metadata");
  if (metadata != object.end() && metadata->is_object()) {
    ref.ns = text_field(*metadata, "namespace");
    ref.name = text_field(*metadata, "name");
  }
  return ref;
}

std::string show(const ObjectRef& ref) {
  std::string text = ref.api_version + "/" + ref.kind;
  if (!ref.name.empty()) text += " " + (ref.ns.empty() ? "" : ref.ns + "/") + ref.name;
  else if (!ref.ns.empty()) text += " in " + ref.ns;
  return ref.selector.empty() ? text : text + " (" + ref.selector + ")";
}

namespace {

/// `299 - "text"` of each Warning header (RFC 7234).
Json warnings_of(const http::Response& response) {
  Json all = Json::array();
  for (const auto& [name, value] : response.headers) {
    const std::size_t open = value.find('"'), close = value.rfind('"');
    if (!base::equals_ignoring_case(name, "Warning") || open == std::string::npos || open == close) continue;
    std::string text;
    for (std::size_t i = open + 1; i < close; ++i) {
      if (value[i] == '\\' && i + 1 < close) ++i;
      text += value[i];
    }
    const auto words = base::split(std::string_view(value).substr(0, open), ' ');
    all.push_back({{"code", base::parse_unsigned(words.front()).value_or(0)},
                   {"agent", words.size() > 1 ? std::string(words[1]) : ""},
                   {"text", std::move(text)}});
  }
  return all;
}

}  // namespace

awaitable<ApiResult<Json>> KubeClient::call(std::string method, std::string path, Json body, std::string content_type) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(path);
  request.headers.set("Accept", "application/json");
  request.headers.set("User-Agent", std::string(kRunnerAgent));
  if (!target_.token.empty()) request.headers.set("Authorization", "Bearer " + target_.token);
  if (!body.is_null()) {
    request.headers.set("Content-Type", content_type);
    request.body = body.dump();
  }
  http::CallOptions options;
  // A Clock object is answered when the time it asks for has passed.
  options.timeout = request.target.starts_with("/apis/lab.drydock.dev/") ? base::Duration(std::chrono::hours(24 * 365))
                                                                         : std::chrono::seconds(30);
  const bool changes = request.method != "GET";
  base::Result<http::Response> answer = co_await transport_->send(target_.endpoint, std::move(request), options);
  if (changes) warnings_ = answer ? warnings_of(*answer) : Json::array();
  if (!answer) co_return ApiFailure{0, base::to_string(answer.error().kind), answer.error().message};
  if (answer->status < 200 || answer->status > 299) co_return failure_of(answer->status, answer->body);
  Json json = Json::parse(answer->body, nullptr, false);
  if (json.is_discarded()) co_return ApiFailure{answer->status, "", "the answer is not JSON"};
  co_return json;
}

awaitable<ApiResult<std::string>> KubeClient::text(std::string method, std::string path) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(path);
  request.headers.set("User-Agent", std::string(kRunnerAgent));
  if (!target_.token.empty()) request.headers.set("Authorization", "Bearer " + target_.token);
  http::CallOptions options;
  options.timeout = std::chrono::seconds(30);
  base::Result<http::Response> answer = co_await transport_->send(target_.endpoint, std::move(request), options);
  if (!answer) co_return ApiFailure{0, base::to_string(answer.error().kind), answer.error().message};
  if (answer->status < 200 || answer->status > 299) co_return failure_of(answer->status, answer->body);
  co_return answer->body;
}

awaitable<ApiResult<KubeClient::Kind>> KubeClient::find_kind(std::string api_version, std::string kind) {
  const std::string key = api_version + " " + kind;
  if (const auto found = kinds_.find(key); found != kinds_.end()) co_return found->second;
  std::string path = group_path(api_version);
  ApiResult<Json> list = co_await call("GET", std::move(path), nullptr, "");
  if (!list && list.error().code != 404) co_return list.error();
  if (list)
    for (const Json& row : list->value("resources", Json::array())) {
      const std::string name = row.value("name", "");
      if (name.find('/') == std::string::npos)
        kinds_[api_version + " " + row.value("kind", "")] = Kind{name, row.value("namespaced", false)};
    }
  if (const auto found = kinds_.find(key); found != kinds_.end()) co_return found->second;
  co_return ApiFailure{404, "NotFound", "no matches for kind \"" + kind + "\" in version \"" + api_version + "\""};
}

awaitable<ApiResult<ObjectRef>> KubeClient::find_resource(std::string name) {
  const std::string group = name.find('.') == std::string::npos ? "" : name.substr(name.find('.') + 1);
  const std::string plain = name.substr(0, name.find('.'));
  std::vector<std::string> versions;
  if (group.empty()) versions.push_back("v1");
  ApiResult<Json> groups = co_await call("GET", "/apis", nullptr, "");
  if (!groups) co_return groups.error();
  for (const Json& row : groups->value("groups", Json::array()))
    if (group.empty() || row.value("name", "") == group)
      for (const Json& version : row.value("versions", Json::array()))
        versions.push_back(version.value("groupVersion", ""));
  for (const std::string& version : versions) {
    ApiResult<Json> listed = co_await call("GET", group_path(version), nullptr, "");
    if (!listed) continue;
    for (const Json& row : listed->value("resources", Json::array())) {
      bool named = row.value("name", "") == plain || row.value("singularName", "") == plain ||
                   base::equals_ignoring_case(row.value("kind", ""), plain);
      for (const Json& alias : row.value("shortNames", Json::array())) named = named || alias == plain;
      if (named && row.value("name", "").find('/') == std::string::npos)
        co_return ObjectRef{version, row.value("kind", ""), "", "", ""};
    }
  }
  co_return ApiFailure{404, "NotFound", "the server doesn't have a resource type \"" + name + "\""};
}

awaitable<ApiResult<bool>> KubeClient::is_namespaced(std::string api_version, std::string kind) {
  ApiResult<Kind> found = co_await find_kind(std::move(api_version), std::move(kind));
  if (!found) co_return found.error();
  co_return found->namespaced;
}

awaitable<ApiResult<std::string>> KubeClient::path_of(ObjectRef ref) {
  ApiResult<Kind> kind = co_await find_kind(ref.api_version, ref.kind);
  if (!kind) co_return kind.error();
  std::string path = group_path(ref.api_version);
  if (kind->namespaced && !ref.ns.empty()) path += "/namespaces/" + http::percent_encode(ref.ns);
  path += "/" + kind->plural;
  if (!ref.name.empty()) path += "/" + http::percent_encode(ref.name);
  else if (!ref.selector.empty()) path += "?labelSelector=" + http::percent_encode(ref.selector);
  co_return path;
}

awaitable<ApiResult<Json>> KubeClient::get(ObjectRef ref) {
  ApiResult<std::string> path = co_await path_of(std::move(ref));
  if (!path) co_return path.error();
  std::string target = *path;
  co_return co_await call("GET", std::move(target), nullptr, "");
}

awaitable<ApiResult<std::vector<Json>>> KubeClient::list(ObjectRef ref) {
  const ObjectRef kept = ref;
  ApiResult<std::string> path = co_await path_of(std::move(ref));
  if (!path) co_return path.error();
  std::string target = *path;
  ApiResult<Json> answer = co_await call("GET", std::move(target), nullptr, "");
  if (!answer) co_return answer.error();
  std::vector<Json> items;
  if (kept.name.empty()) {
    for (Json& item : (*answer)["items"]) {
      item["apiVersion"] = kept.api_version;
      item["kind"] = kept.kind;
      items.push_back(std::move(item));
    }
  } else {
    items.push_back(std::move(*answer));
  }
  co_return items;
}

}  // namespace scenario
