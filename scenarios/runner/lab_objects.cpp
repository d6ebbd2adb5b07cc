#include "scenarios/runner/lab_objects.h"

#include "provisioner/base/text.h"
#include "scenarios/runner/duration.h"
#include "scenarios/runner/lab_load.h"
#include "scenarios/runner/lab_snapshot.h"
#include "scenarios/runner/world.h"

namespace scenario {

namespace http = base::http;

namespace {

constexpr std::string_view kLab = "/apis/lab.drydock.dev/v1/";
constexpr std::string_view kArray = "/apis/ontap.drydock.dev/v1/";

Json done(std::string message = "", std::string output = "") {
  return {{"phase", "Done"}, {"message", message}, {"output", output}};
}
Json failed(std::string message) { return {{"phase", "Failed"}, {"message", message}, {"output", ""}}; }

Json spec_of(const Json& object) { return object.value("spec", Json::object()); }

/// spec: {command: "…"} or {commands: [...]}, {answers: [...]} for what commands ask.
Json run_commands(World& world, const Json& object) {
  const Json spec = spec_of(object);
  std::vector<std::string> answers, commands;
  for (const Json& answer : spec.value("answers", Json::array()))
    answers.push_back(answer.is_string() ? answer.get<std::string>() : answer.dump());
  if (spec.contains("command") && spec["command"].is_string()) commands.push_back(spec["command"].get<std::string>());
  for (const Json& command : spec.value("commands", Json::array()))
    if (command.is_string()) commands.push_back(command.get<std::string>());
  if (commands.empty()) return failed("spec.command or spec.commands is needed");
  std::string output;
  for (const std::string& command : commands) {
    const ontap_sim::cli::Outcome outcome = world.array().command(command, answers);
    output += outcome.output;
    if (outcome.question)
      return failed(command + ": asks \"" + outcome.question->prompt + "\"; put the answer into spec.answers");
    if (outcome.failed) return failed(std::string(base::trim(outcome.output)));
  }
  return done("", output);
}

struct FaultSpec {
  Json rule;
  std::string target, name;
  base::Duration after{0}, lasts{0};  // the window; 0: at once, for ever
  std::string problem;
};

FaultSpec fault_of(const Json& object) {
  FaultSpec fault;
  fault.rule = spec_of(object);
  const Json target = fault.rule.value("target", Json("ontap"));
  fault.target = target.is_string() ? target.get<std::string>() : target.dump();
  if (!fault.rule.contains("name")) fault.rule["name"] = object["metadata"].value("name", "");
  fault.name = fault.rule["name"].is_string() ? fault.rule["name"].get<std::string>() : "";
  const Json window = fault.rule.value("window", Json::object());
  for (const auto& entry : window.items()) {
    const auto span = entry.value().is_string() ? parse_duration(entry.value().get<std::string>()) : std::nullopt;
    if (!span || (entry.key() != "after" && entry.key() != "for"))
      fault.problem = "window has the durations after and for";
    else (entry.key() == "after" ? fault.after : fault.lasts) = *span;
  }
  for (const char* own : {"target", "window"}) fault.rule.erase(own);
  if (fault.target != "ontap" && fault.target != "kubernetes")
    fault.problem = "target " + fault.target + " is not known: ontap and kubernetes are";
  return fault;
}

base::Result<void> set_fault(World& world, const FaultSpec& fault) {
  if (fault.target == "kubernetes") return world.kube_faults().add(fault.rule);
  return world.array().faults().add(fault.rule);
}
void clear_fault(World& world, const FaultSpec& fault) {
  if (fault.target == "kubernetes") world.kube_faults().remove(fault.name);
  else world.array().faults().remove(fault.name);
}

/// spec: the JSON of a fault rule of the array (target ontap, the default) or of the API (target kubernetes), and when:
/// {window: {after: 10s, for: 1m}}.
Json add_fault(World& world, const Json& object) {
  const FaultSpec fault = fault_of(object);
  if (!fault.problem.empty()) return failed(fault.problem);
  const auto added = set_fault(world, fault);
  if (!added) return failed(added.error().message);
  World* lab = &world;
  if (fault.after.count() > 0) {
    clear_fault(world, fault);
    world.later(fault.name, fault.after, [lab, fault] { (void)set_fault(*lab, fault); });
  }
  if (fault.lasts.count() > 0)
    world.later(fault.name, fault.after + fault.lasts, [lab, fault] { clear_fault(*lab, fault); });
  return done();
}
void remove_fault(World& world, const Json& object) {
  const FaultSpec fault = fault_of(object);
  world.cancel_later(fault.name);
  clear_fault(world, fault);
}

/// spec: {advance: "10m"}: in memory the time of the whole lab passes before the object's request is answered (see
/// after()); over the wire the array's clock is put forward. {freeze: true|false}: the array's clock stands still, or
/// goes on from where it stood.
Json move_clock(World& world, const Json& object) {
  const Json spec = spec_of(object);
  for (const auto& entry : spec.items())
    if (entry.key() != "advance" && entry.key() != "freeze")
      return failed("unknown key " + entry.key() + ": advance and freeze are known");
  if (spec.contains("freeze")) {
    if (!spec["freeze"].is_boolean()) return failed("spec.freeze must be true or false");
    world.array().clock().freeze(spec["freeze"].get<bool>());
  }
  if (!spec.contains("advance"))
    return spec.contains("freeze") ? done() : failed("spec.advance or spec.freeze is needed");
  const auto span = spec["advance"].is_string() ? parse_duration(spec["advance"].get<std::string>()) : std::nullopt;
  if (!span || span->count() < 0) return failed("spec.advance must be a duration");
  if (world.whole_clock) return done();
  world.array().clock().offset += *span;
  return done("the array's clock only: the cluster runs on the machine's");
}

Json start_load(World& world, const Json& object) { return world.loads().start(object); }
void stop_load(World& world, const Json& object) { world.loads().stop(object); }

Json take_snapshot(World& world, const Json& object) { return world.snapshots().run(object); }
void forget_snapshot(World& world, const Json& object) { world.snapshots().forget(object); }

/// spec: {component: provisioner, at: "volume-create", moment: before|after, restart: true}; without `at` it dies at
/// once.
Json crash(World& world, const Json& object) {
  if (!world.crash) return failed("nothing to crash");
  const std::string problem = world.crash(spec_of(object));
  return problem.empty() ? done() : failed(problem);
}

/// spec: a backend file, given to the provisioner that runs beside the cluster.
Json add_backend(World& world, const Json& object) {
  if (!world.add_backend) return failed("no provisioner runs beside the cluster");
  World* lab = &world;
  const std::string path = std::string(kLab) + "backends/" + object["metadata"].value("name", "") + "/status";
  world.add_backend(spec_of(object), [lab, path](Json status) {
    (void)lab->kube_internal("PATCH", path, {{"status", std::move(status)}});
  });
  return {{"phase", "Pending"}, {"message", ""}};
}

Json definition(std::string_view group, std::string_view kind, std::string_view plural,
                const std::vector<ArrayColumn>& columns) {
  Json printed = Json::array();
  for (const ArrayColumn& column : columns)
    printed.push_back({{"name", column.name}, {"type", column.type}, {"jsonPath", column.path}});
  const Json any = {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
  std::string singular = base::to_lower(kind);
  return {
      {"apiVersion", "apiextensions.k8s.io/v1"},
      {"kind", "CustomResourceDefinition"},
      {"metadata", {{"name", std::string(plural) + "." + std::string(group)}}},
      {"spec",
       {{"group", group},
        {"scope", "Cluster"},
        {"names",
         {{"kind", kind}, {"listKind", std::string(kind) + "List"}, {"plural", plural}, {"singular", singular}}},
        {"versions",
         Json::array({{{"name", "v1"},
                       {"served", true},
                       {"storage", true},
                       {"subresources", {{"status", Json::object()}}},
                       {"schema",
                        {{"openAPIV3Schema", {{"type", "object"}, {"properties", {{"spec", any}, {"status", any}}}}}}},
                       {"additionalPrinterColumns", printed}}})}}}};
}

}  // namespace

const std::vector<LabKind>& lab_kinds() {
  static const std::vector<LabKind> kTable = {
      {"OntapCommand", "ontapcommands", "clustershell commands run as the administrator of the array", run_commands,
       nullptr},
      {"Backend", "backends", "a backend file for the provisioner that runs beside the cluster", add_backend, nullptr},
      {"Fault", "faults", "a fault rule of the array or of the Kubernetes API; it ends with the object", add_fault,
       remove_fault},
      {"Load", "loads", "many claims over a time, with thresholds that become a verdict", start_load, stop_load},
      {"Clock", "clocks", "moves the lab's time", move_clock, nullptr},
      {"Crash", "crashes", "kills the provisioner at a named point", crash, nullptr},
      {"Snapshot", "snapshots", "saves the whole lab, or puts a saved one back", take_snapshot, forget_snapshot},
  };
  return kTable;
}

std::vector<Json> lab_definitions() {
  std::vector<Json> definitions;
  const std::vector<ArrayColumn> columns = {{"Phase", "string", ".status.phase"},
                                            {"Message", "string", ".status.message"}};
  for (const LabKind& row : lab_kinds())
    definitions.push_back(definition("lab.drydock.dev", row.kind, row.plural, columns));
  for (const ArrayKind& row : array_kinds())
    definitions.push_back(definition("ontap.drydock.dev", row.kind, row.plural, row.columns));
  return definitions;
}

std::optional<http::Response> LabObjects::before(const http::Request& request) {
  const std::string_view path = request.path();
  if (!path.starts_with(kArray)) return std::nullopt;
  if (request.method != "GET") {
    http::Response refused;
    refused.status = 405;
    refused.headers.set("Content-Type", "application/json");
    refused.body =
        Json({{"kind", "Status"},
              {"apiVersion", "v1"},
              {"metadata", Json::object()},
              {"status", "Failure"},
              {"reason", "MethodNotAllowed"},
              {"code", 405},
              {"message", "objects of ontap.drydock.dev show the array and cannot be written; use an OntapCommand"}})
            .dump();
    return refused;
  }
  refresh();
  return std::nullopt;
}

void LabObjects::refresh() {
  for (const ArrayKind& kind : array_kinds()) {
    const std::string base_path = std::string(kArray) + std::string(kind.plural);
    std::map<std::string, std::string>& shown = shown_[std::string(kind.plural)];
    const std::map<std::string, Json> now = kind.list(world_);
    for (auto entry = shown.begin(); entry != shown.end();) {
      if (now.contains(entry->first)) {
        ++entry;
        continue;
      }
      (void)world_.kube_internal("DELETE", base_path + "/" + entry->first, nullptr);
      entry = shown.erase(entry);
    }
    for (const auto& [name, status] : now) {
      const std::string text = status.dump();
      const auto known = shown.find(name);
      if (known != shown.end() && known->second == text) continue;
      const Json object = {{"apiVersion", "ontap.drydock.dev/v1"},
                           {"kind", kind.kind},
                           {"metadata", {{"name", name}}},
                           {"status", status}};
      if (known == shown.end()) (void)world_.kube_internal("POST", base_path, object);
      (void)world_.kube_internal("PATCH", base_path + "/" + name + "/status", {{"status", status}});
      shown[name] = text;
    }
  }
}

void LabObjects::after(const http::Request& request, http::Response& response) {
  const std::string_view path = request.path();
  if (!path.starts_with(kLab) || request.method == "GET" || response.status < 200 || response.status > 299) return;
  if (request.query().find("dryRun") != std::string_view::npos || path.ends_with("/status")) return;
  const std::string_view rest = path.substr(kLab.size());
  const std::string plural(rest.substr(0, rest.find('/')));
  const LabKind* row = nullptr;
  for (const LabKind& kind : lab_kinds())
    if (kind.plural == plural) row = &kind;
  if (row == nullptr) return;
  Json object = Json::parse(response.body, nullptr, false);
  if (!object.is_object()) return;
  if (request.method == "DELETE") {
    const auto found = live_.find(std::string(path));
    if (found != live_.end() && row->undo != nullptr) row->undo(world_, found->second);
    if (found != live_.end()) live_.erase(found);
    return;
  }
  const std::string name = object.value("metadata", Json::object()).value("name", "");
  const std::string own = std::string(kLab) + plural + "/" + name;
  const auto before_change = live_.find(own);
  if (before_change != live_.end()) {
    if (spec_of(before_change->second) == spec_of(object)) return;  // only metadata changed
    if (row->undo != nullptr) row->undo(world_, before_change->second);
  }
  live_[own] = object;
  const Json status = row->run(world_, object);
  world_.journal().add("lab " + std::string(row->kind) + " " + name + " " + status.value("phase", ""));
  const http::Response updated = world_.kube_internal("PATCH", own + "/status", {{"status", status}});
  if (updated.status == 200) response.body = updated.body;
  if (row->kind == "Clock" && world_.whole_clock && status.value("phase", "") == "Done" &&
      spec_of(object).contains("advance"))
    response.delivery.delay +=
        parse_duration(spec_of(object)["advance"].get<std::string>()).value_or(base::Duration{0});
}

}  // namespace scenario
