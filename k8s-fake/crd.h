#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/api.h"

/// CustomResourceDefinitions: their own rules, the endpoints they make, and the structural schemas their objects obey.
/// Source: kubernetes.md 4.12.
namespace k8s_fake {

struct CustomVersion {
  std::string name;
  Json schema;  // openAPIV3Schema, or null: everything is allowed
  std::vector<Column> columns;
  std::string replicas_path;  // scale subresource
  std::string status_replicas_path;
  std::string label_selector_path;
};

struct CustomKind {
  std::string definition;  // name of the CRD
  std::map<std::string, CustomVersion, std::less<>> versions;
  bool preserve_unknown = false;  // v1beta1
  std::string only_version;       // set with a conversion webhook: the storage version, the only one that is served
};

std::vector<Column> printer_columns(const CustomKind& custom, std::string_view version);
/// A simple JSON path such as ".spec.x[0].y" or ".metadata.labels['a.b']"; null when there is nothing.
Json json_path(const Json& object, std::string_view path);
bool set_json_path(Json& object, std::string_view path, Json value);

/// Puts the kinds of a stored CRD into the table (or takes them out when `object` is null).
void install_definition(Server& server, const std::string& name, const Json* object);
/// Makes the server follow its CRDs; called once at start.
void follow_definitions(Server& server);

}  // namespace k8s_fake
