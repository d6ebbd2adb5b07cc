#include "tests/support/linear_matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace test_support {

using namespace provisioner;

bool LinearMatcher::expression_matches(const std::string& pattern, const std::string& text, bool whole) const {
  static std::map<std::string, std::unique_ptr<RE2>> cache;  // shared by all oracles of a test program
  if (!cached_patterns_) {
    const RE2 expression(pattern);
    return whole ? RE2::FullMatch(text, expression) : RE2::PartialMatch(text, expression);
  }
  auto& expression = cache[pattern];
  if (!expression) expression = std::make_unique<RE2>(pattern);
  return whole ? RE2::FullMatch(text, *expression) : RE2::PartialMatch(text, *expression);
}

bool LinearMatcher::listed(const PoolLists& lists, const Pool& pool) const {
  return std::ranges::any_of(lists, [&](const auto& entry) {
    return expression_matches(entry.first, pool.backend, true) &&
           std::ranges::any_of(
               entry.second, [&](const std::string& pattern) { return expression_matches(pattern, pool.name, false); });
  });
}

bool LinearMatcher::satisfies(const Class& wish, const Pool& pool) const {
  const auto required = wish.config.required_storage.find(pool.backend);
  const bool named = required != wish.config.required_storage.end() &&
                     std::ranges::find(required->second, pool.name) != required->second.end();
  const auto attributes = [&] {
    return std::ranges::all_of(wish.requests, [&](const auto& request) {
      const auto offer = pool.offers.find(request.first);
      return offer != pool.offers.end() && provisioner::matches(offer->second, request.second);
    });
  };
  if (wish.rules == MatchRules::v17_10) return named || (!wish.requests.empty() && attributes());
  const bool additional = !wish.config.additional_storage_pools.empty() || !wish.config.required_storage.empty();
  if (listed(wish.config.exclude_storage_pools, pool)) return false;
  if (named || listed(wish.config.additional_storage_pools, pool)) return true;
  if (additional && wish.requests.empty() && wish.config.storage_pools.empty()) return false;
  return attributes() && (wish.config.storage_pools.empty() || listed(wish.config.storage_pools, pool));
}

void LinearMatcher::put_backend(const std::string& name, Protocol protocol, const std::vector<PoolInfo>& pools) {
  remove_backend(name);
  auto& entry = backends_[name];
  for (const PoolInfo& info : pools) entry[info.name] = Pool{name, info.name, protocol, info.offers, {}};
  for (auto& [class_name, wish] : classes_) {
    for (auto& [pool_name, pool] : entry) {
      if (!satisfies(wish, pool)) continue;
      wish.pools.push_back(&pool);
      pool.classes.push_back(class_name);
    }
  }
}

void LinearMatcher::remove_backend(const std::string& name) {
  const auto backend = backends_.find(name);
  if (backend == backends_.end()) return;
  for (auto& [class_name, wish] : classes_)
    std::erase_if(wish.pools, [&](const Pool* pool) { return pool->backend == name; });
  backends_.erase(backend);
}

bool LinearMatcher::add_class(const StorageClassConfig& config, MatchRules rules) {
  Class wish{config, rules, {}, {}};
  if (config.attributes) {
    for (const auto& [name, value] : *config.attributes) {
      const auto request = parse_request(name, value);
      if (!request) return false;
      wish.requests.emplace_back(name, *request);
    }
  }
  const auto terms = parse_selector(config.selector);
  if (!terms) return false;
  for (const LabelTerm& term : *terms) wish.requests.emplace_back("labels", term);
  remove_class(config.name);
  for (auto& [backend_name, pools] : backends_) {
    for (auto& [pool_name, pool] : pools) {
      if (!satisfies(wish, pool)) continue;
      wish.pools.push_back(&pool);
      pool.classes.push_back(config.name);
    }
  }
  classes_[config.name] = std::move(wish);
  return true;
}

void LinearMatcher::remove_class(const std::string& name) {
  if (classes_.erase(name) == 0) return;
  for (auto& [backend_name, pools] : backends_) {
    for (auto& [pool_name, pool] : pools) std::erase(pool.classes, name);
  }
}

PoolLists LinearMatcher::pools_of(const std::string& storage_class) const {
  PoolLists lists;
  const auto wish = classes_.find(storage_class);
  if (wish == classes_.end()) return lists;
  for (const Pool* pool : wish->second.pools) lists[pool->backend].push_back(pool->name);
  for (auto& [backend, pools] : lists) std::ranges::sort(pools);
  return lists;
}

std::vector<std::string> LinearMatcher::classes_of(const std::string& backend, const std::string& pool) const {
  const auto found = backends_.find(backend);
  if (found == backends_.end() || !found->second.contains(pool)) return {};
  std::vector<std::string> names = found->second.at(pool).classes;
  std::ranges::sort(names);
  return names;
}

