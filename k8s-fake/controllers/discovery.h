#pragma once

#include <string>
#include <vector>

#include "k8s-fake/controllers/client.h"

/// What the server says it serves, in each group's preferred version.
namespace k8s_fake::control {

struct Discovered {
  Resource resource;
  bool can_list = false;
  bool can_watch = false;
  bool can_delete = false;
};

/// Every resource (no subresources). A group that cannot be read is left out. The legacy documents only: every server
/// has them.
boost::asio::awaitable<base::Result<std::vector<Discovered>, ApiError>> discover(Client& client);

}  // namespace k8s_fake::control
