#pragma once

#include <string>
#include <vector>

#include "scenarios/runner/test_file.h"

/// KUTTL test cases (a directory of NN-name.yaml, NN-assert.yaml, NN-errors.yaml) read into the same model as Chainsaw's tests.
/// Objects of TestStep and TestAssert become operations; a kuttl-test.yaml (TestSuite) above gives time-outs and the namespace.
/// Errors: invalid, "FILE:LINE: reason". Source: KUTTL's reference of test files.
namespace scenario {
/// True for a directory that holds NN-*.yaml files and no Chainsaw test.
bool is_kuttl_case(const std::string& directory);
base::Result<std::vector<Test>> read_kuttl(const std::string& directory);
}  // namespace scenario
