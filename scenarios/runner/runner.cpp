#include "scenarios/runner/runner.h"

#include <algorithm>
#include <filesystem>

#include "scenarios/runner/duration.h"
#include "scenarios/runner/kuttl_template.h"
#include "scenarios/runner/steps.h"

namespace scenario {

using boost::asio::awaitable;

namespace {

constexpr std::pair<std::string_view, std::string_view> kTimeouts[] = {
    {"apply", "5s"}, {"assert", "30s"}, {"cleanup", "30s"}, {"delete", "15s"}, {"error", "30s"}, {"exec", "5s"}};

/// A value that operation, step, test and configuration may set, the innermost first.
Json inherited(std::initializer_list<const Json*> scopes, std::string_view field, Json missing) {
  for (const Json* scope : scopes)
    if (scope->is_object() && scope->contains(field)) return (*scope)[std::string(field)];
  return missing;
}

std::string compiler_of(std::initializer_list<const Json*> scopes) {
  return inherited(scopes, "compiler", "jp").get<std::string>();
}

base::Duration timeout_of(std::string_view row, const Json& operation, const Json& step, const Json& test,
                          const Json& config) {
  if (operation.is_object() && operation.contains("timeout"))
    return parse_duration(operation["timeout"].get<std::string>()).value_or(base::Duration{0});
  for (const Json* scope : {&step, &test, &config})
    if (scope->is_object() && scope->contains("timeouts") && (*scope)["timeouts"].contains(row))
      return parse_duration((*scope)["timeouts"][std::string(row)].get<std::string>()).value_or(base::Duration{0});
  for (const auto& [name, value] : kTimeouts)
    if (name == row) return *parse_duration(value);
  return std::chrono::seconds(5);
}

std::string operation_name(const Operation& operation) {
  if (!operation.description.empty()) return operation.description;
  const Json& spec = operation.spec;
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  std::string what;
  if (spec.contains("file")) what = text(spec["file"]);
  else if (spec.contains("resource") && spec["resource"].is_object()) what = show(ref_of(spec["resource"]));
  else if (spec.contains("ref"))
    what = text(spec["ref"].value("kind", Json(""))) + " " + text(spec["ref"].value("name", Json("")));
  else if (spec.contains("content")) what = text(spec["content"]).substr(0, text(spec["content"]).find('\n'));
  else if (spec.contains("entrypoint")) {
    what = text(spec["entrypoint"]);
    for (const Json& argument : spec.value("args", Json::array())) what += " " + text(argument);
  } else if (spec.contains("kind")) what = text(spec["kind"]) + " " + text(spec.value("name", Json("")));
  else if (spec.contains("expressions")) what = "expressions";
  else if (spec.contains("duration")) what = text(spec["duration"]);
  return operation.verb + (what.empty() ? "" : " " + what);
}

class TestRun {
 public:
  TestRun(Lab& lab, const Test& test, const RunConfig& config, int id, std::function<void(const StepResult&)> on_step)
      : lab_(lab),
        test_(test),
        config_(config),
        run_{lab, test, config, KubeClient(*lab.transport, lab.kube), "", {}, 0, true, "", ""},
        on_step_(std::move(on_step)),
        id_(id) {}

  awaitable<TestResult> run() {
    began_ = lab_.clock->now();
    result_.name = test_.name;
    result_.file = test_.file;
    note("test " + test_.name + " begins");
    if (inherited({&test_.spec}, "skip", false) == Json(true)) {
      result_.verdict = Verdict::skipped;
      co_return std::move(result_);
    }
    prepare_bindings();
    std::optional<std::string> problem = choose_cluster({&test_.spec, &config_.spec});
    if (!problem) problem = co_await prepare_namespace();
    context_.compiler = compiler_of({&test_.spec, &config_.spec});
    if (!problem) problem = add_bindings(test_.spec.value("bindings", Json::array()), context_, !test_.kuttl);
    bool failed = problem.has_value();
    if (problem) result_.message = *problem;
    for (std::size_t i = 0; i < test_.steps.size(); ++i) {
      StepResult step;
      step.name = test_.steps[i].name.empty() ? "step-" + std::to_string(i + 1) : test_.steps[i].name;
      step.start = lab_.clock->now() - began_;
      if (failed) {
        step.verdict = Verdict::skipped;
        for (const Operation& operation : test_.steps[i].try_) step.operations.push_back(skipped(operation));
      } else {
        co_await run_step(i, step);
        failed = step.verdict == Verdict::failed;
        steps_run_ = i + 1;
      }
      step.duration = lab_.clock->now() - began_ - step.start;
      if (on_step_) on_step_(step);
      result_.steps.push_back(std::move(step));
    }
    co_await clean_up(failed);
    for (const StepResult& step : result_.steps)
      if (step.verdict == Verdict::failed) failed = true;
    result_.verdict = failed ? Verdict::failed : Verdict::passed;
    result_.duration = lab_.clock->now() - began_;
    note("test " + test_.name + (failed ? " failed" : " passed"));
    co_return std::move(result_);
  }

