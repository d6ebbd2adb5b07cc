#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "provisioner/base/check.h"

/// Success or a typed failure, as a value. Nothing in this project throws on purpose.
/// `T` and `E` must differ; both convert implicitly into a Result, so `return value;` and `return Error{...};` work.
/// Reading the side that is not there is our own mistake and ends the process (CHECK).
namespace base {

/// A kind exists only where some caller acts on it.
/// `unavailable`: nothing ran, a repeat is safe. `unknown_outcome`: the request may have run.
enum class ErrorKind { not_found, already_exists, conflict, invalid, busy, unavailable, unknown_outcome };

struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;
};

/// The kind's name as it stands in logs: "not_found", "unknown_outcome" and so on.
constexpr const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::already_exists: return "already_exists";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::busy: return "busy";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::unknown_outcome: return "unknown_outcome";
  }
  return "";
}

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const& { return ok() ? value() : std::move(other); }

  const E& error() const {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const E& error() const {
    CHECK(!ok());
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace base
