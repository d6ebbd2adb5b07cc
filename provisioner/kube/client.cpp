#include "provisioner/kube/client.h"

#include "provisioner/base/json_text.h"
#include "provisioner/base/text.h"

namespace provisioner::kube {

namespace asio = boost::asio;
using base::http::Response;

namespace {

/// The Status object of a refusal, or the plain text where a proxy answered.
ApiError refusal(const Response& response) {
  ApiError error{.code = response.status, .reason = {}, .message = {}, .kind = base::ErrorKind::invalid};
  const Json status = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  error.reason = text_at(status, {"reason"});
  error.message = text_at(status, {"message"});
  if (error.message.empty())
    error.message = "the server answered " + std::to_string(response.status) + " " +
                    std::string(base::http::reason_phrase(response.status));
  return error;
}

}  // namespace

asio::awaitable<ApiResult<Response>> Client::send(std::string method, std::string path, std::string content_type,
                                                  std::string body, bool stream) {
  base::http::Request request;
  request.method = method;
  request.target = server_.path_prefix + path;
  request.body = std::move(body);
  request.headers.set("Accept", "application/json");
  request.headers.set("User-Agent", "trident/17.10.1");
  if (!content_type.empty()) request.headers.set("Content-Type", content_type);
  const std::string token = server_.token ? server_.token() : std::string();
  if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
  if (token.empty() && !server_.basic.empty())
    request.headers.set("Authorization", "Basic " + base::base64_encode(server_.basic));
  base::http::CallOptions options;
  options.timeout = timeout_;
  options.stream = stream;
  base::http::Endpoint to = server_.endpoint;
  auto answer = co_await transport_.send(std::move(to), std::move(request), options);
  if (!answer)
    co_return ApiError{.code = 0, .reason = {}, .message = answer.error().message, .kind = answer.error().kind};
  if (answer->status / 100 != 2) co_return refusal(*answer);
  co_return std::move(*answer);
}

asio::awaitable<ApiResult<Json>> Client::call(std::string method, std::string path, std::string content_type,
                                              std::string body) {
  auto answer = co_await send(method, path, content_type, body, /*stream=*/false);
  if (!answer) co_return answer.error();
  base::drop_object_lists(answer->body, "managedFields");
  Json json = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    co_return ApiError{.code = answer->status,
                       .reason = {},
                       .message = "the API server's answer is not a JSON object",
                       .kind = base::ErrorKind::invalid};
  co_return json;
}

// gcc 12 copies temporaries inside a co_await expression bit by bit, so every argument below has a name.
asio::awaitable<ApiResult<Json>> Client::get(std::string path) {
  const std::string method = "GET";
  const std::string nothing;
  co_return co_await call(method, path, nothing, nothing);
}

namespace {

std::string text_of(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

asio::awaitable<ApiResult<Json>> Client::create(std::string path, Json object) {
  const std::string method = "POST";
  const std::string type = "application/json";
  const std::string body = text_of(object);
  co_return co_await call(method, path, type, body);
}

asio::awaitable<ApiResult<Json>> Client::replace(std::string path, Json object) {
  const std::string method = "PUT";
  const std::string type = "application/json";
  const std::string body = text_of(object);
  co_return co_await call(method, path, type, body);
}

asio::awaitable<ApiResult<Json>> Client::patch(std::string path, std::string type, Json patch) {
  const std::string method = "PATCH";
  std::string content = "application/strategic-merge-patch+json";
  if (type == "json") content = "application/json-patch+json";
  if (type == "merge") content = "application/merge-patch+json";
  const std::string body = text_of(patch);
  co_return co_await call(method, path, content, body);
}

asio::awaitable<ApiResult<Json>> Client::remove(std::string path, Json options) {
  const std::string method = "DELETE";
  std::string type;
  std::string body;
  if (!options.is_null()) {
    type = "application/json";
    body = text_of(options);
  }
  co_return co_await call(method, path, type, body);
}

asio::awaitable<ApiResult<Response>> Client::watch(std::string path_and_query) {
  const std::string method = "GET";
  const std::string nothing;
  co_return co_await send(method, path_and_query, nothing, nothing, /*stream=*/true);
}

const Json* find_at(const Json& object, std::initializer_list<const char*> path) {
  const Json* at = &object;
  for (const char* key : path) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(key);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string text_at(const Json& object, std::initializer_list<const char*> path) {
  const Json* found = find_at(object, path);
  return found && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace provisioner::kube
