#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/runner/assertion.h"
#include "scenarios/runner/runner.h"

/// The operations of a scenario: one function and one row in steps.cpp each. Only the runner includes this.
namespace scenario {

/// What was made and has to go at the end.
struct Created {
  ObjectRef ref;
  std::size_t step = 0;
  std::string cluster;
};

/// The state of a test under way.
struct Execution {
  Lab& lab;
  const Test& test;
  const RunConfig& config;
  KubeClient client;  // of the operation's cluster
  std::string ns;
  std::vector<Created> created;
  std::size_t step_index = 0;
  bool track = true;       // what apply and create make is removed at the end
  std::string cluster;     // which of the test's `clusters` the client speaks to; "" is the lab
  std::string kubeconfig;  // of that cluster; "" is the lab's
};

/// One operation under way.
struct OperationCall {
  Execution& run;
  const Operation& operation;
  ExpressionContext context;
  base::Duration timeout{0};
  bool templates = true;
  std::string propagation = "Background";
  int id = 0;                                         // $operation.id
  std::vector<std::pair<std::string, Json>> outputs;  // what later operations of the step see
};

struct OperationOutcome {
  std::optional<std::string> failure;
  std::string output;
};

struct StepRow {
  std::string_view verb;
  std::string_view timeout;  // the field of Timeouts that is its default
  bool process = false;      // needs a process of the host
  boost::asio::awaitable<OperationOutcome> (*run)(OperationCall& call);
  std::string_view source;
};
const std::vector<StepRow>& step_table();
const StepRow* find_step(std::string_view verb);

// Shared by the families.
/// The documents of `file` or `resource`, as they are written.
base::Result<std::vector<Json>> load_resources(OperationCall& call);
/// `text`, or its value when it is an expression.
base::Result<std::string> evaluated(const OperationCall& call, const Json& spec, const char* field);
/// Adds the outputs of the operation to the bindings. `subject` is what `@` means.
std::optional<std::string> add_outputs(OperationCall& call, const Json& subject);
/// Evaluates binding rows one after another into `context`.
std::optional<std::string> add_bindings(const Json& rows, ExpressionContext& context, bool templates);
boost::asio::awaitable<void> poll_pause(OperationCall& call);
std::string describe_mismatches(const std::vector<Mismatch>& mismatches);

boost::asio::awaitable<OperationOutcome> run_apply(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_create(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_update(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_patch(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_delete(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_assert(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_error(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_script(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_command_step(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_sleep(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_wait(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_get(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_describe(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_pod_logs(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_events(OperationCall& call);
boost::asio::awaitable<OperationOutcome> run_proxy(OperationCall& call);
/// Deletes one object and waits until it has gone.
boost::asio::awaitable<std::optional<std::string>> delete_and_wait(Execution& run, ObjectRef ref,
                                                                   base::Duration timeout, std::string propagation);

}  // namespace scenario
