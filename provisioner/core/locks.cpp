#include "provisioner/core/locks.h"

namespace provisioner {

struct KeyedLocks::Waiter {
  Waiter(KeyedLocks& owner, const std::string& wanted) : locks(owner), key(wanted), signal(owner.executor_) {
    locks.lines_[key].push_back(this);
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  /// Cancelled while waiting: leaves the line, or passes on what was just granted.
  ~Waiter() {
    if (!granted) std::erase(locks.lines_[key], this);
    else if (!taken) locks.release(key);
  }
  KeyedLocks& locks;
  const std::string& key;
  base::Signal signal;
  bool granted = false;
  bool taken = false;
};

boost::asio::awaitable<KeyedLocks::Held> KeyedLocks::take(std::string key) {
  if (lines_.try_emplace(key).second) co_return Held(this, key);
  Waiter waiter(*this, key);
  while (!waiter.granted) co_await waiter.signal.wait();
  waiter.taken = true;
  co_return Held(this, key);
}

void KeyedLocks::release(const std::string& key) {
  const auto line = lines_.find(key);
  if (line->second.empty()) {
    lines_.erase(line);
    return;
  }
  Waiter* next = line->second.front();
  line->second.erase(line->second.begin());
  next->granted = true;
  next->signal.notify();
}

}  // namespace provisioner
