#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/log.h"
#include "provisioner/kube/client.h"

/// One of several replicas leads: the one whose name stands in a Lease object. The others wait until it was not renewed
/// for its whole duration by their own clock (the holder's times are never compared with ours). A holder that could not
/// renew in time stops by itself, before anybody else may take over; is_valid() turns false then even if no timer ran
/// meanwhile, as after a stopped process goes on. Source: coordination.k8s.io/v1 and the leader election of client-go
/// (15 s, 10 s, 2 s; a released lease has no holder).
namespace provisioner::kube {

struct LeaseOptions {
  std::string name = "trident";
  std::string lease_namespace = "default";
  std::string identity;                                      // of this process, different after a restart
  base::Duration duration = std::chrono::seconds(15);        // whole seconds: others wait that long
  base::Duration renew_deadline = std::chrono::seconds(10);  // we give up after that time without a renewal
  base::Duration retry_period = std::chrono::seconds(2);
};

/// Grows with every change of the holder, and tells leases of the same name apart.
struct LeaseTerm {
  std::string uid;
  std::int64_t transitions = 0;
};

class Elector {
 public:
  Elector(Client& client, base::Clock& clock, base::Logger logger, LeaseOptions options)
      : client_(client), clock_(clock), logger_(std::move(logger)), options_(std::move(options)) {}

  /// Returns when the lease is ours.
  boost::asio::awaitable<LeaseTerm> acquire();
  /// Renews; returns when the lease is lost.
  boost::asio::awaitable<void> hold();
  /// Lets others take over at once. Call when nothing acts any more.
  boost::asio::awaitable<void> release();
  bool is_valid() const { return held_ && clock_.now() < valid_until_; }
  const std::string& identity() const { return options_.identity; }

 private:
  boost::asio::awaitable<bool> try_once();
  boost::asio::awaitable<bool> write(Json lease, bool fresh, base::TimePoint asked);
  Json lease_spec(const Json& before) const;
  bool expired(const Json& lease);
  std::string collection() const;

  Client& client_;
  base::Clock& clock_;
  base::Logger logger_;
  LeaseOptions options_;
  bool held_ = false;
  base::TimePoint valid_until_{};
  Json last_;         // the lease as we wrote or saw it
  std::string seen_;  // its holder and renewal time
  base::TimePoint seen_since_{};
};

/// Lets calls through only while the lease is valid: what a stalled leader still had in its queue never leaves it.
class LeaderTransport final : public base::http::Transport {
 public:
  /// A null elector lets everything through.
  LeaderTransport(base::http::Transport& inner, const Elector* elector) : inner_(inner), elector_(elector) {}
  boost::asio::awaitable<base::Result<base::http::Response>> send(base::http::Endpoint to, base::http::Request request,
                                                                  base::http::CallOptions options) override;

 private:
  base::http::Transport& inner_;
  const Elector* elector_;
};

}  // namespace provisioner::kube
