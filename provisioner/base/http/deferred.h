#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"

/// An answer that is not there yet. A handler that has to wait for others (the provisioner's REST, which calls the
/// array) returns a Response with `later` set and nothing else; a task of the server's own sets the answer once, and
/// the transport waits for it. The task belongs to the server, so a client that gives up does not end the work it asked
/// for.
namespace base::http {

class Deferred {
 public:
  /// The first answer counts; later ones are dropped.
  void set(Response response);
  /// Looks at, or changes, the answer before it travels: for what wraps a handler (journal, faults).
  void before_delivery(std::function<void(Response&)> hook);
  bool ready() const { return response_.has_value(); }
  /// The answer, or nothing when `deadline` comes first. One waiter at a time.
  boost::asio::awaitable<std::optional<Response>> wait(Clock& clock, TimePoint deadline);

 private:
  std::optional<Response> response_;
  std::function<void()> wake_;
  std::vector<std::function<void(Response&)>> hooks_;
};

}  // namespace base::http