 private:
  /// Points the client at the cluster that the innermost scope names; "" and no name are the lab.
  std::optional<std::string> choose_cluster(std::initializer_list<const Json*> scopes) {
    return use_cluster(inherited(scopes, "cluster", "").get<std::string>(), scopes);
  }
  std::optional<std::string> use_cluster(const std::string& name, std::initializer_list<const Json*> scopes) {
    if (name == run_.cluster) return std::nullopt;
    if (!name.empty() && !clusters_.contains(name)) {
      if (auto problem = open_cluster(name, scopes)) return problem;
    }
    run_.cluster = name;
    run_.client = name.empty() ? KubeClient(*lab_.transport, lab_.kube) : clusters_.at(name).client;
    run_.kubeconfig = name.empty() ? "" : clusters_.at(name).kubeconfig;
    return std::nullopt;
  }
  std::optional<std::string> open_cluster(const std::string& name, std::initializer_list<const Json*> scopes) {
    for (const Json* scope : scopes) {
      const Json all = scope->is_object() ? scope->value("clusters", Json::object()) : Json::object();
      if (!all.is_object() || !all.contains(name)) continue;
      const Json& row = all[name];
      const Json file = row.is_object() ? row.value("kubeconfig", Json("")) : Json(),
                 context = row.is_object() ? row.value("context", Json("")) : Json();
      if (!file.is_string() || !context.is_string()) return "cluster " + name + ": kubeconfig and context are texts";
      if (!lab_.open_cluster) return "cluster " + name + ": other clusters need the wire world (drydock run --wire)";
      namespace fs = std::filesystem;
      std::error_code failure;
      fs::path path = fs::path(test_.directory) / file.get<std::string>();
      if (!fs::exists(path, failure)) path = file.get<std::string>();
      auto target = lab_.open_cluster(path.string(), context.get<std::string>());
      if (!target) return "cluster " + name + ": " + target.error().message;
      clusters_.emplace(
          name, OtherCluster{KubeClient(*lab_.transport, std::move(*target)), fs::absolute(path).string(), false});
      return std::nullopt;
    }
    return "cluster " + name + " is not among `clusters`";
  }
  /// KUTTL gives a test its namespace in every cluster that its steps use.
  awaitable<std::optional<std::string>> share_namespace() {
    OtherCluster& here = clusters_.at(run_.cluster);
    if (std::exchange(here.has_namespace, true)) co_return std::nullopt;
    const Json object = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", run_.ns}}}};
    ApiResult<Json> made = co_await run_.client.call("POST", "/api/v1/namespaces", object, "application/json");
    if (!made && made.error().code != 409) co_return "namespace " + run_.ns + ": " + made.error().message;
    if (made) run_.created.push_back({{"v1", "Namespace", "", run_.ns, ""}, run_.step_index, run_.cluster});
    co_return std::nullopt;
  }
  void note(const std::string& line) {
    if (lab_.journal) lab_.journal("run " + line);
  }
  void note_end(const OperationResult& result) {
    const bool failed = result.verdict == Verdict::failed;
    note(result.block + " " + result.name + (failed ? " failed: " + result.message : " passed"));
  }
  static OperationResult skipped(const Operation& operation) {
    OperationResult result;
    result.name = operation_name(operation);
    result.verb = operation.verb;
    result.block = "try";
    result.line = operation.line;
    result.verdict = Verdict::skipped;
    return result;
  }

  void prepare_bindings() {
    context_.host.now = [this] { return lab_.clock->now(); };
    context_.host.random = [this] { return lab_.rng.next(); };
    context_.host.kube_get = lab_.kube_get;
    context_.host.environment = [this](const std::string& name) {
      const auto found = lab_.environment.find(name);
      const char* inherited_value = ::getenv(name.c_str());
      return found != lab_.environment.end() ? found->second
                                             : std::string(inherited_value != nullptr ? inherited_value : "");
    };
    context_.bindings =
        context_.bindings.with("values", config_.values)
            .with("client", Json::object())
            .with("config", Json::object())
            .with("test",
                  {{"id", id_}, {"scenarioId", test_.spec.value("scenarioId", 1)}, {"metadata", test_.metadata}});
  }

