#include "k8s-fake/rbac.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/selector.h"
#include "k8s-fake/server.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr const char* kGroup = "rbac.authorization.k8s.io";

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  for (const auto& each : list)
    if (each.is_string()) out.push_back(each.get<std::string>());
  return out;
}

bool has(const std::vector<std::string>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool names_user(const Json& subject, const User& user, const std::string& binding_ns) {
  const std::string kind = text_at(subject, "kind");
  const std::string name = text_at(subject, "name");
  if (kind == "User") return user.name == name;
  if (kind == "Group") return user.in(name);
  if (kind != "ServiceAccount") return false;
  const std::string ns = text_at(subject, "namespace");
  return user.name == "system:serviceaccount:" + (ns.empty() ? binding_ns : ns) + ":" + name;
}

std::string subject_text(const Json& subject) {
  const std::string kind = text_at(subject, "kind");
  const std::string name = text_at(subject, "name");
  return kind + " " +
         (kind == "ServiceAccount" ? dump(Json(name + "/" + text_at(subject, "namespace"))) : dump(Json(name)));
}

RbacCache& fresh(Server& server) {
  RbacCache& cache = *server.rbac;
  if (!cache.dirty) return cache;
  cache.roles.clear();
  cache.bindings.clear();
  for (const auto* plural : {"clusterroles", "roles"}) {
    for (const auto& [key, object] : server.store.objects(server.resource(kGroup, plural)))
      cache.roles[{object->ns, object->name}] = rules_of(object->json());
  }
  for (const auto* plural : {"clusterrolebindings", "rolebindings"}) {
    for (const auto& [key, object] : server.store.objects(server.resource(kGroup, plural))) {
      const Json json = object->json();
      cache.bindings.push_back({object->ns, object->name, text_at(json, {"roleRef", "kind"}),
                                text_at(json, {"roleRef", "name"}), at(json, "subjects")});
    }
  }
  cache.dirty = false;
  return cache;
}

/// Calls `visit(binding, subject, rules)` for what applies to the user; stops when it returns true.
template <class Visit>
bool each_grant(Server& server, const User& user, const std::string& ns, const Visit& visit) {
  RbacCache& cache = fresh(server);
  for (const auto& binding : cache.bindings) {
    if (!binding.ns.empty() && binding.ns != ns) continue;
    for (const auto& subject : binding.subjects) {
      if (!names_user(subject, user, binding.ns)) continue;
      const auto role = cache.roles.find({binding.role_kind == "Role" ? binding.ns : "", binding.role_name});
      if (role != cache.roles.end() && visit(binding, subject, role->second)) return true;
      break;
    }
  }
  return false;
}

}  // namespace

bool Rule::covers(const Attributes& what) const {
  if (!has(verbs, "*") && !has(verbs, what.verb)) return false;
  if (!what.path.empty()) {
    return std::any_of(urls.begin(), urls.end(), [&](const std::string& url) {
      if (url == "*" || url == what.path) return true;
      return !url.empty() && url.back() == '*' && what.path.rfind(url.substr(0, url.size() - 1), 0) == 0;
    });
  }
  if (!has(groups, "*") && !has(groups, what.group)) return false;
  const auto slash = what.resource.find('/');
  const bool listed = has(resources, "*") || has(resources, what.resource) ||
                      (slash != std::string::npos && has(resources, "*" + what.resource.substr(slash)));
  return listed && (names.empty() || has(names, what.name));
}

std::vector<Rule> rules_of(const Json& role) {
  std::vector<Rule> out;
  for (const auto& rule : at(role, "rules")) {
    out.push_back({texts(at(rule, "verbs")), texts(at(rule, "apiGroups")), texts(at(rule, "resources")),
                   texts(at(rule, "resourceNames")), texts(at(rule, "nonResourceURLs"))});
  }
  return out;
}

