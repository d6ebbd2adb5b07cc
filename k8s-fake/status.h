#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/json.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/result.h"

/// Failures as Kubernetes tells them: the Status object, and the field errors inside a 422.
/// Texts are matched by clients byte for byte. Source: kubernetes.md 2.6.
namespace k8s_fake {

struct ApiStatus {
  int code = 500;
  std::string reason{};  // "" is left out, as a real server does for plain errors
  std::string message{};
  Json details{};                // null: left out
  std::string continue_token{};  // only in 410 for paging
  int retry_after_seconds = 0;
};

template <class T>
using ApiResult = base::Result<T, ApiStatus>;

/// A group and its plural, as "storageclasses.storage.k8s.io"; the plural alone for the core group.
struct GroupResource {
  std::string_view group;
  std::string_view resource;
  std::string text() const;
};

Json to_json(const ApiStatus& status);
base::http::Response to_response(const ApiStatus& status);

ApiStatus bad_request(std::string message);
ApiStatus unauthorized();
ApiStatus forbidden(GroupResource what, std::string_view name, std::string_view why);
ApiStatus not_found(GroupResource what, std::string_view name);
/// No such path below a known group.
ApiStatus no_such_resource();
ApiStatus method_not_allowed();
ApiStatus already_exists(GroupResource what, std::string_view name);
ApiStatus conflict(GroupResource what, std::string_view name, std::string_view why);
ApiStatus stale(GroupResource what, std::string_view name);  // "the object has been modified; ..."
ApiStatus expired(std::string message);
ApiStatus internal_error(std::string_view what);
ApiStatus unsupported_media(std::string message);

struct FieldError {
  std::string reason;  // FieldValueRequired and so on
  std::string field;
  std::string body;
};

/// Collects what is wrong with one object, in the validator's order; identical errors once.
class FieldErrors {
 public:
  /// `minor`: the release whose wording is used.
  explicit FieldErrors(int minor = 99) : minor_(minor) {}
  bool at_least(int minor) const { return minor_ >= minor; }
  void required(std::string field, std::string_view detail = {});
  void invalid(std::string field, const Json& value, std::string_view detail);
  void unsupported(std::string field, const Json& value, const std::vector<std::string>& supported);
  void forbidden(std::string field, std::string_view detail);
  void duplicate(std::string field, const Json& value);
  void not_found(std::string field, const Json& value);
  void too_long(std::string field, std::size_t max_bytes);
  void too_many(std::string field, std::size_t have, std::size_t max);
  void add(FieldError error);
  bool empty() const { return errors_.empty(); }
  const std::vector<FieldError>& all() const { return errors_; }

 private:
  int minor_;
  std::vector<FieldError> errors_;
};

/// 422 `StorageClass.storage.k8s.io "x" is invalid: ...`.
ApiStatus invalid(std::string_view group, std::string_view kind, std::string_view name, const FieldErrors& errors);

}  // namespace k8s_fake
