// $(( )) of the pods' shell.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "k8s-fake/kubelet/shell_arithmetic.h"

namespace k8s_fake {
namespace {

TEST(ShellArithmetic, CountsAsAShellDoes) {
  const std::pair<const char*, std::int64_t> rows[] = {
      {"1 + 2 * 3", 7},
      {"(1 + 2) * 3", 9},
      {"7 / 2", 3},
      {"-7 % 3", -1},
      {"$n + 1", 42},
      {"n - 1", 40},
      {"unset + 1", 1},
      {"3 < 4", 1},
      {"4 <= 3", 0},
      {"4 != 4", 0},
      {"1 / 0", 0},
      {"1 % 0", 0},
      {"", 0},
      {"9223372036854775807 + 1", INT64_MIN},
      {"(-9223372036854775807 - 1) / -1", INT64_MIN},
      {"(-9223372036854775807 - 1) % -1", 0},
      {"4611686018427387904 * 2", INT64_MIN},
  };
  const auto variable = [](const std::string& name) { return std::string(name == "n" ? "41" : ""); };
  for (const auto& [text, value] : rows) EXPECT_EQ(shell_arithmetic(text, variable), value) << text;
}

TEST(ShellArithmetic, DeepNestingEnds) {
  EXPECT_EQ(shell_arithmetic(std::string(100000, '('), [](const std::string&) { return std::string(); }), 0);
}

}  // namespace
}  // namespace k8s_fake