  awaitable<std::optional<std::string>> prepare_namespace() {
    static constexpr const char* kFirst[] = {"brave", "calm",  "eager", "fine",  "glad", "keen",
                                             "merry", "proud", "quick", "sharp", "tidy", "warm"};
    static constexpr const char* kSecond[] = {"badger", "crane", "dingo", "falcon", "gecko", "heron",
                                              "ibex",   "koala", "lemur", "marten", "otter", "stork"};
    run_.ns = inherited({&test_.spec, &config_.spec}, "namespace", "").get<std::string>();
    if (run_.ns.empty()) {
      const std::string first = kFirst[lab_.rng.below(std::size(kFirst))];
      run_.ns = (test_.kuttl ? "kuttl-test-" : "chainsaw-") + first + "-" + kSecond[lab_.rng.below(std::size(kSecond))];
    }
    context_.bindings = context_.bindings.with("namespace", run_.ns);
    // The template sees the name that was chosen and may give another.
    Json object = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", run_.ns}}}};
    const Json wanted = inherited({&test_.spec, &config_.spec}, "namespaceTemplate", Json());
    if (wanted.is_object()) {
      ExpressionContext context = context_;
      context.compiler =
          inherited({&test_.spec, &config_.spec}, "namespaceTemplateCompiler", context.compiler).get<std::string>();
      auto evaluated_template = evaluate_templates(wanted, context);
      if (!evaluated_template) co_return "namespaceTemplate: " + evaluated_template.error().message;
      object.merge_patch(*evaluated_template);
      run_.ns = ref_of(object).name;
      if (run_.ns.empty()) co_return "namespaceTemplate: metadata.name must be a text";
      context_.bindings = context_.bindings.with("namespace", run_.ns);
    }
    result_.ns = run_.ns;
    const ObjectRef ref{"v1", "Namespace", "", run_.ns, ""};
    ApiResult<Json> there = co_await run_.client.get(ref);
    if (there) co_return std::nullopt;
    if (there.error().code != 404) co_return "namespace " + run_.ns + ": " + there.error().message;
    ApiResult<Json> made = co_await run_.client.call("POST", "/api/v1/namespaces", object, "application/json");
    if (!made) co_return "namespace " + run_.ns + ": " + made.error().message;
    own_namespace_ = true;
    co_return std::nullopt;
  }

  awaitable<void> run_step(std::size_t index, StepResult& result) {
    const Step& step = test_.steps[index];
    run_.step_index = index;
    run_.track = inherited({&step.spec, &test_.spec, &config_.spec}, "skipDelete", false) != Json(true);
    note("step " + result.name);
    ExpressionContext context = context_;
    context.compiler = compiler_of({&step.spec, &test_.spec, &config_.spec});
    context.bindings = context.bindings.with("step", {{"id", index + 1}});
    if (auto problem = add_bindings(step.spec.value("bindings", Json::array()), context, !test_.kuttl)) {
      OperationResult failed;
      failed.name = "bindings";
      failed.verb = "bindings";
      failed.block = "try";
      failed.line = step.line;
      failed.verdict = Verdict::failed;
      failed.message = *problem;
      result.operations.push_back(std::move(failed));
      result.verdict = Verdict::failed;
      co_return;
    }
    bool stop = false;
    int id = 0;
    for (std::size_t i = 0; i < step.try_.size(); ++i) {
      const Operation& operation = step.try_[i];
      if (stop) {
        result.operations.push_back(skipped(operation));
        continue;
      }
      if (operation.spec.contains("together")) {
        co_await run_together(i, step, context, result);
        break;
      }
      OperationResult outcome = co_await run_operation(operation, step, "try", ++id, context);
      if (outcome.verdict == Verdict::failed) {
        result.verdict = Verdict::failed;
        stop = !operation.continue_on_error;
      }
      result.operations.push_back(std::move(outcome));
    }
    if (result.verdict == Verdict::failed) {
      co_await run_block(config_.catch_, step, "catch", context, result);
      co_await run_block(test_.catch_, step, "catch", context, result);
      co_await run_block(step.catch_, step, "catch", context, result);
    }
    co_await run_block(step.finally, step, "finally", context, result);
    step_contexts_.push_back(context);
  }

