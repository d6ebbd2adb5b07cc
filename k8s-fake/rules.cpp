#include "k8s-fake/rules.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr MemberRule kKindRules[] = {
    {"Deployment", "spec.minReadySeconds", Check::not_negative},
    {"Deployment", "spec.revisionHistoryLimit", Check::not_negative},
    {"Deployment", "spec.progressDeadlineSeconds", Check::not_negative},
    {"ReplicaSet", "spec.minReadySeconds", Check::not_negative},
    {"ReplicationController", "spec.minReadySeconds", Check::not_negative},
    {"ReplicationController", "spec.replicas", Check::not_negative},
    {"DaemonSet", "spec.minReadySeconds", Check::not_negative},
    {"DaemonSet", "spec.revisionHistoryLimit", Check::not_negative},
    {"StatefulSet", "spec.minReadySeconds", Check::not_negative},
    {"StatefulSet", "spec.podManagementPolicy", Check::one_of_text,
     "OrderedReady,Parallel|must be 'OrderedReady' or 'Parallel'"},
    {"Job", "spec.parallelism", Check::not_negative},
    {"Job", "spec.completions", Check::not_negative},
    {"Job", "spec.activeDeadlineSeconds", Check::not_negative},
    {"Job", "spec.backoffLimit", Check::not_negative},
    {"Job", "spec.ttlSecondsAfterFinished", Check::not_negative},
    {"CronJob", "spec.startingDeadlineSeconds", Check::not_negative},
    {"CronJob", "spec.successfulJobsHistoryLimit", Check::not_negative},
    {"CronJob", "spec.failedJobsHistoryLimit", Check::not_negative},
    {"CronJob", "spec.jobTemplate.spec.parallelism", Check::not_negative},
    {"CronJob", "spec.jobTemplate.spec.backoffLimit", Check::not_negative},
    {"Service", "spec.selector", Check::label_map},
    {"Service", "spec.sessionAffinity", Check::one_of, "ClientIP,None"},
    {"Service", "spec.externalIPs[]", Check::address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"},
    {"Service", "spec.ports[].nodePort", Check::between, "or none", 1, 65535},
    {"Service", "spec.externalName", Check::subdomain},
    {"Service", "spec.loadBalancerSourceRanges[]", Check::range,
     "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"},
    {"Lease", "spec.leaseDurationSeconds", Check::positive, "must be greater than 0"},
    {"Lease", "spec.leaseTransitions", Check::not_negative, "must be greater than or equal to 0"},
    {"LimitRange", "spec.limits[].type", Check::qualified},
    {"PriorityClass", "preemptionPolicy", Check::one_of, "PreemptLowerPriority,Never"},
    {"NetworkPolicy", "spec.podSelector.matchLabels", Check::label_map},
    {"NetworkPolicy", "spec.policyTypes[]", Check::one_of, "Ingress,Egress"},
    {"NetworkPolicy", "spec.ingress[].from[].ipBlock.cidr", Check::range, "not a valid CIDR"},
    {"NetworkPolicy", "spec.egress[].to[].ipBlock.cidr", Check::range, "not a valid CIDR"},
    {"NetworkPolicy", "spec.ingress[].ports[].protocol", Check::one_of, "SCTP,TCP,UDP"},
    {"Ingress", "spec.tls[].hosts[]", Check::subdomain},
    {"IngressClass", "spec.controller", Check::required},
    {"Ingress", "spec.ingressClassName", Check::subdomain},
    {"Ingress", "spec.rules[].host", Check::subdomain},
    {"Ingress", "spec.rules[].http.paths[].pathType", Check::one_of, "Exact,ImplementationSpecific,Prefix"},
    {"Ingress", "spec.rules[].http.paths[].pathType", Check::required, "pathType must be specified"},
    {"NetworkPolicy", "spec.ingress[].ports[].port", Check::between, "", 1, 65535},
    {"NetworkPolicy", "spec.egress[].ports[].port", Check::between, "", 1, 65535},
    {"PodDisruptionBudget", "spec.minAvailable", Check::not_negative},
    {"PodDisruptionBudget", "spec.maxUnavailable", Check::not_negative},
    {"HorizontalPodAutoscaler", "spec.metrics[].resource.target.averageUtilization", Check::positive,
     "must be greater than 0"},
    {"CSINode", "spec.drivers[].allocatable.count", Check::not_negative},
    {"RuntimeClass", "handler", Check::label},
    {"EndpointSlice", "addressType", Check::required},
    {"EndpointSlice", "addressType", Check::one_of, "FQDN,IPv4,IPv6"},
    {"Node", "spec.taints[].effect", Check::one_of, "NoSchedule,PreferNoSchedule,NoExecute"},
    {"FlowSchema", "spec.priorityLevelConfiguration.name", Check::required, "must reference a priority level"},
    {"FlowSchema", "spec.matchingPrecedence", Check::between, "", 1, 10000},
    {"PriorityLevelConfiguration", "spec.type", Check::one_of, "Exempt,Limited"},
    {"PriorityLevelConfiguration", "spec.limited.limitResponse.type", Check::one_of, "Queue,Reject"},
    {"Endpoints", "subsets[].ports[].port", Check::between, "", 1, 65535},
    {"PersistentVolume", "spec.nfs.path", Check::no_backsteps},
    {"CustomResourceDefinition", "spec.conversion.strategy", Check::one_of, "None,Webhook"},
};

/// Splits "a.b[].c" into its steps.
struct Walker {
  const MemberRule& rule;
  FieldErrors& errors;

