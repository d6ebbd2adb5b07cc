#pragma once

#include "provisioner/driver/driver.h"

/// One FlexVol per volume with one LUN in it, mapped to the backend's initiator group. Source: provisioner
/// specification 6.7; mended: head room above the LUN, the real file system in the LUN's attribute, all portals, no
/// junction for clones.
namespace provisioner {
Result<std::unique_ptr<Driver>> make_ontap_san(const DriverContext& context, const Json& config);
}  // namespace provisioner
