#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "provisioner/base/http/message.h"

/// What the API server asks of the node where a pod runs (a real one does it over HTTPS on port 10250).
/// The API has done authentication, authorization and the look-up of the pod; everything else, container names, states
/// and the wording of refusals included, is the node's business. Shapes and texts: kubernetes specification 5.9
/// and 5.10.
namespace k8s_fake {

/// `subresource`: "log", "exec", "attach", "portforward" or "proxy". The request is as the client sent it, upgrade
/// headers included; for "proxy" it is as the pod shall get it.
using PodStreamHandler = std::function<base::http::Response(const base::http::Request& request,
                                                            const nlohmann::json& pod, const std::string& subresource)>;

}  // namespace k8s_fake
