#include "k8s-fake/openapi.h"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "k8s-fake/crd.h"
#include "k8s-fake/field_table.h"
#include "k8s-fake/openapi_v2.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

std::string hex_hash(const std::string& text) {
  std::string out;
  std::uint64_t hash = 1469598103934665603ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  for (int i = 0; i < 16; ++i) out += "0123456789ABCDEF"[(hash >> (4 * i)) & 15];
  return out + out;
}

std::string reversed(const std::string& group) {
  auto parts = split_text(group, '.');
  std::reverse(parts.begin(), parts.end());
  return base::join(parts, ".");
}

/// The name of a definition: "io.k8s.api.core.v1.Pod", "io.netapp.trident.v1.TridentBackend".
std::string definition_name(const std::string& api, const std::string& kind) {
  const auto slash = api.find('/');
  const std::string group = slash == std::string::npos ? "core" : api.substr(0, slash);
  const std::string version = slash == std::string::npos ? api : api.substr(slash + 1);
  if (group == "meta") return "io.k8s.apimachinery.pkg.apis.meta.v1." + kind;
  if (group == "apiextensions.k8s.io")
    return "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions." + version + "." + kind;
  return "io.k8s.api." + group.substr(0, group.find('.')) + "." + version + "." + kind;
}

constexpr const char* kQuantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
constexpr const char* kIntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
constexpr const char* kTime = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
constexpr const char* kMicroTime = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";

class Generator {
 public:
  explicit Generator(bool v3) : prefix_(v3 ? "#/components/schemas/" : "#/definitions/"), v3_(v3) {}

  void add_kind(const Endpoint& endpoint) {
    if (endpoint.resource->custom != nullptr) return add_custom(endpoint);
    const Message* message = find_message(endpoint.group_version(), endpoint.kind());
    if (message == nullptr) return;
    const std::string name = definition_name(endpoint.group_version(), endpoint.kind());
    Json schema = schema_of(*message);
    schema["properties"]["apiVersion"] =
        text("APIVersion defines the versioned schema of this representation of an object.");
    schema["properties"]["kind"] = text("Kind is the type of the object, in camel case.");
    finish_kind(
        name, endpoint, std::move(schema),
        endpoint.kind() + " is a kind of the API group " + (endpoint.group.empty() ? "core" : endpoint.group) + ".");
    Json items = {{"type", "array"}, {"items", reference(name)}, {"description", "Items is the list of objects."}};
    Json list = {
        {"type", "object"},
        {"required", {"items"}},
        {"properties",
         {{"apiVersion", text("APIVersion of the list.")}, {"kind", text("Kind of the list.")}, {"items", items}}}};
    const Message* meta = find_message("meta/v1", "ListMeta");
    if (meta != nullptr) list["properties"]["metadata"] = reference(use(*meta));
    finish_kind(name + "List", endpoint, std::move(list),
                endpoint.kind() + "List is a list of " + endpoint.kind() + " objects.", "List");
  }

  Json take() {
    while (!pending_.empty()) {
      const auto [name, message] = *pending_.begin();
      pending_.erase(pending_.begin());
      if (!out_.contains(name)) out_[name] = schema_of(*message);
    }
    out_[kQuantity] = v3_ ? Json{{"description", "Quantity is a number with a unit."},
                                 {"oneOf", Json::array({Json{{"type", "string"}}, Json{{"type", "number"}}})}}
                          : Json{{"description", "Quantity is a number with a unit."}, {"type", "string"}};
    out_[kIntOrString] = v3_ ? Json{{"description", "IntOrString is a number or a text."},
                                    {"format", "int-or-string"},
                                    {"oneOf", Json::array({Json{{"type", "integer"}}, Json{{"type", "string"}}})}}
                             : Json{{"description", "IntOrString is a number or a text."},
                                    {"format", "int-or-string"},
                                    {"type", "string"}};
    out_[kTime] = {{"description", "Time is a moment in RFC 3339."}, {"type", "string"}, {"format", "date-time"}};
    out_[kMicroTime] = {
        {"description", "MicroTime is a moment with microseconds."}, {"type", "string"}, {"format", "date-time"}};
    return std::move(out_);
  }

 private:
  static Json text(const char* description) { return {{"type", "string"}, {"description", description}}; }

  Json reference(const std::string& name, bool described = false) const {
    if (v3_ && described)
      return {{"allOf", Json::array({Json{{"$ref", prefix_ + name}}})}, {"default", Json::object()}};
    return {{"$ref", prefix_ + name}};
  }

  std::string use(const Message& message) {
    const std::string name = definition_name(message.api, message.name);
    if (!out_.contains(name)) pending_[name] = &message;
    return name;
  }

  void finish_kind(const std::string& name, const Endpoint& endpoint, Json schema, const std::string& description,
                   const std::string& suffix = {}) {
    schema["description"] = description;
    Json gvk = {{"group", endpoint.group}, {"version", endpoint.version}, {"kind", endpoint.kind() + suffix}};
    Json& list = out_[name];
    Json all = at(list, "x-kubernetes-group-version-kind").is_array() ? list["x-kubernetes-group-version-kind"]
                                                                      : Json::array();
    all.push_back(gvk);
    schema["x-kubernetes-group-version-kind"] = all;
    list = std::move(schema);
  }

