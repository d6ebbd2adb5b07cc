#include "provisioner/core/matcher.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/linear_matcher.h"

namespace {

using namespace provisioner;
using test_support::LinearMatcher;
using test_support::Workload;

void fill(Matcher& matcher, const Workload& load) {
  for (std::size_t b = 0; b < load.backends(); ++b)
    matcher.put_backend(load.backend_name(b), load.protocol(b), load.pools_of(b));
  for (std::size_t j = 0; j < load.classes; ++j) ASSERT_TRUE(matcher.add_class(load.storage_class(j), load.rules));
}

struct DigestRow {
  Workload load;
  const char* text;
};

TEST(Matcher, TheDigestsOfTheSpecificationComeOut) {
  const MatchRules old = MatchRules::v17_10;
  const MatchRules later = MatchRules::v19_01;
  const std::vector<DigestRow> rows = {{{old, "attrs", 10, 10}, "matches=34 digest=28936904eb998289"},
                                       {{old, "attrs", 100, 100}, "matches=1984 digest=de614bac89fb1b2d"},
                                       {{old, "attrs", 1000, 1000}, "matches=209305 digest=62e63547f80962b0"},
                                       {{old, "exact", 10, 10}, "matches=41 digest=896a556b4a2e6dfd"},
                                       {{old, "exact", 100, 100}, "matches=2046 digest=14fb5016fbae1ae2"},
                                       {{old, "exact", 1000, 1000}, "matches=209901 digest=d4b20147be04b7c7"},
                                       {{later, "attrs", 100, 100}, "matches=1831 digest=ece627d6b3362f3c"},
                                       {{later, "attrs", 1000, 1000}, "matches=198353 digest=31e01c1b9d99181f"},
                                       {{later, "regex", 10, 10}, "matches=10 digest=1f3be011a2665856"},
                                       {{later, "regex", 100, 100}, "matches=991 digest=409f5fa6e86898bd"},
                                       {{later, "regex", 1000, 1000}, "matches=97672 digest=f105bbca74086f66"}};
  for (const DigestRow& row : rows) {
    Matcher matcher;
    fill(matcher, row.load);
    test_support::Digest digest;
    for (std::size_t j = 0; j < row.load.classes; ++j) {
      const std::string name = row.load.storage_class(j).name;
      digest.add(name, matcher.pools_of(name));
    }
    EXPECT_EQ(digest.text(), row.text) << row.load.variant << " " << row.load.pools;
  }
}

TEST(Matcher, TheOracleAgreesWithTheSpecificationToo) {
  const std::vector<DigestRow> rows = {
      {{MatchRules::v17_10, "exact", 100, 100}, "matches=2046 digest=14fb5016fbae1ae2"},
      {{MatchRules::v19_01, "regex", 100, 100}, "matches=991 digest=409f5fa6e86898bd"}};
  for (const DigestRow& row : rows) {
    LinearMatcher oracle;
    for (std::size_t b = 0; b < row.load.backends(); ++b)
      oracle.put_backend(row.load.backend_name(b), row.load.protocol(b), row.load.pools_of(b));
    test_support::Digest digest;
    for (std::size_t j = 0; j < row.load.classes; ++j) {
      const auto config = row.load.storage_class(j);
      ASSERT_TRUE(oracle.add_class(config, row.load.rules));
      digest.add(config.name, oracle.pools_of(config.name));
    }
    EXPECT_EQ(digest.text(), row.text);
  }
}

TEST(Matcher, NoPatternIsCompiledOrAskedTwice) {
  const Workload load{MatchRules::v19_01, "regex", 1000, 300};
  Matcher matcher;
  fill(matcher, load);
  const auto once = matcher.counters();
  EXPECT_EQ(once.patterns_compiled,
            15U);  // five backend and five pool patterns, "^aggr0[0-4].*", and four of the other lists
  EXPECT_LE(once.names_tested, 7U * 100 + 8U * 1000);
  for (std::size_t b = 0; b < load.backends(); ++b)
    matcher.put_backend(load.backend_name(b), load.protocol(b), load.pools_of(b));
  for (std::size_t j = 0; j < load.classes; ++j) ASSERT_TRUE(matcher.add_class(load.storage_class(j), load.rules));
  EXPECT_EQ(matcher.counters().patterns_compiled, once.patterns_compiled);
  EXPECT_EQ(matcher.counters().names_tested, once.names_tested);
}

TEST(Matcher, CandidatesAreAPermutationAndTheFirstIsUniform) {
  const Workload load{MatchRules::v17_10, "attrs", 300, 20};
  Matcher matcher;
  fill(matcher, load);
  base::Rng rng(7);
  const std::string name = load.storage_class(2).name;
  for (const auto protocol :
       {std::optional<Protocol>(), std::optional(Protocol::file), std::optional(Protocol::block)}) {
    std::set<std::string> wanted;
    matcher.for_each(name, [&](PoolRef pool) { wanted.insert(std::string(pool.pool())); });
    std::set<std::string> seen;
    std::map<std::string, int> firsts;
    auto candidates = matcher.candidates(name, protocol, rng);
    PoolRef pool;
    while (candidates.next(pool)) EXPECT_TRUE(seen.insert(std::string(pool.pool())).second);
    EXPECT_EQ(seen.size(), matcher.count(name, protocol));
    EXPECT_TRUE(std::ranges::includes(wanted, seen));
    if (seen.empty()) continue;
    const int draws = 200 * static_cast<int>(seen.size());
    for (int i = 0; i < draws; ++i) {
      auto again = matcher.candidates(name, protocol, rng);
      ASSERT_TRUE(again.next(pool));
      ++firsts[std::string(pool.pool())];
    }
    EXPECT_EQ(firsts.size(), seen.size());
    double chi = 0;  // 200 expected each
    for (const auto& [text, count] : firsts) chi += (count - 200.0) * (count - 200.0) / 200.0;
    EXPECT_LT(chi, static_cast<double>(seen.size()) * 2 + 20);
  }
  EXPECT_EQ(matcher.count("nobody", std::nullopt), 0U);
}

TEST(Matcher, BadClassesAreRefusedAndLeaveNoTrace) {
  Matcher matcher;
  StorageClassConfig config;
  config.name = "c";
  config.storage_pools = {{"b(", {"p"}}};
  EXPECT_FALSE(matcher.add_class(config, MatchRules::v19_01));
  config.storage_pools = {{"b", {"[p"}}};
  EXPECT_FALSE(matcher.add_class(config, MatchRules::v19_01));
  config.storage_pools.clear();
  config.selector = "a in x";
  EXPECT_FALSE(matcher.add_class(config, MatchRules::v19_01));
  config.selector.clear();
  config.attributes = {{"media", "hdd"}, {"nothing", "x"}};
  EXPECT_FALSE(matcher.add_class(config, MatchRules::v17_10));
  EXPECT_EQ(matcher.count("c", std::nullopt), 0U);
}

/// Small worlds with much in common, so that shapes are shared, split, emptied and reused.
Offers random_offers() {
  Offers offers;
  if (*rc::gen::inRange(0, 4) > 0)
    offers["media"] = std::vector<std::string>{*rc::gen::element<std::string>("hdd", "ssd", "hybrid")};
  if (*rc::gen::arbitrary<bool>()) offers["snapshots"] = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) {
    const auto low = *rc::gen::inRange<std::int64_t>(0, 5);
    offers["IOPS"] = IntRange{low, low + *rc::gen::inRange<std::int64_t>(0, 5)};
  }
  if (*rc::gen::arbitrary<bool>()) offers["labels"] = Labels{{"tier", *rc::gen::element<std::string>("gold", "tin")}};
  return offers;
}

