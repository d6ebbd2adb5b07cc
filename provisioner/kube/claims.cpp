#include "provisioner/base/text.h"
#include "provisioner/kube/frontend.h"
#include "provisioner/kube/quantity.h"

/// What happens to a claim: filter (7.3), state machine (7.5), growth (18.10).
namespace provisioner::kube {

namespace asio = boost::asio;

namespace {

const Json kNothing;

const Json& part(const Json& object, std::initializer_list<const char*> path) {
  const Json* found = find_at(object, path);
  return found ? *found : kNothing;
}

std::string key_of(const Json& claim) {
  return text_at(claim, {"metadata", "namespace"}) + "/" + text_at(claim, {"metadata", "name"});
}

std::string phase_of(const Json& object) { return text_at(object, {"status", "phase"}); }

std::string volume_path(const std::string& name) { return "/api/v1/persistentvolumes/" + name; }

}  // namespace

void Frontend::claim_changed(Change change, const std::string& key, const Json& now, const Json& before) {
  if (change == Change::deleted) {
    pending_.erase(volume_name(now));
    if (ready_ && !core_.unfinished_volumes().empty()) tasks_.spawn(settle(), nullptr);
  }
  if (!ready_ || at_rest(now)) return;
  const bool asks_anew = change == Change::updated &&
                         (part(now, {"spec"}) != part(before, {"spec"}) ||
                          part(now, {"metadata", "annotations"}) != part(before, {"metadata", "annotations"}));
  if (asks_anew || change == Change::added) {
    claim_work_.add_afresh(key);
  } else if (change != Change::deleted) {
    claim_work_.add(key);
  }
}

Frontend::Decision Frontend::decide(const Json& claim) const {
  if (requested_storage(claim).empty()) return {.ours = false, .class_name = {}, .why_not = "it requests no storage"};
  const Json* field = find_at(claim, {"spec", "storageClassName"});
  if (field && field->is_string() && field->get<std::string>().empty())
    return {.ours = false, .class_name = {}, .why_not = "its class is empty"};
  const std::string class_name = claim_class(claim).value_or("");
  if (!class_name.empty() && claim_provisioner(claim, version_) == Provisioner::other) {
    return {.ours = false, .class_name = class_name, .why_not = "it is another provisioner's"};
  }
  if (!class_name.empty()) return {.ours = true, .class_name = class_name, .why_not = {}};
  if (at_least(version_, 1, 6)) {
    if (const auto fallback = default_class()) return {.ours = true, .class_name = *fallback, .why_not = {}};
  }
  return {.ours = false, .class_name = {}, .why_not = "it names no class"};
}

ClassExtras Frontend::extras_of(const std::string& class_name) const {
  const Json* object = classes_.find(class_name);
  return object ? class_extras(*object) : ClassExtras{};
}

bool Frontend::still_wanted(const Json& claim) const {
  const Json* now = claims_.find(key_of(claim));
  return now && text_at(*now, {"metadata", "uid"}) == text_at(claim, {"metadata", "uid"}) &&
         !find_at(*now, {"metadata", "deletionTimestamp"});
}

bool Frontend::grows(const Json& claim, const Json& volume) const {
  const auto want = parse_quantity(requested_storage(claim));
  const auto have = parse_quantity(text_at(volume, {"spec", "capacity", "storage"}));
  const auto shown = parse_quantity(text_at(claim, {"status", "capacity", "storage"}));
  return want && have && (*want > *have || (shown && *want > *shown));
}

/// Bound, and nothing is left to do: most claims, most of the time.
bool Frontend::at_rest(const Json& claim) const {
  if (phase_of(claim) != "Bound" || pending_.contains(volume_name(claim))) return false;
  const Json* volume = volumes_.find(text_at(claim, {"spec", "volumeName"}));
  if (!volume || annotation(*volume, kProvisionedBy) != kProvisioner) return true;
  return annotation(*volume, kImporting).empty() && !grows(claim, *volume);
}

asio::awaitable<bool> Frontend::work_claim(std::string key) {
  const Json* found = claims_.find(key);
  if (!found) co_return true;
  Json claim = *found;
  const Decision decision = decide(claim);
  if (!decision.ours) {
    logger_.debug("Ignoring a claim.", {{"PVC", key}, {"reason", decision.why_not}});
    co_return true;
  }
  const std::string phase = phase_of(claim);
  if (phase == "Bound") co_return co_await claim_bound(std::move(claim));
  if (phase == "Lost") co_return co_await claim_lost(std::move(claim));
  if (phase == "Pending" || phase.empty()) co_return co_await claim_pending(std::move(claim), decision.class_name);
  logger_.error("The claim has a phase that is not known.", {{"PVC", key}, {"phase", phase}});
  co_return true;
}

asio::awaitable<bool> Frontend::claim_pending(Json claim, std::string class_name) {
  if (!still_wanted(claim)) co_return true;
  const std::string key = key_of(claim);
  const std::string name = volume_name(claim);
  const std::string bound_to = text_at(claim, {"spec", "volumeName"});
  if (!bound_to.empty() && bound_to != name) co_return true;  // somebody chose another volume; binding is on its way
  if (!part(claim, {"spec", "selector"}).is_null()) {
    events_.post(Events::Type::warning, "PersistentVolumeClaim", "v1", claim, "IgnoredClaim",
                 "Trident ignores claims with a label selector.");
    logger_.warning("Ignoring a claim with a label selector.", {{"PVC", key}});
    co_return true;
  }
  if (!annotation(claim, kImportOriginalName).empty()) co_return co_await claim_importing(std::move(claim), class_name);
  if (!annotation(claim, kNotManaged).empty()) co_return true;  // an import of another Trident
  if (const auto made = pending_.find(name); made != pending_.end()) {
    if (satisfies(made->second, claim)) co_return true;
    auto dropped = co_await drop_volume_and_object(name);
    if (!dropped) {
      logger_.warning("Could not delete a volume that no longer satisfies its claim.",
                      {{"PVC", key}, {"PV", name}, {"error", dropped.error().message}});
      co_return false;
    }
    pending_.erase(name);
  }
  const base::TimePoint started = clock_.now();
  const auto busy = making_.insert(name);
  auto volume = co_await make_volume(claim, class_name);
  Result<Json> object = volume ? Result<Json>(Json()) : Result<Json>(volume.error());
  if (volume) object = co_await make_object(claim, *volume, class_name);
  making_.erase(busy);
  if (object) core_.confirm_volume(name);
  FrontendStats& stats = stats_[class_name];
  if (!object) {
    if (!still_wanted(claim)) {
      co_await settle();
      co_return true;
    }
    ++stats.provision_failed;
    logger_.warning("Kubernetes frontend failed to provision a volume for the claim.",
                    {{"PVC", key}, {"error", object.error().message}});
    events_.post(Events::Type::warning, "PersistentVolumeClaim", "v1", claim, "ProvisioningFailed",
                 object.error().message);
    co_return false;
  }
  ++stats.provisioned;
  stats.provision_seconds += std::chrono::duration<double>(clock_.now() - started).count();
  if (!still_wanted(claim)) {
    // The claim went while its volume was made. With Delete the PV's own way ends it; Retain keeps it, as asked.
    co_return true;
  }
  pending_[name] = *object;
  events_.post(Events::Type::normal, "PersistentVolumeClaim", "v1", claim, "ProvisioningSuccess",
               "Kubernetes frontend provisioned a volume and a PV for the PVC.");
  logger_.info("Kubernetes frontend provisioned a volume and a PV for the PVC.",
               {{"PVC", key}, {"PV", name}, {"PV_volume", volume->config.name}});
  co_return true;
}

/// The claim's volume: the one that is there (a crash may have come between volume and PV), or a new one.
asio::awaitable<Result<Volume>> Frontend::make_volume(const Json& claim, const std::string& class_name) {
  auto config = volume_config(claim, class_name, extras_of(class_name));
  if (!config) co_return config.error();
  const std::string source = annotation(claim, "trident.netapp.io/cloneFromPVC");
  if (!source.empty()) {
    const Json* from = claims_.find(text_at(claim, {"metadata", "namespace"}) + "/" + source);
    if (!from)
      co_return Error{ErrorKind::not_found, "the claim to clone, " + source + ", was not found in this namespace"};
    if (claim_class(*from).value_or("") != class_name)
      co_return Error{ErrorKind::invalid, "the claim to clone, " + source + ", has another storage class"};
    config->clone_source_volume = text_at(*from, {"spec", "volumeName"});
    if (config->clone_source_volume.empty())
      co_return Error{ErrorKind::conflict, "the claim to clone, " + source + ", is not bound yet"};
  }
  const std::string name = config->name;
  auto made = co_await core_.add_unconfirmed_volume(std::move(*config));
  if (!made && made.error().kind == ErrorKind::already_exists) {
    auto known = core_.volume(name);
    if (known) co_return *known;
  }
  co_return made;
}

/// Makes the PV, or finds the one made before. Without a PV the volume is deleted again, unless the API server is
/// merely away.
asio::awaitable<Result<Json>> Frontend::make_object(const Json& claim, const Volume& volume,
                                                    const std::string& class_name) {
  const std::string name = volume.config.name;
  auto object = persistent_volume(claim, volume, class_name, extras_of(class_name), version_);
  ApiResult<Json> made = ApiError{};
  if (object) {
    const std::string path = "/api/v1/persistentvolumes";
    made = co_await client_.create(path, std::move(*object));
    if (made) co_return *made;
    if (made.error().code == 409 || made.error().code == 0) {
      const std::string own_path = volume_path(name);
      auto there = co_await client_.get(own_path);
      if (there && claimed_by(*there, claim) && annotation(*there, kProvisionedBy) == kProvisioner) co_return *there;
    }
    const bool away = made.error().code == 0 || made.error().code == 429 || made.error().code >= 500;
    if (away) co_return Error{ErrorKind::unavailable, "could not create the PV " + name + ": " + made.error().message};
  }
  const std::string why =
      object ? "could not create the PV " + name + ": " + made.error().message : object.error().message;
  auto undone = co_await core_.abandon_volume(name);
  if (!undone && undone.error().kind != ErrorKind::not_found)
    co_return Error{ErrorKind::unavailable, why + "; could not delete its volume again: " + undone.error().message};
  co_return Error{ErrorKind::invalid, why};
}

asio::awaitable<Result<void>> Frontend::drop_volume_and_object(std::string name) {
  auto gone = co_await core_.delete_volume(name);
  if (!gone && gone.error().kind != ErrorKind::not_found) co_return gone.error();
  const std::string path = volume_path(name);
  auto removed = co_await client_.remove(path);
  if (!removed && removed.error().code != 404) co_return Error{ErrorKind::unavailable, removed.error().message};
  co_return Result<void>();
}

asio::awaitable<bool> Frontend::claim_bound(Json claim) {
  const std::string name = volume_name(claim);
  const std::string bound_to = text_at(claim, {"spec", "volumeName"});
  if (pending_.contains(name)) {
    if (bound_to != name) {
      auto dropped = co_await drop_volume_and_object(name);
      if (!dropped) {
        logger_.warning("Could not delete the volume of a claim that was bound to another.",
                        {{"PVC", key_of(claim)}, {"PV", name}, {"error", dropped.error().message}});
        co_return false;
      }
    }
    pending_.erase(name);
  }
  const Json* found = volumes_.find(bound_to);
  if (!found || annotation(*found, kProvisionedBy) != kProvisioner) co_return true;
  Json object = *found;
  if (!annotation(object, kImporting).empty()) co_return co_await end_import(std::move(claim), std::move(object));
  if (!grows(claim, object)) co_return true;
  co_return co_await expand(std::move(claim), std::move(object));
}

asio::awaitable<bool> Frontend::expand(Json claim, Json object) {
  const std::string key = key_of(claim);
  const std::string name = text_at(object, {"metadata", "name"});
  const std::string wanted_size = requested_storage(claim);
  const auto bytes = parse_quantity(wanted_size);
  std::string failure;
  const std::string size = std::to_string(bytes.value_or(0));
  auto resized = co_await core_.resize_volume(name, size);
  if (!resized) failure = resized.error().message;
  if (failure.empty()) {
    Json patch = {{"spec", {{"capacity", {{"storage", wanted_size}}}}}};
    const std::string own_path = volume_path(name);
    const std::string type = "merge";
    auto patched = co_await client_.patch(own_path, type, patch);
    if (!patched) failure = "could not update the PV: " + patched.error().message;
  }
  if (failure.empty()) {
    const std::string path = "/api/v1/namespaces/" + text_at(claim, {"metadata", "namespace"}) +
                             "/persistentvolumeclaims/" + text_at(claim, {"metadata", "name"}) + "/status";
    Json patch = {{"status", {{"capacity", {{"storage", wanted_size}}}}}};
    const std::string type = "merge";
    auto patched = co_await client_.patch(path, type, patch);
    if (!patched) failure = "could not update the claim: " + patched.error().message;
    if (patched) claims_.learn(*patched);
  }
  if (!failure.empty()) {
    logger_.warning("Could not resize a volume.", {{"PVC", key}, {"PV", name}, {"error", failure}});
    events_.post(Events::Type::warning, "PersistentVolumeClaim", "v1", claim, "ResizeFailed", failure);
    co_return false;
  }
  logger_.info("Kubernetes frontend resized a volume.", {{"PVC", key}, {"PV", name}, {"size", wanted_size}});
  events_.post(Events::Type::normal, "PersistentVolumeClaim", "v1", claim, "ResizeSuccess",
               "Kubernetes frontend resized the PV to " + wanted_size + ".");
  co_return true;
}

asio::awaitable<bool> Frontend::claim_lost(Json claim) {
  const std::string name = volume_name(claim);
  pending_.erase(name);
  if (annotation(claim, "trident.netapp.io/reclaimPolicy") == "Retain" || !core_.volume(name)) co_return true;
  if (volumes_.find(name)) co_return true;  // the PV is there again, or its end is still being reported
  auto gone = co_await core_.delete_volume(name);
  if (!gone && gone.error().kind != ErrorKind::not_found) {
    events_.post(Events::Type::warning, "PersistentVolumeClaim", "v1", claim, "FailedVolumeDelete",
                 "Could not delete the volume of the lost claim, will retry: " + gone.error().message);
    co_return false;
  }
  events_.post(Events::Type::normal, "PersistentVolumeClaim", "v1", claim, "VolumeDelete",
               "Deleted the volume of the lost claim.");
  co_return true;
}

}  // namespace provisioner::kube
