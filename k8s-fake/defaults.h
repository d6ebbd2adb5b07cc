#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "k8s-fake/json.h"
#include "k8s-fake/status.h"

/// Small steps that defaulting and validation of many kinds share.
namespace k8s_fake {

/// Sets a member that is absent.
inline void default_to(Json& object, const char* key, Json value) {
  if (!object.contains(key)) object[key] = std::move(value);
}
/// The member as an object, made if absent.
inline Json& object_at(Json& object, const char* key) {
  Json& member = object[key];
  if (!member.is_object()) member = Json::object();
  return member;
}
void default_pod_spec(Json& spec);
void validate_pod_spec(const Json& spec, const std::string& path, FieldErrors& errors);
void default_claim_spec(Json& spec);
void validate_claim_spec(const Json& spec, const std::string& path, FieldErrors& errors);
/// One of a set of texts, or an "Unsupported value" error.
void one_of(const Json& value, const std::string& path, const std::vector<std::string>& allowed, FieldErrors& errors);
/// A unified diff of two values as real servers append it to immutability errors.
std::string spec_diff(const Json& before, const Json& after);

}  // namespace k8s_fake
