// Discovery, version, health: everything that is not an object. Source: kubernetes.md 1.4, 1.5.
#include <openssl/evp.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "k8s-fake/api.h"
#include "k8s-fake/openapi.h"
#include "k8s-fake/tokens.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

Response text_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

Json version_json(const Server& server) {
  const std::string major = std::to_string(server.version.major), minor = std::to_string(server.version.minor);
  const bool openshift = !server.config.openshift.empty();
  Json out = {{"major", major},
              {"minor", minor + (openshift ? "+" : "")},
              {"gitVersion", server.version.git},
              {"gitCommit", "59526cd4867447956156ae3a602fcbac10a2c335"},
              {"gitTreeState", "clean"},
              {"buildDate", "2025-04-22T15:53:39Z"},
              {"goVersion", "go1.23.6"},
              {"compiler", "gc"},
              {"platform", "linux/amd64"}};
  if (server.at_least(33)) {
    out["emulationMajor"] = major;
    out["emulationMinor"] = minor;
    out["minCompatibilityMajor"] = major;
    out["minCompatibilityMinor"] = std::to_string(server.version.minor - 1);
  }
  return out;
}

Json group_json(const Kinds& kinds, const std::string& group) {
  Json versions = Json::array();
  for (const auto& version : kinds.versions(group))
    versions.push_back({{"groupVersion", group + "/" + version}, {"version", version}});
  return {{"name", group}, {"versions", versions}, {"preferredVersion", versions[0]}};
}

/// An old group's entry has no short names: newer clients would warn that they are ambiguous.
bool short_names_here(const Endpoint& endpoint) {
  return !endpoint.legacy || endpoint.group == endpoint.resource->group;
}

/// What tells a migrator in which form objects are stored.
std::string storage_hash(const Kinds& kinds, const Endpoint& endpoint) {
  const Endpoint* stored = kinds.preferred(*endpoint.resource);
  const std::string text = endpoint.resource->group + "/" + (stored == nullptr ? endpoint.version : stored->version) +
                           "/" + endpoint.resource->kind;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr);
  return base::base64_encode(std::string_view(reinterpret_cast<const char*>(digest), 8));
}

/// One endpoint and its subresources as APIResource entries.
void append_resources(const Kinds& kinds, const Endpoint& endpoint, int minor, Json& list) {
  if (endpoint.hidden) return;
  const Resource& resource = *endpoint.resource;
  Json entry = {{"name", endpoint.plural()},
                {"singularName", endpoint.as_kind.empty() ? resource.singular : base::to_lower(endpoint.as_kind)},
                {"namespaced", resource.namespaced},
                {"kind", endpoint.kind()},
                {"verbs", verb_names(resource.verbs)}};
  if (resource.custom != nullptr)
    entry["verbs"] = {"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"};
  if (!resource.short_names.empty() && short_names_here(endpoint)) entry["shortNames"] = resource.short_names;
  if (!resource.categories.empty()) entry["categories"] = resource.categories;
  if (minor < 27 && resource.custom == nullptr) entry["singularName"] = "";
  if ((resource.verbs & kVerbUpdate) != 0) entry["storageVersionHash"] = storage_hash(kinds, endpoint);
  list.push_back(entry);
  if (!endpoint.as_kind.empty()) return;
  for (const auto& sub : resource.subresources) {
    if (sub.hidden) continue;
    Json one = {{"name", resource.plural + "/" + sub.name},
                {"singularName", ""},
                {"namespaced", resource.namespaced},
                {"kind", sub.kind},
                {"verbs", verb_names(sub.verbs)}};
    if (const auto slash = sub.group_version.find('/'); slash != std::string::npos) {
      one["group"] = sub.group_version.substr(0, slash);
      one["version"] = sub.group_version.substr(slash + 1);
    }
    list.push_back(one);
  }
}

Json resource_list(const Kinds& kinds, int minor, const std::string& group, const std::string& version) {
  Json list = Json::array();
  for (const auto& each : kinds.endpoints())
    if (each->group == group && each->version == version) append_resources(kinds, *each, minor, list);
  Json out = {{"kind", "APIResourceList"},
              {"groupVersion", group.empty() ? version : group + "/" + version},
              {"resources", list}};
  if (!group.empty()) out["apiVersion"] = "v1";
  return out;
}

