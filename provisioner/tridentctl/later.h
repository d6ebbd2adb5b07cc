#pragma once

#include <vector>

#include "provisioner/tridentctl/command.h"

/// Commands that 17.10.1 does not have: those of later releases (update backend 18.04, import volume 19.04,
/// snapshots 19.07, install and uninstall 18.04) and our own (explain). All are table rows like the others.
namespace provisioner::tridentctl {

std::vector<Command> later_commands();
std::vector<Command> install_commands();
/// The backend file of -f or --base64 as JSON text. Errors: invalid, not_found.
base::Result<std::string> backend_json(const Context& context);

}  // namespace provisioner::tridentctl
