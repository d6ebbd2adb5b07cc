#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/auth.h"

/// Role-based access control, evaluated for every request from a parsed copy of the stored roles and bindings that is
/// rebuilt after one of them changed. Source: kubernetes.md 6.5, 6.7.
namespace k8s_fake {

struct Rule {
  std::vector<std::string> verbs, groups, resources, names, urls;
  bool covers(const Attributes& what) const;
};

struct RbacCache {
  struct Binding {
    std::string ns;  // "": a ClusterRoleBinding
    std::string name;
    std::string role_kind;
    std::string role_name;
    Json subjects;
  };
  bool dirty = true;
  std::map<std::pair<std::string, std::string>, std::vector<Rule>> roles;  // namespace ("" for ClusterRole), name
  std::vector<Binding> bindings;
};

std::vector<Rule> rules_of(const Json& role);
Json to_json(const Rule& rule);
/// Every rule a user has, cluster-wide and in `ns`.
std::vector<Rule> rules_for(Server& server, const User& user, const std::string& ns);
/// True if `owned` together allow all that `wanted` grants; else `missing` names the first that is not.
bool rules_cover(const std::vector<Rule>& owned, const std::vector<Rule>& wanted, std::vector<Rule>* missing);
/// Fills the rules of aggregated ClusterRoles from the roles they select.
void refresh_aggregates(Server& server);
/// Roles and bindings every cluster has.
void bootstrap_rbac(Server& server);

}  // namespace k8s_fake
