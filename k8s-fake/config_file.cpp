#include "k8s-fake/config_file.h"

#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "k8s-fake/yaml.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

/// Collects the first problem; reading goes on without effect after it.
struct Reading {
  std::string file;
  std::string problem{};

  void fail(const YAML::Node& node, const std::string& text) {
    if (problem.empty()) problem = file + ":" + std::to_string(node.Mark().line + 1) + ": " + text;
  }
  std::string text(const YAML::Node& node, const std::string& key) {
    if (!node.IsScalar()) fail(node, key + " must be text");
    return node.IsScalar() ? node.Scalar() : "";
  }
  bool flag(const YAML::Node& node, const std::string& key) {
    const std::string value = text(node, key);
    if (value == "true" || value == "on") return true;
    if (value != "false" && value != "off") fail(node, key + " must be true or false");
    return false;
  }
  std::vector<std::string> texts(const YAML::Node& node, const std::string& key) {
    std::vector<std::string> out;
    if (!node.IsSequence()) fail(node, key + " must be a list");
    else
      for (const auto& each : node) out.push_back(text(each, key));
    return out;
  }
  /// Calls `take(key, value)`; false from it means the key is unknown.
  template <class Take>
  void members(const YAML::Node& node, const std::string& where, const Take& take) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return fail(node, where + " must be a map");
    for (const auto& each : node) {
      const std::string key = each.first.Scalar();
      if (!take(key, each.second)) fail(each.first, "unknown key \"" + key + "\" in " + where);
    }
  }
};

NodeConfig node_of(Reading& reading, const YAML::Node& node) {
  NodeConfig out;
  if (node.IsScalar()) {
    out.name = node.Scalar();
    return out;
  }
  reading.members(node, "nodes", [&](const std::string& key, const YAML::Node& value) {
    if (key == "name") out.name = reading.text(value, key);
    else if (key == "address") out.address = reading.text(value, key);
    else if (key == "cpu") out.cpu = reading.text(value, key);
    else if (key == "memory") out.memory = reading.text(value, key);
    else if (key == "pods") out.pods = reading.text(value, key);
    else if (key == "zone") out.zone = reading.text(value, key);
    else if (key == "labels") {
      if (!value.IsMap()) reading.fail(value, "labels must be a map");
      else
        for (const auto& each : value) out.labels[each.first.Scalar()] = each.second.Scalar();
    } else return false;
    return true;
  });
  return out;
}

template <class T, class Make>
std::vector<T> list_of(Reading& reading, const YAML::Node& node, const std::string& key, const Make& make) {
  std::vector<T> out;
  if (!node.IsSequence()) reading.fail(node, key + " must be a list");
  else
    for (const auto& each : node) out.push_back(make(each));
  return out;
}

void read_section(Reading& reading, const YAML::Node& section, Config& config) {
  reading.members(section, "kubernetes", [&](const std::string& key, const YAML::Node& value) {
    if (key == "version") {
      config.version = reading.text(value, key);
      if (const auto parsed = parse_version(config.version); !parsed) reading.fail(value, parsed.error().message);
    } else if (key == "openshift") config.openshift = value.IsNull() ? "" : reading.text(value, key);
    else if (key == "legacyAPIs") config.legacy_apis = reading.flag(value, key);
    else if (key == "anonymous") config.anonymous = reading.flag(value, key);
    else if (key == "snapshots") config.snapshots = reading.flag(value, key);
    else if (key == "missing") config.missing_images = reading.texts(value, key);
    else if (key == "nodes")
      config.nodes =
          list_of<NodeConfig>(reading, value, key, [&](const YAML::Node& each) { return node_of(reading, each); });
    else if (key == "images") {
      config.images = list_of<ImageConfig>(reading, value, key, [&](const YAML::Node& each) {
        ImageConfig out;
        reading.members(each, "images", [&](const std::string& name, const YAML::Node& inner) {
          if (name == "name") out.name = reading.text(inner, name);
          else if (name == "behaviour") out.behaviour = reading.text(inner, name);
          else return false;
          return true;
        });
        return out;
      });
    } else if (key == "users") {
      config.users = list_of<UserConfig>(reading, value, key, [&](const YAML::Node& each) {
        UserConfig out;
        reading.members(each, "users", [&](const std::string& name, const YAML::Node& inner) {
          if (name == "name") out.name = reading.text(inner, name);
          else if (name == "token") out.token = reading.text(inner, name);
          else if (name == "groups") out.groups = reading.texts(inner, name);
          else return false;
          return true;
        });
        if (out.name.empty()) reading.fail(each, "a user needs a name");
        return out;
      });
    } else if (key == "objects") {
      config.objects = list_of<Json>(reading, value, key, [&](const YAML::Node& each) {
        auto made = yaml_to_json(YAML::Dump(each));
        if (!made || !at(*made, "kind").is_string() || !at(*made, "apiVersion").is_string())
          reading.fail(each, "an object needs apiVersion and kind");
        return made ? *made : Json();
      });
    } else return false;
    return true;
  });
}

}  // namespace

base::Result<Config> parse_config(const std::string& text, const std::string& file) {
  Config config;
  Reading reading{file};
  try {
    const YAML::Node root = YAML::Load(text);
    reading.members(root, "the lab", [&](const std::string& key, const YAML::Node& value) {
      if (key == "kubernetes") read_section(reading, value, config);
      return key == "kubernetes" || key == "ontap";
    });
  } catch (const YAML::Exception& failure) {
    return base::Error{base::ErrorKind::invalid,
                       file + ":" + std::to_string(failure.mark.line + 1) + ": " + failure.msg};
  }
  if (!reading.problem.empty()) return base::Error{base::ErrorKind::invalid, reading.problem};
  return config;
}

base::Result<Config> read_config(const std::string& path) {
  const auto text = base::read_file(path);
  if (!text) return base::Error{base::ErrorKind::not_found, path + ": cannot be read"};
  return parse_config(*text, path);
}

}  // namespace k8s_fake