  /// What a KUTTL step expects (its last operations) is looked at as a whole, every second, until all of it holds at
  /// once or the time is up.
  awaitable<void> run_together(std::size_t first, const Step& step, ExpressionContext& context, StepResult& result) {
    const auto limit = parse_duration(step.try_[first].spec["together"].get<std::string>());
    const base::TimePoint start = lab_.clock->now(), deadline = start + limit.value_or(base::Duration{0});
    std::vector<OperationResult> looked;
    while (true) {
      looked.clear();
      bool all = true;
      for (std::size_t i = first; i < step.try_.size(); ++i) {
        Operation once = step.try_[i];
        if (once.verb == "assert" || once.verb == "error") once.spec["timeout"] = "0s";
        OperationResult outcome = co_await run_operation(once, step, "", static_cast<int>(i) + 1, context);
        outcome.block = "try";
        all = all && outcome.verdict != Verdict::failed;
        looked.push_back(std::move(outcome));
      }
      if (all || lab_.clock->now() >= deadline) break;
      co_await base::sleep_for(*lab_.clock, std::chrono::seconds(1));
    }
    for (OperationResult& outcome : looked) {
      outcome.start = start - began_;
      outcome.duration = lab_.clock->now() - start;
      note_end(outcome);
      if (outcome.verdict == Verdict::failed) result.verdict = Verdict::failed;
      result.operations.push_back(std::move(outcome));
    }
  }

  awaitable<void> run_block(const std::vector<Operation>& operations, const Step& step, std::string block,
                            ExpressionContext context, StepResult& result) {
    int id = 0;
    for (const Operation& operation : operations) {
      OperationResult outcome = co_await run_operation(operation, step, block, ++id, context);
      if (outcome.verdict == Verdict::failed) result.verdict = Verdict::failed;
      result.operations.push_back(std::move(outcome));
    }
  }

  awaitable<OperationResult> run_operation(const Operation& written, const Step& step, std::string block, int id,
                                           ExpressionContext& context) {
    Operation operation = written;
    std::optional<std::string> problem = test_.kuttl ? fill(operation) : std::nullopt;
    OperationResult result;
    result.name = operation_name(operation);
    result.verb = operation.verb;
    result.block = block;
    result.line = operation.line;
    result.start = lab_.clock->now() - began_;
    const StepRow* row = find_step(operation.verb);
    OperationCall call{
        run_, operation,    context, timeout_of(row->timeout, operation.spec, step.spec, test_.spec, config_.spec),
        true, "Background", id,      {}};
    call.templates = !test_.kuttl && inherited({&operation.spec, &step.spec, &test_.spec, &config_.spec}, "template",
                                               true) != Json(false);
    call.propagation =
        inherited({&operation.spec, &step.spec, &test_.spec, &config_.spec}, "deletionPropagationPolicy", "Background")
            .get<std::string>();
    call.context.compiler = compiler_of({&operation.spec, &step.spec, &test_.spec, &config_.spec});
    call.context.bindings = call.context.bindings.with("operation", {{"id", id}, {"resourceId", 1}});
    if (!problem) problem = choose_cluster({&operation.spec, &step.spec, &test_.spec, &config_.spec});
    if (!problem && test_.kuttl && !run_.cluster.empty()) problem = co_await share_namespace();
    if (!problem) problem = add_bindings(operation.spec.value("bindings", Json::array()), call.context, call.templates);
    OperationOutcome outcome;
    if (problem) outcome.failure = problem;
    else outcome = co_await row->run(call);
    // Only outputs outlive the operation.
    for (const auto& [name, value] : call.outputs) context.bindings = context.bindings.with(name, value);
    result.duration = lab_.clock->now() - began_ - result.start;
    result.output = std::move(outcome.output);
    if (outcome.failure) {
      result.verdict = Verdict::failed;
      result.message = *outcome.failure;
    }
    if (!block.empty()) note_end(result);
    co_return result;
  }

  /// The file was a Go template: what it says of the namespace and of variables is known now.
  std::optional<std::string> fill(Operation& operation) {
    if (!has_marks(operation.spec.dump())) return std::nullopt;
    auto filled = fill_marks(operation.spec, run_.ns, config_.values);
    if (!filled) return filled.error().message;
    operation.spec = std::move(*filled);
    return std::nullopt;
  }

