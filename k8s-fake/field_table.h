#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The fields of every built-in kind, read once from kubernetes_fields.tsv: types, protobuf numbers, how lists merge.
/// A kind that is not in the table (its group is served as stored JSON) has no message.
namespace k8s_fake {

struct Message;

struct Field {
  enum class Type {
    text,
    integer,
    real,
    boolean,
    bytes,
    quantity,
    int_or_string,
    time,
    micro_time,
    duration,
    raw,
    items,
    message,
    unknown
  };
  enum class Many { one, list, map };
  std::string name;
  Type type = Type::text;
  Many many = Many::one;
  bool pointer = false;   // presence is tracked: keep an explicit zero
  bool omit = false;      // absent when empty
  bool inlined = false;   // its members sit in the parent's JSON
  std::string type_name;  // as Go would print it
  const Message* message = nullptr;
  unsigned number = 0;    // protobuf
  std::string list_type;  // atomic, set, map, map:atomic, struct:atomic or ""
  std::vector<std::string> list_keys;
  bool patch_merge = false;
  bool retain_keys = false;
  std::string patch_key;  // "" with patch_merge: a list of scalars
  int since = 0;          // the minor release that brought it
};

struct Message {
  std::string api;
  std::string name;
  std::vector<Field> fields;

  /// A member by JSON name, also inside inlined messages; null when unknown.
  const Field* find(std::string_view name) const;
  const Field* by_number(unsigned number) const;
};

/// The message of a kind, with old group-versions mapped to the shape they share; null when not in the table.
const Message* find_message(std::string_view group_version, std::string_view kind);

}  // namespace k8s_fake
