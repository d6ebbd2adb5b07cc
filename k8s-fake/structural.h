#pragma once

#include <string>

#include "k8s-fake/fields.h"
#include "k8s-fake/status.h"

/// Structural schemas at work: pruning, defaulting and validation of custom objects. Source: kubernetes.md 4.12.
namespace k8s_fake {

void prune(const Json& schema, Json& value, const std::string& path, bool root, std::vector<std::string>& unknown);
void apply_schema_defaults(const Json& schema, Json& value);
void validate_by_schema(const Json& schema, const Json& value, const std::string& path, FieldErrors& errors);
/// The x-kubernetes-validations of one schema node: can they be compiled?
void check_rules(const Json& schema, const std::string& path, FieldErrors& errors);
/// Evaluates them for the value and everything in it; `old` is what it was before an update, or null.
void validate_by_rules(const Json& schema, const Json& value, const Json* old, const std::string& path,
                       FieldErrors& errors);

}  // namespace k8s_fake
