// The words of ONTAP for the enumerations of the model, and small look-ups on plain data.
#include <algorithm>
#include <array>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

constexpr std::array<std::string_view, 3> kVolumeStates = {"online", "offline", "restricted"};
constexpr std::array<std::string_view, 4> kVolumeTypes = {"rw", "dp", "ls", "dc"};
constexpr std::array<std::string_view, 3> kVolumeStyles = {"flexvol", "flexgroup", "flexgroup-constituent"};
constexpr std::array<std::string_view, 3> kGuarantees = {"none", "file", "volume"};
constexpr std::array<std::string_view, 4> kSecurityStyles = {"unix", "ntfs", "mixed", "unified"};
constexpr std::array<std::string_view, 5> kQuotaStates = {"off", "initializing", "on", "resizing", "corrupt"};
constexpr std::array<std::string_view, 3> kQuotaTypes = {"tree", "user", "group"};
constexpr std::array<std::string_view, 4> kSvmTypes = {"data", "admin", "node", "system"};

template <class Enum, std::size_t N>
std::string_view word(const std::array<std::string_view, N>& words, Enum value) {
  return words[static_cast<std::size_t>(value)];
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& words, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (base::equals_ignoring_case(words[i], base::trim(text))) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <class Map>
auto* lookup(Map& map, std::string_view key) {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}

}  // namespace

std::string_view to_string(VolumeState state) { return word(kVolumeStates, state); }
std::string_view to_string(VolumeType type) { return word(kVolumeTypes, type); }
std::string_view to_string(VolumeStyle style) { return word(kVolumeStyles, style); }
std::string_view to_string(Guarantee guarantee) { return word(kGuarantees, guarantee); }
std::string_view to_string(SecurityStyle style) { return word(kSecurityStyles, style); }
std::string_view to_string(QuotaState state) { return word(kQuotaStates, state); }
std::string_view to_string(QuotaType type) { return word(kQuotaTypes, type); }
std::string_view to_string(SvmType type) { return word(kSvmTypes, type); }
std::optional<VolumeState> parse_volume_state(std::string_view text) {
  return value_of<VolumeState>(kVolumeStates, text);
}
std::optional<VolumeType> parse_volume_type(std::string_view text) { return value_of<VolumeType>(kVolumeTypes, text); }
std::optional<Guarantee> parse_guarantee(std::string_view text) { return value_of<Guarantee>(kGuarantees, text); }
std::optional<SecurityStyle> parse_security_style(std::string_view text) {
  return value_of<SecurityStyle>(kSecurityStyles, text);
}
std::optional<QuotaType> parse_quota_type(std::string_view text) { return value_of<QuotaType>(kQuotaTypes, text); }

std::optional<LunPath> parse_lun_path(std::string_view path) {
  const auto parts = base::split(path, '/');
  if (parts.size() < 4 || parts.size() > 5 || !parts[0].empty() || parts[1] != "vol") return std::nullopt;
  for (std::size_t i = 2; i < parts.size(); ++i) {
    if (parts[i].empty()) return std::nullopt;
  }
  return LunPath{std::string(parts[2]), std::string(parts.size() == 5 ? parts[3] : ""), std::string(parts.back())};
}

// The path of a stored LUN is known to be well formed.
std::string_view Lun::volume() const { return base::split(path, '/')[2]; }
std::string_view Lun::qtree() const {
  const auto parts = base::split(path, '/');
  return parts.size() == 5 ? parts[3] : std::string_view{};
}
std::string_view Lun::name() const { return base::split(path, '/').back(); }

const Snapshot* Volume::find_snapshot(std::string_view snapshot) const {
  const auto at =
      std::find_if(snapshots.begin(), snapshots.end(), [&](const Snapshot& s) { return s.name == snapshot; });
  return at == snapshots.end() ? nullptr : &*at;
}
Snapshot* Volume::find_snapshot(std::string_view snapshot) {
  const auto at =
      std::find_if(snapshots.begin(), snapshots.end(), [&](const Snapshot& s) { return s.name == snapshot; });
  return at == snapshots.end() ? nullptr : &*at;
}

Volume* Svm::find_volume(std::string_view volume) { return lookup(volumes, volume); }
const Volume* Svm::find_volume(std::string_view volume) const { return lookup(volumes, volume); }
Lun* Svm::find_lun(std::string_view path) { return lookup(luns, path); }
const Lun* Svm::find_lun(std::string_view path) const { return lookup(luns, path); }
Igroup* Svm::find_igroup(std::string_view igroup) { return lookup(igroups, igroup); }
const Igroup* Svm::find_igroup(std::string_view igroup) const { return lookup(igroups, igroup); }
Svm* Cluster::find_svm(std::string_view svm) { return lookup(svms, svm); }
const Svm* Cluster::find_svm(std::string_view svm) const { return lookup(svms, svm); }
bool Cluster::has_snapshot_policy(const Svm& svm, const std::string& policy) const {
  return svm.snapshot_policies.contains(policy) || admin_svm().snapshot_policies.contains(policy);
}
Aggregate* Cluster::find_aggregate(std::string_view aggregate) { return lookup(aggregates, aggregate); }
const Aggregate* Cluster::find_aggregate(std::string_view aggregate) const { return lookup(aggregates, aggregate); }

Svm& Cluster::admin_svm() {
  Svm* admin = find_svm(name);
  CHECK(admin != nullptr);
  return *admin;
}
const Svm& Cluster::admin_svm() const {
  const Svm* admin = find_svm(name);
  CHECK(admin != nullptr);
  return *admin;
}

}  // namespace ontap_sim::model
