// Pool matching: the rows of the pool-matching specification, each for our matcher and for the plain linear one beside
// it, and --digest, which shows that both answer the same as Trident. See README.md for how to read the figures.
#include <benchmark/benchmark.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "provisioner/base/allocator.h"
#include "provisioner/base/http/memory.h"
#include "provisioner/base/task_group.h"
#include "provisioner/base/text.h"
#include "provisioner/core/orchestrator.h"
#include "tests/support/linear_matcher.h"

// ---- Counting allocations: the claims "none per select" and "bytes per pool" are measured, not argued.

namespace {
std::size_t allocation_count = 0;
std::size_t allocated_bytes = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocation_count;
  void* memory = std::malloc(size + 16);
  if (memory == nullptr) std::abort();
  std::memcpy(memory, &size, sizeof size);
  allocated_bytes += size;
  return static_cast<char*>(memory) + 16;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  void* start = static_cast<char*>(memory) - 16;
  std::size_t size = 0;
  std::memcpy(&size, start, sizeof size);
  allocated_bytes -= size;
  std::free(start);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace {

using namespace provisioner;
using test_support::LinearMatcher;
using test_support::Workload;

Workload workload(MatchRules rules, const char* variant, std::int64_t pools, std::int64_t classes) {
  return {rules, variant, static_cast<std::size_t>(pools), static_cast<std::size_t>(classes)};
}

template <class M>
void put(M& matcher, const Workload& load, std::size_t b) {
  matcher.put_backend(load.backend_name(b), load.protocol(b), load.pools_of(b));
}
template <class M>
void put_all(M& matcher, const Workload& load) {
  for (std::size_t b = 0; b < load.backends(); ++b) put(matcher, load, b);
}
template <class M>
void add_all(M& matcher, const Workload& load) {
  for (std::size_t j = 0; j < load.classes; ++j)
    static_cast<void>(matcher.add_class(load.storage_class(j), load.rules));
}

// One iteration = all M classes into a full catalogue; the figure is per class.
template <class M>
void class_add(benchmark::State& state, Workload load) {
  M matcher;
  put_all(matcher, load);
  std::vector<StorageClassConfig> configs;
  for (std::size_t j = 0; j < load.classes; ++j) configs.push_back(load.storage_class(j));
  for (auto _ : state) {
    for (const auto& config : configs) static_cast<void>(matcher.add_class(config, load.rules));
    state.PauseTiming();
    for (const auto& config : configs) matcher.remove_class(config.name);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(load.classes));
}

// One iteration = all backends, one by one, with all classes known; the classes of a pool of each are read.
template <class M>
void backend_add(benchmark::State& state, Workload load) {
  std::vector<std::vector<PoolInfo>> pools;
  for (std::size_t b = 0; b < load.backends(); ++b) pools.push_back(load.pools_of(b));
  for (auto _ : state) {
    state.PauseTiming();
    auto matcher = std::make_unique<M>();
    add_all(*matcher, load);
    state.ResumeTiming();
    for (std::size_t b = 0; b < pools.size(); ++b)
      matcher->put_backend(load.backend_name(b), load.protocol(b), pools[b]);
    state.PauseTiming();
    matcher.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(load.backends()));
}

template <class M>
void backend_update(benchmark::State& state, Workload load) {
  M matcher;
  put_all(matcher, load);
  add_all(matcher, load);
  std::vector<std::array<std::vector<PoolInfo>, 2>> versions;
  for (std::size_t b = 0; b < load.backends(); ++b) {
    auto changed = load.pools_of(b);
    for (PoolInfo& pool : changed) pool.offers["snapshots"] = !std::get<bool>(pool.offers["snapshots"]);
    versions.push_back({load.pools_of(b), changed});
  }
  std::size_t k = 0;
  for (auto _ : state) {
    const std::size_t b = (k * 7919) % versions.size();
    matcher.put_backend(load.backend_name(b), load.protocol(b), versions[b][(k / versions.size() + 1) % 2]);
    ++k;
  }
  state.SetItemsProcessed(state.iterations());
}

std::optional<Protocol> protocol_of_draw(std::size_t k) {
  if (k % 3 == 0) return std::nullopt;
  return k % 3 == 1 ? Protocol::file : Protocol::block;
}

// A draw ends with a PoolRef in hand, as Trident's ends with a pointer; nobody reads its name here.
void select_ours(benchmark::State& state, Workload load) {
  Matcher matcher;
  put_all(matcher, load);
  add_all(matcher, load);
  std::vector<std::string> names;
  for (std::size_t j = 0; j < load.classes; ++j) names.push_back(load.storage_class(j).name);
  base::Rng rng(1);
  std::size_t next = 0;
  std::size_t k = 0;
  std::size_t empty = 0;
  for (const std::string& name : names) static_cast<void>(matcher.candidates(name, std::nullopt, rng));
  const std::size_t before = allocation_count;
  for (auto _ : state) {
    auto candidates = matcher.candidates(names[next], protocol_of_draw(k), rng);
    PoolRef pool;
    if (candidates.next(pool)) benchmark::DoNotOptimize(pool);
    else ++empty;
    if (++next == names.size()) next = 0;
    ++k;
  }
  const std::size_t allocations = allocation_count - before;
  state.SetItemsProcessed(state.iterations());
  state.counters["allocations_per_select"] = static_cast<double>(allocations) / static_cast<double>(state.iterations());
  state.counters["empty"] = static_cast<double>(empty) / static_cast<double>(state.iterations());
}

void select_linear(benchmark::State& state, Workload load) {
  LinearMatcher matcher;
  put_all(matcher, load);
  add_all(matcher, load);
  std::vector<std::string> names;
  for (std::size_t j = 0; j < load.classes; ++j) names.push_back(load.storage_class(j).name);
  base::Rng rng(1);
  std::size_t k = 0;
  for (auto _ : state) {
    const auto list = matcher.candidates(names[k % names.size()], protocol_of_draw(k), rng);
    benchmark::DoNotOptimize(list.data());
    ++k;
  }
  state.SetItemsProcessed(state.iterations());
}

boost::asio::awaitable<void> fill_core(Orchestrator& core, Workload load, bool& done) {
  static_cast<void>(co_await core.bootstrap());
  for (std::size_t b = 0; b < load.backends(); ++b) {
    Json config = {{"version", 1}, {"storageDriverName", "fake"}, {"instanceName", load.backend_name(b)}};
    config["protocol"] = load.protocol(b) == Protocol::file ? "file" : "block";
    for (const PoolInfo& pool : load.pools_of(b)) {
      Json attributes = Json::object();
      for (const auto& [name, offer] : pool.offers) {
        if (name == "backendType") continue;  // the fake driver has its own
        if (const bool* flag = std::get_if<bool>(&offer)) attributes[name]["offer"] = *flag;
        if (const auto* list = std::get_if<std::vector<std::string>>(&offer)) attributes[name]["offer"] = *list;
        if (const auto* range = std::get_if<IntRange>(&offer))
          attributes[name] = {{"min", range->min}, {"max", range->max}};
      }
      config["pools"][pool.name] = {{"attributes", attributes}, {"sizeBytes", 1ULL << 50}};
    }
    const auto added = co_await core.add_backend(config.dump());
    if (!added) std::fprintf(stderr, "%s\n", added.error().message.c_str());
  }
  for (std::size_t j = 0; j < load.classes; ++j) {
    StorageClassConfig config = load.storage_class(j);
    config.attributes->erase("backendType");
    static_cast<void>(co_await core.add_storage_class(config));
  }
  done = true;
}

boost::asio::awaitable<void> add_volumes(Orchestrator& core, std::vector<VolumeConfig> configs, std::size_t& placed,
                                         bool& done) {
  for (VolumeConfig& config : configs) {
    const auto made = co_await core.add_volume(std::move(config));
    if (made) ++placed;
  }
  done = true;
}

void add_volume(benchmark::State& state, Workload load) {
  boost::asio::io_context io;
  base::VirtualClock clock(io);
  MemoryDatabase database;
  MemoryStore store(database);
  base::http::MemoryTransport transport(clock, [](const std::string&, std::uint16_t) { return nullptr; });
  Orchestrator core(io.get_executor(), clock, base::Rng(1),
                    base::Logger(clock, base::log_to_nowhere(), base::LogLevel::error), store, transport, {});
  base::TaskGroup tasks(io.get_executor());
  bool done = false;
  tasks.spawn(fill_core(core, load, done));
  clock.run_until([&] { return done; }, std::chrono::hours(1));
  std::size_t k = 0;
  std::size_t placed = 0;
  constexpr std::size_t kBatch = 1000;
  const char* modes[] = {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"};
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<VolumeConfig> configs;
    for (std::size_t i = 0; i < kBatch; ++i, ++k) {
      VolumeConfig config;
      config.name = "volume" + std::to_string(k);
      config.size = "1MiB";
      config.storage_class = load.storage_class(k % load.classes).name;
      config.access_mode = modes[k % 3];
      configs.push_back(std::move(config));
    }
    state.ResumeTiming();
    done = false;
    tasks.spawn(add_volumes(core, std::move(configs), placed, done));
    clock.run_until([&] { return done; }, std::chrono::hours(1));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  state.counters["placed"] = static_cast<double>(placed) / static_cast<double>(k);
  bool stopped = false;
  const auto stop = [](Orchestrator& which, bool& flag) -> boost::asio::awaitable<void> {
    co_await which.stop();
    flag = true;
  };
  tasks.spawn(stop(core, stopped));
  clock.run_until([&] { return stopped; }, std::chrono::hours(1));
}

// Bytes beyond names and offers. Distinct sets of offers are kept once and counted with the offers.
void memory(benchmark::State& state, Workload load) {
  for (auto _ : state) {
    const std::size_t at_start = allocated_bytes;
    Matcher matcher;
    put_all(matcher, load);
    const std::size_t pools = allocated_bytes - at_start;
    add_all(matcher, load);
    base::Rng rng(1);
    for (std::size_t j = 0; j < load.classes; ++j)
      static_cast<void>(matcher.candidates(load.storage_class(j).name, std::nullopt, rng));
    const std::size_t classes = allocated_bytes - at_start - pools;
    constexpr double kPoolName = 9;      // aggr00000
    constexpr double kBackendName = 11;  // backend0000, for ten pools
    constexpr double kClassName = 9;     // class0000
    state.counters["answers"] = static_cast<double>(matcher.counters().answers);
    state.counters["shapes"] = static_cast<double>(matcher.counters().shapes);
    state.counters["bytes_per_pool"] =
        static_cast<double>(pools) / static_cast<double>(load.pools) - kPoolName - kBackendName / 10;
    state.counters["bytes_per_class"] = static_cast<double>(classes) / static_cast<double>(load.classes) - kClassName;
  }
}

struct Case {
  MatchRules rules;
  const char* variant;
};
constexpr Case kCases[] = {{MatchRules::v17_10, "attrs"}, {MatchRules::v17_10, "exact"}, {MatchRules::v19_01, "regex"}};

std::string title(const char* row, const char* who, const Case& which, std::int64_t n, std::int64_t m) {
  return std::string(row) + "/" + who + "/" + which.variant + "/N:" + std::to_string(n) + "/M:" + std::to_string(m);
}

void register_rows() {
  for (const Case& which : kCases) {
    for (const std::int64_t n : {10, 100, 1000, 10000, 100000}) {
      for (const std::int64_t m : {10, 100, 1000, 10000}) {
        if (m == 10000 && n < 1000) continue;
        const Workload load = workload(which.rules, which.variant, n, m);
        const bool linear = n * m <= 10'000'000 && (std::strcmp(which.variant, "regex") != 0 || n * m <= 1'000'000);
        const auto add = [&](const char* row, const char* who, auto function) {
          return benchmark::RegisterBenchmark(title(row, who, which, n, m).c_str(),
                                              [function, load](benchmark::State& state) { function(state, load); })
              ->Unit(benchmark::kMicrosecond);
        };
        add("class-add", "ours", class_add<Matcher>);
        add("backend-add", "ours", backend_add<Matcher>);
        add("backend-update", "ours", backend_update<Matcher>);
        add("select", "ours", select_ours);
        if (linear) {
          add("class-add", "linear", class_add<LinearMatcher>)->Iterations(1);
          add("backend-add", "linear", backend_add<LinearMatcher>)->Iterations(1);
          add("backend-update", "linear", backend_update<LinearMatcher>)->Iterations(50);
          add("select", "linear", select_linear);
        }
        if (n >= 100000) add("memory", "ours", memory)->Iterations(1);
        if (std::strcmp(which.variant, "attrs") == 0 && m == 1000 && n <= 10000)
          add("add-volume", "ours", add_volume)->Iterations(20);
      }
    }
  }
}

int print_digest(int argc, char** argv) {
  Workload load;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string_view flag = argv[i];
    const std::string value = argv[i + 1];
    if (flag == "--rules") load.rules = value == "19.01" ? MatchRules::v19_01 : MatchRules::v17_10;
    if (flag == "--rules" && value != "19.01" && value != "17.10") return 2;
    if (flag == "--variant") load.variant = value;
    if (flag == "-N") load.pools = base::parse_unsigned(value).value_or(0);
    if (flag == "-M") load.classes = base::parse_unsigned(value).value_or(0);
  }
  if (load.pools == 0 || load.classes == 0 ||
      (load.variant != "attrs" && load.variant != "exact" && load.variant != "regex"))
    return 2;
  Matcher matcher;
  put_all(matcher, load);
  add_all(matcher, load);
  std::vector<std::string> names;
  for (std::size_t j = 0; j < load.classes; ++j) names.push_back(load.storage_class(j).name + ":");
  std::ranges::sort(names);  // as the lines are sorted: by their bytes
  test_support::Digest digest;
  for (std::string& name : names) {
    name.pop_back();
    digest.add(name, matcher.pools_of(name));
  }
  std::printf("%s\n", digest.text().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();  // as the product does
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--digest") != 0) continue;
    const int code = print_digest(argc, argv);
    if (code != 0)
      std::fprintf(
          stderr,
          "usage: pool_matching_bench --digest --rules 17.10|19.01 --variant attrs|exact|regex -N pools -M classes\n");
    return code;
  }
  register_rows();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
