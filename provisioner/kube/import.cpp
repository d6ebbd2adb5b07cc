#include "provisioner/base/text.h"
#include "provisioner/kube/frontend.h"

/// Volumes that are on the array already (19.04). The claim is made first, since the volume's name follows from its
/// UID, and carries what is to be imported, so that a crash at any later point is completed by the claim like any
/// other.
namespace provisioner::kube {

namespace asio = boost::asio;

namespace {

std::string claim_collection(const Json& claim) {
  return "/api/v1/namespaces/" + base::http::percent_encode(text_at(claim, {"metadata", "namespace"})) +
         "/persistentvolumeclaims";
}

/// Does the object look like a claim that can be made?
Result<void> check_claim(const Json& claim) {
  if (text_at(claim, {"kind"}) != "PersistentVolumeClaim")
    return Error{ErrorKind::invalid, "the data given is no PersistentVolumeClaim"};
  if (text_at(claim, {"metadata", "name"}).empty())
    return Error{ErrorKind::invalid, "a valid PVC name is required for volume import"};
  if (text_at(claim, {"metadata", "namespace"}).empty())
    return Error{ErrorKind::invalid, "a valid PVC namespace is required for volume import"};
  for (const char* key : {"metadata", "spec"}) {
    if (const Json* part = find_at(claim, {key}); !part || !part->is_object())
      return Error{ErrorKind::invalid, std::string("the claim has no ") + key};
  }
  return {};
}

}  // namespace

asio::awaitable<Result<Volume>> Frontend::import_volume(ImportRequest request, Json claim) {
  if (!ready_) co_return Error{ErrorKind::busy, "the Kubernetes frontend is starting"};
  if (const auto sound = check_claim(claim); !sound) co_return sound.error();
  const std::string class_name = claim_class(claim).value_or(default_class().value_or(""));
  if (class_name.empty()) co_return Error{ErrorKind::invalid, "the claim names no storage class"};
  if (!classes_.find(class_name) || !core_.storage_class(class_name)) {
    co_return Error{ErrorKind::not_found,
                    "storage class " + class_name + " of the claim was not found among those of " + kProvisioner};
  }
  const auto size = co_await core_.array_volume_size(request.backend, request.internal_name);
  if (!size) co_return Error{size.error().kind, "volume import failed to get size of volume: " + size.error().message};
  claim.erase("status");
  Json& annotations = claim["metadata"]["annotations"];
  if (!annotations.is_object()) annotations = Json::object();
  annotations[kNotManaged] = request.managed ? "false" : "true";
  annotations[kImportBackend] = request.backend;
  annotations[kImportOriginalName] = request.internal_name;
  annotations[kStorageProvisioner] = kProvisioner;
  Json& resources = claim["spec"]["resources"];
  if (!resources.is_object()) resources = Json::object();
  resources["requests"] = {{"storage", std::to_string(*size)}};
  const std::string collection = claim_collection(claim);
  const auto made = co_await client_.create(collection, claim);
  if (!made) co_return Error{made.error().kind, "error occurred during PVC creation: " + made.error().message};
  const Json object = *made;
  auto imported = co_await import_for(object, class_name);
  if (imported) co_return imported->volume;
  // Who asked was told that it failed: without its claim the rest is undone.
  const std::string path = collection + "/" + text_at(object, {"metadata", "name"});
  if (const auto gone = co_await client_.remove(path); !gone && gone.error().code != 404) {
    logger_.warning("The claim of a failed import could not be deleted; the import goes on.",
                    {{"PVC", path}, {"error", gone.error().message}});
  }
  co_return Error{imported.error().kind, "frontend failed to import volume: " + imported.error().message};
}

/// Imports what the claim's annotations name, or finds it imported, and makes the PV.
asio::awaitable<Result<Frontend::Imported>> Frontend::import_for(Json claim, std::string class_name) {
  const std::string name = volume_name(claim);
  auto config = volume_config(claim, class_name, extras_of(class_name));
  if (!config) co_return config.error();
  config->file_system.clear();  // nobody knows which one is on it
  ImportRequest request;
  request.backend = annotation(claim, kImportBackend);
  request.internal_name = annotation(claim, kImportOriginalName);
  request.managed = annotation(claim, kNotManaged) != "true";
  request.config = std::move(*config);
  const std::string original = request.internal_name;
  const auto busy = making_.insert(name);
  auto volume = co_await core_.import_unconfirmed_volume(std::move(request));
  if (!volume && volume.error().kind == ErrorKind::already_exists) {
    auto known = core_.volume(name);
    if (known && known->config.import_original_name == original) volume = std::move(known);
  }
  Result<Json> object = volume ? Result<Json>(Json()) : Result<Json>(volume.error());
  if (volume) object = co_await make_object(claim, *volume, class_name);
  making_.erase(busy);
  if (!object) co_return object.error();
  core_.confirm_volume(name);
  logger_.info("Kubernetes frontend imported a volume and made a PV for it.",
               {{"PV", name}, {"backend", volume->backend}, {"volume", original}});
  co_return Imported{std::move(*volume), std::move(*object)};
}

/// A claim that asks for an import; also how an interrupted one is completed.
asio::awaitable<bool> Frontend::claim_importing(Json claim, std::string class_name) {
  const std::string name = volume_name(claim);
  if (making_.contains(name) || pending_.contains(name)) co_return true;
  auto imported = co_await import_for(claim, class_name);
  if (!imported) {
    if (!still_wanted(claim)) co_return true;
    logger_.warning("Kubernetes frontend failed to import a volume for the claim.",
                    {{"PVC", text_at(claim, {"metadata", "name"})}, {"error", imported.error().message}});
    events_.post(Events::Type::warning, "PersistentVolumeClaim", "v1", claim, "ProvisioningFailed",
                 imported.error().message);
    co_return false;
  }
  if (still_wanted(claim)) pending_[name] = std::move(imported->object);
  co_return true;
}

/// Until its claim is bound an imported volume's PV is retained, so that nothing that goes wrong before deletes data.
asio::awaitable<bool> Frontend::end_import(Json claim, Json object) {
  const std::string name = text_at(object, {"metadata", "name"});
  const std::string policy = reclaim_policy_for(claim, extras_of(text_at(object, {"spec", "storageClassName"})));
  Json patch = {{"metadata", {{"annotations", {{kImporting, nullptr}}}}},
                {"spec", {{"persistentVolumeReclaimPolicy", policy}}}};
  const std::string path = "/api/v1/persistentvolumes/" + name;
  const std::string type = "merge";
  const auto patched = co_await client_.patch(path, type, patch);
  if (!patched) {
    logger_.warning("Could not give an imported volume's PV its reclaim policy.",
                    {{"PV", name}, {"error", patched.error().message}});
    co_return false;
  }
  volumes_.learn(*patched);
  co_return true;
}

}  // namespace provisioner::kube
