#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/http/message.h"
#include "scenarios/runner/kube_client.h"

/// What the lab adds to the Kubernetes API: objects of lab.drydock.dev/v1 that do something when they are created or
/// changed (a row in lab_objects.cpp each), and the array's state as read-only objects of ontap.drydock.dev/v1 (a row
/// in array_objects.cpp each). Both groups are CustomResourceDefinitions of the fake, so that discovery, tables and
/// watches are the server's own. An action's outcome is in the object's status: {phase: Done|Failed, message, output}.
/// An object of the array is refreshed before it is read.
namespace scenario {

class World;

struct LabKind {
  std::string_view kind;
  std::string_view plural;
  std::string_view purpose;
  /// Carries the object out; the new status. Called after the API accepted it.
  Json (*run)(World& world, const Json& object);
  /// Called when the object has gone; may be null.
  void (*undo)(World& world, const Json& object);
};
const std::vector<LabKind>& lab_kinds();

struct ArrayColumn {
  std::string_view name, type, path;
};
struct ArrayKind {
  std::string_view kind;
  std::string_view plural;
  std::vector<ArrayColumn> columns;
  /// Name -> status of every such object now.
  std::map<std::string, Json> (*list)(World& world);
};
const std::vector<ArrayKind>& array_kinds();

/// The CustomResourceDefinitions of both groups.
std::vector<Json> lab_definitions();

class LabObjects {
 public:
  explicit LabObjects(World& world) : world_(world) {}
  /// An answer instead of the API's (a write to the array's group), or nothing. Refreshes the array's objects before
  /// they are read.
  std::optional<base::http::Response> before(const base::http::Request& request);
  /// Carries out what was accepted and puts the status into the answer.
  void after(const base::http::Request& request, base::http::Response& response);
  /// Brings the stored objects of the array's kinds up to date.
  void refresh();

 private:
  World& world_;
  std::map<std::string, std::map<std::string, std::string>> shown_;  // plural -> name -> status as text
  std::map<std::string, Json> live_;                                 // lab objects by path, for undo
};

}  // namespace scenario
