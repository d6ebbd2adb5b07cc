#include "k8s-fake/kubelet/container_log.h"

#include <cstdio>

namespace k8s_fake {

void ContainerLog::add(LogLine line) {
  bytes_ += line.text.size();
  lines_.push_back(std::move(line));
  while (bytes_ > kBytesMax && lines_.size() > 1) {
    bytes_ -= lines_.front().text.size();
    lines_.pop_front();
  }
  const LogLine& added = lines_.back();
  std::erase_if(followers_, [&](const Follower& follower) { return !follower(&added); });
}

void ContainerLog::write(base::TimePoint now, bool error, std::string_view bytes) {
  std::string& partial = partial_[error ? 1 : 0];
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const bool whole = end != std::string_view::npos;
    partial += bytes.substr(0, whole ? end + 1 : bytes.size());
    bytes.remove_prefix(whole ? end + 1 : bytes.size());
    if (whole || partial.size() >= kLineMax) add({now, error, std::exchange(partial, {})});
  }
}

void ContainerLog::close(base::TimePoint now) {
  if (closed_) return;
  for (const bool error : {false, true}) {
    if (!partial_[error ? 1 : 0].empty()) add({now, error, std::exchange(partial_[error ? 1 : 0], {})});
  }
  closed_ = true;
  for (const Follower& follower : std::exchange(followers_, {})) (void)follower(nullptr);
}

void ContainerLog::follow(Follower follower) {
  if (closed_) {
    (void)follower(nullptr);
    return;
  }
  followers_.push_back(std::move(follower));
}

std::string render(const LogLine& line, bool timestamps) {
  if (!timestamps) return line.text;
  const std::string whole = base::to_rfc3339(line.time);
  char nanoseconds[16];
  std::snprintf(nanoseconds, sizeof nanoseconds, ".%09lldZ ",
                static_cast<long long>(line.time.time_since_epoch().count() % 1000000000));
  return whole.substr(0, whole.size() - 1) + nanoseconds + line.text;
}

std::string render(const ContainerLog& log, const LogChoice& choice) {
  std::size_t start = 0;
  const std::deque<LogLine>& lines = log.lines();
  while (start < lines.size() && lines[start].time < choice.since) ++start;
  if (choice.tail >= 0)
    start = std::max(start, lines.size() - std::min(lines.size(), static_cast<std::size_t>(choice.tail)));
  std::string text;
  for (std::size_t i = start; i < lines.size(); ++i) text += render(lines[i], choice.timestamps);
  if (choice.limit_bytes >= 0 && text.size() > static_cast<std::size_t>(choice.limit_bytes))
    text.resize(static_cast<std::size_t>(choice.limit_bytes));
  return text;
}

}  // namespace k8s_fake
