#include "k8s-fake/crd.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "k8s-fake/structural.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr const char* kGroup = "apiextensions.k8s.io";
constexpr int kRulesSince = 25;  // x-kubernetes-validations; older servers drop them

Json condition(const Server& server, const char* type, const char* status, const char* reason,
               const std::string& message) {
  return {{"type", type},
          {"status", status},
          {"lastTransitionTime", server.now_text()},
          {"reason", reason},
          {"message", message}};
}

/// The other CRD of this group that already has the name, as "PluralConflict" and the text.
std::pair<std::string, std::string> name_clash(const Server& server, const Json& definition) {
  const std::string group = text_at(definition, {"spec", "group"}), own = text_at(definition, {"metadata", "name"});
  const std::string kind = text_at(definition, {"spec", "names", "kind"}),
                    plural = text_at(definition, {"spec", "names", "plural"});
  for (const auto& each : server.kinds.endpoints()) {
    if (each->group != group || each->resource->custom == nullptr || each->resource->custom->definition == own)
      continue;
    if (each->resource->plural == plural) return {"PluralConflict", plural};
    if (each->resource->kind == kind) return {"KindConflict", kind};
  }
  return {};
}

std::optional<ApiStatus> admit_definition(Write& write) {
  if (write.operation == Operation::remove || !write.subresource.empty()) return std::nullopt;
  const Server& server = write.call.server;
  Json& object = write.object;
  const Json& names = object["spec"]["names"];
  Json& status = object_at(object, "status");
  status["acceptedNames"] = names;
  Json& stored = status["storedVersions"];
  if (!stored.is_array()) stored = Json::array();
  for (const auto& version : at_path(object, {"spec", "versions"})) {
    const Json version_name = text_at(version, "name");  // validation complains of one without
    if (is_true(version, {"storage"}) && std::find(stored.begin(), stored.end(), version_name) == stored.end())
      stored.push_back(version_name);
  }
  if (write.operation == Operation::create || !status.contains("conditions")) {
    const auto [reason, name] = name_clash(server, object);
    if (reason.empty()) {
      status["conditions"] = Json::array(
          {condition(server, "NamesAccepted", "True", "NoConflicts", "no conflicts found"),
           condition(server, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted")});
    } else {
      status["conditions"] = Json::array(
          {condition(server, "NamesAccepted", "False", reason.c_str(), "\"" + name + "\" is already in use"),
           condition(server, "Established", "False", "NotAccepted", "not all names are accepted")});
      status["acceptedNames"] = {{"kind", ""}, {"plural", ""}};
    }
  }
  return std::nullopt;
}

void default_definition(Json& object) {
  Json& spec = object_at(object, "spec");
  Json& names = object_at(spec, "names");
  const std::string kind = text_at(names, "kind");
  if (text_at(names, "singular").empty()) names["singular"] = base::to_lower(kind);
  if (text_at(names, "listKind").empty() && !kind.empty()) names["listKind"] = kind + "List";
  default_to(object_at(spec, "conversion"), "strategy", "None");
}

/// apiextensions/v1beta1 says once, above the versions, what v1 says in each of them.
void beta_to_storage(Json& object) {
  Json& spec = object_at(object, "spec");
  if (!at(spec, "versions").is_array() || spec["versions"].empty()) {
    spec["versions"] = Json::array({Json{{"name", at(spec, "version").is_string() ? spec["version"] : Json("v1")},
                                         {"served", true},
                                         {"storage", true}}});
  }
  for (auto& version : spec["versions"]) {
    if (spec.contains("validation") && !version.contains("schema")) version["schema"] = spec["validation"];
    if (!version.contains("schema"))
      version["schema"] = {{"openAPIV3Schema", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}};
    if (!is_true(spec, {"preserveUnknownFields"}) && spec.contains("preserveUnknownFields")) {
      // as it stands
    } else {
      version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = true;
    }
    default_to(version["schema"]["openAPIV3Schema"], "type", "object");
    if (spec.contains("subresources") && !version.contains("subresources"))
      version["subresources"] = spec["subresources"];
    const Json columns = version.contains("additionalPrinterColumns") ? version["additionalPrinterColumns"]
                                                                      : at(spec, "additionalPrinterColumns");
    if (columns.is_array()) {
      version["additionalPrinterColumns"] = columns;
      for (auto& column : version["additionalPrinterColumns"]) {
        if (column.contains("JSONPath")) column["jsonPath"] = column["JSONPath"];
        column.erase("JSONPath");
      }
    }
  }
  for (const auto* key : {"version", "validation", "subresources", "additionalPrinterColumns", "preserveUnknownFields"})
    spec.erase(key);
  if (!spec.contains("scope")) spec["scope"] = "Namespaced";
}
void beta_from_storage(Json& object) {
  Json& spec = object_at(object, "spec");
  const Json& versions = at(spec, "versions");
  if (versions.is_array() && !versions.empty()) spec["version"] = at(versions[0], "name");
  if (!at(spec, "versions").is_array()) return;
  for (auto& version : spec["versions"]) {
    if (!at(version, "additionalPrinterColumns").is_array()) continue;
    for (auto& column : version["additionalPrinterColumns"]) {
      column["JSONPath"] = at(column, "jsonPath");
      column.erase("jsonPath");
    }
  }
}

void validate_schema(const Json& schema, const std::string& path, bool root, FieldErrors& errors) {
  const std::string type = text_at(schema, "type");
  const bool loose =
      is_true(schema, {"x-kubernetes-int-or-string"}) || is_true(schema, {"x-kubernetes-preserve-unknown-fields"});
  if (schema.contains("$ref")) errors.forbidden(path + ".$ref", "$ref is not supported");
  if (is_true(schema, {"uniqueItems"}))
    errors.forbidden(path + ".uniqueItems",
                     "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
  if (at(schema, "properties").is_object() && !at(schema, "properties").empty() &&
      (at(schema, "additionalProperties").is_object() || at(schema, "additionalProperties") == true)) {
    errors.forbidden(path + ".additionalProperties", "additionalProperties and properties are mutual exclusive");
  }
  if (at(schema, "x-kubernetes-preserve-unknown-fields") == false)
    errors.invalid(path + ".x-kubernetes-preserve-unknown-fields", false, "must be true or undefined");
  if (type == "array" && !at(schema, "items").is_object()) errors.required(path + ".items", "must be specified");
  if (const std::string pattern = text_at(schema, "pattern"); !pattern.empty()) {
    const RE2 compiled(pattern, RE2::Quiet);
    if (!compiled.ok())
      errors.invalid(path + ".pattern", pattern,
                     "must be a valid regular expression, but isn't: error parsing regexp: " + compiled.error() +
                         (compiled.error_arg().empty() ? "" : ": `" + compiled.error_arg() + "`"));
  }
  if (root) {
    const Json& inner = at_path(schema, {"properties", "metadata", "properties"});
    for (const auto& [key, unused] : inner.items()) {
      if (key == "name" || key == "generateName") continue;
      errors.forbidden(
          path + ".properties[metadata]",
          "must not specify anything other than name and generateName, but metadata is implicitly specified");
      break;
    }
  }
  if (errors.at_least(kRulesSince)) check_rules(schema, path, errors);
  if (type.empty()) {
    if (root) errors.required(path + ".type", "must not be empty at the root");
    else if (!loose) errors.required(path + ".type", "must not be empty for specified object fields");
  } else if (root && type != "object") {
    errors.invalid(path + ".type", type, "must be object at the root");
  } else {
    one_of(at(schema, "type"), path + ".type", {"array", "boolean", "integer", "number", "object", "string"}, errors);
  }
  if (text_at(schema, "x-kubernetes-list-type") == "map" && at(schema, "x-kubernetes-list-map-keys").empty()) {
    errors.required(path + ".x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map");
  }
  if (schema.is_object() && schema.contains("default")) {
    FieldErrors inner;
    validate_by_schema(schema, schema["default"], "", inner);
    for (const auto& each : inner.all()) errors.add({each.reason, path + ".default", each.body});
  }
  const Json& properties = at(schema, "properties");
  if (properties.is_object())
    for (const auto& [key, inner] : properties.items()) {
      if (!(root && key == "metadata")) validate_schema(inner, path + ".properties[" + key + "]", false, errors);
    }
  if (at(schema, "items").is_object()) validate_schema(schema["items"], path + ".items", false, errors);
  if (at(schema, "additionalProperties").is_object())
    validate_schema(schema["additionalProperties"], path + ".additionalProperties", false, errors);
}

void validate_columns(const Json& version, const std::string& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const auto& column : at(version, "additionalPrinterColumns")) {
    const std::string here = path + ".additionalPrinterColumns[" + std::to_string(i++) + "]";
    static const std::set<std::string> kTypes = {"boolean", "date", "integer", "number", "string"};
    if (text_at(column, "name").empty()) errors.required(here + ".name");
    if (text_at(column, "type").empty())
      errors.required(here + ".type", "must be one of boolean,date,integer,number,string");
    else if (!kTypes.contains(text_at(column, "type")))
      errors.invalid(here + ".type", at(column, "type"), "must be one of boolean,date,integer,number,string");
    const std::string json_path_text = text_at(column, "jsonPath");
    if (json_path_text.empty()) errors.required(here + ".JSONPath");
    else if (json_path_text.front() != '.')
      errors.invalid(here + ".JSONPath", json_path_text, "must be a simple json path starting with .");
  }
}

void validate_definition(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  const std::string name = text_at(object, {"metadata", "name"}), group = text_at(spec, "group"),
                    plural = text_at(spec, {"names", "plural"});
  if (name != plural + "." + group) errors.invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
  if (group.empty()) errors.required("spec.group");
  else if (group.find('.') == std::string::npos)
    errors.invalid("spec.group", group, "should be a domain with at least one dot");
  const auto ends_with = [&](const std::string& tail) {
    return group.size() >= tail.size() && group.compare(group.size() - tail.size(), tail.size(), tail) == 0;
  };
  if ((ends_with(".k8s.io") || ends_with(".kubernetes.io")) &&
      text_at(object, {"metadata", "annotations", "api-approved.kubernetes.io"}).empty()) {
    errors.required("metadata.annotations[api-approved.kubernetes.io]",
                    "protected groups must have approval annotation \"api-approved.kubernetes.io\", see "
                    "https://github.com/kubernetes/enhancements/pull/1111");
  }
  const Json& names = at(spec, "names");
  if (text_at(names, "kind").empty()) {
    if (text_at(names, "singular").empty()) errors.required("spec.names.singular");
    errors.required("spec.names.kind");
    if (text_at(names, "listKind").empty()) errors.required("spec.names.listKind");
  }
  if (const auto problem = label_1035_problem(text_at(names, "singular"));
      !problem.empty() && !text_at(names, "singular").empty())
    errors.invalid("spec.names.singular", at(names, "singular"), problem);
  for (const auto* list : {"shortNames", "categories"}) {
    std::size_t k = 0;
    for (const auto& each : at(names, list)) {
      const std::string path = std::string("spec.names.") + list + "[" + std::to_string(k++) + "]";
      if (const std::string problem = each.is_string() ? label_1035_problem(each.get<std::string>()) : std::string();
          !problem.empty())
        errors.invalid(path, each, problem);
    }
  }
  if (is_true(spec, {"preserveUnknownFields"})) {
    errors.invalid(
        "spec.preserveUnknownFields", true,
        errors.at_least(22)
            ? "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
            : "cannot set to true, set x-preserve-unknown-fields to true in spec.versions[*].schema instead");
  }
  if (text_at(spec, {"conversion", "strategy"}) == "Webhook") {
    if (!at_path(spec, {"conversion", "webhook", "clientConfig"}).is_object())
      errors.required("spec.conversion.webhookClientConfig", "required when strategy is set to Webhook");
    if (at_path(spec, {"conversion", "webhook", "conversionReviewVersions"}).empty())
      errors.required("spec.conversion.conversionReviewVersions");
  }
  if (plural.empty()) errors.required("spec.names.plural");
  else if (const auto problem = label_1035_problem(plural); !problem.empty())
    errors.invalid("spec.names.plural", plural, problem);
  if (text_at(spec, "scope").empty()) errors.required("spec.scope");
  else one_of(at(spec, "scope"), "spec.scope", {"Cluster", "Namespaced"}, errors);
  const Json& versions = at(spec, "versions");
  std::size_t storage = 0, i = 0;
  bool shared = true;
  for (const auto& version : versions) {
    storage += is_true(version, {"storage"}) ? 1 : 0;
    shared = shared && at(version, "schema") == at(versions[0], "schema");
  }
  if (storage != 1)
    errors.invalid("spec.versions", versions, "must have exactly one version marked as storage version");
  for (const auto& version : versions) {
    const std::string path = "spec.versions[" + std::to_string(i++) + "]";
    const Json& schema = at_path(version, {"schema", "openAPIV3Schema"});
    if (!schema.is_object()) errors.required(path + ".schema.openAPIV3Schema", shared ? "schemas are required" : "");
    else
      validate_schema(schema, shared ? "spec.validation.openAPIV3Schema" : path + ".schema.openAPIV3Schema", true,
                      errors);
    validate_columns(version, versions.size() == 1 ? "spec" : path, errors);
    if (at_path(version, {"subresources", "scale"}).is_object() &&
        text_at(version, {"subresources", "scale", "specReplicasPath"}).empty())
      errors.required((versions.size() == 1 ? "spec" : path) + ".subresources.scale.specReplicasPath");
    if (at_path(version, {"subresources", "scale"}).is_object() &&
        text_at(version, {"subresources", "scale", "statusReplicasPath"}).empty())
      errors.required((versions.size() == 1 ? "spec" : path) + ".subresources.scale.statusReplicasPath");
    if (const auto problem = label_1035_problem(text_at(version, "name")); !problem.empty())
      errors.invalid(path + ".name", at(version, "name"), problem);
  }
  if (old != nullptr) {
    if (at(spec, "group") != at_path(*old, {"spec", "group"}))
      errors.invalid("spec.group", at(spec, "group"), "field is immutable");
    if (at(spec, "scope") != at_path(*old, {"spec", "scope"}))
      errors.invalid("spec.scope", at(spec, "scope"), "field is immutable");
  }
}

/// Defaults and validation of a custom object by the schema of the version it was sent in.
std::optional<ApiStatus> admit_custom(Write& write) {
  if (write.operation == Operation::remove) return std::nullopt;
  const auto& versions = write.call.resource().custom->versions;
  const auto found = versions.find(write.call.endpoint->version);
  if (found == versions.end() || !found->second.schema.is_object()) return std::nullopt;
  apply_schema_defaults(found->second.schema, write.object);
  FieldErrors errors;
  validate_by_schema(found->second.schema, write.object, "", errors);
  if (errors.empty() && write.call.server.at_least(kRulesSince))
    validate_by_rules(found->second.schema, write.object, write.old, "", errors);
  if (errors.empty()) return std::nullopt;
  return invalid(write.call.endpoint->group, write.call.resource().kind, text_at(write.object, {"metadata", "name"}),
                 errors);
}

std::vector<std::string> text_list(const Json& list) {
  std::vector<std::string> out;
  for (const auto& each : list)
    if (each.is_string()) out.push_back(each.get<std::string>());
  return out;
}

CustomVersion version_of(const Json& version) {
  CustomVersion out;
  out.name = text_at(version, "name");
  out.schema = at_path(version, {"schema", "openAPIV3Schema"});
  for (const auto& column : at(version, "additionalPrinterColumns")) {
    out.columns.push_back({text_at(column, "name"), text_at(column, "type"), int_at(column, {"priority"}) > 0 ? 1 : 0,
                           text_at(column, "jsonPath")});
  }
  out.replicas_path = text_at(version, {"subresources", "scale", "specReplicasPath"});
  out.status_replicas_path = text_at(version, {"subresources", "scale", "statusReplicasPath"});
  out.label_selector_path = text_at(version, {"subresources", "scale", "labelSelectorPath"});
  return out;
}

void fill(Resource& resource, const Json& object) {
  const Json& spec = at(object, "spec");
  resource.group = text_at(spec, "group");
  resource.plural = text_at(spec, {"names", "plural"});
  resource.singular = text_at(spec, {"names", "singular"});
  resource.kind = text_at(spec, {"names", "kind"});
  resource.namespaced = text_at(spec, "scope") == "Namespaced";
  resource.short_names = text_list(at_path(spec, {"names", "shortNames"}));
  resource.categories = text_list(at_path(spec, {"names", "categories"}));
  resource.tracks_generation = true;
  resource.deletion_returns_object = false;
  resource.admit = admit_custom;
  auto custom = std::make_shared<CustomKind>();
  custom->definition = text_at(object, {"metadata", "name"});
  resource.subresources.clear();
  resource.selectable.clear();
  for (const auto& version : at(spec, "versions")) {
    CustomVersion made = version_of(version);
    if (at_path(version, {"subresources", "status"}).is_object() && resource.find_subresource("status") == nullptr)
      resource.subresources.push_back({"status", resource.kind, "", kVerbGet | kVerbPatch | kVerbUpdate});
    if (!made.replicas_path.empty() && resource.find_subresource("scale") == nullptr)
      resource.subresources.push_back({"scale", "Scale", "autoscaling/v1", kVerbGet | kVerbPatch | kVerbUpdate});
    for (const auto& field : at(version, "selectableFields")) {
      const std::string path = text_at(field, "jsonPath");
      if (path.size() > 1 && std::find(resource.selectable.begin(), resource.selectable.end(), path.substr(1)) ==
                                 resource.selectable.end())
        resource.selectable.push_back(path.substr(1));
    }
    custom->versions[made.name] = std::move(made);
  }
  if (text_at(spec, {"conversion", "strategy"}) == "Webhook") {
    for (const auto& version : at(spec, "versions"))
      if (is_true(version, {"storage"})) custom->only_version = text_at(version, "name");
  }
  resource.custom = std::move(custom);
}

bool established(const Json& object) {
  for (const auto& each : at_path(object, {"status", "conditions"}))
    if (text_at(each, "type") == "Established") return text_at(each, "status") == "True";
  return false;
}

}  // namespace

std::vector<Column> printer_columns(const CustomKind& custom, std::string_view version) {
  const auto found = custom.versions.find(version);
  return found == custom.versions.end() ? std::vector<Column>{} : found->second.columns;
}

void install_definition(Server& server, const std::string& name, const Json* object) {
  Resource* resource = nullptr;
  for (const auto& each : server.kinds.resources())
    if (each->custom != nullptr && each->custom->definition == name) resource = each.get();
  if (object == nullptr) {
    if (resource == nullptr) return;
    std::vector<ObjectPtr> all;
    for (const auto& [key, each] : server.store.objects(*resource)) all.push_back(each);
    for (const auto& each : all) server.store.remove(*resource, each->ns, each->name);
    server.hub->end(*resource);
    server.kinds.remove_endpoints(*resource);
    resource->custom = std::make_shared<CustomKind>();
    return;
  }
  if (!established(*object)) return;
  if (resource == nullptr) resource = &server.kinds.add(Resource{});
  else server.kinds.remove_endpoints(*resource);
  fill(*resource, *object);
  for (const auto& version : at_path(*object, {"spec", "versions"})) {
    if (is_true(version, {"served"}))
      server.kinds.serve({.group = resource->group, .version = text_at(version, "name"), .resource = resource});
  }
}

void follow_definitions(Server& server) {
  server.store.listen([&server](const Resource& resource, const EventPtr& event) {
    if (resource.group != kGroup || resource.plural != "customresourcedefinitions") return;
    if (event->type == EventType::deleted) {
      install_definition(server, event->object->name, nullptr);
      return;
    }
    const Json object = event->object->json();
    if (event->previous != nullptr && at(event->previous->json(), "spec") == at(object, "spec") &&
        established(event->previous->json()) == established(object))
      return;
    install_definition(server, event->object->name, &object);
  });
}

void add_crd_behaviour(Kinds& kinds) {
  Resource& definitions = *kinds.resource(kGroup, "customresourcedefinitions");
  definitions.set_defaults = default_definition;
  definitions.admit = admit_definition;
  definitions.validate = validate_definition;
  for (const auto& each : kinds.endpoints()) {
    if (each->group != kGroup || each->version != "v1beta1") continue;
    each->to_storage = beta_to_storage;
    each->from_storage = beta_from_storage;
  }
}

}  // namespace k8s_fake
