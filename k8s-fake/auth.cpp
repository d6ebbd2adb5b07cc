#include "k8s-fake/auth.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/request_info.h"
#include "k8s-fake/server.h"
#include "k8s-fake/tokens.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

void add_group(User& user, const std::string& group) {
  if (!user.in(group)) user.groups.push_back(group);
}

std::string bearer_of(const base::http::Request& request) {
  const std::string header = request.headers.get("Authorization");
  if (header.size() < 7 || !base::equals_ignoring_case(header.substr(0, 7), "Bearer ")) return "";
  return std::string(base::trim(header.substr(7)));
}

/// Checking a signature costs more than the rest of a request.
std::optional<User> cached_service_user(Server& server, std::string_view token) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(server.clock.now().time_since_epoch()).count();
  const auto found = server.token_cache.find(token);
  if (found != server.token_cache.end() && now < found->second.second) return found->second.first;
  auto user = user_of_service_token(server, token);
  if (user) server.token_cache[std::string(token)] = {*user, now + 10};
  return user;
}

}  // namespace

bool User::in(std::string_view group) const { return std::find(groups.begin(), groups.end(), group) != groups.end(); }

Json to_json(const User& user) {
  Json out = {{"username", user.name}};
  if (!user.uid.empty()) out["uid"] = user.uid;
  if (!user.groups.empty()) out["groups"] = user.groups;
  if (!user.extra.empty()) out["extra"] = user.extra;
  return out;
}

std::optional<User> authenticate_token(Server& server, std::string_view token) {
  std::optional<User> user;
  if (const auto found = server.static_tokens.find(token); found != server.static_tokens.end()) user = found->second;
  else user = cached_service_user(server, token);
  if (user) add_group(*user, "system:authenticated");
  return user;
}

ApiResult<User> authenticate(Server& server, const base::http::Request& request) {
  if (request.peer.certificate_rejected) return unauthorized();
  if (request.peer.certificate) {
    User user{.name = request.peer.certificate->common_name,
              .uid = {},
              .groups = request.peer.certificate->organizations,
              .extra = {}};
    add_group(user, "system:authenticated");
    return user;
  }
  if (const std::string token = bearer_of(request); !token.empty()) {
    auto user = authenticate_token(server, token);
    if (!user) return unauthorized();
    return *user;
  }
  if (!request.headers.get("Authorization").empty() || !server.config.anonymous) return unauthorized();
  return User{.name = "system:anonymous", .uid = {}, .groups = {"system:unauthenticated"}, .extra = {}};
}

ApiResult<User> impersonate(Server& server, const base::http::Request& request, User user) {
  const std::string name = request.headers.get("Impersonate-User");
  const std::string uid = request.headers.get("Impersonate-Uid");
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
  for (const auto& [key, value] : request.headers) {
    const std::string lower = base::to_lower(key);
    if (lower == "impersonate-group") groups.push_back(value);
    if (lower.rfind("impersonate-extra-", 0) == 0) extra[base::http::percent_decode(lower.substr(18))].push_back(value);
  }
  if (name.empty()) {
    if (groups.empty() && extra.empty() && uid.empty()) return user;
    std::string list;
    for (const auto& group : groups) list += (list.empty() ? "" : " ") + std::string("{Group  ") + group + "    }";
    return ApiStatus{
        .code = 500, .reason = "plain", .message = "requested [" + list + "] without impersonating a user"};
  }
  const auto check = [&](const std::string& group, const std::string& resource, const std::string& ns,
                         const std::string& target) -> std::optional<ApiStatus> {
    const Attributes what{
        .verb = "impersonate", .group = group, .resource = resource, .ns = ns, .name = target, .path = {}};
    const Decision decision = authorize(server, user, what);
    if (decision.allowed) return std::nullopt;
    return denied(user, what, decision.reason);
  };
  User out{.name = name, .uid = uid, .groups = groups, .extra = extra};
  const std::string prefix = "system:serviceaccount:";
  if (name.rfind(prefix, 0) == 0 && std::count(name.begin(), name.end(), ':') == 3) {
    const auto parts = split_text(name, ':');
    if (auto problem = check("", "serviceaccounts", parts[2], parts[3])) return *problem;
    if (groups.empty()) out.groups = {"system:serviceaccounts", "system:serviceaccounts:" + parts[2]};
  } else if (auto problem = check("", "users", "", name)) {
    return *problem;
  }
  for (const auto& group : groups)
    if (auto problem = check("", "groups", "", group)) return *problem;
  if (!uid.empty())
    if (auto problem = check("authentication.k8s.io", "uids", "", uid)) return *problem;
  for (const auto& [key, values] : extra) {
    for (const auto& value : values)
      if (auto problem = check("authentication.k8s.io", "userextras/" + key, "", value)) return *problem;
  }
  if (name == "system:anonymous") add_group(out, "system:unauthenticated");
  else add_group(out, "system:authenticated");
  return out;
}

Attributes attributes_of(const RequestInfo& info) {
  Attributes out;
  out.verb = info.verb;
  if (!info.is_resource) {
    out.path = info.path;
    return out;
  }
  out.group = info.group;
  out.version = info.version;
  out.resource = info.resource + (info.subresource.empty() ? "" : "/" + info.subresource);
  out.ns = info.ns;
  out.name = info.name;
  return out;
}

ApiStatus denied(const User& user, const Attributes& what, const std::string& reason) {
  const std::string who = "User " + dump(Json(user.name)) + " cannot ";
  const std::string tail = reason.empty() ? "" : ": " + reason;
  if (!what.path.empty()) {
    return {.code = 403,
            .reason = "Forbidden",
            .message = "forbidden: " + who + what.verb + " path " + dump(Json(what.path)) + tail,
            .details = Json::object()};
  }
  const std::string scope = what.ns.empty() || what.resource == "namespaces"
                                ? "at the cluster scope"
                                : "in the namespace " + dump(Json(what.ns));
  const std::string plural = what.resource.substr(0, what.resource.find('/'));
  const std::string where =
      what.resource == "namespaces" && !what.ns.empty() ? "in the namespace " + dump(Json(what.ns)) : scope;
  return forbidden({what.group, plural}, what.name,
                   who + what.verb + " resource " + dump(Json(what.resource)) + " in API group " +
                       dump(Json(what.group)) + " " + where + tail);
}

}  // namespace k8s_fake
