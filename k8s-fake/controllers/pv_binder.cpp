/// The persistent volume controller: binds claims and volumes, asks for dynamic provisioning, releases and recycles.
/// Each write that the real controller makes is one write here too, in its order. Source: kubernetes specification 5.1.
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/controllers/storage.h"
#include "k8s-fake/runtime.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

const EventSource kBinderSource{"persistentvolume-controller"};
constexpr const char* kBindCompleted = "pv.kubernetes.io/bind-completed";
constexpr const char* kBoundByController = "pv.kubernetes.io/bound-by-controller";
constexpr const char* kProvisionedBy = "pv.kubernetes.io/provisioned-by";
constexpr const char* kSelectedNode = "volume.kubernetes.io/selected-node";
constexpr const char* kHostPathProvisioner = "k8s-fake/hostpath";
constexpr auto kResync = 15s;

/// One PUT of the volume's status with another phase; nothing to do when it is there already.
asio::awaitable<ApiResult> set_volume_phase(Context& context, Json volume, std::string phase, std::string message) {
  if (text(volume, "/status/phase") == phase && text(volume, "/status/message") == message) co_return volume;
  if (text(volume, "/status/phase") != phase && context.config.minor >= 28)
    volume["status"]["lastPhaseTransitionTime"] = context.now();
  volume["status"]["phase"] = phase;
  volume["status"].erase("message");
  volume["status"].erase("reason");
  if (!message.empty()) volume["status"]["message"] = message;
  co_return co_await context.cluster.update(resources::volumes, std::move(volume), "status");
}

asio::awaitable<ApiResult> set_claim_bound(Context& context, Json claim, Json volume) {
  Json status = at(claim, "/status");
  status["phase"] = "Bound";
  status["accessModes"] = at(volume, "/spec/accessModes");
  // After the first binding the capacity belongs to whoever resizes the claim.
  if (text(claim, "/status/phase") != "Bound")
    status["capacity"] = {{"storage", text(volume, "/spec/capacity/storage")}};
  const std::string attributes = text(volume, "/spec/volumeAttributesClassName");
  if (!attributes.empty()) status["currentVolumeAttributesClassName"] = attributes;
  if (status == at(claim, "/status")) co_return claim;
  claim["status"] = status;
  co_return co_await context.cluster.update(resources::claims, std::move(claim), "status");
}

/// The four writes of a binding, each only if something is left to write.
asio::awaitable<Outcome> bind(Context& context, Json claim, Json volume) {
  const Json& ref = at(volume, "/spec/claimRef");
  if (text(ref, "/uid") != uid_of(claim)) {
    if (!claimed_by(volume, claim)) volume["metadata"]["annotations"][kBoundByController] = "yes";
    volume["spec"]["claimRef"] = {{"kind", "PersistentVolumeClaim"},
                                  {"namespace", namespace_of(claim)},
                                  {"name", name_of(claim)},
                                  {"uid", uid_of(claim)},
                                  {"apiVersion", "v1"},
                                  {"resourceVersion", text(claim, "/metadata/resourceVersion")}};
    auto written = co_await context.cluster.update(resources::volumes, volume);
    if (!written) co_return failed_with(written.error());
    volume = std::move(*written);
  }
  auto bound = co_await set_volume_phase(context, volume, "Bound", "");
  if (!bound) co_return failed_with(bound.error());
  volume = std::move(*bound);
  const bool chosen_here = text(claim, "/spec/volumeName") != name_of(volume);
  if (chosen_here || annotation(claim, kBindCompleted).empty()) {
    claim["metadata"]["annotations"][kBindCompleted] = "yes";
    if (chosen_here) claim["metadata"]["annotations"][kBoundByController] = "yes";
    claim["spec"]["volumeName"] = name_of(volume);
    auto written = co_await context.cluster.update(resources::claims, claim);
    if (!written) co_return failed_with(written.error());
    claim = std::move(*written);
  }
  const auto finished = co_await set_claim_bound(context, claim, volume);
  co_return finished ? done() : failed_with(finished.error());
}

