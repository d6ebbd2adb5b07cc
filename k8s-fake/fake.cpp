#include "k8s-fake/fake.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "k8s-fake/api.h"
#include "k8s-fake/lab_door.h"
#include "k8s-fake/quota.h"
#include "k8s-fake/state.h"
#include "k8s-fake/webhooks.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

Fake::Fake(boost::asio::any_io_executor executor, base::Clock& clock, Config config, std::uint64_t seed,
           base::Logger logger)
    : server_(std::make_unique<Server>(clock, std::move(config), seed, std::move(logger))),
      executor_(std::move(executor)) {
  Server& server = *server_;
  if (!server.config.state_dir.empty()) {
    auto opened = State::open(server.config.state_dir);
    if (opened) {
      state_ = std::move(*opened);
      state_->load(server);
      state_->follow(server);
    } else {
      problem_ = opened.error().message;
    }
  }
  bootstrap(server);
  follow_webhooks(server);
  follow_quotas(server);
  lab_door_ = std::make_unique<LabDoor>(server, seed);
  checked_ = lab_door_->wrap([&server](const base::http::Request& request) { return serve(server, request, true); });
  unchecked_ = lab_door_->wrap([&server](const base::http::Request& request) { return serve(server, request, false); });
}

Fake::~Fake() = default;

base::http::Response Fake::handle(const base::http::Request& request) { return checked_(request); }
base::http::Response Fake::handle_insecure(const base::http::Request& request) { return unchecked_(request); }
base::http::Handler Fake::handler() { return checked_; }
base::http::Handler Fake::insecure_handler() { return unchecked_; }

const std::string& Fake::admin_token() const { return server_->admin_token; }

std::string Fake::client_token(const std::string& user) {
  std::string token = server_->rng.text(32);
  server_->static_tokens[token] = User{.name = user, .uid = {}, .groups = {"system:masters"}, .extra = {}};
  return token;
}

void Fake::set_address(const std::string& host_port) {
  Server& server = *server_;
  server.config.advertise_address = host_port;
  const auto colon = host_port.rfind(':');
  const Resource& endpoints = server.resource("", "endpoints");
  const ObjectPtr found = server.store.find(endpoints, "default", "kubernetes");
  const auto port = base::parse_unsigned(host_port.substr(colon + 1)).value_or(6443);
  if (found == nullptr) return;
  Json object = found->json();
  Json subset = {{"addresses", Json::array({Json{{"ip", host_port.substr(0, colon)}}})},
                 {"ports", Json::array({Json{{"name", "https"}, {"port", port}, {"protocol", "TCP"}}})}};
  object["subsets"] = Json::array({subset});
  server.store.put(endpoints, object);
}

void Fake::set_pod_streams(
    std::function<base::http::Response(const base::http::Request&, const Json&, const std::string&)> handler) {
  Server& server = *server_;
  server.streams = [&server, handler = std::move(handler)](const Call& call) {
    return handler(call.request,
                   server.read(call.resource().group, call.resource().plural, call.info.ns, call.info.name),
                   call.info.subresource);
  };
}

void Fake::set_call_out(std::function<void(CallOut, std::function<void(Heard)>)> call_out) {
  server_->call_out = std::move(call_out);
}

void Fake::set_ca(const std::string& pem) { server_->ca_pem = pem; }

const Config& Fake::config() const { return server_->config; }

}  // namespace k8s_fake
