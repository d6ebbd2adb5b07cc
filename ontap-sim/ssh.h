#pragma once

#include <memory>
#include <string>

#include "ontap-sim/sim.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/base/log.h"

namespace boost::asio {
class io_context;
}

/// The clustershell over SSH (libssh): passwords and public keys, `ssh HOST COMMAND` and interactive sessions, any
/// number at a time. Everything runs on the io_context's thread: libssh is driven by the readiness of its sockets. Who
/// may come in is the simulator's decision (accounts with application ssh; on an SVM's LIF its own accounts first). The
/// host keys are kept in the simulator's state, when that has one. The exit status of a command is 0, or 1 when it
/// failed.
namespace ontap_sim {

class SshServer {
 public:
  /// Errors: unavailable (address in use or not ours), invalid (a kept host key that cannot be read).
  static base::Result<std::unique_ptr<SshServer>> start(boost::asio::io_context& io, Sim& sim,
                                                        const base::http::Listen& where, const base::Logger& logger);
  ~SshServer();
  const std::string& address() const;
  std::uint16_t port() const;
  /// Connections that are open.
  std::size_t connections() const;
  /// Closes the listener and every connection; the loop has nothing of the server left to do afterwards.
  void stop();

 private:
  struct Impl;
  explicit SshServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace ontap_sim
