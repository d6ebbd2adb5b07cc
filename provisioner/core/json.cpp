#include "provisioner/core/json.h"

#include <algorithm>

#include "provisioner/base/text.h"

namespace provisioner {

namespace {

constexpr int kNestingMax = 512;

Error wrong_type(std::string_view key, std::string_view wanted) {
  return Error{ErrorKind::invalid, "invalid value of \"" + std::string(key) + "\": expected " + std::string(wanted)};
}

/// Reads texts and the like from one object and keeps the first error.
struct Reader {
  const Json& object;
  std::optional<Error> error;

  void text(std::string_view key, std::string& out) {
    const Json* value = member(object, key);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_string()) return fail(wrong_type(key, "a text"));
    out = value->get<std::string>();
  }
  void flag(std::string_view key, bool& out) {
    const Json* value = member(object, key);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_boolean()) return fail(wrong_type(key, "true or false"));
    out = value->get<bool>();
  }
  void texts(std::string_view key, std::vector<std::string>& out) {
    const Json* value = member(object, key);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_array()) return fail(wrong_type(key, "a list of texts"));
    for (const Json& item : *value) {
      if (!item.is_string()) return fail(wrong_type(key, "a list of texts"));
      out.push_back(item.get<std::string>());
    }
  }
  void pool_lists(std::string_view key, PoolLists& out) {
    const Json* value = member(object, key);
    if (value == nullptr || value->is_null()) return;
    if (!value->is_object()) return fail(wrong_type(key, "an object of lists"));
    for (const auto& [backend, pools] : value->items()) {
      Reader inner{*value, std::nullopt};
      inner.texts(backend, out[backend]);
      std::ranges::sort(out[backend]);
      if (inner.error) return fail(*inner.error);
    }
  }
  void fail(Error why) {
    if (!error) error = std::move(why);
  }
};

void put_if(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

void put_if(Json& json, const char* key, const PoolLists& lists) {
  if (!lists.empty()) json[key] = lists;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') ++i;
    else if (c == '"') in_text = !in_text;
    else if (!in_text && (c == '{' || c == '[') && ++depth > kNestingMax)
      return Error{ErrorKind::invalid, "nested too deeply"};
    else if (!in_text && (c == '}' || c == ']')) --depth;
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& problem) {
    const std::string_view what = problem.what();
    const std::size_t at = what.find("parse error");
    return Error{ErrorKind::invalid, std::string(at == std::string_view::npos ? what : what.substr(at))};
  }
}

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto exact = object.find(std::string(name));
  if (exact != object.end()) return &*exact;
  for (auto entry = object.begin(); entry != object.end(); ++entry) {
    if (base::equals_ignoring_case(entry.key(), name)) return &entry.value();
  }
  return nullptr;
}

namespace {

Result<AccessInfo> access_from_json(const Json& json) {
  AccessInfo access;
  Reader read{json, std::nullopt};
  read.text("iscsiTargetPortal", access.iscsi_target_portal);
  read.texts("iscsiPortals", access.iscsi_portals);
  read.text("iscsiTargetIqn", access.iscsi_target_iqn);
  read.text("iscsiInterface", access.iscsi_interface);
  read.text("iscsiIgroup", access.iscsi_igroup);
  read.text("nfsServerIp", access.nfs_server_ip);
  read.text("nfsPath", access.nfs_path);
  if (const Json* lun = member(json, "iscsiLunNumber"); lun != nullptr && !lun->is_null()) {
    if (!lun->is_number_integer()) return wrong_type("iscsiLunNumber", "an integer");
    access.iscsi_lun_number = lun->get<std::int32_t>();
  }
  if (const Json* vags = member(json, "iscsiVags"); vags != nullptr && vags->is_array()) {
    for (const Json& vag : *vags) {
      if (!vag.is_number_integer()) return wrong_type("iscsiVags", "integers");
      access.iscsi_vags.push_back(vag.get<std::int64_t>());
    }
  }
  if (read.error) return *read.error;
  return access;
}

}  // namespace

