#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/request_info.h"
#include "k8s-fake/server.h"

/// The verbs of the API, generic over the kinds table. Shapes: a request has been authenticated, authorised and routed
/// to an Endpoint before it gets here. Objects travel as Json in the storage version's shape. Source: kubernetes.md 1.9
/// to 2.13.
namespace k8s_fake {

struct Call {
  Server& server;
  const base::http::Request& request;
  RequestInfo info{};
  Query query{};
  User user{};
  const Endpoint* endpoint = nullptr;
  const Subresource* sub = nullptr;
  std::vector<std::string> warnings{};
  bool dry_run = false;
  /// Set by creating functions of the server itself: no admission of users' limits.
  bool internal = false;
  /// What others have said so far (callouts.h); null when nobody is asked.
  Talk* talk = nullptr;
  Json delete_options{};  // as sent, for admission

  const Resource& resource() const { return *endpoint->resource; }
  GroupResource what() const { return {endpoint->group, endpoint->plural()}; }
};

using base::http::Response;

Response json_response(int status, std::string body);
Response json_response(int status, const Json& body);

// read.cpp
ApiResult<Response> get_object(Call& call);
ApiResult<Response> list_objects(Call& call);
ApiResult<Response> watch_objects(Call& call);
ApiResult<View> negotiate_view(Call& call, bool list);
/// The text of one object in the endpoint's version.
std::string encode_object(const Endpoint& endpoint, const Object& object);
std::string encode_view(Server& server, const WatchSpec& spec, const Object& object, bool first);

// write.cpp
ApiResult<Response> create(Call& call);
ApiResult<Response> update(Call& call);
ApiResult<Response> patch(Call& call);

// The steps inside them, for subresources and bootstrap.
struct Stored {
  ObjectPtr object;  // null for a dry run
  Json json;         // what was or would be stored
  bool changed = true;
};
/// Defaults, admission, validation, store. `object` is in storage shape.
ApiResult<Stored> create_object(Call& call, Json object);
/// `mutate` makes the new object from the current one.
ApiResult<Stored> update_object(Call& call, const std::string& ns, const std::string& name,
                                const std::string& subresource,
                                const std::function<ApiResult<Json>(const Json& current)>& mutate);
Response stored_response(Call& call, int status, const Stored& stored);

// body.cpp
/// The request's body as an object of the endpoint's (or subresource's) kind, converted to storage shape, with unknown
/// fields dropped and reported as fieldValidation asks. Errors: 400, 413, 415.
ApiResult<Json> read_body(Call& call);
/// JSON or YAML or protobuf of any kind, without checks; for options.
ApiResult<Json> read_options(Call& call);
std::string api_version_problem(const Call& call, const Json& body);
/// Drops and reports unknown fields of an object in the endpoint's version. Errors: 400.
std::optional<ApiStatus> check_fields(Call& call, Json& object, const std::vector<std::string>& duplicates,
                                      bool is_json);

// remove.cpp
ApiResult<Response> remove(Call& call);
ApiResult<Response> remove_collection(Call& call);
/// Deletes with options as DeleteOptions gives them; the object as it was last (or is now, when finalizers keep it).
ApiResult<Stored> remove_object(Call& call, const ObjectPtr& object, const Json& options);

// subresources.cpp
ApiResult<Response> serve_subresource(Call& call);

// discovery.cpp
std::optional<Response> serve_fixed_path(Server& server, const base::http::Request& request, const std::string& path);

/// Options shared by the verbs: dryRun, fieldManager, fieldValidation. Errors: 422.
std::optional<ApiStatus> check_options(Call& call, const char* options_kind);

}  // namespace k8s_fake
