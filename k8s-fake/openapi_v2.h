#pragma once

#include <string>

#include "k8s-fake/json.h"

namespace k8s_fake {

/// An OpenAPI v2 document (info and definitions) as gnostic's protobuf, which kubectl up to 1.28 asks for.
/// Source: the public openapiv2 protocol definition of gnostic; kubernetes.md 1.6.
std::string encode_openapi_v2(const Json& document);

}  // namespace k8s_fake