std::vector<LinearMatcher::Choice> LinearMatcher::candidates(const std::string& storage_class,
                                                             std::optional<Protocol> protocol, base::Rng& rng) const {
  std::vector<Choice> list;
  const auto wish = classes_.find(storage_class);
  if (wish == classes_.end()) return list;
  for (const Pool* pool : wish->second.pools) {
    if (!protocol || pool->protocol == *protocol) list.push_back({&pool->backend, &pool->name});
  }
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[rng.below(i)]);
  return list;
}

// ---- The workload.

namespace {

std::string numbered(const char* format, std::size_t number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(number));
  return text.data();
}

constexpr std::array<const char*, 3> kMedia = {"hdd", "hybrid", "ssd"};
constexpr std::array<const char*, 3> kTypes = {"ontap-nas", "ontap-nas-economy", "ontap-san"};
const char* truth(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string Workload::backend_name(std::size_t b) const { return numbered("backend%04u", b); }

std::vector<PoolInfo> Workload::pools_of(std::size_t b) const {
  std::vector<PoolInfo> list;
  for (std::size_t i = b * 10; i < std::min(pools, b * 10 + 10); ++i) {
    PoolInfo pool;
    pool.name = numbered("aggr%05u", i);
    pool.offers["media"] = std::vector<std::string>{kMedia[i % 3]};
    pool.offers["provisioningType"] =
        i % 4 == 3 ? std::vector<std::string>{"thin"} : std::vector<std::string>{"thick", "thin"};
    pool.offers["snapshots"] = i % 2 == 0;
    if (rules == MatchRules::v19_01) pool.offers["clones"] = i % 5 != 0;
    pool.offers["encryption"] = i % 7 == 0;
    const auto low = static_cast<std::int64_t>(i % 10) * 1000;
    pool.offers["IOPS"] = IntRange{low, low + 4000 + static_cast<std::int64_t>(i % 3) * 1000};
    pool.offers["backendType"] = std::vector<std::string>{kTypes[b % 3]};
    list.push_back(std::move(pool));
  }
  return list;
}

StorageClassConfig Workload::storage_class(std::size_t j) const {
  StorageClassConfig config;
  config.version = "1";
  config.name = numbered("class%04u", j);
  std::size_t mask = 1 + (j * 5) % 127;
  if (rules == MatchRules::v17_10) mask &= ~std::size_t{8};
  if (mask == 0) mask = 1;
  config.attributes.emplace();
  auto& wanted = *config.attributes;
  if (mask & 1) wanted["media"] = kMedia[j % 3];
  if (mask & 2) wanted["provisioningType"] = j % 2 == 0 ? "thin" : "thick";
  if (mask & 4) wanted["snapshots"] = truth(j % 3 != 0);
  if (mask & 8) wanted["clones"] = truth(j % 4 != 0);
  if (mask & 16) wanted["encryption"] = truth(j % 5 == 0);
  if (mask & 32) wanted["IOPS"] = std::to_string(500 + ((j * 37) % 130) * 100);
  if (mask & 64) wanted["backendType"] = kTypes[(j / 3) % 3];
  if (variant == "exact" && j % 4 == 0) {
    const std::size_t b = j % backends();
    config.required_storage[backend_name(b)] = {numbered("aggr%05u", 10 * b), numbered("aggr%05u", 10 * b + 3),
                                                numbered("aggr%05u", 10 * b + 7)};
  }
  if (variant == "regex") {
    const std::size_t d = j % 5;
    const std::string from = std::to_string(d);
    config.storage_pools["backend.*[" + from + "-" + std::to_string(d + 4) + "]"] = {
        "aggr.*[" + from + "-" + std::to_string(d + 3) + "]$", "^aggr0[0-4].*"};
    if (j % 4 == 0) config.exclude_storage_pools[".*"] = {"aggr.*7$"};
    if (j % 6 == 0) config.additional_storage_pools["backend0000"] = {"aggr0000[0-3]"};
  }
  return config;
}

void Digest::add(const std::string& storage_class, const PoolLists& pools) {
  const auto feed = [this](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  };
  for (const auto& [backend, names] : pools) {
    for (const std::string& name : names) {
      feed(storage_class);
      feed(":");
      feed(backend);
      feed(":");
      feed(name);
      feed("\n");
      ++matches;
    }
  }
}

std::string Digest::text() const {
  std::array<char, 80> line{};
  std::snprintf(line.data(), line.size(), "matches=%zu digest=%016llx", matches, static_cast<unsigned long long>(hash));
  return line.data();
}

}  // namespace test_support
