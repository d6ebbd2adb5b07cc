#include "scenarios/runner/kuttl.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "provisioner/base/text.h"
#include "scenarios/runner/cel.h"
#include "scenarios/runner/kuttl_template.h"

namespace scenario {

using base::Result;
namespace fs = std::filesystem;

namespace {

/// What a name in a test directory says, as KUTTL reads it: an optional number, a first word that is "assert", "errors"
/// or the beginning of the step's name, more words, ".yaml" (a directory has none). Names with other dots are not parts
/// of a test.
struct Part {
  std::optional<std::uint64_t> index;
  enum class Role { apply, assert, error } role = Role::apply;
  std::string name;
  bool go_template = false;
};

std::optional<Part> part_of(const fs::path& file) {
  std::string stem = file.filename().string();
  Part part;
  if (stem.ends_with(".yaml")) stem.resize(stem.size() - 5);
  if (stem.ends_with(".gotmpl")) {
    part.go_template = true;
    stem.resize(stem.size() - 7);
  }
  if (stem.empty() || stem.find('.') != std::string::npos) return std::nullopt;
  if (const std::size_t dash = stem.find('-'); dash != std::string::npos && dash > 0) {
    part.index = base::parse_unsigned(std::string_view(stem).substr(0, dash));
    if (part.index) stem.erase(0, dash + 1);
  }
  const std::string first = base::to_lower(stem.substr(0, stem.find('-')));
  if (first.empty()) {  // "00--cluster.yaml": the number is the first word of the name, as KUTTL's expression has it
    if (!part.index) return std::nullopt;
    part.name = std::to_string(*part.index) + "-" + stem;
    return part;
  }
  if (first == "assert") part.role = Part::Role::assert;
  else if (first == "errors") part.role = Part::Role::error;
  else part.name = stem;
  return part;
}

bool is_kuttl(const YamlNode& document, std::string_view kind) {
  const YamlNode* version = document.find("apiVersion");
  const YamlNode* its_kind = document.find("kind");
  return version != nullptr && its_kind != nullptr &&
         (version->text.starts_with("kuttl.dev/") || version->text.starts_with("kudo.dev/")) && its_kind->text == kind;
}

bool known(const YamlNode& node, std::initializer_list<std::string_view> names, const std::string& kind,
           Problems& problems) {
  for (const auto& [key, value] : node.entries)
    if (std::find(names.begin(), names.end(), key) == names.end())
      problems.add(value.line, "unknown field \"" + key + "\" in " + kind);
  return problems.lines.empty();
}

Operation operation(std::string verb, Json spec, int line) {
  return Operation{std::move(verb), std::move(spec), "", false, line};
}

/// `$NAME` and `${NAME}` in the name of a file.
std::string with_environment(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool braced = text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{';
    const std::size_t from = i + (braced ? 2 : 1);
    std::size_t end = from;
    while (text[i] == '$' && end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    if (text[i] != '$' || end == from || (braced && (end == text.size() || text[end] != '}'))) {
      result += text[i];
      continue;
    }
    const char* value = std::getenv(text.substr(from, end - from).c_str());
    result += value != nullptr ? value : "";
    i = braced ? end : end - 1;
  }
  return result;
}

/// What a suite names is relative to where its file is, or to a directory above: the one that KUTTL is started in.
fs::path suite_path(const fs::path& folder, const std::string& name) {
  std::error_code failure;
  for (fs::path base = fs::absolute(folder).lexically_normal(); !base.empty(); base = base.parent_path()) {
    if (fs::exists(base / name, failure)) {
      const fs::path found = (base / name).lexically_normal();
      return folder.is_absolute() ? found : found.lexically_relative(fs::current_path());
    }
    if (base == fs::current_path() || base == base.parent_path()) break;
  }
  return (folder / name).lexically_normal();
}

/// Words as a shell splits them: quotes and backslashes, no other meaning.
std::vector<std::string> shell_words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      else if (c == '\\' && quote == '"' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\'))
        word += text[++i];
      else word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return words;
}

/// A command of a TestStep: `command` is split into words, `script` goes to the shell. Background commands exist only
/// in a suite; in a step they run in the foreground, as with KUTTL.
void add_command(const YamlNode& node, std::vector<Operation>& to, const std::string& timeout, bool in_suite,
                 Problems& problems) {
  if (!known(node, {"command", "namespaced", "ignoreFailure", "background", "timeout", "script", "skipLogOutput"},
             "command", problems))
    return;
  const Json command = to_json(node);
  if (command.contains("script") == command.contains("command"))
    return problems.add(node.line, "a command needs one of command and script");
  for (const char* field : {"script", "command"})
    if (command.contains(field) && !command[field].is_string())
      return problems.add(node.line, std::string(field) + ": expected a text");
  if (command.contains("script") && command.value("namespaced", false))
    return problems.add(node.line, "a script cannot be namespaced; use $NAMESPACE");
  Json spec = Json::object();
  const bool background = command.value("background", false) && in_suite;
  if (command.contains("command") && !background) {
    std::vector<std::string> words = shell_words(command["command"].get<std::string>());
    if (words.empty()) return problems.add(node.line, "command: no word in it");
    const bool has_one = std::any_of(words.begin(), words.end(), [](const std::string& word) {
      return word.starts_with("--namespace") || word.starts_with("-n");
    });
    if (command.value("namespaced", false) && !has_one) words.insert(words.end(), {"--namespace", "$NAMESPACE"});
    spec["entrypoint"] = words.front();
    spec["args"] = std::vector<std::string>(words.begin() + 1, words.end());
  } else {
    const std::string content = command.value("script", command.value("command", ""));
    spec["content"] = background ? "(" + content + ") >/dev/null 2>&1 &" : content;
  }
  const int own = command.value("timeout", Json()).is_number_integer() ? command["timeout"].get<int>() : 0;
  if (own != 0) spec["timeout"] = own > 0 ? std::to_string(own) + "s" : "24h";  // negative: for ever
  else if (!timeout.empty()) spec["timeout"] = timeout;
  if (command.value("ignoreFailure", false))
    spec["check"] = Json::object({{"($error == null || $error != null)", true}});
  if (command.value("skipLogOutput", false)) spec["skipLogOutput"] = true;
  const char* const verb = spec.contains("entrypoint") ? "command" : "script";
  to.push_back(operation(verb, std::move(spec), node.line));
}

void add_collector(const YamlNode& node, std::vector<Operation>& to, Problems& problems) {
  if (!known(node, {"type", "pod", "namespace", "container", "selector", "tail", "cmd", "command"}, "collector",
             problems))
    return;
  const Json c = to_json(node);
  const std::string type = c.value("type", c.contains("cmd") || c.contains("command") ? "command" : "pod");
  Json spec = Json::object();
  if (type == "command")
    return to.push_back(operation("script", {{"content", c.value("cmd", c.value("command", ""))}}, node.line));
  if (type != "pod" && type != "events")
    return problems.add(node.line, "unknown collector \"" + type + "\": pod, command and events are known");
  if (c.contains("pod")) spec["name"] = c["pod"];
  for (const char* field : {"namespace", "container", "selector", "tail"})
    if (c.contains(field) && (type == "pod" || std::string(field) == "namespace")) spec[field] = c[field];
  to.push_back(operation(type == "pod" ? "podLogs" : "events", std::move(spec), node.line));
}

class Reader {
 public:
  /// `suite`: the file with the TestSuite; "" for the nearest kuttl-test.yaml.
  Reader(std::string directory, std::string suite, Problems& problems)
      : directory_(std::move(directory)), suite_(std::move(suite)), problems_(problems) {}

  Test run() {
    test_.kuttl = true;
    test_.directory = directory_;
    test_.file = directory_;
    test_.name = (fs::path(directory_) / ".").lexically_normal().parent_path().filename().string();
    read_suite();
    std::map<std::uint64_t, std::vector<fs::path>> parts;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(directory_, failure)) {
      const auto part = part_of(entry.path());
      if (!part || !part->index) continue;
      if (!entry.is_directory()) parts[*part->index].push_back(entry.path());
      else  // every file of the directory is part of the step
        for (const auto& inner : fs::directory_iterator(entry.path(), failure))
          if (inner.is_regular_file()) parts[*part->index].push_back(inner.path());
    }
    for (auto& [index, files] : parts) {
      std::sort(files.begin(), files.end());
      Step step;
      step.line = 1;
      for (auto* list : {&deletes_, &applies_, &commands_, &asserts_, &checks_, &errors_, &collectors_}) list->clear();
      timeout_ = suite_timeout_;
      for (const fs::path& file : files) read_file(file, step);
      step.name = std::to_string(index) + (step.name.empty() ? "" : "-" + step.name);
      for (auto* list : {&deletes_, &commands_, &applies_, &asserts_, &checks_, &errors_})
        step.try_.insert(step.try_.end(), list->begin(), list->end());
      for (Operation& check : step.try_)
        if (check.verb == "delete") check.spec["timeout"] = timeout_;
      for (std::size_t i = step.try_.size() - asserts_.size() - checks_.size() - errors_.size(); i < step.try_.size();
           ++i)
        step.try_[i].spec["together"] = timeout_;
      step.catch_ = collectors_;
      test_.steps.push_back(std::move(step));
    }
    return std::move(test_);
  }

 private:
  void read_suite() {
    for (fs::path folder = fs::path(directory_); !folder.empty() && folder != folder.parent_path();
         folder = folder.parent_path()) {
      const std::string file = suite_.empty() ? (folder / "kuttl-test.yaml").string() : suite_;
      if (!suite_.empty()) folder = fs::path(suite_).parent_path();
      const auto text = base::read_file(file);
      if (!text) continue;
      const auto documents = parse_yaml(*text, file);
      if (!documents) return problems_.lines.push_back(documents.error().message);
      problems_.file = file;
      if (documents->size() != 1 || !is_kuttl(documents->front(), "TestSuite"))
        return problems_.add(1, "expected one document of kind TestSuite");
      const YamlNode& suite = documents->front();
      if (!known(suite,
                 {"apiVersion",
                  "kind",
                  "metadata",
                  "crdDir",
                  "manifestDirs",
                  "testDirs",
                  "startControlPlane",
                  "attachControlPlaneOutput",
                  "startKIND",
                  "kindNetwork",
                  "kindContext",
                  "kindConfig",
                  "kindContainers",
                  "kindNodeCache",
                  "skipDelete",
                  "skipClusterDelete",
                  "timeout",
                  "parallel",
                  "namespace",
                  "suppress",
                  "commands",
                  "artifactsDir",
                  "reportFormat",
                  "reportName",
                  "reportGranularity",
                  "fullName",
                  "config",
                  "skipTestRegex",
                  "controlPlaneArgs",
                  "ignoreFiles"},
                 "TestSuite", problems_))
        return;
      const Json spec = to_json(suite);
      // startKIND, startControlPlane and what configures them: the lab is the cluster.
      if (spec.contains("timeout")) suite_timeout_ = spec["timeout"].dump() + "s";
      if (spec.contains("namespace")) test_.spec["namespace"] = spec["namespace"];
      if (spec.contains("skipDelete")) test_.spec["skipDelete"] = spec["skipDelete"];
      Step prepare;
      prepare.name = "suite";
      for (const char* field : {"crdDir", "manifestDirs"}) {
        const Json dirs =
            spec.contains(field) ? (spec[field].is_array() ? spec[field] : Json::array({spec[field]})) : Json::array();
        for (const Json& dir : dirs)
          if (dir.is_string() && !dir.get<std::string>().empty())
            add_manifests(suite_path(folder, with_environment(dir.get<std::string>())), suite.line, prepare.try_);
      }
      if (const YamlNode* commands = suite.find("commands"))
        for (const YamlNode& node : commands->items) add_command(node, prepare.try_, suite_timeout_, true, problems_);
      if (!prepare.try_.empty()) test_.steps.push_back(std::move(prepare));
      return;
    }
  }

  /// One apply for every YAML file of a directory and below, or of a file.
  void add_manifests(const fs::path& whole, int line, std::vector<Operation>& to) {
    std::error_code failure;
    std::vector<fs::path> files;
    if (fs::is_regular_file(whole, failure)) files.push_back(whole);
    for (const auto& entry : fs::recursive_directory_iterator(whole, failure))
      if (entry.is_regular_file() && (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml"))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    if (files.empty()) problems_.add(line, whole.string() + ": no manifest there");
    for (const fs::path& file : files)
      to.push_back(operation("apply", {{"file", fs::relative(file, directory_, failure).string()}}, line));
  }

  void read_file(const fs::path& path, Step& step) {
    const auto part = part_of(path);
    if (!part) return;
    const std::string file = path.string();
    const auto text = base::read_file(file);
    problems_.file = file;
    if (!text) return problems_.add(1, "cannot be read");
    const auto documents = parse_yaml(part->go_template ? marked_template(*text, problems_) : *text, file);
    if (!documents) return problems_.lines.push_back(documents.error().message);
    for (const YamlNode& document : *documents)
      if (is_kuttl(document, "TestFile") && !selected(document)) return;
    for (const YamlNode& document : *documents) {
      if (is_kuttl(document, "TestFile")) continue;
      if (is_kuttl(document, "TestStep")) read_step(document, step);
      else if (is_kuttl(document, "TestAssert")) read_assert(document);
      else if (part->role == Part::Role::assert)
        asserts_.push_back(operation("assert", {{"resource", to_json(document)}}, document.line));
      else if (part->role == Part::Role::error)
        errors_.push_back(operation("error", {{"resource", to_json(document)}}, document.line));
      else applies_.push_back(operation("apply", {{"resource", to_json(document)}}, document.line));
    }
    if (step.name.empty()) step.name = part->name;
  }

  /// A run has no labels, so only a TestFile whose selector is empty takes its file in.
  bool selected(const YamlNode& document) {
    if (!known(document, {"apiVersion", "kind", "metadata", "testRunSelector"}, "TestFile", problems_)) return false;
    const YamlNode* selector = document.find("testRunSelector");
    if (selector == nullptr) return true;
    for (const auto& [key, value] : selector->entries)
      if (!value.entries.empty() || !value.items.empty()) return false;
    return true;
  }

  void read_step(const YamlNode& document, Step& step) {
    if (!known(document,
               {"apiVersion", "kind", "metadata", "name", "index", "apply", "assert", "error", "delete", "commands",
                "kubeconfig", "kubeconfigLoading", "context", "unitTest"},
               "TestStep", problems_))
      return;
    const Json spec = to_json(document);
    if (spec.contains("kubeconfig")) {
      if (!spec["kubeconfig"].is_string() || !spec.value("context", Json("")).is_string())
        return problems_.add(document.line, "kubeconfig and context: expected texts");
      const std::string file = with_environment(spec["kubeconfig"].get<std::string>());
      const std::string context = spec.value("context", "");
      step.spec["cluster"] = file + (context.empty() ? "" : " " + context);
      step.spec["clusters"][step.spec["cluster"].get<std::string>()] = {{"kubeconfig", file}, {"context", context}};
    }
    add_files(spec, "apply", document.line, applies_);
    add_files(spec, "assert", document.line, asserts_);
    add_files(spec, "error", document.line, errors_);
    for (Json reference : spec.value("delete", Json::array()))
      deletes_.push_back(operation("delete", {{"ref", reference}}, document.line));
    if (const YamlNode* commands = document.find("commands"))
      for (const YamlNode& node : commands->items) add_command(node, commands_, timeout_, false, problems_);
    if (spec.contains("name")) step.name = spec["name"].is_string() ? spec["name"].get<std::string>() : step.name;
  }

  /// A named file is as it is; a directory stands for the files in it.
  void add_files(const Json& spec, const char* field, int line, std::vector<Operation>& to) {
    const Json files = spec.value(field, Json::array());
    if (!files.is_array()) return problems_.add(line, std::string(field) + ": expected a list of files");
    for (const Json& file : files) {
      if (!file.is_string()) return problems_.add(line, std::string(field) + ": expected a list of files");
      const std::string name = with_environment(file.get<std::string>());
      std::error_code failure;
      if (!fs::is_directory(fs::path(directory_) / name, failure))
        to.push_back(operation(field, {{"file", name}}, line));
      else add_directory(name, field, line, to);
    }
  }
  void add_directory(const std::string& name, const char* field, int line, std::vector<Operation>& to) {
    std::error_code failure;
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(fs::path(directory_) / name, failure))
      if (entry.is_regular_file() && entry.path().extension() == ".yaml")
        files.push_back((fs::path(name) / entry.path().filename()).string());
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) to.push_back(operation(field, {{"file", file}}, line));
  }

  void read_assert(const YamlNode& document) {
    if (!known(document,
               {"apiVersion", "kind", "metadata", "timeout", "collectors", "commands", "resourceRefs", "assertAll",
                "assertAny"},
               "TestAssert", problems_))
      return;
    // 0 and less leave the suite's time as it is.
    if (const YamlNode* timeout = document.find("timeout");
        timeout && base::parse_signed(timeout->text).value_or(0) > 0)
      timeout_ = timeout->text + "s";
    if (const YamlNode* collectors = document.find("collectors"))
      for (const YamlNode& node : collectors->items) add_collector(node, collectors_, problems_);
    if (const YamlNode* commands = document.find("commands"))
      for (const YamlNode& node : commands->items) add_command(node, checks_, timeout_, false, problems_);
    read_expressions(document);
  }

  /// Expressions over named objects: one more thing that the step expects.
  void read_expressions(const YamlNode& document) {
    Json expressions = {{"refs", Json::array()}, {"all", Json::array()}, {"any", Json::array()}};
    std::vector<std::string> names;
    int line = 0;
    if (const YamlNode* refs = document.find("resourceRefs"))
      for (const YamlNode& node : refs->items) {
        if (!known(node, {"apiVersion", "kind", "namespace", "name", "ref"}, "resourceRef", problems_)) return;
        Json ref = Json::object();
        for (const char* field : {"apiVersion", "kind", "namespace", "name", "ref"}) {
          const YamlNode* value = node.find(field);
          ref[field] = value != nullptr ? value->text : "";
          if (ref[field] == "" && std::string_view(field) != "namespace")
            return problems_.add(node.line, "a resource reference needs apiVersion, kind, name and ref");
        }
        names.push_back(ref["ref"].get<std::string>());
        expressions["refs"].push_back(std::move(ref));
      }
    for (const auto& [field, to] : {std::pair("assertAll", "all"), std::pair("assertAny", "any")}) {
      const YamlNode* list = document.find(field);
      if (list == nullptr) continue;
      for (const YamlNode& node : list->items) {
        if (!known(node, {"celExpr"}, field, problems_)) return;
        const YamlNode* text = node.find("celExpr");
        if (text == nullptr || text->text.empty())
          return problems_.add(node.line, std::string(field) + ": an expression needs celExpr");
        if (auto problem = cel_problem(text->text, names)) return problems_.add(text->line, *problem);
        expressions[to].push_back(text->text);
        line = line == 0 ? node.line : line;
      }
    }
    if (line != 0) checks_.push_back(operation("assert", {{"expressions", std::move(expressions)}}, line));
  }

  std::string directory_, suite_;
  Problems& problems_;
  Test test_;
  std::string suite_timeout_ = "30s", timeout_ = "30s";
  std::vector<Operation> deletes_, commands_, applies_, asserts_, checks_, errors_, collectors_;
};

}  // namespace

bool is_kuttl_case(const std::string& directory) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    const auto part = part_of(entry.path());
    if (part && part->index && (entry.is_directory() || entry.path().extension() == ".yaml")) return true;
  }
  return false;
}

Result<std::vector<std::string>> kuttl_suite_directories(const std::string& file) {
  const auto text = base::read_file(file);
  if (!text) return base::Error{base::ErrorKind::not_found, file + ": cannot be read"};
  const auto documents = parse_yaml(*text, file);
  if (!documents) return documents.error();
  std::vector<std::string> directories;
  for (const YamlNode& document : *documents) {
    if (!is_kuttl(document, "TestSuite")) continue;
    const YamlNode* listed = document.find("testDirs");
    if (listed == nullptr) continue;
    for (const YamlNode& item : listed->items)
      directories.push_back(suite_path(fs::path(file).parent_path(), with_environment(item.text)).string());
  }
  return directories;
}

Result<std::vector<Test>> read_kuttl(const std::string& directory, const std::string& suite) {
  Problems problems{directory, {}};
  Test test = Reader(directory, suite, problems).run();
  if (!problems.lines.empty()) return problems.error();
  return std::vector<Test>{std::move(test)};
}

}  // namespace scenario
