#include "k8s-fake/field_table.h"

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/json.h"
#include "k8s-fake/shape.h"
#include "provisioner/base/check.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

extern const char* const kFieldRows;  // made from kubernetes_fields.tsv

namespace {

struct Table {
  std::deque<Message> messages;
  std::map<std::pair<std::string, std::string>, Message*, std::less<>> by_name;
  Message& get(const std::string& api, const std::string& name) {
    Message*& slot = by_name[{api, name}];
    if (slot == nullptr) {
      messages.push_back({api, name, {}});
      slot = &messages.back();
    }
    return *slot;
  }
};

Field::Type scalar_type(std::string_view name) {
  static const std::map<std::string_view, Field::Type> kTypes = {
      {"string", Field::Type::text},       {"int32", Field::Type::integer},
      {"int64", Field::Type::integer},     {"float64", Field::Type::real},
      {"bool", Field::Type::boolean},      {"bytes", Field::Type::bytes},
      {"Quantity", Field::Type::quantity}, {"IntOrString", Field::Type::int_or_string},
      {"Time", Field::Type::time},         {"MicroTime", Field::Type::micro_time},
      {"Duration", Field::Type::duration}, {"RawExtension", Field::Type::raw},
      {"FieldsV1", Field::Type::raw},      {"JSON", Field::Type::raw}};
  if (name.substr(0, 8) == "ItemsMsg") return Field::Type::items;
  const auto found = kTypes.find(name);
  return found == kTypes.end() ? Field::Type::message : found->second;
}

void set_type(Table& table, Field& field, const std::string& api, std::string text) {
  if (text.rfind('*', 0) == 0) {
    field.pointer = true;
    text.erase(0, 1);
  }
  if (text.rfind("[]", 0) == 0) {
    field.many = Field::Many::list;
    text.erase(0, 2);
  } else if (text.rfind("map<string,", 0) == 0) {
    field.many = Field::Many::map;
    text = text.substr(11, text.size() - 12);
  }
  field.type = scalar_type(text);
  std::string base_name = text;
  if (field.type == Field::Type::message) {
    const auto dot = text.rfind('.');
    const std::string home = dot == std::string::npos ? api : text.substr(0, dot);
    base_name = dot == std::string::npos ? text : text.substr(dot + 1);
    field.message = &table.get(home, base_name);
    base_name = "v1." + base_name;
  }
  field.type_name = (field.many == Field::Many::list  ? "[]"
                     : field.many == Field::Many::map ? "map[string]"
                                                      : "") +
                    base_name;
}

void add_row(Table& table, const std::vector<std::string>& cells) {
  Field field;
  field.name = cells[2];
  set_type(table, field, cells[0], cells[3]);
  field.number = static_cast<unsigned>(base::parse_unsigned(cells[4]).value_or(0));
  field.omit = cells[6].find("omit") != std::string::npos;
  field.inlined = cells[6].find("inline") != std::string::npos;
  field.list_type = cells[7];
  if (!cells[8].empty()) field.list_keys = split_text(cells[8], ',');
  field.since = field_since(cells[1], cells[2]);
  const std::string& strategy = cells[9];
  field.retain_keys = strategy.find("retainKeys") != std::string::npos;
  field.patch_merge = strategy.find("merge") != std::string::npos;
  if (const auto slash = strategy.find('/'); slash != std::string::npos) field.patch_key = strategy.substr(slash + 1);
  table.get(cells[0], cells[1]).fields.push_back(std::move(field));
}

const Table& table() {
  static const Table kTable = [] {
    Table out;
    for (const auto line : base::split(kFieldRows, '\n')) {
      if (line.empty() || line.front() == '#') continue;
      auto cells = split_text(line, '\t');
      cells.resize(11);
      add_row(out, cells);
    }
    return out;
  }();
  return kTable;
}

/// Where an old group-version's kinds have the shape of a newer one.
std::string shape_of(std::string_view group_version) {
  static const std::map<std::string_view, const char*> kSame = {
      {"v1", "core/v1"},
      {"apps/v1beta1", "apps/v1"},
      {"apps/v1beta2", "apps/v1"},
      {"batch/v1beta1", "batch/v1"},
      {"rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1"},
      {"rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1"},
      {"authorization.k8s.io/v1beta1", "authorization.k8s.io/v1"},
      {"authentication.k8s.io/v1beta1", "authentication.k8s.io/v1"},
      {"policy/v1beta1", "policy/v1"},
      {"flowcontrol.apiserver.k8s.io/v1beta2", "flowcontrol.apiserver.k8s.io/v1beta1"},
      {"flowcontrol.apiserver.k8s.io/v1beta3", "flowcontrol.apiserver.k8s.io/v1"},
      {"coordination.k8s.io/v1beta1", "coordination.k8s.io/v1"},
      {"scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1"},
      {"events.k8s.io/v1beta1", "events.k8s.io/v1"},
      {"admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1"},
      {"extensions/v1beta1", "apps/v1"},
      {"autoscaling/v2beta2", "autoscaling/v2"},
      {"certificates.k8s.io/v1beta1", "certificates.k8s.io/v1"},
      {"apiregistration.k8s.io/v1beta1", "apiregistration.k8s.io/v1"},
      {"node.k8s.io/v1beta1", "node.k8s.io/v1"}};
  const auto found = kSame.find(group_version);
  return found == kSame.end() ? std::string(group_version) : found->second;
}

}  // namespace

const Field* Message::find(std::string_view wanted) const {
  for (const auto& field : fields) {
    if (field.name == wanted && !field.inlined) return &field;
  }
  for (const auto& field : fields) {
    if (!field.inlined || field.message == nullptr) continue;
    if (const Field* inner = field.message->find(wanted)) return inner;
  }
  return nullptr;
}

const Field* Message::by_number(unsigned wanted) const {
  for (const auto& field : fields)
    if (field.number == wanted) return &field;
  return nullptr;
}

const Message* find_message(std::string_view group_version, std::string_view kind) {
  const auto& all = table().by_name;
  std::string api = shape_of(group_version);
  if (group_version == "extensions/v1beta1" && (kind == "Ingress" || kind == "NetworkPolicy"))
    api = kind == "Ingress" ? "networking.k8s.io/v1beta1" : "networking.k8s.io/v1";
  auto found = all.find(std::pair<std::string, std::string>(api, kind));
  if (found == all.end() && api == "storage.k8s.io/v1beta1")
    found = all.find(std::pair<std::string, std::string>("storage.k8s.io/v1", kind));
  return found == all.end() ? nullptr : found->second;
}

}  // namespace k8s_fake