Json aggregated_resource(const Endpoint& endpoint) {
  const Resource& resource = *endpoint.resource;
  const auto kind_json = [&](const std::string& group, const std::string& version, const std::string& kind) {
    return Json{{"group", group}, {"version", version}, {"kind", kind}};
  };
  Json out = {{"resource", endpoint.plural()},
              {"responseKind", kind_json(endpoint.group, endpoint.version, endpoint.kind())},
              {"scope", resource.namespaced ? "Namespaced" : "Cluster"},
              {"singularResource", endpoint.as_kind.empty() ? resource.singular : base::to_lower(endpoint.as_kind)},
              {"verbs", verb_names(resource.verbs)}};
  if (!resource.short_names.empty() && short_names_here(endpoint)) out["shortNames"] = resource.short_names;
  if (!resource.categories.empty()) out["categories"] = resource.categories;
  Json subresources = Json::array();
  for (const auto& sub : resource.subresources) {
    if (sub.hidden) continue;
    const auto slash = sub.group_version.find('/');
    const bool elsewhere = slash != std::string::npos;
    subresources.push_back(
        {{"subresource", sub.name},
         {"verbs", verb_names(sub.verbs)},
         {"responseKind", kind_json(elsewhere ? sub.group_version.substr(0, slash) : endpoint.group,
                                    elsewhere ? sub.group_version.substr(slash + 1) : endpoint.version, sub.kind)}});
  }
  if (!subresources.empty()) out["subresources"] = subresources;
  return out;
}

Json aggregated(const Kinds& kinds, bool core, const std::string& version_name) {
  Json items = Json::array();
  for (const auto& group : kinds.groups()) {
    if (group.empty() != core) continue;
    Json versions = Json::array();
    for (const auto& version : kinds.versions(group)) {
      Json resources = Json::array();
      for (const auto& each : kinds.endpoints())
        if (!each->hidden && each->group == group && each->version == version)
          resources.push_back(aggregated_resource(*each));
      versions.push_back({{"version", version}, {"resources", resources}, {"freshness", "Current"}});
    }
    Json metadata = {{"creationTimestamp", nullptr}};
    if (!core) metadata["name"] = group;
    items.push_back({{"metadata", metadata}, {"versions", versions}});
  }
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", "apidiscovery.k8s.io/" + version_name},
          {"metadata", Json::object()},
          {"items", items}};
}

/// "v2" or "v2beta1" when the client wants the aggregated form and this version of the server has it.
std::string aggregated_version(const Server& server, const base::http::Request& request) {
  if (!server.at_least(27)) return "";
  for (const auto& part : split_text(request.headers.get("Accept"), ',')) {
    if (part.find("g=apidiscovery.k8s.io") == std::string::npos ||
        part.find("as=APIGroupDiscoveryList") == std::string::npos)
      continue;
    if (part.find("v=v2beta1") != std::string::npos) return "v2beta1";
    if (part.find("v=v2") != std::string::npos && server.at_least(30)) return "v2";
  }
  return "";
}

