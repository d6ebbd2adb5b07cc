#include <gtest/gtest.h>
#include <cstdlib>

#include <filesystem>

#include "provisioner/base/text.h"
#include "scenarios/runner/test_file.h"

namespace {

using scenario::read_tests;

class Files : public testing::Test {
 protected:
  Files() : root_(testing::TempDir() + "test_file_" + std::to_string(getpid())) {
    std::filesystem::create_directories(root_);
  }
  ~Files() override { std::filesystem::remove_all(root_); }
  std::string put(const std::string& name, const std::string& text) {
    const std::string path = root_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    EXPECT_TRUE(base::write_file(path, text));
    return path;
  }
  std::string root_;
};

const std::string kHead = "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\n";  // 3 lines

struct Bad {
  const char* spec;
  const char* reason;
};  // the reason begins with the line

TEST_F(Files, MistakesHaveFileAndLine) {
  const Bad cases[] = {
      {"spec:\n  steps:\n  - try:\n    - apply: {file: a.yaml}\n  stepz: []\n",
       "8: unknown field \"stepz\" in TestSpec"},
      {"spec:\n  steps:\n  - try:\n    - aply: {file: a.yaml}\n", "7: unknown field \"aply\" in Operation"},
      {"spec:\n  steps:\n  - try:\n    - apply:\n        file: a.yaml\n        files: b\n",
       "9: unknown field \"files\" in Apply"},
      {"spec:\n  steps:\n  - try:\n    - apply: {}\n", "7: apply needs one of file and resource"},
      {"spec:\n  steps:\n  - try:\n    - {apply: {file: a}, assert: {file: b}}\n", "7: an operation has one action"},
      {"spec:\n  steps:\n  - try:\n    - description: nothing\n", "7: an operation needs an action"},
      {"spec:\n  steps:\n  - try:\n    - sleep: {duration: soon}\n", "7: expected a duration, found \"soon\""},
      {"spec:\n  steps:\n  - try:\n    - sleep: {}\n", "7: field \"duration\" of Sleep is missing"},
      {"spec:\n  skip: maybe\n  steps: []\n", "5: expected a bool, found \"maybe\""},
      {"spec: {}\n", "4: field \"steps\" of TestSpec is missing"},
      {"", "1: field \"spec\" of Test is missing"},
      {"spec:\n  steps: {}\n", "5: expected a list, found a mapping"},
      {"spec:\n  steps:\n  - {name: x}\n", "6: a step needs try or use"},
      {"spec:\n  compiler: go\n  steps: []\n", "5: expected a compiler, found \"go\""},
      {"spec:\n  steps:\n  - use: {template: none.yaml}\n", "6: cannot use the step template none.yaml"},
      {"spec:\n  steps:\n  - try:\n    - wait: {apiVersion: v1, kind: Pod, for: {}}\n", "7: wait needs one of"},
      {"spec: [\n", ""},
      {"extra: 1\nspec: {steps: []}\n", "4: unknown field \"extra\" in Test"}};
  for (const Bad& c : cases) {
    const std::string path = put("chainsaw-test.yaml", kHead + c.spec);
    const auto tests = read_tests(path);
    ASSERT_FALSE(tests.ok()) << c.spec;
    EXPECT_EQ(tests.error().message.rfind(path + ":" + c.reason, 0), 0U) << tests.error().message << " for " << c.spec;
  }
  EXPECT_FALSE(read_tests(put("other.yaml", "apiVersion: v1\nkind: Pod\n")).ok());
  EXPECT_FALSE(
      read_tests(put("v3.yaml", "apiVersion: chainsaw.kyverno.io/v1beta7\nkind: Test\nspec: {steps: []}\n")).ok());
  EXPECT_FALSE(scenario::find_tests({root_ + "/nowhere"}).ok());
}

TEST_F(Files, EveryOperationIsRead) {
  const auto tests = read_tests(put("chainsaw-test.yaml", kHead + R"(spec:
  timeouts: {assert: 2m}
  bindings: [{name: a, value: 1}]
  catch: [{events: {}}]
  steps:
  - name: all
    skipDelete: true
    try:
    - {apply: {file: a.yaml, expect: [{match: {}, check: {}}], outputs: [{name: x, value: (y)}]}, description: d, continueOnError: true}
    - create: {resource: {kind: Pod}}
    - update: {file: a.yaml}
    - patch: {file: a.yaml}
    - delete: {ref: {apiVersion: v1, kind: Pod, labels: {a: b}}}
    - assert: {file: a.yaml}
    - error: {file: a.yaml}
    - script: {content: "true", env: [{name: A, value: b}], check: {($error): null}}
    - command: {entrypoint: echo, args: [1, two]}
    - sleep: {duration: 5s}
    - wait: {apiVersion: v1, kind: Pod, for: {condition: {name: Ready, value: 'true'}}}
    - get: {apiVersion: v1, kind: Pod, format: yaml}
    - describe: {apiVersion: v1, kind: Pod, showEvents: false}
    - podLogs: {selector: a=b, tail: 5}
    - events: {}
    - proxy: {apiVersion: v1, kind: Pod, name: x, port: 80, path: /}
    catch: [{podLogs: {}}]
    finally: [{sleep: {duration: 1s}}]
    cleanup: [{script: {content: x}}]
)"));
  ASSERT_TRUE(tests.ok()) << tests.error().message;
  const scenario::Step& step = tests->front().steps.front();
  ASSERT_EQ(step.try_.size(), scenario::verbs().size());
  EXPECT_TRUE(step.try_[0].continue_on_error);
  EXPECT_EQ(step.try_[8].spec["args"], scenario::Json({"1", "two"}));
  EXPECT_EQ(step.try_[0].line, 12);
  EXPECT_EQ(step.catch_.size() + step.finally.size() + step.cleanup.size() + tests->front().catch_.size(), 4U);
}

TEST_F(Files, SecondVersionAndTemplates) {
  put("step.yaml",
      "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: StepTemplate\nmetadata: {name: s}\nspec:\n  bindings: [{name: "
      "a, value: 1}]\n  try: [{sleep: {duration: 1s}}]\n");
  const auto tests = read_tests(
      put("chainsaw-test.yaml",
          "apiVersion: chainsaw.kyverno.io/v1alpha2\nkind: Test\nmetadata: {name: t}\nspec:\n  execution: {concurrent: "
          "false, skip: true}\n  namespace: {name: ns}\n"
          "  cleanup: {skipDelete: true}\n  error: {catch: [{events: {}}]}\n  templating: {enabled: false}\n  steps:\n"
          "  - use: {template: step.yaml, with: {bindings: [{name: a, value: 2}]}}\n"));
  ASSERT_TRUE(tests.ok()) << tests.error().message;
  const scenario::Test& test = tests->front();
  EXPECT_EQ(test.spec, scenario::Json::parse(
                           R"({"concurrent":false,"skip":true,"namespace":"ns","skipDelete":true,"template":false})"));
  EXPECT_EQ(test.catch_.size(), 1U);
  EXPECT_EQ(test.steps[0].try_.size(), 1U);
  EXPECT_EQ(test.steps[0].spec["bindings"].size(), 2U);
  put("step.yaml", "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: StepTemplate\nspec:\n  tri: []\n");
  const auto broken = read_tests(root_ + "/chainsaw-test.yaml");
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().message.find("step.yaml:4: unknown field \"tri\""), std::string::npos)
      << broken.error().message;
}

TEST_F(Files, Configuration) {
  auto one = scenario::read_configuration(put(
      "c1.yaml",
      "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Configuration\nspec: {timeouts: {apply: 1m}, parallel: 3}\n"));
  auto two = scenario::read_configuration(
      put("c2.yaml",
          "apiVersion: chainsaw.kyverno.io/v1alpha2\nkind: Configuration\nspec: {timeouts: {apply: 1m}, execution: "
          "{parallel: 3}, error: {catch: [{events: {}}]}}\n"));
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->spec, two->spec);
  EXPECT_EQ(two->catch_.size(), 1U);
  EXPECT_FALSE(
      scenario::read_configuration(
          put("c3.yaml",
              "apiVersion: chainsaw.kyverno.io/v1alpha2\nkind: Configuration\nspec: {execution: {paralel: 3}}\n"))
          .ok());
}

