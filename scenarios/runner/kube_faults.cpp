#include "scenarios/runner/kube_faults.h"

#include <algorithm>

#include "scenarios/runner/duration.h"
#include "scenarios/runner/jmespath_functions.h"

namespace scenario {

namespace http = base::http;
using Json = nlohmann::json;

namespace {

constexpr std::string_view kKubeActions[] = {"error", "delay", "drop-request", "drop-reply", "hang"};

base::Error wrong(const std::string& what) { return base::Error{base::ErrorKind::invalid, what}; }

http::Response status_answer(int code, const std::string& reason, const std::string& message) {
  http::Response response;
  response.status = code;
  response.headers.set("Content-Type", "application/json");
  if (code == 429 || code == 503) response.headers.set("Retry-After", "1");
  response.body = Json({{"kind", "Status"},
                        {"apiVersion", "v1"},
                        {"metadata", Json::object()},
                        {"status", "Failure"},
                        {"message", message},
                        {"reason", reason},
                        {"code", code}})
                      .dump();
  return response;
}

}  // namespace

const std::vector<KubeFaultPreset>& kube_fault_presets() {
  static const std::vector<KubeFaultPreset> kTable = {
      {"conflict", 409, "Conflict", "the object has been modified"},
      {"too-many-requests", 429, "TooManyRequests", "the API is overloaded and asks to come back"},
      {"unavailable", 503, "ServiceUnavailable", "the API is not ready"},
      {"timeout", 504, "Timeout", "the request did not complete in time"},
      {"unauthorized", 401, "Unauthorized", "the credentials are not accepted"},
      {"forbidden", 403, "Forbidden", "the role forbids the request"},
      {"expired", 410, "Expired", "the resourceVersion is too old"},
  };
  return kTable;
}

base::Result<void> KubeFaults::add(const Json& spec) {
  Rule rule;
  if (spec.contains("preset")) {
    const auto& presets = kube_fault_presets();
    const auto preset = std::find_if(presets.begin(), presets.end(), [&](const KubeFaultPreset& row) {
      return spec["preset"] == std::string(row.name);
    });
    if (preset == presets.end())
      return wrong("preset " + spec["preset"].dump() + " is not known; see drydock list faults");
    rule.status = preset->status;
    rule.reason = preset->reason;
    rule.message = preset->purpose;
  }
  std::string delay;
  const std::pair<std::string_view, std::string*> texts[] = {
      {"name", &rule.name},     {"method", &rule.method}, {"path", &rule.path},       {"client", &rule.client},
      {"action", &rule.action}, {"reason", &rule.reason}, {"message", &rule.message}, {"delay", &delay}};
  const std::pair<std::string_view, std::uint64_t*> counts[] = {{"nth", &rule.nth}, {"times", &rule.times}};
  for (const auto& [key, value] : spec.items()) {
    bool known = key == "preset";
    for (const auto& [name, field] : texts)
      if (key == name) {
        if (!value.is_string()) return wrong(key + " must be a text");
        *field = value.get<std::string>();
        known = true;
      }
    for (const auto& [name, field] : counts)
      if (key == name) {
        if (!value.is_number_unsigned()) return wrong(key + " must be a number from 0");
        *field = value.get<std::uint64_t>();
        known = true;
      }
    if (key == "probability" || key == "status") {
      if (!value.is_number()) return wrong(key + " must be a number");
      if (key == "status") rule.status = value.get<int>();
      else rule.probability = value.get<double>();
      known = true;
    }
    if (!known) return wrong("unknown key " + key);
  }
  if (std::find(std::begin(kKubeActions), std::end(kKubeActions), rule.action) == std::end(kKubeActions))
    return wrong("action " + rule.action + " is not known: error, delay, drop-request, drop-reply and hang are");
  if (rule.action == "delay") {
    const auto span = parse_duration(delay);
    if (!span) return wrong("delay must be a duration");
    rule.delay = *span;
  }
  if (rule.status < 400 || rule.status > 599) return wrong("status must be from 400 to 599");
  remove(rule.name);
  rules_.push_back(std::move(rule));
  return {};
}

void KubeFaults::remove(const std::string& name) {
  std::erase_if(rules_, [&](const Rule& rule) { return name.empty() || rule.name == name; });
}

KubeFaults::Rule* KubeFaults::find(const http::Request& request) {
  if (rules_.empty()) return nullptr;
  const std::string agent = request.headers.get("User-Agent");
  if (agent == kRunnerAgent) return nullptr;
  for (Rule& rule : rules_) {
    if (!jmes::wildcard_match(rule.method, request.method) ||
        !jmes::wildcard_match(rule.path, std::string(request.path())) || !jmes::wildcard_match(rule.client, agent))
      continue;
    ++rule.seen;
    if (rule.nth > 0 && rule.seen != rule.nth) continue;
    if (rule.times > 0 && rule.hit >= rule.times) continue;
    if (rule.probability < 1 && static_cast<double>(rng_.below(1000000)) >= rule.probability * 1e6) continue;
    ++rule.hit;
    return &rule;
  }
  return nullptr;
}

http::Response KubeFaults::serve(const http::Request& request,
                                 const std::function<http::Response(const http::Request&)>& next) {
  const Rule* rule = find(request);
  if (rule == nullptr) return next(request);
  const std::string action = rule->action, reason = rule->reason,
                    message = rule->message.empty() ? "spoiled by a Fault object" : rule->message;
  const int status = rule->status;
  const base::Duration delay = rule->delay;
  http::Response response;
  if (action == "error") return status_answer(status, reason, message);
  if (action != "drop-request") response = next(request);
  if (action == "delay") response.delivery.delay += delay;
  else response.delivery.fate = action == "hang" ? http::Delivery::Fate::hang : http::Delivery::Fate::drop_reply;
  return response;
}

}  // namespace scenario
