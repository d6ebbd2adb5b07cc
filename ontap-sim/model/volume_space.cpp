// Space of volumes: derived figures, what the aggregate is charged, and the data path. Source: section 8.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "ontap-sim/model/qtree_ops.h"
#include "ontap-sim/model/volume_ops.h"

namespace ontap_sim::model {
namespace {

Bytes written_blocks(const Volume& volume) {
  return std::max<Bytes>(0, volume.active + volume.snapshot_held - volume.shared);
}

Bytes charge_of(const Volume& volume, Bytes written) {
  const Bytes metadata = round_up(std::max<Bytes>(60 * kKiB, written / 200));
  if (volume.state != VolumeState::offline && volume.guarantee_enabled && volume.guarantee == Guarantee::volume) {
    return std::max(volume.size - volume.shared, written) + metadata;
  }
  if (volume.guarantee == Guarantee::file) return written + volume.lun_reserve + metadata;
  return written + metadata;
}

std::string size_text(Bytes bytes) {
  char text[32];
  const auto value = static_cast<double>(bytes);
  if (bytes >= kTiB) {
    std::snprintf(text, sizeof text, "%.1fTB", value / static_cast<double>(kTiB));
  } else if (bytes >= 10 * kGiB) {
    std::snprintf(text, sizeof text, "%.0fGB", std::ceil(value / static_cast<double>(kGiB)));
  } else if (bytes >= kGiB) {
    std::snprintf(text, sizeof text, "%.2fGB", value / static_cast<double>(kGiB));
  } else {
    std::snprintf(text, sizeof text, "%.1fMB", value / static_cast<double>(kMiB));
  }
  return text;
}

/// Overwritten blocks that the newest snapshots still reference become theirs alone.
void keep_in_snapshots(Volume& volume, Bytes bytes) {
  if (volume.snapshots.empty()) return;
  Snapshot& newest = volume.snapshots.back();
  const Bytes kept = std::min(bytes, std::max<Bytes>(0, newest.active - newest.held));
  newest.held += kept;
  volume.snapshot_held += kept;
}

void autogrow(Cluster& cluster, Svm& svm, Volume& volume, Bytes wanted) {
  if (!volume.extras || volume.extras->autosize.mode == "off") return;
  const Autosize autosize = volume.extras->autosize;
  const VolumeSpace space = space_of(cluster, svm, volume);
  if ((space.used + wanted) * 100 <= space.total * autosize.grow_threshold) return;
  const Bytes keep = 100 - volume.snapshot_reserve_percent;
  const Bytes size =
      std::min(autosize.maximum, round_up((space.used + wanted) * 100 / autosize.grow_threshold * 100 / keep));
  if (size > volume.size)
    (void)resize_volume(cluster, svm, volume.name, size).ok();  // no room: the volume stays as it is
}

}  // namespace

VolumeSpace space_of(const Cluster& cluster, const Svm& svm, const Volume& volume) {
  VolumeSpace space;
  if (volume.flexgroup()) {
    for (const std::string& name : volume.constituents) {
      const Volume* part = svm.find_volume(name);
      if (part == nullptr) continue;
      const VolumeSpace one = space_of(cluster, svm, *part);
      space.size += one.size;
      space.reserve += one.reserve;
      space.total += one.total;
      space.used += one.used;
      space.available += one.available;
      space.snapshot_used += one.snapshot_used;
      space.snapshot_available += one.snapshot_available;
      space.physical_used += one.physical_used;
    }
  } else {
    space.size = volume.size;
    space.reserve = volume.size * volume.snapshot_reserve_percent / 100;
    space.total = space.size - space.reserve;
    space.snapshot_used = volume.snapshot_held;
    space.used = volume.active + volume.lun_reserve + std::max<Bytes>(0, volume.snapshot_held - space.reserve);
    space.available = std::max<Bytes>(0, space.total - space.used);
    if (volume.guarantee != Guarantee::volume || !volume.guarantee_enabled) {
      if (const Aggregate* aggregate = cluster.find_aggregate(volume.aggregate))
        space.available = std::min(space.available, aggregate->available());
    }
    space.snapshot_available = std::max<Bytes>(0, space.reserve - space.snapshot_used) + space.available;
    space.physical_used = written_blocks(volume);
  }
  space.percent_used = percent(space.used, space.total);
  space.reserve_used_percent = percent(space.snapshot_used, space.reserve);
  return space;
}

void recharge(Cluster& cluster, Svm& svm, Volume& volume) {
  cluster.touch(svm, volume);
  if (volume.aggregate.empty()) return;
  Aggregate* aggregate = cluster.find_aggregate(volume.aggregate);
  CHECK(aggregate != nullptr);
  const Bytes written = written_blocks(volume);
  const Bytes charge = charge_of(volume, written);
  aggregate->charged += charge - volume.charged;
  aggregate->written += written - volume.written;
  volume.charged = charge;
  volume.written = written;
}

Result<void> require_aggregate_space(const Cluster& cluster, const std::string& name, const std::string& volume,
                                     Bytes more) {
  const Aggregate* aggregate = cluster.find_aggregate(name);
  if (aggregate == nullptr)
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + name + "\" does not exist."};
  const Bytes available = aggregate->available();
  if (more <= available) return {};
  return refused("Request to create volume \"" + volume +
                 "\" failed because there is not enough space in aggregate \"" + name + "\". Either create " +
                 size_text(more - available) + " of free space in the aggregate or select a size of at most " +
                 size_text(available) + " for the new volume.");
}

