#include "provisioner/kube/frontend.h"

/// Storage classes (7.9). A class of ours is told to the core once; later changes of its parameters are only warned
/// about, because volumes were placed by the old ones.
namespace provisioner::kube {

namespace asio = boost::asio;

void Frontend::class_changed(Change change, const std::string& key, const Json& now, const Json& before) {
  if (text_at(now, {"provisioner"}) != kProvisioner) return;
  const bool asks_anew =
      change == Change::added || change == Change::deleted ||
      (change == Change::updated && find_at(now, {"parameters"}) && find_at(before, {"parameters"}) &&
       *find_at(now, {"parameters"}) != *find_at(before, {"parameters"}));
  if (change == Change::deleted) class_complaints_.erase(key);
  if (asks_anew) {
    class_work_.add_afresh(key);
  } else {
    class_work_.add(key);
  }
}

asio::awaitable<bool> Frontend::work_class(std::string key) {
  const auto known = core_.storage_class(key);
  const Json* found = classes_.find(key);
  if (!found || text_at(*found, {"provisioner"}) != kProvisioner) {
    if (!known) co_return true;
    auto gone = co_await core_.delete_storage_class(key);
    if (!gone && gone.error().kind != ErrorKind::not_found) {
      logger_.error("Could not delete a storage class.", {{"storageClass", key}, {"error", gone.error().message}});
      co_return false;
    }
    logger_.info("Kubernetes frontend deleted a storage class.", {{"storageClass", key}});
    co_return true;
  }
  const Json object = *found;
  const std::string api_version = std::string("storage.k8s.io/") + (at_least(version_, 1, 6) ? "v1" : "v1beta1");
  const auto complain = [&](const std::string& reason, const std::string& text) {
    if (std::exchange(class_complaints_[key], text) == text) return;
    logger_.error(text, {{"storageClass", key}});
    events_.post(Events::Type::warning, "StorageClass", api_version, object, reason, text);
  };
  auto config = class_config(object);
  if (!config) {
    complain("InvalidParameters", "The storage class was not added: " + config.error().message);
    co_return true;
  }
  config->origin = "kubernetes";
  if (known) {
    StorageClassConfig before = known->config;
    if (!before.attributes) before.attributes.emplace();
    for (PoolLists* lists : {&before.required_storage, &before.storage_pools, &before.additional_storage_pools,
                             &before.exclude_storage_pools}) {
      for (auto& [backend, names] : *lists) std::ranges::sort(names);
    }
    before.version = config->version;
    before.origin = config->origin;
    if (!(before == *config)) {
      const std::string text =
          "Changed parameters of a storage class have no effect until it is deleted and created again.";
      if (std::exchange(class_complaints_[key], text) != text) {
        logger_.warning(text, {{"storageClass", key}});
        events_.post(Events::Type::warning, "StorageClass", api_version, object, "IgnoredChange", text);
      }
    }
    co_return true;
  }
  auto added = co_await core_.add_storage_class(*config);
  if (added) {
    class_complaints_.erase(key);
    logger_.info("Kubernetes frontend added a storage class.", {{"storageClass", key}});
    co_return true;
  }
  if (added.error().kind == ErrorKind::already_exists) co_return true;
  complain("InvalidParameters", "The storage class was not added: " + added.error().message);
  co_return added.error().kind == ErrorKind::invalid;
}

std::optional<std::string> Frontend::default_class() const {
  std::optional<std::string> only;
  for (const auto& [name, object] : classes_.objects()) {
    if (text_at(object, {"provisioner"}) != kProvisioner || !is_default_class(object) || !core_.storage_class(name))
      continue;
    if (only) {
      logger_.warning("More than one storage class of Trident is the default.", {{"storageClass", name}});
      return std::nullopt;
    }
    only = name;
  }
  return only;
}

/// Classes that came from Kubernetes and were deleted there while nobody watched.
void Frontend::drop_forgotten_classes() {
  for (const std::string& name : core_.storage_classes()) {
    const auto known = core_.storage_class(name);
    if (known && known->config.origin == "kubernetes" && !classes_.find(name)) class_work_.add(name);
  }
}

}  // namespace provisioner::kube