/// The provisioner of convenience: a volume of the host for classes that name it.
asio::awaitable<Outcome> provision_here(Context& context, Json claim, Json storage_class) {
  const std::string name = "pvc-" + uid_of(claim);
  if (context.cluster.find(resources::volumes, "", name)) co_return again_in(kResync);
  Json policy = at(storage_class, "/reclaimPolicy");
  const Json volume{{"metadata", {{"name", name}, {"annotations", {{kProvisionedBy, kHostPathProvisioner}}}}},
                    {"spec",
                     {{"capacity", {{"storage", text(claim, "/spec/resources/requests/storage")}}},
                      {"accessModes", at(claim, "/spec/accessModes")},
                      {"persistentVolumeReclaimPolicy", policy.is_string() ? policy : Json("Delete")},
                      {"storageClassName", class_of(claim)},
                      {"claimRef",
                       {{"kind", "PersistentVolumeClaim"},
                        {"apiVersion", "v1"},
                        {"namespace", namespace_of(claim)},
                        {"name", name_of(claim)},
                        {"uid", uid_of(claim)},
                        {"resourceVersion", text(claim, "/metadata/resourceVersion")}}},
                      {"hostPath", {{"path", "/var/lib/drydock/hostpath_pv/" + uid_of(claim)}}}}}};
  const auto made = co_await context.cluster.create(resources::volumes, volume);
  if (!made) co_return failed_with(made.error());
  context.events.normal(kBinderSource, claim, "ProvisioningSucceeded",
                        "Successfully provisioned volume " + name + " using " + kHostPathProvisioner);
  co_return done();
}

asio::awaitable<Outcome> provision(Context& context, Json claim) {
  const std::string class_name = class_of(claim);
  const Object found = context.cluster.find(resources::classes, "", class_name);
  if (!found) {
    context.events.warning(kBinderSource, claim, "ProvisioningFailed",
                           "storageclass.storage.k8s.io \"" + class_name + "\" not found");
    co_return again_in(kResync);
  }
  const Json storage_class = *found;
  const std::string provisioner = text(storage_class, "/provisioner");
  if (provisioner == "kubernetes.io/no-provisioner") co_return again_in(kResync);
  if (provisioner.starts_with("kubernetes.io/")) {
    context.events.warning(kBinderSource, claim, "ProvisioningFailed", "no volume plugin matched name: " + provisioner);
    co_return again_in(kResync);
  }
  if (annotation(claim, "volume.beta.kubernetes.io/storage-provisioner") != provisioner) {
    claim["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-provisioner"] = provisioner;
    if (context.config.minor >= 23)
      claim["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"] = provisioner;
    auto written = co_await context.cluster.update(resources::claims, claim);
    if (!written) co_return failed_with(written.error());
    claim = std::move(*written);
  }
  if (provisioner == kHostPathProvisioner) co_return co_await provision_here(context, claim, storage_class);
  const std::string message = context.config.minor >= 28
                                  ? "Waiting for a volume to be created either by the external provisioner '" +
                                        provisioner +
                                        "' or manually by the system administrator. If volume creation is delayed, "
                                        "please verify that the provisioner is running and correctly registered."
                                  : "waiting for a volume to be created, either by external provisioner \"" +
                                        provisioner + "\" or manually created by system administrator";
  context.events.normal(kBinderSource, claim, "ExternalProvisioning", message);
  co_return again_in(kResync);
}

