// The reports: JUnit against the schema that CI systems use, TAP, JSON lines, and the page.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "scenarios/runner/report.h"

namespace {

using scenario::Granularity;
using scenario::Json;
using scenario::Verdict;

scenario::OperationResult operation(const char* name, Verdict verdict, const char* message = "",
                                    const char* output = "") {
  scenario::OperationResult result;
  result.name = name;
  result.block = "try";
  result.verb = "assert";
  result.line = 3;
  result.verdict = verdict;
  result.message = message;
  result.output = output;
  result.start = std::chrono::seconds(1);
  result.duration = std::chrono::milliseconds(1500);
  return result;
}

std::vector<scenario::TestResult> sample() {
  scenario::TestResult good, bad, early;
  good.name = "good <&\"'>";
  good.file = "a/chainsaw-test.yaml";
  good.steps.push_back({"one", Verdict::passed, {operation("sleep", Verdict::passed)}, {}, std::chrono::seconds(2)});
  good.duration = std::chrono::seconds(10);
  bad.name = "bad";
  bad.file = "b/chainsaw-test.yaml";
  bad.verdict = Verdict::failed;
  bad.duration = std::chrono::seconds(4);
  bad.steps.push_back(
      {"two",
       Verdict::failed,
       {operation("assert # x", Verdict::failed, "v1/Pod p\n  status: expected <Running>, found \x01", "told\nmore"),
        operation("later", Verdict::skipped)},
       {},
       std::chrono::seconds(3)});
  bad.steps.push_back({"three", Verdict::skipped, {operation("never", Verdict::skipped)}, {}, {}});
  bad.journal = {"+0.100 kube POST /api/v1/namespaces/x/events 201", "+0.200 kube POST /api/v1/pods 201",
                 "+0.300 ontap volume-create passed", "+1.000 lab Fault f Done", "+1.500 run step two"};
  early.name = "early";
  early.file = "c";
  early.verdict = Verdict::failed;
  early.message = "no namespace";
  return {good, bad, early};
}

/// The schema, as Jenkins' plug-in and its kin share it: what an element may hold, and its attributes (! required, # a
/// number).
struct ElementRule {
  std::set<std::string> children;
  std::map<std::string, std::string> attributes;
};
const std::map<std::string, ElementRule> kSchema = {
    {"testsuites",
     {{"testsuite"},
      {{"name", ""}, {"time", "#"}, {"tests", "#"}, {"failures", "#"}, {"errors", "#"}, {"disabled", "#"}}}},
    {"testsuite",
     {{"properties", "testcase", "system-out", "system-err"},
      {{"name", "!"},
       {"tests", "!#"},
       {"failures", "#"},
       {"errors", "#"},
       {"time", "#"},
       {"disabled", "#"},
       {"skipped", "#"},
       {"timestamp", ""},
       {"hostname", ""},
       {"id", ""},
       {"package", ""}}}},
    {"testcase",
     {{"skipped", "error", "failure", "system-out", "system-err"},
      {{"name", "!"}, {"assertions", "#"}, {"time", "#"}, {"classname", ""}, {"status", ""}}}},
    {"failure", {{}, {{"type", ""}, {"message", ""}}}},
    {"skipped", {{}, {{"type", ""}, {"message", ""}}}},
    {"system-out", {{}, {}}},
};

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
}

void check(const pugi::xml_node& node) {
  const auto rule = kSchema.find(node.name());
  ASSERT_NE(rule, kSchema.end()) << node.name();
  for (const auto& attribute : node.attributes()) {
    const auto known = rule->second.attributes.find(attribute.name());
    ASSERT_NE(known, rule->second.attributes.end()) << node.name() << " " << attribute.name();
    EXPECT_TRUE(!known->second.ends_with("#") || is_number(attribute.value()))
        << attribute.name() << "=" << attribute.value();
  }
  for (const auto& [name, kind] : rule->second.attributes)
    EXPECT_TRUE(!kind.starts_with("!") || node.attribute(name.c_str())) << node.name() << " lacks " << name;
  for (const auto& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    EXPECT_TRUE(rule->second.children.contains(child.name())) << child.name() << " in " << node.name();
    check(child);
  }
}