PoolLists random_lists() {
  PoolLists lists;
  const int count = *rc::gen::inRange(0, 3);
  for (int i = 0; i < count; ++i) {
    auto& pools = lists[*rc::gen::element<std::string>("b[0-2]", "b.*", "b1", "x")];
    pools =
        *rc::gen::container<std::vector<std::string>>(2, rc::gen::element<std::string>("p1", "^p[0-3]$", "p", "[24]$"));
  }
  return lists;
}

StorageClassConfig random_class(MatchRules rules) {
  StorageClassConfig config;
  config.name = "c" + std::to_string(*rc::gen::inRange(0, 5));
  if (*rc::gen::arbitrary<bool>()) {
    config.attributes.emplace();
    if (*rc::gen::arbitrary<bool>()) (*config.attributes)["media"] = *rc::gen::element<std::string>("hdd", "ssd");
    if (*rc::gen::arbitrary<bool>()) (*config.attributes)["snapshots"] = *rc::gen::element<std::string>("true", "f");
    if (*rc::gen::arbitrary<bool>()) (*config.attributes)["IOPS"] = std::to_string(*rc::gen::inRange(0, 9));
  }
  if (*rc::gen::inRange(0, 3) == 0)
    config.required_storage["b" + std::to_string(*rc::gen::inRange(0, 4))] = {"p1", "p3"};
  if (rules == MatchRules::v17_10) return config;
  config.storage_pools = random_lists();
  config.additional_storage_pools = random_lists();
  config.exclude_storage_pools = random_lists();
  config.selector = *rc::gen::element<std::string>("", "", "tier=gold", "tier", "!tier; tier!=tin");
  return config;
}

