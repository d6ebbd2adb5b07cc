#include "provisioner/zapi/client.h"

#include "provisioner/base/text.h"

namespace provisioner::zapi {

using base::ErrorKind;

namespace {

constexpr double kCallsAtStart = 32;
constexpr double kCallsMax = 128;
constexpr int kPagesMax = 100000;

std::string attribute_escaped(std::string text) {
  text = base::replace_all(std::move(text), "&", "&amp;");
  text = base::replace_all(std::move(text), "<", "&lt;");
  return base::replace_all(std::move(text), "\"", "&quot;");
}

std::string envelope(const Element& request, const std::string& svm) {
  std::string xml =
      R"(<?xml version="1.0" encoding="UTF-8"?><netapp xmlns="http://www.netapp.com/filer/admin" version="1.21")";
  if (!svm.empty()) xml += " vfiler=\"" + attribute_escaped(svm) + '"';
  return xml + '>' + to_xml(request) + "</netapp>";
}

Outcome<Element> read_reply(const base::http::Response& response) {
  Results results = parse_results(response.body);
  if (results.status == "passed") return std::move(results.body);
  Failure failure;
  failure.reason = results.reason;
  failure.code = static_cast<int>(base::parse_signed(results.code).value_or(0));
  failure.message = "API status: " + results.status + ", Reason: " + results.reason + ", Code: " + results.code;
  if (results.status.empty()) {
    failure.message += " (not an API reply: HTTP status " + std::to_string(response.status) + ", " +
                       std::to_string(response.body.size()) + " bytes)";
    if (response.status == 401) failure.message += "; the array refused the user name or the password";
  }
  if (response.status == 401 || response.status == 403 || response.status == 404) failure.kind = ErrorKind::invalid;
  else if (response.status == 503 || response.status == 429) failure.kind = ErrorKind::unavailable;
  else if (results.status.empty()) failure.kind = ErrorKind::unknown_outcome;
  else failure.kind = kind_of(failure.code);
  return failure;
}

bool is_overload(const Failure& failure) {
  return failure.code == 0 && (failure.kind == ErrorKind::unavailable || failure.kind == ErrorKind::unknown_outcome);
}

}  // namespace

ErrorKind kind_of(int code) {
  switch (code) {
    case code::kNoVolume:
    case code::kNoObject:
    case code::kNoSnapshot:
    case code::kNoQtree:
    case code::kNoIgroup:
    case code::kNoLun: return ErrorKind::not_found;
    case code::kExists:
    case code::kSnapshotExists:
    case code::kQtreeExists:
    case code::kDuplicate:
    case code::kIgroupExists:
    case code::kLunExists: return ErrorKind::already_exists;
    case 16:     // EBUSY
    case 9062:   // LUN busy
    case 13158:  // volume busy
    case code::kSnapshotBusy:
    case code::kCloneParent: return ErrorKind::busy;
    default: return ErrorKind::invalid;
  }
}

Client::Client(boost::asio::any_io_executor executor, base::Clock& clock, base::http::Transport& transport,
               base::Logger logger, Login login)
    : clock_(clock),
      transport_(transport),
      logger_(std::move(logger)),
      login_(std::move(login)),
      limit_(std::move(executor), kCallsAtStart, kCallsMax) {}

boost::asio::awaitable<Outcome<Element>> Client::call(Element request, Scope scope) {
  const auto url = base::http::parse_url("https://" + login_.address);
  if (!url)
    co_return Failure{.kind = ErrorKind::invalid,
                      .message = "bad management address \"" + login_.address + "\"",
                      .code = 0,
                      .reason = ""};
  base::http::Endpoint to;
  to.host = url->host;
  to.port = url->port;
  to.ca_pem = login_.ca_pem;
  to.insecure = login_.ca_pem.empty();
  base::http::Request message;
  message.method = "POST";
  message.target = "/servlets/netapp.servlets.admin.XMLrequest_filer";
  message.headers.set("Content-Type", "application/xml");
  message.headers.set("Authorization", "Basic " + base::base64_encode(login_.user + ":" + login_.password));
  message.body = envelope(request, scope == Scope::svm ? login_.svm : "");
  const Limit::Slot slot = co_await limit_.enter();
  if (tracing_) logger_.debug("ZAPI request.", {{"call", request.name}, {"body", message.body}});
  const base::TimePoint start = clock_.now();
  const base::http::CallOptions options;
  auto response = co_await transport_.send(to, message, options);
  const base::Duration took = clock_.now() - start;
  Outcome<Element> outcome = response
                                 ? read_reply(*response)
                                 : Outcome<Element>(Failure{response.error().kind, response.error().message, 0, ""});
  if (outcome) limit_.succeeded();
  else if (is_overload(outcome.error())) limit_.overloaded();
  if (tracing_ && response)
    logger_.debug("ZAPI reply.", {{"call", request.name}, {"body", response->body}, {"duration", took}});
  if (!logger_.enabled(base::LogLevel::debug)) co_return outcome;
  if (outcome) logger_.debug("ZAPI call.", {{"call", request.name}, {"duration", took}});
  else
    logger_.debug("ZAPI call failed.",
                  {{"call", request.name}, {"error", outcome.error().message}, {"duration", took}});
  co_return outcome;
}

boost::asio::awaitable<Outcome<std::vector<Element>>> Client::list(Element request, Scope scope) {
  std::vector<Element> records;
  if (request.name != "snapmirror-get-iter") request.with("max-records", std::to_string(kPageSize));
  std::string tag;
  for (int page = 0; page < kPagesMax; ++page) {
    Element next = request;
    next.with("tag", tag);
    auto reply = co_await call(next, scope);
    if (!reply) co_return reply.error();
    for (Element& child : reply->children) {
      if (child.name != "attributes-list") continue;
      for (Element& record : child.children) records.push_back(std::move(record));
    }
    tag = reply->get("next-tag");
    if (tag.empty()) co_return records;  // a page may be empty and not be the last
  }
  co_return Failure{
      .kind = ErrorKind::invalid, .message = request.name + ": the array never ends its list", .code = 0, .reason = ""};
}

}  // namespace provisioner::zapi
