#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/core/types.h"

/// Backend files: what all drivers have in common, and the option table of the ONTAP drivers.
/// Source: provisioner specification 5.1, 5.2; stored form: 2.2.
namespace provisioner {

struct CommonConfig {
  int version = 1;
  std::string driver;
  bool debug = false;
  std::map<std::string, bool> trace;
  bool has_trace = false;
  bool disable_delete = false;
  std::optional<std::string> prefix;  // absent: the default; "": none at all
};

/// A virtual pool (20.01): a name for wishes, placed on any aggregate of the SVM that fits.
struct VirtualPool {
  Labels labels;  // with the backend's
  std::string region;
  std::string zone;
  std::map<std::string, std::string, std::less<>> defaults;  // every key, the backend's where it has none
};

struct OntapConfig {
  CommonConfig common;
  Labels labels;  // of the backend (20.01)
  std::vector<VirtualPool> pools;
  Json storage;                                              // what `pools` was read from
  std::map<std::string, std::string, std::less<>> options;   // every key of the option table, defaults filled in
  std::map<std::string, std::string, std::less<>> defaults;  // every key of the table of defaults

  const std::string& option(std::string_view key) const { return options.find(key)->second; }
  const std::string& fallback(std::string_view key) const { return defaults.find(key)->second; }
};

/// Errors: invalid.
Result<CommonConfig> parse_common(const Json& json);
Result<OntapConfig> parse_ontap(const Json& json);
/// {"ontap_config":{…}} with every effective value.
Json to_stored(const OntapConfig& config);
Json prefix_to_stored(const CommonConfig& common);
/// "prefix-name", or "name" without a prefix.
std::string prefixed(const std::string& prefix, const std::string& name);
/// What ONTAP takes as a volume name: '-' and '.' become '_'.
std::string ontap_name(const std::string& prefix, const std::string& name);
/// A whole number in text, e.g. seconds; the fallback when empty or unreadable (then `warn` is set).
long number_or(const std::string& text, long fallback, bool& warn);

}  // namespace provisioner
