#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>

#include "provisioner/base/task_group.h"
#include "provisioner/base/text.h"
#include "provisioner/kube/config.h"
#include "scenarios/runner/commands.h"
#include "scenarios/runner/memory_world.h"
#include "scenarios/runner/report.h"
#include "scenarios/runner/run_parallel.h"
#include "scenarios/runner/wire_world.h"

namespace scenario {

using boost::asio::awaitable;
namespace fs = std::filesystem;

namespace {

struct Session {
  RunOptions options;
  Granularity granularity = Granularity::test;
  std::uint64_t seed = 1;
  Json values = Json::object();
  std::vector<TestResult> results;
  std::vector<std::string> journal;
  bool terminal = false;
  std::optional<FinishedTest>* captured = nullptr;  // in a child process: nothing is printed, the result goes here

  void step_done(const StepResult& step) const {
    if (captured != nullptr) return;
    const std::string text = step_lines(nullptr, step, granularity);
    if (text.empty()) return;
    clear_progress();
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }
  void progress(const std::string& text) const {
    if (terminal) std::fprintf(stderr, "\r\033[K%s", text.c_str());
  }
  void clear_progress() const {
    if (terminal) std::fputs("\r\033[K", stderr);
  }
  void test_done(TestResult result, const std::vector<std::string>& lines) {
    if (captured != nullptr) {
      *captured = FinishedTest{std::move(result), lines};
      return;
    }
    clear_progress();
    if (granularity == Granularity::test) std::fputs(test_lines(result).c_str(), stdout);
    else if (!result.message.empty())
      std::fprintf(stdout, "FAIL  %s: %s\n", result.name.c_str(), result.message.c_str());
    std::fflush(stdout);
    if (!options.html.empty()) result.journal = lines;
    if (!options.journal.empty()) {
      journal.push_back("test " + result.name + " seed " + std::to_string(seed));
      journal.insert(journal.end(), lines.begin(), lines.end());
    }
    results.push_back(std::move(result));
  }
};

TestResult broken(const Test& test, const std::string& why) {
  TestResult result;
  result.name = test.name;
  result.file = test.file;
  result.verdict = Verdict::failed;
  result.message = why;
  return result;
}

/// A file that is no test although it should be: a failure of its own; the others run.
TestResult unreadable(const std::string& mistake) {
  TestResult result;
  result.name = result.file = mistake.substr(0, mistake.find(':'));
  result.verdict = Verdict::failed;
  result.message = mistake;
  return result;
}

/// The nearest file of one of these names in the test's directory or above it, "" if none. The search ends at the
/// working directory.
std::string nearest(const std::string& directory, std::initializer_list<const char*> names) {
  const fs::path top = fs::current_path();
  for (fs::path folder = fs::absolute(directory).lexically_normal(); !folder.empty(); folder = folder.parent_path()) {
    for (const char* name : names)
      if (fs::is_regular_file(folder / name)) return (folder / name).string();
    if (folder == top || folder == folder.parent_path()) break;
  }
  return "";
}

base::Result<WorldConfig> world_config(const Session& session, const Test& test) {
  return world_config_of(test, session.options.config, session.seed);
}

base::Result<RunConfig> run_config(const Session& session, const Test& test) {
  auto config = run_config_of(test, session.options.chainsaw_config);
  if (!config) return config;
  config->values = session.values;
  config->skip_cleanup_on_failure = session.options.keep;
  if (session.options.skip_delete) config->spec["skipDelete"] = true;
  return config;
}

}  // namespace

base::Result<WorldConfig> world_config_of(const Test& test, const std::string& given, std::uint64_t seed) {
  WorldConfig config;
  config.seed = seed;
  const std::string file = !given.empty() ? given : nearest(test.directory, {"lab.yaml", "lab.yml"});
  if (!file.empty()) {
    const auto text = base::read_file(file);
    if (!text) return base::Error{base::ErrorKind::not_found, file + ": cannot be read"};
    config.lab_text = *text;
    config.lab_name = file;
  }
  const Json annotations =
      test.metadata.is_object() ? test.metadata.value("annotations", Json::object()) : Json::object();
  config.provisioner = annotations.is_object() && annotations.value("drydock.dev/provisioner", "") == "true";
  return config;
}

base::Result<RunConfig> run_config_of(const Test& test, const std::string& given) {
  RunConfig config;
  const std::string file = !given.empty() ? given : nearest(test.directory, {".chainsaw.yaml", ".chainsaw.yml"});
  if (!file.empty()) {
    auto spec = read_configuration(file);
    if (!spec) return spec.error();
    config.spec = spec->spec;
    config.catch_ = std::move(spec->catch_);
  }
  return config;
}

namespace {

void run_virtual(Session& session, const Test& test, int id) {
  auto lab = world_config(session, test);
  auto config = run_config(session, test);
  if (!lab || !config) return session.test_done(broken(test, !lab ? lab.error().message : config.error().message), {});
  auto world = MemoryWorld::make(*lab);
  if (!world) return session.test_done(broken(test, world.error().message), {});
  TestResult result = (*world)->run(test, *config, id, [&](const StepResult& step) { session.step_done(step); });
  session.test_done(std::move(result), (*world)->world().journal().lines());
}

base::Result<std::string> read_text(const std::string& path) {
  auto text = base::read_file(path);
  if (!text) return base::Error{base::ErrorKind::not_found, path + ": cannot be read"};
  return *text;
}

/// A cluster that a test names beside its lab. A scenario stays on this machine unless --cluster took it away from it.
base::Result<KubeTarget> open_other(const std::string& file, const std::string& context, bool anywhere) {
  auto text = read_text(file);
  if (!text) return text.error();
  if (!context.empty()) {
    auto documents = parse_yaml(*text, file);
    if (!documents) return documents.error();
    Json config = documents->empty() ? Json() : to_json(documents->front());
    if (!config.is_object()) return base::Error{base::ErrorKind::invalid, file + ": not a kubeconfig"};
    config["current-context"] = context;
    text = config.dump();
  }
  auto api = provisioner::kube::from_kubeconfig(*text, read_text, fs::path(file).parent_path().string());
  if (!api) return api.error();
  const std::string& host = api->endpoint.host;
  if (!anywhere && !host.starts_with("127.") && host != "localhost" && host != "::1")
    return base::Error{base::ErrorKind::invalid,
                       host + " is beyond loopback; a scenario leaves this machine only with --cluster"};
  return KubeTarget{api->endpoint, api->token ? api->token() : ""};
}

awaitable<void> run_one(Lab* lab, const Test* test, const RunConfig* config, int id,
                        std::function<void(const StepResult&)> on_step, std::optional<TestResult>* into) {
  *into = co_await run_test(*lab, *test, *config, id, std::move(on_step));
}

void run_wire(Session& session, const Test& test, int id) {
  auto lab = world_config(session, test);
  auto config = run_config(session, test);
  if (!lab || !config) return session.test_done(broken(test, !lab ? lab.error().message : config.error().message), {});
  boost::asio::io_context io;
  WireConfig wire;
  wire.world = *lab;
  wire.world.log = base::log_to_nowhere();
  std::string folder = fs::temp_directory_path().string() + "/drydock-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return session.test_done(broken(test, "no temporary directory"), {});
  wire.directory = folder;
  wire.loopback_only = true;
  wire.executables = executable_directory();
  std::optional<TestResult> result;
  std::vector<std::string> lines;
  bool kept = false;
  {
    auto world = WireWorld::start(io, wire);
    if (!world) {
      result = broken(test, world.error().message);
    } else {
      Lab& target = (*world)->lab();
      const std::string debian = fs::current_path().string() + "/build/tools/kubernetes-client/usr/bin/kubectl";
      if (fs::is_regular_file(debian)) target.environment.emplace("DRYDOCK_DEBIAN_KUBECTL", debian);
      target.open_cluster = [](const std::string& file, const std::string& context_name) {
        return open_other(file, context_name, false);
      };
      base::TaskGroup tasks(io.get_executor());
      tasks.spawn(run_one(
          &target, &test, &*config, id, [&](const StepResult& step) { session.step_done(step); }, &result));
      while (tasks.size() > 0) io.run_one();
      lines = (*world)->world().journal().lines();
      if (session.options.keep && result->verdict == Verdict::failed) {
        kept = true;
        std::printf("The lab of %s stays up: . %s/env; end it with Ctrl-C\n", test.name.c_str(), folder.c_str());
        std::fflush(stdout);
        while (true) io.run_one();
      }
    }
  }
  std::error_code ignored;
  if (!kept) fs::remove_all(folder, ignored);
  session.test_done(std::move(*result), lines);
}

awaitable<void> get_once(base::http::Transport* transport, KubeTarget kube, std::string target,
                         std::optional<ApiResult<Json>>* into) {
  KubeClient client(*transport, std::move(kube));
  Json none;
  std::string method = "GET", type;
  ApiResult<Json> answer = co_await client.call(std::move(method), std::move(target), std::move(none), std::move(type));
  *into = std::move(answer);
}

/// For expressions that ask the cluster: a GET on a loop of its own, to its end. Null when there is no such object.
base::Result<Json> get_now(const KubeTarget& kube, const std::string& target) {
  boost::asio::io_context io;
  base::RealClock clock(io);
  base::http::WireTransport transport(io, clock);
  std::optional<ApiResult<Json>> answer;
  base::TaskGroup tasks(io.get_executor());
  tasks.spawn(get_once(&transport, kube, target, &answer));
  while (tasks.size() > 0) io.run_one();
  if (answer->ok()) return std::move(**answer);
  if (answer->error().code == 404) return Json();
  return base::Error{base::ErrorKind::unavailable, "GET " + target + ": " + answer->error().message};
}

/// The same suite against a cluster that is not ours: nothing of the lab is there, only its API.
void run_elsewhere(Session& session, const Test& test, int id) {
  auto config = run_config(session, test);
  if (!config) return session.test_done(broken(test, config.error().message), {});
  auto api = provisioner::kube::from_kubeconfig_file(read_text, session.options.cluster, "");
  if (!api) return session.test_done(broken(test, api.error().message), {});
  boost::asio::io_context io;
  base::RealClock clock(io);
  base::http::WireTransport transport(io, clock);
  Lab lab;
  lab.executor = io.get_executor();
  lab.clock = &clock;
  lab.transport = &transport;
  lab.io = &io;
  lab.kube.endpoint = api->endpoint;
  if (api->token) lab.kube.token = api->token();
  lab.kube_get = [kube = lab.kube](const std::string& target) { return get_now(kube, target); };
  lab.open_cluster = [](const std::string& file, const std::string& context) {
    return open_other(file, context, true);
  };
  lab.environment["KUBECONFIG"] = fs::absolute(session.options.cluster).string();
  lab.rng = base::Rng(base::seed_from_system());
  std::optional<TestResult> result;
  base::TaskGroup tasks(io.get_executor());
  tasks.spawn(run_one(
      &lab, &test, &*config, id, [&](const StepResult& step) { session.step_done(step); }, &result));
  while (tasks.size() > 0) io.run_one();
  session.test_done(std::move(*result), {});
}

int write_reports(const Session& session) {
  const auto put = [](const std::string& file, const std::string& text) {
    if (file.empty() || base::write_file(file, text)) return true;
    std::fprintf(stderr, "drydock: %s: cannot be written\n", file.c_str());
    return false;
  };
  std::string journal;
  for (const std::string& line : session.journal) journal += line + "\n";
  const RunOptions& o = session.options;
  const bool written = put(o.junit, junit(session.results, session.granularity)) &&
                       put(o.html, html(session.results, "drydock run")) && put(o.json, json_lines(session.results)) &&
                       put(o.tap, tap(session.results, session.granularity)) && put(o.journal, journal);
  return written ? 0 : 1;
}

base::Result<Json> read_values(const RunOptions& options) {
  Json values = Json::object();
  if (!options.values.empty()) {
    const auto text = base::read_file(options.values);
    if (!text) return base::Error{base::ErrorKind::not_found, options.values + ": cannot be read"};
    auto documents = parse_yaml(*text, options.values);
    if (!documents) return documents.error();
    if (!documents->empty()) values = to_json(documents->front());
  }
  for (const std::string& pair : options.set) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos)
      return base::Error{base::ErrorKind::invalid, "--set needs name=value, found " + pair};
    values[pair.substr(0, equals)] = scalar_to_json(pair.substr(equals + 1), false);
  }
  return values;
}

