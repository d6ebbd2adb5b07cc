#pragma once

#include "k8s-fake/api.h"

/// pods/NAME/proxy, services/NAME/proxy and nodes/NAME/proxy: a plain HTTP request passed on to what runs there. NAME
/// is "name", "name:port" or "scheme:name:port"; a service's port is a name or a number of its spec. Errors: 400 for a
/// malformed name, 404 for an unknown object, 503 when nothing listens. Source: the REST storages of pods, services and
/// nodes of Kubernetes 1.32 (ResourceLocation), and its proxy handler.
namespace k8s_fake {

ApiResult<Response> serve_proxy(Call& call);

}  // namespace k8s_fake
