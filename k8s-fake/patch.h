#pragma once

#include "k8s-fake/kinds.h"
#include "k8s-fake/status.h"

/// JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge patch. Source: kubernetes.md section 3.
namespace k8s_fake {

/// Not `strict`, as releases before 1.22: replacing or copying a member that is not there takes it as null.
ApiResult<Json> apply_json_patch(Json document, const Json& patch, bool strict);
ApiResult<Json> apply_merge_patch(Json document, const Json& patch);
/// Lists merge as the field table of the endpoint's kind says.
ApiResult<Json> apply_strategic_patch(Json document, const Json& patch, const Endpoint& endpoint);

}  // namespace k8s_fake
