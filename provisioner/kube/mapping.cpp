#include "provisioner/kube/mapping.h"

#include <algorithm>
#include <array>

#include "provisioner/base/text.h"
#include "provisioner/core/json.h"
#include "provisioner/kube/quantity.h"

namespace provisioner::kube {

namespace {

const std::string kOurs = "trident.netapp.io/";

std::vector<std::string> texts(const Json* list) {
  std::vector<std::string> out;
  if (!list || !list->is_array()) return out;
  for (const Json& item : *list) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

}  // namespace

std::string annotation(const Json& object, const std::string& name) {
  return text_at(object, {"metadata", "annotations", name.c_str()});
}

std::optional<std::string> claim_class(const Json& claim) {
  const Json* by_annotation = find_at(claim, {"metadata", "annotations", kClassAnnotation});
  if (by_annotation && by_annotation->is_string()) return by_annotation->get<std::string>();
  const Json* field = find_at(claim, {"spec", "storageClassName"});
  if (field && field->is_string()) return field->get<std::string>();
  return std::nullopt;
}

std::string volume_name(const Json& claim) {
  std::string uid = text_at(claim, {"metadata", "uid"});
  std::erase_if(uid, [](char c) { return c == '-' || c == '_' || c == ' ' || c == ','; });
  return text_at(claim, {"metadata", "namespace"}) + "-" + text_at(claim, {"metadata", "name"}) + "-" +
         uid.substr(0, 5);
}

std::string requested_storage(const Json& claim) {
  const Json* storage = find_at(claim, {"spec", "resources", "requests", "storage"});
  if (!storage) return {};
  return storage->is_string() ? storage->get<std::string>() : storage->dump();
}

std::string access_mode(const Json& claim) {
  const std::vector<std::string> modes = texts(find_at(claim, {"spec", "accessModes"}));
  if (modes.empty()) return {};
  return modes.size() > 1 ? "ReadWriteMany" : modes.front();
}

Provisioner claim_provisioner(const Json& claim, const Version& version) {
  if (!at_least(version, 1, 5)) return Provisioner::ours;
  std::string named = annotation(claim, "volume.beta.kubernetes.io/storage-provisioner");
  if (named.empty()) named = annotation(claim, "volume.kubernetes.io/storage-provisioner");
  return named == kProvisioner ? Provisioner::ours : Provisioner::other;
}

ClassExtras class_extras(const Json& storage_class) {
  return {.reclaim_policy = text_at(storage_class, {"reclaimPolicy"}),
          .mount_options = texts(find_at(storage_class, {"mountOptions"})),
          .fs_type = text_at(storage_class, {"parameters", "fsType"})};
}

bool is_default_class(const Json& storage_class) {
  return annotation(storage_class, "storageclass.kubernetes.io/is-default-class") == "true";
}

Result<StorageClassConfig> class_config(const Json& storage_class) {
  StorageClassConfig config;
  config.version = "1";
  config.name = text_at(storage_class, {"metadata", "name"});
  config.attributes.emplace();
  const Json* parameters = find_at(storage_class, {"parameters"});
  if (!parameters || !parameters->is_object()) return config;
  struct PoolList {
    std::string_view key;
    PoolLists& into;
  };
  const std::array<PoolList, 4> lists{{{"requiredStorage", config.required_storage},
                                       {"storagePools", config.storage_pools},
                                       {"additionalStoragePools", config.additional_storage_pools},
                                       {"excludeStoragePools", config.exclude_storage_pools}}};
  for (const auto& [key, value] : parameters->items()) {
    if (!value.is_string()) return Error{ErrorKind::invalid, "the parameter " + key + " is not text"};
    const std::string text = value.get<std::string>();
    const auto list = std::ranges::find(lists, key, &PoolList::key);
    if (list != lists.end()) {
      auto pools = parse_pool_lists(text);
      if (!pools) return Error{ErrorKind::invalid, "the parameter " + key + " is malformed: " + pools.error().message};
      for (auto& [backend, names] : *pools) std::ranges::sort(names);
      list->into = std::move(*pools);
    } else if (key == "selector") {
      config.selector = text;
    } else if (key != "fsType") {
      const auto request = parse_request(key, text);
      (*config.attributes)[key] = request ? to_text(*request) : text;
    }
  }
  return config;
}

Result<VolumeConfig> volume_config(const Json& claim, const std::string& class_name, const ClassExtras& extras) {
  const auto bytes = parse_quantity(requested_storage(claim));
  if (!bytes)
    return Error{ErrorKind::invalid, "the requested storage \"" + requested_storage(claim) + "\" is not a quantity"};
  VolumeConfig config;
  config.name = volume_name(claim);
  config.size = std::to_string(*bytes);
  config.storage_class = class_name;
  config.access_mode = access_mode(claim);
  config.mount_options = base::join(extras.mount_options, ",");
  struct Row {
    const char* name;
    std::string& into;
  };
  for (const Row& row : {Row{"protocol", config.protocol}, Row{"snapshotPolicy", config.snapshot_policy},
                         Row{"snapshotReserve", config.snapshot_reserve}, Row{"exportPolicy", config.export_policy},
                         Row{"snapshotDirectory", config.snapshot_directory},
                         Row{"unixPermissions", config.unix_permissions}, Row{"blockSize", config.block_size},
                         Row{"fileSystem", config.file_system}, Row{"splitOnClone", config.split_on_clone}}) {
    row.into = annotation(claim, kOurs + row.name);
  }
  if (config.file_system.empty()) config.file_system = extras.fs_type.empty() ? "ext4" : extras.fs_type;
  return config;
}

std::string reclaim_policy_for(const Json& claim, const ClassExtras& extras) {
  const std::string by_annotation = annotation(claim, kOurs + "reclaimPolicy");
  if (!by_annotation.empty()) return by_annotation == "Retain" ? "Retain" : "Delete";
  return extras.reclaim_policy == "Retain" ? "Retain" : "Delete";
}

namespace {

Result<Json> source_of(const Volume& volume) {
  const AccessInfo& access = volume.config.access;
  Json source;
  if (!access.nfs_path.empty()) {
    source["nfs"] = {{"server", access.nfs_server_ip}, {"path", access.nfs_path}};
  } else if (!access.iscsi_target_iqn.empty()) {
    Json iscsi = {{"targetPortal", access.iscsi_target_portal}};
    if (!access.iscsi_portals.empty()) iscsi["portals"] = access.iscsi_portals;
    iscsi["iqn"] = access.iscsi_target_iqn;
    iscsi["lun"] = access.iscsi_lun_number;
    if (!access.iscsi_interface.empty()) iscsi["iscsiInterface"] = access.iscsi_interface;
    iscsi["fsType"] = volume.config.file_system;
    source["iscsi"] = std::move(iscsi);
  } else {
    return Error{ErrorKind::invalid, "volume " + volume.config.name + " can be reached neither by NFS nor by iSCSI"};
  }
  return source;
}

}  // namespace

Result<Json> persistent_volume(const Json& claim, const Volume& volume, const std::string& class_name,
                               const ClassExtras& extras, const Version& version) {
  auto source = source_of(volume);
  if (!source) return source.error();
  Json object;
  object["kind"] = "PersistentVolume";
  object["apiVersion"] = "v1";
  object["metadata"] = {{"name", volume.config.name},
                        {"annotations", {{kProvisionedBy, kProvisioner}, {kClassAnnotation, class_name}}}};
  Json& spec = object["spec"];
  spec["capacity"] = {{"storage", requested_storage(claim)}};
  spec.update(*source);
  if (const Json* modes = find_at(claim, {"spec", "accessModes"})) spec["accessModes"] = *modes;
  spec["claimRef"] = {{"kind", "PersistentVolumeClaim"},
                      {"namespace", text_at(claim, {"metadata", "namespace"})},
                      {"name", text_at(claim, {"metadata", "name"})},
                      {"uid", text_at(claim, {"metadata", "uid"})},
                      {"apiVersion", "v1"}};
  spec["persistentVolumeReclaimPolicy"] = reclaim_policy_for(claim, extras);
  if (!volume.config.import_original_name.empty()) {
    spec["persistentVolumeReclaimPolicy"] = "Retain";
    object["metadata"]["annotations"][kNotManaged] = volume.config.import_not_managed ? "true" : "false";
    object["metadata"]["annotations"][kImporting] = "true";
  }
  if (at_least(version, 1, 6)) spec["storageClassName"] = class_name;
  if (at_least(version, 1, 8) && !volume.config.mount_options.empty()) {
    std::string_view options = volume.config.mount_options;
    if (options.starts_with("-o ")) options.remove_prefix(3);
    spec["mountOptions"] = Json::array();
    for (const std::string_view option : base::split(options, ','))
      spec["mountOptions"].push_back(std::string(base::trim(option)));
  }
  return object;
}

bool satisfies(const Json& persistent_volume, const Json& claim) {
  const auto have = parse_quantity(text_at(persistent_volume, {"spec", "capacity", "storage"}));
  const auto want = parse_quantity(requested_storage(claim));
  if (!have || !want || *have < *want) return false;
  const std::vector<std::string> offered = texts(find_at(persistent_volume, {"spec", "accessModes"}));
  return std::ranges::all_of(texts(find_at(claim, {"spec", "accessModes"})), [&](const std::string& mode) {
    return std::ranges::find(offered, mode) != offered.end();
  });
}

bool claimed_by(const Json& persistent_volume, const Json& claim) {
  const std::string uid = text_at(persistent_volume, {"spec", "claimRef", "uid"});
  return text_at(persistent_volume, {"spec", "claimRef", "namespace"}) == text_at(claim, {"metadata", "namespace"}) &&
         text_at(persistent_volume, {"spec", "claimRef", "name"}) == text_at(claim, {"metadata", "name"}) &&
         (uid.empty() || uid == text_at(claim, {"metadata", "uid"}));
}

}  // namespace provisioner::kube
