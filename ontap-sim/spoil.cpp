#include "ontap-sim/spoil.h"

#include <algorithm>
#include <utility>

#include "ontap-sim/zapi/dispatch.h"
#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

using base::http::Delivery;
using base::http::FaultParameter;
using base::http::FaultPreset;
using base::http::FaultRule;
using base::http::Handler;
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

std::optional<Credentials> basic_credentials(const Request& request) {
  const std::string header = request.headers.get("Authorization");
  if (header.size() < 6 || !base::equals_ignoring_case(header.substr(0, 6), "basic ")) return std::nullopt;
  const auto pair = base::base64_decode(base::trim(std::string_view(header).substr(6)));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{pair->substr(0, colon), pair->substr(colon + 1)};
}

std::string user_of(const Request& request) {
  const auto credentials = basic_credentials(request);
  return credentials ? credentials->user : std::string();
}

namespace {

Response error_instead(zapi::Server& server, const FaultRule& rule, const Request& request, const Handler& next) {
  const auto outer = server.before;
  if (!outer) {  // else an earlier rule has its say
    const model::ModelError error{static_cast<model::Errno>(rule.number("errno", 13001)),
                                  rule.text("reason", "Injected fault")};
    server.before = [error](const zapi::CallView& call) {
      const bool unknown = error.code == model::Errno::api_not_found && error.reason == "Unable to find API";
      return std::optional<model::ModelError>(
          {error.code, unknown ? error.reason + ": " + std::string(call.api) : error.reason});
    };
  }
  Response response = next(request);
  server.before = outer;
  return response;
}

Response http_instead(const FaultRule& rule, const Request&, const Handler&) {
  Response response;
  response.status = static_cast<int>(rule.number("status", 503));
  response.headers.set("Content-Type", "text/html");
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Basic realm=\"Administration\"");
  response.body = rule.text("body");
  return response;
}

Response cut_reply(const FaultRule&, const Request& request, const Handler& next) {
  Response response = next(request);
  response.delivery.fate = Delivery::Fate::cut_reply;
  response.delivery.cut_after = response.body.size() / 2;
  return response;
}

Response invalid_xml(const FaultRule&, const Request& request, const Handler& next) {
  Response response = next(request);
  response.body.resize(response.body.size() - std::min<std::size_t>(response.body.size(), 12));
  return response;
}

Response async_failed(const FaultRule& rule, const Request& request, const Handler& next) {
  Response response = next(request);
  for (const char* element : {"result-status", "result-jobid", "result-error-code", "result-error-message"})
    erase_element(response.body, element);
  put_before_results_end(response.body, "<result-error-code>" + std::to_string(rule.number("errno", 13001)) +
                                            "</result-error-code><result-error-message>" +
                                            escaped(rule.text("reason", "Injected fault")) +
                                            "</result-error-message><result-status>failed</result-status>");
  return response;
}

/// Runs the call and changes each job that it started and that has not ended.
Response with_jobs(model::Cluster& cluster, const Request& request, const Handler& next,
                   const std::function<void(model::Job&)>& change) {
  const std::uint64_t first_job = cluster.counters.next_job;
  Response response = next(request);
  for (auto it = cluster.jobs.lower_bound(first_job); it != cluster.jobs.end(); ++it) {
    model::Job& job = it->second;
    if (job.state == "success" || job.state == "failure") continue;
    cluster.due_jobs.erase({job.due, job.id});
    change(job);
    cluster.touch(job);
  }
  return response;
}
Response slow_job(model::Cluster& cluster, const FaultRule& rule, const Request& request, const Handler& next) {
  return with_jobs(cluster, request, next, [&](model::Job& job) {
    job.due += rule.duration("delay", {});
    cluster.due_jobs.emplace(std::pair{job.due, job.id}, job.id);
  });
}
Response fail_job(model::Cluster& cluster, const FaultRule& rule, const Request& request, const Handler& next) {
  return with_jobs(cluster, request, next, [&](model::Job& job) {
    job.state = "failure";
    job.status_code = static_cast<int>(rule.number("errno", 13001));
    job.completion = rule.text("reason", "Injected fault");
    job.ended = cluster.now();
  });
}

