#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/json.h"
#include "provisioner/base/result.h"

/// YAML 1.1 as Kubernetes reads it: plain scalars become numbers, booleans or null as in Go's yaml library; JSON is
/// YAML too. Nesting is limited. Errors: invalid, with the line.
namespace k8s_fake {

base::Result<Json> yaml_to_json(std::string_view text);
/// Every document of a file, empty ones left out.
base::Result<std::vector<Json>> yaml_documents(std::string_view text);
/// Block style, members by name, as kubectl prints it.
std::string json_to_yaml(const Json& value);

}  // namespace k8s_fake
