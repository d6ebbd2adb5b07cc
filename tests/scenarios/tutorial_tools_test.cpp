// The tutorial's comparison: it accepts what the article shows and refuses what differs in one place.
#include <gtest/gtest.h>

#include <cstdio>

#include "provisioner/base/text.h"
#include "tests/support/paths.h"

namespace {

struct Case {
  const char* environment;
  const char* mode;
  const char* fragment;  // a file's text
  const char* output;
  bool same;
};

bool compare(const Case& c) {
  const std::string folder = testing::TempDir() + "compare_" + std::to_string(getpid());
  EXPECT_TRUE(base::write_file(folder + ".want", c.fragment));
  EXPECT_TRUE(base::write_file(folder + ".have", c.output));
  const std::string command = std::string("env ") + c.environment + " python3 " + test_support::source_dir() +
                              "/scenarios/tutorial/compare " + c.mode + " " + folder + ".want < " + folder +
                              ".have > /dev/null 2>&1";
  const int status = std::system(command.c_str());
  std::remove((folder + ".want").c_str());
  std::remove((folder + ".have").c_str());
  return status == 0;
}

TEST(TutorialCompare, AcceptsAndRefuses) {
  const Case cases[] = {
      {"", "exact", "a  b\n", "a  b\n", true},
      {"", "exact", "a  b\n", "a b\n", false},
      {"", "exact", "a\n", "a\nb\n", false},
      {"", "exact", "a\n", "a\r\n\n", true},
      {"", "exact", "pod «x» up\n", "pod 17 up\n", true},
      {"FRAGMENT_x=18", "exact", "pod «x» up\n", "pod 17 up\n", false},
      {"FRAGMENT_x=1.7", "exact", "«x»\n", "1x7\n", false},
      {"", "shape", "NAME  AGE\nweb «age»\n", "NAME      AGE\nweb   3m\n", true},
      {"", "shape", "NAME AGE\n", "AGE NAME\n", false},
      {"", "shape", "NAME AGE\n", "NAME AGE X\n", false},
      {"", "lines", "a\nc\n", "x\na\nb\nc\ny\n", true},
      {"", "lines", "a\nc\n", "c\na\n", false},
      {"", "exact", "a\n«...»\nz\n", "a\nb\nc\nz\n", true},
      {"", "exact", "a\n«...»\nz\n", "a\nb\n", false},
      {"WORDING=kubectl", "exact", "pod \"x\" created\n", "pod/x created\n", true},
      {"WORDING=kubectl", "exact", "storageclass \"x\" created\n", "storageclass.storage.k8s.io/x created\n", true},
      {"", "exact", "pod \"x\" created\n", "pod/x created\n", false},
      {"", "exact", "", "", true},
      {"", "exact", "a\n", "", false}};
  for (const Case& c : cases)
    EXPECT_EQ(compare(c), c.same) << c.mode << ": " << c.fragment << " / " << c.output << " " << c.environment;
}

}  // namespace
