#include "provisioner/core/core.h"
#include "provisioner/core/json.h"

namespace provisioner {

Core::Awaited Core::add_class(StorageClassConfig config) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  if (config.name.empty()) co_return Error{ErrorKind::invalid, "a storage class needs a name"};
  if (config.version.empty()) config.version = "1";
  const auto lock = co_await locks.take("class/" + config.name);
  if (classes.contains(config.name))
    co_return Error{ErrorKind::already_exists, "storage class " + config.name + " already exists"};
  if (auto checked = matcher.add_class(config, rules_for(config)); !checked) co_return checked.error();
  Json record;
  record["config"] = to_json(config);
  std::vector<Write> writes;
  writes.push_back({Write::Kind::set, keys::kClass + config.name, record.dump()});
  const auto done = co_await store.commit(writes);
  if (!done) {
    matcher.remove_class(config.name);
    co_return done.error();
  }
  classes[config.name] = config;
  const std::size_t pools = matcher.count(config.name, std::nullopt);
  if (pools == 0) log.info("Storage class is not satisfied by any pool.", {{"storageClass", config.name}});
  else log.info("Storage class satisfied by pools.", {{"storageClass", config.name}, {"pools", pools}});
  co_return Result<void>();
}

Core::Awaited Core::delete_class(std::string name) {
  if (auto ready = require_ready(); !ready) co_return ready.error();
  const auto lock = co_await locks.take("class/" + name);
  if (!classes.contains(name)) co_return Error{ErrorKind::not_found, "storage class " + name + " was not found"};
  std::vector<Write> writes;
  writes.push_back({Write::Kind::erase, keys::kClass + name, ""});
  if (const auto done = co_await store.commit(writes); !done) co_return done.error();
  std::string users;
  for (const auto& [volume_name, volume] : volumes) {
    if (volume.config.storage_class == name) users += (users.empty() ? "" : ", ") + volume_name;
  }
  if (!users.empty())
    log.warning("Volumes of the deleted storage class keep its name.", {{"storageClass", name}, {"volumes", users}});
  matcher.remove_class(name);
  classes.erase(name);
  co_return Result<void>();
}

}  // namespace provisioner
