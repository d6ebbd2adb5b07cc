#include "scenarios/runner/lab_config.h"

#include "scenarios/runner/test_file.h"

namespace scenario {

using base::Result;

namespace {

std::vector<std::string> texts(const YamlNode& node, Problems& problems) {
  std::vector<std::string> all;
  if (node.kind != YamlNode::Kind::sequence) problems.add(node.line, "expected a list");
  for (const YamlNode& item : node.items) all.push_back(item.text);
  return all;
}

template <class Row>
void each(const YamlNode& node, Problems& problems, std::vector<Row>& rows, void (*read)(const std::string& key, const YamlNode& value, Row& row, Problems& problems)) {
  if (node.kind != YamlNode::Kind::sequence) return problems.add(node.line, "expected a list");
  rows.clear();
  for (const YamlNode& item : node.items) {
    Row row;
    if (item.kind != YamlNode::Kind::mapping) problems.add(item.line, "expected a mapping");
    for (const auto& [key, value] : item.entries) read(key, value, row, problems);
    rows.push_back(std::move(row));
  }
}

void unknown(const std::string& key, const YamlNode& value, const char* where, Problems& problems) {
  problems.add(value.line, "unknown key \"" + key + "\" in \"" + where + "\"");
}

void read_node(const std::string& key, const YamlNode& value, k8s_fake::NodeConfig& node, Problems& problems) {
  if (key == "name") node.name = value.text;
  else if (key == "address") node.address = value.text;
  else if (key == "cpu") node.cpu = value.text;
  else if (key == "memory") node.memory = value.text;
  else if (key == "pods") node.pods = value.text;
  else if (key == "zone") node.zone = value.text;
  else if (key == "labels") for (const auto& [name, label] : value.entries) node.labels[name] = label.text;
  else unknown(key, value, "nodes", problems);
}

void read_image(const std::string& key, const YamlNode& value, k8s_fake::ImageConfig& image, Problems& problems) {
  if (key == "name") image.name = value.text;
  else if (key == "behaviour") image.behaviour = value.text;
  else unknown(key, value, "images", problems);
}

void read_user(const std::string& key, const YamlNode& value, k8s_fake::UserConfig& user, Problems& problems) {
  if (key == "name") user.name = value.text;
  else if (key == "groups") user.groups = texts(value, problems);
  else if (key == "token") user.token = value.text;
  else unknown(key, value, "users", problems);
}

bool flag(const YamlNode& value, Problems& problems) {
  const Json json = to_json(value);
  if (!json.is_boolean()) problems.add(value.line, "expected true or false");
  return json.is_boolean() && json.get<bool>();
}

}  // namespace

Result<k8s_fake::Config> read_cluster_config(const std::string& text, const std::string& name) {
  k8s_fake::Config config;
  auto documents = parse_yaml(text, name);
  if (!documents) return documents.error();
  Problems problems{name, {}};
  if (documents->size() > 1) problems.add((*documents)[1].line, "a lab is one document");
  if (documents->empty()) return config;
  for (const auto& [section, node] : documents->front().entries)
    if (section != "ontap" && section != "kubernetes") problems.add(node.line, "unknown key \"" + section + "\": ontap and kubernetes are known");
  const YamlNode* kubernetes = documents->front().find("kubernetes");
  if (kubernetes != nullptr)
    for (const auto& [key, value] : kubernetes->entries) {
      if (key == "version") config.version = value.text;
      else if (key == "openshift") config.openshift = value.text;
      else if (key == "nodes") each(value, problems, config.nodes, read_node);
      else if (key == "images") each(value, problems, config.images, read_image);
      else if (key == "missing") config.missing_images = texts(value, problems);
      else if (key == "users") each(value, problems, config.users, read_user);
      else if (key == "objects") for (const YamlNode& object : value.items) config.objects.push_back(to_json(object));
      else if (key == "anonymous") config.anonymous = flag(value, problems);
      else if (key == "snapshots") config.snapshots = flag(value, problems);
      else unknown(key, value, "kubernetes", problems);
    }
  if (problems.lines.empty()) {
    const auto version = k8s_fake::parse_version(config.version);
    if (!version) problems.add(kubernetes != nullptr ? kubernetes->line : 1, version.error().message);
  }
  if (!problems.lines.empty()) return problems.error();
  return config;
}

}  // namespace scenario
