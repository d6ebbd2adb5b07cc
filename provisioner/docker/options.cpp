#include <algorithm>
#include <map>

#include "provisioner/base/text.h"
#include "provisioner/core/json.h"
#include "provisioner/core/size.h"
#include "provisioner/docker/plugin.h"
#include "provisioner/driver/config.h"

/// The backend file and the options of `docker volume create`.
namespace provisioner::docker {

namespace {

constexpr std::uint64_t kGibibyte = 1024ULL * 1024 * 1024;

std::string text_of(const Json& object, std::string_view key) {
  const Json* value = member(object, key);
  return value && value->is_string() ? value->get<std::string>() : std::string();
}

/// A number without a unit counts GiB.
Result<std::uint64_t> size_of(const std::string& text) {
  if (const auto plain = base::parse_unsigned(text)) {
    if (*plain > UINT64_MAX / kGibibyte) return Error{ErrorKind::invalid, "size " + text + " is too large"};
    return *plain * kGibibyte;
  }
  return parse_size(text);
}

Result<std::string> boolean(const std::string& key, const std::string& value) {
  bool parsed = false;
  if (!parse_bool(value, parsed)) return Error{ErrorKind::invalid, "invalid boolean value for " + key + ": " + value};
  return std::string(parsed ? "true" : "false");
}

struct TextOption {
  const char* key;  // lower case
  std::string VolumeConfig::*into;
  bool boolean = false;
};
const std::vector<TextOption>& text_options() {
  static const std::vector<TextOption> rows{
      {"snapshotpolicy", &VolumeConfig::snapshot_policy},    {"snapshotreserve", &VolumeConfig::snapshot_reserve},
      {"unixpermissions", &VolumeConfig::unix_permissions},  {"snapshotdir", &VolumeConfig::snapshot_directory, true},
      {"exportpolicy", &VolumeConfig::export_policy},        {"encryption", &VolumeConfig::encryption, true},
      {"splitonclone", &VolumeConfig::split_on_clone, true}, {"fstype", &VolumeConfig::file_system},
      {"filesystemtype", &VolumeConfig::file_system},        {"fromsnapshot", &VolumeConfig::clone_source_snapshot}};
  return rows;
}

/// `spaceReserve` is what a storage class would ask as provisioningType.
Result<void> apply_reserve(CreateSpec& spec, const std::string& value) {
  if (value != "none" && value != "volume")
    return Error{ErrorKind::invalid, "spaceReserve must be none or volume, not " + value};
  spec.requests["provisioningType"] = std::string(value == "none" ? "thin" : "thick");
  return {};
}

}  // namespace

Result<BackendFile> parse_backend_file(const std::string& text, const std::string& plugin_name) {
  const auto json = parse_json(text);
  if (!json) return Error{ErrorKind::invalid, "could not decode the configuration: " + json.error().message};
  const auto parsed = parse_ontap(*json);
  if (!parsed) return parsed.error();
  if (parsed->common.driver != "ontap-nas") {
    return Error{ErrorKind::invalid, "the volume plugin serves ontap-nas, not \"" + parsed->common.driver + "\""};
  }
  BackendFile file;
  file.plugin.name = plugin_name;
  if (parsed->common.prefix) file.plugin.prefix = *parsed->common.prefix;
  file.plugin.aggregate = parsed->option("aggregate");
  file.plugin.nfs_mount_options = parsed->option("nfsMountOptions");
  file.plugin.disable_delete = parsed->common.disable_delete;
  if (const Json* defaults = member(*json, "defaults"); defaults && !text_of(*defaults, "size").empty())
    file.plugin.default_size = text_of(*defaults, "size");
  if (const auto size = size_of(file.plugin.default_size); !size)
    return Error{ErrorKind::invalid, "defaults.size: " + size.error().message};
  file.driver = *json;
  std::vector<std::string> dropped;
  for (const auto& [key, value] : file.driver.items()) {
    const std::string lower = base::to_lower(key);
    if (lower == "storageprefix" || lower == "aggregate" || lower == "disabledelete") dropped.push_back(key);
  }
  for (const std::string& key : dropped) file.driver.erase(key);
  file.driver["storagePrefix"] = "";
  return file;
}

Result<CreateSpec> create_spec(const PluginConfig& config, const std::string& name, const Json& options) {
  CreateSpec spec;
  std::string size = config.default_size;
  spec.pool = config.aggregate;
  spec.owner = Owner{kOwner, name};
  spec.config.name = name;
  if (!options.is_null() && !options.is_object()) return Error{ErrorKind::invalid, "Opts must be an object"};
  for (const auto& [key, json] : options.items()) {
    if (!json.is_string()) return Error{ErrorKind::invalid, "option " + key + " must be a text"};
    const std::string value = json.get<std::string>();
    const std::string lower = base::to_lower(key);
    const auto row =
        std::ranges::find_if(text_options(), [&](const TextOption& option) { return lower == option.key; });
    if (row != text_options().end()) {
      const auto checked = row->boolean ? boolean(key, value) : Result<std::string>(value);
      if (!checked) return checked.error();
      spec.config.*(row->into) = *checked;
    } else if (lower == "size") {
      size = value;
    } else if (lower == "from") {
      spec.config.clone_source_volume = value;
    } else if (lower == "aggregate") {
      spec.pool = value;
    } else if (lower == "spacereserve") {
      if (const auto done = apply_reserve(spec, value); !done) return done.error();
    } else {
      return Error{ErrorKind::invalid, "unknown option " + key};
    }
  }
  if (!spec.config.clone_source_snapshot.empty() && spec.config.clone_source_volume.empty()) {
    return Error{ErrorKind::invalid, "fromSnapshot needs the option from"};
  }
  const auto bytes = size_of(size);
  if (!bytes) return bytes.error();
  spec.size_bytes = *bytes;
  spec.config.size = std::to_string(*bytes);
  return spec;
}

}  // namespace provisioner::docker
