#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"

/// What scenarios ask of the provisioner over its REST interface: add the backend of a lab object and say how that
/// ended.
namespace scenario {

/// POSTs the backend file, again while the server starts (refused, 503), for half a minute. `done` gets the object's
/// status.
boost::asio::awaitable<void> add_backend(base::http::Transport& transport, base::Clock& clock,
                                         base::http::Endpoint rest, nlohmann::json config,
                                         std::function<void(nlohmann::json status)> done);

}  // namespace scenario
