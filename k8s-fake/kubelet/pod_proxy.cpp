/// pods/proxy and services/proxy: a request of the API server to a port of a pod.
#include "k8s-fake/kubelet/kubelet.h"
#include "k8s-fake/kubelet/web.h"
#include "provisioner/base/http/deferred.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
namespace http = base::http;

namespace {

http::Response unreachable(const std::string& why) {
  http::Response response;
  response.status = 503;
  response.headers.set("Content-Type", "application/json");
  response.body = Json{{"kind", "Status"},
                       {"apiVersion", "v1"},
                       {"metadata", Json::object()},
                       {"status", "Failure"},
                       {"message", "error trying to reach service: " + why},
                       {"reason", "ServiceUnavailable"},
                       {"code", 503}}
                      .dump() +
                  "\n";
  return response;
}

asio::awaitable<void> ask_pod(http::Transport* transport, http::Endpoint to, http::Request request,
                              std::shared_ptr<http::Deferred> answer) {
  http::CallOptions options;
  options.timeout = std::chrono::seconds(30);
  const std::string where = to.host + ":" + std::to_string(to.port);
  auto response = co_await transport->send(std::move(to), std::move(request), options);
  if (response) answer->set(std::move(*response));
  else if (response.error().kind == base::ErrorKind::unknown_outcome) answer->set(unreachable("EOF"));
  else answer->set(unreachable("dial tcp " + where + ": connect: connection refused"));
}

}  // namespace

http::Response Kubelet::proxy(const http::Request& request, const Json& pod) {
  const std::string host = request.headers.get("Host");
  const std::size_t colon = host.rfind(':');
  const auto port = base::parse_unsigned(host.substr(colon + 1)).value_or(0);
  const auto known = pods_.find(uid_of(pod));
  const std::string refused = "dial tcp " + host + ": connect: connection refused";
  if (known == pods_.end()) return unreachable(refused);
  bool own = false;
  for (Container* container : known->second->all()) {
    if (!request.peer.tls && serves(*container, static_cast<std::int64_t>(port)))
      return serve_file(*container, request);
    own = own || world_.images.own(text(container->spec, "/image"));
  }
  if (!own) return unreachable(refused);
  http::Endpoint to;
  to.tls = request.peer.tls;
  to.insecure = true;  // the API server does not verify what a pod shows
  to.host = known->second->address;
  to.port = static_cast<std::uint16_t>(port);
  http::Request sent = request;
  sent.headers.remove("Connection");
  sent.headers.remove("Upgrade");
  http::Response response;
  response.later = std::make_shared<http::Deferred>();
  sessions_.spawn(ask_pod(&world_.transport, std::move(to), std::move(sent), response.later));
  return response;
}

}  // namespace k8s_fake::control
