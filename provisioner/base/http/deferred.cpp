#include "provisioner/base/http/deferred.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace base::http {

namespace asio = boost::asio;

void Deferred::set(Response response) {
  if (response_) return;
  for (const auto& hook : hooks_) hook(response);
  hooks_.clear();
  response_ = std::move(response);
  if (wake_) wake_();
}

void Deferred::before_delivery(std::function<void(Response&)> hook) {
  if (response_) hook(*response_);
  else hooks_.push_back(std::move(hook));
}

namespace {

/// Takes timer and hook back however the wait ends.
struct Waiting {
  Clock& clock;
  TimerId timer;
  std::function<void()>& wake;
  Waiting(Clock& c, TimerId t, std::function<void()>& w) : clock(c), timer(t), wake(w) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    clock.cancel(timer);
    wake = nullptr;
  }
};

}  // namespace

asio::awaitable<std::optional<Response>> Deferred::wait(Clock& clock, TimePoint deadline) {
  if (!response_) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Signal signal(executor);
    Signal* notify = &signal;
    wake_ = [notify] { notify->notify(); };
    const Waiting waiting(clock, clock.at(deadline, [notify] { notify->notify(); }), wake_);
    co_await signal.wait();
  }
  co_return std::exchange(response_, std::nullopt);
}

}  // namespace base::http
