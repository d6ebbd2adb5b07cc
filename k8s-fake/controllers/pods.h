#pragma once

#include "k8s-fake/controllers/controller.h"

/// What the workload controllers share: pods of an owner, pods from a template, hashes of templates.
namespace k8s_fake::control {

bool pod_ready(const Json& pod);
bool pod_finished(const Json& pod);
/// Ready for at least so many seconds.
bool pod_available(const Json& pod, std::int64_t min_ready_seconds, base::TimePoint now);
/// One toleration against one taint: key, value and effect, whatever the time.
bool tolerates_taint(const Json& toleration, const Json& taint);
/// Pods of the namespace whose controller has this uid, in the order of their names.
std::vector<Object> owned(const Cluster& cluster, const Resource& kind, const Json& owner);
/// {apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true}
Json owner_reference(const Json& owner);
/// A pod from `template` (a PodTemplateSpec) with an owner; the name is left to the caller (name or generateName).
Json pod_from(const Json& pod_template, const Json& owner);
/// 10 characters of Kubernetes' safe alphabet, the same for the same content.
std::string template_hash(const Json& pod_template);
/// The form it had up to 1.11: a 32-bit number in decimal.
std::string decimal_template_hash(const Json& pod_template);
/// "25%" or 3, of `total`.
std::int64_t share_of(const Json& value, std::int64_t total, bool round_up, std::int64_t otherwise);
/// Seconds since 1970 of metadata.creationTimestamp and the like; zero when absent.
base::TimePoint time_of(const std::string& rfc3339);
/// Deletes surplus pods: unscheduled, pending, not ready and young ones first.
std::vector<Object> surplus(std::vector<Object> pods, std::size_t keep);

}  // namespace k8s_fake::control