  awaitable<void> clean_up(bool failed) {
    if (failed && config_.skip_cleanup_on_failure) co_return;
    StepResult cleanup;
    cleanup.name = "cleanup";
    cleanup.start = lab_.clock->now() - began_;
    const auto delay =
        parse_duration(inherited({&test_.spec, &config_.spec}, "delayBeforeCleanup", "0s").get<std::string>());
    if (delay && delay->count() > 0) co_await base::sleep_for(*lab_.clock, *delay);
    const base::Duration timeout = timeout_of("cleanup", Json(), Json(), test_.spec, config_.spec);
    const std::string propagation =
        inherited({&test_.spec, &config_.spec}, "deletionPropagationPolicy", "Background").get<std::string>();
    for (std::size_t i = steps_run_; i-- > 0;) {
      std::reverse(run_.created.begin(), run_.created.end());
      for (const Created& made : run_.created) {
        if (made.step != i) continue;
        (void)use_cluster(made.cluster, {});
        std::optional<std::string> problem = co_await delete_and_wait(run_, made.ref, timeout, propagation);
        if (problem) report(cleanup, "delete " + show(made.ref), *problem);
      }
      std::reverse(run_.created.begin(), run_.created.end());
      const ExpressionContext context = i < step_contexts_.size() ? step_contexts_[i] : context_;
      co_await run_block(test_.steps[i].cleanup, test_.steps[i], "cleanup", context, cleanup);
    }
    if (own_namespace_ && inherited({&test_.spec, &config_.spec}, "skipDelete", false) != Json(true)) {
      const ObjectRef ref{"v1", "Namespace", "", run_.ns, ""};
      (void)choose_cluster({&test_.spec, &config_.spec});
      std::optional<std::string> problem = co_await delete_and_wait(run_, ref, timeout, propagation);
      if (problem) report(cleanup, "delete namespace " + run_.ns, *problem);
    }
    cleanup.duration = lab_.clock->now() - began_ - cleanup.start;
    if (!cleanup.operations.empty()) {
      if (on_step_) on_step_(cleanup);
      result_.steps.push_back(std::move(cleanup));
    }
  }
  static void report(StepResult& step, std::string name, std::string problem) {
    OperationResult result;
    result.name = std::move(name);
    result.verb = "delete";
    result.block = "cleanup";
    result.verdict = Verdict::failed;
    result.message = std::move(problem);
    step.operations.push_back(std::move(result));
    step.verdict = Verdict::failed;
  }

  Lab& lab_;
  const Test& test_;
  const RunConfig& config_;
  Execution run_;
  std::function<void(const StepResult&)> on_step_;
  int id_;
  ExpressionContext context_;
  struct OtherCluster {
    KubeClient client;
    std::string kubeconfig;
    bool has_namespace = false;
  };
  std::map<std::string, OtherCluster> clusters_;  // those that were used
  std::vector<ExpressionContext> step_contexts_;
  std::size_t steps_run_ = 0;
  bool own_namespace_ = false;
  base::TimePoint began_;
  TestResult result_;
};

}  // namespace

awaitable<TestResult> run_test(Lab& lab, const Test& test, const RunConfig& config, int id,
                               std::function<void(const StepResult&)> on_step) {
  TestRun run(lab, test, config, id, std::move(on_step));
  co_return co_await run.run();
}

bool needs_process(const Test& test) {
  const auto elsewhere = [](const Json& spec) { return spec.is_object() && spec.value("cluster", "") != ""; };
  if (elsewhere(test.spec)) return true;
  for (const Step& step : test.steps)
    for (const auto* block : {&step.try_, &step.finally, &step.cleanup})
      for (const Operation& operation : *block)
        if (elsewhere(step.spec) || elsewhere(operation.spec)) return true;
        else if (const StepRow* row = find_step(operation.verb); row != nullptr && row->process) return true;
  return false;
}

std::vector<Test> expand_scenarios(const Test& test) {
  const Json scenarios = test.spec.value("scenarios", Json::array());
  if (scenarios.empty()) return {test};
  std::vector<Test> tests;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    Test one = test;
    one.spec["scenarioId"] = i + 1;
    Json bindings = test.spec.value("bindings", Json::array());
    for (const Json& binding : scenarios[i].value("bindings", Json::array())) bindings.push_back(binding);
    one.spec["bindings"] = bindings;
    one.name += "[" + std::to_string(i + 1) + "]";
    tests.push_back(std::move(one));
  }
  return tests;
}

}  // namespace scenario