Result<void> write_data(Cluster& cluster, Svm& svm, const std::string& name, const DataWrite& write) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  if (volume.state != VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + name + "\" is offline."};
  const Bytes added = round_up(write.added);
  const Bytes overwritten = std::min(round_up(write.overwritten), volume.active);
  Qtree* qtree = nullptr;
  if (!write.qtree.empty()) {
    const auto at = volume.qtrees.find(write.qtree);
    if (at == volume.qtrees.end())
      return ModelError{Errno::qtree_does_not_exist, "Qtree \"" + write.qtree + "\" does not exist."};
    qtree = &at->second;
    const auto limit = tree_limit(volume, write.qtree);
    if (limit && qtree->used + added > *limit) return ModelError{Errno::enospc, "Disk quota exceeded"};
  }
  // Overwriting needs new blocks for what a snapshot keeps.
  const Bytes kept = volume.snapshots.empty()
                         ? 0
                         : std::min(overwritten, volume.snapshots.back().active - volume.snapshots.back().held);
  autogrow(cluster, svm, volume, added + kept);
  const VolumeSpace space = space_of(cluster, svm, volume);
  const Bytes overflow_before = std::max<Bytes>(0, volume.snapshot_held - space.reserve);
  const Bytes overflow_after = std::max<Bytes>(0, volume.snapshot_held + kept - space.reserve);
  if (added + overflow_after - overflow_before > space.available)
    return ModelError{Errno::enospc, "No space left on device"};
  keep_in_snapshots(volume, overwritten);
  volume.active += added;
  volume.shared = std::max<Bytes>(0, volume.shared - overwritten);
  if (qtree != nullptr) qtree->used += added;
  recharge(cluster, svm, volume);
  return {};
}

Result<void> remove_data(Cluster& cluster, Svm& svm, const std::string& name, const std::string& qtree, Bytes bytes) {
  auto found = require_volume(svm, name);
  if (!found) return found.error();
  Volume& volume = **found;
  const Bytes gone =
      std::min(round_up(bytes), std::max<Bytes>(0, volume.active - cluster.settings.volume_used_when_empty));
  if (const auto at = volume.qtrees.find(qtree); at != volume.qtrees.end())
    at->second.used = std::max<Bytes>(0, at->second.used - gone);
  keep_in_snapshots(volume, gone);
  volume.active -= gone;
  volume.shared = std::min(volume.shared, volume.active);
  recharge(cluster, svm, volume);
  return {};
}

}  // namespace ontap_sim::model