Json to_json(const Rule& rule) {
  Json out = {{"verbs", rule.verbs}};
  if (!rule.urls.empty()) {
    out["nonResourceURLs"] = rule.urls;
    return out;
  }
  out["apiGroups"] = rule.groups;
  out["resources"] = rule.resources;
  if (!rule.names.empty()) out["resourceNames"] = rule.names;
  return out;
}

Decision authorize(Server& server, const User& user, const Attributes& what) {
  if (user.in("system:masters")) return {true, ""};
  Decision out;
  each_grant(
      server, user, what.ns,
      [&](const RbacCache::Binding& binding, const Json& subject, const std::vector<Rule>& rules) {
        const bool yes = std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.covers(what); });
        if (!yes) return false;
        out.allowed = true;
        out.reason = std::string("RBAC: allowed by ") + (binding.ns.empty() ? "ClusterRoleBinding " : "RoleBinding ") +
                     dump(Json(binding.ns.empty() ? binding.name : binding.name + "/" + binding.ns)) + " of " +
                     binding.role_kind + " " + dump(Json(binding.role_name)) + " to " + subject_text(subject);
        return true;
      });
  return out;
}

std::vector<Rule> rules_for(Server& server, const User& user, const std::string& ns) {
  std::vector<Rule> out;
  if (user.in("system:masters")) return {{{"*"}, {"*"}, {"*"}, {}, {}}, {{"*"}, {}, {}, {}, {"*"}}};
  each_grant(server, user, ns, [&](const RbacCache::Binding&, const Json&, const std::vector<Rule>& rules) {
    out.insert(out.end(), rules.begin(), rules.end());
    return false;
  });
  return out;
}

bool rules_cover(const std::vector<Rule>& owned, const std::vector<Rule>& wanted, std::vector<Rule>* missing) {
  const auto allowed = [&](const Attributes& what) {
    return std::any_of(owned.begin(), owned.end(), [&](const Rule& rule) { return rule.covers(what); });
  };
  for (const auto& rule : wanted) {
    bool all = true;
    for (const auto& verb : rule.verbs) {
      for (const auto& url : rule.urls)
        all = all && allowed({.verb = verb, .group = {}, .resource = {}, .ns = {}, .name = {}, .path = url});
      for (const auto& group : rule.groups) {
        for (const auto& resource : rule.resources) {
          if (rule.names.empty()) {
            all =
                all && allowed({.verb = verb, .group = group, .resource = resource, .ns = {}, .name = {}, .path = {}});
          }
          for (const auto& name : rule.names)
            all = all &&
                  allowed({.verb = verb, .group = group, .resource = resource, .ns = {}, .name = name, .path = {}});
        }
      }
    }
    if (!all) missing->push_back(rule);
  }
  return missing->empty();
}

void refresh_aggregates(Server& server) {
  const Resource& roles = server.resource(kGroup, "clusterroles");
  for (int round = 0; round < 4; ++round) {
    std::vector<std::pair<Json, Json>> changes;
    for (const auto& [key, object] : server.store.objects(roles)) {
      if (object->tail.find("\"aggregationRule\"") == std::string::npos) continue;
      Json role = object->json();
      const Json& selectors = at_path(role, {"aggregationRule", "clusterRoleSelectors"});
      if (!selectors.is_array()) continue;
      Json rules = Json::array();
      for (const auto& selector : selectors) {
        const LabelSelector wanted = label_selector_of(selector);
        for (const auto& [other_key, other] : server.store.objects(roles)) {
          if (other->name == object->name || !wanted.matches(other->labels)) continue;
          const Json part = other->json();
          for (const auto& rule : at(part, "rules"))
            if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
        }
      }
      if (rules != at(role, "rules") && !(rules.empty() && at(role, "rules").is_null()))
        changes.emplace_back(std::move(role), std::move(rules));
    }
    if (changes.empty()) return;
    for (auto& [role, rules] : changes) {
      role["rules"] = rules;
      server.store.put(roles, role);
    }
  }
}

}  // namespace k8s_fake
