#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provisioner/base/result.h"

/// YAML text as a tree that remembers where everything stood, so that a mistake in a scenario is reported as FILE:LINE.
/// Several documents per text; anchors, aliases and merge keys are resolved. Plain scalars are typed as Kubernetes'
/// tools do it (yes/on are booleans, 0o17 and 0x1f numbers); keys always stay text. A key that stands twice is an
/// error. Limits: nesting 512, one million nodes (aliases counted), the text's size is the caller's business. Errors:
/// invalid, the message begins with "NAME:LINE: ". Source: YAML 1.1/1.2, sigs.k8s.io/yaml's typing of plain scalars.
namespace scenario {

struct YamlEntry;
struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  std::string text;                // of a scalar
  bool quoted = false;             // quoted, block or tagged as string: never typed
  int line = 0;                    // from 1
  std::vector<YamlNode> items;     // of a sequence
  std::vector<YamlEntry> entries;  // of a mapping, in the order of the file

  const YamlNode* find(std::string_view key) const;
};
struct YamlEntry {
  std::string first;
  YamlNode second;
};

/// Empty documents are left out.
base::Result<std::vector<YamlNode>> parse_yaml(const std::string& text, const std::string& name);
nlohmann::json to_json(const YamlNode& node);
/// One plain or quoted scalar as JSON.
nlohmann::json scalar_to_json(const std::string& text, bool quoted);

}  // namespace scenario
