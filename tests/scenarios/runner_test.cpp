// Every operation of a scenario against the lab in memory: one that passes and one that is refused, as YAML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "provisioner/base/text.h"
#include "scenarios/runner/memory_world.h"
#include "scenarios/runner/report.h"
#include "scenarios/runner/steps.h"

namespace {

using scenario::Json;
using scenario::Verdict;

class Runner : public testing::Test {
 protected:
  Runner() : folder_(testing::TempDir() + "runner_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~Runner() override { std::filesystem::remove_all(folder_); }
  void put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(base::write_file(folder_ + "/" + name, text));
  }
  /// Runs a spec (YAML below `spec:`) in a fresh world.
  scenario::TestResult run(const std::string& spec, std::uint64_t seed = 1,
                           std::vector<std::string>* journal = nullptr) {
    const std::string file = folder_ + "/chainsaw-test.yaml";
    EXPECT_TRUE(base::write_file(
        file, "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\nspec:\n" + spec));
    auto tests = scenario::read_tests(file);
    scenario::TestResult broken;
    broken.verdict = Verdict::failed;
    if (!tests) {
      broken.message = tests.error().message;
      return broken;
    }
    scenario::WorldConfig config;
    config.seed = seed;
    auto world = scenario::MemoryWorld::make(config);
    EXPECT_TRUE(world.ok()) << world.error().message;
    scenario::RunConfig run_config;
    run_config.values = {{"size", "2Gi"}};
    auto result = (*world)->run(tests->front(), run_config, 1, nullptr);
    if (journal != nullptr) *journal = (*world)->world().journal().lines();
    return result;
  }
  /// The same for the operations of one step.
  scenario::TestResult steps(const std::string& operations) { return run("  steps:\n  - try:\n" + operations); }
  static std::string why(const scenario::TestResult& result) {
    std::string text = result.message;
    for (const auto& step : result.steps)
      for (const auto& operation : step.operations)
        if (operation.verdict == Verdict::failed)
          text += "[" + operation.block + " " + operation.name + ": " + operation.message + "]";
    return text;
  }
  std::string folder_;
};

const std::string kMap = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: v}}";

struct Case {
  const char* verb;
  std::string operations;
  const char* failure;  // "" passes; else a part of the message
};

