#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "k8s-fake/streams/session.h"

/// Joins a forwarded connection to a socket of a process of the host.
namespace k8s_fake::control {

/// Connects to address:port and carries bytes both ways until both sides have ended; `refused` goes to the client if
/// nobody listens.
boost::asio::awaitable<void> bridge(std::string address, std::uint16_t port,
                                    std::shared_ptr<ForwardConnection> connection, std::string refused);

}  // namespace k8s_fake::control
