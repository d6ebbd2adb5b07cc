#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

/// Two small containers for the matcher, where a map's nodes would outweigh what they hold: numbers found by hash, and
/// texts that get numbers. Order of iteration is never used.
namespace provisioner {

/// Room for one more, growing by a quarter: tables of 100,000 pools should not be half empty.
template <class Container>
void make_room(Container& container, std::size_t more = 1) {
  const std::size_t needed = container.size() + more;
  if (needed > container.capacity()) container.reserve(std::max(needed, container.size() + container.size() / 4 + 8));
}

inline constexpr std::uint64_t kHashStart = 0xcbf29ce484222325ULL;
/// FNV-1a, 64 bits: the same number on every machine and in every release, so it may go into names on the array.
constexpr std::uint64_t fnv(std::string_view text, std::uint64_t hash = kHashStart) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}
/// For tables in memory: multiply and fold, eight bytes at a step.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t hash = kHashStart) {
  std::size_t left = text.size();
  const char* at = text.data();
  const auto step = [&hash](std::uint64_t part) {
    hash = (hash ^ part) * 0x9fb21c651e98df25ULL;
    hash ^= hash >> 32;
  };
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, at, 8);
    step(part);
  }
  std::uint64_t part = text.size();
  for (; left > 0; --left) part = (part << 8) | static_cast<unsigned char>(*at++);
  step(part);
  return hash;
}
constexpr std::uint64_t hash_number(std::uint64_t number, std::uint64_t hash) {
  hash = (hash ^ (number + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2))) * 0x9fb21c651e98df25ULL;
  return hash ^ (hash >> 32);
}

inline constexpr std::uint32_t kNoId = 0xffffffff;

/// Open addressing over numbers that the caller can hash and compare.
class IdIndex {
 public:
  /// The number for which `equal` holds, or kNoId.
  template <class Equal>
  std::uint32_t find(std::uint64_t hash, Equal equal) const {
    if (slots_.empty()) return kNoId;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      if (slots_[at] == kEmpty) return kNoId;
      if (slots_[at] != kGone && equal(slots_[at])) return slots_[at];
    }
  }
  /// `id` must not be in it yet. `hash_of` gives the hash of any number inside, for growing.
  template <class HashOf>
  void insert(std::uint64_t hash, std::uint32_t id, HashOf hash_of) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow(hash_of);
    put(hash, id);
  }
  void erase(std::uint64_t hash, std::uint32_t id) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at] != kEmpty; at = (at + 1) & mask) {
      if (slots_[at] != id) continue;
      slots_[at] = kGone;
      --live_;
      return;
    }
  }
  std::size_t size() const { return live_; }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffff;
  static constexpr std::uint32_t kGone = 0xfffffffe;

  void put(std::uint64_t hash, std::uint32_t id) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at] != kEmpty) at = (at + 1) & mask;
    slots_[at] = id;
    ++used_;
    ++live_;
  }
  template <class HashOf>
  void grow(HashOf hash_of) {
    const std::vector<std::uint32_t> old = std::move(slots_);
    std::size_t size = 16;
    while (size * 5 < (live_ + 1) * 8) size *= 2;  // leaves at most five eighths full
    slots_.assign(size, kEmpty);
    used_ = live_ = 0;
    for (const std::uint32_t id : old) {
      if (id != kEmpty && id != kGone) put(hash_of(id), id);
    }
  }

  std::vector<std::uint32_t> slots_;
  std::size_t used_ = 0;  // with those that are gone
  std::size_t live_ = 0;
};

/// Texts that get numbers 0, 1, 2 … and keep them.
class NameTable {
 public:
  std::uint32_t intern(std::string_view text) {
    const std::uint64_t hash = hash_text(text);
    const std::uint32_t known = index_.find(hash, [&](std::uint32_t id) { return name(id) == text; });
    if (known != kNoId) return known;
    const auto id = static_cast<std::uint32_t>(ends_.size());
    make_room(arena_, text.size());
    arena_ += text;
    make_room(ends_);
    ends_.push_back(static_cast<std::uint32_t>(arena_.size()));
    index_.insert(hash, id, [this](std::uint32_t other) { return hash_text(name(other)); });
    return id;
  }
  /// kNoId when unknown.
  std::uint32_t find(std::string_view text) const {
    return index_.find(hash_text(text), [&](std::uint32_t id) { return name(id) == text; });
  }
  std::string_view name(std::uint32_t id) const {
    const std::uint32_t start = id == 0 ? 0 : ends_[id - 1];
    return std::string_view(arena_).substr(start, ends_[id] - start);
  }
  std::size_t size() const { return ends_.size(); }

 private:
  std::string arena_;
  std::vector<std::uint32_t> ends_;
  IdIndex index_;
};

}  // namespace provisioner
