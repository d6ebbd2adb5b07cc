#pragma once

/// CHECK(condition): ends the process with file, line and text when the condition is false. For our own mistakes only,
/// on in every build; bad input from outside is never a CHECK.
namespace base {
[[noreturn]] void check_failed(const char* file, int line, const char* text);
}  // namespace base

#define CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::base::check_failed(__FILE__, __LINE__, #condition))
