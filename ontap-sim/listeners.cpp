#include "ontap-sim/listeners.h"

#include <boost/asio/io_context.hpp>

namespace ontap_sim {
namespace {

std::vector<std::string> wanted_names(const Sim& sim) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "kubernetes.default.svc"};
  for (const std::string& address : sim.addresses()) {
    if (address != "127.0.0.1") names.push_back(address);
  }
  return names;
}

std::string url_of(const base::http::Server& server, bool tls) {
  const bool ipv6 = server.address().find(':') != std::string::npos;
  return std::string(tls ? "https://" : "http://") + (ipv6 ? "[" + server.address() + "]" : server.address()) + ":" +
         std::to_string(server.port());
}

}  // namespace

base::Result<std::unique_ptr<Listeners>> Listeners::start(boost::asio::io_context& io, base::Clock& clock, Sim& sim,
                                                          const ListenConfig& config, const base::Logger& logger,
                                                          std::optional<base::http::KeyPair> authority) {
  std::unique_ptr<Listeners> made(new Listeners(io, clock, sim, logger));
  made->lif_port_ = config.lif_port;
  State* state = sim.state();
  if (!authority && state != nullptr && state->note("ca_certificate") && state->note("ca_key")) {
    authority = base::http::KeyPair{*state->note("ca_certificate"), *state->note("ca_key")};
  }
  if (!authority) {
    auto fresh = base::http::make_authority("drydock");
    if (!fresh) return fresh.error();
    authority = std::move(*fresh);
    if (state != nullptr) {
      for (const auto& [key, value] :
           {std::pair{"ca_certificate", authority->certificate_pem}, std::pair{"ca_key", authority->key_pem}}) {
        if (auto kept = state->set_note(key, value); !kept) return kept.error();
      }
    }
  }
  made->authority_ = std::move(*authority);
  auto https = made->open(config.https, true);
  if (!https) return https.error();
  made->https_ = std::move(*https);
  if (config.http) {
    auto http = made->open(*config.http, false);
    if (!http) return http.error();
    made->http_ = std::move(*http);
  }
  made->refresh();
  Listeners* raw = made.get();
  sim.on_change([raw] { raw->refresh(); });
  return made;
}

Listeners::~Listeners() { sim_.on_change(nullptr); }

base::Result<base::http::KeyPair> Listeners::identity() const {
  return base::http::issue(
      authority_,
      {.common_name = sim_.cluster().name, .organizations = {}, .names = wanted_names(sim_), .client = false});
}

base::Result<std::unique_ptr<base::http::Server>> Listeners::open(const base::http::Listen& where, bool tls) {
  base::http::ServerOptions options;
  options.listen = where;
  if (tls) {
    auto own = identity();
    if (!own) return own.error();
    names_ = wanted_names(sim_);
    options.tls = base::http::ServerTls{.identity = std::move(*own), .client_ca_pem = {}};
  }
  Sim* sim = &sim_;
  return base::http::Server::start(io_, clock_, std::move(options),
                                   [sim](const base::http::Request& request) { return sim->handle(request); });
}

void Listeners::refresh() {
  if (https_ && names_ != wanted_names(sim_)) {
    if (auto own = identity()) {
      names_ = wanted_names(sim_);
      (void)https_->set_identity(*own).ok();
      for (auto& [address, server] : lifs_) (void)server->set_identity(*own).ok();
    }
  }
  if (lif_port_ == 0) return;
  std::map<std::string, std::string> wanted;
  for (const ManagementLif& lif : sim_.management_lifs()) {
    if (lif.cluster || !lif.address.starts_with("127.")) continue;
    if (https_ && lif.address == https_->address() && lif_port_ == https_->port()) continue;
    wanted.emplace(lif.address, lif.lif + "@" + lif.svm);
  }
  std::erase_if(lifs_, [&](auto& entry) {
    if (wanted.contains(entry.first)) return false;
    entry.second->stop();
    return true;
  });
  std::erase_if(refused_, [&](const std::string& address) { return !wanted.contains(address); });
  lif_names_ = wanted;
  for (const auto& [address, name] : wanted) {
    if (lifs_.contains(address) || refused_.contains(address)) continue;
    auto server = open({.address = address, .port = lif_port_}, true);
    if (server) {
      lifs_.emplace(address, std::move(*server));
    } else {
      refused_.insert(address);
      logger_.warning("No socket for a management LIF.",
                      {{"lif", name}, {"address", address}, {"error", server.error().message}});
    }
  }
}

std::map<std::string, std::string> Listeners::urls() const {
  std::map<std::string, std::string> all{{"ontap", url_of(*https_, true)}};
  if (http_) all.emplace("ontap-http", url_of(*http_, false));
  for (const auto& [address, server] : lifs_) all.emplace(lif_names_.at(address), url_of(*server, true));
  return all;
}

void Listeners::stop() {
  sim_.on_change(nullptr);
  https_->stop();
  if (http_) http_->stop();
  for (auto& [address, server] : lifs_) server->stop();
}

}  // namespace ontap_sim
