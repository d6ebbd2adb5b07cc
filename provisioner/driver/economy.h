#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "provisioner/core/locks.h"
#include "provisioner/driver/ontap_array.h"
#include "provisioner/driver/ontap_driver.h"

/// The inside of ontap-nas-economy: qtrees (ontap_economy.cpp), and the FlexVols and quotas below them
/// (economy_flexvols.cpp).
namespace provisioner::economy {

using boost::asio::awaitable;
using zapi::Element;
using zapi::Scope;

inline constexpr std::size_t kTreesMax = 200;  // per FlexVol
inline constexpr std::size_t kNameMax = 64;
inline constexpr std::uint64_t kFlexVolStart = 1ULL << 30;
inline constexpr const char* kExportPolicy = "trident_qtree_pool_export_policy";
inline constexpr const char* kDeleted = "deleted_";
inline constexpr int kQuotaWaitSeconds = 60;
inline constexpr int kQuotasOn = 15672;
inline constexpr int kQuotasOff = 15673;

struct Tree {
  std::string flexvol;
  std::string name;
};
struct Quotas {
  std::map<std::string, std::uint64_t> bytes;  // target path -> limit
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [path, limit] : bytes) sum += limit;
    return sum;
  }
};

inline std::string tree_path(const Tree& tree) { return "/vol/" + tree.flexvol + "/" + tree.name; }

class OntapEconomy final : public Driver {
 public:
  OntapEconomy(const DriverContext& context, OntapConfig config)
      : array_(context, std::move(config), Protocol::file), rng_(context.seed), locks_(context.executor) {
    prefix_ = base::replace_all("trident_qtree_pool_" + array_.prefix() + "_", "__", "_");
    prune_period_ = period("qtreePruneFlexvolsPeriod", 600);
    quota_period_ = period("qtreeQuotaResizePeriod", 60);
  }

  awaitable<Result<void>> start() override {
    if (auto started = co_await array_.start("ontapnaseco_"); !started) co_return started;
    if (auto policy = co_await ensure_export_policy(); !policy) co_return policy;
    const auto flexvols = co_await array_.list(prefix_ + "*");
    if (!flexvols)
      array_.log.warning("Could not list the FlexVols for quota resizing.", {{"error", flexvols.error().message}});
    else
      for (const FlexVol& volume : *flexvols) resize_quotas_of_.insert(volume.name);
    co_await tick();
    co_return Result<void>();
  }
  const BackendFacts& facts() const override { return array_.facts; }
  Json stored_config() const override { return to_stored(array_.config); }
  Json config_view() const override { return array_.config_view(); }
  awaitable<Result<void>> check() override { co_return co_await array_.check(); }
  awaitable<Result<std::map<std::string, std::uint64_t>>> free_space() override {
    co_return co_await array_.free_space();
  }
  awaitable<void> tick() override;
  std::string internal_name(const std::string& volume) const override;
  awaitable<Result<Made>> create(CreateSpec spec) override;
  awaitable<Result<void>> destroy(DestroySpec spec) override;
  awaitable<Result<std::optional<ArrayVolume>>> find(std::string name) override;
  awaitable<Result<std::vector<ArrayVolume>>> list() override;
  awaitable<Result<void>> resize(std::string name, std::uint64_t size_bytes) override;
  awaitable<Result<Made>> adopt(ImportSpec) override { co_return unsupported("import"); }
  awaitable<Result<void>> undo_adopt(ImportSpec) override { co_return Result<void>(); }
  awaitable<Result<Snapshot>> create_snapshot(std::string, std::string) override { co_return unsupported("snapshots"); }
  awaitable<Result<void>> delete_snapshot(std::string, std::string) override { co_return unsupported("snapshots"); }
  awaitable<Result<std::vector<Snapshot>>> snapshots(std::string) override { co_return std::vector<Snapshot>(); }

 private:
  static Error unsupported(const std::string& what) {
    return {ErrorKind::invalid, "the ontap-nas-economy driver does not support " + what};
  }
  base::Duration period(const char* key, long fallback) {
    bool warn = false;
    const long seconds = number_or(array_.config.option(key), fallback, warn);
    if (warn)
      array_.log.warning("Invalid period, using the default.",
                         {{"option", key}, {"value", array_.config.option(key)}, {"seconds", fallback}});
    return std::chrono::seconds(seconds);
  }
  awaitable<Result<void>> ensure_export_policy();
  awaitable<Result<std::vector<Tree>>> trees(std::string name);
  awaitable<Result<std::optional<Tree>>> locate(std::string name);
  awaitable<Result<bool>> is_ours(std::string flexvol, std::string instance);
  awaitable<Result<std::string>> flexvol_for(CreateSpec spec, FlexVolOrder wanted);
  awaitable<Result<std::string>> new_flexvol(CreateSpec spec, FlexVolOrder wanted);
  awaitable<Result<void>> start_quotas(std::string flexvol);
  awaitable<Result<void>> await_quotas(std::string flexvol, std::string wanted);
  awaitable<Result<Quotas>> quotas(std::string flexvol);
  awaitable<Result<void>> make_room(std::string flexvol, std::uint64_t more);
  awaitable<Result<void>> set_quota(std::string flexvol, std::string target, std::string limit);
  awaitable<Result<void>> remove_tree(Tree tree);
  awaitable<void> prune();
  awaitable<void> reap();
  awaitable<void> resize_quotas();

  OntapArray array_;
  base::Rng rng_;
  KeyedLocks locks_;
  std::string prefix_;  // of our FlexVols
  base::Duration prune_period_{};
  base::Duration quota_period_{};
  base::TimePoint next_prune_{};
  base::TimePoint next_quota_{};
  std::set<std::string> resize_quotas_of_;
};

}  // namespace provisioner::economy
