#pragma once

#include <string>
#include <vector>

#include "k8s-fake/json.h"
#include "k8s-fake/status.h"

/// Validation as tables: for each kind the paths of its members and what must hold there, in the words of the real
/// server. Rules that need more than one member stand with their kinds (*_kinds.cpp, pod_rules.cpp). Source:
/// kubernetes.md 4; answers of real servers.
namespace k8s_fake {

enum class Check {
  one_of,       // detail: the values, separated by commas
  one_of_text,  // the same, with `wording` after "Invalid value"
  between,      // low and high; detail "or none": zero stands for no number
  not_negative,
  positive,  // wording: what it must be
  label,     // RFC 1123 label
  subdomain,
  qualified,  // a label key
  label_map,  // a map of labels
  required,   // detail: what is missing
  absolute_path,
  no_backsteps,  // ".." as an element of a path
  address,
  range,  // an address range (CIDR)
  trimmed,
  port_name,
  env_name,
};

struct MemberRule {
  const char* kind;  // "" in tables of one kind
  const char* path;  // members separated by dots; "[]" after a list
  Check check;
  const char* detail = "";
  long long low = 0;
  long long high = 2147483647;
};

/// Applies one rule to every place below `root` that its path leads to; `prefix` is the path of `root`.
void check_rule(const MemberRule& rule, const Json& root, const std::string& prefix, FieldErrors& errors);
/// Applies the rules of a kind.
void check_kind_rules(const std::string& kind, const Json& object, FieldErrors& errors);
/// What a pod's spec must keep beyond its containers' names and volumes (pod_rules.cpp).
void check_pod_rules(const Json& spec, const std::string& path, FieldErrors& errors);

std::string port_name_problem(const std::string& text, std::vector<std::string>& problems);
/// A map of texts and a label selector as older servers print them.
std::string go_text_map(const Json& map);
std::string go_selector(const Json& selector);

}  // namespace k8s_fake
