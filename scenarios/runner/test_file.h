#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "provisioner/base/result.h"
#include "scenarios/runner/yaml.h"

/// Scenario files as values: Kyverno Chainsaw's Test, StepTemplate and Configuration (v1alpha1 and v1alpha2; the second
/// form is read into the first), checked against the table of fields in test_schema.cpp. Errors: invalid, one line per
/// mistake, each "FILE:LINE: reason". Source: Chainsaw's API reference v1alpha1 and v1alpha2.
namespace scenario {

using Json = nlohmann::json;

struct Operation {
  std::string verb;  // "apply", "assert", …
  Json spec;         // the fields of that verb, checked
  std::string description;
  bool continue_on_error = false;
  int line = 0;
};

struct Step {
  std::string name;
  Json spec = Json::object();  // the step's own fields except the four lists
  std::vector<Operation> try_, catch_, finally, cleanup;
  int line = 0;
};

struct Test {
  std::string file;       // as given
  std::string directory;  // files named by its operations are relative to it
  std::string root;       // what was asked to be run: files below it may be read too
  std::string name;
  Json metadata = Json::object();
  Json spec = Json::object();  // the spec's fields except steps and catch
  std::vector<Step> steps;
  std::vector<Operation> catch_;
  bool kuttl = false;  // texts are never expressions
  int line = 0;
};

/// Every Test of the file. A StepTemplate that a step uses is read from its file and put in its place; `root` as in
/// Test.
base::Result<std::vector<Test>> read_tests(const std::string& file, const std::string& root = "");
/// Every Test below the paths, by file name: Chainsaw files (any YAML file with a Test of its group) and KUTTL
/// directories.
base::Result<std::vector<Test>> find_tests(const std::vector<std::string>& paths);
/// The same, with the tests that can be read and the mistakes of those that cannot.
struct Found {
  std::vector<Test> tests;
  std::vector<std::string> mistakes;  // one per file or directory, "FILE:LINE: reason" lines
};
Found look_for_tests(const std::vector<std::string>& paths);
struct Configuration {
  Json spec = Json::object();  // in the v1alpha1 form, without catch
  std::vector<Operation> catch_;
};
base::Result<Configuration> read_configuration(const std::string& file);

/// The checks behind them; also used by KUTTL files.
struct Problems {
  std::string file;
  std::vector<std::string> lines;
  void add(int line, const std::string& what) { lines.push_back(file + ":" + std::to_string(line) + ": " + what); }
  base::Error error() const;
};
/// The node as JSON if it fits the named type of the schema; what does not fit goes to `problems`.
Json checked(const YamlNode& node, std::string_view type, Problems& problems);
/// The verb's own type if `verb` is one, else "".
std::string verb_type(std::string_view verb);
std::vector<std::string> verbs();
/// Files below a directory that match a pattern with * ? and [..], sorted. A plain name yields itself. Nothing may lie
/// outside of the working directory, of `directory` and of `root`.
base::Result<std::vector<std::string>> expand_files(const std::string& directory, const std::string& pattern,
                                                    const std::string& root);

}  // namespace scenario
