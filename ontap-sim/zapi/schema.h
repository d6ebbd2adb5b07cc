#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "provisioner/base/text.h"

/// The fields of the record types, for the query language: a leaf that a type does not have is ignored, one that it has
/// but an object lacks matches nothing. Source: appendix C of the array's specification.
namespace ontap_sim::zapi {

/// True when the type has the field, or when the type itself is unknown here.
bool schema_has(std::string_view type, std::string_view field);
/// The first element below `record` that its type does not have in this release; "" if all are known.
std::string unknown_field(pugi::xml_node record, int ontapi_minor);
/// Names of objects keep their case; enumerations and booleans do not.
bool case_sensitive(std::string_view name);

}  // namespace ontap_sim::zapi