/// The files below the paths and when each last changed; a file that came, went or changed makes another value.
std::map<std::string, fs::file_time_type> file_times(const std::vector<std::string>& paths) {
  std::map<std::string, fs::file_time_type> times;
  std::error_code failure;
  for (const std::string& path : paths.empty() ? std::vector<std::string>{"scenarios"} : paths) {
    if (fs::is_regular_file(path, failure)) times[path] = fs::last_write_time(path, failure);
    else
      for (const auto& entry : fs::recursive_directory_iterator(path, failure))
        if (entry.is_regular_file(failure)) times[entry.path().string()] = entry.last_write_time(failure);
  }
  return times;
}

struct Chosen {
  std::vector<Test> tests;
  int parallel = 1;
  bool fail_fast = false;
};

/// True if the labels have what "a=b,c!=d,e" asks for.
base::Result<bool> selected(const Json& labels, const std::string& selector) {
  for (const std::string_view part : base::split(selector, ',')) {
    const std::string term(base::trim(part));
    if (term.empty()) continue;
    const bool differs = term.find("!=") != std::string::npos;
    const std::size_t at = differs ? term.find("!=") : term.find('=');
    const std::string key(base::trim(std::string_view(term).substr(0, at)));
    if (key.empty())
      return base::Error{base::ErrorKind::invalid,
                         "--selector needs label=value, label!=value or label, found " + term};
    if (at == std::string::npos) {
      if (!labels.contains(key)) return false;
      continue;
    }
    std::string value = term.substr(at + (differs ? 2 : 1));
    if (!differs && value.starts_with("=")) value.erase(0, 1);
    if ((labels.value(key, Json()) == std::string(base::trim(value))) == differs) return false;
  }
  return true;
}

