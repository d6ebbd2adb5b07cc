#include "ontap-sim/cli/words.h"

#include <gmock/gmock.h>

namespace ontap_sim::cli {
namespace {

// "a|b;c" for two commands; quoted words stand in double quotes, extended queries in braces.
std::string told(std::string_view line) {
  const auto commands = split_line(line);
  if (!commands) return commands.error();
  std::string text;
  for (const auto& command : *commands) {
    if (!text.empty()) text += ";";
    std::string words;
    for (const Word& word : command) {
      if (!words.empty()) words += "|";
      words += word.quoted ? "\"" + word.text + "\"" : word.braces ? "{" + word.text + "}" : word.text;
    }
    text += words;
  }
  return text;
}

TEST(Words, SplitsLines) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"  vserver   show ", "vserver|show"},
      {"a -b \"c d\"", "a|-b|\"c d\""},
      {"a \"\"", "a|\"\""},
      {"a \"x \\\" y\"", "a|\"x \" y\""},
      {"a; b ;", "a;b"},
      {"a # rest", "a"},
      {"a b#c", "a|b#c"},
      {"modify { -size >1g } -x y", "modify|{ -size >1g }|-x|y"},
      {"a \"b", "Error: Missing closing quote."},
      {"a { b", "Error: Missing closing brace in the extended query."},
  };
  for (const auto& [line, expected] : rows) EXPECT_EQ(told(line), expected) << line;
}

TEST(Words, SplitsLists) {
  EXPECT_THAT(split_list("a, b,c"), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_list(""), testing::IsEmpty());
}

}  // namespace
}  // namespace ontap_sim::cli
