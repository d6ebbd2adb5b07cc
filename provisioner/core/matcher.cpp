#include "provisioner/core/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <bit>

#include "provisioner/core/matcher_state.h"

namespace provisioner {

MatchRules rules_for(const StorageClassConfig& config) {
  const bool later = !config.storage_pools.empty() || !config.additional_storage_pools.empty() ||
                     !config.exclude_storage_pools.empty() || !config.selector.empty();
  return later ? MatchRules::v19_01 : MatchRules::v17_10;
}

std::string_view PoolRef::backend() const { return state_->names.name(state_->pools[id_].backend); }
std::string_view PoolRef::pool() const { return state_->names.name(state_->pools[id_].name); }

// ---- Classes and their answers.

namespace {

std::uint64_t request_hash(const std::string& attribute, const Request& wanted) {
  return hash_text(to_text(wanted), hash_number(wanted.index(), hash_text(attribute)));
}

std::uint64_t answer_hash(const MatcherState::Answer& answer, const std::uint32_t* requests) {
  std::uint64_t hash = hash_number(answer.rules == MatchRules::v17_10 ? 1 : 2, kHashStart);
  for (const std::uint32_t part : {answer.storage, answer.additional, answer.exclude, answer.request_count})
    hash = hash_number(part, hash);
  for (std::uint32_t i = 0; i < answer.request_count; ++i) hash = hash_number(requests[i], hash);
  return hash;
}

/// requiredStorage under the later rules is additionalStoragePools with names that mean themselves.
PoolLists additional_lists(const StorageClassConfig& config) {
  PoolLists lists = config.additional_storage_pools;
  for (const auto& [backend, pools] : config.required_storage) {
    auto& patterns = lists[RE2::QuoteMeta(backend)];
    for (const std::string& pool : pools) patterns.push_back("^" + RE2::QuoteMeta(pool) + "$");
  }
  return lists;
}

}  // namespace

std::uint32_t MatcherState::request_for(const std::string& attribute, const Request& wanted) {
  const std::uint64_t hash = request_hash(attribute, wanted);
  const std::uint32_t known = request_index.find(
      hash, [&](std::uint32_t id) { return requests[id].attribute == attribute && requests[id].wanted == wanted; });
  if (known != kNoId) return known;
  const auto id = static_cast<std::uint32_t>(requests.size());
  Request1 request{attribute, wanted, std::vector<std::uint64_t>(word_protocol.size(), 0)};
  // Offers are looked at once per distinct set: shapes of one set share the verdict.
  std::vector<std::uint8_t> verdicts(offers.size(), 2);
  for (std::uint32_t shape = 0; shape < shapes.size(); ++shape) {
    const std::uint32_t set = shapes[shape].offers;
    if (set == kNoId) continue;
    if (verdicts[set] == 2) {
      const auto offer = offers[set].find(attribute);
      verdicts[set] = offer != offers[set].end() && provisioner::matches(offer->second, wanted) ? 1 : 0;
    }
    set_bit(request.bits, shape, verdicts[set] == 1);
  }
  requests.push_back(std::move(request));
  request_index.insert(hash, id, [this](std::uint32_t other) {
    return request_hash(requests[other].attribute, requests[other].wanted);
  });
  return id;
}

std::uint32_t MatcherState::intern_answer(Answer wanted, const std::vector<std::uint32_t>& list) {
  wanted.request_count = static_cast<std::uint32_t>(list.size());
  const std::uint64_t hash = answer_hash(wanted, list.data());
  const std::uint32_t known = answer_index.find(hash, [&](std::uint32_t id) {
    const Answer& other = answers[id];
    return other.rules == wanted.rules && other.storage == wanted.storage && other.additional == wanted.additional &&
           other.exclude == wanted.exclude && other.request_count == wanted.request_count &&
           std::equal(list.begin(), list.end(), request_lists.begin() + other.requests_at);
  });
  if (known != kNoId) return known;
  wanted.requests_at = static_cast<std::uint32_t>(request_lists.size());
  make_room(request_lists, list.size());
  request_lists.insert(request_lists.end(), list.begin(), list.end());
  std::uint32_t id = static_cast<std::uint32_t>(answers.size());
  if (free_answers.empty()) {
    make_room(answers);
    answers.push_back(std::move(wanted));
  } else {
    id = free_answers.back();
    free_answers.pop_back();
    answers[id] = std::move(wanted);
  }
  answer_index.insert(hash, id, [this](std::uint32_t other) {
    return answer_hash(answers[other], request_lists.data() + answers[other].requests_at);
  });
  return id;
}

/// Recomputes the answer for all shapes: a few words of bits per request.
void MatcherState::sync(std::uint32_t id) {
  Answer& answer = answers[id];
  if (answer.layout == layout) return;
  answer.layout = layout;
  if (id < answer_weights.size()) answer_weights[id].as_of = 0;  // the place may have been another answer's
  const std::size_t words = word_protocol.size();
  if (stride != words + (words + 1) / 2) {  // the layout changed with it, so no other answer counts on its cells
    stride = words + (words + 1) / 2;
    cells = {};
  }
  if (cells.size() < answers.size() * stride) {
    make_room(cells, answers.size() * stride - cells.size());
    cells.resize(answers.size() * stride);
  }
  std::uint64_t* own = cells.data() + id * stride;
  std::fill(own, own + stride, 0);
  answer.totals = {0, 0};
  const std::uint32_t* list = request_lists.data() + answer.requests_at;
  const bool later = answer.rules == MatchRules::v19_01;
  const bool nothing = later ? answer.additional != kNoId && answer.request_count == 0 && answer.storage == kNoId
                             : answer.request_count == 0;
  for (std::size_t word = 0; word < words; ++word) {
    std::uint64_t bits = nothing ? 0 : ~std::uint64_t{0};
    for (std::uint32_t i = 0; i < answer.request_count; ++i) bits &= requests[list[i]].bits[word];
    if (answer.storage != kNoId) bits &= rule_bits[answer.storage][word];
    if (answer.additional != kNoId) bits |= rule_bits[answer.additional][word];
    if (answer.exclude != kNoId) bits &= ~rule_bits[answer.exclude][word];
    own[word] = bits;
    std::uint32_t& total = answer.totals[word_protocol[word] == Protocol::file ? 0 : 1];
    own[words + word / 2] |= std::uint64_t{total} << (32 * (word % 2));
    for (; bits != 0; bits &= bits - 1)
      total += shape_sizes[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
  }
}

void MatcherState::sync(Class& entry) {
  sync(entry.answer);
  if (entry.extras == kNoId) return;
  Extras& more = extras[entry.extras];
  if (more.layout == layout) return;
  more.layout = layout;
  if (entry.extras < extra_weights.size()) extra_weights[entry.extras].as_of = 0;
  more.pools.clear();
  for (const auto& [backend, name] : more.wanted) {
    const std::uint32_t pool = find_pool(names.name(backend), names.name(name));
    if (pool != kNoId && !bit(cells_of(entry.answer), pools[pool].shape)) more.pools.push_back(pool);
  }
  const auto block = std::stable_partition(more.pools.begin(), more.pools.end(), [this](std::uint32_t pool) {
    return protocol_of(pools[pool].shape) == Protocol::file;
  });
  more.file_count = static_cast<std::uint32_t>(block - more.pools.begin());
}

bool MatcherState::has(const Class& entry, std::uint32_t pool) const {
  if (bit(cells_of(entry.answer), pools[pool].shape)) return true;
  return entry.extras != kNoId &&
         std::ranges::find(extras[entry.extras].pools, pool) != extras[entry.extras].pools.end();
}

std::uint32_t MatcherState::pool_at(const Class& entry, std::optional<Protocol> protocol, std::uint64_t rank) const {
  const Answer& answer = answers[entry.answer];
  for (const std::size_t side : {0, 1}) {
    if (protocol && (*protocol == Protocol::file) != (side == 0)) continue;
    if (rank >= answer.totals[side]) {
      rank -= answer.totals[side];
      continue;
    }
    const auto& words = words_of[side];
    const auto after =
        std::ranges::partition_point(words, [&](std::uint32_t word) { return before(entry.answer, word) <= rank; });
    const std::uint32_t word = *(after - 1);
    rank -= before(entry.answer, word);
    for (std::uint64_t bits = cells_of(entry.answer)[word];; bits &= bits - 1) {
      const std::uint32_t shape = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
      if (rank < shape_sizes[shape]) return shapes[shape].members[rank];
      rank -= shape_sizes[shape];
    }
  }
  const Extras& more = extras[entry.extras];
  return more.pools[(protocol == Protocol::block ? more.file_count : 0) + rank];
}

std::uint32_t MatcherState::find_class(std::string_view name) const {
  const std::uint32_t id = class_names.find(name);
  return id == kNoId || classes[id].answer == kNoId ? kNoId : id;
}

void MatcherState::drop_class(std::uint32_t id) {
  Answer& answer = answers[classes[id].answer];
  if (--answer.users == 0) {
    answer_index.erase(answer_hash(answer, request_lists.data() + answer.requests_at), classes[id].answer);
    answer = Answer{};
    free_answers.push_back(classes[id].answer);
  }
  if (classes[id].extras != kNoId) {
    extras[classes[id].extras] = Extras{};
    free_extras.push_back(classes[id].extras);
  }
  classes[id] = Class{};
}

// ---- The public face.

Matcher::Matcher() : state_(std::make_unique<MatcherState>()) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::put_backend(const std::string& name, Protocol protocol, const std::vector<PoolInfo>& pools) {
  remove_backend(name);
  const std::uint32_t id = state_->names.intern(name);
  MatcherState::BackendEntry& backend = state_->backends[id];
  backend.protocol = protocol;
  backend.pools.reserve(pools.size());
  for (const PoolInfo& pool : pools) state_->add_pool(id, backend, pool);
}

void Matcher::remove_backend(const std::string& name) {
  ++state_->version;
  ++state_->layout;
  const auto backend = state_->backends.find(state_->names.find(name));
  if (backend == state_->backends.end()) return;
  for (const std::uint32_t pool : backend->second.pools) state_->remove_pool(pool);
  state_->backends.erase(backend);
}

Result<void> Matcher::add_class(const StorageClassConfig& config, MatchRules rules) {
  MatcherState& s = *state_;
  std::vector<std::uint32_t> requests;
  if (config.attributes) {
    for (const auto& [name, value] : *config.attributes) {
      const auto request = parse_request(name, value);
      if (!request) return request.error();
      requests.push_back(s.request_for(name, *request));
    }
  }
  if (!config.selector.empty()) {
    const auto terms = parse_selector(config.selector);
    if (!terms) return terms.error();
    for (const LabelTerm& term : *terms) requests.push_back(s.request_for("labels", Request(term)));
  }
  std::ranges::sort(requests);
  requests.erase(std::unique(requests.begin(), requests.end()), requests.end());
  MatcherState::Answer answer;
  answer.rules = rules;
  if (rules == MatchRules::v19_01) {
    const PoolLists additional = additional_lists(config);
    for (const auto& [lists, rule] :
         {std::pair{&config.storage_pools, &answer.storage}, std::pair{&additional, &answer.additional},
          std::pair{&config.exclude_storage_pools, &answer.exclude}}) {
      if (lists->empty()) continue;
      const auto id = s.rule_for(*lists);
      if (!id) return id.error();
      *rule = *id;
    }
  }
  remove_class(config.name);
  const std::uint32_t id = s.class_names.intern(config.name);
  if (id == s.classes.size()) {
    make_room(s.classes);
    s.classes.emplace_back();
  }
  MatcherState::Class& entry = s.classes[id];
  entry.answer = s.intern_answer(std::move(answer), requests);
  ++s.answers[entry.answer].users;
  if (rules == MatchRules::v17_10 && !config.required_storage.empty()) {
    entry.extras = static_cast<std::uint32_t>(s.extras.size());
    if (s.free_extras.empty()) {
      make_room(s.extras);
      s.extras.emplace_back();
    } else {
      entry.extras = s.free_extras.back();
      s.free_extras.pop_back();
    }
    auto& wanted = s.extras[entry.extras].wanted;
    for (const auto& [backend, pools] : config.required_storage) {
      const std::uint32_t backend_name = s.names.intern(backend);
      for (const std::string& pool : pools) wanted.emplace_back(backend_name, s.names.intern(pool));
    }
    std::ranges::sort(wanted);
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  }
  s.sync(entry);
  return {};
}

void Matcher::remove_class(const std::string& name) {
  ++state_->version;
  const std::uint32_t id = state_->find_class(name);
  if (id != kNoId) state_->drop_class(id);
}

bool Matcher::matches(const std::string& storage_class, const std::string& backend, const std::string& pool) const {
  const std::uint32_t id = state_->find_class(storage_class);
  const std::uint32_t found = state_->find_pool(backend, pool);
  if (id == kNoId || found == kNoId) return false;
  state_->sync(state_->classes[id]);
  return state_->has(state_->classes[id], found);
}

void Matcher::for_each(const std::string& storage_class, const std::function<void(PoolRef)>& visit) const {
  const std::uint32_t id = state_->find_class(storage_class);
  if (id == kNoId) return;
  MatcherState::Class& entry = state_->classes[id];
  state_->sync(entry);
  const std::uint64_t* cells = state_->cells_of(entry.answer);
  for (std::size_t word = 0; word < state_->word_protocol.size(); ++word) {
    for (std::uint64_t bits = cells[word]; bits != 0; bits &= bits - 1) {
      for (const std::uint32_t pool :
           state_->shapes[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))].members)
        visit(PoolRef(state_.get(), pool));
    }
  }
  if (entry.extras == kNoId) return;
  for (const std::uint32_t pool : state_->extras[entry.extras].pools) visit(PoolRef(state_.get(), pool));
}

