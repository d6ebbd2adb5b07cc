#include "scenarios/runner/steps.h"

#include <algorithm>
#include <map>

#include "provisioner/base/text.h"
#include "scenarios/runner/cel.h"
#include "scenarios/runner/duration.h"

// Operations that change or look at objects; scripts and collectors are in steps_process.cpp and steps_collect.cpp.
namespace scenario {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::asio::awaitable;

constexpr std::string_view kSource = "Chainsaw's reference of operations";

const std::vector<StepRow>& step_table() {
  static const std::vector<StepRow> kTable = {
      {"apply", "apply", false, run_apply, kSource},        {"create", "apply", false, run_create, kSource},
      {"update", "apply", false, run_update, kSource},      {"patch", "apply", false, run_patch, kSource},
      {"delete", "delete", false, run_delete, kSource},     {"assert", "assert", false, run_assert, kSource},
      {"error", "error", false, run_error, kSource},        {"script", "exec", true, run_script, kSource},
      {"command", "exec", true, run_command_step, kSource}, {"sleep", "exec", false, run_sleep, kSource},
      {"wait", "exec", false, run_wait, kSource},           {"get", "exec", false, run_get, kSource},
      {"describe", "exec", false, run_describe, kSource},   {"podLogs", "exec", false, run_pod_logs, kSource},
      {"events", "exec", false, run_events, kSource},       {"proxy", "exec", false, run_proxy, kSource}};
  return kTable;
}

const StepRow* find_step(std::string_view verb) {
  for (const StepRow& row : step_table())
    if (row.verb == verb) return &row;
  return nullptr;
}

awaitable<void> poll_pause(OperationCall& call) {
  co_await base::sleep_for(*call.run.lab.clock, std::chrono::milliseconds(50));
}

std::string describe_mismatches(const std::vector<Mismatch>& mismatches) {
  std::vector<std::string> lines;
  for (const Mismatch& mismatch : mismatches)
    lines.push_back("  " + (mismatch.path.empty() ? "@" : mismatch.path) + ": " + mismatch.message);
  return base::join(lines, "\n");
}

Result<std::string> evaluated(const OperationCall& call, const Json& spec, const char* field) {
  const auto found = spec.find(field);
  if (found == spec.end() || !found->is_string()) return std::string();
  if (!call.templates) return found->get<std::string>();
  Result<Json> value = evaluate_text(found->get<std::string>(), nullptr, call.context);
  if (!value) return Error{ErrorKind::invalid, std::string(field) + ": " + value.error().message};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::optional<std::string> add_bindings(const Json& rows, ExpressionContext& context, bool templates) {
  const std::string compiler = context.compiler;
  for (const Json& row : rows) {
    const std::string raw = row.value("name", "");
    context.compiler = row.value("compiler", compiler);
    Result<Json> name = templates ? evaluate_text(raw, nullptr, context) : Result<Json>(Json(raw));
    Result<Json> value =
        templates ? evaluate_templates(row.value("value", Json()), context) : Result<Json>(row.value("value", Json()));
    context.compiler = compiler;
    if (!name) return "binding " + raw + ": " + name.error().message;
    if (!value) return "binding " + raw + ": " + value.error().message;
    context.bindings =
        context.bindings.with(name->is_string() ? name->get<std::string>() : name->dump(), std::move(*value));
  }
  return std::nullopt;
}

std::optional<std::string> add_outputs(OperationCall& call, const Json& subject) {
  const auto rows = call.operation.spec.find("outputs");
  if (rows == call.operation.spec.end()) return std::nullopt;
  for (const Json& row : *rows) {
    ExpressionContext context = call.context;
    context.compiler = row.value("compiler", context.compiler);
    if (row.contains("match")) {
      const auto mismatches = check_assertion(row["match"], subject, context);
      if (!mismatches) return "output: " + mismatches.error().message;
      if (!mismatches->empty()) continue;
    }
    const std::string raw = row.value("name", "");
    const Result<Json> name = evaluate_text(raw, subject, context);
    if (!name) return "output " + raw + ": " + name.error().message;
    const Json& value = row["value"];
    Result<Json> result = value.is_string() ? evaluate_text(value.get<std::string>(), subject, context)
                                            : evaluate_templates(value, context);
    if (!result) return "output " + raw + ": " + result.error().message;
    call.outputs.emplace_back(name->is_string() ? name->get<std::string>() : name->dump(), *result);
    call.context.bindings = call.context.bindings.with(call.outputs.back().first, std::move(*result));
  }
  return std::nullopt;
}

namespace {

/// The operation is repeated once for each object of its file, and $operation says which.
void count_resource(OperationCall& call, std::size_t index) {
  call.context.bindings = call.context.bindings.with("operation", {{"id", call.id}, {"resourceId", index + 1}});
}

Result<std::vector<Json>> read_documents(const OperationCall& call, const std::string& pattern) {
  if (pattern.starts_with("http://") || pattern.starts_with("https://"))
    return Error{ErrorKind::invalid, pattern + ": a scenario reads files of its own directory only"};
  auto files = expand_files(call.run.test.directory, pattern, call.run.test.root);
  if (!files) return files.error();
  std::vector<Json> documents;
  for (const std::string& file : *files) {
    const auto text = base::read_file(file);
    if (!text) return Error{ErrorKind::not_found, file + ": cannot be read"};
    auto nodes = parse_yaml(*text, file);
    if (!nodes) return nodes.error();
    for (const YamlNode& node : *nodes) {
      Json json = to_json(node);
      if (!json.is_object())
        return Error{ErrorKind::invalid, file + ":" + std::to_string(node.line) + ": expected an object"};
      documents.push_back(std::move(json));
    }
  }
  return documents;
}

std::string labels_selector(const Json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object() || !metadata->contains("labels")) return "";
  std::vector<std::string> parts;
  for (const auto& label : (*metadata)["labels"].items())
    if (label.value().is_string() && !is_expression(label.value().get<std::string>()) && !is_expression(label.key()) &&
        !label.key().starts_with("~"))
      parts.push_back(label.key() + "=" + label.value().get<std::string>());
  return base::join(parts, ",");
}

}  // namespace

Result<std::vector<Json>> load_resources(OperationCall& call) {
  const Json& spec = call.operation.spec;
  std::vector<Json> loaded;
  if (spec.contains("file")) {
    const auto pattern = evaluated(call, spec, "file");
    if (!pattern) return pattern.error();
    auto documents = read_documents(call, *pattern);
    if (!documents) return documents.error();
    loaded = std::move(*documents);
  } else {
    loaded.push_back(spec.value("resource", Json()));
  }
  std::vector<Json> resources;
  for (Json& document : loaded) {
    if (document.is_object() && document.value("kind", Json()) == "List" && document.contains("items"))
      for (Json& item : document["items"]) resources.push_back(std::move(item));
    else resources.push_back(std::move(document));
  }
  return resources;
}

namespace {

/// The object as it is sent: templates evaluated, namespace filled in. Outputs of the objects before it are seen.
awaitable<Result<Json>> prepared(OperationCall& call, Json resource, std::size_t index) {
  count_resource(call, index);
  if (!resource.is_object()) co_return Error{ErrorKind::invalid, "a resource must be an object"};
  if (call.templates) {
    auto done = evaluate_templates(resource, call.context);
    if (!done) co_return done.error();
    resource = std::move(*done);
  }
  const ObjectRef ref = ref_of(resource);
  if (ref.api_version.empty() || ref.kind.empty())
    co_return Error{ErrorKind::invalid, "a resource needs apiVersion and kind"};
  ApiResult<bool> namespaced = co_await call.run.client.is_namespaced(ref.api_version, ref.kind);
  // An unknown kind is the API's answer to give, when the operation reaches it.
  if (namespaced && *namespaced && ref.ns.empty()) resource["metadata"]["namespace"] = call.run.ns;
  co_return resource;
}

}  // namespace

namespace {

/// The end of a changing operation: expectations, outputs. `object` is the result, or what was asked for.
std::optional<std::string> conclude(OperationCall& call, const Json& object, const std::optional<std::string>& error) {
  ExpressionContext context = call.context;
  context.bindings =
      context.bindings.with("error", error ? Json(*error) : Json()).with("warnings", call.run.client.warnings());
  bool matched = false;
  const Json expectations = call.operation.spec.value("expect", Json::array());
  for (const Json& expectation : expectations) {
    if (expectation.contains("match")) {
      const auto mismatches = check_assertion(expectation["match"], object, context);
      if (!mismatches) return "expect: " + mismatches.error().message;
      if (!mismatches->empty()) continue;
    }
    matched = true;
    const auto mismatches = check_assertion(expectation["check"], object, context);
    if (!mismatches) return "expect: " + mismatches.error().message;
    if (!mismatches->empty())
      return "expectation not met" + (error ? " (" + *error + ")" : std::string()) + "\n" +
             describe_mismatches(*mismatches);
  }
  if (!matched && error) return error;
  // An error that was expected has outputs too.
  const auto wider = call.context.bindings;
  call.context.bindings = context.bindings;
  std::optional<std::string> failure = add_outputs(call, object);
  call.context.bindings = wider;
  for (const auto& [name, value] : call.outputs) call.context.bindings = call.context.bindings.with(name, value);
  return failure;
}

enum class Change { apply, create, update, patch };

awaitable<ApiResult<Json>> change_once(OperationCall& call, Change how, Json resource, bool& created) {
  KubeClient& client = call.run.client;
  const ObjectRef ref = ref_of(resource);
  // Strict, as Chainsaw's client asks; servers before 1.25 leave unknown fields out in silence.
  const bool dry_run = call.operation.spec.value("dryRun", false);
  const std::string dry = std::string("?fieldValidation=Strict") + (dry_run ? "&dryRun=All" : "");
  const bool generated = ref.name.empty();  // metadata.generateName
  ApiResult<std::string> found_path = co_await client.path_of(ref);
  if (!found_path) co_return found_path.error();
  const std::string subresource = call.operation.spec.value("subresource", "");
  const std::string path = *found_path + (subresource.empty() ? "" : "/" + subresource);
  if (!generated && how != Change::create) {
    ApiResult<Json> current = co_await client.call("GET", path, nullptr, "");
    if (!current && (current.error().code != 404 || how != Change::apply)) co_return current.error();
    if (current && how == Change::update) {
      if (!resource["metadata"].contains("resourceVersion"))
        resource["metadata"]["resourceVersion"] = (*current)["metadata"]["resourceVersion"];
      co_return co_await client.call("PUT", path + dry, resource, "application/json");
    }
    if (current) co_return co_await client.call("PATCH", path + dry, resource, "application/merge-patch+json");
  }
  const std::string list = generated ? path : path.substr(0, path.rfind('/'));
  ApiResult<Json> made = co_await client.call("POST", list + dry, std::move(resource), "application/json");
  created = made.ok() && !dry_run;
  co_return made;
}

awaitable<OperationOutcome> change(OperationCall& call, Change how) {
  Result<std::vector<Json>> resources = load_resources(call);
  if (!resources) co_return OperationOutcome{resources.error().message, ""};
  for (std::size_t i = 0; i < resources->size(); ++i) {
    Json plain = std::move((*resources)[i]);
    Result<Json> ready = co_await prepared(call, std::move(plain), i);
    if (!ready) co_return OperationOutcome{ready.error().message, ""};
    const Json& resource = *ready;
    const base::TimePoint deadline = call.run.lab.clock->now() + call.timeout;
    std::optional<std::string> failure;
    const std::string what = show(ref_of(resource));
    while (true) {
      bool created = false;
      ApiResult<Json> result = co_await change_once(call, how, resource, created);
      if (created && call.run.track) {
        ObjectRef made = ref_of(*result);
        if (made.api_version.empty())
          made.api_version = ref_of(resource).api_version, made.kind = ref_of(resource).kind;
        call.run.created.push_back({made, call.run.step_index, call.run.cluster});
      }
      const std::optional<std::string> error =
          result ? std::nullopt : std::optional<std::string>(result.error().message);
      failure = conclude(call, result ? *result : resource, error);
      if (!failure || call.run.lab.clock->now() >= deadline) break;
      co_await poll_pause(call);
    }
    if (failure) co_return OperationOutcome{what + ": " + *failure, ""};
  }
  co_return OperationOutcome{};
}

}  // namespace

awaitable<OperationOutcome> run_apply(OperationCall& call) { return change(call, Change::apply); }
awaitable<OperationOutcome> run_create(OperationCall& call) { return change(call, Change::create); }
awaitable<OperationOutcome> run_update(OperationCall& call) { return change(call, Change::update); }
awaitable<OperationOutcome> run_patch(OperationCall& call) { return change(call, Change::patch); }

awaitable<std::optional<std::string>> delete_and_wait(Execution& run, ObjectRef ref, base::Duration timeout,
                                                      std::string propagation) {
  base::Clock& clock = *run.lab.clock;
  const base::TimePoint deadline = clock.now() + timeout;
  ApiResult<std::string> found_path = co_await run.client.path_of(ref);
  if (!found_path) co_return found_path.error().message;
  const std::string path = *found_path;
  const Json options = {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"propagationPolicy", propagation}};
  while (true) {
    ApiResult<Json> gone = co_await run.client.call("DELETE", path, options, "application/json");
    if (gone || gone.error().code == 404) break;
    if (gone.error().code == 405 || clock.now() >= deadline) co_return gone.error().message;
    co_await base::sleep_for(clock, std::chrono::milliseconds(50));
  }
  std::string uid;
  while (true) {
    ApiResult<Json> still = co_await run.client.call("GET", path, nullptr, "");
    if (!still && still.error().code == 404) co_return std::nullopt;
    if (still) {
      const std::string found = (*still)["metadata"].value("uid", "");
      if (!uid.empty() && found != uid) co_return std::nullopt;  // another object of that name
      uid = found;
    }
    if (clock.now() >= deadline) co_return show(ref) + " is still there";
    co_await base::sleep_for(clock, std::chrono::milliseconds(50));
  }
}