/// What is run: tests by name, label and number of times, as the command line and the tests' configurations say.
base::Result<Chosen> choose(const Session& session, const std::vector<Test>& all) {
  const RunOptions& o = session.options;
  Chosen chosen;
  chosen.parallel = o.parallel;
  chosen.fail_fast = o.fail_fast;
  for (const Test& whole : all) {
    auto config = run_config(session, whole);
    const Json spec = config ? config->spec : Json::object();
    const std::string include = o.include.empty() ? spec.value("includeTestRegex", "") : o.include,
                      exclude = o.exclude.empty() ? spec.value("excludeTestRegex", "") : o.exclude;
    const std::regex wanted(include), unwanted(exclude);
    const Json labels =
        whole.metadata.is_object() && whole.metadata.contains("labels") && whole.metadata["labels"].is_object()
            ? whole.metadata["labels"]
            : Json::object();
    auto fits = selected(labels, o.selector);
    if (!fits) return fits.error();
    if (!*fits) continue;
    if (o.parallel == 0) chosen.parallel = std::max(chosen.parallel, spec.value("parallel", 1));
    chosen.fail_fast = chosen.fail_fast || spec.value("failFast", false) || whole.spec.value("failFast", false);
    const int times = o.repeat > 0 ? o.repeat : spec.value("repeatCount", 1);
    for (const Test& test : expand_scenarios(whole)) {
      if (!std::regex_search(test.name, wanted) || (!exclude.empty() && std::regex_search(test.name, unwanted)))
        continue;
      for (int i = 0; i < times; ++i) chosen.tests.push_back(test);
    }
  }
  chosen.parallel = std::max(chosen.parallel, 1);
  return chosen;
}