Result<VolumeConfig> volume_config_from_json(const Json& json) {
  if (!json.is_object()) return Error{ErrorKind::invalid, "a volume must be a JSON object"};
  VolumeConfig config;
  Reader read{json, std::nullopt};
  read.text("version", config.version);
  read.text("name", config.name);
  read.text("internalName", config.internal_name);
  read.text("size", config.size);
  read.text("protocol", config.protocol);
  read.text("snapshotPolicy", config.snapshot_policy);
  read.text("snapshotReserve", config.snapshot_reserve);
  read.text("exportPolicy", config.export_policy);
  read.text("snapshotDirectory", config.snapshot_directory);
  read.text("unixPermissions", config.unix_permissions);
  read.text("storageClass", config.storage_class);
  read.text("accessMode", config.access_mode);
  read.text("blockSize", config.block_size);
  read.text("fileSystem", config.file_system);
  read.text("mountOptions", config.mount_options);
  read.text("encryption", config.encryption);
  read.text("cloneSourceVolume", config.clone_source_volume);
  read.text("cloneSourceSnapshot", config.clone_source_snapshot);
  read.text("splitOnClone", config.split_on_clone);
  read.text("importOriginalName", config.import_original_name);
  read.flag("importNotManaged", config.import_not_managed);
  if (const Json* access = member(json, "accessInformation"); access != nullptr && !access->is_null()) {
    if (!access->is_object()) return wrong_type("accessInformation", "an object");
    auto parsed = access_from_json(*access);
    if (!parsed) return parsed.error();
    config.access = std::move(*parsed);
  }
  if (read.error) return *read.error;
  return config;
}

Result<Volume> volume_from_json(const Json& json) {
  const Json* config = member(json, "Config");
  if (config == nullptr) return Error{ErrorKind::invalid, "a volume record without \"Config\""};
  auto parsed = volume_config_from_json(*config);
  if (!parsed) return parsed.error();
  Volume volume;
  volume.config = std::move(*parsed);
  Reader read{json, std::nullopt};
  read.text("backend", volume.backend);
  read.text("pool", volume.pool);
  read.flag("orphaned", volume.orphaned);
  read.text("state", volume.state);
  if (read.error) return *read.error;
  return volume;
}

Json to_json(const StorageClassConfig& config) {
  Json json;
  json["version"] = config.version;
  json["name"] = config.name;
  if (config.attributes) json["attributes"] = *config.attributes;
  put_if(json, "requiredStorage", config.required_storage);
  put_if(json, "storagePools", config.storage_pools);
  put_if(json, "additionalStoragePools", config.additional_storage_pools);
  put_if(json, "excludeStoragePools", config.exclude_storage_pools);
  put_if(json, "selector", config.selector);
  put_if(json, "origin", config.origin);
  return json;
}

Result<StorageClassConfig> storage_class_config_from_json(const Json& json) {
  if (!json.is_object()) return Error{ErrorKind::invalid, "a storage class must be a JSON object"};
  StorageClassConfig config;
  Reader read{json, std::nullopt};
  read.text("version", config.version);
  read.text("name", config.name);
  read.pool_lists("requiredStorage", config.required_storage);
  read.pool_lists("storagePools", config.storage_pools);
  read.pool_lists("additionalStoragePools", config.additional_storage_pools);
  read.pool_lists("excludeStoragePools", config.exclude_storage_pools);
  read.text("selector", config.selector);
  read.text("origin", config.origin);
  if (const Json* attributes = member(json, "attributes"); attributes != nullptr && !attributes->is_null()) {
    if (!attributes->is_object()) return wrong_type("attributes", "an object of texts");
    config.attributes.emplace();
    for (const auto& [name, value] : attributes->items()) {
      if (!value.is_string()) return wrong_type("attributes." + name, "a text");
      (*config.attributes)[name] = value.get<std::string>();
    }
  }
  if (read.error) return *read.error;
  if (config.version.empty()) config.version = "1";
  return config;
}

Json to_json(const StorageClassView& storage_class) {
  Json json;
  json["Config"] = to_json(storage_class.config);
  json["Config"].erase("origin");
  json["storage"] = storage_class.storage;
  return json;
}

