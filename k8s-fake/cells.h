#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "k8s-fake/server.h"

/// What the rows of a table hold, by kind. A column's text says its place: "Name | Ready* | Count:integer"; a star
/// means wide output only,
/// "{1.29+}" and "{-1.32}" the releases that have it.
namespace k8s_fake {

struct RowInput {
  const Server& server;
  const Json& object;
  std::string age;
  bool before_1_20 = false;
};
struct TableKind {
  const char* columns;
  /// One cell per column, all releases' columns included, in order.
  Json (*cells)(const RowInput& in);
};
/// By "plural.group" (plural alone for the core group).
const std::map<std::string, TableKind, std::less<>>& table_kinds();
Json pod_cells(const RowInput& in);
std::string join_map(const Json& map);
std::string selector_cell(const Json& selector);

}  // namespace k8s_fake
