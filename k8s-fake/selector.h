#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "k8s-fake/status.h"

/// Label and field selectors. Source: kubernetes.md 2.10.
namespace k8s_fake {

struct Object;
struct Resource;

using Labels = std::vector<std::pair<std::string, std::string>>;

struct LabelRequirement {
  enum class Op { exists, absent, in, not_in, greater, less };
  std::string key;
  Op op = Op::exists;
  std::vector<std::string> values;
};

struct LabelSelector {
  std::vector<LabelRequirement> requirements;
  bool empty() const { return requirements.empty(); }
  bool matches(const Labels& labels) const;
};
/// Errors: 400 in the words of the real parser.
ApiResult<LabelSelector> parse_label_selector(std::string_view text, int minor = 99);
/// A LabelSelector object {matchLabels, matchExpressions}; an empty one matches everything.
LabelSelector label_selector_of(const Json& object);

struct FieldSelector {
  struct Term {
    std::string path;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms;
  bool empty() const { return terms.empty(); }
  bool matches(const Object& object, const Resource& resource) const;
  /// The value of metadata.name=X, else "".
  std::string exact_name() const;
};
/// Errors: 400 for bad syntax or a path this resource cannot select by. `aliases` maps a served path to a stored one.
ApiResult<FieldSelector> parse_field_selector(std::string_view text, const Resource& resource, int minor = 99);

}  // namespace k8s_fake
