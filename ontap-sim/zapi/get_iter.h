#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ontap-sim/zapi/call.h"
#include "provisioner/base/text.h"

/// Everything that is the same in all `*-get-iter` calls: the query language, desired-attributes, key fields, paging.
/// A family supplies a walk over its objects in key order and a function that writes one object as a record.
/// A query that names a key literally or by prefix is turned into a look-up, so a get by name costs O(log n) and a page
/// costs its own size. Tags are stateless cursors: "continue after this key". Source: sections 3.3 to 3.5 and 3.7 of
/// the array's specification.
namespace ontap_sim::zapi {

using Key = std::vector<std::string>;

/// The record of one family and the paths of its keys, outermost first.
struct RecordShape {
  const char* type = "";
  std::vector<std::string_view> keys{};
  int default_max = 20;
};

/// Writes the leaves of one record, leaving out what neither the query nor the caller wants.
class Out {
 public:
  Out(pugi::xml_node record, pugi::xml_node desired, pugi::xml_node query, pugi::xml_node keys);
  /// Opens a structure; false when nothing below it is wanted, and then there is no close().
  bool open(const char* name);
  void close();
  bool wants(const char* name) const;
  void text(const char* name, std::string_view value);
  void text_if(const char* name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void integer(const char* name, std::int64_t value);
  void flag(const char* name, bool value) { text(name, value ? "true" : "false"); }
  void time(const char* name, model::TimePoint value) { integer(name, model::epoch_seconds(value)); }
  /// <name><child>…</child>…</name>; nothing when the list is empty.
  template <class Range>
  void list(const char* name, const char* child, const Range& values) {
    if (std::empty(values) || !wants(name)) return;
    pugi::xml_node node = levels_.back().record.append_child(name);
    for (const auto& value : values) append_text(node, child, value);
  }
  /// The record's node at this level, for what the other functions cannot say.
  pugi::xml_node here() const { return levels_.back().record; }
  /// Children of a list of structures: each is written whole.
  pugi::xml_node child_list(const char* name) {
    return wants(name) ? levels_.back().record.append_child(name) : pugi::xml_node();
  }

 private:
  struct Level {
    pugi::xml_node record, desired, query, keys;
    bool all = false;
  };
  std::vector<Level> levels_;
};

/// True if every leaf of `query` is satisfied by some element at the same path in `record`. Empty leaves and structures
/// ask nothing; leaves that the type does not have are ignored.
bool matches(pugi::xml_node query, pugi::xml_node record);
/// One leaf: * wildcards, a|b, !x, x..y, < > <= >=, "literal". `name` decides about upper and lower case.
bool text_matches(std::string_view pattern, std::string_view value, std::string_view name);

class Iteration {
 public:
  /// Reads query, desired-attributes, tag and max-records. Errors: 13115 for a tag that is none.
  static model::Result<std::unique_ptr<Iteration>> open(Call& call, const RecordShape& shape);
  /// For a *-get with a fixed key: one record into <attributes>.
  static std::unique_ptr<Iteration> single(Call& call, const RecordShape& shape);
  /// For *-modify-iter and *-destroy-iter: remembers the keys of what matches and writes nothing.
  static model::Result<std::unique_ptr<Iteration>> collect(Call& call, const RecordShape& shape);

  /// Offers one object. False: the page is full, stop walking.
  template <class Write>
  bool row(const Key& key, Write&& write) {
    if (full_) return false;
    if (!after_.empty() && !less(after_, key)) return true;
    if (!keys_may_match(key)) return true;
    pugi::xml_node record = begin_record();
    Out out(record, desired_, query_, key_doc_.first_child());
    write(out);
    return end_record(record, key);
  }

  /// Walks a sorted map from where this page begins; `level` says which key the map's keys are, `at_cursor` whether the
  /// outer keys equal the cursor's. `visit(key, value, at_cursor)` returns false to stop.
  template <class Map, class Visit>
  bool each(Map& map, std::size_t level, bool at_cursor, Visit&& visit) {
    using MapKey = typename std::remove_const_t<Map>::key_type;
    if constexpr (std::same_as<MapKey, std::string>) {
      const Hint& hint = hints_[level];
      std::string from = hint.prefix;
      const bool resume = at_cursor && level < after_.size();
      if (resume && after_[level] > from) from = after_[level];
      for (auto at = map.lower_bound(from); at != map.end(); ++at) {
        if (!std::string_view(at->first).starts_with(hint.prefix)) break;
        if (hint.literal && at->first != hint.prefix) break;
        if (!visit(at->first, at->second, resume && at->first == after_[level])) return false;
        if (hint.literal) break;
      }
    } else {
      for (auto& [key, value] : map) {
        if (!visit(key, value, at_cursor)) return false;
      }
    }
    return true;
  }

