#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Seeded randomness: the only source of chance in the project. The same seed gives the same sequence on every machine.
/// Generator: splitmix64 (Steele, Lea, Flood 2014; public domain reference by S. Vigna).
namespace base {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  /// Uniform in [0, bound). `bound` must be positive.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
  /// `length` characters drawn from `alphabet`.
  std::string text(std::size_t length, std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789");
  /// A version 4 UUID in lower-case hex, 8-4-4-4-12.
  std::string uuid();

 private:
  std::uint64_t state_;
};

/// A seed from the operating system, for `main` functions that were given none.
std::uint64_t seed_from_system();

}  // namespace base
