#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ontap-sim/cli/session.h"
#include "ontap-sim/config.h"
#include "ontap-sim/faults.h"
#include "ontap-sim/model/cluster.h"
#include "ontap-sim/model/nas_ops.h"
#include "ontap-sim/state.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/log.h"
#include "provisioner/base/random.h"

namespace ontap_sim::zapi {
class Server;
}

/// The array: a cluster, its ZAPI, its clustershell and its control endpoint behind one Handler.
/// A request's scope is the management LIF it arrived on: the socket's local address, else the Host header, else
/// cluster management (lab specification, decision 4). Under /drydock/v1/ administrators of the cluster find commands,
/// faults and clock (README.md). Everything runs on the caller's thread; nothing waits: delays and cut connections are
/// notes on the Response.
namespace ontap_sim {

/// The base clock plus an offset that /drydock/v1/clock moves: jobs finish earlier, nobody waits.
class SkewedClock final : public base::Clock {
 public:
  explicit SkewedClock(base::Clock& under) : under_(under) {}
  base::TimePoint now() const override { return frozen ? *frozen : under_.now() + offset; }
  base::TimerId at(base::TimePoint when, std::function<void()> action) override {
    return under_.at(when - offset, std::move(action));
  }
  void cancel(base::TimerId id) override { under_.cancel(id); }
  /// Stands still from now on, or goes on from where it stood.
  void freeze(bool still) {
    if (still == frozen.has_value()) return;
    if (still) {
      frozen = now();
      return;
    }
    offset = *frozen - under_.now();
    frozen.reset();
  }
  base::Duration offset{0};
  std::optional<base::TimePoint> frozen;

 private:
  base::Clock& under_;
};

struct ManagementLif {
  std::string svm;  // the cluster's name for cluster and node management
  std::string lif;
  std::string address;
  bool cluster = false;
};

/// What a client that mounts an export sees.
struct NfsMount {
  std::string svm;
  std::string volume;
  std::string qtree;
  bool read_only = false;
};
struct Usage {
  model::Bytes total = 0;
  model::Bytes used = 0;
  model::Bytes available = 0;
};
struct MappedLun {
  std::string svm;
  std::string path;
  std::string serial;
  std::int32_t id = 0;
  model::Bytes size = 0;
  bool online = true;
};

class Sim {
 public:
  ~Sim();
  /// With `state_dir` the cluster is found again there if it was kept; otherwise it is built from the config.
  /// Errors: invalid (config, state), unavailable (database).
  static base::Result<std::unique_ptr<Sim>> open(base::Clock& clock, const Config& config, std::uint64_t seed,
                                                 base::Logger logger, const std::string& state_dir = {});

  base::http::Response handle(const base::http::Request& request);

  /// Clustershell commands of one line as the administrator of the cluster.
  cli::Outcome command(std::string_view line, const std::vector<std::string>& answers = {});
  /// A session for somebody who has logged in; finish every line with after_change().
  cli::Session session(cli::User user) { return cli::Session(*cluster_, std::move(user)); }
  /// The role and SVM of a user with this password on this LIF, for SSH; nothing when refused.
  std::optional<cli::User> login(const std::string& local_address, const std::string& user,
                                 const std::string& password) const;
  /// The same for a public key ("ssh-ed25519 AAAA…", comment ignored).
  std::optional<cli::User> login_key(const std::string& local_address, const std::string& user,
                                     const std::string& public_key) const;

  model::Cluster& cluster() { return *cluster_; }
  const model::Cluster& cluster() const { return *cluster_; }
  Faults& faults() { return *faults_; }
  SkewedClock& clock() { return *clock_; }
  State* state() { return state_.get(); }

  /// LIFs that answer management requests now (up, firewall policy mgmt), by address.
  std::vector<ManagementLif> management_lifs() const;
  /// Every LIF address, for certificates.
  std::vector<std::string> addresses() const;
  /// Called after a call that changed the cluster.
  void on_change(std::function<void()> hook) { hook_ = std::move(hook); }
  /// Writes what changed to the state and tells the hook; handle() and command() do it by themselves.
  void after_change();

  // What hosts see of the array.
  bool answers_ping(const std::string& address) const;
  /// Errors: unavailable (no such address, LIF down, service off), not_found (path), invalid (access denied), with
  /// mount's wording.
  base::Result<NfsMount> mount_nfs(const std::string& address, const std::string& path,
                                   const std::string& client) const;
  /// What df shows below a mount; a qtree with a tree quota shows its limit. Errors: not_found.
  base::Result<Usage> nfs_usage(const std::string& svm, const std::string& volume, const std::string& qtree) const;
  /// The LUNs an initiator sees through an iSCSI portal, by LUN id. Errors: unavailable (no portal there).
  base::Result<std::vector<MappedLun>> luns_for(const std::string& portal, const std::string& initiator) const;
  /// The iSCSI target name behind a portal address, "" when there is none.
  std::string target_name(const std::string& portal) const;

 private:
  Sim(base::Clock& clock, std::uint64_t seed, base::Logger logger);
  base::http::Response zapi(const base::http::Request& request);
  base::http::Response control(const base::http::Request& request, std::string_view what);
  base::http::Response control_commands(const std::string& body, const std::string& user);
  base::http::Response control_clients(const std::string& body);
  base::http::Response control_clock(const std::string& method, const std::string& body);
  void add_latency(base::http::Response& response);

  std::unique_ptr<SkewedClock> clock_;
  std::unique_ptr<model::Cluster> cluster_;
  base::Rng rng_;
  base::Logger logger_;
  LatencyConfig latency_;
  std::vector<base::TimePoint> busy_until_;  // one per call that may run at a time
  std::unique_ptr<zapi::Server> server_;
  std::unique_ptr<Faults> faults_;
  base::http::Handler spoiled_;  // the server behind latency and faults
  std::unique_ptr<State> state_;
  std::function<void()> hook_;
};

}  // namespace ontap_sim
