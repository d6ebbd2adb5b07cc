#include "k8s-fake/controllers/controller.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

Keys own_key(Context&, const Object& old, const Object& now) { return {key_of(now ? *now : *old)}; }

Keys owner_key(const Object& old, const Object& now, const char* kind) {
  Keys keys;
  for (const Object& object : {old, now}) {
    if (!object) continue;
    const Json& owner = controller_of(*object);
    if (text(owner, "/kind") != kind) continue;
    const std::string key = namespace_of(*object) + "/" + text(owner, "/name");
    if (keys.empty() || keys.front() != key) keys.push_back(key);
  }
  return keys;
}

WorkQueue::~WorkQueue() {
  for (const auto& [key, timer] : later_) clock_.cancel(timer.second);
}

void WorkQueue::add(const std::string& key) {
  if (!queued_.insert(key).second) return;
  queue_.push_back(key);
  ready_.notify();
}

void WorkQueue::add_after(const std::string& key, base::Duration delay) {
  const base::TimePoint when = clock_.now() + delay;
  const auto found = later_.find(key);
  if (found != later_.end()) {
    if (found->second.first <= when) return;
    clock_.cancel(found->second.second);
  }
  const base::TimerId id = clock_.at(when, [this, key] {
    later_.erase(key);
    add(key);
  });
  later_[key] = {when, id};
}

asio::awaitable<std::string> WorkQueue::next() {
  while (queue_.empty()) co_await ready_.wait();
  std::string key = queue_.front();
  queue_.pop_front();
  queued_.erase(key);
  co_return key;
}

ControllerLoop::ControllerLoop(asio::any_io_executor executor, Context& context, const Controller& row)
    : context_(context), row_(row), queue_(std::move(executor), context.clock) {
  for (const Trigger& trigger : row.triggers) {
    const Trigger* wanted = &trigger;
    context.cluster.follow(trigger.kind, [this, wanted](const Object& old, const Object& now) {
      for (const std::string& key : wanted->keys(context_, old, now)) queue_.add(key);
    });
  }
}

asio::awaitable<void> ControllerLoop::run() {
  co_await context_.cluster.wait_synced();
  for (;;) {
    const std::string key = co_await queue_.next();
    const Outcome outcome = co_await row_.reconcile(context_, key);
    if (outcome.failed) {
      const int times = std::min(failures_[key]++, 12);
      queue_.add_after(key, std::min<base::Duration>(5ms * (1 << times), 15s));
      continue;
    }
    failures_.erase(key);
    if (outcome.again) queue_.add_after(key, *outcome.again);
  }
}

}  // namespace k8s_fake::control
