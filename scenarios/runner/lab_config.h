#pragma once

#include <string>

#include "k8s-fake/config.h"
#include "provisioner/base/result.h"

/// The `kubernetes:` section of LAB.yaml; the `ontap:` section is the simulator's to read. Unknown keys are errors
/// "FILE:LINE: reason". Source: lab.md section 6.
namespace scenario {
base::Result<k8s_fake::Config> read_cluster_config(const std::string& text, const std::string& name);
}  // namespace scenario
