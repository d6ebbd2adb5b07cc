// Snapshots, their policies and consistency groups. Source: section 7.5.
#include "ontap-sim/model/snapshot_ops.h"

#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {

void put_volume_error(Call& call, const model::Svm& svm, const std::string& volume, Errno code,
                      const std::string& reason) {
  pugi::xml_node list = call.out.child("volume-errors");
  if (!list) list = call.put("volume-errors");
  pugi::xml_node error = list.append_child("volume-error");
  append_text(error, "errno", std::to_string(static_cast<int>(code)));
  append_text(error, "name", volume);
  append_text(error, "reason", reason);
  append_text(error, "vserver", svm.name);
}

namespace {

using model::Snapshot;
using model::Svm;
using model::Volume;

Status snapshot_create(Call& call) {
  auto made = model::create_snapshot(call.cluster, call.svm(),
                                     {.volume = call.text("volume"),
                                      .name = call.text("snapshot"),
                                      .comment = call.text("comment"),
                                      .label = call.text("snapmirror-label")});
  if (!made) return made.error();
  return {};
}

Status snapshot_delete(Call& call) {
  return model::delete_snapshot(call.cluster, call.svm(), call.text("volume"), call.text("snapshot"),
                                call.flag("ignore-owners"));
}

Status snapshot_rename(Call& call) {
  return model::rename_snapshot(call.cluster, call.svm(), call.text("volume"), call.text("current-name"),
                                call.text("new-name"));
}

Status snapshot_restore_volume(Call& call) {
  return model::restore_snapshot(call.cluster, call.svm(), call.text("volume"), call.text("snapshot"));
}

void write_snapshot(Out& out, const model::Cluster& cluster, const Svm& svm, const Volume& volume,
                    const Snapshot& snapshot, Bytes cumulative) {
  // Even a snapshot without changed blocks of its own occupies some metadata.
  constexpr Bytes metadata = 60 * model::kKiB;
  const Bytes total = snapshot.held + metadata;
  const Bytes used = std::max<Bytes>(1, volume.active + volume.snapshot_held);
  out.time("access-time", snapshot.created);
  out.flag("busy", snapshot.busy());
  if (cluster.ontapi_minor >= 100) out.text_if("comment", snapshot.comment);
  out.flag("contains-lun-clones", false);
  out.integer("cumulative-percentage-of-total-blocks", cumulative * 100 / std::max<Bytes>(1, volume.size));
  out.integer("cumulative-percentage-of-used-blocks", cumulative * 100 / used);
  out.integer("cumulative-total", cumulative / model::kKiB);
  out.text("dependency", model::dependency_of(snapshot));
  out.text("fs-block-format", "64_bit");
  out.flag("is-7-mode-snapshot", false);
  out.flag("is-constituent-snapshot", volume.constituent());
  out.text("name", snapshot.name);
  out.integer("percentage-of-total-blocks", total * 100 / std::max<Bytes>(1, volume.size));
  out.integer("percentage-of-used-blocks", total * 100 / used);
  out.text_if("snapmirror-label", snapshot.snapmirror_label);
  if (out.wants("snapshot-instance-uuid")) out.text("snapshot-instance-uuid", snapshot.instance_uuid.text());
  if (snapshot.busy()) {
    if (pugi::xml_node owners = out.child_list("snapshot-owners-list")) {
      if (snapshot.clones > 0) append_text(owners.append_child("snapshot-owner"), "owner", "volume clone");
      for (const std::string& owner : snapshot.owners)
        append_text(owners.append_child("snapshot-owner"), "owner", owner);
    }
  }
  if (out.wants("snapshot-version-uuid")) out.text("snapshot-version-uuid", snapshot.version_uuid.text());
  out.text("state", "valid");
  out.integer("total", total / model::kKiB);
  out.text("volume", volume.name);
  if (out.wants("volume-provenance-uuid")) out.text("volume-provenance-uuid", volume.uuid.text());
  out.text("vserver", svm.name);
}

const RecordShape kSnapshotShape{"snapshot-info", {"vserver", "volume", "name"}};

std::string order_key(std::size_t index) {
  std::string key = std::to_string(index);
  return std::string(6 - std::min<std::size_t>(6, key.size()), '0') + key;
}

Status snapshot_get_iter(Call& call) {
  // The cursor carries the creation order before the name: snapshots come oldest first.
  static const RecordShape shape{"snapshot-info", {"vserver", "volume", "order", "name"}};
  auto opened = Iteration::open(call, shape);
  if (!opened) return opened.error();
  Iteration& page = **opened;
  if (const auto wanted = page.literal(1);
      wanted && call.scope_svm != nullptr && call.scope_svm->find_volume(*wanted) == nullptr) {
    return ModelError{Errno::entry_does_not_exist, "Volume \"" + *wanted + "\" does not exist: entry doesn't exist"};
  }
  page.each_svm(0, [&](const Svm& svm, bool at_cursor) {
    return page.each(svm.volumes, 1, at_cursor, [&](const std::string& name, const Volume& volume, bool) {
      if (volume.state != model::VolumeState::online) {
        if (page.literal(1))
          put_volume_error(call, svm, name, Errno::snapshot_not_allowed,
                           "Snapshot operations are not allowed: the volume is not online.");
        return true;
      }
      Bytes cumulative = 0;
      for (std::size_t i = 0; i < volume.snapshots.size(); ++i) {
        const Snapshot& snapshot = volume.snapshots[i];
        cumulative += snapshot.held + 60 * model::kKiB;
        const bool more = page.row({svm.name, name, order_key(i), snapshot.name}, [&](Out& out) {
          write_snapshot(out, call.cluster, svm, volume, snapshot, cumulative);
        });
        if (!more) return false;
      }
      return true;
    });
  });
  return page.finish();
}

Status snapshot_modify_iter(Call& call) {
  auto found = Iteration::collect(call, kSnapshotShape);
  if (!found) return found.error();
  Iteration& page = **found;
  page.each_svm(0, [&](const Svm& svm, bool at_cursor) {
    return page.each(svm.volumes, 1, at_cursor, [&](const std::string& name, const Volume& volume, bool) {
      for (const Snapshot& snapshot : volume.snapshots) {
        if (!page.row({svm.name, name, snapshot.name},
                      [&](Out& out) { write_snapshot(out, call.cluster, svm, volume, snapshot, 0); }))
          return false;
      }
      return true;
    });
  });
  const pugi::xml_node attributes = call.in.child("attributes").child("snapshot-info");
  return change_each(call, kSnapshotShape, page, {"snapshot-modify-iter-info", "snapshot-key"},
                     [&](const Key& key) -> Status {
                       Volume* volume = call.svm().find_volume(key[1]);
                       Snapshot* snapshot = volume == nullptr ? nullptr : volume->find_snapshot(key[2]);
                       if (snapshot == nullptr) return model::missing_entry();
                       const std::string label = leaf_text(attributes.child("snapmirror-label"));
                       if (label.size() > 31) return model::invalid_value("snapmirror-label", "snapshot-info", label);
                       if (attributes.child("comment")) snapshot->comment = leaf_text(attributes.child("comment"));
                       if (attributes.child("snapmirror-label")) snapshot->snapmirror_label = label;
                       call.cluster.touch(call.svm(), *volume);
                       return {};
                     });
}

Status snapshot_policy_get_iter(Call& call) {
  static const RecordShape shape{"snapshot-policy-info", {"vserver-name", "policy"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_cursor) {
    if (svm.type != model::SvmType::data && svm.type != model::SvmType::admin) return true;
    return (*page)->each(
        svm.snapshot_policies, 1, at_cursor, [&](const std::string& name, const model::SnapshotPolicy& policy, bool) {
          return (*page)->row({svm.name, name}, [&](Out& out) {
            out.text("comment", policy.comment);
            out.flag("enabled", policy.enabled);
            out.text("policy", name);
            if (pugi::xml_node list =
                    policy.schedules.empty() ? pugi::xml_node() : out.child_list("snapshot-policy-schedules")) {
              for (const model::SnapshotSchedule& schedule : policy.schedules) {
                pugi::xml_node info = list.append_child("snapshot-schedule-info");
                append_text(info, "count", std::to_string(schedule.count));
                append_text(info, "prefix", schedule.prefix);
                append_text(info, "schedule", schedule.schedule);
                append_text(info, "snapmirror-label", schedule.label.empty() ? "-" : schedule.label);
              }
            }
            out.integer("total-schedules", static_cast<std::int64_t>(policy.schedules.size()));
            out.text("vserver-name", svm.name);
          });
        });
  });
  return (*page)->finish();
}

Status cg_start(Call& call) {
  model::NewConsistencyGroup spec;
  spec.snapshot = call.text("snapshot");
  spec.label = call.text("snapmirror-label");
  spec.volumes = call.list("volumes", "volume-name").value_or(std::vector<std::string>{});
  if (spec.volumes.empty()) return ModelError{Errno::invalid_input, "Missing input: volumes"};
  const std::string timeout = call.optional_text("timeout").value_or("medium");
  if (timeout == "urgent") {
    spec.fence = std::chrono::seconds(5);
  } else if (timeout == "relaxed") {
    spec.fence = std::chrono::seconds(20);
  } else if (timeout != "medium") {
    return call.invalid("timeout");
  }
  if (const auto seconds = call.integer("user-timeout")) {
    if (*seconds < 1 || *seconds > 120) return call.invalid("user-timeout");
    spec.fence = std::chrono::seconds(*seconds);
  }
  auto id = model::start_consistency_group(call.cluster, call.svm(), spec);
  if (!id) return id.error();
  call.put("cg-id", static_cast<std::int64_t>(*id));
  return {};
}

Status cg_commit(Call& call) {
  return model::commit_consistency_group(call.cluster, call.svm(),
                                         static_cast<std::uint64_t>(call.integer("cg-id").value_or(0)));
}

}  // namespace