TEST_F(Files, KuttlSuitesNameWhatIsAboveThemAndCommandsAreKuttls) {
  // Any name; what it names is relative to where KUTTL was started: here or above.
  put("p/tests/suite-a.yaml",
      "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\ntestDirs: [./tests/e2e]\nmanifestDirs: [tests/crds]\ntimeout: "
      "9\n");
  put("p/tests/crds/a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n");
  put("p/tests/e2e/case/00-run.yaml",
      "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\ndelete: [{apiVersion: v1, kind: Pod, name: x}]\nassert: "
      "[$DRYDOCK_TEST_DIR/x.yaml]\ncommands:\n- {command: kubectl get pods -n other, namespaced: true}\n"
      "- {command: kubectl get pods, namespaced: true, timeout: -1}\n");
  put("p/tests/e2e/case/checks/x.yaml", "apiVersion: v1\nkind: Pod\n");
  ::setenv("DRYDOCK_TEST_DIR", "checks", 1);
  const auto tests = scenario::find_tests({root_ + "/p/tests/suite-a.yaml"});
  ASSERT_TRUE(tests.ok()) << tests.error().message;
  ASSERT_EQ(tests->size(), 1U);
  ASSERT_EQ(tests->front().steps.size(), 2U);
  EXPECT_EQ(tests->front().steps[0].try_[0].verb, "apply");
  const auto& operations = tests->front().steps[1].try_;
  ASSERT_EQ(operations.size(), 4U);
  EXPECT_EQ(operations[0].spec["timeout"], "9s");  // a deletion has the step's time
  EXPECT_EQ(operations[1].spec["args"], scenario::Json::parse(R"(["get","pods","-n","other"])"));
  EXPECT_EQ(operations[2].spec["args"], scenario::Json::parse(R"(["get","pods","--namespace","$NAMESPACE"])"));
  EXPECT_EQ(operations[2].spec["timeout"], "24h");
  EXPECT_EQ(operations[3].spec["file"], "checks/x.yaml");
  put("p/tests/e2e/case/01-bad.yaml",
      "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\ncommands: [{script: 'true', namespaced: true}]\n");
  const auto bad = scenario::find_tests({root_ + "/p/tests/suite-a.yaml"});
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("cannot be namespaced"), std::string::npos) << bad.error().message;
}

