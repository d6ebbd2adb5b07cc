#include "provisioner/core/matcher.h"

#include <re2/re2.h>

#include <algorithm>

namespace provisioner {

MatchRules rules_for(const StorageClassConfig& config) {
  const bool later = !config.storage_pools.empty() || !config.additional_storage_pools.empty() || !config.exclude_storage_pools.empty() || !config.selector.empty();
  return later ? MatchRules::v19_01 : MatchRules::v17_10;
}

namespace {
struct Pool {
  std::string backend;
  std::string name;
  Protocol protocol = Protocol::file;
  Offers offers;
};
struct Wish {
  StorageClassConfig config;
  MatchRules rules = MatchRules::v17_10;
  std::vector<std::pair<std::string, Request>> requests;
};

bool listed(const PoolLists& lists, const Pool& pool, bool patterns) {
  for (const auto& [backend, pools] : lists) {
    if (!(patterns ? RE2::FullMatch(pool.backend, backend) : backend == pool.backend)) continue;
    for (const std::string& name : pools) {
      if (patterns ? RE2::PartialMatch(pool.name, name) : name == pool.name) return true;
    }
  }
  return false;
}

bool wishes(const Wish& wish, const Pool& pool) {
  const auto all = [&] {
    return std::ranges::all_of(wish.requests, [&](const auto& request) {
      const auto offer = pool.offers.find(request.first);
      return offer != pool.offers.end() && provisioner::matches(offer->second, request.second);
    });
  };
  if (listed(wish.config.required_storage, pool, false)) return true;
  if (wish.rules == MatchRules::v17_10) return !wish.requests.empty() && all();
  if (listed(wish.config.exclude_storage_pools, pool, true)) return false;
  if (listed(wish.config.additional_storage_pools, pool, true)) return true;
  if (!wish.config.additional_storage_pools.empty() && wish.requests.empty() && wish.config.storage_pools.empty()) return false;
  return all() && (wish.config.storage_pools.empty() || listed(wish.config.storage_pools, pool, true));
}
}  // namespace

struct Matcher::State {
  std::map<std::pair<std::string, std::string>, Pool> pools;
  std::map<std::string, Wish> classes;
  std::uint64_t version = 0;
};

Matcher::Matcher() : state_(std::make_unique<State>()) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::put_backend(const std::string& name, Protocol protocol, const std::vector<PoolInfo>& pools) {
  remove_backend(name);
  for (const PoolInfo& pool : pools) state_->pools[{name, pool.name}] = Pool{name, pool.name, protocol, pool.offers};
}
void Matcher::remove_backend(const std::string& name) {
  ++state_->version;
  std::erase_if(state_->pools, [&](const auto& entry) { return entry.first.first == name; });
}
Result<void> Matcher::add_class(const StorageClassConfig& config, MatchRules rules) {
  Wish wish{config, rules, {}};
  if (config.attributes) {
    for (const auto& [name, value] : *config.attributes) {
      auto request = parse_request(name, value);
      if (!request) return request.error();
      wish.requests.emplace_back(name, *request);
    }
  }
  auto terms = parse_selector(config.selector);
  if (!terms) return terms.error();
  for (const LabelTerm& term : *terms) wish.requests.emplace_back("labels", term);
  ++state_->version;
  state_->classes[config.name] = std::move(wish);
  return {};
}
void Matcher::remove_class(const std::string& name) {
  ++state_->version;
  state_->classes.erase(name);
}
bool Matcher::matches(const std::string& storage_class, const std::string& backend, const std::string& pool) const {
  const auto wish = state_->classes.find(storage_class);
  const auto found = state_->pools.find({backend, pool});
  return wish != state_->classes.end() && found != state_->pools.end() && wishes(wish->second, found->second);
}
PoolLists Matcher::pools_of(const std::string& storage_class) const {
  PoolLists lists;
  for (const auto& [key, pool] : state_->pools) {
    if (matches(storage_class, pool.backend, pool.name)) lists[pool.backend].push_back(pool.name);
  }
  return lists;
}
std::vector<std::string> Matcher::classes_of(const std::string& backend, const std::string& pool) const {
  std::vector<std::string> names;
  for (const auto& [name, wish] : state_->classes) {
    if (matches(name, backend, pool)) names.push_back(name);
  }
  return names;
}
std::uint64_t Matcher::version() const { return state_->version; }

std::size_t Matcher::count(const std::string& storage_class, std::optional<Protocol> protocol) const {
  std::size_t count = 0;
  for (const auto& [key, pool] : state_->pools) count += (!protocol || pool.protocol == *protocol) && matches(storage_class, pool.backend, pool.name) ? 1 : 0;
  return count;
}
Matcher::Candidates Matcher::candidates(const std::string& storage_class, std::optional<Protocol> protocol, base::Rng& rng) const {
  Candidates result;
  const auto wish = state_->classes.find(storage_class);
  if (wish == state_->classes.end()) return result;
  result.matcher_ = this;
  result.answer_ = &wish->second;
  result.protocol_ = protocol;
  result.size_ = count(storage_class, protocol);
  if (result.size_ > 0) result.first_ = rng.below(result.size_);
  return result;
}
bool Matcher::Candidates::next(PoolRef& ref) {
  if (drawn_ == size_) return false;
  std::size_t at = (first_ + drawn_++) % size_;
  for (const auto& [key, pool] : matcher_->state_->pools) {
    if (protocol_ && pool.protocol != *protocol_) continue;
    if (!wishes(*static_cast<const Wish*>(answer_), pool)) continue;
    if (at-- > 0) continue;
    ref = {pool.backend, pool.name};
    return true;
  }
  return false;
}

}  // namespace provisioner