Response discovery_root(const Server& server, const base::http::Request& request, bool core) {
  if (const std::string version = aggregated_version(server, request); !version.empty()) {
    Response response = json_response(200, aggregated(server.kinds, core, version));
    response.headers.set("Content-Type",
                         "application/json;g=apidiscovery.k8s.io;v=" + version + ";as=APIGroupDiscoveryList");
    response.headers.set("Cache-Control", "public");
    response.headers.set("Vary", "Accept");
    const std::string tag = "\"" + std::to_string(std::hash<std::string>{}(response.body)) + "\"";
    response.headers.set("ETag", tag);
    if (request.headers.get("If-None-Match") == tag) {
      response.status = 304;
      response.body.clear();
    }
    return response;
  }
  Response response;
  if (core) {
    Json address = {{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", server.config.advertise_address}};
    response = json_response(
        200,
        Json{{"kind", "APIVersions"}, {"versions", {"v1"}}, {"serverAddressByClientCIDRs", Json::array({address})}});
  } else {
    Json groups = Json::array();
    for (const auto& group : server.kinds.groups())
      if (!group.empty()) groups.push_back(group_json(server.kinds, group));
    response = json_response(200, Json{{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", groups}});
  }
  response.headers.set("Vary", "Accept");
  return response;
}

Json root_paths(const Kinds& kinds) {
  std::set<std::string> paths = {"/.well-known/openid-configuration",
                                 "/api",
                                 "/api/v1",
                                 "/apis",
                                 "/apis/",
                                 "/healthz",
                                 "/healthz/ping",
                                 "/livez",
                                 "/livez/ping",
                                 "/metrics",
                                 "/openapi/v2",
                                 "/openapi/v3",
                                 "/openapi/v3/",
                                 "/openid/v1/jwks",
                                 "/readyz",
                                 "/readyz/ping",
                                 "/version"};
  for (const auto& each : kinds.endpoints()) {
    if (each->group.empty() || each->hidden) continue;
    paths.insert("/apis/" + each->group);
    paths.insert("/apis/" + each->group_version());
  }
  return {{"paths", paths}};
}

std::optional<Response> health(const base::http::Request& request, const std::string& path) {
  const auto parts = split_text(path, '/');
  if (parts.size() < 2 || (parts[1] != "healthz" && parts[1] != "livez" && parts[1] != "readyz")) return std::nullopt;
  if (parts.size() > 2 && !parts[2].empty()) {
    return parts.size() == 3 && (parts[2] == "ping" || parts[2] == "etcd" || parts[2] == "log")
               ? text_response(200, "ok")
               : text_response(404, "404 page not found\n");
  }
  const Query query(request.query());
  if (!query.has("verbose")) return text_response(200, "ok");
  return text_response(200, "[+]ping ok\n[+]log ok\n[+]etcd ok\n" + parts[1] + " check passed\n");
}

std::optional<Response> discovery(Server& server, const base::http::Request& request, const std::string& path) {
  const auto parts = split_text(path, '/');  // "", "apis", group, version
  if (parts[1] == "api" || parts[1] == "oapi") {
    if (parts.size() == 2)
      return parts[1] == "api" ? std::optional(discovery_root(server, request, true)) : std::nullopt;
    if (parts.size() == 3 && parts[2] == "v1")
      return json_response(200, resource_list(server.kinds, server.version.minor, "", "v1"));
    return std::nullopt;
  }
  if (parts[1] != "apis") return std::nullopt;
  if (parts.size() == 2) return discovery_root(server, request, false);
  if (!server.kinds.has_group(parts[2])) return std::nullopt;
  if (parts.size() == 3) {
    Json group = group_json(server.kinds, parts[2]);
    group["kind"] = "APIGroup";
    group["apiVersion"] = "v1";
    return json_response(200, group);
  }
  if (parts.size() == 4 && server.kinds.has_group_version(parts[2], parts[3]))
    return json_response(200, resource_list(server.kinds, server.version.minor, parts[2], parts[3]));
  return std::nullopt;
}

}  // namespace

std::optional<Response> serve_fixed_path(Server& server, const base::http::Request& request, const std::string& raw) {
  if (request.method != "GET" && request.method != "HEAD") return to_response(method_not_allowed());
  std::string path = raw;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path.empty() || path == "/") return json_response(200, root_paths(server.kinds));
  if (path.rfind("/api/", 0) == 0 && path != "/api/v1") return to_response(no_such_resource());
  if (path == "/version") return json_response(200, version_json(server));
  if (path == "/version/openshift" && !server.config.openshift.empty()) {
    return json_response(200, Json{{"major", "3"},
                                   {"minor", "6+"},
                                   {"gitVersion", server.config.openshift},
                                   {"gitCommit", ""},
                                   {"gitTreeState", "clean"},
                                   {"buildDate", "2017-09-30T04:18:16Z"},
                                   {"goVersion", ""},
                                   {"compiler", ""},
                                   {"platform", ""}});
  }
  if (path == "/metrics") return text_response(200, "");
  if (path == "/.well-known/openid-configuration") {
    return json_response(200, Json{{"issuer", "https://kubernetes.default.svc"},
                                   {"jwks_uri", "https://" + server.config.advertise_address + "/openid/v1/jwks"},
                                   {"response_types_supported", {"id_token"}},
                                   {"subject_types_supported", {"public"}},
                                   {"id_token_signing_alg_values_supported", {"ES256"}}});
  }
  if (path == "/openid/v1/jwks") {
    Response response = json_response(200, dump(key_set(server)));
    response.headers.set("Content-Type", "application/jwk-set+json");
    return response;
  }
  if (auto response = health(request, path)) return response;
  if (path.rfind("/openapi/", 0) == 0) return serve_openapi(server, request, path);
  return discovery(server, request, path);
}

}  // namespace k8s_fake