void compare(const Matcher& matcher, const LinearMatcher& oracle) {
  for (int c = 0; c < 5; ++c) {
    const std::string name = "c" + std::to_string(c);
    const PoolLists wanted = oracle.pools_of(name);
    RC_ASSERT(matcher.pools_of(name) == wanted);
    std::size_t count = 0;
    for (const auto& [backend, pools] : wanted) count += pools.size();
    RC_ASSERT(matcher.count(name, std::nullopt) == count);
    RC_ASSERT(matcher.count(name, Protocol::file) + matcher.count(name, Protocol::block) == count);
  }
  for (int b = 0; b < 4; ++b) {
    const std::string name = "b" + std::to_string(b);
    for (int p = 0; p < 5; ++p)
      RC_ASSERT(matcher.classes_of(name, "p" + std::to_string(p)) == oracle.classes_of(name, "p" + std::to_string(p)));
  }
}

RC_GTEST_PROP(MatcherProperty, AgreesWithTheLinearOneThroughAnyHistory, ()) {
  Matcher matcher;
  LinearMatcher oracle;
  const int steps = *rc::gen::inRange(1, 25);
  for (int step = 0; step < steps; ++step) {
    const std::string backend = "b" + std::to_string(*rc::gen::inRange(0, 4));
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        matcher.remove_backend(backend);
        oracle.remove_backend(backend);
        break;
      case 1: {
        const std::string name = "c" + std::to_string(*rc::gen::inRange(0, 5));
        matcher.remove_class(name);
        oracle.remove_class(name);
        break;
      }
      case 2:
      case 3: {
        const MatchRules rules = *rc::gen::arbitrary<bool>() ? MatchRules::v17_10 : MatchRules::v19_01;
        const StorageClassConfig config = random_class(rules);
        RC_ASSERT(matcher.add_class(config, rules).ok() == oracle.add_class(config, rules));
        break;
      }
      default: {
        std::vector<PoolInfo> pools;
        const int count = *rc::gen::inRange(0, 5);
        for (int p = 0; p < count; ++p) pools.push_back({"p" + std::to_string(p), random_offers()});
        const Protocol protocol = *rc::gen::arbitrary<bool>() ? Protocol::file : Protocol::block;
        matcher.put_backend(backend, protocol, pools);
        oracle.put_backend(backend, protocol, pools);
      }
    }
    compare(matcher, oracle);
  }
}

/// What every pool of the class weighs, by the rule of the header and the linear matcher's answer.
std::map<std::pair<std::string, std::string>, std::uint64_t> expected_weights(
    const Matcher& matcher, const std::string& name, std::optional<Protocol> protocol,
    const std::map<std::string, Protocol>& protocols,
    const std::map<std::string, std::map<std::string, std::uint64_t>>& told) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> weights;
  matcher.for_each(name, [&](PoolRef pool) {
    const std::string backend(pool.backend());
    if (protocol && protocols.at(backend) != *protocol) return;
    const auto bytes = told.find(backend);
    const auto free = bytes == told.end() ? std::map<std::string, std::uint64_t>::const_iterator()
                                          : bytes->second.find(std::string(pool.pool()));
    const bool known = bytes != told.end() && free != bytes->second.end();
    weights[{backend, std::string(pool.pool())}] = known ? (free->second >> 20) + 1 : 1 << 20;
  });
  return weights;
}

/// Each pool owns as large a share of the numbers that a draw starts from as it weighs: found by its edges.
void expect_shares(const Matcher& matcher, const std::string& name, std::optional<Protocol> protocol,
                   std::map<std::pair<std::string, std::string>, std::uint64_t> wanted) {
  std::uint64_t total = 0;
  for (const auto& [pool, weight] : wanted) total += weight;
  RC_ASSERT(matcher.weight(name, protocol) == total);
  for (std::uint64_t at = 0; at < total;) {
    const PoolRef pool = matcher.pool_at_weight(name, protocol, at);
    const auto entry = wanted.find({std::string(pool.backend()), std::string(pool.pool())});
    RC_ASSERT(entry != wanted.end());
    const PoolRef last = matcher.pool_at_weight(name, protocol, at + entry->second - 1);
    RC_ASSERT(last.pool() == pool.pool() && last.backend() == pool.backend());
    at += entry->second;
    wanted.erase(entry);
  }
  RC_ASSERT(wanted.empty());
}

