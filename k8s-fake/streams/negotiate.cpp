#include "k8s-fake/streams/negotiate.h"

#include <algorithm>

#include "k8s-fake/streams/exec_core.h"
#include "k8s-fake/streams/websocket.h"
#include "provisioner/base/text.h"

namespace k8s_fake::streams {

namespace http = base::http;

std::vector<std::string> offered(const http::Request& request, std::string_view header) {
  std::vector<std::string> out;
  for (const auto& [name, value] : request.headers) {
    if (!base::equals_ignoring_case(name, header)) continue;
    for (const std::string_view part : base::split(value, ',')) {
      if (!base::trim(part).empty()) out.emplace_back(base::trim(part));
    }
  }
  return out;
}

std::optional<Protocol> choose(const std::vector<std::string>& offers, std::span<const Protocol> ours) {
  if (offers.empty()) return Protocol{"", 1, false, false};
  for (const std::string& offer : offers) {
    const auto found = std::ranges::find(ours, std::string_view(offer), &Protocol::name);
    if (found != ours.end()) return *found;
  }
  return std::nullopt;
}

bool wants_spdy(const http::Request& request) {
  const std::string connection = base::to_lower(request.headers.get("Connection"));
  return connection.find("upgrade") != std::string::npos &&
         base::to_lower(request.headers.get("Upgrade")).find("spdy/3.1") != std::string::npos;
}

http::Response accept_spdy(const std::string& protocol) {
  http::Response response;
  response.status = 101;
  response.headers.set("Connection", "Upgrade");
  response.headers.set("Upgrade", "SPDY/3.1");
  response.headers.set("X-Stream-Protocol-Version", protocol);
  response.outgoing = std::make_shared<base::Pipe>();
  response.incoming = std::make_shared<base::Pipe>();
  return response;
}

http::Response no_common_protocol(const std::vector<std::string>& offers, std::span<const Protocol> ours) {
  std::vector<std::string> names;
  for (const Protocol& protocol : ours) names.emplace_back(protocol.name);
  http::Response response;
  response.status = 403;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  for (const std::string& name : names) response.headers.add("X-Accepted-Stream-Protocol-Versions", name);
  response.body = "unable to upgrade: unable to negotiate protocol: client supports [" + base::join(offers, " ") +
                  "], server accepts [" + base::join(names, " ") + "]\n";
  return response;
}

std::string channel_message(int channel, std::string_view bytes, bool base64) {
  if (base64)
    return ws_frame(WsKind::text, std::string(1, static_cast<char>('0' + channel)) + base::base64_encode(bytes));
  return ws_frame(WsKind::binary, std::string(1, static_cast<char>(channel)).append(bytes));
}

}  // namespace k8s_fake::streams
