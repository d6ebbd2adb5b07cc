#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/json.h"

/// What the field table says of a kind: unknown fields, wrong types, and how lists merge. Custom kinds have their own
/// schema. Source: kubernetes-fields.tsv, kubernetes.md 2.6 and 2.9.
namespace k8s_fake {

struct CustomKind;

struct FieldReport {
  std::vector<std::string> unknown;  // paths of fields that were dropped
  std::string error;                 // the decoder's complaint about a wrong type
};

/// Drops unknown fields and nulls, checks types, and writes quantities in canonical form.
/// Fields that came after release `minor` are unknown.
void check_known_fields(std::string_view group_version, std::string_view kind, Json& object, FieldReport& report,
                        int minor = 99);
/// Prunes by the structural schema of that version.
void check_custom_fields(const CustomKind& custom, std::string_view version, Json& object, FieldReport& report);

}  // namespace k8s_fake