std::vector<ApiEntry> snapshot_apis() {
  return {
      {.name = "snapshot-create",
       .scope = Scope::svm,
       .input = "async:b comment is-valid-lun-clone-snapshot:b snapmirror-label snapshot* volume*",
       .run = snapshot_create,
       .source = "13020, 13022: the SDK's list"},
      {.name = "snapshot-delete",
       .scope = Scope::svm,
       .input = "ignore-owners:b snapshot* snapshot-instance-uuid volume*",
       .run = snapshot_delete,
       .source = "13024 when busy: Trident"},
      {.name = "snapshot-rename",
       .scope = Scope::svm,
       .input = "current-name* new-name* volume*",
       .run = snapshot_rename,
       .source = "Manila"},
      {.name = "snapshot-restore-volume",
       .scope = Scope::svm,
       .input = "force:b preserve-lun-ids:b snapshot* snapshot-instance-uuid volume*",
       .run = snapshot_restore_volume,
       .source = "licence first: Manila's probe"},
      {.name = "snapshot-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = snapshot_get_iter,
       .source = "15661 for a missing volume: nDVP's tests"},
      {.name = "snapshot-modify-iter",
       .scope = Scope::svm,
       .input = kModifyIter,
       .run = snapshot_modify_iter,
       .source = "Ansible's na_ontap_snapshot"},
      {.name = "snapshot-policy-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = snapshot_policy_get_iter,
       .source = "Ansible, Harvest"},
      {.name = "cg-start",
       .scope = Scope::svm,
       .input = "incoming-cg-id:i snapmirror-label snapshot* timeout user-timeout:i volume-uuids:r volumes*:r",
       .run = cg_start,
       .source = "fence times: the SDK"},
      {.name = "cg-commit", .scope = Scope::svm, .input = "cg-id*:i", .run = cg_commit, .source = "Cinder"},
  };
}

}  // namespace ontap_sim::zapi
