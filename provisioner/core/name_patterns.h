#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "provisioner/core/name_table.h"
#include "provisioner/core/types.h"

/// Lists of backend and pool patterns (RE2), as storage classes give them. A pattern is compiled once and asked about a
/// name once, however many classes use it. Backend patterns match whole names, pool patterns any part of one. Errors:
/// invalid (malformed pattern). Source: pool-matching specification, variant regex.
namespace provisioner {

class NamePatterns {
 public:
  NamePatterns();
  ~NamePatterns();

  /// A number for these lists: the same lists give the same number.
  Result<std::uint32_t> intern(const PoolLists& lists);
  /// Whether the pool of that backend is listed. Names are numbers of `names`.
  bool lists(std::uint32_t rule, std::uint32_t backend_name, std::uint32_t pool_name, const NameTable& names);
  std::size_t rules() const { return rules_.size(); }

  std::size_t compiled = 0;  // patterns
  std::size_t tested = 0;    // names against patterns

 private:
  struct Pattern;
  struct Entry {
    std::uint32_t backend;  // pattern numbers
    std::vector<std::uint32_t> pools;
  };
  Result<std::uint32_t> pattern(const std::string& text, bool whole);
  bool verdict(std::uint32_t pattern, std::uint32_t name, const NameTable& names);

  std::vector<std::unique_ptr<Pattern>> patterns_;
  std::map<std::pair<bool, std::string>, std::uint32_t> pattern_ids_;
  std::vector<std::vector<Entry>> rules_;
  std::map<PoolLists, std::uint32_t> rule_ids_;
};

}  // namespace provisioner
