#include <algorithm>

#include "provisioner/base/text.h"
#include "scenarios/runner/steps.h"

// wait, get, describe, podLogs, events and proxy: what Chainsaw does by running kubectl, done by asking the API.
namespace scenario {

using boost::asio::awaitable;

namespace {

struct Wanted {
  std::optional<std::string> failure;
  ObjectRef ref;
};

awaitable<Wanted> wanted_objects(OperationCall& call, std::string api_version, std::string kind) {
  const Json& spec = call.operation.spec;
  Wanted wanted;
  std::string* const fields[] = {&wanted.ref.api_version, &wanted.ref.kind, &wanted.ref.name, &wanted.ref.ns,
                                 &wanted.ref.selector};
  const char* const names[] = {"apiVersion", "kind", "name", "namespace", "selector"};
  for (std::size_t i = 0; i < 5; ++i) {
    auto value = evaluated(call, spec, names[i]);
    if (!value) wanted.failure = value.error().message;
    else *fields[i] = *value;
  }
  auto resource = evaluated(call, spec, "resource");
  if (!resource) wanted.failure = resource.error().message;
  if (!wanted.failure && !resource->empty()) {
    ApiResult<ObjectRef> found = co_await call.run.client.find_resource(*resource);
    if (!found) wanted.failure = found.error().message;
    else wanted.ref.api_version = found->api_version, wanted.ref.kind = found->kind;
  }
  if (wanted.ref.api_version.empty()) wanted.ref.api_version = api_version;
  if (wanted.ref.kind.empty()) wanted.ref.kind = kind;
  if (!wanted.failure && (wanted.ref.api_version.empty() || wanted.ref.kind.empty()))
    wanted.failure = "apiVersion and kind are needed";
  if (wanted.failure) co_return wanted;
  ApiResult<bool> namespaced = co_await call.run.client.is_namespaced(wanted.ref.api_version, wanted.ref.kind);
  if (!namespaced) wanted.failure = namespaced.error().message;
  else if (*namespaced && wanted.ref.ns.empty()) wanted.ref.ns = call.run.ns;
  else if (wanted.ref.ns == "*") wanted.ref.ns.clear();
  co_return wanted;
}

/// kubectl's JSONPath "{.status.conditions[?(@.type=="Ready")].status}" in JMESPath's terms.
std::string to_jmespath(std::string path) {
  if (path.starts_with("{") && path.ends_with("}")) path = path.substr(1, path.size() - 2);
  if (path.starts_with("$")) path.erase(0, 1);
  if (path.starts_with(".")) path.erase(0, 1);
  std::string result;
  bool quoted = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (path.compare(i, 3, "[?(") == 0) {
      result += "[?";
      i += 2;
    } else if (path.compare(i, 2, ")]") == 0) {
      result += "]";
      ++i;
    } else if (path.compare(i, 2, "@.") == 0) {
      ++i;
    } else if (path.compare(i, 2, "['") == 0) {
      const std::size_t end = path.find("']", i);
      if (end == std::string::npos) return path;
      result += (result.empty() ? "\"" : ".\"") + path.substr(i + 2, end - i - 2) + "\"";
      i = end + 1;
    } else if (c == '"') {
      quoted = !quoted;
      result += '\'';
    } else if (c == '\\' && i + 1 < path.size() && path[i + 1] == '.') {
      const std::size_t start = result.find_last_of(".[") == std::string::npos ? 0 : result.find_last_of(".[") + 1;
      std::string name = result.substr(start);
      if (name.starts_with('"')) name = name.substr(1, name.size() - 2);
      std::size_t end = i + 2;
      while (end < path.size() && path[end] != '.' && path[end] != '[' && path[end] != '\\') ++end;
      result = result.substr(0, start) + "\"" + name + "." + path.substr(i + 2, end - i - 2) + "\"";
      i = end - 1;
    } else {
      result += c;
    }
  }
  return result;
}

/// "" when the object satisfies `for`, else why not.
std::string unmet(OperationCall& call, const Json& what, const Json& object, std::string& broken) {
  if (what.contains("condition")) {
    auto name = evaluated(call, what["condition"], "name");
    auto value = evaluated(call, what["condition"], "value");
    if (!name || !value) return broken = !name ? name.error().message : value.error().message;
    const std::string status = value->empty() ? "True" : *value;
    const Json conditions = object.contains("status") && object["status"].is_object()
                                ? object["status"].value("conditions", Json::array())
                                : Json::array();
    for (const Json& condition : conditions) {
      if (!base::equals_ignoring_case(condition.value("type", ""), *name)) continue;
      // As kubectl: a condition that was observed before the object last changed does not count.
      const Json generation = object["metadata"].value("generation", Json());
      const Json observed = condition.value("observedGeneration", object["status"].value("observedGeneration", Json()));
      if (generation.is_number() && observed.is_number() && observed < generation)
        return *name + " was observed of generation " + observed.dump();
      return base::equals_ignoring_case(condition.value("status", ""), status)
                 ? ""
                 : *name + " is " + condition.value("status", "");
    }
    return "no condition " + *name;
  }
  auto path = evaluated(call, what["jsonPath"], "path");
  auto value = evaluated(call, what["jsonPath"], "value");
  if (!path || !value) return broken = !path ? path.error().message : value.error().message;
  auto found = jmes::search(to_jmespath(*path), object);
  if (!found) return broken = "jsonPath " + *path + ": " + found.error().message;
  if (found->is_array() && found->size() == 1) found = Json((*found)[0]);
  const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  if (value->empty() ? !found->is_null() && text != "[]" : text == *value) return "";
  return *path + " is " + text;
}

std::string printed(const Json& object, const std::string& format) {
  return format == "json" ? object.dump(4) : object.dump(2);
}

std::string one_line(const Json& object) {
  const Json status = object.value("status", Json::object());
  const std::string phase = status.is_object() && status.contains("phase") && status["phase"].is_string()
                                ? "  " + status["phase"].get<std::string>()
                                : "";
  return show(ref_of(object)) + phase;
}

std::string event_line(const Json& event) {
  const Json involved = event.value("involvedObject", Json::object());
  return event.value("type", "") + "  " + event.value("reason", "") + "  " + involved.value("kind", "") + "/" +
         involved.value("name", "") + "  " + event.value("message", "");
}

}  // namespace

