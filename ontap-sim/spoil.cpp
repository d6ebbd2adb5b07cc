#include "ontap-sim/spoil.h"

#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

using base::http::Delivery;
using base::http::Request;
using base::http::Response;

struct Span {
  std::size_t begin = std::string::npos;  // of the text between the tags
  std::size_t end = std::string::npos;
  bool found() const { return end != std::string::npos; }
};
// The text of the first element of that name.
Span text_of(std::string_view body, const std::string& element) {
  const std::size_t open = body.find("<" + element + ">");
  if (open == std::string_view::npos) return {};
  const std::size_t begin = open + element.size() + 2;
  const std::size_t close = body.find("</" + element + ">", begin);
  return close == std::string_view::npos ? Span{} : Span{begin, close};
}
void erase_element(std::string& body, const std::string& element) {
  const Span span = text_of(body, element);
  if (span.found()) body.erase(span.begin - element.size() - 2, span.end - span.begin + 2 * element.size() + 5);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

/// What the tag of an emptied page begins with; the tag of the page itself follows.
constexpr std::string_view kEmptyPage = "empty-page:";

void put_before_results_end(std::string& body, const std::string& xml) {
  const std::size_t end = body.rfind("</results>");
  if (end != std::string::npos) body.insert(end, xml);
}

}  // namespace

std::optional<Request> after_empty_page(const Request& request) {
  const Span tag = text_of(request.body, "tag");
  if (!tag.found() || !std::string_view(request.body).substr(tag.begin).starts_with(kEmptyPage)) return std::nullopt;
  Request whole = request;
  whole.body.erase(tag.begin, kEmptyPage.size());
  if (tag.end == tag.begin + kEmptyPage.size()) erase_element(whole.body, "tag");
  return whole;
}

std::string vfiler_of(std::string_view body) {
  const std::size_t head = body.find("<netapp");
  if (head == std::string_view::npos) return {};
  const std::string_view tag = body.substr(head, body.find('>', head) - head);
  const std::size_t at = tag.find("vfiler=");
  if (at == std::string_view::npos || at + 8 > tag.size()) return {};
  const char quote = tag[at + 7];
  const std::size_t end = tag.find(quote, at + 8);
  return end == std::string_view::npos ? std::string() : std::string(tag.substr(at + 8, end - at - 8));
}

std::int64_t records_in(std::string_view body) {
  const std::size_t at = body.rfind("<num-records>");
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = body.substr(at + 13);
  return static_cast<std::int64_t>(base::parse_unsigned(rest.substr(0, rest.find('<'))).value_or(0));
}

std::optional<Response> spoil_before(const FaultRule& rule) {
  Response response;
  if (rule.action == FaultAction::drop_request) {
    response.delivery.fate = Delivery::Fate::drop_reply;
    response.delivery.delay = rule.delay;
    return response;
  }
  if (rule.action != FaultAction::http) return std::nullopt;
  response.status = rule.status == 0 ? 503 : rule.status;
  response.headers.set("Content-Type", "text/html");
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Basic realm=\"Administration\"");
  response.body = rule.body;
  response.delivery.delay = rule.delay;
  return response;
}

void spoil_request(const FaultRule& rule, Request& request) {
  if (rule.action != FaultAction::short_page) return;
  const Span asked = text_of(request.body, "max-records");
  if (!asked.found()) return;
  const std::uint64_t count =
      base::parse_unsigned(request.body.substr(asked.begin, asked.end - asked.begin)).value_or(20);
  request.body.replace(asked.begin, asked.end - asked.begin,
                       std::to_string(std::max<std::uint64_t>(1, std::min<std::uint64_t>(count, 1000) / 2)));
}

void spoil_jobs(const FaultRule& rule, model::Cluster& cluster, std::uint64_t first_job) {
  if (rule.action != FaultAction::fail_job && rule.action != FaultAction::slow_job) return;
  for (auto it = cluster.jobs.lower_bound(first_job); it != cluster.jobs.end(); ++it) {
    model::Job& job = it->second;
    if (job.state == "success" || job.state == "failure") continue;
    cluster.due_jobs.erase({job.due, job.id});
    if (rule.action == FaultAction::slow_job) {
      job.due += rule.delay;
      cluster.due_jobs.emplace(std::pair{job.due, job.id}, job.id);
    } else {
      job.state = "failure";
      job.status_code = rule.code;
      job.completion = rule.reason;
      job.ended = cluster.now();
    }
    cluster.touch(job);
  }
}

void spoil_after(const FaultRule& rule, const Request& request, Response& response) {
  std::string& body = response.body;
  switch (rule.action) {
    case FaultAction::delay:
    case FaultAction::drop_request:
    case FaultAction::http:
    case FaultAction::fail_job:
    case FaultAction::slow_job:
    case FaultAction::short_page:
    case FaultAction::error: break;
    case FaultAction::drop_reply: response.delivery.fate = Delivery::Fate::drop_reply; break;
    case FaultAction::hang: response.delivery.fate = Delivery::Fate::hang; break;
    case FaultAction::cut_reply:
      response.delivery.fate = Delivery::Fate::cut_reply;
      response.delivery.cut_after = body.size() / 2;
      break;
    case FaultAction::invalid_xml: body.resize(body.size() - std::min<std::size_t>(body.size(), 12)); break;
    case FaultAction::async_failed:
      for (const char* element : {"result-status", "result-jobid", "result-error-code", "result-error-message"})
        erase_element(body, element);
      put_before_results_end(body, "<result-error-code>" + std::to_string(rule.code) +
                                       "</result-error-code><result-error-message>" + escaped(rule.reason) +
                                       "</result-error-message><result-status>failed</result-status>");
      break;
    case FaultAction::empty_page: {
      erase_element(body, "attributes-list");
      const Span count = text_of(body, "num-records");
      if (count.found()) body.replace(count.begin, count.end - count.begin, "0");
      // The next page begins where this one did: no record is lost.
      const Span given = text_of(request.body, "tag");
      erase_element(body, "next-tag");
      put_before_results_end(
          body, "<next-tag>" + std::string(kEmptyPage) +
                    (given.found() ? request.body.substr(given.begin, given.end - given.begin) : std::string()) +
                    "</next-tag>");
      break;
    }
    case FaultAction::repeat_tag: {
      const Span given = text_of(request.body, "tag");
      if (!given.found()) break;
      erase_element(body, "next-tag");
      put_before_results_end(body,
                             "<next-tag>" + request.body.substr(given.begin, given.end - given.begin) + "</next-tag>");
      break;
    }
    case FaultAction::no_count: erase_element(body, "num-records"); break;
  }
  if (rule.action != FaultAction::fail_job && rule.action != FaultAction::slow_job)
    response.delivery.delay += rule.delay;
}

}  // namespace ontap_sim
