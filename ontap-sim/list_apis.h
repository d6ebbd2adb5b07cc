#pragma once

#include <string>

namespace ontap_sim {

/// One line per known ZAPI: name, tier, scope, "yes" or "no" for modelled; a header line first.
std::string list_apis();

}  // namespace ontap_sim
