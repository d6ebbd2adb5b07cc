// What the matcher asks of the allocator, counted: bytes per pool and class, and nothing at all per draw.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#include "provisioner/core/matcher.h"
#include "tests/support/linear_matcher.h"

namespace {
std::size_t allocation_count = 0;
std::size_t allocated_bytes = 0;
constexpr std::size_t kHeader = 16;
}  // namespace

void* operator new(std::size_t size) {
  ++allocation_count;
  allocated_bytes += size;
  auto* start = static_cast<std::size_t*>(std::malloc(size + kHeader));
  if (start == nullptr) std::abort();
  *start = size;
  return reinterpret_cast<char*>(start) + kHeader;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* start = reinterpret_cast<std::size_t*>(static_cast<char*>(memory) - kHeader);
  allocated_bytes -= *start;
  std::free(start);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { operator delete(memory); }

namespace {

using namespace provisioner;
using test_support::Workload;

void put_pools(Matcher& matcher, const Workload& load) {
  for (std::size_t b = 0; b < load.backends(); ++b)
    matcher.put_backend(load.backend_name(b), load.protocol(b), load.pools_of(b));
}
void add_classes(Matcher& matcher, const Workload& load) {
  for (std::size_t j = 0; j < load.classes; ++j) ASSERT_TRUE(matcher.add_class(load.storage_class(j), load.rules));
}

TEST(MatcherMemory, APoolCostsAtMost64BytesAndAClass256BeyondNamesAndOffers) {
  constexpr double kPoolName = 9;      // aggr00000
  constexpr double kBackendName = 11;  // backend0000, for ten pools
  constexpr double kClassName = 9;     // class0000
  struct Row {
    MatchRules rules;
    const char* variant;
    double class_max;
  };
  // In the third, 8,098 of the 10,000 classes ask what no other asks: there is little to share.
  for (const auto& [rules, variant, class_max] :
       {Row{MatchRules::v17_10, "attrs", 256}, Row{MatchRules::v17_10, "exact", 256},
        Row{MatchRules::v19_01, "regex", 256}}) {
    const Workload load{rules, variant, 100'000, 10'000};
    const std::size_t at_start = allocated_bytes;
    Matcher matcher;
    put_pools(matcher, load);
    const std::size_t after_pools = allocated_bytes;
    add_classes(matcher, load);
    base::Rng rng(1);
    for (std::size_t j = 0; j < load.classes; ++j)
      static_cast<void>(matcher.candidates(load.storage_class(j).name, std::nullopt, rng));
    const double pool = static_cast<double>(after_pools - at_start) / 100'000 - kPoolName - kBackendName / 10;
    const double entry = static_cast<double>(allocated_bytes - after_pools) / 10'000 - kClassName;
    std::printf("%s: %.1f bytes per pool, %.1f bytes per class\n", variant, pool, entry);
    EXPECT_LE(pool, 64) << variant;
    EXPECT_LE(entry, class_max) << variant;
  }
}

TEST(MatcherMemory, ADrawAllocatesNothing) {
  for (const auto& [rules, variant] : {std::pair{MatchRules::v17_10, "attrs"}, std::pair{MatchRules::v17_10, "exact"},
                                       std::pair{MatchRules::v19_01, "regex"}}) {
    const Workload load{rules, variant, 1000, 100};
    Matcher matcher;
    put_pools(matcher, load);
    add_classes(matcher, load);
    base::Rng rng(1);
    std::vector<std::string> names;
    for (std::size_t j = 0; j < load.classes; ++j) names.push_back(load.storage_class(j).name);
    for (const std::string& name : names)
      static_cast<void>(matcher.count(name, std::nullopt));  // brings the answers up to date, once
    const std::size_t before = allocation_count;
    std::size_t drawn = 0;
    for (std::size_t k = 0; k < 3 * names.size(); ++k) {
      std::optional<Protocol> protocol;
      if (k % 3 != 0) protocol = k % 3 == 1 ? Protocol::file : Protocol::block;
      auto candidates = matcher.candidates(names[k % names.size()], protocol, rng);
      for (PoolRef pool; candidates.next(pool);) drawn += pool.pool().size() + pool.backend().size();
    }
    EXPECT_EQ(allocation_count, before) << variant;
    EXPECT_GT(drawn, 0U);
    matcher.set_free(load.backend_name(0), {{"aggr00000", 1 << 30}});
    for (const std::string& name : names) static_cast<void>(matcher.weight(name, std::nullopt));
    const std::size_t weighed = allocation_count;
    for (std::size_t k = 0; k < names.size(); ++k) {
      auto candidates = matcher.candidates(names[k], std::nullopt, rng, Draw::free_space);
      for (PoolRef pool; candidates.next(pool);) drawn += pool.pool().size();
    }
    EXPECT_EQ(allocation_count, weighed) << variant;
  }
}

}  // namespace