PoolLists Matcher::pools_of(const std::string& storage_class) const {
  PoolLists lists;
  for_each(storage_class, [&](PoolRef pool) { lists[std::string(pool.backend())].emplace_back(pool.pool()); });
  for (auto& [backend, pools] : lists) std::ranges::sort(pools);
  return lists;
}

std::vector<std::string> Matcher::classes_of(const std::string& backend, const std::string& pool) const {
  std::vector<std::string> found;
  const std::uint32_t id = state_->find_pool(backend, pool);
  if (id == kNoId) return found;
  for (std::uint32_t at = 0; at < state_->classes.size(); ++at) {
    MatcherState::Class& entry = state_->classes[at];
    if (entry.answer == kNoId) continue;
    state_->sync(entry);
    if (state_->has(entry, id)) found.emplace_back(state_->class_names.name(at));
  }
  std::ranges::sort(found);
  return found;
}

std::size_t Matcher::count(const std::string& storage_class, std::optional<Protocol> protocol) const {
  base::Rng unused(0);
  return candidates(storage_class, protocol, unused).size();
}

std::uint64_t Matcher::version() const { return state_->version; }

Matcher::Counters Matcher::counters() const {
  return {state_->patterns.compiled, state_->patterns.tested, state_->shape_index.size(), state_->requests.size(),
          state_->answer_index.size()};
}

