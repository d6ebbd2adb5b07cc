#pragma once

#include "provisioner/driver/driver.h"

/// Storage that exists in memory only, for tests and demonstrations. Pools, their offers and sizes come from the file.
/// Source: provisioner specification 5.3.
namespace provisioner {
Result<std::unique_ptr<Driver>> make_fake_driver(const DriverContext& context, const Json& config);
}  // namespace provisioner
