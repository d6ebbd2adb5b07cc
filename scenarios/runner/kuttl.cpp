#include "scenarios/runner/kuttl.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "provisioner/base/text.h"

namespace scenario {

using base::Result;
namespace fs = std::filesystem;

namespace {

struct Part {
  std::uint64_t index = 0;
  std::string rest;  // "assert", "errors" or the step's name
};

/// "03-claim.yaml" -> {3, "claim"}.
std::optional<Part> part_of(const fs::path& file) {
  if (file.extension() != ".yaml" && file.extension() != ".yml") return std::nullopt;
  const std::string stem = file.stem().string();
  const std::size_t dash = stem.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto index = base::parse_unsigned(std::string_view(stem).substr(0, dash));
  return index ? std::optional<Part>({*index, stem.substr(dash + 1)}) : std::nullopt;
}

bool is_kuttl(const YamlNode& document, std::string_view kind) {
  const YamlNode* version = document.find("apiVersion");
  const YamlNode* its_kind = document.find("kind");
  return version != nullptr && its_kind != nullptr && (version->text.starts_with("kuttl.dev/") || version->text.starts_with("kudo.dev/")) && its_kind->text == kind;
}

bool known(const YamlNode& node, std::initializer_list<std::string_view> names, const std::string& kind, Problems& problems) {
  for (const auto& [key, value] : node.entries)
    if (std::find(names.begin(), names.end(), key) == names.end()) problems.add(value.line, "unknown field \"" + key + "\" in " + kind);
  return problems.lines.empty();
}

Operation operation(std::string verb, Json spec, int line) { return Operation{std::move(verb), std::move(spec), "", false, line}; }

/// A command of a TestStep: `command` is split at blanks, `script` goes to the shell.
void add_command(const YamlNode& node, std::vector<Operation>& to, const std::string& timeout, Problems& problems) {
  if (!known(node, {"command", "namespaced", "ignoreFailure", "background", "timeout", "script", "skipLogOutput"}, "command", problems)) return;
  const Json command = to_json(node);
  std::string content = command.value("script", command.value("command", ""));
  if (content.empty()) return problems.add(node.line, "a command needs command or script");
  if (command.value("namespaced", false)) content = base::replace_all(content, "kubectl ", "kubectl --namespace $NAMESPACE ");
  if (command.value("background", false)) content = "(" + content + ") >/dev/null 2>&1 &";
  Json spec = {{"content", content}};
  if (command.contains("timeout")) spec["timeout"] = command["timeout"].dump() + "s";
  else if (!timeout.empty()) spec["timeout"] = timeout;
  if (command.value("ignoreFailure", false)) spec["check"] = Json::object({{"($error == null || $error != null)", true}});
  to.push_back(operation("script", std::move(spec), node.line));
}

void add_collector(const YamlNode& node, std::vector<Operation>& to, Problems& problems) {
  if (!known(node, {"type", "pod", "namespace", "container", "selector", "tail", "cmd", "command"}, "collector", problems)) return;
  const Json c = to_json(node);
  const std::string type = c.value("type", c.contains("cmd") || c.contains("command") ? "command" : "pod");
  Json spec = Json::object();
  if (type == "command") return to.push_back(operation("script", {{"content", c.value("cmd", c.value("command", ""))}}, node.line));
  if (type != "pod" && type != "events") return problems.add(node.line, "unknown collector \"" + type + "\": pod, command and events are known");
  if (c.contains("pod")) spec["name"] = c["pod"];
  for (const char* field : {"namespace", "container", "selector", "tail"})
    if (c.contains(field) && (type == "pod" || std::string(field) == "namespace")) spec[field] = c[field];
  to.push_back(operation(type == "pod" ? "podLogs" : "events", std::move(spec), node.line));
}

class Reader {
 public:
  Reader(std::string directory, Problems& problems) : directory_(std::move(directory)), problems_(problems) {}

  Test run() {
    test_.kuttl = true;
    test_.directory = directory_;
    test_.file = directory_;
    test_.name = fs::path(directory_).filename().string();
    read_suite();
    std::map<std::uint64_t, std::vector<std::pair<fs::path, std::string>>> parts;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(directory_, failure))
      if (const auto part = part_of(entry.path())) parts[part->index].emplace_back(entry.path(), part->rest);
    for (auto& [index, files] : parts) {
      std::sort(files.begin(), files.end());
      Step step;
      step.name = std::to_string(index);
      step.line = 1;
      deletes_.clear();
      applies_.clear();
      commands_.clear();
      checks_.clear();
      collectors_.clear();
      timeout_ = suite_timeout_;
      for (const auto& [file, rest] : files) read_file(file.string(), rest, step);
      for (auto* list : {&deletes_, &applies_, &commands_, &checks_}) step.try_.insert(step.try_.end(), list->begin(), list->end());
      for (Operation& check : step.try_)
        if (check.verb == "assert" || check.verb == "error") check.spec["timeout"] = timeout_;
      step.catch_ = collectors_;
      test_.steps.push_back(std::move(step));
    }
    return std::move(test_);
  }

