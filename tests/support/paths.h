#pragma once

#include <string>

/// Where the tests find the source tree (golden files, scenarios) and the executables of their own build.
namespace test_support {
std::string source_dir();
std::string binary_dir();  // the build tree; executables are in its bin/
}  // namespace test_support
