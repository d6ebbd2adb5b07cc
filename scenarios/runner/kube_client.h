#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "provisioner/base/http/transport.h"
#include "provisioner/base/result.h"

/// The runner's own Kubernetes client: any kind by apiVersion and kind, found through discovery. Objects are JSON.
/// Errors: what the API said, its Status' code, reason and message; code 0 when nobody answered.
namespace scenario {

using Json = nlohmann::json;

struct ApiFailure {
  int code = 0;
  std::string reason;
  std::string message;
};
template <class T>
using ApiResult = base::Result<T, ApiFailure>;

/// How the API is reached.
struct KubeTarget {
  base::http::Endpoint endpoint;
  std::string token;  // "" when a client certificate speaks
};

struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string ns;    // "" for cluster-scoped kinds
  std::string name;  // "" for all
  std::string selector;
};

class KubeClient {
 public:
  KubeClient(base::http::Transport& transport, KubeTarget target)
      : transport_(&transport), target_(std::move(target)) {}

  /// GET, POST and so on; the decoded body. `kind` of patch is the content type.
  boost::asio::awaitable<ApiResult<Json>> call(std::string method, std::string path, Json body,
                                               std::string content_type);
  /// What the answer to the last changing call warned of, each {code, agent, text}.
  const Json& warnings() const { return warnings_; }
  boost::asio::awaitable<ApiResult<std::string>> text(std::string method, std::string path);

  boost::asio::awaitable<ApiResult<bool>> is_namespaced(std::string api_version, std::string kind);
  /// apiVersion and kind of a resource as kubectl's users write it: plural, singular or short name, perhaps with
  /// ".group".
  boost::asio::awaitable<ApiResult<ObjectRef>> find_resource(std::string name);
  /// "/api/v1/namespaces/ns/pods/name"; a name or a selector may be absent.
  boost::asio::awaitable<ApiResult<std::string>> path_of(ObjectRef ref);
  boost::asio::awaitable<ApiResult<Json>> get(ObjectRef ref);
  /// The items, each with apiVersion and kind filled in.
  boost::asio::awaitable<ApiResult<std::vector<Json>>> list(ObjectRef ref);

 private:
  struct Kind {
    std::string plural;
    bool namespaced = false;
  };
  boost::asio::awaitable<ApiResult<Kind>> find_kind(std::string api_version, std::string kind);

  base::http::Transport* transport_;
  KubeTarget target_;
  Json warnings_ = Json::array();
  std::map<std::string, Kind> kinds_;  // "apps/v1 Deployment"
};

/// The reference that an object's own fields make.
ObjectRef ref_of(const Json& object);
/// "v1/Pod ns/name", as reports show it.
std::string show(const ObjectRef& ref);

}  // namespace scenario
