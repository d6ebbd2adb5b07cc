#include "ontap-sim/zapi/get_iter.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "ontap-sim/model/query.h"
#include "ontap-sim/zapi/schema.h"

namespace ontap_sim::zapi {
namespace {

bool childless(pugi::xml_node node) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element) return false;
  }
  return true;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool has_operator(std::string_view text) {
  return text.find_first_of("*|!<>\"") != std::string_view::npos || text.find("..") != std::string_view::npos;
}

bool plain_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

std::string checksum(std::string_view api, std::string_view text) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const std::string_view part : {api, text}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (int shift = 28; shift >= 0; shift -= 4) out += hex[hash >> shift & 15U];
  return out;
}

std::optional<Key> decode_safe_tag(std::string_view api, std::string_view tag) {
  if (tag.size() < 9 || checksum(api, tag.substr(9)) != tag.substr(0, 8) || tag[8] != '.') return std::nullopt;
  Key key(1);
  for (std::size_t i = 9; i < tag.size(); ++i) {
    if (tag[i] != '_') {
      key.back() += tag[i];
    } else if (i + 1 < tag.size() && tag[i + 1] == '-') {
      key.emplace_back();
      ++i;
    } else {
      const auto value = i + 2 < tag.size() ? base::parse_unsigned(tag.substr(i + 1, 3)) : std::nullopt;
      if (!value || *value > 255) return std::nullopt;
      key.back() += static_cast<char>(*value);
      i += 3;
    }
  }
  return key;
}

std::optional<Key> decode_fragment_tag(std::string_view tag) {
  pugi::xml_document doc;
  if (!doc.load_buffer(tag.data(), tag.size(), pugi::parse_default)) return std::nullopt;
  Key key;
  for (const pugi::xml_node child : doc.first_child().children()) key.push_back(leaf_text(child));
  return key;
}

/// Only empty leaves below: no constraint at all.
bool asks_nothing(pugi::xml_node query) {
  if (childless(query)) return leaf_text(query).empty();
  const auto children = query.children();
  return std::all_of(children.begin(), children.end(),
                     [](pugi::xml_node child) { return child.type() != pugi::node_element || asks_nothing(child); });
}

/// Leaves out what the caller did not ask for: it was only there for the query.
void prune(pugi::xml_node record, pugi::xml_node desired, pugi::xml_node keys) {
  for (pugi::xml_node child = record.first_child(); child;) {
    const pugi::xml_node next = child.next_sibling();
    const pugi::xml_node want = desired.child(child.name());
    const pugi::xml_node key = keys.child(child.name());
    if (!want && !key) {
      record.remove_child(child);
    } else if (!(want && childless(want)) && !childless(child)) {
      prune(child, want, key);
      if (childless(child)) record.remove_child(child);
    }
    child = next;
  }
}

}  // namespace

Out::Out(pugi::xml_node record, pugi::xml_node desired, pugi::xml_node query, pugi::xml_node keys) {
  levels_.push_back({record, desired, query, keys, !desired || childless(desired)});
}

bool Out::wants(const char* name) const {
  const Level& level = levels_.back();
  return level.all || level.desired.child(name) || level.query.child(name) || level.keys.child(name);
}

bool Out::open(const char* name) {
  if (!wants(name)) return false;
  Level& level = levels_.back();
  const pugi::xml_node desired = level.desired.child(name);
  const bool all = level.all || (desired && childless(desired));
  Level inner{level.record.append_child(name), desired, level.query.child(name), level.keys.child(name), all};
  levels_.push_back(inner);
  return true;
}

void Out::close() {
  pugi::xml_node record = levels_.back().record;
  levels_.pop_back();
  if (childless(record)) levels_.back().record.remove_child(record);
}

void Out::text(const char* name, std::string_view value) {
  if (wants(name)) append_text(levels_.back().record, name, value);
}