awaitable<OperationOutcome> run_delete(OperationCall& call) {
  const Json& spec = call.operation.spec;
  std::vector<Json> wanted;
  if (spec.contains("ref")) {
    Json reference = spec["ref"];
    if (call.templates) {
      auto done = evaluate_templates(reference, call.context);
      if (!done) co_return OperationOutcome{done.error().message, ""};
      reference = std::move(*done);
    }
    Json object = {{"apiVersion", reference.value("apiVersion", "")},
                   {"kind", reference.value("kind", "")},
                   {"metadata", Json::object()}};
    for (const char* field : {"name", "namespace", "labels"})
      if (reference.contains(field)) object["metadata"][field] = reference[field];
    wanted.push_back(std::move(object));
  } else {
    Result<std::vector<Json>> loaded = load_resources(call);
    if (!loaded) co_return OperationOutcome{loaded.error().message, ""};
    for (std::size_t i = 0; i < loaded->size(); ++i) {
      Json plain = std::move((*loaded)[i]);
      Result<Json> ready = co_await prepared(call, std::move(plain), i);
      if (!ready) co_return OperationOutcome{ready.error().message, ""};
      wanted.push_back(std::move(*ready));
    }
  }
  for (const Json& object : wanted) {
    ObjectRef ref = ref_of(object);
    ApiResult<bool> namespaced = co_await call.run.client.is_namespaced(ref.api_version, ref.kind);
    if (!namespaced) co_return OperationOutcome{show(ref) + ": " + namespaced.error().message, ""};
    if (*namespaced && ref.ns.empty()) ref.ns = call.run.ns;
    // What is not there is deleted already: expectations are about what was found.
    if (ref.name.empty()) ref.selector = labels_selector(object);
    ApiResult<std::vector<Json>> found = co_await call.run.client.list(ref);
    if (!found && found.error().code == 404) continue;
    if (!found) co_return OperationOutcome{show(ref) + ": " + found.error().message, ""};
    std::vector<ObjectRef> targets;
    for (const Json& item : *found) {
      ObjectRef target = ref_of(item);
      if (target.api_version.empty()) target.api_version = ref.api_version, target.kind = ref.kind;
      targets.push_back(std::move(target));
    }
    for (const ObjectRef& target : targets) {
      const std::optional<std::string> error =
          co_await delete_and_wait(call.run, target, call.timeout, call.propagation);
      const std::optional<std::string> failure = conclude(call, object, error);
      if (failure) co_return OperationOutcome{show(target) + ": " + *failure, ""};
    }
  }
  co_return OperationOutcome{};
}