asio::awaitable<Outcome> bind_any(Context& context, Json claim) {
  const std::string class_name = class_of(claim);
  if (class_is_unset(claim) && context.config.minor >= 26) {
    if (const Object chosen = default_class(context.cluster)) {
      claim["spec"]["storageClassName"] = name_of(*chosen);
      const auto written = co_await context.cluster.update(resources::claims, std::move(claim));
      co_return written ? again_in(0s) : failed_with(written.error());
    }
  }
  const Object volume = find_volume(context.cluster, claim);
  const bool delayed = waits_for_consumer(context.cluster, class_name) && annotation(claim, kSelectedNode).empty();
  if (volume && (!delayed || has(*volume, "/spec/claimRef")))
    co_return co_await bind(context, std::move(claim), *volume);
  if (delayed) {
    std::string names;
    int count = 0;
    for (const Object& pod : pods_using(context.cluster, namespace_of(claim), name_of(claim))) {
      if (!text(*pod, "/spec/nodeName").empty()) continue;
      names += (count++ ? "," : "") + name_of(*pod);
    }
    if (count == 0) {
      context.events.normal(kBinderSource, claim, "WaitForFirstConsumer",
                            "waiting for first consumer to be created before binding");
    } else {
      context.events.normal(kBinderSource, claim, "WaitForPodScheduled",
                            std::string("waiting for pod") + (count > 1 ? "s " : " ") + names + " to be scheduled");
    }
    co_return again_in(kResync);
  }
  if (class_name.empty()) {
    context.events.normal(kBinderSource, claim, "FailedBinding",
                          "no persistent volumes available for this claim and no storage class is set");
    co_return again_in(kResync);
  }
  co_return co_await provision(context, std::move(claim));
}

/// Why a chosen volume does not suit the claim; "" when it does.
std::string mismatch(const Json& claim, const Json& volume) {
  if (deleting(volume)) return "the volume is marked for deletion \"" + name_of(volume) + "\"";
  if (capacity_bytes(volume) < requested_bytes(claim)) return "requested PV is too small";
  if (class_of(volume) != class_of(claim)) return "storageClassName does not match";
  if (text(volume, "/spec/volumeAttributesClassName") != text(claim, "/spec/volumeAttributesClassName"))
    return "volumeAttributesClassName does not match";
  const auto mode = [](const Json& object) { return text(object, "/spec/volumeMode") == "Block"; };
  if (mode(volume) != mode(claim)) return "incompatible volumeMode";
  const Json& have = at(volume, "/spec/accessModes");
  for (const Json& wanted : at(claim, "/spec/accessModes")) {
    if (std::find(have.begin(), have.end(), wanted) == have.end()) return "incompatible accessMode";
  }
  return "";
}

asio::awaitable<Outcome> bind_chosen(Context& context, Json claim) {
  const std::string name = text(claim, "/spec/volumeName");
  const Object found = context.cluster.find(resources::volumes, "", name);
  if (!found) co_return again_in(kResync);
  const Json volume = *found;
  if (claimed_by(volume, claim)) co_return co_await bind(context, std::move(claim), volume);
  if (has(volume, "/spec/claimRef")) {
    if (annotation(claim, kBoundByController).empty()) {
      context.events.warning(kBinderSource, claim, "FailedBinding",
                             "volume \"" + name + "\" already bound to a different claim.");
    }
    co_return again_in(kResync);
  }
  if (const std::string why = mismatch(claim, volume); !why.empty()) {
    context.events.warning(kBinderSource, claim, "VolumeMismatch",
                           "Cannot bind to requested volume \"" + name + "\": " + why);
    co_return again_in(kResync);
  }
  co_return co_await bind(context, std::move(claim), volume);
}

asio::awaitable<Outcome> lose_claim(Context& context, Json claim, std::string reason, std::string message) {
  if (text(claim, "/status/phase") == "Lost") co_return again_in(kResync);
  const Json about = claim;
  claim["status"]["phase"] = "Lost";
  claim["status"].erase("accessModes");
  claim["status"].erase("capacity");
  const auto written = co_await context.cluster.update(resources::claims, std::move(claim), "status");
  if (!written) co_return failed_with(written.error());
  context.events.warning(kBinderSource, about, reason, message);
  co_return again_in(kResync);
}