void Out::integer(const char* name, std::int64_t value) {
  if (!wants(name)) return;
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  append_text(levels_.back().record, name, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

bool text_matches(std::string_view pattern, std::string_view value, std::string_view name) {
  return model::query_matches(pattern, value,
                              case_sensitive(name) ? model::QueryCase::name : model::QueryCase::ignored);
}

bool matches(pugi::xml_node query, pugi::xml_node record) {
  for (const pugi::xml_node want : query.children()) {
    if (want.type() != pugi::node_element) continue;
    const bool leaf = childless(want);
    if (leaf && leaf_text(want).empty()) continue;
    if (!record.child(want.name()) && !schema_has(record.name(), want.name())) continue;
    // Several elements of one name are alternatives: enough that one of them holds.
    const auto holds = [&](pugi::xml_node wanted) {
      for (const pugi::xml_node have : record.children(want.name())) {
        if (childless(wanted) ? text_matches(leaf_text(wanted), leaf_text(have), want.name()) : matches(wanted, have))
          return true;
      }
      // A structure that asks nothing is satisfied by absence too.
      return !childless(wanted) && !record.child(want.name()) && asks_nothing(wanted);
    };
    const auto alternatives = query.children(want.name());
    if (!std::any_of(alternatives.begin(), alternatives.end(), holds)) return false;
  }
  return true;
}

Iteration::Iteration(Call& call, const RecordShape& shape, Mode mode) : call_(call), shape_(shape), mode_(mode) {
  query_ = call.in.child("query").child(shape.type);
  desired_ = call.in.child("desired-attributes").child(shape.type);
  if (desired_ && childless(desired_)) desired_ = pugi::xml_node();
  pugi::xml_node keys = key_doc_.append_child(shape.type);
  for (const std::string_view path : shape.keys) {
    pugi::xml_node at = keys;
    for (const std::string_view part : base::split(path, '/')) {
      const std::string name(part);
      const pugi::xml_node have = at.child(name.c_str());
      at = have ? have : at.append_child(name.c_str());
    }
  }
  hints_.resize(shape.keys.size());
  max_ = static_cast<std::size_t>(shape.default_max);
  read_hints();
}

void Iteration::read_hints() {
  for (std::size_t i = 0; i < shape_.keys.size(); ++i) {
    const std::string text = query_text(shape_.keys[i]);
    if (text.empty()) continue;
    const std::string_view name = shape_.keys[i].substr(shape_.keys[i].rfind('/') + 1);
    if (!case_sensitive(name)) continue;
    if (!has_operator(text)) {
      hints_[i] = {text, true};
    } else if (text.find_first_of("|!<>\"") == std::string::npos && text.find("..") == std::string::npos) {
      hints_[i] = {text.substr(0, text.find('*')), false};
    }
  }
}

model::Result<std::unique_ptr<Iteration>> Iteration::open(Call& call, const RecordShape& shape) {
  std::unique_ptr<Iteration> iteration(new Iteration(call, shape, Mode::list));
  if (const auto max = call.integer("max-records")) {
    if (*max < 1) return call.invalid("max-records");
    iteration->max_ = static_cast<std::size_t>(*max);
  }
  if (const auto tag = call.optional_text("tag")) {
    auto key = decode_tag(call.api.name, *tag, shape.keys.size());
    if (!key) return call.invalid("tag");
    iteration->after_ = std::move(*key);
  }
  if (call.cluster.settings.strict_typedefs) {
    for (const pugi::xml_node asked : {iteration->query_, iteration->desired_}) {
      if (const std::string unknown = unknown_field(asked, call.cluster.ontapi_minor); !unknown.empty()) {
        return ModelError{Errno::invalid_input, "Extra input: " + unknown};
      }
    }
  }
  return iteration;
}

std::unique_ptr<Iteration> Iteration::single(Call& call, const RecordShape& shape) {
  std::unique_ptr<Iteration> iteration(new Iteration(call, shape, Mode::single));
  iteration->max_ = 1;
  return iteration;
}

model::Result<std::unique_ptr<Iteration>> Iteration::collect(Call& call, const RecordShape& shape) {
  auto opened = open(call, shape);
  if (!opened) return opened.error();
  (*opened)->mode_ = Mode::collect;
  (*opened)->desired_ = (*opened)->key_doc_.first_child();
  return opened;
}

bool Iteration::less(const Key& a, const Key& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) continue;
    if (all_digits(a[i]) && all_digits(b[i]) && a[i].size() != b[i].size()) return a[i].size() < b[i].size();
    return a[i] < b[i];
  }
  return a.size() < b.size();
}

bool Iteration::keys_may_match(const Key& key) const {
  for (std::size_t i = 0; i < key.size() && i < hints_.size(); ++i) {
    if (hints_[i].literal ? key[i] != hints_[i].prefix : !std::string_view(key[i]).starts_with(hints_[i].prefix))
      return false;
  }
  return true;
}

pugi::xml_node Iteration::begin_record() {
  if (mode_ == Mode::collect) return scratch_.append_child(shape_.type);
  if (!list_) list_ = call_.out.append_child(mode_ == Mode::single ? "attributes" : "attributes-list");
  return list_.append_child(shape_.type);
}