void run_test_here(Session& session, const Test& test, int id) {
  const bool wire = session.options.wire || (!session.options.in_memory && needs_process(test));
  if (!session.options.cluster.empty()) run_elsewhere(session, test, id);
  else if (wire) run_wire(session, test, id);
  else run_virtual(session, test, id);
}

void run_all(Session& session, const Chosen& chosen) {
  const auto stop = [&] { return chosen.fail_fast && session.results.back().verdict == Verdict::failed; };
  const auto skip_rest = [&](std::size_t from) {
    for (std::size_t i = from; i < chosen.tests.size(); ++i) {
      TestResult skipped = broken(chosen.tests[i], "");
      skipped.verdict = Verdict::skipped;
      session.test_done(std::move(skipped), {});
    }
  };
  if (chosen.parallel > 1 && !session.options.keep) {
    std::size_t begun = 0;
    run_side_by_side(
        chosen.tests, static_cast<std::size_t>(chosen.parallel),
        [&](std::size_t i) {
          std::optional<FinishedTest> mine;
          session.captured = &mine;
          run_test_here(session, chosen.tests[i], static_cast<int>(i) + 1);
          return std::move(*mine);
        },
        [&](std::size_t, FinishedTest done) {
          ++begun;
          for (const StepResult& step : done.result.steps) session.step_done(step);
          session.test_done(std::move(done.result), done.journal);
          return !stop();
        });
    if (begun < chosen.tests.size()) skip_rest(begun);
    return;
  }
  for (std::size_t i = 0; i < chosen.tests.size(); ++i) {
    session.progress("running " + chosen.tests[i].name + " (" + std::to_string(i + 1) + " of " +
                     std::to_string(chosen.tests.size()) + ")");
    run_test_here(session, chosen.tests[i], static_cast<int>(i) + 1);
    if (stop()) return skip_rest(i + 1);
  }
}

