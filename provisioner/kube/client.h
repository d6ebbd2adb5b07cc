#pragma once

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/result.h"
#include "provisioner/kube/config.h"

/// The client half of Kubernetes: objects as JSON, paths as in the API's own documentation, one call per function.
/// Errors: ApiError; `code` is the HTTP status, or 0 when there was no answer (then `kind` says whether it may have
/// run).
namespace provisioner::kube {

using Json = nlohmann::ordered_json;

struct ApiError {
  int code = 0;
  std::string reason;   // "NotFound", "AlreadyExists", "Conflict", "Expired", …
  std::string message;  // for people
  base::ErrorKind kind = base::ErrorKind::unavailable;
};
template <class T>
using ApiResult = base::Result<T, ApiError>;

class Client {
 public:
  Client(base::http::Transport& transport, ApiServer server) : transport_(transport), server_(std::move(server)) {}
  boost::asio::awaitable<ApiResult<Json>> get(std::string path);
  boost::asio::awaitable<ApiResult<Json>> create(std::string path, Json object);
  boost::asio::awaitable<ApiResult<Json>> replace(std::string path, Json object);
  /// `type`: "merge", "strategic" or "json" patch.
  boost::asio::awaitable<ApiResult<Json>> patch(std::string path, std::string type, Json patch);
  boost::asio::awaitable<ApiResult<Json>> remove(std::string path, Json options = Json());
  /// An open watch: the answer's `outgoing` yields one JSON object per line.
  boost::asio::awaitable<ApiResult<base::http::Response>> watch(std::string path_and_query);
  /// How long a call (other than a watch) may take; a minute unless set.
  void set_timeout(base::Duration timeout) { timeout_ = timeout; }
  const std::string& own_namespace() const { return server_.own_namespace; }

 private:
  boost::asio::awaitable<ApiResult<base::http::Response>> send(std::string method, std::string path,
                                                               std::string content_type, std::string body, bool stream);
  boost::asio::awaitable<ApiResult<Json>> call(std::string method, std::string path, std::string content_type,
                                               std::string body);

  base::http::Transport& transport_;
  ApiServer server_;
  base::Duration timeout_ = std::chrono::seconds(60);
};

/// Member access that never fails: the text, number or object at a path of keys, or the empty value.
std::string text_at(const Json& object, std::initializer_list<const char*> path);
const Json* find_at(const Json& object, std::initializer_list<const char*> path);

}  // namespace provisioner::kube
