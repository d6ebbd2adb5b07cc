#pragma once

#include <string>
#include <string_view>

#include "provisioner/core/types.h"

/// The JSON of REST, store and command line for the core's values. Reading ignores unknown keys and the case of keys,
/// as 17.10.1 does; a value of the wrong type is an error that names the key. Writing keeps the documented order.
/// Source: provisioner specification 1.5, 1.6, 2.2, 2.3, 3.3.
namespace provisioner {

/// Limits nesting to 512 before anything recursive sees the text. Errors: invalid (with the position).
Result<Json> parse_json(std::string_view text);
/// The member of that name, then one that differs by case only; null if there is none.
const Json* member(const Json& object, std::string_view name);

Json to_json(const AccessInfo& access);
Json to_json(const VolumeConfig& config);
Result<VolumeConfig> volume_config_from_json(const Json& json);
/// {"Config":…,"backend":…,"pool":…}
Json to_json(const Volume& volume);
Result<Volume> volume_from_json(const Json& json);

Json to_json(const StorageClassConfig& config);
Result<StorageClassConfig> storage_class_config_from_json(const Json& json);
/// {"Config":…,"storage":{…}}
Json to_json(const StorageClassView& storage_class);

Json to_json(const Offer& offer);
Json to_json(const Offers& offers);
/// The type follows from the attribute's name. Errors: invalid (unknown attribute, wrong shape).
Result<Offers> offers_from_json(const Json& json);
/// {"name":…,"config":…,"storage":{…},"online":…,"volumes":[…]}
Json to_json(const BackendView& backend);
/// {"name":…,"volume":…,"created":…,"sizeBytes":…}
Json to_json(const Snapshot& snapshot);

/// "backend:pool,pool;backend:pool", 1.5. Errors: invalid.
Result<PoolLists> parse_pool_lists(const std::string& text);

}  // namespace provisioner
