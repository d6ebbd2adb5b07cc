#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "provisioner/base/http/message.h"
#include "provisioner/store/store.h"

/// Breaking an instance off at a chosen boundary: before a call or a store write leaves, after it was done but before
/// its answer arrives, or right after the answer.
namespace provisioner_test {

enum class Moment { before, after_doing, after_answer };
inline constexpr Moment kMoments[] = {Moment::before, Moment::after_doing, Moment::after_answer};

/// Counts boundaries; at the chosen one the instance dies: from then on nothing it does has an effect.
struct Crash {
  int seen = 0;
  int at = -1;
  Moment moment = Moment::before;
  bool dead = false;

  /// True if the effect may happen.
  bool enter() {
    if (dead) return false;
    const bool here = seen++ == at;
    if (here && moment == Moment::before) dead = true;
    return !dead;
  }
  /// True if the answer may arrive.
  bool leave() {
    if (seen - 1 == at) {
      dead = true;
      return moment == Moment::after_answer;
    }
    return true;
  }
};

inline base::http::Response hang() {
  base::http::Response response;
  response.delivery.fate = base::http::Delivery::Fate::hang;
  return response;
}

/// A handler whose calls are boundaries.
inline base::http::Handler dying(base::http::Handler answering, Crash& crash) {
  return [answering = std::move(answering), &crash](const base::http::Request& request) {
    if (!crash.enter()) return hang();
    base::http::Response response = answering(request);
    return crash.leave() ? response : hang();
  };
}

class DyingStore final : public provisioner::Store {
 public:
  DyingStore(provisioner::MemoryDatabase& database, Crash& crash) : inner_(database), crash_(crash) {}
  boost::asio::awaitable<base::Result<provisioner::Records>> list(std::string prefix) override {
    if (crash_.dead) co_return base::Error{base::ErrorKind::unavailable, "dead"};
    co_return co_await inner_.list(prefix);
  }
  boost::asio::awaitable<base::Result<void>> commit(std::vector<provisioner::Write> writes) override {
    if (!crash_.enter()) co_return base::Error{base::ErrorKind::unknown_outcome, "dead"};
    auto done = co_await inner_.commit(writes);
    if (!crash_.leave()) co_return base::Error{base::ErrorKind::unknown_outcome, "dead"};
    co_return done;
  }

 private:
  provisioner::MemoryStore inner_;
  Crash& crash_;
};

}  // namespace provisioner_test
