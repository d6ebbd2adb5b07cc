#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "provisioner/base/http/transport.h"
#include "provisioner/base/result.h"

/// A Kubernetes client over any Transport: what the controllers and the kubelet use, with no back door into the store.
/// Objects are JSON as the server sends them. Errors carry the server's Status; code 0 means that no answer came.
namespace k8s_fake::control {

using Json = nlohmann::json;
using Object = std::shared_ptr<const Json>;

/// One served resource: where it is and what its objects call themselves.
struct Resource {
  std::string prefix;  // "/api/v1" or "/apis/apps/v1"
  std::string plural;
  std::string kind;
  bool namespaced = true;
  std::string filter = {};  // query of its lists and watches: "fieldSelector=..."

  std::string api_version() const { return prefix.substr(prefix.find('/', 1) + 1); }
  std::string path(const std::string& ns, const std::string& name = "", const std::string& sub = "") const;
  bool operator<(const Resource& other) const {
    return std::tie(prefix, plural) < std::tie(other.prefix, other.plural);
  }
};

struct ApiError {
  int code = 0;
  std::string reason;
  std::string message;
  bool not_found() const { return code == 404; }
  bool conflict() const { return code == 409 && reason == "Conflict"; }
  bool already_exists() const { return code == 409 && reason == "AlreadyExists"; }
};
using ApiResult = base::Result<Json, ApiError>;

struct ClientConfig {
  base::http::Endpoint api;
  std::string token;
  std::string user_agent = "drydock-controllers/v1";
};

enum class PatchType { merge, strategic, json };

class Client {
 public:
  Client(base::http::Transport& transport, ClientConfig config) : transport_(transport), config_(std::move(config)) {}

  boost::asio::awaitable<ApiResult> call(std::string method, std::string target, std::string body,
                                         std::string content_type);
  boost::asio::awaitable<ApiResult> get(Resource kind, std::string ns, std::string name);
  boost::asio::awaitable<ApiResult> list(Resource kind, std::string ns, std::string query);
  boost::asio::awaitable<ApiResult> create(Resource kind, Json object);
  boost::asio::awaitable<ApiResult> create_sub(Resource kind, std::string ns, std::string name, std::string sub,
                                               Json object);
  boost::asio::awaitable<ApiResult> update(Resource kind, Json object, std::string sub);
  boost::asio::awaitable<ApiResult> patch(Resource kind, std::string ns, std::string name, std::string sub, Json body,
                                          PatchType type);
  /// `options`: a DeleteOptions without kind and apiVersion.
  boost::asio::awaitable<ApiResult> remove(Resource kind, std::string ns, std::string name, Json options);
  /// A streaming request; the body comes in Response::outgoing.
  boost::asio::awaitable<base::Result<base::http::Response>> stream(std::string target);

 private:
  base::http::Request request(std::string method, std::string target) const;
  base::http::Transport& transport_;
  ClientConfig config_;
};

// Reading objects. A missing field reads as "" or null; nothing here fails.
std::string text(const Json& object, std::string_view pointer);
const Json& at(const Json& object, std::string_view pointer);
bool has(const Json& object, std::string_view pointer);
std::int64_t number(const Json& object, std::string_view pointer, std::int64_t otherwise = 0);
inline std::string name_of(const Json& object) { return text(object, "/metadata/name"); }
inline std::string namespace_of(const Json& object) { return text(object, "/metadata/namespace"); }
inline std::string uid_of(const Json& object) { return text(object, "/metadata/uid"); }
/// "namespace/name"; "/name" for cluster-scoped objects.
inline std::string key_of(const Json& object) { return namespace_of(object) + "/" + name_of(object); }
std::pair<std::string, std::string> split_key(const std::string& key);
std::string annotation(const Json& object, const std::string& name);
std::string label(const Json& object, const std::string& name);
inline bool deleting(const Json& object) { return has(object, "/metadata/deletionTimestamp"); }
bool has_finalizer(const Json& object, const std::string& name);
/// Takes one finalizer out of the list (the list itself when it becomes empty).
void drop_finalizer(Json& object, const std::string& name);
/// The owner that has controller: true, or null.
const Json& controller_of(const Json& object);
/// A LabelSelector (matchLabels, matchExpressions) against labels. An empty selector matches everything.
bool selects(const Json& selector, const Json& labels);
/// The condition of that type in status.conditions, or null.
const Json& condition(const Json& object, const std::string& type);
/// Sets a condition's status, reason and message; the transition time moves only when the status changes. True if
/// anything changed.
bool set_condition(Json& status, const std::string& type, bool value, const std::string& reason,
                   const std::string& message, const std::string& now);

}  // namespace k8s_fake::control
