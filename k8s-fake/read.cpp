// get, list and watch.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/field_table.h"
#include "k8s-fake/negotiate.h"
#include "k8s-fake/protobuf.h"
#include "k8s-fake/table.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct Version {
  bool given = false;
  std::uint64_t value = 0;
};

ApiResult<Version> parse_resource_version(const Call& call, const std::string& text) {
  if (text.empty()) return Version{};
  const auto number = base::parse_unsigned(text);
  if (!number) {
    const std::string why = "resourceVersion: Invalid value: " + dump(Json(text)) + ": strconv.ParseUint: parsing " +
                            dump(Json(text)) + ": invalid syntax";
    if (call.server.at_least(21)) return bad_request("invalid resource version: " + why);
    return ApiStatus{.code = 500, .reason = "", .message = why};
  }
  return Version{true, *number};
}

/// A version from the future: the real server waits about three seconds for it.
ApiResult<Response> too_large(const Call& call, std::uint64_t wanted) {
  Json causes = Json::array({Json{{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}}});
  Response response = to_response({.code = 504,
                                   .reason = "Timeout",
                                   .message = "Timeout: Too large resource version: " + std::to_string(wanted) +
                                              ", current: " + std::to_string(call.server.store.version()),
                                   .details = Json{{"causes", causes}, {"retryAfterSeconds", 1}},
                                   .retry_after_seconds = 1});
  response.delivery.delay = std::chrono::seconds(3);
  return response;
}

