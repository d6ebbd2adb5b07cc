#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>

#include "provisioner/base/clock.h"

/// How many calls may be under way at one array at once; the others wait in order of arrival. The bound grows by one
/// per round of successes while it is what limits, and is halved when the array says it is busy or stops answering.
namespace provisioner::zapi {

class Limit {
 public:
  Limit(boost::asio::any_io_executor executor, double start, double most);

  /// Held while a call runs; given back by its destructor.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : limit_(other.limit_) { other.limit_ = nullptr; }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class Limit;
    explicit Slot(Limit* limit) : limit_(limit) {}
    Limit* limit_;
  };
  boost::asio::awaitable<Slot> enter();
  void succeeded();
  void overloaded();
  int under_way() const { return under_way_; }
  double bound() const { return bound_; }

 private:
  struct Waiter;
  void leave();

  boost::asio::any_io_executor executor_;
  double bound_;
  double most_;
  int under_way_ = 0;
  std::deque<Waiter*> waiting_;
};

}  // namespace provisioner::zapi
