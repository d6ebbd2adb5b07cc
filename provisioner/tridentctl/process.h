#pragma once

#include <string>
#include <vector>

#include "provisioner/tridentctl/cli.h"

namespace provisioner::tridentctl {

/// Runs a program found on PATH to its end, giving it `input`, and collects what it writes. Blocks.
Ran run_process(const std::vector<std::string>& argv, bool merge_errors, const std::string& input);

}  // namespace provisioner::tridentctl
