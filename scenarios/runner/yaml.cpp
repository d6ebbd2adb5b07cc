#include "scenarios/runner/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

namespace scenario {

using base::Error;
using base::ErrorKind;
using Json = nlohmann::json;

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, node] : entries)
    if (name == key) return &node;
  return nullptr;
}

namespace {

constexpr std::size_t kYamlDepthMax = 512;
constexpr std::size_t kNodesMax = 1'000'000;

std::size_t count_nodes(const YamlNode& node) {
  std::size_t total = 1;
  for (const YamlNode& item : node.items) total += count_nodes(item);
  for (const auto& entry : node.entries) total += 1 + count_nodes(entry.second);
  return total;
}

// Builds the tree from yaml-cpp's events. After the first error every event is ignored.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(std::string name) : name_(std::move(name)) {}

  void OnDocumentStart(const YAML::Mark&) override {
    open_.clear();
    anchors_.clear();
    root_ = YamlNode{};
  }
  void OnDocumentEnd() override {
    if (!error && root_.kind != YamlNode::Kind::null) documents.push_back(std::move(root_));
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(mark, anchor, YamlNode{}); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    leaf(mark, anchor, std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return fail(mark, "alias to something that is still open");
    nodes_ += count_nodes(found->second);
    if (nodes_ > kNodesMax) return fail(mark, "too many nodes");
    YamlNode copy = found->second;
    add(mark, std::move(copy));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(mark, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { finish(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(mark, anchor, YamlNode::Kind::mapping);
  }
  void OnMapEnd() override { finish(); }

  std::vector<YamlNode> documents;
  std::optional<Error> error;

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::optional<std::string> key;  // a mapping's key waiting for its value
    bool merge = false;
    std::set<std::string> merged;  // keys that << brought in
  };

  void fail(const YAML::Mark& mark, const std::string& what) {
    if (!error) error = Error{ErrorKind::invalid, name_ + ":" + std::to_string(mark.line + 1) + ": " + what};
  }
  void start(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (open_.size() >= kYamlDepthMax) fail(mark, "nested deeper than " + std::to_string(kYamlDepthMax));
    if (error) return;
    Open opened;
    opened.node.kind = kind;
    opened.node.line = mark.line + 1;
    opened.anchor = anchor;
    if (!open_.empty() && open_.back().node.kind == YamlNode::Kind::mapping && !open_.back().key)
      return fail(mark, "a key must be a scalar");
    open_.push_back(std::move(opened));
  }
  void finish() {
    if (error || open_.empty()) return;
    Open closed = std::move(open_.back());
    open_.pop_back();
    if (closed.anchor != 0) anchors_[closed.anchor] = closed.node;
    YAML::Mark mark;
    mark.line = closed.node.line - 1;
    add(mark, std::move(closed.node));
  }
  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    node.line = mark.line + 1;
    if (anchor != 0) anchors_[anchor] = node;
    add(mark, std::move(node));
  }
  void add(const YAML::Mark& mark, YamlNode node) {
    if (error) return;
    if (++nodes_ > kNodesMax) return fail(mark, "too many nodes");
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (!parent.key) {
      if (node.kind != YamlNode::Kind::scalar && node.kind != YamlNode::Kind::null)
        return fail(mark, "a key must be a scalar");
      parent.merge = node.text == "<<" && !node.quoted;
      if (!parent.merge && parent.node.find(node.text) != nullptr) {
        // What << brought in gives way to what is written, wherever either stands.
        if (parent.merged.erase(node.text) == 0) return fail(mark, "key \"" + node.text + "\" stands twice");
        std::erase_if(parent.node.entries, [&](const auto& entry) { return entry.first == node.text; });
      }
      parent.key = node.text;
      return;
    }
    if (parent.merge) {
      if (node.kind == YamlNode::Kind::mapping) merge_into(parent, node);
      else if (node.kind == YamlNode::Kind::sequence)
        for (const YamlNode& item : node.items) merge_into(parent, item);
      else return fail(mark, "<< needs a mapping");
    } else {
      parent.node.entries.push_back({*parent.key, std::move(node)});
    }
    parent.key.reset();
  }
  static void merge_into(Open& target, const YamlNode& source) {
    for (const auto& [key, value] : source.entries) {
      if (target.node.find(key) != nullptr) continue;
      target.node.entries.push_back({key, value});
      target.merged.insert(key);
    }
  }

  std::string name_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
  std::size_t nodes_ = 0;
};

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words)
    if (text == word) return true;
  return false;
}

std::optional<Json> integer(std::string text) {
  std::erase(text, '_');
  bool negative = false;
  std::string_view rest = text;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  int base = 10;
  if (rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'o' || rest[1] == 'b')) {
    base = rest[1] == 'x' ? 16 : rest[1] == 'o' ? 8 : 2;
    rest.remove_prefix(2);
  } else if (rest.size() > 1 && rest[0] == '0') {
    base = 8;
    rest.remove_prefix(1);
  }
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
  if (rest.empty() || failure != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return negative ? std::nullopt : std::optional<Json>(value);
  return Json(negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value));
}

std::optional<Json> real(const std::string& text) {
  if (text.find_first_of("0123456789") == std::string::npos) return std::nullopt;
  if (text.find_first_not_of("0123456789+-.eE") != std::string::npos) return std::nullopt;
  const std::size_t skip = text[0] == '+' ? 1 : 0;
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data() + skip, text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Json(value);
}

}  // namespace

Json scalar_to_json(const std::string& text, bool quoted) {
  if (quoted) return text;
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (one_of(text, {"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (one_of(text, {"false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  const char first = text[0];
  if ((first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') {
    if (auto number = integer(text)) return *number;
    if (auto number = real(text)) return *number;
  }
  return text;
}

Json to_json(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: return nullptr;
    case YamlNode::Kind::scalar: return scalar_to_json(node.text, node.quoted);
    case YamlNode::Kind::sequence: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case YamlNode::Kind::mapping: {
      Json object = Json::object();
      for (const auto& [key, value] : node.entries) object[key] = to_json(value);
      return object;
    }
  }
  return nullptr;
}

base::Result<std::vector<YamlNode>> parse_yaml(const std::string& text, const std::string& name) {
  std::istringstream input(text);
  Builder builder(name);
  try {
    YAML::Parser parser(input);
    while (!builder.error && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& problem) {
    if (!builder.error)
      return Error{ErrorKind::invalid, name + ":" + std::to_string(problem.mark.line + 1) + ": " + problem.msg};
  }
  if (builder.error) return *builder.error;
  return std::move(builder.documents);
}

}  // namespace scenario