namespace {

struct Look {
  bool found = false;                // at least one candidate
  bool matched = false;              // one that satisfies the tree
  std::string mismatches;            // of the closest candidate
  std::optional<std::string> error;  // the tree is wrong, or the API did not answer
  bool fatal = false;                // trying again cannot help
};

/// Finds the objects that `expected` names and matches them.
awaitable<Look> look_once(OperationCall& call, const Json& expected) {
  Look look;
  ObjectRef ref;
  std::vector<Json> candidates;
  if (expected.is_object()) {
    Json head = Json::object();
    for (const char* field : {"apiVersion", "kind"})
      if (expected.contains(field)) head[field] = expected[field];
    if (expected.contains("metadata") && expected["metadata"].is_object()) {
      const Json& metadata = expected["metadata"];
      for (const char* field : {"name", "namespace"})
        if (metadata.contains(field) && metadata[field].is_string()) head["metadata"][field] = metadata[field];
      // Labels select where they are texts; others are trees that only compare.
      if (metadata.contains("labels") && metadata["labels"].is_object())
        for (const auto& label : metadata["labels"].items())
          if (label.value().is_string() && !is_expression(label.key()) && !label.key().starts_with("~"))
            head["metadata"]["labels"][label.key()] = label.value();
    }
    if (call.templates) {
      auto done = evaluate_templates(head, call.context);
      if (!done) {
        look.error = done.error().message;
        co_return look;
      }
      head = std::move(*done);
    }
    ref = ref_of(head);
    if (!ref.kind.empty() && ref.name.empty()) ref.selector = labels_selector(head);
  }
  if (ref.api_version.empty() || ref.kind.empty()) {
    candidates.push_back(nullptr);  // a tree that only computes
  } else {
    ApiResult<bool> namespaced = co_await call.run.client.is_namespaced(ref.api_version, ref.kind);
    if (!namespaced) {
      look.error = namespaced.error().message;
      co_return look;
    }
    if (*namespaced && ref.ns.empty()) ref.ns = call.run.ns;
    ApiResult<std::vector<Json>> found = co_await call.run.client.list(ref);
    if (found) candidates = std::move(*found);
    else if (found.error().code != 404) look.error = found.error().message;
  }
  std::size_t fewest = 0;
  for (const Json& candidate : candidates) {
    look.found = true;
    // In a KUTTL file no text is an expression: equality of texts is what escaping gives.
    const auto mismatches = check_assertion(expected, candidate, call.context);
    if (!mismatches) {
      look.error = mismatches.error().message;
      continue;
    }
    if (mismatches->empty()) {
      look.matched = true;
      look.error.reset();
      co_return look;
    }
    if (look.mismatches.empty() || mismatches->size() < fewest) {
      fewest = mismatches->size();
      look.mismatches = show(ref_of(candidate)) + "\n" + describe_mismatches(*mismatches);
    }
  }
  if (candidates.empty()) look.mismatches = show(ref) + ": no such object";
  co_return look;
}

/// Escapes what would be an expression, for files whose texts are plain.
Json escape_texts(const Json& value) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    const bool special = is_expression(text) || (text.size() > 2 && text.front() == '\\' && text.back() == '\\') ||
                         text.find("->") != std::string::npos || text.starts_with("~");
    return special ? Json("\\" + text + "\\") : value;
  }
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value) list.push_back(escape_texts(item));
    return list;
  }
  if (value.is_object()) {
    Json object = Json::object();
    for (const auto& entry : value.items())
      object[escape_texts(Json(entry.key())).get<std::string>()] = escape_texts(entry.value());
    return object;
  }
  return value;
}

