#include "provisioner/base/random.h"

#include <random>

#include "provisioner/base/check.h"

namespace base {

std::uint64_t Rng::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t Rng::below(std::uint64_t bound) {
  CHECK(bound > 0);
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // reject the tail so that every value is equally likely
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

double Rng::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string Rng::text(std::size_t length, std::string_view alphabet) {
  std::string out;
  out.reserve(length);
  for (std::size_t i = 0; i < length; ++i) out += alphabet[below(alphabet.size())];
  return out;
}

std::string Rng::uuid() {
  std::string out = text(32, "0123456789abcdef");
  out[12] = '4';
  out[16] = "89ab"[below(4)];
  for (const std::size_t dash : {20U, 16U, 12U, 8U}) out.insert(dash, 1, '-');
  return out;
}

std::uint64_t seed_from_system() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace base
