#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/status.h"

/// The kinds table. A `Resource` is what is stored; an `Endpoint` is one group-version under which it is served, so
/// extensions/v1beta1 and apps/v1 deployments are two endpoints of one resource. Discovery, paths, lists, columns,
/// defaulting and validation all read these rows; CRDs add rows while the server runs.
/// Source: kubernetes.md section 4 and appendix A.
namespace k8s_fake {

struct Server;
struct Call;
struct CustomKind;

enum Verb : unsigned {
  kVerbCreate = 1,
  kVerbDelete = 2,
  kVerbDeleteCollection = 4,
  kVerbGet = 8,
  kVerbList = 16,
  kVerbPatch = 32,
  kVerbUpdate = 64,
  kVerbWatch = 128,
  kVerbsAll = 255,
};
/// Sorted names, as discovery lists them.
std::vector<std::string> verb_names(unsigned verbs);

enum class Operation { create, update, remove };

/// One write on its way to the store. `object` may be changed by admission; `old` is null on create.
struct Write {
  Call& call;
  Operation operation = Operation::create;
  Json& object;
  const Json* old = nullptr;
  std::string subresource;
};

struct Column {
  std::string name;
  std::string type = "string";
  int priority = 0;
  std::string json_path;  // custom resources only
};

enum class NameRule { subdomain, label, label_1035, path_segment, any };

struct Subresource {
  std::string name;
  std::string kind;
  std::string group_version;  // of its kind, when it lives elsewhere
  unsigned verbs = kVerbGet | kVerbPatch | kVerbUpdate;
  bool hidden = false;  // newer than the configured version
};

struct Resource {
  std::string group;  // of the storage version
  std::string plural;
  std::string singular;
  std::string kind;
  bool namespaced = false;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  unsigned verbs = kVerbsAll;
  std::vector<Subresource> subresources;
  NameRule names = NameRule::subdomain;
  bool tracks_generation = false;
  bool create_on_update = false;
  bool deletion_returns_object = false;
  bool needs_resource_version = false;  // PUT without one is refused
  std::vector<std::string> selectable;  // field selector paths beyond metadata.name and metadata.namespace

  void (*set_defaults)(Json& object) = nullptr;
  void (*validate)(const Json& object, const Json* old, FieldErrors& errors) = nullptr;
  /// Mutating admission and whatever needs the rest of the state; runs before validation.
  std::optional<ApiStatus> (*admit)(Write& write) = nullptr;
  /// For kinds that are answered and never stored (reviews, bindings).
  ApiResult<Json> (*answer)(Call& call, Json body) = nullptr;

  std::shared_ptr<CustomKind> custom;  // set for kinds made by a CRD
  std::size_t id = 0;

  bool has_status() const { return find_subresource("status") != nullptr; }
  const Subresource* find_subresource(std::string_view name) const;
  GroupResource name_of() const { return {group, plural}; }
};

struct Endpoint {
  std::string group{};
  std::string version{};
  Resource* resource = nullptr;
  bool legacy = false;
  bool hidden = false;  // served to those who know it, but newer than the configured version: not in discovery
  int deprecated = 0;   // the minor releases that deprecated and removed it, for the Warning header
  int removed = 0;
  std::string replacement{};
  /// Shape changes beyond apiVersion; null where the shapes agree.
  void (*from_storage)(Json& object) = nullptr;
  void (*to_storage)(Json& object) = nullptr;
  std::string as_plural{};  // when it is served under other names than its resource's
  std::string as_kind{};

  const std::string& plural() const { return as_plural.empty() ? resource->plural : as_plural; }
  std::string group_version() const { return group.empty() ? version : group + "/" + version; }
  std::string head() const { return head_of(kind(), group_version()); }
  const std::string& kind() const { return as_kind.empty() ? resource->kind : as_kind; }
};

class Kinds {
 public:
  /// `legacy`: also the old group-versions; `openshift`: that profile's kinds too.
  struct Profile {
    bool legacy = true;
    bool openshift = false;
    bool metrics = false;
    int minor = 35;
  };
  explicit Kinds(Profile profile);

  const Endpoint* find(std::string_view group, std::string_view version, std::string_view plural) const;
  bool has_group(std::string_view group) const;
  bool has_group_version(std::string_view group, std::string_view version) const;
  /// Every endpoint in discovery order: groups by priority, preferred version first.
  const std::vector<std::unique_ptr<Endpoint>>& endpoints() const { return endpoints_; }
  const std::vector<std::unique_ptr<Resource>>& resources() const { return resources_; }
  Resource* resource(std::string_view group, std::string_view plural) const;
  /// The endpoint of a kind, for bodies that name only their kind.
  const Endpoint* find_kind(std::string_view group, std::string_view version, std::string_view kind) const;
  /// The first endpoint that serves the resource.
  const Endpoint* preferred(const Resource& resource) const;
  /// Groups in discovery order.
  std::vector<std::string> groups() const;
  std::vector<std::string> versions(std::string_view group) const;

  Resource& add(Resource row);
  Endpoint& serve(Endpoint row);
  /// Takes a custom resource's endpoints away; the Resource itself stays (history may name it).
  void remove_endpoints(const Resource& resource);
  /// Rises on every change; part of discovery's ETag.
  std::uint64_t generation() const { return generation_; }

 private:
  std::vector<std::unique_ptr<Resource>> resources_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::vector<std::unique_ptr<Endpoint>> retired_;  // watchers may still point at them
  std::map<std::string, const Endpoint*, std::less<>> by_path_;
  std::uint64_t generation_ = 1;
};

/// Attach the behaviour of each family to its rows; called by the constructor of Kinds.
void add_core_behaviour(Kinds& kinds);
void add_pod_behaviour(Kinds& kinds);
void add_storage_behaviour(Kinds& kinds);
void add_workload_behaviour(Kinds& kinds);
void add_rbac_behaviour(Kinds& kinds);
void add_review_behaviour(Kinds& kinds);
void add_crd_behaviour(Kinds& kinds);
void add_webhook_behaviour(Kinds& kinds);
void add_limit_behaviour(Kinds& kinds);
void add_openshift(Kinds& kinds);

}  // namespace k8s_fake