TEST_F(Files, KuttlDirectories) {
  put("k/kuttl-test.yaml", "apiVersion: kuttl.dev/v1beta1\nkind: TestSuite\ntestDirs: [.]\ntimeout: 40\n");
  put("k/case/00-claim.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: (literal)}\n---\napiVersion: kuttl.dev/v1beta1\nkind: "
      "TestStep\ndelete:\n- {apiVersion: v1, kind: Pod, name: x}\n"
      "commands:\n- {command: echo hi, timeout: 5}\n- {script: 'exit 3', ignoreFailure: true}\n");
  put("k/case/00-assert.yaml",
      "apiVersion: kuttl.dev/v1beta1\nkind: TestAssert\ntimeout: 7\ncollectors: [{type: pod, pod: "
      "x}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: (literal)}\n");
  put("k/case/01-errors.yaml", "apiVersion: v1\nkind: Pod\n");
  const auto tests = scenario::find_tests({root_ + "/k"});
  ASSERT_TRUE(tests.ok()) << tests.error().message;
  ASSERT_EQ(tests->size(), 1U);
  const scenario::Test& test = tests->front();
  EXPECT_TRUE(test.kuttl);
  EXPECT_EQ(test.name, "case");
  ASSERT_EQ(test.steps.size(), 2U);
  std::vector<std::string> verbs;
  for (const auto& operation : test.steps[0].try_) verbs.push_back(operation.verb);
  EXPECT_EQ(verbs, (std::vector<std::string>{"delete", "command", "script", "apply", "assert"}));
  EXPECT_EQ(test.steps[0].try_[4].spec["together"], "7s");
  EXPECT_EQ(test.steps[1].try_[0].verb, "error");
  EXPECT_EQ(test.steps[1].try_[0].spec["together"], "40s");
  EXPECT_EQ(test.steps[0].catch_.size(), 1U);
  EXPECT_EQ(test.steps[0].try_[1].spec["args"], scenario::Json::parse(R"(["hi"])"));
  // What is asserted and what is applied is the first word's business; a directory is a step; a TestFile with a
  // selector is left out.
  put("k/case/03-assert-more.yaml", "apiVersion: v1\nkind: Pod\n");
  put("k/case/03-my-assert.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
  put("k/case/04-many/one.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n");
  put("k/case/04-many/assert.yaml", "apiVersion: kuttl.dev/v1beta1\nkind: TestAssert\ncommands: [{script: 'true'}]\n");
  put("k/case/04-many/errors.yaml", "apiVersion: v1\nkind: Secret\n");
  put("k/case/05-other.yaml",
      "apiVersion: kuttl.dev/v1beta1\nkind: TestFile\ntestRunSelector: {matchLabels: {a: b}}\n---\napiVersion: "
      "v1\nkind: Pod\n");
  put("k/case/README.md", "no part of it");
  put("k/case/06-note.txt", "no part of it");
  const auto more = scenario::find_tests({root_ + "/k/kuttl-test.yaml"});
  ASSERT_TRUE(more.ok()) << more.error().message;
  ASSERT_EQ(more->size(), 1U);
  std::string seen;
  for (std::size_t i = 2; i < more->front().steps.size(); ++i) {
    seen += more->front().steps[i].name + ":";
    for (const auto& operation : more->front().steps[i].try_) seen += " " + operation.verb;
    seen += "\n";
  }
  EXPECT_EQ(seen, "3-my-assert: apply assert\n4-one: apply script error\n5:\n");
  put("k/case/02-x.yaml", "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\nboom: 1\n");
  put("k/other/00-a.gotmpl.yaml", "apiVersion: v1\nkind: {{ if .Vars.a }}Pod{{ end }}\n");
  put("k/third/00-a.yaml", "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\nkubeconfig: [elsewhere]\n");
  const auto bad = scenario::find_tests({root_ + "/k"});
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("00-a.gotmpl.yaml:2: Go templates (.gotmpl.yaml) know .Namespace and .Vars.NAME "
                                     "here, found {{ if .Vars.a }}"),
            std::string::npos)
      << bad.error().message;
  EXPECT_NE(bad.error().message.find("third/00-a.yaml:1: kubeconfig and context: expected texts"), std::string::npos)
      << bad.error().message;
  EXPECT_NE(bad.error().message.find("02-x.yaml:3: unknown field \"boom\" in TestStep"), std::string::npos)
      << bad.error().message;
}

}  // namespace