/// KUTTL's expressions over named objects, looked at once; the step's loop looks again.
awaitable<OperationOutcome> check_expressions(OperationCall& call) {
  const Json& expressions = call.operation.spec["expressions"];
  std::map<std::string, Json, std::less<>> names;
  for (const Json& row : expressions["refs"]) {
    ObjectRef ref{row["apiVersion"].get<std::string>(), row["kind"].get<std::string>(),
                  row["namespace"].get<std::string>(), row["name"].get<std::string>(), ""};
    ApiResult<bool> namespaced = co_await call.run.client.is_namespaced(ref.api_version, ref.kind);
    if (namespaced && *namespaced && ref.ns.empty()) ref.ns = call.run.ns;
    ApiResult<Json> found = co_await call.run.client.get(ref);
    if (!found)
      co_return OperationOutcome{"failed to get referenced resource '" + show(ref) + "': " + found.error().message, ""};
    names[row["ref"].get<std::string>()] = std::move(*found);
  }
  const auto failures = [&](const Json& texts) {
    std::vector<std::string> lines;
    for (const Json& text : texts) {
      const auto value = cel_evaluate(text.get<std::string>(), names);
      if (value && *value == true) continue;
      lines.push_back("  expression '" + text.get<std::string>() + "' evaluated to '" +
                      (value ? value->dump() : value.error().message) + "'");
    }
    return lines;
  };
  const auto all = failures(expressions["all"]), any = failures(expressions["any"]);
  if (!all.empty()) co_return OperationOutcome{"not all expressions evaluated to true:\n" + base::join(all, "\n"), ""};
  if (!any.empty() && any.size() == expressions["any"].size())
    co_return OperationOutcome{"no expression evaluated to true:\n" + base::join(any, "\n"), ""};
  co_return OperationOutcome{};
}

