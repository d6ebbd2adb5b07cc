#include "provisioner/zapi/limit.h"

#include <algorithm>

namespace provisioner::zapi {

struct Limit::Waiter {
  explicit Waiter(Limit& owner) : limit(owner), signal(owner.executor_) { limit.waiting_.push_back(this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  /// Cancelled while waiting: leaves the line, or passes on a slot that was just granted.
  ~Waiter() {
    if (!granted) std::erase(limit.waiting_, this);
    else if (!taken) limit.leave();
  }
  Limit& limit;
  base::Signal signal;
  bool granted = false;
  bool taken = false;
};

Limit::Limit(boost::asio::any_io_executor executor, double start, double most)
    : executor_(std::move(executor)), bound_(start), most_(most) {}

Limit::Slot::~Slot() {
  if (limit_ != nullptr) limit_->leave();
}

boost::asio::awaitable<Limit::Slot> Limit::enter() {
  if (under_way_ < static_cast<int>(bound_) && waiting_.empty()) {
    ++under_way_;
    co_return Slot(this);
  }
  Waiter waiter(*this);
  while (!waiter.granted) co_await waiter.signal.wait();
  waiter.taken = true;
  co_return Slot(this);
}

void Limit::leave() {
  --under_way_;
  while (!waiting_.empty() && under_way_ < static_cast<int>(bound_)) {
    Waiter* next = waiting_.front();
    waiting_.pop_front();
    ++under_way_;
    next->granted = true;
    next->signal.notify();
  }
}

void Limit::succeeded() {
  if (under_way_ >= static_cast<int>(bound_)) bound_ = std::min(most_, bound_ + 1.0 / bound_);
}

/// Never below a few: behind calls that hang, a health check must still get through.
void Limit::overloaded() {
  constexpr double kLeast = 4;
  bound_ = std::max(kLeast, bound_ / 2);
}

}  // namespace provisioner::zapi