std::optional<ApiStatus> check_list_options(const Call& call, bool watching) {
  const std::string match = call.query.get("resourceVersionMatch");
  const std::string version = call.query.get("resourceVersion");
  FieldErrors errors(call.server.version.minor);
  const bool streams = call.server.at_least(27);
  if ((streams && call.query.flag("sendInitialEvents")) ||
      (streams && call.query.has("sendInitialEvents") && watching)) {
    if (!watching) errors.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
    else if (match != "NotOlderThan")
      errors.forbidden("resourceVersionMatch",
                       "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  } else if (!match.empty()) {
    if (watching)
      errors.forbidden("resourceVersionMatch",
                       streams ? "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
                               : "resourceVersionMatch is forbidden for watch");
    else if (!call.query.get("continue").empty())
      errors.forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
    else if (version.empty())
      errors.forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
    else if (match != "Exact" && match != "NotOlderThan")
      errors.unsupported("resourceVersionMatch", match, {"Exact", "NotOlderThan", ""});
    else if (match == "Exact" && version == "0")
      errors.forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
  }
  if (errors.empty()) return std::nullopt;
  return invalid("meta.k8s.io", "ListOptions", "", errors);
}

struct Token {
  std::int64_t version = 0;
  ObjectKey after;
};

std::string encode_token(const Token& token) {
  const Json json = {{"v", "meta.k8s.io/v1"},
                     {"rv", token.version},
                     {"start", token.after.first + "/" + token.after.second + std::string(1, '\0')}};
  std::string text = base::base64_encode(dump(json));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

base::Result<Token, std::string> decode_token(const std::string& given) {
  std::string text = given;
  for (auto& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0 && text.size() % 4 != 1) text += '=';
  const auto bytes = base::base64_decode(text);
  if (!bytes) return std::string("illegal base64 data or unknown format");
  const auto parsed = parse_json(*bytes);
  if (!parsed.error.empty()) return parsed.error;
  if (!at(parsed.value, "rv").is_number_integer() || !at(parsed.value, "start").is_string() ||
      text_at(parsed.value, "v") != "meta.k8s.io/v1")
    return std::string("server cannot recognize continue token");
  std::string start = text_at(parsed.value, "start");
  if (start.empty()) return std::string("server cannot recognize continue token");
  if (start.back() == '\0') start.pop_back();
  auto slash = start.find('/');
  if (slash == std::string::npos) {
    start.insert(0, "/");
    slash = 0;
  }
  return Token{int_at(parsed.value, {"rv"}), {start.substr(0, slash), start.substr(slash + 1)}};
}

ApiResult<WatchSpec> spec_of(Call& call) {
  WatchSpec spec;
  spec.endpoint = call.endpoint;
  if (call.resource().namespaced) spec.ns = call.info.ns;
  auto labels = parse_label_selector(call.query.get("labelSelector"), call.server.version.minor);
  if (!labels) return labels.error();
  spec.labels = std::move(*labels);
  auto fields = parse_field_selector(call.query.get("fieldSelector"), call.resource(), call.server.version.minor);
  if (!fields) return fields.error();
  spec.fields = std::move(*fields);
  if (!call.info.name.empty())
    spec.fields.terms.push_back({"metadata.name", call.info.name, true});  // the old /watch/.../NAME
  if (call.endpoint->group == "project.openshift.io") {
    Server& server = call.server;
    const User user = call.user;
    spec.visible = [&server, user](const Object& object) {
      return authorize(server, user,
                       {.verb = "get", .group = "", .resource = "namespaces", .ns = object.name, .name = object.name})
          .allowed;
    };
  }
  return spec;
}

struct Page {
  std::vector<ObjectPtr> items;
  std::string next;
  std::size_t remaining = 0;
};

Page page_of(const Objects& objects, const WatchSpec& spec, const std::optional<ObjectKey>& after, std::size_t limit,
             std::uint64_t version) {
  Page page;
  auto each = after             ? objects.upper_bound(*after)
              : spec.ns.empty() ? objects.begin()
                                : objects.lower_bound(ObjectKey(spec.ns, ""));
  if (const std::string name = spec.fields.exact_name(); !name.empty() && !spec.ns.empty() && !after)
    each = objects.lower_bound(ObjectKey(spec.ns, name));
  for (; each != objects.end(); ++each) {
    if (!spec.ns.empty() && each->first.first != spec.ns) break;
    if (!spec.matches(*each->second)) continue;
    if (limit != 0 && page.items.size() == limit) {
      if (page.next.empty())
        page.next =
            encode_token({static_cast<std::int64_t>(version), {page.items.back()->ns, page.items.back()->name}});
      if (!spec.labels.empty() || !spec.fields.empty() || spec.visible) break;
      ++page.remaining;
      continue;
    }
    page.items.push_back(each->second);
  }
  return page;
}

std::string list_metadata(std::uint64_t version, const Page& page) {
  std::string out = "\"metadata\":{\"resourceVersion\":\"" + std::to_string(version) + "\"";
  if (!page.next.empty()) out += ",\"continue\":\"" + page.next + "\"";
  if (page.remaining > 0) out += ",\"remainingItemCount\":" + std::to_string(page.remaining);
  return out + "}";
}

std::string list_text(Call& call, const WatchSpec& spec, const Page& page, std::uint64_t version) {
  const Endpoint& endpoint = *call.endpoint;
  std::string out;
  switch (spec.view.shape) {
    case View::Shape::table: {
      out = head_of("Table", spec.view.api_version) + list_metadata(version, page) +
            ",\"columnDefinitions\":" + dump(column_definitions(call.server, endpoint)) + ",\"rows\":[";
      bool first = true;
      for (const auto& item : page.items) {
        if (!first) out += ',';
        first = false;
        out += table_row(call.server, endpoint, *item, spec.view);
      }
      return out + "]}\n";
    }
    case View::Shape::partial: out = head_of("PartialObjectMetadataList", spec.view.api_version); break;
    case View::Shape::object: out = head_of(endpoint.kind() + "List", endpoint.group_version()); break;
  }
  out += list_metadata(version, page) + ",\"items\":[";
  const bool bare = spec.view.shape == View::Shape::object && endpoint.from_storage == nullptr &&
                    endpoint.resource->custom == nullptr;
  std::size_t bytes = out.size();
  for (const auto& item : page.items) bytes += item->tail.size() + 2;
  out.reserve(bytes);
  bool first = true;
  for (const auto& item : page.items) {
    if (!first) out += ',';
    first = false;
    if (bare) {
      out += '{';
      out += item->tail;
    } else {
      out += encode_view(call.server, spec, *item, false);
    }
  }
  out += "]}\n";
  return out;
}

}  // namespace

std::string encode_object(const Endpoint& endpoint, const Object& object) {
  if (endpoint.from_storage == nullptr) return endpoint.head() + object.tail;
  Json json = object.json();
  endpoint.from_storage(json);
  return endpoint.head() + dump_tail(json);
}

std::string encode_view(Server& server, const WatchSpec& spec, const Object& object, bool first) {
  switch (spec.view.shape) {
    case View::Shape::object: return encode_object(*spec.endpoint, object);
    case View::Shape::partial:
      return head_of("PartialObjectMetadata", spec.view.api_version) +
             dump_tail(Json{{"metadata", at(object.json(), "metadata")}});
    case View::Shape::table:
      return head_of("Table", spec.view.api_version) + "\"metadata\":{\"resourceVersion\":\"" +
             std::to_string(object.version) + "\"},\"columnDefinitions\":" +
             (first ? dump(column_definitions(server, *spec.endpoint)) : std::string("null")) + ",\"rows\":[" +
             table_row(server, *spec.endpoint, object, spec.view) + "]}";
  }
  return "";
}

namespace {

/// The package of a kind's internal type, as error messages show it.
std::string internal_group(const Endpoint& endpoint) {
  const std::string group = endpoint.resource->group.substr(0, endpoint.resource->group.find('.'));
  return group.empty() ? "core" : group == "rbac" ? "rbac" : group;
}

}  // namespace

ApiResult<View> negotiate_view(Call& call, bool list) {
  View view;
  const std::string accept = call.request.headers.get("Accept");
  if (accept.empty()) return view;
  const bool protobuf = call.resource().custom == nullptr &&
                        find_message(call.endpoint->group_version(), call.endpoint->kind()) != nullptr;
  for (const auto& each : accepted_types(accept)) {
    if (each.media == View::Media::protobuf && (!protobuf || each.as == "Table")) continue;
    view.media = each.media;
    if (each.as.empty()) return view;
    if (each.group != "meta.k8s.io" || (each.version != "v1" && each.version != "v1beta1")) continue;
    view.api_version = "meta.k8s.io/" + each.version;
    if (each.as == "Table") {
      view.shape = View::Shape::table;
      const std::string include = call.query.get("includeObject");
      if (!include.empty() && include != "Object" && include != "None" && include != "Metadata") {
        return bad_request("Unable to convert to Table as requested: includeObject: Invalid value: " +
                           dump(Json(include)) + ": must be 'Metadata', 'Object', 'None', or empty");
      }
      view.include = include == "Object" ? View::Include::object
                     : include == "None" ? View::Include::none
                                         : View::Include::metadata;
      return view;
    }
    if (each.as == (list ? "PartialObjectMetadataList" : "PartialObjectMetadata")) {
      view.shape = View::Shape::partial;
      return view;
    }
    if (each.as.rfind("PartialObjectMetadata", 0) == 0) {
      const std::string type = call.resource().custom != nullptr
                                   ? "unstructured.Unstructured"
                                   : internal_group(*call.endpoint) + "." + call.endpoint->kind();
      return ApiStatus{
          .code = 406,
          .reason = "NotAcceptable",
          .message =
              list ? "you requested PartialObjectMetadata, but the requested object is a list (*" + type + "List)"
                   : "you requested PartialObjectMetadataList, but the requested object is not a list (*" + type + ")"};
    }
  }
  for (const auto& each : accepted_types(accept)) {
    if (each.as.empty() || each.media == View::Media::protobuf) continue;
    return ApiStatus{.code = 406,
                     .reason = "NotAcceptable",
                     .message =
                         "only the following media types are accepted: application/json, application/yaml, "
                         "application/vnd.kubernetes.protobuf"};
  }
  return ApiStatus{
      .code = 406,
      .reason = "NotAcceptable",
      .message = call.server.at_least(25)
                     ? "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
                       "application/vnd.kubernetes.protobuf, application/json;stream=watch, "
                       "application/vnd.kubernetes.protobuf;stream=watch"
                     : "406: Not Acceptable",
      .details = Json::object()};
}

ApiResult<Response> get_object(Call& call) {
  auto view = negotiate_view(call, false);
  if (!view) return view.error();
  const auto version = parse_resource_version(call, call.query.get("resourceVersion"));
  if (!version) return version.error();
  if (version->value > call.server.store.version()) return too_large(call, version->value);
  if (call.endpoint->group == "user.openshift.io" && call.info.name == "~") {
    Json self = {{"metadata", {{"name", call.user.name}, {"creationTimestamp", nullptr}}},
                 {"identities", nullptr},
                 {"groups", call.user.groups}};
    return json_response(200, call.endpoint->head() + dump_tail(self) + "\n");
  }
  const ObjectPtr object =
      call.server.store.find(call.resource(), call.resource().namespaced ? call.info.ns : "", call.info.name);
  if (object == nullptr) return not_found(call.what(), call.info.name);
  WatchSpec spec;
  spec.endpoint = call.endpoint;
  spec.view = *view;
  return json_response(200, encode_view(call.server, spec, *object, true) + "\n");
}

ApiResult<Response> list_objects(Call& call) {
  if (const auto problem = check_list_options(call, false)) return *problem;
  auto spec = spec_of(call);
  if (!spec) return spec.error();
  auto view = negotiate_view(call, true);
  if (!view) return view.error();
  spec->view = *view;
  const auto version = parse_resource_version(call, call.query.get("resourceVersion"));
  if (!version) return version.error();
  for (const auto* name : {"timeoutSeconds", "limit"}) {
    const std::string text = call.query.get(name);
    if (!text.empty() && !base::parse_signed(text))
      return bad_request("strconv.ParseInt: parsing " + dump(Json(text)) + ": invalid syntax");
  }
  Store& store = call.server.store;
  std::int64_t limit = 0;
  if (const std::string text = call.query.get("limit"); !text.empty()) {
    const auto number = base::parse_signed(text);
    if (!number) return bad_request("strconv.ParseInt: parsing " + dump(Json(text)) + ": invalid syntax");
    limit = std::max<std::int64_t>(*number, 0);
  }
  std::optional<ObjectKey> after;
  std::uint64_t at = store.version();
  bool exact = false;
  if (const std::string text = call.query.get("continue"); !text.empty()) {
    if (version->given && version->value != 0)
      return bad_request("specifying resource version is not allowed when using continue");
    const auto token = decode_token(text);
    if (!token) return bad_request("invalid continue token: continue key is not valid: " + token.error());
    after = token->after;
    if (token->version > 0) {
      at = static_cast<std::uint64_t>(token->version);
      exact = true;
    }
  } else if (version->given && version->value > 0) {
    if (version->value > store.version()) return too_large(call, version->value);
    const std::string match = call.query.get("resourceVersionMatch");
    exact = match == "Exact" || (match.empty() && limit > 0);
    if (exact) at = version->value;
  } else if (version->given && call.query.get("resourceVersionMatch").empty()) {
    limit = 0;  // "any state": the whole list at once
  }
  const Objects* objects = &store.objects(call.resource());
  std::optional<Objects> past;
  if (exact && at != store.version()) {
    const auto events = store.since(call.resource(), at);
    if (!events) {
      ApiStatus gone = expired(after ? "The provided continue parameter is too old to display a consistent list "
                                       "result. You can start a new list without the "
                                       "continue parameter, or use the continue token in this response to retrieve the "
                                       "remainder of the results. Continuing "
                                       "with the provided token results in an inconsistent list - objects that were "
                                       "created, modified, or deleted between the "
                                       "time the first chunk was returned and now may show up in the list."
                                     : "The resourceVersion for the provided list is too old.");
      if (after) gone.continue_token = encode_token({-1, *after});
      return gone;
    }
    if (!events->empty()) {
      past = store.at_version(call.resource(), at);
      objects = &*past;
    }
  }
  const Page page = page_of(*objects, *spec, after, static_cast<std::size_t>(limit), at);
  return json_response(200, list_text(call, *spec, page, at));
}

ApiResult<Response> watch_objects(Call& call) {
  if (const auto problem = check_list_options(call, true)) return *problem;
  auto spec = spec_of(call);
  if (!spec) return spec.error();
  auto view = negotiate_view(call, false);  // every event holds one object
  if (!view) return view.error();
  spec->view = *view;
  if (view->media == View::Media::yaml) spec->view.media = View::Media::json;
  const auto version = parse_resource_version(call, call.query.get("resourceVersion"));
  if (!version) return version.error();
  spec->bookmarks = call.query.flag("allowWatchBookmarks");
  if (const auto seconds = base::parse_unsigned(call.query.get("timeoutSeconds"));
      seconds && *seconds > 0 && *seconds < 1000000) {
    spec->timeout = std::chrono::seconds(*seconds);
  }
  Store& store = call.server.store;
  Response response;
  response.headers.set("Content-Type", spec->view.media == View::Media::protobuf
                                           ? std::string(kProtobufType) + ";stream=watch"
                                           : "application/json");
  const bool initial_events = call.server.at_least(27) && call.query.flag("sendInitialEvents");
  WatchHub::Start start;
  if (!version->given || version->value == 0 || initial_events) {
    if (call.server.at_least(27) && call.query.has("sendInitialEvents") && !initial_events) {
      spec->from = store.version();
    } else {
      start.initial = page_of(store.objects(call.resource()), *spec, std::nullopt, 0, 0).items;
      spec->from = store.version();
      start.initial_end_bookmark =
          (initial_events && spec->bookmarks) || (spec->bookmarks && !version->given && call.server.at_least(35));
    }
  } else {
    spec->from = version->value;
    if (version->value < store.version()) {
      auto events = store.since(call.resource(), version->value);
      if (!events) {
        const ApiStatus gone = expired("too old resource version: " + std::to_string(version->value) + " (" +
                                       std::to_string(store.version()) + ")");
        response.outgoing = std::make_shared<base::Pipe>();
        response.outgoing->write(event_text(spec->view, "ERROR", dump(to_json(gone))));
        response.outgoing->close();
        return response;
      }
      start.replay = std::move(*events);
    }
  }
  response.outgoing = call.server.hub->open(std::move(*spec), start);
  return response;
}

}  // namespace k8s_fake