Matcher::Candidates Matcher::candidates(std::string_view storage_class, std::optional<Protocol> protocol,
                                        base::Rng& rng, Draw draw) const {
  Candidates result;
  const std::uint32_t id = state_->find_class(storage_class);
  if (id == kNoId) return result;
  MatcherState::Class& entry = state_->classes[id];
  state_->sync(entry);
  result.state_ = state_.get();
  result.class_ = id;
  result.protocol_ = protocol;
  const MatcherState::Answer& answer = state_->answers[entry.answer];
  std::uint32_t file = answer.totals[0];
  std::uint32_t block = answer.totals[1];
  if (entry.extras != kNoId) {
    const MatcherState::Extras& more = state_->extras[entry.extras];
    file += more.file_count;
    block += static_cast<std::uint32_t>(more.pools.size()) - more.file_count;
  }
  result.size_ = protocol != Protocol::block ? file : 0;
  result.size_ += protocol != Protocol::file ? block : 0;
  if (result.size_ == 0) return result;
  result.key_ = rng.next();
  result.first_ = static_cast<std::uint64_t>((static_cast<unsigned __int128>(rng.next()) * result.size_) >>
                                             64);  // uneven by one in 2^64 / size
  if (draw == Draw::free_space && state_->weighing) {
    state_->sync_weights(entry);
    result.by_weight_ = true;
    result.rng_ = base::Rng(rng.next());
  }
  return result;
}

