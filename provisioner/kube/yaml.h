#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "provisioner/base/result.h"

/// YAML as people write manifests and backend files, read into JSON. Plain scalars become null, booleans and numbers as
/// YAML 1.2's core schema says; quoted ones stay text. Keys keep their order.
/// Errors: invalid, with line and column; also when nested deeper than the parser's own limit of 500.
namespace provisioner {

base::Result<nlohmann::ordered_json> yaml_to_json(const std::string& text);
/// Every document of the text, empty ones left out.
base::Result<std::vector<nlohmann::ordered_json>> yaml_documents(const std::string& text);

}  // namespace provisioner