bool Iteration::end_record(pugi::xml_node record, const Key& key) {
  const bool hit = mode_ == Mode::single || matches(query_, record);
  const bool room = count_ < max_;
  if (hit && room && mode_ == Mode::collect) collected_.push_back(key);
  if (!hit || !room || mode_ == Mode::collect) {
    record.parent().remove_child(record);
  } else if (desired_ && query_) {
    prune(record, desired_, key_doc_.first_child());
  }
  if (!hit) return true;
  if (!room) {
    full_ = true;
    return false;
  }
  ++count_;
  last_ = key;
  return true;
}

Status Iteration::finish() {
  if (list_ && count_ == 0) call_.out.remove_child(list_);
  if (full_) call_.put("next-tag", encode_tag(call_.api.name, last_, call_.cluster.settings.realistic_tags));
  if (mode_ == Mode::list) call_.put("num-records", static_cast<std::int64_t>(count_));
  return {};
}

Status Iteration::finish_single() {
  if (count_ == 0) return model::missing_entry();
  return {};
}

std::string encode_tag(std::string_view api, const Key& key, bool realistic) {
  if (realistic) {
    const std::string type = std::string(api) + "-key-td";
    pugi::xml_document doc;
    pugi::xml_node root = doc.append_child(type.c_str());
    for (std::size_t i = 0; i < key.size(); ++i) append_text(root, ("key-" + std::to_string(i)).c_str(), key[i]);
    std::string text = "<" + type + ">";
    for (const pugi::xml_node child : root.children()) {
      text += std::string("<") + child.name() + ">" +
              base::replace_all(base::replace_all(leaf_text(child), "&", "&amp;"), "<", "&lt;") + "</" + child.name() +
              ">";
    }
    return text + "</" + type + ">";
  }
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (i > 0) text += "_-";
    for (const char c : key[i]) {
      if (plain_char(c)) {
        text += c;
        continue;
      }
      std::string number = std::to_string(static_cast<unsigned char>(c));
      number.insert(0, 3 - number.size(), '0');
      text += "_" + number;
    }
  }
  return checksum(api, text) + "." + text;
}

std::optional<Key> decode_tag(std::string_view api, std::string_view tag, std::size_t keys) {
  tag = base::trim(tag);
  auto key = tag.starts_with("<") ? decode_fragment_tag(tag) : decode_safe_tag(api, tag);
  if (!key || key->size() != keys) return std::nullopt;
  return key;
}

void write_key(pugi::xml_node parent, const RecordShape& shape, const Key& key) {
  pugi::xml_node record = parent.append_child(shape.type);
  for (std::size_t i = 0; i < shape.keys.size() && i < key.size(); ++i) {
    pugi::xml_node at = record;
    const auto parts = base::split(shape.keys[i], '/');
    for (std::size_t part = 0; part + 1 < parts.size(); ++part) {
      const std::string name(parts[part]);
      const pugi::xml_node have = at.child(name.c_str());
      at = have ? have : at.append_child(name.c_str());
    }
    append_text(at, std::string(parts.back()).c_str(), key[i]);
  }
}

Status write_mass_result(Call& call, const RecordShape& shape, const Iteration& found, const MassChange& names,
                         const MassResult& result) {
  if (!result.failed.empty() && call.flag("return-failure-list", true)) {
    pugi::xml_node list = call.put("failure-list");
    for (const auto& [key, error] : result.failed) {
      pugi::xml_node info = list.append_child(names.info);
      append_text(info, "error-code", std::to_string(static_cast<int>(error.code)));
      append_text(info, "error-message", error.reason);
      write_key(info.append_child(names.key_element), shape, key);
    }
  }
  if (found.more() && !found.collected().empty()) {
    call.put("next-tag", encode_tag(call.api.name, found.collected().back(), call.cluster.settings.realistic_tags));
  }
  call.put("num-failed", static_cast<std::int64_t>(result.failed.size()));
  call.put("num-succeeded", static_cast<std::int64_t>(result.succeeded.size()));
  if (!result.succeeded.empty() && call.flag("return-success-list", true)) {
    pugi::xml_node list = call.put("success-list");
    for (const Key& key : result.succeeded)
      write_key(list.append_child(names.info).append_child(names.key_element), shape, key);
  }
  return {};
}

}  // namespace ontap_sim::zapi
