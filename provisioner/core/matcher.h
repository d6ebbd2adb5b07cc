#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/random.h"
#include "provisioner/core/types.h"

/// Which pools satisfy which storage classes, kept up to date as backends and classes come and go.
/// Pools that offer the same and that every list of names treats alike form one shape; a class is answered for shapes,
/// a bit each, by combining the bits of its requests. How many pools a shape has matters only when one is drawn.
/// Source: provisioner specification 1.4, 1.5; pool-matching specification; design: README.md, "Pool matching".
namespace provisioner {

/// 17.10: requiredStorage or attributes; a class with neither matches nothing. 19.01: exclude, else additional, else
/// attributes and storagePools; entries are patterns; a class with nothing at all matches every pool.
enum class MatchRules { v17_10, v19_01 };
/// 17.10 unless the class uses a key that 17.10 does not know.
MatchRules rules_for(const StorageClassConfig& config);

/// How the first pools to try are drawn: all alike, or each by its free space.
enum class Draw { uniform, free_space };

struct MatcherState;

/// A pool, until the matcher changes.
class PoolRef {
 public:
  PoolRef() = default;
  PoolRef(const MatcherState* state, std::uint32_t id) : state_(state), id_(id) {}
  std::string_view backend() const;
  std::string_view pool() const;

 private:
  const MatcherState* state_ = nullptr;
  std::uint32_t id_ = 0;
};

class Matcher {
 public:
  Matcher();
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// Adds a backend or replaces it.
  void put_backend(const std::string& name, Protocol protocol, const std::vector<PoolInfo>& pools);
  void remove_backend(const std::string& name);
  /// Free bytes of the backend's pools, for Draw::free_space: a pool weighs as many MiB, and one more. Pools without a
  /// number, and those of backends that never told, count as 1 TiB.
  void set_free(const std::string& backend, const std::map<std::string, std::uint64_t>& bytes);
  /// Errors: invalid (unknown attribute, value of the wrong type, malformed pattern or selector). Replaces a class of
  /// that name.
  Result<void> add_class(const StorageClassConfig& config, MatchRules rules);
  void remove_class(const std::string& name);

  bool matches(const std::string& storage_class, const std::string& backend, const std::string& pool) const;
  /// Sorted.
  PoolLists pools_of(const std::string& storage_class) const;
  std::vector<std::string> classes_of(const std::string& backend, const std::string& pool) const;
  /// Every matching pool, in no particular order.
  void for_each(const std::string& storage_class, const std::function<void(PoolRef)>& visit) const;
  std::size_t count(const std::string& storage_class, std::optional<Protocol> protocol) const;
  /// Grows with every change: candidates made before it are worthless.
  std::uint64_t version() const;

  /// The matching pools in a random order, drawn one by one without making a list: the first uniformly, the others by a
  /// keyed permutation of their ranks. With Draw::free_space the first sixteen are drawn by weight among those not
  /// drawn yet. Nothing is allocated, and no pool is looked at that is not drawn.
  class Candidates {
   public:
    std::size_t size() const { return size_; }
    /// False when all were drawn.
    bool next(PoolRef& pool);

   private:
    friend class Matcher;
    bool next_by_weight(std::uint32_t& id);
    bool is_ahead(std::uint32_t id) const;
    const MatcherState* state_ = nullptr;
    std::uint32_t class_ = 0;
    std::uint32_t ahead_count_ = 0;
    bool by_weight_ = false;
    std::array<std::uint32_t, 16> ahead_{};  // drawn by weight
    base::Rng rng_{0};
    std::optional<Protocol> protocol_;
    std::uint64_t key_ = 0;
    std::uint64_t first_ = 0;
    std::uint64_t size_ = 0;
    std::uint64_t ranks_ = 0;  // used up
    std::uint64_t drawn_ = 0;
  };
  Candidates candidates(std::string_view storage_class, std::optional<Protocol> protocol, base::Rng& rng,
                        Draw draw = Draw::uniform) const;
  /// What the class's pools weigh together (0 before the first set_free()), and the pool whose share of that holds
  /// `rest`; the latter right after the former.
  std::uint64_t weight(const std::string& storage_class, std::optional<Protocol> protocol) const;
  PoolRef pool_at_weight(const std::string& storage_class, std::optional<Protocol> protocol, std::uint64_t rest) const;

  /// For tests and benchmarks.
  struct Counters {
    std::size_t patterns_compiled = 0;
    std::size_t names_tested = 0;
    std::size_t shapes = 0;
    std::size_t requests = 0;  // distinct ones
    std::size_t answers = 0;   // distinct ones
  };
  Counters counters() const;

 private:
  std::unique_ptr<MatcherState> state_;
};

}  // namespace provisioner
