#include "provisioner/driver/config.h"

#include <algorithm>
#include <vector>

#include "provisioner/base/text.h"
#include "provisioner/core/attributes.h"
#include "provisioner/core/json.h"
#include "provisioner/core/size.h"

namespace provisioner {

namespace {

Error invalid(const std::string& what) { return Error{ErrorKind::invalid, "input failed validation: " + what}; }

enum class Check { none, boolean, size, percent };

struct Option {
  const char* key;
  const char* fallback;
  bool stored;  // false: only when it differs from the fallback, since 17.10.1 does not know it
  Check check = Check::none;
};

// Order = order in the stored record.
const std::vector<Option>& ontap_options() {
  static const std::vector<Option> kOptions = {
      {"managementLIF", "", true},
      {"dataLIF", "", true},
      {"igroupName", "", true},
      {"svm", "", true},
      {"username", "", true},
      {"password", "", true},
      {"aggregate", "", true},
      {"usageHeartbeat", "", true},
      {"qtreePruneFlexvolsPeriod", "", true},
      {"qtreeQuotaResizePeriod", "", true},
      {"nfsMountOptions", "-o nfsvers=3", true},
      {"backendName", "", false},                          // 18.04
      {"limitVolumeSize", "", false, Check::size},         // 18.10
      {"limitAggregateUsage", "", false, Check::percent},  // 18.10
      {"manageIgroup", "", false, Check::boolean},         // ours: make the initiator group, and
      {"igroupInitiators", "", false},                     // put these into it, separated by commas
      {"trustedCACertificate", "", false},                 // ours: PEM, or base64 of PEM
      {"region", "", false},                               // 20.01
      {"zone", "", false},                                 // 20.01
  };
  return kOptions;
}

const std::vector<Option>& ontap_defaults() {
  static const std::vector<Option> kDefaults = {
      {"spaceReserve", "none", true},
      {"snapshotPolicy", "none", true},
      {"snapshotReserve", "", false},  // 18.10
      {"unixPermissions", "---rwxrwxrwx", true},
      {"snapshotDir", "false", true},
      {"exportPolicy", "default", true},
      {"securityStyle", "unix", true},
      {"splitOnClone", "false", true, Check::boolean},
      {"fileSystemType", "ext4", true},
      {"encryption", "false", true, Check::boolean},
      {"size", "1G", false, Check::size},
  };
  return kDefaults;
}

Result<std::string> text_of(const Json& object, const Option& option) {
  const Json* value = member(object, option.key);
  if (value == nullptr || value->is_null()) return std::string(option.fallback);
  if (!value->is_string()) return invalid("could not decode \"" + std::string(option.key) + "\": expected a text");
  std::string text = value->get<std::string>();
  if (text.empty()) return std::string(option.fallback);
  bool flag = false;
  if (option.check == Check::boolean && !parse_bool(text, flag)) {
    return invalid("invalid boolean value for \"" + std::string(option.key) + "\": \"" + text + "\"");
  }
  if (option.check == Check::percent) {
    const auto percent = base::parse_unsigned(std::string_view(text).substr(0, text.find('%')));
    if (!percent || *percent > 100 || text.find('%') + 1 < text.size()) {
      return invalid("\"" + std::string(option.key) + "\" must be a whole percentage such as 80%, not \"" + text +
                     "\"");
    }
  }
  if (option.check == Check::size) {
    if (const auto size = parse_size(text); !size)
      return invalid("\"" + std::string(option.key) + "\": " + size.error().message);
  }
  return text;
}

Result<Labels> labels_of(const Json& object) {
  Labels labels;
  const Json* json = member(object, "labels");
  if (json == nullptr || json->is_null()) return labels;
  if (!json->is_object()) return invalid("could not decode \"labels\": expected an object of texts");
  for (const auto& [key, value] : json->items()) {
    if (!value.is_string()) return invalid("could not decode \"labels\": expected an object of texts");
    labels[key] = value.get<std::string>();
  }
  return labels;
}

Result<void> read_defaults(const Json& object, std::map<std::string, std::string, std::less<>>& defaults) {
  const Json* json = member(object, "defaults");
  static const Json kNone = Json::object();
  if (json == nullptr || json->is_null()) json = &kNone;
  if (!json->is_object()) return invalid("could not decode \"defaults\": expected an object");
  for (const Option& option : ontap_defaults()) {
    const auto inherited = defaults.find(option.key);
    const std::string fallback = inherited == defaults.end() ? option.fallback : inherited->second;
    auto text = text_of(*json, Option{option.key, fallback.c_str(), option.stored, option.check});
    if (!text) return text.error();
    defaults[option.key] = std::move(*text);
  }
  return {};
}

Result<void> read_virtual_pools(const Json& json, OntapConfig& config) {
  auto labels = labels_of(json);
  if (!labels) return labels.error();
  config.labels = std::move(*labels);
  const Json* storage = member(json, "storage");
  if (storage == nullptr || storage->is_null()) return {};
  if (!storage->is_array()) return invalid("could not decode \"storage\": expected a list of pools");
  for (const Json& entry : *storage) {
    if (!entry.is_object()) return invalid("could not decode \"storage\": expected a list of pools");
    VirtualPool pool;
    auto own = labels_of(entry);
    if (!own) return own.error();
    pool.labels = config.labels;
    for (auto& [key, value] : *own) pool.labels[key] = value;
    pool.defaults = config.defaults;
    if (auto read = read_defaults(entry, pool.defaults); !read) return read.error();
    for (const auto& [key, text] : {std::pair{"region", &pool.region}, std::pair{"zone", &pool.zone}}) {
      auto value = text_of(entry, Option{key, config.option(key).c_str(), false});
      if (!value) return value.error();
      *text = std::move(*value);
    }
    config.pools.push_back(std::move(pool));
  }
  config.storage = *storage;
  return {};
}

}  // namespace

Result<CommonConfig> parse_common(const Json& json) {
  if (!json.is_object()) return invalid("a backend configuration must be a JSON object");
  CommonConfig config;
  const Json* version = member(json, "version");
  if (version != nullptr && !version->is_null() && !version->is_number_integer())
    return invalid("could not decode \"version\": expected the number 1");
  config.version = version == nullptr || version->is_null() ? 0 : version->get<int>();
  if (config.version != 1)
    return invalid("unexpected config file version; found " + std::to_string(config.version) + ", expected 1");
  const Json* driver = member(json, "storageDriverName");
  if (driver == nullptr || !driver->is_string() || driver->get<std::string>().empty())
    return invalid("missing storage driver name in configuration file");
  config.driver = driver->get<std::string>();
  for (const auto& [key, flag] :
       {std::pair{"debug", &config.debug}, std::pair{"disableDelete", &config.disable_delete}}) {
    const Json* value = member(json, key);
    if (value == nullptr || value->is_null()) continue;
    if (!value->is_boolean()) return invalid("could not decode \"" + std::string(key) + "\": expected true or false");
    *flag = value->get<bool>();
  }
  if (const Json* trace = member(json, "debugTraceFlags"); trace != nullptr && !trace->is_null()) {
    if (!trace->is_object()) return invalid("could not decode \"debugTraceFlags\": expected an object of booleans");
    config.has_trace = true;
    for (const auto& [name, on] : trace->items()) {
      if (!on.is_boolean()) return invalid("could not decode \"debugTraceFlags\": expected an object of booleans");
      config.trace[name] = on.get<bool>();
    }
  }
  if (const Json* prefix = member(json, "storagePrefix");
      prefix != nullptr && !prefix->is_null() && !prefix->is_object()) {
    if (!prefix->is_string()) return invalid("could not decode \"storagePrefix\": expected a text");
    config.prefix = prefix->get<std::string>();
  }
  return config;
}

Result<OntapConfig> parse_ontap(const Json& json) {
  auto common = parse_common(json);
  if (!common) return common.error();
  OntapConfig config;
  config.common = std::move(*common);
  for (const Option& option : ontap_options()) {
    auto text = text_of(json, option);
    if (!text) return text.error();
    config.options[option.key] = std::move(*text);
  }
  if (auto read = read_defaults(json, config.defaults); !read) return read.error();
  if (auto read = read_virtual_pools(json, config); !read) return read.error();
  if (config.option("managementLIF").empty()) return invalid("\"managementLIF\" is missing");
  return config;
}

Json prefix_to_stored(const CommonConfig& common) { return common.prefix ? Json(*common.prefix) : Json::object(); }

Json to_stored(const OntapConfig& config) {
  Json body;
  body["version"] = config.common.version;
  body["storageDriverName"] = config.common.driver;
  body["debug"] = config.common.debug;
  body["debugTraceFlags"] = config.common.has_trace ? Json(config.common.trace) : Json();
  body["disableDelete"] = config.common.disable_delete;
  body["storagePrefix"] = prefix_to_stored(config.common);
  for (const Option& option : ontap_options()) {
    const std::string& value = config.option(option.key);
    if (option.stored || value != option.fallback) body[option.key] = value;
  }
  Json defaults;
  for (const Option& option : ontap_defaults()) {
    const std::string& value = config.fallback(option.key);
    if (option.stored || value != option.fallback) defaults[option.key] = value;
  }
  body["defaults"] = std::move(defaults);
  if (!config.labels.empty()) body["labels"] = config.labels;
  if (!config.storage.is_null()) body["storage"] = config.storage;
  Json json;
  json["ontap_config"] = std::move(body);
  return json;
}

std::string prefixed(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "-" + name;
}

std::string ontap_name(const std::string& prefix, const std::string& name) {
  std::string text = prefixed(prefix, name);
  std::ranges::replace(text, '-', '_');
  std::ranges::replace(text, '.', '_');
  return text;
}

long number_or(const std::string& text, long fallback, bool& warn) {
  warn = false;
  if (text.empty()) return fallback;
  const auto number = base::parse_signed(text);
  warn = !number;
  return number ? static_cast<long>(*number) : fallback;
}

}  // namespace provisioner
