#pragma once

#include <string>
#include <string_view>

#include "k8s-fake/kinds.h"
#include "k8s-fake/status.h"

/// Rules for names, labels and keys, in the words of the real server: each function gives the problem, or "".
/// Source: kubernetes.md 2.3.
namespace k8s_fake {

std::string subdomain_problem(std::string_view text);
std::string label_problem(std::string_view text);  // RFC 1123 label
std::string label_1035_problem(std::string_view text);
std::string path_segment_problem(std::string_view text);
std::string qualified_name_problem(std::string_view text);  // [prefix/]name
std::string label_value_problem(std::string_view text);
std::string config_key_problem(std::string_view text);
std::string name_problem(NameRule rule, std::string_view text);

/// metadata's own rules: names, labels, annotations, finalizers, owner references.
void validate_metadata(const Resource& resource, const Json& object, const Json* old, FieldErrors& errors);
void validate_labels(const Json& labels, const std::string& field, FieldErrors& errors);

}  // namespace k8s_fake
