// Pools drawn by their free space: how much of it each shape, class and list of names has.
#include <algorithm>
#include <bit>

#include "provisioner/core/matcher_state.h"

namespace provisioner {

namespace {

constexpr std::uint64_t kUnit = std::uint64_t{1} << 20;        // weights count MiB
constexpr std::uint64_t kUnmeasured = std::uint64_t{1} << 20;  // 1 TiB
constexpr std::uint64_t kMost = std::uint64_t{1} << 40;        // of 2^24 pools the sum fits

}  // namespace

std::uint64_t MatcherState::weight_of(std::uint32_t pool) const {
  return pools[pool].shape == kNoId ? 0 : trees[pools[pool].shape].at(pools[pool].position);
}

/// From the first known free space on every pool has a weight.
void MatcherState::start_weighing() {
  if (weighing) return;
  weighing = true;
  trees.resize(shapes.size());
  for (std::size_t shape = 0; shape < shapes.size(); ++shape) {
    for (std::size_t i = 0; i < shapes[shape].members.size(); ++i) trees[shape].push_back(kUnmeasured);
  }
}

void MatcherState::weigh_entered(std::uint32_t shape, std::uint64_t weight) {
  if (!weighing) return;
  if (trees.size() < shapes.size()) trees.resize(shapes.size());
  trees[shape].push_back(weight == 0 ? kUnmeasured : weight);
}

void MatcherState::weigh_left(std::uint32_t shape, std::uint32_t position) {
  if (weighing) trees[shape].remove(position);
}

void MatcherState::sync_weights(const Class& entry) {
  const std::uint64_t now = (std::uint64_t{layout} << 32) | weights_version;
  if (answer_weights.size() < answers.size()) answer_weights.resize(answers.size());
  Weights& sums = answer_weights[entry.answer];
  if (sums.as_of != now) {
    sums.as_of = now;
    sums.totals = {0, 0};
    sums.before.resize(word_protocol.size());
    const std::uint64_t* cells_here = cells_of(entry.answer);
    for (std::size_t word = 0; word < word_protocol.size(); ++word) {
      std::uint64_t& total = sums.totals[word_protocol[word] == Protocol::file ? 0 : 1];
      sums.before[word] = total;
      for (std::uint64_t bits = cells_here[word]; bits != 0; bits &= bits - 1)
        total += trees[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))].total();
    }
  }
  if (entry.extras == kNoId) return;
  if (extra_weights.size() < extras.size()) extra_weights.resize(extras.size());
  Weights& more = extra_weights[entry.extras];
  if (more.as_of == now) return;
  more.as_of = now;
  more.totals = {0, 0};
  const Extras& listed = extras[entry.extras];
  more.before.resize(listed.pools.size());
  for (std::size_t i = 0; i < listed.pools.size(); ++i) {
    std::uint64_t& total = more.totals[i < listed.file_count ? 0 : 1];
    more.before[i] = total;
    total += weight_of(listed.pools[i]);
  }
}

std::uint64_t MatcherState::weight_total(const Class& entry, std::optional<Protocol> protocol) const {
  std::uint64_t total = 0;
  for (const std::size_t side : {0, 1}) {
    if (protocol && (*protocol == Protocol::file) != (side == 0)) continue;
    total += answer_weights[entry.answer].totals[side];
    if (entry.extras != kNoId) total += extra_weights[entry.extras].totals[side];
  }
  return total;
}

std::uint32_t MatcherState::pool_by_weight(const Class& entry, std::optional<Protocol> protocol,
                                           std::uint64_t rest) const {
  const Weights& sums = answer_weights[entry.answer];
  for (const std::size_t side : {0, 1}) {
    if (protocol && (*protocol == Protocol::file) != (side == 0)) continue;
    if (rest < sums.totals[side]) {
      const auto& words = words_of[side];
      const auto after =
          std::ranges::partition_point(words, [&](std::uint32_t word) { return sums.before[word] <= rest; });
      const std::uint32_t word = *(after - 1);
      rest -= sums.before[word];
      for (std::uint64_t bits = cells_of(entry.answer)[word];; bits &= bits - 1) {
        const std::uint32_t shape = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
        const std::uint64_t weight = trees[shape].total();
        if (rest < weight) return shapes[shape].members[trees[shape].find(rest)];
        rest -= weight;
      }
    }
    rest -= sums.totals[side];
    if (entry.extras == kNoId) continue;
    const Extras& listed = extras[entry.extras];
    const Weights& more = extra_weights[entry.extras];
    if (rest < more.totals[side]) {
      const auto start = more.before.begin() + (side == 0 ? 0 : listed.file_count);
      const auto end = side == 0 ? more.before.begin() + listed.file_count : more.before.end();
      const auto after = std::upper_bound(start, end, rest);
      return listed.pools[static_cast<std::size_t>(after - more.before.begin()) - 1];
    }
    rest -= more.totals[side];
  }
  return kNoId;
}

void Matcher::set_free(const std::string& backend, const std::map<std::string, std::uint64_t>& bytes) {
  MatcherState& s = *state_;
  const auto found = s.backends.find(s.names.find(backend));
  if (found == s.backends.end()) return;
  s.start_weighing();
  ++s.version;
  ++s.weights_version;
  for (const std::uint32_t id : found->second.pools) {
    const auto free = bytes.find(std::string(s.names.name(s.pools[id].name)));
    const std::uint64_t weight = free == bytes.end() ? kUnmeasured : std::min(free->second / kUnit + 1, kMost);
    s.trees[s.pools[id].shape].set(s.pools[id].position, weight);
  }
}

std::uint64_t Matcher::weight(const std::string& storage_class, std::optional<Protocol> protocol) const {
  const std::uint32_t id = state_->find_class(storage_class);
  if (id == kNoId || !state_->weighing) return 0;
  state_->sync(state_->classes[id]);
  state_->sync_weights(state_->classes[id]);
  return state_->weight_total(state_->classes[id], protocol);
}

PoolRef Matcher::pool_at_weight(const std::string& storage_class, std::optional<Protocol> protocol,
                                std::uint64_t rest) const {
  return {state_.get(), state_->pool_by_weight(state_->classes[state_->find_class(storage_class)], protocol, rest)};
}

}  // namespace provisioner
