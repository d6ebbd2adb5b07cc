#pragma once

#include <map>
#include <string>
#include <vector>

#include "provisioner/base/random.h"
#include "provisioner/core/matcher.h"

/// Pool matching as Trident does it: every pool is asked about every attribute, whenever a class or a backend arrives,
/// and both directions are stored. The oracle of the matcher's tests and the baseline of its benchmark. With
/// cached_patterns every expression is compiled once; without, at every comparison, as in 19.01.
namespace test_support {

class LinearMatcher {
 public:
  explicit LinearMatcher(bool cached_patterns = true) : cached_patterns_(cached_patterns) {}

  void put_backend(const std::string& name, provisioner::Protocol protocol,
                   const std::vector<provisioner::PoolInfo>& pools);
  void remove_backend(const std::string& name);
  /// False when the class is not valid.
  bool add_class(const provisioner::StorageClassConfig& config, provisioner::MatchRules rules);
  void remove_class(const std::string& name);

  provisioner::PoolLists pools_of(const std::string& storage_class) const;
  std::vector<std::string> classes_of(const std::string& backend, const std::string& pool) const;
  /// All candidates in a random order, as a list.
  struct Choice {
    const std::string* backend;
    const std::string* pool;
  };
  std::vector<Choice> candidates(const std::string& storage_class, std::optional<provisioner::Protocol> protocol,
                                 base::Rng& rng) const;

 private:
  struct Pool {
    std::string backend;
    std::string name;
    provisioner::Protocol protocol = provisioner::Protocol::file;
    provisioner::Offers offers;
    std::vector<std::string> classes;
  };
  struct Class {
    provisioner::StorageClassConfig config;
    provisioner::MatchRules rules = provisioner::MatchRules::v17_10;
    std::vector<std::pair<std::string, provisioner::Request>> requests;
    std::vector<const Pool*> pools;
  };
  bool satisfies(const Class& wish, const Pool& pool) const;
  bool listed(const provisioner::PoolLists& lists, const Pool& pool) const;
  bool expression_matches(const std::string& pattern, const std::string& text, bool whole) const;

  bool cached_patterns_;
  std::map<std::string, std::map<std::string, Pool>> backends_;
  std::map<std::string, Class> classes_;
};

/// The workload of the pool-matching specification.
struct Workload {
  provisioner::MatchRules rules = provisioner::MatchRules::v17_10;
  std::string variant = "attrs";  // attrs, exact, regex
  std::size_t pools = 0;
  std::size_t classes = 0;

  std::size_t backends() const { return (pools + 9) / 10; }
  std::string backend_name(std::size_t b) const;
  provisioner::Protocol protocol(std::size_t b) const {
    return b % 3 == 2 ? provisioner::Protocol::block : provisioner::Protocol::file;
  }
  std::vector<provisioner::PoolInfo> pools_of(std::size_t b) const;
  provisioner::StorageClassConfig storage_class(std::size_t j) const;
};

struct Digest {
  std::size_t matches = 0;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  void add(const std::string& storage_class, const provisioner::PoolLists& pools);
  std::string text() const;
};

}  // namespace test_support
