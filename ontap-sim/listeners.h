#pragma once

#include <map>
#include <memory>
#include <string>

#include "ontap-sim/sim.h"
#include "provisioner/base/http/wire.h"

namespace boost::asio {
class io_context;
}

/// The simulator on sockets: the cluster management listener, the same in clear, and, with a LIF port, one HTTPS
/// listener per SVM management LIF whose address is local, opened and closed as LIFs come and go. Used by `ontap-sim`
/// and by `drydock up`. Certificates: one authority and one server certificate for all names (lab specification,
/// decision 9), renewed when a LIF appears.
namespace ontap_sim {

struct ListenConfig {
  base::http::Listen https{.address = "127.0.0.1", .port = 8443};
  std::optional<base::http::Listen> http;
  std::uint16_t lif_port = 0;  // 0 = no sockets of their own for SVMs
};

class Listeners {
 public:
  /// `authority`: the lab's; a new one when nothing. It is kept in the simulator's state, when that has one.
  /// Errors: unavailable (address in use or not ours).
  static base::Result<std::unique_ptr<Listeners>> start(boost::asio::io_context& io, base::Clock& clock, Sim& sim,
                                                        const ListenConfig& config, const base::Logger& logger,
                                                        std::optional<base::http::KeyPair> authority = {});
  ~Listeners();
  /// "https://127.0.0.1:8443", by name: "ontap", "ontap-http", "svm1_mgmt@svm1".
  std::map<std::string, std::string> urls() const;
  const std::string& ca_pem() const { return authority_.certificate_pem; }
  /// Opens and closes LIF listeners so that they fit the cluster; the simulator's change hook calls it.
  void refresh();
  void stop();

 private:
  Listeners(boost::asio::io_context& io, base::Clock& clock, Sim& sim, const base::Logger& logger)
      : io_(io), clock_(clock), sim_(sim), logger_(logger) {}
  base::Result<std::unique_ptr<base::http::Server>> open(const base::http::Listen& where, bool tls);
  base::Result<base::http::KeyPair> identity() const;

  boost::asio::io_context& io_;
  base::Clock& clock_;
  Sim& sim_;
  const base::Logger& logger_;
  base::http::KeyPair authority_;
  std::vector<std::string> names_;  // in the current certificate
  std::uint16_t lif_port_ = 0;
  std::unique_ptr<base::http::Server> https_;
  std::unique_ptr<base::http::Server> http_;
  std::map<std::string, std::unique_ptr<base::http::Server>> lifs_;  // by address
  std::map<std::string, std::string> lif_names_;                     // address -> "lif@svm"
  std::set<std::string> refused_;                                    // addresses that could not be opened
};

}  // namespace ontap_sim
