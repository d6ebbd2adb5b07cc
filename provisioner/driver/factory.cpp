#include "provisioner/core/json.h"
#include "provisioner/driver/config.h"
#include "provisioner/driver/driver.h"
#include "provisioner/driver/fake.h"
#include "provisioner/driver/ontap_economy.h"
#include "provisioner/driver/ontap_nas.h"
#include "provisioner/driver/ontap_san.h"

namespace provisioner {

namespace {

struct DriverRow {
  const char* name;
  Result<std::unique_ptr<Driver>> (*make)(const DriverContext& context, const Json& config);
};

const std::vector<DriverRow>& rows() {
  static const std::vector<DriverRow> kRows = {
      {"fake", make_fake_driver},
      {"ontap-nas", make_ontap_nas},
      {"ontap-nas-economy", make_ontap_economy},
      {"ontap-san", make_ontap_san},
  };
  return kRows;
}

/// The inside of a stored record, or the file itself.
const Json& unwrapped(const Json& config) {
  for (const char* key : {"ontap_config", "fake_config", "solidfire_config", "eseries_config"}) {
    if (config.is_object() && config.contains(key)) return config[key];
  }
  return config;
}

}  // namespace

Result<std::unique_ptr<Driver>> make_driver(const DriverContext& context, const Json& config) {
  const Json& inner = unwrapped(config);
  auto common = parse_common(inner);
  if (!common) return common.error();
  for (const DriverRow& row : rows()) {
    if (common->driver == row.name) return row.make(context, inner);
  }
  for (const char* other : {"solidfire-san", "eseries-iscsi"}) {
    if (common->driver == other) {
      return Error{ErrorKind::invalid, "storage driver " + common->driver +
                                           " is not supported by this provisioner; it serves ONTAP systems only"};
    }
  }
  return Error{ErrorKind::invalid, "unknown storage driver: " + common->driver};
}

std::vector<std::string> driver_names() {
  std::vector<std::string> names;
  for (const DriverRow& row : rows()) names.emplace_back(row.name);
  return names;
}

}  // namespace provisioner
