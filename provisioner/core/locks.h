#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"

/// One holder per key, the others in order of arrival. Keys are texts like "volume/NAME".
namespace provisioner {

class KeyedLocks {
 public:
  explicit KeyedLocks(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  class Held {
   public:
    Held(Held&& other) noexcept : locks_(other.locks_), key_(std::move(other.key_)) { other.locks_ = nullptr; }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    Held& operator=(Held&&) = delete;
    ~Held() {
      if (locks_ != nullptr) locks_->release(key_);
    }

   private:
    friend class KeyedLocks;
    Held(KeyedLocks* locks, std::string key) : locks_(locks), key_(std::move(key)) {}
    KeyedLocks* locks_;
    std::string key_;
  };
  boost::asio::awaitable<Held> take(std::string key);
  bool is_held(const std::string& key) const { return lines_.contains(key); }

 private:
  struct Waiter;
  void release(const std::string& key);

  boost::asio::any_io_executor executor_;
  std::map<std::string, std::vector<Waiter*>> lines_;  // present while held
};

}  // namespace provisioner
