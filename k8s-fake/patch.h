#pragma once

#include "k8s-fake/kinds.h"
#include "k8s-fake/status.h"

/// JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge patch. Source: kubernetes.md section 3.
namespace k8s_fake {

ApiResult<Json> apply_json_patch(Json document, const Json& patch);
ApiResult<Json> apply_merge_patch(Json document, const Json& patch);
/// Lists merge as the field table of the endpoint's kind says.
ApiResult<Json> apply_strategic_patch(Json document, const Json& patch, const Endpoint& endpoint);

}  // namespace k8s_fake
