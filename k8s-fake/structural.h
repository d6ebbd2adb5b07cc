#pragma once

#include <string>

#include "k8s-fake/fields.h"
#include "k8s-fake/status.h"

/// Structural schemas at work: pruning, defaulting and validation of custom objects. Source: kubernetes.md 4.12.
namespace k8s_fake {

void prune(const Json& schema, Json& value, const std::string& path, bool root, std::vector<std::string>& unknown);
void apply_schema_defaults(const Json& schema, Json& value);
void validate_by_schema(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors);

}  // namespace k8s_fake
