// From a request to the function that answers it: who asks, may they, which kind, which verb.
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "k8s-fake/api.h"
#include "k8s-fake/crd.h"
#include "k8s-fake/negotiate.h"
#include "k8s-fake/webhooks.h"
#include "provisioner/base/http/deferred.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

Response not_a_path() {
  Response response;
  response.status = 404;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.body = "404 page not found\n";
  return response;
}

bool wants_pretty(const base::http::Request& request, const Query& query) {
  if (query.has("pretty")) return query.get("pretty") == "true" || query.get("pretty") == "1";
  const std::string agent = request.headers.get("User-Agent");
  return agent.rfind("curl", 0) == 0 || agent.rfind("Wget", 0) == 0 || agent.rfind("Mozilla/5.0", 0) == 0;
}

/// Two-space indent, members in the order they are sent.
std::string indented(const std::string& body) {
  const auto parsed = nlohmann::ordered_json::parse(body, nullptr, false);
  return parsed.is_discarded() ? body : parsed.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

unsigned verb_bit(const std::string& verb) {
  static const std::map<std::string, unsigned> kBits = {
      {"create", kVerbCreate}, {"delete", kVerbDelete}, {"deletecollection", kVerbDeleteCollection},
      {"get", kVerbGet},       {"list", kVerbList},     {"patch", kVerbPatch},
      {"update", kVerbUpdate}, {"watch", kVerbWatch}};
  const auto found = kBits.find(verb);
  return found == kBits.end() ? 0 : found->second;
}

ApiResult<Response> route(Call& call) {
  if (const CustomKind* custom = call.resource().custom.get();
      custom != nullptr && !custom->only_version.empty() && call.endpoint->version != custom->only_version) {
    return ApiStatus{
        .code = 500,
        .reason = "",
        .message = "conversion webhook for " + call.endpoint->group_version() + ", Kind=" + call.endpoint->kind() +
                   " failed: this server calls no conversion webhooks, ask for version " + custom->only_version};
  }
  if (!call.info.subresource.empty()) {
    call.sub = call.resource().find_subresource(call.info.subresource);
    if (call.sub == nullptr) return no_such_resource();
    return serve_subresource(call);
  }
  const unsigned bit = verb_bit(call.info.verb);
  const bool named = (bit & (kVerbGet | kVerbUpdate | kVerbPatch | kVerbDelete)) != 0;
  if (named && call.info.name.empty()) return method_not_allowed();
  if (!call.resource().namespaced && call.info.namespaced_path && call.resource().plural != "namespaces")
    return no_such_resource();
  if (bit == 0 || (call.resource().verbs & bit) == 0) return method_not_allowed();
  if (call.resource().namespaced && call.info.ns.empty() &&
      (bit & (kVerbGet | kVerbUpdate | kVerbPatch | kVerbDelete)) != 0)
    return no_such_resource();
  switch (bit) {
    case kVerbCreate: return create(call);
    case kVerbDelete: return remove(call);
    case kVerbDeleteCollection: return remove_collection(call);
    case kVerbGet: return get_object(call);
    case kVerbList: return list_objects(call);
    case kVerbPatch: return patch(call);
    case kVerbUpdate: return update(call);
    default: return watch_objects(call);
  }
}

std::string group_of_path(const std::string& path) {
  const auto parts = split_text(path, '/');
  return parts.size() > 2 && parts[1] == "apis" ? parts[2] : "";
}

/// What the definition of a custom kind says of a deprecated version.
void warn_of_version(Call& call) {
  const ObjectPtr definition =
      call.server.store.find(call.server.resource("apiextensions.k8s.io", "customresourcedefinitions"), "",
                             call.resource().custom->definition);
  if (definition == nullptr || definition->tail.find("\"deprecated\":true") == std::string::npos) return;
  const Json json = definition->json();
  for (const Json& version : at_path(json, {"spec", "versions"})) {
    if (text_at(version, "name") != call.info.version || !is_true(version, {"deprecated"})) continue;
    const std::string said = text_at(version, "deprecationWarning");
    call.warnings.push_back(
        said.empty() ? call.endpoint->group_version() + " " + call.endpoint->kind() + " is deprecated" : said);
  }
}

Response answer(Server& server, const base::http::Request& request, Call& call) {
  if (request.method == "OPTIONS") return to_response(method_not_allowed());
  if (request.method == "HEAD" && call.info.is_resource) return to_response(method_not_allowed());
  if (!call.info.is_resource) {
    if (auto fixed = serve_fixed_path(server, request, call.info.path)) return std::move(*fixed);
    const std::string group = group_of_path(call.info.path);
    if (!group.empty()) return server.kinds.has_group(group) ? to_response(no_such_resource()) : not_a_path();
    const base::http::Request root;
    Response listing = *serve_fixed_path(server, root, "/");
    listing.status = 404;
    return listing;
  }
  call.endpoint = server.kinds.find(call.info.group, call.info.version, call.info.resource);
  if (call.endpoint == nullptr) {
    if (!server.kinds.has_group(call.info.group)) return not_a_path();
    return to_response(no_such_resource());
  }
  // Old versions that are served beyond their end (legacyAPIs) come without a word: real servers of that release do not
  // have them.
  const bool current = call.endpoint->removed == 0 || server.version.minor < call.endpoint->removed;
  if (call.endpoint->deprecated != 0 && server.version.minor >= call.endpoint->deprecated && server.at_least(19) &&
      current) {
    std::string text = call.endpoint->group_version() + " " + call.endpoint->kind() + " is deprecated in v1." +
                       std::to_string(call.endpoint->deprecated) + "+";
    if (call.endpoint->removed != 0) text += ", unavailable in v1." + std::to_string(call.endpoint->removed) + "+";
    if (!call.endpoint->replacement.empty())
      text += "; use " + call.endpoint->replacement + " " + call.endpoint->kind();
    call.warnings.push_back(text);
  }
  if (call.resource().custom != nullptr) warn_of_version(call);
  auto result = route(call);
  return result ? std::move(*result) : to_response(result.error());
}

/// Failures of the filters before the API itself come as text.
Response plain_failure(const base::http::Request& request, const std::string& why) {
  Response response;
  response.status = 500;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.body = "Internal Server Error: \"" + request.target + "\": " + why + "\n";
  return response;
}

std::string quoted_warning(const std::string& text) {
  std::string out = "299 - \"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

Response json_response(int status, const Json& body) {
  if (!body.contains("kind")) return json_response(status, dump(body) + "\n");
  std::string text = "{\"kind\":" + dump(body["kind"]);
  if (body.contains("apiVersion")) text += ",\"apiVersion\":" + dump(body["apiVersion"]);
  if (body.contains("metadata")) text += ",\"metadata\":" + dump(body["metadata"]);
  for (const auto& [key, value] : body.items()) {
    if (key == "kind" || key == "apiVersion" || key == "metadata") continue;
    text += ",";
    append_quoted(text, key);
    text += ":" + dump(value);
  }
  return json_response(status, text + "}\n");
}

namespace {

Response serve_once(Server& server, const base::http::Request& request, bool checked, Talk& talk) {
  const Query query(request.query());
  Call call{.server = server,
            .request = request,
            .info = parse_request(request, query),
            .query = query,
            .user = {},
            .warnings = {},
            .talk = &talk};
  const auto run = [&]() -> Response {
    if (checked) {
      auto user = authenticate(server, request);
      if (!user) return to_response(user.error());
      auto acting = impersonate(server, request, std::move(*user));
      if (!acting && acting.error().reason == "plain") return plain_failure(request, acting.error().message);
      if (!acting) return to_response(acting.error());
      call.user = std::move(*acting);
      Attributes what = attributes_of(call.info);
      if (what.name.empty() && (what.verb == "list" || what.verb == "watch" || what.verb == "deletecollection")) {
        const std::string fields = call.query.get("fieldSelector");
        if (fields.rfind("metadata.name=", 0) == 0 && fields.find(',') == std::string::npos)
          what.name = fields.substr(fields.find_last_of('=') + 1);
      }
      const Decision decision = authorize(server, call.user, what);
      if (!decision.allowed) return to_response(denied(call.user, what, decision.reason));
    } else {
      call.user = {
          .name = "system:unsecured", .uid = {}, .groups = {"system:masters", "system:authenticated"}, .extra = {}};
    }
    if (server.intercept)
      if (auto other = server.intercept(request, call.user)) return std::move(*other);
    return answer(server, request, call);
  };
  Response response = run();
  if (response.status == 101) return response;
  for (const auto& warning : call.warnings) response.headers.add("Warning", quoted_warning(warning));
  const std::string audit = request.headers.get("Audit-ID");
  response.headers.set("Audit-Id", audit.empty() ? server.rng.uuid() : audit);
  if (response.headers.find("Cache-Control") == nullptr) response.headers.set("Cache-Control", "no-cache, private");
  encode_answer(request.headers.get("Accept"), response);
  if (!response.body.empty() && response.headers.get("Content-Type").rfind("application/json", 0) == 0 &&
      wants_pretty(request, query)) {
    response.body = indented(response.body);
  }
  if (request.method == "HEAD") response.body.clear();
  return response;
}

/// A request that waits for what others say.
struct Waiting {
  Server& server;
  base::http::Request request;
  bool checked;
  Talk talk;
  std::shared_ptr<base::http::Deferred> later;
};

void go_on(const std::shared_ptr<Waiting>& waiting) {
  auto [key, out] = std::move(*waiting->talk.wanted);
  waiting->talk.wanted.reset();
  const auto heard = [waiting, key = key](Heard answer) {
    waiting->talk.heard[key] = std::move(answer);
    base::Rng before = *waiting->talk.rng;
    std::swap(before, waiting->server.rng);
    Response response = serve_once(waiting->server, waiting->request, waiting->checked, waiting->talk);
    std::swap(before, waiting->server.rng);
    if (waiting->talk.wanted) go_on(waiting);
    else waiting->later->set(std::move(response));
  };
  if (waiting->server.call_out) {
    waiting->server.call_out(std::move(out), heard);
    return;
  }
  Heard nothing;
  nothing.problem =
      "dial tcp " + out.dial_host + ":" + std::to_string(out.dial_port) + ": connect: network is unreachable";
  heard(std::move(nothing));
}

}  // namespace

Response serve(Server& server, const base::http::Request& request, bool checked) {
  Talk talk;
  if (any_webhooks(server)) talk.rng = server.rng;
  Response response = serve_once(server, request, checked, talk);
  if (!talk.wanted) return response;
  auto later = std::make_shared<base::http::Deferred>();
  go_on(std::make_shared<Waiting>(Waiting{server, request, checked, std::move(talk), later}));
  response = {};
  response.later = std::move(later);
  return response;
}

}  // namespace k8s_fake
