#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/core/types.h"
#include "provisioner/kube/client.h"
#include "provisioner/kube/version.h"

/// Kubernetes objects in the core's terms and back; pure functions. Source: provisioner specification 7.3 to 7.9;
/// clones, mount options, fsType and class reclaim policies: 18.01; snapshotReserve: 18.10.
namespace provisioner::kube {

inline constexpr const char* kProvisioner = "netapp.io/trident";
inline constexpr const char* kProvisionedBy = "pv.kubernetes.io/provisioned-by";
// Of claims whose volume is imported, and of its PV; the names are 19.04's and later ones'.
inline constexpr const char* kNotManaged = "trident.netapp.io/notManaged";
inline constexpr const char* kImportOriginalName = "trident.netapp.io/importOriginalName";
inline constexpr const char* kImportBackend = "trident.netapp.io/importBackend";
inline constexpr const char* kImporting = "trident.netapp.io/importing";  // on the PV, until its claim is bound
inline constexpr const char* kStorageProvisioner = "volume.beta.kubernetes.io/storage-provisioner";
inline constexpr const char* kClassAnnotation = "volume.beta.kubernetes.io/storage-class";

std::string annotation(const Json& object, const std::string& name);

// Claims.
/// The class a claim names: the annotation if it is there, else the field; nothing when it names none.
std::optional<std::string> claim_class(const Json& claim);
/// «namespace»-«name»-«first five of the UID».
std::string volume_name(const Json& claim);
/// The requested storage as written, "" when none.
std::string requested_storage(const Json& claim);
std::string access_mode(const Json& claim);
enum class Provisioner { ours, other };
/// Whom the claim's controller annotation names (always `ours` before 1.5, where there is none).
Provisioner claim_provisioner(const Json& claim, const Version& version);

/// What a storage class object says beyond the core's part of it.
struct ClassExtras {
  std::string reclaim_policy;  // "" when the object has none
  std::vector<std::string> mount_options;
  std::string fs_type;
};
ClassExtras class_extras(const Json& storage_class);
bool is_default_class(const Json& storage_class);
/// Errors: invalid (malformed pool list or selector parameter); attributes are checked by the core.
Result<StorageClassConfig> class_config(const Json& storage_class);

/// "Retain" or "Delete": the claim's annotation, else the class.
std::string reclaim_policy_for(const Json& claim, const ClassExtras& extras);
/// Errors: invalid (the requested quantity cannot be read).
Result<VolumeConfig> volume_config(const Json& claim, const std::string& class_name, const ClassExtras& extras);

// Volumes.
/// Errors: invalid (the volume has neither an NFS path nor an iSCSI target).
Result<Json> persistent_volume(const Json& claim, const Volume& volume, const std::string& class_name,
                               const ClassExtras& extras, const Version& version);
/// Capacity at least as requested, and every access mode present.
bool satisfies(const Json& persistent_volume, const Json& claim);
/// Does the volume's claimRef name this very claim?
bool claimed_by(const Json& persistent_volume, const Json& claim);

}  // namespace provisioner::kube
