#include "scenarios/runner/test_file.h"

#include <algorithm>
#include <filesystem>

#include "provisioner/base/text.h"
#include "scenarios/runner/jmespath_functions.h"
#include "scenarios/runner/kuttl.h"

namespace scenario {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kGroup = "chainsaw.kyverno.io/";

std::string text_of(const YamlNode& node, std::string_view key) {
  const YamlNode* found = node.find(key);
  return found != nullptr ? found->text : "";
}

std::vector<Operation> operations(const YamlNode* list, Problems& problems) {
  std::vector<Operation> all;
  if (list == nullptr) return all;
  for (const YamlNode& node : list->items) {
    Operation operation;
    operation.line = node.line;
    for (const auto& [key, value] : node.entries) {
      const std::string type = verb_type(key);
      if (type.empty()) continue;
      if (!operation.verb.empty())
        problems.add(value.line, "an operation has one action, found \"" + operation.verb + "\" and \"" + key + "\"");
      operation.verb = key;
      Problems already_reported;
      operation.spec = checked(value, type, already_reported);
    }
    if (operation.verb.empty()) {
      problems.add(node.line, "an operation needs an action: one of " + base::join(verbs(), ", "));
      continue;
    }
    operation.description = text_of(node, "description");
    operation.continue_on_error = text_of(node, "continueOnError") == "true";
    if (const std::string compiler = text_of(node, "compiler"); !compiler.empty())
      operation.spec["compiler"] = compiler;
    const Json& spec = operation.spec;
    const bool sourced = operation.verb == "apply" || operation.verb == "create" || operation.verb == "update" ||
                         operation.verb == "patch" || operation.verb == "assert" || operation.verb == "error";
    if (sourced && spec.contains("file") == spec.contains("resource"))
      problems.add(node.line, operation.verb + " needs one of file and resource");
    if (operation.verb == "delete" && spec.contains("file") == spec.contains("ref"))
      problems.add(node.line, "delete needs one of file and ref");
    if (operation.verb == "script" && spec.contains("file") == spec.contains("content"))
      problems.add(node.line, "script needs one of content and file");
    if (operation.verb == "wait" && spec.contains("for") && spec["for"].size() != 1)
      problems.add(node.line, "wait needs one of for.deletion, for.condition and for.jsonPath");
    all.push_back(std::move(operation));
  }
  return all;
}

Step step_of(const YamlNode& node, Problems& problems) {
  Step step;
  step.line = node.line;
  step.name = text_of(node, "name");
  Problems already_reported;
  step.spec = checked(node, node.find("steps") == nullptr ? "TestStep" : "TestSpec", already_reported);
  for (const char* block : {"try", "catch", "finally", "cleanup"}) step.spec.erase(block);
  step.try_ = operations(node.find("try"), problems);
  step.catch_ = operations(node.find("catch"), problems);
  step.finally = operations(node.find("finally"), problems);
  step.cleanup = operations(node.find("cleanup"), problems);
  return step;
}

/// The v1alpha2 form of Test and Configuration in the words of v1alpha1.
Json to_v1alpha1(Json spec) {
  const auto move = [&](const char* section, const char* field, const char* to) {
    if (spec.contains(section) && spec[section].contains(field)) spec[to] = spec[section][field];
  };
  Json name, name_template, compiler;
  if (spec.contains("namespace")) {
    compiler = spec["namespace"].value("compiler", Json());
    name = spec["namespace"].value("name", Json());
    name_template = spec["namespace"].value("template", Json());
    spec.erase("namespace");
  }
  if (!name.is_null()) spec["namespace"] = name;
  if (!name_template.is_null()) spec["namespaceTemplate"] = name_template;
  if (!compiler.is_null()) spec["namespaceTemplateCompiler"] = compiler;
  move("cleanup", "skipDelete", "skipDelete");
  move("cleanup", "delayBeforeCleanup", "delayBeforeCleanup");
  move("deletion", "propagation", "deletionPropagationPolicy");
  for (const char* field : {"concurrent", "skip", "failFast", "parallel", "repeatCount"})
    move("execution", field, field);
  move("execution", "terminationGracePeriod", "forceTerminationGracePeriod");
  move("execution", "forceTerminationGracePeriod", "forceTerminationGracePeriod");
  move("templating", "enabled", "template");
  move("templating", "compiler", "compiler");
  for (const char* field : {"excludeTestRegex", "includeTestRegex", "testFile", "fullName"})
    move("discovery", field, field);
  move("report", "format", "reportFormat");
  move("report", "path", "reportPath");
  move("report", "name", "reportName");
  move("error", "catch", "catch");
  for (const char* section : {"cleanup", "deletion", "execution", "templating", "error", "discovery", "report"})
    spec.erase(section);
  return spec;
}

/// Puts the template's blocks into a step that says `use`.
void resolve_template(Step& step, const std::string& directory, const std::string& root, Problems& problems) {
  const std::string name = step.spec["use"].value("template", "");
  const auto files = expand_files(directory, name, root);
  if (!files || files->size() != 1)
    return problems.add(step.line,
                        "cannot use the step template " + name + (files ? "" : ": " + files.error().message));
  const auto text = base::read_file(files->front());
  if (!text) return problems.add(step.line, "cannot read the step template " + name);
  const auto documents = parse_yaml(*text, files->front());
  if (!documents) return problems.lines.push_back(documents.error().message);
  if (documents->size() != 1 || text_of(documents->front(), "kind") != "StepTemplate")
    return problems.add(step.line, name + " is not a StepTemplate");
  Problems own{files->front(), {}};
  const YamlNode* spec = documents->front().find("spec");
  if (spec == nullptr) return problems.add(step.line, name + " has no spec");
  (void)checked(*spec, "StepTemplateSpec", own);
  Step used = own.lines.empty() ? step_of(*spec, own) : Step{};
  problems.lines.insert(problems.lines.end(), own.lines.begin(), own.lines.end());
  // The template's bindings are defaults; `with` overrides them, and both come after the step's own.
  Json bindings = step.spec.value("bindings", Json::array());
  for (const Json& binding : used.spec.value("bindings", Json::array())) bindings.push_back(binding);
  const Json with = step.spec["use"].value("with", Json::object());
  for (const Json& binding : with.value("bindings", Json::array())) bindings.push_back(binding);
  step.spec["bindings"] = bindings;
  if (used.spec.contains("compiler")) step.spec["compiler"] = used.spec["compiler"];
  const auto append = [](std::vector<Operation>& to, const std::vector<Operation>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(step.try_, used.try_);
  append(step.catch_, used.catch_);
  append(step.finally, used.finally);
  append(step.cleanup, used.cleanup);
}

Test test_of(const YamlNode& document, const std::string& root, Problems& problems) {
  Test test;
  test.root = root;
  test.file = problems.file;
  test.directory = fs::path(problems.file).parent_path().string();
  if (test.directory.empty()) test.directory = ".";
  test.line = document.line;
  const std::string version = text_of(document, "apiVersion");
  for (const auto& [key, value] : document.entries)
    if (key != "apiVersion" && key != "kind" && key != "metadata" && key != "spec")
      problems.add(value.line, "unknown field \"" + key + "\" in Test");
  if (const YamlNode* metadata = document.find("metadata")) test.metadata = to_json(*metadata);
  test.name = test.metadata.is_object() && test.metadata.contains("name") && test.metadata["name"].is_string()
                  ? test.metadata["name"].get<std::string>()
                  : "";
  if (test.name.empty()) test.name = fs::path(test.directory).filename().string();
  const YamlNode* spec = document.find("spec");
  if (spec == nullptr) {
    problems.add(document.line, "field \"spec\" of Test is missing");
    return test;
  }
  const bool second = version == "chainsaw.kyverno.io/v1alpha2";
  if (!second && version != "chainsaw.kyverno.io/v1alpha1")
    problems.add(document.line, "apiVersion " + version + " is not known: v1alpha1 and v1alpha2 are");
  test.spec = checked(*spec, second ? "TestSpec2" : "TestSpec", problems);
  test.spec.erase("steps");
  const YamlNode* errors = second ? spec->find("error") : spec;
  test.catch_ = operations(errors != nullptr ? errors->find("catch") : nullptr, problems);
  if (second) test.spec = to_v1alpha1(std::move(test.spec));
  test.spec.erase("catch");
  const YamlNode* steps = spec->find("steps");
  if (steps != nullptr && problems.lines.empty())
    for (const YamlNode& node : steps->items) {
      test.steps.push_back(step_of(node, problems));
      Step& step = test.steps.back();
      if (step.spec.contains("use")) resolve_template(step, test.directory, root, problems);
      else if (step.try_.empty() && node.find("try") == nullptr) problems.add(node.line, "a step needs try or use");
    }
  return test;
}

bool is_yaml(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

}  // namespace

Result<std::vector<Test>> read_tests(const std::string& file, const std::string& root) {
  const auto text = base::read_file(file);
  if (!text) return Error{ErrorKind::not_found, file + ": cannot be read"};
  auto documents = parse_yaml(*text, file);
  if (!documents) return documents.error();
  std::vector<Test> tests;
  Problems problems{file, {}};
  for (const YamlNode& document : *documents) {
    if (!text_of(document, "apiVersion").starts_with(kGroup) || text_of(document, "kind") != "Test") {
      problems.add(document.line, "a scenario file holds documents of kind Test (" + std::string(kGroup) +
                                      "v1alpha1), found " + text_of(document, "apiVersion") + " " +
                                      text_of(document, "kind"));
      continue;
    }
    tests.push_back(test_of(document, root, problems));
  }
  if (tests.empty() && problems.lines.empty()) problems.add(1, "no Test in this file");
  if (!problems.lines.empty()) return problems.error();
  return tests;
}

namespace {

bool below(const fs::path& inner, const fs::path& outer) {
  const fs::path relative = inner.lexically_relative(outer);
  return !relative.empty() && relative.begin()->string() != "..";
}

/// A Test is recognised by its two first words, so that manifests with mistakes of their own stay the tests' business.
bool looks_like_test(const std::string& text) {
  bool group = false, kind = false;
  for (const std::string_view line : base::split(text, '\n')) {
    std::string_view value = line.substr(std::min(line.size(), line.find(':') + 1));
    value = base::trim(value.substr(0, value.find(" #")));
    if (value.size() > 1 && (value.front() == '"' || value.front() == '\'')) value = value.substr(1, value.size() - 2);
    group = group || (line.starts_with("apiVersion:") && value.starts_with(kGroup));
    kind = kind || (line.starts_with("kind:") && value == "Test");
  }
  return group && kind;
}

struct Finder {
  std::vector<Test> tests;
  Problems problems;

  void take(Result<std::vector<Test>> more, const std::string& root) {
    if (!more) return problems.lines.push_back(more.error().message);
    for (Test& test : *more) {
      test.root = root;
      tests.push_back(std::move(test));
    }
  }
  void suite(const std::string& file) {
    const auto directories = kuttl_suite_directories(file);
    if (!directories) return problems.lines.push_back(directories.error().message);
    if (directories->empty()) return directory(fs::path(file).parent_path().string(), file);
    for (const std::string& one : *directories) directory(one, file);
  }
  /// `suite`: the TestSuite that named the directory, if one did.
  void directory(const std::string& path, const std::string& suite = "") {
    std::error_code failure;
    if (!fs::is_directory(path, failure)) return problems.lines.push_back(path + ": no such directory");
    std::vector<fs::path> files, folders{fs::path(path)}, taken;
    for (const auto& entry : fs::recursive_directory_iterator(path, failure)) {
      if (entry.is_directory()) folders.push_back(entry.path());
      if (entry.is_regular_file() && is_yaml(entry.path())) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::sort(folders.begin(), folders.end());
    for (const fs::path& file : files) {
      const auto text = base::read_file(file.string());
      if (!text || !looks_like_test(*text)) continue;
      take(read_tests(file.string(), path), path);
      taken.push_back(file.parent_path());
    }
    // What lies below a test's directory belongs to the test.
    for (const fs::path& folder : folders) {
      if (std::any_of(taken.begin(), taken.end(), [&](const fs::path& owner) { return below(folder, owner); }) ||
          !is_kuttl_case(folder.string()))
        continue;
      take(read_kuttl(folder.string(), suite), suite.empty() ? path : fs::path(suite).parent_path().string());
      taken.push_back(folder);
    }
  }
};

}  // namespace

Found look_for_tests(const std::vector<std::string>& paths) {
  Finder finder;
  for (const std::string& path : paths) {
    std::error_code failure;
    if (!fs::exists(path, failure)) {
      finder.problems.lines.push_back(path + ": no such file or directory");
    } else if (fs::is_directory(path, failure)) {
      const std::string own = (fs::path(path) / "kuttl-test.yaml").string();
      if (fs::is_regular_file(own, failure)) finder.suite(own);
      else finder.directory(path);
    } else {
      const auto text = base::read_file(path);
      if (text && text->find("kind: TestSuite") != std::string::npos) finder.suite(path);
      else finder.take(read_tests(path), "");
    }
  }
  return {std::move(finder.tests), std::move(finder.problems.lines)};
}

Result<std::vector<Test>> find_tests(const std::vector<std::string>& paths) {
  Found found = look_for_tests(paths);
  if (!found.mistakes.empty()) return Error{ErrorKind::invalid, base::join(found.mistakes, "\n")};
  return std::move(found.tests);
}

Result<Configuration> read_configuration(const std::string& file) {
  const auto text = base::read_file(file);
  if (!text) return Error{ErrorKind::not_found, file + ": cannot be read"};
  auto documents = parse_yaml(*text, file);
  if (!documents) return documents.error();
  Problems problems{file, {}};
  if (documents->size() != 1 || text_of(documents->front(), "kind") != "Configuration")
    return Error{ErrorKind::invalid, file + ":1: expected one document of kind Configuration"};
  const YamlNode* spec = documents->front().find("spec");
  if (spec == nullptr) return Configuration{};
  const bool second = text_of(documents->front(), "apiVersion").ends_with("/v1alpha2");
  Json result = checked(*spec, second ? "ConfigurationSpec2" : "ConfigurationSpec", problems);
  Configuration configuration;
  const YamlNode* errors = second ? spec->find("error") : spec;
  configuration.catch_ = operations(errors != nullptr ? errors->find("catch") : nullptr, problems);
  if (!problems.lines.empty()) return problems.error();
  configuration.spec = second ? to_v1alpha1(std::move(result)) : std::move(result);
  configuration.spec.erase("catch");
  return configuration;
}

Result<std::vector<std::string>> expand_files(const std::string& directory, const std::string& pattern,
                                              const std::string& root) {
  if (pattern.starts_with("/"))
    return Error{ErrorKind::invalid, pattern + ": a scenario names files relative to its own directory"};
  const fs::path whole = (fs::path(directory) / pattern).lexically_normal();
  // Inside the working directory, or of the test's own when that is elsewhere; symbolic links count as what they lead
  // to.
  std::error_code failure;
  const auto inside = [&](const fs::path& file) {
    const fs::path reached = fs::weakly_canonical(file, failure);
    for (const std::string& folder : {std::string("."), directory, root})
      if (!folder.empty() && below(reached, fs::weakly_canonical(folder, failure))) return true;
    return false;
  };
  const Error outside{ErrorKind::invalid, pattern + ": lies outside of the working directory"};
  if (!inside(whole)) return outside;
  if (pattern.find_first_of("*?[") == std::string::npos) {
    if (!fs::is_regular_file(whole, failure)) return Error{ErrorKind::not_found, whole.string() + ": no such file"};
    return std::vector<std::string>{whole.string()};
  }
  std::vector<std::string> found;
  const fs::path folder = whole.parent_path();
  for (const auto& entry : fs::directory_iterator(folder, failure))
    if (entry.is_regular_file() && jmes::wildcard_match(whole.filename().string(), entry.path().filename().string()))
      found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  for (const std::string& file : found)
    if (!inside(file)) return outside;
  if (found.empty()) return Error{ErrorKind::not_found, whole.string() + ": matches no file"};
  return found;
}

}  // namespace scenario