 private:
  void read_suite() {
    for (fs::path folder = fs::path(directory_); !folder.empty() && folder != folder.parent_path(); folder = folder.parent_path()) {
      const std::string file = (folder / "kuttl-test.yaml").string();
      const auto text = base::read_file(file);
      if (!text) continue;
      const auto documents = parse_yaml(*text, file);
      if (!documents) return problems_.lines.push_back(documents.error().message);
      problems_.file = file;
      if (documents->size() != 1 || !is_kuttl(documents->front(), "TestSuite")) return problems_.add(1, "expected one document of kind TestSuite");
      const YamlNode& suite = documents->front();
      if (!known(suite, {"apiVersion", "kind", "metadata", "crdDir", "manifestDirs", "testDirs", "startControlPlane", "attachControlPlaneOutput", "startKIND", "kindNetwork", "kindContext",
                         "kindConfig", "kindContainers", "kindNodeCache", "skipDelete", "skipClusterDelete", "timeout", "parallel", "namespace", "suppress", "commands", "artifactsDir",
                         "reportFormat", "reportName", "reportGranularity", "fullName", "config", "skipTestRegex", "controlPlaneArgs"}, "TestSuite", problems_)) return;
      const Json spec = to_json(suite);
      if (spec.value("startKIND", false)) return problems_.add(suite.line, "startKIND: the lab is the cluster; it starts none of its own");
      if (spec.contains("timeout")) suite_timeout_ = spec["timeout"].dump() + "s";
      if (spec.contains("namespace")) test_.spec["namespace"] = spec["namespace"];
      if (spec.contains("skipDelete")) test_.spec["skipDelete"] = spec["skipDelete"];
      Step prepare;
      prepare.name = "suite";
      for (const char* field : {"crdDir", "manifestDirs"}) {
        const Json dirs = spec.contains(field) ? (spec[field].is_array() ? spec[field] : Json::array({spec[field]})) : Json::array();
        for (const Json& dir : dirs)
          if (dir.is_string() && !dir.get<std::string>().empty())
            prepare.try_.push_back(operation("apply", {{"file", (fs::relative(folder, directory_) / dir.get<std::string>() / "*.yaml").string()}}, suite.line));
      }
      if (const YamlNode* commands = suite.find("commands"))
        for (const YamlNode& node : commands->items) add_command(node, prepare.try_, suite_timeout_, problems_);
      if (!prepare.try_.empty()) test_.steps.push_back(std::move(prepare));
      return;
    }
  }

  void read_file(const std::string& file, const std::string& rest, Step& step) {
    const auto text = base::read_file(file);
    problems_.file = file;
    if (!text) return problems_.add(1, "cannot be read");
    const auto documents = parse_yaml(*text, file);
    if (!documents) return problems_.lines.push_back(documents.error().message);
    for (const YamlNode& document : *documents) {
      if (is_kuttl(document, "TestStep")) read_step(document, step);
      else if (is_kuttl(document, "TestAssert")) read_assert(document);
      else if (rest == "assert" || rest.ends_with("-assert")) checks_.push_back(operation("assert", {{"resource", to_json(document)}}, document.line));
      else if (rest == "errors" || rest.ends_with("-errors")) checks_.push_back(operation("error", {{"resource", to_json(document)}}, document.line));
      else applies_.push_back(operation("apply", {{"resource", to_json(document)}}, document.line));
    }
    if (rest != "assert" && rest != "errors" && !rest.empty()) step.name = rest;
  }

  void read_step(const YamlNode& document, Step& step) {
    if (!known(document, {"apiVersion", "kind", "metadata", "name", "index", "apply", "assert", "error", "delete", "commands", "kubeconfig", "unitTest"}, "TestStep", problems_)) return;
    const Json spec = to_json(document);
    if (spec.contains("kubeconfig")) return problems_.add(document.line, "kubeconfig: a step cannot leave the lab; use --cluster");
    for (const Json& file : spec.value("apply", Json::array())) applies_.push_back(operation("apply", {{"file", file}}, document.line));
    for (const Json& file : spec.value("assert", Json::array())) checks_.push_back(operation("assert", {{"file", file}}, document.line));
    for (const Json& file : spec.value("error", Json::array())) checks_.push_back(operation("error", {{"file", file}}, document.line));
    for (Json reference : spec.value("delete", Json::array())) deletes_.push_back(operation("delete", {{"ref", reference}}, document.line));
    if (const YamlNode* commands = document.find("commands"))
      for (const YamlNode& node : commands->items) add_command(node, commands_, timeout_, problems_);
    if (spec.contains("name")) step.name = spec["name"].is_string() ? spec["name"].get<std::string>() : step.name;
  }

  void read_assert(const YamlNode& document) {
    if (!known(document, {"apiVersion", "kind", "metadata", "timeout", "collectors", "commands"}, "TestAssert", problems_)) return;
    if (const YamlNode* timeout = document.find("timeout")) timeout_ = timeout->text + "s";
    if (const YamlNode* collectors = document.find("collectors"))
      for (const YamlNode& node : collectors->items) add_collector(node, collectors_, problems_);
    if (const YamlNode* commands = document.find("commands"))
      for (const YamlNode& node : commands->items) add_command(node, checks_, timeout_, problems_);
  }

  std::string directory_;
  Problems& problems_;
  Test test_;
  std::string suite_timeout_ = "30s", timeout_ = "30s";
  std::vector<Operation> deletes_, applies_, commands_, checks_, collectors_;
};

}  // namespace

bool is_kuttl_case(const std::string& directory) {
  bool parts = false;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    if (!part_of(entry.path())) {
      if (entry.path().filename() == "chainsaw-test.yaml" || entry.path().filename() == "chainsaw-test.yml") return false;
      continue;
    }
    const auto text = base::read_file(entry.path().string());
    if (text && text->find("chainsaw.kyverno.io/") != std::string::npos) return false;
    parts = true;
  }
  return parts;
}

Result<std::vector<Test>> read_kuttl(const std::string& directory) {
  Problems problems{directory, {}};
  Test test = Reader(directory, problems).run();
  if (!problems.lines.empty()) return problems.error();
  return std::vector<Test>{std::move(test)};
}

}  // namespace scenario