awaitable<OperationOutcome> run_wait(OperationCall& call) {
  const base::TimePoint deadline = call.run.lab.clock->now() + call.timeout;
  const Json& what = call.operation.spec["for"];
  const Wanted wanted = co_await wanted_objects(call, "", "");
  if (wanted.failure) co_return OperationOutcome{wanted.failure, ""};
  bool first = true;
  while (true) {
    ApiResult<std::vector<Json>> found = co_await call.run.client.list(wanted.ref);
    const bool none = !found ? found.error().code == 404 : found->empty();
    std::string why, broken;
    if (!found && !none) why = found.error().message;
    else if (what.contains("deletion")) why = none ? "" : show(wanted.ref) + " is still there";
    else if (none) {
      // kubectl does not wait for objects to appear.
      if (first) co_return OperationOutcome{show(wanted.ref) + ": no matching resources found", ""};
      why = show(wanted.ref) + " has gone";
    } else {
      for (const Json& object : *found) {
        const std::string reason = unmet(call, what, object, broken);
        if (!reason.empty()) why = show(ref_of(object)) + ": " + reason;
      }
    }
    first = false;
    if (!broken.empty()) co_return OperationOutcome{broken, ""};
    if (why.empty()) co_return OperationOutcome{};
    if (call.run.lab.clock->now() >= deadline) co_return OperationOutcome{"timed out waiting: " + why, ""};
    co_await poll_pause(call);
  }
}

awaitable<OperationOutcome> run_get(OperationCall& call) {
  const Wanted wanted = co_await wanted_objects(call, "", "");
  if (wanted.failure) co_return OperationOutcome{wanted.failure, ""};
  ApiResult<std::vector<Json>> found = co_await call.run.client.list(wanted.ref);
  if (!found) co_return OperationOutcome{show(wanted.ref) + ": " + found.error().message, ""};
  OperationOutcome outcome;
  const std::string format = call.operation.spec.value("format", "");
  for (const Json& object : *found)
    outcome.output +=
        (outcome.output.empty() ? "" : "\n") + (format.empty() ? one_line(object) : printed(object, format));
  co_return outcome;
}

