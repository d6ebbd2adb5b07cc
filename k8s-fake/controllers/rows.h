#pragma once

#include "k8s-fake/controllers/controller.h"

/// Every controller there is; one function per file gives its rows, controllers.cpp joins them.
namespace k8s_fake::control {

std::vector<Controller> pv_binder_rows();
std::vector<Controller> protection_rows();
std::vector<Controller> attach_detach_rows();
std::vector<Controller> namespace_rows();
std::vector<Controller> account_rows();
std::vector<Controller> scheduler_rows();
std::vector<Controller> replica_set_rows();
std::vector<Controller> deployment_rows();
std::vector<Controller> stateful_set_rows();
std::vector<Controller> daemon_set_rows();
std::vector<Controller> job_rows();
std::vector<Controller> endpoint_rows();
std::vector<Controller> node_rows();
std::vector<Controller> disruption_rows();

/// In a fixed order: the order in which they hear of a change.
std::vector<Controller> all_controllers();

}  // namespace k8s_fake::control
