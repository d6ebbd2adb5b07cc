#pragma once

#include <optional>

#include "k8s-fake/api.h"

/// Objects that exist from the start, made through the same checks as everybody's. Source: kubernetes.md 4.13, lab.md
/// section 6.
namespace k8s_fake {

/// Creates one object (namespace "default" unless it says otherwise), its status included.
std::optional<ApiStatus> create_at_start(Server& server, Json object);
/// The snapshot CRDs and the settings' objects; refusals are logged.
void create_start_objects(Server& server);

/// SCCs and the administrator's user of the OpenShift profile; those that are there stay as they are.
void create_openshift_objects(Server& server);

}  // namespace k8s_fake
