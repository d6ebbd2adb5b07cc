#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "k8s-fake/kinds.h"
#include "k8s-fake/selector.h"

/// Admission webhooks: which of a write's configurations match, the AdmissionReview that each is sent, and what its
/// answer means. Mutating ones are called one after the other in the order of their configurations' names, again when
/// they asked for it (reinvocationPolicy) and others changed the object after them; validating ones see the object as
/// it would be stored. Source: kubernetes.md 4.6; upstream's webhook admission for order, wording and matching.
namespace k8s_fake {

struct WebhookRule {
  std::vector<std::string> operations, groups, versions, resources;
  std::string scope;
};

struct Webhook {
  std::string configuration, name;
  std::vector<WebhookRule> rules;
  std::vector<std::string> review_versions;
  bool ignore_failure = false, equivalent = true, reinvoke = false, dry_run_safe = false;
  bool any_namespace = true, any_object = true;  // the selector is empty
  LabelSelector namespaces, objects;
  int timeout_seconds = 10;
  std::string url, service, service_namespace, path, ca_pem;
  int port = 443;
};

/// The configurations as last stored, parsed when first needed.
struct Webhooks {
  std::vector<Webhook> mutating, validating;
  bool dirty = true;
};

/// Whether anybody may have to be asked about a write.
bool any_webhooks(Server& server);
/// `object` and `old` in storage shape. `pass` counts from 0; the second one calls again who asked for it.
/// Errors: the webhook's refusal, 500 when it cannot be called and failurePolicy says Fail, pending() (callouts.h).
bool has_mutating_webhooks(const Write& write);
std::optional<ApiStatus> call_mutating_webhooks(Write& write);
std::optional<ApiStatus> call_validating_webhooks(const Write& write);
/// For operations without a stored object: CONNECT, and CREATE of bindings and evictions. `object` has its kind.
std::optional<ApiStatus> call_webhooks_about(Call& call, const std::string& operation, const Json& object);
/// Drops the parsed configurations whenever one changes.
void follow_webhooks(Server& server);

}  // namespace k8s_fake