TEST_F(Runner, EveryOperation) {
  put("two.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: "
      "two}\n");
  const std::string make = "    - create: {resource: " + kMap + "}\n";
  const Case cases[] = {
      {"apply",
       "    - apply: {resource: " + kMap +
           "}\n    - apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: w}}}\n    - "
           "assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: w}}}\n",
       ""},
      {"apply", "    - apply: {timeout: 1s, resource: {apiVersion: v1, kind: Nonsense, metadata: {name: m}}}\n",
       "no matches for kind"},
      {"apply", "    - apply: {file: two.yaml}\n    - assert: {file: two.yaml}\n", ""},
      {"apply", "    - apply: {file: none.yaml}\n", "no such file"},
      {"apply", "    - apply: {file: /etc/passwd}\n", "relative"},
      {"apply", "    - apply: {file: ../../../../../../etc/passwd}\n", "outside"},
      {"apply", "    - apply: {file: 'https://example.com/x.yaml'}\n", "own directory"},
      {"create", make + "    - create: {timeout: 1s, resource: " + kMap + "}\n", "already exists"},
      {"create",
       make + "    - create: {timeout: 1s, resource: " + kMap +
           ", expect: [{check: {\"(contains($error, 'already exists'))\": true}}]}\n",
       ""},
      {"create",
       "    - create: {resource: " + kMap +
           ", outputs: [{name: made, value: (metadata.name)}]}\n    - assert: {resource: {apiVersion: v1, kind: "
           "ConfigMap, metadata: {name: ($made)}}}\n",
       ""},
      // What was expected to fail has outputs too; what is not there is deleted already.
      {"create",
       make + "    - create: {timeout: 1s, resource: " + kMap +
           ", expect: [{check: {($error != null): true}}], outputs: [{name: why, value: ($error)}]}\n"
           "    - assert: {resource: {\"(contains($why, 'already exists'))\": true}}\n",
       ""},
      {"delete",
       "    - delete: {ref: {apiVersion: v1, kind: ConfigMap, name: absent}, expect: [{check: {($error != null): "
       "true}}]}\n",
       ""},
      {"update",
       make + "    - update: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {n: x}}}\n    - "
              "assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {(k): null, n: x}}}\n",
       ""},
      {"update", "    - update: {timeout: 1s, resource: " + kMap + "}\n", "not found"},
      {"patch",
       make + "    - patch: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {n: x}}}\n    - "
              "assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: v, n: x}}}\n",
       ""},
      {"patch", "    - patch: {timeout: 1s, resource: " + kMap + "}\n", "not found"},
      {"delete",
       make + "    - delete: {ref: {apiVersion: v1, kind: ConfigMap, name: m}}\n    - error: {resource: {apiVersion: "
              "v1, kind: ConfigMap, metadata: {name: m}}}\n",
       ""},
      {"delete", "    - delete: {ref: {apiVersion: v1, kind: Nonsense, name: m}}\n", "no matches for kind"},
      {"assert",
       make + "    - assert: {timeout: 1s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: "
              "other}}}\n",
       "data.k: expected \"other\", found \"v\""},
      {"assert",
       make + "    - assert: {timeout: 1s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: absent}}}\n",
       "no such object"},
      {"assert", make + "    - assert: {resource: {apiVersion: v1, kind: ConfigMap, data: {\"(length(k))\": 1}}}\n",
       ""},
      // Labels that are trees compare, and neither select nor keep the name from being evaluated.
      {"assert",
       "    - create: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m, labels: {type: my-first, app: "
       "x}}}, outputs: [{name: made, value: (metadata.name)}]}\n"
       "    - assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: ($made), labels: {app: x, type: "
       "{\"(starts_with(@, 'my-'))\": true}}}}}\n"
       "    - assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {labels: {app: \"(join('', ['x']))\", "
       "type: {\"(starts_with(@, 'my-'))\": true}}}}}\n",
       ""},
      {"assert",
       "    - assert: {timeout: 1s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: ($nobody)}}}\n",
       "nobody"},
      {"assert", "    - assert: {timeout: 1s, resource: {(`1` + `1`): 2}}\n", ""},
      {"assert",
       make + "    - assert: {resource: {\"(x_k8s_get($client, 'v1', 'ConfigMap', $namespace, 'm').data.k)\": v}}\n",
       ""},
      {"error", make + "    - error: {timeout: 1s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}}}\n",
       "should not"},
      {"error", "    - error: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: m}}}\n", ""},
      {"sleep", "    - sleep: {duration: 1h}\n", ""},
      {"wait",
       "    - apply: {resource: {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: "
       "nginx}]}}}\n    - wait: {apiVersion: v1, kind: Pod, name: p, timeout: 1m, for: {condition: {name: Ready}}}\n"
       "    - wait: {apiVersion: v1, kind: Pod, name: p, timeout: 1m, for: {jsonPath: {path: '{.status.phase}', value: "
       "Running}}}\n",
       ""},
      {"wait", make + "    - wait: {apiVersion: v1, kind: ConfigMap, name: m, timeout: 1s, for: {deletion: {}}}\n",
       "still there"},
      {"wait", "    - wait: {apiVersion: v1, kind: Pod, name: none, timeout: 1s, for: {condition: {name: Ready}}}\n",
       "no matching resources"},
      {"get", make + "    - get: {apiVersion: v1, kind: ConfigMap, name: m, format: yaml}\n", ""},
      {"get", "    - get: {apiVersion: v1, kind: ConfigMap, name: none}\n", "not found"},
      {"describe", make + "    - describe: {apiVersion: v1, kind: ConfigMap}\n", ""},
      {"describe", "    - describe: {apiVersion: v1, kind: Nonsense}\n", "no matches for kind"},
      {"events", "    - events: {}\n", ""},
      {"podLogs", "    - podLogs: {name: none}\n", "not found"},
      {"proxy", "    - proxy: {apiVersion: v1, kind: Service, name: none, port: 80, path: /}\n", ""},
      {"script", "    - script: {content: 'true'}\n", "wire world"},
      {"command", "    - command: {entrypoint: 'true'}\n", "wire world"},
  };
  std::set<std::string> seen;
  for (const Case& c : cases) {
    seen.insert(c.verb);
    const auto result = steps(c.operations);
    const std::string text = why(result);
    if (std::string(c.verb) == "proxy") {
      EXPECT_EQ(result.verdict, Verdict::failed);
      continue;
    }
    EXPECT_EQ(result.verdict, *c.failure == '\0' ? Verdict::passed : Verdict::failed) << c.operations << text;
    if (*c.failure != '\0') {
      EXPECT_THAT(text, testing::HasSubstr(c.failure)) << c.operations;
    }
  }
  for (const auto& row : scenario::step_table()) EXPECT_TRUE(seen.contains(std::string(row.verb))) << row.verb;
}

