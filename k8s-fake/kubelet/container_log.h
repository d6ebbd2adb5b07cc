#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"

/// What one run of a container wrote, as lines with the time of their end. Old lines are dropped past a limit.
namespace k8s_fake {

struct LogLine {
  base::TimePoint time;
  bool error = false;
  std::string text;  // with its newline, unless the program never ended the line
};

class ContainerLog {
 public:
  using Follower = std::function<bool(const LogLine*)>;  // null: the log has ended; false: no more, please
  void write(base::TimePoint now, bool error, std::string_view bytes);
  void close(base::TimePoint now);
  bool closed() const { return closed_; }
  const std::deque<LogLine>& lines() const { return lines_; }
  void follow(Follower follower);

 private:
  void add(LogLine line);
  static constexpr std::size_t kBytesMax = 8U << 20;
  static constexpr std::size_t kLineMax = 16U << 10;  // as the real runtime: longer lines are cut into parts
  std::deque<LogLine> lines_;
  std::size_t bytes_ = 0;
  std::string partial_[2];
  bool closed_ = false;
  std::vector<Follower> followers_;
};

/// The options of GET pods/X/log that choose lines.
struct LogChoice {
  bool timestamps = false;
  std::int64_t tail = -1;
  std::int64_t limit_bytes = -1;
  base::TimePoint since;
};
/// The chosen lines as they are sent.
std::string render(const ContainerLog& log, const LogChoice& choice);
std::string render(const LogLine& line, bool timestamps);

}  // namespace k8s_fake
