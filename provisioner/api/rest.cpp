#include "provisioner/api/rest.h"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <optional>

#include "provisioner/api/metrics.h"
#include "provisioner/api/rest_routes.h"
#include "provisioner/base/http/deferred.h"
#include "provisioner/base/text.h"

namespace provisioner::api {

namespace asio = boost::asio;
using base::http::Request;
using base::http::Response;

namespace {

constexpr std::size_t kBodyMax = 10240;

bool is_request_id(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

/// The names in the path's braces, or nothing when the path is another.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  const auto wanted = base::split(pattern, '/');
  const auto parts = base::split(path, '/');
  if (wanted.size() != parts.size()) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with("{")) {
      if (parts[i].empty()) return std::nullopt;
      names.push_back(base::http::percent_decode(parts[i]));
    } else if (wanted[i] != parts[i]) {
      return std::nullopt;
    }
  }
  return names;
}

const Route* find_route(std::string_view method, std::string_view path, std::vector<std::string>& names) {
  for (const Route& route : routes()) {
    if (route.method != method) continue;
    if (auto found = match(route.path, path)) {
      names = std::move(*found);
      return &route;
    }
  }
  return nullptr;
}

/// Go's path.Clean, with a trailing slash kept.
std::string clean_path(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.emplace_back(part);
    }
  }
  std::string out = "/" + base::join(parts, "/");
  if (path.ends_with("/") && out != "/") out += "/";
  return out;
}

Response not_found() {
  Response response;
  response.status = 404;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}};
  response.body = "404 page not found\n";
  return response;
}

Response moved(const Request& request, const std::string& path) {
  Response response;
  response.status = 301;
  const std::string to = path + (request.query().empty() ? "" : "?" + std::string(request.query()));
  response.headers = {{"Location", to}};
  if (request.method == "GET") {
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.body = "<a href=\"" + base::replace_all(to, "&", "&amp;") + "\">Moved Permanently</a>.\n\n";
  }
  return response;
}

Response to_response(const Answer& answer) {
  Response response;
  response.status = answer.status;
  response.headers = {{"Content-Type", "application/json; charset=UTF-8"}};
  std::string text = answer.body.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (const auto& [from, to] : {std::pair("<", "\\u003c"), std::pair(">", "\\u003e"), std::pair("&", "\\u0026"),
                                 std::pair("\xE2\x80\xA8", "\\u2028"), std::pair("\xE2\x80\xA9", "\\u2029")})
    text = base::replace_all(std::move(text), from, to);
  response.body = text + "\n";
  return response;
}

}  // namespace

struct Rest::State {
  State(asio::any_io_executor executor, base::Clock& c, base::Logger l, Orchestrator& core, RestOptions o)
      : clock(c),
        logger(std::move(l)),
        options(std::move(o)),
        desk{core, options, logger},
        tasks(std::move(executor)) {}
  base::Clock& clock;
  base::Logger logger;
  RestOptions options;
  Desk desk;
  base::TaskGroup tasks;
  RestMetrics metrics;

  Response finish(const Route& route, const std::string& uri, base::TimePoint started, const Answer& answer) {
    const base::Duration took = clock.now() - started;
    logger.info("API server REST call.",
                {{"duration", took}, {"method", route.method}, {"route", route.name}, {"uri", uri}});
    metrics.count(std::string(route.method), std::string(route.name), answer.status,
                  std::chrono::duration<double>(took).count());
    Response response = to_response(answer);
    if (const base::OperationPtr operation = base::current_operation())
      response.headers.add("X-Request-Id", operation->id);
    return response;
  }

  base::OperationPtr begin(const Request& request) {
    const std::string given = request.headers.get("X-Request-Id");
    const base::Operation operation{.id = is_request_id(given) ? given : options.ids.uuid(), .source = "REST"};
    return std::make_shared<const base::Operation>(operation);
  }

  asio::awaitable<void> run_later(const Route& route, std::string uri, base::TimePoint started, Call call,
                                  std::shared_ptr<base::http::Deferred> into) {
    const Answer answer = co_await route.later(desk, std::move(call));
    into->set(finish(route, uri, started, answer));
  }

  /// Why a call cannot be served now, if so.
  std::optional<Answer> obstacle(const Route& route, const Request& request) const {
    if (!options.token.empty() && !route.always && request.headers.get("Authorization") != "Bearer " + options.token) {
      return fail(401, route.key, route.empty_is_text, "this server wants the token of its REST interface");
    }
    if (request.body.size() > kBodyMax) {
      return fail(413, route.key, route.empty_is_text,
                  "the request's body is longer than " + std::to_string(kBodyMax) + " bytes");
    }
    if (route.always || desk.core.phase() == CorePhase::ready) return std::nullopt;
    if (desk.core.phase() == CorePhase::failed)
      return fail(500, route.key, route.empty_is_text, desk.core.phase_error());
    return fail(503, route.key, route.empty_is_text, "Trident is initializing, please try again later");
  }
};

Rest::Rest(asio::any_io_executor executor, base::Clock& clock, base::Logger logger, Orchestrator& core,
           RestOptions options)
    : state_(std::make_unique<State>(std::move(executor), clock, std::move(logger), core, std::move(options))) {}

Rest::~Rest() = default;

asio::awaitable<void> Rest::stop() {
  state_->tasks.stop();
  co_await state_->tasks.join();
}

Response Rest::refuse(int status, const std::string& reason) { return to_response(fail(status, "", false, reason)); }

Response Rest::handle(const Request& request) {
  const base::TimePoint started = state_->clock.now();
  const std::string path(request.path());
  if (request.method == "GET" && path == "/metrics") {
    Response response;
    response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    response.body = metrics_text(state_->desk.core, state_->options.version, state_->metrics);
    if (state_->options.more_metrics) response.body += state_->options.more_metrics();
    return response;
  }
  if (const std::string clean = clean_path(path); clean != path) return moved(request, clean);
  Call call;
  const Route* route = find_route(request.method, path, call.names);
  if (!route) {
    const bool has_slash = path.size() > 1 && path.ends_with("/");
    if (has_slash && find_route(request.method, path.substr(0, path.size() - 1), call.names))
      return moved(request, path.substr(0, path.size() - 1));
    return not_found();
  }
  const base::InOperation inside(state_->begin(request));
  if (const auto answer = state_->obstacle(*route, request))
    return state_->finish(*route, request.target, started, *answer);
  call.body = request.body;
  call.query = std::string(request.query());
  if (route->now) return state_->finish(*route, request.target, started, route->now(state_->desk, call));
  Response response;
  response.later = std::make_shared<base::http::Deferred>();
  state_->tasks.spawn(state_->run_later(*route, request.target, started, std::move(call), response.later));
  return response;
}

}  // namespace provisioner::api
