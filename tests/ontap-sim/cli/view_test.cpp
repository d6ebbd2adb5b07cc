#include "ontap-sim/cli/view.h"

#include <gtest/gtest.h>

#include "ontap-sim/model/query.h"

namespace ontap_sim::cli {
namespace {

const std::vector<Field> kFields{{"name", "Name", true}, {"size", "Size"}, {"comment", "A Comment"}};
const Layout kLayout{.flag = "",
                     .header = "Name   Size Comment\n------ ---- -------",
                     .columns = {"name", "size", "comment"},
                     .align = "lrl"};

TEST(View, BreaksTheLineAfterAValueThatIsTooLong) {
  const std::vector<Record> records{{{"name", "short"}, {"size", "1GB"}},
                                    {{"name", "quite_long"}, {"size", "20GB"}, {"comment", "x"}},
                                    {{"name", "seven77"}, {"size", "1B"}}};
  EXPECT_EQ(render_table(kLayout, kFields, records),
            "Name   Size Comment\n------ ---- -------\n"
            "short   1GB -\n"
            "quite_long\n       20GB x\n"
            "seven77  1B -\n");
}

TEST(View, FieldsArePrintedWithTheirKeys) {
  EXPECT_EQ(render_fields(kFields, {"size"}, {{{"name", "a"}, {"size", "1GB"}}}), "name size\n---- ----\na    1GB\n");
}

TEST(View, InstancesAlignTheirLabels) {
  EXPECT_EQ(render_instances(kFields, {{{"name", "a"}}}), "     Name: a\n     Size: -\nA Comment: -\n");
}

TEST(View, SizesAsTheShellPrintsThem) {
  const std::pair<std::uint64_t, const char*> rows[] = {{0, "0B"},
                                                        {1023, "1023B"},
                                                        {1024, "1KB"},
                                                        {1ULL << 30, "1GB"},
                                                        {1020054733, "972.8MB"},
                                                        {1209462790553, "1.10TB"},
                                                        {20ULL << 20, "20MB"}};
  for (const auto& [bytes, text] : rows) EXPECT_EQ(size_text(bytes), text);
}

TEST(Query, Operators) {
  struct Row {
    const char* query;
    const char* value;
    bool matches;
  };
  const Row rows[] = {{"a*", "abc", true},    {"*b*", "abc", true},        {"a*c*d", "abcxd", true},
                      {"a*d", "abc", false},  {"a|b", "b", true},          {"a | b", "b", true},
                      {"!a", "b", true},      {"!a", "a", false},          {"1..3", "2", true},
                      {"1..3", "4", false},   {">1g", "2147483648", true}, {">1g", "5", false},
                      {"<=5", "5", true},     {">b", "c", true},           {"\"a*\"", "abc", false},
                      {"\"a*\"", "a*", true}, {"1gb", "1GB", true},        {"1024m", "1GB", true},
                      {"01", "1", false},     {"20MB", "21MB", false},     {"10.0.0.1", "10.0.0.1", true},
                      {"", "x", false}};
  for (const Row& row : rows)
    EXPECT_EQ(model::query_matches(row.query, row.value), row.matches) << row.query << " on " << row.value;
  EXPECT_TRUE(model::query_matches("ONLINE", "online", model::QueryCase::ignored));
}

}  // namespace
}  // namespace ontap_sim::cli
