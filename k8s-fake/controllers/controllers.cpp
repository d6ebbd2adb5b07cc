#include "k8s-fake/controllers/rows.h"

namespace k8s_fake::control {

std::vector<Controller> all_controllers() {
  std::vector<Controller> all;
  for (auto rows : {pv_binder_rows, protection_rows, namespace_rows, account_rows, scheduler_rows, replica_set_rows,
                    deployment_rows, stateful_set_rows, daemon_set_rows, job_rows, endpoint_rows, attach_detach_rows,
                    node_rows, disruption_rows}) {
    for (Controller& row : rows()) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace k8s_fake::control