Json to_json(const Offer& offer) {
  Json json = Json::object();
  if (const bool* flag = std::get_if<bool>(&offer)) json["offer"] = *flag;
  if (const auto* list = std::get_if<std::vector<std::string>>(&offer)) json["offer"] = *list;
  if (const auto* labels = std::get_if<Labels>(&offer)) json["offer"] = *labels;
  if (const auto* range = std::get_if<IntRange>(&offer)) {
    json["min"] = range->min;
    json["max"] = range->max;
  }
  return json;
}

Json to_json(const Offers& offers) {
  Json json = Json::object();
  for (const auto& [name, offer] : offers) json[name] = to_json(offer);
  return json;
}

Result<Offers> offers_from_json(const Json& json) {
  if (!json.is_object()) return Error{ErrorKind::invalid, "storage attributes must be a JSON object"};
  Offers offers;
  for (const auto& [name, value] : json.items()) {
    const auto type = attribute_types().find(name);
    if (type == attribute_types().end())
      return Error{ErrorKind::invalid, "unrecognized storage attribute \"" + name + "\""};
    const Json* offer = member(value, "offer");
    switch (type->second) {
      case AttributeType::boolean:
        if (offer == nullptr || !offer->is_boolean()) return wrong_type(name, "{\"offer\":true} or {\"offer\":false}");
        offers[name] = offer->get<bool>();
        break;
      case AttributeType::string: {
        std::vector<std::string> list;
        Reader read{value, std::nullopt};
        read.texts("offer", list);
        if (offer == nullptr || read.error) return wrong_type(name, "{\"offer\":[\"text\"]}");
        offers[name] = std::move(list);
        break;
      }
      case AttributeType::integer: {
        const Json* min = member(value, "min");
        const Json* max = member(value, "max");
        if (min == nullptr || max == nullptr || !min->is_number_integer() || !max->is_number_integer()) {
          return wrong_type(name, "{\"min\":number,\"max\":number}");
        }
        offers[name] = IntRange{min->get<std::int64_t>(), max->get<std::int64_t>()};
        break;
      }
      case AttributeType::labels: {
        if (offer == nullptr || !offer->is_object()) return wrong_type(name, "{\"offer\":{\"key\":\"value\"}}");
        Labels labels;
        for (const auto& [key, text] : offer->items()) {
          if (!text.is_string()) return wrong_type(name, "{\"offer\":{\"key\":\"value\"}}");
          labels[key] = text.get<std::string>();
        }
        offers[name] = std::move(labels);
        break;
      }
    }
  }
  return offers;
}

Json to_json(const BackendView& backend) {
  Json json;
  json["name"] = backend.name;
  json["config"] = backend.config;
  json["storage"] = Json::object();
  for (const auto& [name, pool] : backend.storage) {
    Json entry;
    entry["name"] = pool.name;
    entry["storageClasses"] = pool.storage_classes;
    entry["storageAttributes"] = to_json(pool.attributes);
    entry["volumes"] = pool.volumes;
    json["storage"][name] = std::move(entry);
  }
  json["online"] = backend.online;
  json["volumes"] = backend.volumes;
  return json;
}

Json to_json(const Snapshot& snapshot) {
  Json json;
  json["name"] = snapshot.name;
  json["volume"] = snapshot.volume;
  json["created"] = snapshot.created;
  json["sizeBytes"] = snapshot.size_bytes;
  return json;
}

Result<PoolLists> parse_pool_lists(const std::string& text) {
  PoolLists lists;
  for (const std::string_view part : base::split(text, ';')) {
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == part.size()) {
      return Error{ErrorKind::invalid,
                   "malformed storage pool list \"" + text + "\": expected backend:pool[,pool...][;backend:pool...]"};
    }
    std::vector<std::string> pools;
    for (const std::string_view pool : base::split(part.substr(colon + 1), ',')) pools.emplace_back(pool);
    std::ranges::sort(pools);
    lists[std::string(part.substr(0, colon))] = std::move(pools);
  }
  return lists;
}

}  // namespace provisioner
