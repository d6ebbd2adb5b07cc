#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Two small containers for the matcher, where a map's nodes would outweigh what they hold: numbers found by hash, and
/// texts that get numbers. Order of iteration is never used. Hash: FNV-1a, 64 bits.
namespace provisioner {

inline constexpr std::uint64_t kFnvStart = 0xcbf29ce484222325ULL;
constexpr std::uint64_t fnv(std::string_view text, std::uint64_t hash = kFnvStart) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}
constexpr std::uint64_t fnv_number(std::uint64_t number, std::uint64_t hash) {
  return (hash ^ (number + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2))) * 0x100000001b3ULL;
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
    while (size < live_ * 2 + 2) size *= 2;
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
    const std::uint64_t hash = fnv(text);
    const std::uint32_t known = index_.find(hash, [&](std::uint32_t id) { return name(id) == text; });
    if (known != kNoId) return known;
    const auto id = static_cast<std::uint32_t>(ends_.size());
    arena_ += text;
    ends_.push_back(static_cast<std::uint32_t>(arena_.size()));
    index_.insert(hash, id, [this](std::uint32_t other) { return fnv(name(other)); });
    return id;
  }
  /// kNoId when unknown.
  std::uint32_t find(std::string_view text) const {
    return index_.find(fnv(text), [&](std::uint32_t id) { return name(id) == text; });
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
