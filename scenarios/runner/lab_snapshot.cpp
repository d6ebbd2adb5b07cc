#include "scenarios/runner/lab_snapshot.h"

#include "k8s-fake/server.h"
#include "scenarios/runner/world.h"

namespace scenario {

namespace {

constexpr std::string_view kDefinitions = "apiextensions.k8s.io";

Json snapshot_status(const char* phase, std::string message) {
  return {{"phase", phase}, {"message", std::move(message)}, {"output", ""}};
}

/// What scenarios do to the lab, and the array as it is shown, are not the cluster's own state.
bool is_saved(const k8s_fake::Resource& resource) { return !resource.group.ends_with(".drydock.dev"); }

/// What was made since goes.
void remove_new(k8s_fake::Store& store, const k8s_fake::Resource& resource, const k8s_fake::Objects& saved) {
  std::vector<k8s_fake::ObjectKey> gone;
  for (const auto& [key, object] : store.objects(resource))
    if (!saved.contains(key)) gone.push_back(key);
  for (const auto& [ns, name] : gone) store.remove(resource, ns, name);
}

/// What was changed or deleted since comes back, with its uid and a new resourceVersion.
void put_back(k8s_fake::Store& store, const k8s_fake::Resource& resource, const k8s_fake::Objects& saved) {
  for (const auto& [key, object] : saved) {
    const k8s_fake::ObjectPtr now = store.find(resource, key.first, key.second);
    if (now && now->tail == object->tail) continue;
    Json json = object->json();
    store.put(resource, json);
  }
}

}  // namespace

Json Snapshots::run(const Json& object) {
  const std::string name = object["metadata"].value("name", "");
  const Json spec = object.value("spec", Json::object());
  for (const auto& entry : spec.items())
    if (entry.key() != "restore") return snapshot_status("Failed", "unknown key " + entry.key() + ": restore is known");
  if (!spec.contains("restore")) return save(name);
  if (!spec["restore"].is_string() || !saved_.contains(spec["restore"].get<std::string>()))
    return snapshot_status("Failed", "no snapshot " + spec["restore"].dump() + " was taken");
  if (world_.add_backend && !world_.save_product)
    return snapshot_status("Failed", "over the wire the provisioner beside the cluster cannot be put back");
  // Not from inside the call that asked for it: the API is in the middle of answering.
  world_.later("snapshot " + name, base::Duration{0}, [this, name, from = spec["restore"].get<std::string>()] {
    const auto found = saved_.find(from);
    if (found != saved_.end()) restore(found->second);
    const Json status = found != saved_.end() ? snapshot_status("Done", "restored " + from)
                                              : snapshot_status("Failed", from + " has gone");
    world_.journal().add("lab Snapshot " + name + " " + status.value("message", ""));
    (void)world_.kube_internal("PATCH", "/apis/lab.drydock.dev/v1/snapshots/" + name + "/status", {{"status", status}});
  });
  return snapshot_status("Pending", "");
}

void Snapshots::forget(const Json& object) { saved_.erase(object["metadata"].value("name", "")); }

Json Snapshots::save(const std::string& name) {
  Saved saved{world_.array().cluster(), {}, world_.save_product ? world_.save_product() : nullptr};
  std::size_t count = 0;
  k8s_fake::Server& server = world_.cluster().server();
  for (const auto& resource : server.kinds.resources()) {
    if (!is_saved(*resource)) continue;
    k8s_fake::Objects& objects = saved.objects[{resource->group, resource->plural}];
    objects = server.store.objects(*resource);
    count += objects.size();
  }
  saved_.insert_or_assign(name, std::move(saved));
  return snapshot_status("Done", std::to_string(count) + " objects");
}

void Snapshots::restore(const Saved& saved) {
  if (saved.product) saved.product();
  ontap_sim::model::Cluster& array = world_.array().cluster();
  array = saved.array;
  if (world_.array().state() != nullptr) (void)world_.array().state()->save_all(array);
  k8s_fake::Server& server = world_.cluster().server();
  const auto saved_of = [&](const k8s_fake::Resource& resource) -> const k8s_fake::Objects& {
    static const k8s_fake::Objects kNone;
    const auto found = saved.objects.find({resource.group, resource.plural});
    return found != saved.objects.end() ? found->second : kNone;
  };
  const auto each = [&](bool definitions,
                        void (*change)(k8s_fake::Store&, const k8s_fake::Resource&, const k8s_fake::Objects&)) {
    std::vector<const k8s_fake::Resource*> resources;  // definitions add and remove kinds
    for (const auto& resource : server.kinds.resources())
      if (is_saved(*resource) && (resource->group == kDefinitions) == definitions) resources.push_back(resource.get());
    for (const k8s_fake::Resource* resource : resources) change(server.store, *resource, saved_of(*resource));
  };
  each(false, remove_new);
  each(true, remove_new);
  each(true, put_back);
  each(false, put_back);
  server.token_cache.clear();
}

}  // namespace scenario
