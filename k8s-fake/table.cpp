#include "k8s-fake/table.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/cells.h"
#include "k8s-fake/crd.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct Shown {
  Column column;
  std::size_t index = 0;  // of its cell
};

bool in_release(const std::string& range, int minor) {
  if (range.empty()) return true;
  if (range.front() == '-') return minor <= std::atoi(range.c_str() + 3);
  return minor >= std::atoi(range.c_str() + 2);
}

std::vector<Shown> parse_columns(const char* text, int minor) {
  std::vector<Shown> out;
  std::size_t index = 0;
  for (const auto& part : split_text(text, '|')) {
    std::string name(base::trim(part));
    std::string range;
    if (const auto brace = name.find('{'); brace != std::string::npos) {
      range = name.substr(brace + 1, name.find('}') - brace - 1);
      name.resize(brace);
    }
    Shown shown;
    shown.index = index++;
    if (!name.empty() && name.back() == '*') {
      shown.column.priority = 1;
      name.pop_back();
    }
    if (const auto colon = name.find(':'); colon != std::string::npos) {
      shown.column.type = name.substr(colon + 1);
      name.resize(colon);
    }
    shown.column.name = name;
    if (in_release(range, minor)) out.push_back(shown);
  }
  return out;
}

std::string key_of(const Endpoint& endpoint) {
  if (endpoint.group == "project.openshift.io") return "projects.project.openshift.io";
  const Resource& resource = *endpoint.resource;
  return resource.group.empty() ? resource.plural : resource.plural + "." + resource.group;
}

const TableKind* kind_of(const Endpoint& endpoint) {
  const auto found = table_kinds().find(key_of(endpoint));
  return found == table_kinds().end() ? nullptr : &found->second;
}

const std::vector<Column> kPlain = {{"Name", "string", 0, ".metadata.name"},
                                    {"Age", "date", 0, ".metadata.creationTimestamp"}};

std::vector<Column> custom_columns(const Endpoint& endpoint) {
  if (endpoint.resource->custom == nullptr) return kPlain;
  std::vector<Column> out = printer_columns(*endpoint.resource->custom, endpoint.version);
  if (out.empty()) return kPlain;
  out.insert(out.begin(), kPlain.front());
  return out;
}

/// A cell by JSON path, converted as the column's type wants.
Json path_cell(const Server& server, const Json& object, const Column& column) {
  const Json found = json_path(object, column.json_path);
  if (found.is_null())
    return column.name == "Age" && column.type == "date" && column.json_path == ".metadata.creationTimestamp"
               ? Json("<unknown>")
               : Json(nullptr);
  if (column.type == "date") return found.is_string() ? Json(human_age(server, found.get<std::string>())) : Json("");
  if (column.type == "integer") return found.is_number() ? Json(found.get<std::int64_t>()) : Json("");
  if (column.type == "number") return found.is_number() ? found : Json("");
  if (column.type == "boolean") return found.is_boolean() ? found : Json("");
  return found.is_string() ? found : Json(dump(found));
}

Json definition(const Column& column) {
  return {{"name", column.name},
          {"type", column.type},
          {"format", column.name == "Name" ? "name" : ""},
          {"description", ""},
          {"priority", column.priority}};
}

Json cells_of(const Server& server, const Endpoint& endpoint, const Json& object) {
  Json out = Json::array();
  const TableKind* kind = kind_of(endpoint);
  if (kind == nullptr) {
    for (const auto& column : custom_columns(endpoint)) out.push_back(path_cell(server, object, column));
    return out;
  }
  const RowInput input{server, object, human_age(server, text_at(object, {"metadata", "creationTimestamp"})),
                       server.version.minor < 20};
  const Json all = kind->cells(input);
  for (const auto& shown : parse_columns(kind->columns, server.version.minor))
    out.push_back(shown.index < all.size() ? all[shown.index] : Json(""));
  return out;
}

Json row_conditions(const Endpoint& endpoint, const Json& object) {
  if (endpoint.resource->plural != "pods" || !endpoint.resource->group.empty()) return nullptr;
  const std::string phase = text_at(object, {"status", "phase"});
  if (phase == "Succeeded") {
    return Json::array({Json{{"type", "Completed"},
                             {"status", "True"},
                             {"reason", "Succeeded"},
                             {"message", "The pod has completed successfully."}}});
  }
  if (phase == "Failed")
    return Json::array(
        {Json{{"type", "Completed"}, {"status", "True"}, {"reason", "Failed"}, {"message", "The pod failed."}}});
  return nullptr;
}

}  // namespace

Json column_definitions(const Server& server, const Endpoint& endpoint) {
  Json out = Json::array();
  if (const TableKind* kind = kind_of(endpoint)) {
    for (const auto& shown : parse_columns(kind->columns, server.version.minor))
      out.push_back(definition(shown.column));
  } else {
    for (const auto& column : custom_columns(endpoint)) out.push_back(definition(column));
  }
  return out;
}

std::string table_row(const Server& server, const Endpoint& endpoint, const Object& object, const View& view) {
  const Json json = object.json();
  std::string out = "{\"cells\":" + dump(cells_of(server, endpoint, json));
  if (const Json conditions = row_conditions(endpoint, json); !conditions.is_null())
    out += ",\"conditions\":" + dump(conditions);
  out += ",\"object\":";
  if (view.include == View::Include::none) return out + "null}";
  if (view.include == View::Include::object) return out + encode_object(endpoint, object) + "}";
  return out + head_of("PartialObjectMetadata", view.api_version) +
         dump_tail(Json{{"metadata", at(json, "metadata")}}) + "}";
}

}  // namespace k8s_fake
