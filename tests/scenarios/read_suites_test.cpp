// Every suite of the repository can be read, and says in three lines what it proves.
#include <gtest/gtest.h>

#include <filesystem>

#include "provisioner/base/text.h"
#include "scenarios/runner/test_file.h"
#include "tests/support/paths.h"

TEST(Suites, AreReadAndHaveAHeader) {
  std::filesystem::current_path(test_support::source_dir());  // step templates may not lie outside of it
  const auto tests = scenario::find_tests({test_support::source_dir() + "/scenarios"});
  ASSERT_TRUE(tests.ok()) << tests.error().message;
  EXPECT_GE(tests->size(), 8U);
  for (const scenario::Test& test : *tests) {
    const auto text = base::read_file(test.file);
    ASSERT_TRUE(text) << test.file;
    const auto lines = base::split(*text, '\n');
    EXPECT_TRUE(lines[0].starts_with("# Proves: ")) << test.file;
    EXPECT_TRUE(lines[1].starts_with("# ") && lines[2].starts_with("# ")) << test.file;
  }
}