int run_once(const RunOptions& options) {
  Session session;
  session.options = options;
  session.granularity = options.granularity == "step"        ? Granularity::step
                        : options.granularity == "operation" ? Granularity::operation
                                                             : Granularity::test;
  session.seed = options.seed.value_or(1);
  session.terminal = ::isatty(2) != 0 && ::isatty(1) != 0;
  auto values = read_values(options);
  if (!values) {
    std::fprintf(stderr, "drydock: %s\n", values.error().message.c_str());
    return 2;
  }
  session.values = *values;
  const std::vector<std::string> paths = options.paths.empty() ? std::vector<std::string>{"scenarios"} : options.paths;
  const Found found = look_for_tests(paths);
  for (const std::string& mistake : found.mistakes) std::fprintf(stderr, "%s\n", mistake.c_str());
  if (found.tests.empty() && !found.mistakes.empty()) {
    std::printf("0 passed, %zu failed\n", found.mistakes.size());
    return 1;
  }
  auto chosen = choose(session, found.tests);
  if (!chosen) {
    std::fprintf(stderr, "drydock: %s\n", chosen.error().message.c_str());
    return 2;
  }
  if (chosen->tests.empty() && found.mistakes.empty()) {
    // A selection that selects nothing is a mistake; a green run of no test would hide it.
    std::fprintf(stderr, "drydock: %s\n",
                 found.tests.empty()
                     ? ("no test below " + base::join(paths, " ")).c_str()
                     : ("none of " + std::to_string(found.tests.size()) + " tests is selected").c_str());
    std::printf("0 passed, 0 failed\n");
    return 1;
  }
  for (const std::string& mistake : found.mistakes) session.results.push_back(unreadable(mistake));
  run_all(session, *chosen);
  session.clear_progress();
  const Counts counts = count(session.results, session.granularity);
  const int written = write_reports(session);
  if (counts.failed > 0)
    std::printf("repeat with: drydock run --seed %llu%s %s\n", static_cast<unsigned long long>(session.seed),
                options.wire ? " --wire" : "", base::join(paths, " ").c_str());
  std::printf("%zu passed, %zu failed\n", counts.passed, counts.failed);
  std::fflush(stdout);
  return counts.failed > 0 ? 1 : written;
}

}  // namespace

int run(const RunOptions& options) {
  if (options.in_memory && options.wire) {
    std::fprintf(stderr, "drydock: --virtual and --wire exclude each other\n");
    return 2;
  }
  try {
    auto before = file_times(options.paths);  // before the run: what changes meanwhile is run again
    int status = run_once(options);
    while (options.watch) {
      auto now = file_times(options.paths);
      while (now == before) {
        ::poll(nullptr, 0, 300);
        now = file_times(options.paths);
      }
      before = std::move(now);
      status = run_once(options);
    }
    return status;
  } catch (const std::regex_error& problem) {
    std::fprintf(stderr, "drydock: bad regular expression: %s\n", problem.what());
    return 2;
  }
}

std::string executable_directory() {
  std::error_code failure;
  const fs::path self = fs::read_symlink("/proc/self/exe", failure);
  return failure ? "." : self.parent_path().string();
}

}  // namespace scenario