  void visit(const Json& value, std::string_view rest, const std::string& path) const {
    if (rest.empty()) return test(value, path);
    const auto dot = rest.find('.');
    std::string step(rest.substr(0, dot));
    const std::string_view after = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    const bool list = step.size() > 2 && step.ends_with("[]");
    if (list) step.resize(step.size() - 2);
    const std::string here = path.empty() ? step : path + "." + step;
    if (!value.is_object()) return;
    const Json& member = at(value, step);
    if (!list) {
      if (!member.is_null() || (after.empty() && rule.check == Check::required)) visit(member, after, here);
      return;
    }
    std::size_t i = 0;
    if (!member.is_array()) return;
    for (const auto& each : member) visit(each, after, here + "[" + std::to_string(i++) + "]");
  }

  void number(const Json& value, const std::string& path) const {
    if (!value.is_number()) return;
    const auto n = value.get<long long>();
    const std::string wording = rule.detail;
    if (rule.check == Check::not_negative && n < 0)
      errors.invalid(path, value, wording.empty() ? "must be greater than or equal to 0" : wording);
    if (rule.check == Check::positive && n <= 0) errors.invalid(path, value, wording);
    if (n == 0 && wording == "or none") return;
    if (rule.check == Check::between && (n < rule.low || n > rule.high)) {
      errors.invalid(
          path, value,
          "must be between " + std::to_string(rule.low) + " and " + std::to_string(rule.high) + ", inclusive");
    }
  }

  void text(const std::string& value, const std::string& path) const {
    const auto complain = [&](const std::string& problem) {
      if (!problem.empty()) errors.invalid(path, value, problem);
    };
    switch (rule.check) {
      case Check::one_of: one_of(value, path, split_text(rule.detail, ','), errors); return;
      case Check::one_of_text: {
        const auto parts = split_text(rule.detail, '|');
        const auto allowed = split_text(parts[0], ',');
        if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) errors.invalid(path, value, parts[1]);
        return;
      }
      case Check::label:
        if (!value.empty()) complain(label_problem(value));
        return;
      case Check::subdomain:
        if (!value.empty()) complain(subdomain_problem(value));
        return;
      case Check::qualified: complain(qualified_name_problem(value)); return;
      case Check::absolute_path:
        if (value.empty() || value.front() != '/') complain("must be an absolute path");
        return;
      case Check::no_backsteps:
        if (("/" + value + "/").find("/../") != std::string::npos) complain("must not contain '..'");
        return;
      case Check::trimmed:
        if (base::trim(value) != value) complain("must not have leading or trailing whitespace");
        return;
      case Check::address: {
        boost::system::error_code bad;
        boost::asio::ip::make_address(value, bad);
        if (bad) complain(rule.detail);
        return;
      }
      case Check::range: {
        const auto slash = value.find('/');
        boost::system::error_code bad;
        boost::asio::ip::make_address(value.substr(0, slash), bad);
        const auto bits = slash == std::string::npos ? std::nullopt : base::parse_unsigned(value.substr(slash + 1));
        if (bad || !bits || *bits > 128) complain(rule.detail);
        return;
      }
      case Check::port_name: {
        std::vector<std::string> problems;
        port_name_problem(value, problems);
        for (const auto& each : problems) complain(each);
        return;
      }
      case Check::env_name: {
        const auto good = [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                 c == '.';
        };
        const bool digit = !value.empty() && value.front() >= '0' && value.front() <= '9';
        if (!value.empty() && (digit || !std::all_of(value.begin(), value.end(), good))) {
          complain(
              "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and "
              "must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or "
              "'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')");
        }
        return;
      }
      case Check::required:
        if (value.empty()) errors.required(path, rule.detail);
        return;
      case Check::between:
      case Check::not_negative:
      case Check::positive:
      case Check::label_map: return;
    }
  }

  void test(const Json& value, const std::string& path) const {
    if (rule.check == Check::label_map) return validate_labels(value, path, errors);
    if (rule.check == Check::required && is_empty_value(value)) return errors.required(path, rule.detail);
    if (value.is_string()) return text(value.get<std::string>(), path);
    number(value, path);
  }
};

}  // namespace

std::string port_name_problem(const std::string& text, std::vector<std::string>& problems) {
  const auto small = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (text.empty()) return "";
  if (text.size() > 15) problems.push_back("must be no more than 15 characters");
  if (!std::all_of(text.begin(), text.end(), small))
    problems.push_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
    problems.push_back("must contain at least one letter or number (a-z, 0-9)");
  if (text.find("--") != std::string::npos) problems.push_back("must not contain consecutive hyphens");
  if (text.front() == '-' || text.back() == '-') problems.push_back("must not begin or end with a hyphen");
  return problems.empty() ? "" : problems.front();
}

std::string go_text_map(const Json& map) {
  if (!map.is_object() || map.empty()) return "map[string]string(nil)";
  std::string out;
  for (const auto& [key, value] : map.items()) out += (out.empty() ? "" : ", ") + dump(Json(key)) + ":" + dump(value);
  return "map[string]string{" + out + "}";
}

std::string go_selector(const Json& selector) {
  return "v1.LabelSelector{MatchLabels:" + go_text_map(at(selector, "matchLabels")) +
         ", MatchExpressions:[]v1.LabelSelectorRequirement(nil)}";
}

void check_rule(const MemberRule& rule, const Json& root, const std::string& prefix, FieldErrors& errors) {
  Walker{rule, errors}.visit(root, rule.path, prefix);
}

void check_kind_rules(const std::string& kind, const Json& object, FieldErrors& errors) {
  for (const auto& rule : kKindRules) {
    if (kind == rule.kind) check_rule(rule, object, "", errors);
  }
}

}  // namespace k8s_fake
