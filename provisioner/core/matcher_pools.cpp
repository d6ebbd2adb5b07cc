// The half of the matcher that knows pools: what they offer, and which of them are alike.
#include <algorithm>

#include "provisioner/core/matcher_state.h"

namespace provisioner {

namespace {

std::uint64_t hash_of(const Offers& offers) {
  std::uint64_t hash = kHashStart;
  for (const auto& [name, offer] : offers) {
    hash = hash_text(name, hash_number(offer.index(), hash));
    if (const bool* flag = std::get_if<bool>(&offer)) hash = hash_number(*flag ? 1 : 2, hash);
    if (const auto* range = std::get_if<IntRange>(&offer)) {
      hash = hash_number(static_cast<std::uint64_t>(range->max),
                         hash_number(static_cast<std::uint64_t>(range->min), hash));
    }
    if (const auto* list = std::get_if<std::vector<std::string>>(&offer)) {
      for (const std::string& text : *list) hash = hash_number(text.size(), hash_text(text, hash));
    }
    if (const auto* labels = std::get_if<Labels>(&offer)) {
      for (const auto& [key, value] : *labels) hash = hash_number(key.size(), hash_text(value, hash_text(key, hash)));
    }
  }
  return hash;
}

bool offers_match(const Offers& offers, const MatcherState::Request1& request) {
  const auto offer = offers.find(request.attribute);
  return offer != offers.end() && matches(offer->second, request.wanted);
}

}  // namespace

std::uint32_t MatcherState::intern_offers(const Offers& wanted) {
  const std::uint64_t hash = hash_of(wanted);
  const std::uint32_t known = offers_index.find(hash, [&](std::uint32_t id) { return offers[id] == wanted; });
  if (known != kNoId) return known;
  std::uint32_t id = static_cast<std::uint32_t>(offers.size());
  if (free_offers.empty()) {
    offers.push_back(wanted);
    offers_users.push_back(0);
  } else {
    id = free_offers.back();
    free_offers.pop_back();
    offers[id] = wanted;
  }
  offers_index.insert(hash, id, [this](std::uint32_t other) { return hash_of(offers[other]); });
  return id;
}

namespace {
std::uint64_t key_hash(std::uint32_t offer_set, Protocol protocol, const std::vector<std::uint32_t>& rules) {
  std::uint64_t hash = hash_number(offer_set * 2 + (protocol == Protocol::block ? 1 : 0), kHashStart);
  for (const std::uint32_t rule : rules) hash = hash_number(rule, hash);
  return hash;
}
}  // namespace

std::uint64_t MatcherState::shape_hash(std::uint32_t id) const {
  return key_hash(shapes[id].offers, protocol_of(id), shapes[id].rules);
}

std::uint32_t MatcherState::shape_for(std::uint32_t offer_set, Protocol protocol, std::vector<std::uint32_t> rules) {
  const std::uint64_t hash = key_hash(offer_set, protocol, rules);
  const std::uint32_t known = shape_index.find(hash, [&](std::uint32_t id) {
    return shapes[id].offers == offer_set && protocol_of(id) == protocol && shapes[id].rules == rules;
  });
  if (known != kNoId) return known;
  const std::size_t side = protocol == Protocol::file ? 0 : 1;
  auto& free = free_shapes[side];
  if (free.empty()) {  // a new word
    const auto word = static_cast<std::uint32_t>(word_protocol.size());
    word_protocol.push_back(protocol);
    words_of[side].push_back(word);
    shapes.resize(shapes.size() + 64);
    shape_sizes.resize(shapes.size(), 0);
    for (std::uint32_t i = 64; i-- > 0;) free.push_back(word * 64 + i);
    for (Request1& request : requests) request.bits.push_back(0);
    for (auto& bits : rule_bits) bits.push_back(0);
  }
  const std::uint32_t id = free.back();
  free.pop_back();
  shapes[id].offers = offer_set;
  shapes[id].rules = std::move(rules);
  ++offers_users[offer_set];
  for (Request1& request : requests) set_bit(request.bits, id, offers_match(offers[offer_set], request));
  for (auto& bits : rule_bits) set_bit(bits, id, false);
  for (const std::uint32_t rule : shapes[id].rules) set_bit(rule_bits[rule], id, true);
  shape_index.insert(hash, id, [this](std::uint32_t other) { return shape_hash(other); });
  return id;
}

void MatcherState::free_shape(std::uint32_t id) {
  shape_index.erase(shape_hash(id), id);
  const std::uint32_t offer_set = shapes[id].offers;
  if (--offers_users[offer_set] == 0) {
    offers_index.erase(hash_of(offers[offer_set]), offer_set);
    offers[offer_set].clear();
    free_offers.push_back(offer_set);
  }
  shapes[id] = Shape{};
  free_shapes[protocol_of(id) == Protocol::file ? 0 : 1].push_back(id);
}

void MatcherState::enter(std::uint32_t pool, std::uint32_t shape, std::uint64_t weight) {
  pools[pool].shape = shape;
  pools[pool].position = static_cast<std::uint32_t>(shapes[shape].members.size());
  make_room(shapes[shape].members);
  shapes[shape].members.push_back(pool);
  ++shape_sizes[shape];
  weigh_entered(shape, weight);
}

void MatcherState::leave(std::uint32_t pool) {
  const std::uint32_t shape = pools[pool].shape;
  auto& members = shapes[shape].members;
  const std::uint32_t last = members.back();
  members[pools[pool].position] = last;
  pools[last].position = pools[pool].position;
  members.pop_back();
  weigh_left(shape, pools[pool].position);
  if (--shape_sizes[shape] == 0) free_shape(shape);
}

void MatcherState::add_pool(std::uint32_t backend_name, BackendEntry& backend, const PoolInfo& info) {
  std::uint32_t id = static_cast<std::uint32_t>(pools.size());
  if (free_pools.empty()) {
    make_room(pools);
    pools.emplace_back();
  } else {
    id = free_pools.back();
    free_pools.pop_back();
  }
  pools[id].name = names.intern(info.name);
  pools[id].backend = backend_name;
  std::vector<std::uint32_t> rules;
  for (std::uint32_t rule = 0; rule < rule_bits.size(); ++rule) {
    if (patterns.lists(rule, backend_name, pools[id].name, names)) rules.push_back(rule);
  }
  enter(id, shape_for(intern_offers(info.offers), backend.protocol, std::move(rules)));
  backend.pools.push_back(id);
}

void MatcherState::remove_pool(std::uint32_t id) {
  leave(id);
  pools[id] = Pool{};
  free_pools.push_back(id);
}

/// A new list of names may tell pools apart that were alike: their shape is split.
Result<std::uint32_t> MatcherState::rule_for(const PoolLists& lists) {
  const auto rule = patterns.intern(lists);
  if (!rule || *rule < rule_bits.size()) return rule;
  rule_bits.emplace_back(word_protocol.size(), 0);
  ++layout;
  const auto shape_count = static_cast<std::uint32_t>(shapes.size());
  for (std::uint32_t id = 0; id < shape_count; ++id) {
    if (!shapes[id].rules.empty() && shapes[id].rules.back() == *rule) continue;  // made just now
    std::vector<std::uint32_t> listed;
    for (const std::uint32_t pool : shapes[id].members) {
      if (patterns.lists(*rule, pools[pool].backend, pools[pool].name, names)) listed.push_back(pool);
    }
    if (listed.empty()) continue;
    std::vector<std::uint32_t> rules = shapes[id].rules;
    rules.push_back(*rule);
    const std::uint32_t to = shape_for(shapes[id].offers, protocol_of(id), std::move(rules));
    for (const std::uint32_t pool : listed) {
      const std::uint64_t weight = weighing ? weight_of(pool) : 0;
      leave(pool);
      enter(pool, to, weight);
    }
    if (auto& rest = shapes[id].members; rest.size() < rest.capacity() / 2) rest.shrink_to_fit();
  }
  return rule;
}

std::uint32_t MatcherState::find_pool(std::string_view backend, std::string_view pool) const {
  const auto found = backends.find(names.find(backend));
  const std::uint32_t name = names.find(pool);
  if (found == backends.end() || name == kNoId) return kNoId;
  for (const std::uint32_t id : found->second.pools) {
    if (pools[id].name == name) return id;
  }
  return kNoId;
}

}  // namespace provisioner
