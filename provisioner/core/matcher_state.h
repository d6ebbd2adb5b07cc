#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "provisioner/core/matcher.h"
#include "provisioner/core/name_patterns.h"
#include "provisioner/core/name_table.h"
#include "provisioner/core/weight_tree.h"

/// The inside of Matcher: tables that refer to each other by number.
namespace provisioner {

struct MatcherState {
  struct Pool {
    std::uint32_t name = 0;  // in `names`, as the next
    std::uint32_t backend = 0;
    std::uint32_t shape = kNoId;
    std::uint32_t position = 0;  // among the shape's members
  };
  struct BackendEntry {
    Protocol protocol = Protocol::file;
    std::vector<std::uint32_t> pools;
  };
  /// Pools that no class can tell apart. A shape's number is its bit; 64 neighbours share protocol and word.
  struct Shape {
    std::uint32_t offers = kNoId;      // kNoId: not in use
    std::vector<std::uint32_t> rules;  // lists that name its pools, sorted
    std::vector<std::uint32_t> members;
  };
  struct Request1 {
    std::string attribute;
    Request wanted;
    std::vector<std::uint64_t> bits;  // over shapes
  };
  /// What a class asks; which shapes satisfy it as of `layout` is in `cells`.
  struct Answer {
    std::array<std::uint32_t, 2> totals{};
    std::uint32_t requests_at = 0;  // in `request_lists`
    std::uint32_t request_count = 0;
    std::uint32_t storage = kNoId;  // rules
    std::uint32_t additional = kNoId;
    std::uint32_t exclude = kNoId;
    std::uint32_t layout = 0;
    std::uint32_t users = 0;
    MatchRules rules = MatchRules::v17_10;
  };
  /// requiredStorage of 17.10: pools by their exact names, in addition to the answer.
  struct Extras {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> wanted;  // names of backend and pool
    std::vector<std::uint32_t> pools;                             // there and not in the answer: file first, then block
    std::uint32_t file_count = 0;
    std::uint32_t layout = 0;
  };
  /// Sums over an answer's words, or over a list of extras: before each, and in all (file, block).
  struct Weights {
    std::vector<std::uint64_t> before;
    std::array<std::uint64_t, 2> totals{};
    std::uint64_t as_of = 0;
  };
  /// Its number is that of its name in `class_names`.
  struct Class {
    std::uint32_t answer = kNoId;  // kNoId: not in use
    std::uint32_t extras = kNoId;
  };

  // matcher_pools.cpp
  void add_pool(std::uint32_t backend_name, BackendEntry& backend, const PoolInfo& pool);
  void remove_pool(std::uint32_t id);
  std::uint32_t intern_offers(const Offers& wanted);
  std::uint32_t shape_for(std::uint32_t offer_set, Protocol protocol, std::vector<std::uint32_t> rules);
  void free_shape(std::uint32_t id);
  void enter(std::uint32_t pool, std::uint32_t shape, std::uint64_t weight = 0);  // 0: not known
  void leave(std::uint32_t pool);
  Result<std::uint32_t> rule_for(const PoolLists& lists);
  std::uint64_t shape_hash(std::uint32_t id) const;
  Protocol protocol_of(std::uint32_t shape) const { return word_protocol[shape / 64]; }
  std::uint32_t find_pool(std::string_view backend, std::string_view pool) const;

  // matcher.cpp
  std::uint32_t request_for(const std::string& attribute, const Request& wanted);
  std::uint32_t find_class(std::string_view name) const;
  void drop_class(std::uint32_t id);
  std::uint32_t intern_answer(Answer wanted, const std::vector<std::uint32_t>& requests);
  void sync(std::uint32_t answer);
  void sync(Class& entry);
  bool has(const Class& entry, std::uint32_t pool) const;                                               // after sync
  const std::uint64_t* cells_of(std::uint32_t answer) const { return cells.data() + answer * stride; }  // after sync
  std::uint32_t before(std::uint32_t answer, std::size_t word) const {
    return static_cast<std::uint32_t>(cells_of(answer)[word_protocol.size() + word / 2] >> (32 * (word % 2)));
  }
  std::uint32_t pool_at(const Class& entry, std::optional<Protocol> protocol, std::uint64_t rank) const;  // after sync

  // matcher_weights.cpp
  std::uint64_t weight_of(std::uint32_t pool) const;
  void start_weighing();
  void weigh_entered(std::uint32_t shape, std::uint64_t weight);
  void weigh_left(std::uint32_t shape, std::uint32_t position);
  void sync_weights(const Class& entry);  // after sync
  std::uint64_t weight_total(const Class& entry, std::optional<Protocol> protocol) const;
  std::uint32_t pool_by_weight(const Class& entry, std::optional<Protocol> protocol, std::uint64_t rest) const;

  std::vector<Pool> pools;
  std::vector<std::uint32_t> free_pools;
  std::map<std::uint32_t, BackendEntry> backends;  // by the number of the name
  NameTable names;

  std::vector<Offers> offers;
  std::vector<std::uint32_t> offers_users;
  std::vector<std::uint32_t> free_offers;
  IdIndex offers_index;

  std::vector<Shape> shapes;
  std::vector<std::uint32_t> shape_sizes;  // members, side by side for counting
  IdIndex shape_index;
  std::array<std::vector<std::uint32_t>, 2> free_shapes;
  std::vector<Protocol> word_protocol;
  std::array<std::vector<std::uint32_t>, 2> words_of;

  NamePatterns patterns;
  std::vector<std::vector<std::uint64_t>> rule_bits;  // over shapes

  std::vector<Request1> requests;
  IdIndex request_index;
  std::vector<std::uint32_t> request_lists;
  std::vector<Answer> answers;
  std::vector<std::uint32_t> free_answers;
  /// `stride` for each answer: one word of bits per word of shapes, then the number of pools before each word among
  /// those of its protocol, two to a cell.
  std::vector<std::uint64_t> cells;
  std::size_t stride = 0;
  IdIndex answer_index;
  std::vector<Extras> extras;
  std::vector<std::uint32_t> free_extras;
  std::vector<Class> classes;
  NameTable class_names;

  bool weighing = false;          // what follows is empty until then
  std::vector<WeightTree> trees;  // of each shape, over its members
  std::vector<Weights> answer_weights;
  std::vector<Weights> extra_weights;
  std::uint32_t weights_version = 1;

  std::uint64_t version = 0;
  std::uint32_t layout = 1;  // of pools and shapes; 0 is never one
};

inline bool bit(const std::uint64_t* bits, std::uint32_t at) { return ((bits[at / 64] >> (at % 64)) & 1) != 0; }
inline void set_bit(std::vector<std::uint64_t>& bits, std::uint32_t at, bool on) {
  if (on) bits[at / 64] |= std::uint64_t{1} << (at % 64);
  else bits[at / 64] &= ~(std::uint64_t{1} << (at % 64));
}

}  // namespace provisioner
