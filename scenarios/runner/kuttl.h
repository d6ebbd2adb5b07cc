#pragma once

#include <string>
#include <vector>

#include "scenarios/runner/test_file.h"

/// KUTTL test cases (a directory of NN-name.yaml, NN-assert.yaml, NN-errors.yaml) read into the same model as
/// Chainsaw's tests. Objects of TestStep and TestAssert become operations, in KUTTL's order: delete, commands, apply,
/// then what is asserted; a kuttl-test.yaml (TestSuite) above gives time-outs and the namespace. Errors: invalid,
/// "FILE:LINE: reason". Source: KUTTL's reference of test files.
namespace scenario {
/// True for a directory that holds files or directories named NN-…, the parts of a test case.
bool is_kuttl_case(const std::string& directory);
base::Result<std::vector<Test>> read_kuttl(const std::string& directory, const std::string& suite = "");
/// The testDirs of a TestSuite file, as paths.
base::Result<std::vector<std::string>> kuttl_suite_directories(const std::string& file);
}  // namespace scenario
