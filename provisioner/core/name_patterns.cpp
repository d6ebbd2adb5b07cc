#include "provisioner/core/name_patterns.h"

#include <re2/re2.h>

#include <algorithm>

namespace provisioner {

namespace {
enum Verdict : std::uint8_t { kUnknown, kNo, kYes };  // two bits each
}

struct NamePatterns::Pattern {
  Pattern(const std::string& text, bool full, const RE2::Options& options) : expression(text, options), whole(full) {}
  RE2 expression;
  bool whole;
  std::vector<std::uint8_t> verdicts;  // by name, four to a byte
};

NamePatterns::NamePatterns() = default;
NamePatterns::~NamePatterns() = default;

Result<std::uint32_t> NamePatterns::pattern(const std::string& text, bool whole) {
  const auto known = pattern_ids_.find({whole, text});
  if (known != pattern_ids_.end()) return known->second;
  RE2::Options options;
  options.set_log_errors(false);
  auto made = std::make_unique<Pattern>(text, whole, options);
  ++compiled;
  if (!made->expression.ok())
    return Error{ErrorKind::invalid, "malformed pattern \"" + text + "\": " + made->expression.error()};
  const auto id = static_cast<std::uint32_t>(patterns_.size());
  patterns_.push_back(std::move(made));
  pattern_ids_[{whole, text}] = id;
  return id;
}

Result<std::uint32_t> NamePatterns::intern(const PoolLists& lists) {
  const auto known = rule_ids_.find(lists);
  if (known != rule_ids_.end()) return known->second;
  std::vector<Entry> rule;
  for (const auto& [backend, pools] : lists) {
    const auto backend_pattern = pattern(backend, true);
    if (!backend_pattern) return backend_pattern.error();
    Entry entry{*backend_pattern, {}};
    for (const std::string& pool : pools) {
      const auto pool_pattern = pattern(pool, false);
      if (!pool_pattern) return pool_pattern.error();
      entry.pools.push_back(*pool_pattern);
    }
    rule.push_back(std::move(entry));
  }
  const auto id = static_cast<std::uint32_t>(rules_.size());
  rules_.push_back(std::move(rule));
  rule_ids_[lists] = id;
  return id;
}

bool NamePatterns::verdict(std::uint32_t id, std::uint32_t name, const NameTable& names) {
  Pattern& asked = *patterns_[id];
  if (asked.verdicts.size() <= name / 4) {
    const std::size_t needed = std::max<std::size_t>(names.size(), name + 1) / 4 + 1;
    make_room(asked.verdicts, needed - asked.verdicts.size());
    asked.verdicts.resize(needed, kUnknown);
  }
  std::uint8_t& cell = asked.verdicts[name / 4];
  const auto shift = static_cast<unsigned>(name % 4 * 2);
  auto known = static_cast<Verdict>((cell >> shift) & 3U);
  if (known == kUnknown) {
    ++tested;
    const std::string_view text = names.name(name);
    const re2::StringPiece piece(text.data(), text.size());
    known = (asked.whole ? RE2::FullMatch(piece, asked.expression) : RE2::PartialMatch(piece, asked.expression)) ? kYes
                                                                                                                 : kNo;
    cell = static_cast<std::uint8_t>(cell | (known << shift));
  }
  return known == kYes;
}

bool NamePatterns::lists(std::uint32_t rule, std::uint32_t backend_name, std::uint32_t pool_name,
                         const NameTable& names) {
  return std::ranges::any_of(rules_[rule], [&](const Entry& entry) {
    return verdict(entry.backend, backend_name, names) &&
           std::ranges::any_of(entry.pools, [&](std::uint32_t pool) { return verdict(pool, pool_name, names); });
  });
}

}  // namespace provisioner
