#pragma once

#include <memory>
#include <optional>
#include <string>

#include "provisioner/base/http/wire.h"
#include "scenarios/runner/world.h"

/// The lab over sockets, on the machine's clock: HTTPS for the Kubernetes API and the cluster management LIF, one more
/// socket for every management LIF of an SVM whose address is local, and the files of lab.md section 2 in a directory.
/// Errors: invalid (LAB.yaml), unavailable (an address that cannot be bound, a file that cannot be written).
namespace scenario {

struct WireConfig {
  WorldConfig world;
  base::http::Listen kube{"127.0.0.1", 0};
  base::http::Listen ontap{"127.0.0.1", 0};
  base::http::Listen rest{"127.0.0.1", 0};
  std::optional<base::http::Listen> ontap_ssh;  // the array's command line over SSH; nothing: no such listener
  std::string directory;                        // made when missing
  std::string executables;                      // where our programs are
  bool loopback_only = false;                   // the provisioner beside the cluster reaches nothing but the lab
};

class WireWorld {
 public:
  static base::Result<std::unique_ptr<WireWorld>> start(boost::asio::io_context& io, WireConfig config);
  ~WireWorld();
  World& world();
  Lab& lab();
  /// "listening NAME URL" lines.
  std::vector<std::string> endpoints() const;
  /// Asks everything to end; the loop has to run until stopped().
  void stop();
  bool stopped() const;

 private:
  WireWorld();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace scenario