RC_GTEST_PROP(MatcherProperty, SharesFollowFreeSpaceThroughAnyHistory, ()) {
  Matcher matcher;
  std::map<std::string, Protocol> protocols;
  std::map<std::string, std::map<std::string, std::uint64_t>> told;
  std::set<std::string> classes;
  base::Rng rng(*rc::gen::arbitrary<std::uint64_t>());
  const int steps = *rc::gen::inRange(1, 25);
  for (int step = 0; step < steps; ++step) {
    const std::string backend = "b" + std::to_string(*rc::gen::inRange(0, 4));
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        matcher.remove_backend(backend);
        protocols.erase(backend);
        told.erase(backend);
        break;
      case 1:
      case 2: {
        const MatchRules rules = *rc::gen::arbitrary<bool>() ? MatchRules::v17_10 : MatchRules::v19_01;
        const StorageClassConfig config = random_class(rules);
        if (matcher.add_class(config, rules)) classes.insert(config.name);
        break;
      }
      case 3: {
        std::map<std::string, std::uint64_t> bytes;
        for (int p = 0; p < 5; ++p) {
          if (*rc::gen::inRange(0, 4) != 0)
            bytes["p" + std::to_string(p)] = *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{20} << 20);
        }
        matcher.set_free(backend, bytes);
        if (protocols.contains(backend)) told[backend] = bytes;
        break;
      }
      default: {
        std::vector<PoolInfo> pools;
        const int count = *rc::gen::inRange(0, 5);
        for (int p = 0; p < count; ++p) pools.push_back({"p" + std::to_string(p), random_offers()});
        protocols[backend] = *rc::gen::arbitrary<bool>() ? Protocol::file : Protocol::block;
        told.erase(backend);
        matcher.put_backend(backend, protocols[backend], pools);
      }
    }
    for (const std::string& name : classes) {
      for (const auto protocol :
           {std::optional<Protocol>(), std::optional(Protocol::file), std::optional(Protocol::block)}) {
        const auto wanted = expected_weights(matcher, name, protocol, protocols, told);
        if (matcher.weight(name, protocol) > 0) expect_shares(matcher, name, protocol, wanted);
        std::set<std::pair<std::string, std::string>> drawn;
        auto candidates = matcher.candidates(name, protocol, rng, Draw::free_space);
        RC_ASSERT(candidates.size() == wanted.size());
        for (PoolRef pool; candidates.next(pool);) {
          const std::pair<std::string, std::string> key(pool.backend(), pool.pool());
          RC_ASSERT(wanted.contains(key));
          RC_ASSERT(drawn.insert(key).second);
        }
        RC_ASSERT(drawn.size() == wanted.size());
      }
    }
  }
}

TEST(Matcher, OftenDrawnIsWhatHasMuchFreeSpace) {
  Matcher matcher;
  std::vector<PoolInfo> pools;
  std::map<std::string, std::uint64_t> bytes;
  for (int p = 0; p < 40; ++p) {
    pools.push_back({"p" + std::to_string(p), {{"media", std::vector<std::string>{"hdd"}}}});
    bytes[pools.back().name] = (std::uint64_t{1} << 20) * static_cast<std::uint64_t>(100 * p);
  }
  matcher.put_backend("b", Protocol::file, pools);
  StorageClassConfig config;
  config.name = "c";
  config.attributes.emplace();
  (*config.attributes)["media"] = "hdd";
  ASSERT_TRUE(matcher.add_class(config, MatchRules::v17_10));
  matcher.set_free("b", bytes);
  base::Rng rng(3);
  std::map<std::string, double> firsts;
  std::map<std::string, double> alike;
  const int draws = 40000;
  for (int i = 0; i < draws; ++i) {
    PoolRef pool;
    auto weighted = matcher.candidates("c", std::nullopt, rng, Draw::free_space);
    ASSERT_TRUE(weighted.next(pool));
    ++firsts[std::string(pool.pool())];
    auto uniform = matcher.candidates("c", std::nullopt, rng);
    ASSERT_TRUE(uniform.next(pool));
    ++alike[std::string(pool.pool())];
  }
  const auto total = static_cast<double>(matcher.weight("c", std::nullopt));
  double chi = 0;
  for (int p = 1; p < 40; ++p) {
    const double wanted = draws * (100.0 * p + 1) / total;
    const double seen = firsts["p" + std::to_string(p)];
    chi += (seen - wanted) * (seen - wanted) / wanted;
  }
  EXPECT_LT(chi, 90);  // 38 degrees of freedom
  EXPECT_LT(firsts["p0"], 20);
  for (const auto& [name, count] : alike) EXPECT_NEAR(count, 1000, 200) << name;  // the default knows nothing of it
}

}  // namespace
