#pragma once

#include <memory>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/store/store.h"

namespace provisioner {

/// For https URLs of an etcd; PEM texts, empty when not used.
struct EtcdTls {
  std::string ca;  // empty: the system's authorities
  std::string certificate;
  std::string key;
};

/// "memory", "sqlite:FILE", "etcd:URL[,URL…]" (v3, JSON gateway) or "etcd_v2:URL[,URL…]" (keys API); several URLs are
/// members of one etcd. The store lives on the loop `io`. Errors: invalid (unknown kind, malformed URL), unavailable
/// (the file cannot be used). An etcd is not contacted yet.
base::Result<std::unique_ptr<Store>> open_store(const std::string& spec, boost::asio::io_context& io,
                                                base::Clock& clock, base::http::Transport& transport,
                                                const EtcdTls& tls = {});

}  // namespace provisioner
