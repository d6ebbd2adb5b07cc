#include "tests/support/paths.h"

namespace test_support {

std::string source_dir() { return DRYDOCK_SOURCE_DIR; }
std::string binary_dir() { return DRYDOCK_BINARY_DIR; }

}  // namespace test_support
