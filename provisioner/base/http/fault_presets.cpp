#include <algorithm>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/http/faults.h"

namespace base::http {

namespace {

using std::chrono::seconds;
using Type = FaultParameter::Type;

/// Applies `change` to the answer, now or when it comes.
Response afterwards(Response response, std::function<void(Response&)> change) {
  if (response.later) response.later->before_delivery(std::move(change));
  else change(response);
  return response;
}

Response with_fate(Response response, Delivery::Fate fate, std::size_t cut_after = 0) {
  return afterwards(std::move(response), [fate, cut_after](Response& answer) {
    answer.delivery.fate = fate;
    answer.delivery.cut_after = cut_after;
  });
}

Response delay(const FaultRule& rule, const Request& request, const Handler& next) {
  const Duration extra = rule.duration("delay", seconds(1));
  return afterwards(next(request), [extra](Response& answer) { answer.delivery.delay += extra; });
}

Response drop_request(const FaultRule&, const Request&, const Handler&) {
  return with_fate({}, Delivery::Fate::drop_reply);
}
Response drop_reply(const FaultRule&, const Request& request, const Handler& next) {
  return with_fate(next(request), Delivery::Fate::drop_reply);
}
Response refuse(const FaultRule&, const Request&, const Handler&) { return with_fate({}, Delivery::Fate::refuse); }

Response cut(const FaultRule& rule, const Request& request, const Handler& next) {
  return with_fate(next(request), Delivery::Fate::cut_reply, static_cast<std::size_t>(rule.number("cutAfter", 20)));
}

/// HTTP is whole, the document inside is not.
Response truncate(const FaultRule& rule, const Request& request, const Handler& next) {
  const auto keep = static_cast<std::size_t>(rule.number("cutAfter", 20));
  return afterwards(next(request),
                    [keep](Response& answer) { answer.body.resize(std::min(answer.body.size(), keep)); });
}

Response hang(const FaultRule&, const Request& request, const Handler& next) {
  return with_fate(next(request), Delivery::Fate::hang);
}
Response hang_request(const FaultRule&, const Request&, const Handler&) { return with_fate({}, Delivery::Fate::hang); }

void set_status(const FaultRule& rule, Response& answer) {
  answer = {};
  answer.status = static_cast<int>(rule.number("status", 503));
  answer.headers.set("Content-Type", rule.text("contentType", "text/html"));
  answer.body = rule.text("body", "<html><body><h1>" + std::to_string(answer.status) + " " +
                                      std::string(reason_phrase(answer.status)) + "</h1></body></html>\n");
  if (const std::string retry = rule.text("retryAfter"); !retry.empty()) answer.headers.set("Retry-After", retry);
}

Response status(const FaultRule& rule, const Request&, const Handler&) {
  Response answer;
  set_status(rule, answer);
  return answer;
}

Response status_after(const FaultRule& rule, const Request& request, const Handler& next) {
  const FaultRule copy = rule;
  return afterwards(next(request), [copy](Response& answer) { set_status(copy, answer); });
}

Response body(const FaultRule& rule, const Request& request, const Handler& next) {
  const std::string text = rule.text("body");
  return afterwards(next(request), [text](Response& answer) { answer.body = text; });
}

/// As a proxy does that lost the first answer: the call runs twice and the second answer counts.
Response repeat(const FaultRule&, const Request& request, const Handler& next) {
  const Response lost = next(request);
  if (lost.outgoing) lost.outgoing->abandon();
  return next(request);
}

}  // namespace

const std::vector<FaultPreset>& http_fault_presets() {
  const FaultParameter status_number{"status", Type::number};
  const FaultParameter body_text{"body", Type::text};
  const FaultParameter content_type{"contentType", Type::text};
  const FaultParameter retry_after{"retryAfter", Type::number};
  const FaultParameter cut_after{"cutAfter", Type::number};
  static const std::vector<FaultPreset> presets{
      {"delay", "runs, answers later", {{"delay", Type::duration, true}}, delay},
      {"drop-request", "does not run; the connection closes without an answer", {}, drop_request},
      {"drop-reply", "runs; the connection closes without an answer", {}, drop_reply},
      {"refuse", "does not run; connection refused (over the wire: reset)", {}, refuse},
      {"cut", "runs; the connection breaks inside the answer, after cutAfter bytes of its body", {cut_after}, cut},
      {"truncate", "runs; the answer's document ends after cutAfter bytes", {cut_after}, truncate},
      {"hang", "runs; never answers", {}, hang},
      {"hang-request", "does not run; never answers", {}, hang_request},
      {"status",
       "does not run; this HTTP status and body",
       {status_number, body_text, content_type, retry_after},
       status},
      {"status-after",
       "runs; this HTTP status and body",
       {status_number, body_text, content_type, retry_after},
       status_after},
      {"body", "runs; this text instead of the answer's body", {{"body", Type::text, true}}, body},
      {"repeat", "runs twice; the second answer counts", {}, repeat},
  };
  return presets;
}

}  // namespace base::http
