#include "k8s-fake/controllers/quantity.h"

#include <gtest/gtest.h>

namespace k8s_fake::control {

TEST(Quantity, ReadsEverySuffixAndRoundsUp) {
  const std::pair<const char*, std::int64_t> rows[] = {
      {"1Gi", 1073741824}, {"1.5Ki", 1536}, {"500M", 500000000}, {"1e3", 1000}, {"2E3", 2000},
      {"100m", 1},         {"0", 0},        {"-2k", -2000},      {"10", 10},    {"0.1", 1}};
  for (const auto& [text, value] : rows) EXPECT_EQ(parse_quantity(text), value) << text;
  EXPECT_EQ(parse_quantity("250m", 1000), 250);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* text : {"", "x", "1Q", "1e99", "--1", "1 Gi", "Gi"}) EXPECT_FALSE(parse_quantity(text)) << text;
}

}  // namespace k8s_fake::control
