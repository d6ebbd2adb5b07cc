#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "provisioner/base/clock.h"

/// Logging as logfmt lines: time, level, msg, then the other fields sorted by name; each field is followed by one
/// blank. Inside an operation (operation.h) lines carry its requestID and requestSource, but for info lines of a logger
/// that does not debug: those are 17.10.1's, to the byte. Text values stand in quotes unless made of A-Z a-z 0-9 - .
/// only, with quotes, backslashes and control characters escaped; bare values (numbers, booleans, durations) as they
/// are. Source: provisioner specification 1.13 (logrus 0.x text formatter, with the missing escaping mended).
namespace base {

enum class LogLevel { debug, info, warning, error, fatal };

struct LogValue {
  LogValue(std::string content) : text(std::move(content)) {}
  LogValue(std::string_view content) : text(content) {}
  LogValue(const char* content) : text(content) {}
  LogValue(bool value) : text(value ? "true" : "false"), bare(true) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) LogValue(T value) : text(std::to_string(value)), bare(true) {}
  LogValue(Duration value) : text(to_go_duration(value)), bare(true) {}
  std::string text;
  bool bare = false;
};
using LogFields = std::map<std::string, LogValue, std::less<>>;

class Logger {
 public:
  using Sink = std::function<void(std::string_view line)>;  // one line, newline included
  Logger(const Clock& clock, Sink sink, LogLevel lowest = LogLevel::info)
      : clock_(&clock), sink_(std::move(sink)), lowest_(lowest) {}

  bool enabled(LogLevel level) const { return level >= lowest_; }
  void write(LogLevel level, std::string_view message, const LogFields& fields = {}) const;
  void debug(std::string_view message, const LogFields& fields = {}) const { write(LogLevel::debug, message, fields); }
  void info(std::string_view message, const LogFields& fields = {}) const { write(LogLevel::info, message, fields); }
  void warning(std::string_view message, const LogFields& fields = {}) const {
    write(LogLevel::warning, message, fields);
  }
  void error(std::string_view message, const LogFields& fields = {}) const { write(LogLevel::error, message, fields); }
  /// Only writes; ending the process is main's business.
  void fatal(std::string_view message, const LogFields& fields = {}) const { write(LogLevel::fatal, message, fields); }

 private:
  const Clock* clock_;
  Sink sink_;
  LogLevel lowest_;
};

/// A sink that writes to standard error.
Logger::Sink log_to_stderr();
/// A sink that drops everything.
Logger::Sink log_to_nowhere();

}  // namespace base
