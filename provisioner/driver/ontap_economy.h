#pragma once

#include "provisioner/driver/driver.h"

/// Many volumes per FlexVol: a volume is a qtree with a tree quota, in FlexVols that the driver makes and removes.
/// A qtree has no place for an owner tag, so its FlexVol carries one: qtrees in FlexVols of another installation, or of
/// none, are never made, adopted or pruned here. Source: provisioner specification 6.6; mended as section 11, 21 to 25,
/// asks.
namespace provisioner {
Result<std::unique_ptr<Driver>> make_ontap_economy(const DriverContext& context, const Json& config);
}  // namespace provisioner