awaitable<OperationOutcome> run_describe(OperationCall& call) {
  const Wanted wanted = co_await wanted_objects(call, "", "");
  if (wanted.failure) co_return OperationOutcome{wanted.failure, ""};
  ApiResult<std::vector<Json>> found = co_await call.run.client.list(wanted.ref);
  if (!found) co_return OperationOutcome{show(wanted.ref) + ": " + found.error().message, ""};
  OperationOutcome outcome;
  for (const Json& object : *found) {
    outcome.output += (outcome.output.empty() ? "" : "\n") + one_line(object) + "\n" + object.dump(2);
    if (!call.operation.spec.value("showEvents", true)) continue;
    ObjectRef events{"v1", "Event", object["metadata"].value("namespace", ""), "", ""};
    ApiResult<std::vector<Json>> related = co_await call.run.client.list(events);
    if (!related) continue;
    for (const Json& event : *related)
      if (event.value("involvedObject", Json::object()).value("name", "") == object["metadata"].value("name", ""))
        outcome.output += "\n  " + event_line(event);
  }
  co_return outcome;
}

awaitable<OperationOutcome> run_events(OperationCall& call) {
  ObjectRef ref{"v1", "Event", "", "", ""};
  auto ns = evaluated(call, call.operation.spec, "namespace");
  auto name = evaluated(call, call.operation.spec, "name");
  if (!ns || !name) co_return OperationOutcome{!ns ? ns.error().message : name.error().message, ""};
  ref.ns = ns->empty() ? call.run.ns : *ns == "*" ? "" : *ns;
  ApiResult<std::vector<Json>> found = co_await call.run.client.list(ref);
  if (!found) co_return OperationOutcome{found.error().message, ""};
  OperationOutcome outcome;
  for (const Json& event : *found)
    if (name->empty() || event["metadata"].value("name", "") == *name)
      outcome.output += (outcome.output.empty() ? "" : "\n") + event_line(event);
  co_return outcome;
}

awaitable<OperationOutcome> run_pod_logs(OperationCall& call) {
  const Json& spec = call.operation.spec;
  const Wanted wanted = co_await wanted_objects(call, "v1", "Pod");
  if (wanted.failure) co_return OperationOutcome{wanted.failure, ""};
  auto only = evaluated(call, spec, "container");
  if (!only) co_return OperationOutcome{only.error().message, ""};
  ApiResult<std::vector<Json>> pods = co_await call.run.client.list(wanted.ref);
  if (!pods) co_return OperationOutcome{show(wanted.ref) + ": " + pods.error().message, ""};
  OperationOutcome outcome;
  // As `kubectl logs`: ten lines of each pod with a selector, all with a name.
  const auto tail = spec.value("tail", 0) > 0 ? spec.value("tail", 0) : wanted.ref.name.empty() ? 10 : -1;
  for (const Json& pod : *pods)
    for (const Json& container : pod.value("spec", Json::object()).value("containers", Json::array())) {
      const std::string name = container.value("name", "");
      if (!only->empty() && name != *only) continue;
      std::string path = "/api/v1/namespaces/" + pod["metadata"].value("namespace", "") + "/pods/" +
                         pod["metadata"].value("name", "") + "/log?container=" + name;
      if (tail > 0) path += "&tailLines=" + std::to_string(tail);
      ApiResult<std::string> text = co_await call.run.client.text("GET", path);
      outcome.output += (outcome.output.empty() ? "" : "\n") +
                        ("[" + pod["metadata"].value("name", "") + "/" + name + "]\n") +
                        (text ? *text : text.error().message);
    }
  co_return outcome;
}

awaitable<OperationOutcome> run_proxy(OperationCall& call) {
  const Json& spec = call.operation.spec;
  const Wanted wanted = co_await wanted_objects(call, "v1", "Service");
  if (wanted.failure) co_return OperationOutcome{wanted.failure, ""};
  auto port = evaluated(call, spec, "port");
  auto target = evaluated(call, spec, "path");
  if (!port || !target) co_return OperationOutcome{!port ? port.error().message : target.error().message, ""};
  ApiResult<std::string> found_path = co_await call.run.client.path_of(wanted.ref);
  if (!found_path) co_return OperationOutcome{found_path.error().message, ""};
  const std::string path = *found_path + (port->empty() ? "" : ":" + *port) + "/proxy/" +
                           (target->starts_with("/") ? target->substr(1) : *target);
  ApiResult<std::string> answer = co_await call.run.client.text("GET", path);
  const std::optional<std::string> error = answer ? std::nullopt : std::optional<std::string>(answer.error().message);
  call.context.bindings = call.context.bindings.with("stdout", answer ? *answer : "")
                              .with("stderr", error.value_or(""))
                              .with("error", error ? Json(*error) : Json());
  OperationOutcome outcome;
  outcome.output = answer ? *answer : "";
  outcome.failure = error ? error : add_outputs(call, nullptr);
  co_return outcome;
}

}  // namespace scenario
