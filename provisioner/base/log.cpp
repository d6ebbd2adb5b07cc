#include "provisioner/base/log.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "provisioner/base/operation.h"

namespace base {

namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    case LogLevel::fatal: return "fatal";
  }
  return "";
}

bool needs_no_quotes(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned char>(c));
      line += escaped.data();
    } else {
      line += c;
    }
  }
  line += '"';
}

void append_field(std::string& line, std::string_view key, const LogValue& value) {
  line += key;
  line += '=';
  if (value.bare || needs_no_quotes(value.text)) {
    line += value.text;
  } else {
    append_quoted(line, value.text);
  }
  line += ' ';
}

}  // namespace

void Logger::write(LogLevel level, std::string_view message, const LogFields& fields) const {
  if (!enabled(level)) return;
  std::string line;
  append_field(line, "time", LogValue(to_rfc3339(clock_->now())));
  append_field(line, "level", LogValue(name_of(level)));
  append_field(line, "msg", LogValue(message));
  const bool as_of_old = level == LogLevel::info && lowest_ == LogLevel::info;
  OperationPtr operation = as_of_old ? nullptr : current_operation();
  const auto append_operation = [&line, &operation] {
    append_field(line, "requestID", LogValue(operation->id));
    append_field(line, "requestSource", LogValue(operation->source));
    operation = nullptr;
  };
  for (const auto& [key, value] : fields) {
    if (operation && key > "requestID") append_operation();
    append_field(line, key, value);
  }
  if (operation) append_operation();
  line += '\n';
  sink_(line);
}

Logger::Sink log_to_stderr() {
  return [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
  };
}

Logger::Sink log_to_nowhere() {
  return [](std::string_view) {};
}

}  // namespace base
