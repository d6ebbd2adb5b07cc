#include <algorithm>
#include <map>

#include "provisioner/base/text.h"
#include "scenarios/runner/duration.h"
#include "scenarios/runner/test_file.h"

// The fields of every object in a scenario file: one row each. A type in square brackets is a list of it.
namespace scenario {

namespace {

struct Field {
  std::string_view name;
  std::string_view type;
  bool required = false;
};
using Fields = std::vector<Field>;

Fields joined(std::initializer_list<Fields> parts) {
  Fields all;
  for (const Fields& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

const std::map<std::string_view, Fields>& schema() {
  static const std::map<std::string_view, Fields> kSchema = [] {
    const Fields timeout = {{"timeout", "duration"}};
    const Fields clusters = {{"cluster", "string"}, {"clusters", "any"}};
    const Fields bindings = {{"bindings", "[Binding]"}};
    const Fields outputs = {{"outputs", "[Output]"}};
    const Fields source = {{"file", "string"}, {"resource", "any"}, {"template", "bool"}};
    const Fields change = joined({timeout,
                                  clusters,
                                  bindings,
                                  outputs,
                                  source,
                                  {{"dryRun", "bool"}, {"subresource", "string"}, {"expect", "[Expectation]"}}});
    const Fields look = joined({timeout, clusters, bindings, source});
    const Fields type = {{"apiVersion", "string"}, {"kind", "string"}};
    const Fields name = {{"name", "string"}, {"namespace", "string"}};
    const Fields select = joined({name, {{"selector", "string"}}});
    const Fields old_resource = {
        {"resource", "string"}};  // the form before apiVersion and kind: "pods", "deployments.apps"
    const Fields exec = joined({timeout,
                                clusters,
                                bindings,
                                outputs,
                                {{"check", "any"},
                                 {"env", "[Binding]"},
                                 {"skipLogOutput", "bool"},
                                 {"skipCommandOutput", "bool"},
                                 {"workDir", "string"}}});
    const Fields compiler = {{"compiler", "compiler"}};
    const Fields collectors = {
        {"podLogs", "PodLogs"}, {"events", "Events"}, {"describe", "Describe"}, {"wait", "Wait"},
        {"get", "Get"},         {"delete", "Delete"}, {"command", "Command"},   {"script", "Script"},
        {"sleep", "Sleep"},     {"assert", "Assert"}, {"error", "Error"},       {"apply", "Apply"},
        {"create", "Create"},   {"update", "Update"}, {"patch", "Patch"},       {"proxy", "Proxy"}};
    const Fields base_op = joined({compiler, {{"description", "string"}, {"continueOnError", "bool"}}});
    const Fields blocks = {
        {"try", "[Operation]"}, {"catch", "[Operation]"}, {"finally", "[Operation]"}, {"cleanup", "[Operation]"}};
    const Fields common = joined({compiler, clusters, bindings, {{"description", "string"}, {"timeouts", "Timeouts"}}});
    return std::map<std::string_view, Fields>{
        {"Apply", change},
        {"Create", change},
        {"Update", change},
        {"Patch", change},
        {"Assert", look},
        {"Error", look},
        {"Delete", joined({timeout,
                           clusters,
                           bindings,
                           {{"template", "bool"},
                            {"file", "string"},
                            {"ref", "ObjectReference"},
                            {"expect", "[Expectation]"},
                            {"deletionPropagationPolicy", "propagation"}}})},
        {"ObjectReference", joined({type, name, {{"labels", "stringmap"}}})},
        {"Script",
         joined({exec, {{"content", "string"}, {"file", "string"}, {"shell", "string"}, {"shellArgs", "[string]"}}})},
        {"Command", joined({exec, {{"entrypoint", "string", true}, {"args", "[string]"}}})},
        {"Sleep", {{"duration", "duration", true}}},
        {"Wait",
         joined({timeout, clusters, type, old_resource, select, {{"format", "format"}, {"for", "WaitFor", true}}})},
        {"WaitFor", {{"deletion", "any"}, {"condition", "Condition"}, {"jsonPath", "JsonPath"}}},
        {"Condition", {{"name", "string", true}, {"value", "string"}}},
        {"JsonPath", {{"path", "string", true}, {"value", "string"}}},
        {"Get", joined({timeout, clusters, type, old_resource, select, {{"format", "format"}}})},
        {"Describe", joined({timeout, clusters, type, old_resource, select, {{"showEvents", "bool"}}})},
        {"PodLogs", joined({timeout, clusters, select, {{"container", "string"}, {"tail", "int"}}})},
        {"Events", joined({timeout, clusters, select, {{"format", "format"}}})},
        {"Proxy", joined({timeout, clusters, outputs, type, name, {{"port", "string"}, {"path", "string"}}})},
        {"Binding", joined({compiler, {{"name", "string", true}, {"value", "any", true}}})},
        {"Output", joined({compiler, {{"name", "string", true}, {"value", "any", true}, {"match", "any"}}})},
        {"Expectation", {{"match", "any"}, {"check", "any", true}}},
        {"Operation", joined({base_op, collectors})},
        {"Use", {{"template", "string", true}, {"with", "With"}}},
        {"With", bindings},
        {"TestStep", joined({common,
                             blocks,
                             {{"name", "string"},
                              {"use", "Use"},
                              {"skipDelete", "bool"},
                              {"template", "bool"},
                              {"deletionPropagationPolicy", "propagation"}}})},
        {"Timeouts",
         {{"apply", "duration"},
          {"assert", "duration"},
          {"cleanup", "duration"},
          {"delete", "duration"},
          {"error", "duration"},
          {"exec", "duration"}}},
        {"Scenario", bindings},
        {"TestSpec", joined({common,
                             {{"failFast", "bool"},
                              {"skip", "bool"},
                              {"concurrent", "bool"},
                              {"skipDelete", "bool"},
                              {"template", "bool"},
                              {"namespace", "string"},
                              {"namespaceTemplate", "any"},
                              {"namespaceTemplateCompiler", "compiler"},
                              {"scenarios", "[Scenario]"},
                              {"steps", "[TestStep]", true},
                              {"catch", "[Operation]"},
                              {"forceTerminationGracePeriod", "duration"},
                              {"delayBeforeCleanup", "duration"},
                              {"deletionPropagationPolicy", "propagation"}}})},
        {"TestSpec2", joined({common,
                              {{"cleanup", "Cleanup2"},
                               {"deletion", "Deletion2"},
                               {"error", "ErrorOptions2"},
                               {"execution", "Execution2"},
                               {"namespace", "Namespace2"},
                               {"templating", "Templating2"},
                               {"scenarios", "[Scenario]"},
                               {"steps", "[TestStep]", true}}})},
        {"Cleanup2", {{"skipDelete", "bool"}, {"delayBeforeCleanup", "duration"}}},
        {"Deletion2", {{"propagation", "propagation"}}},
        {"ErrorOptions2", {{"catch", "[Operation]"}}},
        {"Execution2",
         {{"concurrent", "bool"},
          {"skip", "bool"},
          {"failFast", "bool"},
          {"terminationGracePeriod", "duration"},
          {"forceTerminationGracePeriod", "duration"},
          {"parallel", "int"},
          {"repeatCount", "int"}}},
        {"Namespace2", joined({compiler, {{"name", "string"}, {"template", "any"}}})},
        {"Templating2", joined({compiler, {{"enabled", "bool"}}})},
        {"StepTemplateSpec", joined({bindings, blocks, compiler, {{"description", "string"}}})},
        {"ConfigurationSpec",
         {{"timeouts", "Timeouts"},
          {"skipDelete", "bool"},
          {"template", "bool"},
          {"compiler", "compiler"},
          {"failFast", "bool"},
          {"parallel", "int"},
          {"deletionPropagationPolicy", "propagation"},
          {"reportFormat", "string"},
          {"reportPath", "string"},
          {"reportName", "string"},
          {"namespace", "string"},
          {"namespaceTemplateCompiler", "compiler"},
          {"namespaceTemplate", "any"},
          {"fullName", "bool"},
          {"excludeTestRegex", "string"},
          {"includeTestRegex", "string"},
          {"repeatCount", "int"},
          {"testFile", "string"},
          {"forceTerminationGracePeriod", "duration"},
          {"delayBeforeCleanup", "duration"},
          {"clusters", "any"},
          {"catch", "[Operation]"}}},
        {"ConfigurationSpec2", joined({common,
                                       {{"cleanup", "Cleanup2"},
                                        {"deletion", "Deletion2"},
                                        {"discovery", "Discovery2"},
                                        {"error", "ErrorOptions2"},
                                        {"execution", "Execution2"},
                                        {"namespace", "Namespace2"},
                                        {"report", "Report2"},
                                        {"templating", "Templating2"}}})},
        {"Discovery2",
         {{"excludeTestRegex", "string"},
          {"includeTestRegex", "string"},
          {"testFile", "string"},
          {"fullName", "bool"}}},
        {"Report2", {{"format", "string"}, {"path", "string"}, {"name", "string"}}},
    };
  }();
  return kSchema;
}

constexpr std::pair<std::string_view, std::string_view> kVerbs[] = {
    {"apply", "Apply"},   {"assert", "Assert"},     {"command", "Command"}, {"create", "Create"},
    {"delete", "Delete"}, {"describe", "Describe"}, {"error", "Error"},     {"events", "Events"},
    {"get", "Get"},       {"patch", "Patch"},       {"podLogs", "PodLogs"}, {"proxy", "Proxy"},
    {"script", "Script"}, {"sleep", "Sleep"},       {"update", "Update"},   {"wait", "Wait"}};

std::string kind_name(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::scalar: return "\"" + node.text + "\"";
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::mapping: return "a mapping";
  }
  return "";
}

bool scalar_fits(std::string_view type, const Json& value) {
  if (type == "bool") return value.is_boolean();
  if (type == "int") return value.is_number_integer();
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  if (type == "duration") return parse_duration(text).has_value();
  if (type == "format") return text == "json" || text == "yaml" || text.starts_with("(");
  if (type == "compiler") return text == "jp" || text == "cel";
  if (type == "propagation") return text == "Orphan" || text == "Background" || text == "Foreground";
  return type == "string";
}

}  // namespace

std::string verb_type(std::string_view verb) {
  for (const auto& [name, type] : kVerbs)
    if (name == verb) return std::string(type);
  return "";
}

std::vector<std::string> verbs() {
  std::vector<std::string> names;
  for (const auto& row : kVerbs) names.emplace_back(row.first);
  return names;
}

Json checked(const YamlNode& node, std::string_view type, Problems& problems) {
  if (type == "any") return to_json(node);
  if (type.starts_with('[')) {
    Json list = Json::array();
    if (node.kind == YamlNode::Kind::null) return list;
    if (node.kind != YamlNode::Kind::sequence) {
      problems.add(node.line, "expected a list, found " + kind_name(node));
      return list;
    }
    for (const YamlNode& item : node.items) list.push_back(checked(item, type.substr(1, type.size() - 2), problems));
    return list;
  }
  if (type == "stringmap") {
    Json object = Json::object();
    if (node.kind != YamlNode::Kind::mapping) problems.add(node.line, "expected a mapping, found " + kind_name(node));
    for (const auto& [key, value] : node.entries) object[key] = checked(value, "string", problems);
    return object;
  }
  const auto found = schema().find(type);
  if (found == schema().end()) {
    Json value = to_json(node);
    // A number where a text is due is taken as it was written, as Kubernetes' clients do with `args: [1]`.
    if (type == "string" && node.kind == YamlNode::Kind::scalar) return node.text;
    if (type == "duration" && value == 0) return "0s";
    if (!scalar_fits(type, value))
      problems.add(node.line, "expected a " + std::string(type) + ", found " + kind_name(node));
    return value;
  }
  Json object = Json::object();
  if (node.kind == YamlNode::Kind::null) return object;
  if (node.kind != YamlNode::Kind::mapping) {
    problems.add(node.line, "expected a mapping (" + std::string(type) + "), found " + kind_name(node));
    return object;
  }
  for (const auto& [key, value] : node.entries) {
    const auto field = std::find_if(found->second.begin(), found->second.end(),
                                    [&, k = std::string_view(key)](const Field& f) { return f.name == k; });
    if (field == found->second.end()) problems.add(value.line, "unknown field \"" + key + "\" in " + std::string(type));
    else object[key] = checked(value, field->type, problems);
  }
  for (const Field& field : found->second)
    if (field.required && !object.contains(field.name))
      problems.add(node.line, "field \"" + std::string(field.name) + "\" of " + std::string(type) + " is missing");
  return object;
}

base::Error Problems::error() const { return base::Error{base::ErrorKind::invalid, base::join(lines, "\n")}; }

}  // namespace scenario
