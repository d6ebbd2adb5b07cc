#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/random.h"
#include "scenarios/runner/kube_client.h"
#include "scenarios/runner/test_file.h"

/// Runs one test against a lab: steps in order, catch on failure, finally always, cleanup at the end (what was created,
/// then the steps' cleanup blocks, in reverse order; then the namespace that the test was given). Times are the lab's
/// clock. Source: Chainsaw's documentation of the lifecycle of a test.
namespace scenario {

/// What a test runs against. With `io` null no step can start a process (the virtual world).
struct Lab {
  boost::asio::any_io_executor executor;
  base::Clock* clock = nullptr;
  base::http::Transport* transport = nullptr;
  KubeTarget kube;
  boost::asio::io_context* io = nullptr;
  std::map<std::string, std::string> environment;  // of scripts and commands
  /// GET on the API at once, for expressions that ask the cluster.
  std::function<base::Result<Json>(const std::string& target)> kube_get;
  /// Another cluster, by the file and context ("" for the current one) that a test's `clusters` names. Empty: there are
  /// no others (in memory).
  std::function<base::Result<KubeTarget>(const std::string& kubeconfig, const std::string& context)> open_cluster;
  /// One line of the journal; may be empty.
  std::function<void(std::string line)> journal;
  base::Rng rng{1};
};

/// Chainsaw's Configuration, as far as tests inherit it, and what the command line says.
struct RunConfig {
  Json spec = Json::object();    // ConfigurationSpec (v1alpha1)
  Json values = Json::object();  // $values
  std::vector<Operation> catch_;
  bool skip_cleanup_on_failure = false;  // --keep
};

enum class Verdict { passed, failed, skipped };

struct OperationResult {
  std::string name;   // the description, or verb and object
  std::string block;  // "try", "catch", "finally", "cleanup"
  std::string verb;
  int line = 0;
  Verdict verdict = Verdict::passed;
  std::string message;  // of a failure
  std::string output;   // what scripts printed, what collectors found
  base::Duration start{0}, duration{0};
};
struct StepResult {
  std::string name;
  Verdict verdict = Verdict::passed;
  std::vector<OperationResult> operations;
  base::Duration start{0}, duration{0};
};
struct TestResult {
  std::string name, file, ns;
  Verdict verdict = Verdict::passed;
  std::string message;  // why the test failed before or after its steps
  std::vector<StepResult> steps;
  std::vector<std::string> journal;  // of its lab; filled in by who ran it
  base::Duration start{0}, duration{0};
};

/// `on_step` is called after every step, for progress.
boost::asio::awaitable<TestResult> run_test(Lab& lab, const Test& test, const RunConfig& config, int id,
                                            std::function<void(const StepResult&)> on_step);
/// True if a step of the test starts a process or talks to another cluster, so that the test needs sockets.
bool needs_process(const Test& test);
/// One test per scenario of spec.scenarios, or the test itself.
std::vector<Test> expand_scenarios(const Test& test);

}  // namespace scenario
