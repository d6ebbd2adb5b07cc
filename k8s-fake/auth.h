#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/status.h"
#include "provisioner/base/http/message.h"

/// Who asks. Source: kubernetes.md 6.2 to 6.4, 6.6.
namespace k8s_fake {

struct Server;
struct RequestInfo;

struct User {
  std::string name{};
  std::string uid{};
  std::vector<std::string> groups{};
  std::map<std::string, std::vector<std::string>> extra{};
  bool in(std::string_view group) const;
};
Json to_json(const User& user);

/// Client certificate, then bearer token, then (if allowed) anonymous. Errors: 401.
ApiResult<User> authenticate(Server& server, const base::http::Request& request);
/// A token alone, as TokenReview asks. Nothing when it is not valid.
std::optional<User> authenticate_token(Server& server, std::string_view token);
/// Applies Impersonate-* headers, if any. Errors: 400, 403.
ApiResult<User> impersonate(Server& server, const base::http::Request& request, User user);

struct Attributes {
  std::string verb{};
  std::string group{};
  std::string resource{};  // with /subresource
  std::string ns{};
  std::string name{};
  std::string path{};  // non-resource requests only
  std::string version = "*";
};
struct Decision {
  bool allowed = false;
  std::string reason{};
};
Decision authorize(Server& server, const User& user, const Attributes& what);
Attributes attributes_of(const RequestInfo& info);
ApiStatus denied(const User& user, const Attributes& what, const std::string& reason);

}  // namespace k8s_fake
