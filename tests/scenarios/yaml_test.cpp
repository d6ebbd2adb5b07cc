#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scenarios/runner/duration.h"
#include "scenarios/runner/yaml.h"

namespace {

using Json = nlohmann::json;
using scenario::parse_yaml;

struct Good {
  const char* yaml;
  const char* json;
};

TEST(Yaml, BecomesJson) {
  const Good cases[] = {
      {"a: 1\nb: [x, 'y', \"1\", 1.5, true, no, ~, 0x10, 0o17, 1_000, -3]\n",
       R"({"a":1,"b":["x","y","1",1.5,true,false,null,16,15,1000,-3]})"},
      {"a: |\n  line one\n  two\nb: >-\n  folded\n  text\n", R"({"a":"line one\ntwo\n","b":"folded text"})"},
      {"x: &a {k: 1}\ny: *a\nz:\n  <<: *a\n  m: 2\n", R"({"x":{"k":1},"y":{"k":1},"z":{"k":1,"m":2}})"},
      {"x: &a {k: 1}\ny:\n  <<: *a\n  k: 2\nz:\n  k: 3\n  <<: *a\n", R"({"x":{"k":1},"y":{"k":2},"z":{"k":3}})"},
      {"d: 2017-11-28T07:46:32Z\nv: v1.6.1+5115d708d7\nip: 10.0.0.1\ne: 1e3\n",
       R"({"d":"2017-11-28T07:46:32Z","v":"v1.6.1+5115d708d7","ip":"10.0.0.1","e":1000.0})"},
      {"a: !!str 12\n1: x\n", R"({"a":"12","1":"x"})"},
      {"[]", "[]"}};
  for (const Good& c : cases) {
    const auto documents = parse_yaml(c.yaml, "f.yaml");
    ASSERT_TRUE(documents.ok()) << documents.error().message;
    ASSERT_EQ(documents->size(), 1U) << c.yaml;
    EXPECT_EQ(scenario::to_json(documents->front()), Json::parse(c.json)) << c.yaml;
  }
}

TEST(Yaml, ManyDocumentsAndLines) {
  const auto documents = parse_yaml("# head\n---\na: 1\n---\n\n---\nb:\n  c: 2\n", "f.yaml");
  ASSERT_TRUE(documents.ok());
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ((*documents)[1].find("b")->find("c")->line, 8);
}

struct Bad {
  std::string yaml;
  const char* message;
};

TEST(Yaml, BadTextSaysWhere) {
  std::string laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += (j > 0 ? "," : "") + last;
    laughs += "]\n";
  }
  const Bad cases[] = {{"a: 1\na: 2\n", "f.yaml:2: key \"a\" stands twice"},
                       {"a: [1, 2\n", "f.yaml:2: "},
                       {"a: b: c\n", "f.yaml:1: "},
                       {"x: *none\n", "f.yaml:1: "},
                       {std::string(2000, '['), "f.yaml:1: "},
                       {laughs, "too many nodes"},
                       {"? [a]\n: 1\n", "f.yaml:1: a key must be a scalar"},
                       {"a:\n\tb: 1\n", "f.yaml:"}};
  for (const Bad& c : cases) {
    const auto documents = parse_yaml(c.yaml, "f.yaml");
    ASSERT_FALSE(documents.ok()) << c.yaml;
    EXPECT_NE(documents.error().message.find(c.message), std::string::npos) << documents.error().message;
  }
}

TEST(Duration, GoNotation) {
  using std::chrono::milliseconds;
  EXPECT_EQ(scenario::parse_duration("1h2m3.5s"), milliseconds(3723500));
  EXPECT_EQ(scenario::parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(scenario::parse_duration("0"), milliseconds(0));
  for (const char* bad : {"", "5", "s", "1x", "1h-2m", "1.s.", "--1s"})
    EXPECT_FALSE(scenario::parse_duration(bad)) << bad;
  EXPECT_EQ(base::to_rfc3339(*scenario::parse_rfc3339("2021-01-02T18:04:05.25-05:00")), "2021-01-02T23:04:05Z");
  for (const char* bad : {"2021-13-02T18:04:05Z", "2021-01-02 18:04:05", "2021-01-02T18:04:05", "2021-02-30T00:00:00Z"})
    EXPECT_FALSE(scenario::parse_rfc3339(bad)) << bad;
}

}  // namespace