TEST_F(Runner, BlocksRunInOrder) {
  const auto result = run(
      "  catch: [{description: test-catch, events: {}}]\n  steps:\n  - name: one\n    try:\n    - {description: "
      "goes-on, continueOnError: true, assert: {timeout: 1s, resource: {(`1`): 2}}}\n"
      "    - {description: second, sleep: {duration: 1s}}\n    catch: [{description: step-catch, events: {}}]\n    "
      "finally: [{description: at-last, sleep: {duration: 1s}}]\n"
      "    cleanup: [{description: tidy, sleep: {duration: 1s}}]\n  - name: two\n    try: [{sleep: {duration: 1s}}]\n");
  EXPECT_EQ(result.verdict, Verdict::failed);
  std::vector<std::string> names;
  for (const auto& step : result.steps)
    for (const auto& operation : step.operations)
      if (operation.verdict != Verdict::skipped) names.push_back(operation.name);
  EXPECT_EQ(names, (std::vector<std::string>{"goes-on", "second", "test-catch", "step-catch", "at-last", "tidy"}));
  EXPECT_EQ(result.steps[1].verdict, Verdict::skipped);
}

TEST_F(Runner, NamespacesBindingsAndCleanup) {
  std::vector<std::string> journal;
  const auto result =
      run("  bindings: [{name: a, value: x}, {name: b, value: \"(join('-', [$a, $namespace]))\"}]\n  "
          "namespaceTemplate: {metadata: {labels: {team: \"(join('', ['x', 'y']))\"}}}\n  steps:\n"
          "  - bindings: [{name: a, value: z}]\n    try:\n    - apply: {resource: {apiVersion: v1, kind: ConfigMap, "
          "metadata: {name: \"(join('-', [$a, 'map']))\"}, data: {b: ($b), size: ($values.size)}}}\n"
          "    - assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: z-map, namespace: "
          "($namespace)}, data: {size: 2Gi}}}\n"
          "    - assert: {resource: {apiVersion: v1, kind: Namespace, metadata: {name: ($namespace), labels: {team: "
          "xy}}}}\n",
          1, &journal);
  EXPECT_EQ(result.verdict, Verdict::passed) << why(result);
  EXPECT_TRUE(result.ns.starts_with("chainsaw-")) << result.ns;
  bool map_deleted = false, space_deleted = false;
  for (const std::string& line : journal) {
    map_deleted = map_deleted || (line.find("DELETE") != std::string::npos && line.find("z-map") != std::string::npos);
    space_deleted = space_deleted || (line.find("DELETE /api/v1/namespaces/" + result.ns + " ") != std::string::npos);
  }
  EXPECT_TRUE(map_deleted && space_deleted);
}

TEST_F(Runner, NamespaceTemplatesSeeTheChosenNameAndMayGiveAnother) {
  const auto result =
      run("  namespaceTemplate: {metadata: {name: \"(join('-', [$namespace, 'x']))\", annotations: {size: "
          "($values.size), first: ($namespace)}}}\n  steps:\n  - try:\n"
          "    - assert: {resource: {apiVersion: v1, kind: Namespace, metadata: {name: ($namespace), annotations: "
          "{size: 2Gi, \"(join('-', [first, 'x']))\": ($namespace)}}}}\n");
  EXPECT_EQ(result.verdict, Verdict::passed) << why(result);
  EXPECT_TRUE(result.ns.ends_with("-x")) << result.ns;
  const auto fixed =
      run("  namespaceTemplate: {metadata: {name: foo}}\n  steps:\n  - try:\n    - assert: {resource: {apiVersion: v1, "
          "kind: Namespace, metadata: {name: foo}}}\n");
  EXPECT_EQ(fixed.verdict, Verdict::passed) << why(fixed);
  EXPECT_EQ(fixed.ns, "foo");
}

TEST_F(Runner, OnlyOutputsOutliveAnOperation) {
  const auto result =
      run("  bindings: [{name: a, value: x}]\n  steps:\n  - try:\n"
          "    - apply: {bindings: [{name: a, value: w}], outputs: [{name: got, value: (metadata.name)}], resource: "
          "{apiVersion: v1, kind: ConfigMap, metadata: {name: ($a)}}}\n"
          "    - assert: {resource: {\"(join('', [$a, $got]))\": xw}}\n"
          "    - get: {resource: cm, name: w, format: json}\n    - wait: {resource: configmaps, name: w, timeout: 1s, "
          "for: {jsonPath: {path: '{.metadata.name}', value: w}}}\n"
          "    - describe: {resource: deployments.apps}\n");
  EXPECT_EQ(result.verdict, Verdict::passed) << why(result);
}

