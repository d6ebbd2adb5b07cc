// Volumes as JSON: their fields are named once, here, and written either into a tree or straight into text.
#include <algorithm>

#include "provisioner/core/json.h"
#include "provisioner/core/record_text.h"

namespace provisioner {

namespace {

/// Fields go into a Json tree.
class TreeFields {
 public:
  void text(const char* key, const std::string& value) { json_[key] = value; }
  template <class Value>
  void value(const char* key, const Value& value) {
    json_[key] = value;
  }
  template <class Fill>
  void object(const char* key, Fill fill) {
    TreeFields inner;
    fill(inner);
    json_[key] = std::move(inner.json_);
  }
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

/// Fields go into text.
class TextFields {
 public:
  explicit TextFields(std::string& out) : out_(out) { out_ += '{'; }
  void text(const char* key, const std::string& value) {
    begin(key);
    append_json_text(out_, value);
  }
  template <class Value>
  void value(const char* key, const Value& value) {
    begin(key);
    out_ += Json(value).dump();
  }
  template <class Fill>
  void object(const char* key, Fill fill) {
    begin(key);
    TextFields inner(out_);
    fill(inner);
    inner.end();
  }
  void end() { out_ += '}'; }

 private:
  void begin(const char* key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  std::string& out_;
  bool first_ = true;
};

template <class Fields>
void text_if(Fields& fields, const char* key, const std::string& text) {
  if (!text.empty()) fields.text(key, text);
}

template <class Fields>
void put_fields(Fields& fields, const AccessInfo& access) {
  text_if(fields, "iscsiTargetPortal", access.iscsi_target_portal);
  if (!access.iscsi_portals.empty()) fields.value("iscsiPortals", access.iscsi_portals);
  text_if(fields, "iscsiTargetIqn", access.iscsi_target_iqn);
  if (access.iscsi_lun_number != 0) fields.value("iscsiLunNumber", access.iscsi_lun_number);
  text_if(fields, "iscsiInterface", access.iscsi_interface);
  text_if(fields, "iscsiIgroup", access.iscsi_igroup);
  if (!access.iscsi_vags.empty()) fields.value("iscsiVags", access.iscsi_vags);
  text_if(fields, "nfsServerIp", access.nfs_server_ip);
  text_if(fields, "nfsPath", access.nfs_path);
}

template <class Fields>
void put_fields(Fields& fields, const VolumeConfig& config) {
  fields.text("version", config.version);
  fields.text("name", config.name);
  fields.text("internalName", config.internal_name);
  fields.text("size", config.size);
  fields.text("protocol", config.protocol);
  text_if(fields, "snapshotPolicy", config.snapshot_policy);
  text_if(fields, "snapshotReserve", config.snapshot_reserve);
  text_if(fields, "exportPolicy", config.export_policy);
  text_if(fields, "snapshotDirectory", config.snapshot_directory);
  text_if(fields, "unixPermissions", config.unix_permissions);
  text_if(fields, "storageClass", config.storage_class);
  text_if(fields, "accessMode", config.access_mode);
  fields.object("accessInformation", [&config](Fields& inner) { put_fields(inner, config.access); });
  fields.text("blockSize", config.block_size);
  fields.text("fileSystem", config.file_system);
  text_if(fields, "mountOptions", config.mount_options);
  text_if(fields, "encryption", config.encryption);
  text_if(fields, "cloneSourceVolume", config.clone_source_volume);
  text_if(fields, "cloneSourceSnapshot", config.clone_source_snapshot);
  text_if(fields, "splitOnClone", config.split_on_clone);
  text_if(fields, "importOriginalName", config.import_original_name);
  if (config.import_not_managed) fields.value("importNotManaged", true);
}

template <class Fields>
void put_fields(Fields& fields, const Volume& volume) {
  fields.object("Config", [&volume](Fields& inner) { put_fields(inner, volume.config); });
  fields.text("backend", volume.backend);
  fields.text("pool", volume.pool);
  if (volume.orphaned) fields.value("orphaned", true);
  text_if(fields, "state", volume.state);
}

template <class Thing>
Json tree_of(const Thing& thing) {
  TreeFields fields;
  put_fields(fields, thing);
  return fields.take();
}

template <class Thing>
std::string text_of(const Thing& thing) {
  std::string out;
  out.reserve(640);
  TextFields fields(out);
  put_fields(fields, thing);
  fields.end();
  return out;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
  if (!plain) {
    out += Json(std::string(text)).dump();
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

Json to_json(const AccessInfo& access) { return tree_of(access); }
Json to_json(const VolumeConfig& config) { return tree_of(config); }
Json to_json(const Volume& volume) { return tree_of(volume); }
std::string record_text(const VolumeConfig& config) { return text_of(config); }
std::string record_text(const Volume& volume) { return text_of(volume); }

}  // namespace provisioner
