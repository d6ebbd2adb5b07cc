#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>

#include "provisioner/base/result.h"
#include "provisioner/store/store.h"

namespace provisioner {

/// Copies every record below /trident/v1/ from one store to another, both ways between ours and the v2 keyspace
/// of 17.10.1. `key` opens passwords that are sealed in `from`; in `to` they are sealed with it if `seal` is set, else
/// stand in clear, as 17.10.1 needs them. Records that `to` has already are an error, and nothing is written then.
/// Returns how many were copied. Errors: already_exists, invalid (passwords sealed with another key), unavailable,
/// unknown_outcome.
boost::asio::awaitable<base::Result<std::size_t>> copy_records(Store& from, Store& to, std::string key, bool seal);

}  // namespace provisioner