asio::awaitable<Outcome> keep_bound(Context& context, Json claim) {
  const std::string name = text(claim, "/spec/volumeName");
  if (name.empty()) {
    co_return co_await lose_claim(context, std::move(claim), "ClaimLost",
                                  "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  }
  const Object volume = context.cluster.find(resources::volumes, "", name);
  if (!volume) {
    // The map may be behind: ask before declaring data lost.
    const auto live = co_await context.cluster.client().get(resources::volumes, "", name);
    if (live || !live.error().not_found()) co_return Outcome{true, {}};
    co_return co_await lose_claim(context, std::move(claim), "ClaimLost",
                                  "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  }
  if (!has(*volume, "/spec/claimRef") || claimed_by(*volume, claim))
    co_return co_await bind(context, std::move(claim), *volume);
  co_return co_await lose_claim(context, std::move(claim), "ClaimMisbound",
                                "Two claims are bound to the same volume, this one is bound incorrectly");
}

asio::awaitable<Outcome> reconcile_claim(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object claim = context.cluster.find(resources::claims, ns, name);
  if (!claim) co_return done();
  if (!annotation(*claim, kBindCompleted).empty()) co_return co_await keep_bound(context, *claim);
  if (deleting(*claim)) co_return done();
  if (text(*claim, "/spec/volumeName").empty()) co_return co_await bind_any(context, *claim);
  co_return co_await bind_chosen(context, *claim);
}

/// Takes the claim off a volume that a controller had bound, and makes it available again.
asio::awaitable<Outcome> unbind(Context& context, Json volume) {
  if (annotation(volume, kBoundByController).empty()) {
    volume["spec"]["claimRef"].erase("uid");
    volume["spec"]["claimRef"].erase("resourceVersion");
  } else {
    volume["spec"].erase("claimRef");
    volume["metadata"]["annotations"].erase(kBoundByController);
  }
  auto written = co_await context.cluster.update(resources::volumes, std::move(volume));
  if (!written) co_return failed_with(written.error());
  const auto phase = co_await set_volume_phase(context, *written, "Available", "");
  co_return phase ? done() : failed_with(phase.error());
}

asio::awaitable<Outcome> reclaim(Context& context, Json volume) {
  const std::string policy = text(volume, "/spec/persistentVolumeReclaimPolicy");
  if (policy == "Retain") co_return done();
  if (policy == "Delete") {
    const std::string by = annotation(volume, kProvisionedBy);
    if (by == kHostPathProvisioner && !deleting(volume)) {
      const auto removed = co_await context.cluster.remove(resources::volumes, volume);
      co_return removed ? done() : failed_with(removed.error());
    }
    if ((!by.empty() && !by.starts_with("kubernetes.io/")) || has(volume, "/spec/csi") ||
        text(volume, "/status/phase") == "Failed")
      co_return done();
    const std::string message = "error getting deleter volume plugin for volume \"" + name_of(volume) +
                                "\": no deletable volume plugin matched";
    const auto failed = co_await set_volume_phase(context, volume, "Failed", message);
    if (!failed) co_return failed_with(failed.error());
    context.events.warning(kBinderSource, volume, "VolumeFailedDelete", message);
    co_return done();
  }
  if (policy == "Recycle") {
    if (!has(volume, "/spec/nfs") && !has(volume, "/spec/hostPath")) {
      if (text(volume, "/status/phase") == "Failed") co_return done();
      const auto failed = co_await set_volume_phase(context, volume, "Failed", "no recyclable volume plugin matched");
      if (!failed) co_return failed_with(failed.error());
      context.events.warning(kBinderSource, volume, "VolumeFailedRecycle", "no recyclable volume plugin matched");
      co_return done();
    }
    context.events.normal(kBinderSource, volume, "VolumeRecycled", "Volume recycled");
    volume["metadata"]["annotations"][kBoundByController] = "yes";  // a recycled volume keeps no reservation
    co_return co_await unbind(context, std::move(volume));
  }
  context.events.warning(kBinderSource, volume, "VolumeUnknownReclaimPolicy", "Volume has unrecognized reclaim policy");
  co_return done();
}

asio::awaitable<Outcome> reconcile_volume(Context& context, std::string key) {
  const Object found = context.cluster.find(resources::volumes, "", key.substr(1));
  if (!found) co_return done();
  Json volume = *found;
  const Json ref = at(volume, "/spec/claimRef");
  const std::string phase = text(volume, "/status/phase");
  if (text(ref, "/uid").empty()) {  // free, or reserved by name only
    const auto written = co_await set_volume_phase(context, volume, "Available", "");
    co_return written ? done() : failed_with(written.error());
  }
  const auto claim =
      co_await context.cluster.client().get(resources::claims, text(ref, "/namespace"), text(ref, "/name"));
  if (!claim && !claim.error().not_found()) co_return Outcome{true, {}};
  if (!claim || uid_of(*claim) != text(ref, "/uid")) {
    const bool only_reserved =
        phase != "Bound" && phase != "Released" && phase != "Failed" && !annotation(volume, kBoundByController).empty();
    if (only_reserved) co_return co_await unbind(context, std::move(volume));
    if (phase != "Released" && phase != "Failed") {
      auto written = co_await set_volume_phase(context, volume, "Released", "");
      if (!written) co_return failed_with(written.error());
      volume = std::move(*written);
    }
    co_return co_await reclaim(context, std::move(volume));
  }
  const std::string bound_to = text(*claim, "/spec/volumeName");
  if (bound_to == name_of(volume)) {
    const auto written = co_await set_volume_phase(context, volume, "Bound", "");
    co_return written ? done() : failed_with(written.error());
  }
  if (bound_to.empty()) co_return done();  // the claim was woken by this change as well
  const bool provisioned_for_it =
      !annotation(volume, kProvisionedBy).empty() && text(volume, "/spec/persistentVolumeReclaimPolicy") == "Delete";
  if (!provisioned_for_it) co_return co_await unbind(context, std::move(volume));
  if (phase != "Released" && phase != "Failed") {
    auto written = co_await set_volume_phase(context, volume, "Released", "");
    if (!written) co_return failed_with(written.error());
    volume = std::move(*written);
  }
  co_return co_await reclaim(context, std::move(volume));
}

Keys pending_claims(Context& context) {
  Keys keys;
  for (const auto& [key, claim] : context.cluster.all(resources::claims)) {
    if (annotation(*claim, kBindCompleted).empty()) keys.push_back(key);
  }
  return keys;
}

/// A volume wakes the claim it names; one that became free wakes everybody who waits.
Keys claims_of_volume(Context& context, const Object& old, const Object& now) {
  if (now && !has(*now, "/spec/claimRef")) {
    return text(*now, "/status/phase") == "Available" ? pending_claims(context) : Keys{};
  }
  Keys keys;
  for (const Object& volume : {old, now}) {
    if (!volume) continue;
    const Json& ref = at(*volume, "/spec/claimRef");
    if (ref.is_object()) keys.push_back(text(ref, "/namespace") + "/" + text(ref, "/name"));
  }
  return keys;
}

Keys claims_of_class(Context& context, const Object& old, const Object& now) {
  return !old && now ? pending_claims(context) : Keys{};
}

Keys no_key(Context&, const Object&, const Object&) { return {}; }  // looked at, but waited for elsewhere

Keys volume_of_claim(Context& context, const Object& old, const Object& now) {
  Keys keys;
  const std::string name = text(now ? *now : *old, "/spec/volumeName");
  if (!name.empty()) keys.push_back("/" + name);
  if (now) return keys;
  for (const auto& [key, volume] : context.cluster.all(resources::volumes)) {  // reservations the claim never learnt of
    if (claimed_by(*volume, *old) && "/" + name != key) keys.push_back(key);
  }
  return keys;
}

}  // namespace

std::vector<Controller> pv_binder_rows() {
  return {
      {.name = "persistent-volume-binder",
       .triggers = {{resources::claims, own_key},
                    {resources::volumes, claims_of_volume},
                    {resources::classes, claims_of_class},
                    {resources::pods, no_key}},
       .reconcile = reconcile_claim},
      {.name = "persistent-volume-phases",
       .triggers = {{resources::volumes, own_key}, {resources::claims, volume_of_claim}},
       .reconcile = reconcile_volume},
  };
}

}  // namespace k8s_fake::control
