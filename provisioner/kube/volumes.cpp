#include "provisioner/kube/frontend.h"

/// What happens to a PersistentVolume of ours (7.7): a released one with policy Delete goes, array volume first.
namespace provisioner::kube {

namespace asio = boost::asio;

namespace {
bool nothing_to_do(const std::string& phase) {
  return phase.empty() || phase == "Pending" || phase == "Available" || phase == "Bound";
}
}  // namespace

void Frontend::volume_changed(Change change, const std::string& key, const Json& now) {
  if (change == Change::deleted) {
    // Claims may have waited for exactly this: a lost one, or one that is made anew.
    const std::string claim =
        text_at(now, {"spec", "claimRef", "namespace"}) + "/" + text_at(now, {"spec", "claimRef", "name"});
    if (ready_ && claims_.find(claim)) claim_work_.add(claim);
    return;
  }
  if (!ready_ || nothing_to_do(text_at(now, {"status", "phase"}))) return;
  if (annotation(now, kProvisionedBy) != kProvisioner) return;
  volume_work_.add(key);
}

asio::awaitable<bool> Frontend::work_volume(std::string key) {
  const Json* found = volumes_.find(key);
  if (!found || annotation(*found, kProvisionedBy) != kProvisioner) co_return true;
  const std::string phase = text_at(*found, {"status", "phase"});
  if (nothing_to_do(phase)) co_return true;
  Json object = *found;
  if (phase != "Released" && phase != "Failed") {
    logger_.error("The PV has a phase that is not known.", {{"PV", key}, {"phase", phase}});
    co_return true;
  }
  if (text_at(object, {"spec", "persistentVolumeReclaimPolicy"}) != "Delete") co_return true;
  FrontendStats& stats = stats_[text_at(object, {"spec", "storageClassName"})];
  auto gone = co_await core_.delete_volume(key);
  if (!gone && gone.error().kind != ErrorKind::not_found) {
    ++stats.delete_failed;
    logger_.error("Kubernetes frontend failed to delete the volume of a released PV.",
                  {{"PV", key}, {"error", gone.error().message}});
    co_await mark_failed(std::move(object), gone.error().message);
    co_return false;
  }
  const std::string path = "/api/v1/persistentvolumes/" + key;
  auto removed = co_await client_.remove(path);
  if (!removed && removed.error().code != 404) {
    logger_.warning("Kubernetes frontend failed to delete a PV whose volume has gone.",
                    {{"PV", key}, {"error", removed.error().message}});
    co_return false;
  }
  ++stats.deleted;
  logger_.info("Kubernetes frontend deleted a PV and its volume.", {{"PV", key}, {"volume", key}});
  co_return true;
}

asio::awaitable<void> Frontend::mark_failed(Json object, std::string why) {
  if (text_at(object, {"status", "phase"}) == "Failed") co_return;
  const std::string path = "/api/v1/persistentvolumes/" + text_at(object, {"metadata", "name"}) + "/status";
  Json changed = object;
  changed["status"]["phase"] = "Failed";
  changed["status"]["message"] = why;
  auto updated = co_await client_.replace(path, std::move(changed));
  if (!updated) {
    logger_.warning("Could not mark a PV as failed.",
                    {{"PV", text_at(object, {"metadata", "name"})}, {"error", updated.error().message}});
    co_return;
  }
  volumes_.learn(*updated);
  events_.post(Events::Type::warning, "PersistentVolume", "v1", object, "FailedVolumeDelete",
               "Could not delete the volume of the released PV; it may need to be deleted by hand: " + why);
}

}  // namespace provisioner::kube
