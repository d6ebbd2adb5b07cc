#pragma once

#include <optional>
#include <string>

#include "k8s-fake/api.h"

/// OpenAPI v2 and v3 made from the field table and the CRDs' schemas. Source: kubernetes.md 1.6.
namespace k8s_fake {

std::optional<Response> serve_openapi(Server& server, const base::http::Request& request, const std::string& path);

}  // namespace k8s_fake
