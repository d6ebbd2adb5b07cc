#pragma once

#include <optional>

#include "k8s-fake/kinds.h"

/// What limits a namespace: LimitRange (defaults, then bounds of pods and claims) and ResourceQuota (what all its
/// objects may use together). Usage is counted from the store at every write, so it cannot drift; `status.used` follows
/// each commit. Errors: 403 in the words of the real admission plugins. Source: kubernetes.md 4.5 and 8.3, upstream's
/// LimitRanger and quota.
namespace k8s_fake {

/// Mutates and checks by the namespace's LimitRanges; creates only.
std::optional<ApiStatus> apply_limit_ranges(Write& write);
/// Refuses what would exceed a quota; creates, and updates that ask for more.
std::optional<ApiStatus> check_quotas(const Write& write);
/// Keeps every quota's status; its listener must be the last one.
void follow_quotas(Server& server);

}  // namespace k8s_fake