namespace {

/// A permutation of [0, size) chosen by `key`: four Feistel rounds on the next power of four, walking past what is too
/// large.
std::uint64_t permuted(std::uint64_t value, std::uint64_t size, std::uint64_t key) {
  const int half = (static_cast<int>(std::bit_width(size - 1)) + 1) / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = value >> half;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      std::uint64_t mixed = (right + key + round * 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
      mixed ^= mixed >> 29;
      const std::uint64_t next = left ^ (((mixed * 0x94d049bb133111ebULL) >> 40) & mask);
      left = right;
      right = next;
    }
    value = (left << half) | right;
  } while (value >= size);
  return value;
}

}  // namespace

bool Matcher::Candidates::is_ahead(std::uint32_t id) const {
  const auto end = ahead_.begin() + ahead_count_;
  return std::find(ahead_.begin(), end, id) != end;
}

/// False when the sixteen are full, or when what is not drawn yet weighs next to nothing.
bool Matcher::Candidates::next_by_weight(std::uint32_t& id) {
  constexpr int kTries = 64;
  const MatcherState::Class& entry = state_->classes[class_];
  const std::uint64_t total = state_->weight_total(entry, protocol_);
  for (int tries = 0; tries < kTries && ahead_count_ < ahead_.size(); ++tries) {
    const auto rest = static_cast<std::uint64_t>((static_cast<unsigned __int128>(rng_.next()) * total) >> 64);
    id = state_->pool_by_weight(entry, protocol_, rest);
    if (is_ahead(id)) continue;
    ahead_[ahead_count_++] = id;
    return true;
  }
  return false;
}

bool Matcher::Candidates::next(PoolRef& pool) {
  if (drawn_ == size_) return false;
  std::uint32_t id = 0;
  if (by_weight_) by_weight_ = next_by_weight(id);
  if (!by_weight_) {
    do {
      std::uint64_t rank = first_;
      if (ranks_ > 0) rank = (permuted(ranks_, size_, key_) + size_ - permuted(0, size_, key_) + first_) % size_;
      ++ranks_;
      id = state_->pool_at(state_->classes[class_], protocol_, rank);
    } while (is_ahead(id));
  }
  ++drawn_;
  pool = PoolRef(state_, id);
  return true;
}

}  // namespace provisioner