awaitable<OperationOutcome> watch_for(OperationCall& call, bool wanted) {
  if (call.operation.spec.contains("expressions")) co_return co_await check_expressions(call);
  Result<std::vector<Json>> loaded = load_resources(call);
  if (!loaded) co_return OperationOutcome{loaded.error().message, ""};
  for (std::size_t i = 0; i < loaded->size(); ++i) {
    const Json& plain = (*loaded)[i];
    const base::TimePoint deadline = call.run.lab.clock->now() + call.timeout;
    count_resource(call, i);
    // `template: false` is about what is sent and which object is meant; a tree stays a tree.
    const Json expected = call.run.test.kuttl ? escape_texts(plain) : plain;
    while (true) {
      const Look look = co_await look_once(call, expected);
      if (wanted ? look.matched : !look.matched && !look.error) break;
      if (call.run.lab.clock->now() >= deadline) {
        if (look.error) co_return OperationOutcome{look.error, ""};
        if (wanted) co_return OperationOutcome{look.mismatches, ""};
        co_return OperationOutcome{show(ref_of(expected)) + ": matches, and should not", ""};
      }
      co_await poll_pause(call);
    }
  }
  co_return OperationOutcome{};
}

}  // namespace

awaitable<OperationOutcome> run_assert(OperationCall& call) { return watch_for(call, true); }
awaitable<OperationOutcome> run_error(OperationCall& call) { return watch_for(call, false); }

awaitable<OperationOutcome> run_sleep(OperationCall& call) {
  const auto span = parse_duration(call.operation.spec.value("duration", "0s"));
  co_await base::sleep_for(*call.run.lab.clock, span.value_or(base::Duration{0}));
  co_return OperationOutcome{};
}

}  // namespace scenario
