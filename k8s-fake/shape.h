#pragma once

#include "k8s-fake/field_table.h"
#include "k8s-fake/json.h"

/// The full form of a built-in kind's object, as every answer has it: members that are always written are there with
/// their zero values
/// ("status": {}, "rules": null), and members that the configured version does not know are gone.
/// Source: the flags of kubernetes_fields.tsv; releases in which fields came, from the API's change logs.
namespace k8s_fake {

void complete_object(const Message& message, Json& object, int minor);
/// The first minor release that has the field; 0 for fields older than all that we serve.
int field_since(std::string_view message, std::string_view field);

}  // namespace k8s_fake