  void add_custom(const Endpoint& endpoint) {
    const auto found = endpoint.resource->custom->versions.find(endpoint.version);
    Json schema = found != endpoint.resource->custom->versions.end() && found->second.schema.is_object()
                      ? found->second.schema
                      : Json{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
    schema["properties"]["apiVersion"] =
        text("APIVersion defines the versioned schema of this representation of an object.");
    schema["properties"]["kind"] = text("Kind is the type of the object, in camel case.");
    schema["properties"]["metadata"] = reference(use(*find_message("meta/v1", "ObjectMeta")), true);
    finish_kind(reversed(endpoint.group) + "." + endpoint.version + "." + endpoint.kind(), endpoint, std::move(schema),
                text_at(found->second.schema, "description"));
  }

  Json schema_of(const Message& message) {
    Json properties = Json::object(), required = Json::array();
    for (const auto& field : message.fields) {
      if (field.name.empty()) continue;
      if (field.inlined && field.message != nullptr) {
        const Json inner = schema_of(*field.message);
        if (at(inner, "properties").is_object()) properties.update(inner["properties"]);
        continue;
      }
      properties[field.name] = property(field);
    }
    if (message.name.rfind("JSONSchemaPropsOr", 0) == 0) return {{"description", "A schema or a simpler form of it."}};
    Json out = {{"type", "object"}, {"description", message.name + " of " + message.api + "."}};
    if (!properties.empty()) out["properties"] = properties;
    return out;
  }

  std::string any_value() {
    const std::string name = definition_name("apiextensions.k8s.io/v1", "JSON");
    out_[name] = {{"description", "JSON is any valid JSON value."}};
    return name;
  }

  Json single(const Field& field) {
    switch (field.type) {
      case Field::Type::text:
      case Field::Type::duration: return {{"type", "string"}};
      case Field::Type::integer:
        return {{"type", "integer"}, {"format", field.type_name.find("64") != std::string::npos ? "int64" : "int32"}};
      case Field::Type::real: return {{"type", "number"}, {"format", "double"}};
      case Field::Type::boolean: return {{"type", "boolean"}};
      case Field::Type::bytes: return {{"type", "string"}, {"format", "byte"}};
      case Field::Type::quantity: return reference(kQuantity);
      case Field::Type::int_or_string: return reference(kIntOrString);
      case Field::Type::time: return reference(kTime);
      case Field::Type::micro_time: return reference(kMicroTime);
      case Field::Type::items: return {{"type", "array"}, {"items", {{"type", "string"}}}};
      case Field::Type::message: return reference(use(*field.message), field.many == Field::Many::one);
      // A schema's default, example and enum values are any JSON; embedded objects are objects.
      case Field::Type::raw:
        return field.type_name.find("JSON") != std::string::npos ? reference(any_value()) : Json{{"type", "object"}};
      case Field::Type::unknown: return {{"type", "object"}};
    }
    return Json::object();
  }

  Json property(const Field& field) {
    Json out;
    switch (field.many) {
      case Field::Many::one: out = single(field); break;
      case Field::Many::list: {
        out = {{"type", "array"}, {"items", single(field)}};
        out["x-kubernetes-list-type"] = field.list_type.empty() ? "atomic" : field.list_type;
        if (!field.list_keys.empty()) out["x-kubernetes-list-map-keys"] = field.list_keys;
        break;
      }
      case Field::Many::map: out = {{"type", "object"}, {"additionalProperties", single(field)}}; break;
    }
    if (field.patch_merge || field.retain_keys)
      out["x-kubernetes-patch-strategy"] = field.patch_merge && field.retain_keys ? "merge,retainKeys"
                                           : field.patch_merge                    ? "merge"
                                                                                  : "retainKeys";
    if (!field.patch_key.empty()) out["x-kubernetes-patch-merge-key"] = field.patch_key;
    if (out.contains("$ref") && out.size() == 1) return out;
    out["description"] = "The " + field.name + " of this object.";
    return out;
  }

  std::string prefix_;
  bool v3_;
  Json out_ = Json::object();
  std::map<std::string, const Message*> pending_;
};

Json operation(const Endpoint& endpoint, const std::string& action, const std::vector<const char*>& parameters) {
  Json list = Json::array();
  for (const auto* name : parameters)
    list.push_back(
        {{"name", name},
         {"in", "query"},
         {"schema", {{"type", std::string(name) == "force" ? "boolean" : "string"}, {"uniqueItems", true}}}});
  Json gvk = {{"group", endpoint.group}, {"kind", endpoint.kind()}, {"version", endpoint.version}};
  return {{"operationId", action + endpoint.kind() + endpoint.version},
          {"parameters", list},
          {"responses", {{"200", {{"description", "OK"}}}}},
          {"x-kubernetes-action", action},
          {"x-kubernetes-group-version-kind", gvk}};
}

Json paths_of(const Kinds& kinds, const std::string& group, const std::string& version) {
  Json out = Json::object();
  const std::string root = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  for (const auto& each : kinds.endpoints()) {
    if (each->group != group || each->version != version) continue;
    const unsigned verbs = each->resource->verbs;
    const std::string collection =
        root + (each->resource->namespaced ? "/namespaces/{namespace}/" : "/") + each->plural();
    Json many = Json::object(), one = Json::object();
    if ((verbs & kVerbCreate) != 0)
      many["post"] = operation(*each, "post", {"dryRun", "fieldManager", "fieldValidation", "pretty"});
    if ((verbs & kVerbList) != 0)
      many["get"] =
          operation(*each, "list", {"labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "watch"});
    if ((verbs & kVerbGet) != 0) one["get"] = operation(*each, "get", {"pretty"});
    if ((verbs & kVerbUpdate) != 0)
      one["put"] = operation(*each, "put", {"dryRun", "fieldManager", "fieldValidation", "pretty"});
    if ((verbs & kVerbPatch) != 0)
      one["patch"] = operation(*each, "patch", {"dryRun", "fieldManager", "fieldValidation", "force", "pretty"});
    if ((verbs & kVerbDelete) != 0)
      one["delete"] = operation(*each, "delete", {"dryRun", "gracePeriodSeconds", "propagationPolicy"});
    if (!many.empty()) out[collection] = many;
    if (!one.empty()) out[collection + "/{name}"] = one;
  }
  return out;
}

const std::string& document(Server& server, const std::string& key, const std::string& group,
                            const std::string& version) {
  auto& [generation, text] = server.documents[key];
  if (generation != server.kinds.generation()) {
    Generator generator(true);
    for (const auto& each : server.kinds.endpoints())
      if (each->group == group && each->version == version) generator.add_kind(*each);
    text = dump(Json{{"openapi", "3.0.0"},
                     {"info", {{"title", "Kubernetes"}, {"version", server.version.git}}},
                     {"paths", paths_of(server.kinds, group, version)},
                     {"components", {{"schemas", generator.take()}}}});
    generation = server.kinds.generation();
  }
  return text;
}

Response index(Server& server) {
  Json paths = Json::object();
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& each : server.kinds.endpoints()) {
    if (!seen.insert({each->group, each->version}).second) continue;
    const std::string key = each->group.empty() ? "api/" + each->version : "apis/" + each->group + "/" + each->version;
    paths[key] = {{"serverRelativeURL",
                   "/openapi/v3/" + key + "?hash=" + hex_hash(key + std::to_string(server.kinds.generation()))}};
  }
  return json_response(200, Json{{"paths", paths}});
}

std::optional<Response> v3_document(Server& server, const base::http::Request& request, const std::string& path) {
  const auto parts = split_text(path, '/');  // "", openapi, v3, api(s), ...
  std::string group, version;
  if (parts.size() == 5 && parts[3] == "api") version = parts[4];
  else if (parts.size() == 6 && parts[3] == "apis") {
    group = parts[4];
    version = parts[5];
  } else return std::nullopt;
  if (!server.kinds.has_group_version(group, version)) return std::nullopt;
  const std::string key = path.substr(12);
  const std::string hash = hex_hash(key + std::to_string(server.kinds.generation()));
  const std::string asked = Query(request.query()).get("hash");
  if (!asked.empty() && asked != hash) {
    Response moved;
    moved.status = 301;
    moved.headers.set("Location", "/openapi/v3/" + key + "?hash=" + hash);
    return moved;
  }
  Response response = json_response(200, document(server, key, group, version));
  response.headers.set("ETag", "\"" + hash + "\"");
  response.headers.set("Vary", "Accept");
  if (!asked.empty()) {
    response.headers.set("Cache-Control", "public, immutable");
    response.headers.set("Expires", "Tue, 24 Nov 2037 00:00:00 GMT");
  }
  if (request.headers.get("If-None-Match") == "\"" + hash + "\"") {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

}  // namespace

std::optional<Response> serve_openapi(Server& server, const base::http::Request& request, const std::string& path) {
  if (path == "/openapi/v3" && server.at_least(24)) return index(server);
  if (path.rfind("/openapi/v3/", 0) == 0 && server.at_least(24)) return v3_document(server, request, path);
  if (path != "/openapi/v2") return std::nullopt;
  const bool wants_json = request.headers.get("Accept").find("protobuf") == std::string::npos;
  auto& [generation, text] = server.documents[wants_json ? "v2 json" : "v2 protobuf"];
  if (generation != server.kinds.generation()) {
    Generator generator(false);
    for (const auto& each : server.kinds.endpoints()) generator.add_kind(*each);
    const Json whole = {{"swagger", "2.0"},
                        {"info", {{"title", "Kubernetes"}, {"version", server.version.git}}},
                        {"paths", Json::object()},
                        {"definitions", generator.take()}};
    text = wants_json ? dump(whole) : encode_openapi_v2(whole);
    generation = server.kinds.generation();
  }
  Response response = json_response(200, text);
  if (!wants_json) response.headers.set("Content-Type", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  response.headers.set("Vary", "Accept");
  return response;
}

}  // namespace k8s_fake
