#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "provisioner/base/clock.h"
#include "provisioner/base/result.h"

/// JMESPath as Chainsaw speaks it: the standard language, with `$variables`, `let … in`, `$` (the root), arithmetic and
/// string slices of the community edition, and the function tables of the standard, kyverno, kyverno-json and Chainsaw.
/// A list or hash of expressions is built on null too, as the community edition does. Numbers print as Go prints
/// them: 3.0 is 3. Nesting of an expression is limited to 512. Errors: invalid ("syntax: …", "unknown function: …",
/// "type: …"). Source: jmespath.org specification and its compliance suite; JEP 16, 18; Chainsaw's function reference.
namespace scenario::jmes {

using Json = nlohmann::json;

/// Names to values; copies share their content.
class Bindings {
 public:
  Bindings with(std::string name, Json value) const;
  const Json* find(std::string_view name) const;
  Json all() const;  // as an object

 private:
  struct Link {
    std::string name;
    Json value;
    std::shared_ptr<const Link> next;
  };
  std::shared_ptr<const Link> top_;
};

/// What functions may reach outside of their arguments. An empty member makes the functions that need it fail.
struct Host {
  std::function<base::TimePoint()> now;
  std::function<std::string(const std::string& name)> environment;
  std::function<std::uint64_t()> random;
  /// GET on the Kubernetes API: the decoded body, null for 404.
  std::function<base::Result<Json>(const std::string& target)> kube_get;
};

struct Node;
class Expression {
 public:
  static base::Result<Expression> parse(std::string_view text);
  base::Result<Json> evaluate(const Json& value, const Bindings& bindings = {}, const Host& host = {}) const;

 private:
  std::shared_ptr<const Node> root_;
};

/// Parse and evaluate in one step.
base::Result<Json> search(std::string_view text, const Json& value, const Bindings& bindings = {},
                          const Host& host = {});

}  // namespace scenario::jmes
