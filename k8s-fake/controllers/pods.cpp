#include "k8s-fake/controllers/pods.h"

#include "k8s-fake/controllers/resources.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

bool pod_ready(const Json& pod) { return text(condition(pod, "Ready"), "/status") == "True"; }

bool pod_finished(const Json& pod) {
  const std::string phase = text(pod, "/status/phase");
  return phase == "Succeeded" || phase == "Failed";
}

bool tolerates_taint(const Json& toleration, const Json& taint) {
  const std::string key = text(toleration, "/key"), effect = text(toleration, "/effect");
  const bool exists = text(toleration, "/operator") == "Exists";
  if (!effect.empty() && effect != text(taint, "/effect")) return false;
  if (key.empty() && exists) return true;
  return key == text(taint, "/key") && (exists || text(toleration, "/value") == text(taint, "/value"));
}

base::TimePoint time_of(const std::string& text) {
  if (text.size() < 19) return {};
  const auto part = [&](std::size_t at, std::size_t length) {
    return base::parse_unsigned(text.substr(at, length)).value_or(0);
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))),
                                         std::chrono::month(static_cast<unsigned>(part(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(part(8, 2)))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(part(11, 2)) + std::chrono::minutes(part(14, 2)) +
         std::chrono::seconds(part(17, 2));
}

bool pod_available(const Json& pod, std::int64_t min_ready_seconds, base::TimePoint now) {
  if (!pod_ready(pod)) return false;
  return min_ready_seconds == 0 ||
         time_of(text(condition(pod, "Ready"), "/lastTransitionTime")) + std::chrono::seconds(min_ready_seconds) <= now;
}

std::vector<Object> owned(const Cluster& cluster, const Resource& kind, const Json& owner) {
  std::vector<Object> result;
  const std::string uid = uid_of(owner);
  for (const Object& object : cluster.in(kind, namespace_of(owner))) {
    if (text(controller_of(*object), "/uid") == uid) result.push_back(object);
  }
  return result;
}

Json owner_reference(const Json& owner) {
  return {{"apiVersion", text(owner, "/apiVersion")},
          {"kind", text(owner, "/kind")},
          {"name", name_of(owner)},
          {"uid", uid_of(owner)},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

Json pod_from(const Json& pod_template, const Json& owner) {
  Json pod{
      {"metadata", {{"namespace", namespace_of(owner)}, {"ownerReferences", Json::array({owner_reference(owner)})}}},
      {"spec", at(pod_template, "/spec")}};
  for (const char* kept : {"labels", "annotations", "finalizers"}) {
    const Json& value = at(pod_template, std::string("/metadata/") + kept);
    if (!value.is_null()) pod["metadata"][kept] = value;
  }
  return pod;
}

std::string template_hash(const Json& pod_template) {
  Json bare = pod_template;
  if (has(bare, "/metadata/labels/pod-template-hash")) bare["metadata"]["labels"].erase("pod-template-hash");
  if (has(bare, "/metadata/creationTimestamp")) bare["metadata"].erase("creationTimestamp");
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : bare.dump()) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string result;
  for (int i = 0; i < 10; ++i, hash /= kAlphabet.size()) result += kAlphabet[hash % kAlphabet.size()];
  return result;
}

std::string decimal_template_hash(const Json& pod_template) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : template_hash(pod_template)) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return std::to_string(hash);
}

std::int64_t share_of(const Json& value, std::int64_t total, bool round_up, std::int64_t otherwise) {
  if (value.is_number()) return value.get<std::int64_t>();
  if (!value.is_string()) return otherwise;
  std::string percent = value.get<std::string>();
  if (percent.ends_with('%')) percent.pop_back();
  const auto share = base::parse_signed(percent);
  if (!share) return otherwise;
  return (*share * total + (round_up ? 99 : 0)) / 100;
}

std::vector<Object> surplus(std::vector<Object> pods, std::size_t keep) {
  const auto rank = [](const Json& pod) {
    const std::string phase = text(pod, "/status/phase");
    return std::make_tuple(!text(pod, "/spec/nodeName").empty(), phase == "Running", pod_ready(pod));
  };
  std::stable_sort(pods.begin(), pods.end(), [&](const Object& a, const Object& b) {
    if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
    return text(*a, "/metadata/creationTimestamp") > text(*b, "/metadata/creationTimestamp");
  });
  pods.resize(pods.size() - std::min(pods.size(), keep));
  return pods;
}

}  // namespace k8s_fake::control
