#pragma once

#include <optional>
#include <string>

#include "k8s-fake/callouts.h"
#include "k8s-fake/webhooks.h"

/// One AdmissionReview: sent to one webhook, and its answer read. Source: upstream's admission/plugin/webhook/request.
namespace k8s_fake {

struct ReviewAnswer {
  std::string problem;  // the call failed, in upstream's words; failurePolicy decides
  bool allowed = false;
  Json result;  // the Status of a refusal, or null
  Json patch;   // operations, or null
  std::vector<std::string> warnings;
};

/// The answer to `key`, or null: then the handler must give up with pending().
const Heard* ask(Call& call, const std::string& key, CallOut out);
/// What a handler gives up with; no client ever sees it.
ApiStatus pending();
/// Sends `request` (an AdmissionRequest without uid) unless that was done already. Nothing: the handler must give up.
std::optional<ReviewAnswer> review(Call& call, const Webhook& hook, const Json& request, bool mutating);
/// The Status that a client gets when `hook` refused.
ApiStatus refusal(const Webhook& hook, const Json& result);

}  // namespace k8s_fake