Response short_page(const FaultRule&, const Request& request, const Handler& next) {
  const Span asked = text_of(request.body, "max-records");
  if (!asked.found()) return next(request);
  Request less = request;
  const std::uint64_t count =
      base::parse_unsigned(request.body.substr(asked.begin, asked.end - asked.begin)).value_or(20);
  less.body.replace(asked.begin, asked.end - asked.begin,
                    std::to_string(std::max<std::uint64_t>(1, std::min<std::uint64_t>(count, 1000) / 2)));
  return next(less);
}

void set_next_tag(std::string& body, const std::string& tag) {
  erase_element(body, "next-tag");
  put_before_results_end(body, "<next-tag>" + tag + "</next-tag>");
}

/// The next page begins where this one did: no record is lost.
Response empty_page(const FaultRule&, const Request& request, const Handler& next) {
  Response response = next(request);
  erase_element(response.body, "attributes-list");
  const Span count = text_of(response.body, "num-records");
  if (count.found()) response.body.replace(count.begin, count.end - count.begin, "0");
  const Span given = text_of(request.body, "tag");
  set_next_tag(response.body,
               std::string(kEmptyPage) +
                   (given.found() ? request.body.substr(given.begin, given.end - given.begin) : std::string()));
  return response;
}

Response repeat_tag(const FaultRule&, const Request& request, const Handler& next) {
  Response response = next(request);
  const Span given = text_of(request.body, "tag");
  if (given.found()) set_next_tag(response.body, request.body.substr(given.begin, given.end - given.begin));
  return response;
}

Response no_count(const FaultRule&, const Request& request, const Handler& next) {
  Response response = next(request);
  erase_element(response.body, "num-records");
  return response;
}

}  // namespace

std::vector<FaultPreset> fault_actions(model::Cluster& cluster, zapi::Server& server) {
  const FaultParameter code{"errno", FaultParameter::Type::number};
  const FaultParameter reason{"reason", FaultParameter::Type::text};
  const FaultParameter status{"status", FaultParameter::Type::number};
  const FaultParameter body{"body", FaultParameter::Type::text};
  const FaultParameter later{"delay", FaultParameter::Type::duration};
  std::vector<FaultPreset> rows = base::http::http_fault_presets();
  rows.insert(rows.end(),
              {{"error",
                "does not run; this errno and reason",
                {code, reason},
                [&server](const FaultRule& rule, const Request& request, const Handler& next) {
                  return error_instead(server, rule, request, next);
                }},
               {"http", "does not run; this HTTP status and body", {status, body}, http_instead},
               {"cut-reply", "runs; the connection breaks in the middle of the answer", {}, cut_reply},
               {"invalid-xml", "runs; the answer's last tags are missing", {}, invalid_xml},
               {"async-failed", "runs; passed, with result-status failed inside", {code, reason}, async_failed},
               {"short-page", "an iterator returns half of the records asked for", {}, short_page},
               {"empty-page", "an iterator returns no records but a next-tag", {}, empty_page},
               {"repeat-tag", "an iterator repeats the tag it was given", {}, repeat_tag},
               {"no-count", "num-records is missing", {}, no_count}});
  for (FaultPreset& row : rows) {
    if (row.action == "delay") continue;
    row.parameters.push_back(later);
    row.run = [run = std::move(row.run)](const FaultRule& rule, const Request& request, const Handler& next) {
      Response response = run(rule, request, next);
      response.delivery.delay += rule.duration("delay", {});
      return response;
    };
  }
  rows.push_back({"fail-job",
                  "runs; the job it started ends as failure",
                  {code, reason},
                  [&cluster](const FaultRule& rule, const Request& request, const Handler& next) {
                    return fail_job(cluster, rule, request, next);
                  }});
  rows.push_back({"slow-job",
                  "runs; the job it started takes longer",
                  {later},
                  [&cluster](const FaultRule& rule, const Request& request, const Handler& next) {
                    return slow_job(cluster, rule, request, next);
                  }});
  return rows;
}

}  // namespace ontap_sim