  /// The SVMs that this call may see, in order; `visit(svm, at_cursor)`. Key `level` is the SVM's name.
  template <class Visit>
  bool each_svm(std::size_t level, Visit&& visit) {
    if (call_.scope_svm != nullptr) {
      const bool resume = level < after_.size() && call_.scope_svm->name == after_[level];
      if (level == 0 && level < after_.size() && call_.scope_svm->name < after_[level]) return true;
      return visit(*call_.scope_svm, resume);
    }
    return each(call_.cluster.svms, level, true,
                [&](const std::string&, model::Svm& svm, bool at_cursor) { return visit(svm, at_cursor); });
  }

  /// The literal that the query demands for a key, if it does.
  std::optional<std::string> literal(std::size_t level) const {
    if (level >= hints_.size() || !hints_[level].literal) return std::nullopt;
    return hints_[level].prefix;
  }
  /// The query's leaf at a path ("volume-id-attributes/name"), "" if there is none.
  std::string query_text(std::string_view path) const { return path_text(query_, path); }

  /// next-tag and num-records; the list element is left out when nothing matched.
  Status finish();
  /// For single(): 15661 when no record came.
  Status finish_single();
  std::size_t count() const { return count_; }
  const std::vector<Key>& collected() const { return collected_; }
  pugi::xml_node query() const { return query_; }
  bool more() const { return full_; }

 private:
  struct Hint {
    std::string prefix{};
    bool literal = false;
  };
  enum class Mode { list, single, collect };
  Iteration(Call& call, const RecordShape& shape, Mode mode);
  static bool less(const Key& a, const Key& b);
  bool keys_may_match(const Key& key) const;
  pugi::xml_node begin_record();
  bool end_record(pugi::xml_node record, const Key& key);
  void read_hints();

  Call& call_;
  const RecordShape& shape_;
  Mode mode_;
  pugi::xml_node query_;
  pugi::xml_node desired_;
  pugi::xml_node list_;
  pugi::xml_document key_doc_;
  pugi::xml_document scratch_;
  std::vector<Hint> hints_;
  Key after_;
  Key last_;
  std::vector<Key> collected_;
  std::size_t count_ = 0;
  std::size_t max_ = 20;
  bool full_ = false;
};

/// The cursor of a page as text and back. The safe form uses A-Z a-z 0-9 _ . - only; the realistic one is ONTAP's XML
/// fragment.
std::string encode_tag(std::string_view api, const Key& key, bool realistic);
std::optional<Key> decode_tag(std::string_view api, std::string_view tag, std::size_t keys);

/// The common part of *-modify-iter, *-destroy-iter and *-delete-iter: `apply` for each collected key, counters and
/// lists. `info` is the type of the list entries, `key_element` the element that carries the key inside them.
struct MassChange {
  const char* info = "";
  const char* key_element = "";
};
template <class Apply>
Status change_each(Call& call, const RecordShape& shape, const Iteration& found, const MassChange& names,
                   Apply&& apply);

/// Writes the key fields of one object as <type>…</type> below `parent`.
void write_key(pugi::xml_node parent, const RecordShape& shape, const Key& key);

struct MassResult {
  std::vector<Key> succeeded{};
  std::vector<std::pair<Key, ModelError>> failed{};
};
Status write_mass_result(Call& call, const RecordShape& shape, const Iteration& found, const MassChange& names,
                         const MassResult& result);

template <class Apply>
Status change_each(Call& call, const RecordShape& shape, const Iteration& found, const MassChange& names,
                   Apply&& apply) {
  MassResult result;
  const bool go_on = call.flag("continue-on-failure");
  const std::int64_t failures_max = call.integer("max-failure-count").value_or(INT64_MAX);
  for (const Key& key : found.collected()) {
    Status done = apply(key);
    if (done) {
      result.succeeded.push_back(key);
      continue;
    }
    result.failed.emplace_back(key, done.error());
    if (!go_on || static_cast<std::int64_t>(result.failed.size()) >= failures_max) break;
  }
  return write_mass_result(call, shape, found, names, result);
}

}  // namespace ontap_sim::zapi
