#include "scenarios/runner/lab_objects.h"

#include "provisioner/base/text.h"
#include "scenarios/runner/duration.h"
#include "scenarios/runner/world.h"

namespace scenario {

namespace http = base::http;

namespace {

constexpr std::string_view kLab = "/apis/lab.drydock.dev/v1/";
constexpr std::string_view kArray = "/apis/ontap.drydock.dev/v1/";

Json done(std::string message = "", std::string output = "") { return {{"phase", "Done"}, {"message", message}, {"output", output}}; }
Json failed(std::string message) { return {{"phase", "Failed"}, {"message", message}, {"output", ""}}; }

Json spec_of(const Json& object) { return object.value("spec", Json::object()); }

/// spec: {command: "…"} or {commands: [...]}, {answers: [...]} for what commands ask.
Json run_commands(World& world, const Json& object) {
  const Json spec = spec_of(object);
  std::vector<std::string> answers, commands;
  for (const Json& answer : spec.value("answers", Json::array())) answers.push_back(answer.is_string() ? answer.get<std::string>() : answer.dump());
  if (spec.contains("command") && spec["command"].is_string()) commands.push_back(spec["command"].get<std::string>());
  for (const Json& command : spec.value("commands", Json::array()))
    if (command.is_string()) commands.push_back(command.get<std::string>());
  if (commands.empty()) return failed("spec.command or spec.commands is needed");
  std::string output;
  for (const std::string& command : commands) {
    const ontap_sim::cli::Outcome outcome = world.array().command(command, answers);
    output += outcome.output;
    if (outcome.question) return failed(command + ": asks \"" + outcome.question->prompt + "\"; put the answer into spec.answers");
    if (outcome.failed) return failed(std::string(base::trim(outcome.output)));
  }
  return done("", output);
}

/// spec: the JSON of a fault rule of the array (target ontap, the default).
Json add_fault(World& world, const Json& object) {
  Json rule = spec_of(object);
  const std::string target = rule.value("target", "ontap");
  rule.erase("target");
  if (target != "ontap") return failed("target " + target + " is not known: ontap is");
  if (!rule.contains("name")) rule["name"] = object["metadata"].value("name", "");
  const auto added = world.array().faults().add(rule, world.array().cluster());
  return added ? done() : failed(added.error().message);
}
void remove_fault(World& world, const Json& object) { world.array().faults().remove(spec_of(object).value("name", object["metadata"].value("name", ""))); }

/// spec: {advance: "10m"}: the array's clock; in memory the whole lab's.
Json move_clock(World& world, const Json& object) {
  if (!world.move_clock) return failed("no clock to move");
  const std::string problem = world.move_clock(spec_of(object));
  return problem.empty() ? done() : failed(problem);
}

/// spec: {component: provisioner, after: "volume-create", restart: true}.
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
  world.add_backend(spec_of(object), [lab, path](Json status) { (void)lab->kube_internal("PATCH", path, {{"status", std::move(status)}}); });
  return {{"phase", "Pending"}, {"message", ""}};
}

Json definition(std::string_view group, std::string_view kind, std::string_view plural, const std::vector<ArrayColumn>& columns) {
  Json printed = Json::array();
  for (const ArrayColumn& column : columns) printed.push_back({{"name", column.name}, {"type", column.type}, {"jsonPath", column.path}});
  const Json any = {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
  std::string singular = base::to_lower(kind);
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", std::string(plural) + "." + std::string(group)}}},
          {"spec",
           {{"group", group},
            {"scope", "Cluster"},
            {"names", {{"kind", kind}, {"listKind", std::string(kind) + "List"}, {"plural", plural}, {"singular", singular}}},
            {"versions",
             Json::array({{{"name", "v1"},
                           {"served", true},
                           {"storage", true},
                           {"subresources", {{"status", Json::object()}}},
                           {"schema", {{"openAPIV3Schema", {{"type", "object"}, {"properties", {{"spec", any}, {"status", any}}}}}}},
                           {"additionalPrinterColumns", printed}}})}}}};
}

}  // namespace

const std::vector<LabKind>& lab_kinds() {
  static const std::vector<LabKind> kTable = {
      {"OntapCommand", "ontapcommands", "clustershell commands run as the administrator of the array", run_commands, nullptr},
      {"Backend", "backends", "a backend file for the provisioner that runs beside the cluster", add_backend, nullptr},
      {"Fault", "faults", "a fault rule of the array; it ends with the object", add_fault, remove_fault},
      {"Clock", "clocks", "moves the lab's time", move_clock, nullptr},
      {"Crash", "crashes", "kills the provisioner at a named point", crash, nullptr},
  };
  return kTable;
}

std::vector<Json> lab_definitions() {
  std::vector<Json> definitions;
  const std::vector<ArrayColumn> columns = {{"Phase", "string", ".status.phase"}, {"Message", "string", ".status.message"}};
  for (const LabKind& row : lab_kinds()) definitions.push_back(definition("lab.drydock.dev", row.kind, row.plural, columns));
  for (const ArrayKind& row : array_kinds()) definitions.push_back(definition("ontap.drydock.dev", row.kind, row.plural, row.columns));
  return definitions;
}

std::optional<http::Response> LabObjects::before(const http::Request& request) {
  const std::string_view path = request.path();
  if (!path.starts_with(kArray)) return std::nullopt;
  if (request.method != "GET") {
    http::Response refused;
    refused.status = 405;
    refused.headers.set("Content-Type", "application/json");
    refused.body = Json({{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Failure"}, {"reason", "MethodNotAllowed"}, {"code", 405},
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
      const Json object = {{"apiVersion", "ontap.drydock.dev/v1"}, {"kind", kind.kind}, {"metadata", {{"name", name}}}, {"status", status}};
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
}

}  // namespace scenario
