/// Takes the protection finalizers off claims and volumes that nobody uses any more, and reports claims that wait for
/// an external controller to expand them. Source: kubernetes specification 5.1.8 and 5.1.9.
#include "k8s-fake/controllers/quantity.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/controllers/storage.h"
#include "k8s-fake/runtime.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

constexpr const char* kClaimFinalizer = "kubernetes.io/pvc-protection";
constexpr const char* kVolumeFinalizer = "kubernetes.io/pv-protection";

bool finished(const Json& pod) {
  const std::string phase = text(pod, "/status/phase");
  return phase == "Succeeded" || phase == "Failed";
}

/// A scheduled pod holds its claims, a finished one too; only claims made for an ephemeral volume go with the pod's
/// end.
bool in_use(const Cluster& cluster, const Json& claim) {
  const Json& owner = controller_of(claim);
  for (const Object& pod : pods_using(cluster, namespace_of(claim), name_of(claim))) {
    if (text(*pod, "/spec/nodeName").empty()) continue;
    if (text(owner, "/uid") == uid_of(*pod) && finished(*pod)) continue;
    return true;
  }
  return false;
}

asio::awaitable<Outcome> protect_claim(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object claim = context.cluster.find(resources::claims, ns, name);
  if (!claim || !deleting(*claim) || !has_finalizer(*claim, kClaimFinalizer) || in_use(context.cluster, *claim))
    co_return done();
  Json changed = *claim;
  drop_finalizer(changed, kClaimFinalizer);
  const auto written = co_await context.cluster.update(resources::claims, std::move(changed));
  co_return written ? done() : failed_with(written.error());
}

asio::awaitable<Outcome> protect_volume(Context& context, std::string key) {
  const Object volume = context.cluster.find(resources::volumes, "", key.substr(1));
  if (!volume || !deleting(*volume) || !has_finalizer(*volume, kVolumeFinalizer) ||
      text(*volume, "/status/phase") == "Bound")
    co_return done();
  Json changed = *volume;
  drop_finalizer(changed, kVolumeFinalizer);
  const auto written = co_await context.cluster.update(resources::volumes, std::move(changed));
  co_return written ? done() : failed_with(written.error());
}

Keys claims_of_pod(Context&, const Object& old, const Object& now) {
  Keys keys;
  if (now && !finished(*now)) return keys;
  const Json& pod = now ? *now : *old;
  for (const Json& volume : at(pod, "/spec/volumes")) {
    const std::string claim = claim_name(pod, volume);
    if (!claim.empty()) keys.push_back(namespace_of(pod) + "/" + claim);
  }
  return keys;
}

bool wants_more(const Json& claim) {
  return text(claim, "/status/phase") == "Bound" &&
         requested_bytes(claim) > quantity_or_zero(text(claim, "/status/capacity/storage"));
}

/// Plays the external-resizer: the volume first, then the claim.
asio::awaitable<Outcome> resize_here(Context& context, Json claim) {
  const EventSource resizer{"external-resizer"};
  const std::string volume = text(claim, "/spec/volumeName");
  const std::string size = text(claim, "/spec/resources/requests/storage");
  context.events.normal(resizer, claim, "Resizing", "External resizer is resizing volume " + volume);
  const std::function<bool(Json&)> change = [size](Json& object) {
    if (text(object, "/spec/capacity/storage") == size) return false;
    object["spec"]["capacity"]["storage"] = size;
    return true;
  };
  const auto grown = co_await context.cluster.modify(resources::volumes, "", volume, "", change);
  if (!grown) co_return failed_with(grown.error());
  const std::function<bool(Json&)> change2 = [size](Json& object) {
    object["status"]["capacity"]["storage"] = size;
    return true;
  };
  const auto written =
      co_await context.cluster.modify(resources::claims, namespace_of(claim), name_of(claim), "status", change2);
  if (!written) co_return failed_with(written.error());
  context.events.normal(resizer, claim, "VolumeResizeSuccessful", "Resize volume succeeded");
  co_return done();
}

asio::awaitable<Outcome> expand(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object claim = context.cluster.find(resources::claims, ns, name);
  if (!claim || deleting(*claim) || !wants_more(*claim)) co_return done();
  if (context.config.resize) co_return co_await resize_here(context, *claim);
  const EventSource source{"volume_expand"};
  if (context.config.minor >= 28)
    context.events.normal(source, *claim, "ExternalExpanding", "waiting for an external controller to expand this PVC");
  else
    context.events.warning(source, *claim, "ExternalExpanding",
                           "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for an "
                           "external controller to process this PVC.");
  co_return done();
}

Keys growing_claim(Context&, const Object& old, const Object& now) {
  if (!now || !wants_more(*now) || (old && requested_bytes(*old) == requested_bytes(*now) && wants_more(*old)))
    return {};
  return {key_of(*now)};
}

}  // namespace

std::vector<Controller> protection_rows() {
  return {
      {.name = "pvc-protection",
       .triggers = {{resources::claims, own_key}, {resources::pods, claims_of_pod}},
       .reconcile = protect_claim},
      {.name = "pv-protection", .triggers = {{resources::volumes, own_key}}, .reconcile = protect_volume},
      {.name = "expand", .triggers = {{resources::claims, growing_claim}}, .reconcile = expand},
  };
}

}  // namespace k8s_fake::control
