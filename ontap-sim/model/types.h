#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/model/error.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/random.h"

/// Small values that every part of the model uses: UUIDs, sizes in bytes, names, permission bits.
namespace ontap_sim::model {

using base::TimePoint;
using Bytes = std::int64_t;

inline constexpr Bytes kKiB = 1024;
inline constexpr Bytes kMiB = 1024 * kKiB;
inline constexpr Bytes kGiB = 1024 * kMiB;
inline constexpr Bytes kTiB = 1024 * kGiB;
inline constexpr Bytes kBlock = 4 * kKiB;

/// Sixteen bytes instead of a text of 36: a cluster holds several for each of its volumes.
struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Uuid&) const = default;
  bool set() const { return high != 0 || low != 0; }
  /// Lower-case 8-4-4-4-12.
  std::string text() const;
  /// The 32 hex digits without dashes.
  std::string digits() const;
};
Uuid new_uuid(base::Rng& rng);
std::optional<Uuid> parse_uuid(std::string_view text);

/// A value that is usually absent and then costs one pointer. Copies are deep.
template <class T>
class Box {
 public:
  Box() = default;
  Box(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(Box other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  explicit operator bool() const { return value_ != nullptr; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  void reset() { value_.reset(); }

 private:
  std::unique_ptr<T> value_;
};

/// Up to the next whole block of 4 KiB.
constexpr Bytes round_up(Bytes bytes, Bytes unit = kBlock) { return (bytes + unit - 1) / unit * unit; }
constexpr std::int64_t percent(Bytes part, Bytes whole) { return whole <= 0 ? 0 : (part * 200 + whole) / (2 * whole); }

/// "20m", "1G", "1073741824", "1.5t", "20MB": binary units, any case, no unit means bytes. Nothing when malformed.
std::optional<Bytes> parse_size(std::string_view text);
/// "0755", "755", "---rwxr-xr-x" (9 + 3 characters) or "rwxr-xr-x". Nothing when malformed.
std::optional<std::uint16_t> parse_permissions(std::string_view text);
/// Three or four octal digits: "755", "4755".
std::string permissions_text(std::uint16_t mode);

/// Letter or underscore first, then letters, digits, underscore.
bool is_identifier(std::string_view text);
/// The rule for names of volumes with ONTAP's own complaint.
Result<void> check_volume_name(const std::string& name);
/// "iqn.…", "eui." and 16 hex digits, or a WWPN with or without colons.
enum class InitiatorKind { invalid, iscsi, fcp };
InitiatorKind initiator_kind(std::string_view name);
/// True for the spellings of languages that ONTAP knows; `normalise_language` gives the ZAPI form ("c.utf_8").
bool is_language(std::string_view text);
std::string normalise_language(std::string_view text);
/// "c.utf_8" -> "C.UTF-8", the form of the command line.
std::string language_for_cli(std::string_view zapi);

std::int64_t epoch_seconds(TimePoint time);

// Dotted quads as numbers, for subnets and export rules. Nothing when malformed.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
std::string ipv4_text(std::uint32_t address);
/// "255.255.255.0" -> 24; nothing when the bits are not contiguous.
std::optional<int> netmask_length(std::string_view mask);
std::string netmask_text(int length);

}  // namespace ontap_sim::model