TEST(Report, JUnitFitsTheSchemaAndItsCountsAreTrue) {
  const std::pair<Granularity, std::size_t> kGranularities[] = {
      {Granularity::test, 3}, {Granularity::step, 4}, {Granularity::operation, 5}};
  for (const auto& [granularity, cases] : kGranularities) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(scenario::junit(sample(), granularity).c_str()));
    check(document.document_element());
    std::size_t all = 0, failures = 0, skipped = 0;
    for (const auto& suite : document.document_element().children("testsuite")) {
      std::size_t here = 0;
      for (const auto& test : suite.children("testcase")) {
        ++here;
        failures += test.child("failure") ? 1U : 0U;
        skipped += test.child("skipped") ? 1U : 0U;
      }
      EXPECT_EQ(std::to_string(here), suite.attribute("tests").value());
      all += here;
    }
    EXPECT_EQ(all, cases);
    EXPECT_EQ(std::to_string(all), document.document_element().attribute("tests").value());
    EXPECT_EQ(std::to_string(failures), document.document_element().attribute("failures").value());
    EXPECT_EQ(failures, 2U);
    EXPECT_EQ(skipped, granularity == Granularity::test ? 0U : granularity == Granularity::step ? 1U : 2U);
  }
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(scenario::junit(sample(), Granularity::test).c_str()));
  EXPECT_STREQ(document.document_element().child("testsuite").attribute("name").value(), "good <&\"'>");
}

TEST(Report, TapCountsAndExplains) {
  const std::string text = scenario::tap(sample(), Granularity::operation);
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "TAP version 13");
  std::getline(lines, line);
  EXPECT_EQ(line, "1..5");
  int number = 0;
  bool block = false;
  while (std::getline(lines, line)) {
    if (line == "  ---") block = true;
    if (!block) {
      ++number;
      const std::string good = "ok " + std::to_string(number) + " - ", bad = "not " + good;
      EXPECT_TRUE(line.starts_with(good) || line.starts_with(bad)) << line;
      EXPECT_TRUE(line.find('#') == std::string::npos || line.ends_with(" # SKIP")) << line;
    }
    if (line == "  ...") block = false;
  }
  EXPECT_EQ(number, 5);
  EXPECT_FALSE(block);
}

TEST(Report, JsonLinesAreOneObjectEach) {
  std::istringstream lines(scenario::json_lines(sample()));
  std::string line;
  std::size_t operations = 0, tests = 0;
  while (std::getline(lines, line)) {
    const Json json = Json::parse(line, nullptr, false);
    ASSERT_TRUE(json.is_object()) << line;
    EXPECT_TRUE(json.contains("verdict") && json.contains("test"));
    json.contains("operation") ? ++operations : ++tests;
  }
  EXPECT_EQ(operations, 4U);
  EXPECT_EQ(tests, 3U);
}

TEST(Report, ThePageNeedsNothingElseAndHasATimeline) {
  const std::string page = scenario::html(sample(), "a <title>");
  for (const char* outside : {"http://", "https://", "src=", "@import", "<link", "url("})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  for (const char* part :
       {"<title>a &lt;title&gt;</title>", "<b id=\"counts\">1 passed, 2 failed</b>", "data-lane=\"steps\"",
        "data-lane=\"events\"", "data-lane=\"kubernetes\"", "data-lane=\"array\"", "data-lane=\"faults\"",
        "left:7.500%", "ontap volume-create passed", "class=\"journal\"", "expected &lt;Running&gt;"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST(Report, LinesShowTheDifferenceRightBelowTheFailure) {
  const auto results = sample();
  EXPECT_EQ(scenario::test_lines(results[1]),
            "FAIL  bad (4.000s)\n      two: try assert # x (line 3)\n      v1/Pod p\n        status: expected "
            "<Running>, found \x01\n      | told\n      | more\n");
  EXPECT_EQ(scenario::step_lines(nullptr, results[0].steps[0], Granularity::step), "PASS  one (2.000s)\n");
  EXPECT_EQ(scenario::first_failure(results[2]), "no namespace");
  EXPECT_EQ(scenario::first_failure(results[1]), "two: assert # x: v1/Pod p;   status: expected <Running>, found \x01");
}

}  // namespace
