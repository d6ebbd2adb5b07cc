#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/paths.h"

/// The checklist of k8s-fake/README.md names its evidence: what it names must exist.
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::filesystem::path kRoot = test_support::source_dir();

/// "Suite.Name" and "Suite.*" of every GoogleTest below `folder`.
std::set<std::string> tests_below(const std::filesystem::path& folder) {
  std::set<std::string> out;
  const RE2 pattern(R"(\bTEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = text_of(entry.path());
    re2::StringPiece rest(text);
    std::string suite, name;
    while (RE2::FindAndConsume(&rest, pattern, &suite, &name)) out.insert({suite, suite + ".*", suite + "." + name});
  }
  return out;
}

/// True if one line holds every word of `words`.
bool typed(const std::string& session, const std::string& words) {
  std::stringstream lines(session);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("$ ", 0) != 0) continue;
    std::stringstream each(words);
    bool all = true;
    for (std::string word; each >> word;) all = all && line.find(word) != std::string::npos;
    if (all) return true;
  }
  return false;
}

TEST(Checklist, NamesExistingTests) {
  const std::string readme = text_of(kRoot / "k8s-fake/README.md");
  const auto start = readme.find("## Checklist");
  ASSERT_NE(start, std::string::npos);
  const std::set<std::string> known = tests_below(kRoot / "tests/k8s-fake");
  ASSERT_GT(known.size(), 50u);
  const std::string session = text_of(kRoot / "tests/k8s-fake/kubectl/session.txt"),
                    python = text_of(kRoot / "tests/k8s-fake/clients/python_client.py");
  int rows = 0;
  std::stringstream lines(readme.substr(start));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| ", 0) != 0 || line.rfind("| Tier", 0) == 0) continue;
    ++rows;
    int evidence = 0;
    re2::StringPiece rest(line);
    std::string name;
    while (RE2::FindAndConsume(&rest, R"(\b([A-Z][A-Za-z]+\.(?:\*|[A-Z]\w+)))", &name)) {
      EXPECT_TRUE(known.contains(name)) << name << " in: " << line;
      ++evidence;
    }
    rest = line;
    while (RE2::FindAndConsume(&rest, "`([^`]+)`", &name)) {
      const bool function = python.find("def " + name + "(") != std::string::npos;
      EXPECT_TRUE(function || typed(session, name)) << name << " in: " << line;
      ++evidence;
    }
    for (const char* whole : {"kubectl", "python", "tutorial", "Contract", "the lines above"})
      evidence += line.find(whole) != std::string::npos ? 1 : 0;
    EXPECT_GT(evidence, 0) << "nothing shows: " << line;
  }
  EXPECT_GE(rows, 40);
}

}  // namespace
