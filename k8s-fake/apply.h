#pragma once

#include <string>

#include "k8s-fake/api.h"

/// Server-side apply and managedFields. Source: kubernetes.md 2.7, 3.5.
namespace k8s_fake {

/// PATCH with application/apply-patch+yaml. Errors: 400, 409, 422, 500.
ApiResult<Response> apply(Call& call);
/// Records in metadata.managedFields which fields this write changed; `old` is null on create.
void track_fields(Call& call, const Json* old, Json& next, const std::string& subresource);

}  // namespace k8s_fake
