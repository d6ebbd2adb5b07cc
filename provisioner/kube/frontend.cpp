#include "provisioner/kube/frontend.h"

#include <boost/asio/any_io_executor.hpp>

#include "provisioner/base/text.h"

namespace provisioner::kube {

namespace asio = boost::asio;

Frontend::Frontend(asio::any_io_executor executor, base::Clock& clock, base::Rng rng, base::Logger logger,
                   Client& client, Orchestrator& core, Version version)
    : clock_(clock),
      logger_(logger),
      client_(client),
      core_(core),
      version_(std::move(version)),
      tasks_(executor),
      events_(client, tasks_, clock, logger),
      claims_(client, clock, base::Rng(rng.next()), logger, claims_options()),
      volumes_(client, clock, base::Rng(rng.next()), logger, volumes_options()),
      classes_(client, clock, base::Rng(rng.next()), logger, classes_options()),
      claim_work_(tasks_, clock, base::Rng(rng.next()), [this](std::string key) { return work_claim(std::move(key)); }),
      volume_work_(tasks_, clock, base::Rng(rng.next()),
                   [this](std::string key) { return work_volume(std::move(key)); }),
      class_work_(tasks_, clock, base::Rng(rng.next()),
                  [this](std::string key) { return work_class(std::move(key)); }) {
  class_work_.on_idle = [this] { check_ready(); };
}

Reflector::Options Frontend::claims_options() {
  return {.path = "/api/v1/persistentvolumeclaims",
          .resync = std::chrono::seconds(60),
          .on_change = [this](Change change, const std::string& key, const Json& now,
                              const Json& before) { claim_changed(change, key, now, before); },
          .on_listed = [this] { check_ready(); }};
}

Reflector::Options Frontend::volumes_options() {
  return {.path = "/api/v1/persistentvolumes",
          .resync = std::chrono::seconds(60),
          .on_change = [this](Change change, const std::string& key, const Json& now,
                              const Json&) { volume_changed(change, key, now); },
          .on_listed = [this] { check_ready(); }};
}

Reflector::Options Frontend::classes_options() {
  return {
      .path = std::string("/apis/storage.k8s.io/") + (at_least(version_, 1, 6) ? "v1" : "v1beta1") + "/storageclasses",
      .resync = std::chrono::seconds(60),
      .on_change = [this](Change change, const std::string& key, const Json& now,
                          const Json& before) { class_changed(change, key, now, before); },
      .on_listed =
          [this] {
            classes_asked_ = true;
            drop_forgotten_classes();
            check_ready();
          }};
}

void Frontend::start() {
  for (Reflector* mirror : {&classes_, &volumes_, &claims_}) {
    tasks_.spawn(mirror->run());
    tasks_.spawn(mirror->run_resync());
  }
  tasks_.spawn(settle_regularly());
}

asio::awaitable<void> Frontend::stop() {
  tasks_.stop();
  co_await tasks_.join();
}

/// Claims wait for the first complete picture: a class the core does not know yet, or a PV not seen yet, would mislead.
void Frontend::check_ready() {
  if (ready_ || !classes_asked_ || !class_work_.idle() || !claims_.listed() || !volumes_.listed()) return;
  ready_ = true;
  for (const auto& [key, claim] : claims_.objects()) claim_work_.add(key);
  for (const auto& [key, volume] : volumes_.objects()) volume_work_.add(key);
  tasks_.spawn(settle());
}

bool Frontend::wanted(const std::string& volume) const {
  if (making_.contains(volume)) return true;
  if (const Json* object = volumes_.find(volume); object && annotation(*object, kProvisionedBy) == kProvisioner)
    return true;
  for (const auto& [key, claim] : claims_.objects()) {
    if (volume_name(claim) == volume && !find_at(claim, {"metadata", "deletionTimestamp"})) return true;
  }
  return false;
}

/// Volumes that a crash left half-made are completed by their claim, or undone when no claim asks for them.
asio::awaitable<void> Frontend::settle() {
  const std::vector<std::string> unfinished = core_.unfinished_volumes();
  if (unfinished.empty()) co_return;
  for (const std::string& name : unfinished) {  // the PV is there: only the erasing of the intent is left
    const Json* object = volumes_.find(name);
    if (object && annotation(*object, kProvisionedBy) == kProvisioner) core_.confirm_volume(name);
  }
  std::function<bool(const std::string&)> keep = [this](const std::string& volume) { return wanted(volume); };
  co_await core_.settle_unfinished(keep);
}

/// What REST left half-made, and what could not be undone when its claim went, comes to an end without a restart.
asio::awaitable<void> Frontend::settle_regularly() {
  const base::Duration pause = std::chrono::seconds(60);
  while (true) {
    co_await base::sleep_for(clock_, pause);
    if (ready_) co_await settle();
  }
}

Result<VolumeConfig> Frontend::explainable(const std::string& claim_key) const {
  const Json* claim = claims_.find(claim_key);
  if (!claim) return Error{ErrorKind::not_found, "persistentvolumeclaim " + claim_key + " was not found"};
  const Decision decision = decide(*claim);
  const std::string class_name = decision.class_name.empty() ? claim_class(*claim).value_or("") : decision.class_name;
  return volume_config(*claim, class_name, extras_of(class_name));
}

}  // namespace provisioner::kube
