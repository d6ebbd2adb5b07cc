#include "scenarios/runner/product.h"

namespace scenario {

using Json = nlohmann::json;

boost::asio::awaitable<void> add_backend(base::http::Transport& transport, base::Clock& clock,
                                         base::http::Endpoint rest, Json config,
                                         std::function<void(Json status)> done) {
  const base::TimePoint deadline = clock.now() + std::chrono::seconds(30);
  std::string last;
  while (clock.now() < deadline) {
    base::http::Request request;
    request.method = "POST";
    request.target = "/trident/v1/backend";
    request.headers.set("Content-Type", "application/json");
    request.body = config.dump();
    base::http::CallOptions options;
    base::Result<base::http::Response> answer = co_await transport.send(rest, std::move(request), options);
    if (answer && answer->status != 503) {
      const Json body = Json::parse(answer->body, nullptr, false);
      const Json parsed = body.is_object() ? body : Json::object();
      if (answer->status < 300) done({{"phase", "Done"}, {"message", ""}, {"backend", parsed.value("backend", "")}});
      else done({{"phase", "Failed"}, {"message", parsed.value("error", answer->body)}});
      co_return;
    }
    last = answer ? "HTTP 503" : answer.error().message;
    co_await base::sleep_for(clock, std::chrono::milliseconds(100));
  }
  done({{"phase", "Failed"}, {"message", "the provisioner does not answer: " + last}});
}

}  // namespace scenario
