#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/random.h"
#include "provisioner/core/types.h"

/// Which pools satisfy which storage classes, kept up to date as backends and classes come and go.
/// Source: provisioner specification 1.4, 1.5; pool-matching specification.
namespace provisioner {

/// 17.10: requiredStorage or attributes; a class with neither matches nothing. 19.01: exclude, else additional, else attributes
/// and storagePools; entries are patterns; a class with nothing at all matches every pool.
enum class MatchRules { v17_10, v19_01 };
/// 17.10 unless the class uses a key that 17.10 does not know.
MatchRules rules_for(const StorageClassConfig& config);

struct PoolRef {
  std::string_view backend;  // valid until the matcher changes
  std::string_view pool;
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
  /// Errors: invalid (unknown attribute, value of the wrong type, malformed pattern or selector). Replaces a class of that name.
  Result<void> add_class(const StorageClassConfig& config, MatchRules rules);
  void remove_class(const std::string& name);

  bool matches(const std::string& storage_class, const std::string& backend, const std::string& pool) const;
  /// Sorted.
  PoolLists pools_of(const std::string& storage_class) const;
  std::vector<std::string> classes_of(const std::string& backend, const std::string& pool) const;
  std::size_t count(const std::string& storage_class, std::optional<Protocol> protocol) const;
  /// Grows with every change: candidates made before it are worthless.
  std::uint64_t version() const;

  /// The matching pools in a random order, drawn one by one: the first uniformly, each later one from those not drawn yet.
  class Candidates {
   public:
    std::size_t size() const { return size_; }
    /// False when all were drawn.
    bool next(PoolRef& pool);

   private:
    friend class Matcher;
    const Matcher* matcher_ = nullptr;
    const void* answer_ = nullptr;
    std::optional<Protocol> protocol_;
    std::uint64_t key_ = 0;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    std::size_t drawn_ = 0;
  };
  Candidates candidates(const std::string& storage_class, std::optional<Protocol> protocol, base::Rng& rng) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace provisioner
