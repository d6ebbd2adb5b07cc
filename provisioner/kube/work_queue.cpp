#include "provisioner/kube/work_queue.h"

#include <algorithm>

namespace provisioner::kube {

namespace asio = boost::asio;

WorkQueue::~WorkQueue() {
  for (auto& [key, item] : items_) clock_.cancel(item.timer);
}

bool WorkQueue::idle() const {
  return std::ranges::none_of(items_, [](const auto& entry) { return entry.second.running; });
}

void WorkQueue::start(const std::string& key, Item& item) {
  if (item.timer != 0) clock_.cancel(item.timer);
  item.timer = 0;
  item.running = true;
  item.again = false;
  const base::Operation operation{.id = ids_.uuid(), .source = "Kubernetes"};
  tasks_.spawn(work(key), std::make_shared<const base::Operation>(operation));
}

void WorkQueue::add(const std::string& key) {
  Item& item = items_[key];
  if (item.running) {
    item.again = true;
  } else if (item.timer == 0) {
    start(key, item);
  }
}

void WorkQueue::add_afresh(const std::string& key) {
  Item& item = items_[key];
  item.failures = 0;
  if (item.running) {
    item.again = true;
  } else {
    start(key, item);
  }
}

asio::awaitable<void> WorkQueue::work(std::string key) {
  const bool done = co_await run_(key);
  finished(key, done);
}

void WorkQueue::finished(const std::string& key, bool done) {
  Item& item = items_[key];
  item.running = false;
  if (done) item.failures = 0;
  if (item.again && (done || item.failures == 0)) {
    if (!done) ++item.failures;
    start(key, item);
  } else if (!done) {
    const auto span =
        std::min<base::Duration>(std::chrono::seconds(5) * (1 << std::min(item.failures, 6)), std::chrono::minutes(5));
    ++item.failures;
    const auto less =
        base::Duration(static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(span.count() / 10))));
    item.timer = clock_.after(span - less, [this, key] {
      Item& due = items_[key];
      due.timer = 0;
      if (!due.running) start(key, due);
    });
  } else {
    items_.erase(key);
  }
  if (on_idle && idle()) on_idle();
}

}  // namespace provisioner::kube
