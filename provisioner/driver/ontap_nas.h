#pragma once

#include "provisioner/driver/driver.h"

/// One FlexVol per volume, exported over NFS at a junction of its own name. Source: provisioner specification 6.5.
namespace provisioner {
Result<std::unique_ptr<Driver>> make_ontap_nas(const DriverContext& context, const Json& config);
}  // namespace provisioner