TEST_F(Runner, SameSeedSameJournal) {
  const std::string spec =
      "  steps:\n  - try:\n    - apply: {resource: {apiVersion: v1, kind: Pod, metadata: {generateName: p-}, spec: "
      "{containers: [{name: c, image: nginx}]}}}\n    - sleep: {duration: 10s}\n";
  std::vector<std::string> first, second, third;
  run(spec, 7, &first);
  run(spec, 7, &second);
  run(spec, 8, &third);
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
  EXPECT_GT(first.size(), 5U);
}

TEST_F(Runner, LabObjects) {
  const auto result = steps(
      "    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: OntapCommand, metadata: {name: c}, spec: "
      "{command: vserver show -vserver svm1}}}\n"
      "    - assert: {resource: {apiVersion: lab.drydock.dev/v1, kind: OntapCommand, metadata: {name: c}, status: "
      "{phase: Done, \"(contains(output, 'svm1'))\": true}}}\n"
      "    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: OntapCommand, metadata: {name: bad}, spec: "
      "{command: no such command}}}\n"
      "    - assert: {resource: {apiVersion: lab.drydock.dev/v1, kind: OntapCommand, metadata: {name: bad}, status: "
      "{phase: Failed}}}\n"
      "    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: Fault, metadata: {name: f}, spec: {preset: "
      "overload, times: 1}}}\n"
      "    - assert: {resource: {apiVersion: lab.drydock.dev/v1, kind: Fault, metadata: {name: f}, status: {phase: "
      "Done}}}\n"
      "    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: Fault, metadata: {name: g}, spec: {preset: "
      "nonsense}}}\n"
      "    - assert: {resource: {apiVersion: lab.drydock.dev/v1, kind: Fault, metadata: {name: g}, status: {phase: "
      "Failed}}}\n"
      "    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: Clock, metadata: {name: k}, spec: {advance: "
      "1h}}}\n"
      "    - assert: {resource: {apiVersion: lab.drydock.dev/v1, kind: Clock, metadata: {name: k}, status: {phase: "
      "Done}}}\n"
      "    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: Crash, metadata: {name: x}, spec: {}}}\n"
      "    - assert: {resource: {apiVersion: lab.drydock.dev/v1, kind: Crash, metadata: {name: x}, status: {phase: "
      "Failed}}}\n"
      "    - assert: {resource: {apiVersion: ontap.drydock.dev/v1, kind: OntapAggregate, metadata: {name: aggr1}, "
      "status: {type: hybrid, state: online}}}\n"
      "    - apply: {resource: {apiVersion: lab.drydock.dev/v1, kind: OntapCommand, metadata: {name: v}, spec: "
      "{command: volume create -vserver svm1 -volume data_1 -aggregate aggr1 -size 1g}}}\n"
      "    - assert: {resource: {apiVersion: ontap.drydock.dev/v1, kind: OntapVolume, metadata: {name: svm1.data-1}, "
      "status: {name: data_1, size: 1073741824}}}\n"
      "    - create: {timeout: 1s, resource: {apiVersion: ontap.drydock.dev/v1, kind: OntapVolume, metadata: {name: "
      "y}}, expect: [{check: {\"(contains($error, 'cannot be written'))\": true}}]}\n");
  EXPECT_EQ(result.verdict, Verdict::passed) << why(result);
}

TEST_F(Runner, Reports) {
  const auto good = steps("    - sleep: {duration: 1s}\n");
  const auto bad = steps("    - assert: {timeout: 1s, resource: {(`1`): \"<2>\"}}\n");
  const std::vector<scenario::TestResult> all = {good, bad};
  const auto counts = scenario::count(all, scenario::Granularity::test);
  EXPECT_EQ(counts.passed, 1U);
  EXPECT_EQ(counts.failed, 1U);
  EXPECT_THAT(scenario::junit(all, scenario::Granularity::step),
              testing::AllOf(testing::HasSubstr("tests=\"2\" failures=\"1\""), testing::HasSubstr("&lt;2&gt;")));
  EXPECT_THAT(scenario::tap(all, scenario::Granularity::test),
              testing::AllOf(testing::HasSubstr("1..2\nok 1"), testing::HasSubstr("not ok 2")));
  EXPECT_THAT(scenario::json_lines(all), testing::HasSubstr("\"verdict\":\"FAIL\""));
  EXPECT_THAT(scenario::html(all, "t"),
              testing::AllOf(testing::HasSubstr("1 passed, 1 failed"), testing::HasSubstr("data-lane")));
}

}  // namespace
